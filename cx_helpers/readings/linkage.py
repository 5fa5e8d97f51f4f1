"""What is to be said where systems do not know the same customers?"""

from __future__ import annotations

import pandas as pd

from cx_helpers import certainty, faults
from cx_helpers.measures.linkage import MANY_UNKNOWN, MANY_UNLISTED, shared, strangers
from cx_helpers.records import Finding
from cx_helpers.wording import join, name, say

STRANGE = 0.5  # of a table's customers are nowhere else
_ENOUGH = 30  # customers


def findings(
    common: pd.DataFrame, rows: pd.DataFrame, crowded: pd.DataFrame | None = None
) -> tuple[list[Finding], int]:
    """Tables whose customers nobody else knows, and rows without one, as findings; and how many questions that were.

    common  of `overlap`;  rows  of `known`;  crowded  of `crowds`.  That few customers answer a survey is no fault;
    that those who answer are in no other table is: the key is not linked.  Customers nobody has met yet are none
    either; those who did something and are not in the table of customers lack all that it says of them.
    """
    odd = strangers(common)
    told = [
        _strange(table, row, [one for one in odd.index if one != table])
        for table, row in odd.iterrows()
        if table != "customers" and row["n"] >= _ENOUGH and row["low"] >= STRANGE
    ]
    share, sizes = shared(common)
    for table in share.index.drop("customers") if "customers" in share.index else []:
        absent, n = 1 - share.loc[table, "customers"], int(sizes.loc[table, "customers"])
        if absent >= faults.NOTABLE and n >= _ENOUGH and table not in [one.subject["table"] for one in told]:
            told.append(_unlisted(table, absent, n))
    bare = rows[(rows["unknown"] > 0) & (1 - rows["known_customers"] >= MANY_UNKNOWN)]
    told += [_unknown(table, row) for table, row in bare.iterrows()]
    looks = len(odd) + len(rows)
    if crowded is not None:
        told += [_crowd(table, row) for table, row in crowded.iterrows()]
        looks += crowded.attrs["looks"]
    return sorted(told, key=lambda one: -one.value), looks


_REMEDY = {
    "fa": "در نگاشت هر دو سامانه یک شناسه را بردارید (شمارهٔ مشتری، موبایل، ایمیل)، یا در identities پیوندشان دهید.",
    "en": "map the same key in both systems (customer number, mobile or e-mail), or link the keys in identities.",
}


def _strange(table: str, row: pd.Series, others: list[str]) -> Finding:
    text = say(
        fa="{x:.0%} مشتریانِ «{table}» ({k} از {n}) در هیچ جدول دیگری نیستند",
        en="{x:.0%} of the customers in {table} ({k} of {n}) are in no other table",
        x=row["faulty_share"], k=row["strangers"], n=row["n"], table=name(table),
    )  # fmt: skip
    said = say(
        fa="پیامد: آنچه «{table}» را به {others} پیوند می‌دهد (ماندگاری، عوامل، بخش‌ها) تنها {rest:.0%} آنان را می‌بیند.",
        en="What links {table} to {others} (retention, drivers, segments) sees only {rest:.0%} of them.",
        table=name(table), others=join([name(one) for one in others]), rest=1 - row["faulty_share"],
    )  # fmt: skip
    return faults.finding(
        table, "strangers", faults.loudness(row["faulty_share"]), text, said, _REMEDY, metric="retention_1",
        value=row["faulty_share"], baseline=0.0, low=row["low"], high=row["high"], n=int(row["n"]),
    )  # fmt: skip


