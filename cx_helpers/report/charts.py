"""Which picture shows an answer?  Charts compute nothing: they draw the columns of an answer and say what is drawn.

ranges        how do groups differ, and how sure is that?       a dot and its interval for each group
lines         how did it go over time?                          one line for each group, with a band
bars          how much of each?                                 lengths, or parts of a whole
heat          which cell of a grid stands out?                  cohort triangle, two groupings crossed
flow          where do they go from here?                       ribbons between places
curve         how does it feel along the way?                   the emotion curve over stages
quadrant      what is important and badly done?                 importance x performance
small_multiples  the same picture for many groups, in print    seaborn

Each takes `title` and `caption` as {"fa", "en"} or plain text, and returns a Chart: leave it as the last line of a cell.
An empty answer gives a sentence.
"""

from __future__ import annotations

import pandas as pd

from cx_helpers import wording
from cx_helpers.dates import Period
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
    nothing,
    point_hover,
    value_column,
)
from cx_helpers.report.maps import flow, heat
from cx_helpers.report.paths import curve, quadrant
from cx_helpers.report.prints import small_multiples
from cx_helpers.report.rendering import Block
from cx_helpers.report.setting import (
    amount,
    group,
    groups,
    isolate,
    metric,
    period_of,
    time_ticks,
    value_axis,
    words,
    wrap,
)
from cx_helpers.report.tabulate import table_payload

__all__ = ["ranges", "lines", "bars", "heat", "flow", "curve", "quadrant", "small_multiples"]


def ranges(
    answer: pd.DataFrame,
    value: str | None = None,
    *,
    title=None,
    caption=None,
    goal=None,
    before: pd.DataFrame | None = None,
    sort: bool = True,
    unit: str | None = None,
    digits: int | None = None,
    most: int = 25,
) -> Chart | Block:
    """How do groups differ, and how sure is that?  A dot for each group, its 95 % interval as a bar.

    answer  index = groups; the value column, low, high, n;  value  default: the answer's metric
    goal    a dashed line; groups whose whole interval misses it turn red;  before  the same answer of the period
            before, as hollow dots;  sort  largest value first (False keeps the order);  most  groups at most
    Groups without a value are not drawn; the caption says how many and why.
    """
    value = value_column(answer, value)
    locale, of = wording.current().locale, metric(value, unit, digits)
    shown = answer[answer[value].notna()]
    if shown.empty:
        return nothing(title)
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
                point_hover(n, x, r, of, locale) for n, x, (_, r) in zip(names, middle, shown.iterrows(), strict=True)
            ],
            "hoverinfo": "text",
            "cliponaxis": False,
        }
    )
    reach = [x for x in (*middle, *low, *high, target) if x is not None]
    layout = {
        "height": 74 + 46 * len(shown),
        "margin": {"t": 30 if target is not None else 14},
        "xaxis": value_axis(min(reach), max(reach), of, locale, count=6),
        "yaxis": _names_axis(names, locale, 26),
    }
    if target is not None:
        layout |= goal_line(target, of, locale, "x")
    said = {
        "fa": "نقطه مقدار هر گروه است و نوار، بازهٔ ۹۵٪" + ("؛ دایرهٔ توخالی دورهٔ پیش" if before is not None else ""),
        "en": "The dot is a group’s value, the bar its 95% interval"
        + ("; the hollow dot is the period before" if before is not None else ""),
    }[locale]
    return chart(
        traces,
        layout,
        title=title or of.title,
        caption=caption_of(words(caption, locale), said, hidden_note(answer, value, locale)),
        alt=in_words(names, middle, of, locale),
        table=table_payload(answer, locale, columns=_known(answer, ["n", value, "low", "high"]), unit_of=value),
        narrow={
            "layout": {
                "xaxis": value_axis(min(reach), max(reach), of, locale, count=3),
                "yaxis": _names_axis(names, locale, 13),
            }
        },
    )


