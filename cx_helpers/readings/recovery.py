"""What is to be said of customers who were contacted: do they come back more often than comparable ones?"""

from __future__ import annotations

import pandas as pd

from cx_helpers.records import Finding, clean, severity
from cx_helpers.wording import Words, say

LARGE = 0.10  # ten points more that buy again is large
BALANCED = 0.1  # standard deviations: below it the sides are alike

GUARDS = [
    {
        "fa": "تماس‌گرفته‌ها با کسانی سنجیده شده‌اند که پیش از تماس همانند آن‌ها بودند (احساس، خرید، سابقه؛ وزن "
        "هم‌پوشانی)، و هر دو گروه از یک لحظه شمرده می‌شوند. این همراهی است، نه علت: شاید با کسی تماس "
        "می‌گیرند که خودش برمی‌گشت.",
        "en": "The contacted are held against others who were like them before (feeling, purchases, tenure; overlap "
        "weights), both counted from one moment on. An association, no cause: those may be called who would have come "
        "back anyway.",
    },
]

SIDES = {  # how a page sets `recovery.recovery`
    "columns": ["n", "recovered", "weighted", "low", "high"],
    "titles": {
        "n": {"fa": "مشتری", "en": "customers"},
        "recovered": {"fa": "دوباره خریدند", "en": "bought again"},
        "weighted": {"fa": "با وزن برابرساز", "en": "weighted alike"},
    },
    "formats": {"n": "count"} | dict.fromkeys(("recovered", "weighted", "low", "high"), "share"),
    "rows_title": {"fa": "گروه", "en": "group"},
}
_NAMES = {
    "contacted": {"fa": "تماس‌گرفته‌شده", "en": "contacted"},
    "others": {"fa": "بی‌تماس", "en": "not contacted"},
}


def shown(found: pd.DataFrame, locale: str) -> pd.DataFrame:
    """The two sides under their names in a language."""
    sides = found.loc[list(_NAMES)]
    return sides.set_axis(pd.Index([_NAMES[side][locale] for side in sides.index], name="side"))


def findings(found: pd.DataFrame | None, contact_hours: float, within_days: float) -> list[Finding]:
    """Contacted customers who come back more, or less, often.  found  of `recovery.recovery`; None: untold"""
    if found is None:
        return []
    gap, n = found.loc["difference"], found.loc[list(_NAMES), "n"]
    loud = severity(gap["p_value"], abs(gap["weighted"]) >= LARGE) if pd.notna(gap["p_value"]) else None
    if not loud:
        return []
    sides = found["weighted"]
    more = gap["weighted"] > 0
    text = say(
        fa="از کسانی که تا {h:.0f} ساعت با آن‌ها تماس گرفته شد {x:.0%} دوباره خریدند، از همانندهای بی‌تماس "
        "{b:.0%}",
        en="{x:.0%} of those contacted within {h:.0f} hours bought again, {b:.0%} of comparable ones who were not",
        h=contact_hours, x=sides["contacted"], b=sides["others"],
    )  # fmt: skip
    detail = say(
        fa="در {d:.0f} روز پس از آن؛ تفاوت {low:+.1f} تا {high:+.1f} واحد درصد (بازهٔ ۹۵٪، {n} مشتری). همراهی است، "
        "نه علت.",
        en="Within {d:.0f} days after; a difference of {low:+.1f} to {high:+.1f} percentage points (95% interval, {n} "
        "customers). An association, not a cause.",
        d=within_days, low=100 * gap["low"], high=100 * gap["high"], n=int(n.sum()),
    )  # fmt: skip
    remedy = {
        "fa": "برای دانستن علت، تماس را بین موردها به قید قرعه پخش کنید و گزارش experiment را بخوانید.",
        "en": "To learn the cause, draw lots for who is called first and read the report experiment.",
    }
    base = sides["others"]
    return [
        Finding(
            kind="case", subject={"contact_hours": clean(float(contact_hours))}, measure="recovered",
            value=clean(sides["contacted"]), baseline=clean(base), low=clean(base + gap["low"]),
            high=clean(base + gap["high"]), n=int(n.sum()), p_adjusted=clean(gap["p_value"]), severity=loud, text=text,
            detail=detail, looks=1, good=bool(more), remedy=remedy if more else None,
        )
    ]  # fmt: skip


def doubts(found: pd.DataFrame | None) -> Words:
    """How alike the sides are after weighting, or why nothing was compared."""
    if found is None:
        return {
            "fa": "بدون جدول سفارش‌ها نمی‌توان گفت چه کسی برگشت.",
            "en": "Without orders nobody can tell who came back.",
        }
    if pd.isna(found.loc["difference", "weighted"]):
        return {
            "fa": "در یکی از دو گروه کمتر از ۳۰ مشتری هست که زمان بازگشتشان گذشته باشد؛ سنجیده نشد.",
            "en": "One side has fewer than 30 customers whose time to come back is over; nothing was compared.",
        }
    balance = found.attrs["balance"].abs().max()
    return say(
        fa="دو گروه پیش از وزن‌دادن تا {before:.2f} و پس از آن تا {after:.2f} انحراف معیار فرق داشتند ({word}).",
        en="The sides differed by up to {before:.2f} standard deviations before weighting and "
        "{after:.2f} after ({word}).",
        before=balance["before"], after=balance["after"],
        word={"fa": "همانند", "en": "alike"} if balance["after"] < BALANCED else {"fa": "ناهمانند", "en": "not alike"},
    )  # fmt: skip
