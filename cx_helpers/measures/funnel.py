"""How many get from step to step, and how long does it take?  Counts of `funnel_walks.walks`.

Who entered so late that their time is not up counts in no rate, and in times to convert as long as they were seen.
"""

from __future__ import annotations

import datetime as dt

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from cx_helpers import certainty, contrasts, disclosure, engine, survival
from cx_helpers.tables import groups


def conversion(walked: ir.Table, steps: list[str], by=None, optional: tuple = (), smallest: int = 1) -> pd.DataFrame:
    """Which share gets to each step, of all who entered and of those at the step before?

    walked  of `funnel_walks.walks`; only walks whose time is over count
    Returns, index (by…, `step`) in the order of the steps: n (walks at the step before: what `passed` is a share of),
    customers, `reached` (walks), `conversion` (of all who entered) with conversion_low and conversion_high, `passed`
    (of those at the step before) with low, high and se, `lost` (walks that end before the step).  The first step has no
    `passed`.  An optional step is a side step: the step after it is a share of the last required one.
    Groups that are small, or would give a small one away, lose their numbers and say why in `hidden`.  That nobody got
    to a step is told as 0 of all who entered, with its interval (`passed` is null where nobody was at the step before).
    """
    by, frames = groups(by, "step"), []
    over = walked.filter(walked.over)
    asked = {}
    for k in range(len(steps)):
        here = over[f"t{k}"].notnull()
        asked[f"whole{k}"] = here.cast("int64")
        if k:
            before = over[f"t{_previous(k, steps, optional)}"].notnull()
            asked[f"part{k}"] = before.ifelse(here.cast("int64"), ibis.null("int64"))
    sums = certainty.sums(over, asked, by)
    for k, step in enumerate(steps):
        whole = sums[f"whole{k}"]
        of_all = certainty.share(whole, "conversion").rename(
            columns={"low": "conversion_low", "high": "conversion_high"}
        )
        part = sums[f"part{k}"] if k else whole
        frame = certainty.share(part, "passed")
        if not k:
            frame[["passed", "low", "high", "se"]] = np.nan
        frame = frame.join(of_all[["conversion", "conversion_low", "conversion_high"]])
        frame["reached"] = whole["sum_x"].round().astype(int)
        frame["lost"] = frame["n"] - frame["reached"] if k else 0
        frame[contrasts.SUMS] = part[contrasts.SUMS]
        index = frame.index.to_frame(index=False) if by else pd.DataFrame(index=range(len(frame)))
        frame.index = pd.MultiIndex.from_frame(index.assign(step=step)) if by else pd.Index([step], name="step")
        frames.append(frame.assign(_place=k))
    out = pd.concat(frames)
    if by:
        out = out.sort_values("_place", kind="stable").sort_index(level=by, sort_remaining=False, kind="stable")
    small = _small(out, by, smallest)
    if by and isinstance(smallest, disclosure.Limit):
        small |= out.index.droplevel("step").isin(_held(out, by, smallest))
    numbers = ["reached", "conversion", "conversion_low", "conversion_high", "passed", "low", "high", "se", "lost"]
    out[numbers] = out[numbers].astype(float).mask(small)
    out["hidden"] = np.where(small, disclosure.SMALL, None)
    order = ["n", "customers", "reached", "conversion", "conversion_low", "conversion_high", "passed", "low", "high"]
    return out[[*order, "se", "lost", *contrasts.SUMS[2:], "hidden"]]


def _small(out: pd.DataFrame, by: list[str], smallest) -> pd.Series:
    """Rows of too few at the step before.  Nobody there tells of nobody, unless an earlier row is hidden already."""
    small = disclosure.few(out["customers"], smallest) | (out["n"] < (smallest if by else 1))
    of = [out.index.get_level_values(name) for name in by] or [np.zeros(len(out))]
    entered = out["n"].groupby(of, dropna=False, sort=False).transform("first")
    nobody = (out["n"] == 0) & (entered > 0)
    earlier = (small & ~nobody).groupby(of, dropna=False, sort=False).cummax()
    return small & (~nobody | earlier)


def _held(out: pd.DataFrame, by: list[str], smallest) -> list:
    """Groups that another held-back group would give away."""
    entered = out.groupby(level=by, dropna=False, sort=False)["customers"].max()
    return list(entered.index[disclosure.held(entered.index, smallest)])


def at_goal(found: pd.DataFrame, steps: list[str]) -> pd.DataFrame:
    """Of an answer of `conversion`, split or not, who got to the goal.

    Returns, index as the groups or the row `all`: n who entered, customers, `reached_goal`, low, high, se."""
    first, last = (found[found.index.get_level_values("step") == step] for step in (steps[0], steps[-1]))
    if found.index.nlevels > 1:
        first, last = first.droplevel("step"), last.droplevel("step").reindex(first.droplevel("step").index)
    else:
        first, last = (frame.set_axis([certainty.ALL]) for frame in (first, last))
    out = first[["n", "customers"]].join(last[["conversion", "conversion_low", "conversion_high"]])
    out = out.rename(columns={"conversion": "reached_goal", "conversion_low": "low", "conversion_high": "high"})
    middle = (out["reached_goal"] * out["n"] + 1) / (out["n"] + 2)
    out["se"] = np.sqrt(middle * (1 - middle) / (out["n"] + 2))
    return out.join(last[["hidden"]]) if last["hidden"].notna().any() else out


def durations(walked: ir.Table, steps: list[str], within: str, until: dt.datetime, points: int = 42, smallest: int = 1):
    """How long does it take from the first step to the last?  Who is still on the way counts as long as they were seen.

    walked  of `funnel_walks.walks`, with its `within`;  until  the log's end (UTC);  points  of the curve, about
    smallest  of fewer customers (disclosure.Limit) there is no curve
    Returns, index whole `hours` (of up to two days: `minutes`) since entering: n (walks), `converted` (share) with low
    and high (Kaplan-Meier), at_risk; and in attrs `median` in the same unit, NaN where fewer than half convert within
    the time.
    """
    limit, goal = engine.seconds(within), f"t{len(steps) - 1}"
    last = pd.Timestamp(until)
    end = int((last if last.tzinfo else last.tz_localize("UTC")).timestamp())
    took = walked[goal] - walked.t0
    seen = ibis.least(ibis.literal(limit), ibis.greatest(ibis.literal(end) - walked.t0, ibis.literal(0)))
    width = max(limit // 2000, 1)
    rows = walked.select(done=took.notnull(), bin=(took.coalesce(seen) / width).floor().cast("int64"))
    folded = rows.group_by("bin", "done").aggregate(n=_.count()).execute()
    unit, seconds = ("hours", 3600) if limit >= 2 * 86_400 else ("minutes", 60)
    took = folded["bin"].astype(float) * width / seconds
    curve = survival.kaplan_meier(took, folded["done"].astype(bool), folded["n"])
    marks = np.arange(0, limit / seconds + 1e-9, max(-(-limit // (seconds * points)), 1))
    found = survival.at(curve, marks)
    out = pd.DataFrame(
        {
            "n": int(folded["n"].sum()),
            "converted": 1 - found["survival"],
            "low": 1 - found["high"],
            "high": 1 - found["low"],
            "at_risk": found["at_risk"],
        }
    ).rename_axis(unit)
    out.attrs["median"] = survival.quantile(curve, 0.5)
    few = disclosure.few(walked.customer_id.nunique().execute(), smallest)
    return out.iloc[:0] if few else out


def _previous(k: int, steps: list[str], optional) -> int:
    return max(j for j in range(k) if steps[j] not in optional)
