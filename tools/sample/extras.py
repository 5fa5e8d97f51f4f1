"""Contracts, experiments and initiatives: the smaller tables."""

from __future__ import annotations

import numpy as np
import pandas as pd

from . import calendar
from .calendar import END, stamps
from .people import pick

PLANS = {"club_basic": (50, 390_000), "club_plus": (25, 890_000), "club_trial": (25, 190_000)}  # weight, IRR a month
MONTH = 30.44


def contracts(
    rng: np.random.Generator, crowd: pd.DataFrame, tries: pd.DataFrame, effects: frozenset[str]
) -> pd.DataFrame:
    """Subscriptions to the club: each loses 4 % a month; the trial plan ends for most when three months are over."""
    first = pd.Series(tries["at"]).groupby(tries["who"]).min()
    first = first[rng.random(len(first)) < 0.3]
    n, start = len(first), first.to_numpy() + rng.uniform(0.1, 40, len(first))
    plan = pick(rng, {name: weight for name, (weight, _) in PLANS.items()}, n)
    months = rng.geometric(0.04, n).astype(float)
    quits = (plan == "club_trial") & (rng.random(n) < 0.7) & ("plan_churn" in effects)
    months = np.where(quits, np.minimum(months, 3), months)
    end = start + months * MONTH + rng.uniform(-0.4, 0.4, n)
    table = pd.DataFrame(
        {
            "contract_id": "",
            "customer_id": crowd.index.to_numpy()[first.index],
            "started_at": start,
            "ended_at": np.where(end < END, end, np.nan),
            "plan": plan,
            "monthly_fee": pd.Series(plan, dtype=object)
            .map({p: float(fee) for p, (_, fee) in PLANS.items()})
            .astype(float),
            "source": "crm",
        }
    )
    table = table[table["started_at"] < END].sort_values(
        ["started_at", "customer_id"], kind="stable", ignore_index=True
    )
    table["contract_id"] = [f"K{i:05d}" for i in range(1, len(table) + 1)]
    for column in ("started_at", "ended_at"):
        table[column] = stamps(table[column].to_numpy())
    return table


def exposures(crowd: pd.DataFrame, tests: pd.DataFrame) -> pd.DataFrame:
    """The contract's table of exposures."""
    return pd.DataFrame(
        {
            "experiment": tests["experiment"].astype(object),
            "customer_id": crowd.index.to_numpy()[tests["who"]],
            "variant": tests["variant"],
            "exposed_at": stamps(tests["at"].to_numpy()),
        }
    )


def initiatives() -> pd.DataFrame:
    """What the company did; what came of it is in TRUTH.md."""
    rows = [
        ("I01", "باشگاه خوشامد برای مشتریان تازه", "club", (1403, 7, 1), 4.2e9, "باشگاه مشتریان"),
        ("I02", "پشتیبانی در دو شیفت", "support_chat", (1403, 10, 1), 6.5e9, "پشتیبانی"),
        ("I03", "صفحهٔ پرداخت تازه (آزمایش)", "checkout", (1404, 1, 5), 1.1e9, "محصول"),
        ("I04", "درگاه پرداخت تازهٔ اپلیکیشن", "payment", (1404, 4, 1), 0.8e9, "فنی"),
        ("I05", "جعبهٔ مقوایی ارزان‌تر", "unboxing", (1404, 6, 1), 0.2e9, "انبار"),
    ]
    table = pd.DataFrame(rows, columns=["initiative_id", "name", "touchpoint", "started_at", "cost", "owner"])
    table["started_at"] = stamps(np.array([calendar.day_of(*day) for day in table["started_at"]]))
    return table
