"""How is a text read as a number, a time, a yes or no?  SQL for DuckDB, so that whole files are read at engine speed.

Two readers stand behind each other.  `quick` reads the writings that exports use most (2024-03-20 10:00:00, 12.5) in
the same pass as the file; it gives null for all others.  Those are collected, each once, and `thorough` reads them
with all its patience: Jalali days in digits or words, Persian digits and separators, units, value maps.  A text that it
does not understand either comes back with the code of the reason, and convert.py makes a quarantined row of that.
"""

from __future__ import annotations

from cx_helpers import dates
from cx_helpers.intake.fields import PROSE, Field

_DIGITS = "۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩"
_AROUND = " \t\r\n\u00a0\u200b\u200c\u200e\u200f\u202a\u202b\u202c\ufeff"  # nothing to read, at either end
_NULLS = ("", "null", "NULL", "None", "NaN", "nan", "NaT", "#N/A", "\\N", "N/A", "n/a", "-", "--", "—")
_NULLS_TYPED = (*_NULLS, "NA", "ندارد", "نامشخص")
_YES = ("true", "t", "yes", "y", "1", "1.0", "on", "بله", "بلی", "آری", "درست", "دارد")
_NO = ("false", "f", "no", "n", "0", "0.0", "off", "خیر", "نه", "نادرست", "ندارد")
_WEEKDAYS = "(یک|دو|سه|چهار|پنج)?[ \u200c]?شنبه|جمعه|(mon|tues?|wednes|thurs?|fri|satur|sun)(day)?|sat|wed"
_CLOCK = r"(\d{1,2}):(\d{2})(?::(\d{2}(?:\.\d+)?))?"
_HALF = r" ?(?i:(a\.?m\.?|ق\.?ظ\.?|صبح)|(p\.?m\.?|ب\.?ظ\.?|عصر|بعد ?از ?ظهر))?"


SQL_TYPES = {"string": "VARCHAR", "float64": "DOUBLE", "int64": "BIGINT", "timestamp": "TIMESTAMPTZ",
             "boolean": "BOOLEAN"}  # fmt: skip


def literal(value) -> str:
    """A text as SQL; None is NULL."""
    return "NULL" if value is None else "'" + str(value).replace("'", "''") + "'"


def name(column: str) -> str:
    """A column's name as SQL."""
    return '"' + column.replace('"', '""') + '"'


def _among(names) -> str:
    return ", ".join(literal(n) for n in names)


def _months() -> str:
    """SQL that turns the name of a month, in lower case, into its number; Gregorian ones get 12 more."""
    numbers = {}
    for step, rows in ((0, (dates.JALALI_MONTHS, dates.JALALI_MONTHS_EN)),
                       (12, (dates.GREGORIAN_MONTHS, dates.GREGORIAN_MONTHS_FA))):  # fmt: skip
        for row in rows:
            numbers |= {month.lower(): n + step for n, month in enumerate(row, 1)}
    numbers |= {month[:3].lower(): n + 12 for n, month in enumerate(dates.GREGORIAN_MONTHS, 1)}
    numbers |= {"امرداد": 5, "ژانویهٔ": 13, "می": 17, "جون": 18, "جولای": 19, "آگوست": 20, "sept": 21}
    return "CASE m " + " ".join(f"WHEN {literal(k)} THEN {v}" for k, v in numbers.items()) + " END"


