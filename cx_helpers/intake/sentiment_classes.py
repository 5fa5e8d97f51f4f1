"""How probable is each feeling?  From a text's log-odds to two classes, or to three where a company's labels gave them.

Three classes share one scale (the proportional-odds model: McCullagh, J. R. Stat. Soc. B 42, 1980): a text is negative
below -half, positive above +half, and neutral between, each end a logistic curve.  `half` is learnt from the company's
own middling stars and scores; without it there are two classes and no p_neutral.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

_HOLD = 2.0  # where labels part the comments without a mistake, nothing else holds the factor


@dataclass
class Felt:
    """What a model says of a batch of texts: an array each, one place a text."""

    negative: np.ndarray  # p, together 1; neutral is null where the model has two classes
    neutral: np.ndarray
    positive: np.ndarray
    letters: np.ndarray  # letters of words of which the model knows anything: a text of fewer than two is not read
    known: np.ndarray  # features recognised


def chances(logit: np.ndarray, half: float | None = None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """p of negative, neutral and positive;  half  None: two classes, and p of neutral is null."""
    logit = np.asarray(logit, float)
    if half is None:
        positive = expit(logit)
        return 1 - positive, np.full(len(logit), np.nan), positive
    negative, positive = expit(-half - logit), expit(logit - half)
    return negative, 1 - negative - positive, positive


def likeliest(logit: np.ndarray, half: float | None) -> np.ndarray:
    """The likeliest class of each: -1 negative, 0 neutral, 1 positive."""
    return np.nanargmax(np.stack(chances(logit, half)), axis=0) - 1


def calibrated(logit: np.ndarray, label: np.ndarray) -> tuple[float, float, float | None]:
    """By what must held-out log-odds be multiplied and shifted to be true?

    label  -1 negative, 0 neutral, 1 positive; without any neutral there are two classes
    Returns (factor, shift, half): factor x logit + shift goes into `chances` with half.  Source: Platt, 1999.
    """
    three = bool((label == 0).any())

    def unlikely(w: np.ndarray) -> float:
        negative, neutral, positive = chances(np.exp(w[0]) * logit + w[1], np.exp(w[2]) if three else None)
        p = np.select([label < 0, label > 0], [negative, positive], neutral)
        return _HOLD * w[0] ** 2 - float(np.log(np.clip(p, 1e-12, None)).sum())

    found = minimize(unlikely, [0.0, 0.0, 0.0][: 2 + three], method="Nelder-Mead", options={"maxiter": 600}).x
    return float(np.exp(found[0])), float(found[1]), float(np.exp(found[2])) if three else None
