"""What goes with an outcome, all else equal?  Models on rows that the engine has collapsed to weights.

A row stands for `weight` equal answers.  `cluster` names the customer of a row whose customer answered more than once,
and is negative where every answer of the row is of another customer; errors are robust to repeated answers and to
unequal scatter.  Nothing here knows what the columns mean, and nothing is called a cause.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.linalg import solve_triangular

from cx_helpers import certainty


@dataclass(frozen=True)
class Fit:
    """One fitted model.

    coef, cov   slopes of the columns of x, in order (linear: the intercept first), and their robust covariance
    df          degrees of freedom of their t (linear) or infinity
    cuts        thresholds of the ordinal model, lowest first (of a logit: minus the intercept)
    joint       covariance of cuts and slopes together, for what is worked out from both
    converged   False where the model has no finite answer, e.g. a column that tells the outcome perfectly
    """

    coef: np.ndarray
    cov: np.ndarray
    n: int
    df: float = np.inf
    cuts: np.ndarray | None = None
    cuts_cov: np.ndarray | None = None
    joint: np.ndarray | None = None
    loglik: float = np.nan
    r2: float = np.nan
    residual_sd: float = np.nan
    converged: bool = True

    @property
    def se(self) -> np.ndarray:
        return np.sqrt(np.maximum(np.diag(self.cov), 0))

    def table(self, names) -> pd.DataFrame:
        """coef, se, low, high (95 %), p_value of each column; null where the model did not converge."""
        se = self.se
        with np.errstate(divide="ignore", invalid="ignore"):
            t = self.coef / se
        finite = np.isfinite(self.df)
        half = (certainty.t_quantile(self.df) if finite else certainty.Z95) * se
        p = certainty.two_sided_t(t, self.df) if finite else certainty.two_sided(t)
        columns = {"coef": self.coef, "se": se, "low": self.coef - half, "high": self.coef + half, "p_value": p}
        out = pd.DataFrame(columns, index=list(names))
        return out if self.converged else out * np.nan


def linear(x, y, weight=None, cluster=None, robust: bool = True) -> Fit:
    """Least squares by Householder QR of the columns as they are, which keeps what digits there are.

    x  rows x columns, without the intercept, which is added first
    robust  True: HC3 where each customer answers once, cluster-robust (CR1) otherwise; False: the classical errors
    Source: MacKinnon, White, J. Econometrics 29, 1985; Liang, Zeger, Biometrika 73, 1986; NIST StRD for the digits.
    """
    x, y, weight, cluster = weighted_rows(x, y, weight, cluster)
    design = np.column_stack([np.ones(len(y)), x])
    n, k = weight.sum(), design.shape[1]
    root = np.sqrt(weight)
    q, r = np.linalg.qr(design * root[:, None])
    coef = solve_triangular(r, q.T @ (y * root))
    left = y - design @ coef
    spread = float(weight @ left**2)
    inverse = solve_triangular(r, np.eye(k))  # of R, not of X'X: squaring would lose half of the digits
    bread = inverse @ inverse.T
    centred = y - weight @ y / n
    cov = bread * spread / (n - k)
    df = n - k
    if robust and (cluster >= 0).any():
        meat, groups = scatter(design * left[:, None], weight, cluster)
        cov = bread @ meat @ bread * groups / (groups - 1) * (n - 1) / (n - k)
        df = groups - 1
    elif robust:
        leverage = np.minimum(((design @ bread) * design).sum(axis=1), 1 - 1e-9)
        scores = design * (left / (1 - leverage))[:, None]
        cov = bread @ (scores.T @ (scores * weight[:, None])) @ bread
    return Fit(
        coef,
        cov,
        int(n),
        df=float(df),
        r2=1 - spread / float(weight @ centred**2),
        residual_sd=float(np.sqrt(spread / (n - k))),
    )


def inflation(correlation: np.ndarray) -> np.ndarray:
    """VIF: how many times wider is each slope's variance for the columns going together?  1 is not at all."""
    return np.diag(np.linalg.pinv(correlation, hermitian=True))


def condition_number(correlation: np.ndarray) -> float:
    """Of the standardised columns: how unequal are their directions?  1 is best; above 30 slopes become unstable.

    Source: Belsley, Kuh, Welsch, Regression Diagnostics, 1980 (here centred: the intercept is of no interest).
    """
    values = np.linalg.eigvalsh(correlation)
    return float(np.sqrt(values.max() / max(values.min(), 1e-300)))


def correlation(x, weight=None) -> np.ndarray:
    """Pearson's correlations of the columns of weighted rows."""
    x, _, weight, _ = weighted_rows(x, np.zeros(len(x)), weight, None)
    z = x - weight @ x / weight.sum()
    z = z / np.sqrt(weight @ z**2)
    return z.T @ (z * weight[:, None])


def cluster_sums(values: np.ndarray, weight: np.ndarray, cluster: np.ndarray) -> np.ndarray:
    """What the rows of each repeated customer sum to, one row a customer (rows of single answers are left out)."""
    known = cluster >= 0
    codes, at = np.unique(cluster[known], return_inverse=True)
    out = np.zeros((len(codes), values.shape[1]))
    np.add.at(out, at, values[known] * weight[known, None])
    return out


def weighted_rows(x, y, weight, cluster):
    """The four as arrays of floats; one answer a row and a customer each where weight and cluster are None."""
    x, y = np.asarray(x, float), np.asarray(y, float)
    x = x[:, None] if x.ndim == 1 else x
    weight = np.ones(len(y)) if weight is None else np.asarray(weight, float)
    cluster = np.full(len(y), -1) if cluster is None else np.asarray(cluster)
    return x, y, weight, cluster


def scatter(scores: np.ndarray, weight: np.ndarray, cluster: np.ndarray) -> tuple[np.ndarray, float]:
    """Sum over customers of the outer product of their scores, and how many customers there are."""
    alone = cluster < 0
    single = scores[alone]
    repeated = cluster_sums(scores, weight, cluster)
    return single.T @ (single * weight[alone, None]) + repeated.T @ repeated, weight[alone].sum() + len(repeated)