MACROS = [
    # one writing of letters, and no marks that turn the direction of what stands around them
    "cx_letters(x) AS CASE WHEN length(x) = strlen(x) THEN x "
    "ELSE translate(x, 'يىك\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069', 'ییک') END",
    f"cx_latin(x) AS CASE WHEN length(x) = strlen(x) THEN x "
    f"ELSE translate(x, 'يىك{_DIGITS}', 'ییک01234567890123456789') END",
    f"cx_trim(x) AS trim(x, '{_AROUND}')",
    # --- numbers
    r"cx_group(x) AS CASE WHEN regexp_full_match(x, '[+-]?\d{1,3}([, ]\d{3})+(\.\d*)?') "
    r"THEN regexp_replace(x, '[, ]', '', 'g') ELSE x END",
    "cx_signs(x) AS translate(x, '٬،٫−–\u00a0\u200c\u200e\u200f', ',,.-- ')",
    "cx_finite(v) AS CASE WHEN isfinite(v) THEN v END",
    "cx_number(x) AS cx_finite(try_cast(cx_group(trim(cx_signs(x))) AS DOUBLE))",
    r"cx_dots(x) AS CASE WHEN regexp_full_match(x, '[+-]?\d{1,3}(\.\d{3})+(,\d*)?') THEN replace(x, '.', '') "
    r"WHEN contains(x, '.') THEN NULL ELSE x END",
    "cx_comma(x) AS cx_finite(try_cast(replace(cx_dots(translate(x, '٫٬−\u00a0', ',.-')), ',', '.') AS DOUBLE))",
    r"cx_bare(x) AS trim(regexp_replace(x, '(?i)تومان|تومن|ریال|tomans?|rials?|irr|irt|﷼', '', 'g'))",
    # --- keys of Salesforce: 18 letters are 15 and a check; its weekly export writes a null one in noughts
    "cx_salesforce(x) AS CASE WHEN left(x, 15) = '000000000000000' OR trim(x) = '' THEN NULL "
    "WHEN length(x) = 18 THEN left(x, 15) ELSE x END",
    # --- Jalali days: the 33-year arithmetic that jdatetime uses too; days since 1 Farvardin 979 = 1600-03-20
    "cx_nowruz(y) AS 365 * (y - 979) + ((y - 979) // 33) * 8 + ((y - 979) % 33 + 3) // 4",
    "cx_month_days(y, m) AS CASE WHEN m <= 6 THEN 31 WHEN m <= 11 THEN 30 "
    "ELSE cx_nowruz(y + 1) - cx_nowruz(y) - 336 END",
    "cx_jalali(y, m, d) AS CASE WHEN y BETWEEN 1200 AND 1600 AND m BETWEEN 1 AND 12 "
    "AND d BETWEEN 1 AND cx_month_days(y, m) THEN DATE '1600-03-20' + "
    "(cx_nowruz(y) + (m - 1) * 31 - greatest(m - 7, 0) + d - 1)::INTEGER END",
    "cx_int(x) AS try_cast(x AS INTEGER)",
    "cx_whole(x) AS try_cast(x AS BIGINT)",
    f"cx_month(m) AS {_months()}",
    r"cx_words(x) AS trim(regexp_replace(regexp_replace(regexp_replace(lower(x), 'ماه|سال|ساعت|مورخ|[،,]', ' ', 'g'), "
    rf"'(^| )({_WEEKDAYS})( |$)', ' '), '\s+', ' ', 'g'))",
]

_ZONE = r" *([Zz]|UTC|GMT|[+-]\d\d(:?\d\d)?)$"
_GREGORIAN = r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d+)?)?)?"
_JALALI = r"1[2-5]\d\d[-/]\d\d[-/]\d\d([ T]\d\d:\d\d(:\d\d(\.\d+)?)?)?"
_FORMS = {  # of a day in digits: pattern, and which group is year, month, day
    r"^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})$": (1, 2, 3),
    r"^(\d{1,2})[-/.](\d{1,2})[-/.](1[2-5]\d\d)$": (3, 2, 1),  # Persian writers know no month before the day
    r"^(\d{4})(\d{2})(\d{2})$": (1, 2, 3),
    r"^(\d{1,2}) (\D+) (\d{4})$": (3, 2, 1),
    r"^(\D+) (\d{1,2}) (\d{4})$": (3, 1, 2),
}

_ORDERED = r"^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})$"  # 10/01/2024, where the mapping says which is the day


def is_quick(field: Field) -> bool:
    """Does `quick` say all there is to say about a field's text, so that nothing is left for `thorough`?"""
    return field.type == "string" and field.map is None


