"""The picture of time: `lines`, one for each group, with its band."""

from __future__ import annotations

import numpy as np
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
    in_words,
    nothing,
    point_hover,
    title_of,
    value_column,
)
from cx_helpers.report.rendering import Block
from cx_helpers.report.setting import (
    amount,
    group,
    isolate,
    metric,
    period_of,
    time_ticks,
    value_axis,
    words,
    wrap,
)
from cx_helpers.report.tabulate import twin


def lines(
    answer: pd.DataFrame,
    value: str | None = None,
    *,
    title=None,
    caption=None,
    goal=None,
    events: list[tuple] | None = None,
    band: bool | dict = True,
    unit: str | None = None,
    digits: int | None = None,
    most: int = 6,
    at=None,
) -> Chart | Block:
    """How did it go over time?  One line for each group, with its 95 % band; gaps where a period has no value.

    answer  index = periods (dates.Period), or (group, period) for several lines; the value column, low, high, n
    goal    a dashed line;  events  [(period, words), …] marked on the time axis;  most  lines at most
    band    False: none;  {"fa", "en"}: what the band holds, where it is no 95 % interval of the value
    at      the place on the line whose number is printed; none: its last
    Time runs left to right in both languages.
    """
    value = value_column(answer, value)
    locale, of = wording.current().locale, metric(value, unit, digits)
    if answer.empty or answer[value].notna().sum() == 0:
        return nothing(title, answer, value)
    parts, periods = _by_line(answer, locale)
    parts = dict(list(parts.items())[:most])
    traces, ends = [], []
    for position, (name, part) in enumerate(parts.items()):
        part = part.reindex(periods)
        middle = floats(part[value])
        colour = theme.series(position)
        if band and {"low", "high"} <= set(part.columns) and len(parts) <= 3:
            traces += _band(floats(part["low"]), floats(part["high"]), colour)
        last = max((i for i, x in enumerate(middle) if x is not None and at in (None, periods[i])), default=None)
        alone = [
            i for i, x in enumerate(middle)
            if x is not None and (i == 0 or middle[i - 1] is None) and (i == len(middle) - 1 or middle[i + 1] is None)
        ]  # fmt: skip
        labelled = {last} if len(parts) <= 3 else set()
        # a long label of the last point would stand outside on a phone
        side = "left" if last is not None and len(amount(middle[last], of, locale)) > 9 else "center"
        traces.append(
            {
                "type": "scatter",
                "mode": "lines+markers+text",
                "name": isolate(name, locale),
                "x": list(range(len(periods))),
                "y": middle,
                "text": [isolate(amount(x, of, locale), locale) if i in labelled else "" for i, x in enumerate(middle)],
                "textposition": f"{'bottom' if _falls(middle, last) else 'top'} {side}",
                "textfont": {"color": colour, "size": 13},
                "line": {"color": colour, "width": 2.4, "dash": theme.DASHES[position % 6]},
                "marker": {
                    "color": colour,
                    "opacity": 1,
                    "size": [8 if i in labelled or i in alone else 5 for i in range(len(middle))],
                    "symbol": theme.MARKERS[position % 6],
                },
                "hovertext": [
                    point_hover(f"{name} · {group(p, locale)}" if name else group(p, locale), x, row, of, locale, value)
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
        "margin": {"t": 46 if len(parts) > 1 else 26},
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
    interval = {"fa": "نوار رنگی بازهٔ ۹۵٪ است", "en": "The coloured band is the 95% interval"}
    said = words(band if isinstance(band, dict) else interval, locale)
    first = next(iter(parts.values())).reindex(periods)
    alt = in_words([group(p, locale) for p in periods], floats(first[value]), of, locale, 24)
    return chart(
        traces,
        layout,
        title=title or title_of(of, answer.index, over_time=True),
        caption=caption_of(words(caption, locale), said if band and "low" in answer and len(parts) <= 3 else ""),
        alt=alt,
        table=twin(answer, value, unit, locale),
        narrow={
            "layout": {
                "height": 290,
                "xaxis": time_ticks(periods, locale, 4),
                "yaxis": value_axis(min(ends), max(ends), of, locale, count=4, pad=0.1),
            }
        },
    )


def _falls(values: list, last: int | None) -> bool:
    """Does the line come down to its last point?  The number then stands under it, where no line is."""
    before = [x for x in values[:last] if x is not None] if last else []
    return bool(before) and values[last] < before[-1]


def _by_line(answer: pd.DataFrame, locale: str) -> tuple[dict[str, pd.DataFrame], list]:
    """{name of a line: its rows by period}, and all periods in order."""
    if answer.index.nlevels == 1:
        return {"": answer}, list(answer.index)
    level = next(
        (i for i in range(answer.index.nlevels) if period_of(answer.index[0][i]) is not None), answer.index.nlevels - 1
    )
    periods = list(dict.fromkeys(answer.index.get_level_values(level)))
    numbers = all(isinstance(p, (int, float, np.integer)) for p in periods)
    periods.sort(key=lambda p: p.first if isinstance(p, Period) else p if numbers else str(p))
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
                "layer": "between",
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
