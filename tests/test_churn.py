"""Churn: contracts counted by hand, planted groups found, chance silent, what cannot be counted said aloud."""

import datetime as dt
import re

import numpy as np
import pandas as pd
import pytest

from cx_helpers import disclosure, readings, wording
from cx_helpers.dates import Period
from cx_helpers.measures import churn, churn_hazards, snapshots

UNTIL = dt.datetime(2025, 9, 1, tzinfo=dt.UTC)
AUGUST = Period.parse("2025-08", calendar="gregorian", timezone="UTC")


def contracts(rows, **columns):
    """Contracts told as (customer, first day, last day or None)."""
    frame = pd.DataFrame(rows, columns=["customer_id", "started_at", "ended_at"])
    frame["contract_id"] = [f"k{i:05d}" for i in range(len(frame))]
    for column in ("started_at", "ended_at"):
        frame[column] = pd.to_datetime(frame[column], utc=True).astype("datetime64[us, UTC]")
    frame["customer_id"] = frame["customer_id"].astype("string")
    return frame.assign(**columns)


SMALL = [
    ("a", "2025-07-01", "2025-08-10"),
    ("b", "2025-07-01", None),
    ("c", "2025-07-02", "2025-09-15"),  # ends after all that may be known
    ("d", "2025-08-05", "2025-08-20"),  # began in the period
    ("e", "2025-06-01", "2025-07-20"),  # ended before it
    ("f", "2025-10-01", None),  # in the future
    ("g", "2025-08-01", "2025-07-01"),  # backwards
    ("h", None, None),
    (None, "2025-07-01", "2025-08-31"),
]


def test_the_rate_of_a_period_by_hand(lay):
    found = churn.rate(lay(contracts(SMALL), "contracts"), AUGUST)
    assert found.loc["all", ["n", "customers"]].tolist() == [4, 4]  # a, b, c and the one of nobody known
    assert found.loc["all", "churn_rate"] == 0.5
    assert found.loc["all", "low"] < 0.5 < found.loc["all", "high"]


def test_spans_by_hand_know_nothing_that_came_after(lay):
    table = lay(contracts(SMALL), "contracts")
    found = churn.spans(table, UNTIL).execute().set_index("contract_id").sort_index()
    assert found["days"].tolist() == [40, 62, 61, 15, 49, 61]
    assert found["ended"].tolist() == [True, False, False, True, True, True]
    assert churn.left_out(table, UNTIL) == {"no_start": 1, "not_yet": 1, "backwards": 1}
    assert len(found) + sum(churn.left_out(table, UNTIL).values()) == len(SMALL)
    assert "1 contract has no beginning" in readings.churn.left_out(churn.left_out(table, UNTIL))["en"]


def grown(rng, n=900, hazard=0.05, first="2023-06-01", **plans):
    """Contracts begun evenly, which end at a hazard a month; `plans` give groups hazards of their own."""
    start = pd.Timestamp(first, tz="UTC") + pd.to_timedelta(rng.uniform(0, 790, n), "D")
    plan = rng.choice(["basic", "plus", *plans], n)
    month = rng.exponential(1 / np.array([plans.get(p, hazard) for p in plan]))
    end = start + pd.to_timedelta(month * churn.MONTH, "D")
    end = [e if e < pd.Timestamp(UNTIL) else None for e in end]
    return contracts(zip([f"c{i}" for i in range(n)], start, end, strict=True), plan=plan)


def test_a_period_that_began_before_ends_were_recorded_has_no_rate(lay):
    table, mid = lay(contracts(SMALL), "contracts"), dt.datetime(2025, 8, 5, tzinfo=dt.UTC)
    found = churn.rate(table, AUGUST, since=mid)
    assert found.loc["all", "n"] == 4
    assert found.loc["all", ["churn_rate", "low", "high"]].isna().all()
    assert "recorded from 14 Mordad 1404 on only" in readings.churn.sentence(found, mid)["en"]
    assert churn.rate(table, AUGUST, since=AUGUST.start).loc["all", "churn_rate"] == 0.5
    begun = list(snapshots.schedule(table, "contracts", UNTIL, 0, 7, since=mid).past)
    assert begun == [dt.datetime(2025, 8, day, tzinfo=dt.UTC) for day in (11, 18, 25)]


