"""Where to begin, and what is to be said of what drives satisfaction?"""

from __future__ import annotations

import pandas as pd

from cx_helpers import disclosure
from cx_helpers.folding import Rows
from cx_helpers.records import METRICS, Finding, clean, severity
from cx_helpers.wording import Words, join, name, say, sentences

SMALL_EFFECT = 0.02  # Cohen's f² of a small effect: Cohen, Statistical Power Analysis, 1988
MEDIUM_CONTRAST = 0.5  # Cohen's d of a medium difference: a fact that few customers meet explains little, yet hurts


def findings(
    weights: pd.DataFrame,
    links: pd.DataFrame,
    places: pd.DataFrame,
    outcome: str = "csat",
    top: float | None = None,
) -> tuple[list[Finding], int]:
    """Which drivers may be named to a manager?

    outcome  what the score is called (a metric or an instrument);  top  the best score of its scale
    A driver is named when, all else equal, it goes with the outcome beyond chance (Holm over all drivers) and outlives
    the imprecision of the others' ratings (`survives`).  It is `high` only when, besides, it is no trifle (f² of 0.02;
    for a yes/no, half a standard deviation of the outcome will do) and even the low end of its importance lies above
    what unrelated drivers reach by luck (`noise`).  Returns (findings, number of looks).
    """
    table = weights.join(links[["coef", "slope", "p_adjusted"]]).join(
        places[["mean", "performance", "with_it", "without_it", "room", "room_low", "room_high", "place"]]
    )
    looks = int(table["p_adjusted"].notna().sum())
    found = [_finding(row, looks, outcome, len(table), top) for row in table.itertuples() if row.survives]
    return [f for f in found if f is not None], looks


def _finding(row, looks: int, outcome: str, count: int, top: float | None) -> Finding | None:
    felt = row.effect >= SMALL_EFFECT or abs(row.contrast) >= MEDIUM_CONTRAST
    large = felt and row.points_low > row.noise
    loud = severity(row.p_adjusted, large)
    if loud is None or not (felt or row.effect >= SMALL_EFFECT / 4):
        return None
    return Finding(
        kind="driver",
        subject={"driver": row.Index},
        measure="importance",
        value=clean(row.importance),
        baseline=1 / count,
        low=clean(row.low),
        high=clean(row.high),
        n=int(row.n),
        p_adjusted=clean(row.p_adjusted),
        severity=loud if large else "low",
        text=_claim(row, outcome),
        detail=_detail(row, top),
        looks=looks,
    )


def _claim(row, outcome: str) -> Words:
    values = {"d": name(row.Index), "o": _title(outcome), "x": row.importance}
    if row.contrast == row.contrast:  # a yes/no
        return say(
            fa="با «{d}»، میانگین نمرهٔ {o} {gap:.2f} {way} است (دیگر عوامل برابر): {x:.0%} آنچه عوامل با هم "
            "توضیح می‌دهند",
            en="With “{d}” the mean score of {o} is {gap:.2f} {way}, the other drivers held equal: {x:.0%} of what the "
            "drivers explain together",
            gap=abs(row.slope),
            way={"fa": "پایین‌تر", "en": "lower"} if row.slope < 0 else {"fa": "بالاتر", "en": "higher"},
            **values,
        )
    if row.slope < 0:
        return say(
            fa="هرچه «{d}» بیشتر است {o} کمتر است: {x:.0%} آنچه عوامل با هم توضیح می‌دهند",
            en="More of “{d}” goes with lower {o}: {x:.0%} of what the drivers explain together",
            **values,
        )
    return say(
        fa="{o} بیش از همه با «{d}» همراه است: {x:.0%} آنچه عوامل با هم توضیح می‌دهند"
        if row.rank == 1
        else "{o} با «{d}» همراه است: {x:.0%} آنچه عوامل با هم توضیح می‌دهند",
        en="{o} goes most of all with “{d}”: {x:.0%} of what the drivers explain together"
        if row.rank == 1
        else "{o} goes with “{d}”: {x:.0%} of what the drivers explain together",
        **values,
    )


def _title(outcome: str) -> Words:
    return METRICS[outcome].title if outcome in METRICS else name(outcome)


_PLACES = {
    "improve": {
        "fa": "وزنش زیاد و نمره‌اش پایین‌تر از میانگین عوامل است: از اینجا آغاز کنید.",
        "en": "It weighs much and does worse than the average driver: begin here.",
    },
    "keep": {
        "fa": "وزنش زیاد است و از میانگین عوامل پایین‌تر نیست: این تنها سنجش با عوامل دیگر است و نمی‌گوید که خوب است.",
        "en": "It weighs much and does no worse than the average driver: that is by comparison with the others only, "
        "and does not say that it is good.",
    },
    "watch": {
        "fa": "وزنش کم و نمره‌اش پایین‌تر از میانگین عوامل است: زیر نظر داشته باشید.",
        "en": "It weighs little and does worse than the average driver: keep an eye on it.",
    },
    "fine": {
        "fa": "وزنش کم است و از میانگین عوامل پایین‌تر نیست.",
        "en": "It weighs little and does no worse than the average driver.",
    },
    "unsure": {
        "fa": "جهت همراهی‌اش روشن نیست.",
        "en": "Which way it goes is not certain.",
    },
}


