"""What could be moved?  What customers lived through, month by month, and what they did in the days after.

A lever is something that goes wrong for a share of those whom it can happen to: late deliveries among who was promised
one, failed steps among who tried to buy, slow or no answers among who asked.  One row a customer and month, so that
many contacts of one month do not count as many customers.
"""

from __future__ import annotations

import datetime as dt

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from cx_helpers import certainty, disclosure, engine
from cx_helpers.chain import EXPOSED, LEVERS, TIMES
from cx_helpers.dates import Period, month_number
from cx_helpers.tables import need

SLOW_MINUTES, SOLVED_DAYS = 60, 7  # a first reply later than this is slow; a request open for longer counts as unsolved
_COLUMNS = (*dict.fromkeys(EXPOSED.values()), *LEVERS)


def lived(
    months: list[Period],
    orders: ir.Table | None = None,
    touchpoints: ir.Table | None = None,
    tickets: ir.Table | None = None,
    purchase: list[str] = (),
) -> ir.Table | None:
    """What did each customer live through in each month?  None where no table tells any of it.

    months    consecutive, oldest first;  purchase  the touchpoints of buying; none named: nothing is known of failures
    Who fails and tries again the same day tried once: else victims would pass for those who buy often.
    Returns one row for each customer and month (its place in `months`) in which one of these could happen: promised,
    tried, asked (0/1), and late_delivery, failed_purchase, slow_reply, unsolved_request (0/1: it did happen; 0 where it
    could not).
    """
    parts = [_promised(orders, months), _tried(touchpoints, months, list(purchase)), _asked(tickets, months)]
    parts = [part for part in parts if part is not None]
    if not parts:
        return None
    zero = ibis.literal(0, "int64")
    wide = [
        part.filter(_.customer_id.notnull(), _.month.notnull()).select(
            _.month.cast("int64").name("month"),
            customer_id=_.customer_id.cast("string"),
            **{c: part[c].cast("int64") if c in part.columns else zero for c in _COLUMNS},
        )
        for part in parts
    ]
    whole = wide[0] if len(wide) == 1 else ibis.union(*wide)
    times = {name: whole[exposed].sum() for exposed, name in TIMES.items()}
    return whole.group_by(["customer_id", "month"]).aggregate(**{c: _[c].max() for c in _COLUMNS}, **times)


def _has(table: ir.Table | None, *columns: str) -> bool:
    return table is not None and set(columns) <= set(table.columns)


def _promised(orders: ir.Table | None, months: list[Period]) -> ir.Table | None:
    if not _has(orders, "customer_id", "promised_at", "delivered_at"):
        return None
    due = orders.filter(orders.promised_at.notnull())
    late = due.delivered_at.isnull() | (due.delivered_at > due.promised_at)
    month = month_number(due.promised_at, months)
    return due.select("customer_id", month=month, promised=ibis.literal(1), late_delivery=late.cast("int64"))


def _tried(touchpoints: ir.Table | None, months: list[Period], purchase: list[str]) -> ir.Table | None:
    if not purchase or not _has(touchpoints, "customer_id", "occurred_at", "touchpoint", "outcome"):
        return None
    known = touchpoints.filter(_.outcome.isin(["success", "failure", "abandoned"]), _.touchpoint.isin(purchase))
    day = (engine.epoch(known.occurred_at) / 86_400).floor().cast("int64")
    rows = known.select(
        "customer_id", month=month_number(known.occurred_at, months), day=day, tried=ibis.literal(1),
        failed_purchase=(known.outcome == "failure").cast("int64"),
    )  # fmt: skip
    occasions = rows.group_by(["customer_id", "month", "day"])
    return occasions.aggregate(tried=_.tried.max(), failed_purchase=_.failed_purchase.max()).drop("day")


def _asked(tickets: ir.Table | None, months: list[Period]) -> ir.Table | None:
    if not _has(tickets, "customer_id", "opened_at", "first_reply_at", "solved_at"):
        return None
    slow = tickets.first_reply_at.isnull() | (
        tickets.first_reply_at > tickets.opened_at + ibis.interval(minutes=SLOW_MINUTES)
    )
    open_ = tickets.solved_at.isnull() | (tickets.solved_at > tickets.opened_at + ibis.interval(days=SOLVED_DAYS))
    return tickets.select(
        "customer_id", month=month_number(tickets.opened_at, months), asked=ibis.literal(1),
        slow_reply=slow.cast("int64"), unsolved_request=open_.cast("int64"),
    )  # fmt: skip


