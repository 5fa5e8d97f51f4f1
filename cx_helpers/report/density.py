"""The picture of what is believed of a number: `density`, a hill for each group, red on the wrong side of 0."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cx_helpers import wording
from cx_helpers.report import theme
from cx_helpers.report.figure import Chart, caption_of, chart, floats, in_words, nothing
from cx_helpers.report.rendering import Block
from cx_helpers.report.setting import amount, group, isolate, long_axis, metric, words
from cx_helpers.report.tabulate import table_payload

_RIDGE = 1.15  # from one group's ground to the next one's


def density(
    answer: pd.DataFrame,
    across: str,
    up: str = "density",
    *,
    title=None,
    caption=None,
    good: str = "up",
    unit: str = "score",
    digits: int = 1,
    most: int = 5,
    limit: float = 0.0,
    marks: list[tuple] = (),
) -> Chart | Block:
    """Where does one number lie, as far as is known?  A hill for each group; higher means more likely.

    answer  index (group, point), points in the order of `across`; `up` is 1 at the highest of all
    good    up: what lies below `limit` is red;  down: what lies above it is;  unit, digits  of `across`
    marks   [(value, words), …]: upright lines
    most    groups at most, one under the other, each with its own ground.  Values run left to right in both languages.
    """
    locale, of = wording.current().locale, metric(across, unit, digits)
    shown = answer[answer[[across, up]].notna().all(axis=1)]
    if shown.empty:
        return nothing(title)
    parts = dict(list(shown.groupby(level=0, sort=False))[:most])
    traces, peaks = [], {}
    for place, (name, part) in enumerate(parts.items()):
        ground, x = -_RIDGE * place, part[across].to_numpy(float)
        height = part[up].to_numpy(float) / float(part[up].max())
        wrong = x < limit if good == "up" else x > limit
        traces += [_hill(x, height, ground, side, face) for side, face in ((~wrong, "good"), (wrong, "bad"))]
        peaks[group(name, locale)] = x[int(np.argmax(height))]
        traces[-1]["hovertext"] = amount(peaks[group(name, locale)], of, locale)
    ends = float(min(shown[across].min(), limit)), float(max(shown[across].max(), limit))
    names = [isolate(name, locale) for name in peaks]
    layout = {
        "height": 120 + 18 * len(marks) + 110 * len(parts),
        "showlegend": False,
        "margin": {"t": 20 + 18 * len(marks)},
        "yaxis": {
            "tickvals": [-_RIDGE * place + 0.3 for place in range(len(parts))],
            "ticktext": names,
            "range": [-_RIDGE * (len(parts) - 1) - 0.06, 1.12],
            "showgrid": False,
            "zeroline": False,
            "side": "right" if locale == "fa" else "left",
        },
        "shapes": [
            {"type": "line", "x0": x, "x1": x, "yref": "paper", "y0": 0, "y1": 1, "layer": "above",
             "line": {"color": theme.colour("mid"), "width": 1.4, "dash": "dot"}}
            for x in [place for place, _ in marks] or [limit]
        ],
        "annotations": _flags(marks, locale),
    }  # fmt: skip

    def axis(count: int) -> dict:
        return long_axis(*ends, of, locale, count=count)

    summit = pd.DataFrame({across: list(peaks.values())}, index=pd.Index(list(peaks), name=answer.index.names[0]))
    return chart(
        traces,
        layout | {"xaxis": axis(6)},
        title=title,
        caption=caption_of(words(caption, locale)),
        alt=in_words(list(peaks), floats(summit[across]), of, locale),
        table=table_payload(summit, locale, columns=[across], formats={across: lambda x: amount(x, of, locale)}),
        narrow={"layout": {"xaxis": axis(3)}},
    )


def _flags(marks: list[tuple], locale: str) -> list[dict]:
    """The names of the upright lines above the picture, each on its own staff: the last to the right of it, the others
    to the left, the further left the lower, so that no staff goes through a name."""
    placed = sorted(marks, key=lambda mark: mark[0])
    last = len(placed) - 1
    return [
        {"x": x, "yref": "paper", "y": 1, "ax": 0, "ay": -(8 + 18 * (place if place < last else 0)),
         "xanchor": "right" if place < last else "left", "yanchor": "middle", "showarrow": True, "arrowhead": 0,
         "arrowwidth": 1.2, "arrowcolor": theme.colour("mid"), "text": isolate(words(text, locale), locale),
         "font": {"size": 12, "color": theme.colour("ink")}}
        for place, (x, text) in enumerate(placed)
    ]  # fmt: skip


def _hill(x: np.ndarray, height: np.ndarray, ground: float, side: np.ndarray, face: str) -> dict:
    """One side of a hill as a filled shape; where it has no such side, an empty one."""
    kept = np.flatnonzero(side)
    if len(kept):  # up to the point next to it, so that no gap is left between the colours
        kept = np.arange(max(kept[0] - (face == "good"), 0), min(kept[-1] + 1 + (face == "bad"), len(x)))
    xs, ys = x[kept], ground + height[kept]
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [*map(float, xs), *map(float, xs[::-1])],
        "y": [*map(float, ys), *([ground] * len(xs))],
        "fill": "toself",
        "fillcolor": theme.colour(face),
        "opacity": 0.45,
        "line": {"width": 1.5, "color": theme.colour(face)},
        "hoverinfo": "text",
    }
