"""Since when: found where it was planted, silent where nothing is, never louder than the unrest between periods."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from cx_helpers import readings
from cx_helpers.dates import Period
from cx_helpers.measures import turning

LAST = Period.parse("1404-06")


def series(values, se=0.05, n=100):
    values = np.asarray(values, float)
    index = pd.Index(LAST.back(len(values)), name="period", dtype=object)
    return pd.DataFrame({"n": n, "sentiment": values, "se": se}, index=index)


def test_a_step_is_found_where_it_was_made():
    found = turning.since(series([0.5] * 7 + [0.1] * 5), "sentiment")
    assert list(found.index) == [LAST.back(12)[7]]
    row = found.iloc[0]
    assert (row["before"], row["change"]) == pytest.approx((0.5, -0.4))
    # standard error of the step: 0.05 * sqrt(1/7 + 1/5)
    assert (row["low"], row["high"]) == pytest.approx((-0.4 - 1.96 * 0.02928, -0.4 + 1.96 * 0.02928), abs=1e-4)
    assert (row["n_before"], row["n"]) == (700, 500)
    assert row["p_value"] == row["p_adjusted"] == 1 / 2000
    assert row["earliest"] == row["latest"] == found.index[0]


def test_the_last_period_may_be_the_turn_but_one_period_proves_less():
    found = turning.since(series([0.5] * 11 + [0.1]), "sentiment")
    assert found.index[0] == LAST
    assert found["p_value"].iloc[0] < 0.01
    weak = turning.since(series([0.5, 0.3, 0.6, 0.4, 0.5, 0.2]), "sentiment")  # months differ as much as that anyway
    assert weak["p_value"].iloc[0] > 0.05


def test_the_turn_is_weighted_by_how_sure_each_period_is():
    se = np.full(10, 0.05)
    se[4] = 5.0  # a wild value of three comments moves nothing
    values = np.full(10, 0.2)
    values[4] = -0.9
    assert turning.since(series(values, se), "sentiment")["p_value"].iloc[0] > 0.5


def test_one_run_in_twenty_and_no_more_is_surprised_by_noise():
    rng = np.random.default_rng(3)
    for unrest in (1.0, 3.0):  # also where months differ more than sampling error tells
        p = [
            turning.since(series(rng.normal(0, 0.05 * unrest, 12)), "sentiment", 199)["p_value"].iloc[0]
            for _ in range(300)
        ]
        false = sum(x <= 0.05 for x in p)
        assert stats.binomtest(false, 300, 0.05, alternative="greater").pvalue > 0.01, (unrest, false / 300)


def test_periods_without_a_value_and_short_series_are_left_out():
    values = series([0.5] * 4 + [np.nan] + [0.1] * 4)
    assert turning.since(values, "sentiment").index[0] == values.index[5]
    assert turning.since(series([0.5, 0.5, 0.1, 0.1, 0.1]), "sentiment").empty
    assert readings.turning.finding(turning.since(series([0.5] * 3), "sentiment"), "sentiment") == []


def test_the_same_input_gives_the_same_answer():
    values = series([0.3, 0.2, 0.35, 0.1, 0.15, 0.05, 0.12])
    pd.testing.assert_frame_equal(turning.since(values, "sentiment"), turning.since(values, "sentiment"))


def test_a_sure_and_large_fall_is_said_loudly_and_a_rise_is_not_alarm():
    (fall,) = readings.turning.finding(turning.since(series([0.5] * 7 + [0.1] * 5), "sentiment"), "sentiment")
    assert (fall.kind, fall.severity, fall.value, fall.baseline) == ("change_point", "high", pytest.approx(0.1), 0.5)
    assert fall.subject == {"month": LAST.back(12)[7].name}
    assert LAST.back(12)[7].label("fa") in fall.text["fa"]
    assert "since" in fall.text["en"]
    (rise,) = readings.turning.finding(turning.since(series([0.1] * 7 + [0.5] * 5), "sentiment"), "sentiment")
    assert rise.severity == "medium"
    assert readings.turning.finding(turning.since(series([0.2] * 12), "sentiment"), "sentiment") == []


def test_a_fall_of_this_period_is_told_once():
    turn = turning.since(series([0.5] * 11 + [0.1]), "sentiment")
    (since,) = readings.turning.finding(turn, "sentiment")
    assert "در شهریور" in since.detail["fa"]
    assert "میان" not in since.detail["fa"]
    assert "نوشته" in since.detail["fa"]
    assert "پاسخ" not in since.detail["fa"]
    whole = replace(since, subject={})
    group = replace(since, subject={"channel": "app"})
    assert readings.turning.beside([whole, group], turn, "sentiment", LAST) == [group, since]
    assert readings.turning.beside([whole, group], turn, "sentiment", LAST.back(3)[0]) == [whole, group, since]
    assert readings.turning.beside([whole], turn.iloc[:0], "sentiment", LAST) == [whole]
