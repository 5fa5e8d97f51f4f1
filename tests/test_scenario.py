"""What if?  Small companies worked by hand, planted links found again, and nothing promised where nothing is."""

import datetime as dt

import ibis
import numpy as np
import pandas as pd
import pytest

from cx_helpers import chain, disclosure, readings
from cx_helpers.dates import Period
from cx_helpers.measures import levers, relations, scenario
from cx_helpers.report.explore import sliders
from cx_helpers.tables import TableError
from cx_helpers.valuation import Terms

MONTHS = Period.parse("2025-06").back(4)  # March to June
MARCH, END = MONTHS[0].start, MONTHS[-1].end
TERMS = Terms(margin=0.2, margin_known=True)


def at(day: float) -> dt.datetime:
    return MARCH + dt.timedelta(days=float(day))


def tickets(*rows) -> ibis.Table:
    """(customer, day opened, minutes to the first reply or None, days to the solution or None)"""
    made = [(f"t{i}", c, at(day), at(day + m / 1440) if m else None,
             at(day + d) if d else None) for i, (c, day, m, d) in enumerate(rows)]  # fmt: skip
    return table(made, "ticket_id", "customer_id", "opened_at", "first_reply_at", "solved_at")


def orders(*rows) -> ibis.Table:
    """(customer, day, amount)"""
    made = [(f"o{i}", c, at(day), float(amount)) for i, (c, day, amount) in enumerate(rows)]
    return table(made, "order_id", "customer_id", "ordered_at", "amount")


def table(rows, *columns) -> ibis.Table:
    frame = pd.DataFrame(rows, columns=columns)
    for c in [c for c in columns if c.endswith("_at")]:
        frame[c] = pd.to_datetime(frame[c], utc=True).astype("datetime64[us, UTC]")
    return ibis.memtable(frame, schema={c: "timestamp('UTC')" if c.endswith("_at") else "float64" if c == "amount"
                                        else "string" for c in columns})  # fmt: skip


def test_what_customers_lived_through_and_what_they_did_then():
    asked = tickets(("a", 3, 30, 1), ("a", 5, 90, 1), ("b", 4, 10, 20), ("c", 40, None, None))
    bought = orders(("a", -10, 5), ("a", 33, 7), ("a", 70, 9), ("a", 95, 100), ("b", 3, 1))
    lived = levers.lived(MONTHS, tickets=asked)
    rows = levers.followed(lived, bought, MONTHS, END, 45).execute().set_index("customer_id")
    columns = ["month", "asked", "slow_reply", "unsolved_request", "promised", "again", "money", "newcomer"]
    assert rows.loc["a", columns].to_list() == [0, 1, 1, 0, 0, 1, 16, 0], "days 31 to 76 follow March"
    assert rows.loc["b", columns].to_list() == [0, 1, 0, 1, 0, 0, 0, 1], "20 days is too long; bought in the month only"
    assert rows.loc["c", columns].to_list() == [1, 1, 1, 1, 0, 0, 0, 1], "neither answered nor solved"
    assert rows["bought_before"].to_dict() == {"a": np.log(2), "b": 0, "c": 0}
    assert rows["requests"].to_dict() == {"a": 2, "b": 1, "c": 1}
    late = levers.followed(lived, bought, MONTHS, MONTHS[1].end, 45)
    assert late.count().execute() == 0, "April's 45 days are not over"
    found = levers.levels(lived, MONTHS)
    assert found.loc[("slow_reply", MONTHS[0]), ["n", "hit", "share"]].to_list() == [2, 1, 0.5]
    assert np.isnan(found.loc[("slow_reply", MONTHS[2]), "share"]), "nobody asked: null, not 0"
    assert found.loc["late_delivery", "share"].isna().all()
    assert levers.ranges(found).loc["slow_reply", ["n", "hit", "months", "base", "worst"]].to_list() == [
        3,
        2,
        2,
        2 / 3,
        1,
    ]
    assert levers.lived(MONTHS) is None
    assert levers.levels(None, MONTHS)["share"].isna().all()


