"""Whose number is this?  Phones, national ids, cards, accounts and post codes among all other numbers of a text.

A run of digits may be parted by spaces, half-spaces, dashes, dots, slashes or brackets, in Persian, Arabic or Latin
digits.  A kind is told by its form (length, first digits, how it is grouped), its check digit, and the words beside it
(`nearby`):

phone        09 and nine digits; an area code with 0 and eight digits; +98, 0098; any number with + that is no amount.
             Without 0 or area code only where the words say so, or the first digits are an operator's.
national_id  ten digits with a right check digit and no word against it, or called a national id
card         sixteen digits with a right Luhn digit and no word against it, or called a card
sheba        IR and 24 digits; without IR where the check digits (ISO 7064, modulo 97) are right, or called one
account, postcode   only where they are called so

Phones said in words are `spoken`; keys of other lands are not seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from cx_helpers.intake.nearby import Nearby, look

_BLANK = r"[ \t\u00a0\u2000-\u200f\u202a-\u202f\u2060-\u2069\u20e3\ufe0f]"  # half-spaces, marks of direction, keycaps
_BETWEEN = (
    rf"(?:{_BLANK}{{1,3}}|{_BLANK}{{0,2}}[-\u2010-\u2015\u2212_/*·•\u0640]{{1,2}}{_BLANK}{{0,2}}|\."
    rf"|{_BLANK}?\){_BLANK}?-?{_BLANK}?|{_BLANK}?\({_BLANK}?)"
)
_RUN = re.compile(rf"\d(?:{_BETWEEN}?\d)*+")
_GROUP = re.compile(r"\d+")
_JOINED = re.compile(r"[ \u200c]*(?:[,،/]|و|یا|and|or)[ \u200c]*")  # «۸۸۷۷۶۶۵۵ و ۸۸۷۷۶۶۵۶»: one label for both
_IRAN = re.compile(r"(?i)(?:(?<![a-z])ir|(?<!\w)[آا]ی[ \u200c]?[آا]ر)[\s\u200c:.\-]{0,3}$")
_AREAS = "11 13 17 21 23 24 25 26 28 31 34 35 38 41 44 45 51 54 56 58 61 66 71 74 76 77 81 83 84 86 87".split()
_MOBILE = re.compile(r"(0098|98)?(0)?(9\d{9})")
_LANDLINE = re.compile(rf"(0098|98)?(0)?({'|'.join(_AREAS)})(\d{{8}})")
_TAIL_FIRST = re.compile(rf"\d{{7}}09\d\d|\d{{8}}0(?:{'|'.join(_AREAS)})")  # ۸۸۷۷۶۶۵۵-۰۲۱
_OPERATOR = re.compile(r"9(?:0[0-5]|1\d|2[0-3]|3\d|4[1]|9[0-9])")
_DAYS = {(4, m, d) for m in (1, 2) for d in (1, 2)} | {(d, m, 4) for m in (1, 2) for d in (1, 2)}
_CARDS = {(16,), (4, 4, 4, 4), (6, 10), (8, 8), (4, 12), (12, 4), (6, 2, 4, 4), (6, 2, 8), (1,) * 16}
_AMOUNT = (1, 3, 3, 3)  # 9.123.456.789
_AGAINST = ("code", "thing", "amount", "date")
SHORTEST, LONGEST = 7, 26  # digits: shorter numbers are nobody's key
MOST_GROUPS, TABLE = 8, 60  # groups of one number; of a run that is no longer one


class Key(NamedTuple):
    """Somebody's number: its kind and where it stands."""

    kind: str
    start: int
    end: int


class _Span(NamedTuple):
    """Neighbouring groups of digits, looked at as one number."""

    digits: str
    layout: tuple[int, ...]  # how many digits each group has
    plus: bool
    iran: bool
    whole: bool  # no other digits stand beside them


