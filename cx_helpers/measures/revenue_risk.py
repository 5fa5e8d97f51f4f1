"""How far may revenue fall short in the next weeks?  Drawn paths of all areas together, value at risk and beyond.

The areas (channels, provinces) are shaken together, as they were: what hits all of them at once is not spread away.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from cx_helpers import certainty, disclosure, losses, series, shocks
from cx_helpers.dates import Period
from cx_helpers.tables import need, people

FEWEST = 40  # weeks of history without which nothing is drawn
COLUMNS = ["n", "expected", "low", "high", "var", "cvar", "last"]


def weekly(
    orders: ir.Table, period: Period, by: str = "", weeks_back: int = 104, most: int = 5, smallest: int = 1
) -> pd.DataFrame:
    """What was sold in each week, by area: index dates.Period (weeks up to the period's end, oldest first).

    by    a column of the orders;  most  areas at most: the largest, each with sales in every week and to enough
          customers; the rest stands in one column `other`
    From the first week on that lies whole within the history.  Without columns where there are not 40 weeks with sales
    in each, or too few customers in all.
    """
    need(orders, "ordered_at", "amount", *([by] if by else []))
    weeks = series.steps(period, period.past, "week", 7 * weeks_back)
    area = orders[by].cast("string").fill_null("") if by else ibis.literal(certainty.ALL)
    rows = orders.mutate(_area=area, _week=series.place(orders.ordered_at, weeks, "week")).filter(_._week.notnull())
    first = orders.aggregate(at=orders.ordered_at.min()).execute().iloc[0, 0]
    whole = rows.aggregate(customers=people(rows)).execute().iloc[0, 0]
    if pd.isna(first) or disclosure.few(whole, smallest):
        return pd.DataFrame(index=pd.Index([], name="week"))
    counts = rows.group_by("_area").aggregate(customers=people(rows)).execute().set_index("_area")["customers"]
    found = rows.group_by(["_area", "_week"]).aggregate(amount=rows.amount.cast("float64").sum()).execute()
    table = found.pivot(index="_week", columns="_area", values="amount").reindex(range(len(weeks))).fillna(0.0)
    first = pd.Timestamp(first).tz_localize("UTC") if pd.Timestamp(first).tz is None else pd.Timestamp(first)
    table = table.set_axis(weeks).rename_axis("week")[[week.start >= first for week in weeks]]
    return _areas(table, counts, most, smallest)


def _areas(table: pd.DataFrame, customers: pd.Series, most: int, smallest: int) -> pd.DataFrame:
    sound = [c for c in table if (table[c] > 0).all() and not disclosure.few(customers[c], smallest)]
    kept = sorted(sound, key=lambda c: (-table[c].sum(), c))[:most]
    rest = table.drop(columns=kept).sum(axis=1)
    table = table[kept]
    if rest.sum() > 0:
        if (rest > 0).all():
            table = table.assign(other=rest)
        elif kept:  # of the smallest area and the rest one
            table = table.assign(**{kept[-1]: table[kept[-1]] + rest}).rename(columns={kept[-1]: "other"})
        else:
            table = rest.to_frame(certainty.ALL)
    enough = len(table) >= FEWEST and len(table.columns) and (table > 0).all().all()
    return table.rename_axis(columns=None) if enough else pd.DataFrame(index=table.index)


def draws(table: pd.DataFrame, horizon: int = 13) -> dict[str, np.ndarray]:
    """{together, apart}: `paths` with and without common shocks; of one area together only; empty without columns."""
    kinds = {"together": True} | ({"apart": False} if len(table.columns) > 1 else {})
    return {name: paths(table, horizon, kind) for name, kind in kinds.items()} if len(table.columns) else {}


def paths(
    table: pd.DataFrame, horizon: int = 13, together: bool = True, times: int = 4000, seed: int = 1
) -> np.ndarray:
    """What the next weeks may bring: draws x weeks x areas, in money.  table  of `weekly`, with columns

    Logs of what was sold, the calendar's effects out, go on from their level by their own surprises (shocks.draw).
    """
    one = series.Series("revenue", "week", True, table.iloc[:, :1].set_axis(["revenue"], axis=1))
    calendar = series.calendar(one, horizon)
    known = None if calendar is None else calendar.to_numpy(float)
    fitted = shocks.fit(np.log(table.to_numpy(float)), known, horizon)
    return np.exp(shocks.draw(fitted, horizon, times, together, seed))


def at_risk(table: pd.DataFrame, drawn: dict[str, np.ndarray]) -> pd.DataFrame:
    """What is expected of all the weeks together, and how far it may fall short.

    drawn  {name: paths}, e.g. together and apart
    Returns, index `shocks`: n (weeks of history), expected (mean), low, high (95 %), var, cvar (95 %: losses.var,
    losses.cvar), last (as many weeks before).
    """
    rows = {}
    for name, one in drawn.items():
        total = one.sum(axis=(1, 2))
        low, high = np.quantile(total, [0.025, 0.975])
        last = float(table.iloc[-one.shape[1] :].to_numpy().sum())
        rows[name] = (len(table), total.mean(), low, high, losses.var(total), losses.cvar(total), last)
    return pd.DataFrame.from_dict(rows, orient="index", columns=COLUMNS).rename_axis("shocks").astype({"n": int})


def shortfall(found: pd.DataFrame, drawn: dict[str, np.ndarray]) -> pd.DataFrame:
    """The value at risk for a card: one row `all`, n weeks, revenue_shortfall, low, high (95 %, of the drawing itself:
    other draws would have given as much); null where nothing was drawn."""
    if found.empty:
        return pd.DataFrame({"n": 0, "revenue_shortfall": np.nan, "low": np.nan, "high": np.nan}, index=[certainty.ALL])
    total = next(iter(drawn.values())).sum(axis=(1, 2))
    some = [losses.var(part) for part in np.array_split(total, 20)]
    half = certainty.t_quantile(19) * np.std(some, ddof=1) / np.sqrt(20)
    value = found["var"].iloc[0]
    row = {"n": found["n"].iloc[0], "revenue_shortfall": value, "low": value - half, "high": value + half}
    return pd.DataFrame(row, index=[certainty.ALL])


def by_area(table: pd.DataFrame, drawn: dict[str, np.ndarray]) -> pd.DataFrame:
    """Whose shortfall is it in the bad cases?  Index `area`: n weeks, expected, low, high (95 %), cvar (its part of the
    whole's; they add up), share (of the whole's; null where that is none).  drawn  of `draws`"""
    if not drawn:
        return pd.DataFrame(columns=["n", "expected", "low", "high", "cvar", "share"], dtype=float).rename_axis("area")
    each = drawn["together"].sum(axis=1)
    low, high = np.quantile(each, [0.025, 0.975], axis=0)
    part = losses.parts(each)
    share = part / part.sum() if part.sum() > 0 else np.nan
    columns = {"n": len(table), "expected": each.mean(axis=0), "low": low, "high": high, "cvar": part, "share": share}
    return pd.DataFrame(columns, index=pd.Index(table.columns, name="area")).sort_values("cvar", ascending=False)


def ahead(table: pd.DataFrame, drawn: dict[str, np.ndarray]) -> pd.DataFrame:
    """All areas together, week by week: index dates.Period, n, revenue (median), low_80, high_80, low, high."""
    if not drawn:
        return pd.DataFrame(columns=["n", "revenue", "low_80", "high_80", "low", "high"], dtype=float)
    one = drawn["together"]
    weeks = series.Series("revenue", "week", True, table).ahead(one.shape[1])
    ends = np.quantile(one.sum(axis=2), [0.5, 0.1, 0.9, 0.025, 0.975], axis=0)
    columns = dict(zip(["revenue", "low_80", "high_80", "low", "high"], ends, strict=True))
    return pd.DataFrame({"n": len(table)} | columns, index=weeks)


def seen(table: pd.DataFrame, weeks: int = 26) -> pd.DataFrame:
    """What was sold in the last weeks, all areas together: index dates.Period, n weeks, revenue."""
    shown = table if len(table.columns) else table.iloc[:0]
    return pd.DataFrame({"n": len(table), "revenue": shown.sum(axis=1)}, index=shown.index).tail(weeks)


def hills(drawn: dict[str, np.ndarray], points: int = 121) -> pd.DataFrame:
    """How likely is each sum of the weeks?  Index (shocks, point): revenue, density."""
    parts = {}
    if not drawn:
        return pd.DataFrame(columns=["revenue", "density"], dtype=float)
    for name, one in drawn.items():
        at, height = certainty.hill(one.sum(axis=(1, 2)), points)
        parts[name] = pd.DataFrame({"revenue": at, "density": height}, index=pd.RangeIndex(points, name="point"))
    out = pd.concat(parts, names=["shocks"])
    return out.assign(density=out["density"] / out["density"].max())


def trial(table: pd.DataFrame, horizon: int = 13, every: int = 4, times: int = 400) -> pd.DataFrame:
    """Would it have held?  At past weeks, with nothing known of what came after: did revenue pass below its limit then?

    Returns one row `all`: n (past weeks asked; they overlap), under (share in which the sum of the next weeks fell
    below the 5 % quantile told then; 0.05 is right), low, high (Wilson of as many as do not overlap), inside (share
    within the 95 % interval).  Null with fewer than 3 to ask.
    """
    origins = range(FEWEST, len(table) - horizon + 1, every) if len(table.columns) else ()
    told = []
    for t in origins:
        total = paths(table.iloc[:t], horizon, times=times).sum(axis=(1, 2))
        actual = table.iloc[t : t + horizon].to_numpy().sum()
        floor, low, high = np.quantile(total, [1 - losses.LEVEL, 0.025, 0.975])
        told.append((actual < floor, low <= actual <= high))
    n = len(told)
    under, inside = np.mean(told, axis=0) if n >= 3 else (np.nan, np.nan)
    apart = max(1.0, n * every / horizon)
    low, high = certainty.wilson(under * apart, apart)  # null where nothing was asked
    row = {"n": n, "under": under, "low": float(low), "high": float(high), "inside": inside}
    return pd.DataFrame(row, index=[certainty.ALL])
