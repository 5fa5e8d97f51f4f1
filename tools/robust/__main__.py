"""What does reading lose where comments are written badly?  `python -m tools.robust DATA [N]` prints it.

DATA  the folder of real data that CX_REAL_DATA names (persian/test.parquet is read);  N  comments of a domain (0: all)

Points of accuracy lost against the same comments as they were written, with their 95 % interval (paired: comments that
turned from right to wrong less those that turned from wrong to right).  What cannot be read counts at the value from
which the model starts.  Seeds are fixed.
"""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

from cx_helpers.intake import sentiment
from tools.robust.spoil import WAYS


def right(texts: list[str], labels: pd.Series) -> tuple[np.ndarray, pd.Series]:
    """Which texts are read as they are labelled; and how each was read."""
    found = sentiment.score(texts)
    return (found["p_positive"].fillna(0.5) > 0.5).to_numpy() == (labels == "positive").to_numpy(), found["how_read"]


def lost(texts: pd.Series, labels: pd.Series, spoil, seed: int = 1) -> dict:
    """How many points accuracy loses, low, high, and what share was not read."""
    rng = random.Random(seed)
    before, _ = right(texts.tolist(), labels)
    begun = time.process_time()
    after, how = right([spoil(text, rng) for text in texts], labels)
    took = time.process_time() - begun
    change = before.astype(int) - after.astype(int)
    margin = 1.96 * change.std() / np.sqrt(len(change))
    unread = ~how.isin(["persian", "mixed", "finglish"])
    return {
        "n": len(texts), "before": before.mean() * 100, "lost": change.mean() * 100,
        "low": (change.mean() - margin) * 100, "high": (change.mean() + margin) * 100,
        "unread": unread.mean() * 100, "per_s": len(texts) / took,
    }  # fmt: skip


def main(data: str, most: str = "0", *ways: str) -> None:
    """Print the table: ways x domains."""
    frame = pd.read_parquet(Path(data) / "persian" / "test.parquet")
    frame = frame[frame["label"].isin(["negative", "positive"]) & frame["text"].notna()]
    print(f"{'way':16}{'domain':14}{'n':>7}{'before':>8}{'lost':>7}{'95 % interval':>16}{'unread %':>10}{'a CPU s':>9}")
    for name in ways or WAYS:
        found = []
        for domain, rows in frame.groupby("domain"):
            rows = rows.sample(int(most), random_state=1) if 0 < int(most) < len(rows) else rows
            one = lost(rows["text"], rows["label"], WAYS[name])
            found.append(one)
            _print(name, domain, one)
        _print(name, "mean", {key: np.mean([one[key] for one in found]) for key in found[0]})


def _print(name: str, domain: str, one: dict) -> None:
    span = f"{one['low']:.1f} to {one['high']:.1f}"
    print(
        f"{name:16}{domain:14}{one['n']:7,.0f}{one['before']:8.1f}{one['lost']:7.1f}{span:>16}{one['unread']:10.1f}"
        f"{one['per_s']:9,.0f}",
        flush=True,
    )


if __name__ == "__main__":
    main(*(sys.argv[1:] or ["../shared/data"]))
