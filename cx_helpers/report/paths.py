"""Pictures of a position: `curve` along the stages of a journey, `quadrant` between two questions."""

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
    hover,
    in_words,
    nothing,
    point_hover,
)
from cx_helpers.report.phrases import phrases
from cx_helpers.report.placing import PHONE, place_labels, together
from cx_helpers.report.rendering import Block
from cx_helpers.report.setting import amount, groups, isolate, metric, value_axis, words, wrap
from cx_helpers.report.tabulate import table_payload


def curve(
    answer: pd.DataFrame,
    value: str = "sentiment",
    *,
    title=None,
    caption=None,
    unit: str | None = None,
    digits: int | None = None,
    centre: float | None = 0.0,
) -> Chart | Block:
    """How does it feel along the way?  The emotion curve over the stages, with its band, in the reader's direction.

    answer  index = stages in order; the value, low, high, n;  centre  neither good nor bad (a dashed line); stages
            whose whole interval lies below it are red.  None: no such line.
    A stage without a value breaks the curve.
    """
    locale, of = wording.current().locale, metric(value, unit, digits)
    if value not in answer.columns or answer[value].notna().sum() == 0:
        return nothing(title, answer, "sentiment")
    names, places = groups(answer.index, locale), list(range(len(answer)))
    middle = floats(answer[value])
    low, high = (floats(answer[c]) if c in answer.columns else [None] * len(answer) for c in ("low", "high"))
    below = [centre is not None and h is not None and h < centre for h in high]
    soft = {"shape": "spline", "smoothing": 0.75}
    edge = {"type": "scatter", "mode": "lines", "x": places, "hoverinfo": "skip"}
    band = [edge | {"y": low, "line": soft | {"width": 0, "color": theme.colour("accent")}}]
    band += [
        edge
        | {
            "y": high,
            "line": soft | {"width": 0, "color": theme.colour("accent")},
            "fill": "tonexty",
            "fillcolor": theme.colour("band"),
        }
    ]
    signed = of.low is not None and of.low < 0
    line = {
        "type": "scatter",
        "mode": "lines+markers",
        "x": places,
        "y": middle,
        "line": soft | {"color": theme.colour("accent"), "width": 2.6},
        "marker": {
            "size": 11,
            "color": [theme.colour("bad" if b else "accent") for b in below],
            "line": {"color": theme.colour("paper"), "width": 2},
        },
        "hovertext": [
            point_hover(n, x, r, of, locale, value)
            for n, x, (_, r) in zip(names, middle, answer.iterrows(), strict=True)
        ],
        "hoverinfo": "text",
        "cliponaxis": False,
    }
    ends = [x for x in (*middle, *low, *high, centre) if x is not None]
    across = [len(answer) - 0.5, -0.5] if locale == "fa" else [-0.5, len(answer) - 0.5]
    values = [
        {
            "x": i,
            "y": x,
            "text": isolate(amount(x, of, locale, sign=signed), locale),
            "showarrow": False,
            "yshift": -19 if _dips(middle, i) else 19,
            "font": {"size": 12.5, "color": theme.colour("bad" if below[i] else "soft")},
        }
        for i, x in enumerate(middle)
        if x is not None
    ]
    zero = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": centre, "y1": centre, "layer": "between"}
    layout = {
        "height": 340,
        "margin": {"t": 24},
        "xaxis": {
            "range": across,
            "tickvals": places,
            "ticktext": [wrap(n, locale, 14) for n in names],
            "tickfont": {"size": 13, "color": theme.colour("ink")},
            "showgrid": False,
        },
        "yaxis": value_axis(min(ends), max(ends), of, locale, pad=0.16, count=4) | {"showgrid": False},
        "annotations": values,
        "shapes": []
        if centre is None
        else [zero | {"line": {"color": theme.colour("rule"), "width": 1.2, "dash": "dash"}}],
    }
    said = {
        "fa": "نوار رنگی بازهٔ ۹۵٪ است؛ مسیر از راست به چپ خوانده می‌شود",
        "en": "The coloured band is the 95% interval; the way is read from left to right",
    }[locale]
    narrow = {"height": 290, "yaxis": {"showticklabels": False}}
    narrow |= {"xaxis": {"ticktext": [wrap(n, locale, 8) for n in names], "tickfont": {"size": 10.5}, "tickangle": 0}}
    columns = [c for c in ("n", value, "low", "high") if c in answer.columns]
    return chart(
        [*band, line],
        layout,
        title=title or of.title,
        caption=caption_of(
            words(caption, locale),
            said,
            phrases(locale).below_note if any(below) else "",
            hidden_note(answer, value, locale),
        ),
        alt=in_words(names, middle, of, locale, 12),
        table=table_payload(answer, locale, columns=columns, unit_of=value),
        narrow={"layout": narrow, "data": [{}, {}, {"marker": {"size": 9}}]},
    )


def _dips(values: list, i: int) -> bool:
    """Does the line bend upward here?  Its number then stands under it, where no line is."""
    around = [values[j] for j in (i - 1, i + 1) if 0 <= j < len(values) and values[j] is not None]
    return values[i] is not None and bool(around) and values[i] < sum(around) / len(around)


