"""Pulls from vendors' APIs: what came lies in sources/ as it was, ingest reads it, the token lies nowhere."""

import base64
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
import yaml
from vendors import NAME, TOKEN, HubSpot, Salesforce, Zendesk

from cx_helpers import cli
from cx_helpers.intake import asking, fetching, pullfaults, pulling, sources, store
from cx_helpers.settings import WorkspaceError, load_settings

pytest.importorskip("dlt", reason="dlt is not installed, so no pull was tried; pip install 'cx-helpers[pull]'")


def ticket(number: int, at: int, **more) -> dict:
    return {
        "url": f"https://x.example/api/v2/tickets/{number}.json", "id": number, "created_at": "2026-01-01T10:00:00Z",
        "updated_at": "2026-01-02T10:00:00Z", "requester_id": 70 + number, "submitter_id": 70 + number,
        "status": "solved", "subject": "پرداخت", "description": f"پولم کم شد 😀 {number}", "priority": "high",
        "via": {"channel": "voice"}, "satisfaction_rating": None, "custom_fields": [{"id": 36, "value": "تهران"}],
        "generated_timestamp": at, "amount": 12345678901234567890, "metric_set": {
            "solved_at": "2026-01-02T09:00:00Z", "reopens": 1, "reply_time_in_minutes": {"calendar": 30}},
    } | more  # fmt: skip


def user(number: int, at: str, **more) -> dict:
    return {"id": number, "url": "u", "name": "مریم", "email": f"m{number}@mail.example", "role": "end-user",
            "phone": None, "created_at": "2025-01-01T00:00:00Z", "updated_at": at} | more  # fmt: skip


def of_zendesk() -> dict:
    return {
        "tickets": [ticket(n, 1767350000 + 10 * n) for n in (1, 2, 3, 4, 5)],
        "users": [user(70 + n, f"2026-01-0{n}T00:00:00Z") for n in (1, 2, 3)],
        "groups": [{"id": 5, "name": "فروش", "url": "u", "created_at": "2025-01-01T00:00:00Z"}],
        "satisfaction_ratings": [
            {"id": n, "url": "u", "ticket_id": n, "requester_id": 70 + n, "score": score, "comment": None,
             "created_at": "2026-01-03T00:00:00Z", "updated_at": "2026-01-04T00:00:00Z"}
            for n, score in ((1, "good"), (2, "bad"), (3, "offered"))
        ],
        "ticket_events": [
            {"id": 900, "ticket_id": 1, "timestamp": 1767346200, "created_at": "2026-01-02T09:30:00Z", "updater_id": 99,
             "via": "Web form", "event_type": "Audit", "child_events": [
                 {"id": 901, "event_type": "Change", "status": "solved", "previous_value": "open"}]},
        ],
    }  # fmt: skip


@pytest.fixture
def quick(monkeypatch):
    """No pauses between tries."""
    monkeypatch.setattr(fetching, "PAUSE_S", 0)


@pytest.fixture
def play(tmp_path, monkeypatch, quick):
    """play(Vendor, entry=…, sources=…) -> (vendor, folder): a workspace whose `pull` asks this vendor."""
    made = []

    def play(kind, entry=None, system=None, lists=None, sources=None, name="shop"):
        vendor = kind()
        made.append(vendor)
        vendor.lists = lists or {}
        system = system or kind.__name__.lower()
        monkeypatch.setenv("SHOP_TOKEN", TOKEN)
        entries = [{"system": system, "url": vendor.url, "token": "${SHOP_TOKEN}"} | (entry or {})]
        folder = tmp_path / name
        folder.mkdir()
        about = {"name": "T", "locale": "en", "privacy": {"pseudonyms": False}, "pull": entries}
        about["sources"] = sources or [{"system": system, "path": f"sources/{system}"}]
        (folder / "workspace.yaml").write_text(yaml.safe_dump(about, allow_unicode=True), "utf-8")
        return vendor, folder

    yield play
    for vendor in made:
        vendor.close()


