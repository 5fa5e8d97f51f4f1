"""What goes with leaving, all else equal, and which share of leaving goes with bad experience?

An association, never a cause.  Customers of all past snapshots (`snapshots.panel`), with what they lived through before
and whether they left after; those who had it are held against others who had bought as lately, as often and as much,
had been customers for as long, and had been in touch as much.  Silence is a sign of leaving and no experience: it is
shown, and no part of the share.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cx_helpers import certainty, disclosure, ordinal, regression, threads

# what a customer lived through: column of the panel, and from where on it counts
EXPERIENCES = {
    "unsolved_requests": ("unsolved_requests", 1),
    "slow_reply": ("reply_hours", None),
    "bad_moments": ("bad_moments", 1),
    "negative_comments": ("negative_comments", 1),
}
LOW_SCORE, SILENCE = "low_score", "silence"
PLAN = "plan="  # how a panel's columns of plans begin (snapshots.PLAN)
SLOW = 0.75  # replies slower than three quarters of all are slow
ALIKE = (
    "recency_days orders_recent orders_before orders spend_recent spend_before tenure_days visits_recent "
    "requests_recent contract_days contracts monthly_fee ended_before"
).split()  # and the plans of contracts
BENT = ("recency_days", "contract_days", "tenure_days")  # whose square is held equal, too: leaving bends along them


def lived(rows: pd.DataFrame) -> pd.DataFrame:
    """What each customer of a panel lived through before its snapshot: a column of True and False for each experience
    that the tables tell of, and `silence` (longer without a touchpoint than three quarters of all)."""
    found = {}
    for name, (column, least) in EXPERIENCES.items():
        if column in rows:
            least = rows[column].quantile(SLOW) if least is None else least
            found[name] = (rows[column] > least) if name == "slow_reply" else (rows[column] >= least)
    if "last_score" in rows:
        found[LOW_SCORE] = rows["last_score"] <= 0.5
    if "silence_days" in rows:
        found[SILENCE] = rows["silence_days"] > rows["silence_days"].quantile(SLOW)
    return pd.DataFrame(found, index=rows.index).astype(bool)


def effects(rows: pd.DataFrame, smallest: int = 30) -> pd.DataFrame:
    """How many more of those who lived through it leave, than of others who are otherwise alike?

    rows  past rows of `snapshots.panel`
    Returns, index `experience`: n (times it was lived through), customers (who did), `left` (share of them who left),
    `expected` (had they left as others like them), `change` (left less expected, 0..1) with low and high (95 %, errors
    clustered by customer, delta method), p_value, p_adjusted (Holm, over all of them), sign (is it a sign rather than
    an experience?).  Nulls where fewer than `smallest` customers had it, or had it not, or where no finite answer is.
    Source: logit with standardisation (Lane, Nelder, Biometrics 38, 1982).
    """
    seen, out = lived(rows), {}
    for name in seen:
        who = rows["who"][seen[name]].nunique()
        out[name] = {"n": int(seen[name].sum()), "customers": int(who), "sign": name == SILENCE}
    told = [name for name in seen if _enough(rows, seen[name], smallest)]
    real = [name for name in told if name != SILENCE]
    for names, asked in ((real, real), (told, [SILENCE] if SILENCE in told else [])):
        fit = _Fit.of(rows, seen[names]) if asked else None
        for name in asked:
            out[name] |= fit.effect(name, rows, seen[name])
    columns = ["n", "customers", "left", "expected", "change", "low", "high", "p_value", "sign"]
    found = pd.DataFrame.from_dict(out, orient="index", columns=columns).rename_axis("experience")
    found["p_adjusted"] = certainty.adjust(found["p_value"], "holm")
    return found.sort_values("p_value", kind="stable")


def share(rows: pd.DataFrame, smallest: int = 30) -> pd.DataFrame:
    """Which share of all leaving goes with bad experience?  The attributable fraction, one row `all`.

    rows  past rows of `snapshots.panel`
    Returns n (rows), customers, left (who left), touched (share of those who left that had any bad experience),
    `share` with low and high (95 %): how much less leaving there would be, had those with a bad experience left as
    others who are otherwise alike; null where there is none to look at.  Below 0 where they left less.
    An association: what else they differ in is in it.  Source: Greenland, Drescher, Biometrics 49, 1993.
    """
    seen = lived(rows).drop(columns=SILENCE, errors="ignore")
    told = [name for name in seen if _enough(rows, seen[name], smallest)]
    gone = rows["y"] == 1
    out = {"n": len(rows), "customers": rows["who"].nunique(), "left": int(gone.sum()), "touched": np.nan}
    out |= {"share": np.nan, "low": np.nan, "high": np.nan}
    if told and gone.any():
        out["touched"] = float(seen.loc[gone, told].any(axis=1).mean())
        out |= _Fit.of(rows, seen[told]).fraction(rows)
    return pd.DataFrame(out, index=[certainty.ALL])


def _enough(rows: pd.DataFrame, seen: pd.Series, smallest: int) -> bool:
    sides = [rows["who"][side].nunique() for side in (seen, ~seen)]
    return min(sides) >= max(30, disclosure.least(smallest)) and rows["y"][seen].nunique() == 2


class _Fit:
    """The logit of leaving on experiences (first) and on what is held equal."""

    def __init__(self, design: np.ndarray, names: list[str], fit: regression.Fit):
        self.names, self.fit = names, fit
        self.z = np.column_stack([np.ones(len(design)), design])
        self.beta = np.concatenate([-fit.cuts, fit.coef])
        turn = np.diag([-1.0] + [1.0] * len(fit.coef))  # the intercept is minus the cut
        self.cov = turn @ fit.joint @ turn

    @classmethod
    def of(cls, rows: pd.DataFrame, seen: pd.DataFrame) -> _Fit:
        """Fitted to the rows, errors clustered by customer."""
        parts = {name: seen[name].to_numpy(float) for name in seen}
        for name in (*ALIKE, *(c for c in rows if c.startswith(PLAN))):
            if name in rows and rows[name].nunique() > 1:
                x = np.log1p(rows[name].fillna(rows[name].median()).clip(lower=0)).to_numpy()
                parts[f"_{name}"] = x
                if name in BENT:
                    parts[f"_{name}2"] = (x - x.mean()) ** 2
        if "last_score" in rows:
            parts["_answered"] = rows["last_score"].notna().to_numpy(float)
        for at in sorted(rows["when"].unique())[1:]:
            parts[f"_{at}"] = (rows["when"] == at).to_numpy(float)
        names = list(parts)
        x = np.column_stack([parts[name] for name in names])
        keep = _apart(x)
        names, x = [names[i] for i in keep], x[:, keep]
        with threads.one():
            fit = ordinal.proportional_odds(x, rows["y"], cluster=pd.factorize(rows["who"])[0])
        return cls(x, names, fit)

    def _without(self, names: list[str]) -> np.ndarray:
        z = self.z.copy()
        z[:, [1 + self.names.index(name) for name in names]] = 0
        return z

    def _mean(self, z: np.ndarray, where: np.ndarray) -> tuple[float, np.ndarray]:
        """The mean chance over some rows, and its slope by the parameters."""
        p = 1 / (1 + np.exp(-z[where] @ self.beta))
        return float(p.mean()), (z[where] * (p * (1 - p))[:, None]).mean(axis=0)

    def effect(self, name: str, rows: pd.DataFrame, seen: pd.Series) -> dict:
        """Among those who lived through it: how many left, how many others alike would have, and the difference."""
        left = float(rows["y"][seen].mean())
        if not self.fit.converged or name not in self.names:
            return {"left": left}
        where = seen.to_numpy()
        one, slope = self._mean(self.z, where)
        other, back = self._mean(self._without([name]), where)
        change, slope = one - other, slope - back
        half = certainty.Z95 * float(np.sqrt(max(slope @ self.cov @ slope, 0)))
        place = 1 + self.names.index(name)
        p = float(certainty.two_sided(self.beta[place] / np.sqrt(self.cov[place, place])))
        found = {"left": left, "expected": left - change, "change": change}
        return found | {"low": change - half, "high": change + half, "p_value": p}

    def fraction(self, rows: pd.DataFrame) -> dict:
        """The share of leaving that would not be without the experiences; interval on the scale of log(1 - share)."""
        names = [name for name in self.names if not name.startswith("_")]
        if not self.fit.converged or not names:
            return {}
        everybody = np.ones(len(rows), bool)
        one, slope = self._mean(self.z, everybody)
        other, back = self._mean(self._without(names), everybody)
        kept, turn = other / one, back / other - slope / one
        half = certainty.Z95 * float(np.sqrt(max(turn @ self.cov @ turn, 0)))
        return {"share": 1 - kept, "low": 1 - kept * np.exp(half), "high": 1 - kept * np.exp(-half)}


def _apart(x: np.ndarray) -> list[int]:
    """The columns that are not given by those before them: the others would have no slope of their own."""
    z = np.column_stack([np.ones(len(x)), x])
    z = z / np.maximum(np.sqrt((z**2).mean(axis=0)), 1e-300)
    kept, basis = [], np.empty((len(z), 0))
    for place, column in enumerate(z.T):
        rest = column - basis @ (basis.T @ column)
        size = np.linalg.norm(rest)
        if size > 1e-5 * np.sqrt(len(z)):
            basis = np.column_stack([basis, rest / size])
            kept.append(place - 1)
    return [place for place in kept if place >= 0]
