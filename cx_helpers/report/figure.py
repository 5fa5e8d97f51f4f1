"""What is a chart?  A plotly figure, the sentence under it, what a screen reader says, and the numbers behind it."""

from __future__ import annotations

import json

import pandas as pd
import plotly.graph_objects as go

from cx_helpers import disclosure, records, wording
from cx_helpers.report import theme
from cx_helpers.report.phrases import phrases
from cx_helpers.report.rendering import BLOCK, PLOTLY, Block, without
from cx_helpers.report.setting import amount, counted, interval, is_null, isolate, short_amount, words, wrap


class Chart:
    """A figure with its words, as charts.* return it.

    figure    the plotly Figure, to be changed at will
    payload   title, caption, alt text and table as the page sets them
    """

    def __init__(self, figure: go.Figure, payload: dict):
        self.figure, self.payload = figure, payload

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        figure = json.loads(self.figure.to_json())
        shown = self._for_lab(figure) if self.payload["title"] else figure
        payload = self.payload | {"height": figure["layout"].get("height"), "top": figure["layout"]["margin"]["t"]}
        return {PLOTLY: shown | {"config": theme.CONFIG}, BLOCK: payload, "text/plain": repr(self)}

    def _for_lab(self, figure: dict) -> dict:
        """The page sets the title in HTML, where it wraps and is found; the lab needs it inside the picture."""
        locale, layout = self.payload["locale"], figure["layout"]
        x, anchor = (1, "right") if locale == "fa" else (0, "left")
        text = "<b>" + wrap(self.payload["title"], locale, 80) + "</b>"
        title = {"text": text, "font": {"size": 15}, "x": x, "xanchor": anchor, "y": 0.98, "yanchor": "top"}
        taller = {"title": title, "margin": {"t": layout["margin"]["t"] + 36}, "height": layout["height"] + 36}
        return figure | {"layout": theme.merge(layout, taller)}

    def __repr__(self) -> str:
        return " — ".join(filter(None, [self.payload["title"], self.payload["alt"]]))


def chart(
    traces: list,
    layout: dict,
    *,
    title,
    caption,
    alt: str,
    table: dict | None,
    narrow: dict | None = None,
    key: list[str] | None = None,
) -> Chart:
    """Put a chart together.

    layout  changes to the theme's layout;  narrow {"layout": …, "data": [… per trace]} changes for a phone's width
    key     names of numbered marks, listed under the picture on a phone
    """
    locale = wording.current().locale
    meta = {"narrow": {"layout": {}, "data": [], **(narrow or {})}}
    figure = go.Figure(data=traces, layout=theme.layout(locale, **layout, meta=meta, template="none"))
    payload = {
        "kind": "chart",
        "locale": locale,
        "title": words(title, locale),
        "caption": words(caption, locale),
        "alt": alt,
        "table": table,
        "images": [],
        "key": key or [],
    }
    return Chart(figure, payload)


def nothing(title=None, answer: pd.DataFrame | None = None, name: str = "") -> Block:
    """An empty answer gives a sentence, not an empty picture.

    answer, name  the answer and its metric: where it has cases and no value, every group is too small to show
    """
    locale = wording.current().locale
    most = 0 if answer is None or "n" not in answer.columns else answer["n"].max()
    enough = wording.current().enough
    why = phrases(locale).nothing_here
    if most > 0:  # where a group has enough, it is not for its size that it has no number
        small = phrases(locale).all_small.format(n=counted(enough, name, locale))
        why = small if most < enough else phrases(locale).nothing_told
    if answer is not None and disclosure.HIDDEN in answer and len(found := answer[disclosure.HIDDEN].dropna()):
        why = disclosure.sentence(found.iloc[0])[locale] if len(answer) == 1 else phrases(locale).all_hidden
    return without(words(title, locale), why, locale)


def value_column(answer: pd.DataFrame, value: str | None) -> str:
    """The column to draw: the one named, or the first that is a metric."""
    if value is None:
        value = next((c for c in answer.columns if c in records.METRICS and c not in ("orders", "customers")), None)
    if value is None or value not in answer.columns:
        raise ValueError(f"there is no column {value!r} to draw; the answer has {', '.join(map(str, answer.columns))}")
    return value


def floats(column) -> list[float | None]:
    """A column as plain numbers, null where there is none: figures are stored as readable JSON."""
    return [None if is_null(value) else float(value) for value in column]


def hover(*lines: str, locale: str) -> str:
    """Text at the pointer, one isolated line each; empty ones fall away."""
    return "<br>".join(isolate(line, locale) for line in lines if line)


def point_hover(title: str, value, row, of: records.Metric, locale: str, name: str = "") -> str:
    """The pointer's text of one row: its title, value, interval and n (of the metric `name`); without a value none."""
    if is_null(value):
        return ""
    t, n = phrases(locale), row.get("n")
    between = interval(row.get("low"), row.get("high"), of, locale)
    count = "" if is_null(n) else t.of_n.format(n=counted(n, name, locale))
    return hover(title, amount(value, of, locale), between and f"{t.interval_colon} {between}", count, locale=locale)


