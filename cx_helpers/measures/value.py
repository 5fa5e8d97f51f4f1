"""How much is a customer worth, in what is still to come, and over a lifetime?  Whose customers are worth more?

Every function takes what `valuation.model` gives: folded histories with the models that were fitted to them.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from cx_helpers import certainty, contrasts, disclosure, histories, purchasing
from cx_helpers.dates import Period, day_number, numbered_day
from cx_helpers.likelihood import Fit
from cx_helpers.tables import TABLES
from cx_helpers.valuation import VALUES, YEAR, Model, Terms, influence, slopes_of, worth


def orders(tables, columns: list[str]) -> ir.Table:
    """A report's orders up to its end, with these columns of theirs or of customers.

    tables  of workspace.open.  Of a company that has contracts but no orders: a table without rows, so that what its
    contracts are worth is told all the same.  Raises MissingTable where there is neither
    """
    if tables.has("orders") or not tables.has("contracts"):
        return tables.until.with_column("orders", *columns)
    kinds = {name: column.type for name, column in TABLES["orders"].columns.items() if name in _BOUGHT}
    kinds |= {"ordered_at": "timestamp('UTC')"} | dict.fromkeys(columns, "string")
    return ibis.memtable([], schema=ibis.schema(kinds))


_BOUGHT = ("order_id", "customer_id", "amount", "margin")


def margin(orders: ir.Table, period: Period) -> float:
    """The share of sales that was left in the last year, from orders that say it; null where none does."""
    if "margin" not in orders.columns:
        return float("nan")
    since = day_number(period.past) - 365
    sold = histories.bought(orders).filter(orders.margin.notnull(), orders.ordered_at < period.end)
    sold = sold.filter(sold.ordered_at >= period.on(numbered_day(since)).start)
    row = sold.aggregate(margin=sold.margin.sum(), amount=sold.amount.sum()).execute().astype(float).iloc[0]
    return float(row["margin"] / row["amount"]) if row["amount"] > 0 else float("nan")


def terms(
    orders: ir.Table, period: Period, margin_given: float | None = None, discount: float = 0.2, months: int = 36
) -> Terms:
    """What turns these orders into value: the margin that is given, else that of the orders (else unknown: sales), and
    the share of the money of sales that does not come back (histories.left_out)."""
    rate = margin(orders, period) if margin_given is None else margin_given
    counts = histories.left_out(orders, period)
    back = min(1.0, counts["returned"] / counts["sold"]) if counts["sold"] else 0.0
    return Terms(rate if rate == rate else 1.0, rate == rate, discount, months, 1 - back)


def clv(found: Model, by: str | None = None, smallest: int = 1, what: str = "clv") -> pd.DataFrame:
    """What is a customer worth, on average, and how sure is that?

    by    a column of the rows; None: all together, one row `all`;  smallest  smaller groups lose their values
    what  clv, lifetime (with what was bought until now), purchases (where no money can be said), or alive (0..1)
    Returns per group: n, customers, `clv` of each customer, low, high (95 %), se (of sampling customers alone: for
    comparisons, in which the model's error is common), total (of all its customers), and the other values of `worth`.
    The interval holds both that other customers might have come and that the parameters are estimated from these same
    ones (infinitesimal jackknife of customers: a bootstrap that refits both models, without the refits), on the log
    scale, Student's.  Source: Efron, Jackknife-After-Bootstrap, JRSS B 54, 1992; Wager, Hastie, Efron 2014.
    """
    rows = worth(found)
    place, names = (np.zeros(len(rows), int), None) if by is None else pd.factorize(rows[by], use_na_sentinel=False)
    names = pd.Index([certainty.ALL]) if by is None else pd.Index(names, name=by, dtype=object)
    n = np.bincount(place, rows["n"], len(names))
    columns = {c: _mean(place, rows["n"], rows[c], n) for c in VALUES}
    value = columns[what]
    out = pd.DataFrame({"n": n.astype(int), "customers": n.astype(int), what: value}, index=names)
    apart = (rows[what] - value[place]).to_numpy()
    with np.errstate(invalid="ignore", divide="ignore"):
        out["se"] = np.sqrt(np.bincount(place, rows["n"] * apart**2, len(names)) / (n - 1) / n)
        whole = _error(found, what, place, apart, n)
        half = certainty.t_quantile(n - 1) * whole / value
    high = value * np.exp(half)
    out.insert(3, "low", value * np.exp(-half))
    out.insert(4, "high", np.minimum(high, 1) if what == "alive" else high)
    out["total"] = value * n
    out = out.assign(**{c: x for c, x in columns.items() if c != what})
    order = sorted(range(len(names)), key=lambda i: (pd.isna(names[i]), str(getattr(names[i], "first", names[i]))))
    return certainty.hide_small(out.iloc[order], smallest)


def _mean(place, weight, x, n) -> np.ndarray:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.bincount(place, weight * x, len(n)) / n


def _error(found: Model, what: str, place, apart, n) -> np.ndarray:
    """The standard error of each group's mean: customers, parameters, and how the two go together."""
    if found.buying is None or (what in ("clv", "lifetime") and found.spending is None):
        return np.full(len(n), np.nan)
    weight = found.rows["n"].to_numpy()
    moved, slopes = influence(found), slopes_of(found, what)
    slope = np.stack([_mean(place, weight, column, n) for column in slopes.T], axis=1)
    spread = (moved * weight[:, None]).T @ moved
    own = np.bincount(place, weight * apart**2, len(n)) / n**2
    shared = np.einsum("gi,ij,gj->g", slope, spread, slope)
    mixed = [np.bincount(place, weight * apart * column, len(n)) / n for column in moved.T]
    return np.sqrt(np.maximum(own + shared + 2 * (slope * np.stack(mixed, axis=1)).sum(axis=1), 0))


def gaps(found: Model, by: str, smallest: int = 30, without: tuple = ()) -> pd.DataFrame:
    """Which groups' customers are worth more, or less, over their lifetime than others who came in the same quarters?

    found    with_cohort;  by  a column of its rows;  smallest  smaller groups are left out
    without  groups that are neither compared nor among the others
    Returns per group: n, customers, lifetime, low, high, so_far, clv, `others` (the lifetime value it would have as the
    others of its quarters have it), `change` (its lead), p_value.
    Values are compared within the quarter of the first purchase, so that a channel that is new is not blamed for the
    age of its customers; both the values and their logs must differ, so that one large buyer makes no claim
    (intersection-union), by certainty.difference.
    """
    rows = worth(found)
    value = clv(found, by, smallest, "lifetime")
    if rows["clv"].isna().all():
        return value.assign(others=np.nan, change=np.nan, p_value=np.nan)
    left = rows[by].isin(list(without)).to_numpy()
    level, weight, found_rows = _leads(rows), rows["n"].to_numpy(), {}
    for group in value.index:
        mine = (rows[by].isna() if pd.isna(group) else rows[by] == group).to_numpy()
        parts = (mine, ~mine & ~left)
        sides = {k: [_side(x[part], weight[part]) for part in parts] for k, x in level.items()}
        p = [certainty.difference(a["mean"] - b["mean"], a, b) for a, b in sides.values()]
        change = sides["money"][0]["mean"] - sides["money"][1]["mean"]
        found_rows[group] = {"change": change, "p_value": float(np.max(p))}
    more = pd.DataFrame.from_dict(found_rows, orient="index").reindex(value.index)
    more[value["lifetime"].isna().to_numpy() | [group in without for group in value.index]] = np.nan
    out = value[["n", "customers", "lifetime", "low", "high", "so_far", "clv"]].join(more)
    out.insert(7, "others", out["lifetime"] - out["change"])
    return out.assign(hidden=value["hidden"]) if "hidden" in value else out


def inside(found: Model, looks: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Are the groups that stand out worth more, or less, than others of the same kind, too?

    looks    rows of `gaps` with column, group and p_adjusted;  columns  all that customers are split by
    Returns, index of looks: `inside`, the lead within the values of the other column where it is least
    (contrasts.within, of leads over the quarter), and `mixed` (contrasts.mixed); null and False where p_adjusted is not
    below .05, or no other column splits them.
    """
    rows, out = worth(found), pd.DataFrame({"inside": np.nan, "mixed": False}, index=looks.index)
    sure = looks[looks["p_adjusted"] < 0.05]
    rows["_lead"] = _leads(rows)["money"] if len(sure) else np.nan
    for at, look in sure.iterrows():
        same = set(sure.loc[sure["column"] == look["column"], "group"]) - {look["group"]}
        mine, left = rows[look["column"]] == look["group"], rows[look["column"]].isin(list(same))
        for other in [c for c in columns if c != look["column"]]:
            change, p = contrasts.within(*(_strata(rows[side], other) for side in (mine, ~mine & ~left)))
            if change == change and not np.sign(look["change"]) * (out.loc[at, "inside"] - change) < 0:
                out.loc[at] = [change, contrasts.mixed(look["change"], change, p)]
    return out


def _strata(rows: pd.DataFrame, other: str) -> pd.DataFrame:
    """The mean lead of folded rows by the other column: n, value, se."""
    sides = {
        value: _side(part["_lead"].to_numpy(), part["n"].to_numpy())
        for value, part in rows.groupby(other, dropna=False)
    }
    return pd.DataFrame.from_dict(sides, orient="index", columns=["n", "mean", "se"]).rename(columns={"mean": "value"})


def _leads(rows: pd.DataFrame) -> dict[str, np.ndarray]:
    """How far each row's lifetime value is above the mean of its quarter, in money and in logs."""
    quarter, weight = pd.factorize(rows["cohort"])[0], rows["n"].to_numpy()
    worths, of_quarter = rows["lifetime"].to_numpy(), np.bincount(quarter, weight)
    scales = {"money": worths, "log": np.log(np.maximum(worths, 1e-12))}
    return {k: (x - (np.bincount(quarter, weight * x) / of_quarter)[quarter]) for k, x in scales.items()}


def _side(x: np.ndarray, weight: np.ndarray) -> dict:
    n = weight.sum()
    if n < 2:
        return {"n": n, "customers": n, "mean": np.nan, "se": np.nan}
    mean = (weight * x).sum() / n
    return {"n": n, "customers": n, "mean": mean, "se": np.sqrt((weight * (x - mean) ** 2).sum() / (n - 1) / n)}


def map_of(found: Model, what: str = "alive", most: int = 12) -> pd.DataFrame:
    """How does a customer's value show in how often, and how long ago, she bought?  The model's own map: no customer.

    what  alive (0..1), or purchases: within a year
    Returns rows `x` (repeat purchases: 0, 1, 2, … as these customers have them), columns `months` since the last
    purchase; of a customer as old as three quarters of these are.  Empty where buying was refused.
    """
    if found.buying is None:
        return pd.DataFrame()
    rows = found.rows[found.rows["x"] > 0]
    age = float(histories.quantile(rows["T"], rows["n"], 0.75))
    often = float(histories.quantile(rows["x"], rows["n"], 0.98))
    steps = sorted({int(k) for k in (0, 1, 2, 3, 4, 5, 7, 10, 15, 20, 30, 50) if k <= max(often, 3)})
    months = [m for m in range(most + 1) if m * YEAR / 12 < age]
    x, gap = (np.ravel(g) for g in np.meshgrid(steps, np.array(months) * YEAR / 12, indexing="ij"))
    whole = np.where(x == 0, np.maximum(gap, 1.0), age)  # who bought once is as old as her silence is long
    t_x = np.where(x == 0, 0.0, np.maximum(whole - gap, 1.0))
    ahead = purchasing.purchases(found.buying, x, t_x, whole, YEAR) if what == "purchases" else None
    value = purchasing.alive(found.buying, x, t_x, whole) if ahead is None else ahead
    index, columns = pd.Index(steps, name="x"), pd.Index(months, name="months")
    return pd.DataFrame(value.reshape(len(steps), len(months)), index=index, columns=columns)


def fits(found: Model) -> pd.DataFrame:
    """The models of buying side by side: n, loglik, behind (the likeliest), parameters; index `model`."""
    frames = {name: {"n": int(fit.n), "loglik": fit.loglik if fit.converged else np.nan, "alive": _alive(found, fit)}
              for name, fit in found.tried.items()}  # fmt: skip
    out = pd.DataFrame.from_dict(frames, orient="index", columns=["n", "loglik", "alive"]).rename_axis("model")
    out["behind"] = out["loglik"].max() - out["loglik"]
    return out.sort_values("loglik", ascending=False)


def _alive(found: Model, fit: Fit) -> float:
    rows = found.rows
    each = purchasing.alive(fit, rows["x"], rows["t_x"], rows["T"])
    return float((each * rows["n"]).sum() / rows["n"].sum()) if fit.converged else np.nan


def parameters(found: Model) -> pd.DataFrame:
    """Estimate, se, low, high of every parameter of the fitted models; index (`model`, `parameter`)."""
    parts = {fit.model: fit.table() for fit in (found.buying, found.spending) if fit is not None}
    if not parts:
        return pd.DataFrame(columns=["n", "estimate", "se", "low", "high"])
    return pd.concat(parts, names=["model", "parameter"])


OUTSIZE, FEW, MOST = 0.25, 10, 0.5  # shares of all value to come: of one customer; of so many at most, 1 % at most


def outsize(found: Model) -> pd.DataFrame:
    """Is most of the value to come that of one customer, or of very few?  One row `all`.

    Returns n customers, customers, top (how many: 1 who has a quarter or more of it; else the one in a hundred with
    most, ten at most, who have half of it; 0: neither), `top_share` (their share), rest (what each other customer is
    worth, on average); null where no money can be said.
    """
    rows = worth(found).sort_values("clv", ascending=False, kind="stable")
    n, whole = int(rows["n"].sum()), float((rows["n"] * rows["clv"]).sum())
    out = {"n": n, "customers": n, "top": 0.0, "top_share": np.nan, "rest": np.nan}
    before = rows["n"].cumsum() - rows["n"]
    for top, least in ((1, OUTSIZE), (min(FEW, n // 100), MOST)):
        money = float((rows["clv"] * (top - before).clip(0, rows["n"])).sum())
        if whole > 0 and top and n > top and money >= least * whole:
            out |= {"top": float(top), "top_share": money / whole, "rest": (whole - money) / (n - top)}
            break
    return pd.DataFrame(out, index=[certainty.ALL])


def standing(found: Model, smallest: int = 1) -> pd.DataFrame:
    """What can be said without any model: n customers, again (share who came back) with Wilson's interval, so_far
    (worth of each customer's purchases until now).  One row `all`."""
    rows = worth(found)
    n = float(rows["n"].sum())
    back = float(rows.loc[rows["x"] > 0, "n"].sum())
    low, high = certainty.wilson(back, n)
    share, each = (back / n, (rows["so_far"] * rows["n"]).sum() / n) if n else (np.nan, np.nan)
    columns = {"n": int(n), "customers": int(n), "again": share, "low": float(low), "high": float(high), "so_far": each}
    return certainty.hide_small(pd.DataFrame(columns, index=[certainty.ALL]), disclosure.customers_only(smallest))
