"""Do customers who were contacted come back more often than comparable ones who were not?

A landmark keeps the comparison fair: who was contacted within `contact_hours` of the opening is one side, who was not
is the other, and what they do counts from that moment on for both.  The sides are made alike in what was known
before the contact (the feeling of the case, what they had spent, how long they had been customers) by overlap weights.
"""

from __future__ import annotations

import datetime as dt

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from cx_helpers import certainty, disclosure, engine
from cx_helpers.tables import need

DAY, HOUR = 86_400, 3600
FEWEST = 30  # customers on either side, below which nothing is compared
BEFORE = ("feeling", "spent", "orders", "tenure")


def recovery(
    cases: ir.Table,
    orders: ir.Table,
    until: dt.datetime,
    contact_hours: float = 72,
    within_days: float = 60,
    smallest: int = 1,
) -> pd.DataFrame:
    """How many customers buy again within `within_days`, contacted and not?

    cases   of `closed_loop.cases`: of each customer the first one, where the window is over by `until`
    orders  those that count as sales, up to `until`
    Returns rows `contacted`, `others` (n, customers, `recovered` 0..1 with low, high, as they are; `weighted`, the
    share after weighting) and `difference` (weighted, with low, high and p_value); nulls where a side has fewer than 30
    customers.  attrs["balance"]: of each thing known before the standardised difference of the sides, before and after.
    An association: who is contacted is nobody's chance draw, and what is not known may differ.
    Source: overlap weights, Li, Morgan, Zaslavsky, JASA 113, 2018; landmark: Anderson, Cain, Gelber, JCO 1, 1983.
    """
    rows = _rows(cases, orders, until, contact_hours, within_days)
    t, y, w = (rows[c].to_numpy(float) for c in ("contacted", "back", "n"))
    x = rows[list(BEFORE)].to_numpy(float)
    sides = {"contacted": t == 1, "others": t == 0}
    n = {name: int(w[side].sum()) for name, side in sides.items()}
    table = pd.DataFrame(index=pd.Index([*sides, "difference"], name="side"))
    table["n"] = [*n.values(), sum(n.values())]
    table["customers"] = table["n"]
    table = table.reindex(columns=["n", "customers", "recovered", "low", "high", "weighted", "p_value"])
    table[["recovered", "low", "high", "weighted", "p_value"]] = np.nan
    table.attrs["balance"] = pd.DataFrame(columns=["before", "after"], dtype=float)
    if min(n.values()) < max(FEWEST, disclosure.least(smallest)):
        return table
    for name, side in sides.items():
        low, high = certainty.wilson((w * y)[side].sum(), n[name])
        table.loc[name, ["recovered", "low", "high"]] = [(w * y)[side].sum() / n[name], float(low), float(high)]
    chance = _chance(x, t, w)
    overlap = w * np.where(t == 1, 1 - chance, chance)
    means, spread = {}, 0.0
    for name, side in sides.items():
        v = overlap[side]
        means[name] = (v * y[side]).sum() / v.sum()
        each = v / w[side]  # of one customer; a row stands for several alike
        spread += (w[side] * each**2 * (y[side] - means[name]) ** 2).sum() / v.sum() ** 2
    gap, se = means["contacted"] - means["others"], np.sqrt(spread)
    table.loc[list(sides), "weighted"] = list(means.values())
    table.loc["difference", ["recovered", "weighted"]] = gap
    table.loc["difference", ["low", "high"]] = [gap - certainty.Z95 * se, gap + certainty.Z95 * se]
    table.loc["difference", "p_value"] = float(certainty.two_sided(gap / se)) if se > 0 else np.nan
    usual = np.sqrt(np.maximum(np.cov(x.T, aweights=w).diagonal(), 1e-12))
    apart = {"before": _apart(x, t, w) / usual, "after": _apart(x, t, overlap) / usual}
    table.attrs["balance"] = pd.DataFrame(apart, index=pd.Index(BEFORE, name="known"))
    return table


