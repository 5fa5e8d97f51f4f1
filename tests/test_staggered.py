"""It began here first, there later: by hand, and where one dummy for all would turn the sign."""

import datetime as dt

import ibis
import numpy as np
import pandas as pd
import pytest

from cx_helpers import payback, staggered
from cx_helpers.dates import Period
from cx_helpers.measures import rollouts
from cx_helpers.staggered import Cohort
from cx_helpers.valuation import Terms

FLAT = np.eye(4)


def test_each_group_against_those_that_still_wait():
    early, late = Cohort(1, 10, np.array([10.0, 14, 16, 18]), FLAT), Cohort(3, 30, np.array([20.0, 21, 22, 99]), FLAT)
    never = Cohort(None, 20, np.array([5.0, 7, 9, 11]), FLAT)
    assert staggered.cells([early, late, never]) == [(0, 1, 0), (0, 2, 0), (0, 3, 0), (1, 3, 2)]
    others = np.array([(30 * 1 + 20 * 2) / 50, (30 * 2 + 20 * 4) / 50, 6.0])  # how far those who wait went since step 0
    own = np.array([4.0, 6, 8]) - others
    last = (99 - 22) - (11 - 9)
    found = staggered.overall([early, late, never]).iloc[0]
    assert found["effect"] == pytest.approx((10 * own.sum() + 30 * last) / 60)
    assert found["n"] == 40
    steps = staggered.by_step([early, late, never])
    assert steps.loc[0, "effect"] == pytest.approx((10 * own[0] + 30 * last) / 40)
    assert steps.loc[2, "effect"] == pytest.approx(own[2])
    before = staggered.trend([early, late, never]).iloc[0]  # late: 1 a step against the never treated's 2, twice
    assert before["effect"] == pytest.approx((1 - 2 + 1 - 2) / 2)


def test_the_error_is_that_of_the_means():
    treated, never = Cohort(1, 50, np.array([0.0, 1]), np.eye(2)), Cohort(None, 200, np.zeros(2), 4 * np.eye(2))
    row = staggered.overall([treated, never]).iloc[0]
    assert row["high"] - row["effect"] == pytest.approx(1.96 * np.sqrt(2 / 50 + 8 / 200), rel=1e-3)


def test_nobody_to_compare_with_is_null():
    both = [Cohort(1, 10, np.arange(3.0), np.eye(3)), Cohort(1, 9, np.arange(3.0), np.eye(3))]
    assert staggered.overall(both)["effect"].isna().all()
    assert staggered.by_step(both).empty
    assert staggered.overall([])["effect"].isna().all()
    assert staggered.cells([Cohort(0, 9, np.arange(3.0), np.eye(3)), Cohort(None, 9, np.arange(3.0), np.eye(3))]) == []


def test_payback_by_hand():
    told = payback.told(np.array([-1.0, 1, 2, 4]), 12, 6)
    assert told["chance"] == 0.5  # 2 and 4 a month bring 12 within half a year
    assert told["payback"] == 6, "never, 12, 6 and 3 months: half have paid by the sixth"
    assert np.isinf(told["payback_high"])
    assert told["roi"] == pytest.approx((1.5 * 6 - 12) / 12)
    sure = payback.told(np.full(100, 3.0), 12, 12)
    assert (sure["payback"], sure["chance"], sure["roi"]) == (4, 1, 2)
    assert all(np.isnan(x) for x in payback.told(np.full(9, 3.0), float("nan"), 12).values())


MONTHS = Period.parse("2025-06").back(8)
TERMS = Terms(margin=0.5, margin_known=True)


def company(effect: float, seed: int = 1, n: int = 300):
    """Four provinces; it begins in A in the third month, in B in the sixth, in C in the last but one, in D never."""
    rng = np.random.default_rng(seed)
    who = pd.DataFrame(
        {"customer_id": [f"c{i}" for i in range(n)], "province": np.array(list("ABCD"))[np.arange(n) % 4]}
    )
    begins = {"A": 2, "B": 5, "C": 6}
    rows = [
        (
            f"{c}-{m}",
            c,
            month.start + dt.timedelta(days=9),
            100 + 10 * m + rng.normal(0, 20) + effect * (m >= begins.get(p, 9)),
        )
        for c, p in zip(who["customer_id"], who["province"], strict=True)
        for m, month in enumerate(MONTHS)
    ]
    orders = pd.DataFrame(rows, columns=["order_id", "customer_id", "ordered_at", "amount"])
    deeds = pd.DataFrame(
        {
            "initiative_id": ["I1", "I2", "I3"], "name": "courier", "province": ["A", "B", "C"], "cost": 1000.0,
            "started_at": [MONTHS[begins[p]].start for p in "ABC"],
        }
    )  # fmt: skip
    customers = who.assign(created_at=MONTHS[0].start - dt.timedelta(days=30))
    made = []
    for frame in (deeds, customers, orders):
        for c in [c for c in frame if c.endswith("_at")]:
            frame[c] = pd.to_datetime(frame[c], utc=True).astype("datetime64[us, UTC]")
        made.append(ibis.memtable(frame))
    return made


def test_a_planted_effect_is_found_group_by_group():
    (row,) = rollouts.rollouts(*company(40.0), MONTHS, TERMS, smallest=30).itertuples()
    assert (row.Index, row.column, row.groups, row.n, row.controls, row.cost) == (
        "courier",
        "province",
        3,
        225,
        75,
        3000,
    )
    assert row.low < 20 < row.high, "half of 40 is left of a sale"
    assert row.high - row.low < 6
    assert row.monthly == pytest.approx(225 * row.effect, rel=0.01)
    assert row.payback == pytest.approx(3000 / row.monthly, rel=0.01)
    assert (row.chance, row.trend_p > 0.01) == (1, True)
    shuffled = [ibis.memtable(t.execute().sample(frac=1, random_state=2)) for t in company(40.0)]
    again = rollouts.rollouts(*shuffled, MONTHS, TERMS, smallest=30).iloc[0]
    assert again["effect"] == pytest.approx(row.effect)


def test_nothing_is_found_where_nothing_is_and_what_cannot_be_judged_says_why():
    deeds, customers, orders = company(0.0, 4)
    row = rollouts.rollouts(deeds, customers, orders, MONTHS, TERMS, smallest=30).iloc[0]
    assert row["p_value"] > 0.05
    assert rollouts.of_everybody(deeds, customers).count().execute() == 0
    assert rollouts.rollouts(None, customers, orders, MONTHS, TERMS).empty
    assert rollouts.rollouts(deeds.drop("province"), customers, orders, MONTHS, TERMS).empty
    assert rollouts.of_everybody(deeds.drop("province"), customers).count().execute() == 3
    early = rollouts.rollouts(deeds, customers, orders, MONTHS[6:], TERMS).iloc[0]
    assert early["why"] == "before"
    few = rollouts.rollouts(deeds, customers.limit(40), orders, MONTHS, TERMS).iloc[0]
    assert few["why"] == "few"
    assert rollouts.rollouts(deeds, customers, None, MONTHS, TERMS).iloc[0]["why"] == "orders"
    everywhere = customers.filter(customers.province == "A")
    assert rollouts.rollouts(deeds, everywhere, orders, MONTHS, TERMS).iloc[0]["why"] == "control"
