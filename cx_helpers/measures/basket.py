"""What is bought together?  Sets of items that share a basket, and the rules in them, counted in whole numbers.

Sets are counted level by level, each level one query of the engine: a set can only be frequent when all its parts are
(Apriori).  Rules that claim something are tested in `basket_rules`; here is the plain count, as arules has it.
Source: Agrawal, Srikant, Fast algorithms for mining association rules, VLDB 1994; Hahsler et al., arules, JSS 14, 2005.
"""

from __future__ import annotations

import itertools
import math

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from cx_helpers import certainty, engine
from cx_helpers.dates import Period
from cx_helpers.tables import need

LONGEST = 10  # items in a set, at most


def baskets(items: ir.Table, orders: ir.Table, item: str = "", keep: tuple = ()) -> ir.Table:
    """What each order holds: one row per order and item, however often it is on the bill.

    items   order_items;  orders  those that count: an order that is not in it is no basket;  item  the column whose
            values are the items (empty: product_name where there is one, else product_id);  keep  columns of `orders`
            that come along
    Lines without an item, and returns (a quantity or an amount of zero or less), are left out: `left_out` counts them.
    A nameless product goes by its product_id.
    Returns order_id, customer_id, item, `buyer` (whole numbers, customer by customer; an order without a customer is a
    buyer of its own), and `keep`.
    """
    item = item or usual_item(items)
    need(items, "order_id", item)
    need(orders, "order_id", "customer_id", *keep)
    lines = _sold(items, item).select("order_id", item="item").distinct()
    rows = lines.inner_join(_paid(orders).select("order_id", "customer_id", *keep), "order_id")
    who = rows.customer_id.cast("string").fill_null(ibis.literal("\x1f") + rows.order_id.cast("string"))
    return rows.select("order_id", "customer_id", "item", *keep, buyer=ibis.dense_rank().over(order_by=who))


def sizes(bought: ir.Table, periods: list[Period] | None = None, smallest: int = 1) -> pd.DataFrame:
    """How many different items are in a basket, and in how many baskets is more than one?

    bought  of `baskets`; with `periods`, consecutive, it needs `ordered_at` (keep=)
    Returns the row `all`, or one row a period: n baskets, customers, `basket_size` (mean number of different items)
    with low and high, se; `several` (share of baskets with more than one item), several_low, several_high.
    """
    key = ["order_id", "customer_id", *(["ordered_at"] if periods else [])]
    each = bought.group_by(key).aggregate(count=_.item.nunique())
    several = (each["count"] > 1).cast("int64")
    asked = {"size": each["count"], "several": several}
    sums = certainty.sums(each, asked, periods=periods, time="ordered_at")
    size, more = certainty.average(sums["size"], "basket_size"), certainty.share(sums["several"], "several")
    more = more.rename(columns={"low": "several_low", "high": "several_high"})
    return certainty.hide_small(size.join(more[["several", "several_low", "several_high"]]), smallest)


def left_out(items: ir.Table, orders: ir.Table, item: str = "") -> dict[str, int]:
    """What no basket holds, counted: lines, `nameless` (no item), `returned` (zero or less), `strange` (no order)."""
    item = item or usual_item(items)
    need(items, "order_id", item)
    sold = _sold(items, item)
    whole = items.aggregate(lines=_.count(), nameless=_named(items, item).isnull().sum()).execute().iloc[0].fillna(0)
    kept = sold.count().execute()
    strange = sold.anti_join(_paid(orders), "order_id").count().execute()
    lines, nameless = int(whole["lines"]), int(whole["nameless"])
    return {"lines": lines, "nameless": nameless, "returned": lines - nameless - int(kept), "strange": int(strange)}


def usual_item(items: ir.Table) -> str:
    """The column that names what is sold: product_name where there is one, else product_id."""
    return "product_name" if "product_name" in items.columns else "product_id"


def _named(items: ir.Table, item: str):
    name = items[item].cast("string")
    if item == "product_name" and "product_id" in items.columns:
        name = name.fill_null(items.product_id.cast("string"))
    return name


def _sold(items: ir.Table, item: str) -> ir.Table:
    rows = items.mutate(item=_named(items, item)).filter(_.item.notnull(), _.order_id.notnull())
    for column in ("quantity", "unit_price"):
        if column in items.columns:
            rows = rows.filter((_[column] > 0).fill_null(True))
    return rows


def _paid(orders: ir.Table) -> ir.Table:
    return orders.filter((_.amount > 0).fill_null(True)) if "amount" in orders.columns else orders


def itemsets(bought: ir.Table, support: float = 0.001, longest: int = LONGEST) -> pd.DataFrame:
    """Which items are together in at least this share of the baskets?

    bought  of `baskets`: order_id, item;  support  0..1, the least share;  longest  items in a set, at most
    Returns one row a set, items and then sets by name: `items` (a tuple in the order of names), `n` baskets that hold
    all of them, `baskets` in all, `support` = n / baskets.  Empty without baskets.
    Cost: the work of a level is what the frequent sets of the level before cover, not all that could be combined.
    """
    need(bought, "order_id", "item")
    bought = bought.select("order_id", "item").distinct()
    total = int(bought.order_id.nunique().execute() or 0)
    least = max(math.ceil(support * total - 1e-9), 1)
    seen = bought.group_by("item").aggregate(n=_.count()).filter(_.n >= least).execute()
    seen = seen.sort_values("item", ignore_index=True)
    names, found = list(seen["item"]), {(code,): int(n) for code, n in enumerate(seen["n"])}
    if len(names) > 1 and longest > 1:
        codes = ibis.memtable(pd.DataFrame({"item": names, "code": range(len(names))}).astype({"code": "int32"}))
        rows = bought.inner_join(codes, "item").select(basket=ibis.dense_rank().over(order_by="order_id"), code="code")
        with engine.keeping(bought) as keep:
            found |= _larger(rows, len(names), least, longest, keep)
    sets = [tuple(names[code] for code in one) for one in found]
    out = pd.DataFrame({"items": pd.Series(sets, dtype=object), "n": pd.Series(found.values(), dtype=int)})
    out = out.assign(baskets=total, support=out["n"] / total if total else math.nan)
    return out.sort_values("items", key=lambda s: s.map(lambda one: (len(one), one)), ignore_index=True)


