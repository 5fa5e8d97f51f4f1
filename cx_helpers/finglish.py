"""Finglish: Persian in Latin letters (`kheili bad bood`), told from English and others, and written in Persian.

Two questions, one table (`finglish-fa.parquet`, made by `python -m tools.finglish`):

is it Persian?   runs of three letters are likelier in spelled-out Persian words or in English ones, by so much; added
                 up over the words of a text, with what is surely English, Turkish or another language
which words?     each word has a few candidates among the words that Persian comments are made of (finglish_spelling);
                 how common each is, and how often it follows the word before it, decides

Numbers, marks, emoji and what stands in Persian letters stay. What is converted is for machines, like
`persian.simplify`: half-spaces are left out (میخوام).
"""

from __future__ import annotations

import functools
import math
import re
from dataclasses import dataclass, field
from pathlib import Path

from cx_helpers import persian
from cx_helpers.finglish_spelling import by_rule, tree, walks

SHIPPED = Path(__file__).parent / "finglish-fa.parquet"
LATIN = re.compile(r"[A-Za-z](?:[A-Za-z']*[A-Za-z])?")
_HINT = re.compile("[A-Za-z]{2}")
_CODE = re.compile(r"(?=\w*\d)(?=\w*[A-Za-z]\w*[A-Za-z])\w{5,}")  # SB982BBM3D5577 is no word
_LETTER = re.compile(r"[^\W\d_]")
_MARKED = re.compile(r"[^\W\d_a-zA-Z\u0600-\u06ff\ufb50-\ufdff\ufe70-\ufeff]")  # ş, ü, ß, é …, and every other alphabet
_DOUBLED = re.compile(r"(.)\1")  # alii, khobb: once stretched to three and more, or a slip
_KEPT = 5  # candidates of a word that are weighed against its neighbours
_REMEMBERED = 100_000
_PAIRED = 0.7  # how much a pair of words counts against the word alone
# what hangs on a word that is not known with it
ENDINGS = {
    "hashoon": "هاشون", "hashun": "هاشون", "hatoon": "هاتون", "hatun": "هاتون", "haye": "های", "hash": "هاش",
    "hay": "های", "ham": "هم", "ha": "ها", "eshoon": "شون", "eshun": "شون", "shoon": "شون", "shun": "شون",
    "shon": "شون", "etoon": "تون", "etun": "تون", "toon": "تون", "tun": "تون", "ton": "تون", "emoon": "مون",
    "emun": "مون", "moon": "مون", "mun": "مون", "tarin": "ترین", "tar": "تر", "esh": "ش", "ash": "ش", "sh": "ش",
    "et": "ت", "at": "ت", "am": "م", "em": "م", "im": "یم", "id": "ید", "and": "ند", "an": "ن", "a": "ا",
    "ro": " رو", "o": " رو", "ye": "ی", "i": "ی", "e": "", "s": " است",
}  # fmt: skip
BEGINNINGS = {"nemi": "نمی", "nmi": "نمی", "mi": "می", "na": "نا", "bi": "بی", "por": "پر", "be": "ب"}


@dataclass
class Table:
    """What the shipped file knows; made by `table`, not by hand."""

    words: list[str]
    cost: list[float]  # -log of how common each word is
    tree: dict
    place: dict[str, int]
    pairs: dict[tuple[str, str], float]  # how often, of a hundred times that the first stands, the second follows
    short: dict[str, str]
    loan: dict[str, str]
    english: frozenset[str]
    other: frozenset[str]
    runs: dict[str, float]  # of three letters: log-odds of Finglish against English
    _seen: dict = field(default_factory=dict, repr=False)
    _odds: dict = field(default_factory=dict, repr=False)


@functools.cache
def table(path: str | Path = SHIPPED) -> Table:
    """The shipped table, read once."""
    import pandas as pd

    frame = pd.read_parquet(path)
    of = dict(iter(frame.groupby("kind")))
    word = of["word"]
    total = float(word["value"].sum())
    words, value = word["text"].tolist(), word["value"].tolist()
    at = {text: number for number, text in enumerate(words)}
    pairs = {}
    for text, count in zip(of["pair"]["text"], of["pair"]["value"], strict=True):
        one, other = text.split(" ")
        pairs[one, other] = float(count) / value[at[one]]

    def mapped(kind: str) -> dict[str, str]:
        return dict(text.split(" ", 1) for text in of[kind]["text"])

    return Table(
        words=words, cost=[-math.log(count / total) for count in value], tree=tree(words), place=at, pairs=pairs,
        short=mapped("short"), loan=mapped("loan"), english=frozenset(of["english"]["text"]),
        other=frozenset(of["other"]["text"]), runs=dict(zip(of["run"]["text"], of["run"]["value"], strict=True)),
    )  # fmt: skip


