"""What do we know of each customer, across all systems?  One row a customer, in the engine; one customer's own story.

A profile is a picture as of one instant and knows nothing that came after it.
"""

from __future__ import annotations

import datetime as dt

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from cx_helpers.tables import TABLES, need

CONTACTS = ("touchpoints", "orders", "responses", "comments", "tickets")
OPEN = ("solved", "closed", "resolved", "cancelled", "deleted", "merged")  # statuses of what is no longer open


def usual_gap(orders: ir.Table) -> tuple[float, int]:
    """How long do customers usually wait until they buy again?  (days, gaps counted)

    orders  customer_id, ordered_at.  The 90th percentile of the gaps between two purchases of one customer, 14 days at
    least: nine of ten who came back did so within it.  Gaps still open are not counted, so it reads a little short.
    (null, 0) where nobody bought twice.
    """
    window = ibis.window(group_by="customer_id", order_by="ordered_at")
    when = orders.filter(orders.customer_id.notnull()).select("customer_id", "ordered_at").distinct()
    gaps = when.mutate(days=(_.ordered_at.epoch_seconds() - _.ordered_at.lag().over(window).epoch_seconds()) / 86_400)
    gaps = gaps.filter(gaps.days.notnull())
    found = gaps.aggregate(n=gaps.count(), days=gaps.days.quantile(0.9)).execute().iloc[0]
    n = int(found["n"])
    return (max(14.0, float(found["days"])), n) if n else (float("nan"), 0)


def profile(
    customers: ir.Table,
    as_of: dt.datetime,
    window_days: float,
    *,
    touchpoints: ir.Table | None = None,
    orders: ir.Table | None = None,
    responses: ir.Table | None = None,
    comments: ir.Table | None = None,
    tickets: ir.Table | None = None,
) -> ir.Table:
    """What do we know of each customer?  An engine table, one row each of `customers`.

    as_of        the instant of the picture (UTC); rows after it are left out
    window_days  how long customers usually wait until they buy again (usual_gap); null: one year
    Tables that are not given leave their columns null, never 0.

    Returns the columns of `customers` and: first_contact_at, last_contact_at, contacts, channels (how many different
    ones); orders, value (sum of amounts), first_order_at, last_order_at; last_nps, last_csat, last_ces (scores of the
    newest answer; the mean where several have one instant) and last_feeling (-1..1); open_tickets; and lifecycle:
        prospect  no order      new     one order, within the window
        active    two or more, the last within the window
        cooling   the last one to two windows ago         lapsed  longer ago
    Where there are no orders at all, contacts take their place.
    """
    given = dict(zip(CONTACTS, (touchpoints, orders, responses, comments, tickets), strict=True))
    given = {name: _until(t, TABLES[name].time, as_of) for name, t in given.items() if t is not None}
    parts = [_contacts(given)] if given else []
    if "orders" in given:
        parts.append(given["orders"].group_by("customer_id").aggregate(
            orders=_.count(), value=_.amount.sum(), first_order_at=_.ordered_at.min(), last_order_at=_.ordered_at.max()
        ))  # fmt: skip
    if "responses" in given:
        scored = given["responses"].filter(given["responses"].score.notnull())
        parts += [_last(scored.filter(scored.instrument == i), "score", "responded_at", f"last_{i}")
                  for i in ("nps", "csat", "ces")]  # fmt: skip
    if "comments" in given and "sentiment" in given["comments"].columns:
        felt = given["comments"].filter(given["comments"].sentiment.notnull())
        parts.append(_last(felt, "sentiment", "written_at", "last_feeling"))
    if "tickets" in given:
        t = given["tickets"]
        closed = (t.solved_at <= _instant(as_of)) if "solved_at" in t.columns else ibis.literal(False)
        if "status" in t.columns:
            closed = closed.fill_null(False) | t.status.lower().isin(OPEN).fill_null(False)
        still = t.filter(~closed.fill_null(False))
        parts.append(still.group_by("customer_id").aggregate(open_tickets=_.count()))
    out = customers.drop(*(c for c in ALL if c in customers.columns))
    for part in parts:
        out = out.left_join(part, "customer_id").drop("customer_id_right")
    counted = {"orders": "orders", "open_tickets": "tickets", "contacts": "", "channels": "touchpoints"}
    zero = {
        c: out[c].fill_null(0) for c, table in counted.items() if c in out.columns and (not table or table in given)
    }
    out = out.mutate(**zero) if zero else out
    missing = {c: ibis.null(kind) for c, kind in ALL.items() if c not in out.columns and c != "lifecycle"}
    out = out.mutate(**missing) if missing else out
    return out.mutate(lifecycle=_lifecycle(out, "orders" in given, as_of, window_days))


