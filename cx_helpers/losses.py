"""How bad can it get?  Value at risk of outcomes that were drawn, and what is lost beyond it."""

from __future__ import annotations

import numpy as np

LEVEL = 0.95


def var(outcomes, level: float = LEVEL) -> float:
    """Value at risk: how far below what is expected does the outcome fall in one case of twenty?  Null where none is.

    outcomes  one number a draw, more is better;  level  0.95: the shortfall that is not passed in 95 of 100 cases
    The mean less the quantile at 1 - level.  Source: Jorion, Value at Risk, 3rd ed. 2006, ch. 5 (relative VaR).
    """
    x = np.asarray(outcomes, float)
    return float(x.mean() - np.quantile(x, 1 - level)) if len(x) and np.isfinite(x).all() else float("nan")


def cvar(outcomes, level: float = LEVEL) -> float:
    """Conditional value at risk (expected shortfall): what falls short on average in the worst cases, beyond VaR.

    The mean less the mean of the worst share of 1 - level; a draw that this share cuts counts by the part that lies in
    it.
    Source: Rockafellar, Uryasev, J. Banking & Finance 26, 2002; Acerbi, Tasche, J. Banking & Finance 26, 2002.
    """
    x = np.sort(np.asarray(outcomes, float))
    if not len(x) or not np.isfinite(x).all():
        return float("nan")
    return float(x.mean() - worst(level, len(x)) @ x)


def worst(level: float, n: int) -> np.ndarray:
    """The weights of n outcomes in rising order in the mean of the worst 1 - level of them; they add up to 1."""
    size = (1 - level) * n
    return np.clip(size - np.arange(n), 0, 1) / size


def parts(outcomes, level: float = LEVEL) -> np.ndarray:
    """How much of the conditional value at risk of the sum is each column's?  They add up to it.

    outcomes  draws x parts.  Source: Tasche, Capital allocation, 1999 (Euler's principle).
    """
    x = np.asarray(outcomes, float)
    order = np.argsort(x.sum(axis=1), kind="stable")
    return x.mean(axis=0) - worst(level, len(x)) @ x[order]
