"""What does a CSV of Google Analytics' web pages hold?  Several tables in one file, each behind a banner of its own.

    # ----------------------------------------
    # Report CSV Export
    # All Users
    # Start date: 20230101
    # End date: 20231231
    Event name,Event count,Total users
    page_view,129094,29418

The banner's words are in the language of the account; its two days are eight digits in any of them, of an exploration
both in one line (`# 20230101-20231231`).  A spreadsheet that saved the file again may have parted cells by `;`, with a
comma for the decimals.  Every value is a
sum over people: which of them did what, and in which order, is not in such a file.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from cx_helpers.intake.encodings import Text
from cx_helpers.intake.raw import Broken
from cx_helpers.intake.sheets import Laid

COLUMNS = ["report", "segment", "period_start", "period_end", "dimension", "member", "metrics"]
_DAY = re.compile(r"^#[^0-9۰-۹]*([0-9۰-۹]{8})[\s,;]*$")
_SPAN = re.compile(r"^# ?([0-9۰-۹]{8}) ?[-–] ?([0-9۰-۹]{8})[\s,;]*$")
_NUMBER = re.compile(r"[-+]?[\d,]*\.?\d+(?:[eE][-+]?\d+)?%?")
_DIGITS = str.maketrans("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩", "01234567890123456789")
_GERMAN = re.compile(r"[-+]?(\d{1,3}(\.\d{3})+|\d+)(,\d+)?%?")  # 1.234,5
_STEPS = {"nth day": 1, "nth week": 7}  # a member of such a dimension counts from the first day


def report(path: Path, as_text: Callable[[], Text]):
    """The rows of all tables of such a file as one table (COLUMNS; `metrics` a JSON list), and the line where the file
    is cut; None where it is none.

    path  the file;  as_text  gives it in UTF-8
    """
    with path.open("rb") as file:
        if b"#" not in file.read(64):
            return None
    with as_text().path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        text = file.read()
    lines = _commas(text.splitlines())
    if not lines or not lines[0].startswith("#") or not any(_DAY.match(line) or _SPAN.match(line) for line in lines):
        return None
    cut = list(_cut(lines, ended=text[-1] in "\r\n"))
    kept = lines[: cut[0].line - 1] if cut else lines
    return [Laid("", COLUMNS, list(_rows(kept)), cut)]


def _commas(lines: list[str]) -> list[str]:
    """The lines as Google writes them, of a file that a spreadsheet has parted by `;`."""
    first = next((line for line in lines if line.strip(" ,;") and not line.startswith("#")), "")
    if first.count(";") <= first.count(","):
        return lines
    return [line if line.startswith("#") else _parted_again(line) for line in lines]


def _parted_again(line: str) -> str:
    cells = next(csv.reader([line], delimiter=";"), [])
    plain = [c.replace(".", "").replace(",", ".") if _GERMAN.fullmatch(c.strip()) else c for c in cells]
    return ",".join('"' + c.replace('"', '""') + '"' if c else "" for c in plain)


def _cut(lines: list[str], ended: bool) -> Iterator[Broken]:
    """The last line, where the file ends in a banner, or without a line end in a header or a row that lacks cells."""
    number = max(n for n, line in enumerate(lines, 1) if line.strip(" ,"))
    last = lines[number - 1]
    begun = number
    while begun > 1 and lines[begun - 2].strip(" ,") and not lines[begun - 2].startswith("#"):
        begun -= 1  # the header of the last table
    header = next(csv.reader([lines[begun - 1]]))
    short = begun == number or len(next(csv.reader([last]))) < len(header)
    if last.startswith("#") or (not ended and short):
        yield Broken(number, "cut_off", last)


def _rows(lines: list[str]) -> Iterator[tuple]:
    """Every row of every table: its line, then the texts of COLUMNS."""
    banner: list[str] = []
    days: list[str] = []
    header: list[str] = []
    table: list[tuple[int, list[str]]] = []
    for number, line in enumerate(lines, 1):
        if line.startswith("#"):
            yield from _table(header, table, banner, days)
            if header:
                banner = []
            header, table = [], []
            if found := _SPAN.match(line):
                days = [day.translate(_DIGITS) for day in found.groups()]
            elif found := _DAY.match(line):
                days = [*days, found[1].translate(_DIGITS)] if len(days) < 2 else [found[1].translate(_DIGITS)]
            elif line.strip("#- ,"):
                banner.append(line.strip("# ,"))
        elif not line.strip(" ,"):
            yield from _table(header, table, banner, days)
            header, table = [], []
        elif not header:
            header = next(csv.reader([line]))
        else:
            table.append((number, next(csv.reader([line]))))
    yield from _table(header, table, banner, days)


def _table(
    header: list[str], table: list[tuple[int, list[str]]], banner: list[str], days: list[str]
) -> Iterator[tuple]:
    if not table:
        return
    start_end = days if len(days) == 2 else ["", ""]  # such rows wait in quarantine
    first = _metrics_from(header, [cells for _, cells in table])
    label, segment = " / ".join(header[:first]), banner[-1] if banner else ""
    for number, cells in table:
        if len(cells) != len(header):
            cells = [*cells, *[""] * (len(header) - len(cells))][: len(header)]
        start, end = _days(header[0], cells[0], *start_end)
        pairs = zip(header[first:], cells[first:], strict=True)
        metrics = [{"metric": name, "value": _number(value)} for name, value in pairs if value.strip()]
        member = " / ".join(cells[:first]).strip(" /")
        yield number, ", ".join(header), segment, start, end, label, member, json.dumps(metrics, ensure_ascii=False)


def _number(value: str) -> str:
    """A number without its groups; a share in percent is one of 1, as Google writes shares."""
    plain = value.strip().replace(",", "")
    return f"{float(plain[:-1]) / 100:.10g}" if _NUMBER.fullmatch(plain) and plain.endswith("%") else plain


def _metrics_from(header: list[str], rows: list[list[str]]) -> int:
    """The first column is what is counted by; so are those after it until one holds numbers only."""
    for place in range(1, len(header)):
        values = [cells[place].strip() for cells in rows if place < len(cells) and cells[place].strip()]
        if values and all(_NUMBER.fullmatch(value) for value in values):
            return place
    return len(header)


def _days(dimension: str, member: str, start: str, end: str) -> tuple[str, str]:
    """The days that a row is about: its own where the table is by day or week, else the table's."""
    name, step = dimension.strip().casefold(), 0
    if name in ("date", "تاریخ") and re.fullmatch(r"\d{8}", member):
        return member, member
    if name in _STEPS and member.strip().isdigit():
        step = _STEPS[name]
        first = dt.datetime.strptime(start, "%Y%m%d") + dt.timedelta(int(member) * step)
        last = min(first + dt.timedelta(step - 1), dt.datetime.strptime(end, "%Y%m%d"))
        return first.strftime("%Y%m%d"), last.strftime("%Y%m%d")
    return start, end
