"""Where does the data come from?  `load` turns the sources of a workspace into canonical tables and quarantine."""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq

from cx_helpers import whereabouts
from cx_helpers.intake import (
    casebook,
    convert,
    forgetting,
    linked,
    merge,
    messages,
    own_words,
    pseudonyms,
    quarantine,
    sentiment_choice,
    store,
    taking,
    units,
)
from cx_helpers.intake.faults import said, words
from cx_helpers.intake.inner import INNER
from cx_helpers.intake.mapping import Source, SourceError, read_sources
from cx_helpers.intake.outcome import IngestReport
from cx_helpers.intake.start import init  # noqa: F401  part of what this module offers
from cx_helpers.intake.units import Unit
from cx_helpers.settings import Settings, load_settings
from cx_helpers.wording import raw, say

MOST = 0.5  # share of a file's rows in quarantine, beyond which the file counts as not read
SHORTER = 0.9  # of the rows that a file had: with fewer, that it is shorter is told
Progress = Callable[[int, int, str], None]  # done, of how many, what is read now
Told = Callable[[str, str, int, float], None]  # a file, what became of it (report.files), rows in, seconds


def load(folder: str | Path, *, progress: Progress | None = None, told: Told | None = None) -> IngestReport:
    """Read what is new in the sources of a workspace into tables/ and quarantine/.

    folder    the workspace's;  progress  called as (done, of how many, what is read now)
    told      called as (file, outcome, rows in, seconds) when a file is through
    Running it twice changes nothing.  A kill at any moment leaves every table as it was or as it will be.
    A file that cannot be read stops no other: it is told of in the report's `problems`, and what it gave before stays.
    Raises WorkspaceError (SourceError) when the mapping is wrong or no file can be read, AspectsError when aspects.yaml
    is broken; then nothing has changed.  A broken urgent.yaml, which only reports read, is one of `problems`.
    """
    settings = load_settings(folder)
    sources = read_sources(settings)
    report = IngestReport(locale=settings.locale)
    folder = settings.folder
    report.problems += own_words.faults(folder)
    if not sources:
        kept = store.State.read(folder)
        if not kept.units:
            report.nothing = True
            return report
    if settings.database:
        raise SourceError(
            f"the engine holds the tables in {settings.database.name}, so no report would read what cx ingest writes "
            "into tables/; leave `engine` out of workspace.yaml, or `sources`"
        )
    with store.lock(folder), store.scratch(folder) as scratch, contextlib.closing(convert.connect(scratch)) as con:
        _run(con, sources, settings, scratch, report, progress, told)
        sentiment_choice.ingested(folder)
        _settle(con, settings, store.State.read(folder))
    report.questions = whereabouts.questions(folder)
    return report


def _settle(con, settings: Settings, state: store.State) -> None:
    """Bring back what was done with cases, where there are any: only then is what scores feelings imported."""
    if casebook.place(settings.folder).is_file() or state.of("cases"):
        from cx_helpers.intake import cases

        cases.settle(con, settings, state)


def _found(sources: list[Source], settings: Settings, report: IngestReport) -> tuple[list[Unit], set[str], list]:
    """All units of all sources, the names of sources that have none, and the errors that say so."""
    found, without, errors = [], set(), []
    for source in sources:
        try:
            found += units.find(source, settings)
        except SourceError as error:
            without.add(source.name)
            errors.append(error)
            report.problems.append(words(error))
    return found, without, errors