def keys(text: str, start: int = 0, end: int | None = None) -> Iterator[Key]:
    """The numbers in text[start:end] that are somebody's, in their order."""
    since, label = start, ""  # what the last number was called, and where its words end
    for run in _RUN.finditer(text, start, len(text) if end is None else end):
        if run.end() - run.start() < SHORTEST:
            continue
        groups, first, seen = [m.span() for m in _GROUP.finditer(text, *run.span())], 0, None
        while first < len(groups):
            begin, step = groups[first][0], 1
            for until in _ends(groups, first):
                nearby = look(text, begin, groups[until - 1][1], since)
                if not nearby.label and label and _JOINED.fullmatch(text, since, begin):
                    nearby = nearby._replace(label=label)
                seen = seen or nearby
                if key := _key(text, groups[first:until], nearby, until - first == len(groups)):
                    yield key
                    step, label, since, seen = until - first, nearby.label, key.end + nearby.after, None
                    break
            first += step
        if seen and since < run.end():
            label, since = seen.label, run.end() + seen.after


def _ends(groups: list[tuple[int, int]], first: int) -> list[int]:
    """Where numbers that begin with a group may end, the longest first.

    Single digits (0 9 1 2 …) are one number as a whole row only: a list of scores is none.  In a long table of numbers
    each stands for itself.
    """
    most = MOST_GROUPS if len(groups) <= TABLE else 1
    sizes = [end - begin for begin, end in groups[max(first - 1, 0) : first + LONGEST + 1]]
    before, sizes = (sizes[0], sizes[1:]) if first else (0, sizes)
    ends, total = [], 0
    for count, size in enumerate(sizes, 1):
        total += size
        single = total == count
        if total > LONGEST or (count > most and not single):
            break
        if total >= SHORTEST and not (single and (before == 1 or sizes[count : count + 1] == [1])):
            ends.append(first + count)
    return ends[::-1]


def _key(text: str, groups: list[tuple[int, int]], nearby: Nearby, whole: bool) -> Key | None:
    """The key that some groups of digits are, with the sign, bracket or IR before it."""
    begin, end = groups[0][0], groups[-1][1]
    before = text[max(0, begin - 6) : begin]
    plus = before.rstrip("( \u200e\u202a").endswith("+")
    iran = _IRAN.search(before) if groups[-1][1] - begin > 20 else None
    kind = _kind(_span(text, groups, plus, bool(iran), whole), nearby)
    if not kind:
        return None
    if kind == "sheba" and iran:
        begin -= len(iran[0])
    elif plus:
        begin = text.rindex("+", 0, begin)
    elif before.endswith("("):
        begin -= 1
    return Key(kind, begin, end)


def _span(text: str, groups: list[tuple[int, int]], plus: bool, iran: bool, whole: bool) -> _Span:
    digits = "".join(text[a:b] for a, b in groups)
    latin = digits if digits.isascii() else str(int(digits)).zfill(len(digits))
    return _Span(latin, tuple(b - a for a, b in groups), plus, iran, whole)


def _kind(span: _Span, nearby: Nearby) -> str:
    """The kind of key that a number is, or an empty string."""
    size = len(span.digits)
    if _dated(span) and not (size == 8 and nearby.touching and nearby.says("phone")):
        return ""
    if size >= 20:
        return "sheba" if _sheba(span, nearby) else ""
    if size == 16 and _card(span, nearby):
        return "card"
    if nearby.touching or not nearby.amount:
        if size >= 8 and nearby.says("account") and nearby.touching:
            return "account"
        if size == 10 and nearby.says("postcode"):
            return "postcode"
        if (
            nearby.says("national_id")
            and span.layout != _AMOUNT
            and (size == 10 or size in (8, 9) and national(span.digits.zfill(10)))
        ):
            return "national_id"
    if _phone(span, nearby):
        return "phone"
    return "national_id" if _national_id(span, nearby) else ""


def _dated(span: _Span) -> bool:
    """Is it a day, or a day and a time: 1404/06/31, 31-06-1404, 2025 09 22 14, 14040631?"""
    digits, layout = span.digits, span.layout[:3]
    if len(digits) == 8 and len(span.layout) == 1:
        layout = (4, 2, 2)
    if layout not in _DAYS:
        return False
    a, b = layout[0], layout[0] + layout[1]
    parts = digits[:a], digits[a:b], digits[b : b + layout[2]]
    year, month, day = parts if layout[0] == 4 else parts[::-1]
    return year[:2] in ("13", "14", "19", "20") and 0 < int(month) <= 12 and 0 < int(day) <= 31


