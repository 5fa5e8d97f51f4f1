"""What path do customers take?  Transitions, whole paths, and how far the log's order can be trusted.

Every measure takes `touchpoints` (contract table).  A journey is a session, all that a customer did, or what lies
between two pauses (`journey=` "session", "customer", "7d").  Order is customer_id, occurred_at, event_id, so the order
of the rows never matters; `ties` tells how often that rule, and not the clock, had to decide.
"""

from __future__ import annotations

import functools
import operator

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from cx_helpers import certainty, disclosure, engine
from cx_helpers.tables import TableError, groups, need
from cx_helpers.wording import raw, say

START, END = "(start)", "(end)"
STEPS = 36  # of a path that `variants` tells apart; longer ones are the same from there on


def transitions(touchpoints: ir.Table, by=None, journey: str = "session", smallest: int = 1) -> pd.DataFrame:
    """From where to where do customers go, how many of them, and how long does it take?

    by        a column (or several) of the touchpoint they come from, e.g. "channel"
    smallest  transitions of fewer customers lose their values; under a disclosure.Limit their counts, too, and where
              there are such, all counts are rounded to its customers, lest a small one be what is left of a touchpoint:
              to hide a large one beside each would tear the main ways out of the picture

    Returns, index (by…, `from`, `to`) with the explicit nodes "(start)" and "(end)", most frequent first: n, customers,
    `customer_share` (0..1 of the group's customers), `share` (0..1 of what leaves `from`) with Wilson's low and high
    and se, `median_s` and `p95_s` (seconds between the two touchpoints; null at start and end).
    Interval: a customer who leaves `from` ten times counts once, which is the cautious end of clustering.
    Quantiles are exact (linear between two values), the same on every engine.
    """
    by = groups(by, "touchpoint")
    need(touchpoints, "event_id", "customer_id", "occurred_at", "touchpoint", *by)
    t = _slim(touchpoints, *by)
    steps = engine.journeys(t, journey, to="touchpoint", next_at="occurred_at")
    gap = engine.epoch(steps.next_at) - engine.epoch(steps.occurred_at)
    steps = steps.mutate(_gap=gap, to=steps.to.fill_null(END))
    each = steps.group_by([*by, "touchpoint", "to"]).aggregate(
        n=_.count(),
        customers=_.customer_id.nunique(),
        median_s=_._gap.quantile(0.5),
        p95_s=_._gap.quantile(0.95),
    )
    edges = each.execute().rename(columns={"touchpoint": "from"})
    nodes = _nodes(steps, by)
    begun = nodes[nodes["begun"] > 0].assign(**{"from": START, "to": nodes["touchpoint"]})
    begun = begun.assign(n=begun["begun"], customers=begun["beginners"])[[*by, "from", "to", "n", "customers"]]
    edges = pd.concat([begun, edges], ignore_index=True)
    edges[by] = edges[by].astype(object).where(edges[by].notna(), None)
    people = _people(t, by)
    edges["_all"] = _lookup(edges, by, people)
    leavers = {(*_key(r, by), r["touchpoint"]): r["customers"] for r in nodes.to_dict("records")}
    sure = [leavers.get((*_key(r, by), r["from"]), r["_all"]) for r in edges.to_dict("records")]
    left = edges.groupby([*by, "from"], dropna=False)["n"].transform("sum")
    rare = disclosure.few(edges["customers"], smallest)
    out = disclosure.rounded(edges, ["n", "customers"], smallest) if rare.any() else edges
    out = out.assign(customer_share=out["customers"] / out["_all"])
    out["share"], sure = (out["n"] / left).clip(upper=1), np.minimum(sure, left)
    out["low"], out["high"] = certainty.wilson(out["share"] * sure, sure)
    middle = (out["share"] * sure + 1) / (sure + 2)
    out["se"] = np.sqrt(middle * (1 - middle) / (sure + 2))
    columns = ["n", "customers", "customer_share", "share", "low", "high", "se", "median_s", "p95_s"]
    out = out.astype({"n": int, "customers": int} | dict.fromkeys(columns[2:], float))
    if isinstance(smallest, disclosure.Limit):
        out = out.assign(**{c: out[c].mask(rare) for c in columns}, hidden=np.where(rare, disclosure.SMALL, None))
    else:
        out.loc[out["customers"] < smallest, columns[2:]] = np.nan
    out = out.sort_values(["n", *by, "from", "to"], ascending=[False, *[True] * (len(by) + 2)], ignore_index=True)
    return out.set_index([*by, "from", "to"])[[c for c in (*columns, "hidden") if c in out]]


