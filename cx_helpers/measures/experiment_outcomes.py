"""What did the customers of each variant do afterwards?  Summed up in the engine, customer by customer.

One row a customer is made in the engine, and only its sums come back: how many customers, their values, squares and
products, by variant and by day.  An outcome counts from the exposure on, for `window_days`; customers whose window is
not over are left out and counted, so that nobody is judged by half a week.  `wanted` are the outcomes of
`experiment_metrics.outcomes`: name, kind (share, mean, ratio), table.
"""

from __future__ import annotations

from dataclasses import replace

import ibis
import ibis.expr.types as ir
import pandas as pd

from cx_helpers import engine
from cx_helpers.casting import number
from cx_helpers.tables import TABLES, need
from cx_helpers.versus import SUMS

DAY = 86_400
QUANTILE = 0.99  # of the customers who have anything: larger values are held down to it in the robust mean
FEWEST_FOR_QUANTILE = 102  # of them, below which that is no more than the second largest value: one is always held


def data_end(facts: dict[str, ir.Table], wanted: list):
    """The last instant that the outcomes' tables know of (seconds since 1970); None where they know of none."""
    ends = []
    for name in dict.fromkeys(one.table for one in wanted if one.table in facts):
        table = facts[name]
        end = table.aggregate(end=engine.epoch(table[TABLES[name].time].max())).execute()["end"].iloc[0]
        ends += [int(end)] if not pd.isna(end) else []
    return max(ends, default=None)


def measured(
    trial: ir.Table,
    wanted: list,
    facts: dict[str, ir.Table],
    until_s: int | None,
    window_days: int = 7,
    before_days: int = 90,
    offset_days: int = 0,
) -> ir.Table:
    """One row a customer (or unit) whose window is over: what came after exposure, and what the same did before.

    trial        the table of `experiment.trial`;  until_s  the data's end (see `data_end`)
    window_days  how long an outcome counts from exposure + offset_days on; 0: to the data's end, for everybody
    before_days  how long before it counts as the covariate
    Adds to the trial's columns y_i, d_i, x_i for the i-th outcome.  Where several customers are one unit they become
    one row: sums, with d the number of customers.
    """
    rows, window_s, start_s = trial, window_days * DAY, offset_days * DAY
    timed = any(one.table for one in wanted)
    if timed and until_s is not None:
        rows = rows.filter(rows.seen_s + start_s + window_s <= until_s)
    for name in dict.fromkeys(one.table for one in wanted if one.table):
        of_table = [(i, one) for i, one in enumerate(wanted) if one.table == name]
        parts = _after(facts[name], name, trial, of_table, window_s, start_s, before_days * DAY)
        rows = rows.left_join(parts, "customer_id").drop("customer_id_right")
        rows = rows.mutate(**{c: rows[c].fill_null(0.0) for c in parts.columns if c != "customer_id"})
    for i, one in enumerate(wanted):
        values = {} if one.table else {f"y_{i}": number(rows[one.column]).fill_null(0.0)}
        if one.kind == "ratio" or not one.table:  # whether there is an order may hang on the variant: nothing taken out
            values[f"x_{i}"] = ibis.literal(0.0)
        if one.kind != "ratio":
            values[f"d_{i}"] = ibis.literal(1.0)
        elif not one.table:
            values[f"d_{i}"] = number(rows[one.column]).notnull().cast("float64")
        rows = rows.mutate(**values)
    return rows


def of_units(rows: ir.Table, wanted: list, columns: list[str] = ()) -> ir.Table:
    """One row for each unit that was drawn by lot: its customers' sums, under the units' own name."""
    sums = {f"{kind}_{i}": rows[f"{kind}_{i}"].sum() for i in range(len(wanted)) for kind in "ydx"}
    return rows.group_by(["variant", "unit", *columns]).aggregate(day=rows.day.min(), **sums)


def clustered(wanted: list) -> list:
    """The outcomes as they are counted for units of several customers: everything is a ratio to their customers."""
    return [replace(one, kind="ratio") for one in wanted]


def sums(rows: ir.Table, wanted: list, by: list[str] = ()) -> pd.DataFrame:
    """The sums behind every estimate, by variant (and `by`): one small frame, whatever the number of customers.

    rows  of `measured`;  by  "day" or a segment's column
    Returns index (metric, variant, …): kind, n, y d x yy dd xx yd yx dx (versus.SUMS), `top` (the largest value of a
    customer, whatever its sign), and for a mean `cap`, w, ww, wx: the sums of values held down to the cap, the 99th
    percentile of the customers who have anything (of few of them the second largest, so that none makes the cap alone).
    """
    caps = _caps(rows, wanted)
    found = {}
    for i, one in enumerate(wanted):
        y, d, x = (rows[f"{kind}_{i}"] for kind in "ydx")
        terms = {
            "n": (d > 0).cast("float64"),
            "y": y,
            "d": d,
            "x": x,
            "yy": y * y,
            "dd": d * d,
            "xx": x * x,
            "yd": y * d,
            "yx": y * x,
            "dx": d * x,
        }
        if caps.get(one.name) is not None:
            held = ibis.least(y, caps[one.name])
            terms |= {"w": held, "ww": held * held, "wx": held * x}
        found |= {f"{name}_{i}": term.sum() for name, term in terms.items()} | {f"top_{i}": y.abs().max()}
    keys = ["variant", *by]
    wide = rows.group_by(keys).aggregate(**found).execute()
    parts = []
    for i, one in enumerate(wanted):
        own = {c: c[: -len(f"_{i}")] for c in wide.columns if c.endswith(f"_{i}") and c not in keys}
        told = {"metric": one.name, "kind": one.kind, "cap": caps.get(one.name, float("nan"))}
        parts += [row | told for row in wide[[*keys, *own]].rename(columns=own).to_dict("records")]
    out = pd.DataFrame(parts, columns=["metric", *keys, "kind", *SUMS, "top", "cap", "w", "ww", "wx"])
    numbers = [c for c in out.columns if c not in ("metric", "kind", *keys)]
    out[numbers] = out[numbers].astype(float)
    order = {one.name: place for place, one in enumerate(wanted)}
    out = out.sort_values(["metric", *keys], kind="stable", key=lambda c: c.map(order) if c.name == "metric" else c)
    return out.set_index(["metric", *keys])


