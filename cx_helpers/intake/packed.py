"""What lies in a copy that was packed?  The texts in a .zip or a .gz, for who looks for a person there."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from cx_helpers.intake import privacy
from cx_helpers.wording import Words, raw, say

MOST = 64 << 20  # bytes of one file when unpacked; a larger one is told of


def is_packed(path: Path) -> bool:
    """Is it a file of files, by its name?"""
    return path.suffix.lower() in (".zip", ".gz")


def files(path: Path, shown: str, endings: tuple[str, ...], unread: list[Words]) -> Iterator[tuple[str, str]]:
    """The files with one of these endings in a packed one: how each is shown, and its text.

    shown  the packed file as it is shown;  unread  takes what is to be said of those that cannot be looked into
    """
    try:
        if path.suffix.lower() == ".gz":
            if Path(path.stem).suffix.lower() in endings:
                with gzip.open(path) as file:
                    yield from _text(file, shown, unread)
            return
        with zipfile.ZipFile(path) as whole:
            for member in whole.namelist():
                if Path(member).suffix.lower() in endings:
                    with whole.open(member) as file:
                        yield from _text(file, f"{shown}/{member}", unread)
    except (OSError, EOFError, RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error):  # broken, or locked
        unread.append(
            say(
                fa="{file}: باز نشد (خراب یا رمزدار)؛ خودتان در آن نگاه کنید",
                en="{file}: cannot be opened (broken, or locked by a password); look into it yourself",
                file=raw(privacy.uncover_path(shown)),
            )
        )


def _text(file, shown: str, unread: list[Words]) -> Iterator[tuple[str, str]]:
    found = file.read(MOST + 1)
    if len(found) > MOST:
        unread.append(
            say(
                fa="{file}: بزرگ‌تر از {n} مگابایت است؛ خودتان در آن نگاه کنید",
                en="{file}: larger than {n} MB; look into it yourself",
                file=raw(privacy.uncover_path(shown)),
                n=MOST >> 20,
            )
        )
        return
    yield shown, found.decode("utf-8", "replace")
