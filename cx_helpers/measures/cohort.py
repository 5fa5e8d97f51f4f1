"""Who comes back?  Customers grouped by the month of their first order ever, followed month by month.

Months are Jalali or Gregorian, as the `periods` given.  A cell (cohort, months since) is observed only when its month
has fully elapsed; before that it is null, it is never 0, and no mean counts it.  One row of an answer is one cell:
`cohort` (a dates.Period), `offset` (0 is the month of the first order), `n` customers of the cohort, `customers` of
them who bought, `retention` (their share) with Wilson's interval: customers are independent, each counts once a cell.
"""

from __future__ import annotations

import datetime as dt

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from cx_helpers import certainty, disclosure
from cx_helpers.dates import Period, month_number
from cx_helpers.tables import groups, need

WINDOW_DAYS = 90  # within which a second order counts as "bought again"


def months(orders: ir.Table, last: Period, most: int = 24) -> list[Period]:
    """The calendar months from the first order to the end of `last`, at most `most` of them, oldest first.

    last  the report's period; its calendar and time zone cut the months.  One small query.
    """
    need(orders, "ordered_at")
    found = last.back(most)
    first = orders.filter(_.ordered_at < last.end).aggregate(first=_.ordered_at.min()).execute()["first"].iloc[0]
    if pd.isna(first):
        return found[-1:]
    first = _instant(first)
    return [month for month in found if month.end > first] or found[-1:]


def retention(
    orders: ir.Table,
    periods: list[Period],
    by: str | None = None,
    until: dt.datetime | None = None,
    smallest: int = 1,
) -> pd.DataFrame:
    """Of the customers who first bought in a month, which share bought again in each month after?

    orders    from the beginning of the data (tables.until.orders), so that a first order is the first ever; orders
              without customer_id are left out.  Refunds and cancellations: filter them before
    periods   consecutive months, oldest first (cohort.months).  Customers whose first order lies before the first
              month belong to no cohort; orders after the last month are not looked at
    by        a column of `orders` (tables.with_column("orders", "acquisition_channel")); a customer is of the value of
              the first order (of several at one instant, the value first in the alphabet); null is a group too
    until     the instant (UTC) up to which the data is complete; the default is the end of the last month
    smallest  cohorts with fewer customers get nulls; under a disclosure.Limit so do sums of what a few who came back
              bought, and groups without which a small one is what is left of its cohort: `hidden` says why

    Returns one row per ([by,] cohort, offset): n, customers, retention (0..1), low, high, se, money (sum of `amount`),
    money_each (per customer of the cohort), orders, `observed` (has the month fully elapsed?), `so_far` (customers
    seen in a month not yet over).  Money keeps the currency of the workspace.
    Source: the field's cohort table; Fader, Hardie, Lee, Marketing Science 24(2), 2005 (CDNOW) for the data tested on.
    """
    end = min(until or periods[-1].end, periods[-1].end)
    cells = _cells(orders, periods, by, end).execute()
    cells = cells.astype({"cohort": int, "offset": int, "customers": float, "money": float, "orders": float})
    values = [None] if by is None else sorted(cells[by].unique(), key=lambda v: (pd.isna(v), str(v)))
    parts = [_triangle(cells if by is None else cells[_same(cells[by], g)], periods, end, smallest) for g in values]
    if by is None or not parts:
        return _shown(parts[0] if parts else _triangle(cells, periods, end, 1).iloc[:0], None, smallest)
    return _shown(pd.concat(parts, keys=values, names=[by, "cohort", "offset"]), by, smallest)


def _shown(found: pd.DataFrame, by: str | None, smallest: int) -> pd.DataFrame:
    """The answer as privacy allows; the groups of one cohort are a table of their own, with the cohort as its total."""
    if not isinstance(smallest, disclosure.Limit):
        return found
    why = pd.Series(np.where(disclosure.few(found["n"], smallest), disclosure.SMALL, None), found.index, dtype=object)
    for part in found.reset_index().groupby("cohort", sort=False).indices.values() if by else []:
        mine = found.iloc[part]
        kept_back = disclosure.held(mine.index, smallest)
        first = mine.index.get_level_values("offset") == 0
        size = mine["n"].where(first, 0)  # each group once
        more = disclosure.beside(size, kept_back & first, smallest) | kept_back
        small = mine.index.get_level_values(by)[more & (mine["n"] > 0).to_numpy()]
        own = mine.index.get_level_values(by)
        more = own.isin(small) | (own.isna() & small.hasnans)
        why.iloc[part[more & why.iloc[part].isna().to_numpy()]] = disclosure.BESIDE
    hidden, kept = why.notna(), [c for c in found if c != "observed"]
    out = found.assign(**{c: found[c].mask(hidden) for c in kept}, hidden=why)
    money = ["money", "money_each", "orders"]  # a sum of few is nearly what each of them spent
    return out.assign(**{c: out[c].where(found["customers"] >= disclosure.least(smallest)) for c in money})


