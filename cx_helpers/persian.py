"""Letters, digits, words: one spelling for what Persian writers spell in many ways."""

from __future__ import annotations

import functools
import re
import unicodedata

_SAME_LETTER: dict[str, str] = {
    **dict.fromkeys("يىئےېۍ", "ی"),
    **dict.fromkeys("كڪ", "ک"),
    **dict.fromkeys("ةۀەہھۂ", "ه"),
    **dict.fromkeys("أإٱ", "ا"),
    "ؤ": "و",
    **{digit: str(n) for row in ("۰۱۲۳۴۵۶۷۸۹", "٠١٢٣٤٥٦٧٨٩") for n, digit in enumerate(row)},
    "\u00a0": " ",
    "…": "...",
    # half-space, joiners, direction marks, tatweel, soft hyphen, BOM, emoji variants: nothing to read
    **dict.fromkeys("\u200c\u200d\u200b\u200e\u200f\u2060\u00ad\u0640\ufeff\ufe0e\ufe0f", ""),
    **{chr(c): "" for c in (*range(0x202A, 0x202F), *range(0x2066, 0x206A), *range(0x1F3FB, 0x1F400))},
    # marks on letters: vowels, shadda, sukun, hamza above, dagger alef
    **{chr(c): "" for c in (*range(0x0610, 0x061B), *range(0x064B, 0x0660), 0x0670, *range(0x06D6, 0x06DD))},
}
SILENT = frozenset(letter for letter, written in _SAME_LETTER.items() if not written)  # that `simplify` leaves out
_BLOCKS = (range(0x20, 0x7F), range(0x600, 0x700), range(0x2600, 0x27C0), range(0x1F300, 0x1FB00))
_PLAIN = {"\n", *_SAME_LETTER} - set("\u0653\u0654\u0655") | {  # letters that NFKC leaves alone, whatever stands beside
    chr(c)
    for block in _BLOCKS
    for c in block
    if unicodedata.is_normalized("NFKC", chr(c)) and not unicodedata.combining(chr(c))
}
_DENYING = ("نبود", "نیست", "نيست", "نشد", "نداشت", "ندارد", "نداره")
_LETTER = re.compile(r"[^\W\d_]")
_STRETCHED = re.compile(rf"({_LETTER.pattern})\1\1+")  # three or more of one letter


def simplify(text: str) -> str:
    """Write a text the one way that a classifier should see it; meant for machines, not for showing to people.

    Arabic ي ك ة ى ۀ أ become Persian ی ک ه ی ه ا; digits become Latin; half-spaces, tatweel, vowel marks and
    direction marks go (می‌خوام and میخوام are one word; خوب‌نبود is two, the second denies); presentation forms and
    full-width Latin are unfolded (NFKC), Latin is lower case; a letter written three times or more stands once
    (عاااالی is عالی, while ممنون and خیلیی stay as written). Emoji stay, without their skin tone. Line breaks stay, so
    many texts joined by them are written anew in one go, which is several times faster.

    Applying it twice changes nothing. Raises TypeError where the value is no text: the caller decides about nulls.
    """
    if not isinstance(text, str):
        raise TypeError(f"simplify() takes a text, not {type(text).__name__}; leave nulls out before")
    if "\u200c" in text:  # a verb that denies is a word of its own: خوب‌نبود
        for verb in _DENYING:
            text = text.replace(f"\u200c{verb}", f" {verb}")
    letters = _letters(text)
    if rare := letters - _PLAIN:
        text = _unfold(text, rare)
        letters = _letters(text)
    return _unstretched(_one_letter(text, letters).lower())


def _letters(text: str) -> set[str]:
    """Which letters stand in a text?  Long ones are counted by their code, ten times faster than by set()."""
    if len(text) < 1_000:
        return set(text)
    import numpy as np

    code = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    return {chr(c) for c in np.flatnonzero(np.bincount(code)).tolist()}


def _one_letter(text: str, letters: set[str]) -> str:
    """Replace what is there: on long texts far faster than str.translate, which looks at every letter in Python."""
    for letter in letters & _SAME_LETTER.keys():
        text = text.replace(letter, _SAME_LETTER[letter])
    return text


def _unstretched(text: str) -> str:
    """Letters written three times or more, once; long texts as an array of letters, which is several times faster."""
    if len(text) < 1_000:
        return _STRETCHED.sub(r"\1", text)
    import numpy as np

    code = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    same = code[1:] == code[:-1]
    start = np.flatnonzero(same[1:] & same[:-1])  # of three equal ones
    letter = {c: _LETTER.match(chr(c)) is not None for c in np.unique(code[start]).tolist()}
    start = start[np.array([letter[c] for c in code[start].tolist()], bool)]
    kept = np.ones(len(code), bool)
    kept[start + 1] = kept[start + 2] = False
    return code[kept].tobytes().decode("utf-32-le", "surrogatepass")


def _unfold(text: str, rare: set[str]) -> str:
    """NFKC for the lines that hold a rare letter; the others are as NFKC would write them."""
    done, out = 0, []
    for found in re.finditer(f"[{re.escape(''.join(rare))}]", text):
        if found.start() < done:
            continue
        start = text.rfind("\n", 0, found.start()) + 1
        end = text.find("\n", found.start())
        end = len(text) if end < 0 else end
        line = unicodedata.normalize("NFKC", text[start:end])
        # once more after joiners and marks are gone, since letters may now stand beside each other
        out += [text[done:start], unicodedata.normalize("NFKC", _one_letter(line, set(line)).lower())]
        done = end
    return "".join([*out, text[done:]])


