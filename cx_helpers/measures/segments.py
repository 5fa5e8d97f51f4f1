"""Into which segments do customers fall, what is each worth, and who moves from one to another?

Clusters are of what customers do, bring and feel (measures.traits); they are only told where partition proves them, and
"no clusters" is an answer.  The choice is made on a sample, every customer is placed by the engine.
"""

from __future__ import annotations

from typing import NamedTuple

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from cx_helpers import certainty, disclosure, partition
from cx_helpers.tables import need

LARGE = 4 / 3  # a segment that brings a third more than the others, or as much less, is worth a loud word


class Segmentation(NamedTuple):
    """How customers are placed: `standards` of the traits, `partition` of the standardised ones."""

    standards: pd.DataFrame
    partition: partition.Partition
    sampled: int

    @property
    def names(self) -> list[str]:
        """A, B, …: the largest cluster first; empty where there are none."""
        return [chr(ord("A") + j) for j in range(self.partition.k)]


def choose(rows: np.ndarray, standards: pd.DataFrame, most: int = 6) -> Segmentation:
    """Into how many clusters do customers fall, if into any?

    rows, standards  of traits.sample and traits.standard;  most  clusters at most
    """
    return Segmentation(standards, partition.partition(rows, most), len(rows))


def assign(scaled: ir.Table, made: Segmentation) -> ir.Table:
    """Each customer's `cluster` (A, B, …; null where there are none), in the engine.

    scaled  one row a customer with every trait of `made.standards` (traits.scales)
    """
    if not made.partition.k:
        return scaled.mutate(cluster=ibis.null("string"))
    used = made.standards.index[made.standards["sd"].notna()]
    z = [
        ((scaled[f"z_{name}"] - made.standards.loc[name, "mean"]) / made.standards.loc[name, "sd"]).fill_null(0.0)
        for name in used
    ]
    part, far = made.partition, {}
    for j, name in enumerate(made.names):
        far[f"_far_{name}"] = sum(
            (
                float(w) * (x - float(c)) * (x - float(c))
                for x, c, w in zip(z, part.centres[j], part.weights[j], strict=True)
            ),
            ibis.literal(float(part.offsets[j])),
        )
    placed = scaled.mutate(**far)
    least = ibis.least(*(placed[c] for c in far))
    first = ibis.cases(*((placed[f"_far_{name}"] <= least, name) for name in made.names))
    return placed.mutate(cluster=first).drop(*far)


def add(table: ir.Table, placed: ir.Table, *columns: str) -> ir.Table:
    """A table with its customers' segment, to split any answer by: `add(tables.responses, placed, "rfm")`.

    placed  one row a customer, of `assign` or rfm.fifths.  Rows of nobody in `placed` get null
    """
    need(placed, *columns)
    mine = placed.select(*columns, _whose=placed.customer_id)
    own = table.drop(*(c for c in columns if c in table.columns))
    return own.left_join(mine, own.customer_id == mine._whose).drop("_whose")


def described(placed: ir.Table, by: str, traits: list[str], smallest: int = 1) -> pd.DataFrame:
    """How large is each segment, and in what does it differ from all customers?

    placed  one row a customer with the column `by` and the traits
    Returns, index `by`: n, customers, `share` of all with Wilson's low and high, value (sum), value_share, each (mean
    value), and of every trait its mean, and as z_trait how many standard deviations of all customers that lies off.
    """
    known = placed.filter(placed[by].notnull())
    asked = {"n": known.count()} | ({"value": known.value.sum()} if "value" in known.columns else {})
    asked |= {name: known[name].cast("float64").mean() for name in traits}
    found = known.group_by(by).aggregate(**asked).execute().set_index(by).sort_index()
    whole = known.aggregate(
        **{f"{name}_{how}": getattr(known[name].cast("float64"), how)() for name in traits for how in ("mean", "std")}
    )
    whole, n = whole.execute().iloc[0].astype(float), found["n"].astype(float)
    out = pd.DataFrame({"n": n.astype(int), "customers": n.astype(int), "share": n / n.sum()}, index=found.index)
    out["low"], out["high"] = certainty.wilson(n, n.sum())
    if "value" in found:
        out["value"] = found["value"].astype(float)
        out["value_share"] = out["value"] / out["value"].sum() if out["value"].sum() > 0 else np.nan
        out["each"] = out["value"] / n
    for name in traits:
        sd = whole[f"{name}_std"]
        out[name] = found[name].astype(float)
        out[f"z_{name}"] = (out[name] - whole[f"{name}_mean"]) / sd if sd > 0 else np.nan
    return certainty.hide_small(out, smallest)


