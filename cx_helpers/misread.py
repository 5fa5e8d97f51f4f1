"""What is the true share when the one who counts errs?  A share of calls, corrected by how often such calls are wrong.

A model that calls comments negative hits only some of those that people call negative, and takes some others for
negative, too.  Both rates are known from comments that people labelled, in several domains; a company is a domain that
is not among them, so what is not known of it is how these rates vary from domain to domain.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cx_helpers import certainty

LEAST = 0.2  # hit less false: a model that tells the classes apart less than this corrects nothing


@dataclass(frozen=True)
class Rates:
    """hit: share of the true ones that are called so; false: of the others.  For a domain not among those seen.

    spread  2 x 2: the variance of hit, of false, and their covariance;  df  degrees of freedom behind it
    """

    hit: float
    false: float
    spread: tuple[tuple[float, float], tuple[float, float]]
    df: float


def rates(errors: pd.DataFrame, label: str) -> Rates:
    """The rates of one label from a confusion by domain.

    errors  index domain: n_negative, n_positive, and LABEL_hit, LABEL_false (intake.sentiment_evidence.confusion)
    A domain weighs as the root of its comments, as in teaching.  The spread is that of the next domain: the variance
    between those seen, and that of their mean; with one domain only, the variance of its own shares.
    """
    errors = errors.dropna(subset=[f"{label}_hit", f"{label}_false"])
    n = errors[["n_negative", "n_positive"]].to_numpy(float)
    seen = errors[[f"{label}_hit", f"{label}_false"]].to_numpy(float)
    if not len(seen):
        return Rates(np.nan, np.nan, ((np.nan,) * 2,) * 2, np.nan)
    weight = np.sqrt(n.sum(1)) / np.sqrt(n.sum(1)).sum()
    hit, false = mean = weight @ seen
    alike = float(weight @ weight)  # 1 / as many domains of equal weight
    if len(seen) == 1:
        true, other = n[0] if label == "negative" else n[0][::-1]
        spread, df = np.diag([hit * (1 - hit) / true, false * (1 - false) / other]), np.inf
    else:
        off = seen - mean
        spread, df = (off * weight[:, None]).T @ off / (1 - alike) * (1 + alike), 1 / alike - 1
    return Rates(float(hit), float(false), tuple(map(tuple, spread.tolist())), df)


def corrected(answer: pd.DataFrame, name: str, of: Rates) -> pd.DataFrame:
    """The answer of a share with the share corrected for misreading (Rogan, Gladen, Am. J. Epidemiol. 107, 1978).

    answer  the share `name` of what is called so, with low, high, se (certainty.share)
    Returns the same with `called` (the share as counted), and `name` = (called - false) / (hit - false) within 0..1;
    low and high hold the draw of the comments and the unknown rates of this company (delta method; Student's t for the
    rates); se holds the draw only, since the rates are the same on both sides of a comparison.  Null where hit - false
    is under 0.2: such a model tells nothing.
    """
    apart = of.hit - of.false
    if not apart >= LEAST:
        return answer.assign(called=answer[name], **dict.fromkeys((name, "low", "high", "se"), np.nan))
    called = answer[name]
    share = ((called - of.false) / apart).clip(0, 1)
    (hits, both), (_, falses) = of.spread
    unknown = share**2 * hits + (1 - share) ** 2 * falses + 2 * share * (1 - share) * both
    t = certainty.Z95 if np.isinf(of.df) else certainty.t_quantile(max(of.df, 1.0))
    error = t**2 * unknown.clip(lower=0)
    low = share - np.sqrt((called - answer["low"]) ** 2 + error) / apart
    high = share + np.sqrt((answer["high"] - called) ** 2 + error) / apart
    found = {name: share, "low": low.clip(lower=0), "high": high.clip(upper=1), "se": answer["se"] / apart}
    return answer.assign(**found, called=called)
