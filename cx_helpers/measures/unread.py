"""What of the comments was not scored, and why?  And how many were Persian in Latin letters?

Takes `comments` with `sentiment` and, where this house scored them, `how_read` (intake.legible): nothing is lost
silently, and a comment that was not scored is never counted as neutral.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from cx_helpers.tables import need

WHY = ("empty", "short", "language", "spam", "repeated", "unknown")  # not scored; `unscored`: it came so


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
    read = ibis.ifelse(_.how.isin(WHY), "persian", _.how.fill_null("persian"))  # whoever scored it has read it
    reason = ibis.ifelse(_.how.isin(WHY), _.how, "unscored")
    asked = asked.mutate(how_read=ibis.ifelse(_.scored, read, reason))
    found = asked.group_by("how_read", "scored").aggregate(
        n=_.count(), customers=_.who.nunique() + _.who.isnull().cast("int64").sum()
    )
    frame = found.execute().astype({"n": "int64", "customers": "int64", "scored": bool})
    return frame.sort_values(["n", "how_read"], ascending=[False, True]).set_index("how_read")
