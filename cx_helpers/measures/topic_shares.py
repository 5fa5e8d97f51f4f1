"""Which share of the comments speaks of each topic, and did it move?  A topic is its terms, as `topics` makes it.

A comment speaks of a topic that holds two of its terms.  One is enough where the term is the topic's own: «ضربه‌گیر»
comes mostly with the box; «ریخت» mostly elsewhere («به هم ریخت»), and says nothing of it alone.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from cx_helpers import certainty, disclosure
from cx_helpers.dates import Period

MOSTLY = 0.5  # of the comments that hold a term hold another one of its topic, too: it is the topic's own
FEWEST = 30  # customers who wrote, in each period, below which no difference is tested


def members(terms: ir.Table, made: pd.DataFrame) -> ir.Table:
    """Which comments speak of which topic?  An engine table: comment_id, topic, `held` (terms of the topic in it).

    terms  of `terms.terms`, of all periods: where a term stands in them says whether it is its topic's own (MOSTLY)
    made   with topic and term, of topics.group or topics.standing; a topic's only term is its own
    """
    kinds = {"topic": "int64", "term": "string", "alone": "boolean"}
    own = made[["topic", "term"]].drop_duplicates().astype({"topic": "int64"})
    own = own.assign(alone=own.groupby("topic")["term"].transform("size") == 1).astype({"alone": bool})
    rows = terms.select("comment_id", "term").distinct().inner_join(ibis.memtable(own, schema=kinds), "term")
    rows = rows.mutate(held=_.count().over(ibis.window(group_by=["comment_id", "topic"])))
    beside = (_.held > 1).cast("float64").mean().over(ibis.window(group_by=["topic", "term"]))
    rows = rows.mutate(enough=_.alone | (_.held > 1) | (beside >= MOSTLY))
    return rows.filter(_.enough).group_by(["comment_id", "topic"]).aggregate(held=_.held.max())


def about(comments: ir.Table, spoken: ir.Table, names: list) -> ir.Table:
    """The comments with one row for each topic that they speak of, `topic` being its name, and `held`.

    spoken  of `members`;  names  of the topics, in their order.  What splits comments can be asked of it by topic.
    """
    called = ibis.memtable(
        pd.DataFrame({"_number": range(len(names)), "_name": [str(name) for name in names]}),
        schema={"_number": "int64", "_name": "string"},
    )
    rows = spoken.inner_join(called, spoken.topic == called._number).select("comment_id", "held", topic="_name")
    return comments.inner_join(rows, "comment_id")


def share(comments: ir.Table, spoken: ir.Table, count: int, periods: list, smallest: int = 1) -> pd.DataFrame:
    """Which share of the comments speaks of each topic, period by period?

    comments  with text and written_at;  spoken  of `members`;  count  of topics
    Returns index (`topic`, `period`): n comments that do, customers who do, of (comments), readers (customers who
    wrote), `topic_share` (0..1) with Wilson's interval on the effective number, se; null where too few customers speak
    of it (disclosure.Limit).  A comment may speak of several.
    """
    flags = spoken.group_by("comment_id").aggregate(
        **{f"t{i}": (_.topic == i).any().cast("int8") for i in range(count)}
    )
    kept = [c for c in ("comment_id", "customer_id", "written_at") if c in comments.columns]
    rows = comments.filter(_.text.notnull()).select(kept).left_join(flags, "comment_id")
    named = {f"t{i}": rows[f"t{i}"].fill_null(0).cast("float64") for i in range(count)}
    who = {f"who{i}": one.nullif(0) for i, one in enumerate(named.values())}
    sums = certainty.sums(rows, named | who, [], periods, "written_at")
    frames = {}
    for i in range(count):
        whole, own = certainty.share(sums[f"t{i}"], "topic_share"), sums[f"who{i}"].round()
        frames[i] = whole.assign(
            of=whole["n"], readers=whole["customers"], n=own["n"].astype(int), customers=own["customers"].astype(int)
        )
    if not frames:
        columns = ["n", "customers", "topic_share", "low", "high", "se", "of", "readers"]
        empty = pd.MultiIndex.from_product([[], periods], names=["topic", "period"])
        return pd.DataFrame(columns=columns, index=empty, dtype=float)
    out = pd.concat(frames, names=["topic"])
    few = (out["of"] < smallest) | disclosure.few(out["readers"], smallest)
    out.loc[few, ["topic_share", "low", "high", "se"]] = np.nan  # of too few comments no share is told
    limit = disclosure.Limit(0, smallest.customers, smallest.held) if isinstance(smallest, disclosure.Limit) else 0
    return disclosure.hide(out, limit, total=False)


def changes(now: pd.DataFrame, before: pd.DataFrame) -> pd.DataFrame:
    """How much did each topic's share move?

    now, before  answers of `share` of one period each, index `topic`: see `now_and_before`
    Returns per topic: n, customers, of, topic_share, low, high, before, change, change_low, change_high, p_value and
    p_adjusted (certainty.difference, Holm over the topics; null where either side has fewer than 30 customers), hidden.
    """
    past = before.reindex(now.index)
    sides = [{"n": side["of"], "se": side["se"], "customers": side["readers"]} for side in (now, past)]
    move, wide = now["topic_share"] - past["topic_share"], np.hypot(now["se"], past["se"])
    enough = np.minimum(*(side["customers"].fillna(0).astype(float) for side in sides)) >= FEWEST
    p = np.where(enough, certainty.difference(move, *sides), np.nan)
    kept = [c for c in ("n", "customers", "of", "topic_share", "low", "high", disclosure.HIDDEN) if c in now]
    out = now[kept].assign(before=past["topic_share"], change=move)
    out = out.assign(change_low=move - certainty.Z95 * wide, change_high=move + certainty.Z95 * wide)
    return out.assign(p_value=p, p_adjusted=certainty.adjust(p, "holm"))


def now_and_before(
    comments: ir.Table, spoken: ir.Table, count: int, periods: list[Period], smallest: int = 1
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """`share` in the last of consecutive periods, and in all before it taken together: what `changes` compares."""
    two = [periods[0].through(periods[-2]), periods[-1]]
    both = share(comments, spoken, count, two, smallest)
    when = both.index.get_level_values("period")
    rows = [np.array([one == period for one in when], bool) for period in two]
    before, now = (both.loc[those].droplevel("period") for those in rows)
    return now, before
