"""What do customers write?  Persian comments put together from the parts in sentences.txt.

A comment is: opener? main sentence, detail?, closer?, all of one register (formal or colloquial) and one feeling; then
some are typed as people type: Arabic ي and ك, no half-space, stretched letters, emoji, no final stop.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path

import numpy as np

THEMES = ("delivery", "payment", "quality", "price", "support", "packaging", "app", "club", "info")
FEELINGS = ("negative", "mixed", "positive")
REGISTERS = ("formal", "colloquial")
ANYWHERE = {  # how often a theme is met where nothing special happens
    "delivery": 20, "quality": 20, "price": 14, "support": 12, "app": 10, "packaging": 7, "payment": 7, "info": 6,
    "club": 4,
}  # fmt: skip
THEME_OF = {
    "ad": "info", "search": "info", "product_page": "info", "reviews": "quality", "consult": "info", "cart": "app",
    "checkout": "app", "payment": "payment", "delivery": "delivery", "unboxing": "packaging",
    "support_chat": "support", "support_call": "support", "return": "support", "review": "quality", "club": "club",
}  # fmt: skip
_DAYS = ("دو روز", "سه روز", "چهار روز", "پنج روز", "شش روز", "یک هفته", "۳ روز", "ده روز")
_HOURS = ("دو ساعت", "نیم ساعت", "چهل دقیقه", "یک ساعت", "۲۴ ساعت", "سه ساعت")
_GOODS = (
    "کالا",
    "محصول",
    "قوری",
    "هدفون",
    "زعفران",
    "کفش",
    "شال",
    "قهوه",
    "ساعت",
    "آجیل",
    "پتو",
    "ماهیتابه",
    "چراغ مطالعه",
)
_EMOJI = {"positive": "😍🙏👌🌹❤️😊", "mixed": "🤔😐🙂", "negative": "😡😞👎😤💔"}
_STRETCH = {"خیلی": "ی", "عالی": "ا", "واقعاً": "و", "داغون": "و", "مرسی": "ی", "دیر": "ی", "افتضاح": "ا", "گرون": "و"}


@functools.cache
def parts() -> dict[tuple[str, ...], tuple[tuple[str, ...], tuple[str, ...]]]:
    """Section of sentences.txt -> (main sentences, details)."""
    found: dict[tuple[str, ...], tuple[list, list]] = {}
    for line in (Path(__file__).parent / "sentences.txt").read_text("utf-8").splitlines():
        if line.startswith("["):
            section = found.setdefault(tuple(line.strip("[]").split()), ([], []))
        elif line and not line.startswith("#"):
            section[line.startswith("+ ")].append(line.removeprefix("+ "))
    return {key: (tuple(main), tuple(details)) for key, (main, details) in found.items()}


def comments(rng: np.random.Generator, themes: np.ndarray, feelings: np.ndarray) -> list[str]:
    """One comment for each theme and feeling."""
    dice = rng.random((len(themes), 14)).tolist()
    return [_one(theme, feeling, d) for theme, feeling, d in zip(themes, feelings, dice, strict=True)]


def _of(options, share: float):
    """The option at a share 0-1 of the list."""
    return options[int(share * len(options))]


def _one(theme: str, feeling: str, d: list[float]) -> str:
    book, register = parts(), REGISTERS[d[0] < 0.6]
    main, details = book[theme, feeling, register]
    openers, closers = (book["any", feeling, end, register][0] for end in ("opener", "closer"))
    said = [_of(main, d[1])]
    if d[2] < 0.35:
        said.insert(0, _of(openers, d[2] / 0.35))
    if details and d[3] < 0.5:
        said.append(_of(details, d[3] / 0.5))
    if d[4] < 0.4:
        said.append(_of(closers, d[4] / 0.4))
    text = " ".join(said)
    text = text.replace("{روز}", _of(_DAYS, d[5])).replace("{ساعت}", _of(_HOURS, d[6]))
    return _typed(text.replace("{کالا}", _of(_GOODS, d[7])), feeling, d[8:])


def _typed(text: str, feeling: str, d: list[float]) -> str:
    """The text as a hurried thumb types it."""
    if d[0] < 0.07:
        text = text.replace("ی", "ي").replace("ک", "ك")
    if d[1] < 0.16:
        text = text.replace("\u200c", " " if d[1] < 0.11 else "")
    if d[2] < 0.15:  # few comments hold such a word
        for word, letter in _STRETCH.items():
            text = re.sub(rf"\b{word}\b", word.replace(letter, letter * (3 + int(d[3] * 3)), 1), text, count=1)
    if d[4] < 0.25:
        text = text.rstrip(".")
    if d[5] < 0.10:
        faces = re.findall(r".\ufe0f?", _EMOJI[feeling])
        text += " " + _of(faces, d[5] / 0.10) * (1 + (d[3] < 0.3))
    return text
