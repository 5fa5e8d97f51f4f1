"""What goes with satisfaction: by hand, against other makes of the same model, by simulation, on planted companies."""

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from cx_helpers import folding, ordinal, readings, regression, wording
from cx_helpers.measures import drivers, experience, importance, priorities
from cx_helpers.records import Finding
from cx_helpers.tables import TableError


@pytest.fixture(autouse=True)
def _reading():
    """Names as they stand without a company's own, whatever another test file has read."""
    before, wording._reading = wording.current(), wording.Reading()
    yield
    wording._reading = before


def form(n=600, seed=1, own=(0.5, 0.4, 0.0), shadow=True, customers=None):
    """A form of five steps each: delivery, support, price weigh `own`; packaging only goes with delivery."""
    rng = np.random.default_rng(seed)
    halo = rng.normal(size=n)
    latent = {c: 0.45 * halo + 0.89 * rng.normal(size=n) for c in ("delivery", "support", "price")}
    latent["packaging"] = 0.75 * latent["delivery"] + 0.66 * rng.normal(size=n) if shadow else rng.normal(size=n)
    made = sum(w * latent[c] for w, c in zip(own, ("delivery", "support", "price"), strict=True))
    made = made + 0.7 * rng.normal(size=n)
    steps = [-1.5, -0.9, -0.3, 0.6]
    frame = pd.DataFrame({f"attr_{c}": np.digitize(v, steps) + 1.0 for c, v in latent.items()})
    frame["score"] = np.digitize(made / made.std(), steps) + 1.0
    frame["customer_id"] = customers if customers is not None else [f"c{i}" for i in range(n)]
    return frame


def told(rows, outcome="csat"):
    weights, links = importance.importance(rows), drivers.associations(rows)
    return readings.priorities.findings(weights, links, priorities.priorities(rows, weights, links), outcome)


# ---- folding -----------------------------------------------------------------------------------------------------


def test_equal_answers_fold_into_one_row_and_incomplete_ones_are_left_out(lay):
    frame = pd.DataFrame({"score": [1.0, 1, 2, 2, None] * 10, "attr_a": [1.0, 1, 2, None, 2] * 10})
    rows = folding.collapse(lay(frame))
    assert rows.weight.tolist() == [20, 10]
    assert (rows.n, rows.asked, rows.pairs["attr_a"]) == (30, 40, 30)


def test_customers_who_answer_twice_are_kept_together(lay):
    frame = form(60, customers=[f"c{i // 2}" for i in range(40)] + [None] * 20)
    rows = folding.collapse(lay(frame))
    assert rows.customers == 40  # twenty who answered twice, twenty nobody knows
    assert len(np.unique(rows.cluster[rows.cluster >= 0])) == 20


@pytest.mark.parametrize("many", [1, 2, 3, 29])
def test_answers_of_few_customers_are_too_little_to_go_by(lay, many):
    """Two hundred answers of two customers are two voices: no model, no warning, a sentence."""
    rows = folding.collapse(lay(form(200, customers=[f"c{i % many}" for i in range(200)])))
    assert (rows.n, rows.customers, rows.enough) == (200, many, False)
    people = "1 customer" if many == 1 else f"{many} customers"
    assert f"come from {people}; at least 30" in rows.notes[-1]["en"]
    weights, links = importance.importance(rows), drivers.associations(rows)
    for frame in (weights, links, drivers.correlations(rows)):
        assert (frame["n"] == 200).all()
        assert frame.drop(columns=["n", "n_pair", "customers", "survives"], errors="ignore").isna().all(axis=None)
    assert drivers.checks(rows)["r2"] != drivers.checks(rows)["r2"]
    assert readings.priorities.findings(weights, links, priorities.priorities(rows, weights, links), "csat")[0] == []
    assert folding.collapse(lay(form(200, customers=[f"c{i % 30}" for i in range(200)]))).enough


def test_ratings_that_are_no_numbers_are_left_out(lay):
    frame = form(100)
    odd = frame.assign(attr_price=frame["attr_price"].where(frame.index > 4, np.inf))
    odd["score"] = odd["score"].where(odd.index != 9, -np.inf)
    rows = folding.collapse(lay(odd))
    assert (rows.asked, rows.n) == (99, 94)
    assert np.isfinite(rows.x).all()
    assert np.isfinite(rows.y).all()