def quick(field: Field, x: str) -> str:
    """SQL of the value of text `x` where it is written as exports mostly do, else null (which may be wrong)."""
    if is_quick(field):
        # nothing at its ends, no letters to unify, not one of the short words for nothing
        plain = f"length({x}) = strlen({x}) AND {x} >= '!' AND ord({x}[-1]) > 32"
        plain += "".join(f" AND {x} <> {literal(e)}" for e in field.empty)
        if _nulls(field) != ("",):  # CASE, since OR looks through the list for long texts, too
            plain += f" AND CASE WHEN strlen({x}) > 5 THEN true ELSE {x} NOT IN ({_among(_nulls(field))}) END"
        text = f"CASE WHEN {plain} THEN {x} ELSE {_said(field, f'cx_trim({x})')} END"
        return f"coalesce({text}, {literal(field.default)})" if field.default is not None else f"({text})"
    known = field.map is None and not field.formats and field.decimal == "."
    there = "".join(f" AND {x} <> {literal(e)}" for e in field.empty)
    if known and field.type == "float64":
        value = f"try_cast({x} AS DOUBLE)" + ("" if field.factor == 1 else f" * {field.factor}")
        return f"(CASE WHEN isfinite(try_cast({x} AS DOUBLE)){there} THEN {value} END)"
    if known and field.type == "int64" and field.factor == 1 and field.name != "birth_year":
        return f"(CASE WHEN try_cast({x} AS DOUBLE) = try_cast({x} AS BIGINT){there} THEN try_cast({x} AS BIGINT) END)"
    if known and field.type == "timestamp" and field.calendar != "jalali":
        form = (f"(strlen({x}) = 19 AND {x}[14] = ':' AND {x}[17] = ':') OR strlen({x}) = 10 OR "
                f"(strlen({x}) IN (16, 23, 26) AND regexp_full_match({x}, {literal(_GREGORIAN)}))")  # fmt: skip
        local = f"timezone({literal(field.timezone)}, try_cast({x} AS TIMESTAMP))"
        if field.timezone == "UTC":  # the same without asking the calendar of time zones
            local = f"make_timestamptz(epoch_us(try_cast({x} AS TIMESTAMP)))"
        marked = (f"(({x}[-1] = 'Z' AND strlen({x}) IN (20, 24)) OR (strlen({x}) = 22 AND ends_with({x}, '+00'))) "
                  f"AND {x}[14] = ':' AND {x}[17] = ':'")  # fmt: skip
        epoch = f"strlen({x}) = 10 AND {x}[5] <> '-' AND regexp_full_match({x}, '\\d{{10}}') AND {x} < '4102444800'"
        return (f"(CASE WHEN {epoch}{there} THEN make_timestamptz(try_cast({x} AS BIGINT) * 1000000) "
                f"WHEN {x} <= '1900-01-02' OR {x} >= '2100' THEN NULL WHEN ({form}){there} THEN {local} "
                f"WHEN {marked}{there} THEN try_cast({x} AS TIMESTAMPTZ) END)")  # fmt: skip
    if known and field.type == "boolean":
        return f"(CASE WHEN {x} = 'true'{there} THEN true WHEN {x} = 'false'{there} THEN false END)"
    return f"CAST(NULL AS {SQL_TYPES[field.type]})"


def _nulls(field: Field) -> tuple[str, ...]:
    if field.type != "string":
        return tuple(n for n in _NULLS_TYPED if field.type != "boolean" or n not in _NO)
    return ("",) if field.name in PROSE else _NULLS


def _said(field: Field, x: str) -> str:
    """SQL of a trimmed text in one writing of letters (and, of what is computed with, digits); nothing is null."""
    digits = field.type != "string" or field.name.endswith(("_id", "_code")) or field.name == "value"
    nulls = _among((*_nulls(field), *field.empty))
    return f"CASE WHEN {x} NOT IN ({nulls}) THEN {'cx_latin' if digits else 'cx_letters'}({x}) END"


