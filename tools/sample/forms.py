"""What do customers say on the short form, and employees on theirs?  Of a chance of their own."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cx_helpers.forms import CLUES, DIMENSIONS, MARKS, VALUE

from . import calendar
from .calendar import END, STARTS, stamps
from .feedback import CES_CUTS, CSAT_CUTS, NPS_CUTS, cut

FIRST = 10  # the month from which a few customers a month fill in the form
A_MONTH = 18
ITEMS = {"tangibles": (1, 2, 3), "reliability": (5, 6, 8), "responsiveness": (10, 11, 12), "assurance": (14, 15, 16)}
ITEMS |= {"empathy": (18, 19, 21)}  # of SERVQUAL's 22, three a dimension: the questionnaire's short form
HOPED_CUTS = (0.005, 0.01, 0.025, 0.06, 0.20, 0.55)  # 1..6 of 1-7: nearly everybody expects much
POINTS = np.array([11, 30, 23, 19, 17])  # of 100, what each dimension weighs
COST_CUTS = (0.15, 0.42, 0.75, 0.93)  # 1..4 of 1-5: most find effort, risk and price bearable
EMPLOYEES = {"app": 42, "web": 38, "phone": 46, "store": 60}  # who answer, by the channel they work in
WAVE = calendar.day_of(1404, 4, 20)
LEVELS = {  # what four of the team say of the eight steps; what they aim at
    "strategy": ([4, 3, 4, 3], 4), "understanding": ([4, 4, 3, 4], 4), "design": ([3, 3, 3, 4], 4),
    "measurement": ([4, 4, 4, 5], 4), "loop": ([3, 2, 2, 3], 4), "governance": ([3, 3, 2, 3], 3),
    "culture": ([3, 4, 2, 3], 4), "returns": ([2, 1, 2, 2], 3),
}  # fmt: skip
PLACES = {"app": ((4, 4, 3, 4), (4, 3, 4, 3)), "store": ((4, 3, 3, 2), (2, 2, 3, 2)),
          "phone": ((3, 3, 2, 2), (2, 3, 2, 2)), "web": ((2, 3, 2, 2), (3, 4, 3, 3))}  # fmt: skip


def answers(seed: int, crowd: pd.DataFrame, tries: pd.DataFrame, effects: frozenset[str]) -> pd.DataFrame:
    """Rows for the table of responses: the customers' form, month by month, and one wave of employees (no customer)."""
    rng = np.random.default_rng(np.random.SeedSequence([seed, 16]))
    table = pd.concat(
        [_customers(rng, crowd, tries, effects), _employees(rng, len(crowd) / 6000, effects)], ignore_index=True
    )
    table = table.sort_values(["responded", "_row"], kind="stable", ignore_index=True)
    at = stamps(table["responded"].to_numpy())
    return pd.DataFrame(
        {
            "response_id": [f"F{i:05d}" for i in range(1, len(table) + 1)],
            "customer_id": table["customer_id"],
            "responded_at": at,
            "instrument": table["instrument"],
            "score": table["score"],
            "scale_min": table["scale_min"],
            "scale_max": table["scale_max"],
            "channel": table["channel"],
            "source": "form",
        }
    )


