"""Where does one statement end and the next begin?  Comments cut into clauses, each of which says one thing.

A clause ends at a mark (. ! ? ، ؛ : a bracket, a line break, an emoji), before a word of contrast (ولی اما …), and
after a finite verb: in Persian the verb ends its clause, and who writes a comment leaves the marks out. So «کیفیتش خوب
نبود قیمتش هم بالا بود ولی زود رسید» is three clauses, and each keeps its own negation. A list before its judgement
(«کیفیت، قیمت و بسته‌بندی عالی») is one clause; so are «نه خوب نه بد» and a verb with what hangs on it («راضیم از …»).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cx_helpers import persian
from cx_helpers.intake import privacy


def _set(text: str) -> frozenset[str]:
    return frozenset(persian.simplify(text).split())


CONTRAST = _set("ولی اما لیکن ولیکن ولیک منتها منتهی هرچند اگرچه گرچه البته فقط بااینکه درعوض متاسفانه برعکس درکل")
CONTRAST_PAIRS = ("با اینکه", "با این", "با وجود", "در عوض", "از طرفی", "هر چند", "اگر چه", "در کل", "بر عکس", "به جز")
VERBS = _set(
    "بود بودن بودند نبود نبودن نبودند هست هستش هستن هستند است نیست نیستن نیستند نیس داره دارد دارن دارند نداره ندارد "
    "ندارن ندارند داشت نداشت داشتن داشتند نداشتن شد نشد شدن شدند میشه میشود نمیشه نمیشود کرد نکرد کردن کردند کردم "
    "نکردن نکردند میکنه میکند نمیکنه نمیکند رسید نرسید اومد نیومد آمد نیامد آوردن آوردند داد نداد دادن دادند ندادن "
    "ندادند میده نمیده میدن نمیدن خریدم گرفتم راضیم راضی‌ام عالیه خوبه بده گرونه ارزونه افتضاحه مناسبه معمولیه کمه "
    "زیاده بالاست پایینه ضعیفه قشنگه"
)
HANGS_ON = _set("که تا از به با برای واسه در تو توی بدون رو را نه گفت بگم بگیم")  # after a verb: its clause goes on
_TOKEN = re.compile(r"[^\W\d_]+|\n|[\d_][\d_.,/:٫٬]*|[^\w\s]+")
_SILENT = "".join(map(re.escape, persian.SILENT))
_SPELLED = re.compile(rf"(?:[^\W\d_]|[{_SILENT}])+|[\d_](?:[\d_.,/:٫٬]|[{_SILENT}])*|(?:[^\w\s]|[{_SILENT}])+")
_LEADS_ON = frozenset({"،", ",", ":"})  # after one word alone: a list, or a heading, whose judgement comes
_JOINS = frozenset("'@#$%&+=*^~`٪")  # marks within a statement
OTHER, WORD, VERB, CONTRASTS, MARK, LEADS_ON, END = range(7)


def _kind(token: str) -> int:
    if token == "\n":
        return END
    if token[0].isalpha():
        return VERB if token in VERBS else CONTRASTS if token in CONTRAST else WORD
    if token in _LEADS_ON:
        return LEADS_ON
    return OTHER if token[0].isdigit() or token[0] == "_" or set(token) <= _JOINS else MARK


@dataclass
class Clauses:
    """Texts in words, and in which clause each stands.

    tokens   words, numbers and marks of all texts, each text followed by a line break
    number   of each token: its place in `different`, the different tokens
    clause   of each token: the number of its clause;  text  of each clause: the number of its text
    lines    the texts as they were cut, in the writer's own spelling
    """

    tokens: list[str]
    number: np.ndarray
    different: np.ndarray
    clause: np.ndarray
    text: np.ndarray
    lines: list[str]

    @property
    def written(self) -> list[str]:
        """Each clause as a text for machines: half-spaces gone, one spelling."""
        ends = np.append(np.flatnonzero(np.diff(self.clause)) + 1, len(self.tokens)).tolist()
        starts = [0, *ends[:-1]]
        return [" ".join(self.tokens[a:b]) for a, b in zip(starts, ends, strict=True)] if self.tokens else []

    def spelled(self) -> list[str]:
        """Each clause as its writer spelled it, for people: half-spaces, letters and digits stay."""
        written = [clause.strip() for clause in self.written]
        sizes = np.bincount(self.clause) if self.tokens else np.zeros(0, int)
        token, clause = 0, 0
        for line, count in zip(self.lines, np.bincount(self.text, minlength=len(self.lines)).tolist(), strict=True):
            own = sizes[clause : clause + count].tolist()
            tokens = self.tokens[token : token + sum(own) - 1]  # without the line break
            if places := _places(line, tokens):
                starts = np.cumsum([0, *own[:-1]]).tolist()
                last = np.minimum(np.cumsum(own), len(tokens)) - 1
                pairs = zip(starts, last.tolist(), strict=True)
                cuts = [line[places[a][0] : places[b][1]] if a <= b else "" for a, b in pairs]
                written[clause : clause + count] = [part.rstrip(" ؛") for part in cuts]
            token, clause = token + sum(own), clause + count
        return written


def _places(line: str, tokens: list[str]) -> list[tuple[int, int]]:
    """Where in the writer's line each token stands; empty where the two cannot be laid side by side."""
    found = [(one, persian.simplify(one[0])) for one in _SPELLED.finditer(line)]
    found = [(one, plain) for one, plain in found if plain]  # a half-space alone is nothing
    return [one.span() for one, _ in found] if [plain for _, plain in found] == tokens else []


def cut(texts: list[str]) -> Clauses:
    """Cut texts into clauses; every text has one at least, and what is in no text is in no clause."""
    lines = [text.replace("\n", " ؛ ") if "\n" in text else text for text in privacy.without_all(texts)]
    flat = _TOKEN.findall(persian.simplify("\n".join(lines) + "\n" if lines else ""))
    number, different = pd.factorize(np.array(flat, object))
    kind = np.fromiter(map(_kind, different), np.int8, len(different))[number]
    after = np.append(kind[1:], END)  # of each token: what comes next
    before = np.append(END, kind[:-1])
    place = {token: i for i, token in enumerate(different)}

    def among(names) -> np.ndarray:
        chosen = np.zeros(len(different), bool)
        chosen[[place[name] for name in names if name in place]] = True
        return chosen[number]

    ends = kind == END
    hangs_on = np.append(among(HANGS_ON)[1:], False)
    not_next = np.append(among({persian.simplify("نه")})[1:], False)
    alone = np.append(True, ~np.isin(before, (WORD, VERB, OTHER))[:-1])  # nothing of the clause before the last token
    breaks = (kind == MARK) | ((kind == LEADS_ON) & ~(alone & (before == WORD)))
    breaks &= ~np.isin(after, (MARK, LEADS_ON, END)) & ~not_next
    breaks |= (kind == VERB) & ~np.isin(after, (VERB, MARK, LEADS_ON, END)) & ~hangs_on
    contrast = kind == CONTRASTS
    for one, other in (persian.simplify(pair).split() for pair in CONTRAST_PAIRS):
        if one in place and other in place:
            contrast |= (number == place[one]) & (np.append(number[1:], -1) == place[other])
    breaks |= np.append(contrast[1:], False) & ~np.isin(kind, (MARK, LEADS_ON))
    first = np.append(True, (breaks | ends)[:-1]) if len(flat) else np.zeros(0, bool)
    text = np.cumsum(ends) - ends
    return Clauses(flat, number, different, np.cumsum(first) - 1, text[first], lines)
