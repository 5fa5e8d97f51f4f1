"""What is to be said of the questions of a form: which ask about the same thing, and how reliably?"""

from __future__ import annotations

import pandas as pd

from cx_helpers import disclosure
from cx_helpers.wording import Words, join, name, say

GUARDS = [
    {
        "fa": "تحلیل عاملی تنها بر پاسخ‌های کامل است؛ شمار عامل‌ها از تحلیل موازی (هورن) است، نه از سلیقه، و بدون KMO "
        "دست‌کم ۰٫۵ و آزمون بارتلت انجام نمی‌شود.",
        "en": "Factors are of complete answers only; their number is by parallel analysis (Horn), not by taste, and "
        "none is told without a KMO of 0.5 and Bartlett's test.",
    }
]

LOADINGS = {  # how a page sets `items.loadings`
    "titles": {
        "kmo": {"fa": "درخور تحلیل (KMO)", "en": "fit for it (KMO)"},
        "shared": {"fa": "سهمی که عامل‌ها می‌گویند", "en": "share the factors tell"},
        **{f"factor_{j}": {"fa": f"عامل {'۰۱۲۳۴۵۶۷۸۹'[j]}", "en": f"factor {j}"} for j in range(1, 10)},
    },
    "rows_title": {"fa": "پرسش", "en": "item"},
}


def sentence(fit: pd.DataFrame, smallest: int = 1) -> Words:
    """Can the items be factored?  smallest  of fewer answers nothing is told (disclosure.Limit)"""
    row = fit.iloc[0]
    if disclosure.few(row["n"], smallest):
        return disclosure.sentence(disclosure.SMALL)
    if not row["items"]:
        return say(
            fa="پرسشنامه‌ای با چند پرسش نیست که بتوان عامل‌های آن را جست.",
            en="There is no form of several questions whose factors could be looked for.",
        )
    if pd.isna(row["kmo"]):
        return say(
            fa="پرسش‌ها را نمی‌توان عاملی کرد: {n} پاسخ کامل به {k} پرسشِ متفاوت هست.",
            en="The items cannot be factored: there are {n} complete answers to {k} items that differ.",
            n=int(row["n"]), k=int(row["items"]),
        )  # fmt: skip
    values = {"n": int(row["n"]), "k": int(row["items"]), "kmo": row["kmo"], "chi2": row["chi2"], "df": int(row["df"])}
    if not row["fits"]:
        return say(
            fa="{k} پرسش برای تحلیل عاملی مناسب نیستند ({n} پاسخ، KMO {kmo:.2f}): پاسخ کم است یا پرسش‌ها "
            "چیز مشترکی ندارند.",
            en="The {k} items are not fit to be factored ({n} answers, KMO {kmo:.2f}): too few answers, or too little "
            "in common.",
            **values,
        )
    return say(
        fa="{k} پرسش با {n} پاسخ کامل مناسب تحلیل عاملی‌اند (KMO {kmo:.2f}؛ بارتلت {chi2:.0f} با {df} درجهٔ آزادی).",
        en="The {k} items, with {n} complete answers, can be factored (KMO {kmo:.2f}; Bartlett {chi2:.0f}, df {df}).",
        **values,
    )


def factors(reliable: pd.DataFrame) -> Words | None:
    """What goes together, and how reliably; None where there are no factors."""
    if reliable.empty:
        return None
    lines = [_factor(row) for row in reliable.itertuples()]
    return {locale: " ".join(line[locale] for line in lines) for locale in ("fa", "en")}


def _factor(row) -> Words:
    asked = join([name(one) for one in row.names])
    if pd.isna(row.alpha):
        return say(fa="{names} تنهاست.", en="{names} stands alone.", names=asked)
    return say(
        fa="{names} با هم می‌آیند (آلفای کرونباخ {a:.2f}، بازهٔ ۹۵٪: {low:.2f} تا {high:.2f}).",
        en="{names} go together (Cronbach's alpha {a:.2f}, 95% interval {low:.2f} to {high:.2f}).",
        names=asked, a=row.alpha, low=row.low, high=row.high,
    )  # fmt: skip
