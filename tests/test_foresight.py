"""Foretelling: chances that are honest, in order, and never told by who knows the answer; published numbers met."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from cx_helpers import foresight, prediction, readings
from cx_helpers.measures import snapshots


def drawn(seed=1, n=900, whens=4, slope=1.0, base=-0.5):
    """Customers at several instants: the log odds of leaving are base + slope * (a - b²/2 …); c means nothing."""
    rng = np.random.default_rng(seed)
    rows = pd.DataFrame({"who": np.tile([f"c{i}" for i in range(n)], whens), "when": np.repeat(range(whens), n)})
    rows["a"], rows["b"], rows["c"] = rng.normal(size=(3, len(rows)))
    rows.loc[rng.random(len(rows)) < 0.1, "c"] = np.nan
    rows["chance"] = expit(base + slope * (rows["a"] - rows["b"] ** 2 + 1))
    rows["y"] = (rng.random(len(rows)) < rows["chance"]).astype(float)
    return rows


@pytest.fixture(scope="module")
def found():
    return foresight.trial(drawn(), ["a", "b", "c"])


def test_auc_and_its_interval_by_hand_and_by_simulation():
    assert prediction.auc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])[0] == 0.75
    assert prediction.auc([0, 1, 1], [0.5, 0.5, 0.9])[0] == 0.75  # a tie counts half
    assert np.isnan(prediction.auc([1, 1], [0.2, 0.3])).all()
    rng, covered = np.random.default_rng(3), 0
    truth = 0.7602  # of two normal chances one standard deviation apart: Phi(1 / sqrt 2)
    for _ in range(300):
        y = rng.random(150) < 0.4
        _, low, high = prediction.auc(y, rng.normal(size=150) + y)
        covered += low <= truth <= high
    assert 0.92 <= covered / 300 <= 0.985


def test_brier_ece_and_gain_by_hand():
    y, p = np.array([1, 0, 1, 0]), np.array([0.9, 0.1, 0.6, 0.4])
    score, low, high, skill = prediction.brier(y, p)
    assert score == pytest.approx(0.085)
    assert skill == pytest.approx(1 - 0.085 / 0.25)
    assert low < score < high
    gain = prediction.gain(y, p, (0.25, 0.5, 1.0))
    assert gain["seen"].tolist() == [0.5, 1, 1]
    assert gain["lift"].tolist() == [2, 2, 1]
    assert prediction.gain([1, 0, 0, 0], [0.5] * 4, (0.5,))["seen"].iloc[0] == 0.5  # all alike: no better than a lot
    rel = prediction.reliability(y, p, 2)
    assert rel["foretold"].tolist() == [0.25, 0.75]
    assert rel["happened"].tolist() == [0, 1]
    assert prediction.ece(y, p, 2)[0] == pytest.approx(0.25)


def test_exact_chances_are_called_honest_and_skewed_ones_are_not():
    rng = np.random.default_rng(5)
    p = rng.random(3000)
    y = rng.random(3000) < p
    assert prediction.ece(y, p)[0] < prediction.ece(y, p)[1]
    error, chance = prediction.ece(y, p**2)
    assert error > 2 * chance


def test_it_learns_what_is_there_and_its_chances_can_be_reckoned_with(found):
    assert found.refused == {}
    y, p = found.judged["y"], found.judged["p"]
    best = prediction.auc(y, drawn().query("when == 3")["chance"])[0]
    assert found.learner.method == "boosting"  # a square is there
    assert best - 0.05 < prediction.auc(y, p)[0] <= best + 0.01
    error, chance = prediction.ece(y, p)
    assert error < 1.6 * chance
    assert abs(p.mean() - y.mean()) < 0.05
    assert len(y) == 900, "everybody of the last instant is judged"
    assert set(found.learner.columns) == {"a", "b", "c"}
    again = foresight.trial(drawn().sample(frac=1, random_state=4), ["a", "b", "c"])
    assert sorted(again.judged["p"].round(6)) != []
    assert prediction.auc(again.judged["y"], again.judged["p"])[0] == pytest.approx(prediction.auc(y, p)[0], abs=0.01)


def test_a_straight_line_is_told_by_the_logistic():
    rows = drawn(2)
    rows["y"] = (np.random.default_rng(1).random(len(rows)) < expit(rows["a"])).astype(float)
    assert foresight.trial(rows, ["a", "c"]).learner.method == "logistic"


def test_nobody_is_judged_by_a_model_that_saw_them():
    """Each customer's outcome is theirs for ever and hangs on nothing else: who was seen could be known by heart."""
    rng = np.random.default_rng(6)
    n = 400
    mark, fate = rng.normal(size=n), (rng.random(n) < 0.5).astype(float)
    rows = pd.DataFrame({"who": np.tile([f"c{i}" for i in range(n)], 4), "when": np.repeat(range(4), n)})
    rows["mark"], rows["y"] = np.tile(mark, 4), np.tile(fate, 4)
    found = foresight.trial(rows, ["mark"], "boosting")
    low, high = prediction.auc(found.judged["y"], found.judged["p"])[1:]
    assert low < 0.56
    assert high > 0.44
    known = found.learner.chance(rows[rows["when"] == 3])  # the model of today saw all of them
    assert prediction.auc(fate, known)[0] > 0.6


