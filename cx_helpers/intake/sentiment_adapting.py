"""What would a company's own labels bring?  The gain on comments that no fit had seen, before anything is changed.

Comments are dealt by customer: whoever is asked has taught nothing.  Both models, the shipped one and the one taught
anew by the other customers, read the same comments; the gain is the difference, its interval a paired bootstrap that
draws whole customers.  A second way lets the earlier customers teach and the later ones be asked, as it will be in use.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit

from cx_helpers.intake import sentiment_classes, sentiment_evidence, sentiment_gain, sentiment_misread, sentiment_model
from cx_helpers.intake.sentiment_features import Counts
from cx_helpers.intake.sentiment_own import OwnLabelsError
from cx_helpers.intake.sentiment_refit import Refit, matrix, refit

LEAST = 100  # labels of each class, of as many customers or more than a small group: fewer prove nothing
LEAST_NEUTRAL = 100  # labels, for a third class
FOLDS = 5
ONE_SPLIT = 30_000  # labels from which a single fifth is held out: it is large enough
MOST = 60_000  # labels, the latest: more would take minutes and gigabytes, and bring little
SIDE = {"negative": -1, "neutral": 0, "positive": 1}


@dataclass
class Adapted:
    """A model taught by a company's labels, and what it brings: not yet in use (sentiment_versions.accept)."""

    refit: Refit  # calibrated
    labels: pd.DataFrame  # counts: index of (rating, response, ticket), columns negative, neutral, positive
    customers: int
    gain: pd.DataFrame  # index (way, measure): n, customers, before, after, gain, low, high;  way: customers, later
    proof: pd.DataFrame  # sentiment_misread.counted of the held-out comments, by their origin
    unseen: float  # share of the company's comments from where none is labelled
    folds: pd.DataFrame  # sentiment_evidence.histogram of the same, negative and positive only
    half: float | None  # of the middle class; None: two classes, too few middling labels or not told from the others
    classes: pd.DataFrame  # sentiment_gain.f1 of each class, called by the likeliest

    @property
    def sure(self) -> bool:
        """Is it better beyond chance on customers held out, by either measure, and not surely worse on later ones?

        Either measure: macro-F1 alone rises by chance where the model before calls nearly all comments the same.
        """
        main = self.gain.loc["customers"]
        later = self.gain.loc[("later", "macro_f1")] if ("later", "macro_f1") in self.gain.index else None
        return bool((main["low"] > 0).all()) and (later is None or not later["high"] < 0)


@dataclass
class _Given:
    """Labelled comments, counted once, and the weights that all fits start from."""

    counts: Counts
    side: np.ndarray  # -1, 0, 1
    customer: np.ndarray
    prior: pd.DataFrame
    start: float
    fewest: int

    def taught(self, rows: np.ndarray) -> Refit:
        y = (self.side + 1) / 2  # a middling label pulls to the middle
        return refit(self.prior, self.start, self.counts, rows, y, self.customer, self.fewest)

    def before(self, rows: np.ndarray) -> np.ndarray:
        """Log-odds of the weights as they were."""
        return matrix(self.counts, self.prior, rows) @ self.prior["weight"].to_numpy() + self.start


def adapt(
    labels: pd.DataFrame, fewest: int, prior: tuple[pd.DataFrame, float] | None = None,
    said: Callable[[str], None] = lambda what: None,
) -> Adapted:  # fmt: skip
    """Teach the shipped model a company's own labels, and measure what that brings on comments held out.

    labels  sentiment_own.labels, the oldest first;  fewest  customers that a word must come from
    prior   the model's table and intercept to start from; None: the shipped one;  said  is told what is being done
    Raises OwnLabelsError where there are too few labels, saying how many are needed.
    """
    unseen, labels = float(labels.attrs.get("unseen", 0.0)), labels.tail(MOST).reset_index(drop=True)
    fewest = max(fewest, FOLDS)  # however small groups may be that a company shows: nobody's own word is kept
    _enough(labels, fewest)
    said(f"counting the words of {len(labels):,} comments")
    table, start = prior or sentiment_model.table()
    side = labels["label"].map(SIDE).to_numpy()
    if (side == 0).sum() < LEAST_NEUTRAL:
        labels, side = labels[side != 0].reset_index(drop=True), side[side != 0]
    given = _Given(Counts(labels["text"].tolist()), side, labels["customer"].to_numpy(), table, start, fewest)
    held = _held_out(given, said)
    gain = {"customers": _gained(held, given)}
    if len(later := _later(given, labels, said)):
        gain["later"] = _gained(later, given)
    said("teaching by all of them")
    return _made(given, labels, held, pd.concat(gain, names=["way"]), unseen)


