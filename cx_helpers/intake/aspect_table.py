"""Which words tell of which aspect?  The shipped table (`aspects-fa.yaml`) and what a company makes of it.

The words are looked up all at once: each different word is compared with the table once, phrases are found by their
places, and one pass over an array tells which clause speaks of what.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from cx_helpers import persian
from cx_helpers.errors import Refusal
from cx_helpers.intake import own_words
from cx_helpers.intake.clauses import Clauses
from cx_helpers.tables import nearest

SHIPPED = Path(__file__).parent / "aspects-fa.yaml"
OWN = own_words.ASPECTS  # in the company's folder
LISTS = ("words", "good", "bad", "never")
KEYS = (*LISTS, "instead")
TONES = {"good": 1, "bad": -1}
GAP = 4  # words that `…` may stand for, at most
MOST = 60  # aspects: one bit each
DENIALS = frozenset(
    persian.simplify(
        "نه نیست نیستن نیستند نیس نبود نبودن نبودند نداره ندارد نداشت نداشتن نداشتند نشد نشده نشدم نکرد نکردن نکردند "
        "نمیشه نمیشود نمیکنه نمیکند نکنه نمیده نمیداد نمیدن بدون عدم ضد فاقد نداشتن هیچوقت هرگز"
    ).split()
)
_DENYING = tuple("نمی نداد ندار نداش نیو نیا نرس نکر نشد نبر ننو نبو نیس نگذا نذا نفر نگر نگشت".split())
WISHES = frozenset({"کاش", "ایکاش", "کاشکی"})
# plural, indefinite, comparative, whose, object, "is", "too": as people write them onto a noun
_ENDINGS = re.compile(
    "(?:تر|ترین)?(?:ها|ا|ات|های|هایی)?(?:یی|ی|ای)?(?:ام|ات|اش|م|ت|ش|مون|تون|شون|مان|تان|شان)?(?:ه|و|رو|ن|ند|ست|است|م|هم)?"
)

_VERB = re.compile(r"\b(ن?می) (?=\w)")


class AspectsError(Refusal):
    """A table of aspects cannot be read: the message says file, line, what is there and what to write."""


@dataclass(frozen=True)
class Phrase:
    """Words that stand one after another; `gap` words may stand before each but the first."""

    aspect: int
    words: tuple[int, ...]  # numbers of stems
    gaps: tuple[int, ...]
    never: bool = False
    tone: int = 0  # 1 praise, -1 a complaint, 0 neither
    denies: bool = False  # it holds its own denial (جواب نداد)


@dataclass
class Table:
    """The aspects in order, and how their words are found; made by `load`, not by hand."""

    aspects: tuple[str, ...]
    phrases: list[Phrase]
    stems: dict[str, list[tuple[int, str]]]  # how a word begins -> numbers of stems and their kind (`*`, `=` or "")
    known: dict[str, tuple[int, ...]] = field(default_factory=dict, repr=False)

    def stems_of(self, word: str) -> tuple[int, ...]:
        """The numbers of the stems that this word is a form of."""
        if word not in self.known:
            if len(self.known) > 200_000:  # so that memory does not grow with the data
                self.known.clear()
            found = []
            for end in range(1, len(word) + 1):
                for number, kind in self.stems.get(word[:end], ()):
                    rest = word[end:]
                    if not rest or kind == "*" or (kind == "" and _ENDINGS.fullmatch(rest)):
                        found.append(number)
            self.known[word] = tuple(found)
        return self.known[word]

    def mentions(self, clauses: Clauses) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(numbers of clauses, numbers of aspects, tones): which clause speaks of what, each once, sorted.

        A tone is 1 where the words alone are praise, -1 where they are a complaint, 0 where they are neither or both;
        a denial in the clause turns it round, and praise that is wished for (کاش …) is a complaint.
        """
        size = len(clauses.number)
        denied, wished = (_with(clauses, names) for names in (DENIALS, WISHES))
        sets: dict[int, list[int]] = {}
        for place, word in enumerate(clauses.different):
            for number in self.stems_of(word):
                sets.setdefault(number, []).append(place)
        flags = {}
        for number, places in sets.items():
            one = np.zeros(len(clauses.different), bool)
            one[places] = True
            flags[number] = one[clauses.number]
        hit, never, good, bad = np.zeros((4, size), np.int64)
        for phrase in self.phrases:
            if not all(number in flags for number in phrase.words):
                continue
            bit = np.int64(1) << phrase.aspect
            for start, end in _runs(phrase, flags, clauses.clause):
                if phrase.never:
                    for offset in range(int((end - start).max(initial=-1)) + 1):
                        inside = start + offset
                        never[inside[inside <= end]] |= bit
                    continue
                hit[start] |= bit
                if phrase.tone:
                    turned = denied[clauses.clause[start]] & (not phrase.denies)
                    kind = np.where(turned, -phrase.tone, phrase.tone)
                    kind = np.where(wished[clauses.clause[start]], -1, kind)
                    good[start[kind > 0]] |= bit
                    bad[start[kind < 0]] |= bit
        hit &= ~never
        found = []
        for aspect in range(len(self.aspects)):
            spoken = np.flatnonzero((hit >> aspect) & 1)
            tone = ((good[spoken] >> aspect) & 1) - ((bad[spoken] >> aspect) & 1)
            clause, place = np.unique(clauses.clause[spoken], return_inverse=True)
            found.append((clause, np.full(len(clause), aspect), np.sign(np.bincount(place, tone, len(clause)))))
        clause, aspect, tone = (np.concatenate(part) for part in zip(*found, strict=True))
        order = np.lexsort((aspect, clause))
        return clause[order], aspect[order], tone[order].astype(int)