def _customers(rng, crowd: pd.DataFrame, tries: pd.DataFrame, effects: frozenset[str]) -> pd.DataFrame:
    last = pd.Series(tries["at"]).groupby(tries["who"]).max().reindex(range(len(crowd))).to_numpy()
    until, came = np.nan_to_num(last, nan=-1.0) + 60, crowd["arrived"].to_numpy()
    free = crowd["consent"].to_numpy() & (crowd["segment"] != "pilot").to_numpy()
    who, day = [], []
    for start, end in zip(STARTS[FIRST:-1], STARTS[FIRST + 1 :], strict=True):
        here = np.flatnonzero(free & (came < start) & (until > start))
        some = np.sort(rng.choice(here, min(A_MONTH, len(here)), replace=False))
        free[some] = False  # nobody is asked twice
        who.append(some)
        day.append(np.floor(start + rng.uniform(1, end - start - 1, len(some))) + 0.4 + 0.3 * rng.random(len(some)))
    who, day = np.concatenate(who), np.concatenate(day)
    n = len(who)
    kind, hope = crowd["trait"].to_numpy()[who] + rng.normal(0, 0.6, n), rng.normal(0, 1, n)
    parts = []

    def told(instrument: str, score, low: int, high: int) -> None:
        parts.append(
            pd.DataFrame({"who": who, "responded": day, "instrument": instrument, "score": score})
            .assign(scale_min=float(low), scale_max=float(high))
        )  # fmt: skip

    def felt(own: float, step: float = 0.0) -> np.ndarray:
        return own * kind + np.sqrt(1 - own**2) * rng.normal(0, 1, n) + step

    short = {"reliability": -1.1 * ("unreliable" in effects)}
    for dimension in DIMENSIONS:
        seen, meant = felt(0.6), 0.7 * hope + 0.7 * rng.normal(0, 1, n)
        for item in ITEMS[dimension]:
            got = 0.85 * (seen + short.get(dimension, 0.0)) + 0.55 * rng.normal(0, 1, n)
            wish = 0.8 * meant + 0.6 * rng.normal(0, 1, n)
            told(f"servqual.{dimension}.{item}.expected", cut(wish, HOPED_CUTS, 1), 1, 7)
            told(f"servqual.{dimension}.{item}.perceived", cut(got, CES_CUTS, 1), 1, 7)
    points = rng.multinomial(20, rng.dirichlet(POINTS, n)) * 5.0  # people share out fives
    for place, dimension in enumerate(DIMENSIONS):
        told(f"servqual.{dimension}.importance", points[:, place], 0, 100)
    for clue in CLUES:
        told(f"clue.{clue}", cut(felt(0.6, -0.8 * (clue == "mechanical" and "shabby" in effects)), CSAT_CUTS, 1), 1, 5)
    for mark in MARKS:
        told(f"effortless.{mark}", cut(felt(0.6), CSAT_CUTS, 1), 1, 5)
    for part in VALUE:
        cost = part in ("effort", "risk", "price")
        told(f"value.{part}", cut(-felt(0.5) if cost else felt(0.5), COST_CUTS if cost else CSAT_CUTS, 1), 1, 5)
    table = pd.concat(parts, ignore_index=True)
    table = table[(table["responded"] < END).to_numpy()]
    return table.assign(
        customer_id=crowd.index.to_numpy()[table["who"]].astype(object), channel="web", _row=table.index
    )


def _employees(rng, size: float, effects: frozenset[str]) -> pd.DataFrame:
    """One anonymous wave: each answer is of somebody else.  size  of the shop, in parts of the one that ships."""
    channel = np.repeat(list(EMPLOYEES), [round(n * size) for n in EMPLOYEES.values()]).astype(object)
    latent = rng.normal(0, 1, len(channel)) - 1.3 * ((channel == "phone") & ("unhappy_callers" in effects))
    table = pd.DataFrame({"responded": WAVE + rng.uniform(0, 10, len(channel)), "score": cut(latent, NPS_CUTS, 0)})
    return table.assign(
        customer_id=None, instrument="enps", scale_min=0.0, scale_max=10.0, channel=channel, _row=table.index
    )


def programme() -> str:
    """programme.yaml of the sample: what the team says of itself."""
    lines = ["# The invented team's own answers; docs/service-quality.md says what is asked.", "maturity:"]
    lines += [f"  {step}: {{levels: {levels}, target: {target}}}" for step, (levels, target) in LEVELS.items()]
    lines += ["capability:"]
    lines += [f"  {p}: {{interactive: {list(a)}, customised: {list(b)}}}" for p, (a, b) in PLACES.items()]
    return "\n".join(lines) + "\n"
