"""How is JSON read that is no table?  Pages, single records, lists, lines; damaged ones around the damage.

{"tickets": [{…}, {…}], "count": 2, "next_page": …}     the rows of a page, under one of its keys
{"ticket": {…}}   {"id": 1, …}                           one record, wrapped or bare
[{…}, {…}]                                               a list of records
{…}⏎{…}⏎                                                 lines, each a record or a page
"""

from __future__ import annotations

import json
import mmap
import re
from collections.abc import Callable, Iterator
from itertools import batched
from pathlib import Path

from cx_helpers.intake import salvage
from cx_helpers.intake.encodings import Text
from cx_helpers.intake.faults import CUT, SHORT, FileFault, midway, said
from cx_helpers.intake.raw import CHUNK, Broken, Raw, fill, fresh_name, from_json, pointer
from cx_helpers.intake.salvage import DECODER, Lost
from cx_helpers.intake.values import literal

PAGING = {"count", "next_page", "next", "meta", "links", "paging", "info", "total", "data", "results"}
_ANSWER = {"status", "result", "warnings"}  # of a command line that wraps its page in an answer
SPACE = re.compile(r"[\s,]*")
COLON = re.compile(r"\s*:")
_TEXT = re.compile(rb'"(?:[^"\\]|\\.)*"')
_ENDS = re.compile(rb"\]\s*\Z")
_BEHIND = re.compile(rb"[}\]]\s*\]\s*[\[{]")
LONGEST = 4000  # letters of a cut record that are shown
Record = tuple[int, dict]


def read(con, text: Text, shown: str, roots: set[str], shape: Callable, wanted: list[str]):
    """The tables of a JSON file, each as (the key it lies under, its texts (Raw), the table of its records).

    roots   keys that are known to hold rows; a lone list of records under another key of a page is a table, too
    shape   names the kind of row that an object is by its keys, "" where it is none: rows of several kinds under one
            key (a search finds tickets and people) become several tables, and what is none goes with the others
    """
    tables: dict[tuple[str, str], list[str]] = {}
    broken: list[Broken] = []
    faults = [said(*CUT, file=shown)] if text.cut else []
    waiting: dict[tuple[str, str], list[Record]] = {}

    def put(key: tuple[str, str], line: int, record: dict) -> None:
        rows = waiting.setdefault(key, [])
        rows.append((line, record))
        if len(rows) >= CHUNK:
            flush(key)

    def flush(key: tuple[str, str]) -> None:
        rows = waiting.pop(key)
        tables.setdefault(key, []).append(_table(con, rows))

    for found in _documents(text, roots):
        if isinstance(found, Broken):
            if found.raw:
                broken.append(found)
            else:  # cut between two rows: none is hurt
                faults.append(said(*SHORT, file=shown))
            continue
        line, document = found
        for key, number, record in _rows(document, line, roots, shape):
            if isinstance(record, dict):
                put((key, shape(record, key)), number, record)
            else:
                broken.append(_no_row(number, record))
    for key in list(waiting):
        flush(key)
    if broken and not faults:
        faults += _cut(text.path, max(broken), shown)
    if not tables:
        if broken or faults:
            raise FileFault(shown, "not_json")
        return []  # an empty page is no mistake
    for key, kind in list(tables):
        others = [other for other in tables if other[0] == key and other[1]]
        if not kind and len(others) == 1:
            tables[others[0]] += tables.pop((key, kind))
    pages = [(key, *_raw(con, parts, wanted)) for (key, _), parts in tables.items()]
    pages[0][1].broken = broken
    pages[0][1].faults = faults
    return pages


def _cut(path: Path, last: Broken, shown: str) -> list[dict]:
    """What is to be said where the last thing that could not be read is where the file was cut."""
    if last.code == "cut_off":
        return [said(*SHORT, file=shown)]
    return [midway(shown, cut)] if (cut := cut_in(path, last)) else []


def _no_row(number: int, found) -> Broken:
    """What stands in the place of a row and is none."""
    if isinstance(found, Lost):
        return Broken(number, "damaged", found[:LONGEST])
    return Broken(number, "bad_json", json.dumps(found)[:LONGEST])


