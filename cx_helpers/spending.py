"""How much does a customer spend each time?  Gamma-Gamma: spend varies about a mean of the customer's own.

It asks that how much is independent of how often, and that the mean of customers' means exists (q > 1): both are the
caller's to look at.  Amounts are positive; only customers who came back tell anything.
Source: Fader, Hardie, The Gamma-Gamma Model of Monetary Value, 2013 (note of February 2013).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.special import gammaln, psi

from cx_helpers.likelihood import Fit, maximise

NAMES = ("p", "q", "v")


def fit(x, spend, weight=None, rough: bool = False) -> Fit:
    """The likeliest p, q and v (v in the unit of spend).

    x, spend  repeat purchases and their mean amount, of each row;  weight  customers behind it
    Rows with x = 0 tell nothing and move nothing: their influence is 0.  Raises ValueError where an amount is not > 0.
    """
    x, spend = np.asarray(x, float), np.asarray(spend, float)
    weight = np.ones(len(x)) if weight is None else np.asarray(weight, float)
    told = x > 0
    if not (spend[told] > 0).all():
        raise ValueError("the mean amount of a customer's repeat purchases must be above 0")
    k, known = x[told], weight[told]
    unit = float(known @ spend[told] / known.sum())
    m = spend[told] / unit
    log_m, log_k = np.log(m), np.log(k)

    def score(logs):
        p, q, v = np.exp(logs)
        total = np.log(k * m + v)
        each = gammaln(p * k + q) - gammaln(p * k) - gammaln(q) + q * logs[2] - log_m
        each = each + p * k * (log_m + log_k) - (p * k + q) * total
        slope = np.column_stack([
            p * k * (psi(p * k + q) - psi(p * k) + log_m + log_k - total),
            q * (psi(p * k + q) - psi(q) + logs[2] - total),
            q - v * (p * k + q) / (k * m + v),
        ])  # fmt: skip
        return each, slope

    found = maximise("gammagamma", NAMES, score, np.log([2.0, 3.0, 1.0]), known, [1, 1, unit], rough)
    influence = np.zeros((len(x), 3))
    influence[told] = found.influence
    loglik = found.loglik - float(known.sum() * np.log(unit))
    return replace(found, loglik=loglik, influence=influence)


def mean(fitted: Fit) -> float:
    """The mean amount over all customers; null where q <= 1, since then there is none."""
    p, q, v = fitted.values
    return float(p * v / (q - 1)) if q > 1 else float("nan")


def expected(fitted: Fit, x, spend) -> np.ndarray:
    """The amount to be expected of a customer's next purchase: what she spent so far, drawn towards the mean of all.

    x, spend  repeat purchases and their mean amount; who has none (x = 0) is expected to spend the mean of all
    """
    p, q, v = fitted.values
    x = np.asarray(x, float)
    spent = x * np.where(x > 0, np.asarray(spend, float), 0.0)
    return p * (v + spent) / (p * x + q - 1)
