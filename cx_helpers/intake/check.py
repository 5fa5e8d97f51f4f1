"""Is every table as the contract says?  All that is broken, each with its file, row, reason and remedy."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from cx_helpers import wording
from cx_helpers.casting import TOO_LARGE
from cx_helpers.intake import aspect_table, privacy, strays
from cx_helpers.intake.convert import ORDER
from cx_helpers.intake.mapping import read_sources
from cx_helpers.intake.values import literal, name
from cx_helpers.limits import MOST_MONEY
from cx_helpers.settings import WorkspaceError, labels, load_settings
from cx_helpers.tables import SCALED, TABLES, Table, nearest, no_nps, off_scale, scale_shown

NO_NPS = "say scale_min 0 and scale_max 10 where it was asked so; else call the instrument csat, or another name"


@dataclass(frozen=True)
class Problem:
    """One thing that is broken.  row counts from 1 (None: the whole file);  count is how many rows have it."""

    file: str
    reason: str
    remedy: str
    row: int | None = None
    count: int = 1

    def text(self) -> str:
        """One line for people."""
        where = self.file + (f", row {self.row:,}" if self.row else "")
        more = f" (and {self.count - 1:,} more)" if self.count > 1 else ""
        return f"{where}: {self.reason}{more}; {self.remedy}"


def check(folder: str | Path) -> list[Problem]:
    """Check workspace.yaml, its sources, aspects.yaml, and every table in tables/ against section 2 of the contract.

    Returns an empty list when all is well.  Rows in quarantine are no problem: they are told of and kept apart.
    """
    try:
        settings = load_settings(folder)
    except WorkspaceError as error:
        return [_of_settings(error)]
    problems = []
    try:
        read_sources(settings)
    except WorkspaceError as error:
        problems.append(_of_settings(error))
    try:
        aspect_table.load(settings.folder)
    except aspect_table.AspectsError as error:
        problems.append(_of_settings(error))
    con = duckdb.connect()
    con.execute("SET TimeZone = 'UTC'; SET memory_limit = '1GB'")
    problems += _check_held(con, settings.database) if settings.database else _check_files(con, settings.folder)
    con.close()
    return problems


def hints(folder: str | Path) -> list[str]:
    """What is no mistake, but will look like one on a page: an aspect of the company's own that has no name there."""
    settings = load_settings(folder)
    named = {*wording.STANDARD, *labels(settings.folder)}
    bare = [aspect for aspect in aspect_table.load(settings.folder).aspects if aspect not in named]
    return [f"aspects.yaml: {aspect!r} has no name on pages; in labels.yaml write {aspect}: {{fa: …, en: …}}"
            for aspect in bare]  # fmt: skip


def _check_files(con, folder: Path) -> list[Problem]:
    """Every table in tables/."""
    problems, tables = [], folder / "tables"
    if tables.exists() and not tables.is_dir():
        return [Problem("tables", "is a file", "make it a folder and put NAME.parquet into it")]
    for path in sorted(tables.iterdir()) if tables.is_dir() else ():
        if path.name.startswith(".") or path.name.endswith(".part"):
            continue
        table = path.name.removesuffix(".parquet")
        shown = f"tables/{path.name}"
        if path.is_file() and path.suffix != ".parquet":
            problems.append(Problem(shown, "is no Parquet file", "put raw exports into sources/ and map them"))
        elif table not in TABLES:
            hint = nearest(table, TABLES)
            problems.append(Problem(shown, f"no table of that name in the contract{hint}",
                                    f"rename or remove it; tables: {', '.join(TABLES)}"))  # fmt: skip
        elif path.name == table and (tables / f"{table}.parquet").exists():
            problems.append(Problem(shown, f"{table}.parquet is there, too", "remove one: which is the table?"))
        else:
            problems += _check_table(con, path, shown, table)
    return problems


def _check_held(con, file: Path) -> list[Problem]:
    """Every table of the contract in the engine's own database; the company's other tables are its own business."""
    try:
        con.execute(f"ATTACH {literal(file)} AS held (READ_ONLY)")
    except duckdb.Error as error:
        remedy = "is it the file that `engine` in workspace.yaml should name, and does nobody write to it now?"
        return [Problem(file.name, f"cannot be opened ({type(error).__name__})", remedy)]
    problems = []
    there = con.execute(
        "SELECT table_name FROM information_schema.tables WHERE table_catalog = 'held' AND table_schema = 'main'"
    )
    there = {row[0] for row in there.fetchall()}
    for table in [t for t in TABLES if t in there]:
        relation, shown = f"held.main.{name(table)}", f"{file.name}, table {table}"
        schema = con.sql(f"FROM {relation} LIMIT 0").to_arrow_table().schema
        problems += _types(schema, TABLES[table], shown) or _looked_at(con, relation, shown, table, in_order=False)
    return problems


def summary(problems: list[Problem], tables: int = 1) -> str:
    """All problems in words, or that there are none; English, as all that a terminal shows.

    tables  how many there are
    """
    if not problems:
        return "every table is as the contract says" if tables else "there is no table yet; list exports under " \
            "`sources` in workspace.yaml and run cx ingest"  # fmt: skip
    return "\n".join(problem.text() for problem in problems)


