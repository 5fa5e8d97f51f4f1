"""Two groups of customers from their sums: against scipy and statsmodels, by hand, and looked at ten times."""

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad
from scipy.stats import norm, ttest_ind

from cx_helpers import posterior, sequential, versus

RNG = np.random.default_rng(5)


def summed(y, d=None, x=None) -> dict:
    """An arm's sums from its units, along the last axis."""
    y = np.asarray(y, float)
    d = np.ones_like(y) if d is None else np.asarray(d, float)
    x = np.zeros_like(y) if x is None else np.asarray(x, float)
    terms = {"n": d > 0, "y": y, "d": d, "x": x, "yy": y * y, "dd": d * d, "xx": x * x}
    terms |= {"yd": y * d, "yx": y * x, "dx": d * x}
    return {name: value.sum(-1) for name, value in terms.items()}


def frame(**arms) -> pd.DataFrame:
    """Sums as the measures have them: one metric, index (metric, variant)."""
    rows = {("m", name): sums | {"kind": kind} for name, (sums, kind) in arms.items()}
    out = pd.DataFrame.from_dict(rows, orient="index")
    out.index = pd.MultiIndex.from_tuples(out.index, names=["metric", "variant"])
    return out.astype(dict.fromkeys(versus.SUMS, float))


def test_a_difference_of_means_is_welchs():
    a, b = RNG.normal(3, 1, 40), RNG.normal(4, 3, 70)
    one, other = versus.arm(summed(b)), versus.arm(summed(a))
    low, high = versus.interval(one, other)
    certified = ttest_ind(b, a, equal_var=False).confidence_interval()
    assert (float(low), float(high)) == pytest.approx((certified.low, certified.high), rel=1e-9)


def test_a_difference_of_shares_is_newcombes():
    # Newcombe 1998, table II (a): 56 of 70 against 48 of 80, method 10
    one = versus.arm(summed([1] * 56 + [0] * 14), share=True)
    other = versus.arm(summed([1] * 48 + [0] * 32), share=True)
    assert np.round(versus.interval(one, other), 4).tolist() == [0.0524, 0.3339]


def test_a_ratio_is_as_sure_as_its_customers_are_many():
    statsmodels = pytest.importorskip("statsmodels.api")
    orders = RNG.poisson(1.5, 300) + 1
    of = np.repeat(np.arange(300), orders)
    amount = RNG.normal(10, 2, 300)[of] + RNG.normal(0, 1, len(of))  # a customer's orders resemble each other
    variant = (np.arange(300) % 2)[of]
    design = statsmodels.add_constant(variant.astype(float))
    fit = statsmodels.OLS(amount, design).fit(cov_type="cluster", cov_kwds={"groups": of, "use_correction": False})
    sums = [summed(np.bincount(of, amount)[half::2], orders[half::2]) for half in (0, 1)]
    step, se = versus.step(versus.arm(sums[1]), versus.arm(sums[0]))
    assert float(step) == pytest.approx(fit.params[1], rel=1e-9)
    assert float(se) == pytest.approx(fit.bse[1] * np.sqrt(150 / 149), rel=1e-6)
    assert float(se) > 1.3 * statsmodels.OLS(amount, design).fit().bse[1]  # what counting orders would have said


def test_a_ratio_without_spread_is_sure_and_one_without_base_is_null():
    same = versus.arm(summed([2, 4, 6], [1, 2, 3]))
    assert (float(same.value), float(same.variance)) == (2, 0)
    none = versus.arm(summed([0, 0], [0, 0]))
    assert np.isnan(none.value)
    assert np.isnan(versus.step(same, same)[1])


def test_what_they_did_before_is_taken_out_as_a_regression_would():
    statsmodels = pytest.importorskip("statsmodels.api")
    x = RNG.gamma(2, 2, 400)
    variant = np.arange(400) % 2
    y = 0.8 * x + 0.5 * variant + RNG.normal(0, 1, 400)
    arms = [versus.arm(summed(y[variant == v], x=x[variant == v])) for v in (1, 0)]
    one, other, cut = versus.adjusted(*arms)
    fit = statsmodels.OLS(y, statsmodels.add_constant(np.column_stack([variant, x]))).fit()
    assert float(versus.step(one, other)[0]) == pytest.approx(fit.params[1], rel=1e-9)
    assert float(versus.step(one, other)[1]) == pytest.approx(fit.bse[1], rel=0.03)
    assert float(cut) > 0.6
    # known of nobody: nothing changes
    plain = versus.adjusted(versus.arm(summed(y[variant == 1])), versus.arm(summed(y[variant == 0])))
    assert float(plain[2]) == 0
    assert float(plain[0].value) == pytest.approx(y[variant == 1].mean())


def test_a_lift_leaves_nothing_out_exactly_where_the_difference_does():
    one, other = versus.arm(summed([1] * 60 + [0] * 40), True), versus.arm(summed([1] * 50 + [0] * 50), True)
    gap, se = versus.step(one, other)
    value, low, high = versus.lift(one, other, gap / se)  # an interval that just touches 0
    assert float(value) == pytest.approx(0.2)
    assert float(low) == pytest.approx(0, abs=1e-9)
    assert float(high) > 0.2
    assert np.isnan(versus.lift(one, versus.arm(summed([0] * 50), True), 1.96)[0])


def test_several_days_at_once_are_each_day_alone():
    y = RNG.random((3, 2, 200))
    every = [versus.arm(summed(y[:, v])) for v in (1, 0)]
    alone = [versus.arm(summed(y[1, v])) for v in (1, 0)]
    np.testing.assert_allclose(versus.interval(*every)[0][1], versus.interval(*alone)[0])


