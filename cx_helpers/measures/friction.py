"""Where does the journey hurt?  Touchpoints that fail, or to which customers must come back, each against its baseline.

A touchpoint is compared with itself: in the other channels (or whatever `by` names), in the period before, and in the
rest of the time.  All looks are one family (Holm).  Ranked by customers x harm.
"""

from __future__ import annotations

import datetime as dt
import itertools
from zoneinfo import ZoneInfo

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from cx_helpers import certainty, contrasts, disclosure, engine
from cx_helpers.dates import Period, month_number
from cx_helpers.records import severity
from cx_helpers.tables import groups, need

ANNOYANCE = 0.05  # the least that a friction costs: one in twenty of those it hits, even where all of them go on
LARGE = 0.05  # a difference of five points is large
_KEY = ["signal", "touchpoint"]


def friction(
    touchpoints: ir.Table,
    before: ir.Table | None = None,
    by=("channel",),
    journey: str = "session",
    goal: str = "",
    order_value: float | None = None,
    smallest: int = 30,
    timezone: str = "Asia/Tehran",
) -> pd.DataFrame:
    """Which touchpoints hurt more than they need to, whom, since when, and what does it cost?

    before       the same table of the period before;  by  columns whose groups are compared, e.g. ("channel", "city")
    goal         the touchpoint that journeys should reach (it counts when it did not fail): harm is what of it is lost;
                 where nobody came to it, harm is the least there is
    order_value  mean amount of an order: adds `money`;  smallest  groups with fewer observations, or of too few
                 customers on either side, are not looked at, and what hit too few is not told (disclosure.Limit)
    timezone     the workspace's (period.timezone): an incident begins and ends at its midnights

    Two signals.  `failure`: visits that fail or are abandoned, of those whose outcome is known (a touchpoint that only
    ever fails, such as an error page, counts per journey: how many journeys meet it).  `return`: journeys that come
    back to the touchpoint after having been elsewhere, of those that meet it: loops.

    Returns one row a look, costliest first: signal, touchpoint, column and group (None: everybody), `against` (others,
    before, time), start and end (the days of an incident, end exclusive; it lasts at most half of the time), n,
    customers, value, low, high, baseline, `change`, p_value, p_adjusted (Holm over all looks; a search over time pays
    for its windows first), `error` (the touchpoint only ever fails: n counts journeys), `loud` (severity or None), and
    for those that stand: `hit` customers, `excess` (hit beyond the baseline) with excess_low and excess_high, `harm`
    (what a hit journey loses of the goal, at least 0.05), `lost` = excess x harm, `money`, and `loop` (for returns:
    the touchpoints that the same journeys come back to).
    """
    by = groups(by, "touchpoint", "outcome")
    need(touchpoints, "event_id", "customer_id", "occurred_at", "touchpoint", *by)
    touchpoints, before = _with_outcome(touchpoints), _with_outcome(before)
    kinds = _outcomes(touchpoints)
    bins = _bins(touchpoints, timezone)
    seen = _observed(touchpoints, by, journey, goal, kinds)
    seen = seen.mutate(bin=(month_number(seen.at, bins) if bins else ibis.literal(0)).cast("int64"))
    past = _observed(before, by, journey, goal, kinds) if before is not None else None
    looks = []
    for column in (None, *by):
        key = [*_KEY, *([column] if column else [])]
        now = contrasts.share(certainty.sums(seen, seen.x, key))
        kept_back = now.index[disclosure.held(now.index, smallest)]
        if column:
            looks.append(
                _rows(contrasts.against_others(now, _KEY, smallest).drop(kept_back, errors="ignore"), column, "others")
            )
        if past is not None:
            then = contrasts.share(certainty.sums(past, past.x, key)).reindex(now.index)
            looks.append(
                _rows(contrasts.difference(now, then, smallest).drop(kept_back, errors="ignore"), column, "before")
            )
        if len(bins) > 2:
            each = certainty.sums(seen, seen.x, [*key, "bin"])
            found = contrasts.against_time(each, bins, smallest).drop(kept_back, errors="ignore")
            looks.append(_rows(found, column, "time"))
    out = pd.concat([x for x in looks if len(x)], ignore_index=True) if any(map(len, looks)) else _rows(None, None, "")
    out["p_adjusted"] = certainty.adjust(out["p_value"], "holm")
    errors = [name for name, (only, _any) in kinds.items() if only]
    out["error"] = (out["signal"] == "failure") & out["touchpoint"].isin(errors)
    worse = (out["change"] > 0) & (out["p_adjusted"] < 0.05)
    out["loud"] = [
        severity(p, c >= LARGE) if bad else None
        for p, c, bad in zip(out["p_adjusted"], out["change"], worse, strict=True)
    ]
    return _cost(out, seen, goal, order_value, smallest, timezone)


# ---- what was observed -----------------------------------------------------------------------------------------------


def _with_outcome(touchpoints: ir.Table | None) -> ir.Table | None:
    """Where nobody notes outcomes, none is known."""
    if touchpoints is None or "outcome" in touchpoints.columns:
        return touchpoints
    return touchpoints.mutate(outcome=ibis.null("string"))


