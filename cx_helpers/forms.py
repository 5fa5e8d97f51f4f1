"""Which question of the short form is this an answer to?  Service quality, clues, marks of effortlessness, value.

Answers lie in `responses`, their question in `instrument` (docs/service-quality.md):
servqual.DIMENSION[.ITEM][.expected|.perceived], servqual.DIMENSION.importance (points out of 100), clue.KIND[.ITEM],
effortless.MARK[.ITEM], value.PART[.ITEM].  A name without a side was asked about what is perceived.
"""

from __future__ import annotations

from typing import NamedTuple

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from cx_helpers.tables import TableError, need
from cx_helpers.wording import raw, say

DIMENSIONS = ("tangibles", "reliability", "responsiveness", "assurance", "empathy")
CLUES = ("functional", "mechanical", "human")
MARKS = ("trustable", "reliable", "worth", "relevant")
VALUE = ("benefit", "effort", "risk", "price", "treatment")
PARTS = {"servqual": DIMENSIONS, "clue": CLUES, "effortless": MARKS, "value": VALUE}
SIDES = ("expected", "perceived", "importance")


class Question(NamedTuple):
    """family and part as in PARTS; item ("" where the part is asked about as a whole); side, one of SIDES."""

    family: str
    part: str
    item: str
    side: str


def question(instrument: str) -> Question | None:
    """What does this instrument ask?  None where it is no question of the form.

    question("servqual.reliability.5.expected") -> Question("servqual", "reliability", "5", "expected")
    """
    family, *rest = str(instrument).split(".")
    if family not in PARTS or not rest or rest[0] not in PARTS[family]:
        return None
    part, *rest = rest
    side = rest.pop() if rest and family == "servqual" and rest[-1] in SIDES else "perceived"
    return Question(family, part, ".".join(rest), side)


def asked(responses: ir.Table, since=None) -> pd.DataFrame:
    """Which questions of the form were answered, index `instrument`: family, part, item, side (null: not known), n,
    `nobody` (answers of no known customer: they cannot be laid beside that customer's other answers).

    responses  contract table;  since  first instant that counts
    A name such as `servqual.reliabilty` has its family and nothing else.  Raises TableError where answers lie off
    their scale.
    """
    need(responses, "customer_id", "instrument", "score", "scale_min", "scale_max", "responded_at")
    rows = _within(responses, since).filter(_.score.notnull())
    off = ((_.score < _.scale_min) | (_.score > _.scale_max) | (_.scale_max <= _.scale_min)).cast("int64")
    found = rows.group_by("instrument").aggregate(n=_.count(), off=off.sum(), nobody=_.customer_id.isnull().sum())
    found = found.execute().sort_values("instrument", ignore_index=True).astype({"instrument": str})
    found = found[found["instrument"].map(lambda name: name.split(".")[0] in PARTS).astype(bool)]
    if found["off"].sum() > 0:
        worst = found.loc[found["off"].idxmax()]
        raise TableError(
            say(
                fa="{n} پاسخ به {name} بیرون از مقیاس خود است؛ scale_min و scale_max را در نگاشت منبع درست کنید",
                en="{n} answers to {name} lie off their scale; correct scale_min and scale_max in the source mapping",
                n=int(worst["off"]),
                name=raw(worst["instrument"]),
            )
        )
    known = [question(name) or Question(name.split(".")[0], None, None, None) for name in found["instrument"]]
    made = pd.DataFrame(known, columns=Question._fields, index=pd.Index(found["instrument"], name="instrument"))
    counts = found.set_index("instrument").reindex(columns=["n", "nobody"], fill_value=0)
    return made.join(counts.astype(int)) if len(made) else made.assign(n=0, nobody=0)


def answers(responses: ir.Table, questions: pd.DataFrame, family: str, since=None, by: list[str] = ()) -> ir.Table:
    """Each customer's newest answer to each question of one family, one row each.

    questions  of `asked`;  by  columns to keep
    Returns customer_id, part, item, side, score, x (0..1: where on its scale), by…  Answers of nobody known are left
    out: they cannot be laid beside the same person's others.
    """
    mine = questions[(questions["family"] == family) & questions["part"].notna()]
    need(responses, "response_id", "customer_id", *by)
    rows = _within(responses, since).filter(
        _.instrument.isin(list(mine.index)), _.score.notnull(), _.customer_id.notnull()
    )
    newest = ibis.window(group_by=["customer_id", "instrument"], order_by=[_.responded_at.desc(), _.response_id.desc()])
    rows = rows.mutate(_rank=ibis.row_number().over(newest)).filter(_._rank == 0)
    told = {name: _told(rows, mine[name]) for name in ("part", "item", "side")}
    score, low, high = (rows[c].cast("float64") for c in ("score", "scale_min", "scale_max"))
    return rows.select("customer_id", *by, **told, score=score, x=(score - low) / (high - low))


def _told(rows: ir.Table, names: pd.Series):
    if names.empty:
        return ibis.null("string")
    return ibis.cases(*((rows.instrument == name, ibis.literal(value)) for name, value in names.items()))


def _within(responses: ir.Table, since) -> ir.Table:
    return responses if since is None else responses.filter(responses.responded_at >= since)


def each(found: ir.Table, side: str = "perceived", by: list[str] = ()) -> ir.Table:
    """One row a customer and part: x is the mean over its items, as a share of the scale (0..1)."""
    mine = found.filter(found.side == side)
    return mine.group_by(["customer_id", "part", *by]).aggregate(x=mine.x.mean())


def pairs(found: ir.Table, by: list[str] = ()) -> ir.Table:
    """One row a customer and part: expected, perceived (0..1, means over the items answered on both sides)."""
    both = found.filter(found.side.isin(["expected", "perceived"]))
    items = both.group_by(["customer_id", "part", "item", *by]).aggregate(
        e=both.x.max(where=both.side == "expected"), p=both.x.max(where=both.side == "perceived")
    )
    items = items.filter(items.e.notnull(), items.p.notnull())
    return items.group_by(["customer_id", "part", *by]).aggregate(expected=items.e.mean(), perceived=items.p.mean())


def rated(questions: pd.DataFrame) -> list[str]:
    """The dimensions of SERVQUAL that customers rated as they perceive them, in their order."""
    mine = questions[(questions["family"] == "servqual") & (questions["side"] == "perceived")]
    return [part for part in DIMENSIONS if (mine["part"] == part).any()]


def wide(found: ir.Table, questions: pd.DataFrame, part: str) -> ir.Table:
    """One row a customer, one column an item of a part of SERVQUAL: p_ITEM what is perceived, and e_ITEM what was
    expected, for the items that were asked on both sides (where there are any; else the perceived ones alone)."""
    mine = questions[(questions["family"] == "servqual") & (questions["part"] == part)]
    sides = [sorted(mine.loc[mine["side"] == side, "item"]) for side in ("perceived", "expected")]
    both = [item for item in sides[0] if item in sides[1]]
    columns = {f"p_{item}": ("perceived", item) for item in both or sides[0]}
    columns |= {f"e_{item}": ("expected", item) for item in both}
    rows = found.filter(found.part == part)
    told = {name: rows.x.max(where=(rows.side == side) & (rows.item == item)) for name, (side, item) in columns.items()}
    return rows.group_by("customer_id").aggregate(**told).drop("customer_id")
