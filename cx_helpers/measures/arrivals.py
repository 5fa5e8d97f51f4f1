"""What came from where, and how fresh is it?  Rows, first and last instant of every table and source; who is late."""

from __future__ import annotations

import datetime as dt

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _
from scipy.special import gammaincc

from cx_helpers import certainty
from cx_helpers.dates import Period, day_number
from cx_helpers.tables import TABLES, instant

UNAWAITED = ("customers", "exposures", "initiatives")  # a list of people, and what begins and ends on purpose
ALL = "all"  # sources: the whole table
_HISTORY = 28  # rows, and days from the first to the last, that a feed must have before it can be called late
_EVEN = 8  # shape of the most regular feed: regular so far is no promise
_RETIRED = 92  # days: a source silent for longer was switched off, and nobody waits for it either


def arrivals(tables: dict[str, ir.Table], period: Period) -> pd.DataFrame:
    """What came from where?

    tables  every table of the company, uncut ({name: table});  period  the report's: its end is "now"
    Returns one row for each (`table`, `source`; None where the rows do not say): n rows up to the period's end (all
    rows, where they have no time), in_period, later (rows after its end, which reports do not see), unknown (rows
    without a customer; NaN where the table has no such column), customers behind n (NaN where the table tells of none),
    first, last (UTC; of contracts the newest start or end) and `data_age` (days from the newest to the
    period's end; NaN where there is no row or no time).
    """
    found = [_of(table, name, period).assign(table=name) for name, table in tables.items()]
    whole = pd.concat(found) if found else pd.DataFrame(columns=["table", "source", *_COUNTS, "first", "last"])
    whole = whole[whole["n"] + whole["later"] > 0]
    whole["source"] = whole["source"].astype(object).where(whole["source"].notna(), None)
    whole = whole.assign(**{end: pd.to_datetime(whole[end], utc=True) for end in ("first", "last")})
    whole["data_age"] = (pd.Timestamp(period.end) - whole["last"]).dt.total_seconds() / 86_400
    place = whole["table"].map({one: place for place, one in enumerate(tables)})
    order = np.lexsort([-whole["n"], place])
    return whole.iloc[order].set_index(["table", "source"])


_COUNTS = ("n", "in_period", "later", "unknown", "customers")


def _of(table: ir.Table, name: str, period: Period) -> pd.DataFrame:
    when, has_customer = instant(table, name), "customer_id" in table.columns
    rows = table.select(
        source=table.source.cast("string") if "source" in table.columns else ibis.null("string"),
        customer_id=table.customer_id if has_customer else ibis.null("string"),
        _at=ibis.null("timestamp") if when is None else when,
        _end=table.ended_at if name == "contracts" and "ended_at" in table.columns else ibis.null("timestamp"),
    )
    seen, inside = ~(rows._at >= period.end).fill_null(False), (rows._at >= period.start).fill_null(False)
    counted = rows.group_by("source").aggregate(
        n=seen.cast("int64").sum(),
        in_period=(seen & inside).cast("int64").sum(),
        later=(~seen).cast("int64").sum(),
        unknown=(seen & rows.customer_id.isnull()).cast("int64").sum(),
        first=_._at.min(where=seen),
        last=_._at.max(where=seen),
        end=_._end.max(where=seen & (rows._end < period.end)),  # that a contract ended is news of it, too
        customers=rows.customer_id.nunique(where=seen),
    )
    found = counted.execute()
    ends = {one: pd.to_datetime(found[one], utc=True).dt.as_unit("us") for one in ("first", "last", "end")}
    newer = ends["last"].isna() | (ends["end"] > ends["last"])
    found = found.drop(columns="end").assign(first=ends["first"], last=ends["last"].where(~newer, ends["end"]))
    if has_customer:
        return found.assign(customers=found["customers"] + found["unknown"])
    asked = "customer_id" in TABLES[name].columns  # then each row without one is a customer of its own
    return found.assign(unknown=np.nan, customers=found["n"] if asked else np.nan)


