"""How does a model learn a company's own words?  It starts from the weights it has, and labels move them.

The weights that a model has are the prior: each may move, and new words of the company may come in, at a price that
grows with the square of the way (a Gaussian prior around the old weights; Chelba, Acero, EMNLP 2004).  A hundred labels
move little, a hundred thousand have the last word, and the same price serves both.

Nobody can be read out of what comes of it: a weight moves, and a word comes in, only where comments of enough different
customers hold it (`privacy.smallest_group`), and only words of Persian letters or single signs do (sentiment_features).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.special import expit

from cx_helpers.intake import sentiment_model as sm
from cx_helpers.intake.sentiment_features import Counts

PRICE = 1.0  # of moving a weight: the inverse of the prior's variance
SLOPE_PRICE = 10.0  # of making the old log-odds steeper or flatter as a whole
STEPS = 20  # of Newton at the most; six or seven are taken
NEW = 20_000  # features that may come in at the most, the commonest


@dataclass
class Refit:
    """A model's table after the labels: kind, feature, idf, weight (floats), and where a text starts from."""

    table: pd.DataFrame
    intercept: float
    moved: int  # weights that moved
    new: int  # features that came in

    def log_odds(self, counts: Counts, rows: np.ndarray) -> np.ndarray:
        """Of some of the texts that were counted."""
        return matrix(counts, self.table, rows) @ self.table["weight"].to_numpy() + self.intercept


def refit(
    prior: pd.DataFrame, start: float, counts: Counts, rows: np.ndarray, positive: np.ndarray, customer: np.ndarray,
    fewest: int, price: float = PRICE,
) -> Refit:  # fmt: skip
    """Move a model's weights by labels.

    prior, start  the model's table (kind, feature, idf, weight) and intercept;  counts  texts, counted
    rows          which of them teach, positive (1.0 or 0.0; 0.5: neither) and customer (numbers) of all of them
    fewest        customers that a feature must come from;  price  of moving a weight
    """
    table = vocabulary(prior, counts, rows, customer, fewest)
    x = matrix(counts, table, rows)
    old, free = x @ table["weight"].to_numpy(), table["free"].to_numpy()
    # the old log-odds move as a whole, too: steeper, flatter, and up or down
    design = sparse.hstack([x[:, free], old[:, None], np.ones((len(rows), 1))]).tocsr()
    cost = np.r_[np.full(free.sum(), price), SLOPE_PRICE, 1e-3]
    move = _moves(design, positive[rows], old + start, cost)
    weight = (1 + move[-2]) * table["weight"].to_numpy()
    weight[free] += move[:-2]
    new = int((~table["known"]).sum())
    return Refit(table.assign(weight=weight)[[*COLUMNS]], start + move[-1], int(free.sum()) - new, new)


def _moves(x: sparse.csr_matrix, y: np.ndarray, before: np.ndarray, cost: np.ndarray) -> np.ndarray:
    """What to add to the weights: the least sum of the labels' surprise and the cost of moving, by Newton's steps.

    Each step is solved by conjugate gradients, to a tenth of what is left (Nocedal, Wright, Numerical Optimization,
    2nd ed. 2006, ch. 7.1).
    """
    turned, squares = x.T.tocsr(), x.multiply(x).T.tocsr()
    move, odds = np.zeros(x.shape[1]), before

    def lost(odds: np.ndarray, move: np.ndarray) -> float:
        return float((np.logaddexp(0, odds) - y * odds).sum() + (cost * move**2).sum() / 2)

    value = lost(odds, move)
    for _ in range(STEPS):
        p = expit(odds)
        curve = p * (1 - p)
        down = turned @ (y - p) - cost * move
        step = _solved(lambda v, c=curve: turned @ (c * (x @ v)) + cost * v, down, squares @ curve + cost)
        along, length = x @ step, 1.0
        while (now := lost(odds + length * along, move + length * step)) > value and length > 1e-3:
            length /= 2
        move, odds = move + length * step, odds + length * along
        if value - now < 1e-4 * len(y) / 1000:
            break
        value = now
    return move


