"""Exports of whole systems: recognised file by file, merged column by column; what is wrong is told, the rest read."""

import gzip
import json
import zipfile

import duckdb
import pytest
import yaml

from cx_helpers import cli
from cx_helpers.intake import sources, store, systems
from cx_helpers.intake.convert import connect
from cx_helpers.intake.mapping import read_sources
from cx_helpers.intake.merge import rows
from cx_helpers.settings import WorkspaceError, load_settings

DESK = {  # an invented system: requests, their measures, their history, people, and a list that is of no use
    "system": "desk",
    "timezone": "UTC",
    "dialects": {
        "request": {
            "has": ["id", "requester", "created at"],
            "may": ["state", "topic.name", "changed", "queue id"],
            "root": ["requests", "request"],
            "aliases": {"created at": ["تاریخ ایجاد"]},
            "newest_by": "changed",
            "deleted": "state = 'gone'",
            "tables": {
                "tickets": {
                    "columns": {"ticket_id": "id", "customer_id": "requester", "opened_at": "created at",
                                "status": "state", "topic": "topic.name",
                                "team": {"expr": "'queue:' || \"queue id\"", "via": "names.name"}}},
                "touchpoints": {
                    "yields_to": ["session_id", "touchpoint"],
                    "columns": {"event_id": {"expr": "id || '-opened'"}, "customer_id": "requester",
                                "occurred_at": "created at", "touchpoint": {"value": "ticket_opened"},
                                "session_id": "id"}}}},
        "measure": {
            "has": ["request_id", "replied"],
            "tables": {"tickets": {"partial": True, "columns": {"ticket_id": "request_id",
                                                                "first_reply_at": "replied"}}}},
        "history": {
            "has": ["request_id", "event", "at"],
            "tables": {"touchpoints": {"columns": {
                "event_id": {"expr": "request_id || '-' || event"}, "occurred_at": "at",
                "customer_id": {"from": "request_id", "via": "tickets"},
                "touchpoint": "event", "session_id": "request_id"}}}},
        "note": {
            "has": ["note_id", "author", "words", "at"],
            "tables": {"comments": {"among": ["tickets", "customers"], "columns": {
                "comment_id": "note_id", "customer_id": "author", "written_at": "at", "text": "words"}}}},
        "person": {
            "has": ["id", "role", "mail"],
            "may": ["tel"],
            "root": ["people"],
            "tables": {
                "customers": {"when": "role = 'customer'", "columns": {"customer_id": "id"}},
                "staff": {"when": "role <> 'customer'", "columns": {"customer_id": "id"}},
                "persons": {"when": "role = 'customer'", "columns": {"customer_id": "id", "email": "mail",
                                                                      "phone": "tel"}}}},
        "queue": {"has": ["queue", "title"], "tables": {"names": {"columns": {
            "thing": {"expr": "'queue:' || queue"}, "name": "title"}}}},
        "message": {"has": ["message_id", "request_id", "writer", "sent"], "tables": {"messages": {"columns": {
            "message_id": "message_id", "ticket_id": "request_id", "customer_id": "writer", "written_at": "sent"}}}},
        "list": {"has": ["group", "label"], "tables": {}},
    },
}  # fmt: skip
HEAD = "id,requester,created at,state,changed\n"


@pytest.fixture
def company(tmp_path, monkeypatch):
    """company(name=content, …) puts files into sources/desk of a workspace and ingests them; returns the report."""
    mappings = tmp_path / "mappings"
    mappings.mkdir()
    (mappings / "desk.yaml").write_text(yaml.safe_dump(DESK, allow_unicode=True), "utf-8")
    monkeypatch.setattr(systems, "MAPPINGS", mappings)
    systems.shipped.cache_clear()
    folder = tmp_path / "company"
    (folder / "sources" / "desk").mkdir(parents=True)

    def ingest(entry=None, privacy=False, **files):
        entry = {"system": "desk", "path": "sources/desk"} | (entry or {})
        about = {"name": "T", "locale": "en", "privacy": {"pseudonyms": privacy}, "sources": [entry]}
        (folder / "workspace.yaml").write_text(yaml.safe_dump(about, allow_unicode=True), "utf-8")
        for name, content in files.items():
            stem, _, suffix = name.rpartition("_")
            path = folder / "sources" / "desk" / f"{stem}.{suffix}"
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return sources.load(folder)

    ingest.folder = folder
    yield ingest
    systems.shipped.cache_clear()


