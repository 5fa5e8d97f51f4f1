"""Where in their life with us are customers, and where does the money come from?  Answers about profiles.

Every function takes what `profile.profile` gives: one row a customer, as of one instant.
"""

from __future__ import annotations

import datetime as dt

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from cx_helpers import certainty, disclosure
from cx_helpers.tables import need

STAGES = ("prospect", "new", "active", "cooling", "lapsed")  # of the lifecycle, in its order


def stages(profiles: ir.Table, smallest: int = 1) -> pd.DataFrame:
    """Where in their life with us are customers, and where does the money come from?

    profiles  as `profile` gives it;  smallest  stages of fewer customers keep n and lose their values
    Returns, index `lifecycle` in its order: n customers, `share` (0..1 of all) with Wilson's low and high, value (sum),
    value_share (of all value, null without orders), unhappy (share of those with a last answer whose answer was bad)
    with unhappy_n, unhappy_low, unhappy_high, open (customers with a ticket still open), consent (share that may be
    contacted, of those who said).
    """
    bad = _bad(profiles)
    columns = {
        "n": profiles.count(),
        "value": profiles.value.sum(),
        "asked": bad.notnull().cast("int64").sum(),
        "bad": bad.cast("int64").sum(),
        "open": (profiles.open_tickets > 0).cast("int64").sum(),
    }
    if "consent" in profiles.columns:
        columns |= {"said": profiles.consent.notnull().cast("int64").sum(), "yes": profiles.consent.cast("int64").sum()}
    found = profiles.group_by("lifecycle").aggregate(**columns).execute().set_index("lifecycle")
    found = found.reindex([s for s in STAGES if s in found.index]).astype(float)
    n = found["n"].fillna(0)
    out = pd.DataFrame({"n": n.astype(int), "customers": n.astype(int), "share": n / n.sum()})
    out["low"], out["high"] = certainty.wilson(n, n.sum())
    out["value"] = found["value"]
    out["value_share"] = found["value"] / found["value"].sum() if found["value"].sum() > 0 else np.nan
    out["unhappy_n"] = found["asked"].fillna(0).astype(int)
    out["unhappy"] = (found["bad"] / found["asked"]).where(found["asked"] > 0)
    out["unhappy_low"], out["unhappy_high"] = certainty.wilson(found["bad"].fillna(0), found["asked"].fillna(0))
    out["open"] = found["open"]
    out["consent"] = (found["yes"] / found["said"]).where(found["said"] > 0) if "said" in found else np.nan
    # what is known of few, and how many few are, is not told of a stage of many either
    bases = dict.fromkeys(["unhappy_n", "unhappy", "unhappy_low", "unhappy_high"], "asked") | {"open": "open"}
    bases |= {"consent": "said"} if "said" in found else {}
    few = {name: _kept_back(found[base], smallest, alone=base == "open") for name, base in bases.items()}
    out = out.assign(**{name: out[name].mask(those) for name, those in few.items() if those.any()})
    return certainty.hide_small(out, smallest)


def _kept_back(customers, smallest: int, alone: bool = False) -> np.ndarray:
    """Which groups are of too few, and which one beside them, unless nobody is told of all of them (`alone`)?"""
    few = disclosure.few(customers, smallest)
    return few if alone else few | disclosure.beside(customers, few, smallest)


def totals(profiles: ir.Table, period, smallest: int = 1) -> pd.DataFrame:
    """How many customers had any contact in the period?  One row `all`: n known, customers, `active_customers`.

    A count, not an estimate: low and high are null.  smallest  of fewer customers nothing is told (disclosure.Limit)
    """
    seen = (profiles.last_contact_at >= period.start).fill_null(False).cast("int64").sum()
    row = profiles.aggregate(n=profiles.count(), active=seen).execute().astype(float).fillna(0).iloc[0]
    n = int(row["n"])
    active = float(row["active"]) if n else np.nan
    columns = {"n": n, "customers": n, "active_customers": active, "low": np.nan, "high": np.nan}
    found = pd.DataFrame(columns, index=[certainty.ALL])
    if not disclosure.few([n, active], smallest).any():
        return found
    numbers = ["customers", "active_customers"]
    return found.assign(**dict.fromkeys(numbers, np.nan), hidden=disclosure.SMALL)


