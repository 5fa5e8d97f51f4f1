"""What does one file give?  Its tables become pieces of ours, its broken rows go to quarantine, and all are counted."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from cx_helpers.intake import (
    convert,
    formats,
    merge,
    messages,
    own_words,
    raw,
    reading,
    recognising,
    store,
    strays,
    units,
)
from cx_helpers.intake.faults import FileFault
from cx_helpers.intake.mapping import Source, as_source
from cx_helpers.intake.recognising import Part
from cx_helpers.intake.units import Unit
from cx_helpers.settings import Settings


def take(con, unit: Unit, settings: Settings, scratch: Path, state, secret: str | None, how: str, seen: dict):
    """Read one unit into pieces; returns what state remembers of it and where its quarantine waits."""
    try:
        return _take(con, unit, settings, scratch, state, secret, how, seen)
    except (duckdb.Error, pa.ArrowException, UnicodeError, PermissionError, FileNotFoundError) as error:
        raise FileFault(unit.shown, "cannot_read", why=messages.reason(error)) from error
    finally:
        raw.forget(con, "raw", "read", "again")


def _take(con, unit: Unit, settings: Settings, scratch: Path, state, secret: str | None, how: str, seen: dict):
    hasher = hashlib.sha256()
    parts, faults = parts_of(con, unit, settings, scratch, hasher)
    content = hasher.hexdigest() if unit.url else store.digest(hashes(seen))
    stem = f"{unit.source.name}--{store.digest(unit.id, how, content)}"
    waiting = scratch / f"{stem}.jsonl"
    waiting.unlink(missing_ok=True)
    target = settings.folder / "quarantine" / unit.source.name / f"{units.safe(unit)}.jsonl"
    record = {
        "shown": unit.shown, "source": unit.source.name, "how": how, "files": seen, "content": content, "pieces": [],
        "quarantine": str(target.relative_to(settings.folder)), "rows_in": 0, "taken": 0, "skipped": 0,
        "quarantined": Counter(), "out": Counter(), "warnings": [], "faults": faults, "dialects": [], "columns": [],
        "header": [],
    }  # fmt: skip
    for number, part in enumerate(parts):
        pieces = _pieces(part.source, f"{stem}--{number}")
        one = scratch / f"{stem}--{number}.jsonl"
        job = convert.Job(
            con, part.source, part.raw, unit.shown, Path(unit.shown).name, [state.pieces / p["file"] for p in pieces],
            one, settings.locale, secret, part.name, settings.privacy["redact_text"],
        )  # fmt: skip
        taken = convert.convert(job)
        for piece in pieces:
            if piece["table"] == "comments":
                _read(con, state.pieces / piece["file"], settings.folder, scored(part.source))
            record["warnings"] += strays.told(con, state.pieces / piece["file"], piece["table"], unit.shown)
        record["pieces"] += _filled(state, pieces) if part.source.dialect else pieces
        record["rows_in"] += taken.rows
        record["taken"] += taken.taken
        record["skipped"] += taken.skipped
        record["quarantined"].update(taken.quarantined)
        record["out"].update(taken.out)
        record["warnings"] += [*part.warnings, *taken.warnings]
        record["faults"] += part.raw.faults
        record["header"] += messages.listed(part.raw.columns) if not part.source.dialect else []
        strange = {what: found for what, names in part.columns.items() if (found := messages.listed(names))}
        record["columns"] += [{"table": part.name, **strange}] if strange else []
        record["dialects"] += [part.source.dialect] if part.source.dialect else []
        _append(one, waiting)
    record |= {key: dict(record[key]) for key in ("quarantined", "out")}
    return record, (waiting, target)


def parts_of(con, unit: Unit, settings: Settings, scratch: Path, hasher) -> tuple[list[Part], list[dict]]:
    """The tables of a unit, and what is to be said of those that could not be read."""
    source = unit.source
    if unit.url:
        return [Part(source, formats.open_sql(con, unit.url, source.query, hasher))], []
    options = source.options | {"_columns": [f.column for t in source.targets for f in t.fields if f.column]}
    if source.files:
        shown = {label: units.shown(path, settings.folder) for label, path in unit.files.items()}
        return [Part(source, reading.open_query(con, unit.files, source.query, options, scratch, shown))], []
    path = units.unzipped(unit, scratch)
    if source.dialects:
        return recognising.open_parts(con, unit, path, scratch)
    wanted = [column for column in options["_columns"] if not column.startswith("_")]
    wanted += [target.split[0] for target in source.targets if target.split]
    return [Part(source, raw.spelled(reading.open_file(con, path, options, scratch), wanted))], []


def _pieces(source: Source, stem: str) -> list[dict]:
    found, kind = [], "/".join(filter(None, (source.name, source.dialect)))
    for number, target in enumerate(source.targets):
        among = [i for i, t in enumerate(source.targets) if t.table == target.table]
        nth = f"/{among.index(number) + 1}" if len(among) > 1 else ""
        found.append(merge.about(target, f"{stem}--{number}--{target.table}.parquet", kind + nth))
    return found


def _filled(state, pieces: list[dict]) -> list[dict]:
    """The pieces that hold a row: what a dialect might have told and did not makes no empty table."""
    filled = []
    for piece in pieces:
        path = state.pieces / piece["file"]
        if pq.read_metadata(path).num_rows:
            filled.append(piece)
        else:
            path.unlink()
    return filled


def _append(part: Path, whole: Path) -> None:
    """Add a part's quarantine to that of its file; both are their owner's only."""
    if not part.is_file():
        return
    if not whole.is_file():
        part.replace(whole)
        return
    with whole.open("ab") as out:
        out.write(part.read_bytes())
    part.unlink()


def hashes(seen: dict[str, dict]) -> dict[str, str]:
    """The hashes of a unit's files."""
    return {label: print_["sha256"] for label, print_ in seen.items()}


