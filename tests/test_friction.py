"""Friction: counted by hand, planted and found, not found where there is none, and the stories of a published log."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from cx_helpers import readings
from cx_helpers.measures import friction


def visits(seed=1, customers=600, days=30, fails=0.05, more=None):
    """A shop's log: home, cart, pay (again after a failure, half of the time), done; `more(frame)` changes failures."""
    rng = np.random.default_rng(seed)
    rows = []
    for c in range(customers):
        channel, day = rng.choice(["app", "web", "phone"]), rng.integers(days)
        chance = more(channel, day) if more else fails
        path = [("home", "success"), ("cart", "success")]
        bad = rng.random() < chance
        path += [("pay", "failure" if bad else "success")]
        if bad and rng.random() < 0.5:
            path += [("pay", "success")]
        if path[-1][1] == "success":
            path += [("done", "success")]
        at = dt.datetime(2025, 8, 23) + dt.timedelta(days=int(day), minutes=int(rng.integers(1000)))
        rows += [(f"c{c}", f"s{c}", p, o, at + dt.timedelta(minutes=i), channel) for i, (p, o) in enumerate(path)]
    frame = pd.DataFrame(rows, columns="customer_id session_id touchpoint outcome occurred_at channel".split())
    frame["event_id"] = [f"e{i:05}" for i in range(len(frame))]
    return frame


def test_a_planted_failure_is_found_in_its_channel_and_costed(lay):
    frame = visits(more=lambda channel, day: 0.3 if channel == "app" else 0.05)
    looks = friction.friction(lay(frame, "touchpoints"), goal="done", order_value=100.0)
    best = looks[(looks["signal"] == "failure") & (looks["against"] == "others") & looks["loud"].notna()].iloc[0]
    assert (best["touchpoint"], best["group"], best["loud"]) == ("pay", "app", "high")
    pay = frame[frame["touchpoint"] == "pay"]
    bad = (pay["outcome"] == "failure").groupby(pay["channel"]).agg(["sum", "mean"])
    rest = pay[pay["channel"] != "app"]["outcome"].eq("failure").mean()
    assert best["value"] == pytest.approx(bad.loc["app", "mean"])
    assert best["baseline"] == pytest.approx(rest)
    assert best["hit"] == bad.loc["app", "sum"]  # each customer comes once
    assert best["excess"] == pytest.approx(best["hit"] * (best["value"] - rest) / best["value"])
    # about half of those hit never reach the goal; all others do
    assert best["harm"] == pytest.approx(0.5, abs=0.15)
    assert best["money"] == pytest.approx(100 * best["lost"])
    found, count = readings.friction.findings(looks)
    assert count == len(looks)
    assert found[0].subject["touchpoint"] == "pay"
    assert found[0].subject["channel"] == "app"
    assert "app" in readings.friction.sentence(found, count)["en"]
    assert "«pay»" in found[0].text["fa"]


def test_an_incident_is_found_by_its_days(lay):
    frame = visits(seed=2, customers=900, more=lambda channel, day: 0.5 if 10 <= day < 14 else 0.04)
    looks = friction.friction(lay(frame, "touchpoints"))
    row = looks[(looks["against"] == "time") & (looks["signal"] == "failure") & looks["column"].isna()].iloc[0]
    assert row["loud"] == "high"
    assert abs((row["start"] - dt.date(2025, 9, 2)).days) <= 1
    assert abs((row["end"] - dt.date(2025, 9, 6)).days) <= 1