def _larger(rows: ir.Table, items: int, least: int, longest: int, keep) -> dict[tuple, int]:
    """Sets of two and more: {codes in order: baskets}.

    rows  basket and code (0 to `items` - 1);  keep  of engine.keeping.  A pair is one number, so that an engine joins
    what is frequent with pairs, and not first with single items.
    """
    rows = keep(rows)
    other = rows.view()
    pairs = rows.inner_join(other, [rows.basket == other.basket, rows.code < other.code])
    pairs = pairs.select("basket", a=rows.code, b=other.code).select("basket", pair=_.a.cast("int64") * items + _.b)
    seen = pairs.group_by("pair").aggregate(n=_.count()).filter(_.n >= least).execute().sort_values("pair")
    level = {(int(pair) // items, int(pair) % items): int(n) for pair, n in seen.itertuples(index=False)}
    found = dict(level)
    frequent = ibis.memtable(pd.DataFrame({"pair": seen["pair"].to_numpy("int64"), "place": range(len(seen))}))
    covered = keep(pairs.inner_join(frequent, "pair").select("basket", "place"))
    for _size in range(3, longest + 1):
        sets = _candidates(level)
        if not sets:
            break
        before = {one: place for place, one in enumerate(level)}
        plan = pd.DataFrame(
            [(before[one[:-1]], one[-1], place) for place, one in enumerate(sets)], columns=["place", "code", "then"]
        )
        wider = covered.inner_join(ibis.memtable(plan.astype({"code": "int32"})), "place")
        wider = keep(wider.inner_join(rows, ["basket", "code"]).select("basket", place="then"))
        seen = wider.group_by("place").aggregate(n=_.count()).filter(_.n >= least).execute()
        counts = dict(zip(seen["place"].astype(int), seen["n"].astype(int), strict=True))
        level = {one: int(counts[place]) for place, one in enumerate(sets) if place in counts}
        found |= level
        places = pd.DataFrame({"place": sorted(counts), "again": range(len(counts))})
        covered = wider.inner_join(ibis.memtable(places), "place").select("basket", place="again")
    return found


def _candidates(level: dict[tuple, int]) -> list[tuple]:
    """Sets one item larger whose every part is in `level`."""
    heads: dict[tuple, list] = {}
    for one in level:
        heads.setdefault(one[:-1], []).append(one[-1])
    out = []
    for head, lasts in heads.items():
        for a, b in itertools.combinations(sorted(lasts), 2):
            wide = (*head, a, b)
            if all(wide[:i] + wide[i + 1 :] in level for i in range(len(head))):
                out.append(wide)
    return sorted(out)


def rules(sets: pd.DataFrame, confidence: float = 0.2) -> pd.DataFrame:
    """Which baskets with some items hold another item, too, in at least this share?

    sets  of `itemsets`;  confidence  0..1, the least share of the baskets with `given` that hold `offer` as well
    Returns one row a rule, surest first: `given` (a tuple of items), `offer` (one item), n baskets with all of them,
    given_n, offer_n, baskets, support, `confidence` = n / given_n, `lift` = confidence / (offer_n / baskets): 1 is
    chance; and `redundant`: a rule with fewer items in `given` is as sure (Bayardo, Agrawal, Gunopulos 2000).
    """
    n_of = dict(zip(sets["items"], sets["n"], strict=True))
    out = []
    for items, n in n_of.items():
        for place in range(len(items)) if len(items) > 1 else ():
            given = items[:place] + items[place + 1 :]
            if n >= confidence * n_of[given] - 1e-9:
                out.append((given, items[place], n, n_of[given], n_of[items[place],]))
    found = pd.DataFrame(out, columns=["given", "offer", "n", "given_n", "offer_n"])
    total = int(sets["baskets"].iloc[0]) if len(sets) else 0
    found = found.assign(baskets=total, support=found["n"] / total if total else math.nan)
    found = found.assign(confidence=found["n"] / found["given_n"], lift=0.0)
    found["lift"] = found["confidence"] * total / found["offer_n"]
    found["redundant"] = [_redundant(row, n_of, total) for row in found.itertuples()]
    return found.sort_values(
        ["confidence", "n", "given", "offer"], ascending=[False, False, True, True], ignore_index=True
    )


def _redundant(rule, n_of: dict, total: int) -> bool:
    """Is there a rule for the same offer that asks for less and is at least as sure?"""
    for size in range(len(rule.given)):
        for part in itertools.combinations(rule.given, size):
            with_offer = n_of[tuple(sorted((*part, rule.offer)))]
            of = n_of[part] if part else total
            if with_offer * rule.given_n >= rule.n * of:
                return True
    return False
