"""Since when is it different?  The one period from which a score has another level, the search for it paid for.

Works on any answer by periods that has `n`, a value and `se` (sentiment, NPS, CSAT …): pandas in, pandas out.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cx_helpers import certainty

FEWEST = 6  # periods


def since(series: pd.DataFrame, metric: str, times: int = 1999, seed: int = 1) -> pd.DataFrame:
    """Since when is the score another?  The one period from which the level is another, if there is one.

    series   an answer by periods, oldest first, e.g. `sentiment.mean(…, periods=months)`; those without a value are
             left out
    Every period with two before it is tried as the turn, the last one too, weighted by 1/se^2; p_value is the share
    of `times` series without any turn (same periods, same errors, same unrest between periods) in which the best of
    all these tries stands out as much, so that the search is paid for. The unrest beyond sampling error is estimated
    and widens everything.
    Returns one row, index = the first period of the new level: n and n_before (comments, answers), `before` (level),
    `change` with low, high, p_value, p_adjusted (the same: one search), `earliest` and `latest` (the turn lies between
    them in 95 % of redrawn series). Empty with fewer than six periods. A slow trend is found as a turn, too: look.
    Source: maximally selected statistic by parametric bootstrap; Andrews, Econometrica 61, 1993.
    """
    names = "n n_before before change low high p_value p_adjusted earliest latest".split()
    known = series[series[metric].notna() & (series["se"] > 0)]
    if len(known) < FEWEST:
        return pd.DataFrame(columns=names)
    y, se = known[metric].to_numpy(float), known["se"].to_numpy(float)
    turn, stands_out, step, unrest, before = (found[0] for found in _best_turn(y[None], se))
    noise = np.random.default_rng(seed).normal(size=(times, len(y))) * se * np.sqrt(unrest)
    p = (1 + (_best_turn(noise, se)[1] >= stands_out).sum()) / (1 + times)
    again = _best_turn(before + step * (np.arange(len(y)) >= turn) + noise, se)[0]
    first, last = np.percentile(again, [2.5, 97.5], method="nearest").astype(int)
    margin = certainty.Z95 * np.sqrt(unrest) * np.sqrt(1 / (se[:turn] ** -2).sum() + 1 / (se[turn:] ** -2).sum())
    row = (known["n"].iloc[turn:].sum(), known["n"].iloc[:turn].sum(), before, step, step - margin, step + margin, p, p)
    index = pd.Index([known.index[turn]], name=series.index.name, dtype=object)
    return pd.DataFrame([(*row, known.index[first], known.index[last])], columns=names, index=index)


def _best_turn(y: np.ndarray, se: np.ndarray) -> tuple[np.ndarray, ...]:
    """For each series (row of y): where it turns best, by how much that stands out, the step, the unrest, the level."""
    months = y.shape[1]
    turns = np.arange(2, months)
    w = se**-2.0
    total, until = w.sum(), np.cumsum(w)[turns - 1]
    sum_until = np.cumsum(w * y, axis=1)[:, turns - 1]
    whole = (w * y).sum(axis=1, keepdims=True)
    before, after = sum_until / until, (whole - sum_until) / (total - until)
    explained = (after - before) ** 2 * until * (total - until) / total
    around = (w * (y - whole / total) ** 2).sum(axis=1, keepdims=True)
    unrest = np.maximum(1, (around - explained) / (months - 2))
    best = np.argmax(explained / unrest, axis=1)
    pick = (np.arange(len(y)), best)
    stands_out = np.sqrt(explained[pick] / unrest[pick])
    return turns[best], stands_out, (after - before)[pick], unrest[pick], before[pick]
