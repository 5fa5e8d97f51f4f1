"""Do the items of a dimension measure one thing, and what is left of that in a gap?  Alpha, omega, differences.

A gap is a difference of two scores.  Where these go together, most of what is sure in them cancels out: a reliable
scale may have unreliable gaps.  What is said of means still holds (errors cancel out over customers); what is said of
single customers, or by correlating gaps with anything, does not.
Source: Cronbach, Psychometrika 16, 1951; McDonald, Test Theory, 1999; reliability of a difference: Lord, 1963, and for
consumer research Peter, Churchill, Brown, J. Consumer Research 19, 1993.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cx_helpers import factors

ENOUGH = 30  # customers who answered all items
COLUMNS = ["n", "items", "alpha", "low", "high", "omega", "alpha_expected", "difference"]


def reliability(forms: dict) -> pd.DataFrame:
    """How reliable is each dimension?

    forms  {dimension: measures.items.form(forms.wide(…))}: covariances of p_ITEM (perceived) and e_ITEM (expected)
    Returns, index `dimension`: n (customers who answered all its items), items, alpha of what is perceived with Feldt's
    low and high, omega (one factor), alpha_expected, difference (reliability of perceived minus expected).  Alpha needs
    two items, omega three (with two, one factor cannot be told), and all of them 30 customers: else null.
    """
    rows = {name: _row(form) for name, form in forms.items()}
    return pd.DataFrame.from_dict(rows, "index", columns=COLUMNS).rename_axis("dimension")


def _row(form) -> dict:
    p, e = ([i for i, name in enumerate(form.names) if name.startswith(side)] for side in ("p_", "e_"))
    row = dict.fromkeys(COLUMNS, np.nan) | {"n": form.n, "items": len(p)}
    if form.n < ENOUGH or len(p) < 2:
        return row
    c = np.asarray(form.covariance)
    own = c[np.ix_(p, p)]
    row["alpha"], row["low"], row["high"] = factors.alpha(own, form.n)
    row["omega"] = factors.omega(own)
    if len(e) > 1:
        row["alpha_expected"] = factors.alpha(c[np.ix_(e, e)], form.n)[0]
        row["difference"] = difference(c, p, e)
    return row


def difference(covariance, p: list[int], e: list[int]) -> float:
    """Reliability of the sum of items `p` minus the sum of items `e`: 1 minus the error's share of its variance.

    By alpha of either side: (v_p a_p + v_e a_e - 2 c_pe) / (v_p + v_e - 2 c_pe).  Null where the difference does not
    vary; below 0 is possible and says that nothing can be told apart by it.
    """
    c = np.asarray(covariance, float)
    sides = [c[np.ix_(side, side)] for side in (p, e)]
    var, a = [s.sum() for s in sides], [factors.alpha(s, 3)[0] for s in sides]
    common = 2 * c[np.ix_(p, e)].sum()
    spread = sum(var) - common
    return float((var[0] * a[0] + var[1] * a[1] - common) / spread) if spread > 1e-12 else np.nan
