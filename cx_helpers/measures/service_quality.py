"""How far is what customers get from what they expected?  SERVQUAL's gaps, and which part stands out.

Every measure takes answers of `forms.answers`: the newest of each customer.  A gap is had within one customer, who
answered both sides, so it is paired; a dimension is held against the other dimensions of the same customers, since
expectations are nearly always high and a gap below zero alone says little (Brown, Churchill, Peter, J. Retailing 69,
1993).  Scores are set to 1-7, SERVQUAL's scale, whatever scale was asked.
Source: Parasuraman, Zeithaml, Berry, J. Retailing 64, 1988, and 67, 1991; perceptions alone (SERVPERF): Cronin, Taylor,
J. Marketing 56, 1992.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from cx_helpers import certainty, forms
from cx_helpers.tables import groups

STEPS = 6.0  # of a scale 1-7
FEWEST = 30  # customers, below which no difference is tested
COLUMNS = ["n", "customers", "value", "low", "high", "se", "others", "change", "change_low", "change_high", "p_value"]


def gaps(found: ir.Table, smallest: int = 1) -> pd.DataFrame:
    """How large is the gap of each dimension (perceived minus expected, -6..6)?

    found     answers to servqual of `forms.answers`;  smallest  as everywhere (disclosure.Limit)
    Returns, index `dimension`, largest shortfall first: n, customers (who answered both sides), `service_gap` with its
    paired Student interval low and high, as `compared`: others, change (against the same customers' other dimensions),
    change_low, change_high, p_value, p_adjusted, and the sides, 1..7: expected, perceived, each with _low and _high.
    Empty where nobody answered both.
    """
    both = forms.pairs(found)
    gap = both.mutate(x=STEPS * (both.perceived - both.expected))
    out = compared(gap, (-STEPS, STEPS), smallest).rename(columns={"value": "service_gap"})
    shown = out["service_gap"].notna()
    sides = certainty.sums(both, {side: 1 + STEPS * both[side] for side in ("expected", "perceived")}, ["part"])
    for side, one in sides.items():
        mean = certainty.average(one, side, (1, 1 + STEPS)).reindex(out.index).where(shown)
        out[[side, f"{side}_low", f"{side}_high"]] = mean[[side, "low", "high"]]
    return out.sort_values("service_gap", kind="stable").rename_axis("dimension")


def perceived(found: ir.Table, smallest: int = 1) -> pd.DataFrame:
    """How good is each dimension as it is perceived (1..7; SERVPERF)?  Index `dimension`, as `compared` returns it with
    the value as `perceived`; whoever answered about it counts, with or without expectations."""
    each = forms.each(found)
    out = compared(each.mutate(x=1 + STEPS * each.x), (1, 1 + STEPS), smallest)
    return out.rename(columns={"value": "perceived"}).sort_values("perceived").rename_axis("dimension")


def parts(found: ir.Table, smallest: int = 1) -> pd.DataFrame:
    """How good is each clue, or each mark, in points of 100 (the worst to the best answer of its scale)?  Index `part`,
    as `compared` returns it with the value as `form_score`, the worst first."""
    each = forms.each(found)
    out = compared(each.mutate(x=100 * each.x), (0, 100), smallest)
    return out.rename(columns={"value": "form_score"}).sort_values("form_score", kind="stable")


def compared(cells: ir.Table, ends: tuple[float, float], smallest: int = 1) -> pd.DataFrame:
    """What is each part, and does it differ from the same customers' other parts?

    cells  one row a customer and part: customer_id, part, x;  ends  between which x lies
    Returns, index `part`: n, customers, value, low, high, se, others (the customers' mean over their other parts, of
    those who answered about several), change (paired), change_low, change_high, p_value (Student, paired; null below
    30 customers), p_adjusted (Holm over the parts).
    """
    own = ibis.window(group_by="customer_id")
    rest = ((cells.x.sum().over(own) - cells.x) / (cells.x.count().over(own) - 1).nullif(0)).name("rest")
    cells = cells.mutate(rest)
    sums = certainty.sums(cells, {"x": cells.x, "rest": cells.rest, "step": cells.x - cells.rest}, ["part"])
    if not len(sums["x"]):
        empty = pd.DataFrame(columns=[*COLUMNS, "p_adjusted"], dtype=float, index=pd.Index([], name="part"))
        return certainty.hide_small(empty, smallest)
    out = certainty.average(sums["x"], "value", ends)
    step = certainty.average(sums["step"], "change")
    out["others"] = sums["rest"]["sum_x"] / sums["rest"]["n"].where(sums["rest"]["n"] > 0)
    for column in ("change", "low", "high"):
        out[column if column == "change" else f"change_{column}"] = step[column]
    with np.errstate(invalid="ignore", divide="ignore"):
        p = certainty.two_sided_t(step["change"] / step["se"].where(step["se"] > 0), step["customers"] - 1)
    out["p_value"] = np.where(step["customers"] >= FEWEST, p, np.nan)
    out["p_adjusted"] = certainty.adjust(out["p_value"], "holm")
    return certainty.hide_small(out, smallest, total=False)  # who answers of one part answers of the others: no total


def importance(found: ir.Table, smallest: int = 1) -> pd.DataFrame:
    """Which share of the weight does each dimension have for customers (0..1)?  Index `dimension`: n, customers,
    `importance`, low, high, se.

    found  answers to servqual, among them servqual.DIMENSION.importance: points that a customer shares out.  They are
    taken as parts of that customer's own sum, 100 or not; who did not rate all five is left out.
    """
    out = certainty.average(certainty.sums(w := _weights(found), w.w, ["part"]), "importance", (0, 1))
    return certainty.hide_small(out, smallest, total=False).rename_axis("dimension")


def _weights(found: ir.Table) -> ir.Table:
    """One row a customer and dimension: w, its share of the points that the customer gave."""
    given = found.filter(found.side == "importance")
    given = given.group_by(["customer_id", "part"]).aggregate(points=given.score.mean())
    own = ibis.window(group_by="customer_id")
    given = given.mutate(total=given.points.sum().over(own), rated=given.points.count().over(own))
    whole = given.filter(given.total > 0, given.rated == len(forms.DIMENSIONS))
    return whole.select("customer_id", "part", w=whole.points / whole.total)


def overall(found: ir.Table, by=None, weighted: bool = False, smallest: int = 1) -> pd.DataFrame:
    """How large is the gap over all dimensions (-6..6)?  Index `all`, or the groups of `by`.

    found     of `forms.answers`, with the columns of `by`
    weighted  by the customer's own importance of each dimension (SERVQUAL's weighted score): only who gave all five
    Returns n, customers, `service_gap`, low, high, se.
    """
    by = groups(by)
    both = forms.pairs(found, by)
    both = both.mutate(gap=STEPS * (both.perceived - both.expected))
    if weighted:
        w = _weights(found).rename(_who="customer_id", _part="part")
        both = both.join(w, [both.customer_id == w._who, both.part == w._part])
        whole = both.group_by(["customer_id", *by]).aggregate(x=(_.gap * _.w).sum() / _.w.sum().nullif(0), k=_.count())
        whole = whole.filter(whole.k == len(forms.DIMENSIONS), whole.x.notnull())
    else:
        whole = both.group_by(["customer_id", *by]).aggregate(x=_.gap.mean())
    out = certainty.average(certainty.sums(whole, whole.x, by), "service_gap", (-STEPS, STEPS))
    return certainty.hide_small(out, smallest)
