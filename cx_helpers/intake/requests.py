"""When was a request answered, solved, reopened?  Worked out from its messages and its journey where nothing says it.

The first answer is the first message that the customer can read and that one of the company's people wrote; where no
export says who these are, anybody but the customer who asked.  A request is solved at its last `ticket_solved`, unless
it was reopened after that.
"""

from __future__ import annotations

from cx_helpers.intake.values import literal

REPLY, SOLVED, REOPENED = "ticket_reply", "ticket_solved", "ticket_reopened"  # touchpoints
TELLING = f"touchpoint IN ({', '.join(map(literal, (REPLY, SOLVED, REOPENED)))})"  # of steps that say something here


def needs(table: str) -> set[str]:
    """The tables that requests, and the answers among the touchpoints, are worked out from."""
    return {"tickets": {"messages", "staff", "touchpoints"}, "touchpoints": {"messages", "tickets"}}.get(table, set())


def first_answers(messages: str, tickets: str, staff: str | None) -> str:
    """SQL of the first answer to each request: ticket_id, replied_at.  All three are relations; staff may be None."""
    theirs = f"m.customer_id IN (SELECT customer_id FROM {staff})" if staff else "true"
    return (
        f"SELECT t.ticket_id, min(m.written_at) AS replied_at FROM {tickets} t JOIN {messages} m USING (ticket_id) "
        f"WHERE m.customer_id IS DISTINCT FROM t.customer_id AND m.written_at >= t.opened_at AND {theirs} "
        "GROUP BY t.ticket_id"
    )


def from_steps(tickets: str, columns: list[str], steps: str) -> str:
    """SQL of the requests with first_reply_at, solved_at and reopens filled from their steps where they are null."""

    def at(step: str, which: str) -> str:
        return f"{which}(occurred_at) FILTER (WHERE touchpoint = {literal(step)})"

    told = (
        f"SELECT session_id AS ticket_id, {at(REPLY, 'min')} AS replied, {at(SOLVED, 'max')} AS solved, "
        f"{at(REOPENED, 'max')} AS again, "
        f"count(DISTINCT event_id) FILTER (WHERE touchpoint = {literal(REOPENED)}) AS n, "
        f"count(*) FILTER (WHERE touchpoint IN ({literal(SOLVED)}, {literal(REOPENED)})) AS steps "
        f"FROM {steps} WHERE session_id IS NOT NULL AND {TELLING} GROUP BY 1"
    )
    found = {
        "first_reply_at": "s.replied",
        "solved_at": "CASE WHEN s.again IS NULL OR s.again <= s.solved THEN s.solved END",
        "reopens": "CASE WHEN s.steps > 0 THEN s.n END",
    }
    kept = [c for c in found if c in columns]
    own = f"t.* EXCLUDE ({', '.join(kept)})" if kept else "t.*"
    filled = [f"coalesce(t.{c}, {sql}) AS {c}" if c in columns else f"{sql} AS {c}" for c, sql in found.items()]
    return f"SELECT {own}, {', '.join(filled)} FROM {tickets} t LEFT JOIN ({told}) s USING (ticket_id)"


def with_answers(tickets: str, columns: list[str], answers: str) -> str:
    """SQL of the requests with `first_reply_at` where only the messages tell it."""
    kept = "t.* EXCLUDE (first_reply_at)" if "first_reply_at" in columns else "t.*"
    known = "coalesce(t.first_reply_at, a.replied_at)" if "first_reply_at" in columns else "a.replied_at"
    return f"SELECT {kept}, {known} AS first_reply_at FROM {tickets} t LEFT JOIN ({answers}) a USING (ticket_id)"


def as_touchpoints(tickets: str, columns: list[str], touchpoints: str, answers: str) -> str:
    """SQL of one touchpoint an answer, where no export brings it."""
    known = f"SELECT session_id FROM {touchpoints} WHERE touchpoint = {literal(REPLY)} AND session_id IS NOT NULL"
    more = ", ".join(f"t.{c}" for c in ("channel", "source") if c in columns)
    return (
        f"SELECT t.ticket_id || '-' || epoch(a.replied_at)::BIGINT || '-3-{REPLY}' AS event_id, t.customer_id, "
        f"a.replied_at AS occurred_at, {literal(REPLY)} AS touchpoint, 'support' AS stage, t.ticket_id AS session_id, "
        f"'messages' AS _kind, false AS _partial{', ' + more if more else ''} "
        f"FROM {tickets} t JOIN ({answers}) a USING (ticket_id) "
        f"WHERE t.customer_id IS NOT NULL AND t.ticket_id NOT IN ({known})"
    )
