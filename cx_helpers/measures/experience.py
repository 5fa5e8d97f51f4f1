"""What had each respondent just lived through?  Facts from orders, touchpoints and tickets beside each answer.

Only what lies before the answer counts, so that nothing that came after it can look like its driver.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
from ibis import _

from cx_helpers.tables import MissingTable, TableError, hint, need
from cx_helpers.wording import raw, say

KEYS = ("response_id", "customer_id", "responded_at", "score")  # of the wide table; its other columns may be drivers
WITHIN_DAYS = 30  # before the answer
SLOW_MINUTES = 60  # a first reply later than this is slow


def beside_answers(
    responses: ir.Table,
    instrument: str = "csat",
    touchpoint: str | None = None,
    *,
    orders: ir.Table | None = None,
    touchpoints: ir.Table | None = None,
    tickets: ir.Table | None = None,
    instruments: tuple[str, ...] = (),
    within_days: int = WITHIN_DAYS,
) -> ir.Table:
    """A wide table for `folding.collapse`: one row an answer, with what may go with it.

    responses   contract table; answers of `instrument` with a score; its columns attr_… come along
    touchpoint  only answers given there; "" only answers about the whole (no touchpoint); None all of them
    orders      adds `late_delivery` (0/1: an order promised for the days before came late or not yet)
    touchpoints adds `failures` (how many contacts failed in the days before)
    tickets     adds `support_requests` (how many were opened in the days before), `slow_reply` (0/1: one of them had no
                reply within an hour) and `unsolved_request` (0/1: one was not solved when the answer was given)
    instruments other questions: adds the customer's mean answer to each within so many days before or after
    within_days how far back (and, for other questions, forth) to look
    Returns response_id, customer_id, responded_at, score, attr_…, and the columns named.  A fact that did not happen is
    0, also for a customer without orders or tickets; a question not answered is null.  One grouped join a source.
    """
    need(responses, "response_id", "customer_id", "responded_at", "instrument", "score")
    asked = responses.filter(_.instrument == instrument, _.score.notnull(), _.responded_at.notnull())
    if touchpoint is not None:
        need(responses, "touchpoint")
        asked = asked.filter(_.touchpoint.isnull() if touchpoint == "" else _.touchpoint == touchpoint)
    attributes = [c for c in responses.columns if c.startswith("attr_")]
    wide = asked.select("response_id", "customer_id", "responded_at", "score", *attributes)
    back = ibis.interval(days=within_days)
    near = wide.filter(_.customer_id.notnull()).select("response_id", "customer_id", _at="responded_at")
    if _has(orders, "promised_at", "delivered_at"):
        wide = _add(wide, *_late(near, orders, back))
    if _has(touchpoints, "outcome"):
        wide = _add(wide, *_failures(near, touchpoints, back))
    if _has(tickets, "first_reply_at", "solved_at"):
        wide = _add(wide, *_support(near, tickets, back))
    for other in instruments:
        if other == instrument:
            raise TableError(
                say(
                    fa="{other} همان نتیجه‌ای است که سنجیده می‌شود؛ در instruments پرسش‌های دیگری بنویسید",
                    en="instruments: '{other}' is the outcome itself; name other questions",
                    other=raw(other),
                )
            )
        wide = _add(wide, *_other(near, responses, other, back))
    return wide


def drivers(wide: ir.Table, only=()) -> list[str]:
    """The columns of a wide table that may be drivers; MissingTable where there is none, so that the run goes on.

    only   names of those to weigh (with or without attr_), e.g. where two of them tell the same thing; empty: all
    """
    found = [c for c in wide.columns if c not in KEYS]
    if not found:
        raise MissingTable(
            say(
                fa="چیزی در داده‌ها نیست که بتواند با امتیاز همراه باشد: نه ستون‌های attr_… کنار پاسخ‌ها، نه سفارش با "
                "زمان وعده و تحویل (promised_at و delivered_at)، نه تماس با نتیجه (outcome) و نه درخواست پشتیبانی. "
                "یکی از این‌ها را در workspace.yaml نگاشت کنید",
                en="nothing is known that could go with the score: no attr_… columns beside the answers, and no orders "
                "with promised_at and delivered_at, touchpoints with outcome, or tickets; map one of these in "
                "workspace.yaml",
            )
        )
    if not only:
        return found
    known = {c.removeprefix("attr_"): c for c in found}
    for name in only:
        if name.removeprefix("attr_") not in known:
            raise TableError(
                say(
                    fa="پیشرانی به نام {name} نیست{hint}. آنچه هست: {known}",
                    en="no driver '{name}'{hint}; there are: {known}",
                    name=raw(name),
                    hint=hint(name, known),
                    known=raw(", ".join(known)),
                )
            )
    return [known[name.removeprefix("attr_")] for name in dict.fromkeys(only)]


def _has(table: ir.Table | None, *columns: str) -> bool:
    """Is the table there, and does it have these columns?  One that lacks them has nothing to add."""
    return table is not None and set(columns) <= set(table.columns)


def _add(wide: ir.Table, facts: ir.Table, fill: dict) -> ir.Table:
    """Bring per-answer facts to the wide table; `fill` says what stands where nothing happened."""
    names = [c for c in facts.columns if c != "response_id"]
    facts = facts.rename(_answer="response_id")
    joined = wide.left_join(facts, wide.response_id == facts._answer).drop("_answer")
    return joined.mutate(**{c: joined[c].coalesce(fill[c]) for c in names if c in fill})


def _late(near: ir.Table, orders: ir.Table, back) -> tuple[ir.Table, dict]:
    need(orders, "customer_id", "promised_at", "delivered_at")
    due = near.join(orders.select("customer_id", "promised_at", "delivered_at"), "customer_id")
    due = due.filter(due.promised_at < due._at, due.promised_at >= due._at - back)
    late = due.delivered_at.isnull() | (due.delivered_at > due.promised_at)
    return due.group_by("response_id").aggregate(late_delivery=late.cast("int64").max()), {"late_delivery": 0}


def _failures(near: ir.Table, touchpoints: ir.Table, back) -> tuple[ir.Table, dict]:
    need(touchpoints, "customer_id", "occurred_at", "outcome")
    failed = touchpoints.filter(_.outcome == "failure").select("customer_id", "occurred_at")
    met = near.join(failed, "customer_id")
    met = met.filter(met.occurred_at < met._at, met.occurred_at >= met._at - back)
    return met.group_by("response_id").aggregate(failures=_.count()), {"failures": 0}


def _support(near: ir.Table, tickets: ir.Table, back) -> tuple[ir.Table, dict]:
    need(tickets, "customer_id", "opened_at", "first_reply_at", "solved_at")
    asked = near.join(tickets.select("customer_id", "opened_at", "first_reply_at", "solved_at"), "customer_id")
    asked = asked.filter(asked.opened_at < asked._at, asked.opened_at >= asked._at - back)
    limit = asked.opened_at + ibis.interval(minutes=SLOW_MINUTES)
    # by the time of the answer: replied late, or not replied though the hour was over
    slow = (asked.first_reply_at > limit) | (asked.first_reply_at.isnull() & (asked._at > limit))
    slow = (limit < asked._at) & slow
    unsolved = asked.solved_at.isnull() | (asked.solved_at > asked._at)
    facts = asked.group_by("response_id").aggregate(
        support_requests=_.count(),
        slow_reply=slow.fill_null(False).cast("int64").max(),
        unsolved_request=unsolved.cast("int64").max(),
    )
    return facts, {"support_requests": 0, "slow_reply": 0, "unsolved_request": 0}


def _other(near: ir.Table, responses: ir.Table, other: str, back) -> tuple[ir.Table, dict]:
    given = responses.filter(_.instrument == other, _.score.notnull())
    given = given.select("customer_id", "responded_at", _score=_.score.cast("float64"))
    met = near.join(given, "customer_id")
    met = met.filter(met.responded_at >= met._at - back, met.responded_at <= met._at + back)
    return met.group_by("response_id").aggregate(**{other: met._score.mean()}), {}
