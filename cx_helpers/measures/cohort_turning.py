"""From which cohort on did it change?  One fixed rule over the cohorts of `cohort.retention`, paid for in full.

Nothing to tune: no penalty, no number of breaks to choose, and the seed of the draws is fixed.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cx_helpers import certainty

TIMES = 9999, 90000  # orders of the cohorts that are drawn: at first, and further ones where none was as extreme
EDGE = 3  # cohorts on either side of a turning point, at least
FEWEST = 8  # cohorts without which no turning point is looked for
_COLUMNS = "cohorts n n_before since since_low since_high retention others change low high p_value".split()


def turning_points(found: pd.DataFrame, offsets=(1, 3), smallest: int = 30, seed: int = 1) -> pd.DataFrame:
    """`turning_point` for each of several months since the first order: one row each."""
    return pd.concat([turning_point(found, offset, smallest, seed) for offset in offsets])


def turning_point(found: pd.DataFrame, offset: int = 1, smallest: int = 30, seed: int = 1) -> pd.DataFrame:
    """From which cohort on do customers come back more (or less) often than those before?

    found  an answer of `retention` without split;  smallest  cohorts with fewer customers are left out
    Every split with 3 cohorts or more on each side is tried, one rule, nothing to tune: the greatest standardised
    difference of the pooled shares after and before.  p is the share of random orders of the same cohorts (9,999; ten
    times as many where none was as large; seed fixed) whose greatest difference is as large, so that cohorts that
    scatter more than customers would by chance (campaigns, holidays) do not pass for a change, and every split tried
    is paid for.
    Returns one row, index `offset`: n, n_before (customers since, before), cohorts, `since` (dates.Period),
    since_low, since_high (95 % range of the start), retention (since), others (before), change, low, high (widened by
    the scatter), p_value.  Nulls where fewer than 8 cohorts were observed.
    Source: maximally selected statistics, Hothorn, Lausen, Comput. Stat. Data Anal. 43, 2003; range of the start:
    likelihood ratio, Siegmund, Int. Stat. Rev. 56, 1988.
    """
    rows = found.xs(offset, level="offset") if offset in found.index.get_level_values("offset") else found.iloc[:0]
    rows = rows[rows["retention"].notna() & (rows["n"] >= smallest)]
    count = len(rows)
    if count < FEWEST or rows["customers"].sum() in (0, rows["n"].sum()):
        values = [count, int(rows["n"].sum()), 0, *[None] * 3, *[np.nan] * 6]
        return pd.DataFrame([values], columns=_COLUMNS, index=pd.Index([offset], name="offset"))
    came, n = rows["customers"].to_numpy(float), rows["n"].to_numpy(float)
    own = _splits(came[None], n[None])[0]
    rng = np.random.default_rng(seed)
    asked = as_large = 0
    for times in TIMES:
        order = rng.permuted(np.tile(np.arange(count), (times, 1)), axis=1)
        as_large += (_splits(came[order], n[order]).max(axis=1) >= own.max() - 1e-12).sum()
        asked += times
        if as_large:
            break
    p = (1 + as_large) / (asked + 1)
    at = int(own.argmax()) + EDGE
    before, since = slice(0, at), slice(at, None)
    here, there = came[since].sum() / n[since].sum(), came[before].sum() / n[before].sum()
    expected = np.where(np.arange(count) < at, there, here)
    scatter = ((came - n * expected) ** 2 / np.maximum(n * expected * (1 - expected), 1e-9)).sum() / (count - 2)
    se = np.sqrt(here * (1 - here) / n[since].sum() + there * (1 - there) / n[before].sum())
    half = certainty.t_quantile(count - 2) * se * np.sqrt(max(scatter, 1))
    near = np.flatnonzero(own**2 >= own.max() ** 2 - 7.35 * max(scatter, 1)) + EDGE  # (1 - exp(-7.35 / 2))**2 = 0.95
    cohorts = list(rows.index)
    values = [count, int(n[since].sum()), int(n[before].sum()), cohorts[at], cohorts[near[0]], cohorts[near[-1]]]
    values += [here, there, here - there, here - there - half, here - there + half, p]
    return pd.DataFrame([values], columns=_COLUMNS, index=pd.Index([offset], name="offset"))


def _splits(came: np.ndarray, n: np.ndarray) -> np.ndarray:
    """|z| of the share after against before, for each row and each split with EDGE cohorts or more on either side."""
    before, size = came.cumsum(axis=1)[:, EDGE - 1 : -EDGE], n.cumsum(axis=1)[:, EDGE - 1 : -EDGE]
    total, whole = came.sum(axis=1, keepdims=True), n.sum(axis=1, keepdims=True)
    share = total / whole
    step = (total - before) / (whole - size) - before / size
    return np.abs(step) / np.sqrt(share * (1 - share) * (1 / size + 1 / (whole - size)))
