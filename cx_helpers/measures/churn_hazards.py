"""What goes with contracts ending sooner, all else equal?  Hazard ratios; risk sets are folded in the engine."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from cx_helpers import certainty, disclosure, hazards
from cx_helpers.folding import given_by_others
from cx_helpers.tables import need

FEWEST_ENDS = 10  # ends in a group, below which its hazard is not weighed
TIMES, BINS = 300, 40  # so many different durations and values of a number are kept apart


def ratios(spanned: ir.Table, columns: list[str], smallest: int = 1, bins: int = BINS, times: int = TIMES):
    """How many times faster do contracts of one group end than those of the commonest, all else equal?

    spanned  of `churn.spans`
    columns  texts: each group against the commonest;  numbers: per standard deviation, cut into `bins` of equal width
             each of which stands at its mean, as durations are cut into `times`, so that a million contracts fold into
             few rows
    Returns, index (column, group): n (contracts of the group), customers, against (the commonest group), `ratio` with
    low and high (95 %), p_value, p_adjusted (Holm), uneven_p (Holm: does the ratio change with age? then it is an
    average over ages).  Groups with fewer than 10 ends, or customers than may be shown, take no part; columns that
    others give exactly are left out.  Without a finite answer the values are null.
    Errors hold where customers have several contracts, which are not independent of each other (cluster sandwich).
    """
    need(spanned, "customer_id", *columns)
    rows, meaning, several = _fold(spanned, columns, bins, times)
    names, design = [], []
    keep = np.ones(len(rows), bool)
    for column, number in meaning.items():
        if number:
            keep &= rows[column].notna().to_numpy()
            continue
        facts = rows.groupby(column)[["n", "ends"]].sum()
        weak = (facts["ends"] < FEWEST_ENDS) | disclosure.few(facts["n"], smallest) | (facts["n"] < smallest)
        weak |= disclosure.held(facts.index, smallest)
        keep &= rows[column].isin(facts.index[~weak]).to_numpy()
    rows, several = rows[keep], several[np.isin(several["row"], np.flatnonzero(keep))]
    weight = rows["n"].to_numpy(float)
    for column, number in meaning.items():
        if number:
            x = rows[column].to_numpy(float)
            spread = np.sqrt(weight @ (x - weight @ x / weight.sum()) ** 2 / weight.sum()) if len(x) else 0
            names.append((column, "", "", int(weight.sum())))
            design.append(x / spread if spread > 0 else x * 0)
            continue
        sizes = rows.groupby(column)["n"].sum().sort_values(ascending=False, kind="stable")
        for group in sizes.index[1:]:
            names.append((column, group, sizes.index[0], int(sizes[group])))
            design.append((rows[column] == group).to_numpy(float))
    x = np.column_stack(design) if design else np.zeros((len(rows), 0))
    lost = given_by_others(x, weight) if len(rows) else list(range(len(names)))
    names = [name for i, name in enumerate(names) if i not in lost]
    x = np.delete(x, lost, axis=1)
    fit = hazards.cox(x, rows["days"], rows["ended"], weight, rows["entry"])
    if len(several) and fit.converged:
        place, who = np.searchsorted(rows.index, several["row"]), pd.factorize(several["who"])[0]
        fit = hazards.robust(fit, weight - np.bincount(place, minlength=len(rows)), place, who)
    index = pd.MultiIndex.from_tuples([name[:2] for name in names], names=["column", "group"]) if names else None
    out = pd.DataFrame({"n": [n for *_, n in names], "against": [name[2] for name in names]}, index=index)
    out[["ratio", "low", "high", "p_value", "uneven_p"]] = fit.table(range(len(names)))[
        ["ratio", "low", "high", "p_value", "uneven_p"]
    ].to_numpy()
    out["p_adjusted"] = certainty.adjust(out["p_value"], "holm")
    out["uneven_p"] = certainty.adjust(out["uneven_p"], "holm")
    return out


def _fold(spanned: ir.Table, columns: list[str], bins: int, times: int):
    """Equal contracts as one row each (columns, days, ended, entry, n, ends), which columns are numbers, and the
    contracts of customers who have several: the `row` each equals, and `who`."""
    numbers = {column: bool(spanned[column].type().is_numeric()) for column in columns}
    ends = {f"{end}{i}": getattr(spanned[c], end)() for i, c in enumerate(columns) if numbers[c] for end in _ENDS}
    seen = spanned.aggregate(longest=spanned.days.max(), **ends).execute().iloc[0]
    longest = 0 if pd.isna(seen["longest"]) else int(seen["longest"])
    width = max(1, -(-(longest + 1) // times))
    cells, means = {}, {}
    for i, column in enumerate(columns):
        if not numbers[column]:
            cells[f"_c{i}"] = spanned[column].cast("string")
            continue
        low, high = float(seen[f"min{i}"]), float(seen[f"max{i}"])
        step = (high - low) / bins if high > low else 1.0
        value = spanned[column].cast("float64")
        cells[f"_c{i}"] = ibis.least(((value - low) / step).floor(), bins - 1).cast("int64")
        cells[f"_v{i}"] = value
        means[f"_m{i}"] = (f"_c{i}", f"_v{i}")
    cut = spanned.select(
        days=(_.days / width).floor().cast("int64"),
        entry=((_.entry >= 0).ifelse((_.entry / width).floor(), -1)).cast("int64"),
        ended=_.ended,
        who=_.customer_id.cast("string"),
        **cells,
    )
    keys = [name for name in cells if name.startswith("_c")]
    sums = {name: cut[value].sum() for name, (_key, value) in means.items()}
    found = cut.group_by([*keys, "days", "entry", "ended"]).aggregate(n=_.count(), **sums).execute()
    found = found.sort_values([*keys, "days", "entry", "ended"], ignore_index=True).astype({"ended": bool, "n": float})
    several = _several(cut, found, [*keys, "days", "entry", "ended"])
    for name, (key, _value) in means.items():
        both = found.groupby(key)[[name, "n"]].transform("sum")
        found[key] = both[name] / both["n"]
    found = found.rename(columns={f"_c{i}": column for i, column in enumerate(columns)})
    found["days"] = found["days"] + (width > 1)  # who comes in within the first stretch is at risk at its end
    return found.assign(ends=found["n"] * found["ended"]), numbers, several


def _several(cut: ir.Table, found: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """The contracts of customers with more than one: `row` of `found` that each equals, and `who`.  Only these come
    back one by one."""
    mine = cut.filter(cut.who.notnull()).group_by("who").mutate(of=lambda t: t.count()).filter(_.of > 1)
    each = mine.select(*keys, "who").execute().astype({"ended": bool})
    rows = found[keys].assign(row=np.arange(len(found)))
    return each.merge(rows, on=keys).sort_values(["who", "row"], ignore_index=True)[["row", "who"]]


_ENDS = ("min", "max")