def quadrant(
    answer: pd.DataFrame,
    x: str = "performance",
    y: str = "importance",
    *,
    title=None,
    caption=None,
    x_title=None,
    y_title=None,
    corners: dict | None = None,
    split: tuple[float | None, float | None] = (None, None),
    x_unit: str | None = None,
    y_unit: str | None = None,
    digits: int | None = None,
    alarm: bool = True,
) -> Chart | Block:
    """What is important and badly done?  One mark for each thing asked about, between two lines that cut the field.

    answer   index = the things; columns x and y;  split  where the field is cut (default: the medians)
    corners  {"mend" (important, badly done), "keep", "watch" (neither), "enough" (well done, not important)}: words
    alarm    is the field of `mend` bad news?  False: no field is red
    What is important and badly done stands where reading begins: at the upper left, in Persian at the upper right.
    On a phone the marks carry numbers and their names stand under the picture.
    """
    locale = wording.current().locale
    shown = answer[answer[x].notna() & answer[y].notna()]
    if shown.empty:
        return nothing(title)
    of_x, of_y = metric(x, x_unit, digits), metric(y, y_unit, digits)
    shown = shown.sort_values(y, ascending=False, kind="stable")
    names, xs, ys = groups(shown.index, locale), floats(shown[x]), floats(shown[y])
    cut_x, cut_y = (float(shown[c].median()) if cut is None else cut for c, cut in zip((x, y), split, strict=True))
    to_mend = [alarm and a < cut_x and b >= cut_y for a, b in zip(xs, ys, strict=True)]
    axis_x = value_axis(min(*xs, cut_x), max(*xs, cut_x), of_x, locale, pad=0.18)
    axis_x |= {"range": axis_x["range"][::-1] if locale == "fa" else axis_x["range"]}  # as in ranges and bars
    axis_y = value_axis(min(*ys, cut_y), max(*ys, cut_y), of_y, locale, pad=0.18)
    ends = axis_x["range"], axis_y["range"]
    wide = together(xs, ys, names, *ends)
    numbers = [isolate(wording.number(i + 1, locale), locale) for i in range(len(names))]
    titles = [words(t, locale) or of.title[locale] for t, of in ((x_title, of_x), (y_title, of_y))]
    trace = {
        "type": "scatter",
        "mode": "markers+text",
        "x": xs,
        "y": ys,
        "text": ["<br>".join(isolate(name, locale) for name in one) for one in wide],
        "textposition": place_labels(xs, ys, wide, *ends),
        "textfont": {"size": 12.5, "color": theme.colour("ink")},
        "marker": {
            "size": 13,
            "color": [theme.colour("bad" if m else "accent") for m in to_mend],
            "symbol": ["diamond" if m else "circle" for m in to_mend],
            "line": {"color": theme.colour("paper"), "width": 1.5},
        },
        "hovertext": [
            hover(
                n, f"{titles[0]}: {amount(a, of_x, locale)}", f"{titles[1]}: {amount(b, of_y, locale)}", locale=locale
            )
            for n, a, b in zip(names, xs, ys, strict=True)
        ],
        "hoverinfo": "text",
        "cliponaxis": False,
    }
    cut = {"type": "line", "layer": "between", "line": {"color": theme.colour("rule"), "width": 1.2, "dash": "dash"}}
    layout = {
        "height": 440,
        "margin": {"t": 14},
        "xaxis": axis_x | {"showgrid": False, "title": {"text": isolate(titles[0], locale)}},
        "yaxis": axis_y | {"showgrid": False, "title": {"text": isolate(titles[1], locale)}},
        "shapes": [
            cut | {"x0": cut_x, "x1": cut_x, "yref": "paper", "y0": 0, "y1": 1},
            cut | {"y0": cut_y, "y1": cut_y, "xref": "paper", "x0": 0, "x1": 1},
        ],
        "annotations": _corners(corners, locale, alarm),
    }
    narrow_axes = {"xaxis": {"tickfont": {"size": 11}}, "yaxis": {"tickfont": {"size": 11}}, "height": 380}
    near = together(xs, ys, numbers, *ends, width=PHONE, height=PHONE)
    alone = [len(one) == 1 for one in near]
    small = {
        "text": [{"fa": "، ", "en": ", "}[locale].join(one) for one in near],
        "textposition": ["middle center" if one else "top center" for one in alone],
        "textfont": {"size": 10.5, "color": [theme.colour("paper" if one else "ink") for one in alone]},
        "marker": {"size": 19},
    }
    alt = "; ".join(
        f"{n}: {amount(a, of_x, locale)}, {amount(b, of_y, locale)}" for n, a, b in zip(names, xs, ys, strict=True)
    )
    return chart(
        [trace],
        layout,
        title=title,
        caption=caption,
        alt=alt,
        table=table_payload(shown, locale, titles={x: x_title or of_x.title, y: y_title or of_y.title}, unit_of=y),
        narrow={"layout": narrow_axes, "data": [small]},
        key=names,
    )


_CORNERS = wording._names("""
mend | اول این‌ها را درست کنید | mend these first
keep | مهم، نه بدتر از دیگران | no worse than others
watch | زیر نظر بماند | watch
enough | کم‌وزن، نه بدتر از دیگران | weighs little
""")


def _corners(corners: dict | None, locale: str, alarm: bool = True) -> list[dict]:
    said = {key: words((corners or {}).get(key, pair), locale) for key, pair in _CORNERS.items()}
    places = {"mend": (0, 1), "keep": (1, 1), "watch": (0, 0), "enough": (1, 0)}
    if locale == "fa":
        places = {key: (1 - x, y) for key, (x, y) in places.items()}
    return [
        {
            "xref": "paper",
            "yref": "paper",
            "x": x,
            "y": y,
            "xanchor": "right" if x else "left",
            "yanchor": "top" if y else "bottom",
            "text": isolate(said[key], locale),
            "showarrow": False,
            "font": {"size": 12, "color": theme.colour("bad" if alarm and key == "mend" else "mute")},
        }
        for key, (x, y) in places.items()
    ]
