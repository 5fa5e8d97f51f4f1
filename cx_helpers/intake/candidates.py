"""Which records may be one person?  Pairs that share a key or sound alike, few enough to look at each of them.

A key that many different names use (an office's phone, a shop's mail box) tells nobody apart: `set_apart` takes it out
of the records.  `pair` then puts records into blocks (same mobile, same name, same birth date and first name, …); a
block that grew past LARGEST is left to the finer blocks below it.  So the number of pairs grows with the records, not
with their square.
"""

from __future__ import annotations

from cx_helpers.intake import generations

LARGEST = 60  # records in a block; each then meets 59 others at most
KINDS = {"mobile": "mobiles", "landline": "landlines", "email": "mails", "card": "cards", "national_id": "nids"}
MANY = 5  # names behind a key, from which on it is nobody's own …
SHARE = 0.4  # … where they are as many to a record, too: ten records of one person bring a few spellings

_NAME = "cx_skeleton(first_sound) || '|' || cx_skeleton(last_sound)"
_NUMBERS = r"list_sort(list_filter(address, lambda w: regexp_full_match(w, '\d{1,4}')))"
BLOCKS = {  # rule: what records of one block have in common
    "national_id": "unnest(nids)",
    "mobile": "unnest(mobiles)",
    "email": "unnest(mails)",
    "card": "unnest(cards)",
    "landline": "unnest(landlines)",
    "postal": "postal",
    "mailbox": "unnest(list_filter(list_transform(mails, lambda m: split_part(m, '@', 1)), lambda l: length(l) > 6))",
    "born and first name": "born_jalali || cx_skeleton(first_sound)",
    "born and surname": "born_jalali || cx_skeleton(last_sound)",
    "name": _NAME,
    "name and city": f"{_NAME} || '|' || city",
    "name and year": f"{_NAME} || '|' || born_year",
    "name and company": f"{_NAME} || '|' || company",
    "surname and address": f"cx_skeleton(last_sound) || CASE WHEN len(address) > 2 THEN city || {_NUMBERS}::VARCHAR || "
    "list_sort(address)[-1] END",
    "born and city": "born_jalali || city",
}

# … and what has a slip in a name: less of it in common, and then only names that are a slip or two apart
_SKELETON = "cx_skeleton({0}_sound)"
_HALF = f"greatest(2, (length({_SKELETON}) + 1) // 2)"
_ENDS = f"unnest(['<' || left({_SKELETON}, {_HALF}), '>' || right({_SKELETON}, {_HALF})])"
_LESS = "unnest(cx_less(first_sound || ' ' || last_sound))"
_HALVES = "unnest([left(mobile, 7), right(mobile, 6)])"
MISTYPED = {
    "first name, city and half a surname": f"cx_skeleton(first_sound) || '|' || city || '|' || {_ENDS.format('last')}",
    "surname, city and half a first name": f"cx_skeleton(last_sound) || '|' || city || '|' || {_ENDS.format('first')}",
    "a slip in the name": _LESS,
    "a slip in the name, and a city": f"{_LESS} || '|' || city",
    "first name and half a mobile": f"cx_skeleton(first_sound) || '|' || {_HALVES}",
    "surname and half a mobile": f"cx_skeleton(last_sound) || '|' || {_HALVES}",
}
SLIPS = 3  # in both names together


def set_apart(con) -> None:
    """Make id_keys (kind, value, unique_id, shared), and take the shared keys out of id_records.

    Adds to id_records which birth dates can be believed (generations.believed).
    """
    parts = " UNION ALL ".join(
        f"SELECT '{kind}' AS kind, unnest({column}) AS value, unique_id FROM id_records"
        for kind, column in KINDS.items()
    )
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE id_keys AS WITH k AS ({parts}), used AS ("
        "SELECT kind, value, count(*) AS records, count(DISTINCT coalesce(first_sound, '') || '|' || last_sound) AS "
        "names, "
        "count(DISTINCT last_sound) AS surnames FROM k JOIN id_records USING (unique_id) GROUP BY ALL) "
        f"SELECT k.*, names > {MANY} AND names > {SHARE} * records AS shared FROM k JOIN used USING (kind, value)"
    )
    for kind, column in KINDS.items():
        con.execute(
            f"UPDATE id_records SET {column} = coalesce(kept.own, []) FROM (SELECT unique_id, "
            "list(value ORDER BY value) FILTER (NOT shared) AS own FROM id_keys "
            f"WHERE kind = '{kind}' GROUP BY unique_id HAVING bool_or(shared)) kept "
            "WHERE id_records.unique_id = kept.unique_id"
        )
    con.execute(  # an id that fails its check digit is compared as a slip of another; many people's is none
        "UPDATE id_records SET nid_like = NULL WHERE nid_like IN (SELECT nid_like FROM id_records GROUP BY nid_like "
        f"HAVING count(DISTINCT coalesce(first_sound, '') || '|' || last_sound) > {MANY})"
    )
    con.execute(
        "CREATE OR REPLACE TEMP TABLE id_records AS SELECT * REPLACE (CASE WHEN list_contains(nids, nid) THEN nid "
        "END AS nid), "
        "mobiles[-1] AS mobile, landlines[1] AS landline, mails[1] AS email, cards[1] AS card FROM id_records ORDER "
        "BY unique_id"
    )
    generations.believed(con)


def pair(con, records: str, out: str, blocks: dict[str, str]) -> None:
    """Make the table `out` (l, r, rule) of records: l < r, each pair once, under the first rule that finds it.

    blocks  BLOCKS, or with them MISTYPED, whose pairs must have names that are much alike
    """
    con.execute("CREATE OR REPLACE TEMP TABLE id_blocks (rule TINYINT, key VARCHAR, unique_id BIGINT)")
    for number, sql in enumerate(blocks.values()):
        con.execute(
            f"INSERT INTO id_blocks SELECT DISTINCT {number}, key, unique_id FROM "
            f"(SELECT {sql} AS key, unique_id FROM {records}) WHERE key IS NOT NULL"
        )
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE {out} AS WITH "
        f"names AS (SELECT unique_id, first_sound || ' ' || last_sound AS name FROM {records}), "
        "small AS (SELECT * FROM id_blocks WHERE (rule, key) IN "
        f"(SELECT (rule, key) FROM id_blocks GROUP BY rule, key HAVING count(*) BETWEEN 2 AND {LARGEST})) "
        "SELECT a.unique_id AS l, b.unique_id AS r, min(a.rule) AS rule FROM small a JOIN small b "
        "ON a.rule = b.rule AND a.key = b.key AND a.unique_id < b.unique_id JOIN names x ON x.unique_id = "
        "a.unique_id JOIN names y ON y.unique_id = b.unique_id "
        f"WHERE a.rule < {len(BLOCKS)} OR damerau_levenshtein(x.name, y.name) <= {SLIPS} GROUP BY ALL"
    )
    con.execute("DROP TABLE id_blocks")
