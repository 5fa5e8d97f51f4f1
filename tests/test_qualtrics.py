"""Qualtrics: answers are read by what each column is, not by what it is called; nobody's place on earth is kept."""

import csv
import gzip
import io
import re

import duckdb
import pandas as pd
import pytest
import yaml

from cx_helpers.intake import check, forgetting, sources

NAMES = "StartDate EndDate Status IPAddress Progress Finished RecordedDate ResponseId RecipientEmail ExternalReference"
NAMES = [
    *NAMES.split(),
    "LocationLatitude",
    "DistributionChannel",
    "UserLanguage",
    "Q1_NPS_GROUP",
    "Q1",
    "Q2",
    "csat_call",
]
ASKED = ["Anfangsdatum"] * 13 + ["گروه", "چقدر ما را به دیگران\nتوصیه می‌کنید؟", "چرا؟", "از تماس راضی بودید؟"]
IDS = "startDate endDate status ipAddress progress finished recordedDate _recordId recipientEmail externalDataReference"
IDS = [*IDS.split(), "locationLatitude", "distributionChannel", "userLanguage"]
IDS += ["QID1_NPS_GROUP", "QID1", "QID2_TEXT", "QID3"]
PLACES = ("185.2.3.4", "35.6892")


def row(
    id: str, score: str = "9", why: str = "", call: str = "", status="0", finished="1", mail="", ref=""
) -> list[str]:
    when = "2026-01-05 10:00:00"
    group = "1"  # wrong on purpose: it says detractor
    return [when, when, status, PLACES[0], "100", finished, when, id, mail, ref, PLACES[1], "email", "FA", group, score,
            why, call]  # fmt: skip


def text(*rows: list[str], delimiter=",", ids=IDS) -> str:
    out = io.StringIO()
    marks = [[f'{{"ImportId":"{i}"}}' for i in ids]] if ids else []
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows(
        [NAMES, *([ASKED] if ids else []), *marks, *rows]
    )
    return out.getvalue()


@pytest.fixture
def ingest(tmp_path):
    """ingest(name, content, **tables) puts a file into sources/ of a workspace and reads it."""
    (tmp_path / "sources").mkdir()

    def ingest(name: str = "", content: str | bytes = b"", privacy=False, **tables):
        entry = {"system": "qualtrics", "path": "sources", "timezone": "UTC"} | ({"tables": tables} if tables else {})
        about = {"name": "T", "locale": "en", "privacy": {"pseudonyms": privacy}, "sources": [entry]}
        (tmp_path / "workspace.yaml").write_text(yaml.safe_dump(about, allow_unicode=True), "utf-8")
        if name:
            data = content if isinstance(content, bytes) else content.encode()
            (tmp_path / "sources" / name).write_bytes(data)
        return sources.load(tmp_path)

    ingest.folder = tmp_path
    return ingest


def ask(ingest, table: str, columns: str) -> list[tuple]:
    return duckdb.sql(f"SELECT {columns} FROM '{ingest.folder}/tables/{table}.parquet' ORDER BY ALL").fetchall()


def test_three_header_rows(ingest):
    report = ingest("s.csv", text(
        row("R_1", "9", "ارسال سریع بود", "5", ref="C7", mail="Sara@Example.com"),
        row("R_2", "3", call="2", mail="ali@example.com"),
        row("R_3", "10", status="1"),
        row("R_4", "7", status="Survey Preview"),
        row("R_5", "0", finished="0", mail="reza@example.com"),
        row("R_6", "8"),
    ))  # fmt: skip
    assert (report.rows_in, report.taken, report.skipped, report.problems) == (6, 4, 2, [])
    assert ask(
        ingest, "responses", "response_id, instrument, score::int, scale_min::int, scale_max::int, customer_id"
    ) == [
        ("qualtrics:R_1-QID1", "nps", 9, 0, 10, "qualtrics:C7"),
        ("qualtrics:R_1-QID3", "csat", 5, 1, 5, "qualtrics:C7"),
        ("qualtrics:R_2-QID1", "nps", 3, 0, 10, "qualtrics:ali@example.com"),
        ("qualtrics:R_2-QID3", "csat", 2, 1, 5, "qualtrics:ali@example.com"),
        ("qualtrics:R_5-QID1", "nps.unfinished", 0, 0, 10, "qualtrics:reza@example.com"),
        ("qualtrics:R_6-QID1", "nps", 8, 0, 10, None),
    ]
    assert ask(ingest, "comments", "text, origin, customer_id") == [("ارسال سریع بود", "response", "qualtrics:C7")]
    assert ask(ingest, "touchpoints", "customer_id, outcome") == [
        ("qualtrics:C7", "success"),
        ("qualtrics:ali@example.com", "success"),
        ("qualtrics:reza@example.com", "abandoned"),
    ]


