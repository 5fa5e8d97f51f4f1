"""A column of any name splits any answer rightly, or is refused in words: companies name their columns as they like."""

import pandas as pd
import pytest
from conftest import SAMPLE

from cx_helpers import workspace
from cx_helpers.measures import cohort, dropouts, friction, journey, outcomes, sentiment, survey, touchpoints
from cx_helpers.tables import RESERVED, TABLES, TableError, can_split, groups

MANY = {  # measures that several columns may split: how they are asked of a table with them
    "nps": lambda t, by: survey.nps(t("responses"), by=by),
    "nps by month": lambda t, by: survey.nps(t("responses"), by=by, periods=t.company.months(2)),
    "csat": lambda t, by: survey.csat(t("responses"), by=by),
    "response_rate": lambda t, by: survey.response_rate(t("responses"), by=by, period=t.company.period),
    "sentiment": lambda t, by: sentiment.mean(t("comments"), by=by, periods=t.company.months(2)),
    "negative_share": lambda t, by: sentiment.negative_share(t("comments"), by=by),
    "agreement": lambda t, by: sentiment.agreement(t("comments"), by=by),
    "transitions": lambda t, by: journey.transitions(t("touchpoints"), by=by),
    "conversion": lambda t, by: outcomes.conversion(t("touchpoints"), "payment", by=by),
    "failure_rate": lambda t, by: outcomes.failure_rate(t("touchpoints"), by=by),
    "late": lambda t, by: outcomes.late_delivery_rate(t("orders"), t.company.period.end, by=by),
    "dropouts": lambda t, by: dropouts.dropouts(t("touchpoints"), by=by),
    "visits": lambda t, by: touchpoints.visits(t("touchpoints"), by=by),
}
ONE = {
    "retention": lambda t, by: cohort.retention(t("orders"), t.company.months(3), by=by),
    "repeat_rate": lambda t, by: cohort.repeat_rate(t("orders"), t.company.period, by=by),
}
ODD = "m_x s_x q_x n_of_x x_of_y sum_x cluster_xx count index level_0 name month size gap code wait step day weight x"
ODD = [name for name in ODD.split() if can_split(name)]
ASKED = MANY | ONE


class Company:
    """The sample's last month (orders: all), each row with its channel under further names."""

    def __init__(self):
        self.company = workspace.open(SAMPLE)

    def __call__(self, name):
        whole = self.company.until if name == "orders" else self.company
        table = whole.table(name)
        return table.mutate(**dict.fromkeys((*ODD, "good", "first", "position"), table.channel))


@pytest.fixture(scope="module")
def company():
    return Company()


@pytest.fixture(scope="module")
def plain(company):
    return {name: ask(company, "channel") for name, ask in ASKED.items()}


def numbers(frame):
    return frame.reset_index(drop=True).select_dtypes("number").astype(float)


@pytest.mark.parametrize("name", MANY)
def test_names_used_on_the_way_do_not_disturb_the_answer(company, plain, name):
    """Split by the channel under twenty names at once: the groups of the channel, and nothing else."""
    found = MANY[name](company, ODD)
    at = found.index.names.index(ODD[0])
    assert found.index.names[at : at + len(ODD)] == ODD
    pd.testing.assert_frame_equal(numbers(found), numbers(plain[name]))


@pytest.mark.parametrize("name", ONE)
@pytest.mark.parametrize("odd", ["count", "name", "level_0"])
def test_nor_where_one_column_splits(company, plain, name, odd):
    pd.testing.assert_frame_equal(numbers(ONE[name](company, odd)), numbers(plain[name]))


@pytest.mark.parametrize("name", ASKED)
def test_what_an_answer_calls_its_own_is_reserved(plain, name):
    """With a group column of the same name nobody could tell them apart (reset_index, metrics.json, a page's table)."""
    known = {column for table in TABLES.values() for column in table.columns} | {"period"}
    own = {str(c) for c in (*plain[name].columns, *plain[name].index.names)} - known
    assert own <= RESERVED, own - RESERVED


@pytest.mark.parametrize("name", ASKED)
@pytest.mark.parametrize("taken", ["n", "good", "first", "_x"])
def test_a_reserved_name_is_refused_in_words(company, name, taken):
    """Journeys once split by a column `first` counted their own first touchpoints instead, without a word."""
    with pytest.raises(TableError, match=f"answers use the name '{taken}' themselves.*rename it"):
        ASKED[name](company, taken)


def test_frictions_too(company):
    table = company("touchpoints")
    with pytest.raises(TableError, match="answers use the name 'first'"):
        friction.friction(table, by=["channel", "first"])


def test_an_answer_with_a_row_for_each_touchpoint_is_not_split_by_it_again(company):
    for ask in (MANY["transitions"], MANY["dropouts"], MANY["visits"]):
        with pytest.raises(TableError, match="a row for each touchpoint anyway"):
            ask(company, "touchpoint")


def test_groups_are_a_list_of_different_columns():
    assert groups(None) == []
    assert groups("a") == ["a"]
    assert groups(["a", "b", "a"]) == ["a", "b"]


def test_a_report_left_to_itself_does_not_split_by_them(tmp_path):
    (tmp_path / "tables").mkdir()
    (tmp_path / "workspace.yaml").write_text("name: x\n", "utf-8")
    people = pd.DataFrame(
        {"customer_id": list("abcd"), "city": list("xyxy"), "period": list("xyxy"), "n": list("xxyy")}
    )
    people.to_parquet(tmp_path / "tables" / "customers.parquet")
    assert workspace.open(tmp_path, "1404-06").segments("customers") == ["city"]