def _cells(orders: ir.Table, periods: list[Period], by: str | None, end: dt.datetime) -> ir.Table:
    """One row per cell: two grouped passes over the orders, and one more for the value of the first order."""
    need(orders, "customer_id", "ordered_at", "amount", *groups(by or None))
    known = orders.filter(_.customer_id.notnull(), _.ordered_at < end)
    known = known.mutate(_month=month_number(known.ordered_at, periods).fill_null(-1))
    each = known.group_by(["customer_id", "_month"]).aggregate(_money=_.amount.sum(), _orders=_.count())
    first = each.group_by("customer_id").aggregate(cohort=_._month.min()).filter(_.cohort >= 0)
    if by:
        start = known.group_by("customer_id").aggregate(_first=_.ordered_at.min())
        named = known.select("customer_id", "ordered_at", by)
        named = named.join(start, ["customer_id", named.ordered_at == start._first])
        named = named.group_by("customer_id").aggregate(**{by: named[by].min()})
        first = first.join(named, "customer_id").select("customer_id", "cohort", by)
    each = each.join(first, "customer_id")
    each = each.mutate(offset=each._month - each.cohort)
    return each.group_by([*([by] if by else []), "cohort", "offset"]).aggregate(
        customers=_.count(), money=_._money.sum(), orders=_._orders.sum()
    )


def _triangle(cells: pd.DataFrame, periods: list[Period], end: dt.datetime, smallest: int) -> pd.DataFrame:
    """Every cell of one group, those nobody bought in too, with what may be said of it."""
    count = len(periods)
    grid = pd.MultiIndex.from_tuples([(c, k) for c in range(count) for k in range(count - c)], names=["cohort", "k"])
    seen = cells.groupby(["cohort", "offset"])[["customers", "money", "orders"]].sum()
    seen = seen.reindex(grid, fill_value=0.0)
    cohort, offset = grid.get_level_values(0).to_numpy(), grid.get_level_values(1).to_numpy()
    n = seen["customers"].xs(0, level="k").to_numpy()[cohort]
    observed = np.array([period.end <= end for period in periods])[cohort + offset]
    low, high = certainty.wilson(seen["customers"], n)
    middle = (seen["customers"] + 1) / (n + 2)  # Agresti, Caffo 2000: an error for differences, never 0
    with np.errstate(invalid="ignore", divide="ignore"):
        columns = {"customers": seen["customers"], "retention": seen["customers"] / n, "low": low, "high": high}
        columns |= {"se": np.sqrt(middle * (1 - middle) / (n + 2)), "money": seen["money"]}
        columns |= {"money_each": seen["money"] / n, "orders": seen["orders"]}
    shown = pd.Series(observed & (n >= max(smallest, 1)), index=grid)
    out = pd.DataFrame(columns, index=grid).where(shown, axis=0)
    out.insert(0, "n", n.astype(int))
    out["observed"] = observed
    out["so_far"] = seen["customers"].mask(observed | (n < smallest))
    labels = pd.Index([periods[i] for i in cohort], dtype=object)
    return out.set_index(pd.MultiIndex.from_arrays([labels, offset], names=["cohort", "offset"]))


def matrix(found: pd.DataFrame, value: str = "retention") -> pd.DataFrame:
    """An answer of `retention` (one group) as the well-known triangle: rows cohorts, columns months since.

    value  retention, customers, money, money_each or orders; cells not observed are null
    """
    flat = found.reset_index()
    wide = flat.pivot_table(index=_order(flat["cohort"]), columns="offset", values=value, dropna=False, sort=True)
    return wide.set_axis(pd.Index(flat["cohort"].unique(), name="cohort", dtype=object))


def curve(found: pd.DataFrame, by: str | None = None) -> pd.DataFrame:
    """How many are still buying k months on, all cohorts together?

    found  an answer of `retention`; with `by`, one curve for each value of that index level (none: one curve, `all`)
    A month since counts only cohorts whose month has fully elapsed, numerator and denominator alike: a young cohort
    never pulls the curve down.  So later months rest on fewer, older cohorts; `cohorts` says on how many.
    Returns per ([by,] offset): n, customers, retention, low, high (Wilson), se, money_each, cohorts.  A group none of
    whose cohorts is shown is a row of nulls, and `hidden` says whether privacy is why.
    """
    if by and by not in found.index.names:
        found = pd.concat({certainty.ALL: found}, names=[by])
    levels = [name for name in found.index.names if name not in ("cohort", by)]
    seen = found[found["retention"].notna()].reset_index()
    keys = [by, "offset"] if by else levels[-1:]
    grouped = seen.groupby(keys, dropna=False)
    total = grouped[["n", "customers", "money"]].sum()
    low, high = certainty.wilson(total["customers"], total["n"])
    middle = (total["customers"] + 1) / (total["n"] + 2)
    out = total[["n", "customers"]].round().astype(int).assign(retention=total["customers"] / total["n"])
    out = out.assign(low=low, high=high, se=np.sqrt(middle * (1 - middle) / (total["n"] + 2)))
    money = grouped["money"].agg(lambda each: each.sum(skipna=False))  # null where a part of it is not shown
    out = out.assign(money_each=money / total["n"], cohorts=grouped["cohort"].nunique())
    return disclosure.with_hidden(out, found[found["observed"]]) if by and "hidden" in found else out


