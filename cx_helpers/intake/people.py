"""What does each record say of a person, in one writing?  `describe` turns rows of `persons` into comparable records.

A record is one `customer_id` of one system; where it has several rows, the newest filled value counts, and all its
phones, e-mails and cards are kept, old ones too.
"""

from __future__ import annotations

import duckdb

from cx_helpers.intake import keys, names, splitting
from cx_helpers.intake.values import literal

COLUMNS = (
    "customer_id source first_name last_name full_name phone mobile email national_id card birth_date city province "
    "address company updated_at"
).split()
_STREET = """خیابان خ کوچه ک پلاک پ واحد بلوار میدان م طبقه ط شهر شهرک بن بست نبش روبروی جنب کدپستی کد پستی ایران
street st alley ave avenue blvd no unit floor the""".split()
NEWEST = "nid_like born_year city province address postal company city_said address_said".split()


def prepare(con: duckdb.DuckDBPyConnection) -> None:
    """Teach a connection the macros of keys and names."""
    for macro in (*keys.MACROS, *names.MACROS):
        con.execute(f"CREATE OR REPLACE TEMP MACRO {macro}")


def describe(con: duckdb.DuckDBPyConnection, persons: str) -> None:
    """Make the table id_records of a relation in the persons schema: one row a customer_id, each key in one writing.

    persons  SQL of a relation with the columns COLUMNS, all texts; other columns are left aside, missing ones are null
    Makes id_texts (the sound of every name without blanks), too.
    """
    have = {d[0] for d in con.execute(f"SELECT * FROM {persons} LIMIT 0").description}
    given = ", ".join(
        f"nullif(trim({c}::VARCHAR), '') AS {c}" if c in have else f"NULL::VARCHAR AS {c}" for c in COLUMNS
    )
    rest = ", ".join(COLUMNS[1:])
    # `age` 1 is the newest row of a record; equal times are ordered by what the rows say, never by where they stand
    con.execute(f"""
        CREATE OR REPLACE TEMP TABLE id_rows AS SELECT *,
            row_number() OVER (PARTITION BY customer_id
                               ORDER BY try_cast(updated_at AS TIMESTAMP) DESC NULLS LAST, {rest}) AS age,
            row_number() OVER (ORDER BY customer_id, {rest}) AS rec
        FROM (SELECT DISTINCT {given} FROM {persons}) WHERE customer_id IS NOT NULL
    """)
    splitting.split(con)
    _keys(con)
    _records(con)
    con.execute("""
        CREATE OR REPLACE TEMP TABLE id_texts AS
        SELECT replace(name, ' ', '') AS text, min(sound) AS sound FROM id_sounds GROUP BY text
    """)
    for table in ("id_rows", "id_split", "id_typed", "id_sounds"):
        con.execute(f"DROP TABLE {table}")


def _keys(con) -> None:
    """Make id_typed: every row's keys in one writing."""
    words = "lower(cx_latin(translate(x, 'آأةئؤ', 'ااهیو')))"
    words = rf"string_split(trim(regexp_replace({words}, '[^\p{{L}}\d]+', ' ', 'g')), ' ')"
    stop = "[" + ", ".join(map(literal, _STREET)) + "]"
    reads = {
        "phone": "cx_phones(x) AS v",
        "mobile": "cx_phones(x) AS v",
        "email": "cx_mails(x) AS v",
        "national_id": "cx_nid(x) AS v, cx_nid_like(x) AS u",
        "card": "cx_card(x) AS v",
        "birth_date": "cx_birth(x) AS v, cx_birth_year(x) AS u",
        "city": r"cx_sound(trim(regexp_replace(cx_plain(x), '^(شهر|شهرستان) ', ''))) AS v",
        "province": r"cx_sound(trim(regexp_replace(cx_plain(x), '^استان ', ''))) AS v",
        "address": f"list_filter({words}, lambda w: NOT list_contains({stop}, w)) AS v, "
        r"regexp_extract(cx_latin(x), '(?:^|\D)([1-9]\d{4}-?\d{5})(?:\D|$)', 1) AS u",
        "company": r"replace(regexp_replace(cx_plain(x), '^(شرکت|گروه|موسسه) ', ''), ' ', '') AS v",
    }
    joins = " ".join(f"LEFT JOIN {splitting.read(c, sql)} {c}_ ON {c} = {c}_.t" for c, sql in reads.items())
    con.execute(f"""
        CREATE OR REPLACE TEMP TABLE id_typed AS SELECT rec,
            list_concat(coalesce(mobile_.v, []), coalesce(phone_.v, [])) AS phones, email_.v AS mails,
            national_id_.v AS nid, national_id_.u AS nid_like, card_.v AS card,
            birth_date_.v AS born, coalesce(year(birth_date_.v), birth_date_.u) AS born_year,
            nullif(city_.v, '') AS city, city AS city_said, nullif(province_.v, '') AS province,
            address_.v AS address, address AS address_said, nullif(replace(address_.u, '-', ''), '') AS postal,
            nullif(company_.v, '') AS company
        FROM id_rows {joins}
    """)


def _records(con) -> None:
    """Fold the rows of each customer_id into one record: newest filled value, all keys."""
    newest = ", ".join(
        f"arg_min({c}, age) FILTER ({c} IS NOT NULL) AS {c}" for c in ("g", "f", "initial", "nid", "born", *NEWEST)
    )
    whole = "CASE WHEN length({0}) > 1 THEN {0} END"  # of an initial (م. کاظمی, A. Kazemi) only the sound is kept
    every = "coalesce(list_sort(list_distinct(flatten(list(coalesce({0}, []))))), []) AS {0}"
    con.execute(f"""
        CREATE OR REPLACE TEMP TABLE id_records AS WITH
        rows AS (
            SELECT * FROM (SELECT rec, customer_id, source, updated_at, age FROM id_rows)
            JOIN (SELECT rec, cx_unglued({whole.format("g")}) AS g, {whole.format("f")} AS f,
                      CASE WHEN length(g) = 1 THEN cx_begins(cx_sound(g)) END AS initial FROM id_split) USING (rec)
            JOIN id_typed USING (rec)),
        folded AS (
            SELECT customer_id, first(source ORDER BY age) AS source,
                max(try_cast(updated_at AS TIMESTAMP)) AS updated_at, {newest},
                {every.format("phones")}, {every.format("mails")},
                list_sort(list_distinct(list(nid) FILTER (nid IS NOT NULL))) AS nids,
                list_sort(list_distinct(list(card) FILTER (card IS NOT NULL))) AS cards
            FROM rows GROUP BY customer_id)
        SELECT row_number() OVER (ORDER BY customer_id) AS unique_id, customer_id, source, updated_at,
            replace(g, ' ', '') AS first, replace(f, ' ', '') AS last,
            coalesce(a.sound, initial) AS first_sound, b.sound AS last_sound,
            cx_code(replace(g, ' ', '')) AS first_code, cx_code(replace(f, ' ', '')) AS last_code,
            a.sounds AS first_sounds, b.sounds AS last_sounds,
            string_split(g, ' ') AS first_words, string_split(f, ' ') AS last_words,
            cx_mobiles(phones) AS mobiles, cx_landlines(phones) AS landlines, mails, nid, nids, cards, born,
            cx_as_jalali(born) AS born_jalali, strftime(born, '%Y%m%d') AS born_text, {", ".join(NEWEST)}
        FROM folded LEFT JOIN id_sounds a ON a.name = g LEFT JOIN id_sounds b ON b.name = f ORDER BY unique_id
    """)
