"""What of a comment can be read, and why not the rest?  Each text gets a word for how it was read, or why it was not.

persian, mixed, finglish   read: in Persian letters; with Latin words among them; as a whole in Latin letters (finglish)
empty                      nothing stands there
short                      less than two letters: one letter, numbers, emoji alone
language                   another language: English, Turkish, Arabic, Kurdish, Urdu, Pashto …, in whichever letters
spam                       an advert, a code for a discount, or one long text pasted by many within days (`repeats`)
repeated                   the same customer sent the same text again (`repeats`): the first one counts
unknown                    letters, but no word that the model knows

What is not read gets no score and is counted on the page by its reason. Many customers who write the same few words
(«عالی بود») are many voices: only what one customer sends twice, or many paste, is left out.
"""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cx_helpers import finglish, persian
from cx_helpers.intake import privacy

READ = ("persian", "mixed", "finglish")
UNREAD = ("empty", "short", "language", "spam", "repeated", "unknown")
_LETTER = re.compile(r"[^\W\d_]")
_WORD = re.compile(r"[^\W\d_]+")
_OWN_WORD = re.compile("[\u0620-\u06d3]{2,}")
# letters that Persian does not have, of those languages that are written in its letters, and what Arabic looks like
_OTHER = frozenset("ێۆڕڵڤٹڈڑںټډړښږڼګۍې")  # Kurdish, Urdu, Pashto
_ALIKE = frozenset("ەے")  # theirs, too, and what a foreign keyboard gives a Persian for ه and ی
_HINT = rf"[{''.join([*_OTHER, *_ALIKE])}ةىيكأإ]|(?:^|\s)و?ال\S{{3}}"
_ARABIC = frozenset(
    "في على الى إلى عن مع هذا هذه ذلك التي الذي كان كانت لكن جدا جداً ليس لا لم لن قد كل هو هي انا أنا نحن انت "
    "أنت بعد قبل عند غير سيء سيئ جيد جيدة ممتاز ممتازة شكرا شكراً رائع رائعة سريع متأخر بارد طعام خدمة سعر "
    "منتج مرة كثير كثيرا وكان ولكن أن إن أو حتى ثم كما لأن لقد تم يتم يوم".split()
)
_NOT_ARABIC = frozenset(
    "الان الآن البته الکی الكي الکل الكل الگو الو الا الله الهی الهي العاده العادست العادس الخصوص القصه الوعده "
    "الاخره".split()
)
_PERSIAN_LETTERS = frozenset("پچژگ")  # that Arabic has not
_PERSIAN = frozenset(
    persian.simplify(
        "است بود نبود که را از به با در این آن هم برای خیلی شد شده کرد دارد داره نیست هست های ها می نمی یک یه "
        "تا رو ولی اما چون بسیار خوب بد عالی همه هر واقعا اصلا کردم کنید باشه میشه ممنون متاسفانه لطفا"
    ).split()
)
_PLACES = ("link", "user_name")  # what an advert leads to: found, or marked where it was taken out
_PLACE = re.compile("|".join(re.escape(mark) for kind in _PLACES for mark in privacy.MARKS[kind]))
_STANDS = re.compile(r"https?://|www\.|\bt\.me\b|telegram\.me|instagram\.com|@\w{4,}")
_CODE = re.compile(r"\b(?=\w*[A-Z]\w*[A-Z])(?=\w*\d)[A-Za-z0-9]{7,}\b")
_ADVERT_HINT = re.compile(r"://|www\.|\.[a-z]{2,}|@\w|\[|[A-Za-z0-9]{7}")
_LURES = re.compile(
    "کانال (ما|من|زیر)|فالو|عضو ش|بپیوند|جوین|ادد ?(کن|ش)|کسب در ?آمد|درآمد (روز|ماه|میلیون|دلار|ثابت|بالا)|شرط ?بندی|"
    "بونوس|تبلیغ|وام فوری|سفارش لایک|[Jj]oin|[Ff]ollow|[Ss]ubscribe"
)
_NAMES_A_PLACE = re.compile("کانال|تلگرام|اینستا|پیج|واتس ?اپ|لینک|تخفیف|[Tt]elegram|[Ii]nsta")
_OFFER = re.compile("تخفیف|درصد|٪|%")
_FEW = 12  # words of an advert that only offers a code
_SOME = 40  # words of an advert that lures: who writes more has more to say than where to click
_BARE = 4  # words of one that says no more than where to go


