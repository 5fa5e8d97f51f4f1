"""How would another rule have done, told from what was tried by lot?  Values of rules that nobody followed.

Rows are customers who got something (a = 1) or not (a = 0), what was known of each before (x), what came of it (y),
and what the rule would have done (d, 0 or 1).  Three estimates of the mean outcome under the rule:
    ipw    inverse propensity weighting: outcomes of those for whom the lot did what the rule would have done, each
           weighted by 1 / chance of that (Horvitz, Thompson, JASA 47, 1952)
    snipw  the same over the sum of weights: less spread, a little bias (Swaminathan, Joachims, NIPS 2015)
    dr     doubly robust: a model of outcomes plus the weighted mean of what it misses; right where either the chances
           or the model are (Dudik, Langford, Li, ICML 2011)
Chances and models of a fifth of the customers are learnt from the other four (Chernozhukov et al., Econometrics J. 21,
2018), so that none is judged by its own outcome.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cx_helpers import certainty

FOLDS = 5
FEWEST = 30  # customers on each side, below which nothing is told
EXTREME, MOST_EXTREME = 0.05, 0.02  # a chance nearer to 0 or 1 is extreme; at most this share of customers may have one
LEAST_EFFECTIVE = 0.2  # effective size in parts of those who count: below it a few carry the whole


@dataclass(frozen=True)
class Judged:
    """What is needed of each customer to value any rule.

    y, a    outcome and what was done;  chance  of a = 1;  m0, m1  the model's outcome without and with it
    refused  reason -> facts, where nothing may be told
    """

    y: np.ndarray
    a: np.ndarray
    chance: np.ndarray
    m0: np.ndarray
    m1: np.ndarray
    refused: dict

    @property
    def without(self) -> np.ndarray:
        """Each customer's doubly robust outcome, had they got nothing."""
        return self.m0 + (self.a == 0) / (1 - self.chance) * (self.y - self.m0)

    @property
    def with_it(self) -> np.ndarray:
        """… and had they got it."""
        return self.m1 + (self.a == 1) / self.chance * (self.y - self.m1)


def judge(x, a, y, chance=None) -> Judged:
    """Chances and outcome models of each customer, learnt from others.

    x       what was known before, one column each (null: unknown);  a  0, 1;  y  the outcome
    chance  of a = 1 where it is known (a number or one each); None: learnt from x (of a lot with equal chances that is
            surer than the known one: Hirano, Imbens, Ridder, Econometrica 71, 2003)
    Refused: `few` (fewer than 30 customers with or without it), `overlap` (more than 2 % of customers were bound to get
    it, or not to: no lot decided).
    Folds go by place: give rows in an order that does not depend on the outcome, such as customer_id.
    """
    a, y = np.asarray(a, float), np.asarray(y, float)
    n, sides = len(a), [int((a == side).sum()) for side in (0, 1)]
    nothing = np.full(n, np.nan)
    if min(sides, default=0) < FEWEST:
        return Judged(y, a, nothing, nothing, nothing, {"few": {"n": min(sides)}})
    z, fold = _columns(np.asarray(x, float).reshape(n, -1)), np.arange(n) % FOLDS
    told, m0, m1 = nothing.copy(), nothing.copy(), nothing.copy()
    for k in range(FOLDS):
        rest, mine = fold != k, fold == k
        told[mine] = _logistic(z[rest], a[rest], z[mine])
        for side, out in ((0, m0), (1, m1)):
            of = rest & (a == side)
            out[mine] = _ridge(z[of], y[of], z[mine])
    if chance is not None:
        told = np.broadcast_to(np.asarray(chance, float), n).copy()
    extreme = float(((told < EXTREME) | (told > 1 - EXTREME)).mean())
    refused = {"overlap": {"share": extreme}} if extreme > MOST_EXTREME else {}
    return Judged(y, a, np.clip(told, 1e-3, 1 - 1e-3), m0, m1, refused)


def effective(weights) -> float:
    """How many equal rows are weighted ones worth?  (sum w)^2 / sum w^2, Kish 1965."""
    w = np.asarray(weights, float)
    return float(w.sum() ** 2 / (w**2).sum()) if (w**2).sum() > 0 else 0.0


