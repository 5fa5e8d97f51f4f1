"""Customers who are worth most and are unhappy: how a manager hears of them.  Counts only; the list is for the lab."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cx_helpers import certainty
from cx_helpers.readings.value import what
from cx_helpers.records import Finding, clean, severity
from cx_helpers.valuation import Model
from cx_helpers.wording import Words, say

LARGE = 0.1  # of a share of unhappy customers

COLUMNS = {
    "columns": ["customers", "clv", "n", "unhappy", "count", "at_stake"],
    "titles": {
        "customers": {"fa": "مشتریان", "en": "customers"},
        "clv": {"fa": "ارزش پیش روی هر یک", "en": "value to come of each"},
        "n": {"fa": "پاسخ‌دهنده", "en": "who answered"},
        "unhappy": {"fa": "ناراضی", "en": "unhappy"},
        "count": {"fa": "شمار ناراضی‌ها", "en": "unhappy customers"},
        "at_stake": {"fa": "ارزش پیش روی ناراضی‌ها", "en": "value to come of the unhappy"},
    },
    "formats": {"clv": "money", "unhappy": "share", "count": "count", "at_stake": "money"},
    "rows_title": {"fa": "پنجم ارزش (۵ بیشترین)", "en": "fifth of value (5 the most)"},
}  # fmt: skip


def counted(survey: str | None) -> Words | None:
    """Whose last answer says who is unhappy here; None where nobody answered.  survey  of `value_experience.asked`"""
    if survey is None:
        return None
    return say(
        fa="ناراضی در این گزارش کسی است که آخرین پاسخش به {s} بد بوده است (NPS: ۰ تا ۶؛ CSAT: کمتر از میانهٔ مقیاس)؛ "
        "تنها همین نظرسنجی، که بیشترین پاسخ‌دهنده را دارد، شمرده شده است. گزارش customer از هر که پاسخ NPS ندارد CSAT "
        "او را می‌شمارد؛ پس سهم‌های دو گزارش یکی نیست.",
        en="Unhappy in this report is whose last answer to {s} was bad (NPS: 0 to 6; CSAT: below the middle of "
        "its scale); only this survey, which most customers answered, counts. The report customer takes CSAT of "
        "whoever has no answer to NPS, so the shares of the two differ.",
        s=survey.upper(),
    )  # fmt: skip


def sentence(model: Model, told: pd.DataFrame, survey: str | None) -> Words | None:
    """How many of those who are worth most are unhappy, and what hangs on them; None where it cannot be said."""
    if 5 not in told.index or pd.isna(told.loc[5, "at_stake"]):
        return None
    top, whole = told.loc[5], told["at_stake"].sum()
    return say(
        fa="{count:.0f} نفر از باارزش‌ترین پنجم مشتریان در آخرین پاسخشان به {s} ناراضی بودند؛ {stake:money} {what} "
        "پیش رو به آنان بسته است ({share:.0%} از ارزش همهٔ ناراضی‌ها).",
        en="{count:.0f} of the fifth of customers who are worth most were unhappy in their last answer to {s}; "
        "{stake:money} of {what} to come hangs on them ({share:.0%} of what all unhappy customers are worth).",
        count=top["count"], stake=top["at_stake"], share=top["at_stake"] / whole if whole else np.nan, what=what(model),
        s=(survey or "").upper(),
    )  # fmt: skip


def findings(model: Model, told: pd.DataFrame, survey: str | None) -> tuple[list[Finding], int]:
    """Are those who are worth most unhappier, or happier, than all others?  One look: (findings, looks)."""
    seen = told[told["unhappy"].notna()]
    if 5 not in seen.index or len(seen) < 2:
        return [], 0
    top, rest = seen.loc[5], seen.drop(5)
    n = rest["n"].sum()
    others = (rest["unhappy"] * rest["n"]).sum() / n
    se = np.sqrt(((rest["n"] * rest["se"]) ** 2).sum()) / n
    gap = top["unhappy"] - others
    p = float(certainty.difference(gap, {"n": top["n"], "se": top["se"]}, {"n": n, "se": se}))
    loud = severity(p, abs(gap) >= LARGE)
    if loud is None:
        return [], 1
    worse = gap > 0
    text = say(
        fa="از پنجمی که بیشترین ارزش پیش رو را دارد {x:.0%} به گواه آخرین پاسخشان به {s} ناراضی‌اند، در "
        "برابر {others:.0%} دیگران",
        en="{x:.0%} of the fifth with most value to come are unhappy by their last answer to {s}, against {others:.0%} "
        "of the others",
        x=top["unhappy"], others=others, s=(survey or "").upper(),
    )  # fmt: skip
    one = Finding(
        kind="churn_risk" if worse else "strength", subject={"value_fifth": 5}, measure="unhappy",
        value=clean(top["unhappy"]), baseline=clean(others), low=clean(top["low"]), high=clean(top["high"]),
        n=int(top["n"]), p_adjusted=p, severity=loud, text=text, detail=sentence(model, told, survey),
        looks=1, good=not worse,
    )  # fmt: skip
    return [one], 1
