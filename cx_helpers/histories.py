"""How often did each customer buy, when last, and how much?  Purchase histories in the engine, folded into few rows.

A purchase is a day on which a customer bought: two orders of one day are one.  A customer is x repeat purchases, the
last of them t_x days after the first, the first T days before the end; who bought once (x = 0) stays in.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from cx_helpers import engine, sales
from cx_helpers.dates import Period, day_number
from cx_helpers.tables import groups, need

MOST = 200_000  # different histories that are brought back as they are; beyond, days are taken for weeks
COLUMNS = ("x", "t_x", "T", "spend", "first_spend")


def bought(orders: ir.Table) -> ir.Table:
    """The orders that are purchases: of a known customer, at a known time, not below 0 (0 is free), not cancelled.
    What came back stays (`sales.kind`): the customer did buy."""
    return orders.filter(_fine(orders))


def _fine(orders: ir.Table):
    need(orders, "customer_id", "ordered_at", "amount")
    fine = orders.customer_id.notnull() & orders.ordered_at.notnull() & (orders.amount >= 0).fill_null(False)
    return fine & (_kind(orders) != "cancelled")


def _kind(orders: ir.Table):
    return sales.kind(orders.status) if "status" in orders.columns else ibis.literal("sold")


def left_out(orders: ir.Table, period: Period) -> pd.Series:
    """What of the orders is no purchase, and how much money comes back?

    Returns counts: orders, bought, without_customer, cancelled, below (below 0, or without an amount), late (after the
    period; in no other count), and money: sold (of what was not cancelled), returned (of orders that came back by their
    status, and of those below 0).
    """
    late = orders.ordered_at >= period.end
    seen = orders.filter(~late.fill_null(False))
    none, kind = seen.customer_id.isnull(), _kind(seen)
    positive, gone = (seen.amount >= 0).fill_null(False), kind == "cancelled"
    back = ((kind == "returned") & positive) | ((seen.amount < 0).fill_null(False) & ~gone)
    row = seen.aggregate(
        orders=seen.count(),
        bought=_fine(seen).cast("int64").sum(),
        without_customer=none.cast("int64").sum(),
        cancelled=(gone & ~none).cast("int64").sum(),
        below=(~positive & ~gone & ~none).cast("int64").sum(),
        sold=(positive & ~gone).ifelse(seen.amount, 0.0).sum(),
        returned=back.ifelse(seen.amount.abs(), 0.0).sum(),
    )
    found = row.execute().iloc[0].astype(float).fillna(0)
    found["late"] = float(orders.aggregate(n=late.cast("int64").sum()).execute().iloc[0, 0] or 0)
    return found


def days(orders: ir.Table, period: Period, *columns: str) -> ir.Table:
    """One row for each customer and day of a purchase: customer_id, day (since 1970), spend, and `first`, the
    customer's first day; `columns` of the orders, as the first order has them (of several, the first by the alphabet).

    period  its end is where the histories end, its time zone cuts the days (by the offset at its end)
    """
    need(orders, *columns)
    offset = int(period.end.astimezone(ZoneInfo(period.timezone)).utcoffset().total_seconds())
    known = bought(orders).filter(_.ordered_at < period.end)
    known = known.mutate(_day=((engine.epoch(known.ordered_at) + offset) / 86_400).floor().cast("int64"))
    each = known.group_by("customer_id", day=known._day).aggregate(
        spend=_.amount.sum(), **{f"_of_{i}": known[c].cast("string").min() for i, c in enumerate(columns)}
    )
    mine = ibis.window(group_by="customer_id")
    each = each.mutate(first=each.day.min().over(mine))
    if columns:
        started = {c: (each.day == each.first).ifelse(each[f"_of_{i}"], ibis.null("string")).max().over(mine)
                   for i, c in enumerate(columns)}  # fmt: skip
        each = each.mutate(**started).drop(*(f"_of_{i}" for i in range(len(columns))))
    return each


def histories(orders: ir.Table, period: Period, by: list[str] = ()) -> ir.Table:
    """One row for each customer who ever bought: customer_id, x, t_x, T (days), spend (mean amount of the repeat
    purchases, null where there is none), first_spend, and the columns `by`.

    orders  from the beginning of the data; period  where the histories end
    Source: Fader, Hardie, Lee 2005 (RFM summary); the first purchase is left out of spend, as they do.
    """
    by = groups(list(by) or None, *COLUMNS)
    each = days(orders, period, *by)
    last = day_number(period.past) - 1
    repeat = each.day > each.first
    out = each.group_by("customer_id").aggregate(
        x=repeat.cast("float64").sum().cast("int64"),
        t_x=each.day.max() - each.day.min(),
        T=last - each.day.min(),
        spend=repeat.ifelse(each.spend, ibis.null("float64")).mean(),
        first_spend=repeat.ifelse(ibis.null("float64"), each.spend).sum(),
        **{c: each[c].max() for c in by},
    )
    return engine.named(out)


def fold(each: ir.Table, by: list[str] = (), most: int = MOST) -> pd.DataFrame:
    """Customers of equal histories (and of one group) as one row: `by`, x, t_x, T, spend, first_spend, n (customers).

    each  of `histories`, or any table with its columns;  most  rows at most: where more customers are different, days
          become whole weeks (t_x and T rounded alike) and spends steps of 5 %, each the mean of those in it
    So what comes back is bounded by the calendar, not by the number of customers.
    """
    by = groups(list(by) or None, *COLUMNS)
    keys = {c: each[c] for c in ("x", "t_x", "T")} | {"step": each.spend}
    if each.count().execute() > most:
        weeks = {c: (each[c] / 7.0).floor() * 7 + 3 for c in ("t_x", "T")}
        weeks["t_x"] = (each.x == 0).ifelse(0.0, ibis.least(ibis.greatest(weeks["t_x"], 1), weeks["T"]))
        keys |= weeks | {"step": (each.spend.ln() * 20).round()}
    rows = each.select(*by, "spend", "first_spend", **keys)
    found = rows.group_by(*by, *keys).aggregate(n=_.count(), spend=_.spend.mean(), first_spend=_.first_spend.mean())
    found = found.execute().drop(columns="step")
    numbers = ["x", "t_x", "T", "spend", "first_spend", "n"]
    found[numbers] = found[numbers].astype(float)
    for column in by:  # engines name what is not there differently
        found[column] = found[column].astype(object).where(found[column].notna(), None)
    return found.sort_values([*by, "T", "x", "t_x", "spend"], ignore_index=True)[[*by, *numbers]]


def plain(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of `fold` without spend and groups: x, t_x, T, n, which is all that models of buying look at."""
    return rows.groupby(["x", "t_x", "T"], as_index=False)["n"].sum()


