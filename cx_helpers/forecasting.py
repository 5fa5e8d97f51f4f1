"""How does a series go on?  A short list of candidates, each asked the same: what follows, seen from each origin?

Every candidate is a function (y, origins, horizon, shape, x) -> forecasts, origins x horizon.  A row sees y[:origin]
and no value after it; `x`, where there is any, are calendar columns, known in advance for all of y and the horizon.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cx_helpers.series import YEARLY_DAYS

_REFIT = 26  # origins after which a model's parameters are estimated anew
_RIDGE = 1.0  # how many values' worth of doubt stands against each calendar effect
_KNOT = 90  # values between the bends of the level that calendar effects are told from
_YEARLY_KNOT = 365  # the same where they hold a yearly wave: a level that bent within the year would hide it


class Shape(NamedTuple):
    """What a series is like: `season` (7 for days; 1: none), `year` (12 for months that are many enough; else 1)."""

    season: int = 1
    year: int = 1


PLAIN = Shape()


def naive(y: np.ndarray, origins, horizon: int, shape: Shape = PLAIN, x=None) -> np.ndarray:
    """As a season ago: the same weekday of the last week, the same month of last year; without a season the last value.

    What every other candidate has to beat.
    """
    m = max(shape)
    step = np.arange(horizon) % m
    return np.array([y[t - m + step] for t in origins])


def ets(y: np.ndarray, origins, horizon: int, shape: Shape = PLAIN, x=None) -> np.ndarray:
    """Exponential smoothing, ETS(A, Ad, A) or (A, Ad, N): a level, a trend that dies down, a season that may change.

    Source: Hyndman, Koehler, Ord, Snyder, Forecasting with Exponential Smoothing, 2008; `statsmodels`' ETSModel.
    """
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    m, out = max(shape), []
    for part in _parts(origins):
        if np.ptp(y[: part[0]]) == 0:
            out += [np.full(horizon, y[t - 1]) for t in part]
            continue
        kind = {"trend": "add", "damped_trend": True, "initialization_method": "heuristic"}
        kind |= {"seasonal": "add", "seasonal_periods": m} if m > 1 else {}
        params = _quiet(lambda of=part[0], kind=kind: ETSModel(y[:of], **kind).fit(disp=False).params)
        states = ETSModel(y[: part[-1]], **kind).smooth(params)
        named = dict(zip(states.model.param_names, params, strict=True))
        damp = np.cumsum(named["damping_trend"] ** np.arange(1, horizon + 1))
        for t in part:
            ahead = states.level[t - 1] + damp * states.slope[t - 1]
            if m > 1:
                ahead = ahead + states.season[t - m : t][np.arange(horizon) % m]
            out.append(ahead)
    return np.array(out)


def theta(y: np.ndarray, origins, horizon: int, shape: Shape = PLAIN, x=None) -> np.ndarray:
    """The Theta method: exponential smoothing that drifts at half the slope of the whole, the season taken out before.

    Source: Assimakopoulos, Nikolopoulos, Int. J. Forecasting 16, 2000; as smoothing with drift: Hyndman, Billah,
    Int. J. Forecasting 19, 2003.
    """
    m, out = max(shape), []
    for part in _parts(origins):
        weight = best_weight(y[: part[0]] - _season(y[: part[0]], m)[np.arange(part[0]) % m])
        for t in part:
            season = _season(y[:t], m)
            flat = y[:t] - season[np.arange(t) % m]
            drift = slope(flat) / 2
            late = (1 - (1 - weight) ** t) / weight  # how far the smoothed level lags behind a line
            ahead = _smoothed(flat, weight) + drift * (np.arange(horizon) + late)
            out.append(ahead + season[(t + np.arange(horizon)) % m])
    return np.array(out)


def calendar(y: np.ndarray, origins, horizon: int, shape: Shape = PLAIN, x=None) -> np.ndarray:
    """Effects of weekdays and occasions by regression; what is left goes on by Theta.

    x  calendar columns for all of y and the horizon, or None: then as `theta`
    The effects are told from a level that may bend (a knot every 90 values; every 365 where they hold a
    yearly wave), and shrunk: one Nowruz proves little.
    """
    if x is None:
        return theta(y, origins, horizon, shape)
    out = []
    for t in origins:
        effects = x @ calendar_effects(y[:t], x[:t])[0]
        flat = y[:t] - effects[:t]
        out.append(theta(flat, [t], horizon)[0] + effects[t : t + horizon])
    return np.array(out)


def sarima(y: np.ndarray, origins, horizon: int, shape: Shape = PLAIN, x=None) -> np.ndarray:
    """The airline model, ARIMA(0,1,1)(0,1,1) with the year's season.

    Source: Box, Jenkins 1970; `statsmodels`' SARIMAX.
    """
    out = []
    for part in _parts(origins):
        model = airline(y[: part[0]], max(shape))
        for t in part:
            out.append(model.apply(y[:t], copy_initialization=False).forecast(horizon))
    return np.array(out)


def airline(y: np.ndarray, season: int = 12, simple: bool = False):
    """The airline model's fit (statsmodels results): params are theta, Theta and the variance.

    Estimated on the differenced series; simple  keep to it, as in the literature, else fit for forecasts of y itself
    """
    from statsmodels.tsa.statespace.sarimax import SARIMAX

    order = {"order": (0, 1, 1), "seasonal_order": (0, 1, 1, season)}
    fit = _quiet(lambda: SARIMAX(y, **order, simple_differencing=True).fit(disp=False))
    return fit if simple else SARIMAX(y, **order).smooth(fit.params)


CANDIDATES = {"naive": naive, "ets": ets, "theta": theta, "calendar": calendar, "sarima": sarima}


def candidates(shape: Shape, x, n: int) -> list[str]:
    """Which candidates are worth asking of n values of this shape?  `naive` is always the first."""
    found = ["naive", "ets", "theta"]
    if x is not None:
        found.append("calendar")
    if shape.year > 1 and n >= 4 * shape.year:
        found.append("sarima")
    return found


def calendar_effects(y: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(effects, their standard errors) of calendar columns on a series whose level may bend; shrunk by `_RIDGE`."""
    n = len(y)
    apart = _YEARLY_KNOT if n >= YEARLY_DAYS else _KNOT
    knots = np.linspace(0, n - 1, max(2, int(np.ceil(n / apart)) + 1))
    level = np.clip(1 - np.abs(np.arange(n)[:, None] - knots) / (knots[1] - knots[0]), 0, None)
    both = np.column_stack([x, level])
    doubt = np.r_[np.full(x.shape[1], _RIDGE), np.full(len(knots), 1e-6)]
    inverse = np.linalg.inv(both.T @ both + np.diag(doubt))
    found = inverse @ (both.T @ y)
    rest = y - both @ found
    k = x.shape[1]
    variance = rest @ rest / max(1, n - both.shape[1]) * _long_run(rest)
    return found[:k], np.sqrt(variance * np.diag(inverse)[:k])