def total(daily: pd.DataFrame) -> pd.DataFrame:
    """The sums of all days together: what `sums` gives without `by`."""
    keys = ["metric", "variant"]
    whole = daily.groupby(level=keys, sort=False)
    ways = {"kind": "first", "cap": "first", "top": "max"}
    return whole.agg({c: ways.get(c, "sum") for c in daily.columns})


def _caps(rows: ir.Table, wanted: list) -> dict[str, float]:
    """The cap of each mean: the same for all variants, since one of its own would hide what a variant does."""
    names = {i: one.name for i, one in enumerate(wanted) if one.kind == "mean"}
    if not names:
        return {}
    some = {i: rows[f"y_{i}"] > 0 for i in names}
    asked = {f"c{i}": rows[f"y_{i}"].quantile(QUANTILE, where=some[i]) for i in names}
    found = rows.aggregate(**asked, **{f"n{i}": some[i].sum() for i in names}).execute().iloc[0]
    few = {i: int(found[f"n{i}"]) for i in names if 1 < (found[f"n{i}"] or 0) < FEWEST_FOR_QUANTILE}
    caps = {i: found[f"c{i}"] for i in names}
    if few:
        second = {f"c{i}": rows[f"y_{i}"].quantile(1 - 1 / (n - 1), where=some[i]) for i, n in few.items()}
        caps |= {int(place[1:]): cap for place, cap in rows.aggregate(**second).execute().iloc[0].items()}
    return {names[i]: float(cap) for i, cap in caps.items() if not pd.isna(cap)}


def _after(table: ir.Table, name: str, trial: ir.Table, of_table, window_s: int, start_s: int, before_s: int):
    """A customer's sums of one table's outcomes, after exposure and before it."""
    time = TABLES[name].time
    need(table, "customer_id", time)
    values = {i: _values(table, one) for i, one in of_table}
    flat = table.filter(table.customer_id.notnull(), table[time].notnull()).select(
        "customer_id",
        at_s=engine.epoch(table[time]),
        **{f"v_{i}": pair[0].cast("float64").fill_null(0.0) for i, pair in values.items()},
        **{f"k_{i}": pair[1].cast("float64").fill_null(0.0) for i, pair in values.items()},
    )
    met = flat.inner_join(trial.select("customer_id", "seen_s"), "customer_id")
    since = met.at_s - met.seen_s
    after = (since >= start_s) & (since < start_s + window_s) if window_s else since >= start_s
    before = (since < 0) & (since >= -before_s)
    found = {}
    for i, one in of_table:
        value, counted = met[f"v_{i}"], met[f"k_{i}"]
        ever = (lambda x: x.max()) if one.kind == "share" else (lambda x: x.sum())
        found[f"y_{i}"] = ever(after.ifelse(value, 0.0))
        if one.kind == "ratio":
            found[f"d_{i}"] = after.ifelse(counted, 0.0).sum()
        else:
            found[f"x_{i}"] = ever(before.ifelse(value, 0.0))
    return met.group_by("customer_id").aggregate(**found)


def _values(table: ir.Table, one) -> tuple:
    """What one row of the outcome's table adds above and below the line."""
    yes = ibis.literal(1.0)
    if one.table == "touchpoints":
        there = (table.touchpoint == one.name).cast("float64")
        return there, there
    if one.table == "responses":
        need(table, "score", "instrument", "scale_min", "scale_max")
        asked = (table.instrument == one.name) & table.score.notnull()
        if one.name == "nps":
            vote = ibis.cases((table.score >= 9, 100.0), (table.score <= 6, -100.0), else_=0.0)
        else:  # the two best of a scale of 4 to 11 points, the best of a shorter one, the upper quarter of a longer
            reach = table.scale_max - table.scale_min
            best = (reach <= 10).ifelse(table.scale_max - (reach > 2).cast("int64"), table.scale_min + 0.75 * reach)
            vote = (table.score >= best).cast("float64")
        return asked.ifelse(vote, 0.0), asked.cast("float64")
    if one.name in ("revenue_each", "order_value"):
        need(table, "amount")
        return table.amount, table.amount.notnull().cast("float64")
    return yes, yes
