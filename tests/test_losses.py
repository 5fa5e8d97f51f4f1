"""How bad can it get?  Small arrays by hand, the normal distribution's closed form, shocks that are common or not."""

import datetime as dt

import ibis
import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from cx_helpers import disclosure, losses, readings, shocks
from cx_helpers.dates import Period
from cx_helpers.measures import revenue_risk


def test_var_and_cvar_by_hand():
    x = np.arange(1.0, 101)  # mean 50.5; the worst five are 1 to 5
    assert losses.var(x, 0.95) == pytest.approx(50.5 - np.quantile(x, 0.05)) == pytest.approx(50.5 - 5.95)
    assert losses.cvar(x, 0.95) == pytest.approx(50.5 - 3)
    assert losses.cvar(np.array([0.0, 10, 10, 10]), 0.5) == pytest.approx(7.5 - 5)
    assert losses.cvar(np.array([0.0, 10, 20]), 0.5) == pytest.approx(10 - (0 * 1 + 10 * 0.5) / 1.5)
    assert losses.var(x[::-1]) == losses.var(x)
    assert np.isnan(losses.var([]))
    assert np.isnan(losses.cvar([1, np.nan]))


def test_the_normal_distribution_has_a_closed_form():
    x = 7 + 3 * np.random.default_rng(1).standard_normal(400_000)
    assert losses.var(x) == pytest.approx(3 * norm.ppf(0.95), rel=0.01)
    assert losses.cvar(x) == pytest.approx(3 * norm.pdf(norm.ppf(0.95)) / 0.05, rel=0.01)


def test_parts_add_up_to_the_whole():
    x = np.random.default_rng(2).normal(size=(2000, 3)) * [1, 2, 3]
    assert losses.parts(x).sum() == pytest.approx(losses.cvar(x.sum(axis=1)))
    assert (np.diff(losses.parts(x)) > 0).all()


def test_levels_that_stand_still_are_drawn_with_the_spread_they_have():
    rng = np.random.default_rng(3)
    common = rng.normal(0, 0.2, 400)
    y = 5 + np.column_stack([common, common])  # two series, hit by the same shocks
    found = shocks.fit(y, None, 8)
    together, apart = (np.exp(shocks.draw(found, 8, 6000, kind)).sum(axis=(1, 2)) for kind in (True, False))
    expected = 16 * np.exp(5 + 0.02)
    assert together.mean() == pytest.approx(expected, rel=0.05)
    assert together.std() / apart.std() == pytest.approx(np.sqrt(2), rel=0.1), "what hits both is not spread away"
    assert losses.var(together) > 1.25 * losses.var(apart)
    np.testing.assert_array_equal(shocks.draw(found, 8, 50), shocks.draw(found, 8, 50))


PERIOD = Period.parse("2025-06")


def orders(weeks: int = 80, areas=("app", "web"), seed: int = 1, **more) -> ibis.Table:
    rng = np.random.default_rng(seed)
    shock = np.exp(rng.normal(0, 0.3, weeks))
    rows = [
        (f"c{k}-{i}", area, PERIOD.end - dt.timedelta(days=7 * w + 3), 10.0 * shock[w])
        for w in range(weeks) for i, area in enumerate(areas) for k in range(20)
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["customer_id", "channel", "ordered_at", "amount"]).assign(**more)
    frame["ordered_at"] = pd.to_datetime(frame["ordered_at"], utc=True).astype("datetime64[us, UTC]")
    return ibis.memtable(frame)


def test_revenue_at_risk_of_areas_that_are_hit_together():
    table = revenue_risk.weekly(orders(), PERIOD, "channel")
    assert list(table.columns) == ["app", "web"]
    assert len(table) == 79, "the first week is not whole"
    drawn = revenue_risk.draws(table, 13)
    found = revenue_risk.at_risk(table, drawn)
    assert found.loc["together", "var"] > 1.2 * found.loc["apart", "var"]
    assert (found["cvar"] > found["var"]).all()
    assert found.loc["together", "expected"] == pytest.approx(13 * 400 * np.exp(0.045), rel=0.1)
    areas = revenue_risk.by_area(table, drawn)
    assert areas["cvar"].sum() == pytest.approx(found.loc["together", "cvar"])
    assert areas["share"].to_list() == pytest.approx([0.5, 0.5])
    card = revenue_risk.shortfall(found, drawn).iloc[0]
    assert card["low"] < card["revenue_shortfall"] == found.loc["together", "var"] < card["high"]
    coming = revenue_risk.ahead(table, drawn)
    assert coming.index[0].first == PERIOD.past
    assert (coming["low"] < coming["low_80"]).all()
    assert (coming["low_80"] < coming["revenue"]).all()
    said = readings.revenue_risk.sentence(found, 13)["en"]
    assert "once in twenty" in said
    trial = revenue_risk.trial(table, 8, every=8, times=200).iloc[0]
    assert trial["n"] == 4
    assert trial["inside"] >= 0.75


def test_areas_too_small_stand_together_and_too_little_is_refused():
    thin = orders(60).union(orders(60, ("store",)).filter(ibis._.ordered_at < PERIOD.end - dt.timedelta(days=200)))
    table = revenue_risk.weekly(thin, PERIOD, "channel")
    assert "other" in table.columns, "the store had weeks without a sale"
    assert table.to_numpy().sum() == pytest.approx(revenue_risk.weekly(thin, PERIOD).to_numpy().sum())
    for few in (orders(30), orders(60).filter(ibis._.amount < 0)):
        table = revenue_risk.weekly(few, PERIOD, "channel")
        drawn = revenue_risk.draws(table)
        found = revenue_risk.at_risk(table, drawn)
        assert found.empty
        assert revenue_risk.by_area(table, drawn).empty
        assert revenue_risk.ahead(table, drawn).empty
        assert revenue_risk.seen(table).empty
        assert revenue_risk.hills(drawn).empty
        assert np.isnan(revenue_risk.trial(table)["under"].iloc[0])
        assert np.isnan(revenue_risk.shortfall(found, drawn)["revenue_shortfall"].iloc[0])
        assert "at least 40 weeks" in readings.revenue_risk.sentence(found, 13)["en"]
    one = orders(60, customer_id="c1")
    assert not len(revenue_risk.weekly(one, PERIOD, "channel", smallest=disclosure.Limit(1, 10)).columns)
