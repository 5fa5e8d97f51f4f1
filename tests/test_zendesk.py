"""Zendesk's exports: the same tickets by whatever export, their journey in order, agents no customers, nothing lost."""

import json

import duckdb
import pytest
import yaml

from cx_helpers.intake import sources, store
from cx_helpers.intake.convert import connect
from cx_helpers.intake.merge import rows
from cx_helpers.intake.unpacking import zendesk

TICKET = {
    "url": "https://x.example/api/v2/tickets/1.json", "id": 1, "external_id": None, "via": {"channel": "voice"},
    "created_at": "2024-01-01T10:00:00Z", "updated_at": "2024-01-03T10:00:00Z", "type": "problem", "subject": "پرداخت",
    "description": "پولم کم شد ولی سفارشم ثبت نشد", "priority": "high", "status": "open", "requester_id": 7,
    "submitter_id": 7, "assignee_id": 99, "group_id": 5, "brand_id": 6, "tags": ["a"], "satisfaction_rating": None,
    "custom_fields": [{"id": 36, "value": "تهران"}], "generated_timestamp": 1704276000,
}  # fmt: skip


@pytest.fixture
def zendesk_of(tmp_path):
    """zendesk_of(entry, {name: content}) -> (report, ask): ask("SQL of {tickets}") reads the tables."""
    (tmp_path / "sources").mkdir()

    def ingest(files: dict, entry=None, privacy=False):
        entry = {"system": "zendesk", "path": "sources"} | (entry or {})
        about = {"name": "T", "locale": "en", "privacy": {"pseudonyms": privacy}, "sources": [entry]}
        (tmp_path / "workspace.yaml").write_text(yaml.safe_dump(about, allow_unicode=True), "utf-8")
        for name, content in files.items():
            text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
            (tmp_path / "sources" / name).write_text(text, "utf-8")
        report = sources.load(tmp_path)
        waiting = sum(report.quarantined.values()) + report.skipped
        assert report.rows_in == report.taken + waiting, "rows are lost"
        assert not sources.load(tmp_path).changed, "a second ingest changes something"

        def ask(sql: str) -> list[tuple]:
            paths = {p.stem: f"'{p}'" for p in (tmp_path / "tables").glob("*.parquet")}
            return duckdb.sql(f"SET TimeZone = 'UTC'; {sql.format(**paths)}").fetchall()

        return report, ask

    ingest.folder = tmp_path
    return ingest


FORMS = {
    "page": {"tickets": [TICKET], "count": 1, "end_of_stream": True, "end_time": 1704276000, "next_page": None},
    "one": {"ticket": TICKET},
    "bare": TICKET,
    "list": [TICKET],
    "sideloaded": {
        "tickets": [TICKET],
        "users": [],
        "groups": [{"id": 5, "name": "فروش", "url": "u", "created_at": ""}],
    },
}


@pytest.mark.parametrize("form", FORMS)
def test_a_ticket_is_the_same_in_every_form(zendesk_of, form):
    report, ask = zendesk_of({"export.json": FORMS[form]})
    assert not report.problems
    asked = "ticket_id, customer_id, opened_at::VARCHAR, status, priority, channel, topic, subject, brand"
    assert ask(f"SELECT {asked} FROM {{tickets}}") == [
        ("zendesk:1", "zendesk:7", "2024-01-01 10:00:00+00", "open", "high", "phone", "problem", "پرداخت", "6")
    ]
    assert ask("SELECT team FROM {tickets}") == [("فروش" if form == "sideloaded" else "5",)]
    assert ask("SELECT customer_id, text, origin, origin_id, sentiment < 0 FROM {comments}") == [
        ("zendesk:7", TICKET["description"], "ticket", "zendesk:1", True)
    ]
    assert ask("SELECT touchpoint, stage, channel, session_id FROM {touchpoints}") == [
        ("ticket", "support", "phone", "zendesk:1")
    ]
    assert ask("SELECT customer_id FROM {customers}") == [("zendesk:7",)]


