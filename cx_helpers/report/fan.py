"""The picture of what was and what is coming: `fan`, a line that opens into what may be."""

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
    hover,
    in_words,
    nothing,
    point_hover,
    title_of,
)
from cx_helpers.report.phrases import phrases
from cx_helpers.report.rendering import Block
from cx_helpers.report.setting import amount, group, interval, isolate, metric, time_ticks, value_axis, words, wrap
from cx_helpers.report.tabulate import table_payload

_SAID = wording._names("""
seen | آنچه بود | what was
trend | روند | trend
coming | پیش‌بینی | forecast
""")
_BANDS = {
    "fa": "نوارها بازهٔ ۸۰٪ و ۹۵٪ پیش‌بینی‌اند",
    "en": "The bands are the 80% and 95% intervals of the forecast",
}
_UPRIGHT = {
    "fa": "نوار عمودی بازهٔ ۹۵٪ تاریخ تغییر است",
    "en": "The upright band is the 95% interval of the date of a change",
}


def fan(
    seen: pd.DataFrame,
    coming: pd.DataFrame,
    value: str,
    *,
    trend: str | None = None,
    events: list[tuple] | None = None,
    goal=None,
    title=None,
    caption=None,
    unit: str | None = None,
    digits: int | None = None,
) -> Chart | Block:
    """How did it go, and where is it going?  A line, its trend, and the forecast with its 80 % and 95 % bands.

    seen    index = periods (dates.Period), oldest first; `value`, n, and the smooth line in the column `trend`
    coming  index = the periods after them; `value` (expected), low_80, high_80, low, high; may be empty
    events  [(period, words, earliest, latest), …]: upright lines, with a band where the date is not sure
    goal    a dashed line.  Time runs left to right in both languages.
    """
    locale, of = wording.current().locale, metric(value, unit, digits)
    if seen.empty or seen[value].notna().sum() == 0:
        return nothing(title, seen, value)
    periods, at = [*seen.index, *coming.index], list(range(len(seen), len(seen) + len(coming)))
    traces = _cone(coming, at, seen, value) if len(coming) else []
    traces += [_line(seen, value, of, locale, trend is not None)]
    if trend is not None:
        traces.append(_smooth(seen, trend, locale))
    if len(coming):
        traces.append(_expected(coming, at, value, of, locale))
    columns = [c for frame in (seen, coming) for c in (value, "low", "high") if c in frame]
    ends = [
        x for frame in (seen, coming) for c in set(columns) if c in frame for x in floats(frame[c]) if x is not None
    ]
    target, _ = goal_of(goal, of)
    ends += [target] if target is not None else []
    marks = goal_line(target, of, locale, "y") if target is not None else {"shapes": [], "annotations": []}
    for event in events or []:
        drawn = _event(event, periods, locale)
        marks = {key: marks[key] + drawn[key] for key in marks}
    layout = {
        "height": 360,
        "hovermode": "closest",
        "showlegend": True,
        "legend": {"traceorder": "reversed" if locale == "fa" else "normal"},
        "margin": {"t": 46},
        "xaxis": {"range": [-0.4, len(periods) - 0.6], "showgrid": False, **time_ticks(_days(periods), locale, 8)},
        "yaxis": value_axis(min(ends), max(ends), of, locale, pad=0.1),
        **marks,
    }
    names = [group(p, locale) for p in coming.index] if len(coming) else [group(p, locale) for p in seen.index[-4:]]
    shown = coming if len(coming) else seen.iloc[-4:]
    narrow = {
        "xaxis": time_ticks(_days(periods), locale, 3),
        "yaxis": value_axis(min(ends), max(ends), of, locale, count=4),
    }
    return chart(
        traces,
        layout,
        title=title or title_of(of, seen.index, over_time=True),
        caption=caption_of(
            words(caption, locale), _BANDS[locale] if len(coming) else "", _UPRIGHT[locale] if events else ""
        ),
        alt=in_words(names, floats(shown[value]), of, locale),
        table=table_payload(
            (coming if len(coming) else seen).rename_axis("period"),
            locale,
            columns=[c for c in (value, "low_80", "high_80", "low", "high") if c in shown],
            titles=_TITLES,
            formats=dict.fromkeys(("low_80", "high_80"), value),
            unit_of=value,
        ),
        narrow={"layout": {"height": 310, **narrow}},
    )


def _days(periods: list) -> list:
    """What stands on the axis: a week by its first day, a month by its name."""
    return [p.first if p.kind == "range" else p for p in periods]


