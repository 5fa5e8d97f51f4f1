"""Exports of every kind into canonical tables: read right, or quarantined with a reason; never lost, never twice."""

import csv
import datetime as dt
import gzip
import io
import json
import random
import re
import sqlite3
import subprocess
import sys
import zipfile
from pathlib import Path

import duckdb
import hypothesis
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import strategies as st

from cx_helpers import cli, dates
from cx_helpers.intake import (
    convert,
    csvlines,
    fields,
    forgetting,
    pseudonyms,
    quarantine,
    reading,
    repeating,
    sources,
    store,
    units,
    values,
)
from cx_helpers.settings import WorkspaceError

ROOT = Path(__file__).parent.parent
ROWS = [("1", "ک۱", "۱۴۰۲/۰۶/۱۱", "۱۲٬۵۰۰", 'گفت "خوب"\nو رفت'), ("2", "ک۲", "11 شهریور 1402", "3", "بد، خیلی بد")]
HEAD = ("شناسه", "مشتری", "تاریخ", "مبلغ", "متن")
ORDERS = {"order_id": "شناسه", "customer_id": "مشتری", "ordered_at": "تاریخ", "amount": "مبلغ", "note": "متن"}


@pytest.fixture
def company(tmp_path):
    """company(source entries, **keys) writes workspace.yaml; files are put into .folder / sources by the test."""

    def write(*entries, **keys):
        about = {"name": "T", "locale": "en", "privacy": {"pseudonyms": False}} | keys
        text = yaml.safe_dump(about | {"sources": list(entries)}, allow_unicode=True)
        (tmp_path / "workspace.yaml").write_text(text, "utf-8")
        (tmp_path / "sources").mkdir(exist_ok=True)
        return tmp_path

    return write


def put(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / "sources" / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def table(folder: Path, name: str) -> pd.DataFrame:
    return duckdb.sql(f"SELECT * FROM read_parquet('{folder}/tables/{name}.parquet')").df()


def quarantined(folder: Path) -> list[dict]:
    return [
        json.loads(line)
        for p in sorted((folder / "quarantine").rglob("*.jsonl"))
        for line in p.read_text("utf-8").splitlines()
    ]


def as_csv(rows=ROWS, head=HEAD, delimiter=",") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows([head, *rows])
    return out.getvalue()


def as_xlsx(rows=ROWS, head=HEAD) -> bytes:
    """A workbook by hand: inline strings, and numbers as numbers."""

    def cell(value):
        if isinstance(value, int | float):
            return f"<c><v>{value}</v></c>"
        text = str(value).replace("&", "&amp;").replace("<", "&lt;")
        return f'<c t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'

    sheet = "".join("<row>" + "".join(map(cell, row)) + "</row>" for row in [head, *rows])
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" '
        f'ContentType="{kind}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" '
        f'ContentType="{kind}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" Type="{office}/'
        'officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets><sheet name="برگه" sheetId="1" '
        'r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
        f'Type="{office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{sheet}</sheetData></worksheet>',
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as book:
        for name, text in parts.items():
            book.writestr(name, '<?xml version="1.0" encoding="UTF-8"?>' + text)
    return out.getvalue()


def as_jsonl(rows=ROWS, head=HEAD) -> str:
    return "".join(json.dumps(dict(zip(head, row, strict=True)), ensure_ascii=False) + "\n" for row in rows)


def as_parquet() -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table(dict(zip(HEAD, map(list, zip(*ROWS, strict=True)), strict=True))), out)
    return out.getvalue()


FILES = {
    "plain.csv": as_csv().encode(),
    "bom.csv": as_csv().encode("utf-8-sig"),
    "crlf.csv": as_csv().replace("\n", "\r\n").encode(),
    "semicolon.csv": as_csv(delimiter=";").encode(),
    "tab.tsv": as_csv(delimiter="\t").encode(),
    "pipe.txt": as_csv(delimiter="|").encode(),
    "utf16.csv": as_csv(delimiter="\t").encode("utf-16"),
    "utf16_unmarked.csv": as_csv().encode("utf-16-le"),
    "zipped.csv.gz": gzip.compress(as_csv().encode()),
    "book.xlsx": as_xlsx(),
    "lines.jsonl": as_jsonl().encode(),
    "array.json": ("[" + ",".join(as_jsonl().splitlines()) + "]").encode(),
    "lines.jsonl.gz": gzip.compress(as_jsonl().encode()),
    "table.parquet": as_parquet(),
}


@pytest.mark.parametrize("name", FILES)
def test_every_format_gives_the_same_table(company, name):
    folder = company({"system": "table", "path": f"sources/{name}", "table": "orders", "columns": ORDERS})
    put(folder, name, FILES[name])
    report = sources.load(folder)
    got = table(folder, "orders")
    assert (report.rows_in, report.taken, report.quarantined) == (2, 2, {})
    assert got["order_id"].tolist() == ["1", "2"]
    assert got["customer_id"].tolist() == ["ک1", "ک2"]  # ids have one writing of digits
    assert got["amount"].tolist() == [12500, 3]
    assert got["note"].str.replace("\r", "").tolist() == [ROWS[0][4], ROWS[1][4]]
    assert got["ordered_at"].astype(str).tolist() == ["2023-09-01 20:30:00+00:00"] * 2  # midnight in Tehran


def test_cells_beyond_the_header_of_a_workbook_are_not_dropped(company):
    folder = company({"system": "table", "path": "sources/b.xlsx", "table": "orders", "columns": ORDERS})
    # 45000.0 is a number to Excel; the last row has a cell where no column is
    put(folder, "b.xlsx", as_xlsx([("1", "a", "1402/06/11", 45000.0, "x"), ("2", "b", "1402/06/11", 5, "x", "y")]))
    report = sources.load(folder)
    assert table(folder, "orders")["amount"].tolist() == [45000]
    assert report.quarantined == {"too_many_columns": 1}
    assert quarantined(folder)[0]["line"] == 3


def test_windows_1256_is_recognised(company):
    # what an old Windows program writes: Arabic ي and ك, no Persian digits
    text = "id,customer,at,amount,text\n1,c,1402/06/11,5,سلام كار خوبي بود\n"
    columns = {"order_id": "id", "customer_id": "customer", "ordered_at": "at", "amount": "amount", "note": "text"}
    folder = company({"system": "table", "path": "sources/old.csv", "table": "orders", "columns": columns})
    put(folder, "old.csv", text.encode("cp1256"))
    sources.load(folder)
    assert table(folder, "orders")["note"].tolist() == ["سلام کار خوبی بود"]


