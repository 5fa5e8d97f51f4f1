"""How sure are we?  Intervals that hold for small groups and repeated answers, and the price of many looks."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri, stdtr, stdtrit

Z95 = float(ndtri(0.975))


def wilson(successes, n, z: float = Z95) -> tuple[np.ndarray, np.ndarray]:
    """Wilson's score interval of a share: (low, high), each 0..1; null where n is 0.

    successes, n  counts; they may be fractional (an effective sample size).
    Source: Wilson, JASA 22, 1927; recommended for all n by Brown, Cai, DasGupta, Stat. Sci. 16, 2001.
    """
    n = np.asarray(n, float)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.asarray(successes, float) / n
        centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
        half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
        low, high = np.clip(centre - half, 0, 1), np.clip(centre + half, 0, 1)
    return np.where(n > 0, low, np.nan), np.where(n > 0, high, np.nan)


def effective_n(n, clusters, sum_x, sum_xx, cluster_xx, cluster_xn, cluster_nn) -> np.ndarray:
    """How many independent answers are `n` answers of fewer customers worth?  At most n.

    n            answers;  clusters  customers behind them
    sum_x        sum of the answers' values;  sum_xx  sum of their squares
    cluster_xx   sum over customers of (customer's sum)^2;  cluster_xn  of (customer's sum x customer's n)
    cluster_nn   of (customer's n)^2
    All come from one grouped query, so nothing grows with the data.  With one answer a customer the result is n.
    The ratio of the linearised cluster variance to the simple one is Kish's design effect; it is kept at 1 or above,
    so that chance agreement never shortens an interval.  Source: Kish, Survey Sampling, 1965; Cochran 1977, ch. 6.
    """
    n, clusters = np.asarray(n, float), np.asarray(clusters, float)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.asarray(sum_x, float) / n
        between = np.asarray(cluster_xx, float) - 2 * mean * cluster_xn + mean**2 * np.asarray(cluster_nn, float)
        clustered = clusters / (clusters - 1) * between / n**2
        simple = (np.asarray(sum_xx, float) - n * mean**2) / (n * (n - 1))
        effect = np.where((simple > 1e-12) & (clusters > 1), clustered / simple, np.nan)
    # without spread, or with one customer only, nothing can be estimated: each customer then counts once
    return np.where(np.isnan(effect), np.minimum(n, clusters), n / np.maximum(effect, 1))


def two_sided(z) -> np.ndarray:
    """Two-sided p value of a standard normal deviate."""
    return 2 * ndtr(-np.abs(np.asarray(z, float)))


def two_sided_t(t, df) -> np.ndarray:
    """Two-sided p value of Student's t with `df` degrees of freedom."""
    return 2 * stdtr(np.asarray(df, float), -np.abs(np.asarray(t, float)))


def t_quantile(df, level: float = 0.95) -> np.ndarray:
    """Student's t for a two-sided interval of `level`; null where df < 1."""
    df = np.asarray(df, float)
    return np.where(df >= 1, stdtrit(np.maximum(df, 1), 0.5 + level / 2), np.nan)


def adjust(p_values, method: str = "bh") -> np.ndarray:
    """p values corrected for the number of looks; nulls were not looked at and stay null.

    method  "bh" keeps the share of false findings down (Benjamini, Hochberg 1995); "holm" keeps the chance of any
            false finding down (Holm 1979).  A family is what one question looked at: pass it whole, each look once.
    """
    p = np.asarray(pd.to_numeric(pd.Series(np.ravel(p_values)), errors="coerce"), float)
    looked = np.flatnonzero(~np.isnan(p))
    m, out = len(looked), p.copy()
    if m == 0:
        return out
    order = looked[np.argsort(p[looked], kind="stable")]
    ranks = np.arange(1, m + 1)
    if method == "bh":
        steps = np.minimum.accumulate((p[order] * m / ranks)[::-1])[::-1]
    elif method == "holm":
        steps = np.maximum.accumulate(p[order] * (m - ranks + 1))
    else:
        raise ValueError(f"method {method!r} is not known; use 'bh' or 'holm'")
    out[order] = np.minimum(steps, 1)
    return out


def bootstrap(statistic, rows: int, *, times: int = 999, seed: int = 1) -> tuple[float, float]:
    """A percentile interval (95 %) of `statistic(weights)` when whole rows (customers) are drawn again.

    statistic  takes an integer weight for each of `rows` rows and returns a number or an array; null draws are left out
    Multinomial weights, so that nothing is copied.  Returns (low, high).  Source: Efron, Tibshirani 1993, ch. 13.
    """
    rng = np.random.default_rng(seed)
    draws = np.array([statistic(rng.multinomial(rows, np.full(rows, 1 / rows))) for _ in range(times)], float)
    with np.errstate(invalid="ignore"):
        return tuple(np.nanpercentile(draws, [2.5, 97.5], axis=0))
