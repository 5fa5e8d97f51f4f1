"""In which letters is a file written?  UTF-8, UTF-16 or Windows-1256, zipped or not: the readers get UTF-8."""

from __future__ import annotations

import codecs
import gzip
import os
import shutil
import tempfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from cx_helpers.intake.mapping import SourceError

BLOCK = 1 << 20


@dataclass(frozen=True)
class Text:
    """A file in UTF-8: the given one, or a copy in the scratch folder."""

    path: Path
    encoding: str
    damaged: bool = False  # U+FFFD stands where bytes could not be read
    has_nul: bool = False
    cut: bool = False  # the zipped file ended before its time: what came before is there


def as_utf8(path: Path, scratch: Path, encoding: str | None = None) -> Text:
    """The file itself where it is UTF-8 already, else a copy that is; zipped ones are unpacked."""
    if encoding:
        try:
            encoding = codecs.lookup(str(encoding)).name
        except LookupError:
            raise SourceError(f"{path.name}: encoding {encoding!r} is not known; "
                              "use utf-8, utf-16 or windows-1256") from None  # fmt: skip
    with path.open("rb") as file:
        zipped = file.read(2) == b"\x1f\x8b"
    cut = False
    if zipped:
        path, cut = _unpacked(path, scratch)
    found, has_nul = _look(path)
    encoding = encoding or found
    if encoding.startswith("utf-16"):
        has_nul = False
    if encoding in ("utf-8", "utf-8-sig", "ascii"):
        return Text(path, "utf-8", has_nul=has_nul, cut=cut)
    copy = scratch_file(scratch)
    try:
        _copy(path, copy, encoding, "strict")
    except UnicodeDecodeError:
        _copy(path, copy, encoding, "replace")
        return Text(copy, encoding, damaged=True, has_nul=has_nul, cut=cut)
    return Text(copy, encoding, has_nul=has_nul, cut=cut)


def _unpacked(path: Path, scratch: Path) -> tuple[Path, bool]:
    """The file as it was before it was zipped, and whether it is cut; SourceError where nothing comes out of it."""
    copy = scratch_file(scratch)
    try:
        with gzip.open(path, "rb") as source, copy.open("wb") as out:
            while block := source.read1(BLOCK):
                out.write(block)
    except (EOFError, OSError, zlib.error) as error:
        if not copy.stat().st_size:
            raise SourceError(f"{path.name}: the zipped file is not whole ({error}); fetch it again") from None
        return copy, True
    return copy, False


def scratch_file(scratch: Path) -> Path:
    """An empty file of our own in the scratch folder."""
    descriptor, path = tempfile.mkstemp(suffix=".txt", dir=scratch)
    os.close(descriptor)
    return Path(path)


def _look(path: Path) -> tuple[str, bool]:
    """(encoding, does a NUL occur): by the mark at its start, else by the first block that is not plain ASCII."""
    found, has_nul = "", False
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            if not found and file.tell() <= BLOCK:
                found = _marked(block)
            has_nul = has_nul or b"\0" in block
            if not found and not block.isascii():
                found = _guess(block + file.readline())
    return found or "utf-8", has_nul


def _marked(block: bytes) -> str:
    if block.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if block.startswith(codecs.BOM_UTF8):
        return "utf-8"
    head = block[: 1 << 16]
    odd, even = head[1::2].count(0), head[::2].count(0)
    if odd + even > len(head) / 10:  # separators, digits and line ends are half NUL in UTF-16
        return "utf-16-le" if odd > even else "utf-16-be"
    return ""


def _guess(block: bytes) -> str:
    """UTF-8 unless more of what is not ASCII fails as UTF-8 than is it: then it is the one-byte code of the region."""
    text = block.decode("utf-8", "replace")
    failed = text.count("\ufffd")
    sound = sum(1 for c in text if c > "\x7f") - failed
    return "utf-8" if sound >= failed else "cp1256"


def _copy(path: Path, copy: Path, encoding: str, errors: str) -> None:
    with (
        path.open("r", encoding=encoding, errors=errors, newline="") as source,
        copy.open("w", encoding="utf-8", newline="") as out,
    ):
        shutil.copyfileobj(source, out, BLOCK)