def thorough(field: Field, texts: str) -> str:
    """SQL that reads every text of a relation (column `_raw`) as `v`, or says in `code` why that cannot be."""
    sql = f"SELECT _raw, cx_trim(_raw) AS x FROM {texts}"
    sql = f"SELECT _raw, CASE WHEN _raw <> chr(1) THEN {_said(field, 'x')} END AS x, NULL AS code FROM ({sql})"
    if field.map is not None:
        same = "cx_latin" if field.type != "string" else "cx_letters"
        cases = " ".join(f"WHEN {same}(cx_trim({literal(k)})) THEN {literal(v)}" for k, v in field.map.items())
        other = "x" if field.otherwise == "keep" else literal(field.otherwise)
        known = ", ".join(f"{same}(cx_trim({literal(k)}))" for k in field.map)
        lacks = f"x NOT IN ({known})" if field.map else "x IS NOT NULL"
        code = f"CASE WHEN {lacks} THEN 'not_in_map' END" if field.otherwise is None else "NULL"
        found = f"nullif(CASE x {cases} ELSE {other} END, '')" if cases else other
        sql = f"SELECT _raw, CASE WHEN x IS NOT NULL THEN {found} END AS x, {code} AS code FROM ({sql})"
    if field.default is not None:
        value = f"CASE WHEN code IS NULL THEN coalesce(x, {literal(field.default)}) END"
        sql = f"SELECT _raw, {value} AS x, code FROM ({sql})"
    match field.type:
        case "timestamp":
            return _times(field, sql)
        case "float64":
            value, code = _number(field, "x"), "'bad_number'"
        case "int64":
            sql = f"SELECT *, {_number(field, 'x')} AS n FROM ({sql})"
            if field.name == "birth_year":  # ours are Gregorian; below 1700 it was said in Jalali
                sql = f"SELECT * REPLACE (CASE WHEN n < 1700 THEN n + 621 ELSE n END AS n) FROM ({sql})"
            value = "CASE WHEN n = floor(n) AND abs(n) < 9e15 THEN CAST(n AS BIGINT) END"
            code = "CASE WHEN n IS NULL THEN 'bad_number' ELSE 'not_whole' END"
        case "boolean":
            value = f"CASE WHEN lower(x) IN ({_among(_YES)}) THEN true WHEN lower(x) IN ({_among(_NO)}) THEN false END"
            code = "'bad_boolean'"
        case _:
            value, code = "x", "NULL"
    return _told(f"SELECT *, {value} AS v FROM ({sql})", code)


def _told(sql: str, code: str) -> str:
    return f"SELECT _raw, v, coalesce(code, CASE WHEN x IS NOT NULL AND v IS NULL THEN {code} END) AS code FROM ({sql})"


def _number(field: Field, text: str) -> str:
    read = "cx_comma" if field.decimal == "," else "cx_number"
    if field.factor == 0.01:
        text = f"rtrim({text}, '%٪ ')"
    number = f"{read}({text})" + ("" if field.factor == 1 else f" * {field.factor}")
    if not field.rials:
        return number
    # an amount that says its own unit is believed
    said = (f"CASE WHEN regexp_matches({text}, '(?i)توم[ا]?ن|toman|irt') THEN 10 "
            f"WHEN regexp_matches({text}, '(?i)ریال|rial|irr|﷼') THEN 1 ELSE {field.factor} END")  # fmt: skip
    return f"coalesce({number}, {read}(cx_bare({text})) * {said})"


