"""What does a fault in the data do to a report's numbers?  How loud it is, what follows from it, how it is said.

A fault is judged by how far it moves a number that a report shows, never by how odd it looks.
"""

from __future__ import annotations

import math

from cx_helpers.records import METRICS, Finding, amount, clean, step
from cx_helpers.wording import Words, name, say

LARGE, NOTABLE = 0.05, 0.01  # of the number's own size (of a share: of the whole): loud, worth saying

# what a report shows first of a table: what suffers when its rows are missing or wrong
CARRIES = {
    "customers": "active_customers",
    "touchpoints": "conversion",
    "orders": "revenue",
    "order_items": "revenue",
    "contracts": "churn_rate",
    "responses": "scores",
    "tickets": "resolution_hours",
    "comments": "sentiment",
    "exposures": "conversion",
}

# one of its rows: `۱۲ سفارش`, `12 orders`
ROWS: dict[str, Words] = {
    "customers": {"fa": "مشتری", "en": "customers"},
    "identities": {"fa": "شناسه", "en": "identities"},
    "touchpoints": {"fa": "تماس", "en": "contacts"},
    "orders": {"fa": "سفارش", "en": "orders"},
    "order_items": {"fa": "قلم سفارش", "en": "lines of orders"},
    "contracts": {"fa": "قرارداد", "en": "contracts"},
    "responses": {"fa": "پاسخ یا دعوت", "en": "answers and invitations"},
    "tickets": {"fa": "درخواست", "en": "requests"},
    "comments": {"fa": "نوشته", "en": "comments"},
    "exposures": {"fa": "حضور در آزمایش", "en": "exposures"},
    "initiatives": {"fa": "اقدام", "en": "initiatives"},
}

_AFRESH: Words = {
    "fa": "خروجی تازه را در پوشهٔ sources بگذارید و cx ingest را اجرا کنید، یا دوره‌ای را بخواهید که داده‌اش کامل است.",
    "en": "put a fresh export into sources/ and run cx ingest, or ask for a period whose data are complete.",
}
# what to do about data that have stopped coming; each page says it
STALE: dict[str, Words] = {
    "aged": {
        "fa": "ببینید خروجی‌ها چرا دیگر نمی‌آیند؛ خروجی تازه را در پوشهٔ sources بگذارید و cx ingest را اجرا کنید.",
        "en": "see why exports have stopped coming; put fresh ones into sources/ and run cx ingest.",
    },
    "stopped": _AFRESH,
    "late": _AFRESH,
}

_UNITS = {"minutes": (" دقیقه", " minutes"), "hours": (" ساعت", " hours"), "days": (" روز", " days")}


def share(part, whole) -> float:
    """part / whole; NaN where there is nothing to be a part of."""
    return float(part) / float(whole) if whole else math.nan


def move(metric: str, shown: float, mended: float) -> float:
    """How far a fault moves a number: of a share or a score, in parts of its scale; of all else, in parts of itself.

    shown   with the faulty rows;  mended  without them.  NaN where either is unknown; infinite where mended is 0.
    """
    if not (math.isfinite(shown) and math.isfinite(mended)):
        return math.nan
    of = METRICS[metric]
    if of.low is not None and of.high is not None:
        return (shown - mended) / (of.high - of.low)
    return (shown - mended) / abs(mended) if mended else math.inf if shown else 0.0


def loudness(moved: float, sure: bool = True) -> str:
    """high, medium or low: by how far a number moves (see `move`); what is not sure is never high."""
    size = abs(moved) if moved == moved else 0.0
    return ("high" if sure else "medium") if size >= LARGE else "medium" if size >= NOTABLE else "low"


def portion(x: float) -> Words:
    """A share in words that never says 0.0% of something that is there."""
    if 0 < x < 0.0005:
        return say(fa="کمتر از {x:.1%}", en="under {x:.1%}", x=0.001)
    return say(fa="{x:.1%}", en="{x:.1%}", x=x)


def title(suffers: str) -> Words:
    """What a fault moves, in words: a metric's title, or the name of what else a report shows."""
    return METRICS[suffers].title if suffers in METRICS else name(suffers)


def value(metric: str, x: float) -> Words:
    """A number in words with its unit: 41.2 minutes, 62.4%, 21 billion toman."""
    unit = METRICS[metric].unit
    if unit == "money":
        return say(fa="{x:money}", en="{x:money}", x=x)
    if unit in _UNITS:
        fa, en = _UNITS[unit]
        return say(fa="{x:.1f}" + fa, en="{x:.1f}" + en, x=x)
    return amount(metric, x)


def consequence(metric: str, shown: float, mended: float) -> Words:
    """What a reader of this period's number is told, and what it would be without the faulty rows."""
    of = METRICS[metric]
    ends = {"metric": of.title, "shown": value(metric, shown), "mended": value(metric, mended)}
    if ends["shown"] == ends["mended"]:
        return say(
            fa="پیامد: {metric} این دوره تغییر محسوسی نمی‌کند ({shown}).",
            en="{metric} of this period does not move visibly ({shown}).",
            **ends,
        )
    if of.low is not None and of.high is not None:
        by = step(metric, abs(shown - mended))
    else:
        by = say(fa="{x:.1%}", en="{x:.1%}", x=abs(move(metric, shown, mended)))
    return say(
        fa="پیامد: {metric} این دوره {by} {way} نشان داده می‌شود: {shown} به‌جای {mended}.",
        en="{metric} of this period reads {by} too {way}: {shown} instead of {mended}.",
        by=by,
        way={"fa": "کمتر", "en": "low"} if shown < mended else {"fa": "بیشتر", "en": "high"},
        **ends,
    )


def at_most(suffers: str, part: float, twice: bool = False) -> Words:
    """What follows where the move itself cannot be told: which part of what a report shows stands on faulty rows.

    twice  they are no wrong rows but count once too often
    """
    if suffers in METRICS:
        fa, en = "{x} از ردیف‌هایی که «{what}» از آن‌ها ساخته می‌شود", "{x} of the rows behind “{what}”"
    else:
        fa, en = "{x} از مقدارهای «{what}»", "{x} of the values of “{what}”"
    return say(
        fa=f"پیامد: در این دوره {fa} {'تکراری' if twice else 'نادرست'} است.",
        en=f"In this period {en} {'count twice' if twice else 'are wrong'}.",
        what=title(suffers),
        x=portion(part),
    )


def finding(table: str, problem: str, severity: str, text: Words, said: Words | None, remedy: Words, **more) -> Finding:
    """A claim on the data.

    table, problem  what it is about;  said  the consequence;  remedy  what to do
    more            metric: the number that suffers;  subject: further {column: value};  measure value baseline low
                    high n p_adjusted looks impact as in records.Finding
    """
    subject = {"table": table, "problem": problem} | more.pop("subject", {})
    metric = more.pop("metric", CARRIES.get(table))
    subject |= {"metric": metric} if metric else {}
    numbers = {name: clean(x) for name, x in more.items() if name not in ("impact", "looks")}
    kept = {name: more[name] for name in ("impact", "looks") if name in more}
    numbers = {"measure": "faulty_share", "value": None} | numbers | kept
    return Finding("data_quality", subject, severity=severity, text=text, detail=said, remedy=remedy, **numbers)
