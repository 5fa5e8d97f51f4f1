"""How does each system write its exports?  The shipped mappings, `mappings/SYSTEM.yaml`, and what a workspace adds.

A system has dialects: one for each shape of table that its exports hold.  docs/sources.md tells how one is written.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from cx_helpers.intake import fields
from cx_helpers.intake.fields import TARGET_KEYS, VALUE_KEYS, Setting, SourceError, Target, known, listed
from cx_helpers.settings import Settings

MAPPINGS = Path(__file__).parent / "mappings"
UNPACKING = Path(__file__).parent / "unpacking"
DIALECT_KEYS = ("has", "may", "lacks", "root", "aliases", "unpack", "order", "let", "skip", "newest_by", "deleted",
                "tables", *VALUE_KEYS)  # fmt: skip
SYSTEM_KEYS = ("system", "open", "dialects", *VALUE_KEYS)


@dataclass(frozen=True)
class Dialect:
    """One shape of table in a system's exports: how it is recognised, and the tables it fills."""

    name: str
    has: tuple[str, ...]  # columns that must be there
    may: tuple[str, ...] = ()  # columns that are known beside them
    lacks: tuple[str, ...] = ()  # columns that must not be there
    roots: tuple[str, ...] = ()  # keys of a JSON document under which such rows lie
    aliases: tuple[tuple[str, str], ...] = ()  # (another name of a column, the column)
    unpack: str | None = None
    order: tuple[str, ...] = ()  # of the records that are unpacked
    let: tuple[tuple[str, str], ...] = ()  # (a column of the mapping's own, its SQL)
    skip: str | None = None
    newest_by: bool = False
    deleted: bool = False
    targets: tuple[Target, ...] = ()

    @property
    def columns(self) -> list[str]:
        """Every column that the mapping speaks of, in its own spelling."""
        used = [f.column for t in self.targets for f in t.fields if f.column and f.column[0] != "_"]
        split = [t.split[0] for t in self.targets if t.split]
        return list(dict.fromkeys([*self.has, *self.may, *used, *split]))


def names() -> list[str]:
    """The systems whose exports are read without a mapping of one's own."""
    return sorted(path.stem for path in MAPPINGS.glob("*.yaml"))


@functools.cache
def shipped(system: str) -> dict:
    """The mapping of a system as it is shipped."""
    return yaml.safe_load((MAPPINGS / f"{system}.yaml").read_text("utf-8"))


def function(system: str, name: str) -> Callable:
    """A function of the module that unpacks what a system writes in its own way."""
    return getattr(importlib.import_module(f"cx_helpers.intake.unpacking.{system}"), name)


def code(system: str) -> str:
    """A hash of that module, "" where a system needs none."""
    path = UNPACKING / f"{system}.py"
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16] if path.is_file() else ""


def dialects(entry: dict, name: str, where: str, settings: Settings) -> tuple[Dialect, ...]:
    """The dialects of an entry's system, with the entry's own columns and rules in them."""
    mapping = shipped(entry["system"])
    known(mapping, SYSTEM_KEYS, f"mappings/{entry['system']}.yaml")
    added = _added(entry, mapping, where)
    rule = {key: mapping[key] for key in VALUE_KEYS if key in mapping}
    found = [_dialect(label, part, rule, entry, added, name, settings) for label, part in mapping["dialects"].items()]
    return tuple(_labelled(found, entry.get("aliases") or {}, where))


def _labelled(dialects: list[Dialect], aliases: dict, where: str) -> list[Dialect]:
    """The dialects with the names that a workspace says its exports give to columns; SourceError where none has one."""
    known(aliases, tuple(dict.fromkeys(c for dialect in dialects for c in dialect.columns)), f"{where}, aliases")
    more = [(str(other), column) for column, others in aliases.items() for other in listed(others)]
    return [
        replace(d, aliases=(*d.aliases, *((other, column) for other, column in more if column in d.columns)))
        for d in dialects
    ]


def row_rules(part: dict) -> tuple[object, str | None]:
    """`newest_by` and `deleted` of a source, as the hidden columns that carry them."""
    deleted = part.get("deleted")
    return part.get("newest_by"), {"expr": f"coalesce(({deleted}), false)"} if deleted else None


