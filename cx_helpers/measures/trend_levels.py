"""What is the level of each number, does it rise or fall, and what does the calendar do to it?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cx_helpers import backtesting, forecasting, series
from cx_helpers.dates import Period
from cx_helpers.series import Series
from cx_helpers.tendency import tendency


def levels(one: Series) -> pd.DataFrame:
    """The level week by week (months stay months): what was seen, and what it would have been on usual days.

    Returns index periods (weeks of days that were summed): n, the metric as it was, `usual` (the calendar's effects
    taken out of totals), `trend` (a smooth line through it: Cleveland's lowess, which no single week moves).
    """
    y = one.values
    usual = y.copy()
    x = series.calendar(one, 0)
    scale = backtesting.scale_of(y, one.total)
    if x is not None and x.shape[1] and len(y) > 2 * x.shape[1] + 10 and (known := ~np.isnan(y)).mean() > 0.5:
        z = pd.Series(scale.to(y)).interpolate(limit_direction="both").to_numpy()
        told = x.to_numpy() @ forecasting.calendar_effects(z, x.to_numpy())[0]
        usual = np.where(known, scale.back(z - (told - told.mean())), np.nan)
        usual *= np.nansum(y) / np.nansum(usual) if np.nansum(usual) > 0 else 1.0
    found = one.frame[["n"]].assign(**{one.metric: y, "usual": usual})
    found = weekly(one, found) if one.grain == "day" else found
    return found.assign(trend=_smooth(found["usual"].to_numpy(float)))


def weekly(one: Series, found: pd.DataFrame) -> pd.DataFrame:
    """Days summed to weeks that end where the days do; days before the first whole week are left out."""
    extra = len(found) % 7
    whole = found.iloc[extra:]
    sums = whole.groupby(np.arange(len(whole)) // 7).sum(min_count=7)
    weeks = Period.weeks(one.last, len(sums))
    return sums.set_axis(pd.Index(weeks, name="period", dtype=object))


def _smooth(y: np.ndarray) -> np.ndarray:
    from statsmodels.nonparametric.smoothers_lowess import lowess

    known = ~np.isnan(y)
    if known.sum() < 8:
        return np.full(len(y), np.nan)
    at = np.flatnonzero(known).astype(float)
    line = lowess(y[known], at, frac=min(1.0, max(20 / known.sum(), 0.25)), it=2, return_sorted=False)
    return np.interp(np.arange(len(y)), at, line)


def tendencies(found: dict[str, Series]) -> pd.DataFrame:
    """Does each metric rise or fall?  Mann-Kendall and Sen on its levels of the last year, calendar effects taken out.

    Returns one row a metric: n steps, first and last (periods), `level` (median of the last four steps), `slope` over a
    year with `low`-`high` (in the metric's own unit), `p_value` (corrected for memory), `season_strength` (0..1: which
    part of the unrest within a week is the weekdays'; NaN where there is no season).
    """
    rows = {}
    for metric, one in found.items():
        all_levels = levels(one)
        year = all_levels.iloc[-(52 if one.grain != "month" else 12) :]
        told, a_year = tendency(year["usual"]), 365.25 / (7 if one.grain != "month" else 30.44)
        now = all_levels["usual"].iloc[-4:].dropna()
        rows[metric] = {
            "n": told.n, "first": year.index[0], "last": year.index[-1],
            "level": float(np.median(now)) if len(now) else np.nan, "slope": told.slope * a_year,
            "low": told.low * a_year, "high": told.high * a_year, "p_value": told.p_value,
            "season_strength": strength(one),
        }  # fmt: skip
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("metric")


def strength(one: Series) -> float:
    """How much of the unrest of days is the week's season?  0: none, 1: all; by STL; NaN for weeks and months.

    Source: Wang, Smith, Hyndman, Data Mining and Knowledge Discovery 13, 2006: max(0, 1 - var(R) / var(S + R)).
    """
    season = 7 if one.grain == "day" else 12 if one.grain == "month" else 1
    if season == 1 or len(one) < 3 * season or not _moves(one):
        return np.nan
    parts = decomposed(one)
    noisy = float((parts["season"] + parts["rest"]).var())
    return max(0.0, 1 - float(parts["rest"].var()) / noisy) if noisy > 0 else np.nan


def no_effects() -> pd.DataFrame:
    """The answer of `effects` where there is no total to tell any from."""
    return pd.DataFrame(columns=["effect", "low", "high", "n"], index=pd.Index([], name="occasion"), dtype=float)


def _moves(one: Series) -> bool:
    known = one.values[~np.isnan(one.values)]
    return len(known) > 1 and float(np.ptp(known)) > 0


def decomposed(one: Series) -> pd.DataFrame:
    """Trend, season and rest of a series, which add up to it (on the scale of logarithms or roots for totals).

    STL by the week (days) or by the year (months); with three years of days MSTL takes both.
    Source: Cleveland et al., J. Official Statistics 6, 1990; Bandara, Hyndman, Bergmeir 2021; `statsmodels`.
    """
    from statsmodels.tsa.seasonal import MSTL, STL

    z = pd.Series(backtesting.scale_of(one.values, one.total).to(one.values)).interpolate(limit_direction="both")
    z = z.to_numpy()
    if one.grain == "day" and len(z) >= 3 * 365:
        fit = MSTL(z, periods=(7, 365), stl_kwargs={"robust": True}).fit()
        season = fit.seasonal.sum(axis=1)
    else:
        fit = STL(z, period=7 if one.grain == "day" else 12, robust=True).fit()
        season = fit.seasonal
    return pd.DataFrame({"trend": fit.trend, "season": season, "rest": fit.resid}, index=one.frame.index)


def effects(one: Series) -> pd.DataFrame:
    """By how much does each weekday and each occasion differ from a usual day?  Of totals only; else empty.

    Returns index `occasion`: `effect` (0.2: a fifth more) with its 95 % interval low, high, n days (or weeks) of it.
    One regression tells all of them at once, so that a Ramadan in the run-up to Nowruz is not taken for it; what was
    seen on few days is shrunk towards nothing.
    """
    x = series.calendar(one, 0)
    scale = backtesting.scale_of(one.values, one.total)
    if x is None or not x.shape[1] or scale.name == "none" or not _moves(one):
        return no_effects()
    y = one.values
    z = np.log(np.maximum(pd.Series(y).interpolate(limit_direction="both").to_numpy(), 0.5 * max(np.nanmin(y), 1e-9)))
    told, error = forecasting.calendar_effects(z, x.to_numpy())
    found = pd.DataFrame({"told": told, "error": error, "n": (x.abs() > 0).sum().to_numpy()}, index=x.columns)
    found = found[~found.index.str.startswith("year_")]
    week = [day for day in series.WEEKDAYS if day in found.index]
    if week:  # the seventh is what is left of the other six
        found.loc[series.WEEKDAYS[6]] = [-found.loc[week, "told"].sum(), found.loc[week, "error"].mean(), 0]
        found.loc[[*week, series.WEEKDAYS[6]], "n"] = len(one) // 7
        begins = 5 if one.last.calendar == "jalali" else 0  # the week begins on Saturday, or on Monday
        order = [*series.WEEKDAYS[begins:], *series.WEEKDAYS[:begins]]
        found = found.loc[[*order, *(name for name in found.index if name not in order)]]
    half = 1.96 * found["error"]
    names = {"effect": found["told"], "low": found["told"] - half, "high": found["told"] + half}
    out = pd.DataFrame({name: np.expm1(values) for name, values in names.items()}).assign(n=found["n"].astype(int))
    return out.rename_axis("occasion")
