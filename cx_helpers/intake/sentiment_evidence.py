"""How good is a sentiment model, and how is it wrong?  Its proof as a histogram, small enough to travel with it.

Of every comment that a model had not seen, three things matter: its domain, whether people called it negative or
positive, and the model's p(positive).  Counted in BINS bins of p, a domain is 120 numbers; accuracy, macro-F1,
calibration, the gain of not saying when unsure, and the confusion for any neutral band follow from them.  Drawing those
cells anew is drawing the comments anew (bootstrap), at no cost.
"""

from __future__ import annotations

import json
import warnings

import numpy as np
import pandas as pd
from scipy.special import expit

from cx_helpers import certainty
from cx_helpers.errors import Refusal

BINS = 60  # p in steps of 1/60: whole bins for the band .4 to .6, for sure below .2 and above .8, and for 15 parts
PARTS = 15  # into which the calibration error cuts p
DRAWS = 1_000
MEASURES = ("accuracy", "macro_f1", "ece", "ece_even", "sure_share", "sure_accuracy")
_BIASED = np.array([name.startswith("ece") for name in MEASURES])
_UPPER = np.arange(BINS) >= BINS // 2
_SURE = (np.arange(BINS) < BINS // 5) | (np.arange(BINS) >= BINS - BINS // 5)


class EvidenceError(Refusal):
    """A model brings no proof of how good it is."""


def histogram(p, positive, domain) -> pd.DataFrame:
    """Held-out comments counted: index domain and bin; `negative`, `positive` (labels), `p` (sum of p in the bin)."""
    frame = pd.DataFrame({"domain": np.asarray(domain), "p": np.asarray(p, float), "y": np.asarray(positive, float)})
    frame["bin"] = np.minimum((frame["p"] * BINS).astype(int), BINS - 1)
    found = frame.groupby(["domain", "bin"]).agg(n=("y", "size"), positive=("y", "sum"), p=("p", "sum"))
    every = pd.MultiIndex.from_product([sorted(set(frame["domain"])), range(BINS)], names=["domain", "bin"])
    found = found.reindex(every, fill_value=0.0)
    return found.assign(negative=found["n"] - found["positive"])[["negative", "positive", "p"]].astype(float)


def from_held_out(held: pd.DataFrame, factor: float) -> dict[str, pd.DataFrame]:
    """The histograms of `sentiment_training.held_out`, by way, with its log-odds made true by the factor."""
    return {
        way: histogram(expit(factor * part["log_odds"]), part["positive"], part["domain"])
        for way, part in held.groupby("way", sort=False)
    }


def written(evidence: dict[str, pd.DataFrame]) -> str:
    """Histograms as the JSON that a model's file keeps."""
    return json.dumps(
        {
            way: {
                domain: {column: np.round(part[column].to_numpy(), 3).tolist() for column in part.columns}
                for domain, part in frame.groupby(level="domain")
            }
            for way, frame in evidence.items()
        }
    )


def kept(model) -> dict[str, pd.DataFrame]:
    """The histograms that came with a model (sentiment_model.Model), by way: left_out, folds.

    left_out  each domain by a model taught from the other domains only: what a company's own comments are to it
    folds     each comment by a model taught from others, some of the same domain
    Raises EvidenceError where the file holds none.
    """
    if "evidence" not in model.about:
        raise EvidenceError(
            f"the model {model.name} brings no held-out figures: it was made before they were kept; teach it anew: "
            "cx sentiment train"
        )
    every = range(BINS)
    return {
        way: pd.concat(
            {domain: pd.DataFrame(columns, index=pd.Index(every, name="bin")) for domain, columns in domains.items()},
            names=["domain"],
        )
        for way, domains in json.loads(model.about["evidence"]).items()
    }


def measures(found: pd.DataFrame, draws: int = DRAWS, seed: int = 1) -> pd.DataFrame:
    """How good, in each domain and on average over domains?

    found  a `histogram`.  Returns index (domain, measure), the average as domain `mean`:
      n        comments
      value    accuracy; macro_f1 (mean of the F1 of both classes: a rare class weighs as much as a common one); ece
               (expected calibration error: how far p is from what happens, on average, p cut in 15); ece_even (the
               same with the domain's classes weighed equally: without the part that is due to one being rarer);
               sure_share (p below .2 or above .8) and sure_accuracy (among those); 0..1; null where nothing is there
      low, high  95 % bootstrap interval over comments: percentiles; for ece the wider of these and the basic ends,
                 since redrawing biases it upward
    Source: Guo et al., ICML 2017 (ece); Davison, Hinkley, Bootstrap Methods, 1997, ch. 5.
    """
    draw, seen, drawn, sizes = np.random.default_rng(seed), {}, {}, {}
    for domain, part in found.groupby(level="domain", sort=False):
        cells, mean_p = _cells(part)
        n = int(cells.sum())
        again = draw.multinomial(n, (cells / max(n, 1)).ravel(), draws).reshape(draws, 2, BINS) if n else cells[None]
        seen[domain], drawn[domain], sizes[domain] = _measured(cells[None], mean_p)[0], _measured(again, mean_p), n
    if len(seen) > 1:
        seen["mean"], drawn["mean"] = np.mean([*seen.values()], 0), np.mean([*drawn.values()], 0)
        sizes["mean"] = sum(sizes.values())
    rows = {}
    for domain, value in seen.items():
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "All-NaN")  # nothing there to be measured: null
            ends = np.nanpercentile(drawn[domain], [2.5, 97.5], axis=0)
        low, high = ends
        turned = np.clip(2 * value - ends[::-1], 0, 1)  # basic ends: redrawn, ece is larger than it is
        low, high = np.where(_BIASED, np.fmin(low, turned[0]), low), np.where(_BIASED, np.fmax(high, turned[1]), high)
        for place, name in enumerate(MEASURES):
            rows[domain, name] = (sizes[domain], value[place], low[place], high[place])
    index = pd.MultiIndex.from_tuples(rows, names=["domain", "measure"])
    return pd.DataFrame([*rows.values()], index=index, columns=["n", "value", "low", "high"])