def test_an_incident_begins_at_the_midnight_of_the_company(lay):
    # two bad days in Tehran, where people come in the first hours of the day: in UTC it is still the day before
    frame = visits(seed=2, customers=900, more=lambda channel, day: 0.6 if day in (10, 11) else 0.03)
    midnight = frame["occurred_at"].dt.floor("D")
    frame["occurred_at"] = midnight + (frame["occurred_at"] - midnight) / 10 - dt.timedelta(hours=3, minutes=30)
    looks = friction.friction(lay(frame, "touchpoints"), by=(), timezone="Asia/Tehran")
    row = looks[(looks["against"] == "time") & (looks["signal"] == "failure")].iloc[0]
    assert (row["start"], row["end"]) == (dt.date(2025, 9, 2), dt.date(2025, 9, 4))
    pay = frame[(frame["touchpoint"] == "pay") & (frame["outcome"] == "failure")]
    local = (pay["occurred_at"] + dt.timedelta(hours=3, minutes=30)).dt.date
    assert row["hit"] == pay[(local >= row["start"]) & (local < row["end"])]["customer_id"].nunique()


def test_what_lasts_most_of_the_time_is_no_incident(lay):
    frame = visits(seed=6, customers=1500, more=lambda channel, day: 0.0 if day >= 27 else 0.3)
    looks = friction.friction(lay(frame, "touchpoints"), by=())
    for row in looks[looks["against"] == "time"].itertuples():
        assert (row.end - row.start).days <= 15


def test_a_failure_that_is_new_this_period_is_found_against_the_period_before(lay):
    now, before = visits(seed=3, fails=0.25), visits(seed=4, fails=0.04)
    looks = friction.friction(lay(now, "touchpoints"), lay(before, "touchpoints"), by=())
    row = looks[(looks["against"] == "before") & (looks["signal"] == "failure") & looks["loud"].notna()].iloc[0]
    assert row["touchpoint"] == "pay"
    assert row["baseline"] == pytest.approx(0.04, abs=0.03)


def test_where_there_is_nothing_to_find_nothing_is_found(lay):
    loud = 0
    for seed in range(10, 20):
        now, before = visits(seed=seed), visits(seed=seed + 100)
        looks = friction.friction(lay(now, "touchpoints"), lay(before, "touchpoints"), goal="done")
        loud += (looks["loud"] == "high").any()
    assert loud <= 1


def test_a_loop_is_one_finding_that_names_its_round(lay):
    rows = []
    for c in range(400):
        channel = "app" if c % 2 else "web"
        path = ["home", "cart", "ship", "pay"] if c % 8 != 1 else ["home", "cart", "ship", "cart", "ship", "pay"]
        at = dt.datetime(2025, 8, 23) + dt.timedelta(hours=c)
        rows += [(f"c{c}", f"s{c}", p, at + dt.timedelta(minutes=i), channel) for i, p in enumerate(path)]
    frame = pd.DataFrame(rows, columns="customer_id session_id touchpoint occurred_at channel".split())
    frame["event_id"] = [f"e{i:05}" for i in range(len(frame))]
    looks = friction.friction(lay(frame, "touchpoints"))
    found, _ = readings.friction.findings(looks)
    assert len(found) == 1  # cart and ship are one loop
    assert found[0].measure == "return_rate"
    assert found[0].value == pytest.approx(0.25)
    assert (found[0].subject["channel"], found[0].subject["loop"]) == ("app", "cart → ship")


def test_a_touchpoint_that_only_fails_is_counted_per_journey(lay):
    frame = visits(seed=5, fails=0.0)
    error = frame[frame["touchpoint"] == "pay"].iloc[:40].assign(touchpoint="oops", outcome="failure")
    error["occurred_at"] += dt.timedelta(seconds=30)
    both = pd.concat([frame, error], ignore_index=True)
    both["event_id"] = [f"e{i:05}" for i in range(len(both))]
    looks = friction.friction(lay(both, "touchpoints"), by=())
    row = looks[looks["touchpoint"] == "oops"].iloc[0]
    journeys = both["session_id"].nunique()
    inside = both[(both["occurred_at"].dt.date >= row["start"]) & (both["occurred_at"].dt.date < row["end"])]
    assert row["n"] <= journeys
    assert row["n"] == inside["session_id"].nunique()


