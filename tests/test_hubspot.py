"""HubSpot: labels, internal names and the API's JSON are one; the days of the stages are a journey."""

import json

import duckdb
import pytest
import yaml

from cx_helpers.intake import sources
from cx_helpers.settings import WorkspaceError


@pytest.fixture
def ingest(tmp_path):
    """ingest(entry, **files) puts files (name_ending=content) into sources/ of a workspace and reads them."""
    (tmp_path / "sources").mkdir()

    def ingest(entry=None, **files):
        about = {"name": "T", "locale": "en", "privacy": {"pseudonyms": False}}
        about["sources"] = [{"system": "hubspot", "path": "sources"} | (entry or {})]
        (tmp_path / "workspace.yaml").write_text(yaml.safe_dump(about, allow_unicode=True), "utf-8")
        for name, content in files.items():
            stem, _, ending = name.rpartition("_")
            (tmp_path / "sources" / f"{stem}.{ending}").write_text(content, "utf-8")
        return sources.load(tmp_path)

    ingest.folder = tmp_path
    return ingest


def ask(ingest, table: str, columns: str) -> list[tuple]:
    return duckdb.sql(f"SELECT {columns} FROM '{ingest.folder}/tables/{table}.parquet' ORDER BY ALL").fetchall()


LABELS = """Record ID,Ticket name,Ticket status,Priority,Create date,Close date,First agent email response date,\
Associated Contact IDs,"Date entered ""Waiting on us (Support)""\"
9,دیر رسید,Closed,High,2026-01-05 10:00,2026-01-07 10:00,2026-01-05 12:00,501;502,2026-01-06 09:00
"""
INTERNAL = """hs_object_id,subject,hs_pipeline_stage,hs_ticket_priority,createdate,closed_date,first_agent_reply_date,\
associated_contact_ids,hs_v2_date_entered_77
9,دیر رسید,Closed,HIGH,2026-01-05T10:00:00Z,2026-01-07T10:00:00Z,2026-01-05T12:00:00Z,501,2026-01-06T09:00:00Z
"""
CONNECTOR = """id,is_deleted,property_subject,property_hs_pipeline_stage,property_hs_ticket_priority,\
property_createdate,property_closed_date,property_first_agent_reply_date,property_hs_v2_date_entered_77
9,FALSE,دیر رسید,Closed,HIGH,2026-01-05 10:00:00,2026-01-07 10:00:00,2026-01-05 12:00:00,2026-01-06 09:00:00
"""
API = {
    "results": [
        {
            "id": "9",
            "createdAt": "2026-01-05T10:00:00Z",
            "archived": False,
            "properties": {
                "subject": "دیر رسید", "hs_pipeline_stage": "Closed", "hs_ticket_priority": "HIGH",
                "createdate": "2026-01-05T10:00:00Z", "closed_date": "2026-01-07T10:00:00Z",
                "first_agent_reply_date": "2026-01-05T12:00:00Z", "hs_v2_date_entered_77": "2026-01-06T09:00:00Z",
            },
            "associations": {"contacts": {"results": [{"id": "501", "type": "ticket_to_contact"}]}},
        }
    ],
    "paging": {"next": {"after": "10"}},
}  # fmt: skip
WHOSE = "ticket_id,contact_id\n9,501\n"
FORMS = {
    "labels": {"t_csv": LABELS},
    "internal names": {"t_csv": INTERNAL},
    "a connector's copy": {"t_csv": CONNECTOR, "tc_csv": WHOSE},
    "the API": {"t_json": json.dumps(API, ensure_ascii=False)},
}


@pytest.mark.parametrize("form", FORMS)
def test_a_ticket_and_its_stages_however_it_is_written(ingest, form):
    report = ingest(**FORMS[form])
    assert report.problems == []
    what = "ticket_id, customer_id, strftime(opened_at, '%d %H'), strftime(first_reply_at, '%d %H'), status, priority"
    assert ask(ingest, "tickets", what) == [("hubspot:9", "hubspot:501", "05 10", "05 12", "Closed", "high")]
    assert ask(ingest, "touchpoints", "strftime(occurred_at, '%d %H'), touchpoint, outcome, customer_id") == [
        ("05 10", "ticket", None, "hubspot:501"),
        ("05 12", "ticket_reply", None, "hubspot:501"),
        ("06 09", "ticket_status", None, "hubspot:501"),
        ("07 10", "ticket_solved", "success", "hubspot:501"),
    ]
    stage = ask(ingest, "touchpoints", "to_value")[0][0]
    assert stage == ("Waiting on us (Support)" if form == "labels" else "77")
    assert report.rows_in == report.taken + report.skipped


