"""Experiments: worked by hand, planted effects, broken draws, whales, and everything that can be missing."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from cells import run

from cx_helpers import disclosure, versus, wording
from cx_helpers.dates import Period
from cx_helpers.intake import sources
from cx_helpers.measures import (
    experiment,
    experiment_effects,
    experiment_groups,
    experiment_looks,
    experiment_metrics,
    experiment_outcomes,
    experiment_plan,
    experiment_ratio,
)
from cx_helpers.readings import experiment as told
from cx_helpers.readings import experiment_advice, experiment_checks, experiment_doubts
from cx_helpers.readings import experiment_groups as alike_told
from cx_helpers.readings import experiment_looks as looks
from cx_helpers.report import blocks
from cx_helpers.tables import TableError

DAY = pd.Timestamp("2025-03-01", tz="UTC")
PERIOD = Period.parse("2025-04", timezone="UTC")
LATE = dt.date(2025, 4, 30)


def exposures(*rows, **columns):
    """(customer, variant, day): the day a number from 1 March on."""
    frame = pd.DataFrame(rows, columns=["customer_id", "variant", "day"])
    frame["exposed_at"] = DAY + pd.to_timedelta((frame.pop("day").astype(float) * 86_400).round(), "s")
    return frame.assign(experiment="x", **columns)


def orders(*rows):
    """(customer, day, amount)."""
    frame = pd.DataFrame(rows, columns=["customer_id", "day", "amount"]).astype(
        {"customer_id": object, "amount": float}
    )
    frame["ordered_at"] = DAY + pd.to_timedelta((frame.pop("day").astype(float) * 86_400).round(), "s")
    return frame.assign(order_id=[f"o{i:06}" for i in range(len(frame))])


def asked(lay, exposed, bought, metrics=(), by=(), window=7, unit="", **trial):
    """The trial, its outcomes and their sums."""
    table = lay(exposed, "exposures")
    made = experiment.trial(table, columns=[c for c in exposed if c in by or c in metrics], unit=unit, **trial)
    facts = {"orders": lay(bought, "orders")} if bought is not None else {}
    wanted = experiment_metrics.outcomes(list(metrics), table, facts)
    until = experiment_outcomes.data_end(facts, wanted)
    rows = experiment_outcomes.measured(made.table, wanted, facts, until, window)
    if unit:
        rows, wanted = experiment_outcomes.of_units(rows, wanted, by), experiment_outcomes.clustered(wanted)
    return made, wanted, experiment_outcomes.sums(rows, wanted, by)


# a and b see A, c and d see B; what lies before exposure, past the window or at another customer does not count
TINY = exposures(("a", "A", 0), ("b", "A", 1.5), ("c", "B", 0), ("d", "B", 3))
BOUGHT = orders(
    ("a", -1, 5), ("a", 0, 10), ("a", 6.9, 20), ("a", 7.1, 99), ("b", 1, 7), ("c", 1, 40), ("d", 2.9, 3),
    ("d", 9.9, 50), ("z", 1, 1), ("z", 30, 1),
)  # fmt: skip


def test_sums_counted_by_hand(lay):
    trial, _, found = asked(lay, TINY, BOUGHT, ["conversion", "revenue_each", "order_value"])
    assert trial.counts == {"A": 2, "B": 2}
    row = found.loc[("revenue_each", "A")]
    # a: 30 within seven days, 5 before; b: nothing after, 7 before
    assert (row["n"], row["y"], row["yy"], row["x"], row["xx"], row["yx"]) == (2, 30, 900, 12, 74, 150)
    assert found.loc[("revenue_each", "B"), "y"] == 90
    assert found.loc[("conversion", ["A", "B"]), "y"].tolist() == [1, 2]
    assert found.loc[("conversion", ["A", "B"]), "x"].tolist() == [2, 1]
    ratio = found.loc[("order_value", "A")]
    assert (ratio["n"], ratio["y"], ratio["d"], ratio["x"]) == (1, 30, 2, 0)


def test_a_window_that_is_not_over_is_waited_for(lay):
    bought = BOUGHT[BOUGHT["ordered_at"] < DAY + dt.timedelta(days=9)]
    _, _, found = asked(lay, TINY, bought, ["conversion"])
    assert found.loc[("conversion", ["A", "B"]), "n"].tolist() == [1, 1]  # b's ends at 8.5, after the last order at 7.1
    _, _, whole = asked(lay, TINY, bought, ["conversion"], window=0)  # no window: everybody, to the data's end
    assert whole.loc[("conversion", ["A", "B"]), "n"].tolist() == [2, 2]
    assert whole.loc[("conversion", ["A", "B"]), "y"].tolist() == [1, 1]


def test_order_and_repeats_of_rows_do_not_matter(lay):
    exposed = pd.concat([TINY, TINY.assign(exposed_at=TINY["exposed_at"] + dt.timedelta(days=2))])
    one, two = (asked(lay, e, b, ["revenue_each"])[2] for e, b in (
        (TINY, BOUGHT), (exposed.sample(frac=1, random_state=2), BOUGHT.sample(frac=1, random_state=1))))  # fmt: skip
    pd.testing.assert_frame_equal(one, two)


def test_who_saw_two_variants_is_in_neither(lay):
    table = lay(pd.concat([TINY, exposures(("a", "B", 5), (None, "B", 1), ("e", None, 1))]), "exposures")
    trial = experiment.trial(table)
    assert (trial.counts, trial.crossed, trial.nobody) == ({"A": 1, "B": 2}, 1, 2)
    assert experiment.experiments(table).loc["x", ["n", "variants", "crossed"]].tolist() == [4, 2, 1]
    checks = experiment_checks.checks(trial, experiment_ratio.ratio(trial.counts))
    assert [one.level for one in checks] == ["blocks", "notes"]  # one of four is too many
    assert "1 customer (25.0%)" in checks[0].text["en"]


def test_the_newest_experiment_and_its_control_are_found(lay):
    old = TINY.assign(experiment="old", exposed_at=TINY["exposed_at"] - dt.timedelta(days=90))
    table = lay(pd.concat([old, TINY.replace({"variant": {"A": "new", "B": "Control"}})]), "exposures")
    trial = experiment.trial(table)
    assert (trial.name, trial.control, trial.variants) == ("x", "Control", ["new"])
    assert (trial.first, trial.last) == (dt.date(2025, 3, 1), dt.date(2025, 3, 4))
    assert experiment.trial(table, "old", control="B").variants == ["A"]
    with pytest.raises(TableError, match="did you mean 'old'"):
        experiment.trial(table, "odl")
    with pytest.raises(TableError, match="no variant"):
        experiment.trial(table, control="Z")


def test_the_day_is_the_companys(lay):
    table = lay(exposures(("a", "A", 0.9), ("b", "B", 1.2)), "exposures")  # 21:36 UTC is past midnight in Tehran
    assert experiment.trial(table).table.execute()["day"].sort_values().tolist() == [0, 1]
    assert experiment.trial(table, timezone="Asia/Tehran").table.execute()["day"].tolist() == [0, 0]


def test_an_unknown_metric_names_the_nearest(lay):
    with pytest.raises(TableError, match="did you mean 'conversion'"):
        asked(lay, TINY, BOUGHT, ["convertion"])


def company(n=3000, effect=0.0, seed=1, days=30, spread=1.0, rate=0.2, split=0.5):
    """Customers spread over days and two variants; who buys, how much, and what they bought before."""
    rng = np.random.default_rng(seed)
    who, variant = [f"c{i:05}" for i in range(n)], np.where(rng.random(n) < split, "B", "A")
    seen, taste = days * rng.random(n), rng.gamma(2, 1, n)
    chance = np.clip(rate * taste / 2, 0, 0.9) + effect * (variant == "B")
    later, before = rng.random(n) < chance, rng.random(n) < np.clip(rate * taste, 0, 0.95)
    rows = [(w, s + 6 * r, a) for w, s, r, a, y in zip(
        who, seen, rng.random(n), rng.lognormal(0, spread, n), later, strict=True) if y]  # fmt: skip
    rows += [(w, s - 20 * r, 1.0) for w, s, r, y in zip(who, seen, rng.random(n), before, strict=True) if y]
    exposed = exposures(*zip(who, variant, seen, strict=True), town=rng.choice(list("tuv"), n))
    return exposed, orders(*rows, ("z", days + 30, 1.0))


def judged(trial, found, metric, day=LATE, **more):
    plan = experiment_plan.outlook(found, metric, trial)
    return experiment_advice.advice(found, metric, trial, data_end=day, outlook=plan, **more)


def test_a_planted_effect_is_found_and_shipped(lay):
    trial, wanted, sums = asked(lay, *company(effect=0.09), ["conversion", "revenue_each", "order_value"])
    found = experiment_effects.effects(sums, "A")
    row = found.loc[("conversion", "B")]
    assert row["low"] > 0
    assert row["low"] < 0.09 < row["high"]
    assert 0.02 < row["cut"] < 0.5, "what they bought before says something"
    assert row["looks"] == 3
    assert row["better"] > 0.999
    assert row["loss"] < 1e-4 < row["loss_kept"]
    advice = judged(trial, found, "conversion")
    assert (advice.action, advice.variant) == ("ship", "B")
    (first, *_), looks = told.findings(found, trial, experiment_ratio.ratio(trial.counts))
    assert (first.kind, first.subject, first.severity, looks) == (
        "experiment", {"experiment": "x", "variant": "B"}, "high", 3)  # fmt: skip
    assert first.low <= first.value <= first.high
    assert first.good
    # turned round, it is to be stopped
    assert judged(trial, experiment_effects.effects(sums, "B"), "conversion").action == "stop"


def test_the_answer_says_which_experiment_when_and_what_is_counted(lay):
    trial, _, sums = asked(lay, *company(n=600, effect=0.09), ["conversion", "revenue_each"])
    said = told.ran(trial, "conversion", 7)["en"]
    assert "Experiment “x”: 600 customers came in from" in said
    assert "share of customers who ordered within 7 days" in said
    assert "ordered" not in told.ran(trial, "revenue_each", 7)["en"]
    found = experiment_effects.effects(sums, "A")
    odd = found.assign(low=0.1, high=0.2, p_adjusted=[0.01, 0.2])
    assert "Revenue per customer" in told.two_measures(odd)["en"]
    assert "Conversion" not in told.two_measures(odd)["en"]
    assert told.two_measures(odd.assign(p_adjusted=0.01)) is None


def test_where_nothing_happens_nothing_is_said(lay):
    trial, _, sums = asked(lay, *company(), ["conversion", "revenue_each"])
    found = experiment_effects.effects(sums, "A")
    assert told.findings(found, trial, experiment_ratio.ratio(trial.counts)) == ([], 2)
    assert judged(trial, found, "conversion").action in ("undecided", "settled")


def test_a_running_experiment_is_told_until_when(lay):
    trial, _, sums = asked(lay, *company(n=600, effect=0.02), ["conversion"])
    found = experiment_effects.effects(sums, "A", expected=0.2)
    advice = judged(trial, found, "conversion", day=trial.last)
    assert advice.action == "run"
    plan = experiment_plan.outlook(found, "conversion", trial).loc[("B", "always")]
    assert advice.day == trial.last + dt.timedelta(int(plan["days"]) + 7)
    # with as many customers as that, the chance is what was promised
    ahead = found.assign(se=found["se"] * np.sqrt(plan["n"] / plan["needed"]))
    assert experiment_plan.outlook(ahead, "conversion", trial).loc[("B", "always"), "chance"] == pytest.approx(
        0.8, abs=0.01
    )
    assert "more than a year" in judged(trial, experiment_effects.effects(sums, "A", expected=0.005), "conversion",
                                        day=trial.last).text["en"]  # fmt: skip


def test_a_planned_end_is_waited_for_and_then_decides_at_one_look(lay):
    trial, _, sums = asked(lay, *company(n=1500, effect=0.045, seed=4), ["conversion"])
    early, final = (experiment_effects.effects(sums, "A", final=final) for final in (False, True))
    assert early["p_value"].iloc[0] > 0.05 > final["p_value"].iloc[0]
    assert judged(trial, final, "conversion", planned=LATE + dt.timedelta(1)).action == "wait"
    assert judged(trial, final, "conversion", planned=LATE).action == "ship"
    assert judged(trial, early, "conversion").action == "undecided"


def test_better_but_worse_elsewhere_is_to_be_weighed():
    rows = {
        "effect": [0.1, -3.0],
        "expects": [0.1, -3.0],
        "low": [0.05, -4.0],
        "high": [0.15, -2.0],
        "scale": [0.1, 1.0],
    }
    rows |= {"p_adjusted": [0.001, 0.001], "good": [1, 1], "better": [0.99, 0.01], "kind": ["share", "ratio"]}
    index = pd.MultiIndex.from_tuples([("conversion", "B"), ("nps", "B")], names=["metric", "variant"])
    trial = experiment.Trial("x", None, "A", {"A": 50, "B": 50}, {}, LATE, LATE)
    advice = experiment_advice.advice(pd.DataFrame(rows, index), "conversion", trial, data_end=LATE)
    assert (advice.action, advice.variant) == ("weigh", "B")
    assert "NPS" in advice.text["en"]
    assert "decision is made" in experiment_advice.over(advice, trial, LATE)["en"], "no more days to wait"
    running = replace(advice, action="run")
    assert experiment_advice.over(running, trial, LATE) is None
    assert "has ended" in experiment_advice.over(running, trial, LATE + dt.timedelta(8))["en"]


def test_a_sample_ratio_that_is_off_blocks_everything(lay):
    trial, _, sums = asked(lay, *company(effect=0.2, split=0.6), ["conversion"])
    ratio = experiment_ratio.ratio(trial.counts)
    checks = experiment_checks.checks(trial, ratio)
    assert experiment_checks.blocked(checks)
    shown = experiment_ratio.withheld(experiment_effects.effects(sums, "A"), experiment_checks.blocked(checks))
    assert shown["effect"].isna().all()
    assert shown["p_adjusted"].isna().all()
    assert shown["n"].notna().all()
    found, _ = told.findings(shown, trial, ratio, blocks=True)
    assert [(one.measure, one.severity) for one in found] == [("variant_share", "high")]
    assert judged(trial, shown, "conversion", blocked=True).action == "blocked"
    # an intended 40:60 is none
    assert not experiment_checks.checks(trial, experiment_ratio.ratio(trial.counts, [40, 60]))


@pytest.mark.parametrize("split", [[50.0], [50.0, 0.0]])
def test_a_split_that_does_not_fit_the_variants_is_refused(split):
    with pytest.raises(TableError, match="a share above 0 for each variant"):
        experiment_ratio.ratio({"A": 5, "B": 5}, split)


def test_cookie_cats_ratio_warns_and_does_not_block():
    ratio = experiment_ratio.ratio({"gate_30": 44_700, "gate_40": 45_489})  # the published counts
    assert float(ratio["p_value"].iloc[0]) == pytest.approx(0.0086, abs=5e-5)
    trial = experiment.Trial("cats", None, "gate_30", {"gate_30": 44_700, "gate_40": 45_489}, {}, LATE, LATE)
    checks = experiment_checks.checks(trial, ratio)
    assert [one.level for one in checks] == ["warns"]
    found, _ = told.findings(pd.DataFrame(), trial, ratio)
    assert [one.severity for one in found] == ["low"]


def test_a_shop_drawn_by_lot_is_one_lot_whatever_its_customers(lay):
    rng = np.random.default_rng(8)
    shops, size = 80, 40
    taste = rng.random(shops) * 0.5
    rows, bought = [], []
    for shop in range(shops):
        for i in range(size):
            who = f"s{shop:02}-{i:02}"
            rows.append((who, "AB"[shop % 2], i % 10))
            bought += [(who, i % 10 + 1, 10.0)] if rng.random() < taste[shop] else []
    exposed = exposures(*rows, shop=np.repeat([f"s{i:02}" for i in range(shops)], size))
    bought = orders(*bought, ("z", 60, 1))
    trial, _, naive = asked(lay, exposed, bought, ["conversion"], by=["shop"])
    sizes = experiment.unit_sizes(trial.table, ["shop"])
    assert experiment.drawn_by(sizes) == ["shop"]
    warned = experiment_checks.checks(trial, experiment_ratio.ratio(trial.counts), sizes, ["shop"])
    assert [one.level for one in warned] == ["blocks"]
    assert 'unit="shop"' in warned[0].text["en"]
    by_shop, _, lots = asked(lay, exposed, bought, ["conversion"], unit="shop")
    assert by_shop.units == {"A": 40, "B": 40}
    one, two = (experiment_effects.effects(s, "A", adjust=False) for s in (naive.groupby(level=[0, 1]).agg(
        {c: "first" if c == "kind" else "sum" for c in naive}), lots))  # fmt: skip
    assert two["effect"].iloc[0] == pytest.approx(one["effect"].iloc[0])
    # against a bootstrap of whole shops
    means = taste_means = (
        exposed.assign(y=exposed["customer_id"].isin(bought["customer_id"])).groupby("shop")["y"].mean()
    )
    draws = [
        means[1::2].sample(40, replace=True, random_state=i).mean() - taste_means[::2].sample(40, replace=True,
        random_state=1000 + i).mean() for i in range(400)
    ]  # fmt: skip
    assert two["se"].iloc[0] == pytest.approx(np.std(draws), rel=0.12)
    assert two["se"].iloc[0] > 1.5 * one["se"].iloc[0]


def test_every_day_as_it_was_then(lay):
    exposed, bought = company(n=2000, effect=0.08, seed=2)
    trial, _, daily = asked(lay, exposed, bought, ["conversion"], by=["day"])
    found = experiment_looks.looks(daily, "A", "conversion", PERIOD, trial.first)
    # the last day is the whole; a day in the middle is what those exposed by then say, and nothing later
    whole = experiment_effects.effects(asked(lay, exposed, bought, ["conversion"])[2], "A").iloc[0]
    assert found.iloc[-1][["n", "effect", "low"]].tolist() == pytest.approx(whole[["n", "effect", "low"]].tolist())
    cut = exposed[exposed["exposed_at"] < DAY + dt.timedelta(days=10)]
    then = experiment_effects.effects(asked(lay, cut, bought, ["conversion"])[2], "A").iloc[0]
    middle = found.xs(PERIOD.on(dt.date(2025, 3, 17)), level="period").iloc[0]  # the tenth day and a week
    assert middle["effect"] == pytest.approx(then["effect"])
    assert (found[["n", "n_control"]].min(axis=1) >= 100).all()
    when = experiment_looks.crossings(found)
    assert when.loc["B", "always"] is not None
    assert when.loc["B", "fixed"].first <= when.loc["B", "always"].first
    assert "on" in looks.looked(found)["en"]


def weekly(lay, exposed, bought, count=4):
    table, facts = lay(exposed, "exposures"), {"orders": lay(bought, "orders")}
    trial = experiment.trial(table)
    wanted = experiment_metrics.outcomes(["conversion"], table, facts)
    until = experiment_outcomes.data_end(facts, wanted)
    return [
        experiment_outcomes.sums(
            experiment_outcomes.measured(trial.table, wanted, facts, until, 7, offset_days=7 * week), wanted
        )
        for week in range(count)
    ]


def test_an_effect_that_fades_is_seen_to(lay):
    rng = np.random.default_rng(6)
    who = [f"c{i:04}" for i in range(3000)]
    variant = np.where(rng.random(3000) < 0.5, "B", "A")
    rows = [
        (w, 7 * week + 3, 1.0)
        for week in range(4)
        for w, v in zip(who, variant, strict=True)
        if rng.random() < 0.1 + 0.1 * (v == "B") * (week == 0)
    ]
    exposed = exposures(*zip(who, variant, [0] * 3000, strict=True))
    weeks = experiment_looks.weeks(weekly(lay, exposed, orders(*rows, ("z", 60, 1))), "A", "conversion")
    assert weeks.loc[("B", 1), "low"] > 0.05
    assert weeks.loc[("B", [2, 3, 4]), "effect"].abs().max() < 0.04
    fading = experiment_looks.fading(weeks).loc["B"]
    assert fading["high"] < 0
    assert fading["p_adjusted"] < 0.001
    assert "fades from week to week" in looks.changing(weeks)["en"]
    steady = weeks.assign(effect=0.03)
    assert looks.changing(steady) is None
    assert "no sign" in looks.lasting(steady)["en"]


def test_groups_that_differ_are_told_and_others_are_not(lay):
    exposed, bought = company(n=4000, effect=0.05, seed=3)
    trial, _, sums = asked(lay, exposed, bought, ["conversion"], by=["town"])
    alike = experiment_groups.groups({"town": sums}, "A", "conversion")
    assert len(alike) == 3
    tests = experiment_groups.interactions(alike)
    assert tests.loc[("B", "town"), "p_adjusted"] > 0.05
    assert "no effects that differ by more than chance" in alike_told.alike(tests)["en"]
    assert alike_told.unlike(tests, alike, trial, "conversion", True) == []
    # in town t all of B buy nothing
    barred = exposed.loc[(exposed["town"] == "t") & (exposed["variant"] == "B"), "customer_id"]
    _, _, sums = asked(lay, exposed, bought[~bought["customer_id"].isin(barred)], ["conversion"], by=["town"])
    found = experiment_groups.groups({"town": sums}, "A", "conversion")
    tests = experiment_groups.interactions(found)
    assert tests.loc[("B", "town"), "p_adjusted"] < 1e-6
    assert found.loc[("B", "town", "t"), "high"] < 0
    assert tests.loc[("B", "town"), "flips"]
    (claim,) = alike_told.unlike(tests, found, trial, "conversion", True)
    assert (claim.kind, claim.severity, claim.subject["variant"]) == ("experiment", "high", "B")
    assert claim.subject["town"] != "t"
    assert claim.low <= claim.value <= claim.high
    assert "“t”" in claim.text["en"]
    hidden = experiment_groups.groups({"town": sums}, "A", "conversion", smallest=disclosure.Limit(30, 5000))
    assert hidden["effect"].isna().all()


def test_a_whale_does_not_speak_for_everybody(lay):
    exposed, bought = company(n=2000, seed=5, spread=0.5)
    whale = exposed.loc[exposed["variant"] == "B", "customer_id"].iloc[0]
    bought = pd.concat([bought, orders((whale, 29.5, 50_000.0))], ignore_index=True)
    exposed.loc[exposed["customer_id"] == whale, "exposed_at"] = DAY + dt.timedelta(days=29)
    bought["order_id"] = [f"o{i}" for i in range(len(bought))]
    _, _, sums = asked(lay, exposed, bought, ["revenue_each"])
    row = experiment_effects.robust(sums, "A").iloc[0]
    assert row["plain"] > 20, "one customer of thousands makes the plain mean"
    assert abs(row["effect"]) < 0.1
    assert row["low"] < 0 < row["high"]
    assert row["high"] - row["low"] < (row["plain_high"] - row["plain_low"]) / 50
    assert row["cap"] < 10


def test_one_customer_who_is_the_sum_is_told_and_what_is_no_number_is_counted(lay):
    exposed = exposures(*((f"c{i:03}", "AB"[i % 2], 0) for i in range(200)), spent=50.0 + np.arange(200) % 7)
    for odd, said in ((1e18, "99% of all “spent” is of one customer in “B”"), (1e300, "1 value of “spent” cannot be")):
        exposed.loc[7, "spent"] = odd
        table = lay(exposed, "exposures")
        _, wanted, sums = asked(lay, exposed, None, ["spent"])
        assert wanted == experiment_metrics.outcomes([], table, {})
        robust = experiment_effects.robust(sums, "A")
        (told_of,) = experiment_doubts.doubts(wanted, experiment_effects.owed(sums), robust)
        assert said in bare(told_of["en"])
        assert np.isfinite(sums[versus.SUMS].to_numpy(float)).all()
    exposed["spent"] = 50.0 + np.arange(200) % 7
    _, wanted, sums = asked(lay, exposed, None, ["spent"])
    assert not experiment_doubts.doubts(wanted, experiment_effects.owed(sums), experiment_effects.robust(sums, "A"))


def test_of_few_buyers_the_largest_alone_does_not_make_the_cap(lay):
    # 60 customers, 8 of whom buy for 1 to 7, and one for a thousand: nobody counts for more than 7
    rows = [(f"c{i:02}", "AB"[i % 2], 0) for i in range(60)]
    bought = orders(*((f"c{i:02}", 1, float(min(i, 7)) if i < 8 else 1000.0) for i in range(1, 9)), ("z", 20, 1))
    _, _, sums = asked(lay, exposures(*rows), bought, ["revenue_each"])
    assert sums["cap"].tolist() == [7, 7]
    assert sums["top"].tolist() == [1000, 7]
    assert sums["w"].sum() == sum(range(1, 8)) + 7


def test_an_outcome_of_the_company_s_own_bears_its_own_name(lay):
    exposed = exposures(*((f"c{i:03}", "AB"[i % 2], 0) for i in range(200)), churn_rate=np.arange(200) % 3 == 0)
    trial, wanted, sums = asked(lay, exposed, None, ["churn_rate"])
    assert [(one.name, one.column) for one in wanted] == [("exposures.churn_rate", "churn_rate")]
    found = experiment_effects.effects(sums, "A")
    assert (found["good"] == -1).all()  # it should fall all the same
    assert "churn_rate of “B”" in bare(judged(trial, found, "exposures.churn_rate").text["en"])
    assert wording.label("exposures.churn_rate", "fa") == "churn_rate"
    wording.use(labels={"churn_rate": {"fa": "رفتن از بازی", "en": "left the game"}})
    assert wording.label("exposures.churn_rate", "fa") == "رفتن از بازی"
    wording.use(labels={})


def test_several_variants_share_the_control_and_the_correction(lay):
    exposed, bought = company(n=3000, effect=0.0, seed=9)
    third = exposed["customer_id"].str[-1].isin(list("012"))
    exposed.loc[third, "variant"] = "C"
    extra = [(w, 29.9, 1.0) for w in exposed.loc[third, "customer_id"][::4]]
    exposed.loc[exposed["customer_id"].isin([w for w, *_ in extra]), "exposed_at"] = DAY + dt.timedelta(days=29)
    trial, _, sums = asked(lay, exposed, pd.concat([bought, orders(*extra)]), ["conversion", "orders_each"])
    found = experiment_effects.effects(sums, "A")
    assert found["looks"].tolist() == [4] * 4
    assert found.loc[("conversion", "C"), "p_adjusted"] < 0.01 < found.loc[("conversion", "B"), "p_adjusted"]
    assert found.loc[("conversion", "C"), "best"] > 0.95
    best = found.loc["conversion", "best"].sum()
    assert 0.95 < best <= 1  # what is left is the control's own chance
    assert judged(trial, found, "conversion").variant == "C"
    curve = experiment_effects.curve(found, "conversion")
    assert curve.groupby(level="variant")["density"].max().max() == 1
    widest = curve.loc["C", "effect"]
    assert widest.iloc[0] < found.loc[("conversion", "C"), "expects"] < widest.iloc[-1]


@pytest.mark.parametrize(
    ("exposed", "level", "said"),
    [
        (TINY.head(0), "blocks", "Nobody was seen in an experiment"),
        (TINY.assign(customer_id=None), "blocks", "Nobody was seen in an experiment"),
        (TINY[TINY["variant"] == "A"], "blocks", "only variant “A” was seen (2 customers)"),
        (TINY.head(1), "blocks", "only variant “A” was seen (1 customer)"),
        (pd.concat([TINY, TINY.replace({"variant": {"A": "B", "B": "A"}})]), "blocks", "Everybody in experiment “x”"),
    ],
    ids=["no rows", "null ids", "one variant", "one customer", "all in two"],
)
def test_what_is_missing_is_said_in_a_sentence(lay, exposed, level, said):
    trial = experiment.trial(lay(exposed.astype({"customer_id": object}), "exposures"))
    checks = experiment_checks.checks(trial, experiment_ratio.ratio(trial.counts or {}))
    assert checks[0].level == level
    assert said in checks[0].text["en"]
    assert checks[0].text["fa"].strip()


def test_what_still_can_be_said_where_there_is_no_effect(lay):
    # all orders before exposure
    rows = [(f"c{i:03}", "AB"[i % 2], 5) for i in range(200)]
    trial, _, sums = asked(
        lay, exposures(*rows), orders(*[(w, 1, 5.0) for w, *_ in rows], ("z", 60, 1)), ["conversion", "revenue_each"]
    )
    assert "no more than 1.9%" in told.silent(sums)["en"]
    found = experiment_effects.effects(sums, "A")
    assert np.isnan(found.loc[("revenue_each", "B"), "p_value"])  # no spread at all
    assert "without spread" in judged(trial, found, "revenue_each").text["en"]
    advised = judged(trial, found, "conversion")
    assert advised.action == "undecided"
    assert "recorded for no customer of any variant" in advised.text["en"]
    assert "keep" not in advised.text["en"].lower()
    # few of them
    trial, _, sums = asked(lay, TINY, BOUGHT, ["conversion"])
    found = experiment_effects.effects(sums, "A")
    assert found["effect"].isna().all()
    assert "only 2 to count by" in judged(trial, found, "conversion").text["en"]
    # exposures after the data's end: everybody waits
    late = TINY.assign(exposed_at=TINY["exposed_at"] + dt.timedelta(days=400))
    trial, _, sums = asked(lay, late, BOUGHT, ["conversion"])
    assert sums.empty
    checks = experiment_checks.checks(trial, experiment_ratio.ratio(trial.counts), waiting=trial.customers)
    assert "For none of these customers (4)" in checks[-1].text["en"]
    found = experiment_effects.effects(sums, "A")
    assert "nothing to compare yet" in judged(trial, found, "conversion").text["en"]
    assert experiment_looks.looks(sums, "A", "conversion", PERIOD, trial.first).empty
    assert looks.looked(experiment_looks.looks(sums, "A", "conversion", PERIOD, trial.first)) is None


def folder_of(path, exposed, bought):
    """A company that has nothing but an experiment and orders."""
    (path / "tables").mkdir()
    (path / "workspace.yaml").write_text("name: small\nlocale: en\ncalendar: gregorian\ntimezone: UTC\n", "utf-8")
    for name, frame in (("exposures", exposed), ("orders", bought)):
        frame.to_parquet(path / "tables" / f"{name}.parquet", index=False, coerce_timestamps="us")
    return str(path)


def test_the_notebook_says_what_one_variant_alone_can_tell(tmp_path):
    exposed, bought = company(n=400)
    shown = run("experiment", workspace=folder_of(tmp_path, exposed.assign(variant="A"), bought), period="2025-03")
    lead = shown["shown"][0]["text/plain"]
    assert "Do not decide yet" in lead
    assert "only variant “A” was seen" in lead
    assert shown["findings"] == []
    (alone,) = (one for one in shown["metrics"] if one["metric"] == "conversion")
    assert alone["low"] < alone["value"] < alone["high"], "how it did can be said"
    assert all(one["value"] is None for one in shown["metrics"] if one["metric"] == "effect")


def test_the_notebook_shows_no_effect_of_a_broken_draw(tmp_path):
    exposed, bought = company(n=1500, effect=0.2, split=0.62)
    shown = run("experiment", workspace=folder_of(tmp_path, exposed, bought), period="2025-03")
    assert [(one["measure"], one["severity"]) for one in shown["findings"]] == [("variant_share", "high")]
    assert all(one["value"] is None for one in shown["metrics"])


def test_the_notebook_counts_shops_where_shops_were_drawn(tmp_path):
    exposed, bought = company(n=2000, effect=0.2)
    exposed["shop"] = exposed["variant"] + exposed["customer_id"].str[-2:]
    shown = run("experiment", workspace=folder_of(tmp_path, exposed, bought), period="2025-04", unit="shop")
    (first, *_) = shown["findings"]
    assert (first["measure"], first["n"]) == ("conversion", 200)  # shops, not their customers
    (early,) = run("experiment", workspace=str(tmp_path), period="2025-04", planned_date="2025-07-01")["shown"][:1]
    assert "Wait until 1 July 2025" in early["text/plain"]


def test_how_few_took_part_is_not_told(lay):
    table, limit = lay(company(n=4)[0], "exposures"), disclosure.Limit(30, 10)
    trial, ratio = experiment.trial(table), experiment_ratio.ratio({"A": 2, "B": 2})
    wording.use(enough=limit)
    assert "fewer than 10 customers came in" in bare(told.ran(trial, "orders_each", 7)["en"])
    assert "(fewer than 10)" in bare(
        experiment_checks.sentence(experiment_checks.checks(trial, ratio, waiting=4))["en"]
    )
    twice = experiment_checks._crossed(replace(trial, crossed=3, counts={"A": 450, "B": 450})).text["en"]
    assert "%" not in twice, "nor by its share of a known number"
    wording.use(enough=1)
    shown = experiment.experiments(table, smallest=limit).iloc[0]
    assert shown[["customers", "crossed", "first"]].isna().all()
    assert experiment.experiments(table).iloc[0]["n"] == 4


def bare(text):
    return text.replace("\u2066", "").replace("\u2069", "").replace("\u2068", "")


def test_a_company_without_exposures_is_told_why(tmp_path):
    exposed, bought = company(n=50)
    shown = run("experiment", workspace=folder_of(tmp_path, exposed.assign(customer_id=None), bought), period="2025-03")
    assert "Nobody was seen in an experiment" in shown["shown"][0]["text/plain"]
    assert shown["findings"] == shown["metrics"] == []


CATS = """
name: {fa: بازی, en: game}
locale: en
calendar: gregorian
timezone: UTC
sources:
  - system: table
    name: cats
    path: sources/cookie_cats.csv
    tables:
      exposures:
        columns:
          experiment: {value: gate}
          customer_id: userid
          variant: version
          exposed_at: {value: "2025-01-01"}
          retention_1: {from: retention_1, type: boolean}
          retention_7: {from: retention_7, type: boolean}
          rounds: {from: sum_gamerounds, type: number}
      touchpoints:
        when: retention_7 = 'True'
        columns:
          event_id: {generate: true}
          customer_id: userid
          occurred_at: {value: "2025-01-08"}
          touchpoint: {value: came_back}
