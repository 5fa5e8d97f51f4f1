"""What is in a file of a known system?  Tables, each recognised as a dialect, unpacked, renamed."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from cx_helpers import wording
from cx_helpers.intake import encodings, mapping, messages, plain, sheets, systems
from cx_helpers.intake.faults import FileFault, said
from cx_helpers.intake.mapping import Source
from cx_helpers.intake.raw import Raw, fill
from cx_helpers.intake.sheets import Sheet
from cx_helpers.intake.systems import Dialect, fold, found_in
from cx_helpers.intake.units import Unit


@dataclass
class Part:
    """One table of a file, ready to be converted: by which mapping, from which texts."""

    source: Source
    raw: Raw
    name: str = ""
    warnings: list[wording.Words] = field(default_factory=list)


def open_parts(con, unit: Unit, path: Path, scratch: Path) -> tuple[list[Part], list[wording.Words]]:
    """The tables of a file that are recognised, and what is to be said of those that are not.

    Raises FileFault where none is.
    """
    dialects = unit.source.dialects
    roots = {root for dialect in dialects for root in dialect.roots}
    deep = (other for dialect in dialects for other, _ in dialect.aliases if "." in other)
    wanted = list(dict.fromkeys([*(c for dialect in dialects for c in dialect.columns), *deep]))
    known: dict[tuple, str] = {}

    def shape(record: dict, root: str) -> str:
        keys = (root, *record)
        if keys not in known:
            dialect = systems.recognise(dialects, list(record), root)
            known[keys] = dialect.name if dialect else ""
        return known[keys]

    found = _special(con, unit, path, scratch)
    if found is None:
        found = sheets.open_sheets(con, path, unit.shown, unit.source.options, scratch, roots, shape, wanted)
    parts, faults = [], []
    for sheet in found:
        if not sheet.raw.columns:
            continue  # {} says nothing
        dialect = systems.recognise(dialects, sheet.raw.columns, sheet.name)
        if dialect is None:
            faults.append(_unknown(unit, sheet))
        else:
            parts.append(_part(con, unit, sheet, dialect))
    if faults and not parts:
        raise faults[0]
    return parts, [fault.words for fault in faults]


def _special(con, unit: Unit, path: Path, scratch: Path) -> list[Sheet] | None:
    """The tables of a file that only the system's own reader (`open` in its mapping) can tell apart."""
    reader = systems.shipped(unit.source.system).get("open")
    if not reader:
        return None

    def as_text() -> Path:
        return encodings.as_utf8(path, scratch, unit.source.options.get("encoding")).path

    found = systems.function(unit.source.system, reader)(path, as_text)
    if found is None:
        return None
    return [Sheet(label, Raw(fill(con, columns, rows), columns, *broken)) for label, columns, rows, *broken in found]


def _part(con, unit: Unit, sheet: Sheet, dialect: Dialect) -> Part:
    raw = plain.made_plain(con, sheet, dialect, unit.source.system, unit.shown)
    part = Part(mapping.as_source(unit.source, dialect), raw, sheet.name)
    if not dialect.unpack:
        part.warnings += _told(unit, sheet, dialect)
    return part


def _told(unit: Unit, sheet: Sheet, dialect: Dialect) -> list[wording.Words]:
    """Columns that the mapping knows and a table lacks, and columns of a table that the mapping does not know."""
    if not dialect.targets:  # known, and of no use
        return []
    shown = unit.shown + (f" ({sheet.name})" if sheet.name else "")
    found, told = found_in(dialect, sheet.raw.columns), []
    made = {column for column, _ in dialect.let}
    used = {f.column for t in dialect.targets for f in t.fields if f.column} - made
    lacks = [c for c in dialect.columns if c in used and c not in found and "." not in c]
    if lacks and not sheet.raw.sparse:
        told.append(said(
            fa="{file}: این ستون‌ها نیستند و خالی می‌مانند: {columns}",
            en="{file}: these columns are not there and stay empty: {columns}",
            file=shown, columns=messages.columns(lacks)))  # fmt: skip
    known = {fold(c) for c in [*dialect.columns, *(other for other, _ in dialect.aliases)]}
    known |= {fold(c).split(".")[0] for c in dialect.columns}
    new = [c for c in sheet.raw.columns if c not in found.values() and fold(c) not in known and c[0] != "_"]
    if new and dialect.targets:
        told.append(said(
            fa="{file}: این ستون‌ها ناشناخته‌اند و کنار گذاشته شدند (برای نگه‌داشتن، زیر `keep` بنویسید): {columns}",
            en="{file}: these columns are not known and were left out (list them under `keep` to have them): {columns}",
            file=shown, columns=messages.columns(new)))  # fmt: skip
    return told


def _unknown(unit: Unit, sheet: Sheet) -> FileFault:
    near, missing = systems.nearest_dialect(unit.source.dialects, sheet.raw.columns, sheet.name)
    shown = unit.shown + (f" ({sheet.name})" if sheet.name else "")
    return FileFault(shown, "unknown_shape", system=unit.source.system, columns=messages.columns(sheet.raw.columns),
                     nearest=near.name, missing=messages.columns(missing) or "-")  # fmt: skip
