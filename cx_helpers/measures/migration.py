"""Who falls to a lower segment, and more than in the period before?

Both periods are measured by one rule (rfm.within, or clusters at fixed places): whoever falls did so, and is not only
passed by newcomers.  Who moved from where to where in all: segments.moved.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from cx_helpers import certainty, disclosure
from cx_helpers.tables import need

# buying groups by how lately one came, which is what a customer can lose: lately, not so lately, long ago
RANKS = {
    "champions": 3, "loyal": 3, "promising": 3, "needs_care": 2, "about_to_sleep": 2, "cannot_lose": 1, "at_risk": 1,
    "hibernating": 1,
}  # fmt: skip
LARGE, TIMES = 0.05, 4 / 3  # five of a hundred more than before, and a third more of them


def by_value(portraits: pd.DataFrame) -> dict:
    """Ranks of groups that have no order of their own, by what a customer of each brought (else by its size)."""
    worth = portraits["each"] if "each" in portraits else portraits["share"]
    return {group: int(place) for group, place in worth.rank(method="first").dropna().items()}


def falls(
    earlier: ir.Table, before: ir.Table, now: ir.Table, by: str, ranks: dict = RANKS, smallest: int = 1
) -> pd.DataFrame:
    """Which share of each group fell to a lower one within the period, and was it so within the one before?

    earlier, before, now  one row a customer with the column `by`: as the period before began, as it ended (and this one
                          began), as this one ended
    ranks     {group: how high it stands};  the lowest ones are left out, nobody falls from there
    smallest  groups of fewer customers, in either period, get nulls (disclosure.Limit); so do those out of which too
              few fell, or in which too few did not, since a table of who moved where hides just these
    Returns, index `by`, the row `all` first: n, customers (in the group as the period began, and still known),
    `fallen` (0..1 of them) with Wilson's low and high, n_before, fallen_before, change, change_low, change_high,
    p_value, p_adjusted (Holm over the rows), large (LARGE more and TIMES as many).
    A customer who was in the group at both times counts in both periods.
    """
    need(earlier, "customer_id", by)
    steps = ibis.union(_step(before, now, by, ranks, 1), _step(earlier, before, by, ranks, 0))
    sums = certainty.sums(steps, steps.fell, ["late", "group"])
    empty = pd.MultiIndex.from_arrays([[], []], names=["late", "group"])
    sums = sums if len(sums) else sums.set_axis(empty)
    order = sorted(sums.index.get_level_values("group").unique(), key=lambda g: (-ranks[g], list(ranks).index(g)))
    sides = []
    for late in (1, 0):
        mine = sums[sums.index.get_level_values("late") == late].droplevel("late").reindex(order).fillna(0.0)
        whole = mine.sum().to_frame().T.set_axis([certainty.ALL])
        both = pd.concat([whole, mine]).rename_axis(by)
        sides.append(_hide_few(certainty.share(both, "fallen"), both["sum_x"], smallest))
    this, last = sides
    out = this.drop(columns=["se", disclosure.HIDDEN], errors="ignore")
    out["n_before"], out["fallen_before"] = last["n"], last["fallen"]
    out["change"] = this["fallen"] - last["fallen"]
    se = np.hypot(this["se"], last["se"])
    out["change_low"], out["change_high"] = (out["change"] + sign * certainty.Z95 * se for sign in (-1, 1))
    out["p_value"] = certainty.difference(out["change"], this, last)
    out["p_value"] = out["p_value"].where(out["change"].notna())
    out["p_adjusted"] = certainty.adjust(out["p_value"], "holm")
    out["large"] = (out["change"].abs() >= LARGE) & (
        (out["fallen"] >= TIMES * out["fallen_before"]) | (out["fallen_before"] >= TIMES * out["fallen"])
    )
    return out.assign(hidden=this[disclosure.HIDDEN]) if disclosure.HIDDEN in this else out


def _hide_few(found: pd.DataFrame, fell: pd.Series, smallest: int) -> pd.DataFrame:
    """`certainty.hide_small`, and the same for who fell and for who did not: none of the three may be too few."""
    out = certainty.hide_small(found, smallest)
    if disclosure.HIDDEN not in out:
        return out
    for part in (fell, found["n"] - fell):
        asked = pd.DataFrame({"n": found["n"], "customers": part, "kept": 1.0})
        why = disclosure.hide(asked, disclosure.customers_only(smallest))[disclosure.HIDDEN]
        out[disclosure.HIDDEN] = out[disclosure.HIDDEN].where(out[disclosure.HIDDEN].notna(), why)
    hidden = out[disclosure.HIDDEN].notna()
    values = [c for c in out if c not in ("n", disclosure.HIDDEN)]
    out[values] = out[values].mask(hidden)
    return out


def _step(start: ir.Table, end: ir.Table, by: str, ranks: dict, late: int) -> ir.Table:
    """One row a customer who could fall: the group, and whether it is a lower one at the end."""
    pairs = start.select("customer_id", group=start[by].cast("string")).join(
        end.select("customer_id", now=end[by].cast("string")), "customer_id"
    )
    high = [(group, rank) for group, rank in ranks.items() if rank > min(ranks.values(), default=0)]
    pairs = pairs.filter(pairs.group.isin([group for group, _ in high]), pairs.now.notnull())

    def rank(column):
        return ibis.cases(*((column == group, place) for group, place in ranks.items()), else_=0)

    fell = (rank(pairs.now) < rank(pairs.group)).cast("float64")
    return pairs.select("customer_id", "group", late=ibis.literal(late), fell=fell)
