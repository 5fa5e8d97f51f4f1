"""What goes with its happening sooner, all else equal?  Cox's model on folded rows, ties by Efron's rule.

A row stands for `weight` equal ones, so rows collapsed in an engine cost what the distinct ones cost and give the same
numbers.  `robust` makes the errors hold where several of them are of one customer.  Nothing here knows what the columns
mean, and nothing is called a cause.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from cx_helpers import certainty

ITERATIONS = 40


@dataclass(frozen=True)
class Fit:
    """One fitted model: slopes of the columns of x (log hazard ratios), their covariance, and what it rests on.

    converged  False where a column tells who ends without fail: its slope runs away and no number is shown
    uneven     p value of each column's slope changing with time (`cox`), null where not converged
    pull       rows x columns: the score residual of each row, how far one such row pulls the slopes (`robust`); in the
               order of the rows that were given, 0 for those that took no part
    """

    coef: np.ndarray
    cov: np.ndarray
    loglik: float
    null_loglik: float
    n: float
    events: float
    converged: bool
    uneven: np.ndarray
    pull: np.ndarray | None = None

    def table(self, names) -> pd.DataFrame:
        """coef, se, ratio (hazard ratio) with low and high (95 %), p_value, uneven_p of each column."""
        se = np.sqrt(np.maximum(np.diag(self.cov), 0))
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            ends = {name: np.exp(self.coef + z * se) for name, z in (("low", -certainty.Z95), ("high", certainty.Z95))}
            columns = {"coef": self.coef, "se": se, "ratio": np.exp(self.coef), **ends}
            columns["p_value"] = certainty.two_sided(self.coef / se)
        out = pd.DataFrame(columns | {"uneven_p": self.uneven}, index=list(names), dtype=float)
        return out if self.converged else out * np.nan


class _RiskSets:
    """Rows in the order of their durations, and who is at risk when: sums over them come of running totals."""

    def __init__(self, x, durations, events, weight, entries):
        self.x, self.w, self.d = x, weight, weight * events
        self.times, place = np.unique(durations[events], return_inverse=True)
        # at risk at times[k]: entries < times[k] <= durations
        self.last = np.searchsorted(self.times, durations, side="right")
        self.first = np.searchsorted(self.times, entries, side="right")
        self.at = np.zeros(len(durations), int)
        self.at[events] = place
        self.events = events
        self.deaths = np.bincount(place, self.d[events], len(self.times))
        self.late = bool((self.first > 0).any())
        # Efron: the j-th of d that end together meets a risk set without j/d of them
        whole = np.round(self.deaths).astype(int)
        self.tie = np.repeat(np.arange(len(self.times)), whole)
        start = np.concatenate([[0], np.cumsum(whole)[:-1]])
        self.part = (np.arange(len(self.tie)) - start[self.tie]) / self.deaths[self.tie]

    def at_risk(self, value: np.ndarray) -> np.ndarray:
        """The sum of `value` over those at risk at each time."""
        k = len(self.times)
        total = np.bincount(self.last, value, k + 1)[::-1].cumsum()[::-1][1:]
        if self.late:
            total = total - np.bincount(self.first, value, k + 1)[::-1].cumsum()[::-1][1:]
        return total

    def ended(self, value: np.ndarray) -> np.ndarray:
        """The sum of `value` over those that end at each time."""
        return np.bincount(self.at[self.events], value[self.events], len(self.times))

    def sums(self, beta: np.ndarray):
        """Log likelihood, its gradient and information at beta, and the mean of x at each time."""
        p, score = self.x.shape[1], self.x @ beta
        risk = self.w * np.exp(score)
        s0, d0 = self.at_risk(risk), self.ended(risk)
        s1, d1 = (np.array([f(risk * self.x[:, i]) for i in range(p)]) for f in (self.at_risk, self.ended))
        pairs = [(i, j) for i in range(p) for j in range(i, p)]
        phi = s0[self.tie] - self.part * d0[self.tie]
        one, two = 1 / phi, 1 / phi**2
        k = len(self.times)
        a, b = np.bincount(self.tie, one, k), np.bincount(self.tie, self.part * one, k)
        c = [np.bincount(self.tie, self.part**m * two, k) for m in range(3)]
        loglik = float(self.d @ score - np.log(phi).sum())
        gradient = self.d @ self.x - s1 @ a + d1 @ b
        information = np.zeros((p, p))
        each = np.zeros((p, p))
        for i, j in pairs:
            product = risk * self.x[:, i] * self.x[:, j]
            each = self.at_risk(product) @ a - self.ended(product) @ b - (s1[i] * s1[j]) @ c[0]
            each += (s1[i] * d1[j] + d1[i] * s1[j]) @ c[1] - (d1[i] * d1[j]) @ c[2]
            information[i, j] = information[j, i] = each
        return loglik, gradient, information, (s1 * a - d1 * b) / self.deaths

    def residuals(self, beta: np.ndarray) -> np.ndarray:
        """The score residual of one of each row, rows x columns: with their weights they sum to the gradient.

        What a row that ended lay from the mean of those at risk, less what it was expected to by all risk sets it was
        in; of Efron's risk sets it counts in the j-th of its own only in part.  Therneau, Grambsch 2000, ch. 4.
        """
        k, risk = len(self.times), np.exp(self.x @ beta)
        each = self.w * risk
        phi = self.at_risk(each)[self.tie] - self.part * self.ended(each)[self.tie]

        def until(value: np.ndarray) -> np.ndarray:  # summed over the risk sets that each row was in
            total = np.concatenate([[0.0], np.bincount(self.tie, value, k).cumsum()])
            return total[self.last] - total[np.minimum(self.first, self.last)]

        def own(value: np.ndarray) -> np.ndarray:  # of the time at which each row ended, 0 for the others
            return np.where(self.events, np.bincount(self.tie, value, k)[self.at], 0.0)

        out = np.empty_like(self.x)
        for i, x in enumerate(self.x.T):
            mean = (self.at_risk(each * x)[self.tie] - self.part * self.ended(each * x)[self.tie]) / phi
            kept, kept_mean = until(1 / phi) - own(self.part / phi), until(mean / phi) - own(self.part * mean / phi)
            gone = np.where(self.events, x, 0.0) - own(mean / self.deaths[self.tie])
            out[:, i] = gone - risk * (x * kept - kept_mean)
        return out


def cox(x, durations, events, weight=None, entries=None) -> Fit:
    """Cox's proportional hazards by Newton's steps.

    x          rows x columns, complete;  durations  how long each was watched;  events  did it happen at the end?
    weight     how many equal ones a row stands for, whole numbers;  entries  the age at which watching began (left
               truncation): who came in later is in no earlier risk set
    `uneven` tests whether each slope changes with time: Schoenfeld's residuals against the rank of the time, chi-square
    with one degree of freedom.  Rows watched for no time after their entry are left out.
    Source: Cox, JRSS B 34, 1972; Efron, JASA 72, 1977; Grambsch, Therneau, Biometrika 81, 1994.
    """
    x, durations, events = np.asarray(x, float), np.asarray(durations, float), np.asarray(events, bool)
    weight = np.ones(len(x)) if weight is None else np.asarray(weight, float)
    entries = np.full(len(x), -np.inf) if entries is None else np.asarray(entries, float)
    keep = (durations > entries) & (weight > 0)
    x, durations, events, weight, entries = (v[keep] for v in (x, durations, events, weight, entries))
    p, happened = x.shape[1], float(weight[events].sum())
    nothing, pull = np.full(p, np.nan), np.zeros((len(keep), p))
    if not happened or not p:
        return Fit(nothing, np.full((p, p), np.nan), np.nan, np.nan, float(weight.sum()), happened, False, nothing)
    centre = weight @ x / weight.sum()
    scale = np.sqrt(weight @ (x - centre) ** 2 / weight.sum())
    scale = np.where(scale > 0, scale, 1.0)
    sets = _RiskSets((x - centre) / scale, durations, events, weight, entries)
    beta, found = np.zeros(p), sets.sums(np.zeros(p))
    null, converged = found[0], False
    for _ in range(ITERATIONS):
        step = np.linalg.lstsq(found[2], found[1], rcond=None)[0]
        new = sets.sums(beta + step)
        while not new[0] >= found[0] - 1e-9 * abs(found[0]) and np.abs(step).max() > 1e-10:
            step = step / 2
            new = sets.sums(beta + step)
        beta, gained, found = beta + step, new[0] - found[0], new
        if np.abs(step).max() < 1e-8 or abs(gained) < 1e-11 * abs(new[0]):
            converged = True
            break
    sure = np.linalg.eigvalsh(found[2])[0] > 1e-6 * happened * 1e-3 and np.abs(beta).max() < 15
    cov = np.linalg.pinv(found[2], hermitian=True)
    uneven = _uneven(sets, found[3], cov) if converged and sure else nothing
    cov = cov / np.outer(scale, scale)
    pull[keep] = sets.residuals(beta) * scale
    return Fit(beta / scale, cov, found[0], null, float(weight.sum()), happened, converged and sure, uneven, pull)


def robust(fit: Fit, weight, repeated: np.ndarray, cluster: np.ndarray) -> Fit:
    """The same fit with errors that hold where one customer stands behind several rows: the cluster sandwich.

    weight    how many customers of one row only are behind each row of `cox`
    repeated, cluster  for each of all other rows: which row of `cox` it equals, and the code of its customer (0, 1, …)
    Customers are taken for independent, rows of one customer are not.  `uneven` stays as it was.
    Source: Lin, Wei, JASA 84, 1989; Lee, Wei, Amato 1992; as `cluster()` in R's survival.
    """
    weight, repeated, cluster = np.asarray(weight, float), np.asarray(repeated, int), np.asarray(cluster, int)
    meat = (fit.pull * weight[:, None]).T @ fit.pull
    if len(cluster):
        pulls = np.column_stack([np.bincount(cluster, column[repeated]) for column in fit.pull.T])
        meat = meat + pulls.T @ pulls
    return replace(fit, cov=fit.cov @ meat @ fit.cov)


def _uneven(sets: _RiskSets, mean: np.ndarray, cov: np.ndarray) -> np.ndarray:
    """p value of each column: do its residuals, how far those who end lie from those at risk, drift with time?"""
    rank = np.cumsum(sets.deaths) - (sets.deaths - 1) / 2
    rank = rank - sets.deaths @ rank / sets.deaths.sum()
    left = np.array([sets.ended(sets.d * x) for x in sets.x.T]) - mean * sets.deaths
    drift = cov @ (left @ rank) * sets.deaths.sum()
    size = np.diag(cov) * sets.deaths.sum() * (sets.deaths @ rank**2)
    with np.errstate(divide="ignore", invalid="ignore"):
        return chdtrc(1, drift**2 / size)
