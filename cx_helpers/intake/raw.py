"""What is a source before it is mapped?  One relation of texts in DuckDB, whatever format they came in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import batched, count
from typing import NamedTuple

import pyarrow as pa

from cx_helpers.intake.values import literal, name
from cx_helpers.persian import simplify

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
    bare: str | None = None  # the same rows, in the same order, without _rec: what an engine reads with all its cores
    twice: frozenset[str] = frozenset()  # columns whose name the header gives to several: the first one bears it
    sparse: bool = False  # a column that no row has is no mistake (JSON leaves empty ones out)
    faults: list[dict] = field(
        default_factory=list
    )  # what is wrong with the whole file, in fa and en, though it is read


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


def fill(con, columns: list[str], rows: Iterable[Sequence]) -> str:
    """A temporary table of texts, filled in chunks; the first value of each row is `_rec`."""
    table = fresh_name()
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


def from_json(table: str, columns: dict[str, list[str]]) -> str:
    """SQL of texts out of the JSON `j` of a table: each column from the nested keys that lead to it.

    All are taken in one pass: a function a column would parse each record as often, and hold as much memory each.
    """
    pointers = ", ".join(literal(pointer(path)) for path in columns.values())
    picked = ", ".join(["_rec", *(f"_texts[{i}] AS {name(c)}" for i, c in enumerate(columns, 1))])
    return f"(SELECT {picked} FROM (SELECT _rec, json_extract_string(j, [{pointers}]) AS _texts FROM {table}))"


def pointer(parts: list[str]) -> str:
    """A JSON pointer to a nested key."""
    return "/" + "/".join(p.replace("~", "~0").replace("/", "~1") for p in parts)


def plain(cell) -> str | None:
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


def unique(names: list[str]) -> list[str]:
    """Names of columns as they stand, trimmed; an empty one is called by its place, a second one gets a number."""
    seen: dict[str, int] = {}
    result = []
    for place, given in enumerate(names, 1):
        plain = str(given).strip(" \t\r\n\ufeff\u200e\u200f") or f"column_{place}"
        seen[plain.lower()] = seen.get(plain.lower(), 0) + 1
        result.append(plain if seen[plain.lower()] == 1 else f"{plain}_{seen[plain.lower()]}")
    return result


def repeated(names: list[str]) -> frozenset[str]:
    """The names that a header gives to several columns, as `unique` calls the first of each."""
    columns = unique(names)
    plain = [str(given).strip(" \t\r\n\ufeff\u200e\u200f").lower() for given in names]
    return frozenset(c for c in columns if plain.count(c.lower()) > 1)


def fresh_name() -> str:
    """A name for a table that no other has."""
    return f"raw_{next(_numbers)}"


def forget(con, *kinds: str) -> None:
    """Drop the temporary tables that nobody needs any more: all whose names begin so."""
    among = " OR ".join(f"starts_with(table_name, '{kind}_')" for kind in kinds)
    for (table,) in con.execute(f"SELECT table_name FROM duckdb_tables() WHERE temporary AND ({among})").fetchall():
        con.execute(f"DROP TABLE {table}")


def spelled(raw: Raw, wanted: Iterable[str]) -> Raw:
    """The source with its columns as the mapping spells them, where the two differ in nothing that a reader sees:
    Arabic ي and ك for ی and ک, a half-space, the kind of digits.

    wanted  the columns that the mapping names.  A column whose name stands as it is stays; where two columns, or two
            names, are alike none is taken for the other
    """
    have, ask = Counter(map(simplify, raw.columns)), Counter(map(simplify, wanted := dict.fromkeys(wanted)))
    there = {simplify(column): column for column in raw.columns}
    lacking = {column: there.get(simplify(column)) for column in wanted if column not in raw.columns}
    renamed = {c: n for n, c in lacking.items() if c and have[simplify(n)] == ask[simplify(n)] == 1}
    if not renamed:
        return raw
    pairs = ", ".join(f"{name(column)} AS {name(new)}" for column, new in renamed.items())
    again = (lambda: spelled(raw.careful(), wanted)) if raw.careful else None
    return replace(
        raw,
        relation=f"(SELECT * RENAME ({pairs}) FROM {raw.relation})",
        columns=[renamed.get(column, column) for column in raw.columns],
        careful=again,
        bare=raw.bare and f"(SELECT * RENAME ({pairs}) FROM {raw.bare})",
        twice=frozenset(renamed.get(column, column) for column in raw.twice),
    )


def nothing(columns: list[str]) -> str:
    """SQL of a relation with these columns and no rows."""
    parts = ", ".join(f"NULL::VARCHAR AS {name(c)}" for c in columns)
    return f"(SELECT 1::BIGINT AS _rec, {parts} WHERE false)"
