"""Which columns say a few texts again and again?  A channel, an outcome, a city: told from the first rows.

Such a column is held as an ENUM, a number a row, while a large file is read, sorted and written: texts of 16 bytes each
would be moved at every step, and each looked at anew.  In the table it is text again.  The first rows only tell what to
expect: a text that comes later is read as any other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cx_helpers.intake import masking
from cx_helpers.intake.fields import DELETED, NEWEST, Field, Target
from cx_helpers.intake.inner import INNER
from cx_helpers.intake.values import is_quick, literal, name, quick

if TYPE_CHECKING:
    from cx_helpers.intake.staging import Job

FIRST = 20_000  # rows that are looked at; a file that has no more is read as it is
MOST = 250  # texts: their numbers take one byte


def columns(job: Job, target: Target) -> dict[int, str]:
    """SQL of each such column, by its place among the target's: its type, or of a constant its value of that type.

    Only texts that would be stored exactly as they stand are in it: nothing to trim, to unify or to cover.
    """
    plain = {i: f for i, f in enumerate(target.fields) if _may(f, target)}
    given = {i: literal(f.value) if f.value is not None else name(f.column) for i, f in plain.items()
             if f.value is not None or f.column in job.raw.columns}  # fmt: skip
    if not given:
        return {}
    first = f"SELECT {', '.join(f'{sql} AS s{i}' for i, sql in given.items())} FROM {job.raw.bare} LIMIT {FIRST}"
    asked = ", ".join(f"list(DISTINCT s{i}) FILTER (s{i} IS NOT NULL)" for i in given)
    rows, *texts = job.con.execute(f"SELECT count(*), {asked} FROM ({first})").fetchall()[0]
    if rows < FIRST:
        return {}
    found = {}
    for i, said in zip(given, texts, strict=True):
        f = plain[i]
        if 0 < len(said or ()) <= MOST and (kept := _as_they_stand(job, f, target, said)):
            kind = f"ENUM({', '.join(map(literal, kept))})"
            found[i] = f"CAST({literal(kept[0])} AS {kind})" if f.value is not None else kind
    return found


def _may(f: Field, target: Target) -> bool:
    """Is a column one that may say few texts, and nothing is done to them but to read them?"""
    ours = f.name in (NEWEST, DELETED) or masking.is_id(f, target) or masking.is_words(f, target)
    made = f.generate or f.expr is not None or f.prefix or f.default is not None
    return is_quick(f) and not ours and not made and target.table not in INNER


def _as_they_stand(job: Job, f: Field, target: Target, texts: list[str]) -> list[str]:
    """Those of the texts that are stored letter by letter as they came."""
    stored = masking.stored(f, target, job.source.targets, keyed=job.secret is not None, redact=job.redact)
    read = f"SELECT s, {quick(f, 's')} AS {name(f.name)} FROM (SELECT unnest(?::VARCHAR[]) AS s)"
    rows = job.con.execute(f"SELECT s FROM (SELECT s, {stored} AS v FROM ({read})) WHERE v = s ORDER BY s", [texts])
    return [text for (text,) in rows.fetchall()]
