"""Shares corrected for misreading, worked by hand; intervals that cover; what corrects nothing is refused by null."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from cx_helpers import certainty, misread


def errors(*rows):
    """One row a domain: n_negative, n_positive, negative_hit, negative_false."""
    columns = ["n_negative", "n_positive", "negative_hit", "negative_false"]
    frame = pd.DataFrame(rows, columns=columns, index=[f"d{i}" for i in range(len(rows))])
    return frame.assign(positive_hit=0.9, positive_false=0.2)


def share(called, n=1000):
    """The answer of a share, as `certainty.share` gives it for n customers with one comment each."""
    low, high = (float(x) for x in certainty.wilson(called * n, n))
    row = {"n": n, "negative_share": called, "low": low, "high": high, "se": np.sqrt(called * (1 - called) / n)}
    return pd.DataFrame([row], index=["all"])


def cut(middle, sd):
    """The mean of a normal that is known to lie in 0..1."""
    return stats.truncnorm.mean(-middle / sd, (1 - middle) / sd, middle, sd)


def test_one_domain_by_hand():
    of = misread.rates(errors((100, 400, 0.8, 0.1)), "negative")
    assert (of.hit, of.false) == (0.8, 0.1)
    assert of.spread == pytest.approx((0.8 * 0.2 / 100, 0.1 * 0.9 / 400))
    row = misread.corrected(share(0.38), "negative_share", of).loc["all"]
    assert row["called"] == 0.38
    assert row["negative_share"] == pytest.approx(
        (0.38 - 0.1) / 0.7
    )  # 0.4: of 100 negative 80 are called so, of 150 15
    # the draw: Wilson's half widths; the rates: 0.4^2 x 0.0016 + 0.6^2 x 0.000225; both over 0.7
    raw = share(0.38).loc["all"]
    rates = 1.959964**2 * (0.16 * 0.0016 + 0.36 * 0.000225)
    assert row["low"] == pytest.approx(0.4 - np.sqrt((0.38 - raw["low"]) ** 2 + rates) / 0.7)
    assert row["high"] == pytest.approx(0.4 + np.sqrt((raw["high"] - 0.38) ** 2 + rates) / 0.7)
    assert row["se"] == pytest.approx(raw["se"] / 0.7)


def test_domains_that_differ_by_hand():
    # half of each is negative; corrected by the other's rates:
    # .7 and .1 call (.7 + .1) / 2 = .4, read by .9 and .2 as 2/7; .9 and .2 call .55, read by .7 and .1 as .75
    of = misread.rates(errors((200, 200, 0.7, 0.1), (200, 200, 0.9, 0.2)), "negative")
    assert (of.hit, of.false, of.df) == pytest.approx((0.8, 0.15, 2))
    assert of.error == pytest.approx(np.sqrt(((2 / 7 - 0.5) ** 2 + 0.25**2) / 2))
    row, raw = misread.corrected(share(0.4), "negative_share", of).loc["all"], share(0.4).loc["all"]
    # Student's t of two degrees of freedom is 4.303
    half = np.sqrt(((raw["high"] - 0.4) / 0.65) ** 2 + (4.303 * of.error) ** 2)
    assert (row["low"], row["high"]) == (0, pytest.approx(min(1, 0.25 / 0.65 + half), abs=1e-4))
    draw = (raw["high"] - raw["low"]) / 2 / 1.96 / 0.65
    assert row["negative_share"] == pytest.approx(cut(0.25 / 0.65, np.hypot(draw, of.error)), abs=1e-3)
    # a domain four times as large weighs twice
    of = misread.rates(errors((400, 400, 0.9, 0.1), (100, 100, 0.6, 0.4)), "negative")
    assert (of.hit, of.false) == pytest.approx((0.8, 0.2))


def test_domains_that_are_misread_alike_add_no_error():
    of = misread.rates(errors(*[(100, 300, 0.8, 0.1)] * 3), "negative")
    assert of.error == pytest.approx(0)
    row, raw = misread.corrected(share(0.38), "negative_share", of).loc["all"], share(0.38).loc["all"]
    assert row["high"] == pytest.approx(0.4 + (raw["high"] - 0.38) / 0.7)


def test_the_other_label_has_its_own_rates():
    of = misread.rates(errors((100, 300, 0.8, 0.1)), "positive")
    assert (of.hit, of.false) == (0.9, 0.2)
    assert of.spread == pytest.approx((0.9 * 0.1 / 300, 0.2 * 0.8 / 100))


def test_fewer_calls_than_false_ones_are_few_and_not_none():
    """Of 1,000, 0, 50 or 100 called negative are fewer than a false rate of .1 gives; 80 of 100 as many as all."""
    of = misread.rates(errors((100, 400, 0.8, 0.1)), "negative")
    for called in (0.0, 0.05, 0.1, 0.8, 1.0):
        row, raw = misread.corrected(share(called), "negative_share", of).loc["all"], share(called).loc["all"]
        middle, true = (called - 0.1) / 0.7, min(max((called - 0.1) / 0.7, 0), 1)
        rates = np.sqrt(true**2 * 0.0016 + (1 - true) ** 2 * 0.000225)
        sd = np.hypot((raw["high"] - raw["low"]) / 2 / 1.96, rates) / 0.7
        assert row["negative_share"] == pytest.approx(cut(middle, sd), abs=1e-3)
        assert 0 <= row["low"] < row["negative_share"] < row["high"] <= 1
        assert (row["low"] == 0) == (called < 0.2)
    exact = share(0.05).assign(low=0.05, high=0.05)
    row = misread.corrected(exact, "negative_share", misread.Rates(0.8, 0.1)).loc["all"]
    assert (row["negative_share"], row["low"], row["high"]) == (0, 0, 0), "what is surely outside is at the end"


def test_few_are_told_nearer_than_none():
    """Domains as the shipped model knows them: of a share of a tenth and more, the mean of what is left is nearer."""
    n = [(1103, 9313), (2729, 2703), (275, 1561), (14430, 14394), (3611, 9244), (800, 791)]
    rates = [(0.79, 0.17), (0.79, 0.16), (0.39, 0.19), (0.76, 0.22), (0.83, 0.24), (0.60, 0.26)]
    seen = [(*many, *one) for many, one in zip(n, rates, strict=True)]
    for true in (0.1, 0.2):
        off = []
        for place, (hit, false) in enumerate(rates):
            others = errors(*seen[:place], *seen[place + 1 :])
            of = misread.rates(others, "negative")
            called = true * hit + (1 - true) * false
            row = misread.corrected(share(called, 10**6), "negative_share", of).loc["all"]
            off.append((row["negative_share"] - true, np.clip((called - of.false) / (of.hit - of.false), 0, 1) - true))
        mean, clipped = np.sqrt(np.square(off).mean(0))
        assert mean < clipped


def test_a_model_that_tells_nothing_corrects_nothing():
    for of in (errors((100, 100, 0.5, 0.35)), errors()):
        row = misread.corrected(share(0.4), "negative_share", misread.rates(of, "negative")).loc["all"]
        assert row[["negative_share", "low", "high", "se"]].isna().all()
        assert row["called"] == 0.4


def test_nothing_counted_stays_null():
    none = share(0.4).assign(n=0, **dict.fromkeys(("negative_share", "low", "high", "se"), np.nan))
    row = misread.corrected(none, "negative_share", misread.rates(errors((100, 400, 0.8, 0.1)), "negative")).loc["all"]
    assert row[["negative_share", "low", "high", "called"]].isna().all()


def test_the_interval_covers_a_company_that_was_never_seen():
    """Companies whose rates vary as those of the domains seen: their true share lies in the interval as promised."""
    rng, hits, plain = np.random.default_rng(5), 0, 0

    def company():
        return np.clip(rng.normal([0.82, 0.12], [0.06, 0.04]), 0.01, 0.99)

    for _ in range(300):
        seen = [company() for _ in range(6)]
        table = errors(*[(300, 700, rng.binomial(300, a) / 300, rng.binomial(700, b) / 700) for a, b in seen])
        (hit, false), true = company(), rng.uniform(0.1, 0.5)
        called = rng.binomial(800, true * hit + (1 - true) * false) / 800
        raw = share(called, 800)
        row = misread.corrected(raw, "negative_share", misread.rates(table, "negative")).loc["all"]
        hits += row["low"] <= true <= row["high"]
        plain += raw.loc["all", "low"] <= true <= raw.loc["all", "high"]
    assert 0.92 <= hits / 300 <= 0.99
    assert plain / 300 < 0.7  # what the interval of the count alone would promise and not keep
