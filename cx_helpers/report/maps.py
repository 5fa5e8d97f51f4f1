"""Pictures of many to many: `heat` for a grid of cells, `flow` for ribbons between places."""

from __future__ import annotations

import re

import pandas as pd

from cx_helpers import wording
from cx_helpers.records import METRICS
from cx_helpers.report import theme
from cx_helpers.report.figure import Chart, caption_of, chart, floats, hover, nothing, private_note
from cx_helpers.report.phrases import phrases
from cx_helpers.report.rendering import Block
from cx_helpers.report.setting import amount, counted, group, groups, is_null, isolate, metric, period_of, words, wrap
from cx_helpers.report.tabulate import counted_title, index_title, table_payload

HIDDEN_MARK = "∗"
_SMALL, _LETTER = 250, 5.4  # pixels: the columns of a grid on a phone, together; a letter over them


def heat(
    matrix: pd.DataFrame,
    value: str = "share",
    *,
    title=None,
    caption=None,
    rows_title=None,
    columns_title=None,
    counts: pd.DataFrame | None = None,
    hidden: pd.DataFrame | None = None,
    diverging: bool = False,
    middle: float = 0.0,
    reach: float = 0.0,
    unit: str | None = None,
    digits: int | None = None,
    empty=None,
) -> Chart | Block:
    """Which cell of a grid stands out?  Rows by columns; a null cell stays empty, as one not yet elapsed must.

    matrix     index x columns of one value, e.g. a cohort triangle: cohorts x months since
    value      the metric in the cells (its unit and digits)
    counts     same shape: n of each cell, at the pointer and in the table
    hidden     same shape: why a cell is not shown (disclosure); where any is, each empty cell is marked alike, so that
               nobody can tell the hidden from those in which nobody is
    diverging  two colours about `middle` (differences, sentiment), which are full not before `reach` from it
    rows_title, columns_title  what the sides are
    empty      what an empty cell says, in words; default: no data yet, or too few cases
    """
    locale = wording.current().locale
    of = metric(
        value, unit or ("share" if value == "share" else None), 0 if digits is None and value == "share" else digits
    )
    if matrix.empty or matrix.notna().sum().sum() == 0:
        lost = hidden.stack().to_frame("hidden") if hidden is not None and hidden.notna().any(axis=None) else None
        return nothing(title, counts.sum().to_frame("n") if lost is None and counts is not None else lost, value)
    down, across = groups(matrix.index, locale), groups(matrix.columns, locale)
    cells = [floats(row) for _, row in matrix.iterrows()]
    known = [x for row in cells for x in row if x is not None]
    bare, unit_said = _cells(known, of, locale)
    shown = [["" if x is None else isolate(bare(x), locale) for x in row] for row in cells]
    pointer = [
        [
            ""
            if x is None
            else hover(
                f"{down[i]} · {across[j]}",
                amount(x, of, locale),
                "" if counts is None else phrases(locale).of_n.format(n=counted(counts.iat[i, j], value, locale)),
                locale=locale,
            )
            for j, x in enumerate(row)
        ]
        for i, row in enumerate(cells)
    ]
    reach = max(reach, *(abs(x - middle) for x in known)) or 1
    low, high = (middle - reach, middle + reach) if diverging else (min(known), max(known))
    widest = max(len(re.sub("[\u2066-\u2069]", "", text)) for row in shown for text in row)
    many = widest * 6.2 * len(across) > 900  # pixels: the numbers would touch each other
    time = any(period_of(column) for column in matrix.columns) or all(isinstance(c, int) for c in matrix.columns)
    trace = {
        "type": "heatmap",
        "z": cells,
        "x": list(range(len(across))),
        "y": list(range(len(down))),
        "text": shown,
        "texttemplate": "" if many else "%{text}",
        "textfont": {"size": 12 if len(across) <= 14 else 10.5},
        "hovertext": pointer,
        "hoverinfo": "text",
        "hoverongaps": False,
        "colorscale": theme.scale(theme.DIVERGING if diverging else theme.SEQUENTIAL),
        "zmin": low,
        "zmax": high if high > low else low + 1,
        "showscale": False,
        "xgap": 2,
        "ygap": 2,
    }
    side = {"showgrid": False, "tickfont": {"size": 12, "color": theme.colour("soft")}}
    head = isolate(words(columns_title, locale), locale) if columns_title else ""
    layout = {
        "height": 86 + 34 * len(down),
        "margin": {"t": 46 if head else 26},
        "xaxis": side
        | {
            "side": "top",
            "tickvals": trace["x"],
            "ticktext": [wrap(a, locale, 10 if len(across) > 8 else 13) for a in across],
            "title": {"text": head},
        },
        "yaxis": side
        | {"range": [len(down) - 0.5, -0.5], "tickvals": trace["y"], "ticktext": [wrap(d, locale, 22) for d in down]},
    }
    starred = matrix.isna() if hidden is not None and hidden.notna().any(axis=None) else matrix.isna() & False
    layout["annotations"] = [
        {"x": j, "y": i, "text": HIDDEN_MARK, "showarrow": False, "font": {"size": 13, "color": theme.colour("mute")}}
        for i, j in zip(*(place.tolist() for place in starred.to_numpy().nonzero()), strict=True)
    ]
    if locale == "fa" and not time:
        layout["xaxis"]["range"] = [len(across) - 0.5, -0.5]
    if time:  # periods, and months since, run left to right in both languages, from the rows' names on
        layout["yaxis"]["side"] = "left"
    step = max(1, -(-len(across) // 7))
    small = {
        "xaxis": {"tickvals": trace["x"][::step]} | _heads(across[::step], locale),
        "yaxis": {"ticktext": [wrap(d, locale, 11) for d in down]},
    }
    said = (
        words(empty, locale)
        or {
            "fa": "خانهٔ خالی یعنی هنوز داده‌ای نیست یا گروه کوچک است",
            "en": "An empty cell has no data yet or too few cases",
        }[locale]
    )
    said = phrases(locale).private_cells.format(mark=HIDDEN_MARK) if starred.any(axis=None) else said
    rows = phrases(locale).down.format(rows=words(rows_title, locale)) if rows_title else ""
    return chart(
        [trace],
        layout,
        title=title or (of.title if value in METRICS else None),
        caption=caption_of(words(caption, locale), rows, unit_said, said if len(known) < matrix.size else ""),
        alt=f"{len(down)} × {len(across)}: {amount(min(known), of, locale)} – {amount(max(known), of, locale)}",
        table=_grid(matrix, of, locale, rows_title, counts, value, starred),
        narrow={
            "layout": small,
            "data": [
                {"texttemplate": "" if len(across) > 8 else "%{text}", "textfont": {"size": 10}, "xgap": 1, "ygap": 1}
            ],
        },
    )


def _heads(names: list[str], locale: str) -> dict:
    """The names over the columns of a small picture: upright where their words find room side by side, else turned.

    Left to itself the library turns them by 30 degrees and leaves those out that would stick out.
    """
    room = int(_SMALL / (len(names) * _LETTER))
    lines = [_lines(str(name), room) for name in names]
    if all(_wide(line) <= room for each in lines for line in each):
        upright = ["<br>".join(isolate(line, locale) for line in each) for each in lines]
        return {"ticktext": upright, "tickangle": 0}
    return {"ticktext": [wrap(name, locale, 13, 2) for name in names], "tickangle": 90}  # two lines stand side by side


def _lines(name: str, room: int) -> list[str]:
    """The words of a name in lines of so many letters; a word is never cut, and a half-space takes no room."""
    lines = [""]
    for word in name.split():
        longer = f"{lines[-1]} {word}".strip()
        lines = [*lines[:-1], longer] if _wide(longer) <= room or not lines[-1] else [*lines, word]
    return lines


def _wide(text: str) -> int:
    return len(text.replace("\u200c", ""))


def _cells(known: list[float], of, locale: str):
    """How numbers stand in cells, and the unit said once under the picture: on each cell it would be noise."""
    t = phrases(locale)
    if of.unit == "share":
        return (lambda x: wording.number(100 * x, locale, of.digits)), t.percent_note
    if of.unit == "money":
        sizes = sorted(map(abs, known))
        size, unit = wording.money_scale(sizes[len(sizes) // 2], locale, thousands=True)
        digits = 1 if sizes[-1] / size < 100 else 0
        return (lambda x: wording.number(x / size, locale, digits)), t.unit_note.format(unit=unit)
    return (lambda x: wording.number(x, locale, of.digits)), ""


def _grid(matrix: pd.DataFrame, of, locale: str, rows_title, counts: pd.DataFrame | None, value: str, starred) -> dict:
    """The cells as a table: n as a column where a row has one n, else in brackets behind each value."""
    frame = matrix.set_axis([group(c, locale) for c in matrix.columns], axis=1)
    text = frame.map(lambda x: "—" if is_null(x) else amount(x, of, locale)).astype(object)
    text = text.mask(starred.to_numpy(), HIDDEN_MARK)
    titles = {}
    if counts is not None:
        n = counts.where(matrix.notna())
        if n.nunique(axis=1).max() <= 1:
            text.insert(0, "n", n.max(axis=1))
            titles = {"n": counted_title(value, locale)}
        else:
            number = n.map(lambda x: "" if is_null(x) else f" ({wording.number(x, locale)})")
            text += number.set_axis(text.columns, axis=1)
            rows = words(rows_title, locale) or index_title(matrix.index, locale)
            rows_title = f"{rows} ({phrases(locale).in_brackets})"
    return table_payload(text, locale, columns=list(text.columns), titles=titles, rows_title=rows_title, texts=True)


def flow(
    edges: pd.DataFrame,
    source: str = "from",
    target: str = "to",
    value: str = "n",
    *,
    title=None,
    caption=None,
    bad: list[str] | None = None,
    end: list[str] | None = None,
    most: int = 30,
    moments: bool = False,
) -> Chart | Block:
    """Where do they go from here?  Ribbons between places, as wide as `value`; read in the reader's direction.

    edges  one row per (source, target): columns or index levels of these names, and the value;  most  ribbons at most
    bad    places drawn in red (failures);  end  places drawn in grey (start, left, no further contact)
    moments  source and target are two moments: a place stands on either side, and who stayed is a ribbon, too
    A step from a place to itself stands in the table only; one without a value (hidden) stands nowhere.
    """
    locale = wording.current().locale
    private = private_note(edges, locale, "private_steps")
    frame = edges.reset_index() if {source, target} - set(edges.columns) else edges
    frame = frame[frame[value].fillna(0) > 0].sort_values(value, ascending=False, kind="stable").head(most)
    if frame.empty:
        return nothing(title, edges)
    loops, every = (frame[source] == frame[target]) & (not moments), frame
    frame = frame if loops.all() else frame[~loops]  # a ribbon into itself hides more than it shows
    spots = list(dict.fromkeys([*((0, p) for p in frame[source]), *((int(moments), p) for p in frame[target])]))
    at, places = {spot: i for i, spot in enumerate(spots)}, [place for _, place in spots]
    names = [group(place, locale) for place in places]

    def tone(place, solid: bool) -> str:
        kind = "_bad" if place in (bad or []) else "_mute" if place in (end or []) else ""
        return theme.colour({"_bad": "bad", "_mute": "mute", "": "accent"}[kind] if solid else "ribbon" + kind)

    arrow = {"fa": "←", "en": "→"}[locale]
    trace = {
        "type": "sankey",
        "orientation": "h",
        "direction": "reversed" if locale == "fa" else "forward",
        "arrangement": "snap",
        "textfont": {"size": 13, "color": theme.colour("ink"), "shadow": "none"},
        "node": {
            "label": [wrap(name, locale, 18, 2) for name in names],
            "color": [tone(place, True) for place in places],
            "line": {"width": 0},
            "pad": 18,
            "thickness": 12,
            "hovertemplate": "%{label}<extra></extra>",
        },
        "link": {
            "source": [at[0, p] for p in frame[source]],
            "target": [at[int(moments), p] for p in frame[target]],
            "value": floats(frame[value]),
            "color": [tone(p, False) for p in frame[target]],
            "customdata": [
                hover(f"{group(a, locale)} {arrow} {group(b, locale)}", wording.number(n, locale), locale=locale)
                for a, b, n in zip(frame[source], frame[target], frame[value], strict=True)
            ],
            "hovertemplate": "%{customdata}<extra></extra>",
        },
    }
    height = max(300, 60 + 44 * max(frame[source].nunique(), frame[target].nunique()))
    alt = "; ".join(
        f"{group(a, locale)} {arrow} {group(b, locale)} {wording.number(n, locale)}"
        for a, b, n in zip(frame[source].head(8), frame[target].head(8), frame[value].head(8), strict=True)
    )
    said = {
        "fa": "پهنای هر نوار شمار است؛ از راست به چپ بخوانید",
        "en": "A ribbon is as wide as its count; read from left to right",
    }
    if loops.any():
        said["fa"] += "؛ بازگشت به همان نقطه تنها در جدول آمده است"
        said["en"] += "; steps back to the same place stand in the table only"
    table = table_payload(
        every.set_index(source)[[target, value]],
        locale,
        titles={target: wording.name(target)},
        formats={value: "count"},
    )
    return chart(
        [trace],
        {"height": height, "margin": {"t": 12, "b": 16, "l": 8, "r": 8}},
        title=title,
        caption=caption_of(words(caption, locale), said[locale], private),
        alt=alt,
        table=table,
        narrow={"data": [{"textfont": {"size": 11}, "node": {"pad": 12, "thickness": 8}}]},
    )
