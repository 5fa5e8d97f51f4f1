"""Which files does a source name?  A file, a pattern, a folder, a .zip: each file in there is one unit of reading."""

from __future__ import annotations

import fnmatch
import glob
import re
import shutil
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from cx_helpers.intake import privacy, pseudonyms
from cx_helpers.intake.faults import FileFault
from cx_helpers.intake.mapping import Source, SourceError, expand
from cx_helpers.settings import Settings

LETTERS = str.maketrans("0123456789", "ghijklmnop")  # a mark all of digits would be taken for a number and covered, too


@dataclass
class Unit:
    """What is read in one go: one file of a source, or one query."""

    id: str
    source: Source
    shown: str  # as quarantine and reports name it
    files: dict[str, Path]
    url: str = ""
    member: str = ""  # of a .zip


def find(source: Source, settings: Settings) -> list[Unit]:
    """The files that a source names now, the oldest first; SourceError where there is none."""
    if source.url:
        return [Unit(source.name, source, f"query {source.name}", {}, _database(expand(source.url), settings.folder))]
    if source.files:
        files = {label: _matches(path, source, settings) for label, path in source.files.items()}
        for label, found in files.items():
            if len(found) > 1:
                raise SourceError(f"source {source.name!r}: files.{label} matches {len(found)} files; name one")
        return [Unit(source.name, source, f"query {source.name}", {label: found[0] for label, found in files.items()})]
    found = sorted(_matches(source.path, source, settings), key=lambda path: (path.stat().st_mtime_ns, path.name))
    return [unit for path in found for unit in _of_file(path, source, settings)]


def _of_file(path: Path, source: Source, settings: Settings) -> list[Unit]:
    seen = shown(path, settings.folder)
    if path.suffix.lower() != ".zip":
        return [Unit(f"{source.name}:{seen}", source, seen, {"path": path})]
    try:
        with zipfile.ZipFile(path) as packed:
            members = sorted(m.filename for m in packed.infolist() if not m.is_dir())
    except (zipfile.BadZipFile, OSError):
        members = [""]  # told when it is read
    members = [m for m in members if not _hidden(m) and not _left(Path(m).name, source)]
    shows = [(m, named(m, settings.folder)) for m in members]
    return [Unit(f"{source.name}:{seen}:{n}", source, f"{seen}/{n}".rstrip("/"), {"path": path}, member=m or "?")
            for m, n in shows]  # fmt: skip


def unzipped(unit: Unit, scratch: Path) -> Path:
    """The unit's file; that of a .zip is taken out of it into `scratch`, under its own name."""
    path = unit.files["path"]
    if not unit.member:
        return path
    target = scratch / Path(unit.member.replace("\\", "/")).name
    try:
        with zipfile.ZipFile(path) as packed, packed.open(unit.member) as source, target.open("wb") as out:
            shutil.copyfileobj(source, out, 1 << 20)
    except (zipfile.BadZipFile, OSError, KeyError, RuntimeError, EOFError, zlib.error) as error:
        raise FileFault(unit.shown, "bad_zip", why=type(error).__name__) from None
    return target


def _matches(pattern: str, source: Source, settings: Settings) -> list[Path]:
    given = str(settings.folder / Path(expand(pattern)).expanduser())
    found = [Path(p) for p in ([given] if Path(given).exists() else glob.glob(given, recursive=True))]
    if source.dialects:
        found = [p for f in found for p in (_inside(f) if f.is_dir() else [f])]
    found = [p for p in dict.fromkeys(found) if p.is_file() and not _hidden(p.name) and not _left(p.name, source)]
    if not found:
        raise SourceError(f"source {source.name!r}: no file matches {pattern!r} (looked in {Path(given).parent}); "
                          "put the export there or correct the path")  # fmt: skip
    return found


def _inside(folder: Path) -> list[Path]:
    """All files in a folder; what lies in a hidden one (a pull under way) is not there yet."""
    every = folder.rglob("*")
    return [p for p in every if not any(map(_hidden, p.relative_to(folder).parts))]


def _hidden(name: str) -> bool:
    return Path(name).name.startswith((".", "~$")) or "__MACOSX" in name


def _left(name: str, source: Source) -> bool:
    return any(fnmatch.fnmatch(name, pattern) for pattern in source.leave)


def _database(url: str, folder: Path) -> str:
    """A connection URL; a relative SQLite file is looked for in the workspace."""
    if found := re.fullmatch(r"(sqlite(?:\+\w+)?:///)(?!/|:memory:)(.+)", url):
        return f"{found[1]}{(folder / found[2]).resolve()}"
    return url


def shown(path: Path, folder: Path) -> str:
    """A path as people see it: relative to the workspace where it lies in it, else its name."""
    try:
        return named(path.resolve().relative_to(folder.resolve()).as_posix(), folder)
    except ValueError:
        return named(path.name, folder)


def named(path: str, folder: Path) -> str:
    """A name as it is shown and remembered; of a customer's number in it a mark is left, and which one it is."""
    covered = privacy.uncover_path(path)
    if covered == path:
        return path
    return f"{covered}~{pseudonyms.pseudonym(path, pseudonyms.secret(folder))[:8].translate(LETTERS)}"


def safe(unit: Unit) -> str:
    """The unit's name as that of a file."""
    return re.sub(r"[^\w.-]+", "_", unit.shown.removeprefix("sources/")) or "rows"