def test_custom_fields_are_columns_for_whoever_names_them(zendesk_of):
    _, ask = zendesk_of({"t.json": [TICKET]}, {"tables": {"tickets": {"columns": {"topic": "custom_fields.36"}}}})
    assert ask("SELECT topic FROM {tickets}") == [("تهران",)]


def test_incremental_pages_repeat_tickets_and_bring_deleted_ones(zendesk_of):
    newer = TICKET | {"status": "solved", "generated_timestamp": 1704276900}
    gone = {"id": 2, "status": "deleted", "requester_id": 8, "created_at": "2024-01-01T00:00:00Z",
            "generated_timestamp": 1704276900}  # fmt: skip
    other = TICKET | {"id": 2, "requester_id": 8}
    report, ask = zendesk_of({"1.json": {"tickets": [newer, TICKET, other]}, "2.json": {"tickets": [TICKET, gone]}})
    assert ask("SELECT ticket_id, status FROM {tickets}") == [("zendesk:1", "solved")]
    assert ask("SELECT DISTINCT session_id FROM {touchpoints}") == [("zendesk:1",)]
    assert ask("SELECT origin_id FROM {comments}") == [("zendesk:1",)]
    assert (report.rows_in, report.taken, report.skipped) == (5, 3, 2)
    assert report.left["tickets"]["deleted"] == 1


RATINGS = {
    "null": (None, None), "word": ("good", 1), "object": ({"score": "bad", "comment": "دیر شد"}, 0),
    "empty": ({}, None), "offered": ("offered", None), "unoffered": ({"score": "unoffered"}, None),
}  # fmt: skip


@pytest.mark.parametrize("shape", RATINGS)
def test_a_rating_has_three_shapes_and_offers_are_no_answers(zendesk_of, shape):
    rating, score = RATINGS[shape]
    report, ask = zendesk_of({"t.json": [TICKET | {"satisfaction_rating": rating}]})
    if score is None:
        assert "responses" not in report.tables
    else:
        asked = "instrument, score, scale_min, scale_max, touchpoint, comment FROM {responses}"
        words = "دیر شد" if shape == "object" else None
        assert ask(f"SELECT {asked}") == [("csat", score, 0, 1, "ticket", words)]


def test_satisfaction_ratings_tell_when_and_who_was_asked(zendesk_of):
    base = {"url": "u", "assignee_id": 99, "group_id": 5, "requester_id": 7}
    days = {"created_at": "2024-01-02T00:00:00Z", "updated_at": "2024-01-04T00:00:00Z"}
    found = [base | days | {"id": 1, "ticket_id": 1, "score": "good", "comment": "عالی بود"},
             base | days | {"id": 2, "ticket_id": 2, "score": "offered"},
             base | days | {"id": 3, "ticket_id": 3, "score": "unoffered"}]  # fmt: skip
    report, ask = zendesk_of(
        {"r.json": {"satisfaction_ratings": found}, "t.json": [TICKET | {"satisfaction_rating": "bad"}]}
    )
    asked = "response_id, score, responded_at::DATE::VARCHAR, invited_at::DATE::VARCHAR"
    assert ask(f"SELECT {asked} FROM {{responses}} ORDER BY 1") == [
        ("zendesk:1-csat", 1, "2024-01-04", "2024-01-02"), ("zendesk:2-csat", None, None, "2024-01-02")]  # fmt: skip
    assert ask("SELECT text, origin, origin_id, rating FROM {comments} WHERE origin = 'response'") == [
        ("عالی بود", "response", "zendesk:1-csat", 1)]  # fmt: skip
    assert report.skipped == 1


