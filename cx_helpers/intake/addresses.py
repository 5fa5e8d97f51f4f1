"""Whose address is this?  E-mails, links that tell of a person, and names of accounts in a text.

email      ali.r@mail.ir, also spaced (ali @ gmail.com), masked (ali[at]gmail[dot]com), cut short (ali@gmail), or with
           Persian letters and digits
link       one that carries a query, a password, an id (five digits or a long key in its path), a person's own page, or
           leads to a messenger, a social network or a shortened address.  The address of a shop or of a page of its
           stays: https://shop.ir/help
user_name  @ali_r, ali_r@, and a Latin name that the words call one: «آیدی اینستام ali_r98»
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple


class Place(NamedTuple):
    """A place in a text and what stands there; kind `plain`: a link that tells nothing of a person."""

    kind: str
    start: int
    end: int


_TAIL = r"[^\s<>\"'«»،؛؟]"
_LATIN = r"[A-Za-z0-9\d]"  # \d: digits of all scripts
_HOST = r"(?:[A-Za-z0-9\-]{1,63}\.){1,5}[A-Za-z]{2,18}"
_LINK = (
    rf"(?:https?|ftp)://{_TAIL}+|(?<![\w@.])www\.{_TAIL}+"
    rf"|(?<![A-Za-z0-9@.\-]){_HOST}(?::\d+)?[/?]{_TAIL}*"
)
_LOCAL = r"(?<![A-Za-z0-9._%+\-])[A-Za-z\d._%+\-]{1,64}+"
_DOTTED = r"(?:[A-Za-z0-9\-]{1,63}[ ]?[\[({]?(?:\.|dot)[\])}]?[ ]?){1,5}[A-Za-z]{2,18}"
_MAILERS = "(?:gmail|yahoo|ymail|hotmail|outlook|live|msn|icloud|chmail|aol|protonmail|proton|mail|rocketmail)"
_EMAIL = (
    rf"{_LOCAL}(?:[ \u200c]?@[ \u200c]?{_HOST}|[ ]?[\[({{](?:at|@)[\])}}][ ]?{_DOTTED}"
    r"|[ ]at[ ](?:[A-Za-z0-9\-]{1,63}[ ]dot[ ]){1,5}[A-Za-z]{2,18}"
    rf"|[ ]?@[ ]?{_MAILERS}(?:[ ]?\.[ ]?(?:com|ir|net|org|me))?(?![A-Za-z0-9]))"
    r"|(?<!\w)[^\W\dA-Za-z_]{2,40}+@[^\W\dA-Za-z_]{2,40}(?:\.[^\W\d_]{2,20})+"
)
_USER_NAME = (
    rf"(?<![A-Za-z0-9_.])@(?=[\d_.]{{0,30}}[A-Za-z])(?:{_LATIN}|_)[A-Za-z0-9\d_.]{{1,40}}(?:{_LATIN}|_)"
    r"|(?<![A-Za-z0-9_.])@[^\W\dA-Za-z_]\w{2,40}"
    r"|(?<![A-Za-z0-9_.])[A-Za-z][A-Za-z0-9_.]{3,40}+@(?![\w.])"
)
_ADDRESS = re.compile(rf"(?P<link>{_LINK})|(?P<email>{_EMAIL})|(?P<user_name>{_USER_NAME})", re.IGNORECASE)
_MAIL = re.compile(_EMAIL)
_NETWORKS = "تلگرام|اینستاگرام|اینستا|ایتا|بله|روبیکا|سروش|توییتر|telegram|instagram|insta|twitter"
_CALLED = re.compile(
    r"(?:(?:[آا]ی[ \u200c]?دی|یوزر(?:[ \u200c]?نیم)?|نام[ \u200c]کاربری|\buser(?:[ _]?name)?\b)\w{0,3}"
    rf"(?:[\s\u200c]+(?:من|ما|هم|رو|را|است|هست|اینه|تو|در|(?:{_NETWORKS})\w{{0,3}}))*[\s\u200c:=«\"'،\-]+"
    rf"|\bid[ ]?[:=][ ]?|(?:{_NETWORKS})(?:[\u200c ]?[اآ]?م)?(?:[ ]?[:=][ ]?|[ ](?=[a-z.]*[\d_])))"
    r"(?P<name>[A-Za-z][A-Za-z0-9_.]{2,40}+)(?!\s*:)",
    re.IGNORECASE,
)
_HOSTS = (  # where every path is somebody's, or hides what it leads to
    "t.me telegram.me telegram.org wa.me whatsapp.com instagram.com facebook.com fb.com twitter.com x.com linkedin.com "
    "eitaa.com ble.ir rubika.ir splus.ir igap.net youtube.com tiktok.com virasty.com "
    "bit.ly yun.ir b2n.ir goo.gl tinyurl.com t.co zaya.io is.gd cutt.ly"
).split()
_OWN_PAGE = re.compile(r"/(?:u|users?|profiles?|account|people|members?)/[^/]|/~\w|/@|\d{5}", re.IGNORECASE)
_TOKEN = re.compile(
    r"(?=[^/]*[A-Za-z])(?=[^/]*\d)[\w\-]{16,}"  # letters and digits at length
    r"|(?=\w*[A-Za-z]\d)(?=\w*\d[A-Za-z])\w{8,}|(?=\w*[a-z][A-Z]\w*[a-z][A-Z])\w{8,}"  # or mixed as nobody writes
)
_AFTER = ".,:;!?…)]}»*'"


def places(text: str) -> Iterator[Place]:
    """E-mails, links and user names in their order; links that tell nothing of a person come as `plain`."""
    found = []
    for match in _ADDRESS.finditer(text):
        start, end, kind = *match.span(), match.lastgroup
        if kind == "link":
            end = start + len(match[0].rstrip(_AFTER))
            kind = "link" if personal(text[start:end]) else "plain"
        found.append(Place(kind, start, end))
    for match in _CALLED.finditer(text):
        start, end = match.span("name")
        end -= len(match["name"]) - len(match["name"].rstrip("."))
        if _is_name(text[start:end]) and not any(p.start < end and start < p.end for p in found):
            found.append(Place("user_name", start, end))
    return iter(sorted(found, key=lambda place: place.start))


def emails(text: str) -> Iterator[Place]:
    """E-mails wherever they stand, within links too."""
    return (Place("email", *match.span()) for match in _MAIL.finditer(text))


def personal(link: str) -> bool:
    """Does a link carry a query, a password, an id, or lead to a person's page or an unknown place?"""
    rest = link.split("://", 1)[-1]
    host, _, path = re.sub(r"[?#]", r"/\g<0>", rest, count=1).partition("/")
    path = "/" + path
    query = path.partition("?")[2] or ("=" in path and path.partition("#")[2])
    name = host.split(":")[0].lower().removeprefix("www.")
    hidden = any(name == h or name.endswith("." + h) for h in _HOSTS) and len(path) > 1
    return bool("@" in host or query or hidden or _OWN_PAGE.search(path) or _TOKEN.search(path))


def _is_name(word: str) -> bool:
    """A word such as `app` or `Support` after «آیدی» is no name; ali_r98, ali.r and sarahosseini are."""
    return bool(re.search(r"[\d_.]", word)) or (len(word) >= 5 and word.islower())
