"""What did an initiative bring that began group by group, here first and there later?  Customers' money, month by
month.

An initiative is one of groups where its rows of `initiatives` name values of a customers' column: one row a province,
say, each with its own start, all of one name.  Who belongs to no named group, or to one whose turn has not come, is the
control.
"""

from __future__ import annotations

import datetime as dt

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from cx_helpers import certainty, disclosure, payback, staggered
from cx_helpers.dates import Period, month_number
from cx_helpers.tables import TABLES, need
from cx_helpers.valuation import Terms

LATE = dt.timedelta(days=3)  # who begins by then counts from that month on
DRAWS = 4000
COLUMNS = (
    "column groups cost n controls effect low high p_value p_adjusted trend trend_p monthly monthly_low monthly_high "
    "payback payback_low payback_high chance roi roi_low roi_high why"
).split()
_TEXT = ("column", "groups", "why")


def columns(initiatives: ir.Table | None, customers: ir.Table | None) -> list[str]:
    """The columns of initiatives that name groups of customers: those of one name with a column of customers."""
    if initiatives is None or customers is None:
        return []
    own = {"source", *TABLES["initiatives"].columns}
    return [c for c in initiatives.columns if c in customers.columns and c not in own]


def of_everybody(initiatives: ir.Table | None, customers: ir.Table | None) -> ir.Table | None:
    """The initiatives that began for all customers at once; None where there are no initiatives."""
    named = columns(initiatives, customers)
    return initiatives if not named else initiatives.filter(*[initiatives[c].isnull() for c in named])


def rollouts(
    initiatives: ir.Table | None,
    customers: ir.Table | None,
    orders: ir.Table | None,
    months: list[Period],
    terms: Terms,
    ahead: int = 12,
    smallest: int = 30,
) -> pd.DataFrame:
    """What did each initiative of groups bring, a customer and month, and does that pay its cost?

    months  consecutive, oldest first: the customers who were there before the first are followed over all of them
    terms   what is left of a sale;  ahead  months in which the cost is to come back
    Returns, index `name`: column, groups (how many began), cost (of all its rows), n (customers treated), controls,
    effect (money a customer and month: staggered.overall) with low, high (95 %), p_value, p_adjusted (Holm), trend (a
    month, before: staggered.trend) with trend_p, monthly (of all treated; with ends), payback, chance, roi
    (payback.told), and `why`: several (its rows name several columns), before (none began within the months), control
    (nobody is left to compare with), few, orders, cost.
    """
    named = columns(initiatives, customers)
    if not named:
        return _empty()
    need(initiatives, "initiative_id", "started_at")
    absent = [c for c in ("name", "cost") if c not in initiatives.columns]
    table = initiatives.mutate(**{c: ibis.null("float64" if c == "cost" else "string") for c in absent})
    table = table.select("initiative_id", "name", "started_at", "cost", **{c: table[c].cast("string") for c in named})
    rows = table.filter(ibis.or_(*[table[c].notnull() for c in named])).execute()
    if rows.empty:
        return _empty()
    rows["name"] = rows["name"].fillna(rows["initiative_id"])
    found = {
        name: _judged(part, customers, orders, months, terms, named, ahead, smallest)
        for name, part in rows.sort_values("initiative_id").groupby("name", sort=True)
    }
    out = pd.DataFrame.from_dict(found, orient="index").reindex(columns=COLUMNS).rename_axis("name")
    out = out.astype({c: float for c in COLUMNS if c not in _TEXT})
    out["p_adjusted"] = certainty.adjust(out["p_value"], "holm")
    return out