def test_metrics_complete_their_ticket_and_wait_without_one(zendesk_of):
    def minutes(calendar):
        return {"calendar": calendar, "business": 1}

    metric = {"id": 3, "ticket_id": 1, "created_at": "2024-01-01T10:00:00Z", "updated_at": "2024-01-04T00:00:00Z",
              "group_stations": 1, "assignee_stations": 2, "reopens": 1, "replies": 4,
              "solved_at": "2024-01-04T00:00:00Z", "reply_time_in_minutes": minutes(30),
              "full_resolution_time_in_minutes": minutes(90),
              "requester_wait_time_in_minutes": minutes(60)}  # fmt: skip
    report, ask = zendesk_of(
        {"m.json": {"ticket_metrics": [metric, metric | {"id": 4, "ticket_id": 9}]}, "t.json": [TICKET]}
    )
    asked = "status, first_reply_at::VARCHAR, solved_at::DATE::VARCHAR, reopens, replies, agents, customer_wait_minutes"
    assert ask(f"SELECT {asked} FROM {{tickets}}") == [("open", "2024-01-01 10:30:00+00", "2024-01-04", 1, 4, 2, 60)]
    assert ask("SELECT touchpoint, outcome FROM {touchpoints} ORDER BY occurred_at") == [
        ("ticket", None), ("ticket_reply", None), ("ticket_solved", "success")]  # fmt: skip
    assert report.left["tickets"]["waiting"] == [("zendesk/metric", "opened_at", 1)]
    # the same, as a connector lays it into a warehouse
    flat = {k: v for k, v in metric.items() if not isinstance(v, dict)} | {"reply_time_in_minutes_calendar": 45}
    text = ",".join(flat) + "\n" + ",".join(map(str, flat.values())) + "\n"
    _, ask = zendesk_of({"m.json": [], "m.csv": text})
    assert ask("SELECT first_reply_at::VARCHAR FROM {tickets}") == [("2024-01-01 10:45:00+00",)]


def change(field, value, before, kind="Change"):
    return {"id": 1, "type": kind, "field_name": field, "value": value, "previous_value": before}


def said(number, author, body, public=True):
    return {"id": number, "type": "Comment", "author_id": author, "body": body, "public": public}


AUDITS = [
    {"id": 12, "ticket_id": 1, "created_at": "2024-01-02T09:00:00Z", "author_id": 99, "via": {"channel": "web"},
     "events": [said(22, 99, "سلام، پیگیری می‌کنیم"), said(23, 99, "مشتری مهم است", False),
                change("status", "pending", "new"), change("assignee_id", "99", None)]},
    {"id": 11, "ticket_id": 1, "created_at": "2024-01-01T10:00:00Z", "author_id": 7, "via": {"channel": "email"},
     "events": [said(21, 7, "پولم کم شد"), change("subject", "پرداخت", None, "Create"),
                change("requester_id", "7", None, "Create"), change("status", "new", None, "Create"),
                {"id": 5, "type": "Notification", "body": "x"}]},
    {"id": 13, "ticket_id": 1, "created_at": "2024-01-03T09:00:00Z", "author_id": 99,
     "events": [change("status", "solved", "pending"), change("priority", "high", "low"),
                change("assignee_id", "98", "99"), change("tags", ["a"], [])]},
    {"id": 14, "ticket_id": 1, "created_at": "2024-01-04T09:00:00Z", "author_id": 7,
     "events": [said(24, 7, "هنوز درست نشده"), change("status", "open", "solved")]},
    {"id": 15, "ticket_id": 1, "created_at": "2024-01-05T09:00:00Z", "author_id": 98,
     "events": [change("status", "solved", "open")]},
]  # fmt: skip
STEPS = [("ticket", None), ("ticket_assigned", None), ("ticket_reply", None), ("ticket_pending", None),
         ("ticket_priority_raised", None), ("ticket_reassigned", None), ("ticket_solved", "success"),
         ("ticket_reopened", "failure"), ("ticket_solved", "success")]  # fmt: skip


