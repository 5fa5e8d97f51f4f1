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
from cx_helpers.records import Finding, severity
from cx_helpers.tables import need
from cx_helpers.wording import Words, say

STAGES = ("prospect", "new", "active", "cooling", "lapsed")  # of the lifecycle, in its order

GUARDS = [
    {
        "fa": "هر مشتری در یک لحظه دیده شده است: آنچه پس از پایان دوره رخ داده در هیچ عددی نیست.",
        "en": "Each customer is seen as of one instant: nothing that came after the period is in any number.",
    },
    {
        "fa": "مرز «رو به سردی» و «ازدست‌رفته» از فاصلهٔ خریدهای خود این مشتریان است، نه یک قاعدهٔ ثابت؛ سهم‌ها "
        "با مرزهای دیگر هم آمده‌اند. سکوت، رفتن نیست.",
        "en": "Cooling and lapsed are told by these customers' own gaps between purchases, not by a fixed rule; "
        "the shares under other limits stand beside. Silence is not leaving.",
    },
    {
        "fa": "ارزش، جمع خریدهای تاکنون است، نه ارزش آینده؛ تفاوت تجربهٔ گروه‌ها همراهی است، نه علت.",
        "en": "Value is what was bought so far, not what will be; a difference in experience is an "
        "association, not a cause.",
    },
]


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
    few = {name: disclosure.few(found[base], smallest) for name, base in bases.items()}
    out = out.assign(**{name: out[name].mask(those) for name, those in few.items() if those.any()})
    return certainty.hide_small(out, smallest)


BASES = {  # what the n of a share counts, for its card
    "quiet": {"fa": "خریدار", "en": "buyers"},
    "unhappy": {"fa": "پاسخ‌دهنده", "en": "who answered"},
    "consent": {"fa": "مشتری", "en": "customers"},
}
COLUMNS = {  # how a page sets `stages`
    "columns": ["n", "share", "value", "value_share", "unhappy", "open", "consent"],
    "titles": {
        "n": {"fa": "مشتریان", "en": "customers"},
        "share": {"fa": "سهم", "en": "share"},
        "value": {"fa": "خرید تاکنون", "en": "bought so far"},
        "value_share": {"fa": "سهم از خرید", "en": "share of sales"},
        "unhappy": {"fa": "ناراضی", "en": "unhappy"},
        "open": {"fa": "با درخواست باز", "en": "with an open request"},
        "consent": {"fa": "اجازهٔ تماس", "en": "may be contacted"},
    },
    "formats": {"share": "share", "value": "money", "value_share": "share", "unhappy": "share", "open": "count",
                "consent": "share"},
}  # fmt: skip


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
    """Which share of those who ever bought are cooling or lapsed?  One row: n, customers, `quiet`, low, high."""
    bought = profiles.lifecycle != "prospect"
    return _part(profiles, bought, profiles.lifecycle.isin(["cooling", "lapsed"]), "quiet", smallest)


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
    bought, `quiet` (0..1): whose last purchase is longer ago than that, with Wilson's low and high.
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
    return certainty.hide_small(found, smallest)


def moved(before: ir.Table, now: ir.Table, smallest: int = 1) -> pd.DataFrame:
    """Where were customers in the period before, and where are they now?  Only those who were known then.

    before, now  two profiles;  smallest  rows of fewer customers keep n and lose their shares; under a disclosure.Limit
    cells that would tell of too few lose n, too, and `hidden` says so
    Returns, index (before, now): n and `share` of the row.
    """
    pairs = before.select("customer_id", before=before.lifecycle).join(
        now.select("customer_id", now=now.lifecycle), "customer_id"
    )
    found = pairs.group_by(["before", "now"]).aggregate(n=pairs.count()).execute()
    grid = pd.MultiIndex.from_product([STAGES, STAGES], names=["before", "now"])
    n = found.set_index(["before", "now"])["n"].reindex(grid).fillna(0).astype(int)
    whole = n.groupby(level="before").transform("sum")
    found = pd.DataFrame({"n": n, "share": (n / whole).where((whole > 0) & (whole >= smallest))})
    if not isinstance(smallest, disclosure.Limit):
        return found
    hidden = disclosure.hide_cells(found.assign(customers=n), smallest)["hidden"]
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
    return certainty.hide_small(out, smallest)


