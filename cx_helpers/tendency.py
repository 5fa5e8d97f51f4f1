"""Is it going up or down?  Mann-Kendall and Sen, which no outlier moves, corrected for memory in the data."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import ndtri
from scipy.stats import rankdata

from cx_helpers.certainty import two_sided

LEAST = 8  # values, below which a tendency cannot be told from chance


class Tendency(NamedTuple):
    """How a series goes: Mann-Kendall's `s`, `z` and `p_value`; Sen's `slope` a step with its interval `low`-`high`.

    n     values known;  inflation  by what part the memory of the series widens the variance of s (1: no memory)
    plain_z, plain_p  as if there were no memory
    """

    n: int
    s: float
    z: float
    p_value: float
    slope: float
    low: float
    high: float
    inflation: float
    plain_z: float
    plain_p: float


NONE = Tendency(0, *[np.nan] * 9)


def tendency(y) -> Tendency:
    """Does a series rise or fall, whatever its shape, and by how much a step?

    y  equally spaced values, oldest first; NaN is a gap, and keeps its place in time
    S counts the pairs that rise less those that fall.  Memory (this week resembles the last) makes a series wander and
    look like a tendency: the variance of S is widened by the autocorrelation of the ranks about Sen's line, at the lags
    where it is significant or as memory from one value to the next would have it, whichever is wider, and never made
    smaller.  Sen's slope is the median of the slopes of all pairs.
    Fewer than LEAST values give nulls; a constant series a slope of 0 and p = 1.
    Source: Mann 1945; Kendall 1975; Sen, JASA 63, 1968; Hamed, Rao, J. Hydrology 204, 1998; Yue, Wang,
    Water Resources Management 18, 2004.
    """
    y = np.asarray(y, float)
    at = np.flatnonzero(~np.isnan(y))
    n = len(at)
    if n < LEAST:
        return NONE._replace(n=n)
    x = y[at]
    first, last = np.triu_indices(n, 1)
    rise = x[last] - x[first]
    s = float(np.sign(rise).sum())
    slopes = np.sort(rise / (at[last] - at[first]))
    slope = float(np.median(slopes))
    ties = np.unique(x, return_counts=True)[1]
    variance = (n * (n - 1) * (2 * n + 5) - (ties * (ties - 1) * (2 * ties + 5)).sum()) / 18
    if variance <= 0:
        return Tendency(n, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 1.0)
    wider = _memory(x - slope * at)
    plain, z = ((s - np.sign(s)) / np.sqrt(variance * factor) for factor in (1.0, wider))
    half = ndtri(0.975) * np.sqrt(variance * wider)
    ends = np.clip([(len(slopes) - half) / 2, (len(slopes) + half) / 2], 0, len(slopes) - 1)
    low, high = np.interp(ends, np.arange(len(slopes)), slopes)
    return Tendency(
        n,
        s,
        float(z),
        float(two_sided(z)),
        slope,
        float(low),
        float(high),
        wider,
        float(plain),
        float(two_sided(plain)),
    )


def _memory(rest: np.ndarray) -> float:
    """By what part memory widens the variance of S: n / n*, 1 or above; the larger of two accounts of it."""
    n, ranks = len(rest), rankdata(rest)
    r = autocorrelation(ranks, n // 4)
    lags = np.arange(1, len(r) + 1)
    seen = np.where(np.abs(r) > ndtri(0.975) / np.sqrt(n), r, 0)
    ranked = 1 + 2 / (n * (n - 1) * (n - 2)) * ((n - lags) * (n - lags - 1) * (n - lags - 2) * seen).sum()
    rho = float(np.clip(r[0] + (1 + 4 * r[0]) / n, 0, 0.95)) if seen[0] > 0 else 0.0  # Kendall's bias of r(1)
    k = np.arange(1, n)
    return max(1.0, float(ranked), float(1 + 2 * ((1 - k / n) * rho**k).sum()))


def autocorrelation(x, lags: int) -> np.ndarray:
    """How alike are values 1, 2, … `lags` steps apart?  Zeros for a constant series."""
    x = np.asarray(x, float) - np.mean(x)
    power = float(x @ x)
    return np.array([x[k:] @ x[:-k] / power if power > 0 else 0.0 for k in range(1, min(lags, len(x) - 1) + 1)])
