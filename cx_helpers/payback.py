"""When does a cost come back, and how likely is it?  From what is known of the gain of a month, with its error."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

COLUMNS = ["payback", "payback_low", "payback_high", "chance", "roi", "roi_low", "roi_high"]


def told(monthly: np.ndarray, cost: float, months: int) -> dict[str, float]:
    """payback (months until the gains reach the cost: median, with payback_low, payback_high, 95 %; infinite: never),
    chance
    (that they do within `months`), roi (gains of all these months less the cost, in parts of the cost; 95 %).

    monthly  draws of the gain of a month, less where it loses;  cost  once, at the start.  Nulls without draws, or a
             cost.
    """
    if not len(monthly) or not np.isfinite(monthly).all() or not cost > 0:
        return dict.fromkeys(COLUMNS, np.nan)
    with np.errstate(divide="ignore"):
        until = np.where(monthly > 0, cost / np.where(monthly > 0, monthly, 1), np.inf)
    # by order, not by interpolation: between a number and never there is nothing
    ends = np.quantile(until, [0.5, 0.025, 0.975], method="inverted_cdf")
    gains = np.quantile((monthly * months - cost) / cost, [0.5, 0.025, 0.975])
    chance = float((monthly * months >= cost).mean())
    return dict(zip(COLUMNS, (*map(float, ends), chance, *map(float, gains)), strict=True))


def beside(found: pd.DataFrame, every: pd.DataFrame, days: int) -> list[int]:
    """How many other initiatives were begun at each one's touchpoint, within so many days before or after it?

    found  with initiative_id, touchpoint, started_at;  every  all of them, index initiative_id
    """
    starts, ids = pd.to_datetime(every["started_at"], utc=True), every.index
    near = []
    for row in found.itertuples():
        close = (starts - pd.Timestamp(row.started_at)).abs() <= dt.timedelta(days=days)
        near.append(int((close & (every["touchpoint"] == row.touchpoint) & (ids != row.initiative_id)).sum()))
    return near
