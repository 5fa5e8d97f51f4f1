"""What does Zendesk nest?  Custom fields in tickets, and events in audits."""

from __future__ import annotations

from collections.abc import Iterator

from cx_helpers.intake.unpacking import each


@each
def ticket(record: dict) -> Iterator[dict]:
    """A ticket with its custom fields as columns (`custom_fields.360001`), and its rating as one shape of three.

    satisfaction_rating is null, a word, or an object with the word in `score`, by the age of the account.
    """
    row = dict(record)
    for custom in record.get("custom_fields") or record.get("fields") or ():
        row[f"custom_fields.{custom['id']}"] = custom.get("value")
    rating = record.get("satisfaction_rating")
    row["satisfaction_rating"] = rating if isinstance(rating, dict) else {"score": rating}
    yield row


@each
def audit(record: dict) -> Iterator[dict]:
    """The events of an audit, each with what the audit says of all of them (ticket, author, time, channel)."""
    about = {
        "ticket_id": record["ticket_id"],
        "created_at": record["created_at"],
        "author_id": record.get("author_id"),
        "channel": (record.get("via") or {}).get("channel"),
        "audit_id": record.get("id"),
    }
    for event in record.get("events") or ():
        yield (
            event
            | {k: v for k, v in about.items() if k != "author_id"}
            | {"author_id": event.get("author_id") or about["author_id"]}
        )
