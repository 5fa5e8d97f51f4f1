"""What does Zendesk nest?  Custom fields in tickets, the journey of a ticket in its audits, messages in chats.

A journey is told by what changed: status, priority, assignee.  Whatever export tells it (audits, ticket events, field
history), the same change becomes the same row: `step` is the touchpoint, `nth` orders the changes of one second.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from cx_helpers.intake.jsonpages import Record
from cx_helpers.intake.unpacking import Broken, each

LEVELS = {"low": 1, "normal": 2, "medium": 2, "high": 3, "urgent": 4}
WAITS = {"pending": "ticket_pending", "hold": "ticket_on_hold", "on-hold": "ticket_on_hold", "open": "ticket_in_work"}
DONE = {"solved": "ticket_solved", "closed": "ticket_closed"}
NTH = {"ticket": 0, "ticket_priority_raised": 1, "ticket_priority_lowered": 1, "ticket_assigned": 2,
       "ticket_reassigned": 2, "ticket_reply": 3, "ticket_reopened": 4, "ticket_in_work": 5, "ticket_pending": 5,
       "ticket_on_hold": 5, "ticket_solved": 6, "ticket_closed": 7}  # fmt: skip
FIELDS = ("status", "priority", "assignee_id", "requester_id", "subject", "group_id", "type", "organization_id")
NOBODY = (None, "", "0", 0)


@each
def ticket(record: dict) -> Iterator[dict]:
    """A ticket with its custom fields as columns (`custom_fields.360001`), and its rating in one shape of three.

    satisfaction_rating is null, a word, or an object with the word in `score`, by the age of the account.
    """
    custom = [f for f in record.get("custom_fields") or record.get("fields") or () if isinstance(f, dict)]
    rating = record.get("satisfaction_rating")
    yield (
        record
        | {f"custom_fields.{f['id']}": f.get("value") for f in custom}
        | {"satisfaction_rating": rating if isinstance(rating, dict) else {"score": rating}}
    )


def step(field: str, value, before, first: bool) -> str | None:
    """The touchpoint that a change is, or None.

    first  the change is part of making the ticket: a status then opens it
    """
    if field == "status":
        if first and value not in DONE:
            return "ticket"
        if before in DONE and value not in DONE:
            return "ticket_reopened"
        return DONE.get(value) or (WAITS.get(value) if value != before else None)
    if field == "priority" and not first and {value, before} <= LEVELS.keys():
        way = LEVELS[value] - LEVELS[before]
        return "ticket_priority_raised" if way > 0 else "ticket_priority_lowered" if way < 0 else None
    if field == "assignee_id" and value not in NOBODY and value != before:
        return "ticket_assigned" if before in NOBODY else "ticket_reassigned"
    return None


def _change(ticket_id, at, field: str, value, before, first: bool) -> dict:
    found = step(field, value, before, first)
    return {"ticket_id": ticket_id, "at": at, "step": found, "nth": NTH.get(found), "kind": "step" if found else None}


def history(records: Iterator[Record]) -> Iterator[Record]:
    """ticket_field_history: a row for each value that a field of a ticket ever had.

    The value before is that of the row before it; a row that comes twice is one change (the other has no `kind`).
    """
    rows = sorted(records, key=lambda r: (str(r[1].get("ticket_id")), str(r[1].get("updated"))))
    before: dict[tuple, object] = {}
    seen: set[tuple] = set()
    for line, row in rows:
        told = tuple(row.get(c) for c in ("ticket_id", "field_name", "updated", "value"))
        ticket_id, field, at, value = told
        new = told not in seen
        seen.add(told)
        change = _change(ticket_id, at, field, value, before.get((ticket_id, field)), (ticket_id, field) not in before)
        yield line, change if new else {"ticket_id": ticket_id}
        before[ticket_id, field] = value


def audits(records: Iterator[Record]) -> Iterator[Record | Broken]:
    """Audits: the events of each (kind `step` or `comment`; others without), then what they tell of the ticket."""
    by_ticket: dict[object, list[Record]] = defaultdict(list)
    for line, audit in records:
        by_ticket[audit.get("ticket_id")].append((line, audit))
    for ticket_id, found in by_ticket.items():
        about: dict = {"kind": "ticket", "ticket_id": ticket_id}
        for line, audit in sorted(found, key=lambda r: str(r[1].get("created_at"))):
            yield from ((line, row) for row in _events(ticket_id, audit, about))
        yield found[0][0], about


def _events(ticket_id, audit: dict, about: dict) -> Iterator[dict]:
    """The rows of one audit; `about`, what is known of the ticket, grows on the way."""
    at, channel = audit.get("created_at"), (audit.get("via") or {}).get("channel")
    about["updated_at"] = at
    for event in audit.get("events") or ():
        kind, field, value = event.get("type"), event.get("field_name"), event.get("value")
        if kind in ("Create", "Change"):
            change = _change(ticket_id, at, field, value, event.get("previous_value"), kind == "Create")
            _learn(about, change["step"], field, value, at, channel if kind == "Create" else None)
            yield change | {"channel": channel}
        elif kind in ("Comment", "VoiceComment", "FacebookComment", "Tweet"):
            writer = event.get("author_id") or audit.get("author_id")
            public = event.get("public", True)
            about.setdefault("description", event.get("body"))
            yield {"kind": "comment" if public else None, "comment_id": event.get("id"), "ticket_id": ticket_id,
                   "at": at, "author_id": writer, "body": event.get("body"), "channel": channel}  # fmt: skip
        else:
            yield {"ticket_id": ticket_id}


def _learn(about: dict, what: str | None, field: str, value, at, channel) -> None:
    if channel:
        about.setdefault("channel", channel)
    if field in FIELDS:
        about[field] = value
    if what == "ticket":
        about.setdefault("opened_at", at)


def ticket_events(records: Iterator[Record]) -> Iterator[Record | Broken]:
    """incremental/ticket_events: audits written in another way, a changed field under its own name."""

    def as_event(child: dict) -> dict:
        field = next((f for f in FIELDS if f in child), None)
        public = child.get("comment_public", child.get("public", True))
        return child | {
            "type": child.get("event_type"),
            "field_name": field,
            "value": child.get(field),
            "public": public,
        }

    def as_audits() -> Iterator[Record]:
        for line, record in records:
            via = record.get("via")
            yield (
                line,
                record
                | {
                    "events": [as_event(child) for child in record.get("child_events") or ()],
                    "author_id": record.get("updater_id"),
                    "via": via if isinstance(via, dict) else {"channel": str(via).lower() if via else None},
                },
            )

    return audits(as_audits())


@each
def chat(record: dict) -> Iterator[dict]:
    """A chat of Zendesk Chat: the chat itself (kind `chat`), then each line of it (`message`: the visitor's)."""
    visitor = record.get("visitor") or {}
    about = {"chat_id": record["id"], "visitor_id": visitor.get("id"), "ticket_id": record.get("zendesk_ticket_id")}
    yield about | {"kind": "chat", "at": record.get("timestamp"), "duration": record.get("duration"),
                   "missed": record.get("missed"), "rating": record.get("rating"), "comment": record.get("comment"),
                   **{key: visitor.get(key) for key in ("name", "email", "phone")}}  # fmt: skip
    for nth, line in enumerate(record.get("history") or (), 1):
        theirs = line.get("type") == "chat.msg" and str(line.get("sender_type")).lower() == "visitor"
        yield about | {"kind": "message" if theirs else None, "nth": nth, "at": line.get("timestamp"),
                       "msg": line.get("msg")}  # fmt: skip


@each
def survey(record: dict) -> Iterator[dict]:
    """An answered CSAT survey: its rating (1-5, or good and bad) and its words."""
    answers = {answer.get("type"): answer for answer in record.get("answers") or ()}
    rating, words = answers.get("rating_scale") or {}, answers.get("open_ended") or {}
    about = next((s for s in record.get("subjects") or () if s.get("type") == "ticket"), {})
    yield {"id": record["id"], "responder_id": record.get("responder_id"), "ticket_id": about.get("id"),
           "rating": rating.get("rating"), "comment": words.get("value"),
           "at": rating.get("updated_at") or rating.get("created_at"), "sent_at": record.get("created_at")}  # fmt: skip