def test_audits_tell_the_journey_in_order_and_the_ticket_itself(zendesk_of):
    report, ask = zendesk_of({"a.json": {"audits": AUDITS, "next_page": None}})
    assert ask("SELECT touchpoint, outcome FROM {touchpoints} ORDER BY customer_id, occurred_at, event_id") == STEPS
    asked = "customer_id, subject, status, channel, opened_at::VARCHAR, first_reply_at::VARCHAR, reopens"
    assert ask(f"SELECT {asked} FROM {{tickets}}") == [
        ("zendesk:7", "پرداخت", "solved", "email", "2024-01-01 10:00:00+00", "2024-01-02 09:00:00+00", 1)]  # fmt: skip
    assert ask("SELECT solved_at::VARCHAR FROM {tickets}") == [("2024-01-05 09:00:00+00",)]
    assert ask("SELECT comment_id, text FROM {comments} ORDER BY 1") == [
        ("zendesk:21", "پولم کم شد"), ("zendesk:24", "هنوز درست نشده")]  # fmt: skip
    assert not report.quarantined
    # the same pages once more in one file are one journey, and their rows are skipped as older
    lines = json.dumps({"audits": AUDITS}) + "\n" + json.dumps({"audits": AUDITS[:2]}) + "\n"
    report, ask = zendesk_of({"a.json": lines})
    assert ask("SELECT touchpoint, outcome FROM {touchpoints} ORDER BY customer_id, occurred_at, event_id") == STEPS
    assert not report.quarantined


def test_audits_of_one_ticket_may_lie_in_several_pages_and_beside_the_ticket(zendesk_of):
    pages = {"1.json": {"audits": AUDITS[:2]}, "2.json": {"audits": AUDITS[2:]}, "3.json": {"audits": AUDITS[1:3]}}
    _, ask = zendesk_of(pages | {"t.json": [TICKET]})
    assert ask("SELECT touchpoint, outcome FROM {touchpoints} ORDER BY customer_id, occurred_at, event_id") == STEPS
    assert ask("SELECT reopens, solved_at::DATE::VARCHAR FROM {tickets}") == [(1, "2024-01-05")]
    assert len(ask("SELECT comment_id FROM {comments}")) == 2, "the description is the first comment, not a third"


def test_pages_of_audits_alone_make_the_whole_ticket(zendesk_of):
    _, ask = zendesk_of({"1.json": {"audits": AUDITS[:2]}, "2.json": {"audits": AUDITS[2:]}})
    asked = (
        "customer_id, subject, status, opened_at::DATE::VARCHAR"  # the first page knows who asked, the last the status
    )
    assert ask(f"SELECT {asked} FROM {{tickets}}") == [("zendesk:7", "پرداخت", "solved", "2024-01-01")]


def test_audits_of_several_tickets_may_lie_mixed(zendesk_of):
    other = [audit | {"ticket_id": 2, "id": audit["id"] + 0.5, "events": [e | {"id": 100 + i} for i, e in
             enumerate(audit["events"])]} for audit in AUDITS[1:2]]  # fmt: skip
    _, ask = zendesk_of({"a.json": {"audits": [*AUDITS[1:2], *other, *AUDITS[2:], AUDITS[0]]}})
    asked = "ticket_id, customer_id, subject, status"
    assert ask(f"SELECT {asked} FROM {{tickets}} ORDER BY 1") == [
        ("zendesk:1", "zendesk:7", "پرداخت", "solved"), ("zendesk:2", "zendesk:7", "پرداخت", "new")]  # fmt: skip


def test_ticket_events_are_audits_in_other_words(zendesk_of):
    def child(kind, **told):
        return {"id": 1, "event_type": kind} | told

    def event(number, at, author, *children):
        return {"id": number, "ticket_id": 1, "created_at": at, "updater_id": author, "via": "Email",
                "event_type": "Audit", "child_events": list(children)}  # fmt: skip

    events = [
        event(1, "2024-01-01T10:00:00Z", 7, child("Create", status="new"), child("Create", requester_id=7)),
        event(2, "2024-01-02T10:00:00Z", 99, child("Change", status="solved", previous_value="new")),
    ]
    _, ask = zendesk_of({"e.json": {"ticket_events": events}})
    assert ask("SELECT touchpoint, channel FROM {touchpoints} ORDER BY occurred_at") == [
        ("ticket", "email"), ("ticket_solved", "email")]  # fmt: skip