def test_contracts_none_of_which_was_seen_for_a_month_have_no_median_to_tell(lay):
    rows = [(f"c{i}", "2025-07-01", "2025-07-29" if i else None) for i in range(40)]
    curve = churn.curves(churn.spans(lay(contracts(rows), "contracts"), UNTIL), None, 6)
    said = readings.churn.lasting(curve, 40)["en"]
    assert said.startswith("39 of 40 contracts have ended, and fewer than 10 were seen for a month")


def test_a_plan_written_on_leaving_is_no_finding(lay):
    frame = grown(np.random.default_rng(1))
    frame["plan"] = frame["plan"].mask(frame["ended_at"].notna(), "closed")
    looks = churn.looks(churn.spans(lay(frame, "contracts"), UNTIL), ["plan"], 6, 30)
    assert looks.loc[looks["group"] == "closed", "p_adjusted"].item() < 1e-6
    assert readings.churn.findings(looks, 6)[0] == []
    assert "“closed”: no finding" in readings.churn.written_after(looks)["en"]
    honest = churn.looks(
        churn.spans(lay(grown(np.random.default_rng(1), trial=0.25), "contracts"), UNTIL), ["plan"], 6, 30
    )
    assert readings.churn.written_after(honest) is None


def test_a_group_that_leaves_sooner_is_found(lay):
    frame = grown(np.random.default_rng(1), trial=0.25)
    spans = churn.spans(lay(frame, "contracts"), UNTIL)
    looks = churn.looks(spans, ["plan"], 6, 30)
    found, count = readings.churn.findings(looks, 6)
    assert [f.subject for f in found] == [{"plan": "trial"}]
    assert (found[0].severity, count) == ("high", 3)
    assert found[0].value == pytest.approx(1 - np.exp(-1.5), abs=0.06)
    assert found[0].baseline == pytest.approx(1 - np.exp(-0.3), abs=0.05)
    ratios = churn_hazards.ratios(spans, ["plan"], 30)
    assert ratios.loc[("plan", "trial"), "ratio"] == pytest.approx(5, abs=1.2)
    assert ratios.loc[("plan", "trial"), "p_adjusted"] < 1e-6


def test_chance_is_silent(lay):
    loud = 0
    for seed in range(8):
        rng = np.random.default_rng(seed)
        frame = grown(rng, 400).assign(city=rng.choice(list("abcdefgh"), 400))
        looks = churn.looks(churn.spans(lay(frame, "contracts"), UNTIL), ["plan", "city"], 6, 30)
        loud += bool(readings.churn.findings(looks, 6)[0])
    assert loud <= 2  # of 8, at a family's 5 %


def test_records_that_begin_late_are_noticed_and_counted_from_then(lay):
    frame = grown(np.random.default_rng(3), 3000, 0.08)
    mark = pd.Timestamp("2024-09-01", tz="UTC")
    kept = frame[frame["ended_at"].isna() | (frame["ended_at"] >= mark)]  # who left earlier is in no record
    table = lay(kept, "contracts")
    since = churn.recorded_since(table, UNTIL)
    assert abs((pd.Timestamp(since) - mark).days) <= 3
    assert churn.recorded_since(lay(frame, "contracts"), UNTIL) is None
    right = churn.curves(churn.spans(table, UNTIL, since), months=12)["survival"]
    wrong = churn.curves(churn.spans(table, UNTIL), months=12)["survival"]
    assert right[6] == pytest.approx(np.exp(-0.48), abs=0.03)
    assert wrong[6] > right[6] + 0.05


def test_curves_end_where_few_are_at_risk_and_small_groups_have_none(lay):
    frame = grown(np.random.default_rng(4))
    frame.loc[:8, "plan"] = "tiny"
    spans = churn.spans(lay(frame, "contracts"), UNTIL)
    found = churn.curves(spans, "plan", 36, disclosure.Limit(30, 10))
    assert "tiny" not in found.index.get_level_values("plan")
    assert found["at_risk"].dropna().ge(10).all()
    assert found["survival"].isna().equals(found["at_risk"].isna())
    assert (found.groupby(level="plan")["survival"].diff().dropna() <= 0).all()


