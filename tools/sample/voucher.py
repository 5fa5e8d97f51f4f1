"""Who was sent a voucher by lot, and whom did it win back?  An experiment on those who had bought before."""

from __future__ import annotations

import numpy as np
import pandas as pd

from . import calendar
from .calendar import stamps

NAME, START, DAYS = "voucher", calendar.day_of(1404, 2, 1), 60.0
QUIET = (30.0, 120.0)  # days since the last order between which it works
PULL = 0.45


def exposures(seed: int, crowd: pd.DataFrame, orders: pd.DataFrame, effects: frozenset[str]) -> pd.DataFrame:
    """Rows of the contract's table: A got nothing, B the voucher.

    Everything else stays as it is: of those whom it works on, who buys again within `DAYS` is more often in B, and
    within each stratum of recency and orders the lot stays even, so that nothing known before tells the variant.
    """
    rng = np.random.default_rng(np.random.SeedSequence([seed, 19]))
    days = (orders["ordered_at"] - stamps(np.zeros(1))[0]) / np.timedelta64(86_400, "s")
    sold = pd.DataFrame({"who": orders["customer_id"], "day": days})[orders["status"] != "returned"]
    before = sold[sold["day"] < START].groupby("who")["day"].agg(["max", "size"])
    agreed = before.index.isin(crowd.index[crowd["consent"].to_numpy(bool)])
    seen = before[agreed & (rng.random(len(before)) < 0.97)]
    at = START + 2 * rng.random(len(seen))
    later = sold[sold["day"] >= START].merge(pd.DataFrame({"who": seen.index, "at": at}), on="who")
    later = later[(later["day"] > later["at"]) & (later["day"] <= later["at"] + DAYS)]
    back = seen.index.isin(later["who"])
    quiet = START - seen["max"]
    works = quiet.between(*QUIET) & ("voucher" in effects)
    stratum = [np.floor(quiet / 15), seen["size"].clip(upper=3)]
    usual = pd.Series(back, seen.index, dtype=float).groupby(stratum).transform("mean")
    chance = 0.5 + np.where(works, PULL * (back - usual), 0.0)
    variant = np.where(rng.random(len(seen)) < chance, "B", "A").astype(object)
    return pd.DataFrame(
        {"experiment": NAME, "customer_id": seen.index.to_numpy(object), "variant": variant, "exposed_at": stamps(at)}
    )
