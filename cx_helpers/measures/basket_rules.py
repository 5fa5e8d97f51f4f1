"""Which rules of what is bought together hold?  Found among one half of the customers, tested on the other half.

A search through thousands of sets always finds some that look striking.  So the customers are split in two: rules are
looked for in the baskets of one half, and every number shown is counted in the baskets of the other.
Source: Webb, Discovering significant patterns, Machine Learning 68, 2007 (holdout evaluation).
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _
from scipy.stats import hypergeom

from cx_helpers import certainty, contrasts, disclosure
from cx_helpers.tables import need

NEIGHBOURS, BLOCKS = 10, 2000  # baskets next to each other in time that are held together; so many blocks at most
_TO = " → "  # as between the steps of a path: pages turn it to where the reader reads


def halves(bought: ir.Table) -> tuple[ir.Table, ir.Table]:
    """Every other buyer's baskets, and those of the rest: where rules are looked for, and where they are tested."""
    need(bought, "buyer")
    return bought.filter(bought.buyer % 2 == 0), bought.filter(bought.buyer % 2 == 1)


def candidates(rules: pd.DataFrame, most: int = 100, longest: int = 2) -> pd.DataFrame:
    """Of the rules that one half shows, those worth testing: at most `most`, of `longest` items before the offer.

    rules  of `basket.rules`.  Left out are redundant ones and lifts that chance alone often makes (two standard errors
    of the log lift); of a pair that is told in both directions the surer one stays.  The strongest lift, by its lower
    end, comes first.
    """
    rest = rules[~rules["redundant"] & (rules["given"].map(len) <= longest)]
    spread = 1 / rest["n"] - 1 / rest["given_n"] + 1 / rest["offer_n"] - 1 / rest["baskets"]
    rest = rest.assign(least=np.log(rest["lift"]) - 2 * np.sqrt(spread.clip(lower=0))).query("least > 0")
    rest = rest.sort_values(["confidence", "least", "given"], ascending=[False, False, True], kind="stable")
    same = pd.Series(
        [tuple(sorted((*row.given, row.offer))) for row in rest.itertuples()], index=rest.index, dtype=object
    )
    rest = rest[~same.duplicated()].sort_values("least", ascending=False, kind="stable").head(most)
    return rest[["given", "offer", "confidence", "lift"]].reset_index(drop=True)


