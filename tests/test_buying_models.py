"""Models of buying, spending and renewing: published answers, closed forms, gradients, and rows that cannot be."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import hyp2f1

from cx_helpers import histories, purchasing, renewal, spending
from cx_helpers.dates import Period


@pytest.fixture(scope="module")
def truth(real):
    folder = real / "truth"
    if not folder.is_dir():
        pytest.skip("no truth/ in the real data")
    return folder


@pytest.fixture(scope="module")
def cdnow(truth):
    """The CDNOW sample's orders, as the contract has them: a tenth of the customers, all orders of one day in UTC."""
    log = pd.read_csv(
        truth / "cdnow" / "CDNOW_sample.txt",
        sep=r"\s+",
        names=["_master", "customer_id", "day", "quantity", "amount"],
        dtype={"customer_id": str, "day": str},
    )
    log["ordered_at"] = pd.to_datetime(log["day"], format="%Y%m%d", utc=True)
    return log.assign(order_id=[f"{i:05}" for i in range(len(log))])[
        ["order_id", "customer_id", "ordered_at", "amount"]
    ]


CALIBRATION = Period.between("1997-01-01", "1997-09-30", timezone="UTC")


@pytest.fixture
def rows(cdnow, lay):
    return histories.fold(histories.histories(lay(cdnow, "orders"), CALIBRATION))


def test_cdnow_as_it_is_published(rows):
    assert rows["n"].sum() == 2357
    assert (rows["x"] * rows["n"]).sum() == 2457
    assert rows.loc[rows["x"] == 0, "n"].sum() == 1411
    assert rows["x"].max() == 29
    assert (round(rows["T"].min() / 7, 2), round(rows["T"].max() / 7, 3)) == (27.0, 38.857)


PUBLISHED = {  # Fader, Hardie, Lee 2005 (BG/NBD, Pareto/NBD); Batislam and others 2007 (MBG/NBD); times in weeks
    "bgnbd": ([0.2426, 4.4136, 0.7929, 2.4259], -9582.43),
    "paretonbd": ([0.553, 10.578, 0.606, 11.669], -9594.98),
    "mbgnbd": ([0.525, 6.183, 0.891, 1.614], -9582.14),
}


@pytest.mark.parametrize("model", PUBLISHED)
def test_published_models_of_buying(rows, model):
    few = histories.plain(rows)
    fit = purchasing.fit(model, few["x"], few["t_x"] / 7, few["T"] / 7, few["n"])
    values, loglik = PUBLISHED[model]
    assert fit.converged
    assert np.round(fit.values, 4 if model == "bgnbd" else 3).tolist() == values
    assert round(fit.loglik, 2) == loglik


def test_published_customer_of_cdnow(rows):
    few = histories.plain(rows)
    fit = purchasing.fit("bgnbd", few["x"], few["t_x"] / 7, few["T"] / 7, few["n"])
    assert purchasing.purchases(fit, [2], [30.43], [38.86], 39)[0] == pytest.approx(1.226, abs=5e-4)
    assert purchasing.alive(fit, [2], [30.43], [38.86])[0] == pytest.approx(0.7266, abs=5e-5)


def test_published_spending_of_cdnow(rows):
    came = rows[(rows["x"] > 0) & (rows["spend"] > 0)]
    fit = spending.fit(came["x"], came["spend"], came["n"])
    assert fit.n == 946
    assert np.round(fit.values, 2).tolist() == [6.25, 3.74, 15.44]
    assert spending.mean(fit) == pytest.approx(35.17, abs=0.01)
    assert spending.expected(fit, [0], [np.nan])[0] == spending.mean(fit)


def test_published_renewals_of_regular_customers(truth):
    known = pd.read_csv(truth / "retention" / "hardie-sample-retention.csv", encoding="utf-8-sig").iloc[:8, 1]
    alive = known.to_numpy(float)
    assert alive.tolist() == [1000, 631, 468, 382, 326, 289, 262, 241]
    fit = renewal.fit([*range(7), 7], [True] * 7 + [False], [*-np.diff(alive), alive[-1]])
    assert np.round(fit.values, 3).tolist() == [0.704, 1.182]
    assert round(fit.loglik, 1) == -1680.3
    low, share, high = renewal.band(fit, [0, 12])
    assert share.round(3).tolist() == [1.0, 0.17]
    assert low[1] < 0.170 < high[1]
    assert high[1] - low[1] < 0.06


