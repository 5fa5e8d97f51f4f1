"""When has a customer of contracts left?  Not when one contract is followed by the next: that is a renewal."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
from ibis import _

from cx_helpers import engine

GRACE_DAYS = 31  # between the end of a contract and the beginning of the one that carries it on


def carried_on(contracts: ir.Table | None, grace_days: int = GRACE_DAYS) -> ir.Table | None:
    """Contracts that carry on one another as one: a renewal, an upgrade or a new term is no leaving.

    contracts   customer_id, started_at, contract_id, where known ended_at; None stays None
    grace_days  a contract that begins within so many days before or after the end of the customer's last one carries it
                on; one that began long before and runs beside it does not
    Returns the first contract of each chain with all its columns, ended_at that of the last (null while one runs).
    Contracts of nobody known, without a start, or that end before they start stand alone.
    """
    if contracts is None or "ended_at" not in contracts.columns:
        return contracts
    sound = contracts.customer_id.notnull() & contracts.started_at.notnull()
    sound &= contracts.ended_at.isnull() | (contracts.ended_at >= contracts.started_at)
    alone, rows = contracts.filter(~sound), contracts.filter(sound)
    order = [rows.started_at, rows.contract_id]
    before = ibis.window(group_by=rows.customer_id, order_by=order)
    gap = engine.epoch(rows.started_at) - engine.epoch(rows.ended_at.lag().over(before))
    head = ~(gap.abs() <= grace_days * 86_400).fill_null(False)
    rows = rows.mutate(_head=head.cast("int64"))
    upto = ibis.window(
        group_by=rows.customer_id, order_by=[rows.started_at, rows.contract_id], preceding=None, following=0
    )
    rows = rows.mutate(_chain=rows._head.sum().over(upto))
    whole = ibis.window(group_by=[rows.customer_id, rows._chain])
    runs = rows.ended_at.isnull().cast("int64").max().over(whole)
    rows = rows.mutate(_runs=runs, _last=rows.ended_at.max().over(whole)).filter(_._head == 1)
    nothing = ibis.null(contracts.schema()["ended_at"])
    rows = rows.mutate(ended_at=(rows._runs == 1).ifelse(nothing, rows._last))
    return ibis.union(rows.select(*contracts.columns), alone)
