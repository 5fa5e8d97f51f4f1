"""What is to be said of what the cohorts cannot see?"""

from __future__ import annotations

import pandas as pd

from cx_helpers import disclosure
from cx_helpers.wording import Words, say, sentences


def sentence(seen: pd.Series, smallest: int = 1) -> Words:
    """What `coverage` found, in words: what guards were taken, and what remains to be borne in mind.

    smallest  of fewer customers only that is said (disclosure.Limit)
    """
    rule = say(
        fa="هر مشتری در ماهِ نخستین خریدش جای گرفته است و ماهی که هنوز تمام نشده در هیچ میانگینی به حساب نیامده است.",
        en="Each customer belongs to the month of the first order; a month not yet over is part of no average.",
    )
    parts = [rule]
    if seen["partial"]:
        parts.append(
            say(
                fa="ماه آخر هنوز کامل نیست و خانه‌هایش خالی مانده است.",
                en="The last month is not complete and its cells are left empty.",
            )
        )
    if seen["known_before"]:
        parts.append(
            say(
                fa="{k} مشتری پیش از آغاز داده‌ها ({first}) هم ثبت شده بودند؛ نخستین خرید واقعی آنان "
                "شاید دیده نشده باشد.",
                en="{k} customers were known before the data begins ({first}): their true first order may be unseen.",
                k=disclosure.count(seen["known_before"], smallest),
                first=seen["first"],
            )
        )
    if seen["earlier"]:
        parts.append(
            say(
                fa="{k} مشتری که نخستین خریدشان پیش از {first} بوده در هیچ گروهی نیستند.",
                en="{k} customers first bought before {first} and are in no cohort.",
                k=disclosure.count(seen["earlier"], smallest),
                first=seen["first"],
            )
        )
    if seen["without_customer"]:
        parts.append(
            say(
                fa="{k} سفارش بی‌نام (بدون شناسهٔ مشتری) کنار گذاشته شد.",
                en="{k} orders without a customer were left out.",
                k=disclosure.count(seen["without_customer"], smallest),
            )
        )
    return sentences(*parts)
