"""Where does a forgotten person stand?  Rows of tables and pieces, cells of quarantine, keys in somebody's words.

Everything is asked by the tombstones: the SQL table `forgotten` of keyed hashes (tombstones.load).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow.parquet as pq

from cx_helpers.intake import masking, privacy, pseudonyms
from cx_helpers.intake.fields import VIA
from cx_helpers.intake.inner import TABLES
from cx_helpers.intake.tombstones import CUSTOMER, KEY, Tombstones, told
from cx_helpers.intake.values import literal, name

THINGS = {"order_id": "orders", "ticket_id": "tickets", "response_id": "responses", "deal_id": "deals"}
_ORIGINS = {"ticket": "tickets", "response": "responses"}
NO_WORDS = ("customer_id", "person_id", "visitor_id", "source")
_SHAPES = {"email": r"\S+@\S+", "phone": r"\d*[1-9]\d{6,}", "national_id": r"\d*[1-9]\d*", "card": r"\d{16}"}
_PARTS = re.compile(r"[,;\t|\"'<>]+")


@dataclass(eq=False)
class File:
    """A Parquet file that holds (part of) a table: where columns are looked up, and what is found in it."""

    path: Path
    table: str
    via: dict[str, str] = field(default_factory=dict)  # column: the table whose key stands in _via_COLUMN
    rows: dict[str, set[str]] = field(default_factory=dict)  # column: values that tell rows of forgotten people
    words: dict[str, dict[str, str]] = field(default_factory=dict)  # column: texts that name one, and what they become

    @property
    def columns(self) -> dict[str, str]:
        """Names of columns and their types, lists and structs left out."""
        schema = pq.read_schema(self.path)
        return {f.name: str(f.type) for f in schema if not str(f.type).startswith(("list", "struct", "map"))}

    @property
    def relation(self) -> str:
        """The file in SQL."""
        return f"read_parquet({literal(self.path)})"


def trace(con, files: Iterable[File], stones: Tombstones, forms: list[str], words: bool = True) -> None:
    """Find what the files hold of forgotten people: fills `rows` and `words` of each.

    forms  SQL of the ways in which a text x may be stored as a key (see `forms`);  words  look into texts, too
    Orders, requests and answers of forgotten people are remembered, until no more are found, so that rows that name
    only such a thing (an order's items) go as well.
    """
    files = [file for file in files if file.path.is_file()]
    grown = True
    while grown:
        stones.load(con)
        grown = False
        for file in files:
            file.rows = _rows(con, file)
            grown |= _remember(con, file, stones)
    for file in files if words else ():
        file.words = _words(con, file, forms)


def _rows(con, file: File) -> dict[str, set[str]]:
    found = {}
    for column, kinds in _roles(file).items():
        text = f"CAST({name(column)} AS VARCHAR)"
        values = f"SELECT DISTINCT {text} AS x FROM {file.relation} WHERE {name(column)} IS NOT NULL"
        where = " OR ".join(told(kind, "x") for kind in kinds)
        if hits := {x for (x,) in con.execute(f"SELECT x FROM ({values}) WHERE {where}").fetchall()}:
            found[column] = hits
    return found


def _roles(file: File) -> dict[str, list[str]]:
    """Columns in which a person or a thing of theirs is named, and as what kind."""
    columns, roles = file.columns, {}
    for column in columns:
        if column in ("customer_id", "person_id", "visitor_id"):
            roles[column] = [CUSTOMER]
        elif file.table == "identities" and column == "value":
            roles[column] = [KEY]
        elif column in THINGS:
            roles[column] = [THINGS[column]]
        elif column == "origin_id":
            roles[column] = list(_ORIGINS.values())
        elif column.startswith(VIA) and (looked_up := file.via.get(column.removeprefix(VIA))):
            table = looked_up.partition(".")[0]  # TABLE, or TABLE.COLUMN
            roles[column] = [CUSTOMER] if TABLES[table].key[0] == "customer_id" else [table]
    return roles


def _remember(con, file: File, stones: Tombstones) -> bool:
    """Remember the things in rows of forgotten people, and whose another key of theirs is; did any come new?"""
    if not file.rows:
        return False
    gone, grown = where(file), False
    columns = file.columns
    new = {kind: column for column, kind in THINGS.items() if kind == file.table and column in columns}
    if file.table == "identities" and "customer_id" in columns:
        new[CUSTOMER] = "customer_id"
    for kind, column in new.items():
        sql = f"SELECT DISTINCT CAST({name(column)} AS VARCHAR) FROM {file.relation} WHERE {gone}"
        grown |= stones.add(kind, [x for (x,) in con.execute(sql).fetchall() if x is not None])
    return grown


def where(file: File) -> str:
    """SQL: is this row one of a forgotten person?"""
    return " OR ".join(
        f"coalesce(CAST({name(column)} AS VARCHAR) IN ({', '.join(map(literal, sorted(values)))}), false)"
        for column, values in file.rows.items()
    ) or "false"  # fmt: skip


def _words(con, file: File, forms: list[str]) -> dict[str, dict[str, str]]:
    """Texts that name a forgotten person's phone, e-mail or number, and the same without it."""
    found = {}
    known = TABLES[file.table].columns if file.table in TABLES else {}
    for column, kind in file.columns.items():
        if "string" not in kind or column in NO_WORDS or (column in known and column not in masking.WORDS):
            continue
        asked = f"regexp_matches({name(column)}, {literal(privacy.HINT)})"
        sql = f"SELECT DISTINCT {name(column)} FROM {file.relation} WHERE {asked}"
        texts = [text for (text,) in con.execute(sql).fetchall()]
        if changed := covered(con, texts, forms):
            found[column] = changed
    return found


def covered(con, texts: list[str], forms: list[str]) -> dict[str, str]:
    """Of these texts those in which a key of a forgotten person stands, each with what it becomes."""
    keys = {text: [(text[k.start : k.end], k) for k in privacy.find(text)] for text in texts}
    hits = known(con, {piece for pieces in keys.values() for piece, _ in pieces}, forms)
    return {
        text: privacy.cover(text, [key for piece, key in pieces if piece in hits])
        for text, pieces in keys.items()
        if any(piece in hits for piece, _ in pieces)
    }


def known(con, texts: Iterable[str], forms: list[str]) -> set[str]:
    """Which of these texts are a key of a forgotten person, in whatever way it is written?"""
    texts = sorted({text for text in texts if text and len(text) <= 200})
    if not texts:
        return set()
    con.execute("CREATE OR REPLACE TEMP TABLE asked AS SELECT unnest(?::VARCHAR[]) AS x", [texts])
    return known_in(con, "FROM asked", forms)


def known_in(con, texts: str, forms: list[str]) -> set[str]:
    """The same of a relation of texts x."""
    anyhow = " OR ".join(f"coalesce({told(kind, form)}, false)" for kind in (CUSTOMER, KEY) for form in forms)
    return {x for (x,) in con.execute(f"SELECT x FROM ({texts}) WHERE {anyhow}").fetchall()}


def forms(keyed: bool, prefixes: Iterable[str] = ()) -> list[str]:
    """SQL of the ways in which a text x, as it was typed or exported, may stand in the tables as a key.

    keyed  pseudonyms are on;  prefixes  of the systems' own ids, such as `zendesk:`
    """
    plain = "cx_latin(cx_trim(x))"
    digits = f"regexp_replace({plain}, '\\D', '', 'g')"
    said = [plain, *(f"{literal(prefix)} || {plain}" for prefix in sorted(prefixes))]
    for kind, shape in _SHAPES.items():  # an empty text, or one of noughts, is no key
        subject = plain if kind == "email" else digits
        written = pseudonyms.normalised(literal(kind), plain)
        said.append(f"CASE WHEN regexp_full_match({subject}, {literal(shape)}) THEN {written} END")
    # an id that is a mobile may stand without its 0, where a spreadsheet took it away
    said.append(f"CASE WHEN regexp_full_match({digits}, '(0098|98|0)?9\\d{{9}}') THEN right({digits}, 10) END")
    return ["x", *map(pseudonyms.sql, said)] if keyed else said


def cells(row: dict) -> set[str]:
    """What may be a key in a row of quarantine: its cells, the parts of a broken line, and keys in its texts."""
    texts = [value for value in row["row"].values() if isinstance(value, str)]
    found = {text.strip() for text in texts if len(text) <= 200}
    if "raw" in row["row"]:
        found |= {part.strip() for text in texts for part in _PARTS.split(text)}
    return found | {text[key.start : key.end] for text in texts for key in privacy.find(text)}