def _enough(labels: pd.DataFrame, fewest: int) -> None:
    found = labels["label"].value_counts()
    people = labels.groupby("label")["customer"].nunique()
    for name in ("negative", "positive"):
        if found.get(name, 0) < LEAST or people.get(name, 0) < fewest:
            who = f"{people.get(name, 0):,} customer{'' if people.get(name) == 1 else 's'}"
            raise OwnLabelsError(
                f"too few labels to learn from: {found.get(name, 0):,} {name} ones by {who}; at least {LEAST:,} "
                f"negative and as many positive ones, by {fewest:,} customers each, are needed; until then the shipped "
                "model reads"
            )


def _held_out(given: _Given, said: Callable) -> pd.DataFrame:
    """Each comment read by a fit of other customers: columns row, before, after (log-odds)."""
    fold = np.random.default_rng(0).integers(0, FOLDS, given.customer.max() + 1)[given.customer]
    rows, parts = np.arange(len(fold)), []
    for k in range(1 if len(fold) > ONE_SPLIT else FOLDS):
        said(f"held out: part {k + 1}")
        asked = rows[fold == k]
        after = given.taught(rows[fold != k]).log_odds(given.counts, asked)
        parts.append(pd.DataFrame({"row": asked, "before": given.before(asked), "after": after}))
    return pd.concat(parts, ignore_index=True)


def _later(given: _Given, labels: pd.DataFrame, said: Callable) -> pd.DataFrame:
    """The last quarter, by customers who wrote nothing before it, read by a fit of what came earlier."""
    rows = np.arange(len(labels))
    if labels["written_at"].isna().any():
        return pd.DataFrame()
    earlier = rows < len(labels) * 3 // 4
    asked = rows[~earlier & ~np.isin(given.customer, given.customer[earlier])]
    sides = [given.side[earlier], given.side[asked]]
    if any((side == s).sum() < LEAST // 2 for side in sides for s in (-1, 1)):
        return pd.DataFrame()
    said("held out: later customers")
    after = given.taught(rows[earlier]).log_odds(given.counts, asked)
    return pd.DataFrame({"row": asked, "before": given.before(asked), "after": after})


def _gained(held: pd.DataFrame, given: _Given) -> pd.DataFrame:
    held = held[given.side[held["row"]] != 0]
    rows = held["row"].to_numpy()
    said = [np.sign(held[name].to_numpy()).astype(int) for name in ("before", "after")]
    return sentiment_gain.gain(given.side[rows], *said, given.customer[rows])


def _made(given: _Given, labels: pd.DataFrame, held: pd.DataFrame, gain: pd.DataFrame, unseen: float) -> Adapted:
    side = given.side[held["row"]]
    who, odds = given.customer[held["row"]], held["after"].to_numpy()
    factor, shift, half = sentiment_classes.calibrated(odds, side)
    classes = sentiment_gain.f1(side, sentiment_classes.likeliest(factor * odds + shift, half), who)
    if half is not None and classes.loc["neutral", "low"] <= (side == 0).mean():
        factor, shift, half = sentiment_classes.calibrated(odds[side != 0], side[side != 0])
    logit = factor * odds + shift
    negative, _, positive = sentiment_classes.chances(logit, half)
    proof = sentiment_misread.counted(positive - negative, side, labels["origin"].to_numpy()[held["row"]], who)
    taught = given.taught(np.arange(len(given.side)))
    table = taught.table.assign(weight=taught.table["weight"] * factor)
    sides = side != 0
    return Adapted(
        refit=Refit(table, taught.intercept * factor + shift, taught.moved, taught.new),
        labels=pd.crosstab(labels["of"], labels["label"]),
        customers=int(labels["customer"].nunique()),
        gain=gain,
        proof=proof,
        unseen=unseen,
        folds=sentiment_evidence.histogram(expit(logit[sides]), side[sides] > 0, np.full(sides.sum(), "own")),
        half=half,
        classes=classes,
    )
