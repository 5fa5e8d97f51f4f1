"""How is a column stored where privacy asks for it?  Keys become pseudonyms, words lose what belongs to a person.

customer_id, identities.value, and any column that is filled from the same column of the export: always a pseudonym
an id (order_id, session_id, …): as it is, unless a mobile number or an e-mail serves as one; then a pseudonym (a
    national id that serves as one cannot be told from an order number: map it as customer_id)
words (comments, answers, tickets, and columns of the company's own): redacted, where privacy.redact_text says so
other texts (channel, city, …): as they are, but for a phone, e-mail, national id or card that strayed into one
"""

from __future__ import annotations

import pyarrow as pa

from cx_helpers.intake import privacy, pseudonyms
from cx_helpers.intake.fields import DELETED, NEWEST, VIA, Field, Target
from cx_helpers.intake.inner import INNER, PERSON, TABLES
from cx_helpers.intake.values import literal, name

WORDS = {"text", "comment", "subject", "description"}
# a number that nothing but a mobile is, or an address, within an id
_KEY_AS_ID = r"(^|\D)(\+|00)?(98|0)9\d{9}(\D|$)|[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+\.|^(?i:ir)\d{24}$"
# what such a key cannot be without, told in a tenth of the time
_MAY_BE_KEY = (
    "contains({x}, '@') OR (strlen({x}) > 10 AND (contains({x}, '09') OR contains({x}, '989'))) "
    "OR (strlen({x}) = 26 AND lower({x}[:2]) = 'ir')"
)
_FUNCTIONS = {"cx_redact": privacy.redact_all, "cx_uncover": privacy.uncover_all}


def prepare(con) -> None:
    """Give a DuckDB connection the functions that `stored` uses."""
    for function, of in _FUNCTIONS.items():
        con.create_function(function, _on_arrow(of), ["VARCHAR"], "VARCHAR", type="arrow")


def _on_arrow(of):
    def apply(texts):
        if not len(texts):  # the engine asks about no texts, too; arrow would import pandas to answer
            return texts
        return pa.array(of(texts.to_pylist()), pa.string())

    return apply


def stored(f: Field, target: Target, targets: tuple[Target, ...], *, keyed: bool, redact: bool) -> str:
    """SQL of a column as it is stored.

    targets  all that the source fills: whose columns hold keys;  keyed  pseudonyms are on;  redact  words are redacted
    """
    column = name(f.name)
    if keyed and is_pseudonym(f, target, targets):
        return pseudonyms.sql(column)
    if target.table in INNER:  # owner's only, in clear: what linking compares
        return column
    if keyed and target.table == "identities" and f.name == "value":
        return pseudonyms.sql(pseudonyms.normalised("kind", column))
    given = f.value is not None or f.generate or f.allowed
    if f.type != "string" or given or f.name in (NEWEST, DELETED):
        return column
    if is_id(f, target):
        told = f"({_MAY_BE_KEY.format(x=column)}) AND regexp_matches({column}, {literal(_KEY_AS_ID)})"
        return f"CASE WHEN {told} THEN {pseudonyms.sql(column)} ELSE {column} END" if keyed else column
    if is_words(f, target):
        return _applied("cx_redact", column) if redact else column
    return _applied("cx_uncover", column) if keyed else column


def _applied(function: str, column: str) -> str:
    """SQL that asks Python only about texts in which there may be something: nothing is shorter than a@b.c."""
    told = f"strlen({column}) > 4 AND regexp_matches({column}, {literal(privacy.HINT)})"
    return f"CASE WHEN {told} THEN {function}({column}) ELSE {column} END"


def is_pseudonym(f: Field, target: Target, targets: tuple[Target, ...]) -> bool:
    """Is a column stored as the pseudonyms of its values, and nothing else?"""
    if target.table in INNER:
        return f.name in ("customer_id", "visitor_id", "invitation_id")  # the last names the invited one, too
    return not (target.table == "identities" and f.name == "value") and is_key(f, target, targets)


def is_key(f: Field, target: Target, targets: tuple[Target, ...]) -> bool:
    """Does a column hold the key by which a customer is known?"""
    if f.name == "customer_id" or (target.table == "identities" and f.name == "value"):
        return True
    if f.via and TABLES[f.via.split(".")[0]].key[0] == "customer_id":
        return True
    said = f.column or f.expr
    return (
        bool(said)
        and not is_id(f, target)
        and any(
            said in (g.column, g.expr)
            for t in targets
            for g in t.fields
            if g.name == "customer_id" or (t.table == "identities" and g.name == "value")
        )
    )


def is_id(f: Field, target: Target) -> bool:
    """Does a column name a thing (an order, a session) that other tables name too?"""
    return f.name.endswith("_id") or f.name.startswith(VIA) or f.name in TABLES[target.table].key


def is_words(f: Field, target: Target) -> bool:
    """Does somebody write in this column?  Nobody knows of the company's own columns."""
    return f.name in WORDS or f.name not in TABLES[target.table].columns


def key_columns(targets: tuple[Target, ...]) -> set[str]:
    """The export's columns that hold keys of persons, and what they are called and reached by."""
    return {f.column for f in _keys(targets) if f.column}


def key_makers(targets: tuple[Target, ...]) -> set[str]:
    """The same of what a mapping makes of columns: SQL."""
    return {f.expr for f in _keys(targets) if f.expr}


def _keys(targets: tuple[Target, ...]) -> list[Field]:
    return [
        f for t in targets for f in t.fields if is_key(f, t, targets) or (t.table == "persons" and f.name in PERSON)
    ]


def secret_columns(targets: tuple[Target, ...]) -> set[tuple[str, str]]:
    """(table, column) whose values no message may show: keys, words, and what a person is called and reached by."""
    return {
        (t.table, f.name)
        for t in targets
        for f in t.fields
        if f.name not in (NEWEST, DELETED)
        and (is_key(f, t, targets) or is_words(f, t) or (t.table == "persons" and f.name in PERSON))
    }
