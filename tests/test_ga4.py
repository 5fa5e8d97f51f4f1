"""Google Analytics: an export of events becomes journeys and orders; a page's CSV becomes sums, and no journey."""

import json

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from cx_helpers.intake import check, sources
from cx_helpers.intake.forgetting import forget

MIDNIGHT = 1767225600  # 2026-01-01 00:00 UTC


@pytest.fixture
def ingest(tmp_path):
    """ingest(**files) puts files (name_ending=content) into sources/ of a workspace and reads them."""
    about = {"name": "T", "locale": "en", "privacy": {"pseudonyms": False}}
    about["sources"] = [{"system": "ga4", "path": "sources"}]
    (tmp_path / "workspace.yaml").write_text(yaml.safe_dump(about), "utf-8")
    (tmp_path / "sources").mkdir()

    def ingest(**files):
        for name, content in files.items():
            stem, _, ending = name.rpartition("_")
            path = tmp_path / "sources" / f"{stem}.{ending}"
            pq.write_table(content, path) if isinstance(content, pa.Table) else path.write_text(content, "utf-8")
        return sources.load(tmp_path)

    ingest.folder = tmp_path
    return ingest


def ask(ingest, table: str, columns: str) -> list[tuple]:
    return duckdb.sql(f"SELECT {columns} FROM '{ingest.folder}/tables/{table}.parquet' ORDER BY ALL").fetchall()


def event(second: int, name: str, who: str | None = "A.1", session=17, **more) -> dict:
    params = [{"key": "ga_session_id", "value": {"int_value": str(session)}}, *more.pop("params", [])]
    about = {"event_name": name, "event_timestamp": str((MIDNIGHT + second) * 10**6), "platform": "WEB"}
    return about | {"user_pseudo_id": who, "event_params": params} | more


def lines(*events: dict) -> str:
    return "\n".join(json.dumps(e, ensure_ascii=False) for e in events)


BOUGHT = event(
    60,
    "purchase",
    user_id="u9",
    ecommerce={"transaction_id": "T5", "purchase_revenue": 1250000.0},
    items=[
        {"item_id": "p1", "item_name": "چای، سیاه", "quantity": "2", "price": 500000.0},
        {"item_id": "(not set)", "item_name": "قند", "quantity": "1", "price": 250000},
    ],
)


def test_events_become_the_visitors_journey(ingest):
    spent = {"key": "engagement_time_msec", "value": {"int_value": "1500"}}
    seen = event(
        0, "view_item", params=[spent], device={"category": "mobile"}, geo={"region": "Tehran", "city": "(not set)"},
        traffic_source={"medium": "organic"}, user_first_touch_timestamp=str(MIDNIGHT * 10**6),
    )  # fmt: skip
    refused = event(5, "view_item", who=None)  # did not consent
    report = ingest(events_jsonl=lines(seen, BOUGHT, refused, event(9, "app_exception", "B.2", platform="ANDROID")))
    assert (report.rows_in, report.taken, report.skipped, sum(report.quarantined.values())) == (4, 3, 1, 0)
    what = "customer_id, epoch(occurred_at)::int, touchpoint, stage, channel, outcome, duration_s, session_id"
    assert ask(ingest, "touchpoints", what) == [
        ("ga4:B.2", MIDNIGHT + 9, "app_exception", None, "app", "failure", None, "ga4:B.2.17"),
        ("ga4:u9", MIDNIGHT, "view_item", "evaluation", "web", None, 1.5, "ga4:A.1.17"),
        ("ga4:u9", MIDNIGHT + 60, "purchase", "purchase", "web", "success", None, "ga4:A.1.17"),
    ]
    assert ask(ingest, "identities", "kind, value, customer_id") == [
        ("account", "u9", "ga4:u9"), ("cookie", "A.1", "ga4:u9"), ("cookie", "B.2", "ga4:B.2"),
    ]  # fmt: skip
    customers = dict(ask(ingest, "customers", "customer_id, {'p': province, 'c': city, 'a': acquisition_channel}"))
    assert set(customers) == {"ga4:B.2", "ga4:u9"}


def test_an_order_is_counted_once_under_the_shops_own_number(ingest):
    again = BOUGHT | {"event_timestamp": str((MIDNIGHT + 300) * 10**6)}  # the page of thanks, loaded again
    free = event(90, "purchase", "C.3", ecommerce={"transaction_id": "(not set)"}, items=[])
    ingest(events_jsonl=lines(BOUGHT, again, free))
    assert ask(ingest, "orders", "order_id, customer_id, amount, epoch(ordered_at)::int") == [
        ("T5", "ga4:u9", 1250000.0, MIDNIGHT + 60)
    ]
    assert ask(ingest, "order_items", "order_id, line, product_id, product_name, quantity, unit_price") == [
        ("T5", 1, "p1", "چای، سیاه", 2, 500000), ("T5", 2, "قند", "قند", 1, 250000),
    ]  # fmt: skip


