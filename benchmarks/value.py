"""Lifetime value on 100,000 customers: this house's fits, and those of the package lifetimes where it is there.

    .venv/bin/python benchmarks/value.py            100,000 customers, two years
    .venv/bin/python benchmarks/value.py 20000      another number

CPU seconds of this process, imports not counted, best of three; histories are folded in DuckDB from the orders first.
lifetimes lives in benchmarks/.envs/lifetimes where somebody put it (it ended in 2020 and wants an old pandas); without
it its columns are left out, and that is said.
"""

import json
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
PEER = HERE / ".envs" / "lifetimes"
THEIRS = """
import json, sys, time
import pandas as pd
from lifetimes import BetaGeoFitter, GammaGammaFitter, ModifiedBetaGeoFitter, ParetoNBDFitter
rows = pd.read_json(sys.argv[1])
out = {}
for name, kind in (("bgnbd", BetaGeoFitter), ("mbgnbd", ModifiedBetaGeoFitter), ("paretonbd", ParetoNBDFitter)):
    at = time.process_time()
    try:
        fit = kind().fit(rows.x, rows.t_x / 7, rows["T"] / 7, weights=rows.n)
        out[name] = [time.process_time() - at, [float(v) for v in fit.params_]]
    except Exception as error:
        out[name] = [time.process_time() - at, str(error)[:80]]
print(json.dumps(out))
"""


def orders(customers: int):
    """Orders of customers who buy at rates of their own and leave after a purchase with a chance of their own."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(1)
    rate, leave, age = rng.gamma(0.6, 1 / 40, customers), rng.beta(0.9, 2.5, customers), rng.integers(1, 730, customers)
    spend, here, now, parts = rng.gamma(8, 12, customers), np.ones(customers, bool), np.zeros(customers), []
    while here.any():
        who = np.flatnonzero(here)
        parts.append(
            pd.DataFrame({"who": who, "day": 730 - age[who] + now[who], "amount": rng.gamma(4, spend[who] / 4)})
        )
        here[who] = rng.random(len(who)) > leave[who]
        now = now + 1 + np.minimum(rng.exponential(1 / np.maximum(rate, 1e-9)), 1e6)
        here &= now < age
    made = pd.concat(parts, ignore_index=True)
    made["ordered_at"] = pd.Timestamp("2024-01-01 12:00", tz="UTC") + pd.to_timedelta(made["day"] // 1, unit="D")
    made["customer_id"], made["order_id"] = made["who"].astype(str), made.index.astype(str)
    return made[["order_id", "customer_id", "ordered_at", "amount"]]


def cpu(work, times: int = 3) -> tuple[float, object]:
    """The best CPU time of several, and what came of it."""
    took = []
    for _ in range(times):
        at = time.process_time()
        out = work()
        took.append(time.process_time() - at)
    return min(took), out


def main(customers: int, scratch: Path) -> None:
    """Print a row for each model."""
    from cx_helpers import engine, histories, purchasing, spending, valuation
    from cx_helpers.dates import Period
    from cx_helpers.measures import value

    scratch.mkdir(parents=True, exist_ok=True)
    orders(customers).to_parquet(scratch / "orders.parquet", coerce_timestamps="us", index=False)
    table = engine.connect().read_parquet(scratch / "orders.parquet")
    period = Period.between("2024-01-01", "2025-12-30", timezone="UTC")
    took, rows = cpu(lambda: histories.fold(histories.histories(table, period)))
    few = histories.plain(rows)
    print(f"{rows['n'].sum():,.0f} customers, {len(few):,} different histories; folded in {took:.2f} CPU s")
    theirs = {}
    if (PEER / "bin" / "python").exists():
        few.to_json(scratch / "few.json")
        run = [PEER / "bin" / "python", "-W", "ignore", "-c", THEIRS, scratch / "few.json"]
        theirs = json.loads(subprocess.run(run, capture_output=True, text=True, check=True).stdout.splitlines()[-1])
    else:
        print("lifetimes is not in benchmarks/.envs/lifetimes: its fits are left out")
    for name in purchasing.MODELS:
        took, fit = cpu(lambda name=name: purchasing.fit(name, few["x"], few["t_x"] / 7, few["T"] / 7, few["n"]))
        print(f"{name}: {took:.2f} CPU s, {[round(float(v), 4) for v in fit.values]}", theirs.get(name, ""))
    came = rows[rows["x"] > 0]
    took, _ = cpu(lambda: spending.fit(came["x"], came["spend"], came["n"]))
    print(f"gamma-gamma: {took:.2f} CPU s")
    model = valuation.model(rows, valuation.Terms(), "mbgnbd")
    took, found = cpu(lambda: value.clv(model))
    print(f"value with its interval: {took:.2f} CPU s, {found['clv'].iloc[0]:.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000, HERE / "data" / "value")
