"""What do customers write about, how do they feel about it, and what does that cost?

Every measure takes `comments` with a column aspect_NAME for each aspect (-1..1: how the comment feels about it; null:
it does not name it), as intake.aspects marks them.  A comment may name several, so shares do not add up to 1.
Comments of one customer are clustered, every aspect that was looked at is paid for, and a complaint going with a low
rating is an association: who is angry about the delivery may be angry about more than that.
"""

from __future__ import annotations

import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from cx_helpers import certainty, disclosure, folding, misread, regression
from cx_helpers.tables import TableError, need
from cx_helpers.wording import raw, say

PREFIX = "aspect_"  # as intake.aspects writes it
BAND = 0.2  # a feeling nearer to 0 is neutral, as everywhere
PRAISE = "praise_"
_SHARE = ["n", "customers", "of", "readers", "aspect_share", "low", "high", "se"]


def names(comments: ir.Table) -> list[str]:
    """The aspects that these comments were read for; TableError where they were not."""
    found = [column.removeprefix(PREFIX) for column in comments.columns if column.startswith(PREFIX)]
    if not found:
        raise TableError(
            say(
                fa="نوشته‌ها هنوز برای جنبه‌ها خوانده نشده‌اند (ستونی با {prefix} آغاز نمی‌شود)؛ نخست "
                "intake.aspects.marked را به کار ببرید",
                en="no column {prefix}… among {have}; mark the comments first: cx_helpers.intake.aspects.marked",
                prefix=raw(PREFIX),
                have=raw(", ".join(sorted(comments.columns))),
            )
        )
    return found


def share(comments: ir.Table, periods=None, smallest: int = 1) -> pd.DataFrame:
    """Which share of the comments names each aspect?

    periods   consecutive dates.Period: one answer for each, by written_at;  smallest  aspects that too few
              customers name get nulls, and all of them where too few comments were read (disclosure.Limit)
    Returns per aspect (index `aspect`, under `period` where there are periods): n comments that name it, customers who
    do, `of` (comments that could be read) of `readers`
    customers, `aspect_share` (0..1) with Wilson's interval on the effective number, se.
    """
    found = names(comments)
    read = _read(comments, periods)
    named = {a: read[PREFIX + a].notnull().cast("float64") for a in found}
    who = {f"who_{a}": one.nullif(0) for a, one in named.items()}
    sums = certainty.sums(read, named | who, [], periods, "written_at")
    frames = {}
    for aspect in found:
        whole = certainty.share(sums[aspect], "aspect_share")
        own = sums[f"who_{aspect}"].round()
        frames[aspect] = whole.assign(
            of=whole["n"], readers=whole["customers"], n=own["n"].astype(int), customers=own["customers"].astype(int)
        )  # nobody named it: a share of 0, not unknown
        few = (whole["n"] < smallest) | disclosure.few(whole["customers"], smallest)
        values = ["aspect_share", "low", "high", "se"]
        frames[aspect].loc[few, values] = np.nan  # of too few comments no share is told, whoever names what
    few = disclosure.Limit(0, smallest.customers, smallest.held) if isinstance(smallest, disclosure.Limit) else 0
    return _hide(_stacked(frames, periods), few, _SHARE)