def test_places_are_stored_nowhere(ingest):
    bad = row("R_9", "11", "bad", mail="a@example.com")  # off its scale: waits in quarantine, without its place
    report = ingest("s.csv", text(row("R_1"), bad))
    assert report.quarantined == {"off_scale": 1}
    kept = [p for p in ingest.folder.rglob("*") if p.is_file() and p.parent.name != "sources"]
    assert kept
    for path in kept:
        content = path.read_bytes()
        if path.suffix == ".parquet":
            content = duckdb.sql(f"FROM '{path}'").df().to_csv().encode()
        assert not any(place.encode() in content for place in PLACES), path


@pytest.mark.parametrize("ids", [IDS, None], ids=["three rows", "one row"])
def test_tabs_and_utf_16(ingest, ids):
    ingest("s.tsv", text(row("R_1", "9 - بسیار زیاد"), delimiter="\t", ids=ids).encode("utf-16"))
    assert ask(ingest, "responses", "instrument, score::int") == [("nps", 9)]


def test_the_legacy_format(ingest):
    old = f"""V1,V2,V4,V6,V7,V8,V9,V10,Q1,Q1_NPS_GROUP
ResponseID,ResponseSet,ExternalDataReference,IPAddress,Status,StartDate,EndDate,Finished,Recommend us?,Group
R_1,Default,C7,{PLACES[0]},0,2016-01-05 10:00:00,2016-01-05 10:02:00,1,6,1
"""
    ingest("old.csv", b"\xef\xbb\xbf" + old.encode())
    assert ask(ingest, "responses", "response_id, instrument, score::int, customer_id") == [
        ("qualtrics:R_1-Q1", "nps", 6, "qualtrics:C7")
    ]


LEGACY = """V1,V3,V7,V8,V9,V10,Q1,Q1_NPS_GROUP,csat,nps_owner,
ResponseID,ExternalDataReference,Status,StartDate,EndDate,Finished,"Recommend
us?",Group,Happy?,Owner,
R_1,C7,0,2016-01-05 10:00:00,2016-01-05 10:02:00,1,6,1,4,Sara,
R_2,C8,0,2016-01-05 10:00:00,2016-01-05 10:02:00,1,9,1,5,Reza,
"""


def test_a_legacy_question_may_be_known_by_its_tag_alone(ingest):
    """csat holds numbers and is a question; nps_owner is a column of the company's own, and lines end in a comma."""
    report = ingest("old.csv", LEGACY)
    assert ask(ingest, "responses", "response_id, instrument, score::int") == [
        ("qualtrics:R_1-Q1", "nps", 6), ("qualtrics:R_1-csat", "csat", 4),
        ("qualtrics:R_2-Q1", "nps", 9), ("qualtrics:R_2-csat", "csat", 5),
    ]  # fmt: skip
    assert "these columns are not there and stay empty: email" in report.text("en")
    assert "to have them): nps_owner" in report.text("en")


def test_spss(ingest, tmp_path):
    pyreadstat = pytest.importorskip("pyreadstat")
    answer = {
        "ResponseId": "R_1",
        "RecordedDate": "2026-01-05 10:00:00",
        "Finished": 1.0,
        "Q1": 9.0,
        "Q1_NPS_GROUP": 1.0,
    }
    frame = pd.DataFrame([answer | {"IPAddress": PLACES[0]}])
    pyreadstat.write_sav(frame, str(tmp_path / "s.sav"), column_labels={"Q1": "توصیه می‌کنید؟"})
    ingest("s.sav", (tmp_path / "s.sav").read_bytes())
    assert ask(ingest, "responses", "instrument, score::int") == [("nps", 9)]


