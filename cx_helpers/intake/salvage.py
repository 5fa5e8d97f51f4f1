"""Where does damaged JSON go on?  At the next row that is whole, and of the kind of the others, or at the next list.

    [{"id": 1, "tags": [{"k": 2}]}, {"id": 2, "ti#le": …, "tags": [{"k": 3}, {"k": 4}]}, {"id": 3, "tags": []}]

Of the second row nothing can be trusted.  What looks like a beginning in the middle of it (`{"k": 4}`) has other keys
than the rows around; the third one has theirs, is whole, and is followed by another row or the end of the list.
"""

from __future__ import annotations

import json
import re

DECODER = json.JSONDecoder(parse_constant=lambda _: None)  # NaN and Infinity are no JSON: nothing stands there
TRIED = 2000  # places at which a row may begin again: a file that is no list at all is given up
ALIKE = 0.5  # share of keys that a row has in common with the others
_BEGINS = re.compile(r"[,}\]\[]\s*(?=\{)")
_GOES_ON = re.compile(r"\s*(?:\]|,?\s*\{|,?\s*$)")
_LIST = re.compile(r',\s*(?="((?:[^"\\\n]|\\.)*)"\s*:\s*\[\s*\{)')


class Lost(str):
    """What stands in the place of a row that is damaged: its text."""


def resume(text: str, at: int, found: list) -> int | None:
    """Where the next whole row begins, behind the damaged one at `at`; None where there is none.

    found  the rows before: what a row looks like.  Where there are none, the widest of the next ones tells it.
    """
    whole: list[tuple[int, set[str]]] = []
    wanted = next((set(row) for row in reversed(found) if isinstance(row, dict)), None)
    for tried, place in enumerate(_BEGINS.finditer(text, at), 1):
        if tried > TRIED:
            break
        try:
            row, end = DECODER.raw_decode(text, place.end())
        except (ValueError, RecursionError):
            continue
        if not row or not _GOES_ON.match(text, end):
            continue
        keys = set(row)
        if wanted and len(keys & wanted) >= ALIKE * len(keys | wanted):
            return place.end()
        if not wanted:
            whole.append((place.end(), keys))
            if len(whole) == 20:
                break
    return max(whole, key=lambda one: (len(one[1]), -one[0]))[0] if whole else None


def next_list(text: str, at: int, keys: set[str]) -> int | None:
    """Where the next list of rows under one of these keys begins, at its key; None where there is none."""
    return next((place.end() for place in _LIST.finditer(text, at) if place[1] in keys), None)


def lost(text: str, found: list) -> list[Lost]:
    """The rows in a damaged stretch, told apart where they begin as the others do: with the same first key."""
    first = next((next(iter(row)) for row in reversed(found) if isinstance(row, dict) and row), None)
    begins = [0]
    if first is not None:
        mark = re.compile(r"[,}]\s*(\{\s*" + re.escape(json.dumps(first, ensure_ascii=False)) + r"\s*:)")
        begins += [place.start(1) for place in mark.finditer(text)]
    return [Lost(text[a:b].rstrip(", \t\r\n")) for a, b in zip(begins, [*begins[1:], None], strict=True)]
