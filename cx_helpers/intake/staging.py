"""How do texts become columns?  One pass that reads what is plain, one look at each text that is not.

All that grows with the data is SQL; what comes out is the view rows_N of one table: values, and what is wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from cx_helpers.intake import masking, nobody, pseudonyms, repeating, shortened
from cx_helpers.intake.fields import DELETED, VIA, Field, Target
from cx_helpers.intake.mapping import Source
from cx_helpers.intake.raw import Raw
from cx_helpers.intake.values import is_quick, literal, name, quick, thorough
from cx_helpers.tables import SCALED, no_nps

SHORTEST = 8  # digits of a phone that is somebody's
MANY = 100_000  # rows from which on looking up is quicker than making
TOTALS = tuple(  # what stands in the place of a row's key where the row is the sum of the others
    form
    for word in "total|totals|grand total|sub total|subtotal|sum|جمع|جمع کل|جمع‌کل|مجموع|مجموع کل|سرجمع".split("|")
    for form in dict.fromkeys((word, word.capitalize(), word.title(), word.upper()))
)


@dataclass
class Job:
    """One file (or query) on its way: where its rows come from, and where pieces and quarantine go."""

    con: duckdb.DuckDBPyConnection
    source: Source
    raw: Raw
    file: str  # as quarantine names it
    stamp: str  # of generated keys: the file's own name
    pieces: list[Path]  # of each target: where its rows go
    quarantine: Path
    locale: str = "en"
    secret: str | None = None  # personal keys become pseudonyms
    part: str = ""  # which table of a file that holds several
    redact: bool = False  # customers' words lose what belongs to a person


def with_hash(job: Job, base: str) -> str:
    """Add `_key`: a hash of the row's own texts and its file's name, and, of equal rows, which one it is."""
    texts = ", ".join(f"coalesce({name(c)}, chr(0))" for c in job.raw.columns)
    said = f"concat_ws(chr(31), {literal(job.stamp)}, {texts})"
    # a row may be little more than a phone and a day: an open hash of it could be guessed
    hashed = pseudonyms.sql(said, 32) if job.secret else f"md5({said})"
    job.con.execute(
        f"CREATE OR REPLACE TEMP TABLE again AS WITH h AS (SELECT _rec, {hashed} AS h FROM ({base})) "
        "SELECT _rec, row_number() OVER (PARTITION BY h ORDER BY _rec) AS nth FROM h "
        "WHERE h IN (SELECT h FROM h GROUP BY h HAVING count(*) > 1)"
    )
    key = f"{hashed} || coalesce('-' || nth::VARCHAR, '')"
    return f"SELECT r.*, {key} AS _key FROM ({base}) r LEFT JOIN (FROM again WHERE nth > 1) USING (_rec)"


def stage(job: Job, target: Target, base: str | None, number: int) -> list[dict]:
    """Make the view rows_N of a table's rows: `_rec`, its columns as their types, and `_problem` or null.

    The view keys_N is the same with the columns of the key only.

    Under it lies the table stage_N, one pass over the source: what `values.quick` reads, and beside it, as s1 s2 …,
    the texts it could not read.  Those are read once each by `values.thorough` and joined back.  Columns that say a
    few texts again and again (`repeating`) are held as an ENUM of them; any other text is one that was not read.

    base  SQL of the rows with their `_rec`;  None: all of `raw.bare`, so that the place in stage_N is the number (to
          number rows while a file is read keeps all cores but one waiting)
    Returns what is to be said of keys that are no person's (`nobody`), or no longer whole (`shortened`).
    """
    con, place = job.con, "_rec" if base else f"stage_{number}.rowid + 1 AS _rec"
    if target.split:
        base = _split(base, target)
    gone = next((f.expr for f in target.fields if f.name == DELETED), None)
    if target.when:
        base = f"SELECT * FROM ({base}) WHERE coalesce(({target.when}), false)" + (f" OR {gone}" if gone else "")
    carried = ["_rec", "_bad_list"] if target.split else ["_rec"] if base else []
    few = {} if base else repeating.columns(job, target)
    base = base or f"SELECT * FROM {job.raw.bare}"
    said, read, left, same = [], [], {}, {}
    for i, f in enumerate(target.fields):
        source = _source(f, job.raw)
        if f.value is not None and is_quick(f):
            same[i] = few.get(i, quick(f, source))
            continue
        said.append(f"{source if f.default is None or is_quick(f) else f'coalesce({source}, chr(1))'} AS s{i}")
        read.append(f"{f'TRY_CAST(s{i} AS {few[i]})' if i in few else quick(f, f's{i}')} AS v{i}")
        if i in few or not is_quick(f):
            left[i] = f
    given = f"SELECT {', '.join(carried + said)} FROM (SELECT *, {literal(job.file)} AS _file FROM ({base}))"
    texts = [f"s{i}" for i in left]
    values = f"SELECT {', '.join(carried + texts + read)} FROM ({given})"
    kept = [f"CASE WHEN v{i} IS NULL THEN s{i} END AS s{i}" for i in left]
    columns = [f"v{i}" for i in range(len(target.fields)) if i not in same]
    con.execute(f"CREATE OR REPLACE TEMP TABLE stage_{number} AS "
                f"SELECT {', '.join(carried + kept + columns)} FROM ({values})")  # fmt: skip
    counted = ", ".join(f"count({t})" for t in texts)
    counts = con.execute(f"SELECT {counted} FROM stage_{number}").fetchall()[0] if texts else ()
    for text, n in zip(texts, counts, strict=True):
        if not n:  # all could be read: so many nulls less to hold
            con.execute(f"ALTER TABLE stage_{number} DROP COLUMN {text}")
    left = {i: f for (i, f), n in zip(left.items(), counts, strict=False) if n}
    joins = ""
    for i, f in left.items():
        texts = f"(SELECT DISTINCT s{i} AS _raw FROM stage_{number} WHERE s{i} IS NOT NULL)"
        con.execute(f"CREATE OR REPLACE TEMP TABLE read_{number}_{i} AS {thorough(f, texts)}")
        joins += f" LEFT JOIN read_{number}_{i} AS r{i} ON stage_{number}.s{i} = r{i}._raw"
    found, wrong, told, numbers = [], [], [], {}
    for i, f in enumerate(target.fields):
        value = f"coalesce(v{i}{'::VARCHAR' * (i in few)}, r{i}.v)" if i in left else same.get(i, f"v{i}")
        if i not in same and shortened.is_asked(f, target):
            numbers[f.name] = f"v{i}::VARCHAR"
            value = shortened.whole(value if i not in few or i in left else f"{value}::VARCHAR")
            if target.table == "persons" and f.name != "customer_id":
                value = f"CASE WHEN NOT {shortened.lost(value)} THEN {value} END"
        if _is_phone(f, target):  # a short code or an extension is nobody's
            long = f"length(regexp_replace({value}, '\\D', '', 'g')) >= {SHORTEST}"
            value = f"CASE WHEN {long} OR {shortened.lost(value)} THEN {value} END"
        if i not in same and (keys := nobody.found(con, f"stage_{number}", f"v{i}", f, target)):
            rows = con.execute(f"SELECT count(*) FROM stage_{number}").fetchall()[0][0]
            told += nobody.told(job.file, target, keys, rows)
            value = value if f.required else nobody.without(value, keys)
        found.append(f"{literal(f.prefix) + ' || ' if f.prefix else ''}{value} AS {name(f.name)}")
        if i in left:
            tail = literal(f"|{f.name}|")
            wrong.append(f"r{i}.code || {tail} || CASE WHEN s{i} = chr(1) THEN '' ELSE s{i} END")
    if target.split:
        wrong.insert(0, f"{literal(f'bad_list|{target.split[0]}|')} || _bad_list")
    wrong = f"coalesce({', '.join(wrong)})" if wrong else "NULL::VARCHAR"
    rows = f"SELECT {place}, {', '.join(found)}, {wrong} AS _wrong"
    if target.needs:  # what of it could not be read is wrong; of a row that lacks it, nothing else is asked
        unread = [f"r{i}.code" for i, f in left.items() if f.name == target.needs]
        unread += ["_bad_list"] if target.split else []
        rows += f", coalesce(NULL, {', '.join(unread)}) AS _unread" if unread else ", NULL AS _unread"
    rows += f" FROM stage_{number}{joins}"
    problem = f"coalesce({', '.join(['_wrong', *(p for f in target.fields for p in _problems(f, target))])})"
    kept = [f"({name(target.needs)} IS NOT NULL OR _unread IS NOT NULL)"] if target.needs else []
    if gone:  # of a row that is gone only its key is asked for, and only the table that the source is about asks
        keyless = " OR ".join(f"{name(c)} IS NULL" for c in target.key)
        problem = f"CASE WHEN NOT {DELETED} OR {keyless} THEN {problem} END"
        kept += [f"NOT ({DELETED} AND ({keyless}))"] if number else []
    where = f" WHERE {' AND '.join(kept)}" if kept else ""
    shown, joins = _stored(job, target, rows, number)
    shown |= {target.fields[i].name: name(target.fields[i].name) for i in few if i not in left}  # stored as they stand
    for view, columns in (("rows", shown), ("keys", {c: shown[c] for c in target.key})):
        looked_up = "".join(joins[c] for c in columns if c in joins)  # what need not be looked up costs nothing
        said = ", ".join(f"{sql} AS {name(c)}" for c, sql in columns.items())
        con.execute(f"CREATE OR REPLACE TEMP VIEW {view}_{number} AS "
                    f"SELECT _rec, {said}, {problem} AS _problem FROM ({rows}){looked_up}{where}")  # fmt: skip
    return told + shortened.told(con, job.file, f"stage_{number}", numbers, target)


def _is_phone(f: Field, target: Target) -> bool:
    """Is a column the phones of people, where a row without one is left out?"""
    kinds = [g.value for g in target.fields if g.name == "kind"]
    return target.table == "identities" and f.name == "value" and target.needs == "value" and kinds == ["phone"]


def _stored(job: Job, target: Target, rows: str, number: int) -> tuple[dict[str, str], dict[str, str]]:
    """SQL of a table's columns as they are stored, by name, and of the joins that some of them need."""
    targets, shown, joins = job.source.targets, {}, {}
    for i, f in enumerate(target.fields):
        sql = masking.stored(f, target, targets, keyed=job.secret is not None, redact=job.redact)
        if job.secret and masking.is_pseudonym(f, target, targets) and _comes_again(job.con, rows, f):
            keys = f"SELECT DISTINCT {name(f.name)} AS _key{i} FROM ({rows})"
            sql = f"_pseudonym{i}"
            job.con.execute(f"CREATE OR REPLACE TEMP TABLE read_{number}_k{i} AS "
                            f"SELECT _key{i}, {pseudonyms.sql(f'_key{i}')} AS {sql} FROM ({keys})")  # fmt: skip
            joins[f.name] = f" LEFT JOIN read_{number}_k{i} ON {name(f.name)} = _key{i}"
        shown[f.name] = sql
    return shown, joins


