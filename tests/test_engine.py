"""One seam over the engines: what comes next for a customer, whatever the order of the rows."""

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cx_helpers import engine
from cx_helpers.tables import TableError

LOG = pd.DataFrame(
    {
        "event_id": ["e1", "e2", "e3", "e4", "e5"],
        "customer_id": ["a", "a", "a", "b", "b"],
        "occurred_at": pd.to_datetime(["2025-01-01", "2025-01-02", "2025-01-02", "2025-01-01", "2025-01-05"], utc=True),
        "touchpoint": ["home", "cart", "payment", "home", "support"],
    }
)
NEXT = {"e1": "cart", "e2": "payment", "e3": None, "e4": "support", "e5": None}


def write(frame, path, sorted_by=None):
    table = pa.Table.from_pandas(frame.assign(occurred_at=frame["occurred_at"].dt.as_unit("us")), preserve_index=False)
    pq.write_table(table.replace_schema_metadata({"cx.sorted_by": sorted_by} if sorted_by else {}), path)
    return path


def following(table):
    found = engine.next_row(table, after="touchpoint").execute()
    return {row.event_id: row.after if isinstance(row.after, str) else None for row in found.itertuples()}


@pytest.mark.parametrize("order", [[0, 1, 2, 3, 4], [4, 2, 0, 3, 1]])
def test_what_comes_next_does_not_depend_on_row_order(tmp_path, order):
    table = engine.read(engine.connect(), "touchpoints", write(LOG.iloc[order], tmp_path / "touchpoints.parquet"))
    assert not engine.keeps_order(table)
    assert following(table) == NEXT


def test_a_file_known_to_be_sorted_streams_to_the_same_answer(tmp_path):
    path = write(LOG, tmp_path / "touchpoints.parquet", "customer_id,occurred_at,event_id")
    table = engine.read(engine.connect(), "touchpoints", path)
    assert engine.keeps_order(table)
    assert following(table) == NEXT
    part = table.filter(table.touchpoint != "cart")
    assert engine.keeps_order(part)
    assert following(part) == {"e1": "payment", "e3": None, "e4": "support", "e5": None}
    assert not engine.keeps_order(table.order_by("event_id"))
    assert not engine.keeps_order(table.union(table))


def test_a_named_table_is_the_same_table_and_keeps_what_is_known_of_its_order(tmp_path):
    for said, ordered in (("customer_id,occurred_at,event_id", True), (None, False)):
        folder = tmp_path / str(ordered)
        folder.mkdir()
        path = write(LOG, folder / "touchpoints.parquet", said)
        table = engine.read(engine.connect(), "touchpoints", path)
        part = engine.named(table.filter(table.touchpoint != "cart"))
        assert engine.keeps_order(part) is ordered
        assert following(part) == {"e1": "payment", "e3": None, "e4": "support", "e5": None}
        assert part.schema() == table.schema()
        assert engine.named(table.filter(table.touchpoint != "cart")).get_name() == part.get_name(), (
            "one name for one query"
        )


def test_a_file_opened_to_be_read_only_takes_names_too(tmp_path):
    import duckdb

    with duckdb.connect(tmp_path / "company.db") as made:
        made.execute("create table orders as select 'o1' as order_id, 'c1' as customer_id")
    held = engine.connect("duckdb:///company.db", tmp_path).table("orders")
    assert engine.named(held.filter(held.order_id == "o1")).execute()["customer_id"].tolist() == ["c1"]


def test_an_all_null_column_gets_its_contract_type(tmp_path):
    path = tmp_path / "responses.parquet"
    pd.DataFrame({"response_id": ["1"], "customer_id": [None], "score": [3]}).to_parquet(path)
    schema = engine.read(engine.connect(), "responses", path).schema()
    assert schema["customer_id"].is_string()
    assert schema["score"].is_floating()


def test_an_engine_that_is_none_says_what_to_write():
    with pytest.raises(TableError, match="duckdb://"):
        engine.connect("nosuch://x")


def test_spark_gives_the_same_next_rows(spark, tmp_path):
    table = engine.read(spark, "touchpoints", write(LOG.iloc[[4, 2, 0, 3, 1]], tmp_path / "touchpoints.parquet"))
    assert following(table) == NEXT


def test_an_engine_that_cannot_open_never_shows_its_address():
    with pytest.raises(TableError) as error:
        engine.connect("nosuch://user:SECRETPW@host/db")
    assert "SECRETPW" not in str(error.value)
