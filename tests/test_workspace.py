"""workspace.yaml, periods and segments: what a notebook starts from."""

import pandas as pd
import pytest

from cx_helpers import workspace
from cx_helpers.parameters import ParameterError
from cx_helpers.tables import MissingTable, TableError
from cx_helpers.workspace import WorkspaceError


@pytest.fixture
def company(tmp_path):
    """Three customers of two provinces, who answered in Mordad and Shahrivar 1404."""
    (tmp_path / "tables").mkdir()
    (tmp_path / "workspace.yaml").write_text("name: {fa: فروشگاه, en: Shop}\n", "utf-8")
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


def test_a_column_is_brought_from_the_customers(company):
    table = workspace.open(company, "1404-06").with_column("responses", "province")
    assert sorted(table.execute()["province"]) == ["فارس", "یزد", "یزد", "یزد"]
    with pytest.raises(TableError, match="did you mean 'province'"):
        workspace.open(company, "1404-06").with_column("responses", "provinc")


def test_segments_are_texts_with_a_few_values(company):
    assert workspace.open(company, "1404-06").segments("responses") == ["channel", "province", "gender"]


def test_a_missing_table_says_what_it_is_for(company):
    tables = workspace.open(company, "1404-06")
    assert not tables.has("orders")
    with pytest.raises(MissingTable, match="one row per order"):
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


def test_no_period_and_no_data_is_said(tmp_path):
    (tmp_path / "workspace.yaml").write_text("name: x", "utf-8")
    with pytest.raises(MissingTable, match="no data yet"):
        workspace.open(tmp_path)
    with pytest.raises(ParameterError, match="'soon' is not a period"):
        workspace.open(tmp_path, period="soon")
