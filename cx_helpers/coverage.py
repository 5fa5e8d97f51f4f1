"""Which month do the data cover?  One that holds about as many rows as its table usually has."""

from __future__ import annotations

import datetime as dt

from cx_helpers import dates, whereabouts
from cx_helpers.settings import Settings
from cx_helpers.tables import TABLES, MissingTable

MAIN = ("orders", "touchpoints", "responses")  # tables that a report of a month stands on
BEFORE, MANY = 6, 30  # months that tell what is usual; rows a month from which on something is usual
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
