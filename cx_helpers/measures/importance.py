"""How much does each driver weigh, and where is there room?  Relative importance (LMG) with its certainty.

R² is shared out among drivers that go together by averaging what each adds over all orders in which they could enter
(Shapley values).  Made from correlations alone, so that drawing the customers again hundreds of times is cheap.
Takes the rows of `folding.collapse`.  Importance says how much goes together, never what causes what.
"""

from __future__ import annotations

from math import factorial

import numpy as np
import pandas as pd

from cx_helpers import regression
from cx_helpers.folding import Rows

MOST = 14  # drivers: 2^14 models are looked at
TIMES = 400  # draws of the customers
MANY = 5000  # rows beyond which their sums are drawn instead of each
RELIABILITY = 0.8  # of one rating on a form: Wanous, Hudy, Organ. Res. Methods 4, 2001


def lmg(correlation: np.ndarray) -> np.ndarray:
    """Shares of R² by Lindeman, Merenda and Gold, of one correlation matrix or a stack of them.

    correlation  (…, k+1, k+1), the outcome last.  Returns (…, k); they sum up to R².
    All 2^k subsets at once: each driver in turn is swept out of the matrix or left out, so that level j holds 2^j
    matrices of what is left.  Source: Lindeman, Merenda, Gold 1980; Grömping, J. Stat. Softw. 17(1), 2006.
    """
    stack = correlation[None] if correlation.ndim == 2 else correlation
    k = stack.shape[-1] - 1
    explained = _all_subsets(stack)  # (draws, 2^k); bit k-1-i of the number says whether driver i is in
    number = np.arange(2**k)
    size = np.array([bin(i).count("1") for i in number])
    weight = np.array([factorial(s) * factorial(k - 1 - s) / factorial(k) for s in range(k)])
    out = np.empty((len(stack), k))
    for i in range(k):
        bit = 1 << (k - 1 - i)
        without = number[(number & bit) == 0]
        out[:, i] = (explained[:, without | bit] - explained[:, without]) @ weight[size[without]]
    return out[0] if correlation.ndim == 2 else out


def _all_subsets(stack: np.ndarray) -> np.ndarray:
    level = stack[:, None]
    for _i in range(stack.shape[-1] - 1):
        first, column, rest = level[..., 0, 0], level[..., 1:, 0], level[..., 1:, 1:]
        pivot = np.where(first > 1e-10, first, np.inf)  # a driver that those before it give exactly adds nothing
        swept = rest - column[..., :, None] * (column / pivot[..., None])[..., None, :]
        level = np.stack([rest, swept], axis=2).reshape(len(stack), -1, *rest.shape[-2:])
    return 1 - level[..., 0, 0]


def importance(rows: Rows, reliability: float = RELIABILITY, times: int = TIMES, seed: int = 1) -> pd.DataFrame:
    """Which share of what can be explained falls to each driver, and how sure is its place?

    reliability  how well one rating on a form tells what it is about; see `survives` below
    Returns per driver, most important first: n, customers, importance (share of R², 0..1) with low and high (customers
    drawn again), points (its part of R²) with points_low, points_high, `noise` (what the luckiest of so many unrelated
    drivers would reach in 19 of 20 cases), rank with rank_low, rank_high (95 % of draws), stable (share of draws with
    the same rank), direction (+1, -1: sign of the slope, all else equal), effect (Cohen's f²: what is lost without it),
    contrast (of a yes/no driver: how many standard deviations of the outcome lie between yes and no, all else equal),
    and `survives`: is it still there, with the same sign, when the ratings are allowed to be as imprecise as
    `reliability` says?  A driver that only shadows another one (packaging that goes with delivery) picks up what the
    other's steps measure badly and looks like a driver of its own; it does not survive this.
    Nulls with fewer than 30 answers.  Raises ValueError with more than 14 drivers.
    Source: lmg; Westfall, Yarkoni, PLoS ONE 11(3), 2016 (imprecise controls); Cohen 1988 (f²).
    """
    index = pd.Index(rows.drivers, name="driver")
    names = "importance low high points points_low points_high noise rank rank_low rank_high stable direction effect"
    names += " contrast"
    if len(index) > MOST:
        raise ValueError(
            f"{len(index)} drivers; at most {MOST} can be weighed at once: leave some out or put them together"
        )
    if not rows.enough:
        return pd.DataFrame({"n": rows.n, "customers": rows.customers}, index=index).assign(
            **dict.fromkeys(names.split(), np.nan), survives=False
        )
    k = len(index)
    whole = regression.correlation(np.column_stack([rows.x, rows.y]), rows.weight)
    draws = np.concatenate(list(_drawn(rows, times, seed)))
    own, drawn = lmg(whole), _in_parts(draws)
    share, shares = own / own.sum(), drawn / drawn.sum(axis=1, keepdims=True)
    rank, ranks = _rank(own), _rank(drawn)
    out = pd.DataFrame({"n": rows.n, "customers": rows.customers, "importance": share}, index=index)
    out["low"], out["high"] = np.percentile(shares, [2.5, 97.5], axis=0)
    out["points"], (out["points_low"], out["points_high"]) = own, np.percentile(drawn, [2.5, 97.5], axis=0)
    out["noise"] = _noise(whole, rows.customers, seed)
    out["rank"] = rank
    out["rank_low"], out["rank_high"] = np.percentile(ranks, [2.5, 97.5], axis=0, method="nearest").astype(int)
    out["stable"] = (ranks == rank).mean(axis=0)
    beta = np.linalg.solve(whole[:k, :k], whole[:k, k])
    lost = beta**2 / np.diag(np.linalg.inv(whole[:k, :k]))  # R² without the driver is so much smaller
    out["direction"] = np.sign(beta).astype(int)
    out["effect"] = lost / max(1 - whole[:k, k] @ beta, 1e-12)
    spread = np.sqrt(rows.weight @ (rows.x - rows.weight @ rows.x / rows.n) ** 2 / rows.n)
    two = np.array([len(np.unique(column)) == 2 for column in rows.x.T])
    out["contrast"] = np.where(two, beta / spread * np.ptp(rows.x, axis=0), np.nan)
    exact = np.array([reliability if _is_rating(column) else 1.0 for column in rows.x.T])
    out["survives"] = _survives(draws, beta, exact)
    return out.sort_values("importance", ascending=False, kind="stable")


