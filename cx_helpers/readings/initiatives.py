"""What is to be said of what was done: did the touchpoint get better after it, more than the others did?"""

from __future__ import annotations

import pandas as pd

from cx_helpers import causes, dates
from cx_helpers.records import Finding, clean, severity
from cx_helpers.wording import LOCALES, Words, current, join, name, say, sentences

LARGE = 0.05  # five points of a hundred visits are large
GUARD = say(
    fa="هر کار با خودِ همان نقطهٔ تماس پیش از آن، و با تغییر نقطه‌های دیگر در همان روزها سنجیده شده است (تفاوتِ تفاوت‌ها)؛ "
    "کار دیگری که هم‌زمان در همان نقطه شده باشد از آن جدا نمی‌شود. اینجا کارهای روزهای اخیر آمده است؛ این‌که هر کار "
    "از آغاز تا کنون چه صرفه‌ای داشته در گزارش سناریوهاست.",
    en="Each deed is compared with its touchpoint before it, and with what changed at the others in the same days "
    "(difference in differences); anything else done there at the same time cannot be told apart from it. Here are the "
    "deeds of the last days; what each of all deeds paid is in the scenario report.",
)


def findings(found: pd.DataFrame) -> tuple[list[Finding], int]:
    """Initiatives after which a touchpoint got better or worse, beyond chance and beyond all others.

    found  `measures.initiatives.effects`
    One whose touchpoint had not gone as the others did before it began (placebo) is told quietly: `low`; where others
    were begun there in the same days, `medium` at most.
    """
    looks = int(found["p_adjusted"].notna().sum())
    out = []
    for row in found.itertuples():
        loud = severity(row.p_adjusted, abs(row.change) >= LARGE)
        if loud is None:
            continue
        moving = row.placebo_p < 0.05
        loud = "low" if moving else "medium" if row.beside and loud == "high" else loud
        worse = row.change > 0
        title = name(_called(row))
        out.append(
            Finding(
                kind="weakness" if worse else "strength",
                subject={"initiative": _called(row), "touchpoint": row.touchpoint},
                measure="failure_rate", value=clean(row.after), low=clean(row.after_low), high=clean(row.after_high),
                baseline=clean(row.before), n=int(row.n), p_adjusted=clean(row.p_adjusted),
                severity=loud, looks=looks,
                text=say(
                    fa="پس از «{title}»، ناکامی در «{touchpoint}» از {before:.0%} به {after:.0%} رسید",
                    en="After “{title}”, failures at “{touchpoint}” went from {before:.0%} to {after:.0%}",
                    title=title, touchpoint=row.touchpoint, before=row.before, after=row.after,
                ),
                detail=_detail(row, moving),
            )
        )  # fmt: skip
    return out, looks


def tried(found: pd.DataFrame) -> list[tuple[str, str, Words]]:
    """What was done before, for the deeds of the same theme: [(theme, the deed's name, how it is told), …].

    found  `measures.initiatives.begun`
    """
    told = []
    for row in found.itertuples():
        about = causes.theme({"subject": {"touchpoint": row.touchpoint}})
        if not about:
            continue
        since = pd.Timestamp(row.started_at).date()
        when = {locale: dates.day_label(since, locale, current().calendar) for locale in LOCALES}
        fa, en = "پیش‌تر: «{title}» از {when}", "Tried before: “{title}”, since {when}"
        if pd.notna(row.cost):
            fa, en = fa + "، {cost:money}", en + ", {cost:money}"
        told.append((about, _called(row), say(fa=fa, en=en, title=name(_called(row)), when=when, cost=row.cost)))
    return told


def _called(row) -> str:
    return row.name if isinstance(row.name, str) and row.name else row.Index


