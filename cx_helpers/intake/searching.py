"""Where does a forgotten person still stand?  In exports, in pages that were published, in files that are none of ours.

Nothing here is changed: it is named, so that people can have it cleaned.
"""

from __future__ import annotations

import hashlib
import html
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from cx_helpers import persian, spreadsheet
from cx_helpers.intake import exported, masking, packed, privacy, taking, tracing, units
from cx_helpers.intake.faults import words
from cx_helpers.intake.fields import SourceError
from cx_helpers.intake.forgotten import Place
from cx_helpers.intake.mapping import Source
from cx_helpers.intake.tracing import File
from cx_helpers.intake.values import literal, name
from cx_helpers.settings import Settings
from cx_helpers.wording import Words

LINES = 5  # that are named of each file
_TOLD = 12  # letters of a comment by which it is known on a page; a shorter one may be anybody's
_PSEUDONYM = re.compile(r"\b[0-9a-f]{20}\b")
_OURS = ("sources", "tables", "state", "quarantine", "reports")
_TEXTS = (".csv", ".tsv", ".txt", ".json", ".jsonl", ".md", ".html", ".ipynb", ".yaml", ".yml", ".log")


@dataclass
class Found:
    """Sources that still hold the person, and those that could not be looked into."""

    places: list[Place] = field(default_factory=list)
    unread: list[Words] = field(default_factory=list)


def in_sources(con, settings: Settings, sources: list[Source], forms: list[str], scratch: Path) -> Found:
    """Look through every file and query that the workspace's sources name."""
    found = Found()
    for source in sources:
        try:
            those = units.find(source, settings)
        except SourceError as error:
            found.unread.append(words(error))
            continue
        for unit in those:
            try:
                parts, _ = taking.parts_of(con, unit, settings, scratch, hashlib.sha256())
            except SourceError as error:
                found.unread.append(words(error))
                continue
            rows, lines = 0, []
            for part in parts:
                recs = _read(con, part, forms)
                broken = [
                    b.line for b in part.raw.broken if tracing.known(con, tracing.cells({"row": {"raw": b.raw}}), forms)
                ]
                rows += len(recs) + len(broken)
                lines += [*part.raw.lines(recs[:LINES]).values(), *broken]
            if rows and not any(place.file == unit.shown for place in found.places):  # two sources may read one file
                found.places.append(Place(unit.shown, rows, sorted(lines)[:LINES]))
    return found


def _in_line(con, raw: str, forms: list[str]) -> bool:
    return bool(tracing.known(con, tracing.cells({"row": {"raw": raw}}), forms))


def _read(con, part, forms: list[str]) -> list[int]:
    """As `_records`, with care where the engine stops at a broken line."""
    try:
        return _records(con, part, forms)
    except duckdb.InvalidInputException:
        if part.raw.careful is None:
            raise
        part.raw = part.raw.careful()
        return _records(con, part, forms)


def _records(con, part, forms: list[str]) -> list[int]:
    """Numbers of the records with a key of a forgotten person in a column of keys, or in a text."""
    keys, found = masking.key_columns(part.source.targets), set()
    for column in part.raw.columns:
        texts = f"SELECT DISTINCT {name(column)} AS x FROM {part.raw.relation} WHERE {name(column)} IS NOT NULL"
        if column in keys:
            hits = tracing.known_in(con, texts, forms)
        else:
            asked = f"{texts} AND regexp_matches({name(column)}, {literal(privacy.HINT)})"
            hits = set(tracing.covered(con, [x for (x,) in con.execute(asked).fetchall()], forms))
        if hits:
            found |= _where(con, part.raw.relation, name(column), hits)
    rows = f"(SELECT *, {literal(part.name)} AS _file FROM {part.raw.relation})"
    for made in masking.key_makers(part.source.targets):  # the number 7 of the shop is known as shop:7
        if hits := tracing.known_in(con, f"SELECT DISTINCT CAST(({made}) AS VARCHAR) AS x FROM {rows}", forms):
            found |= _where(con, rows, f"CAST(({made}) AS VARCHAR)", hits)
    return sorted(found)


def _where(con, rows: str, value: str, hits: set[str]) -> set[int]:
    """Numbers of the records in which a value is one of those that were found."""
    among = ", ".join(map(literal, sorted(hits)))
    made = f"(SELECT _rec, {value} AS _value FROM {rows})"  # it may look over many rows, which WHERE cannot
    sql = f"SELECT _rec FROM {made} WHERE _value IN ({among})"
    return {rec for (rec,) in con.execute(sql).fetchall()}


