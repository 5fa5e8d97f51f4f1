"""How is one key written in one way?  SQL for phones, e-mails, national ids, cards and birth dates.

Each macro takes a text as an export has it (Persian digits, blanks, Excel's lost zeros, several in one cell) and gives
one writing, or null where the text cannot be such a key.  What is a key in form only (09123456789, test@test.com, a
national id of ten equal digits) is null too: it tells nobody apart.

* phones      09121234567 for a mobile, 02188776655 for a landline with its area code, +44… for a foreign one
* e-mails     lower case; what follows a + is a tag and goes, for every provider; dots go for gmail only, which ignores
              them; the usual slips in the names of big providers (gmial, gmail.con) are put right
* national id ten digits with the right check digit (kept apart, `cx_nid_like`: ten digits, so that a slip can be seen)
* cards       sixteen digits that pass Luhn's test, or IR and 24 digits that pass ISO 7064 (Sheba)
* birth dates a DATE from Jalali or Gregorian writings; a year alone gives a year only
Sources: national id and Luhn by their published rules; ISO 13616 for the IBAN that Sheba is.
"""

from __future__ import annotations

from cx_helpers.intake.values import MACROS as VALUES
from cx_helpers.intake.values import literal

ROLES = """info admin support sales contact office mail email test noreply no-reply none null user customer example
nobody na nomail noemail unknown webmaster postmaster hr marketing help helpdesk hello account accounts finance crm shop
order orders public manager team service services reception secretary dabirkhaneh foroosh moshtari nadarad
abc asd asdf qwe qwerty a aa aaa b x xx xxx""".split()
NOWHERE = "example.com example.org example.net test.com test.ir none.com no.com a.com aa.com x.com xx.com abc.com " \
          "domain.com email.email"  # fmt: skip
SLIPS = {
    "googlemail.com": "gmail.com",
    **dict.fromkeys(
        "gmial.com gamil.com gmai.com gmal.com gnail.com gmaill.com gmail.co gmail.con gmail.cm gmail.om gmail.comm "
        "gmail.ir gmail.cpm gmail.vom gmil.com ggmail.com gemail.com jmail.com".split(),
        "gmail.com",
    ),
    **dict.fromkeys("yaho.com yahooo.com yahoo.con yahoo.co yahoo.cm yahho.com ymail.con".split(), "yahoo.com"),
    **dict.fromkeys("hotmial.com hotmail.con hotmai.com hotmal.com".split(), "hotmail.com"),
    **dict.fromkeys("outlok.com outlook.con".split(), "outlook.com"),
}


def _list(words) -> str:
    return "[" + ", ".join(literal(w) for w in words) + "]"


def _slips() -> str:
    keys, values = _list(SLIPS), _list(SLIPS.values())
    return f"coalesce({values}[list_position({keys}, d)], d)"


_WHOLE = r"regexp_replace(cx_latin(x), '\.0+$', '')"  # 9121234567.0 is a number that a spreadsheet has touched

