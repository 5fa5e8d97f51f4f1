"""How does what customers live through go with what they do and say next?  The links of the chain, each with its error.

    lever (late, failed, slow, unsolved)  ->  buys again in the days after  ->  money
                                          ->  the score given then

Among customers of the same month, with as many orders before, to whom it could happen as often, those who
were hit are compared with those who were not.  All of it is association: who is hit may differ in what nobody wrote
down.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from cx_helpers import certainty, disclosure, panels
from cx_helpers.chain import EXPOSED, LEVERS, TIMES, Links

FEWEST = 30  # customers hit, and customers not, without which a link is not looked at
SURE = 0.05  # p, Holm over the levers
SLOPES = ["n", "customers", "victims", "hit", "free", "effect", "low", "high", "p_value", "p_adjusted", "sure"]


def links(rows: ir.Table | None, smallest: int = 1) -> Links:
    """By how much less (or more) often did who was hit buy again?

    rows  of `levers.followed`; None: there is nothing to go by
    Each lever's customers hit against those to whom it could happen and did not, all levers at once, within the month,
    with the number of orders before, by least squares with errors clustered by customer (panels.linear).
    Returns Links; its table, index `lever`: n rows, customers hit and not, whichever are fewer, victims (customers
    hit), hit (rows), free (the share of those not hit that buys again), effect (its change, -1..1), low, high (95 %),
    p_value, p_adjusted (Holm), sure (and fewer buy again: that more do is no harm to be mended, but tells who they
    are).  Null with fewer than 30 customers hit or not, or fewer than may be told of.
    """
    nothing = Links(_table([]), np.empty(0), np.empty((0, 0)))
    if rows is None:
        return nothing
    counted = {f"{lever}_{side}": rows.customer_id.nunique(where=(rows[EXPOSED[lever]] == 1) & (rows[lever] == hit))
               for lever in LEVERS for side, hit in (("hit", 1), ("free", 0))}  # fmt: skip
    free = {f"{c}_rate": rows.again.mean(where=(rows[EXPOSED[c]] == 1) & (rows[c] == 0)) for c in LEVERS}
    seen = (
        rows.aggregate(buyers=rows.again.sum(), **counted, **free, **{f"{c}_n": rows[c].sum() for c in LEVERS})
        .execute()
        .iloc[0]
    )
    fewer = {lever: min(seen[f"{lever}_hit"], seen[f"{lever}_free"]) for lever in LEVERS}
    used = [c for c in LEVERS if fewer[c] >= FEWEST and not disclosure.few(fewer[c], smallest)]
    if not used or not seen["buyers"] > 0:
        return nothing
    exposures = list(dict.fromkeys(EXPOSED[c] for c in used))
    # who tries more often fails more often, and buys more often, too
    rows = rows.mutate(**{f"_{c}": (rows[TIMES[c]] + 1).cast("float64").ln() for c in exposures})
    often = [f"_{c}" for c in exposures]
    fit = panels.linear(rows, "again", [*used, *exposures, *often, "bought_before", "newcomer"], within=["month"])
    k = len(used)
    part = fit.table([*used, *range(len(fit.coef) - k)]).iloc[:k]
    slopes = part[["coef", "low", "high", "p_value"]]
    told = [
        (fit.n, int(fewer[c]), int(seen[f"{c}_hit"]), int(seen[f"{c}_n"]), float(seen[f"{c}_rate"]), *slopes.loc[c])
        for c in used
    ]
    bought = panels.linear(rows.filter(rows.again == 1), "money", [])
    worth = (float(bought.coef[0]), float(bought.se[0])) if bought.converged else (np.nan, np.nan)
    return Links(_table(told, used), fit.coef[:k], fit.cov[:k, :k], *worth, int(bought.df + 1))


def _table(rows: list[tuple], index: list[str] = ()) -> pd.DataFrame:
    out = pd.DataFrame(rows, columns=SLOPES[:9], index=pd.Index(list(index), name="lever"))
    out["p_adjusted"] = certainty.adjust(out["p_value"], "holm")
    return out.assign(sure=(out["p_adjusted"] < SURE) & (out["effect"] < 0))


def instrument(responses: ir.Table | None) -> str:
    """The survey whose score is looked at: nps where it was answered, else csat; empty where neither was."""
    if responses is None:
        return ""
    known = responses.filter(responses.score.notnull(), responses.instrument.isin(["nps", "csat"]))
    found = known.select("instrument").distinct().execute()
    return max(found["instrument"], default="")


ASKED = {"failed_purchase": "failures"}  # levers as `experience.beside_answers` calls them


def felt(wide: ir.Table | None, instrument: str, levers: list[str], smallest: int = 1) -> pd.DataFrame:
    """By how much lower (or higher) is the score of those who had been hit in the days before they answered?

    wide        of `experience.beside_answers`;  instrument  nps: in points of -100..100; else in steps of its scale
    Returns per lever: n answers, effect (points), low, high (95 %), p_value, p_adjusted (Holm), sure, share (of the
    answers whose customer was hit).  A lever by which fewer than FEWEST customers were hit, or could have been and were
    not, is left out: errors by customer hold for many, and of one the score could be read off.
    """
    columns = ["n", "effect", "low", "high", "p_value", "p_adjusted", "sure", "share"]
    nothing = pd.DataFrame(columns=columns, index=pd.Index([], name="lever"), dtype=float)
    used = [] if wide is None else [c for c in levers if ASKED.get(c, c) in wide.columns]
    if not used:
        return nothing
    top = (wide.score >= 9).cast("float64") - (wide.score <= 6).cast("float64")
    y = 100 * top if instrument == "nps" else wide.score.cast("float64")
    rows = wide.mutate(_y=y, **{c: (wide[ASKED.get(c, c)] > 0).cast("float64") for c in used})
    asked = "support_requests" in rows.columns
    could = {c: rows.support_requests > 0 if asked and EXPOSED[c] == "asked" else ibis.literal(True) for c in used}
    who = {f"{c} {x}": rows.customer_id.nunique(where=could[c] & (rows[c] == x)) for c in used for x in (0, 1)}
    seen = rows.aggregate(**{c: rows[c].mean() for c in used}, **who).execute().iloc[0]
    sides = {c: min(int(seen[f"{c} 0"]), int(seen[f"{c} 1"])) for c in used}  # customers hit, and others: the fewer
    used = [c for c in used if sides[c] >= FEWEST and not disclosure.few(sides[c], smallest)]
    if not used:
        return nothing
    requests = ["support_requests"] if "support_requests" in wide.columns else []
    fit = panels.linear(rows, "_y", [*used, *requests])
    out = fit.table(["_", *used, *requests]).loc[used].rename(columns={"coef": "effect"}).drop(columns="se")
    out.insert(0, "n", fit.n)
    out["p_adjusted"] = certainty.adjust(out["p_value"], "holm")
    return out.assign(sure=out["p_adjusted"] < SURE, share=seen[used].astype(float)).rename_axis("lever")[columns]
