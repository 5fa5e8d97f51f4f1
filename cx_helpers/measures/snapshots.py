"""What was known of each customer at an instant, and who left after it?  What foretelling is learnt from.

At a snapshot nothing is known of what came later: a request solved the day after is unsolved.  Then comes a gap, in
which one would still be getting ready, and then the window in which customers leave or stay.  Who they are (gender,
age, place) is no part of it: only what they did, said and lived through.
"""

from __future__ import annotations

import datetime as dt
import functools
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from cx_helpers import engine, lacking, limits
from cx_helpers.tables import TABLES, MissingTable, need

DAY, MONTH = 86_400, 30.4375  # seconds of a day; days of a month, on average
SHORTEST, LONGEST = 28, 182  # days that a window may have
OFTEN = 0.9  # of those who buy again, so many do within the window
ENDS = 60  # ends of contracts that a window should hold, to learn from
FACTS = ("orders", "contracts", "touchpoints", "responses", "comments", "tickets")  # the tables that are looked at
NEGATIVE = -0.2  # sentiment below which a comment is negative
PATIENCE_DAYS = 7  # how long solving a request may take
PLANS, HOLDERS = 8, 30  # plans of contracts that are told apart, at most; customers that each of them has, at least
PLAN = "plan="  # how the column of a plan begins in a panel
SEEN = 2  # windows of history before a snapshot, so that a trend can be seen

# what stands for nothing where a customer has none of it; other features are null then
_COUNTS = (
    "orders orders_recent orders_before spend_recent spend_before visits_recent visits_before bad_moments "
    "answers_recent negative_comments requests_recent unsolved_requests"
).split()


@dataclass(frozen=True)
class Schedule:
    """When customers are looked at, and for how long they are watched.

    leaving  what counts as leaving: `orders` (no order in the window, of who bought within as many days before) or
             `contracts` (a contract that ran ends, and none runs as the window ends)
    today    the end of what is known (UTC);  past  the snapshots whose windows are over, oldest first
    gap_days, window_days  the pause after a snapshot, and how long customers are watched from then on
    gaps     times between purchases (or ends of contracts) that the window's length is taken from
    given    was it given?
    """

    leaving: str
    today: dt.datetime
    past: tuple[dt.datetime, ...]
    gap_days: int
    window_days: int
    gaps: int = 0
    given: bool = False


def told_by(tables: dict[str, ir.Table], asked: str, today: dt.datetime) -> str:
    """What tells that a customer left: `orders` or `contracts`.

    asked  either, or auto: the table with more customers who could leave today (who ordered within LONGEST days; whose
           contract runs).  Raises MissingTable where there is neither.
    """
    there = [name for name in ("orders", "contracts") if tables.get(name) is not None]
    if not there:
        raise MissingTable(lacking.who_leaves())
    if asked in there or len(there) == 1:
        return asked if asked in there else there[0]
    orders, contracts = tables["orders"], tables["contracts"]
    lately = _at(today - dt.timedelta(LONGEST))
    buyers = orders.filter(orders.ordered_at >= lately, orders.ordered_at < _at(today))
    runs = contracts.ended_at.isnull() | (contracts.ended_at >= _at(today))
    holders = contracts.filter(contracts.started_at < _at(today), runs)
    count = [int(t.customer_id.nunique().execute()) for t in (buyers, holders)]
    return "contracts" if count[1] > count[0] else "orders"