def confirmed(
    rules: pd.DataFrame, bought: ir.Table, smallest: int = 1, by: str | None = None, time: str | None = None
) -> pd.DataFrame:
    """Do the rules hold among customers in whom they were not looked for?

    rules   of `candidates`: given, offer;  bought  baskets of the other half (order_id, item, buyer, customer_id)
    by      a column of `bought` (channel): a rule must hold within its values, too.  Two things that one shop alone
            sells lie together more often than usual in all baskets, though nobody there buys them together
    time    a column of `bought` (ordered_at): a rule must hold among baskets next to each other in time, too.  Two
            things that are sold on one feast alone lie together more often than usual just as well
    Returns one row a rule, its name as index (`rule`, "tea + cup → pot"): given, offer, n (baskets with all of
    `given`), customers,
    `both` (those that hold `offer` too), `confidence` = both / n with low and high (customers as clusters), `usual`
    (the share of all baskets that hold `offer`), baskets, `lift` = confidence / usual with lift_low and lift_high,
    p_value (the largest of Fisher's exact tests against all baskets and against the baskets with one item of `given`
    less, and of the log lift over its cluster-robust spread, Student's with as many customers as hold all: every one
    must say so) and p_adjusted (Holm over all rules).  With `by` also `within`: both over what would be expected if in
    each of its values the two had nothing to do with each other; p_value then is no less than that of Mantel and
    Haenszel's test of it (Source: J. Nat. Cancer Inst. 22, 1959; spread as of the log lift).  With `time` the same test
    is made in blocks of NEIGHBOURS baskets; how many times the expected that is is not told: blocks so small bound it.
    Null where too few baskets hold `given`, or too few customers that or the offer with it.
    """
    wanted = _sets(rules)
    hits = _hits(bought, wanted)
    counts = hits.group_by("set").aggregate(n=_.count(), buyers=_.buyer.nunique()).execute().set_index("set")
    n_of, buyers = (counts[c].reindex(range(len(wanted)), fill_value=0).astype(int) for c in ("n", "buyers"))
    place = {one: number for number, one in enumerate(wanted)}
    total = int(bought.order_id.nunique().execute() or 0)
    known = _named(rules)
    whole = [_all(*pair) for pair in zip(known["given"], known["offer"], strict=True)]
    for name, sets in (("n", known["given"]), ("both", whole), ("usual_n", [(one,) for one in known["offer"]])):
        known[name] = [int(n_of[place[one]]) for one in sets]
    sure = _confidence(known, bought, hits, place, [])
    out = known.join(sure[["customers", "confidence", "low", "high"]]).assign(baskets=total)
    out["usual"] = out["usual_n"] / total if total else np.nan
    out["lift"] = (out["confidence"] / out["usual"]).where(out["usual_n"] > 0)
    se = _spread(known, bought, hits, place, total)
    log = np.log(out["lift"].where(out["lift"] > 0))
    out["lift_low"], out["lift_high"] = np.exp(log - certainty.Z95 * se), np.exp(log + certainty.Z95 * se)
    exact = [_exact(rule, place, n_of, total) for rule in known.itertuples()]
    own = np.array([buyers[place[one]] for one in whole], float)
    out["p_value"] = np.where(log > 0, np.maximum(exact, certainty.two_sided_t(log / se, own - 1)), 1.0)
    for column in (one for one in (by, time) if one is not None):
        plain = 1 / out["both"] - 1 / out["n"] + 1 / out["usual_n"] - 1 / total if total else np.nan
        wider = (se**2 / plain).clip(lower=1.0).fillna(1.0)
        rows = bought if column == by else _blocks(bought, column, total)
        ratio, inside = _within(known, rows, wanted, place, by if column == by else "_block", wider)
        if column == by:
            out["within"] = ratio
        out["p_value"] = np.maximum(out["p_value"], inside)
    out["customers"] = out["customers"].fillna(0).astype(int)
    small = (out["n"] < smallest) | disclosure.few(out["customers"], smallest)
    small |= disclosure.few(out["both"], disclosure.customers_only(smallest))
    inner = ["within"] if by is not None else []
    numbers = ["both", "confidence", "low", "high", "lift", "lift_low", "lift_high", "p_value", *inner]
    out[numbers] = out[numbers].astype(float).where(~small)
    out["p_adjusted"] = certainty.adjust(out["p_value"], "holm")
    columns = ["given", "offer", "n", "customers", "both", "confidence", "low", "high", "usual", "baskets", "lift"]
    return out[[*columns, "lift_low", "lift_high", "p_value", "p_adjusted", *inner]]


def by_group(rules: pd.DataFrame, bought: ir.Table, by: str | None, smallest: int = 1) -> pd.DataFrame:
    """Does a rule hold more in one group than in the others?

    rules  of `confirmed`;  bought  baskets with the column `by` of their orders or customers; without one, or without
    rules, nothing is compared
    Returns index (rule, `by`): n baskets with `given`, customers, `confidence` with low and high, `baseline` (the other
    groups'), `change`, p_value and p_adjusted (Holm over all rules and groups).  Small groups are left out.
    """
    if by is None or rules.empty:
        index = pd.MultiIndex.from_arrays([[], []], names=["rule", by or "group"])
        numbers = ["n", "customers", "confidence", "low", "high", "baseline", "change", "p_value", "p_adjusted"]
        return pd.DataFrame(columns=numbers, index=index, dtype=float)
    wanted = _sets(rules)
    place = {one: number for number, one in enumerate(wanted)}
    found = _confidence(_named(rules), bought, _hits(bought, wanted, by), place, [by])
    out = contrasts.against_others(found, ["rule"], smallest).rename(columns={"value": "confidence"})
    out = out.drop(out.index[disclosure.held(out.index, smallest)])
    return out.assign(p_adjusted=certainty.adjust(out["p_value"], "holm"))


