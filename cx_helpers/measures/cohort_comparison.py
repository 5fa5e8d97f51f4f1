"""Whose customers leave?

Works on answers of `cohort.retention` (pandas in, pandas out).  Groups are compared within the same cohort months
(stratified), so that a channel that brought its customers in a bad month is not blamed for the month.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cx_helpers import certainty, disclosure


def compare(found: pd.DataFrame, a, b, by: str | None = None) -> pd.DataFrame:
    """Do two cohorts, or two values of a column, come back differently, month by month?

    a, b   two cohorts (dates.Period) of an answer of `retention`; or, with `by`, two values of that index level,
           compared within the cohorts they share
    Returns per offset that both were observed for: n, n_before (customers of a and of b), retention (of a), others
    (of b), `change` (a minus b, 0..1), low, high, p_value, p_adjusted (Benjamini-Hochberg over the offsets).
    """
    flat = found[found["retention"].notna() & (found["n"] > 0)].reset_index()
    flat = flat[flat["offset"] > 0]
    key = flat[by] if by else flat["cohort"]
    for wanted in (a, b):
        if not (key == wanted).any():
            seen = ", ".join(str(getattr(v, "name", v)) for v in key.drop_duplicates())
            asked = getattr(wanted, "name", wanted)
            raise ValueError(f"{asked!r} has no observed month to compare; there are: {seen}")
    here, there = flat[key == a], flat[key == b]
    if by:
        both = here.merge(there, on=["cohort", "offset"], suffixes=("", "_other"))
    else:
        both = here.merge(there, on="offset", suffixes=("", "_other"))
    rows = {
        k: _stratified(g["customers"], g["n"], g["customers_other"], g["n_other"]) for k, g in both.groupby("offset")
    }
    out = pd.DataFrame.from_dict(rows, orient="index", columns=_COLUMNS).rename_axis("offset")
    return out.assign(p_adjusted=certainty.adjust(out["p_value"])).astype({"n": int, "n_before": int})


def gaps(found: pd.DataFrame, by: str, offset: int = 1, smallest: int = 30) -> pd.DataFrame:
    """Which groups' customers come back less (or more) often than those of all other groups of the same months?

    found  an answer of `retention` split by `by` (one that is not split is one group, `all`, held against nobody)
    smallest  groups with fewer customers are not compared; where `found` says what is hidden for privacy, a group of
              which nothing is shown is a row of nulls, and `hidden` says why
    Returns per group: n, n_before (the others), retention (standardised to the months compared), others, `change`
    (group minus others), low, high, p_value, p_adjusted (Benjamini-Hochberg over the groups).
    Source: Mantel-Haenszel risk difference, Greenland, Robins, Biometrics 41, 1985; p: Cochran-Mantel-Haenszel.
    """
    found = found if by in found.index.names else pd.concat({certainty.ALL: found}, names=[by])
    flat = found[found["retention"].notna() & (found["n"] > 0)].reset_index()
    flat = flat[flat["offset"] == offset]
    cell = flat.groupby(["cohort", by], dropna=False, sort=False)[["customers", "n"]].sum()
    whole = cell.groupby(level="cohort", sort=False).transform("sum")
    rows = {}
    for value, mine in cell.groupby(level=by, dropna=False):
        rest = whole.loc[mine.index] - mine
        rows[value] = _stratified(mine["customers"], mine["n"], rest["customers"], rest["n"])
    out = pd.DataFrame(list(rows.values()), columns=_COLUMNS, index=pd.Index(list(rows), name=by, dtype=object))
    out[["n", "n_before"]] = out[["n", "n_before"]].astype(int)
    out.loc[out["n"] < smallest, _COLUMNS[2:]] = np.nan
    out = out.assign(p_adjusted=certainty.adjust(out["p_value"]))
    seen = found[found["observed"] & (found.index.get_level_values("offset") == offset)] if "hidden" in found else None
    return out if seen is None else disclosure.with_hidden(out, seen)


_COLUMNS = ["n", "n_before", "retention", "others", "change", "low", "high", "p_value"]


def _stratified(came, n, other_came, other_n) -> list[float]:
    """The Mantel-Haenszel difference of two shares over strata, with its interval and test."""
    a, m1, b, m0 = (np.asarray(x, float) for x in (came, n, other_came, other_n))
    both = (m1 > 0) & (m0 > 0)
    a, m1, b, m0 = a[both], m1[both], b[both], m0[both]
    total = m1 + m0
    weight = m1 * m0 / total
    if not weight.sum() > 0:
        return [m1.sum(), m0.sum(), *[np.nan] * 6]
    here, there = (weight * a / m1).sum() / weight.sum(), (weight * b / m0).sum() / weight.sum()
    # one imaginary buyer and one non-buyer spread over both sides keep the interval honest where a share is 0 or 1
    share1 = (a + 0.5 / len(a)) / (m1 + 1 / len(a))
    share0 = (b + 0.5 / len(b)) / (m0 + 1 / len(b))
    spread = weight**2 * (share1 * (1 - share1) / m1 + share0 * (1 - share0) / m0)
    half = certainty.Z95 * np.sqrt(spread.sum()) / weight.sum()
    came_all = a + b
    # under "no difference" the number who came is drawn from all of the stratum (hypergeometric)
    variance = (m1 * m0 * came_all * (total - came_all) / (total**2 * np.maximum(total - 1, 1))).sum()
    surplus = (a - m1 * came_all / total).sum()
    p = float(certainty.two_sided(surplus / np.sqrt(variance))) if variance > 0 else np.nan
    step = here - there
    return [m1.sum(), m0.sum(), here, there, step, max(step - half, -1), min(step + half, 1), p]


def is_large(change: float, base: float) -> bool:
    """Five points, or two points that are three tenths of what it was."""
    return abs(change) >= 0.05 or abs(change) >= max(0.02, 0.3 * base)