HISTORY = """field_name,ticket_id,updated,user_id,value
status,1,2024-01-01 10:00:00,7,new
requester_id,1,2024-01-01 10:00:00,7,7
priority,1,2024-01-01 10:00:00,7,low
assignee_id,1,2024-01-02 09:00:00,99,99
status,1,2024-01-02 09:00:00,99,pending
status,1,2024-01-03 09:00:00,99,solved
status,1,2024-01-03 09:00:00,99,solved
priority,1,2024-01-03 09:00:00,99,high
assignee_id,1,2024-01-03 09:00:00,99,98
status,1,2024-01-04 09:00:00,7,open
status,1,2024-01-05 09:00:00,98,solved
status,2,2024-01-05 09:00:00,98,solved
"""


def test_a_field_history_tells_the_same_journey(zendesk_of):
    report, ask = zendesk_of({"h.csv": HISTORY, "t.json": [TICKET | {"priority": None}]})
    steps = [step for step in STEPS if step[0] != "ticket_reply"]  # who wrote when, a history does not know
    assert ask("SELECT touchpoint, outcome FROM {touchpoints} ORDER BY customer_id, occurred_at, event_id") == steps
    assert ask("SELECT solved_at::DATE::VARCHAR, reopens FROM {tickets}") == [("2024-01-05", 1)]
    assert report.skipped == 3  # requester and first priority are no steps; one row came twice
    assert report.left["touchpoints"]["waiting"] == [("zendesk/field_history", "customer_id", 1)]


def test_a_history_and_audits_of_one_ticket_are_one_journey(zendesk_of):
    _, ask = zendesk_of({"h.csv": HISTORY, "a.json": {"audits": AUDITS}})
    assert ask("SELECT touchpoint, outcome FROM {touchpoints} ORDER BY customer_id, occurred_at, event_id") == STEPS


@pytest.mark.parametrize(
    ("field", "value", "before", "found"),
    [
        ("status", "solved", "open", "ticket_solved"), ("status", "open", "closed", "ticket_reopened"),
        ("status", "closed", "solved", "ticket_closed"), ("status", "hold", "open", "ticket_on_hold"),
        ("status", "open", "open", None), ("status", "new", None, None), ("priority", "low", None, None),
        ("priority", "low", "urgent", "ticket_priority_lowered"),
        ("assignee_id", "", "5", None), ("assignee_id", "5", None, "ticket_assigned"),
        ("assignee_id", "6", "5", "ticket_reassigned"), ("subject", "a", "b", None),
    ],
)  # fmt: skip
def test_a_change_is_a_step(field, value, before, found):
    assert zendesk.step(field, value, before) == found


