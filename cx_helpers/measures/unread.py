"""What of the comments was not scored, and why?  And how many were Persian in Latin letters?

Takes `comments` with `sentiment` and, where this house scored them, `how_read` (intake.legible): nothing is lost
silently, and a comment that was not scored is never counted as neutral.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from cx_helpers import disclosure
from cx_helpers.tables import need
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


def counts(comments: ir.Table) -> pd.DataFrame:
    """How many comments were read in which way, and how many were not, by the reason?

    comments  with `sentiment`, and `how_read` where this house scored them
    Returns per way or reason (index `how_read`; the commonest first): n comments, customers (without one: each its
    own), scored (true: they have a score).  They add up to all comments.
    """
    need(comments, "sentiment")
    value = comments.sentiment.cast("float64")
    scored = value.notnull() & ~value.isnan().fill_null(False)
    how = comments.how_read if "how_read" in comments.columns else ibis.null("string")
    who = comments.customer_id if "customer_id" in comments.columns else ibis.null("string")
    asked = comments.select(scored=scored, how=how, who=who)
    read = ibis.ifelse(_.how.isin([*WHY]), "persian", _.how.fill_null("persian"))  # whoever scored it has read it
    reason = ibis.ifelse(_.how.isin([*WHY]), _.how, "unscored")
    asked = asked.mutate(how_read=ibis.ifelse(_.scored, read, reason))
    found = asked.group_by("how_read", "scored").aggregate(
        n=_.count(), customers=_.who.nunique() + _.who.isnull().cast("int64").sum()
    )
    frame = found.execute().astype({"n": "int64", "customers": "int64", "scored": bool})
    return frame.sort_values(["n", "how_read"], ascending=[False, True]).set_index("how_read")


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
    told = zip(left.index, left["n"], left["customers"], strict=True)
    return join(
        [say(fa="{why} ({n})", en="{why} ({n})", why=WHY[how], n=_many(n, smallest, who)) for how, n, who in told]
    )


def _many(n, smallest: int, customers):
    return disclosure.count(int(n), smallest, customers)
