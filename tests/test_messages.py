"""What a message may quote: no number, name or address of a person, whatever column it slipped into; prices stay."""

import pytest
import yaml

from cx_helpers.intake import messages, privacy, sources

NID, SHORT, SHORTER = "0084575948", "84575948", "067749828"  # the same with its zeros, and another's without one


@pytest.mark.parametrize("number", [SHORT, "۸۴۵۷۵۹۴۸", "88776655", "8877-6655", "02188776655", "2188776655", NID])
def test_a_number_that_may_be_somebodys_is_hidden_where_it_is_all_there_is(number):
    assert privacy.is_bare(number) or "[" in privacy.redact(number)
    assert number not in messages.preview(number, False, [], "en")


@pytest.mark.parametrize("number", ["14040631", "20250922", "45000000", "12,500,000", "ORD-84575948", "1234"])
def test_days_prices_and_numbers_of_orders_stay(number):
    assert messages.preview(number, False, [], "en") == number


@pytest.mark.parametrize(("value", "worded", "shown"), [
    ("علی رضایی", True, False), ("Sara Ahmadi", True, False), ("علی رضایی", False, True), ("never", True, True),
    ("12 of May", True, True),
])  # fmt: skip
def test_two_words_where_a_number_or_a_time_should_stand_may_be_a_name(value, worded, shown):
    assert (messages.preview(value, False, [], "en", worded) == value) == shown


def test_a_header_that_is_a_row_is_not_printed():
    assert "علی" not in messages.columns(["علی رضایی", SHORT, "تهران", "خوب"])
    assert messages.columns(["name", "phone", "city"]) == "name, phone, city"


def test_no_error_of_an_ingest_and_no_reason_in_quarantine_quotes_a_person(tmp_path):
    (tmp_path / "sources").mkdir()
    rows = ["1,c1,2025-08-01,5,done,علی رضایی,88776655,84575948", "2,c2,علی رضایی,5,done,علی رضایی,88776655,84575948",
            "3,c3,2025-08-01,88776655,done,x,y,z", "4,c4,84575948,5,done,x,y,z", "5,c5,2025-08-01,5,رضایی,علی رضایی,,",
            "6,c6,2025-08-01,5,پست شد,x,,", "7,c7,2025-08-01,12k,done,x,,"]  # fmt: skip
    (tmp_path / "sources" / "o.csv").write_text("\n".join(["id,who,at,sum,st,نام,tel,nid", *rows, ""]), "utf-8")
    columns = {"order_id": "id", "customer_id": "who", "ordered_at": "at", "amount": "sum",
               "status": {"from": "st", "map": {"done": "done"}}}  # fmt: skip
    source = {"system": "table", "path": "sources/o.csv", "table": "orders", "columns": columns}
    about = {"name": "T", "locale": "en", "sources": [source]}
    (tmp_path / "workspace.yaml").write_text(yaml.safe_dump(about, allow_unicode=True), "utf-8")
    said = sources.load(tmp_path).text("en")
    assert not any(mark in said for mark in ("رضایی", "88776655", "84575948"))
    assert "'[hidden]' in ordered_at is not a date or time" in said or "[hidden]" in said
    assert "پست شد" in said, "a status that the map lacks is told"
    assert "12k" in said
