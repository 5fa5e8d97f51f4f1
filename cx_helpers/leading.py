"""Does one series run ahead of another, and by how much?  Cross-correlation of what is new in each.

Two series that both grow, or both have waves, correlate at every lag and mean nothing by it.  So each is first reduced
to what its own past does not foretell; only news can announce news.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

LEAST = 40  # values that both series must have
MOST_ORDER = 4
_TIMES = 1999
_BLOCK = 4
_UNREST = 27  # steps about each, by whose mean size it is measured


def innovations(y) -> np.ndarray:
    """What is new in each value of a series: the residuals of an autoregression, as normal scores.

    y  equally spaced values, oldest first; NaN is a gap, and so is what would rest on it
    A series that wanders (memory near 1) is differenced first.  The order, at most 4, is the one that BIC likes best.
    Source: Haugh, JASA 71, 1976 (both series prewhitened); Box, Jenkins, Reinsel, Time Series Analysis, ch. 12.
    """
    y = np.asarray(y, float)
    known = y[~np.isnan(y)]
    if len(known) < LEAST // 2 or np.ptp(known) <= 1e-12 * max(1.0, np.abs(known).max()):
        return np.full(len(y), np.nan)
    if _memory(y) > 0.9:
        y = np.r_[np.nan, np.diff(y)]
    y = y - np.nanmean(y)
    lagged = np.column_stack([np.r_[np.full(k, np.nan), y[:-k]] for k in range(1, MOST_ORDER + 1)])
    whole = ~np.isnan(lagged).any(axis=1) & ~np.isnan(y)
    if whole.sum() < LEAST // 2:
        return np.full(len(y), np.nan)
    best, out = np.inf, y
    for order in range(MOST_ORDER + 1):
        x, trend = lagged[:, :order], np.linspace(-1, 1, len(y))
        x = np.column_stack([np.ones(len(y)), trend, x])
        coef = np.linalg.lstsq(x[whole], y[whole], rcond=None)[0]
        rest = y - x @ coef
        bic = whole.sum() * np.log(max((rest[whole] ** 2).mean(), 1e-300)) + order * np.log(whole.sum())
        if bic < best:
            best, out = bic, rest
    return _scored(out)


def _scored(news: np.ndarray) -> np.ndarray:
    """Residuals as normal scores, after the unrest of their own half-year is taken out of them.

    A young company's numbers are all restless together, which is no news that one brings the other.
    """
    from scipy.special import ndtri
    from scipy.stats import rankdata

    size = pd.Series(np.abs(news))
    around = size.rolling(_UNREST, center=True, min_periods=_UNREST // 3).mean().to_numpy()
    with np.errstate(invalid="ignore", divide="ignore"):
        even = np.where(around > 0, news / around, np.nan)
    known = ~np.isnan(even)
    if known.sum() < LEAST // 2 or np.ptp(even[known]) == 0:
        return np.full(len(news), np.nan)
    even[known] = ndtri((rankdata(even[known]) - 0.5) / known.sum())
    return even / np.nanstd(even)


def _memory(y: np.ndarray) -> float:
    both = ~np.isnan(y[1:]) & ~np.isnan(y[:-1])
    a, b = y[1:][both] - np.nanmean(y), y[:-1][both] - np.nanmean(y)
    return float(a @ b / np.sqrt((a @ a) * (b @ b))) if len(a) > 2 and a.any() and b.any() else 0.0


def leads(series: dict[str, np.ndarray], ahead: list[str], behind: list[str], most_lag: int = 8, seed: int = 1):
    """Which of `ahead` announces which of `behind`, and how many steps before?

    series  {name: values}, all of the same steps and the same length;  most_lag  steps ahead that are looked at
    Returns one row for each pair and lag 1…most_lag, index (`leader`, `follower`, `lag`): `correlation` of what is new
    in the leader with what is new in the follower `lag` steps later, its 95 % interval `low`-`high` (Fisher), n pairs
    of values, `p_value` and `p_adjusted`: how often the largest correlation of ALL pairs and lags would be as large if
    the leaders' news were shuffled in blocks of four (the largest of all looks pays for all looks: Westfall, Young
    1993; blocks: Künsch, Ann. Stat. 17, 1989).  Pairs with fewer than LEAST values in common are left out.
    """
    news = {name: innovations(series[name]) for name in dict.fromkeys([*ahead, *behind]) if name in series}
    rng, rows, tops, alone = np.random.default_rng(seed), [], np.zeros(_TIMES), []
    n = max((len(x) for x in news.values()), default=0)
    order = _shuffles(n, rng) if n else None
    for leader in (name for name in ahead if name in news):
        for follower in (name for name in behind if name in news and name != leader):
            found = _pair(news[leader], news[follower], order, most_lag)
            if found is None:
                continue
            r, counts, drawn = found
            tops = np.maximum(tops, drawn.max(axis=1))
            p = (1 + (drawn >= np.abs(r) * np.sqrt(counts)).sum(axis=0)) / (1 + _TIMES)
            alone += list(np.abs(r) * np.sqrt(counts))
            rows += [(leader, follower, lag, *row) for lag, row in enumerate(zip(r, counts, p, strict=True), 1)]
    found = pd.DataFrame(rows, columns=["leader", "follower", "lag", "correlation", "n", "p_value"])
    found["p_adjusted"] = [(1 + (tops >= size).sum()) / (1 + _TIMES) for size in alone]
    middle, half = np.arctanh(found["correlation"].clip(-0.999, 0.999)), 1.96 / np.sqrt((found["n"] - 3).clip(lower=1))
    found = found.assign(low=np.tanh(middle - half), high=np.tanh(middle + half))
    columns = ["n", "correlation", "low", "high", "p_value", "p_adjusted"]
    return found.set_index(["leader", "follower", "lag"])[columns]


def _shuffles(n: int, rng) -> np.ndarray:
    """Orders of n values in which blocks that stood together still do: draws x n."""
    start = rng.integers(0, n, _TIMES)
    blocks = int(np.ceil(n / _BLOCK))
    which = np.argsort(rng.random((_TIMES, blocks)), axis=1)
    place = (which[:, :, None] * _BLOCK + np.arange(_BLOCK)).reshape(_TIMES, -1)
    whole = np.array([row[row < n] for row in place])
    return (whole + start[:, None]) % n


def _pair(x: np.ndarray, y: np.ndarray, order: np.ndarray, most_lag: int):
    """(correlations, numbers of values, sizes under shuffling: draws x lags); None where too few are known."""
    known = ~np.isnan(x) & ~np.isnan(y)
    if known.sum() < LEAST:
        return None
    there, later = (~np.isnan(x)).astype(float), np.zeros((len(y), most_lag))
    for lag in range(1, most_lag + 1):
        later[:-lag, lag - 1] = np.nan_to_num(y[lag:])
    have = np.zeros_like(later)
    for lag in range(1, most_lag + 1):
        have[:-lag, lag - 1] = ~np.isnan(y[lag:])
    counts = there @ have
    if counts.min() < LEAST - most_lag:
        return None
    news = np.nan_to_num(x)
    drawn = np.abs(news[order] @ later) / np.sqrt(np.maximum(there[order] @ have, 1))
    return (news @ later) / counts, counts.astype(int), drawn