def _check_table(con, path: Path, shown: str, table: str) -> list[Problem]:
    files = [path] if path.is_file() else sorted(path.rglob("*.parquet"))
    problems = []
    if not files:
        return [Problem(shown, "is a folder without Parquet files", "put them into it, or remove it")]
    for file in files:
        try:
            schema = pq.read_schema(file)
        except (pa.ArrowException, OSError):
            return [
                Problem(
                    shown, f"{file.name} is not a whole Parquet file", "write it anew, or remove it and run cx ingest"
                )
            ]
        problems += _types(schema, TABLES[table], shown)
    where = literal(path if path.is_file() else path / "**" / "*.parquet")
    relation = f"read_parquet({where}, union_by_name=true, hive_partitioning={str(path.is_dir()).lower()})"
    return problems or _looked_at(con, relation, shown, table, in_order=path.is_file())


def _looked_at(con, relation: str, shown: str, table: str, in_order: bool) -> list[Problem]:
    """Every rule that looks at columns and rows; a file whose pages are damaged shows it only when they are read."""
    try:
        return _check_rows(con, relation, shown, table, in_order)
    except duckdb.Error as error:
        said = str(error).strip().splitlines()[0]
        return [Problem(shown, f"cannot be read to its end ({said})", "write it anew, or remove it and run cx ingest")]


def _check_rows(con, relation: str, shown: str, table: str, in_order: bool) -> list[Problem]:
    """The columns that must be there, then every rule that looks at rows.

    relation  the table in SQL;  in_order  must its rows lie in the contract's order?
    """
    spec, problems = TABLES[table], []
    columns = [d[0] for d in con.execute(f"SELECT * FROM {relation} LIMIT 0").description]
    for column in spec.required:
        if column not in columns:
            problems.append(Problem(shown, f"column {column!r} is required and not there{nearest(column, columns)}",
                                    f"map {column} in workspace.yaml and run cx ingest"))  # fmt: skip
    if problems:
        return problems  # rows can be looked at when the columns are right
    numbered = f"(SELECT *, row_number() OVER () AS _row FROM {relation})"
    for condition, reason, remedy in _row_rules(table, spec, columns):
        count, row = con.execute(f"SELECT count(*), min(_row) FROM {numbered} WHERE {condition}").fetchall()[0]
        if count:
            problems.append(Problem(shown, reason, remedy, row, count))
    problems += _off_scale(con, numbered, shown, table, columns)
    key = ", ".join(name(c) for c in spec.key)
    whole, distinct = con.execute(f"SELECT count(*), count(DISTINCT ({key})) FROM {relation}").fetchall()[0]
    if whole != distinct:
        row, value = con.execute(
            f"SELECT min(_row), arg_min(({key})::VARCHAR, _row) FROM (SELECT *, row_number() OVER (PARTITION BY {key} "
            f"ORDER BY _row) AS nth FROM {numbered}) WHERE nth > 1"
        ).fetchall()[0]
        value = "" if {"customer_id", "value"} & {*spec.key} else f" {privacy.uncover(value)}"
        problems.append(Problem(shown, f"the key ({', '.join(spec.key)}){value} is there more than once",
                                "keep one row a key", row, whole - distinct))  # fmt: skip
    if table in ORDER and in_order and not problems:
        problems += _order(con, relation, numbered, shown, ORDER[table])
    return problems


def _types(schema: pa.Schema, spec: Table, shown: str) -> list[Problem]:
    """Types that differ from the contract's; a dictionary counts as what it holds."""
    problems = []
    for field in schema:
        kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
        if pa.types.is_timestamp(kind) and kind.unit != "us":
            problems.append(Problem(shown, f"times in {field.name!r} are stored in {kind.unit}, not microseconds",
                                    "write them as timestamps in microseconds, UTC"))  # fmt: skip
        elif pa.types.is_timestamp(kind) and kind.tz not in (None, "UTC", "Etc/UTC", "+00:00"):
            problems.append(Problem(shown, f"times in {field.name!r} are marked {kind.tz}", "store them in UTC"))
        if field.name in spec.columns and not _fits(kind, spec.columns[field.name].type):
            wanted = spec.columns[field.name].type
            problems.append(Problem(shown, f"column {field.name!r} is {kind}, not {wanted}", f"store it as {wanted}"))
    return problems


def _fits(kind: pa.DataType, wanted: str) -> bool:
    t = pa.types
    return (
        t.is_null(kind)
        or {
            "string": lambda: t.is_string(kind) or t.is_large_string(kind) or t.is_string_view(kind),
            "timestamp": lambda: t.is_timestamp(kind),
            "int64": lambda: t.is_integer(kind),
            "float64": lambda: t.is_floating(kind) or t.is_integer(kind) or t.is_decimal(kind),
            "boolean": lambda: t.is_boolean(kind),
            "list": lambda: t.is_list(kind) or t.is_large_list(kind),
        }.get(wanted, lambda: True)()
    )


