"""An engine that holds the tables: a company's own DuckDB file, read by reports and changed by nobody."""

import json
import shutil
import subprocess
import sys

import duckdb
import pandas as pd
import pytest
from conftest import SAMPLE

from cx_helpers import cli, runner, workspace
from cx_helpers.intake import sources
from cx_helpers.intake.check import check
from cx_helpers.settings import WorkspaceError
from cx_helpers.tables import MissingTable, TableError


def hold(folder, file="company.db", **tables):
    """A workspace whose engine holds the tables; no Parquet lies in it."""
    con = duckdb.connect(folder / file)
    for name, query in tables.items():
        con.execute(f"CREATE TABLE {name} AS {query}")
    con.close()
    (folder / "workspace.yaml").write_text(f"name: Shop\nengine: duckdb:///{file}\n", "utf-8")
    return folder


def started(code, file):
    """Another process that has the file open."""
    options = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    return subprocess.Popen([sys.executable, "-c", code, str(file)], **options)


PEOPLE = "SELECT unnest(['a', 'b']) AS customer_id, 'فارس' AS province"
ANSWERS = """
SELECT unnest(['1', '2', '3']) AS response_id, unnest(['a', 'a', 'b']) AS customer_id, 'nps' AS instrument,
       unnest([9, 10, 3])::DECIMAL(4, 1) AS score, 0 AS scale_min, 10 AS scale_max,
       unnest(['2025-08-30', '2025-09-01', '2025-09-02'])::DATE AS responded_at
"""


def test_its_tables_are_cut_typed_and_joined_as_parquet_is(tmp_path):
    tables = workspace.open(hold(tmp_path, customers=PEOPLE, responses=ANSWERS), "1404-06")
    assert tables.responses.score.type().is_floating()
    assert sorted(tables.responses.execute()["response_id"]) == ["1", "2", "3"]
    assert set(tables.with_column("responses", "province").execute()["province"]) == {"فارس"}
    assert not tables.has("orders")
    with pytest.raises(MissingTable, match="company.db holds no table 'orders'"):
        _ = tables.orders


def test_the_file_is_found_from_the_workspace_or_by_its_whole_path(tmp_path, monkeypatch):
    (tmp_path / "shop").mkdir()
    folder = hold(tmp_path / "shop", responses=ANSWERS)
    monkeypatch.chdir(tmp_path)
    assert workspace.last_complete_month("shop") == "1404-06"
    (folder / "company.db").rename(tmp_path / "ours.db")
    for url, found in ((tmp_path / "ours.db", True), ("../ours.db", True), ("ours.db", False)):
        (folder / "workspace.yaml").write_text(f"name: Shop\nengine: duckdb:///{url}\n", "utf-8")
        if found:
            assert workspace.last_complete_month("shop") == "1404-06"
            continue
        with pytest.raises(TableError, match="ours.db is not in '.*shop'.*four slashes"):
            workspace.open("shop")


def test_others_may_read_at_the_same_time_and_nothing_can_be_written(tmp_path):
    tables = workspace.open(hold(tmp_path, responses=ANSWERS), "1404-06")
    connection = tables.responses.get_backend()
    with pytest.raises(duckdb.InvalidInputException, match="read-only"):
        connection.con.execute("CREATE TABLE mine AS SELECT 1")
    code = "import duckdb, sys; print(duckdb.connect(sys.argv[1], read_only=True).sql('FROM responses').shape[0])"
    with started(code, tmp_path / "company.db") as other:
        assert other.communicate()[0] == "3\n"


def test_a_file_that_another_program_writes_to_says_so(tmp_path):
    folder = hold(tmp_path, responses=ANSWERS)
    code = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    with started(code, folder / "company.db") as other:
        assert other.stdout.readline() == "open\n"
        with pytest.raises(TableError, match="another program has it open to write"):
            workspace.open(folder, "1404-06").has("responses")
        other.stdin.close()


def test_a_file_that_is_no_database_says_so(tmp_path, capsys):
    hold(tmp_path, responses=ANSWERS)
    (tmp_path / "company.db").write_bytes(b"no database, but long enough to be looked at" * 500)
    assert cli.main(["run", "survey", "-w", str(tmp_path)]) == 1
    assert "cannot open the engine's file company.db" in capsys.readouterr().err
    assert [p.file for p in check(tmp_path)] == ["company.db"]


def test_check_looks_into_the_database(tmp_path):
    off = ANSWERS.replace("[9, 10, 3]", "[9, 10, 33]").replace("DATE AS", "TIMESTAMP AS")
    folder = hold(tmp_path, customers=PEOPLE, responses=off, ours="SELECT 1")
    (told,) = check(folder)
    assert told.text().startswith("company.db, table responses, row 3: the score lies outside its scale")


def test_ingest_does_not_fill_tables_that_no_report_would_read(tmp_path):
    folder = hold(tmp_path, responses=ANSWERS)
    more = "sources: [{system: table, path: x.csv, table: customers, columns: {customer_id: a}}]\n"
    (folder / "workspace.yaml").write_text((folder / "workspace.yaml").read_text("utf-8") + more, "utf-8")
    with pytest.raises(WorkspaceError, match="holds the tables in company.db"):
        sources.load(folder)
    assert not (folder / "tables").exists()


@pytest.mark.parametrize("url", ["postgresql://user:SECRETPW@host/db", "sqlite:///c.db", "duckdb:c.db", "12"])
def test_engines_that_no_report_was_tried_on_are_refused_without_their_address(tmp_path, url):
    (tmp_path / "workspace.yaml").write_text(f"name: Shop\nengine: {url}\n", "utf-8")
    with pytest.raises(WorkspaceError, match="no report runs; use duckdb") as told:
        workspace.load_settings(tmp_path)
    assert "SECRETPW" not in str(told.value)


def test_a_run_publishes_what_it_does_from_parquet(tmp_path, published):
    """The numbers are equal to 1e-12: an engine adds up in the order of its rows."""
    every = {p.stem: f"FROM '{p}'" for p in (SAMPLE / "tables").glob("*.parquet")}
    folder = hold(tmp_path, **every)
    text = (SAMPLE / "workspace.yaml").read_text("utf-8")
    (folder / "workspace.yaml").write_text(text + "engine: duckdb:///company.db\n", "utf-8")
    shutil.copy(SAMPLE / "labels.yaml", folder)
    before = (folder / "company.db").read_bytes()
    asked = runner.Request(("survey",), workspace=str(folder), out=str(tmp_path / "out"))
    place = runner.run(asked).place
    held, parquet = (json.loads((p / "metrics.json").read_text("utf-8")) for p in (place, published().place))
    mine, theirs = pd.DataFrame(held), pd.DataFrame([m for m in parquet if m["report"] == "survey"])
    pd.testing.assert_frame_equal(mine, theirs, rtol=1e-12)
    assert len(mine) == 8
    assert (folder / "company.db").read_bytes() == before
    assert {p.name for p in folder.iterdir()} == {"workspace.yaml", "labels.yaml", "company.db", "out"}
    inputs = json.loads((place / "manifest.json").read_text("utf-8"))["inputs"]
    assert [i["path"] for i in inputs] == ["workspace.yaml", "labels.yaml", "company.db"]
    assert all(len(i["sha256"]) == 64 for i in inputs)
