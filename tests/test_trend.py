"""Series of a company: sums by hand, whatever the order of rows; what is too little, untold or wrong says so."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from cx_helpers import readings, series, wording
from cx_helpers import workspace as ws
from cx_helpers.dates import Period
from cx_helpers.measures import trend, trend_changes, trend_forecast, trend_leads, trend_levels, trend_surprises
from cx_helpers.series import Series
from cx_helpers.tables import MissingTable, TableError

LAST = Period.parse("1404-06")
WEEKS = series.steps(LAST, LAST.past, "week", 28)


def orders(when, amount=100.0):
    at = pd.to_datetime(when).tz_localize("Asia/Tehran").tz_convert("UTC")
    frame = pd.DataFrame({"order_id": [f"o{i}" for i in range(len(at))], "ordered_at": at, "amount": amount})
    return frame.assign(customer_id=[f"c{i % 3}" for i in range(len(at))])


def made(values, metric="orders", grain="week", total=True, n=50):
    """A series that ends with the period."""
    values = np.asarray(values, float)
    periods = series.steps(LAST, LAST.past, grain, {"day": 1, "week": 7, "month": 30.44}[grain] * len(values) + 1)
    frame = pd.DataFrame({"n": n, metric: values}, index=pd.Index(periods[-len(values) :], dtype=object, name="period"))
    return Series(metric, grain, total, frame)


# -- what the engine sums up -------------------------------------------------------------------------------------------


def test_weeks_by_hand_whatever_the_order_of_rows(lay):
    # the last four weeks of 1404-06 begin on 26 August, 2, 9 and 16 September 2025
    frame = orders(["2025-08-26 00:00", "2025-09-01 23:59", "2025-09-02 00:00", "2025-09-22 23:59", "2025-09-23 00:00"])
    frame["amount"] = [1.0, 2.0, 4.0, 8.0, 16.0]
    for rows in (frame, frame.iloc[::-1]):
        found = trend.bins(lay(rows, "orders"), "revenue", WEEKS, "week")
        assert found["revenue"].tolist() == [3, 4, 0, 8]
        assert found["n"].tolist() == [2, 1, 0, 1]
        assert found["customers"].tolist() == [2, 1, 0, 1]
    assert trend.bins(lay(frame, "orders"), "orders", WEEKS, "week")["orders"].tolist() == [2, 1, 0, 1]
    days = series.steps(LAST, LAST.past, "day", 2)
    assert trend.bins(lay(frame, "orders"), "orders", days, "day")["orders"].tolist() == [0, 1]


def test_scores_by_hand(lay):
    at = pd.to_datetime(["2025-09-20"] * 6, utc=True)
    frame = pd.DataFrame({"score": [10, 9, 6, 8, np.nan, 0.0], "scale_min": 0.0, "scale_max": 10.0}).assign(
        response_id=list("abcdef"), customer_id=list("abcdef"), responded_at=at, instrument="nps"
    )
    found = trend.bins(lay(frame), "nps", WEEKS, "week")
    assert found["nps"].tolist()[-1] == 0, "two promoters, two detractors"
    assert found["n"].tolist() == [0, 0, 0, 5]
    assert found["nps"].isna().tolist() == [True, True, True, False], "no answers are no score, not 0"
    assert trend.bins(lay(frame), "csat", WEEKS, "week")["csat"].tolist()[-1] == pytest.approx(2 / 5)


def test_a_typical_time_is_a_geometric_mean(lay):
    solved = pd.to_datetime(["2025-09-20"] * 3, utc=True)
    opened = solved - pd.to_timedelta([1, 100, 0], unit="h")
    frame = pd.DataFrame(
        {"ticket_id": list("abc"), "customer_id": list("abc"), "opened_at": opened, "solved_at": solved}
    )
    found = trend.bins(lay(frame, "tickets"), "resolution_hours", WEEKS, "week").iloc[-1]
    assert found["resolution_hours"] == pytest.approx(10)
    assert found["n"] == 2, "solved as it was opened: no time to tell"


def test_churn_counts_those_who_could_leave(lay):
    began = pd.to_datetime(["2025-01-01"] * 4 + ["2025-09-03"], utc=True)
    ended = pd.to_datetime(["2025-06-01", "2025-09-10", None, None, None], utc=True)
    frame = pd.DataFrame({"contract_id": list("abcde"), "customer_id": list("abcde")})
    found = trend.bins(lay(frame.assign(started_at=began, ended_at=ended), "contracts"), "churn_rate", WEEKS, "week")
    assert found["n"].tolist() == [3, 3, 4, 3], "one had left before, one came in the second week"
    assert found["churn_rate"].tolist() == [0, 0, 1 / 4, 0]


@pytest.mark.parametrize("rows", [0, 1])
def test_no_row_and_one_row(lay, rows):
    found = trend.bins(lay(orders(["2025-09-20"] * 1).iloc[:rows], "orders"), "revenue", WEEKS, "week")
    assert found["revenue"].tolist() == [0, 0, 0, 100 * rows]


def test_all_null_is_nothing(lay):
    frame = orders(["2025-09-20"] * 4).assign(amount=np.nan)
    found = trend.bins(lay(frame, "orders"), "revenue", WEEKS, "week")
    assert found["n"].sum() == 0


# -- a company's series ------------------------------------------------------------------------------------------------


@pytest.fixture
def company(tmp_path):
    def lay_out(customers: int, days: int = 400, a_day: int = 12):
        (tmp_path / "tables").mkdir(exist_ok=True)
        (tmp_path / "workspace.yaml").write_text("name: x\n", "utf-8")
        start = pd.Timestamp(LAST.past - dt.timedelta(days))
        when = start + pd.to_timedelta(np.arange(days * a_day) * (1440 // a_day) * 60, unit="s")
        frame = orders(when).assign(customer_id=[f"c{i % customers}" for i in range(len(when))])
        frame.to_parquet(tmp_path / "tables" / "orders.parquet", coerce_timestamps="us", index=False)
        return ws.open(tmp_path, period="1404-06", locale="en")

    return lay_out


def test_the_finest_grain_at_which_enough_happens(company):
    found = trend.of(company(50))
    assert {metric: one.grain for metric, one in found.items()} == {"revenue": "day", "orders": "day"}
    one = found["orders"]
    assert one.last == LAST.on(LAST.past - dt.timedelta(1))
    assert (one.values == 12).all()
    assert {one.grain for one in trend.of(company(50, a_day=4)).values()} == {"week"}


def test_what_is_of_too_few_customers_is_not_told(company):
    assert trend.of(company(9)) == {}
    assert trend.of(company(9), shown=False, grain="week").keys() == {"revenue", "orders"}


def test_a_report_of_the_past_does_not_know_what_came_after(company):
    whole = company(50)
    past = ws.open(whole.settings.folder, period="1404-03", locale="en")
    one, then = trend.of(whole)["orders"], trend.of(past)["orders"]
    assert then.last.past == past.period.past
    assert one.before(past.period.end).frame.index[-1] == then.last


def test_a_young_company_has_no_trend_yet(company):
    assert trend.of(company(50, days=20)) == {}


def test_what_is_wrong_says_what_to_write(company):
    tables = company(50, days=40)
    with pytest.raises(TableError, match="'revenu' is no metric that has a trend; did you mean 'revenue'"):
        trend.of(tables, "revenu")
    with pytest.raises(TableError, match="'hour' is no step of time.*write day, week or month"):
        trend.of(tables, grain="hour")
    with pytest.raises(MissingTable, match="no table 'responses'"):
        trend.of(tables, "nps")


# -- what is told of them ----------------------------------------------------------------------------------------------


def daily(days=500, step_at=None, seed=0):
    """Days of a shop: Fridays slow, a lasting fall from a day on."""
    periods = series.steps(LAST, LAST.past, "day", days)
    usual = np.array([60 * (0.7 if p.first.weekday() == 4 else 1.0) for p in periods])
    if step_at is not None:
        usual[step_at:] *= 0.7
    return made(np.random.default_rng(seed).poisson(usual), grain="day")


def test_fridays_are_an_effect_and_no_change():
    one = daily()
    found = trend_levels.effects(one)
    assert found["effect"].idxmin() == "friday"
    assert found.loc["friday", "low"] < 0.7 / (6.7 / 7) - 1 < found.loc["friday", "high"]
    assert trend_levels.strength(one) > 0.5
    assert trend_changes.changes(one, trend_levels.levels(one)).empty


def test_a_lasting_fall_is_dated_to_the_week():
    one = daily(step_at=360)
    found = trend_changes.all_changes({"orders": one}, {"orders": trend_levels.levels(one)})
    assert len(found) == 1
    when, row = found.index[0], found.iloc[0]
    assert row["earliest"].first <= one.frame.index[360].first <= row["latest"].past
    assert abs((when.first - one.frame.index[360].first).days) <= 7
    assert row["part"] == pytest.approx(-0.3, abs=0.05)
    assert row["p_adjusted"] < 0.001


@pytest.mark.parametrize("grain", ["day", "week"])
@pytest.mark.parametrize("fall", [0.0, 0.35])
def test_a_season_of_the_year_is_no_change_of_level_and_hides_none(grain, fall):
    """Four years that swing by 40 % with the year; half a year before their end sales fall for good, or do not."""
    n, turn = (1461, 365.25) if grain == "day" else (208, 52.18)
    at, rng = np.arange(n), np.random.default_rng(5)
    mean = (200 if grain == "day" else 1400) * (1 + 0.4 * np.sin(2 * np.pi * at / turn))
    one = made(rng.poisson(mean * np.where(at >= n - n // 8, 1 - fall, 1)), grain=grain)
    found = trend_changes.changes(one, trend_levels.levels(one))
    lately = found[[p.first > LAST.past - dt.timedelta(365) for p in found.index]]
    assert len(lately) == (fall > 0)
    if fall:
        assert lately["part"].iloc[0] == pytest.approx(-fall, abs=0.12)


def test_weeks_of_days_add_up():
    one = daily(days=100)
    found = trend_levels.levels(one)
    assert found["orders"].sum() == one.values[2:].sum(), "two days before the first whole week are left out"
    assert list(found.index) == series.steps(LAST, LAST.past, "week", 100)


def test_what_is_coming_and_the_goal():
    one = daily(days=400)
    test = trend_forecast.backtest(one)
    found = trend_forecast.forecast(one, test, {"target": 1000, "direction": "up"})
    month = found[found["target"] == "month"].iloc[0]
    assert found.index[-1] == Period.parse("1404-07")
    assert month["low"] < month["low_80"] < month["orders"] < month["high_80"] < month["high"]
    assert month["low"] < 30 * 60 * 6.7 / 7 < month["high"]
    assert month["chance"] > 0.99
    nothing = trend_forecast.forecast(one, None)
    assert nothing["orders"].isna().all()
    assert len(nothing) == 1


@pytest.mark.parametrize(
    ("when", "other"), [("1404-01", True), ("1404-02", True), ("1404-05", True), ("1404-06", False), ("2025-12", True)]
)
def test_a_month_after_nowruz_is_otherwise_for_the_calendars_sake(when, other):
    assert readings.trend_forecast._other_days(Period.parse(when)) is other


def test_a_day_is_judged_by_what_was_known_before_it():
    one = daily(days=400)
    values = one.values.copy()
    values[-3] = 5
    odd = made(values, grain="day")
    found = trend_surprises.all_surprises({"orders": odd}, {"orders": trend_forecast.backtest(odd)}, LAST)
    assert len(found) == 31
    assert found["p_adjusted"].idxmin() == odd.frame.index[-3]
    assert (found["p_adjusted"] < 0.05).sum() == 1
    plain = trend_surprises.all_surprises({"orders": one}, {"orders": trend_forecast.backtest(one)}, LAST)
    same = [when for when in plain.index if when.first <= odd.frame.index[-3].first]
    assert np.allclose(plain.loc[same, "expected"], found.loc[same, "expected"]), "no later day moved an earlier one"
    assert (plain["p_adjusted"] < 0.05).sum() == 0


@pytest.mark.parametrize(
    "values", [np.full(60, 40.0), np.r_[np.full(30, 40.0), [np.nan] * 5, np.full(25, 40.0)], [np.nan] * 60]
)
def test_constant_gaps_and_nothing_known_go_through(values):
    one = made(values)
    levels = trend_levels.levels(one)
    assert trend_changes.changes(one, levels).empty
    test = trend_forecast.backtest(one)
    assert test is None
    assert trend_forecast.forecast(one, test)["orders"].isna().all()
    assert trend_levels.effects(one).empty
    assert trend_forecast.skills({"orders": test}).empty
    assert trend_forecast.coverages({"orders": test}).empty
    assert trend_surprises.all_surprises({"orders": one}, {"orders": test}, LAST).empty
    assert trend_levels.tendencies({"orders": one}).loc["orders", "slope"] in (0, pytest.approx(np.nan, nan_ok=True))


def test_leads_of_weeks_that_do_not_begin_together():
    rng = np.random.default_rng(0)
    news = rng.normal(size=120)
    nps = made(20 + 5 * news, "nps", total=False)
    later = np.r_[np.zeros(4), news[:-4]] + 0.5 * rng.normal(size=120)
    revenue = made(np.exp(10 + 0.1 * later[20:]), "revenue")
    weeks = {"nps": nps, "revenue": revenue}
    found = trend_leads.leads(weeks, {metric: trend_levels.levels(one) for metric, one in weeks.items()})
    # revenue's week t holds nps's news of four weeks before, and revenue is known from its twentieth week on
    assert trend_leads.best(found).index.tolist() == [("nps", "revenue", 4)]
    assert found["p_adjusted"].idxmin() == ("nps", "revenue", 4)
    assert trend_leads.leads({"nps": nps}, {"nps": trend_levels.levels(nps)}).empty


def test_words_are_in_both_languages():
    wording.use(locale="fa", calendar="jalali", currency="IRR", period=LAST)

    one = daily(step_at=360)
    levels = {"orders": trend_levels.levels(one)}
    changes = trend_changes.all_changes({"orders": one}, levels)
    (told,) = readings.trend_changes.findings(changes, LAST)
    assert told.severity == "high"
    assert told.good is False
    assert "another level since" in told.text["en"]
    assert "سطح دیگری دارد" in told.text["fa"]
    coming = {"orders": trend_forecast.forecast(one, trend_forecast.backtest(one), {"target": 5000, "direction": "up"})}
    (goal,) = [f for f in readings.trend_forecast.findings(coming)[0] if f.kind == "risk"]
    assert "will not reach its goal of 5,000" in goal.text["en"]
    assert readings.trend.goals(coming)["en"].endswith("below 1%.")
    assert readings.trend.sentence({}, [], 0) == readings.trend.TOO_LITTLE


@pytest.mark.parametrize(
    ("metric", "low", "high", "en"),
    [
        ("revenue", 1.4e10, 2.1e10, "1.4 to 2.1 billion toman"),
        ("revenue", 9e9, 2.1e10, "900 million toman to 2.1 billion toman"),
        ("csat", 0.36, 0.4721, "36.0 to 47.2%"),
        ("nps", -3.2, 12.4, "-3 to 12"),
        ("resolution_hours", 10.4, 16.8, "10.4 to 16.8 hours"),
        ("orders", float("nan"), 2.0, "—"),
    ],
)
def test_two_ends_of_one_unit_bear_it_once(metric, low, high, en):
    said = readings.trend_forecast._to(metric, low, high)["en"]
    assert said.replace("\u00a0", " ").replace("\u2212", "-") == en


def test_a_month_without_any_row_is_lacking_and_no_sales_of_zero():
    """A hundred orders a week; four weeks in the middle are lacking: unknown.  A fortnight's pause keeps its zeros."""
    weeks = np.full(60, 100.0)
    for pause, unknown in ((4, 4), (2, 0)):
        gone = weeks.copy()
        gone[30 : 30 + pause] = 0
        frame = made(gone, n=gone.astype(int)).frame
        assert trend._without_holes(frame, "orders", "week", True)["orders"].isna().sum() == unknown
    few = made(np.where(weeks > 0, 3.0, 0), n=[3] * 28 + [0] * 4 + [3] * 28).frame
    assert trend._without_holes(few, "orders", "week", True)["orders"].isna().sum() == 0, "so few may well be none"