def difference(steps: pd.DataFrame, a, b) -> pd.DataFrame:
    """Where do two segments part ways?

    steps  `transitions` by one column;  a, b  two of its values
    Returns, index (`from`, `to`), largest gap first: n, n_before (of a and b), `change` (share of a minus share of b,
    of what leaves `from`), low, high, p_value, p_adjusted (Benjamini-Hochberg over all transitions).
    """
    have = list(dict.fromkeys(steps.index.get_level_values(0)))
    for value in (a, b):
        if steps.index.nlevels != 3 or value not in have:
            raise TableError(
                say(
                    fa="بخشی به نام {value} میان {have} نیست؛ transitions(…, by=COLUMN) و دو مقدار آن را بدهید",
                    en="no segment '{value}' among {have}; give transitions(…, by=COLUMN) and two of its values",
                    value=raw(value),
                    have=raw(", ".join(map(str, have))),
                )
            )
    one, two = steps.xs(a, level=0), steps.xs(b, level=0)
    either = one.index.union(two.index)
    one, two = one.reindex(either), two.reindex(either)
    # a way that one segment never takes is a share of 0 only where that segment does leave the touchpoint
    for frame in (one, two):
        left = set(frame.dropna(subset=["share"]).index.get_level_values("from"))
        missing = frame["share"].isna() & either.get_level_values("from").isin(left)
        rest = frame.groupby(level="from")["se"].transform("max")
        frame.loc[missing, ["share", "n"]] = 0.0
        frame["se"] = frame["se"].fillna(rest.where(missing))
    step, se = one["share"] - two["share"], np.hypot(one["se"], two["se"])
    p = certainty.two_sided(step / se)
    out = {"n": one["n"].fillna(0).astype(int), "n_before": two["n"].fillna(0).astype(int), "change": step}
    out |= {"low": step - certainty.Z95 * se, "high": step + certainty.Z95 * se}
    out = pd.DataFrame(out | {"p_value": p, "p_adjusted": certainty.adjust(p)}, index=either)
    return out.reindex(out["change"].abs().sort_values(ascending=False, kind="stable").index)


