"""How far is the customer experience programme itself?  Its eight steps, and how interactive and customised it is.

What a few people say of their own work is an opinion, not a sample: it has a range, and no interval.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cx_helpers.programme import AXES, LEVELS, STEPS, Programme

ENOUGH = 3.0  # "defined": below that, what comes after a step has no ground to stand on
HALF = sum(LEVELS) / 2
CORNERS = {  # (interactive, customised) -> what Peppers and Rogers call it
    (False, False): "mass",
    (False, True): "niche",
    (True, False): "database",
    (True, True): "learning",
}


def steps(made: Programme) -> pd.DataFrame:
    """How far is each step?  Index `step`, the eight in their order: n (who answered), maturity (mean, 1..5), lowest
    and highest answer, target, gap (maturity minus target, null without one), next (True for the one to work on now).

    Next is the first step in order below level 3, since each stands on those before it; where there is none, the one
    farthest below its target (without targets: the lowest).  Nobody answered: nulls and no next.
    """
    rows = {}
    for step in STEPS:
        said, target = made.levels.get(step, []), made.targets.get(step, np.nan)
        level = float(np.mean(said)) if said else np.nan
        ends = (min(said), max(said)) if said else (np.nan, np.nan)
        rows[step] = {"n": len(said), "maturity": level, "lowest": ends[0], "highest": ends[1], "target": target}
    out = pd.DataFrame.from_dict(rows, "index").rename_axis("step")
    out["gap"] = out["maturity"] - out["target"]
    out["next"] = out.index == _next(out)
    return out


def _next(found: pd.DataFrame) -> str | None:
    known = found[found["maturity"].notna()]
    early = known[known["maturity"] < ENOUGH]
    if len(early):
        return early.index[0]
    short = known[known["gap"] < 0]
    if len(short):
        return short["gap"].idxmin()
    aimless = known[known["target"].isna()]
    return aimless["maturity"].idxmin() if len(aimless) else None


def places(made: Programme) -> pd.DataFrame:
    """Where does each place stand?  Index `place`: interactive, customised (means of four statements, 1..5) and
    `corner` (mass, niche, database, learning; a mean of 3 or more counts as high)."""
    rows = {name: {axis: float(np.mean(said[axis])) for axis in AXES} for name, said in made.places.items()}
    out = pd.DataFrame.from_dict(rows, "index", columns=list(AXES)).rename_axis("place")
    high = (out >= HALF).itertuples(index=False)
    return out.assign(corner=[CORNERS[bool(a), bool(b)] for a, b in high])
