"""What did it change, where it began group by group?  Each group against those where it had not begun yet.

Comparing everybody before and after with one dummy takes groups that were treated long ago for controls, and may turn
the sign of an effect that grows.  So each group and month is compared, from the month before it began, with groups not
yet treated then; the effects are averaged afterwards.  It rests on the groups having gone alike without it: see
`trend`.
Source: Callaway, Sant'Anna, J. Econometrics 225, 2021; Goodman-Bacon, J. Econometrics 225, 2021.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from cx_helpers import certainty

COLUMNS = ["n", "effect", "low", "high", "p_value"]


class Cohort(NamedTuple):
    """Customers for whom it began in the same step: start (0, 1, … of the steps; None: never), n customers, mean of
    each step,
    cov (steps x steps: how customers' values of the steps vary and go together)."""

    start: int | None
    n: int
    mean: np.ndarray
    cov: np.ndarray


def cells(cohorts: list[Cohort]) -> list[tuple[int, int, int]]:
    """(cohort, step, base) of all that can be compared after the start: groups with a step before it, while others
    wait."""
    steps = len(cohorts[0].mean) if cohorts else 0
    return [
        (i, t, one.start - 1)
        for i, one in enumerate(cohorts)
        if one.start
        for t in range(one.start, steps)
        if _waiting(cohorts, t)
    ]


def _waiting(cohorts: list[Cohort], t: int) -> list[int]:
    return [i for i, one in enumerate(cohorts) if one.start is None or one.start > t]


def overall(cohorts: list[Cohort]) -> pd.DataFrame:
    """The mean effect on the treated, over all groups and steps that can be compared: one row `all`.

    Returns n (customers treated), effect (in the unit of the values, a step), low, high (95 %), p_value; null where
    nothing can be compared.  Errors are of customers, one independent of the other; the sizes of the groups are taken
    as they are.
    """
    found = cells(cohorts)
    return _row(cohorts, found, [cohorts[i].n for i, _, _ in found])


def by_step(cohorts: list[Cohort]) -> pd.DataFrame:
    """How does the effect go from the start on?  Index `since` (steps since the start): as `overall`."""
    since = sorted({t - cohorts[i].start for i, t, _ in cells(cohorts)})
    parts = {}
    for e in since:
        found = [cell for cell in cells(cohorts) if cell[1] - cohorts[cell[0]].start == e]
        parts[e] = _row(cohorts, found, [cohorts[i].n for i, _, _ in found]).iloc[0]
    return pd.DataFrame.from_dict(parts, orient="index", columns=COLUMNS).rename_axis("since")


def trend(cohorts: list[Cohort]) -> pd.DataFrame:
    """Did the groups go alike before?  The mean step from one month to the next before the start, less that of others
    who
    were not treated then: one row `all`, as `overall`; an effect here is a doubt there."""
    found = [
        (i, t, t - 1)
        for i, one in enumerate(cohorts)
        if one.start
        for t in range(1, one.start)
        if len(_waiting(cohorts, t)) > 1
    ]
    return _row(cohorts, found, [cohorts[i].n for i, _, _ in found])


def _row(cohorts: list[Cohort], found: list[tuple[int, int, int]], sizes: list[int]) -> pd.DataFrame:
    treated = {i for i, _, _ in found}
    nothing = {"n": sum(cohorts[i].n for i in treated)} | dict.fromkeys(COLUMNS[1:], np.nan)
    if not found:
        return pd.DataFrame(nothing, index=[certainty.ALL])
    weights = [np.zeros(len(one.mean)) for one in cohorts]
    for (i, t, base), size in zip(found, sizes, strict=True):
        share = size / sum(sizes)
        others = [j for j in _waiting(cohorts, t) if j != i]
        whole = sum(cohorts[j].n for j in others)
        for j, part in [(i, share), *((j, -share * cohorts[j].n / whole) for j in others)]:
            weights[j][t] += part
            weights[j][base] -= part
    effect = sum(w @ one.mean for w, one in zip(weights, cohorts, strict=True))
    variance = sum(w @ one.cov @ w / one.n for w, one in zip(weights, cohorts, strict=True) if one.n > 1)
    se = float(np.sqrt(max(variance, 0)))
    half, p = certainty.Z95 * se, float(certainty.two_sided(effect / se)) if se > 0 else np.nan
    row = {"effect": effect, "low": effect - half, "high": effect + half, "p_value": p}
    return pd.DataFrame(nothing | row, index=[certainty.ALL])
