"""A shop forgets one whose phone lost its 0 in a spreadsheet, whose id the mapping makes, whose name others write."""

import gzip
import json
import shutil
import zipfile

import duckdb
import pytest
import yaml

from cx_helpers.intake import calling, case_answers, casebook, pseudonyms, sources
from cx_helpers.intake.forgetting import forget
from cx_helpers.settings import load_settings

PHONE = "09273856391"
FILES = {
    "customers": """
id,name,mobile
1000,خانم شهرزاد کوهستانی‌نژاد,9273856391
1001,علی‌رضا مرادی,9123334455""",
    "orders": """
no,who,at,amount
O-1,1001,2025-08-01,5
O-2,1000,2025-08-02,6
O-3,1000,2025-08-03,7""",
    "answers": """
no,who,at,score,said
A-1,1000,2025-08-01,9,خوب بود
A-2,1001,2025-08-01,1,خانم شهرزاد کوهستانی نژاد بد بود
A-3,1001,2025-08-02,2,شهرزادکوهستانی‌نژاد و کوهستانی‌نژاد، خانم شهرزاد
A-4,1001,2025-08-02,2,شَهرزاد خانم کوهستانی‌نژاد
A-5,1001,2025-08-02,2,شهرزاد و کوهستانی‌نژاد؛ شهرزاد کوهستانی
A-6,1001,2025-08-02,x,آقای علی رضا مرادی و شهرزاد کوهستانی نژاد""",
}


def _of(column):
    return {"expr": f"'shop:' || {column}"}


ENTRIES = {
    "customers": {"tables": {
        "customers": {"columns": {"customer_id": _of("id")}},
        "persons": {"columns": {"customer_id": _of("id"), "full_name": "name", "mobile": "mobile"}}}},
    "orders": {"table": "orders", "columns": {"order_id": "no", "customer_id": _of("who"), "ordered_at": "at",
                                              "amount": "amount"}},
    "answers": {"table": "responses", "scale": [0, 10], "columns": {
        "response_id": "no", "customer_id": _of("who"), "responded_at": "at", "instrument": {"value": "nps"},
        "score": "score", "comment": "said"}},
}  # fmt: skip


def made(folder, **files):
    (folder / "sources").mkdir(parents=True)
    for name, text in (FILES | files).items():
        (folder / "sources" / f"{name}.csv").write_text(f"{text.strip()}\n", "utf-8")
    entries = [{"system": "table", "name": n, "path": f"sources/{n}.csv"} | e for n, e in ENTRIES.items()]
    about = {"name": "T", "locale": "en", "sources": entries}
    (folder / "workspace.yaml").write_text(yaml.safe_dump(about, allow_unicode=True), "utf-8")
    sources.load(folder)
    return folder


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    return made(tmp_path_factory.mktemp("forget") / "shop")


def copied(folder, tmp_path):
    return shutil.copytree(folder, tmp_path / "shop")


def pseudonym(folder, key):
    return pseudonyms.pseudonym(key, pseudonyms.secret(folder))


def content(folder):
    return {p.stem: duckdb.sql(f"SELECT * FROM read_parquet('{p}') ORDER BY ALL").fetchall()
            for p in sorted((folder / "tables").glob("*.parquet"))}  # fmt: skip


@pytest.mark.parametrize("given", [PHONE, "9273856391", "+98 927 385 6391", "۰۹۲۷۳۸۵۶۳۹۱", "shop:1000"])
def test_a_mobile_whose_nought_a_spreadsheet_took_away_is_found(shop, tmp_path, given):
    folder = copied(shop, tmp_path)
    report = forget(folder, given)
    left = content(folder)
    assert {t: len(rows) for t, rows in left.items()} == {"customers": 1, "orders": 1, "responses": 4}
    assert pseudonym(folder, "shop:1000") not in str(left)
    assert {p.file.removeprefix("sources/"): (p.rows, p.lines) for p in report.sources} == {
        "customers.csv": (1, [2]),
        "orders.csv": (2, [3, 4]),
        "answers.csv": (1, [2]),
    }
    assert report.elsewhere == []


def test_an_id_that_is_a_mobile_without_its_nought_is_found(tmp_path):
    folder = tmp_path / "plain"
    (folder / "sources").mkdir(parents=True)
    (folder / "sources" / "o.csv").write_text(
        "no,who,at,amount\n1,9273856391,2025-08-01,5\n2,9123334455,2025-08-01,5\n"
    )
    columns = {"order_id": "no", "customer_id": "who", "ordered_at": "at", "amount": "amount"}
    entry = {"system": "table", "path": "sources/o.csv", "table": "orders", "columns": columns}
    (folder / "workspace.yaml").write_text(yaml.safe_dump({"name": "T", "sources": [entry]}), "utf-8")
    sources.load(folder)
    assert forget(folder, PHONE).removed["tables/orders.parquet"] == 1


SAID = {"A-2": "خانم [نام] بد بود", "A-3": "[نام] و [نام]", "A-4": "[نام]",
        "A-5": "شهرزاد و کوهستانی‌نژاد؛ شهرزاد کوهستانی"}  # fmt: skip


def said(folder):
    sql = f"SELECT response_id, comment FROM read_parquet('{folder}/tables/responses.parquet')"
    return dict(duckdb.sql(sql).fetchall())


