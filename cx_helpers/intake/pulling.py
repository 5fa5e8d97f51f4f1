"""What is new at the vendors'?  `pull` fetches it as it is and lays it into sources/; `cx ingest` does the rest.

A pull of a system becomes a folder, `sources/NAME/TIME/`, with a file a list (`tickets.jsonl`, a row a line).  It is
written aside and put in place by one rename: there is all of it or nothing.  What was fetched is remembered in
`state/pull/NAME.json`, after the rename: a pull that is killed in between fetches the same rows again, and of rows with
one key ingest keeps one.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cx_helpers import wording
from cx_helpers.intake import asking, fetching, pullfaults, store
from cx_helpers.intake.asking import Asked
from cx_helpers.intake.faults import words
from cx_helpers.intake.fields import SourceError
from cx_helpers.settings import Settings, load_settings
from cx_helpers.wording import Words, say

Progress = Callable[[int, int, str], None]  # lists done, of how many, what is fetched now
STEP = 1000  # rows between two signs of life


@dataclass
class Pulled:
    """What a pull brought: of each system its new rows by list and the folder they lie in; what failed, in words."""

    rows: dict[str, dict[str, int]] = field(default_factory=dict)
    folders: dict[str, str] = field(default_factory=dict)
    problems: list[Words] = field(default_factory=list)
    hints: list[Words] = field(default_factory=list)

    def text(self, locale: str) -> str:
        """The same for people."""
        lines = []
        for name, lists in self.rows.items():
            n, each = sum(lists.values()), ", ".join(f"{what} {n:,}" for what, n in lists.items())
            lines.append(
                say(fa="{name}: {n} سطر تازه در {folder} ({each})", en="{name}: {n} new rows in {folder} ({each})",
                    name=name, n=n, folder=self.folders[name], each=each)
                if n else say(fa="{name}: چیز تازه‌ای نبود", en="{name}: nothing new", name=name)
            )  # fmt: skip
        return "\n".join(line[locale] for line in [*lines, *self.hints, *self.problems])


def pull(folder: str | Path, system: str = "", *, progress: Progress | None = None) -> Pulled:
    """Fetch what is new at the systems under `pull` in workspace.yaml into sources/.

    folder   the workspace's;  system   one entry's name, or the system of several; "" for all
    A system that fails stops no other.  Raises SourceError (WorkspaceError) where an entry is wrong or all of them
    failed, and Busy where another pull is at work; then nothing has changed.
    """
    settings = load_settings(folder)
    entries = asking.read(settings, system)
    fetching.ready()
    out, errors = Pulled(), []
    with store.lock(settings.folder, "pull"):
        _own(settings.folder / "state" / "pull")
        for asked in entries:
            try:
                _one(asked, settings, out, progress)
            except SourceError as error:
                errors.append(error)
                out.problems.append(words(error))
    if len(errors) == len(entries):
        both = [words(error) for error in errors]
        raise SourceError({locale: "\n".join(w[locale] for w in both) for locale in wording.LOCALES})
    return out


def _one(asked: Asked, settings: Settings, out: Pulled, progress: Progress | None) -> None:
    """Fetch one system's new rows, put them in place, remember them."""
    remembered = settings.folder / "state" / "pull" / f"{asked.name}.json"
    known = _remembered(remembered, asked)
    home = settings.folder / "sources" / asked.name
    with _aside(home) as aside:
        counts = _fetched(asked, known, aside, progress)
        written = any(aside.iterdir())
        if written:
            place = _free(home)
            aside.rename(place)
            out.folders[asked.name] = place.relative_to(settings.folder).as_posix()
    _write(remembered, known | {"system": asked.system, "url": asked.url})
    out.rows[asked.name] = counts
    if written and not _is_read(asked, settings):
        out.hints.append(say(
            fa="{name}: هیچ‌یک از `sources` این سطرها را نمی‌خواند؛ بیفزایید: "
               "- {{system: {system}, path: sources/{name}}}",
            en="{name}: no entry of `sources` reads these rows; write - {{system: {system}, path: sources/{name}}}",
            name=asked.name, system=asked.system))  # fmt: skip


def _fetched(asked: Asked, known: dict, aside: Path, progress: Progress | None) -> dict[str, int]:
    """Write every list that has new rows into `aside`; how many of each.  `known` grows to what was fetched."""
    counts, what = {}, asked.resources[0]["name"]
    whole = {r["name"] for r in asked.resources if "incremental" not in r["endpoint"]}
    lists = known.setdefault("lists", {})
    try:
        for done, (what, rows) in enumerate(fetching.rows(asked, known.setdefault("dlt", {}))):
            path = aside / f"{what}.jsonl"

            def tell(n: int, done=done, what=what) -> None:
                if progress:
                    progress(done, len(asked.resources), f"{asked.name} {what} {n:,}")

            tell(0)
            n, digest = _lines(rows, path, tell)
            if n == 0 or (what in whole and lists.get(what) == digest):
                path.unlink()
                n = 0
            elif what in whole:
                lists[what] = digest
            counts[what] = n
    except Exception as error:  # whatever it is, its text may hold the key
        raise pullfaults.told(error, asked, what) from None
    return counts


def _lines(rows: Iterator[dict], path: Path, tell: Callable[[int], None]) -> tuple[int, str]:
    """Write rows as JSON lines; how many, and a hash of all."""
    digest, n = hashlib.sha256(), 0
    with path.open("wb") as file:
        for n, row in enumerate(rows, 1):
            line = json.dumps(row, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
            digest.update(line)
            file.write(line)
            if n % STEP == 0:
                tell(n)
        file.flush()
        os.fsync(file.fileno())
    return n, digest.hexdigest()


@contextlib.contextmanager
def _aside(home: Path) -> Iterator[Path]:
    """A hidden folder beside where the rows will lie, which ingest does not see; what killed pulls left is removed."""
    home.mkdir(parents=True, exist_ok=True)
    path = home / ".pull"
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(mode=0o700)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
        with contextlib.suppress(OSError):
            home.rmdir()  # only where nothing ever came


def _free(home: Path) -> Path:
    """A name for a pull that is made now."""
    stem = dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H%M%SZ")
    return next(p for n in range(1, 1000) if not (p := home / (stem if n == 1 else f"{stem}-{n}")).exists())


def _own(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)


def _remembered(path: Path, asked: Asked) -> dict:
    """What was fetched before; SourceError where it cannot be read, or is of another system or address."""
    if not path.exists():
        return {}
    try:
        known = json.loads(path.read_text("utf-8"))
        same = (known["system"], known["url"]) == (asked.system, asked.url)
    except (OSError, ValueError, KeyError, TypeError):
        raise SourceError(
            f"state/pull/{path.name} cannot be read; remove it, and the next pull fetches all anew"
        ) from None
    if not same:
        raise SourceError(f"pull {asked.name!r}: state/pull/{path.name} is of another system or address; give this "
                          "entry a `name` of its own, or remove that file to fetch all anew")  # fmt: skip
    return known


def _write(path: Path, known: dict) -> None:
    part = path.with_name(path.name + ".part")
    with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(known, file, ensure_ascii=False, indent=1)
    part.replace(path)


def _is_read(asked: Asked, settings: Settings) -> bool:
    """Does an entry of `sources` read what lies in sources/NAME?"""
    home = (settings.folder / "sources" / asked.name).resolve()
    for entry in settings.sources:
        if entry["system"] == asked.system and entry.get("path"):
            at = (settings.folder / str(entry["path"]).split("*")[0]).resolve()
            if at == home or at in home.parents or home in at.parents:
                return True
    return False