def _dialect(label: str, part: dict, rule: dict, entry: dict, added: dict, name: str, settings: Settings) -> Dialect:
    where = f"{entry['system']} ({label})"
    known(part, DIALECT_KEYS, where)
    skip = [f"({said})" for said in (part.get("skip"), entry.get("skip")) if said]
    rules = rule | {k: part[k] for k in VALUE_KEYS if k in part} | {k: entry[k] for k in VALUE_KEYS if k in entry}
    of = Setting(name, where, rules, settings, f"{name}:", *row_rules(part))
    targets = []
    for table, given in (part.get("tables") or {}).items():
        for one in listed(given):
            more = added.get(table, {})
            keep = [*listed(one.get("keep")), *listed(more.get("keep"))]
            columns = dict(one.get("columns") or {}) | dict(more.get("columns") or {})
            whole = one | {k: v for k, v in more.items() if k in TARGET_KEYS} | {"columns": columns, "keep": keep}
            targets.append(fields.read_target(table, whole, of))
            if table == "persons":
                targets += [fields.read_target("identities", i, of) for i in fields.identities(whole)]
    return Dialect(
        label,
        tuple(map(str, listed(part.get("has")))),
        tuple(map(str, listed(part.get("may")))),
        tuple(map(str, listed(part.get("lacks")))),
        tuple(map(str, listed(part.get("root")))),
        tuple(
            (str(other), column) for column, others in (part.get("aliases") or {}).items() for other in listed(others)
        ),
        part.get("unpack"),
        tuple(map(str, listed(part.get("order")))),
        tuple((str(column), str(sql)) for column, sql in (part.get("let") or {}).items()),
        " OR ".join(skip) or None,
        bool(part.get("newest_by")),
        bool(part.get("deleted")),
        tuple(targets),
    )


def _added(entry: dict, mapping: dict, where: str) -> dict:
    """What a workspace adds to the tables of a system; SourceError where no dialect fills such a table."""
    added = entry.get("tables") or {}
    there = sorted({table for part in mapping["dialects"].values() for table in part.get("tables") or {}})
    known(added, tuple(there), f"{where}, tables")
    for table, part in added.items():
        known(part, TARGET_KEYS, f"{where}, tables.{table}")
        if not isinstance(part.get("columns") or {}, dict):
            raise SourceError(
                f"{where}, tables.{table}: columns is {part['columns']!r}; write columns: {{ours: theirs}}"
            )
    return added


def fold(column: str) -> str:
    """A column's name as it is compared: `Created at`, `created_at` and `CREATED AT` are one."""
    plain = re.sub(r"[\"'’‘“”«»\u200c\u200e\u200f\ufeff]", "", str(column).casefold())
    return re.sub(r"(?:[^\w.$]|_)+", "_", plain).strip("_") or plain


def found_in(dialect: Dialect, columns: list[str]) -> dict[str, str]:
    """Which of a file's columns are the dialect's: its spelling -> the file's."""
    found: dict[str, str] = {}
    for plain in (fold, lambda column: fold(column).replace("_", "")):  # `created_at` as it is, then as `CreatedAt`
        there: dict[str, str] = {}
        for column in columns:
            there.setdefault(plain(column), column)
        for name, column in [*((c, c) for c in dialect.columns), *dialect.aliases]:
            if column not in found and plain(name) in there:
                found[column] = there[plain(name)]
    return found


def recognise(all_: tuple[Dialect, ...], columns: list[str], root: str = "") -> Dialect | None:
    """The dialect that a table with these columns (under this key of a JSON document) is written in, or None."""
    best, most = None, (-1, -1, -1)
    for dialect in all_:
        found = found_in(dialect, columns)
        if all(c in found for c in dialect.has) and not any(fold(c) in map(fold, columns) for c in dialect.lacks):
            score = (root in dialect.roots if root else 0, len(dialect.has), len(found))
            if score > most:
                best, most = dialect, score
    return best


def nearest_dialect(all_: tuple[Dialect, ...], columns: list[str], root: str = "") -> tuple[Dialect, list[str]]:
    """The dialect that these columns come nearest to, and what it would need beside them."""

    def far(dialect: Dialect):
        found = found_in(dialect, columns)
        missing = sum(c not in found for c in dialect.has)
        return (root not in dialect.roots, missing / len(dialect.has)) if root else (missing / len(dialect.has),)

    near = min(all_, key=far)
    found = found_in(near, columns)
    return near, [c for c in near.has if c not in found]
