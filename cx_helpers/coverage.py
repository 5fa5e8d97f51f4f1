"""Which month do the data cover, and where do they end?  A table goes on as long as it holds about its usual rows."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from cx_helpers import dates, whereabouts
from cx_helpers.dates import numbered_day
from cx_helpers.settings import Settings
from cx_helpers.tables import TABLES, MissingTable
from cx_helpers.wording import Words, say

if TYPE_CHECKING:
    import pandas as pd

MAIN = ("orders", "touchpoints", "responses")  # tables that a report of a month stands on
BEFORE, MANY = 6, 30  # months that tell what is usual; rows a month from which on something is usual
OLD = 62  # days: where exports still come, a month is complete at most so long ago
STRAY, PART, WEEK = 0.2, 0.6, 7  # shares of the usual rows: below are stray ones, or a month that breaks off


def covered(settings: Settings, month: dates.Period) -> dates.Period:
    """`month`, or the newest one before it that no main table has broken off in.

    A few stray rows after the end of an export make no month, and a report of it would find that all had fallen.  A
    table has broken off where it holds less than a fifth of its usual rows (the median of the six months before), or
    less than three fifths and hardly any in the last seven days.  A table that has not come for half a year is missed
    no more.  Where no month is left, `month` itself.
    """
    found = month
    for _ in range(BEFORE):
        if not any(broken_off(settings, name, found) for name in MAIN):
            return found
        found = found.previous()
    return month


def broken_off(settings: Settings, name: str, month: dates.Period) -> bool:
    """Does a table hold hardly anything of what it usually does in such a month, or in the end of it?"""
    import numpy as np

    try:
        table = whereabouts.read(settings, name)
    except MissingTable:
        return False
    when, months = table[TABLES[name].time], month.back(BEFORE + 1)
    counts = {f"m{i}": ((when >= m.start) & (when < m.end)).sum() for i, m in enumerate(months)}
    last = (when >= month.end - dt.timedelta(WEEK)) & (when < month.end)
    *before, rows, week = table.aggregate(**counts, week=last.sum()).execute().iloc[0].fillna(0).astype(float)
    begun = np.trim_zeros(before, "f")  # a table may have begun within these months
    usual = float(np.median(begun)) if begun else 0.0
    if usual < MANY:
        return False
    return rows < STRAY * usual or (rows < PART * usual and week < STRAY * usual * WEEK / 30)


def ends(
    settings: Settings, times: dict[str, tuple[str, ...]], period: dates.Period, until: dt.datetime
) -> dict[str, dt.date]:
    """The day after the last of each table's data, by the days of a period's time zone: {table: day}.

    times  {table: its columns of time};  until  rows from then on (UTC) do not count: days that have not come yet
    Stray rows after the end of an export do not lengthen it: a last day in whose week less than a fifth of the usual
    rows of a week lie (the median of the half year before, where that is 30 a month or more) is none.  Of the main
    tables one that has broken off so before the others ends where its own rows do; others end with the last of all.
    """
    days = {name: _days(settings, name, columns, period, until) for name, columns in times.items()}
    days = {name: rows for name, rows in days.items() if len(rows)}
    own = {name: _last(rows) for name, rows in days.items()}
    last = max(own.values(), default=0)
    found = {name: own[name] if name in MAIN and _stray(rows, last) else last for name, rows in days.items()}
    return {name: numbered_day(day + 1) for name, day in found.items()}


def age(newest: dt.date | None, today: dt.date) -> Words | None:
    """How old the newest row is on the day on which a report is made, in words; None where there is no such row."""
    if newest is None or newest > today:
        return None
    days = (today - newest).days
    if days > OLD:
        return say(
            fa="تازه‌ترین ردیف داده‌ها از {day} است، {k} ماه پیش از این اجرا.",
            en="The newest row of the data is of {day}, {k} months before this run.",
            day=newest, k=round(days / 30.44),
        )  # fmt: skip
    return say(
        fa="تازه‌ترین ردیف داده‌ها از {day} است، {k} روز پیش از این اجرا.",
        en="The newest row of the data is of {day}, {k} days before this run.",
        day=newest, k=days,
    )  # fmt: skip


def _days(settings: Settings, name: str, columns, period: dates.Period, until: dt.datetime) -> pd.Series:
    """Rows of a table by day (since 1970, in the period's time zone), of all its columns of time together."""
    import pandas as pd

    from cx_helpers import engine

    try:
        table = whereabouts.read(settings, name)
    except MissingTable:
        return pd.Series(dtype=float)
    offset = int((dt.datetime.combine(period.past, dt.time()) - period.end.replace(tzinfo=None)).total_seconds())
    found = [pd.Series(dtype=float)]
    for column in (c for c in columns if c in table.columns):
        rows = table.filter((table[column] < until).fill_null(False))
        rows = rows.select(day=((engine.epoch(rows[column]) + offset) / 86_400).floor().cast("int64"))
        counts = rows.group_by("day").aggregate(n=rows.count()).execute().set_index("day")["n"].astype(float)
        found.append(counts)
    return pd.concat([part for part in found if len(part)] or found[:1]).groupby(level=0).sum()


def _last(rows: pd.Series) -> int:
    """The last day of a table's rows that is not one of a few stray ones."""
    return next((int(day) for day in rows.index[::-1] if not _stray(rows, day)), int(rows.index.max()))


def _stray(rows: pd.Series, day: int) -> bool:
    """Do hardly any of the usual rows of a week lie in the week up to a day?"""
    import numpy as np

    weeks = [float(rows.loc[day - WEEK * (k + 1) + 1 : day - WEEK * k].sum()) for k in range(27)]
    begun = np.trim_zeros(weeks[1:], "b")  # the table may have begun within these weeks
    usual = float(np.median(begun)) if begun else 0.0
    return usual * 30 / WEEK >= MANY and weeks[0] < STRAY * usual
