"""How would the model read this?  A box in the lab to type or paste comments in, and what it makes of each.

Only for cells tagged `explore` and `skip-execution`, as `explore` is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from html import escape

from cx_helpers import wording
from cx_helpers.report.phrases import phrases

WORDS = 8  # shown of each comment, the strongest
_TONES = {"negative": "#b3261e", "neutral": "#5f6b76", "positive": "#1b7f4d"}


def paste(read: Callable[[list[str]], list[dict]], example: Iterable[str] = ()):
    """Type or paste comments, one a line: each with its probability, its words and its clauses.

    read  texts -> one dict each, as intake.aloud.aloud gives them;  example  lines that stand in the box at first
    The answer follows when the box is left, or at the button.
    """
    import ipywidgets as widgets

    t = phrases(wording.current().locale)
    box = widgets.Textarea(
        value="\n".join(example),
        placeholder=t.paste_here,
        continuous_update=False,
        layout={"width": "100%", "height": "9rem"},
    )
    button = widgets.Button(description=t.paste_read, icon="search")
    said = widgets.HTML()

    def answer(_=None) -> None:
        lines = [line.strip() for line in box.value.splitlines() if line.strip()]
        said.value = shown(read(lines)) if lines else ""

    box.observe(answer, names="value")
    button.on_click(answer)
    answer()
    whole = widgets.VBox([box, button, said])
    whole.add_class("cx-paste")
    whole.add_class(f"cx-choices-{wording.current().locale}")
    return whole


def shown(found: list[dict]) -> str:
    """What `read` gave as HTML: every text escaped, each in its own direction."""
    locale = wording.current().locale
    return f'<div class="cx-read" dir="{"rtl" if locale == "fa" else "ltr"}">{"".join(map(_comment, found))}</div>'


def _comment(one: dict) -> str:
    locale, t = wording.current().locale, phrases(wording.current().locale)
    text = f'<p dir="auto" style="margin:0;font-weight:600">{escape(one["text"])}</p>'
    if math.isnan(one["sentiment"]):
        return f'<section style="{_BOX}">{text}<p style="margin:0">{t.paste_unread}</p></section>'
    said = [_chance(name, one[f"p_{name}"], locale) for name in _TONES if not math.isnan(one[f"p_{name}"])]
    feeling = f'<b style="color:{_TONES[one["feeling"]]}">{wording.label(one["feeling"], locale)}</b>'
    doubt = f" ({t.paste_unsure})" if one["unsure"] else ""
    out = f'<p style="margin:.3em 0">{feeling}{doubt} · {" · ".join(said)}</p>' + _words(one["words"], locale)
    if len(one["clauses"]) > 1 or any(clause["aspects"] for clause in one["clauses"]):
        out += f"<p style='margin:.5em 0 0'>{t.paste_clauses}</p>" + "".join(map(_clause, one["clauses"]))
    return f'<section style="{_BOX}">{text}{out}</section>'


_CHIP = "padding:.1em .5em;margin-inline-end:.4em;border-radius:.4em;display:inline-block"
_BOX = "border-block-start:1px solid #c9d1d9;padding:.7em 0;line-height:1.9"


def _chance(name: str, p: float, locale: str) -> str:
    return f"{wording.label(name, locale)} {wording.number(p, locale, 0, percent=True)}"


def _words(words: list[tuple[str, float]], locale: str) -> str:
    """The strongest words, each as dark as it weighs; red pulled down, green up."""
    most = max((abs(by) for _, by in words), default=1.0)
    chips = []
    for text, by in words[:WORDS]:
        tone = _TONES["positive" if by > 0 else "negative"]
        share = round(15 + 45 * abs(by) / most)
        chips.append(
            f'<span style="background:color-mix(in srgb,{tone} {share}%,transparent);{_CHIP}">'
            f"<bdi>{escape(text)}</bdi> "
            f"<bdi>{wording.number(by, locale, 1, sign=True)}</bdi></span>"
        )
    return f"<div>{''.join(chips)}</div>"


def _clause(one: dict) -> str:
    locale = wording.current().locale
    value = one["sentiment"]
    said = "—" if math.isnan(value) else wording.number(value, locale, 2, sign=True)
    tone = _TONES["neutral" if not abs(value) > 0.2 else "positive" if value > 0 else "negative"]
    named = "، ".join(wording.label(name, locale) for name in one["aspects"])
    about = f" <small>{escape(named)}</small>" if named else ""
    text = f"<bdi>{escape(one['written'])}</bdi>{about}"
    return f'<div style="padding-inline-start:1em"><bdi style="color:{tone}">{said}</bdi> {text}</div>'
