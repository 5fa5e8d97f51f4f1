"""What does each row of an export become?  A relation of texts in, rows of canonical tables and quarantined rows out.

A source row goes whole or not at all: where one of the tables it fills cannot take it, none does and the row waits in
quarantine.  So for every source:  rows in = rows taken + rows in quarantine + rows skipped on purpose.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from cx_helpers.intake import pseudonyms, quarantine
from cx_helpers.intake.mapping import Field, Source, SourceError, Target
from cx_helpers.intake.reading import Raw
from cx_helpers.intake.values import MACROS, SQL_TYPES, is_quick, literal, name, quick, thorough
from cx_helpers.tables import TABLES, nearest

ORDER = {"touchpoints": ("customer_id", "occurred_at", "event_id")}  # of the rows of a table; else its key


@dataclass
class Taken:
    """What became of one file (or query): rows in, taken, quarantined by code, skipped, and rows out of each table."""

    rows: int = 0
    taken: int = 0
    skipped: int = 0
    quarantined: Counter = field(default_factory=Counter)
    out: dict[str, int] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


def connect(scratch: Path, memory: str = "1GB") -> duckdb.DuckDBPyConnection:
    """A DuckDB in memory that spills into `scratch` and knows how to read values (values.MACROS)."""
    con = duckdb.connect()
    con.execute(f"SET TimeZone = 'UTC'; SET memory_limit = '{memory}'; SET temp_directory = {literal(scratch)}")
    con.execute("SET enable_progress_bar = false")
    for macro in MACROS:
        con.execute(f"CREATE TEMP MACRO {macro}")
    return con


@dataclass
class Job:
    """One file (or query) on its way: where its rows come from, and where pieces and quarantine go."""

    con: duckdb.DuckDBPyConnection
    source: Source
    raw: Raw
    file: str  # as quarantine names it
    stamp: str  # of generated keys: the file's own name
    pieces: dict[str, Path]  # table: where its rows go
    quarantine: Path
    locale: str = "en"
    secret: str | None = None  # personal keys become pseudonyms


def convert(job: Job) -> Taken:
    """Turn a relation of texts into one Parquet piece a table, and write what could not be read into quarantine."""
    if job.secret:
        job.con.execute(f"SET VARIABLE cx_key = {literal(job.secret)}")
    try:
        return _convert(job)
    except duckdb.InvalidInputException as error:
        if job.raw.careful is None or "CSV" not in str(error):
            raise SourceError(f"{job.file}: {_first(error)}") from None
        job.raw = job.raw.careful()
        return _convert(job)
    except (duckdb.BinderException, duckdb.ParserException, duckdb.CatalogException) as error:
        raise SourceError(f"source {job.source.name!r}: an expression is wrong: {_first(error)}; "
                          f"columns there are: {', '.join(job.raw.columns)}") from None  # fmt: skip
    except duckdb.ConversionException as error:
        raise SourceError(f"source {job.source.name!r}, {job.file}: an expression failed on a row: {_first(error)}; "
                          "write try_cast(…) so that such a row can go to quarantine") from None  # fmt: skip


def _convert(job: Job) -> Taken:
    con, source, taken = job.con, job.source, Taken()
    _missing_columns(job, taken)
    base = f"SELECT * FROM {job.raw.relation}"
    if source.skip:
        base = f"SELECT * FROM ({base}) WHERE NOT coalesce(({source.skip}), false)"
    if any(f.generate for t in source.targets for f in t.fields):
        base = _with_hash(job, base)
    for number, target in enumerate(source.targets):
        _stage(job, target, base, number)
    con.execute("CREATE OR REPLACE TEMP TABLE bad (_rec BIGINT, tab VARCHAR, problem VARCHAR)")
    for number, target in enumerate(source.targets):
        con.execute(f"INSERT INTO bad SELECT _rec, {literal(target.table)}, _problem FROM rows_{number} "
                    "WHERE _problem IS NOT NULL")  # fmt: skip
    for number, target in enumerate(source.targets):
        _repeated(con, number, target)
    taken.rows = _one(con, f"SELECT count(*) FROM {job.raw.relation}") if source.skip or _loses(source) else None
    if _loses(source):
        seen = " UNION ALL ".join(f"SELECT _rec FROM stage_{n}" for n in range(len(source.targets)))
        con.execute(f"INSERT INTO bad SELECT _rec, NULL, 'no_table||' FROM ({base}) "
                    f"WHERE _rec NOT IN (SELECT _rec FROM ({seen}))")  # fmt: skip
    if source.skip:
        taken.skipped = taken.rows - _one(con, f"SELECT count(*) FROM ({base})")
    some_bad = _one(con, "SELECT count(DISTINCT _rec) FROM bad")
    if taken.rows is None:  # every source row stands in the first stage exactly once
        taken.rows = _one(con, "SELECT count(*) FROM stage_0")
    taken.taken = taken.rows - taken.skipped - some_bad
    for number, target in enumerate(source.targets):
        taken.out[target.table] = _write(job, number, target, bool(some_bad))
    _quarantine(job, taken)
    taken.rows += len(job.raw.broken)
    for number in range(len(source.targets)):
        con.execute(f"DROP VIEW rows_{number}; DROP TABLE stage_{number}")
    return taken


def _loses(source: Source) -> bool:
    """May a row end in no table at all, or in several rows of the first one?"""
    return all(t.when or t.split for t in source.targets) or bool(source.targets[0].when or source.targets[0].split)


def _missing_columns(job: Job, taken: Taken) -> None:
    """Refuse a mapping to columns that the file lacks; JSON lines leave empty ones out, so there it is a warning."""
    for target in job.source.targets:
        wanted = [f.column for f in target.fields if f.column not in (None, "_item", "_line", "_file")]
        wanted += [target.split[0]] if target.split else []
        for column in wanted:
            if column not in job.raw.columns:
                hint = nearest(column, job.raw.columns)
                said = f"{job.file}: no column {column!r}{hint}"
                if not job.raw.sparse:
                    raise SourceError(f"source {job.source.name!r}, {said}; columns: {', '.join(job.raw.columns)}")
                taken.warnings.append(said)


def _with_hash(job: Job, base: str) -> str:
    """Add `_key`: a hash of the row's own texts and its file's name, and, of equal rows, which one it is."""
    texts = ", ".join(f"coalesce({name(c)}, chr(0))" for c in job.raw.columns)
    hashed = f"md5(concat_ws(chr(31), {literal(job.stamp)}, {texts}))"
    job.con.execute(
        f"CREATE OR REPLACE TEMP TABLE again AS WITH h AS (SELECT _rec, {hashed} AS h FROM ({base})) "
        "SELECT _rec, row_number() OVER (PARTITION BY h ORDER BY _rec) AS nth FROM h "
        "WHERE h IN (SELECT h FROM h GROUP BY h HAVING count(*) > 1)"
    )
    key = f"{hashed} || coalesce('-' || nth::VARCHAR, '')"
    return f"SELECT r.*, {key} AS _key FROM ({base}) r LEFT JOIN (FROM again WHERE nth > 1) USING (_rec)"


def _stage(job: Job, target: Target, base: str, number: int) -> None:
    """Make the view rows_N of a table's rows: `_rec`, its columns as their types, and `_problem` or null.

    Under it lies the table stage_N, one pass over the source: what `values.quick` reads, and beside it, as _s1 _s2 …,
    the texts it could not read.  Those are read once each by `values.thorough` and joined back.
    """
    con = job.con
    if target.split:
        base = _split(base, target)
    if target.when:
        base = f"SELECT * FROM ({base}) WHERE coalesce(({target.when}), false)"
    carried = ["_rec", "_bad_list"] if target.split else ["_rec"]
    said, read, left = [], [], {}
    for i, f in enumerate(target.fields):
        source = _source(f, job.raw)
        said.append(f"{source if f.default is None or is_quick(f) else f'coalesce({source}, chr(1))'} AS s{i}")
        read.append(f"{quick(f, f's{i}')} AS v{i}")
        if not is_quick(f):
            left[i] = f
    given = f"SELECT {', '.join(carried + said)} FROM (SELECT *, {literal(job.file)} AS _file FROM ({base}))"
    texts = [f"s{i}" for i in left]
    values = f"SELECT {', '.join(carried + texts + read)} FROM ({given})"
    kept = [f"CASE WHEN v{i} IS NULL THEN s{i} END AS s{i}" for i in left]
    columns = [f"v{i}" for i in range(len(target.fields))]
    con.execute(f"CREATE OR REPLACE TEMP TABLE stage_{number} AS "
                f"SELECT {', '.join(carried + kept + columns)} FROM ({values})")  # fmt: skip
    counts = con.execute(f"SELECT {', '.join(f'count({t})' for t in texts) or 0} FROM stage_{number}").fetchall()[0]
    left = {i: f for (i, f), n in zip(left.items(), counts, strict=False) if n}
    joins = ""
    for i, f in left.items():
        texts = f"(SELECT DISTINCT s{i} AS _raw FROM stage_{number} WHERE s{i} IS NOT NULL)"
        con.execute(f"CREATE OR REPLACE TEMP TABLE read_{number}_{i} AS {thorough(f, texts)}")
        joins += f" LEFT JOIN read_{number}_{i} AS r{i} ON stage_{number}.s{i} = r{i}._raw"
    found, wrong = [], []
    for i, f in enumerate(target.fields):
        found.append(f"{f'coalesce(v{i}, r{i}.v)' if i in left else f'v{i}'} AS {name(f.name)}")
        if i in left:
            tail = literal(f"|{f.name}|")
            wrong.append(f"r{i}.code || {tail} || CASE WHEN s{i} = chr(1) THEN '' ELSE s{i} END")
    if target.split:
        wrong.insert(0, f"{literal(f'bad_list|{target.split[0]}|')} || _bad_list")
    wrong = f"coalesce({', '.join(wrong)})" if wrong else "NULL::VARCHAR"
    rows = f"SELECT _rec, {', '.join(found)}, {wrong} AS _wrong FROM stage_{number}{joins}"
    problems = ", ".join(["_wrong", *(p for f in target.fields for p in _problems(f, target))])
    shown = ", ".join(f"{_private(f, target) if job.secret else name(f.name)} AS {name(f.name)}" for f in target.fields)
    con.execute(f"CREATE OR REPLACE TEMP VIEW rows_{number} AS "
                f"SELECT _rec, {shown}, coalesce({problems}) AS _problem FROM ({rows})")  # fmt: skip


def _split(base: str, target: Target) -> str:
    """SQL with one row for each item of a list: `_item`, and `_line` counted from 1."""
    column, by = target.split
    text = f"cx_trim({name(column)})"
    items = f"list_filter(list_transform(string_split({text}, {literal(by)}), lambda i: cx_trim(i)), lambda i: i <> '')"
    listed = f"CASE WHEN starts_with({text}, '[') THEN TRY_CAST({text} AS VARCHAR[]) ELSE {items} END"
    split = f"SELECT *, coalesce({text}, '') AS _list, {listed} AS _items FROM ({base})"
    bad = "CASE WHEN _list <> '' AND _items IS NULL THEN _list END"
    rows = f"SELECT * EXCLUDE (_items, _list), {bad} AS _bad_list, " \
           "unnest(CASE WHEN _list <> '' AND _items IS NULL THEN [NULL] ELSE _items END) AS _item, " \
           "generate_subscripts(CASE WHEN _list <> '' AND _items IS NULL THEN [NULL] ELSE _items END, 1) AS _line " \
           f"FROM ({split})"  # fmt: skip
    return rows


def _source(f: Field, raw: Raw) -> str:
    """SQL of the text that a field starts from, before anything is done to it."""
    if f.generate:
        return "_key"
    if f.value is not None:
        return literal(f.value)
    if f.expr is not None:
        return f"CAST(({f.expr}) AS VARCHAR)"
    if f.column in ("_item", "_line", "_file") and f.column not in raw.columns:
        return f"CAST({f.column} AS VARCHAR)"
    return name(f.column) if f.column in raw.columns else "NULL::VARCHAR"


def _private(f: Field, target: Target) -> str:
    """SQL of a column as it is stored where privacy asks for pseudonyms."""
    if f.name == "customer_id":
        return pseudonyms.sql(name(f.name))
    if target.table == "identities" and f.name == "value":
        return pseudonyms.sql(pseudonyms.normalised("kind", name(f.name)))
    return name(f.name)


def _problems(f: Field, target: Target) -> list[str]:
    """SQL of what may be wrong with the value of a column, each null or `code|column|value`."""
    column, tail, found = name(f.name), literal(f"|{f.name}|"), []
    if f.required:
        # an invitation that nobody answered has neither score nor time of answer
        waived = target.table == "responses" and f.name in ("score", "responded_at")
        unless = " AND invited_at IS NULL" if waived and any(g.name == "invited_at" for g in target.fields) else ""
        found.append(f"CASE WHEN {column} IS NULL{unless} THEN 'missing_value' || {tail} END")
    if f.allowed:
        among = ", ".join(map(literal, f.allowed))
        found.append(f"CASE WHEN {column} NOT IN ({among}) THEN 'not_in_list' || {tail} || {column} END")
    if f.name == "score" and target.table == "responses":
        found.append("CASE WHEN score < scale_min OR score > scale_max OR scale_min >= scale_max "
                     f"THEN 'off_scale' || {tail} || score::VARCHAR END")  # fmt: skip
    return found


def _repeated(con, number: int, target: Target) -> None:
    """Of rows with one key the last stays; the others are repeated (or merged, where the mapping says per_key)."""
    key = ", ".join(name(c) for c in target.key)
    good = f"FROM rows_{number} WHERE _rec NOT IN (SELECT _rec FROM bad)"
    if not _one(con, "SELECT count(*) FROM bad"):
        good = f"FROM rows_{number}"
    whole, distinct = con.execute(f"SELECT count(*), count(DISTINCT ({key})) {good}").fetchall()[0]
    if whole == distinct or target.per_key:
        return
    again = f"SELECT {key} {good} GROUP BY ALL HAVING count(*) > 1"
    con.execute(
        f"INSERT INTO bad SELECT DISTINCT _rec, {literal(target.table)}, 'repeated_key|{target.key[0]}|' || _last "
        f"FROM (SELECT _rec, max(_rec) OVER (PARTITION BY {key}) AS _last {good.replace('WHERE', 'WHERE', 1)} "
        f"{'AND' if 'WHERE' in good else 'WHERE'} ({key}) IN ({again})) WHERE _rec < _last"
    )


def _write(job: Job, number: int, target: Target, some_bad: bool) -> int:
    """Write the rows of a table that all tables took, in the table's order; returns how many."""
    columns = ", ".join(f"CAST({name(f.name)} AS {SQL_TYPES[f.type]}) AS {name(f.name)}" for f in target.fields)
    rows = f"SELECT * FROM rows_{number}"
    if some_bad:
        rows += " WHERE _rec NOT IN (SELECT _rec FROM bad)"
    key = ", ".join(name(c) for c in target.key)
    if target.per_key:
        turn = "DESC" if target.per_key == "last" else "ASC"
        rows += f" QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY _rec {turn}) = 1"
    return write_parquet(job.con, f"SELECT {columns} FROM ({rows})", target.table, job.pieces[target.table])