def test_shuffled_rows_give_the_same_numbers(lay):
    frame = grown(np.random.default_rng(5), 300, trial=0.2)
    ask = [lay(f, "contracts") for f in (frame, frame.sample(frac=1, random_state=2))]
    one, other = (churn.looks(churn.spans(t, UNTIL), ["plan"]) for t in ask)
    pd.testing.assert_frame_equal(one, other)
    one, other = (churn_hazards.ratios(churn.spans(t, UNTIL), ["plan"]) for t in ask)
    pd.testing.assert_frame_equal(one, other)


def test_numbers_cut_into_bins_keep_their_slope(lay):
    rng = np.random.default_rng(6)
    n = 6000
    fee = rng.gamma(3, 1, n)
    month = rng.exponential(1 / (0.08 * np.exp(0.3 * fee)))
    start = pd.Timestamp("2024-06-01", tz="UTC") + pd.to_timedelta(rng.uniform(0, 300, n), "D")
    end = start + pd.to_timedelta(month * churn.MONTH, "D")
    end = [e if e < pd.Timestamp(UNTIL) else None for e in end]
    frame = contracts(zip([f"c{i}" for i in range(n)], start, end, strict=True), monthly_fee=fee)
    spans = churn.spans(lay(frame, "contracts"), UNTIL)
    cut = np.log(churn_hazards.ratios(spans, ["monthly_fee"])["ratio"].iloc[0])
    whole = np.log(churn_hazards.ratios(spans, ["monthly_fee"], bins=2000, times=10**6)["ratio"].iloc[0])
    assert cut == pytest.approx(whole, rel=0.01)
    assert whole / fee.std() == pytest.approx(0.3, abs=0.03)


@pytest.mark.parametrize(
    ("rows", "rate", "lasts"),
    [
        ([], "No contract was alive", "No contract had begun"),
        ([("a", "2025-07-01", "2025-08-10")], "Only 1 contract was", "too few contracts"),
        ([(f"c{i}", "2025-05-01", None) for i in range(40)], "0.0% ended", "No contract has ended so far"),
        (
            [(f"c{i}", "2025-05-01", f"2025-08-{i % 28 + 1:02}") for i in range(40)],
            "100.0% ended",
            "All 40 contracts have ended",
        ),
        ([(f"c{i}", "2026-05-01", None) for i in range(40)], "No contract was alive", "No contract had begun"),
        ([(None, "2025-05-01", None)] * 40, "0.0% ended", "No contract has ended so far"),
    ],
    ids=["none", "one", "none left", "all left", "all in the future", "nobody known"],
)
def test_what_is_missing_is_said_and_the_rest_goes_on(lay, rows, rate, lasts):
    table = lay(contracts(rows, plan=pd.Series(["x"] * len(rows), dtype="string")), "contracts")
    spans = churn.spans(table, UNTIL, churn.recorded_since(table, UNTIL))
    assert rate in readings.churn.sentence(churn.rate(table, AUGUST, smallest=30))["en"].replace("\u2066", "")
    people = churn.people(spans, [])["all"]
    assert re.search(
        lasts, readings.churn.lasting(churn.curves(spans, smallest=30), people)["en"].replace("\u2066", "")
    )
    looks = churn.looks(spans, ["plan"], 6, 30)
    found, count = readings.churn.findings(looks, 6)
    assert (found, count) == ([], 0)
    assert readings.churn.mixed(looks, 6) is None
    why = "too few contracts" if people else "no contracts"
    assert why in readings.churn.found(found, count, ["plan"], 1, people)["en"]
    ratios = churn_hazards.ratios(spans, ["plan"], 30)
    assert "cannot be told" in readings.churn.unknown(ratios, ["plan"])["en"]
    assert readings.churn.steepest(churn.monthly(spans)) is None or len(rows)
    assert churn.curves(spans, "plan", smallest=30).index.names == ["plan", "month"]
    assert readings.churn.at_risk(churn.curves(spans, smallest=30)).shape[1] in (0, 9)