def read(texts: list[str]) -> tuple[list[str], np.ndarray]:
    """Texts as a machine is to read them (Finglish in Persian), and one of READ or UNREAD for each.

    Looks at each text by itself, so `repeated` and `unknown` are not among the answers. What is not read is "".
    Plain Persian passes through three searches for the whole list; only what these point at is looked at closely.
    """
    texts = list(texts)
    how = np.full(len(texts), "persian", object)
    for place in _hits(texts, rf"[A-Za-z]{{2}}|@[A-Za-z]|{privacy.MARK}"):
        _latin(texts, how, place)
    for place in _hits(texts, _HINT):
        if how[place] == "persian" and _other_language(texts[place]):
            how[place], texts[place] = "language", ""
    for place in _hits(texts, r"^\P{L}*\p{L}?\P{L}*$"):
        if how[place] == "persian":
            how[place] = "short" if texts[place].strip(" \t\r\n\u200c\u200b\ufeff\u0640") else "empty"
            texts[place] = ""
    return texts, how


def in_persian(texts: list[str]) -> list[str]:
    """Texts as they are to be read: Finglish is Persian; what cannot be read is ""."""
    return read(texts)[0]


def unknown(text: str) -> str:
    """Why the model knows no word of a text that could be read: another alphabet, or unknown words."""
    return "unknown" if _OWN_WORD.search(text) or not _WORD.search(text) else "language"


def _hits(texts: list[str], pattern: str) -> list[int]:
    try:
        return pc.indices_nonzero(pc.match_substring_regex(pa.array(texts, pa.string()), pattern)).to_pylist()
    except UnicodeEncodeError:  # half a letter (a lone surrogate) somewhere: no engine takes that
        return list(range(len(texts)))


def _latin(texts: list[str], how: np.ndarray, place: int) -> None:
    """A text with Latin letters, or where some were taken out: an advert, Finglish, mixed, or another language."""
    text = texts[place]
    found = privacy.find(text)
    bare = privacy.without(text, found)
    if _ADVERT_HINT.search(text) and _is_advert(text, bare, found):
        how[place], texts[place] = "spam", ""
        return
    text = texts[place] = bare
    if not text.strip():
        how[place], texts[place] = "short", ""
        return
    written, as_what = finglish.read_one(text)
    if as_what:
        how[place], texts[place] = as_what, written
    elif finglish.latin(text):
        own, known = _OWN_WORD.findall(text), finglish.known_words(text)
        if own and not finglish.LATIN.search(known):
            how[place], texts[place] = "mixed", known
        elif len(own) < len(finglish.LATIN.findall(text)):
            how[place], texts[place] = "language", ""


def is_advert(text: str) -> bool:
    """Is this an advert?  A link or account with words that lure, or with little else; a code offered, or alone.

    A comment and the same comment redacted have the same answer: what was taken out counts as where it stood.
    Who complains and adds a link («لینکش اینه …») is no advert.
    """
    found = privacy.find(text)
    return _is_advert(text, privacy.without(text, found), found)


def _is_advert(text: str, bare: str, found: list) -> bool:
    words = [word for word in _WORD.findall(_CODE.sub(" ", bare)) if len(word) > 1]
    if _leads_somewhere(text, bare, found):
        few = len(words) <= 1 or (len(words) <= _BARE and bool(_NAMES_A_PLACE.search(bare)))
        return few or (len(words) <= _SOME and bool(_LURES.search(bare)))
    code = _CODE.search(bare)
    if not code:
        return False
    return len(words) <= _FEW and bool(_OFFER.search(bare)) or (len(words) <= 1 and len(code.group()) >= 10)


def _leads_somewhere(text: str, bare: str, found: list) -> bool:
    if _PLACE.search(text) or _STANDS.search(bare):
        return True
    return any(place.kind in _PLACES for place in found)


def _other_language(text: str) -> bool:
    """Is a text in Persian's letters another language?  By letters that Persian has not, and Arabic by its words."""
    words = _WORD.findall(text)
    if not (_OTHER.isdisjoint(text) and _ALIKE.isdisjoint(text)):
        strange = sum(not _OTHER.isdisjoint(word) or "ە" in word[:-1] for word in words)
        alike = sum(not _ALIKE.isdisjoint(word) for word in words)
        if strange and strange + alike >= 2 and strange + alike > _ours(words):
            return True
    arabic = sum(map(_is_arabic, words))
    if arabic < 2 or arabic < 0.3 * len(words) or (arabic == 2 and _ARABIC.isdisjoint(words)):
        return False
    return arabic > 1.5 * (_ours(words) + sum(not _PERSIAN_LETTERS.isdisjoint(word) for word in words))


def _ours(words: list[str]) -> int:
    return sum(persian.simplify(word) in _PERSIAN for word in words)


def _is_arabic(word: str) -> bool:
    if word in _ARABIC:
        return True
    if "ال" not in word[:4] and word[-1] != "ة" and word[:2] != "لل":
        return False
    if word in _NOT_ARABIC:
        return False
    bare = word.removeprefix("و").removeprefix("ب")
    return (bare.startswith("ال") and len(bare) > 4) or word.endswith("ة") or (word.startswith("لل") and len(word) > 4)
