"""How do rows of many files become one table?  One row a key: the newest of each kind, completed by the others.

Pieces of one kind (one dialect of one source, one way of filling the table) replace each other: of a key the newest row
stays, whole.  Pieces of different kinds complete each other, column by column: of a ticket, its own export knows the
status and that of its metrics the first reply.  Rows that are not whole wait: they are counted and named, not stored.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count

import duckdb
import pyarrow.parquet as pq

from cx_helpers.intake import invitations, requests
from cx_helpers.intake.fields import DELETED, NEWEST, VIA, Target
from cx_helpers.intake.inner import TABLES
from cx_helpers.intake.values import literal, name

NEVER_STAFF = ("customers", "identities", "persons", "comments", "touchpoints")  # other tables lose the name only
_numbers = count()


@dataclass
class Left:
    """Rows of pieces that are not in the table, and why."""

    replaced: int = 0  # by a newer one with the same key
    deleted: int = 0  # their system says that they are gone
    yielded: int = 0  # another export tells the same in more detail
    staff: int = 0  # they are the company's own people's
    waiting: list[tuple[str, str, int]] = field(default_factory=list)  # (kind of piece, what lacks, rows)


def about(target: Target, file: str, kind: str) -> dict:
    """What state remembers of a piece: its table, and how its rows go together with those of others."""
    return {
        "table": target.table, "file": file, "kind": kind, "partial": target.partial, "via": target.via,
        "among": list(target.among), "yields_to": list(target.yields_to),
    }  # fmt: skip


def needs(table: str, pieces: list[dict]) -> set[str]:
    """The tables that a table is completed from."""
    looked = {t.split(".")[0] for p in pieces for t in p["via"].values()}
    return looked | {t for p in pieces for t in p["among"]} | {"staff"} | _completed(table)


def _completed(table: str) -> set[str]:
    """The tables that say more of a table's rows than these do."""
    return requests.needs(table) | invitations.needs(table)


def is_plain(state, pieces: list[dict]) -> bool:
    """May these pieces be taken as they are, where no key comes twice?"""
    special = any(p["partial"] or p["via"] or p["among"] for p in pieces) or state.of("staff")
    special = special or any(state.of(other) for p in pieces for other in _completed(p["table"]))
    columns = [c for p in pieces for c in pq.read_schema(state.pieces / p["file"]).names]
    return not special and not any(c.startswith("_") for c in columns)


def rows(con: duckdb.DuckDBPyConnection, state, table: str, whole: bool = True) -> tuple[str, Left]:
    """The rows of a table as a relation, and what is left out of it.

    state  which pieces there are (store.State)
    whole  False: rows that wait, and keys that are gone (_deleted), stand among them: what others are looked up in
    """
    given, left = state.of(table), Left()
    key = [name(c) for c in TABLES[table].key]
    current = _union(con, state, given)
    current = _yielded(con, current, given, left)
    current = _newest(con, current, given, key, left)
    if (
        len({p["kind"] for p in given}) > 1
        or any(p["partial"] == "grows" for p in given)
        or DELETED in _columns(con, current)
    ):
        current = _merged(con, current, key, left)
    for column, other in dict.fromkeys(found for p in given for found in p["via"].items()):
        elsewhere = sorted({p["kind"] for p in given if p["via"].get(column, other) != other})
        current = _looked_up(con, state, current, (column, other), elsewhere, left)
    current = _answered(con, state, current, table)
    current = _invited(con, state, current, table)
    if not whole:
        return current, left
    if DELETED in _columns(con, current):
        live = f"SELECT DISTINCT {', '.join(key)} FROM {_union(con, state, given)} WHERE NOT coalesce({DELETED}, false)"
        left.deleted += _count(
            con, f"({live}) SEMI JOIN (SELECT * FROM {current} WHERE {DELETED}) USING ({', '.join(key)})"
        )
        current = _kept(con, f"SELECT * FROM {current} WHERE NOT coalesce({DELETED}, false)")
    current = _without_staff(con, state, current, table, left)
    current = _known(con, state, current, given, left)
    current = _required(con, current, table, given, left)
    hidden = [c for c in _columns(con, current) if c.startswith("_")]
    return f"(SELECT * EXCLUDE ({', '.join(map(name, hidden))}) FROM {current})", left


def _union(con, state, given: list[dict]) -> str:
    parts = [
        f"SELECT *, {i} AS _piece, {literal(p['kind'])} AS _kind, {bool(p['partial'])} AS _partial "
        f"FROM read_parquet({literal(state.pieces / p['file'])})"
        for i, p in enumerate(given)
    ]
    return f"({' UNION ALL BY NAME '.join(parts)})"


def _kept(con, sql: str) -> str:
    """A step as a temporary table, so that what follows does not work it out again."""
    table = f"merged_{next(_numbers)}"
    con.execute(f"CREATE TEMP TABLE {table} AS {sql}")
    return table


def _columns(con, relation: str) -> list[str]:
    return [column for column, *_ in con.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()]