def findings(fifths: pd.DataFrame) -> tuple[list[Finding], int]:
    """Is the fifth that brings most unhappier, or happier, than all others?  One look: (findings, looks)."""
    seen = fifths[fifths["unhappy"].notna()]
    if 5 not in seen.index or len(seen) < 2:
        return [], 0
    top, rest = seen.loc[5], seen.drop(5)
    others = (rest["unhappy"] * rest["n"]).sum() / rest["n"].sum()
    rest_se = np.sqrt(((rest["n"] * rest["se"]) ** 2).sum()) / rest["n"].sum()
    gap, se = top["unhappy"] - others, np.hypot(top["se"], rest_se)
    # each customer answered once here
    p = float(certainty.difference(gap, {"n": top["n"], "se": top["se"]}, {"n": rest["n"].sum(), "se": rest_se}))
    loud = severity(p, abs(gap) >= 0.1)
    if loud is None:
        return [], 1
    worse = gap > 0
    text = say(
        fa="{who} {unhappy:.0%} ناراضی‌اند، در برابر {others:.0%} دیگران" if worse
        else "تنها {unhappy:.0%} از {who_of} ناراضی‌اند، در برابر {others:.0%} دیگران",
        en="{unhappy:.0%} of the fifth who buy most are unhappy, against {others:.0%} of the others",
        who="از پرخریدترین پنجم مشتریان", who_of="پرخریدترین پنجم مشتریان", unhappy=top["unhappy"], others=others,
    )  # fmt: skip
    detail = say(
        fa="تفاوت: {gap:+.1f} واحد درصد (بازهٔ ۹۵٪: {low:.1f} تا {high:.1f})؛ این پنجم {share:.0%} فروش را آورده است.",
        en="Difference: {gap:+.1f} percentage points (95% interval: {low:.1f} to {high:.1f}); this fifth brought "
        "{share:.0%} of sales.",
        gap=100 * gap, low=100 * (gap - 1.96 * se), high=100 * (gap + 1.96 * se), share=top["value_share"],
    )  # fmt: skip
    one = Finding(
        kind="risk" if worse else "strength", subject={"value_fifth": 5}, measure="unhappy",
        value=float(top["unhappy"]), baseline=float(others), low=float(top["low"]), high=float(top["high"]),
        n=int(top["n"]), p_adjusted=p,
        severity=loud, text=text, detail=detail, looks=1, good=not worse,
    )  # fmt: skip
    return [one], 1


def sentence(now: pd.DataFrame, gap: tuple[float, int]) -> Words:
    """The bottom line: how many customers, how many of them are in touch, how many have gone quiet."""
    count = {stage: int(now["n"].get(stage, 0)) for stage in STAGES}
    if "hidden" in now and len(now) and now["hidden"].notna().all():
        return disclosure.sentence(disclosure.SMALL)
    if "hidden" in now and now["hidden"].notna().any():  # a stage that is not told is not what is left of the sum
        return say(fa="{total} مشتری می‌شناسیم.", en="We know {total} customers.", total=sum(count.values()))
    said = say(
        fa="{total} مشتری می‌شناسیم: {alive} نفر در جریان‌اند (تازه یا فعال)، {silent} نفر ساکت شده‌اند (رو به سردی یا "
        "ازدست‌رفته) و {none} نفر هنوز نخریده‌اند.",
        en="We know {total} customers: {alive} are in touch (new or active), {silent} have gone quiet (cooling or "
        "lapsed), {none} have not bought yet.",
        total=sum(count.values()), alive=count["new"] + count["active"], silent=count["cooling"] + count["lapsed"],
        none=count["prospect"],
    )  # fmt: skip
    days, n = gap
    if not n:
        return said
    more = say(
        fa="نُه نفر از هر ده مشتری که دوباره خریده‌اند، ظرف {days:.0f} روز بازگشته‌اند.",
        en="Nine of ten who bought again did so within {days:.0f} days.",
        days=days,
    )
    return {locale: f"{said[locale]} {more[locale]}" for locale in said}


def money(now: pd.DataFrame) -> Words | None:
    """Where the money so far came from: those who have gone quiet, and those in touch; None without orders."""
    share = now["value_share"].reindex(["new", "active", "cooling", "lapsed"])
    if not share.notna().any():
        return None
    return say(
        fa="{alive:.0%} خریدهای تاکنون از مشتریانی است که در جریان‌اند و {silent:.0%} از آنان که ساکت شده‌اند.",
        en="{alive:.0%} of all sales so far came from customers in touch, {silent:.0%} from those who have gone quiet.",
        alive=share[["new", "active"]].sum(), silent=share[["cooling", "lapsed"]].sum(),
    )  # fmt: skip
