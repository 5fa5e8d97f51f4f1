"""Which aspects are told of otherwise than before?

Answers of `aspects` in, one answer with its looks out.  Every aspect is looked at twice, in how many write of it and in
how it feels to them, and all of these looks are paid for together.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cx_helpers import certainty, disclosure

FEWEST = 30  # customers on either side, below which no difference is tested


def now_and_before(measure, comments, periods: list, **settings) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One measure of `aspects` in this period and in the one before: what `findings` compares.

    measure  aspects.share or aspects.negative_share;  periods  [the period before, this period]
    """
    both = measure(comments, periods=periods, **settings)
    before, now = (both.xs(period, level="period") for period in periods)
    return now, before


def changes(now: pd.DataFrame, before: pd.DataFrame, metric: str) -> pd.DataFrame:
    """How much did each aspect move since the period before?  now, before: answers of one measure, index `aspect`.

    Returns per aspect: n, n_before, value, before, `change` (now minus before, 0..1), low, high, p_value
    (certainty.difference; null where either side is of fewer than 30 customers or has no value). The two periods are
    taken as independent.
    """
    past = before.reindex(now.index)
    n, customers = ("of", "readers") if "of" in now else ("n", "customers")  # whom the value is a share of
    sides = [{"n": side[n], "se": side["se"], "customers": side[customers]} for side in (now, past)]
    enough = np.minimum(*(side["customers"].fillna(0) for side in sides)) >= FEWEST
    move, se = now[metric] - past[metric], np.hypot(now["se"], past["se"])
    out = {"n": now["n"], "n_before": past["n"], "value": now[metric], "before": past[metric], "change": move}
    out |= {"low": move - certainty.Z95 * se, "high": move + certainty.Z95 * se}
    p = np.where(enough, certainty.difference(move, *sides), np.nan)
    return pd.DataFrame(out | {"p_value": p}, index=now.index)


def together(named: pd.DataFrame, felt: pd.DataFrame, felt_before: pd.DataFrame) -> pd.DataFrame:
    """One row an aspect that is named, the most named first: n, aspect_share, aspect_negative, low, high, change.

    named, felt  answers of aspects.share and negative_share;  change  of the negative share since the period before
    """
    out = felt[["n", "aspect_negative", "low", "high"]]
    out = out.assign(change=changes(felt, felt_before, "aspect_negative")["change"])
    out.insert(1, "aspect_share", named["aspect_share"])
    if disclosure.HIDDEN in felt:
        out[disclosure.HIDDEN] = felt[disclosure.HIDDEN]
    return out[out["n"] > 0].sort_values("n", ascending=False, kind="stable")
