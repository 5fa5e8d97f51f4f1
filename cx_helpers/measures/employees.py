"""Are the employees of a unit as content as its customers?  eNPS beside NPS, unit by unit.

Employees answer `enps`, customers `nps`; both must say the unit in one column (unit, branch, channel …).  Employees are
few and known to each other: fewer than a group may be are not shown, as of customers.  Units are compared as wholes, so
what goes together here need not in persons (the ecological fallacy: Robinson, Am. Sociological Review 15, 1950).
"""

from __future__ import annotations

import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from cx_helpers import certainty
from cx_helpers.tables import can_split, need

UNITS = 8  # units that show both, below which a correlation is not told: it would be of chance
FIRST = ("unit", "branch", "team", "store", "channel")  # what is taken first, where several columns are shared
_NEVER = {"comment", "instrument", "source", "language"}


def common(responses: ir.Table) -> list[str]:
    """The columns of answers in which employees' and customers' answers say the same at least two values."""
    need(responses, "instrument", "score")
    kinds = responses.schema()
    texts = [c for c in responses.columns if kinds[c].is_string() and c not in _NEVER and not c.endswith("_id")]
    texts = [c for c in texts if can_split(c)]
    rows, found = responses.filter(_.score.notnull()), []
    for column in texts:
        own, theirs = (rows.filter(rows.instrument == i, rows[column].notnull()) for i in ("enps", "nps"))
        both = own.select(v=own[column]).distinct().intersect(theirs.select(v=theirs[column]).distinct())
        if 2 <= both.count().execute() <= 40:
            found.append(column)
    return sorted(found, key=lambda c: (FIRST.index(c) if c in FIRST else len(FIRST), c))


def beside(enps: pd.DataFrame, nps: pd.DataFrame) -> pd.DataFrame:
    """Both answers of each unit: index the units that have employees' answers, lowest eNPS first.

    enps, nps  of `survey.nps`, by the same column
    Returns n and customers (employees), enps, low, high, se, `hidden` where it is there, and of its customers nps_n,
    nps, nps_low, nps_high (null where they have too few answers).
    """
    names = {"n": "nps_n", "nps": "nps", "low": "nps_low", "high": "nps_high"}
    theirs = nps[list(names)].rename(columns=names).reindex(enps.index)
    kept = [c for c in ("n", "customers", "enps", "low", "high", "se", "hidden") if c in enps]
    return enps[kept].join(theirs).sort_values("enps", kind="stable")


def agreement(both: pd.DataFrame) -> pd.DataFrame:
    """Do units with happier employees have happier customers?  One row `all`: n units that show both, correlation
    (Spearman, -1..1) with low and high (Bonett, Wright, Psychometrika 65, 2000), p_value; null below UNITS units."""
    shown = both[["enps", "nps"]].dropna()
    n, row = len(shown), dict.fromkeys(("correlation", "low", "high", "p_value"), np.nan)
    ranks = shown.rank()
    if n >= UNITS and (ranks.nunique() > 1).all():
        r = float(ranks["enps"].corr(ranks["nps"]))
        half = certainty.Z95 * np.sqrt((1 + r**2 / 2) / (n - 3))
        z = np.arctanh(np.clip(r, -0.999999, 0.999999))
        t = r * np.sqrt((n - 2) / max(1 - r**2, 1e-12))
        row = {"correlation": r, "low": np.tanh(z - half), "high": np.tanh(z + half)}
        row["p_value"] = float(certainty.two_sided_t(t, n - 2))
    return pd.DataFrame({"n": n} | row, index=["all"])
