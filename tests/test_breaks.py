"""Did a feed suddenly shrink or swell?  Weekdays, Nowruz, sales and monthly waves are no breaks; lost days are."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from cx_helpers import certainty, dates, readings
from cx_helpers.dates import Period, day_number
from cx_helpers.measures import breaks, feeds

MONTH = Period.parse("1404-06")
PAST = day_number(MONTH.past)
DAYS = np.arange(PAST - 420, PAST)
WEEKDAY = (DAYS + 3) % 7  # 0 is Monday


def counts(n, table: str = "orders", source=None, channel=None) -> pd.DataFrame:
    """Rows by day as `volume.days` gives them."""
    n = np.broadcast_to(n, DAYS.shape).astype(int)
    return pd.DataFrame({"table": table, "source": source, "channel": channel, "day": DAYS, "n": n}).query("n > 0")


def noise(mean, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).poisson(np.broadcast_to(mean, DAYS.shape))


def found(*parts: pd.DataFrame, period: Period = MONTH) -> pd.DataFrame:
    return breaks.breaks(feeds.watch(pd.concat(parts), period), period)


def lost(n, first_ago: int, last_ago: int, times: float = 0.0) -> np.ndarray:
    """The same counts, from so many days before the end to so many, times a factor."""
    out = np.array(np.broadcast_to(n, DAYS.shape), float)
    out[len(out) - first_ago : len(out) - last_ago] *= times
    return out


def ago(days: int) -> dt.date:
    return MONTH.past - dt.timedelta(days)


@pytest.mark.parametrize(
    ("k", "m", "spread"), [(0, 20, 1), (5, 20, 1.5), (60, 20, 2), (3, 3, 1), (300, 20, 1), (0, 5, 3)]
)
def test_a_rare_count_is_as_rare_as_scipy_says(k, m, spread):
    law = stats.poisson(m) if spread == 1 else stats.nbinom(m / (spread - 1), 1 / spread)
    assert certainty.rare_count(k, m, spread) == pytest.approx(min(1, 2 * min(law.cdf(k), law.sf(k - 1))), rel=1e-9)


def test_a_count_without_expectation_is_null():
    assert np.isnan(certainty.rare_count([1, np.nan, 3], [0, 4, np.nan])).all()


def test_weekends_and_growth_are_no_breaks():
    rhythm = np.where(WEEKDAY == 4, 0.1, 1.0) * np.linspace(40, 120, len(DAYS))
    assert found(counts(noise(rhythm))).empty


def test_nowruz_is_no_break_where_years_are_jalali():
    nowruz = [dt.date(2025, 3, 21) + dt.timedelta(k) for k in range(13)]
    n = np.where(np.isin(DAYS, [day_number(day) for day in nowruz]), 4, 60)
    assert found(counts(n)).empty
    gregorian = Period.parse("2025-08", timezone="Asia/Tehran")
    (row,) = found(counts(n), period=gregorian).itertuples()
    assert (row.first_day, row.last_day) == (nowruz[0], nowruz[-1])


def test_a_day_busy_or_calm_for_the_whole_company_is_no_break():
    calm = lost(100.0, 12, 10, times=0.45)
    parts = [counts(calm * size, table) for table, size in (("orders", 1), ("touchpoints", 5), ("responses", 2))]
    assert found(*parts).empty
    assert list(found(parts[0]).index) == [("orders", "table", "orders")], "one table alone has nobody to agree with"


def test_a_feed_that_does_not_share_in_a_calm_day_did_not_jump():
    calm = lost(100.0, 12, 10, times=0.3)
    parts = [counts(calm, table) for table in ("orders", "responses", "comments")]
    steady = lost(500.0, 12, 10, times=1.1)
    assert "touchpoints" not in found(*parts, counts(steady, "touchpoints")).index.get_level_values("table")
    jumped = lost(500.0, 12, 10, times=4.0)
    assert "touchpoints" in found(*parts, counts(jumped, "touchpoints")).index.get_level_values("table")


def test_a_lull_of_every_month_is_rhythm_and_a_deeper_one_is_a_break():
    days = [dates.numbered_day(day) for day in DAYS]
    lull = np.array([dates.to_jalali(day)[2] >= 28 for day in days])
    n = np.where(lull, 25.0, 100.0)
    assert found(counts(n)).empty
    (row,) = found(counts(lost(n, 16, 13))).itertuples()
    assert (row.first_day, row.last_day, row.n) == (ago(16), ago(14), 0)


def test_lost_days_are_counted():
    n = lost(100.0, 20, 14)
    (row,) = found(counts(n)).itertuples()
    assert row.Index == ("orders", "table", "orders")
    assert (row.first_day, row.last_day) == (ago(20), ago(15))
    assert (row.n, row.expected, row.ratio, row.missing) == (0, 600, 0, 600)
    assert row.lost == pytest.approx(6 / 31)
    assert row.p_adjusted < 0.005


def test_a_long_outage_does_not_become_the_usual():
    (row,) = found(counts(lost(100.0, 80, 10))).itertuples()
    assert (row.first_day, row.last_day) == (ago(80), ago(11)), "ten weeks without rows are missed to their last day"
    assert row.expected == pytest.approx(7000)


def test_a_break_is_told_where_it_belongs():
    shop, app = counts(200.0, source="shop", channel="web"), lost(100.0, 20, 14)
    (row,) = found(shop, counts(app, source="shop", channel="app")).itertuples()
    assert row.Index == ("orders", "channel", "app"), "the table lost a third, the channel all"
    (row,) = found(
        counts(lost(200.0, 20, 14), source="shop", channel="web"), counts(app, source="shop", channel="app")
    ).itertuples()
    assert row.Index == ("orders", "table", "orders"), "a table without rows is not told of each of its channels"
    (row,) = found(counts(200.0, source="pos", channel="web"), counts(app, source="shop", channel="app")).itertuples()
    assert row.Index == ("orders", "source", "shop"), "a source that fell silent takes its channel along"


def test_a_jump_is_never_loud_and_a_fall_elsewhere_moves_no_number():
    told, looks = readings.breaks.findings(found(counts(lost(100.0, 13, 10, times=4.0))))
    assert [(one.severity, one.value, one.baseline) for one in told] == [("medium", 1200, 300)]
    assert looks > 300
    told, _ = readings.breaks.findings(found(counts(lost(100.0, 100, 90))))
    assert [one.severity for one in told] == ["low"]
    assert told[0].detail["en"].startswith("It lies outside this period")
    assert readings.breaks.findings(found(counts(lost(100.0, 100, 90, times=4.0))))[0] == [], (
        "a campaign of an earlier month"
    )


def test_what_a_dry_feed_lacks_is_no_break_too():
    dry = pd.DataFrame(
        {"p_adjusted": [1e-9], "last": [pd.Timestamp(MONTH.end - dt.timedelta(days=12))]},
        index=pd.MultiIndex.from_tuples([("orders", "all")], names=["table", "source"]),
    )
    ended = counts(lost(100.0, 12, 0))
    assert breaks.breaks(feeds.watch(ended, MONTH, dry), MONTH).empty
    assert len(found(ended)) == 1


def test_too_little_history_is_not_judged():
    n = np.where(DAYS >= PAST - 20, 100, 0)
    assert found(counts(n)).empty
    assert found(counts(noise(0.05))).empty


def test_pictures_show_the_days_that_broke():
    watched = feeds.watch(pd.concat([counts(lost(100.0, 20, 14)), counts(500, "touchpoints")]), MONTH)
    broken = breaks.breaks(watched, MONTH)
    feed = breaks.worst(broken, watched)
    assert feed == ("orders", "table", "orders")
    daily = feeds.daily(watched, feed, MONTH, days=31)
    assert daily["rows"].tolist() == [100] * 11 + [0] * 6 + [100] * 14
    assert (daily["low"] <= 100).all()
    assert (daily["high"] >= 100).all()
    assert [when.first for when, _ in breaks.marks(broken, feed, MONTH)] == [ago(20)]
    weeks = feeds.weekly(watched, MONTH, weeks=4)["ratio"]
    assert weeks.loc["touchpoints"].tolist() == [1, 1, 1, 1]
    assert weeks.loc["orders"].min() < 0.2


def test_a_feed_that_mostly_has_nothing_is_not_judged_by_days():
    rare = noise(0.3)
    rare[-20:-10] += 4  # seven rows in a week where a median says none were usual
    young = np.where(DAYS < PAST - 100, 0, noise(0.4, 2))
    assert found(counts(rare), counts(young, "tickets"), counts(noise(50, 3), "responses")).empty
