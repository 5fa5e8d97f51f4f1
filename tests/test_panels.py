"""Least squares from sums the engine makes: the same as from the rows themselves."""

import numpy as np
import pandas as pd
import pytest

from cx_helpers import panels, regression

RNG = np.random.default_rng(5)


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    who = RNG.integers(0, 80, 400)
    own = RNG.normal(size=80)[who]
    x = RNG.integers(0, 2, (400, 2)).astype(float)
    y = 1 + 2 * x[:, 0] - x[:, 1] + own + RNG.normal(size=400)
    month = RNG.integers(0, 4, 400)
    return pd.DataFrame({"customer_id": [f"c{i}" for i in who], "late": x[:, 0], "slow": x[:, 1], "y": y,
                         "month": month})  # fmt: skip


def test_the_same_as_from_the_rows(frame, lay):
    found = panels.linear(lay(frame), "y", ["late", "slow"])
    rows = regression.linear(frame[["late", "slow"]], frame["y"], cluster=pd.factorize(frame["customer_id"])[0])
    np.testing.assert_allclose(found.coef, rows.coef, rtol=1e-9)
    np.testing.assert_allclose(found.cov, rows.cov, rtol=1e-9)
    assert (found.n, found.df) == (rows.n, rows.df) == (400, frame["customer_id"].nunique() - 1)


def test_levels_of_months_are_taken_out_as_dummies_would(frame, lay):
    frame = frame.assign(y=frame["y"] + 10 * frame["month"])
    found = panels.linear(lay(frame), "y", ["late", "slow"], within=["month"])
    dummies = pd.get_dummies(frame["month"], drop_first=True, dtype=float)
    whole = pd.concat([frame[["late", "slow"]], dummies], axis=1)
    rows = regression.linear(whole, frame["y"], cluster=pd.factorize(frame["customer_id"])[0])
    np.testing.assert_allclose(found.coef, rows.coef[1:3], rtol=1e-9)
    np.testing.assert_allclose(found.cov, rows.cov[1:3, 1:3], rtol=1e-9)


def test_order_of_rows_changes_nothing_and_what_cannot_be_told_is_null(frame, lay):
    found = panels.linear(lay(frame), "y", ["late"])
    again = panels.linear(lay(frame.sample(frac=1, random_state=1)), "y", ["late"])
    np.testing.assert_allclose(found.cov, again.cov, rtol=1e-9)
    twice = panels.linear(lay(frame.assign(again=frame["late"], never=0.0)), "y", ["late", "again", "never"])
    assert np.isnan(twice.coef[2:]).all()
    np.testing.assert_allclose(twice.coef[:2], found.coef, rtol=1e-9)
    for few in (frame.iloc[:0], frame[frame["customer_id"] == "c1"], frame.assign(y=np.nan)):
        assert not panels.linear(lay(few), "y", ["late"]).converged
