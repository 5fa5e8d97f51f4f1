"""When did the level change?  PELT with one penalty for every series, and an interval for each date.

Noise with memory wanders, and its waves look like steps.  So the memory is measured first, from differences that a few
steps cannot disturb, taken out, and only then are steps looked for.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from cx_helpers.certainty import two_sided_t

LEAST = 12  # values, below which no step is looked for
SHORTEST = 4  # values between two steps
STRICTNESS = 3.0  # a step must explain 3 log n times the noise's variance: see `penalty`
_SMOOTHEST = 3  # degree of the line that growth may follow
_DRAWS = 400
_CAUTION = 1.0  # added to the memory, in parts of 1 / sqrt(n)


class Noise(NamedTuple):
    """What is left of a series without its steps: `rho`, the memory from one value to the next (0..0.9), and `sigma`,
    the spread of what is new in each value."""

    rho: float
    sigma: float


def noise(y: np.ndarray) -> Noise:
    """Memory and spread of a series' noise, told from steps.

    Steps are few, so the squares of y(t+1) - y(t) and y(t+2) - y(t), the largest tenth left out, hardly know of them;
    under a memory rho their ratio is 1 + rho.  Too little memory makes steps of waves, so about a standard error is
    added to what is found.  Negative memory counts as none.
    Source: Chakar, Lebarbier, Levy-Leduc, Robin, Bernoulli 23(2), 2017.
    """
    one, two = (_trimmed((y[k:] - y[:-k]) ** 2) for k in (1, 2))
    if one <= 0:  # most values equal the one before: their spread must tell
        return Noise(0.0, float(np.std(np.diff(y))) / np.sqrt(2))
    rho = float(np.clip(two / one - 1 + _CAUTION / np.sqrt(len(y)), 0, 0.9))
    sigma = np.sqrt(one * (1 + rho) / 2)
    return Noise(rho, float(max(sigma, 1e-12 * max(1.0, np.abs(y).max()))))


def _trimmed(squares: np.ndarray) -> float:
    """The mean of all but the largest tenth, on the scale of a normal variable's whole mean."""
    return float(np.sort(squares)[: int(np.ceil(0.9 * len(squares)))].mean()) / 0.6230


def penalty(n: int) -> float:
    """What a step must explain at least, in variances of the noise: 3 log n.

    A step costs two numbers, its place and its height; BIC asks 2 log n for them and finds a false step in one of
    fifteen series of plain noise, 3 log n in about one of a hundred.  The same for every series: a penalty tuned until
    the picture pleases finds what one wishes.
    """
    return STRICTNESS * np.log(n)


def changes(y, seed: int = 1) -> pd.DataFrame:
    """Since when is the level another?

    y  equally spaced values, oldest first; NaN is a gap (bridged in a straight line)
    Returns one row for each step, index `at`, the place of the first value of the new level: `before`, `after` (levels
    of the stretches at its two sides), `change` with its interval `low`-`high`, `earliest`, `latest` (95 % interval of
    the place, by redrawing the noise), n, n_before (values on each side), `p_value`, which pays for every place at
    which the step might have been.  attrs: `noise`, `line` (smooth; levels are above it).
    Growth is no staircase: where a line of degree 1 to 3 explains the series better, only what leaps from it is a step.
    Fewer than LEAST values, or a constant series, have no steps.
    Source: Killick, Fearnhead, Eckley, JASA 107, 2012 (PELT; `ruptures`); interval: Bai, Econometric Theory 13, 1997,
    by bootstrap.
    """
    y = np.asarray(y, float)
    known = ~np.isnan(y)
    if known.sum() < LEAST or np.ptp(y[known]) <= 1e-9 * max(1.0, np.abs(y[known]).max()):
        return _none()
    y = np.interp(np.arange(len(y)), np.flatnonzero(known), y[known])
    line, places = _explained(y)
    of = noise(y - line)
    found = _described(y - line, places, of, np.random.default_rng(seed))
    found.attrs.update(noise=of, line=line)
    return found


_COLUMNS = "before after change low high earliest latest n n_before p_value".split()


def _none() -> pd.DataFrame:
    found = pd.DataFrame(columns=_COLUMNS, index=pd.Index([], name="at", dtype=int), dtype=float)
    found.attrs.update(noise=Noise(0.0, 0.0), line=np.zeros(0))
    return found