@pytest.mark.parametrize("model", purchasing.MODELS)
def test_many_rows_begun_from_few_end_where_they_would_have(model, monkeypatch):
    rng = np.random.default_rng(2)
    age = rng.integers(1, 700, 4000).astype(float)
    x = rng.poisson(rng.gamma(0.7, 1 / 60, 4000) * age * rng.random(4000))
    t_x = np.where(x > 0, np.maximum(age * rng.random(4000) ** (1 / (x + 1)), 0.5).clip(max=age), 0.0)
    slow = purchasing.fit(model, x, t_x, age)
    monkeypatch.setattr(purchasing, "_MANY", 100)
    fast = purchasing.fit(model, x, t_x, age)
    assert np.allclose(np.log(fast.values), np.log(slow.values), atol=1e-6)
    assert np.allclose(fast.table()["se"], slow.table()["se"], rtol=1e-3)
    assert fast.loglik == pytest.approx(slow.loglik, abs=1e-6)
    assert len(purchasing._coarse(x, t_x / age.mean(), age / age.mean(), np.ones(4000))[0]) < 1500


@pytest.mark.parametrize("model", purchasing.MODELS)
def test_gradients_are_those_of_the_likelihood(model):
    x = purchasing._Counts(np.array([0, 0, 1, 2, 29, 600]))
    t_x, age = np.array([0, 0, 250.0, 5, 650, 20]), np.array([10.0, 700, 300, 200, 700, 700])
    each = purchasing._pareto if model == "paretonbd" else purchasing._beta_geometric
    for logs in np.log([[0.55, 10.6, 0.6, 11.7], [1.2, 300, 1.5, 5], [0.3, 2, 4, 4000]]):
        slope = each(logs, model == "mbgnbd", x, t_x, age)[1]
        for place, move in enumerate(1e-5 * np.eye(4)):
            up, down = (each(logs + way * move, model == "mbgnbd", x, t_x, age)[0] for way in (1, -1))
            assert np.allclose((up - down) / 2e-5, slope[:, place], atol=2e-4, rtol=1e-5)


def fitted(model, *values):
    names = purchasing.MODELS[model]
    return purchasing.Fit(model, names, np.array(values), np.eye(4), 0.0, 1.0, np.zeros((0, 4)))


def test_expected_purchases_equal_the_published_closed_forms():
    x, t_x, age, days = np.array([0.0, 2, 12]), np.array([0.0, 30, 5]), np.array([38.0, 38, 30]), 39.0
    r, alpha, a, b = 0.24, 4.4, 0.8, 2.4
    bg = fitted("bgnbd", r, alpha, a, b)
    z = days / (alpha + age + days)
    ahead = 1 - ((alpha + age) / (alpha + age + days)) ** (r + x) * hyp2f1(r + x, b + x, a + b + x - 1, z)
    closed = (a + b + x - 1) / (a - 1) * ahead
    dead = np.where(x > 0, a / (b + np.maximum(x, 1) - 1) * ((alpha + age) / (alpha + t_x)) ** (r + x), 0)
    assert np.allclose(purchasing.purchases(bg, x, t_x, age, days), closed / (1 + dead), rtol=1e-7)
    r, alpha, s, beta = 0.55, 10.6, 0.6, 11.7
    pareto = fitted("paretonbd", r, alpha, s, beta)
    closed = (r + x) * (beta + age) / ((alpha + age) * (s - 1))
    closed = closed * (1 - ((beta + age) / (beta + age + days)) ** (s - 1))
    assert np.allclose(purchasing.to_come(pareto, x, age, days), closed, rtol=1e-7)


@pytest.mark.parametrize("model", purchasing.MODELS)
def test_many_invented_customers_give_their_parameters_back_and_the_future_that_comes(model):
    rng, n, span, ahead = np.random.default_rng(5), 20_000, 400, 200
    truth = {"bgnbd": (0.8, 20, 0.9, 3.0), "mbgnbd": (0.8, 20, 0.9, 3.0), "paretonbd": (0.8, 20, 0.7, 100)}[model]
    rate = rng.gamma(truth[0], 1 / truth[1], n)
    ends = rng.exponential(1 / rng.gamma(truth[2], 1 / truth[3], n)) if model == "paretonbd" else np.full(n, np.inf)
    leave = rng.beta(truth[2], truth[3], n) if model != "paretonbd" else np.zeros(n)
    here = rng.random(n) > leave if model == "mbgnbd" else np.ones(n, bool)
    age = rng.uniform(100, span, n)
    x, t_x, y, now = (np.zeros(n) for _ in range(4))
    while here.any():
        now = now + rng.exponential(1 / rate)
        here = here & (now < np.minimum(ends, age + ahead))
        x, t_x = x + (here & (now < age)), np.where(here & (now < age), now, t_x)
        y = y + (here & (now >= age))
        here = here & (rng.random(n) > leave)
    fit = purchasing.fit(model, x, t_x, age)
    table = fit.table()
    assert fit.converged
    assert np.allclose(fit.values, truth, rtol=0.25)
    assert ((table["low"] * 0.97 < truth) & (table["high"] * 1.03 > truth)).all()
    expected = purchasing.purchases(fit, x, t_x, age, ahead)
    assert expected.sum() == pytest.approx(y.sum(), rel=0.03)
    often = x >= 5
    assert expected[often].mean() == pytest.approx(y[often].mean(), rel=0.05)