def followed(
    rows: ir.Table | None, orders: ir.Table, months: list[Period], end: dt.datetime, days: int = 60
) -> ir.Table | None:
    """The rows of `lived` whose next days are known, with what came of them; None where there are none to follow.

    end   of what is known;  days  how long a customer is followed from the month's end on
    Adds bought_before (log of 1 + orders before the month), newcomer (0/1: there was none), again (0/1: bought in the
    days after the month's end), money (the amount of what was bought then).
    """
    if rows is None:
        return None
    need(orders, "customer_id", "ordered_at", "amount")
    whole = [i for i, month in enumerate(months) if month.end + dt.timedelta(days=days) <= end]
    rows = rows.filter(rows.month.isin(whole)) if whole else rows.filter(ibis.literal(False))
    starts, ends = ({i: m.start for i, m in enumerate(months)}, {i: m.end for i, m in enumerate(months)})
    bought = orders.filter(orders.customer_id.notnull()).select(
        "ordered_at", amount=orders.amount.cast("float64"), _id=orders.customer_id.cast("string")
    )
    each = rows.select("customer_id", "month", _from=_instant(rows.month, starts), _to=_instant(rows.month, ends))
    met = each.join(bought, each.customer_id == bought._id)
    after = (met.ordered_at >= met._to) & (met.ordered_at < met._to + ibis.interval(days=days))
    facts = met.group_by(_key=met.customer_id, _month=met.month).aggregate(
        _before=(met.ordered_at < met._from).cast("int64").sum(),
        _again=after.cast("int64").max(),
        _money=after.ifelse(met.amount, 0.0).sum(),
    )
    joined = rows.left_join(facts, (rows.customer_id == facts._key) & (rows.month == facts._month))
    before = joined._before.coalesce(0)
    return joined.mutate(
        bought_before=(before + 1).cast("float64").ln(),
        newcomer=(before == 0).cast("int64"),
        again=joined._again.coalesce(0),
        money=joined._money.coalesce(0.0),
    ).drop("_key", "_month", "_before", "_again", "_money")


def _instant(month, instants: dict[int, dt.datetime]):
    pairs = [(month == i, ibis.literal(at, "timestamp('UTC')")) for i, at in instants.items()]
    return ibis.cases(*pairs, else_=ibis.null("timestamp('UTC')"))


def levels(rows: ir.Table | None, months: list[Period], smallest: int = 1) -> pd.DataFrame:
    """To which share of those whom it could happen to did each lever happen, month by month?

    Returns index (lever, month), every pair in order: n customers to whom it could happen, hit (to whom it did), share
    (0..1) with Wilson's low and high; null where nobody could be hit, or too few to be told of.
    """
    index = pd.MultiIndex.from_product([LEVERS, months], names=["lever", "month"])
    if rows is None:
        return pd.DataFrame({"n": 0, "hit": 0.0} | dict.fromkeys(["share", "low", "high"], np.nan), index=index)
    sums = {f"n_{c}": _[c].sum() for c in dict.fromkeys(EXPOSED.values())} | {c: _[c].sum() for c in LEVERS}
    found = rows.group_by("month").aggregate(**sums).execute().set_index("month").reindex(range(len(months)))
    found = found.astype(float).fillna(0)
    n = np.concatenate([found[f"n_{EXPOSED[lever]}"] for lever in LEVERS])
    hit = np.concatenate([found[lever] for lever in LEVERS])
    low, high = certainty.wilson(hit, n)
    with np.errstate(invalid="ignore", divide="ignore"):
        out = pd.DataFrame({"n": n.astype(int), "hit": hit, "share": hit / n, "low": low, "high": high}, index=index)
    few = disclosure.few(out["n"], smallest)
    out.loc[few, ["hit", "share", "low", "high"]] = np.nan
    return out


def ranges(found: pd.DataFrame) -> pd.DataFrame:
    """How high does each lever stand in a month, and between which ends does it move?

    found  of `levels`
    Returns per lever that happened at all in months that can be told of: n customers-and-months to whom it could
    happen, hit, months told of, `base` (their whole share, 0..1), low, high (tenth and ninetieth percentile of the
    months), worst (the highest month).
    """
    rows = {}
    for lever, part in found.dropna(subset="share").groupby(level="lever", sort=False):
        base = part["hit"].sum() / part["n"].sum()
        if 0 < base < 1:
            low, high = np.quantile(part["share"], [0.1, 0.9])
            rows[lever] = (part["n"].sum(), part["hit"].sum(), len(part), base, low, high, part["share"].max())
    columns = ["n", "hit", "months", "base", "low", "high", "worst"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("lever").astype({"n": int})
