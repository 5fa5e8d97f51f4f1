"""What is to be said of what was done: did the touchpoint get better after it, more than the others did?"""

from __future__ import annotations

import pandas as pd

from cx_helpers.records import Finding, clean, severity
from cx_helpers.wording import Words, join, name, say, sentences

LARGE = 0.05  # five points of a hundred visits are large
GUARD = say(
    fa="هر کار با خودِ همان نقطهٔ تماس پیش از آن، و با تغییر نقطه‌های دیگر در همان روزها سنجیده شده است (تفاوتِ تفاوت‌ها)؛ "
    "کار دیگری که هم‌زمان در همان نقطه شده باشد از آن جدا نمی‌شود.",
    en="Each deed is compared with its touchpoint before it, and with what changed at the others in the same days "
    "(difference in differences); anything else done there at the same time cannot be told apart from it.",
)


def findings(found: pd.DataFrame) -> tuple[list[Finding], int]:
    """Initiatives after which a touchpoint got better or worse, beyond chance and beyond all others.

    found  `measures.initiatives.effects`
    One whose touchpoint had already moved alike before it began (placebo) is told quietly: `low`.
    """
    looks = int(found["p_adjusted"].notna().sum())
    out = []
    for row in found.itertuples():
        loud = severity(row.p_adjusted, abs(row.change) >= LARGE)
        if loud is None:
            continue
        moving = row.placebo_p < 0.05 and (row.placebo > 0) == (row.change > 0)
        worse = row.change > 0
        title = name(_called(row))
        out.append(
            Finding(
                kind="weakness" if worse else "strength",
                subject={"initiative": _called(row), "touchpoint": row.touchpoint},
                measure="failure_rate", value=clean(row.after), low=clean(row.after_low), high=clean(row.after_high),
                baseline=clean(row.before), n=int(row.n), p_adjusted=clean(row.p_adjusted),
                severity="low" if moving else loud, looks=looks,
                text=say(
                    fa="پس از «{title}»، ناکامی در «{touchpoint}» از {before:.0%} به {after:.0%} رسید",
                    en="After “{title}”, failures at “{touchpoint}” went from {before:.0%} to {after:.0%}",
                    title=title, touchpoint=row.touchpoint, before=row.before, after=row.after,
                ),
                detail=_detail(row, moving),
            )
        )  # fmt: skip
    return out, looks


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
    doubt = say(
        fa="پیش از آن هم همین‌سو می‌رفت؛ پس شاید از این کار نباشد.",
        en="It had been going that way before, so this may not be its doing.",
    )
    return sentences(step, doubt if moving else None)


def sentence(found: pd.DataFrame, told: list[Finding]) -> Words:
    """What was done lately, and did it work?"""
    judged = found[found["change"].notna()]
    if judged.empty:
        return say(
            fa="کاری نیست که در این سه ماه آغاز شده باشد و بتوان اثرش را سنجید.",
            en="Nothing was begun in these three months whose effect could be measured.",
        )
    titles = {good: [one.text for one in told if (one.kind == "strength") == good] for good in (True, False)}
    silent = len(judged) - len(told)
    none = say(
        fa="از {k} کار دیگر اثری دیده نشد که بتوان به آن تکیه کرد." if told else
        "از {k} کارِ این سه ماه اثری دیده نشد که بتوان به آن تکیه کرد.",
        en="Of {k} others no effect was seen that one could rely on." if told else
        "Of the {k} deeds of these three months no effect was seen that one could rely on.",
        k=silent,
    )  # fmt: skip
    good = say(fa="کار کرد: {told}.", en="Worked: {told}.", told=join(titles[True])) if titles[True] else None
    bad = say(fa="بدتر کرد: {told}.", en="Made it worse: {told}.", told=join(titles[False])) if titles[False] else None
    return sentences(bad, good, none if silent else None)


def short(found: pd.DataFrame, told: list[Finding]) -> Words:
    """The same by numbers alone, for one line: how many worked, how many did harm, of how many nothing is sure."""
    judged = int(found["change"].notna().sum())
    if not judged:
        return sentence(found, told)
    good = sum(one.kind == "strength" for one in told)
    counts = (
        (len(told) - good, {"fa": "{k} کار بدتر کرد", "en": "{k} made it worse"}),
        (good, {"fa": "{k} کار نتیجه داد", "en": "{k} worked"}),
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
