"""Since when is it different?  The one period from which a score has another level, the search for it paid for.

Works on any answer by periods that has `n`, a value and `se` (sentiment, NPS, CSAT …): pandas in, pandas out.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cx_helpers import certainty
from cx_helpers.dates import Period
from cx_helpers.records import METRICS, Finding, clean, counted, severity
from cx_helpers.wording import Words, say

# how large a lasting shift must be for a manager to hear of it loudly, in the metric's own unit
LARGE = {"nps": 10.0, "csat": 0.05, "ces": 0.3, "sentiment": 0.1, "negative_share": 0.05}
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


def finding(turn: pd.DataFrame, metric: str) -> list[Finding]:
    """The turn that `since` found as a finding, where it is more than chance."""
    loud = (
        None
        if turn.empty
        else severity(turn["p_adjusted"].iloc[0], abs(turn["change"].iloc[0]) >= LARGE.get(metric, np.inf))
    )
    if loud is None:
        return []
    row, month = turn.iloc[0], turn.index[0]
    good = (row["change"] > 0) == (METRICS[metric].direction == "up")
    unit, digits = METRICS[metric].unit, METRICS[metric].digits
    spec = ".1%" if unit == "share" else f"+.{digits}f"
    text = say(
        fa=f"{{metric}} از {{month}} سطح دیگری دارد: پیش از آن {{b:{spec}}} بود و از آن پس {{x:{spec}}} است",
        en=f"{{metric}} has had another level since {{month}}: {{x:{spec}}}, before that {{b:{spec}}}",
        metric=METRICS[metric].title,
        month=month,
        b=row["before"],
        x=row["before"] + row["change"],
    )
    detail = say(
        fa="این تغییر با احتمال ۹۵٪ {when} رخ داده است؛ {n} {what} پس از آن، {m} پیش از آن.",
        en="The turn lies {when} (95%); {n} {what} since, {m} before.",
        when=_between(row["earliest"], row["latest"]),
        what=counted(metric),
        n=row["n"],
        m=row["n_before"],
    )
    value = {k: clean(row["before"] + row[k]) for k in ("change", "low", "high")}
    return [
        Finding(
            kind="change_point",
            subject={"month": month.name},
            measure=metric,
            value=value["change"],
            baseline=clean(row["before"]),
            low=value["low"],
            high=value["high"],
            n=int(row["n"]),
            p_adjusted=clean(row["p_adjusted"]),
            severity=("low" if loud == "low" else "medium") if good else loud,
            text=text,
            detail=detail,
            looks=1,
            good=good,
        )
    ]


def _between(earliest, latest) -> Words:
    if earliest == latest:
        return say(fa="در {a}", en="in {a}", a=earliest)
    return say(fa="میان {a} و {z}", en="between {a} and {z}", a=earliest, z=latest)


def beside(found: list[Finding], turn: pd.DataFrame, metric: str, period: Period) -> list[Finding]:
    """Findings on a score with that of its turn, and nothing told twice.

    Where the score turned in this very period, its change since the one before is the same news and is left out.
    """
    since = finding(turn, metric)
    same = bool(since) and turn.index[0] == period
    return [
        f for f in found if not (same and f.kind == "change_point" and f.measure == metric and not f.subject)
    ] + since


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
