"""What is coming?  The next weeks and the next month of each metric, by what forecast it best so far, and how sure."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
from scipy.special import stdtr

from cx_helpers import backtesting, certainty, series
from cx_helpers.backtesting import Backtest, Shape, Targets
from cx_helpers.dates import Period
from cx_helpers.series import Series

MONTH = "month"  # the target that stands for what a manager asks first
_SHORTEST = {"day": 180, "week": 40, "month": 24}  # steps that the first origin knows, where there are twice as many


def backtest(one: Series) -> Backtest | None:
    """What would each candidate have forecast, at each of the last origins?  None where history is too short.

    Days are asked every seventh day for four weeks and the next month, weeks each week for four weeks and their sum or
    mean, months each month for three.
    """
    horizon = targets(one).horizon
    shape = Shape(7) if one.grain == "day" else Shape(1, 12 if one.grain == "month" and len(one) >= 36 else 1)
    x = series.calendar(one, horizon)
    x = None if x is None or not x.shape[1] else x.to_numpy()
    positive = one.total or one.metric.endswith("_hours")
    first = min(_SHORTEST[one.grain], len(one) // 2)
    step = series.WIDTH["week"] if one.grain == "day" else 1
    return backtesting.backtest(one.values, targets(one), shape, step=step, positive=positive, x=x, first=first)


def targets(one: Series) -> Targets:
    """What is asked of a series of this grain: steps ahead, by name (`1`, `2`, … and MONTH)."""
    if one.grain == "day":
        steps = {str(k + 1): slice(7 * k, 7 * k + 7) for k in range(4)}
        return Targets(steps | {MONTH: slice(0, next_month(one).days)}, True)
    steps = {str(k + 1): slice(k, k + 1) for k in range(4 if one.grain == "week" else 3)}
    return Targets(steps | {MONTH: slice(0, 4 if one.grain == "week" else 1)}, one.total)


def next_month(one: Series) -> Period:
    """The time that MONTH means: the month that begins next, where days or months are known to the end of one; else as
    many days as one has (30), or four weeks."""
    last = one.last
    day = Period.month_of(last.past, calendar=last.calendar, timezone=last.timezone)
    if one.grain != "week" and day.first == last.past:
        return day
    return last.on(last.past).through(last.on(_last_of(last.past, 28 if one.grain == "week" else 30)))


def _last_of(day: dt.date, days: int) -> dt.date:
    """The last of so many days that begin with `day`."""
    return day + dt.timedelta(days - 1)


def periods(one: Series) -> dict[str, Period]:
    """Which stretch of time each target of a series means."""
    ahead = one.ahead(targets(one).horizon) if one.grain != "day" else []
    out = {}
    for name, part in targets(one).steps.items():
        if name == MONTH:
            out[name] = next_month(one)
        elif one.grain == "day":
            out[name] = Period.weeks(one.last, 1)[0].shift(int(name))
        else:
            out[name] = ahead[part.start]
    return out


def forecast(one: Series, test: Backtest | None, goal: dict | None = None) -> pd.DataFrame:
    """What is expected next, in which interval, and will the goal be reached?

    test  of `backtest`; None: nothing is expected (one row of nulls);  goal  tables.goal(metric)
    Returns one row a target, index `period`: target, the metric (expected; the median where totals are logarithms),
    low_80, high_80, low, high (95 %), `last` (the same stretch just before, as it was), `p_value` (is what is coming
    other than that?), method, n (past errors behind
    the interval), goal and `chance` of reaching it.
    """
    when = periods(one)
    index = pd.Index([when[MONTH]] if test is None else list(when.values()), name="period", dtype=object)
    columns = f"target {one.metric} low_80 high_80 low high last p_value method n goal chance".split()
    if test is None:
        return pd.DataFrame([[MONTH, *[np.nan] * 7, None, 0, np.nan, np.nan]], index=index, columns=columns)
    method = backtesting.chosen(backtesting.skill(test))
    low, high = (ends[-1] for ends in backtesting.intervals(test, method))
    rows, known = [], (~np.isnan(test.errors(method))).sum(axis=0)
    for k, (name, part) in enumerate(test.targets.steps.items()):
        width = part.stop - part.start
        recent = one.values[-width:]
        last = recent.sum() if one.total else np.nanmean(recent) if (~np.isnan(recent)).any() else np.nan
        rows.append((name, test.made[method][-1, k], low[k, 0], high[k, 0], low[k, 1], high[k, 1], last,
                     _p_value(test, method, k, last), method, known[k], np.nan, np.nan))  # fmt: skip
    found = pd.DataFrame(rows, index=index, columns=columns)
    if goal:
        up = (goal.get("direction") or "up") == "up"
        found["goal"] = float(goal["target"])
        found["chance"] = [
            backtesting.chance(test, method, name, float(goal["target"]), up) for name in found["target"]
        ]
    return found


def _p_value(test: Backtest, method: str, k: int, last: float) -> float:
    """Could what is coming be the same as what was?  Two-sided, by Student's t on the method's own past errors."""
    past = test.errors(method)[:, k]
    past = past[~np.isnan(past)]
    spread = np.sqrt((past**2).mean()) if len(past) else np.nan
    if not spread > 0 or np.isnan(last) or (test.scale.name == "log" and last <= 0):
        return np.nan
    gap = float(test.scale.to(test.made[method][-1, k])) - float(test.scale.to(last))
    return float(2 * stdtr(max(2, len(past) / test.blocks), -abs(gap) / spread))


def skills(tests: dict[str, Backtest | None]) -> pd.DataFrame:
    """How well does each candidate forecast each metric?  Index (`metric`, `method`): columns of backtesting.skill, and
    `chosen` (is it the one that is used?)."""
    parts = {}
    for metric, test in tests.items():
        if test is not None:
            found = backtesting.skill(test)
            parts[metric] = found.assign(chosen=found.index == backtesting.chosen(found))
    columns = ["mase", "skill", "low", "high", "p_value", "n", "p_adjusted", "chosen"]
    if not parts:
        empty = pd.MultiIndex.from_arrays([[], []], names=["metric", "method"])
        return pd.DataFrame(columns=columns, index=empty, dtype=float).astype({"chosen": bool})
    return pd.concat(parts, names=["metric"])[columns]


def coverages(tests: dict[str, Backtest | None]) -> pd.DataFrame:
    """How often did the intervals of the chosen method hold?  Index (`metric`, `level`; `all` metrics last): `covered`
    with low, high (Wilson, on stretches that do not overlap), n intervals that could be checked."""
    parts, sure = {}, {}
    for metric, test in tests.items():
        if test is None:
            continue
        method = backtesting.chosen(backtesting.skill(test))
        found = backtesting.coverage(test, *backtesting.intervals(test, method))
        parts[metric], sure[metric] = found, found["n"] / test.blocks
    if not parts:
        empty = pd.MultiIndex.from_arrays([[], []], names=["metric", "level"])
        return pd.DataFrame(columns=["covered", "low", "high", "n"], index=empty, dtype=float)
    whole = pd.concat(parts, names=["metric"])
    known = whole.dropna(subset=["covered"])
    n = known["n"].groupby(level="level").sum()
    covered = (known["covered"] * known["n"]).groupby(level="level").sum() / n
    worth = pd.concat(sure).groupby(level=1).sum().reindex(covered.index)
    low, high = certainty.wilson(covered * worth, worth)
    together = pd.DataFrame({"covered": covered, "low": low, "high": high, "n": n})
    return pd.concat([whole, pd.concat({certainty.ALL: together}, names=["metric"])])