def _with(clauses: Clauses, names: frozenset[str]) -> np.ndarray:
    """Which clauses hold one of these words?"""
    chosen = np.array([token in names for token in clauses.different], bool)[clauses.number]
    return np.bincount(clauses.clause, chosen, len(clauses.text)) > 0


def _runs(phrase: Phrase, flags: dict[int, np.ndarray], clause: np.ndarray):
    """(starts, ends) of the places where the phrase stands within one clause."""
    start = end = np.flatnonzero(flags[phrase.words[0]])
    for number, gap in zip(phrase.words[1:], phrase.gaps[1:], strict=True):
        there, out = flags[number], []
        for step in range(1, gap + 2):
            place = np.minimum(end + step, len(there) - 1)
            fits = there[place] & (clause[place] == clause[end]) & (end + step < len(there))
            out.append((start[fits], place[fits]))
        start, end = (np.concatenate(side) for side in zip(*out, strict=True))
    yield start, end


def load(folder: str | Path | None = None, shipped: Path = SHIPPED, own_name: str = OWN) -> Table:
    """The shipped table, changed by the company's `aspects.yaml` where its folder has one.

    shipped, own_name  another table of the same form, and what a company calls its own (`urgent` has one)
    """
    said = _read(shipped)
    own = None if folder is None else Path(folder) / own_name
    if own is not None and own.exists():
        for aspect, given in _read(own).items():
            if given is None:
                if said.pop(aspect, None) is None:
                    raise AspectsError(f"{own.name}: there is no aspect {aspect!r} to take away{nearest(aspect, said)}")
            elif aspect in said and not given["instead"]:
                said[aspect] = {key: [*said[aspect][key], *given[key]] for key in LISTS}
            else:
                said[aspect] = given
    if not said:
        raise AspectsError(f"{own_name}: nothing is left; take away all but what you look for, and keep that")
    if len(said) > MOST:
        raise AspectsError(f"{own_name}: {len(said)} aspects; at most {MOST} can be told apart: take some away")
    return _compiled(said)


def praise_and_complaint() -> pd.DataFrame:
    """The phrases that the shipped table holds to be praise or a complaint by themselves: `text`, `label`."""
    found = {}
    for given in _read(SHIPPED).values():
        for key, label in (("good", "positive"), ("bad", "negative")):
            found |= {re.sub("[*=… ]+", " ", phrase).strip(): label for phrase in given[key]}
    return pd.DataFrame({"text": [*found], "label": [*found.values()]})


def _compiled(said: dict) -> Table:
    stems, numbers, phrases = {}, {}, []

    def number(word: str) -> int:
        kind = "*" if word.endswith("*") else "=" if word.startswith("=") else ""
        plain = word.strip("*=")
        if word not in numbers:
            numbers[word] = len(numbers)
            stems.setdefault(plain, []).append((numbers[word], kind))
        return numbers[word]

    for aspect, given in enumerate(said.values()):
        for key in LISTS:
            for text in given[key]:
                pieces = [piece.split() for piece in persian.simplify(text.replace("…", "\n")).split("\n")]
                spaced = _places(pieces)
                # written in one, as half-spaces are once they are gone: the verb alone (نمی خرم), or all of it
                verbs = _places([_VERB.sub(r"\1", " ".join(piece)).split() for piece in pieces])
                whole = [piece if len(piece) == 1 else ["".join(word.strip("=") for word in piece)] for piece in pieces]
                denies = any(_denying(word) for word, _ in spaced)
                for parts in dict.fromkeys([spaced, verbs, _places(whole)]):
                    words, gaps = zip(*parts, strict=True)
                    about = (key == "never", TONES.get(key, 0), denies)
                    phrases.append(Phrase(aspect, tuple(map(number, words)), gaps, *about))
    return Table(tuple(said), phrases, stems)