def test_a_device_of_two_people_tells_nobody_apart(ingest):
    one, two = event(1, "login", user_id="u1"), event(2, "login", user_id="u2")
    ingest(events_jsonl=lines(event(0, "page_view"), one, two))
    assert ask(ingest, "touchpoints", "customer_id, touchpoint") == [
        ("ga4:A.1", "page_view"), ("ga4:u1", "login"), ("ga4:u2", "login"),
    ]  # fmt: skip


def test_a_visitor_is_who_logged_in_there_in_another_file(ingest):
    ingest(mon_jsonl=lines(event(0, "page_view"), event(5, "page_view", "B.2")))
    assert ask(ingest, "touchpoints", "customer_id") == [("ga4:A.1",), ("ga4:B.2",)]
    ingest(tue_jsonl=lines(event(90_000, "login", user_id="u9"), event(90_001, "page_view", "B.2", user_id="u7")))
    ingest(wed_jsonl=lines(event(180_000, "page_view"), event(180_001, "page_view", "B.2", user_id="u8")))
    assert ask(ingest, "touchpoints", "customer_id, touchpoint") == [
        ("ga4:B.2", "page_view"), ("ga4:u7", "page_view"), ("ga4:u8", "page_view"),  # a device of two people
        ("ga4:u9", "login"), ("ga4:u9", "page_view"), ("ga4:u9", "page_view"),
    ]  # fmt: skip
    assert [who for (who,) in ask(ingest, "customers", "customer_id")] == ["ga4:B.2", "ga4:u7", "ga4:u8", "ga4:u9"]
    assert not ingest().changed
    assert check.check(ingest.folder) == []
    (ingest.folder / "sources" / "tue.jsonl").unlink()  # nobody knows of the login any more
    ingest()
    assert ("ga4:A.1", "page_view") in ask(ingest, "touchpoints", "customer_id, touchpoint")


@pytest.mark.parametrize("asked", ["u9", "A.1"])
def test_who_is_forgotten_takes_the_visits_before_the_login_along(ingest, asked):
    ingest(mon_jsonl=lines(event(0, "page_view"), event(5, "page_view", "B.2")))
    ingest(tue_jsonl=lines(event(90_000, "login", user_id="u9")))
    forget(ingest.folder, asked)
    assert ask(ingest, "touchpoints", "customer_id") == [("ga4:B.2",)]
    for _ in range(2):  # the sources still hold the person, who stays out
        ingest()
        assert ask(ingest, "touchpoints", "customer_id") == [("ga4:B.2",)]


def test_the_days_table_takes_the_place_of_the_intraday_one(ingest):
    early, late = event(0, "page_view"), event(7, "scroll")
    ingest(intraday_jsonl=lines(early))
    report = ingest(events_jsonl=lines(early, late))
    assert ask(ingest, "touchpoints", "touchpoint") == [("page_view",), ("scroll",)]
    assert report.rows_in == report.taken + report.skipped
    assert not ingest().changed


def test_parquet_as_bigquery_writes_it(ingest):
    kinds = ("string_value", pa.string()), ("int_value", pa.int64()), ("double_value", pa.float64())
    value = pa.struct(list(kinds))
    params = [
        {"key": "ga_session_id", "value": {"int_value": 99}},
        {"key": "campaign", "value": {"string_value": "نوروز"}},
    ]
    ingest(day_parquet=pa.table({
        "event_timestamp": pa.array([MIDNIGHT * 10**6], pa.int64()), "event_name": ["add_to_cart"],
        "user_pseudo_id": ["B.2"], "user_id": pa.array([None], pa.string()), "platform": ["IOS"],
        "event_params": pa.array([params], pa.list_(pa.struct([("key", pa.string()), ("value", value)]))),
        "items": pa.array([[]], pa.list_(pa.struct([("item_id", pa.string())]))),
    }))  # fmt: skip
    what = "customer_id, stage, channel, session_id, campaign"
    assert ask(ingest, "touchpoints", what) == [("ga4:B.2", "purchase", "app", "ga4:B.2.99", "نوروز")]


PAGE = """# ----------------------------------------
# Property: shop
# ----------------------------------------
#
# All Users
# Start date: 20260101
# End date: 20260103
Event name,Platform,Event count,Total users
page_view,web,"1,200",300
(not set),web,4,2

# Mobile
# تاریخ شروع: ۲۰۲۶۰۱۰۱
# تاریخ پایان: ۲۰۲۶۰۱۰۳
Nth day,Users
0000,7
0002,9
"""


