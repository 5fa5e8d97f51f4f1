"""Salesforce: three ways of writing the same objects are one; histories find their customer."""

import json

import duckdb
import pytest
import yaml

from cx_helpers.intake import sources
from cx_helpers.settings import WorkspaceError

NOUGHTS = "000000000000000AAA"
CONTACT, ACCOUNT = "003dN00000v2DEwQAM", "001dN00000v2DEwQAM"  # 18 letters
SARA, SHOP = f"salesforce:{CONTACT[:15]}", f"salesforce:{ACCOUNT[:15]}"


@pytest.fixture
def ingest(tmp_path):
    """ingest(**files) puts files (name_ending=content) into sources/ of a workspace and reads them."""
    about = {"name": "T", "locale": "en", "privacy": {"pseudonyms": False}}
    about["sources"] = [{"system": "salesforce", "path": "sources"}]
    (tmp_path / "workspace.yaml").write_text(yaml.safe_dump(about), "utf-8")
    (tmp_path / "sources").mkdir()

    def ingest(**files):
        for name, content in files.items():
            stem, _, ending = name.rpartition("_")
            content = content if isinstance(content, bytes) else content.encode()
            (tmp_path / "sources" / f"{stem}.{ending}").write_bytes(content)
        return sources.load(tmp_path)

    ingest.folder = tmp_path
    return ingest


def ask(ingest, table: str, columns: str) -> list[tuple]:
    return duckdb.sql(f"SELECT {columns} FROM '{ingest.folder}/tables/{table}.parquet' ORDER BY ALL").fetchall()


CASES = {
    "Data Loader": '"ID","ISDELETED","CASENUMBER","CONTACTID","ACCOUNTID","STATUS","ISESCALATED","ORIGIN",'
    f'"CREATEDDATE","CLOSEDDATE","SUBJECT"\n"500dN00000DrvOrQAJ","false","00001","{CONTACT}","{ACCOUNT}","Closed","true","Phone",'
    '"2026-01-05T10:00:00.000Z","2026-01-07T10:00:00.000Z","دیر رسید"\n',
    "CLI": "\ufeffId,IsDeleted,CaseNumber,ContactId,AccountId,Status,IsEscalated,Origin,CreatedDate,ClosedDate,"
    f"Subject\n500dN00000DrvOrQAJ,,00001,{CONTACT},{ACCOUNT},Closed,1,Phone,2026-01-05T13:30:00.000+0330,"
    "2026-01-07T10:00:00.000+0000,دیر رسید\n",
    "weekly": '"Id","IsDeleted","CaseNumber","ContactId","AccountId","ParentId","Status","IsEscalated","Origin",'
    f'"CreatedDate","ClosedDate","Subject"\n"500dN00000DrvOrQAJ","0","00001","{CONTACT}","{ACCOUNT}","{NOUGHTS}",'
    '"Closed","1","Phone","2026-01-05 10:00:00","2026-01-07 10:00:00","دیر رسید"\n',
    "connector": "id,is_deleted,case_number,contact_id,account_id,status,is_escalated,origin,created_date,closed_date,"
    f"subject\n500dN00000DrvOr,FALSE,00001,{CONTACT[:15]},{ACCOUNT[:15]},Closed,TRUE,Phone,2026-01-05 10:00:00,"
    "2026-01-07 10:00:00,دیر رسید\n",
}  # fmt: skip


@pytest.mark.parametrize("dialect", CASES)
def test_a_case_is_one_ticket_however_it_is_written(ingest, dialect):
    report = ingest(Case_csv=CASES[dialect])
    assert (report.taken, report.problems) == (1, [])
    what = (
        "ticket_id, customer_id, strftime(opened_at, '%d %H'), strftime(solved_at, '%d %H'), status, channel, escalated"
    )
    assert ask(ingest, "tickets", what) == [
        ("salesforce:500dN00000DrvOr", SARA, "05 10", "07 10", "Closed", "phone", True)
    ]
    assert ask(ingest, "touchpoints", "touchpoint, outcome") == [("ticket", None), ("ticket_solved", "success")]


