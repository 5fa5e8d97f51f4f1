"""Do two birth dates tell of two generations?  Father and son of one name, or a child registered by a parent's phone.

A birth date is mistyped sooner than a son bears his father's name, so that a date that differs does not part two who
share a phone and both names.  Two dates that can be believed and lie half a generation apart do: who they are, an
analyst must say.  A date that nobody was born on is not believed: what a form fills in, the day the row was written, a
date that many names have.  A date that one digit, or the other calendar, makes of the other is a slip, unless national
ids differ by more.  A year alone, or with its first day, has too few digits for that: nearly every year is one digit
from one of the father's.

A third record of their name and phone, without a date of its own, may be either's (`torn`): it is neither's by itself,
unless something (an e-mail, an id, a card, a home, a city) speaks for one of the two alone.
"""

from __future__ import annotations

GAP = 15  # years: less may be a guess of a clerk's, or brothers of one name
OLDEST = 110  # years
MANY = 5  # names that have one date, from which on it may be a form's …
CROWDED = 10  # … where they are so many times as many as on any day of …
DAYS = 20_000  # … those on which customers are born
FILLED = (  # what forms and spreadsheets fill in: an empty cell's day, a clock's first one, the first of a list
    "1899-12-30 1899-12-31 1900-01-01 1904-01-01 1921-03-21 1969-12-31 1970-01-01 1980-01-01 2000-01-01 2021-03-21"
).split()  # 1300/01/01 and 1400/01/01 among them
FILLED_YEARS = (1900, 1921)  # 1300 and 1900, which came without a day


def believed(con) -> None:
    """Add to id_records what can be believed of birth dates: sure_jalali and sure_text (yyyymmdd), sure_year, or null.

    The day and year are those of `people.describe`: born, born_jalali, born_text, born_year.
    """
    filled = ", ".join(f"DATE '{day}'" for day in FILLED)
    con.execute(f"""
        CREATE OR REPLACE TEMP TABLE id_records AS WITH
        dated AS (SELECT count(*) AS n FROM id_records WHERE born IS NOT NULL),
        typed AS (
            SELECT born FROM id_records, dated WHERE born IS NOT NULL GROUP BY born, dated.n
            HAVING count(DISTINCT coalesce(first_sound, '') || '|' || last_sound)
                > greatest({MANY}, {CROWDED} * dated.n / {DAYS})),
        told AS (
            SELECT *, born IS NOT NULL AND born NOT IN ({filled}) AND born NOT IN (FROM typed)
                AND born < coalesce(updated_at::DATE - 1, current_date - 1)
                AND born > current_date - INTERVAL '{OLDEST} years' AS sure FROM id_records)
        SELECT * EXCLUDE sure, CASE WHEN sure THEN born_jalali END AS sure_jalali,
            CASE WHEN sure THEN born_text END AS sure_text,
            CASE WHEN sure OR born IS NULL AND born_year NOT IN {FILLED_YEARS} THEN born_year END AS sure_year
        FROM told ORDER BY unique_id
    """)


_SLIP = "damerau_levenshtein(sure_{0}_l, sure_{0}_r) <= 1"
_CENTURY = "sure_text_{0}[3:] = sure_jalali_{1}[3:]"  # 86/11/20 was meant as 1986, and read as 1386
_SLIPS = " OR ".join(
    [_SLIP.format("jalali"), _SLIP.format("text"), _CENTURY.format("l", "r"), _CENTURY.format("r", "l")]
)
# … but not where the day is the first of a year (who knew the year only), nor where a national id says otherwise
_NO_DAY = " OR ".join(f"sure_{of}_{side}[5:] = '0101'" for of in ("jalali", "text") for side in "lr")
_OTHERS = "damerau_levenshtein(nid_like_l, nid_like_r) > 1"
_YEARS = (  # a Persian year lies in two Gregorian ones
    "least(abs(sure_year_l - sure_year_r), abs(coalesce(sure_jalali_l[:4]::INTEGER + 621, sure_year_l) "
    "- coalesce(sure_jalali_r[:4]::INTEGER + 621, sure_year_r)))"
)
_SLIPPED = f"coalesce({_SLIPS}, false) AND NOT coalesce({_NO_DAY}, false) AND NOT coalesce({_OTHERS}, false)"
APART = f"coalesce({_YEARS} >= {GAP} AND NOT ({_SLIPPED}), false)"  # SQL of two records' sides _l and _r


def torn(con, scored: str, linkable: str, margin: float) -> list[tuple[int, int, int]]:
    """Records that may be either of two people half a generation apart, and nothing says whose: (record, one, other).

    scored  a table of pairs with their weight, national_id and `generation`;  linkable  SQL of those that may be one
    margin  by so much one of the two must outweigh the other to have the record: an e-mail, a card, a city alone does
    """
    return con.execute(f"""
        WITH apart AS (
            SELECT l AS one, r AS other FROM {scored} WHERE generation AND national_id IS DISTINCT FROM 'same'),
        likely AS (
            SELECT l, r, weight FROM {scored} WHERE {linkable}
            AND (l IN (SELECT unnest([one, other]) FROM apart) OR r IN (SELECT unnest([one, other]) FROM apart))),
        either AS (
            SELECT l AS record, r AS person, weight FROM likely UNION ALL SELECT r, l, weight FROM likely)
        SELECT x.record, one, other FROM apart JOIN either x ON x.person = one
        JOIN either y ON y.person = other AND y.record = x.record
        WHERE abs(x.weight - y.weight) < {margin} ORDER BY ALL
    """).fetchall()
