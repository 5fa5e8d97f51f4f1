"""Was text read in the wrong letters once, and saved so?  `عالی` in UTF-8, read as Windows-1252, is `Ø¹Ø§Ù„ÛŒ`.

Each Persian letter is two bytes in UTF-8, of which the first is one of four.  Read as one-byte letters they become
pairs that no language writes: three of them in a row tell.  Only the first megabyte is looked at for them.

Where every text of such a file becomes UTF-8 again when the wrong letters are taken for the bytes that they were,
nothing was lost: it is read mended.  One text that does not (a byte was dropped, or it was right all along) leaves all
as it is.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from cx_helpers import wording
from cx_helpers.intake.encodings import Text, scratch_file
from cx_helpers.intake.faults import said

LOOKED = 1 << 20
_LATIN = "\x80-\xbfŒœŠšŸŽžƒˆ˜–—‘’‚“”„†‡•…‰‹›€™"  # what the second byte becomes in Windows-1252 or Latin-1
_ARABIC = "€پ‚ƒ„…†‡ˆ‰ٹ‹Œچژڈگ‘’“”•–—ک™ڑ›œ\u200c\u200dں\xa0،¢-©ھ«-¹؛»-¾؟"  # … and in Windows-1256
_SIGN = "€‚ƒ„…†‡ˆ‰‹Œ‘’“”•–—™›œ¢-©¬-¹¼-¾"  # of these, what is no letter: without one it may be a word
_MANGLED = re.compile(
    rf"(?:[ØÙÚÛ][{_LATIN}]){{3}}|(?:[طظعغ][{_ARABIC}]){{0,4}}[طظعغ][{_SIGN}](?:[طظعغ][{_ARABIC}]){{2}}"
)


def _of(byte: int, code: str) -> str:
    """The letter that a byte is in a code, empty where it is none."""
    return bytes([byte]).decode(code, "ignore")


_WINDOWS = {  # each letter's byte; what Windows-1252 leaves open is the control sign of Latin-1, as browsers have it
    code: {chr(b): b for b in range(end)} | {letter: b for b in range(128, 256) if (letter := _of(b, code))}
    for code, end in (("cp1252", 256), ("cp1256", 128))
}


def mended(text: Text, file: str, scratch: Path) -> tuple[Text, list[dict]]:
    """A file in UTF-8, as it was before it was saved in the wrong letters, and what is to be said of that; mostly
    the same file and nothing."""
    if not (garbled := told(text.path, file)):
        return text, []
    for code in ("cp1252", "cp1256"):
        copy = scratch_file(scratch)
        if lines := _mend(text.path, copy, code):
            numbers = {x: {"n": wording.number(len(lines), x), "line": wording.number(lines[0], x)}
                       for x in wording.LOCALES}  # fmt: skip
            said_ = {x: said(*_MENDED, file=file, **numbers[x])[x] for x in wording.LOCALES}
            return replace(text, path=copy), [said_, *told(copy, file)]
        copy.unlink()
    return text, garbled


def _mend(path: Path, copy: Path, code: str) -> list[int]:
    """Write a file's text as it was before its bytes were read by a code; the lines that changed, none where one text
    cannot have been read so."""
    changed, byte_of = [], _WINDOWS[code]
    with path.open("rb") as opened, copy.open("wb") as out:
        for number, line in enumerate(opened, 1):
            if number == 1:
                line = line.removeprefix(b"\xef\xbb\xbf")
            if not line.isascii():
                try:
                    line = bytes([byte_of[letter] for letter in line.decode()])
                    line.decode()
                except (KeyError, UnicodeDecodeError):
                    return []
                changed.append(number)
            out.write(line)
    return changed


def told(path: Path, file: str) -> list[dict]:
    """What is to be said of a file in UTF-8 whose texts were saved in the wrong letters; mostly nothing."""
    with path.open("rb") as opened:
        block = opened.read(LOOKED)
    text = "" if block.isascii() else block.decode("utf-8", "ignore")
    if (first := _MANGLED.search(text)) is None:
        return []
    lines = [n for n, line in enumerate(text.split("\n"), 1) if _MANGLED.search(line)]
    about = {"n": len(lines), "line": text.count("\n", 0, first.start()) + 1}
    numbers = {x: {k: wording.number(v, x) for k, v in about.items()} for x in wording.LOCALES}
    return [{x: said(*_WRONG, file=file, **numbers[x])[x] for x in wording.LOCALES}]


_MENDED = (
    "{file}: نوشته‌ها به‌هم‌ریخته بودند (مانند Ø¹Ø§Ù„ÛŒ به جای «عالی»)، نخست در سطر {line}، روی‌هم {n} سطر؛ چیزی از آنها "
    "گم نشده بود و هنگام خواندن درست شدند. فایل شما همان است که بود: برای بار بعد خروجی را با UTF-8 بگیرید",
    "{file}: texts were garbled (such as Ø¹Ø§Ù„ÛŒ for عالی), first on line {line}, {n} lines in all; nothing of them "
    "was lost, so they were mended as they were read. Your file is as it was: export it as UTF-8 next time",
)
_WRONG = (
    "{file}: نوشته‌ها به‌هم‌ریخته‌اند (مانند Ø¹Ø§Ù„ÛŒ به جای «عالی»)، نخست در سطر {line}، در آغاز فایل {n} سطر: متن "
    "UTF-8 با کدگذاری دیگری باز و ذخیره شده است؛ احساس و موضوع این نوشته‌ها خوانده نمی‌شود. خروجی را دوباره با UTF-8 "
    "بگیرید",
    "{file}: texts are garbled (such as Ø¹Ø§Ù„ÛŒ for عالی), first on line {line}, {n} lines at the file's beginning: "
    "UTF-8 was opened in another encoding and saved; what such comments feel and are about cannot be read. Export it "
    "again as UTF-8",
)
