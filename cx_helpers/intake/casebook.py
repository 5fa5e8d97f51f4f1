"""What becomes of those who were let down?  The book of cases: each once, what was done, and which alerts went out.

`state/cases.sqlite` is the one place that is written, in transactions: a row that was looked at, the case made of it
and the alert that is due appear together or not at all, so a kill at any moment loses none and doubles none.  SQLite
rather than DuckDB: many may read it while one writes.  `state/cases.parquet` is what reports read, made anew from it.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

STATES = ("open", "acknowledged", "contacted", "closed", "reopened")
TIMES = ("opened_at", "due_at", "acknowledged_at", "contacted_at", "closed_at", "reopened_at")
NUMBERS = ("feeling", "value", "risk", "urgency", "rank")
TEXTS = (
    "case_id origin origin_id customer_id touchpoint channel province aspect urgent owner state source".split()
)  # in this order they stand in the book
COLUMNS = (*TEXTS, *NUMBERS, *TIMES)
_STAMP = {"acknowledged": "acknowledged_at", "contacted": "contacted_at", "closed": "closed_at",
          "reopened": "reopened_at"}  # fmt: skip

_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS cases (
  {", ".join(f"{name} TEXT" for name in TEXTS)}, {", ".join(f"{name} REAL" for name in NUMBERS)},
  {", ".join(f"{name} REAL" for name in TIMES)}, words TEXT, PRIMARY KEY (case_id));
CREATE TABLE IF NOT EXISTS seen (origin TEXT, origin_id TEXT, at REAL, PRIMARY KEY (origin, origin_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS outbox (
  key TEXT PRIMARY KEY, case_id TEXT, way TEXT, made_at REAL, body TEXT, state TEXT, tries INTEGER, at REAL);
CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, value REAL);
"""


def place(folder: Path) -> Path:
    """Where a workspace's book of cases lies."""
    return folder / "state" / "cases.sqlite"


