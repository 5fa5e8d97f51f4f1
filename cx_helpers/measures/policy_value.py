"""How would a rule have done?  Told from an experiment in which the lot decided who got the action and who did not.

The rule is asked what it would have done for each customer as the experiment began, on what was known by then: its
conditions, complaints and consent; caps, budget and rest are left aside.  What the customers then brought tells how the
rule would have done, against what was done, nobody, everybody, and as many by lot.
"""

from __future__ import annotations

import datetime as dt

import ibis.expr.types as ir
import numpy as np
import pandas as pd

from cx_helpers import certainty, disclosure, engine, offpolicy
from cx_helpers.actions import TOLD_NOW, Action
from cx_helpers.tables import need

DAY = 86_400
POLICIES = ("nobody", "done", "lot", "everybody", "rule")
TOLD_BY = ("orders", "value", "recency_days", "tenure_days", "silence_days", "contacts", "channels", "open_tickets",
           "last_nps")  # fmt: skip


def rewards(trial: ir.Table, orders: ir.Table, days: float, until: dt.datetime, margin: float = 1.0) -> ir.Table:
    """What did each customer bring within so many days of being exposed?

    trial   of `experiment.trial(...).table`: customer_id, variant, seen_s;  orders  those that count as sales
    margin  what is left of one unit of sales, where orders have no margin of their own
    Only customers whose days are over by `until`.  Returns customer_id, variant, reward (money; 0: bought nothing).
    """
    need(orders, "customer_id", "ordered_at", "amount")
    end, span = int(pd.Timestamp(until).timestamp()), int(days * DAY)
    over = trial.filter(trial.seen_s + span <= end)
    left = orders.amount.cast("float64") * margin
    if "margin" in orders.columns:
        left = orders.margin.cast("float64").coalesce(left)
    sales = orders.select(buyer=orders.customer_id, at=engine.epoch(orders.ordered_at), left=left)
    both = over.select("customer_id", "variant", "seen_s").left_join(
        sales, [over.customer_id == sales.buyer, sales["at"] > over.seen_s, sales["at"] <= over.seen_s + span]
    )
    return both.group_by("customer_id", "variant").aggregate(reward=both.left.sum().fill_null(0.0))


def tested(action: Action, rows: pd.DataFrame, known: pd.DataFrame, control: str) -> tuple[offpolicy.Judged, pd.Series]:
    """The customers of an experiment, ready to be judged, and for whom the rule would have picked the action.

    action  with `tried`;  rows  of `rewards`, executed;  known  the facts of the day on which the experiment began
    Other variants than the action's and the control are left out, and so are customers who were not known then.
    Refused, beside what `offpolicy.judge` refuses: `untried` (no such variant, or nobody's days are over), `one_side`
    (nobody without it), `facts` (the rule asks for what is not told of a past day), `nobody` or `everybody` (the rule
    picks fewer than 30, or all but fewer), `thin` (the effective size of those who count is too small).
    """
    empty = pd.Series(dtype=float)

    def refuse(reason, **facts):
        none = np.zeros(0)
        return offpolicy.Judged(none, none, none, none, none, {reason: facts}), empty

    if later := action.asks(*TOLD_NOW):
        return refuse("facts", facts=later)
    mine = rows[rows["variant"].isin([action.tried[1], control])]
    if not (mine["variant"] == action.tried[1]).any():
        return refuse("untried")
    if not (mine["variant"] == control).any() or control == action.tried[1]:
        return refuse("one_side")
    both = mine.merge(known, on="customer_id").sort_values("customer_id", ignore_index=True)
    x = both[[c for c in TOLD_BY if c in both]].apply(pd.to_numeric).astype(float)
    a = (both["variant"] == action.tried[1]).to_numpy(float)
    judged = offpolicy.judge(x, a, both["reward"])
    picked = pd.Series(picks(action, both).astype(float), index=both["customer_id"])
    refused = dict(judged.refused)
    size = int(picked.sum())
    if not refused and size < offpolicy.FEWEST:
        refused["nobody"] = {"n": size}
    elif not refused and len(picked) - size < offpolicy.FEWEST:
        refused["everybody"] = {"n": size}
    elif not refused:
        w = offpolicy.matched(judged, picked)
        ratio = offpolicy.effective(w) / max((w > 0).sum(), 1)
        if ratio < offpolicy.LEAST_EFFECTIVE:
            refused["thin"] = {"share": ratio}
    fields = {k: getattr(judged, k) for k in ("y", "a", "chance", "m0", "m1")}
    return offpolicy.Judged(**fields, refused=refused), picked


