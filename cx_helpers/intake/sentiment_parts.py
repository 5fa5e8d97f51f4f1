"""What do the parts of words add?  Runs of 2-5 letters, looked up for many words at once, as numbers.

A part is the number that its letters make in a base of all letters that parts have, so a thousand words are a few array
operations and not forty look-ups each.
"""

from __future__ import annotations

import functools

import numpy as np

SHORTEST, LONGEST = 2, 5
_NONE = np.iinfo(np.int64).max  # a key above all others, so that every search ends within the list


def parts(word: str) -> list[str]:
    """The runs of 2-5 letters of a word, its borders written as spaces; a sign or an emoji has none."""
    if not word.isalpha():
        return []
    word = f" {word} "
    return [*map(word.__getitem__, _runs(len(word)))]


@functools.cache
def _runs(letters: int) -> list[slice]:
    """Where the parts of a word of so many letters stand: cut by the same slices, words cost a third of the time."""
    sizes = range(SHORTEST, min(LONGEST, letters) + 1)
    return [slice(i, i + size) for size in sizes for i in range(letters - size + 1)]


class Worth:
    """What each part adds (a complex number: its weight and its norm), made ready for `of`."""

    def __init__(self, worth: dict[str, complex]):
        letters = _codes("".join(sorted({letter for part in worth for letter in part} | {" "})))
        self._base = len(letters) + 1
        self._digit = np.zeros(letters.max() + 2, np.int64)  # of each letter; 0: no part has it
        self._digit[letters] = np.arange(1, self._base)
        keys = np.array([self._key(part) for part in worth], np.int64)
        order = np.argsort(keys)
        self._keys = np.append(keys[order], _NONE)
        self._values = np.append(np.array([*worth.values()], complex)[order], 0)

    def _key(self, part: str) -> int:
        key = 0
        for digit in self._digit[_codes(part)].tolist():
            key = key * self._base + digit
        return key

    def of(self, words: list[str]) -> tuple[np.ndarray, np.ndarray]:
        """What the `parts` of each word add up to, and how many of them are known."""
        spelled = [place for place, word in enumerate(words) if word.isalpha()]
        sizes = np.array([len(words[place]) + 2 for place in spelled], np.int64)
        code = _codes("".join(f" {words[place]} " for place in spelled))
        digit, word = self._digit[np.minimum(code, len(self._digit) - 1)], np.repeat(spelled, sizes).astype(np.int64)
        found, known = np.zeros(len(words), complex), np.zeros(len(words), np.int64)
        key, whole = digit, digit > 0
        for size in range(SHORTEST, LONGEST + 1):
            ahead = digit[size - 1 :]
            key, whole = key[: len(ahead)] * self._base + ahead, whole[: len(ahead)] & (ahead > 0)
            asked = np.flatnonzero(whole & (word[: len(ahead)] == word[size - 1 :]))
            place = np.searchsorted(self._keys, key[asked])
            hit = self._keys[place] == key[asked]
            of, worth = word[asked[hit]], self._values[place[hit]]
            found += np.bincount(of, worth.real, len(words)) + 1j * np.bincount(of, worth.imag, len(words))
            known += np.bincount(of, minlength=len(words))
        return found, known


def _codes(text: str) -> np.ndarray:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
