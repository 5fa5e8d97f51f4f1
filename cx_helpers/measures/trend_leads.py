"""Do scores, feelings or complaints run ahead of money and of those who leave, and by how many weeks?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cx_helpers import leading
from cx_helpers.backtesting import scale_of
from cx_helpers.series import Series

AHEAD = ("nps", "csat", "sentiment", "complaint_share", "tickets", "resolution_hours")
BEHIND = ("revenue", "orders", "churn_rate")


def leads(weeks: dict[str, Series], levels: dict[str, pd.DataFrame], most_lag: int = 8) -> pd.DataFrame:
    """Which score announces which outcome, and how many weeks before?

    weeks   {metric: weekly Series}, of those among AHEAD and BEHIND that there are;  levels  of trend_levels.levels, in
            which calendar effects are out of totals: Nowruz moves complaints and revenue alike and announces nothing
    Returns the answer of leading.leads, every pair and lag; of revenue and orders, which say the same, the first alone.
    """
    behind = [name for name in BEHIND if name in weeks]
    behind = [name for name in behind if name != "orders" or "revenue" not in behind]
    names = [name for name in (*AHEAD, *behind) if name in weeks]
    if not behind or len(names) == len(behind):
        return leading.leads({}, [], [])
    whole = pd.concat({name: _level(weeks[name], levels[name]) for name in names}, axis=1)
    first = min(p.first for p in whole.index)
    last = max(p.first for p in whole.index)
    at = [(p.first - first).days // 7 for p in whole.index]
    whole = whole.set_axis(at).reindex(range((last - first).days // 7 + 1))
    aligned = {name: whole[name].to_numpy(float) for name in names}
    return leading.leads(aligned, [name for name in AHEAD if name in names], behind, most_lag)


def _level(one: Series, levels: pd.DataFrame) -> pd.Series:
    y = levels["usual"].astype(float)
    return pd.Series(np.asarray(scale_of(y.to_numpy(), one.total).to(y)), index=levels.index)


def best(found: pd.DataFrame) -> pd.DataFrame:
    """The lag of each pair at which it is surest."""
    if found.empty:
        return found
    return found.loc[found.groupby(level=["leader", "follower"], sort=False)["p_value"].idxmin()]
