"""Which values cannot be, and how far do they move what reports say?  Delivered before ordered, scores off scale."""

from __future__ import annotations

import datetime as dt
import functools
import math
import operator

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from cx_helpers import certainty, faults
from cx_helpers.dates import Period
from cx_helpers.limits import FACTS, FUTURE, NUMBERS, RULES, Rule
from cx_helpers.tables import TABLES, instant

_SLACK = dt.timedelta(days=30)  # after the last day on which rows came: an export may know a little more than they


def impossible(tables: dict[str, ir.Table], period: Period, horizon: dt.date | None = None) -> pd.DataFrame:
    """Which values cannot be?

    tables   every table of the company, uncut ({name: table});  period  the report's
    horizon  the last day on which data came (`volume.end`): what is said to have happened later is wrong; None: not
             asked
    Every rule of `limits` whose columns the company has.  Returns index (`table`, `rule`): n rows judged up to the
    period's end, bad, `faulty_share` with Wilson's low and high, n_year and bad_year (the twelve months up to the
    period's end), n_period and bad_period, and where something is wrong: suffers (a metric, or what else rests on it),
    shown (the period's number with the bad rows), mended (without them), moved and moved_year (see faults.move; where
    the number is not computed, the share of bad rows), source (which most bad rows came from), its bad rows; and of
    dates beyond the end the first and the last such day.
    """
    rows = []
    for table_name, table in tables.items():
        asked = {
            rule.name: (rule, _known(table, rule.columns) & rule.bad(table, period.past.year).fill_null(False))
            for rule in RULES
            if rule.table == table_name and set(rule.columns) <= set(table.columns)
        }
        if horizon and (beyond := _beyond(table, table_name, horizon)) is not None:
            asked[FUTURE] = (None, beyond)
        rows += _judged(table, table_name, asked, period, horizon)
    found = pd.DataFrame(rows, columns=["table", "rule", *_COLUMNS]).set_index(["table", "rule"])
    low, high = certainty.wilson(found["bad"].astype(float), found["n"].astype(float))
    share = (found["bad"] / found["n"]).where(found["n"] > 0).astype(float)
    found.insert(2, "faulty_share", share)
    return found.assign(low=low, high=high)


_COLUMNS = "n bad n_year bad_year n_period bad_period suffers shown mended moved moved_year source source_bad".split()
_COLUMNS += ["first", "last"]


UNSEEN, SEEN, YEAR, PERIOD = range(4)  # after the period's end; before it, in its last twelve months, in the period


def _judged(table: ir.Table, table_name: str, asked: dict, period: Period, horizon: dt.date | None) -> list[tuple]:
    """One row a rule: counted in one query; what follows from bad rows only where there are any."""
    if not asked:
        return []
    stage, flags, facts = _stage(table, table_name, period), {}, {}
    for place, (rule, bad) in enumerate(asked.values()):
        flags |= {f"n{place}": _known(table, rule.columns) if rule else ibis.literal(True), f"bad{place}": bad}
        facts |= {f"{what}{place}": _[f"{what}{place}"].cast("int64").sum() for what in ("n", "bad")}
    counted = table.select(_stage=stage, **flags).group_by("_stage").aggregate(**facts).execute().set_index("_stage")
    counted = counted.reindex(range(4)).fillna(0).astype(int)
    rows = []
    for place, (name, (rule, bad)) in enumerate(asked.items()):
        n, wrong = counted[f"n{place}"], counted[f"bad{place}"]
        since = (SEEN, YEAR, PERIOD) if rule else (UNSEEN,) * 3  # a date in the future may hide in any row
        counts = [int(of[start:].sum()) for start in since for of in (n, wrong)]
        more = _effect(table, table_name, rule, bad, stage, counts) if counts[1] else (None,) * 7
        days = (None, None) if rule or not counts[1] else _beyond_days(table, table_name, horizon, period)
        rows.append((table_name, name, *counts, *more, *days))
    return rows


