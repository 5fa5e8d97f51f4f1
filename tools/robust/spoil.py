"""Persian comments spoilt in the ways people spoil them: each takes a text and a source of chance, and gives a text."""

from __future__ import annotations

import random
import re

from tools.robust import writers

_KEYS = ["ضصثقفغعهخحجچ", "شسیبلاتنمکگ", "ظطزرذدپو"]  # rows of the Persian keyboard
_JOINING = re.compile(r"\b(ن?می|ب?ی)[ \u200c](?=[آ-ی])|[ \u200c](?=(?:ها|های|هام|هاش|تر|ترین|ام|ای|اند|مون|تون|شون)\b)")
_SIGNS = ("🍕", "📦", "🙂", "😐", "🤔", "✨", "🔥", "🏠", "👩🏽‍🍳", ":|", "^_^", ":)", ":(")
_ENGLISH = {
    "خوب": "good", "بد": "bad", "عالی": "perfect", "خیلی": "very", "ممنون": "thanks", "کیفیت": "quality",
    "قیمت": "price", "سرویس": "service", "غذا": "food", "سرد": "cold", "بهترین": "best", "بدترین": "worst",
    "ارزون": "cheap", "گرون": "expensive", "سریع": "fast", "دیر": "late", "گوشی": "mobile", "افتضاح": "terrible",
    "خوشمزه": "delicious", "تازه": "fresh", "متاسفانه": "unfortunately", "واقعا": "really", "اصلا": "never",
    "پیک": "delivery",
}  # fmt: skip


def arabic(text: str, rng: random.Random) -> str:
    """Letters of an Arabic keyboard, digits too; now and then ة for ه and a tatweel."""
    text = text.translate(str.maketrans("یک۰۱۲۳۴۵۶۷۸۹", "يك٠١٢٣٤٥٦٧٨٩"))
    return re.sub(r"ه\b", lambda _: "ة" if rng.random() < 0.2 else "ه", text)


def unspaced(text: str, rng: random.Random) -> str:
    """Half-spaces left out, and the blanks that stand for them (می خوام is میخوام); or all half-spaces are blanks."""
    return (
        _JOINING.sub(lambda m: m.group().strip(" \u200c"), text) if rng.random() < 0.5 else text.replace("\u200c", " ")
    )


def stretched(text: str, rng: random.Random) -> str:
    """One word in four has a letter drawn out, three to seven times; marks too."""
    return " ".join(_stretch(word, rng) if rng.random() < 0.25 else word for word in text.split(" "))


def _stretch(word: str, rng: random.Random) -> str:
    places = [i for i, letter in enumerate(word) if letter in "اویهنعمسشیآ!؟"]
    if not places:
        return word
    at = rng.choice(places)
    return word[:at] + word[at] * rng.randint(3, 7) + word[at + 1 :]


def mistyped(text: str, rng: random.Random) -> str:
    """One letter wrong in every five words: left out, doubled, swapped, or the neighbour's key."""
    return " ".join(_mistype(word, rng) if rng.random() < 0.2 else word for word in text.split(" "))


def _mistype(word: str, rng: random.Random) -> str:
    places = [i for i, letter in enumerate(word) if "آ" <= letter <= "ی"]
    if len(places) < 2:
        return word
    at = rng.choice(places[:-1])
    near = next((row[max(0, row.index(word[at]) - 1) :][:3] for row in _KEYS if word[at] in row), word[at])
    return rng.choice(
        [
            word[:at] + word[at + 1 :],
            word[: at + 1] + word[at:],
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
            word[:at] + rng.choice(near) + word[at + 1 :],
        ]
    )


def glued(text: str, rng: random.Random) -> str:
    """One blank in five left out."""
    return re.sub(r"(?<=[آ-ی]) (?=[آ-ی])", lambda _: "" if rng.random() < 0.2 else " ", text)


def emoji(text: str, rng: random.Random) -> str:
    """Emoji and emoticons that say little, among the words and at the end, some with a colour of skin."""
    words = text.split(" ")
    for _ in range(rng.randint(1, 3)):
        words.insert(rng.randint(0, len(words)), rng.choice(_SIGNS))
    return " ".join(words)


def mixed(text: str, rng: random.Random) -> str:
    """Persian words in English or in Latin letters: up to one in four."""
    writer = rng.choice(writers.WRITERS)
    out = []
    for word in text.split(" "):
        if word in _ENGLISH and rng.random() < 0.6:
            word = _ENGLISH[word]
        elif writers.WORD.fullmatch(word) and "\u0621" <= word[:1] <= "\u06d3" and rng.random() < 0.15:
            word = writers.typed(writers.spoken(word.replace("\u200c", ""), rng), writer, rng, 0)
        out.append(word)
    return " ".join(out)


WAYS = {
    "arabic letters": arabic, "no half-spaces": unspaced, "stretched": stretched, "mistyped": mistyped,
    "glued": glued, "emoji": emoji, "mixed": mixed, "finglish": writers.finglish,
}  # fmt: skip
