"""What is in the sentiment model?  Words, pairs and parts of words, each with a weight; read, multiplied, added up.

The log-odds that a text is positive are  intercept + words / sqrt(their norm) + parts / sqrt(their norm):

words   every word, emoji, ! and ? of the text, and every pair of neighbours, that the model knows; and what a word says
        beyond itself where it is among the first or the last four of the text (how one begins and ends tells most)
parts   every run of 2-5 letters inside a word (with its borders), that the model knows: this is how it reads
        spellings and endings it has never seen
norm    the sum of squared idf, so that a long text does not shout

A word's parts depend on that word alone, so they are added up once for each different word and then remembered: a
text costs a look-up for each word, not one for each of its forty parts. Nothing here needs scikit-learn.
"""

from __future__ import annotations

import functools
import itertools
import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from cx_helpers import persian
from cx_helpers.errors import Refusal
from cx_helpers.intake import privacy

SHIPPED = Path(__file__).parent / "models" / "sentiment-fa.parquet"
SHORTEST_PART, LONGEST_PART = 2, 5
_TOKEN = re.compile(r"[^\W\d_]+|\n|[^\w\s.,:;'\"@#$%&*+=<>()\[\]{}/\\|~^`،؛٬٫٪«»…-]")
KINDS = ("word", "pair", "part", "first", "last")
EDGE = 4  # words at either end of a text
_LINE_BREAK = (-1.0, *(0.0,) * 10)  # is no word and adds nothing
_NOTHING = (0.0, 0.0)
_NO_PAIR = np.iinfo(np.int64).max  # a key above all others, so that every search ends within the list
_REMEMBERED = 200_000  # different words; then the memory starts anew, so that it does not grow with the data


class SentimentModelError(Refusal):
    """A file is no sentiment model: the message says what is wrong, what is there, what to do."""


def tokens(texts: list[str]) -> list[str]:
    """The words, emoji, ! and ? of all texts in one list, each text followed by a line break.

    Numbers, other punctuation and spaces separate tokens and are left out; so are e-mails, links, user names and the
    marks that redaction leaves, so that a text feels the same before and after it.
    """
    lines = [text.replace("\n", " ") if "\n" in text else text for text in privacy.without_all(texts)]
    return _TOKEN.findall(persian.simplify("\n".join(lines) + "\n" if lines else ""))


def parts(word: str) -> list[str]:
    """The runs of 2-5 letters of a word, its borders written as spaces; a sign or an emoji has none."""
    if not word.isalpha():
        return []
    word = f" {word} "
    return [
        word[i : i + size]
        for size in range(SHORTEST_PART, min(LONGEST_PART, len(word)) + 1)
        for i in range(len(word) - size + 1)
    ]


class _Numbers(dict):
    """Numbers tokens in the order they are first met."""

    def __missing__(self, token: str) -> int:
        self[token] = number = len(self)
        return number


@dataclass
class Reading:
    """What the model saw in a batch: one row a token (line breaks included), then one row a text."""

    tokens: list[str]
    text: np.ndarray  # number of the text a token stands in
    word: np.ndarray  # contribution of each token as a word, and by its place, before the norm
    part: np.ndarray  # contribution of each token's parts, before the norm
    pair: np.ndarray  # contribution of each token with the next one, before the norm
    word_scale: np.ndarray  # of each text: what words and pairs are multiplied by
    part_scale: np.ndarray  # of each text: what parts are multiplied by
    logit: np.ndarray  # of each text
    letters: np.ndarray  # of each text: letters of the words of which the model knows anything
    known: np.ndarray  # of each text: features recognised


@dataclass
class Model:
    """A sentiment model in memory; made by `load`, not by hand."""

    name: str
    intercept: float
    words: dict[str, int]
    word_weight: np.ndarray
    word_idf: np.ndarray
    pair_key: np.ndarray  # sorted: first word's number * number of words + second word's; _NO_PAIR at the end
    pair_weight: np.ndarray
    pair_idf: np.ndarray
    parts: dict[str, tuple[float, float]]  # part -> (idf * weight, idf squared)
    first: dict[str, tuple[float, float]]  # the same of words among the first of a text
    last: dict[str, tuple[float, float]]
    about: dict[str, str] = field(default_factory=dict, repr=False)  # what else the file says of itself
    _seen: _Numbers = field(default_factory=lambda: _Numbers({"\n": 0}), repr=False)
    _facts: np.ndarray = field(default_factory=lambda: np.array([_LINE_BREAK]), repr=False)

    def read(self, texts: list[str]) -> Reading:
        """Look a batch of texts up; the result does not depend on how texts are split into batches."""
        if len(self._seen) > _REMEMBERED:
            self._seen, self._facts = _Numbers({"\n": 0}), self._facts[:1]
        flat = tokens(texts)
        number = np.fromiter(map(self._seen.__getitem__, flat), np.int64, len(flat))
        self._learn_new_words()
        # a token: number as a word, word, its norm, part, its norm, letters, known, first, its norm, last, its norm
        facts = np.ascontiguousarray(self._facts[number].T)
        seen_as, word, word_norm, part, part_norm, letters, known = facts[:7]
        ends = number == 0
        text = np.cumsum(ends) - ends
        for near, (by, norm) in zip(edges(ends, text), (facts[7:9], facts[9:11]), strict=True):
            word, word_norm = word + near * by, word_norm + near * norm
        key = self._pair_keys(seen_as.astype(np.int64))
        place = np.searchsorted(self.pair_key, key)
        hit = self.pair_key[place] == key
        pair = np.where(hit, self.pair_weight[place] * self.pair_idf[place], 0.0)
        pair_norm = np.where(hit, self.pair_idf[place] ** 2, 0.0)

        def add(values):
            return np.bincount(text, values, len(texts))

        word_scale, part_scale = scale(add(word_norm + pair_norm)), scale(add(part_norm))
        logit = self.intercept + add(word + pair) * word_scale + add(part) * part_scale
        letters, known = add(letters).astype(int), add(known + hit).astype(int)
        return Reading(flat, text, word, part, pair, word_scale, part_scale, logit, letters, known)

    def _pair_keys(self, seen_as: np.ndarray) -> np.ndarray:
        """Key of each token with the next; -1 where either is unknown or a line break (which is never a word)."""
        following = np.append(seen_as[1:], -1)
        return np.where((seen_as >= 0) & (following >= 0), seen_as * len(self.words) + following, -1)

    def _learn_new_words(self) -> None:
        """Work out, once for each different word, what it adds."""
        start, rows = len(self._facts), []
        for token in itertools.islice(self._seen, start, None):
            as_word = self.words.get(token, -1)
            weight, idf = (self.word_weight[as_word], self.word_idf[as_word]) if as_word >= 0 else (0.0, 0.0)
            found = [worth for part in parts(token) if (worth := self.parts.get(part))]
            known = len(found) + (as_word >= 0)
            letters = len(token) if known and token.isalpha() else 0
            part, norm = sum(f[0] for f in found), sum(f[1] for f in found)
            edges = *self.first.get(token, _NOTHING), *self.last.get(token, _NOTHING)
            rows.append((as_word, weight * idf, idf**2, part, norm, letters, known, *edges))
        if rows:
            self._facts = np.vstack([self._facts, np.array(rows, float)])


