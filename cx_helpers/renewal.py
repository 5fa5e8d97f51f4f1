"""Who stays under contract?  The shifted beta-geometric model: each customer leaves at each renewal with a chance of
her own, which varies over customers as a beta distribution (alpha, beta).

Those who leave easily go first, so the share that stays rises with age though nobody changes: the reason why a plain
exponential of the first year's churn undervalues old customers.
Source: Fader, Hardie, How to Project Customer Retention, J. Interactive Marketing 21(1), 2007.
"""

from __future__ import annotations

import numpy as np
from scipy.special import betaln, psi

from cx_helpers.likelihood import Fit, jacobian, maximise

NAMES = ("alpha", "beta")
_MANY = 1e6  # alpha + beta from which on no difference between customers is left


def fit(survived, ended, weight=None) -> Fit:
    """The likeliest alpha and beta.

    Where customers do not differ, alpha and beta are a million together: one chance of leaving for all.

    survived  renewals that each row's customers are known to have come through;  ended  did they leave at the next
              one (True), or is it not known (False: censored)?;  weight  customers behind each row
    """
    survived, ended = np.asarray(survived, float), np.asarray(ended, bool)
    weight = np.ones(len(survived)) if weight is None else np.asarray(weight, float)
    gone = ended.astype(float)

    def score(logs):
        a, b = np.exp(logs)
        each = betaln(a + gone, b + survived) - betaln(a, b)
        whole = psi(a + b) - psi(a + b + survived + gone)
        slope = np.column_stack([a * (psi(a + gone) - psi(a) + whole), b * (psi(b + survived) - psi(b) + whole)])
        return each, slope

    found = maximise("sbg", NAMES, score, np.log([1.0, 3.0]), weight)
    alike = _alike(survived, gone, weight)
    told = alike.converged and found.converged  # where nobody left, or nobody stayed, no search has an answer
    return found if told and found.loglik > alike.loglik else alike


def _alike(survived: np.ndarray, gone: np.ndarray, weight: np.ndarray) -> Fit:
    """The limit in which all customers have one chance of leaving (geometric): alpha and beta grow without end and only
    their ratio is told.  Where nobody left, or nobody stayed, nothing is."""
    n, faced = weight.sum(), survived + gone
    left, whole = (weight * gone).sum(), (weight * faced).sum()
    if not 0 < left < whole:
        none = np.full((2, 2), np.nan)
        return Fit("sbg", NAMES, none[0], none, -np.inf, n, np.zeros((len(gone), 2)), NAMES, False)
    chance = left / whole
    loglik = left * np.log(chance) + (whole - left) * np.log(1 - chance)
    moves = np.array([1 / chance, -1 / (1 - chance)])  # of the logs, as the chance moves
    cov = np.outer(moves, moves) * chance * (1 - chance) / whole
    influence = np.outer((gone - chance * faced) * n / whole, moves)
    return Fit("sbg", NAMES, _MANY * np.array([chance, 1 - chance]), cov, float(loglik), n, influence)


def survival(fitted: Fit, renewals) -> np.ndarray:
    """Which share is still there after so many renewals?  0..1"""
    a, b = fitted.values
    return np.exp(betaln(a, b + np.asarray(renewals, float)) - betaln(a, b))


def band(fitted: Fit, renewals) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """survival with its 95 % interval (low, value, high) by the delta method on its logit."""
    from cx_helpers.certainty import Z95

    share = survival(fitted, renewals)
    slopes = jacobian(lambda f: survival(f, renewals), fitted)
    se = np.sqrt(np.einsum("ij,jk,ik->i", slopes, fitted.cov, slopes))
    inside = (share > 0) & (share < 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        logit, half = np.log(share / (1 - share)), Z95 * se / (share * (1 - share))
        low, high = (1 / (1 + np.exp(-(logit + side * half))) for side in (-1, 1))
    return np.where(inside, low, share), share, np.where(inside, high, share)


def renewals_to_come(fitted: Fit, survived, count: int, discount: float = 0.0, leaving: float = 1.0) -> np.ndarray:
    """Payments to be expected of a customer who has come through `survived` renewals, in the next `count`.

    discount  for one renewal, 0.02 = 2 %: the first is worth 1 / 1.02;  leaving  as in purchasing.purchases, here on
              the chance of leaving at each renewal
    """
    a, b = fitted.values
    survived = np.asarray(survived, float)
    there, total = np.ones_like(survived), np.zeros_like(survived)
    for k in range(count):
        leave = a / (a + b + survived + k)
        there = there * (1 - np.minimum(leaving * leave, 1))
        total = total + there / (1 + discount) ** (k + 1)
    return total
