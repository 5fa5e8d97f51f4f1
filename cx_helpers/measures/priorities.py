"""Where to begin?  Importance against performance.

Takes the answers of `importance.importance` and `drivers.associations` made from the same rows.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cx_helpers.folding import Rows

SAME = 0.02  # performances so near to each other are the same


def priorities(
    rows: Rows, weights: pd.DataFrame, links: pd.DataFrame, scales: dict[str, tuple[float, float]] | None = None
) -> pd.DataFrame:
    """Which drivers weigh much and do badly?  The field's importance-performance grid.

    weights   importance.importance(rows);  links  drivers.associations(rows)
    scales    {driver: (lowest, highest)} where the ends of a scale were never used; the default is what was seen
    Returns per driver: n, mean (in its own units), performance (0..1 of its scale; where less is better, as for late
    deliveries, 1 is none of it), with_it and without_it (of a yes/no: the mean outcome of those who met it and of the
    others, as counted), importance with low and high, room (points of the outcome between today's mean and
    the driver's best end along the slope, an association) with room_low and room_high, and `place`: improve (weighs
    more than an equal share, does worse than the drivers' average), keep (weighs more, does better), watch (weighs
    less, does worse), fine (weighs less, does better), unsure (whether more or less of it is better cannot be told).
    Source: Martilla, James, J. Marketing 41(1), 1977.
    """
    names = "mean performance with_it without_it importance low high room room_low room_high".split()
    index = weights.index
    if not rows.enough:
        return pd.DataFrame({"n": rows.n}, index=index).assign(**dict.fromkeys(names, np.nan), place=None)
    x = pd.DataFrame(rows.x, columns=list(rows.drivers))
    mean = pd.Series(rows.weight @ rows.x / rows.n, index=list(rows.drivers)).reindex(index)
    seen = {c: (scales or {}).get(c, (x[c].min(), x[c].max())) for c in index}
    low, high = (pd.Series({c: float(ends[i]) for c, ends in seen.items()}) for i in (0, 1))
    better = links["slope"].reindex(index) >= 0
    performance = ((mean - low) / (high - low)).where(better, (high - mean) / (high - low))
    best = high.where(better, low) - mean
    out = pd.DataFrame({"n": rows.n, "mean": mean, "performance": performance}, index=index)
    counted = [_counted(x[c].to_numpy(), rows) for c in index]
    out[["with_it", "without_it"]] = pd.DataFrame(counted, index, ["with_it", "without_it"], float)
    out = out.join(weights[["importance", "low", "high"]])
    ends = pd.DataFrame({end: links[end].reindex(index) * best for end in ("slope", "slope_low", "slope_high")})
    out["room"] = ends["slope"]
    out["room_low"], out["room_high"] = ends.min(axis=1), ends.max(axis=1)
    sure = (links["slope_low"] * links["slope_high"] > 0).reindex(index)
    heavy, good = out["importance"] >= 1 / len(out), performance >= performance[sure].mean() - SAME
    cases = [~sure, heavy & ~good, heavy & good, ~heavy & ~good]
    out["place"] = np.select(cases, ["unsure", "improve", "keep", "watch"], "fine")
    return out


def middle(places: pd.DataFrame) -> tuple[float, float] | tuple[None, None]:
    """Where the grid of `priorities` is cut: (performance, importance); nulls where nothing is sure."""
    sure = places.loc[places["place"].notna() & (places["place"] != "unsure"), "performance"]
    return (float(sure.mean() - SAME), 1 / len(places)) if len(sure) else (None, None)


def _counted(values: np.ndarray, rows: Rows) -> tuple[float, float]:
    """The mean outcome where a yes/no driver is 1 and where it is 0; nulls for any other driver."""
    if set(np.unique(values)) != {0.0, 1.0}:
        return np.nan, np.nan
    return tuple(float(np.average(rows.y[values == v], weights=rows.weight[values == v])) for v in (1, 0))
