"""Who is at risk next, how well can that be told, and what tells it?

Rows are those of `snapshots.panel`: past snapshots teach and judge, today's customers are told of.  No customer is
named here; the list of those to call is made in the lab (`calling.whom`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cx_helpers import certainty, disclosure, foresight, prediction
from cx_helpers.foresight import Trial

_NOTHING = ("who", "when", "today", "y", "weight")
CERTAIN = (0.1, 0.3, 0.5, 0.7, 0.9)  # chances of leaving that divide today's customers


def trial(rows: pd.DataFrame, method: str = "auto") -> Trial:
    """Learn on earlier snapshots, choose on the last of these, be judged on the last whose window is over.

    rows  of `snapshots.panel`;  method  logistic, boosting, or auto
    Besides what `foresight.trial` refuses: nobody (no customer could leave at any snapshot).
    """
    past = rows[~rows["today"]] if len(rows) else rows
    nobody = pd.DataFrame({"who": [], "y": [], "p": []})
    if not len(rows):
        return Trial(nobody, refused={"nobody": {}})
    if not len(past):
        return Trial(nobody, refused={"short": {"instants": 0}})
    return foresight.trial(past, [c for c in rows if c not in _NOTHING], method)


def quality(found: Trial) -> pd.DataFrame:
    """How good was it at the last snapshot, of customers whose future it did not know?

    One row `all`: n, customers, left, `auc` with low, high; brier, skill (by how much better than telling all the
    same); ece, ece_chance (what exact chances would stay below in 19 of 20 cases), top_lift (leavers among the tenth
    told the likeliest, against a tenth drawn by lot).  Null where nothing was learnt.
    """
    told = found.judged
    auc, low, high = prediction.auc(told["y"], told["p"])
    score, _, _, skill = prediction.brier(told["y"], told["p"])
    error, chance = prediction.ece(told["y"], told["p"])
    lift = prediction.gain(told["y"], told["p"], (0.1,))
    columns = {"n": len(told), "customers": len(told), "left": float(told["y"].sum()) if len(told) else 0.0}
    columns |= {"auc": auc, "low": low, "high": high, "brier": score, "skill": skill, "ece": error}
    columns |= {"ece_chance": chance, "top_lift": lift["lift"].iloc[0] if len(lift) else np.nan}
    return pd.DataFrame(columns, index=[certainty.ALL])


def reliability(found: Trial) -> pd.DataFrame:
    """Of those told so much, how many left?  `prediction.reliability` of the last snapshot, 30 customers a group."""
    return prediction.reliability(found.judged["y"], found.judged["p"], max(2, min(10, len(found.judged) // 30)))


def gain(found: Trial) -> pd.DataFrame:
    """Whoever calls the likeliest so many only, how many of the leavers do they reach?  `prediction.gain`."""
    return prediction.gain(found.judged["y"], found.judged["p"])


def chances(found: Trial, rows: pd.DataFrame) -> pd.DataFrame:
    """Today's customers with `p`, the chance that each leaves in the window to come; none where nothing was learnt."""
    now = rows[rows["today"]] if len(rows) else rows
    if found.learner is None:
        return now.iloc[:0].assign(p=pd.Series(dtype=float))
    return now.assign(p=found.learner.chance(now)).reset_index(drop=True)


def levelled(rows: pd.DataFrame, found: Trial) -> pd.DataFrame:
    """The same customers with one chance for all: the share that left at the last snapshot whose future is known.

    rows  with `p`, of `chances` or `calling.valued`.  For who must act on chances that did worse than that when tried.
    """
    return rows.assign(p=float(found.judged["y"].mean())) if len(found.judged) else rows


def outlook(found: Trial, now: pd.DataFrame) -> pd.DataFrame:
    """How many of today's customers will leave in the window to come?  now  of `chances`

    One row `all`: n (customers who could leave), customers, `leaving_share` (expected share of them) with low, high
    (95 %: the chance of each, and how far the trial's own sum was from what came), leaving (expected number).
    """
    n = float(now["weight"].sum()) if len(now) else 0.0
    out = {"n": int(round(n)), "customers": int(round(n)), "leaving_share": np.nan, "low": np.nan, "high": np.nan}
    total = np.nan
    if len(now):
        total, told = float((now["weight"] * now["p"]).sum()), found.judged
        noise = (now["weight"] ** 2 * now["p"] * (1 - now["p"])).sum()
        ratio = told["y"].sum() / told["p"].sum()
        error = (1 - ratio) ** 2 + ((told["y"] - told["p"]) ** 2).sum() / told["p"].sum() ** 2
        half = certainty.Z95 * float(np.sqrt(noise + total**2 * error))
        out |= {"leaving_share": total / n, "low": max(total - half, 0.0) / n, "high": min(total + half, n) / n}
    return pd.DataFrame(out | {"leaving": total}, index=[certainty.ALL])


def bands(now: pd.DataFrame, smallest: int = 1) -> pd.DataFrame:
    """How are today's customers spread over the chance of leaving?  Index `chance_band` (1: up to 10 % … 6: above
    90 %): upto (the last band of the row), n, customers, `share` with low, high (Wilson), chance (their mean).  A band
    of too few customers is one row with its smaller neighbour, so that neither is lost; all are few: hidden."""
    limit = disclosure.customers_only(smallest)
    weight, place = now["weight"].to_numpy(float), np.searchsorted(CERTAIN, now["p"].to_numpy(float), side="right")
    size = len(CERTAIN) + 1
    n, total = np.bincount(place, weight, size), np.bincount(place, weight * now["p"], size)
    rows = _merged([(k, k) for k in range(size) if n[k] > 0], n, limit)
    n, total = (np.array([x[a : b + 1].sum() for a, b in rows]) for x in (n, total))
    low, high = certainty.wilson(n, n.sum())
    with np.errstate(invalid="ignore", divide="ignore"):
        columns = {"share": n / n.sum(), "low": low, "high": high, "chance": total / n}
    counts = n.round().astype(int)
    index = pd.Index([a + 1 for a, _ in rows], name="chance_band", dtype=int)
    out = pd.DataFrame({"upto": [b + 1 for _, b in rows], "n": counts, "customers": counts} | columns, index=index)
    return certainty.hide_small(out, limit)


def _merged(rows: list[tuple[int, int]], n: np.ndarray, limit) -> list[tuple[int, int]]:
    """Stretches of bands (first, last), each with as many customers as may be shown, where there are so many."""
    size = [n[a : b + 1].sum() for a, b in rows]
    small = [k for k, few in enumerate(disclosure.few(np.round(size), limit)) if few] if len(rows) > 1 else []
    if not small:
        return rows
    k = small[0]
    beside = min((j for j in (k - 1, k + 1) if 0 <= j < len(rows)), key=lambda j: size[j])
    first, last = sorted((k, beside))
    return _merged([*rows[:first], (rows[first][0], rows[last][1]), *rows[last + 1 :]], n, limit)


def signals(found: Trial, most: int = 8) -> pd.DataFrame:
    """What tells leaving by itself?  Index `trait`: n, `auc` (of leavers and stayers, how often the leaver has the more
    of it, or the less, as `side` says), the clearest first."""
    if found.alone is None:
        return pd.DataFrame(columns=["n", "auc", "side"], index=pd.Index([], name="trait"))
    alone = found.alone.head(most)
    side = np.where(alone >= 0.5, "more", "less")
    out = pd.DataFrame({"n": found.n, "auc": np.maximum(alone, 1 - alone), "side": side})
    return out.rename_axis("trait")
