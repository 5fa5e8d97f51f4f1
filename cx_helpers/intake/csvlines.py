"""Which lines of a delimited file are rows, and which are broken?  The careful reader, line by line.

DuckDB reads whole files an order of magnitude faster, and stops at the first broken line.  This reader is what takes
over then: it names every broken line and goes on with the next.  On files without broken lines both give the same rows.
"""

from __future__ import annotations

import os
import re
from collections import deque
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

LONGEST = 1000  # a quoted text over more lines than this is a quote that nobody closed
OPEN, BROKEN = "open", "broken"


class Line(NamedTuple):
    """One record: the number of its first line and its fields; a broken one has no fields but a code, and its text."""

    number: int
    fields: list[str] | None
    code: str = ""
    raw: str = ""


def records(path: Path, delimiter: str, width: int, *, quote: str = '"', skip: int = 0, damaged: bool = False):
    """Read the records after the first `skip` lines, each with `width` fields; broken lines come with their code.

    path     a file in UTF-8; bytes that are none make their line `bad_bytes`
    damaged  the file was made from another encoding, with U+FFFD where that failed: such lines are `bad_bytes` too

    A quoted text may hold line breaks.  Where its quote is never closed properly, only the line that opens it is
    broken: the lines after it are read as rows of their own.  Lines with nothing in them are no rows.
    """
    lines = _Ahead(_numbered(path, damaged), skip)
    while (line := lines.next()) is not None:
        number, text, sound = line
        if not text:
            continue
        if not sound:
            yield Line(number, None, "bad_bytes", text)
        elif "\0" in text:
            yield Line(number, None, "null_byte", text)
        elif quote not in text:
            yield _sized(number, text.split(delimiter), width, text)
        else:
            fields, whole, more = _join(text, delimiter, quote, lines)
            if isinstance(fields, list):
                lines.drop(more)
                yield _sized(number, fields, width, whole)
            else:
                yield Line(number, None, "broken_quote", text)


def cut_in(path: Path, last: list[Line], delimiter: str, quote: str = '"') -> int | None:
    """The line in whose middle a file was cut; None where it ends with a whole row.

    last  the broken lines after the last whole row
    A text whose quote is still open at the end was cut.  So was a last line without a line end that has too few columns
    or ends in half a letter; one that lacks its line end alone is whole, and so is a broken one (a sum, a remark) that
    has it.
    """
    if not last:
        return None
    opened = (line.number for line in last if line.code == "broken_quote" and split(line.raw, delimiter, quote) is OPEN)
    if (number := next(opened, None)) is not None:
        return number
    half = last[-1].code == "bad_bytes" and re.search(r"(\\x[0-9a-f]{2}|\ufffd)$", last[-1].raw)
    return last[-1].number if (half or last[-1].code == "too_few_columns") and not _ends(path) else None


def _ends(path: Path) -> bool:
    """Does a file end with the end of a line?"""
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read() in (b"\n", b"\r")


class _Ahead:
    """Lines that can be looked at before they are taken."""

    def __init__(self, lines: Iterator[tuple[int, str, bool]], skip: int):
        self._lines = islice(lines, skip, None)
        self._seen: deque[tuple[int, str, bool]] = deque()

    def next(self) -> tuple[int, str, bool] | None:
        return self._seen.popleft() if self._seen else next(self._lines, None)

    def look(self, ahead: int) -> tuple[int, str, bool] | None:
        while len(self._seen) <= ahead:
            if (line := next(self._lines, None)) is None:
                return None
            self._seen.append(line)
        return self._seen[ahead]

    def drop(self, count: int) -> None:
        for _ in range(count):
            self._seen.popleft()


def _join(text: str, delimiter: str, quote: str, lines: _Ahead):
    """Add following lines until the quotes close: (fields or BROKEN, the text joined, how many lines were added)."""
    parts, fields = [text], split(text, delimiter, quote)
    while fields is OPEN:
        while True:  # only a line with a quote in it can close one
            line = lines.look(len(parts) - 1)
            if line is None or not line[2] or len(parts) > LONGEST:
                return BROKEN, text, 0
            parts.append(line[1])
            if quote in line[1]:
                break
        fields = split("\n".join(parts), delimiter, quote)
    return fields, "\n".join(parts), len(parts) - 1