def _run(con, sources: list[Source], settings: Settings, scratch: Path, report: IngestReport, progress, told) -> None:
    folder, state = settings.folder, store.State.read(settings.folder)
    found, without, errors = _found(sources, settings, report)
    before = {table: list(pieces) for table, pieces in state.tables.items()}
    secret = pseudonyms.secret(folder) if settings.privacy["pseudonyms"] else None
    if secret and (weak := pseudonyms.weakness(secret)):
        report.warnings.append(weak)
    state.pieces.mkdir(parents=True, exist_ok=True)
    wanted = {unit.id for unit in found}
    stays = {id: unit for id, unit in state.units.items() if unit["source"] in without}
    gone = {id: unit for id, unit in state.units.items() if id not in wanted and id not in stays}
    fresh: dict[str, dict] = dict(stays)
    waiting: list[tuple[Path, Path]] = []  # quarantine files, put in place when all went well
    read: list[tuple[dict, Path]] = []
    heads: dict[str, set[str]] = {}  # source: columns that its files had
    for unit in state.units.values():
        heads.setdefault(unit["source"], set()).update(unit.get("header", ()))

    def read_one(unit: Unit) -> None:
        kept = state.units.get(unit.id)
        how = taking.how(unit, settings, secret)
        seen = {label: store.fingerprint(path, (kept or {}).get("files", {}).get(label))
                for label, path in unit.files.items()}  # fmt: skip
        same = kept and kept["how"] == how and seen and taking.hashes(seen) == taking.hashes(kept["files"])
        if same and all(store.is_whole(state.pieces / p["file"]) for p in kept["pieces"]):
            fresh[unit.id] = kept | {"files": seen}
            report.files[unit.shown] = "as before"
            return
        try:
            record, moved = taking.take(con, unit, settings, scratch, state, secret, how, seen)
        except SourceError as error:
            errors.append(error)
            _failed(unit, error, kept, fresh, report)
            return
        read.append((record, moved[0]))
        if kept and not unit.files and kept["content"] == record["content"] and kept["how"] == how:
            fresh[unit.id] = kept  # the same rows came from the database
            report.files[unit.shown] = "as before"
            return
        if kept and not unit.url and record["rows_in"] < SHORTER * kept["rows_in"]:
            report.warnings.append(_shorter(unit, kept["rows_in"], record["rows_in"]))
        record["warnings"] += _new_columns(unit, record, heads.get(unit.source.name))
        state.came += 1
        record["came"] = state.came
        fresh[unit.id] = record
        waiting.append(moved)
        report.files[unit.shown] = "read"

    for done, unit in enumerate(found):
        begun = time.monotonic()
        if progress:
            progress(done, len(found), unit.shown)
        read_one(unit)
        if told:
            rows = fresh.get(unit.id, {}).get("rows_in", 0)
            told(unit.shown, report.files[unit.shown], rows, time.monotonic() - begun)
    if errors and not any(how in ("read", "as before") for how in report.files.values()):
        raise errors[0] if len(errors) == 1 else SourceError("\n".join(map(str, errors)))
    if progress:
        progress(len(found), len(found), "")
    forgetting.keep_out(con, settings, sources, state, fresh, read)
    state.units = fresh
    state.tables = _tables(fresh)
    relinked = linked.relink(con, state, scratch, report)
    _publish(con, state, before, waiting, gone, report, relinked)
    _sum(folder, fresh, report)
    store.write_columns(folder, {unit["shown"]: unit.get("columns", []) for unit in fresh.values()})


def _shorter(unit: Unit, before: int, now: int) -> dict:
    """That a file came again with far fewer rows: an export that broke off takes rows out of the tables."""
    return say(
        fa="{file}: اکنون {now} سطر دارد و پیش‌تر {before} سطر داشت؛ آنچه دیگر در آن نیست از جدول‌ها برداشته شد. اگر این "
        "خروجی ناقص است، فایل کامل را بگذارید و دوباره cx ingest را اجرا کنید",
        en="{file}: {now} rows now, {before} before; what it no longer holds has left the tables. If this export broke "
        "off, put the whole file in its place and run cx ingest again",
        file=raw(unit.shown), now=now, before=before,
    )  # fmt: skip


def _new_columns(unit: Unit, record: dict, known: set[str] | None) -> list[dict]:
    """That a file has columns which no file of its source had, and which no mapping reads."""
    mapped = {f.column for target in unit.source.targets for f in target.fields}
    asked = " ".join(f.expr for target in unit.source.targets for f in target.fields if f.expr)
    new = [c for c in record["header"] if c not in mapped and c not in asked and known and c not in known]
    return [said(
        fa="{file}: این ستون‌ها تازه‌اند و هیچ نگاشتی آن‌ها را نمی‌خواند: {columns}. زیر columns نگاشتشان کنید، یا برای "
        "نگه‌داشتن همان‌گونه که هستند زیر keep بنویسید",
        en="{file}: these columns are new and no mapping reads them: {columns}. Map them under `columns`, or list them "
        "under `keep` to have them as they are",
        file=unit.shown, columns=messages.columns(new))] if new else []  # fmt: skip