def _times(field: Field, sql: str) -> str:
    """SQL of instants: step by step, each in its own projection, so that no expression is worked out twice."""
    zone, calendar = literal(field.timezone), field.calendar
    sql = f"SELECT *, regexp_matches(x, {literal(r':\d\d(\.\d+)?' + _ZONE)}) AS marked FROM ({sql})"
    sql = f"SELECT *, CASE WHEN marked THEN regexp_replace(x, {literal(_ZONE)}, '') ELSE x END AS u FROM ({sql})"
    clock, half = _CLOCK, _HALF
    parts = ", ".join(f"regexp_extract(u, '{clock}{half}', {i}) AS c{i}" for i in range(1, 6))
    sql = f"SELECT *, {parts}, regexp_matches(u, '\\d:\\d') AS timed FROM ({sql})"
    hour = ("cx_int(c1) + CASE WHEN c5 <> '' AND cx_int(c1) < 12 THEN 12 WHEN c4 <> '' AND cx_int(c1) = 12 THEN -12 "
            "ELSE 0 END")  # fmt: skip
    second = "coalesce(try_cast(c3 AS DOUBLE), 0)"
    clock_sql = (
        f"CASE WHEN NOT timed THEN 0 WHEN cx_int(c1) < 24 AND cx_int(c2) < 60 AND {second} < 60 "
        f"THEN ({hour}) * 3600 + cx_int(c2) * 60 + {second} END"
    )
    rest = f"CASE WHEN timed THEN trim(regexp_replace(u, '{clock}{half}', ' '), ' -–T،,|') ELSE u END"
    sql = f"SELECT *, {clock_sql} AS seconds, {rest} AS day FROM ({sql})"
    sql = f"SELECT *, CASE WHEN regexp_full_match(day, '[\\d/.-]+') THEN day ELSE cx_words(day) END AS w FROM ({sql})"
    forms = _FORMS | ({_ORDERED: (3, 1, 2) if field.date_order == "mdy" else (3, 2, 1)} if field.date_order else {})
    picks = {part: " ".join(f"WHEN regexp_matches(w, {literal(p)}) THEN regexp_extract(w, {literal(p)}, {groups[i]})"
                            for p, groups in forms.items()) for i, part in enumerate("ymd")}  # fmt: skip
    sql = f"SELECT *, {', '.join(f'CASE {pick} END AS {part}' for part, pick in picks.items())} FROM ({sql})"
    sql = ("SELECT * REPLACE (cx_int(y) AS y, coalesce(cx_int(m), cx_month(trim(m))) AS m, cx_int(d) AS d), "
           f"cx_int(m) IS NULL AS worded FROM ({sql})")  # fmt: skip
    jalali = {"jalali": "true", "gregorian": "false"}.get(calendar, "y < 1700")
    sql = (f"SELECT * REPLACE (CASE WHEN worded AND m > 12 THEN m - 12 ELSE m END AS m), "
           f"CASE WHEN worded THEN m <= 12 ELSE {jalali} END AS jalali FROM ({sql})")  # fmt: skip
    day = "CASE WHEN jalali THEN cx_jalali(y, m, d) ELSE try_cast(printf('%04d-%02d-%02d', y, m, d) AS DATE) END"
    sql = f"SELECT *, {day}::TIMESTAMP + to_microseconds(CAST(round(seconds * 1e6) AS BIGINT)) AS naive FROM ({sql})"
    sign = "CASE WHEN regexp_matches(x, '-\\d\\d(:?\\d\\d)?$') THEN -1 ELSE 1 END"
    offset = (f"{sign} * (60 * coalesce(cx_int(regexp_extract(x, '[+-](\\d\\d)(:?\\d\\d)?$', 1)), 0) + "
              "coalesce(cx_int(regexp_extract(x, '[+-]\\d\\d:?(\\d\\d)$', 1)), 0))")  # fmt: skip
    given = [f"try_strptime(x, {literal(f)})" for f in field.formats]
    given = [g if "%z" in f else f"timezone({zone}, {g})" for g, f in zip(given, field.formats, strict=True)]
    sizes = ((10, 1_000_000), (13, 1000), (16, 1))  # digits of an epoch in seconds, milliseconds, microseconds
    epoch = [f"WHEN regexp_full_match(x, '\\d{{{n}}}') THEN make_timestamptz(cx_whole(x) * {by})" for n, by in sizes]
    epoch = f"CASE {' '.join(epoch)} END"
    said = f"CASE WHEN marked THEN timezone('UTC', naive - to_minutes({offset})) ELSE timezone({zone}, naive) END"
    sql = f"SELECT *, coalesce({', '.join([*given, epoch, said])}) AS t FROM ({sql})"
    sql = f"SELECT *, CASE WHEN year(t) BETWEEN 1900 AND 2100 THEN t END AS v FROM ({sql})"
    unclear = r"^\d{1,2}[-/.]\d{1,2}[-/.](\d{2}|\d{4})([ T,]|$)"
    unclear = f"WHEN regexp_matches(x, {literal(unclear)}) THEN 'ambiguous_date'"
    return _told(sql, f"CASE WHEN t IS NOT NULL THEN 'time_out_of_range' {unclear} ELSE 'bad_time' END")