def whole_list(con, text: Text, shown: str) -> tuple[str, list[Broken], list[dict]]:
    """A list of records that is damaged or cut: those that can be read as a table (_rec, _line, j), the others, and
    what is to be said of the file.  Raises FileFault where none can be read."""
    everything = text.path.read_bytes().decode("utf-8-sig", "replace")
    found, cut, at = [], None, everything.index("[")
    while not cut and everything[at : at + 1] in ("[", "{"):  # lists and records that stand behind its end, too
        more, at, cut = _elements(everything, at + 1) if everything[at] == "[" else _record(everything, at)
        found += more
        at = SPACE.match(everything, at).end()
    rows = [(n, row) for n, row in enumerate(found, 1) if isinstance(row, dict)]
    if not rows:
        raise FileFault(shown, "not_json")
    broken = [_no_row(n, row) for n, row in enumerate(found, 1) if not isinstance(row, dict)]
    if not cut and at < len(everything):
        broken.append(Broken(len(found) + 1, "bad_json", everything[at : at + LONGEST]))
    if cut and cut[1]:
        broken.append(Broken(len(found) + 1, "cut_off", cut[1]))
        return _table(con, rows), broken, [] if text.cut else [midway(shown, len(found) + 1)]
    return _table(con, rows), broken, [said(*SHORT, file=shown)] if cut else []


def is_odd(path: Path) -> bool:
    """Is there something behind the end of a file's list, or no end?"""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
        return _ENDS.search(text, max(len(text) - 4096, 0)) is None or _BEHIND.search(text) is not None


def _record(text: str, at: int) -> tuple[list, int, tuple[int, str] | None]:
    try:
        record, at = DECODER.raw_decode(text, at)
    except (ValueError, RecursionError):
        return [], at, (at, text[at : at + LONGEST])
    return [record], at, None


def cut_in(path: Path, last: Broken) -> int | None:
    """The line in whose middle a file of JSON lines was cut: its last one, broken and without a line end.

    last  the last broken line
    """
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if number == last.line and not line.endswith(b"\n"):
                return number if _open(line) else None
    return None


def _open(line: bytes) -> bool:
    """Does it end within a text, an object or a list?  What has its end was damaged, not cut."""
    rest = _TEXT.sub(b"", line).rstrip()
    if b'"' in rest:  # in an open text, or one quotation mark is missing somewhere before
        return not rest.endswith((b"}", b"]"))
    return sum(map(rest.count, (b"{", b"["))) > sum(map(rest.count, (b"}", b"]")))


def lay(con, found: Iterator[Record | Broken], wanted: list[str], broken: list[Broken]) -> tuple[Raw, str]:
    """Records (with their lines) as one table of texts; Broken ones among them go to `broken`."""

    def good():
        for one in found:
            if isinstance(one, Broken):
                broken.append(one)
            else:
                yield one

    parts = [_table(con, list(chunk)) for chunk in batched(good(), CHUNK)]
    return _raw(con, parts or [_table(con, [])], wanted)


def _documents(text: Text, roots: set[str]) -> Iterator[Record | Broken]:
    """The documents of a file with the lines they begin on: one over many lines, or one on each line."""
    with text.path.open("r", encoding="utf-8-sig", errors="surrogateescape", newline="\n") as file:
        head = next((line for line in file if line.strip()), "")
    if isinstance(_loaded(head), dict | list):
        yield from _lines(text, roots)
        return
    everything, read = text.path.read_bytes().decode("utf-8-sig", "replace"), False
    for at, found, broken in _salvaged(everything, roots):
        if broken and not found and not read and _several(everything):
            yield from _lines(text, roots)
            return
        read = True
        if found:
            yield everything.count("\n", 0, at) + 1, found
        for place, code, raw in broken:
            yield Broken(everything.count("\n", 0, place) + 1, code, raw)


def _several(text: str) -> bool:
    """Has a text, whose first line is no document, a line that is one?"""
    return any(isinstance(_loaded(line), dict | list) for line in text.splitlines() if line[:1] in ("{", "["))


