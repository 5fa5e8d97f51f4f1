"""Moments of truth: Mantel-Haenszel by hand, confounding undone, futures not yet known left out."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from cx_helpers import readings
from cx_helpers.measures import moments

DAY0 = dt.datetime(2025, 1, 1)


def company(groups, prior_gap=10):
    """groups: (customers, prior orders, outcome, who come again) -> touchpoints, orders; the log ends at day 200."""
    steps, orders, c = [], [], 0
    for size, prior, outcome, again in groups:
        for i in range(size):
            who, at = f"c{c:05}", DAY0 + dt.timedelta(days=100)
            steps.append((f"e{c:05}", who, at, "support", outcome, 60.0))
            orders += [(f"p{c:05}-{k}", who, at - dt.timedelta(days=prior_gap + k)) for k in range(prior)]
            orders += [
                (f"same{c:05}", who, at + dt.timedelta(hours=3))
            ]  # belongs to the visit: neither before nor again
            if i < again:
                orders.append((f"n{c:05}", who, at + dt.timedelta(days=20)))
            c += 1
    orders.append(("last", "nobody", DAY0 + dt.timedelta(days=200)))
    steps = pd.DataFrame(steps, columns="event_id customer_id occurred_at touchpoint outcome duration_s".split())
    orders = pd.DataFrame(orders, columns="order_id customer_id ordered_at".split()).assign(amount=1.0)
    return steps, orders


def look(lay, groups, **options):
    steps, orders = company(groups)
    found = moments.moments(lay(steps, "touchpoints"), lay(orders, "orders"), **options)
    return found[found["experience"] == "outcome"].iloc[0]


def test_two_strata_by_hand(lay):
    # no prior order: 10/40 against 30/60; three prior: 30/60 against 20/40, hence no difference there
    row = look(lay, [(40, 0, "failure", 10), (60, 0, "success", 30), (60, 3, "failure", 30), (40, 3, "success", 20)])
    # weights 40 x 60 / 100 in both strata: (-0.25 + 0) / 2
    assert row["change"] == pytest.approx(-0.125)
    assert (row["n"], row["n_bad"]) == (200, 100)
    assert (row["again_bad"], row["again_good"], row["crude"]) == pytest.approx((0.4, 0.5, -0.1))
    # Greenland, Robins: (10*30*60**3 + 30*30*40**3 + 30*30*40**3 + 20*20*60**3) / (2400 * 100**2) / 48**2
    noise = (300 * 60**3 + 900 * 40**3 + 900 * 40**3 + 400 * 60**3) / (2400 * 100**2)
    assert row["high"] - row["change"] == pytest.approx(1.959964 * noise**0.5 / 48)
    # CMH: bad observed 40, expected 40*0.4 + 60*0.5 = 46; variance 2400*40*60/(100**2*99) + 2400*50*50/(100**2*99)
    z = -6 / ((2400 * 2400 + 2400 * 2500) / (100**2 * 99)) ** 0.5
    assert row["p_value"] == pytest.approx(2 * 0.5 * (1 + __import__("math").erf(z / 2**0.5)), rel=1e-6)


def test_prior_behaviour_is_not_taken_for_a_moment_of_truth(lay):
    # loyal customers meet the failure less often and return more: crude -0.2, within the strata nothing
    groups = [(300, 0, "failure", 60), (100, 0, "success", 20), (100, 5, "failure", 60), (300, 5, "success", 180)]
    row = look(lay, groups)
    assert row["crude"] == pytest.approx(-0.2)
    assert row["change"] == pytest.approx(0, abs=1e-9)
    assert row["loud"] is None


def test_strata_that_point_the_other_way_are_counted(lay):
    groups = [(100, 0, "failure", 10), (100, 0, "success", 60), (100, 5, "failure", 60), (100, 5, "success", 40)]
    assert look(lay, groups)["flips"] == 1


def test_a_planted_moment_is_told_as_association(lay):
    groups = [(200, 0, "failure", 40), (400, 0, "success", 200), (100, 2, "failure", 30), (200, 2, "success", 120)]
    steps, orders = company(groups)
    found, looks = readings.moments.findings(
        moments.moments(lay(steps, "touchpoints"), lay(orders, "orders")), order_value=50
    )
    assert (looks, len(found)) == (1, 1)  # all stays are equally long, so nobody was slow: one look
    assert (found[0].severity, found[0].subject["touchpoint"]) == ("high", "support")
    assert found[0].impact["value"] == pytest.approx(-300 * (found[0].value - found[0].baseline))
    assert "not a cause" in found[0].detail["en"]
    assert "support" in readings.moments.sentence(found, looks)["en"]


def test_a_window_that_has_not_elapsed_is_left_out(lay):
    groups = [(100, 0, "failure", 10), (100, 0, "success", 50)]
    steps, orders = company(groups)
    laid = lay(steps, "touchpoints"), lay(orders, "orders")
    end = DAY0 + dt.timedelta(days=161)
    assert len(moments.moments(*laid, window_days=60, until=end)) == 1
    assert moments.moments(*laid, window_days=61, until=end).empty
    assert "time to return is over" in readings.moments.sentence([], 0)["en"]


def test_slow_visits_and_low_scores_are_experiences_too(lay):
    steps, orders = company([(100, 0, "success", 20), (300, 0, "success", 200)])
    steps["duration_s"] = np.r_[np.full(100, 500.0), np.full(300, 20.0)]
    steps.loc[:99, "duration_s"] = 500.0 + np.arange(100)
    said = steps.assign(
        response_id=steps["event_id"],
        responded_at=steps["occurred_at"],
        instrument="csat",
        scale_min=1.0,
        scale_max=5.0,
    )
    said["score"] = np.r_[np.full(100, 2.0), np.full(300, 5.0)]
    said = said[
        ["response_id", "customer_id", "responded_at", "touchpoint", "instrument", "score", "scale_min", "scale_max"]
    ]
    found = moments.moments(lay(steps, "touchpoints"), lay(orders, "orders"), responses=lay(said))
    change = found.set_index("experience")["change"]
    assert change["score"] == pytest.approx(0.2 - 200 / 300)
    assert change["duration"] < -0.4
    assert "outcome" not in change  # nobody failed


def test_where_there_is_nothing_to_find_nothing_is_found(lay):
    loud = 0
    for seed in range(10):
        rng = np.random.default_rng(seed)
        groups = []
        for prior, chance in ((0, 0.2), (1, 0.4), (3, 0.6)):
            for outcome, size in (("failure", 150), ("success", 500)):
                groups.append((size, prior, outcome, rng.binomial(size, chance)))
        loud += look(lay, groups)["loud"] == "high"
    assert loud <= 1


def test_no_history_and_no_signal(lay):
    steps, orders = company([(40, 0, "failure", 1)])
    assert moments.moments(lay(steps.head(0), "touchpoints"), lay(orders.head(0), "orders")).empty
    bare = lay(steps.drop(columns=["outcome", "duration_s"]), "touchpoints")
    assert moments.moments(bare, lay(orders, "orders")).empty


def test_a_request_counts_as_unsolved_after_a_week_and_is_watched_from_then_on(lay):
    steps, orders = company([(1, 0, "success", 0)])
    opened, tickets, more = DAY0 + dt.timedelta(days=100), [], []
    # solved within the week 40, after it 30, never 30; a purchase on day 30 after opening: 30, 10 and 5 of them
    for group, (size, days, again) in enumerate([(40, 6.9, 30), (30, 7.1, 10), (30, None, 5)]):
        for i in range(size):
            who = f"t{group}{i:03}"
            solved = pd.NaT if days is None else opened + dt.timedelta(days=days)
            tickets.append((f"k{who}", who, opened, solved))
            if i < again:
                more.append((f"o{who}", who, opened + dt.timedelta(days=30), 1.0))
            more.append((f"w{who}", who, opened + dt.timedelta(days=3), 1.0))  # within the week: before, not after
    late = opened + dt.timedelta(days=60)  # its window ends after the log does
    tickets.append(("kx", "tx", late, pd.NaT))
    tickets = pd.DataFrame(tickets, columns="ticket_id customer_id opened_at solved_at".split())
    orders = pd.concat([orders, pd.DataFrame(more, columns=orders.columns)])
    tables = lay(steps, "touchpoints"), lay(orders, "orders")
    found = moments.moments(*tables, window_days=60, tickets=lay(tickets, "tickets"))
    (row,) = found.to_dict("records")
    assert (row["experience"], row["touchpoint"], row["n"], row["n_bad"]) == ("unsolved", "ticket", 100, 60)
    assert (row["again_bad"], row["again_good"]) == pytest.approx((15 / 60, 30 / 40))
    assert row["change"] == pytest.approx(-0.5)  # one stratum: all had bought once before
    told, looks = readings.moments.findings(found)
    assert looks == 1
    assert told[0].severity == "high"
    assert "a week without a solution" in told[0].text["en"]
    assert moments.moments(*tables, window_days=60).empty
