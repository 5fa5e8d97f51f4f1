"""Which drop of a funnel is out of the ordinary, what does each cost, and where did those who left go?"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _
from scipy.stats import norm

from cx_helpers import certainty, contrasts, disclosure, engine
from cx_helpers.records import severity

GONE = "(gone)"
FAILED = "(failed)"  # the last step was reached and did not succeed
LARGE = 0.05  # five points of a step's conversion


def costs(whole: pd.DataFrame, order_value: float | None = None) -> pd.DataFrame:
    """What does each drop cost at most, if those who left would go on as those do who stayed?

    whole  of `funnel.conversion`, not split;  order_value  mean amount of an order
    Returns, index step (from the second on), dearest first: n, customers, `passed` with low and high, `lost`, `onward`
    (the share of those who got there that reach the goal), `would_convert` = lost x onward with would_low and
    would_high, `money` with money_low and money_high (95 %, of both shares; the mean order as it is), and `spread`, the
    relative error of onward.  It is the most that mending the step can bring: who leaves may differ from who stays.
    """
    steps = whole.iloc[1:]
    goal = whole["reached"].iloc[-1]
    onward = (goal / steps["reached"]).where(steps["reached"] > 0)
    out = steps[["n", "customers", "passed", "low", "high", "lost"]].assign(onward=onward)
    out["would_convert"] = out["lost"] * onward
    out["spread"] = np.sqrt((1 - onward) / (onward * steps["reached"]).where(onward > 0))
    gone = (1 - steps["passed"]).where(steps["passed"] < 1)
    half = certainty.Z95 * np.hypot(steps["se"] / gone, out["spread"])
    out["would_low"], out["would_high"] = _around(out["would_convert"], half)
    for money, many in (("money", "would_convert"), ("money_low", "would_low"), ("money_high", "would_high")):
        out[money] = out[many] * order_value if order_value else np.nan
    return out.sort_values("would_convert", ascending=False, kind="stable")


def _around(value: pd.Series, half: pd.Series) -> tuple[pd.Series, pd.Series]:
    """The 95 % interval of what cannot be less than nothing; half  as a part of the value."""
    return (value * (1 - half)).clip(lower=0), value * (1 + half)


def looks(
    answers: dict[str | None, tuple[pd.DataFrame, pd.DataFrame]],
    dear: pd.DataFrame,
    order_value: float | None = None,
    smallest: int = 30,
    crossed: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """At which step does a group get through less often than the others, and which step got worse?

    answers  {column: (`funnel.conversion` by it, of this period and of the one before)}; None: not split;  dear  of
             `costs`, not split;  order_value  mean amount of an order
    crossed  `funnel.conversion` of this period by two of the columns at once: a group is then also held against the
             others within each value of the other column (Mantel, Haenszel), for who they are may be all there is to it
    Returns one row a look, costliest first: step, column and group (None: everybody), `against` (others, before), n,
    customers, value, low, high, baseline, `change`, p_value, p_adjusted (Holm over all looks), `excess` (walks lost
    beyond the baseline), `lost` = excess x what reaches the goal from there with lost_low and lost_high (as sure as
    the p value is), `money` with money_low and money_high, `loud` (severity or None; only what is worse), `inside`
    (the change within the other column's values; NaN where not looked at) and `mixed` (worse at first sight, but
    not within them: Simpson's paradox; not loud).  What a group does otherwise than the others is never high: it may
    be who they are (who buys by phone looks on the web), not what they meet.
    """
    frames = []
    for column, (now, before) in answers.items():
        here, then = _passed(now), _passed(before)
        if here.empty:
            continue
        parts = {"before": contrasts.difference(here, then.reindex(here.index), smallest)}
        if column:
            parts["others"] = contrasts.against_others(here, ["step"], smallest)
        for against, told in parts.items():
            frames.append(_rows(told.drop(told.index[disclosure.held(told.index, smallest)]), column, against))
    frames = [f for f in frames if len(f)]
    out = pd.concat(frames, ignore_index=True) if frames else _rows(pd.DataFrame({"step": []}), None, "")
    out["p_adjusted"] = certainty.adjust(out["p_value"], "holm")
    out["excess"] = (out["n"] * -out["change"]).clip(lower=0)
    out["lost"] = out["excess"] * out["step"].map(dear["onward"]).astype(float)
    with np.errstate(divide="ignore"):
        spread = 1 / norm.isf(out["p_value"].astype(float).clip(1e-300, 1) / 2)
    half = certainty.Z95 * np.hypot(spread, out["step"].map(dear["spread"]).astype(float))
    out["lost_low"], out["lost_high"] = _around(out["lost"], half)
    for money, many in (("money", "lost"), ("money_low", "lost_low"), ("money_high", "lost_high")):
        out[money] = out[many] * order_value if order_value else np.nan
    inside = _inside(crossed, out)
    out["inside"] = inside["change"]
    worse = (out["change"] < 0) & (out["p_adjusted"] < 0.05)
    same = out["inside"].isna() | ((out["inside"] < 0) & (inside["p_value"] < 0.05))
    out["mixed"], worse = worse & ~same, worse & same
    large = (out["change"].abs() >= LARGE) & (out["against"] == "before")
    rows = zip(out["p_adjusted"], large, worse, strict=True)
    out["loud"] = [severity(p, big) if bad else None for p, big, bad in rows]
    return out.sort_values(["lost", "p_value"], ascending=[False, True], kind="stable", ignore_index=True)


def _inside(crossed: pd.DataFrame | None, looked: pd.DataFrame) -> pd.DataFrame:
    """Of each look at a group against the others: change and p_value within the values of the other column.

    Stratum by stratum (contrasts.within); errors as of the shares, by customers.
    """
    out = pd.DataFrame({"change": np.nan, "p_value": np.nan}, index=looked.index)
    if crossed is None or not len(crossed):
        return out
    sums, columns = crossed.reset_index(), [name for name in crossed.index.names if name != "step"]
    for at, row in looked[(looked["against"] == "others") & looked["column"].isin(columns)].iterrows():
        other = next(name for name in columns if name != row["column"])
        step = sums[(sums["step"] == row["step"]) & (sums["n"] > 0)]
        mine = step[row["column"]].isna() if row["group"] is None else step[row["column"]] == row["group"]
        one, rest = (
            contrasts.share(part.groupby(other, dropna=False)[contrasts.SUMS].sum())
            for part in (step[mine], step[~mine])
        )
        out.loc[at] = contrasts.within(one, rest)
    return out


def _passed(frame: pd.DataFrame) -> pd.DataFrame:
    """Steps with a step before them, as `contrasts` takes them."""
    return frame[frame["passed"].notna()].rename(columns={"passed": "value"})


def _rows(found: pd.DataFrame, column: str | None, against: str) -> pd.DataFrame:
    frame = found.reset_index()
    frame["group"] = frame[column].astype(object).where(frame[column].notna(), None) if column else None
    names = "step column group against n customers value low high baseline change p_value".split()
    return (
        frame.assign(column=column, against=against).reindex(columns=names).astype({"group": object, "column": object})
    )


def afterwards(walked: ir.Table, touchpoints: ir.Table, steps: list[str], within: str, journey: str = "customer",
               smallest: int = 1) -> pd.DataFrame:  # fmt: skip
    """Where did those who did not get on go next?

    walked  of `funnel_walks.walks` in the open order;  touchpoints, within, journey  as they were given there
    Returns, index (`step`: the one they got to, `next`), commonest first at each step: n walks, customers, `share` of
    those who stopped there with Wilson's low and high.  `(gone)`: nothing within the time; `(failed)`: the last step,
    whose outcome was no success.  Small ways are hidden.
    """
    ends = walked.filter(walked.over, walked.deepest < len(steps))
    known = touchpoints.filter(touchpoints.customer_id.notnull())
    told = {"_how": "outcome"} if "outcome" in known.columns else {}
    e = engine.journeys(known, journey, _next="touchpoint", _next_at="occurred_at", **told)
    failed = (e._next == steps[-1]) & (e._how != "success").fill_null(False) if told else ibis.literal(False)
    here = e.select(
        _who="customer_id",
        _where="journey",
        _place="position",
        _next=failed.ifelse(ibis.literal(FAILED), e._next),
        _then=engine.epoch(e._next_at),
        at="touchpoint",
    )
    met = ends.inner_join(
        here, [ends.customer_id == here._who, ends.journey == here._where, ends.last_position == here._place]
    )
    near = (met._then - met.t0 <= engine.seconds(within)).fill_null(False)
    rows = met.select("customer_id", step="at", next=near.ifelse(met._next, ibis.literal(GONE)))
    found = rows.group_by("step", "next").aggregate(n=_.count(), customers=_.customer_id.nunique()).execute()
    whole = found.groupby("step")["n"].transform("sum")
    low, high = certainty.wilson(found["n"], whole)
    found = found.assign(share=found["n"] / whole, low=low, high=high)
    found["place"] = found["step"].map({step: k for k, step in enumerate(steps)})
    found = found.sort_values(["place", "n", "next"], ascending=[True, False, True]).drop(columns="place")
    found = found.set_index(["step", "next"])
    return found[~disclosure.few(found["customers"], smallest)]
