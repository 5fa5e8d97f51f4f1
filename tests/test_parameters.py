"""Parameters: typed and checked before anything runs; names and values can do nothing but be read."""

import datetime as dt
import re

import pandas as pd
import pytest
import shop
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as some
from nbformat.v4 import new_code_cell, new_markdown_cell

from cx_helpers import signature, workspace
from cx_helpers.dates import Period
from cx_helpers.parameters import settle
from cx_helpers.signature import ParameterError, read, schema
from cx_helpers.tables import TableError

CELL = """\
from typing import Literal
workspace = "shop"  # the company's folder
period = ""  # e.g. 1404-06
segment = ""
locale = "fa"
by = "channel"  # any column
threshold = 0.8  # of probability, 0..1
top: int = 5  # 1..50
scale: Literal["nps", "csat"] = "nps"
goal: float | None = None  # -100..100
only = ["web"]  # channels
deep = False
since = "1404-01-01"
"""


def cells(source: str) -> list:
    return [new_markdown_cell("# x"), new_code_cell(source, metadata={"tags": ["parameters"]}), new_code_cell("x = 1")]


@pytest.fixture
def known():
    return schema(cells(CELL))


@pytest.fixture
def company(tmp_path, monkeypatch):
    monkeypatch.chdir(shop.make(tmp_path))
    return workspace.Tables(workspace.load_settings("shop"), Period.parse("1404-06"))


def test_the_cell_says_names_types_ranges_and_help(known):
    assert list(known) == [line.split()[0].rstrip(":") for line in CELL.splitlines()[1:]]
    kinds = {name: p.type for name, p in known.items()}
    assert kinds["threshold"] is float
    assert kinds["top"] is int
    assert kinds["scale"] is str
    assert kinds["goal"] is float
    assert kinds["only"] is list
    assert kinds["deep"] is bool
    assert known["scale"].choices == ("nps", "csat")
    assert (known["threshold"].low, known["threshold"].high) == (0, 1)
    assert (known["goal"].low, known["goal"].high, known["goal"].optional) == (-100, 100, True)
    assert known["by"].help == "any column"
    assert known["since"].meaning == "date"


RIGHT = [
    ("threshold", "0.5", 0.5),
    ("threshold", "۰٫۵", 0.5),
    ("threshold", 1, 1.0),
    ("top", "۱۲", 12),
    ("top", "+7", 7),
    ("scale", "csat", "csat"),
    ("goal", "", None),
    ("goal", "none", None),
    ("goal", "-20", -20.0),
    ("only", "web, app", ["web", "app"]),
    ("only", "web،app", ["web", "app"]),
    ("only", ["app"], ["app"]),
    ("deep", "yes", True),
    ("deep", "خیر", False),
    ("deep", True, True),
    ("since", "1403-12-30", "1403-12-30"),
    ("since", "۱۴۰۳-۱۲-۳۰", "1403-12-30"),
    ("period", "۱۴۰۴-۰۶", "1404-06"),
    ("period", 1404, "1404"),
    ("period", "1404-q2", "1404-Q2"),
    ("locale", "en", "en"),
    ("since", dt.date(2025, 9, 22), "2025-09-22"),
]


@pytest.mark.parametrize(("name", "value", "wanted"), RIGHT)
def test_a_right_value_takes_the_type_of_its_parameter(known, name, value, wanted):
    settled = settle(known, {name: value})[name]
    assert settled == wanted
    assert type(settled) is type(wanted)


WRONG = [
    ("threshhold", "1", "did you mean 'threshold'"),
    ("threshold", "much", "a number is needed, e.g. 0.8"),
    ("threshold", "nan", "a number is needed"),
    ("threshold", "inf", "a number is needed"),
    ("threshold", "1.2", "the nearest is 1"),
    ("threshold", None, "it needs a value"),
    ("top", "3.5", "a whole number is needed, e.g. 5"),
    ("top", 3.5, "a whole number"),
    ("top", True, "a whole number"),
    ("top", "0", "the nearest is 1"),
    ("scale", "npss", "did you mean 'nps'"),
    ("deep", "perhaps", "true or false"),
    ("only", 3, "a list: a,b,c"),
    ("locale", "fr", "use fa or en"),
    ("since", "1404-07-31", "did you mean '1404-07-30'"),
    ("since", "2025-02-30", "did you mean '2025-02-28'"),
    ("since", "1404-12-30", "did you mean '1404-12-29'"),
    ("since", "yesterday", "write 1404-06-31"),
    ("period", "1404-13", "did you mean '1404-12'"),
    ("period", "1404-Q7", "did you mean '1404-Q4'"),
    ("period", "1404-07-31", "did you mean '1404-07-30'"),
    ("period", "last month", "is not a period"),
]


@pytest.mark.parametrize(("name", "value", "said"), WRONG)
def test_a_wrong_value_is_refused_with_the_nearest_right_answer(known, name, value, said):
    with pytest.raises(ParameterError) as refused:
        settle(known, {name: value})
    assert said in str(refused.value)
    assert name in str(refused.value) or "period" in str(refused.value) or "date" in str(refused.value).lower()