def _part(profiles: ir.Table, whole, part, name: str, smallest: int) -> pd.DataFrame:
    """One row `all`: n, customers, the share `name` (0..1) with Wilson's low and high, of those in `whole`."""
    row = profiles.aggregate(
        n=whole.fill_null(False).cast("int64").sum(), k=(whole & part).fill_null(False).cast("int64").sum()
    )
    row = row.execute().astype(float).fillna(0).iloc[0]
    n, k = float(row["n"]), float(row["k"])
    low, high = certainty.wilson(k, n)
    columns = {"n": int(n), "customers": int(n), name: k / n if n else np.nan, "low": float(low), "high": float(high)}
    return certainty.hide_small(pd.DataFrame(columns, index=[certainty.ALL]), smallest)


def quiet(profiles: ir.Table, smallest: int = 1) -> pd.DataFrame:
    """Which share of those who ever bought are cooling or lapsed?  One row: n, customers, `quiet`, low, high.

    A sum of stages: where one of them is of too few customers it is not told, and n is rounded to the smallest group
    (`stages` tells the others).
    """
    bought = profiles.lifecycle != "prospect"
    found = _part(profiles, bought, profiles.lifecycle.isin(["cooling", "lapsed"]), "quiet", smallest)
    return _with_stages(found, profiles, smallest)


def _with_stages(found: pd.DataFrame, profiles: ir.Table, smallest: int) -> pd.DataFrame:
    """Sums of stages as they may be told: not at all where `stages` holds one back, since the others give it away."""
    if disclosure.least(smallest) == 1:
        return found
    each = profiles.group_by("lifecycle").aggregate(n=profiles.count()).execute()["n"]
    if not disclosure.few(each, smallest).any() or disclosure.few([each.sum()], smallest)[0]:  # all too few: as it is
        return found
    numbers = [c for c in found if c not in ("n", disclosure.HIDDEN)]
    return disclosure.rounded(found, ["n"], smallest).assign(
        **dict.fromkeys(numbers, np.nan),
        **{disclosure.HIDDEN: found[disclosure.HIDDEN].fillna(disclosure.BESIDE)},
    )


def unhappy(profiles: ir.Table, smallest: int = 1) -> pd.DataFrame:
    """Which share of those who ever answered gave a bad last answer?  One row: n, customers, `unhappy`, low, high."""
    bad = _bad(profiles)
    return _part(profiles, bad.notnull(), bad, "unhappy", smallest)


def consent(profiles: ir.Table, smallest: int = 1) -> pd.DataFrame:
    """Which share may be contacted, of those of whom it is known?  One row: n, customers, `consent`, low, high."""
    if "consent" not in profiles.columns:
        profiles = profiles.mutate(consent=ibis.null("boolean"))
    return _part(profiles, profiles.consent.notnull(), profiles.consent, "consent", smallest)


def limits(
    profiles: ir.Table, as_of: dt.datetime, window_days: float, times=(0.5, 1.0, 2.0), smallest: int = 1
) -> pd.DataFrame:
    """How much does the picture depend on where silence begins?

    Returns, index `window_days` (the usual gap times 0.5, 1 and 2; a year where there is none): n customers who ever
    bought, `quiet` (0..1): whose last purchase is longer ago than that, with Wilson's low and high.  Two of them are
    sums of stages, and told as `quiet` is.
    """
    window = window_days if window_days == window_days else 365.0
    bought = profiles.filter(profiles.last_order_at.notnull())
    late = {
        f"_{i}": (bought.last_order_at < as_of - dt.timedelta(days=window * x)).cast("int64").sum()
        for i, x in enumerate(times)
    }
    row = bought.aggregate(n=bought.count(), **late).execute().astype(float).fillna(0).iloc[0]
    n, silent = int(row["n"]), np.array([float(row[f"_{i}"]) for i in range(len(times))])
    low, high = certainty.wilson(silent, np.full(len(times), n))
    share = silent / n if n else np.full(len(times), np.nan)
    index = pd.Index([round(window * x) for x in times], name="window_days")
    found = pd.DataFrame({"n": n, "customers": n, "quiet": share, "low": low, "high": high}, index=index)
    return _with_stages(certainty.hide_small(found, smallest), profiles, smallest)


