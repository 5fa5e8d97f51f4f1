"""Which Persian word is meant by `khoob`, `khub`, `khob`?  What each run of Latin letters can stand for, and its price.

Persian writes its long vowels and leaves out the short ones; Latin letters write both, each writer in a way of their
own. So a spelling is read as a walk through all Persian words at once (a tree of their letters): every step eats one to
three Latin letters, writes none to two Persian ones and costs more the rarer it is. The cheapest walks that end on a
word are what may be meant; how common the word is decides among them (`finglish`).

A price is about -log(probability). A word in which one letter is wrong, missing, one too many or swapped is found too,
at the price TYPO.
"""

from __future__ import annotations

TYPO = 6.0
WIDE = 6.0  # a walk this much dearer than the cheapest at the same letter is given up
END = ""  # key of a tree's node under which the word's own number stands

_ANYWHERE = {
    "b": "ب", "p": "پ", "t": "ت ط", "s": "س ص ث", "j": "ج ژ:2", "h": "ه ح", "d": "د", "z": "ز ذ ض ظ ژ:3", "r": "ر",
    "f": "ف", "k": "ک خ:3.5 ق:4", "g": "گ ق:3 غ:3 ج:3.5", "l": "ل", "m": "م", "n": "ن", "v": "و", "w": "و",
    "q": "ق غ", "c": "چ:1 ک:2 س:2", "x": "خ:1 کس:1 ش:3", "y": "ی ای:4", "kh": "خ خو:1.5", "gh": "ق غ", "sh": "ش",
    "ch": "چ ش:3.5", "zh": "ژ", "ph": "ف:1", "ck": "ک:1", "ts": "تس", "a": "_:.8 ا:.7 ع:2.5 ه:4 اع:3 عا:3 ی:4",
    "aa": "ا:.2 اع:2 عا:2", "e": "_:.7 ی:2.5 ع:2.5 ا:4 ه:4", "i": "ی:.2 یی:1.5 عی:2.5 _:3",
    "ee": "ی:.4 یی:2 عی:2.5", "ie": "ی:1 یه:1.5", "ey": "ی:.4", "ei": "ی:.5 یی:1.5", "ay": "ی:1.5 ای:.5",
    "ai": "ی:1.5 ای:1 ایی:1 عی:2.5", "iy": "ی:.4", "o": "_:1 و:.8 ع:3 ا:4 عو:3", "oo": "و:.2 عو:2.5",
    "u": "و:.3 عو:2.5 ا:3.5 _:2.5", "ou": "و:.5", "ow": "و:.5", "ui": "ویی:.7 وی:1.5", "oi": "ویی:1 وی:1.5",
    "ooi": "ویی:.5 وی:1.5", "aei": "ایی:1", "aee": "ایی:1", "eii": "یی:1.5", "kha": "خوا:.7", "khaa": "خوا:.3",
    "khi": "خوی:2", "'": "_:.1 ع:.3", "yy": "ی:.5", "ye": "ی:.6 یه:1 یی:2",
}  # fmt: skip
_FIRST = {
    "a": "ا:.6 آ:.6 ع:1 عا:1.5", "aa": "آ:.1 ا:1 عا:1", "e": "ا:.3 ع:1 ای:2", "o": "ا:.6 او:1 ع:1.5 عو:2",
    "i": "ای:.3 عی:2 ا:2 ی:2", "ee": "ای:.4", "u": "او:.3 عو:2 ا:2", "oo": "او:.2 عو:2", "ou": "او:.3",
    "ei": "ای:1 عی:1", "ey": "ای:.7 عی:1", "es": "اس:.3 س:1.5", "y": "ی ای:3",
}  # fmt: skip
_LAST = {
    "e": "ه:.4 _:1.3 ی:3 هی:3 ست:6", "eh": "ه:.2", "a": "ا:.6 ه:1.5 اً:1 ع:2.5 ی:4", "ah": "ه:.6 اه:1",
    "o": "و:.7 _:3.5", "i": "ی:.2 یی:1 ای:2 هی:3", "an": "ا:.9 ان:.7 ن:.7", "ye": "ی:.4 یه:.4 هی:1 _:2 ه:3",
    "y": "ی:.1", "ee": "یه:1.5", "ie": "یه:.8 ی:1", "am": "م:.7 ام:.7 هم:4", "iye": "یه:.6", "ast": "ست:2",
}  # fmt: skip
SILENT = {"ع": 1.0, "ا": 3.2, "ی": 3.0, "و": 3.0, "ه": 3.0, "ح": 3.5, "ن": 6.0, "ت": 5.0, "د": 5.0}
_VOWELS = frozenset("aeiou'")