def test_a_query_over_a_connection_url(company):
    entry = {
        "system": "table",
        "name": "crm",
        "url": "sqlite:///sources/crm.db",
        "query": "select * from o order by id",
    }
    folder = company(entry | {"table": "orders", "columns": ORDERS | {"order_id": "id"}})
    with sqlite3.connect(folder / "sources" / "crm.db") as db:
        db.execute(f"create table o (id integer, {', '.join(HEAD[1:])})")
        db.executemany("insert into o values (?,?,?,?,?)", ROWS)
    db.close()
    assert sources.load(folder).taken == 2
    assert table(folder, "orders")["order_id"].tolist() == ["1", "2"]
    assert not sources.load(folder).changed
    with sqlite3.connect(folder / "sources" / "crm.db") as db:
        db.execute("update o set مبلغ = '7' where id = 2")
    db.close()
    assert sources.load(folder).changed
    assert table(folder, "orders")["amount"].tolist() == [12500, 7]


def test_a_failing_query_never_shows_the_password(company):
    entry = {"system": "table", "url": "nodatabase://user:hush@host/db", "query": "select 1 as id"}
    folder = company(entry | {"table": "orders", "columns": dict.fromkeys(list(ORDERS)[:4], "id")})
    with pytest.raises(WorkspaceError, match="failed") as caught:
        sources.load(folder)
    assert "hush" not in str(caught.value)


TIMES = {
    "2024-03-20 10:00:00": "2024-03-20 06:30:00",
    "2024-03-20": "2024-03-19 20:30:00",
    "2024-03-20T10:00": "2024-03-20 06:30:00",
    "2024-03-20 10:00:00.25": "2024-03-20 06:30:00.250000",
    "2024-03-20T10:00:00Z": "2024-03-20 10:00:00",
    "2024-03-20T10:00:00+03:30": "2024-03-20 06:30:00",
    "2024-03-20T10:00:00.000+0000": "2024-03-20 10:00:00",
    "2024-03-20 10:00:00-05": "2024-03-20 15:00:00",
    "2024/3/5 2:05 PM": "2024-03-05 10:35:00",
    "Sep 22, 2025": "2025-09-21 20:30:00",
    "22 September 2025": "2025-09-21 20:30:00",
    "20240320": "2024-03-19 20:30:00",
    "1710000000": "2024-03-09 16:00:00",
    "1710000000123": "2024-03-09 16:00:00.123000",
    "۱۴۰۲/۰۶/۱۱": "2023-09-01 20:30:00",
    "١٤٠٢/٠٦/١١": "2023-09-01 20:30:00",
    "1402-06-11 14:30": "2023-09-02 11:00:00",
    "11 شهریور 1402": "2023-09-01 20:30:00",
    "۱۱ شهریور ۱۴۰۲ ساعت ۱۴:۳۰": "2023-09-02 11:00:00",
    "شنبه، ۱۱ شهریور ۱۴۰۲": "2023-09-01 20:30:00",
    "پنج‌شنبه 11 شهريور ماه 1402": "2023-09-01 20:30:00",
    "1402/6/11 2:30 ب.ظ": "2023-09-02 11:00:00",
    "14:30 - 1402/06/11": "2023-09-02 11:00:00",
    "11/06/1402": "2023-09-01 20:30:00",
    "14020611": "2023-09-01 20:30:00",
    "1403-12-30": "2025-03-19 20:30:00",  # 1403 is a leap year
    "2021-03-22 10:00": "2021-03-22 05:30:00",  # summer time had begun in Tehran the night before: +04:30
}
NO_TIMES = {
    "1402-12-30": "bad_time", "1402-13-01": "bad_time", "2024-02-30": "bad_time", "2024-03-20 25:00": "bad_time",
    "soon": "bad_time", "03/04/2024": "ambiguous_date", "3/4/24": "ambiguous_date", "9999-12-31": "time_out_of_range",
    "0001-01-01": "bad_time", "1402/06/32": "bad_time", "10:00": "bad_time", "infinity": "bad_time",
}  # fmt: skip


def read_texts(texts, **field) -> dict:
    """What a field makes of each text: the value, or the code of the reason."""
    con = convert.connect(Path("/nowhere"))
    rule = fields.Field("x", **field)
    con.register("given", pa.table({"_raw": pa.array(list(texts), pa.string())}))
    quick = con.execute(f"SELECT _raw, {values.quick(rule, '_raw')} FROM given").fetchall()
    known = {text: value for text, value in quick if value is not None}
    if not values.is_quick(rule):
        slow = con.execute(values.thorough(rule, "given")).fetchall()
        for text, value, code in slow:
            if text in known:
                assert known[text] == value, f"two readers, two answers for {text!r}"
            known[text] = value if value is not None else code
    con.close()
    return known


def test_times_as_people_and_systems_write_them():
    got = read_texts(TIMES, type="timestamp", timezone="Asia/Tehran")
    assert {k: str(v).removesuffix("+00:00") for k, v in got.items()} == TIMES
    assert read_texts(NO_TIMES, type="timestamp", timezone="Asia/Tehran") == NO_TIMES


def test_formats_are_believed():
    got = read_texts(["12/1/10 8:26", "1/13/2011 8:26"], type="timestamp", timezone="UTC",
                     formats=("%m/%d/%y %H:%M", "%m/%d/%Y %H:%M"))  # fmt: skip
    assert [str(v) for v in got.values()] == ["2010-12-01 08:26:00+00:00", "2011-01-13 08:26:00+00:00"]


def test_jalali_days_are_those_of_the_calendar():
    days = [dates.from_jalali(1206, 1, 1) + dt.timedelta(n) for n in range(0, 140_000, 3)]
    frame = pd.DataFrame([(d, *dates.to_jalali(d)) for d in days], columns=["day", "y", "m", "d"])
    con = convert.connect(Path("/nowhere"))
    con.register("days", frame)
    wrong = con.execute("SELECT * FROM days WHERE cx_jalali(y, m, d) IS DISTINCT FROM day::DATE").fetchall()
    assert wrong == []


NUMBERS = {
    "12.5": 12.5, "۱۲٬۵۰۰": 12500, "۳٫۵": 3.5, "1,234": 1234, "۱٬۲۳۴٬۵۶۷٫۸۹": 1234567.89, "−5": -5, "12 500": 12500,
    " 7 ": 7, "1e3": 1000, "1,5": "bad_number", "12,34": "bad_number", "12k": "bad_number", "nan": None, "-": None,
    "inf": "bad_number", "": None,
}  # fmt: skip


def test_numbers_as_people_write_them():
    assert read_texts(NUMBERS, type="float64") == NUMBERS
    comma = read_texts(["1.234,5", "3,5", "7", "1.5"], type="float64", decimal=",")
    assert comma == {"1.234,5": 1234.5, "3,5": 3.5, "7": 7, "1.5": "bad_number"}
    whole = read_texts(["5", "5.0", "۵", "5.5", "x"], type="int64")
    assert whole == {"5": 5, "5.0": 5, "۵": 5, "5.5": "not_whole", "x": "bad_number"}