def _sized(number: int, fields: list[str], width: int, text: str) -> Line:
    if len(fields) == width + 1 and not fields[-1]:
        fields.pop()  # a separator at the end of the line
    if len(fields) == width:
        return Line(number, fields)
    return Line(number, None, "too_few_columns" if len(fields) < width else "too_many_columns", text)


_PATTERNS: dict[tuple[str, str], re.Pattern] = {}


def split(text: str, delimiter: str, quote: str = '"') -> list[str] | str:
    """The fields of one record; OPEN when a quote is still open at the end, BROKEN when something follows its end.

    A quote opens a field only at its beginning; anywhere else it is a letter like others (5" pipe).
    """
    if (pattern := _PATTERNS.get((delimiter, quote))) is None:
        d, q = re.escape(delimiter), re.escape(quote)
        # possessive: a doubled quote is never read as an end, so an open quote is found in one pass
        inside = f" *{q}((?:[^{q}]++|{q}{q})*+)({q} *+)?"
        pattern = _PATTERNS[delimiter, quote] = re.compile(f"{inside}|([^{d}]*+)", re.DOTALL)
    fields, at = [], 0
    while True:
        found = pattern.match(text, at)
        if found[3] is not None:
            fields.append(found[3])
        elif found[2] is None:
            return OPEN
        else:
            fields.append(found[1].replace(quote * 2, quote))
        at = found.end()
        if at == len(text):
            return fields
        if not text.startswith(delimiter, at):
            return BROKEN
        at += len(delimiter)


def _numbered(path: Path, damaged: bool) -> Iterator[tuple[int, str, bool]]:
    """(line number, text without its end, could every byte be read) for each line."""
    with path.open("rb") as file:
        for number, line in enumerate(_lines(file), 1):
            line = line.removesuffix(b"\n").removesuffix(b"\r")
            if number == 1:
                line = line.removeprefix(b"\xef\xbb\xbf")
            try:
                text = line.decode("utf-8")
                yield number, text, not (damaged and "\ufffd" in text)
            except UnicodeDecodeError:
                yield number, line.decode("utf-8", "backslashreplace"), False


def _lines(file) -> Iterator[bytes]:
    """Lines that end in a line feed; in a file of an old Mac, which has none, in a carriage return."""
    head = file.read(1 << 20)
    file.seek(0)
    if b"\n" in head or b"\r" not in head:
        yield from file
        return
    rest = b""
    while block := file.read(1 << 20):
        *whole, rest = (rest + block).split(b"\r")
        yield from whole
    if rest:
        yield rest


def count(path: Path) -> int:
    """How many lines end in a line feed, and the last one where it does not: a hundred times quicker than `records`."""
    found, last = 0, b"\n"
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            found, last = found + block.count(b"\n"), block[-1:]
    return found + (last != b"\n")


class First(NamedTuple):
    """The first record of a file: its fields, and how many lines it takes (with the empty ones before it)."""

    fields: list[str]
    lines: int


def first_record(path: Path, delimiter: str, skip: int, quote: str = '"') -> First | None:
    """The header, or the first row of a file without one; None in an empty file."""
    lines = _Ahead(_numbered(path, False), skip)
    while (line := lines.next()) is not None:
        number, text, _ = line
        if text.strip():
            fields, _, more = _join(text, delimiter, quote, lines)
            if not isinstance(fields, list):
                fields, more = text.split(delimiter), 0
            if len(fields) > 1 and not fields[-1].strip():
                fields.pop()
            return First(fields, number + more - skip)
    return None


def find_delimiter(path: Path, skip: int, quote: str = '"') -> str:
    """The separator that parts the header and, most often in as many columns, the lines after it."""
    head = [text for _, text, _ in islice(_numbered(path, False), skip, skip + 50) if text.strip()]
    best, most = ",", 0.0
    for candidate in (",", "\t", ";", "|"):
        widths = [len(fields) for text in head if isinstance(fields := split(text, candidate, quote), list)]
        if widths and widths[0] > 1 and isinstance(split(head[0], candidate, quote), list):
            same = sum(w == widths[0] for w in widths) / len(widths)
            if (score := same * widths[0] ** 0.5) > most:
                best, most = candidate, score
    return best
