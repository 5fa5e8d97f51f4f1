"""Was text read in the wrong letters once, and saved so?  `عالی` in UTF-8, read as Windows-1252, is `Ø¹Ø§Ù„ÛŒ`.

Each Persian letter is two bytes in UTF-8, of which the first is one of four.  Read as one-byte letters they become
pairs that no language writes: three of them in a row tell.  Only the first megabyte is looked at.
"""

from __future__ import annotations

import re
from pathlib import Path

from cx_helpers import wording
from cx_helpers.intake.faults import said

LOOKED = 1 << 20
_LATIN = "\x80-\xbfŒœŠšŸŽžƒˆ˜–—‘’‚“”„†‡•…‰‹›€™"  # what the second byte becomes in Windows-1252 or Latin-1
_ARABIC = "€پ‚ƒ„…†‡ˆ‰ٹ‹Œچژڈگ‘’“”•–—ک™ڑ›œ\u200c\u200dں\xa0،¢-©ھ«-¹؛»-¾؟"  # … and in Windows-1256
_SIGN = "€‚ƒ„…†‡ˆ‰‹Œ‘’“”•–—™›œ¢-©¬-¹¼-¾"  # of these, what is no letter: without one it may be a word
_MANGLED = re.compile(
    rf"(?:[ØÙÚÛ][{_LATIN}]){{3}}|(?:[طظعغ][{_ARABIC}]){{0,4}}[طظعغ][{_SIGN}](?:[طظعغ][{_ARABIC}]){{2}}"
)


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


_WRONG = (
    "{file}: نوشته‌ها به‌هم‌ریخته‌اند (مانند Ø¹Ø§Ù„ÛŒ به جای «عالی»)، نخست در سطر {line}، در آغاز فایل {n} سطر: متن "
    "UTF-8 با کدگذاری دیگری باز و ذخیره شده است؛ احساس و موضوع این نوشته‌ها خوانده نمی‌شود. خروجی را دوباره با UTF-8 "
    "بگیرید",
    "{file}: texts are garbled (such as Ø¹Ø§Ù„ÛŒ for عالی), first on line {line}, {n} lines at the file's beginning: "
    "UTF-8 was opened in another encoding and saved; what such comments feel and are about cannot be read. Export it "
    "again as UTF-8",
)