def _unlisted(table: str, absent: float, n: int) -> Finding:
    low, high = (float(end) for end in certainty.wilson(absent * n, n))
    text = say(
        fa="{x:.0%} مشتریانِ «{table}» ({k} از {n}) در جدول مشتریان نیستند",
        en="{x:.0%} of the customers in {table} ({k} of {n}) are not in the table of customers",
        x=absent, k=round(absent * n), n=n, table=name(table),
    )  # fmt: skip
    said = say(
        fa="پیامد: استان، بخش و راه آشنایی آنان نامعلوم است؛ هر تفکیکی از مشتریان {x:.0%} را نمی‌بیند.",
        en="Their province, segment and acquisition channel are unknown: splits by customer do not see {x:.0%}.",
        x=absent,
    )
    remedy = say(
        fa="خروجی تازهٔ مشتریان را هم بیاورید، با همان شناسه؛ یا در نگاشت همین منبع persons را بنویسید.",
        en="bring a fresh export of the customers too, under the same key, or map `persons` in this source.",
    )
    return faults.finding(
        table, "unlisted", faults.loudness(absent, sure=absent >= MANY_UNLISTED), text, said, remedy,
        metric="retention_1", value=absent, baseline=0.0, low=low, high=high, n=n,
    )  # fmt: skip


def _unknown(table: str, row: pd.Series) -> Finding:
    part = 1 - row["known_customers"]
    text = say(
        fa="{x:.0%} از «{table}» ({k} ردیف از {n}) مشتری شناخته ندارد",
        en="{x:.0%} of {table} ({k} of {n} rows) have no known customer",
        x=part, k=row["unknown"], n=row["n"], table=name(table),
    )  # fmt: skip
    said = say(
        fa="پیامد: این ردیف‌ها در امتیازها هستند، ولی در آنچه مشتری را دنبال می‌کند (ماندگاری، عوامل، استان) نیستند.",
        en="They count in scores, but not where customers are followed (retention, drivers, province).",
    )
    return faults.finding(
        table, "without_customer", "medium" if part < 1 else "low", text, said, _REMEDY, metric="retention_1",
        value=part, baseline=0.0, low=1 - row["high"], high=1 - row["low"], n=int(row["n"]),
    )  # fmt: skip


def _crowd(table: str, row: pd.Series) -> Finding:
    text = say(
        fa="{x:.0%} از «{table}» ({k} ردیف از {n}) به نام یک شناسه است؛ مشتریان دیگر در میانگین {other:.1f} ردیف",
        en="{x:.0%} of {table} ({k} of {n} rows) bear one key; other customers have {other:.1f} on average",
        x=row["faulty_share"], k=row["crowd"], n=row["n"], table=name(table),
        other=(row["n"] - row["crowd"]) / (row["customers"] - 1),
    )  # fmt: skip
    unlisted = row["listed"] is not None
    likely = _UNLISTED if unlisted else _LIKELY
    said = say(
        fa="{likely} پیامد: گزارش‌ها آن را یک مشتری می‌شمارند و خرید دوباره، ارزش و شمار مشتریان جابه‌جا می‌شود.",
        en="{likely} Reports count it as one customer: repeat purchases, value and the number of customers move by it.",
        likely=likely,
    )
    return faults.finding(
        table, "crowd", faults.loudness(row["faulty_share"], sure=unlisted), text, said, _NO_PERSON,
        metric="repeat_rate", value=row["faulty_share"], baseline=0.0, low=row["low"], high=row["high"],
        n=int(row["n"]),
    )  # fmt: skip


_UNLISTED = {
    "fa": "این شناسه در جدول مشتریان نیست و گویا شخص نیست (مهمان، حساب فروشگاه).",
    "en": "The table of customers does not list it: it is hardly a person (guests, the shop’s own account).",
}
_LIKELY = {
    "fa": "شاید این شناسه شخص نباشد (مهمان، حساب فروشگاه).",
    "en": "It may be no person (guests, the shop’s own account).",
}
_NO_PERSON = {
    "fa": "شناسهٔ خود مشتری را بیاورید؛ اگر نیست، در نگاشت آن را زیر empty بنویسید و needs: customer_id بگذارید.",
    "en": "bring the customers’ own key; where there is none, list this one under `empty` in the mapping, with "
    "`needs: customer_id`.",
}