def test_all_ways_together_are_still_one(ingest):
    ingest(**{f"case{number}_csv": content for number, content in enumerate(CASES.values())})
    assert len(ask(ingest, "tickets", "ticket_id")) == 1
    assert len(ask(ingest, "touchpoints", "event_id")) == 2


def test_an_id_of_noughts_is_nobody(ingest):
    weekly = CASES["weekly"].replace(CONTACT, NOUGHTS)
    ingest(Case_csv=weekly)
    assert ask(ingest, "tickets", "customer_id") == [(SHOP,)]
    ingest(Case_csv=weekly.replace(ACCOUNT, NOUGHTS))
    assert ask(ingest, "tickets", "customer_id") == [(None,)]


def test_a_deleted_case_goes(ingest):
    ingest(one_csv=CASES["weekly"])
    later = CASES["weekly"].replace('"500dN00000DrvOrQAJ","0"', '"500dN00000DrvOrQAJ","1"')
    report = ingest(two_csv=later)
    assert report.skipped == 1
    assert "tickets" not in report.tables or ask(ingest, "tickets", "ticket_id") == []


def test_the_history_of_a_case_and_its_mails(ingest):
    history = "Id,CaseId,CreatedDate,Field,OldValue,NewValue\n"
    history += "017000000000001AAA,500dN00000DrvOrQAJ,2026-01-06 10:00:00,Status,New,Closed\n"
    history += "017000000000002AAA,500dN00000DrvOrQAJ,2026-01-06 12:00:00,Status,Closed,Working\n"
    history += "017000000000003AAA,500dN00000DrvOrQAJ,2026-01-06 13:00:00,Owner,a,b\n"
    history += "017000000000004AAA,500dN00000DrvOrQAJ,2026-01-06 13:00:00,Subject,x,y\n"
    history += "017000000000005AAA,500dN00000XXXXXQAJ,2026-01-06 13:00:00,Status,New,Closed\n"
    mail = "Id,ParentId,Incoming,MessageDate,TextBody\n"
    mail += "02s000000000001AAA,500dN00000DrvOrQAJ,1,2026-01-05 11:00:00,چه شد؟\n"
    mail += "02s000000000002AAA,500dN00000DrvOrQAJ,0,2026-01-05 12:00:00,بررسی می‌کنیم\n"
    report = ingest(Case_csv=CASES["weekly"], CaseHistory_csv=history, EmailMessage_csv=mail)
    what = "strftime(occurred_at, '%d %H'), touchpoint, outcome, customer_id"
    assert ask(ingest, "touchpoints", what) == [
        ("05 10", "ticket", None, SARA),
        ("05 11", "ticket_message", None, SARA),
        ("05 12", "ticket_reply", None, SARA),
        ("06 10", "ticket_solved", "success", SARA),
        ("06 12", "ticket_reopened", "failure", SARA),
        ("06 13", "ticket_reassigned", None, SARA),
    ]
    assert ask(ingest, "comments", "text, customer_id") == [("چه شد؟", SARA)]
    assert report.skipped == 1  # the subject's change
    assert sum(n for *_, n in report.left["touchpoints"]["waiting"]) == 1  # of a case that was not exported