def test_what_it_means_is_checked_against_the_company(known, company):
    assert settle(known, {"by": "province"}, company) == {"by": "province"}
    assert settle(known, {"segment": " province = فارس "}, company) == {"segment": "province=فارس"}
    with pytest.raises(ParameterError, match="did you mean 'province'"):
        settle(known, {"by": "provinces"}, company)
    with pytest.raises(ValueError, match="did you mean 'فارس'"):
        settle(known, {"segment": "province=فاس"}, company)
    with pytest.raises(ValueError, match="did you mean 'province'"):
        settle(known, {"segment": "provence=فارس"}, company)
    with pytest.raises(ValueError, match="not column=value"):
        settle(known, {"segment": "فارس"}, company)


READS = 'by = ""  # any column of responses or customers but touchpoint; empty: what there is\n'


@pytest.fixture
def orders(company):
    """The shop has orders, too, with columns that no answer to a survey has."""
    rows = {"order_id": ["o1", "o2"], "customer_id": "c1", "amount": 1.0, "warehouse": "north", "first": "x", "n": "y"}
    rows["ordered_at"] = pd.to_datetime(["2025-08-01", "2025-08-02"], utc=True)
    pd.DataFrame(rows).to_parquet("shop/tables/orders.parquet", coerce_timestamps="us")


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ("warehouse", "customers and responses have no such column"),
        ("provinc", "did you mean 'province'"),
        ("customer_id", "keys, times, amounts or free text"),
        ("responded_at", "keys, times, amounts or free text"),
        ("score", "keys, times, amounts or free text"),
        ("first", "answers use that name themselves"),
        ("_x", "have no such column"),
        ("__import__('os')", "have no such column"),
        ("touchpoint", "a row for each of its values anyway"),
    ],
)
def test_by_names_a_column_that_this_notebook_can_split_by(company, orders, column, said):
    its = schema(cells(READS))
    with pytest.raises(ParameterError, match=said) as refused:
        settle(its, {"by": column}, company)
    offered = str(refused.value).partition("columns: ")[2]
    assert "province" in offered
    assert "warehouse" not in offered
    assert settle(its, {"by": "province"}, company) == {"by": "province"}


def test_a_notebook_that_does_not_say_what_it_reads_may_name_a_column_of_any_table(company, orders):
    assert settle(schema(cells('by = ""  # any column\n')), {"by": "warehouse"}, company) == {"by": "warehouse"}


def test_by_of_a_report_that_will_be_skipped_stops_no_other(company):
    its = schema(cells('by = ""  # any column of tickets or customers\n'))
    assert settle(its, {"by": "topic"}, company) == {"by": "topic"}


def test_a_report_on_either_of_two_tables_splits_by_those_that_are_there(company, orders):
    its = schema(cells('by = ""  # any column of contracts, orders or customers\n'))
    assert settle(its, {"by": "warehouse"}, company) == {"by": "warehouse"}
    with pytest.raises(ParameterError, match="did you mean 'warehouse'"):
        settle(its, {"by": "warehous"}, company)


def test_a_table_that_is_named_must_be_there(company, orders):
    its = schema(cells('kind: Literal["auto", "orders", "contracts"] = "auto"\n'))
    assert settle(its, {"kind": "orders"}, company) == {"kind": "orders"}
    with pytest.raises(ParameterError, match="no table contracts; it may be auto, orders"):
        settle(its, {"kind": "contracts"}, company)


def test_every_notebook_of_the_house_says_which_tables_it_splits():
    notebooks = sorted((ROOT / "notebooks").glob("*.ipynb"))
    said = [p.help for its in map(read, notebooks) for p in its.values() if p.meaning == "by"]
    assert len(said) >= 4
    tables = "comments|contracts|exposures|orders|responses|touchpoints"
    assert all(re.match(f"any column of (({tables}), )?({tables}) or customers", text) for text in said)


def test_a_goal_is_a_touchpoint_that_somebody_met(company):
    steps = pd.DataFrame({"event_id": ["e1", "e2"], "customer_id": "c1", "touchpoint": ["cart", "payment"]})
    steps["occurred_at"] = pd.to_datetime(["2025-08-01", "2025-08-02"], utc=True)
    steps.to_parquet("shop/tables/touchpoints.parquet", coerce_timestamps="us")
    its = schema(cells('goal = ""  # a touchpoint'))
    assert settle(its, {"goal": "cart"}, company) == {"goal": "cart"}
    with pytest.raises(TableError, match="did you mean 'payment'.*cart, payment"):
        settle(its, {"goal": "paymet"}, company)