def test_amounts_become_rials():
    got = read_texts(["12500", "۱۲٬۵۰۰ تومان", "150000 ریال"], type="float64", factor=10.0, rials=True)
    assert got == {"12500": 125_000, "۱۲٬۵۰۰ تومان": 125_000, "150000 ریال": 150_000}


def test_yes_and_no():
    said = {"true": True, "بله": True, "1": True, "خیر": False, "No": False, "0": False, "perhaps": "bad_boolean"}
    assert read_texts(said, type="boolean") == said


def test_maps_constants_defaults_and_expressions(company):
    folder = company(
        {"system": "table", "path": "sources/a.csv", "table": "touchpoints", "timezone": "UTC", "columns": {
            "event_id": {"generate": True}, "customer_id": "who", "occurred_at": "at", "touchpoint": {"value": "shop"},
            "channel": {"from": "ch", "map": {"اپ": "app", "وب": "web"}, "default": "unknown"},
            "outcome": {"from": "ok", "map": {"1": "success", "0": "failure"}},
            "city": {"expr": "upper(ch) || '!'"}, "duration_s": {"from": "min", "unit": "minutes"}}}
    )  # fmt: skip
    put(folder, "a.csv", "who,at,ch,ok,min\nx,2024-01-01,اپ,1,2\ny,2024-01-02,,0,۱٫۵\nz,2024-01-03,تلفن,1,1\n")
    report = sources.load(folder)
    got = table(folder, "touchpoints")
    assert got["channel"].tolist() == ["app", "unknown"]
    assert got["outcome"].tolist() == ["success", "failure"]
    assert got["duration_s"].tolist() == [120, 90]
    assert got["city"].iloc[0] == "اپ!"
    assert report.quarantined == {"not_in_map": 1}
    assert quarantined(folder)[0]["value"] == "تلفن"


def test_lists_become_rows_and_rows_are_counted_once(company):
    folder = company(
        {"system": "table", "path": "sources/a.csv", "table": "order_items", "split": {"column": "foods", "by": "|"},
         "columns": {"order_id": "id", "product_id": "_item"}}
    )  # fmt: skip
    put(folder, "a.csv", "id,foods\n1,a| b |c\n2,\"['x', 'y, z']\"\n3,\n4,\"['x'\"\n")
    report = sources.load(folder)
    got = table(folder, "order_items")
    assert list(zip(got["order_id"], got["line"], got["product_id"], strict=True)) == [
        ("1", 1, "a"), ("1", 2, "b"), ("1", 3, "c"), ("2", 1, "x"), ("2", 2, "y, z")]  # fmt: skip
    assert (report.rows_in, report.taken, report.quarantined) == (4, 2, {"no_table": 1, "bad_list": 1})


def test_a_row_goes_into_all_its_tables_or_into_none(company):
    folder = company(
        {"system": "table", "path": "sources/a.csv", "skip": "id = '9'", "tables": {
            "responses": {"scale": [0, 10], "columns": {"response_id": "id", "responded_at": "at", "score": "score",
                                                        "instrument": {"value": "nps"}}},
            "comments": {"when": "words is not null", "columns": {"comment_id": "id", "written_at": "at",
                                                                  "text": "words"}}}}
    )  # fmt: skip
    put(folder, "a.csv", "id,at,score,words\n1,1402/01/01,9,خوب\n2,1402/01/01,3,\n3,1402/01/01,11,بد\n9,x,x,x\n")
    report = sources.load(folder)
    assert (report.rows_in, report.taken, report.skipped, report.quarantined) == (4, 2, 1, {"off_scale": 1})
    assert table(folder, "responses")["response_id"].tolist() == ["1", "2"]
    comments = table(folder, "comments")
    assert comments["comment_id"].tolist() == ["1"]
    assert comments["sentiment"].between(0, 1).all(), "a comment is scored as it comes in"


ANSWERS = {"response_id": "id", "responded_at": "at", "score": "score", "instrument": {"value": "nps"}}
WORDS = {"comment_id": "id", "written_at": "at", "text": "words"}


def test_who_wrote_nothing_answered_all_the_same(company):
    both = {"responses": {"scale": [0, 10], "columns": ANSWERS}, "comments": {"columns": WORDS}}
    folder = company(
        {"system": "table", "path": "sources/a.csv", "tables": both},
        {"system": "table", "name": "alone", "path": "sources/a.csv", "table": "comments", "columns": WORDS},
    )
    put(folder, "a.csv", "id,at,score,words\n1,1402/01/01,9,خوب\n2,1402/01/01,3,\n3,1402/01/01,۱۵,  \n")
    report = sources.load(folder)
    assert table(folder, "responses")["response_id"].tolist() == ["1", "2"]
    assert table(folder, "comments")["comment_id"].tolist() == ["1"]
    counts = {name: (s["rows_in"], s["taken"], s["skipped"]) for name, s in report.sources.items()}
    assert counts == {"a": (3, 2, 0), "alone": (3, 1, 2)}
    assert [(q["code"], q["value"]) for q in quarantined(folder)] == [("off_scale", "15")]


def test_what_is_wrong_is_told_by_source_and_column(company):
    answers = {"system": "table", "path": "sources/b.csv", "table": "responses", "scale": [0, 10], "columns": ANSWERS}
    folder = company(SIMPLE | {"path": "sources/a.csv"}, answers)
    put(folder, "a.csv", "id,who,at,amount\n1,a,۱۴۰۴/۱۳/۴۵,5\n2,b,2024-01-01,\n3,b,never,1\n")
    put(folder, "b.csv", "id,at,score\n1,دیروز,9\n2,2024-01-01,\n3,2024-01-01,\n")
    said = sources.load(folder).text("en")
    assert "2 × score is required and empty (the first: sources/b.csv, line 3, responses.score); " in said
    assert "`needs: score` or a `when` under that table" in said
    assert "1 × amount is required and empty (sources/a.csv, line 3, orders.amount); " in said
    assert "2 × '۱۴۰۴/۱۳/۴۵, never' in ordered_at is not a date or time (the first: sources/a.csv, line 2, " in said
    assert "1 × 'دیروز' in responded_at is not a date or time (sources/b.csv, line 2, responses.responded_at)" in said