def table(company, name: str, columns: str = "*") -> list[tuple]:
    return duckdb.sql(f"SELECT {columns} FROM '{company.folder}/tables/{name}.parquet' ORDER BY ALL").fetchall()


def test_the_same_rows_are_recognised_in_every_form(company):
    row = {"id": 1, "requester": 7, "created at": "2024-01-01 10:00", "state": "open", "topic": {"name": "price"}}
    pages = {"requests": [row], "count": 1, "next_page": None}
    forms = {
        "page_json": json.dumps(pages),
        "one_json": json.dumps({"request": row}, indent=1),
        "bare_json": json.dumps(row, indent=2),
        "list_json": json.dumps([row, row | {"changed": "2024-01-02"}]),
        "lines_jsonl": json.dumps(pages) + "\n" + json.dumps(pages) + "\n",
        "csv_csv": "ID,Requester,Created_At,topic.name\n1,7,2024-01-01 10:00,price\n",
        "fa_csv": "id;requester;تاریخ ایجاد;topic.name\n1;7;2024-01-01 10:00;price\n".encode("utf-16"),
    }
    for name, content in forms.items():
        report = company(**{name: content})
        assert not report.problems, name
        assert table(company, "tickets", "ticket_id, customer_id, topic") == [("desk:1", "desk:7", "price")], name
        assert report.rows_in == report.taken + report.skipped
        for path in (company.folder / "sources" / "desk").iterdir():
            path.unlink()


def test_a_zip_is_a_folder_of_files(company):
    path = company.folder / "sources" / "desk" / "all.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("deep/requests.csv", HEAD + "1,7,2024-01-01,open,2024-01-02\n")
        packed.writestr("__MACOSX/x", "x")
        packed.writestr("readme.txt", "hello\n")
    report = company()
    assert report.files == {
        "sources/desk/all.zip/deep/requests.csv": "read",
        "sources/desk/all.zip/readme.txt": "failed",
    }
    assert company(entry={"except": ["readme*"]}).problems == []
    assert table(company, "tickets", "ticket_id") == [("desk:1",)]


def test_dialects_complete_each_other_and_parts_without_a_whole_wait(company):
    report = company(r_csv=HEAD + "1,7,2024-01-01,open,2024-01-02\n",
                     m_csv="request_id,replied\n1,2024-01-01 08:00\n2,2024-01-03 08:00\n")  # fmt: skip
    assert table(company, "tickets", "ticket_id, status, hour(first_reply_at)") == [("desk:1", "open", 8)]
    assert report.left["tickets"]["waiting"] == [("desk/measure", "opened_at", 1)]
    assert "tickets: 1 of desk/measure waiting for opened_at" in report.text("en")
    report = company(s_csv=HEAD + "2,8,2024-01-03,new,2024-01-03\n")  # the whole comes later
    assert table(company, "tickets", "ticket_id, status, hour(first_reply_at)") == [
        ("desk:1", "open", 8), ("desk:2", "new", 8)]  # fmt: skip
    assert report.left["tickets"]["waiting"] == []
    assert not company().changed


def test_the_newest_row_of_a_key_stays_and_a_deleted_one_goes(company):
    # within one file, whatever the order of lines; the older rows are counted as skipped
    report = company(a_csv=HEAD + "1,7,2024-01-01,solved,2024-01-05\n1,7,2024-01-01,open,2024-01-02\n"
                                  "2,7,2024-01-01,open,2024-01-02\n")  # fmt: skip
    assert (report.rows_in, report.taken, report.skipped) == (3, 2, 1)
    assert table(company, "tickets", "ticket_id, status") == [("desk:1", "solved"), ("desk:2", "open")]
    # a file that comes later with an older row changes nothing; a deletion takes the ticket and its touchpoint along
    report = company(b_csv=HEAD + "1,7,2024-01-01,open,2024-01-03\n2,,,gone,2024-01-09\n")
    assert table(company, "tickets", "ticket_id, status") == [("desk:1", "solved")]
    assert table(company, "touchpoints", "event_id") == [("desk:1-opened",)]
    assert (report.rows_in, report.taken, report.skipped) == (5, 3, 2)
    assert report.left["tickets"]["deleted"] == 1


