"""Who was asked, and who answered?  Invitations meet answers that their own exports tell apart from them.

A survey's export knows the answers, its distribution history whom it was sent to and when.  Together: `invited_at` of
each answer, and a row without a score for each question that an invitation was not answered to (decision 6).
"""

from __future__ import annotations

_SHEET = "split_part(r.response_id, '-', 1)"  # of `R_1-QID7`: all answers of one person to one survey
_UNDONE = ".unfinished"  # instruments of answers that were not sent off


def needs(table: str) -> set[str]:
    """The tables that answers are completed from."""
    return {"invitations"} if table == "responses" else set()


def with_time(responses: str, columns: list[str], invitations: str) -> str:
    """SQL of the answers with `invited_at` where only the invitation that they came by tells it."""
    named = f"FROM {invitations} WHERE response_id IS NOT NULL"
    first = f"SELECT response_id AS _sheet, min(invited_at) AS _sent {named} GROUP BY 1"
    own = "r.* EXCLUDE (invited_at), coalesce(r.invited_at, _sent)" if "invited_at" in columns else "r.*, _sent"
    return f"SELECT {own} AS invited_at FROM {responses} r LEFT JOIN ({first}) ON _sheet = {_SHEET}"


def asked(responses: str, invitations: str) -> str:
    """SQL of what each survey measures: survey, instrument, its scale, as the answers show that came by invitation."""
    return (
        "SELECT i.survey, r.instrument, any_value(r.scale_min) AS scale_min, any_value(r.scale_max) AS scale_max "
        f"FROM {responses} r JOIN {invitations} i ON i.response_id = {_SHEET} "
        f"WHERE NOT ends_with(r.instrument, '{_UNDONE}') GROUP BY ALL"
    )


def unanswered(responses: str, columns: list[str], invitations: str) -> str:
    """SQL of one row for each question of a survey that an invitation to it was not answered to."""
    told = ("i.customer_id", "i.channel", "i.source")
    more = "".join(f", {c}" for c in told if c.removeprefix("i.") in columns)
    own = f"SELECT {_SHEET} AS sheet, r.instrument FROM {responses} r"
    # an answer that was given, and whose survey nobody exported yet, is not one that was not given
    missing = f"i.response_id IS NOT NULL AND i.response_id NOT IN (SELECT sheet FROM ({own}))"
    return (
        "SELECT i.invitation_id || '-' || a.instrument AS response_id, i.invited_at, a.instrument, a.scale_min, "
        f"a.scale_max, 'invitations' AS _kind, false AS _partial{more} "
        f"FROM {invitations} i JOIN ({asked(responses, invitations)}) a ON a.survey IS NOT DISTINCT FROM i.survey "
        f"ANTI JOIN ({own}) o ON o.sheet = i.response_id AND o.instrument = a.instrument WHERE NOT ({missing})"
    )