def test_spss_with_labels_missing_values_dates_and_a_wrong_group(ingest, tmp_path):
    pyreadstat = pytest.importorskip("pyreadstat")
    when = pd.Timestamp("2026-01-05 10:00:00")
    rows = [
        ("R_1", when, 1, 10, 1, 4),
        ("R_2", when, 1, -99, 2, 9),
        ("R_3", pd.NaT, 1, 3, 3, 5),
        ("R_4", when, 0, 8, 3, 2),
    ]
    frame = pd.DataFrame(rows, columns=["ResponseId", "RecordedDate", "Finished", "Q1", "Q1_NPS_GROUP", "csat"])
    frame[["Finished", "Q1", "Q1_NPS_GROUP", "csat"]] = frame[["Finished", "Q1", "Q1_NPS_GROUP", "csat"]].astype(float)
    labels = {"Q1": {10.0: "۱۰ - حتماً", -99.0: "پاسخ نداد"}, "csat": {1.0: "خیلی بد", 5.0: "عالی"}}
    pyreadstat.write_sav(frame, str(tmp_path / "s.sav"), variable_value_labels=labels,
                         missing_ranges={"Q1": [-99], "csat": [9]})  # fmt: skip
    packed = gzip.compress((tmp_path / "s.sav").read_bytes())
    report = ingest("s.sav.gz", packed)
    found = ask(ingest, "responses", "response_id, instrument, score::int")
    assert ("qualtrics:R_1-Q1", "nps", 10) in found, "counted from the score, not by the group that says detractor"
    assert ("qualtrics:R_1-csat", "csat", 4) in found
    assert not [row for row in found if row[0].startswith("qualtrics:R_2")], "missing is no answer"
    assert {row[1] for row in found if row[0].startswith("qualtrics:R_4")} == {"nps.unfinished", "csat.unfinished"}
    assert report.rows_in == 4 == report.taken + report.skipped + sum(report.quarantined.values())


def test_spss_says_what_was_chosen_and_counts_on_scales(ingest, tmp_path):
    """Codes of a choice become its words; scales stay numbers, those as people saw them (a code of 11 says 10)."""
    pyreadstat = pytest.importorskip("pyreadstat")
    names = ["ResponseId", "RecordedDate", "Finished", "Q1", "Q1_NPS_GROUP", "csat", "Q2", "Q3", "Q4", "Q5_TEXT"]
    when = "2026-01-05 10:00:00"
    rows = [("R_1", when, 1.0, 11.0, 3.0, 4.0, 2.0, 3.0, 2.0, "-99"),
            ("R_2", when, 1.0, 1.0, 1.0, 5.0, 1.0, 1.0, 1.0, "خوب"),
            ("R_3", when, 1.0, 7.0, 1.0, -99.0, float("nan"), 2.0, float("nan"), "")]  # fmt: skip
    scale = {float(n): str(n - 1) for n in range(2, 11)} | {1.0: "0 - هرگز", 11.0: "10 - حتماً"}
    labels = {
        "Q1": scale, "Q1_NPS_GROUP": {1.0: "Detractor", 2.0: "Passive", 3.0: "Promoter"},
        "csat": {float(n): f"{6 - n} ستاره نبود" for n in range(6)}, "Q2": {1.0: "تلفن", 2.0: "وب"},
        "Q3": {1.0: "کم", 3.0: "زیاد"}, "Q4": {1.0: "0", 2.0: "1"}, "Finished": {0.0: "False", 1.0: "True"},
    }  # fmt: skip
    pyreadstat.write_sav(pd.DataFrame(rows, columns=names), str(tmp_path / "s.sav"), variable_value_labels=labels)
    report = ingest("s.sav", (tmp_path / "s.sav").read_bytes(), responses={"keep": ["Q2", "Q3", "Q4"]})
    assert ask(ingest, "responses", "response_id, instrument, score::int, Q2, Q3, Q4") == [
        ("qualtrics:R_1-Q1", "nps", 10, "وب", "3", "1"), ("qualtrics:R_1-csat", "csat", 4, "وب", "3", "1"),
        ("qualtrics:R_2-Q1", "nps", 0, "تلفن", "1", "0"), ("qualtrics:R_2-csat", "csat", 5, "تلفن", "1", "0"),
        ("qualtrics:R_3-Q1", "nps", 6, None, "2", None),
    ]  # fmt: skip
    assert ask(ingest, "comments", "text") == [("خوب",)], "-99 is a question that was seen and not answered"
    assert report.quarantined == {}


