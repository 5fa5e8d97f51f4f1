"""Where does the data come from?  `load` turns the sources of a workspace into canonical tables and quarantine."""

from __future__ import annotations

import glob
import hashlib
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from cx_helpers.intake import convert, formats, pseudonyms, reading, store
from cx_helpers.intake.mapping import Source, SourceError, expand, read_sources
from cx_helpers.intake.outcome import IngestReport
from cx_helpers.intake.start import init  # noqa: F401  part of what this module offers
from cx_helpers.settings import Settings, load_settings

Progress = Callable[[int, int, str], None]  # done, of how many, what is read now


@dataclass
class Unit:
    """What is read in one go: one file of a source, or one query."""

    id: str
    source: Source
    shown: str  # as quarantine and reports name it
    files: dict[str, Path]
    url: str = ""


def load(folder: str | Path, *, progress: Progress | None = None) -> IngestReport:
    """Read what is new in the sources of a workspace into tables/ and quarantine/.

    folder    the workspace's;  progress  called as (done, of how many, what is read now)
    Running it twice changes nothing.  A kill at any moment leaves every table as it was or as it will be.
    Raises WorkspaceError (SourceError) when the mapping or a whole file cannot be read; then no table has changed.
    """
    settings = load_settings(folder)
    sources = read_sources(settings)
    report = IngestReport(locale=settings.locale)
    folder = settings.folder
    if not sources:
        kept = store.State.read(folder)
        if not kept.units:
            return report
    if settings.database:
        raise SourceError(
            f"the engine holds the tables in {settings.database.name}, so no report would read what cx ingest writes "
            "into tables/; leave `engine` out of workspace.yaml, or `sources`"
        )
    with store.lock(folder), store.scratch(folder) as scratch:
        units = [unit for source in sources for unit in _units(source, settings)]
        _run(units, settings, scratch, report, progress)
    return report


def _run(units: list[Unit], settings: Settings, scratch: Path, report: IngestReport, progress) -> None:
    folder, state = settings.folder, store.State.read(settings.folder)
    before = {table: list(pieces) for table, pieces in state.tables.items()}
    secret = pseudonyms.secret(folder) if settings.privacy["pseudonyms"] else None
    state.pieces.mkdir(parents=True, exist_ok=True)
    wanted = {unit.id for unit in units}
    gone = {id: unit for id, unit in state.units.items() if id not in wanted}
    con = convert.connect(scratch)
    fresh: dict[str, dict] = {}
    waiting: list[tuple[Path, Path]] = []  # quarantine files, put in place when all went well
    for done, unit in enumerate(units):
        if progress:
            progress(done, len(units), unit.shown)
        kept = state.units.get(unit.id)
        how = store.digest(store.VERSION, asdict(unit.source), settings.currency, settings.locale, _model(unit.source),
                           hashlib.sha256((secret or "").encode()).hexdigest())  # fmt: skip
        seen = {label: store.fingerprint(path, (kept or {}).get("files", {}).get(label))
                for label, path in unit.files.items()}  # fmt: skip
        same = kept and kept["how"] == how and seen and _hashes(seen) == _hashes(kept["files"])
        if same and all((state.pieces / p).is_file() for p in kept["pieces"].values()):
            fresh[unit.id] = kept | {"files": seen}
            report.files[unit.shown] = "as before"
            continue
        record, moved = _read(con, unit, settings, scratch, state, secret, how, seen)
        if kept and not unit.files and kept["content"] == record["content"] and kept["how"] == how:
            fresh[unit.id] = kept  # the same rows came from the database
            report.files[unit.shown] = "as before"
            continue
        state.came += 1
        record["came"] = state.came
        fresh[unit.id] = record
        waiting.append(moved)
        report.files[unit.shown] = "read"
    if progress:
        progress(len(units), len(units), "")
    state.units = fresh
    state.tables = _tables(fresh)
    _publish(con, state, before, waiting, gone, report)
    _sum(fresh, units, report)
    con.close()


def _publish(con, state: store.State, before: dict, waiting, gone: dict, report: IngestReport) -> None:
    """Put tables and quarantine in place; nothing has been changed before this."""
    tables = state.folder / "tables"
    for table in state.tables:
        store.own_only(tables / f"{table}.parquet")
    for part, target in waiting:
        target.parent.mkdir(parents=True, exist_ok=True)
        part.replace(target) if part.is_file() else target.unlink(missing_ok=True)
    for unit in gone.values():
        report.files[unit["shown"]] = "gone"
        (state.folder / unit["quarantine"]).unlink(missing_ok=True)
    for table, pieces in state.tables.items():
        if before.get(table) != pieces or not (tables / f"{table}.parquet").is_file():
            report.changed = True
            report.replaced += store.build(con, state, table)
    for table in set(before) - set(state.tables):
        report.changed = True
        store.remove(state, table)
    if report.changed or waiting or gone:
        report.changed = True
    state.write()
    for table in state.tables:
        path = store.literal(tables / f"{table}.parquet")
        report.tables[table] = con.execute(f"SELECT count(*) FROM read_parquet({path})").fetchall()[0][0]


