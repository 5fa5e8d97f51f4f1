"""What is to be said of feeds that are late or have fallen silent?"""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pandas as pd

from cx_helpers import coverage, faults
from cx_helpers.coverage import OLD
from cx_helpers.dates import Period, to_jalali
from cx_helpers.measures.arrivals import ALL
from cx_helpers.records import HIGH_P, MEDIUM_P, Finding
from cx_helpers.wording import Words, name, raw, say

AGED, STOPPED, LATE = "aged", "stopped", "late"
_LONG = 28  # days: what has been silent for less may be an export that comes once a month
_ABRUPT, _TIMES = 10, 4  # days, and times its longest silence so far: such a feed has broken off, whatever the month
_CERTAIN = 1e-6  # and so long a silence is as good as impossible by chance
_NOWRUZ = 13  # days of Farvardin on which no feed is waited for, nor on the two before them


def aged(newest: dt.date | None, today: dt.date, awaited: bool) -> tuple[list[Finding], int]:
    """That all data are old on the day on which the report is made, where new rows were to come.

    newest  the last day of the data (None: nobody knows);  today  when this is made;  awaited  are new rows to come?
    """
    days = (today - newest).days if newest else 0
    if not awaited or days <= OLD:
        return [], int(awaited)
    said = say(
        fa="پیامد: همهٔ صفحه‌ها از گذشته می‌گویند؛ از آنچه پس از آن روز رخ داده هیچ‌یک خبر ندارد.",
        en="All pages tell of the past; none of them knows what has happened since that day.",
    )
    return [
        faults.finding(
            ALL, AGED, "medium", coverage.age(newest, today), said, faults.STALE[AGED],
            metric=None, measure="data_age", value=float(days), baseline=float(OLD),
        )
    ], 1  # fmt: skip


def old(newest: dt.date | None, today: dt.date) -> Words | None:
    """`coverage.age` for the bottom line of a report, where it is more than two months."""
    return coverage.age(newest, today) if newest and (today - newest).days > OLD else None


def findings(
    dry: pd.DataFrame, period: Period, ceased: pd.DataFrame | None = None, reach: Period | None = None
) -> tuple[list[Finding], int]:
    """The feeds that are late, worst first, and how many were looked at; all tables late is one finding.

    dry     of `late`, at the period's end
    ceased  of `late`, at the end of `reach` (workspace.Tables.reach), the last day of the data: which feeds have been
            silent there for four weeks and more, or have broken off, whichever period the report is of
    """
    looks, sure = dry.attrs["looks"], dry[dry["p_adjusted"] < MEDIUM_P]
    tables, stopped = (frame[frame.index.get_level_values("source") == ALL] for frame in (dry, sure))
    gone = _gone(ceased, reach) if reach and reach.past > period.past else dry.iloc[:0]
    if gone.empty and len(stopped) > 1 and len(stopped) == len(tables):
        newest = stopped.loc[stopped["data_age"].idxmin()]
        return [_finding(ALL, ALL, newest, period, looks)], looks
    told = [
        _finding(table, source, row, period, looks)
        for (table, source), row in sure.iterrows()
        if (source == ALL or (table, ALL) not in stopped.index) and not {(table, source), (table, ALL)} & {*gone.index}
    ]
    beyond = [_gone_finding(*index, row, period, reach) for index, row in gone.iterrows()]
    told = [*sorted(beyond, key=lambda one: -one.value), *sorted(told, key=lambda one: -one.value)]
    return told, looks + (ceased.attrs["looks"] if reach and reach.past > period.past else 0)


def _gone(ceased: pd.DataFrame, reach: Period) -> pd.DataFrame:
    """The feeds that have surely stopped; of a whole table that has, not its sources."""
    abrupt = np.array([broken_off(row, reach) for _, row in ceased.iterrows()], bool)
    sure = ceased[(ceased["p_adjusted"] < MEDIUM_P) & ((ceased["silent"] >= _LONG) | abrupt)]
    return sure[[source == ALL or (table, ALL) not in sure.index for table, source in sure.index]]