"""


@pytest.fixture(scope="module")
def cats(tmp_path_factory):
    """A small set in the shape of Cookie Cats: player, gate, rounds played, came back after a day and after a week."""
    from cx_helpers import workspace

    folder, rng = tmp_path_factory.mktemp("cats"), np.random.default_rng(21)
    gate = np.repeat(["gate_30", "gate_40"], [4470, 4549])
    rounds = np.floor(rng.lognormal(2.8, 1.4, len(gate))).astype(int)
    rounds[100] = 49_854  # the one player of the real set whom no mean survives
    week = rng.random(len(gate)) < np.where(gate == "gate_30", 0.24, 0.18)
    day = rng.random(len(gate)) < 0.445
    frame = pd.DataFrame({"userid": range(len(gate)), "version": gate, "sum_gamerounds": rounds})
    (folder / "sources").mkdir()
    text = frame.assign(retention_1=day, retention_7=week).to_string(index=False).split("\n")
    (folder / "sources" / "cookie_cats.csv").write_text("\n".join(",".join(line.split()) for line in text), "utf-8")
    (folder / "workspace.yaml").write_text(CATS, "utf-8")
    report = sources.load(folder)
    assert report.taken == len(gate)
    return workspace.open(folder, period="2025-01")


def test_a_games_ab_test_is_read_from_one_csv(cats):
    trial = experiment.trial(cats.exposures, columns=["retention_1", "retention_7", "rounds"])
    wanted = experiment_metrics.outcomes([], cats.exposures, {})
    assert {one.name: one.kind for one in wanted} == {
        "exposures.retention_1": "share",
        "retention_7": "share",
        "rounds": "mean",
    }
    rows = experiment_outcomes.measured(trial.table, wanted, {}, None)
    found = experiment_effects.effects(experiment_outcomes.sums(rows, wanted), "gate_30")
    assert trial.control == "gate_30"
    assert found.loc[("retention_7", "gate_40"), "high"] < 0
    assert found.loc[("exposures.retention_1", "gate_40"), "p_adjusted"] > 0.05
    held = experiment_effects.robust(experiment_outcomes.sums(rows, wanted), "gate_30").loc[("rounds", "gate_40")]
    assert held["plain"] < -5, "the whale plays at gate 30"
    assert held["low"] < 0 < held["high"]
    assert held["cap"] < 1000
    assert judged(trial, found, "retention_7").action == "stop"
    claim = told.findings(found, trial, experiment_ratio.ratio(trial.counts))[0][0]
    assert "holds at every look" in claim.detail["en"]
    assert "%" in blocks.finding_item(claim, "en")["more"].split("·")[0], "a share of the company's own is one, too"
    once = experiment_effects.effects(experiment_outcomes.sums(rows, wanted), "gate_30", final=True)
    claim = told.findings(once, trial, experiment_ratio.ratio(trial.counts), final=True)[0][0]
    assert "one look at the planned end" in claim.detail["en"]
    assert "on one day, 1 January 2025" in told.ran(trial, "retention_7", 7)["en"]


def test_where_all_comes_in_on_one_day_a_named_end_decides(cats):
    trial = experiment.trial(cats.exposures, columns=["retention_1"])
    wanted = experiment_metrics.outcomes(["retention_1"], cats.exposures, {})
    daily = experiment_outcomes.sums(experiment_outcomes.measured(trial.table, wanted, {}, None), wanted, ["day"])
    days = experiment_looks.looks(daily, "gate_30", "exposures.retention_1", PERIOD, trial.first)
    odd = days.assign(p_fixed=0.01, p_always=0.2)
    assert "planned_date" in looks.looked(odd)["en"]
    assert "planned_date" not in looks.looked(odd, final=True)["en"]
    assert "no difference" in looks.looked(days.assign(p_fixed=0.5, p_always=1.0))["en"]
    assert "so does the band" in looks.looked(days.assign(p_fixed=0.001, p_always=0.01))["en"]
    found = experiment_effects.effects(experiment_outcomes.total(daily), "gate_30")
    advice = judged(trial, found, "exposures.retention_1")
    assert advice.action == "settled"
    assert "a tenth of the spread" in advice.text["en"]
    assert "a tenth" not in judged(trial, found, "exposures.retention_1", expected=0.1).text["en"]


def test_the_same_outcome_as_a_touchpoint(cats):
    trial, facts = experiment.trial(cats.exposures), {"touchpoints": cats.touchpoints}
    wanted = experiment_metrics.outcomes(["came_back"], cats.exposures, facts)
    until = experiment_outcomes.data_end(facts, wanted)
    sums = experiment_outcomes.sums(experiment_outcomes.measured(trial.table, wanted, facts, until, 0), wanted)
    own = experiment.trial(cats.exposures, columns=["retention_7"])
    column = experiment_metrics.outcomes(["retention_7"], cats.exposures, {})
    other = experiment_outcomes.sums(experiment_outcomes.measured(own.table, column, {}, None), column)
    columns = ["n", "y", "d", "yy"]
    np.testing.assert_array_equal(sums[columns].to_numpy(), other[columns].to_numpy())


def test_every_sentence_stands_in_both_languages():
    for guard in told.GUARDS:
        assert all(guard[locale].strip() for locale in ("fa", "en"))
    assert experiment_checks.sentence([])["fa"]
    assert "nobody was seen in two" not in experiment_checks.sentence([])["en"]  # the contract keeps one row a customer


def test_a_column_that_is_the_variant_by_another_name_blocks_nothing(lay):
    rows = [(f"c{i:03}", "ABCD"[i % 4], 0) for i in range(120)]
    trial = experiment.trial(
        lay(exposures(*rows, design=[f"d{i % 4}" for i in range(120)]), "exposures"), columns=["design"]
    )
    sizes = experiment.unit_sizes(trial.table, ["design"])
    checks = experiment_checks.checks(trial, experiment_ratio.ratio(trial.counts), sizes, experiment.drawn_by(sizes))
    assert [one.level for one in checks] == ["warns"]


def test_a_column_beside_the_variant_does_not_decide_for_the_company(lay):
    """Who is how old, or pandas' own index, is no outcome that comes before conversion."""
    exposed = pd.DataFrame(
        {"experiment_id": "e", "customer_id": list("abcd"), "variant": list("ABAB"),
         "exposed_at": pd.to_datetime(["2025-09-01"] * 4, utc=True), "age": [20.0, 30, 40, 50], "__index_level_0__": 1}
    )  # fmt: skip
    sold = pd.DataFrame({"order_id": ["o"], "customer_id": ["a"], "amount": [5.0]})
    sold["ordered_at"] = pd.to_datetime(["2025-09-02"], utc=True)
    facts = {"orders": lay(sold, "orders")}
    names = [one.name for one in experiment_metrics.outcomes([], lay(exposed, "exposures"), facts)]
    assert names[0] == "conversion"
    assert names[-1] == "age"
    assert [one.name for one in experiment_metrics.outcomes([], lay(exposed, "exposures"), {})] == ["age"]
