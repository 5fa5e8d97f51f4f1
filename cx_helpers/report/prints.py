"""The same picture for many groups, side by side, in print quality: `small_multiples`, drawn by seaborn as SVG."""

from __future__ import annotations

import base64
import io
import re

import pandas as pd

from cx_helpers import wording
from cx_helpers.report import theme
from cx_helpers.report.figure import caption_of, floats, in_words, nothing, value_column
from cx_helpers.report.rendering import Block
from cx_helpers.report.setting import group, isolate, metric, period_of, short_amount, ticks, words
from cx_helpers.report.tabulate import table_payload

_INCHES = (2.5, 1.65)


def small_multiples(
    answer: pd.DataFrame,
    value: str | None = None,
    *,
    title=None,
    caption=None,
    unit: str | None = None,
    digits: int | None = None,
    most: int = 12,
) -> Block:
    """The same line for many groups on one scale, so that shapes compare: 95 % band, one small picture each.

    answer  index = (group, period); the value, low, high;  most  groups at most, in the answer's order
    Drawn by seaborn with letters as paths: sharp on paper, one file each, light and dark in one.
    """
    value = value_column(answer, value)
    locale, of = wording.current().locale, metric(value, unit, digits)
    if answer.empty or answer[value].notna().sum() == 0:
        return nothing(title, answer, value)
    if answer.index.nlevels != 2:
        raise ValueError(f"small multiples need an index of (group, period); this one is {list(answer.index.names)}")
    level = 0 if period_of(answer.index[0][0]) is not None else 1
    periods = list(dict.fromkeys(answer.index.get_level_values(level)))
    parts = {
        key: part.droplevel(1 - level).reindex(periods)
        for key, part in answer.groupby(level=1 - level, sort=False, dropna=False)
    }
    parts = {key: part for key, part in list(parts.items())[:most] if part[value].notna().any()}
    ends = [
        x
        for part in parts.values()
        for c in (value, "low", "high")
        if c in part
        for x in floats(part[c])
        if x is not None
    ]
    images = []
    for key, part in parts.items():
        name = group(key, locale)
        said = in_words([group(p, locale) for p in periods], floats(part[value]), of, locale, 24)
        source = _draw(part, value, periods, (min(ends), max(ends)), of, locale)
        images.append({"title": name, "src": source, "alt": f"{name}: {said}", "width": 250, "height": 165})
    said = {
        "fa": "همهٔ خانه‌ها یک مقیاس دارند؛ نوار رنگی بازهٔ ۹۵٪ است",
        "en": "All panels share one scale; the band is the 95% interval",
    }
    columns = [c for c in ("n", value, "low", "high") if c in answer.columns]
    payload = {
        "kind": "chart",
        "locale": locale,
        "title": words(title or of.title, locale),
        "caption": caption_of(words(caption, locale), said[locale]),
        "alt": "",
        "table": table_payload(answer, locale, columns=columns, unit_of=value),
        "images": images,
        "key": [],
    }
    return Block(payload, f"{len(images)} small pictures of {value}")


def _draw(part: pd.DataFrame, value: str, periods: list, ends: tuple, of, locale: str) -> str:
    """One panel as a data: address."""
    import matplotlib as mpl
    import seaborn as sns
    from matplotlib.figure import Figure

    with mpl.rc_context(theme.matplotlib_settings()):
        figure = Figure(figsize=_INCHES, layout="constrained")
        axes = figure.subplots()
        at = pd.Series(range(len(periods)))
        seen = part[value].reset_index(drop=True).astype(float)
        sns.lineplot(x=at, y=seen, ax=axes, color=theme.colour("accent"), errorbar=None, legend=False)
        if {"low", "high"} <= set(part.columns):
            low, high = (part[c].reset_index(drop=True).astype(float) for c in ("low", "high"))
            axes.fill_between(at, low, high, color=theme.colour("accent"), alpha=0.16, linewidth=0)
        last = seen.last_valid_index()
        axes.plot([last], [seen[last]], "o", color=theme.colour("accent"), markersize=5, clip_on=False)
        room = (ends[1] - ends[0] or 1) * 0.12
        axes.set(xlabel="", ylabel="", ylim=(ends[0] - room, ends[1] + room), xlim=(-0.3, len(periods) - 0.7))
        marks = ticks(ends[0] - room, ends[1] + room, 3)
        axes.set_yticks(marks, [isolate(short_amount(mark, of, locale), locale) for mark in marks])
        if locale == "fa":
            axes.yaxis.tick_right()
        shown = [0, len(periods) - 1] if len(periods) > 1 else [0]
        axes.set_xticks(shown, [isolate(group(periods[i], locale), locale) for i in shown])
        for text, side in zip(axes.get_xticklabels(), ("left", "right"), strict=False):
            text.set_horizontalalignment(side)
        out = io.BytesIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return "data:image/svg+xml;base64," + base64.b64encode(_two_faced(out.getvalue().decode()).encode()).decode()


def _two_faced(svg: str) -> str:
    """Swap our colours for CSS variables, so that the picture follows the reader's light or dark by itself."""
    names = {pair[0]: name for name, pair in theme.COLOURS.items() if pair[0].startswith("#")}
    svg = re.sub("|".join(map(re.escape, names)), lambda found: f"var(--{names[found[0]]},{found[0]})", svg)
    faces = ["".join(f"--{name}:{pair[dark]};" for name, pair in theme.COLOURS.items()) for dark in (0, 1)]
    style = f"<style>:root{{{faces[0]}}}@media screen and (prefers-color-scheme:dark){{:root{{{faces[1]}}}}}</style>"
    return re.sub(r"(<svg\b[^>]*>)", lambda found: found[1] + style, svg, count=1)