def late(
    found: pd.DataFrame, counts: pd.DataFrame, period: Period, ends: dict[str, dt.date] | None = None
) -> pd.DataFrame:
    """Which feeds have run dry before the period's end?

    found   of `arrivals`;  counts  of `volume.days`, which tell how long a feed is usually silent
    ends    {table: the day after its last} (workspace.Tables.ends): a few stray rows from then on are none of its data
    A table is late, or one source of a table that has several, when it has been silent for two days more than ever
    before in these weeks, and so long a silence is more than chance: p_value is that of a gap as long between two days
    with rows, gaps being gamma distributed with the feed's own mean and spread (a shape of at most 8).  UNAWAITED and
    sources switched off long ago are not waited for.  Returns index (`table`, `source`; "all": the whole table): n rows
    in the period, last, data_age, silent (whole days), usual (the longest silence before), lost (share of the period's
    days after the last row), p_value, p_adjusted (Holm over all feeds judged; attrs["looks"] says how many).
    """
    rows = []
    for table, part in found.groupby(level="table", sort=False):
        part = part[part["last"].notna()]
        if table in UNAWAITED or part.empty:
            continue
        whole = (table, ALL, part["in_period"].sum(), part["n"].sum(), part["first"].min(), part["last"].max())
        rows.append(whole)
        if len(part) > 1:
            named = part[[isinstance(source, str) for _, source in part.index]]
            rows += [(*index, *row[["in_period", "n", "first", "last"]]) for index, row in named.iterrows()]
    feeds = pd.DataFrame(rows, columns=["table", "source", "n", "rows", "first", "last"])
    feeds = feeds.assign(**{end: pd.to_datetime(feeds[end], utc=True) for end in ("first", "last")})
    stray = pd.Series([_until(table, ends, period) for table in feeds["table"]], dtype="datetime64[us, UTC]")
    feeds["last"] = feeds["last"].where(feeds["last"] < stray, stray)
    feeds["data_age"] = [(period.end - last).total_seconds() / 86_400 for last in feeds["last"]]
    feeds["silent"] = np.floor(feeds["data_age"].astype(float)).clip(lower=0)
    stops = counts["table"].map({table: day_number(day) for table, day in (ends or {}).items()})
    seen = counts[(counts["day"] < day_number(period.past)) & ~(counts["day"] >= stops)]
    gaps = [_gaps(seen, row) for row in feeds.itertuples()]
    feeds["usual"] = [gap.max() - 1 for gap in gaps]
    judged = ((feeds["last"] - feeds["first"]).dt.days >= _HISTORY) & (feeds["rows"] >= _HISTORY)
    judged &= (feeds["source"] == ALL) | (feeds["silent"] <= _RETIRED)
    p = pd.Series([_so_long(gap, silent + 1) for gap, silent in zip(gaps, feeds["silent"], strict=True)], dtype=float)
    feeds["p_value"] = p.where(feeds["silent"] >= feeds["usual"] + 2, 1.0).where(judged)
    feeds["p_adjusted"] = certainty.adjust(feeds["p_value"], "holm")
    feeds["lost"] = (feeds["data_age"] / period.days).clip(0, 1)
    wanted = ["n", "last", "data_age", "silent", "usual", "lost", "p_value", "p_adjusted"]
    out = feeds.set_index(["table", "source"])[wanted]
    out.attrs["looks"] = int(judged.sum())
    return out


def _until(table: str, ends: dict[str, dt.date] | None, period: Period) -> pd.Timestamp:
    """The last instant of a table's data; the period's end where nobody says that they end before."""
    day = (ends or {}).get(table, period.past)
    return pd.Timestamp(period.on(day).start).tz_convert("UTC") - pd.Timedelta(1, "us")


def _gaps(counts: pd.DataFrame, feed) -> np.ndarray:
    """Days from one day with rows to the next; of a feed that has had none for long, the mean of all its time."""
    mine = counts[counts["table"] == feed.table]
    mine = mine if feed.source == ALL else mine[mine["source"] == feed.source]
    days = np.unique(mine["day"])
    return np.diff(days) if len(days) > 1 else np.array([max(1.0, (feed.last - feed.first).days / feed.rows)])


def _so_long(gaps: np.ndarray, gap: float) -> float:
    """The chance of a gap of this length or longer."""
    shape = min(_EVEN, gaps.mean() ** 2 / gaps.var()) if gaps.var() else _EVEN
    return float(gammaincc(shape, shape * gap / gaps.mean()))