def lines(
    answer: pd.DataFrame,
    value: str | None = None,
    *,
    title=None,
    caption=None,
    goal=None,
    events: list[tuple] | None = None,
    band: bool = True,
    unit: str | None = None,
    digits: int | None = None,
    most: int = 6,
) -> Chart | Block:
    """How did it go over time?  One line for each group, with its 95 % band; gaps where a period has no value.

    answer  index = periods (dates.Period), or (group, period) for several lines; the value column, low, high, n
    goal    a dashed line;  events  [(period, words), …] marked on the time axis;  most  lines at most
    Time runs left to right in both languages.
    """
    value = value_column(answer, value)
    locale, of = wording.current().locale, metric(value, unit, digits)
    if answer.empty or answer[value].notna().sum() == 0:
        return nothing(title)
    parts, periods = _by_line(answer, locale)
    parts = dict(list(parts.items())[:most])
    traces, ends = [], []
    for position, (name, part) in enumerate(parts.items()):
        part = part.reindex(periods)
        middle = floats(part[value])
        colour = theme.series(position)
        if band and {"low", "high"} <= set(part.columns) and len(parts) <= 3:
            traces += _band(floats(part["low"]), floats(part["high"]), colour)
        last = max((i for i, x in enumerate(middle) if x is not None), default=None)
        alone = [
            i for i, x in enumerate(middle)
            if x is not None and (i == 0 or middle[i - 1] is None) and (i == len(middle) - 1 or middle[i + 1] is None)
        ]  # fmt: skip
        labelled = {last} if len(parts) <= 3 else set()
        traces.append(
            {
                "type": "scatter",
                "mode": "lines+markers+text",
                "name": isolate(name, locale),
                "x": list(range(len(periods))),
                "y": middle,
                "text": [isolate(amount(x, of, locale), locale) if i in labelled else "" for i, x in enumerate(middle)],
                "textposition": "top center",
                "textfont": {"color": colour, "size": 13},
                "line": {"color": colour, "width": 2.4, "dash": theme.DASHES[position % 6]},
                "marker": {
                    "color": colour,
                    "size": [8 if i in labelled or i in alone else 5 for i in range(len(middle))],
                    "symbol": theme.MARKERS[position % 6],
                },
                "hovertext": [
                    point_hover(f"{name} · {group(p, locale)}" if name else group(p, locale), x, row, of, locale)
                    for p, x, (_, row) in zip(periods, middle, part.iterrows(), strict=True)
                ],
                "hoverinfo": "text",
                "cliponaxis": False,
                "showlegend": bool(name),
            }
        )
        ends += [x for c in (value, "low", "high") if c in part for x in floats(part[c]) if x is not None]
    target, _ = goal_of(goal, of)
    ends += [target] if target is not None else []
    layout = {
        "height": 340,
        "hovermode": "closest",
        "showlegend": len(parts) > 1,
        "legend": {"traceorder": "reversed" if locale == "fa" else "normal"},
        "margin": {"t": 56 if len(parts) > 1 else 26},
        "xaxis": {"range": [-0.4, len(periods) - 0.6], "showgrid": False, **time_ticks(periods, locale)},
        "yaxis": value_axis(min(ends), max(ends), of, locale, pad=0.1),
        "shapes": [],
        "annotations": [],
    }
    marks = goal_line(target, of, locale, "y") if target is not None else {"shapes": [], "annotations": []}
    for when, text in events or []:
        if when in periods:
            marks = {k: marks[k] + v for k, v in _event(periods.index(when), words(text, locale), locale).items()}
    layout |= marks
    said = {"fa": "نوار رنگی بازهٔ ۹۵٪ است", "en": "The coloured band is the 95% interval"}[locale]
    first = next(iter(parts.values())).reindex(periods)
    alt = in_words([group(p, locale) for p in periods], floats(first[value]), of, locale, 24)
    return chart(
        traces,
        layout,
        title=title or of.title,
        caption=caption_of(words(caption, locale), said if band and "low" in answer and len(parts) <= 3 else ""),
        alt=alt,
        table=table_payload(answer, locale, columns=_known(answer, ["n", value, "low", "high"]), unit_of=value),
        narrow={
            "layout": {
                "height": 290,
                "xaxis": time_ticks(periods, locale, 4),
                "yaxis": value_axis(min(ends), max(ends), of, locale, count=4, pad=0.1),
            }
        },
    )


