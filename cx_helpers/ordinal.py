"""What goes with each step up a scale?  The ordinal (and, with two steps, the ordinary) logit, and its check.

A mean of an ordinal scale takes its steps for equal; this model only takes them for ordered.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import chdtrc, expit

from cx_helpers import certainty
from cx_helpers.regression import Fit, scatter, weighted_rows

MOST_STEPS = 50  # of Newton's method
_CHUNK = 100_000  # rows looked at at once, so that memory stays small


def proportional_odds(x, y, weight=None, cluster=None, robust: bool = True) -> Fit:
    """The proportional-odds (cumulative logit) model; with two values of y it is the ordinary logit.

    y  any ordered values; P(y <= step) = logistic(cut - x coef), so a positive coef goes with higher y
    Newton's method with exact first and second derivatives on standardised columns; the likelihood has one peak.
    Errors: sandwich, clustered by customer (robust=True), or the inverse information.
    Source: McCullagh, J. R. Stat. Soc. B 42, 1980; as MASS::polr (Venables, Ripley 2002).
    """
    x, y, weight, cluster = weighted_rows(x, y, weight, cluster)
    steps, code = np.unique(y, return_inverse=True)
    j, k = len(steps) - 1, x.shape[1]
    mean = weight @ x / weight.sum()
    scale = np.sqrt(weight @ (x - mean) ** 2 / weight.sum())
    scale = np.where(scale > 0, scale, 1.0)
    z = (x - mean) / scale
    shares = np.cumsum(np.bincount(code, weight))[:-1] / weight.sum()
    theta = np.concatenate([np.log(shares / (1 - shares)), np.zeros(k)])
    value, gradient, curve = _derivatives(theta, z, code, weight, j)
    converged = False
    for _ in range(MOST_STEPS):
        step = np.linalg.lstsq(-curve, gradient, rcond=None)[0]
        if np.abs(step).max() < 1e-9:
            converged = True
            break
        for half in 0.5 ** np.arange(30):
            trial = _derivatives(theta + half * step, z, code, weight, j)
            if trial[0] >= value - 1e-10 * abs(value):
                break
        theta, (value, gradient, curve) = theta + half * step, trial
        if np.abs(theta[j:]).max() > 30:  # no finite peak: a column tells the outcome perfectly
            break
    bread = np.linalg.pinv(-curve)
    cov = bread
    if robust:
        meat, groups = scatter(_scores(theta, z, code, j), weight, cluster)
        cov = bread @ meat @ bread * groups / max(groups - 1, 1)
    # back to the columns' own units: coef / scale, cut + sum(coef mean / scale)
    back = np.zeros((j + k, j + k))
    back[:j, :j], back[:j, j:], back[j:, j:] = np.eye(j), mean / scale, np.diag(1 / scale)
    theta, cov = back @ theta, back @ cov @ back.T
    return Fit(
        theta[j:],
        cov[j:, j:],
        int(weight.sum()),
        cuts=theta[:j],
        cuts_cov=cov[:j, :j],
        joint=cov,
        loglik=float(value),
        converged=converged,
    )


def brant(x, y, names, weight=None, cluster=None) -> pd.DataFrame:
    """Does one slope hold for every step of the scale?  Brant's test of the proportional-odds model.

    A logit is fitted for each step ("above 1", "above 2", …) and their slopes are held against each other.
    Returns one row per column of x and the row `all`: chi2, df, p_value, and `lowest`, `highest` (the slopes' range).
    Nulls where a step's logit has no finite answer.  With thousands of answers a small p may mean little: look at the
    range.  Source: Brant, Biometrics 46, 1990; the covariances of the slopes are his for customers who answer once,
    and the clustered ones otherwise.
    """
    x, y, weight, cluster = weighted_rows(x, y, weight, cluster)
    steps, k = np.unique(y)[:-1], x.shape[1]
    index = pd.Index([*names, certainty.ALL])
    out = pd.DataFrame(np.nan, index=index, columns=["chi2", "df", "p_value", "lowest", "highest"])
    fits = [proportional_odds(x, (y > step).astype(float), weight, robust=False) for step in steps]
    if len(steps) < 2 or not all(fit.converged for fit in fits):
        return out
    design = np.column_stack([np.ones(len(y)), x])
    chance = [expit(x @ fit.coef - fit.cuts[0]) for fit in fits]
    inverse = [np.linalg.inv(design.T @ (design * (weight * p * (1 - p))[:, None])) for p in chance]
    if (cluster >= 0).any():
        scores = [design * ((y > s) - p)[:, None] for s, p in zip(steps, chance, strict=True)]
        meat, groups = scatter(np.column_stack(scores), weight, cluster)
        wide = np.zeros_like(meat)
        for i, block in enumerate(inverse):
            wide[i * (k + 1) : (i + 1) * (k + 1), i * (k + 1) : (i + 1) * (k + 1)] = block
        cov = wide @ meat @ wide * groups / (groups - 1)
    else:  # P(above a later step and above an earlier one) = P(above the later)
        rows = []
        for i, p in enumerate(chance):
            row = []
            for h, q in enumerate(chance):
                both = np.minimum(p, q) - p * q if i != h else p * (1 - p)
                row.append(inverse[i] @ (design.T @ (design * (weight * both)[:, None])) @ inverse[h])
            rows.append(row)
        cov = np.block(rows)
    slopes = np.array([fit.coef for fit in fits])
    keep = np.arange(len(cov)).reshape(len(steps), k + 1)[:, 1:]
    for i, name in enumerate(index):
        columns = slice(None) if name == certainty.ALL and i == k else slice(i, i + 1)
        part, picked = slopes[:, columns].ravel(), keep[:, columns].ravel()
        width = len(part) // len(steps)
        # differences of each step's slopes from the first step's
        contrast = np.kron(np.column_stack([-np.ones(len(steps) - 1), np.eye(len(steps) - 1)]), np.eye(width))
        gap = contrast @ part
        chi2 = float(gap @ np.linalg.solve(contrast @ cov[np.ix_(picked, picked)] @ contrast.T, gap))
        df = (len(steps) - 1) * width
        ends = [part.min(), part.max()] if width == 1 and i < k else [np.nan, np.nan]
        out.loc[name] = [chi2, df, chdtrc(df, chi2), *ends]
    return out


def _parts(theta, z, code, j):
    """F and f at the upper and lower threshold of each row's step, and the probability of the step."""
    eta = z @ theta[j:]
    cuts = np.concatenate([[-np.inf], theta[:j], [np.inf]])
    above, below = cuts[code + 1] - eta, cuts[code] - eta
    upper, lower = expit(above), expit(below)
    # the difference of two logistics, exact also far out in the tails
    chance = np.where(below > 0, expit(-below) - expit(-above), upper - lower)
    return upper, lower, np.maximum(chance, 1e-300)


def _scores(theta, z, code, j) -> np.ndarray:
    upper, lower, chance = _parts(theta, z, code, j)
    out = np.zeros((len(code), j + z.shape[1]))
    row = np.arange(len(code))
    has_upper, has_lower = code < j, code > 0
    out[row[has_upper], code[has_upper]] = (upper * (1 - upper) / chance)[has_upper]
    out[row[has_lower], code[has_lower] - 1] = -(lower * (1 - lower) / chance)[has_lower]
    out[:, j:] = -(1 - upper - lower)[:, None] * z
    return out


def _derivatives(theta, z, code, weight, j) -> tuple[float, np.ndarray, np.ndarray]:
    """Log-likelihood, gradient and second derivatives; minus infinity where the cuts are out of order."""
    size = j + z.shape[1]
    value, gradient, curve = 0.0, np.zeros(size), np.zeros((size, size))
    if (np.diff(theta[:j]) <= 0).any():
        return -np.inf, gradient, curve
    for start in range(0, len(code), _CHUNK):
        rows = slice(start, start + _CHUNK)
        part, c, w = z[rows], code[rows], weight[rows]
        upper, lower, chance = _parts(theta, part, c, j)
        scores = _scores(theta, part, c, j)
        value += w @ np.log(chance)
        gradient += w @ scores
        curve -= scores.T @ (scores * w[:, None])
        row = np.arange(len(c))
        for edge, at, has, sign in ((upper, c, c < j, 1), (lower, c - 1, c > 0, -1)):
            bend = sign * w * edge * (1 - edge) * (1 - 2 * edge) / chance
            design = np.zeros((len(c), size))
            design[row[has], at[has]] = 1
            design[:, j:] = -part
            curve += design.T @ (design * np.where(has, bend, 0)[:, None])
    return float(value), gradient, curve
