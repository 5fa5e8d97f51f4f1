"""What is to be said of where customers are in their life with us?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cx_helpers import certainty, disclosure
from cx_helpers.measures.lifecycle import STAGES
from cx_helpers.records import Finding, severity
from cx_helpers.wording import Words, say

GUARDS = [
    {
        "fa": "هر مشتری در یک لحظه دیده شده است: آنچه پس از پایان دوره رخ داده در هیچ عددی نیست.",
        "en": "Each customer is seen as of one instant: nothing that came after the period is in any number.",
    },
    {
        "fa": "مرز «رو به سردی» و «ازدست‌رفته» از فاصلهٔ خریدهای خود این مشتریان است، نه یک قاعدهٔ ثابت؛ سهم‌ها "
        "با مرزهای دیگر هم آمده‌اند. سکوت، رفتن نیست.",
        "en": "Cooling and lapsed are told by these customers' own gaps between purchases, not by a fixed rule; "
        "the shares under other limits stand beside. Silence is not leaving.",
    },
    {
        "fa": "ارزش، جمع خریدهای تاکنون است، نه ارزش آینده؛ تفاوت تجربهٔ گروه‌ها همراهی است، نه علت.",
        "en": "Value is what was bought so far, not what will be; a difference in experience is an "
        "association, not a cause.",
    },
]


COUNTED = {
    "fa": "«مشتریان دارای رویداد» هر کسی است که در این دوره تماس، سفارش، پاسخ، نوشته یا درخواستی داشته است. "
    "گزارش‌های دیگر مشتریان جدولی را می‌شمارند که می‌خوانند (قیف: کسانی که تماسی داشته‌اند؛ نظرسنجی: هر که دعوت شده است)، "
    "پس عدد آن‌ها فرق دارد.",
    "en": "“Customers with an event” are all who had a contact, an order, an answer, a comment or a request in this "
    "period. Other reports count the customers of the table they read (the funnel: who had a contact; surveys: who was "
    "invited), so their number differs.",
}  # why two pages count differently
BASES = {  # what the n of a share counts, for its card
    "quiet": {"fa": "خریدار", "en": "buyers"},
    "unhappy": {"fa": "پاسخ‌دهنده (آخرین NPS، وگرنه CSAT)", "en": "who answered (last NPS, else CSAT)"},
    "consent": {"fa": "مشتری", "en": "customers"},
}


COLUMNS = {  # how a page sets `stages`
    "columns": ["n", "share", "value", "value_share", "unhappy", "open", "consent"],
    "titles": {
        "n": {"fa": "مشتریان", "en": "customers"},
        "share": {"fa": "سهم", "en": "share"},
        "value": {"fa": "خرید تاکنون", "en": "bought so far"},
        "value_share": {"fa": "سهم از خرید", "en": "share of sales"},
        "unhappy": {"fa": "ناراضی", "en": "unhappy"},
        "open": {"fa": "با درخواست باز", "en": "with an open request"},
        "consent": {"fa": "اجازهٔ تماس", "en": "may be contacted"},
    },
    "formats": {"share": "share", "value": "money", "value_share": "share", "unhappy": "share", "open": "count",
                "consent": "share"},
}  # fmt: skip


def findings(fifths: pd.DataFrame) -> tuple[list[Finding], int]:
    """Is the fifth that brings most unhappier, or happier, than all others?  One look: (findings, looks)."""
    seen = fifths[fifths["unhappy"].notna()]
    if 5 not in seen.index or len(seen) < 2:
        return [], 0
    top, rest = seen.loc[5], seen.drop(5)
    others = (rest["unhappy"] * rest["n"]).sum() / rest["n"].sum()
    rest_se = np.sqrt(((rest["n"] * rest["se"]) ** 2).sum()) / rest["n"].sum()
    gap, se = top["unhappy"] - others, np.hypot(top["se"], rest_se)
    # each customer answered once here
    p = float(certainty.difference(gap, {"n": top["n"], "se": top["se"]}, {"n": rest["n"].sum(), "se": rest_se}))
    loud = severity(p, abs(gap) >= 0.1)
    if loud is None:
        return [], 1
    worse = gap > 0
    text = say(
        fa="{who} {unhappy:.0%} ناراضی‌اند، در برابر {others:.0%} دیگران" if worse
        else "تنها {unhappy:.0%} از {who_of} ناراضی‌اند، در برابر {others:.0%} دیگران",
        en="{unhappy:.0%} of the fifth who buy most are unhappy, against {others:.0%} of the others",
        who="از پرخریدترین پنجم مشتریان", who_of="پرخریدترین پنجم مشتریان", unhappy=top["unhappy"], others=others,
    )  # fmt: skip
    detail = say(
        fa="تفاوت: {gap:+.1f} واحد درصد (بازهٔ ۹۵٪: {low:.1f} تا {high:.1f})؛ این پنجم {share:.0%} فروش را آورده است.",
        en="Difference: {gap:+.1f} percentage points (95% interval: {low:.1f} to {high:.1f}); this fifth brought "
        "{share:.0%} of sales.",
        gap=100 * gap, low=100 * (gap - 1.96 * se), high=100 * (gap + 1.96 * se), share=top["value_share"],
    )  # fmt: skip
    one = Finding(
        kind="risk" if worse else "strength", subject={"value_fifth": 5}, measure="unhappy",
        value=float(top["unhappy"]), baseline=float(others), low=float(top["low"]), high=float(top["high"]),
        n=int(top["n"]), p_adjusted=p,
        severity=loud, text=text, detail=detail, looks=1, good=not worse,
    )  # fmt: skip
    return [one], 1


def sentence(now: pd.DataFrame, gap: tuple[float, int]) -> Words:
    """The bottom line: how many customers, how many of them are in touch, how many have gone quiet."""
    count = {stage: int(now["n"].get(stage, 0)) for stage in STAGES}
    if "hidden" in now and len(now) and now["hidden"].notna().all():
        return disclosure.sentence(disclosure.SMALL)
    if "hidden" in now and now["hidden"].notna().any():  # a stage that is not told is not what is left of the sum
        return say(fa="{total} مشتری می‌شناسیم.", en="We know {total} customers.", total=sum(count.values()))
    said = say(
        fa="{total} مشتری می‌شناسیم: {alive} نفر در جریان‌اند (تازه یا فعال)، {silent} نفر ساکت شده‌اند (رو به سردی یا "
        "ازدست‌رفته) و {none} نفر هنوز نخریده‌اند.",
        en="We know {total} customers: {alive} are in touch (new or active), {silent} have gone quiet (cooling or "
        "lapsed), {none} have not bought yet.",
        total=sum(count.values()), alive=count["new"] + count["active"], silent=count["cooling"] + count["lapsed"],
        none=count["prospect"],
    )  # fmt: skip
    days, n = gap
    if not n:
        return said
    more = say(
        fa="نُه نفر از هر ده مشتری که دوباره خریده‌اند، ظرف {days:.0f} روز بازگشته‌اند.",
        en="Nine of ten who bought again did so within {days:.0f} days.",
        days=days,
    )
    return {locale: f"{said[locale]} {more[locale]}" for locale in said}


def unanswered(questions: int) -> Words | None:
    """That some customers may be one person: then there are fewer than are counted; None where nothing is asked.

    questions  pairs that nobody has judged yet (`Tables.questions`)
    """
    if not questions:
        return None
    return say(
        fa="{n} جفت مشتری شاید یک نفر باشند و هنوز کسی نگفته است: هر پاسخ «same» در state/review.csv و سپس cx ingest "
        "از شمار مشتریان می‌کاهد.",
        en="{n} pairs of customers may be one person, and nobody has said yet: each “same” in state/review.csv, then "
        "cx ingest, makes customers fewer.",
        n=questions,
    )


def money(now: pd.DataFrame) -> Words | None:
    """Where the money so far came from: those who have gone quiet, and those in touch; None without orders.

    None, too, where a stage is not told: what the others brought is not what all in touch, or all quiet, did.
    """
    share = now["value_share"].reindex(["new", "active", "cooling", "lapsed"])
    if not share.notna().any() or now["value_share"].isna().any():
        return None
    return say(
        fa="{alive:.0%} خریدهای تاکنون از مشتریانی است که در جریان‌اند و {silent:.0%} از آنان که ساکت شده‌اند.",
        en="{alive:.0%} of all sales so far came from customers in touch, {silent:.0%} from those who have gone quiet.",
        alive=share[["new", "active"]].sum(), silent=share[["cooling", "lapsed"]].sum(),
    )  # fmt: skip