def bars(
    answer: pd.DataFrame,
    value: str | list[str] | None = None,
    *,
    title=None,
    caption=None,
    stacked: bool = False,
    titles: dict | None = None,
    tones: dict | None = None,
    interval: bool = True,
    sort: bool = False,
    unit: str | None = None,
    digits: int | None = None,
    most: int = 25,
) -> Chart | Block:
    """How much of each?  Horizontal bars from the reader's side of the page; several columns side by side or stacked.

    answer  index = groups;  value  a column, or several: one series each;  stacked  parts of a whole in one bar
    titles  {column: words};  tones {column: a theme colour: "good", "bad", "mute"};  sort  largest first
    interval  draw low and high where there is one value column and the answer has them
    """
    columns = [value_column(answer, value)] if value is None or isinstance(value, str) else list(value)
    locale, of = wording.current().locale, metric(columns[0], unit, digits)
    shown = answer[answer[columns].notna().any(axis=1)]
    if shown.empty:
        return nothing(title)
    shown = (shown.sort_values(columns[0], ascending=False, kind="stable") if sort else shown).head(most)
    names, places, mirrored = groups(shown.index, locale), list(range(len(shown))), locale == "fa"
    sure = interval and len(columns) == 1 and {"low", "high"} <= set(shown.columns)
    total = shown[columns].sum(axis=1) if stacked else None
    traces = []
    for position, column in enumerate(columns):
        values = floats(shown[column])
        tone = (tones or {}).get(column)
        name = words((titles or {}).get(column), locale) or group(column, locale)
        texts = [isolate(amount(x, of, locale), locale) if x is not None else "" for x in values]
        if stacked:  # a part too thin to hold its number stays silent
            texts = [
                s if x is not None and x >= 0.07 * whole else ""
                for s, x, whole in zip(texts, values, total, strict=True)
            ]
        trace = {
            "type": "bar",
            "orientation": "h",
            "name": isolate(name, locale),
            "x": values,
            "y": places,
            "text": texts,
            "textposition": "inside" if stacked else "none" if sure else "outside",
            "insidetextanchor": "middle",
            "textangle": 0,
            "textfont": {"size": 12.5} if stacked else {"size": 12.5, "color": theme.colour("ink")},
            "marker": {"color": theme.colour(tone) if tone else theme.series(position), "cornerradius": 3},
            "hovertext": [
                point_hover(
                    f"{n} · {name}" if len(columns) > 1 else n,
                    x,
                    r if sure else r[["n"]] if "n" in r else {},
                    of,
                    locale,
                )
                for n, x, (_, r) in zip(names, values, shown.iterrows(), strict=True)
            ],
            "hoverinfo": "text",
            "cliponaxis": False,
        }
        if sure:
            low, high = shown["low"].fillna(shown[column]), shown["high"].fillna(shown[column])
            trace["error_x"] = {
                "type": "data",
                "symmetric": False,
                "array": floats(high - shown[column]),
                "arrayminus": floats(shown[column] - low),
                "color": theme.colour("soft"),
                "thickness": 1.4,
                "width": 3,
            }
        traces.append(trace)
    ends = [0.0, *(floats(total) if stacked else [x for c in columns for x in floats(shown[c])])]
    ends += [x for c in ("low", "high") if sure for x in floats(shown[c])]
    ends = [x for x in ends if x is not None]

    def across(count: int, pad: float) -> dict:
        axis = value_axis(min(ends), max(ends), of, locale, count=count, pad=pad)
        start, end = axis["range"]
        axis["range"] = [start if min(ends) < 0 else 0, end if not stacked else max(ends) * 1.001]
        return axis | {"range": axis["range"][::-1] if mirrored else axis["range"]}

    several = len(columns) > 1
    layout = {
        "height": (96 if several else 60) + (40 if stacked or not several else 22 * len(columns) + 14) * len(shown),
        "barmode": "stack" if stacked else "group",
        "bargap": 0.34,
        "showlegend": several,
        "legend": {"traceorder": "reversed" if mirrored else "normal"},
        "margin": {"t": 50 if several else 10},
        "xaxis": across(6, 0.14),
        "yaxis": _names_axis(names, locale, 26),
    }
    return chart(
        traces,
        layout,
        title=title or (of.title if not several else None),
        caption=caption_of(words(caption, locale), {"fa": "خط نازک بازهٔ ۹۵٪ است", "en": "The thin line is the 95% interval"}[locale] if sure else ""),
        alt=in_words(names, floats(shown[columns[0]]), of, locale),
        table=table_payload(answer, locale, columns=_known(answer, ["n", *columns, *(["low", "high"] if sure else [])]), titles=titles,
                            unit_of=columns[0], formats={c: of.unit for c in columns if c not in ("n",)} if unit else None),
        narrow={"layout": {"xaxis": across(3, 0.22), "yaxis": _names_axis(names, locale, 13)}},
    )  # fmt: skip


