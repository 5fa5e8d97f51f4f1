"""Does the model of buying keep its word?  Fitted on the first part of the time, held against the rest.

Nothing of the later part is known when the model is fitted: customers, their histories and the parameters end with the
calibration.  Customers who came after it are not looked at.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import ibis.expr.types as ir
import numpy as np
import pandas as pd

from cx_helpers import certainty, histories, purchasing
from cx_helpers.dates import Period, day_number, numbered_day
from cx_helpers.likelihood import Fit

MOST_TIMES = 7  # repeat purchases from which on customers are one class


@dataclass(frozen=True)
class Trial:
    """A hold-out: its days, and what came of it: `total`, `times` and `weeks` (empty where nothing could be fitted)."""

    days: int
    total: pd.DataFrame
    times: pd.DataFrame
    weeks: pd.DataFrame


def trial(orders: ir.Table, period: Period, model: str | None, days: int = 0, smallest: int = 1) -> Trial:
    """The whole hold-out of one model of buying.

    model  of purchasing.MODELS, None: none was fitted;  days  held out; 0: as `split` has it;  smallest  as in by_times
    """
    rows, last = history(orders, period, days)
    fitted = None if model is None else fit(rows, model)
    held = day_number(period.past) - 1 - last
    if fitted is None:
        nothing = pd.DataFrame({"purchases": []}, index=pd.MultiIndex.from_arrays([[], []], names=["series", "x"]))
        return Trial(held, pd.DataFrame({"miss": [np.nan]}, index=[certainty.ALL]), nothing, nothing)
    foreseen = expected(rows, fitted, last, period)
    weeks = by_week(orders, period, last, fitted)
    return Trial(held, total(foreseen), by_times(foreseen, smallest), weeks)


def split(period: Period, first: int, days: int = 0) -> int:
    """The last day (since 1970) of the calibration.

    first  the day of the first purchase of all;  days  of hold-out; 0: a third of the history, half a year at most
    """
    last = day_number(period.past) - 1
    return last - (days or int(min(182, (last - first) // 3)))


def history(orders: ir.Table, period: Period, days: int = 0) -> tuple[pd.DataFrame, int]:
    """The customers of the calibration as folded rows: x, t_x, T, y (purchases in the hold-out), n; and its last day.

    orders  from the beginning of the data.  Empty rows where nobody had bought by then.
    """
    first = histories.days(orders, period).day.min().execute()
    if pd.isna(first):
        return pd.DataFrame(columns=["x", "t_x", "T", "y", "n"], dtype=float), day_number(period.past) - 1
    last = split(period, int(first), days)
    rows = histories.fold(histories.held_out(orders, period, last), ["y"])
    return rows.astype({"y": float})[["x", "t_x", "T", "y", "n"]], last


def fit(rows: pd.DataFrame, model: str) -> Fit | None:
    """The model as it would have been known at the end of the calibration; None where it cannot be told."""
    few = rows.groupby(["x", "t_x", "T"], as_index=False)["n"].sum()
    if few["n"].sum() < 100 or few.loc[few["x"] > 0, "n"].sum() < 30:
        return None
    found = purchasing.fit(model, few["x"], few["t_x"], few["T"], few["n"])
    return found if found.converged else None


def expected(rows: pd.DataFrame, fitted: Fit, last: int, period: Period) -> pd.DataFrame:
    """The rows with `expected`: purchases in the hold-out, as foreseen at its beginning."""
    ahead = day_number(period.past) - 1 - last
    return rows.assign(expected=purchasing.purchases(fitted, rows["x"], rows["t_x"], rows["T"], ahead))


def total(foreseen: pd.DataFrame) -> pd.DataFrame:
    """How far off was the model, all customers together?  One row: n customers, actual, expected, `miss` (expected over
    actual, less 1), low, high (95 %, customers drawn again)."""
    n = float(foreseen["n"].sum())
    actual, said = (float((foreseen[c] * foreseen["n"]).sum()) for c in ("y", "expected"))
    out = {"n": int(n), "customers": int(n), "actual": actual, "expected": said}
    if actual <= 0:
        return pd.DataFrame(out | dict.fromkeys(("miss", "low", "high"), np.nan), index=[certainty.ALL])
    left = foreseen["expected"] / said - foreseen["y"] / actual
    half = certainty.Z95 * np.sqrt((foreseen["n"] * left**2).sum())
    ratio = said / actual
    out |= {"miss": ratio - 1, "low": ratio * np.exp(-half) - 1, "high": ratio * np.exp(half) - 1}
    return pd.DataFrame(out, index=[certainty.ALL])


def by_times(foreseen: pd.DataFrame, smallest: int = 1) -> pd.DataFrame:
    """Purchases in the hold-out of those who had bought again 0, 1, 2 … times before it: what came, what was foreseen.

    Returns, index (`series`, `x`): n customers, `purchases` (mean of each), low, high (of what came: 95 %, Student).
    The last class holds all who had bought again that often or more.
    """
    times = foreseen["x"].clip(upper=MOST_TIMES).astype(int)
    n = foreseen["n"].groupby(times).sum()
    mean = {c: (foreseen[c] * foreseen["n"]).groupby(times).sum() / n for c in ("y", "expected")}
    apart = foreseen["n"] * (foreseen["y"] - times.map(mean["y"])) ** 2
    se = np.sqrt(apart.groupby(times).sum() / (n - 1).where(n > 1) / n)
    half = certainty.t_quantile(n - 1) * se
    came = pd.DataFrame({"n": n, "customers": n, "purchases": mean["y"], "low": mean["y"] - half,
                         "high": mean["y"] + half})  # fmt: skip
    came["low"] = came["low"].clip(lower=0)
    said = came.assign(purchases=mean["expected"], low=np.nan, high=np.nan)
    out = pd.concat({"actual": came, "expected": said}, names=["series", "x"]).astype({"n": int, "customers": int})
    hidden = certainty.hide_small(out.loc["actual"].rename_axis(None), smallest)["purchases"].isna()
    lost = out.index.get_level_values("x").isin(hidden.index[hidden])
    return out.mask(np.repeat(lost[:, None], 5, axis=1)).dropna(subset="purchases")


def by_week(orders: ir.Table, period: Period, last: int, fitted: Fit, cumulative: bool = False) -> pd.DataFrame:
    """Repeat purchases of the calibration's customers, week by week: what came, and what the model says of it.

    Returns, index (`series`, `week`: dates.Period of seven days): purchases; `held_out`: after the calibration?
    The model knows each customer's first day only: so does everybody who plans.  The last days that are no whole week
    are left out.
    """
    began, again = histories.weeks(orders, period, last)
    start, end = int(began.index.min()), day_number(period.past) - 1
    count = (end - start + 1) // 7
    ages = np.arange(end - start + 1)
    rate = purchasing.newcomer(fitted, ages + 0.5)  # purchases on each day of age, at its middle
    births = np.zeros(len(ages))
    births[(began.index - start).to_numpy()] = began
    came = np.zeros(len(ages))
    came[(again.index - start).to_numpy()] = again
    said = np.concatenate([[0], np.convolve(births, rate)[: len(ages) - 1]])  # from the day after the first
    weeks = {k: x[: 7 * count].reshape(count, 7).sum(axis=1) for k, x in (("actual", came), ("expected", said))}
    weeks = {k: np.cumsum(x) for k, x in weeks.items()} if cumulative else weeks
    names = [_week(period, start + 7 * place) for place in range(count)]
    held = np.array([start + 7 * place > last for place in range(count)])
    frames = {k: pd.DataFrame({"purchases": x, "held_out": held}, index=pd.Index(names, name="week", dtype=object))
              for k, x in weeks.items()}  # fmt: skip
    return pd.concat(frames, names=["series"])


def _week(period: Period, first: int) -> Period:
    day = numbered_day(first)
    return replace(period.on(day), past=numbered_day(first + 7))  # called by its first day
