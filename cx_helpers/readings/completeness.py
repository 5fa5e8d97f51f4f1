"""What is to be said of columns that are empty, or became emptier?"""

from __future__ import annotations

import pandas as pd

from cx_helpers import faults
from cx_helpers.measures.completeness import emptiest
from cx_helpers.records import HIGH_P, MEDIUM_P, Finding
from cx_helpers.wording import Words, name, raw, say

# the number that is made of a column; all others only split numbers, which stand as a whole
MADE_OF = {
    "outcome": "failure_rate",
    "duration_s": "duration_s",
    "margin": "margin",
    "promised_at": "late_delivery_rate",
    "delivered_at": "late_delivery_rate",
    "monthly_fee": "monthly_fee",
    "invited_at": "response_rate",
    "first_reply_at": "first_reply_minutes",
    "sentiment": "sentiment",
    "customer_id": "retention_1",
}


def full(found: pd.DataFrame, unseen: frozenset = frozenset()) -> Words:
    """How many of the columns that reports use are full, in words."""
    gaps, _ = emptiest(found, unseen)
    n = len({(table, column) for table, column, _ in found.index if (table, "table", table) not in unseen})
    return say(
        fa="از {n} ستون، {k} ستون در این دوره هیچ جای خالی ندارد.",
        en="{k} of {n} columns have a value in every row of this period.",
        k=n - len(gaps),
        n=n,
    )


def findings(found: pd.DataFrame) -> tuple[list[Finding], int]:
    """Columns that became emptier, by more than chance and by a percent or more, and how many were looked at."""
    sure = found[(found["p_adjusted"] < MEDIUM_P) & (found["change"] <= -faults.NOTABLE)]
    looks = found.attrs["looks"]
    return [_finding(index, row, looks) for index, row in sure.sort_values("change").iterrows()], looks


def _finding(index: tuple[str, str, str], row: pd.Series, looks: int) -> Finding:
    table, column, source = index
    known, metric = isinstance(source, str), MADE_OF.get(column)
    place = say(fa=" (منبع «{source}»)", en=" (source “{source}”)", source=raw(source))
    text = say(
        fa="در این دوره «{column}» در {empty} از «{table}»{of} خالی است؛ پیش‌تر {before}",
        en="In this period {column} is empty in {empty} of {table}{of}; before, {before}",
        of=place if known else {"fa": "", "en": ""},
        empty=faults.portion(1 - row["completeness"]), table=name(table), column=column,
        before=say(fa="در {x} خالی بود", en="in {x}", x=faults.portion(1 - row["usual"])) if row["usual"] < 1
        else {"fa": "همیشه پر بود", "en": "it was always there"},
    )  # fmt: skip
    said = say(
        fa="پیامد: «{what}» این دوره تنها از {x:.0%} ردیف‌ها ساخته شده است.",
        en="“{what}” of this period is made of {x:.0%} of the rows only.",
        what=faults.title(metric), x=row["completeness"],
    ) if metric else say(
        fa="پیامد: عددهای کل درست‌اند، ولی تفکیک بر پایهٔ «{column}» تنها {x:.0%} ردیف‌ها را می‌بیند.",
        en="Totals stand, but whatever is split by {column} sees only {x:.0%} of the rows.",
        column=column, x=row["completeness"],
    )  # fmt: skip
    remedy = say(
        fa="ببینید این ستون در خروجی تازهٔ منبع نام یا قالب دیگری نگرفته باشد، و نگاشت را با آن هماهنگ کنید.",
        en="see whether the column has another name or form in the source's new export, and adapt the mapping.",
    )
    loud = faults.loudness(row["change"], sure=bool(metric) and row["p_adjusted"] < HIGH_P)
    return faults.finding(
        table, "emptier", loud, text, said, remedy, metric=metric,
        subject={"column": column} | ({"source": source} if known else {}),
        measure="completeness", value=row["completeness"], baseline=row["usual"],
        low=row["low"], high=row["high"], n=int(row["n"]), p_adjusted=row["p_adjusted"], looks=looks,
    )  # fmt: skip
