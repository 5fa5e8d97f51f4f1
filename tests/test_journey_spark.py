"""Every journey measure gives the same answer on DuckDB and on Spark."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from cx_helpers import engine
from cx_helpers.measures import dropouts, emotion, fixing, friction, journey, moments, touchpoints


@pytest.fixture(scope="module")
def both(spark, tmp_path_factory):
    """The same random log, answers and orders as tables of either engine, with nulls, ties and fractions of seconds."""
    rng, n, day = np.random.default_rng(3), 2500, dt.datetime(2025, 8, 23)

    def times(size, minutes):
        return pd.to_datetime(day) + pd.to_timedelta(
            np.round(rng.integers(0, minutes, size) * 6e7 / 7).astype(int), "us"
        )

    def pick(values, size):
        return rng.choice(np.array(values, object), size)

    steps = pd.DataFrame(
        {"event_id": [f"e{i:05}" for i in range(n)], "customer_id": pick([f"c{i}" for i in range(200)], n)}
    )
    steps = steps.assign(
        occurred_at=times(n, 21_000), touchpoint=pick(list("abcdef"), n), duration_s=rng.gamma(2, 50, n)
    )
    steps = steps.assign(channel=pick(["app", "web", None], n), session_id=pick(["s1", "s2", None], n))
    steps["outcome"] = pick(["success", "success", "failure", "abandoned", None], n)
    said = pd.DataFrame(
        {"response_id": [f"r{i:03}" for i in range(400)], "customer_id": pick(steps["customer_id"], 400)}
    )
    said = said.assign(
        responded_at=times(400, 21_000), touchpoint=pick(["a", "b", None], 400), scale_min=1.0, scale_max=5.0
    )
    said = said.assign(instrument=pick(["csat", "nps"], 400), score=rng.integers(1, 6, 400).astype(float))
    orders = pd.DataFrame(
        {"order_id": [f"o{i:03}" for i in range(500)], "customer_id": pick(steps["customer_id"], 500)}
    )
    orders = orders.assign(ordered_at=times(500, 21_000), amount=10.0)
    folder, found = tmp_path_factory.mktemp("both"), []
    for connection in (engine.connect(), spark):
        tables = {}
        for name, frame in {"touchpoints": steps, "responses": said, "orders": orders}.items():
            path = folder / f"{name}.parquet"
            frame.to_parquet(path, index=False, coerce_timestamps="us")
            tables[name] = engine.read(connection, name, path)
        found.append(tables)
    return found


ASK = {
    "transitions": lambda t: journey.transitions(t["touchpoints"], by="channel"),
    "variants": lambda t: journey.variants(t["touchpoints"], journey="90min"),
    "ties": lambda t: journey.ties(t["touchpoints"]),
    "visits": lambda t: touchpoints.visits(t["touchpoints"], responses=t["responses"]),
    "dropouts": lambda t: dropouts.dropouts(t["touchpoints"], by="channel", within="4h", smallest=5),
    "switches": lambda t: dropouts.switches(t["touchpoints"]),
    "emotion": lambda t: emotion.curve({"x": ["a"], "y": ["b"]}, responses=t["responses"]),
    "friction": lambda t: friction.friction(t["touchpoints"], goal="a", smallest=10),
    "fixing": lambda t: fixing.fixing(t["touchpoints"], "a", journey="2h", times=50),
    "moments": lambda t: moments.moments(
        t["touchpoints"], t["orders"], window_days=1, settle_days=0, responses=t["responses"], smallest=5
    ),
}


@pytest.mark.parametrize("name", ASK)
def test_duckdb_and_spark_give_the_same_answer(both, name):
    here, there = (ASK[name](tables) for tables in both)
    assert len(here)
    pd.testing.assert_frame_equal(here, there, rtol=1e-9)