def _long_run(rest: np.ndarray) -> float:
    """By what part memory from one value to the next widens the variance of an average."""
    power = float(rest @ rest)
    rho = np.clip(rest[1:] @ rest[:-1] / power, 0, 0.9) if power > 0 else 0.0
    return float((1 + rho) / (1 - rho))


def _parts(origins) -> list[list[int]]:
    """Origins in order, in runs that share one estimate of the parameters: that of the first of each."""
    origins = [int(t) for t in origins]
    return [origins[i : i + _REFIT] for i in range(0, len(origins), _REFIT)]


def _season(y: np.ndarray, m: int) -> np.ndarray:
    """How far each place in the season lies from the mean; zeros without a season."""
    if m == 1:
        return np.zeros(1)
    whole = y[len(y) % m :] if len(y) >= m else y
    place = np.arange(len(y) - len(whole), len(y)) % m
    sums, counts = np.bincount(place, whole, m), np.bincount(place, minlength=m)
    found = np.where(counts > 0, sums / np.maximum(counts, 1), whole.mean())
    return found - found.mean()


def slope(y: np.ndarray) -> float:
    """How far a series goes with each step, by least squares; 0 of a single value."""
    t = np.arange(len(y)) - (len(y) - 1) / 2
    return float(t @ y / (t @ t)) if len(y) > 1 else 0.0


def _smoothed(y: np.ndarray, weight: float) -> float:
    """The level at the end of a series, smoothed exponentially from its first value on."""
    from scipy.signal import lfilter

    return float(lfilter([weight], [1, weight - 1], y, zi=[(1 - weight) * y[0]])[0][-1])


def best_weight(y: np.ndarray) -> float:
    """The weight of the newest value that would have told the next one best, of 0.02 to 0.98."""
    from scipy.signal import lfilter

    grid = np.array([0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.98])
    late = [lfilter([a], [1, a - 1], y, zi=[(1 - a) * y[0]])[0] for a in grid]
    start = min(len(y) // 4, 30)
    return float(grid[np.argmin([((y[1:] - level[:-1])[start:] ** 2).sum() for level in late])])


def _quiet(fit):
    """An estimate whose warnings nobody would read: that it did not converge shows in how badly it forecasts."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return fit()
