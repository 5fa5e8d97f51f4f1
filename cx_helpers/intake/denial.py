"""Which words does a text deny?  «عالی نبود», «بدون مشکل», «نه خوب نه بد»: what is said, and that it is not so.

A denied verb (نبود، نیست، نداره، نمی…) denies the words before it, back to where the statement begins; نه and بدون deny
what follows. A word denied twice is not denied, and who denies a denial says neither: «نمی‌تونم بگم خوب نبود» is good,
«نمیشه گفت خوب بود» is not. Only the order of words is looked at, so that a text costs a few additions.
"""

from __future__ import annotations

import numpy as np

from cx_helpers import persian
from cx_helpers.intake.clauses import CONTRAST, VERBS

BACK = 2  # words that a denied verb denies
AHEAD = 1  # words that نه and بدون deny
REACH = 6  # words after «نمیشه گفت», among which what it denies stands
PLAIN, PASSED, STOPS, DENIES_BACK, DENIES_AHEAD, DENIES_STATE, DENIES_WISH, DENIES_SAYING, NOBODY = range(9)
AS_IT_STANDS, DENIED, SILENT = range(3)  # how a word is to be read


def _set(text: str) -> frozenset[str]:
    return frozenset(persian.simplify(text).split())


_PAST = _set(
    "بود شد داشت کرد رسید یومد یامد داد دید خورد گرفت گذاشت ذاشت موند ماند رفت تونست توانست خواست آورد یاورد شنید سوخت"
)
_ENDINGS = ("", "م", "ی", "یم", "ید", "ین", "ن", "ند", "ه", "ش", "مش", "نش")
_DENIED = frozenset("ن" + stem + ending for stem in _PAST for ending in _ENDINGS) | _set(
    "نیست نیستم نیستی نیستیم نیستید نیستین نیستن نیستند نیستش نیس ندارم نداری نداره ندارد نداریم ندارید ندارین ندارن "
    "ندارند ندارش نباشه نباشد نباشم نباشید نباشین نباشن نباشند نشه نشود نشم نشید نکنه نکند نکنم نکنید نکنین نکن نخرید "
    "نخرین نخر نگیرید نگیرین نرسه نشین"
)
_AHEAD = _set("نه بدون جز بجز")
_PASSED = _set("هم اصلا دیگه دیگر ازش واقعا رو را به تا و برام برای که")
_STOPS = (VERBS | CONTRAST | _set("! ؟ ?")) - _DENIED
_APART = ("بی", "نمی", "غیر")
_TOGETHER = tuple(  # said in several words, read as one
    persian.simplify(phrase)
    for phrase in (
        "نمیتونم بگم|نمیتونیم بگیم|نمیتوانم بگویم|نمیتوان گفت|نمیشه گفت|نمیشه بگم|نمیشه بگیم|نمیشود گفت|هیچ وقت نشده|"
        "هیچوقت نشده|هیچ موقع نشده|تا حالا نشده|تاحالا نشده|کسی نیست که|محال است"
    ).split("|")
)
_NOBODY = frozenset(("محاله", "محالاست", "کسینیستکه"))
_SAYING = frozenset(phrase.replace(" ", "") for phrase in _TOGETHER) - _NOBODY
_WISH = _set("نباشه نباشد نباشم نباشید نباشین نباشن نباشند نشه نشود نشم نشید نکنه نکند نکنم نکنید نده ندن نرسه")


def joined(text: str) -> str:
    """«بی کیفیت» and «نمی کنم» as the one word that they are, however they were typed.

    Plain replacing, since a pattern would look at every letter of all texts.
    """
    text = f"\n{text}"
    for prefix in _APART:
        text = text.replace(f" {prefix} ", f" {prefix}").replace(f"\n{prefix} ", f"\n{prefix}")
    for phrase in _TOGETHER:
        text = text.replace(phrase, phrase.replace(" ", ""))
    return text[1:]


def role(token: str) -> int:
    """What a word does to its neighbours."""
    if token in _SAYING:
        return DENIES_SAYING
    if token in _NOBODY:
        return NOBODY
    if token in _WISH:
        return DENIES_WISH
    if token in _DENIED:
        return DENIES_STATE
    if token.startswith("نمی") and len(token) > 4:
        return DENIES_BACK
    if token in _AHEAD:
        return DENIES_AHEAD
    return STOPS if token in _STOPS or not token.isalpha() else PASSED if token in _PASSED else PLAIN


def read(roles: np.ndarray) -> np.ndarray:
    """How is each token to be read: as it stands, DENIED (or denying one), or SILENT, since its denial is denied?

    roles  each token's `role`; line breaks stop
    """
    roles, ends, silent = _of_denials(roles)
    found = _turned(roles).astype(np.int8)
    for start, end in ends:
        words = start + 1 + np.flatnonzero(roles[start + 1 : end] == PLAIN)
        found[words[-BACK:]] ^= 1
    found[silent] = SILENT
    return found


def _of_denials(roles: np.ndarray) -> tuple[np.ndarray, list[tuple[int, int]], list[int]]:
    """Roles without those that deny a denial; where what «نمیشه گفت» denies begins and ends; the silent ones.

    «محاله» and «کسی نیست که» deny a denial where one follows as a wish does (نباشه), «نمیشه گفت» one that tells how
    something is; «کسی نیست که جواب بده، راضی نیستم» and «چیزی نمی‌تونم بگم، سفارش نمیدم» are two statements.
    """
    asked, ends, silent = roles, [], []
    roles = np.where((roles == DENIES_STATE) | (roles == DENIES_WISH), DENIES_BACK, roles)
    roles[asked == NOBODY] = PLAIN
    for place in np.flatnonzero(asked >= DENIES_SAYING).tolist():
        ahead = asked[place + 1 : place + 1 + REACH]
        halts = np.flatnonzero((ahead == STOPS) | (ahead == DENIES_BACK) | (ahead >= DENIES_STATE))
        end = place + 1 + int(halts[0] if len(halts) else len(ahead))
        says = asked[place] == DENIES_SAYING
        if len(halts) and (asked[end] == DENIES_WISH or (says and asked[end] == DENIES_STATE)):
            silent += [place, end]
        elif says:
            silent.append(place)
            if not len(halts) or asked[end] == STOPS:
                ends.append((place, end))
    roles[silent] = PASSED
    return roles, ends, silent


def _turned(roles: np.ndarray) -> np.ndarray:
    """Which tokens are denied, or deny one?"""
    denied = np.zeros(len(roles), bool)
    deny = []
    for kind, way, reach in ((DENIES_BACK, -1, BACK), (DENIES_AHEAD, 1, AHEAD)):
        first = place = np.flatnonzero(roles == kind)
        left = np.full(len(place), reach)
        for _ in range(reach + 1):
            place = place + way
            there = (place >= 0) & (place < len(roles)) & (left > 0)
            first, place, left = first[there], place[there], left[there]
            goes_on = (roles[place] == PLAIN) | (roles[place] == PASSED)
            first, place, left = first[goes_on], place[goes_on], left[goes_on]
            plain = roles[place] == PLAIN
            denied[place[plain]] ^= True
            deny.append(first[plain])
            left = left - plain
    denied[np.concatenate(deny)] = True
    return denied