def negative_share(
    comments: ir.Table, periods=None, smallest: int = 1, band: float = BAND, errors: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Of the comments that name an aspect, which share is unhappy with it?

    band    half width of neutral, for the counts;  smallest  aspects that fewer comments, or too few customers, name
            get nulls (disclosure.Limit)
    errors  how far off such a share is in people's eyes (intake.aspects.errors); None: that is not known
    Returns per aspect: n comments that name it, customers, `aspect_negative` (0..1: the share that feels worse than 0
    about it) with Wilson's interval on the effective number, se, and negative, neutral, positive (counts; null where
    one of them is of too few customers).  With errors the interval holds them (misread.widened).
    The share has no band: where people labelled (13 sources and aspects, 2,116 labels) it is .060 off, root mean
    square, that of what lies below -.2 is .119 off, and corrected by hits and false calls .115 to .148.
    Aspects and periods are misread alike: compare by `se`.
    """
    found, read = names(comments), _read(comments, periods)
    values, parts = {}, {}
    for aspect in found:
        felt = read[PREFIX + aspect]
        each = {"negative": felt < -band, "neutral": felt.between(-band, band), "positive": felt > band}
        each["mild"] = (felt < 0) & (felt >= -band)  # share and counts give it away together
        for part, true in each.items():
            parts[f"{aspect}|{part}"] = true.cast("float64").nullif(0)
        values[aspect] = (felt < 0).cast("float64")
    sums = certainty.sums(read, values | parts, [], periods, "written_at")
    frames = {}
    for aspect in found:
        of = {part: sums[f"{aspect}|{part}"] for part in ("negative", "neutral", "positive", "mild")}
        counts = {part: one["n"].where(sums[aspect]["n"] > 0) for part, one in of.items()}
        answer = certainty.share(sums[aspect], "aspect_negative")
        if errors is not None:
            answer = misread.widened(answer, "aspect_negative", errors)
        frames[aspect] = disclosure.hide_parts(answer.assign(**counts), list(of), of, smallest)
    columns = ["n", "customers", "aspect_negative", "low", "high", "se", "negative", "neutral", "positive"]
    return _hide(_stacked(frames, periods), smallest, columns)


def rounded(answer: pd.DataFrame, smallest) -> pd.DataFrame:
    """An answer of `negative_share` over many months, its counts rounded to multiples of the smallest group.

    Of a company's first year, the counts until this month less those until the last one would tell of few customers.
    """
    return disclosure.rounded(answer, ["n", "negative", "neutral", "positive"], smallest)


def complained(costs: pd.DataFrame, smallest) -> pd.DataFrame:
    """An answer of `cost` whose n is the complaints, rounded as `rounded` does: they differ from aspect to aspect."""
    return disclosure.rounded(costs.assign(n=costs["complaints"]), ["n"], smallest)


def mixed_share(comments: ir.Table, periods=None, smallest: int = 1) -> pd.DataFrame:
    """Which share of the comments is pleased with one thing and displeased with another?

    comments  with `mixed_feelings`
    Returns n, customers, `mixed_share` (0..1), low, high, se: one row, or one a period.
    """
    need(comments, "mixed_feelings")
    read = _read(comments, periods)
    sums = certainty.sums(read, read.mixed_feelings.cast("float64"), [], periods, "written_at")
    return certainty.hide_small(certainty.share(sums, "mixed_share"), smallest)


def cost(comments: ir.Table, smallest: int = 1, band: float = BAND) -> pd.DataFrame:
    """How much lower is the rating of a comment that complains of an aspect, all its other words equal?

    comments  with `rating`, in one scale.  Least squares of the rating on what a comment complains of and what it
              praises, aspect by aspect; errors are robust to several comments of one customer (folding, regression)
    Returns per aspect: n rated comments, customers, complaints (of them, about it), `rating_cost` (points: negative is
    lower) with low and high, p_adjusted (Holm over the aspects), `lost` (what that takes from the mean rating: cost x
    share of complaints) with lost_low, lost_high. Null where there are too few ratings, complaints or customers;
    attrs["why"] says so.
    """
    found = names(comments)
    columns = "n customers complaints rating_cost low high p_adjusted lost lost_low lost_high".split()
    empty = pd.DataFrame(np.nan, index=pd.Index(found, name="aspect"), columns=columns)
    if "rating" not in comments.columns:
        return _refused(empty, 0)
    flags = {}
    for aspect in found:
        felt = comments[PREFIX + aspect]
        flags[aspect] = (felt < -band).fill_null(False).cast("int8")
        flags[PRAISE + aspect] = (felt > band).fill_null(False).cast("int8")
    keep = ["customer_id"] if "customer_id" in comments.columns else []
    rated = comments.select(*keep, rating=_.rating.cast("float64"), **flags)
    rows = folding.collapse(rated, "rating", list(flags), smallest=smallest)
    if not rows.enough:
        return _refused(empty, rows.n if not disclosure.few(rows.customers, smallest) else None)
    fit = regression.linear(rows.x, rows.y, rows.weight, rows.cluster).table(["_", *rows.drivers])
    told = [d for d in rows.drivers if not d.startswith(PRAISE) and _complaints(rows, d) >= folding.FEWEST / 3]
    table = fit.loc[told].rename(columns={"coef": "rating_cost"})
    complaints = pd.Series({d: _complaints(rows, d) for d in told}, dtype=float)
    weight = complaints / rows.n
    table["p_adjusted"] = certainty.adjust(table["p_value"], "holm")
    table = table.assign(n=rows.n, customers=rows.customers, complaints=complaints, lost=table["rating_cost"] * weight)
    table = table.assign(lost_low=table["low"] * weight, lost_high=table["high"] * weight)
    out = table[columns].reindex(empty.index)
    out.attrs["why"] = None
    return out


def _complaints(rows: folding.Rows, driver: str) -> float:
    return float(rows.weight @ rows.x[:, rows.drivers.index(driver)])


def _refused(empty: pd.DataFrame, n: int | None) -> pd.DataFrame:
    if n is not None and n >= folding.FEWEST:
        empty.attrs["why"] = say(
            fa="{n} نوشته امتیاز دارد، اما از کمتر از ۳۰ مشتری، یا همه یک امتیاز؛ پس نمی‌توان گفت گله از هر جنبه با چه "
            "امتیازی همراه است.",
            en="{n} comments carry a rating, but of fewer than 30 customers, or all the same one: what rating goes "
            "with a complaint cannot be said.",
            n=n,
        )
        return empty
    few = {"fa": "تنها {n} نوشته امتیاز دارد", "en": "Only {n} comments carry a rating"}
    none = {"fa": "هیچ نوشته‌ای امتیاز ندارد", "en": "No comment carries a rating"}
    there = few if n else none
    empty.attrs["why"] = (
        disclosure.sentence(disclosure.SMALL)
        if n is None
        else say(
            fa=there["fa"] + "؛ برای آنکه بگوییم گله از هر جنبه با چه امتیازی همراه است، دست‌کم ۳۰ نوشته از ۳۰ مشتری "
            "لازم است.",
            en=there["en"] + "; at least 30 of 30 customers are needed to say what rating goes with a complaint.",
            n=n,
        )
    )
    return empty


def _read(comments: ir.Table, periods) -> ir.Table:
    need(comments, "sentiment", *(["written_at"] if periods else []))
    return comments.filter(_.sentiment.notnull())


def _stacked(frames: dict[str, pd.DataFrame], periods) -> pd.DataFrame:
    if not periods:
        return pd.concat(frames.values()).set_axis(pd.Index(list(frames), name="aspect"))
    return pd.concat(frames, names=["aspect"]).swaplevel().sort_index(level=0, sort_remaining=False, kind="stable")


def _hide(found: pd.DataFrame, smallest: int, columns: list[str]) -> pd.DataFrame:
    """Aspects overlap, so no small one can be had by subtracting the others from a total."""
    return disclosure.hide(found[columns], smallest, total=False)