def broken_off(row: pd.Series, reach: Period) -> bool:
    """Has a feed that usually comes every few days broken off, though it has been silent for less than four weeks?

    row    one of `late`, at the end of `reach`
    Ten days and more without Nowruz, four times its longest silence so far.  Rows that end with a month, of whichever
    calendar, may be of an export that comes once a month: nobody knows before the next was due.
    """
    last = _day(row, reach)
    days = [last + dt.timedelta(k) for k in range(1, (reach.past - last).days)]
    silent = sum(not _is_nowruz(day) for day in days)
    ends_a_month = 1 in (to_jalali(last + dt.timedelta(1))[2], (last + dt.timedelta(1)).day)
    is_long = silent >= max(_ABRUPT, _TIMES * max(1, row["usual"]))
    return bool(row["p_adjusted"] < _CERTAIN and is_long and not ends_a_month)


def _is_nowruz(day: dt.date) -> bool:
    _, month, number = to_jalali(day + dt.timedelta(2))
    return month == 1 and number <= _NOWRUZ + 2


def _gone_finding(table: str, source: str, row: pd.Series, period: Period, reach: Period) -> Finding:
    text = say(
        fa="{what}: پس از {day} ردیفی نیامده است، هرچند داده‌های دیگر تا {end} ادامه دارند ({k} روز)",
        en="{what}: no rows after {day}, though other data go on until {end} ({k} days)",
        what=_named(table, source), day=_day(row, period), end=reach.past - dt.timedelta(1),
        k=math.floor(row["data_age"]),
    )  # fmt: skip
    metric = faults.CARRIES.get(table, "revenue")
    said = say(
        fa="پیامد: «{metric}» و هر عدد دیگری که از این ردیف‌ها ساخته می‌شود از آن روز ناشناخته است؛ گزارشی که دوره‌اش را "
        "کسی نگفته باشد از {period} می‌گوید، چون ماه‌های پس از آن ناقص‌اند.",
        en="“{metric}” and every other number made of these rows is unknown since then; a report for which nobody "
        "named a period is of {period}, as the months after it are incomplete.",
        metric=faults.title(metric), period=period,
    )  # fmt: skip
    return faults.finding(
        table, STOPPED, "high" if row["p_adjusted"] < HIGH_P else "medium", text, said, faults.STALE[STOPPED],
        subject={} if source == ALL else {"source": source}, metric=metric, measure="data_age",
        value=row["data_age"], baseline=row["usual"], n=int(row["n"]), p_adjusted=row["p_adjusted"],
    )  # fmt: skip


def _named(table: str, source: str) -> Words:
    """The feed as a sentence begins with it."""
    what = {"fa": "همهٔ جدول‌ها", "en": "all tables"} if table == ALL else name(table)
    of = say(fa=" (منبع «{source}»)", en=" (source “{source}”)", source=raw(source))
    of = {"fa": "", "en": ""} if source == ALL else of
    return {"fa": what["fa"] + of["fa"], "en": what["en"][:1].upper() + what["en"][1:] + of["en"]}


def _day(row: pd.Series, period: Period) -> dt.date:
    return row["last"].tz_convert(period.timezone).date()


def _finding(table: str, source: str, row: pd.Series, period: Period, looks: int) -> Finding:
    text = say(
        fa="{what}: پس از {day} ردیفی نیامده است، {k} روز پیش از پایان دوره",
        en="{what}: no rows after {day}, {k} days before the period's end",
        what=_named(table, source), day=_day(row, period), k=math.floor(row["data_age"]),
    )  # fmt: skip
    metric = faults.CARRIES.get(table, "revenue")
    said = say(
        fa="پیامد: {lost:.0%} روزهای این دوره در «{metric}» و هر عدد دیگری که از این ردیف‌ها ساخته می‌شود نیست. {before}",
        en="{lost:.0%} of this period's days are missing from “{metric}” and every other number made of these rows. "
        "{before}",
        lost=row["lost"], metric=faults.title(metric), before=_before(row["usual"]),
    )  # fmt: skip
    return faults.finding(
        table, LATE, faults.loudness(row["lost"], row["p_adjusted"] < HIGH_P), text, said, faults.STALE[LATE],
        subject={} if source == ALL else {"source": source}, metric=metric, measure="data_age",
        value=row["data_age"], baseline=row["usual"], n=int(row["n"]), p_adjusted=row["p_adjusted"], looks=looks,
    )  # fmt: skip


def _before(usual: float) -> Words:
    if not usual:
        return {"fa": "تا آن روز هر روز ردیفی آمده بود.", "en": "Until then rows came every day."}
    return say(fa="تا آن روز بلندترین سکوت {k} روز بود.", en="Until then the longest silence was {k} days.", k=usual)