def of(tables, at: str = "end", window_days: float = 0) -> ir.Table:
    """The customers of a report with all that is known of each: `profile.of(tables)`.

    tables       what `workspace.open` gives: its segment and its period count
    at           `end` of the period; `start`, for what is to split the period's own answers: a stage as of the end is
                 in part their result
    window_days  as in `profile`; 0: as these customers usually wait (usual_gap)
    Returns an engine table, one row a customer, as `profile` does; nothing in it is newer than that instant.
    """
    if at not in ("start", "end"):
        raise ValueError(f"at is {at!r}; it is 'end' or 'start' of the period")
    known = {name: tables.until.maybe(name) for name in CONTACTS}
    bought = known["orders"]
    window = window_days or (usual_gap(bought)[0] if bought is not None else float("nan"))
    return profile(tables.until.customers, getattr(tables.period, at), window, **known)


def add(table: ir.Table, profiles: ir.Table, *columns: str) -> ir.Table:
    """A table with columns of its customers' profiles, to split answers by: `add(tables.responses, who, "lifecycle")`.

    profiles  from `of` or `profile`.  Rows of nobody known, or of nobody in `profiles`, get null.
    """
    need(profiles, *columns)
    mine = profiles.select(*columns, _whose=profiles.customer_id)
    own = table.drop(*(c for c in columns if c in table.columns))
    return own.left_join(mine, own.customer_id == mine._whose).drop("_whose")


ALL = {
    "first_contact_at": "timestamp", "last_contact_at": "timestamp", "contacts": "int64", "channels": "int64",
    "orders": "int64", "value": "float64", "first_order_at": "timestamp", "last_order_at": "timestamp",
    "last_nps": "float64", "last_csat": "float64", "last_ces": "float64", "last_feeling": "float64",
    "open_tickets": "int64", "lifecycle": "string",
}  # fmt: skip


def _instant(as_of: dt.datetime):
    return ibis.literal(as_of).cast("timestamp('UTC')") if as_of.tzinfo else ibis.literal(as_of)


def _until(table: ir.Table, when: str, as_of: dt.datetime) -> ir.Table:
    return table.filter(table.customer_id.notnull(), table[when] < as_of)


def _contacts(given: dict[str, ir.Table]) -> ir.Table:
    """First and last contact of each customer, how many, over how many channels."""
    rows = []
    for name, table in given.items():
        channel = table.channel if "channel" in table.columns else ibis.null("string")
        rows.append(table.select("customer_id", at=table[TABLES[name].time], channel=channel.cast("string")))
    every = ibis.union(*rows) if len(rows) > 1 else rows[0]
    return every.group_by("customer_id").aggregate(
        first_contact_at=_["at"].min(), last_contact_at=_["at"].max(), contacts=_.count(), channels=_.channel.nunique()
    )


def _last(table: ir.Table, value: str, when: str, name: str) -> ir.Table:
    """The newest value of each customer; the mean of those that have one instant, whatever the order of the rows."""
    newest = table.group_by("customer_id").aggregate(_newest=table[when].max())
    at_it = table.join(newest, ["customer_id", table[when] == newest._newest])
    return at_it.group_by("customer_id").aggregate(**{name: at_it[value].mean()})


def _lifecycle(out: ir.Table, bought: bool, as_of: dt.datetime, window_days: float):
    window = window_days if window_days == window_days else 365.0
    since = [as_of - dt.timedelta(days=window * times) for times in (1, 2)]
    last, times = (out.last_order_at, out.orders) if bought else (out.last_contact_at, out.contacts)
    return ibis.cases(
        (times.fill_null(0) == 0, "prospect"),
        (last < since[1], "lapsed"),
        (last < since[0], "cooling"),
        (times == 1, "new"),
        else_="active",
    )


def events(customer_id: str, **tables: ir.Table | None) -> pd.DataFrame:
    """All that one customer did and said, across all systems: for the lab only.

    tables  touchpoints, orders, responses, comments, tickets, by these names; None: the company has none
    Returns rows in time: at, kind (the table), what, channel, outcome, number (amount, score or feeling), source.
    """
    what = {"touchpoints": "touchpoint", "orders": "status", "responses": "instrument", "comments": "origin",
            "tickets": "topic"}  # fmt: skip
    number = {"orders": "amount", "responses": "score", "comments": "sentiment", "touchpoints": "duration_s"}
    rows = []
    for kind, table in tables.items():
        if table is None:
            continue
        mine = table.filter(table.customer_id == customer_id, table[TABLES[kind].time].notnull())  # not: an invitation
        have = {
            "what": what[kind], "channel": "channel", "outcome": "outcome", "number": number.get(kind, ""),
            "source": "source",
        }  # fmt: skip
        picked = {n: mine[c] if c in mine.columns else ibis.null("string") for n, c in have.items()}
        picked["number"] = picked["number"].cast("float64")
        rows.append(mine.select(at=mine[TABLES[kind].time], **picked).execute().assign(kind=kind))
    frames = [
        r.astype({"what": object, "channel": object, "outcome": object, "source": object}) for r in rows if len(r)
    ]
    columns = ["at", "kind", "what", "channel", "outcome", "number", "source"]
    if not frames:
        return pd.DataFrame(columns=columns)
    found = pd.concat(frames)[columns]
    found["at"] = pd.to_datetime(found["at"], utc=True).dt.as_unit("us")  # engines name one instant differently
    return found.sort_values(["at", "kind"], ignore_index=True)
