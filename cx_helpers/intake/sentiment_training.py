"""How is a sentiment model taught?  Labelled comments in, a table of weights with the proof of how good it is out.

1. TF-IDF of words, pairs, parts of words, words at either end and words that are denied (sentiment_features), each
   scaled by its naive-Bayes log-ratio, then logistic regression (Wang, Manning, ACL 2012).
2. Domains weigh as the square root of their size, their two classes equally.
3. Labels that a model which has not seen them finds next to impossible weigh less (after confident learning: Northcutt,
   Jiang, Chuang, JAIR 70, 2021).  Only in teaching: every figure is measured on all labels, at their full weight.
4. Where there are more features than the recipe keeps, those that move scores most are weighed once more.
5. One factor on the log-odds makes held-out probabilities true (Platt), measured where the model is a stranger: the
   median of what each domain would ask for, read by a model taught from the other domains.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.optimize import minimize_scalar
from scipy.special import expit

from cx_helpers.errors import Refusal
from cx_helpers.intake import sentiment_evidence, sentiment_model
from cx_helpers.intake.sentiment_features import Counts, Features
from cx_helpers.tables import need

TRUST = 0.2  # what a doubted label weighs: left out altogether, or whole, strange domains are read worse
UNSEEN = 0.3  # of a comment, added to what each class has of a feature: rare words may tell more than by one whole
_DOUBT_FOLDS = 3  # to doubt a label: enough to have seen two thirds, and done within every fold that is held out
CLASSES = ("negative", "positive")
PHRASES = "phrases"  # the domain of what teaches and is never asked


class TrainingError(Refusal):
    """Nothing can be taught from these comments: the message says what is wrong, what is there, what to do."""


@dataclass(frozen=True)
class Recipe:
    """How to teach: kept in the model's file, so that it can be taught again.

    features  how many are kept at the most;  strength  the inverse of the L2 penalty (C)
    doubt     labels to which a model that has not seen them gives less than this are doubted: they weigh TRUST; 0: none
    folds     parts into which the comments are dealt for the held-out figures
    """

    features: int = 150_000
    strength: float = 1.0
    doubt: float = 0.2
    folds: int = 5

    def __post_init__(self):
        if self.features < 1 or self.strength <= 0 or not 0 <= self.doubt < 0.5 or self.folds < 2:
            raise TrainingError(
                f"{self} cannot be followed: features from 1, strength above 0, doubt in 0..0.5, folds from 2"
            )

    def told(self) -> dict:
        """The recipe as plain data."""
        return asdict(self)


@dataclass
class Lesson:
    """Labelled comments, counted once: what all fits of one training share."""

    counts: Counts
    positive: np.ndarray  # 1.0 or 0.0
    domain: np.ndarray

    @property
    def asked(self) -> np.ndarray:
        """The places of the comments that figures are measured on: all but phrases of the house's own table."""
        return np.flatnonzero(self.domain != PHRASES)


@dataclass
class Taught:
    """A model as it comes out of a fit: features, a weight for each, and where a text starts from."""

    features: Features
    weights: np.ndarray
    intercept: float

    def log_odds(self, lesson: Lesson, rows: np.ndarray) -> np.ndarray:
        """Of some of the comments."""
        return self.features.matrix(lesson.counts, rows) @ self.weights + self.intercept


def lesson(data: pd.DataFrame) -> Lesson:
    """What can be taught of labelled comments: those labelled negative or positive.

    data  `text`, `label` (negative, positive; anything else is left out), `domain` (where a comment comes from; absent:
          all from one place)
    Raises TrainingError where a class is missing.
    """
    need(data, "text", "label")
    data = data[data["label"].isin(CLASSES) & data["text"].notna()]
    found = data["label"].value_counts()
    if short := [name for name in CLASSES if found.get(name, 0) < 10]:
        raise TrainingError(
            f"too few comments to learn from: {short[0]} stands on {found.get(short[0], 0)}; a model needs ten of each "
            f"class at the least, and hundreds to be any good (`label` must be {' or '.join(CLASSES)})"
        )
    domain = data["domain"].astype(str) if "domain" in data.columns else pd.Series("all", data.index)
    positive = (data["label"] == "positive").to_numpy(float)
    return Lesson(Counts(data["text"].astype(str).tolist()), positive, domain.to_numpy(object))


