"""What is in a file of a known system?  Tables, each recognised as a dialect, unpacked, renamed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from cx_helpers import wording
from cx_helpers.intake import encodings, mangled, mapping, messages, plain, sheets, systems
from cx_helpers.intake.faults import CUT, FileFault, said
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
    columns: dict[str, list[str]] = field(default_factory=dict)  # those left out, and those missing


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

    faults = []

    def as_text() -> encodings.Text:
        text = encodings.as_utf8(path, scratch, unit.source.options.get("encoding"))
        text, garbled = mangled.mended(text, unit.shown, scratch)
        faults.extend(([said(*CUT, file=unit.shown)] if text.cut else []) + garbled)
        return text

    found = systems.function(unit.source.system, reader)(path, as_text)
    if found is None:
        return None
    return [
        Sheet(
            one.name,
            Raw(fill(con, one.columns, one.rows), one.columns, one.broken, faults=faults),
            taken=one.taken,
            missing=one.missing,
        )
        for one in found
    ]


def _part(con, unit: Unit, sheet: Sheet, dialect: Dialect) -> Part:
    raw = plain.made_plain(con, sheet, dialect, unit.source.system, unit.shown)
    part = Part(mapping.as_source(unit.source, dialect), raw, sheet.name)
    function = systems.function(unit.source.system, dialect.unpack) if dialect.unpack else None
    if dialect.targets and (function is None or hasattr(function, "uses")):  # else known, and of no use
        came = raw.columns if function else sheet.raw.columns
        part.columns = _strange(sheet, dialect, came, function)
        part.warnings += _told(unit, sheet, part.columns)
    return part


def _strange(sheet: Sheet, dialect: Dialect, came: list[str], function=None) -> dict[str, list[str]]:
    """Columns that the mapping knows and a table lacks (`missing`), and those that it does not know (`left_out`).

    came      the columns that its rows have;  function  unpacks them: what it uses up and makes is neither
    """
    found, uses = found_in(dialect, sheet.raw.columns), getattr(function, "uses", None)
    makes = {column for column, _ in dialect.let} | getattr(function, "makes", set())
    makes |= {column for column, names in sheet.taken.items() if not names or _asks(dialect, names)}
    used = _used(dialect) - makes
    missing = [*sheet.missing, *(c for c in dialect.columns if c in used and c not in found and "." not in c)]
    known = {fold(c) for c in [*dialect.columns, *(other for other, _ in dialect.aliases), *makes]}
    known |= {fold(c).split(".")[0] for c in dialect.columns}
    new = [c for c in came if c not in found.values() and fold(c) not in known and c[0] != "_"]
    new = [c for c in new if not (uses and uses.match(c))]
    return {"left_out": new, "missing": [] if sheet.raw.sparse else missing}


def _used(dialect: Dialect) -> set[str]:
    """The columns that a mapping reads: as they are, or within an expression."""
    fields = [f for t in dialect.targets for f in t.fields]
    said = [*(f.expr for f in fields), *(t.when for t in dialect.targets), *(sql for _, sql in dialect.let)]
    words = set(re.findall(r"[\w.$]+", " ".join(filter(None, said))))
    return {f.column for f in fields if f.column} | {c for c in dialect.columns if c in words}


def _asks(dialect: Dialect, names: frozenset[str]) -> bool:
    """Does a mapping say what a question measures, that is known by these names?"""
    said = [f for t in dialect.targets for f in t.fields if f.name == "instrument"]
    words = " ".join(str(word) for f in said for word in (f.expr, *(k for k, v in (f.map or {}).items() if v)))
    return any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", words) for name in names)


def _told(unit: Unit, sheet: Sheet, strange: dict[str, list[str]]) -> list[wording.Words]:
    """The same in words; where there are many, where all of them stand."""
    shown = unit.shown + (f" ({sheet.name})" if sheet.name else "")
    told = []
    if lacks := strange["missing"]:
        told.append(said(
            fa="{file}: این ستون‌ها نیستند و خالی می‌مانند: {columns}{all_fa}",
            en="{file}: these columns are not there and stay empty: {columns}{all_en}",
            file=shown, columns=messages.columns(lacks), **_all(lacks)))  # fmt: skip
    if new := strange["left_out"]:
        told.append(said(
            fa="{file}: این ستون‌ها ناشناخته‌اند و کنار گذاشته شدند (برای نگه‌داشتن، زیر `keep` بنویسید): "
            "{columns}{all_fa}",
            en="{file}: these columns are not known and were left out (list them under `keep` to have them): "
            "{columns}{all_en}",
            file=shown, columns=messages.columns(new), **_all(new)))  # fmt: skip
    return told


def _all(columns: list[str]) -> dict[str, str]:
    """Where all columns stand, of which a message names the first."""
    if len(columns) <= messages.SHOWN:
        return {"all_fa": "", "all_en": ""}
    return {"all_fa": f"؛ همهٔ آنها: {messages.ALL}", "all_en": f"; all of them: {messages.ALL}"}


def _unknown(unit: Unit, sheet: Sheet) -> FileFault:
    near, missing = systems.nearest_dialect(unit.source.dialects, sheet.raw.columns, sheet.name)
    shown = unit.shown + (f" ({sheet.name})" if sheet.name else "")
    return FileFault(shown, "unknown_shape", system=unit.source.system, columns=messages.columns(sheet.raw.columns),
                     nearest=near.name, missing=messages.columns(missing) or "-")  # fmt: skip