def _lines(text: Text, roots: set[str]) -> Iterator[Record | Broken]:
    with text.path.open("rb") as file:
        for number, raw in enumerate(file, 1):
            try:
                line = raw.decode("utf-8-sig" if number == 1 else "utf-8").strip()
            except UnicodeDecodeError:
                yield Broken(number, "bad_bytes", raw.decode("utf-8", "backslashreplace").rstrip("\r\n"))
                continue
            if not line:
                continue
            if text.damaged and "\ufffd" in line:
                yield Broken(number, "bad_bytes", line)
            elif isinstance(document := _loaded(line), dict | list):
                yield number, document
            else:
                for _, found, broken in _salvaged(line, roots, whole_file=False):
                    if found:
                        yield number, found
                    yield from (Broken(number, "bad_json", piece) for _, _, piece in broken)


def _loaded(text: str):
    try:
        return DECODER.decode(text.strip().removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return None


Damage = list[tuple[int, str, str]]  # place, code of quarantine, what stands there


def _salvaged(text: str, roots: set[str], whole_file: bool = True) -> Iterator[tuple[int, dict | list | None, Damage]]:
    """The documents of a text: (place, document, what of it is cut or damaged).

    Of a damaged object only the lists in it are kept: half a row is no row, but the rows of half a page are.  Behind an
    object that is no page it goes on at the next one that is whole and like those before.
    """
    at, whole = 0, []
    while (at := SPACE.match(text, at).end()) < len(text):
        begun, broken = at, []
        found, at, cut = _elements(text, at + 1) if text[at] == "[" else _members(text, at, roots, broken)
        if cut or broken:
            found = _pages(found, roots, whole_file and not whole) if isinstance(found, dict) else found
        again = None
        if cut:
            again = salvage.resume(text, cut[0], whole) if not found and (whole or whole_file) else None
            pieces = salvage.lost(text[begun:again], whole) if again else [cut[1]]
            broken += [(begun if again else cut[0], "damaged" if again else "cut_off" if found else "bad_json",
                        piece[:LONGEST]) for piece in pieces]  # fmt: skip
        elif isinstance(found, dict):
            whole.append(found)
        yield begun, found or None if cut or broken else found, broken
        if cut and again is None:
            return
        at = again or at


def _pages(found: dict, roots: set[str], any_key: bool) -> dict:
    """The lists of a damaged object that are a page's, not a row's: under known keys, else (any_key) all of them."""
    lists = {k: v for k, v in found.items() if isinstance(v, list) and _holds_rows(v)}
    known = {k: v for k, v in lists.items() if k in roots or k in PAGING}
    return known or (lists if any_key else {})


def _members(text: str, at: int, roots: set[str], broken: Damage) -> tuple[dict, int, tuple[int, str] | None]:
    """The members of an object that can be read, where it ends, and where it is cut.

    What is damaged before a list of rows is added to `broken`, and the list is read.
    """
    found: dict = {}
    if text[at] != "{":
        return found, at, (at, text[at : at + LONGEST])
    at += 1
    while (at := SPACE.match(text, at).end()) < len(text) and text[at] != "}":
        begun, rows = at, False
        try:
            key, at = DECODER.raw_decode(text, at)
            begun = SPACE.match(text, COLON.match(text, at).end()).end()
            found[key], at = DECODER.raw_decode(text, begun)
            continue
        except (ValueError, TypeError, AttributeError, RecursionError):  # no key, no colon behind it, no value
            cut = (begun, text[begun : begun + LONGEST])
        if text[begun : begun + 1] == "[":
            found[key], at, cut = _elements(text, begun + 1)
            rows = True
        if not cut:
            continue
        again = salvage.next_list(text, cut[0], (roots | PAGING) - found.keys())
        if again is None:
            return found, at if rows else begun, cut
        broken.append((cut[0], "damaged", text[cut[0] : again][:LONGEST]))
        at = again
    return found, at + 1, None if text[at : at + 1] == "}" else (len(text), "")


def _elements(text: str, at: int) -> tuple[list, int, tuple[int, str] | None]:
    """The elements of a list that can be read (those that are damaged as Lost), where it ends, and where it is cut."""
    found: list = []
    while (at := SPACE.match(text, at).end()) < len(text) and text[at] != "]":
        try:
            element, at = DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            if (again := salvage.resume(text, at, found)) is None:
                return found, at, (at, text[at : at + LONGEST])
            found += salvage.lost(text[at:again], found)
            at = again
        else:
            found.append(element)
    return found, at + 1, None if text[at : at + 1] == "]" else (len(text), "")


def _rows(document: dict | list, line: int, roots: set[str], shape: Callable) -> Iterator[tuple[str, int, object]]:
    """(key, line, record) of a document; rows of one list are counted from 1."""
    if isinstance(document, list):
        for number, record in enumerate(document, 1):
            if isinstance(record, dict):
                for key, _, row in _rows(record, number, roots, shape):
                    yield key, number, row
            else:
                yield "", number, record
        return
    if shape(document, ""):
        yield "", line, document
        return
    if isinstance(document.get("result"), dict) and document.keys() <= _ANSWER:
        document = document["result"]
    under = {k: v for k, v in document.items() if k in roots and _holds_rows(v)}
    if not under:
        lists = {k: v for k, v in document.items() if isinstance(v, list) and _holds_rows(v)}
        under = lists if len(lists) == 1 and PAGING & document.keys() else {}
    if not under:
        yield "", line, document
    for key, rows in under.items():
        if isinstance(rows, dict):
            yield key, line, rows
        for number, record in enumerate(rows if isinstance(rows, list) else (), 1):
            yield key, number, record


def _holds_rows(value) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and all(isinstance(v, dict | Lost) for v in value))


