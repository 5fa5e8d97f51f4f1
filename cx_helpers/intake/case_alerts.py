"""What cannot wait, and what does an alert say?  The outbox: alerts wait in the book of cases until they are sent.

An alert is enlisted in the transaction that makes its case, under a key of its own.  It names no customer and quotes
redacted words.  Above `most_per_hour` it waits for the day's digest instead.
"""

from __future__ import annotations

import datetime as dt
import json
from zoneinfo import ZoneInfo

from cx_helpers.intake import privacy
from cx_helpers.settings import Settings

HOUR = 3600
QUOTED = 200  # letters of a customer's words
_PARTS = ("feeling", "value", "risk", "urgency")
_TOLD = ("case_id", "rank", "urgent", "aspect", "touchpoint", "channel", "province", "owner")


def ways(rules) -> list[str]:
    """By which ways alerts leave: webhook, mail."""
    return [way for way in ("webhook", "mail") if rules.alerts[way]]


def enlist(book, settings: Settings, rules, case: dict, now: float) -> int:
    """Within `writing`: put a new case's alerts into the outbox where it cannot wait; returns how many."""
    if not (case["urgent"] or case["rank"] >= rules.alerts["from_rank"]):
        return 0
    body = json.dumps(alert(case, settings), ensure_ascii=False)
    for way in ways(rules):
        within = "SELECT count(*) FROM outbox WHERE way = ? AND made_at > ? AND state <> 'digest'"
        (lately,) = book.db.execute(within, [way, now - HOUR]).fetchone()
        state = "waiting" if lately < rules.alerts["most_per_hour"] else "digest"
        row = [f"{case['case_id']}:{way}", case["case_id"], way, now, body, state, 0, None]
        book.db.execute("INSERT OR IGNORE INTO outbox VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
    return len(ways(rules))


def alert(case: dict, settings: Settings) -> dict:
    """What leaves the house of a case: nothing by which its customer is known."""
    told = {name: privacy.uncover(case[name]) if isinstance(case[name], str) else case[name] for name in _TOLD}
    words = privacy.redact(case["words"]) if case["words"] else None
    return told | {
        "parts": {part: case[part] for part in _PARTS},
        "company": settings.name,
        "opened_at": _stamp(case["opened_at"]),
        "due_at": _stamp(case["due_at"]),
        "words": words[:QUOTED] if words else None,
    }


def _stamp(at: float) -> str:
    return dt.datetime.fromtimestamp(at, dt.UTC).isoformat(timespec="seconds")


def digest(book, settings: Settings, rules, now: float) -> int:
    """Put the day's digest into the outbox once its hour has come, where there is anything to tell; returns how many.

    It names the cases whose alerts did not leave (too many an hour) or may not have arrived, and counts all that are
    open and late, by owner.
    """
    local = dt.datetime.fromtimestamp(now, ZoneInfo(settings.timezone))
    if local.time() < dt.time.fromisoformat(rules.alerts["digest"]):
        return 0
    made = 0
    with book.writing() as db:
        for way in ways(rules):
            key = f"digest:{local.date()}:{way}"
            if db.execute("SELECT 1 FROM outbox WHERE key = ?", [key]).fetchone():
                continue
            rest = "SELECT case_id, state FROM outbox WHERE way = ? AND state IN ('digest', 'unsure') AND case_id > ''"
            held = db.execute(rest, [way]).fetchall()
            counted = db.execute(
                "SELECT coalesce(owner, '') AS owner, count(*) AS open, sum(due_at < ?) AS late FROM cases "
                "WHERE state <> 'closed' GROUP BY 1 ORDER BY 2 DESC, 1", [now]).fetchall()  # fmt: skip
            if not held and not counted:
                continue
            body = {
                "company": settings.name,
                "day": str(local.date()),
                "open": [dict(row) for row in counted],
                "not_sent": [row["case_id"] for row in held if row["state"] == "digest"],
                "may_not_have_arrived": [row["case_id"] for row in held if row["state"] == "unsure"],
            }
            text = json.dumps(body, ensure_ascii=False)
            row = [key, None, way, now, text, "waiting", 0, None]
            db.execute("INSERT INTO outbox VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
            db.execute("UPDATE outbox SET state = 'told' WHERE way = ? AND state IN ('digest', 'unsure')", [way])
            made += 1
    return made
