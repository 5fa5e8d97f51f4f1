"""Which numbers make what was seen likeliest, and how sure are they?  One maximiser for models of a few positive ones.

A model gives each row's log-likelihood and its gradient with respect to the logs of the parameters; a row stands
for `weight` equal customers.  Logs keep parameters positive, the mean likelihood keeps steps of one size whatever the
number of customers: without these two such models are known "not to converge".
Nothing here knows what the parameters mean.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from cx_helpers import certainty

REACH = 12.0  # logs are looked for in -12..12: what runs to an end of it has no finite answer in these data


@dataclass(frozen=True)
class Fit:
    """One fitted model.

    names, values  its parameters, all positive;  loglik  of all customers;  n  customers
    cov        covariance of the LOGS of the parameters, from the curvature of the likelihood
    influence  rows x parameters: by how much each row's customer, times n, moves the logs (the infinitesimal jackknife)
    stuck      parameters that ran to the end of what was searched: the data do not tell them
    converged  is there a maximum with a finite error?
    """

    model: str
    names: tuple[str, ...]
    values: np.ndarray
    cov: np.ndarray
    loglik: float
    n: float
    influence: np.ndarray = field(repr=False)
    stuck: tuple[str, ...] = ()
    converged: bool = True

    def __getitem__(self, name: str) -> float:
        return float(self.values[self.names.index(name)])

    def at(self, logs: np.ndarray) -> Fit:
        """The same model with other parameters (given as logs): for derivatives."""
        return Fit(self.model, self.names, np.exp(logs), self.cov, self.loglik, self.n, self.influence)

    def table(self) -> pd.DataFrame:
        """value, se, low, high (95 %, on the log scale, so never below 0) of each parameter; n customers."""
        se = np.sqrt(np.maximum(np.diag(self.cov), 0))
        se = se if self.converged else se * np.nan
        wide = np.exp(np.minimum(certainty.Z95 * se, 50))
        columns = {"n": int(round(self.n)), "estimate": self.values, "se": self.values * se,
                   "low": self.values / wide, "high": self.values * wide}  # fmt: skip
        return pd.DataFrame(columns, index=pd.Index(self.names, name="parameter"))


def maximise(
    model: str,
    names: tuple[str, ...],
    score: Callable,
    start,
    weight,
    scale=None,
    rough: bool = False,
    weak=None,
    near: Fit | None = None,
) -> Fit:
    """The likeliest parameters.

    score   takes logs of the parameters, returns each row's log-likelihood and rows x parameters of its gradient
    start   logs to begin from;  weight  customers behind each row
    scale   what each parameter is multiplied by in the end (time or money was rescaled for the search)
    Quasi-Newton steps with the analytic gradient, then Newton's own until the gradient vanishes; the curvature comes
    from central differences of the gradient.  `rough` leaves out curvature and influence (a refit among many).
    weak  1 for parameters that may run off where the data cannot tell them (all customers alike in something): only
          then they are held by a faint prior about their start, of no more weight than one customer has
    near  a fit to nearly the same rows, many times fewer: its place and curvature save most of the search
    """
    weight, prior = np.asarray(weight, float), np.zeros(len(names))
    found = _search(model, names, score, start, weight, prior, scale, rough, near)
    if weak is None or found.converged:
        return found
    return _search(model, names, score, start, weight, np.asarray(weak, float) / _FAINT**2, scale, rough)


_FAINT = 2.0  # standard deviation of the prior's logs: within a factor of 50 either way


def _search(model, names, score, start, weight, prior, scale, rough, near=None) -> Fit:
    """One search for the maximum, with a prior (1 / variance for each log; 0: none) about the start."""
    from scipy.optimize import minimize

    n, centre = weight.sum(), np.asarray(start, float)

    def mean(logs):
        each, slope = score(logs)
        # sums without BLAS: its threads would spin for longer than these small products take
        value, slope = -(weight * each).sum() / n, -np.einsum("i,ij->j", weight, slope) / n
        value, slope = value + (prior * (logs - centre) ** 2).sum() / (2 * n), slope + prior * (logs - centre) / n
        return (value, slope) if np.isfinite(value) else (1e10, np.zeros_like(slope))

    logs = None if near is None or not near.converged else _settled(mean, near, scale)
    if logs is None:
        ends = [(-REACH, REACH)] * len(names)
        found = minimize(mean, start, jac=True, method="L-BFGS-B", bounds=ends, options={"ftol": 1e-11, "gtol": 1e-6})
        logs = found.x
    curve = np.full((len(names), len(names)), np.nan)
    for _ in range(0 if rough else 4):
        curve = _curvature(mean, logs)
        value, slope = mean(logs)
        if np.linalg.eigvalsh(curve)[0] <= 0 or np.abs(slope).max() < 1e-10:
            break
        step = np.linalg.solve(curve, slope)
        if np.abs(step).max() > 1 or mean(logs - step)[0] > value:
            break
        logs = logs - step
        if np.abs(step).max() < 1e-6:  # the curvature of here is that of there
            break
    stuck = tuple(name for name, x in zip(names, logs, strict=True) if abs(x) > REACH - 0.5)
    values = np.exp(logs) * (1 if scale is None else np.asarray(scale, float))
    each, slope = score(logs)
    loglik = float((weight * each).sum())
    smallest = -1.0 if rough else float(np.linalg.eigvalsh(curve)[0])
    if smallest < 1e-9:  # flat or worse: no finite error
        return Fit(model, names, values, curve * np.nan, loglik, n, slope * np.nan, stuck, rough and not stuck)
    bread = np.linalg.inv(curve)
    return Fit(model, names, values, bread / n, loglik, n, slope @ bread, stuck, not stuck)


def _settled(mean: Callable, near: Fit, scale) -> np.ndarray | None:
    """The maximum from one close by, by steps with that one's curvature; None where they do not come down to it."""
    logs = np.log(near.values / (1 if scale is None else np.asarray(scale, float)))
    value, slope = mean(logs)
    for _ in range(12):
        step = near.n * near.cov @ slope
        if not np.abs(step).max() < 0.5:
            return None
        fresh, fresh_slope = mean(logs - step)
        if fresh > value + 1e-12:
            return None
        logs, value, slope = logs - step, fresh, fresh_slope
        if np.abs(slope).max() < 1e-8:
            return logs
    return None


def _curvature(mean: Callable, logs: np.ndarray, step: float = 1e-4) -> np.ndarray:
    """Second derivatives of the mean negative log-likelihood."""
    rows = []
    for place in range(len(logs)):
        move = np.zeros(len(logs))
        move[place] = step
        rows.append((mean(logs + move)[1] - mean(logs - move)[1]) / (2 * step))
    curve = np.array(rows)
    return (curve + curve.T) / 2


def jacobian(value: Callable[[Fit], np.ndarray], fit: Fit, step: float = 1e-4) -> np.ndarray:
    """Derivatives of value(fit), an array, with respect to the logs of the parameters: the last axis."""
    logs, out = np.log(fit.values), []
    for place in range(len(logs)):
        move = np.zeros(len(logs))
        move[place] = step
        out.append((value(fit.at(logs + move)) - value(fit.at(logs - move))) / (2 * step))
    return np.stack(out, axis=-1)