def test_a_deleted_row_takes_its_parts_along(company):
    company(a_csv=HEAD + "1,7,2024-01-01,open,2024-01-02\n", m_csv="request_id,replied\n1,2024-01-01 08:00\n")
    assert table(company, "tickets", "ticket_id") == [("desk:1",)]
    report = company(b_csv=HEAD + "1,,,gone,2024-01-09\n2,7,2024-01-01,open,2024-01-02\n")
    assert table(company, "tickets", "ticket_id") == [("desk:2",)]
    assert (report.left["tickets"]["deleted"], report.left["tickets"]["waiting"]) == (1, [])


def test_history_finds_its_customer_and_what_tells_less_gives_way(company):
    report = company(r_csv=HEAD + "1,7,2024-01-01,open,2024-01-02\n2,8,2024-01-01,open,2024-01-02\n",
                     h_csv="request_id,event,at\n1,ticket_opened,2024-01-01 09:00\n1,solved,2024-01-04\n"
                           "9,solved,2024-01-04\n")  # fmt: skip
    assert table(company, "touchpoints", "customer_id, touchpoint, hour(occurred_at)") == [
        ("desk:7", "solved", 0), ("desk:7", "ticket_opened", 9), ("desk:8", "ticket_opened", 0)]  # fmt: skip
    assert report.left["touchpoints"]["yielded"] == 1
    assert report.left["touchpoints"]["waiting"] == [("desk/history", "customer_id", 1)]


def test_what_others_name_by_an_id_is_called_by_its_name(company):
    company(r_csv="id,requester,created at,queue id\n1,7,2024-01-01,5\n2,7,2024-01-01,6\n3,7,2024-01-01,\n")
    assert table(company, "tickets", "ticket_id, team") == [("desk:1", "5"), ("desk:2", "6"), ("desk:3", None)]
    company(q_csv="queue,title\n5,فروش\n")  # the name comes later
    assert table(company, "tickets", "ticket_id, team") == [("desk:1", "فروش"), ("desk:2", "6"), ("desk:3", None)]


def test_a_request_is_answered_by_the_first_message_of_another_than_who_asked(company):
    messages = "message_id,request_id,writer,sent\n1,1,7,2024-01-01 01:00\n2,1,8,2024-01-01 02:00\n" \
               "3,1,99,2024-01-01 03:00\n4,1,99,2024-01-01 04:00\n"  # fmt: skip
    report = company(r_csv=HEAD + "1,7,2024-01-01,open,2024-01-02\n", m_csv=messages)
    assert table(company, "tickets", "hour(first_reply_at)") == [(2,)]
    assert ("ticket_reply", 2) in table(company, "touchpoints", "touchpoint, hour(occurred_at)")
    # once it is known who the company's people are, a friend of the customer's is none
    company(p_csv="id,role,mail\n99,agent,a@x.ir\n7,customer,b@x.ir\n8,customer,c@x.ir\n")
    assert table(company, "tickets", "hour(first_reply_at)") == [(3,)]
    assert ("ticket_reply", 3) in table(company, "touchpoints", "touchpoint, hour(occurred_at)")
    assert not company().changed
    assert report.rows_in == report.taken


