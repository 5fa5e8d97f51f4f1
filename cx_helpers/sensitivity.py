"""What does an outcome hang on?  One input at a time, and all of them moved together.

A model is a function that takes a table of inputs (rows x inputs, in the order of `ends`) and returns one number a row.
Indices of Sobol and of Morris are SALib's; what is asked of it, and how its answer reads, is here.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from cx_helpers import certainty

Model = Callable[[np.ndarray], np.ndarray]
TORNADO = ["outcome", "low", "high", "from", "to", "swing"]
SOBOL = ["first", "first_low", "first_high", "total", "low", "high"]
MORRIS = ["mu_star", "low", "high", "mu", "sigma"]


def tornado(model: Model, ends: pd.DataFrame) -> pd.DataFrame:
    """How far does the outcome move when one input goes to each of its ends, all others staying as they are?

    ends  index: the inputs; base (as it is), low, high (plausible ends)
    Returns per input: outcome (as it is), low, high (the smaller and the larger outcome at the two ends), from, to (the
    ends), swing (high - low); the widest first.  Inputs that move together are shown apart: see `sobol`.
    """
    if len(ends) == 0:
        return pd.DataFrame(columns=TORNADO, index=ends.index, dtype=float)
    base = ends["base"].to_numpy(float)
    asked = np.vstack([base] + [_put(base, i, ends[end].iloc[i]) for i in range(len(ends)) for end in ("low", "high")])
    found = np.asarray(model(asked), float)
    pairs = found[1:].reshape(len(ends), 2)
    out = pd.DataFrame({"outcome": found[0], "low": pairs.min(axis=1), "high": pairs.max(axis=1)}, index=ends.index)
    out = out.assign(**{"from": ends["low"].astype(float), "to": ends["high"].astype(float)})
    out["swing"] = out["high"] - out["low"]
    return out.sort_values("swing", ascending=False, kind="stable")


def _put(row: np.ndarray, place: int, value: float) -> np.ndarray:
    out = row.copy()
    out[place] = value
    return out


def sobol(model: Model, ends: pd.DataFrame, n: int = 1024, seed: int = 1) -> pd.DataFrame:
    """Of the outcome's variance, which share is each input's: alone, and with all it does together with others?

    ends  index: the inputs; low, high: each is uniform between them, independent of the others
    n     a power of 2; the model is asked n x (inputs + 2) times
    Returns per input: first (0..1: its variance alone) with first_low, first_high, total (with its interactions) with
    low, high (95 %, bootstrap); nulls where the outcome does not vary.  total - first is what it does only with others.
    Source: Sobol, Math. Comp. Simul. 55, 2001; estimators: Saltelli et al., Comp. Phys. Comm. 181, 2010; SALib.
    """
    if len(ends) == 0:
        return pd.DataFrame(columns=SOBOL, index=ends.index, dtype=float)
    from SALib.analyze import sobol as analyse
    from SALib.sample import sobol as sample

    problem = _problem(ends)
    found = np.asarray(model(sample.sample(problem, n, calc_second_order=False, seed=seed)), float)
    if not np.ptp(found) > 0:
        return pd.DataFrame(np.nan, columns=SOBOL, index=ends.index)
    told = analyse.analyze(problem, found, calc_second_order=False, seed=seed, print_to_console=False)
    first, total, a, b = told["S1"], told["ST"], told["S1_conf"], told["ST_conf"]
    columns = [first, first - a, first + a, total, total - b, total + b]
    return pd.DataFrame(dict(zip(SOBOL, columns, strict=True)), index=ends.index)


def morris(model: Model, ends: pd.DataFrame, paths: int = 64, levels: int = 4, seed: int = 1) -> pd.DataFrame:
    """How large is the effect of moving each input one step, over the whole of its range?  A cheap first look.

    Returns per input: mu_star (mean size of the effect of going from its low to its high end, in the outcome's unit)
    with low, high (95 %, bootstrap), mu (the same with its sign), sigma (how much the effect depends on the others, or
    bends).
    Source: Morris, Technometrics 33, 1991; mu*: Campolongo et al., Env. Modelling & Software 22, 2007; SALib.
    """
    if len(ends) == 0:
        return pd.DataFrame(columns=MORRIS, index=ends.index, dtype=float)
    from SALib.analyze import morris as analyse
    from SALib.sample import morris as sample

    problem = _problem(ends)
    asked = sample.sample(problem, paths, num_levels=levels, seed=seed)
    found = np.asarray(model(asked), float)
    told = analyse.analyze(problem, asked, found, num_levels=levels, seed=seed, print_to_console=False)
    size, half = np.asarray(told["mu_star"], float), np.asarray(told["mu_star_conf"], float)
    columns = [size, np.maximum(size - half, 0), size + half, np.asarray(told["mu"]), np.asarray(told["sigma"])]
    return pd.DataFrame(dict(zip(MORRIS, columns, strict=True)), index=ends.index)


def _problem(ends: pd.DataFrame) -> dict:
    names = [f"x{place}" for place in range(len(ends))]  # SALib takes equal names for one group
    return {"num_vars": len(ends), "names": names, "bounds": ends[["low", "high"]].to_numpy(float).tolist()}


def normal_ends(mean: float, se: float) -> tuple[float, float, float]:
    """(base, low, high) of a quantity that was estimated: its 80 % interval, so that ends are as likely as those of a
    lever's tenth and ninetieth percentile."""
    half = float(certainty.ndtri(0.9)) * se
    return mean, mean - half, mean + half
