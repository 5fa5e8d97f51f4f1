"""A row of totals at the end of an export is no order of a customer called `2 customers`."""

import pytest
import yaml

from cx_helpers.intake import sources
from tests.test_sources import quarantined, table

COLUMNS = {"order_id": "id", "customer_id": "who", "ordered_at": "day", "amount": "sum"}


def ingest(folder, *rows, **columns):
    (folder / "sources").mkdir(exist_ok=True)
    (folder / "sources" / "o.csv").write_text("\n".join(["id,who,day,sum", *rows, ""]), "utf-8")
    source = {"system": "table", "path": "sources/o.csv", "table": "orders", "columns": COLUMNS | columns}
    about = {"name": "T", "locale": "en", "privacy": {"pseudonyms": False}, "sources": [source]}
    (folder / "workspace.yaml").write_text(yaml.safe_dump(about, allow_unicode=True), "utf-8")
    return sources.load(folder)


@pytest.mark.parametrize("word", ["Total", "TOTAL", "Grand Total", "جمع کل", "جمع", "مجموع"])
def test_a_row_of_totals_is_set_aside_with_its_reason(tmp_path, word):
    ingest(tmp_path, "1,a,2024-01-02,10", "2,b,2024-01-03,20", f"{word},2 customers,2024-01-31,30")
    assert table(tmp_path, "orders").amount.sum() == 30
    (row,) = quarantined(tmp_path)
    assert row["reason"] == f"order_id says '{word}': this row is the sum of the others"
    assert "remove the row of totals" in row["remedy"]


def test_an_id_that_only_begins_so_is_an_order(tmp_path):
    ingest(tmp_path, "total-1,a,2024-01-02,10", "Summer,b,2024-01-03,20")
    assert len(table(tmp_path, "orders")) == 2
    assert quarantined(tmp_path) == []


def test_nor_does_an_id_of_another_system_hide_it(tmp_path):
    ingest(tmp_path, "1,a,2024-01-02,10", "Total,,2024-01-31,10", order_id={"expr": "'web:' || id"})
    assert len(quarantined(tmp_path)) == 1
    assert "totals" in quarantined(tmp_path)[0]["code"]


@pytest.mark.parametrize("row", ["x,جمع کل,2024-01-31,10", "TOTAL:,a,2024-01-31,10"])
def test_it_is_known_by_the_customer_s_place_and_with_a_colon_too(tmp_path, row):
    ingest(tmp_path, "1,a,2024-01-02,10", row, customer_id={"expr": "'shop:' || who"})
    assert len(table(tmp_path, "orders")) == 1
    assert quarantined(tmp_path)[0]["code"] == "totals_row"
