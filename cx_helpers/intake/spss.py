"""What do the codes of an SPSS file say?  Rows of texts, what was asked in each column, and the labels of its codes.

What the file itself calls missing is missing.  Needs pyreadstat (`cx-helpers[spss]`).
"""

from __future__ import annotations

import gzip
import re
import shutil
import tempfile
from pathlib import Path
from typing import NamedTuple

from cx_helpers.intake.faults import FileFault

_NUMBER = re.compile(r"\s*(\d+)(?!\S)|.*(?<!\S)(\d+)\s*$")  # `10 - very likely`, `very likely (…) 10`


class Spss(NamedTuple):
    """A file's columns: names, what was asked, the label of each code (by the column's place); and its rows."""

    names: list[str]
    asked: list[str]
    labels: dict[int, dict[str, str]]
    rows: list[list[str]]


def read(path: Path, zipped: bool) -> Spss:
    """An SPSS file (zipped: by gzip); 5.0 is 5.  Raises FileFault where pyreadstat is not there."""
    try:
        import pyreadstat
    except ImportError:
        raise FileFault(path.name, "needs_extra", extra="spss") from None
    with tempfile.TemporaryDirectory() as folder:
        if zipped:
            path = Path(shutil.copy(path, folder))
            path.with_suffix("").write_bytes(gzip.decompress(path.read_bytes()))
            path = path.with_suffix("")
        frame, meta = pyreadstat.read_sav(str(path), apply_value_formats=False)
    names, asked = list(frame.columns), meta.column_names_to_labels
    labels = {
        names.index(name): {_said(code): str(label).strip() for code, label in those.items()}
        for name, those in meta.variable_value_labels.items()
        if name in names
    }
    rows = [[_said(value) for value in row] for row in frame.itertuples(index=False)]
    return Spss(names, [asked.get(name) or name for name in names], labels, rows)


def chosen(file: Spss, scales: set[int]) -> dict[int, dict[str, str]]:
    """The labels that stand for the codes of a choice, by the column's place: what people chose has a name.

    scales  the places of columns whose numbers count.  So do those of a column in which a code that was given has no
            label (only the ends of it are named), or whose labels are numbers
    """
    given = {place: {row[place] for row in file.rows} - {""} for place in file.labels}
    return {
        place: labels
        for place, labels in file.labels.items()
        if place not in scales and given[place] <= labels.keys() and not _counts(labels)
    }


def counted(file: Spss, scales: set[int]) -> list[list[str]]:
    """The rows with each scale's numbers as people saw them: a code of 1 whose label is `0` says 0."""
    less = {
        place: shift
        for place, labels in file.labels.items()
        if (place in scales or _counts(labels)) and (shift := _shift(labels))
    }
    return [
        [str(int(cell) - less[place]) if place in less and cell.isdecimal() else cell for place, cell in enumerate(row)]
        for row in file.rows
    ]


def _counts(labels: dict[str, str]) -> bool:
    """Are all labels numbers and nothing else?"""
    return all(label.isdecimal() for label in labels.values())


def _shift(labels: dict[str, str]) -> int:
    """By how much all codes lie above the numbers in their labels; 0 where they do not agree."""
    found = {code: _NUMBER.match(label) for code, label in labels.items() if code.isdecimal()}
    shifts = {int(code) - int(said[1] or said[2]) for code, said in found.items() if said}
    return shifts.pop() if len(shifts) == 1 else 0


def _said(value) -> str:
    if value is None or value != value:
        return ""
    return str(int(value)) if isinstance(value, float) and value == int(value) else str(value)
