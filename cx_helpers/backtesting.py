"""How well would it have been forecast?  Rolling origins: at each, only what was known then; skill, and what to expect.

A forecast is judged on what a manager asks for, its `targets`: the next week, the one after it, the month as a whole.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import stdtr, stdtrit

from cx_helpers import certainty, forecasting
from cx_helpers.forecasting import PLAIN, Shape

LEVELS = (0.80, 0.95)
MOST = 52  # origins
LEAST = 12  # origins, below which no skill can be told
_BEFORE_INTERVAL = 8  # errors that an interval needs
_PACE = 0.02  # how fast the level asked for follows what was missed


class Targets(NamedTuple):
    """What is to be forecast: `name` -> which steps ahead (a slice), taken as their `sum` or their mean."""

    steps: dict[str, slice]
    total: bool

    @property
    def horizon(self) -> int:
        return max(part.stop for part in self.steps.values())

    def of(self, values: np.ndarray) -> np.ndarray:
        """Targets (last axis) of values step by step (last axis); NaN where a step is."""
        parts = [values[..., part] for part in self.steps.values()]
        return np.stack([part.sum(axis=-1) if self.total else part.mean(axis=-1) for part in parts], axis=-1)


class Scale(NamedTuple):
    """How values become what models see, and back: logarithms for what grows by percent, roots for small counts."""

    name: str = "none"

    def to(self, y):
        return {"none": np.asarray, "log": np.log, "root": np.sqrt}[self.name](np.asarray(y, float))

    def back(self, z):
        z = np.asarray(z, float)
        ways = {"none": lambda z: z, "log": lambda z: np.exp(np.clip(z, -700, 700)), "root": lambda z: z.clip(0) ** 2}
        return ways[self.name](z)


def scale_of(y: np.ndarray, positive: bool) -> Scale:
    """Logarithms where every value lies above zero, roots where some are zero, none for what may be negative."""
    known = y[~np.isnan(y)]
    if not positive or not len(known) or (known < 0).any():
        return Scale()
    return Scale("log" if (known > 0).all() else "root")


class Backtest(NamedTuple):
    """What the rolling origins showed.

    origins  how many values were known at each;  actual  origins x targets (NaN: not yet known)
    made     {candidate: its forecasts, origins x targets};  ahead  {candidate: step by step, origins x horizon}
    step     values between two origins;  scale  on which errors are taken;  y  the series
    """

    origins: np.ndarray
    actual: np.ndarray
    made: dict[str, np.ndarray]
    ahead: dict[str, np.ndarray]
    targets: Targets
    step: int
    scale: Scale
    y: np.ndarray

    @property
    def blocks(self) -> int:
        """How many origins apart two are whose targets do not overlap."""
        return int(np.ceil(self.targets.horizon / self.step))

    def errors(self, name: str) -> np.ndarray:
        """Actual less forecast, on the scale: origins x targets."""
        return self.scale.to(self.actual) - self.scale.to(self.made[name])


def backtest(y, targets: Targets, shape: Shape = PLAIN, *, step=1, positive=False, x=None, first=None):
    """Ask every candidate at each of the last origins, the newest of which is the series' end.

    y  equally spaced values, oldest first, NaN a gap (models see the last known value there; no error is taken)
    first  how many values the first origin must know (default: half of the series)
    None where fewer than LEAST origins have an answer already, or the series is constant.
    """
    y = np.asarray(y, float)
    first = max(first or len(y) // 2, 2 * max(shape), 8)
    origins = np.arange(len(y), first - 1, -step)[: MOST + int(np.ceil(targets.horizon / step))][::-1]
    known = y[~np.isnan(y)]
    answered = (origins + min(part.stop for part in targets.steps.values()) <= len(y)).sum()
    if answered < LEAST or not len(known) or np.ptp(known) == 0:
        return None
    scale = scale_of(y, positive)
    z = pd.Series(scale.to(y)).ffill().bfill().to_numpy()
    padded = np.r_[y, np.full(targets.horizon, np.nan)]
    actual = targets.of(np.array([padded[t : t + targets.horizon] for t in origins]))
    ahead = {
        name: scale.back(forecasting.CANDIDATES[name](z, origins, targets.horizon, shape, x))
        for name in forecasting.candidates(shape, x, len(y))
    }
    made = {name: targets.of(one) for name, one in ahead.items()}
    return Backtest(origins, actual, made, ahead, targets, step, scale, y)


def skill(test: Backtest) -> pd.DataFrame:
    """How much smaller are each candidate's errors than the naive one's?

    Returns one row a candidate: `mase` (mean absolute error in parts of that of a naive step within the first origin's
    past), `skill` (1 - its error / the naive one's; 0 for naive itself) with `low`, `high`, `p_value` (one-sided: is it
    better at all?), `p_adjusted` (Holm, over the candidates), n origins.
    Origins overlap, so the interval is that of blocks of origins that do not.
    Source: Hyndman, Koehler, Int. J. Forecasting 22, 2006; Diebold, Mariano, J. Bus. Econ. Stat. 13, 1995.
    """
    off = {name: np.abs(test.actual - made) for name, made in test.made.items()}
    unit = _naive_step(test)
    known = ~np.isnan(off["naive"]).all(axis=1)
    loss = {name: np.nanmean(one[known] / unit, axis=1) for name, one in off.items()}
    base, rows = loss["naive"], {}
    for name, mine in loss.items():
        ratio = mine.mean() / base.mean() if base.mean() > 0 else np.nan
        error, df = _ratio_error(mine, base, ratio, test.blocks)
        half = stdtrit(df, 0.975) * error
        p = float(stdtr(df, (ratio - 1) / error)) if error > 0 else np.nan
        rows[name] = (mine.mean(), 1 - ratio, 1 - ratio - half, 1 - ratio + half, p, int(known.sum()))
    found = pd.DataFrame.from_dict(rows, orient="index", columns=["mase", "skill", "low", "high", "p_value", "n"])
    found.loc["naive", ["skill", "low", "high", "p_value"]] = [0.0, np.nan, np.nan, np.nan]
    return found.assign(p_adjusted=certainty.adjust(found["p_value"], "holm")).rename_axis("method")


def _naive_step(test: Backtest) -> np.ndarray:
    """By how much each target moves from one such stretch to the next, before the first origin: the unit of errors."""
    past, out = test.y[: test.origins[0]], []
    for part in test.targets.steps.values():
        width = part.stop - part.start
        whole = past[len(past) % width :].reshape(-1, width)
        sums = whole.sum(axis=1) if test.targets.total else whole.mean(axis=1)
        moved = np.abs(np.diff(sums))
        out.append(np.nanmean(moved) if (~np.isnan(moved)).any() else np.nan)
    out = np.array(out)
    return np.where(out > 0, out, np.nanmax(np.r_[out, 1e-12]))


def _ratio_error(mine: np.ndarray, base: np.ndarray, ratio: float, blocks: int) -> tuple[float, int]:
    """(standard error of a ratio of mean losses, degrees of freedom), from means of blocks of origins."""
    gaps = mine - ratio * base
    groups = max(2, len(gaps) // blocks)
    means = np.array([part.mean() for part in np.array_split(gaps, groups)])
    return float(means.std(ddof=1) / np.sqrt(groups) / base.mean()) if base.mean() > 0 else np.nan, groups - 1


def chosen(found: pd.DataFrame) -> str:
    """The candidate with the most skill among those that surely beat the naive one; else `naive`."""
    sure = found[(found["p_adjusted"] < 0.05) & (found["skill"] > 0)]
    return "naive" if sure.empty else str(sure["skill"].idxmax())


def intervals(test: Backtest, name: str) -> tuple[np.ndarray, np.ndarray]:
    """(low, high), origins x targets x LEVELS: at each origin from the errors that were known by then, and no others.

    Half the width is the larger of two accounts of the errors so far: their quantile (conformal) and Student's t on
    their root mean square, with as many degrees of freedom as there were blocks that do not overlap.  How often the
    interval held on the origins before corrects the level that is asked for next (adaptive conformal inference).
    The last row is the forecast that nobody can check yet.
    Source: Vovk et al. 2005; Gibbs, Candes, NeurIPS 2021.
    """
    errors, centre = test.errors(name), test.scale.to(test.made[name])
    ends = np.array([part.stop for part in test.targets.steps.values()])
    half = np.full((*errors.shape, len(LEVELS)), np.nan)
    for k in range(errors.shape[1]):
        asked = np.array([1 - level for level in LEVELS])
        told = 0
        for i, origin in enumerate(test.origins):
            seen = np.flatnonzero(test.origins + ends[k] <= origin)
            for j in seen[seen >= told]:  # how did the intervals fare that have just been answered?
                if not np.isnan(half[j, k]).any() and not np.isnan(errors[j, k]):
                    missed = np.abs(errors[j, k]) > half[j, k]
                    asked = np.clip(asked + _PACE * (1 - np.array(LEVELS) - missed), 0.002, 0.6)
                told = j + 1
            past = errors[seen, k]
            past = past[~np.isnan(past)]
            if len(past) >= _BEFORE_INTERVAL:
                half[i, k] = _half(past, asked, max(1, int(np.ceil(ends[k] / test.step))))
    low, high = (test.scale.back(centre[..., None] + way * half) for way in (-1, 1))
    return low, high


def _half(past: np.ndarray, asked: np.ndarray, overlap: int) -> np.ndarray:
    spread = np.sqrt((past**2).mean())
    df = max(2, len(past) / overlap)
    student = stdtrit(df, 1 - asked / 2) * spread
    ranks = np.clip(np.ceil((len(past) + 1) * (1 - asked)).astype(int), 1, len(past)) - 1
    return (student + np.sort(np.abs(past))[ranks]) / 2


def coverage(test: Backtest, low: np.ndarray, high: np.ndarray) -> pd.DataFrame:
    """How often did the intervals hold?  Index: the level; `covered` (share), low, high (Wilson, on the origins whose
    targets do not overlap), n answers of intervals."""
    rows = {}
    for place, level in enumerate(LEVELS):
        known = ~np.isnan(test.actual) & ~np.isnan(low[..., place])
        hit = (test.actual >= low[..., place]) & (test.actual <= high[..., place])
        n = int(known.sum())
        share = float(hit[known].mean()) if n else np.nan
        sure = max(1.0, n / test.blocks)
        a, b = certainty.wilson(share * sure, sure) if n else (np.nan, np.nan)
        rows[level] = (share, float(a), float(b), n)
    return pd.DataFrame.from_dict(rows, orient="index", columns=["covered", "low", "high", "n"]).rename_axis("level")


def chance(test: Backtest, name: str, target: str, goal: float, up: bool = True) -> float:
    """With which chance does the target reach a goal?  Student's t about the forecast, on its own past errors."""
    k = list(test.targets.steps).index(target)
    past = test.errors(name)[:, k]
    past = past[~np.isnan(past)]
    if len(past) < _BEFORE_INTERVAL:
        return np.nan
    spread = float(np.sqrt((past**2).mean()))
    centre = float(test.scale.to(test.made[name][-1, k]))
    if test.scale.name != "none" and goal < 0:
        return float(up)
    gap = centre - float(test.scale.to(goal))
    df = max(2, len(past) / test.blocks)
    above = float(stdtr(df, gap / spread)) if spread > 0 else float(gap >= 0)
    return above if up else 1 - above
