"""Intervals and corrections, by hand and against published values."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cx_helpers import certainty


def test_wilson_of_a_textbook_case():
    # Newcombe, Stat. Med. 17, 1998, table I, method 3: 81 of 263, 15 of 148, 0 of 20, 1 of 29
    low, high = certainty.wilson([81, 15, 0, 1], [263, 148, 20, 29])
    assert low == pytest.approx([0.2553, 0.0624, 0.0000, 0.0061], abs=1e-4)
    assert high == pytest.approx([0.3662, 0.1605, 0.1611, 0.1718], abs=1e-4)


def test_wilson_of_nothing_is_null():
    assert np.isnan(certainty.wilson(0, 0)).all()


def test_benjamini_hochberg_as_published():
    # Benjamini, Hochberg 1995, section 3.2: 15 p values, four rejected at 0.05
    p = [
        0.0001,
        0.0004,
        0.0019,
        0.0095,
        0.0201,
        0.0278,
        0.0298,
        0.0344,
        0.0459,
        0.3240,
        0.4262,
        0.5719,
        0.6528,
        0.7590,
        1,
    ]
    adjusted = certainty.adjust(p)
    assert (adjusted <= 0.05).sum() == 4
    assert adjusted[:2] == pytest.approx([0.0015, 0.0030])


def test_holm_by_hand_and_nulls_are_not_looks():
    assert certainty.adjust([0.01, np.nan, 0.04, 0.03], "holm") == pytest.approx(
        [0.03, np.nan, 0.06, 0.06], nan_ok=True
    )
    assert certainty.adjust([]).size == 0


def test_an_unknown_correction_is_refused():
    with pytest.raises(ValueError, match="'bh' or 'holm'"):
        certainty.adjust([0.1], "bonferoni")


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30), st.sampled_from(["bh", "holm"]))
def test_adjusted_p_is_never_smaller_and_keeps_the_order(p, method):
    adjusted = certainty.adjust(p, method)
    assert (adjusted >= np.array(p) - 1e-15).all()
    assert (adjusted <= 1).all()
    order = np.argsort(p, kind="stable")
    assert (np.diff(adjusted[order]) >= -1e-12).all()


def test_one_answer_a_customer_is_worth_one(lay):
    frame = pd.DataFrame({"customer_id": list("abcd"), "score": [1.0, 0, 0, 1]})
    table = lay(frame)
    assert certainty.independent(certainty.sums(table, table.score)).tolist() == [4]


def test_design_effect_by_hand(lay):
    # customers a, b, c with two answers each: 1 1, 0 0, 1 0. mean 1/2, residual sums 1, -1, 0
    # clustered = 3/2 * (1 + 1 + 0) / 36, simple = (3 - 6/4) / (6*5): effect = 0.08333 / 0.05 = 5/3, worth 6 / (5/3)
    table = lay(pd.DataFrame({"customer_id": list("aabbcc"), "score": [1.0, 1, 0, 0, 1, 0]}))
    assert certainty.independent(certainty.sums(table, table.score)) == pytest.approx([3.6])


@given(
    rows=st.lists(
        st.tuples(st.sampled_from("abcdef"), st.sampled_from(["x", "y", None]), st.integers(0, 10)), max_size=30
    )
)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_sums_agree_with_pandas(lay, rows):
    frame = pd.DataFrame(rows, columns=["customer_id", "channel", "score"]).astype({"score": float})
    table = lay(frame)
    found = certainty.sums(table, table.score, ["channel"])
    expected = frame.groupby("channel", dropna=False)["score"].agg(["count", "sum"]) if rows else frame.head(0)
    assert len(found) == len(expected)
    for group in expected.index:
        row = found[found.index.isna()].iloc[0] if pd.isna(group) else found.loc[group]
        part = frame[frame["channel"].isna()] if pd.isna(group) else frame[frame["channel"] == group]
        each = part.groupby("customer_id")["score"].agg(["sum", "count"])
        assert row["n"] == len(part)
        assert row["sum_x"] == pytest.approx(part["score"].sum())
        assert row["customers"] == len(each)
        assert row["cluster_xn"] == pytest.approx((each["sum"] * each["count"]).sum())


def test_a_mean_has_students_interval():
    # 1, 2, 3 by three customers: mean 2, se 1/sqrt(3), t(2) 4.3027
    names = "n customers sum_x sum_xx cluster_xx cluster_xn cluster_nn".split()
    found = pd.DataFrame([[3.0, 3, 6, 14, 14, 6, 3]], columns=names)
    row = certainty.average(found, "score").iloc[0]
    assert (row["score"], row["se"]) == (2, pytest.approx(3**-0.5))
    assert row["high"] - row["score"] == pytest.approx(4.3027 * 3**-0.5, abs=1e-4)


def test_the_bootstrap_interval_of_a_mean_is_near_the_formula():
    rng = np.random.default_rng(0)
    x = rng.normal(5, 2, 400)
    low, high = certainty.bootstrap(lambda w: (w * x).sum() / w.sum(), 400)
    half = 1.96 * x.std(ddof=1) / 20
    assert (low, high) == pytest.approx((x.mean() - half, x.mean() + half), abs=0.05)
