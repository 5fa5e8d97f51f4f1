"""How does each number of the company go, step by step?  Its series by day, week or month.

One query for each metric and grain sums up in the engine; what comes back has a row for each day, week or month.
Everything ends with the period: `tables.until`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import NamedTuple
from zoneinfo import ZoneInfo

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from cx_helpers import disclosure, engine, lacking, series, tenures
from cx_helpers.dates import Period
from cx_helpers.series import Series
from cx_helpers.tables import TABLES, MissingTable, TableError, hint, people
from cx_helpers.wording import raw, say

NEGATIVE = -0.2  # a comment below it complains: the end of the neutral band of intake.sentiment.score
_OFTEN = 10  # rows a day, and days in ten, that a series of days needs
_KEPT = 0.7  # of its steps must have been told of, or the next longer grain is taken
_LEAST = {"day": 180, "week": 26, "month": 8}
_HOLE = {"day": 21, "week": 3, "month": 1}  # steps on end without a row, from which on data are lacking


class Source(NamedTuple):
    """Where a metric's rows lie and what each counts for; a null counts for nothing."""

    table: str
    when: str
    needs: tuple[str, ...]
    value: Callable[[ir.Table], ir.Value]
    total: bool = False
    log: bool = False  # averaged as logarithms: a typical time is a geometric mean


def _vote(t: ir.Table) -> ir.Value:
    return ibis.cases((t.score >= 9, 100.0), (t.score <= 6, -100.0), (t.score.notnull(), 0.0))


def _satisfied(t: ir.Table) -> ir.Value:
    """Top box as survey.csat counts it."""
    reach = t.scale_max - t.scale_min
    best = (reach <= 10).ifelse(t.scale_max - (reach > 2).cast("int64"), t.scale_min + 0.75 * reach)
    return (t.score >= best).cast("float64")


def _hours(t: ir.Table) -> ir.Value:
    spent = engine.epoch(t.solved_at) - engine.epoch(t.opened_at)
    return (spent > 0).ifelse(spent.cast("float64") / 3600, ibis.null("float64")).log()


SOURCES: dict[str, Source] = {
    "revenue": Source("orders", "ordered_at", ("amount",), lambda t: t.amount, total=True),
    "orders": Source("orders", "ordered_at", (), lambda t: ibis.literal(1.0), total=True),
    "nps": Source("responses", "responded_at", ("score",), _vote),
    "csat": Source("responses", "responded_at", ("score", "scale_min", "scale_max"), _satisfied),
    "sentiment": Source("comments", "written_at", ("sentiment",), lambda t: t.sentiment),
    "complaint_share": Source(
        "comments", "written_at", ("sentiment",), lambda t: (t.sentiment < NEGATIVE).cast("float64")
    ),
    "tickets": Source("tickets", "opened_at", (), lambda t: ibis.literal(1.0), total=True),
    "resolution_hours": Source("tickets", "solved_at", ("solved_at", "opened_at"), _hours, log=True),
    "churn_rate": Source("contracts", "started_at", ("ended_at",), lambda t: ibis.literal(1.0)),
}


def of(tables, metric: str = "", grain: str = "", months_back: int = 36, shown: bool = True) -> dict[str, Series]:
    """The series of a company's metrics, up to the period's end.

    tables  workspace.Tables;  metric  one of SOURCES, or several with commas between; empty: all that the data hold
    grain   day, week or month; empty: the finest at which enough happens (days only for totals);  months_back  how far
    shown   False: also steps of too few customers, for what no reader sees step by step (correlations)
    Returns {metric: Series} of those with enough steps (26 weeks, 8 months); none, where nothing has.  Raises
    TableError for a metric or grain that is none, MissingTable where a metric that was asked for has no table.
    """
    if grain and grain not in series.GRAINS:
        raise TableError(_no_grain(grain))
    asked = [name.strip() for name in metric.split(",") if name.strip()]
    for name in asked:
        if name not in SOURCES:
            raise TableError(_no_metric(name))
    past = _known_until(tables)
    found = {}
    for name in asked or SOURCES:
        table = _rows(tables, name, bool(asked))
        made = None if table is None or past is None else _series(table, name, tables, past, grain, months_back, shown)
        if made is not None:
            found[name] = made
    return found


