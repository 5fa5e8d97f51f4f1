"""Strengths, weaknesses, opportunities, threats: each from evidence, beside what the analyst adds; and what follows.

Strength and weakness are what the company itself does well or badly: touchpoints, service, what it changed.
Opportunity and threat are what may come: of customers who stay or leave, of what they would buy, of forecasts and
risks.  One line a cause (`causes.joined`), so that one broken thing is one weakness however many reports saw it.
Source: Learned, Christensen, Andrews, Guth, Business Policy, 1965; pairs: Weihrich, The TOWS Matrix, Long Range
Planning 15, 1982.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

from cx_helpers import advice, causes
from cx_helpers.causes import Cause
from cx_helpers.errors import Refusal
from cx_helpers.evidence import Evidence
from cx_helpers.tables import nearest
from cx_helpers.wording import LOCALES, Words, say

QUADRANTS = ("strengths", "weaknesses", "opportunities", "threats")
FILE = "swot.yaml"  # in the workspace: the analyst's own lines
# (good news, bad news) of a kind: within the company, or of what may come
_PLACES = {
    "friction": (None, "weaknesses"), "moment_of_truth": (None, "weaknesses"), "funnel_drop": (None, "weaknesses"),
    "weakness": (None, "weaknesses"), "strength": ("strengths", None), "change_point": ("strengths", "weaknesses"),
    "cohort": ("strengths", "threats"), "segment": ("opportunities", None), "churn_risk": (None, "threats"),
    "topic": ("opportunities", "threats"), "basket": ("opportunities", None), "opportunity": ("opportunities", None),
    "experiment": ("opportunities", None), "leading_indicator": ("opportunities", "threats"),
    "forecast": ("opportunities", "threats"), "risk": (None, "threats"), "threat": (None, "threats"),
    "case": ("strengths", "weaknesses"),
}  # fmt: skip
GUARD = say(
    fa="هر خط از یافته‌ای آزموده می‌آید و گزارشش کنار آن است؛ خط‌های تحلیل‌گر از فایل swot.yaml است و آزموده نشده است.",
    en="Each line comes from a tested finding, with its report beside it; the analyst's lines come from swot.yaml and "
    "are not tested.",
)
NO_WAYS = say(
    fa="راهی پیشنهاد نشده است: هیچ دو خطی از دو سو دربارهٔ یک چیز یا یک گروه نیستند.",
    en="No way is proposed: no two lines of the two sides are about one thing or one group.",
)
WAYS = say(
    fa="راه‌ها از دو خطی ساخته شده که از یک چیز یا یک گروه می‌گویند؛ پیشنهادند، نه یافته.",
    en="The ways pair two lines about one thing or one group: proposals, no findings.",
)


@dataclass(frozen=True)
class Line:
    """One line of a quadrant.  cause  what it comes from, None of the analyst's own;  text  what it says"""

    quadrant: str
    text: Words
    cause: Cause | None = None


def lines(found: list[Cause], own: dict[str, list[Words]] | None = None, most: int = 6) -> list[Line]:
    """The lines of the four quadrants, in order; within one those with most at stake first, then the analyst's own.

    found  `Evidence.causes`;  own  of `added`;  most  lines of evidence in a quadrant.  What is `low` is left out.
    """
    placed = [Line(where, one.head["text"], one) for one in found if (where := _place(one))]
    out: list[Line] = []
    for quadrant in QUADRANTS:
        out += [line for line in placed if line.quadrant == quadrant][:most]
        out += [Line(quadrant, text) for text in (own or {}).get(quadrant, ())]
    return out


def _place(cause: Cause) -> str | None:
    for record in cause.all:
        sides = _PLACES.get(record["kind"])
        if sides is None or record["severity"] == "low":
            continue
        tone = causes.tone(record)
        place = sides[1] if tone == "bad" else sides[0] if tone == "good" else (sides[1] or sides[0])
        if record["kind"] == "topic" and tone == "neutral":  # more is written about it: seldom out of joy
            place = "threats"
        if place:
            return place
    return None


def added(folder: Path) -> dict[str, list[Words]]:
    """The analyst's own lines: swot.yaml of the workspace, `strengths: [{fa: …, en: …}, a text, …]`; {} without one.

    Raises Refusal naming the key or line that is wrong.
    """
    path = folder / FILE
    if not path.is_file():
        return {}
    try:
        held = yaml.safe_load(path.read_text("utf-8-sig")) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Refusal(f"{FILE} is not YAML in UTF-8: {error}") from None
    if not isinstance(held, dict):
        raise Refusal(f"{FILE} holds no keys; write e.g. strengths: [a text, {{fa: …, en: …}}]")
    for key in held:
        if key not in QUADRANTS:
            raise Refusal(f"{FILE}: unknown key {key!r}{nearest(str(key), QUADRANTS)}; keys: {', '.join(QUADRANTS)}")
        if not isinstance(held[key], list | None):
            raise Refusal(f"{FILE}, {key}: {held[key]!r} is no list; write {key}: [a text, {{fa: …, en: …}}]")
    return {key: [_words(key, line) for line in given or ()] for key, given in held.items()}


