"""What do customers get for what they give?  Value = benefit - effort - risk - price ± treatment, by own weights.

Perceived value is what is got weighed against what is given (Zeithaml, J. Marketing 52, 1988); costs other than money
count among what is given.  Answers that are alike are folded to one row with a weight, so what is drawn again stays
small; customers are drawn with all their answers, so the five parts keep together.
"""

from __future__ import annotations

import ibis.expr.types as ir
import numpy as np
import pandas as pd

from cx_helpers import certainty, forms

SIGNS = {"benefit": 1.0, "effort": -1.0, "risk": -1.0, "price": -1.0, "treatment": 1.0}
MIDDLE = 50.0  # treatment is asked from much worse to much better than due: its middle neither gives nor takes
TIMES = 999
COLUMNS = ["n", "customers", "level", "weight", "adds", "low", "high"]


def value(found: ir.Table, weights: dict, smallest: int = 1, seed: int = 1) -> pd.DataFrame:
    """What is each part worth, and what is the value in sum?

    found    answers to value of `forms.answers`;  weights  what a point of each part counts (`settings.value_weights`)
    Levels are in points of 100 of the scale (a high effort is much effort).  A part is worth its sign x its weight /
    the weight of benefit x its level (treatment: its distance from 50), so a value is in points of benefit.
    Returns, index `part` (the five, then `value`): n, customers (who answered all five), level (null for value),
    weight, adds (its worth), and low and high of it (percentiles of 999 draws of customers).
    """
    rows, counts = _folded(found)
    n = int(counts.sum())
    names = [*forms.VALUE, "value"]
    if not n:
        return certainty.hide_small(
            pd.DataFrame(np.nan, pd.Index(names, name="part"), COLUMNS).assign(n=0, customers=0), smallest
        )
    each = _worth(rows, weights)
    rng = np.random.default_rng(seed)
    means = rng.multinomial(n, counts / n, size=TIMES) @ each / n
    low, high = np.percentile(means, [2.5, 97.5], axis=0)
    out = pd.DataFrame({"n": n, "customers": n}, index=pd.Index(names, name="part"))
    out["level"] = [*(counts @ rows / n), np.nan]
    out["weight"] = [*(float(weights[part]) for part in forms.VALUE), np.nan]
    out = out.assign(adds=counts @ each / n, low=low, high=high)
    return certainty.hide_small(out, smallest, total=False)


def losing(found: ir.Table, weights: dict, smallest: int = 1) -> pd.DataFrame:
    """Which share of customers gives more than it gets (a value below 0)?  One row `all`: n, customers, losing (0..1),
    low, high (Wilson)."""
    rows, counts = _folded(found)
    n, lost = int(counts.sum()), float(counts[_worth(rows, weights)[:, -1] < 0].sum())
    low, high = certainty.wilson([lost], [n])
    row = {"n": n, "customers": n, "losing": lost / n if n else np.nan, "low": low[0], "high": high[0]}
    found = pd.DataFrame(row, index=["all"])
    return certainty.hide_small(found, smallest)


def _worth(rows: np.ndarray, weights: dict) -> np.ndarray:
    """Of each row what the five parts are worth, and their sum."""
    factor = np.array([SIGNS[part] * weights[part] / weights["benefit"] for part in forms.VALUE])
    shift = np.array([MIDDLE if part == "treatment" else 0.0 for part in forms.VALUE])
    parts = (rows - shift) * factor
    return np.column_stack([parts, parts.sum(axis=1)])


def _folded(found: ir.Table) -> tuple[np.ndarray, np.ndarray]:
    """Customers who answered all five, those who answered alike as one row (points of 100), and how many they are."""
    each = forms.each(found)
    wide = each.group_by("customer_id").aggregate(**{p: each.x.max(where=each.part == p) for p in forms.VALUE})
    full = wide.filter(*(wide[p].notnull() for p in forms.VALUE))
    full = full.select(**{p: (100 * full[p]).round(1) for p in forms.VALUE})
    counted = full.group_by(list(forms.VALUE)).aggregate(n=full.count()).execute()
    counted = counted.sort_values(list(forms.VALUE), ignore_index=True)
    return counted[list(forms.VALUE)].to_numpy(float).reshape(-1, len(forms.VALUE)), counted["n"].to_numpy(float)
