"""How much better does one model read than another, and how well each class?  Whole customers are drawn (bootstrap)."""

from __future__ import annotations

import numpy as np
import pandas as pd

DRAWS = 1_000
SIDES = {"negative": -1, "neutral": 0, "positive": 1}
MEASURES = ("macro_f1", "accuracy")


def gain(side: np.ndarray, before: np.ndarray, after: np.ndarray, customer: np.ndarray) -> pd.DataFrame:
    """What does the model after bring over the one before, on the same comments?

    side, before, after  -1 negative, 1 positive: the label, and what either model calls it;  customer  who wrote it
    Returns index measure (macro_f1, accuracy): before, after, gain, with low and high (95 %, paired: both models are
    measured on the same draw of customers), n, customers.
    """
    cells = np.hstack([_cells(side, said, customer) for said in (before, after)])
    seen, drawn = _pair(cells.sum(0, keepdims=True))[0], _pair(_drawn(cells))
    with np.errstate(invalid="ignore"):
        low, high = np.nanpercentile(drawn[:, 1] - drawn[:, 0], [2.5, 97.5], axis=0)
    frame = pd.DataFrame({"before": seen[0], "after": seen[1], "gain": seen[1] - seen[0], "low": low, "high": high})
    frame.index = pd.Index(MEASURES, name="measure")
    return frame.assign(n=len(side), customers=len(cells))


def f1(side: np.ndarray, said: np.ndarray, customer: np.ndarray) -> pd.DataFrame:
    """How well is each class found?

    Returns index class, and `macro` (their mean): n, value (F1, 0..1), low, high (95 %).
    """
    cells = _cells(side, said, customer)
    there = [name for name, s in SIDES.items() if (side == s).any()]

    def measured(of: np.ndarray) -> np.ndarray:
        of = of.astype(float).reshape(-1, 3, 3)
        right, label, called = (np.diagonal(of, axis1=1, axis2=2), of.sum(2), of.sum(1))
        with np.errstate(invalid="ignore", divide="ignore"):
            each = (2 * right / (label + called))[:, [SIDES[name] + 1 for name in there]]
        return np.column_stack([each, each.mean(1)])

    low, high = np.nanpercentile(measured(_drawn(cells)), [2.5, 97.5], axis=0)
    value = measured(cells.sum(0, keepdims=True))[0]
    n = [int((side == SIDES[name]).sum()) for name in there] + [len(side)]
    index = pd.Index([*there, "macro"], name="class")
    return pd.DataFrame({"n": n, "value": value, "low": low, "high": high}, index=index)


def _cells(side: np.ndarray, said: np.ndarray, customer: np.ndarray) -> np.ndarray:
    """Of each customer, comments by label and by what was said: nine numbers."""
    who = np.unique(customer, return_inverse=True)[1]
    at = who * 9 + 3 * (side + 1) + said + 1
    return np.bincount(at, minlength=9 * (who.max() + 1)).reshape(-1, 9).astype(np.float32)


def _drawn(cells: np.ndarray) -> np.ndarray:
    """Sums of customers drawn anew, a row a draw; in parts, and customers who are alike at once."""
    alike, n = np.unique(cells, axis=0, return_counts=True)
    draw = np.random.default_rng(1)
    weights = draw.multinomial(n.sum(), n / n.sum(), DRAWS)
    return weights.astype(float) @ alike


def _pair(cells: np.ndarray) -> np.ndarray:
    """MEASURES of draws x (before, after), of labels that are negative or positive."""
    of = cells.astype(float).reshape(-1, 2, 3, 3)
    right = np.stack([of[..., 0, 0], of[..., 2, 2]], -1)
    label = np.stack([of[..., 0, :].sum(-1), of[..., 2, :].sum(-1)], -1)
    called = np.stack([of[..., :, 0].sum(-1), of[..., :, 2].sum(-1)], -1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.stack([(2 * right / (label + called)).mean(-1), right.sum(-1) / label.sum(-1)], axis=-1)