def test_a_page_holds_sums_of_several_tables_and_no_journey(ingest):
    report = ingest(page_csv=PAGE)
    assert (report.rows_in, report.taken, report.problems) == (4, 4, [])
    assert list(report.tables) == ["aggregates"]
    what = "segment, strftime(period_start, '%d'), strftime(period_end, '%d'), dimension, member, metric, value"
    assert ask(ingest, "aggregates", what) == [
        ("All Users", "01", "03", "Event name / Platform", "(not set) / web", "Event count", 4),
        ("All Users", "01", "03", "Event name / Platform", "(not set) / web", "Total users", 2),
        ("All Users", "01", "03", "Event name / Platform", "page_view / web", "Event count", 1200),
        ("All Users", "01", "03", "Event name / Platform", "page_view / web", "Total users", 300),
        ("Mobile", "01", "01", "Nth day", "0000", "Users", 7),
        ("Mobile", "03", "03", "Nth day", "0002", "Users", 9),
    ]


def test_rows_without_their_days_wait_in_quarantine(ingest):
    report = ingest(
        page_csv="# Start date: 20260101\nEvent name,Users\na,1\n# End date: 20260103\nEvent name,Users\nb,2\n"
    )
    assert (report.rows_in, report.taken, sum(report.quarantined.values())) == (2, 1, 1)


@pytest.mark.parametrize(
    ("end", "taken", "lost"),
    [
        ("Country,Users,Sessions\nIran,10,20\n", 3, 0),
        ("Country,Users,Sessions\nIran,10,20", 3, 0),  # no line end is no cut
        ("Country,Users,Sessions\nIran,10,20\nIraq,3", 3, 1),
        ("Country,Users,Ses", 2, 1),
        ("Country,Users,Sessions\n", 2, 0),  # a table without a row
        ("", 2, 1),  # nothing after its days
    ],
)
def test_a_page_that_is_cut_says_so(ingest, end, taken, lost):
    days = "# Start date: 20230101\n# End date: 20231231\n"
    report = ingest(a_csv=f"# Users\n{days}Event name,Event count\npage_view,129094\nscroll,5\n\n{days}{end}")
    assert (report.taken, sum(report.quarantined.values()), report.rows_in) == (taken, lost, taken + lost)
    waiting = b"".join(p.read_bytes() for p in (ingest.folder / "quarantine").rglob("*.jsonl"))
    assert waiting.count(b"cut_off") == lost


def test_the_files_of_others(ingest, fixtures):
    folder = fixtures / "ga4"
    report = ingest(**{f"{path.stem}_{path.suffix[1:]}": path.read_text("utf-8-sig") for path in folder.glob("*.csv")})
    assert report.problems == []
    assert report.rows_in == report.taken + report.skipped == 39 + 819
    assert ("page_view", "Total users", 29418) in ask(ingest, "aggregates", "member, metric, value")


def test_an_order_whose_tag_is_of_the_older_kind_is_told_by_its_parameters(ingest):
    """Number and amount as parameters, 64-bit numbers as texts, objects and lists that are null or not there."""
    sold = [{"key": "transaction_id", "value": {"string_value": "T7"}}, {"key": "value", "value": {"float_value": 2.5}}]
    events = [event(1, "purchase", params=sold, ecommerce={"transaction_id": "(not set)"}, items=[])]
    events += [event(2, "purchase", who="B.2", ecommerce=None, items=None), event(3, "scroll") | {"event_params": None}]
    report = ingest(events_intraday_20260101_jsonl="\r\n".join(map(json.dumps, events)))
    assert (report.rows_in, report.taken) == (3, 3)
    assert ask(ingest, "orders", "order_id, customer_id, amount") == [("T7", "ga4:A.1", 2.5)]


EXPLORED = """# ----------------------------------------
# Free form 1
# 20240101-20240131
# ----------------------------------------

Event name,Event count,Engagement rate
,1500,0.5
"a, b",1000,45.5%
"""


@pytest.mark.parametrize("again", [False, True], ids=["as it came", "saved by a spreadsheet"])
def test_an_exploration_is_read_and_one_that_a_spreadsheet_saved(ingest, again):
    if again:
        rows = 'Event name;Event count;Engagement rate\n;1.500;0,5\n"a, b";1.000;45,5%\n'
        text = "\ufeff" + EXPLORED.split("Event name")[0].replace("0131\n", "0131;;\n") + rows
    report = ingest(free_csv=text if again else EXPLORED)
    assert report.quarantined == {}
    found = ask(ingest, "aggregates", "member, metric, value, period_start::date::text, period_end::date::text")
    span = ("2024-01-01", "2024-01-31")
    assert found == [
        ("a, b", "Engagement rate", 0.455, *span), ("a, b", "Event count", 1000, *span),
        ("all", "Engagement rate", 0.5, *span), ("all", "Event count", 1500, *span),
    ]  # fmt: skip
