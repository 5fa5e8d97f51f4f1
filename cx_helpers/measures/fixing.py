"""What would fixing one touchpoint bring?  An absorbing chain, solved exactly, with the plain count beside it.

The chain walks from the journey's start through touchpoints (each once as succeeded, once as failed) to conversion or
to the end.  Fixing a touchpoint means: from its failures customers go on as they do from its successes.  It is an upper
bound: those who fail may differ from those who do not, and no repair mends everything.  The goal itself is no candidate
(that more would reach it if all who try did is no news), nor is a touchpoint after whose success every journey ends.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from cx_helpers import disclosure, engine
from cx_helpers.tables import need

COLUMNS = "n customers converting fixed gain low high gained gained_low gained_high money touched counted_gain".split()
GROUPS = 256  # customers are dealt by a hash into so many groups; the bootstrap draws groups


def fixing(
    touchpoints: ir.Table,
    goal: str,
    journey: str = "customer",
    order_value: float | None = None,
    times: int = 400,
    smallest: int = 1,
) -> pd.DataFrame:
    """If the failures of one touchpoint went like its successes, how many more customers would convert?

    goal         the touchpoint that converts where it does not fail, e.g. "payment"; what follows it is not looked at;
                 the answer is empty where it is "" or nobody came to it
    journey      "customer" (default: then gains are customers), "session" or a pause (then journeys)
    order_value  mean amount of an order: adds money;  times  bootstrap draws;  smallest  touchpoints whose failures hit
                 too few customers get nulls (disclosure.Limit)

    Returns, index `touchpoint`, largest gain first, one row for each on the way with failures and successes:
    n failures (or abandoned visits before conversion), customers they hit, `converting` (share of journeys that convert
    now, exact), `fixed` (the share after mending), `gain` (their difference) with low, high (bootstrap by customer),
    `gained` customers (or journeys) with gained_low and gained_high, `money`, and beside the model what was simply
    counted: `touched` (share of those who converted that met the touchpoint) and `counted_gain` (the gain if journeys
    with a failure there converted as often as those that met it without one).
    Source: Kemeny, Snell, Finite Markov Chains, 1960, ch. 3; random groups: Wolter, Variance Estimation, 2007, ch. 2.
    """
    need(touchpoints, "event_id", "customer_id", "occurred_at", "touchpoint")
    known = goal and "outcome" in touchpoints.columns
    if not known or not touchpoints.filter(_.touchpoint == goal).limit(1).count().execute():
        return pd.DataFrame(columns=COLUMNS, dtype=float).rename_axis("touchpoint")
    steps = _steps(touchpoints, goal, journey)
    counts, states = _counts(steps, goal)
    each = _touched(steps)
    journeys = counts.sum(axis=0)[0].sum()
    rng = np.random.default_rng(1)
    weights = rng.multinomial(len(counts), np.full(len(counts), 1 / len(counts)), size=times).astype(float)
    draws = np.einsum("tg,gij->tij", weights, counts)
    now, drawn = _converting(counts.sum(axis=0)[None])[0], _converting(draws)
    rows, whole = [], counts.sum(axis=0)
    for touchpoint in sorted({t for t, _bad in states} - {goal}):
        bad, ok = states.get((touchpoint, 1)), states.get((touchpoint, 0))
        if bad is None or ok is None or not whole[ok, :-1].any():  # from there nobody goes on
            continue
        fixed = _converting(_mended(whole[None], bad, ok))[0]
        low, high = np.nanpercentile(_converting(_mended(draws, bad, ok)) - drawn, [2.5, 97.5])
        rows.append({"touchpoint": touchpoint, "converting": now, "fixed": fixed, "low": low, "high": high})
    columns = ["touchpoint", "converting", "fixed", "low", "high"]
    out = pd.DataFrame(rows, columns=columns).set_index("touchpoint").join(each)
    out["gain"] = out["fixed"] - out["converting"]
    for new, old in (("gained", "gain"), ("gained_low", "low"), ("gained_high", "high")):
        out[new] = out[old] * journeys
    out["money"] = out["gained"] * order_value if order_value else np.nan
    out = out[COLUMNS].astype(float).astype({"n": int, "customers": int})
    if isinstance(smallest, disclosure.Limit):
        out = disclosure.hide(out, disclosure.customers_only(smallest), total=False)  # gains do not add up
    return out.sort_values(["gain", "n"], ascending=False, kind="stable")


def _steps(t: ir.Table, goal: str, journey: str) -> ir.Table:
    """The steps up to the first conversion of each journey, with the next one and the customer's group."""
    keep = [c for c in ("session_id",) if c in t.columns]
    t = t.select("event_id", "customer_id", "occurred_at", "touchpoint", "outcome", *keep)
    t = t.mutate(bad=t.outcome.isin(["failure", "abandoned"]).fill_null(False).cast("int64"))
    steps = engine.journeys(t, journey, to="touchpoint", to_bad="bad")
    done = (steps.touchpoint == goal) & (steps.bad == 0)
    whole = ibis.window(group_by=["customer_id", "journey"])
    first = done.ifelse(steps.position, ibis.null("int64")).min().over(whole)
    steps = steps.mutate(first=first, group=steps.customer_id.hexdigest("md5").substr(0, 2))
    return steps.filter(_.first.isnull() | (_.position <= _.first))


