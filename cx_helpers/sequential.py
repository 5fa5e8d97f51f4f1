"""May we look before the end?  Intervals and p values that hold however often and whenever somebody looks.

A test made at each of ten looks errs in one of five experiments in which nothing happens, not in one of twenty.  What
is here holds at all looks together, those nobody planned too.  Numbers in, numbers out; arrays of any shape.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr, ndtri

STEPS = 80  # halvings of an interval until it is as narrow as a double can tell


def half_width(se, scale, alpha: float = 0.05) -> np.ndarray:
    """Half the always-valid interval of an effect: estimate ± this holds at every look together with 1 - alpha.

    se     standard error of the estimate at each look (0 or null: null)
    scale  the effect's size for which the interval is made narrow, in the effect's unit, fixed before the first look
    With tau = (scale / se)^2 it is se sqrt((1 + 1/tau) log((1 + tau) / alpha^2)): 3.0 to 3.7 se where tau is 1 to 1000.
    An asymptotic confidence sequence: it needs as many customers as a normal interval does, at the first look.
    Source: Robbins, Ann. Math. Stat. 41, 1970; Howard, Ramdas, McAuliffe, Sekhon, Ann. Stat. 49, 2021;
    Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas, Ann. Stat. 52, 2024 (arXiv 2103.06476).
    """
    se, tau = _tau(se, scale)
    with np.errstate(invalid="ignore", divide="ignore"):
        return se * np.sqrt((1 + 1 / tau) * np.log((1 + tau) / alpha**2))


def p_always(estimate, se, scale) -> np.ndarray:
    """The always-valid p value: at most alpha exactly where the interval of `half_width` leaves 0 out.

    One over the mixture's likelihood ratio (mSPRT), kept at 1 or below.  Of two looks either may be quoted.
    Source: Johari, Koomen, Pekelis, Walsh, Operations Research 70, 2022.
    """
    se, tau = _tau(se, scale)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        z2 = (np.asarray(estimate, float) / se) ** 2
        return np.minimum(1, np.exp(0.5 * np.log1p(tau) - 0.5 * z2 * tau / (1 + tau)))


def needed_se(effect, scale=None, alpha: float = 0.05, power: float = 0.8) -> np.ndarray:
    """How small must the standard error become so that an effect of this size is shown with probability `power`?

    scale  None: one look at the planned end (two-sided normal test); else the always-valid interval's scale
    The variance falls as one over the number of customers: n (se now / needed se)^2 customers are needed.  For the
    always-valid interval it is the chance at that one look; looking on the way only adds to it.
    """
    effect = np.abs(np.asarray(effect, float))
    if scale is None:
        return effect / (-ndtri(alpha / 2) + ndtri(power))
    low, high = np.zeros_like(effect), effect.copy()  # at se = effect the interval is wider than the effect
    for _ in range(STEPS):
        middle = (low + high) / 2
        shown = effect >= half_width(middle, scale, alpha) + ndtri(power) * middle
        low, high = np.where(shown, middle, low), np.where(shown, high, middle)
    return np.where(effect > 0, low, np.nan)


def detectable(se, scale=None, alpha: float = 0.05, power: float = 0.8) -> np.ndarray:
    """The smallest effect that this standard error would show with probability `power`, at one look or at any."""
    se = np.asarray(se, float)
    reach = -ndtri(alpha / 2) * se if scale is None else half_width(se, scale, alpha)
    return reach + ndtri(power) * se


def power(effect, se, scale=None, alpha: float = 0.05) -> np.ndarray:
    """The chance that an effect of this size is shown: at one look, or (with `scale`) at this look of many."""
    se = np.asarray(se, float)
    reach = -ndtri(alpha / 2) * se if scale is None else half_width(se, scale, alpha)
    size = np.abs(np.asarray(effect, float))
    with np.errstate(invalid="ignore", divide="ignore"):
        return ndtr((size - reach) / se) + ndtr((-size - reach) / se)


def _tau(se, scale) -> tuple[np.ndarray, np.ndarray]:
    se = np.asarray(se, float)
    se = np.where(se > 0, se, np.nan)
    return se, (np.asarray(scale, float) / se) ** 2