def _places(pieces: list[list[str]]) -> tuple[tuple[str, int], ...]:
    """Each word of a phrase, and how many words may stand before it."""
    return tuple(
        (word, GAP if at == 0 and place else 0) for place, piece in enumerate(pieces) for at, word in enumerate(piece)
    )


def _denying(word: str) -> bool:
    """Is this word of a phrase a denial itself?  A verb with ن before it: نداد، نمیده، نشده."""
    return word.strip("*=") in DENIALS or word.startswith(_DENYING)


def _read(path: Path) -> dict[str, dict | None]:
    """{aspect: {words, never, instead} or None} of a file, with the line of whatever is wrong in it."""
    try:
        root = yaml.compose(path.read_text("utf-8-sig"))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise AspectsError(f"{path.name}, line {line}: {error.problem}; correct it: it must be YAML") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise AspectsError(f"{path.name}: {str(error).splitlines()[0]}; save it as YAML in UTF-8") from None
    if root is None:
        return {}
    out: dict[str, dict | None] = {}
    for aspect, node in _pairs(path, root, "aspects and their words, e.g.\ndelivery:\n  words: [ارسال, تحویل]"):
        if aspect.value in out:
            raise _wrong(path, aspect, f"{aspect.value!r} stands twice; put its words under one of them")
        if not re.fullmatch(r"[^\W\d]\w*", aspect.value) or aspect.value != aspect.value.lower():
            raise _wrong(
                path, aspect, f"{aspect.value!r} is no name; write small letters, digits and _, e.g. warranty, and "
                "what it is called on pages in labels.yaml",
            )  # fmt: skip
        if isinstance(node, yaml.ScalarNode) and node.value in ("", "~", "null"):
            out[aspect.value] = None
            continue
        given = {key: [] for key in LISTS} | {"instead": False}
        for key, value in _pairs(path, node, "words: [قیمت, گرون*]"):
            if key.value not in KEYS:
                raise _wrong(path, key, f"unknown key {key.value!r}{nearest(key.value, KEYS)}; use {', '.join(KEYS)}")
            given[key.value] = _truth(path, value) if key.value == "instead" else _phrases(path, key.value, value)
        if not any(given[key] for key in LISTS):
            raise _wrong(path, aspect, f"{aspect.value!r} has no words; write them, or nothing at all to take it away")
        out[aspect.value] = given
    return out


def _wrong(path: Path, node, what: str) -> AspectsError:
    return AspectsError(f"{path.name}, line {node.start_mark.line + 1}: {what}")


def _pairs(path: Path, node, form: str):
    if not isinstance(node, yaml.MappingNode) or not all(isinstance(key, yaml.ScalarNode) for key, _ in node.value):
        raise _wrong(path, node, f"keys and values are needed here; write {form}")
    return node.value


def _truth(path: Path, node) -> bool:
    if node.value not in ("true", "false"):
        raise _wrong(path, node, f"instead is {node.value!r}; write true or false")
    return node.value == "true"


def _phrases(path: Path, key: str, node) -> list[str]:
    if not isinstance(node, yaml.SequenceNode):
        raise _wrong(path, node, f"{key} is no list; write {key}: [قیمت, گرون*]")
    for one in node.value:
        if not isinstance(one, yaml.ScalarNode):
            raise _wrong(path, one, "a word or phrase is needed here; put it in quotes if it holds : or [")
        parts = persian.simplify(one.value.replace("…", " ")).replace("...", " ").split()
        plain = [part.strip("*=") for part in parts]
        if not plain or not all(word.isalpha() for word in plain):
            raise _wrong(
                path, one, f"{one.value!r} is no phrase of words; only letters, and *, = or … as the head says"
            )
        if any("*" in part[:-1] or "=" in part[1:] for part in parts):
            raise _wrong(path, one, f"{one.value!r}: * stands at the end of a word and = before it")
        if "…" in one.value.strip()[:1] + one.value.strip()[-1:]:
            raise _wrong(path, one, f"{one.value!r}: … stands between words")
    return [one.value for one in node.value]
