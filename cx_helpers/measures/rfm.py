"""Who bought lately, often and much?  Fifths of the company's own customers, and what they are called.

Fifths are of those who bought, as many customers in each as ties allow: equal ones stay together.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import pandas as pd

from cx_helpers import certainty, disclosure
from cx_helpers.tables import need

GROUPS = (
    "champions", "loyal", "promising", "needs_care", "about_to_sleep", "cannot_lose", "at_risk", "hibernating",
)  # fmt: skip
PARTS = dict(zip(GROUPS, ("late",) * 3 + ("middle",) * 2 + ("long ago",) * 3, strict=True))  # `grid` tells their totals
NUMBERS = ("orders", "value", "recency_days")


def fifths(traits: ir.Table) -> ir.Table:
    """Each buyer's fifths: `traits` with recency, frequency, money (1..5, 5 the best) and their name `rfm`.

    traits  one row a customer with orders, value, recency_days (measures.traits).  Who never bought is left out
    The name, by recency r and v, the mean of frequency and money:
        champions    r 4-5, v 4 and more      loyal           r 4-5, v 2.5 to 4    promising    r 4-5, v below 2.5
        needs_care   r 3, v 3 and more        about_to_sleep  r 3, v below 3
        cannot_lose  r 1-2, v 4 and more      at_risk         r 1-2, v 2.5 to 4    hibernating  r 1-2, v below 2.5
    """
    need(traits, "customer_id", *NUMBERS)
    bought = traits.filter(traits.orders.fill_null(0) > 0)
    bought = bought.mutate(_late=0 - bought.recency_days)
    made = bought.mutate(
        recency=_fifth(bought._late), frequency=_fifth(bought.orders), money=_fifth(bought.value)
    ).drop("_late")  # fmt: skip
    return _called(made)


def limits(ranked: ir.Table) -> pd.DataFrame:
    """Where do the fifths end?  Index 1..5: the most recency_days, the least orders and the least value of each; null
    where nobody is in it.  `within` places other customers, or the same ones of another day, by them."""
    frames = []
    for fifth, column, end in (
        ("recency", "recency_days", "max"),
        ("frequency", "orders", "min"),
        ("money", "value", "min"),
    ):
        found = ranked.group_by(fifth).aggregate(x=getattr(ranked[column], end)()).execute().set_index(fifth)["x"]
        frames.append(found.rename(column).astype(float))
    return pd.concat(frames, axis=1).reindex(range(1, 6)).rename_axis("fifth")


def within(traits: ir.Table, ends: pd.DataFrame) -> ir.Table:
    """Each buyer's fifths by fixed limits: `fifths` measured with one rule on several days, so that nobody falls only
    because others came.

    traits  one row a customer with orders, value, recency_days;  ends  of `limits`
    """
    need(traits, "customer_id", *NUMBERS)
    bought = traits.filter(traits.orders.fill_null(0) > 0)
    made = bought.mutate(
        recency=_placed(0 - bought.recency_days, -ends["recency_days"]),
        frequency=_placed(bought.orders, ends["orders"]),
        money=_placed(bought.value, ends["value"]),
    )
    return _called(made)


def _placed(x, least: pd.Series):
    """The highest fifth whose least value `x` reaches; 1 where it reaches none."""
    known = least.dropna().sort_index(ascending=False)
    steps = [(x >= float(end), int(fifth)) for fifth, end in known.items()]
    return (ibis.cases(*steps, else_=1) if steps else ibis.literal(1)).cast("int64")


def _called(made: ir.Table) -> ir.Table:
    v = (made.frequency + made.money) / 2.0
    late, lately = made.recency <= 2, made.recency >= 4
    name = ibis.cases(
        (lately & (v >= 4), "champions"), (lately & (v >= 2.5), "loyal"), (lately, "promising"),
        (late & (v >= 4), "cannot_lose"), (late & (v >= 2.5), "at_risk"), (late, "hibernating"),
        (v >= 3, "needs_care"), else_="about_to_sleep",
    )  # fmt: skip
    return made.mutate(rfm=name)


def _fifth(x):
    """1..5 by the middle place of all who share the value: where everybody is alike they are all 3."""
    below = ibis.rank().over(ibis.window(order_by=x))
    same = x.count().over(ibis.window(group_by=x))
    return ((2 * below + same) * 5).floordiv(2 * x.count().over(ibis.window())).cast("int64") + 1


def named(ranked: ir.Table, smallest: int = 1) -> pd.DataFrame:
    """How many customers has each group, and what do they bring?

    ranked  of `fifths`;  smallest  groups of fewer customers lose their values (disclosure.Limit)
    Returns, index `rfm` in the order of GROUPS: n, customers, `share` (0..1 of all buyers) with Wilson's low and high,
    value (sum), value_share, each (mean value of a customer), orders_each, recency_days (mean).
    """
    found = ranked.group_by("rfm").aggregate(
        n=ranked.count(), value=ranked.value.sum(), orders=ranked.orders.sum(), recency_days=ranked.recency_days.mean()
    )
    found = found.execute().set_index("rfm").astype(float)
    found = found.reindex([g for g in GROUPS if g in found.index]).rename_axis("rfm")
    n, out = found["n"], pd.DataFrame(index=found.index)
    out["n"] = out["customers"] = n.astype(int)
    out["share"] = n / n.sum()
    out["low"], out["high"] = certainty.wilson(n, n.sum())
    out["value"] = found["value"]
    out["value_share"] = found["value"] / found["value"].sum() if found["value"].sum() > 0 else float("nan")
    out["each"], out["orders_each"] = found["value"] / n, found["orders"] / n
    out["recency_days"] = found["recency_days"]
    return certainty.hide_small(out, smallest, parts=PARTS)


def grid(ranked: ir.Table, smallest: int = 1) -> pd.DataFrame:
    """How many customers buy how often, and since when not?  The frequency x recency map.

    Returns, index (frequency 5..1, recency 1..5): n, `share` of all, each (mean value); cells that would tell of too
    few lose their numbers and say why in `hidden`.
    """
    found = ranked.group_by("frequency", "recency").aggregate(n=ranked.count(), value=ranked.value.sum())
    found = found.execute().set_index(["frequency", "recency"]).astype(float)
    places = pd.MultiIndex.from_product([range(5, 0, -1), range(1, 6)], names=["frequency", "recency"])
    found = found.reindex(places)
    n = found["n"].fillna(0).astype(int)
    out = pd.DataFrame({"n": n, "share": n / n.sum() if n.sum() else float("nan"), "each": found["value"] / found["n"]})
    if not isinstance(smallest, disclosure.Limit):
        return out.assign(hidden=None)
    hidden = disclosure.hide_cells(out.assign(customers=n), smallest)["hidden"]
    return out.mask(hidden.notna()).assign(hidden=hidden)
