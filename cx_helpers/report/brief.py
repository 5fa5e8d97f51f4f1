"""Where do we stand and what comes first, on one screen of a phone: a line a goal, a deed, the last deeds."""

from __future__ import annotations

from cx_helpers import advice, causes, wording
from cx_helpers.causes import Cause
from cx_helpers.evidence import Evidence
from cx_helpers.report import outline
from cx_helpers.report.phrases import phrases
from cx_helpers.report.rendering import Block
from cx_helpers.wording import Words

_AIM = ("title", "value", "unit", "goal", "goal_state", "change", "change_arrow", "change_tone")


def block(found: Evidence, joined: list[Cause], worked: Words, weak: list[Words], most: int = 5) -> Block:
    """The whole of a run in the fewest lines; what follows on the page tells each of them in full.

    found   what the run found;  joined  its causes (`Evidence.causes`);  most  deeds at most
    worked  what became of what was done before (`readings.initiatives.short`)
    weak    where the data are weak (`readings.summary.weak`): the first is said, the others are counted
    """
    locale = wording.current().locale
    t = phrases(locale)
    aims = [{key: card[key] for key in _AIM} for card in outline.aimed(found)]
    first = advice.first(joined, most, advice.fallen(found.cards))
    deeds = [
        {"deed": advice.said(one)[locale], "tone": causes.tone(one.head), "severity": one.head["severity"]}
        for one in first
    ]
    lines = [{"label": t.last_deeds, "text": worked[locale]}, {"label": t.weak_data, "text": _counted(weak, locale)}]
    payload = {"kind": "brief", "locale": locale, "aims": aims, "deeds": deeds, "lines": lines}
    told = [f"{one['title']}: {one['value']}{one['unit']} ({one['goal']})" for one in aims]
    told += [f"{i}. {one['deed']}" for i, one in enumerate(deeds, 1)]
    return Block(payload, "\n".join([*told, *(f"{line['label']}: {line['text']}" for line in lines)]))


def _counted(told: list[Words], locale: str) -> str:
    if len(told) < 2:
        return told[0][locale] if told else ""
    more = wording.say(fa="و {k} چیز دیگر", en="and {k} more", k=len(told) - 1)[locale]
    return f"{told[0][locale].rstrip('.')}؛ {more}." if locale == "fa" else f"{told[0][locale].rstrip('.')}; {more}."
