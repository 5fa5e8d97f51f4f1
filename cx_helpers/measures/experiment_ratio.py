"""Did the variants get the customers that they should have?  A draw that is broken tells of no effect at all."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import gammaincc

from cx_helpers import certainty, disclosure
from cx_helpers.tables import TableError
from cx_helpers.wording import raw, say


def ratio(counts: dict[str, int], expected: list[float] = ()) -> pd.DataFrame:
    """Did the variants get the customers that they should have?

    counts    {variant: customers (or units) that were drawn};  expected  shares in the same order, any scale; empty:
              equal ones
    Returns index variant: n, customers, `share` with Wilson's low and high, `expected` (0..1), and the same in every
    row: `chi2`, `p_value` (Pearson's, k - 1 degrees of freedom; null with fewer than two variants or nobody).
    A ratio that is off by more than chance means that somebody was lost, doubled or redirected on the way, and those
    are not like the rest.  Source: Fabijan et al., Diagnosing Sample Ratio Mismatch, KDD 2019.
    """
    n = pd.Series(counts, dtype=float)
    if len(expected) and (len(expected) != len(n) or min(expected) <= 0):
        raise TableError(
            say(
                fa="expected_split باید برای هر گروه سهمی بالاتر از صفر داشته باشد؛ {k} سهم داده شده و "
                "گروه‌ها این‌هایند: {have}",
                en="expected_split needs a share above 0 for each variant; {k} are given, the variants are: {have}",
                k=len(expected),
                have=raw(", ".join(map(str, n.index))),
            )
        )
    weights = np.asarray(list(expected) or [1.0] * len(n), float)
    wanted = pd.Series(weights / weights.sum() if len(n) else weights, n.index)
    low, high = certainty.wilson(n, n.sum())
    chi2 = float(((n - wanted * n.sum()) ** 2 / (wanted * n.sum())).sum()) if n.sum() > 0 and len(n) > 1 else np.nan
    out = pd.DataFrame(
        {"n": n.astype(int), "customers": n.astype(int), "share": n / n.sum() if n.sum() > 0 else np.nan}
    )
    out = out.assign(low=low, high=high, expected=wanted, chi2=chi2)
    return out.assign(p_value=float(gammaincc((len(n) - 1) / 2, chi2 / 2)) if chi2 == chi2 else np.nan).rename_axis(
        "variant"
    )


def withheld(answer: pd.DataFrame, blocked: bool) -> pd.DataFrame:
    """The answer with every value null where the draw is broken; n stays, so that a reader of data sees that it is."""
    if not blocked:
        return answer
    kept = {"n", "n_control", "customers", "looks", "good", "kind", disclosure.HIDDEN}
    return answer.assign(**{c: np.nan for c in answer.columns if c not in kept})
