"""Fixing: small chains worked by hand, the model against what was counted, honest intervals."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from cx_helpers import readings
from cx_helpers.measures import fixing


def log(paths):
    """paths: one string a customer, e.g. "home pay! pay": ! is a failure, ? abandoned."""
    rows = []
    for c, path in enumerate(paths):
        for i, step in enumerate(path.split()):
            outcome = {"!": "failure", "?": "abandoned"}.get(step[-1], "success")
            rows.append((f"c{c:05}", step.rstrip("!?"), outcome, dt.datetime(2025, 8, 23) + dt.timedelta(minutes=i)))
    frame = pd.DataFrame(rows, columns="customer_id touchpoint outcome occurred_at".split())
    return frame.assign(event_id=[f"e{i:06}" for i in range(len(frame))])


BY_HAND = ["home cart pay", "home cart! cart pay", "home cart!", "home cart pay?"] * 10


def test_a_chain_by_hand(lay):
    found = fixing.fixing(lay(log(BY_HAND), "touchpoints"), "pay", order_value=10.0)
    # of 40: cart succeeds for 30 visits, of which 20 convert and 10 abandon the payment; 20 first carts fail
    row = found.loc["cart"]
    assert row["converting"] == pytest.approx(0.5)
    assert row["fixed"] == pytest.approx(2 / 3)  # every journey then goes on as from a good cart: 20 of 30
    assert row["gained"] == pytest.approx(40 * (2 / 3 - 1 / 2))
    assert row["money"] == pytest.approx(10 * row["gained"])
    assert (row["n"], row["customers"]) == (20, 20)
    assert row["touched"] == 1
    # plain counting: 20 journeys with a failure converted 10 times, 20 without 10 times: nothing to gain
    assert row["counted_gain"] == pytest.approx(0)
    assert list(found.index) == ["cart"], "home never fails, and the goal is no way to itself"


def test_the_chain_converts_exactly_whom_the_log_converts(lay):
    rng = np.random.default_rng(4)
    paths = []
    for _ in range(300):
        steps = [rng.choice(list("abcd")) + rng.choice(["", "", "", "!"]) for _ in range(rng.integers(1, 8))]
        paths.append(" ".join([*steps, *["pay"] * (rng.random() < 0.4), *["a"] * (rng.random() < 0.3)]))
    counted = np.mean(["pay" in p.split() for p in paths])
    frame = log(paths)
    found = fixing.fixing(lay(frame, "touchpoints"), "pay")
    assert found["converting"].to_numpy() == pytest.approx(counted)
    again = fixing.fixing(lay(frame.sample(frac=1, random_state=1), "touchpoints"), "pay")
    pd.testing.assert_frame_equal(found, again)
    assert (found["low"] <= found["high"]).all()


def test_what_follows_a_conversion_is_not_looked_at(lay):
    found = fixing.fixing(lay(log(["a pay b! b", "a! pay", "a"] * 20), "touchpoints"), "pay")
    assert list(found.index) == ["a"]


def test_the_interval_covers_the_gain_of_many_companies(lay):
    # a fails for 30 %; then 20 % convert, otherwise 60 %: the true gain is 0.3 x 0.4 = 0.12
    rng, covered = np.random.default_rng(8), 0
    for _ in range(40):
        bad = rng.random(400) < 0.3
        won = rng.random(400) < np.where(bad, 0.2, 0.6)
        paths = ["a" + "!" * int(b) + " pay" * int(w) for b, w in zip(bad, won, strict=True)]
        row = fixing.fixing(lay(log(paths), "touchpoints"), "pay", times=200).loc["a"]
        covered += row["low"] <= 0.12 <= row["high"]
    assert covered >= 34  # 95 % of 40 is 38; 34 or fewer has a chance below one in a hundred


def test_a_gain_is_told_as_a_bound_and_never_loudly(lay):
    paths = ["a! b"] * 60 + ["a pay"] * 120 + ["a! pay"] * 20
    found, looks = readings.fixing.findings(fixing.fixing(lay(log(paths), "touchpoints"), "pay"))
    assert looks == 1
    assert (found[0].kind, found[0].severity, found[0].subject) == ("opportunity", "medium", {"touchpoint": "a"})
    assert "up to" in found[0].text["en"]
    assert "upper bound" in found[0].detail["en"]
    assert found[0].impact["unit"] == "customers"


def test_neither_the_goal_nor_an_end_is_offered_for_mending(lay):
    # ten abandon the payment; cancelling fails for five, and after it, done or not, nobody goes on
    paths = ["a pay"] * 20 + ["a! pay"] * 10 + ["a pay?"] * 10 + ["a cancel"] * 10 + ["a cancel! pay"] * 5
    found = fixing.fixing(lay(log(paths), "touchpoints"), "pay")
    assert list(found.index) == ["a"]
    named = {finding.subject["touchpoint"] for finding in readings.fixing.findings(found)[0]}
    assert not named & {"pay", "cancel"}
    assert fixing.fixing(lay(log(["a pay?", "a pay"] * 20), "touchpoints"), "pay").empty


def test_a_log_without_failures_offers_nothing(lay):
    none = fixing.fixing(lay(log(["a pay", "a"] * 5), "touchpoints"), "pay")
    assert none.empty
    assert readings.fixing.findings(none) == ([], 0)


def test_a_goal_that_nobody_came_to_offers_nothing(lay):
    steps = lay(log(["a pay!", "a! pay"]), "touchpoints")
    assert fixing.fixing(steps, "buy").empty
    assert fixing.fixing(steps.filter(steps.touchpoint == "none"), "pay").empty


def test_a_ring_that_nobody_leaves_converts_nobody():
    # a draw of the customers may leave out those who left: start -> a, then only a -> a; b converts half
    counts = np.zeros((1, 3, 4))
    counts[0, 0, :2], counts[0, 1, 0], counts[0, 2, 2:] = [1, 1], 5, [1, 1]
    assert fixing._converting(counts) == pytest.approx([0.25])