def test_an_empty_or_a_tiny_log_has_nothing_to_look_at(lay):
    for frame in (visits().head(0), visits(customers=1)):
        looks = friction.friction(lay(frame, "touchpoints"))
        assert looks.empty
        found, count = readings.friction.findings(looks)
        assert (found, count) == ([], 0)
        assert "too little" in readings.friction.sentence(found, count)["en"]


def test_what_comes_after_the_goal_loses_nothing_of_it(lay):
    """Visits to `after` fail far more often in the app; the log has lost that `done` came first for half of those."""
    rng, rows = np.random.default_rng(5), []
    for c in range(600):
        channel = "app" if c % 2 else "web"
        bad = rng.random() < (0.6 if channel == "app" else 0.1)
        cut = bad and rng.random() < 0.5  # the log begins in the middle of the journey
        path = [] if cut else [("done", "success")]
        path += [("after", "failure" if bad else "success")]
        at = dt.datetime(2025, 8, 23) + dt.timedelta(days=c % 30)
        rows += [(f"c{c}", f"s{c}", p, o, at + dt.timedelta(minutes=i), channel) for i, (p, o) in enumerate(path)]
    frame = pd.DataFrame(rows, columns="customer_id session_id touchpoint outcome occurred_at channel".split())
    frame["event_id"] = [f"e{i:05}" for i in range(len(frame))]
    looks = friction.friction(lay(frame, "touchpoints"), goal="done", order_value=100.0)
    stand = looks[looks["loud"].notna() & (looks["touchpoint"] == "after")]
    assert len(stand)
    assert (stand["harm"] == friction.ANNOYANCE).all()
    told = " ".join(f.detail["en"] for f in readings.friction.findings(looks)[0])
    assert "loss" not in told
    assert "less often" not in told


def test_where_nobody_comes_to_the_goal_harm_is_the_least_there_is(lay):
    quiet = visits().head(0)
    assert friction.friction(lay(quiet, "touchpoints"), lay(quiet, "touchpoints"), goal="done").empty
    often_in_the_app = visits(more=lambda channel, day: 0.3 if channel == "app" else 0.05)
    looks = friction.friction(lay(often_in_the_app, "touchpoints"), goal="never")
    stand = looks[looks["loud"].notna()]
    assert len(stand)
    assert (stand["harm"] == friction.ANNOYANCE).all()


@pytest.mark.parametrize("errors_are_steps", [True, False])
def test_the_stories_of_the_published_log_come_first(lay, real, errors_are_steps):
    """The payment incident of late May and the loop around shipping on the phone, whichever way errors are mapped."""
    path = real / "ecom_stories" / "ecom.csv.gz"
    if not path.is_file():
        pytest.skip("no ecom_stories/ecom.csv.gz in the real data")
    log = pd.read_csv(path).rename(
        columns={"user_id": "customer_id", "event": "touchpoint", "timestamp": "occurred_at", "platform": "channel"}
    )
    log["occurred_at"] = pd.to_datetime(log["occurred_at"])
    log["event_id"] = [f"e{i:06}" for i in range(len(log))]
    marks = {"payment_error": "payment_details", "checkout_bug": "shipping_details"}
    log["outcome"] = log["touchpoint"].isin([*marks, "error_page"]).map({True: "failure", False: None})
    if not errors_are_steps:
        log["touchpoint"] = log["touchpoint"].replace(marks)
    found, _ = readings.friction.findings(friction.friction(lay(log, "touchpoints"), goal="purchase"))
    top = found[:3]
    told = [f"{f.subject['touchpoint']} {f.subject.get('loop', '')}" for f in top]
    incident = next(f for f in top if f.subject["touchpoint"] in ("payment_error", "payment_details"))
    assert "2024-05-13" <= incident.subject["from"] <= "2024-05-20"
    assert "2024-06-06" <= incident.subject["to"] <= "2024-06-14"
    loop = next(f for f, words in zip(top, told, strict=True) if "shipping" in words)
    assert loop.subject["channel"] == "mobile"
    assert all(f.severity == "high" for f in (incident, loop))
