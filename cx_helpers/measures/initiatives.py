"""Did last time's action work?  What each initiative changed at its touchpoint, beyond what changed elsewhere.

A number that moved after an action may have moved anyway.  So the touchpoint is compared with all others over the same
days: the difference of the two changes (difference in differences; Card, Krueger, American Economic Review 84, 1994).
It rests on the two having moved alike without the action, which `placebo` looks at: the same comparison one window
earlier, when there was nothing to find.
"""

from __future__ import annotations

import datetime as dt

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from cx_helpers import certainty, disclosure, payback
from cx_helpers.dates import Period
from cx_helpers.tables import need

COLUMNS = (
    "name touchpoint started_at cost n_before before n after after_low after_high change others low high p_value "
    "p_adjusted placebo placebo_p customers beside"
).split()


def effects(
    touchpoints: ir.Table | None, initiatives: ir.Table | None, period: Period, days: int = 90, smallest: int = 30
) -> pd.DataFrame:
    """What did each initiative do to how often its touchpoint fails?

    touchpoints  everything up to the period's end;  initiatives  `initiative_id`, `started_at`, and where known `name`,
                 `touchpoint`, `cost`; None of either: nothing can be judged
    days         the window on each side; after the start it ends with the period at latest
    Only initiatives of a touchpoint that notes outcomes, begun before the period's end and not longer ago than `days`
    before its start, and with at least a third of the window after them, are judged.

    Returns one row an initiative, the latest first: name, touchpoint, started_at, cost, `before` (share that failed or
    was abandoned, 0..1, with n_before) and `after` (with n, after_low, after_high), `change` = the touchpoint's change
    less that of `others`, low, high (95 %, clustered by customer), p_value, p_adjusted (Holm over the initiatives), and
    `placebo` with `placebo_p`: the same where nothing happened.  Null where a side has too few customers.
    """
    if touchpoints is None or initiatives is None:
        return _empty()
    need(touchpoints, "customer_id", "occurred_at", "touchpoint")
    need(initiatives, "initiative_id", "started_at")
    rows = _asked(initiatives, period, days)
    known = touchpoints.outcome.isin(["success", "failure", "abandoned"]) if "outcome" in touchpoints.columns else None
    if known is None or rows.empty:
        return _empty()
    seen = touchpoints.filter(known)
    failed = seen.outcome.isin(["failure", "abandoned"]).cast("float64")
    seen = seen.select("customer_id", "occurred_at", "touchpoint", x=failed)
    found = pd.DataFrame([_judged(seen, row, period, days, smallest) for row in rows.to_dict("records")])
    found["started_at"] = pd.to_datetime(found["started_at"], utc=True)  # one engine names the zone, another does not
    found["p_adjusted"] = certainty.adjust(found["p_value"], "holm")
    found["beside"] = payback.beside(found, begun(initiatives, period), days)
    return found.set_index("initiative_id")[COLUMNS]


def begun(initiatives: ir.Table | None, period: Period) -> pd.DataFrame:
    """Which initiatives were begun by the period's end, the latest first?

    Returns index initiative_id: name, touchpoint, started_at, cost (null where the table does not say).
    """
    columns = ["name", "touchpoint", "started_at", "cost"]
    if initiatives is None:
        return pd.DataFrame(columns=columns, index=pd.Index([], name="initiative_id"))
    need(initiatives, "initiative_id", "started_at")
    absent = [name for name in columns if name not in initiatives.columns]
    table = initiatives.mutate(**{name: ibis.null("float64" if name == "cost" else "string") for name in absent})
    table = table.filter(table.started_at < period.end).select("initiative_id", *columns)
    found = table.order_by(table.started_at.desc(), "initiative_id").execute().set_index("initiative_id")
    return found.assign(started_at=pd.to_datetime(found["started_at"], utc=True).dt.as_unit("us"))  # engines differ


def _asked(initiatives: ir.Table, period: Period, days: int) -> pd.DataFrame:
    absent = [name for name in ("name", "touchpoint", "cost") if name not in initiatives.columns]
    table = initiatives.mutate(**{name: ibis.null("float64" if name == "cost" else "string") for name in absent})
    begun = table.started_at
    ended = period.end - dt.timedelta(days=days / 3)
    table = table.filter(
        (begun <= ended) & (begun >= period.start - dt.timedelta(days=days)) & table.touchpoint.notnull()
    )
    columns = ["initiative_id", "name", "touchpoint", "started_at", "cost"]
    return table.select(*columns).order_by(table.started_at.desc(), "initiative_id").execute()


def _judged(seen: ir.Table, row: dict, period: Period, days: int, smallest: int) -> dict:
    start = pd.Timestamp(row["started_at"])
    start = (start.tz_localize("UTC") if start.tz is None else start).to_pydatetime()
    window = dt.timedelta(days=days)
    end = min(start + window, period.end)
    now = _change(seen, row["touchpoint"], start - window, start, end, smallest)
    then = _change(seen, row["touchpoint"], start - 2 * window, start - window, start, smallest)
    return row | now | {"placebo": then["change"], "placebo_p": then["p_value"]}


def _change(
    seen: ir.Table, touchpoint: str, since: dt.datetime, start: dt.datetime, end: dt.datetime, smallest
) -> dict:
    """The touchpoint's change at `start`, less that of the others, between `since` and `end`."""
    cut = seen.filter((seen.occurred_at >= since) & (seen.occurred_at < end))
    cut = cut.mutate(here=cut.touchpoint == touchpoint, later=cut.occurred_at >= start)
    sums = certainty.sums(cut, cut.x, ["here", "later"])
    sides = certainty.share(sums, "share").assign(se=lambda f: (f["high"] - f["low"]) / (2 * certainty.Z95))
    out = dict.fromkeys([c for c in COLUMNS[4:] if not c.startswith(("placebo", "p_adj"))], np.nan)
    keys = [(True, False), (True, True), (False, False), (False, True)]
    if not all(key in sides.index for key in keys):
        return out
    before, after, then, now = (sides.loc[key] for key in keys)
    customers = min(sums.loc[key, "customers"] for key in keys)
    if disclosure.few(customers, smallest) or min(before["n"], after["n"]) < int(smallest):
        return out
    own, others = after["share"] - before["share"], now["share"] - then["share"]
    change, se = own - others, float(np.sqrt((sides.loc[keys, "se"] ** 2).sum()))
    p = certainty.two_sided(change / se) if se > 0 else np.nan
    return {
        "n_before": before["n"], "before": before["share"], "n": after["n"], "after": after["share"],
        "after_low": after["low"], "after_high": after["high"], "change": change,
        "others": others, "low": change - certainty.Z95 * se, "high": change + certainty.Z95 * se, "p_value": float(p),
        "customers": customers,
    }  # fmt: skip


def _empty() -> pd.DataFrame:
    return pd.DataFrame(columns=COLUMNS, index=pd.Index([], name="initiative_id")).astype(
        {name: float for name in COLUMNS if name not in ("name", "touchpoint", "started_at")}
    )
