"""Errors: what was asked for cannot be, in one sentence under the cell (in JupyterLab itself: test_lab)."""

import pytest

from cx_helpers import dates, settings, signature, tables, workspace
from cx_helpers.errors import Refusal, heard
from cx_helpers.intake.sources import SourceError
from cx_helpers.run.plan import PlanError
from cx_helpers.wording import raw, say

CELL = """from cx_helpers import dates
first = dates.Period.parse("1404-06")
last = dates.Period.parse("soon")
"""


def test_a_cell_shows_the_line_that_asked_and_the_message(tmp_path):
    cell = tmp_path / "cell.py"
    cell.write_text(CELL)
    with pytest.raises(dates.DateError) as refused:
        exec(compile(CELL, str(cell), "exec"), {})
    line, message = refused.value._render_traceback_()
    assert line == 'line 3: last = dates.Period.parse("soon")'
    assert message == f"DateError: {refused.value}"
    assert message.startswith("DateError: 'soon' is not a period; write 1404")


def test_where_no_line_is_known_the_message_stands_alone():
    assert Refusal("no")._render_traceback_() == ["Refusal: no"]


def test_what_speaks_both_languages_is_heard_through_a_notebooks_output():
    both = say(fa="ستون {x} نیست", en="no column {x}", x=raw("score"))
    refused = tables.MissingTable(both)
    assert str(refused) == "no column score"
    assert refused.words == both
    shown = refused._render_traceback_()
    assert shown == ["MissingTable: no column score", "ستون \u2068score\u2069 نیست"]
    assert heard("MissingTable", str(refused), shown) == both


def test_what_speaks_one_is_not():
    assert Refusal("no").words is None
    assert heard("Refusal", "no", Refusal("no")._render_traceback_()) is None
    assert heard("ValueError", "no", ["Traceback", "line 1", "ValueError: no"]) is None
    assert heard("ValueError", "no", []) is None


@pytest.mark.parametrize(
    "kind",
    [dates.DateError, signature.ParameterError, settings.WorkspaceError, SourceError, tables.MissingTable, PlanError],
)
def test_what_a_reader_can_mend_is_a_refusal_and_a_value_error(kind):
    assert issubclass(kind, Refusal)
    assert issubclass(kind, ValueError)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"period": "1404-13"}, "did you mean '1404-12'"),
        ({"period": "1404/06"}, "did you mean '1404-06'"),
        ({"segment": "province=تهرانن"}, "did you mean 'تهران'"),
        ({"locale": "de"}, "use 'fa' or 'en'"),
    ],
)
def test_a_workspace_opened_wrongly_says_what_is_right(asked, told):
    with pytest.raises(Refusal, match=told):
        workspace.open("data/sample", **asked)


def test_a_destination_nobody_ever_reached_is_no_conversion_of_zero():
    company = workspace.open("data/sample")
    assert company.destination() == company.destination("payment") == "payment"
    with pytest.raises(tables.TableError, match="goal 'paymnt': no customer was ever there; did you mean 'payment'"):
        company.destination("paymnt")
