"""How does a list leave for a spreadsheet?  As CSV in which no cell is a formula, and which reads back as it was.

Excel and its kin run a cell that begins with = + - @ (also full-width), a tab or a line break as a formula, whatever it
is quoted with: a customer who signs as =HYPERLINK(…) would have it run at the analyst's.  Such texts get an apostrophe
before them, every text is quoted (OWASP, CSV Injection).  All CSV of ours is written here.
"""

from __future__ import annotations

import csv
import os
import tempfile
from pathlib import Path

_RUN = tuple("=+-@\t\r\n＝＋－＠")
_UNSEEN = " \u00a0\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u2060\u2066\u2067\u2068\u2069\ufeff"
GUARD = "'"


def cell(value):
    """A value as a cell may hold it: a text that a spreadsheet would run gets an apostrophe; numbers stay numbers."""
    if isinstance(value, str) and _runs(value.lstrip(GUARD)):
        return GUARD + value
    return value


def text(value: str) -> str:
    """What a cell said before `cell` guarded it."""
    return value[1:] if value.startswith(GUARD) and _runs(value.lstrip(GUARD)) else value


def _runs(value: str) -> bool:
    return value.startswith(_RUN) or value.lstrip(_UNSEEN).startswith(_RUN)


def write(path: Path, frame, private: bool = True) -> None:
    """Write a pandas frame (without its index) as CSV that Excel opens as UTF-8; at once, and over what was there.

    private  only its owner may read the file: what lists customers is such
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, part = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8-sig", newline="") as file:
            out = csv.writer(file, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
            out.writerow([cell(str(name)) for name in frame.columns])
            for row in frame.astype(object).where(frame.notna(), None).itertuples(index=False, name=None):
                out.writerow(["" if value is None else cell(_plain(value)) for value in row])
        os.chmod(part, 0o600 if private else 0o644)
        os.replace(part, path)
    except BaseException:
        os.unlink(part)
        raise


def _plain(value):
    """Numbers as they are, all else as text: a date is ISO."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value.isoformat(sep=" ") if hasattr(value, "hour") else str(value)
    return value


def read(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV that `write` wrote, and perhaps a spreadsheet saved again; each cell the text that it was."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        head = file.read(4096)
        file.seek(0)
        found = csv.DictReader(file, delimiter=max(",;\t", key=head.split("\n")[0].count))
        return [{text(k): text(v or "") for k, v in row.items() if k is not None} for row in found]
