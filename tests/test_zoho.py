"""Zoho: the organisation's offset, numbers as texts, lookups, and the zcrm_ of its CSV files."""

import json
import re

import duckdb
import pytest
import yaml

from cx_helpers.intake import sources


@pytest.fixture
def ingest(tmp_path):
    """ingest(**files) puts files (name_ending=content) into sources/ of a workspace and reads them."""
    about = {"name": "T", "locale": "en", "timezone": "Asia/Tehran", "privacy": {"pseudonyms": False}}
    about["sources"] = [{"system": "zoho", "path": "sources"}]
    (tmp_path / "workspace.yaml").write_text(yaml.safe_dump(about), "utf-8")
    (tmp_path / "sources").mkdir()

    def ingest(**files):
        for name, content in files.items():
            stem, _, ending = name.rpartition("_")
            content = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
            (tmp_path / "sources" / f"{stem}.{ending}").write_text(content, "utf-8")
        return sources.load(tmp_path)

    ingest.folder = tmp_path
    return ingest


def ask(ingest, table: str, columns: str) -> list[tuple]:
    return duckdb.sql(f"SELECT {columns} FROM '{ingest.folder}/tables/{table}.parquet' ORDER BY ALL").fetchall()


CONTACT = {"id": "55", "Last_Name": "احمدی", "First_Name": "سارا", "Email": "sara@example.com", "Mobile": "09121234567",
           "Mailing_City": "شیراز", "Email_Opt_Out": True, "Created_Time": "2026-01-05T01:30:00+03:30",
           "Account_Name": {"name": "فروشگاه", "id": "66"}, "$approved": True, "Tag": []}  # fmt: skip


def test_a_contact_of_the_api_and_of_a_csv_is_one(ingest):
    rows = "Record Id,Last Name,First Name,Email,Mobile,Mailing City,Email Opt Out,Created Time\n"
    rows += "zcrm_55,احمدی,سارا,sara@example.com,09121234567,شیراز,true,2026-01-05 01:30:00\n"
    ingest(a_json={"data": [CONTACT], "info": {"more_records": False}}, b_csv=rows)
    assert ask(ingest, "customers", "customer_id, city, consent, strftime(created_at, '%d %H:%M')") == [
        ("zoho:55", "شیراز", False, "04 22:00")
    ]
    assert ("phone", "09121234567") in ask(ingest, "identities", "kind, value")


def test_sales_and_the_history_of_their_stages(ingest):
    deal = {"id": "7", "Deal_Name": "الف", "Stage": "Closed Won", "Amount": "1200.5", "Closing_Date": "2026-01-09",
            "Contact_Name": {"name": "سارا", "id": "55"}, "Created_Time": "2026-01-01T12:00:00+03:30"}  # fmt: skip
    lost = deal | {"id": "8", "Stage": "Closed Lost", "Contact_Name": None, "Account_Name": {"name": "ف", "id": "66"}}
    moved = {"id": "1", "Deal_Name": {"id": "7"}, "Stage": "Negotiation", "Modified_Time": "2026-01-03T12:00:00+03:30"}
    ingest(deals_json={"data": [deal, lost]}, history_json={"data": [moved]})
    assert ask(ingest, "orders", "order_id, customer_id, amount") == [("zoho:7", "zoho:55", 1200.5)]
    assert ask(ingest, "touchpoints", "customer_id, touchpoint, outcome, to_value") == [
        ("zoho:55", "opportunity", None, None),
        ("zoho:55", "opportunity_closed", "success", None),
        ("zoho:55", "opportunity_stage", None, "Negotiation"),
        ("zoho:66", "opportunity", None, None),
        ("zoho:66", "opportunity_closed", "failure", None),
    ]


TICKET = {"id": "9", "ticketNumber": "101", "subject": "دیر رسید", "status": "Closed", "statusType": "Closed",
          "channel": "Phone", "createdTime": "2026-01-05T10:00:00.000Z", "closedTime": "2026-01-07T10:00:00.000Z",
          "contactId": "55", "isEscalated": "true", "threadCount": "3", "sentiment": {"type": "NEGATIVE"},
          "customerResponseTime": "2026-01-06T10:00:00.000Z", "description": "سفارشم نرسیده"}  # fmt: skip


def test_a_ticket_of_desk_its_words_and_its_rating(ingest):
    words = [
        {
            "id": "t1",
            "ticketId": "9",
            "direction": "in",
            "createdTime": "2026-01-05T11:00:00.000Z",
            "plainText": "چه شد؟",
        },
        {
            "id": "t2",
            "ticketId": "9",
            "direction": "out",
            "createdTime": "2026-01-05T12:00:00.000Z",
            "plainText": "ببخشید",
        },
    ]
    rated = {"ticketId": "9", "rating": "BAD", "ratedTime": "2026-01-08T10:00:00.000Z", "feedback": "کند بود"}
    ingest(tickets_json={"data": [TICKET]}, threads_json={"data": words}, ratings_json={"data": [rated]})
    what = "ticket_id, customer_id, escalated, threads, zia_sentiment, strftime(solved_at, '%d'), first_reply_at"
    assert ask(ingest, "tickets", what)[0][:6] == ("zoho:9", "zoho:55", True, 3, "negative", "07")
    assert ask(ingest, "touchpoints", "strftime(occurred_at, '%d %H'), touchpoint, outcome") == [
        ("05 10", "ticket", None), ("05 11", "ticket_message", None), ("05 12", "ticket_reply", None),
        ("07 10", "ticket_solved", "success"),
    ]  # fmt: skip
    assert ask(ingest, "responses", "instrument, score::int, scale_min::int, scale_max::int, customer_id") == [
        ("csat", 1, 1, 3, "zoho:55")
    ]
    assert {text for (text,) in ask(ingest, "comments", "text")} == {"سفارشم نرسیده", "چه شد؟", "کند بود"}