def test_few_customers_are_not_tested():
    few = frame(A=(summed([0] * 29), "mean"), B=(summed(range(40)), "mean"))
    found = versus.compare(few, "A").loc[("m", "B")]
    assert np.isnan(found["p_fixed"])
    assert np.isnan(found["p_always"])
    assert found["n_control"] == 29


def test_the_mixture_is_integrated_right():
    # one over the likelihood ratio of N(effect, se^2), the effect mixed over N(0, scale^2)
    z, se, scale = 2.9, 0.7, 1.3
    mixed = quad(lambda t: norm.pdf(z, t, se) * norm.pdf(t, 0, scale), -20, 20)[0]
    assert float(sequential.p_always(z, se, scale)) == pytest.approx(norm.pdf(z, 0, se) / mixed, rel=1e-6)


def test_the_interval_and_its_p_say_the_same():
    se, scale = np.array([0.1, 1.0, 9.0]), 0.8
    for alpha in (0.05, 0.01):
        edge = sequential.half_width(se, scale, alpha)
        np.testing.assert_allclose(sequential.p_always(edge, se, scale), alpha, rtol=1e-9)
    assert np.isnan(sequential.half_width(0, 1))


def test_what_is_needed_is_enough():
    for scale in (None, 0.5):
        se = sequential.needed_se(0.5, scale)
        assert float(sequential.power(0.5, se, scale)) == pytest.approx(0.8, abs=1e-3)
        assert float(sequential.detectable(se, scale)) == pytest.approx(0.5, rel=1e-6)
    assert float(sequential.needed_se(0.5)) == pytest.approx(0.5 / 2.8016, rel=1e-4)  # the textbook's 2.8


def ten_looks(draw, share: bool, times: int = 1200, step: int = 150) -> tuple[float, float, float]:
    """How often nothing is called something: by the band at any of ten looks, by p < .05 at any, and at the last."""
    y = draw((2, times, 10, step))
    sums = {name: np.cumsum(value, axis=-1) for name, value in summed(y).items()}
    other, one = (versus.arm({name: value[v] for name, value in sums.items()}, share) for v in (0, 1))
    gap, se = versus.step(one, other)
    half = sequential.half_width(np.fmax(se, versus.pooled_se(one, other)), versus.scale(one, other))
    p = versus.p_value(one, other)
    return (np.abs(gap) > half).any(1).mean(), (p < 0.05).any(1).mean(), (p[:, -1] < 0.05).mean()


@pytest.mark.parametrize("kind", ["share", "rare share", "whales"])
def test_ten_looks_raise_no_more_false_alarms_than_one(kind):
    rng = np.random.default_rng(11)
    draw = {
        "share": lambda size: (rng.random(size) < 0.3).astype(float),
        "rare share": lambda size: (rng.random(size) < 0.02).astype(float),
        "whales": lambda size: (rng.random(size) < 0.2) * rng.lognormal(0, 1.2, size),
    }[kind]
    always, peeked, once = ten_looks(draw, "share" in kind)
    assert always <= 0.055
    assert peeked > 0.12, "the same draws, asked ten times by a single-look test"
    assert once < 0.075


def test_and_an_effect_is_still_found():
    rng = np.random.default_rng(12)

    def draw(size):
        return (rng.random(size) < np.array([0.30, 0.38]).reshape(2, 1, 1, 1)).astype(float)

    assert ten_looks(draw, True, 300)[0] > 0.8


def test_the_posterior_by_its_integrals():
    mean, sd = posterior.effect(1.2, 0.6, 0.8)
    whole = quad(lambda t: norm.pdf(1.2, t, 0.6) * norm.pdf(t, 0, 0.8), -9, 9)[0]
    up = quad(lambda t: norm.pdf(1.2, t, 0.6) * norm.pdf(t, 0, 0.8), 0, 9)[0] / whole
    lost = quad(lambda t: max(0, -t) * norm.pdf(1.2, t, 0.6) * norm.pdf(t, 0, 0.8), -9, 9)[0] / whole
    assert float(posterior.chance_better(mean, sd)) == pytest.approx(up, rel=1e-6)
    assert float(posterior.expected_loss(mean, sd)) == pytest.approx(lost, rel=1e-4)
    assert mean < 1.2, "a lucky winner is not believed whole"
    both = posterior.expected_loss(mean, sd), posterior.expected_loss(-mean, sd)
    assert both[1] - both[0] == pytest.approx(mean)  # what is lost by keeping less what is lost by taking is the effect


def test_the_best_of_two_is_the_better_one():
    mean, sd = posterior.effect(0.5, 0.6, 0.8)
    shares = posterior.chance_best([0.5], [0.6], 0.4, 0.8)
    assert shares[1] == pytest.approx(float(posterior.chance_better(mean, sd)), abs=0.01)
    assert posterior.chance_best([0.5], [0.6], 0.4, 0.8, up=False)[1] == pytest.approx(1 - shares[1], abs=0.01)
    three = posterior.chance_best([1.0, 1.0], [0.3, 0.3], 0.2, 0.8)
    assert three.sum() == pytest.approx(1)
    assert three[1] == pytest.approx(three[2], abs=0.02)


def test_beliefs_are_calibrated():
    """Where effects are drawn from the prior, a variant believed better with 80 % is better in four of five cases."""
    rng = np.random.default_rng(3)
    true = rng.normal(0, 0.8, 40_000)
    p = posterior.chance_better(*posterior.effect(rng.normal(true, 0.6), 0.6, 0.8))
    believed = (p > 0.75) & (p < 0.85)
    assert (true[believed] > 0).mean() == pytest.approx(p[believed].mean(), abs=0.02)