def test_what_was_chosen_in_words_keeps_no_scores_out_and_the_header_tells_the_zone(ingest):
    """Choices as texts, sub-questions, a header that names the zone of its times: what Qualtrics offers first."""
    out = io.StringIO()
    zone = '{"ImportId":"recordedDate","timeZone":"America/Denver"}'
    ids = [f'{{"ImportId":"{i}"}}' for i in ("_recordId", "QID1_NPS_GROUP", "QID1", "QID2_1", "QID2_2", "QID3")]
    csv.writer(out, delimiter=";", lineterminator="\r\n").writerows([
        ["RecordedDate", "ResponseId", "Q1_NPS_GROUP", "Q1", "Q2_1", "Q2_2", "csat"],
        ["Recorded\nDate", "Response ID", "Group", "Recommend?", "Speed", "Price", "Satisfied?"], [zone, *ids],
        ["2026-01-05 10:00:00", "R_1", "Promoter", "10 - Extremely likely", "Agree", "Disagree", "4 - Satisfied"],
        ["2026-07-05 10:00:00", "R_2", "Detractor", "0 - Not at all", "", "Agree", "5"],
    ])  # fmt: skip
    report = ingest("s.csv", "\ufeff" + out.getvalue(), responses={"keep": ["Q2_1"]})
    assert report.quarantined == {}
    assert ask(ingest, "responses", "response_id, score::int, epoch(responded_at)::bigint % 86400 // 3600, Q2_1") == [
        ("qualtrics:R_1-QID1", 10, 17, "Agree"), ("qualtrics:R_1-QID3", 4, 17, "Agree"),
        ("qualtrics:R_2-QID1", 0, 16, None), ("qualtrics:R_2-QID3", 5, 16, None),
    ]  # fmt: skip


def test_a_row_of_questions_is_no_answer(ingest):
    rows = list(csv.reader(io.StringIO(text(row("R_1", "9", call="4"), ids=None))))
    out = io.StringIO()
    csv.writer(out).writerows([rows[0], ASKED, *rows[1:]])
    report = ingest("s.csv", out.getvalue())
    assert (report.rows_in, report.taken) == (1, 1)
    assert ask(ingest, "responses", "instrument, score::int") == [("csat", 4), ("nps", 9)]


def test_a_zipped_export_is_read_as_it_would_be_unzipped(ingest):
    ingest("answers.csv.gz", gzip.compress(text(row("R_1", "9", "خوب", "4")).encode()))
    assert ask(ingest, "responses", "instrument, score::int") == [("csat", 4), ("nps", 9)]


def test_a_workspace_says_what_its_questions_measure(ingest):
    asked = "_item->>'$.question'"
    ingest("s.csv", text(row("R_1", "9", call="6", ref="C7")), responses={"columns": {
        "instrument": {"expr": asked, "map": {"QID1": "nps", "QID3": "ces"}, "else": ""},
        "scale_max": {"expr": asked, "map": {"QID1": 10, "QID3": 7}, "else": ""},
        "touchpoint": {"expr": asked, "map": {"QID3": "support_call"}, "else": ""},
    }})  # fmt: skip
    assert ask(ingest, "responses", "instrument, score::int, scale_max::int, touchpoint") == [
        ("ces", 6, 7, "support_call"), ("nps", 9, 10, None),
    ]  # fmt: skip


