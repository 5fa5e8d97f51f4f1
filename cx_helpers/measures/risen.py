"""What is new?  Words and phrases that more customers use this period than in those before it.

Counted are customers, not tokens: who shouts a word twenty times counts once.  A customer counts once in each period.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from cx_helpers import certainty, disclosure
from cx_helpers.dates import Period, month_number
from cx_helpers.tables import need

PRIOR = 50  # customers that the background counts for: what all periods together say of a term
LEAST = 10  # customers who use a term, in all periods together, or it is not looked at
RATIO = 1.5  # a share this many times its old one: less is no news, however sure


def risen(terms: ir.Table, periods: list[Period], smallest: int = 1, most: int = 5_000) -> pd.DataFrame:
    """Which terms rose, and how sure is that?

    terms     of `terms.terms`, an engine table: who, written_at, term
    periods   consecutive; the last is compared with all before it together
    smallest  terms that too few customers use now are left out (disclosure.Limit)
    most      terms looked at, the most used in all periods together: chosen without looking at when
    Returns per term (index `term`), most risen first: customers and customers_before (customers x periods) who used it,
    of and of_before (all who wrote), share, share_before (0..1), low, high (Wilson's, of share), `log_odds` (log odds
    ratio, shrunk), z, p_value, p_adjusted (Holm over all terms looked at; attrs["looks"]).

    The log-odds ratio has an informative Dirichlet prior: PRIOR customers who speak as those of all periods together,
    so that a rare term must rise much.  Source: Monroe, Colaresi, Quinn, Fightin' Words, Political Analysis 16, 2008,
    eq. 16-22, over customers in place of tokens.  Before and now are taken as independent, which for customers who
    write in both is cautious.
    """
    need(terms, "who", "written_at", "term")
    if len(periods) < 2:
        raise ValueError("risen() compares the last period with those before it; give two or more")
    rows = terms.filter(terms.written_at >= periods[0].start, terms.written_at < periods[-1].end)
    rows = rows.mutate(period=month_number(rows.written_at, periods))
    now = _.period == len(periods) - 1
    once = rows.select("term", "who", "period").distinct()
    sums = once.group_by("term").aggregate(customers=now.ifelse(1, 0).sum(), both=_.count())
    used = sums.filter(_.both >= LEAST).order_by(ibis.desc("both"), "term").limit(most).execute()
    writers = rows.select("who", "period").distinct().aggregate(now=now.ifelse(1, 0).sum(), both=_.count()).execute()
    of, all_of = (0.0 if pd.isna(x) else float(x) for x in writers.iloc[0])
    y, before, m = used["customers"].to_numpy(float), (used["both"] - used["customers"]).to_numpy(float), all_of - of
    found = pd.DataFrame(_log_odds(y, of, before, m), index=pd.Index(used["term"], name="term", dtype=object))
    counts = {"customers": y, "customers_before": before, "of": of, "of_before": m}
    found = found.assign(**counts, share=y / of if of else np.nan, share_before=before / m if m else np.nan)
    found["low"], found["high"] = certainty.wilson(y, np.full(len(y), of))
    found["p_adjusted"] = certainty.adjust(found["p_value"], "holm")
    looks = int(found["p_value"].notna().sum())
    columns = (
        "customers customers_before of of_before share share_before low high log_odds z p_value p_adjusted".split()
    )
    found = found.loc[y >= max(disclosure.least(smallest), 1), columns]
    found = found.astype(dict.fromkeys(columns[:4], int)).sort_values(["z"], ascending=False, kind="stable")
    found.attrs["looks"] = looks
    return found


def _log_odds(y, n, before, m) -> dict[str, np.ndarray]:
    """The shrunk log-odds ratio of y among n to before among m, its z and two-sided p."""
    if not n or not m:
        return dict.fromkeys(("log_odds", "z", "p_value"), np.full(len(y), np.nan))
    a = PRIOR * (y + before) / (n + m)
    one, other = (y + a, n + PRIOR - y - a), (before + a, m + PRIOR - before - a)
    with np.errstate(divide="ignore", invalid="ignore"):  # everybody always writes it: nothing to compare
        ratio = np.log(one[0] / one[1]) - np.log(other[0] / other[1])
        z = ratio / np.sqrt(1 / one[0] + 1 / one[1] + 1 / other[0] + 1 / other[1])
    return {"log_odds": ratio, "z": z, "p_value": certainty.two_sided(z)}


def news(found: pd.DataFrame, most: int = 60) -> pd.DataFrame:
    """The terms that rose beyond chance (p_adjusted < 0.05) and by half or more, at most so many, most risen first."""
    rose = (found["p_adjusted"] < 0.05) & (found["z"] > 0) & (found["share"] >= RATIO * found["share_before"])
    return found[rose].head(most)
