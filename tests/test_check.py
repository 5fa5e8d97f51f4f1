"""`cx check` says what is broken in a workspace, where, and what to do; `cx init` makes one that is whole."""

import datetime as dt
import re
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from cx_helpers.intake import sources
from cx_helpers.intake.check import check, hints, summary
from cx_helpers.intake.mapping import read_sources
from cx_helpers.intake.start import init
from cx_helpers.settings import Settings, WorkspaceError, load_settings
from cx_helpers.tables import nearest

T0 = pd.Timestamp("2025-01-01", tz="UTC")
RESPONSES = pd.DataFrame(
    {
        "response_id": ["a", "b", "c"],
        "customer_id": ["1", "1", None],
        "responded_at": [T0, T0, None],
        "invited_at": [None, T0, T0],
        "instrument": "nps",
        "score": [9.0, 10.0, None],
        "scale_min": 0.0,
        "scale_max": 10.0,
    }
)
TOUCHPOINTS = pd.DataFrame(
    {"event_id": ["1", "2", "3"], "customer_id": ["a", "a", "b"], "occurred_at": [T0, T0, T0],
     "touchpoint": "visit", "outcome": [None, "success", None]}
)  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    return init(tmp_path / "company")


def lay(folder, frame, name="responses", unit="us"):
    frame.to_parquet(folder / "tables" / f"{name}.parquet", index=False, coerce_timestamps=unit)


def test_a_fresh_workspace_is_whole_and_knows_every_key(folder):
    assert check(folder) == []
    assert {p.name for p in folder.iterdir() if p.is_dir()} == {"sources", "tables", "quarantine", "state"}
    keys = set(Settings.__dataclass_fields__) - {"folder"}
    assert set(yaml.safe_load((folder / "workspace.yaml").read_text("utf-8"))) == keys
    fresh, bare = load_settings(folder), Settings(folder=folder, name={"fa": "شرکت ما", "en": "Our company"})
    assert fresh == bare, "what the template writes out is what is the default anyway"
    assert not sources.load(folder).changed


def test_the_commented_examples_of_a_fresh_workspace_are_right(folder):
    lines = (folder / "workspace.yaml").read_text("utf-8").splitlines()
    start = lines.index("# sources:")
    example = []
    for line in lines[start:]:
        if not line.startswith("#"):
            break
        example.append(line[2:])
    (folder / "workspace.yaml").write_text("name: T\n" + "\n".join(example) + "\n", "utf-8")
    assert [t.table for s in read_sources(load_settings(folder)) for t in s.targets] == [
        "responses", "comments", "comments", "orders", "persons", "order_items", "customers", "tickets"]  # fmt: skip


def test_init_never_overwrites(folder, tmp_path):
    with pytest.raises(WorkspaceError, match="is a workspace already"):
        init(folder)
    (tmp_path / "file").write_text("")
    with pytest.raises(WorkspaceError, match="is a file"):
        init(tmp_path / "file")


def test_sound_tables_pass_with_extra_columns_and_unanswered_invitations(folder):
    lay(folder, RESPONSES.assign(province="فارس"))
    lay(folder, TOUCHPOINTS, "touchpoints")
    assert check(folder) == []
    assert "as the contract says" in summary([])
    assert "there is no table yet" in summary([], 0)