def usual_window(events: ir.Table, leaving: str, today: dt.datetime) -> tuple[int, int]:
    """How long must one wait to say that a customer left?  (days, what that was taken from)

    orders     the time within which nine of ten buy again who do at all, in whole weeks: 28 to 182 days; (182, 0) where
               nobody bought twice.  Waits still open are not counted, so it reads a little short
    contracts  30, 61 or 91 days: the shortest that held 60 ends at the pace of the last year
    """
    if leaving == "contracts":
        need(events, "ended_at")
        year = ibis.literal(today - dt.timedelta(365)).cast("timestamp('UTC')")
        ended = events.filter((events.ended_at < _at(today)) & (events.ended_at >= year)).count()
        n = int(ended.execute())
        return next((days for days in (30, 61) if n * days / 365 >= ENDS), 91), n
    need(events, "customer_id", "ordered_at")
    who = ibis.window(group_by="customer_id", order_by="ordered_at")
    rows = events.filter(_.customer_id.notnull(), _.ordered_at < _at(today)).select("customer_id", "ordered_at")
    gaps = rows.distinct().mutate(days=(engine.epoch(_.ordered_at) - engine.epoch(_.ordered_at).lag().over(who)) / DAY)
    found = gaps.filter(gaps.days.notnull()).aggregate(n=_.count(), days=_.days.quantile(OFTEN)).execute().iloc[0]
    if not int(found["n"]):
        return LONGEST, 0
    weeks = -(-float(found["days"]) // 7)
    return int(min(max(7 * weeks, SHORTEST), LONGEST)), int(found["n"])


def schedule(
    events: ir.Table,
    leaving: str,
    today: dt.datetime,
    gap_days: int = 7,
    window_days: int = 0,
    most: int = 4,
    since: dt.datetime | None = None,
) -> Schedule:
    """When to look at customers: as late as can be, so that no window overlaps another and every window is over.

    events  the orders or the contracts;  window_days  0: as long as `usual_window` says;  most  past snapshots at most
    since   from when on ends of contracts were recorded (`churn.recorded_since`): earlier ones would see nobody leave
    The first snapshot leaves two windows of history before it, of the orders (of contracts one); `past` may be empty.
    """
    days, gaps = (window_days, 0) if window_days else usual_window(events, leaving, today)
    when = events.ordered_at if leaving == "orders" else events.started_at
    first = (
        events.filter(events.customer_id.notnull(), when < _at(today)).aggregate(x=when.min()).execute()["x"].iloc[0]
    )
    if pd.isna(first):
        return Schedule(leaving, today, (), gap_days, days, gaps, bool(window_days))
    first = pd.Timestamp(first)
    first = first if first.tzinfo else first.tz_localize("UTC")
    step = dt.timedelta(gap_days + days)
    earliest = first + dt.timedelta(days * (SEEN if leaving == "orders" else 1))
    past = [today - step * k for k in range(most, 0, -1)]
    if since is not None and leaving == "contracts":
        earliest = max(earliest, since)
    kept = tuple(at for at in past if at >= earliest)
    return Schedule(leaving, today, kept, gap_days, days, gaps, bool(window_days))


def _at(when: dt.datetime):
    return ibis.literal(when).cast("timestamp('UTC')")


def plans(contracts: ir.Table | None, today: dt.datetime) -> list[str]:
    """The commonest plans, by the customers who ever had one up to `today`: those that a panel tells apart.

    None where there is one only, and none where a plan of many is nobody's any more: plans may be written over when
    somebody leaves («closed»), and would tell of each snapshot what was only known after it.
    """
    if contracts is None or "plan" not in contracts.columns:
        return []
    held = contracts.filter(_.customer_id.notnull(), _.plan.notnull(), (_.started_at < _at(today)).fill_null(False))
    runs = (held.ended_at.isnull() | (held.ended_at >= _at(today))).cast("int64")
    count = held.group_by("plan").aggregate(n=held.customer_id.nunique(), runs=runs.sum()).execute()
    count = count[count["n"] >= HOLDERS].sort_values(["n", "plan"], ascending=[False, True])
    told = len(count) > 1 and (count["runs"] > 0).all()
    return [str(plan) for plan in count["plan"].head(PLANS)] if told else []


def features(
    tables: dict[str, ir.Table], at: dt.datetime, leaving: str, window_days: int, kinds: list[str] = ()
) -> ir.Table:
    """What is known at an instant of each customer who could leave.  An engine table, one row a customer.

    tables   orders, contracts, touchpoints, responses, comments, tickets, as far as there are; rows at or after `at`,
             and of nobody known, are not looked at
    leaving  orders: customers who bought within `window_days` before `at`;  contracts: whose contract runs at `at`
    kinds    of `plans`: each a column of its own
    Returns customer_id and, as far as there are tables (`recent`: in the last window_days, `before`: in those before):
        orders (all so far), orders_recent, orders_before, spend_recent, spend_before, mean_order, recency_days,
        overdue (recency in terms of the customer's own usual wait; null: bought once), tenure_days (since the first)
        visits_recent, visits_before, bad_moments (recent touchpoints that failed or were abandoned), silence_days
        last_score (0..1 of its scale), score_change (the recent mean less the earlier one), answers_recent
        negative_comments (recent), feeling (-1..1, recent mean)
        requests_recent, unsolved_requests (recent, unsolved after a week and still so), reply_hours (recent, to the
        first reply; who waits still counts as long as they have waited)
        contract_days (the oldest that runs), billing_days (of these, since its last whole month: how long until the
        next fee is due), contracts, monthly_fee, ended_before (contracts that ended already), plan_0, plan_1 … (is one
        of that plan running?  As the row of the contract has it)
    """
    clock = _Clock(at, window_days)
    parts = {
        "orders": _bought, "contracts": functools.partial(_held, kinds=kinds), "touchpoints": _met,
        "responses": _answered, "comments": _wrote,
        "tickets": _asked,
    }  # fmt: skip
    made = {k: part(_known(tables[k], k, at), clock) for k, part in parts.items() if tables.get(k) is not None}
    if leaving == "orders":
        base = made.pop("orders")
        base = base.filter(base.recency_days < window_days)
    else:
        base = made.pop("contracts")
        base = base.filter(base.contracts > 0)
    if "contracts" in made:
        made["contracts"] = made["contracts"].filter(made["contracts"].contracts > 0)
    for part in made.values():
        base = base.left_join(part, "customer_id").drop("customer_id_right")
    return base.mutate(**{c: base[c].fill_null(0) for c in _COUNTS if c in base.columns})


def outcome(tables: dict[str, ir.Table], at: dt.datetime, plan: Schedule) -> ir.Table:
    """Who left in the window after a snapshot?  customer_id and left (0, 1) of who could be told; others are no row.

    orders     customer_id of who bought in the window: left = 0; all others did leave (they are no row here)
    contracts  who had a contract that ran at `at`: left = 1 where one of these ended in the window and none runs as it
               ends, null where the last of them ended in the gap already
    """
    begin, end = (at + dt.timedelta(days) for days in (plan.gap_days, plan.gap_days + plan.window_days))
    if plan.leaving == "orders":
        orders = tables["orders"].filter(_.customer_id.notnull(), _.ordered_at >= _at(begin), _.ordered_at < _at(end))
        return orders.select("customer_id", left=ibis.literal(0, "int64")).distinct()
    held = tables["contracts"].filter(_.customer_id.notnull(), _.started_at < _at(end))
    runs_then = (held.started_at < _at(at)) & (held.ended_at.isnull() | (held.ended_at >= _at(at)))
    runs_after = held.ended_at.isnull() | (held.ended_at >= _at(end))
    runs_begin = (held.started_at < _at(begin)) & (held.ended_at.isnull() | (held.ended_at >= _at(begin)))
    each = held.group_by("customer_id").aggregate(
        then=runs_then.cast("int64").max(), after=runs_after.cast("int64").max(), begin=runs_begin.cast("int64").max()
    )
    each = each.filter(each.then == 1)
    left = ibis.cases((each.after == 1, 0), (each.begin == 0, ibis.null("int64")), else_=1)
    return each.select("customer_id", left=left.cast("int64"))


def panel(tables: dict[str, ir.Table], plan: Schedule, most: int = 30_000) -> pd.DataFrame:
    """The customers of every snapshot, past ones with what became of them.

    most  customers a snapshot at most, evenly taken in the order of their ids
    Returns who, when (the snapshot), today (is it the one whose future is not known?), y (1 left, 0 stayed, null
    today), weight (customers that each row stands for), and the columns of `features`; those of plans are called
    `plan=…` by their plan.
    """
    frames, kinds = [], plans(tables.get("contracts"), plan.today)
    for at in (*plan.past, plan.today):
        each, past = features(tables, at, plan.leaving, plan.window_days, kinds), at != plan.today
        if past:
            came = outcome(tables, at, plan).select("left", _id="customer_id")
            how = "left" if plan.leaving == "orders" else "inner"
            each = each.join(came, each.customer_id == came._id, how=how).drop("_id")
            each = each.mutate(left=each.left.fill_null(1)) if plan.leaving == "orders" else each
            each = each.filter(each.left.notnull())
        frames.append(_sampled(each, most).assign(when=at, today=not past))
    found = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()
    named = {f"plan_{i}": f"{PLAN}{kind}" for i, kind in enumerate(kinds)}
    found = found.rename(columns={"customer_id": "who", "left": "y"} | named)
    found["who"] = found["who"].astype(str)
    numbers = [c for c in found if c not in ("who", "when", "today")]
    found[numbers] = found[numbers].apply(pd.to_numeric).astype(float)
    found = found.assign(y=found["y"] if "y" in found else float("nan"))
    return found.sort_values(["when", "who"], ignore_index=True)


def columns(rows: pd.DataFrame) -> list[str]:
    """The features that a panel has, with the trends that two of its columns make."""
    return [c for c in rows if c not in ("who", "when", "today", "y", "weight")]


def _sampled(each: ir.Table, most: int) -> pd.DataFrame:
    """At most so many rows, evenly taken; `weight`: how many customers each stands for."""
    placed = each.mutate(_place=ibis.row_number().over(ibis.window(order_by="customer_id")), _of=each.count())
    kept = placed.filter(
        (placed._of <= most)
        | (((placed._place + 1) * most).floordiv(placed._of) > (placed._place * most).floordiv(placed._of))
    )
    found = kept.drop("_place").execute()
    whole = found.pop("_of")
    return found.assign(weight=whole / max(len(found), 1))


@dataclass(frozen=True)
class _Clock:
    """Seconds since 1970 at a snapshot, and the length of its window."""

    at: dt.datetime
    days: int

    @property
    def now(self) -> int:
        return int(self.at.timestamp())

    def since(self, time, by: str = "max"):
        """Days from the last (or the first) of these times to the snapshot."""
        return (self.now - engine.epoch(getattr(time, by)())).cast("float64") / DAY

    def recent(self, time):
        """Does it lie in the last window before the snapshot?"""
        return engine.epoch(time) >= self.now - self.days * DAY

    def before(self, time):
        """Does it lie in the window before that?"""
        return ~self.recent(time) & (engine.epoch(time) >= self.now - 2 * self.days * DAY)


def _known(table: ir.Table, name: str, at: dt.datetime) -> ir.Table:
    when = "started_at" if name == "contracts" else TABLES[name].time
    need(table, "customer_id", when)
    return table.filter(table.customer_id.notnull(), (table[when] < _at(at)).fill_null(False))


def _sum(condition, value=1):
    return condition.fill_null(False).ifelse(ibis.literal(value) if isinstance(value, int) else value, 0).sum()


def _bought(orders: ir.Table, clock: _Clock) -> ir.Table:
    time, amount = orders.ordered_at, ibis.greatest(orders.amount.cast("float64").fill_null(0.0), 0.0)
    recent, before = clock.recent(time), clock.before(time)
    each = orders.group_by("customer_id").aggregate(
        orders=_.count(), orders_recent=_sum(recent), orders_before=_sum(before),
        spend_recent=_sum(recent, amount), spend_before=_sum(before, amount), mean_order=amount.mean(),
        recency_days=clock.since(time), tenure_days=clock.since(time, "min"),
    )  # fmt: skip
    wait = ((each.tenure_days - each.recency_days) / (each.orders - 1).nullif(0)).nullif(0.0)
    return each.mutate(overdue=each.recency_days / wait)


def _held(contracts: ir.Table, clock: _Clock, kinds: list[str] = ()) -> ir.Table:
    runs = contracts.ended_at.isnull() | (contracts.ended_at >= _at(clock.at))
    started = engine.epoch(contracts.started_at)
    mine = {f"plan_{i}": (runs & (contracts.plan == kind)).fill_null(False) for i, kind in enumerate(kinds)}
    each = contracts.group_by("customer_id").aggregate(
        contracts=_sum(runs), ended_before=_sum(~runs), monthly_fee=_sum(runs, limits.fee(contracts).fill_null(0.0)),
        contract_days=(clock.now - runs.ifelse(started, ibis.null("int64")).min()).cast("float64") / DAY,
        **{name: has.cast("int64").max() for name, has in mine.items()},
    )  # fmt: skip
    each = each.mutate(billing_days=each.contract_days - (each.contract_days / MONTH).floor() * MONTH)
    return each if "monthly_fee" in contracts.columns else each.drop("monthly_fee")


def _met(touchpoints: ir.Table, clock: _Clock) -> ir.Table:
    time = touchpoints.occurred_at
    asked = {"visits_recent": _sum(clock.recent(time)), "visits_before": _sum(clock.before(time))}
    if "outcome" in touchpoints.columns:
        asked["bad_moments"] = _sum(clock.recent(time) & touchpoints.outcome.isin(["failure", "abandoned"]))
    return touchpoints.group_by("customer_id").aggregate(**asked, silence_days=clock.since(time))


def _answered(responses: ir.Table, clock: _Clock) -> ir.Table:
    need(responses, "score", "scale_min", "scale_max")
    rows = responses.filter(responses.score.notnull())
    wide = (rows.scale_max - rows.scale_min).cast("float64").nullif(0.0)
    rows = rows.mutate(_mark=(rows.score - rows.scale_min) / wide)
    recent, nothing = clock.recent(rows.responded_at), ibis.null("float64")
    newest = rows.group_by("customer_id").aggregate(_last=_.responded_at.max())
    last = rows.join(newest, ["customer_id", rows.responded_at == newest._last])
    last = last.group_by("customer_id").aggregate(last_score=_._mark.mean())
    each = rows.group_by("customer_id").aggregate(
        answers_recent=_sum(recent), _now=recent.ifelse(rows._mark, nothing).mean(),
        _then=recent.ifelse(nothing, rows._mark).mean(),
    )  # fmt: skip
    each = each.mutate(score_change=each._now - each._then).drop("_now", "_then")
    return each.left_join(last, "customer_id").drop("customer_id_right")


def _wrote(comments: ir.Table, clock: _Clock) -> ir.Table:
    felt = comments.sentiment if "sentiment" in comments.columns else ibis.null("float64")
    recent = clock.recent(comments.written_at)
    return comments.group_by("customer_id").aggregate(
        negative_comments=_sum(recent & (felt < NEGATIVE)),
        feeling=recent.ifelse(felt.cast("float64"), ibis.null("float64")).mean(),
    )


def _asked(tickets: ir.Table, clock: _Clock) -> ir.Table:
    recent, opened = clock.recent(tickets.opened_at), engine.epoch(tickets.opened_at)
    asked = {"requests_recent": _sum(recent)}
    if "solved_at" in tickets.columns:
        open_ = (tickets.solved_at.isnull() | (tickets.solved_at >= _at(clock.at))) & recent
        asked["unsolved_requests"] = _sum(open_ & (opened <= clock.now - PATIENCE_DAYS * DAY))
    if "first_reply_at" in tickets.columns:
        replied = ibis.least(engine.epoch(tickets.first_reply_at).fill_null(clock.now), clock.now)
        waited = (replied - opened).cast("float64") / 3600
        asked["reply_hours"] = recent.ifelse(waited, ibis.null("float64")).mean()
    return tickets.group_by("customer_id").aggregate(**asked)
