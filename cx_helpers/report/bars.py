"""The picture of amounts: `bars`, lengths side by side or parts of a whole."""

from __future__ import annotations

import pandas as pd

from cx_helpers import wording
from cx_helpers.report import theme
from cx_helpers.report.figure import (
    Chart,
    caption_of,
    chart,
    floats,
    hidden_note,
    in_words,
    known,
    names_axis,
    nothing,
    point_hover,
    tall,
    title_of,
    value_column,
)
from cx_helpers.report.rendering import Block
from cx_helpers.report.setting import (
    amount,
    group,
    groups,
    isolate,
    long_axis,
    metric,
    words,
)
from cx_helpers.report.tabulate import table_payload


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
        return nothing(title, answer, columns[0])
    shown = (shown.sort_values(columns[0], ascending=False, kind="stable") if sort else shown).head(most)
    names, places, mirrored = groups(shown.index, locale), list(range(len(shown))), locale == "fa"
    sure = interval and len(columns) == 1 and {"low", "high"} <= set(shown.columns)
    total = shown[columns].sum(axis=1) if stacked else None
    number_of, traces = _numbers(shown[columns].abs().max().max(), of, locale), []
    for position, column in enumerate(columns):
        values = floats(shown[column])
        tone = (tones or {}).get(column)
        name = words((titles or {}).get(column), locale) or group(column, locale)
        texts = [isolate(number_of(x), locale) if x is not None else "" for x in values]
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
            "textfont": {"size": 12.5, "color": theme.colour("paper" if stacked and tone != "mute" else "ink")},
            "marker": {"color": theme.colour(tone) if tone else theme.series(position), "cornerradius": 3},
            "hovertext": [
                point_hover(
                    f"{n} · {name}" if len(columns) > 1 else n,
                    x,
                    r if sure else r[["n"]] if "n" in r else {},
                    of,
                    locale,
                    columns[0],
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
    beyond = [max(v, h) for v, h in zip(shown[columns[0]], high, strict=True)] if sure else []
    ends = [0.0, *(floats(total) if stacked else [x for c in columns for x in floats(shown[c])])]
    ends += [x for c in ("low", "high") if sure for x in floats(shown[c])]
    ends = [x for x in ends if x is not None]

    def across(count: int, pad: float) -> dict:
        axis = long_axis(min(ends), max(ends), of, locale, count=count, pad=pad)
        start, end = axis["range"]
        axis["range"] = [start if min(ends) < 0 else 0, end if not stacked else max(ends) * 1.001]
        return axis | {"range": axis["range"][::-1] if mirrored else axis["range"]}

    several = len(columns) > 1

    def height(width: int) -> int:
        row = 40 if stacked or not several else 22 * len(columns) + 14
        return (96 if several else 60) + tall(names, locale, width, row) * len(shown)

    layout = {
        "height": height(26),
        "barmode": "stack" if stacked else "group",
        "bargap": 0.34,
        "showlegend": several,
        "legend": {"traceorder": "reversed" if mirrored else "normal"},
        "margin": {"t": 50 if several else 10},
        "annotations": [
            _label(x, p, v, of, locale) for p, (x, v) in enumerate(zip(beyond, shown[columns[0]], strict=False))
        ],
        "xaxis": across(6, 0.14),
        "yaxis": names_axis(names, locale, 26),
    }
    said = {"fa": "خط نازک بازهٔ ۹۵٪ است", "en": "The thin line is the 95% interval"}[locale] if sure else ""
    return chart(
        traces,
        layout,
        title=title or (title_of(of, answer.index) if not several else None),
        caption=caption_of(words(caption, locale), said, hidden_note(answer, columns[0], locale)),
        alt=in_words(names, floats(shown[columns[0]]), of, locale),
        table=table_payload(
            answer,
            locale,
            columns=known(answer, ["n", *columns, *(["low", "high"] if sure else [])]),
            titles=titles,
            unit_of=columns[0],
            formats=dict.fromkeys(columns, (lambda x: amount(x, of, locale)) if of.unit == "score" else of.unit)
            if unit
            else None,
        ),
        narrow={
            "layout": {
                "height": height(13),
                "xaxis": across(3, 0.3 if of.unit == "money" else 0.22),
                "yaxis": names_axis(names, locale, 13),
            }
        },
    )


def _numbers(largest: float, of, locale: str):
    """How a bar's number is written: money in the unit that stands once beside the axis, all else with its own."""
    if of.unit != "money":
        return lambda x: amount(x, of, locale)
    size, _ = wording.money_scale(largest, locale)
    return lambda x: wording.number(x / size, locale, 0 if abs(x) >= 100 * size else 1 if abs(x) >= 0.1 * size else 2)


def _label(x: float, place: int, value: float, of, locale: str) -> dict:
    """A bar's number, past the end of its interval."""
    mirrored = locale == "fa"
    return {
        "x": x,
        "y": place,
        "text": isolate(amount(value, of, locale), locale),
        "showarrow": False,
        "xanchor": "right" if mirrored else "left",
        "xshift": -8 if mirrored else 8,
        "font": {"size": 12.5, "color": theme.colour("ink")},
    }