def _judged(part: pd.DataFrame, customers, orders, months, terms: Terms, named, ahead: int, smallest) -> dict:
    used = [c for c in named if part[c].notna().any()]
    head = {"column": used[0], "groups": len(part), "cost": part["cost"].sum(min_count=1)}
    if len(used) > 1:
        return head | {"why": "several"}
    if orders is None:
        return head | {"why": "orders"}
    begun = part.dropna(subset=used[0]).groupby(used[0])["started_at"].min()
    starts = {value: _step(at, months) for value, at in begun.items()}
    found = cohorts(customers, orders, months, used[0], starts)
    inside = [one for one in found if one.start and one.start < len(months)]
    if not inside:
        return head | {"why": "before"}
    if not staggered.cells(found):
        return head | {"why": "control"}
    others = sum(one.n for one in found if one.start is None or one.start >= len(months))
    treated = sum(one.n for one in inside)
    if disclosure.few(min(one.n for one in found), smallest) or min(one.n for one in found) < 30:
        return head | {"why": "few"}
    whole, before = (rule(found).iloc[0] for rule in (staggered.overall, staggered.trend))
    se = (whole["high"] - whole["low"]) / (2 * certainty.Z95) * terms.each
    drawn = whole["effect"] * terms.each + se * np.random.default_rng(1).standard_normal(DRAWS)
    monthly = drawn * treated
    ends = dict(zip(("monthly", "monthly_low", "monthly_high"), np.quantile(monthly, [0.5, 0.025, 0.975]), strict=True))
    paid = payback.told(monthly, head["cost"], ahead)
    effect = {c: whole[c] * terms.each for c in ("effect", "low", "high")}
    more = {"n": treated, "controls": others, "p_value": whole["p_value"], "trend": before["effect"] * terms.each}
    return (
        head
        | more
        | effect
        | {"trend_p": before["p_value"]}
        | ends
        | paid
        | {"why": None if head["cost"] > 0 else "cost"}
    )


def _step(at, months: list[Period]) -> int:
    """The first month that lies after a start (0: before the second; as many as there are months: none)."""
    at = pd.Timestamp(at)
    at = (at.tz_localize("UTC") if at.tz is None else at).to_pydatetime()
    return next((i for i, month in enumerate(months) if month.start + LATE >= at), len(months))


def cohorts(
    customers: ir.Table, orders: ir.Table, months: list[Period], column: str, starts: dict[str, int]
) -> list[staggered.Cohort]:
    """Customers by the month in which it began for them, with what they spent in each month: means and covariances.

    starts  {value of `column`: its place in months};  who has another value is never treated.  Customers who came
    before the first month (created_at, else their first order).  One query; what comes back is months x months a
    cohort.
    """
    need(customers, "customer_id", column)
    pairs = [(customers[column].cast("string") == value, ibis.literal(step, "int64")) for value, step in starts.items()]
    start = ibis.cases(*pairs, else_=ibis.literal(-1, "int64"))
    who = customers.select(_who=customers.customer_id.cast("string"), start=start, came=_came(customers))
    bought = orders.select(
        _id=orders.customer_id.cast("string"), amount=orders.amount.cast("float64"), at=orders.ordered_at,
        month=month_number(orders.ordered_at, months),
    )  # fmt: skip
    spent = {f"m{i}": bought.amount.sum(where=bought.month == i) for i in range(len(months))}
    each = bought.group_by("_id").aggregate(first=bought.at.min(), **spent)
    joined = who.left_join(each, who._who == each._id)
    joined = joined.filter(joined.came.coalesce(joined.first) < months[0].start)
    wide = joined.select("start", **{c: joined[c].coalesce(0.0) for c in spent})
    places = range(len(months))
    sums = {f"s{i}": wide[f"m{i}"].sum() for i in places}
    cross = {f"c{i}_{j}": (wide[f"m{i}"] * wide[f"m{j}"]).sum() for i in places for j in places if i <= j}
    found = wide.group_by("start").aggregate(n=wide.count(), **sums, **cross).execute().sort_values("start")
    return [_cohort(row, len(months)) for row in found.to_dict("records")]


def _came(customers: ir.Table):
    return customers.created_at if "created_at" in customers.columns else ibis.null("timestamp('UTC')")


def _cohort(row: dict, steps: int) -> staggered.Cohort:
    n = int(row["n"])
    mean = np.array([row[f"s{i}"] for i in range(steps)], float) / n
    cross = np.array([[row[f"c{min(i, j)}_{max(i, j)}"] for j in range(steps)] for i in range(steps)], float)
    cov = (cross - n * np.outer(mean, mean)) / (n - 1) if n > 1 else np.zeros((steps, steps))
    start = int(row["start"])
    return staggered.Cohort(None if start < 0 else start, n, mean, cov)


def _empty() -> pd.DataFrame:
    return pd.DataFrame(columns=COLUMNS, index=pd.Index([], name="name")).astype(
        {c: float for c in COLUMNS if c not in _TEXT}
    )
