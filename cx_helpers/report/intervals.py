"""The picture of groups and how sure they are: `ranges`, a dot and its interval for each."""

from __future__ import annotations

import pandas as pd

from cx_helpers import wording
from cx_helpers.report import theme
from cx_helpers.report.figure import (
    Chart,
    caption_of,
    chart,
    floats,
    goal_line,
    goal_of,
    hidden_note,
    in_words,
    names_axis,
    nothing,
    point_hover,
    tall,
    title_of,
    value_column,
)
from cx_helpers.report.phrases import phrases
from cx_helpers.report.rendering import Block
from cx_helpers.report.setting import (
    amount,
    groups,
    isolate,
    long_axis,
    metric,
    words,
)
from cx_helpers.report.tabulate import twin


def ranges(
    answer: pd.DataFrame,
    value: str | None = None,
    *,
    title=None,
    caption=None,
    goal=None,
    before: pd.DataFrame | None = None,
    hollow=None,
    sort: bool = True,
    unit: str | None = None,
    digits: int | None = None,
    most: int = 25,
    reads=None,
) -> Chart | Block:
    """How do groups differ, and how sure is that?  A dot for each group, its 95 % interval as a bar.

    answer  index = groups; the value column, low, high, n;  value  default: the answer's metric
    goal    a dashed line; groups whose whole interval misses it turn red, and the caption says so
    before  the same answer of the period before, as hollow dots;  hollow  in words what they are, where no period
    sort    largest value first (False keeps the order);  most  groups at most
    reads   in words what dot and bar are, where the bar is no 95 % interval
    Groups without a value are not drawn; the caption says how many and why.  Values run from the names on, so from
    right to left in Persian, as in bars.
    """
    value = value_column(answer, value)
    locale, of = wording.current().locale, metric(value, unit, digits)
    shown = answer[answer[value].notna()]
    if shown.empty:
        return nothing(title, answer, value)
    if sort:
        shown = shown.sort_values(value, ascending=False, kind="stable")
    shown = shown.head(most)
    names, places = groups(shown.index, locale), list(range(len(shown)))
    middle, low, high = (floats(shown.get(c, [None] * len(shown))) for c in (value, "low", "high"))
    target, direction = goal_of(goal, of)
    missed = [_misses(x, a, b, target, direction) for x, a, b in zip(middle, low, high, strict=True)]
    colours = [theme.colour("bad" if bad else "accent") for bad in missed]
    traces = []
    for bad, face in ((False, "ribbon"), (True, "ribbon_bad")):
        bars = [
            (p, a, b) for p, a, b, m in zip(places, low, high, missed, strict=True) if m is bad and None not in (a, b)
        ]
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "x": [x for _, a, b in bars for x in (a, b, None)],
                "y": [y for p, _, _ in bars for y in (p, p, None)],
                "line": {"color": theme.colour(face), "width": 9},
                "hoverinfo": "skip",
            }
        )
    past = []
    if before is not None and value in before.columns:
        past = floats(before[value].reindex(shown.index))
        ring = {"color": theme.colour("paper"), "size": 9, "line": {"color": theme.colour("mute"), "width": 1.8}}
        traces.append(
            {"type": "scatter", "mode": "markers", "x": past, "y": places, "marker": ring, "hoverinfo": "skip"}
        )
    texts = [isolate(amount(x, of, locale), locale) for x in middle]
    traces.append(
        {
            "type": "scatter",
            "mode": "markers+text",
            "x": middle,
            "y": places,
            "text": texts,
            "textposition": "top center",
            "textfont": {"size": 12.5, "color": theme.colour("ink")},
            "marker": {"color": colours, "size": 11, "line": {"color": theme.colour("paper"), "width": 1.5}},
            "hovertext": [
                point_hover(n, x, r, of, locale, value)
                for n, x, (_, r) in zip(names, middle, shown.iterrows(), strict=True)
            ],
            "hoverinfo": "text",
            "cliponaxis": False,
        }
    )
    reach = [x for x in (*middle, *low, *high, *past, target) if x is not None]

    def across(count: int) -> dict:
        axis = long_axis(min(reach), max(reach), of, locale, count=count)
        return axis | {"range": axis["range"][::-1] if locale == "fa" else axis["range"]}

    layout = {
        "height": 74 + tall(names, locale, 26, 46) * len(shown),
        "margin": {"t": 30 if target is not None else 14},
        "xaxis": across(6),
        "yaxis": names_axis(names, locale, 26),
    }
    if target is not None:
        layout |= goal_line(target, of, locale, "x")
    then = words(hollow, locale) or {"fa": "دورهٔ پیش", "en": "the period before"}[locale]
    said = {
        "fa": "نقطه مقدار هر گروه است و نوار، بازهٔ ۹۵٪" + (f"؛ دایرهٔ توخالی {then}" if before is not None else ""),
        "en": "The dot is a group’s value, the bar its 95% interval"
        + (f"; the hollow dot is {then}" if before is not None else ""),
    }[locale]
    said = words(reads, locale) or said
    red = phrases(locale).missed_note if any(missed) else ""
    return chart(
        traces,
        layout,
        title=title or title_of(of, answer.index),
        caption=caption_of(words(caption, locale), said, red, hidden_note(answer, value, locale)),
        alt=in_words(names, middle, of, locale),
        table=twin(answer, value, unit, locale),
        narrow={
            "layout": {
                "height": 74 + tall(names, locale, 13, 46) * len(shown),
                "xaxis": across(3),
                "yaxis": names_axis(names, locale, 13),
            }
        },
    )


def _misses(value, low, high, target, direction) -> bool:
    if target is None:
        return False
    return (
        (value if low is None else low) > target if direction == "down" else (value if high is None else high) < target
    )
