"""Who names a forgotten person?  Texts of others in which the name stands: masked where it can be nobody else's.

A name of two words or more that no other customer bears is the person's, and becomes [نام] or [name].  One that others
bear, too, may mean them: how many texts hold it is told, and they stay as they are.  A single word (a first name) is
anybody's and is not looked for.  Where no name of the person was mapped (`persons`), there is none to look for.
Keyed hashes of the name are kept with the tombstones, so that it is masked in what is read later, too; they go when
somebody else comes who is called so.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain

from cx_helpers.intake import calling, masking, tracing
from cx_helpers.intake.calling import Names
from cx_helpers.intake.tombstones import Tombstones
from cx_helpers.intake.tracing import File
from cx_helpers.intake.values import name
from cx_helpers.tables import TABLES

_NAMES = ("full_name", "name", "customer_name", "نام", "نام کامل", "نام مشتری", "نام و نام خانوادگی")
BATCH = 10_000


@dataclass
class Mentions:
    """The person's names, those that others bear, too, and how many texts hold one of these."""

    own: set[str] = field(default_factory=set)
    shared: set[str] = field(default_factory=set)
    masked: bool = False
    told: dict[str, int] = field(default_factory=dict)  # table: rows that stay
    names: Names | None = None  # that are masked: the person's, and those that are remembered


def find(con, files: Iterable[File], stones: Tombstones, beside: Iterable[File] = ()) -> Mentions:
    """Look for the traced person's name in what others wrote; adds to the `words` of each file what is to be masked.

    stones  what is remembered: the names that are the person's alone are added
    beside  other files of the workspace, in which somebody may be called so
    """
    files = [file for file in files if file.path.is_file()]
    theirs = set().union(*(calling.spelt(text) for file in files for text in _called(con, file, theirs=True)))
    known, others = calling.remembered(stones), set()
    new = not known or not all(map(known.is_one, theirs))
    for file in [*(files if theirs or known else ()), *(beside if theirs and new else ())]:
        for text in _called(con, file, theirs=False):
            others |= {form for form in calling.spelt(text) if form in theirs or (known and known.is_one(form))}
    stones.drop(calling.NAME, others)
    found = Mentions(theirs - others, theirs & others)
    calling.remember(stones, found.own)
    found.names = calling.remembered(stones)
    shared = calling.among(found.shared) if found.shared else None
    for file in files if found.names or shared else ():
        for column in _written(file):
            _look(con, file, column, found, shared)
    return found


def _written(file: File) -> list[str]:
    """Columns in which somebody may write: those of words, and the texts of the company's own."""
    known = TABLES[file.table].columns if file.table in TABLES else file.columns
    return [column for column, kind in file.columns.items()
            if column in masking.WORDS or ("string" in kind and column not in (*known, *tracing.NO_WORDS))]  # fmt: skip


def _called(con, file: File, theirs: bool) -> Iterable[str]:
    """The names of the traced people in a file, or those of all others."""
    if file.table not in ("persons", "customers"):
        return
    columns = file.columns
    said = [name(column) for column in _NAMES if column in columns]
    said += ["concat_ws(' ', first_name, last_name)"] if {"first_name", "last_name"} <= columns.keys() else []
    for sql in said:
        where = f"{'' if theirs else 'NOT'} ({tracing.where(file)})"
        for (text,) in con.execute(f"SELECT DISTINCT {sql}::VARCHAR FROM {file.relation} WHERE {where}").fetchall():
            if text:
                yield text


def _look(con, file: File, column: str, found: Mentions, shared: Names | None) -> None:
    sql = f"SELECT {name(column)}::VARCHAR, count(*) FROM {file.relation} WHERE NOT ({tracing.where(file)}) GROUP BY 1"
    masked, told = file.words.get(column, {}), 0
    con.execute(sql)
    for text, n in chain.from_iterable(iter(lambda: con.fetchmany(BATCH), [])):
        if not text:
            continue
        now = masked.get(text, text)
        told += n * bool(shared and any(shared.places(now)))
        if found.names and (after := found.names.masked(now)) != now:
            found.masked = True
            masked[text] = after
    if masked:
        file.words[column] = masked
    if told and file.path.parent.name == "tables":
        found.told[file.table] = found.told.get(file.table, 0) + told
