"""Hand-made Parquet is read right whatever types its writer chose, or refused in words: the same on both engines."""

import datetime as dt
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cx_helpers import engine, workspace
from cx_helpers.tables import TableError

BEGIN = dt.datetime(2025, 8, 22, 20, 30)  # UTC: Shahrivar 1404 begins in Tehran
TIMES = [BEGIN, BEGIN - dt.timedelta(microseconds=1), None]
ZONED = [t and t.replace(tzinfo=dt.UTC) for t in TIMES]


def times(unit, zone=None):
    return pa.array(ZONED if zone else TIMES, pa.timestamp(unit, zone))


def texts(*values, kind=None):
    return pa.array([*values, None], kind)


READ = {  # name: (column, what the file holds, what is read)
    "microseconds in UTC": ("opened_at", times("us", "UTC"), TIMES),
    "microseconds, naive": ("opened_at", times("us"), TIMES),
    "microseconds in Tehran": ("opened_at", times("us", "Asia/Tehran"), TIMES),
    "nanoseconds in UTC": ("opened_at", times("ns", "UTC"), TIMES),
    "nanoseconds, naive": ("opened_at", times("ns"), TIMES),
    "nanoseconds in Tehran": ("opened_at", times("ns", "Asia/Tehran"), TIMES),
    "no time known": ("opened_at", pa.nulls(3, pa.string()), [None] * 3),
    "whole-number keys": ("customer_id", texts(2**53 + 1, 2), [str(2**53 + 1), "2", None]),
    "unsigned keys": ("customer_id", texts(2**63 + 1, 2, kind=pa.uint64()), [str(2**63 + 1), "2", None]),
    "keys that a null made floats": ("customer_id", texts(12.0, 7.5), ["12", "7.5", None]),
    "decimal keys": ("customer_id", texts(Decimal("12.00"), Decimal("7.50")), ["12", "7.50", None]),
    "categorical keys": ("customer_id", texts("الف", "ب").dictionary_encode(), ["الف", "ب", None]),
    "large texts": ("customer_id", texts("الف", "ب", kind=pa.large_string()), ["الف", "ب", None]),
    "decimal numbers": ("csat", texts(Decimal("4.25"), Decimal("1")), [4.25, 1.0, None]),
    "short numbers": ("csat", texts(4, 1, kind=pa.int8()), [4.0, 1.0, None]),
    "no numbers": ("csat", texts(float("inf"), float("nan")), [None] * 3),
    "infinitely many": ("reopens", texts(float("-inf"), 2.0), [None, 2, None]),
    "numbers as text": ("csat", texts("4.25", "-1"), [4.25, -1.0, None]),
    "whole numbers that a null made floats": ("reopens", texts(2.0, float("nan")), [2, None, None]),
    "yes and no as text": ("escalated", texts("True", "خیر"), [True, False, None]),
    "yes and no as numbers": ("escalated", texts(1, 0), [True, False, None]),
}
REFUSED = {  # name: (column, what the file holds, what the error says)
    "times as text": ("opened_at", texts("1404-06-01", "2025-08-23"), "holds string, where a time is needed"),
    "times as numbers": ("opened_at", texts(1_755_894_600, 0), "holds int64, where a time is needed"),
    "Persian digits": ("csat", texts("۴", "1"), "holds string, where a number is needed"),
    "halves": ("reopens", texts("1.5", "1"), "where a whole number is needed"),
    "a third answer": ("escalated", texts("yes", "perhaps"), "where yes or no is needed"),
    "bytes": ("customer_id", texts(b"a", b"b"), "holds binary, where a text is needed"),
    "lists": ("customer_id", pa.array([["a"], ["b"], None]), "where a text is needed"),
}


def write(path, column, held):
    pq.write_table(pa.table({"ticket_id": ["1", "2", "3"], column: held}), path, version="2.6")
    return path


def column(connection, path, name, **options):
    frame = engine.read(connection, "tickets", path, **options).order_by("ticket_id").execute()
    values = [None if v is None or v != v else v for v in frame[name].tolist()]  # NaN and NaT are not themselves
    return [v.tz_localize(None).to_pydatetime() if hasattr(v, "tz_localize") else v for v in values]


@pytest.mark.parametrize("case", READ)
def test_what_can_be_told_is_read_right(tmp_path, case):
    name, held, right = READ[case]
    assert column(engine.connect(), write(tmp_path / "tickets.parquet", name, held), name) == right


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_told_is_refused_with_file_column_and_remedy(tmp_path, case):
    name, held, says = REFUSED[case]
    with pytest.raises(TableError, match=rf"^tables/tickets\.parquet: column '{name}' .*{says}.*cx ingest"):
        engine.read(engine.connect(), "tickets", write(tmp_path / "tickets.parquet", name, held))


def test_spark_reads_and_refuses_the_same(tmp_path, spark):
    for number, (name, held, right) in enumerate(READ.values()):
        assert column(spark, write(tmp_path / f"{number}.parquet", name, held), name) == right
    for number, (name, held, says) in enumerate(REFUSED.values()):
        with pytest.raises(TableError, match=says):
            engine.read(spark, "tickets", write(tmp_path / f"bad{number}.parquet", name, held))


def days(connection, path):
    held = pa.array([dt.date(2025, 8, 23), dt.date(2022, 3, 22), None])  # on the second, Tehran had no midnight
    path = write(path, "opened_at", held)
    found = {zone: column(connection, path, "opened_at", timezone=zone) for zone in ("Asia/Tehran", "America/New_York")}
    return [moment for moments in found.values() for moment in moments]


def test_a_day_without_a_time_begins_at_midnight_of_the_workspace(tmp_path, spark):
    tehran = [BEGIN, dt.datetime(2022, 3, 21, 20, 30), None]
    new_york = [dt.datetime(2025, 8, 23, 4), dt.datetime(2022, 3, 22, 4), None]
    assert days(engine.connect(), tmp_path / "one.parquet") == tehran + new_york
    assert days(spark, tmp_path / "two.parquet") == tehran + new_york


def test_a_workspace_reads_days_in_its_own_zone(tmp_path):
    (tmp_path / "tables").mkdir()
    write(tmp_path / "tables" / "tickets.parquet", "opened_at", pa.array([dt.date(2025, 9, 1)] * 3))
    for zone, month in (("America/New_York", "2025-09"), ("Asia/Tehran", "2025-09")):
        text = f"name: x\ncalendar: gregorian\ntimezone: {zone}\n"
        (tmp_path / "workspace.yaml").write_text(text, "utf-8")
        assert workspace.open(tmp_path, month).tickets.count().execute() == 3, zone


def parts(folder, *held):
    folder.mkdir()
    for number, values in enumerate(held):
        write(folder / f"{number}.parquet", "opened_at", values)
    return folder


def test_files_of_one_folder_may_mix_zones_and_units(tmp_path, spark):
    folder = parts(tmp_path / "tickets", times("us"), times("ns", "UTC"), times("us", "Asia/Tehran"))
    assert sorted(t for t in column(engine.connect(), folder, "opened_at") if t) == sorted(3 * TIMES[:2])
    with pytest.raises(TableError, match=r"'opened_at' is timestamp\[us\] in 0.parquet and .*ns.* in 1.parquet"):
        engine.read(spark, "tickets", folder)


def test_a_column_that_only_later_files_have_is_there(tmp_path, spark):
    folder = parts(tmp_path / "tickets", times("us", "UTC"))
    write(folder / "1.parquet", "csat", texts(5.0, 4.0))
    for connection in (engine.connect(), spark):
        assert {"opened_at", "csat"} <= set(engine.read(connection, "tickets", folder).columns)
