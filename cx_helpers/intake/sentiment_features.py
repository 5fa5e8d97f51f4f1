"""What may a sentiment model look at?  Texts as a table of counts, in exactly the way `sentiment_model` adds up.

A feature is a word, a pair of neighbours, a part of a word, or a word at either end of a text (sentiment_model).  It is
learnt only where it stands in several comments and is made of Persian letters, or is one sign or emoji: nobody's own
word, number, address, link, handle or Latin name can become a weight.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
from scipy import sparse

from cx_helpers.intake import sentiment_model as sm

FEWEST = {"word": 4, "pair": 4, "part": 10, "first": 4, "last": 4}  # comments a feature must stand in
_PERSIAN = re.compile(r"[\u0620-\u064a\u066e-\u06d3\u06fa-\u06ff]+")


def allowed(feature: str) -> bool:
    """May this be kept?  Persian letters, or one sign or emoji; a pair is two of those."""
    return all(_PERSIAN.fullmatch(w) or (len(w) == 1 and not w.isalnum()) for w in feature.split())


class Counts:
    """How often each feature stands in each text: all that training reads of the texts, and counted once."""

    def __init__(self, texts: list[str]):
        flat = np.array(sm.tokens(texts), object)
        ends = flat == "\n"
        text = np.cumsum(ends) - ends
        words, number = np.unique(flat[~ends].astype(str), return_inverse=True)
        by_word = _count(text[~ends], number, (len(texts), len(words)))
        neighbours = ~ends[:-1] & ~ends[1:]
        pairs, pair = np.unique((flat[:-1] + " " + flat[1:])[neighbours].astype(str), return_inverse=True)
        spelled = [sm.parts(word) for word in words]
        parts = sorted({part for word in spelled for part in word})
        at = {part: place for place, part in enumerate(parts)}
        rows = np.repeat(np.arange(len(words)), [len(word) for word in spelled])
        inside = _count(rows, np.array([at[p] for word in spelled for p in word], int), (len(words), len(parts)))
        self.size = len(texts)
        self.names = {"word": words, "pair": pairs, "part": np.array(parts, str), "first": words, "last": words}
        self.counts = {
            "word": by_word,
            "pair": _count(text[:-1][neighbours], pair, (len(texts), len(pairs))),
            "part": (by_word @ inside).tocsr(),
        }
        for kind, places in zip(("first", "last"), sm.edges(np.flatnonzero(ends))[:2], strict=True):
            self.counts[kind] = _count(text[places], number[places - text[places]], by_word.shape)
        self._allowed = {kind: np.array([allowed(n) for n in names], bool) for kind, names in self.names.items()}

    def frequent(self, rows: np.ndarray) -> dict[str, np.ndarray]:
        """Which features stand in enough of these texts, and may be kept: their places, for each kind."""
        found = {}
        for kind, counts in self.counts.items():
            documents = np.bincount(counts[rows].indices, minlength=counts.shape[1])
            found[kind] = np.flatnonzero((documents >= FEWEST[kind]) & self._allowed[kind])
        return self.readable(found)

    def readable(self, places: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The same without pairs of a word that is not there."""
        known = set(self.names["word"][places["word"]])
        pair = places["pair"]
        whole = [all(word in known for word in name.split(" ")) for name in self.names["pair"][pair]]
        return places | {"pair": pair[np.array(whole, bool)]}


def _count(rows, columns, shape) -> sparse.csr_matrix:
    return sparse.csr_matrix((np.ones(len(rows)), (rows, columns)), shape=shape)


class Features:
    """The features a model keeps, and how rare each is (idf, in the 16 bits it is stored with)."""

    def __init__(self, counts: Counts, places: dict[str, np.ndarray], rows: np.ndarray):
        self.places, self.idf = places, {}
        for kind, columns in places.items():
            seen = counts.counts[kind][rows][:, columns]
            documents = np.bincount(seen.indices, minlength=len(columns))
            self.idf[kind] = np.float16(np.log((1 + len(rows)) / (1 + documents)) + 1).astype(float)
        self.frame = pd.DataFrame(
            [(kind, name) for kind, columns in places.items() for name in counts.names[kind][columns]],
            columns=["kind", "feature"],
        ).assign(idf=np.concatenate([*self.idf.values()]))

    def matrix(self, counts: Counts, rows: np.ndarray) -> sparse.csr_matrix:
        """TF-IDF: counts x idf, words and pairs over the root of their summed idf squared, parts over theirs."""
        seen = {kind: counts.counts[kind][rows][:, columns] for kind, columns in self.places.items()}
        norm = {kind: found @ self.idf[kind] ** 2 for kind, found in seen.items()}
        part = norm.pop("part")
        scale = dict.fromkeys(norm, sm.scale(sum(norm.values()))) | {"part": sm.scale(part)}
        return sparse.hstack(
            [sparse.diags_array(scale[k]) @ found @ sparse.diags_array(self.idf[k]) for k, found in seen.items()]
        ).tocsr()

    def only(self, counts: Counts, kept: np.ndarray, rows: np.ndarray) -> Features:
        """Some of the features, by their place in `frame`; pairs only beside both their words."""
        places, start = {}, 0
        for kind, columns in self.places.items():
            places[kind] = columns[kept[(kept >= start) & (kept < start + len(columns))] - start]
            start += len(columns)
        return Features(counts, counts.readable(places), rows)