class Book:
    """An open book of cases; every change goes through `writing`, one transaction."""

    def __init__(self, folder: Path):
        self.folder = folder
        place(folder).parent.mkdir(parents=True, exist_ok=True)
        if not place(folder).exists():
            os.close(os.open(place(folder), os.O_CREAT | os.O_WRONLY, 0o600))  # its owner's only
        self.db = sqlite3.connect(place(folder), timeout=30, isolation_level=None)
        self.db.row_factory = sqlite3.Row
        self.db.execute("PRAGMA journal_mode=WAL")
        self.db.execute("PRAGMA synchronous=FULL")  # what is said to be written survives a loss of power, too
        self.db.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the book."""
        self.db.close()

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it or nothing."""
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield self.db
        except BaseException:
            self.db.execute("ROLLBACK")
            raise
        self.db.execute("COMMIT")

    def seen(self, origin: str) -> set[str]:
        """Keys of the rows of one table that were looked at."""
        return {key for (key,) in self.db.execute("SELECT origin_id FROM seen WHERE origin = ?", [origin])}

    def note(self, rows: Iterable[tuple[str, str, float]], before: float) -> None:
        """Within `writing`: these rows (origin, key, time) were looked at; what is older than `before` never comes
        again."""
        self.db.executemany("INSERT OR IGNORE INTO seen VALUES (?, ?, ?)", rows)
        self.db.execute("DELETE FROM seen WHERE at < ?", [before])

    def add(self, case: dict) -> bool:
        """Within `writing`: a new case; False where it is there already."""
        names = (*COLUMNS, "words")
        marks = ", ".join("?" * len(names))
        done = self.db.execute(
            f"INSERT OR IGNORE INTO cases ({', '.join(names)}) VALUES ({marks})", [case.get(name) for name in names]
        )
        return done.rowcount == 1

    def move(self, case_id: str, state: str, at: float) -> bool:
        """Within `writing`: a case goes on to `state` at a time (seconds); False where it is there or past it.

        A closed case only opens again, and what was done first counts: a second contact moves no time.
        """
        row = self.db.execute("SELECT * FROM cases WHERE case_id = ?", [case_id]).fetchone()
        if row is None or state not in _STAMP:
            return False
        again = state == "reopened"
        if again != (row["state"] == "closed") and (again or row["state"] == "closed"):
            return False
        order = {name: number for number, name in enumerate(("open", "acknowledged", "contacted", "closed"))}
        if not again and order[state] <= order.get(row["state"], 0):
            return False
        at = max(at, row["reopened_at" if row["state"] == "reopened" else "opened_at"] or 0)
        column, kept = _STAMP[state], row[_STAMP[state]]
        first = kept if kept is not None and state in ("acknowledged", "contacted") else at
        self.db.execute(f"UPDATE cases SET state = ?, {column} = ? WHERE case_id = ?", [state, first, case_id])
        if state == "closed" and row["contacted_at"] is None and row["origin"] == "ticket":
            self.db.execute("UPDATE cases SET contacted_at = ? WHERE case_id = ?", [at, case_id])
        return True

    def cases(self, where: str = "1", *values) -> list[dict]:
        """Cases as dictionaries, those of the highest rank first."""
        rows = self.db.execute(f"SELECT * FROM cases WHERE {where} ORDER BY rank DESC, opened_at, case_id", values)
        return [dict(row) for row in rows]

    def get(self, name: str) -> float | None:
        """A number that was noted under a name."""
        row = self.db.execute("SELECT value FROM notes WHERE name = ?", [name]).fetchone()
        return row["value"] if row else None

    def put(self, name: str, value: float) -> None:
        """Note a number under a name."""
        self.db.execute("INSERT OR REPLACE INTO notes VALUES (?, ?)", [name, value])

    def export(self) -> Path:
        """Write `state/cases.parquet`, what reports read: all but the customers' words; at once."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        rows = self.db.execute(f"SELECT {', '.join(COLUMNS)} FROM cases ORDER BY opened_at, case_id").fetchall()
        stamp, columns = pa.timestamp("us", tz="UTC"), {}
        for number, name in enumerate(COLUMNS):
            values = [row[number] for row in rows]
            if name in TIMES:
                values = [None if value is None else round(value) * 1_000_000 for value in values]
            kind = stamp if name in TIMES else pa.float64() if name in NUMBERS else pa.string()
            columns[name] = pa.array(values, pa.int64()).cast(stamp) if name in TIMES else pa.array(values, kind)
        target = self.folder / "state" / "cases.parquet"
        part = target.with_name("cases.parquet.part")
        pq.write_table(pa.table(columns), part, compression="zstd")
        os.chmod(part, 0o600)
        part.replace(target)
        return target


def opened(folder: Path) -> contextlib.closing[Book]:
    """The book of a workspace, to be closed behind a `with`; made where there is none."""
    return contextlib.closing(Book(folder))


def now() -> float:
    """Seconds since 1970, UTC: the only clock of the closed loop; a test may hold it still."""
    return float(os.environ.get("CX_NOW") or time.time())


def forget(folder: Path, known, masked=str) -> int:
    """Take the cases of forgotten customers out; returns how many.

    known  takes a set of texts and returns those that are a forgotten person's
    masked  takes a text of another's case (or alert) and returns it without a forgotten person's name
    """
    if not place(folder).is_file():
        return 0
    with opened(folder) as book:
        rows = book.db.execute("SELECT case_id, customer_id, origin_id FROM cases").fetchall()
        hits = known({text for row in rows for text in row[1:] if text})
        gone = [row["case_id"] for row in rows if row["customer_id"] in hits or row["origin_id"] in hits]
        with book.writing() as db:
            for case in gone:
                db.execute("DELETE FROM cases WHERE case_id = ?", [case])
                db.execute("DELETE FROM outbox WHERE case_id = ?", [case])
            told = _mask(db, "cases", "case_id", "words", masked) + _mask(db, "outbox", "key", "body", masked)
        if gone or told:
            book.db.execute("VACUUM")
            book.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return len(gone)


def _mask(db: sqlite3.Connection, table: str, key: str, column: str, masked) -> int:
    """Within `writing`: mask a column of a table; how many rows were changed?"""
    rows = [(key_, text) for key_, text in db.execute(f"SELECT {key}, {column} FROM {table}") if text]
    changed = [(now, key_) for key_, text in rows if (now := masked(text)) != text]
    db.executemany(f"UPDATE {table} SET {column} = ? WHERE {key} = ?", changed)
    return len(changed)