def company(effect: float, seed: int, n: int = 900):
    """Customers who ask each month; who waits buys again less often by `effect`; unsolved requests do nothing."""
    rng = np.random.default_rng(seed)
    asked, bought = [], []
    for i in range(n):
        month = rng.integers(0, 3)
        slow, open_ = rng.random(2) < (0.5, 0.2)
        asked.append((f"c{i}", 31 * month + 2, 90 if slow else 20, None if open_ else 1))
        if rng.random() < 0.6 + effect * slow:
            bought.append((f"c{i}", 31 * month + 35 + 10 * rng.random(), 100 * rng.lognormal()))
    return tickets(*asked), orders(*bought, ("x", 0, 1))


def links(effect: float, seed: int = 1, **size):
    asked, bought = company(effect, seed, **size)
    lived = levers.lived(MONTHS, tickets=asked)
    ranges = levers.ranges(levers.levels(lived, MONTHS))
    return relations.links(levers.followed(lived, bought, MONTHS, END, 30)), ranges


def test_a_planted_link_is_found_with_its_interval_and_carried_to_money():
    found, ranges = links(-0.3)
    row = found.table.loc["slow_reply"]
    assert found.sure == ["slow_reply"]
    assert row["low"] < -0.3 < row["high"]
    assert abs(row["effect"] + 0.3) < 0.08
    assert row["free"] == pytest.approx(0.6, abs=0.06)
    told = scenario.ready(ranges, {"slow_reply": 0.0})
    money, back = scenario.simulate(told, ranges, found, 1000.0, TERMS)
    out = scenario.outcomes(told, money, back, found, relations.felt(None, "", []), ranges)
    hits = ranges.loc["slow_reply", "hit"] * 12 / ranges.loc["slow_reply", "months"]
    by_hand = hits * -row["effect"] * found.worth * 0.2
    assert out.loc["own", "money"] == pytest.approx(by_hand, rel=0.02)
    assert out.loc["half:slow_reply", "money"] == pytest.approx(by_hand / 2, rel=0.02)
    half = 1.96 * np.hypot((row["high"] - row["low"]) / 3.92 / -row["effect"],
                           found.worth_se / found.worth)  # fmt: skip
    assert (out.loc["own", "high"] - out.loc["own", "low"]) / by_hand == pytest.approx(2 * half, rel=0.1)
    assert out.loc["own", "chance"] > 0.99
    assert out.loc["worst", "money"] < 0 < out.loc["best", "money"]
    assert np.isnan(out.loc["half:unsolved_request", "money"]), "no sure link, no money"
    assert (out.loc["volume", "money"], out.loc["price", "money"]) == pytest.approx((-0.1 * 1000 * 0.2, -0.1 * 1000))
    dear, _ = scenario.simulate(told, ranges, found, 1000.0, TERMS, {"own": 2 * by_hand})
    costly = scenario.outcomes(told, dear, back, found, relations.felt(None, "", []), ranges)
    assert costly.loc["own", "chance"] < 0.01, "it costs twice what it brings"
    assert costly.loc["half:slow_reply", "money"] == out.loc["half:slow_reply", "money"]
    loss = scenario.loss(ranges, found, 1000.0, TERMS).iloc[0]
    assert loss["experience_cost"] == pytest.approx(by_hand, rel=0.02)
    assert loss["low"] < by_hand < loss["high"]


def test_the_reading_promises_what_is_sure_and_names_what_is_not():
    found, ranges = links(-0.3)
    told = scenario.ready(ranges)
    money, back = scenario.simulate(told, ranges, found, 1000.0, TERMS)
    out = scenario.outcomes(told, money, back, found, relations.felt(None, "", []), ranges)
    (one,) = readings.scenario.findings(out, found, TERMS)
    assert (one.kind, one.severity, one.subject) == ("risk", "high", {"driver": "slow_reply"})
    assert one.low <= one.value <= one.high < one.baseline
    assert one.impact["value"] == out.loc["half:slow_reply", "money"]
    assert "Half the slow replies" in readings.scenario.sentence(out, found, TERMS)["en"]
    assert "unsolved request" in readings.relations.unsure(found, relations.felt(None, "", []))["en"]
    hills = scenario.hills(money)
    assert set(hills.index.get_level_values(0)) == {"half:slow_reply", "best", "worst"}, "what is certain has no hill"
    assert hills["density"].max() == 1
    peak = hills.loc["best"].set_index("money")["density"].idxmax()
    assert peak == pytest.approx(out.loc["best", "money"], rel=0.1)


