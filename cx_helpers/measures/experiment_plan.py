"""How many customers does it take, and how much longer?  Power and the smallest effect that an experiment can show."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cx_helpers import sequential, versus


def outlook(found: pd.DataFrame, metric: str, trial, alpha: float = 0.05, power: float = 0.8) -> pd.DataFrame:
    """How many customers would it take to show the effect that is looked for, and how many more days?

    found  of effects;  metric  the one that decides;  trial  its pace is that of its days so far
    Returns index (variant, reading): `once` (a single look at a planned end) and `always` (looking whenever one likes);
    `scale` (the effect looked for), `detectable` (the smallest that today's number shows in four of five cases), `n`
    (customers in both arms), `chance` that the effect looked for shows by now, if it is there, `needed` customers for
    four of five, `days` more at the same pace (0: there already).
    """
    mine = found.xs(metric, level="metric") if metric in found.index.get_level_values("metric") else found.iloc[:0]
    days_so_far = (trial.last - trial.first).days + 1 if trial.customers else np.nan
    rows = []
    for variant, row in mine.iterrows():
        for reading, scale in (("once", None), ("always", row["scale"])):
            wanted = float(sequential.needed_se(row["scale"], scale, alpha, power))
            n = row["n"] + row["n_control"]
            needed = np.ceil(n * (row["se"] / wanted) ** 2) if wanted > 0 else np.nan
            days = np.ceil(max(needed - n, 0) / (n / days_so_far)) if needed == needed else np.nan
            seen = float(sequential.detectable(row["se"], scale, alpha, power))
            chance = float(sequential.power(row["scale"], row["se"], scale, alpha))
            rows.append((variant, reading, row["scale"], seen, n, chance, needed, days))
    columns = ["variant", "reading", "scale", "detectable", "n", "chance", "needed", "days"]
    return pd.DataFrame(rows, columns=columns).set_index(["variant", "reading"])


def plan(arms: pd.DataFrame, effect: float = 0.1, chance: float = 0.8, alpha: float = 0.05, variants: int = 2):
    """A power calculator: how many customers would an experiment need that is yet to be run?

    arms     sums of one metric, one row: what customers do today (experiment_outcomes.sums of the control)
    effect   in parts of today's value;  chance  of showing it, if it is there;  variants  with the control
    Returns index reading (once, always): `n` customers in all, `each` in a variant, `value` today, `scale` the effect
    in the metric's unit.  Several variants share alpha (Bonferroni's, the worst case of Holm's).
    """
    today = versus.arm(arms, bool((arms["kind"] == "share").all()))
    value, sd = float(today.value[0]), float(np.sqrt(today.variance[0] * today.n[0]))
    size, rows = abs(effect * value), []
    for reading, scale in (("once", None), ("always", size)):
        se = float(sequential.needed_se(size, scale, alpha / (variants - 1), chance))
        each = np.ceil(2 * sd**2 / se**2) if se > 0 else np.nan
        rows.append((reading, variants * each, each, value, size))
    return pd.DataFrame(rows, columns=["reading", "n", "each", "value", "scale"]).set_index("reading")