@pytest.mark.parametrize(("line", "given", "said"), [
    ("steps = []", {"steps": "cart,paymet"}, "did you mean 'payment'.*there are: cart, payment"),
    ("optional = []", {"optional": ["crt"]}, "did you mean 'cart'"),
    ('experiment = ""', {"experiment": "new_chekout"}, "did you mean 'new_checkout'"),
    ('control = ""', {"control": "Z"}, "no row of exposures.*there are: A, B"),
    ("metrics = []", {"metrics": ["nps", "foo"]}, "foo.*no experiment can be judged by it.*there are: .*cart"),
    ('item = ""', {"item": "categry"}, "did you mean 'category'.; there are: product_id, category"),
    ('item = ""', {"item": "order_id"}, "no such column of items"),
])  # fmt: skip
def test_a_name_that_nothing_has_is_refused_before_the_run(company, line, given, said):
    at = pd.to_datetime(["2025-08-01", "2025-08-02"], utc=True)
    steps = pd.DataFrame({"event_id": ["e1", "e2"], "customer_id": "c1", "touchpoint": ["cart", "payment"]})
    steps.assign(occurred_at=at).to_parquet("shop/tables/touchpoints.parquet", coerce_timestamps="us")
    shown = pd.DataFrame({"experiment": "new_checkout", "customer_id": ["c1", "c2"], "variant": ["A", "B"]})
    shown.assign(exposed_at=at).to_parquet("shop/tables/exposures.parquet", coerce_timestamps="us")
    lines = pd.DataFrame({"order_id": ["o1"], "line": [1], "product_id": ["p1"], "category": ["tea"]})
    lines.to_parquet("shop/tables/order_items.parquet")
    its = schema(cells(f"{line}  # …"))
    with pytest.raises(ParameterError, match=said):
        settle(its, given, company)
    right = {"control": "A", "metrics": ["nps", "payment"]}
    right |= {"steps": ["cart", "payment"], "optional": ["cart"], "experiment": "new_checkout", "item": "category"}
    (name,) = given
    assert settle(its, {name: right[name]}, company) == {name: right[name]}


def test_names_of_a_table_that_is_not_there_are_left_to_the_report(company):
    its = schema(cells('steps = []\nexperiment = ""\nitem = ""\nmetrics = []'))
    given = {"steps": ["x"], "experiment": "y", "item": "z", "metrics": ["m"]}
    assert settle(its, given, company) == given


def test_a_share_given_in_percent_is_told_so():
    its = schema(cells("support = 0.002  # 0..1, a share"))
    with pytest.raises(ParameterError, match="a share is meant, 2% is 0.02"):
        settle(its, {"support": "2"})


def test_the_end_of_a_range_may_be_a_power_of_ten():
    its = schema(cells("cost = 0.0  # 0..1e15: money"))
    assert settle(its, {"cost": "500000000"}) == {"cost": 5e8}
    with pytest.raises(ParameterError, match="outside"):
        settle(its, {"cost": "1e16"})


def test_a_default_needs_no_proof(company):
    """What the author wrote stands: a notebook may split by a column that it makes itself."""
    its = schema(cells('by = "month"\n'))
    assert settle(its, {"by": "month"}, company) == {"by": "month"}


BROKEN = [
    ("x = f(1)", "is not a plain value"),
    ("x, y = 1, 2", "is not `name = value`"),
    ("x.y = 1", "is not `name = value`"),
    ("print(1)", "is not `name = value`"),
    ("x = (", "is not Python"),
]


@pytest.mark.parametrize(("source", "said"), BROKEN)
def test_a_cell_that_does_more_than_assign_is_refused(source, said):
    with pytest.raises(ParameterError) as refused:
        schema(cells(source))
    assert said in str(refused.value)


def test_a_notebook_without_the_cell_takes_nothing():
    assert schema([new_code_cell("x = 1")]) == {}
    with pytest.raises(ParameterError, match="parameters: none"):
        settle({}, {"x": "1"})


def test_only_one_cell_may_be_tagged():
    with pytest.raises(ParameterError, match="one may be"):
        schema(cells("x = 1") + cells("y = 1"))


def test_a_file_that_is_no_notebook_is_named(tmp_path):
    (tmp_path / "x.ipynb").write_text("{}")
    with pytest.raises(ParameterError, match=r"x\.ipynb"):
        signature.read(tmp_path / "x.ipynb")


@given(some.text(max_size=30))
def test_a_name_that_is_not_in_the_cell_is_never_given(name):
    known = schema(cells("threshold = 0.8"))
    if name != "threshold":
        with pytest.raises(ParameterError):
            settle(known, {name: "0.5"})


@given(some.text(max_size=60))
def test_a_text_stays_the_text_it_is(value):
    known = schema(cells('note = "x"'))
    assert settle(known, {"note": value}) == {"note": value}


@given(some.floats(allow_nan=False, allow_infinity=False), some.booleans())
def test_numbers_survive_being_written_in_persian(number, persian):
    text = repr(number).translate(str.maketrans("0123456789.", "۰۱۲۳۴۵۶۷۸۹٫")) if persian else repr(number)
    assert settle(schema(cells("x = 1.0")), {"x": text}) == {"x": number}


def test_nothing_of_a_cell_is_run(tmp_path):
    """The schema is read, not executed: not even a default may do anything."""
    marker = tmp_path / "ran"
    with pytest.raises(ParameterError):
        schema(cells(f"x = open({str(marker)!r}, 'w')"))
    assert not marker.exists()