def _misses(value, low, high, target, direction) -> bool:
    if target is None:
        return False
    return (
        (value if low is None else low) > target if direction == "down" else (value if high is None else high) < target
    )


def _names_axis(names: list[str], locale: str, width: int) -> dict:
    """The axis of groups, first on top, names wrapped."""
    return {
        "range": [len(names) - 0.5, -0.6],
        "tickvals": list(range(len(names))),
        "ticktext": [wrap(name, locale, width) for name in names],
        "tickfont": {"color": theme.colour("ink"), "size": 13},
        "showgrid": False,
    }


def _known(answer: pd.DataFrame, columns: list[str]) -> list[str]:
    return [c for i, c in enumerate(columns) if c in answer.columns and c not in columns[:i]]


def _by_line(answer: pd.DataFrame, locale: str) -> tuple[dict[str, pd.DataFrame], list]:
    """{name of a line: its rows by period}, and all periods in order."""
    if answer.index.nlevels == 1:
        return {"": answer}, list(answer.index)
    level = next(
        (i for i in range(answer.index.nlevels) if period_of(answer.index[0][i]) is not None), answer.index.nlevels - 1
    )
    periods = list(dict.fromkeys(answer.index.get_level_values(level)))
    periods.sort(key=lambda p: p.first if isinstance(p, Period) else str(p))
    others = [i for i in range(answer.index.nlevels) if i != level]
    parts = {}
    for key, part in answer.groupby(level=others if len(others) > 1 else others[0], sort=False, dropna=False):
        parts[group(key, locale)] = part.droplevel(others)
    return parts, periods


def _band(low: list, high: list, colour: str) -> list[dict]:
    """The 95 % band, piece by piece, so that it does not bridge periods without a value."""
    face = theme.colour("band") if colour == theme.colour("accent") else colour
    pieces, part = [], []
    for i, (a, b) in enumerate([*zip(low, high, strict=True), (None, None)]):
        if a is None or b is None:
            if part:
                pieces.append(part)
            part = []
        else:
            part.append((i, a, b))
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "x": [i for i, _, _ in piece] + [i for i, _, _ in reversed(piece)],
            "y": [b for _, _, b in piece] + [a for _, a, _ in reversed(piece)],
            "fill": "toself",
            "fillcolor": face,
            "opacity": 1 if face == theme.colour("band") else 0.16,
            "line": {"width": 0, "color": face},
            "hoverinfo": "skip",
            "showlegend": False,
        }
        for piece in pieces
    ]


def _event(position: int, text: str, locale: str) -> dict:
    line = {"color": theme.colour("mid"), "width": 1.4, "dash": "dot"}
    return {
        "shapes": [
            {
                "type": "line",
                "x0": position,
                "x1": position,
                "yref": "paper",
                "y0": 0,
                "y1": 1,
                "line": line,
                "layer": "below",
            }
        ],
        "annotations": [
            {
                "x": position,
                "yref": "paper",
                "y": 0.02,
                "yanchor": "bottom",
                "xanchor": "right" if position > 1 else "left",
                "xshift": -6 if position > 1 else 6,
                "text": wrap(text, locale, 24),
                "showarrow": False,
                "font": {"size": 12, "color": theme.colour("mid")},
            }
        ],
    }
