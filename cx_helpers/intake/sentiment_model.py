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
from scipy import sparse

from cx_helpers import persian
from cx_helpers.errors import Refusal
from cx_helpers.intake import denial, privacy
from cx_helpers.intake.sentiment_classes import Felt, chances
from cx_helpers.intake.sentiment_parts import Worth

SHIPPED = Path(__file__).parent / "models" / "sentiment-fa.parquet"
DENIAL = "denial"  # in a file's metadata: it was taught with denied words turned round (`denial`)
_TOKEN = re.compile(r"[^\W\d_]+|\n|[^\w\s.,:;'\"@#$%&*+=<>()\[\]{}/\\|~^`،؛٬٫٪«»…-]")
KINDS = ("word", "pair", "part", "first", "last", "denied")
TURN = 0.7  # what a denied word says against itself: this share of its weight, the other way round
EDGE = 4  # words at either end of a text
_WORD, _PART, _LETTERS, _KNOWN = 0, 2, 4, 5  # what is known of a token: as a word, its norm, parts, their norm, …
_ADDS, _NORMS = [0, 2, 6, 8], [1, 3, 7, 9]  # of a token: what it adds, and to the norm: word, parts, first, last
_WAYS = 3  # in which a word may stand: as it is, denied, and silent (denial)
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
    return _TOKEN.findall(denial.joined(persian.simplify("\n".join(lines) + "\n" if lines else "")))


class _Numbers(dict):
    """Numbers tokens in the order they are first met."""

    def __missing__(self, token: str) -> int:
        self[token] = number = len(self)
        return number


@dataclass
class Reading:
    """What the model saw in a batch: one row a text; and of each token, for `sentiment.explain`, what it brought."""

    tokens: list[str]  # every text's, and its line break
    word_scale: np.ndarray  # of each text: what words and pairs are multiplied by
    part_scale: np.ndarray  # of each text: what parts are multiplied by
    logit: np.ndarray  # of each text
    letters: np.ndarray  # of each text: letters of the words of which the model knows anything
    known: np.ndarray  # of each text: features recognised
    _worth: tuple = field(repr=False)  # facts, edges, number, near and pairs, as `Model.read` has them

    @property
    def word(self) -> np.ndarray:
        """Contribution of each token as a word, and by its place, before the norm."""
        facts, edges, number, near, _ = self._worth
        found = facts[number, _WORD]
        for places, by in zip(near, edges, strict=True):
            found[places] += by[number[places], 0]
        return found

    @property
    def part(self) -> np.ndarray:
        """Contribution of each token's parts, before the norm."""
        facts, _, number, _, _ = self._worth
        return facts[number, _PART]

    @property
    def pair(self) -> np.ndarray:
        """Contribution of each token with the next one, before the norm."""
        hit, by = self._worth[-1]
        found = np.zeros(len(self.tokens))
        found[hit] = by
        return found


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
    parts: dict[str, complex]  # part -> idf * weight + i * idf squared: both are added up in one go
    first: dict[str, complex]  # the same of words among the first of a text
    last: dict[str, complex]
    denied: dict[str, complex]
    about: dict[str, str] = field(default_factory=dict, repr=False)  # what else the file says of itself

    def __post_init__(self):
        self._part = Worth(self.parts)
        self._forget()

    def _forget(self) -> None:
        """Nothing is known of any token but the line break, which is no word and adds nothing."""
        self._seen = _Numbers({"\n": 0})
        self._facts, self._as_word = np.zeros((_WAYS, 6)), np.full(_WAYS, -1)
        self._roles = np.array([denial.STOPS])
        self._edges = [np.zeros((_WAYS, 2))] * 2  # what a word adds among the first, among the last; and its norm

    def read(self, texts: list[str]) -> Reading:
        """Look a batch of texts up; the result does not depend on how texts are split into batches."""
        if len(self._seen) > _REMEMBERED:
            self._forget()
        flat = tokens(texts)
        number = np.fromiter(map(self._seen.__getitem__, flat), np.int64, len(flat))
        self._learn_new_words()
        stop, n = np.flatnonzero(number == 0), len(texts)
        number = _WAYS * number + denial.read(self._roles[number])
        found = _added(self._facts, number, np.append(0, stop + 1))
        *near, start = edges(stop)
        for places, by in zip(near, self._edges, strict=True):
            found[:, _WORD : _WORD + 2] += _added(by, number[places], start)
        key = self._pair_keys(self._as_word[number])
        place = np.searchsorted(self.pair_key, key)
        hit = np.flatnonzero(self.pair_key[place] == key)
        place, text = place[hit], np.searchsorted(stop, hit)
        by, norm = self.pair_weight[place] * self.pair_idf[place], self.pair_idf[place] ** 2
        word_scale = scale(found[:, _WORD + 1] + np.bincount(text, norm, n))
        part_scale = scale(found[:, _PART + 1])
        words, parts = found[:, _WORD] + np.bincount(text, by, n), found[:, _PART]
        known = found[:, _KNOWN].astype(int) + np.bincount(text, minlength=n)
        worth = (self._facts, self._edges, number, near, (hit, by))
        logit = self.intercept + words * word_scale + parts * part_scale
        return Reading(flat, word_scale, part_scale, logit, found[:, _LETTERS].astype(int), known, worth)

    def feel(self, texts: list[str]) -> Felt:
        """How each text of a batch feels: p of the classes (sentiment_classes), and how much of it was recognised."""
        read = self.read(texts)
        half = float(self.about["half"]) if "half" in self.about else None
        return Felt(*chances(read.logit, half), read.letters, read.known)

    def _pair_keys(self, seen_as: np.ndarray) -> np.ndarray:
        """Key of each token with the next; -1 where either is unknown or a line break (which is never a word)."""
        following = np.append(seen_as[1:], -1)
        return np.where((seen_as >= 0) & (following >= 0), seen_as * len(self.words) + following, -1)

    def _learn_new_words(self) -> None:
        """Work out, once for each different word, what it adds."""
        new = [*itertools.islice(self._seen, len(self._roles), None)]
        if not new:
            return
        as_word = np.fromiter((self.words.get(token, -1) for token in new), np.int64, len(new))
        weight, idf = np.zeros(len(new)), np.zeros(len(new))
        there = as_word >= 0
        weight[there], idf[there] = self.word_weight[as_word[there]], self.word_idf[as_word[there]]
        part, known = self._part.of(new)
        known = known + there
        letters = np.fromiter((len(token) if token.isalpha() else 0 for token in new), np.int64, len(new))
        ends, denied = (self.first, self.last), np.array([self.denied.get(token, 0j) for token in new])
        first, last = (np.array([of.get(token, 0j) for token in new]) for of in ends)
        taught = DENIAL in self.about
        roles = np.array([denial.role(token) if taught else denial.PLAIN for token in new])
        columns = [weight * idf, idf**2, part.real, part.imag, letters * (known > 0), known]
        columns += [first.real, first.imag, last.real, last.imag, as_word]
        rows = _ways(np.stack(columns, axis=1), denied, roles >= denial.DENIES_BACK)
        self._roles = np.append(self._roles, roles)
        self._facts = np.vstack([self._facts, rows[:, :6]])
        self._edges = [np.vstack(both) for both in zip(self._edges, (rows[:, 6:8], rows[:, 8:10]), strict=True)]
        self._as_word = np.append(self._as_word, rows[:, 10].astype(np.int64))