def scored(source: Source) -> bool:
    """Does this source bring comments that do not come with a feeling of their own?"""
    return any(not any(f.name == "sentiment" for f in target.fields) for target in _comments(source))


def _comments(source: Source) -> list:
    """What of a source becomes comments."""
    targets = [t for s in [source, *(as_source(source, d) for d in source.dialects)] for t in s.targets]
    return [target for target in targets if target.table == "comments"]


def how(unit: Unit, settings: Settings, secret: str | None) -> str:
    """By what a unit is read: anything of it that changes reads the unit anew."""
    hidden = hashlib.sha256((secret or "").encode()).hexdigest()
    redact = settings.privacy["redact_text"]
    return store.digest(
        store.VERSION,
        asdict(unit.source),
        settings.currency,
        settings.locale,
        _model(unit.source, settings.folder),
        _aspects(unit.source, settings.folder),
        hidden,
        redact,
    )


def _model(source: Source, folder: Path) -> str:
    """Which model scores a source's comments; another model scores them anew."""
    if not scored(source):
        return ""
    from cx_helpers.intake import sentiment_versions

    return sentiment_versions.fingerprint(folder)


def _aspects(source: Source, folder: Path) -> str:
    """By which words of the company's own aspects are found; other words find them anew."""
    own = folder / own_words.ASPECTS
    return store.fingerprint(own)["sha256"] if _comments(source) and own.is_file() else ""


def _read(con, piece: Path, folder: Path, scored: bool) -> None:
    """Add to a piece of comments how each one feels, and the aspects it names; rows and their order stay."""
    from cx_helpers.intake import aspect_table, aspects, sentiment, sentiment_versions

    file = pq.ParquetFile(piece)
    comments = pa.RecordBatchReader.from_batches(file.schema_arrow, file.iter_batches(5000))
    if scored:
        comments = sentiment.score_comments(comments, sentiment_versions.chosen(folder, "model"))
    read = aspects.name_topics(comments, aspect_table.load(folder))
    con.register("_read", read)
    convert.write_parquet(con, "SELECT * FROM _read", "comments", piece)
    con.unregister("_read")
