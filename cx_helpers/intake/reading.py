"""How is a file opened?  CSV, Excel, JSON lines, Parquet or a SQL query become one relation of texts in DuckDB.

Whatever the format, what comes out is a `Raw`: a relation whose columns are all text, as they came, with `_rec`, the
number of the record; the lines that are no records; and the way from a record's number to its line in the file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import batched, count
from pathlib import Path
from typing import NamedTuple

import duckdb
import pyarrow as pa

from cx_helpers.intake import csvlines, encodings
from cx_helpers.intake.mapping import SourceError
from cx_helpers.intake.values import literal, name

FORMATS = {
    ".csv": "csv", ".tsv": "csv", ".txt": "csv", ".tab": "csv",
    ".xlsx": "excel", ".xls": "excel", ".xlsm": "excel", ".xlsb": "excel", ".ods": "excel",
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl", ".parquet": "parquet", ".pq": "parquet",
}  # fmt: skip
CHUNK = 50_000
_numbers = count()


class Broken(NamedTuple):
    """A line that is no record: its number, the code of the reason, the line as it came."""

    line: int
    code: str
    raw: str
    file: str | None = None  # where a query reads several


@dataclass
class Raw:
    """A source as a relation of texts; see the module."""

    relation: str
    columns: list[str]
    broken: list[Broken] = field(default_factory=list)
    lines: Callable[[list[int]], dict[int, int]] = lambda recs: {rec: rec for rec in recs}
    careful: Callable[[], Raw] | None = None  # how to read it when DuckDB stops at a broken line
    sparse: bool = False  # a column that no row has is no mistake (JSON leaves empty ones out)


def open_file(con: duckdb.DuckDBPyConnection, path: Path, options: dict, scratch: Path) -> Raw:
    """Open one file by its format, told by its ending or by the option `format`."""
    suffixes = [s.lower() for s in path.suffixes if s.lower() != ".gz"]
    kind = options.get("format") or FORMATS.get(suffixes[-1] if suffixes else "", "csv")
    readers = {"csv": open_csv, "excel": open_excel, "jsonl": open_jsonl, "parquet": open_parquet}
    if kind not in readers:
        raise SourceError(f"{path.name}: format {kind!r} is not known; formats: {', '.join(readers)}")
    return readers[kind](con, path, options, scratch)


def open_csv(con, path: Path, options: dict, scratch: Path) -> Raw:
    """A delimited text file; encoding, separator and header are found where the mapping does not say."""
    text = encodings.as_utf8(path, scratch, options.get("encoding"))
    quote, skip = options.get("quote", '"'), int(options.get("skip_lines", 0))
    delimiter = options.get("delimiter") or csvlines.find_delimiter(text.path, skip, quote)
    delimiter = {"\\t": "\t", "tab": "\t"}.get(delimiter, delimiter)
    header, names = options.get("header", True), options.get("names")
    first = csvlines.first_record(text.path, delimiter, skip, quote)
    if first is None:
        if names or not header:
            return Raw(_nothing(names or ["column_1"]), list(names or ["column_1"]))
        raise SourceError(f"{path.name}: the file is empty; it needs a header line, or `names` in the mapping")
    columns = _unique(names or (first.fields if header else [f"column_{i}" for i in range(1, len(first.fields) + 1)]))
    skip += first.lines if header else 0

    def careful() -> Raw:
        broken: list[Broken] = []

        def good() -> Iterable[Sequence]:
            for line in csvlines.records(
                text.path, delimiter, len(columns), quote=quote, skip=skip, damaged=text.damaged
            ):
                if line.fields is None:
                    broken.append(Broken(line.number, line.code, line.raw))
                else:
                    yield (line.number, *line.fields)

        relation = _fill(con, columns, good())
        return Raw(relation, columns, broken)

    if text.damaged or text.has_nul or len(columns) == 1 or len(delimiter) > 1:
        return careful()
    struct = ", ".join(f"{literal(c)}: 'VARCHAR'" for c in columns)
    scan = (
        f"read_csv({literal(text.path)}, auto_detect=false, header=false, skip={skip}, delim={literal(delimiter)}, "
        f"quote={literal(quote)}, escape={literal(quote)}, columns={{{struct}}})"
    )

    def lines(recs: list[int]) -> dict[int, int]:
        wanted, found = set(recs), {}
        reader = csvlines.records(text.path, delimiter, len(columns), quote=quote, skip=skip)
        for rec, line in enumerate(reader, 1):
            if rec in wanted:
                found[rec] = line.number
                if len(found) == len(wanted):
                    break
        return found

    relation = f"(SELECT row_number() OVER () AS _rec, * FROM {scan})"
    return Raw(relation, columns, lines=lines, careful=careful)


def open_jsonl(con, path: Path, options: dict, scratch: Path) -> Raw:
    """One JSON object a line; `a.b` in a mapping reaches into nested ones.  A file that is one array is read too."""
    text = encodings.as_utf8(path, scratch, options.get("encoding"))
    table, broken = _name(), []
    with text.path.open("rb") as file:
        head = file.read(4096).removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith(b"["):
        try:
            con.execute(
                f"CREATE TEMP TABLE {table} AS SELECT row_number() OVER () AS _rec, json AS j FROM "
                f"read_json_objects({literal(text.path)}, format='array', maximum_object_size=67108864)"
            )
        except duckdb.Error as error:
            raise SourceError(f"{path.name}: not a JSON array: {error}; write one object a line") from None
    else:

        def objects():
            with text.path.open("r", encoding="utf-8-sig", errors="surrogateescape", newline="\n") as file:
                for number, line in enumerate(file, 1):
                    if line.strip():
                        yield number, line.rstrip("\r\n")

        def readable():
            for number, line in objects():
                if not line.isascii() and any("\udc80" <= c <= "\udcff" for c in line):
                    raw = line.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
                    broken.append(Broken(number, "bad_bytes", raw))
                elif text.damaged and "\ufffd" in line:
                    broken.append(Broken(number, "bad_bytes", line))
                else:
                    yield number, line

        lines = _fill(con, ["line"], readable())
        sound = "json_valid(line) AND json_type(CASE WHEN json_valid(line) THEN line END) = 'OBJECT'"
        broken += [
            Broken(rec, "bad_json", line)
            for rec, line in con.execute(
                f"SELECT _rec, line FROM {lines} WHERE NOT coalesce({sound}, false)"
            ).fetchall()
        ]
        con.execute(f"CREATE TEMP TABLE {table} AS SELECT _rec, line::JSON AS j FROM {lines} WHERE {sound}")
        con.execute(f"DROP TABLE {lines}")
    keys = con.execute(f"SELECT DISTINCT unnest(json_keys(j)) FROM {table} ORDER BY 1").fetchall()
    columns = [key for (key,) in keys]
    nested = [c for c in options.get("_columns", ()) if "." in c and c not in columns and c.split(".")[0] in columns]
    parts = [f"json_extract_string(j, {literal(_pointer([c]))}) AS {name(c)}" for c in columns]
    parts += [f"json_extract_string(j, {literal(_pointer(c.split('.')))}) AS {name(c)}" for c in nested]
    relation = f"(SELECT {', '.join(['_rec', *parts])} FROM {table})"
    return Raw(relation, columns + nested, sorted(broken), sparse=True)


def open_excel(con, path: Path, options: dict, scratch: Path) -> Raw:
    """One sheet (the first, or `sheet`) of a workbook; the first line that is not skipped is the header."""
    import python_calamine as calamine

    try:
        book = calamine.CalamineWorkbook.from_path(str(path))
        sheet = options.get("sheet", book.sheet_names[0])
        if sheet not in book.sheet_names:
            raise SourceError(f"{path.name}: no sheet {sheet!r}; sheets: {', '.join(book.sheet_names)}")
        rows = book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    except (calamine.CalamineError, OSError) as error:
        raise SourceError(f"{path.name}: cannot be opened as a workbook: {error}; save it as .xlsx or .csv") from None
    numbered = [(n, row) for n, row in enumerate(rows, 1) if any(cell != "" for cell in row)]
    numbered = [(n, row) for n, row in numbered if n > int(options.get("skip_lines", 0))]
    if options.get("header", True) and not options.get("names"):
        if not numbered:
            raise SourceError(f"{path.name}: sheet {sheet!r} is empty; it needs a header line")
        head = [_plain(cell) or "" for cell in numbered.pop(0)[1]]
    else:
        width = max((len(row) for _, row in numbered), default=1)
        head = options.get("names") or [f"column_{i}" for i in range(1, width + 1)]
        numbered = numbered[1:] if options.get("header", True) else numbered
    columns = _unique(head)
    fill = len(columns)
    return Raw(_fill(con, columns, ((n, *map(_plain, (*row, *[""] * fill)[:fill])) for n, row in numbered)), columns)


def open_parquet(con, path: Path, options: dict, scratch: Path) -> Raw:
    """A Parquet file; lists and structs come as JSON, times with their zone."""
    scan = f"read_parquet({literal(path)})"
    try:
        described = con.execute(f"DESCRIBE SELECT * FROM {scan}").fetchall()
    except duckdb.Error as error:
        raise SourceError(f"{path.name}: not a whole Parquet file: {error}") from None
    relation, columns = as_texts(described, scan)
    return Raw(relation, columns)


def as_texts(described: list[tuple], relation: str) -> tuple[str, list[str]]:
    """SQL of a relation with every column as text (lists and structs as JSON) and `_rec`, the number of the row."""
    parts, columns = [], []
    for column, kind, *_ in described:
        if column in ("_rec", "_line", "_file"):
            continue
        columns.append(column)
        nested = "[" in kind or kind.startswith(("STRUCT", "MAP"))
        sql = f"to_json({name(column)})" if nested else name(column)
        parts.append(f"CAST({sql} AS VARCHAR) AS {name(column)}")
    return f"(SELECT row_number() OVER () AS _rec, {', '.join(parts)} FROM {relation})", columns


def open_query(con, files: dict[str, Path], query: str, options: dict, scratch: Path, shown: dict[str, str]) -> Raw:
    """The rows of a DuckDB query over several files of one source, each a table of texts under its own name."""

    def ask(raws: dict[str, Raw]) -> Raw:
        broken = []
        for label, raw in raws.items():
            con.execute(f"CREATE OR REPLACE TEMP VIEW {name(label)} AS SELECT * EXCLUDE (_rec) FROM {raw.relation}")
            broken += [b._replace(file=shown[label]) for b in raw.broken]
        table = _name()
        con.execute(f"CREATE TEMP TABLE {table} AS {query.strip().rstrip(';')}")
        relation, columns = as_texts(con.execute(f"DESCRIBE {table}").fetchall(), table)
        return Raw(relation, columns, broken)

    raws = {label: open_file(con, path, options, scratch) for label, path in files.items()}
    try:
        return ask(raws)
    except duckdb.InvalidInputException as error:
        if "CSV" not in str(error):
            raise SourceError(f"the query failed: {error}") from None
        return ask({label: raw.careful() if raw.careful else raw for label, raw in raws.items()})
    except duckdb.Error as error:
        there = "; ".join(f"{label}: {', '.join(raw.columns)}" for label, raw in raws.items())
        raise SourceError(f"the query failed: {error}; tables and columns there are: {there}") from None


def open_sql(con, url: str, query: str, hasher) -> Raw:
    """The rows of a query in another database, through SQLAlchemy, in chunks; `hasher` is fed with all of them."""
    import sqlalchemy

    try:
        engine = sqlalchemy.create_engine(url)
        with engine.connect() as connection:
            result = connection.execution_options(stream_results=True).execute(sqlalchemy.text(query))
            columns = _unique(list(result.keys()))

            def rows():
                for number, row in enumerate(result, 1):
                    texts = [_plain(cell) for cell in row]
                    hasher.update(repr(texts).encode())
                    yield number, *texts

            relation = _fill(con, columns, rows())
        engine.dispose()
    except (sqlalchemy.exc.SQLAlchemyError, ImportError) as error:
        place = url.split("://")[0] + "://…"  # never the password
        said = str(getattr(error, "orig", None) or type(error).__name__ + ": " + str(error).split("\n")[0])
        raise SourceError(f"the query at {place} failed: {said.replace(url, place)}") from None
    return Raw(relation, columns)


def _fill(con, columns: list[str], rows: Iterable[Sequence]) -> str:
    """A temporary table of texts, filled in chunks; the first value of each row is `_rec`."""
    table = _name()
    con.execute(f"CREATE TEMP TABLE {table} (_rec BIGINT, {', '.join(name(c) + ' VARCHAR' for c in columns)})")
    kinds = [pa.int64(), *[pa.string()] * len(columns)]
    labels = [f"c{i}" for i in range(len(columns) + 1)]
    for chunk in batched(rows, CHUNK):
        arrays = [pa.array(values, kind) for values, kind in zip(zip(*chunk, strict=True), kinds, strict=True)]
        part = pa.table(arrays, names=labels)
        con.register("_part", part)
        con.execute(f"INSERT INTO {table} SELECT * FROM _part")
        con.unregister("_part")
    return table


def _plain(cell) -> str | None:
    """A typed cell as the text that says the same: 5.0 is 5, a time is ISO, true is true."""
    if cell is None or isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, bytes):
        return cell.decode("utf-8", "backslashreplace")
    return cell.isoformat(" ") if hasattr(cell, "hour") and hasattr(cell, "year") else str(cell)


def _unique(names: list[str]) -> list[str]:
    """Names of columns as they stand, trimmed; an empty one is called by its place, a second one gets a number."""
    seen: dict[str, int] = {}
    result = []
    for place, given in enumerate(names, 1):
        plain = str(given).strip(" \t\r\n\ufeff\u200e\u200f") or f"column_{place}"
        seen[plain.lower()] = seen.get(plain.lower(), 0) + 1
        result.append(plain if seen[plain.lower()] == 1 else f"{plain}_{seen[plain.lower()]}")
    return result


def _pointer(parts: list[str]) -> str:
    return "/" + "/".join(p.replace("~", "~0").replace("/", "~1") for p in parts)


def _name() -> str:
    return f"raw_{next(_numbers)}"


def _nothing(columns: list[str]) -> str:
    parts = ", ".join(f"NULL::VARCHAR AS {name(c)}" for c in columns)
    return f"(SELECT 1::BIGINT AS _rec, {parts} WHERE false)"
