"""What does the first page of all say of what moved, and of where the data are weak?"""

from __future__ import annotations

from collections.abc import Iterable

from cx_helpers import causes
from cx_helpers.causes import Cause
from cx_helpers.evidence import Evidence
from cx_helpers.records import described
from cx_helpers.wording import Words, join, name, say

_FEW = 3
COUNTED = {
    "fa": "هر مشتری به سهم آسیبی که می‌بیند شمرده شده است: صد نفر که ده درصد کمتر برمی‌گردند ده "
    "مشتری‌اند. جایی که مشتری شناخته نیست، هر پاسخ یا نوشته یک نفر شمرده شده است",
    "en": "Each customer counts by the harm: a hundred who come back ten percent less often are ten. Where "
    "customers are not known, each answer or comment counts as one",
}


def explained(cards: list[dict], found: list[Cause]) -> list[Words]:
    """For each number that got worse: the finding that tells where, for the first few.

    cards  of `Evidence.cards`;  found  `Evidence.causes`
    """
    worse = [card for card in cards if card.get("change_tone") == "bad" and not card.get("of_group")]
    told = []
    for card in {card["metric"]: card for card in worse}.values():
        told_of = [record for cause in found for record in cause.all if _tells(record, card["metric"])]
        why = min(told_of, key=lambda record: record["kind"] != "change_point", default=None)
        if why:
            told.append(
                say(
                    fa="{title}: {change} نسبت به دورهٔ پیش؛ {why}.", en="{title}: {change} since last period; {why}.",
                    title=_same(card["title"]), change=_same(card["change"]), why=why["text"],
                )
            )  # fmt: skip
    if told:
        return told[:_FEW]
    if worse:
        fa = "از آنچه بدتر شد هیچ یافته‌ای نمی‌گوید کجا؛ گزارش‌ها گروه‌ها را یک‌به‌یک نشان می‌دهند."
        return [say(fa=fa, en="No finding tells where it got worse; the reports show the groups one by one.")]
    return [say(fa="هیچ عددی بیش از آنچه تصادف می‌آورد بدتر نشده است.", en="No number got worse beyond chance.")]


def _tells(record: dict, metric: str) -> bool:
    """Is it a finding of something that changed, and bad news of this number?"""
    changed = record["kind"] in ("change_point", "topic") or "initiative" in record["subject"]
    return changed and record["measure"] == metric and record["severity"] != "low" and causes.tone(record) == "bad"


def _same(text: str) -> Words:
    return {"fa": text, "en": text}


def weak(found: Evidence, goals: Iterable[str] = ()) -> list[Words]:
    """Where the data are weak: faults that findings tell of, reports that could not be made, numbers without enough,
    and `goals` of the workspace that no report measured."""
    faults = [one for one in found.findings if one["kind"] == "data_quality" and one["severity"] != "low"]
    told = [say(fa="{text}.", en="{text}.", text=one["text"]) for one in faults[:_FEW]]
    absent = [_report(key, one) for key, one in found.reports.items() if one["outcome"] != "published"]
    if absent:
        more = len(absent) - _FEW
        names = join([*absent[:_FEW], *([say(fa="{k} گزارش دیگر", en="{k} more", k=more)] if more > 0 else [])])
        told.append(say(fa="ساخته نشد: {names}.", en="Not made: {names}.", names=names))
    empty = [one["metric"] for one in found.metrics if one["value"] is None and not one["dimensions"]]
    if empty:
        names = join([described(metric).title for metric in dict.fromkeys(empty)][:_FEW])
        told.append(say(fa="دادهٔ کافی نداشت: {names}.", en="Too little data for: {names}.", names=names))
    measured = {one["metric"] for one in found.metrics}
    if unseen := [described(goal).title for goal in goals if goal not in measured]:
        fa, en = "هدفی که هیچ گزارشی آن را نسنجید: {names}.", "Goals that no report measured: {names}."
        told.append(say(fa=fa, en=en, names=join(unseen)))
    if told:
        return told
    return [
        say(
            fa="ضعفی در داده‌ها دیده نشد که این صفحه را تغییر دهد.",
            en="No weakness of the data was seen that would change this page.",
        )
    ]


def _report(key: str, entry: dict) -> Words:
    title = entry["title"] if isinstance(entry["title"], dict) else name(key)
    return say(fa="«{title}»", en="“{title}”", title=title)
