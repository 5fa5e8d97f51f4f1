"""How does a recognised table come under the mapping's names?  Renamed, unpacked, completed as its dialect says."""

from __future__ import annotations

import json
from collections.abc import Iterator

import duckdb

from cx_helpers.intake import jsonpages, messages, systems
from cx_helpers.intake.faults import FileFault
from cx_helpers.intake.jsonpages import Record
from cx_helpers.intake.raw import CHUNK, Broken, Raw, fresh_name, pointer
from cx_helpers.intake.sheets import Sheet
from cx_helpers.intake.systems import Dialect, fold, found_in
from cx_helpers.intake.values import literal, name


def made_plain(con, sheet: Sheet, dialect: Dialect, system: str, shown: str) -> Raw:
    """The texts of a table as its dialect's mapping sees them: columns that it knows and the file lacks are null."""
    raw = named(unpacked(con, sheet, dialect, system, shown) if dialect.unpack else sheet.raw, dialect)
    if len(dialect.targets) < 2:
        return raw
    try:
        return _settled(con, raw)
    except duckdb.InvalidInputException:
        if raw.careful is None:
            raise
        return _settled(con, raw.careful())
    except (duckdb.BinderException, duckdb.ParserException, duckdb.ConversionException) as error:
        raise FileFault(shown, "cannot_unpack", dialect=dialect.name, why=messages.reason(error)) from None


def _settled(con, raw: Raw) -> Raw:
    """The same texts in a table of their own: many tables are filled from them, and the file is read once."""
    table = fresh_name()
    columns = ", ".join(map(name, ["_rec", *raw.columns]))
    con.execute(f"CREATE TEMP TABLE {table} AS SELECT {columns} FROM {raw.relation}")
    return Raw(table, raw.columns, raw.broken, raw.lines, sparse=True, faults=raw.faults)


def named(raw: Raw, dialect: Dialect, complete: bool = True) -> Raw:
    """The same texts under the mapping's names, with the columns of its `let` (unless complete is False)."""
    found = found_in(dialect, raw.columns)
    taken = set(found.values())
    ours = {column.casefold() for column in dialect.columns}
    others = [c for c in raw.columns if c not in taken and c.casefold() not in ours]
    let = dialect.let if complete else ()
    made = {column for column, _ in let}
    columns = [c for c in dialect.columns if c not in made]
    parts = [f"{name(found[c]) if c in found else _within(c, raw.columns)} AS {name(c)}" for c in columns]
    relation = f"(SELECT {', '.join(['_rec', *parts, *map(name, others)])} FROM {raw.relation})"
    for column, sql in let:
        relation = f"(SELECT *, CAST(({sql}) AS VARCHAR) AS {name(column)} FROM {relation})"
    careful = raw.careful
    return Raw(
        relation,
        [*columns, *others, *made],
        raw.broken,
        raw.lines,
        (lambda: named(careful(), dialect, complete)) if careful else None,
        sparse=True,
        faults=raw.faults,
    )


def _within(column: str, columns: list[str]) -> str:
    """SQL of what a nested column (`a.b`) is in a cell that holds JSON; null where there is none."""
    first, *rest = column.split(".")
    there = next((c for c in columns if fold(c) == fold(first)), None)
    if not rest or there is None:
        return "NULL::VARCHAR"
    return f"json_extract_string(TRY_CAST({name(there)} AS JSON), {literal(pointer(rest))})"


def unpacked(con, sheet: Sheet, dialect: Dialect, system: str, shown: str) -> Raw:
    """What the dialect's own function makes of the records of a table, in its `order` where it has one."""
    came = sheet.raw if sheet.table else named(sheet.raw, dialect, complete=False)
    came, table = _ordered(con, sheet, came, dialect)
    odd: list[Broken] = []
    function = systems.function(system, dialect.unpack)
    try:
        raw, rows = jsonpages.lay(con, function(_records(con, table, came, bool(sheet.table))), dialect.columns, odd)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise FileFault(shown, "cannot_unpack", dialect=dialect.name, why=type(error).__name__) from error
    con.execute(f"DROP TABLE {table}")
    lines = came.lines([b.line for b in odd])
    raw.broken = [*came.broken, *(b._replace(line=lines.get(b.line, b.line)) for b in odd)]
    raw.faults = came.faults

    def as_it_came(recs: list[int]) -> dict[int, int]:
        among = ", ".join(map(str, recs)) or "NULL"
        from_ = dict(con.execute(f"SELECT _rec, _line FROM {rows} WHERE _rec IN ({among})").fetchall())
        lines = came.lines(sorted(set(from_.values())))
        return {rec: lines.get(first, first) for rec, first in from_.items()}

    raw.lines = as_it_came
    return raw


def _ordered(con, sheet: Sheet, came: Raw, dialect: Dialect) -> tuple[Raw, str]:
    """The records of a table in their dialect's `order`, numbered by _nth; the careful reader's if need be."""
    table = fresh_name()
    if sheet.table:
        keys = [f"json_extract_string(j, {literal(pointer([c]))})" for c in dialect.order]
        numbered = f"row_number() OVER (ORDER BY {', '.join([*keys, '_rec'])}) AS _nth"
        con.execute(f"CREATE TEMP TABLE {table} AS SELECT {numbered}, _rec, j FROM {sheet.table}")
        return came, table
    numbered = f"row_number() OVER (ORDER BY {', '.join([*map(name, dialect.order), '_rec'])}) AS _nth"
    try:
        con.execute(f"CREATE TEMP TABLE {table} AS SELECT {numbered}, * FROM {came.relation}")
    except duckdb.InvalidInputException:
        if came.careful is None:
            raise
        came = came.careful()
        con.execute(f"CREATE TEMP TABLE {table} AS SELECT {numbered}, * FROM {came.relation}")
    return came, table


def _records(con, table: str, came: Raw, as_json: bool) -> Iterator[Record]:
    """The records of a table, each with its number in the file, in chunks."""
    columns = came.columns
    wanted = "j" if as_json else ", ".join(map(name, columns))
    for first in range(0, con.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0], CHUNK):
        among = f"_nth > {first} AND _nth <= {first + CHUNK}"
        rows = con.execute(f"SELECT _rec, {wanted} FROM {table} WHERE {among} ORDER BY _nth").fetchall()
        for rec, *texts in rows:
            yield rec, json.loads(texts[0]) if as_json else dict(zip(columns, map(_parsed, texts), strict=True))


def _parsed(text: str | None):
    """A cell of a delimited file: a list or object where it holds one in JSON, else its text, null where empty."""
    if text and text[0] in "[{":
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text or None
