"""What does ingest remember, and how are tables replaced?  Fingerprints, pieces, and one rename.

`state/ingest.json` remembers every file that was read: its size, time and hash, the mapping it was read by, and the
pieces made of it.  A piece (`state/pieces/…parquet`) is what one file gives to one table.  A table is all its pieces;
where two hold one key, the file that came later wins.  So tables are a function of the files and the mapping: a file
read before is not read again, a file that is gone takes its rows along, and a second ingest changes nothing.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from cx_helpers.intake import convert, identity, merge, messages, visitors
from cx_helpers.intake.fields import SourceError
from cx_helpers.intake.raw import forget
from cx_helpers.intake.values import name
from cx_helpers.tables import TABLES

VERSION = 5  # of how rows are read: raising it reads every file anew


@dataclass
class State:
    """What `state/ingest.json` holds: units (a file, or a query) by their id, and of each table the pieces in it."""

    folder: Path
    units: dict[str, dict] = field(default_factory=dict)
    tables: dict[str, list[str]] = field(default_factory=dict)
    came: int = 0  # counts files in the order in which they came
    left: dict[str, dict] = field(default_factory=dict)  # of each table: rows of pieces that are not in it (merge.Left)
    linked: dict[str, str] = field(default_factory=dict)  # what linking rested on, and the links that tables carry

    @property
    def path(self) -> Path:
        return self.folder / "state" / "ingest.json"

    @property
    def pieces(self) -> Path:
        return self.folder / "state" / "pieces"

    @classmethod
    def read(cls, folder: Path) -> State:
        """What was remembered; nothing where the file is missing, of another version or damaged."""
        state = cls(folder)
        try:
            kept = json.loads(state.path.read_text("utf-8"))
            if kept["version"] == VERSION:
                state.units, state.tables, state.came = kept["units"], kept["tables"], kept["came"]
                state.left, state.linked = kept["left"], kept.get("linked", {})
        except (OSError, ValueError, KeyError, TypeError):
            pass
        return state

    def of(self, table: str) -> list[dict]:
        """The pieces of a table in the order in which their files came."""
        units = sorted(self.units.values(), key=lambda unit: unit["came"])
        return [piece for unit in units for piece in unit["pieces"] if piece["table"] == table]

    def write(self) -> None:
        """Remember, at once (temp file, then rename), and remove the pieces that nothing needs any more."""
        text = {
            "version": VERSION,
            "came": self.came,
            "tables": self.tables,
            "left": self.left,
            "linked": self.linked,
            "units": self.units,
        }
        part = self.path.with_name("ingest.json.part")
        part.write_text(json.dumps(text, ensure_ascii=False, indent=1) + "\n", "utf-8")
        part.replace(self.path)
        needed = {piece["file"] for unit in self.units.values() for piece in unit["pieces"]}
        for path in self.pieces.glob("*"):
            if path.name not in needed:
                path.unlink()


def fingerprint(path: Path, kept: dict | None = None) -> dict:
    """Size, time and hash of a file; where size and time are as they were, the hash is not taken again."""
    stat = path.stat()
    seen = {"size": stat.st_size, "mtime_ns": stat.st_mtime_ns}
    if kept and all(kept.get(k) == v for k, v in seen.items()):
        return kept
    with path.open("rb") as file:
        return seen | {"sha256": hashlib.file_digest(file, "sha256").hexdigest()}


def digest(*parts) -> str:
    """A short name for whatever JSON can say."""
    text = json.dumps(parts, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def write_columns(folder: Path, by_file: dict[str, list[dict]]) -> None:
    """Write which columns of which files are in no table, and which are missing; no such column, no file."""
    path, found = folder / messages.ALL, {file: columns for file, columns in by_file.items() if columns}
    if not found:
        path.unlink(missing_ok=True)
        return
    text = json.dumps(found, ensure_ascii=False, indent=1) + "\n"
    if not path.is_file() or path.read_text("utf-8") != text:
        part = path.with_name(path.name + ".part")
        part.write_text(text, "utf-8")
        part.replace(path)


def build(con, state: State, table: str) -> merge.Left:
    """Put a table together from its pieces and replace the old one by a rename; returns the rows that are not in it."""
    target = state.folder / "tables" / f"{table}.parquet"
    target.parent.mkdir(parents=True, exist_ok=True)
    own_only(target)
    given = state.of(table)
    links = visitors.links(state.folder, identity.place(state.folder))
    if len(given) == 1 and merge.is_plain(state, given) and links is None:
        part = target.with_name(target.name + ".part")
        part.unlink(missing_ok=True)
        path = state.pieces / given[0]["file"]
        try:
            os.link(path, part)
        except OSError:
            shutil.copyfile(path, part)
        part.replace(target)
        return merge.Left()
    rows, left = merge.rows(con, state, table)
    if links:
        rows = identity.applied(con, rows, table, links)
    have = [d[0] for d in con.execute(f"SELECT * FROM {rows} LIMIT 0").description]
    known = TABLES[table].columns
    columns = [c for c in known if c in have] + [c for c in have if c not in known and c != "source"]
    columns += [c for c in ("source",) if c in have and c not in known]
    convert.write_parquet(con, f"SELECT {', '.join(map(name, columns))} FROM {rows}", table, target)
    forget(con, "merged")
    return left


def is_whole(path: Path) -> bool:
    """Is there a Parquet file with its end?  A piece may be one file with a table that somebody cut (os.link)."""
    try:
        pq.read_metadata(path)
    except (pa.ArrowException, OSError):
        return False
    return True


def own_only(target: Path) -> None:
    """Refuse to replace a table that ingest did not make."""
    if target.with_suffix("").is_dir():
        raise SourceError(f"tables/{target.stem}/ was not made by cx ingest and would be hidden; move it away first")
    if target.is_dir():
        raise SourceError(f"tables/{target.name} is a folder that cx ingest did not make; move it away first")
    if target.exists() and not is_whole(target):
        raise SourceError(f"tables/{target.name} is no whole Parquet file; remove it and run cx ingest again")
    if target.is_file() and (pq.read_metadata(target).metadata or {}).get(b"cx.made_by") != b"cx ingest":
        raise SourceError(f"tables/{target.name} was not made by cx ingest; move it into sources/ (and map it) "
                          "or take the table out of the mapping")  # fmt: skip


def remove(state: State, table: str) -> None:
    """Take a table away that no source fills any more."""
    target = state.folder / "tables" / f"{table}.parquet"
    if target.is_file():
        own_only(target)
        target.unlink()


class Busy(SourceError):
    """Another ingest (or pull) holds the workspace."""

    exit_code = 3  # contract, section 4


@contextlib.contextmanager
def lock(folder: Path, verb: str = "ingest") -> Iterator[None]:
    """One ingest (or pull) at a time in one workspace; a killed one leaves no lock behind."""
    (folder / "state").mkdir(parents=True, exist_ok=True)
    with (folder / "state" / f"{verb}.lock").open("w") as file:
        try:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except ImportError:  # not POSIX: no lock
            pass
        except OSError:
            raise Busy(f"another cx {verb} is at work in this workspace; wait until it is done") from None
        yield


@contextlib.contextmanager
def scratch(folder: Path) -> Iterator[Path]:
    """A folder for what is needed for a while only; those that killed runs left are removed."""
    for left in (folder / "state").glob("scratch-*"):
        shutil.rmtree(left, ignore_errors=True)
    path = Path(tempfile.mkdtemp(prefix="scratch-", dir=folder / "state"))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