def bins(table: ir.Table, metric: str, periods: list[Period], grain: str) -> pd.DataFrame:
    """What happened in each of consecutive periods: n, customers, and the metric.

    table  the rows of the metric's table (for nps, csat: of its instrument);  periods  of one grain, oldest first
    A total of a period without rows is 0, an average is null.  churn_rate: contracts that ended, in parts of those
    alive when the period began (n).
    """
    if metric == "churn_rate":
        return _churn(table, periods, grain)
    source = SOURCES[metric]
    rows = table.mutate(_at=series.place(table[source.when], periods, grain), _x=source.value(table).cast("float64"))
    rows = rows.filter(rows._at.notnull(), rows._x.notnull())
    counted = rows.group_by("_at").aggregate(n=_.count(), customers=people(rows), x=rows._x.sum()).execute()
    counted = counted.set_index("_at").astype("float64").reindex(range(len(periods)))
    n = counted["n"].fillna(0).astype(int)
    value = counted["x"].fillna(0.0).astype(float) if source.total else counted["x"].astype(float) / n.where(n > 0)
    value = np.exp(value) if source.log else value
    columns = {"n": n, "customers": counted["customers"].fillna(0).astype(int), metric: value}
    return pd.DataFrame(columns).set_axis(pd.Index(periods, name="period", dtype=object))


def _churn(contracts: ir.Table, periods: list[Period], grain: str) -> pd.DataFrame:
    began, ended = contracts.started_at, contracts.ended_at
    kept = contracts.filter(began.notnull() & (ended.isnull() | (ended >= began)))
    before = {
        "old": (kept.started_at < periods[0].start).cast("int64").sum(),
        "gone": (kept.ended_at < periods[0].start).fill_null(False).cast("int64").sum(),
    }
    start = {name: 0 if pd.isna(x) else int(x) for name, x in kept.aggregate(**before).execute().iloc[0].items()}
    counts = {}
    for name, column in (("in", "started_at"), ("out", "ended_at")):
        rows = kept.mutate(_at=series.place(kept[column], periods, grain))
        rows = rows.filter(rows._at.notnull())
        found = rows.group_by("_at").aggregate(n=_.count(), customers=people(rows)).execute().set_index("_at")
        counts[name] = found.reindex(range(len(periods)), fill_value=0).astype(int)
    moved = counts["in"]["n"] - counts["out"]["n"]
    alive = start["old"] - start["gone"] + moved.cumsum().shift(fill_value=0)
    rate = (counts["out"]["n"] / alive.where(alive > 0)).clip(upper=1.0)
    columns = {"n": alive, "customers": counts["out"]["customers"], "churn_rate": rate}
    return pd.DataFrame(columns).set_axis(pd.Index(periods, name="period", dtype=object))


def _rows(tables, metric: str, asked: bool) -> ir.Table | None:
    """The rows of a metric's table up to the period's end; None where the company has none of them."""
    source = SOURCES[metric]
    if not asked and not tables.has(source.table):
        return None
    table = tables.until.table(source.table)  # MissingTable, where it was asked for
    absent = [c for c in (source.when, *source.needs) if c not in table.columns]
    if absent and asked:
        raise MissingTable(lacking.a_column(source.table, absent[0], table.columns))
    if absent:
        return None
    if source.table == "contracts":
        table = tenures.carried_on(table)
    if source.table == "responses":
        table = table.filter(table.instrument == metric)
        if metric == "csat":  # about the company as a whole, where there are such answers
            free = table.filter(table.touchpoint.isnull(), table.score.notnull())
            table = free if free.count().execute() else table
    return table


def _known_until(tables) -> dt.date | None:
    """The day after the last one that the data hold in full: the period's end, or earlier where the data stop."""
    period, ends = tables.period, []
    for name in ("orders", "responses", "comments", "tickets", "touchpoints", "contracts"):
        if tables.has(name) and (when := TABLES[name].time) in tables.until.table(name).columns:
            ends.append(tables.until.table(name)[when].max().execute())
    ends = [pd.Timestamp(end) for end in ends if not pd.isna(end)]
    if not ends:
        return None
    last = max(end.tz_localize("UTC") if end.tz is None else end for end in ends)
    day = last.tz_convert(ZoneInfo(period.timezone)).date()
    return period.past if day >= period.past - dt.timedelta(1) else day


