"""A file that was cut in the middle of a row is read up to there, and says so: which row, and what to do."""

import gzip
import json

import pytest
import yaml

from cx_helpers.intake import sources
from tests.test_sources import quarantined, table

CSV = 'id,who,day,sum,note\n1,a,2024-01-02,10,خوب\n2,b,2024-01-03,20,"so\nso"\n'
LINES = "".join(json.dumps({"id": str(i), "who": "a", "day": "2024-01-02", "sum": i, "note": "x"}) + "\n"
                for i in (1, 2))  # fmt: skip
COLUMNS = {"order_id": "id", "customer_id": "who", "ordered_at": "day", "amount": "sum", "note": "note"}
MIDWAY = "the file ends in the middle of row {}: it was cut; the rows before it were read; export it again"


def ingest(folder, name: str, content: bytes):
    """A company with one file of orders, read."""
    (folder / "sources").mkdir(exist_ok=True)
    (folder / "sources" / name).write_bytes(content)
    source = {"system": "table", "path": f"sources/{name}", "table": "orders", "columns": COLUMNS}
    about = {"name": "T", "locale": "en", "privacy": {"pseudonyms": False}, "sources": [source]}
    (folder / "workspace.yaml").write_text(yaml.safe_dump(about), "utf-8")
    return sources.load(folder)


@pytest.mark.parametrize(
    ("last", "row", "code"),
    [
        ("3,c,2024-0", 5, "too_few_columns"),
        ('3,c,2024-01-04,30,"a text that', 5, "broken_quote"),
        ('3,c,2024-01-04,30,"a text\nof two lines that', 5, "broken_quote"),
        ('3,c,2024-01-04,30,"a text\n', 5, "broken_quote"),
        ("3,ک".encode()[:-1], 5, "bad_bytes"),
    ],
)
def test_a_csv_that_ends_in_the_middle_of_a_row_says_so(tmp_path, last, row, code):
    report = ingest(tmp_path, "o.csv", CSV.encode() + (last if isinstance(last, bytes) else last.encode()))
    assert [said["en"] for said in report.problems] == [f"o.csv: {MIDWAY.format(row)}"]
    assert "در میانهٔ سطر \u2066۵\u2069 پایان می‌یابد" in report.problems[0]["fa"]
    assert [broken["code"] for broken in quarantined(tmp_path)][0] == code
    assert list(table(tmp_path, "orders").order_id) == ["1", "2"]


@pytest.mark.parametrize(
    "last",
    [
        "3,c,2024-01-04,30,whole",  # it lacks its line end alone
        '3,c,2024-01-04,30,"whole"',
        "a sum of 2 rows\n",  # a broken row, and not cut
        '3,c,2024-01-04,30,"a"b\n4,d,2024-01-04,30,whole',
        '3,c,2024-01-04,30,"a\n4,d,2024-01-04,30,whole\n',  # a quote that nobody closed, with whole rows behind it
    ],
)
def test_a_last_line_that_is_whole_or_only_odd_was_not_cut(tmp_path, last):
    assert ingest(tmp_path, "o.csv", (CSV + last).encode()).problems == []


def test_json_that_ends_in_the_middle_of_a_row_says_so(tmp_path):
    report = ingest(tmp_path, "o.jsonl", (LINES + '{"id": "3", "wh').encode())
    assert [said["en"] for said in report.problems] == [f"o.jsonl: {MIDWAY.format(3)}"]
    assert [broken["line"] for broken in quarantined(tmp_path)] == [3]
    listed = "[" + ",".join(LINES.splitlines()) + ', {"id": "3", "wh'
    report = ingest(tmp_path, "o.json", listed.encode())
    assert [said["en"] for said in report.problems] == [f"o.json: {MIDWAY.format(3)}"]
    assert ingest(tmp_path, "w.jsonl", LINES.rstrip("\n").encode()).problems == []
    assert ingest(tmp_path, "x.jsonl", (LINES + "no json\n").encode()).problems == []


def test_a_zipped_file_that_was_cut_says_so_once(tmp_path):
    rows = "".join(f"{i},c{i * 7919 % 1009},2024-01-02,{i * 31 % 977},fine\n" for i in range(3, 3000))
    packed = gzip.compress((CSV + rows).encode())
    report = ingest(tmp_path, "o.csv.gz", packed[: len(packed) // 2])
    assert [said["en"] for said in report.problems] == [
        "o.csv.gz: the zipped file is cut; the rows before the cut were read; fetch it again"
    ]


def test_a_known_systems_export_that_was_cut_says_so(tmp_path):
    (tmp_path / "sources").mkdir()
    head = "id,requester_id,status,created_at,subject\n1,7,open,2024-01-02T10:00:00Z,a\n"
    rows = [json.dumps({"id": i, "requester_id": 7, "status": "open", "created_at": "2024-01-02T10:00:00Z"})
            for i in (1, 2)]  # fmt: skip
    (tmp_path / "sources" / "t.csv").write_text(head + "2,8,op", "utf-8")
    (tmp_path / "sources" / "t.jsonl").write_text(rows[0] + "\n" + rows[1][:30], "utf-8")
    about = {"name": "T", "locale": "en", "sources": [{"system": "zendesk", "path": "sources"}]}
    (tmp_path / "workspace.yaml").write_text(yaml.safe_dump(about), "utf-8")
    told = {said["en"] for said in sources.load(tmp_path).problems}
    assert {f"t.csv: {MIDWAY.format(3)}", f"sources/t.jsonl: {MIDWAY.format(2)}"} <= told


@pytest.mark.parametrize("behind", [",", ",\n", ""])
def test_a_list_without_its_end_is_short(tmp_path, behind):
    report = ingest(tmp_path, "o.json", ("[" + ",".join(LINES.splitlines()) + behind).encode())
    assert [said["en"] for said in report.problems] == [
        "o.json: the file ends before it should; the rows up to there were read; export it again"
    ]
    assert list(table(tmp_path, "orders").order_id) == ["1", "2"]


@pytest.mark.parametrize(
    ("behind", "orders", "bad"),
    [
        ('[{"id": "3", "who": "a", "day": "2024-01-02", "sum": 3}]', "123", 0),
        ('{"id": "3", "who": "a", "day": "2024-01-02", "sum": 3}\n', "123", 0),
        ("that is all", "12", 1),
    ],
)
def test_what_stands_behind_the_end_of_a_list_is_read_or_told(tmp_path, behind, orders, bad):
    report = ingest(tmp_path, "o.json", ("[" + ",".join(LINES.splitlines()) + "]\n" + behind).encode())
    assert list(table(tmp_path, "orders").order_id) == list(orders)
    assert (report.rows_in, report.quarantined) == (len(orders) + bad, {"bad_json": 1} if bad else {})