def worth(traits: ir.Table, columns: list[str], smallest: int = 1) -> pd.DataFrame:
    """Which of the company's own groups brings more, or less, of each customer than all others do?

    traits   one row a customer with `value` and the columns (of customers);  smallest  smaller groups are not compared
    Returns, index (column, group): n, customers, `spent_each` (mean value) with its Student interval, se, rest (mean of
    all others), ratio, p_value, p_adjusted (Holm over all groups of all columns), large (LARGE times more, or less).
    """
    need(traits, "value", *columns)
    frames = []
    for column in columns:
        sums = certainty.sums(traits, traits.value, [column])
        found = certainty.average(sums, "spent_each", (0, None))
        whole = sums.sum()
        rest = sums.rsub(whole, axis=1)
        other = certainty.average(rest.clip(lower=0), "spent_each")
        found["rest"], found["ratio"] = other["spent_each"], found["spent_each"] / other["spent_each"]
        found["p_value"] = certainty.difference(found["spent_each"] - other["spent_each"], found, other)
        found = certainty.hide_small(found, smallest)
        found.index = pd.MultiIndex.from_product([[column], found.index], names=["column", "group"])
        frames.append(found)
    if not frames:
        return pd.DataFrame(columns=["n", "spent_each", "low", "high", "rest", "ratio", "p_adjusted", "large"])
    out = pd.concat(frames)
    out = out[out.index.get_level_values("group").notna() & out["p_value"].notna()]
    out["p_adjusted"] = certainty.adjust(out["p_value"], "holm")
    return out.assign(large=(out["ratio"] >= LARGE) | (out["ratio"] <= 1 / LARGE))


def spent(traits: ir.Table, smallest: int = 1) -> pd.DataFrame:
    """What has a customer brought so far, on average?  One row `all`: n, customers, `spent_each`, low, high, se."""
    need(traits, "value")
    found = certainty.average(certainty.sums(traits, traits.value), "spent_each", (0, None))
    return certainty.hide_small(found, smallest)


def moved(before: ir.Table, now: ir.Table, by: str, smallest: int = 1, names=()) -> pd.DataFrame:
    """Who moved from which segment to which?

    before, now  one row a customer with the column `by`, as the period began and as it ended; only who is in both
    names        of the segments, in their order; empty: those that there are
    Returns, index (before, now): n and `share` (0..1 of the row) with Wilson's low and high.  Cells of too few
    customers lose their numbers and say why in `hidden`; where there are such, all counts are rounded to the smallest
    group, lest a small one be what is left of a row: to hide a large one beside each would tear the picture.
    """
    pairs = before.select("customer_id", before=before[by]).join(now.select("customer_id", now=now[by]), "customer_id")
    pairs = pairs.filter(pairs.before.notnull(), pairs.now.notnull())
    found = pairs.group_by(["before", "now"]).aggregate(n=pairs.count()).execute()
    names = list(names) or sorted({*found["before"], *found["now"]})
    grid = pd.MultiIndex.from_product([names, names], names=["before", "now"])
    out = found.set_index(["before", "now"])[["n"]].reindex(grid).fillna(0).astype(int)
    rare = disclosure.few(out["n"], smallest)
    out = disclosure.rounded(out, ["n"], smallest) if rare.any() else out
    n, whole = out["n"], out["n"].groupby(level="before").transform("sum")
    out["share"] = (n / whole).where((whole > 0) & (whole >= smallest))
    low, high = certainty.wilson(n, whole)
    out["low"], out["high"] = (pd.Series(end, n.index).where(out["share"].notna()) for end in (low, high))
    return out.mask(pd.Series(rare, out.index)).assign(hidden=np.where(rare, disclosure.SMALL, None))
