"""What does the company do about the unhappy?  Cases of bad answers: who was called, when, and when it was closed."""

from __future__ import annotations

import numpy as np
import pandas as pd

from . import compose
from .calendar import END, STARTS, stamps
from .effects import LOOP_MONTH
from .people import pick

OWNERS = {"delivery": "warehouse", "packaging": "warehouse", "payment": "technical", "app": "technical"}  # others: care
DUE, LANDMARK, BACK = 4.0, 3.0, 60.0  # days to close a case; of the call; in which buying again counts


def cases(seed: int, crowd, given, said, responses, orders, effects: frozenset[str]) -> pd.DataFrame:
    """The book of cases: NPS 0-6 and CSAT 1-2 from `LOOP_MONTH` on, sorted by opening.

    A stream of chance of its own, so that every other table stays as it is.
    """
    rng = np.random.default_rng(np.random.SeedSequence([seed, 18]))
    begun = given["responded"].to_numpy() >= STARTS[LOOP_MONTH]
    low = np.where(given["instrument"] == "nps", given["score"] <= 6, given["score"] <= 2)
    rows = np.flatnonzero(begun & low & given["instrument"].isin(["nps", "csat"]).to_numpy())
    one, n = given.iloc[rows], len(rows)
    at, nps = one["responded"].to_numpy(), (one["instrument"] == "nps").to_numpy()
    feeling = np.where(nps, 1 - 0.4 * one["score"] / 6, (5 - one["score"]) / 4)
    theme = said[said["origin"] == "response"].set_index("row")["theme"].reindex(rows).to_numpy(object)
    theme = np.where(pd.isna(theme), one["touchpoint"].map(compose.THEME_OF).to_numpy(object), theme)
    theme = np.where(pd.isna(theme), pick(rng, compose.ANYWHERE, n), theme)
    owner = np.array([OWNERS.get(t, "care") for t in theme], object)
    back = _comes_back(one["who"].to_numpy(), at, crowd, orders)
    called = rng.random(n) < (np.where(back, 0.72, 0.55) if "closed_loop" in effects else 0.6)
    soon = np.minimum(rng.exponential(0.6, n) + 0.02, LANDMARK - 0.05)
    late = np.where(rng.random(n) < 0.4, LANDMARK + 0.1 + rng.exponential(4, n), np.nan)
    contacted = at + np.where(called, soon, late)
    slow = np.where((owner == "warehouse") & ("closed_loop" in effects), 4.0, 1.0)
    closed = contacted + rng.exponential(1.4, n) * slow
    seen = np.where(rng.random(n) < 0.85, at + np.minimum(rng.exponential(0.15, n), 0.4 * (contacted - at)), np.nan)
    contacted, closed, seen = (np.where(t < END, t, np.nan) for t in (contacted, closed, seen))
    done = [~np.isnan(closed), ~np.isnan(contacted), ~np.isnan(seen)]
    table = pd.DataFrame(
        {
            "case_id": "",
            "customer_id": crowd.index.to_numpy()[one["who"]],
            "origin": "response",
            "origin_id": responses["response_id"].to_numpy()[rows],
            "opened_at": at,
            "due_at": at + DUE,
            "acknowledged_at": seen,
            "contacted_at": contacted,
            "closed_at": closed,
            "state": np.select(done, ["closed", "contacted", "acknowledged"], "open").astype(object),
            "owner": owner,
            "touchpoint": one["touchpoint"].to_numpy(object),
            "channel": one["channel"].to_numpy(object),
            "aspect": theme,
            "feeling": np.round(feeling, 3).astype(float),
            "source": "survey",
        }
    ).sort_values(["opened_at", "customer_id", "origin_id"], kind="stable", ignore_index=True)
    table["case_id"] = [f"L{i:05d}" for i in range(1, n + 1)]
    for column in [c for c in table if c.endswith("_at")]:
        table[column] = stamps(table[column].to_numpy(float))
    return table


def _comes_back(who: np.ndarray, at: np.ndarray, crowd: pd.DataFrame, orders: pd.DataFrame) -> np.ndarray:
    """Does each of these customers order in the time in which coming back counts?"""
    times = {name: days.to_numpy() for name, days in _days(orders).groupby(orders["customer_id"])}
    names, none = crowd.index.to_numpy(), np.zeros(0)
    start, end = at + LANDMARK, at + LANDMARK + BACK
    found = [((t := times.get(names[w], none)) > a) & (t <= b) for w, a, b in zip(who, start, end, strict=True)]
    return np.array([f.any() for f in found], bool)


def _days(orders: pd.DataFrame) -> pd.Series:
    """The times of orders as the generator counts them."""
    return (orders["ordered_at"] - stamps(np.zeros(1))[0]) / np.timedelta64(86_400, "s")
