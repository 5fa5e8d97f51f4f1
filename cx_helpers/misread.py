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
    """How calls go wrong in a domain that is not among those seen.

    hit    share of the true ones that are called so;  false  of the others
    spread variances of hit and false, where one domain is all that is known
    error  how far off the corrected share was, at root mean square, in each domain corrected by the others' rates; null
           where there is one domain only;  df  the domains behind it
    """

    hit: float
    false: float
    spread: tuple[float, float] = (0.0, 0.0)
    error: float = np.nan
    df: float = np.inf


def rates(errors: pd.DataFrame, label: str) -> Rates:
    """The rates of one label from a confusion by domain.

    errors  index domain: n_negative, n_positive, and LABEL_hit, LABEL_false (intake.sentiment_evidence.confusion)
    A domain weighs as the root of its comments, as in teaching.
    """
    errors = errors.dropna(subset=[f"{label}_hit", f"{label}_false"])
    n = errors[["n_negative", "n_positive"]].to_numpy(float)
    n = n if label == "negative" else n[:, ::-1]
    seen, weight = errors[[f"{label}_hit", f"{label}_false"]].to_numpy(float), np.sqrt(n.sum(1))
    if not len(seen):
        return Rates(np.nan, np.nan)
    hit, false = (float(x) for x in weight @ seen / weight.sum())
    if len(seen) == 1:
        return Rates(hit, false, (hit * (1 - hit) / n[0, 0], false * (1 - false) / n[0, 1]))
    true = n[:, 0] / n.sum(1)
    called = (n * seen).sum(1) / n.sum(1)
    off = []
    for place in range(len(seen)):
        others = np.delete(weight, place) @ np.delete(seen, place, 0) / np.delete(weight, place).sum()
        off.append(_share(called[place], *others) - true[place])
    return Rates(hit, false, error=float(np.sqrt(np.mean(np.square(off)))), df=len(seen))


def _share(called, hit: float, false: float):
    """The share behind a share of calls; null where hit and false are too near to tell."""
    apart = hit - false
    return np.clip((called - false) / apart, 0, 1) if apart >= LEAST else called * np.nan


def corrected(answer: pd.DataFrame, name: str, of: Rates) -> pd.DataFrame:
    """The answer of a share with the share corrected for misreading (Rogan, Gladen, Am. J. Epidemiol. 107, 1978).

    answer  the share `name` of what is called so, with low, high, se (certainty.share)
    Returns the same with `called` (the share as counted), and `name` = (called - false) / (hit - false) within 0..1;
    low and high hold the draw of the comments, and how far off such a correction was in domains that it was not made
    from (Student's t); se holds the draw only, since a company is misread alike on both sides of a comparison.  Null
    where hit - false is under 0.2, in all or in the other domains of one: such a model tells nothing.
    """
    apart, called = of.hit - of.false, answer[name]
    share = _share(called, of.hit, of.false)
    if not apart >= LEAST or (np.isnan(of.error) and np.isfinite(of.df)):
        return answer.assign(called=called, **dict.fromkeys((name, "low", "high", "se"), np.nan))
    if np.isnan(of.error):
        unknown = (share**2 * of.spread[0] + (1 - share) ** 2 * of.spread[1]) * (certainty.Z95 / apart) ** 2
    else:
        unknown = (of.error * certainty.t_quantile(of.df)) ** 2
    low = share - np.sqrt(((called - answer["low"]) / apart) ** 2 + unknown)
    high = share + np.sqrt(((answer["high"] - called) / apart) ** 2 + unknown)
    found = {name: share, "low": low.clip(lower=0), "high": high.clip(upper=1), "se": answer["se"] / apart}
    return answer.assign(**found, called=called)