def test_files_of_one_source_are_joined_by_a_query(company):
    folder = company(
        {"system": "table", "name": "shop", "table": "orders", "timezone": "UTC",
         "files": {"o": "sources/o.csv", "p": "sources/p.csv"},
         "query": "select o.*, sum(paid::double) as total from o left join p using (id) group by all order by id",
         "columns": {"order_id": "id", "customer_id": "who", "ordered_at": "at", "amount": "total"}}
    )  # fmt: skip
    put(folder, "o.csv", "id,who,at\n1,a,2024-01-01\n2,b,2024-01-02\n3,c,2024-01-02\n")
    put(folder, "p.csv", "id,paid\n1,5\n1,7\n2,1\n2\n")
    report = sources.load(folder)
    assert table(folder, "orders")["amount"].tolist() == [12, 1]
    # order 3 has no payment; one line of p.csv is broken
    assert report.quarantined == {"missing_value": 1, "too_few_columns": 1}
    assert {(q["file"], q["line"]) for q in quarantined(folder)} == {("query shop", 3), ("sources/p.csv", 5)}


EVENTS = {"system": "table", "path": "sources/*.csv", "table": "touchpoints", "timezone": "UTC",
          "columns": {"event_id": {"generate": True}, "customer_id": "who", "occurred_at": "at",
                      "touchpoint": "what"}}  # fmt: skip


def test_equal_rows_stay_two_rows_and_keep_their_keys(company):
    folder = company(EVENTS)
    put(folder, "a.csv", "who,at,what\nx,2024-01-01,view\nx,2024-01-01,view\ny,2024-01-01,view\n")
    sources.load(folder)
    first = table(folder, "touchpoints")["event_id"]
    assert first.nunique() == 3
    put(folder, "a.csv", "who,at,what\nx,2024-01-01,view\nz,2024-01-05,view\nx,2024-01-01,view\ny,2024-01-01,view\n")
    sources.load(folder)
    assert set(first) < set(table(folder, "touchpoints")["event_id"])


def test_touchpoints_lie_sorted_whatever_the_order_of_the_file(company):
    folder = company(EVENTS | {"columns": EVENTS["columns"] | {"event_id": "id"}})
    rows = [f"{i},{'abc'[i % 3]},2024-01-0{1 + i % 4},t{i}" for i in range(40)]
    seen = []
    for seed in range(2):
        random.Random(seed).shuffle(rows)
        put(folder, "a.csv", "\n".join(["id,who,at,what", *rows]) + "\n")
        sources.load(folder)
        seen.append(table(folder, "touchpoints"))
    pd.testing.assert_frame_equal(*seen)
    order = ["customer_id", "occurred_at", "event_id"]
    pd.testing.assert_frame_equal(seen[0], seen[0].sort_values(order, ignore_index=True))
    meta = pq.read_metadata(folder / "tables" / "touchpoints.parquet")
    assert meta.metadata[b"cx.sorted_by"] == b"customer_id,occurred_at,event_id"
    kind = pq.read_schema(folder / "tables" / "touchpoints.parquet").field("occurred_at").type
    assert (kind.unit, kind.tz) == ("us", "UTC")


SIMPLE = {"system": "table", "path": "sources/*.csv", "table": "orders", "timezone": "UTC",
          "columns": {"order_id": "id", "customer_id": "who", "ordered_at": "at", "amount": "amount"}}  # fmt: skip


def test_ingest_is_incremental_and_the_second_one_changes_nothing(company):
    folder = company(SIMPLE)
    put(folder, "b.csv", "id,who,at,amount\n1,a,2024-01-01,5\n2,b,2024-01-01,oops\n3,c,2024-01-01,7\n")
    assert sources.load(folder).quarantined == {"bad_number": 1}
    files = {p: p.stat().st_mtime_ns for p in folder.rglob("*") if p.is_file() and not p.name.startswith("ingest.")}
    again = sources.load(folder)
    assert not again.changed
    assert again.rows_in == 3
    assert files == {
        p: p.stat().st_mtime_ns for p in folder.rglob("*") if p.is_file() and not p.name.startswith("ingest.")
    }
    # a correction comes later, under a name that sorts before
    put(folder, "a.csv", "id,who,at,amount\n2,b,2024-01-01,6\n3,c,2024-01-01,70\n")
    report = sources.load(folder)
    assert report.files == {"sources/b.csv": "as before", "sources/a.csv": "read"}
    assert report.replaced == 1
    assert table(folder, "orders")[["order_id", "amount"]].values.tolist() == [["1", 5], ["2", 6], ["3", 70]]
    # the corrected file itself clears the quarantine; a file that is gone takes its rows along
    put(folder, "b.csv", "id,who,at,amount\n1,a,2024-01-01,5\n")
    (folder / "sources" / "a.csv").unlink()
    report = sources.load(folder)
    assert report.files["sources/a.csv"] == "gone"
    assert table(folder, "orders")["order_id"].tolist() == ["1"]
    assert quarantined(folder) == []


def test_a_key_that_comes_twice_in_one_file_is_told_and_the_last_stays(company):
    folder = company(SIMPLE)
    put(folder, "a.csv", "id,who,at,amount\n1,a,2024-01-01,5\n\n1,a,2024-01-01,6\n2,b,2024-01-01,1\n")
    report = sources.load(folder)
    assert (report.rows_in, report.taken, report.quarantined) == (3, 2, {"repeated_key": 1})
    assert table(folder, "orders")["amount"].tolist() == [6, 1]
    told = quarantined(folder)[0]
    assert (told["line"], told["value"]) == (2, "4")


def test_a_file_that_is_mostly_refused_is_told_of_and_ends_with_two(company, capsys):
    folder = company(SIMPLE)
    put(folder, "a.csv", "id,who,at,amount\n1,a,2024-01-01,5\n2,b,2024-01-01,6\n")
    put(folder, "b.csv", "id,who,at,amount\n3,a,2024-01-01,5\n4,b,yesterday,6\n")  # half of it: told by its count
    assert cli.main(["ingest", "-w", str(folder)]) == 0
    put(folder, "b.csv", "id,who,at,amount\n3,a,2024-01-01,5\n4,b,yesterday,6\n5,b,soon,6\n")
    for _ in range(2):  # the second time nothing is read, and it is as true
        assert cli.main(["ingest", "-w", str(folder)]) == 2
        said = "sources/b.csv: not taken and in quarantine: 2 of its 3 rows; no report knows most of this file"
        assert said in capsys.readouterr().out
    assert table(folder, "orders")["order_id"].tolist() == ["1", "2", "3"]


def test_orders_name_their_customers_again_and_lose_no_row(company):
    tables = {table: {"columns": SIMPLE["columns"]} for table in ("orders",)}
    tables["customers"] = {"columns": {"customer_id": "who", "city": "city"}}
    source = {k: v for k, v in SIMPLE.items() if k not in ("table", "columns")} | {"tables": tables}
    rows = "1,a,2024-01-01,5,Qom\n2,a,2024-01-02,6,Yazd\n3,b,2024-01-02,6,Qom\n"
    folder = company(source)
    put(folder, "a.csv", "id,who,at,amount,city\n" + rows)
    report = sources.load(folder)
    assert (report.taken, report.quarantined, report.tables) == (3, {}, {"orders": 3, "customers": 2})
    assert table(folder, "customers")["city"].tolist() == ["Yazd", "Qom"]  # the last row of each tells
    # who says `first`, gets the first; a file of customers and nothing else holds each of them once
    company(source | {"tables": tables | {"customers": tables["customers"] | {"per_key": "first"}}})
    sources.load(folder)
    assert table(folder, "customers")["city"].tolist() == ["Qom", "Qom"]
    company(source | {"tables": {"customers": tables["customers"]}})
    assert sources.load(folder).quarantined == {"repeated_key": 1}


