"""What kind of file is this?  By its ending, and by how it begins: names lie, and some files are no exports at all."""

from __future__ import annotations

import shutil
from pathlib import Path

from cx_helpers.intake.faults import FileFault
from cx_helpers.intake.fields import SourceError

FORMATS = {
    ".csv": "csv", ".tsv": "csv", ".txt": "csv", ".tab": "csv",
    ".xlsx": "excel", ".xls": "excel", ".xlsm": "excel", ".xlsb": "excel", ".ods": "excel",
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl", ".parquet": "parquet", ".pq": "parquet",
}  # fmt: skip
NO_EXPORTS = {
    b"%pdf": "PDF", b"\x89png": "PNG", b"\xff\xd8\xff": "JPEG", b"gif8": "GIF", b"rar!": "RAR", b"7z\xbc\xaf": "7z",
    b"sqlite format 3": "SQLite", b"<!doctype html": "HTML", b"<html": "HTML", b"<?xml": "XML",
}  # fmt: skip
BEGINNINGS = {b"PK\x03\x04": "excel", b"\xd0\xcf\x11\xe0": "excel", b"PAR1": "parquet"}
ENDINGS = {b"PK\x03\x04": ".xlsx", b"\xd0\xcf\x11\xe0": ".xls"}


def told(path: Path, shown: str, options: dict, scratch: Path) -> tuple[str, Path]:
    """csv, excel, jsonl or parquet, and the file (under a right name where its own says another kind).

    Raises FileFault where it is empty, or none of these: a PDF, a picture, a web page that calls itself a workbook.
    """
    suffixes = [s.lower() for s in path.suffixes if s.lower() != ".gz"]
    kind = options.get("format") or FORMATS.get(suffixes[-1] if suffixes else "", "csv")
    if kind not in set(FORMATS.values()):
        known = ", ".join(dict.fromkeys(FORMATS.values()))
        raise SourceError(f"{shown}: format {kind!r} is not known; formats: {known}")
    with path.open("rb") as file:
        head = file.read(512)
    headless = options.get("names") or not options.get("header", True)  # a quiet hour's log may have no line at all
    if not head.strip(b"\xef\xbb\xbf \t\r\n") and not headless:
        raise FileFault(shown, "empty")
    start = head.lstrip(b"\xef\xbb\xbf \r\n").lower()
    for beginning, name in NO_EXPORTS.items():
        if start.startswith(beginning):
            raise FileFault(shown, "wrong_kind", kind=name)
    if sum(byte < 32 and byte not in b"\0\t\r\n\f\v\x1b" for byte in head) > len(head) / 25 and not _known(head):
        raise FileFault(shown, "wrong_kind", kind="binary")
    beginning = next((b for b in BEGINNINGS if head.startswith(b)), None)
    if beginning is None:
        return ("csv" if kind == "excel" else kind), path
    if BEGINNINGS[beginning] == "excel" and kind != "excel":
        copy = scratch / (path.name + ENDINGS[beginning])
        shutil.copyfile(path, copy)
        return "excel", copy
    return BEGINNINGS[beginning], path


def _known(head: bytes) -> bool:
    """Does a file that is no text begin as one that is read all the same: zipped, a workbook, Parquet, UTF-16?"""
    if head.count(0) > len(head) / 10:  # UTF-16 without its mark
        return True
    return head.startswith((b"\x1f\x8b", b"\xff\xfe", b"\xfe\xff", *BEGINNINGS))