def _cells(part: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Counts by label and bin, and the mean p of each bin."""
    cells = part[["negative", "positive"]].to_numpy().T
    middle = (np.arange(BINS) + 0.5) / BINS
    n = cells.sum(0)
    return cells, np.where(n > 0, part["p"].to_numpy() / np.maximum(n, 1), middle)


def _measured(cells: np.ndarray, mean_p: np.ndarray) -> np.ndarray:
    """MEASURES of draws x label x bin, one row a draw."""
    n = cells.sum((1, 2))
    right = cells[:, 0, ~_UPPER].sum(1), cells[:, 1, _UPPER].sum(1)
    said = cells[:, :, ~_UPPER].sum((1, 2)), cells[:, :, _UPPER].sum((1, 2))
    sure, sure_right = cells[:, :, _SURE].sum((1, 2)), cells[:, 0, _SURE & ~_UPPER].sum(1)
    sure_right = sure_right + cells[:, 1, _SURE & _UPPER].sum(1)
    with np.errstate(invalid="ignore", divide="ignore"):
        ece, even = (_gap(part, mean_p) for part in (cells / n[:, None, None], cells / cells.sum(2, keepdims=True) / 2))
        f1 = [2 * right[c] / (said[c] + cells[:, c].sum(1)) for c in (0, 1)]
        found = [sum(right) / n, np.mean(f1, 0), ece, even, sure / n, sure_right / sure]
    return np.stack(found, axis=1)


def _gap(shares: np.ndarray, mean_p: np.ndarray) -> np.ndarray:
    """Expected calibration error of draws x label x bin, shares that add up to 1 a draw."""
    off = shares[:, 1] - shares.sum(1) * mean_p
    return np.abs(off.reshape(len(off), PARTS, -1).sum(2)).sum(1)


def reliability(found: pd.DataFrame) -> pd.DataFrame:
    """When the model says p, how often is it so?

    Returns index (domain, part of p): n, `said` (mean p), `was` (share positive) with Wilson's low and high; parts
    without a comment are left out.
    """
    part = (found.index.get_level_values("bin") // (BINS // PARTS)).rename("part")
    found = found.groupby([found.index.get_level_values("domain"), part], sort=False).sum()
    n = found["negative"] + found["positive"]
    low, high = certainty.wilson(found["positive"], n)
    answer = pd.DataFrame({"n": n, "said": found["p"] / n, "was": found["positive"] / n, "low": low, "high": high})
    return answer[n > 0]


def coverage(found: pd.DataFrame) -> pd.DataFrame:
    """What does it bring not to say when unsure?

    Returns index (domain, sure), `sure` the least |sentiment| to say anything at all (0..0.9): n said, `covered` (their
    share), `accuracy` among them with Wilson's low and high; null where nothing is said.
    """
    rows = {}
    for domain, part in found.groupby(level="domain", sort=False):
        cells, _ = _cells(part)
        for step in range(10):  # bins whose |2p - 1| is at least step/10
            outside = BINS // 2 - step * BINS // 20
            said = (np.arange(BINS) < outside) | (np.arange(BINS) >= BINS - outside)
            n = cells[:, said].sum()
            right = cells[0, said & ~_UPPER].sum() + cells[1, said & _UPPER].sum()
            low, high = certainty.wilson(right, n)
            accuracy = right / n if n else np.nan
            rows[domain, step / 10] = (int(n), n / max(cells.sum(), 1), accuracy, float(low), float(high))
    index = pd.MultiIndex.from_tuples(rows, names=["domain", "sure"])
    return pd.DataFrame([*rows.values()], index=index, columns=["n", "covered", "accuracy", "low", "high"])


def doubted(found: pd.DataFrame, beyond: float = 0.9) -> pd.DataFrame:
    """How many labels does the model find next to impossible?  Where they are many, labels are wrong, not the model.

    beyond  p of the other class from which a label is doubted; cut to whole bins of 1/60
    Returns index (domain, label), the label as people gave it: n comments with it, `value`, the share of them that is
    doubted, with Wilson's low and high; null where none has it.
    """
    edge = round((1 - beyond) * BINS)
    rows = {}
    for domain, part in found.groupby(level="domain", sort=False):
        (negative, positive), _ = _cells(part)
        for label, n, k in (
            ("negative", negative.sum(), negative[BINS - edge :].sum()),
            ("positive", positive.sum(), positive[:edge].sum()),
        ):
            low, high = certainty.wilson(k, n)
            rows[domain, label] = (int(n), k / n if n else np.nan, float(low), float(high))
    index = pd.MultiIndex.from_tuples(rows, names=["domain", "label"])
    return pd.DataFrame([*rows.values()], index=index, columns=["n", "value", "low", "high"])


def confusion(found: pd.DataFrame, band: float = 0.2) -> pd.DataFrame:
    """How are comments called that people called negative, or positive?

    band  half width of the neutral band (intake.sentiment.score); cut to whole bins of 1/60
    Returns index domain: n_negative, n_positive (by people), and the shares of each that the model calls negative or
    positive: `negative_hit` (negative called negative), `negative_false` (positive called negative), `positive_hit`,
    `positive_false`; and the same of the mean of p, whatever the band (`negative_p_hit`: mean p(negative) of the
    negative ones, …); null where a class is absent.  What measures.sentiment corrects shares by (misread).
    """
    edge = BINS // 2 - round(band * BINS / 2)
    below, above = np.arange(BINS) < edge, np.arange(BINS) >= BINS - edge
    rows = {}
    for domain, part in found.groupby(level="domain", sort=False):
        cells, p = _cells(part)
        negative, positive = cells.sum(1)
        with np.errstate(invalid="ignore", divide="ignore"):
            bad, good = (np.array([cells[c, below].sum(), cells[c, above].sum()]) / cells[c].sum() for c in (0, 1))
            bad_p, good_p = cells @ p / cells.sum(1)
        called = bad[0], good[0], good[1], bad[1]
        rows[domain] = (int(negative), int(positive), *called, 1 - bad_p, 1 - good_p, good_p, bad_p)
    columns = "n_negative n_positive negative_hit negative_false positive_hit positive_false".split()
    columns += "negative_p_hit negative_p_false positive_p_hit positive_p_false".split()
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("domain")
