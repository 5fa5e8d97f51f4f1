"""Does it work alike for everybody?  The effect by segment, and whether the segments truly differ.

A variant that wins in one of thirty provinces and loses in another is what chance looks like.  So the question is not
where the effect is significant but whether effects differ at all: one interaction test for each way to split, all of
them corrected together.  Only where that holds is a group spoken of.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import gammaincc

from cx_helpers import certainty, disclosure, versus

FEWEST = 30  # customers of a group in either variant


def groups(
    parts: dict[str, pd.DataFrame], control: str, metric: str, *, alpha: float = 0.05, smallest: int = 1
) -> pd.DataFrame:
    """The effect in one metric in each group of customers.

    parts    {column: experiment_outcomes.sums by that column};  control, metric  which variant, which metric
    smallest groups with fewer customers in a variant are not shown (disclosure.Limit)
    Returns index (variant, column, group): n, n_control, customers (of the smaller side), `value`, `control`, `effect`,
    low, high (single look), se, p_value, p_adjusted (Benjamini-Hochberg over all), `share` (of the effect's weight: the
    group's customers among all that are shown).  Groups below 30 customers in either variant keep n and nulls.
    """
    rows = []
    for column, sums in parts.items():
        mine = sums[sums.index.get_level_values("metric") == metric]
        level = [n for n in mine.index.names if n not in ("metric", "variant")][0]
        if mine.empty:
            continue
        mine = mine.rename_axis(index={level: "group"})
        found = versus.compare(mine, control, alpha=alpha, adjust=False).droplevel("metric")
        rows.append(found.assign(column=column).set_index("column", append=True).swaplevel("column", "group"))
    kept = ["n", "n_control", "customers", "value", "control", "effect", "low", "high", "se", "p_value"]
    if not rows:
        index = pd.MultiIndex.from_arrays([[], [], []], names=["variant", "column", "group"])
        return pd.DataFrame(columns=[*kept, "p_adjusted"], index=index, dtype=float)
    out = pd.concat(rows).assign(customers=lambda f: np.fmin(f["n"].fillna(0), f["n_control"].fillna(0)))
    out = out.assign(low=out["fixed_low"], high=out["fixed_high"], p_value=out["p_fixed"], effect=out["plain"])[kept]
    values = [c for c in kept if c not in ("n", "n_control", "customers")]
    out[values] = out[values].mask(out["customers"] < FEWEST, axis=0)
    out["p_adjusted"] = certainty.adjust(out["p_value"], "bh")
    return _hidden(out.sort_index(kind="stable"), smallest)


def _hidden(out: pd.DataFrame, smallest: int) -> pd.DataFrame:
    """Groups too small to be shown, column by column: each is a table of its own."""
    if not isinstance(smallest, disclosure.Limit) or out.empty:
        return disclosure.hide(out, smallest, total=False)
    parts = [
        disclosure.hide(part.rename_axis(index={"group": column}), smallest).rename_axis(index={column: "group"})
        for (_, column), part in out.groupby(level=["variant", "column"], sort=False)
    ]
    return pd.concat([part.astype({disclosure.HIDDEN: object}) for part in parts])


def of_column(found: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """The groups of the first of these columns for which any are known: index (variant, column)."""
    for column in columns:
        part = found[found.index.get_level_values("column") == column]
        if part["effect"].notna().any():
            return part.droplevel("column").rename_axis(index={"group": column})
    return found.iloc[:0].droplevel("column")


def interactions(found: pd.DataFrame) -> pd.DataFrame:
    """Do the groups of a column differ in their effect by more than chance?

    found  of `groups`
    Returns index (variant, column): n (groups compared), `q` (Cochran's), p_value (chi-square, n - 1), p_adjusted (Holm
    over all columns and variants), `flips`: do groups that are sure of their sign point in both directions?  Null with
    fewer than two groups.  Source: Cochran, Biometrics 10, 1954.
    """
    rows = []
    for key, part in found.groupby(level=["variant", "column"], sort=False):
        known = part[(part["se"] > 0) & part["effect"].notna()]
        weight = 1 / known["se"] ** 2
        if len(known) < 2:
            rows.append((*key, len(known), np.nan, np.nan, False))
            continue
        middle = (weight * known["effect"]).sum() / weight.sum()
        q = float((weight * (known["effect"] - middle) ** 2).sum())
        sure = known[(known["p_value"] * len(known)) < 0.05]
        flips = bool((sure["effect"] > 0).any() and (sure["effect"] < 0).any())
        rows.append((*key, len(known), q, float(gammaincc((len(known) - 1) / 2, q / 2)), flips))
    out = pd.DataFrame(rows, columns=["variant", "column", "n", "q", "p_value", "flips"]).set_index(
        ["variant", "column"]
    )
    return out.assign(p_adjusted=certainty.adjust(out["p_value"], "holm"))