def test_a_random_outcome_brings_no_sure_money():
    loud = [links(0.0, seed, n=250)[0].sure for seed in range(6)]
    assert sum(map(bool, loud)) <= 1, "Holm: one in twenty"
    found, ranges = links(0.0, 1, n=400)
    told = scenario.ready(ranges)
    money, back = scenario.simulate(told, ranges, found, 1000.0, TERMS)
    out = scenario.outcomes(told, money, back, found, relations.felt(None, "", []), ranges)
    assert out.loc[[*told][:-2], "money"].isna().all()
    assert readings.scenario.findings(out, found, TERMS) == []
    assert "no money is promised" in readings.scenario.sentence(out, found, TERMS)["en"]
    assert scenario.inputs(ranges, found, levers.levels(None, MONTHS)).empty
    assert np.isnan(scenario.loss(ranges, found, 1000.0, TERMS)["experience_cost"].iloc[0])


def test_that_more_come_back_is_no_harm_to_be_mended():
    found, _ = links(+0.3, n=400)
    assert found.table.loc["slow_reply", "p_adjusted"] < 0.001
    assert found.sure == []


def test_who_asks_more_often_waits_more_often_and_that_is_no_effect_of_waiting():
    rng, asked, bought = np.random.default_rng(3), [], []
    for i in range(600):
        keen = i % 2  # asks four times, and buys again more often; waiting changes nothing
        asked += [(f"c{i}", 2 + k, 90 if rng.random() < 0.3 else 20, 1) for k in range(4 if keen else 1)]
        bought += [(f"c{i}", 40, 1)] if rng.random() < (0.3 if keen else 0.7) else []
    lived = levers.lived(MONTHS, tickets=tickets(*asked))
    found = relations.links(levers.followed(lived, orders(*bought), MONTHS, END, 30))
    assert found.sure == [], "without the number of requests it looks like ten points"
    assert abs(found.table.loc["slow_reply", "effect"]) < 0.1


@pytest.mark.parametrize("case", ["nobody", "one customer", "no orders", "all null"])
def test_too_little_says_what_lacks(case):
    rows = {"nobody": [], "one customer": [("a", d, 90, None) for d in range(60)], "all null": [(None, 1, 90, 1)] * 50}
    asked = company(-0.3, 1)[0] if case == "no orders" else tickets(*rows[case])
    bought = orders() if case == "no orders" else orders(("a", 40, 5), ("a", 70, 5))
    lived = levers.lived(MONTHS, tickets=asked)
    ranges = levers.ranges(levers.levels(lived, MONTHS))
    found = relations.links(levers.followed(lived, bought, MONTHS, END, 30))
    told = scenario.ready(ranges)
    sold = scenario.sales(bought, MONTHS[-1])
    out = scenario.outcomes(told, *scenario.simulate(told, ranges, found, sold, TERMS), found,
                            relations.felt(None, "", []), ranges)  # fmt: skip
    assert found.table.empty
    assert out.drop(index=["volume", "price"])["money"].isna().all()
    assert "at least 30 customers" in readings.scenario.sentence(out, found, TERMS)["en"]
    hangs_on = scenario.hangs_on(scenario.inputs(ranges, found, levers.levels(lived, MONTHS)), ranges, found, TERMS)
    assert all(one.empty for one in hangs_on.values())


def test_the_order_of_rows_changes_nothing():
    asked, bought = company(-0.3, 2, n=300)
    shuffled = [ibis.memtable(t.execute().sample(frac=1, random_state=3), schema=t.schema()) for t in (asked, bought)]
    one, other = (
        relations.links(levers.followed(levers.lived(MONTHS, tickets=a), b, MONTHS, END, 30))
        for a, b in ((asked, bought), shuffled)
    )
    pd.testing.assert_frame_equal(one.table, other.table)
    assert one.worth == pytest.approx(other.worth)