def _words(key: str, line) -> Words:
    if isinstance(line, str) and line.strip():
        return dict.fromkeys(LOCALES, line)
    if (
        isinstance(line, dict)
        and line
        and set(line) <= set(LOCALES)
        and all(isinstance(v, str) and v.strip() for v in line.values())
    ):
        return {locale: line.get(locale) or next(iter(line.values())) for locale in LOCALES}
    raise Refusal(f"{FILE}, {key}: {line!r} is no line; write a text or {{fa: …, en: …}}")


_PAIRS = {
    ("strengths", "opportunities"): ("با تکیه بر «{one}» از «{other}» بهره ببرید", "Build on “{one}” to win “{other}”"),
    ("strengths", "threats"): ("با تکیه بر «{one}» جلو «{other}» را بگیرید", "Use “{one}” against “{other}”"),
    ("weaknesses", "opportunities"): (
        "«{one}» را درست کنید تا «{other}» به دست آید",
        "Mend “{one}” so that “{other}” can be won",
    ),
    ("weaknesses", "threats"): (
        "«{one}» را درست کنید تا «{other}» بزرگ‌تر نشود",
        "Mend “{one}” before “{other}” grows",
    ),
}


def strategies(given: list[Line], each: int = 2) -> list[tuple[str, Words]]:
    """Candidate strategies: (the two quadrants, what to do), up to `each` of the four kinds (TOWS).

    Only lines that are about one theme or one group of customers make a pair, those with most at stake first: any two
    lines can be put into one sentence, and most such sentences mean nothing.
    """
    out = []
    for (inner, outer), (fa, en) in _PAIRS.items():
        ones, others = ([line for line in given if line.quadrant == name] for name in (inner, outer))
        pairs = [(one, other) for one in ones for other in others if _related(one, other)]
        pairs.sort(key=lambda pair: -_stake(pair[0]) - _stake(pair[1]))
        used: set[int] = set()
        for one, other in pairs:
            if len(used) < 2 * each and not {id(one), id(other)} & used:
                used |= {id(one), id(other)}
                said = say(fa=fa, en=en, one=_title(one), other=_title(other))
                out.append((f"{inner}_{outer}", said))
    return out


def _related(one: Line, other: Line) -> bool:
    a, b = one.cause, other.cause
    if a is None or b is None:
        return False
    return bool(a.theme and a.theme == b.theme) or bool(a.groups.items() & b.groups.items())


def _stake(line: Line) -> float:
    return max(map(causes.harm, line.cause.all)) if line.cause else 0.0


def _title(line: Line) -> Words:
    return advice.title(line.cause, measured=True) if line.cause else line.text


def sentence(given: list[Line]) -> Words:
    """How many lines of each, and what weighs most on the two sides."""
    counts = {name: sum(line.quadrant == name for line in given) for name in QUADRANTS}
    if not given:
        return say(
            fa="هیچ گزارشی یافته‌ای ندارد که بتوان آن را قوت، ضعف، فرصت یا تهدید خواند.",
            en="No report found anything that could be called a strength, a weakness, an opportunity or a threat.",
        )
    return say(
        fa="{s} قوت، {w} ضعف، {o} فرصت و {t} تهدید، هر کدام با عدد و گزارشش.",
        en="Strengths {s}, weaknesses {w}, opportunities {o}, threats {t}: each with its number and report.",
        s=counts["strengths"], w=counts["weaknesses"], o=counts["opportunities"], t=counts["threats"],
    )  # fmt: skip


def heaviest(given: list[Line]) -> list[Words]:
    """The first weakness, threat and opportunity: the lines to read where there is time for three."""
    first = {line.quadrant: line for line in reversed(given) if line.cause}
    titles = {
        "weaknesses": say(fa="بزرگ‌ترین ضعف", en="The largest weakness"),
        "threats": say(fa="بزرگ‌ترین تهدید", en="The largest threat"),
        "opportunities": say(fa="بزرگ‌ترین فرصت", en="The largest opportunity"),
    }
    return [
        say(fa="{title}: {text}.", en="{title}: {text}.", title=titles[name], text=first[name].text)
        for name in titles
        if name in first
    ]


def cards(given: list[Line], found: Evidence, locale: str) -> list[dict]:
    """The lines as `blocks.swot` sets them: quadrant, text, what is at stake, where it was found, whose it is."""
    out = []
    for line in given:
        head = line.cause.head if line.cause else {}
        report = head.get("report", "")
        out.append(
            {
                "quadrant": line.quadrant,
                "text": line.text,
                "own": line.cause is None,
                "money": line.cause.money if line.cause else None,
                "halved": bool(line.cause) and _dearest(line.cause, found.clv)["kind"] == "risk",
                "more": len(line.cause.others) if line.cause else 0,
                "href": f"{report}.html" if report else "",
                "source": found.title(report, locale) if report else "",
            }
        )
    return out


def _dearest(cause: Cause, clv: float | None) -> dict:
    """The finding that puts most money at stake, the head where none does."""
    return max(cause.all, key=lambda record: causes.money(record, clv) or 0.0)