def test_only_columns_that_no_table_took_are_said_to_be_left_out(ingest):
    """The score, its group and the words are in tables; a question that measures nothing known is not, until it is."""
    lines = csv.reader(io.StringIO(text(row("R_1", "9", "خوب", call="6"))))
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(map(list.__add__, lines, [["plan"], ["p"], ["{}"], ["x"]]))
    asked = out.getvalue().replace("csat_call", "Q9").replace("QID3", "QID9")
    said = ingest("s.csv", text(row("R_1", "9", "خوب", call="5"))).text("en")
    assert "left out" not in said
    said = ingest("s.csv", asked).text("en")
    assert re.findall(r"to have them\): (.*)", said) == ["Q9, plan"]
    map_ = {"expr": "_item->>'$.question'", "map": {"QID1": "nps", "QID9": "ces"}, "else": ""}
    said = ingest("s.csv", asked, responses={"columns": {"instrument": map_}}).text("en")
    assert re.findall(r"to have them\): (.*)", said) == ["plan"]


def test_a_corrected_answer_takes_the_place_of_the_old_one(ingest):
    ingest("a.csv", text(row("R_1", "9"), row("R_2", "2")))
    later = row("R_1", "4")
    later[6] = "2026-02-01 10:00:00"
    ingest("b.csv", text(later))
    assert ask(ingest, "responses", "response_id, score::int") == [
        ("qualtrics:R_1-QID1", 4), ("qualtrics:R_2-QID1", 2),
    ]  # fmt: skip
    assert not ingest().changed


def test_keys_become_pseudonyms(ingest):
    ingest("s.csv", text(row("R_1", ref="C7", mail="sara@example.com")), privacy=True)
    for path in (ingest.folder / "tables").iterdir():
        assert b"sara@example" not in duckdb.sql(f"FROM '{path}'").df().to_csv().encode()


def test_the_files_of_others(ingest, fixtures):
    folder = fixtures / "qualtrics"
    for path in folder.glob("*.csv"):
        (ingest.folder / "sources" / path.name).write_bytes(path.read_bytes())
    report = ingest()
    assert (report.rows_in, report.problems, sum(report.quarantined.values())) == (41, [], 0)
    assert report.rows_in == report.taken + report.skipped
    assert report.tables["customers"] == 5


SENT = "contactId,distributionId,sentAt,openedAt,responseId,status,surveyLink\n"
LINK = "https://x.qualtrics.com/jfe/form/SV_7Uw1HuxpN0OxbVQ?Q_CHL=email&Q_DL=EMD_1_7Uw_CGC_k"


def history(*rows: str) -> str:
    return SENT + "".join(f"{row},{LINK}\n" for row in rows)