def _sheba(span: _Span, nearby: Nearby) -> bool:
    if span.iran or nearby.says("sheba"):
        return 22 <= len(span.digits) <= 26
    return (
        len(span.digits) == 24 and not nearby.says("code") and int(span.digits[2:] + "1827" + span.digits[:2]) % 97 == 1
    )


def _card(span: _Span, nearby: Nearby) -> bool:
    if nearby.says("card", "account"):
        return len(span.layout) <= 4 or span.layout in _CARDS
    if span.layout not in _CARDS:
        return False
    return luhn(span.digits) and not (nearby.says("code") and nearby.touching) and not nearby.amount


def _national_id(span: _Span, nearby: Nearby) -> bool:
    """Is it one although nothing calls it so?  By chance one number in eleven has a right check digit."""
    if span.layout not in ((10,), (3, 6, 1)) or not national(span.digits) or nearby.amount:
        return False
    if span.digits[0] == "0":  # orders and amounts hardly ever begin with 0
        return not (nearby.touching and nearby.says(*_AGAINST))
    return not nearby.says(*_AGAINST)


def _phone(span: _Span, nearby: Nearby) -> bool:
    digits, size = span.digits, len(span.digits)
    called = nearby.says("phone") or (nearby.says("calling") and (nearby.touching or nearby.led))
    if nearby.is_code or (nearby.amount and digits[0] != "0" and not span.plus):
        return False
    if (found := _MOBILE.fullmatch(digits)) and (called or _grouped(span)):
        if found[2] or found[1] == "0098" or (found[1] and span.plus):
            return True
        against = nearby.says(*_AGAINST) and (nearby.touching or len(span.layout) == 1)
        return bool(called or (_OPERATOR.match(found[3]) and not against and span.layout != _AMOUNT))
    if span.layout[-1] in (3, 4) and size == 11 and _TAIL_FIRST.fullmatch(digits) and sum(span.layout[:-1]) in (7, 8):
        return True
    if (found := _LANDLINE.fullmatch(digits)) and (called or _grouped(span)):
        return bool(found[2] or found[1] == "0098" or (found[1] and span.plus) or called)
    if span.plus:
        return 9 <= size <= 15 and not nearby.amount and not nearby.says("amount")
    if not called or nearby.amount or size > 15:
        return False
    if size == 8 and digits[0] not in "01":
        return nearby.touching or nearby.led or span.whole
    return nearby.touching and len(span.layout) <= 5


def _grouped(span: _Span) -> bool:
    """Are the groups those of one number, and not of several that stand side by side?"""
    layout = span.layout
    if len(layout) == 1 or set(layout) == {1}:
        return True
    if span.plus or span.digits.startswith("00"):
        return len(layout) <= 7
    if layout[0] == 1:  # 0 912 345 6789
        return span.digits[0] == "0" and layout[1] >= 2 and len(layout) <= 5
    if layout[0] == 2 and span.digits[:2] == "09":  # 09 12 345 67 89, but not 09 12 1404 …
        return len(layout) >= 4 and not re.search("^(?:..){1,2}(?:1[34]|19|20)", span.digits)
    return (layout[0] >= 3 or span.digits[:2] == "98") and len(layout) <= 6


def is_day(digits: str) -> bool:
    """Are eight digits a day: 14040631, 20250922?"""
    return len(digits) == 8 and _dated(_Span(digits, (8,), False, False, True))


def is_landline(digits: str) -> bool:
    """Are these digits an area code, with or without its 0, and a number in it?"""
    return bool(_LANDLINE.fullmatch(digits)) and not digits.endswith("000")


def luhn(digits: str) -> bool:
    """Is the last digit of a card's number right?  (ISO/IEC 7812-1)"""
    odd, even = digits[-1::-2], digits[-2::-2]
    return digits.strip("0") != "" and (sum(map(int, odd)) + sum(sum(divmod(2 * int(d), 10)) for d in even)) % 10 == 0


def national(digits: str) -> bool:
    """Is the last digit of an Iranian national id right?  Ten equal digits are nobody's."""
    if len(digits) != 10 or len(set(digits)) == 1:
        return False
    rest = sum(int(d) * (10 - i) for i, d in enumerate(digits[:9])) % 11
    return int(digits[9]) == (rest if rest < 2 else 11 - rest)