def _row_rules(table: str, spec: Table, columns: list[str]):
    """(condition of a broken row, reason, remedy) for every rule that looks at one row alone."""
    answered = " AND invited_at IS NULL" if table == "responses" and "invited_at" in columns else ""
    for column in spec.required:
        unless = answered if column in ("score", "responded_at") else ""
        yield f"{name(column)} IS NULL{unless}", f"{column} is required and null", "fill it, or remove the row"
    for column, about in spec.columns.items():
        if about.values and column in columns:
            allowed = ", ".join(map(literal, about.values))
            yield (f"{name(column)} NOT IN ({allowed})", f"{column} holds a value that the contract does not know",
                   f"use {', '.join(about.values)} or null")  # fmt: skip
        if about.type == "float64" and column in columns:
            number = f"{name(column)}::DOUBLE"
            yield (f"isnan({number}) OR abs({number}) >= {TOO_LARGE}",
                   f"{column} holds what is no number (NaN, infinity, {TOO_LARGE:.0e} or more)",
                   "correct it, or leave it null: reports take it for null")  # fmt: skip
    if table == "responses":
        yield ("score < scale_min OR score > scale_max", "the score lies outside its scale",
               "correct scale_min and scale_max, or the score")  # fmt: skip
        yield (f"score IS NOT NULL AND {no_nps('instrument', 'scale_min', 'scale_max')}",
               "NPS is counted on 0 to 10 alone, and this answer says another scale", NO_NPS)  # fmt: skip
        yield "scale_min >= scale_max", "the scale ends before it begins", "correct scale_min and scale_max"
    if table == "contracts":
        yield from _of_contracts(columns)
    if table == "comments":
        for column in ("p_negative", "p_neutral", "p_positive"):
            if column in columns:
                yield f"NOT {column} BETWEEN 0 AND 1", f"{column} is no probability", "score the comments anew"
        if "sentiment" in columns:
            yield "NOT sentiment BETWEEN -1 AND 1", "sentiment lies outside -1 to 1", "score the comments anew"


def _off_scale(con, numbered: str, shown: str, table: str, columns: list[str]) -> list[Problem]:
    """Marks that lie off their scale: the one the table says, else the one that nearly all marks of a source show."""
    column = SCALED.get(table)
    if column not in columns:
        return []
    mark = f"{name(column)}::DOUBLE"
    if {"scale_min", "scale_max"} <= set(columns):
        off = [f"{mark} < scale_min::DOUBLE OR {mark} > scale_max::DOUBLE"]
    else:
        source, off = "coalesce(source, '')" if "source" in columns else "''", []
        for (of,) in con.execute(f"SELECT DISTINCT {source} FROM {numbered} ORDER BY 1").fetchall():
            marks = strays.counted(con, f"(FROM {numbered} WHERE {source} = {literal(of)})", column)
            if strange := off_scale(marks, scale_shown(marks)):
                off.append(f"({source} = {literal(of)} AND {mark} IN ({', '.join(map(str, strange))}))")
    if not off:
        return []
    count, row = con.execute(f"SELECT count(*), min(_row) FROM {numbered} WHERE {' OR '.join(off)}").fetchall()[0]
    reason = f"{column} lies outside its scale, or the one that the others show"
    remedy = "correct it, leave it null where none was given, or say `scale: [lowest, highest]` in the mapping"
    return [Problem(shown, reason, remedy, row, count)] if count else []


def _of_contracts(columns: list[str]):
    """What no contract can be: reports leave such rows, or such fees, out."""
    if "ended_at" in columns:
        yield ("ended_at < started_at", "the contract ends before it starts: no report counts it",
               "correct started_at or ended_at in the source, or how the mapping reads their format")  # fmt: skip
    if "monthly_fee" in columns:
        remedy = "correct it in the source, or leave it null: reports take it for null"
        yield "monthly_fee < 0", "monthly_fee is negative", remedy
        yield f"monthly_fee >= {MOST_MONEY} AND monthly_fee::DOUBLE < {TOO_LARGE}", \
            f"monthly_fee is beyond any sum of money ({MOST_MONEY:.0e} or more)", remedy  # fmt: skip


def _order(con, relation: str, numbered: str, shown: str, order: tuple[str, ...]) -> list[Problem]:
    """Touchpoints must lie sorted; says so where the first one does not."""
    key = f"({', '.join(order)})"
    row = con.execute(
        f"SELECT min(_row) FROM (SELECT _row, {key} AS k, lag({key}) OVER () AS last FROM {numbered}) WHERE k < last"
    ).fetchall()[0][0]
    if row is None:
        return []
    remedy = f"sort by {', '.join(order)} (cx ingest does)"
    return [Problem(shown, "rows do not lie in their order", remedy, row)]


def _of_settings(error: Exception) -> Problem:
    """What is wrong with a file of settings: the file stands first, the remedy after the last ;"""
    found = re.match(r"((?:workspace|labels|aspects)\.yaml(?:, line \d+)?)[: ]+(.*)", str(error))
    file, said = found.groups() if found else ("workspace.yaml", str(error))
    reason, _, remedy = said.rpartition("; ")
    return Problem(file, reason or remedy, remedy if reason else "see docs/workspace.md")
