"""How is a person taken out of a file?  Rows leave, texts lose a key, and the file is replaced at once.

Each function writes a new file beside the old one and leaves it to `Moves.done` to put all of them in place: what was
worked out for a whole workspace appears within a moment, or, where something fails before, not at all.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cx_helpers import spreadsheet
from cx_helpers.intake.tracing import File

BATCH = 100_000


@dataclass
class Moves:
    """New files that wait to replace old ones, and what has been taken out of each."""

    waiting: list[tuple[Path, Path]] = field(default_factory=list)
    removed: dict[Path, int] = field(default_factory=dict)
    covered: dict[Path, int] = field(default_factory=dict)
    rows: dict[Path, list[dict]] = field(default_factory=dict)  # those that were taken out of JSON lines

    def add(self, part: Path, target: Path, removed: int, covered: int = 0) -> None:
        """Note a new file; it keeps who may read the old one."""
        os.chmod(part, target.stat().st_mode & 0o777)
        self.waiting.append((part, target))
        if removed:
            self.removed[target] = removed
        if covered:
            self.covered[target] = covered

    def done(self) -> None:
        """Put all new files in place; an empty one removes the old."""
        for part, target in self.waiting:
            if part.stat().st_size:
                part.replace(target)
            else:
                part.unlink()
                target.unlink()
        self.waiting.clear()

    def told(self, folder: Path) -> tuple[dict[str, int], dict[str, int]]:
        """What has been taken out and covered, by names in a folder."""
        return tuple({path.relative_to(folder).as_posix(): n for path, n in counts.items()}
                     for counts in (self.removed, self.covered))  # fmt: skip

    def dropped(self) -> None:
        """Remove the new files: nothing happened."""
        for part, _ in self.waiting:
            part.unlink(missing_ok=True)


def parquet(file: File, moves: Moves) -> None:
    """Take the traced rows out of a Parquet file; its schema, its notes and the order of its rows stay."""
    if not file.rows and not file.words:
        return
    source, part = pq.ParquetFile(file.path), _part(file.path)
    removed = covered = 0
    with source, pq.ParquetWriter(part, source.schema_arrow, compression="snappy") as out:
        for batch in source.iter_batches(BATCH):
            gone = _mask(batch, file.rows)
            kept = batch.filter(pc.invert(gone))
            removed += len(batch) - len(kept)
            for column, becomes in file.words.items():
                kept, changed = _without(kept, column, becomes)
                covered += changed
            out.write_batch(kept)
    moves.add(part, file.path, removed, covered)


def _mask(batch: pa.RecordBatch, rows: dict[str, set[str]]) -> pa.Array:
    gone = pa.array([False] * len(batch))
    for column, values in rows.items():
        found = pc.is_in(batch.column(column).cast(pa.string()), value_set=pa.array(sorted(values), pa.string()))
        gone = pc.or_(gone, pc.fill_null(found, False))
    return gone


def _without(batch: pa.RecordBatch, column: str, becomes: dict[str, str]) -> tuple[pa.RecordBatch, int]:
    place = batch.schema.get_field_index(column)
    texts = batch.column(place).cast(pa.string()).to_pylist()
    changed = sum(text in becomes for text in texts)
    if not changed:
        return batch, 0
    new = pa.array([becomes.get(text, text) for text in texts], pa.string()).cast(batch.schema.field(place).type)
    return batch.set_column(place, batch.schema.field(place), new), changed


def jsonl(path: Path, belongs: Callable[[dict], bool], moves: Moves, masked: Callable[[str], str] = str) -> None:
    """Take rows out of a file of JSON lines, and out of the texts of the others what `masked` leaves out."""
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    gone = [row for row in rows if belongs(row)]
    kept = [row for row in rows if not belongs(row)]
    now = [_each_text(row, masked) for row in kept]
    changed = sum(a != b for a, b in zip(kept, now, strict=True))
    if gone or changed:
        part = _part(path)
        part.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in now), "utf-8")
        moves.add(part, path, len(gone), changed)
        moves.rows[path] = gone


def lines(path: Path, hits: Callable[[str], bool], moves: Moves, masked: Callable[[str], str] = str) -> None:
    """Take out of JSON lines every row with a text that `hits`."""
    jsonl(path, lambda row: any(isinstance(value, str) and hits(value) for value in row.values()), moves, masked)


def table(path: Path, hits: Callable[[str], bool], moves: Moves, masked: Callable[[str], str] = str) -> None:
    """Take out of a CSV every line with a cell that `hits`, and out of the others what `masked` leaves out."""
    import pandas as pd

    rows = spreadsheet.read(path)
    kept = [row for row in rows if not any(map(hits, row.values()))]
    now = [_each_text(row, masked) for row in kept]
    changed = sum(a != b for a, b in zip(kept, now, strict=True))
    if len(kept) < len(rows) or changed:
        spreadsheet.write(_part(path), pd.DataFrame(now, columns=list(rows[0])))
        moves.add(_part(path), path, len(rows) - len(kept), changed)


def _each_text(value, masked: Callable[[str], str]):
    """A row or a document with every text in it masked; its keys stay."""
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, dict):
        return {key: _each_text(item, masked) for key, item in value.items()}
    return [_each_text(item, masked) for item in value] if isinstance(value, list) else value


def document(path: Path, hits: Callable[[str], bool], moves: Moves, masked: Callable[[str], str] = str) -> None:
    """Take out of a JSON document every entry (of a list, or under a key) that holds a text that `hits`."""
    pruned, removed = _pruned(json.loads(path.read_text("utf-8")), hits)
    after = _each_text(pruned, masked)
    if removed or after != pruned:
        part = _part(path)
        part.write_text(json.dumps(after, ensure_ascii=False, indent=1) + "\n", "utf-8")
        moves.add(part, path, removed, int(after != pruned))


def _pruned(value, hits: Callable[[str], bool]):
    """A document without the smallest entries in which a text hits; and how many went."""
    if isinstance(value, dict):
        if any(isinstance(v, str) and hits(v) for v in value.values()):
            return None, 1
        pairs = {k: (None, 1) if hits(k) else _pruned(v, hits) for k, v in value.items()}
        kept = {k: v for k, (v, n) in pairs.items() if not (n and v is None)}
        return kept, sum(n for _, n in pairs.values())
    if isinstance(value, list):
        found = [(None, 1) if isinstance(v, str) and hits(v) else _pruned(v, hits) for v in value]
        return [v for v, n in found if not (n and v is None)], sum(n for _, n in found)
    return value, 0


def _part(path: Path) -> Path:
    return path.with_name(f".{path.name}.forgetting")