def offers(found: pd.DataFrame, prices: pd.Series, most: int = 3) -> pd.DataFrame:
    """What to offer next to whom: for what lies in the basket, the items that hold, most expected money first.

    found  of `confirmed`: only rules that hold (p_adjusted < 0.05) are offered;  prices  of `mean_prices`
    Returns index (given, offer), given in words of the data: n, confidence, low, high, lift, `price` (mean, of the
    offer), `worth` = (confidence - usual) x price with worth_low, worth_high (of the confidence's interval): what a
    basket with `given` brings of this offer beyond what any basket does.  It is what goes together, not what an offer
    causes.
    """
    held = found[found["p_adjusted"] < 0.05]
    price = held["offer"].map(prices)
    sides = {"worth": "confidence", "worth_low": "low", "worth_high": "high"}
    out = held.assign(price=price, **{name: (held[side] - held["usual"]) * price for name, side in sides.items()})
    out["given"] = held["given"].map(" + ".join)
    out = out.sort_values(["given", "worth", "confidence"], ascending=[True, False, False], kind="stable")
    out = out.groupby("given", sort=False).head(most)
    return out.set_index(["given", "offer"])[["n", "confidence", "low", "high", "lift", "price", *sides]]


def mean_prices(items: ir.Table, item: str) -> pd.Series:
    """The mean price of each item over its lines that were sold; empty where no line has a price."""
    if "unit_price" not in items.columns:
        return pd.Series(dtype=float)
    sold = items.filter(_.unit_price > 0, _[item].notnull())
    found = sold.group_by(item=_[item].cast("string")).aggregate(price=_.unit_price.mean()).execute()
    return found.set_index("item")["price"].astype(float)


def _all(given: tuple, offer: str) -> tuple:
    return tuple(sorted((*given, offer)))


def _sets(rules: pd.DataFrame) -> list[tuple]:
    """Every set that the rules speak of, each once."""
    every = []
    for rule in rules.itertuples():
        every += [rule.given, (rule.offer,), _all(rule.given, rule.offer)]
        every += [one for part in _parts(rule.given) for one in (part, _all(part, rule.offer))]
    return list(dict.fromkeys(every))


def _parts(given: tuple) -> list[tuple]:
    """The sets with one item less; none of a single item."""
    return [given[:i] + given[i + 1 :] for i in range(len(given))] if len(given) > 1 else []


def _exact(rule, place: dict, n_of: pd.Series, total: int) -> float:
    """Fisher's exact test (two-sided by doubling) of a rule against what asks for less; the largest p."""
    wider = [(total, rule.usual_n)]
    wider += [(n_of[place[part]], n_of[place[_all(part, rule.offer)]]) for part in _parts(rule.given)]
    return max(min(1.0, 2 * hypergeom.sf(rule.both - 1, n, both, rule.n)) for n, both in wider)


def _named(rules: pd.DataFrame) -> pd.DataFrame:
    names = [f"{' + '.join(rule.given)}{_TO}{rule.offer}" for rule in rules.itertuples()]
    return rules[["given", "offer"]].set_axis(pd.Index(names, name="rule", dtype=object), axis=0)


def _hits(bought: ir.Table, wanted: list[tuple], *keep: str) -> ir.Table:
    """Which baskets hold which of the sets: order_id, buyer, customer_id, `set` (its place), and `keep`."""
    parts = [(item, number, len(one)) for number, one in enumerate(wanted) for item in one]
    plan = ibis.memtable(
        pd.DataFrame(parts, columns=["item", "set", "size"]).astype({"item": "string", "set": "int64", "size": "int64"})
    )
    rows = bought.select("order_id", "buyer", "customer_id", "item", *keep).distinct().inner_join(plan, "item")
    whole = rows.group_by(["order_id", "buyer", "customer_id", *keep, "set", "size"]).aggregate(have=_.count())
    return whole.filter(whole.have == whole["size"]).drop("have", "size")