def _count(con, relation: str) -> int:
    return con.execute(f"SELECT count(*) FROM {relation}").fetchall()[0][0]


def _yielded(con, current: str, given: list[dict], left: Left) -> str:
    """Without the rows that yield where another kind of piece has the same values in the columns they name."""
    for kind, columns in {p["kind"]: p["yields_to"] for p in given if p["yields_to"]}.items():
        if len({p["kind"] for p in given if not p["yields_to"]}) == 0:
            continue
        weak = [p["kind"] for p in given if p["yields_to"]]
        same = " AND ".join(f"o.{name(c)} = r.{name(c)}" for c in columns)
        stronger = f"_kind NOT IN ({', '.join(map(literal, weak))})"
        if DELETED in _columns(con, current):
            stronger += f" AND NOT coalesce({DELETED}, false)"
        gone = f"_kind = {literal(kind)} AND EXISTS (SELECT 1 FROM {current} o WHERE {stronger} AND {same})"
        if DELETED in _columns(con, current):
            gone += f" AND NOT coalesce(r.{DELETED}, false)"
        before = _count(con, current)
        current = _kept(con, f"SELECT * FROM {current} r WHERE NOT ({gone})")
        left.yielded += before - _count(con, current)
    return current


def _newest(con, current: str, given: list[dict], key: list[str], left: Left) -> str:
    """Of the rows of one kind with one key the newest: by `newest_by`, then by the file that came last."""
    growing = sorted({literal(p["kind"]) for p in given if p["partial"] == "grows"})
    kind = f"CASE WHEN _kind IN ({', '.join(growing)}) THEN _kind || _piece ELSE _kind END" if growing else "_kind"
    keys = f"({', '.join([kind, *key])})"
    whole, distinct = con.execute(f"SELECT count(*), count(DISTINCT {keys}) FROM {current}").fetchall()[0]
    if whole == distinct:
        return current
    left.replaced += whole - distinct
    first = f"row_number() OVER (PARTITION BY {', '.join([kind, *key])} ORDER BY {_order(con, current)}) = 1"
    return _kept(con, f"SELECT * FROM {current} QUALIFY {first}")


def _order(con, current: str) -> str:
    return f"{NEWEST} DESC NULLS LAST, _piece DESC" if NEWEST in _columns(con, current) else "_piece DESC"


def _merged(con, current: str, key: list[str], left: Left) -> str:
    """Of the rows of all kinds with one key one row: each column from the newest row that has a value in it."""
    keys, columns = ", ".join(key), _columns(con, current)
    many = f"SELECT {keys} FROM {current} GROUP BY ALL HAVING count(*) > 1"
    if not _count(con, f"({many})"):
        return current
    told = []
    for column in columns:
        if name(column) in key:
            continue
        if column == "_partial":
            told.append("bool_and(_partial) AS _partial")
        elif column == DELETED:  # the newest row that is whole says whether there is such a thing still
            told.append(f"coalesce(arg_max({DELETED}, _rank) FILTER (WHERE NOT _partial), false) AS {DELETED}")
        else:
            told.append(f"arg_max({name(column)}, _rank) AS {name(column)}")
    rank = f"-row_number() OVER (PARTITION BY {keys} ORDER BY {_order(con, current)}) AS _rank"
    ranked = f"SELECT *, {rank} FROM {current}"
    both = f"SELECT {keys}, {', '.join(told)} FROM ({ranked}) WHERE ({keys}) IN ({many}) GROUP BY {keys}"
    alone = f"SELECT * FROM {current} WHERE ({keys}) NOT IN ({many})"
    return _kept(con, f"{alone} UNION ALL BY NAME {both}")


def _looked_up(con, state, current: str, what: tuple[str, str], elsewhere: list[str], left: Left) -> str:
    """With a column filled from the row of another table whose key stands in `_via_COLUMN`.

    what       the column, and the table and its column that it is filled from
    elsewhere  kinds of rows that look this column up in another table: ticket 9 and deal 9 are two things
    """
    column, (other, theirs) = what[0], what[1].split(".")
    those = f"_kind NOT IN ({', '.join(map(literal, ['', *elsewhere]))})"
    via, have = name(VIA + column), _columns(con, current)
    if not state.of(other):
        named = f"CASE WHEN {those} THEN regexp_extract({via}, '[^:]*$') END"
        value = named if other == "names" else "NULL::VARCHAR"
        kept = f"* EXCLUDE ({name(column)})" if column in have else "*"
        value = f"coalesce({name(column)}, {value})" if column in have else value
        return _kept(con, f"SELECT {kept}, {value} AS {name(column)} FROM {current}")
    known, _ = rows(con, state, other, whole=False)
    key, there = name(TABLES[other].key[0]), _columns(con, known)
    value = f"o.{name(theirs)}" if theirs in there else "NULL::VARCHAR"
    if other == "names":  # a thing that nobody names is called by its id
        value = f"coalesce({value}, CASE WHEN r.{those} THEN regexp_extract(r.{via}, '[^:]*$') END)"
    gone = f"coalesce(o.{DELETED}, false)" if DELETED in there else "false"
    own = f"coalesce(r.{name(column)}, {value})" if column in have else value
    kept = f"r.* EXCLUDE ({name(column)})" if column in have else "r.*"
    joined = f"FROM {current} r LEFT JOIN {known} o ON r.{via} = o.{key} AND r.{those}"
    left.deleted += con.execute(f"SELECT count(*) {joined} WHERE {gone}").fetchall()[0][0]
    return _kept(con, f"SELECT {kept}, {own} AS {name(column)} {joined} WHERE NOT {gone}")


