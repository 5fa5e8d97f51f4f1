"""The picture of one number against another: `against`, a line for each group with the interval of what is read up."""

from __future__ import annotations

import pandas as pd

from cx_helpers import wording
from cx_helpers.report import theme
from cx_helpers.report.figure import Chart, caption_of, chart, floats, in_words, nothing, point_hover
from cx_helpers.report.rendering import Block
from cx_helpers.report.setting import amount, group, isolate, metric, value_axis, words
from cx_helpers.report.tabulate import table_payload


def against(
    answer: pd.DataFrame,
    across: str,
    up: str,
    *,
    title=None,
    caption=None,
    titles: dict | None = None,
    diagonal: bool = False,
    unit: str = "share",
    most: int = 6,
) -> Chart | Block:
    """Does one number keep to the other?  Points in their order, a line a group, a bar for each interval of `up`.

    answer    index (group, step) or step alone; the columns across and up, and low and high of up
    titles    {column: {"fa", "en"}}: the axes;  diagonal  draw where both are equal
    unit      of both numbers;  most  lines at most
    Both axes run left to right in both languages.
    """
    locale, of = wording.current().locale, metric(up, unit, 0)
    shown = answer[answer[[across, up]].notna().all(axis=1)]
    if shown.empty:
        return nothing(title, answer, up)
    lines = {"": shown} if shown.index.nlevels == 1 else dict(list(shown.groupby(level=0, sort=False))[:most])
    traces = [_equal(shown, across, up)] if diagonal else []
    for place, (name, part) in enumerate(lines.items()):
        label = group(name, locale) if name != "" else ""
        traces.append(_line(part, across, up, label, place, of, locale))
    ends = {
        "x": (float(shown[across].min()), float(shown[across].max())),
        "y": (float(shown[["low", up]].min(axis=None)), float(shown[["high", up]].max(axis=None))),
    }

    def axes(count: int) -> dict:
        named = {"x": across, "y": up}
        made = {a: value_axis(*ends[a], of, locale, count=count) for a in named}
        return {f"{a}axis": made[a] | {"title": {"text": _title(titles, named[a], locale)}} for a in named}

    layout = {
        "height": 400,
        "hovermode": "closest",
        "showlegend": len(lines) > 1,
        "legend": {"traceorder": "reversed" if locale == "fa" else "normal"},
        "margin": {"t": 46 if len(lines) > 1 else 26, "b": 56, "l": 64},
    }
    first = next(iter(lines.values()))
    names = [amount(x, of, locale) for x in first[across]]
    return chart(
        traces,
        layout | axes(6),
        title=title or words((titles or {}).get(up), locale),
        caption=caption_of(words(caption, locale)),
        alt=in_words(names, floats(first[up]), of, locale, 24),
        table=table_payload(
            shown.droplevel(-1) if shown.index.nlevels > 1 else shown.reset_index(drop=True),
            locale,
            columns=[c for c in ("n", across, up, "low", "high") if c in shown.columns],
            titles=titles,
            formats=dict.fromkeys((across, up, "low", "high"), "share") if unit == "share" else None,
        ),
        narrow={"layout": {"height": 330, **axes(4)}},
    )


def _title(titles: dict | None, column: str, locale: str) -> str:
    return isolate(words((titles or {}).get(column), locale) or wording.label(column, locale), locale)


def _equal(shown: pd.DataFrame, across: str, up: str) -> dict:
    """Where both numbers are equal."""
    reach = [float(min(shown[across].min(), shown[up].min())), float(max(shown[across].max(), shown[up].max()))]
    line = {"color": theme.colour("mute"), "width": 1.4, "dash": "dot"}
    return {
        "type": "scatter", "mode": "lines", "x": reach, "y": reach, "line": line, "hoverinfo": "skip",
        "showlegend": False,
    }  # fmt: skip


def _line(part: pd.DataFrame, across: str, up: str, label: str, place: int, of, locale: str) -> dict:
    colour, middle = theme.series(place), floats(part[up])
    bars = {
        "type": "data",
        "symmetric": False,
        "array": [(b or m) - m for b, m in zip(floats(part["high"]), middle, strict=True)],
        "arrayminus": [m - (a if a is not None else m) for a, m in zip(floats(part["low"]), middle, strict=True)],
        "color": colour,
        "thickness": 1.1,
        "width": 0,
    }
    said = [f"{label} · {amount(x, of, locale)}" if label else amount(x, of, locale) for x in part[across]]
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": isolate(label, locale),
        "x": floats(part[across]),
        "y": middle,
        "error_y": bars,
        "line": {"color": colour, "width": 2, "dash": theme.DASHES[place % 6]},
        "marker": {"color": colour, "size": 7, "symbol": theme.MARKERS[place % 6]},
        "hovertext": [
            point_hover(name, x, row, of, locale, up)
            for name, x, (_, row) in zip(said, middle, part.iterrows(), strict=True)
        ],
        "hoverinfo": "text",
        "showlegend": bool(label),
    }