def _failed(unit: Unit, error: SourceError, kept: dict | None, fresh: dict, report: IngestReport) -> None:
    """Tell of a file that cannot be read; what it gave when it could stays."""
    report.files[unit.shown] = "failed"
    report.problems.append(words(error))
    if kept:
        fresh[unit.id] = kept
        report.problems.append(said(
            fa="{file}: سطرهایی که پیش‌تر داده بود سر جای خود ماند", en="{file}: the rows it gave before stay",
            file=unit.shown))  # fmt: skip


def _publish(con, state: store.State, before: dict, waiting, gone: dict, report: IngestReport, relinked: bool) -> None:
    """Put tables and quarantine in place; nothing has been changed before this.  relinked: people are others now"""
    tables = state.folder / "tables"
    ours = [table for table in state.tables if table not in INNER]
    for table in ours:
        store.own_only(tables / f"{table}.parquet")
    for part, target in waiting:
        quarantine.place(part, target)
    for unit in gone.values():
        report.files[unit["shown"]] = "gone"
        (state.folder / unit["quarantine"]).unlink(missing_ok=True)
    other = {table for table in {*before, *state.tables} if before.get(table) != state.tables.get(table)}
    for table in ours:
        path, left = tables / f"{table}.parquet", state.left.get(table, {})
        if relinked or table in other or other & _needs(state, table) or (not path.is_file() and left.get("rows") != 0):
            report.changed = True
            left = vars(store.build(con, state, table)) | {"rows": pq.read_metadata(path).num_rows}
            state.left[table] = left
        if left.get("rows") == 0:  # no row is no table: a report that needs it says so, instead of showing nothing
            store.remove(state, table)
    for table in set(before) - set(state.tables) - set(INNER):
        report.changed = True
        state.left.pop(table, None)
        store.remove(state, table)
    if report.changed or waiting or gone:
        report.changed = True
    state.write()
    report.tables = {table: state.left[table]["rows"] for table in ours if state.left[table]["rows"]}
    report.left = {table: state.left[table] for table in ours if table in state.left}


def _needs(state: store.State, table: str) -> set[str]:
    """The tables that a table is put together with, and those that these are."""
    found, asked = set(), {table}
    while asked:
        found |= asked
        asked = {n for t in asked for n in merge.needs(t, state.of(t))} - found
    return found


def _tables(units: dict[str, dict]) -> dict[str, list[str]]:
    tables: dict[str, list[str]] = {}
    for unit in sorted(units.values(), key=lambda unit: unit["came"]):
        for piece in unit["pieces"]:
            tables.setdefault(piece["table"], []).append(piece["file"])
    return tables


def _sum(folder: Path, fresh: dict[str, dict], report: IngestReport) -> None:
    for kept in fresh.values():
        for key, row in (quarantine.groups(folder / kept["quarantine"]) if kept["quarantined"] else {}).items():
            quarantine.add(report.wrong, (kept["source"], *key), row, row["n"], row["values"])
        of = report.sources.setdefault(
            kept["source"], {"rows_in": 0, "taken": 0, "skipped": 0, "quarantined": Counter(), "out": Counter()}
        )
        report.forgotten += kept.get("forgotten", 0)
        for key in ("rows_in", "taken", "skipped"):
            of[key] += kept[key]
            setattr(report, key, getattr(report, key) + kept[key])
        of["quarantined"].update(kept["quarantined"])
        of["out"].update(kept["out"])
        report.quarantined.update(kept["quarantined"])
        report.warnings += kept["warnings"]
        report.problems += kept["faults"]
        bad = sum(kept["quarantined"].values())
        if bad > MOST * kept["rows_in"]:
            report.problems.append(_mostly_out(kept, bad))


def _mostly_out(kept: dict, bad: int) -> dict:
    """That a file gave hardly anything: what is told of a few broken rows would be passed over."""
    return say(
        fa="{file}: از {rows} سطر آن {bad} سطر پذیرفته نشد و در قرنطینه است؛ بیشترِ این فایل در هیچ گزارشی نیست",
        en="{file}: not taken and in quarantine: {bad} of its {rows} rows; no report knows most of this file",
        file=raw(kept["shown"]), rows=kept["rows_in"], bad=bad,
    )  # fmt: skip
