"""Which column of an export is which column of ours?  One entry of `sources` in workspace.yaml, read and checked.

The language of an entry is told with worked examples in docs/workspace.md.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

from cx_helpers.settings import Settings, WorkspaceError
from cx_helpers.tables import TABLES, nearest

READER_KEYS = ("format", "encoding", "delimiter", "quote", "header", "names", "skip_lines", "sheet")
PLACE_KEYS = ("path", "files", "url", "query")
VALUE_KEYS = ("timezone", "calendar", "currency", "empty", "decimal")
TARGET_KEYS = ("columns", "keep", "split", "when", "scale", "per_key")
SOURCE_KEYS = ("system", "name", *PLACE_KEYS, *READER_KEYS, *VALUE_KEYS, "skip", "table", "tables", *TARGET_KEYS)
COLUMN_KEYS = ("from", "value", "expr", "generate", "map", "else", "default", "unit", "format", "type", *VALUE_KEYS)

TYPES = {"text": "string", "number": "float64", "integer": "int64", "time": "timestamp", "boolean": "boolean"}
MONEY = {"amount", "margin", "discount", "unit_price", "monthly_fee", "cost"}
PROSE = {"text", "comment", "description", "subject", "product_name"}  # people read these: only `` is empty there
RIALS = {"rial": 1, "irr": 1, "toman": 10, "thousand_toman": 10_000, "million_toman": 10_000_000}
UNITS = {"percent": 0.01, "ms": 0.001, "s": 1, "seconds": 1, "min": 60, "minutes": 60, "h": 3600, "hours": 3600}


class SourceError(WorkspaceError):
    """A source cannot be read as it is mapped: the message names the entry and the key, and what to write."""


@dataclass(frozen=True)
class Field:
    """One column of a table: where its text comes from (one of column, value, expr, generate), and how it is read."""

    name: str
    type: str
    column: str | None = None
    value: str | None = None
    expr: str | None = None
    generate: bool = False
    map: dict[str, str | None] | None = None
    otherwise: str | None = None  # what a value that the map lacks becomes; "keep": itself
    default: str | None = None
    factor: float = 1.0
    rials: bool = False  # a toman or rial written beside the number is believed
    formats: tuple[str, ...] = ()
    timezone: str = "UTC"
    calendar: str = "auto"
    decimal: str = "."
    empty: tuple[str, ...] = ()
    required: bool = False
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Target:
    """One table that a source fills: its columns, which rows make one, and whether a list is split into rows."""

    table: str
    fields: tuple[Field, ...]
    when: str | None = None
    split: tuple[str, str] | None = None  # the column that holds the list, and what parts it
    per_key: str | None = None

    @property
    def key(self) -> tuple[str, ...]:
        return TABLES[self.table].key


@dataclass(frozen=True)
class Source:
    """One entry of `sources`, checked: where it lies, how it is opened, and the tables it fills."""

    name: str
    system: str
    path: str = ""
    files: dict[str, str] = field(default_factory=dict)
    url: str = ""
    query: str = ""
    options: dict = field(default_factory=dict)
    skip: str | None = None
    targets: tuple[Target, ...] = ()


def expand(text: str) -> str:
    """Fill `${NAME}` and `${NAME:-default}` from the environment; SourceError where NAME is not set."""

    def fill(found: re.Match) -> str:
        value = os.environ.get(found[1]) or found[3]
        if value is None:
            raise SourceError(f"{text!r}: the environment variable {found[1]} is not set; set it, or give a default "
                              f"as ${{{found[1]}:-…}}")  # fmt: skip
        return value

    return re.sub(r"\$\{(\w+)(:-([^}]*))?\}", fill, text)


def read_sources(settings: Settings) -> list[Source]:
    """Check every entry of `sources`; SourceError names the entry, the key and the nearest known one."""
    sources = [read_source(entry, number, settings) for number, entry in enumerate(settings.sources, 1)]
    names = [source.name for source in sources]
    for name in names:
        if names.count(name) > 1:
            raise SourceError(f"sources: two entries are called {name!r}; give each its own `name`")
    return sources


def read_source(entry: dict, number: int, settings: Settings) -> Source:
    """Check one entry; see read_sources."""
    name = str(entry.get("name") or _name_of(entry, number))
    where = f"source {name!r}"
    if entry["system"] != "table":
        raise SourceError(f"{where}: system {entry['system']!r} is not known{nearest(entry['system'], ['table'])}; "
                          "systems: table")  # fmt: skip
    if not re.fullmatch(r"[\w.-]+", name) or name.startswith("."):
        raise SourceError(f"{where}: a `name` has letters, digits, - and _ only; it becomes a folder's name")
    _known(entry, SOURCE_KEYS, where)
    places = [key for key in ("path", "files", "url") if entry.get(key)]
    if len(places) != 1:
        raise SourceError(f"{where}: give one of path, files or url; there is {places or 'none'}")
    if bool(entry.get("query")) != (places[0] != "path"):
        raise SourceError(f"{where}: a `query` goes with `files` or `url`, and they need one")
    if not isinstance(entry.get("files", {}), dict):
        raise SourceError(f"{where}: files is {entry['files']!r}; write files: {{orders: PATH, customers: PATH}}")
    if ("table" in entry) == ("tables" in entry):
        raise SourceError(f"{where}: give either `table` with its `columns`, or `tables: {{NAME: {{columns: …}}}}`")
    if "table" in entry:
        parts = {entry["table"]: {key: entry[key] for key in TARGET_KEYS if key in entry}}
    else:
        if stray := [key for key in TARGET_KEYS if key in entry]:
            raise SourceError(f"{where}: {stray[0]!r} stands beside `tables`; put it under the table it is meant for")
        parts = entry["tables"]
    if not isinstance(parts, dict) or not parts:
        raise SourceError(f"{where}: tables must hold {{NAME: {{columns: …}}}}")
    _check_values(entry, where)
    return Source(
        name=name,
        system=entry["system"],
        path=str(entry.get("path", "")),
        files={str(k): str(v) for k, v in entry.get("files", {}).items()},
        url=str(entry.get("url", "")),
        query=str(entry.get("query", "")),
        options={key: entry[key] for key in READER_KEYS if key in entry},
        skip=entry.get("skip"),
        targets=tuple(_target(table, part, entry, name, where, settings) for table, part in parts.items()),
    )


def _target(table: str, part: dict, entry: dict, name: str, where: str, settings: Settings) -> Target:
    if table not in TABLES:
        raise SourceError(f"{where}: no table {table!r}{nearest(table, TABLES)}; tables: {', '.join(TABLES)}")
    where = f"{where}, table {table!r}"
    if not isinstance(part, dict):
        raise SourceError(f"{where}: write columns: {{{TABLES[table].key[0]}: …}} under it, not {part!r}")
    _known(part, TARGET_KEYS, where)
    columns = {str(c): str(c) for c in part.get("keep") or []} | dict(part.get("columns") or {})
    if scale := part.get("scale"):
        if not (isinstance(scale, list) and len(scale) == 2 and all(isinstance(s, int | float) for s in scale)):
            raise SourceError(f"{where}: scale is {scale!r}; write scale: [lowest, highest], e.g. [0, 10]")
        columns = {"scale_min": {"value": scale[0]}, "scale_max": {"value": scale[1]}} | columns
    split = part.get("split")
    if split is not None:
        if isinstance(split, str):
            split = {"column": split}
        _known(split, ("column", "by"), f"{where}, split")
        split = (str(split["column"]), str(split.get("by", "|")))
        if table == "order_items":
            columns.setdefault("line", "_line")
    if part.get("per_key") not in (None, "first", "last"):
        raise SourceError(f"{where}: per_key is {part['per_key']!r}; use first or last")
    columns.setdefault("source", {"value": name})
    spec = TABLES[table]
    for column in (*spec.key, *spec.required):
        if column not in columns:
            hint = f", or write {column}: {{generate: true}}" if spec.key == (column,) else ""
            raise SourceError(f"{where}: {column!r} is required and not mapped; map it to a column of the export{hint}")
    ordered = [c for c in spec.columns if c in columns] + [c for c in columns if c not in spec.columns]
    fields = tuple(_field(column, columns[column], table, entry, where, settings) for column in ordered)
    return Target(table, fields, part.get("when"), split, part.get("per_key"))


def _field(column: str, given, table: str, entry: dict, where: str, settings: Settings) -> Field:
    where = f"{where}, column {column!r}"
    if isinstance(given, str):
        given = {"from": given}
    if not isinstance(given, dict):
        raise SourceError(f"{where}: {given!r} is no column name; for a constant write {{value: {given!r}}}")
    _known(given, COLUMN_KEYS, where)
    if sum(key in given for key in ("from", "value", "expr", "generate")) != 1:
        raise SourceError(f"{where}: give one of from, value, expr or generate; there is {sorted(given)}")
    _check_values(given, where)
    known = TABLES[table].columns.get(column)
    if known and "type" in given:
        raise SourceError(f"{where}: the contract says its type is {known.type}; leave `type` out")
    kind = str(given.get("type", "text"))
    if kind not in TYPES:
        raise SourceError(f"{where}: type {kind!r} is not known{nearest(kind, TYPES)}; types: {', '.join(TYPES)}")
    rule = {key: entry[key] for key in VALUE_KEYS if key in entry} | given
    unit = given.get("unit") or (rule.get("currency") if column in MONEY else None)
    mapped = given.get("map")
    if mapped is not None and not isinstance(mapped, dict):
        raise SourceError(f"{where}: map must hold {{value in the export: our value}}, not {mapped!r}")
    return Field(
        name=column,
        type=known.type if known else TYPES[kind],
        column=_text(given.get("from")),
        value=_text(given.get("value")),
        expr=given.get("expr"),
        generate=bool(given.get("generate")),
        map=None if mapped is None else {_text(k) or "": _text(v) for k, v in mapped.items()},
        otherwise=_text(given.get("else")),
        default=_text(given.get("default")),
        factor=_factor(unit, where, settings),
        rials=column in MONEY and settings.currency == "IRR",
        formats=tuple(_listed(given.get("format"))),
        timezone=str(rule.get("timezone", settings.timezone)),
        calendar=str(rule.get("calendar", "auto")),
        decimal=str(rule.get("decimal", ".")),
        empty=tuple(str(e) for e in _listed(rule.get("empty"))),
        required=column in TABLES[table].required,
        allowed=known.values if known else (),
    )


def _factor(unit, where: str, settings: Settings) -> float:
    if unit is None:
        return 1.0
    name = str(unit).lower().replace("irt", "toman").replace("تومان", "toman").replace("ریال", "rial")
    if name in RIALS and settings.currency == "IRR":
        return float(RIALS[name])
    if name == settings.currency.lower():
        return 1.0
    if name in UNITS:
        return UNITS[name]
    if name in RIALS:
        raise SourceError(f"{where}: unit {unit!r} but the workspace's currency is {settings.currency}")
    raise SourceError(f"{where}: unit {unit!r} is not known{nearest(name, [*RIALS, *UNITS])}; "
                      f"units: {', '.join([*RIALS, *UNITS])}")  # fmt: skip


def _check_values(given: dict, where: str) -> None:
    zone = given.get("timezone")
    if zone is not None and str(zone) not in available_timezones():
        raise SourceError(f"{where}: timezone {zone!r} is not known{nearest(zone, available_timezones())}; "
                          "use an IANA name such as Asia/Tehran")  # fmt: skip
    if zone is not None:
        ZoneInfo(str(zone))
    if given.get("calendar", "auto") not in ("auto", "jalali", "gregorian"):
        raise SourceError(f"{where}: calendar is {given['calendar']!r}; use jalali, gregorian or auto")
    if given.get("decimal", ".") not in (".", ","):
        raise SourceError(f"{where}: decimal is {given['decimal']!r}; use '.' or ','")


def _known(given, keys: tuple[str, ...], where: str) -> None:
    if not isinstance(given, dict):
        raise SourceError(f"{where}: {given!r} is no set of keys and values; keys: {', '.join(keys)}")
    for key in given:
        if key not in keys:
            raise SourceError(f"{where}: unknown key {key!r}{nearest(key, keys)}; keys: {', '.join(keys)}")


def _name_of(entry: dict, number: int) -> str:
    stem = re.sub(r"[^\w-]+", "_", Path(str(entry.get("path", ""))).name.split(".")[0]).strip("_")
    return stem or f"{entry['system']}_{number}"


def _text(value) -> str | None:
    if value is None:
        return None
    return {True: "true", False: "false"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def _listed(value) -> list:
    return [] if value is None else value if isinstance(value, list) else [value]
