"""What may a message say?  Errors, reasons and reports name files, columns and remedies, never a person's key.

A message travels further than the data it is about: into a terminal, a mail, a log.  So keys are covered wherever they
may have strayed into one: values that an engine quotes, a first row that was taken for the header, names of files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from cx_helpers.intake import privacy

HIDDEN = {"fa": "[پوشیده]", "en": "[hidden]"}
SHOWN = 12  # names of columns that an error lists
ALL = "state/columns.json"  # where all of them stand, by file (sources.load writes it)
_KIND = re.compile(r"^\w+( \w+)* Error: ")
_OF_VALUES = ("Conversion", "InvalidInput", "OutOfRange", "Constraint", "Serialization")  # these quote what rows hold
_QUOTED = re.compile(r"'.*'|\".*\"")
_KEY_LIKE = re.compile(r"[+(]?(\d[\s()\-\u200c]{0,2}){7,}")  # a number as long as a phone's or an id's
_NAME = re.compile(r"[^\W\d_]{2,}([\s\u200c.\-]+[^\W\d_]+)+")  # two words or more
_OF_PERSONS = re.compile(
    r"(?i)(^|[\s_.\-])(name|family|surname|tel|cell|e-?mail|nid|ssn)($|[\s_.\-])|(first|last|full)_?name"
    r"|phone|mobile|national|نام|تلفن|موبایل|همراه|ایمیل|کد ?ملی|شماره ?ملی"
)
_NO_NAME = re.compile(r"[\d\s.,:/٫٬+-]+|column_\d+")


def reason(error: Exception) -> str:
    """What an engine says, in its first line, without the values of the rows that it stumbled over."""
    line = _KIND.sub("", str(error).split("\n")[0])
    if type(error).__name__.startswith(_OF_VALUES):
        line = _QUOTED.sub("'…'", line)
    return privacy.uncover(line)


def listed(names: Iterable[str]) -> list[str]:
    """All names of columns, for a file; none where they look like a row of values."""
    names = list(names)
    return [] if _are_values(names) else [privacy.uncover(name) for name in names]


def columns(names: Iterable[str]) -> str:
    """The first names of columns, cut short; only how many there are where they look like a row of values."""
    names = list(names)
    if _are_values(names):
        return f"{len(names)} (the first line holds values, not names: say `header: false` and `names: […]`)"
    more = f", … ({len(names)})" if len(names) > SHOWN else ""
    return ", ".join(privacy.uncover(name[:40]) for name in names[:SHOWN]) + more


def _are_values(names: list[str]) -> bool:
    """Is this no header but a row: with somebody's key in it, or mostly numbers?"""
    if any(privacy.uncover(name) != name or _KEY_LIKE.fullmatch(name.strip()) for name in names):
        return True
    return sum(bool(_NO_NAME.fullmatch(name)) for name in names) * 2 > len(names)


def preview(
    value: str | None, secret: bool, row: Iterable[str | None], locale: str, worded: bool = False
) -> str | None:
    """A value as a reason may quote it.

    secret  it stands in a column that nobody may show;  row  what stands in such columns of the same row
    worded  words are no value there (a number, a time): two of them may be a name that slipped into the wrong column
    """
    if not value:
        return None
    keys = _keys(row)
    hidden = secret or any(map(value.__contains__, keys)) or privacy.is_bare(value)
    hidden = hidden or any(value.strip() in key.split() for key in keys)  # the surname alone
    return HIDDEN[locale] if hidden or (worded and _NAME.fullmatch(value.strip())) else privacy.redact(value)


def may_name(columns: Iterable[str]) -> list[str]:
    """The columns that may hold who a person is, by what they are called, whether a mapping reads them or not."""
    return [column for column in columns if _OF_PERSONS.search(column)]


def _keys(row: Iterable[str | None]) -> list[str]:
    return [other.strip() for other in row if other and len(other.strip()) > 2]
