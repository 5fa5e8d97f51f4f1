"""Has a spreadsheet rewritten a key?  9171234567 becomes 9171234567.0, 9.171234567E9 or 9.17E+09.

Where all digits are still there (as many behind the point as the exponent says) the number is whole and read as it was,
a mobile with the 0 that the spreadsheet dropped first.
Where some are gone it is anybody's: many phones become one 9.17E+09.  Such a key is never stored and never linked.
"""

from __future__ import annotations

from cx_helpers import wording
from cx_helpers.intake.faults import said
from cx_helpers.intake.fields import Field, Target

_PERSONS = ("phone", "mobile", "national_id", "card")
_POWER = r"(^|:)\d\.\d+[eE]\+?\d{1,2}$"


def is_asked(f: Field, target: Target) -> bool:
    """Is a column one of numbers by which persons are known?"""
    known = f.name == "customer_id" or (target.table, f.name) == ("identities", "value")
    return (known or (target.table == "persons" and f.name in _PERSONS)) and f.value is None and not f.generate


def whole(x: str) -> str:
    """SQL of a key as it was before a spreadsheet wrote it as a number; one that lost digits stays as it is."""
    behind = f"regexp_extract({x}, '^\\d\\.(\\d+)[eE]', 1)"
    power = f"TRY_CAST(regexp_extract({x}, '[eE]\\+?(\\d+)$', 1) AS INTEGER)"
    return (
        f"CASE WHEN NOT contains({x}, '.') THEN {x} "
        f"WHEN regexp_full_match({x}, '9\\d{{9}}\\.0+') THEN '0' || left({x}, 10) "
        f"WHEN regexp_full_match({x}, '\\d{{8,}}\\.0+') THEN regexp_replace({x}, '\\.0+$', '') "
        f"WHEN regexp_full_match({x}, '\\d\\.\\d+[eE]\\+?\\d{{1,2}}') AND length({behind}) = {power} "
        f"THEN CASE WHEN left({x}, 1) = '9' AND {power} = 9 THEN '0' ELSE '' END || left({x}, 1) || {behind} "
        f"ELSE {x} END"
    )


def lost(x: str) -> str:
    """SQL: has a key (after `whole`) lost digits?"""
    return f"(contains({x}, '.') AND regexp_matches({x}, '{_POWER}'))"


def told(con, file: str, stage: str, columns: dict[str, str], target: Target) -> list[dict]:
    """What is to be said of numbers of persons that lost digits; columns: name, and where it is staged as text."""
    found = []
    for column, text in columns.items() if target.table == "persons" else ():
        n = con.execute(f"SELECT count(*) FROM {stage} WHERE {lost(whole(text))}").fetchall()[0][0]
        about = {"file": file, "column": column}
        if n:
            found.append({x: said(*_LOST, **about, n=wording.number(n, x))[x] for x in wording.LOCALES})
    return found


_LOST = (
    "{file}: {column} در {n} سطر شکل 9.17E+09 دارد: صفحه‌گسترده رقم‌هایش را دور ریخته است؛ به هیچ مشتری پیوند نخورد. "
    "ستون را به شکل متن (Text) درآورید و خروجی را دوباره بگیرید",
    "{file}: {column} of {n} rows looks like 9.17E+09: a spreadsheet has thrown digits away; it was linked to nobody. "
    "Format the column as text and export again",
)
