"""What does each customer do, bring and feel?  One row a customer in the engine: what segments are made of.

A picture as of one instant: nothing that came after it is in it, and how long a customer has been one is left out, for
who stays long would look loyal by staying.
"""

from __future__ import annotations

import datetime as dt

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from cx_helpers.tables import TABLES, MissingTable, need
from cx_helpers.wording import say

# what is counted or paid is taken by its logarithm: from 1 order to 2 is as far as from 10 to 20
LOGS = ("orders", "mean_order", "recency_days", "visits", "requests")
TRAITS = (*LOGS, "channels", "satisfaction", "feeling")
PRIOR = 2.0  # answers of the whole company that each customer's own stand beside: one bad mark makes no bad customer


def traits(
    as_of: dt.datetime,
    *,
    orders: ir.Table | None = None,
    touchpoints: ir.Table | None = None,
    responses: ir.Table | None = None,
    comments: ir.Table | None = None,
    tickets: ir.Table | None = None,
) -> ir.Table:
    """What does each customer do, bring and feel?  An engine table, one row for each customer who ever bought (of a
    company without orders: who ever came).

    as_of  the instant of the picture (UTC); rows at or after it, and rows of nobody known, are left out
    Returns customer_id and, as far as there are tables for them (else the column is not there):
        orders, value (sum of amounts, negative ones left out), mean_order, recency_days (since the last order)
        visits (touchpoints), channels (different ones of orders and touchpoints), requests (tickets)
        satisfaction (0..1 of the scale, all questions), feeling (-1..1): each drawn to the company's mean as if two
        average answers stood beside the customer's own; who never answered stands at that mean
    Raises MissingTable where there are neither orders nor touchpoints.
    """
    given = {"orders": orders, "touchpoints": touchpoints, "responses": responses, "comments": comments}
    given = {k: _until(t, TABLES[k].time, as_of) for k, t in (given | {"tickets": tickets}).items() if t is not None}
    parts = []
    if "orders" in given:
        parts.append(_bought(given["orders"], as_of))
    if "touchpoints" in given:
        visits = given["touchpoints"].group_by("customer_id").aggregate(visits=_.count())
        parts.append(visits)
    if not parts:
        raise MissingTable(
            say(
                fa="برای بخش‌بندی مشتریان دست‌کم یکی از جدول‌های سفارش‌ها یا تماس‌ها لازم است",
                en="segments need orders or touchpoints; this company has neither",
            )
        )
    parts += [part for part in (_channels(given), _asked(given), _felt(given), _requests(given)) if part is not None]
    out = parts[0]
    for part in parts[1:]:
        out = out.left_join(part, "customer_id").drop("customer_id_right")
    counts = {c: out[c].fill_null(0) for c in ("visits", "channels", "requests") if c in out.columns}
    for column in ("satisfaction", "feeling"):
        if column in out.columns:
            mine = ibis.window()
            whole = out[f"_{column}"].sum().over(mine) / out[f"_{column}_n"].sum().over(mine)
            n, total = (out[c].fill_null(0) for c in (f"_{column}_n", f"_{column}"))
            counts[column] = (total + PRIOR * whole) / (n + PRIOR)
    out = out.mutate(**counts)
    return out.select("customer_id", *(c for c in ("value", *TRAITS) if c in out.columns))


def of(tables, at: str = "end") -> ir.Table:
    """The traits of a report's customers: `traits.of(tables)`; at  `end` of the period, or its `start`."""
    names = ("orders", "touchpoints", "responses", "comments", "tickets")
    return traits(getattr(tables.period, at), **{name: tables.until.maybe(name) for name in names})


def columns(table: ir.Table) -> list[str]:
    """The traits that this company's customers really have, in their order."""
    return [c for c in TRAITS if c in table.columns]


def standard(table: ir.Table) -> pd.DataFrame:
    """How each trait is made comparable: index `trait`, mean and sd of it (of its logarithm for what is counted or
    paid), n; a trait that all share, or nobody has, has sd null and is no part of any segment."""
    asked = {}
    for name in columns(table):
        x = scaled(table, name)
        asked |= {f"{name}_m": x.mean(), f"{name}_s": x.std(how="pop"), f"{name}_n": x.count()}
    row = table.aggregate(**asked).execute().iloc[0]
    found = pd.DataFrame(
        {part: [row[f"{name}_{part[0]}"] for name in columns(table)] for part in ("mean", "sd", "n")},
        index=pd.Index(columns(table), name="trait"),
    ).astype(float)
    found["sd"] = found["sd"].where(found["sd"] > 1e-9)
    return found


