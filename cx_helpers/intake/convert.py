"""What does each row of an export become?  A relation of texts in, rows of canonical tables and quarantined rows out.

A source row goes whole or not at all: where one of the tables it fills cannot take it, none does and the row waits in
quarantine.  So for every source:  rows in = rows taken + rows in quarantine + rows skipped on purpose.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from cx_helpers.intake import masking, messages, pseudonyms, quarantine
from cx_helpers.intake.faults import said
from cx_helpers.intake.fields import DELETED, NEWEST, SourceError, Target
from cx_helpers.intake.inner import INNER, TABLES
from cx_helpers.intake.mapping import Source
from cx_helpers.intake.staging import Job, stage, with_hash
from cx_helpers.intake.values import MACROS, SQL_TYPES, literal, name
from cx_helpers.tables import nearest

_TYPED = ("bad_number", "not_whole", "bad_time", "ambiguous_date", "time_out_of_range", "bad_boolean")  # no words there
SHARE = 20_000_000  # hashes that are sorted at a time: 160 MB of them
ORDER = {"touchpoints": ("customer_id", "occurred_at", "event_id")}  # of the rows of a table; else its key


@dataclass
class Taken:
    """What became of one file (or query): rows in, taken, quarantined by code, skipped, and rows out of each table."""

    rows: int = 0
    taken: int = 0
    skipped: int = 0
    quarantined: Counter = field(default_factory=Counter)
    out: dict[str, int] = field(default_factory=dict)
    warnings: list[dict] = field(default_factory=list)  # sentences in fa and en


def connect(scratch: Path, memory: str = "1600MB") -> duckdb.DuckDBPyConnection:
    """A DuckDB in memory that spills into `scratch` and knows how to read values (values.MACROS)."""
    con = duckdb.connect()
    con.execute(f"SET TimeZone = 'UTC'; SET memory_limit = '{memory}'; SET temp_directory = {literal(scratch)}")
    # a rewritten IN list becomes a join, and what CASE should reach for a few rows is then worked out for all
    con.execute("SET enable_progress_bar = false; SET disabled_optimizers = 'in_clause'")
    for macro in MACROS:
        con.execute(f"CREATE TEMP MACRO {macro}")
    masking.prepare(con)
    return con


def convert(job: Job) -> Taken:
    """Turn a relation of texts into one Parquet piece a table, and write what could not be read into quarantine."""
    if job.secret:
        pseudonyms.prepare(job.con, job.secret)
    try:
        return _convert(job)
    except duckdb.InvalidInputException as error:
        if job.raw.careful is None or "CSV" not in str(error):
            raise SourceError(f"{job.file}: {messages.reason(error)}") from None
        job.raw = job.raw.careful()
        return _convert(job)
    except (duckdb.BinderException, duckdb.ParserException, duckdb.CatalogException) as error:
        raise SourceError(f"source {job.source.name!r}: an expression is wrong: {messages.reason(error)}; "
                          f"columns there are: {messages.columns(job.raw.columns)}") from None  # fmt: skip
    except duckdb.ConversionException as error:
        where, said = f"source {job.source.name!r}, {job.file}", messages.reason(error)
        raise SourceError(f"{where}: an expression failed on a row: {said}; "
                          "write try_cast(…) so that such a row can go to quarantine") from None  # fmt: skip


def _convert(job: Job) -> Taken:
    con, source, taken = job.con, job.source, Taken()
    con.execute("CREATE OR REPLACE TEMP TABLE older (_rec BIGINT)")
    con.execute("CREATE OR REPLACE TEMP TABLE bad (_rec BIGINT, tab VARCHAR, problem VARCHAR)")
    if not source.targets:  # known, and of no use to any table
        taken.rows = taken.skipped = _one(con, f"SELECT count(*) FROM {job.raw.relation}")
        _quarantine(job, taken)
        taken.rows += len(job.raw.broken)
        return taken
    _missing_columns(job, taken)
    base = f"SELECT * FROM {job.raw.relation}"
    if source.skip:
        base = f"SELECT * FROM ({base}) WHERE NOT coalesce(({source.skip}), false)"
    if any(f.generate for t in source.targets for f in t.fields):
        base = with_hash(job, base)
    elif job.raw.bare and not source.skip and all(_row_for_row(target) for target in source.targets):
        base = None  # nothing needs to be numbered before it is read
    for number, target in enumerate(source.targets):
        taken.warnings += stage(job, target, base, number)
    for number, target in enumerate(source.targets):
        con.execute(f"INSERT INTO bad SELECT _rec, {literal(target.table)}, _problem FROM keys_{number} "
                    "WHERE _problem IS NOT NULL")  # fmt: skip
    if source.newest_by:
        _older(con, source)
    for number, target in enumerate(() if source.newest_by else source.targets):
        _repeated(con, number, target)
    counted = source.skip or _loses(source)
    taken.rows = _one(con, f"SELECT count(*) FROM {job.raw.relation}") if counted else None
    if _loses(source):
        seen = " UNION ALL ".join(f"SELECT _rec FROM stage_{n}" for n in range(len(source.targets)))
        con.execute(f"INSERT INTO bad SELECT _rec, NULL, 'no_table||' FROM ({base}) "
                    f"WHERE _rec NOT IN (SELECT _rec FROM ({seen}))")  # fmt: skip
    if source.skip:
        taken.skipped = taken.rows - _one(con, f"SELECT count(*) FROM ({base})")
    some_bad = _one(con, "SELECT count(DISTINCT _rec) FROM bad")
    if taken.rows is None:  # every source row stands in the first stage exactly once
        taken.rows = _one(con, "SELECT count(*) FROM stage_0")
    taken.skipped += _of_no_use(con, source, taken.rows - taken.skipped)
    older = _one(con, "SELECT count(*) FROM older")
    gone = f"{DELETED} AND _rec NOT IN (SELECT _rec FROM bad UNION ALL FROM older)"
    taken.skipped += older + (
        _one(con, f"SELECT count(DISTINCT _rec) FROM rows_0 WHERE {gone}") if source.deleted else 0
    )
    taken.taken = taken.rows - taken.skipped - some_bad
    for number, target in enumerate(source.targets):
        rows = _write(job, number, target, bool(some_bad or older))
        taken.out[target.table] = taken.out.get(target.table, 0) + rows
    _quarantine(job, taken)
    taken.rows += len(job.raw.broken)
    for number in range(len(source.targets)):
        con.execute(f"DROP VIEW rows_{number}; DROP VIEW keys_{number}; DROP TABLE stage_{number}")
    return taken


def _row_for_row(target: Target) -> bool:
    """Has the table one row for each row of the source, in the same order?"""
    constant = all(f.value is not None for f in target.fields)
    return not (target.when or target.split or constant)


def _older(con, source: Source) -> None:
    """Note the rows that are the newest in no table: their keys come again, with a later `newest_by` or below."""
    every, newest = [], []
    for number, target in enumerate(source.targets):
        if not target.per_key:
            good = f"SELECT _rec FROM rows_{number} WHERE _rec NOT IN (SELECT _rec FROM bad)"
            every.append(good)
            newest.append(good + _one_a_key(target, f"{NEWEST} DESC NULLS LAST, _rec DESC"))
    if every:
        con.execute(f"INSERT INTO older SELECT DISTINCT _rec FROM ({' UNION ALL '.join(every)}) "
                    f"WHERE _rec NOT IN ({' UNION ALL '.join(newest)})")  # fmt: skip


def _one_a_key(target: Target, order: str) -> str:
    """SQL that keeps, of the rows with one key, the first."""
    return f" QUALIFY row_number() OVER (PARTITION BY {', '.join(map(name, target.key))} ORDER BY {order}) = 1"


def _loses(source: Source) -> bool:
    """May a row end in no table at all, or in several rows of the first one?"""
    return all(t.when or t.split for t in source.targets) or bool(source.targets[0].when or source.targets[0].split)


def _of_no_use(con, source: Source, rows: int) -> int:
    """How many rows lack what every table needs of them (an empty text is no comment): left out, and nothing wrong."""
    if not all(target.needs for target in source.targets):
        return 0
    used = " UNION ALL ".join(f"SELECT _rec FROM keys_{n}" for n in range(len(source.targets)))
    return rows - _one(con, f"SELECT count(DISTINCT _rec) FROM ({used} UNION ALL SELECT _rec FROM bad)")


def _missing_columns(job: Job, taken: Taken) -> None:
    """Refuse a file that lacks a column it cannot do without; one that may be null is told of and stays empty."""
    if job.source.dialect:
        return  # recognised by the columns it needs; the others were told of then
    for target in job.source.targets:
        wanted = {f.column: f.required for f in target.fields if f.column not in (None, "_item", "_line", "_file")}
        wanted |= {target.split[0]: True} if target.split else {}
        for column, required in wanted.items():
            if column in job.raw.twice:
                taken.warnings.append(said(
                    fa="{file}: سرستون «{column}» بیش از یک بار آمده است؛ نخستین ستون خوانده شد (بقیه: {column}_2، …)",
                    en="{file}: several columns are called {column!r}; the first was read (others: {column}_2, …)",
                    file=job.file, column=column))  # fmt: skip
            if column in job.raw.columns:
                continue
            hint = nearest(column, job.raw.columns)
            if required and not job.raw.sparse:
                raise SourceError(f"source {job.source.name!r}, {job.file}: no column {column!r}{hint}; "
                                  f"columns: {messages.columns(job.raw.columns)}")  # fmt: skip
            taken.warnings.append(said(
                fa="{file}: ستون «{column}» نیست و خالی می‌ماند{hint}",
                en="{file}: no column {column!r}, it stays empty{hint}",
                file=job.file, column=column, hint=hint))  # fmt: skip


def _repeated(con, number: int, target: Target) -> None:
    """Of rows with one key the last stays; the others are repeated (or merged, where the mapping says per_key)."""
    key = ", ".join(name(c) for c in target.key)
    good = f"FROM keys_{number} WHERE _rec NOT IN (SELECT _rec FROM bad UNION ALL FROM older)"
    if not _one(con, "SELECT (SELECT count(*) FROM bad) + (SELECT count(*) FROM older)"):
        good = f"FROM keys_{number}"
    if target.per_key or _all_differ(con, f"SELECT hash({key}) AS h {good}"):
        return
    again = f"SELECT {key} {good} GROUP BY ALL HAVING count(*) > 1"
    con.execute(
        f"INSERT INTO bad SELECT DISTINCT _rec, {literal(target.table)}, 'repeated_key|{target.key[0]}|' || _last "
        f"FROM (SELECT _rec, max(_rec) OVER (PARTITION BY {key}) AS _last {good} "
        f"{'AND' if 'WHERE' in good else 'WHERE'} ({key}) IN ({again})) WHERE _rec < _last"
    )


def _all_differ(con, hashes: str) -> bool:
    """Does no hash come twice?  Equal keys have equal hashes; to sort numbers costs a tenth of counting texts.

    hashes  SQL of one column `h`; taken in shares of about SHARE rows, by what the hash leaves over
    """
    import numpy as np

    con.execute(f"CREATE OR REPLACE TEMP TABLE hashes AS {hashes}")
    shares = _one(con, "SELECT count(*) FROM hashes") // SHARE + 1
    parts = (con.execute(f"SELECT h FROM hashes WHERE h % {shares} = {i}").fetchnumpy()["h"] for i in range(shares))
    twice = any(np.any(np.diff(np.sort(part)) == 0) for part in parts)
    con.execute("DROP TABLE hashes")
    return not twice


def _write(job: Job, number: int, target: Target, some_out: bool) -> int:
    """Write the rows of a table that all tables took, in the table's order; returns how many."""
    rows = f"SELECT * FROM rows_{number}"
    kinds = {column: kind for column, kind, *_ in job.con.execute(f"DESCRIBE {rows}").fetchall()}
    columns = ", ".join(
        name(f.name)  # a text to whoever opens the file, and a number while rows are sorted
        if kinds[f.name].startswith("ENUM")
        else f"CAST({name(f.name)} AS {SQL_TYPES[f.type]}) AS {name(f.name)}"
        for f in target.fields
    )
    if some_out:
        rows += " WHERE _rec NOT IN (SELECT _rec FROM bad UNION ALL FROM older)"
    if target.per_key:
        rows += _one_a_key(target, f"_rec {'DESC' if target.per_key == 'last' else 'ASC'}")
    elif job.source.newest_by:
        rows += _one_a_key(target, f"{NEWEST} DESC NULLS LAST, _rec DESC")
    before = os.umask(0o077) if target.table in INNER else None  # people as they are: the owner's only
    try:
        return write_parquet(job.con, f"SELECT {columns} FROM ({rows})", target.table, job.pieces[number])
    finally:
        if before is not None:
            os.umask(before)