def test_a_request_is_solved_and_reopened_as_its_journey_says(company):
    head = "request_id,event,at\n"
    report = company(r_csv=HEAD + "1,7,2024-01-01,open,2024-01-02\n2,7,2024-01-01,open,2024-01-02\n3,7,2024-01-01,,\n",
                     h_csv=head + "1,ticket_solved,2024-01-04 09:00\n2,ticket_solved,2024-01-04 10:00\n"
                                  "2,ticket_reopened,2024-01-05 11:00\n")  # fmt: skip
    asked = "ticket_id, hour(solved_at), reopens"
    assert table(company, "tickets", asked) == [("desk:1", 9, 0), ("desk:2", None, 1), ("desk:3", None, None)]
    assert not report.problems


def test_rows_of_several_kinds_under_one_key_are_told_apart(company):
    found = [{"id": 1, "requester": 7, "created at": "2024-01-01", "state": "open"},
             {"id": 7, "role": "customer", "mail": "a@x.ir"}, {"id": 2, "created at": "2024-01-01"}]  # fmt: skip
    report = company(search_json=json.dumps({"results": found, "count": 3}))
    assert table(company, "tickets", "ticket_id") == [("desk:1",)]
    assert table(company, "customers", "customer_id") == [("desk:7",)]
    assert [p["en"].split(":")[0] for p in report.problems] == ["sources/desk/search.json (results)"]


def test_a_cell_that_holds_json_is_reached_into(company):
    company(r_csv='id,requester,created at,topic\n1,7,2024-01-01,"{""name"": ""price""}"\n2,7,2024-01-01,{oops\n')
    assert table(company, "tickets", "ticket_id, topic") == [("desk:1", "price"), ("desk:2", None)]


def test_staff_are_no_customers_and_unknown_writers_wait(company):
    files = {
        "r_csv": HEAD + "1,7,2024-01-01,open,2024-01-02\n",
        "n_csv": "note_id,author,words,at\n1,7,خوب,2024-01-01\n2,99,ما,2024-01-01\n",
    }
    report = company(**files)
    assert table(company, "comments", "comment_id") == [("desk:1",)]
    assert report.left["comments"]["waiting"] == [("desk/note", "tickets / customers", 1)]
    report = company(p_json=json.dumps({"people": [{"id": 7, "role": "agent", "mail": "a@x.ir"},
                                                   {"id": 99, "role": "customer", "mail": "b@x.ir"}]}))  # fmt: skip
    assert table(company, "comments", "comment_id") == [("desk:2",)]
    assert table(company, "tickets", "ticket_id, customer_id") == [("desk:1", None)]
    assert report.left["touchpoints"]["staff"] == 1


def test_people_stay_inside_and_their_keys_become_identities(company):
    company(privacy=True, p_csv="id,role,mail,tel\n1,customer,A@x.ir,0912 123 4567\n2,customer,A@x.ir,\n")
    assert table(company, "identities", "kind").count(("account",)) == 2
    assert sorted(table(company, "identities", "kind")) == [("account",), ("account",), ("email",), ("phone",)]
    assert not (company.folder / "tables" / "persons.parquet").exists()
    con = connect(company.folder)
    state = store.State.read(company.folder)
    found = con.execute(f"SELECT email, phone FROM {rows(con, state, 'persons')[0]} ORDER BY phone").fetchall()
    con.close()
    assert found == [("A@x.ir", "0912 123 4567"), ("A@x.ir", None)]
    for piece in state.of("persons"):
        assert (state.pieces / piece["file"]).stat().st_mode & 0o777 == 0o600
    for path in (company.folder / "tables").iterdir():
        assert b"x.ir" not in path.read_bytes()


def test_a_short_code_is_nobodys_phone(company):
    phones = "123", "۱۱۰", "داخلی 4521", "۰۲۱-۸۸۷۷۶۶۵۵"
    company(p_csv="id,role,mail,tel\n" + "".join(f"{n},customer,,{phone}\n" for n, phone in enumerate(phones)))
    assert [v for k, v in table(company, "identities", "kind, value") if k == "phone"] == ["021-88776655"]
    assert len(table(company, "customers", "customer_id")) == 4