_TITLES = wording._names("""
low_80 | کران پایین ۸۰٪ | 80% lower end
high_80 | کران بالای ۸۰٪ | 80% upper end
low | کران پایین ۹۵٪ | 95% lower end
high | کران بالای ۹۵٪ | 95% upper end
""")


def _line(seen: pd.DataFrame, value: str, of, locale: str, thin: bool) -> dict:
    colour = theme.series(0)
    return {
        "type": "scatter", "mode": "lines", "name": isolate(_SAID["seen"][locale], locale),
        "x": list(range(len(seen))), "y": floats(seen[value]),
        "line": {"color": colour, "width": 1.4 if thin else 2.2}, "opacity": 0.75 if thin else 1,
        "hovertext": [
            point_hover(group(p, locale), x, row, of, locale, value)
            for p, x, (_, row) in zip(seen.index, floats(seen[value]), seen[["n"]].iterrows(), strict=True)
        ],
        "hoverinfo": "text",
    }  # fmt: skip


def _smooth(seen: pd.DataFrame, trend: str, locale: str) -> dict:
    return {
        "type": "scatter", "mode": "lines", "name": isolate(_SAID["trend"][locale], locale),
        "x": list(range(len(seen))), "y": floats(seen[trend]),
        "line": {"color": theme.colour("ink"), "width": 2.4}, "hoverinfo": "skip",
    }  # fmt: skip


def _expected(coming: pd.DataFrame, at: list[int], value: str, of, locale: str) -> dict:
    between = phrases(locale).interval_colon
    said = [
        hover(group(p, locale), amount(row[value], of, locale),
              f"{between} {interval(row['low'], row['high'], of, locale)}", locale=locale)
        for p, row in coming.iterrows()
    ]  # fmt: skip
    return {
        "type": "scatter", "mode": "lines+markers", "name": isolate(_SAID["coming"][locale], locale), "x": at,
        "y": floats(coming[value]), "line": {"color": theme.series(1), "width": 2.4, "dash": "dash"},
        "marker": {"color": theme.series(1), "size": 7, "symbol": "diamond"}, "hovertext": said, "hoverinfo": "text",
    }  # fmt: skip


def _cone(coming: pd.DataFrame, at: list[int], seen: pd.DataFrame, value: str) -> list[dict]:
    """The two bands, the wider one first; they open where what was ends."""
    start = [(len(seen) - 1, x) for x in floats(seen[value])[-1:] if x is not None]
    out = []
    for low, high, strength in (("low", "high", 0.16), ("low_80", "high_80", 0.26)):
        known = coming[[low, high]].notna().all(axis=1)
        if not known.any():
            continue
        places = [place for place, is_known in zip(at, known, strict=True) if is_known]
        top = start + list(zip(places, floats(coming.loc[known, high]), strict=True))
        bottom = start + list(zip(places, floats(coming.loc[known, low]), strict=True))
        points = top + bottom[::-1]
        out.append(
            {
                "type": "scatter", "mode": "lines", "x": [x for x, _ in points], "y": [y for _, y in points],
                "fill": "toself", "fillcolor": theme.series(1), "opacity": strength,
                "line": {"width": 0, "color": theme.series(1)}, "hoverinfo": "skip", "showlegend": False,
            }
        )  # fmt: skip
    return out


def _event(event: tuple, periods: list, locale: str) -> dict:
    """An upright line with its words, and a band from the earliest to the latest it may be."""
    when, text, *ends = event
    if when not in periods:
        return {"shapes": [], "annotations": []}
    place = periods.index(when)
    line = {"type": "line", "x0": place, "x1": place, "yref": "paper", "y0": 0, "y1": 1, "layer": "between",
            "line": {"color": theme.colour("mid"), "width": 1.4, "dash": "dot"}}  # fmt: skip
    shapes, (early, late) = [line], [periods.index(end) if end in periods else place for end in (ends or [when, when])]
    if late > early:
        shapes.append({
            "type": "rect", "x0": early, "x1": late, "yref": "paper", "y0": 0, "y1": 1, "layer": "below",
            "fillcolor": theme.colour("mid"), "opacity": 0.1, "line": {"width": 0},
        })  # fmt: skip
    left = place > len(periods) / 2
    note = {"x": place, "yref": "paper", "y": 0.02, "yanchor": "bottom", "xanchor": "right" if left else "left",
            "xshift": -6 if left else 6, "text": wrap(words(text, locale), locale, 24), "showarrow": False,
            "font": {"size": 12, "color": theme.colour("mid")}}  # fmt: skip
    return {"shapes": shapes, "annotations": [note]}
