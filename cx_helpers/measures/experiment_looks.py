"""What would each look have said, and does the effect last?  One experiment day by day, and week after week.

A line that is looked at every day crosses any fixed threshold sooner or later.  The band here is made to be looked at
every day: it leaves 0 out by mistake in at most one of twenty experiments, over all its days together.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from cx_helpers import certainty, dates, disclosure, versus

FEWEST = 100  # customers in each variant at the first look: an asymptotic band needs as many as a normal interval does


def looks(
    daily: pd.DataFrame,
    control: str,
    metric: str,
    period: dates.Period,
    first: dt.date,
    window_days: int = 7,
    *,
    alpha: float = 0.05,
    expected: float = 0.0,
    adjust: bool = True,
    smallest: int = 1,
) -> pd.DataFrame:
    """The effect in one metric as it stood on each day, with a band that may be looked at every day.

    daily   of experiment_outcomes.sums, by=["day"];  control, metric  which variant, which metric
    period  of the report, for its calendar and time zone;  first  the day of the first exposure
    A customer enters on the day on which the window after exposure is over.  What an earlier report said of a day is
    what stands here, since nothing of later days is used.
    Returns index (variant, period): n, n_control, `effect`, `low` and `high` (always-valid), fixed_low and fixed_high
    (a single look), p_always, p_fixed.  Days before 100 customers in each variant are left out.
    """
    part = daily[daily.index.get_level_values("metric") == metric]
    if part.empty:
        return _empty()
    days = np.arange(part.index.get_level_values("day").min(), part.index.get_level_values("day").max() + 1)
    variants = part.index.get_level_values("variant").unique()
    every = pd.MultiIndex.from_product([[metric], variants, days], names=["metric", "variant", "day"])
    grown = part[versus.SUMS].reindex(every).fillna(0.0).groupby(level="variant").cumsum()
    found = versus.compare(
        grown.assign(kind=part["kind"].iloc[0]), control, alpha=alpha, expected=expected, adjust=adjust
    )
    found = found[found[["n", "n_control"]].min(axis=1) >= max(FEWEST, disclosure.least(smallest))]
    found = found.droplevel("metric").reset_index()
    moment = [first + dt.timedelta(int(day) + window_days) for day in found["day"]]
    found["period"] = [period.on(day) for day in moment]
    return found.set_index(["variant", "period"])[COLUMNS]


COLUMNS = ["n", "n_control", "effect", "low", "high", "fixed_low", "fixed_high", "p_always", "p_fixed"]


def _empty() -> pd.DataFrame:
    index = pd.MultiIndex.from_arrays([[], []], names=["variant", "period"])
    return pd.DataFrame(columns=COLUMNS, index=index, dtype=float)


def crossings(found: pd.DataFrame, alpha: float = 0.05) -> pd.DataFrame:
    """When would a reader have called it?  By the band made for looking, and by p < alpha of a single look.

    found  of `looks`
    Returns index variant: n (days looked at), `always` (the first day on which the band left 0 out), `fixed` (the first
    on which a single look's interval did), `turned` (how often the single look changed its mind).
    """
    rows = []
    for variant, part in found.groupby(level="variant", sort=False):
        sure, once = (part[p] < alpha for p in ("p_always", "p_fixed"))
        days = part.index.get_level_values("period")
        changed = int((once.astype(int).diff().fillna(0) != 0).sum())
        first = [next((day for day, is_sure in zip(days, each, strict=True) if is_sure), None) for each in (sure, once)]
        rows.append((variant, len(part), *first, changed))
    out = pd.DataFrame(rows, columns=["variant", "n", "always", "fixed", "turned"]).set_index("variant")
    return out.astype({"always": object, "fixed": object})


def weeks(parts: list[pd.DataFrame], control: str, metric: str, *, alpha: float = 0.05, smallest: int = 1):
    """Is the effect the same in every week since exposure, or does it fade (novelty) or grow?

    parts  experiment_outcomes.sums of the metric, one frame for each week since exposure (window 7 days, offset 0, 7 …)
    Returns index (variant, week) (1, 2, …): n, n_control, value, control, `effect`, low, high (a single look); weeks
    with fewer than 30 customers in a variant are left out, so each rests on customers for whom that week is over.
    """
    found = []
    for week, sums in enumerate(parts, 1):
        one = versus.compare(sums[sums.index.get_level_values("metric") == metric], control, alpha=alpha, adjust=False)
        one = one[one[["n", "n_control"]].min(axis=1) >= max(versus.FEWEST, disclosure.least(smallest))]
        found.append(one.droplevel("metric").assign(week=week).set_index("week", append=True))
    columns = {"n": "n", "n_control": "n_control", "value": "value", "control": "control", "plain": "effect"}
    columns |= {"fixed_low": "low", "fixed_high": "high", "se": "se"}
    out = pd.concat([each for each in found if len(each)]) if any(map(len, found)) else None
    if out is None:
        index = pd.MultiIndex.from_arrays([[], []], names=["variant", "week"])
        return pd.DataFrame(columns=list(columns.values()), index=index, dtype=float)
    return out[list(columns)].rename(columns=columns).sort_index(kind="stable")


def fading(found: pd.DataFrame) -> pd.DataFrame:
    """Does the effect change from week to week?  A weighted line through the weeks of each variant.

    found  of `weeks`
    Returns index variant: n (weeks), `change` (of the effect, a week), low, high, p_value, p_adjusted (Holm over the
    variants); null with fewer than three weeks.  The weeks' estimates are taken as independent: customers who buy in
    one week and in the next make the interval a little too wide (too narrow where buying once excludes buying again).
    """
    rows = []
    for variant, part in found.groupby(level="variant", sort=False):
        k, weight = part.index.get_level_values("week").to_numpy(float), 1 / part["se"].to_numpy() ** 2
        if len(part) < 3 or not np.isfinite(weight).all():
            rows.append((variant, len(part), *[np.nan] * 4))
            continue
        away = k - (weight @ k) / weight.sum()
        slope, se = weight * away @ part["effect"].to_numpy() / (weight @ away**2), 1 / np.sqrt(weight @ away**2)
        half = certainty.Z95 * se
        rows.append((variant, len(part), slope, slope - half, slope + half, float(certainty.two_sided(slope / se))))
    out = pd.DataFrame(rows, columns=["variant", "n", "change", "low", "high", "p_value"]).set_index("variant")
    return out.assign(p_adjusted=certainty.adjust(out["p_value"], "holm"))
