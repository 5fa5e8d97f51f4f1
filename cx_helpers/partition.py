"""Into which groups do rows fall, if into any?  Clusters that are proven, or the answer that there are none.

A clustering always returns groups; so each is held against four doubts before it is believed:
    silhouette  are rows nearer to their own group than to the next (-1..1)?  .3 at least: a cut between heavy and
                light buyers of one continuum comes to .26, where structure is weak (Kaufman, Rousseeuw 1990)
    gap         is it tighter than the same clustering of rows without groups?  Tibshirani, Walther, Hastie 2001
    chance      is its silhouette higher than is had by chance (1 % for all numbers of clusters) in made-up crowds with
                each column's own distribution and all their correlations, but one body (a Gaussian copula)?  So counts
                and skewed amounts alone make no groups
    stability   is each group found again in bootstrap samples (Jaccard, 0..1; .75 at least)?  Hennig 2007
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cx_helpers import threads

SILHOUETTE, STABLE, SMALLEST = 0.3, 0.75, 0.03
CROWDS, TIMES, NUMBERS = 20, 20, 5  # made-up crowds, bootstrap samples, numbers of clusters that are usually tried
METHODS = ("kmeans", "mixture", "density")


@dataclass(frozen=True)
class Partition:
    """Groups as places: a row belongs to the group of the least  offset + sum(weight * (row - centre)^2).

    method  one of METHODS, or "" where there are no groups (k = 0);  k groups, the largest first
    tried   (method, k): silhouette, gap, gap_se, chance_silhouette (the highest by chance), smallest (share of the
            least group), stability (of the least stable one; null: not asked, it had failed before), `holds`
    stability  of each group
    """

    method: str
    centres: np.ndarray
    weights: np.ndarray
    offsets: np.ndarray
    tried: pd.DataFrame
    stability: tuple[float, ...] = ()

    @property
    def k(self) -> int:
        return len(self.centres)

    def assign(self, x: np.ndarray) -> np.ndarray:
        """The group (0, 1, …) of each row."""
        return _nearest(x, self.centres, self.weights, self.offsets)


def partition(x, most: int = 6, seed: int = 1) -> Partition:
    """Which groups do the rows fall into?  None unless they stand all four tests.

    x     rows x columns, standardised, without nulls: a few thousand rows at the most (a sample does)
    most  groups at most;  seed  of all chance in it: the same rows give the same answer
    Of those that stand, the highest silhouette wins; within .02 of it the fewer groups.
    """
    x = np.asarray(x, float)
    if not np.isfinite(x).all():
        raise ValueError("rows with nulls cannot be clustered; fill or drop them first")
    with threads.one("sklearn.cluster", "sklearn.mixture"):
        return _proven(x, most, seed)


def _proven(x, most: int, seed: int) -> Partition:
    tried, fits = [], {}
    if len(x) >= 60 and x.shape[1] >= 2 and len(np.unique(x, axis=0)) > 4 * most:
        chance = _Chance(x, seed)
        apart = _distances(x)
        for k in range(2, most + 1):
            for method in METHODS[:2]:
                fits[method, k] = _fit(x, method, k, seed)
        dense = _fit(x, "density", 0, seed)
        if dense is not None and 2 <= len(dense[0]) <= most:
            fits["density", len(dense[0])] = dense
        tried = [_tested(x, key, fit, apart, chance, seed) for key, fit in fits.items() if fit is not None]
    table = pd.DataFrame(tried, columns=["method", "k", *COLUMNS]).set_index(["method", "k"])
    held = table[table["holds"].astype(bool)]
    if held.empty:
        none = np.empty((0, x.shape[1] if x.ndim == 2 else 0))
        return Partition("", none, none, np.empty(0), table)
    near = held[held["silhouette"] >= held["silhouette"].max() - 0.02].reset_index()
    best = near.sort_values(["k", "silhouette"], ascending=[True, False]).iloc[0]
    fit = fits[best["method"], best["k"]]
    order = np.argsort(-np.bincount(_nearest(x, *fit), minlength=len(fit[0])), kind="stable")
    stable = _jaccard(x, best["method"], fit, seed)
    return Partition(best["method"], *(part[order] for part in fit), table, tuple(stable[order]))


COLUMNS = ("silhouette", "gap", "gap_se", "chance_silhouette", "smallest", "stability", "holds")


def _tested(x, key, fit, apart, chance, seed) -> tuple:
    """One clustering through the tests, the cheap ones first; what it cannot mend is not asked any more."""
    method, k = key
    labels = _nearest(x, *fit)
    sizes = np.bincount(labels, minlength=k)
    row = dict.fromkeys(COLUMNS, np.nan) | {"smallest": sizes.min() / len(x), "holds": False}
    row["silhouette"] = _silhouette(apart, labels)
    good = row["silhouette"] >= SILHOUETTE and row["smallest"] >= SMALLEST
    if good:
        evenly = chance.cuts(k)
        row["gap"] = _cut(x, labels) - np.mean(evenly)
        row["gap_se"] = np.std(evenly) * np.sqrt(1 + 1 / len(evenly))
        good = row["gap"] > row["gap_se"]
    if good:
        row["chance_silhouette"] = chance.silhouette(k)
        good = row["silhouette"] > row["chance_silhouette"]
    if good:
        row["stability"] = float(_jaccard(x, method, fit, seed).min())
        row["holds"] = row["stability"] >= STABLE
    return (method, k, *(row[c] for c in COLUMNS))


class _Chance:
    """What k groups look like where there are none; asked once for each k."""

    def __init__(self, x, seed: int):
        self.x, self.seed = x, seed
        self.silhouette, self.cuts = functools.cache(self._silhouette), functools.cache(self._cuts)

    def _silhouette(self, k: int) -> float:
        crowds = (_crowd(self.x, np.random.default_rng([self.seed, b])) for b in range(CROWDS))
        return _beyond([_silhouette(_distances(c), _nearest(c, *_fit(c, "kmeans", k, self.seed, 2))) for c in crowds])

    def _cuts(self, k: int) -> list[float]:
        boxes = (_box(self.x, np.random.default_rng([self.seed, b, 1])) for b in range(CROWDS // 2))
        return [_cut(b, _nearest(b, *_fit(b, "kmeans", k, self.seed, 2))) for b in boxes]


def _beyond(found: list[float]) -> float:
    """What chance hardly comes to, from few crowds: their highest, or Student's bound for one more crowd if higher.

    At 1 % over all numbers of clusters together (Bonferroni): so many looks take a higher bound than one.
    """
    from scipy.stats import t

    bound = t.isf(0.01 / NUMBERS, len(found) - 1) * np.std(found, ddof=1) * np.sqrt(1 + 1 / len(found))
    return float(max(*found, np.mean(found) + bound))


def _fit(x, method: str, k: int, seed: int, starts: int = 4):
    """(centres, weights, offsets) of one clustering, the best of `starts`; None where it found no groups."""
    if method == "kmeans":
        from sklearn.cluster import KMeans

        centres = KMeans(k, n_init=starts, random_state=seed).fit(x).cluster_centers_
        return centres, np.ones_like(centres), np.zeros(k)
    if method == "mixture":
        from sklearn.mixture import GaussianMixture

        # never tighter than a tenth of the whole: a count that many share is no group of its own
        made = GaussianMixture(k, covariance_type="diag", reg_covar=0.1, random_state=seed).fit(x)
        spread = made.covariances_
        return made.means_, 1 / spread, np.log(spread).sum(axis=1) - 2 * np.log(made.weights_)
    from sklearn.cluster import HDBSCAN

    labels = HDBSCAN(min_cluster_size=max(10, len(x) // 20), copy=True).fit_predict(x)
    groups = [x[labels == g] for g in range(labels.max() + 1)]
    if len(groups) < 2:
        return None
    centres = np.array([g.mean(axis=0) for g in groups])
    return centres, np.ones_like(centres), np.zeros(len(groups))


def _nearest(x, centres, weights, offsets) -> np.ndarray:
    far = [o + ((x - c) ** 2 * w).sum(axis=1) for c, w, o in zip(centres, weights, offsets, strict=True)]
    return np.argmin(far, axis=0)


def _distances(x) -> np.ndarray:
    """Of at most 800 rows, evenly taken: what a silhouette is worked out from."""
    some = x[_some(len(x))]
    square = (some**2).sum(axis=1)
    return np.sqrt(np.clip(square[:, None] + square - 2 * some @ some.T, 0, None))


def _some(rows: int) -> np.ndarray:
    return np.unique(np.linspace(0, rows - 1, min(rows, 800)).astype(int))


def _silhouette(apart, labels) -> float:
    labels = labels[_some(len(labels))]
    names, place = np.unique(labels, return_inverse=True)
    if len(names) < 2:
        return -1.0
    member = np.eye(len(names))[place]
    total, sizes, row = apart @ member, member.sum(axis=0), np.arange(len(place))
    own = total[row, place] / np.maximum(sizes[place] - 1, 1)
    others = total / sizes
    others[row, place] = np.inf
    other = others.min(axis=1)
    width = np.where(sizes[place] > 1, (other - own) / np.maximum(np.maximum(own, other), 1e-12), 0.0)
    return float(width.mean())


def _cut(x, labels) -> float:
    """How much of the spread (in logs) is cut away by the groups?"""
    return _log_spread(x, np.zeros(len(x), int)) - _log_spread(x, labels)


def _log_spread(x, labels) -> float:
    within = [((x[labels == g] - x[labels == g].mean(axis=0)) ** 2).sum() for g in np.unique(labels)]
    return float(np.log(max(sum(within), 1e-12)))


def _box(x, rng) -> np.ndarray:
    """As many rows spread evenly over a box along the principal axes."""
    middle = x.mean(axis=0)
    axes = np.linalg.svd(x - middle, full_matrices=False)[2]
    turned = (x - middle) @ axes.T
    return rng.uniform(turned.min(axis=0), turned.max(axis=0), turned.shape) @ axes + middle


def _crowd(x, rng) -> np.ndarray:
    """As many rows of one body: each column has the values of `x`, and their rank correlations stay."""
    from scipy.special import ndtri

    scores = ndtri(pd.DataFrame(x).rank().to_numpy() / (len(x) + 1))
    spread = np.linalg.eigh(np.corrcoef(scores, rowvar=False))
    root = spread[1] * np.sqrt(np.clip(spread[0], 0, None))
    drawn = rng.standard_normal(x.shape) @ root.T
    places = drawn.argsort(axis=0).argsort(axis=0)
    return np.take_along_axis(np.sort(x, axis=0), places, axis=0)


def _jaccard(x, method: str, fit, seed: int) -> np.ndarray:
    """How much of each group is found again, on average over bootstrap samples (0..1)?"""
    k, labels, found = len(fit[0]), _nearest(x, *fit), []
    for time in range(TIMES):
        rows = np.random.default_rng([seed, time, 2]).integers(0, len(x), len(x))
        again = _fit(x[rows], method, k, seed, 2)
        if again is None:
            found.append(np.zeros(k))
            continue
        new, old = _nearest(x[rows], *again), labels[rows]
        both = np.zeros((k, len(again[0])))
        np.add.at(both, (old, new), 1)
        either = both.sum(axis=1, keepdims=True) + both.sum(axis=0) - both
        found.append((both / np.maximum(either, 1)).max(axis=1))
    return np.mean(found, axis=0)
