"""How many rows came on each day?  The counts that show whether a feed is late, has holes, or suddenly changed."""

from __future__ import annotations

import datetime as dt

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from cx_helpers import disclosure, engine
from cx_helpers.dates import Period, day_number, numbered_day
from cx_helpers.tables import TABLES, instant, people

WEEKS = 60  # before the period's end: a year, and what is needed to know what was usual when it began
EPISODES = ("exposures", "initiatives")  # begin and end on purpose: no stream that can run dry
SPLITS = ("source", "channel")
_GAPS = ((30, 0.01), (180, 0.1))  # days without any row, and which part of all rows beyond them is no data


def days(tables: dict[str, ir.Table], period: Period) -> pd.DataFrame:
    """How many rows came on each day, by table, source and channel?

    tables  every table of the company, uncut ({name: table}); those without a time and EPISODES are left out
    period  the report's: counted from 60 weeks before its end, with no end (see `end`)
    Returns rows: table, source, channel (None where there is none), day (days since 1970 in the company's time zone,
    cut by its offset at the period's end) and n; days without rows have no row.
    """
    offset = int((dt.datetime.combine(period.past, dt.time()) - period.end.replace(tzinfo=None)).total_seconds())
    since = period.end - dt.timedelta(weeks=WEEKS)
    found = []
    for name, table in tables.items():
        when = None if name in EPISODES else instant(table, name)
        if when is None:
            continue
        split = {c: table[c].cast("string") if c in table.columns else ibis.null("string") for c in SPLITS}
        rows = table.select(**split, _at=when).filter(_._at >= since)
        day = ((engine.epoch(rows._at) + offset) / 86_400).floor().cast("int64")
        counted = rows.group_by(*SPLITS, day=day).aggregate(n=_.count()).execute()
        found.append(counted.assign(table=name))
    columns = ["table", *SPLITS, "day", "n"]
    whole = pd.concat(found) if found else pd.DataFrame(columns=columns)
    whole = whole.astype({"source": object, "channel": object, "day": "int64", "n": "int64"})
    texts = whole[[*SPLITS]].where(whole[[*SPLITS]].notna(), None)
    return whole.assign(**texts)[columns].sort_values(columns[:-1], ignore_index=True)


def unseen(tables: dict[str, ir.Table], period: Period, smallest: int) -> frozenset[tuple[str, str, str]]:
    """Which sources, channels and whole tables have so few customers that nothing may be said of them?

    tables, period  as in `days`;  smallest  tables.smallest: how many customers a group needs
    Returns (table, "source" or "channel" or "table", value); of rows without a customer each is one of its own.  Tables
    that tell of no customer have no such group.
    """
    if disclosure.least(smallest) <= 1:
        return frozenset()
    since, found = period.end - dt.timedelta(weeks=WEEKS), set()
    for name, table in tables.items():
        if "customer_id" not in TABLES[name].columns:
            continue
        when = instant(table, name)
        rows = table if when is None else table.filter(when >= since)
        if disclosure.few(rows.aggregate(k=people(rows)).execute()["k"].item(), smallest):
            found.add((name, "table", name))
        for by in (split for split in SPLITS if split in table.columns):
            counted = rows.group_by(value=rows[by].cast("string")).aggregate(k=people(rows)).execute()
            few = counted[disclosure.few(counted["k"], smallest) & counted["value"].notna()]
            found |= {(name, by, value) for value in few["value"]}
    return frozenset(found)


def end(counts: pd.DataFrame, today: dt.date | None = None) -> dt.date | None:
    """The last day on which the company's data really come: after it nothing can have happened yet.

    counts  of `days`.  A handful of rows (under 1 %) beyond a gap of more than 30 days in which no table has any are
            taken for wrong dates, not for data; up to a tenth of all, where the gap is half a year.
    today   on which this is asked (`workspace.Tables.today`): however many rows lie beyond the day after it, they are
            no data.  None: nobody knows.
    None where there are no rows.
    """
    facts = counts[counts["table"] != "contracts"]  # a contract may well begin next month
    if today is not None:
        facts = facts[facts["day"] <= day_number(today) + 1]
    if facts.empty:
        return None
    by_day = facts.groupby("day")["n"].sum()
    later = by_day[::-1].cumsum()[::-1].shift(-1, fill_value=0)  # rows after each day
    gap = np.append(np.diff(by_day.index), 0)
    breaks = np.any([(gap > days) & (later <= part * by_day.sum()).to_numpy() for days, part in _GAPS], axis=0)
    return numbered_day(by_day.index[breaks.argmax()] if breaks.any() else by_day.index[-1])
