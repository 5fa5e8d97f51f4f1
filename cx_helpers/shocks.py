"""What may the next weeks bring, when several series are shaken together?  Histories' own surprises, drawn again.

Each series is a level that drifts, the calendar's effects, and what nobody saw coming.  The surprises of one week are
drawn for all series together, in blocks of weeks: what hits them all at once, and lasts, does so in the draws.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cx_helpers import forecasting

BLOCK = 4  # weeks that are drawn together


class Fit(NamedTuple):
    """Smoothed series, side by side (each an array over series, but for the errors).

    level, drift, weight  where each ends, how it goes on, how much of a surprise stays
    errors  surprises one step ahead, steps x series, centred;  ahead  effects of the calendar, steps to come x series
    """

    level: np.ndarray
    drift: np.ndarray
    weight: np.ndarray
    errors: np.ndarray
    ahead: np.ndarray


def fit(y: np.ndarray, calendar: np.ndarray | None, horizon: int) -> Fit:
    """Smooth each column of y (steps x series), the calendar's effects taken out first.

    calendar  its columns for all steps of y and the horizon, or None
    The first quarter of the surprises, while the level is still being found, is left out.
    """
    found = [_one(column, calendar, horizon) for column in np.asarray(y, float).T]
    level, drift, weight = (np.array([one[i] for one in found]) for i in range(3))
    errors, ahead = (np.column_stack([one[i] for one in found]) for i in (3, 4))
    return Fit(level, drift, weight, errors - errors.mean(axis=0), ahead)


def _one(y: np.ndarray, calendar: np.ndarray | None, horizon: int):
    n, ahead = len(y), np.zeros(horizon)
    if calendar is not None and calendar.shape[1]:
        effects = calendar @ forecasting.calendar_effects(y, calendar[:n])[0]
        y, ahead = y - effects[:n], effects[n:]
    weight, drift = forecasting.best_weight(y), forecasting.slope(y) / 2
    level, errors = y[0], []
    for value in y[1:]:
        error = value - level - drift
        errors.append(error)
        level += drift + weight * error
    return level, drift, weight, np.array(errors[n // 4 :]), ahead


def draw(found: Fit, horizon: int, times: int = 4000, together: bool = True, seed: int = 1) -> np.ndarray:
    """Paths of all series: draws x steps x series.

    together  surprises of one week hit all series as they did; False: each series draws weeks of its own
    Source: blocks: Künsch, Annals of Statistics 17, 1989; paths of smoothing: Hyndman et al. 2008, ch. 6.
    """
    rng = np.random.default_rng(seed)
    steps, series = found.errors.shape
    blocks, size = -(-horizon // BLOCK), min(BLOCK, steps)
    begins = rng.integers(0, steps - size + 1, (times, blocks, 1 if together else series))
    at = (begins[:, :, None, :] + np.arange(size)[:, None]).reshape(times, blocks * size, -1)[:, :horizon]
    shocks = found.errors[at[:, :, 0]] if together else np.take_along_axis(found.errors[None], at, axis=1)
    level, out = np.broadcast_to(found.level, (times, series)).copy(), np.empty((times, horizon, series))
    for step in range(horizon):
        level = level + found.drift
        out[:, step] = level + shocks[:, step] + found.ahead[step]
        level = level + found.weight * shocks[:, step]
    return out
