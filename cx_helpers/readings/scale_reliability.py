"""What is to be said of the scales themselves: can their items, and their gaps, be relied on?"""

from __future__ import annotations

import pandas as pd

from cx_helpers.wording import Words, join, name, say, sentences

GUARDS = [
    {
        "fa": "پایایی شکاف جدا از پایایی دو سوی آن گزارش شده است: تفاضل دو نمره که با هم بالا و پایین "
        "می‌روند نامطمئن است. "
        "از شکاف برای میانگین‌ها استفاده کنید، نه برای تک‌تک مشتریان. نمرهٔ دریافت به‌تنهایی (SERVPERF؛ "
        "کرونین و تیلور ۱۹۹۲) "
        "هم آمده است.",
        "en": "The reliability of a gap is told apart from that of its two sides: the difference of two scores that go "
        "together is unsure. Use gaps for means, not for single customers. Perceptions alone (SERVPERF; Cronin, Taylor "
        "1992) are given, too.",
    },
]

RELIABILITY = {  # how a page sets `scale_reliability.reliability`
    "columns": ["n", "items", "alpha", "low", "high", "omega", "alpha_expected", "difference"],
    "titles": {
        "n": {"fa": "مشتری", "en": "customers"},
        "items": {"fa": "پرسش", "en": "items"},
        "alpha": {"fa": "آلفا (دریافت)", "en": "alpha (perceived)"},
        "omega": {"fa": "امگا (دریافت)", "en": "omega (perceived)"},
        "alpha_expected": {"fa": "آلفا (انتظار)", "en": "alpha (expected)"},
        "difference": {"fa": "پایایی شکاف", "en": "reliability of the gap"},
    },
    "formats": {"n": "count", "items": "count"},
    "rows_title": {"fa": "بُعد", "en": "dimension"},
}


def sentence(found: pd.DataFrame) -> Words | None:
    """Which scales cannot be relied on, and how sure gaps are; None where nothing is known."""
    known = found[found["alpha"].notna()]
    if known.empty:
        few = found["items"].max() if len(found) else 0
        return few > 0 and say(
            fa="پایایی گفته نمی‌شود: برای آلفا دست‌کم دو پرسش در هر بُعد و ۳۰ مشتری با پاسخ کامل لازم است "
            "(برای امگا سه پرسش).",
            en="Reliability is not told: alpha needs two items a dimension and 30 customers who answered all of them "
            "(omega three items).",
        ) or None  # fmt: skip
    weak = known[known["alpha"] < 0.7]
    told = say(
        fa="آلفای ابعاد میان {low:.2f} و {high:.2f} است.",
        en="Alpha of the dimensions lies between {low:.2f} and {high:.2f}.",
        low=known["alpha"].min(), high=known["alpha"].max(),
    )  # fmt: skip
    if len(weak):
        names = join([name(f"servqual.{d}") for d in weak.index])
        told = sentences(told, say(
            fa="{names} زیر ۰٫۷ است: پرسش‌هایش یک چیز را نمی‌سنجد، با احتیاط بخوانید.",
            en="{names} below 0.7: its items do not measure one thing, read it with care.", names=names,
        ))  # fmt: skip
    gap = known["difference"].dropna()
    if len(gap) and gap.min() < 0.7:
        told = sentences(told, say(
            fa="پایایی شکاف تا {x:.2f} پایین می‌آید: شکاف تک‌تک مشتریان را با هم نسنجید.",
            en="The reliability of gaps goes down to {x:.2f}: do not compare single customers by their gaps.",
            x=gap.min(),
        ))  # fmt: skip
    return told
