"""`guest` and its kind are no customer: told, never one customer of a thousand orders; a real one stays whole."""

import pytest
import yaml

from cx_helpers.intake import sources
from tests.test_sources import quarantined, table

ORDERS = {"order_id": "id", "customer_id": "who", "ordered_at": "day", "amount": "sum"}
ANSWERS = {
    "response_id": "id",
    "customer_id": "who",
    "responded_at": "day",
    "score": "sum",
    "instrument": {"value": "nps"},
}


def ingest(folder, whos, pseudonyms=False, **target):
    """A company with one file, a row for each of `whos`, read."""
    (folder / "sources").mkdir(exist_ok=True)
    rows = [f"{i},{who},2024-01-02,{i % 10}" for i, who in enumerate(whos)]
    (folder / "sources" / "o.csv").write_text("\n".join(["id,who,day,sum", *rows, ""]), "utf-8")
    source = {"system": "table", "path": "sources/o.csv"} | (target or {"table": "orders", "columns": ORDERS})
    about = {"name": "T", "locale": "en", "privacy": {"pseudonyms": pseudonyms}, "sources": [source]}
    (folder / "workspace.yaml").write_text(yaml.safe_dump(about, allow_unicode=True), "utf-8")
    return sources.load(folder)


@pytest.mark.parametrize(
    "key", ["guest", "GUEST", "Anonymous", "unknown", "مهمان", "ناشناس", "كاربر مهمان", "(not set)"]
)
def test_orders_by_nobody_stay_and_are_told_with_a_remedy(tmp_path, key):
    report = ingest(tmp_path, [key] * 3 + ["a", "b", "b"])
    (told,) = report.warnings
    shown = key.replace("ك", "ک")
    assert told["en"].startswith(f"sources/o.csv: 3 of 6 rows of orders are by '{shown}', who is no person;")
    assert f"needs: customer_id, and customer_id: {{from: …, empty: ['{shown}']}}" in told["en"]
    assert len(table(tmp_path, "orders")) == 6  # their money is real


def test_the_remedy_does_what_it_says(tmp_path):
    columns = ORDERS | {"customer_id": {"from": "who", "empty": ["guest"]}}
    report = ingest(tmp_path, ["guest", "a"], table="orders", needs="customer_id", columns=columns)
    assert (report.warnings, report.skipped, quarantined(tmp_path)) == ([], 1, [])
    assert list(table(tmp_path, "orders").customer_id) == ["a"]


@pytest.mark.parametrize("pseudonyms", [False, True])
def test_answers_by_nobody_have_no_customer(tmp_path, pseudonyms):
    answers = {"table": "responses", "scale": [0, 10], "columns": ANSWERS}
    report = ingest(tmp_path, ["guest", "مهمان", "guest", "a", "b"], pseudonyms, **answers)
    assert list(table(tmp_path, "responses").customer_id.isna()) == [True, True, True, False, False]
    assert [said["en"].split(" who ")[0] for said in report.warnings] == [
        "sources/o.csv: 2 of 5 rows of responses are by 'guest',",
        "sources/o.csv: 1 of 5 rows of responses are by 'مهمان',",
    ]


def test_a_number_is_nobody_only_where_its_rows_are_far_more_than_those_of_others(tmp_path):
    answers = {"table": "responses", "scale": [0, 10], "columns": ANSWERS}
    assert ingest(tmp_path, ["0", "0", "1", "2", "2"], **answers).warnings == []  # counted from 0
    assert table(tmp_path, "responses").customer_id.notna().all()
    report = ingest(tmp_path, ["0"] * 12 + ["09000000000"] * 20 + [f"{i}" for i in range(1, 40)], **answers)
    assert len(report.warnings) == 2
    assert table(tmp_path, "responses").customer_id.isna().sum() == 32


def test_a_heavy_customer_and_the_customers_own_table_are_left_alone(tmp_path):
    assert ingest(tmp_path, ["shop"] * 50 + ["a", "b"]).warnings == []
    people = {"table": "customers", "per_key": "last", "columns": {"customer_id": "who", "created_at": "day"}}
    assert ingest(tmp_path, ["guest"] * 50 + ["a", "b"], **people).warnings == []
