"""What was asked by the form of service quality, what was not, and how to begin?"""

from __future__ import annotations

import pandas as pd

from cx_helpers import forms, wording
from cx_helpers.tables import nearest
from cx_helpers.wording import Words, say

LACKS = {  # of each family: what is not known, and which questions of questionnaire.csv tell
    "servqual": {
        "fa": "از مشتریان پرسیده نشده است که چه انتظار داشتند و چه دیدند: پرسش‌های servqual در "
        "questionnaire.csv آماده است.",
        "en": "Customers were not asked what they expected and what they got: the servqual questions of "
        "questionnaire.csv are ready for that.",
    },
    "clue": {
        "fa": "از مشتریان دربارهٔ نشانه‌های تجربه (کارکرد، فضا، آدم‌ها) پرسیده نشده است: پرسش‌های clue در "
        "questionnaire.csv.",
        "en": "Customers were not asked about the clues of the experience (function, place, people): the "
        "clue questions "
        "of questionnaire.csv.",
    },
    "effortless": {
        "fa": "از مشتریان دربارهٔ چهار نشان تجربهٔ بی‌دردسر پرسیده نشده است: پرسش‌های effortless در questionnaire.csv.",
        "en": "Customers were not asked about the four marks of an effortless experience: the effortless questions of "
        "questionnaire.csv.",
    },
    "value": {
        "fa": "از مشتریان پرسیده نشده است چه گرفتند و برایش چه دادند: پرسش‌های value در questionnaire.csv.",
        "en": "Customers were not asked what they got and what it took: the value questions of questionnaire.csv.",
    },
}


def lacking(questions: pd.DataFrame, family: str) -> Words | None:
    """One sentence on what was never asked, and how to begin; None where there are answers."""
    there = (questions["family"] == family) & questions["part"].notna()
    return None if there.any() else LACKS[family]


def start(questions: pd.DataFrame) -> Words | None:
    """How to begin, where nobody was asked anything yet; else None."""
    if questions["part"].notna().any():
        return None
    return {
        "fa": "برای آغاز: ۱) ردیف‌هایی از questionnaire.csv را که ستون short در آن‌ها yes است در ابزار "
        "نظرسنجی خود بگذارید "
        "(cx init این فایل را می‌سازد)؛ ۲) پاسخ‌ها را با همان نام‌های ستون instrument به جدول responses نگاشت کنید "
        "(docs/service-quality.md)؛ ۳) programme.yaml را با تیم پر کنید. با ۳۰ پاسخ نخستین عددها می‌آید و با ۱۰۰ پاسخ "
        "می‌توان تصمیم گرفت.",
        "en": "To begin: 1) put the rows of questionnaire.csv whose column short says yes into your survey "
        "tool (cx init "
        "makes the file); 2) map the answers to responses under the same names of column instrument "
        "(docs/service-quality.md); 3) fill in programme.yaml with the team. First numbers come with 30 "
        "answers; 100 are "
        "enough to decide by.",
    }


def unknown(questions: pd.DataFrame) -> Words | None:
    """Which names begin like a question of the form and are none, with the nearest right one; else None."""
    lost = questions[questions["part"].isna()]
    if lost.empty:
        return None
    known = [f"{family}.{part}" for family, parts in forms.PARTS.items() for part in parts]
    near = [f"{one}{nearest('.'.join(one.split('.')[:2]), known)}" for one in lost.index[:3]]
    return say(
        fa="{k} نام شناخته نیست و پاسخ‌هایش به کار نرفت: {names}. نام‌ها در docs/service-quality.md است.",
        en="{k} names are not known and their answers were not used: {names}. The names are in "
        "docs/service-quality.md.",
        k=len(lost), names=wording.raw("، ".join(near)),
    )  # fmt: skip


def nobody(questions: pd.DataFrame) -> Words | None:
    """How many answers are of no known customer, and so were left out; None where there are none."""
    n = int(questions["nobody"].sum())
    return n and say(
        fa="{n} پاسخ مشتری شناخته‌ای ندارد و کنار مانده است؛ شمارهٔ پاسخ‌دهنده را در customer_id نگاشت کنید.",
        en="{n} answers are of no known customer and were left out; map the form’s respondent number to customer_id.",
        n=n,
    ) or None  # fmt: skip