def test_repeats_are_found_share_by_share(company, monkeypatch):
    monkeypatch.setattr(convert, "SHARE", 3)  # 40 rows in 14 shares
    folder = company(SIMPLE)
    rows = [f"{i},a,2024-01-01,{i}\n" for i in (*range(39), 17)]
    put(folder, "a.csv", "id,who,at,amount\n" + "".join(rows))
    assert sources.load(folder).quarantined == {"repeated_key": 1}
    assert [(row["line"], row["value"]) for row in quarantined(folder)] == [(19, "41")]


@pytest.mark.parametrize("before", ["", "\n", '8,"a\nb",2024-01-01,1\n', "7,a,2024-01-01,1\n"])
@pytest.mark.parametrize("end", ["", "\n"])
def test_a_bad_row_is_told_by_its_line_whatever_stands_before(company, before, end):
    """With one record a line the number needs no second reading; an empty line or a text over two lines asks for it."""
    folder = company(SIMPLE)
    put(folder, "a.csv", f"id,who,at,amount\n{before}9,a,2024-01-01,much{end}")
    sources.load(folder)
    assert [row["line"] for row in quarantined(folder)] == [2 + before.count("\n")]


def test_a_kill_at_any_moment_leaves_whole_tables(company, monkeypatch):
    folder = company(SIMPLE)
    put(folder, "a.csv", "id,who,at,amount\n1,a,2024-01-01,5\n")
    sources.load(folder)
    put(folder, "a.csv", "id,who,at,amount\n1,a,2024-01-01,6\n2,b,2024-01-01,7\n")
    rename, died = Path.replace, 0
    for moment in range(20):
        count = iter(range(100))

        def replace(self, target, moment=moment, count=count):
            if next(count) == moment:
                raise KeyboardInterrupt
            return rename(self, target)

        monkeypatch.setattr(Path, "replace", replace)
        try:
            sources.load(folder)
        except KeyboardInterrupt:
            died += 1
            assert table(folder, "orders")["amount"].tolist() in ([5], [6, 7])
        else:
            break
    monkeypatch.undo()
    assert died >= 3
    sources.load(folder)
    assert table(folder, "orders")["amount"].tolist() == [6, 7]
    assert not list((folder / "state").glob("scratch-*"))


def test_a_file_that_cannot_be_read_stops_no_other_and_keeps_what_it_gave(company):
    folder = company(SIMPLE)
    put(folder, "b.csv", "id,who,when,amount\n1,a,2024-01-01,6\n")
    with pytest.raises(WorkspaceError, match=r"b.csv: no column 'at'.*columns: id, who, when, amount"):
        sources.load(folder)  # nothing at all could be read
    put(folder, "a.csv", "id,who,at,amount\n1,a,2024-01-01,5\n")
    report = sources.load(folder)
    assert report.files == {"sources/b.csv": "failed", "sources/a.csv": "read"}
    assert "b.csv: no column 'at'" in report.text("en")
    assert table(folder, "orders")["amount"].tolist() == [5]
    put(folder, "a.csv", "")
    put(folder, "c.csv", "id,who,at,amount\n2,a,2024-01-01,7\n")
    report = sources.load(folder)
    assert sum("sources/a.csv: the rows it gave before stay" in p["en"] for p in report.problems) == 1
    assert table(folder, "orders")["amount"].tolist() == [5, 7]
    assert (report.rows_in, report.taken) == (2, 2)


def test_a_missing_column_that_may_be_null_is_told_and_stays_empty(company):
    folder = company(SIMPLE | {"columns": SIMPLE["columns"] | {"status": "state"}})
    put(folder, "a.csv", "id,who,at,amount,stat\n1,a,2024-01-01,5,x\n")
    report = sources.load(folder)
    assert "sources/a.csv: no column 'state', it stays empty; did you mean 'stat'?" in report.text("en")
    assert table(folder, "orders")["status"].isna().all()


ARABIC = {"شناسه": "شناسه", "مشتری": "مشتري", "تاریخ": "تاريخ", "کد‌کالا": "كدكالا", "مبلغ": "مبلغ"}


def test_a_header_in_arabic_letters_is_the_column_that_a_persian_keyboard_names(company):
    columns = {"order_id": "شناسه", "customer_id": "مشتری", "ordered_at": "تاریخ", "amount": "مبلغ", "note": "کد‌کالا"}
    folder = company({"system": "table", "path": "sources/*", "table": "orders", "columns": columns})
    put(folder, "a.csv", ",".join(ARABIC.values()) + "\n1,mina,1404/05/02,k7,9\nx,y,when,z,w\n")
    report = sources.load(folder)
    assert (report.rows_in, report.taken) == (2, 1)
    assert "no column" not in report.text("en")
    assert table(folder, "orders")[["customer_id", "note", "amount"]].to_numpy().tolist() == [["mina", "k7", 9]]
    (bad,) = quarantined(folder)
    assert set(bad["row"]) == set(columns.values()), "quarantine knows which of them are keys"
    found = forgetting.forget(folder, "mina", [])
    assert "sources/a.csv: 1 at line 2" in found.text()


def test_of_two_headers_that_look_alike_none_is_guessed(company):
    folder = company(SIMPLE | {"columns": SIMPLE["columns"] | {"status": "کد"}})
    put(folder, "a.csv", "id,who,at,amount,كد,کـد\n1,a,2024-01-01,5,x,y\n")
    assert "no column 'کد', it stays empty" in sources.load(folder).text("en")


def test_of_two_columns_of_one_name_the_first_is_read_and_that_is_told(company):
    folder = company({"system": "table", "path": "sources/*", "table": "orders", "columns": {
        "order_id": "id", "customer_id": "who", "ordered_at": "at", "amount": "sum"}})  # fmt: skip
    put(folder, "a.csv", "id,who,at,sum,sum\n1,c,2024-01-01,9,3\n")
    put(folder, "b.xlsx", as_xlsx([("2", "c", "2024-01-01", 8, 4)], ("id", "who", "at", "sum", "Sum")))
    report = sources.load(folder)
    assert table(folder, "orders")["amount"].tolist() == [9, 8]
    assert sum("several columns are called 'sum'" in line for line in report.text("en").splitlines()) == 2


