"""Which tables does intake keep for itself?  What must be known to put the canonical ones together, and no more.

They are mapped like canonical tables, and live as pieces in `state/` that only their owner may read.  They never reach
`tables/`, a report or an error's text.  `TABLES` are both kinds together: all that a mapping may fill.
"""

from __future__ import annotations

from cx_helpers import tables
from cx_helpers.tables import Column, Table

PERSON = (
    "first_name last_name full_name phone mobile email national_id card birth_date city province address company"
).split()

INNER: dict[str, Table] = {
    "persons": Table(
        ("customer_id", "source"),
        ("customer_id", "source"),
        {name: Column("string") for name in ("customer_id", "source", *PERSON)} | {"updated_at": Column("timestamp")},
        "who a customer of a system is, in the system's own words: what record linkage compares",
    ),
    "messages": Table(
        ("message_id",),
        ("message_id", "ticket_id", "customer_id", "written_at"),
        dict.fromkeys(("message_id", "ticket_id", "customer_id"), Column("string"))
        | {"written_at": Column("timestamp")},
        "what was written on a request that its customer can read, by whom (customer_id): when it was first answered",
    ),
    "invitations": Table(
        ("invitation_id",),
        ("invitation_id", "customer_id", "invited_at"),
        dict.fromkeys(("invitation_id", "customer_id", "response_id", "survey", "channel", "source"), Column("string"))
        | {"invited_at": Column("timestamp")},
        "who was sent a survey, and the answer that came of it (response_id): since when it is awaited",
    ),
    "deals": Table(
        ("deal_id",),
        ("deal_id",),
        dict.fromkeys(("deal_id", "customer_id"), Column("string")),
        "whom a sale is about, won, lost or open: its history names the sale only",
    ),
    "names": Table(
        ("thing",),
        ("thing", "name"),
        {"thing": Column("string"), "name": Column("string")},
        "what a system calls a thing (a queue, a stage, an organisation) that its other exports name by an id",
    ),
    "visitors": Table(
        ("visitor_id", "customer_id"),
        ("visitor_id", "customer_id"),
        dict.fromkeys(("visitor_id", "customer_id"), Column("string")),
        "logins: which browser or device (visitor_id, as customer_id where nobody is logged in) was which customer",
    ),
    "cases": Table(
        ("case_id",),
        ("case_id", "opened_at"),
        dict.fromkeys(
            "case_id customer_id origin origin_id state owner touchpoint channel province aspect".split(),
            Column("string"),
        )
        | {"feeling": Column("float64")}
        | dict.fromkeys("opened_at due_at acknowledged_at contacted_at closed_at".split(), Column("timestamp")),
        "what another system knows of cases: those of ours by case_id or by the row they came from, and its own",
    ),
    "staff": Table(
        ("customer_id",),
        ("customer_id",),
        {"customer_id": Column("string")},
        "people of a system who are the company's own: never its customers",
    ),
}

TABLES: dict[str, Table] = tables.TABLES | INNER
