"""How does a name sound, however it is written?  SQL for Persian names in Persian and Latin letters.

A name is brought into plain letters (ي ك ة آ are ی ک ه ا, half-spaces are blanks), titles in front of it go (آقای،
خانم، دکتر، مهندس، سید, Mr, Dr, …), words that are no name (کاربر, test, guest) make it null.  Then there are two keys:

* the text     its words without blanks: محمدرضا, محمد رضا and محمد‌رضا are one, mohammad reza is mohammadreza
* the sounds   a transliteration that both scripts end in: consonants by sound (ط is t, ص is s, غ and ق are q; kh, gh,
               sh, ch, zh are one letter each, doubled letters stand once), written vowels و and ی as u and i, short
               vowels and ا left out, a vowel in front as A, a last ه or e as E.  So محمد, Mohammad, Mohamad
               and Muhammad meet in mhmd, while محمود and Mahmoud are mhmud; حسین, Hossein and Hosein are hsin.
It is a rule of spelling, not a list of persons: names that nobody thought of are treated alike.
"""

from __future__ import annotations

from cx_helpers.intake.values import literal

TITLES = """آقای جناب سرکار خانم دکتر مهندس استاد سید سیده سیدة حاج حاجی حاجیه کربلایی مشهدی بانو دوشیزه شهید مرحوم
سرهنگ سروان mr mrs ms miss dr eng prof engineer doctor agha aghaye aqaye khanom khanoom seyed seyyed sayed sayyed sayyid
seyedeh seyyedeh sayyedeh haj haji hajj""".split()
# in front of a surname only what is never part of one: حاجی‌زاده and سیدی are surnames
TITLES_OF_SURNAMES = "آقای جناب سرکار خانم دکتر مهندس mr mrs ms miss dr eng prof".split()
NOBODY = """نامشخص ناشناس نامعلوم ندارد کاربر مشتری تست آزمایشی آزمایش مهمان بدون نام بدوننام خالی هیچ تستی کاربرمهمان
کاربرجدید مشتریجدید مشتریگرامی کاربرگرامی user users test tester guest unknown customer client none null na nan noname
anonymous admin administrator undefined newuser testtest firstname lastname name family fname lname aaa asd asdf abc
xxx x""".split()

_FROM = "يىئےكڪةۀەأإآٱؤ"
_TO = "ییییککهههااااو"
_PERSIAN = "بپتطثسصجژچحهخدذزضظرشغقفکگلمنوی"
_SOUNDS = "bpttsssjjChhxdzzzzr$qqfkglmnui"
# spelt with ی, spoken with a, alone and in front of a surname's ending: مصطفی is Mostafa, عیسی‌زاده is Isazadeh
_MAQSURA = "^(?:عیس|موس|یحی|هد|کبر|صغر|کسر)|(?:مصطف|مرتض|مجتب)"
_BEHIND = "$|زاده|پور|نژاد|نیا|فر|وند|لو|خان|خواه|دوست|بخش|پناه|راد|مقدم"


_PLAIN = str.maketrans(_FROM, _TO)
# DuckDB counts slips in bytes, and a Persian letter has two: for counting, each stands as one of these
_LETTERS = "ءابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی"
_CODES = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456"


def coded(text: str) -> str:
    """A Persian text as the macro `cx_code` writes it."""
    return text.translate(str.maketrans(_LETTERS, _CODES))


def _start(words) -> str:
    return literal(f"^((?:{'|'.join(w.translate(_PLAIN) for w in words)}) +)+")


def _among(words) -> str:
    return "[" + ", ".join(literal(w.translate(_PLAIN)) for w in words) + "]"


def _replaced(x: str, *rules: tuple[str, str]) -> str:
    for pattern, to in rules:
        x = f"regexp_replace({x}, {literal(pattern)}, {literal(to)}, 'g')"
    return x


def _latin(first: bool) -> str:
    """SQL of the sounds of one word in Latin letters; of a name's first word, with a vowel in front."""
    spelt = _replaced(
        "w", ("^([ei])sha+(q|gh)", "\\1seha\\2"), ("^r(?:idh|edh|iz)a$", "reza"),
        ("x", "ks"), ("kh", "x"), ("gh", "q"), ("sh", "$"), ("ch", "C"), ("zh|^dj", "j"), ("ph", "f"),
        ("c([eiy])", "s\\1"), ("c", "k"),
        ("tima$", "teme"), ("ull?ah", "ollah"), ("uss?[ea][iy]n", "osein"), ("([aou])h$", "\\1"), ("ow?$", "u"),
        ("([^e])eh?$", "\\1E"),
        *([("^[iy]([aou])", "Y\\1"), ("^[aeiou][aeiouy]*", "A")] if first else []),
        ("oo|ou|o?[uwv]", "u"), ("[ea]*(?:ee|ei|ey|ai|ay|ie|iy|i|y)[ea]*", "i"),
    )  # fmt: skip
    return _replaced(f"cx_once({spelt})", ("[aeo]", ""), ("Y", "i"), ("ii", "i"), ("uu", "u"))


