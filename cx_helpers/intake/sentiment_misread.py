"""How does a model misread one company's comments?  Its held-out labels against what the model called them.

The shipped model's proof tells how it errs in domains it never saw, and how far these differ (sentiment_evidence).
Labels of one's own tell it of this company: what is left to chance is their number, and comments from elsewhere in it.
"""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

from cx_helpers import misread
from cx_helpers.intake.sentiment_evidence import BINS

SIDES = {"negative": -1, "neutral": 0, "positive": 1}


def counted(sentiment: np.ndarray, side: np.ndarray, of: np.ndarray, customer: np.ndarray) -> pd.DataFrame:
    """Held-out comments counted: index `of` (where they come from) and `bin` of sentiment (-1..1 in BINS parts).

    side  -1, 0, 1: the label.  Returns columns negative, neutral, positive, in effective comments: several of one
    customer count for as much as their errors being alike leaves of them.
    """
    place = np.minimum(((sentiment + 1) / 2 * BINS).astype(int), BINS - 1)
    counts = pd.crosstab([pd.Series(of, name="of"), pd.Series(place, name="bin")], pd.Series(side, name="side"))
    every = pd.MultiIndex.from_product([sorted(set(of)), range(BINS)], names=["of", "bin"])
    counts = counts.reindex(index=every, columns=[*SIDES.values()], fill_value=0).set_axis([*SIDES], axis=1)
    return counts / _design_effect(np.sign(sentiment) * side < 0, customer)


def _design_effect(wrong: np.ndarray, customer: np.ndarray) -> float:
    """Variance of the share of wrong ones with customers as clusters, over that without; 1 at the least."""
    off = wrong - wrong.mean()
    total = pd.Series(off).groupby(customer).sum()
    alone = float(off @ off)
    return max(float(total @ total) / alone, 1.0) if alone else 1.0


def confusion(proof: pd.DataFrame, unseen: float, elsewhere: pd.DataFrame, band: float = 0.2) -> pd.DataFrame:
    """How are the company's comments called, by what their writers said with their numbers?

    unseen     share of the company's comments that come from where none is labelled
    elsewhere  sentiment_evidence.confusion of the shipped model: how far off a domain of others may be
    Returns index domain (of `proof`): as sentiment_evidence.confusion, and n_not_negative, n_not_positive; `_false` is
    the share called so of all the others, middling ones among them, as this company has them; unseen, and what
    misread.rates needs where there is one domain only (negative_elsewhere, negative_df, …).
    """
    edge = BINS // 2 - round(band * BINS / 2)
    rows = {}
    for of, cells in proof.groupby(level="of"):
        cells, row = cells.droplevel("of"), {"unseen": unseen}
        for label, called in (("negative", cells.index < edge), ("positive", cells.index >= BINS - edge)):
            own, others = cells[label], cells.drop(columns=label).sum(axis=1)
            row |= {f"n_{label}": own.sum(), f"n_not_{label}": others.sum()}
            row |= {f"{label}_hit": _part(own, called), f"{label}_false": _part(others, called)}
            stranger = misread.rates(elsewhere, label)
            row |= {f"{label}_elsewhere": stranger.error, f"{label}_df": stranger.df}
        rows[of] = row
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("domain")


def _part(of: pd.Series, called: np.ndarray) -> float:
    return of[called].sum() / of.sum() if of.sum() else np.nan


def written(proof: pd.DataFrame) -> str:
    """The counts as the JSON that a model's file keeps."""
    return json.dumps(
        {of: {side: part[side].round(3).tolist() for side in SIDES} for of, part in proof.groupby(level="of")}
    )


def kept(about: dict[str, str]) -> pd.DataFrame | None:
    """The counts that a model's file keeps; None where it was not taught by a company's own labels."""
    if "own" not in about:
        return None
    every = pd.RangeIndex(BINS, name="bin")
    return pd.concat(
        {of: pd.DataFrame(sides, index=every) for of, sides in json.loads(about["own"]).items()}, names=["of"]
    )
