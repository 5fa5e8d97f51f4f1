"""workspace.yaml, periods and segments: what a notebook starts from."""

import datetime as dt

import pandas as pd
import pytest

from cx_helpers import cli, workspace
from cx_helpers.run.plan import PlanError
from cx_helpers.run.reach import refuse_empty
from cx_helpers.signature import ParameterError
from cx_helpers.tables import MissingTable, TableError
from cx_helpers.workspace import WorkspaceError


@pytest.fixture
def company(tmp_path):
    """Three customers of two provinces, who answered in Mordad and Shahrivar 1404."""
    (tmp_path / "tables").mkdir()
    about = "name: {fa: فروشگاه, en: Shop}\nprivacy: {smallest_group: 1}\n"
    (tmp_path / "workspace.yaml").write_text(about, "utf-8")
    people = {"customer_id": list("abc"), "province": ["فارس", "یزد", "یزد"], "gender": list("fmf")}
    pd.DataFrame(people).to_parquet(tmp_path / "tables" / "customers.parquet")
    times = ["2025-08-01", "2025-08-30", "2025-09-01", "2025-09-22 20:00", None]
    responses = {
        "response_id": list("12345"),
        "customer_id": list("aabcc"),
        "responded_at": pd.to_datetime(times, utc=True, format="ISO8601").as_unit("us"),
        "invited_at": pd.to_datetime([None] * 4 + ["2025-09-02"], utc=True).as_unit("us"),
        "instrument": "nps",
        "score": [9.0, 3, 8, 10, None],
        "scale_min": 0,
        "scale_max": 10,
        "channel": ["app", "web", "app", "app", "web"],
    }
    pd.DataFrame(responses).to_parquet(tmp_path / "tables" / "responses.parquet")
    return tmp_path


def ids(table):
    return "".join(sorted(table.execute()["response_id"]))


def test_a_period_cuts_tables_and_knows_what_came_before(company):
    tables = workspace.open(company, period="1404-06")
    assert ids(tables.responses) == "2345"  # the unanswered invitation counts at its sending
    assert ids(tables.before.responses) == "1"
    assert ids(tables.until.responses) == "12345"
    assert ids(workspace.open(company, period="1404-05").until.responses) == "1"


def test_without_a_period_it_is_the_last_month_that_the_data_covers(company):
    assert workspace.open(company).period.name == "1404-06"  # 20:00 UTC on 31 Shahrivar is still that day in Tehran


def test_a_segment_keeps_its_customers(company):
    assert ids(workspace.open(company, "1404-06", segment="province=یزد").responses) == "345"


@pytest.mark.parametrize(
    ("segment", "says"),
    [
        ("provnce=یزد", "did you mean 'province'"),
        ("province=یزدد", "did you mean 'یزد'"),
        ("province", "column=value"),
        ("province='; drop table x", "no customer has"),
    ],
)
def test_a_segment_that_is_none_is_refused_with_the_nearest(company, segment, says):
    with pytest.raises(WorkspaceError, match=says):
        workspace.open(company, "1404-06", segment=segment)


def test_a_segment_that_would_tell_of_persons_is_refused_and_so_is_what_covers_it(company):
    text = (company / "workspace.yaml").read_text("utf-8").replace("smallest_group: 1", "smallest_group: 2")
    (company / "workspace.yaml").write_text(text, "utf-8")
    for column, small, beside in (("province", "فارس", "یزد"), ("gender", "m", "f")):
        with pytest.raises(WorkspaceError, match="fewer than 2 customers"):
            workspace.open(company, "1404-06", segment=f"{column}={small}")
        with pytest.raises(WorkspaceError, match="held back beside a value of too few customers"):
            workspace.open(company, "1404-06", segment=f"{column}={beside}")


