"""A CSV of touchpoints into a checked, sorted Parquet table: `cx ingest` against DuckDB's own COPY of the same file.

    .venv/bin/python benchmarks/ingest.py             5M rows
    .venv/bin/python benchmarks/ingest.py 1000000     another size

One after another in processes of their own, from the CSV (rows in no order) to the file on disk: this house (reads and
checks every value, keeps what it could not read, puts pseudonyms for personal keys, sorts), and COPY with and without
the sort (types guessed, nothing checked).  Wall and CPU seconds of the whole process with its imports; the last column
is its largest resident memory.  All three ways are run in turn, three times; told is the median of each, and of the
ratios within a turn.  The target: at most 2 times the sorting COPY's time, and 2 GB.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
RATIO, PEAK_MB, TURNS = 2.0, 2_000, 3
WORKSPACE = """\
name: {fa: سنجه, en: bench}
timezone: UTC
sources:
- system: table
  path: events.csv
  table: touchpoints
  columns:
    {event_id: event_id, customer_id: customer_id, occurred_at: occurred_at, touchpoint: touchpoint,
     channel: channel, outcome: outcome, duration_s: duration_s, session_id: session_id}
"""
COPY = "COPY (SELECT * FROM read_csv('events.csv') {order}) TO 'copied.parquet' (FORMAT parquet, COMPRESSION zstd)"
WAYS = {
    "cx ingest": ["-m", "cx_helpers.cli", "ingest", "-w", "."],
    "COPY, sorted": ["-c", f"import duckdb; duckdb.sql('SET threads = 2'); duckdb.sql(\"{COPY}\")".replace(
        "{order}", "ORDER BY customer_id, occurred_at, event_id")],
    "COPY": ["-c", f"import duckdb; duckdb.sql('SET threads = 2'); duckdb.sql(\"{COPY}\")".replace("{order}", "")],
}  # fmt: skip


def lay_out(rows: int, folder: Path) -> None:
    """The company's folder: workspace.yaml and the CSV."""
    subprocess.run([sys.executable, str(HERE / "events.py"), str(rows), "e.parquet"], cwd=folder, check=True)
    mix = "import duckdb; duckdb.sql(\"COPY (FROM 'e.parquet' ORDER BY hash(event_id)) TO 'events.csv'\")"
    subprocess.run([sys.executable, "-c", mix], cwd=folder, check=True)
    (folder / "e.parquet").unlink()
    (folder / "workspace.yaml").write_text(WORKSPACE, "utf-8")


def spent(way: str, folder: Path) -> tuple[float, float, float]:
    """Wall seconds, CPU seconds and peak megabytes of one way."""
    begun = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, *WAYS[way]],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(HERE.parent)},
        stdout=subprocess.DEVNULL,
    )
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{way} ended with {status}")
    return time.monotonic() - begun, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def main() -> int:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000_000
    found = {way: [] for way in WAYS}
    with tempfile.TemporaryDirectory() as folder:
        lay_out(rows, Path(folder))
        size = (Path(folder) / "events.csv").stat().st_size / 1e6
        print(f"{rows:,} rows, {size:,.0f} MB of CSV, {os.cpu_count()} cores, {TURNS} turns")
        for way in [*WAYS] * TURNS:
            for left in ("state", "tables", "quarantine"):  # each turn begins with nothing read
                shutil.rmtree(Path(folder) / left, ignore_errors=True)
            found[way].append(spent(way, Path(folder)))
    for way, turns in found.items():
        wall, cpu, peak = (statistics.median(column) for column in zip(*turns, strict=True))
        print(f"  {way:12} {wall:6.1f} s   {cpu:6.1f} CPU s   {peak:6.0f} MB")
    pairs = list(zip(found["cx ingest"], found["COPY, sorted"], strict=True))
    wall, cpu = (statistics.median(ours[i] / copy[i] for ours, copy in pairs) for i in (0, 1))
    print(f"  ratio to COPY, sorted: {wall:.2f}, of CPU {cpu:.2f}  (target: {RATIO})")
    return 0 if wall <= RATIO and max(peak for _, _, peak in found["cx ingest"]) <= PEAK_MB else 1


if __name__ == "__main__":
    sys.exit(main())
