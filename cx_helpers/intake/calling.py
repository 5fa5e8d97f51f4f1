"""Where in a text does a person's full name stand, however it is typed?

Blank, half-space and nothing are the same, between the words of a name and within one (کوهستانی‌نژاد, کوهستانی نژاد);
vowel signs count for nothing, a title or «،» may stand between, and the surname may come first.  So a name is known by
its letters alone, joined: a text is read word by word, and every run of neighbouring words that may be one is asked.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass

from cx_helpers import persian
from cx_helpers.intake.names import NOBODY, TITLES
from cx_helpers.intake.tombstones import Tombstones

MARKS = ("[نام]", "[name]")
START = 3  # letters by which most words are known to begin no name
LONGEST = 8  # words of a text that are one name, parts of compounds counted
_WORD = re.compile(r"(?:[^\W\d_]|[\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc])+")
_GAP = re.compile(r"[\s\u200b-\u200f\u00ad\u00a0\u2060_،,ـ-]{0,4}")
_JOINER = "\u200c"
_ENDINGS = frozenset("ها های هایی ام ات اش ایم اید اند ای یی م ش ت هم را رو جان".split())  # behind a half-space
_SAME = str.maketrans({"آ": "ا", "ء": "", "'": "", "’": ""})
NAME, BEGINS, LETTERS = "name", "name begins", "name letters"  # kinds of tombstones


def spelt(name: str) -> frozenset[str]:
    """The letters of a full name, joined: as it is written, and with the surname (the last words) first.

    Empty for one word, which is anybody's, for words that are no name, and where digits stand in it.
    """
    words = [word for word in map(_plain, _WORD.findall(name)) if word and word not in _TITLES]
    if len(words) < 2 or {*words} & {*NOBODY} or re.search(r"\d", name):
        return frozenset()
    return frozenset("".join(words[i:] + words[:i]) for i in range(len(words)))


@dataclass(frozen=True)
class Names:
    """Names that are looked for: is this one, may one begin so, has any so many letters?"""

    is_one: Callable[[str], bool]
    may_begin: Callable[[str], bool]
    has: Callable[[int], bool]

    def places(self, text: str) -> Iterator[tuple[int, int]]:
        """Where they stand in a text, the longest at each place."""
        words = [(*m.span(), _plain(m[0])) for m in _WORD.finditer(text)]
        first = 0
        while first < len(words):
            last = self._last(text, words, first)
            if last is not None:
                yield words[first][0], words[last][1]
            first = first + 1 if last is None else last + 1

    def masked(self, text: str) -> str:
        """The text with [نام] (or [name]) in place of each."""
        found = list(self.places(text))
        mark = MARKS[bool(found and re.search("[A-Za-z]", text)) and not re.search("[ء-ی]", text)]
        for start, end in reversed(found):
            text = text[:start] + mark + text[end:]
        return text

    def _last(self, text: str, words: list[tuple[int, int, str]], first: int) -> int | None:
        """The number of the last word of the name that begins with a word; None where none does."""
        begin = words[first][2]
        if begin in _TITLES:
            return None
        ahead = words[first : first + LONGEST]
        if len(begin) < START:
            begin = "".join(word for _, _, word in ahead if word not in _TITLES)
        if not self.may_begin(begin[:START]):
            return None
        joined, found, until = "", None, ahead[0][0]
        for number, (start, end, word) in enumerate(ahead, first):
            if number > first and not _GAP.fullmatch(text, until, start):
                break
            until = end
            if word in _TITLES:
                continue
            joined += word
            if self.has(len(joined)) and self.is_one(joined) and not _goes_on(text, words, number):
                found = number
        return found


def _goes_on(text: str, words: list[tuple[int, int, str]], number: int) -> bool:
    """Is there more of the last word behind a half-space or a digit: «رضاییان‌پور» is another's name."""
    end = words[number][1]
    if text[end : end + 1].isdigit() or text[end : end + 1] == "_":
        return True
    after = words[number + 1] if number + 1 < len(words) else None
    return bool(after and text[end : after[0]] == _JOINER and after[2] not in _ENDINGS)


def among(forms: Collection[str]) -> Names:
    """Names that are known in clear."""
    begin, letters = {form[:START] for form in forms}, {len(form) for form in forms}
    return Names(forms.__contains__, begin.__contains__, letters.__contains__)


def remember(stones: Tombstones, forms: Iterable[str]) -> None:
    """Keep hashes of names, by which they are known again in what is read later."""
    for form in forms:
        stones.add(NAME, [form])
        stones.add(BEGINS, [form[:START]])
        stones.add(LETTERS, [str(len(form))])


def remembered(stones: Tombstones) -> Names | None:
    """The names of which hashes are kept; None where there are none, so that no text need be looked at."""
    if not any(stones.holds(LETTERS, str(n)) for n in range(4, 80)):
        return None
    letters = functools.cache(lambda n: stones.holds(LETTERS, str(n)))
    return Names(lambda x: stones.holds(NAME, x), functools.cache(lambda x: stones.holds(BEGINS, x)), letters)


@functools.lru_cache(1 << 16)
def _plain(word: str) -> str:
    return persian.simplify(word).translate(_SAME)


_TITLES = frozenset(map(_plain, TITLES))
