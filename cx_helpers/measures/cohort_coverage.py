"""What can the cohorts see, and what not?  The guards taken and the gaps left, counted.

A first order is the first *in the data*: customers who had bought before the data begins would look new.
"""

from __future__ import annotations

import ibis.expr.types as ir
import pandas as pd
from ibis import _

from cx_helpers.dates import Period
from cx_helpers.tables import need


def coverage(orders: ir.Table, periods: list[Period], customers: ir.Table | None = None, until=None) -> pd.Series:
    """What the cohorts can and cannot see, counted: read it before the triangle.

    customers  the contract's table; with its `created_at`, customers known before the data's first month are counted
    Returns orders, without_customer, customers, earlier (first order before the first month, in no cohort),
    known_before (in a cohort, yet created before the first month: their first order here may not be their first),
    first (the first month), partial (is the last month not over?).
    """
    need(orders, "customer_id", "ordered_at")
    end = min(until or periods[-1].end, periods[-1].end)
    start = periods[0].start
    rows = orders.filter(_.ordered_at < end)
    totals = rows.aggregate(orders=_.count(), without_customer=_.customer_id.isnull().sum()).execute().iloc[0]
    firsts = rows.filter(_.customer_id.notnull()).group_by("customer_id").aggregate(_first=_.ordered_at.min())
    who = firsts.aggregate(customers=_.count(), earlier=(_._first < start).sum()).execute().iloc[0]
    before = 0
    if customers is not None and "created_at" in customers.columns:
        old = customers.filter(_.created_at < start)
        before = firsts.filter(_._first >= start).semi_join(old, "customer_id").count().execute()
    out = {k: 0 if pd.isna(v) else int(v) for k, v in [*totals.items(), *who.items()]}
    out |= {"known_before": int(before), "first": periods[0], "partial": end < periods[-1].end}
    return pd.Series(out, dtype=object)
