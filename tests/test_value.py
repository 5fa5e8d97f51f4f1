"""What customers are worth: histories by hand, refusals and their reasons, intervals that hold, planted differences."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from cells import run

from cx_helpers import histories, purchasing, readings, spending, valuation
from cx_helpers.dates import Period
from cx_helpers.disclosure import Limit
from cx_helpers.measures import renewals, value, value_experience, value_holdout, value_retention

JUNE = Period.parse("2025-06", timezone="UTC")


def when(day: str, hour: int = 12) -> dt.datetime:
    return dt.datetime.fromisoformat(day).replace(hour=hour, tzinfo=dt.UTC)


ORDERS = pd.DataFrame(
    [
        # ann: three days of purchase, two orders on the second; 20 to 10 days before the end
        ("1", "ann", when("2025-06-10"), 5.0, "delivered"),
        ("2", "ann", when("2025-06-15", 1), 10.0, "delivered"),
        ("3", "ann", when("2025-06-15", 23), 20.0, "shipped"),
        ("4", "ann", when("2025-06-20"), 10.0, None),
        # bob sent his second purchase back, yet bought; a credit, what was cancelled and what lies ahead are none
        ("5", "bob", when("2025-06-28"), 7.0, "delivered"),
        ("6", "bob", when("2025-06-29"), 9.0, "Returned "),
        ("7", "bob", when("2025-06-29"), -3.0, "delivered"),
        ("12", "bob", when("2025-06-30"), 40.0, "cancelled"),
        ("8", "bob", when("2025-07-01"), 99.0, "delivered"),
        # a gift of 0 is a purchase; nobody's order and one without an amount are none
        ("9", "cat", when("2025-06-30"), 0.0, "delivered"),
        ("10", None, when("2025-06-12"), 50.0, "delivered"),
        ("11", "dan", when("2025-06-12"), None, "delivered"),
    ],
    columns=["order_id", "customer_id", "ordered_at", "amount", "status"],
)


def test_histories_by_hand(lay):
    found = histories.histories(lay(ORDERS, "orders"), JUNE).execute().set_index("customer_id").sort_index()
    assert list(found.index) == ["ann", "bob", "cat"]
    assert found["x"].tolist() == [2, 1, 0]
    assert found["t_x"].tolist() == [10, 1, 0]
    assert found["T"].tolist() == [20, 2, 0]
    assert found["spend"].tolist()[:2] == [20.0, 9.0]  # of 30 and 10: the first day is left out
    assert found["spend"].isna().tolist() == [False, False, True]
    assert found["first_spend"].tolist() == [5.0, 7.0, 0.0]


def test_what_is_no_purchase_is_counted(lay):
    found = histories.left_out(lay(ORDERS, "orders"), JUNE)
    counts = found[["orders", "bought", "without_customer", "cancelled", "below", "late"]]
    assert counts.tolist() == [11, 7, 1, 1, 2, 1]
    assert counts["orders"] == counts[["bought", "without_customer", "cancelled", "below"]].sum()
    assert (found["sold"], found["returned"]) == (111.0, 12.0)


def test_days_are_cut_by_the_company_s_own_clock(lay):
    late = ORDERS.iloc[[1, 2]].assign(ordered_at=[when("2025-06-15", 20), when("2025-06-15", 21)])  # 23:30, 00:30
    tehran = Period.parse("2025-06", timezone="Asia/Tehran")
    assert histories.histories(lay(late, "orders"), tehran).execute()["x"].tolist() == [1]
    assert histories.histories(lay(late, "orders"), JUNE).execute()["x"].tolist() == [0]


def test_order_of_rows_does_not_matter_and_the_fold_keeps_everybody(lay):
    made = invented(300, seed=3)
    one, other = (lay(frame, "orders") for frame in (made, made.sample(frac=1, random_state=1)))
    a, b = (histories.fold(histories.histories(t, YEARS)) for t in (one, other))
    pd.testing.assert_frame_equal(a, b)
    assert a["n"].sum() == made["customer_id"].nunique()
    coarse = histories.fold(histories.histories(one, YEARS), most=10)
    assert coarse["n"].sum() == a["n"].sum()
    assert len(coarse) < len(a)
    assert ((coarse["t_x"] <= coarse["T"]) & ((coarse["x"] > 0) == (coarse["t_x"] > 0))).all()


YEARS = Period.between("2024-01-01", "2025-12-31", timezone="UTC")


def invented(n: int, seed: int = 1, keep: float = 0.75, rate: float = 30.0, spend: float = 100.0, **columns):
    """Orders of n customers who come one a day or so, buy about every `rate` days, stay after each with chance keep."""
    rng = np.random.default_rng(seed)
    rows = []
    for customer in range(n):
        day, pace, mine = int(rng.integers(0, 600)), rng.gamma(1.5, 1 / rate / 1.5), rng.gamma(8, spend / 8)
        while day < 731:
            rows.append((f"{seed}-{customer:05}", day, rng.gamma(4, mine / 4)))
            if rng.random() > keep:
                break
            day += 1 + int(rng.exponential(1 / max(pace, 1e-4)))
    frame = pd.DataFrame(rows, columns=["customer_id", "day", "amount"])
    frame["ordered_at"] = pd.Timestamp("2024-01-01 12:00", tz="UTC") + pd.to_timedelta(frame["day"], unit="D")
    frame["order_id"] = [f"{seed}-{i}" for i in range(len(frame))]
    return frame.drop(columns="day").assign(**columns)


def folded(lay, orders, by=()):
    return histories.fold(histories.histories(lay(orders, "orders"), YEARS, list(by)), list(by))


TERMS = valuation.Terms(margin=0.5, margin_known=True, discount=0.1, months=12)


@pytest.fixture
def model(lay):
    return valuation.model(folded(lay, invented(900)), TERMS, "mbgnbd")


def test_each_refusal_has_its_reason(lay, model):
    rows = model.rows
    once, back = rows[rows["x"] == 0], rows[rows["x"] > 0]
    reasons = {
        "nobody": rows.iloc[:0],
        "all_once": once,
        "few": rows.iloc[:50],
        "few_back": pd.concat([once, back.iloc[:20]]),
        "short": rows.assign(T=np.minimum(rows["T"], 40), t_x=np.minimum(rows["t_x"], 40)),
    }
    assert {name: list(valuation.model(part, TERMS, "mbgnbd").refused) for name, part in reasons.items()} == {
        name: [name] for name in reasons
    }
    one = valuation.model(back.iloc[:1], TERMS)
    assert one.refused == {"few": {"n": 1.0, "back": 1.0, "days": float(back["T"].iloc[0])}}
    alone = valuation.model(once.iloc[:1].assign(n=1), TERMS)
    assert list(alone.refused) == ["few"], "of one customer it is not told that none bought again"
    nobody = readings.value_doubts.refusals(valuation.model(rows.iloc[:0], TERMS))[0]["en"]
    assert "The table orders is needed" not in nobody, "it may be there, with no purchase in it"
    for part in reasons.values():
        refused = valuation.model(part, TERMS, "mbgnbd")
        assert refused.buying is None
        assert value.clv(refused)["clv"].isna().all()
        assert value_retention.gain(refused)["gain"].isna().all()
        assert value.map_of(refused).empty
    assert value.standing(valuation.model(rows.iloc[:0], TERMS)).loc["all", ["n", "again"]].tolist()[0] == 0
    still = value.standing(valuation.model(once, TERMS)).iloc[0]
    assert still["again"] == 0
    assert still["so_far"] == pytest.approx(0.5 * (once["first_spend"] * once["n"]).sum() / once["n"].sum())


def test_gamma_gamma_is_refused_where_its_mean_does_not_exist_and_where_spend_goes_with_frequency(model):
    rng, rows = np.random.default_rng(4), model.rows
    heavy = rows.assign(spend=rows["spend"] * 0 + rng.gamma(5, 1, len(rows)) / rng.gamma(0.5, 1, len(rows)))
    refused = valuation.model(heavy, TERMS, "mbgnbd")
    assert list(refused.refused) == ["heavy"]
    assert refused.refused["heavy"]["q"] <= 1
    going = rows.assign(spend=rows["spend"] * (1 + rows["x"]))
    dependent = valuation.model(going, TERMS, "mbgnbd")
    assert list(dependent.refused) == ["dependent"]
    assert dependent.refused["dependent"]["low"] > 0.2
    assert dependent.spending is None
    assert dependent.buying is not None
    assert value.clv(dependent)["clv"].isna().all(), "negative or endless values are what others gave here"
    assert value.clv(dependent, what="purchases")["low"].notna().all(), "purchases can still be said"
    free = valuation.model(rows.assign(spend=0.0), TERMS)
    assert list(free.refused) == ["unpriced"]


def test_more_purchases_alone_do_not_look_like_dependence(lay):
    """The log of a mean of many skewed amounts is larger than that of one: correlated by construction, not in fact."""
    rng, n = np.random.default_rng(1), 20_000
    x = rng.integers(1, 20, n)
    rows = pd.DataFrame({"x": x, "spend": [rng.pareto(2.5, k).mean() + 0.1 for k in x], "n": 1.0})
    found = valuation.dependence(rows).iloc[0]
    assert found["low"] < 0 < found["high"]
    assert np.corrcoef(np.log(rows["spend"]), np.log(rows["x"]))[0, 1] > 0.1
    assert abs(found["correlation"]) < 0.03


def test_value_is_purchases_times_money_on_the_terms(model):
    rows = valuation.worth(model)
    money = spending.expected(model.spending, rows["x"], rows["spend"])
    bought = purchasing.purchases(model.buying, rows["x"], rows["t_x"], rows["T"], 365.25, np.log(1.1) / 365.25)
    assert np.allclose(rows["clv"], 0.5 * money * bought)
    assert np.allclose(rows["lifetime"], rows["clv"] + rows["so_far"])
    whole = value.clv(model).iloc[0]
    assert whole["clv"] == pytest.approx((rows["n"] * rows["clv"]).sum() / rows["n"].sum())
    assert whole["total"] == pytest.approx((rows["n"] * rows["clv"]).sum())
    assert 0 < whole["low"] < whole["clv"] < whole["high"]
    kept = value.clv(replace(model, terms=replace(TERMS, kept=0.8))).iloc[0]
    assert kept["clv"] == pytest.approx(0.8 * whole["clv"])


def test_the_interval_is_that_of_customers_drawn_again_and_models_fitted_again(model):
    """The infinitesimal jackknife against what it stands for: forty bootstraps with both models refitted."""
    rows, rng, found = model.rows, np.random.default_rng(7), []
    share = rows["n"] / rows["n"].sum()
    for _ in range(40):
        drawn = rows.assign(n=rng.multinomial(int(rows["n"].sum()), share).astype(float)).query("n > 0")
        again = valuation.model(drawn.reset_index(drop=True), TERMS, model.buying.model)
        found.append(np.log(value.clv(again)["clv"].iloc[0]))
    whole = value.clv(model).iloc[0]
    se = np.log(whole["high"] / whole["clv"]) / 1.96
    assert se == pytest.approx(np.std(found, ddof=1), rel=0.3)


def test_groups_that_stay_longer_are_worth_more_and_equal_ones_are_not(lay):
    parts = [invented(700, 1, kind="a"), invented(700, 2, kind="b"), invented(500, 3, keep=0.92, kind="c")]
    orders = pd.concat([*parts, invented(8, 4, kind="few")], ignore_index=True)
    found = valuation.with_cohort(valuation.model(folded(lay, orders, ["kind"]), TERMS, "mbgnbd"), YEARS)
    gaps = value.gaps(found, "kind", 30)
    assert gaps.loc["c", "p_value"] < 1e-6
    assert gaps.loc["c", "change"] > 0
    assert value.gaps(found, "kind", 30, without=("c",)).loc[["a", "b"], "p_value"].min() > 0.05
    by_kind = value.clv(found, "kind", Limit(30, 10))
    assert by_kind.loc["few", "clv"] != by_kind.loc["few", "clv"]
    assert by_kind["hidden"].to_dict() == {"a": None, "b": None, "c": "beside", "few": "small"}
    shown = value.clv(found, "kind")
    assert shown["total"].sum() == pytest.approx(value.clv(found)["total"].iloc[0])
    assert (shown["n"].sum(), shown["low"].lt(shown["clv"]).all()) == (found.n, True)


def test_who_brings_the_better_kind_is_no_finding_and_told_as_such(lay):
    """Simpson: customers of a kind are worth alike wherever they came from; the web brought most of the good ones."""
    parts = [("a", "web", 250, 0.8), ("a", "shop", 700, 0.8), ("c", "web", 600, 0.93), ("c", "shop", 200, 0.93)]
    orders = [
        invented(n, seed, keep=keep, kind=kind, via=via) for seed, (kind, via, n, keep) in enumerate(parts, start=1)
    ]
    columns = ["kind", "via"]
    bought = folded(lay, pd.concat(orders, ignore_index=True), columns)
    found = valuation.with_cohort(valuation.model(bought, TERMS, "mbgnbd"), YEARS)
    looks = readings.value.compared(found, columns, 30).set_index("column")
    assert (looks["p_adjusted"] < 0.01).all()
    assert abs(looks.loc["via", "inside"]) < abs(looks.loc["via", "change"]) / 2
    assert looks["mixed"].to_dict() == {"kind": False, "via": True}
    assert [set(f.subject) for f in readings.value.findings(found, looks.reset_index())] == [{"kind"}]
    assert "it is their mix" in readings.value.mixed(looks.reset_index())["en"]
    assert readings.value.mixed(looks.reset_index().query("column == 'kind'")) is None
    alone = readings.value.compared(found, ["via"], 30)
    assert not alone["mixed"].any(), "nothing else is known of them"


def test_one_whale_makes_no_claim(lay):
    orders = pd.concat([invented(600, 1, kind="a"), invented(200, 2, kind="b")], ignore_index=True)
    orders.loc[orders["kind"].eq("b").idxmax(), "amount"] = 1e7
    found = valuation.with_cohort(valuation.model(folded(lay, orders, ["kind"]), TERMS, "mbgnbd"), YEARS)
    gaps = value.gaps(found, "kind")
    assert gaps.loc["b", "change"] > 1000
    assert gaps["p_value"].min() > 0.05


def test_one_customer_who_is_nearly_all_of_the_value_is_told_and_leaves_nothing_narrow(lay, model):
    assert readings.value_doubts.outsize(model) is None
    assert value.outsize(model)["top"].iloc[0] == 0
    worths = valuation.worth(model)
    top = worths["clv"].idxmax()
    spend = model.rows["spend"].mask(model.rows.index == top, model.rows["spend"] * 1e4)
    one = replace(model, rows=model.rows.assign(spend=spend, n=model.rows["n"].mask(model.rows.index == top, 1.0)))
    found = value.outsize(one).iloc[0]
    money = valuation.worth(one).eval("clv * n")
    assert found["top"] == 1
    assert found["top_share"] == pytest.approx(money.max() / money.sum())
    assert found["rest"] == pytest.approx((money.sum() - money.max()) / (one.n - 1))
    assert "One customer alone is 9" in readings.value_doubts.outsize(one)["en"].replace("\u2066", "")
    gain = value_retention.gain(one, 0.05).iloc[0]
    assert gain["high"] > 4 * gain["gain"] > 16 * gain["low"], "it is as unsure as that one customer"
    looks = pd.DataFrame([{"column": "kind", "group": "a", "p_adjusted": 1e-9, "change": 5.0, "others": 5.0, "n": 500,
                           "lifetime": 10.0, "so_far": 5.0, "clv": 5.0, "low": 9.0, "high": 11.0,
                           "mixed": False}])  # fmt: skip
    assert [f.severity for m in (model, one) for f in readings.value.findings(m, looks)] == ["high", "medium"]


def test_ten_customers_with_half_of_the_value_are_few(model):
    kept = model.rows.sort_values("spend", na_position="first").assign(n=1.0)
    rows = kept.assign(spend=np.where(np.arange(len(kept)) < len(kept) - 5, kept["spend"], kept["spend"] * 1000))
    found = value.outsize(replace(model, rows=rows.reset_index(drop=True))).iloc[0]
    assert (found["top"], found["top_share"] > 0.5) == (min(10, len(kept) // 100), True)


def test_cohorts_are_quarters_of_the_first_purchase(model):
    found = value.clv(valuation.with_cohort(model, YEARS), "cohort")
    assert [p.name for p in found.index[:3]] == ["2024-Q1", "2024-Q2", "2024-Q3"]
    assert found["n"].sum() == model.n
    assert found["alive"].iloc[0] < found["alive"].iloc[3] < found["alive"].iloc[6]


def test_a_map_falls_with_silence(model):
    grid = value.map_of(model)
    assert grid.index[0] == 0
    assert ((grid >= 0) & (grid <= 1)).all(axis=None)
    assert (grid.diff(axis=1).iloc[1:, 1:] < 0).all(axis=None)
    often, seldom = grid.loc[grid.index[-1]], grid.loc[1]
    assert often.iloc[-1] < seldom.iloc[-1], "the silence of who bought often tells more"
    ahead = value.map_of(model, "purchases")
    assert ahead.iloc[-1, 0] > ahead.iloc[1, 0]


def test_the_model_keeps_its_word_on_customers_made_by_it_and_not_where_they_stopped(lay):
    made = invented(1500, 5, keep=0.85)
    rows, last = value_holdout.history(lay(made, "orders"), YEARS, 150)
    fitted = value_holdout.fit(rows, "mbgnbd")
    foreseen = value_holdout.expected(rows, fitted, last, YEARS)
    miss = value_holdout.total(foreseen).iloc[0]
    assert miss["low"] < 0 < miss["high"]
    assert abs(miss["miss"]) < 0.15
    start = pd.Timestamp("2025-08-04", tz="UTC")  # the first of the last 150 days
    later = made[made["ordered_at"] >= start]
    first = made.groupby("customer_id")["ordered_at"].min()
    known = later["customer_id"].isin(first.index[first < start])
    assert miss["actual"] == later[known].groupby(["customer_id", "ordered_at"]).ngroups
    stopped = made[(made["ordered_at"] < start) | ~made["customer_id"].isin(first.index[first < start])]
    worse, last = value_holdout.history(lay(stopped, "orders"), YEARS, 150)
    assert value_holdout.total(value_holdout.expected(worse, fitted, last, YEARS)).iloc[0]["actual"] == 0


def test_a_hold_out_by_frequency_and_by_week_adds_up(lay):
    made = lay(invented(1500, 6), "orders")
    rows, last = value_holdout.history(made, YEARS)
    fitted = value_holdout.fit(rows, "mbgnbd")
    foreseen = value_holdout.expected(rows, fitted, last, YEARS)
    total, times = value_holdout.total(foreseen).iloc[0], value_holdout.by_times(foreseen)
    for series in ("actual", "expected"):
        assert (times.loc[series]["n"] * times.loc[series]["purchases"]).sum() == pytest.approx(total[series])
    weeks = value_holdout.by_week(made, YEARS, last, fitted)
    came = weeks.loc["actual"]
    assert came["purchases"].sum() == pytest.approx((rows["n"] * (rows["x"] + rows["y"])).sum(), rel=0.02)
    told = weeks.loc["expected"]
    assert told["purchases"].sum() == pytest.approx(came["purchases"].sum(), rel=0.1)
    assert came["held_out"].sum() == pytest.approx(26, abs=1)
    running = value_holdout.by_week(made, YEARS, last, fitted, cumulative=True).loc["actual"]
    assert running["purchases"].iloc[-1] == came["purchases"].sum()


def test_cdnow_is_foreseen_as_published(real, lay):
    """Fader, Hardie, Lee 2005: 39 weeks ahead of 2,357 customers, BG/NBD falls short of what came by a few per cent."""
    log = pd.read_csv(
        real / "truth" / "cdnow" / "CDNOW_sample.txt", sep=r"\s+",
        names=["_", "customer_id", "day", "quantity", "amount"], dtype={"customer_id": str, "day": str},
    )  # fmt: skip
    log["ordered_at"] = pd.to_datetime(log["day"], format="%Y%m%d", utc=True)
    orders = lay(log.assign(order_id=[str(i) for i in range(len(log))]).drop(columns=["_", "day"]), "orders")
    period = Period.between("1997-01-01", "1998-06-30", timezone="UTC")
    rows, last = value_holdout.history(orders, period, 273)
    assert (rows["n"].sum(), (rows["n"] * rows["x"]).sum()) == (2357, 2457)
    fitted = value_holdout.fit(rows, "bgnbd")
    assert np.round(fitted.values * [1, 1 / 7, 1, 1], 3).tolist() == [0.243, 4.414, 0.793, 2.426]
    miss = value_holdout.total(value_holdout.expected(rows, fitted, last, period)).iloc[0]
    assert miss["actual"] == 1882
    assert -0.15 < miss["miss"] < 0


def test_better_retention_is_worth_what_the_model_says(model):
    base = value_retention.retention(model)
    slower = value_retention.slower(model, 0.05)
    assert value_retention.retention(model, leaving=slower) == pytest.approx(1.05 * base)
    gain = value_retention.gain(model, 0.05).iloc[0]
    now, then = ((w["n"] * w["clv"]).sum() for w in (valuation.worth(model), valuation.worth(model, slower)))
    assert gain["gain"] == pytest.approx(then - now)
    assert gain["share"] == pytest.approx((then - now) / now)
    assert 0 < gain["low"] < gain["gain"] < gain["high"]
    (told,) = readings.value_retention.findings(model, value_retention.gain(model, 0.05))
    assert told.low is None, "an interval of a ratio is no money; it stands in the sentence as percent"
    assert f"({100 * gain['share_low']:.1f}% to {100 * gain['share_high']:.1f}%)" in told.detail["en"].replace(
        "\u2066", ""
    ).replace("\u2069", "")
    assert "Were retention 5% better" in told.detail["en"].replace("\u2066", "").replace("\u2069", "")
    assert value_retention.slower(model, 10) == 0.0
    most = value_retention.gain(model, 10)
    (told,) = readings.value_retention.findings(model, most, 10)
    assert "the most there can be" in told.detail["en"], "retention cannot pass 100%"
    assert f"{100 / most['retention'].iloc[0] - 100:.1f}%" in told.text["en"]
    bars = value_retention.tornado(model)
    assert "value_gain" in readings.value_retention.named(bars), "no gain in conversion"
    assert {"error", "margin", "discount", "horizon", "lift"} <= set(bars.index)
    assert (bars["low"] <= bars["gain"] * 1.0001).all()
    assert (bars["high"] >= bars["gain"] * 0.9999).all()
    assert bars.loc["margin", "high"] == pytest.approx(1.2 * gain["gain"])
    unknown = replace(model, terms=replace(TERMS, margin_known=False))
    assert "margin" not in value_retention.tornado(unknown).index


def test_where_sales_lose_money_better_retention_deepens_the_loss(model):
    plain = value_retention.gain(model).iloc[0]
    lost, nothing = (replace(model, terms=replace(model.terms, margin=m)) for m in (-model.terms.margin, 0.0))
    told = value_retention.gain(lost)
    row = told.iloc[0]
    assert row[["gain", "low", "high"]].tolist() == pytest.approx([-plain["gain"], -plain["high"], -plain["low"]])
    said = readings.value_retention.sentence(lost, told)["en"]
    assert "more loss" in said
    assert "—" not in said
    assert readings.value_retention.findings(lost, told) == [], "no opportunity"
    assert value_retention.gain(nothing)["gain"].isna().all()
    assert readings.value_retention.sentence(nothing, value_retention.gain(nothing)) is None


ANSWERS = pd.DataFrame(
    [
        ("1", "ann", when("2025-06-01"), "nps", 9.0, 0, 10),
        ("2", "ann", when("2025-06-09"), "nps", 3.0, 0, 10),  # the newest counts
        ("3", "bob", when("2025-06-01"), "csat", 2.0, 1, 5),
        ("4", "cat", when("2025-06-01"), "csat", 1.0, 1, 5),
        ("5", "cat", when("2025-06-02"), "nps", 8.0, 0, 10),
        ("6", "dan", when("2025-06-02"), "nps", None, 0, 10),
        ("7", "eve", when("2025-06-02"), "ces", 1.0, 1, 7),
    ],
    columns=["response_id", "customer_id", "responded_at", "instrument", "score", "scale_min", "scale_max"],
)


def test_moods_by_hand(lay):
    found = value_experience.moods(lay(ANSWERS)).execute().set_index("customer_id")["mood"].to_dict()
    assert found == {"ann": "unhappy", "cat": "content"}  # as many answered each: NPS
    assert value_experience.asked(lay(ANSWERS)) == "nps"
    assert value_experience.asked(lay(ANSWERS[ANSWERS["instrument"] == "ces"])) is None
    more = ANSWERS.iloc[[2]].assign(response_id="8", customer_id="fay", score=3.0)  # neither: the middle of five
    more = pd.concat([ANSWERS, more])
    found = value_experience.moods(lay(more)).execute().set_index("customer_id")["mood"].to_dict()
    assert found == {"bob": "unhappy", "cat": "unhappy", "fay": "content"}
    assert value_experience.asked(lay(more)) == "csat"


def test_value_and_experience_disagree_where_it_was_planted(lay):
    parts = [invented(500, 1, keep=0.6, mood="content"), invented(260, 2, keep=0.95, mood="unhappy")]
    orders = pd.concat([*parts, invented(200, 3, mood=None)], ignore_index=True)
    found = valuation.model(folded(lay, orders, ["mood"]), TERMS, "mbgnbd")
    told = value_experience.disagreement(found, Limit(30, 10))
    assert told["customers"].sum() == found.n
    assert told["n"].sum() == found.rows.loc[found.rows["mood"].notna(), "n"].sum()
    assert told.loc[5, "unhappy"] > told.loc[1:4, "unhappy"].max()
    rows = valuation.worth(found)
    stake = (rows["n"] * rows["clv"])[(value_experience.fifths(found) == 5) & (rows["mood"] == "unhappy")].sum()
    assert told.loc[5, "at_stake"] == pytest.approx(stake)
    (worse,), _ = readings.value_experience.findings(found, told, "csat")  # whose answers are counted is told
    assert "last answer to CSAT" in worse.text["en"]
    assert "last answer to CSAT" in worse.detail["en"]
    few = value_experience.disagreement(found, Limit(30, 500))
    assert few[["unhappy", "count", "at_stake"]].isna().all(axis=None)


def test_the_list_for_the_lab_names_the_unhappy_who_are_worth_most(lay):
    orders = lay(invented(400, 8), "orders")
    each = histories.histories(orders, YEARS).mutate(mood=__import__("ibis").literal("unhappy"))
    found = valuation.model(histories.fold(each, ["mood"]), TERMS, "mbgnbd")
    listed = value_experience.at_risk(each, found, 10)
    assert len(listed) == 10
    assert listed["clv"].is_monotonic_decreasing
    assert listed["clv"].iloc[0] == pytest.approx(valuation.worth(found)["clv"].max())


def contracts(rows) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["customer_id", "started_at", "ended_at"])
    frame["ended_at"] = pd.to_datetime(frame["ended_at"], utc=True)
    return frame.assign(contract_id=[f"k{i}" for i in range(len(frame))], plan="basic", monthly_fee=10.0)


def test_lives_of_contracts_by_hand(lay):
    table = lay(
        contracts(
            [
                ("a", when("2025-01-01"), when("2025-04-02")),  # ended after three months: left at the third renewal
                ("b", when("2025-05-10"), None),  # runs for 51 days: came through one
                ("c", when("2025-01-01"), when("2025-01-03")),  # two days count as one month
                ("d", when("2025-02-27"), when("2025-08-01")),  # ends after the period: runs still, four whole months
                ("e", when("2025-07-05"), None),  # not yet there
                ("f", when("2025-05-01"), when("2025-04-01")),  # ends before it starts
            ]
        ),
        "contracts",
    )
    rows = renewals.lives(table, JUNE)
    assert rows[["survived", "ended", "n"]].to_numpy().tolist() == [
        [0.0, True, 1.0], [1.0, False, 1.0], [2.0, True, 1.0], [4.0, False, 1.0],
    ]  # fmt: skip
    assert renewals.unfit(table, JUNE) == {"late": 1, "backward": 1, "fee": 0, "no_fee": 0}
    seen = renewals.curve(rows).loc["seen"]
    assert seen["share"].round(6).tolist() == [1.0, 0.75, 0.75, 0.375, 0.375]
    assert seen["n"].tolist() == [4, 4, 2, 2, 1]
    assert renewals.fit(rows) is None
    worth = renewals.worth(rows, None, 12, 0.2).iloc[0]
    assert (worth["n"], worth["running"]) == (4, 2)
    assert np.isnan(worth["clv"])


def test_a_fee_that_cannot_be_one_counts_as_none_and_is_told(lay):
    rows = contracts([(f"c{i}", when("2025-01-01"), None) for i in range(5)])
    rows = rows.assign(monthly_fee=[10, -5, 1e20, 30, None])
    lives = renewals.lives(lay(rows, "contracts"), JUNE)
    assert lives[["n", "fee", "fee_squared", "fee_top"]].iloc[0].tolist() == [5, 20, 500, 30]
    unfit = renewals.unfit(lay(rows, "contracts"), JUNE)
    assert unfit == {"late": 0, "backward": 0, "fee": 2, "no_fee": 1}
    told = readings.renewals.sentence(renewals.worth(lives, None, 12, 0.2), {}, unfit)
    assert "The fee of 2 contracts is negative or beyond" in told["en"]
    assert told["en"].startswith("No value is told for contracts: that needs 100 contracts"), "there is no plan"
    fitted = renewals.worth(lifetimes([1, 0.631, 0.468, 0.382, 0.326, 0.289, 0.262, 0.241]), None, 12, 0.0)
    assert (
        "3 contracts whose fee is not known are taken at the average"
        in readings.renewals.sentence(fitted, {}, unfit)["en"]
    )
    assert "at the average of the others" in readings.renewals.opening(fitted, 12, unfit)["en"]


def test_why_a_plan_has_no_value_is_the_true_reason():
    share = [1, 0.631, 0.468, 0.382, 0.326, 0.289, 0.262, 0.241]
    rows = lifetimes(share).assign(plan="a")
    free = rows.assign(fee=np.nan, fee_squared=np.nan, fee_top=np.nan)
    nobody = {"late": 0, "backward": 0, "fee": 0, "no_fee": 0}
    for frame, why in (
        (rows.iloc[:-1], "No contract of the plan “a” runs"),
        (free, "The fees of the plan “a” are not"),
    ):
        worth = renewals.worth(frame, "plan", 12, 0.0)
        assert np.isnan(worth["clv"].iloc[0]), "what nobody knows is not worth 0"
        assert readings.renewals.sentence(worth, {}, nobody)["en"].startswith(why)
    hidden = renewals.worth(lifetimes(share, 20).assign(plan="a"), "plan", 12, 0.0, smallest=Limit(30, 200))
    assert hidden["hidden"].notna().all()
    assert readings.renewals.sentence(hidden, {}, nobody) is None, "the table says that it is withheld"


def lifetimes(share_by_month, n: int = 1000) -> pd.DataFrame:
    alive = n * np.array(share_by_month)
    left = -np.diff(alive)
    rows = [(k, True, x) for k, x in enumerate(left)] + [(len(left), False, alive[-1])]
    frame = pd.DataFrame(rows, columns=["survived", "ended", "n"])
    frame = frame.assign(fee=10.0, fee_squared=100.0, fee_top=10.0)
    return frame.assign(customers=frame["n"], survived=frame["survived"].astype(float))


def test_a_contract_s_value_is_its_fees_to_come(lay):
    rows = lifetimes([1, 0.631, 0.468, 0.382, 0.326, 0.289, 0.262, 0.241])
    one = renewals.worth(rows, None, 12, 0.0).iloc[0]
    fit = renewals.fit(rows)
    share = renewals.renewal.survival(fit, np.arange(7, 20))
    assert one["clv"] == pytest.approx(10 * (share[1:] / share[0]).sum())
    assert one["low"] < one["clv"] < one["high"]
    assert one["stays"] == pytest.approx(share[12] / share[0])
    assert one["p_value"] > 0.01


def test_all_plans_are_told_together_and_one_great_fee_leaves_no_narrow_interval():
    share = [1, 0.631, 0.468, 0.382, 0.326, 0.289, 0.262, 0.241]
    rows = pd.concat([lifetimes(share).assign(plan="a"), lifetimes(share, 500).assign(plan="b")], ignore_index=True)
    worth = renewals.worth(rows, "plan", 12, 0.0)
    assert worth["top_share"].tolist() == pytest.approx([1 / 241, 1 / 120.5])
    told = readings.renewals.opening(worth, 12)["en"].replace("\u2066", "").replace("\u2069", "")
    assert told.startswith("A running contract of 2 plans still brings")
    assert "The plan “a” brings most of it" in told
    fee = rows["fee"].mask(~rows["ended"] & (rows["plan"] == "a"), 10 + 1e6 / 241)  # one of the 241 pays a million more
    great = rows.assign(fee=fee, fee_squared=rows["fee_squared"].mask(fee > 10, 1e12 / 241), fee_top=fee * 241)
    wide = renewals.worth(great, "plan", 12, 0.0).loc["a"]
    assert wide["high"] > 4 * wide["clv"]
    assert wide["top_share"] > 0.99
    assert "One contract alone is 99%" in readings.renewals.opening(renewals.worth(great, "plan", 12, 0.0), 12)["en"]


def test_a_plan_that_ends_at_once_is_refuted_and_has_no_value():
    rows = lifetimes([1, 0.96, 0.93, 0.28, 0.27, 0.26, 0.25, 0.24])
    off = renewals.misfit(rows)
    assert off["p_value"] < 1e-6
    assert off["month"] == 3
    assert np.isnan(renewals.worth(rows, None, 12, 0.1)["clv"].iloc[0])


def test_a_company_of_contracts_alone_is_told_what_they_are_worth(tmp_path):
    rng, n = np.random.default_rng(1), 1500
    start = when("2023-01-01") + pd.to_timedelta(rng.integers(0, 700, n), unit="D")
    life = rng.geometric(np.clip(rng.beta(0.7, 3, n), 0.01, 1))
    end = start + pd.to_timedelta((life * 30.44).round(), unit="D")
    frame = contracts(list(zip([f"c{i}" for i in range(n)], start, end.where(end < when("2025-06-01")), strict=True)))
    (tmp_path / "tables").mkdir()
    frame.to_parquet(tmp_path / "tables" / "contracts.parquet", index=False, coerce_timestamps="us")
    (tmp_path / "workspace.yaml").write_text("name: subs\nlocale: en\ncalendar: gregorian\ntimezone: UTC\n", "utf-8")
    shown = run("value", workspace=str(tmp_path), period="2024-11")
    lead = shown["shown"][0]["text/plain"]
    assert lead.startswith("A running contract of the plan “basic” still brings")
    assert "No purchase" not in lead
    assert shown["findings"] == []
    assert all(one["value"] is None for one in shown["metrics"])
    said = " ".join(one["text/plain"] for one in shown["shown"])
    assert "no purchase of a known customer" in said
    assert "no model fits" not in said, "there is none because nobody bought"
    assert "too little history" not in said


def test_margin_is_that_of_the_last_year(lay):
    orders = ORDERS.assign(margin=[1.0, None, 4.0, 2.0, *[None] * 8])
    old = orders.iloc[[0]].assign(order_id="0", ordered_at=when("2023-01-01"), amount=1e6, margin=0.0)
    assert value.margin(lay(pd.concat([orders, old]), "orders"), JUNE) == pytest.approx(7 / 35)
    assert np.isnan(value.margin(lay(ORDERS, "orders"), JUNE))


def test_donors(real):
    """Six yearly chances to give, 11,104 donors folded into 22 rows: few histories, many of one kind."""
    rows = pd.read_csv(real / "truth" / "donations" / "donations.csv")
    few = rows.assign(x=rows["frequency"], t_x=rows["recency"] * 365.0, T=rows["periods"] * 365.0, n=rows["weights"])
    assert few["n"].sum() == 11_104
    found = valuation.model(few.assign(spend=50.0, first_spend=50.0), TERMS)
    assert found.buying.converged
    alive = purchasing.alive(found.buying, few["x"], few["t_x"], few["T"])
    assert alive[few["recency"] == 6].min() > alive[(few["recency"] == 1)].max()
    assert "heavy" not in found.refused
    assert value.clv(found, what="purchases")["purchases"].iloc[0] > 0