def test_a_file_that_is_none_of_the_system_is_told_and_the_others_are_read(company, capsys):
    report = company(r_csv=HEAD + "1,7,2024-01-01,open,2024-01-02\n", e_csv="",
                     x_csv="id,requester,born\n09121234567,b,c\n", p_pdf=b"%PDF-1.4 x",
                     l_csv="group,label\na,b\nc,d\n", c_json='{"requests": [')  # fmt: skip
    said = report.text("en")
    assert "x.csv: is none of the known exports of desk; its columns: id, requester, born. The nearest is request, " \
           "which also needs created at; export it again" in said  # fmt: skip
    assert "e.csv: is empty" in said
    assert "p.pdf: is PDF, not an export" in said
    assert "c.json" in said
    assert "هیچ‌یک از خروجی‌های شناخته‌شدهٔ desk نیست" in report.text("fa")
    assert table(company, "tickets", "ticket_id") == [("desk:1",)]
    assert (report.rows_in, report.taken, report.skipped) == (3, 1, 2)  # the list is known, and of no use
    assert cli.main(["ingest", "-w", str(company.folder)]) == 2
    capsys.readouterr()


def test_a_file_of_no_known_shape_alone_is_an_error(company):
    with pytest.raises(WorkspaceError, match="none of the known exports of desk"):
        company(x_csv="a,b\n09121234567,1\n")


def test_a_cut_file_is_read_up_to_the_cut(company):
    full = json.dumps(
        {"requests": [{"id": i, "requester": 1, "created at": "2024-01-01"} for i in range(20)]}, indent=1
    )
    report = company(cut_json=full[: full.index('"id": 15') + 12])
    assert len(table(company, "tickets")) == 15
    assert (report.rows_in, report.taken, report.quarantined) == (16, 15, {"cut_off": 1})
    report = company(half_csv=(HEAD + "".join(f"{i},1,2024-01-01,open,2024-01-01\n" for i in range(30, 40)))[:-22])
    assert len(table(company, "tickets")) == 15 + 9
    assert report.rows_in == report.taken + sum(report.quarantined.values()) + report.skipped


GOOD = {"id": 1, "requester": 7, "created at": "2024-01-01"}
ROW, TWO = json.dumps(GOOD), json.dumps(GOOD | {"id": 2})
HURT = TWO.replace('"requester"', '"tags": [{"k": 1}, {"k": 2}], "reque').replace('"id": 2', '"id": 5')
HOSTILE = {  # JSON as it comes: (content, tickets read, quarantined, is the whole file told of)
    "empty page": ('{"requests": [], "count": 0}', 0, {}, False),
    "empty list": ("[]", 0, {}, False),
    "no number": (f'[{ROW[:-1]}, "x": NaN}}]', 1, {}, False),
    "half an emoji": (f'[{ROW[:-1]}, "topic": {{"name": "a\\ud83d"}}}}]', 1, {}, False),
    "a letter that is none": (f'[{ROW[:-1]}, "topic": {{"name": "a\\u0000b"}}}}]', 1, {}, False),
    "no records": (f"[{ROW}, 5, null, [3]]", 1, {"bad_json": 3}, True),  # most of it
    "two documents": (f"[{ROW}]\n[{TWO}]", 2, {}, False),
    "something after it": (f'{{"requests": [{ROW}]}} and more', 1, {"bad_json": 1}, False),
    "a comma too many": (f'{{"requests": [{ROW}, {TWO},]}}', 2, {}, False),
    "a line that is none": (f"{ROW}\n{{oops\n{TWO}\n", 2, {"bad_json": 1}, False),
    "cut between rows": (f'{{"requests": [{ROW},\n {TWO},', 2, {}, True),
    "cut in a bare record": (ROW + "\n" + TWO[:-9], 1, {"bad_json": 1}, True),
    "a row damaged": (f'{{"requests": [{ROW}, {HURT}, {TWO}], "count": 3}}', 2, {"damaged": 1}, False),
    "the first two damaged": (
        f"[{HURT}, {HURT},\n {ROW},\n {TWO}]",
        2,
        {"damaged": 1},
        False,
    ),  # nothing tells them apart
    "two damaged, then cut": (f"[{ROW}, {HURT}, {HURT}, {TWO}, {ROW[:-9]}", 2, {"damaged": 2, "cut_off": 1}, True),
    "half a row eaten": (f"[{ROW}, {ROW[:20]} {HURT}, {TWO}]", 2, {"damaged": 1}, False),
    "damaged before its rows": (f'{{"meta": {{"x": tr#ue}}, "requests": [{ROW}, {TWO}]}}', 2, {"damaged": 1}, False),
    "a list damaged at its end, and another": (
        f'{{"requests": [{ROW}, {HURT}], "count": 3, "data": [{{"k": 1}}]}}',
        1,
        {"damaged": 1},
        False,
    ),
    "records one behind the other": (f"{ROW}{HURT}\n{TWO}", 2, {"damaged": 1}, False),
    "pages one behind the other": (
        f'{{"requests": [{ROW}, {HURT}]}}\n{{"requests": [{TWO}]}}',
        2,
        {"damaged": 1},
        False,
    ),
    "a line with a list in it": (f"{ROW}\n{HURT}\n{TWO}", 2, {"bad_json": 1}, False),
    "no JSON": ('"hello"', 0, {}, True),
    "too deep": ("[" * 100_000, 0, {}, True),
    "a CSV by its name": ("id,requester,created at\n1,7,2024-01-01\n", 0, {}, True),
}


