"""Who names a forgotten person?  Texts of others in which the name stands: masked where it can be nobody else's.

A name of two words or more that no other customer bears is the person's, and becomes [نام] or [name].  One that others
bear, too, may mean them: how many texts hold it is told, and they stay as they are.  A single word (a first name) is
anybody's and is not looked for.  Where no name of the person was mapped (`persons`), there is none to look for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from cx_helpers import persian
from cx_helpers.intake import masking, tracing
from cx_helpers.intake.names import NOBODY
from cx_helpers.intake.tracing import File
from cx_helpers.intake.values import literal, name

_NAMES = ("full_name", "name", "customer_name", "نام", "نام کامل", "نام مشتری", "نام و نام خانوادگی")
_SAME = {"ی": "[یيىئ]", "ک": "[کك]", "ه": "[هةۀ]", "ا": "[اآأإ]", "و": "[وؤ]"}  # ways in which one letter is typed
_BETWEEN = r"[\s\u200c\u00a0_-]+"
MARKS = ("[نام]", "[name]")


@dataclass
class Mentions:
    """The person's names, those that others bear, too, and how many texts hold one of these."""

    own: set[tuple[str, ...]] = field(default_factory=set)
    shared: set[tuple[str, ...]] = field(default_factory=set)
    masked: bool = False
    told: dict[str, int] = field(default_factory=dict)  # table: rows that stay


def find(con, files: Iterable[File]) -> Mentions:
    """Look for the traced person's name in what others wrote; adds to the `words` of each file what is to be masked."""
    files = [file for file in files if file.path.is_file()]
    theirs, others = set(), set()
    for file in files:
        mine, rest = _called(con, file)
        theirs, others = theirs | mine, others | rest
    found = Mentions(theirs - others, theirs & others)
    for file in files if theirs else ():
        for column in masking.WORDS & file.columns.keys():
            _look(con, file, column, found)
    return found


def _called(con, file: File) -> tuple[set[tuple[str, ...]], set[tuple[str, ...]]]:
    """The names of the traced people in a file, and those of all others, each as its words."""
    if file.table not in ("persons", "customers"):
        return set(), set()
    columns = file.columns
    said = [name(column) for column in _NAMES if column in columns]
    said += ["concat_ws(' ', first_name, last_name)"] if {"first_name", "last_name"} <= columns.keys() else []
    mine, rest = set(), set()
    for sql in said:
        rows = con.execute(f"SELECT DISTINCT {sql}::VARCHAR, ({tracing.where(file)}) FROM {file.relation}").fetchall()
        for text, theirs in rows:
            words = tuple(persian.simplify(text or "").split())
            if len(words) > 1 and not {*words} & {*NOBODY} and not re.search(r"\d", text):
                (mine if theirs else rest).add(words)
    return mine, rest


def _look(con, file: File, column: str, found: Mentions) -> None:
    gone = tracing.where(file)
    sql = f"SELECT {name(column)}::VARCHAR, count(*) FROM {file.relation} WHERE NOT ({gone}) GROUP BY 1"
    texts = con.execute(f"SELECT * FROM ({sql}) AS t(x, n) WHERE {_may(found.own | found.shared)}").fetchall()
    own, shared = _pattern(found.own), _pattern(found.shared)
    masked, told = file.words.get(column, {}), 0
    for text, n in texts:
        now = masked.get(text, text)
        told += n * bool(shared and shared.search(now))
        if own and own.search(now):
            found.masked = True
            masked[text] = own.sub(MARKS[bool(re.search("[A-Za-z]", now)) and not re.search("[ء-ی]", now)], now)
    if masked:
        file.words[column] = masked
    if told and file.path.parent.name == "tables":
        found.told[file.table] = found.told.get(file.table, 0) + told


def _may(names: Iterable[tuple[str, ...]]) -> str:
    """SQL: may a text x hold one of these names?  By the letters of the longest word that are typed in one way only."""
    asked = []
    for words in names:
        plain = max((re.split(f"[{''.join(_SAME)}]", max(words, key=len))), key=len)
        asked.append(f"contains(lower(x), {literal(plain)})" if plain else "x IS NOT NULL")
    return " OR ".join(asked) or "false"


def _pattern(names: Iterable[tuple[str, ...]]) -> re.Pattern | None:
    """What finds these names in a text, however their letters are typed; None where there are none."""
    typed = (
        _BETWEEN.join("\u200c?".join(_SAME.get(c, re.escape(c)) for c in word) for word in words)
        for words in sorted(names)
    )
    every = "|".join(typed)
    return re.compile(rf"(?<!\w)(?:{every})(?!\w)", re.IGNORECASE) if every else None