def _counts(steps: ir.Table, goal: str) -> tuple[np.ndarray, dict]:
    """Transitions by group of customers: (groups, states + 1, states + 2); row 0 is the start, the last two columns
    conversion and loss; and the row of each (touchpoint, failed)."""
    begin = steps.filter(_.position == 0).select(
        "group", touchpoint=ibis.null("string"), bad=ibis.null("int64"), to="touchpoint", to_bad="bad"
    )
    on = steps.filter(_.first.isnull() | (_.position < _.first)).select("group", "touchpoint", "bad", "to", "to_bad")
    keys = ["group", "touchpoint", "bad", "to", "to_bad"]
    found = ibis.union(begin, on).group_by(keys).aggregate(k=_.count()).execute()

    def state(touchpoint, bad):
        return None if pd.isna(touchpoint) else (touchpoint, int(bad))

    frm = [state(*x) for x in zip(found["touchpoint"], found["bad"], strict=True)]
    to = [state(*x) for x in zip(found["to"], found["to_bad"], strict=True)]
    names = sorted({s for s in (*frm, *to) if s is not None and s != (goal, 0)})
    row = {s: i for i, s in enumerate(names, 1)}
    groups = {g: i for i, g in enumerate(sorted(found["group"].unique()))}
    out = np.zeros((max(len(groups), 1), len(names) + 1, len(names) + 2))
    lost, won = len(names) + 1, len(names)
    column = [lost if s is None else won if s == (goal, 0) else row[s] - 1 for s in to]
    np.add.at(out, (found["group"].map(groups), [row.get(s, 0) for s in frm], column), found["k"].to_numpy(float))
    return out, row


def _converting(counts: np.ndarray) -> np.ndarray:
    """The share of journeys that convert, for a stack of transition counts: start x (I - Q)^-1 x r."""
    total = counts.sum(axis=2, keepdims=True)
    share = np.divide(counts, total, out=np.zeros_like(counts), where=total > 0)
    q, r = share[:, 1:, :-2], share[:, 1:, -2:-1]
    # a draw may hold a ring of states that nobody leaves: from there nobody converts, and the matrix stays regular
    reach = np.linalg.solve(np.eye(q.shape[1])[None] - q * (1 - 1e-12), r)[:, :, 0]
    value = (share[:, 0, :-2] * reach).sum(axis=1) + share[:, 0, -2]
    return np.where(total[:, 0, 0] > 0, value, np.nan)


def _mended(counts: np.ndarray, bad: int, ok: int) -> np.ndarray:
    """The counts with the failures of a touchpoint going on like its successes."""
    out = counts.copy()
    n = counts[:, bad].sum(axis=1, keepdims=True)
    like = counts[:, ok].sum(axis=1, keepdims=True)
    share = np.divide(counts[:, ok], like, out=np.zeros_like(counts[:, ok]), where=like > 0)
    out[:, bad] = np.where(like > 0, share * n, counts[:, bad])
    return out


def _touched(steps: ir.Table) -> pd.DataFrame:
    """Per touchpoint: failures, customers hit, the converted who met it, and the gain by plain counting."""
    each = steps.group_by(["customer_id", "journey", "touchpoint"]).aggregate(bad=_.bad.sum(), first=_.first.max())
    each = each.mutate(won=each.first.notnull().cast("int64"), hit=(each.bad > 0).cast("int64"))
    found = each.group_by("touchpoint").aggregate(
        n=_.bad.sum(),
        customers=_.customer_id.nunique(where=_.hit == 1),
        hit=_.hit.sum(),
        met=_.count(),
        won=_.won.sum(),
        hit_won=(_.won * _.hit).sum(),
    )
    found = found.execute().set_index("touchpoint").astype(float)
    whole = steps.filter(_.position == 0).aggregate(all=_.count(), won=_.first.notnull().sum()).execute().iloc[0]
    free = (found["won"] - found["hit_won"]) / (found["met"] - found["hit"]).where(lambda x: x > 0)
    gain = found["hit"] * (free - found["hit_won"] / found["hit"].where(found["hit"] > 0)) / whole["all"]
    touched = found["won"] / whole["won"] if whole["won"] else np.nan
    return found[["n", "customers"]].assign(touched=touched, counted_gain=gain)
