"""How fast is a run?  `cx run` of all notebooks on the sample, against plain papermill and nbconvert one after another.

    python benchmarks/run_speed.py [--rounds N] [NOTEBOOK …]

Both in this one run, on the same machine and in turn: the ratio can be trusted where seconds cannot.  The target:
at most 0.35 of the plain way, and at most 45 seconds for the five notebooks on two cores.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RATIO, SECONDS = 0.35, 45


def spent(command: list[str], cwd: Path) -> tuple[float, float]:
    """Wall and CPU seconds of a command and all that it waits for."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    took, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return took, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def house(names: list[str], out: Path) -> tuple[float, float]:
    """All notebooks by `cx run`."""
    command = [sys.executable, "-m", "cx_helpers.cli", "run", *names, "-w", "data/sample", "--out", str(out)]
    return spent(command, ROOT)


def plain(files: list[Path], out: Path) -> tuple[float, float]:
    """The same notebooks by papermill and nbconvert, one after another."""
    wall = cpu = 0.0
    for file in files:
        ran = str(out / file.name)
        for command in (
            ["papermill", str(file), ran, "--no-progress-bar", "--cwd", str(ROOT)],
            ["nbconvert", "--to", "html", "--no-input", ran],
        ):
            took, used = spent([sys.executable, "-m", *command], ROOT)
            wall, cpu = wall + took, cpu + used
    return wall, cpu


def listed(names: list[str]):
    """The notebooks that are meant, in the order of the book; no names: all."""
    from cx_helpers.run import plan, shelves

    return plan.from_names(names, shelves.catalog(ROOT / "data" / "sample", ROOT)).tasks


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NOTEBOOK")
    parser.add_argument("--rounds", type=int, default=1)
    asked = parser.parse_args()
    tasks = listed(asked.names)
    times: dict[str, list[tuple[float, float]]] = {"cx run": [], "plain": []}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(asked.rounds):
            out = Path(folder) / str(number)
            out.mkdir()
            times["cx run"].append(house([task.name for task in tasks], out / "reports"))
            times["plain"].append(plain([task.file for task in tasks], out))
    print(f"{len(tasks)} notebooks on data/sample, {os.cpu_count()} cores, {asked.rounds} rounds (medians)")
    middle = {way: [statistics.median(column) for column in zip(*rows, strict=True)] for way, rows in times.items()}
    for way, (wall, cpu) in middle.items():
        print(f"  {way:8} {wall:6.1f} s   {cpu:6.1f} CPU s")
    wall = middle["cx run"][0]
    ratio, spent_ratio = (middle["cx run"][i] / middle["plain"][i] for i in (0, 1))
    print(f"  ratio    {ratio:6.2f}     {spent_ratio:6.2f}         (target: {RATIO} and {SECONDS} s)")
    return 0 if ratio <= RATIO and wall <= SECONDS else 1


if __name__ == "__main__":
    sys.exit(main())