def test_contacts_accounts_and_leads(ingest):
    contact = "Id,LastName,FirstName,AccountId,Email,MobilePhone,Birthdate,MailingCity,HasOptedOutOfEmail,LeadSource"
    contact += f"\n{CONTACT},احمدی,سارا,{ACCOUNT},sara@example.com,09121234567,1990-02-03,شیراز,1,Web\n"
    account = "Id,Name,OwnerId,Industry,Type,AccountNumber\n"
    account += f"{ACCOUNT},فروشگاه,005000000000001AAA,Retail,Customer,C-7\n"
    lead = "Id,LastName,Status,IsConverted,ConvertedContactId,ConvertedDate,CreatedDate,LeadSource\n"
    lead += f"00QdN00000F4b5CUAR,احمدی,Converted,1,{CONTACT},2026-01-04,2026-01-02 10:00:00,Web\n"
    lead += f"00QdN00000F4b5DUAR,رضایی,New,0,{NOUGHTS},,2026-01-03 10:00:00,Web\n"
    ingest(Contact_csv=contact, Account_csv=account, Lead_csv=lead)
    who = ask(ingest, "customers", "customer_id, acquisition_channel, birth_year, city, consent, segment")
    assert who == [
        (SHOP, None, None, None, None, "Customer"),
        (SARA, "Web", 1990, "شیراز", False, None),
        ("salesforce:00QdN00000F4b5D", "Web", None, None, None, None),
    ]
    assert ask(ingest, "touchpoints", "customer_id, touchpoint") == [
        (SARA, "lead"), (SARA, "lead_converted"), ("salesforce:00QdN00000F4b5D", "lead"),
    ]  # fmt: skip
    keys = ask(ingest, "identities", "kind, value, customer_id")
    assert ("account", "C-7", SHOP) in keys
    assert ("phone", "09121234567", SARA) in keys


def test_sales_won_are_orders_and_their_history_a_journey(ingest):
    sales = "Id,IsDeleted,AccountId,StageName,Amount,CloseDate,IsClosed,IsWon,CreatedDate\n"
    sales += f"006dN00000DrvOrQAJ,0,{ACCOUNT},Closed Won,1200,2026-01-09,1,1,2026-01-01 08:00:00\n"
    sales += f"006dN00000DrvOsQAJ,0,{ACCOUNT},Closed Lost,900,2026-01-10,1,0,2026-01-02 08:00:00\n"
    sales += f"006dN00000DrvOtQAJ,0,{ACCOUNT},Qualify,,2026-07-01,0,0,2026-01-03 08:00:00\n"
    history = "Id,OpportunityId,StageName,CreatedDate,Amount\n"
    history += "008000000000001AAA,006dN00000DrvOsQAJ,Proposal,2026-01-05 08:00:00,900\n"
    ingest(Opportunity_csv=sales, OpportunityHistory_csv=history)
    assert ask(ingest, "orders", "order_id, customer_id, amount::int, strftime(ordered_at, '%d')") == [
        ("salesforce:006dN00000DrvOr", SHOP, 1200, "09")
    ]
    assert ask(ingest, "touchpoints", "strftime(occurred_at, '%d'), touchpoint, outcome, to_value") == [
        ("01", "opportunity", None, None),
        ("02", "opportunity", None, None),
        ("03", "opportunity", None, None),
        ("05", "opportunity_stage", None, "Proposal"),
        ("09", "opportunity_closed", "success", None),
        ("10", "opportunity_closed", "failure", None),
    ]


def test_a_tree_of_the_cli(ingest):
    record = {
        "attributes": {"type": "Contact", "referenceId": "r1"},
        "Id": CONTACT,
        "LastName": "احمدی",
        "AccountId": None,
    }
    ingest(Contacts_json=json.dumps({"records": [record]}, ensure_ascii=False))
    assert ask(ingest, "customers", "customer_id") == [(SARA,)]


def test_the_files_of_others(ingest, fixtures):
    for path in (fixtures / "salesforce").glob("*.csv*"):
        (ingest.folder / "sources" / path.name).write_bytes(path.read_bytes())
    report = ingest()
    assert report.rows_in == report.taken + report.skipped + sum(report.quarantined.values())
    assert sum(report.quarantined.values()) == 0
    assert len(report.problems) == 1  # three columns of nothing
    assert report.tables["tickets"] == 3380
    assert not ingest().changed


