"""Cox's model on a million contracts: this house, cut into bins and uncut, and lifelines.

    .venv/bin/python benchmarks/churn.py

Every contender runs in a process of its own, one after another, from the Parquet file to the slopes; imports are not
counted.  `peak` is the process's largest resident memory.  lifelines lives in benchmarks/.envs/lifelines (made here on
first use).
"""

import datetime as dt
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
PEER = HERE / ".envs" / "lifelines"
UNTIL = dt.datetime(2025, 9, 1, tzinfo=dt.UTC)


def generate(path: Path, contracts: int, seed: int = 1) -> None:
    """Contracts of three plans and four channels, whose fee matters; two in five still alive."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    plan, channel = rng.choice(3, contracts, p=[0.5, 0.3, 0.2]), rng.integers(0, 4, contracts)
    fee = rng.gamma(3, 1, contracts)
    pace = 0.03 * np.exp(0.8 * (plan == 2) - 0.2 * (plan == 1) + 0.1 * (channel == 3) + 0.2 * fee)
    start = pd.Timestamp(UNTIL) - pd.to_timedelta(rng.uniform(1, 700, contracts), "D")
    end = start + pd.to_timedelta(rng.exponential(30.4375 / pace), "D")
    frame = pd.DataFrame({"started_at": start, "ended_at": end.where(end < UNTIL), "fee": fee})
    frame["plan"], frame["channel"] = np.array(["basic", "plus", "trial"])[plan], np.array(list("abcd"))[channel]
    frame["contract_id"] = frame["customer_id"] = "C" + frame.index.astype(str)
    frame.to_parquet(path, index=False, coerce_timestamps="us", allow_truncated_timestamps=True)


def ours(path: str, **cut) -> dict:
    """Slopes as `cx_helpers.measures.churn_hazards` weighs them."""
    import ibis
    import numpy as np

    from cx_helpers.measures import churn, churn_hazards

    connection = ibis.duckdb.connect()
    connection.raw_sql("SET threads = 2")
    clock()
    spans = churn.spans(connection.read_parquet(path), UNTIL)
    found = churn_hazards.ratios(spans, ["plan", "channel", "fee"], **cut)["ratio"]
    return {"/".join(filter(None, key)): float(slope) for key, slope in np.log(found).items()}


def uncut(path: str) -> dict:
    """The same without bins: every day and (nearly) every fee by itself."""
    return ours(path, bins=10**7, times=10**6)


def lifelines(path: str) -> dict:
    """Slopes of lifelines' CoxPHFitter (Efron), on the same days."""
    import pandas as pd
    from lifelines import CoxPHFitter

    clock()
    frame = pd.read_parquet(path)
    over = frame["ended_at"].notna()
    days = (frame["ended_at"].fillna(UNTIL) - frame["started_at"]).dt.days
    groups = pd.get_dummies(frame[["plan", "channel"]]).drop(columns=["plan_basic", "channel_a"]).astype(float)
    x = groups.assign(fee=frame["fee"] / frame["fee"].std(), days=days, over=over)
    return CoxPHFitter().fit(x, "days", "over").params_.to_dict()


def clock() -> None:
    """From here on it counts."""
    global START
    START = time.perf_counter(), time.process_time()


def main() -> None:
    """All contenders, one after another."""
    if not PEER.exists():
        subprocess.run([sys.executable, "-m", "uv", "venv", "-q", PEER], check=True)
        python = ["--python", PEER / "bin" / "python"]
        subprocess.run(
            [sys.executable, "-m", "uv", "pip", "install", "-q", *python, "lifelines", "pyarrow"], check=True
        )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "contracts.parquet"
        generate(file, 1_000_000)
        for name in ("ours", "uncut", "lifelines"):
            python = PEER / "bin" / "python" if name == "lifelines" else sys.executable
            subprocess.run([python, __file__, name, file], check=True)


if __name__ == "__main__":
    if len(sys.argv) > 2:
        found = globals()[sys.argv[1]](sys.argv[2])
        wall, cpu = time.perf_counter() - START[0], time.process_time() - START[1]
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        slopes = "  ".join(f"{name} {slope:.4f}" for name, slope in found.items())
        print(f"{sys.argv[1]:9} {cpu:6.1f} CPU s  {wall:6.1f} s  {peak:,} MB  {slopes}")
    else:
        main()