def _table(con, rows: list[Record]) -> str:
    """A table of records: _rec, _line, j."""
    return fill(con, ["_line", "j"], ((n, str(line), _written(row)) for n, (line, row) in enumerate(rows, 1)))


def _written(row: dict) -> str:
    """A record as JSON in UTF-8; half an emoji, which is no letter, becomes a question mark."""
    text = json.dumps(row, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text


def _raw(con, parts: list[str], wanted: list[str]) -> tuple[Raw, str]:
    """The tables of chunks as one, and its texts: a column for each key, and for each nested one that is wanted."""
    table = fresh_name()
    union = " UNION ALL ".join(f"SELECT {i} AS _part, * FROM {part}" for i, part in enumerate(parts))
    con.execute(f"CREATE TEMP TABLE {table} AS SELECT row_number() OVER (ORDER BY _part, _rec) AS _rec, "
                f"CAST(_line AS BIGINT) AS _line, CAST(j AS JSON) AS j FROM ({union})")  # fmt: skip
    for part in parts:
        con.execute(f"DROP TABLE {part}")
    keys = [key for (key,) in con.execute(f"SELECT DISTINCT unnest(json_keys(j)) FROM {table} ORDER BY 1").fetchall()]
    return texts(con, table, keys, wanted), table


def texts(con, table: str, keys: list[str], wanted: list[str]) -> Raw:
    """The records of a table as texts; `a.b` among the wanted columns reaches into nested ones, where they are there.

    What is there tells what a record is: all that HubSpot's API gives has `properties`, and differs in what is in them.
    """
    folded = {key.casefold(): key for key in reversed(keys)}
    nested = [c for c in wanted if "." in c and c not in keys and c.split(".")[0].casefold() in folded]
    nested = _there(con, table, {c: [folded[c.split(".")[0].casefold()], *c.split(".")[1:]] for c in nested})
    unique = [key for key in keys if folded[key.casefold()] == key]
    found = {c: [c] for c in unique} | nested

    def lines(recs: list[int]) -> dict[int, int]:
        among = ", ".join(map(str, recs)) or "NULL"
        return dict(con.execute(f"SELECT _rec, _line FROM {table} WHERE _rec IN ({among})").fetchall())

    relation = from_json(table, found) if found else f"(SELECT _rec FROM {table})"
    return Raw(relation, [*found], lines=lines, sparse=True)


def _there(con, table: str, nested: dict[str, list[str]]) -> dict[str, list[str]]:
    """Those of the columns whose nested keys at least one record has; each object is looked at once."""
    parents = list(dict.fromkeys(tuple(path[:-1]) for path in nested.values()))
    if not parents:
        return {}
    pointers = ", ".join(literal(pointer(list(path))) for path in parents)
    keys = f"SELECT unnest(json_keys(j, [{pointers}])) AS of, unnest(range({len(parents)})) AS nth FROM {table}"
    there = con.execute(f"SELECT DISTINCT nth, unnest(of) FROM ({keys})").fetchall()
    known = {(*parents[nth], key) for nth, key in there}
    return {column: path for column, path in nested.items() if tuple(path) in known}
