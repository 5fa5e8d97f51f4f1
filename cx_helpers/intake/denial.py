"""Which words does a text deny?  «عالی نبود», «بدون مشکل», «نه خوب نه بد»: what is said, and that it is not so.

A denied verb (نبود، نیست، نداره، نمی…) denies the words before it, back to where the statement begins; نه and بدون deny
what follows. A word denied twice is not denied. Only the order of words is looked at, so that a text costs a few
additions.
"""

from __future__ import annotations

import numpy as np

from cx_helpers import persian
from cx_helpers.intake.clauses import CONTRAST, VERBS

BACK = 2  # words that a denied verb denies
AHEAD = 1  # words that نه and بدون deny
PLAIN, PASSED, STOPS, DENIES_BACK, DENIES_AHEAD = range(5)


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


def joined(text: str) -> str:
    """«بی کیفیت» and «نمی کنم» as the one word that they are, however they were typed.

    Plain replacing, since a pattern would look at every letter of all texts.
    """
    text = f"\n{text}"
    for prefix in _APART:
        text = text.replace(f" {prefix} ", f" {prefix}").replace(f"\n{prefix} ", f"\n{prefix}")
    return text[1:]


def role(token: str) -> int:
    """What a word does to its neighbours."""
    if token in _DENIED or (token.startswith("نمی") and len(token) > 4):
        return DENIES_BACK
    if token in _AHEAD:
        return DENIES_AHEAD
    return STOPS if token in _STOPS or not token.isalpha() else PASSED if token in _PASSED else PLAIN


def turned(roles: np.ndarray) -> np.ndarray:
    """Which tokens are denied, or deny one?  Truth values, one a token.

    roles  each token's `role`; line breaks stop
    """
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