def test_what_stands_for_nothing_is_nothing_and_turning_marks_go(company):
    folder = company({"system": "table", "path": "sources/*", "table": "comments", "columns": {
        "comment_id": "id", "written_at": "at", "text": "said", "channel": "where"}})  # fmt: skip
    rows = [("1", "2024-01-01", "-", "-"), ("2", "2024-01-01", "خوب", "—"), ("3", "2024-01-01", "بد", "n/a"),
            ("4", "2024-01-01", "بد", "کانال\u202eevil\u202c"), ("5", "2024-01-01", "بد", "a-b")]  # fmt: skip
    put(folder, "a.csv", as_csv(rows, ("id", "at", "said", "where")))
    sources.load(folder)
    found = table(folder, "comments").sort_values("comment_id")
    assert found["channel"].tolist() == [None, None, None, "کانالevil", "a-b"]
    assert found["text"].tolist()[:2] == ["-", "خوب"], "a customer's words stay, whatever they are"


@pytest.mark.parametrize("first", [4, 1_000], ids=["as numbers", "as texts"])
def test_a_column_that_says_few_texts_is_stored_as_it_would_be_anyway(company, monkeypatch, first):
    """A large file's first rows tell what a column says; whatever comes later is read with all patience, too."""
    monkeypatch.setattr(repeating, "FIRST", first)
    asked = []
    ask = repeating.columns
    monkeypatch.setattr(repeating, "columns", lambda *about: asked.append(ask(*about)) or asked[-1])
    names = ["event_id", "customer_id", "occurred_at", "touchpoint", "channel", "outcome"]
    columns = {n: n for n in names} | {"campaign": {"value": "نوروز"}}
    folder = company(EVENTS | {"columns": columns}, privacy={"pseudonyms": True})
    cells = [  # touchpoint, channel, outcome
        ("visit", "web", "success"), ("visit", "تماس", "failure"), ("cart", "web", ""), ("visit", " web", "success"),
        ("cart", "كيف", ""), ("late", "N/A", "failure"), ("visit", "09121234567", "success"), ("visit", "web ", "lost"),
    ]  # fmt: skip
    rows = [f"e{i},c{i},2025-01-0{i},{','.join(row)}\n" for i, row in enumerate(cells, 1)]
    put(folder, "a.csv", ",".join(names) + "\n" + "".join(rows))
    report = sources.load(folder)
    got = table(folder, "touchpoints").sort_values("event_id")
    assert bool(asked[0]) == (first == 4)
    assert asked[0] == {} or "ENUM('web', 'تماس')" in asked[0].values()
    assert list(got["touchpoint"]) == ["visit", "visit", "cart", "visit", "cart", "late", "visit"]
    assert list(got["channel"].fillna("")) == ["web", "تماس", "web", "web", "کیف", "", "[تلفن]"]
    assert list(got["outcome"].fillna("")) == ["success", "failure", "", "success", "", "failure", "success"]
    assert set(got["campaign"]) == {"نوروز"}
    assert report.quarantined == {"not_in_list": 1}
    schema = pq.read_schema(folder / "tables" / "touchpoints.parquet")
    assert {str(schema.field(c).type) for c in ("touchpoint", "channel", "outcome", "campaign")} == {"string"}


