"""Which phone is said in words?  «صفر نهصد و دوازده …», «۰۹۱۲ سه چهار پنج …»: number words, or words among digits.

Words are put together to digits as they are said: نهصد و دوازده is 912, سی و چهار is 34, صفر is 0.  A run of them is a
phone where all of it is one: eleven digits that begin as a mobile or an area code does.  Anything shorter, longer or
beginning otherwise is no phone, so amounts and counts in words stay.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

_UNITS = {"یک": 1, "یه": 1, "دو": 2, "سه": 3, "چهار": 4, "چار": 4, "پنج": 5, "شش": 6, "شیش": 6, "هفت": 7, "هشت": 8,
          "نه": 9}  # fmt: skip
_TEENS = {"ده": 10, "یازده": 11, "دوازده": 12, "سیزده": 13, "چهارده": 14, "پانزده": 15, "پونزده": 15, "شانزده": 16,
          "شونزده": 16, "هفده": 17, "هیفده": 17, "هجده": 18, "هیجده": 18, "نوزده": 19}  # fmt: skip
_TENS = {"بیست": 20, "سی": 30, "چهل": 40, "پنجاه": 50, "شصت": 60, "شست": 60, "هفتاد": 70, "هشتاد": 80, "نود": 90}
_HUNDREDS = {"صد": 100, "یکصد": 100, "دویست": 200, "سیصد": 300, "چهارصد": 400, "پانصد": 500, "پونصد": 500,
             "ششصد": 600, "شیشصد": 600, "هفتصد": 700, "هشتصد": 800, "نهصد": 900}  # fmt: skip
_VALUES = {"صفر": 0} | _UNITS | _TEENS | _TENS | _HUNDREDS
_ANY = "|".join(sorted(_VALUES, key=len, reverse=True))
_ONE_WRITING = str.maketrans("يىكﻙ\u200c\u00a0", "ییکک  ")  # letter for letter: places stay
_TOKEN = re.compile(rf"(?<![آ-ی\u200c])(?:{_ANY})(?![آ-ی])|\d+")
_GAP = re.compile(r"[\s.,،\-–_/]{1,3}(و )?|[\s]?[.,،\-–/]?[\s]?")
_PHONE = re.compile(r"09\d{9}|0(?:11|13|17|2[1-8]|3[1-8]|4[1-5]|51|5[4-8]|61|66|7[1-7]|8[1-7])\d{8}")
HINT = rf"(?:(?:{_ANY.replace('ی', '[یيى]').replace('ک', '[کك]')})[ \x{{200c}},،.\-]{{1,3}}(?:و )?){{3}}"  # RE2's words
_HINT = re.compile(HINT.replace("\\x{200c}", "\u200c"))
MOST = 24  # words or groups of one number


def places(text: str) -> Iterator[tuple[int, int]]:
    """Where in a text phones stand that are said in words, in part or in whole."""
    if not _HINT.search(text):
        return
    plain = text.translate(_ONE_WRITING)
    run: list[re.Match] = []
    for token in _TOKEN.finditer(plain):
        if run and not _GAP.fullmatch(plain, run[-1].end(), token.start()):
            yield from _phone(plain, run)
            run = []
        run.append(token)
    yield from _phone(plain, run)


def _phone(plain: str, run: list[re.Match]) -> Iterator[tuple[int, int]]:
    said = sum(token[0] in _VALUES for token in run)
    if said >= 2 and len(run) <= MOST and any(_PHONE.fullmatch(_joined(plain, run, glue)) for glue in (False, True)):
        yield run[0].start(), run[-1].end()


def _joined(plain: str, run: list[re.Match], glue: bool) -> str:
    """The digits that a run of tokens says.  glue: «نهصد دوازده» is 912 as «نهصد و دوازده» is, and not 900 and 12"""
    digits = _number(run[0][0])
    for before, token in pairwise(run):
        linked = glue or plain[before.end() : token.start()].strip(" ") == "و"
        value, open_places = _VALUES.get(token[0]), _room(before[0])
        if linked and value and len(str(value)) <= open_places:
            digits = digits[: -len(str(value))] + str(value)
        else:
            digits += _number(token[0])
    return digits


def _number(token: str) -> str:
    if token in _VALUES:
        return str(_VALUES[token])
    return "".join(str(int(digit)) for digit in token)


def _room(token: str) -> int:
    """How many of the last digits of a word the next one may still say: دویست two, بیست one."""
    return 2 if token in _HUNDREDS else 1 if token in _TENS else 0