def write_parquet(con, sql: str, table: str, path: Path) -> int:
    """Write a canonical table in its order (touchpoints: customer_id, occurred_at, event_id; else its key)."""
    have = [column for column, *_ in con.execute(f"DESCRIBE {sql}").fetchall()]
    order = [c for c in ORDER.get(table, TABLES[table].key) if c in have]
    part = path.with_name(path.name + ".part")
    con.execute(
        f"COPY (SELECT * FROM ({sql}) ORDER BY {', '.join(map(name, order))}) TO {literal(part)} "
        f"(FORMAT parquet, KV_METADATA {{'cx.sorted_by': {literal(','.join(order))}, 'cx.made_by': 'cx ingest'}})"
    )
    part.replace(path)
    return _one(con, f"SELECT count(*) FROM read_parquet({literal(path)})")


def _quarantine(job: Job, taken: Taken) -> None:
    """Write the rows in `bad` and the broken lines, in the order of the file."""
    con = job.con
    rows = [{"file": b.file or job.file, "line": b.line, "table": None, "column": None, "value": None, "code": b.code,
             "row": {"raw": b.raw}} for b in job.raw.broken]  # fmt: skip
    bad = con.execute("SELECT _rec, first(tab), first(problem) FROM bad GROUP BY _rec ORDER BY _rec").fetchall()
    if bad:
        numbers = [rec for rec, _, _ in bad]
        later = [int(p.rsplit("|", 1)[1]) for _, _, p in bad if p.startswith("repeated_key")]
        lines = job.raw.lines(numbers + later)
        cursor = con.execute(f"SELECT * FROM {job.raw.relation} WHERE _rec IN (SELECT _rec FROM bad)")
        labels = [d[0] for d in cursor.description]
        came = {row["_rec"]: row for row in (dict(zip(labels, r, strict=True)) for r in cursor.fetchall())}
        secret = masking.secret_columns(job.source.targets)
        hidden = masking.key_columns(job.source.targets) | {*messages.may_name(job.raw.columns)}
        allowed = {(t.table, f.name): ", ".join(f.allowed) for t in job.source.targets for f in t.fields}
        for rec, table, problem in bad:
            code, column, value = problem.split("|", 2)
            if code == "repeated_key":
                value = str(lines.get(int(value), value))
            if code == "not_in_map":
                value = _shown(job, table, column, came[rec])
            if code != "repeated_key":
                beside = [came[rec].get(c) for c in hidden]
                value = messages.preview(value, (table, column) in secret, beside, job.locale, code in _TYPED)
            row = {k: v for k, v in came[rec].items() if k not in ("_rec", "_key")}
            if column == NEWEST:  # of ours; people know the column that it comes from
                column = next(
                    (f.column for t in job.source.targets for f in t.fields if f.name == NEWEST and f.column), ""
                )
            about = {"table": table, "column": column or None, "value": value or None, "code": code}
            rows.append({"file": job.file, "line": lines.get(rec), **about, "row": row,
                         "allowed": allowed.get((table, column))})  # fmt: skip
    rows.sort(key=lambda r: (str(r["file"]), int(r["line"] or 0)))
    for row in rows:
        about = {"column": row["column"], "value": row["value"], "allowed": row.pop("allowed", None)}
        row["reason"], row["remedy"] = quarantine.explain(row["code"], job.locale, **about)
        row |= {"part": job.part} if job.part else {}
        row["row"] = row.pop("row")
        taken.quarantined[row["code"]] += 1
    quarantine.write(job.quarantine, rows)


def _shown(job: Job, table: str, column: str, row: dict) -> str:
    """The value that a map lacks, as it came."""
    for target in job.source.targets:
        for f in target.fields:
            if (target.table, f.name) == (table, column) and f.column in row:
                return str(row[f.column])
    return ""


def _one(con, sql: str):
    return con.execute(sql).fetchall()[0][0]