def _read(con, unit: Unit, settings: Settings, scratch: Path, state, secret, how: str, seen: dict):
    """Read one unit into pieces; returns what state remembers of it and where its quarantine waits."""
    source, hasher = unit.source, hashlib.sha256()
    wanted = [f.column for t in source.targets for f in t.fields if f.column]
    options = source.options | {"_columns": wanted}
    if unit.url:
        raw = formats.open_sql(con, unit.url, source.query, hasher)
    elif source.files:
        shown = {label: _shown(path, settings.folder) for label, path in unit.files.items()}
        raw = reading.open_query(con, unit.files, source.query, options, scratch, shown)
    else:
        raw = reading.open_file(con, unit.files["path"], options, scratch)
    content = hasher.hexdigest() if unit.url else store.digest(_hashes(seen))
    stem = f"{source.name}--{store.digest(unit.id, how, content)}"
    pieces = {target.table: f"{stem}--{target.table}.parquet" for target in source.targets}
    part = scratch / f"{stem}.jsonl"
    target = settings.folder / "quarantine" / source.name / f"{_safe(unit)}.jsonl"
    job = convert.Job(
        con, source, raw, unit.shown, Path(unit.shown).name, {t: state.pieces / p for t, p in pieces.items()},
        part, settings.locale, secret,
    )  # fmt: skip
    taken = convert.convert(job)
    if _scored(source):
        _score(con, state.pieces / pieces["comments"])
    record = {
        "shown": unit.shown, "how": how, "files": seen, "content": content, "pieces": pieces,
        "quarantine": str(target.relative_to(settings.folder)), "rows_in": taken.rows, "taken": taken.taken,
        "skipped": taken.skipped, "quarantined": dict(taken.quarantined), "out": taken.out, "warnings": taken.warnings,
    }  # fmt: skip
    return record, (part, target)


def _scored(source: Source) -> bool:
    """Does this source bring comments that do not come with a feeling of their own?"""
    return any(t.table == "comments" and not any(f.name == "sentiment" for f in t.fields) for t in source.targets)


def _model(source: Source) -> str:
    """Which model scores a source's comments; another model scores them anew."""
    if not _scored(source):
        return ""
    from cx_helpers.intake import sentiment_model

    return store.fingerprint(Path(sentiment_model.SHIPPED))["sha256"]


def _score(con, piece: Path) -> None:
    """Add to a piece of comments how each one feels; rows and their order stay."""
    from cx_helpers.intake import sentiment

    file = pq.ParquetFile(piece)
    batches = pa.RecordBatchReader.from_batches(file.schema_arrow, file.iter_batches(5000))
    scored = sentiment.score_comments(batches)
    con.register("_scored", scored)
    convert.write_parquet(con, "SELECT * FROM _scored", "comments", piece)
    con.unregister("_scored")


def _units(source: Source, settings: Settings) -> list[Unit]:
    """The files that a source names now; SourceError where there is none."""
    if source.url:
        return [Unit(source.name, source, f"query {source.name}", {}, _database(expand(source.url), settings.folder))]
    if source.files:
        files = {label: _matches(path, source, settings) for label, path in source.files.items()}
        for label, found in files.items():
            if len(found) > 1:
                raise SourceError(f"source {source.name!r}: files.{label} matches {len(found)} files; name one")
        return [Unit(source.name, source, f"query {source.name}", {label: found[0] for label, found in files.items()})]
    found = sorted(_matches(source.path, source, settings), key=lambda path: (path.stat().st_mtime_ns, path.name))
    return [
        Unit(f"{source.name}:{_shown(path, settings.folder)}", source, _shown(path, settings.folder), {"path": path})
        for path in found
    ]


def _matches(pattern: str, source: Source, settings: Settings) -> list[Path]:
    given = str(settings.folder / Path(expand(pattern)).expanduser())
    found = [Path(p) for p in ([given] if Path(given).is_file() else glob.glob(given, recursive=True))]
    found = [p for p in found if p.is_file() and not p.name.startswith((".", "~$"))]
    if not found:
        raise SourceError(f"source {source.name!r}: no file matches {pattern!r} (looked in {Path(given).parent}); "
                          "put the export there or correct the path")  # fmt: skip
    return found


def _database(url: str, folder: Path) -> str:
    """A connection URL; a relative SQLite file is looked for in the workspace."""
    if found := re.fullmatch(r"(sqlite(?:\+\w+)?:///)(?!/|:memory:)(.+)", url):
        return f"{found[1]}{(folder / found[2]).resolve()}"
    return url


def _shown(path: Path, folder: Path) -> str:
    """A path as people see it: relative to the workspace where it lies in it, else its name."""
    try:
        return path.resolve().relative_to(folder.resolve()).as_posix()
    except ValueError:
        return path.name


def _safe(unit: Unit) -> str:
    return re.sub(r"[^\w.-]+", "_", unit.shown.removeprefix("sources/")) or "rows"


def _hashes(seen: dict[str, dict]) -> dict[str, str]:
    return {label: print_["sha256"] for label, print_ in seen.items()}


def _tables(units: dict[str, dict]) -> dict[str, list[str]]:
    tables: dict[str, list[str]] = {}
    for unit in sorted(units.values(), key=lambda unit: unit["came"]):
        for table, piece in unit["pieces"].items():
            tables.setdefault(table, []).append(piece)
    return tables


def _sum(fresh: dict[str, dict], units: list[Unit], report: IngestReport) -> None:
    for unit in units:
        kept = fresh[unit.id]
        of = report.sources.setdefault(
            unit.source.name, {"rows_in": 0, "taken": 0, "skipped": 0, "quarantined": Counter(), "out": Counter()}
        )
        for key in ("rows_in", "taken", "skipped"):
            of[key] += kept[key]
            setattr(report, key, getattr(report, key) + kept[key])
        of["quarantined"].update(kept["quarantined"])
        of["out"].update(kept["out"])
        report.quarantined.update(kept["quarantined"])
        report.warnings += kept["warnings"]
