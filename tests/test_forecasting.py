"""What comes next and what has changed: worked by hand, found where planted, silent in noise that remembers."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from cx_helpers import backtesting, changepoints, forecasting, leading, occasions, series
from cx_helpers.backtesting import Targets
from cx_helpers.dates import Period, day_number, from_jalali
from cx_helpers.forecasting import Shape
from cx_helpers.series import Series
from cx_helpers.tendency import tendency

WEEKS = Targets({"1": slice(0, 1), "2": slice(1, 2), "month": slice(0, 4)}, False)


def remembering(rng, n: int, rho: float) -> np.ndarray:
    """Noise in which each value remembers the one before."""
    out, new = np.zeros(n + 50), rng.normal(size=n + 50)
    for t in range(1, n + 50):
        out[t] = rho * out[t - 1] + new[t]
    return out[50:]


# -- the calendar ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "month", "place"),
    [("2023-03-23", 9, 1), ("2024-03-12", 9, 1), ("2025-03-02", 9, 1), ("2023-07-28", 1, 10), ("2025-07-06", 1, 10)],
)  # first of Ramadan and Ashura as they were kept in Iran
def test_the_moon_is_at_most_a_day_off(day, month, place):
    days = [occasions.to_islamic(dt.date.fromisoformat(day) + dt.timedelta(k)) for k in (-1, 0, 1)]
    assert (month, place) in [found[1:] for found in days]


def test_occasions_fall_where_the_calendar_has_them():
    first = day_number(from_jalali(1403, 1, 1))
    found = occasions.occasions(range(first, first + 366))
    assert found["nowruz"].to_numpy().nonzero()[0].tolist() == list(range(13))
    assert found["yalda"].sum() == 11
    assert found["before_nowruz"].sum() == 23, "1403 is a leap year: Esfand has 30 days"
    assert found["muharram"].sum() == 10
    assert found["ramadan"].to_numpy().nonzero()[0].min() < 25, "of 1445 the last days, then all of 1446"
    assert not (found["month_end"] * found["nowruz"]).any()
    assert occasions.occasions([first], "gregorian").columns.tolist() == list(occasions.WESTERN)


def test_days_of_a_company_whose_clock_is_put_forward(lay):
    import ibis

    last = Period.parse("2025-04-01", timezone="Europe/Berlin")
    periods = series.steps(last, last.past, "day", 4)
    at = pd.to_datetime(["2025-03-29T22:59Z", "2025-03-29T23:01Z", "2025-03-30T21:59Z", "2025-03-30T22:01Z"])
    frame = pd.DataFrame({"order_id": list("abcd"), "customer_id": "c", "ordered_at": at, "amount": 1.0})
    table = lay(frame, "orders")
    found = table.mutate(place=series.place(table.ordered_at, periods, "day")).order_by(ibis._.order_id).execute()
    assert found["place"].tolist() == [0, 1, 1, 2], "the 30th of March had 23 hours"


# -- tendency ----------------------------------------------------------------------------------------------------------


def test_a_tendency_by_hand():
    found = tendency([1, 2, 4, 3, 5, 6, 7, 9])
    assert found.s == 26, "28 pairs, one of them falls"
    assert found.plain_z == pytest.approx(25 / np.sqrt(8 * 7 * 21 / 18))
    assert found.slope == 1.0
    assert found.low <= found.slope <= found.high


@pytest.mark.parametrize("y", [[], [1.0], [np.nan] * 20, [1.0, np.nan] * 3])
def test_too_little_has_no_tendency(y):
    found = tendency(y)
    assert np.isnan([found.z, found.p_value, found.slope]).all()


def test_a_constant_has_none_and_gaps_keep_their_place():
    assert tendency([3.0] * 12)[1:5] == (0, 0, 1, 0)
    line = np.arange(20.0)
    line[[3, 4, 5, 11]] = np.nan
    assert tendency(line).slope == 1.0


def test_noise_that_remembers_is_no_tendency():
    rng = np.random.default_rng(5)
    p = np.array([tendency(remembering(rng, 60, 0.6))._asdict() for _ in range(200)])
    assert np.mean([one["plain_p"] < 0.05 for one in p]) > 0.2, "without correction it looks like one"
    assert np.mean([one["p_value"] < 0.05 for one in p]) < 0.12


# -- change points -----------------------------------------------------------------------------------------------------


def test_a_step_is_found_where_it_was_made():
    y = np.r_[np.zeros(40), np.full(30, 3.0)] + np.random.default_rng(2).normal(0, 1, 70)
    found = changepoints.changes(y)
    assert len(found) == 1
    row = found.iloc[0]
    assert row["earliest"] <= 40 <= row["latest"]
    assert row["low"] < 3 < row["high"]
    assert (row["n"], row["n_before"]) == (70 - found.index[0], found.index[0])


@pytest.mark.parametrize("rho", [0.0, 0.4, 0.7])
def test_noise_has_no_steps_whatever_it_remembers(rho):
    rng = np.random.default_rng(7)
    false = [len(changepoints.changes(remembering(rng, 100, rho))) > 0 for _ in range(100)]
    assert np.mean(false) <= 0.06


def test_growth_is_no_staircase_but_a_step_on_it_is_one():
    rng, t = np.random.default_rng(1), np.arange(104)
    growth = 4 * (1 - np.exp(-t / 30))
    assert changepoints.changes(growth + rng.normal(0, 0.15, 104)).empty
    found = changepoints.changes(growth - 1.2 * (t >= 70) + rng.normal(0, 0.15, 104))
    assert [abs(at - 70) <= 2 for at in found.index] == [True]


@pytest.mark.parametrize("y", [[], [1.0], [5.0] * 50, [np.nan] * 50, [np.nan, 1.0] * 5])
def test_where_nothing_is_nothing_changed(y):
    found = changepoints.changes(y)
    assert found.empty
    assert "p_value" in found


# -- forecasts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["naive", "ets", "theta", "calendar", "sarima"])
def test_no_candidate_sees_what_came_later(name):
    rng = np.random.default_rng(3)
    y = 10 + np.sin(np.arange(60) * 2 * np.pi / 12) + rng.normal(0, 0.3, 60)
    x = rng.normal(size=(66, 2)) if name == "calendar" else None
    shape = Shape(1, 12) if name == "sarima" else Shape(4)
    told = forecasting.CANDIDATES[name](y, [50, 52], 6, shape, x)
    changed = np.r_[y[:52], np.full(8, 1e3)]
    again = forecasting.CANDIDATES[name](changed, [50, 52], 6, shape, x)
    assert told.shape == (2, 6)
    assert np.allclose(told, again)


def test_naive_is_the_last_season():
    assert forecasting.naive(np.arange(10.0), [10, 8], 5, Shape(3)).tolist() == [[7, 8, 9, 7, 8], [5, 6, 7, 5, 6]]


@pytest.mark.parametrize("name", ["ets", "theta"])
def test_a_season_and_a_level_go_on(name):
    season = np.array([0, 1, 2, 5, 0, -1, -2.0])
    y = 20 + np.tile(season, 12) + np.random.default_rng(0).normal(0, 0.05, 84)
    assert forecasting.CANDIDATES[name](y, [84], 7, Shape(7))[0] == pytest.approx(20 + season, abs=0.3)


def test_an_occasion_is_foreseen_by_the_calendar_only():
    rng, n = np.random.default_rng(4), 400
    x = np.zeros((n + 7, 1))
    x[[*range(100, 110), *range(200, 210), *range(300, 310), *range(400, 407)]] = 1
    y = 3 + x[:n, 0] + rng.normal(0, 0.1, n)
    told = forecasting.calendar(y, [n], 7, Shape(7), x)[0]
    assert told == pytest.approx(np.full(7, 4.0), abs=0.2)
    assert forecasting.theta(y, [n], 7, Shape(7))[0] == pytest.approx(np.full(7, 3.0), abs=0.2)


def test_on_a_random_walk_naive_is_not_beaten():
    walk = np.random.default_rng(8).normal(size=120).cumsum()
    test = backtesting.backtest(walk, WEEKS)
    found = backtesting.skill(test)
    assert backtesting.chosen(found) == "naive"
    assert found.loc["naive", "skill"] == 0


def test_where_the_level_stays_the_mean_beats_the_last_value():
    y = np.random.default_rng(8).normal(10, 1, 120)
    test = backtesting.backtest(y, Targets({"1": slice(0, 1)}, False))
    found = backtesting.skill(test)
    assert (name := backtesting.chosen(found)) != "naive"
    assert 0 < found.loc[name, "low"] < found.loc[name, "skill"] < found.loc[name, "high"] < 1
    # of the mean and of the last value of independent noise the errors are as 1 to the root of 2
    assert found.loc[name, "skill"] == pytest.approx(1 - 1 / np.sqrt(2), abs=0.1)


def test_intervals_hold_as_often_as_they_say():
    rng, hits = np.random.default_rng(12), []
    for rho in (0.0, 0.5, 0.9):
        for _ in range(6):
            test = backtesting.backtest(remembering(rng, 104, rho), WEEKS)
            name = backtesting.chosen(backtesting.skill(test))
            hits.append(backtesting.coverage(test, *backtesting.intervals(test, name)))
    together = pd.concat(hits)
    held = (together["covered"] * together["n"]).groupby(level=0).sum() / together["n"].groupby(level=0).sum()
    assert held[0.80] == pytest.approx(0.80, abs=0.05)
    assert held[0.95] == pytest.approx(0.95, abs=0.03)


def test_an_interval_knows_no_error_of_later():
    y = np.random.default_rng(8).normal(10, 1, 120)
    low, _ = backtesting.intervals(backtesting.backtest(y, WEEKS), "naive")
    changed = y.copy()
    changed[115:] += 100
    again, _ = backtesting.intervals(backtesting.backtest(changed, WEEKS), "naive")
    early = backtesting.backtest(y, WEEKS).origins <= 110
    assert np.allclose(low[early], again[early], equal_nan=True)


def test_a_chance_lies_where_the_goal_does():
    y = np.random.default_rng(8).normal(10, 1, 120)
    test = backtesting.backtest(y, WEEKS)
    chances = [backtesting.chance(test, "theta", "1", goal) for goal in (0.0, float(test.made["theta"][-1, 0]), 20.0)]
    assert chances[0] > 0.99
    assert chances[1] == pytest.approx(0.5)
    assert chances[2] < 0.01
    assert backtesting.chance(test, "theta", "1", 20.0, up=False) > 0.99


@pytest.mark.parametrize("y", [[], [1.0], [4.0] * 80, [np.nan] * 80, np.arange(15.0)])
def test_what_is_too_little_to_try_is_not_tried(y):
    assert backtesting.backtest(y, WEEKS) is None


def test_gaps_are_bridged_and_no_error_is_taken_there():
    y = np.random.default_rng(8).normal(10, 1, 120)
    y[[60, 61, 90]] = np.nan
    test = backtesting.backtest(y, WEEKS)
    assert np.isfinite(test.made["theta"]).all()
    assert np.isnan(test.actual).sum() > np.isnan(backtesting.backtest(np.nan_to_num(y, nan=10), WEEKS).actual).sum()


# -- leading indicators ------------------------------------------------------------------------------------------------


def company(rng, n=104, lag=0, strength=0.0):
    news = rng.normal(size=(5, n))
    ahead = np.r_[np.zeros(lag), news[0][: n - lag]]
    walk = [np.zeros(n) for _ in range(5)]
    news[4] = news[4] + strength * ahead
    for k, rho in enumerate((0.6, 0.3, 0.8, 0.4, 0.5)):
        for t in range(1, n):
            walk[k][t] = rho * walk[k][t - 1] + news[k][t]
    grown = walk[4] + 0.05 * np.arange(n)
    return {
        "nps": walk[0],
        "csat": walk[1],
        "sentiment": walk[2] + 0.05 * np.arange(n),
        "churn": walk[3],
        "revenue": grown,
    }


def test_who_runs_ahead_is_found_with_the_lag():
    found = leading.leads(
        company(np.random.default_rng(0), lag=3, strength=0.7), ["nps", "csat", "sentiment"], ["revenue", "churn"]
    )
    assert found["p_adjusted"].idxmin() == ("nps", "revenue", 3)
    assert found["p_adjusted"].min() < 0.005
    assert (found["p_adjusted"] < 0.05).sum() == 1
    row = found.loc[("nps", "revenue", 3)]
    assert row["low"] < row["correlation"] < row["high"]
    assert row["n"] == 100, "four values know no past, three no future"


def test_series_that_only_grow_together_announce_nothing():
    rng = np.random.default_rng(6)
    p = [
        leading.leads(company(rng), ["nps", "csat", "sentiment"], ["revenue", "churn"])["p_adjusted"].min()
        for _ in range(40)
    ]
    assert sum(x < 0.05 for x in p) <= 5
    assert min(p) > 0.0005


@pytest.mark.parametrize("y", [np.zeros(0), np.zeros(1), np.full(80, 2.0), np.full(80, np.nan)])
def test_where_nothing_moves_nothing_leads(y):
    found = leading.leads({"nps": y, "revenue": y}, ["nps"], ["revenue"])
    assert found.empty
    assert found.index.names == ["leader", "follower", "lag"]


def test_a_series_steps_into_what_comes():
    periods = series.steps(Period.parse("1404-06"), Period.parse("1404-06").past, "week", 70)
    one = Series("nps", "week", False, pd.DataFrame({"n": 1, "nps": 1.0}, index=periods))
    assert len(one) == 10
    assert one.ahead(2)[0].first == one.last.past
    assert one.before(periods[3].start).last == periods[2]
    assert series.calendar(one, 2) is None, "a score has no Fridays"
