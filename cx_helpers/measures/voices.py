"""What do customers say in their own words?  A few comments that stand for many, fit to be quoted."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from cx_helpers import disclosure
from cx_helpers.tables import need

SURE = 0.6  # a feeling nearer to 0 is not sure enough to be quoted


def typical(
    comments: ir.Table, feeling: str = "negative", most: int = 3, letters: int = 90, by=(), smallest: int = 1
) -> pd.DataFrame:
    """Which comments stand for what customers like (`positive`) or dislike (`negative`)?

    comments  with `sentiment` (-1..1);  most  comments at the most, each text and each customer once
    letters   comments of about this length come first: long enough to say why, short enough to be read
    by        columns that name groups;  smallest  where fewer customers wrote nobody is quoted, and nobody of a group
              of `by`, a touchpoint or a channel in which fewer wrote (disclosure.Limit)
    Returns comment_id, text, sentiment and what else the table has of touchpoint, channel, written_at; the texts as
    written: redact them before they are shown.  Ties go by comment_id, so the same comments are chosen every time.
    """
    need(comments, "comment_id", "text", "sentiment")
    sure = _.sentiment <= -SURE if feeling == "negative" else _.sentiment >= SURE
    kept = ["comment_id", "text", "sentiment"]
    kept += [c for c in ("touchpoint", "channel", "written_at", "customer_id") if c in comments.columns]
    comments = _of_many(comments, {*by, "touchpoint", "channel"}, smallest)
    asked = comments.select(kept).filter(sure, _.text.length() >= letters // 3)
    asked = asked.mutate(off=(_.text.length() - letters).abs())
    once = ibis.window(group_by="text", order_by=["comment_id"])
    asked = asked.mutate(again=ibis.row_number().over(once)).filter(_.again == 0)
    found = asked.order_by("off", "comment_id").limit(20 * most).execute()
    if "written_at" in found.columns:  # Spark says the same instants without their zone
        found["written_at"] = pd.to_datetime(found["written_at"], utc=True).dt.as_unit("us")
    if "customer_id" in found.columns:
        found = found[~(found["customer_id"].notna() & found.duplicated("customer_id"))]
    return found.head(most).drop(columns=["off", "again"]).reset_index(drop=True)


def tone(sentiment: float) -> str:
    """How a quote is shown: `bad`, `good`, or `mid` for what lies between."""
    return "bad" if sentiment <= -SURE else "good" if sentiment >= SURE else "mid"


def of_each(comments: ir.Table, by: str, most: int = 3, letters: int = 90, split=(), smallest: int = 1) -> pd.DataFrame:
    """Which comments are typical of each group: about as pleased as its mean, and neither curt nor long?

    comments  with `sentiment` and the column `by` (a comment may stand in several groups, once in each)
    split     further columns that name groups;  smallest  nobody of a group in which fewer customers wrote is quoted
    Where comments say how many words of their topic they hold (`held`, of topic_shares.about), only those of two and
    more are quoted, if a topic has any: what holds one word may speak of something else.
    Returns `by`, comment_id, text, sentiment and what else there is of touchpoint, channel, written_at; at most `most`
    of a group, each text and each customer once in it.  A feeling off by 1 weighs as much as `letters` letters.
    """
    need(comments, "comment_id", "text", "sentiment", by)
    kept = ["comment_id", "text", "sentiment", by]
    kept += [c for c in ("touchpoint", "channel", "written_at", "customer_id") if c in comments.columns]
    comments = _of_many(comments, {*split, by, "touchpoint", "channel"}, smallest)
    own = ibis.window(group_by=by)
    firm = comments.held > 1 if "held" in comments.columns else ibis.literal(True)
    asked = comments.select(*kept, firm=firm).filter(_.sentiment.notnull())
    asked = asked.mutate(off=(_.sentiment - _.sentiment.mean().over(own)).abs())
    asked = asked.mutate(off=letters * _.off + (_.text.length() - letters).abs().cast("float64"))
    once = ibis.window(group_by=[by, "text"], order_by=["comment_id"])
    asked = asked.filter(_.text.length() >= letters // 3)
    asked = asked.mutate(firmest=_.firm.cast("int8").max().over(own)).filter(_.firm.cast("int8") == _.firmest)
    asked = asked.mutate(again=ibis.row_number().over(once)).filter(_.again == 0)
    first = ibis.window(group_by=by, order_by=["off", "comment_id"])
    found = asked.mutate(place=ibis.row_number().over(first)).filter(_.place < 10 * most).execute()
    found = found.sort_values([by, "place"], kind="stable")
    if "written_at" in found.columns:
        found["written_at"] = pd.to_datetime(found["written_at"], utc=True).dt.as_unit("us")
    if "customer_id" in found.columns:
        found = found[~(found["customer_id"].notna() & found.duplicated([by, "customer_id"]))]
    found = found.groupby(by, sort=False).head(most).reset_index(drop=True)
    return found.drop(columns=["off", "again", "place", "firm", "firmest"])


def _of_many(comments: ir.Table, columns: set[str], smallest: int) -> ir.Table:
    """The comments without those of groups in which too few customers wrote."""
    if disclosure.least(smallest) == 1:
        return comments
    who = comments.customer_id if "customer_id" in comments.columns else ibis.null("string")
    people = who.nunique() + who.isnull().cast("int64").sum()  # without a customer each is one of its own
    kept = [ibis.literal(not disclosure.few(comments.aggregate(k=people).execute()["k"].iloc[0], smallest))]
    for column in sorted(columns & set(comments.columns)):
        found = comments.group_by(column).aggregate(k=people).execute()
        large = found.loc[~disclosure.few(found["k"], smallest), column]
        own = comments[column].isin(large.dropna().tolist())
        kept.append(own | comments[column].isnull() if large.isna().any() else own.fill_null(False))
    return comments.filter(*kept)