def _of(top: float | None) -> Words:
    """The end of the score's scale, that a difference is seen against."""
    return {"fa": "", "en": ""} if top is None else say(fa="از {top}", en="of {top}", top=top)


def _detail(row, top: float | None) -> Words:
    proof = say(
        fa="بازهٔ ۹۵٪ سهم: {low:.0%} تا {high:.0%}. عملکرد امروز {p:.0%} بهترین حالت است و رسیدن به بهترین حالت "
        "با نمره‌ای {room:.2f}{of} بالاتر همراه است. این دو با هم دیده شده‌اند؛ لزوماً یکی علت دیگری نیست.",
        en="95% interval of the share: {low:.0%} to {high:.0%}. Performance today is {p:.0%} of the best; being at the "
        "best goes with a score higher by {room:.2f}{of}. An association, not a cause.",
        low=row.low,
        high=row.high,
        p=row.performance,
        room=row.room,
        of=say(fa=" ({of})", en=" ({of})", of=_of(top)) if top else {"fa": "", "en": ""},
    )
    counted = None
    if row.with_it == row.with_it:
        counted = say(
            fa="میانگین نمره با آن {a:.2f} و بی آن {b:.2f} است.",
            en="The mean score is {a:.2f} with it and {b:.2f} without it.",
            a=row.with_it,
            b=row.without_it,
        )
    return sentences(counted, proof, _PLACES[row.place])


def sentence(rows: Rows, found: list[Finding], looks: int, outcome: str = "csat") -> Words:
    """The bottom line: what goes with the outcome, and how much of it is explained at all."""
    if not looks:
        return say(
            fa="برای سنجش عوامل {o} پاسخ کامل کافی نیست ({n}).",
            en="There are too few complete answers ({n}) to weigh what goes with {o}.",
            n=disclosure.count(rows.n, rows.smallest, rows.customers),
            o=_title(outcome),
        )
    if not found:
        return say(
            fa="{k} عامل سنجیده شد و هیچ‌یک، پس از تصحیح، چنان با {o} همراه نیست که بتوان نامش را برد.",
            en="{k} drivers were weighed; none goes with {o}, after correction, so clearly that it may be named.",
            k=looks,
            o=_title(outcome),
        )
    named, strong = found[:3], sum(f.severity != "low" for f in found)
    tops = [say(fa="{d} ({x:.0%})", en="{d} ({x:.0%})", d=name(f.subject["driver"]), x=f.value) for f in named]
    slight = say(fa="، {s} عامل چشمگیر", en=", {s} of them of weight", s=strong)
    return say(
        fa="{o} بیش از همه با این‌ها همراه است: {tops}. از {k} عامل سنجیده، {m} عامل پس از تصحیح تأیید شد{slight}.",
        en="{o} goes most of all with {tops}. Of {k} drivers weighed, {m} hold after correction{slight}.",
        o=_title(outcome),
        tops=join(tops),
        k=looks,
        m=len(found),
        slight=slight if strong < len(found) else {"fa": "", "en": ""},
    )


def begin(places: pd.DataFrame, found: list[Finding], top: float | None = None) -> Words | None:
    """Where to begin: what weighs much and does badly; where nothing does, what has most room.  None: nothing weighs.

    places  of `priorities`;  found  of `findings`;  top  the best score of its scale
    """
    named = places.loc[[f.subject["driver"] for f in found if f.severity != "low"]]
    named = named[named["place"] != "unsure"].sort_values("room", ascending=False, kind="stable")
    if named.empty:
        return None
    weak = named[named["place"] == "improve"]
    each = [
        say(fa="{d} ({room:+.2f} {of})", en="{d} ({room:+.2f} {of})", d=name(row.Index), room=row.room, of=_of(top))
        for row in (weak if len(weak) else named.head(1)).head(3).itertuples()
    ]
    return say(
        fa="از این‌جا آغاز کنید؛ مهم است و از میانگین عوامل پایین‌تر: {each}."
        if len(weak)
        else "هیچ عامل مهمی آشکارا از میانگین عوامل پایین‌تر نیست (که نمی‌گوید خوب‌اند)؛ بیشترین جای بهبود: {each}.",
        en="Begin with what weighs much and does worse than the average driver: {each}."
        if len(weak)
        else "No driver of weight does clearly worse than the average one (which does not say that they are good); "
        "most room to improve: {each}.",
        each=join(each),
    )