def test_by_when_half_have_ended_has_an_interval():
    """The curve crosses a half at month 3, its lower end at 2; its upper end at 5, or beyond what was seen."""
    curve = pd.DataFrame({"survival": [1, 0.8, 0.6, 0.5, 0.4, 0.3], "low": [1, 0.7, 0.5, 0.4, 0.3, 0.2]})
    curve = curve.assign(high=[1, 0.9, 0.7, 0.6, 0.55, 0.4], n=90, ended=60).rename_axis("month")
    said = readings.churn.lasting(curve, 90)["en"]
    assert "by month 3 (95% interval: month 2 to 5)" in re.sub("[\u2066-\u2069]", "", said)
    assert "its end not seen yet" in readings.churn.lasting(curve.iloc[:5], 90)["en"]


def test_contracts_of_one_customer_are_no_second_witness(lay):
    frame = grown(np.random.default_rng(9), 600, trial=0.15)
    again = frame.assign(contract_id=frame["contract_id"] + "b")
    doubled = pd.concat([frame, again], ignore_index=True)
    wide = [churn_hazards.ratios(churn.spans(lay(f, "contracts"), UNTIL), ["plan"], 30) for f in (frame, doubled)]
    one, two = (np.log(t["high"] / t["low"]) for t in wide)
    assert two.tolist() == pytest.approx(one.tolist(), rel=0.06)
    strangers = doubled.assign(customer_id=[f"x{i}" for i in range(len(doubled))])
    naive = churn_hazards.ratios(churn.spans(lay(strangers, "contracts"), UNTIL), ["plan"], 30)
    assert (np.log(naive["high"] / naive["low"]) < 0.75 * two).all()


def test_each_reason_is_the_true_one(lay):
    """Of one kind, of too few customers to be shown, of none: three reasons, none of which is “too few contracts”."""
    one = contracts([(f"c{i}", "2025-05-01", None) for i in range(6)])
    spans, limit = churn.spans(lay(one, "contracts"), UNTIL), disclosure.Limit(30, 10)
    small, people = churn.curves(spans, smallest=limit), churn.people(spans, [])["all"]
    assert "privacy" in readings.churn.untold(small, people, limit)["en"]
    assert "too few contracts" in readings.churn.untold(churn.curves(spans, smallest=30), people, 1)["en"]
    assert "No column, such as the plan" in readings.churn.found([], 0, [], 0, 80)["en"]
    assert "privacy" in readings.churn.found([], 0, ["plan"], 0, 80)["en"]
    assert "no column splits" in readings.churn.unknown(pd.DataFrame(), [])["en"]
    wording.use(locale="en")
    nobody = churn.rate(lay(one, "contracts"), Period.parse("2025-01", timezone="UTC"))
    assert "no contract was alive" in readings.churn.reasoned(nobody)["why"].iloc[0]


def test_a_channel_that_only_sold_the_short_plan_is_not_blamed(lay):
    """Simpson: of both plans the channels' contracts last alike, but one channel sold nearly all of the short ones."""
    rng, n = np.random.default_rng(3), 1600
    channel = rng.choice(["web", "shop"], n)
    short = rng.random(n) < np.where(channel == "web", 0.9, 0.15)
    began = pd.Timestamp("2024-01-01", tz="UTC") + pd.to_timedelta(rng.integers(0, 300, n), unit="D")
    ended = began + pd.to_timedelta(rng.exponential(np.where(short, 120, 1500)).astype(int), unit="D")
    rows = [(f"c{i}", a, b if b < UNTIL else None) for i, (a, b) in enumerate(zip(began, ended, strict=True))]
    made = contracts(rows, channel=channel, plan=np.where(short, "short", "long"))
    looks = churn.looks(churn.spans(lay(made, "contracts"), UNTIL), ["plan", "channel"], 6)
    looked = looks.set_index("group")
    assert looked.loc["web", "p_adjusted"] < 1e-6
    assert looked.loc["web", "churn_rate"] > looked.loc["web", "baseline"] + 0.3
    assert looked.loc["web", "mixed"]
    assert abs(looked.loc["web", "inside"]) < 0.06
    assert not looked.loc["short", "mixed"]
    assert looked.loc["short", "inside"] > 0.4
    told, _ = readings.churn.findings(looks, 6)
    assert [f.subject for f in told] == [{"plan": "short"}]
    assert "not against contracts of the same kind" in readings.churn.mixed(looks, 6)["en"]
    assert readings.churn.mixed(looks[looks["group"] == "short"], 6) is None
