"""What is to be said of days on which a feed shrank or swelled?"""

from __future__ import annotations

import pandas as pd

from cx_helpers import faults
from cx_helpers.records import HIGH_P, Finding
from cx_helpers.wording import Words, name, raw, say


def title(feed: tuple[str, str, str] | None) -> Words:
    """What a picture of a feed's days is called: `Touchpoints (channel “app”), day by day`."""
    if feed is None:
        return {"fa": "روز به روز", "en": "Day by day"}
    return say(fa="{what}، روز به روز", en="{what}, day by day", what=_named(feed))


def _named(feed: tuple[str, str, str]) -> Words:
    table, by, value = feed
    what = name(table)
    value = raw(value) if by == "source" else value
    of = {"fa": "", "en": ""} if by == "table" else say(fa=" ({by} «{v}»)", en=" ({by} “{v}”)", by=by, v=value)
    return {"fa": what["fa"] + of["fa"], "en": what["en"][:1].upper() + what["en"][1:] + of["en"]}


def findings(found: pd.DataFrame) -> tuple[list[Finding], int]:
    """The breaks as findings, worst first, and how many days and weeks were looked at.

    found  of `breaks`
    A jump is as a rule a campaign or a double load: never high.  Outside the period only a fall is told, of at least a
    percent of the table's year, and as low: it moves trends, but no number of the period.
    """
    looks, told = found.attrs["looks"], []
    for (table, by, value), row in found.iterrows():
        if row["lost"] or row["of_year"] >= faults.NOTABLE:
            told.append(_finding(table, by, value, row, looks))
    return told, looks


def _finding(table: str, by: str, value: str, row: pd.Series, looks: int) -> Finding:
    fell = row["missing"] > 0
    when = {"first": row["first_day"], "last": row["last_day"]}
    one_day = row["first_day"] == row["last_day"]
    text = say(
        fa="{what}: {when} {n} رسیده است؛ معمول {usual} است",
        en="{what}: {n} {when}; usual would be {usual}",
        what=_named((table, by, value)),
        when=say(fa="در {first}", en="on {first}", **when) if one_day
        else say(fa="از {first} تا {last}", en="from {first} to {last}", **when),
        n=say(fa="تنها {n} ردیف" if fell else "{n} ردیف", en="only {n} rows" if fell else "{n} rows", n=row["n"]),
        usual=row["expected"],
    )  # fmt: skip
    metric, small = faults.title(faults.CARRIES[table]), abs(row["lost"]) < 0.0005
    if small:
        said = say(
            fa="پیامد: بیرون از این دوره است؛ عددهای دوره درست‌اند، ولی اگر داده گم شده باشد روندِ این روزها درست نیست.",
            en="It lies outside this period: its numbers stand, but if data were lost, trends over these days do not.",
        )
    else:
        said = say(
            fa="پیامد: شمار «{table}» در این دوره {x:.1%} {way} از معمول است و «{metric}» از همین‌ها ساخته می‌شود.",
            en="This period holds {x:.1%} {way} {rows} than usual; “{metric}” rests on them.",
            table=name(table), rows=faults.ROWS[table], x=abs(row["lost"]), metric=metric,
            way={"fa": "کمتر" if fell else "بیشتر", "en": "fewer" if fell else "more"},
        )  # fmt: skip
    remedy = say(
        fa="بپرسید در این روزها ثبت یا ارسال داده قطع بوده، یا کار کم بوده است (تعطیلی، ماه رمضان)؛ "
        "دادهٔ گم‌شده را دوباره بیاورید.",
        en="ask whether recording or loading stopped on these days, or business was slow (holidays, Ramadan); "
        "load again what was lost.",
    ) if fell else say(
        fa="بپرسید کارزاری در کار بوده، یا فایلی دو بار بارگذاری شده است.",
        en="ask whether there was a campaign, or a file was loaded twice.",
    )  # fmt: skip
    loud = "low" if small else faults.loudness(row["lost"], fell and row["p_adjusted"] < HIGH_P)
    return faults.finding(
        table, "break", loud, text, said, remedy, subject={} if by == "table" else {by: value}, measure="rows",
        value=row["n"], baseline=row["expected"], n=int(row["n"]), p_adjusted=row["p_adjusted"],
        looks=looks,
    )  # fmt: skip