def test_models_of_folded_rows_are_those_of_all_rows(lay):
    frame = form(800, customers=[f"c{i % 500}" for i in range(800)])
    names = [c for c in frame if c.startswith("attr_")]
    rows = folding.collapse(lay(frame))
    who = pd.factorize(frame["customer_id"])[0]
    for model in (regression.linear, ordinal.proportional_odds):
        folded = model(rows.x, rows.y, rows.weight, rows.cluster)
        whole = model(frame[list(rows.drivers)], frame["score"], cluster=who)
        np.testing.assert_allclose(folded.coef, whole.coef, rtol=1e-8)
        np.testing.assert_allclose(folded.se, whole.se, rtol=1e-6)
    assert list(rows.drivers) == names


def test_drivers_that_cannot_be_weighed_are_left_out_with_a_note(lay):
    frame = form(200)
    frame["attr_flat"] = 3.0
    frame["attr_rare"] = [5.0, 1.0] * 10 + [None] * 180
    frame["attr_twice"] = 2 * frame["attr_delivery"] + 1
    frame["attr_sum"] = frame["attr_delivery"] - frame["attr_support"]
    rows = folding.collapse(lay(frame))
    assert rows.drivers == ("attr_delivery", "attr_support", "attr_price", "attr_packaging")
    assert rows.n == 200
    notes = " ".join(note["en"] for note in rows.notes)
    assert "“flat” never varies" in notes
    assert "“rare” has fewer than 30" in notes
    assert "“twice” is given exactly" in notes
    assert "“sum” is given exactly" in notes


@pytest.mark.parametrize("frame", [form(29), form(100).assign(score=4.0), form(50).head(0)])
def test_too_little_to_go_by_is_said_in_words_and_everything_is_null(lay, frame):
    rows = folding.collapse(lay(frame))
    assert not rows.enough
    assert "30 are needed" in rows.notes[-1]["en"] or "equal" in rows.notes[-1]["en"]
    assert drivers.correlations(rows)["pearson"].isna().all()
    assert drivers.associations(rows)["coef"].isna().all()
    assert importance.importance(rows)["importance"].isna().all()
    assert told(rows) == ([], 0)
    assert "too few" in readings.priorities.sentence(rows, [], 0)["en"]
    assert readings.drivers.checks_sentence(rows, drivers.checks(rows))["fa"]


def test_a_text_column_and_a_missing_one_are_refused_with_a_remedy(lay):
    table = lay(form(40).assign(channel="web"))
    with pytest.raises(TableError, match="make a yes/no column per value"):
        folding.collapse(table, drivers=["channel"])
    with pytest.raises(TableError, match="did you mean 'attr_price'"):
        folding.collapse(table, drivers=["attr_prise"])
    with pytest.raises(TableError, match="none is called attr_"):
        folding.collapse(table.select("score", "channel"))


def test_order_of_rows_does_not_matter(lay):
    frame = form(400)
    one, two = (folding.collapse(lay(f)) for f in (frame, frame.sample(frac=1, random_state=5)))
    pd.testing.assert_frame_equal(importance.importance(one), importance.importance(two))


def test_spark_folds_to_the_same_rows(tables, spark, tmp_path):
    """The wide table with every fact, and its folding, on both engines."""

    def wide(responses, others):
        return experience.beside_answers(responses, "csat", instruments=("ces",), **others)

    responses, others = tables
    there = {}
    for name, table in {"responses": responses, **others}.items():
        table.execute().to_parquet(tmp_path / f"{name}.parquet", index=False, coerce_timestamps="us")
        there[name] = spark.read_parquet(str(tmp_path / f"{name}.parquet"))
    here, there = wide(responses, others), wide(there.pop("responses"), there)
    names = ["attr_app", "late_delivery", "failures", "slow_reply", "unsolved_request"]
    one, two = (t.execute().sort_values("response_id", ignore_index=True) for t in (here, there))
    for name in ["response_id", "score", "ces", "support_requests", *names]:
        assert (
            one[name].astype(object).where(one[name].notna(), None).tolist()
            == two[name].astype(object).where(two[name].notna(), None).tolist()
        )
    one, two = (folding.collapse(t, drivers=names) for t in (here, there))
    assert one.asked == two.asked == 4
    assert one.pairs.equals(two.pairs)
    assert one.notes == two.notes
    for name in ("x", "y", "weight", "cluster"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))


# ---- correlations ------------------------------------------------------------------------------------------------


