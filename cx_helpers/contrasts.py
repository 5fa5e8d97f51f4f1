"""Which group, or which stretch of time, stands out?  Shares against the others, and against the rest of the time.

All that is looked at comes back, with its p value: who searches corrects for it.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cx_helpers import certainty, disclosure
from cx_helpers.dates import Period

SUMS = "n customers sum_x sum_xx cluster_xx cluster_xn cluster_nn".split()  # what `certainty.sums` brings of shares


def share(found: pd.DataFrame) -> pd.DataFrame:
    """The sums of `certainty.sums` over a yes-or-no observation, with `value` (0..1), low, high and se beside them."""
    return found.join(certainty.share(found, "value")[["value", "low", "high", "se"]])


def difference(one: pd.DataFrame, other: pd.DataFrame, smallest: int) -> pd.DataFrame:
    """Two answers of `share` row by row: n, customers, value, low, high, `baseline` (the other's value), `change`, and
    p_value (certainty.difference).  Rows in which either side is small, or nobody says yes, are left out."""
    enough = (one["n"] >= smallest) & (other["n"] >= smallest) & ((one["sum_x"] + other["sum_x"]) > 0)
    enough &= ~disclosure.few(one["customers"], smallest) & ~disclosure.few(other["customers"], smallest)
    step = one["value"] - other["value"]
    out = one[["n", "customers", "value", "low", "high"]].assign(baseline=other["value"], change=step)
    return out.assign(p_value=certainty.difference(step, one, other))[enough]


def against_others(now: pd.DataFrame, key: list[str], smallest: int) -> pd.DataFrame:
    """Each group against all other groups of the same `key` (index levels, e.g. the touchpoint) together."""
    now = now[now["n"] > 0]
    rest = now.groupby(level=key)[SUMS].transform("sum") - now[SUMS]
    return difference(now, share(rest).assign(customers=_largest_other(now["customers"], key)), smallest)


def within(one: pd.DataFrame, rest: pd.DataFrame) -> tuple[float, float]:
    """(change, p_value) of a group against the others, stratum by stratum: are they apart where like meets like?

    one, rest  n, value, se by the same strata (of another column);  nulls where fewer than two of them have both
    The mean of the differences, each weighted as Mantel and Haenszel do (n1 n0 / (n1 + n0)).
    Source: Greenland, Robins, Biometrics 41, 1985.
    """
    one, rest = one[["n", "value", "se"]].dropna().align(rest[["n", "value", "se"]].dropna(), join="inner", axis=0)
    if len(one) < 2:
        return np.nan, np.nan
    weight = one["n"] * rest["n"] / (one["n"] + rest["n"])
    se = np.sqrt((weight**2 * (one["se"] ** 2 + rest["se"] ** 2)).sum()) / weight.sum()
    if not se > 0:
        return np.nan, np.nan
    change = (weight * (one["value"] - rest["value"])).sum() / weight.sum()
    return float(change), float(certainty.two_sided(change / se))


def mixed(whole: float, change: float, p_value: float) -> bool:
    """Is a difference one of who they are, and not of the group?  It is where, among like ones (`within`), it turns
    round, or is less than half and may be chance (Simpson's paradox)."""
    same = np.sign(whole) * change
    return bool(same <= 0 or (p_value >= 0.05 and same < abs(whole) / 2))


def _largest_other(customers: pd.Series, key: list[str]) -> pd.Series:
    """Customers of the largest other group of the same key: as one may be in several, all are at least so many."""
    most = customers.groupby(level=key).transform("max")
    below = customers.where(customers < most)
    shared = (customers == most).groupby(level=key).transform("sum") > 1
    return most.where(below.notna() | shared, below.groupby(level=key).transform("max").fillna(0))


def against_time(each: pd.DataFrame, bins: list[Period], smallest: int) -> pd.DataFrame:
    """Each row's worst stretch of time against the rest of the time; p pays for all stretches there are.

    each  sums of `certainty.sums` by whatever the rows are and `bin`, the place in `bins`, periods one after another.
    Returns the columns of `difference`, and start and end, the first day of the stretch and the day after it.

    A stretch is at most half of the time: what lasts longer is the usual, and the few days beside it are the exception.
    """
    key = [n for n in each.index.names if n != "bin"]
    first, last = np.triu_indices(len(bins))
    keep = last - first + 1 <= len(bins) // 2
    first, last = first[keep], last[keep]
    groups = each.reset_index().groupby(key, dropna=False, sort=True)
    flat, number = groups.obj, groups.ngroup().to_numpy()
    names = flat[key].groupby(number).head(1).set_axis(pd.unique(number)).sort_index()
    tables = np.zeros((len(names), len(bins) + 1, len(SUMS)))
    tables[number, flat["bin"].to_numpy() + 1] = flat[SUMS]
    run = tables.cumsum(axis=1)  # up to each bin, so that any stretch is a difference of two
    whole = pd.DataFrame(run[:, -1], columns=SUMS)
    worth = np.flatnonzero((whole["sum_x"] > 0) & (whole["n"] >= 2 * smallest))
    parts = [_worst(run[part], first, last, smallest) for part in np.array_split(worth, max(1, len(worth) // 50))]
    found = pd.concat([part.set_axis(worth[part.index], axis=0) for part in parts])
    return found.assign(
        **names.loc[found.index].to_dict("series"),
        start=[bins[first[b]].first for b in found["stretch"]],
        end=[bins[last[b]].past for b in found["stretch"]],
        p_value=np.minimum(1.0, found["p_value"] * len(first)),
    ).set_index(key)


def _worst(run: np.ndarray, first: np.ndarray, last: np.ndarray, smallest: int) -> pd.DataFrame:
    """Of several rows (running sums: row, bin, sum) the stretch that stands out most, where one is worse.

    Returns, index the place in `run`: the columns of `_difference`, and `stretch`, the place in first and last.
    """
    inside = run[:, last + 1] - run[:, first]
    rest = run[:, -1:] - inside
    inside, rest = (pd.DataFrame(sums.reshape(-1, len(SUMS)), columns=SUMS) for sums in (inside, rest))
    found = difference(share(inside), share(rest), smallest)
    found = found[found["change"] > 0]
    best = found.loc[found.groupby(found.index // len(first))["p_value"].idxmin()]
    return best.assign(stretch=best.index % len(first)).set_axis(best.index // len(first), axis=0)
