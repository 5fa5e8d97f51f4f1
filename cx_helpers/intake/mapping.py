"""Which export fills which tables?  One entry of `sources` in workspace.yaml, read and checked.

The language of an entry is told with worked examples in docs/workspace.md, that of whole systems in docs/sources.md.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from cx_helpers.intake import systems
from cx_helpers.intake.fields import (
    TARGET_KEYS,
    VALUE_KEYS,
    Setting,
    SourceError,
    Target,
    check_values,
    customers,
    known,
    listed,
    read_target,
    texts,
)
from cx_helpers.intake.systems import Dialect
from cx_helpers.settings import Settings
from cx_helpers.tables import nearest

READER_KEYS = ("format", "encoding", "delimiter", "quote", "header", "names", "skip_lines", "sheet")
PLACE_KEYS = ("path", "files", "url", "query")
ENTRY_KEYS = ("system", "name", "except", *VALUE_KEYS)
SOURCE_KEYS = (*ENTRY_KEYS, *PLACE_KEYS, *READER_KEYS, "skip", "table", "tables", "newest_by", "deleted", *TARGET_KEYS)
_WHO = {"customers", "identities", "persons"}  # tables that tell who somebody is
SYSTEM_KEYS = (*ENTRY_KEYS, "path", "encoding", "tables", "skip", "aliases")


@dataclass(frozen=True)
class Source:
    """One entry of `sources`, checked: where it lies, how it is opened, and the tables it fills.

    An entry of a known system has dialects in place of targets: each file is recognised as one of them.
    """

    name: str
    system: str
    path: str = ""
    files: dict[str, str] = field(default_factory=dict)
    url: str = ""
    query: str = ""
    options: dict = field(default_factory=dict)
    leave: tuple[str, ...] = ()  # names of files that `path` finds and that are none of it
    skip: str | None = None
    newest_by: bool = False  # of rows with one key in one file the newest stays, the others are skipped
    deleted: bool = False  # rows may say that their key is gone
    targets: tuple[Target, ...] = ()
    dialects: tuple[Dialect, ...] = ()
    dialect: str = ""  # where this is what one dialect makes of its files
    code: str = ""  # of the functions that unpack: other code reads files anew


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
    texts(entry, ("system", "path", "url", "query", "table", "skip"), where)
    if entry["system"] not in ("table", *systems.names()):
        there = ["table", *systems.names()]
        raise SourceError(f"{where}: system {entry['system']!r} is not known{nearest(entry['system'], there)}; "
                          f"systems: {', '.join(there)}")  # fmt: skip
    if not re.fullmatch(r"[\w.-]+", name) or name.startswith("."):
        raise SourceError(f"{where}: a `name` has letters, digits, - and _ only; it becomes a folder's name")
    check_values(entry, where)
    if entry["system"] != "table":
        return _of_a_system(entry, name, where, settings)
    known(entry, SOURCE_KEYS, where)
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
    of = Setting(name, where, entry, settings, "", *systems.row_rules(entry))
    if isinstance(people := parts.get("persons"), dict) and "customers" not in parts:
        parts = parts | {"customers": customers(people)}
    parts = _named_again(parts, of)
    return Source(
        name=name,
        system=entry["system"],
        path=str(entry.get("path", "")),
        files={str(k): str(v) for k, v in entry.get("files", {}).items()},
        url=str(entry.get("url", "")),
        query=str(entry.get("query", "")),
        options={key: entry[key] for key in READER_KEYS if key in entry},
        leave=tuple(map(str, listed(entry.get("except")))),
        skip=entry.get("skip"),
        newest_by=bool(entry.get("newest_by")),
        deleted=bool(entry.get("deleted")),
        targets=tuple(read_target(table, part, of) for table, given in parts.items() for part in listed(given or {})),
    )


def _named_again(parts: dict, of: Setting) -> dict:
    """The tables of an entry; where its rows are orders, tickets or such, many of them may name one customer, and the
    last one tells of the customer.  Rows that are customers and nothing else stay one a customer."""
    if of.newest_by or of.deleted or not set(parts) - _WHO:
        return parts
    each = {table: listed(part or {}) for table, part in parts.items() if table in _WHO}
    last = {
        table: [{"per_key": "last"} | part if isinstance(part, dict) else part for part in some]
        for table, some in each.items()
    }
    return parts | last


def _of_a_system(entry: dict, name: str, where: str, settings: Settings) -> Source:
    """An entry of a known system: its shipped mapping, with what the entry adds to it."""
    known(entry, SYSTEM_KEYS, where)
    if not entry.get("path"):
        raise SourceError(f"{where}: give the `path` of its exports: a file, a folder, a .zip, or a pattern such as "
                          f"sources/{entry['system']}/*")  # fmt: skip
    return Source(
        name=name,
        system=entry["system"],
        path=str(entry["path"]),
        options={key: entry[key] for key in ("encoding",) if key in entry},
        leave=tuple(map(str, listed(entry.get("except")))),
        dialects=systems.dialects(entry, name, where, settings),
        code=systems.code(entry["system"]),
    )


def as_source(of: Source, dialect: Dialect) -> Source:
    """What one dialect makes of its files, as if it were a source of its own."""
    return Source(
        name=of.name,
        system=of.system,
        skip=dialect.skip,
        newest_by=dialect.newest_by,
        deleted=dialect.deleted,
        targets=dialect.targets,
        dialect=dialect.name,
    )


def _name_of(entry: dict, number: int) -> str:
    if entry["system"] != "table":
        return str(entry["system"])
    stem = re.sub(r"[^\w-]+", "_", Path(str(entry.get("path", ""))).name.split(".")[0]).strip("_")
    return stem or f"{entry['system']}_{number}"