def test_a_column_that_knows_the_answer_stops_it():
    rows = drawn(3).assign(closed=lambda f: f["y"] + np.random.default_rng(1).normal(0, 0.1, len(f)))
    found = foresight.trial(rows, ["a", "closed"])
    assert found.refused["leak"]["column"] == "closed"
    assert found.refused["leak"]["auc"] > 0.95
    assert found.learner is None
    assert found.judged.empty
    gone = drawn(3).assign(left_at=lambda f: np.where(f["y"] == 1, 1.0, np.nan))  # filled for who left only
    assert foresight.trial(gone.assign(left_at=gone["left_at"].where(gone.index != 0, 2)), ["left_at"]).refused["leak"]
    rows = drawn(3)
    rows["code"] = np.where(rows["y"] == 1, 2, 4 * (np.arange(len(rows)) % 2))
    assert abs(foresight.single(rows, ["code"])["code"] - 0.5) < 0.2, "neither more of it nor less tells"
    assert foresight.trial(rows, ["a", "code"]).refused["leak"]["column"] == "code"
    rows["code"] = np.random.default_rng(2).integers(0, 5, len(rows))
    assert not foresight.trial(rows, ["a", "code"]).refused


def test_a_model_that_knows_the_answer_stops_it_and_names_what_was_written_over():
    """A fee set to nothing on leaving: at earlier instants those who leave later have none either, so that the column
    alone does not tell; at the last it does."""
    rows = drawn(3)
    last = rows["when"].max()
    later = np.random.default_rng(3).random(len(rows)) < 0.2
    rows["fee"] = np.where((rows["y"] == 1) | (later & (rows["when"] < last)), 0.0, 100.0 + rows["a"])
    found = foresight.trial(rows, ["a", "fee"])
    assert "leak" not in found.refused
    assert found.refused["too_good"]["columns"] == ["fee"]
    assert found.refused["too_good"]["auc"] > 0.95
    assert found.learner is None
    assert found.judged.empty
    schedule = snapshots.Schedule("contracts", dt.datetime(2025, 9, 1, tzinfo=dt.UTC), (), 7, 30)
    assert readings.at_risk.refusal(found, schedule)["en"].endswith("when these are written: fee.")


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (drawn(n=50, whens=1), "short"),
        (drawn().assign(y=0.0), "few_left"),
        (drawn().assign(y=1.0), "few_stay"),
        (drawn(n=20), "few_left"),
        (drawn().iloc[:0], "short"),
    ],
)
def test_what_teaches_nothing_is_refused(rows, reason):
    assert list(foresight.trial(rows, ["a", "b"]).refused) == [reason]


def test_chance_alone_is_told_as_chance():
    rows = drawn(7, slope=0.0)
    found = foresight.trial(rows, ["a", "b", "c"])
    value, low, high = prediction.auc(found.judged["y"], found.judged["p"])
    assert low < 0.5 < high
    assert found.judged["p"].std() < 0.1


def test_customers_of_an_iranian_telecom(real):
    """Held out by customer, copies of rows removed first; no time is in this file, so the split is by lot."""
    frame = pd.read_csv(real / "iranian_churn" / "Customer_Churn.csv").drop_duplicates().reset_index(drop=True)
    frame.columns = [" ".join(name.split()) for name in frame]
    columns = [name for name in frame if name != "Churn"]
    when = (np.random.default_rng(1).random(len(frame)) < 0.3).astype(int)
    rows = frame.assign(who=[str(i) for i in frame.index], when=when, y=frame["Churn"].astype(float))
    found = foresight.trial(rows, columns)
    assert found.learner.method == "boosting"
    assert prediction.auc(found.judged["y"], found.judged["p"])[0] > 0.96
    assert prediction.ece(found.judged["y"], found.judged["p"])[0] < 0.03
