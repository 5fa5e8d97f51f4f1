"""What is to be said of how customers rate us?"""

from __future__ import annotations

import pandas as pd

from cx_helpers import disclosure
from cx_helpers.records import METRICS, amount, step
from cx_helpers.wording import Words, say, sentences

SMALLEST = 30  # below this, an interval is too wide to be read (Rocks 2016); reports hide such groups
GUARDS = [  # what this report guards against, for its data card
    {
        "fa": "بازه‌ها برای گروه‌های کوچک هم درست می‌مانند (والد تعدیل‌شده، ویلسون) و گروه‌های کوچک نشان داده نمی‌شوند.",
        "en": "Intervals hold for small groups too (adjusted Wald, Wilson), and very small groups are not shown.",
    },
    {
        "fa": "چند پاسخ یک مشتری یک نظر است، نه چند نظر (خطای معیار خوشه‌ای).",
        "en": "Several answers of one customer count as one voice (clustered standard errors).",
    },
    {
        "fa": "دعوت‌های روزهای آخر شاید هنوز پاسخ بگیرند؛ نرخ پاسخِ تازه‌ترین دوره کمی دست‌پایین است.",
        "en": "Invitations of the last days may still be answered: the newest response rate reads a little low.",
    },
    {
        "fa": "یافته‌های هر امتیاز برای شمار مقایسه‌هایش تصحیح شده‌اند (هولم).",
        "en": "The findings of each score are corrected for the number of its comparisons (Holm).",
    },
]


def sentence(now: pd.DataFrame, change: pd.DataFrame, metric: str = "nps") -> Words:
    """The bottom line of one score in words: where it stands, how sure, and whether it moved."""
    row = now.iloc[0]
    if row["n"] == 0:
        return say(fa="در این دوره هیچ پاسخی نرسیده است.", en="No answers came in this period.")
    if row.get("hidden"):
        return disclosure.sentence(row["hidden"])
    if pd.isna(row[metric]):
        return say(
            fa="پاسخ‌های این دوره کمتر از {k} تاست؛ برای عددی که بتوان به آن تکیه کرد کم است.",
            en="Fewer than {k} answers came in this period: too few for a number to rely on.",
            k=SMALLEST,
        )
    here = say(
        fa="{title} این دوره {x} است (بازهٔ ۹۵٪: {low} تا {high}، از {n} پاسخ).",
        en="{title} of this period is {x} (95% interval {low} to {high}, {n} answers).",
        title=_TITLES.get(metric, METRICS[metric].title),
        **{end: amount(metric, row[column]) for end, column in (("x", metric), ("low", "low"), ("high", "high"))},
        n=row["n"],
    )
    return sentences(here, _moved(change.iloc[0] if len(change) else None, metric))


_TITLES = {"nps": {"fa": "شاخص خالص مروجان", "en": "The Net Promoter Score"}}


def _moved(change, metric: str) -> Words | None:
    if change is None or pd.isna(change["change"]):
        return say(fa="دورهٔ پیش برای مقایسه پاسخ کافی ندارد.", en="The period before has too few answers to compare.")
    ends = {end: step(metric, change[end], unit=False, sign="+") for end in ("low", "high")}
    if change["low"] <= 0 <= change["high"]:
        return say(
            fa="نسبت به دورهٔ پیش تغییر معناداری دیده نمی‌شود ({c}، بازهٔ ۹۵٪: {low} تا {high}).",
            en="Against the period before, no change beyond chance ({c}, 95% interval {low} to {high}).",
            c=step(metric, change["change"], sign="+"),
            **ends,
        )
    return say(
        fa="نسبت به دورهٔ پیش {c} {way} (بازهٔ ۹۵٪: {low} تا {high}).",
        en="Against the period before it {way} by {c} (95% interval {low} to {high}).",
        c=step(metric, abs(change["change"])),
        way={"fa": "بالا رفته است", "en": "rose"} if change["change"] > 0 else {"fa": "پایین آمده است", "en": "fell"},
        **ends,
    )
