"""What is to be said of employees beside customers: whose employees are unhappy, and does it go with customers?"""

from __future__ import annotations

import pandas as pd

from cx_helpers import disclosure
from cx_helpers.measures import employees
from cx_helpers.records import Finding, clean, severity
from cx_helpers.wording import Words, name, say, sentences

LARGE = 20.0  # points that a unit's eNPS lies below the others'

GUARDS = [
    {
        "fa": "کارکنان کم‌شمارند و یکدیگر را می‌شناسند: واحدی با کارکنانی کمتر از smallest_group نشان داده نمی‌شود، و نه "
        "آنچه با تفریق آن را لو دهد. یک کارمند ناشناس که دو بار پاسخ دهد دو نفر شمرده می‌شود.",
        "en": "Employees are few and know each other: a unit with fewer than smallest_group is not shown, "
        "nor what would "
        "give it away. An anonymous employee who answers twice counts as two.",
    },
    {
        "fa": "همراهی eNPS و NPS واحدها دربارهٔ واحدهاست، نه آدم‌ها، و علت را نشان نمی‌دهد.",
        "en": "eNPS and NPS going together over units is about units, not persons, and shows no cause.",
    },
]

BESIDE = {  # how a page sets `employees.beside`
    "columns": ["n", "enps", "low", "high", "nps_n", "nps", "nps_low", "nps_high"],
    "titles": {
        "n": {"fa": "کارمند", "en": "employees"},
        "enps": {"fa": "eNPS", "en": "eNPS"},
        "nps_n": {"fa": "پاسخ مشتری", "en": "customers’ answers"},
        "nps": {"fa": "NPS", "en": "NPS"},
        "nps_low": {"fa": "NPS از", "en": "NPS from"},
        "nps_high": {"fa": "NPS تا", "en": "NPS to"},
    },
    "formats": {"n": "count", "nps_n": "count"} | dict.fromkeys(("nps", "nps_low", "nps_high"), "nps"),
    "unit_of": "enps",
}
REMEDY = {
    "fa": "با همین کارکنان بی‌حضور مدیرشان گفت‌وگو کنید: چه چیز نمی‌گذارد خوب به مشتری برسند؟",
    "en": "talk with these employees without their manager: what keeps them from serving customers well?",
}
NEVER = {
    "fa": "از کارکنان نپرسیده‌اید که کار در اینجا را به دیگران پیشنهاد می‌کنند یا نه: پرسش enps در "
    "questionnaire.csv؛ بی‌نام "
    "بپرسید و واحد هر پاسخ (ستون unit یا channel) را نگه دارید.",
    "en": "Employees were not asked whether they would recommend working here: question enps of questionnaire.csv; ask "
    "without names, and keep each answer’s unit (column unit or channel).",
}


OUTSIDE = {
    "fa": "کارکنان به بخشی از مشتریان تعلق ندارند؛ eNPS در گزارش همهٔ مشتریان است.",
    "en": "Employees belong to no segment of customers; eNPS is in the report on everybody.",
}


def sentence(
    enps: pd.DataFrame, both: pd.DataFrame | None, agree: pd.DataFrame | None, by: str = "", segment: str = ""
) -> Words:
    """How employees answer, and whether that goes with customers; segment  of customers, if the report is on one."""
    row = enps.iloc[0]
    if not row["n"]:
        return OUTSIDE if segment else NEVER
    if pd.isna(row["enps"]):
        return disclosure.sentence(disclosure.SMALL)
    told = say(
        fa="eNPS کارکنان {x:+.0f} است (بازهٔ ۹۵٪: {low:+.0f} تا {high:+.0f}؛ {n} نفر).",
        en="Employees’ eNPS is {x:+.0f} (95% interval {low:+.0f} to {high:+.0f}; {n} people).",
        x=row["enps"], low=row["low"], high=row["high"], n=int(row["n"]),
    )  # fmt: skip
    return sentences(told, _together(both, agree, by))


