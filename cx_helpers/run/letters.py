"""What does the mail of an alert say?  The same as the webhook's JSON, for people: Persian first, then English."""

from __future__ import annotations

import datetime as dt

from cx_helpers import dates, wording
from cx_helpers.wording import Words, say

TITLE = {"fa": "موردی که نمی‌تواند بماند", "en": "A case that cannot wait"}
DIGEST = {"fa": "مانده‌های امروز", "en": "Today’s digest"}
_NAMED = ("touchpoint", "aspect", "channel", "province", "owner")  # what of a case is told where it is known


def subject(body: dict) -> str:
    """The head of the mail, in both languages."""
    title = TITLE if "case_id" in body else DIGEST
    return f"{title['fa']} · {title['en']}"


def text(body: dict, timezone: str) -> str:
    """The mail itself, a line a fact.

    body  what `case_alerts` put into the outbox: an alert of one case, or the day's digest;  timezone  the company's
    """
    told = _case(body, timezone) if "case_id" in body else _digest(body)
    return "\n".join([*(one["fa"] for one in told), "", *(one["en"] for one in told)])


def _case(body: dict, timezone: str) -> list[Words]:
    told = [
        say(fa="مورد {case}: رتبهٔ {rank:.0f} از ۱۰۰", en="Case {case}: rank {rank:.0f} of 100",
            case=wording.raw(body["case_id"]), rank=body["rank"]),
        say(fa="مهلت: {at}", en="Due: {at}", at=_at(body["due_at"], timezone)),
        say(fa="آغاز: {at}", en="Opened: {at}", at=_at(body["opened_at"], timezone)),
    ]  # fmt: skip
    known = [(key, body[key]) for key in _NAMED if body.get(key)]
    told += [say(fa="{key}: {x}", en="{key}: {x}", key=wording.name(key), x=wording.name(x)) for key, x in known]
    if body.get("words"):
        told.append(say(fa="«{words}»", en="“{words}”", words=wording.raw(body["words"])))
    return told


def _digest(body: dict) -> list[Words]:
    day = dt.date.fromisoformat(body["day"])
    label = {locale: dates.day_label(day, locale) for locale in wording.LOCALES}
    nobody = {"fa": "بی‌مسئول", "en": "no owner"}
    told = [say(fa="{day}", en="{day}", day=label)]
    told += [
        say(fa="{owner}: {open} مورد باز، {late} دیرشده", en="{owner}: {open} open, {late} late",
            owner=wording.name(row["owner"]) if row["owner"] else nobody, open=row["open"], late=row["late"])
        for row in body["open"]
    ]  # fmt: skip
    kept = (
        ("not_sent", {"fa": "بیش از گنجایش یک ساعت، فرستاده نشد", "en": "not sent, too many in an hour"}),
        ("may_not_have_arrived", {"fa": "شاید نرسیده باشد", "en": "may not have arrived"}),
    )
    for key, words in kept:
        if body[key]:
            cases = wording.join([wording.raw(case) for case in body[key]])
            told.append(say(fa="{what}: {cases}", en="{what}: {cases}", what=words, cases=cases))
    return told


def _at(stamp: str, timezone: str) -> Words:
    moment = dt.datetime.fromisoformat(stamp)
    return {locale: dates.moment_label(moment, locale, timezone=timezone) for locale in wording.LOCALES}