def test_a_name_is_masked_however_it_is_typed_and_wherever_it_lies(shop, tmp_path):
    folder = copied(shop, tmp_path)
    other = pseudonym(folder, "shop:1001")
    case = {"case_id": "C-1", "origin": "response", "origin_id": "A-2", "customer_id": other, "state": "open",
            "words": "شهرزاد کوهستانی نژاد بد بود", "opened_at": 0.0}  # fmt: skip
    with casebook.opened(folder) as book, book.writing() as db:
        book.add(case)
        db.execute(
            "INSERT INTO outbox (key, case_id, body) VALUES ('k', 'C-1', ?)", [json.dumps(case, ensure_ascii=False)]
        )
    with casebook.opened(folder) as book:
        case_answers.write(load_settings(folder), book)
    forget(folder, "shop:1000")
    assert said(folder) == SAID
    waiting = (folder / "quarantine/answers/answers.csv.jsonl").read_text("utf-8")
    assert "آقای علی رضا مرادی و [نام]" in waiting
    with casebook.opened(folder) as book:
        assert book.cases()[0]["words"] == "[نام] بد بود"
        assert json.loads(book.db.execute("SELECT body FROM outbox").fetchone()[0])["words"] == "[نام] بد بود"
    for path in folder.rglob("state/*"):
        assert not path.is_file() or "شهرزاد".encode() not in path.read_bytes(), path
    assert "[نام] بد بود" in (folder / "state/cases.csv").read_text("utf-8")
    # a changed file is read again: the name is known by its hashes
    with (folder / "sources/answers.csv").open("a", encoding="utf-8") as file:
        file.write("A-7,1001,2025-08-03,3,از شهرزاد کوهستانی‌نژاد بپرسید\n")
    sources.load(folder)
    assert said(folder) == SAID | {"A-7": "از [نام] بپرسید"}
    assert "آقای علی رضا مرادی و [نام]" in (folder / "quarantine/answers/answers.csv.jsonl").read_text("utf-8")
    # until another comes who is called so
    with (folder / "sources/customers.csv").open("a", encoding="utf-8") as file:
        file.write("1002,شهرزاد کوهستانی نژاد,9351112233\n")
    with (folder / "sources/answers.csv").open("a", encoding="utf-8") as file:
        file.write("A-8,1001,2025-08-03,3,شهرزاد کوهستانی‌نژاد\n")
    sources.load(folder)
    assert said(folder)["A-8"] == "شهرزاد کوهستانی‌نژاد"


def test_words_within_a_name_are_taken_as_one_or_as_two():
    names = calling.among(calling.spelt("علی‌رضا مرادی"))
    for text in ("علیرضا مرادی", "علی رضا مرادی", "مرادی علیرضا", "مرادی، علی‌رضا", "آقای علی‌رضا  مرادی"):
        assert names.masked(text).removeprefix("آقای ") == "[نام]", text
    for text in ("علی مرادی", "رضا مرادی", "علیرضا مرادیان", "علیرضا مرادی‌پور", "علیرضا. مرادی", "علیرضا و مرادی"):
        assert names.masked(text) == text


def test_packed_copies_that_hold_the_person_are_named(shop, tmp_path):
    folder = copied(shop, tmp_path)
    old = folder / "exports" / "old"
    old.mkdir(parents=True)
    (old / "x.csv.gz").write_bytes(gzip.compress(FILES["customers"].encode()))
    (old / "y.csv.gz").write_bytes(gzip.compress(b"id,name\n1001,another"))
    (old / "cut.csv.gz").write_bytes(gzip.compress(FILES["customers"].encode())[:40])
    with zipfile.ZipFile(folder / "backup.zip", "w") as whole:
        whole.writestr("a/customers.csv", FILES["customers"])
        whole.writestr("a/note.txt", "nothing")
    report = forget(folder, "shop:1000")
    assert report.elsewhere == ["backup.zip/a/customers.csv", "exports/old/x.csv.gz"]
    assert "exports/old/cut.csv.gz: cannot be opened" in report.text("en")


def test_a_name_in_a_column_of_the_company_s_own_is_masked_as_in_its_words(shop, tmp_path):
    folder = copied(shop, tmp_path)
    about = yaml.safe_load((folder / "workspace.yaml").read_text("utf-8"))
    (orders,) = [entry for entry in about["sources"] if entry["name"] == "orders"]
    orders["columns"]["note"] = "note"
    (folder / "workspace.yaml").write_text(yaml.safe_dump(about, allow_unicode=True), "utf-8")
    path = folder / "sources" / "orders.csv"
    line = "no,who,at,amount,note\nO-1,1001,2025-08-01,5,تحویل به شهرزاد کوهستانی‌نژاد\n"
    path.write_text(line + "O-2,1000,2025-08-02,6,\n", "utf-8")
    sources.load(folder)
    assert "شهرزاد" in str(content(folder)["orders"])
    assert forget(folder, PHONE).masked
    (kept,) = content(folder)["orders"]
    assert "تحویل به [نام]" in kept
    path.write_text(line + "O-4,1001,2025-08-03,6,برای شهرزاد کوهستانی نژاد\n", "utf-8")
    sources.load(folder)
    assert "شهرزاد" not in str(content(folder)["orders"])