def test_a_column_is_brought_from_the_customers(company):
    table = workspace.open(company, "1404-06").with_column("responses", "province")
    assert sorted(table.execute()["province"]) == ["فارس", "یزد", "یزد", "یزد"]
    with pytest.raises(TableError, match="did you mean 'province'"):
        workspace.open(company, "1404-06").with_column("responses", "provinc")


def test_a_key_in_several_rows_is_refused_for_it_would_count_double(company, capsys):
    """Customer a stands twice: brought to the answers, her province would count each of them twice."""
    path = company / "tables" / "customers.parquet"
    people = pd.read_parquet(path)
    for again, says in (([0], r"\(rows: 2, keys: 1\)"), ([0, 1, 1], r"\(rows: 5, keys: 2\)")):
        pd.concat([people, people.iloc[again]]).to_parquet(path)
        with pytest.raises(TableError, match=rf"tables/customers.parquet: the key customer_id is repeated {says}"):
            workspace.open(company, "1404-06").with_column("responses", "province")
        assert cli.main(["run", "survey", "-w", str(company), "--out", str(company / "out")]) == 1
        assert "customer_id is repeated" in capsys.readouterr().err
        assert not (company / "out").exists()


def test_every_table_is_held_against_its_key(company):
    tables = company / "tables"
    pd.DataFrame({"order_id": list("aab"), "line": [1, 2, 1], "product_id": "p"}).to_parquet(
        tables / "order_items.parquet"
    )
    assert workspace.open(company, "1404-06").order_items.count().execute() == 3
    items = pd.DataFrame({"order_id": ["a", "a", "b", None, None], "line": 1, "product_id": "p"})
    items.to_parquet(tables / "order_items.parquet")
    with pytest.raises(TableError, match="the key order_id, line is repeated .rows: 2, keys: 1"):
        _ = workspace.open(company, "1404-06").order_items
    frame = pd.read_parquet(tables / "responses.parquet")
    pd.concat([frame, frame]).to_parquet(tables / "responses.parquet")
    with pytest.raises(TableError, match="the key response_id is repeated .rows: 10, keys: 5"):
        _ = workspace.open(company, "1404-06").responses


