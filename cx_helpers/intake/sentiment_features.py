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

from cx_helpers.intake import denial
from cx_helpers.intake import sentiment_model as sm
from cx_helpers.intake.sentiment_parts import parts as parts_of

FEWEST = {"word": 4, "pair": 4, "part": 10, "first": 4, "last": 4, "denied": 4}  # comments a feature must stand in
_PERSIAN = re.compile(r"[\u0620-\u064a\u066e-\u06d3\u06fa-\u06ff]+")


def allowed(feature: str) -> bool:
    """May this be kept?  Persian letters, or one sign or emoji; a pair is two of those."""
    return all(_PERSIAN.fullmatch(w) or (len(w) == 1 and not w.isalnum()) for w in feature.split())


class Counts:
    """How often each feature stands in each text: all that training reads of the texts, and counted once.

    counts  how often a word, pair, part … stands in a text: what it adds to the norm
    signed  the same with its sign: a denied word counts against itself (denial)
    """

    def __init__(self, texts: list[str]):
        flat = np.array(sm.tokens(texts), object)
        ends = flat == "\n"
        stop, text = np.flatnonzero(ends), np.cumsum(ends) - ends
        words, number = np.unique(flat[~ends].astype(str), return_inverse=True)
        of = np.zeros(len(flat), int)
        of[~ends] = number
        neighbours = ~ends[:-1] & ~ends[1:]
        roles = np.where(ends, denial.STOPS, np.array([*map(denial.role, words), denial.STOPS])[of])
        read, denies = denial.read(roles), roles >= denial.DENIES_BACK
        turned, silent = read == denial.DENIED, read == denial.SILENT
        neighbours[silent[:-1] | silent[1:]] = False
        pairs, pair = np.unique((flat[:-1] + " " + flat[1:])[neighbours].astype(str), return_inverse=True)
        parts, inside = _inside(words)
        self.size = len(texts)
        self.names = dict.fromkeys(("word", "first", "last", "denied"), words) | {"pair": pairs, "part": parts}

        def counted(times: np.ndarray) -> dict[str, sparse.csr_matrix]:
            first, last, _ = sm.edges(stop)
            shape, found = (len(texts), len(words)), {}
            for kind, places in (("word", np.flatnonzero(~ends)), ("first", first), ("last", last)):
                found[kind] = _count(text[places], of[places], shape, times[places])
            return found | {"part": (found["word"] @ inside).tocsr()}

        says = np.where(turned, np.where(denies, 0.0, -sm.TURN), 1.0)  # a word that denies says that it does, no more
        says[silent] = 0.0
        unsigned = {
            "pair": _count(text[:-1][neighbours], pair, (len(texts), len(pairs))),
            "denied": _count(text[turned], of[turned], (len(texts), len(words))),
        }
        self.signed, self.counts = counted(says) | unsigned, counted((says != 0) * 1.0) | unsigned
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


def _inside(words: np.ndarray) -> tuple[np.ndarray, sparse.csr_matrix]:
    """The parts of words, and how often each stands in each word."""
    spelled = [parts_of(word) for word in words]
    parts = sorted({part for word in spelled for part in word})
    at = {part: place for place, part in enumerate(parts)}
    rows = np.repeat(np.arange(len(words)), [len(word) for word in spelled])
    columns = np.array([at[part] for word in spelled for part in word], int)
    return np.array(parts, str), _count(rows, columns, (len(words), len(parts)))


def _count(rows, columns, shape, times: np.ndarray | None = None) -> sparse.csr_matrix:
    """How often each stands where; `times`: what each of them counts."""
    found = sparse.csr_matrix((np.ones(len(rows)) if times is None else times, (rows, columns)), shape=shape)
    found.eliminate_zeros()
    return found


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
        seen = {kind: counts.signed[kind][rows][:, columns] for kind, columns in self.places.items()}
        norm = {k: counts.counts[k][rows][:, columns] @ self.idf[k] ** 2 for k, columns in self.places.items()}
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