def _prices(table: dict[str, str]) -> dict[str, list[tuple[str, float]]]:
    read = {}
    for latin, written in table.items():
        pairs = [(one.split(":") + ["0.1"])[:2] for one in written.split()]
        read[latin] = [("" if persian == "_" else persian, float(price)) for persian, price in pairs]
    return read


ANYWHERE, FIRST, LAST = _prices(_ANYWHERE), _prices(_FIRST), _prices(_LAST)
_LONGEST = 4
_NEVER = float("inf")


def tree(words) -> dict:
    """The letters of numbered words as nested dicts: a node maps a letter to the next node, END to a word's number."""
    root: dict = {}
    for number, word in enumerate(words):
        node = root
        for letter in word:
            node = node.setdefault(letter, {})
        node.setdefault(END, number)
    return root


def walks(latin: str, root: dict, typos: bool = False) -> dict[int, float]:
    """The words (their numbers) that a run of Latin letters may mean, each with the price of its cheapest walk.

    latin  small letters and apostrophes;  typos  one wrong, missing, extra or swapped letter is forgiven
    """
    length = len(latin)
    states: list[dict] = [{} for _ in range(length + 1)]  # at each letter: (node's id, typo made) -> price, node
    states[0] = {(id(root), False): (0.0, root)}
    for at in range(length):
        if not states[at]:
            continue
        most = min(price for price, _ in states[at].values()) + WIDE
        if at:
            _fall_silent(states[at], most)
        steps = _steps(latin, at)
        for (_key, made), (price, node) in [*states[at].items()]:
            if price > most:
                continue
            for step, persian, cost in steps:
                _reach(states[at + step], node, persian, price + cost, made)
            if typos and not made and price <= most - WIDE / 2:
                _mistype(states, latin, at, price + TYPO, node)
    _fall_silent(states[length], _NEVER)
    found: dict[int, float] = {}
    for price, node in states[length].values():
        number = node.get(END)
        if number is not None and price < found.get(number, _NEVER):
            found[number] = price
    return found


def _steps(latin: str, at: int) -> list[tuple[int, str, float]]:
    """What may be eaten at this letter: how many letters, what they write, the price."""
    steps, length = [], len(latin)
    for size in range(1, min(_LONGEST, length - at) + 1):
        run = latin[at : at + size]
        tables = [FIRST if at == 0 and run in FIRST else ANYWHERE]
        if at and at + size == length and run in LAST:
            tables = [LAST] if run in "aeo" else [LAST, ANYWHERE]
        steps += [(size, persian, price) for table in tables for persian, price in table.get(run, ())]
    if at + 1 < length and latin[at] == latin[at + 1] and latin[at] not in _VOWELS:
        steps.append((1, "", 0.4))  # a doubled consonant is one
    return steps


def _reach(states: dict, node: dict, persian: str, price: float, made: bool) -> None:
    for letter in persian:
        node = node.get(letter)
        if node is None:
            return
    key = (id(node), made)
    if key not in states or price < states[key][0]:
        states[key] = (price, node)


def _fall_silent(states: dict, most: float) -> None:
    """Persian letters that nothing in Latin stands for: an ع, and vowels that hasty writers leave out (mn, khyli)."""
    for (_key, made), (price, node) in [*states.items()]:
        if price < most:
            for letter in node.keys() & SILENT.keys():
                _reach(states, node, letter, price + SILENT[letter], made)


def _mistype(states: list[dict], latin: str, at: int, price: float, node: dict) -> None:
    """One letter too many, one wrong, one missing, two swapped."""
    _reach(states[at + 1], node, "", price, True)
    for letter in node.keys() - {END}:
        _reach(states[at + 1], node, letter, price, True)
        for step, persian, cost in _steps(latin, at):
            _reach(states[at + step], node[letter], persian, price + cost, True)
    for one, first in ANYWHERE.get(latin[at + 1 : at + 2], ()):
        for other, second in ANYWHERE.get(latin[at], ()):
            _reach(states[at + 2], node, one + other, price + first + second, True)


def by_rule(latin: str) -> str:
    """A word that is not known, letter by letter: the most usual reading of each run, the longest first."""
    written, at = [], 0
    while at < len(latin):
        for size in range(min(_LONGEST, len(latin) - at), 0, -1):
            run = latin[at : at + size]
            table = FIRST if at == 0 and run in FIRST else LAST if at + size == len(latin) and run in LAST else ANYWHERE
            if run in table:
                written.append(min(table[run], key=lambda pair: pair[1])[0])
                at += size
                break
        else:
            at += 1
    return "".join(written)