def moved(before: ir.Table, now: ir.Table, smallest: int = 1) -> pd.DataFrame:
    """Where were customers in the period before, and where are they now?  Only those who were known then.

    before, now  two profiles;  smallest  rows of fewer customers keep n and lose their shares; under a disclosure.Limit
    cells that would tell of too few lose n, too, and `hidden` says so
    Returns, index (before, now): n and `share` of the row; a stage in which nobody was has no row.
    """
    pairs = before.select("customer_id", before=before.lifecycle).join(
        now.select("customer_id", now=now.lifecycle), "customer_id"
    )
    found = pairs.group_by(["before", "now"]).aggregate(n=pairs.count()).execute()
    grid = pd.MultiIndex.from_product([STAGES, STAGES], names=["before", "now"])
    n = found.set_index(["before", "now"])["n"].reindex(grid).fillna(0).astype(int)
    n = n[n.groupby(level="before").transform("sum") > 0]
    whole = n.groupby(level="before").transform("sum")
    found = pd.DataFrame({"n": n, "share": (n / whole).where((whole > 0) & (whole >= smallest))})
    if not isinstance(smallest, disclosure.Limit):
        return found
    each = now.group_by("lifecycle").aggregate(n=now.count()).execute().set_index("lifecycle")["n"].to_dict()
    hidden = disclosure.hide_cells(found.assign(customers=n), smallest, columns=each)["hidden"]
    return found.mask(hidden.notna()).assign(hidden=hidden)


def _bad(profiles: ir.Table):
    """Was the customer's last answer bad?  A detractor (0-6), else dissatisfied (the lower half of 1-5); null: none."""
    return ibis.cases(
        (profiles.last_nps.notnull(), profiles.last_nps <= 6), (profiles.last_csat.notnull(), profiles.last_csat <= 2.5)
    )


def worth(profiles: ir.Table, smallest: int = 1) -> pd.DataFrame:
    """Are those who buy most the happier ones?

    profiles  those who bought, in fifths of their value (as many customers in each; equal values stay together)
    Returns, index `fifth` (1 least … 5 most): n who answered, customers, `unhappy` (0..1, as in `stages`) with Wilson's
    low and high, se, value (sum), value_share.
    """
    need(profiles, "value", "last_nps", "last_csat")
    bought = profiles.filter(profiles.value > 0).mutate(bad=_bad(profiles).cast("int64"))
    fifth = (bought.value.percent_rank() * 5).floor() + 1
    ranked = bought.mutate(fifth=ibis.least(fifth, 5).cast("int64"))
    found = ranked.group_by("fifth").aggregate(
        customers=_.count(), n=_.bad.count(), sum_x=_.bad.sum(), value=_.value.sum()
    )
    found = found.order_by("fifth").execute().set_index("fifth").astype(float)
    each = pd.DataFrame(dict.fromkeys(("sum_xx", "cluster_xx", "cluster_xn"), found["sum_x"].fillna(0)))
    sums = found[["n"]].assign(customers=found["n"], sum_x=found["sum_x"].fillna(0), cluster_nn=found["n"]).join(each)
    out = certainty.share(sums, "unhappy").assign(customers=found["customers"].astype(int), value=found["value"])
    out["value_share"] = out["value"] / out["value"].sum() if len(out) else np.nan
    # who answered is the group: `unhappy` tells of all of them, so that those who bought nothing are a group beside
    rest = int(profiles.aggregate(n=_bad(profiles).count()).execute()["n"].iloc[0]) - int(out["n"].sum())
    few = _kept_back([*out["n"], rest], smallest)[:-1]
    shown = certainty.hide_small(out, smallest)
    if not few.any():
        return shown
    shown.loc[few, [c for c in shown if c not in ("n", disclosure.HIDDEN)]] = np.nan
    shown.loc[few, disclosure.HIDDEN] = shown.loc[few, disclosure.HIDDEN].fillna(disclosure.BESIDE)
    return shown
