"""Snapshots: what was known by a day, counted by hand; nothing that came after is in it; who left in the window."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from cx_helpers import readings
from cx_helpers.measures import at_risk, snapshots
from cx_helpers.tables import MissingTable

AT = dt.datetime(2025, 6, 1, tzinfo=dt.UTC)
PLAN = snapshots.Schedule("orders", AT + dt.timedelta(100), (AT,), 7, 28)


def times(frame):
    for column in frame:
        if column.endswith("_at"):
            frame[column] = pd.to_datetime(frame[column], utc=True).astype("datetime64[us, UTC]")
    return frame.astype({"customer_id": "string"})


def orders(*rows):
    frame = pd.DataFrame(rows, columns=["customer_id", "ordered_at", "amount"])
    return times(frame.assign(order_id=[f"o{i}" for i in range(len(frame))]))


def tickets(*rows):
    frame = pd.DataFrame(rows, columns=["customer_id", "opened_at", "first_reply_at", "solved_at"])
    return times(frame.assign(ticket_id=[f"t{i}" for i in range(len(frame))]))


ORDERS = [
    ("a", "2025-03-23", 100.0),
    ("a", "2025-05-02", 50.0),
    ("a", "2025-05-22", 60.0),
    ("a", "2025-06-20", 999.0),  # after the snapshot, in the window
    ("b", "2025-05-30", 10.0),
    ("b", "2025-06-03", 10.0),  # in the gap only
    ("c", "2025-04-01", 10.0),  # no order in the 28 days before
    (None, "2025-05-30", 10.0),
]
TICKETS = [
    ("a", "2025-05-20", "2025-05-21", None),
    ("a", "2025-05-21", "2025-05-21", "2025-06-02"),  # solved the day after the snapshot: unsolved then
    ("b", "2025-05-28", None, None),  # no week old yet
    ("b", "2025-05-15", "2025-05-16", "2025-05-17"),
]


@pytest.fixture
def facts(lay):
    return {"orders": lay(orders(*ORDERS), "orders"), "tickets": lay(tickets(*TICKETS), "tickets")}


def test_what_was_known_by_hand(facts):
    found = snapshots.features(facts, AT, "orders", 28).execute().set_index("customer_id").sort_index()
    assert list(found.index) == ["a", "b"]
    a = found.loc["a"]
    assert a[["orders", "orders_recent", "orders_before"]].tolist() == [3, 1, 1]
    assert a[["spend_recent", "spend_before", "mean_order"]].tolist() == [60, 50, 70]
    assert a[["recency_days", "tenure_days", "overdue"]].tolist() == [10, 70, 10 / 30]
    assert found["unsolved_requests"].tolist() == [2, 0]
    assert found["requests_recent"].tolist() == [2, 2]
    assert a["reply_hours"] == 12  # a day, and at once
    assert found.loc["b", "reply_hours"] == (24 + 4 * 24) / 2  # who waits still counts as long as they have waited
    assert pd.isna(found.loc["b", "overdue"])


def test_who_left_in_the_window(facts):
    rows = snapshots.panel(facts, PLAN)
    past = rows[~rows["today"]].set_index("who")
    assert past["y"].to_dict() == {"a": 0.0, "b": 1.0}
    assert rows["weight"].eq(1).all()


def test_nothing_that_came_after_changes_what_was_known(lay, facts):
    before = {
        "orders": lay(orders(*[r for r in ORDERS if r[1] < "2025-06-01"]), "orders"),
        "tickets": lay(tickets(*[(*r[:3], None if r[3] and r[3] > "2025-06" else r[3]) for r in TICKETS]), "tickets"),
    }
    one, other = (snapshots.features(t, AT, "orders", 28).order_by("customer_id").execute() for t in (facts, before))
    pd.testing.assert_frame_equal(one, other)


@pytest.mark.parametrize(
    ("ended", "second", "left"),
    [
        (None, None, 0),
        ("2025-06-20", None, 1),
        ("2025-06-20", "2025-06-20", 0),  # renewed
        ("2025-06-03", None, None),  # in the gap: nobody could have been called
        ("2025-08-20", None, 0),  # after the window
    ],
)
def test_who_ended_a_contract_in_the_window(lay, ended, second, left):
    rows = [("a", "2025-01-01", ended), *([("a", second, None)] if second else []), ("z", "2025-07-20", None)]
    frame = pd.DataFrame(rows, columns=["customer_id", "started_at", "ended_at"])
    frame = times(frame.assign(contract_id=[f"k{i}" for i in range(len(frame))]))
    table = {"contracts": lay(frame, "contracts")}
    plan = snapshots.Schedule("contracts", AT + dt.timedelta(100), (AT,), 7, 28)
    found = snapshots.outcome(table, AT, plan).execute().set_index("customer_id")["left"]
    assert list(found.index) == ["a"]
    assert (None if pd.isna(found["a"]) else int(found["a"])) == left
    rows = snapshots.panel(table, plan)
    assert len(rows[~rows["today"]]) == (left is not None), "who left in the gap teaches nothing"


def test_the_window_comes_from_the_waits_of_the_company(lay):
    days = pd.date_range("2024-01-01", periods=20, freq="30D", tz="UTC")
    table = lay(orders(*[("a", d, 1.0) for d in days], *[("b", d, 1.0) for d in days]), "orders")
    assert snapshots.usual_window(table, "orders", AT) == (35, 34)  # the two orders after the day are not known
    plan = snapshots.schedule(table, "orders", AT, gap_days=7, most=4)
    assert [round((AT - at).days) for at in plan.past] == [168, 126, 84, 42]
    assert plan.past[0] >= days[0] + dt.timedelta(70)
    once = lay(orders(("a", "2025-05-01", 1.0)), "orders")
    assert snapshots.usual_window(once, "orders", AT) == (snapshots.LONGEST, 0)
    assert snapshots.schedule(once, "orders", AT).past == ()


def test_large_companies_are_sampled_evenly_and_weighted(lay):
    table = {"orders": lay(orders(*[(f"c{i:04}", "2025-05-20", 1.0) for i in range(1000)]), "orders")}
    rows = snapshots.panel(table, PLAN, most=100)
    now = rows[rows["when"] == AT]
    assert len(now) == 100
    assert now["weight"].sum() == pytest.approx(1000)
    assert np.diff(now["who"].str[1:].astype(int)).max() <= 11


def test_what_tells_that_a_customer_left(lay, facts):
    assert snapshots.told_by(facts | {"contracts": None}, "auto", AT) == "orders"
    with pytest.raises(MissingTable, match="neither contracts nor orders"):
        snapshots.told_by({"orders": None}, "auto", AT)


def held_plans(late=False, seed=2, n=2500):
    """Contracts of three plans, of which the last is the likeliest to end; `late`: written over when they end."""
    rng = np.random.default_rng(seed)
    began = np.datetime64("2023-06-01", "D") + rng.integers(0, 500, n)
    plan = rng.choice(["yearly", "monthly", "trial"], n)
    ended = began + (rng.exponential(pd.Series(plan).map({"yearly": 4000, "monthly": 900, "trial": 120}))).astype(int)
    known = ended < np.datetime64("2025-06-01")
    ended = pd.Series(ended).where(known)
    plan = np.where(known, "closed", plan) if late else plan
    frame = pd.DataFrame({"customer_id": [f"c{i}" for i in range(n)], "started_at": began, "ended_at": ended})
    return times(frame.assign(contract_id=frame["customer_id"], plan=plan, monthly_fee=10.0))


def test_the_plan_of_a_contract_tells_who_leaves_where_it_decides(lay):
    table = {"contracts": lay(held_plans(), "contracts")}
    plan = snapshots.schedule(table["contracts"], "contracts", AT, window_days=61)
    rows = snapshots.panel(table, plan)
    assert {c for c in rows if c.startswith("plan=")} == {"plan=yearly", "plan=monthly", "plan=trial"}
    assert rows.filter(like="plan=").sum(axis=1).eq(1).all()
    assert rows["billing_days"].between(0, snapshots.MONTH).all()
    without = at_risk.trial(rows[[c for c in rows if not c.startswith("plan=")]], "logistic")
    known = at_risk.trial(rows, "logistic")
    better, worse = (at_risk.quality(one)["auc"].iloc[0] for one in (known, without))
    assert better > worse + 0.1
    assert better > 0.7
    signs = readings.at_risk.signed(at_risk.signals(known))
    assert "trial" in signs.index[0] or "yearly" in signs.index[0]


def test_plans_that_leaving_may_have_written_over_are_left_out(lay):
    table = {"contracts": lay(held_plans(late=True), "contracts")}
    assert snapshots.plans(table["contracts"], AT) == []
    assert len(snapshots.plans(lay(held_plans(), "contracts"), AT)) == 3


def test_plans_are_those_of_the_snapshot_by_hand(lay):
    rows = [("a", "2025-01-01", "2025-05-01", "x"), ("a", "2025-04-20", None, "y"), ("b", "2025-05-15", None, "x"),
            ("b", "2025-06-02", None, "y")]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["customer_id", "started_at", "ended_at", "plan"])
    frame = times(frame.assign(contract_id=[f"k{i}" for i in range(4)]))
    found = snapshots.features({"contracts": lay(frame, "contracts")}, AT, "contracts", 28, ["x", "y"]).execute()
    found = found.set_index("customer_id").loc[["a", "b"]]
    assert found[["plan_0", "plan_1"]].to_numpy().tolist() == [[0, 1], [1, 0]], "neither of a past nor of a later plan"
    assert found["billing_days"].tolist() == pytest.approx([42 - snapshots.MONTH, 17])
    assert snapshots.plans(lay(frame, "contracts"), AT) == [], "of too few customers"