def test_an_ingest_without_cases_imports_nothing_that_only_they_need(company):
    folder = company(EVENTS)
    put(folder, "a.csv", "who,at,what\n1,2025-01-01,visit\n")
    code = "import sys; from cx_helpers import cli; cli.main(['ingest', '-w', sys.argv[1]])\n" \
           "print(sorted({'ibis', 'pandas', 'scipy', 'sklearn'} & set(sys.modules)))"  # fmt: skip
    out = subprocess.run([sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=True)
    assert out.stdout.splitlines()[-1] == "[]"


def test_a_table_that_ingest_did_not_make_is_not_overwritten(company):
    folder = company(SIMPLE)
    put(folder, "a.csv", "id,who,at,amount\n1,a,2024-01-01,5\n")
    (folder / "tables").mkdir()
    pd.DataFrame({"order_id": ["mine"]}).to_parquet(folder / "tables" / "orders.parquet")
    with pytest.raises(WorkspaceError, match="was not made by cx ingest"):
        sources.load(folder)
    assert pd.read_parquet(folder / "tables" / "orders.parquet")["order_id"].tolist() == ["mine"]


def test_personal_keys_become_pseudonyms_that_meet_in_all_tables(company, monkeypatch):
    identities = {"system": "table", "name": "people", "path": "sources/p.csv", "table": "identities", "columns": {
        "kind": "kind", "value": "value", "customer_id": "who"}}  # fmt: skip
    folder = company(SIMPLE | {"path": "sources/a.csv"}, identities, privacy={"pseudonyms": True})
    put(folder, "a.csv", "id,who,at,amount\n1,۰۹۱۲۱۲۳۴۵۶۷,2024-01-01,5\n")
    put(folder, "p.csv", "kind,value,who\nphone,+98 912 123 4567,09121234567\nphone,0912-123-4567,x\nemail,A@B.ir,x\n")
    report = sources.load(folder)
    key = pseudonyms.secret(folder)
    me = pseudonyms.pseudonym("09121234567", key)
    assert table(folder, "orders")["customer_id"].tolist() == [me]
    people = table(folder, "identities")
    assert report.quarantined == {"repeated_key": 1}  # both writings are one phone number
    assert set(people["value"]) == {me, pseudonyms.pseudonym("a@b.ir", key)}
    assert (folder / "state" / "key").stat().st_mode & 0o777 == 0o600
    stored = b"".join(
        p.read_bytes() for p in [*(folder / "tables").glob("*"), *(folder / "state" / "pieces").glob("*")]
    )
    assert b"9121234567" not in stored
    monkeypatch.setenv("CX_KEY", "another")
    sources.load(folder)
    assert table(folder, "orders")["customer_id"].tolist() == [pseudonyms.pseudonym("09121234567", "another")]


WRONG = {
    "unknown key": (SIMPLE | {"tabel": "x"}, "unknown key 'tabel'; did you mean 'table'"),
    "unknown table": (SIMPLE | {"table": "order"}, "no table 'order'; did you mean 'orders'"),
    "unknown system": (SIMPLE | {"system": "tabel"}, "did you mean 'table'"),
    "no place": ({k: v for k, v in SIMPLE.items() if k != "path"}, "one of path, files or url"),
    "no key": (SIMPLE | {"columns": {"customer_id": "who"}}, "'order_id' is required and not mapped.*generate"),
    "bad unit": (SIMPLE | {"columns": SIMPLE["columns"] | {"amount": {"from": "a", "unit": "tomans"}}}, "'toman'"),
    "bad zone": (SIMPLE | {"timezone": "Asia/Teheran"}, "did you mean 'Asia/Tehran'"),
    "constant": (SIMPLE | {"columns": SIMPLE["columns"] | {"status": 5}}, "for a constant write"),
    "column key": (SIMPLE | {"columns": SIMPLE["columns"] | {"status": {"frm": "x"}}}, "did you mean 'from'"),
    "expression": (SIMPLE | {"columns": SIMPLE["columns"] | {"status": {"expr": "uper(id)"}}}, "expression is wrong"),
    "no file": (SIMPLE | {"path": "sources/none.csv"}, "no file matches"),
    "environment": (SIMPLE | {"path": "${CX_NOT_SET}/a.csv"}, "CX_NOT_SET is not set"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_mapping_says_what_to_write(company, case):
    entry, said = WRONG[case]
    folder = company(entry)
    put(folder, "a.csv", "id,who,at,amount\n1,a,2024-01-01,5\n")
    with pytest.raises(WorkspaceError, match=said):
        sources.load(folder)
    assert not (folder / "tables").exists()


HOSTILE = {  # kind: (line as it stands in the file, code)
    "too few": ("{i},c,2024-01-01,5,9", "too_few_columns"),
    "too many": ("{i},c,2024-01-01,5,9,app,true,x,y", "too_many_columns"),
    "open quote": ('{i},"c,2024-01-01,5,9,app,true', "broken_quote"),
    "text after quote": ('{i},"c"c,2024-01-01,5,9,app,true', "broken_quote"),
    "not utf-8": (b"{i},c\xff\xfe,2024-01-01,5,9,app,true", "bad_bytes"),
    "half a letter": ("{i},ک".encode()[:-1] + b",2024-01-01,5,9,app,true", "bad_bytes"),
    "nul": ("{i},c\0,2024-01-01,5,9,app,true", "null_byte"),
    "no key": (",c,2024-01-01,5,9,app,true", "missing_value"),
    "blank customer": ("{i},   ,2024-01-01,5,9,app,true", "missing_value"),
    "null said": ("{i},c,NULL,5,9,app,true", "missing_value"),
    "no number": ("{i},c,2024-01-01,five,9,app,true", "bad_number"),
    "infinite": ("{i},c,2024-01-01,inf,9,app,true", "bad_number"),
    "comma": ('{i},c,2024-01-01,"12,5",9,app,true', "bad_number"),
    "no day": ("{i},c,2024-02-30,5,9,app,true", "bad_time"),
    "no Jalali day": ("{i},c,1402/12/30,5,9,app,true", "bad_time"),
    "which is the month": ("{i},c,03/04/2024,5,9,app,true", "ambiguous_date"),
    "far future": ("{i},c,9999-12-31,5,9,app,true", "time_out_of_range"),
    "not whole": ("{i},c,2024-01-01,5,9.5,app,true", "not_whole"),
    "not in map": ("{i},c,2024-01-01,5,9,fax,true", "not_in_map"),
    "neither yes nor no": ("{i},c,2024-01-01,5,9,app,perhaps", "bad_boolean"),
}


def test_a_thousand_broken_rows_of_twenty_kinds_none_lost(company):
    assert len(HOSTILE) == 20
    columns = {"order_id": "id", "customer_id": "who", "ordered_at": "at", "amount": "amount",
               "items": {"from": "n", "type": "integer"}, "channel": {"from": "ch", "map": {"app": "app"}},
               "gift": {"from": "gift", "type": "boolean"}}  # fmt: skip
    folder = company(SIMPLE | {"columns": columns})
    rng, lines, expected = random.Random(7), [b"id,who,at,amount,n,ch,gift"], {}
    broken = [kind for kind in HOSTILE for _ in range(50)]
    good = [None] * 3000
    mixed = broken + good
    rng.shuffle(mixed)
    for i, kind in enumerate(mixed):
        text = "{i},c,1402/01/15,۵,9,app,بله" if kind is None else HOSTILE[kind][0]
        text = text if isinstance(text, bytes) else text.encode()
        lines.append(text.replace(b"{i}", str(i).encode()))
        if kind:
            expected[len(lines)] = (HOSTILE[kind][1], lines[-1])
    put(folder, "a.csv", b"\n".join(lines) + b"\n")
    report = sources.load(folder)
    assert (report.rows_in, report.taken, sum(report.quarantined.values())) == (4000, 3000, 1000)
    assert len(table(folder, "orders")) == 3000
    told = {row["line"]: row for row in quarantined(folder)}
    assert {line: row["code"] for line, row in told.items()} == {line: code for line, (code, _) in expected.items()}
    for line, row in told.items():
        assert row["file"] == "sources/a.csv"
        assert row["reason"]
        assert row["remedy"]
        came = row["row"].get("raw") or ",".join(str(v or "") for v in row["row"].values())
        assert came.split(",")[0] == expected[line][1].decode("utf-8", "backslashreplace").split(",")[0]


def test_broken_json_lines_and_odd_ones(company):
    folder = company(SIMPLE | {"path": "sources/a.jsonl", "columns": SIMPLE["columns"] | {"customer_id": "who.id"}})
    good = '{"id": 1, "who": {"id": "a"}, "at": "۱۴۰۲/۱۰/۱۱", "amount": 5}'
    put(
        folder,
        "a.jsonl",
        f'{good}\n{{"id": 2,\n\n[1]\n"x"\nnull\n{good.replace("1", "7", 1)}\n'.encode() + b'{"id": "\xff"}\n',
    )
    report = sources.load(folder)
    assert table(folder, "orders")[["order_id", "customer_id"]].values.tolist() == [["1", "a"], ["7", "a"]]
    assert report.quarantined == {"bad_json": 4, "bad_bytes": 1}
    assert [q["line"] for q in quarantined(folder)] == [2, 4, 5, 6, 8]


text = st.text(st.sampled_from("ab ,\"\n;ک۱'"), max_size=6)


@hypothesis.settings(max_examples=60, deadline=None)
@hypothesis.given(st.lists(st.tuples(text, text, text), min_size=1, max_size=8))
def test_both_readers_of_csv_read_the_same(tmp_path_factory, rows):
    rows = [row for row in rows if any(row)]
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL)
        writer.writerows([("x", "y", "z"), *rows])
    con = duckdb.connect()
    raw = reading.open_csv(con, path, {}, path.parent)
    fast = con.execute(f"SELECT x, y, z FROM {raw.relation} ORDER BY _rec").fetchall()
    slow = [line.fields for line in csvlines.records(path, ",", 3, skip=1)]
    con.close()
    assert [tuple(v or "" for v in row) for row in fast] == [tuple(row) for row in slow] == rows


def test_every_reason_is_told_in_both_languages():
    for code, words in quarantine.REASONS.items():
        assert len(words) == 4, code
        for locale in ("fa", "en"):
            assert all(quarantine.explain(code, locale, column="c", value="v", allowed="a, b"))


def test_the_report_reads_well(company):
    folder = company(SIMPLE)
    put(folder, "a.csv", "id,who,at,amount\n1,a,2024-01-01,5\n2,b,2024-01-01,x\n")
    report = sources.load(folder)
    assert "2 rows in: 1 taken, 1 in quarantine, 0 skipped on purpose" in report.text("en")
    assert "is not a number (sources/a.csv, line 3, orders.amount); write" in report.text("en")
    assert "۲⁩ سطر خوانده شد" in report.text("fa")


def test_the_report_shows_the_values_that_were_not_known_and_hides_what_may_be_a_persons(company):
    folder = company(SIMPLE | {"columns": SIMPLE["columns"] | {"status": {"from": "st", "map": {"done": "done"}}}})
    words = ["در راه", "lost", "lost", "09121234567", "Sara", "x", "y"]
    rows = [f"{i},{'Sara' if word == 'Sara' else 'c'},2024-01-01,5,{word}\n" for i, word in enumerate(words)]
    put(folder, "a.csv", "id,who,at,amount,st\n" + "".join(rows))
    report = sources.load(folder)
    assert "7 × 'در راه, lost, [تلفن]…' is not in the `map` of status" in report.text("en")
    assert "«در راه»، «lost»، «[تلفن]…» در `map` ستون status نیست" in report.text("fa")
    put(
        folder,
        "a.csv",
        "id,who,at,amount,st\n1,Sara,2024-01-01,5,Sara\n2,Sara,never,five,done\n3,c,2024-01-01,five,done\n",
    )
    said = sources.load(folder).text("en")
    assert "'[hidden]' is not in the `map` of status" in said
    assert "Sara" not in said


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_the_mark_of_a_covered_file_name_is_no_number_itself(tmp_path, monkeypatch):
    """Under this secret the mark would be eight digits, which were then taken for a phone number."""
    monkeypatch.setenv("CX_KEY", "a secret of the test, number 12")
    path = "sources/b 09121234567.csv"
    assert pseudonyms.pseudonym(path, pseudonyms.secret(tmp_path))[:8].isdigit()
    name = units.named(path, tmp_path)
    assert re.fullmatch(r"sources/b \[phone\].csv~[a-p]{8}", name)
    assert units.named(name, tmp_path) == name


def test_a_terminal_is_told_of_each_file_and_a_pipe_only_when_it_asks(company, capsys, monkeypatch):
    folder = company(SIMPLE)
    put(folder, "a.csv", "id,who,at,amount\n1,a,2024-01-01,5\n")
    put(folder, "b 09121234567.csv", "id,amount\n")
    command = ["ingest", "-w", str(folder)]
    assert cli.main(command) == 2
    assert capsys.readouterr().err == ""
    (folder / "sources" / "b 09121234567.csv").write_text("id,who,at,amount\n2,a,2024-01-01,5\n3,a,2024-01-01,5\n")
    assert cli.main([*command, "--progress"]) == 0
    told = capsys.readouterr()
    assert re.fullmatch(r"sources/a.csv: as before\nsources/b \[phone\].csv~\w+: 2 rows, [\d.]+ s\n", told.err)
    assert "3 rows in" in told.out
    monkeypatch.setattr("sys.stderr", screen := Terminal())
    assert cli.main(command) == 0
    assert "sources/a.csv: as before\n" in screen.getvalue()
    assert "as before" not in capsys.readouterr().out


REAL = {  # rows in, and how many of them wait in quarantine
    "snappfood_comments": (19_990, 0),
    "digikala_reviews": (20_000, 0),
    "olist_sample": (60_388, 0),
    "ecom_stories": (31_706, 0),
}


@pytest.mark.parametrize("name", REAL)
def test_real_exports_are_read_whole(real, tmp_path, monkeypatch, name):
    monkeypatch.setenv("CX_REAL_DATA", str(real.resolve()))
    (tmp_path / "workspace.yaml").write_text((ROOT / "data" / "real" / name / "workspace.yaml").read_text("utf-8"))
    report = sources.load(tmp_path)
    assert (report.rows_in, sum(report.quarantined.values())) == REAL[name]
    assert report.rows_in == report.taken
    if name == "olist_sample":  # published: mean review 2.50 where late, 4.28 where on time
        orders = table(tmp_path, "orders").dropna(subset=["promised_at", "delivered_at"])
        orders["late"] = orders["delivered_at"] > orders["promised_at"]
        both = table(tmp_path, "responses").merge(orders[["order_id", "late"]], on="order_id")
        assert both.groupby("late")["score"].mean().round(2).to_dict() == {True: 2.50, False: 4.28}


def test_a_second_ingest_at_the_same_time_is_told_to_wait_with_exit_code_3(company, capsys):
    from cx_helpers import cli

    folder = company(
        {"system": "table", "path": "sources/a.csv", "table": "customers", "columns": {"customer_id": "id"}}
    )
    put(folder, "a.csv", "id\n1\n")
    with store.lock(folder):
        assert cli.main(["ingest", "-w", str(folder)]) == 3
    assert "another cx ingest" in capsys.readouterr().err


def test_a_file_that_comes_again_far_shorter_is_told_once(company):
    folder = company(
        {"system": "table", "path": "sources/a.csv", "table": "customers", "columns": {"customer_id": "id"}}
    )
    rows = [f"{i}\n" for i in range(30)]
    for many, told in ((30, False), (28, False), (10, True), (10, False), (30, False)):
        put(folder, "a.csv", "id\n" + "".join(rows[:many]))
        report = sources.load(folder)
        assert report.tables["customers"] == many
        assert ("a.csv: 10 rows now, 28 before; what it no longer holds has left" in report.text("en")) is told


def test_a_new_column_of_a_table_is_named_with_what_to_do(company):
    folder = company(SIMPLE | {"path": "sources/*.csv"})
    put(folder, "a.csv", "id,who,at,amount,left out\n1,c,2024-01-01,5,x\n")
    assert sources.load(folder).warnings == [], "what was left out on purpose is no news"
    put(folder, "b.csv", "id,who,at,amount,left out,کد تخفیف\n2,c,2024-01-02,5,x,OFF\n")
    (told,) = sources.load(folder).warnings
    assert told["en"] == (
        "sources/b.csv: these columns are new and no mapping reads them: کد تخفیف. Map them under `columns`, or list "
        "them under `keep` to have them as they are"
    )
    put(folder, "c.csv", "id,who,at,amount,left out,کد تخفیف\n3,c,2024-01-03,5,x,OFF\n")
    assert len(sources.load(folder).warnings) == 1, "it is told of the file that brought it"