def test_correlations_are_pearsons_and_spearmans(lay):
    frame = form(500)
    found = drivers.correlations(folding.collapse(lay(frame)))
    for driver, row in found.iterrows():
        assert row["pearson"] == pytest.approx(stats.pearsonr(frame[driver], frame["score"])[0])
        assert row["spearman"] == pytest.approx(stats.spearmanr(frame[driver], frame["score"])[0])
        assert row["low"] < row["pearson"] < row["high"]
    both = np.concatenate([found["p_value"], found["spearman_p"]])
    expected = stats.false_discovery_control(both)
    np.testing.assert_allclose(np.concatenate([found["p_adjusted"], found["spearman_adjusted"]]), expected)


def test_for_normal_columns_the_interval_is_fishers():
    both = np.random.default_rng(7).multivariate_normal([0, 0], [[1, 0.8], [0.8, 1]], 4000)
    alone = np.full(4000, -1)
    rows = folding.Rows("score", ("a",), both[:, :1], both[:, 1], np.ones(4000), alone, 4000, pd.Series({"a": 4000}))
    row = drivers.correlations(rows).loc["a"]
    assert np.arctanh(row["high"]) - np.arctanh(row["low"]) == pytest.approx(2 * 1.96 / np.sqrt(3997), rel=0.07)


def test_the_correlations_interval_covers_the_truth_also_when_customers_answer_often(lay):
    # 150 customers with four answers that hang together: as good as a few hundred answers, not as 600
    covered = []
    for seed in range(150):
        rng = np.random.default_rng(seed)
        person = rng.multivariate_normal([0, 0], [[1, 0.4], [0.4, 1]], 150)
        values = np.repeat(person, 4, axis=0) + 0.3 * rng.normal(size=(600, 2))
        rows = folding.Rows(
            "score", ("a",), values[:, :1], values[:, 1], np.ones(600), np.repeat(np.arange(150), 4), 600,
            pd.Series({"a": 600}),
        )  # fmt: skip
        row = drivers.correlations(rows).loc["a"]
        covered.append(row["low"] <= 0.4 / 1.09 <= row["high"])
    assert 0.90 <= np.mean(covered) <= 0.99


# ---- models ------------------------------------------------------------------------------------------------------


def test_hc3_and_clustered_errors_are_those_of_statsmodels():
    import statsmodels.api as sm

    rng = np.random.default_rng(2)
    x = rng.normal(size=(120, 3))
    y = x @ [1, 0, -1] + rng.normal(size=120) * (1 + x[:, 0] ** 2)
    who = rng.integers(0, 40, 120)
    plain = sm.OLS(y, sm.add_constant(x)).fit(cov_type="HC3")
    np.testing.assert_allclose(regression.linear(x, y).se, plain.bse, rtol=1e-10)
    clustered = sm.OLS(y, sm.add_constant(x)).fit(cov_type="cluster", cov_kwds={"groups": who})
    np.testing.assert_allclose(regression.linear(x, y, cluster=who).se, clustered.bse, rtol=1e-10)


def test_the_ordinal_logit_is_that_of_statsmodels():
    from statsmodels.miscmodels.ordinal_model import OrderedModel

    rng = np.random.default_rng(3)
    x = rng.normal(size=(300, 2)) * [1, 50] + [0, 1000]
    y = np.digitize(x @ [1, 0.01] + rng.logistic(size=300), [9, 10, 11.5])
    own = ordinal.proportional_odds(x, y, robust=False)
    scaled = (x - x.mean(axis=0)) / x.std(axis=0)
    other = OrderedModel(y, scaled, distr="logit").fit(method="bfgs", disp=False, maxiter=500, gtol=1e-8)
    np.testing.assert_allclose(own.coef * x.std(axis=0), other.params[:2], rtol=1e-4)
    np.testing.assert_allclose(
        own.cuts - x.mean(axis=0) @ own.coef, other.model.transform_threshold_params(other.params)[1:-1], rtol=1e-4
    )
    assert own.loglik == pytest.approx(other.llf, abs=1e-6)


def test_two_values_make_an_ordinary_logit_with_its_robust_errors():
    import statsmodels.api as sm

    rng = np.random.default_rng(4)
    x = rng.normal(size=(250, 2))
    y = (x @ [1, -0.5] + 0.3 + rng.logistic(size=250) > 0).astype(float)
    other = sm.Logit(y, sm.add_constant(x)).fit(disp=False, cov_type="HC0")
    own = ordinal.proportional_odds(x, y)
    np.testing.assert_allclose([-own.cuts[0], *own.coef], other.params, rtol=1e-6)
    np.testing.assert_allclose(own.se, np.asarray(other.bse)[1:] * np.sqrt(250 / 249), rtol=1e-5)


