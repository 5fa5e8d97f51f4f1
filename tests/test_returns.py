"""Did it pay?  A touchpoint mended at a cost, by hand; nothing told where the second link is not sure."""

import datetime as dt

import ibis
import numpy as np
import pandas as pd
import pytest

from cx_helpers import readings
from cx_helpers.dates import Period
from cx_helpers.measures import returns
from cx_helpers.valuation import Terms

PERIOD = Period.parse("2025-09")
START = PERIOD.end - dt.timedelta(days=150)
TERMS = Terms(margin=0.5, margin_known=True)


def company(harm: float = 0.5, mended: float = 0.2, seed: int = 1, n: int = 150):
    """Each 30 days n customers meet `pay` and n others `search`; 40 % fail at pay before START, `mended` since; who
    failed
    buys again with a chance lower by `harm`."""
    rng = np.random.default_rng(seed)
    visits, bought = [], []
    for k in range(-6, 5):
        for touchpoint, rate in (("pay", mended if k >= 0 else 0.4), ("search", 0.1)):
            for i in range(n):
                who, at = f"{touchpoint}{k}-{i}", START + dt.timedelta(days=30 * k + 1 + 25 * rng.random())
                failed = rng.random() < rate
                visits.append((who, at, touchpoint, "failure" if failed else "success"))
                if rng.random() < 0.7 - harm * failed:
                    bought.append((who, START + dt.timedelta(days=30 * k + 40), 100.0))
    return (
        table(visits, "customer_id", "occurred_at", "touchpoint", "outcome"),
        table(bought, "customer_id", "ordered_at", "amount"),
    )


def table(rows, *columns) -> ibis.Table:
    frame = pd.DataFrame(rows, columns=columns)
    for c in [c for c in columns if c.endswith("_at")]:
        frame[c] = pd.to_datetime(frame[c], utc=True).astype("datetime64[us, UTC]")
    return ibis.memtable(frame)


def begun(cost: float | None = 1000.0, at=START, touchpoint="pay"):
    frame = pd.DataFrame({"initiative_id": ["I1"], "name": ["new till"]})
    frame = frame.assign(touchpoint=pd.Series([touchpoint], dtype=str), cost=pd.Series([cost], dtype=float))
    frame["started_at"] = pd.to_datetime([at], utc=True).astype("datetime64[us, UTC]")
    return ibis.memtable(frame)


def test_fewer_failures_times_what_each_costs_against_the_cost():
    (row,) = returns.returns(*company(), begun(), PERIOD, TERMS).itertuples()
    assert row.low < -0.2 < row.high
    assert row.change == pytest.approx((row.after - row.before), abs=0.05), "the others stayed as they were"
    assert row.link_low < -0.5 < row.link_high
    assert row.customers == pytest.approx(150)
    assert row.monthly == pytest.approx(row.change * row.link * 150 * 100 * 0.5, rel=0.03)
    assert row.monthly_low < row.monthly < row.monthly_high
    assert row.payback == pytest.approx(1000 / row.monthly, rel=0.03)
    assert row.chance > 0.99
    assert row.roi == pytest.approx(12 * row.monthly / 1000 - 1, rel=0.03)
    assert row.placebo_p > 0.01, "nothing happened a window earlier"
    assert row.why is None
    found = returns.returns(*company(), begun(1e9), PERIOD, TERMS)
    assert found["chance"].iloc[0] < 0.01
    assert "under 1%" in readings.returns.sentence(found, found.iloc[:0])["en"]
    left = returns.curve(found.iloc[0].copy())
    assert left.loc[0, "balance"] == -1e9
    assert left.loc[12, "balance"] == pytest.approx(12 * row.monthly - 1e9)


def test_the_order_of_rows_changes_nothing():
    one = returns.returns(*company(n=60), begun(), PERIOD, TERMS)
    shuffled = [ibis.memtable(t.execute().sample(frac=1, random_state=3)) for t in company(n=60)]
    pd.testing.assert_frame_equal(one, returns.returns(*shuffled, begun(), PERIOD, TERMS))


def test_without_a_sure_link_no_money_is_told():
    row = returns.returns(*company(harm=0.0), begun(), PERIOD, TERMS).iloc[0]
    assert row["p_value"] < 0.001
    assert row["why"] == "link"
    assert row[["monthly", "payback", "chance", "roi"]].isna().all()
    assert returns.curve(row).empty
    told = readings.returns.spoken(returns.returns(*company(harm=0.0), begun(), PERIOD, TERMS))
    assert "does not surely go with buying again" in told["said"].iloc[0] or "قطعی نیست" in told["said"].iloc[0]


@pytest.mark.parametrize(
    ("why", "deed"),
    [
        ("early", {"at": PERIOD.end - dt.timedelta(days=20)}),
        ("touchpoint", {"touchpoint": None}),
        ("before", {"at": START - dt.timedelta(days=181)}),
        ("touchpoint", {"touchpoint": "nowhere"}),
        ("cost", {"cost": None}),
    ],
)
def test_what_cannot_be_judged_says_why(why, deed):
    row = returns.returns(*company(n=60), begun(**deed), PERIOD, TERMS).iloc[0]
    assert row["why"] == why
    assert np.isnan(row["chance"])
    assert np.isnan(row["monthly"]) or why == "cost"


def test_too_few_on_a_side_are_not_told_of():
    row = returns.returns(*company(n=60), begun(), PERIOD, TERMS, smallest=1000).iloc[0]
    assert (row["why"], np.isnan(row["change"])) == ("few", True)


def test_failures_are_told_of_though_no_money_is():
    found = returns.returns(*company(harm=0.0), begun(), PERIOD, TERMS)
    assert "fell after 1." in readings.returns.sentence(found, found.iloc[:0])["en"]


def test_nobody_and_nothing():
    visits, bought = company(n=40)
    assert returns.returns(visits, bought, None, PERIOD, TERMS).empty
    assert returns.returns(None, bought, begun(), PERIOD, TERMS)["why"].to_list() == ["orders"]
    alone = visits.filter(visits.touchpoint == "pay")
    assert returns.returns(alone, bought, begun(), PERIOD, TERMS)["why"].to_list() == ["control"]
    one = visits.mutate(customer_id=ibis.literal("c1"))
    assert returns.returns(one, bought, begun(), PERIOD, TERMS)["why"].to_list() == ["few"]
    nobody = visits.mutate(customer_id=ibis.null("string"))
    assert returns.returns(nobody, bought, begun(), PERIOD, TERMS)["change"].isna().all()
    empty = returns.returns(visits, bought, None, PERIOD, TERMS)
    assert "No initiative is recorded" in readings.returns.sentence(empty, empty)["en"]
