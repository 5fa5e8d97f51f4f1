"""What may leave the house?  Numbers, addresses and names of accounts are taken out of customers' words.

What is taken out is told in `digits` (numbers) and `addresses`; what stays: prices, quantities, dates, times, and the
numbers of orders, parcels, invoices and goods.  Persons' names stay too: a title (آقای …) is followed by as many
drivers and clerks without a name as by names, so taking the next word out would hide what the comment is about.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from cx_helpers.intake import addresses, digits
from cx_helpers.intake.digits import Key

MARKS = {
    "phone": "[تلفن]",
    "national_id": "[کد ملی]",
    "card": "[کارت]",
    "sheba": "[شبا]",
    "account": "[حساب]",
    "postcode": "[کد پستی]",
    "email": "[ایمیل]",
    "link": "[لینک]",
    "user_name": "[نام کاربری]",
}
_MARK = re.compile("|".join(map(re.escape, MARKS.values())))
_LONG = re.compile(r"\d(?:[^\n\d]{0,3}\d){6}")  # a number long enough to be a key, perhaps
_ADDRESS = re.compile(
    r"@|://|www\.|\.[A-Za-z]{2,18}(?::\d+)?[/?]| dot |[\[({]at[\])}]"
    r"|[آا]ی[ \u200c]?دی|یوزر|کاربری|user|(?:گرام|اینستا|ایتا|روبیکا|توییتر|insta|twitter)\w{0,3}\W{0,3}[:=]",
    re.IGNORECASE,
)


def find(text: str) -> list[Key]:
    """The places in a text that belong to a person: kind (a key of MARKS), start, end; in their order.

    Raises TypeError where the value is no text.
    """
    if not isinstance(text, str):
        raise TypeError(f"redact() takes a text, not {type(text).__name__}; leave nulls out before")
    fixed = list(addresses.places(text)) if _ADDRESS.search(text) else []
    if not _LONG.search(text):
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
    return _replaced(text, MARKS.__getitem__)


def redact_all(texts: Iterable[str | None]) -> list[str | None]:
    """Many texts redacted; a null stays null."""
    return [None if text is None else redact(text) for text in texts]


def without(text: str) -> str:
    """The text without the places that `find` finds and without the marks that `redact` leaves: the same for both."""
    text = _replaced(text, lambda kind: " ")
    return _MARK.sub(" ", text) if "[" in text else text


def _replaced(text: str, by: Callable[[str], str]) -> str:
    parts, since = [], 0
    for kind, start, end in find(text):
        parts += [text[since:start], by(kind)]
        since = end
    return "".join([*parts, text[since:]]) if parts else text
