"""Do the systems know the same customers?  Rows without a customer, and how many of them each two tables share."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from cx_helpers import certainty, disclosure
from cx_helpers.dates import Period
from cx_helpers.tables import TABLES, instant

LINKED = ("customers", "touchpoints", "orders", "contracts", "responses", "tickets", "comments")
CROWD, FAR_MORE, FEWEST = 0.05, 30, 20  # of the rows; times those of another customer; customers to compare with
MANY_UNKNOWN, MANY_UNLISTED = 0.2, 0.2  # of its rows have no customer; of its customers are not in `customers`


def overlap(tables: dict[str, ir.Table], period: Period) -> pd.DataFrame:
    """How many customers have the tables in common?

    tables  every table of the company, uncut ({name: table});  period  the report's: rows after its end do not count
    Returns n customers by the tables that they are in: index levels named as the tables (LINKED, those there are), True
    or False; None where no table has customers.  One query; all that follows is made of it.
    """
    parts, there = [], []
    for table_name in LINKED:
        table = tables.get(table_name)
        if table is None or "customer_id" not in table.columns:
            continue
        when = instant(table, table_name) if TABLES[table_name].time else None
        seen = table if when is None else table.filter(~(when >= period.end).fill_null(False))
        one = seen.filter(seen.customer_id.notnull()).select(_who=_.customer_id.cast("string")).distinct()
        parts.append(one.mutate(_bit=ibis.literal(2 ** len(there), "int64")))
        there.append(table_name)
    if not there:
        return pd.DataFrame({"n": []})
    whole = ibis.union(*parts) if len(parts) > 1 else parts[0]
    each = whole.group_by("_who").aggregate(bits=_._bit.sum())
    found = each.group_by("bits").aggregate(n=_.count()).order_by("bits").execute()
    flags = {one: (found["bits"].astype(int) // 2**place) % 2 == 1 for place, one in enumerate(there)}
    return pd.DataFrame({"n": found["n"].astype(int)} | flags).set_index(there)


def shared(common: pd.DataFrame, smallest: int = 1) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(share, n): of the customers in the row's table, which share is in the column's too, and of how many.

    common  of `overlap`;  smallest  tables.smallest: tables of fewer customers are left out
    NaN where a table has no customers, and of a table with itself.
    """
    flags = common.index.to_frame(index=False).to_numpy(bool)
    names, n = [name for name in common.index.names if name], common["n"].to_numpy(float)
    both = flags.T @ (flags * n[:, None]) if len(n) else np.zeros((len(names), len(names)))
    own = np.diag(both)
    share = np.divide(both, own[:, None], out=np.full(both.shape, np.nan), where=own[:, None] > 0)
    np.fill_diagonal(share, np.nan)
    index = pd.Index(names, name="table")
    sizes = np.repeat(own[:, None], len(names), axis=1).astype(int)
    told = ~disclosure.few(own, smallest)
    share, sizes = (pd.DataFrame(x, index=index, columns=names).loc[told, told] for x in (share, sizes))
    return share, sizes


def strangers(common: pd.DataFrame) -> pd.DataFrame:
    """Which share of each table's customers is in no other table?

    common  of `overlap`.  Returns index table: n customers, strangers, `faulty_share` with Wilson's low and high; empty
    where fewer than two tables have customers, for then nothing can be compared.
    """
    names = [one for one in common.index.names if one]
    if len(names) < 2:
        return pd.DataFrame(columns=["n", "strangers", "faulty_share", "low", "high"])
    flags, n = common.index.to_frame(index=False).to_numpy(bool), common["n"].to_numpy()
    alone = flags.sum(axis=1) == 1
    found = pd.DataFrame(
        {"n": (flags * n[:, None]).sum(axis=0), "strangers": (flags[alone] * n[alone, None]).sum(axis=0)},
        index=pd.Index(names, name="table"),
    )
    low, high = certainty.wilson(found["strangers"], found["n"])
    share = (found["strangers"] / found["n"]).where(found["n"] > 0)
    return found.assign(faulty_share=share, low=low, high=high)


def crowds(tables: dict[str, ir.Table], period: Period) -> pd.DataFrame:
    """Which tables have one customer who is a crowd: so many rows that the key can hardly be one person's?

    tables  every table of the company, uncut ({name: table});  period  the report's: rows after its end do not count
    A key (`guest`, the shop's own account) is one with CROWD of the rows, that are FAR_MORE times those of another
    customer, and that the table of customers does not list.  Returns index table: n rows with a customer, crowd (the
    key's), `faulty_share` with Wilson's low and high, customers, listed (False: others are, and it is not; None: there
    is no table of customers).  attrs["looks"] says how many tables were looked at.
    """
    rows, looks = {}, 0
    for table_name in LINKED[1:]:
        table = tables.get(table_name)
        if table is None or "customer_id" not in table.columns:
            continue
        looks += 1
        when = instant(table, table_name) if TABLES[table_name].time else None
        seen = table if when is None else table.filter(~(when >= period.end).fill_null(False))
        if crowd := _crowd(seen, tables.get("customers")):
            rows[table_name] = crowd
    whole = pd.DataFrame.from_dict(rows, orient="index", columns=["n", "crowd", "customers", "listed"])
    low, high = certainty.wilson(whole["crowd"].astype(float), whole["n"].astype(float))
    share = (whole["crowd"] / whole["n"]).astype(float)
    whole = whole.assign(faulty_share=share, low=low, high=high).rename_axis("table")
    whole.attrs["looks"] = looks
    return whole


def _crowd(table: ir.Table, customers: ir.Table | None) -> tuple | None:
    """(rows with a customer, those of the key with the most, customers, False or None) where that key is a crowd."""
    seen = table.filter(table.customer_id.notnull()).select(_who=_.customer_id.cast("string"))
    each = seen.group_by("_who").aggregate(k=_.count())
    facts = {"n": each.k.sum(), "customers": each.count(), "crowd": each.k.max(), "who": each._who.argmax(each.k)}
    found = each.aggregate(**facts).execute().iloc[0]
    if found["customers"] < FEWEST:
        return None
    n, crowd, keys = (int(found[c]) for c in ("n", "crowd", "customers"))
    if crowd < max(CROWD * n, FAR_MORE * (n - crowd) / (keys - 1)):
        return None
    if customers is None:
        return n, crowd, keys, None
    known_as = customers.customer_id.cast("string") == found["who"]
    return None if customers.filter(known_as).count().execute() else (n, crowd, keys, False)


def known(arrived: pd.DataFrame) -> pd.DataFrame:
    """Which share of the rows has a customer?

    arrived  of `arrivals`.  Returns index table: n rows up to the period's end, unknown (without a customer),
    `known_customers` (0..1) with Wilson's low and high; tables without a customer column are left out.
    """
    rows = arrived[arrived["unknown"].notna()]
    found = rows.groupby(level="table", sort=False)[["n", "unknown"]].sum().astype(int)
    low, high = certainty.wilson(found["n"] - found["unknown"], found["n"])
    share = (1 - found["unknown"] / found["n"]).where(found["n"] > 0)
    return found.assign(known_customers=share, low=low, high=high)
