"""What is to be done first, as the first page shows it: the deed, the claim behind it, what it brings, its source."""

from __future__ import annotations

from cx_helpers import advice, causes, wording
from cx_helpers.causes import Cause
from cx_helpers.report.phrases import phrases
from cx_helpers.report.rendering import Block


def arranged(found: list[dict], clv: float | None, locale: str, most: int = 5) -> tuple[Block, list[dict], list[dict]]:
    """The block of deeds; the cards of what stands in none of them; and all cards, in the causes' order.

    found  findings as findings.json holds them, each with its `card`: the finding as a page sets it, with `href` and
           `source`;  clv  what one customer is expected to bring (`causes.each`)
    """
    joined = causes.joined(found, clv)
    first = advice.first(joined, most)
    items = [_deed(cause, locale) for cause in first]
    rest = [record["card"] for cause in joined if cause not in first for record in cause.all]
    plain = "\n".join(f"{i}. {item['deed']}" for i, item in enumerate(items, 1))
    return (
        Block({"kind": "deeds", "locale": locale, "items": items}, plain),
        rest,
        [r["card"] for c in joined for r in c.all],
    )


def _deed(cause: Cause, locale: str) -> dict:
    t, card = phrases(locale), cause.head["card"]
    brings = next((record["card"]["impact"] for record in cause.all if record["card"]["impact"]), "")
    worth = "" if cause.money is None else t.worth.format(money=wording.money(cause.money, locale))
    return {
        "deed": advice.said(cause)[locale],
        "claim": card["claim"],
        "brings": brings,
        "worth": worth,
        "tone": card["tone"],
        "severity": card["severity"],
        "small": card["small"],
        "href": card["href"],
        "source": card["source"],
        "others": [{key: record["card"][key] for key in ("claim", "href", "source")} for record in cause.others],
        "others_label": _also(len(cause.others), locale),
    }


def _also(k: int, locale: str) -> str:
    return wording.say(
        fa="{k} یافتهٔ دیگر هم همین را می‌گوید" if k == 1 else "{k} یافتهٔ دیگر هم همین را می‌گویند",
        en="One more finding says the same" if k == 1 else "{k} more findings say the same",
        k=k,
    )[locale]
