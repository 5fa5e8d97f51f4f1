"""Cases from opening to closing, worked by hand; planted differences found again; silence where nobody knows."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from cx_helpers import readings
from cx_helpers.dates import Period
from cx_helpers.disclosure import Limit
from cx_helpers.measures import closed_loop, recovery, risen

MONTH = Period.parse("2025-09", calendar="gregorian", timezone="UTC")
START = pd.Timestamp("2025-09-01", tz="UTC")


def at(hours):
    return [None if h is None else START + dt.timedelta(hours=float(h)) for h in hours]


def book(lay, opened, due=None, contacted=None, closed=None, **columns):
    n = len(opened)
    made = {"case_id": [f"k{i}" for i in range(n)], "customer_id": [f"c{i}" for i in range(n)]}
    times = {"opened_at": opened, "due_at": due or [h + 48 for h in opened]}
    times |= {"contacted_at": contacted or [None] * n, "closed_at": closed or [None] * n}
    times = {k: pd.Series(pd.to_datetime(at(v), utc=True)).dt.as_unit("us") for k, v in times.items()}
    frame = pd.DataFrame(made | times | columns)
    return lay(frame, "contracts")  # any name: a book is no contract table


def cases(*given, **columns):
    return closed_loop.cases(book(*given, **columns), None, MONTH.end)


SIX = ([0, 0, 0, 0, 0, 700], None, [5, 30, None, None, 100, None], [10, 40, 60, None, 200, 900])


def test_who_still_waits_counts_as_long_as_they_were_seen(lay):
    made = cases(lay, *SIX)
    rows = made.execute().set_index("case_id")
    assert rows.loc["k2", "contacted_at"] == at([60])[0], "solved without a word: contacted by that"
    assert not rows.loc["k5", "closed"], "after the period nothing has happened yet"
    assert rows["to_close"].tolist() == [10, 40, 60, 720, 200, 20]
    found = closed_loop.speed(made)
    # contact: events at 5, 30, 60, 100 of six; k5 is seen for 20 hours: S(5) 5/6, then 4 at risk: 3/4, 2/3, 1/2
    assert found.loc["contact", ["n", "happened", "median_hours"]].tolist() == [6, 4, 60]
    assert found.loc["contact", "by_24"] == pytest.approx(1 / 6)
    assert found.loc["contact", "by_72"] == pytest.approx(1 - 5 / 6 * 3 / 4 * 2 / 3)
    assert found.loc["close", ["happened", "median_hours"]].tolist() == [4, 60]


def test_in_time_is_asked_of_what_fell_due_in_the_period_only(lay):
    opened = [-100, 0, 0, 0, 690]
    made = cases(lay, opened, [-50, 48, 48, 48, 738], None, [None, 10, 48, 49, 700], owner=["a", "a", "a", "b", "b"])
    found = closed_loop.in_time(made, MONTH)
    assert found.loc["all", ["n", "loop_closed_rate"]].tolist() == [3, pytest.approx(2 / 3)]
    assert 0 < found.loc["all", "low"] < 2 / 3 < found.loc["all", "high"] < 1
    assert closed_loop.in_time(made, MONTH, "owner")["loop_closed_rate"].tolist() == [1, 0]


def test_what_is_open_is_told_by_owner_and_age(lay):
    opened = [719, 700, 600, 400, 0, 0]
    made = cases(lay, opened, closed=[None] * 5 + [5], owner=["a", "a", None, "a", "a", "a"])
    found = closed_loop.waiting(made, MONTH.end)
    ages = ["n", "overdue", "under_1", "under_3", "under_7", "under_30", "older"]
    assert found.loc["a", ages].tolist() == [4, 2, 2, 0, 0, 1, 1]
    assert found.loc[closed_loop.NONE, ages].tolist() == [1, 1, 0, 0, 1, 0, 0]


def test_without_a_book_the_requests_to_support_are_the_cases(lay):
    times = {"opened_at": at([0, 0]), "first_reply_at": at([1, None]), "solved_at": at([50, None])}
    frame = pd.DataFrame({"ticket_id": ["t1", "t2"]} | {k: pd.to_datetime(v, utc=True) for k, v in times.items()})
    frame = frame.astype(dict.fromkeys(times, "datetime64[us, UTC]"))
    made = closed_loop.cases(None, lay(frame, "tickets"), MONTH.end, due_hours=48)
    found = closed_loop.in_time(made, MONTH)
    assert found.loc["all", ["n", "loop_closed_rate"]].tolist() == [2, 0]
    assert closed_loop.speed(made).loc["contact", ["happened", "median_hours"]].tolist() == [1, 1]


def many(lay, n, rng, slow=0.0, owner=("a", "b", "c")):
    who = rng.choice(list(owner), n)
    opened = rng.uniform(0, 600, n)
    takes = np.where(rng.random(n) < np.where(who == "a", 0.7 - slow, 0.7), 20, 90)
    return cases(lay, list(opened), closed=list(opened + takes), owner=who)


def test_an_owner_whose_cases_lie_is_named_and_one_by_chance_is_not(lay):
    rng = np.random.default_rng(1)
    slow = closed_loop.slower(many(lay, 600, rng, 0.35), MONTH)
    causes = pd.DataFrame()
    found = readings.closed_loop.findings(slow, causes)
    assert [f.subject for f in found] == [{"owner": "a"}]
    assert found[0].severity == "high"
    assert found[0].low < found[0].value < found[0].baseline
    quiet = [closed_loop.slower(many(lay, 300, rng), MONTH)["p_adjusted"].min() < 0.05 for _ in range(12)]
    assert sum(quiet) <= 2


def test_a_cause_that_comes_more_often_is_found(lay):
    opened = [-24 * d for d in range(1, 320)] + list(range(0, 600, 6))
    aspects = ["price" if i % 5 else "packaging" for i in range(319)] + [
        "packaging" if i % 2 else "price" for i in range(100)
    ]
    made = cases(lay, opened, aspect=aspects, touchpoint=[None] * len(opened))
    terms = closed_loop.causes(made)
    found = risen.risen(terms, [*MONTH.previous().back(10), MONTH])
    (one,) = readings.closed_loop.findings(closed_loop.slower(made, MONTH), found)
    assert one.subject == {"cause": "packaging"}
    assert one.kind == "case"
    assert "packaging" in one.text["en"]


def shop(lay, rng, n, gain, confounded=0.0):
    """Cases of n customers, half of whom are called; who is called buys again with a chance of 30 % + gain."""
    spent = rng.exponential(100, n)
    rich = spent > 70
    called = rng.random(n) < 0.5 + confounded * np.where(rich, 1, -1)
    back = rng.random(n) < 0.3 + gain * called + (0.3 * rich if confounded else 0)
    opened = rng.uniform(-2000, -1800, n)  # the window is over by the period's end
    made = cases(lay, list(opened), contacted=[o + 10 if c else None for o, c in zip(opened, called, strict=True)])
    before = pd.DataFrame({"customer_id": [f"c{i}" for i in range(n)], "amount": spent, "when": opened - 500})
    after = before[back].assign(amount=1.0, when=opened[back] + 24 * 20)
    orders = pd.concat([before, after], ignore_index=True)
    orders["ordered_at"] = pd.to_datetime(at(orders.pop("when")), utc=True).as_unit("us")
    orders["order_id"] = [str(i) for i in range(len(orders))]
    return recovery.recovery(made, lay(orders, "orders"), MONTH.end)


def test_a_gain_of_twenty_points_is_found_and_none_where_there_is_none(lay):
    found = shop(lay, np.random.default_rng(3), 1500, 0.2)
    gap = found.loc["difference"]
    assert gap["low"] < 0.2 < gap["high"]
    (one,) = readings.recovery.findings(found, 72, 60)
    assert (one.severity, one.good) == ("high", True)
    assert "not a cause" in one.detail["en"]
    nothing = [shop(lay, np.random.default_rng(seed), 400, 0.0).loc["difference", "p_value"] for seed in range(12)]
    assert sum(p < 0.05 for p in nothing) <= 2


def test_what_was_known_before_is_made_alike(lay):
    """The richer are called more often and buy again more often anyway: unweighted that looks like a gain."""
    found = shop(lay, np.random.default_rng(5), 3000, 0.0, confounded=0.3)
    raw = found.loc["contacted", "recovered"] - found.loc["others", "recovered"]
    gap = found.loc["difference"]
    assert raw > 0.12
    assert gap["low"] < 0.02
    assert abs(gap["weighted"]) < raw / 3
    balance = found.attrs["balance"].abs()
    assert balance.loc["spent", "before"] > 0.3
    assert balance["after"].max() < 0.01


def test_few_customers_are_not_compared_and_groups_of_few_not_shown(lay):
    found = shop(lay, np.random.default_rng(7), 40, 0.2)
    assert found.loc["difference"].drop(["n", "customers"]).isna().all()
    assert readings.recovery.findings(found, 72, 60) == []
    assert "fewer than 30" in readings.recovery.doubts(found)["en"]
    small = Limit(30, 10, lambda column: frozenset())
    made = cases(lay, *SIX, owner=["a"] * 6)
    assert closed_loop.in_time(made, MONTH, "owner", small)["loop_closed_rate"].isna().all()
    assert closed_loop.waiting(made, MONTH.end, small)["overdue"].isna().all()
    assert closed_loop.speed(made, small)["median_hours"].isna().all()


def test_no_case_is_no_answer_and_no_claim(lay):
    made = cases(lay, *SIX).filter(False)
    assert closed_loop.speed(made)["n"].tolist() == [0, 0]
    assert closed_loop.speed(made)["median_hours"].isna().all()
    assert closed_loop.curves(made).empty
    assert closed_loop.waiting(made, MONTH.end).empty
    rate = closed_loop.in_time(made, MONTH)
    assert rate["loop_closed_rate"].isna().all()
    assert "Too few" in readings.closed_loop.sentence(rate, closed_loop.waiting(made, MONTH.end))["en"]
    assert readings.closed_loop.findings(closed_loop.slower(made, MONTH), pd.DataFrame()) == []


def test_a_case_is_told_in_both_languages():
    assert (
        readings.closed_loop.cause("packaging · delivery")["fa"]
        != readings.closed_loop.cause("packaging · delivery")["en"]
    )