def test_json_as_it_comes(company):
    for kind, (content, read, quarantined, told) in HOSTILE.items():
        report = company(good_csv=HEAD + "9,7,2024-01-01,open,2024-01-02\n", x_json=content)
        assert (report.tables["tickets"] - 1, report.quarantined, bool(report.problems)) == (read, quarantined, told), (
            kind
        )
        assert report.rows_in == report.taken + report.skipped + sum(report.quarantined.values()), kind
        (company.folder / "sources" / "desk" / "x.json").unlink()
        company()


def test_a_file_is_what_it_is_whatever_its_name_says(company):
    text = b"id,requester,created at\n1,7,2024-01-01\n"
    cut = gzip.compress(
        "".join(["id,requester,created at\n", *(f"{i},{i * 7919},2024-01-01\n" for i in range(3000))]).encode()
    )
    report = company(a_xlsx=text, b_gz=gzip.compress(text), c_gz=cut[: len(cut) // 2], d_csv=bytes(range(1, 32)) * 20,
                     e_xlsx=b"PK\x03\x04oops", f_csv="<html>sign in</html>")  # fmt: skip
    said = report.text("en")
    assert "d.csv: is binary, not an export" in said
    assert "f.csv: is HTML, not an export" in said
    assert "e.xlsx: cannot be opened as a workbook" in said
    assert "c.gz: the zipped file is cut; the rows before the cut were read" in said
    assert len(report.problems) == 4
    assert 1000 < report.tables["tickets"] < 2900
    assert report.quarantined == {"too_few_columns": 1}


def test_columns_that_are_new_or_missing_are_told(company):
    report = company(r_csv="id,requester,created at,colour\n1,7,2024-01-01,red\n")
    assert "these columns are not there and stay empty: state, changed" in report.text("en")
    assert "not known and were left out (list them under `keep` to have them): colour" in report.text("en")
    company(entry={"tables": {"tickets": {"keep": ["colour"], "columns": {"topic": "colour"}}}})
    assert table(company, "tickets", "colour, topic") == [("red", "red")]


def test_an_entry_that_adds_to_no_table_is_an_error(company):
    with pytest.raises(WorkspaceError, match="did you mean 'tickets'"):
        company(entry={"tables": {"ticket": {"keep": ["x"]}}}, r_csv=HEAD)


@pytest.mark.parametrize("name", systems.names())
def test_every_shipped_mapping_is_sound(name, tmp_path):
    (tmp_path / "workspace.yaml").write_text(f"name: T\nsources: [{{system: {name}, path: x}}]\n")
    (source,) = read_sources(load_settings(tmp_path))
    assert source.name == name
    for dialect in source.dialects:
        assert dialect.has, dialect.name
        if dialect.unpack:
            assert callable(systems.function(name, dialect.unpack))
