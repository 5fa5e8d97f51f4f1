"""How do customers feel?  What they write, read by the sentiment model, with how sure that is.

Every measure takes `comments` with the derived column `sentiment` (-1..1, null: not readable) and returns an answer:
index = the groups (or `all`), `n` comments that could be read, of `customers`, the value, its 95 % interval, `se` for
`comparison`. Comments of one customer are counted as clustered: ten comments of one customer are not ten opinions.
The interval of a mean tells the chance of the draw. A share is corrected for how the model misreads (`errors`), and its
interval holds that error, too: the level of a company that the model has never seen is known roughly, until labels of
one's own are there. Groups and periods are misread alike, so they are compared by `se`, which holds the draw only.
Since when they feel so: `turning`.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from cx_helpers import certainty, disclosure, misread
from cx_helpers.tables import RATING_SCALES, MissingTable, TableError, groups, need, rating_scale
from cx_helpers.wording import raw, say

BAND = 0.2  # half width of the neutral band, as in intake.sentiment.score


def mean(comments: ir.Table, by=None, periods=None, smallest: int = 1) -> pd.DataFrame:
    """How do customers feel on average?

    comments  with `sentiment`;  by  a column (or several) that splits them;  a null there is a group too
    periods   consecutive dates.Period: one row each, by written_at;  smallest  groups with fewer comments, or of too
              few customers, get nulls (disclosure.Limit)
    Returns n, customers, `sentiment` (mean of p_positive - p_negative, -1..1) with its cluster-robust Student
    interval (kept within the scale), se.
    """
    found = certainty.sums(_read(comments, by, periods), _.sentiment, groups(by), periods, "written_at")
    return certainty.hide_small(certainty.average(found, "sentiment", (-1, 1)), smallest)


def negative_share(
    comments: ir.Table, by=None, periods=None, smallest: int = 1, band: float = BAND, errors=None
) -> pd.DataFrame:
    """Which share of the comments is negative?

    band    a comment is negative below -band, positive above band, and neutral between (intake.sentiment.score)
    errors  how the model misreads: a confusion by domain, or a function of the band that gives one
            (intake.sentiment.errors); None: nothing is known of it, and the share is that of what is called negative
    Returns n, customers, `negative_share` (0..1) with its interval and se, and the counts negative, neutral, positive
    as the model calls them. With errors: `called`, the share as counted, and `negative_share` corrected for misreading,
    its interval holding the model's error (misread.corrected). Where it is known how the mean of p errs, that is
    corrected: it errs more alike from domain to domain than the count, and the band moves the counts alone. The
    interval of the count is Wilson's on the effective number of comments. Other arguments as in `mean`.
    """
    return _share(comments, "negative", by, periods, smallest, band, errors)


def positive_share(
    comments: ir.Table, by=None, periods=None, smallest: int = 1, band: float = BAND, errors=None
) -> pd.DataFrame:
    """Which share of the comments is positive?  Like `negative_share`."""
    return _share(comments, "positive", by, periods, smallest, band, errors)


def coverage(comments: ir.Table, sure: float = 0.6, smallest: int = 1) -> pd.Series:
    """How much of what customers wrote could be read, and how much of it surely?

    Returns comments (rows), read (with a score), read_share (0..1), unsure_share (of those read: sentiment nearer to
    0 than `sure`); shares are null where nothing is there.
    smallest  counts are null where too few customers wrote (disclosure.Limit)
    """
    need(comments, "sentiment")
    asked = comments.mutate(_s=_.sentiment.cast("float64"))
    who = asked.customer_id if "customer_id" in asked.columns else ibis.null("string")
    people = who.nunique() + who.isnull().cast("int64").sum()
    unsure = (asked._s.abs() < sure).cast("int64").sum()
    counted = asked.aggregate(rows=asked.count(), read=asked._s.count(), unsure=unsure, people=people)
    rows, read, unsure, people = counted.execute().astype(float).fillna(0).iloc[0]
    if disclosure.few(people, smallest):
        return pd.Series(dict.fromkeys(["comments", "read", "read_share", "unsure_share"]), dtype=object)
    return pd.Series(
        {
            "comments": int(rows),
            "read": int(read),
            "read_share": read / rows if rows else np.nan,
            "unsure_share": unsure / read if read else np.nan,
        },
        dtype=object,
    )


def readable(comments: ir.Table) -> ir.Table:
    """The comments, where the model could read any of them; MissingTable where it could not, so that the run goes on.

    comments  with `sentiment`: null for a comment in another language than the model's, which is Persian
    """
    need(comments, "sentiment")
    rows, read = comments.aggregate(rows=_.count(), read=_.sentiment.count()).execute().iloc[0]
    if rows and not read:
        spoken = {"fa": "", "en": ""}
        if "language" in comments.columns:
            found = comments.filter(_.language.notnull()).language.topk(3).execute()
            if len(found) and found.iloc[:, 1].sum() > rows / 2:
                of = raw(", ".join(found.iloc[:, 0].astype(str)))
                spoken = say(fa=" (به زبان {found})", en=" (`language` says {found})", found=of)
        raise MissingTable(
            say(
                fa="از {rows} نوشته{spoken} هیچ‌کدام خوانده نشد: مدل احساس تنها فارسی می‌داند. اگر نوشته‌ها به‌راستی به خط "
                "فارسی‌اند و زبانشان نادرست ثبت شده، در workspace.yaml بنویسید {mapping} و cx ingest را اجرا کنید",
                en="none of the {rows} comments{spoken} could be read: the sentiment model knows Persian only; where "
                "they do stand in Persian letters and their language is noted wrongly, map {mapping} in workspace.yaml "
                "and run cx ingest",
                rows=rows,
                spoken=spoken,
                mapping=raw("language: {value: fa}"),
            )
        )
    return comments


def agreement(
    comments: ir.Table, by=None, smallest: int = 1, scale: tuple[float, float] | None = None, band: float = BAND
) -> pd.DataFrame:
    """Do the words and the rating of one comment say the same?

    comments  with `sentiment` and `rating`
    scale     lowest and highest rating one can give; None: the first of 1-5, 0-5, 0-10, 0-100 that holds all of them
              (what is below 0 is no rating); where none does, nothing is said
    Only comments that take a side in both count: a rating off the middle of the scale, and a feeling that is not
    neutral. Returns n such comments, customers, `agreement` (0..1: both good or both bad) with Wilson's interval, se,
    and how often they part: `kind_words` (a low rating in kind words) and `harsh_words` (a high one in harsh words).
    Much disagreement says that the rating is habit or about another thing than the text, or that the model misreads.
    """
    if "rating" not in comments.columns:  # nobody was asked for one: nothing to hold the words against
        comments = comments.mutate(rating=ibis.null("float64"))
    asked = _read(comments, by, None).mutate(rating=_.rating.cast("float64"))
    scale = scale or _scale(asked)
    low, high = scale or (0, 0)  # of no usual scale nothing is said
    middle = (low + high) / 2
    asked = asked.filter(_.rating.between(low, high), _.rating != middle, _.sentiment.abs() > band)
    kind = (asked.rating < middle) & (asked.sentiment > 0)
    harsh = (asked.rating > middle) & (asked.sentiment < 0)
    parted = {"kind_words": kind.cast("int64"), "harsh_words": harsh.cast("int64")}
    values = {"agreed": (~(kind | harsh)).cast("int64")} | disclosure.apart(parted, smallest)
    sums = certainty.sums(asked, values, groups(by), **parted)
    return _told(sums, certainty.share(sums["agreed"], "agreement"), parted, list(parted), smallest)


def _share(comments, own, by, periods, smallest, band, errors) -> pd.DataFrame:
    asked = _read(comments, by, periods)
    if not 0 <= band <= 1:
        raise TableError(
            say(
                fa="بازهٔ خنثی (band) {band:.2f} است و باید میان صفر و یک باشد: احساسی که از آن به صفر نزدیک‌تر باشد "
                "خنثی است",
                en="band {band:.2f} is not between 0 and 1: sentiment nearer to 0 than this is neutral",
                band=band,
            )
        )
    feeling = {"negative": asked.sentiment < -band, "positive": asked.sentiment > band}
    feeling["neutral"] = ~(feeling["negative"] | feeling["positive"])
    counted = {k: feeling[k].cast("int64") for k in ("negative", "neutral", "positive")}
    values = {"own": counted[own], "p": _p(asked.sentiment, own)} | disclosure.apart(counted, smallest)
    sums = certainty.sums(asked, values, groups(by), periods, "written_at", **counted)
    # how many the share itself stands for, it says; the other two may not be told apart where one is small
    others = [part for part in counted if part != own]
    confusion = errors(band) if callable(errors) else errors
    share = certainty.share(sums["own"], f"{own}_share")
    if confusion is not None:
        share = _corrected(share, f"{own}_share", sums["p"], misread.rates(confusion, own), confusion)
    return _told(sums, share, counted, others, smallest)


def _p(feeling, own: str):
    """p of a feeling where there are two: what `sentiment` (p_positive - p_negative) says of it."""
    return (1 - feeling) / 2 if own == "negative" else (1 + feeling) / 2


def _corrected(called: pd.DataFrame, name: str, p: pd.DataFrame, of: misread.Rates, confusion) -> pd.DataFrame:
    """The share corrected for misreading: from the mean of p where it is known how that errs, else from the calls."""
    if not misread.by_probability(confusion, name.removesuffix("_share")):
        return misread.corrected(called, name, of)
    mean = certainty.average(p, name, (0, 1))
    mean = mean.fillna(certainty.share(p, name))  # of one customer nothing is known but that p lies in 0..1
    return misread.corrected(mean, name, of).assign(called=called[name])


def _told(sums: dict, share: pd.DataFrame, parts, apart: list[str], smallest) -> pd.DataFrame:
    """The answer of a share with the counts of its parts, small groups and small parts hidden."""
    found = sums[next(iter(sums))]
    counts = {k: found[k].where(found["n"] > 0) for k in parts}
    answer = disclosure.hide_parts(share.assign(**counts), apart, sums, smallest)
    return certainty.hide_small(answer, smallest)


def _read(comments: ir.Table, by, periods) -> ir.Table:
    """The comments, refused where the model has not read them yet; NaN becomes null."""
    if "sentiment" not in comments.columns:
        raise TableError(
            say(
                fa="احساس نوشته‌ها هنوز سنجیده نشده است (ستون sentiment نیست)؛ نخست cx ingest را اجرا کنید",
                en="no column 'sentiment' among {have}; score the comments first: "
                "cx_helpers.intake.sentiment.score_comments, or cx ingest",
                have=raw(", ".join(sorted(comments.columns))),
            )
        )
    need(comments, *groups(by), *(["written_at"] if periods else []))
    value = comments.sentiment.cast("float64")
    return comments.mutate(sentiment=ibis.cases((value.isnan(), ibis.null("float64")), else_=value))


def _scale(asked: ir.Table) -> tuple[float, float] | None:
    """The usual scale of the ratings; what is below 0 beside them, as exports write "none", is no rating."""
    rating = asked.rating
    ends = asked.aggregate(low=rating.min(), least=rating.min(where=rating >= 0), high=rating.max()).execute().iloc[0]
    if pd.isna(ends["high"]):
        return RATING_SCALES[0]
    return rating_scale(ends["low"], ends["high"], ends["least"])
