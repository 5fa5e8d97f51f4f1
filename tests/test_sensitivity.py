"""What does an outcome hang on?  Ishigami's function, whose indices are known; small tables by hand."""

import numpy as np
import pandas as pd
import pytest

from cx_helpers import sensitivity


def ishigami(x: np.ndarray, a: float = 7, b: float = 0.1) -> np.ndarray:
    return np.sin(x[:, 0]) + a * np.sin(x[:, 1]) ** 2 + b * x[:, 2] ** 4 * np.sin(x[:, 0])


def ends(**columns) -> pd.DataFrame:
    return pd.DataFrame(columns, index=["price", "volume", "cost"][: len(columns["low"])])


CUBE = ends(low=[-np.pi] * 3, high=[np.pi] * 3)


def test_the_indices_of_ishigami_are_the_known_ones():
    found = sensitivity.sobol(ishigami, CUBE, n=4096)
    assert found["first"].to_list() == pytest.approx([0.3139, 0.4424, 0], abs=0.02)
    assert found["total"].to_list() == pytest.approx([0.5576, 0.4424, 0.2437], abs=0.02)
    assert (found["low"] < found["total"]).all()
    assert ((found["low"] <= [0.5576, 0.4424, 0.2437]) & (found["high"] >= [0.5576, 0.4424, 0.2437])).all()
    pd.testing.assert_frame_equal(found, sensitivity.sobol(ishigami, CUBE, n=4096))  # one seed, one answer


def test_morris_finds_what_bends_and_what_does_nothing():
    found = sensitivity.morris(lambda x: 3 * x[:, 0] - 2 * x[:, 1] + 0 * x[:, 2], ends(low=[0] * 3, high=[1, 2, 1]))
    assert found["mu_star"].to_list() == pytest.approx([3, 4, 0]), "a straight line: its slope times its range"
    assert found["mu"].to_list() == pytest.approx([3, -4, 0])
    assert found["sigma"].to_list() == pytest.approx([0, 0, 0], abs=1e-9)
    bent = sensitivity.morris(ishigami, CUBE)
    assert (bent["sigma"] > 1).all()
    assert (bent["low"] <= bent["mu_star"]).all()


def test_a_tornado_moves_one_input_at_a_time():
    given = ends(base=[10.0, 5.0, 20.0], low=[9.0, 2.0, 20.0], high=[12.0, 6.0, 30.0])
    found = sensitivity.tornado(lambda x: x[:, 0] * x[:, 1] - x[:, 2], given)
    assert found.index.to_list() == ["volume", "price", "cost"], "the widest first"
    assert found["outcome"].to_list() == [30.0] * 3
    assert found[["low", "high"]].to_numpy().tolist() == [[0, 40], [25, 40], [20, 30]]
    assert found.loc["cost", ["from", "to"]].to_list() == [20, 30]


def test_nothing_to_move_is_empty_and_nothing_that_moves_is_null():
    none = CUBE.iloc[:0]
    assert sensitivity.sobol(ishigami, none).empty
    assert sensitivity.morris(ishigami, none).empty
    assert sensitivity.sobol(lambda x: np.ones(len(x)), CUBE, n=64).isna().all().all()
