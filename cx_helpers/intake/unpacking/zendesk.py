"""What does Zendesk nest?  Custom fields and comments in tickets, their journeys in audits, what was said in chats.

A journey is told by what changed: status, priority, assignee.  Whatever export tells it (audits, ticket events; field
histories by the SQL in the mapping), the same change becomes the same row: `step` is the touchpoint, `nth` orders the
changes of one second.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import groupby

from cx_helpers.intake.jsonpages import Record
from cx_helpers.intake.unpacking import Broken, each, knows

LEVELS = {"low": 1, "normal": 2, "medium": 2, "high": 3, "urgent": 4}
WAITS = {"pending": "ticket_pending", "hold": "ticket_on_hold", "on-hold": "ticket_on_hold", "open": "ticket_in_work"}
DONE = {"solved": "ticket_solved", "closed": "ticket_closed"}
NTH = {"ticket": 0, "ticket_priority_raised": 1, "ticket_priority_lowered": 1, "ticket_assigned": 2,
       "ticket_reassigned": 2, "ticket_reopened": 4, "ticket_in_work": 5, "ticket_pending": 5, "ticket_on_hold": 5,
       "ticket_solved": 6, "ticket_closed": 7}  # fmt: skip
FIELDS = ("status", "priority", "assignee_id", "requester_id", "subject", "group_id", "type", "organization_id")
COMMENTS = ("Comment", "VoiceComment", "FacebookComment", "Tweet")
NOBODY = (None, "", "0", 0)


_MADE = ("kind", "name", "email", "phone", "role", "ticket_id", "author_id", "body", "via")


@knows(uses=r"custom_fields\.|comments$|requester$", makes=_MADE)
@each
def ticket(record: dict) -> Iterator[dict]:
    """A ticket (kind `ticket`), and what full exports put into it: who asked (`person`) and what was said (`comment`).

    Custom fields become columns (`custom_fields.360001`).  satisfaction_rating is null, a word, or an object with the
    word in `score`, by the age of the account: here it is always an object.
    """
    custom = [f for f in record.get("custom_fields") or record.get("fields") or () if isinstance(f, dict)]
    rating, asked = record.get("satisfaction_rating"), record.get("requester")
    asked = asked if isinstance(asked, dict) else {}
    about = {f"custom_fields.{f['id']}": f.get("value") for f in custom} | {
        "kind": "ticket",
        "requester_id": record.get("requester_id") or asked.get("id"),
        "satisfaction_rating": rating if isinstance(rating, dict) else {"score": rating},
    }
    yield record | about
    if asked.get("id"):
        yield {"kind": "person", "id": asked["id"], **{k: asked.get(k) for k in ("name", "email", "phone", "role")}}
    said = record.get("comments")
    for comment in said if isinstance(said, list) else ():
        kind = "comment" if comment.get("public", True) else None
        yield {"kind": kind, "id": comment["id"], "ticket_id": record["id"], "author_id": comment.get("author_id"),
               "created_at": comment.get("created_at"), "body": comment.get("plain_body") or comment.get("body"),
               "via": comment.get("via")}  # fmt: skip


def step(field: str, value, before) -> str | None:
    """The touchpoint that a change of a field is, or None."""
    if field == "status" and value != before:
        again = before in DONE and value not in DONE
        return "ticket_reopened" if again else DONE.get(value) or (WAITS.get(value) if before else None)
    if field == "priority" and {value, before} <= LEVELS.keys():
        way = LEVELS[value] - LEVELS[before]
        return "ticket_priority_raised" if way > 0 else "ticket_priority_lowered" if way < 0 else None
    if field == "assignee_id" and value not in NOBODY and value != before:
        return "ticket_assigned" if before in NOBODY else "ticket_reassigned"
    return None


def audits(records: Iterator[Record]) -> Iterator[Record | Broken]:
    """Audits, those of a ticket together: the events of each (kind `step` or `comment`; others without), then what they
    tell of the ticket itself (`ticket`)."""
    for ticket_id, found in groupby(records, key=lambda r: r[1].get("ticket_id")):
        about: dict = {"kind": "ticket", "ticket_id": ticket_id}
        line = 0
        for line, audit in found:
            try:
                rows = list(_events(ticket_id, audit, about))
            except (TypeError, AttributeError):
                yield Broken(line, "odd_record", json.dumps(audit, ensure_ascii=False))
            else:
                yield from ((line, row) for row in rows)
        yield line, about


def _events(ticket_id, audit: dict, about: dict) -> Iterator[dict]:
    """The rows of one audit; `about`, what is known of the ticket, grows on the way."""
    at, channel = audit.get("created_at"), (audit.get("via") or {}).get("channel")
    events = audit.get("events") or ()
    about["updated_at"] = at
    if any(event.get("type") == "Create" for event in events):  # the audit that made the ticket
        words = [event.get("body") for event in events if event.get("type") in COMMENTS]
        about |= {"opened_at": at, "channel": channel, "description": next(iter(words), None)}
        yield _row(ticket_id, at, "ticket", channel)
    for event in events:
        kind, field, value = event.get("type"), event.get("field_name"), event.get("value")
        if kind in ("Create", "Change"):
            yield _row(ticket_id, at, step(field, value, event.get("previous_value")), channel)
            about |= {field: value} if field in FIELDS else {}
        elif kind in COMMENTS:
            yield {"kind": "comment" if event.get("public", True) else None, "comment_id": event.get("id"),
                   "ticket_id": ticket_id, "at": at, "author_id": event.get("author_id") or audit.get("author_id"),
                   "body": event.get("body"), "channel": channel}  # fmt: skip
        else:
            yield {"ticket_id": ticket_id}


def _row(ticket_id, at, found: str | None, channel) -> dict:
    return {"ticket_id": ticket_id, "at": at, "step": found, "nth": NTH.get(found), "channel": channel,
            "kind": "step" if found else None}  # fmt: skip


def ticket_events(records: Iterator[Record]) -> Iterator[Record | Broken]:
    """incremental/ticket_events: audits written in another way, a changed field under its own name."""

    def as_event(child: dict) -> dict:
        field = next((f for f in FIELDS if f in child), None)
        public = child.get("comment_public", child.get("public", True))
        told = {"type": child.get("event_type"), "field_name": field, "value": child.get(field), "public": public}
        return child | told

    def as_audits() -> Iterator[Record]:
        for line, record in records:
            via = record.get("via")
            via = via if isinstance(via, dict) else {"channel": str(via).lower() if via else None}
            events = [as_event(child) for child in record.get("child_events") or ()]
            yield line, record | {"events": events, "author_id": record.get("updater_id"), "via": via}

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