def test_columns_that_are_new_or_missing_are_told_and_all_of_them_can_be_seen(ingest):
    """The days of the stages are used, so nobody says that they were left out; what is said of a stage follows."""
    more = [f"Own field {i}" for i in range(20)]
    head, cells = LABELS.splitlines()
    head = head.replace("Priority", "Rank").replace("First agent email response date", "Colour")
    labels = f'{head},"Cumulative time in ""Closed (Support)""",{",".join(more)}\n{cells},60{",x" * 20}\n'
    said = ingest(t_csv=labels).text("en")
    assert "left out (list them under `keep` to have them): Colour, Own field 0, " in said
    assert "(22); all of them: state/columns.json" in said
    missing = next(line for line in said.splitlines() if "stay empty" in line)
    assert "hs_ticket_priority" in missing
    assert "stages" not in missing
    (told,) = json.loads((ingest.folder / "state/columns.json").read_text("utf-8"))["sources/t.csv"]
    assert told["left_out"] == sorted(["Rank", "Colour", *more])
    assert not ingest().changed
    assert (ingest.folder / "state/columns.json").is_file()  # what was read before is told, too
    (ingest.folder / "sources/t.csv").unlink()
    ingest(t_json=json.dumps(API, ensure_ascii=False))
    assert not (ingest.folder / "state/columns.json").exists()
    API["results"][0]["properties"]["colour"] = "red"
    try:
        assert "left out (list them under `keep` to have them): colour" in ingest(
            t_json=json.dumps(API, ensure_ascii=False)
        ).text("en")
    finally:
        del API["results"][0]["properties"]["colour"]


def test_labels_of_ones_own_portal(ingest):
    own = {"t_csv": "Kennung,Ticketname,Ticketstatus,Create date\n9,zu spät,Neu,2026-01-05 10:00\n"}
    names = {"hs_object_id": "Kennung", "subject": ["Titel", "Ticketname"], "hs_pipeline_stage": "Ticketstatus"}
    with pytest.raises(WorkspaceError, match="none of the known exports of hubspot; its columns: Kennung"):
        ingest(**own)
    report = ingest(entry={"aliases": names})
    assert report.problems == []
    assert ask(ingest, "tickets", "ticket_id, subject, status") == [("hubspot:9", "zu spät", "Neu")]
    with pytest.raises(WorkspaceError, match="did you mean 'subject'"):
        ingest(entry={"aliases": {"subjct": "Titel"}})


def test_contacts_and_those_merged_into_them(ingest):
    contacts = "Record ID,First Name,Last Name,Email,Mobile Phone Number,City,Unsubscribed from all email,Create Date,"
    contacts += "Merged record IDs\n501,سارا,احمدی,sara@example.com,۰۹۱۲۱۲۳۴۵۶۷,شیراز,true,2026-01-01 10:00,77;78\n"
    ingest(c_csv=contacts)
    assert ask(ingest, "customers", "customer_id, city, consent") == [("hubspot:501", "شیراز", False)]
    keys = ask(ingest, "identities", "kind, value")
    assert {("account", "hubspot:77"), ("account", "hubspot:78"), ("account", "hubspot:501")} <= set(keys)
    assert ("email", "sara@example.com") in keys


def test_answers_of_surveys(ingest):
    answers = "Record ID,Survey type,Date submitted,Rating,Response,Associated Contact IDs\n"
    answers += "1,NPS,2026-01-05 10:00,9,عالی بود,501\n2,CES,2026-01-05 10:00,7,,501\n3,CSAT,2026-01-05 10:00,9,,501\n"
    report = ingest(f_csv=answers)
    assert ask(ingest, "responses", "instrument, score::int, scale_min::int, scale_max::int, customer_id") == [
        ("ces", 7, 1, 7, "hubspot:501"), ("nps", 9, 0, 10, "hubspot:501"),
    ]  # fmt: skip
    assert report.quarantined == {"off_scale": 1}
    assert ask(ingest, "comments", "text") == [("عالی بود",)]