# ---- is it Persian? --------------------------------------------------------------------------------------------------


def latin(text: str) -> bool:
    """Do Latin letters dominate: more of them than of all others?"""
    latin = sum(len(run) for run in LATIN.findall(text))
    return latin >= 2 and 2 * latin > len(_LETTER.findall(text))


def is_finglish(text: str) -> bool:
    """Is a text Persian in Latin letters?  False for English, Turkish, Persian letters, and where nothing tells."""
    return latin(text) and log_odds(text) > 0


def log_odds(text: str) -> float:
    """How much likelier a text in Latin letters is Persian than anything else (log-odds, 0: nothing tells)."""
    known = table()
    words = LATIN.findall(persian.simplify(_CODE.sub(" ", text)))
    return sum(_word_odds(word, known) for word in words) - 3.0 * len(_MARKED.findall(text))


def _word_odds(word: str, known: Table) -> float:
    found = known._odds.get(word)
    if found is None:
        if word in known.other or word in known.english:
            found = 0.0 if word in known.short or len(word) < 2 else -1.0 if word in known.loan else -2.5
        elif word in known.short or _DOUBLED.sub(r"\1", word) in known.short:
            found = 2.5
        else:
            found = max(-4.0, min(4.0, sum(known.runs.get(run, 0.0) for run in runs(word))))
        _remember(known._odds, word, found)
    return found


def runs(word: str) -> list[str]:
    """The runs of three letters of a word, its borders written as spaces."""
    word = f" {word} "
    return [word[i : i + 3] for i in range(len(word) - 2)]


def _remember(memory: dict, key, value) -> None:
    if len(memory) >= _REMEMBERED:
        memory.clear()
    memory[key] = value


