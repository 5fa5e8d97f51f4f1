"""How is it said which comments were not scored, why, and how many were Finglish?"""

from __future__ import annotations

import pandas as pd

from cx_helpers import disclosure
from cx_helpers.wording import Words, join, say, sentences

FINGLISH = "finglish"
WHY = {  # … because they are
    "empty": {"fa": "خالی است", "en": "empty"},
    "short": {"fa": "جز یک حرف، عدد یا شکلک ندارد", "en": "no more than a letter, numbers or emoji"},
    "language": {"fa": "به زبان دیگری است", "en": "in another language"},
    "spam": {"fa": "آگهی یا رونوشتِ پخش‌شده است", "en": "adverts or copies pasted by many"},
    "repeated": {"fa": "تکرار همان نوشتهٔ همان مشتری است", "en": "the same customer’s same text again"},
    "unknown": {"fa": "واژه‌ای آشنا برای مدل ندارد", "en": "without a word that the model knows"},
    "unscored": {"fa": "بی‌نمره رسیده است", "en": "without a score of the system that they came from"},
}


def sentence(found: pd.DataFrame, smallest: int = 1) -> Words:
    """How many were not scored, because of what, and how many were Finglish?

    found  answer of `counts`;  smallest  of fewer customers no number is told (disclosure.Limit)
    """
    left = found[~found["scored"]]
    parts = [say(fa="هیچ نوشته‌ای بی‌نمره نمانده است.", en="No comment was left without a score.")]
    if len(left):
        parts = [
            say(
                fa="{n} نوشته نمره نگرفته است، چون {why}.",
                en="{n} comments were not scored, because they are {why}.",
                n=_many(left["n"].sum(), smallest, left["customers"].sum()),
                why=_because(left, smallest),
            )
        ]
    if FINGLISH in found.index:
        row = found.loc[FINGLISH]
        parts.append(
            say(
                fa="{n} نوشته فینگلیش است (فارسی با حروف لاتین) و پس از برگرداندن به فارسی خوانده شده است.",
                en="Finglish comments (Persian in Latin letters), turned into Persian and read: {n}.",
                n=_many(row["n"], smallest, row["customers"]),
            )
        )
    return sentences(*parts)


def _because(left: pd.DataFrame, smallest: int) -> Words:
    if len(left) == 1:  # how many, has been said
        return WHY[left.index[0]]
    told = zip(left.index, left["n"], left["customers"], strict=True)
    return join(
        [say(fa="{why} ({n})", en="{why} ({n})", why=WHY[how], n=_many(n, smallest, who)) for how, n, who in told]
    )


def _many(n, smallest: int, customers):
    return disclosure.count(int(n), smallest, customers)