def edges(ends: np.ndarray, text: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which tokens are among the first of their text, which among the last?  Line breaks end a text."""
    place, stop = np.arange(len(ends)), np.flatnonzero(ends)
    start = np.append(0, stop[:-1] + 1)
    return place - start[text] < EDGE, (stop[text] - place <= EDGE) & ~ends


def scale(norm: np.ndarray) -> np.ndarray:
    """What each text is multiplied by, so that a long one does not shout."""
    return 1 / np.sqrt(np.where(norm > 0, norm, 1))


@functools.lru_cache(maxsize=4)
def load(path: str | Path = SHIPPED) -> Model:
    """Read a model file: Parquet, one row a feature: `kind` (KINDS), `feature`, `idf`, `weight`.

    The intercept and the name are in the file's metadata. Anyone can look at it with pandas or SQL.
    """
    path = Path(path)
    if not path.exists():
        raise SentimentModelError(
            f"no sentiment model at {path}; leave `model` out for the shipped one, or train one: cx sentiment train"
        )
    table = pq.read_table(path)
    about = {k.decode(): v.decode() for k, v in (table.schema.metadata or {}).items()}
    if not {"kind", "feature", "idf", "weight"} <= set(table.column_names) or "intercept" not in about:
        raise SentimentModelError(
            f"{path} is no sentiment model: it has the columns {table.column_names}, and needs kind, feature, idf, "
            "weight and an intercept in its metadata; train one: cx sentiment train"
        )
    frame = table.to_pandas().astype({"idf": float, "weight": float})
    by_kind = {kind: frame[frame["kind"] == kind].reset_index(drop=True) for kind in KINDS}
    words = {word: number for number, word in enumerate(by_kind["word"]["feature"])}
    pair = by_kind["pair"]
    ends = [tuple(words[word] for word in both.split(" ")) for both in pair["feature"]]
    key = np.array([one * len(words) + other for one, other in ends], np.int64)
    order = np.argsort(key)
    return Model(
        name=about.get("name", path.stem),
        intercept=float(about["intercept"]),
        words=words,
        word_weight=by_kind["word"]["weight"].to_numpy(),
        word_idf=by_kind["word"]["idf"].to_numpy(),
        pair_key=np.append(key[order], _NO_PAIR),
        pair_weight=np.append(pair["weight"].to_numpy()[order], 0.0),
        pair_idf=np.append(pair["idf"].to_numpy()[order], 0.0),
        parts=_worth(by_kind["part"]),
        first=_worth(by_kind["first"]),
        last=_worth(by_kind["last"]),
        about=about,
    )


def _worth(of: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """What each feature adds, and its idf squared."""
    return dict(zip(of["feature"], zip(of["idf"] * of["weight"], of["idf"] ** 2, strict=True), strict=True))


def write(path: str | Path, table: pd.DataFrame, intercept: float, about: dict[str, str]) -> None:
    """Write a model file that `load` reads: sorted, so that anyone can read what it knows and so that it compresses.

    table  kind, feature, idf, weight;  about  what else the file says of itself (name, recipe, evidence)
    """
    table = table[["kind", "feature", "idf", "weight"]].astype({"idf": np.float16, "weight": np.float16})
    arrow = pa.Table.from_pandas(table.sort_values(["kind", "feature"], ignore_index=True), preserve_index=False)
    arrow = arrow.replace_schema_metadata(about | {"intercept": repr(float(intercept))})
    path = Path(path)
    part = path.with_name(f".{path.name}.writing")
    pq.write_table(
        arrow, part, compression="zstd", compression_level=22, use_dictionary=["kind", "idf"], write_statistics=False,
        column_encoding={"feature": "DELTA_BYTE_ARRAY", "weight": "BYTE_STREAM_SPLIT"},
    )  # fmt: skip
    part.replace(path)
