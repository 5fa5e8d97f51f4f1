"""An A/B test of a million customers from Parquet files, and how often ten looks cry wolf.

    .venv/bin/python benchmarks/experiment.py            1M customers, 2M orders; 20,000 experiments in which nothing is
    .venv/bin/python benchmarks/experiment.py 100000     another number of customers

The first part asks for every sum of four metrics by variant and day and prints CPU seconds, seconds and peak memory.
The second draws experiments without effect, looks at each ten times, and counts how many were called: by the
always-valid interval at any look, by p < .05 of a single-look test at any look, and by that test at the last look only.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

DAY = 86_400


def generate(folder: Path, customers: int, seed: int = 1) -> None:
    """Exposures over 30 days in two variants, and orders around them."""
    rng = np.random.default_rng(seed)
    start = pd.Timestamp("2025-03-01", tz="UTC")
    who = np.array([f"c{i:07}" for i in range(customers)], dtype=object)
    seen = (30 * DAY * rng.random(customers)).astype("int64")
    frame = pd.DataFrame({"experiment": "x", "customer_id": who, "variant": rng.choice(["A", "B"], customers)})
    frame.assign(exposed_at=start + pd.to_timedelta(seen, "s")).to_parquet(
        folder / "exposures.parquet", coerce_timestamps="us"
    )
    by = rng.integers(0, customers, 2 * customers)
    at = seen[by] + (DAY * (rng.random(len(by)) * 60 - 30)).astype("int64")
    orders = pd.DataFrame({"order_id": np.arange(len(by)).astype(str), "customer_id": who[by]})
    orders = orders.assign(ordered_at=start + pd.to_timedelta(at, "s"), amount=rng.lognormal(3, 1, len(by)))
    orders.to_parquet(folder / "orders.parquet", coerce_timestamps="us")


def measure(folder: Path) -> pd.DataFrame:
    """All sums of four metrics by variant and day, and the effects."""
    from cx_helpers import engine
    from cx_helpers.measures import experiment, experiment_effects, experiment_metrics, experiment_outcomes

    connection = engine.connect()
    exposures = engine.read(connection, "exposures", folder / "exposures.parquet")
    facts = {"orders": engine.read(connection, "orders", folder / "orders.parquet")}
    names = ["conversion", "revenue_each", "order_value", "orders_each"]
    trial, wanted = experiment.trial(exposures), experiment_metrics.outcomes(names, exposures, facts)
    end = experiment_outcomes.data_end(facts, wanted)
    rows = experiment_outcomes.measured(trial.table, wanted, facts, end)
    daily = experiment_outcomes.sums(rows, wanted, ["day"])
    return experiment_effects.effects(experiment_outcomes.total(daily), trial.control)


def wolves(draw, share: bool, times: int = 20_000, step: int = 100, ratio: float = 1.0) -> list[float]:
    """Shares of experiments without effect that are called: always-valid, single look ten times, single look once."""
    from cx_helpers import sequential, versus

    called, rng = np.zeros(3), np.random.default_rng(7)
    for _ in range(times // 500):
        arms = []
        for size in (step, int(step * ratio)):
            y = draw(rng, (500, 10, size))
            one, none = np.ones_like(y), np.zeros_like(y)
            terms = {"n": one, "y": y, "d": one, "x": none, "yy": y * y, "dd": one, "xx": none, "yd": y}
            terms |= {"yx": none, "dx": none}
            arms.append(versus.arm({k: v.sum(-1).cumsum(-1) for k, v in terms.items()}, share))
        gap, se = versus.step(arms[1], arms[0])
        wide = np.fmax(se, versus.pooled_se(arms[1], arms[0]))
        p = versus.p_value(arms[1], arms[0])
        half = sequential.half_width(wide, versus.scale(arms[1], arms[0]))
        called += [(np.abs(gap) > half).any(1).sum(), (p < 0.05).any(1).sum(), (p[:, -1] < 0.05).sum()]
    return [float(x) for x in called / (times // 500 * 500)]


DRAWS = {
    "half of the customers buy": (lambda rng, size: (rng.random(size) < 0.5).astype(float), True, 1.0),
    "two in a hundred buy": (lambda rng, size: (rng.random(size) < 0.02).astype(float), True, 1.0),
    "whales (lognormal, sigma 1.5)": (lambda rng, size: rng.lognormal(0, 1.5, size), False, 1.0),
    "whales, four to one": (lambda rng, size: rng.lognormal(0, 1.5, size), False, 0.25),
}


def main() -> None:
    """Print both parts."""
    customers = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder), customers)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        cpu, wall = time.process_time(), time.perf_counter()
        measure(Path(folder))
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"{customers:,} customers: {cpu:.1f} CPU s, {wall:.1f} s, peak {peak:.0f} MB ({before:.0f} to begin with)"
        )
    for name, (draw, share, ratio) in DRAWS.items():
        always, peeked, once = wolves(draw, share, ratio=ratio)
        print(f"{name}: always-valid {always:.2%}, single look asked ten times {peeked:.2%}, once {once:.2%}")


if __name__ == "__main__":
    main()