def ask(folder: Path, sql: str) -> list[tuple]:
    paths = {p.stem: f"'{p}'" for p in (folder / "tables").glob("*.parquet")}
    return duckdb.sql(f"SET TimeZone = 'UTC'; {sql.format(**paths)}").fetchall()


def lines(folder: Path, name: str) -> list[dict]:
    """The rows of one list, of all pulls."""
    found = sorted((folder / "sources").rglob(f"{name}.jsonl"))
    return [json.loads(line) for path in found for line in path.read_text("utf-8").splitlines()]


def everything(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def ingest(folder: Path):
    report = sources.load(folder)
    assert report.problems == []
    assert report.rows_in == report.taken + report.skipped + sum(report.quarantined.values())
    assert not report.quarantined
    return report


# -- zendesk ----------------------------------------------------------------------------------------------------------


def test_what_zendesk_has_comes_as_it_is_and_ingest_makes_tables_of_it(play):
    vendor, folder = play(Zendesk, lists=of_zendesk())
    pulled = pulling.pull(folder)
    assert pulled.rows == {"zendesk": {"tickets": 5, "ticket_events": 1, "users": 3, "organizations": 0,
                                       "satisfaction_ratings": 3, "groups": 1, "brands": 0}}  # fmt: skip
    for name, rows in vendor.lists.items():
        assert lines(folder, name) == rows, "rows are not as they came"
    assert pulled.problems == pulled.hints == []
    report = ingest(folder)
    (told,) = report.warnings  # a field of their own, that no table knows
    assert told["en"].endswith(": amount")
    assert report.tables["tickets"] == 5
    asked = "status, priority, channel, first_reply_at::VARCHAR, solved_at::VARCHAR, reopens FROM {tickets}"
    assert ask(folder, f"SELECT {asked} WHERE ticket_id = 'zendesk:1'") == [
        ("solved", "high", "phone", "2026-01-01 10:30:00+00", "2026-01-02 09:00:00+00", 1)
    ]
    assert ask(folder, "SELECT response_id, score FROM {responses} WHERE score IS NOT NULL ORDER BY 1") == [
        ("zendesk:1-csat", 1.0), ("zendesk:2-csat", 0.0)]  # fmt: skip
    assert ("ticket_solved", "zendesk:1") in ask(folder, "SELECT touchpoint, session_id FROM {touchpoints}")
    assert ask(folder, "SELECT count(*) FROM {customers} WHERE created_at IS NOT NULL") == [(3,)]


def test_a_second_pull_changes_nothing_and_a_third_adds_what_is_new(play):
    vendor, folder = play(Zendesk, lists=of_zendesk())
    pulling.pull(folder)
    ingest(folder)
    before = everything(folder / "sources")
    again = pulling.pull(folder)
    assert sum(again.rows["zendesk"].values()) == 0
    assert again.text("en") == "zendesk: nothing new"
    assert everything(folder / "sources") == before
    assert not ingest(folder).changed
    newest = vendor.lists["tickets"][-1]["generated_timestamp"]
    # a new one, one of the same second as the newest that is known, a changed one; an old offer is answered
    vendor.lists["tickets"] += [ticket(6, newest + 5), ticket(7, newest)]
    vendor.lists["tickets"][0] = ticket(1, newest + 9, status="open", subject="باز شد")
    vendor.lists["satisfaction_ratings"][2]["score"] = "good"
    vendor.asked.clear()
    third = pulling.pull(folder)
    assert third.rows["zendesk"] == {"tickets": 3, "ticket_events": 0, "users": 0, "organizations": 0,
                                     "satisfaction_ratings": 3, "groups": 0, "brands": 0}  # fmt: skip
    assert {row["id"] for row in lines(folder, "tickets")[5:]} == {6, 7, 1}
    assert vendor.asked[0] == (
        "/api/v2/incremental/tickets/cursor.json",
        {"start_time": str(newest), "include": "metric_sets", "per_page": "1000"},
    )
    report = ingest(folder)
    assert report.tables["tickets"] == 7
    assert ask(folder, "SELECT status, subject FROM {tickets} WHERE ticket_id = 'zendesk:1'") == [("open", "باز شد")]
    assert ask(folder, "SELECT count(*) FROM {responses} WHERE score IS NOT NULL") == [(3,)]


def test_users_are_asked_for_since_the_last_change_in_seconds(play):
    vendor, folder = play(Zendesk, {"only": ["users"]}, lists=of_zendesk())
    pulling.pull(folder)
    vendor.asked.clear()
    vendor.lists["users"].append(user(80, "2026-01-09T00:00:00Z"))
    assert pulling.pull(folder).rows == {"zendesk": {"users": 1}}
    assert vendor.asked == [("/api/v2/incremental/users/cursor.json", {"start_time": "1767398400", "per_page": "1000"})]


@pytest.mark.parametrize("day", ["2026-01-02", "1404-10-12"])
def test_a_pull_begins_at_the_day_that_is_said_in_either_calendar(play, day):
    lists = of_zendesk()
    lists["tickets"] = [ticket(1, 1767311999), ticket(2, 1767312000)]  # the last second of January 1st, and the next
    vendor, folder = play(Zendesk, {"since": day, "only": ["tickets", "users"]}, lists=lists)
    assert pulling.pull(folder).rows == {"zendesk": {"tickets": 1, "users": 2}}
    assert [row["id"] for row in lines(folder, "tickets")] == [2]


def test_an_api_token_goes_with_the_agents_address(play, monkeypatch):
    monkeypatch.setenv("SHOP_USER", NAME)
    vendor, folder = play(Zendesk, {"user": "${SHOP_USER}"}, lists=of_zendesk())
    vendor.signed_in = lambda h: h.headers["Authorization"].startswith("Basic ") and Zendesk.signed_in(vendor, h)
    assert pulling.pull(folder).rows["zendesk"]["tickets"] == 5


# -- hubspot and salesforce -------------------------------------------------------------------------------------------


def record(number: int, at: str, archived=False, contact=None, **properties) -> dict:
    whose = {"contacts": {"results": [{"id": contact, "type": "ticket_to_contact"}]}} if contact else {}
    return {"id": str(number), "createdAt": "2026-01-01T00:00:00Z", "updatedAt": at, "archived": archived,
            "properties": {"hs_object_id": str(number), **properties}, "associations": whose}  # fmt: skip


def of_hubspot() -> dict:
    return {
        "contacts": [
            record(n, f"2026-01-0{n - 500}T00:00:00Z", email=f"c{n}@mail.example", firstname="مریم", city="تهران",
                   createdate="2025-01-01T00:00:00Z", lastmodifieddate=f"2026-01-0{n - 500}T00:00:00Z")
            for n in (501, 502, 503)
        ],
        "tickets": [
            record(9, "2026-01-07T10:00:00Z", contact="501", subject="دیر رسید", content="غذا سرد بود",
                   hs_pipeline_stage="4", hs_pipeline="0", hs_ticket_priority="HIGH",
                   createdate="2026-01-05T10:00:00Z", closed_date="2026-01-07T10:00:00Z",
                   hs_lastmodifieddate="2026-01-07T10:00:00Z", hs_v2_date_entered_77="2026-01-06T09:00:00Z"),
        ],
        "deals": [
            record(30, "2026-01-07T10:00:00Z", contact="502", dealname="سفارش", amount="120000", dealstage="closedwon",
                   closedate="2026-01-07T10:00:00Z", createdate="2026-01-05T10:00:00Z", hs_is_closed_won="true"),
        ],
        "feedback_submissions": [
            record(40, "2026-01-08T10:00:00Z", hs_survey_type="NPS", hs_submission_timestamp="2026-01-08T10:00:00Z",
                   hs_value="9", hs_content="خوب بود", hs_survey_channel="EMAIL", hs_contact_id="501"),
        ],
    }  # fmt: skip


def test_what_hubspot_has_becomes_tables_and_what_changes_comes_later(play):
    vendor, folder = play(HubSpot, {"properties": {"tickets": ["hs_v2_date_entered_77"]}}, lists=of_hubspot())
    assert pulling.pull(folder).rows["hubspot"] == {
        "contacts": 3, "contacts_archived": 0, "tickets": 1, "tickets_archived": 0, "deals": 1, "deals_archived": 0,
        "feedback_submissions": 1}  # fmt: skip
    report = ingest(folder)
    assert report.warnings == []
    assert ask(folder, "SELECT ticket_id, customer_id, subject, solved_at::VARCHAR FROM {tickets}") == [
        ("hubspot:9", "hubspot:501", "دیر رسید", "2026-01-07 10:00:00+00")]  # fmt: skip
    assert ask(folder, "SELECT touchpoint, to_value FROM {touchpoints} WHERE to_value IS NOT NULL") == [
        ("ticket_status", "77")]  # fmt: skip
    assert ask(folder, "SELECT order_id, customer_id, amount FROM {orders}") == [("hubspot:30", "hubspot:502", 120000)]
    assert ask(folder, "SELECT instrument, score, customer_id FROM {responses}") == [("nps", 9, "hubspot:501")]
    assert ask(folder, "SELECT city, count(*) FROM {customers} GROUP BY 1") == [("تهران", 3)]
    assert sum(pulling.pull(folder).rows["hubspot"].values()) == 0
    vendor.lists["tickets"][0] |= {"archived": True, "archivedAt": "2026-02-01T00:00:00Z"}
    vendor.lists["contacts"][0]["properties"] |= {"city": "شیراز", "lastmodifieddate": "2026-02-01T00:00:00Z"}
    vendor.lists["contacts"][0]["updatedAt"] = "2026-02-01T00:00:00Z"
    again = pulling.pull(folder).rows["hubspot"]
    assert {name: n for name, n in again.items() if n} == {"contacts": 1, "tickets_archived": 1}
    assert "tickets" not in ingest(folder).tables
    assert ask(folder, "SELECT city FROM {customers} WHERE customer_id = 'hubspot:501'") == [("شیراز",)]


def of_salesforce() -> dict:
    stamp = "2026-01-0{}T10:00:00.000+0000"
    return {
        "Case": [
            {"Id": f"50000000000000{n}AAA", "CaseNumber": f"0000{n}", "ContactId": "003000000000001AAA",
             "AccountId": None, "Status": "Closed", "Origin": "Phone", "Subject": "پرداخت", "Priority": "High",
             "Description": "پولم کم شد", "IsEscalated": False, "CreatedDate": stamp.format(n), "IsDeleted": False,
             "ClosedDate": stamp.format(n + 1), "SystemModstamp": stamp.format(n + 1)}
            for n in (1, 2, 3)
        ],
        "CaseHistory": [
            {"Id": "017000000000001AAA", "CaseId": "500000000000001AAA", "Field": "Status", "OldValue": "New",
             "NewValue": "Closed", "CreatedById": "005000000000001AAA", "CreatedDate": stamp.format(2),
             "IsDeleted": False},
        ],
        "Contact": [
            {"Id": "003000000000001AAA", "AccountId": "001000000000001AAA", "FirstName": "مریم", "LastName": "رضایی",
             "Email": "m@mail.example", "Phone": None, "MobilePhone": None, "MailingCity": "تهران", "IsDeleted": False,
             "CreatedDate": stamp.format(1), "LastModifiedDate": stamp.format(1), "SystemModstamp": stamp.format(1)},
        ],
        "Opportunity": [
            {"Id": "006000000000001AAA", "AccountId": "001000000000001AAA", "Name": "سفارش", "StageName": "Closed Won",
             "CloseDate": "2026-01-07", "IsWon": True, "IsClosed": True, "Amount": 120000.0, "IsDeleted": False,
             "CreatedDate": stamp.format(1), "LastModifiedDate": stamp.format(1), "SystemModstamp": stamp.format(1)},
        ],
    }  # fmt: skip


def test_what_salesforce_has_becomes_tables_and_what_changes_comes_later(play):
    vendor, folder = play(Salesforce, lists=of_salesforce())
    first = pulling.pull(folder).rows["salesforce"]
    assert first == {"Case": 3, "CaseHistory": 1, "Contact": 1, "Account": 0, "Opportunity": 1, "User": 0}
    assert [{k: v for k, v in row.items() if k != "attributes"} for row in lines(folder, "Case")] == vendor.lists[
        "Case"
    ]
    ingest(folder)
    assert ask(folder, "SELECT count(*), min(customer_id), min(solved_at)::VARCHAR FROM {tickets}") == [
        (3, "salesforce:003000000000001", "2026-01-02 10:00:00+00")]  # fmt: skip
    assert ("ticket_solved",) in ask(folder, "SELECT touchpoint FROM {touchpoints}")
    assert sum(pulling.pull(folder).rows["salesforce"].values()) == 0
    vendor.lists["Case"][0] |= {"IsDeleted": True, "SystemModstamp": "2026-02-01T10:00:00.000+0000"}
    vendor.asked.clear()
    assert pulling.pull(folder).rows["salesforce"]["Case"] == 1
    assert "WHERE SystemModstamp >= 2026-01-04T10:00:00.000Z ORDER BY" in vendor.asked[0][1]["q"]
    assert ingest(folder).tables["tickets"] == 2


def test_a_connected_app_signs_in_by_its_id_and_secret(play):
    entry = {"token": None, "client_id": "id", "client_secret": "${SHOP_TOKEN}", "only": ["Contact"]}
    vendor, folder = play(Salesforce, entry, lists=of_salesforce())
    assert pulling.pull(folder).rows == {"salesforce": {"Contact": 1}}
    assert [path for path, _ in vendor.asked] == ["/services/oauth2/token", "/services/data/v62.0/queryAll"]
    written = b"".join(everything(folder).values())
    assert Salesforce.short.encode() not in written
    assert TOKEN.encode() not in written


# -- faults -----------------------------------------------------------------------------------------------------------

FAULTS = {
    "a wrong token": (401, 1, "does not accept the key (401, tickets); check the value of ${SHOP_TOKEN}"),
    "a right that is missing": (403, 1, "may not read tickets (403); give it that right, or name the other lists"),
    "no such list": (404, 1, "there is no tickets at this address (404); check `url`"),
    "asked too often": (429, 6, "said 6 times that it is asked too often (429, tickets); pull again in an hour"),
    "the vendor's own error": (500, 6, "answered 6 times with an error of its own (500, tickets); pull again later"),
    "a cut connection": ("cut", 6, "the connection broke amid tickets (6 tries); check the network and `url`"),
    "a query that is refused": (400, 1, "refuses to give tickets (400); check the rights of the key"),
    "a page to sign in": ("<html>", 1, "the answer for tickets is not JSON; check that `url` is the API's address"),
    "another answer": ({"error": "x"}, 1, "the answer for tickets has no list tickets; check that `url`"),
    "a list that is none": ({"tickets": {"id": 1}}, 1, "the answer for tickets has no list tickets"),
    "a redirect": ((302, "http://localhost:1/"), 1, "leads to another address (localhost), to which the key was not"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_one_sentence_with_its_remedy_and_nothing_is_written(play, fault, capfd):
    told, tries, words = FAULTS[fault]
    vendor, folder = play(Zendesk, lists=of_zendesk())
    vendor.fault = lambda path, query, nth: told if nth > 1 else None  # the first page is good
    before = everything(folder)
    assert cli.main(["pull", "-w", str(folder)]) == cli.WRONG
    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith("cx: zendesk: ")
    assert words in err
    assert err.endswith("; nothing of it was written\n")
    assert err.count("\n") == 1
    assert len(vendor.asked) == 1 + tries
    assert everything(folder) == before | {"state/pull.lock": b""}
    assert not (folder / "sources" / "zendesk").exists()
    vendor.fault = lambda *_: None
    assert pulling.pull(folder).rows["zendesk"]["tickets"] == 5, "what failed cannot be pulled later"


def test_every_fault_is_said_in_both_languages_and_none_shows_a_key(play):
    _, folder = play(Zendesk)
    (asked,) = asking.read(load_settings(folder))
    for code in pullfaults.FAULTS:
        error = fetching.OddAnswer(code, "tickets")
        words = pullfaults.told(error, asked, "tickets").words
        assert words["fa"].endswith("چیزی از آن نوشته نشد")
        assert not any(TOKEN in text or "{" in text.replace("${", "") for text in words.values())
    assert "tickets could not be read (KeyError); " in str(pullfaults.told(KeyError(TOKEN), asked, "tickets"))
    assert "(No space left on device)" in str(pullfaults.told(OSError(28, "No space left on device"), asked, "x"))


def test_what_passes_is_tried_again(play):
    vendor, folder = play(Zendesk, lists=of_zendesk())
    vendor.fault = lambda path, query, nth: {2: 429, 3: 503, 4: "cut"}.get(nth)
    assert pulling.pull(folder).rows["zendesk"]["tickets"] == 5
    assert [row["id"] for row in lines(folder, "tickets")] == [1, 2, 3, 4, 5]


def test_a_vendor_that_is_not_there(play):
    vendor, folder = play(Zendesk)
    vendor.close()
    with pytest.raises(WorkspaceError, match=r"127\.0\.0\.1:\d+ cannot be reached"):
        pulling.pull(folder)
    vendor.close = lambda: None


def test_a_link_to_another_host_gets_no_key(play):
    vendor, folder = play(Zendesk, lists=of_zendesk())
    other = Zendesk()
    page = {"tickets": [ticket(1, 5)], "after_url": f"{other.url}/x", "end_of_stream": False}
    vendor.fault = lambda path, query, nth: page
    with pytest.raises(WorkspaceError, match="leads to another address"):
        pulling.pull(folder)
    assert other.asked == []
    other.close()


def test_one_system_that_fails_stops_no_other(play, tmp_path, capsys):
    good, folder = play(Zendesk, lists=of_zendesk())
    bad = Zendesk()
    bad.fault = lambda *_: 403
    about = yaml.safe_load((folder / "workspace.yaml").read_text("utf-8"))
    about["pull"].append(about["pull"][0] | {"name": "second", "url": bad.url})
    (folder / "workspace.yaml").write_text(yaml.safe_dump(about), "utf-8")
    assert cli.main(["pull", "-w", str(folder)]) == cli.SOME
    out = capsys.readouterr().out
    assert "zendesk: 13 new rows in sources/zendesk/" in out
    assert "second: this key may not read tickets (403)" in out
    assert cli.main(["pull", "second", "-w", str(folder)]) == cli.WRONG
    bad.close()


# -- what is written --------------------------------------------------------------------------------------------------


def test_the_key_lies_in_no_byte_and_what_is_written_is_its_owners(play, monkeypatch, capfd):
    monkeypatch.setenv("SHOP_USER", NAME)
    vendor, folder = play(Zendesk, {"user": "${SHOP_USER}"}, lists=of_zendesk())
    monkeypatch.chdir(folder)
    assert cli.main(["pull"]) == cli.OK
    ingest(folder)
    vendor.fault = lambda *_: 401
    assert cli.main(["pull"]) == cli.WRONG
    said = capfd.readouterr()
    basic = base64.b64encode(f"{NAME}/token:{TOKEN}".encode())
    for text in [*everything(folder).values(), *(said.out.encode(), said.err.encode())]:
        assert TOKEN.encode() not in text
        assert basic not in text
    for path in [folder / "state" / "pull", *(folder / "sources" / "zendesk").iterdir()]:
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "state" / "pull" / "zendesk.json").stat().st_mode) == 0o600


def test_dlt_tells_nobody_and_leaves_nothing_at_home(play, tmp_path):
    """In a process of its own: dlt reads its settings once.  Every address it looks up or calls is noted."""
    vendor, folder = play(Zendesk, lists=of_zendesk())
    home = tmp_path / "home"
    home.mkdir()
    code = """
import socket, sys
called, connect, look = set(), socket.socket.connect, socket.getaddrinfo
def connected(self, address):
    called.add(address[0])
    return connect(self, address)
def looked(host, *rest, **more):
    called.add(host)
    return look(host, *rest, **more)
socket.socket.connect, socket.getaddrinfo = connected, looked
from cx_helpers import cli
print(cli.main(["pull", "-w", sys.argv[1]]), called)
from dlt.common.runtime import anon_tracker, telemetry
print(telemetry.is_telemetry_started(), anon_tracker._ANON_TRACKER_ENDPOINT)
"""
    env = os.environ | {"HOME": str(home), "RUNTIME__DLTHUB_TELEMETRY": "true"}
    done = subprocess.run([sys.executable, "-c", code, str(folder)], env=env, capture_output=True, text=True, cwd=home)
    assert done.stderr == ""
    assert done.stdout.splitlines()[-2] == "0 {'127.0.0.1'}"
    assert done.stdout.splitlines()[-1].endswith(" None"), "telemetry has an address to tell"
    assert [p.name for p in home.rglob("*")] == []


def test_a_pull_that_was_killed_before_it_was_remembered_doubles_nothing(play, monkeypatch):
    _, folder = play(Zendesk, lists=of_zendesk())
    with monkeypatch.context() as killed:
        killed.setattr(pulling, "_write", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            pulling.pull(folder)
    assert len(lines(folder, "tickets")) == 5
    pulling.pull(folder)
    assert len(lines(folder, "tickets")) == 10
    assert ingest(folder).tables["tickets"] == 5


def test_what_is_under_way_is_not_read_and_what_a_kill_left_is_removed(play):
    _, folder = play(Zendesk, {"only": ["tickets"]}, lists=of_zendesk())
    pulling.pull(folder)
    half = folder / "sources" / "zendesk" / ".pull"
    half.mkdir()
    (half / "tickets.jsonl").write_text(json.dumps(ticket(99, 1767350000)) + "\n", "utf-8")
    assert ingest(folder).tables["tickets"] == 5
    pulling.pull(folder)
    assert not half.exists()


def test_one_pull_at_a_time(play, capsys):
    _, folder = play(Zendesk)
    with store.lock(folder, "pull"):
        assert cli.main(["pull", "-w", str(folder)]) == 3
    assert "another cx pull is at work" in capsys.readouterr().err


def test_a_memory_that_is_damaged_or_of_another_vendor_is_refused(play):
    vendor, folder = play(Zendesk, lists=of_zendesk())
    pulling.pull(folder)
    memory = folder / "state" / "pull" / "zendesk.json"
    known = json.loads(memory.read_text("utf-8"))
    moved = json.dumps(known | {"url": "https://b.example"})
    for text, words in (("{", "cannot be read; remove it"), (moved, "is of another system or address")):
        memory.write_text(text, "utf-8")
        with pytest.raises(WorkspaceError, match=words):
            pulling.pull(folder)


def test_rows_that_no_source_reads_are_told_of(play):
    other = [{"system": "zendesk", "name": "by_hand", "path": "sources/by_hand"}]
    _, folder = play(Zendesk, lists=of_zendesk(), sources=other)
    pulled = pulling.pull(folder)
    assert pulled.text("en").splitlines()[1] == (
        "zendesk: no entry of `sources` reads these rows; write - {system: zendesk, path: sources/zendesk}"
    )


# -- the entries of workspace.yaml ------------------------------------------------------------------------------------

RIGHT = {"system": "zendesk", "url": "https://shop.zendesk.com", "token": "${SHOP_TOKEN}"}
WRONG = {
    "a token in clear": ({"token": TOKEN}, "`token` stands in clear"),
    "a token as default": ({"token": "${X:-" + TOKEN + "}"}, "`token` stands in clear"),
    "a number": ({"token": 123456789012}, "`token` stands in clear"),
    "a secret in clear": ({"client_secret": TOKEN}, "`client_secret` stands in clear"),
    "no such variable": ({"token": "${SHOP_TOKEM}"}, "variable SHOP_TOKEM is not set; set it to the token"),
    "an odd variable": ({"token": "${ODD}"}, "variable ODD holds blanks or letters"),
    "no key": ({"token": None}, "give token: ${…}, or token: ${…} and user: ${…}"),
    "no address": ({"url": None}, "give the `url`, such as https://NAME.zendesk.com"),
    "no right address": ({"url": "shop.zendesk.com"}, "`url` is no address of an API"),
    "a port that is none": ({"url": "https://[x"}, "`url` is no address of an API"),
    "a password in it": ({"url": f"https://a:{TOKEN}@shop.example"}, "`url` holds a name, a password or a query"),
    "a query": ({"url": f"https://shop.example?t={TOKEN}"}, "`url` holds a name, a password or a query"),
    "unsealed": ({"url": "http://shop.example"}, "the token could be read on the way; write https://"),
    "an unknown key": ({"tokn": "${SHOP_TOKEN}"}, "unknown key 'tokn'; did you mean 'token'?"),
    "an unknown system": ({"system": "zendesc"}, "'zendesc' cannot be pulled; did you mean 'zendesk'?"),
    "an unknown list": ({"only": ["ticket"]}, "unknown key 'ticket'; did you mean 'tickets'?"),
    "properties of none": ({"properties": {"tickets": ["x"]}}, "unknown key 'properties'"),
    "a day that is none": ({"since": "1404-13-01"}, "since: "),
    "a name that is a way": ({"name": "../x"}, "a `name` has letters, digits"),
}


@pytest.fixture
def entries(tmp_path, monkeypatch):
    """entries(entry, …) -> the settings of a workspace with these entries of `pull`."""
    monkeypatch.setenv("SHOP_TOKEN", TOKEN)
    monkeypatch.setenv("ODD", f"{TOKEN}\r\nX: y")

    def entries(*given):
        about = {"name": "T", "pull": list(given)}
        (tmp_path / "workspace.yaml").write_text(yaml.safe_dump(about, allow_unicode=True), "utf-8")
        return load_settings(tmp_path)

    return entries


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_entry_is_refused_with_its_remedy_and_without_the_secret(entries, case):
    change, words = WRONG[case]
    entry = {key: value for key, value in (RIGHT | change).items() if value is not None}
    with pytest.raises(WorkspaceError) as refused:
        asking.read(entries(entry))
    assert words in str(refused.value)
    assert TOKEN not in str(refused.value)
    assert "123456789012" not in str(refused.value)


def test_entries_are_found_by_name_and_system(entries):
    settings = entries(RIGHT, RIGHT | {"name": "second"}, {"system": "hubspot", "token": "${SHOP_TOKEN}"})
    assert [asked.name for asked in asking.read(settings)] == ["zendesk", "second", "hubspot"]
    assert [asked.name for asked in asking.read(settings, "second")] == ["second"]
    assert asking.read(settings, "hubspot")[0].url == "https://api.hubapi.com"
    with pytest.raises(WorkspaceError, match=r"no entry is called 'hubspt'; did you mean 'hubspot'"):
        asking.read(settings, "hubspt")
    with pytest.raises(WorkspaceError, match="properties: unknown key 'ticket'; did you mean 'tickets'"):
        asking.read(entries(RIGHT | {"system": "hubspot", "properties": {"ticket": ["x"]}}))
    with pytest.raises(WorkspaceError, match="two entries are called 'zendesk'"):
        asking.read(entries(RIGHT, RIGHT))
    with pytest.raises(WorkspaceError, match="nothing is to be pulled; write pull:"):
        asking.read(entries())
    with pytest.raises(WorkspaceError, match="pull must be a list of"):
        entries("zendesk")


def test_without_dlt_it_is_said_what_to_install(play, monkeypatch):
    _, folder = play(Zendesk)
    monkeypatch.setitem(sys.modules, "dlt.sources.rest_api", None)
    with pytest.raises(WorkspaceError, match=r"needs dlt, which is not installed; pip install 'cx-helpers\[pull\]'"):
        pulling.pull(folder)


def test_a_key_has_no_place_in_an_entry_of_another_kind(entries):
    """`token: ${NAME}` is filled; other texts of an entry may name variables, too."""
    settings = entries(RIGHT | {"url": "${HOME_OF_SHOP:-https://shop.zendesk.com}"})
    (asked,) = asking.read(settings)
    assert asked.url == "https://shop.zendesk.com"
    assert asked.sign_in == {"type": "bearer", "token": TOKEN}
    assert TOKEN not in repr(settings)
