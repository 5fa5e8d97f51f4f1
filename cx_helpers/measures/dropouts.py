"""What did those who dropped out do next, and who changed the channel?"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from cx_helpers import certainty, disclosure, engine
from cx_helpers.tables import groups, need

GONE = "(gone)"
_DAY = 86_400


def dropouts(
    touchpoints: ir.Table, by=None, within: str = "7d", of: str = "touchpoint", until=None, smallest: int = 30
) -> pd.DataFrame:
    """After a visit that failed or was abandoned, where do customers go next, and how is that after one that succeeded?

    by      a column (or several) of the visit they come from, e.g. "channel"
    within  how long "next" may take; later, or never, is "(gone)".  Visits whose time is not yet over at the data's
            end are left out: their next step is not known
    of      the column whose next value is asked for: "touchpoint", or "channel" for who changes the channel
    until   the data's end (UTC; default: the last touchpoint);  smallest  customers who dropped out, for a row to be
            compared; under a disclosure.Limit steps of too few customers lose their numbers, and `hidden` says so

    A log without outcomes has no dropouts to tell: the answer is empty.
    Returns, index (by…, `touchpoint`, `next`), commonest first: n, customers, `share` of what follows a dropout there
    with Wilson's low and high (a customer counts once), `usual` (the same share after a success), `change` with
    change_low and change_high, p_value (Fisher's exact test on customers), p_adjusted (Holm over all rows compared),
    `median_s` to the next one, and `compared`: was the row among those that p was corrected for?
    """
    by = groups(by, "touchpoint")
    need(touchpoints, "event_id", "customer_id", "occurred_at", "touchpoint", of, *by)
    if "outcome" not in touchpoints.columns:
        return _empty(by)
    columns = dict.fromkeys(["event_id", "customer_id", "occurred_at", "touchpoint", "outcome", of, *by])
    t = engine.journeys(
        touchpoints.select(*columns), "customer", next="touchpoint" if of == "touchpoint" else of, next_at="occurred_at"
    )
    end = ibis.literal(until).cast("timestamp") if until is not None else None
    last = touchpoints.occurred_at.max().execute() if end is None else end
    if end is None and pd.isna(last):
        return _empty(by)
    end = engine.epoch(ibis.literal(pd.Timestamp(last).to_pydatetime()).cast("timestamp") if until is None else end)
    at = engine.epoch(t.occurred_at)
    pause = engine.epoch(t.next_at) - at
    near = (pause <= engine.seconds(within)).fill_null(False)
    t = t.mutate(next=near.ifelse(t.next.fill_null("(unknown)"), GONE), _wait=near.ifelse(pause, ibis.null("int64")))
    t = t.filter(t.outcome.notnull(), at + engine.seconds(within) <= end)
    t = t.mutate(bad=(t.outcome != "success").cast("int64"))
    key = [*by, "touchpoint"]
    each = t.group_by([*key, "bad", "next"]).aggregate(
        n=_.count(), customers=_.customer_id.nunique(), median_s=_._wait.quantile(0.5)
    )
    who = t.group_by([*key, "bad"]).aggregate(m=_.count(), people=_.customer_id.nunique())
    found, base = each.execute(), who.execute()
    for frame in (found, base):
        frame[key] = frame[key].astype(object).where(frame[key].notna(), None)
    return _shown(_compared(found, base, key, smallest), t.filter(t.bad == 1), smallest)


def _compared(found: pd.DataFrame, base: pd.DataFrame, key: list[str], smallest: int) -> pd.DataFrame:
    def tuples(frame, *more):
        return list(frame[[*key, *more]].itertuples(index=False, name=None))

    size = dict(zip(tuples(base, "bad"), base[["m", "people"]].itertuples(index=False, name=None), strict=True))
    good = found[found["bad"] == 0]
    usual = dict(zip(tuples(good, "next"), good["n"], strict=True))
    rows = found[found["bad"] == 1].drop(columns="bad").reset_index(drop=True)
    if rows.empty:
        return _empty(key[:-1])
    m1, p1 = (np.array([size[(*k, 1)][i] for k in tuples(rows)], float) for i in (0, 1))
    m0, p0 = (np.array([size.get((*k, 0), (0, 0))[i] for k in tuples(rows)], float) for i in (0, 1))
    rows["share"] = rows["n"] / m1
    rows["low"], rows["high"] = certainty.wilson(rows["share"] * p1, p1)
    k0 = np.array([usual.get(k, 0) for k in tuples(rows, "next")], float)
    rows["usual"] = np.divide(k0, m0, out=np.full(len(rows), np.nan), where=m0 > 0)
    rows["change"] = rows["share"] - rows["usual"]
    middle1, middle0 = (rows["share"] * p1 + 1) / (p1 + 2), (rows["usual"] * p0 + 1) / (p0 + 2)
    se = np.sqrt(middle1 * (1 - middle1) / (p1 + 2) + middle0 * (1 - middle0) / (p0 + 2))
    enough = (p1 >= smallest) & (p0 >= smallest)
    rows["change_low"], rows["change_high"] = rows["change"] - certainty.Z95 * se, rows["change"] + certainty.Z95 * se
    x1, x0 = rows["share"] * p1, rows["usual"].fillna(0) * p0  # customers, of those who came from here
    rows["p_value"] = np.where(enough, _fisher(x1, p1, x0, p0), np.nan)
    rows["p_adjusted"] = certainty.adjust(rows["p_value"], "holm")
    rows["compared"] = rows["p_value"].notna()
    rows["usual"] = rows["usual"].mask(disclosure.few(p0, smallest))
    rows = rows.sort_values(["n", *key, "next"], ascending=[False] + [True] * (len(key) + 1))
    return rows.set_index([*key, "next"])[_COLUMNS].astype({"n": int, "customers": int})


def _shown(rows: pd.DataFrame, bad: ir.Table, smallest: int) -> pd.DataFrame:
    """The rows without the numbers of small steps.  What follows at one touchpoint adds up to all that dropped out
    there, so the small ones together are told, too: where they are one, or too few, the smallest large one goes."""
    if not isinstance(smallest, disclosure.Limit):
        return rows
    key = list(rows.index.names)
    places, small = rows.index.to_frame(index=False), disclosure.few(rows["customers"], smallest)
    kept_back, together = disclosure.held(rows.index, smallest), _together(bad, key, smallest) if small.any() else {}
    why = np.where(small, disclosure.SMALL, np.where(kept_back, disclosure.BESIDE, None)).astype(object)
    for part in places.groupby(key[:-1], dropna=False, sort=False).indices.values():
        where = tuple(None if pd.isna(v) else v for v in places[key[:-1]].iloc[part[0]])
        if small[part].sum() < 2 or disclosure.few(together[where], smallest):
            why[part[disclosure.beside(rows["customers"].iloc[part], kept_back[part], smallest)]] = disclosure.BESIDE
    numbers = [c for c in rows if c != "compared"]
    return rows.assign(**{c: rows[c].mask(pd.notna(why)) for c in numbers}, hidden=why)


def _together(bad: ir.Table, key: list[str], smallest: int) -> dict[tuple, int]:
    """How many customers took any of the small steps, by where they dropped out."""
    each = bad.group_by([*key, "customer_id"]).aggregate(_k=_.count())
    each = each.mutate(_customers=each.count().over(ibis.window(group_by=key)))
    found = each.filter(each._customers < disclosure.least(smallest)).group_by(key[:-1])
    found = found.aggregate(_together=_.customer_id.nunique()).execute()
    found[key[:-1]] = found[key[:-1]].astype(object).where(found[key[:-1]].notna(), None)
    return {tuple(row[:-1]): row[-1] for row in found[[*key[:-1], "_together"]].itertuples(index=False)}


def _fisher(x1, n1, x0, n0) -> np.ndarray:
    """Two-sided p of Fisher's exact test, twice its smaller tail: exact where a next step is rare after a success."""
    tables = zip(*(np.rint(np.asarray(v, float)).astype(int) for v in (x1, n1, x0, n0)), strict=True)
    return np.array([_fisher_one(*table) for table in tables], float)


def _fisher_one(x1: int, n1: int, x0: int, n0: int) -> float:
    """The same of one table, by the ratios of neighbours in the hypergeometric distribution: failures and successes
    go on alike.  (scipy.stats has it, too, and takes a second to import.)"""
    both = x1 + x0
    first, last = max(0, both - n0), min(n1, both)
    k = np.arange(first, last, dtype=float)
    steps = np.log((both - k) * (n1 - k)) - np.log((k + 1) * (n0 - both + k + 1))
    weights = np.concatenate([[0.0], np.cumsum(steps)])
    weights = np.exp(weights - weights.max())
    at = x1 - first
    return min(1.0, 2 * min(weights[: at + 1].sum(), weights[at:].sum()) / weights.sum())


_COLUMNS = "n customers share low high usual change change_low change_high p_value p_adjusted median_s compared".split()


def _empty(by: list[str]) -> pd.DataFrame:
    index = pd.MultiIndex.from_arrays([[]] * (len(by) + 2), names=[*by, "touchpoint", "next"])
    return pd.DataFrame(columns=_COLUMNS, index=index, dtype=float).astype(
        {"n": int, "customers": int, "compared": bool}
    )


def switches(touchpoints: ir.Table, journey: str = "customer", smallest: int = 1) -> pd.DataFrame:
    """From which channel to which do customers move, from one touchpoint to the next of the same journey?

    Returns, index (`from`, `to`): n moves, customers, `share` (0..1 of the moves out of `from`) with Wilson's low and
    high (a customer counts once), `median_s` between the two.  Staying in a channel is a row too.
    smallest  moves of fewer customers lose their values and, under a disclosure.Limit, their counts; so do those from
              which they could be worked out, and `hidden` says which
    """
    need(touchpoints, "event_id", "customer_id", "occurred_at", "channel")
    keep = [c for c in ("session_id",) if c in touchpoints.columns]
    t = touchpoints.select("event_id", "customer_id", "occurred_at", "channel", *keep)
    t = engine.journeys(t, journey, to="channel", next_at="occurred_at")
    t = t.filter(t.channel.notnull(), t.to.notnull())
    t = t.mutate(wait=engine.epoch(t.next_at) - engine.epoch(t.occurred_at))
    moves = t.group_by(["channel", "to"]).aggregate(
        n=_.count(), customers=_.customer_id.nunique(), median_s=_.wait.quantile(0.5)
    )
    people = t.group_by("channel").aggregate(people=_.customer_id.nunique()).execute()
    out = moves.execute().rename(columns={"channel": "from"}).sort_values(["from", "to"], ignore_index=True)
    sure = out["from"].map(people.set_index("channel")["people"]).astype(float)
    out["share"] = out["n"] / out.groupby("from")["n"].transform("sum")
    out["low"], out["high"] = certainty.wilson(out["share"] * sure, sure)
    out = out.set_index(["from", "to"])[["n", "customers", "share", "low", "high", "median_s"]]
    return disclosure.hide_cells(out, smallest, dict(zip(people["channel"], people["people"], strict=True)))