def _explained(y: np.ndarray) -> tuple[np.ndarray, list[int]]:
    """(smooth line, places of steps): a line of degree 0 to 3, steps on it, whatever explains the series cheapest."""
    n, of = len(y), noise(y)
    t = np.linspace(-1, 1, n)
    flat = _places(y, of)
    options = [(_cost(y, flat, of) + len(flat) * penalty(n), np.zeros(n), flat)]
    for degree in range(1, _SMOOTHEST + 1):
        powers = np.column_stack([t**k for k in range(1, degree + 1)])
        for places in ([], flat):
            for _ in range(4):  # the line given the steps, the steps given the line
                line = powers @ _line(y, powers, places)
                again = _places(y - line, of)
                if again == places:
                    break
                places = again
            line = powers @ _line(y, powers, places)
            spent = len(places) * penalty(n) + degree * np.log(n)
            options.append((_cost(y - line, places, of) + spent, line, places))
    _, line, places = min(options, key=lambda option: option[0])
    return line, places


def _line(y: np.ndarray, powers: np.ndarray, places: list[int]) -> np.ndarray:
    """Coefficients of the smooth line that the stretches between steps have in common (least squares)."""
    parts = np.split(np.column_stack([powers, y]), places)
    centred = np.concatenate([part - part.mean(axis=0) for part in parts])
    return np.linalg.lstsq(centred[:, :-1], centred[:, -1], rcond=None)[0]


def _new(y: np.ndarray, of: Noise) -> np.ndarray:
    """What is new in each value, on the scale of the levels, in spreads of the noise."""
    if of.rho == 0:
        return y / of.sigma
    return np.concatenate([[y[0] * (1 - of.rho)], y[1:] - of.rho * y[:-1]]) / of.sigma


def _places(y: np.ndarray, of: Noise) -> list[int]:
    from ruptures import KernelCPD

    if len(y) < 2 * SHORTEST:
        return []
    x = _new(y, of)
    found = KernelCPD(kernel="linear", min_size=SHORTEST).fit(x[:, None]).predict(pen=penalty(len(y)))
    return found[:-1]


def _cost(y: np.ndarray, places: list[int], of: Noise) -> float:
    x = _new(y, of)
    return float(sum(((part - part.mean()) ** 2).sum() for part in np.split(x, places)))


def _described(y: np.ndarray, places: list[int], of: Noise, rng) -> pd.DataFrame:
    ends, rows = [0, *places, len(y)], []
    for left, at, right in zip(ends, places, ends[2:], strict=False):
        before, after = y[left:at], y[at:right]
        step, long_run = after.mean() - before.mean(), of.sigma / (1 - of.rho)
        error = long_run * np.sqrt(1 / len(before) + 1 / len(after))
        df = max(2, right - left - 3)
        p = min(1.0, float(two_sided_t(step / error, df)) * (right - left))
        early, late = _interval(before, after, of, rng)
        half = 1.96 * error
        rows.append((before.mean(), after.mean(), step, step - half, step + half, at + early, at + late,
                     len(after), len(before), p))  # fmt: skip
    if not rows:
        return _none()
    found = pd.DataFrame(rows, columns=_COLUMNS, index=pd.Index(places, name="at"))
    return found.astype(dict.fromkeys(("earliest", "latest", "n", "n_before"), int))


def _interval(before: np.ndarray, after: np.ndarray, of: Noise, rng) -> tuple[int, int]:
    """From how many values earlier to how many later the step may have been: 95 % of redrawn series."""
    k, n = len(before), len(before) + len(after)
    new = rng.normal(0, of.sigma, (_DRAWS, n))
    draw = np.empty_like(new)
    draw[:, 0] = new[:, 0] / np.sqrt(1 - of.rho**2)
    for t in range(1, n):
        draw[:, t] = of.rho * draw[:, t - 1] + new[:, t]
    draw += np.where(np.arange(n) < k, before.mean(), after.mean())
    x = draw[:, 1:] - of.rho * draw[:, :-1]
    place = np.arange(1, n - 1)
    left = x.cumsum(axis=1)
    gap = left[:, -1:] * place / (n - 1) - left[:, :-1]
    best = place[(gap**2 / (place * (n - 1 - place))).argmax(axis=1)] + 1
    early, late = np.percentile(best - k, [2.5, 97.5])
    return int(np.floor(early)), int(np.ceil(late))
