"""Durations and hazards: by hand, against published numbers and statsmodels, folded as unfolded, cut on the left."""

import numpy as np
import pandas as pd
import pytest

from cx_helpers import hazards, survival


def test_survival_by_hand():
    curve = survival.kaplan_meier([1, 2, 2, 3, 4], [True, True, False, True, False])
    assert curve["survival"].tolist() == pytest.approx([0.8, 0.6, 0.3])
    assert curve["at_risk"].tolist() == [5, 4, 2]
    assert survival.at(curve, [0.5, 2.5, 9])["survival"].tolist() == pytest.approx([1, 0.6, 0.3])
    assert survival.quantile(curve) == 3
    assert np.isnan(survival.quantile(curve, 0.9))
    folded = survival.kaplan_meier([1, 2, 2, 3, 4], [True, True, False, True, False], [2, 2, 2, 2, 2])
    assert folded["survival"].tolist() == pytest.approx(curve["survival"].tolist())
    late = survival.kaplan_meier([1, 2, 3], [True, True, True], entries=[0, 1, 2])
    assert late["survival"].tolist() == pytest.approx([0, 0, 0])
    assert late["at_risk"].tolist() == [1, 1, 1]
    assert survival.kaplan_meier([], []).empty


def test_published_survival_of_telco_customers(real):
    frame = pd.read_csv(real / "truth" / "telco" / "telco.csv.gz")
    left = frame["Churn"] == "Yes"
    curve = survival.kaplan_meier(frame["tenure"], left)
    assert (len(frame), left.sum()) == (7043, 1869)
    assert survival.at(curve, [12, 24, 60, 72])["survival"].round(5).tolist() == [0.84320, 0.78874, 0.66440, 0.59279]
    monthly = frame["Contract"] == "Month-to-month"
    assert survival.quantile(survival.kaplan_meier(frame["tenure"][monthly], left[monthly])) == 35
    chi, p = survival.logrank(frame["Contract"], frame["tenure"], left)
    assert round(chi, 3) == 2352.873
    assert p < 1e-300
    folded = frame.groupby(["Contract", "tenure", "Churn"]).size().reset_index(name="n")
    again, _ = survival.logrank(folded["Contract"], folded["tenure"], folded["Churn"] == "Yes", folded["n"])
    assert again == pytest.approx(chi)


def test_logrank_by_hand():
    # two of each: the ones at 1 and 3, the others at 2 and later; expected of the first: 1/2 + 1/3 + 1/2
    chi, p = survival.logrank(["a", "a", "b", "b"], [1, 3, 2, 4], [True, True, True, False])
    assert chi == pytest.approx((2 - 4 / 3) ** 2 / (1 / 4 + 2 / 9 + 1 / 4))
    assert 0.4 < p < 0.5
    assert np.isnan(survival.logrank(["a", "a"], [1, 2], [True, True])).all()
    assert np.isnan(survival.logrank(["a", "b"], [1, 2], [False, False])).all()


def test_logrank_of_groups_that_do_not_differ_is_a_fair_p_value():
    rng = np.random.default_rng(11)
    p = []
    for _ in range(400):
        t, late = rng.geometric(0.1, 200), rng.integers(0, 10, 200)
        entered = t > late
        p.append(
            survival.logrank(rng.integers(0, 3, entered.sum()), t[entered], t[entered] < 25, None, late[entered])[1]
        )
    assert 0.02 < np.mean(np.array(p) < 0.05) < 0.08


ROSSI = ["fin", "age", "race", "wexp", "mar", "paro", "prio"]


def test_published_hazards_of_released_prisoners(real):
    frame = pd.read_csv(real / "truth" / "rossi" / "rossi.csv")
    fit = hazards.cox(frame[ROSSI], frame["week"], frame["arrest"] == 1)
    found = fit.table(ROSSI)
    assert found["coef"].round(4).tolist() == [-0.3794, -0.0574, 0.3139, -0.1498, -0.4337, -0.0849, 0.0915]
    assert fit.loglik == pytest.approx(-658.7477, abs=5e-5)
    # published with ties ranked in the order of the file (.0007 and .0068); here ties share their mean rank
    assert found["uneven_p"][["age", "wexp"]].tolist() == pytest.approx([0.0007, 0.0068], abs=2e-4)
    assert (found["uneven_p"].drop(["age", "wexp"]) > 0.05).all()


def drawn(rng, n=600):
    x = np.column_stack([rng.integers(0, 2, n), rng.integers(0, 4, n)])
    t = np.ceil(rng.exponential(20 / np.exp(0.5 * x[:, 0] - 0.3 * x[:, 1])))
    late = np.where(rng.random(n) < 0.3, rng.integers(0, 10, n), -1)
    keep = t > late
    return pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "t": np.minimum(t, 30), "d": t <= 30, "late": late})[keep]


