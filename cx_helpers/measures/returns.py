"""Did an initiative pay?  What it changed beyond what changed elsewhere, times customers, times money, against its
cost.

Two links, each with its error.  How much less often customers fail at its touchpoint since, beyond how that changed at
all others in the same days (difference in differences; the same wholly before the start is the placebo).  And how much
less often those who fail there buy again than others there with the same past.  Where the second is not sure, no money
is told.
"""

from __future__ import annotations

import datetime as dt

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from cx_helpers import certainty, disclosure, engine, panels, payback
from cx_helpers.dates import Period
from cx_helpers.tables import need
from cx_helpers.valuation import Terms

SLICE = 30  # days: one row a customer and slice
DRAWS = 4000
MOST_BEFORE = 5  # orders before; who has more is one of these
COLUMNS = (
    "name touchpoint started_at cost n before after change low high p_value p_adjusted placebo placebo_p customers "
    "link link_low link_high link_p monthly monthly_low monthly_high payback payback_low payback_high chance roi "
    "roi_low "
    "roi_high why"
).split()
SURE = 0.05  # p of the second link, for money to be told


def returns(
    touchpoints: ir.Table | None,
    orders: ir.Table | None,
    initiatives: ir.Table | None,
    period: Period,
    terms: Terms,
    days: int = 90,
    follow_days: int = 60,
    months: int = 12,
    smallest: int = 30,
) -> pd.DataFrame:
    """What does each initiative of a touchpoint bring a month, and does that pay its cost?

    touchpoints, orders  up to the period's end;  initiatives  `initiative_id`, `started_at`, and where known `name`,
                 `touchpoint`, `cost`;  terms  what is left of a sale
    days         on each side of the start, in slices of 30;  follow_days  in which buying again counts
    months       in which the cost is to come back;  smallest  fewer customers on a side are not told of
    Returns one row an initiative, the latest first: name, touchpoint, started_at, cost, n (visits), before, after
    (share of them that failed or was abandoned, 0..1), change (beyond the others') with low, high (95 %), p_value,
    p_adjusted (Holm), placebo with placebo_p, customers (who meet the touchpoint in 30 days, since the start), link
    (change of the share that buys again, of who fails there) with link_low, link_high, link_p, monthly (money a month:
    median, with monthly_low, monthly_high), payback (months), chance, roi with their ends (payback.told), and `why`
    where something is null: beside (others were begun there within `days`, so what it paid is not told), touchpoint (it
    names none that notes outcomes), early (not a slice since), before (nobody met it before), control (nobody met
    another), few, orders, link (not sure), cost (none is given).
    """
    if initiatives is None:
        return _empty()
    need(initiatives, "initiative_id", "started_at")
    absent = [name for name in ("name", "touchpoint", "cost") if name not in initiatives.columns]
    table = initiatives.mutate(**{name: ibis.null("float64" if name == "cost" else "string") for name in absent})
    columns = ["initiative_id", "name", "touchpoint", "started_at", "cost"]
    asked = table.filter(table.started_at < period.end).select(*columns)
    rows = asked.order_by(asked.started_at.desc(), "initiative_id").execute()
    if rows.empty:
        return _empty()
    known = touchpoints is not None and orders is not None
    size = (-(-days // SLICE), follow_days, months, smallest)
    found = [
        _judged(touchpoints, orders, row, period, terms, *size) if known else row | {"why": "orders"}
        for row in rows.to_dict("records")
    ]
    out = pd.DataFrame(found).reindex(columns=["initiative_id", *COLUMNS])
    out["started_at"] = pd.to_datetime(out["started_at"], utc=True)
    out = out.astype({c: float for c in COLUMNS if c not in ("name", "touchpoint", "started_at", "why")})
    out["p_adjusted"] = certainty.adjust(out["p_value"], "holm")
    shared = pd.Series(payback.beside(out, rows.set_index("initiative_id"), days), index=out.index) > 0
    money = [c for c in COLUMNS if c.startswith(("monthly", "payback", "chance", "roi"))]
    shared &= out["why"].isna() | (out["why"] == "cost")
    out.loc[shared, money] = np.nan
    out.loc[shared, "why"] = "beside"
    return out.set_index("initiative_id")[COLUMNS]


def _judged(
    touchpoints, orders, row: dict, period: Period, terms: Terms, wide: int, follow: int, months: int, smallest: int
) -> dict:
    start = pd.Timestamp(row["started_at"])
    start = (start.tz_localize("UTC") if start.tz is None else start).to_pydatetime()
    known = (period.end - start).days
    if not isinstance(row["touchpoint"], str) or "outcome" not in touchpoints.columns:
        return row | {"why": "touchpoint"}
    if known < SLICE:
        return row | {"why": "early"}
    with engine.keeping(touchpoints) as keep:
        visits = keep(_visits(touchpoints, row["touchpoint"], start, wide, min(wide, known // SLICE)))
        found = _changed(visits, wide, smallest)
        if found["why"]:
            return row | found
        followed = (known - follow) // SLICE  # slices whose customers were followed to the end
        return row | found | _paid(_units(visits, orders, start, follow, followed), found, row["cost"], terms, months)


def _visits(touchpoints: ir.Table, touchpoint: str, start: dt.datetime, wide: int, last: int) -> ir.Table:
    """Visits with an outcome, of twice the window before the start and of the slices since (k: 0 begins with the
    start)."""
    seen = touchpoints.filter(
        _.customer_id.notnull(), _.outcome.isin(["success", "failure", "abandoned"]), _.touchpoint.notnull()
    )
    k = ((engine.epoch(seen.occurred_at) - int(start.timestamp())) / (SLICE * 86_400)).floor().cast("int64")
    failed, here = (seen.outcome != "success").cast("int64"), (seen.touchpoint == touchpoint).cast("int64")
    rows = seen.select(customer_id=seen.customer_id.cast("string"), k=k, failed=failed, here=here)
    return rows.filter(_.k >= -2 * wide, _.k < last)


def _changed(visits: ir.Table, wide: int, smallest: int) -> dict:
    """How much more often do visits there fail since the start, beyond all others; and the same one window before."""
    now, then = visits.filter(_.k >= -wide), visits.filter(_.k < 0)
    sides = now.mutate(later=(_.k >= 0).cast("int64")).group_by(["here", "later"]).aggregate(
        customers=_.customer_id.nunique(), slices=_.k.nunique(), failed=_.failed.mean()
    )  # fmt: skip
    sides = sides.execute().set_index(["here", "later"])
    if not any(here for here, _later in sides.index):
        return {"why": "touchpoint"}
    keys = {"few": (1, 1), "before": (1, 0), "control": (0, 0)}
    why = next((why for why, key in keys.items() if key not in sides.index), None)
    fewest = sides["customers"].min()
    if why is None and (disclosure.few(fewest, smallest) or fewest < _least(smallest)):
        why = "few"
    if why:
        return {"why": why}
    step, placebo = _step(now, 0), _step(then, -wide)
    met = now.filter(_.here == 1, _.k >= 0).select("customer_id", "k").distinct().count().execute()
    half = float(certainty.t_quantile(step.df) * step.se[1])
    change = float(step.coef[1])
    return {
        "n": step.n, "before": sides.loc[(1, 0), "failed"], "after": sides.loc[(1, 1), "failed"], "change": change,
        "low": change - half, "high": change + half, "se": float(step.se[1]), "p_value": _p(step),
        "placebo": float(placebo.coef[1]), "placebo_p": _p(placebo),
        "customers": float(met / sides.loc[(1, 1), "slices"]), "why": None,
    }  # fmt: skip


def _step(visits: ir.Table, start: int) -> panels.Fit:
    """here, and here since `start`: the second is the touchpoint's change less that of the others."""
    later = (visits.k >= start).cast("int64")
    return panels.linear(visits.mutate(_both=visits.here * later), "failed", ["here", "_both"], within=["k"])


def _units(visits: ir.Table, orders: ir.Table, start: dt.datetime, follow: int, last: int) -> ir.Table:
    """One row for each customer and slice there: failed, again (bought in the days after the slice), money, and past:
    how
    many orders before it, and whether one was lately."""
    second, day = int(start.timestamp()), 86_400
    there = visits.filter(_.here == 1, _.k < last)
    each = there.group_by(["customer_id", "k"]).aggregate(failed=_.failed.max())
    known = orders.filter(orders.customer_id.notnull())
    amount, at = known.amount.cast("float64"), engine.epoch(known.ordered_at)
    bought = known.select(_id=known.customer_id.cast("string"), _at=at, _amount=amount)
    pairs = each.join(bought, each.customer_id == bought._id)
    begins, ends = second + pairs.k * SLICE * day, second + (pairs.k + 1) * SLICE * day
    facts = pairs.group_by(_key="customer_id", _k="k").aggregate(
        _money=pairs._amount.sum(where=(pairs._at >= ends) & (pairs._at < ends + follow * day)),
        _before=(pairs._at < begins).cast("int64").sum(),
        _lately=((pairs._at < begins) & (pairs._at >= begins - follow * day)).cast("int64").max(),
    )
    joined = each.left_join(facts, (each.customer_id == facts._key) & (each.k == facts._k))
    before = ibis.least(joined._before.coalesce(0), MOST_BEFORE)
    return joined.select(
        "customer_id", "k", "failed", again=joined._money.notnull().cast("int64"), money=joined._money.coalesce(0.0),
        past=2 * before + joined._lately.coalesce(0),
    )  # fmt: skip


def _paid(units: ir.Table, found: dict, cost: float, terms: Terms, months: int) -> dict:
    link = panels.linear(units, "again", ["failed"], within=["k", "past"])
    if not link.converged or not link.se[0] > 0:
        return {"why": "link"}
    half, p = float(certainty.t_quantile(link.df) * link.se[0]), float(_p(link, 0))
    coef = float(link.coef[0])
    told = {"link": coef, "link_low": coef - half, "link_high": coef + half, "link_p": p}
    bought = panels.linear(units.filter(_.again == 1), "money", [])
    if not p < SURE or not bought.converged:
        return told | {"why": "link"}
    rng = np.random.default_rng(1)
    change, effect, worth = (
        mean + se * rng.standard_normal(DRAWS)
        for mean, se in ((found["change"], found["se"]), (coef, link.se[0]), (bought.coef[0], bought.se[0]))
    )
    monthly = change * effect * np.maximum(worth, 0) * found["customers"] * terms.each
    middle, low, high = np.quantile(monthly, [0.5, 0.025, 0.975])
    sums = {"monthly": middle, "monthly_low": low, "monthly_high": high}
    return told | sums | payback.told(monthly, cost, months) | {"why": None if cost > 0 else "cost"}


def _least(smallest: int) -> int:
    """From how many customers on a side a change is told: 30, or more where more are asked for."""
    return max(30, int(smallest))


def _p(fit: panels.Fit, at: int = 1) -> float:
    return float(certainty.two_sided_t(fit.coef[at] / fit.se[at], fit.df)) if fit.se[at] > 0 else np.nan


def _empty() -> pd.DataFrame:
    kinds = {c: float for c in COLUMNS if c not in ("name", "touchpoint", "started_at", "why")}
    return pd.DataFrame(columns=COLUMNS, index=pd.Index([], name="initiative_id")).astype(kinds)


def curve(row: pd.Series, months: int = 12) -> pd.DataFrame:
    """What is left of an initiative's gains less its cost after each month: index `month` (0, 1, …): n, balance, low,
    high
    (95 %).  row  of `returns`;  empty where money or cost is not known."""
    if pd.isna(row["monthly"]) or not row["cost"] > 0:
        return pd.DataFrame(columns=["n", "balance", "low", "high"], index=pd.Index([], name="month"), dtype=float)
    steps = np.arange(months + 1)
    ends = {new: row[old] * steps - row["cost"] for new, old in
            (("balance", "monthly"), ("low", "monthly_low"), ("high", "monthly_high"))}  # fmt: skip
    return pd.DataFrame({"n": int(row["n"])} | ends, index=pd.Index(steps, name="month"))