def nothing(reason: str, action: Action | None = None) -> offpolicy.Judged:
    """A rule of which nothing can be told: `none` (no action was tried) or `table` (its experiment is not there)."""
    none = np.zeros(0)
    facts = {"experiment": action.tried[0]} if action is not None else {}
    return offpolicy.Judged(none, none, none, none, none, {reason: facts})


def picks(action: Action, known: pd.DataFrame) -> np.ndarray:
    """Whom would the action's own rule have picked: conditions, complaints and consent (unknown is no)."""
    out = np.logical_and.reduce([c.holds(known) for c in action.when])
    if action.offer and "open_tickets" in known:
        out &= ~(known["open_tickets"].astype(float).fillna(0).to_numpy() > 0)
    said = known[action.consent] if action.consent in known else pd.Series(False, known.index)
    return out & said.map(lambda one: isinstance(one, (bool, np.bool_)) and bool(one)).to_numpy(bool)


def values(judged: offpolicy.Judged, picked: pd.Series, cost: float, smallest: int = 1) -> pd.DataFrame:
    """What would each rule have brought a customer, on average?

    Returns, index `policy` (nobody, done: as it was, lot: as many as the rule picks, by lot, everybody, rule): n,
    customers, `value_each` (money less costs, doubly robust) with low, high (bootstrap over customers), snipw, ipw, ess
    (effective size of those who count), treated (share that gets it).  Empty where it was refused.
    """
    columns = ["n", "customers", "value_each", "low", "high", "snipw", "ipw", "ess", "treated"]
    if judged.refused or disclosure.few(len(picked), smallest):
        return pd.DataFrame(columns=columns, index=pd.Index([], name="policy"), dtype=float)
    d, net = picked.to_numpy(float), judged.y - cost * judged.a
    ways = _ways(d)
    told = offpolicy.means({"done": net} | {k: offpolicy.contribution(judged, way, cost) for k, way in ways.items()})
    out = told.rename(columns={"value": "value_each"}).reindex(POLICIES).rename_axis("policy")
    for name, way in ways.items():
        rest = offpolicy.value(judged, way, cost)
        out.loc[name, ["snipw", "ipw", "ess", "treated"]] = [rest["snipw"], rest["ipw"], rest["ess"], way.mean()]
    out.loc["done", ["snipw", "ipw", "ess", "treated"]] = [net.mean(), net.mean(), len(d), judged.a.mean()]
    return out.assign(n=len(d), customers=len(d))[columns]


def _ways(d: np.ndarray) -> dict[str, np.ndarray]:
    """What each rule would have done for each customer; `lot`: the chance of it."""
    return {"nobody": 0 * d, "lot": np.full(len(d), d.mean()), "everybody": 1 + 0 * d, "rule": d}


def gains(judged: offpolicy.Judged, picked: pd.Series, cost: float) -> pd.DataFrame:
    """By how much is the rule better?  Index `against` (nobody, lot, everybody): n, customers, change (money a
    customer) with low, high, p_value, p_adjusted (Holm).  Empty where it was refused."""
    columns = ["n", "customers", "change", "low", "high", "p_value", "p_adjusted"]
    if judged.refused:
        return pd.DataFrame(columns=columns, index=pd.Index([], name="against"), dtype=float)
    d = picked.to_numpy(float)
    ways = _ways(d)
    rule = offpolicy.contribution(judged, ways.pop("rule"), cost)
    apart = {name: rule - offpolicy.contribution(judged, way, cost) for name, way in ways.items()}
    out = offpolicy.means(apart).rename(columns={"value": "change"}).rename_axis("against")
    out = out.assign(n=len(d), customers=len(d), p_adjusted=certainty.adjust(out["p_value"], "holm"))
    return out[columns]


def effect(judged: offpolicy.Judged, picked: pd.Series, smallest: int = 1) -> pd.DataFrame:
    """What does the action bring those whom the rule picks, and the others?  Before its cost.

    Index `side` (picked, others): n, customers, each (money a customer, doubly robust) with low, high, se, sd (of the
    outcome), p_value.  Empty where it was refused; sides too small to be told are null.
    """
    columns = ["n", "customers", "each", "low", "high", "se", "sd", "p_value"]
    if judged.refused:
        return pd.DataFrame(columns=columns, index=pd.Index([], name="side"), dtype=float)
    rows, gap = {}, judged.with_it - judged.without
    for name, side in (("picked", picked.to_numpy() == 1), ("others", picked.to_numpy() == 0)):
        told = offpolicy.means({"each": gap[side]}).rename(columns={"value": "each"}).iloc[0].to_dict()
        n = int(side.sum())
        rows[name] = told | {"n": n, "customers": n, "sd": float(judged.y[side].std(ddof=1))}
    out = pd.DataFrame.from_dict(rows, orient="index").rename_axis("side")[columns]
    return disclosure.hide(out, disclosure.customers_only(smallest))