def balance(domain: np.ndarray, positive: np.ndarray) -> np.ndarray:
    """Weights: a domain counts as the root of its size, half for each class; 1 on average."""
    data = pd.DataFrame({"domain": domain, "positive": positive})
    size = data.groupby("domain")["positive"].transform("size")
    cell = data.groupby(["domain", "positive"])["positive"].transform("size")
    weight = (np.sqrt(size) / cell / 2).to_numpy()
    return weight / weight.mean()


def fit(x: sparse.csr_matrix, positive: np.ndarray, weight: np.ndarray, strength: float) -> tuple[np.ndarray, float]:
    """Weights and intercept of the logistic regression on naive-Bayes-scaled features."""
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    said, denied = x.maximum(0).T, (-x).maximum(0).T  # what is denied in praise is as good as said in blame
    seen = [said @ (weight * (positive == c)) + denied @ (weight * (positive != c)) + UNSEEN for c in (1, 0)]
    ratio = np.log(seen[0] / seen[0].sum() / (seen[1] / seen[1].sum()))
    scaled = sparse.csr_matrix(x @ sparse.diags_array(ratio))
    scaled.indices, scaled.indptr = scaled.indices.astype(np.int32), scaled.indptr.astype(np.int32)
    # the dual solver sees a comment at a time: seconds where quasi-Newton steps over all of them take minutes
    solver = LogisticRegression(C=strength, solver="liblinear", dual=True, tol=0.01, max_iter=60, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        solver.fit(scaled, positive, sample_weight=weight)
    weights = solver.coef_[0] * ratio
    return weights, _start(x @ weights, positive, weight)


def _start(sums: np.ndarray, positive: np.ndarray, weight: np.ndarray) -> float:
    """The intercept: as many positive ones foretold as there are, by Newton's steps (no penalty holds it back)."""
    start = 0.0
    for _ in range(50):
        p = expit(sums + start)
        step = np.sum(weight * (positive - p)) / max(np.sum(weight * p * (1 - p)), 1e-9)
        start += float(np.clip(step, -1, 1))
        if abs(step) < 1e-9:
            break
    return start


def choose(weights: np.ndarray, x: sparse.csr_matrix, how_many: int) -> np.ndarray:
    """The places of the features that move scores most: |weight| x root mean square of the column."""
    brings = np.abs(weights) * np.sqrt(np.asarray(x.multiply(x).mean(0)).ravel())
    return np.sort(np.argsort(-brings, kind="stable")[:how_many])


def doubtful(of: Lesson, rows: np.ndarray, recipe: Recipe) -> np.ndarray:
    """Which labels does a model that has not seen them find next to impossible?  One truth value a row."""
    features = Features(of.counts, of.counts.frequent(rows), rows)
    x, positive = features.matrix(of.counts, rows), of.positive[rows]
    weight, fold = balance(of.domain[rows], positive), deal(len(rows), _DOUBT_FOLDS)
    believed = np.zeros(len(rows))
    for k in range(_DOUBT_FOLDS):
        weights, intercept = fit(x[fold != k], positive[fold != k], weight[fold != k], recipe.strength)
        odds = (x[fold == k] @ weights + intercept) * (2 * positive[fold == k] - 1)
        believed[fold == k] = expit(odds)
    return (believed < recipe.doubt) & (of.domain[rows] != PHRASES)


def deal(n: int, folds: int) -> np.ndarray:
    """The number of the fold of each of n rows; always the same."""
    return np.random.default_rng(0).integers(0, folds, n)


def teach(of: Lesson, rows: np.ndarray, recipe: Recipe) -> Taught:
    """The whole way from counted comments to weights, by some of the comments only."""
    positive, weight = of.positive[rows], balance(of.domain[rows], of.positive[rows])
    if recipe.doubt:
        weight *= np.where(doubtful(of, rows, recipe), TRUST, 1)
    wide = Features(of.counts, of.counts.frequent(rows), rows)
    x = wide.matrix(of.counts, rows)
    taught = Taught(wide, *fit(x, positive, weight, recipe.strength))
    if len(taught.weights) <= recipe.features:
        return taught
    features = wide.only(of.counts, choose(taught.weights, x, recipe.features), rows)
    return Taught(features, *fit(features.matrix(of.counts, rows), positive, weight, recipe.strength))


def held_out(of: Lesson, recipe: Recipe, said: Callable[[str], None] = lambda what: None) -> pd.DataFrame:
    """What models say of comments they were not taught from, two ways.

    Phrases teach every model and are asked of none.
    Returns one row a comment and way: `way` (left_out: taught by the other domains only; folds: by the other folds),
    domain, positive (1.0 or 0.0), log_odds.  Without a second domain there is no left_out.
    """
    everything, parts, asked = np.arange(len(of.positive)), [], of.asked
    domains = sorted(set(of.domain[asked])) if len(set(of.domain[asked])) > 1 else []
    fold = np.full(len(everything), -1)
    fold[asked] = deal(len(asked), recipe.folds)
    for way, keys, values in (("left_out", domains, of.domain), ("folds", range(recipe.folds), fold)):
        for key in keys:
            said(f"{way} {key}")
            rest, rows = everything[values != key], everything[values == key]
            odds = teach(of, rest, recipe).log_odds(of, rows)
            found = {"domain": of.domain[rows], "positive": of.positive[rows], "log_odds": odds}
            parts.append(pd.DataFrame(found).assign(way=way))
    return pd.concat(parts, ignore_index=True)


def factor(held: pd.DataFrame) -> float:
    """What held-out log-odds must be multiplied by to be true (Platt scaling without a shift): the median over domains.

    Taken where the model is a stranger (left_out) where there are several domains, else by folds; classes even. A mean
    would let one domain whose labels are wrong make the model timid everywhere.
    """
    way = "left_out" if (held["way"] == "left_out").any() else "folds"
    return float(np.median([_slope(part) for _, part in held[held["way"] == way].groupby("domain")]))


def _slope(held: pd.DataFrame) -> float:
    """The factor of one domain, from 0.1 to 10: the one under which its labels are likeliest."""
    weight = balance(held["domain"].to_numpy(), held["positive"].to_numpy())
    odds = (held["log_odds"] * (2 * held["positive"] - 1)).to_numpy()

    def unlikely(log_factor: float) -> float:
        return float(np.sum(weight * np.logaddexp(0, -np.exp(log_factor) * odds)))

    return float(np.exp(minimize_scalar(unlikely, bounds=(np.log(0.1), np.log(10)), method="bounded").x))


def train(
    data: pd.DataFrame, path: str | Path, recipe: Recipe | None = None, said: Callable[[str], None] = lambda what: None
) -> dict:
    """Teach a model from labelled comments, with its held-out proof, and write it.

    data  as in `lesson`;  path  the model's file;  said  is told what is being done
    Returns what the file says of itself: name, recipe, taught (comments by domain), factor.  The same comments by the
    same recipe give the same weights.
    """
    recipe, path = recipe or Recipe(), Path(path)
    said("counting words")
    of = lesson(data)
    held = held_out(of, recipe, said)
    times = factor(held)
    said("teaching by all comments")
    model = teach(of, np.arange(len(of.positive)), recipe)
    domains, n = np.unique(of.domain.astype(str), return_counts=True)
    about = {
        "name": path.stem,
        sentiment_model.DENIAL: repr(sentiment_model.TURN),
        "recipe": json.dumps(recipe.told()),
        "taught": json.dumps(dict(zip(domains.tolist(), n.tolist(), strict=True))),
        "factor": repr(times),
        "evidence": sentiment_evidence.written(sentiment_evidence.from_held_out(held, times)),
    }
    table = model.features.frame.assign(weight=model.weights * times)
    sentiment_model.write(path, table, model.intercept * times, about)
    return about