def retention_rate(
    orders: ir.Table, period: Period, offset: int = 1, by: str | None = None, smallest: int = 1
) -> pd.DataFrame:
    """The metric `retention_1` (or `retention_3`): of those due in this period, which share bought in it?

    A customer whose first order lies `offset` calendar months before a month of the period is due in that month.
    orders  from the beginning of the data up to the period's end at least;  period  whole months
    Returns per group (or `all`): n, customers (who bought), the metric, low, high (Wilson), se; fit for
    comparison.change with the answer of period.previous().
    """
    width = {"month": 1, "quarter": 3, "year": 12}.get(period.kind, max(1, round(period.days / 30.4)))
    due = set(period.back(width))
    span = period.back(width + offset)
    found = retention(orders, span, by).reset_index()
    due = [
        i + k < len(span) and span[i + k] in due for i, k in zip(_order(found["cohort"]), found["offset"], strict=True)
    ]
    found = found[np.array(due, bool) & (found["offset"] == offset)]
    return _share(found, f"retention_{offset}", by, smallest)


def _share(found: pd.DataFrame, name: str, by: str | None, smallest: int) -> pd.DataFrame:
    keys = found[by] if by else pd.Series(certainty.ALL, index=found.index)
    total = found.groupby(keys, dropna=False)[["n", "customers"]].sum()
    if not by:
        total = total.reindex([certainty.ALL], fill_value=0)
    n, came = total["n"].astype(float), total["customers"].astype(float)
    low, high = certainty.wilson(came, n)
    middle = (came + 1) / (n + 2)
    columns = {"customers": came, name: came / n.where(n > 0), "low": low, "high": high}
    columns["se"] = np.sqrt(middle * (1 - middle) / (n + 2))
    out = pd.DataFrame(columns).where(n > 0, axis=0)
    out.insert(0, "n", n.astype(int))
    return disclosure.hide(out.rename_axis(by) if by else out.rename_axis(None), smallest, size="n")


def repeat_rate(
    orders: ir.Table, period: Period, by: str | None = None, window_days: int = WINDOW_DAYS, smallest: int = 1
) -> pd.DataFrame:
    """Of the new customers whose `window_days` ended in this period, which share had bought a second time by then?

    Every customer counted has been watched for the same time, so the newest never look disloyal for being new.
    A second order is one later than the instant of the first.  orders  from the beginning of the data.
    Returns per group (or `all`): n, customers (who bought again), repeat_rate, low, high (Wilson), se.
    """
    need(orders, "customer_id", "ordered_at", *groups(by or None))
    window = ibis.interval(days=window_days)
    shift = dt.timedelta(days=window_days)
    known = orders.filter(_.customer_id.notnull(), _.ordered_at < period.end)
    firsts = known.group_by("customer_id").aggregate(_first=_.ordered_at.min())
    firsts = firsts.filter(_._first >= period.start - shift, _._first < period.end - shift)
    # a range test only on joined rows: the join itself is by customer
    rows = known.select("customer_id", "ordered_at", *([by] if by else [])).join(firsts, "customer_id")
    again = (rows.ordered_at > rows._first) & (rows.ordered_at <= rows._first + window)
    values = {by: (rows.ordered_at == rows._first).ifelse(rows[by], ibis.null(rows[by].type())).min()} if by else {}
    each = rows.group_by("customer_id").aggregate(again=again.cast("int64").max(), **values)
    grouped = each.group_by(by) if by else each
    found = grouped.aggregate(n=_.count(), customers=_.again.sum()).execute()
    return _share(found.assign(customers=found["customers"].astype(float).fillna(0)), "repeat_rate", by, smallest)


def _order(cohorts: pd.Series) -> np.ndarray:
    """The running number of each cohort: answers list cohorts oldest first."""
    return pd.factorize(pd.Series([c.first.toordinal() for c in cohorts], dtype=int), sort=True)[0]


def _same(values: pd.Series, wanted) -> pd.Series:
    return values.isna() if pd.isna(wanted) else values == wanted


def _instant(stamp) -> dt.datetime:
    stamp = pd.Timestamp(stamp)
    return (stamp.tz_localize("UTC") if stamp.tz is None else stamp.tz_convert("UTC")).to_pydatetime()
