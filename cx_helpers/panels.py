"""What goes with an outcome among customers who are seen again and again?  Least squares from sums the engine makes.

Two queries a model, whatever the size of the table: cross products of the columns, and of what each customer's rows add
up to with their residuals.  What comes back is columns x columns.  Errors are robust to a customer's rows going
together and to unequal scatter.  Nothing here is called a cause.
"""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir
import numpy as np
from ibis import _

from cx_helpers.regression import Fit

_FLAT = 1e-9  # of a column's size: what is left of it once the others are taken out, for it to be told apart


def linear(
    table: ir.Table, outcome: str, columns: Sequence[str], who: str = "customer_id", within: Sequence[str] = ()
) -> Fit:
    """Least squares of `outcome` on `columns`, errors clustered by customer.

    within  columns whose groups (months) each have a level of their own, taken out beforehand; none: an intercept,
            which is then the first of `coef`
    Rows that lack any of the columns are left out.  A column that does not vary, or that those before it give exactly,
    gets nulls.  `n` rows; `df` customers - 1; converged False where there are fewer than two customers.
    Source: Liang, Zeger, Biometrika 73, 1986; within groups: Cameron, Miller, J. Human Resources 50, 2015.
    """
    rows = _centred(table, outcome, list(columns), who, list(within))
    names = [f"x{i}" for i in range(len(columns) + (not within))]
    pairs = [(a, b) for i, a in enumerate(["y", *names]) for b in ["y", *names][i:]]
    sums = {f"{a}_{b}": (rows[a] * rows[b]).sum() for a, b in pairs}
    groups = {"groups": rows["g"].nunique()} if within else {}
    seen = rows.aggregate(n=rows.count(), customers=rows.who.nunique(), **groups, **sums).execute().iloc[0]
    n, customers, k = int(seen["n"]), int(seen["customers"]), len(names)
    nothing = Fit(np.full(k, np.nan), np.full((k, k), np.nan), n, df=max(customers - 1.0, 0.0), converged=False)
    if customers < 2:
        return nothing
    whole = np.array([[seen[f"{a}_{b}" if (a, b) in pairs else f"{b}_{a}"] for b in ("y", *names)]
                      for a in ("y", *names)], float)  # fmt: skip
    kept = _apart(whole[1:, 1:])
    lost = len(kept) + (int(seen["groups"]) if within else 0)
    if not kept or n <= lost:
        return nothing
    bread = np.linalg.inv(whole[1:, 1:][np.ix_(kept, kept)])
    slopes = bread @ whole[1:, 0][kept]
    used = [names[i] for i in kept]
    meat = _meat(rows, used, slopes)
    cov = bread @ meat @ bread * customers / (customers - 1) * (n - 1) / (n - lost)
    coef, full = nothing.coef.copy(), nothing.cov.copy()
    coef[kept], full[np.ix_(kept, kept)] = slopes, cov
    left = float(whole[0, 0] - slopes @ whole[1:, 0][kept])
    r2 = 1 - left / whole[0, 0] if within and whole[0, 0] > 0 else np.nan
    return Fit(coef, full, n, df=customers - 1.0, r2=r2, residual_sd=float(np.sqrt(max(left, 0) / (n - lost))))


def _centred(table: ir.Table, outcome: str, columns: list[str], who: str, within: list[str]) -> ir.Table:
    """The complete rows: y, x0, x1, …, who; less the mean of their group, or with an intercept before them."""
    given = {"y": table[outcome].cast("float64")}
    given |= {f"x{i + (not within)}": table[c].cast("float64") for i, c in enumerate(columns)}
    key = {"g": ibis.literal("/").join([table[c].cast("string").fill_null("") for c in within])} if within else {}
    rows = table.select(who=table[who].cast("string"), **given, **key)
    rows = rows.filter(*[rows[c].notnull() for c in ("who", *given)])
    if not within:
        return rows.mutate(x0=ibis.literal(1.0))
    group = ibis.window(group_by="g")
    return rows.mutate(**{c: rows[c] - rows[c].mean().over(group) for c in given})


def _apart(products: np.ndarray) -> list[int]:
    """The columns that those before them do not give exactly: Cholesky, passing over what leaves nothing."""
    kept: list[int] = []
    for i in range(len(products)):
        left = products[i, i]
        if kept:
            mine = products[kept, i]
            left = left - mine @ np.linalg.solve(products[np.ix_(kept, kept)], mine)
        if left > _FLAT * max(products[i, i], _FLAT):
            kept.append(i)
    return kept


def _meat(rows: ir.Table, used: list[str], slopes: np.ndarray) -> np.ndarray:
    """Sum over customers of the outer product of what their rows, each times its residual, add up to."""
    left = rows.y - sum((rows[c] * float(b) for c, b in zip(used, slopes, strict=True)), ibis.literal(0.0))
    scores = rows.select("who", **{c: rows[c] * left for c in used})
    each = scores.group_by("who").aggregate(**{c: _[c].sum() for c in used})
    pairs = [(a, b) for i, a in enumerate(used) for b in used[i:]]
    found = each.aggregate(**{f"{a}_{b}": (each[a] * each[b]).sum() for a, b in pairs}).execute().iloc[0]
    return np.array([[found[f"{a}_{b}" if (a, b) in pairs else f"{b}_{a}"] for b in used] for a in used], float)
