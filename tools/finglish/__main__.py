"""Make the table by which Finglish is read: `python -m tools.finglish DATA` writes cx_helpers/finglish-fa.parquet.

DATA  the folder of real data that CX_REAL_DATA names (persian/train.parquet is read)

Rows of `kind`, `text`, `value`:
word     a Persian word and in how many comments it stands: those in FEWEST comments at least, and the commonest of
         hazm's word list (MIT), which count as one that is rarer
pair     two neighbouring words and in how many comments they stand: FEWEST at least
run      three letters of Latin words and the log-odds that they are Persian's: Persian words spelled at random by the
         rules of finglish_spelling, against English (Python's own manual and english.txt) and others (other.txt)
short, loan, english, other  the lists beside this file
No row of a comment is kept; what fewer than FEWEST comments have in common is not kept either.
"""

from __future__ import annotations

import random
import re
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

from cx_helpers import finglish, finglish_spelling, persian
from cx_helpers.intake import sentiment_features, sentiment_model

HERE = Path(__file__).parent
FEWEST = 8
TAIL = 20_000  # words taken from hazm's list
ENGLISH = 3_000
SPELLINGS = 4  # of each Persian word


def main(data: str) -> None:
    """Write the table and say what is in it."""
    rng = random.Random(0)
    texts = pd.read_parquet(Path(data) / "persian" / "train.parquet")["text"].dropna().tolist()
    words, pairs = counted(texts)
    words |= {word: weight for word, weight in tail(TAIL, words).items() if word not in words}
    english, others = english_words(), other_words()
    rows = [("word", word, count) for word, count in sorted(words.items())]
    rows += [("pair", " ".join(pair), count) for pair, count in sorted(pairs.items())]
    rows += [("run", run, odds) for run, odds in sorted(runs(words, english, others, rng).items())]
    rows += [(kind, line, 0.0) for kind in ("short", "loan") for line in mapped(kind)]
    rows += [("english", word, 0.0) for word, _ in english.most_common(ENGLISH)]
    rows += [("other", word, 0.0) for word in sorted(others)]
    frame = pd.DataFrame(rows, columns=["kind", "text", "value"]).astype({"value": np.float32})
    frame.to_parquet(finglish.SHIPPED, index=False, compression="zstd", compression_level=22)
    print(frame["kind"].value_counts().to_string(), f"\n{finglish.SHIPPED.stat().st_size:,} bytes")


def counted(texts: list[str]) -> tuple[dict, dict]:
    """Persian words, and pairs of them, by the comments they stand in; those in FEWEST at least."""
    words, pairs, one = Counter(), Counter(), []
    for token in sentiment_model.tokens(texts):
        if token != "\n":
            one.append(token if token.isalpha() and sentiment_features.allowed(token) else None)
            continue
        words.update({word for word in one if word})
        pairs.update({pair for pair in zip(one, one[1:], strict=False) if all(pair)})
        one = []
    words = {word: n for word, n in words.items() if n >= FEWEST}
    return words, {pair: n for pair, n in pairs.items() if n >= FEWEST and all(word in words for word in pair)}


def tail(most: int, known: dict) -> dict[str, float]:
    """The commonest words of hazm's list, each at a weight below those of comments."""
    import hazm

    lines = (Path(hazm.__file__).parent / "data" / "words.dat").read_text("utf-8").splitlines()
    found = {}
    for line in lines:
        word, count, _ = line.split("\t")
        simple = persian.simplify(word)
        if sentiment_features.allowed(simple) and len(simple) > 1 and simple.isalpha():
            found[simple] = max(found.get(simple, 0), int(count))
    top = sorted(found.items(), key=lambda pair: -pair[1])[:most]
    return {word: 0.5 + 5.0 * (1 - place / most) for place, (word, _) in enumerate(top)}


def mapped(kind: str) -> list[str]:
    """The lines of a list: a Latin word and what it stands for."""
    lines = (HERE / f"{kind}.txt").read_text("utf-8").splitlines()
    pairs = [line.split(" ", 1) for line in lines if line and not line.startswith("#")]
    return [f"{word} {persian.simplify(meant)}" for word, meant in pairs]


def english_words() -> Counter:
    """How often each word stands in English prose: Python's manual, which every Python has, and our list."""
    from pydoc_data import topics

    prose = " ".join(topics.topics.values()).lower()
    found = Counter(word for word in re.findall(r"(?<![\w.`'\"])[a-z]{2,}(?![\w.(=`'\"])", prose))
    listed = re.findall(r"[a-z']+", _listed("english"))
    return Counter({word: n for word, n in found.items() if n >= 3} | dict.fromkeys(listed, 300))


def other_words() -> set[str]:
    """Usual words of other languages in Latin letters."""
    return set(re.findall(r"[a-z]+(?!:)\b", re.sub(r"^\w+:", "", _listed("other"), flags=re.M)))


def _listed(name: str) -> str:
    lines = (HERE / f"{name}.txt").read_text("utf-8").splitlines()
    return "\n".join(line for line in lines if not line.startswith("#"))


def runs(words: dict, english: Counter, others: set[str], rng: random.Random) -> dict[str, float]:
    """Of three letters: how much likelier in Finglish than in English and others (log-odds; the telling ones)."""
    ours, theirs = Counter(), Counter()
    for word, count in words.items():
        for _ in range(SPELLINGS):
            for run in finglish.runs(spelled(word, rng)):
                ours[run] += np.sqrt(count)
    for line in mapped("short"):
        for run in finglish.runs(line.split(" ")[0]):
            ours[run] += 20
    for word, count in english.items():
        for run in finglish.runs(word):
            theirs[run] += np.sqrt(count)
    for word in others:
        for run in finglish.runs(word):
            theirs[run] += 5
    n_ours, n_theirs = sum(ours.values()), sum(theirs.values())
    odds = {
        run: float(np.log((ours[run] + 2) / (n_ours + 2e4)) - np.log((theirs[run] + 2) / (n_theirs + 2e4)))
        for run in {*ours, *theirs}
    }
    return {run: value for run, value in odds.items() if abs(value) > 0.3}


_HOW: dict[str, list[tuple[str, float]]] = {}
for _latin, _options in finglish_spelling.ANYWHERE.items():
    for _persian, _price in _options:
        if len(_persian) == 1 and _price <= 1.5:
            _HOW.setdefault(_persian, []).append((_latin, float(np.exp(-_price))))
_HOW |= {"آ": [("a", 1.0), ("aa", 0.4)], "ع": [("a", 0.6), ("", 0.2), ("e", 0.2)]}


def spelled(word: str, rng: random.Random) -> str:
    """A Persian word in Latin letters, by chance: a short vowel between most consonants, e or eh for a last ه."""
    out = []
    for place, letter in enumerate(word):
        if letter == "ه" and place == len(word) - 1 and place:
            out.append(rng.choice(["e", "e", "e", "eh"]))
            continue
        options = _HOW.get(letter, [("", 1.0)])
        latin = rng.choices([o for o, _ in options], [w for _, w in options])[0]
        if place == 0 and letter == "ا":
            latin = rng.choice("aeo")
        consonants = bool(out) and out[-1] and latin and out[-1][-1] not in "aeiou" and latin[0] not in "aeiou"
        if consonants and rng.random() < (0.75 if place == 1 else 0.45):
            out.append(rng.choice("aaeeo"))
        out.append(latin)
    return "".join(out)


if __name__ == "__main__":
    main(*(sys.argv[1:] or ["../shared/data"]))