def _outcomes(touchpoints: ir.Table) -> dict[str, tuple[bool, bool]]:
    """touchpoint -> (only ever fails, any failure at all)."""
    known = touchpoints.outcome.notnull()
    bad = touchpoints.outcome.isin(["failure", "abandoned"]).fill_null(False)
    found = touchpoints.group_by("touchpoint").aggregate(n=_.count(), known=known.sum(), bad=bad.sum()).execute()
    return {r.touchpoint: (bool(r.bad == r.n), bool(r.bad)) for r in found.itertuples()}


def _observed(t: ir.Table, by: list[str], journey: str, goal: str, kinds: dict) -> ir.Table:
    """One row an observation: customer_id, signal, touchpoint, x (0 or 1), at, reached (0, 1 or null), by…"""
    keep = [c for c in ("session_id",) if c in t.columns]
    t = t.select("event_id", "customer_id", "occurred_at", "touchpoint", "outcome", *keep, *by)
    bad = t.outcome.isin(["failure", "abandoned"]).fill_null(False)
    success = t.outcome == "success"
    steps = engine.journeys(t.mutate(bad=bad.cast("int64"), good=success.fill_null(False)), journey, to="touchpoint")
    whole = ibis.window(group_by=["customer_id", "journey"])
    reached = ((steps.touchpoint == goal) & (steps.bad == 0)) if goal else ~steps.last
    if goal:
        # who had reached the goal before this step has nothing of it to lose here: null
        arrived = reached.ifelse(steps.position, ibis.null("int64")).min().over(whole)
        reached = (
            (arrived < steps.position).fill_null(False).ifelse(ibis.null("int64"), arrived.notnull().cast("int64"))
        )
    steps = steps.mutate(reached=reached.cast("int64"))
    same = {c: _[c].min() for c in by}
    errors = [name for name, (only, _any) in kinds.items() if only]
    says_success = steps.good.any().over(ibis.window())  # where success is never said, a null is one
    visits = steps.mutate(known=says_success).filter(
        ~_.touchpoint.isin(errors) if errors else ibis.literal(True), _.outcome.notnull() | ~_.known
    )
    columns = ["customer_id", "journey", "signal", "touchpoint", "x", "at", "reached", *by]
    parts = [visits.mutate(signal=ibis.literal("failure"), x=_.bad, at=_.occurred_at).select(columns)]
    passages = steps.group_by(["customer_id", "journey", "touchpoint"]).aggregate(
        k=_.count(where=_.to.isnull() | (_.to != _.touchpoint)),  # a reload is no coming back
        at=_.occurred_at.min(),
        reached=_.reached.min(),
        **same,
    )
    passages = passages.filter(~_.touchpoint.isin(errors)) if errors else passages
    parts.append(passages.mutate(signal=ibis.literal("return"), x=(_.k > 1).cast("int64")).select(columns))
    if errors:
        flags = {f"e{i}": (steps.touchpoint == name).cast("int64").max() for i, name in enumerate(errors)}
        # harm is judged among journeys that came as far: those that met the error, or what usually comes before it
        doors = _doors(t, journey, errors)
        flags |= {
            f"d{i}": (steps.touchpoint == doors.get(name, name)).cast("int64").max() for i, name in enumerate(errors)
        }
        met = steps.group_by(["customer_id", "journey"]).aggregate(
            at=_.occurred_at.min(), reached=_.reached.max(), **same, **flags
        )
        for i, name in enumerate(errors):
            as_far = (met[f"e{i}"] + met[f"d{i}"] > 0).ifelse(met.reached, ibis.null("int64"))
            one = met.mutate(
                signal=ibis.literal("failure"), touchpoint=ibis.literal(name), x=met[f"e{i}"], reached=as_far
            )
            parts.append(one.select(columns))
    return engine.named(ibis.union(*parts))


def _doors(t: ir.Table, journey: str, errors: list[str]) -> dict[str, str]:
    """error touchpoint -> the touchpoint from which customers most often come to it."""
    steps = engine.journeys(t, journey, to="touchpoint").filter(_.to.isin(errors), ~_.touchpoint.isin(errors))
    found = steps.group_by(["to", "touchpoint"]).aggregate(n=_.count()).execute()
    found = found.sort_values(["to", "n", "touchpoint"], ascending=[True, False, True])
    return found.groupby("to")["touchpoint"].first().to_dict()