def _series(table, metric: str, tables, past: dt.date, grain: str, months_back: int, shown: bool) -> Series | None:
    source = SOURCES[metric]
    grains = [grain] if grain else series.GRAINS if source.total else series.GRAINS[1:]
    for one in grains:
        periods = series.steps(tables.period, past, one, int(30.44 * months_back))
        if not periods:
            continue
        found = _from_first(bins(table, metric, periods, one), metric, source)
        people_only = source.total or metric == "churn_rate"
        limit = disclosure.customers_only(tables.smallest) if people_only else tables.smallest
        told = _settled(_told(_without_holes(found, metric, one, source.total), metric, limit if shown else 1), one)
        young = len(told) < _KEPT * len(found) and one != grains[-1]  # a longer step would tell of more time
        if len(told) >= _LEAST[one] and not young and _is_dense(told, one, source.total):
            return Series(metric, one, source.total, told)
    return None


def _from_first(found: pd.DataFrame, metric: str, source: Source) -> pd.DataFrame:
    """From the first step with rows on; of totals from the next one, as a first step may be a part of one."""
    some = np.flatnonzero(found["customers" if metric == "churn_rate" else "n"] > 0)
    return found.iloc[some[0] + (source.total or metric == "churn_rate") :] if len(some) else found.iloc[:0]


def _without_holes(found: pd.DataFrame, metric: str, grain: str, total: bool) -> pd.DataFrame:
    """Three weeks and more without a row, where so long a pause is no chance: data that are lacking, not trade that
    stood still, so these steps are unknown and no zeros.  A shop that closes for a fortnight at Nowruz keeps its zeros.
    """
    none = (found["n"] == 0).to_numpy()
    if not total or not none.any() or none.all():
        return found
    usual, run = float(found["n"][~none].median()), np.cumsum(np.r_[True, none[1:] != none[:-1]])
    length = pd.Series(run).map(pd.Series(run).value_counts()).to_numpy()
    hole = none & (length >= _HOLE[grain]) & (usual * length > 50)
    return found.assign(**{metric: found[metric].mask(hole)})


def _told(found: pd.DataFrame, metric: str, limit: int) -> pd.DataFrame:
    """Without what would tell of too few customers, or of too few answers."""
    back = disclosure.few(found["customers"], limit) | ((found["n"] < limit) & (found["n"] > 0)).to_numpy()
    return found[["n", metric]].assign(**{metric: found[metric].mask(back), "n": found["n"].mask(back)})


def _settled(found: pd.DataFrame, grain: str) -> pd.DataFrame:
    """From where on enough happens nearly always: a company's first weeks, mostly untold, are no history yet."""
    known = found.iloc[:, 1].notna().astype(float)
    ahead = known[::-1].rolling({"day": 28, "week": 8, "month": 3}[grain], min_periods=1).mean()[::-1]
    start = np.flatnonzero((ahead >= 0.85) & (known > 0))
    return found.iloc[start[0] :] if len(start) else found.iloc[:0]


def _is_dense(found: pd.DataFrame, grain: str, total: bool) -> bool:
    known = found.iloc[:, 1].notna().mean() >= (0.9 if grain == "day" else 0.75)
    return bool(known and (grain != "day" or (found["n"] >= _OFTEN).mean() >= 0.9))


def _no_metric(name: str):
    return say(
        fa="«{name}» از سنجه‌هایی نیست که روندشان سنجیده می‌شود{hint}. سنجه‌ها: {known}",
        en="'{name}' is no metric that has a trend{hint}; metrics: {known}",
        name=raw(name), hint=hint(name, SOURCES), known=raw(", ".join(SOURCES)),
    )  # fmt: skip


def _no_grain(grain: str):
    return say(
        fa="«{grain}» گام زمانی نیست{hint}؛ بنویسید day یا week یا month، یا خالی بگذارید",
        en="'{grain}' is no step of time{hint}; write day, week or month, or leave it empty",
        grain=raw(grain), hint=hint(grain, series.GRAINS),
    )  # fmt: skip
