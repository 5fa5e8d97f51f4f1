"""Which questions of a form ask about the same thing?  Suitability, factors and reliability of items.

All of it works on a correlation or covariance matrix, so that the answers may stay in the engine.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import special


class Suitability(NamedTuple):
    """Can these items be factored?  kmo 0..1 (.6 at least), of each item too; Bartlett's chi2, df, p (below .05)."""

    kmo: float
    each: np.ndarray
    chi2: float
    df: int
    p_value: float


def suitability(r, n: int) -> Suitability:
    """Do the items share enough to be factored?

    r  their correlation matrix;  n  answers behind it
    KMO: how much of the correlations stays once all other items are held fixed; Bartlett: are they all zero?
    Source: Kaiser, Rice 1974; Bartlett 1951.  A matrix that cannot be inverted (an item said twice) gives NaN.
    """
    r = np.asarray(r, float)
    p, sign, logdet = len(r), *np.linalg.slogdet(r)
    df = p * (p - 1) // 2
    if sign <= 0 or np.linalg.cond(r) > 1e12 or p < 2:
        return Suitability(np.nan, np.full(p, np.nan), np.nan, df, np.nan)
    inverse = np.linalg.inv(r)
    partial = inverse / np.sqrt(np.outer(np.diag(inverse), np.diag(inverse)))
    apart = ~np.eye(p, dtype=bool)
    whole, left = (np.where(apart, m, 0) ** 2 for m in (r, partial))
    chi2 = -(n - 1 - (2 * p + 5) / 6) * logdet
    kmo, each = (whole.sum(axis=a) / (whole.sum(axis=a) + left.sum(axis=a)) for a in (None, 0))
    return Suitability(float(kmo), each, float(chi2), df, float(special.chdtrc(df, chi2)))


def count(r, n: int, seed: int = 1, times: int = 200) -> int:
    """How many factors?  As many eigenvalues as exceed the 95th percentile of those of unrelated items (Horn 1965)."""
    r = np.asarray(r, float)
    p = len(r)
    rng = np.random.default_rng(seed)
    # covariances of unrelated items, drawn without their answers (Bartlett 1933)
    root = np.tril(rng.standard_normal((times, p, p)), -1)
    root[:, range(p), range(p)] = np.sqrt(rng.chisquare(n - 1 - np.arange(p), (times, p)))
    drawn = root @ root.transpose(0, 2, 1)
    scale = np.sqrt(np.einsum("tii->ti", drawn))
    chance = np.linalg.eigvalsh(drawn / scale[:, :, None] / scale[:, None, :])[:, ::-1]
    above = np.linalg.eigvalsh(r)[::-1] > np.quantile(chance, 0.95, axis=0)
    return int(p if above.all() else above.argmin())


def loadings(r, k: int, steps: int = 500) -> np.ndarray:
    """How strongly does each item say each of k factors (items x factors, -1..1)?  Principal axes, varimax.

    Each factor is turned so that its items are more positive than negative; the strongest factor is first.
    """
    r = np.asarray(r, float)
    shared = 1 - 1 / np.diag(np.linalg.pinv(r))
    for _ in range(steps):
        values, vectors = np.linalg.eigh(r - np.diag(1 - shared))
        found = vectors[:, ::-1][:, :k] * np.sqrt(np.clip(values[::-1][:k], 0, None))
        new = np.clip((found**2).sum(axis=1), 0, 0.995)
        done, shared = np.abs(new - shared).max() < 1e-6, new
        if done:
            break
    found = _varimax(found)
    found = found * np.where(found.sum(axis=0) < 0, -1, 1)
    return found[:, np.argsort(-(found**2).sum(axis=0), kind="stable")]


def _varimax(a, steps: int = 200) -> np.ndarray:
    """Turned so that each item says few factors (Kaiser 1958, rows of length 1)."""
    if a.shape[1] < 2:
        return a
    length = np.sqrt((a**2).sum(axis=1, keepdims=True))
    rows, turn, last = a / np.maximum(length, 1e-12), np.eye(a.shape[1]), 0.0
    for _ in range(steps):
        b = rows @ turn
        u, s, v = np.linalg.svd(rows.T @ (b**3 - b * (b**2).mean(axis=0)))
        turn = u @ v
        if s.sum() < last * (1 + 1e-10):
            break
        last = s.sum()
    return a @ turn


def alpha(covariance, n: int) -> tuple[float, float, float]:
    """Cronbach's alpha (1 at the most; .7 is usual) with its 95 % interval by Feldt 1965; NaN for a single item."""
    c = np.asarray(covariance, float)
    k = len(c)
    if k < 2 or c.sum() <= 0 or n < 2:
        return (np.nan,) * 3
    found = k / (k - 1) * (1 - np.trace(c) / c.sum())
    ends = special.fdtri(n - 1, (n - 1) * (k - 1), [0.975, 0.025])
    return (float(found), *(float(1 - (1 - found) * end) for end in ends))


def omega(covariance) -> float:
    """McDonald's omega of one factor (0..1): how much of the sum's variance is what the items have in common.

    Unlike alpha it does not take the items as equally good.  NaN below three items: one factor is then not told.
    """
    c = np.asarray(covariance, float)
    if len(c) < 3 or (np.diag(c) <= 0).any():
        return np.nan
    sd = np.sqrt(np.diag(c))
    common = float((loadings(c / np.outer(sd, sd), 1)[:, 0] * sd).sum()) ** 2
    return float(common / c.sum()) if c.sum() > 0 else np.nan
