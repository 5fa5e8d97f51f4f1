"""What is the true share when the one who counts errs?  A share of calls, corrected by how often such calls are wrong.

A model that calls comments negative hits only some of those that people call negative, and takes some others for
negative, too.  Both rates are known from comments that people labelled, in several domains; a company is a domain that
is not among them, so what is not known of it is how these rates vary from domain to domain.

The mean of p(negative) may be counted instead of calls: what it is among those that people call negative, and among the
others, varies less from domain to domain than calls do, since a comment that just crosses a line moves it by little.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cx_helpers import certainty

DRIFT_DF = 4  # quarters of the time that a company's own labels come from
LEAST = 0.2  # hit less false: a model that tells the classes apart less than this corrects nothing


@dataclass(frozen=True)
class Rates:
    """How calls go wrong: in a domain that is not among those seen, or in a company that labelled some of its own.

    hit    share of the true ones that are called so;  false  of the others
    spread variances of hit and false by the number of labels, where they are the company's own or one domain's
    error  how far off the corrected share was, at root mean square, in each domain corrected by the others' rates; null
           where there is one domain only;  df  the domains behind it
    drift  how far off it is in one time, corrected by the rates of a longer one (root mean square), by DRIFT_DF
    unseen share of what is counted that lies outside the domains seen: all of it, but for a company's own labels
    """

    hit: float
    false: float
    spread: tuple[float, float] = (0.0, 0.0)
    error: float = np.nan
    df: float = np.inf
    unseen: float = 1.0
    drift: float = 0.0


def by_probability(errors: pd.DataFrame, label: str) -> bool:
    """Does a confusion tell the mean of p by label, so that the mean of p can be corrected?"""
    return f"{label}_p_hit" in errors


def rates(errors: pd.DataFrame, label: str) -> Rates:
    """The rates of one label from a confusion by domain.

    errors  index domain: n_negative, n_positive, and LABEL_hit, LABEL_false (intake.sentiment_evidence.confusion);
            with n_not_LABEL where others than the opposite are in LABEL_false (intake.sentiment_misread.confusion);
            LABEL_p_hit, LABEL_p_false, the mean of p(LABEL) of each, take their place where they are there
    A domain weighs as the root of its comments, as in teaching.  With `unseen`, the domains are a company's own sources
    of comments (reviews, tickets), which weigh as they are: the rates are its own, and only the share `unseen` of its
    comments, which come from elsewhere, is as far off as such a source is from the others (one source alone: as
    LABEL_elsewhere says, by LABEL_df).  LABEL_drift, LABEL_hit_var and LABEL_false_var: as in intake.sentiment_stars.
    """
    of = f"{label}_p" if by_probability(errors, label) else label
    errors = errors.dropna(subset=[f"{of}_hit", f"{of}_false"])
    other = f"n_not_{label}" if f"n_not_{label}" in errors else f"n_{'positive' if label == 'negative' else 'negative'}"
    n = errors[[f"n_{label}", other]].to_numpy(float)
    seen, weight = errors[[f"{of}_hit", f"{of}_false"]].to_numpy(float), np.sqrt(n.sum(1))
    if not len(seen):
        return Rates(np.nan, np.nan)
    hit, false = (float(x) for x in weight @ seen / weight.sum())
    if len(seen) == 1 and "unseen" not in errors:
        return Rates(hit, false, (hit * (1 - hit) / n[0, 0], false * (1 - false) / n[0, 1]))
    if "unseen" in errors:
        return _own(errors, label, n, seen)
    return Rates(hit, false, error=_off(n, seen, weight), df=len(seen))


def _own(errors: pd.DataFrame, label: str, n: np.ndarray, seen: np.ndarray) -> Rates:
    total = n.sum(0)
    hit, false = (n * seen).sum(0) / total
    spread = tuple(x * (1 - x) / m for x, m in zip((hit, false), total, strict=True))
    drift = 0.0
    if f"{label}_drift" in errors:  # told apart from chance, as are the variances of the means
        part = n / total
        spread = tuple((part**2 * errors[[f"{label}_hit_var", f"{label}_false_var"]].to_numpy(float)).sum(0))
        drift = float(np.sqrt(part.mean(1) @ errors[f"{label}_drift"].to_numpy(float) ** 2))
    if len(seen) > 1:
        known = {"error": _off(n, seen, n.sum(1)), "df": len(seen)}
    else:
        known = {"error": float(errors[f"{label}_elsewhere"].iloc[0]), "df": float(errors[f"{label}_df"].iloc[0])}
    return Rates(float(hit), float(false), spread, **known, unseen=float(errors["unseen"].iloc[0]), drift=drift)


def _off(n: np.ndarray, seen: np.ndarray, weight: np.ndarray) -> float:
    """How far off, at root mean square, is the share of each domain corrected by the rates of the others?"""
    true = n[:, 0] / n.sum(1)
    called = (n * seen).sum(1) / n.sum(1)
    off = []
    for place in range(len(seen)):
        others = np.delete(weight, place) @ np.delete(seen, place, 0) / np.delete(weight, place).sum()
        off.append(_share(called[place], *others) - true[place])
    return float(np.sqrt(np.mean(np.square(off))))


def _share(called, hit: float, false: float):
    """The share behind a share of calls, 0..1; null where hit and false are too near to tell."""
    return np.clip(_behind(called, hit, false), 0, 1)


def _behind(called, hit: float, false: float):
    """The same, also outside 0..1, where chance or strange rates put it."""
    apart = hit - false
    return (called - false) / apart if apart >= LEAST else called * np.nan


def corrected(answer: pd.DataFrame, name: str, of: Rates) -> pd.DataFrame:
    """The answer of a share with the share corrected for misreading (Rogan, Gladen, Am. J. Epidemiol. 107, 1978).

    answer  the share `name` of what is called so, or the mean of p, with low, high, se (certainty.share, average)
    Returns the same with `called` (the share as counted), and `name` = (called - false) / (hit - false);
    low and high hold the draw of the comments, and how far off such a correction was in domains that it was not made
    from (Student's t).  Where they leave 0..1, the share is the mean of a normal of that width cut at 0 and 1: nobody
    shall read "none" where few are likely.  se holds the draw only, since a company is misread alike on both sides of
    a comparison.  Null where hit - false is under 0.2, in all or in the other domains of one: such a model tells
    nothing.
    Source for the mean of p: Bella, Ferri, Hernandez-Orallo, Ramirez-Quintana, ICDM 2010.
    """
    apart, called = of.hit - of.false, answer[name]
    share = _behind(called, of.hit, of.false)
    if not apart >= LEAST or (np.isnan(of.error) and np.isfinite(of.df) and of.unseen > 0):
        return answer.assign(called=called, **dict.fromkeys((name, "low", "high", "se"), np.nan))
    inside = share.clip(0, 1)
    # variances of what is not known, and how many standard errors make 95 % of each
    rates = (inside**2 * of.spread[0] + (1 - inside) ** 2 * of.spread[1]) / apart**2
    strange, drift = np.nan_to_num(of.unseen * of.error) ** 2, of.drift**2
    times = certainty.Z95, certainty.t_quantile(of.df), certainty.t_quantile(DRIFT_DF)
    unknown = rates * times[0] ** 2 + strange * times[1] ** 2 + drift * times[2] ** 2
    low = share - np.sqrt(((called - answer["low"]) / apart) ** 2 + unknown)
    high = share + np.sqrt(((answer["high"] - called) / apart) ** 2 + unknown)
    draw = (answer["high"] - answer["low"]) / 2 / certainty.Z95 / apart
    sd = np.sqrt(draw**2 + rates + strange + drift)
    ends = [_cut(*row) for row in zip(share, low, high, sd, strict=True)]
    found = dict(zip((name, "low", "high"), np.array(ends, float).reshape(-1, 3).T, strict=True))
    return answer.assign(**found, se=answer["se"] / apart, called=called)


def widened(answer: pd.DataFrame, name: str, seen: pd.DataFrame) -> pd.DataFrame:
    """The answer of a share that is told as it was read, its interval holding how far off such readings were.

    answer  a share with low, high, se;  seen  index domain: unhappy (share by people), read (share as read): what both
            said of the same comments; how far apart they are, at root mean square, is the error (Student's t), chance
            among the labels included.  `se` stays that of the draw.
    """
    error = float(np.sqrt(np.mean((seen["read"] - seen["unhappy"]) ** 2))) * certainty.t_quantile(len(seen))
    low = answer[name] - np.hypot(answer[name] - answer["low"], error)
    high = answer[name] + np.hypot(answer["high"] - answer[name], error)
    return answer.assign(low=low.clip(lower=0), high=high.clip(upper=1))


def _cut(value: float, low: float, high: float, sd: float) -> tuple[float, float, float]:
    """A value with its interval kept in 0..1; where that cuts it, the mean of what is left of such a normal."""
    if not (low < 0 or high > 1):
        return value, low, high
    inside = min(max(value, 0), 1)
    if not sd > 0:
        return inside, inside, inside
    x = np.linspace(max(0, inside - 6 * sd), min(1, inside + 6 * sd), 4001)
    density = np.exp(((inside - value) ** 2 - (x - value) ** 2) / (2 * sd**2))
    sums = density.cumsum() / density.sum()
    ends = np.interp([0.05, 0.95], sums, x)
    return float(density @ x / density.sum()), min(max(low, 0), ends[0]), max(min(high, 1), ends[1])