def test_an_answer_knows_when_it_was_asked_for_and_who_did_not_answer(ingest):
    ingest("s.csv", text(row("R_1", "9", call="5", ref="C7"), row("R_2", "3", finished="0"), row("R_3", "6")))
    ingest("h.csv", history(
        "CID_1,EMD_1,2026-01-02 08:00:00,,R_1,SurveyFinished",
        "CID_2,EMD_1,2026-01-02 08:00:01,2026-01-02 09:00:00,,Opened",
        "CID_3,EMD_2,2026-01-02 08:00:02,,R_2,SurveyStarted",
        "CID_4,EMD_1,2026-01-02 08:00:03,,,HardBounce",  # it asked nobody
        "CID_5,EMD_1,2026-01-02 08:00:04,,R_77,SurveyFinished",  # of another export, which is not here
    ))  # fmt: skip
    when = "strftime(invited_at AT TIME ZONE 'UTC', '%d %H:%M:%S')"
    assert ask(ingest, "responses", f"response_id, instrument, score::int, {when}, responded_at IS NULL") == [
        ("qualtrics:EMD_1-CID_2-csat", "csat", None, "02 08:00:01", True),
        ("qualtrics:EMD_1-CID_2-nps", "nps", None, "02 08:00:01", True),
        ("qualtrics:EMD_2-CID_3-csat", "csat", None, "02 08:00:02", True),
        ("qualtrics:EMD_2-CID_3-nps", "nps", None, "02 08:00:02", True),
        ("qualtrics:R_1-QID1", "nps", 9, "02 08:00:00", False),
        ("qualtrics:R_1-QID3", "csat", 5, "02 08:00:00", False),
        ("qualtrics:R_2-QID1", "nps.unfinished", 3, "02 08:00:02", False),
        ("qualtrics:R_3-QID1", "nps", 6, None, False),
    ]
    assert ask(ingest, "responses", "scale_min, scale_max, channel, customer_id")[0] == (0, 10, "email", "qualtrics:C7")
    assert len(check.check(ingest.folder)) == 0
    assert not ingest().changed
    late = row("R_4", "8", call="4")
    ingest("s.csv", text(row("R_1", "9", call="5", ref="C7"), row("R_2", "3", finished="0"), row("R_3", "6"), late))
    ingest("h.csv", history("CID_2,EMD_1,2026-01-02 08:00:01,,R_4,SurveyFinished"))
    assert ask(ingest, "responses", f"response_id, {when}") == [
        ("qualtrics:R_1-QID1", None), ("qualtrics:R_1-QID3", None), ("qualtrics:R_2-QID1", None),
        ("qualtrics:R_3-QID1", None), ("qualtrics:R_4-QID1", "02 08:00:01"), ("qualtrics:R_4-QID3", "02 08:00:01"),
    ]  # fmt: skip


def test_a_survey_may_carry_the_time_of_its_invitation(ingest):
    lines = text(row("R_1", "9"), row("R_2", "4")).splitlines(keepends=True)
    more = ["invited_at", "Invited at", '"{""ImportId"":""invited_at""}"']
    # the second name of a column in three rows, one of which is a text over two lines
    out = csv.reader(io.StringIO("".join(lines)))
    rows = [[*cells, more[n].strip('"').replace('""', '"') if n < 3 else "2026-01-04 10:00:00"]
            for n, cells in enumerate(out)]  # fmt: skip
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows(rows)
    ingest("s.csv", file.getvalue())
    assert ask(ingest, "responses", "strftime(invited_at AT TIME ZONE 'UTC', '%d %H')") == [("04 10",)] * 2


def test_no_key_of_an_invited_one_reaches_a_table(ingest):
    ingest("s.csv", text(row("R_1", "9", ref="CID_1")), privacy=True)
    ingest("h.csv", history("CID_1,EMD_1,2026-01-02 08:00:00,2026-01-02 09:00:00,R_1,SurveyFinished",
                            "CID_2,EMD_1,2026-01-02 08:00:01,2026-01-02 09:00:00,,Opened"), privacy=True)  # fmt: skip
    assert ask(ingest, "responses", "count(*), count(invited_at), count(score)") == [(2, 2, 1)]
    pieces = (ingest.folder / "state" / "pieces").glob("*.parquet")
    for path in [*(ingest.folder / "tables").iterdir(), *(p for p in pieces if "persons" not in p.name)]:
        assert "CID_" not in duckdb.sql(f"FROM '{path}'").df().to_csv(), path


def test_who_is_forgotten_is_no_longer_invited_either(ingest):
    ingest("s.csv", text(row("R_1", "9", ref="CID_1")))
    ingest("h.csv", history("CID_1,EMD_1,2026-01-02 08:00:00,,R_1,SurveyFinished",
                            "CID_2,EMD_1,2026-01-02 08:00:01,,,Opened"))  # fmt: skip
    assert len(ask(ingest, "responses", "response_id")) == 2
    forgetting.forget(ingest.folder, "qualtrics:CID_2")
    left = [p for p in (ingest.folder / "state").rglob("*.parquet") if b"CID_2" in p.read_bytes()]
    assert not left
    assert ask(ingest, "responses", "response_id") == [("qualtrics:R_1-QID1",)]
    ingest()
    assert ask(ingest, "responses", "response_id") == [("qualtrics:R_1-QID1",)]
