"""Which comments are the same text again?  One customer's double, and what many paste within days.

repeated  the same customer sent the same text before: within a day, or at any time when it is long. The first counts.
spam      one long text that MANY customers sent within DAYS of each other: all of it is left out.

Short texts that many customers write are many voices and stay; a comment without a customer is nobody's double.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

LONG = 25  # letters and blanks: nobody writes this much twice in the same words
PASTED = 40
MANY = 5
DAYS = 7
_NEEDED = ("comment_id", "text", "written_at")


def marks(comments: ir.Table) -> pd.DataFrame:
    """The comments that are the same text again: `comment_id`, `how_read` (repeated, spam); the others are left out.

    comments  with comment_id, text, written_at; without customer_id nobody's double can be seen
    """
    if not set(_NEEDED) <= set(comments.columns):
        return pd.DataFrame({"comment_id": [], "how_read": []}, dtype=object)
    who = _.customer_id.cast("string") if "customer_id" in comments.columns else ibis.null("string")
    asked = comments.select("comment_id", "written_at", who=who, text=_.text.strip()).filter(_.text.length() > 0)
    own = ibis.window(group_by=["who", "text"], order_by=["written_at", "comment_id"])
    asked = asked.mutate(at=_.written_at.epoch_seconds())
    asked = asked.mutate(before=_.at.lag().over(own), place=ibis.row_number().over(own))
    again = _.who.notnull() & (_.place > 0) & ((_.text.length() >= LONG) | (_.at - _.before <= 86_400))
    asked = asked.mutate(again=again)
    repeated = asked.filter(_.again).select("comment_id", how_read=ibis.literal("repeated"))
    pasted = asked.filter(~_.again, _.text.length() >= PASTED)
    same = ibis.window(group_by="text", order_by=["written_at", "comment_id"])
    pasted = pasted.mutate(earlier=_.at.lag(MANY - 1).over(same))
    burst = pasted.filter(_.at - _.earlier <= DAYS * 86_400).select("text").distinct()
    spam = pasted.semi_join(burst, "text").select("comment_id", how_read=ibis.literal("spam"))
    return ibis.union(repeated, spam).execute()


def once(comments: ir.Table) -> ir.Table:
    """The comments without those that are the same text again, as `unscored` has marked them."""
    if "how_read" not in comments.columns:
        return comments
    return comments.filter(~_.how_read.isin(["repeated", "spam"]).fill_null(False))


def unscored(comments: ir.Table, found: pd.DataFrame) -> ir.Table:
    """The same comments, all of them, without a score where a text is the same again; `how_read` says why.

    comments  with `comment_id`, `sentiment` and other derived columns of intake.sentiment;  found  of `marks`
    """
    if found.empty:
        return comments
    again = ibis.memtable(found.rename(columns={"comment_id": "_again_id", "how_read": "_again"}))
    joined = comments.left_join(again, comments.comment_id == again._again_id)
    told = joined.how_read if "how_read" in comments.columns else ibis.null("string")
    scores = {
        name: ibis.ifelse(joined._again.notnull(), ibis.null(joined[name].type()), joined[name])
        for name in ("sentiment", "p_negative", "p_neutral", "p_positive")
        if name in comments.columns
    }
    return joined.mutate(**scores, how_read=ibis.coalesce(joined._again, told)).drop("_again_id", "_again")
