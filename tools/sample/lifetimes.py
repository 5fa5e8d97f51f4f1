"""What does each customer live through?  Orders one after another until the customer leaves or the data ends.

All customers take their first step together, then their second, …: each round is one set of numpy operations.
A gap between orders is exponential with the customer's own rate on the shop's clock; after each order the customer
leaves with some probability (the BG/NBD story), and that probability is where experience acts, when effects are on.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from . import calendar, people
from .calendar import END, Rhythm, month_of
from .effects import (
    APP_FAILURE,
    CRISIS_MONTH,
    CRISIS_PROVINCE,
    GATEWAY_MONTH,
    LATE_BASE,
    LATE_CRISIS,
    ONBOARDING_MONTH,
    RESOLUTION_MONTH,
)

FAST_REPLY_MINUTES = 60
UNSOLVED_SHARE = 0.14
CHECKOUT_TEST = (calendar.day_of(1404, 1, 5), calendar.day_of(1404, 3, 24), 7.0, 0.034)  # from, to, window, uplift


def experiments(rng: np.random.Generator, crowd: pd.DataFrame) -> pd.DataFrame:
    """Who sees which variant when: two tests on customers that had arrived, split evenly.

    Returns columns who (row of crowd), experiment, variant, at (day).
    """
    parts = []
    for name, start, end in (
        ("free_gift", calendar.day_of(1403, 10, 5), calendar.day_of(1403, 12, 5)),
        ("checkout_v2", *CHECKOUT_TEST[:2]),
    ):
        seen = np.flatnonzero((crowd["arrived"].to_numpy() < start) & (rng.random(len(crowd)) < 0.97))
        variant = np.where(rng.random(len(seen)) < 0.5, "B", "A").astype(object)
        at = start + (end - start) * rng.random(len(seen))
        parts.append(pd.DataFrame({"who": seen, "experiment": name, "variant": variant, "at": at}))
    return pd.concat(parts, ignore_index=True)


def live(
    rng: np.random.Generator, crowd: pd.DataFrame, tests: pd.DataFrame, effects: frozenset[str], rhythm: Rhythm
) -> pd.DataFrame:
    """Every attempt to buy, one row each, sorted by customer and time.

    Columns: who (row of crowd), at (day of the payment step), nth (attempt of this customer), channel, fate (`order`,
    `retry`, `phone`, `chat`, `leave`), placed, ordered (day), bought_in (channel), promised, delivered (days, NaN in
    the store), late, ticket (day it opens, NaN = none), reply_min, solve_h (NaN = never solved).
    """
    tried = crowd["buyer"].to_numpy()
    delay = np.where(rng.random(len(crowd)) < 0.7, rng.uniform(0.01, 0.1, len(crowd)), rng.uniform(1, 12, len(crowd)))
    who = np.flatnonzero(tried)
    at = rhythm.at(rhythm.passed(crowd["arrived"].to_numpy()[who] + delay[who]))
    rate = crowd["rate"].to_numpy() * np.where(_is(crowd, "omni") & ("omnichannel_value" in effects), 2.0, 1.0)
    welcomed = ("better_onboarding" in effects) & (month_of(crowd["arrived"].to_numpy()) >= ONBOARDING_MONTH)
    rate = rate * np.where(welcomed, 1.15, 1.0)
    nudge = _nudges(rng, len(crowd), tests, effects)

    rounds, nth = [], 0
    while True:
        on = at < END
        who, at, nth = who[on], at[on], nth + 1
        if not len(who):
            break
        step = _attempt(rng, crowd, who, at, effects)
        step["nth"] = nth
        leaves = rng.random(len(who)) < _leaving(crowd, step, welcomed[who], effects)
        after = rhythm.at(rhythm.passed(at) + rng.exponential(1, len(who)) / rate[who])
        after[leaves | (_is(crowd.iloc[who], "pilot") & (after > people.PILOT_ENDS))] = np.inf
        pulled = (nudge[who] > at) & (nudge[who] < after)  # the better checkout wins an order that was not to be
        after = np.where(pulled, nudge[who], after)
        rounds.append(step)
        at = after
    if not rounds:
        rounds = [_attempt(rng, crowd, who, at, effects).assign(nth=0)]
    return pd.concat(rounds, ignore_index=True).sort_values(["who", "at"], kind="stable", ignore_index=True)


def _is(crowd: pd.DataFrame, segment: str) -> np.ndarray:
    return (crowd["segment"] == segment).to_numpy()


def _nudges(rng, n: int, tests: pd.DataFrame, effects: frozenset[str]) -> np.ndarray:
    """The day on which variant B of the checkout wins an extra order, infinite for nearly everybody."""
    nudge = np.full(n, np.inf)
    shown = tests[(tests["experiment"] == "checkout_v2") & (tests["variant"] == "B")]
    won = rng.random(len(shown)) < CHECKOUT_TEST[3]
    day = shown["at"].to_numpy() + rng.uniform(0.01, 0.2, len(shown))
    if "checkout_variant" in effects:
        nudge[shown["who"].to_numpy()[won]] = day[won]
    return nudge


def _attempt(rng, crowd: pd.DataFrame, who: np.ndarray, at: np.ndarray, effects: frozenset[str]) -> pd.DataFrame:
    n = len(who)
    province = crowd["province"].to_numpy()[who]
    home = crowd["home"].to_numpy()[who]
    mix = np.cumsum(np.array([people.MIX[s] for s in crowd["segment"].to_numpy()[who]]).reshape(n, 4), axis=1)
    other = np.array(people.CHANNELS, dtype=object)[(rng.random((n, 1)) > mix).sum(axis=1).clip(0, 3)]
    usual = (rng.random(n) < 0.75) & ~_is(crowd.iloc[who], "omni")
    channel = np.where(usual, home, other)

    failed = (channel == "app") & (month_of(at) >= GATEWAY_MONTH) & (rng.random(n) < APP_FAILURE)
    failed &= "app_payment_fails" in effects
    luck = rng.random(n)
    fate = np.where(failed, "retry", "order").astype(object)
    if "switch_to_phone" in effects:
        fate[failed & (luck < 0.25)] = "phone"
    if "payment_dropouts" in effects:
        fate[failed & (luck >= 0.25) & (luck < 0.40)] = "chat"
        fate[failed & (luck >= 0.40) & (luck < 0.65)] = "leave"
    wait = np.select([fate == "retry", fate == "phone"], [rng.uniform(2, 9, n) / 1440, rng.uniform(0.04, 0.7, n)], 0.0)
    ordered = np.where(np.isin(fate, ("chat", "leave")), np.nan, at + wait)
    ordered[ordered >= END] = np.nan
    bought_in = np.where(fate == "phone", "phone", channel)

    shipped = (bought_in != "store") & ~np.isnan(ordered)
    near = np.isin(province, ("تهران", "البرز", "قم"))
    promised = np.where(shipped, np.floor(ordered + np.where(near, 2, rng.integers(3, 6, n))) + 0.75, np.nan)
    crisis = (province == CRISIS_PROVINCE) & (month_of(np.nan_to_num(ordered, nan=at)) == CRISIS_MONTH)
    crisis &= "delivery_crisis" in effects
    late = shipped & (rng.random(n) < np.where(crisis, LATE_CRISIS, LATE_BASE))
    behind = np.where(crisis, 3 + rng.exponential(2, n), 0.3 + rng.exponential(1.5, n))
    delivered = promised + np.where(late, behind, -rng.uniform(0.02, 1.3, n))
    delivered = np.where(bought_in == "store", ordered, np.maximum(delivered, ordered + 0.3))

    upset = ("late_hurts" in effects) & late
    asks = rng.random(n) < np.where(upset, 0.45, 0.16)
    opens = np.where(asks & ~np.isnan(ordered), ordered + rng.uniform(0.05, 5, n), np.nan)
    opens = np.where(asks & upset, promised + rng.uniform(0.1, 1.5, n), opens)
    opens = np.where(fate == "chat", at + rng.uniform(5, 90, n) / 1440, opens)
    opens[opens >= END] = np.nan
    reply = rng.lognormal(np.log(68), 1.25, n)
    shift = ("faster_resolution" in effects) & (month_of(np.nan_to_num(opens, nan=0)) >= RESOLUTION_MONTH)
    solve = reply / 60 + rng.lognormal(np.log(26), 0.9, n) * np.where(shift, 0.45, 1.0)
    solve[rng.random(n) < UNSOLVED_SHARE] = np.nan
    return pd.DataFrame(
        {
            "who": who,
            "at": at,
            "channel": channel,
            "fate": fate,
            "placed": ~np.isnan(ordered),
            "ordered": ordered,
            "bought_in": bought_in,
            "promised": promised,
            "delivered": delivered,
            "late": late,
            "crisis": crisis & shipped,
            "ticket": opens,
            "reply_min": np.where(np.isnan(opens), np.nan, reply),
            "solve_h": np.where(np.isnan(opens), np.nan, solve),
        }
    )


def _leaving(crowd: pd.DataFrame, step: pd.DataFrame, welcomed: np.ndarray, effects: frozenset[str]) -> np.ndarray:
    """Each customer's probability to leave after this attempt."""
    who, nth = step["who"].to_numpy(), step["nth"].to_numpy()
    leave = crowd["leave"].to_numpy()[who].copy()
    leave = np.where(welcomed & (nth <= 3), leave * 0.3, leave)
    leave = np.where(_is(crowd.iloc[who], "omni") & ("omnichannel_value" in effects), leave * 0.6, leave)
    if "leaving_acquisition" in effects:
        brought = (crowd["acquisition_channel"].to_numpy() == "influencer")[who]
        leave = np.where(brought, 0.75, leave)
    asked = step["ticket"].notna().to_numpy()
    if "first_reply" in effects:
        fast = step["reply_min"].to_numpy() <= FAST_REPLY_MINUTES
        leave = np.where(asked & fast, leave * 0.4, leave)
        leave = np.where(asked & ~fast, np.maximum(leave, 0.55), leave)
    if "unsolved_leave" in effects:
        leave = np.where(asked & step["solve_h"].isna().to_numpy(), np.maximum(leave, 0.8), leave)
    return np.where(step["fate"].to_numpy() == "leave", np.maximum(leave, 0.5), leave)