def _confidence(known: pd.DataFrame, bought: ir.Table, hits: ir.Table, place: dict, by: list[str]) -> pd.DataFrame:
    """How many of the baskets with `given` hold the offer: sums of customers and `confidence`, by rule and group."""
    rows = [
        (name, place[r.given], place[_all(r.given, r.offer)])
        for name, r in zip(known.index, known.itertuples(), strict=True)
    ]
    plan = ibis.memtable(pd.DataFrame(rows, columns=["rule", "set", "both"]).astype({"rule": "string"}))
    given = hits.inner_join(plan, "set")
    both = hits.select(_order="order_id", _set="set")
    seen = given.left_join(both, [given.order_id == both._order, given.both == both._set])
    seen = seen.select("rule", "customer_id", *by, held=seen._order.notnull().cast("int64"))
    sums = certainty.sums(seen, seen.held, ["rule", *by])
    share = certainty.share(sums, "value")[["value", "low", "high", "se"]]
    out = sums.join(share)
    return out if by else out.rename(columns={"value": "confidence"}).reindex(known.index)


def _within(known: pd.DataFrame, bought: ir.Table, wanted: list[tuple], place: dict, by: str, wider) -> tuple:
    """(both over what is expected within the values of `by`, p) of each rule.  wider  by what part customers who buy
    often widen its variance"""
    hits = _hits(bought, wanted, by).group_by(["set", by]).aggregate(n=_.count()).execute()
    every = bought.group_by(by).aggregate(n=_.order_id.nunique()).execute()
    total = every.assign(**{by: every[by].astype(object).fillna("")}).set_index(by)["n"].astype(float)
    counts = hits.assign(**{by: hits[by].astype(object).fillna("")}).pivot_table("n", "set", by, "sum", 0)
    counts = counts.reindex(index=range(len(wanted)), columns=total.index, fill_value=0).to_numpy(float)
    n = total.to_numpy()
    given, offer, both = (
        counts[[place[one] for one in sets]].reshape(len(known), len(n))
        for sets in (
            known["given"],
            [(one,) for one in known["offer"]],
            [_all(*pair) for pair in zip(known["given"], known["offer"], strict=True)],
        )
    )
    expected = (given * offer / n).sum(axis=1)
    spread = (given * offer * (n - given) * (n - offer) / (n**2 * np.maximum(n - 1, 1))).sum(axis=1) * np.asarray(wider)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio, z = both.sum(axis=1) / expected, (both.sum(axis=1) - expected) / np.sqrt(spread)
    return ratio, np.where(z > 0, certainty.two_sided(z), 1.0)


def _blocks(bought: ir.Table, time: str, total: int) -> ir.Table:
    """Baskets with `_block`: which of them lie next to each other in time."""
    size = max(NEIGHBOURS, -(-total // BLOCKS))
    place = ibis.dense_rank().over(order_by=[time, "order_id"])
    return (
        bought.mutate(_place=place).mutate(_block=(_._place / size).floor().cast("int64").cast("string")).drop("_place")
    )


def _spread(known: pd.DataFrame, bought: ir.Table, hits: ir.Table, place: dict, total: int) -> pd.Series:
    """The standard error of each rule's log lift, customer by customer (delta method).

    log lift = log both - log given - log offer + log baskets; a customer's part in it is the sum of their own counts,
    each over its total.
    """
    parts = []
    for name, rule in known.iterrows():
        sides = (
            (_all(rule["given"], rule["offer"]), 1, rule["both"]),
            (rule["given"], -1, rule["n"]),
            ((rule["offer"],), -1, rule["usual_n"]),
        )
        parts += [(name, place[one], sign / n) for one, sign, n in sides if n]
    plan = pd.DataFrame(parts, columns=["rule", "set", "weight"]).astype({"rule": "string", "set": "int64"})
    each = hits.inner_join(ibis.memtable(plan.astype({"weight": "float64"})), "set")
    each = each.group_by(["rule", "buyer"]).aggregate(part=_.weight.sum())
    many = bought.group_by("buyer").aggregate(own=_.order_id.nunique() / max(total, 1))
    both = each.inner_join(many, "buyer")
    more = (both.part + both.own) ** 2 - both.own**2
    found = both.group_by("rule").aggregate(square=more.sum()).execute().set_index("rule")["square"]
    rest = float((many.own**2).sum().execute() or 0.0)
    return np.sqrt((found.reindex(known.index) + rest).clip(lower=0))
