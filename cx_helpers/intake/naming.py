"""Who is meant by an id, a pseudonym, a phone or an e-mail?  One person's names in the tables.

A person may have several ids: where a phone serves as one, where systems count for themselves, where linking has found
them.  And several people may share a key: a family's phone is no one's alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from cx_helpers.intake import pseudonyms
from cx_helpers.intake.fields import SourceError
from cx_helpers.intake.tracing import File
from cx_helpers.intake.values import literal, name

_KINDS = {"phone": "phone", "mobile": "phone", "email": "email", "national_id": "national_id", "card": "card"}
_NAME = re.compile(r"[^\W\d_]+(?:[\s\u200c.-]+[^\W\d_]+)+")  # words of letters only


class NotFound(SourceError):
    """Nobody, or more than one person, is known by what was asked; nothing has changed."""


def names(con, files: list[File], customer: str, forms: list[str], keyed: bool) -> tuple[set[str], set[str]]:
    """The ids, and the keys that are theirs alone, of the person who is known by what was given, as tables hold them.

    forms  SQL of the ways in which a text x may be stored (tracing.forms);  keyed  pseudonyms are on
    NotFound where several people are known by it: two customers of one system with one phone, one id in two systems.
    """
    sql = f"SELECT unnest([{', '.join(forms)}]) FROM (SELECT ? AS x)"
    stored = {customer, *(n for (n,) in con.execute(sql, [customer]).fetchall() if n)}
    direct, reached = set(), {}
    for file in files:
        if "customer_id" not in file.columns:
            continue
        ids = f"SELECT DISTINCT customer_id::VARCHAR FROM {file.relation} WHERE"
        direct |= {x for (x,) in con.execute(f"{ids} customer_id::VARCHAR IN ({_listed(stored)})").fetchall()}
        for source, _, one in _keys(con, file, stored, keyed):
            reached.setdefault((file.path, source), set()).add(one)
    shared = max(reached.values(), key=len, default=set())
    people = direct | shared if len(shared) > 1 else direct
    if not people and not reached and _NAME.fullmatch(customer):  # it may stand in a cell here and there
        raise NotFound(
            "what you gave is a name, and a name is no key: others may bear it; give the person's id, phone or e-mail; "
            "nothing has changed"
        )
    if len(people) > 1 and not people <= _linked(con, files, {min(people)}):
        if customer not in direct:
            raise NotFound(
                f"{len(people)} customers are known by what you gave; say which one by its id: "
                f"{', '.join(sorted(people)[:10])}; nothing has changed"
            )
        direct, reached, stored = {customer}, {}, {customer}  # said as the tables say it: this one and no other
    ids = _linked(con, files, direct.union(*reached.values()))
    keys = _own(con, files, ids, keyed) | stored
    return ids | keys, keys  # a phone that is the person's alone may be their id elsewhere


def _keys(con, file: File, wanted: set[str], keyed: bool) -> list[tuple[str, str, str]]:
    """(system, key, customer_id) of the rows of identities or persons with one of these keys."""
    columns = file.columns
    system = "source::VARCHAR" if "source" in columns else "''"
    among, found = _listed(wanted), []
    for sql in _said(file, keyed):
        found += con.execute(
            f"SELECT DISTINCT s, k, c FROM (SELECT {system} AS s, {sql} AS k, customer_id::VARCHAR AS c "
            f"FROM {file.relation}) WHERE k IN ({among})"
        ).fetchall()
    return found


def _said(file: File, keyed: bool) -> list[str]:
    """SQL of the keys in a row of identities or persons, as tables hold them."""
    columns = file.columns
    if file.table == "persons":
        return [_stored(kind, name(c), keyed) for c, kind in _KINDS.items() if c in columns]
    return ["value::VARCHAR"] if file.table == "identities" and "value" in columns else []


def _stored(kind: str, column: str, keyed: bool) -> str:
    """SQL of a clear key of `persons` as tables hold it."""
    written = pseudonyms.normalised(literal(kind), f"cx_latin(cx_trim({column}))")
    return pseudonyms.sql(written) if keyed else written


def _linked(con, files: list[File], ids: set[str]) -> set[str]:
    """These ids and the others of the same person, where a file of state/ links customer_id with person_id."""
    found = set(ids)
    for file in files:
        if {"customer_id", "person_id"} <= file.columns.keys() and ids:
            either = f"customer_id IN ({_listed(ids)}) OR person_id IN ({_listed(ids)})"
            people = f"SELECT person_id FROM {file.relation} WHERE {either}"
            sql = f"SELECT customer_id, person_id FROM {file.relation} WHERE person_id IN ({people})"
            found |= {x for pair in con.execute(sql).fetchall() for x in pair if x}
    return found


def _own(con, files: list[File], ids: set[str], keyed: bool) -> set[str]:
    """The keys in identities and persons that are this person's alone: a phone that a family shares is theirs, too."""
    mine: set[str] = set()
    for file in files:
        for sql in _said(file, keyed) if ids and "customer_id" in file.columns else ():
            among = f"SELECT {sql} FROM {file.relation} WHERE customer_id::VARCHAR IN ({_listed(ids)})"
            mine |= {x for (x,) in con.execute(among).fetchall() if x}
    if mine:
        mine -= {key for file in files for _, key, one in _keys(con, file, mine, keyed) if one not in ids}
    return mine


def _listed(texts: Iterable[str]) -> str:
    return ", ".join(map(literal, sorted(texts))) or "NULL"
