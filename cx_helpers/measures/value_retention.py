"""What would better retention be worth here?  From this company's own customers, margin and horizon: no rule of thumb.

Leaving is slowed from today on, for all customers alike, until the share of today's customers who are still there in a
year is higher by what was asked; who has left already stays away.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from cx_helpers import certainty, purchasing, spending
from cx_helpers.likelihood import Fit, jacobian
from cx_helpers.valuation import YEAR, Model, Terms, influence

LIFT = 0.05
NEAR = 10.0  # of the log-likelihood: a model further behind is no alternative


def retention(found: Model, fitted: Fit | None = None, leaving: float = 1.0) -> float:
    """Of the customers who are alive today, which share is still there in a year?  0..1"""
    fitted, rows = fitted or found.buying, found.rows
    alive = rows["n"] * purchasing.alive(fitted, rows["x"], rows["t_x"], rows["T"])
    return float((alive * purchasing.staying(fitted, rows["x"], rows["T"], leaving * YEAR)).sum() / alive.sum())


def slower(found: Model, lift: float, fitted: Fit | None = None) -> float:
    """How fast customers may leave, against today, so that `retention` is `lift` higher (0.05: from 60 % to 63 %)?

    0 where even nobody's leaving would not do: retention cannot pass 100 %.
    """
    from scipy.optimize import brentq

    aim = retention(found, fitted) * (1 + lift)
    if aim >= 1:
        return 0.0
    return float(brentq(lambda leaving: retention(found, fitted, leaving) - aim, 0.0, 1.0, xtol=1e-9))


def gain(found: Model, lift: float = LIFT, smallest: int = 1) -> pd.DataFrame:
    """What would retention that is `lift` higher bring with the customers of today, within the horizon?

    Returns one row: n customers, retention (a year, of those alive today), better (what it would be), `gain` (money; or
    purchases where no money can be said), low, high (95 %: the error of the parameters, robust to a wrong model, and
    that these customers are a sample: where one of them is nearly all of it, it is as unsure as that one),
    share (of the value to come), share_low, share_high.  Below 0 where sales lose money: more of them lose more.  Nulls
    where buying was refused, or where nothing is left of a sale.
    """
    columns = ["n", "customers", "retention", "better", "gain", "low", "high", "share", "share_low", "share_high"]
    if found.buying is None:
        row = [found.n, found.n, *[np.nan] * 8]
        return pd.DataFrame([row], columns=columns, index=[certainty.ALL])
    value, share = _gain(found, lift)
    if not value:
        return pd.DataFrame([[found.n, found.n, *[np.nan] * 8]], columns=columns, index=[certainty.ALL])
    now = retention(found)
    half, share_half = _halves(found, lift)
    low, high = sorted((value * np.exp(-half), value * np.exp(half)))
    row = [found.n, found.n, now, min(1.0, now * (1 + lift)), value, low, high, share,
           share * np.exp(-share_half), share * np.exp(share_half)]  # fmt: skip
    return certainty.hide_small(pd.DataFrame([row], columns=columns, index=[certainty.ALL]), smallest)


def _gain(found: Model, lift: float, buying: Fit | None = None, money: Fit | None = None, terms: Terms | None = None):
    """(gain, gain as a share of the value to come)."""
    now, then = (float((part * found.rows["n"]).sum()) for part in _ahead(found, lift, buying, money, terms))
    return then - now, (then - now) / now if now else np.nan


def _ahead(found: Model, lift: float, buying: Fit | None = None, money: Fit | None = None, terms: Terms | None = None):
    """What each customer of each row brings, as things are and with the lift."""
    buying, money, terms, rows = buying or found.buying, money or found.spending, terms or found.terms, found.rows
    alive = purchasing.alive(buying, rows["x"], rows["t_x"], rows["T"])
    each = alive if money is None else alive * terms.each * spending.expected(money, rows["x"], rows["spend"])
    return [
        each * purchasing.to_come(buying, rows["x"], rows["T"], terms.days, terms.daily, leaving)
        for leaving in (1.0, slower(found, lift, buying))
    ]


def _halves(found: Model, lift: float) -> np.ndarray:
    """Half the 95 % intervals of the logs of gain (of its size: a loss is below 0) and of its share."""
    slopes = [jacobian(lambda fit: np.log(np.abs(_gain(found, lift, buying=fit))), found.buying, 1e-3)]
    if found.spending is not None:
        slopes.append(jacobian(lambda fit: np.log(np.abs(_gain(found, lift, money=fit))), found.spending, 1e-3))
    weight, (now, then) = found.rows["n"].to_numpy(), (np.asarray(part) for part in _ahead(found, lift))
    more = then - now
    shares = [part / (weight * part).sum() for part in (more, now)]
    own = np.column_stack([shares[0] - 1 / weight.sum(), shares[0] - shares[1]])
    moved = own + influence(found) @ np.concatenate(slopes, axis=1).T  # of each customer, on the logs
    return certainty.Z95 * np.sqrt((weight[:, None] * moved**2).sum(axis=0))


def tornado(found: Model, lift: float = LIFT) -> pd.DataFrame:
    """How much does the gain depend on what was taken for granted?  One thing at a time, all else as it is.

    Returns, index `assumption`: gain (as it is), low and high (the smaller and the larger gain at the two ends), from,
    to (the ends): error (of the parameters), margin (a fifth lower, higher; where known), discount (half, double),
    horizon (a third shorter, longer), lift (3 % and 7 % where 5 % is asked), model (the other models
    of buying that are about as likely, within 10 of the log-likelihood).
    The widest first; nulls are left out.
    """
    if found.buying is None:
        return pd.DataFrame(columns=["n", "gain", "low", "high", "from", "to"])
    terms, base = found.terms, gain(found, lift).iloc[0]
    changed = {
        "discount": [(x, replace(terms, discount=x)) for x in (terms.discount * 2, terms.discount / 2)],
        "horizon": [(m, replace(terms, months=m)) for m in (round(terms.months * 2 / 3), round(terms.months * 4 / 3))],
    }
    if terms.margin_known and found.spending is not None:
        changed["margin"] = [(m, replace(terms, margin=m)) for m in (terms.margin * 0.8, terms.margin * 1.2)]
    rows = {"error": (base["low"], base["high"], np.nan, np.nan)}
    for name, ends in changed.items():
        values = [_gain(found, lift, terms=other)[0] for _, other in ends]
        rows[name] = (min(values), max(values), ends[0][0], ends[1][0])
    steps = (0.6 * lift, 1.4 * lift)
    rows["lift"] = (*(_gain(found, step)[0] for step in steps), *steps)
    near = [fit for fit in found.tried.values() if fit.converged and fit.loglik > found.buying.loglik - NEAR]
    others = [_gain(found, lift, buying=fit)[0] for fit in near]
    if len(others) > 1:
        rows["model"] = (min(others), max(others), np.nan, np.nan)
    out = pd.DataFrame.from_dict(rows, orient="index", columns=["low", "high", "from", "to"]).rename_axis("assumption")
    out.insert(0, "n", found.n)
    out.insert(1, "gain", base["gain"])
    return out.iloc[np.argsort(-(out["high"] - out["low"]).to_numpy(), kind="stable")]