def _solved(times: Callable, right: np.ndarray, diagonal: np.ndarray) -> np.ndarray:
    """The v with times(v) = right, by conjugate gradients scaled by the diagonal."""
    v, left = np.zeros_like(right), right.copy()
    scaled = left / diagonal
    way, size = scaled.copy(), (left * scaled).sum()
    until = 0.01 * size
    for _ in range(50):
        if size <= until:
            break
        ahead = times(way)
        far = size / (way * ahead).sum()
        v, left = v + far * way, left - far * ahead
        scaled = left / diagonal
        size, before = (left * scaled).sum(), size
        way = scaled + size / before * way
    return v


COLUMNS = ("kind", "feature", "idf", "weight")


def vocabulary(prior: pd.DataFrame, counts: Counts, rows: np.ndarray, customer: np.ndarray, fewest: int):
    """The prior's features and those that come in (weight 0), with `free`: may it move?  `known`: was it there?"""
    parts = [prior[[*COLUMNS]].assign(known=True)]
    enough = {kind: _enough(counts.counts[kind][rows], customer[rows], fewest) for kind in counts.counts}
    frequent, new = counts.frequent(rows), {}
    words = set(prior.loc[prior["kind"] == "word", "feature"])
    for kind in sm.KINDS:
        known = set(prior.loc[prior["kind"] == kind, "feature"])
        places = frequent[kind][enough[kind][frequent[kind]]]
        names = counts.names[kind][places]
        fresh = np.array([name not in known for name in names], bool)
        places, names = places[fresh], names[fresh]
        if kind == "word":
            words |= set(names)
        if kind == "pair":
            whole = np.array([set(name.split(" ")) <= words for name in names], bool)
            places, names = places[whole], names[whole]
        documents = np.bincount(counts.counts[kind][rows].indices, minlength=len(counts.names[kind]))[places]
        idf = np.float16(np.log((1 + len(rows)) / (1 + documents)) + 1).astype(float)
        new[kind] = pd.DataFrame({"kind": kind, "feature": names, "idf": idf, "weight": 0.0, "documents": documents})
    came = pd.concat([*new.values()], ignore_index=True)
    parts.append(came.nlargest(NEW, "documents").drop(columns="documents").assign(known=False))
    table = pd.concat(parts, ignore_index=True)
    free = np.zeros(len(table), bool)
    for kind in sm.KINDS:
        of = np.flatnonzero(table["kind"] == kind)
        place = pd.Index(counts.names[kind]).get_indexer(table["feature"].iloc[of])
        free[of] = (place >= 0) & np.append(enough[kind], False)[place]
    return table.assign(free=free)


def _enough(seen: sparse.csr_matrix, customer: np.ndarray, fewest: int) -> np.ndarray:
    """Which features stand in comments of at least `fewest` customers?"""
    who = sparse.csr_matrix((np.ones(len(customer)), (customer, np.arange(len(customer)))))
    return np.bincount((who @ seen).indices, minlength=seen.shape[1]) >= fewest


def matrix(counts: Counts, table: pd.DataFrame, rows: np.ndarray) -> sparse.csr_matrix:
    """TF-IDF of some texts in a table's features, exactly as sentiment_model adds them up."""
    found, norms, places = {}, {}, []
    for kind in sm.KINDS:
        of = np.flatnonzero(table["kind"] == kind)
        at = pd.Index(counts.names[kind]).get_indexer(table["feature"].iloc[of])
        of, at = of[at >= 0], at[at >= 0]
        idf = table["idf"].to_numpy()[of]
        norms[kind] = counts.counts[kind][rows][:, at] @ idf**2
        found[kind] = counts.signed[kind][rows][:, at] @ sparse.diags_array(idf)
        places.append(of)
    part = norms.pop("part")
    scales = dict.fromkeys(norms, sm.scale(sum(norms.values()))) | {"part": sm.scale(part)}
    x = sparse.hstack([sparse.diags_array(scales[kind]) @ found[kind] for kind in sm.KINDS]).tocsr()
    x.indices = np.concatenate(places)[x.indices].astype(np.int32)
    return sparse.csr_matrix((x.data, x.indices, x.indptr), shape=(len(rows), len(table)))