def _stage(table: ir.Table, table_name: str, period: Period) -> ir.IntegerValue:
    """Where each row lies: UNSEEN to PERIOD; rows of a table without a time are always in."""
    when = instant(table, table_name) if TABLES[table_name].time else None
    if when is None:
        return ibis.literal(PERIOD)
    year = period.back(12)[0].start
    return ibis.cases((when >= period.end, UNSEEN), (when >= period.start, PERIOD), (when >= year, YEAR), else_=SEEN)


def _known(table: ir.Table, columns: tuple[str, ...]) -> ir.BooleanValue:
    known = ibis.literal(True)
    for column in columns:
        known = known & table[column].notnull()
    return known


def _beyond(table: ir.Table, table_name: str, horizon: dt.date) -> ir.BooleanValue | None:
    """Which rows say that they happened after the data end?  None where the table tells of no such thing."""
    beyond = [_late(table[c], horizon) for c in FACTS.get(table_name, ()) if c in table.columns]
    return functools.reduce(operator.or_, beyond) if beyond else None


def _late(time: ir.TimestampValue, horizon: dt.date) -> ir.BooleanValue:
    return (time >= dt.datetime.combine(horizon, dt.time(), dt.UTC) + _SLACK).fill_null(False)


def _beyond_days(table: ir.Table, table_name: str, horizon: dt.date, period: Period) -> tuple[dt.date, dt.date]:
    """The first and the last day, in the company's time zone, that lie beyond the end of the data."""
    ends = {}
    for c in (c for c in FACTS[table_name] if c in table.columns):
        ends |= {f"{c}_{end}": getattr(table[c], end)(where=_late(table[c], horizon)) for end in ("min", "max")}
    found = pd.to_datetime(table.aggregate(**ends).execute().iloc[0].dropna(), utc=True)
    days = found.dt.tz_convert(period.timezone).dt.date
    return days.min(), days.max()


def _effect(table: ir.Table, table_name: str, rule: Rule | None, bad, stage, counts: list[int]) -> tuple:
    """(suffers, shown, mended, moved, moved_year, source, source_bad) of a rule that rows break."""
    suffers = rule.suffers if rule else (faults.CARRIES[table_name],)
    best = (suffers[0], math.nan, math.nan, faults.share(counts[5], counts[4]), faults.share(counts[3], counts[2]))
    computed = []
    for metric in suffers if rule and not rule.stops else ():
        if metric in NUMBERS and NUMBERS[metric].fits(table):
            year, (shown, mended) = (_with_and_without(table, metric, bad, stage >= start) for start in (YEAR, PERIOD))
            moved = faults.move(metric, shown, mended)
            computed.append((metric, shown, mended, moved, faults.move(metric, *year)))
    if computed:
        best = max(computed, key=lambda one: (abs(one[3]) if one[3] == one[3] else -1, abs(one[4])))
    return (*best, *_source(table.filter(bad & (stage >= (SEEN if rule else UNSEEN)))))


def _with_and_without(table: ir.Table, metric: str, bad, inside) -> tuple[float, float]:
    """A metric of the rows inside a window: with the bad ones, and without."""
    of = NUMBERS[metric]
    x, good = of.value(table), inside & ~bad
    facts = {"s": x.sum(where=inside), "n": x.count(where=inside), "good": x.sum(where=good), "m": x.count(where=good)}
    row = table.aggregate(**facts).execute().iloc[0].astype(float)
    if of.adds_up:
        return float(row["s"]), float(row["good"])
    return faults.share(row["s"], row["n"]), faults.share(row["good"], row["m"])


def _source(rows: ir.Table) -> tuple[str | None, int]:
    """The source that most of these rows came from, and how many."""
    if "source" not in rows.columns:
        return None, 0
    by_source = rows.group_by("source").aggregate(n=rows.count()).execute()
    by_source = by_source[by_source["source"].notna()].sort_values(["n", "source"], ascending=[False, True])
    return (by_source["source"].iloc[0], int(by_source["n"].iloc[0])) if len(by_source) else (None, 0)
