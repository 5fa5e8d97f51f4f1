"""Who was let down and has heard from us, how soon, and which causes keep coming?  Cases, from opening to closing.

A case that is still open counts as long as it was seen (Kaplan-Meier).  Where a company keeps no book of cases, its
requests to support are the cases: the first reply is the contact, the solution the closing.
"""

from __future__ import annotations

import datetime as dt

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from cx_helpers import certainty, contrasts, disclosure, engine, survival
from cx_helpers.tables import groups, need

HOUR = 3600
STEPS = {"contact": "contacted_at", "close": "closed_at"}
AGES = (1, 3, 7, 30)  # days: the ages by which open cases are told apart
LEAST = 10  # cases at risk, below which a curve is not drawn on
NONE = "(none)"  # a case without owner, aspect or touchpoint
_TEXTS = ("customer_id", "owner", "touchpoint", "aspect", "channel", "province", "urgent", "origin")
_NUMBERS = ("feeling", "rank")


def cases(book: ir.Table | None, tickets: ir.Table | None, until: dt.datetime, due_hours: float = 48) -> ir.Table:
    """The cases of a company as of `until`, one row each: what happened later has not happened yet.

    book     the closed loop's (`tables.cases`); None: the requests to support (`tickets`) are the cases, each due
             `due_hours` after it was opened, its topic the aspect
    Returns case_id, customer_id, opened_at, due_at, contacted_at, closed_at (null: not yet), owner, touchpoint, aspect,
    channel, province, urgent, origin, feeling (0..1), rank, and, in hours (tenths) from the opening: to_contact,
    to_close (to `until` where it has not happened), contacted, closed (yes or no).
    """
    if book is not None:
        found, known = book, {}
    else:
        need(tickets, "ticket_id", "opened_at")
        known = {"case_id": tickets.ticket_id, "origin": ibis.literal("ticket")}
        known |= {"contacted_at": _column(tickets, "first_reply_at"), "closed_at": _column(tickets, "solved_at")}
        known |= {"due_at": tickets.opened_at + ibis.interval(seconds=int(due_hours * HOUR))}
        known |= {"aspect": _text(tickets, "topic"), "owner": _text(tickets, "channel")}
        found = tickets
    picked = {name: known.get(name, _text(found, name)) for name in ("case_id", *_TEXTS)}
    picked |= {name: _number(found, name) for name in _NUMBERS}
    picked |= {"opened_at": found.opened_at, "due_at": known.get("due_at", _column(found, "due_at"))}
    for step in ("contacted_at", "closed_at"):
        value = known.get(step, _column(found, step))
        picked[step] = (value < until).ifelse(value, None)
    found = found.filter(found.opened_at < until).select(**picked)
    # who was solved without a word before was contacted by that
    first = ibis.coalesce(found.contacted_at, found.closed_at)
    end, opened = int(pd.Timestamp(until).timestamp()), engine.epoch(found.opened_at)
    hours = {
        name: ((value.isnull().ifelse(end, engine.epoch(value)) - opened) / (HOUR / 10)).floor() / 10
        for name, value in (("to_contact", first), ("to_close", found.closed_at))
    }
    return found.mutate(
        contacted_at=first, contacted=first.notnull(), closed=found.closed_at.notnull(), **hours
    )  # fmt: skip


def _column(table: ir.Table, name: str):
    return table[name] if name in table.columns else ibis.null(table.opened_at.type())


def _text(table: ir.Table, name: str):
    return table[name].cast("string") if name in table.columns else ibis.null("string")


def _number(table: ir.Table, name: str):
    return table[name].cast("float64") if name in table.columns else ibis.null("float64")


def speed(cases: ir.Table, smallest: int = 1, marks: tuple[float, ...] = (24, 72)) -> pd.DataFrame:
    """How soon is a case contacted, and closed?  Index `step` (contact, close).

    cases  of `cases`, those opened in the period
    Returns n, customers, happened, median_hours (null: half are not there yet) with median_low and median_high
    (Brookmeyer, Crowley 1982), and for each of `marks` (hours) the share by then with its interval: by_24,
    by_24_low, by_24_high, … (Kaplan-Meier: open cases count as long as seen).
    """
    rows = {}
    for step in STEPS:
        folded, customers = _folded(cases, step)
        n = int(folded["n"].sum())
        row = {"n": n, "customers": customers, "happened": int(folded.loc[folded["done"], "n"].sum())}
        curve = survival.kaplan_meier(folded["hours"], folded["done"], folded["n"])
        row["median_hours"], row["median_low"], row["median_high"] = _median(curve)
        longest = folded["hours"].max() if n else -1
        for mark in marks:
            seen = survival.at(curve, [mark]).iloc[0]
            known = longest >= mark
            row |= {f"by_{mark:g}": 1 - seen["survival"] if known else np.nan}
            row |= {f"by_{mark:g}_low": 1 - seen["high"], f"by_{mark:g}_high": 1 - seen["low"]}
        rows[step] = row
    found = pd.DataFrame.from_dict(rows, orient="index").rename_axis("step")
    return certainty.hide_small(found, disclosure.customers_only(smallest))


def _median(curve: pd.DataFrame) -> tuple[float, float, float]:
    """By when half are there, and between which times that lies (null: later than was seen)."""
    ends = (survival.quantile(curve.assign(survival=curve[side].fillna(1.0))) for side in ("low", "high"))
    return (survival.quantile(curve), *ends)


def median(speed: pd.DataFrame, step: str, name: str) -> pd.DataFrame:
    """One step of `speed` as an answer of one row: n, customers, the median hours as `name`, low, high."""
    row = speed.loc[[step]].set_axis([certainty.ALL])
    told = {"median_hours": name, "median_low": "low", "median_high": "high"}
    return row[["n", "customers", *told]].rename(columns=told)