def _together(both: pd.DataFrame | None, agree: pd.DataFrame | None, by: str) -> Words | None:
    if both is None or agree is None:
        return {
            "fa": "ستونی که واحد کارکنان و مشتریان را هر دو بگوید نیست، پس کنار NPS گذاشته نشد.",
            "en": "No column tells the unit of employees and of customers alike, so it was not laid beside NPS.",
        }
    one = agree.iloc[0]
    if pd.isna(one["correlation"]):
        return say(
            fa="با {n} واحد (ستون «{by}») همبستگی با NPS گفته نمی‌شود؛ دست‌کم {k} لازم است.",
            en="With {n} units (column {by}) no correlation with NPS is told; {k} are needed.",
            n=int(one["n"]), k=employees.UNITS, by=name(by),
        )  # fmt: skip
    return say(
        fa="همبستگی با NPS در {n} واحد {r:+.2f} است (بازهٔ ۹۵٪: {low:+.2f} تا {high:+.2f}).",
        en="Over {n} units it goes with NPS by {r:+.2f} (Spearman, 95% interval {low:+.2f} to {high:+.2f}).",
        n=int(one["n"]), r=one["correlation"], low=one["low"], high=one["high"],
    )  # fmt: skip


def shown(staff: pd.DataFrame, both: pd.DataFrame | None) -> pd.DataFrame:
    """What a page sets: the units beside their customers, or all employees where no column tells the units."""
    if both is None:
        both = staff.assign(**dict.fromkeys(("nps_n", "nps", "nps_low", "nps_high")))
    return both[both["n"] > 0]


def rings(both: pd.DataFrame | None) -> pd.DataFrame | None:
    """Customers' NPS as the hollow dots of a picture of eNPS; None where they cannot be laid beside each other."""
    return None if both is None else both[["nps_n"]].assign(enps=both["nps"])


def findings(gaps: pd.DataFrame | None, both: pd.DataFrame | None, by: str) -> list[Finding]:
    """Whose employees are less content, or more, than the others'?

    gaps  of `comparison.gaps` of eNPS;  both  of `employees.beside`, the same units.  All units are one family (Holm).
    """
    from cx_helpers import certainty

    if gaps is None:
        return []
    looked = gaps[gaps["p_value"].notna() & gaps.index.notna()]
    looked = looked.assign(p_adjusted=certainty.adjust(looked["p_value"], "holm"))
    if looked.empty:
        return []
    # a unit far off pulls all the others' comparison the other way: only what differs as it does is told
    side = looked["change"].loc[looked["change"].abs().idxmax()] > 0
    told = looked[(looked["change"] > 0) == side]
    each = [_finding(unit, row, both.loc[unit], by, len(looked)) for unit, row in told.iterrows()]
    return [one for one in each if one is not None]


def _finding(unit, row, own, by: str, looks: int) -> Finding | None:
    loud = severity(row["p_adjusted"], abs(row["change"]) >= LARGE)
    if loud is None:
        return None
    good = bool(row["change"] > 0)
    claim = say(
        fa="eNPS کارکنان «{u}» {x:+.0f} است؛ دیگران {o:+.0f}", en="eNPS of “{u}” is {x:+.0f}; the others {o:+.0f}",
        u=name(unit), x=own["enps"], o=row["others"],
    )  # fmt: skip
    beside = pd.notna(own["nps"]) and say(
        fa="NPS مشتریان همان‌جا {y:+.0f} است.", en="Customers’ NPS there is {y:+.0f}.", y=own["nps"]
    )
    detail = say(
        fa="تفاوت: {c:+.0f} (بازهٔ ۹۵٪: {low:+.0f} تا {high:+.0f}).",
        en="Difference: {c:+.0f} (95% interval {low:+.0f} to {high:+.0f}).",
        c=row["change"], low=row["low"], high=row["high"],
    )  # fmt: skip
    return Finding(
        kind="strength" if good else "weakness",
        subject={by: clean(unit)},
        measure="enps",
        value=clean(own["enps"]),
        baseline=clean(row["others"]),
        low=clean(own["low"]),
        high=clean(own["high"]),
        n=int(own["n"]),
        p_adjusted=clean(row["p_adjusted"]),
        severity=loud if not good else "low" if loud == "low" else "medium",
        text=claim,
        detail=sentences(detail, beside or None),
        looks=looks,
        good=good,
        remedy=None if good else REMEDY,
    )
