"""Which touchpoints does a customer pass?  Every attempt to buy and every visit, step by step.

Without effects a step's outcome is a label drawn alike at every touchpoint, channel and time, and the customer goes on
as if nothing had happened: a purchase that was to be is made.  A visit that ends without purchase has no next step.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from .calendar import END, Rhythm, month_of, stamps
from .effects import BASE_ABANDONED, BASE_FAILURE, CRISIS_MONTH
from .lifetimes import FAST_REPLY_MINUTES

STAGES = {
    "awareness": ["ad", "search"],
    "evaluation": ["product_page", "reviews", "consult"],
    "purchase": ["cart", "checkout", "payment"],
    "use": ["delivery", "unboxing"],
    "support": ["support_chat", "support_call", "return"],
    "loyalty": ["club", "review"],
}
STAGE_OF = {touchpoint: stage for stage, touchpoints in STAGES.items() for touchpoint in touchpoints}
MINUTES = {  # a usual stay, in minutes
    "ad": 0.2, "search": 1.2, "product_page": 2.5, "reviews": 2, "consult": 7, "cart": 1, "checkout": 2, "payment": 1.5,
    "delivery": 4, "unboxing": 3, "support_chat": 9, "support_call": 7, "return": 12, "club": 2, "review": 3,
}  # fmt: skip
COST = {"ad": 40_000, "support_chat": 250_000, "support_call": 450_000, "return": 900_000, "delivery": 350_000}
CAMPAIGNS = ("always_on", "brand", "retargeting")


class Steps:
    """Collects steps as columns: who, at (day), touchpoint, channel, visit (number), attempt (row or -1)."""

    def __init__(self):
        self._parts = []

    def add(self, mask, who, at, touchpoint, channel, visit, attempt, order) -> None:
        keep = np.flatnonzero(mask & (at < END))
        columns = {"who": who, "at": at, "channel": channel, "visit": visit, "attempt": attempt}
        part = {name: np.asarray(values)[keep] for name, values in columns.items()}
        self._parts.append(pd.DataFrame(part | {"touchpoint": touchpoint, "order": order}))

    def table(self) -> pd.DataFrame:
        return pd.concat(self._parts, ignore_index=True)


def walk(
    rng: np.random.Generator, crowd: pd.DataFrame, tries: pd.DataFrame, effects: frozenset[str], rhythm: Rhythm
) -> pd.DataFrame:
    """All steps, sorted by customer and time, with outcome and event_id.

    Returns columns who, at (day, whole seconds), channel, visit, attempt (row of `tries`, -1 = none), touchpoint,
    outcome, duration_s, event_id.
    """
    steps = Steps()
    _purchases(rng, tries, steps)
    _afterwards(rng, tries, steps)
    _visits(rng, crowd, tries, steps, rhythm)
    table = steps.table()
    table["at"] = np.floor(table["at"] * 86400) / 86400
    table = table.sort_values(["who", "at", "order"], kind="stable", ignore_index=True)
    same = (table["visit"] == table["visit"].shift()) & (table["who"] == table["who"].shift())
    tied = (same & (rng.random(len(table)) < 0.018)).to_numpy()
    at = table["at"].to_numpy().copy()
    at[tied] = at[np.flatnonzero(tied) - 1]  # logged in the same second as the step before
    table["at"] = at
    table = table.sort_values(["who", "at"], kind="stable", ignore_index=True)
    table["outcome"] = _outcomes(rng, table, tries, effects)
    usual = table["touchpoint"].map(MINUTES).to_numpy() * 60
    table["duration_s"] = np.round(usual * rng.lognormal(0, 0.6, len(table)))
    table["event_id"] = [f"E{i:07d}" for i in range(1, len(table) + 1)]
    return table


def _purchases(rng, tries: pd.DataFrame, steps: Steps) -> None:
    """The way to each payment, walked backwards from it; then what a planted failure leads to."""
    n, at = len(tries), tries["at"].to_numpy()
    who, channel, row = tries["who"].to_numpy(), tries["channel"].to_numpy(), np.arange(n)
    online = np.isin(channel, ("app", "web"))
    first = tries["nth"].to_numpy() == 1
    pages = 1 + (rng.random(n) < 0.4)
    has = {
        "payment": np.ones(n, bool),
        "checkout": np.ones(n, bool),
        "cart": online,
        "reviews": online & (rng.random(n) < 0.3),
        "product_page": online,
        "consult": ~online,
        "search": rng.random(n) < 0.35,
    }
    has["ad"] = ~has["search"] & (rng.random(n) < np.where(first, 0.8, 0.3))
    clock, visit = at.copy(), row.copy()
    for order, name in enumerate(("payment", "checkout", "cart", "reviews", "product_page", "consult", "search", "ad")):
        gap = rng.gamma(2, MINUTES[name] * 0.7, n) / 1440 + 5 / 86400
        clock = np.where(has[name] & (name != "payment"), clock - gap, clock)
        steps.add(has[name] & (clock >= 0), who, clock, name, channel, visit, row, -order)
        if name == "product_page":
            steps.add(has[name] & (pages > 1) & (clock - gap >= 0), who, clock - gap, name, channel, visit, row, -order)
            clock = np.where(has[name] & (pages > 1), clock - gap, clock)
    again = (tries["fate"] == "retry").to_numpy()
    ordered = tries["ordered"].to_numpy()
    steps.add(again & tries["placed"], who, ordered, "payment", channel, visit, row, 1)
    phoned = (tries["fate"] == "phone").to_numpy() & tries["placed"].to_numpy()
    for minutes, name in ((12, "consult"), (3, "checkout"), (0, "payment")):
        steps.add(phoned, who, ordered - minutes / 1440, name, np.full(n, "phone", object), visit + 10**7, row, 2)


def _afterwards(rng, tries: pd.DataFrame, steps: Steps) -> None:
    """Delivery, unboxing, support, return, review, club: what follows an order."""
    n = len(tries)
    who, row = tries["who"].to_numpy(), np.arange(n)
    channel, delivered = tries["bought_in"].to_numpy(), tries["delivered"].to_numpy()
    shipped = tries["placed"].to_numpy() & (channel != "store")

    def add(mask, at, name, number, via=channel):
        steps.add(mask & ~np.isnan(at), who, at, name, via, row + number * 10**7, row, 3)

    add(shipped, delivered, "delivery", 2)
    add(shipped & (rng.random(n) < 0.5), delivered + rng.uniform(0.01, 0.6, n), "unboxing", 3)
    calls = (channel == "phone") | (rng.random(n) < 0.3)
    asked = tries["ticket"].to_numpy()
    spoken = np.where(np.isin(channel, ("app", "web")), channel, "web")
    add(calls, asked, "support_call", 4, np.full(n, "phone", object))
    add(~calls, asked, "support_chat", 4, np.where(channel == "phone", "web", spoken))
    placed = tries["placed"].to_numpy()
    add(placed & (rng.random(n) < 0.05), delivered + rng.uniform(1, 6, n), "return", 5)
    add(placed & (rng.random(n) < 0.19), delivered + rng.uniform(0.5, 9, n), "review", 6, spoken)
    add(placed & (rng.random(n) < 0.14), delivered + rng.uniform(0.2, 12, n), "club", 7, spoken)


def _visits(rng, crowd: pd.DataFrame, tries: pd.DataFrame, steps: Steps, rhythm: Rhythm) -> None:
    """Visits without purchase while a customer is around: some end at a product, some at the cart or checkout."""
    n = len(crowd)
    came = crowd["arrived"].to_numpy()
    last = np.maximum(came + 20, pd.Series(tries["at"]).groupby(tries["who"]).max().reindex(range(n)).fillna(0) + 30)
    span = np.minimum(last.to_numpy(), END) - came
    count = 1 + rng.poisson(0.055 * span)
    who = np.repeat(np.arange(n), count)
    at = rhythm.within(rng, came[who], (came + span)[who])
    first = np.r_[True, who[1:] != who[:-1]] if n else np.zeros(0, bool)
    at = np.where(first, came[who], at)
    home, row = crowd["home"].to_numpy()[who], np.full(len(who), -1)
    channel = np.where(np.isin(home, ("app", "web")), home, "web").astype(object)
    visit, m = np.arange(len(who)) + 9 * 10**7, len(who)
    by_ad = rng.random(m) < 0.4
    depth = rng.random(m)
    for order, (name, mask) in enumerate(
        (
            ("ad", by_ad),
            ("search", ~by_ad),
            ("product_page", np.ones(m, bool)),
            ("reviews", rng.random(m) < 0.2),
            ("cart", depth < 0.3),
            ("checkout", depth < 0.1),
        )
    ):
        steps.add(mask, who, at, name, channel, visit, row, order)
        at = np.where(mask, at + rng.gamma(2, MINUTES[name] * 0.7, m) / 1440 + 5 / 86400, at)


def _outcomes(rng, table: pd.DataFrame, tries: pd.DataFrame, effects: frozenset[str]) -> np.ndarray:
    luck, again = rng.random(len(table)), rng.random(len(table))
    bad = luck < BASE_FAILURE
    name, attempt = table["touchpoint"].to_numpy(), table["attempt"].to_numpy()

    def of_attempt(column):  # the attempt's value, False where a step belongs to none
        return np.where(attempt >= 0, tries[column].to_numpy()[attempt], False) if len(tries) else attempt >= 0

    fate = of_attempt("fate")
    broken = (name == "payment") & ~np.isin(fate, ("order", False)) & (table["channel"] == "app").to_numpy()
    first = table["at"].to_numpy() < of_attempt("at").astype(float) + 1 / 1440
    bad |= broken & first
    if "late_hurts" in effects:
        bad |= (name == "delivery") & of_attempt("late").astype(bool) & (again < 0.8)
    if "first_reply" in effects:
        slow = of_attempt("reply_min").astype(float) > FAST_REPLY_MINUTES
        bad |= np.isin(name, ("support_chat", "support_call")) & slow & (again < 0.55)
    if "packaging_breaks" in effects:
        bad |= (name == "unboxing") & (month_of(table["at"].to_numpy()) == CRISIS_MONTH) & (again < 0.16)
    gave_up = ~bad & (luck > 1 - BASE_ABANDONED)
    outcome = np.select([bad, gave_up], ["failure", "abandoned"], "success").astype(object)
    outcome[name == "ad"] = None
    return outcome


def touchpoints(rng: np.random.Generator, crowd: pd.DataFrame, steps: pd.DataFrame) -> pd.DataFrame:
    """The contract's table of touchpoints, sorted by customer_id, occurred_at, event_id."""
    name = steps["touchpoint"]
    session = pd.factorize(steps["visit"])[0] + 1
    ads = (name == "ad").to_numpy()
    campaign = np.where(ads, np.array(CAMPAIGNS, dtype=object)[rng.integers(0, 3, len(steps))], None)
    cost = name.map(COST).to_numpy(dtype=float) * rng.choice([0.5, 0.75, 1.0, 1.25, 1.5], len(steps))
    spoken = (steps["channel"] == "phone").to_numpy()
    return pd.DataFrame(
        {
            "event_id": steps["event_id"],
            "customer_id": crowd.index.to_numpy()[steps["who"]],
            "occurred_at": stamps(steps["at"].to_numpy()),
            "touchpoint": name,
            "stage": np.where(spoken, None, name.map(STAGE_OF)),  # the phone log knows no stages: the workspace does
            "channel": steps["channel"],
            "outcome": steps["outcome"],
            "duration_s": steps["duration_s"],
            "cost": cost,
            "session_id": [f"S{i:06d}" for i in session],
            "campaign": campaign,
            "source": np.select([spoken, (steps["channel"] == "store").to_numpy()], ["phone_log", "pos"], "shop"),
        }
    )