def in_words(names: list[str], values, of: records.Metric, locale: str, most: int = 8) -> str:
    """What a screen reader says instead of the picture: each name with its value."""
    parts = [f"{name} {amount(value, of, locale)}" for name, value in zip(names, values, strict=True)]
    rest = " …" if len(parts) > most else ""
    return {"fa": "؛ ", "en": "; "}[locale].join(parts[:most]) + rest


def hidden_note(answer: pd.DataFrame, value: str, locale: str) -> str:
    """`2 groups with too few answers are not shown`, and why others are not; empty where all are shown."""
    lacking, t = answer[answer[value].isna()], phrases(locale)
    if not len(lacking) or len(lacking) == len(answer):
        return ""
    why = lacking.get(disclosure.HIDDEN, pd.Series(None, lacking.index, dtype=object))
    counts = {
        "hidden_group": why.isna(),
        "private_group": why == disclosure.SMALL,
        "rare_group": why == disclosure.RARE,
        "beside_group": why == disclosure.BESIDE,
    }
    counts = {name: int(those.sum()) for name, those in counts.items() if those.any()}
    said = [
        getattr(t, name if k == 1 else f"{name}s").format(k=wording.number(k, locale)) for name, k in counts.items()
    ]
    return caption_of(*said)


def private_note(answer: pd.DataFrame, locale: str, phrase: str) -> str:
    """A phrase on what is left out for privacy, where anything is."""
    if disclosure.HIDDEN not in answer or answer[disclosure.HIDDEN].isna().all():
        return ""
    return getattr(phrases(locale), phrase).format(n=wording.number(wording.current().smallest_group, locale))


def known(answer: pd.DataFrame, columns: list[str]) -> list[str]:
    """Those of the columns that the answer has, each once."""
    return [c for i, c in enumerate(columns) if c in answer.columns and c not in columns[:i]]


def lines(width: int) -> int:
    """How many lines may a name take?  On a phone, where they are short, more, so that none is cut."""
    return 5 if width < 20 else 3


def names_axis(names: list[str], locale: str, width: int, most: int | None = None) -> dict:
    """The axis of groups, first on top, names wrapped;  most  lines, where rows are not as high as `tall` says."""
    return {
        "range": [len(names) - 0.5, -0.6],
        "tickvals": list(range(len(names))),
        "ticktext": [wrap(name, locale, width, most or lines(width)) for name in names],
        "tickfont": {"color": theme.colour("ink"), "size": 13},
        "showgrid": False,
    }


def tall(names: list[str], locale: str, width: int, row: int) -> int:
    """How high is a row of a picture (at least `row`), so that the longest of the names, wrapped, stays in its own?"""
    high = max((wrap(name, locale, width, lines(width)).count("<br>") + 1 for name in names), default=1)
    return max(row, 18 * high + 8)


def title_of(of: records.Metric, index: pd.Index, over_time: bool = False) -> dict:
    """A chart's title where none is given: the metric, and by what it is split: `Satisfaction (CSAT) by channel`."""
    names = [name for name in index.names if name not in (None, "all", "period")]
    by = wording.join([wording.name(name) for name in names])
    split = wording.say(fa="{t} در گذر زمان", en="{t} over time", t=of.title) if over_time else of.title
    return wording.say(fa="{t} به تفکیک {by}", en="{t} by {by}", t=split, by=by) if names else split


def caption_of(*parts: str) -> str:
    """Short remarks as one line of sentences."""
    return " ".join(part if part.endswith((".", "؟", "!", "؛")) else part + "." for part in parts if part)


def goal_of(goal, of: records.Metric) -> tuple[float | None, str]:
    """(target, direction) of a goal as tables.goal gives it, a number, or None."""
    if isinstance(goal, dict):
        return float(goal["target"]), goal.get("direction") or of.direction
    return (None if goal is None else float(goal)), of.direction


def goal_line(target: float, of: records.Metric, locale: str, axis: str) -> dict:
    """A dashed line at the goal with its name: {"shapes": […], "annotations": […]}."""
    other = "y" if axis == "x" else "x"
    line = {"color": theme.colour("ink"), "width": 1.3, "dash": "dash"}
    shape = {
        "type": "line",
        f"{axis}0": target,
        f"{axis}1": target,
        f"{other}ref": "paper",
        f"{other}0": 0,
        f"{other}1": 1,
    }
    at = {"x": target, "xref": "x", "y": 1, "yref": "paper", "yanchor": "bottom"}
    if axis == "y":
        left = locale == "fa"
        at = {"y": target, "yref": "y", "x": 0 if left else 1, "xref": "paper", "yanchor": "bottom"}
        at["xanchor"] = "left" if left else "right"
    text = isolate(f"{phrases(locale).goal} {short_amount(target, of, locale)}", locale)
    font = {"size": 12, "color": theme.colour("ink")}
    return {
        "shapes": [shape | {"line": line, "layer": "above"}],  # or a grid line at the same place hides it
        "annotations": [at | {"text": text, "showarrow": False, "font": font}],
    }