def write_parquet(con, sql: str, table: str, path: Path) -> int:
    """Write a canonical table in its order (touchpoints: customer_id, occurred_at, event_id; else its key)."""
    order = ORDER.get(table, TABLES[table].key)
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
        allowed = {(t.table, f.name): ", ".join(f.allowed) for t in job.source.targets for f in t.fields}
        for rec, table, problem in bad:
            code, column, value = problem.split("|", 2)
            if code == "repeated_key":
                value = str(lines.get(int(value), value))
            if code == "not_in_map":
                value = _shown(job, table, column, came[rec])
            row = {k: v for k, v in came[rec].items() if k not in ("_rec", "_key")}
            about = {"table": table, "column": column or None, "value": value or None, "code": code}
            rows.append({"file": job.file, "line": lines.get(rec), **about, "row": row,
                         "allowed": allowed.get((table, column))})  # fmt: skip
    rows.sort(key=lambda r: (str(r["file"]), int(r["line"] or 0)))
    for row in rows:
        about = {"column": row["column"], "value": row["value"], "allowed": row.pop("allowed", None)}
        row["reason"], row["remedy"] = quarantine.explain(row["code"], job.locale, **about)
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


def _first(error: Exception) -> str:
    return re.sub(r"^\w+( \w+)* Error: ", "", str(error).split("\n")[0])