def test_comments_of_customers_only_and_agents_are_no_customers(zendesk_of):
    comments = "id,body,created,public,ticket_id,user_id,_fivetran_synced\n" \
        "1,پولم کم شد,2024-01-01 10:00:00,true,1,7,x\n2,پیگیری می‌کنیم,2024-01-01 11:00:00,true,1,99,x\n" \
        "3,یادداشت,2024-01-01 10:30:00,false,1,99,x\n4,از طرف کسی,2024-01-01 12:00:00,true,1,55,x\n"  # fmt: skip
    people = {"users": [{"id": 7, "name": "سارا", "email": "s@x.example", "role": "end-user", "phone": "0912 000 00 00",
                         "external_id": "C7", "organization_id": 4, "created_at": "2023-01-01T00:00:00Z",
                         "updated_at": "2024-01-01T00:00:00Z"},
                        {"id": 99, "name": "کارشناس", "email": "a@x.example", "role": "agent"}],
              "organizations": [{"id": 4, "name": "سازمان", "shared_tickets": False,
                                 "shared_comments": False}]}  # fmt: skip
    files = {"c.csv": comments, "t.json": [TICKET, TICKET | {"id": 2, "requester_id": 99}], "u.json": people}
    report, ask = zendesk_of(files)
    assert ask("SELECT comment_id FROM {comments} ORDER BY 1") == [("zendesk:1",)]
    assert report.left["comments"]["waiting"] == [("zendesk/comment", "customers / tickets", 1)]
    assert ask("SELECT customer_id, organization, created_at::DATE::VARCHAR FROM {customers}") == [
        ("zendesk:7", "سازمان", "2023-01-01")]  # fmt: skip
    assert ask("SELECT ticket_id, customer_id, first_reply_at::VARCHAR FROM {tickets} ORDER BY 1") == [
        ("zendesk:1", "zendesk:7", "2024-01-01 11:00:00+00"), ("zendesk:2", None, None)]  # fmt: skip
    assert ask("SELECT kind, value FROM {identities} ORDER BY ALL") == [
        ("account", "C7"), ("account", "zendesk:7"), ("email", "s@x.example"), ("phone", "0912 000 00 00")]  # fmt: skip


def test_people_are_kept_for_linkage_and_never_shown(zendesk_of):
    user = {"id": 7, "name": "سارا رضایی", "email": "s@x.example", "role": "end-user", "phone": "09120000000"}
    zendesk_of({"u.json": {"user": user}}, privacy=True)
    con, state = connect(zendesk_of.folder), store.State.read(zendesk_of.folder)
    relation, _ = rows(con, state, "persons")
    found = con.execute(f"SELECT full_name, email, phone, length(customer_id) FROM {relation}").fetchall()
    con.close()
    assert found == [("سارا رضایی", "s@x.example", "09120000000", 20)]
    for path in (zendesk_of.folder / "tables").iterdir():
        assert not any(secret.encode() in path.read_bytes() for secret in ("09120000000", "s@x.example", "سارا"))


ADMIN = """Summation column,Id,Requester,Requester id,Requester external id,Requester email,Submitter,Assignee,Group,\
Subject,Tags,Status,Priority,Via,Ticket type,Created at,Updated at,Solved at,Satisfaction Score,Reopens,Replies,\
First reply time in minutes,Organization,My own field [list]
1,1,سارا,7,C7,s@x.example,سارا,کارشناس,فروش,پرداخت,a b,Solved,High,Mail,Problem,2024-01-01 10:00,2024-01-03 10:00,\
2024-01-02 10:00,Good,0,2,30,سازمان,x
1,2,علی,,,Ali@X.example,علی,,فروش,تحویل,,Open,-,Web Form,-,2024-01-05 10:00,2024-01-05 10:00,,Offered,0,0,,,
"""


def test_a_csv_that_is_cut_loses_its_last_line_only(zendesk_of):
    report, ask = zendesk_of({"export.csv": ADMIN + '1,3,"cu'})
    assert (report.rows_in, report.taken, report.quarantined) == (3, 2, {"broken_quote": 1})
    assert ask("SELECT count(*), count(solved_at) FROM {tickets}") == [(2, 1)]  # an empty cell is null there, too


def test_the_admin_csv_with_its_own_labels_and_the_accounts_time_zone(zendesk_of):
    report, ask = zendesk_of({"export.csv": ADMIN}, {"timezone": "Asia/Tehran"})
    assert not report.problems
    asked = (
        "customer_id, opened_at::VARCHAR, first_reply_at::VARCHAR, solved_at::DATE::VARCHAR, status, priority, channel"
    )
    assert ask(f"SELECT {asked} FROM {{tickets}} ORDER BY ticket_id") == [
        ("zendesk:7", "2024-01-01 06:30:00+00", "2024-01-01 07:00:00+00", "2024-01-02", "solved", "high", "email"),
        ("zendesk:ali@x.example", "2024-01-05 06:30:00+00", None, None, "open", None, "web")]  # fmt: skip
    assert ask("SELECT DISTINCT team FROM {tickets}") == [("فروش",)]
    assert ask("SELECT score, scale_max FROM {responses}") == [(1, 1)]
    assert ask("SELECT kind, count(*) FROM {identities} GROUP BY 1 ORDER BY 1") == [("account", 3), ("email", 2)]
    assert ask("SELECT touchpoint FROM {touchpoints} WHERE session_id = 'zendesk:1' ORDER BY occurred_at") == [
        ("ticket",), ("ticket_reply",), ("ticket_solved",)]  # fmt: skip
    assert "My own field [list]" in report.text("en")


