"""Who is still a customer where nobody says that they leave, and how many will leave next?

Every function takes what `valuation.model` gives: folded histories and the model of buying that was fitted to them
(BG/NBD, MBG/NBD or Pareto/NBD, whichever is likeliest).  Where it was refused the values are null.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cx_helpers import certainty, disclosure, likelihood, purchasing
from cx_helpers.valuation import Model, influence, worth

BANDS = (0.25, 0.5, 0.75)  # of P(alive)
RULES = (30, 60, 90, 180, 365)  # days of silence after which a customer is often called lost


def distribution(found: Model, smallest: int = 1) -> pd.DataFrame:
    """How are customers spread over P(alive)?  Index `chance_band` (1: up to 25 % … 4: above 75 %): n customers,
    `share` of all with low, high (Wilson), alive (their mean P(alive))."""
    rows, bands = worth(found), np.arange(1, len(BANDS) + 2)
    columns = ["n", "customers", "share", "low", "high", "alive"]
    if found.buying is None:
        return pd.DataFrame(columns=columns, index=pd.Index([], name="chance_band"), dtype=float)
    place = np.searchsorted(BANDS, rows["alive"].to_numpy(), side="right")
    n = np.bincount(place, rows["n"], len(bands))
    low, high = certainty.wilson(n, n.sum())
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(place, rows["n"] * rows["alive"], len(bands)) / n
    counts = n.round().astype(int)
    out = {"n": counts, "customers": counts, "share": n / n.sum(), "low": low, "high": high, "alive": mean}
    return certainty.hide_small(
        pd.DataFrame(out, index=pd.Index(bands, name="chance_band")), disclosure.customers_only(smallest)
    )


def leavers(found: Model, days: float, by: str | None = None, smallest: int = 1) -> pd.DataFrame:
    """How many of today's customers will leave within the next `days`, unseen?

    by  a column of the rows; None: one row `all`
    Returns n (all who ever bought), customers, here (expected to be still customers), `leaving` (expected number of
    these who leave within the days) with low, high (95 %: chance of each customer, and error of the parameters), and
    leaving_share (of `here`).
    """
    rows = found.rows
    place, names = (np.zeros(len(rows), int), None) if by is None else pd.factorize(rows[by], use_na_sentinel=False)
    names = pd.Index([certainty.ALL]) if by is None else pd.Index(names, name=by, dtype=object)
    weight, size = rows["n"].to_numpy(float), len(names)
    n = np.bincount(place, weight, size)
    out = pd.DataFrame({"n": n.round().astype(int), "customers": n.round().astype(int)}, index=names)
    empty = dict.fromkeys(("here", "leaving", "low", "high", "leaving_share"), np.nan)
    if found.buying is None or not len(rows):
        return out.assign(**empty)
    alive = purchasing.alive(found.buying, rows["x"], rows["t_x"], rows["T"])

    def going(fit: likelihood.Fit) -> np.ndarray:
        still = purchasing.staying(fit, rows["x"], rows["T"], days)
        return purchasing.alive(fit, rows["x"], rows["t_x"], rows["T"]) * (1 - still)

    each = going(found.buying)
    moved = influence(found)[:, : len(found.buying.names)]
    spread = (moved * weight[:, None]).T @ moved
    slopes = likelihood.jacobian(going, found.buying) * weight[:, None]
    slope = np.column_stack([np.bincount(place, column, size) for column in slopes.T])
    noise = np.bincount(place, weight * each * (1 - each), size) + np.einsum("gi,ij,gj->g", slope, spread, slope)
    here, leaving = (np.bincount(place, weight * x, size) for x in (alive, each))
    half = certainty.Z95 * np.sqrt(np.maximum(noise, 0))
    out = out.assign(here=here, leaving=leaving, low=np.maximum(leaving - half, 0), high=np.minimum(leaving + half, n))
    out["leaving_share"] = (out["leaving"] / out["here"]).where(out["here"] > 0)
    order = sorted(range(size), key=lambda i: (pd.isna(names[i]), str(names[i])))
    return certainty.hide_small(out.iloc[order], smallest)


def rules(found: Model, days=RULES, smallest: int = 1) -> pd.DataFrame:
    """What would a rule "silent for so long is lost" make of these customers?

    Returns, index `days`: n (customers silent for longer), customers, `lost` (their share of all) with low, high
    (Wilson), still (how many of these are still customers, by the model), missed (how many of the others are not).
    That `lost` hangs on the rule and `still` is not 0 is why no rule decides here.
    """
    rows = worth(found)
    weight, silent = rows["n"].to_numpy(float), (rows["T"] - rows["t_x"]).to_numpy(float)
    out = {}
    for limit in days:
        gone = silent > limit
        n = weight[gone].sum()
        low, high = certainty.wilson(n, weight.sum())
        alive = rows["alive"].to_numpy(float)
        out[limit] = {
            "n": int(round(n)), "customers": int(round(n)), "lost": n / weight.sum() if weight.sum() else np.nan,
            "low": float(low), "high": float(high), "still": (weight * alive)[gone].sum(),
            "missed": (weight * (1 - alive))[~gone].sum(),
        }  # fmt: skip
    made = pd.DataFrame.from_dict(out, orient="index").rename_axis("days")
    return certainty.hide_small(made, disclosure.customers_only(smallest))
