"""Whose value and experience disagree?  Customers who are worth most and whose last answer was bad.

On pages stand counts only; the list of customers (`at_risk`) is for the lab.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from cx_helpers import certainty, disclosure, histories
from cx_helpers.tables import need
from cx_helpers.valuation import Model, worth

MOOD = "mood"  # unhappy, content, or null where the customer never answered


def asked(responses: ir.Table | None) -> str | None:
    """Whose answers tell who is unhappy: `nps` or `csat`, the one that more customers answered; None without either."""
    if responses is None:
        return None
    need(responses, "customer_id", "instrument", "score")
    told = responses.filter(_.score.notnull(), _.customer_id.notnull(), _.instrument.isin(["nps", "csat"]))
    n = told.group_by("instrument").aggregate(n=_.customer_id.nunique()).execute().set_index("instrument")["n"]
    return ("csat" if n.get("csat", 0) > n.get("nps", 0) else "nps") if len(n) else None


def moods(responses: ir.Table) -> ir.Table:
    """One row for each customer who answered the survey that most customers answered (`asked`): customer_id, mood.

    unhappy  the newest answer is 0-6 (NPS), or below the middle of its scale (CSAT: 1 or 2 of 5, as in the customer's
             profile);  content  it is not
    One survey, not whichever a customer answered: detractors are more common than dissatisfied answers, so who is asked
    more often would look unhappier.  Of several answers at one instant the mean counts.
    """
    need(responses, "customer_id", "responded_at", "instrument", "score", "scale_min", "scale_max")
    survey = asked(responses) or "nps"
    told = responses.filter(_.score.notnull(), _.customer_id.notnull(), _.instrument == survey)
    middle = (told.scale_min + told.scale_max) / 2
    told = told.mutate(_over=told.score - (6.0 if survey == "nps" else middle))
    newest = told.group_by("customer_id").aggregate(_at=_.responded_at.max())
    last = told.join(newest, ["customer_id", told.responded_at == newest._at])
    each = last.group_by("customer_id").aggregate(_over=_._over.mean())
    bad = each._over <= 0 if survey == "nps" else each._over < 0
    return each.select("customer_id", mood=bad.ifelse("unhappy", "content"))


def with_mood(each: ir.Table, responses: ir.Table | None) -> ir.Table:
    """The table of `histories.histories` with a column `mood`; null for all where there are no answers."""
    if responses is None:
        return each.mutate(mood=ibis.null("string"))
    mine = moods(responses).select("mood", _id="customer_id")
    return each.left_join(mine, each.customer_id == mine._id).drop("_id")


def fifths(found: Model) -> np.ndarray:
    """The fifth of its customers' value to come that each row belongs to: 1 least … 5 most; equal values together."""
    rows = worth(found)
    if rows["clv"].isna().all():
        return np.zeros(len(rows), int)
    edges = histories.quantile(rows["clv"], rows["n"], np.array([0.2, 0.4, 0.6, 0.8]))
    return np.searchsorted(edges, rows["clv"].to_numpy(), side="left") + 1


def disagreement(found: Model, smallest: int = 1) -> pd.DataFrame:
    """Are those who are worth most unhappier, and how much of what is to come hangs on unhappy customers?

    found  a model whose rows have `mood`
    Returns, index `fifth` (1 least … 5 most): n who answered, customers (all of the fifth), `unhappy` (0..1) with
    Wilson's low and high, se, clv (mean of the fifth), count (unhappy customers), at_stake (their value to come).
    Numbers on fewer unhappy customers than a group may be are null.
    """
    rows = worth(found).assign(fifth=fifths(found))
    rows = rows[rows["fifth"] > 0]
    if MOOD not in rows or rows.empty:
        columns = ["n", "customers", "unhappy", "low", "high", "se", "clv", "count", "at_stake"]
        return pd.DataFrame(columns=columns, index=pd.Index([], name="fifth"))
    bad, told = rows[MOOD] == "unhappy", rows[MOOD].notna()
    sums = pd.DataFrame({
        "n": rows["n"].where(told, 0), "customers": rows["n"], "bad": rows["n"].where(bad, 0),
        "value": rows["n"] * rows["clv"], "at_stake": (rows["n"] * rows["clv"]).where(bad, 0),
    }).groupby(rows["fifth"]).sum()  # fmt: skip
    n, k = sums["n"], sums["bad"]
    low, high = certainty.wilson(k, n)
    middle, few = (k + 1) / (n + 2), disclosure.few(k, smallest)
    share = {"unhappy": (k / n).where(n > 0), "low": low, "high": high, "se": np.sqrt(middle * (1 - middle) / (n + 2))}
    parts = share | {"clv": sums["value"] / sums["customers"], "count": k, "at_stake": sums["at_stake"]}
    out = pd.DataFrame({"n": n.astype(int), "customers": sums["customers"].astype(int)} | parts)
    out = out.assign(**{c: out[c].mask(few) for c in (*share, "count", "at_stake")})
    return certainty.hide_small(out, smallest)


def at_risk(each: ir.Table, found: Model, most: int = 50) -> pd.DataFrame:
    """For the lab only: the unhappy customers who are worth most: customer_id, alive, clv, x, days since the last
    purchase; the largest value first.  No page shows it.

    each  of `with_mood`: one row a customer
    """
    mine = each.filter(each.mood == "unhappy").execute()
    numbers = ["x", "t_x", "T", "spend", "first_spend"]
    mine = mine.astype(dict.fromkeys(numbers, float)).assign(n=1.0)
    out = worth(Model(mine, found.terms, found.buying, found.spending))
    out = out.assign(days_since=out["T"] - out["t_x"])
    return out.nlargest(most, "clv")[["customer_id", "clv", "alive", "x", "days_since"]].reset_index(drop=True)
