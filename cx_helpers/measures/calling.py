"""Whom is it worth to call, how many, and what would that bring?

A call is worth   chance of leaving x what is kept x chance that the call keeps the customer - what the call costs.
The chance comes from `at_risk`, what is kept from the company's own margins; how often a call succeeds and what it
costs are assumptions of whoever asks, and are called so wherever a number rests on them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from cx_helpers import certainty, prediction, purchasing, spending
from cx_helpers.actions import Action, Policy
from cx_helpers.foresight import Trial
from cx_helpers.valuation import YEAR, Model, Terms

SUCCESS = 0.2  # of calls keep who would have left, where nobody says


class Assumed(NamedTuple):
    """What a call is taken to do: success (share), cost (money), the action of actions.yaml whose they are (None: no
    such action), own (the company's file, not the one that ships) and given (which of both a parameter said)."""

    success: float
    cost: float
    action: Action | None = None
    own: bool = False
    given: tuple[str, ...] = ()


def assumed(policy: Policy, rows: pd.DataFrame, leaving: str, success=None, cost=None) -> Assumed:
    """What does a call do, and what does it cost?  What is given counts; else the call to keep of actions.yaml, as the
    report personalisation takes it; else SUCCESS and `usual_cost`.

    The call to keep is the first action by priority, and no duty, that goes by phone and brings what is kept.  Its cost
    as a share of a mean order is one of `rows` (of today); where contracts tell who left there is no order.
    """
    calls = [a for a in policy.actions if a.brings == "kept" and a.channel == "phone" and not a.duty]
    call = min(calls, key=lambda a: a.priority, default=None)
    given = tuple(k for k, v in (("call_success", success), ("call_cost", cost)) if v is not None)
    if success is None:
        success = call.effect if call else SUCCESS
    if cost is None and call is not None and call.cost is not None:
        cost = call.cost
    elif cost is None:
        cost = usual_cost(rows, leaving, call.cost_share if call and leaving == "orders" else 0.1)
    return Assumed(float(success), float(cost), call, policy.own, given)


def valued(found: Trial, rows: pd.DataFrame, plan, model: Model, terms: Terms, monthly_end: float = np.nan):
    """Today's customers with the chance that they leave and what is kept with each: (today, judged, from what).

    found  the trial of at_risk;  rows, plan  of snapshots;  model  of the company's buying
    terms  margin (of sales, or of fees), discount and horizon;  monthly_end  share of contracts that ends in a month
    Returns the two frames with who, p, value, weight (and y, of those of the last snapshot, valued as of that day).
    """
    now = rows[rows["today"]] if found.learner is not None else rows.iloc[:0]
    p = found.learner.chance(now) if found.learner is not None else np.zeros(0)
    value, source = kept(now, plan.leaving, model, terms, plan.window_days, monthly_end)
    now = now.assign(p=p, value=value).reset_index(drop=True)
    then = rows[rows["when"] == plan.past[-1]] if len(found.judged) else rows.iloc[:0]
    then = then.drop(columns="y").merge(found.judged, on="who") if len(then) else then.assign(p=[])
    then = then.assign(value=kept(then, plan.leaving, model, terms, plan.window_days, monthly_end)[0])
    return now, then, source


def usual_cost(rows: pd.DataFrame, leaving: str, share: float = 0.1) -> float:
    """What a call is taken to cost where nobody says: a share of a customer's mean order, or of the monthly fee."""
    column = "mean_order" if leaving == "orders" else "monthly_fee"
    return float(rows[column].mean()) * share if column in rows and rows[column].notna().any() else 0.0


def kept(rows: pd.DataFrame, leaving: str, model: Model, terms: Terms, window_days: int, monthly_end: float = np.nan):
    """What does each customer bring within the horizon, if kept?  (money, from what it is told).

    rows  of `snapshots.panel`, whose features are of their own snapshot;  window_days  of the panel
    From: `model` (purchases to come of a customer who stays, times the amount of each), `pace` (where the data carry no
    model: the money of the last two windows goes on), `fees` (the monthly fee, as long as contracts last), or `nothing`
    (no money is known: null).
    """
    if leaving == "contracts":
        if "monthly_fee" not in rows or not rows["monthly_fee"].notna().any():
            return np.full(len(rows), np.nan), "nothing"
        stays = (1 - monthly_end if monthly_end == monthly_end else 1.0) / (1 + terms.discount) ** (1 / 12)
        months = (1 - stays**terms.months) / (1 - stays) if stays < 1 else float(terms.months)
        return rows["monthly_fee"].fillna(0).to_numpy(float) * terms.margin * months, "fees"
    if not len(rows):
        return np.zeros(0), "nothing"
    if model.buying is not None and model.spending is not None:
        x = np.maximum(rows["orders"].to_numpy(float) - 1, 0)
        bought = purchasing.to_come(model.buying, x, np.round(rows["tenure_days"]), terms.days, terms.daily)
        return terms.each * bought * spending.expected(model.spending, x, rows["mean_order"]), "model"
    pace = (rows["spend_recent"] + rows["spend_before"]).to_numpy(float) / (2 * window_days)
    return terms.each * pace * terms.days, "pace"


def worth(p, value, success: float, cost: float) -> np.ndarray:
    """What one call to each customer is worth: chance of leaving x what is kept x success - cost."""
    return np.asarray(p, float) * np.asarray(value, float) * success - cost


def curve(
    now: pd.DataFrame, success: float, cost: float, error: float = 0.0, shares=prediction.SHARES, peak: bool = False
) -> pd.DataFrame:
    """What does it bring to call the best so many, those first whose call is worth most?

    now    p, value, weight of each customer;  error  relative error of the sum, as `check` measured it
    peak   also the share of `best`, where the curve is highest
    Returns, index `share` of the customers: n called, customers, `net_gain` (money, less what the calls cost) with low,
    high (95 %: who will leave, whom a call keeps, and `error`), saved (customers kept), spent.  Null values are not
    called.
    """
    known = now[now["value"].notna()]
    each = worth(known["p"], known["value"], success, cost)
    order = np.argsort(-each, kind="stable")
    weight = known["weight"].to_numpy(float)[order]
    called, part = np.cumsum(weight), known["p"].to_numpy(float)[order] * success
    money = known["value"].to_numpy(float)[order]
    gross, saved = np.cumsum(weight * part * money), np.cumsum(weight * part)
    noise = np.cumsum(weight**2 * money**2 * part * (1 - part))
    total = called[-1] if len(called) else 0.0
    if peak and (each > 0).any():
        shares = sorted({*shares, round(float(weight[each[order] > 0].sum() / total), 9)})
    places = [int(np.searchsorted(called, share * total - 1e-9)) for share in shares] if total else []
    return _told(
        pd.Index(list(shares) if total else [], name="share"), places, called, gross, saved, noise, cost, error
    )


def best(now: pd.DataFrame, success: float, cost: float, error: float = 0.0) -> pd.DataFrame:
    """How many to call: everybody whose call is worth more than it costs.  One row `all`, as `curve`, and `worth` (of a
    call to one of them, on average); n = 0 where no call is."""
    known = now[now["value"].notna()]
    some = known[worth(known["p"], known["value"], success, cost) > 0]
    found = curve(some, success, cost, error, (1.0,))
    if not len(found):
        nothing = {"n": 0, "customers": 0} | dict.fromkeys(("net_gain", "low", "high", "saved", "spent"), 0.0)
        found = pd.DataFrame(nothing, index=[1.0])
        if not len(known):
            found[["net_gain", "low", "high", "saved", "spent"]] = np.nan
    found = found.set_axis([certainty.ALL])
    return found.assign(worth=(found["net_gain"] / found["n"]).where(found["n"] > 0))


def _told(index, places, called, gross, saved, noise, cost, error) -> pd.DataFrame:
    n, money = called[places], gross[places]
    half = certainty.Z95 * np.sqrt(noise[places] + (error * money) ** 2)
    spent = n * cost
    columns = {"net_gain": money - spent, "low": money - half - spent, "high": money + half - spent}
    counts = np.round(n).astype(int)
    out = {"n": counts, "customers": counts} | columns | {"saved": saved[places], "spent": spent}
    return pd.DataFrame(out, index=index)


def check(judged: pd.DataFrame, success: float, cost: float) -> pd.DataFrame:
    """Had one called so at the last snapshot whose window is over, how much of the money that was expected to leave
    did?

    judged  y, p, value of its customers.  One row `all`: n (who would have been called), customers, `ratio` (money that
    left / money expected to; 1 is as told) with low, high (95 %), error (relative error to allow for: how far off the
    ratio is, and how unsure), left (money).  Null where nobody would have been called.
    """
    known = judged[judged["value"].notna()]
    some = known[worth(known["p"], known["value"], success, cost) > 0]
    out = {"n": len(some), "customers": len(some), "ratio": np.nan, "low": np.nan, "high": np.nan, "error": np.nan}
    told = float((some["p"] * some["value"]).sum())
    if told > 0:
        left = float((some["y"] * some["value"]).sum())
        ratio = left / told
        se = float(np.sqrt(((some["y"] - ratio * some["p"]) ** 2 * some["value"] ** 2).sum()) / told)
        out |= {"ratio": ratio, "low": max(ratio - certainty.Z95 * se, 0.0), "high": ratio + certainty.Z95 * se}
        out |= {"error": float(np.hypot(ratio - 1, se)), "left": left}
    return pd.DataFrame(out, index=[certainty.ALL])


def whom(now: pd.DataFrame, success: float, cost: float, most: int = 50) -> pd.DataFrame:
    """For the lab only: the customers whose call is worth most: customer_id, leaves (chance), kept (money), worth (of
    the call), and what was known of them.  No page shows it.  Nobody whose call is not worth its cost is on it."""
    out = now.assign(worth=worth(now["p"], now["value"], success, cost))
    out = out[out["worth"] > 0].nlargest(most, "worth")
    out = out.rename(columns={"who": "customer_id", "p": "leaves", "value": "kept"})
    told = ["recency_days", "orders", "contract_days", "unsolved_requests", "bad_moments", "last_score", "silence_days"]
    return out[["customer_id", "leaves", "kept", "worth", *(c for c in told if c in out)]].reset_index(drop=True)


def a_month(share: float, days: float) -> float:
    """The share of contracts that ends in a month, from the share that did within some days; null stays null."""
    return float("nan") if share != share else 1 - (1 - share) ** (YEAR / 12 / days)