def test_the_full_json_export_holds_who_asked_and_what_was_said(zendesk_of):
    whole = {k: v for k, v in TICKET.items() if k not in ("requester_id", "submitter_id")} | {
        "requester": {"id": 7, "name": "سارا", "email": "s@x.example", "role": "end-user"},
        "comments": [said(21, 7, "پولم کم شد") | {"created_at": "2024-01-01T10:00:00Z"},
                     said(22, 99, "سلام") | {"created_at": "2024-01-01T12:00:00Z"},
                     said(23, 99, "x", False) | {"created_at": "2024-01-01T11:00:00Z"}],
    }  # fmt: skip
    lines = "\n".join(json.dumps(row, ensure_ascii=False) for row in (whole, whole | {"id": 3, "comments": []})) + "\n"
    report, ask = zendesk_of({"tickets.json": lines})
    assert ask("SELECT ticket_id, customer_id, first_reply_at::VARCHAR FROM {tickets} ORDER BY 1")[0] == (
        "zendesk:1", "zendesk:7", "2024-01-01 12:00:00+00")  # fmt: skip
    assert ask("SELECT text FROM {comments} WHERE origin_id = 'zendesk:1'") == [("پولم کم شد",)]
    assert ask("SELECT kind FROM {identities} ORDER BY 1") == [("account",), ("email",)]
    assert not report.problems
    assert not report.quarantined


def test_chats_calls_and_surveys(zendesk_of):
    def line(kind, who, words, second):
        return {"type": kind, "sender_type": who, "msg": words, "timestamp": f"2024-01-01T10:00:0{second}Z"}

    chat = {"id": "2401.x", "type": "chat", "timestamp": "2024-01-01T10:00:00Z", "duration": 60, "rating": "bad",
            "missed": False, "comment": "دیر جواب دادید",
            "visitor": {"id": "v1", "name": "سارا", "email": "s@x.example", "phone": ""},
            "history": [line("chat.memberjoin", None, None, 0), line("chat.msg", "Visitor", "سلام", 5),
                        line("chat.msg", "Agent", "درود", 9)]}  # fmt: skip
    call = {"id": 5, "direction": "inbound", "completion_status": "abandoned_in_queue", "duration": 40,
            "customer_id": 7, "created_at": "2024-01-02T10:00:00Z", "updated_at": "2024-01-02T10:00:00Z",
            "wait_time": 40, "ticket_id": 1}  # fmt: skip
    survey = {"id": "s1", "responder_id": 7, "created_at": "2024-01-03T00:00:00Z",
              "subjects": [{"type": "ticket", "id": "1"}],
              "answers": [{"type": "rating_scale", "rating": 4, "created_at": "2024-01-04T00:00:00Z"},
                          {"type": "open_ended", "value": "خوب بود"}]}  # fmt: skip
    files = {"chats.json": {"chats": [chat]}, "calls.json": {"calls": [call]}, "s.json": {"survey_responses": [survey]}}
    report, ask = zendesk_of(files)
    assert not report.problems
    assert ask("SELECT touchpoint, customer_id, outcome, duration_s FROM {touchpoints} ORDER BY 1") == [
        ("support_call", "zendesk:7", "abandoned", 40), ("support_chat", "zendesk:visitor-v1", None, 60)]  # fmt: skip
    assert ask("SELECT text, origin FROM {comments}") == [("سلام", "chat")]
    assert ask("SELECT response_id, score, scale_max FROM {responses} ORDER BY 1") == [
        ("zendesk:2401.x-csat", 0, 1), ("zendesk:survey-s1", 4, 5)]  # fmt: skip