def test_a_driver_that_tells_the_outcome_perfectly_has_no_logit_and_least_squares_stands_in(lay):
    frame = form(200)
    frame["score"] = (frame["attr_delivery"] >= 4).astype(float)
    rows = folding.collapse(lay(frame), drivers=["attr_delivery", "attr_price"])
    assert rows.model == "logit"
    assert not ordinal.proportional_odds(rows.x, rows.y, rows.weight).converged
    found = drivers.associations(rows)
    assert found["model"].tolist() == ["linear", "linear"]
    assert found.loc["attr_delivery", "coef"] > 0


def test_brant_keeps_its_level_and_sees_a_slope_that_changes():
    even, uneven = [], []
    for seed in range(120):
        rng = np.random.default_rng(seed)
        x = rng.normal(size=(400, 2))
        y = np.digitize(x @ [1, 0.5] + rng.logistic(size=400), [-1, 0, 1])
        even.append(ordinal.brant(x, y, ["a", "b"]).loc["all", "p_value"])
        y = np.where(y == 0, 0, np.digitize(-0.8 * x[:, 0] + rng.logistic(size=400), [0]) + 1)
        uneven.append(ordinal.brant(x, y, ["a", "b"]).loc["a", "p_value"])
    assert np.mean(np.array(even) < 0.05) <= 0.11
    assert np.median(even) > 0.3
    assert np.mean(np.array(uneven) < 0.001) > 0.95


def test_vif_and_condition_number_by_hand():
    # two columns with r = 0.8: VIF 1 / (1 - 0.64), condition sqrt(1.8 / 0.2)
    correlation = np.array([[1, 0.8], [0.8, 1]])
    np.testing.assert_allclose(regression.inflation(correlation), [1 / 0.36] * 2)
    assert regression.condition_number(correlation) == pytest.approx(3)


def test_drivers_that_all_but_coincide_are_warned_of(lay):
    frame = form(500)
    rng = np.random.default_rng(9)
    frame["attr_echo"] = frame["attr_delivery"] + (rng.random(500) < 0.02)
    rows = folding.collapse(lay(frame))
    seen = drivers.checks(rows)
    assert seen["vif"] > 5
    assert "VIF" in readings.drivers.checks_sentence(rows, seen)["en"]
    assert "not causes" in readings.drivers.checks_sentence(rows, seen)["en"]


# ---- importance --------------------------------------------------------------------------------------------------


def test_lmg_is_the_mean_over_all_orders():
    rng = np.random.default_rng(6)
    x = rng.normal(size=(200, 4)) @ rng.normal(size=(4, 4))
    r = np.corrcoef(np.column_stack([x, x @ [1, 0.5, -1, 0] + rng.normal(size=200)]).T)

    def r2(subset):
        part = list(subset)
        return r[4, part] @ np.linalg.solve(r[np.ix_(part, part)], r[part, 4]) if part else 0.0

    slow = np.zeros(4)
    for order in itertools.permutations(range(4)):
        for place, driver in enumerate(order):
            slow[driver] += (r2(order[: place + 1]) - r2(order[:place])) / 24
    np.testing.assert_allclose(importance.lmg(r), slow, atol=1e-14)
    np.testing.assert_allclose(importance.lmg(np.stack([r, r])), [slow, slow], atol=1e-14)
    assert importance.lmg(r).sum() == pytest.approx(r2(range(4)))


def test_more_drivers_than_can_be_weighed_are_refused(lay):
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(rng.integers(1, 6, (100, 16)).astype(float)).set_axis([f"attr_{i}" for i in range(16)], axis=1)
    with pytest.raises(ValueError, match="16 drivers; at most 14"):
        importance.importance(folding.collapse(lay(frame.assign(score=frame["attr_0"]))))


def test_what_drives_is_named_and_what_only_shadows_it_is_not(lay):
    rows = folding.collapse(lay(form(12000)))
    weights = importance.importance(rows)
    assert list(weights.index[:2]) == ["attr_delivery", "attr_support"]
    assert weights["importance"].sum() == pytest.approx(1)
    assert weights.loc["attr_packaging", "importance"] > 0.1  # it looks like one …
    assert drivers.associations(rows).loc["attr_packaging", "p_adjusted"] < 0.05  # … even with delivery held equal …
    assert not weights.loc["attr_packaging", "survives"]  # … because a rating measures delivery badly
    found, looks = told(rows)
    assert looks == 4
    assert {f.subject["driver"]: f.severity for f in found} == {"attr_delivery": "high", "attr_support": "high"}
    links = drivers.associations(rows)
    weights.loc["attr_support", "survives"] = False  # whatever its p and its size
    rest, _ = readings.priorities.findings(weights, links, priorities.priorities(rows, weights, links))
    assert [f.subject["driver"] for f in rest] == ["attr_delivery"]
    best = found[0]
    assert best.low < best.value < best.high
    assert best.baseline == 0.25
    assert "«تحویل»" in best.text["fa"]
    assert "delivery" in best.text["en"]
    assert "not a cause" in best.detail["en"]
    assert "cause" not in best.text["en"]