def _drawn(rows: Rows, times: int, seed: int):
    """Correlation matrices of customers drawn again (Poisson weights: as many times as they like, once on average)."""
    rng = np.random.default_rng(seed)
    v = np.column_stack([rows.x, rows.y])
    v = v - rows.weight @ v / rows.n
    v = np.column_stack([v / np.sqrt(rows.weight @ v**2 / rows.n), np.ones(len(v))])
    left, right = np.triu_indices(v.shape[1])
    products = v[:, left] * v[:, right]
    alone = rows.cluster < 0
    units = np.concatenate([products[alone], regression.cluster_sums(products, rows.weight, rows.cluster)])
    often = np.concatenate([rows.weight[alone], np.ones(len(units) - alone.sum())])
    if len(units) > MANY:  # the sums of so many draws are normal: no need to draw each row
        values, vectors = np.linalg.eigh(units.T @ (units * often[:, None]))
        root = vectors * np.sqrt(np.maximum(values, 0))
        parts = [often @ units + rng.normal(size=(times, len(values))) @ root.T]
    else:
        step = max(1, 1_000_000 // max(len(units), 1))
        sizes = [min(step, times - start) for start in range(0, times, step)]
        parts = (rng.poisson(often, (size, len(often))).astype(float) @ units for size in sizes)
    for sums in parts:
        full = np.empty((len(sums), v.shape[1], v.shape[1]))
        full[:, left, right] = full[:, right, left] = sums
        total = full[:, -1, -1][:, None, None]
        mean = full[:, :-1, -1:] / total
        cov = full[:, :-1, :-1] / total - mean * mean.transpose(0, 2, 1)
        sd = np.sqrt(np.maximum(np.einsum("bii->bi", cov), 1e-12))
        yield cov / sd[:, :, None] / sd[:, None, :]


def _in_parts(stack: np.ndarray) -> np.ndarray:
    """lmg of a long stack, a part at a time, so that 2^k matrices of each never fill the memory."""
    step = max(1, 2**19 // 2 ** (stack.shape[-1] - 1))
    return np.concatenate([lmg(stack[i : i + step]) for i in range(0, len(stack), step)])


def _rank(points: np.ndarray) -> np.ndarray:
    """1 for the most; the order in the row decides between equals."""
    return np.argsort(np.argsort(-points, axis=-1, kind="stable"), axis=-1, kind="stable") + 1


def _noise(whole: np.ndarray, customers: int, seed: int) -> float:
    """95th percentile of the greatest part of R² among these drivers when the outcome has nothing to do with them."""
    rng, k = np.random.default_rng(seed + 1), len(whole) - 1
    root = np.linalg.cholesky(whole[:k, :k] + 1e-12 * np.eye(k))
    chance = rng.normal(size=(TIMES, k)) @ root.T / np.sqrt(max(customers - 1, 1))
    stack = np.tile(whole, (TIMES, 1, 1))
    stack[:, :k, k] = stack[:, k, :k] = np.clip(chance, -0.99, 0.99)
    return float(np.percentile(_in_parts(stack).max(axis=1), 95))


def _is_rating(column: np.ndarray) -> bool:
    """Three to eleven whole steps: an answer on a form, not a fact that was counted or timed."""
    values = np.unique(column)
    return 3 <= len(values) <= 11 and bool((values == np.round(values)).all()) and values.min() >= 0


def _survives(draws: np.ndarray, beta: np.ndarray, reliability: np.ndarray) -> np.ndarray:
    """Do 95 % of the draws keep the slope's sign, with precise and with imprecise ratings alike?"""
    k = len(beta)
    inner = draws[:, :k, :k] - np.diag(1 - reliability)
    fit = np.linalg.eigvalsh(inner)[:, 0] > -1e-6  # else: drivers that go together more than their reliability allows
    slopes = np.full((len(draws), k), np.nan)
    if fit.any():
        slopes[fit] = _slopes(inner[fit], draws[fit, :k, k:])
    plain = _slopes(draws[:, :k, :k], draws[:, :k, k:])
    same = (np.sign(slopes) == np.sign(beta)) & (np.sign(plain) == np.sign(beta))
    return same.mean(axis=0) >= 0.975


def _slopes(together: np.ndarray, outcome: np.ndarray) -> np.ndarray:
    """Slopes of a stack of correlation matrices; two drivers that a draw makes one share theirs."""
    return (np.linalg.pinv(together, rcond=1e-6, hermitian=True) @ outcome)[..., 0]
