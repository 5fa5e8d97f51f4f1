"""How is a file opened?  CSV, Excel, JSON lines, Parquet or a SQL query become one relation of texts in DuckDB.

Whatever the format, what comes out is a `Raw`: a relation whose columns are all text, as they came, with `_rec`, the
number of the record; the lines that are no records; and the way from a record's number to its line in the file.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import duckdb

from cx_helpers.intake import csvlines, encodings, kinds, mangled, messages
from cx_helpers.intake.faults import CUT, midway, said
from cx_helpers.intake.formats import open_excel, open_jsonl
from cx_helpers.intake.mapping import SourceError
from cx_helpers.intake.raw import Broken, Raw, as_texts, fill, fresh_name, nothing, repeated, unique
from cx_helpers.intake.values import literal, name


def open_file(con: duckdb.DuckDBPyConnection, path: Path, options: dict, scratch: Path) -> Raw:
    """Open one file by its format, told by its ending or by the option `format`."""
    kind, path = kinds.told(path, path.name, options, scratch)
    readers = {"csv": open_csv, "excel": open_excel, "jsonl": open_jsonl, "parquet": open_parquet}
    return readers[kind](con, path, options, scratch)


def open_csv(con, path: Path, options: dict, scratch: Path) -> Raw:
    """A delimited text file; encoding, separator and header are found where the mapping does not say."""
    text = encodings.as_utf8(path, scratch, options.get("encoding"))
    quote, skip = options.get("quote", '"'), int(options.get("skip_lines", 0))
    faults = [said(*CUT, file=path.name)] if text.cut else []
    text, garbled = mangled.mended(text, path.name, scratch)
    faults += garbled
    delimiter = options.get("delimiter") or csvlines.find_delimiter(text.path, skip, quote)
    delimiter = {"\\t": "\t", "tab": "\t"}.get(delimiter, delimiter)
    header, names = options.get("header", True), options.get("names")
    first = csvlines.first_record(text.path, delimiter, skip, quote)
    if first is None:
        if names or not header:
            return Raw(nothing(names or ["column_1"]), list(names or ["column_1"]))
        raise SourceError(f"{path.name}: the file is empty; it needs a header line, or `names` in the mapping")
    columns = unique(names or (first.fields if header else [f"column_{i}" for i in range(1, len(first.fields) + 1)]))
    twice = repeated(first.fields) if header and not names else frozenset()
    skip += first.lines if header else 0

    def careful() -> Raw:
        broken: list[Broken] = []
        last: list[csvlines.Line] = []  # broken ones after the last whole row

        def good() -> Iterable[Sequence]:
            for line in csvlines.records(
                text.path, delimiter, len(columns), quote=quote, skip=skip, damaged=text.damaged
            ):
                if line.fields is None:
                    broken.append(Broken(line.number, line.code, line.raw))
                    last.append(line)
                else:
                    last.clear()
                    yield (line.number, *(text or None for text in line.fields))  # as the engine reads them

        relation = fill(con, columns, good())
        cut = None if text.cut else csvlines.cut_in(text.path, last, delimiter, quote)
        if cut and (told := midway(path.name, cut)) not in faults:
            faults.append(told)
        return Raw(relation, columns, broken, twice=twice, faults=faults)

    if text.damaged or text.has_nul or len(columns) == 1 or len(delimiter) > 1:
        return careful()
    struct = ", ".join(f"{literal(c)}: 'VARCHAR'" for c in columns)
    scan = (
        f"read_csv({literal(text.path)}, auto_detect=false, header=false, skip={skip}, delim={literal(delimiter)}, "
        f"quote={literal(quote)}, escape={literal(quote)}, columns={{{struct}}})"
    )

    def lines(recs: list[int]) -> dict[int, int]:
        whole = con.execute(f"SELECT count(*) FROM {scan}").fetchall()[0][0]
        if csvlines.count(text.path) == skip + whole:  # each record has a line to itself, and no line is empty
            return {rec: skip + rec for rec in recs}
        wanted, found = set(recs), {}
        reader = csvlines.records(text.path, delimiter, len(columns), quote=quote, skip=skip)
        for rec, line in enumerate(reader, 1):
            if rec in wanted:
                found[rec] = line.number
                if len(found) == len(wanted):
                    break
        return found

    relation = f"(SELECT row_number() OVER () AS _rec, * FROM {scan})"
    return Raw(relation, columns, lines=lines, careful=careful, bare=scan, twice=twice, faults=faults)


def open_parquet(con, path: Path, options: dict, scratch: Path) -> Raw:
    """A Parquet file; lists and structs come as JSON, times with their zone."""
    scan = f"read_parquet({literal(path)})"
    try:
        described = con.execute(f"DESCRIBE SELECT * FROM {scan}").fetchall()
    except duckdb.Error as error:
        raise SourceError(f"{path.name}: not a whole Parquet file: {messages.reason(error)}") from None
    relation, columns = as_texts(described, scan)
    return Raw(relation, columns)


def open_query(con, files: dict[str, Path], query: str, options: dict, scratch: Path, shown: dict[str, str]) -> Raw:
    """The rows of a DuckDB query over several files of one source, each a table of texts under its own name."""

    def ask(raws: dict[str, Raw]) -> Raw:
        broken = []
        for label, raw in raws.items():
            con.execute(f"CREATE OR REPLACE TEMP VIEW {name(label)} AS SELECT * EXCLUDE (_rec) FROM {raw.relation}")
            broken += [b._replace(file=shown[label]) for b in raw.broken]
        table = fresh_name()
        con.execute(f"CREATE TEMP TABLE {table} AS {query.strip().rstrip(';')}")
        relation, columns = as_texts(con.execute(f"DESCRIBE {table}").fetchall(), table)
        return Raw(relation, columns, broken, faults=[fault for raw in raws.values() for fault in raw.faults])

    raws = {label: open_file(con, path, options, scratch) for label, path in files.items()}
    try:
        return ask(raws)
    except duckdb.InvalidInputException as error:
        if "CSV" not in str(error):
            raise SourceError(f"the query failed: {messages.reason(error)}") from None
        return ask({label: raw.careful() if raw.careful else raw for label, raw in raws.items()})
    except duckdb.Error as error:
        there = "; ".join(f"{label}: {messages.columns(raw.columns)}" for label, raw in raws.items())
        said = messages.reason(error)
        raise SourceError(f"the query failed: {said}; tables and columns there are: {there}") from None