def read(texts: list[str]) -> tuple[list[str], list[str | None]]:
    """Texts as they are to be read, and how each was: `finglish`, `mixed` (some words were Latin), or None (as it is).

    Texts without two Latin letters beside each other, which is nearly all, are only looked at by one search.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    texts, how = list(texts), [None] * len(texts)
    try:
        hits = pc.indices_nonzero(pc.match_substring_regex(pa.array(texts, pa.string()), _HINT.pattern)).to_pylist()
    except UnicodeEncodeError:  # half a letter (a lone surrogate) somewhere: no engine takes that
        hits = [place for place, text in enumerate(texts) if _HINT.search(text)]
    for place in hits:
        texts[place], how[place] = read_one(texts[place])
    return texts, how


def read_one(text: str) -> tuple[str, str | None]:
    """One text with Latin letters in it, as `read` reads many."""
    if latin(text):
        return (to_persian(text), "finglish") if log_odds(text) > 0 else (text, None)
    written = known_words(text)
    return written, "mixed" if written != text else None


_RUN = re.compile(rf"{LATIN.pattern}(?:[ '’-]+{LATIN.pattern})*")


def known_words(text: str) -> str:
    """A Persian text with the Latin words in it that are known, or are Finglish for sure; brands stay as they are."""
    known = table()

    def written(run: re.Match) -> str:
        simple = persian.simplify(run.group())
        words = LATIN.findall(simple)
        if len(words) > 1 and sum(_word_odds(word, known) for word in words) > len(words):
            return to_persian(simple)
        return LATIN.sub(one_word, run.group())

    def one_word(word: re.Match) -> str:
        simple = persian.simplify(word.group())
        return known.short.get(simple) or known.loan.get(simple) or word.group()

    return _RUN.sub(written, text)


# ---- which words? ----------------------------------------------------------------------------------------------------


def to_persian(text: str) -> str:
    """A text with its Latin words written in Persian, word by word, each in the light of the one before.

    For texts that `is_finglish` finds; English words in them become what a Persian would write where that is known
    (`perfect` عالی), others are spelled by sound. Digits, marks, emoji and Persian letters stay.
    """
    known = table()
    simple = persian.simplify(text)
    found = [*LATIN.finditer(simple)]
    chosen = _likeliest([candidates(word.group(), known) for word in found], known)
    out, done = [], 0
    for word, persian_word in zip(found, chosen, strict=True):
        before = simple[done : word.start()]
        glue = " " if before and before[-1].isalnum() else ""
        out += [before, glue, persian_word]
        done = word.end()
        if simple[done : done + 1].isalnum():
            out.append(" ")
    return "".join([*out, simple[done:]])


def candidates(word: str, known: Table | None = None) -> list[tuple[str, float]]:
    """What a Latin word may be in Persian, the likeliest first, with the price (-log) of each."""
    known = known or table()
    found = known._seen.get(word)
    if found is None:
        found = _candidates(word, known)
        _remember(known._seen, word, found)
    return found


def _candidates(word: str, known: Table) -> list[tuple[str, float]]:
    best = _of_tree(word, known)
    if word not in known.short and (once := _DOUBLED.sub(r"\1", word)) in known.short:
        word = once
    if word in known.short:
        # the usual reading; another only where the words around it call for it
        best = [(known.short[word], 0.0), *((text, price) for text, price in best if text != known.short[word])]
        floor = _own_price(known.short[word], known)
        return [(best[0][0], floor), *((t, max(p, floor + 2.0)) for t, p in best[1:_KEPT])]
    if word in known.loan and (not best or best[0][1] > 9.0 or word in known.english):
        return [(known.loan[word], _own_price(known.loan[word], known)), *best[: _KEPT - 1]]
    if best and _spelled(best[0], known) <= _bearable(word):
        return best[:_KEPT]
    others = [*best, *_hung_on(word, known)]
    if len(word) >= 4:
        others += _of_tree(word, known, typos=True)
    if others:
        others.sort(key=lambda pair: pair[1])
        return others[:_KEPT]
    return [(by_rule(word), 20.0)]


def _own_price(text: str, known: Table) -> float:
    return min((known.cost[known.place[w]] for w in text.split() if w in known.place), default=8.0)


def _spelled(option: tuple[str, float], known: Table) -> float:
    """The price of the spelling alone."""
    return option[1] - known.cost[known.place[option[0]]]


def _bearable(word: str) -> float:
    return 2.5 + 0.6 * len(word)


def _of_tree(word: str, known: Table, typos: bool = False) -> list[tuple[str, float]]:
    prices = walks(word, known.tree, typos)
    ranked = sorted((price + known.cost[number], number) for number, price in prices.items())
    return [(known.words[number], price) for price, number in ranked[: _KEPT + 1]]


def _hung_on(word: str, known: Table) -> list[tuple[str, float]]:
    """A known word with an ending or a beginning not known with it (pelakha, nemichasbe), or two words glued."""
    found = []
    for ending, written in ENDINGS.items():
        stem = word.removesuffix(ending)
        if len(stem) >= 3 and stem != word:
            found += [(text + written, price + 3.0) for text, price in _of_tree(stem, known)[:1]]
    for beginning, written in BEGINNINGS.items():
        stem = word.removeprefix(beginning)
        if len(stem) >= 3 and stem != word:
            found += [(written + text, price + 4.0) for text, price in _of_tree(stem, known)[:1]]
    if len(word) >= 6:
        for cut in range(2, len(word) - 1):
            one, other = _of_tree(word[:cut], known)[:1], _of_tree(word[cut:], known)[:1]
            if one and other:
                found.append((f"{one[0][0]} {other[0][0]}", one[0][1] + other[0][1] + 2.0))
    return found


def _likeliest(options: list[list[tuple[str, float]]], known: Table) -> list[str]:
    """One candidate of each word, so that together they are cheapest (Viterbi over pairs of neighbours)."""
    if not options:
        return []
    paths = [(price, [text]) for text, price in options[0]]
    for place, here in enumerate(options[1:], 1):
        following = []
        for text, price in here:
            best = min(
                (
                    (cost + _joined(options[place - 1][i][0], text, price, known), i)
                    for i, (cost, _) in enumerate(paths)
                ),
                key=lambda pair: pair[0],
            )
            following.append((best[0], [*paths[best[1]][1], text]))
        paths = following
    return min(paths, key=lambda path: path[0])[1]


def _joined(before: str, text: str, price: float, known: Table) -> float:
    """The price of a candidate after a word: its own, less where it often follows that word."""
    first, last = text.split(" ", 1)[0], before.rsplit(" ", 1)[-1]
    alone = math.exp(-known.cost[known.place[first]]) if first in known.place else 1e-7
    together = _PAIRED * known.pairs.get((last, first), 0.0) + (1 - _PAIRED) * alone
    return price + math.log(alone) - math.log(together)