def test_sales(ingest):
    deals = "Record ID,Deal Name,Deal Stage,Amount,Close Date,Create Date,Associated Contact IDs,Is Closed Won\n"
    deals += "7,الف,Closed Won,1200,2026-01-09 10:00,2026-01-01 10:00,501,true\n"
    deals += "8,ب,closedlost,900,2026-01-10 10:00,2026-01-02 10:00,501,false\n"
    deals += "9,ج,appointmentscheduled,,,2026-01-03 10:00,,false\n"
    report = ingest(d_csv=deals)
    assert ask(ingest, "orders", "order_id, customer_id, amount::int") == [("hubspot:7", "hubspot:501", 1200)]
    assert ask(ingest, "touchpoints", "touchpoint, outcome, session_id") == [
        ("opportunity", None, "hubspot:7"),
        ("opportunity", None, "hubspot:8"),
        ("opportunity_closed", "failure", "hubspot:8"),
        ("opportunity_closed", "success", "hubspot:7"),
    ]
    assert sum(n for *_, n in report.left["touchpoints"]["waiting"]) == 1  # nobody knows yet whose the third is


def test_a_stage_is_told_by_its_name_with_its_pipeline_and_in_the_portal_s_language(ingest):
    """Exports by hand have neither "Is Closed Won" nor bare stages; a stage that only sounds like one is none."""
    head = "ID de registro;Nombre del negocio;Etapa;Cierre;Valor;Contactos"
    names = ("hs_object_id", "dealname", "dealstage", "closedate", "amount", "associated_contact_ids")
    stages = ("Cierre ganado (Ventas)", "Closed Won (Sales Pipeline)", "Closed Lost (EU)", "Won back", "Perdida")
    rows = [f'{i};a;{stage};2026-01-0{i} 10:00;"1.234,5";7' for i, stage in enumerate(stages, 1)]
    entry = {"aliases": dict(zip(names, head.split(";"), strict=True)), "decimal": ","}
    ingest(entry, deals_csv="\r\n".join([f"\ufeff{head}", *rows]))
    assert ask(ingest, "orders", "order_id, amount") == [("hubspot:1", 1234.5), ("hubspot:2", 1234.5)]
    closed = ask(ingest, "touchpoints", "session_id, outcome")
    assert closed == [("hubspot:1", "success"), ("hubspot:2", "success"), ("hubspot:3", "failure")]


def test_the_files_of_others(ingest, fixtures):
    for path in (fixtures / "hubspot").glob("*.csv"):
        (ingest.folder / "sources" / path.name).write_bytes(path.read_bytes())
    report = ingest()
    assert (report.rows_in, report.problems, sum(report.quarantined.values())) == (140, [], 0)
    assert report.rows_in == report.taken + report.skipped
    assert (report.tables["tickets"], report.tables["customers"]) == (25, 25)
    assert not (ingest.folder / "tables" / "orders.parquet").exists()  # of no row no table is made
    assert not ingest().changed


DEAL = "Record ID,Deal Name,Amount,Create Date,Associated Contact IDs\n9,سفارش,1,2026-01-05 10:00,502\n"


def test_ticket_9_and_deal_9_are_two_things_of_two_people(ingest):
    assert ingest(t_csv=INTERNAL, d_csv=DEAL).problems == []
    assert ask(ingest, "touchpoints", "customer_id, touchpoint") == [
        ("hubspot:501", "ticket"),
        ("hubspot:501", "ticket_reply"),
        ("hubspot:501", "ticket_solved"),
        ("hubspot:501", "ticket_status"),
        ("hubspot:502", "opportunity"),
    ]


CONTACT = {"id": "501", "createdAt": "2026-01-01T00:00:00Z", "archived": False,
           "properties": {"email": "m@mail.example", "city": "تهران"}}  # fmt: skip


def test_what_the_api_gives_is_told_apart_by_its_properties(ingest):
    report = ingest(t_json=FORMS["the API"]["t_json"], c_json=json.dumps({"results": [CONTACT]}))
    assert report.problems == []
    assert ask(ingest, "tickets", "ticket_id, customer_id") == [("hubspot:9", "hubspot:501")]
    assert ask(ingest, "customers", "customer_id, city") == [("hubspot:501", "تهران")]