def test_where_nothing_drives_nothing_is_named(lay):
    loud = 0
    for seed in range(20):
        found, looks = told(folding.collapse(lay(form(500, seed=seed, own=(0, 0, 0)))))
        assert looks == 4
        loud += any(f.severity == "high" for f in found)
    assert loud <= 1


def test_four_answers_of_a_customer_are_worth_one_where_they_agree(lay):
    once = folding.collapse(lay(form(300, seed=8)))
    row = np.repeat(np.arange(len(once.y)), once.weight.astype(int) * 4)  # everybody four times, unfolded
    again = {"x": once.x[row], "y": once.y[row], "weight": np.ones(1200), "cluster": np.repeat(np.arange(300), 4)}
    repeated = folding.Rows(**{**once.__dict__, **again})
    assert repeated.customers == once.customers == 300
    one, four = importance.importance(once), importance.importance(repeated)
    width = [(f["high"] - f["low"])["attr_delivery"] for f in (one, four)]
    assert width[1] == pytest.approx(width[0], rel=0.2)
    assert four["noise"].iloc[0] == pytest.approx(one["noise"].iloc[0], rel=0.2)


def test_a_yes_no_that_few_meet_is_told_by_what_it_goes_with(lay):
    rng = np.random.default_rng(5)
    late = rng.random(3000) < 0.03
    frame = pd.DataFrame(
        {"score": np.clip(np.round(8 + rng.normal(size=3000) - 2 * late), 0, 10), "late_delivery": late}
    )
    frame["failures"] = rng.poisson(0.2, 3000)
    found, _ = told(folding.collapse(lay(frame), drivers=["late_delivery", "failures"]), "nps")
    (only,) = found
    assert (only.subject, only.severity) == ({"driver": "late_delivery"}, "high")
    assert "lower" in only.text["en"]
    assert "دیرکرد تحویل" in only.text["fa"]


def test_the_grid_says_where_to_begin(lay):
    frame = form(3000, shadow=False)
    frame["attr_delivery"] = (frame["attr_delivery"] - 2).clip(lower=1)  # delivery does badly
    rows = folding.collapse(lay(frame))
    weights, links = importance.importance(rows), drivers.associations(rows)
    grid = priorities.priorities(rows, weights, links, scales={"attr_delivery": (1, 5)})
    assert grid.loc["attr_delivery", "place"] == "improve"
    assert grid.loc["attr_support", "place"] == "keep"
    assert grid.loc["attr_price", "place"] in ("unsure", "fine")
    mean = frame["attr_delivery"].mean()
    assert grid.loc["attr_delivery", "performance"] == pytest.approx((mean - 1) / 4)
    assert grid.loc["attr_delivery", "room"] == pytest.approx((5 - mean) * links.loc["attr_delivery", "slope"])


# ---- what each respondent had met --------------------------------------------------------------------------------


def stamp(*days):
    return pd.to_datetime(list(days), utc=True)