def matched(judged: Judged, d) -> np.ndarray:
    """The weight of each customer for whom the lot did what the rule would have done; 0 of others."""
    d = np.asarray(d, float)
    same = d * judged.a / judged.chance + (1 - d) * (1 - judged.a) / (1 - judged.chance)
    return np.where((d == 0) | (d == 1), np.where(judged.a == d, same, 0.0), same)


def value(judged: Judged, d, cost: float = 0.0) -> dict[str, float]:
    """The mean outcome under a rule, less what it costs: ipw, snipw, dr, n, ess (effective size of those who count).

    d  0..1 for each customer: what the rule would have done, or the chance that it would have
    """
    d = np.asarray(d, float)
    w, net = matched(judged, d), judged.y - cost * judged.a
    total = w.sum()
    each = contribution(judged, d, cost)
    return {
        "n": len(d), "ess": effective(w), "ipw": float((w * net).mean()) if len(d) else np.nan,
        "snipw": float((w * net).sum() / total) if total > 0 else np.nan,
        "dr": float(each.mean()) if len(d) else np.nan,
    }  # fmt: skip


def contribution(judged: Judged, d, cost: float = 0.0) -> np.ndarray:
    """What each customer adds to the doubly robust value: its mean is the value, its spread tells how sure."""
    d = np.asarray(d, float)
    return d * (judged.with_it - cost) + (1 - d) * judged.without


def interval(each, times: int = 999, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """The 95 % bootstrap intervals (low, high) of the means of contributions, customers drawn again.

    each  one row a customer, one column a mean; all columns are drawn together
    """
    each = np.asarray(each, float)
    n, rng = len(each), np.random.default_rng(seed)
    if n < 2:
        return np.full(each.shape[1], np.nan), np.full(each.shape[1], np.nan)
    again = [rng.integers(0, n, n) for _ in range(times)]
    draws = np.array([np.bincount(rows, minlength=n) @ each for rows in again]) / n
    return tuple(np.percentile(draws, [2.5, 97.5], axis=0))


def means(columns: dict[str, np.ndarray]) -> pd.DataFrame:
    """The mean of each column of contributions, one row each: value, low, high (bootstrap), se, p_value (against 0)."""
    each = np.column_stack(list(columns.values()))
    n = len(each)
    low, high = interval(each)
    spread = each.std(axis=0, ddof=1) / np.sqrt(n) if n > 1 else np.full(each.shape[1], np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        p = certainty.two_sided_t(each.mean(axis=0) / spread, n - 1)
    columns_ = {"value": each.mean(axis=0), "low": low, "high": high, "se": spread, "p_value": p}
    return pd.DataFrame(columns_, index=list(columns))


def _columns(x: np.ndarray) -> np.ndarray:
    """Each column by the rank of its values, its square, and whether it is unknown: bends and long tails do no harm."""
    out = [np.ones(len(x))]
    for column in x.T:
        known = ~np.isnan(column)
        rank = pd.Series(column).rank(pct=True).to_numpy()
        one = np.where(known, rank - 0.5, 0.0)
        parts = [one, np.where(known, one**2 - 1 / 12, 0.0), (~known).astype(float)]
        out += [p for p in parts if p.std() > 1e-9]
    return np.column_stack(out)


def _logistic(z: np.ndarray, a: np.ndarray, to: np.ndarray) -> np.ndarray:
    """Chances of `to` by a logistic regression with a breath of ridge (Newton's steps)."""
    beta, ridge = np.zeros(z.shape[1]), np.full(z.shape[1], 1.0)
    ridge[0] = 0.0
    for _ in range(30):
        p = 1 / (1 + np.exp(-np.clip(z @ beta, -30, 30)))
        h = (z * (p * (1 - p))[:, None]).T @ z + np.diag(ridge + 1e-9)
        step = np.linalg.solve(h, z.T @ (a - p) - ridge * beta)
        beta += step
        if np.abs(step).max() < 1e-8:
            break
    return 1 / (1 + np.exp(-np.clip(to @ beta, -30, 30)))


def _ridge(z: np.ndarray, y: np.ndarray, to: np.ndarray) -> np.ndarray:
    """Outcomes of `to` by least squares with a breath of ridge."""
    ridge = np.full(z.shape[1], 1.0)
    ridge[0] = 1e-9
    return to @ np.linalg.solve(z.T @ z + np.diag(ridge), z.T @ y)