def _comes_again(con, rows: str, f: Field) -> bool:
    """Do keys stand in so many rows each that a pseudonym is better made once, and looked up?"""
    column = name(f.name)
    counted = con.execute(f"SELECT count({column}), approx_count_distinct({column}) FROM ({rows})")
    whole, distinct = counted.fetchall()[0]
    return whole > MANY and whole > 3 * distinct


def _split(base: str, target: Target) -> str:
    """SQL with one row for each item of a list: `_item`, and `_line` counted from 1."""
    column, by = target.split
    text = f"cx_trim({name(column)})"
    items = f"list_filter(list_transform(string_split({text}, {literal(by)}), lambda i: cx_trim(i)), lambda i: i <> '')"
    listed = f"CASE WHEN starts_with({text}, '[') THEN TRY_CAST({text} AS VARCHAR[]) ELSE {items} END"
    split = f"SELECT *, coalesce({text}, '') AS _list, {listed} AS _items FROM ({base})"
    bad = "CASE WHEN _list <> '' AND _items IS NULL THEN _list END"
    rows = f"SELECT * EXCLUDE (_items, _list), {bad} AS _bad_list, " \
           "unnest(CASE WHEN _list <> '' AND _items IS NULL THEN [NULL] ELSE _items END) AS _item, " \
           "generate_subscripts(CASE WHEN _list <> '' AND _items IS NULL THEN [NULL] ELSE _items END, 1) AS _line " \
           f"FROM ({split})"  # fmt: skip
    return rows


