"""Which questions of a form ask about the same thing, and do they measure it reliably?

Items are the columns attr_* of answers, or the instruments of one family (servqual.tangibles, servqual.empathy, …).
The engine sums up who answered all of them; what comes back is one covariance matrix, whatever the number of answers.
"""

from __future__ import annotations

from typing import NamedTuple

import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from cx_helpers import factors
from cx_helpers.tables import MissingTable, need
from cx_helpers.wording import say

ENOUGH = 5  # answers for each item at the least, and 100 in all (Gorsuch 1983)
TELLING = 0.4  # a loading from which on an item is counted to a factor
KMO = 0.5  # below, the items share too little to be factored (Kaiser 1974: "unacceptable")


class Form(NamedTuple):
    """n answers to all items, their names, covariance and correlation."""

    n: int
    names: list[str]
    covariance: np.ndarray
    correlation: np.ndarray


NONE = Form(0, [], np.empty((0, 0)), np.empty((0, 0)))


def there(responses: ir.Table, family: str = "servqual") -> bool:
    """Are there three items at least?"""
    return len(_own(responses)) >= 3 or len(_asked(responses, family)) >= 3


def _own(responses: ir.Table) -> list[str]:
    return sorted(c for c in responses.columns if c.startswith("attr_"))


def _asked(responses: ir.Table, family: str) -> list[str]:
    need(responses, "customer_id", "responded_at", "instrument", "score")
    asked = responses.filter(responses.instrument.startswith(f"{family}."))
    names = asked.select("instrument").distinct().execute()["instrument"]
    # what was expected of a thing, and how much it matters, are no further opinions of how it is
    return sorted(name for name in names if not name.endswith((".expected", ".importance")))


def wide(responses: ir.Table, family: str = "servqual") -> ir.Table:
    """One row an answer, one column an item.

    responses  with columns attr_*, or (where there are none) instruments `family`.NAME, side by side by customer
               and instant.  Raises MissingTable where there are fewer than three items
    """
    own = _own(responses)
    if len(own) >= 3:
        return responses.select(*own)
    names = _asked(responses, family)
    if len(names) < 3:
        raise MissingTable(
            say(
                fa="برای تحلیل عاملی دست‌کم سه پرسش لازم است: ستون‌های attr_ در پاسخ‌ها، یا پرسش‌هایی مانند "
                "servqual.empathy",
                en="a factor analysis needs three items at least: columns attr_… of responses, or instruments such as "
                "servqual.empathy",
            )
        )
    each = {name.removeprefix(f"{family}."): _.score.mean(where=_.instrument == name) for name in names}
    asked = responses.filter(responses.instrument.isin(names))
    return asked.group_by("customer_id", "responded_at").aggregate(**each).drop("customer_id", "responded_at")


def form(answers: ir.Table) -> Form:
    """The covariance of the items, of the answers that leave none of them out (listwise).

    answers  of `wide`.  Items that all answer alike are left out
    """
    names = answers.columns
    x = {name: answers[name].cast("float64") for name in names}
    full = answers.filter(*(answers[name].notnull() for name in names)).select(**x)
    middle = full.aggregate(n=full.count(), **{f"m{i}": full[c].mean() for i, c in enumerate(names)}).execute().iloc[0]
    n = int(middle["n"])
    if n < 2:
        return NONE._replace(n=n)
    off = {c: full[c] - float(middle[f"m{i}"]) for i, c in enumerate(names)}  # about the mean: no digits are lost
    pairs = [(i, j) for i in range(len(names)) for j in range(i, len(names))]
    found = full.aggregate(**{f"p{i}_{j}": (off[names[i]] * off[names[j]]).sum() for i, j in pairs}).execute().iloc[0]
    c = np.zeros((len(names), len(names)))
    for i, j in pairs:
        c[i, j] = c[j, i] = found[f"p{i}_{j}"] / (n - 1)
    kept = np.flatnonzero(np.diag(c) > 1e-12)
    c = c[np.ix_(kept, kept)]
    sd = np.sqrt(np.diag(c))
    return Form(n, [names[i] for i in kept], c, c / np.outer(sd, sd))


def suitability(made: Form) -> pd.DataFrame:
    """Can the items be factored?  One row `all`: n, items, kmo (0..1), chi2, df, p_value (Bartlett), fits (are there
    enough answers, a KMO of KMO, and correlations other than 0?)."""
    p = len(made.names)
    if p < 3 or made.n <= p:
        empty = dict.fromkeys(("kmo", "chi2", "p_value"), np.nan)
        return pd.DataFrame({"n": made.n, "items": p, **empty, "df": p * (p - 1) // 2, "fits": False}, index=["all"])
    found = factors.suitability(made.correlation, made.n)
    fits = made.n >= max(100, ENOUGH * p) and found.kmo >= KMO and found.p_value < 0.05
    row = {"n": made.n, "items": p, "kmo": found.kmo, "chi2": found.chi2, "df": found.df, "p_value": found.p_value}
    return pd.DataFrame(row | {"fits": bool(fits)}, index=["all"])


def loadings(made: Form, k: int = 0) -> pd.DataFrame:
    """What does each item say?  Index `item`: n, kmo, factor_1 … factor_k (-1..1), shared (communality, 0..1) and
    `factor` (the one it says most, null below TELLING), by factor and loading.

    k  factors; 0: as many as a parallel analysis finds.  Empty where the items do not fit (`suitability`)
    """
    if not suitability(made)["fits"].iloc[0]:
        return pd.DataFrame(columns=["n", "kmo", "shared", "factor"], index=pd.Index([], name="item"))
    k = k or max(1, factors.count(made.correlation, made.n))
    found = factors.loadings(made.correlation, k)
    out = pd.DataFrame(found, pd.Index(made.names, name="item"), [f"factor_{j + 1}" for j in range(k)])
    most = np.abs(found).argmax(axis=1)
    strength = np.abs(found)[np.arange(len(found)), most]
    out.insert(0, "kmo", factors.suitability(made.correlation, made.n).each)
    out.insert(0, "n", made.n)
    out["shared"] = (found**2).sum(axis=1)
    out["factor"] = np.where(strength >= TELLING, most + 1, np.nan)
    return out.iloc[np.lexsort((-strength, most))]


def reliability(made: Form, loaded: pd.DataFrame) -> pd.DataFrame:
    """How reliably do the items of each factor measure it?  Index `factor`: n, items, alpha (Cronbach) with Feldt's low
    and high, names.  Items that say the opposite are turned; a factor of one item has no alpha."""
    rows = {}
    for factor, part in loaded.dropna(subset=["factor"]).groupby("factor"):
        places = [made.names.index(item) for item in part.index]
        turned = np.sign(part[f"factor_{int(factor)}"].to_numpy())
        c = made.covariance[np.ix_(places, places)] * np.outer(turned, turned)
        value, low, high = factors.alpha(c, made.n)
        rows[int(factor)] = {"n": made.n, "items": len(part), "alpha": value, "low": low, "high": high,
                             "names": list(part.index)}  # fmt: skip
    columns = ["n", "items", "alpha", "low", "high", "names"]
    return pd.DataFrame.from_dict(rows, "index", columns=columns).rename_axis("factor")
