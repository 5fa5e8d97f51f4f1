"""What is written in a system's own way, made plain: one module a system, one function a dialect that needs it.

    def NAME(records: Iterator[(line, record)]) -> Iterator[(line, record) | Broken]

A record is a dict: of JSON as it was, of a delimited file its texts.  What a function yields becomes the rows that the
mapping sees; nested keys are reached by a dot.  It leaves nothing out: what is not wanted, `skip` in the mapping says.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Iterable, Iterator

from cx_helpers.intake.jsonpages import Record
from cx_helpers.intake.raw import Broken


def knows(uses: str = "(?!)", makes: Iterable[str] = ()) -> Callable:
    """Say of a function which columns of a record it uses up (a pattern) and which it makes itself.

    Where that is said, the other columns of its records are as they came: new and missing ones can be told of.
    """

    def mark(function):
        function.uses, function.makes = re.compile(uses, re.IGNORECASE), frozenset(makes)
        return function

    return mark


def each(function: Callable[[dict], Iterable[dict]]) -> Callable[[Iterator[Record]], Iterator[Record | Broken]]:
    """Make a function that takes one record and gives its rows into one that takes all; odd records are quarantined."""

    @functools.wraps(function)
    def all_(records: Iterator[Record]) -> Iterator[Record | Broken]:
        for line, record in records:
            try:
                rows = list(function(record))
            except (KeyError, TypeError, ValueError, AttributeError, IndexError):
                yield Broken(line, "odd_record", json.dumps(record, ensure_ascii=False))
            else:
                yield from ((line, row) for row in rows)

    return all_
