"""What may leave the house?  Numbers, addresses and names of accounts are taken out of customers' words.

What is taken out is told in `digits` (numbers) and `addresses`; what stays: prices, quantities, dates, times, and the
numbers of orders, parcels, invoices and goods.  Persons' names stay too: a title (آقای …) is followed by as many
drivers and clerks without a name as by names, so taking the next word out would hide what the comment is about.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from cx_helpers.intake import addresses, digits, spoken
from cx_helpers.intake.digits import Key

MARKS = {  # in a text with Persian letters, and in one that has Latin letters only
    "phone": ("[تلفن]", "[phone]"),
    "national_id": ("[کد ملی]", "[national id]"),
    "card": ("[کارت]", "[card]"),
    "sheba": ("[شبا]", "[sheba]"),
    "account": ("[حساب]", "[account]"),
    "postcode": ("[کد پستی]", "[post code]"),
    "email": ("[ایمیل]", "[e-mail]"),
    "link": ("[لینک]", "[link]"),
    "user_name": ("[نام کاربری]", "[user name]"),
}
MARK = "|".join(rf"\[{mark[1:-1]}\]" for pair in MARKS.values() for mark in pair)  # for Python and the engine
_MARK = re.compile(MARK)
_PERSIAN, _LATIN = re.compile(r"[\u0621-\u06d3]"), re.compile(r"[A-Za-z]")
_LONG = re.compile(r"\d(?:[^\n\d]{0,3}\d){6}")  # a number long enough to be a key, perhaps
# what an address cannot be without; in the words that Python and the engine (RE2) both understand
_SIGNS = (
    r"@|://|[Ww]{3}\.|\.[A-Za-z]{2,18}(:[0-9]+)?[/?]| dot |[\[({]at[\])}]|[Uu][Ss][Ee][Rr]|\b[Ii][Dd] ?[:=]"
    "|[آا]ی[ \u200c]?دی|یوزر|کاربری|گرام|اینستا|ایتا|روبیکا|توییتر|[Ii]nsta|[Tt]witter|[Tt]elegram"
)
_ADDRESS = re.compile(_SIGNS)
# the engine asks about texts that match it, and no others
HINT = rf"\p{{Nd}}([^\n]{{0,3}}\p{{Nd}}){{6}}|{_SIGNS}|{spoken.HINT}"
_PASSWORD = re.compile(r"(?<=://)[^\s/@]*:[^\s/]*(?=@)")
_RUN, _PARTED = re.compile(r"(?<!\d)\d{8,10}(?!\d)"), re.compile(r"[\s()+\-\u200c\u2010-\u2015]")
_STRAY = ("phone", "email", "national_id", "card", "sheba")


def find(text: str) -> list[Key]:
    """The places in a text that belong to a person: kind (a key of MARKS), start, end; in their order.

    Raises TypeError where the value is no text.
    """
    if not isinstance(text, str):
        raise TypeError(f"redact() takes a text, not {type(text).__name__}; leave nulls out before")
    fixed = list(addresses.places(text)) if _ADDRESS.search(text) else []
    fixed += [Key("phone", *place) for place in spoken.places(text)]
    if not _LONG.search(text):
        fixed.sort(key=lambda place: place[1])
        return [Key(*place) for place in fixed if place.kind in MARKS]
    fixed += [Key("mark", *mark.span()) for mark in _MARK.finditer(text)] if "[" in text else []
    found, since = [], 0
    for place in [*sorted(fixed, key=lambda place: place[1]), Key("end", len(text), len(text))]:
        found += digits.keys(text, since, place[1])
        found += [Key(*place)] if place[0] in MARKS else []
        since = max(since, place[2])
    return found


def redact(text: str) -> str:
    """A text without what belongs to a person; each place taken out is marked, e.g. [تلفن] (MARKS).

    Doing it twice changes nothing.  Raises TypeError where the value is no text.
    """
    return cover(text, find(text))


def redact_all(texts: Iterable[str | None]) -> list[str | None]:
    """Many texts redacted; a null stays null."""
    return [None if text is None else redact(text) for text in texts]


def uncover(text: str) -> str:
    """A text that is no customer's words (a channel, a city, a message) without the keys that strayed into it.

    Only kinds that can be told for sure; ten digits count as a national id where they are all there is.  Links stay,
    without the password in them.
    """
    mails = [Key(*place) for place in addresses.emails(text)] if "@" in text else []
    numbers = digits.keys(text) if _LONG.search(text) else ()
    found = mails + [n for n in numbers if not any(m.start < n.end and n.start < m.end for m in mails)]
    alone = len(text.strip()) < 13 or "ملی" in text
    found = [key for key in found if key.kind in _STRAY and (key.kind != "national_id" or alone)]
    found.sort(key=lambda key: key.start)
    return _PASSWORD.sub("…", cover(text, found))


def uncover_path(path: str) -> str:
    """A path or name of a file without the keys in it: there a number of a national id's form stands alone, too."""
    return _RUN.sub(lambda run: MARKS["national_id"][1] if is_national(run[0]) else run[0], uncover(path))


def is_national(number: str) -> bool:
    """May digits be a national id, its leading zeros perhaps lost?  Days are none, nor numbers that end in zeros."""
    latin = str(int(number)).zfill(len(number))
    if not 8 <= len(latin) <= 10 or latin.endswith("000") or digits.is_day(latin):
        return False
    return digits.national(latin.zfill(10))


def is_bare(text: str) -> bool:
    """Is a text, all of it, a number that may be somebody's, though no word says so: a national id without its leading
    zeros, a landline with or without its area code?"""
    number = _PARTED.sub("", text.strip())
    if not number.isdigit():
        return False
    latin = str(int(number)).zfill(len(number))
    if is_national(latin):
        return True
    landline = len(latin) == 8 and latin[0] not in "01" and not latin.endswith("000") and not digits.is_day(latin)
    return landline or digits.is_landline(latin)


def uncover_all(texts: Iterable[str | None]) -> list[str | None]:
    """Many texts uncovered; a null stays null."""
    return [None if text is None else uncover(text) for text in texts]


def without(text: str, found: list[Key] | None = None) -> str:
    """The text without the places that `find` finds and without the marks that `redact` leaves: the same for both.

    found  of `find`, where it was asked already
    """
    text = " ".join(_between(text, find(text) if found is None else found))
    return _MARK.sub(" ", text) if "[" in text else text


def without_all(texts: list[str]) -> list[str]:
    """Many texts `without`: only those that the engine's own pattern search points at are read one by one."""
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        points = pc.match_substring_regex(pa.array(texts, pa.string()), rf"{HINT}|\[")
    except UnicodeEncodeError:  # half a letter (a lone surrogate) somewhere: no engine takes that
        return [without(text) for text in texts]
    texts = list(texts)
    for place in pc.indices_nonzero(points).to_pylist():
        texts[place] = without(texts[place])
    return texts


def cover(text: str, found: list[Key]) -> str:
    """The text with marks in place of what was found in it."""
    if not found:
        return text
    left = _between(text, found)
    rest = "".join(left)
    english = bool(_LATIN.search(rest)) and not _PERSIAN.search(rest)
    marks = [MARKS[key.kind][english] for key in found]
    return "".join(part for pair in zip(left, [*marks, ""], strict=True) for part in pair)


def _between(text: str, found: list[Key]) -> list[str]:
    ends = [0, *(key.end for key in found)]
    return [text[a:b] for a, b in zip(ends, [*(key.start for key in found), len(text)], strict=True)]
