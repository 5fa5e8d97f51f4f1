"""How long until it happens, when for some it has not happened yet?  The Kaplan-Meier curve of folded durations, and
whether the curves of groups differ."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from cx_helpers.certainty import Z95


def kaplan_meier(durations, events, weights=None, entries=None) -> pd.DataFrame:
    """The share to whom it has not happened yet, after each duration; who is only watched counts as long as seen.

    durations  how long each was watched, 0 or more;  events  did it happen at the end of that (True), or did watching
               end (False)?  weights  how many are alike (rows collapsed to counts);  entries  the age at which watching
               began (left truncation): who came in later is not at risk before
    Returns one row a duration at which it happened, ascending: `at_risk` just before, `events`, `survival` with low and
    high (95 %, log-log: never outside 0..1; null before anything happened or after the last).  Rows with a null or
    negative duration, or watched for no time after their entry, are left out.
    Source: Kaplan, Meier, JASA 53, 1958; variance: Greenwood 1926; interval: Kalbfleisch, Prentice, 2nd ed. 2002, 1.4.
    """
    frame = pd.DataFrame({"t": np.asarray(durations, float), "d": np.asarray(events, bool)})
    frame["w"] = 1.0 if weights is None else np.asarray(weights, float)
    frame["from"] = -np.inf if entries is None else np.asarray(entries, float)
    frame = frame[(frame["t"] >= 0) & (frame["t"] > frame["from"]) & (frame["w"] > 0)]
    times = np.sort(frame.loc[frame["d"], "t"].unique())
    left = _running(frame["t"], frame["w"], times, "left")  # whose watching ended before
    came = _running(frame["from"], frame["w"], times, "left") if entries is not None else frame["w"].sum()
    happened = frame[frame["d"]].groupby("t")["w"].sum().reindex(times, fill_value=0.0).to_numpy()
    at_risk = came - left
    with np.errstate(divide="ignore", invalid="ignore"):
        survival = np.cumprod(1 - happened / at_risk)
        greenwood = np.cumsum(happened / (at_risk * (at_risk - happened)))
        spread = np.sqrt(greenwood) / np.abs(np.log(survival))
        low, high = survival ** np.exp(Z95 * spread), survival ** np.exp(-Z95 * spread)
    sure = (survival > 0) & (survival < 1)
    out = {"at_risk": at_risk, "events": happened, "survival": survival}
    out |= {"low": np.where(sure, low, np.nan), "high": np.where(sure, high, np.nan)}
    return pd.DataFrame(out, index=pd.Index(times, name="duration"), dtype=float)


def _running(values: pd.Series, weights: pd.Series, at: np.ndarray, side: str) -> np.ndarray:
    """The weight of all values below each of `at`."""
    order = np.argsort(values.to_numpy(), kind="stable")
    total = np.concatenate([[0.0], np.cumsum(weights.to_numpy()[order])])
    return total[np.searchsorted(values.to_numpy()[order], at, side=side)]


def at(curve: pd.DataFrame, durations) -> pd.DataFrame:
    """The curve of `kaplan_meier` at any durations: at_risk, survival (1 before the first event), low, high."""
    durations = np.asarray(durations, float)
    place = np.searchsorted(curve.index.to_numpy(), durations, side="right") - 1
    start = pd.DataFrame({"at_risk": [np.nan], "survival": [1.0], "low": [np.nan], "high": [np.nan]})
    rows = pd.concat([start, curve[["at_risk", "survival", "low", "high"]]], ignore_index=True)
    return rows.iloc[place + 1].set_axis(pd.Index(durations, name="duration"), axis=0)


def quantile(curve: pd.DataFrame, share: float = 0.5) -> float:
    """The duration by which it has happened to this share; NaN where that many are not reached (never infinity)."""
    reached = curve.index[curve["survival"].to_numpy() <= 1 - share + 1e-12]
    return float(reached[0]) if len(reached) else float("nan")


def logrank(groups, durations, events, weights=None, entries=None) -> tuple[float, float]:
    """Do the curves of groups differ?  (chi-square, p value); nulls where there are not two groups or nothing happened.

    groups  the group of each row; the rest as in `kaplan_meier`.  Degrees of freedom: groups at risk less one.
    Source: Mantel, Cancer Chemotherapy Reports 50, 1966; Peto, Peto, JRSS A 135, 1972.
    """
    frame = pd.DataFrame({"g": pd.factorize(np.asarray(groups, object), use_na_sentinel=False)[0]})
    frame["t"], frame["d"] = np.asarray(durations, float), np.asarray(events, bool)
    frame["w"] = 1.0 if weights is None else np.asarray(weights, float)
    frame["from"] = -np.inf if entries is None else np.asarray(entries, float)
    frame = frame[(frame["t"] >= 0) & (frame["t"] > frame["from"]) & (frame["w"] > 0)]
    times = np.sort(frame.loc[frame["d"], "t"].unique())
    risk, ended = [], []
    for _, part in frame.groupby("g"):
        came = _running(part["from"], part["w"], times, "left")
        risk.append(came - _running(part["t"], part["w"], times, "left"))
        own = part[part["d"]].groupby("t")["w"].sum()
        ended.append(own.reindex(times, fill_value=0.0).to_numpy())
    if len(risk) < 2 or not len(times):
        return float("nan"), float("nan")
    risk, ended = np.array(risk), np.array(ended)
    n, d = risk.sum(axis=0), ended.sum(axis=0)
    apart = (ended - risk * d / n).sum(axis=1)
    share = risk / n
    spread = np.where(n > 1, d * (n - d) / np.maximum(n - 1, 1), 0)
    cov = np.diag(share @ spread) - (share * spread) @ share.T
    freedom = np.linalg.matrix_rank(cov, hermitian=True)
    if not freedom:
        return float("nan"), float("nan")
    chi = float(apart @ np.linalg.pinv(cov, hermitian=True) @ apart)
    return chi, float(chdtrc(freedom, chi))