def _ways(plain: np.ndarray, own: np.ndarray, denies: np.ndarray) -> np.ndarray:
    """What each word adds as it stands, denied or denying, and silent (nothing): three rows a word."""
    turned = plain.copy()
    turned[:, _ADDS] *= np.where(denies, 0, -TURN)[:, None]
    turned[np.ix_(denies, _NORMS)] = 0
    turned[:, _WORD] += own.real
    turned[:, _WORD + 1] += own.imag
    silent = np.zeros_like(plain)
    silent[:, -1] = -1  # no word that makes a pair
    return np.stack([plain, turned, silent], axis=1).reshape(-1, plain.shape[1])


def _added(worth: np.ndarray, number: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Rows of `worth`, by their number, added up from each start to the next: one row a text."""
    one = sparse.csr_array((np.ones(len(number)), number, start), shape=(len(start) - 1, len(worth)))
    return one @ worth


def edges(stop: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where do the first and the last tokens of each text stand?  And where does each text begin in both lists?

    stop  where the line breaks stand that end a text
    """
    begin = np.append(0, stop[:-1] + 1)
    few = np.minimum(stop - begin, EDGE)
    start = np.append(0, np.cumsum(few))
    place = np.arange(start[-1])
    return place + np.repeat(begin - start[:-1], few), place + np.repeat(stop - few - start[:-1], few), start


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
        denied=_worth(by_kind["denied"]),
        about=about,
    )


def table(path: str | Path = SHIPPED) -> tuple[pd.DataFrame, float]:
    """A model file as it is taught anew from: its rows (kind, feature, idf, weight), and its intercept."""
    start = load(path).intercept
    frame = pq.read_table(path, columns=["kind", "feature", "idf", "weight"]).to_pandas()
    return frame.astype({"idf": float, "weight": float}), start


def _worth(of: pd.DataFrame) -> dict[str, complex]:
    """What each feature adds, and its idf squared."""
    return dict(zip(of["feature"], (of["idf"] * of["weight"] + 1j * of["idf"] ** 2).tolist(), strict=True))


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