DESK = """"Ticket Id","Request Id","Department","Contact ID","Email","Subject","Description","Status","Created Time",\
"Priority","Channel","Is Escalated","Number of Threads","Ticket Closed Time","Tags"
"9","101","تهران","55","","دیر رسید","<div>سفارشم&nbsp;<b>نرسیده</b></div>","Closed","05 May 2023 10:00 AM","-None-",\
"Phone","true","3","06 May 2023 11:00 AM",""
"10","102","تهران","","Reza@Example.com","نشد","3 < 5 > 2","Open","2023-05-05 10:00:00","High","Web","false","1","",""
"""


def test_a_csv_of_desk_has_labels_and_words_in_html(ingest):
    report = ingest(desk_csv=DESK)
    assert ask(ingest, "tickets", "ticket_id, customer_id, priority, department, threads, escalated") == [
        ("zoho:10", "zoho:reza@example.com", "High", "تهران", 1, False), ("zoho:9", "zoho:55", None, "تهران", 3, True),
    ]  # fmt: skip
    assert [text.split() for (text,) in ask(ingest, "comments", "text")] == [
        ["3", "<", "5", ">", "2"],
        ["سفارشم", "نرسیده"],
    ]
    assert re.search(r"stay empty: .*modifiedTime", report.text("en"))
    assert "left out (list them under `keep` to have them): Tags" in report.text("en")


def test_what_is_damaged_grows_and_is_corrected(ingest):
    rows = [TICKET | {"id": str(i), "modifiedTime": "2026-01-07T10:00:00.000Z"} for i in range(10)]
    page = json.dumps({"data": rows}, ensure_ascii=False)
    at = page.index('"id": "4"')
    report = ingest(t_json=page[: at + 40] + "#" * 9 + page[at + 49 :])
    assert (report.rows_in, report.taken, report.quarantined) == (10, 9, {"damaged": 1})
    assert [row["line"] for row in report.wrong.values()] == [5]
    late = [rows[4], rows[7] | {"status": "Open", "modifiedTime": "2026-02-01T10:00:00.000Z"},
            TICKET | {"id": "20", "createdTime": "2025-01-05T10:00:00.000Z"}]  # fmt: skip
    assert ingest(later_json={"data": late}).tables["tickets"] == 11
    assert ask(ingest, "tickets", "min(opened_at)::date::text, count(*) FILTER (status = 'Open')") == [
        ("2025-01-05", 1)
    ]
    assert not ingest().changed


def test_a_day_that_may_be_two_names_its_own_column(ingest):
    deals = (
        "Record Id,Deal Name,Stage,Created Time,Modified Time\nzcrm_1,a,New,2023-05-01 10:00:00,04/05/2023 10:00 AM\n"
    )
    assert "'04/05/2023 10:00 AM' in Modified_Time does not tell the day" in ingest(d_csv=deals).text("en")


def test_a_sentiment_may_be_a_word(ingest):
    ingest(t_json=[TICKET | {"sentiment": "POSITIVE", "contactId": None, "email": "Ali@Example.com"}])
    assert ask(ingest, "tickets", "zia_sentiment, customer_id") == [("positive", "zoho:ali@example.com")]


def test_a_case_of_the_crm(ingest):
    case = {"id": "3", "Subject": "خرابی", "Status": "Closed", "Case_Origin": "Email", "Related_To": {"id": "55"},
            "Created_Time": "2026-01-05T10:00:00+03:30", "Modified_Time": "2026-01-06T10:00:00+03:30"}  # fmt: skip
    ingest(c_json={"data": [case]})
    assert ask(ingest, "tickets", "customer_id, channel, strftime(solved_at, '%d %H:%M')") == [
        ("zoho:55", "email", "06 06:30")
    ]


def test_the_files_of_others(ingest, fixtures):
    for path in (fixtures / "zoho").glob("*.jsonl"):
        (ingest.folder / "sources" / path.name).write_bytes(path.read_bytes())
    report = ingest()
    assert (report.rows_in, report.taken, report.problems) == (2, 2, [])
    assert ask(ingest, "touchpoints", "touchpoint, strftime(occurred_at, '%Y-%m-%d %H:%M')") == [
        ("lead", "2021-08-03 11:48"), ("lead", "2021-08-04 11:06"),
    ]  # fmt: skip
    assert not ingest().changed