def words_of(con, files: Iterable[File]) -> set[str]:
    """What the traced person wrote, as pages may quote it: the letters of each text, redacted."""
    said = set()
    for file in files:
        if not file.rows:
            continue
        for column in masking.WORDS & file.columns.keys():
            sql = f"SELECT DISTINCT {name(column)} FROM {file.relation} WHERE {tracing.where(file)}"
            said |= {_letters(privacy.redact(text)) for (text,) in con.execute(sql).fetchall() if text}
    return {letters for letters in said if len(letters) >= _TOLD}


def _letters(text: str) -> str:
    return re.sub(r"[\W\d_]+", "", persian.simplify(text)).replace("آ", "ا").replace("ء", "")


def in_reports(con, folders: Iterable[Path], said: set[str]) -> tuple[int, list[str]]:
    """How many published runs there are, and which of them quote the person's words or hold a pseudonym of theirs."""
    runs, quoted = 0, []
    manifests = {
        path.resolve(): path for folder in folders if folder.is_dir() for path in sorted(folder.rglob("manifest.json"))
    }
    for manifest in manifests.values():
        runs += 1
        for path in sorted(manifest.parent.rglob("*")):
            if path.suffix not in (".html", ".ipynb", ".json") or not path.is_file():
                continue
            text = html.unescape(_text(path))
            letters = _letters(text) if said else ""
            if any(s in letters for s in said) or tracing.known(con, _PSEUDONYM.findall(text), ["x"]):
                quoted.append(manifest.parent.as_posix())
                break
    return runs, quoted


def _text(path: Path) -> str:
    """A file's text; of JSON (a notebook) its strings, not their escapes."""
    text = path.read_text("utf-8", "replace")
    if path.suffix in (".json", ".ipynb"):
        try:
            return "\n".join(_strings(json.loads(text)))
        except ValueError:
            return text
    return text


def _strings(value) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)


def texts_in(path: Path) -> set[str]:
    """The texts of a file of rows or entries: of CSV its cells, of JSON and JSON lines its strings."""
    if path.suffix == ".csv":
        return {cell for row in spreadsheet.read(path) for cell in row.values()}
    if path.suffix == ".jsonl":
        return {text for row in json_lines(path) for text in _strings(row)}
    return set(_strings(json.loads(path.read_text("utf-8"))))


def json_lines(path: Path) -> list[dict]:
    """The objects of a file of JSON lines."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def elsewhere(con, folder: Path, forms: list[str], told: set[str], unread: list[Words]) -> list[str]:
    """Files of the workspace that are none of ours (notes, lists, exports that nothing maps) and hold the person.

    told  what has been named already: a file, or a file in a .zip
    unread  takes what is to be said of copies that could not be looked into
    """
    found = []
    for path in sorted(folder.rglob("*")):
        at = path.relative_to(folder).parts
        if at[0] in _OURS[1:] or at[0].startswith(".") or not path.is_file() or "/".join(at) in told:
            continue
        if packed.is_packed(path):
            inside = packed.files(path, "/".join(at), _TEXTS, unread)
            found += [shown for shown, text in inside if shown not in told and _names_one(con, text, forms)]
        elif _holds(con, path, forms):
            found.append("/".join(at))
    return found


def in_lists(con, folder: Path, forms: list[str], told: set[str]) -> tuple[list[str], list[str]]:
    """The lists of customers that left as audiences and hold the person, and the folders of lists that are gone.

    told  files of the workspace that have been named already
    """
    found, gone = [], []
    for place, day in exported.folders(folder).items():
        if not place.is_dir():
            gone.append(f"{place} ({day})")
            continue
        for path in sorted(place.glob("*.csv")):
            inside = path.relative_to(folder.resolve()).as_posix() if path.is_relative_to(folder.resolve()) else ""
            if inside not in told and _holds(con, path, forms):
                found.append(inside or str(path))
    return found, gone


def _holds(con, path: Path, forms: list[str]) -> bool:
    """Is the person named in a file: by a cell of a Parquet file, by a key or a cell of a text?"""
    if path.suffix == ".parquet":
        file = File(path, "")
        return any(tracing.known_in(con, f"SELECT DISTINCT {name(c)}::VARCHAR AS x FROM {file.relation}", forms)
                   for c, kind in file.columns.items() if "string" in kind)  # fmt: skip
    if path.suffix.lower() not in _TEXTS or path.stat().st_size >= 64 << 20:
        return False
    return _names_one(con, path.read_text("utf-8", "replace"), forms)


def _names_one(con, text: str, forms: list[str]) -> bool:
    """Does a key or a cell of a text name the person?"""
    text = text.removeprefix("\ufeff")
    keys = {text[k.start : k.end] for k in privacy.find(text)} | set(_PSEUDONYM.findall(text))
    keys |= {part.strip() for line in text.splitlines() for part in re.split(r"[,;\t|\"]+", line)}
    return bool(tracing.known(con, keys, forms))