def _folded(cases: ir.Table, step: str) -> tuple[pd.DataFrame, int]:
    """Cases that took as long and ended alike as one row (hours, done, n); and the customers behind all of them."""
    done = "contacted" if step == "contact" else "closed"
    rows = cases.select(hours=cases[f"to_{step}"], done=cases[done], who=cases.customer_id, case=cases.case_id)
    found = rows.group_by("hours", "done").aggregate(n=rows.count()).execute().astype({"done": bool})
    who = rows.aggregate(n=rows.who.nunique(), alone=rows.who.isnull().cast("int64").sum()).execute().iloc[0]
    return found.sort_values(["hours", "done"], ignore_index=True), int(np.nansum(who.to_numpy(float)))


def curves(cases: ir.Table, days: int = 14, smallest: int = 1) -> pd.DataFrame:
    """The share contacted, and closed, so many days after the opening: index (`step`, `day`), done, low, high, at_risk.

    A curve ends where fewer than 10 cases are still waiting, or fewer than may be shown.
    """
    least, marks, frames = max(LEAST, disclosure.least(smallest)), np.arange(days + 1), {}
    for step in STEPS:
        folded, _ = _folded(cases, step)
        curve = survival.kaplan_meier(folded["hours"], folded["done"], folded["n"])
        seen = survival.at(curve, marks * 24.0)
        at_risk = np.array([folded.loc[folded["hours"] >= mark * 24, "n"].sum() for mark in marks])
        out = pd.DataFrame({"done": 1 - seen["survival"], "low": 1 - seen["high"], "high": 1 - seen["low"]})
        out = out.assign(n=int(folded["n"].sum()), at_risk=at_risk).set_axis(pd.Index(marks, name="day"))
        frames[step] = out.where(out["at_risk"] >= least) if len(folded) else out.iloc[:0]
    return pd.concat(frames, names=["step", "day"])


def in_time(cases: ir.Table, period, by=None, smallest: int = 1) -> pd.DataFrame:
    """Which share of the cases that fell due in the period was closed by then?  Index the groups, or `all`.

    Returns n (cases that fell due), customers, `loop_closed_rate` (0..1) with low and high (Wilson, several cases of
    one customer kept together), se.  A case without a due time is not asked about.
    """
    by = groups(by)
    found = certainty.sums(_due(cases, period), _in_time(_due(cases, period)), by)
    return certainty.hide_small(certainty.share(found, "loop_closed_rate"), smallest)


def _due(cases: ir.Table, period) -> ir.Table:
    due = cases.filter(cases.due_at >= period.start, cases.due_at < period.end)
    return due.mutate(owner=due.owner.fill_null(NONE))


def _in_time(due: ir.Table):
    return (due.closed_at <= due.due_at).fill_null(False).cast("int64")


def slower(cases: ir.Table, period, smallest: int = 1) -> pd.DataFrame:
    """Whose cases are closed in time less often, or more often, than the others'?  One row an owner; p by Holm.

    Returns the columns of `contrasts.difference` (n, customers, value, low, high, baseline, change, p_value) and
    p_adjusted, over all owners.
    """
    due = _due(cases, period)
    found = certainty.sums(due, _in_time(due), ["owner"])
    found = found[found.index != NONE]
    if len(found) < 2:
        return pd.DataFrame(
            columns="n customers value low high baseline change p_value p_adjusted".split(), dtype=float
        )
    each = contrasts.share(found)
    whole = each.assign(_all=certainty.ALL).set_index("_all", append=True)
    out = contrasts.against_others(whole, ["_all"], smallest).droplevel("_all")
    return out.assign(p_adjusted=certainty.adjust(out["p_value"], "holm"))


def causes(cases: ir.Table) -> ir.Table:
    """What cases are about, as `risen.risen` asks for it: an engine table of who, written_at, term.

    A term is `aspect · touchpoint`, or the one of them that is known; cases of which neither is known are left out.
    """
    aspect, place = cases.aspect, cases.touchpoint
    both = (aspect + ibis.literal(" · ") + place).coalesce(aspect).coalesce(place)
    who = cases.customer_id.coalesce(cases.case_id)
    rows = cases.select(who=who, written_at=cases.opened_at, term=both)
    return rows.filter(rows.term.notnull())


def waiting(cases: ir.Table, until: dt.datetime, smallest: int = 1) -> pd.DataFrame:
    """Which cases are open, whose are they, and how old?  Index owner: n, customers, overdue, and by age in days the
    columns under_1, under_3, under_7, under_30, older.  Owners of too few customers are hidden."""
    still = cases.filter(~cases.closed)
    day = (still.to_close / 24).floor()
    sums, low = {}, 0
    for edge in AGES:
        sums[f"under_{edge}"] = ((day >= low) & (day < edge)).cast("int64").sum()
        low = edge
    sums["older"] = (day >= low).cast("int64").sum()
    sums["overdue"] = (still.due_at < until).fill_null(False).cast("int64").sum()
    rows = still.mutate(owner=still.owner.fill_null(NONE), who=still.customer_id.coalesce(still.case_id))
    found = rows.group_by("owner").aggregate(n=rows.count(), customers=rows.who.nunique(), **sums).execute()
    found = found.set_index("owner").sort_values(["n"], ascending=False, kind="stable")
    order = ["n", "customers", "overdue", *(f"under_{edge}" for edge in AGES), "older"]
    return certainty.hide_small(found[order], disclosure.customers_only(smallest))
