"""On which levels can two records agree or differ?  Every field's levels, from alike to different, as SQL.

A level's m and u are what is usual (m: how often one person's two records stand on it, u: how often two persons' do);
a company with enough records replaces them by its own (likeness.learn).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from cx_helpers.intake.generations import APART
from cx_helpers.intake.names import coded

_TITLES = ("اقای", "خانم", "دکتر", "مهندس", "سید")
_SAME_LETTERS = "damerau_levenshtein({0}_l, {0}_r)"


@dataclass(frozen=True)
class Level:
    """One level of a comparison: its name, its condition, its usual m and u; `tf`: the column of frequencies."""

    name: str
    sql: str
    m: float
    u: float
    tf: str = ""
    fixed: bool = False  # u is known from what the key is, not from random pairs


@dataclass(frozen=True)
class Comparison:
    """A field, when it says nothing, and its levels from alike to different (the last one needs no condition)."""

    name: str
    null: str
    levels: tuple[Level, ...] = field(default_factory=tuple)


def _glued(a: str, b: str) -> str:
    """SQL: is the first name on side a that of side b, with a mistyped title before it?  دکنر رقیه is رقیه."""
    left = f"left(first_code_{a}, length(first_code_{a}) - length(first_code_{b}))"
    slips = ", ".join(f"damerau_levenshtein({left}, '{coded(title)}')" for title in _TITLES)
    # خان stands before names, too: خانعلی is not علی
    return (f"(length(first_code_{b}) >= 2 AND ends_with(first_code_{a}, first_code_{b}) AND length({left}) >= 2 "
            f"AND {left} <> '{coded('خان')}' AND least({slips}) <= 1)")  # fmt: skip


def _name(column: str) -> Comparison:
    c = column
    # what fingers make of a name is a rare word: حسن and حسین, both common, are two names and no slip
    rare = "least({0}_l, {0}_r) <= greatest(3, 0.05 * greatest({0}_l, {0}_r))".format(f"{c}_n")
    if column == "first":  # where few records tell, relatives' names (سارا, سحر) are told apart all the same
        rare += (f" AND (greatest({c}_n_l, {c}_n_r) >= 8 * least({c}_n_l, {c}_n_r) "
                 f"OR least(length({c}_l), length({c}_r)) >= 6)")  # fmt: skip
    text, sound = _SAME_LETTERS.format(f"{c}_code"), _SAME_LETTERS.format(f"{c}_sound")
    close = (f"{rare} AND (({text} <= 1 AND least(length({c}_l), length({c}_r)) >= 3) "
             f"OR jaro_winkler_similarity({c}_code_l, {c}_code_r) >= 0.92 "
             f"OR ({sound} <= 1 AND least(length({c}_sound_l), length({c}_sound_r)) >= 3))")  # fmt: skip
    if column == "first":
        close += f" OR {rare} AND ({_glued('l', 'r')} OR {_glued('r', 'l')})"
    loose = (f"{rare} AND (({text} <= 1 AND least(length({c}_l), length({c}_r)) >= 2) "
             f"OR jaro_winkler_similarity({c}_code_l, {c}_code_r) >= 0.78 "
             f"OR (least(length({c}_sound_l), length({c}_sound_r)) >= 2 AND ({sound} <= 1 "
             f"OR jaro_winkler_similarity({c}_sound_l, {c}_sound_r) >= 0.8)))")  # fmt: skip
    # محمد in محمدرضا, محمدی in محمدی‌نژاد; what is left over must be a word: محسن is not حسن with something in front
    ways = [(f"{f}({c}_{a}, {c}_{b})", c, a, b, 3) for f in ("starts_with", "ends_with") for a, b in ("lr", "rl")]
    ways += [(f"starts_with({c}_sound_{a}, {c}_sound_{b})", f"{c}_sound", a, b, 2) for a, b in ("lr", "rl")]
    ways += [(f"ends_with({c}_sound_{a}, ltrim({c}_sound_{b}, 'A'))", f"{c}_sound", a, b, 2) for a, b in ("lr", "rl")]
    # the same whole, cut in two elsewhere: محمد | رضا احمدی; in both fields or in none
    recut = ("first_sound_l <> first_sound_r AND last_sound_l <> last_sound_r "
             "AND length(first_sound_l || last_sound_l) >= 7 AND least(damerau_levenshtein("
             "first_sound_l || last_sound_l, first_sound_r || last_sound_r), damerau_levenshtein("
             "first_code_l || last_code_l, first_code_r || last_code_r)) <= 1")  # fmt: skip
    part = " OR ".join(
        f"({sql} AND length({n}_{a}) - length({n}_{b}) >= {left} AND length({n}_{b}) >= 2)"
        for sql, n, a, b, left in ways
    )
    return Comparison(
        column,
        f"{c}_l IS NULL OR {c}_r IS NULL",
        (
            Level("same", f"{c}_l = {c}_r", 0.72, 0.006, tf=c),
            Level("sound", f"list_has_any({c}_sounds_l, {c}_sounds_r)", 0.12, 0.002, tf=c),
            Level("close", close, 0.07, 0.002),
            Level("recut", recut, 0.01, 0.0005),
            Level("part", part, 0.03, 0.01),
            Level("loose", loose, 0.02, 0.01),
            Level("different", "ELSE", 0.04, 0.97),
        ),
    )


# a Persian year lies in two Gregorian ones: a year alone is held against a day's year in either calendar
_JALALI = "coalesce(born_jalali_{0}[:4]::INTEGER + 621, born_year_{0})"
_YEAR = f"least(abs(born_year_l - born_year_r), abs({_JALALI.format('l')} - {_JALALI.format('r')}))"
_BORN_SLIP = " OR ".join(
    (_SAME_LETTERS.format("born_jalali") + " <= 1", _SAME_LETTERS.format("born_text") + " <= 1",
     "(born_year_l = born_year_r AND born_jalali_l[5:6] = born_jalali_r[7:8] AND born_jalali_l[7:8] = "
     "born_jalali_r[5:6])")
)  # fmt: skip
_COMMON = "len(list_intersect(address_l, address_r))"
_ALL = f"(len(address_l) + len(address_r) - {_COMMON})"

COMPARISONS = (
    _name("first"),
    _name("last"),
    Comparison(
        "born",
        "born_jalali_l IS NULL OR born_jalali_r IS NULL",
        (
            Level("same", "born_jalali_l = born_jalali_r", 0.89, 4e-5, tf="born_jalali"),
            Level("slip", _BORN_SLIP, 0.07, 0.0015),
            Level("different", "ELSE", 0.04, 0.998),
        ),
    ),
    Comparison(  # where one of the two, or both, give no day
        "year",
        "born_year_l IS NULL OR born_year_r IS NULL OR born_jalali_l IS NOT NULL AND born_jalali_r IS NOT NULL",
        (
            Level("same", f"{_YEAR} = 0", 0.9, 0.018),
            Level("slip", f"{_YEAR} = 1", 0.07, 0.035),
            Level("different", "ELSE", 0.03, 0.947),
        ),
    ),
    Comparison(
        "mobile",
        "mobile_l IS NULL OR mobile_r IS NULL",
        (
            Level("same", "list_has_any(mobiles_l, mobiles_r)", 0.85, 1e-5, fixed=True),
            Level("slip", _SAME_LETTERS.format("mobile") + " <= 1", 0.02, 3e-6, fixed=True),
            Level("different", "ELSE", 0.13, 0.99999, fixed=True),
        ),
    ),
    Comparison(
        "email",
        "email_l IS NULL OR email_r IS NULL",
        (
            Level("same", "list_has_any(mails_l, mails_r)", 0.8, 8e-6, fixed=True),
            Level(
                "mailbox",
                "regexp_matches(email_l, '[0-9]') AND length(split_part(email_l, '@', 1)) >= 8 AND "
                "split_part(email_l, '@', 1) = split_part(email_r, '@', 1)",
                0.02,
                1e-5,
                fixed=True,
            ),
            Level("different", "ELSE", 0.18, 0.99998, fixed=True),
        ),
    ),
    Comparison(
        "national_id",
        "nid_like_l IS NULL OR nid_like_r IS NULL",
        (
            Level("same", "nid_l = nid_r", 0.96, 2e-6, fixed=True),
            Level(
                "slip",
                f"(nid_l IS NULL OR nid_r IS NULL) AND {_SAME_LETTERS.format('nid_like')} <= 1",
                0.02,
                1e-7,
                fixed=True,
            ),
            Level("different", "ELSE", 0.02, 0.999997, fixed=True),
        ),
    ),
    Comparison(
        "card",
        "card_l IS NULL OR card_r IS NULL",
        (
            Level("same", "list_has_any(cards_l, cards_r)", 0.6, 1e-5, fixed=True),
            Level("different", "ELSE", 0.4, 0.99999, fixed=True),
        ),
    ),
    Comparison(
        "landline",
        "landline_l IS NULL OR landline_r IS NULL",
        (
            Level("same", "list_has_any(landlines_l, landlines_r)", 0.7, 2e-5, fixed=True),
            Level("different", "ELSE", 0.3, 0.99998, fixed=True),
        ),
    ),
    Comparison(
        "place",
        "(city_l IS NULL OR city_r IS NULL) AND (address_l IS NULL OR address_r IS NULL)",
        (
            Level(
                "home",
                f"postal_l = postal_r OR (len(address_l) >= 3 AND {_COMMON} >= 0.6 * {_ALL})",
                0.4,
                2e-5,
                fixed=True,
            ),
            Level("near", f"len(address_l) >= 3 AND {_COMMON} >= 0.34 * {_ALL} AND {_COMMON} >= 2", 0.1, 2e-3),
            Level("city", "city_l = city_r", 0.35, 0.1, tf="city"),
            Level("different", "ELSE", 0.15, 0.9),
        ),
    ),
    Comparison(
        "company",
        "company_l IS NULL OR company_r IS NULL",
        (Level("same", "company_l = company_r", 0.7, 0.05, tf="company"), Level("different", "ELSE", 0.3, 0.95)),
    ),
)


def levels(pairs: str, records: str) -> str:
    """SQL of a relation of pairs (l, r, …) with the level of every comparison beside it, null where it says nothing.

    Beside the levels stands `generation`: do two birth dates that can be believed lie half a generation apart?
    """
    columns = sorted({c for comparison in COMPARISONS for c in _columns(comparison)} | _sides(APART))
    sides = ", ".join(f"a.{c} AS {c}_l, b.{c} AS {c}_r" for c in columns)
    cases = ", ".join(f"{_case(c)} AS {c.name}" for c in COMPARISONS)
    kept = [
        c for c in columns if c not in ("nid", "first_n", "first_sound")
    ]  # what `verdicts` asks for besides the levels
    return (f"SELECT * EXCLUDE ({', '.join(f'{c}_l, {c}_r' for c in kept)}), {cases}, "
            f"{APART} AS generation FROM (SELECT p.*, {sides} "
            f"FROM {pairs} p JOIN {records} a ON a.unique_id = p.l JOIN {records} b ON b.unique_id = p.r)")  # fmt: skip


def _columns(comparison: Comparison) -> set[str]:
    return _sides(" ".join((comparison.null, *(level.sql for level in comparison.levels))))


def _sides(text: str) -> set[str]:
    return {w[:-2] for w in re.findall(r"\b[a-z_]+_[lr]\b", text)}


def _case(comparison: Comparison) -> str:
    whens = " ".join(f"WHEN {level.sql} THEN '{level.name}'" for level in comparison.levels[:-1])
    return f"CASE WHEN {comparison.null} THEN NULL {whens} ELSE '{comparison.levels[-1].name}' END"