def scaled(table: ir.Table, name: str):
    """A trait as clusters see it: the logarithm of 1 and what is counted or paid, others as they are."""
    x = table[name].cast("float64")
    return (ibis.greatest(x, 0.0) + 1.0).ln() if name in LOGS else x


def scales(table: ir.Table) -> ir.Table:
    """The traits with each as clusters see it beside it, as z_TRAIT: what segments.assign places customers by."""
    return table.mutate(**{f"z_{name}": scaled(table, name) for name in columns(table)})


def sample(table: ir.Table, standards: pd.DataFrame, most: int = 2000) -> np.ndarray:
    """At most `most` customers, evenly taken in the order of their ids, as standardised rows, on any engine alike."""
    used = standards.index[standards["sd"].notna()]
    picked = table.select("customer_id", **{name: scaled(table, name) for name in used})
    whole = int(table.count().execute())
    place = ibis.row_number().over(ibis.window(order_by="customer_id"))
    if whole > most:  # the n-th of each stretch: whole * n // most would overflow nothing, and takes `most` of them
        picked = picked.mutate(_place=place)
        picked = picked.filter(((picked._place + 1) * most).floordiv(whole) > (picked._place * most).floordiv(whole))
    rows = picked.order_by("customer_id").execute()[list(used)].astype(float)
    return ((rows - standards.loc[used, "mean"]) / standards.loc[used, "sd"]).fillna(0.0).to_numpy()


def _until(table: ir.Table, when: str, as_of: dt.datetime) -> ir.Table:
    at = ibis.literal(as_of).cast("timestamp('UTC')") if as_of.tzinfo else ibis.literal(as_of)
    need(table, "customer_id", when)
    return table.filter(table.customer_id.notnull(), (table[when] < at).fill_null(False))


def _bought(orders: ir.Table, as_of: dt.datetime) -> ir.Table:
    paid = orders.filter((orders.amount >= 0).fill_null(False))
    each = paid.group_by("customer_id").aggregate(orders=_.count(), value=_.amount.sum(), _last=_.ordered_at.max())
    since = (int(as_of.timestamp()) - each._last.epoch_seconds()).cast("float64") / 86_400  # Spark's decimals round
    return each.mutate(mean_order=each.value / each.orders, recency_days=since).drop("_last")


def _channels(given: dict) -> ir.Table | None:
    known = [given[k] for k in ("orders", "touchpoints") if k in given and "channel" in given[k].columns]
    if not known:
        return None
    rows = [t.select("customer_id", channel=t.channel.cast("string")) for t in known]
    rows = ibis.union(*rows) if len(rows) > 1 else rows[0]
    return rows.group_by("customer_id").aggregate(channels=_.channel.nunique())


def _asked(given: dict) -> ir.Table | None:
    if "responses" not in given:
        return None
    t = given["responses"]
    need(t, "score", "scale_min", "scale_max")
    wide = (t.scale_max - t.scale_min).cast("float64")
    mark = (t.score - t.scale_min) / wide.nullif(0.0)
    return _mean(t.select("customer_id", x=mark), "satisfaction")


def _felt(given: dict) -> ir.Table | None:
    if "comments" not in given or "sentiment" not in given["comments"].columns:
        return None
    return _mean(given["comments"].select("customer_id", x=given["comments"].sentiment), "feeling")


def _mean(rows: ir.Table, name: str) -> ir.Table:
    """Sum and number of a customer's answers; the mean is drawn to the company's later."""
    found = rows.filter(rows.x.notnull()).group_by("customer_id")
    return found.aggregate(**{f"_{name}": _.x.sum(), f"_{name}_n": _.count(), name: _.x.mean()})


def _requests(given: dict) -> ir.Table | None:
    return given["tickets"].group_by("customer_id").aggregate(requests=_.count()) if "tickets" in given else None
