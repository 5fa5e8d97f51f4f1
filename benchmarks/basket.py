"""What is bought together, on generated baskets: this house and mlxtend's fpgrowth.

    .venv/bin/python benchmarks/basket.py             100,000 baskets of 500 items for both, 1M of 5,000 for this house

Every contender runs in a process of its own, one after another, from the Parquet file to the rules; imports are not
counted.  `peak` is the process's largest resident memory.  mlxtend lives in benchmarks/.envs/mlxtend (made here on
first use); it needs a dense table of baskets x items, which at 1M x 5,000 would take 5 GB of bytes.
"""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
PEER = HERE / ".envs" / "mlxtend"
ASKED = {500: (0.001, 0.2), 5_000: (0.0001, 0.02)}  # of so many items: support, confidence


def generate(path: Path, baskets: int, items: int, seed: int = 1) -> None:
    """Baskets of five items on average, popular ones far more often than rare ones (Zipf, 0.8)."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    likely = 1 / np.arange(1, items + 1) ** 0.8
    basket = np.repeat(np.arange(baskets), 1 + rng.poisson(4, baskets))
    item = rng.choice(items, len(basket), p=likely / likely.sum())
    frame = pd.DataFrame({"order_id": basket, "item": item}).drop_duplicates()
    frame = frame.assign(order_id="O" + frame["order_id"].astype(str), item="P" + frame["item"].astype(str))
    frame.to_parquet(path, index=False)


def ours(path: str, support: float, confidence: float) -> int:
    """Rules as `cx_helpers.measures.basket` counts them."""
    import ibis

    from cx_helpers.measures import basket

    connection = ibis.duckdb.connect()
    connection.raw_sql("SET threads = 2")
    clock()
    return len(basket.rules(basket.itemsets(connection.read_parquet(path), support), confidence))


def mlxtend(path: str, support: float, confidence: float) -> int:
    """Rules as mlxtend's fpgrowth and association_rules find them, those with one item to offer."""
    import pandas as pd
    from mlxtend.frequent_patterns import association_rules, fpgrowth

    clock()
    frame = pd.read_parquet(path)
    sets = fpgrowth(pd.crosstab(frame["order_id"], frame["item"]).astype(bool), support, use_colnames=True)
    found = association_rules(sets, metric="confidence", min_threshold=confidence)
    return int((found["consequents"].map(len) == 1).sum())


def clock() -> None:
    """From here on it counts."""
    global START
    START = time.perf_counter(), time.process_time()


def main() -> None:
    """All contenders, one after another."""
    if not PEER.exists():
        wanted = ["mlxtend==0.25.0", "pyarrow", "pandas<3"]
        subprocess.run([sys.executable, "-m", "uv", "venv", "-q", PEER], check=True)
        python = ["--python", PEER / "bin" / "python"]
        subprocess.run([sys.executable, "-m", "uv", "pip", "install", "-q", *python, *wanted], check=True)
    with tempfile.TemporaryDirectory() as folder:
        for baskets, items, names in ((100_000, 500, ("ours", "mlxtend")), (1_000_000, 5_000, ("ours",))):
            file = Path(folder) / "baskets.parquet"
            generate(file, baskets, items)
            for name in names:
                python = PEER / "bin" / "python" if name == "mlxtend" else sys.executable
                print(f"{baskets:,} x {items:,}:", flush=True, end=" ")
                subprocess.run([python, __file__, name, file, *map(str, ASKED[items])], check=True)


if __name__ == "__main__":
    if len(sys.argv) > 2:
        found = globals()[sys.argv[1]](sys.argv[2], *map(float, sys.argv[3:]))
        wall, cpu = time.perf_counter() - START[0], time.process_time() - START[1]
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(f"{sys.argv[1]:8} {found:6} rules  {cpu:6.1f} CPU s  {wall:6.1f} s  {peak:,} MB")
    else:
        main()