def _bins(t: ir.Table, timezone: str) -> list[Period]:
    """The time of the log in whole days of the company's time zone, one after another: at most about 45 of them."""
    ends = t.aggregate(a=engine.epoch(_.occurred_at.min()), b=engine.epoch(_.occurred_at.max())).execute().iloc[0]
    if ends.isna().any():
        return []
    first, last = (dt.datetime.fromtimestamp(int(end), ZoneInfo(timezone)).date() for end in ends)
    days = (last - first).days + 1
    width = next(w for w in (1, 7, 30, 91, 10**5) if days <= 45 * w)
    edges = [first + dt.timedelta(days=width * b) for b in range(-(-days // width) + 1)]
    return [Period(str(a), a, b, "range", "gregorian", timezone) for a, b in itertools.pairwise(edges)]


def _rows(found: pd.DataFrame | None, column: str | None, against: str) -> pd.DataFrame:
    columns = (
        "signal touchpoint column group against start end n customers value low high baseline change p_value".split()
    )
    if found is None or found.empty:
        return pd.DataFrame(columns=columns)
    frame = found.reset_index()
    frame["group"] = frame[column].astype(object).where(frame[column].notna(), None) if column else None
    frame = frame.assign(column=column, against=against).reindex(columns=columns)
    frame[["start", "end"]] = frame[["start", "end"]].astype(object).where(frame[["start", "end"]].notna(), None)
    return frame.astype({"n": int, "customers": int, "group": object, "column": object})


# ---- what it costs ---------------------------------------------------------------------------------------------------


def _cost(
    looks: pd.DataFrame, seen: ir.Table, goal: str, order_value: float | None, smallest: int, timezone: str
) -> pd.DataFrame:
    """Whom the looks that stand hit, and what of the goal those lose: one query for all, one more for each loop.

    What hit too few customers, or happened in a stretch of time (or the rest of it) that knows too few, is not told.
    """
    looks = looks.copy()
    extra = pd.DataFrame(index=looks.index, columns=["hit", "harm"], dtype=float)
    loops = pd.Series(None, index=looks.index, dtype=object, name="loop")
    loud, wanted = looks[looks["loud"].notna()], {}
    for i, row in loud.iterrows():
        all_time = _of_group(seen, row) & (seen.touchpoint == row["touchpoint"])
        here = all_time & _inside(seen, row, timezone)
        hit, free = here & (seen.x == 1), here & (seen.x == 0)
        others = all_time & ~_inside(seen, row, timezone) if row["start"] else here
        people = {"hit": hit, "people": here, "others": others}
        wanted |= {f"{name}{i}": seen.customer_id.nunique(where=rows) for name, rows in people.items()}
        wanted |= {f"with{i}": seen.reached.mean(where=hit), f"free{i}": seen.reached.mean(where=free)}
    found = seen.aggregate(**wanted).execute().astype(float).iloc[0] if wanted else {}
    for i, row in loud.iterrows():
        if disclosure.few([found[f"{name}{i}"] for name in ("hit", "people", "others")], smallest).any():
            looks.loc[i, "loud"] = None
            continue
        if row["signal"] == "return":
            loops[i] = _loop(seen.filter(_of_group(seen, row), _inside(seen, row, timezone)), row["touchpoint"])
        lost = np.clip(np.nan_to_num(found[f"free{i}"] - found[f"with{i}"]), ANNOYANCE, 1)
        extra.loc[i] = found[f"hit{i}"], lost if goal or row["signal"] == "failure" else ANNOYANCE
    out = looks.join(extra).join(loops)
    for name, end in (("excess", "value"), ("excess_low", "low"), ("excess_high", "high")):
        out[name] = out["hit"] * ((out[end] - out["baseline"]) / out["value"]).clip(lower=0)
    out["lost"] = out["excess"] * out["harm"]
    out["money"] = out["lost"] * order_value if order_value else np.nan
    order = ["lost", "p_value", "signal", "touchpoint", "column", "against"]
    return out.sort_values(order, ascending=[False] + [True] * 5, na_position="last", ignore_index=True)


def _of_group(seen: ir.Table, look: pd.Series) -> ir.BooleanValue:
    """Which observations are of a look's signal and group?"""
    signal = seen.signal == look["signal"]
    if not look["column"]:
        return signal
    own = seen[look["column"]]
    return signal & (own.isnull() if look["group"] is None else (own == look["group"]).fill_null(False))


def _inside(seen: ir.Table, look: pd.Series, timezone: str) -> ir.BooleanValue:
    """Which lie in its stretch of time?"""
    if not look["start"]:
        return ibis.literal(True)
    stretch = Period("", look["start"], look["end"], "range", "gregorian", timezone)
    return (seen.at >= stretch.start) & (seen.at < stretch.end)


def _loop(rows: ir.Table, touchpoint: str) -> tuple[str, ...]:
    """What else do the journeys that come back to a touchpoint come back to, far more often than the others?"""
    round_ = rows.filter(rows.touchpoint == touchpoint).select("customer_id", "journey", turned="x")
    each = rows.inner_join(round_, ["customer_id", "journey"]).group_by("touchpoint")
    turned = _.turned == 1
    found = (
        each.aggregate(hit=_.x.mean(where=turned), free=_.x.mean(where=~turned), n=_.x.sum(where=turned))
        .execute()
        .fillna({"free": 0.0})
    )
    found = found[(found["hit"] >= 0.25) & (found["hit"] >= 2 * found["free"]) & (found["n"] >= 5)]
    return tuple(found.sort_values(["n", "touchpoint"], ascending=[False, True])["touchpoint"].head(4))
