"""What may be offered next to each customer, by what they bought?  Rules that hold, turned to the one who fits them.

A rule tells what lies in one basket; here it is asked of all that a customer bought since a day, and offers what they
never bought.  That somebody who bought the first may want the second later is an assumption that no rule proves.
"""

from __future__ import annotations

import datetime as dt

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from cx_helpers.tables import need

COLUMNS = ("customer_id", "next_item", "next_given", "next_chance", "next_worth")


def next_item(rules: pd.DataFrame, prices: pd.Series, bought: ir.Table, since: dt.datetime) -> pd.DataFrame:
    """Each customer's next item, for those to whom a rule that holds applies.

    rules   of `basket_rules.confirmed`; only those that hold (p_adjusted < 0.05) and have a lift above 1 offer
    prices  of `basket_rules.mean_prices`;  bought  of `basket.baskets` with `ordered_at` (keep=)
    since   what was bought before it calls for nothing any more
    Returns customer_id, next_item, next_given (what they bought, joined by " + "), next_chance (confidence - usual:
    how many more of the baskets hold it than of all), next_worth (that times the mean price of the item).
    Of several the one that is worth most; of equal ones the first by name.  Sorted by customer.
    """
    need(bought, "customer_id", "item", "ordered_at")
    held = rules[(rules["p_adjusted"] < 0.05) & (rules["lift"] > 1)]
    held = held.assign(chance=held["confidence"] - held["usual"], price=held["offer"].map(prices))
    held = held.assign(worth=held["chance"] * held["price"]).dropna(subset=["worth"])
    if held.empty:
        return pd.DataFrame({c: pd.Series(dtype=float if "ch" in c or "wo" in c else object) for c in COLUMNS})
    parts = [(g, n, len(r.given)) for n, r in enumerate(held.itertuples()) for g in r.given]
    plan = pd.DataFrame(parts, columns=["item", "rule", "size"]).astype({"item": "string"})
    offers = pd.DataFrame({"rule": range(len(held)), "item": held["offer"].astype("string").to_numpy()})
    mine = bought.filter(bought.customer_id.notnull())
    lately = mine.filter(mine.ordered_at >= ibis.literal(since).cast("timestamp('UTC')"))
    fits = lately.select("customer_id", "item").distinct().inner_join(ibis.memtable(plan), "item")
    fits = fits.group_by(["customer_id", "rule", "size"]).aggregate(have=_.count())
    fits = fits.filter(fits.have == fits["size"]).select("customer_id", "rule")
    has = mine.select("customer_id", "item").distinct().inner_join(ibis.memtable(offers), "item")
    found = fits.anti_join(has.select("customer_id", "rule"), ["customer_id", "rule"]).execute()
    held = held.reset_index(drop=True)
    told = held.assign(given=held["given"].map(" + ".join)).iloc[found["rule"].astype(int)]
    out = pd.DataFrame({
        "customer_id": found["customer_id"].to_numpy(object), "next_item": told["offer"].to_numpy(object),
        "next_given": told["given"].to_numpy(object), "next_chance": told["chance"].to_numpy(float),
        "next_worth": told["worth"].to_numpy(float),
    })  # fmt: skip
    out = out.sort_values(["customer_id", "next_worth", "next_item"], ascending=[True, False, True], kind="stable")
    return out.drop_duplicates("customer_id").reset_index(drop=True)