BROKEN = {
    "null": (RESPONSES.assign(score=[9.0, None, None], invited_at=None), "score is required and null", 2, 2),
    "off scale": (RESPONSES.assign(score=[9.0, 11.0, None]), "outside its scale", 2, 1),
    "upside down": (RESPONSES.assign(scale_min=10.0, scale_max=10.0), "ends before it begins", 1, 3),
    "infinite": (RESPONSES.assign(score=[9.0, float("inf"), None]), "score holds what is no number", 2, 1),
    "key": (RESPONSES.assign(response_id=["a", "b", "a"]), r"key \(response_id\) a is there more than once", 3, 1),
    "no column": (RESPONSES.drop(columns="instrument"), "'instrument' is required and not there", None, 1),
    "type": (RESPONSES.assign(score=["9", "10", None]), "column 'score' is string, not float64", None, 1),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_broken_is_told_with_its_row(folder, case):
    frame, reason, row, count = BROKEN[case]
    lay(folder, frame)
    found = check(folder)
    told = [p for p in found if pd.Series([p.reason]).str.contains(reason)[0]]
    assert told, found
    assert (told[0].file, told[0].row, told[0].count) == ("tables/responses.parquet", row, count)
    assert told[0].remedy
    assert told[0].reason in summary(found)


def test_amounts_that_are_no_numbers_are_told_with_their_row(folder):
    """pandas would write NaN as null; other writers keep it."""
    amounts = pa.array([5.0, float("nan"), float("-inf")])
    columns = {name: ["1", "2", "3"] for name in ("order_id", "customer_id")} | {"amount": amounts}
    table = pa.table(columns | {"ordered_at": pa.array([dt.datetime(2025, 1, 1)] * 3, pa.timestamp("us", "UTC"))})
    pq.write_table(table, folder / "tables" / "orders.parquet")
    (told,) = check(folder)
    assert (told.row, told.count) == (2, 2)
    assert "amount holds what is no number" in told.text()


def test_contracts_that_cannot_be_are_told_with_their_rows(folder):
    rows = pd.DataFrame({"contract_id": list("abcde"), "customer_id": "1", "started_at": T0, "monthly_fee": 9.0})
    day = pd.Timedelta(1, "D")
    lay(folder, rows.assign(ended_at=[T0, T0 + day, None, None, None]), "contracts")
    assert check(folder) == []
    fees = [9.0, -1.0, 1e20, -2.0, 1e300]
    lay(folder, rows.assign(ended_at=[T0, T0 - day, None, T0 - day, None], monthly_fee=fees), "contracts")
    assert [(p.file, p.row, p.count, p.reason.split(":")[0]) for p in check(folder)] == [
        ("tables/contracts.parquet", 5, 1, "monthly_fee holds what is no number (NaN, infinity, 1e+100 or more)"),
        ("tables/contracts.parquet", 2, 2, "the contract ends before it starts"),
        ("tables/contracts.parquet", 2, 2, "monthly_fee is negative"),
        ("tables/contracts.parquet", 3, 1, "monthly_fee is beyond any sum of money (1e+18 or more)"),
    ]
    assert all("correct" in p.remedy for p in check(folder))


def test_values_that_the_contract_does_not_know(folder):
    lay(folder, TOUCHPOINTS.assign(outcome=["ok", None, None]), "touchpoints")
    problem = check(folder)[0]
    assert "outcome" in problem.reason
    assert "success, failure, abandoned" in problem.remedy


def test_touchpoints_out_of_order(folder):
    lay(folder, TOUCHPOINTS.iloc[[0, 2, 1]], "touchpoints")
    problem = check(folder)[0]
    assert (problem.reason, problem.row) == ("rows do not lie in their order", 3)


def test_times_must_be_microseconds_in_utc(folder):
    moment = [dt.datetime(2025, 1, 1)]
    for kind, said in ((pa.timestamp("ns"), "stored in ns"), (pa.timestamp("us", "Asia/Tehran"), "marked Asia/Tehran")):
        columns = {name: ["x"] for name in ("order_id", "customer_id")} | {"amount": [1.0]}
        table = pa.table(columns | {"ordered_at": pa.array(moment, kind)})
        pq.write_table(table, folder / "tables" / "orders.parquet", version="2.6")
        assert any(said in p.reason for p in check(folder))


def test_files_that_are_no_tables(folder):
    (folder / "tables" / "orders.csv").write_text("order_id\n1\n")
    (folder / "tables" / "responses.parquet").write_bytes(b"PAR1 broken")
    lay(folder, TOUCHPOINTS, "touchpoint")
    said = {p.file: p.text() for p in check(folder)}
    assert "put raw exports into sources/" in said["tables/orders.csv"]
    assert "not a whole Parquet file" in said["tables/responses.parquet"]
    assert "did you mean 'touchpoints'" in said["tables/touchpoint.parquet"]


def test_a_folder_of_files_is_one_table(folder):
    for part in ("2024", "2025"):
        place = folder / "tables" / "responses" / f"year={part}"
        place.mkdir(parents=True)
        RESPONSES.to_parquet(place / "a.parquet", index=False, coerce_timestamps="us")
    problem = check(folder)[0]
    assert (problem.file, problem.count) == ("tables/responses", 3)
    assert "more than once" in problem.reason


def test_a_wrong_workspace_is_told(folder):
    text = (folder / "workspace.yaml").read_text("utf-8")
    (folder / "workspace.yaml").write_text(text.replace("calendar: jalali", "calender: jalali"), "utf-8")
    assert "did you mean 'calendar'" in check(folder)[0].text()
    (folder / "workspace.yaml").write_text("name: T\nsources: [{system: tabel, path: x}]\n", "utf-8")
    assert "did you mean 'table'" in check(folder)[0].text()


def test_the_data_dictionary_is_in_step_with_the_contract_in_code():
    from tools import data_dictionary

    assert data_dictionary.DOC.read_text("utf-8") == data_dictionary.text(), "run python tools/data_dictionary.py"


def test_every_mapping_in_the_docs_is_right(tmp_path):
    doc = (Path(__file__).parent.parent / "docs" / "workspace.md").read_text("utf-8")
    examples = re.findall(r"```yaml\n(.*?)```", doc, re.DOTALL)
    assert len(examples) >= 6
    for example in examples:
        (tmp_path / "workspace.yaml").write_text("name: T\nsources:\n" + example, "utf-8")
        assert len(read_sources(load_settings(tmp_path))) == 1


def test_the_nearest_name_shares_a_word_where_one_does():
    assert nearest("مبلغ سفارش", ["شماره سفارش", "مبلغ", "تاریخ"]) == "; did you mean 'مبلغ'?"
    assert nearest("fullname", ["first_name", "full_name"]) == "; did you mean 'full_name'?"
    assert nearest("x", ["amount"]) == ""


def test_an_aspect_without_a_name_for_pages_is_hinted_at(tmp_path):
    init(tmp_path / "w")
    (tmp_path / "w" / "aspects.yaml").write_text("warranty:\n  words: [گارانتی]\n", "utf-8")
    assert hints(tmp_path / "w") == [
        "aspects.yaml: 'warranty' has no name on pages; in labels.yaml write warranty: {fa: …, en: …}"
    ]
    assert check(tmp_path / "w") == [], "it is no mistake"
    (tmp_path / "w" / "labels.yaml").write_text("warranty: {fa: گارانتی, en: warranty}\n", "utf-8")
    assert hints(tmp_path / "w") == []
