"""What is to be done first, as the first page shows it: the deed, the claim behind it, what it brings, its source."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from cx_helpers import advice, causes, wording
from cx_helpers.causes import Cause
from cx_helpers.evidence import Evidence
from cx_helpers.report import blocks
from cx_helpers.report.phrases import phrases
from cx_helpers.report.rendering import Block


def block(found: Evidence, joined: list[Cause], most: int = 5, tried: list[tuple] = ()) -> Block:
    """The deeds of a whole run, for the notebook that draws its reports together.

    found  what the run found;  joined  its causes (`Evidence.causes`);  most  deeds at most
    tried  what was done before, told beside the deeds of its theme: [(theme, name, words), …]
    """
    locale = wording.current().locale
    first = advice.first(joined, most, advice.fallen(found.cards))
    items = [_deed(_carded(cause, found, locale), found.clv, locale) for cause in first]
    for cause, item in zip(first, items, strict=True):
        own = {(record.get("subject") or {}).get("initiative") for record in cause.all}
        before = [said[locale] for theme, name, said in tried if theme == cause.theme and name not in own]
        item["small"] = [*item["small"], *before]
    plain = "\n".join(f"{i}. {item['deed']}" for i, item in enumerate(items, 1))
    if not items:
        plain = phrases(locale).nothing_to_do if joined else phrases(locale).found_nothing
        return Block({"kind": "note", "locale": locale, "sentences": [plain], "tone": ""}, plain)
    return Block({"kind": "deeds", "locale": locale, "items": items}, plain)


def stakes(found: Evidence, joined: list[Cause], most: int = 5) -> pd.DataFrame:
    """What is at stake in each of the first deeds (`sizes`)."""
    return sizes(advice.first(joined, most, advice.fallen(found.cards)), found.clv)


def sizes(found: list[Cause], clv: float | None) -> pd.DataFrame:
    """How large is each cause: an answer with n, `customers` (times harm) and, where it can be said, `worth` in money.

    Causes of which no finding tells how many customers they are about are left out.
    """
    locale = wording.current().locale
    rows = [
        {"n": one.get("n"), "customers": causes.harm(one), "worth": causes.money(one, clv)}
        for one in (_telling(cause, clv) for cause in found)
    ]
    short = [advice.title(cause)[locale] for cause in found]
    full = [advice.title(cause, measured=True)[locale] for cause in found]
    titles = [long if short.count(one) > 1 else one for one, long in zip(short, full, strict=True)]
    index = pd.Index(titles, name="deed", dtype=object)
    frame = pd.DataFrame(rows, columns=["n", "customers", "worth"], index=index)
    return frame[frame["customers"] > 0].sort_values("customers", ascending=False, kind="stable")


def _carded(cause: Cause, found: Evidence, locale: str) -> Cause:
    """The cause, its findings with the cards that the page sets."""
    head, *others = ({**record, "card": _card(record, found, locale)} for record in cause.all)
    return replace(cause, head=head, others=tuple(others))


def _card(record: dict, found: Evidence, locale: str) -> dict:
    report = record["report"]
    return {
        "claim": record["text"][locale],
        "impact": blocks.impact_text(record.get("impact"), record["measure"], locale, record["kind"]),
        "tone": causes.tone(record),
        "severity": record["severity"],
        "small": [*filter(None, [blocks.sample(record["kind"], record["measure"], record.get("n"), locale)])],
        "href": f"{report}.html" if report else "",
        "source": found.title(report, locale) if report else "",
    }


def arranged(
    found: list[dict], clv: float | None, locale: str, most: int = 5, fell: list[str] = ()
) -> tuple[Block, list[dict], list[dict]]:
    """The block of deeds; the cards of what stands in none of them; and all cards, in the causes' order.

    found  findings as findings.json holds them, each with its `card`: the finding as a page sets it, with `href` and
           `source`;  clv  what one customer is expected to bring (`causes.each`)
    """
    joined = causes.joined(found, clv)
    first = advice.first(joined, most, fell)
    items = [_deed(cause, clv, locale) for cause in first]
    rest = [record["card"] for cause in joined if cause not in first for record in cause.all]
    plain = "\n".join(f"{i}. {item['deed']}" for i, item in enumerate(items, 1))
    return (
        Block({"kind": "deeds", "locale": locale, "items": items}, plain),
        rest,
        [r["card"] for c in joined for r in c.all],
    )


def _telling(cause: Cause, clv: float | None) -> dict:
    """The finding that says what mending brings: the one worth most in money, else the first that says how many; of a
    deed that is to be undone the one that says how many it hits."""
    if "initiative" in cause.head["subject"]:
        hit = [one for one in cause.all if (one.get("impact") or {}).get("value")]
        return max(hit, key=causes.harm, default=cause.head)
    priced = [one for one in cause.all if causes.money(one, clv) is not None]
    sized = [one for one in cause.all if (one.get("impact") or {}).get("value")]
    return max(priced, key=lambda one: causes.money(one, clv), default=(sized or [cause.head])[0])


def _deed(cause: Cause, clv: float | None, locale: str) -> dict:
    t, card, telling = phrases(locale), cause.head["card"], _telling(cause, clv)
    money, impact = causes.money(telling, clv), telling.get("impact") or {}
    worth = (
        "" if money is None or impact.get("unit") == "money" else t.profit.format(money=wording.money(money, locale))
    )
    return {
        "deed": advice.said(cause)[locale],
        "claim": card["claim"],
        "brings": telling["card"]["impact"],
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