def test_odd_and_broken_records_are_quarantined_each(zendesk_of):
    odd = [TICKET | {"id": 2, "custom_fields": 5}, TICKET | {"id": None}, TICKET | {"id": 3, "created_at": "soon"}]
    cut = json.dumps({"audits": AUDITS}, ensure_ascii=False)
    report, ask = zendesk_of({"t.json": [TICKET, *odd], "a.json": cut[: cut.index('"id": 14')]})
    assert report.quarantined == {"odd_record": 1, "missing_value": 1, "bad_time": 1, "cut_off": 1}
    assert ask("SELECT ticket_id FROM {tickets}") == [("zendesk:1",)]
    assert ("ticket_solved",) in ask("SELECT touchpoint FROM {touchpoints}")


FIXTURES = {  # rows in, taken, skipped of each real file; none of them in quarantine
    "facetoe_zenpy__satisfaction_rating.json": (1, 1, 0), "facetoe_zenpy__ticket.json": (1, 1, 0),
    "facetoe_zenpy__ticket_audit.json": (13, 5, 8), "facetoe_zenpy__ticket_field.json": (1, 0, 1),
    "facetoe_zenpy__ticket_metric.json": (1, 1, 0), "facetoe_zenpy__user.json": (1, 1, 0),
    "fivetran_dbt_zendesk__audit_log_data.csv": (10, 0, 10), "fivetran_dbt_zendesk__group_data.csv": (8, 8, 0),
    "fivetran_dbt_zendesk__organization_data.csv": (10, 10, 0),
    "fivetran_dbt_zendesk__ticket_chat_event_data.csv": (12, 6, 6),
    "fivetran_dbt_zendesk__ticket_comment_data.csv": (20, 20, 0), "fivetran_dbt_zendesk__ticket_data.csv": (10, 8, 2),
    "fivetran_dbt_zendesk__ticket_field_history_data.csv": (38, 31, 7),
    "fivetran_dbt_zendesk__ticket_tag_data.csv": (10, 0, 10), "fivetran_dbt_zendesk__user_data.csv": (10, 10, 0),
    "zenpy_incremental_tickets_8.json": (8, 8, 0),
}  # fmt: skip


def test_real_exports_are_read_whole(fixtures, tmp_path):
    entry = {"system": "zendesk", "path": str((fixtures / "zendesk").resolve()), "except": ["SOURCE.txt"]}
    about = {"name": "T", "locale": "en", "privacy": {"pseudonyms": False}, "sources": [entry]}
    (tmp_path / "workspace.yaml").write_text(yaml.safe_dump(about), "utf-8")
    report = sources.load(tmp_path)
    state = store.State.read(tmp_path)
    found = {u["shown"]: (u["rows_in"], u["taken"], u["skipped"]) for u in state.units.values()}
    assert {name: found[name] for name in FIXTURES} == FIXTURES
    assert not report.problems
    assert not report.quarantined
    assert report.tables == {"responses": 1, "customers": 19, "comments": 21, "tickets": 18, "identities": 10,
                             "touchpoints": 38}  # fmt: skip
    # the one ticket with a whole history: solved a day before it was closed, in the order that it went
    steps = duckdb.sql(f"SELECT touchpoint FROM '{tmp_path}/tables/touchpoints.parquet' "
                       "WHERE session_id = 'zendesk:11071'").fetchall()  # fmt: skip
    assert [s for (s,) in steps][:3] == ["ticket", "ticket_assigned", "ticket_pending"]
    assert [s for (s,) in steps][-2:] == ["ticket_solved", "ticket_closed"]