def test_slower_leaving_and_less_discount_are_worth_more():
    fit = fitted("mbgnbd", 0.5, 6.2, 0.9, 1.6)
    few = {"x": [3], "t_x": [30], "T": [38]}
    base = purchasing.purchases(fit, **few, days=52)
    assert purchasing.purchases(fit, **few, days=52, leaving=0.5) > base > purchasing.purchases(fit, **few, days=26)
    assert purchasing.purchases(fit, **few, days=52, discount=0.01) < base
    never = purchasing.purchases(fit, **few, days=52, leaving=0.0)
    assert never == pytest.approx(purchasing.alive(fit, **few) * 3.5 / (6.2 + 38) * 52)


def test_who_bought_once_may_be_gone_where_the_model_lets_them():
    once = ([0], [0], [300])
    assert purchasing.alive(fitted("bgnbd", 0.5, 6, 0.9, 1.6), *once)[0] == 1
    assert purchasing.alive(fitted("mbgnbd", 0.5, 6, 0.9, 1.6), *once)[0] < 0.3
    assert purchasing.alive(fitted("paretonbd", 0.5, 6, 0.9, 100), *once)[0] < 0.9


def test_folded_rows_and_single_customers_give_one_fit():
    x, t_x, age = np.array([0, 1, 1, 16, 0, 4]), np.array([0, 9, 5, 20, 0, 8]), np.array([30, 30, 20, 25, 9, 30])
    many = np.array([40, 10, 5, 7, 20, 6])
    one = purchasing.fit("mbgnbd", x, t_x, age, many)
    each = purchasing.fit("mbgnbd", *(np.repeat(a, many) for a in (x, t_x, age)))
    assert np.allclose(one.values, each.values, rtol=1e-4)
    assert one.loglik == pytest.approx(each.loglik)


def test_rows_that_cannot_be_are_refused():
    for x, t_x, age in ((1, 0, 9), (0, 3, 9), (2, 10, 9), (-1, 0, 9)):
        with pytest.raises(ValueError, match="cannot be"):
            purchasing.fit("bgnbd", [x], [t_x], [age])
    with pytest.raises(ValueError, match="above 0"):
        spending.fit([1, 2], [5.0, -1.0])


def test_without_anything_to_tell_them_apart_a_fit_says_that_it_did_not_converge():
    assert not purchasing.fit("bgnbd", [0, 0], [0, 0], [10, 20], [50, 50]).converged  # nobody came back
    assert not renewal.fit([12], [False], [100]).converged  # nobody ever left


def test_few_spend_many_and_no_mean_exists():
    rng = np.random.default_rng(2)
    scale = rng.gamma(0.6, 1, 4000)  # q below 1: customers' means have no mean
    fit = spending.fit(np.full(4000, 3), rng.gamma(6, 1, 4000) / scale)
    assert fit["q"] < 1
    assert np.isnan(spending.mean(fit))


def test_where_all_leave_alike_one_chance_is_told():
    left = 1000 * 0.9 ** np.arange(7) * 0.1
    fit = renewal.fit([*range(7), 7], [True] * 7 + [False], [*left, 1000 * 0.9**7])
    assert fit.converged
    low, share, high = renewal.band(fit, [10])
    assert share[0] == pytest.approx(0.9**10, rel=1e-3)
    # by hand: the chance 0.1 of 5,217 renewals has an error of 0.00415; (1 - chance)^10 moves ten times as fast
    assert (high - low)[0] / 2 == pytest.approx(1.96 * 10 * 0.9**9 * 0.00415, rel=0.03)


def test_renewals_to_come_are_the_sum_of_what_stays():
    fit = renewal.Fit("sbg", renewal.NAMES, np.array([0.7, 1.2]), np.eye(2), 0.0, 1.0, np.zeros((0, 2)))
    share = renewal.survival(fit, np.arange(0, 8))
    ahead = renewal.renewals_to_come(fit, [2.0], 5, discount=0.1)[0]
    assert ahead == pytest.approx(sum(share[2 + k] / share[2] / 1.1**k for k in range(1, 6)))
    assert renewal.renewals_to_come(fit, [2.0], 5, leaving=0.0)[0] == 5
