"""Keys that a spreadsheet wrote as numbers: read where all digits are there, never linked where some are gone."""

import duckdb
import pytest
import yaml

from cx_helpers.intake import shortened, sources
from tests.test_sources import quarantined, table


@pytest.mark.parametrize(("text", "whole", "lost"), [
    ("9171234567.0", "09171234567", False), ("9.171234567E9", "09171234567", False),
    ("9.171234567e+09", "09171234567", False), ("2188776655.0", "2188776655", False),
    ("9.17E+09", "9.17E+09", True), ("9.17E9", "9.17E9", True),
    ("9.17123456E9", "9.17123456E9", True), ("6.03799E+15", "6.03799E+15", True), ("09171234567", "09171234567", False),
    ("12.0", "12.0", False), ("a.b@c.ir", "a.b@c.ir", False), ("1.5", "1.5", False),
])  # fmt: skip
def test_what_a_spreadsheet_makes_of_a_number(text, whole, lost):
    sql = f"SELECT {shortened.whole('x')}, {shortened.lost(shortened.whole('x'))} FROM (SELECT ? AS x)"
    assert duckdb.execute(sql, [text]).fetchall() == [(whole, lost)]


def ingest(folder, rows, tables):
    (folder / "sources").mkdir(exist_ok=True)
    (folder / "sources" / "p.csv").write_text("\n".join(["id,tel", *rows, ""]), "utf-8")
    source = {"system": "table", "path": "sources/p.csv", "tables": tables}
    about = {"name": "T", "locale": "en", "privacy": {"pseudonyms": False}, "sources": [source]}
    (folder / "workspace.yaml").write_text(yaml.safe_dump(about), "utf-8")
    return sources.load(folder)


def test_phones_that_are_whole_become_identities_and_others_wait_in_quarantine(tmp_path):
    phones = {"columns": {"kind": {"value": "phone"}, "value": "tel", "customer_id": "id"}, "needs": "value"}
    ingest(tmp_path, ["a,9171234567.0", "b,9.171234568E9", "c,9.17E+09", "d,09171234569"], {"identities": phones})
    assert sorted(table(tmp_path, "identities").value) == ["09171234567", "09171234568", "09171234569"]
    (row,) = quarantined(tmp_path)
    assert (row["code"], row["line"]) == ("shortened_number", 4)
    assert row["remedy"] == "format the column as text and export again"


def test_a_persons_phone_that_lost_digits_is_told_and_links_nobody(tmp_path):
    people = {"customers": {"columns": {"customer_id": "id"}},
              "persons": {"columns": {"customer_id": "id", "mobile": "tel"}}}  # fmt: skip
    report = ingest(tmp_path, ["a,9.17E+09", "b,9.17E+09", "c,9.171234567E9"], people)
    (told,) = report.warnings
    assert told["en"].startswith("sources/p.csv: mobile of 2 rows looks like 9.17E+09")
    assert len(table(tmp_path, "customers")) == 3
    (piece,) = (tmp_path / "state" / "pieces").glob("*--persons.parquet")
    rows = duckdb.sql(f"SELECT customer_id, mobile FROM read_parquet('{piece}') ORDER BY 1").fetchall()
    assert rows == [("a", None), ("b", None), ("c", "09171234567")]


def test_a_customers_number_that_lost_digits_is_nobodys(tmp_path):
    orders = {"orders": {"columns": {"order_id": "id", "customer_id": "tel", "ordered_at": {"value": "2024-01-02"},
                                     "amount": {"value": "5"}}}}  # fmt: skip
    ingest(tmp_path, ["1,9.17E+09", "2,9.171234567E9", "3,9171234567.0"], orders)
    assert list(table(tmp_path, "orders").customer_id) == ["09171234567", "09171234567"]
    assert [row["code"] for row in quarantined(tmp_path)] == ["shortened_number"]