def held_out(orders: ir.Table, period: Period, last_day: int) -> ir.Table:
    """The histories up to a day, and what came after it: x, t_x, T as of `last_day` and y, the days of a purchase after
    it; of customers who had bought by then.

    last_day  days since 1970 in the period's time zone: the last of the calibration
    """
    each = days(orders, period)
    each = each.filter(each["first"] <= last_day)
    known = each.day <= last_day
    out = each.group_by("customer_id").aggregate(
        x=(known & (each.day > each["first"])).cast("float64").sum().cast("int64"),
        t_x=known.ifelse(each.day, ibis.null("int64")).max() - each.day.min(),
        T=last_day - each.day.min(),
        y=(~known).cast("int64").sum().cast("string"),
    )
    return out.mutate(spend=ibis.null("float64"), first_spend=ibis.null("float64"))


def weeks(orders: ir.Table, period: Period, last_day: int) -> tuple[pd.Series, pd.Series]:
    """Of customers whose first purchase lies on `last_day` or before: (how many began on each day, how many bought
    again on each day), both by days since 1970; only days with any."""
    each = days(orders, period)
    each = each.filter(each["first"] <= last_day)
    found = each.group_by("day").aggregate(
        began=(each.day == each["first"]).cast("int64").sum(), again=(each.day > each["first"]).cast("int64").sum()
    )
    found = found.execute().set_index("day").sort_index().astype(float)
    return found["began"][found["began"] > 0], found["again"][found["again"] > 0]


def quantile(values, weight, share) -> np.ndarray:
    """Quantiles of weighted rows."""
    values, weight = np.asarray(values, float), np.asarray(weight, float)
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weight[order]) / weight.sum()
    return values[order][np.minimum(np.searchsorted(reached, share), len(order) - 1)]
