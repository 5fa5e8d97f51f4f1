"""How does each customer stand with us: what may decide what to do for them?  One row a customer, in the engine.

Beside the profile: since when they are silent, how long their oldest request waits, whether a case of theirs is open,
and when we last turned to them.  Nothing in it is newer than its instant.
"""

from __future__ import annotations

import datetime as dt

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from cx_helpers import engine
from cx_helpers.tables import need

DAY = 86_400
CLOSED = ("solved", "closed", "resolved", "cancelled", "deleted", "merged")  # statuses of requests that wait no more


def standing(
    profiles: ir.Table,
    as_of: dt.datetime,
    *,
    tickets: ir.Table | None = None,
    cases: ir.Table | None = None,
    responses: ir.Table | None = None,
    exposures: ir.Table | None = None,
) -> ir.Table:
    """The profiles with what else decides: an engine table, one row a customer.

    profiles  of `profile.profile` as of the same instant
    Returns their columns and
        recency_days, tenure_days (since the last and the first order), silence_days (since the last contact),
        mean_order (null: never bought)
        waiting_days (since the oldest request that is open was opened; null: none is)
        open_cases (cases of the book that are not closed; null where there is no book)
        touched_days (since we last turned to them: an invitation to answer, a call in the book of cases, an exposure of
        an experiment; null: never as far as is known)
    """
    need(profiles, "customer_id", "orders", "value", "first_order_at", "last_order_at", "last_contact_at")
    now = int(pd.Timestamp(as_of).timestamp())
    since = {"recency_days": "last_order_at", "tenure_days": "first_order_at", "silence_days": "last_contact_at"}
    out = profiles.mutate(
        **{name: (now - engine.epoch(profiles[c])).cast("float64") / DAY for name, c in since.items()},
        mean_order=profiles.value.cast("float64") / profiles.orders.nullif(0),
    )
    for part in (_waiting(tickets, now), _cases(cases, now), _touched(responses, cases, exposures, now)):
        out = out.left_join(part, "customer_id").drop("customer_id_right")
    return out.mutate(open_cases=out.open_cases.fill_null(0)) if cases is not None else out


def _nothing(column: str, kind: str) -> ir.Table:
    return ibis.memtable([], schema={"customer_id": "string", column: kind})


def _waiting(tickets: ir.Table | None, now: int) -> ir.Table:
    if tickets is None:
        return _nothing("waiting_days", "float64")
    opened = engine.epoch(tickets.opened_at)
    done = ibis.literal(False)
    if "solved_at" in tickets.columns:
        done = done | (engine.epoch(tickets.solved_at) <= now).fill_null(False)
    if "status" in tickets.columns:
        done = done | tickets.status.lower().isin(CLOSED).fill_null(False)
    still = tickets.filter(tickets.customer_id.notnull(), opened < now, ~done)
    oldest = engine.epoch(still.opened_at).min()
    return still.group_by("customer_id").aggregate(waiting_days=(now - oldest).cast("float64") / DAY)


def _cases(cases: ir.Table | None, now: int) -> ir.Table:
    if cases is None:
        return _nothing("open_cases", "int64")
    shut = (engine.epoch(cases.closed_at) <= now).fill_null(False)
    mine = cases.filter(cases.customer_id.notnull(), engine.epoch(cases.opened_at) < now, ~shut)
    return mine.group_by("customer_id").aggregate(open_cases=_.count())


def _touched(responses, cases, exposures, now: int) -> ir.Table:
    """When we last turned to each customer."""
    parts = []
    for table, column in ((responses, "invited_at"), (cases, "contacted_at"), (exposures, "exposed_at")):
        if table is not None and column in table.columns:
            parts.append(table.select("customer_id", at=engine.epoch(table[column])))
    if not parts:
        return _nothing("touched_days", "float64")
    every = ibis.union(*parts) if len(parts) > 1 else parts[0]
    every = every.filter(every.customer_id.notnull(), every["at"] < now)
    return every.group_by("customer_id").aggregate(touched_days=(now - every["at"].max()).cast("float64") / DAY)
