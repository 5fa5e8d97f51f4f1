"""Do the data reach into the period?  Pages about a time of which nothing is known are refused before anything runs."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from zoneinfo import ZoneInfo

from cx_helpers import dates
from cx_helpers.run.plan import PlanError
from cx_helpers.tables import TABLES
from cx_helpers.workspace import Tables

_TIMED = [name for name, table in TABLES.items() if table.time]
_ENDS = {"contracts": "ended_at"}  # that it ended tells of a time as much as that it began
_EVER = dt.date(2, 1, 1), dt.date(9999, 12, 31)


def refuse_empty(company: Tables) -> None:
    """PlanError where no table has a row in the period; it names the days that the data span and the nearest period.

    A table without rows in a period that others reach into is no error, nor is a period that is not over yet.
    A company without any data is not refused here: each of its reports says what it lacks.
    """
    period = company.period
    tables = [name for name in _TIMED if company.has(name)]
    if any(company.table(name).limit(1).count().execute() for name in tables) or any(
        _ended(company, name).limit(1).count().execute() for name in tables if name in _ENDS
    ):
        return
    before = _days(replace(company, period=replace(period, first=_EVER[0], past=period.first)), tables)
    after = _days(replace(company, period=replace(period, first=period.past, past=_EVER[1])), tables)
    if not before and not after:
        return
    days = [*(before or ()), *(after or ())]
    near = min(
        [*(before or ())[1:], *(after or ())[:1]],
        key=lambda day: period.first - day if day < period.first else day - period.past,
    )
    first, last = (dates.day_label(day, "en", period.calendar) for day in (days[0], days[-1]))
    raise PlanError(
        f"nothing is known of {period.name}: this company's data run from {first} to {last}; the nearest period of "
        f"this kind with data is {period.moved_to(near).name}"
    )


def _ended(company: Tables, name: str):
    """The rows that ended in the period, whenever they began."""
    ever = company.until.table(name)
    return ever.filter((ever[_ENDS[name]] >= company.period.start) & (ever[_ENDS[name]] < company.period.end))


def _days(company: Tables, tables: list[str]) -> tuple[dt.date, dt.date] | None:
    """The first and the last day of the company's period on which there is a row; None where there is none."""
    import pandas as pd

    found, zone = [], ZoneInfo(company.period.timezone)
    for name in tables:
        time = company.table(name)[TABLES[name].time]
        times = [time] + ([_ended(company, name)[_ENDS[name]]] if name in _ENDS else [])
        for time in times:
            row = time.as_table().aggregate(first=time.min(), last=time.max()).execute().iloc[0].dropna()
            found += [pd.Timestamp(t) for t in row]
    found = [t.tz_localize("UTC") if t.tz is None else t for t in found]
    return (min(found).astimezone(zone).date(), max(found).astimezone(zone).date()) if found else None
