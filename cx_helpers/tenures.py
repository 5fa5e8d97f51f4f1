"""When has a customer of contracts left?  Not when one contract is followed by the next: that is a renewal."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import numpy as np
from ibis import _

from cx_helpers import engine

GRACE_DAYS = 31  # between the end of a contract and the beginning of the one that carries it on
USUAL, LEAST = 0.05, 5  # share and number of ends followed late, below which an end is a leaving from its day on
DAY = 86_400


def carried_on(contracts: ir.Table | None, grace_days: int = GRACE_DAYS) -> ir.Table | None:
    """Contracts that carry on one another as one: a renewal, an upgrade or a new term is no leaving.

    contracts   customer_id, started_at, contract_id, where known ended_at and plan; None stays None
    grace_days  a contract that begins within so many days before or after the end of another of the same customer
                carries it on, whatever else of theirs runs beside it; one that began long before does not
    Plans are followed each by itself first (renewals), then across (upgrades).
    Returns the first contract of each chain with all its columns, ended_at that of the last (null while one runs), as
    `awaited` dates it.  Contracts of nobody known, without a start, or that end before they start stand alone.
    """
    if contracts is None or "ended_at" not in contracts.columns:
        return contracts
    alone, rows = contracts.filter(~_sound(contracts)), contracts.filter(_sound(contracts))
    columns = list(contracts.columns)
    keys = ["customer_id", *(["plan"] if "plan" in columns else [])]
    lines = _chained(rows, keys, grace_days, every=False)
    each = lines.select("contract_id", "customer_id", began=engine.epoch(_.started_at), over=engine.epoch(_.ended_at))
    later = each.view()
    near = (later.began - each.over).abs() <= grace_days * DAY
    pairs = each.join(later, [each.customer_id == later.customer_id, later.began > each.began, near])
    ends = [pairs.select(contract_id=each.contract_id), pairs.select(contract_id=later.contract_id)]
    met = ibis.union(*ends).distinct()
    linked = _chained(lines.semi_join(met, "contract_id"), ["customer_id"], grace_days, every=True)
    whole = ibis.union(linked, lines.anti_join(met, "contract_id"), alone)
    return awaited(whole, usual_wait(contracts, grace_days))


def usual_wait(contracts: ir.Table | None, grace_days: int = GRACE_DAYS) -> int:
    """Days within which 99 of 100 who renew late have renewed; 0 where fewer than 5 % of ends are followed late.

    Who lets a contract end and usually begins the next some days after it is no leaver on those days.
    """
    if contracts is None or "ended_at" not in contracts.columns:
        return 0
    rows = contracts.filter(_sound(contracts))
    keys = ["customer_id", *(["plan"] if "plan" in rows.columns else [])]
    before = ibis.window(group_by=keys, order_by=[rows.started_at, rows.contract_id])
    late = (engine.epoch(rows.started_at) - engine.epoch(rows.ended_at.lag().over(before))) / DAY
    counted = rows.select(late=late.ceil().cast("int64"), over=_.ended_at.notnull().cast("int64"))
    counted = counted.mutate(late=counted.late.between(1, grace_days).ifelse(counted.late, 0).fill_null(0))
    found = counted.group_by("late").aggregate(n=_.count(), over=_.over.sum()).execute().astype(float)
    waits = found[found["late"] > 0].sort_values("late")
    if waits["n"].sum() < max(LEAST, USUAL * found["over"].sum()):
        return 0
    share = waits["n"].cumsum() / waits["n"].sum()
    return int(waits["late"].iloc[int(np.argmax(share.to_numpy() >= 0.99))])


def awaited(contracts: ir.Table | None, days: int) -> ir.Table | None:
    """Contracts whose end is a leaving only `days` later (of `usual_wait`): until then they may still be renewed."""
    if contracts is None or not days or "ended_at" not in contracts.columns:
        return contracts
    kind = contracts.schema()["ended_at"]
    sound = (contracts.ended_at >= contracts.started_at).fill_null(True)
    later = (contracts.ended_at + ibis.interval(days=days)).cast(kind)
    return contracts.mutate(ended_at=sound.ifelse(later, contracts.ended_at))


def _sound(contracts: ir.Table) -> ir.BooleanValue:
    """A contract of somebody known, with a beginning, that does not end before it."""
    sound = contracts.customer_id.notnull() & contracts.started_at.notnull()
    return sound & (contracts.ended_at.isnull() | (contracts.ended_at >= contracts.started_at))


def _chained(rows: ir.Table, keys: list[str], grace_days: int, every: bool) -> ir.Table:
    """Rows of equal keys that carry on one another as one.  every  the last end of all before counts, not of one."""
    columns, kind = list(rows.columns), rows.schema()["ended_at"]
    order = [rows.started_at, rows.contract_id]
    over = engine.epoch(rows.ended_at)
    if every:
        past = ibis.window(group_by=keys, order_by=order, preceding=(None, 1))
        running = ibis.literal(2**53, "int64")
        carried = engine.epoch(rows.started_at) - over.fill_null(running).max().over(past) <= grace_days * DAY
    else:
        gap = engine.epoch(rows.started_at) - over.lag().over(ibis.window(group_by=keys, order_by=order))
        carried = gap.abs() <= grace_days * DAY
    rows = rows.mutate(_head=(~carried.fill_null(False)).cast("int64"))
    upto = ibis.window(group_by=keys, order_by=[rows.started_at, rows.contract_id], preceding=None, following=0)
    rows = rows.mutate(_chain=rows._head.sum().over(upto))
    whole = ibis.window(group_by=[*keys, "_chain"])
    runs = rows.ended_at.isnull().cast("int64").max().over(whole)
    rows = rows.mutate(_runs=runs, _last=rows.ended_at.max().over(whole)).filter(_._head == 1)
    return rows.mutate(ended_at=(rows._runs == 1).ifelse(ibis.null(kind), rows._last)).select(*columns)
