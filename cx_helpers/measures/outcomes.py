"""How many journeys reach what they came for, how many visits fail, how many orders come late?  Rates of a journey."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from cx_helpers import certainty, engine
from cx_helpers.tables import groups, need


def conversion(touchpoints: ir.Table, goal: str, by=None, journey: str = "session", smallest: int = 1) -> pd.DataFrame:
    """Which share of the journeys reaches `goal` without failing there?

    goal     a touchpoint, e.g. "payment"; empty: an answer of nulls
    by       a column (or several) of the journey's first touchpoint;  journey  as in engine.journeys
    Returns n journeys, customers, `conversion` (0..1) with Wilson's interval on the effective number of journeys
    (those of one customer are clustered), se.
    """
    keys = groups(by)
    need(touchpoints, "event_id", "customer_id", "occurred_at", "touchpoint", *keys)
    good = touchpoints.touchpoint == goal
    if "outcome" in touchpoints.columns:
        good &= ~touchpoints.outcome.isin(["failure", "abandoned"]).fill_null(False)
    keep = [c for c in ("session_id",) if c in touchpoints.columns]
    slim = touchpoints.select("event_id", "customer_id", "occurred_at", *keep, *keys, good=good.cast("int64"))
    each = engine.journeys(slim, journey)
    first = {key: ibis.cases((each.position == 0, each[key])).max() for key in keys}
    whole = each.group_by(["customer_id", "journey"]).aggregate(good=_.good.max(), **first)
    whole = whole if goal else whole.mutate(good=ibis.null("int64"))
    return certainty.hide_small(certainty.share(certainty.sums(whole, whole.good, keys), "conversion"), smallest)


def failure_rate(touchpoints: ir.Table, by=None, smallest: int = 1) -> pd.DataFrame:
    """Which share of the visits whose outcome is known failed or was abandoned?

    Where the log never says success, a visit without an outcome is one, as in `touchpoints.visits`.
    Returns n visits, customers, `failure_rate` (0..1) with Wilson's interval on the effective number of visits, se;
    null where no outcome is known.
    """
    keys = groups(by)
    need(touchpoints, "customer_id", *keys)
    if "outcome" not in touchpoints.columns:
        touchpoints = touchpoints.mutate(outcome=ibis.null("string"))
    failed = touchpoints.outcome.isin(["failure", "abandoned"])
    said = (
        touchpoints.aggregate(bad=_.count(where=failed), good=_.count(where=_.outcome == "success")).execute().iloc[0]
    )
    silent = 0 if said["bad"] and not said["good"] else None
    bad = ibis.cases((failed, 1), (touchpoints.outcome == "success", 0), else_=silent)
    return certainty.hide_small(certainty.share(certainty.sums(touchpoints, bad, keys), "failure_rate"), smallest)


def late_delivery_rate(orders: ir.Table | None, end, by=None, smallest: int = 1) -> pd.DataFrame | None:
    """Which share of the orders that were due came late, or not at all?

    orders  of a period, with promised_at and delivered_at;  end  the instant the period ends: an order promised for
            later is not due yet and does not count
    Returns n orders due, customers, `late_delivery_rate` (0..1) with Wilson's interval on the effective number of
    orders (those of one customer are clustered), se; None where the company promises no times (a table or column that
    is not there): the number is not asked for.
    """
    if orders is None or not {"customer_id", "promised_at", "delivered_at"} <= {*orders.columns}:
        return None
    due = orders.filter(_.promised_at < end)
    late = (due.delivered_at.isnull() | (due.delivered_at > due.promised_at)).cast("int64")
    sums = certainty.sums(due, late, groups(by))
    return certainty.hide_small(certainty.share(sums, "late_delivery_rate"), smallest)
