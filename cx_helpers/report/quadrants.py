"""Four fields on a page: strengths and weaknesses above, opportunities and threats below, each line with its source."""

from __future__ import annotations

from cx_helpers import wording
from cx_helpers.report.phrases import phrases
from cx_helpers.report.rendering import Block
from cx_helpers.report.setting import words

FIELDS = {"strengths": "good", "weaknesses": "bad", "opportunities": "good", "threats": "bad"}


def swot(cards: list[dict], pairs: list[tuple[str, wording.Words]] = ()) -> Block:
    """The four fields, and the candidate strategies that pair them.

    cards  of `readings.swot.cards`;  pairs  of `readings.swot.strategies`
    """
    locale = wording.current().locale
    t = phrases(locale)
    fields = []
    for name, tone in FIELDS.items():
        lines = [_line(card, locale) for card in cards if card["quadrant"] == name]
        fields.append({"title": getattr(t, name), "tone": tone, "lines": lines})
    told = [{"title": _pair(kind, t), "text": words(text, locale)} for kind, text in pairs]
    plain = "\n".join(f"{field['title']}: {line['text']}" for field in fields for line in field["lines"])
    return Block({"kind": "swot", "locale": locale, "fields": fields, "pairs": told}, plain)


def _pair(kind: str, t) -> str:
    return " × ".join(getattr(t, name) for name in kind.split("_"))


def _line(card: dict, locale: str) -> dict:
    t = phrases(locale)
    brought = t.profit_halved if card["halved"] else t.profit
    worth = "" if card["money"] is None else brought.format(money=wording.money(card["money"], locale))
    return {
        "text": words(card["text"], locale),
        "worth": worth,
        "href": card["href"],
        "source": t.analysts_own if card["own"] else card["source"],
        "own": card["own"],
    }
