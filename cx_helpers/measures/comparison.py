"""Did it change, and who differs?  Two answers side by side.

Works on any answer that has `n`, a value, and `se` (NPS, CSAT, sentiment, retention …): pandas in, pandas out.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cx_helpers import certainty

FEWEST = 30  # customers on either side, below which no difference is tested: their answers would be few opinions


def change(now: pd.DataFrame, before: pd.DataFrame, metric: str) -> pd.DataFrame:
    """How much did each group move since the period before, and is that more than chance?

    now, before   answers of the same measure with the same groups
    Returns, per group of `now`: n, n_before, `change` (now minus before, in the metric's unit), low, high, p_value
    (certainty.difference; null where either side has fewer than 30 customers), p_adjusted (Benjamini-Hochberg over the
    groups), `detectable` (the smallest change that this many answers would show in four of five cases).  Null where
    either side has no value.
    The two periods are taken as independent; customers who answer in both make the interval a little too wide.
    """
    past = before.reindex(now.index)
    return _difference(now, past.assign(n=past["n"].fillna(0).astype(int)), now[metric] - past[metric])


def gaps(now: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Which groups differ from all the others together?

    now   an answer split by one column.  Groups without a value are neither compared nor part of the others.
    Returns as `change`: n, n_before (the others' answers), `change` (group minus others), low, high, p_value,
    p_adjusted, detectable, and `others` (their value).
    """
    seen = now[now[metric].notna() & now["se"].notna()]
    n, value, se = seen["n"], seen[metric], seen["se"]
    rest_n = n.sum() - n
    rest = ((n * value).sum() - n * value) / rest_n.where(rest_n > 0)
    rest_se = np.sqrt(((n * se) ** 2).sum() - (n * se) ** 2) / rest_n.where(rest_n > 0)
    people = _customers(seen)
    others = pd.DataFrame({"n": rest_n, "se": rest_se, "customers": people.sum() - people})
    out = _difference(seen, others, value - rest).assign(others=rest)
    return out.reindex(now.index).assign(n=now["n"])


def _customers(answer: pd.DataFrame) -> pd.Series:
    return answer["customers"] if "customers" in answer else answer["n"]


def _difference(now: pd.DataFrame, other: pd.DataFrame, step: pd.Series) -> pd.DataFrame:
    se = np.hypot(now["se"], other["se"])
    few = np.minimum(_customers(now), _customers(other))
    p = np.where(few >= FEWEST, certainty.difference(step, now, other), np.nan)
    out = {"n": now["n"], "n_before": other["n"], "change": step}
    out |= {"low": step - certainty.Z95 * se, "high": step + certainty.Z95 * se}
    out |= {"p_value": p, "p_adjusted": certainty.adjust(p), "detectable": 2.8 * se}
    return pd.DataFrame(out, index=now.index)


def splits(
    measure, table, columns: list[str], periods: list, **settings
) -> dict[str, tuple[pd.DataFrame, pd.DataFrame]]:
    """One measure now and in the period before, as a whole (`all`) and split by each column: what `findings` searches.

    measure   a function (table, by=…, periods=…, **settings) -> answer, e.g. survey.nps
    table     its engine table, holding both periods and all `columns`;  periods  [the period before, this period]
    Returns {column: (answer now, answer before)}.
    """
    out = {}
    for column in [None, *(c for c in dict.fromkeys(columns) if c != certainty.ALL)]:
        both = measure(table, by=column, periods=periods, **settings)
        level = both.index.get_level_values("period") if column else both.index
        before, now = (both[level == period] for period in periods)
        if column:
            before, now = (part.droplevel("period") for part in (before, now))
        else:
            before, now = (part.set_axis([certainty.ALL]) for part in (before, now))
        out[column or certainty.ALL] = (now, before)
    return out