def test_what_ingest_wrote_is_not_looked_through_again(company):
    """Its keys are unique as it wrote them; looking would cost seconds on a long log."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table({"customer_id": ["a", "a"], "province": ["فارس", "یزد"]})
    path = company / "tables" / "customers.parquet"
    pq.write_table(table.replace_schema_metadata({"cx.made_by": "cx ingest"}), path)
    assert workspace.open(company, "1404-06").customers.count().execute() == 2


def test_segments_are_texts_with_a_few_values(company):
    assert workspace.open(company, "1404-06").segments("responses") == ["channel", "province", "gender"]


def test_a_missing_table_says_what_it_is_for(company):
    tables = workspace.open(company, "1404-06")
    assert not tables.has("orders")
    with pytest.raises(MissingTable, match="one row per order.*quarantine/ says why"):
        _ = tables.orders
    with pytest.raises(AttributeError, match="did you mean 'orders'"):
        _ = tables.order


def test_the_workspace_is_found_from_a_folder_below(company, monkeypatch):
    (company.parent / "notebooks").mkdir(exist_ok=True)
    monkeypatch.chdir(company.parent / "notebooks")
    assert workspace.open(company.name, "1404-06").settings.name["en"] == "Shop"


def test_no_workspace_tells_how_to_make_one(tmp_path):
    with pytest.raises(WorkspaceError, match="cx init"):
        workspace.load_settings(tmp_path)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("locale: fa", "`name` is required"),
        ("name: x\nlocal: fa", "did you mean 'locale'"),
        ("name: x\nlocale: de", "use fa or en"),
        ("name: x\ncalendar: lunar", "jalali or gregorian"),
        ("name: x\ntimezone: Tehran", "Asia/Tehran"),
        ("name: x\nprivacy: {smalest_group: 3}", "did you mean 'smallest_group'"),
        ("name: x\nprivacy: {smallest_group: few}", "a value like 10"),
        ("name: x\nprivacy: {smallest_group: 0}", "1 or more"),
        ("name: x\ngoals: {nps: 40}", "target"),
        ("name: x\ngoals: {npss: {target: 40}}", "goals: npss is no metric of the book; did you mean 'nps'"),
        ("name: x\ngoals: {csat: {target: 75}}", "off its scale, 0 to 1; 75 percent is 0.75"),
        ("name: x\ngoals: {nps: {target: 400}}", "off its scale, -100 to 100"),
        ("name: x\ngoals: {resolution_hours: {target: -1}}", "0 and above"),
        ("name: x\ngoals: {nps: {target: yes}}", "without a target"),
        ("name: x\ngoals: {nps: {target: .nan}}", "without a target"),
        ("name: x\ngoals: {CSAT: {target: 75}}", "did you mean 'csat'"),
        ("name: x\ngoals: {no: {target: 1}}", "in quotes"),
        ("name: x\ngoals: {nps: {target: 4, direction: higher}}", "up or down"),
        ("name: x\ngoals: {nps: {target: 4, by: 1404}}", "unknown key 'by'"),
        ("name: x\nengine: spark", "use duckdb://"),
        ("name: x\nsources: {a: b}", "list of"),
        ("name: [", "must be YAML"),
        ("- a", "keys and values"),
    ],
)
def test_settings_that_are_wrong_say_so(tmp_path, text, says):
    (tmp_path / "workspace.yaml").write_text(text, "utf-8")
    with pytest.raises(WorkspaceError, match=says):
        workspace.load_settings(tmp_path)


def test_a_goal_may_be_of_a_metric_of_ones_own(tmp_path):
    (tmp_path / "workspace.yaml").write_text(
        "name: x\ngoals: {npss: {target: 3}, delight: {target: 9}, nps: {target: 100}}", "utf-8"
    )
    (tmp_path / "labels.yaml").write_text("npss: {en: our own}", "utf-8")
    assert list(workspace.load_settings(tmp_path).goals) == ["npss", "delight", "nps"]


def test_no_period_and_no_data_is_said(tmp_path):
    (tmp_path / "workspace.yaml").write_text("name: x", "utf-8")
    with pytest.raises(MissingTable, match="no data yet"):
        workspace.open(tmp_path)
    with pytest.raises(ParameterError, match="'soon' is not a period"):
        workspace.open(tmp_path, period="soon")


def test_a_company_in_its_first_month_is_reported_on_as_far_as_it_goes(company):
    path = company / "tables" / "responses.parquet"
    rows = pd.read_parquet(path)
    rows = rows[rows["response_id"] == "3"]  # 1 September 2025: 10 Shahrivar 1404
    rows.to_parquet(path, coerce_timestamps="us")
    assert workspace.last_complete_month(company) == "1404-06"


def test_months_without_a_row_are_passed_over(company):
    path = company / "tables" / "responses.parquet"
    rows = pd.read_parquet(path)
    rows["responded_at"] += pd.to_timedelta([0, 0, 0, 100, 0], unit="D")  # Mordad, Shahrivar, then one on 9 Dey
    rows.to_parquet(path, coerce_timestamps="us")
    assert workspace.last_complete_month(company) == "1404-06"


def test_a_name_turns_nothing_around_it(company):
    (company / "workspace.yaml").write_text('name: {fa: "فروشگاه\\u202e", en: Shop}\n', "utf-8")
    assert workspace.load_settings(company).name == {"fa": "فروشگاه", "en": "Shop"}


STATUSES = ["delivered", None, "Returned", "مرجوعی", "Cancelled", "لغو\u200cشده", "payment_failed", " کنسل "]


def test_a_cancelled_order_is_no_sale_and_a_returned_one_is(company):
    orders = pd.DataFrame({
        "order_id": list("12345678"), "customer_id": list("abcabcab"), "amount": 10.0, "status": STATUSES,
        "ordered_at": pd.to_datetime(["2025-09-01"] * 8, utc=True).as_unit("us"),
    })  # fmt: skip
    orders.to_parquet(company / "tables" / "orders.parquet")
    lines = pd.DataFrame({"order_id": list("12345678x"), "line": 1, "product_id": list("abcdefghi")})
    lines.to_parquet(company / "tables" / "order_items.parquet")
    tables = workspace.open(company, "1404-06")
    assert "".join(sorted(tables.orders.execute()["order_id"])) == "12347"  # a word that nobody knows is a sale
    assert "".join(sorted(tables.order_items.execute()["order_id"])) == "12347x"
    assert tables.whole["orders"].count().execute() == 8  # the table keeps what reports leave out
    orders.drop(columns="status").to_parquet(company / "tables" / "orders.parquet")
    assert workspace.open(company, "1404-06").orders.count().execute() == 8


def holding(folder, **tables):
    (folder / "tables").mkdir()
    (folder / "workspace.yaml").write_text("name: x\ncalendar: gregorian\ntimezone: UTC\nlocale: en\n", "utf-8")
    for name, frame in tables.items():
        times = {c: pd.to_datetime(frame[c], utc=True).dt.as_unit("us") for c in frame if c.endswith("_at")}
        frame.assign(**times).to_parquet(folder / "tables" / f"{name}.parquet")
    return folder


def test_contracts_alone_say_which_month_it_is(tmp_path):
    began, ended = ["2024-05-03", "2024-07-01", "2024-08-20"], [None, "2025-03-14", None]
    frame = pd.DataFrame({"contract_id": list("123"), "customer_id": list("abc"), "plan": ["m", "m", "y"]})
    company = holding(tmp_path, contracts=frame.assign(started_at=began, ended_at=ended))
    tables = workspace.open(company)
    assert tables.period.name == "2025-03", "the month in which one left, though none began in it"
    refuse_empty(tables)
    assert tables.splits("contracts", usual="plan") == ["plan"], "contracts that began earlier are split, too"
    with pytest.raises(PlanError, match="run from 3 May 2024 to 14 March 2025"):
        refuse_empty(workspace.open(company, period="2025-05"))


def test_one_order_that_is_most_of_all_sales_is_told(tmp_path):
    orders = pd.DataFrame({"order_id": [f"o{i}" for i in range(40)], "customer_id": "a", "ordered_at": "2025-01-05"})
    fair = workspace.open(holding(tmp_path, orders=orders.assign(amount=50.0)), locale="en")
    assert fair.outsize is None
    amounts = [1e18, *[50.0] * 39]
    orders.assign(amount=amounts, ordered_at=pd.Timestamp("2025-01-05", tz="UTC")).to_parquet(
        fair.settings.folder / "tables" / "orders.parquet"
    )
    assert "One order alone is 99% of all sales" in workspace.open(fair.settings.folder).outsize["en"]


def test_a_test_in_one_file_says_which_month_it_is(tmp_path):
    frame = pd.DataFrame({"experiment": "gate", "customer_id": list("ab"), "variant": ["A", "B"]})
    tables = workspace.open(holding(tmp_path, exposures=frame.assign(exposed_at="2025-01-01")))
    assert tables.period.name == "2025-01"
    assert tables.caution is None, "that nobody came in later does not make the month incomplete"


@pytest.mark.parametrize(
    ("until", "strays", "expected"),
    [
        ("2025-10-31", [], "2025-10"),
        ("2025-10-31", ["2025-11-09", "2025-11-21", "2025-12-02"], "2025-10"),  # stray rows make no month
        ("2025-10-31", ["2025-11-30"], "2025-10"),  # nor where one of them is of its last day
        ("2025-11-15", ["2025-11-30"], "2025-10"),  # a month that breaks off in the middle
        ("2025-11-29", ["2025-12-02"], "2025-11"),  # and one that does not, for all that its last day is quiet
    ],
)
def test_a_month_after_the_end_of_an_export_is_no_complete_one(tmp_path, until, strays, expected):
    days = [*pd.date_range("2025-05-01", until).repeat(2), *strays]
    orders = pd.DataFrame(
        {"order_id": map(str, range(len(days))), "customer_id": "c", "ordered_at": days, "amount": 1.0}
    )
    few = pd.DataFrame({"response_id": ["r"], "responded_at": ["2025-11-05"], "instrument": "nps", "score": 9.0})
    few = few.assign(scale_min=0.0, scale_max=10.0)
    assert workspace.last_complete_month(holding(tmp_path, orders=orders, responses=few)) == expected


def test_words_of_answers_that_nobody_mapped_as_comments_are_told_of(tmp_path):
    told = {"response_id": ["r"], "responded_at": ["2025-11-05"], "instrument": "nps", "score": 9.0, "comment": "خوب"}
    answers = pd.DataFrame(told).assign(scale_min=0.0, scale_max=10.0)
    with pytest.raises(MissingTable, match=r"answers hold words \(responses.comment\)"):
        _ = workspace.open(holding(tmp_path, responses=answers), "2025-11").comments
    answers.drop(columns="comment").to_parquet(tmp_path / "tables" / "responses.parquet", coerce_timestamps="us")
    with pytest.raises(MissingTable, match="map a source that fills it"):
        _ = workspace.open(tmp_path, "2025-11").comments


@pytest.mark.parametrize(
    ("until", "strays", "asked", "ends", "said"),
    [
        ("2025-09-17", [], "2025", "2025-09-17", "data reach 17 September"),
        ("2025-09-17", ["2025-11-09", "2025-12-02"], "2025", "2025-09-17", "data reach 17 September"),
        ("2025-12-29", ["2026-01-02"], "2025", "2025-12-31", None),  # something came after it: quiet, not cut off
        ("2025-09-17", [], "2025-08", "2025-08-31", None),
    ],
)
def test_customers_are_looked_at_as_of_the_day_on_which_the_data_end(tmp_path, until, strays, asked, ends, said):
    days = [*pd.date_range("2025-05-01", until).repeat(2), *strays]
    rows = pd.DataFrame({"event_id": map(str, range(len(days))), "customer_id": "c", "occurred_at": days})
    tables = workspace.open(holding(tmp_path, touchpoints=rows.assign(touchpoint="site")), asked)
    assert tables.known.period.past - dt.timedelta(1) == dt.date.fromisoformat(ends)
    assert tables.known.period.first == tables.period.first
    assert tables.known.segment == tables.segment
    assert (said is None and tables.caution is None) or said in tables.caution["en"]


def test_orders_that_break_off_before_the_rest_end_where_they_do(tmp_path):
    bought, seen = pd.date_range("2025-05-01", "2025-09-17").repeat(2), pd.date_range("2025-05-01", "2025-11-20")
    orders = pd.DataFrame({"order_id": map(str, range(len(bought))), "customer_id": "c", "ordered_at": bought})
    visits = pd.DataFrame({"event_id": map(str, range(len(seen))), "customer_id": "c", "occurred_at": seen})
    company = holding(tmp_path, orders=orders.assign(amount=1.0), touchpoints=visits.assign(touchpoint="site"))
    tables = workspace.open(company, "2025-Q4")
    assert tables.known.period == tables.period, "of a period without orders nothing is told as of another day"
    tables = workspace.open(company, "2025")
    assert tables.known.period.past == dt.date(2025, 9, 18)
    assert "Orders break off after 17 September 2025" in tables.caution["en"]
    orders[::20].assign(amount=1.0).to_parquet(company / "tables" / "orders.parquet")
    assert workspace.open(company, "2025").known.period.past == dt.date(2025, 11, 21), (
        "few orders may be silent a while"
    )