def _rows(
    cases: ir.Table, orders: ir.Table, until: dt.datetime, contact_hours: float, within_days: float
) -> pd.DataFrame:
    """One row for customers who are alike: contacted, back, what was known before (in steps), n of them."""
    need(orders, "customer_id", "ordered_at", "amount")
    end, mark, span = int(pd.Timestamp(until).timestamp()), int(contact_hours * HOUR), int(within_days * DAY)
    opened = engine.epoch(cases.opened_at)
    known = cases.filter(cases.customer_id.notnull()).mutate(at=opened)
    order = ibis.window(group_by="customer_id", order_by=["at", "case_id"])
    first = known.mutate(nth=ibis.row_number().over(order))
    first = first.filter(first.nth == 0, first.at + mark + span <= end)
    called = (first.contacted & (engine.epoch(first.contacted_at) <= first.at + mark)).cast("int64")
    mine = first.select(who=first.customer_id, at=first.at, contacted=called, feeling=first.feeling.fill_null(0.5))
    sales = orders.select(buyer=orders.customer_id, when=engine.epoch(orders.ordered_at), amount=orders.amount)
    both = mine.left_join(sales, mine.who == sales.buyer)
    earlier, later = both.when < both.at, (both.when > both.at + mark) & (both.when <= both.at + mark + span)
    of = both.group_by("who", "at", "contacted", "feeling").aggregate(
        spent=earlier.ifelse(both.amount, 0.0).sum().fill_null(0.0),
        orders=earlier.ifelse(1, 0).sum().fill_null(0),
        since=earlier.ifelse(both.when, None).min(),
        back=later.ifelse(1, 0).max().fill_null(0),
    )
    months = ((of.at - of.since) / (30 * DAY)).floor().fill_null(0)
    steps = of.select(
        "contacted",
        "back",
        feeling=(of.feeling * 10).round() / 10,
        spent=((of.spent.clip(lower=0.0) + 1).log2() * 2).floor() / 2,
        orders=ibis.least(of.orders, 12),
        tenure=ibis.least(months, 24),
    )
    keys = ["contacted", "back", *BEFORE]
    return steps.group_by(keys).aggregate(n=steps.count()).execute().sort_values(keys, ignore_index=True)


def _chance(x: np.ndarray, t: np.ndarray, w: np.ndarray) -> np.ndarray:
    """The chance of being contacted, by what was known before: logistic regression by Newton's steps.

    Each column stands as it is and in stairs at its fifths, so that steps and bends are made alike, too.
    A breath of ridge keeps it finite where something tells the sides apart wholly.
    """
    x = np.column_stack([x, *(_stairs(column, w) for column in x.T)])
    scale = np.sqrt(np.maximum(np.cov(x.T, aweights=w).diagonal(), 1e-12))
    z = np.column_stack([np.ones(len(t)), (x - np.average(x, axis=0, weights=w)) / scale])
    beta, ridge = np.zeros(z.shape[1]), np.diag([0.0, *[1e-6 * w.sum()] * x.shape[1]])
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(z @ beta, -30, 30)))
        step = np.linalg.solve((z * (w * p * (1 - p))[:, None]).T @ z + ridge, z.T @ (w * (t - p)) - ridge @ beta)
        beta += step
        if np.abs(step).max() < 1e-10:
            break
    return 1 / (1 + np.exp(-np.clip(z @ beta, -30, 30)))


def _stairs(column: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Above its first, second, third, fourth fifth?  One column of zeros and ones for each that tells rows apart."""
    order = np.argsort(column, kind="stable")
    at = np.searchsorted(np.cumsum(w[order]) / w.sum(), [0.2, 0.4, 0.6, 0.8])
    cuts = np.unique(column[order][np.minimum(at, len(column) - 1)])
    above = [column > cut for cut in cuts if (column > cut).any()]
    return np.column_stack(above).astype(float) if above else np.zeros((len(column), 0))


def _apart(x: np.ndarray, t: np.ndarray, w: np.ndarray) -> np.ndarray:
    """How far apart are the means of the sides in each column?"""
    one, other = (np.average(x[t == side], axis=0, weights=w[t == side]) for side in (1, 0))
    return one - other