_SHOWN_LETTERS = str.maketrans({"ي": "ی", "ك": "ک", "ۀ": "هٔ", **dict(zip("٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹", strict=True))})


# words that say nothing of what a text is about; negations are among them, so a phrase may hold one
FUNCTION_WORDS = frozenset(
    simplify(
        "از به با در بر تا برای واسه بی بدون جز مثل مانند طبق ضمن روی رو تو توی سر زیر کنار بین میان پیش پس "
        "و یا که هم نیز اگر اگه چون زیرا ولی اما بلکه پس یعنی تا هرچند البته فقط حتی دیگه دیگر باز بازم هنوز همیشه "
        "من تو او ما شما آن این آنها اینها اون اینو اونو خود خودم خودش خودشون شان تان همین همون همان چنین کسی چیزی "
        "را رو یک یه دو سه چند هر همه هیچ بعضی کلا کل خیلی بسیار واقعا کاملا اصلا تقریبا حدود یکم کمی کم زیاد بیشتر "
        "است هست هستم هستند نیست نیستم بود بودم بودن بودند نبود باشد باشه باشید شد شدم شده شدن شدند نشد نشده میشه "
        "نمیشه شود می‌شود نمی‌شود کرد کردم کردن کردند کرده کنم کنه کنید کنند کنین میکنه میکنم میکنن می‌کند می‌کنم "
        "می‌کنند نکرد نکردم نکرده داد دادم دادن دادند داده میده میدن ندادن نداد داشت داشتم داشته دارم داره دارد دارن "
        "دارند ندارم نداره ندارد نداشت چی چه چرا چطور کجا کی چقدر آیا بله نه آره الان حالا بعد قبل قبلا اول آخر وقتی "
        "موقع ها های هایی می نمی ای اش ام ات م ش ت سلام لطفا ممنون مرسی تشکر باید شاید نباید آقا خانم جا بار چیز کار "
        "اینکه اونکه طوری جوری نظر نوع مورد خب دیگ یکی دفعه آخه همش همشون مون شون تون بشه شه بشن میشن"
    ).split()
)


DENYING = frozenset(w for w in FUNCTION_WORDS if w.startswith("ن") and len(w) > 2) - frozenset(
    ("نظر", "نوع", "نیز")
) | {"بدون", "بی", "هیچ"}  # beside a word of content they make a phrase: کیفیت نداره


# hazm's spacing rules would pull these apart: 25.5 becomes ۲۵ ٫ ۵, a date ۱۴۰۲ / ۰۵ / ۱۲, :( becomes : (
_WHOLE = re.compile(r"(https?://\S+|\S+@\S+\.\S+|[\w.]*\d[\d/.,:٫٬\-]*\d\w*|[:;=][-']?[()\[\]DPp/|]+|<3)")


@functools.cache
def _tools():
    """hazm's normaliser and tokenizer, built once: its module functions build a new one at every call."""
    import hazm

    return hazm.Normalizer(), hazm.WordTokenizer(join_verb_parts=False)


def tidy(text: str) -> str:
    """A comment as a page should print it: Persian letters and digits, hazm's half-spaces, no stretched letters.

    «كيفيت عاااالی بود نمي خوام» becomes «کیفیت عالی بود نمی‌خوام». Numbers, dates, addresses and emoticons stay
    whole. Raises TypeError where the value is no text.
    """
    if not isinstance(text, str):
        raise TypeError(f"tidy() takes a text, not {type(text).__name__}; leave nulls out before")
    normalizer, _ = _tools()
    out = []
    for i, part in enumerate(_WHOLE.split(text.translate(_SHOWN_LETTERS))):
        kept = part if i % 2 or not part.strip() else normalizer.normalize(part)
        if kept is not part:  # the blanks at the ends of a piece are the text's own
            kept = part[: len(part) - len(part.lstrip())] + kept.strip() + part[len(part.rstrip()) :]
        out.append(kept)
    return "".join(out).strip()


@functools.cache
def _lemmatizer():
    import hazm

    return hazm.Lemmatizer()


def lemma(word: str) -> str:
    """The word without its endings, by hazm, as `simplify` writes it: one for کتاب‌ها and کتاب, for می‌رسد and رسید.

    hazm's traps, kept away: it gives one lemma to a verb and its denial (رسید, نرسید), so a denied verb keeps its ن;
    it knows می‌رسد and not میرسد, so half-spaces are put in first; a verb is its past stem, not رسید#رس; and بندی is no
    "you tie" (بست#بند): what ends in ی and does not begin with می is left as it is.
    Raises TypeError where the value is no text; what is no single word comes back simplified.
    """
    shown = tidy(word)
    if not shown or " " in shown:
        return simplify(shown)
    found = _lemmatizer().lemmatize(shown)
    if "#" not in found:
        return simplify(found) or simplify(shown)
    past, plain = simplify(found.split("#")[0] or found.split("#")[1]), simplify(shown)
    if plain.endswith("ی") and not plain.startswith(("می", "نمی")):
        return plain
    return f"ن{past}" if plain.startswith("ن") and not past.startswith("ن") else past


def words(text: str) -> list[str]:
    """The words of a text as a person reads them, by hazm: letters unified, half-spaces kept (می‌خواهم is one word).

    Marks stand by themselves; an empty or blank text has no words. Raises TypeError where the value is no text.
    """
    plain = tidy(text)
    return _tools()[1].tokenize(plain) if plain else []
