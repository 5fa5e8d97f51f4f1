"""How is one person forgotten?  Out of tables, state and quarantine at once, and never in again.

What is taken out: the rows that name the person by any of their ids, what belongs to their orders, requests and
answers, rows in quarantine and in the workspace's own lists of customers that hold a key of theirs, and their phone,
e-mail, number or name in what others wrote.  What stays: `sources/`, which is never changed, and what left the
workspace; the files that still hold the person are named.  `state/forgotten.json` keeps keyed hashes (tombstones), by
which every later ingest leaves the same person out.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from pathlib import Path

import pyarrow.parquet as pq

from cx_helpers.intake import (
    casebook,
    convert,
    exported,
    linked,
    mentioned,
    naming,
    pseudonyms,
    scrubbing,
    searching,
    store,
    tombstones,
    tracing,
)
from cx_helpers.intake.fields import SourceError
from cx_helpers.intake.forgotten import Forgotten
from cx_helpers.intake.inner import TABLES
from cx_helpers.intake.mapping import Source, as_source, read_sources
from cx_helpers.intake.naming import NotFound
from cx_helpers.intake.scrubbing import Moves
from cx_helpers.intake.tombstones import Tombstones
from cx_helpers.intake.tracing import File
from cx_helpers.settings import Settings, load_settings


def forget(folder: str | Path, customer: str, reports: Iterable[Path] = ()) -> Forgotten:
    """Forget the customer who is known by an id, a pseudonym, a phone or an e-mail.

    reports  where runs were published, beside `reports/` of the workspace
    Raises NotFound where nobody, or more than one, is known by it; Busy while an ingest is at work; and where the
    tables are held by a database that is only read.
    """
    settings = load_settings(folder)
    sources = read_sources(settings)
    if settings.database:
        raise SourceError(
            f"the tables are held by {settings.database.name}, which cx only reads; delete the person's rows there, "
            "in each table with customer_id (and identities, order_items), then CHECKPOINT"
        )
    reports = [*reports, settings.folder / "reports"]
    with (
        store.lock(settings.folder),
        store.scratch(settings.folder) as scratch,
        contextlib.closing(convert.connect(scratch)) as con,
    ):
        return _forget(con, settings, sources, customer.strip(), reports, scratch)


def _forget(con, settings: Settings, sources: list[Source], customer: str, reports, scratch: Path) -> Forgotten:
    folder, secret = settings.folder, pseudonyms.secret(settings.folder)
    pseudonyms.prepare(con, secret)
    forms = tracing.forms(settings.privacy["pseudonyms"], prefixes(sources))
    stones = tombstones.read(folder) or Tombstones(folder, secret)
    state = store.State.read(folder)
    if not stones.settled:
        settle(con, stones, forms, state, state.units)
    files, moves = held(folder), Moves()
    lists = [path.relative_to(folder).as_posix() for path in exported.inside(folder)]
    again = Tombstones(folder, secret)  # of this person alone: what is searched for now
    again.add_names(*naming.names(con, files, customer, forms, settings.privacy["pseudonyms"]))
    try:
        tracing.trace(con, files, again, forms)
        called = mentioned.find(con, files, again)
        masked = called.names.masked if called.names else str
        said = searching.words_of(con, files) | called.own
        clear(con, folder, files, forms, moves, masked)
        found = searching.in_sources(con, settings, sources, forms, scratch)
        casebook.forget(folder, lambda texts: tracing.known(con, texts, ["x"]), masked)
        if not (moves.waiting or found.places or again.hashes <= stones.hashes):
            raise NotFound(
                "nobody is known here by what you gave: no id or pseudonym of tables/, no phone or e-mail of "
                "identities, and no row of sources/; nothing has changed"
            )
        stones.people += not again.hashes <= stones.hashes
        stones.hashes |= again.hashes
        _settled(stones, moves, state, state.units)
    except BaseException:
        moves.dropped()
        raise
    if state.units:
        state.write()  # pieces that nothing needs go, too
    report = Forgotten(locale=settings.locale, sources=found.places, unread=found.unread)
    report.removed, report.covered = moves.told(folder)
    report.masked, report.namesakes = called.masked, called.told
    report.cleared = [name for name in lists if name in report.removed]
    report.elsewhere = searching.elsewhere(con, folder, forms, {p.file for p in found.places}, report.unread)
    report.lists, report.gone = searching.in_lists(con, folder, forms, set(report.elsewhere))
    report.runs, report.quoted = searching.in_reports(con, reports, said)
    return report


def _settled(stones: Tombstones, moves: Moves, state: store.State, units: dict[str, dict]) -> None:
    """Remember first, then put the cleared files in place: what a kill leaves undone the next ingest settles."""
    stones.settled = False
    stones.write()
    carried = linked.carried(state)
    moves.done()
    if carried:  # tables have lost the person as the links have: the next ingest has nothing to do
        linked.remember(state)
    stones.settled = True
    stones.write()
    for unit in units.values():
        _discount(unit, moves.rows.get(stones.folder / unit["quarantine"], ()))
    for table, left in state.left.items():
        path = stones.folder / "tables" / f"{table}.parquet"
        if path in moves.removed:
            left["rows"] = pq.read_metadata(path).num_rows
            if not left["rows"]:  # no row is no table
                store.remove(state, table)


def _discount(unit: dict, rows) -> None:
    """Rows that left quarantine are no longer counted, so that the counts still add up."""
    for row in rows:
        unit["quarantined"][row["code"]] -= 1
        unit["rows_in"] -= 1
    unit["quarantined"] = {code: n for code, n in unit["quarantined"].items() if n > 0}


def settle(con, stones: Tombstones, forms: list[str], state: store.State, units: dict[str, dict]) -> None:
    """Clear the whole workspace of all who are forgotten: after a kill, or when an ingest found more of theirs.

    state, units  what is remembered of tables and of each file; the caller writes it
    """
    files, moves = held(stones.folder), Moves()
    try:
        tracing.trace(con, files, stones, forms)
        names = mentioned.find(con, files, stones).names
        clear(con, stones.folder, files, forms, moves, names.masked if names else str)
        _settled(stones, moves, state, units)
    except BaseException:
        moves.dropped()
        raise


def keep_out(con, settings: Settings, sources: list[Source], state: store.State, units: dict, read: list) -> None:
    """Take the forgotten out of what an ingest has just read, before it is put in place.

    units  what will be remembered of each file;  read  of those that were read now: that, and where quarantine waits
    """
    stones = tombstones.read(settings.folder)
    if stones is None:
        return
    pseudonyms.prepare(con, stones.secret)
    forms = tracing.forms(settings.privacy["pseudonyms"], prefixes(sources))
    files = {
        File(state.pieces / p["file"], p["table"], p["via"]): record for record, _ in read for p in record["pieces"]
    }
    known, moves = set(stones.hashes), Moves()
    tracing.trace(con, _in_order(files), stones, forms)
    names = mentioned.find(con, files, stones, held(settings.folder)).names
    masked = names.masked if names else str
    for file in files:
        scrubbing.parquet(file, moves)
    for record, waiting in read:
        if waiting.is_file():
            scrubbing.jsonl(waiting, of_quarantine(con, waiting, forms), moves, masked)
            _discount(record, moves.rows.get(waiting, ()))
    for path, record in [*((file.path, record) for file, record in files.items()), *((w, r) for r, w in read)]:
        record["forgotten"] = record.get("forgotten", 0) + moves.removed.get(path, 0)
    moves.done()
    if stones.hashes != known or not stones.settled:  # more of theirs came: what was read before may name it
        settle(con, stones, forms, state, units)


def prefixes(sources: list[Source]) -> set[str]:
    """What systems write before ids of their own."""
    every = [s for source in sources for s in [source, *(as_source(source, d) for d in source.dialects)]]
    return {f.prefix for s in every for t in s.targets for f in t.fields if f.prefix}


def held(folder: Path) -> list[File]:
    """The Parquet files of tables/ and state/, things before what names them."""
    via = {p["file"]: p["via"] for unit in store.State.read(folder).units.values() for p in unit["pieces"]}
    found = []
    for path in sorted((folder / "tables").rglob("*.parquet")):
        at = path.relative_to(folder / "tables").parts[0]
        found.append(File(path, at.removesuffix(".parquet")))
    for path in sorted((folder / "state").rglob("*.parquet")):
        table = path.stem.rsplit("--", 1)[-1]
        found.append(File(path, table if table in TABLES else "", via.get(path.name, {})))
    return _in_order(found)


def _in_order(files: Iterable[File]) -> list[File]:
    """Files of people and things before those that name them."""
    return sorted(files, key=lambda file: file.table not in ("identities", *tracing.THINGS.values()))


def clear(con, folder: Path, files: Iterable[File], forms: list[str], moves: Moves, masked=str) -> None:
    """Work out all files of a workspace without the people whom the connection's tombstones tell.

    masked  takes a text and returns it without their names
    """
    for left in folder.rglob(".*.forgetting"):  # by one that was killed
        left.unlink()
    for file in files:
        scrubbing.parquet(file, moves)
    for path in sorted((folder / "quarantine").rglob("*.jsonl")):
        scrubbing.jsonl(path, of_quarantine(con, path, forms), moves, masked)
    how = {".csv": scrubbing.table, ".json": scrubbing.document, ".jsonl": scrubbing.lines}
    lists = exported.inside(folder)  # in them a person stands as the vendor knows them, not by a pseudonym
    for path in lists:
        scrubbing.table(path, tracing.known(con, searching.texts_in(path), forms).__contains__, moves)
    for path in sorted((folder / "state").rglob("*")):
        if path.suffix in how and path not in lists and path.name not in ("ingest.json", "forgotten.json"):
            hits = tracing.known(con, searching.texts_in(path), ["x"])
            how[path.suffix](path, hits.__contains__, moves, masked)


def of_quarantine(con, path: Path, forms: list[str]) -> Callable[[dict], bool]:
    """Does a row of quarantine hold a key of a forgotten person?"""
    hits = tracing.known(con, set().union(*map(tracing.cells, searching.json_lines(path))), forms)
    return lambda row: bool(hits & tracing.cells(row))
