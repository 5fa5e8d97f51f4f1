"""Which case comes first?  rank = feeling x value x risk x urgency, each part told beside it.

feeling  0..1    how bad: the worse of the score (0 the best, 1 the worst) and of the words ((1 - sentiment) / 2)
value    1..2    1 + the share of customers who spent less within a year; 1.5 where nobody knows
risk     1..2    1 + .25 another case within 90 days + .25 a request unsolved + .5 gone quiet (no order for 90
                 days, or a contract ended)
urgency  1..2    2 danger, law or fraud; 1.5 about to leave, had to call again, or a pressing request; else 1
rank     0..100  100 x the product / 8
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from cx_helpers.intake.values import literal

DAY = 86_400
GRAVE = ("safety", "legal", "fraud")


def urgency(kind: str | None, pressing: bool) -> float:
    """1, 1.5 or 2: how long can it wait?"""
    return 2.0 if kind in GRAVE else 1.5 if kind or pressing else 1.0


def rank(case: dict) -> float:
    """0..100: the product of the four parts."""
    return round(100 * case["feeling"] * case["value"] * case["risk"] * case["urgency"] / 8, 1)


def customers(con, folder: Path, ids: list[str], now: float) -> pd.DataFrame:
    """What is known of customers: index customer_id; spent_less (0..1, null), quiet, unsolved (yes or no), province."""
    known = pd.DataFrame(index=pd.Index(sorted(set(ids)), name="customer_id"))
    known = known.assign(spent_less=float("nan"), quiet=False, unsolved=False, province=None)
    if known.empty:
        return known
    con.register("_asked", known.reset_index()[["customer_id"]])
    mine, seconds = "customer_id IN (SELECT customer_id FROM _asked)", f"to_timestamp({now})"
    if orders := _table(con, folder, "orders", "customer_id", "ordered_at", "amount"):
        sums = (f"SELECT customer_id, sum(amount) FILTER (WHERE ordered_at >= {seconds} - INTERVAL 365 DAY) AS spent, "
                f"max(ordered_at) < {seconds} - INTERVAL 90 DAY AS quiet FROM {orders} "
                f"WHERE customer_id IS NOT NULL AND ordered_at < {seconds} GROUP BY 1")  # fmt: skip
        ranked = f"SELECT *, percent_rank() OVER (ORDER BY coalesce(spent, 0)) AS spent_less FROM ({sums})"
        _fill(known, con.execute(f"SELECT customer_id, spent_less, quiet FROM ({ranked}) WHERE {mine}").df())
    if contracts := _table(con, folder, "contracts", "customer_id", "started_at", "ended_at"):
        ended = f"bool_and(coalesce(ended_at < {seconds}, false)) AS ended"
        found = con.execute(f"SELECT customer_id, {ended} FROM {contracts} WHERE {mine} GROUP BY 1").df()
        over = found.set_index("customer_id")["ended"].reindex(known.index).eq(True)
        known["quiet"] = known["quiet"] | over
    if tickets := _table(con, folder, "tickets", "customer_id", "opened_at", "solved_at"):
        waits = f"solved_at IS NULL AND opened_at < {seconds} - INTERVAL 1 DAY"
        found = con.execute(
            f"SELECT DISTINCT customer_id, true AS unsolved FROM {tickets} WHERE {mine} AND {waits}"
        ).df()
        _fill(known, found)
    if people := _table(con, folder, "customers", "customer_id", "province"):
        _fill(known, con.execute(f"SELECT customer_id, province FROM {people} WHERE {mine}").df())
    con.unregister("_asked")
    return known


def _table(con, folder: Path, table: str, *columns: str) -> str | None:
    """SQL of a table that has these columns; None where there is none."""
    path = folder / "tables" / f"{table}.parquet"
    if not path.is_file():
        return None
    place = f"read_parquet({literal(path)})"
    have = {column for column, *_ in con.execute(f"DESCRIBE SELECT * FROM {place}").fetchall()}
    return place if set(columns) <= have else None


def _fill(known: pd.DataFrame, found: pd.DataFrame) -> None:
    """Put what was found of customers into what is known of them."""
    found = found.drop_duplicates("customer_id").set_index("customer_id")
    for column in found:
        values = found[column].reindex(known.index)
        yes_or_no = pd.api.types.is_bool_dtype(known[column])
        known[column] = values.eq(True) if yes_or_no else values