@pytest.mark.parametrize("seed", [1, 2])
def test_hazards_with_late_entries_are_those_of_statsmodels(seed):
    from statsmodels.duration.hazard_regression import PHReg

    frame = drawn(np.random.default_rng(seed))
    fit = hazards.cox(frame[["a", "b"]], frame["t"], frame["d"], entries=frame["late"])
    theirs = PHReg(
        frame["t"], frame[["a", "b"]], frame["d"].astype(int), entry=(frame["late"] + 0.5).clip(lower=0), ties="efron"
    ).fit()
    ours = fit.table(["a", "b"])
    assert ours["coef"].tolist() == pytest.approx(theirs.params.tolist(), abs=1e-5)
    assert ours["se"].tolist() == pytest.approx(theirs.bse.tolist(), rel=1e-3)


def test_survival_with_late_entries_and_ties_is_that_of_statsmodels():
    from statsmodels.duration.survfunc import SurvfuncRight

    frame = drawn(np.random.default_rng(9))
    theirs = SurvfuncRight(frame["t"], frame["d"].astype(int), entry=(frame["late"] + 0.5).clip(lower=0))
    curve = survival.kaplan_meier(frame["t"], frame["d"], entries=frame["late"])
    there = survival.at(curve, theirs.surv_times)
    assert there["survival"].tolist() == pytest.approx(theirs.surv_prob.tolist(), rel=1e-9)
    assert there["at_risk"].tolist() == pytest.approx(theirs.n_risk.tolist())


def test_folded_rows_give_the_numbers_of_their_rows_in_any_order():
    frame = drawn(np.random.default_rng(3))
    fit = hazards.cox(frame[["a", "b"]], frame["t"], frame["d"], entries=frame["late"])
    folded = frame.groupby(list(frame)).size().reset_index(name="n").sample(frac=1, random_state=1)
    again = hazards.cox(folded[["a", "b"]], folded["t"], folded["d"], folded["n"], folded["late"])
    assert len(folded) < len(frame) / 1.2
    pd.testing.assert_frame_equal(fit.table("ab"), again.table("ab"))
    assert fit.loglik == pytest.approx(again.loglik)


def test_late_entries_left_out_would_bias_the_curve_and_are_not():
    rng = np.random.default_rng(4)
    t, age = rng.exponential(10, 20_000), rng.uniform(-10, 20, 20_000).clip(min=0)
    seen = t > age  # who left before the records began is in no table
    right = survival.kaplan_meier(t[seen], np.ones(seen.sum(), bool), entries=age[seen] - 1e-9)
    wrong = survival.kaplan_meier(t[seen], np.ones(seen.sum(), bool))
    assert survival.at(right, [10])["survival"].iloc[0] == pytest.approx(np.exp(-1), abs=0.03)
    assert survival.at(wrong, [10])["survival"].iloc[0] > 0.5


def test_a_column_that_tells_who_ends_gives_no_number():
    fit = hazards.cox([[0], [0], [1], [1]] * 5, [9, 9, 1, 2] * 5, [False, False, True, True] * 5)
    assert not fit.converged
    assert fit.table(["x"]).isna().all(axis=None)
    assert not hazards.cox([[0], [1]], [1, 2], [False, False]).converged


def test_a_slope_that_changes_with_time_is_flagged():
    rng = np.random.default_rng(6)
    x = rng.integers(0, 2, 4000)
    early = rng.exponential(1 / np.where(x, 0.3, 0.1))  # thrice the hazard until 3, then the same
    t = np.ceil(10 * np.where(early < 3, early, 3 + rng.exponential(1 / 0.1, 4000)))
    steady = np.ceil(10 * rng.exponential(1 / np.where(x, 0.3, 0.1)))
    assert hazards.cox(x[:, None], t, t < 200).uneven[0] < 1e-6
    assert hazards.cox(x[:, None], steady, steady < 200).uneven[0] > 0.01


def test_errors_of_repeated_customers_are_those_of_statsmodels():
    from statsmodels.duration.hazard_regression import PHReg

    rng = np.random.default_rng(7)
    frame = drawn(rng)
    frame["t"] = frame["t"] + rng.random(len(frame)) / 10  # no ties: theirs are Breslow's residuals
    who = rng.integers(0, 200, len(frame))
    fit = hazards.cox(frame[["a", "b"]], frame["t"], frame["d"], entries=(frame["late"] + 0.5).clip(lower=0))
    found = hazards.robust(fit, np.zeros(len(frame)), np.arange(len(frame)), pd.factorize(who)[0])
    theirs = PHReg(
        frame["t"], frame[["a", "b"]], frame["d"].astype(int), entry=(frame["late"] + 0.5).clip(lower=0), ties="efron"
    ).fit(groups=who)
    assert found.cov == pytest.approx(theirs.cov_params(), rel=1e-4)


def test_a_customer_counted_twice_makes_nothing_surer():
    frame = drawn(np.random.default_rng(8), 2000)
    x, n = frame[["a", "b"]], np.arange(len(frame))
    once = hazards.cox(x, frame["t"], frame["d"], entries=frame["late"])
    twice = hazards.cox(x, frame["t"], frame["d"], np.full(len(n), 2), frame["late"])
    right = hazards.robust(twice, 0 * n, np.tile(n, 2), np.tile(n, 2))
    assert right.table("ab")["se"].tolist() == pytest.approx(once.table("ab")["se"].tolist(), rel=0.06)
    assert (twice.table("ab")["se"] < 0.75 * right.table("ab")["se"]).all()
    assert once.pull.sum(axis=0) == pytest.approx(0, abs=1e-6)