RANGES = pd.DataFrame({"base": [0.4], "low": [0.3], "high": [0.5]}, index=["slow_reply"])


def test_moves_are_read_as_they_are_written():
    read = scenario.moves("slow_reply=۲۰٪، price=-10%", RANGES)
    assert read == {"slow_reply": 0.2, "price": -0.1}
    assert scenario.moves("slow_reply=-50%", RANGES) == {"slow_reply": pytest.approx(0.2)}
    assert scenario.moves("slow_reply=0.1", RANGES) == {"slow_reply": 0.1}
    assert scenario.moves("", RANGES) == {}
    with pytest.raises(TableError, match="did you mean 'slow_reply'"):
        scenario.moves("slow_replies=20%", RANGES)
    for wrong in ("slow_reply", "slow_reply=many", "slow_reply=120%", "slow_reply=+200%", "price=10%", "volume=-150%"):
        with pytest.raises(TableError, match="cannot be read"):
            scenario.moves(wrong, RANGES)


def test_sliders_move_only_what_was_moved():
    ends = scenario.limits(RANGES)
    assert ends["slow_reply"] == (0, 100, 1, 40)
    found = chain.Links(pd.DataFrame({"n": [90], "sure": [True]}, index=["slow_reply"]), np.array([-0.3]),
                        np.array([[0.0]]), 10.0, 0.0)  # fmt: skip
    ranges = RANGES.assign(n=120, hit=48, months=12, worst=0.5)
    given = (ranges, found, 1000.0, TERMS, relations.felt(None, "", []))
    still = scenario.one({"slow_reply": 40, "volume": 0, "price": 0}, *given)
    assert still["money"].isna().all()
    moved = scenario.one({"slow_reply": 20, "volume": 0, "price": 0}, *given).iloc[0]
    assert moved["money"] == pytest.approx(120 * 0.2 * 0.3 * 10 * 0.2)
    assert moved["returning"] == pytest.approx(7.2)


def test_a_slider_for_each_lever_draws_what_it_says():
    seen = []
    box = sliders(scenario.limits(RANGES), seen.append)
    levers_there = box.children[0].children
    levers_there[0].value = 20
    start = {"slow_reply": 40, "volume": 0, "price": 0}
    assert seen == [start, start | {"slow_reply": 20}]


def test_sales_of_a_year():
    year = orders(*[("a", day, 1) for day in range(-270, 90, 10)])
    assert scenario.sales(year, MONTHS[-1]) == pytest.approx(36, rel=0.3)
    assert np.isnan(scenario.sales(orders(), MONTHS[-1]))
    assert np.isnan(scenario.sales(year, MONTHS[-1], disclosure.Limit(1, 10))), "one customer's sales are hers"


def answers(late, slow, calm):
    """An answer each of `late`, `slow` and `calm` customers (late order; slow reply; reply in time), and of others."""
    rows = (
        [("late", 1, 0, 0)] * late + [("slow", 0, 1, 1)] * slow + [("calm", 0, 1, 0)] * calm + [("none", 0, 0, 0)] * 100
    )
    frame = pd.DataFrame(rows, columns=["what", "late_delivery", "support_requests", "slow_reply"])
    score = np.where(frame["what"] == "none", 8, np.arange(len(frame)) % 11)
    who = [f"c{i}" for i in range(len(frame))]
    return ibis.memtable(frame.drop(columns="what").assign(response_id=who, customer_id=who, score=score))


def test_a_score_is_told_only_where_thirty_were_hit_and_thirty_could_have_been():
    levers = ["late_delivery", "slow_reply"]
    assert list(relations.felt(answers(30, 30, 30), "nps", levers).index) == levers
    assert list(relations.felt(answers(1, 30, 30), "nps", levers).index) == ["slow_reply"], "one customer's own score"
    assert list(relations.felt(answers(30, 40, 4), "nps", levers).index) == ["late_delivery"], "four waited and got it"
    assert relations.felt(answers(29, 29, 29), "nps", levers).empty
    assert relations.felt(answers(30, 30, 30), "nps", levers, disclosure.Limit(1, 40, 1)).empty, (
        "hidden, as small groups are"
    )
