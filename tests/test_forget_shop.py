"""A shop forgets one whose phone lost its 0 in a spreadsheet, whose id the mapping makes, whose name others write."""

import shutil

import duckdb
import pytest
import yaml

from cx_helpers.intake import pseudonyms, sources
from cx_helpers.intake.forgetting import forget

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
A-2,1001,2025-08-01,1,بد بود""",
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
    assert {t: len(rows) for t, rows in left.items()} == {"customers": 1, "orders": 1, "responses": 1}
    assert pseudonym(folder, "shop:1000") not in str(left)
    assert {p.file: (p.rows, p.lines) for p in report.sources} == {
        "sources/customers.csv": (1, [2]), "sources/orders.csv": (2, [3, 4]), "sources/answers.csv": (1, [2])}  # fmt: skip
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