def variants(touchpoints: ir.Table, top: int = 12, journey: str = "session", smallest: int = 1) -> pd.DataFrame:
    """Which whole paths do customers take, and how much do the commonest cover?

    top  how many paths;  smallest  paths of too few customers are left out (disclosure.Limit), whole: a rare path tells
    who went it; and so is the least common one left, where all others together would be too few
    Returns, commonest first (ties in the order of the touchpoints' names), index 1, 2, …: `path` (touchpoints joined by
    " → "), `steps`, n journeys, customers, `share` of journeys, `cumulative` share, `customer_share` (share of all
    customers who took it at least once).  Paths longer than 36 steps are told apart by their first 36 and their length.
    The engine adds up each step's code at its place, so no list is built and no string sorted, whatever the size.
    """
    need(touchpoints, "event_id", "customer_id", "occurred_at", "touchpoint")
    t = _slim(touchpoints)
    names = sorted(x for x in t.select("touchpoint").distinct().execute()["touchpoint"] if x is not None)
    if not names:
        columns = ["path", "steps", "n", "customers", "share", "cumulative", "customer_share"]
        return pd.DataFrame(columns=columns).astype({"n": int, "customers": int, "steps": int})
    bits = len(names).bit_length()
    each = 60 // bits  # steps in one whole number
    words = -(-STEPS // each)
    steps = engine.journeys(t, journey)
    code = ibis.cases(*[(steps.touchpoint == x, i) for i, x in enumerate(names, 1)], else_=0).cast("int64")
    steps = steps.mutate(code=code)

    def word(k):
        begin, end = k * each, min((k + 1) * each, STEPS)
        inside = (steps.position >= begin) & (steps.position < end)
        place = (begin + each - 1 - inside.ifelse(steps.position, begin)) * bits  # the first step stands highest
        return (inside.ifelse(steps.code, 0) << place.cast("int64")).sum().cast("int64")

    parts = {f"w{k}": word(k) for k in range(words)}
    paths = steps.group_by(["customer_id", "journey"]).aggregate(steps=_.count(), **parts)
    key = [*parts, "steps"]
    out = paths.group_by(key).aggregate(n=_.count()).order_by([_.n.desc(), *key]).limit(top).execute()
    # customers are told apart for the commonest paths only, so that memory does not grow with the rare ones
    common = paths.filter(paths.w0.isin([int(x) for x in out["w0"]])) if len(out) else paths
    out = out.merge(common.group_by(key).aggregate(customers=_.customer_id.nunique()).execute(), on=key)
    out = _without_rare(out, paths, key, smallest)
    out["path"] = [_decode(row, names, bits, each) for row in out.to_dict("records")]
    total = steps.aggregate(n=steps.first.sum(), customers=steps.customer_id.nunique()).execute().iloc[0]
    out["share"] = out["n"] / total["n"]
    out["cumulative"], out["customer_share"] = out["share"].cumsum(), out["customers"] / total["customers"]
    out.index = pd.RangeIndex(1, len(out) + 1, name="rank")
    return out[["path", "steps", "n", "customers", "share", "cumulative", "customer_share"]]


def ties(touchpoints: ir.Table, smallest: int = 1) -> pd.DataFrame:
    """How often does the clock not say which came first?  Row `all`: n, customers, `tied` (events that share customer
    and time with another), `share` of all events.  Such events stand in the order of event_id.
    smallest  nulls where the log is of too few customers (disclosure.Limit)
    """
    need(touchpoints, "customer_id", "occurred_at")
    each = touchpoints.group_by(["customer_id", "occurred_at"]).aggregate(k=_.count())
    each = each.mutate(tied=(_.k > 1).ifelse(_.k, 0))
    row = each.aggregate(n=_.k.sum(), customers=_.customer_id.nunique(), tied=_.tied.sum()).execute()
    out = row.astype(float).fillna(0).astype(int).set_axis([certainty.ALL])
    out = out.assign(share=(out["tied"] / out["n"]).where(out["n"] > 0))
    return disclosure.hide(out, smallest) if disclosure.few(out["customers"], smallest).any() else out


# ---- parts -----------------------------------------------------------------------------------------------------------


def _key(row: dict, by: list[str]) -> tuple:
    return tuple(None if pd.isna(row[c]) else row[c] for c in by)


def _slim(touchpoints: ir.Table, *more: str) -> ir.Table:
    """Only what an order needs, so that nothing else is carried along."""
    have = [c for c in ("session_id",) if c in touchpoints.columns]
    return touchpoints.select("event_id", "customer_id", "occurred_at", "touchpoint", *have, *more)


def _nodes(steps: ir.Table, by: list[str]) -> pd.DataFrame:
    each = steps.group_by([*by, "touchpoint", "customer_id"]).aggregate(k=_.count(where=_.first))
    return (
        each.group_by([*by, "touchpoint"])
        .aggregate(customers=_.count(), begun=_.k.sum(), beginners=(_.k > 0).cast("int64").sum())
        .execute()
    )


def _people(t: ir.Table, by: list[str]):
    if not by:
        return int(t.customer_id.nunique().execute() or 0)
    frame = t.group_by(by).aggregate(c=_.customer_id.nunique()).execute()
    return {_key(r, by): r["c"] for r in frame.to_dict("records")}


def _lookup(frame: pd.DataFrame, by: list[str], people):
    return [people[_key(r, by)] for r in frame.to_dict("records")] if by else people


def _without_rare(out: pd.DataFrame, paths: ir.Table, key: list[str], smallest: int) -> pd.DataFrame:
    """The commonest paths without those of too few customers; and without one more where the rest would be too few."""
    if disclosure.least(smallest) == 1:
        return out
    out = out[~disclosure.few(out["customers"], smallest)].reset_index(drop=True)
    if out.empty:
        return out
    mine = [functools.reduce(operator.and_, [paths[k] == int(row[k]) for k in key]) for row in out.to_dict("records")]
    rest = paths.filter(~functools.reduce(operator.or_, mine)).customer_id.nunique().execute()
    return out.drop(index=out["customers"].idxmin()) if disclosure.few(rest or 0, smallest) else out


def _decode(row: dict, names: list[str], bits: int, each: int) -> str:
    shown = min(row["steps"], STEPS)
    codes = [int(row[f"w{p // each}"]) >> ((each - 1 - p % each) * bits) & ((1 << bits) - 1) for p in range(shown)]
    return " → ".join([names[c - 1] if c else "?" for c in codes] + ["…"] * (row["steps"] > shown))
