"""What cannot wait?  How many comments threaten, warn or call again, where, and whom to call first.

Every measure takes `comments` with the column `urgent` (a list of kinds: leaving, legal, safety, fraud, repeated), as
intake.urgent marks it.
"""

from __future__ import annotations

import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from cx_helpers import certainty, disclosure
from cx_helpers.tables import TableError, groups, need
from cx_helpers.wording import raw, say

ANY = "any"  # of the kinds
GUARDS = [
    {
        "fa": "فوری‌ها با جدولی از واژه‌ها یافته می‌شوند که خواندنی و تغییرپذیر است؛ برخی از قلم می‌افتند و برخی نابجا "
        "می‌آیند: پیش از هر اقدام خود نوشته را بخوانید.",
        "en": "What is urgent is found by a table of words that can be read and changed; some is missed and some is "
        "wrong: read the comment before you act.",
    },
    {
        "fa": "چند نوشتهٔ یک مشتری یک نظر است؛ آنچه نوشته شده حل شده، فوری شمرده نمی‌شود.",
        "en": "Several comments of one customer count as one voice; what is said to be settled is not urgent.",
    },
]


def share(comments: ir.Table, kinds: list[str], by=None, periods=None, smallest: int = 1) -> pd.DataFrame:
    """Which share of the comments is urgent, and of which kind?

    comments  with `urgent` (null: not readable) and, for periods, written_at
    kinds     those to be told, the worst first (intake.urgent.kinds);  by  a column (or several) that splits them
    periods   consecutive dates.Period;  smallest  a kind, or group, that too few customers wrote gets nulls; `hidden`
              says whether few wrote at all (`small`) or few of them urgently (`rare`)
    Returns index (kind, then period and groups where asked): n comments that say it, customers, of (comments read),
    readers (their customers), `urgent_share` (0..1) with Wilson's interval on the effective number, se.  The kind `any`
    is whatever is urgent, counted once.
    """
    need(comments, *groups(by), *(["written_at"] if periods else []))
    rows = _marked(comments).filter(_.urgent.notnull())
    flags = {ANY: rows.urgent.length() > 0} | {kind: rows.urgent.contains(kind) for kind in kinds}
    flags = {kind: one.cast("float64") for kind, one in flags.items()}
    sums = certainty.sums(
        rows, flags | {f"who {k}": x.nullif(0) for k, x in flags.items()}, groups(by), periods, "written_at"
    )
    frames = {}
    for kind in flags:
        whole, own = certainty.share(sums[kind], "urgent_share"), sums[f"who {kind}"].round()
        frames[kind] = whole.assign(
            of=whole["n"], readers=whole["customers"], n=own["n"].astype(int), customers=own["customers"].astype(int)
        )
    out = pd.concat(frames, names=["kind"])
    if not groups(by) and not periods:
        out = out.droplevel(1)
    columns = ["n", "customers", "of", "readers", "urgent_share", "low", "high", "se"]
    few = (out["of"] < smallest) | disclosure.few(out["readers"], smallest)
    out.loc[few, ["urgent_share", "low", "high", "se"]] = np.nan  # of too few comments no share is told
    limit = disclosure.Limit(0, smallest.customers, smallest.held) if isinstance(smallest, disclosure.Limit) else 0
    shown = disclosure.hide(out[columns], limit, total=False)
    small = disclosure.few(out["readers"], smallest)
    if "hidden" in shown:  # many wrote there, few of them urgently
        shown["hidden"] = shown["hidden"].mask((shown["hidden"] == disclosure.SMALL) & ~small, disclosure.RARE)
    of = (
        out["of"].mask(small) if groups(by) else out["of"]
    )  # how many were read of all is no secret; of a small group it is
    if groups(by) and small.any():
        why = shown["hidden"] if "hidden" in shown else pd.Series(None, index=shown.index, dtype=object)
        shown = shown.assign(hidden=why.mask(small, disclosure.SMALL))
    return shown.assign(of=of, readers=out["readers"].mask(small))


def read(found: pd.DataFrame, by=()) -> pd.DataFrame:
    """The share of all that is urgent, where n and customers count what was read: an answer as others are.

    found  of `share`;  by  its columns;  index: the groups or periods, or `all`
    """
    whole = (
        found.xs(ANY, level="kind", drop_level=True) if found.index.nlevels > 1 else found.loc[[ANY]].set_axis(["all"])
    )
    rows = whole.assign(n=whole["of"], customers=whole["readers"])
    return rows.rename_axis(list(by)) if by else rows


def cases(comments: ir.Table, kinds: list[str], most: int = 1_000) -> pd.DataFrame:
    """Whom to call first?  The urgent comments, one row each, ranked: for the lab and for `cx watch`, never for a page.

    kinds  the worst first: a comment ranks by its worst kind, then by how many it has, then the newest first
    Returns comment_id, written_at, kinds (a list), worst, and what else the table has of customer_id, touchpoint,
    channel, origin, origin_id, rating, sentiment, text; index: the rank, from 1.
    """
    need(comments, "comment_id", "written_at")
    kept = "customer_id touchpoint channel origin origin_id rating sentiment text".split()
    rows = _marked(comments).filter(_.urgent.length() > 0)
    rows = rows.select("comment_id", "written_at", "urgent", *(c for c in kept if c in comments.columns))
    found = rows.order_by(_.written_at.desc(), _.comment_id).limit(20 * most).execute()
    found["written_at"] = pd.to_datetime(found["written_at"], utc=True).dt.as_unit("us")
    place = {kind: number for number, kind in enumerate(kinds)}
    found["kinds"] = [sorted((k for k in said if k in place), key=place.__getitem__) for said in found.pop("urgent")]
    found = found[found["kinds"].str.len() > 0]
    found = found.assign(
        worst=found["kinds"].str[0], _place=found["kinds"].str[0].map(place), _many=-found["kinds"].str.len()
    )
    found = found.sort_values(["_place", "_many"], kind="stable").drop(columns=["_place", "_many"]).head(most)
    return found.set_axis(pd.RangeIndex(1, len(found) + 1, name="rank"))


def _marked(comments: ir.Table) -> ir.Table:
    if "urgent" not in comments.columns:
        raise TableError(
            say(
                fa="ستون urgent در {have} نیست؛ نخست intake.urgent.marked را به کار ببرید",
                en="no column 'urgent' among {have}; mark the comments first: cx_helpers.intake.urgent.marked",
                have=raw(", ".join(sorted(comments.columns))),
            )
        )
    return comments
