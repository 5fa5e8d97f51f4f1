"""Which tables does a file hold?  A CSV holds one, a workbook one a sheet, a JSON page one under each of its keys."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from cx_helpers.intake import encodings, jsonpages, kinds, mangled, reading
from cx_helpers.intake.faults import FileFault
from cx_helpers.intake.raw import Broken, Raw


@dataclass
class Sheet:
    """One table in a file: its name in there ("" where it is the only one), its texts, and the JSON they come from."""

    name: str
    raw: Raw
    table: str = ""  # of JSON records: _rec, _line, j
    taken: dict[str, frozenset[str]] = field(default_factory=dict)  # of Laid
    missing: list[str] = field(default_factory=list)


class Laid(NamedTuple):
    """A table as a system's own reader (`open` in its mapping) lays it out.

    taken    columns that it has put into others, too, and the names by which a mapping may ask for them (none: it did)
    missing  columns of the mapping that such files have and this one lacks
    """

    name: str
    columns: list[str]
    rows: Iterable[tuple]  # line, then a text for each column
    broken: list[Broken]
    taken: dict[str, frozenset[str]] = {}
    missing: list[str] = []


def open_sheets(con, path: Path, shown: str, options: dict, scratch: Path, roots: set[str], shape, wanted: list[str]):
    """All tables of a file; roots, shape and wanted as jsonpages.read takes them."""
    kind, path = kinds.told(path, shown, options, scratch)
    if kind == "excel":
        return _workbook(con, path, options)
    if kind == "parquet":
        return [Sheet("", reading.open_parquet(con, path, options, scratch))]
    text = encodings.as_utf8(path, scratch, options.get("encoding"))
    with text.path.open("rb") as file:
        start = file.read(1 << 12).removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if start in (b"{", b"["):
        text, garbled = mangled.mended(text, shown, scratch)
        pages = jsonpages.read(con, text, shown, roots, shape, wanted)
        for _, raw, _ in pages[:1]:
            raw.faults += garbled
        return [Sheet(name, raw, table) for name, raw, table in pages]
    if kind == "jsonl":
        raise FileFault(shown, "not_json")
    return [Sheet("", reading.open_csv(con, path, options, scratch))]


def _workbook(con, path: Path, options: dict) -> list[Sheet]:
    from cx_helpers.intake import formats

    sheets = [Sheet(name, raw) for name, raw in formats.open_sheets(con, path, options).items()]
    if len(sheets) == 1:
        sheets[0].name = ""
    return sheets