def _detail(row, moving: bool) -> Words:
    step = say(
        fa="{way} از نقطه‌های دیگر در همان روزها: {x:.1f} واحد درصد ({low:.1f} تا {high:.1f}).",
        en="{way} than the other touchpoints in the same days: {x:.1f} percentage points ({low:.1f} to {high:.1f}).",
        way={"fa": "بدتر", "en": "Worse"} if row.change > 0 else {"fa": "بهتر", "en": "Better"},
        x=100 * abs(row.change),
        low=100 * min(abs(row.low), abs(row.high)),
        high=100 * max(abs(row.low), abs(row.high)),
    )
    same = (row.placebo > 0) == (row.change > 0)
    doubt = say(
        fa="پیش از آن هم همین‌سو می‌رفت؛ پس شاید از این کار نباشد." if same else
        "اندکی پیش از آن به سوی دیگر رفته بود؛ شاید تنها به حال همیشگی برگشته باشد.",
        en="It had been going that way before, so this may not be its doing." if same else
        "Shortly before it went the other way, so this may be no more than a return to the usual.",
    )  # fmt: skip
    shared = say(
        fa="{k} کار دیگر هم در همان روزها در همین نقطه آغاز شد؛ این اثرِ همه با هم است.",
        en="{k} others were begun there in the same days; the effect is that of all together."
        if row.beside > 1
        else "One other was begun there in the same days; the effect is that of both together.",
        k=row.beside,
    )
    return sentences(step, doubt if moving else None, shared if row.beside else None)


def sentence(found: pd.DataFrame, told: list[Finding]) -> Words:
    """What was done lately, and did it work?"""
    judged = found[found["change"].notna()]
    if judged.empty:
        return say(
            fa="کاری نیست که در این سه ماه آغاز شده باشد و بتوان اثرش را سنجید.",
            en="Nothing was begun in these three months whose effect could be measured.",
        )
    sure = [one for one in told if one.severity != "low"]
    titles = {good: [one.text for one in sure if (one.kind == "strength") == good] for good in (True, False)}
    silent = len(judged) - len(told)
    unclear = say(
        fa="{k} کار اثری نشان می‌دهد که شاید از خودِ آن نباشد.",
        en="{k} show an effect that may not be their doing." if len(told) - len(sure) > 1 else
        "One shows an effect that may not be its doing.",
        k=len(told) - len(sure),
    )  # fmt: skip
    none = say(
        fa="از {k} کار دیگر اثری دیده نشد که بتوان به آن تکیه کرد." if told else
        "از {k} کارِ این سه ماه اثری دیده نشد که بتوان به آن تکیه کرد.",
        en="Of {k} others no effect was seen that one could rely on." if told else
        "Of the {k} deeds of these three months no effect was seen that one could rely on.",
        k=silent,
    )  # fmt: skip
    good = say(fa="کار کرد: {told}.", en="Worked: {told}.", told=join(titles[True])) if titles[True] else None
    bad = say(fa="بدتر کرد: {told}.", en="Made it worse: {told}.", told=join(titles[False])) if titles[False] else None
    return sentences(bad, good, unclear if len(told) > len(sure) else None, none if silent else None)


def short(found: pd.DataFrame, told: list[Finding]) -> Words:
    """The same by numbers alone, for one line: how many worked, how many did harm, of how many nothing is sure."""
    judged = int(found["change"].notna().sum())
    if not judged:
        return sentence(found, told)
    sure = [one for one in told if one.severity != "low"]
    good = sum(one.kind == "strength" for one in sure)
    counts = (
        (len(sure) - good, {"fa": "{k} کار بدتر کرد", "en": "{k} made it worse"}),
        (good, {"fa": "{k} کار نتیجه داد", "en": "{k} worked"}),
        (len(told) - len(sure), {"fa": "اثر {k} کار شاید از خودش نباشد", "en": "of {k} it may not be their doing"}),
        (
            judged - len(told),
            {"fa": "از {k} کار اثری دیده نشد که بتوان به آن تکیه کرد", "en": "of {k} no effect is sure"},
        ),
        (len(found) - judged, {"fa": "{k} کار را نمی‌شد سنجید", "en": "{k} could not be judged"}),
    )
    parts = [say(**words, k=k) for k, words in counts if k]
    return say(
        fa="{parts}.",
        en="{parts}.",
        parts={x: {"fa": "؛ ", "en": "; "}[x].join(p[x] for p in parts) for x in ("fa", "en")},
    )