def test_a_report_and_a_query_of_the_command_line_are_the_same_case(ingest):
    """Labels of the page where a report is saved; an answer of the CLI around the page of records."""
    labels = (
        '"Case Number","Case ID","Contact ID","Status","Case Origin","Escalated","Date/Time Opened","Date/Time Closed"'
    )
    cells = f'"00001","500dN00000DrvOr","{CONTACT[:15]}","Closed","Phone","1","2026-01-05 10:00","2026-01-07 10:00"'
    ingest(report_csv=f"{labels}\n{cells}\n")
    told = "ticket_id, customer_id, opened_at::date::text, solved_at::date::text, channel, escalated"
    once = ask(ingest, "tickets", told)
    assert once == [("salesforce:500dN00000DrvOr", SARA, "2026-01-05", "2026-01-07", "phone", True)]
    record = {"attributes": {"type": "Case"}, "Id": "500dN00000DrvOrQAJ", "CaseNumber": "00001", "Status": "Closed",
              "ContactId": CONTACT, "Contact": None, "Origin": "Phone", "IsEscalated": True,
              "CreatedDate": "2026-01-05T10:00:00.000+0000", "ClosedDate": "2026-01-07T10:00:00.000+0000"}  # fmt: skip
    page = {"status": 0, "result": {"records": [record], "totalSize": 1, "done": True}, "warnings": []}
    (ingest.folder / "sources" / "report.csv").unlink()
    assert ingest(query_json=json.dumps(page)).rows_in == 1
    assert ask(ingest, "tickets", told) == once


def test_days_in_the_account_s_own_order(ingest):
    """Without a word 1/2/2026 waits and the remedy says what to write; with it both ways are read."""
    rows = '1,5001,New,"1/2/2026, 3:05 PM"\n2,5002,New,"25.1.2026 9:00"\n'
    report = ingest(report_csv=f'"Case Number","Case ID","Status","Date/Time Opened"\n{rows}')
    assert report.quarantined == {"ambiguous_date": 2}
    assert "date_order: mdy" in report.text("en")
    about = ingest.folder / "workspace.yaml"
    for order, days in {"dmy": ["2026-02-01 15:05:00", "2026-01-25 09:00:00"], "mdy": ["2026-01-02 15:05:00"]}.items():
        entry = {"system": "salesforce", "path": "sources", "date_order": order}
        about.write_text(yaml.safe_dump({"name": "T", "locale": "en", "sources": [entry]}), "utf-8")
        sources.load(ingest.folder)
        assert [at for _, at in ask(ingest, "tickets", "ticket_id, (opened_at AT TIME ZONE 'UTC')::text")] == days
    about.write_text(yaml.safe_dump({"name": "T", "sources": [entry | {"date_order": "ymd"}]}), "utf-8")
    with pytest.raises(WorkspaceError, match="date_order is 'ymd'; use dmy"):
        sources.load(ingest.folder)


def test_a_column_that_can_be_done_without_may_be_missing(ingest):
    """Whoever exports chooses the fields: without IsWon the stage tells, without its account a contact is one."""
    deals = "Id,AccountId,StageName,Amount,CloseDate\n006A,001A,Closed Won,10,2026-01-10\n"
    deals += "006B,001A,closed lost,20,2026-01-11\n006C,001A,Prospecting,30,2026-01-12\n"
    report = ingest(Opportunity_csv=deals, Contact_csv="Id,FirstName,LastName,Email\n003A,Sara,N,s@x.ir\n")
    assert (report.rows_in, report.taken) == (4, 4)
    assert ask(ingest, "orders", "order_id, amount::int") == [("salesforce:006A", 10)]
    assert ask(ingest, "touchpoints", "session_id, outcome") == [
        ("salesforce:006A", "success"), ("salesforce:006B", "failure"),
    ]  # fmt: skip
    assert ask(ingest, "customers", "customer_id") == [("salesforce:003A",)]
