"""The picture of a sum: `waterfall`, what adds, what takes, and what is left."""

from __future__ import annotations

import pandas as pd

from cx_helpers import wording
from cx_helpers.report import theme
from cx_helpers.report.figure import Chart, caption_of, chart, floats, in_words, names_axis, nothing, point_hover
from cx_helpers.report.rendering import Block
from cx_helpers.report.setting import amount, groups, isolate, metric, value_axis, words
from cx_helpers.report.tabulate import table_payload


def waterfall(
    answer: pd.DataFrame,
    value: str,
    *,
    title=None,
    caption=None,
    unit: str | None = None,
    digits: int | None = None,
) -> Chart | Block:
    """What adds, what takes, and what is left?  Each bar begins where the one above it ended; the last is the sum.

    answer  index = the parts in their order, the sum of all as the last row; the value column, its low and high
    The thin line is the interval of a part's own value, drawn about its end.  Values run in the reader's direction.
    """
    locale, of = wording.current().locale, metric(value, unit, digits)
    if len(answer) < 2 or answer[value].isna().any():
        return nothing(title, answer, value)
    steps = floats(answer[value])
    ends = [sum(steps[: i + 1]) for i in range(len(steps) - 1)] + [steps[-1]]
    starts = [0.0, *ends[:-2], 0.0]
    names, places, mirrored = groups(answer.index, locale), list(range(len(steps))), locale == "fa"
    sure = {"low", "high"} <= set(answer.columns)
    low, high = (floats(answer[c]) if sure else steps for c in ("low", "high"))
    tones = ["good" if x >= 0 else "bad" for x in steps[:-1]] + ["accent"]
    trace = {
        "type": "bar",
        "orientation": "h",
        "x": steps,
        "base": starts,
        "y": places,
        "marker": {"color": [theme.colour(tone) for tone in tones], "cornerradius": 3},
        "hovertext": [
            point_hover(n, x, row, of, locale, value)
            for n, x, (_, row) in zip(names, steps, answer.iterrows(), strict=True)
        ],
        "hoverinfo": "text",
    }
    edges = [(s + a, s + b) for s, a, b in zip(starts, low, high, strict=True)]
    whisker = {
        "type": "scatter",
        "mode": "lines",
        "x": [x for pair in edges for x in (*pair, None)],
        "y": [y for p in places for y in (p, p, None)],
        "line": {"color": theme.colour("ink"), "width": 1.4},
        "hoverinfo": "skip",
    }
    far = [
        max(s, e, *pair) for s, e, pair in zip(starts, ends, edges, strict=True)
    ]  # past it there is room for a number
    near = [min(s, e, *pair) for s, e, pair in zip(starts, ends, edges, strict=True)]
    joins = [
        {"type": "line", "x0": e, "x1": e, "y0": p, "y1": p + 1, "layer": "below",
         "line": {"color": theme.colour("mute"), "width": 1, "dash": "dot"}}
        for p, e in enumerate(ends[:-1])
    ]  # fmt: skip

    def across(count: int, pad: float) -> dict:
        axis = value_axis(min(0.0, *near), max(0.0, *far), of, locale, count=count, pad=pad)
        return axis | {"range": axis["range"][::-1] if mirrored else axis["range"]}

    numbers = [
        {"x": x, "y": p, "text": isolate(amount(v, of, locale, sign=p < places[-1]), locale), "showarrow": False,
         "xanchor": "right" if mirrored else "left", "xshift": -8 if mirrored else 8,
         "font": {"size": 12.5, "color": theme.colour("ink")}}
        for p, x, v in zip(places, far, steps, strict=True)
    ]  # fmt: skip
    layout = {
        "height": 60 + 40 * len(steps),
        "bargap": 0.34,
        "showlegend": False,
        "margin": {"t": 10},
        "shapes": joins,
        "annotations": numbers,
        "xaxis": across(6, 0.14),
        "yaxis": names_axis(names, locale, 26),
    }
    said = {
        "fa": "سبز می‌افزاید، قرمز می‌کاهد و آخرین نوار آن است که می‌ماند" + ("؛ خط نازک بازهٔ ۹۵٪ است" if sure else ""),
        "en": "Green adds, red takes, and the last bar is what is left"
        + ("; the thin line is the 95% interval" if sure else ""),
    }[locale]
    return chart(
        [trace, whisker] if sure else [trace],
        layout,
        title=title or of.title,
        caption=caption_of(words(caption, locale), said),
        alt=in_words(names, steps, of, locale),
        table=table_payload(
            answer,
            locale,
            columns=[c for c in ("n", value, "low", "high") if c in answer.columns],
            unit_of=value,
            formats={value: unit} if unit in ("share", "money") else None,
        ),
        narrow={"layout": {"xaxis": across(3, 0.22), "yaxis": names_axis(names, locale, 13, 3)}},
    )