MACROS = [
    *VALUES,
    rf"cx_digits(x) AS regexp_replace({_WHOLE}, '\D', '', 'g')",
    # --- phones
    "cx_run(d) AS contains('01234567890123', d) OR contains('98765432109876', d) OR d = repeat(d[1], length(d))",
    "cx_rest(d) AS ltrim(CASE WHEN starts_with(d, '0098') THEN d[5:] "
    "WHEN starts_with(d, '98') AND length(d) >= 12 THEN d[3:] ELSE d END, '0')",
    r"cx_number_of(r, d) AS CASE WHEN regexp_full_match(r, '[1-9]\d{9}') THEN '0' || r "
    r"WHEN starts_with(d, '00') AND NOT starts_with(d, '0098') AND length(r) BETWEEN 8 AND 15 THEN '+' || r END",
    r"cx_called(x) AS regexp_replace(regexp_replace(x, '^[^\d+]*\+', '00'), '\D', '', 'g')",
    "cx_phone(x) AS list_transform([cx_called(x)], lambda d: cx_number_of(cx_rest(d), d))[1]",
    "cx_real_phone(p) AS CASE WHEN length(p) >= 8 AND NOT cx_run(p[-7:]) THEN p END",
    rf"cx_one_number(x) AS regexp_replace({_WHOLE}, '(?i)(داخلی|ext|int\.).*$', '')",
    r"cx_parts(x) AS regexp_split_to_array(cx_one_number(x), '[/,;|\n\r\t،؛]| و | or |\s-+\s')",
    r"cx_joined(x) AS CASE WHEN length(cx_called(x)) > 16 "
    r"THEN regexp_extract_all(cx_called(x), '(?:0098|98|0)?9\d{9}') ELSE [x] END",
    "cx_phones(x) AS list_sort(list_distinct(list_filter(list_transform(flatten(list_transform(cx_parts(x), "
    "lambda p: cx_joined(p))), lambda p: cx_real_phone(cx_phone(p))), lambda p: p IS NOT NULL)))",
    "cx_mobiles(ps) AS list_filter(ps, lambda p: starts_with(p, '09') OR starts_with(p, '+'))",
    "cx_landlines(ps) AS list_filter(ps, lambda p: NOT (starts_with(p, '09') OR starts_with(p, '+')))",
    # --- e-mails
    f"cx_domain(d) AS {_slips()}",
    "cx_local(l, d) AS CASE WHEN d = 'gmail.com' THEN replace(split_part(l, '+', 1), '.', '') "
    "ELSE split_part(l, '+', 1) END",
    f"cx_known_mail(l, d) AS CASE WHEN l <> '' AND NOT list_contains({_list(ROLES)}, l) "
    rf"AND NOT list_contains({_list(NOWHERE.split())}, d) AND l <> repeat(l[1], length(l)) AND NOT "
    rf"regexp_full_match(l, '\d{{1,3}}|test\d*') "
    "THEN l || '@' || d END",
    "cx_mail(m) AS cx_known_mail(cx_local(split_part(m, '@', 1), cx_domain(split_part(m, '@', 2))), "
    "cx_domain(split_part(m, '@', 2)))",
    r"cx_mails(x) AS list_sort(list_distinct(list_filter(list_transform(regexp_extract_all(regexp_replace("
    r"lower(cx_latin(x)), '\s*([@.])\s*', '\1', 'g'), '[a-z0-9._%+-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}'), "
    "lambda m: cx_mail(m)), lambda m: m IS NOT NULL)))",
    # --- national ids
    r"cx_nid_like(x) AS CASE WHEN regexp_full_match(cx_digits(x), '\d{8,10}') "
    "AND NOT cx_run(lpad(cx_digits(x), 10, '0')) THEN lpad(cx_digits(x), 10, '0') END",
    "cx_nid_sum(n) AS list_sum(list_transform(range(1, 10), lambda i: n[i]::INTEGER * (11 - i))) % 11",
    "cx_nid_right(n) AS n[10]::INTEGER = CASE WHEN cx_nid_sum(n) < 2 THEN cx_nid_sum(n) ELSE 11 - cx_nid_sum(n) END",
    "cx_nid(x) AS list_transform([cx_nid_like(x)], lambda n: CASE WHEN cx_nid_right(n) THEN n END)[1]",
    # --- cards and accounts
    "cx_luhn(d) AS list_sum(list_transform(range(1, 17), lambda i: CASE WHEN i % 2 = 0 THEN d[i]::INTEGER "
    "ELSE (2 * d[i]::INTEGER) // 10 + (2 * d[i]::INTEGER) % 10 END)) % 10 = 0",
    r"cx_iban(d) AS (d[3:] || '1827' || d[:2])::HUGEINT % 97 = 1",
    r"cx_card_of(d, ir) AS CASE WHEN length(d) = 16 AND NOT ir AND d <> repeat(d[1], 16) AND cx_luhn(d) THEN d "
    "WHEN length(d) = 24 AND cx_iban(d) THEN 'IR' || d END",
    r"cx_card(x) AS list_transform([cx_digits(x)], lambda d: cx_card_of(d, starts_with(upper(trim(x)), 'IR')))[1]",
    # --- birth dates
    "cx_some_day(y, m, d) AS CASE WHEN y BETWEEN 1250 AND 1450 THEN cx_jalali(y, m, d) "
    "WHEN y BETWEEN 1871 AND 2071 THEN try_cast(lpad(y::VARCHAR, 4, '0') || '-' || lpad(m::VARCHAR, 2, '0') || '-' || "
    "lpad(d::VARCHAR, 2, '0') AS DATE) END",
    "cx_day(y, m, d) AS list_transform([[y, m, d]], lambda p: cx_some_day(p[1], p[2], p[3]))[1]",
    # day first, as Persian writers have it; month first only where the second number cannot be a month
    "cx_turned(y, a, b) AS coalesce(cx_day(y, b, a), cx_day(y, a, b))",
    "cx_in_month(y, m, d) AS CASE WHEN m <= 12 THEN cx_jalali(y, m, d) WHEN y > 1700 THEN cx_day(y, m - 12, d) END",
    r"cx_named_day(t) AS cx_in_month(cx_int(t[-4:]), cx_month(trim(regexp_extract(t, '^\d+ (\D+) \d', 1))), "
    r"cx_int(regexp_extract(t, '^(\d+)', 1)))",
    "cx_century(y) AS CASE WHEN y < 10 THEN 1400 + y ELSE 1300 + y END",
    r"cx_dated(t) AS CASE WHEN regexp_full_match(t, '\d{4}[-/. ]\d{1,2}[-/. ]\d{1,2}.*') "
    r"THEN cx_day(cx_int(t[:4]), cx_int(regexp_extract(t, '^\d{4}\D(\d+)', 1)), "
    r"cx_int(regexp_extract(t, '^\d{4}\D\d+\D(\d+)', 1))) "
    r"WHEN regexp_full_match(t, '\d{1,2}[-/. ]\d{1,2}[-/. ]\d{4}.*') "
    r"THEN cx_turned(cx_int(regexp_extract(t, '(\d{4})', 1)), cx_int(regexp_extract(t, '^(\d+)', 1)), "
    r"cx_int(regexp_extract(t, '^\d+\D(\d+)', 1))) "
    r"WHEN regexp_full_match(t, '\d{8}') THEN cx_day(cx_int(t[:4]), cx_int(t[5:6]), cx_int(t[7:8])) "
    r"WHEN regexp_full_match(t, '\d{2}/\d{1,2}/\d{1,2}') THEN cx_day(cx_century(cx_int(t[:2])), "
    r"cx_int(regexp_extract(t, '^\d+\D(\d+)', 1)), cx_int(regexp_extract(t, '(\d+)$', 1))) "
    r"WHEN regexp_full_match(t, '\d{1,2} \D+ \d{4}') THEN cx_named_day(t) END",
    rf"cx_whole_text(x) AS trim({_WHOLE})",
    # the text is bound once: a macro's argument is written out wherever it stands, and planning that took seconds
    r"cx_birth(x) AS list_transform([cx_words(cx_whole_text(x))], lambda t: cx_dated(t))[1]",
    r"cx_year_born(t) AS CASE WHEN regexp_full_match(t, '1[23]\d\d|140\d') THEN cx_int(t) + 621 "
    r"WHEN regexp_full_match(t, '19\d\d|20[0-2]\d') THEN cx_int(t) END",
    r"cx_birth_year(x) AS list_transform([cx_whole_text(x)], lambda t: cx_year_born(t))[1]",
    # --- the Jalali writing of a day, yyyymmdd: a slip is one letter in the calendar in which the day was typed
    "cx_year_of(d) AS year(d) - 621 - CASE WHEN d - DATE '1600-03-20' < cx_nowruz(year(d) - 621) THEN 1 ELSE 0 END",
    "cx_day_in_year(d) AS ((d - DATE '1600-03-20') - cx_nowruz(cx_year_of(d)))::INTEGER",
    "cx_month_of(n) AS CASE WHEN n < 186 THEN n // 31 + 1 ELSE (n - 186) // 30 + 7 END",
    "cx_day_of(n) AS CASE WHEN n < 186 THEN n % 31 + 1 ELSE (n - 186) % 30 + 1 END",
    "cx_as_jalali(d) AS (cx_year_of(d) * 10000 + cx_month_of(cx_day_in_year(d)) * 100 + "
    "cx_day_of(cx_day_in_year(d)))::VARCHAR",
]