def _source(f: Field, raw: Raw) -> str:
    """SQL of the text that a field starts from, before anything is done to it."""
    if f.generate:
        return "_key"
    if f.value is not None:
        return literal(f.value)
    if f.expr is not None:
        return f"CAST(({f.expr}) AS VARCHAR)"
    if f.column in ("_item", "_line", "_file") and f.column not in raw.columns:
        return f"CAST({f.column} AS VARCHAR)"
    return name(f.column) if f.column in raw.columns else "NULL::VARCHAR"


def _problems(f: Field, target: Target) -> list[str]:
    """SQL of what may be wrong with the value of a column, each null or `code|column|value`."""
    column, tail, found = name(f.name), literal(f"|{f.name.removeprefix(VIA)}|"), []
    if f.required:
        # an invitation that nobody answered has neither score nor time of answer
        waived = target.table == "responses" and f.name in ("score", "responded_at")
        unless = " AND invited_at IS NULL" if waived and any(g.name == "invited_at" for g in target.fields) else ""
        found.append(f"CASE WHEN {column} IS NULL{unless} THEN 'missing_value' || {tail} END")
    if f.name == "customer_id" or (f.name == target.key[0] and f.name.endswith("_id")):
        sums = [f"{f.prefix or ''}{word}" for word in TOTALS]
        value = column if f.expr is None else f"{column}[strpos({column}, ':') + 1:]"  # made as 'shop:' || id
        is_sum = f"rtrim({value}, ':') IN ({', '.join(map(literal, sums))})"
        short = f"length({value}) <= {max(map(len, sums)) + 1}"  # asked first: it spares most ids the others
        found.append(f"CASE WHEN {short} AND {is_sum} THEN 'totals_row' || {tail} || {column} END")
    if shortened.is_asked(f, target) and (target.table != "persons" or f.name == "customer_id"):
        found.append(f"CASE WHEN {shortened.lost(column)} THEN 'shortened_number' || {tail} END")
    if f.allowed:
        among = ", ".join(map(literal, f.allowed))
        found.append(f"CASE WHEN {column} NOT IN ({among}) THEN 'not_in_list' || {tail} || {column} END")
    said = {"scale_min", "scale_max"} <= {g.name for g in target.fields}
    if said and (target.table, f.name) in (("responses", "score"), *SCALED.items()):
        ends = "TRY_CAST(scale_min AS DOUBLE)", "TRY_CAST(scale_max AS DOUBLE)"  # texts where the contract has none
        found.append(f"CASE WHEN {column} < {ends[0]} OR {column} > {ends[1]} OR {ends[0]} >= {ends[1]} "
                     f"THEN 'off_scale' || {tail} || regexp_replace({column}::VARCHAR, '\\.0$', '') END")  # fmt: skip
    if said and (target.table, f.name) == ("responses", "score"):
        scale = " || '-' || ".join(f"regexp_replace({end}::VARCHAR, '\\.0$', '')" for end in ends)
        found.append(f"CASE WHEN {no_nps('instrument', *ends)} AND {column} IS NOT NULL "
                     f"THEN 'no_nps' || {literal('|scale_max|')} || {scale} END")  # fmt: skip
    return found
