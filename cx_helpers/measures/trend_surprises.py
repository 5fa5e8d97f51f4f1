"""Which days were unlike what was to be expected?  Each is judged by what was known before it, as it happens."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import stdtr

from cx_helpers import backtesting, certainty
from cx_helpers.backtesting import Backtest
from cx_helpers.dates import Period
from cx_helpers.series import Series

_LEAST = 24  # errors known before, without which nothing can be called a surprise


def surprises(one: Series, test: Backtest | None, period: Period) -> pd.DataFrame:
    """Which steps of the period were a surprise?

    one, test  a series and its backtest;  period  the report's: what ended within it is judged
    The forecast of each step was made at the origin before it, at most a week earlier, from nothing later; it is held
    against the errors of the forecasts before that origin: their robust spread, and tails as heavy as theirs.
    Returns one row a step, index `period`: metric, value, `expected`, low, high (95 %), `ratio`, `p_value`.
    """
    if test is None:
        return _none()
    method = backtesting.chosen(backtesting.skill(test))
    made = test.scale.to(test.ahead[method][:, : test.step])
    rows, index = [], []
    errors = np.array([_part(test.scale.to(one.values), t, test.step) for t in test.origins]) - made
    for i, origin in enumerate(test.origins):
        past = errors[:i][~np.isnan(errors[:i])]
        if len(past) < _LEAST:
            continue
        spread, df = _spread(past), _tails(past)
        for h in range(test.step):
            if np.isnan(errors[i, h]) or not _within(step := one.frame.index[origin + h], period):
                continue
            half = -certainty.Z95 * spread
            expected, low, high = (float(test.scale.back(made[i, h] + gap)) for gap in (0, half, -half))
            value = float(one.values[origin + h])
            p = float(2 * stdtr(df, -abs(errors[i, h]) / spread))
            ratio = value / expected if one.total and expected > 0 else np.nan
            rows.append((one.metric, value, expected, low, high, ratio, p))
            index.append(step)
    return pd.DataFrame(rows, columns=_COLUMNS, index=pd.Index(index, name="period", dtype=object)) if rows else _none()


_COLUMNS = ["metric", "value", "expected", "low", "high", "ratio", "p_value"]


def _none() -> pd.DataFrame:
    return pd.DataFrame(columns=_COLUMNS, index=pd.Index([], name="period", dtype=object))


def all_surprises(found: dict[str, Series], tests: dict[str, Backtest | None], period: Period) -> pd.DataFrame:
    """The steps of all metrics in the period; `p_adjusted` (Holm) pays for every step of every metric."""
    parts = [surprises(found[metric], tests[metric], period) for metric in found]
    parts = [part for part in parts if len(part)]
    whole = pd.concat(parts) if parts else _none()
    return whole.assign(p_adjusted=certainty.adjust(whole["p_value"], "holm"))


def _part(z: np.ndarray, start: int, width: int) -> np.ndarray:
    part = z[start : start + width]
    return np.r_[part, np.full(width - len(part), np.nan)]


def _within(step: Period, period: Period) -> bool:
    return period.first < step.past <= period.past


def _spread(errors: np.ndarray) -> float:
    robust = 1.4826 * float(np.median(np.abs(errors)))
    return max(robust, 1e-9) if robust > 0 else max(float(errors.std()), 1e-9)


def _tails(errors: np.ndarray) -> float:
    """Degrees of freedom of a Student's t with tails as heavy as those of the errors: 4 to 30."""
    middle = errors - errors.mean()
    power = (middle**2).mean()
    excess = (middle**4).mean() / power**2 - 3 if power > 0 else 0
    return float(np.clip(4 + 6 / excess, 4, 30)) if excess > 0 else 30.0