def _answered(con, state, current: str, table: str) -> str:
    """With what only the messages and the journeys of requests tell: first answers, solutions, reopenings."""
    if table not in ("tickets", "touchpoints") or not state.of("tickets"):
        return current
    if table == "tickets" and state.of("touchpoints"):
        steps = _union(con, state, state.of("touchpoints"))
        told = {"session_id", "touchpoint", "occurred_at"} <= set(_columns(con, steps))
        if told and _count(con, f"{steps} WHERE {requests.TELLING}"):
            current = _kept(con, requests.from_steps(current, _columns(con, current), steps))
    if not state.of("messages"):
        return current
    messages, _ = rows(con, state, "messages", whole=False)
    staff = rows(con, state, "staff")[0] if state.of("staff") else None
    if table == "tickets":
        answers = requests.first_answers(messages, current, staff)
        return _kept(con, requests.with_answers(current, _columns(con, current), answers))
    tickets, _ = rows(con, state, "tickets", whole=False)
    if "customer_id" not in _columns(con, tickets):
        return current
    answers = requests.first_answers(messages, tickets, staff)
    found = requests.as_touchpoints(tickets, _columns(con, tickets), current, answers)
    return _kept(con, f"SELECT * FROM {current} UNION ALL BY NAME {found}")


def _invited(con, state, current: str, table: str) -> str:
    """With the time at which answers were asked for, and the invitations that nobody answered."""
    if table != "responses" or not state.of("invitations"):
        return current
    sent, _ = rows(con, state, "invitations", whole=False)
    timed = _kept(con, invitations.with_time(current, _columns(con, current), sent))
    left_open = invitations.unanswered(timed, _columns(con, timed), sent)
    return _kept(con, f"SELECT * FROM {timed} UNION ALL BY NAME {left_open}")


def _without_staff(con, state, current: str, table: str, left: Left) -> str:
    """Without what is the company's own people's: such rows, or where a row stays (a ticket), the name on it."""
    if table == "staff" or not state.of("staff") or "customer_id" not in _columns(con, current):
        return current
    staff, _ = rows(con, state, "staff")
    theirs = f"coalesce(customer_id IN (SELECT customer_id FROM {staff}), false)"
    found = _count(con, f"{current} WHERE {theirs}")
    if not found:
        return current
    if table not in NEVER_STAFF:
        nameless = f"CASE WHEN NOT {theirs} THEN customer_id END AS customer_id"
        return _kept(con, f"SELECT * REPLACE ({nameless}) FROM {current}")
    left.staff += found
    return _kept(con, f"SELECT * FROM {current} WHERE NOT {theirs}")


def _known(con, state, current: str, given: list[dict], left: Left) -> str:
    """Without the rows of customers whom none of the tables knows that their piece asks."""
    for kind, among in {p["kind"]: p["among"] for p in given if p["among"]}.items():
        there = [t for t in among if state.of(t)]
        sure = []
        for table in there:
            relation, _ = rows(con, state, table, whole=False)
            if "customer_id" in _columns(con, relation):
                sure.append(f"customer_id IN (SELECT customer_id FROM {relation} WHERE customer_id IS NOT NULL)")
        waits = f"_kind = {literal(kind)} AND NOT coalesce({' OR '.join(sure) or 'false'}, false)"
        if found := _count(con, f"{current} WHERE {waits}"):
            left.waiting.append((kind, " / ".join(among), found))
            current = _kept(con, f"SELECT * FROM {current} WHERE NOT ({waits})")
    return current


def _required(con, current: str, table: str, given: list[dict], left: Left) -> str:
    """Without the rows that lack what the contract requires: parts of rows whose other part has not come."""
    if not any(p["partial"] or p["via"] for p in given):
        return current
    have = _columns(con, current)
    lacking = [f"WHEN {name(c)} IS NULL THEN {literal(c)}" for c in TABLES[table].required if c in have
               and not (table == "responses" and c in ("score", "responded_at"))]  # fmt: skip
    lacking += [f"WHEN true THEN {literal(c)}" for c in TABLES[table].required if c not in have]
    current = _kept(con, f"SELECT *, CASE {' '.join(lacking)} END AS _lacks FROM {current}")
    lacks = f"SELECT _kind, _lacks, count(*) FROM {current} WHERE _lacks IS NOT NULL GROUP BY ALL ORDER BY ALL"
    found = con.execute(lacks).fetchall()
    left.waiting += found
    return _kept(con, f"SELECT * FROM {current} WHERE _lacks IS NULL") if found else current
