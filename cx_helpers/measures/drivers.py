"""What goes with satisfaction?  Correlations and models of an outcome on its possible drivers.

Every answer is made from `folding.collapse(table, outcome, drivers)`: rows that the engine folded, so that memory
follows the number of different answers, not of answers.  Several answers of one customer are clustered.  All of it is
association: a survey asked once cannot tell what causes what, and people who are pleased rate everything higher (halo).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cx_helpers import certainty, ordinal, regression
from cx_helpers.folding import Rows


def correlations(rows: Rows) -> pd.DataFrame:
    """How strongly does each driver, by itself, go with the outcome?

    Returns per driver: n (complete answers), n_pair (answers with this driver and the outcome), pearson (-1..1) with
    low and high, p_value, spearman with spearman_low, spearman_high, spearman_p, and p_adjusted, spearman_adjusted
    (Benjamini-Hochberg over all of these tests, each once).  Nulls with fewer than 30 answers.
    Errors come from each answer's influence, summed by customer, on Fisher's z scale, so they hold for unequal scatter
    and repeated answers.  Source: Fisher 1921; Steiger, Hakstian, Br. J. Math. Stat. Psychol. 35, 1982.
    """
    index = pd.Index(rows.drivers, name="driver")
    out = pd.DataFrame({"n": rows.n, "n_pair": rows.pairs.reindex(index).astype(int)}, index=index)
    names = ["pearson", "low", "high", "p_value", "spearman", "spearman_low", "spearman_high", "spearman_p"]
    if not rows.enough:
        return out.assign(**dict.fromkeys([*names, "p_adjusted", "spearman_adjusted"], np.nan))
    both = [
        _correlated(rows.x, rows.y, rows),
        _correlated(_ranks(rows.x, rows.weight), _ranks(rows.y, rows.weight), rows),
    ]
    for label, found in zip((names[:4], names[4:]), both, strict=True):
        out[label] = found
    adjusted = certainty.adjust(np.concatenate([out["p_value"], out["spearman_p"]]))
    return out.assign(p_adjusted=adjusted[: len(out)], spearman_adjusted=adjusted[len(out) :])


def _correlated(x: np.ndarray, y: np.ndarray, rows: Rows) -> np.ndarray:
    """r, low, high, p of each column."""
    w, n = rows.weight, rows.n
    y = np.ravel(y)
    zx = x - w @ x / n
    zx = zx / np.sqrt(w @ zx**2 / n)
    zy = y - w @ y / n
    zy = zy / np.sqrt(w @ zy**2 / n)
    r = (w * zy) @ zx / n
    influence = zx * zy[:, None] - r * (zx**2 + zy[:, None] ** 2) / 2
    meat, groups = regression.scatter(influence, w, rows.cluster)
    se = np.sqrt(np.diag(meat) * groups / (groups - 1)) / n / np.maximum(1 - r**2, 1e-12)
    z = np.arctanh(np.clip(r, -1 + 1e-12, 1 - 1e-12))
    # where the variance all but vanishes (|r| = 1), the textbook error 1/sqrt(n - 3) stands in
    se = np.maximum(se, 1e-3 / np.sqrt(max(groups - 3, 1)))
    low, high = np.tanh(z - certainty.Z95 * se), np.tanh(z + certainty.Z95 * se)
    return np.column_stack([r, low, high, certainty.two_sided(z / se)])


def _ranks(values: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Mid-ranks of weighted values, column by column."""
    values = values[:, None] if values.ndim == 1 else values
    out = np.empty(values.shape)
    for i in range(values.shape[1]):
        _steps, code = np.unique(values[:, i], return_inverse=True)
        size = np.bincount(code, weight)
        out[:, i] = (np.cumsum(size) - (size - 1) / 2)[code]
    return out


def associations(rows: Rows) -> pd.DataFrame:
    """What goes with the outcome when all the other drivers are held equal?

    The model follows the outcome (`Rows.model`): ordinal logit for a scale of 3 to 11 steps, logit for yes/no, else
    least squares; where the logit has no finite answer, least squares stands in and `model` says so.
    Returns per driver: n, customers, model, coef (log odds of a higher answer per unit; points if linear), se, low,
    high, p_value, p_adjusted (Holm over the drivers), odds (exp(coef), null if linear), slope with slope_low and
    slope_high (least squares: points of the outcome per unit, a description), vif.
    Source: ordinal.proportional_odds, regression.linear.
    """
    index = pd.Index(rows.drivers, name="driver")
    columns = "coef se low high p_value p_adjusted odds slope slope_low slope_high vif".split()
    head = {"n": rows.n, "customers": rows.customers, "model": rows.model if rows.enough else None}
    if not rows.enough:
        return pd.DataFrame(head | dict.fromkeys(columns, np.nan), index=index)
    line = regression.linear(rows.x, rows.y, rows.weight, rows.cluster)
    straight = line.table(["_intercept", *index]).drop(index="_intercept")
    main, model = straight, rows.model
    if model != "linear":
        fit = ordinal.proportional_odds(rows.x, rows.y, rows.weight, rows.cluster)
        main, model = (fit.table(index), model) if fit.converged else (straight, "linear")
    out = pd.DataFrame(head | {"model": model}, index=index).join(main.rename_axis("driver"))
    out["p_adjusted"] = certainty.adjust(out["p_value"], "holm")
    out["odds"] = np.exp(out["coef"]) if model != "linear" else np.nan
    out[["slope", "slope_low", "slope_high"]] = straight[["coef", "low", "high"]]
    return out.assign(vif=regression.inflation(regression.correlation(rows.x, rows.weight)))


def checks(rows: Rows) -> pd.Series:
    """Can the model be trusted?  Counted, tested, and fit to be read aloud by `checks_sentence`.

    Returns n, asked, customers, r2 (share of the outcome's variance), condition (scaled condition number; above 30
    warn), vif (largest; above 5 warn) and vif_driver, brant_p (p of Brant's test for the ordinal logit, null for other
    models), brant_driver (the driver whose slope differs most between steps).
    """
    out = {"n": rows.n, "asked": rows.asked, "customers": rows.customers, "r2": np.nan, "condition": np.nan}
    out |= {"vif": np.nan, "vif_driver": None, "brant_p": np.nan, "brant_driver": None}
    if rows.enough:
        out["r2"] = regression.linear(rows.x, rows.y, rows.weight, rows.cluster).r2
        together = regression.correlation(rows.x, rows.weight)
        out["condition"], vif = regression.condition_number(together), regression.inflation(together)
        out["vif"], out["vif_driver"] = float(vif.max()), rows.drivers[int(vif.argmax())]
        if rows.model == "ordinal":
            test = ordinal.brant(rows.x, rows.y, rows.drivers, rows.weight, rows.cluster)
            out["brant_p"] = float(test.loc[certainty.ALL, "p_value"])
            apart = test.drop(index=certainty.ALL)["p_value"].dropna()
            out["brant_driver"] = apart.idxmin() if len(apart) else None
    return pd.Series(out, dtype=object)