@pytest.fixture
def tables(lay):
    answers = pd.DataFrame({"response_id": ["r1", "r2", "r3", "r4"], "customer_id": ["a", "b", "a", None]})
    answers = answers.assign(instrument="csat", score=[5.0, 1.0, 3.0, 4.0], scale_min=1.0, scale_max=5.0, attr_app=2.0)
    answers["responded_at"] = stamp("2025-06-30", "2025-06-30", "2025-03-01", "2025-06-30")
    answers["touchpoint"] = [None, "delivery", None, None]
    other = answers.head(1).assign(response_id="r5", instrument="ces", score=6.0, responded_at=stamp("2025-06-25"))
    orders = pd.DataFrame({"order_id": ["1", "2", "3"], "customer_id": ["a", "b", "b"], "amount": 1.0})
    orders["ordered_at"] = stamp("2025-06-01", "2025-06-01", "2025-06-01")
    orders["promised_at"] = stamp("2025-06-10", "2025-06-10", "2025-07-02")
    orders["delivered_at"] = stamp("2025-06-12", "2025-06-09", None)
    met = pd.DataFrame({"event_id": ["e1", "e2", "e3"], "customer_id": ["b", "b", "b"], "touchpoint": "payment"})
    met["occurred_at"] = stamp("2025-06-29", "2025-06-28", "2025-07-01")
    met["outcome"] = ["failure", "failure", "failure"]
    asked = pd.DataFrame({"ticket_id": ["t1", "t2"], "customer_id": ["a", "a"]})
    asked["opened_at"] = stamp("2025-06-20 10:00", "2025-06-21 10:00")
    asked["first_reply_at"] = stamp("2025-06-20 10:30", "2025-06-21 12:00")
    asked["solved_at"] = stamp("2025-06-22", "2025-07-05")
    return (
        lay(pd.concat([answers, other], ignore_index=True)),
        {"orders": lay(orders, "orders"), "touchpoints": lay(met, "touchpoints"), "tickets": lay(asked, "tickets")},
    )


def test_only_what_came_before_an_answer_stands_beside_it(tables):
    responses, others = tables
    wide = experience.beside_answers(responses, "csat", instruments=("ces",), **others)
    found = wide.execute().set_index("response_id").sort_index()
    assert list(found.index) == ["r1", "r2", "r3", "r4"]
    assert found["late_delivery"].tolist() == [1, 0, 0, 0]  # b's second order was promised for after the answer
    assert found["failures"].tolist() == [0, 2, 0, 0]  # the third failure came a day later
    assert found["support_requests"].tolist() == [2, 0, 0, 0]
    assert found["slow_reply"].tolist() == [1, 0, 0, 0]
    assert found["unsolved_request"].tolist() == [1, 0, 0, 0]  # solved, but after the answer
    assert found["ces"].iloc[0] == 6
    assert found["ces"].isna().tolist() == [False, True, True, True]
    assert found["attr_app"].tolist() == [2] * 4


def test_answers_about_the_whole_or_one_touchpoint(tables):
    responses, _ = tables
    assert set(experience.beside_answers(responses, "csat", "").execute()["response_id"]) == {"r1", "r3", "r4"}
    assert set(experience.beside_answers(responses, "csat", "delivery").execute()["response_id"]) == {"r2"}
    with pytest.raises(TableError, match="the outcome itself"):
        experience.beside_answers(responses, "csat", instruments=("csat",))


def test_two_drivers_that_are_all_but_one_do_not_stop_the_report(lay):
    """Two notes of one fact differ in a single answer: many draws of the customers make them equal."""
    rng = np.random.default_rng(3)
    late, wait = (rng.random(400) < 0.3).astype(float), rng.normal(size=400)
    frame = pd.DataFrame({"attr_late": late, "attr_overdue": late, "attr_wait": wait})
    frame.loc[0, "attr_overdue"] = 1 - late[0]
    frame["score"] = np.clip(np.round(4 - 1.5 * late - 0.5 * wait + rng.normal(0, 0.5, 400)), 1, 5)
    frame = frame.assign(response_id=[f"r{i}" for i in range(400)], customer_id=[f"c{i}" for i in range(400)])
    found = importance.importance(folding.collapse(lay(frame)))
    assert found["importance"].sum() == pytest.approx(1)
    assert found.loc["attr_wait", "survives"]  # what is told apart clearly is not drawn into it
    assert not found.loc["attr_overdue", "survives"] or not found.loc["attr_late", "survives"]


def test_where_to_begin_is_answered_also_where_nothing_is_weak():
    def named(driver, severity="high"):
        return Finding("driver", {"driver": driver}, "importance", 0.3, {"fa": "", "en": ""}, severity=severity)

    places = pd.DataFrame(
        {"room": [0.2, 0.47, 0.9], "place": ["keep", "keep", "improve"]}, index=["quality", "delivery", "price"]
    )
    strong = [named("quality"), named("delivery"), named("price", "low")]
    assert readings.priorities.begin(places, strong, 5)["en"] == (
        "No driver of weight does clearly worse than the average one (which does not say that they are good); "
        "most room to improve: delivery (+0.47 of 5)."
    )
    weak = [named("quality"), named("price")]
    assert (
        readings.priorities.begin(places, weak, 5)["en"]
        == "Begin with what weighs much and does worse than the average driver: price (+0.90 of 5)."
    )
    assert readings.priorities.begin(places, [named("price", "low")], 5) is None