def _persian() -> str:
    """SQL of the sounds of a word in Persian letters, or of several written as one."""
    x = _replaced(
        "w", (f"({_MAQSURA})ی({_BEHIND})", "\\1ا\\2"), ("خوا", "خا"), ("عبداله", "عبدالله"), ("لله$", "ل"),
        ("لله", "له"), ("(ا[^اعوی])[حع]$", "\\1E"), ("^[اع][اعیو]*", "A"), ("اه$|ح$", ""), ("ه$", "E"), ("[اعء]", ""),
    )  # fmt: skip
    return f"cx_once(translate({x}, '{_PERSIAN}', '{_SOUNDS}'))"


MACROS = [
    # --- one writing: lower case, plain letters, blanks between words only
    r"cx_plain(x) AS trim(regexp_replace(regexp_replace(lower(strip_accents(translate("
    rf"x, '{_FROM}', '{_TO}'))), '[''’‘`\x{{0640}}\x{{064B}}-\x{{065F}}\x{{0670}}]', '', 'g'), '[^\p{{L}}]+', ' ', "
    r"'g'))",
    "cx_some(x) AS CASE WHEN x <> '' AND NOT list_contains(" + _among(NOBODY) + ", replace(x, ' ', '')) THEN x END",
    f"cx_untitled(x) AS regexp_replace(cx_plain(x) || ' ', {_start(TITLES)}, '')",
    "cx_given(x) AS cx_some(trim(regexp_replace(cx_untitled(x), ' (خانم|اقا|جان|khanom|agha) $', '')))",
    f"cx_family(x) AS cx_some(trim(regexp_replace(cx_plain(x) || ' ', {_start(TITLES_OF_SURNAMES)}, '')))",
    # --- sounds
    "cx_once(x) AS list_aggregate(list_filter(string_split(x, ''), "
    "lambda c, i: i = 1 OR c <> x[i - 1]), 'string_agg', '')",
    f"cx_latin_word(w, i) AS CASE WHEN i = 1 THEN {_latin(True)} ELSE {_latin(False)} END",
    f"cx_persian_word(w) AS {_persian()}",
    "cx_is_latin(x) AS regexp_matches(x, '[a-z]')",
    # what vowels kept apart stands once, too, as in Persian letters: Jalal and جلال are jl
    "cx_latin_name(x) AS cx_once(list_aggregate(list_transform(string_split(x, ' '), lambda w, i: "
    "cx_latin_word(w, i)), 'string_agg', ''))",
    "cx_persian_name(x) AS cx_persian_word(replace(replace(replace(x || ' ', ' اله ', 'الله'), 'ه ا ', 'ا'), ' ', ''))",
    "cx_sound(x) AS CASE WHEN cx_is_latin(x) THEN cx_latin_name(x) ELSE cx_persian_name(x) END",
    # a single u in the first syllable may be short (Muhammad); an o may be written و (Mona, Behroz)
    r"cx_short(x) AS regexp_replace(x, '^([^aeiou]{1,2})u([^aeiou])', '\1a\2')",
    r"cx_long(x) AS regexp_replace(x, '^(.*[aeiou].*)o([^aeiou]+)$', '\1u\2')",
    # Fatemah is Fatemeh, and Sarah is Sara: a last -ah is one or the other
    "cx_silent(x) AS regexp_replace(x, '([^aeiou])ah$', '\\1eh')",
    "cx_sounds(x) AS list_sort(list_distinct(CASE WHEN cx_is_latin(x) THEN list_transform(list_distinct("
    "[x, cx_short(x), cx_long(x), replace(x, 'o', 'u'), replace(x, 'ae', 'ai'), cx_silent(x)]), "
    "lambda v: cx_sound(v)) ELSE [cx_sound(x)] END))",
    # the letter that a sound begins with, as an initial has it: S. may be شیما, K. خسرو, G. قاسم
    "cx_begins(s) AS translate(left(s, 1), '$xqCE', 'skgch')",
    f"cx_code(x) AS translate(x, '{_LETTERS}', '{_CODES}')",
    "cx_skeleton(s) AS regexp_replace(s, '[iuE]', '', 'g')",
    # itself and what is left of it without any one letter: two that are one slip apart have one of these in common
    "cx_less(s) AS list_append(list_transform(range(1, length(s) + 1), lambda i: s[:i - 1] || s[i + 1:]), s)",
    # a title written in one with the name behind it
    r"cx_unglued(x) AS regexp_replace(x, '^(?:سیده?|se?a?yy?ed(?:eh)?)([^ ]{3,})', '\1')",
]
