"""Damaged files end in one sentence that names the file and what to do: never a traceback, and nothing is published."""

import copy
import re

import duckdb
import pandas as pd
import pytest

from cx_helpers import cli, engine, workspace
from cx_helpers.intake.mapping import read_sources
from cx_helpers.run import drive
from cx_helpers.settings import Settings, WorkspaceError
from cx_helpers.tables import TableError

ORDERS = pd.DataFrame(
    {
        "order_id": [f"o{i}" for i in range(5000)],
        "customer_id": [f"c{i % 97}" for i in range(5000)],
        "ordered_at": pd.date_range("2025-08-01", periods=5000, freq="17min", tz="UTC").as_unit("us"),
        "amount": [float(i * 37 % 1009) for i in range(5000)],
    }
)


@pytest.fixture
def company(tmp_path, monkeypatch):
    monkeypatch.setenv("CX_WARM", "0")
    (tmp_path / "tables").mkdir()
    (tmp_path / "workspace.yaml").write_text("name: Shop\n", "utf-8")
    ORDERS.to_parquet(tmp_path / "tables" / "orders.parquet", index=False, coerce_timestamps="us")
    return tmp_path


def said(capsys, *command):
    """What a command that must end with 1 says: one line."""
    capsys.readouterr()
    assert cli.main(list(map(str, command))) == 1
    told = capsys.readouterr()
    lines = (told.err + told.out).strip().splitlines()
    assert len(lines) == 1, lines
    return lines[0]


def cut(path):
    path.write_bytes(path.read_bytes()[:-500])


def head(path):
    path.write_bytes(path.read_bytes()[:500])


def empty(path):
    path.write_bytes(b"")


def text(path):
    path.write_text("order_id,amount\n1,2\n" * 10, "utf-8")


def bare_folder(path):
    path.unlink()
    path.mkdir()


def folder_beside(path):
    (path.parent / "orders").mkdir()
    path.rename(path.parent / "orders" / "a.parquet")
    ORDERS.to_parquet(path)


def damaged_part(path):
    (path.parent / "orders").mkdir()
    path.rename(path.parent / "orders" / "a.parquet")
    (path.parent / "orders" / "b.parquet").write_bytes(b"PAR1")


def without_a_column(path):
    ORDERS.rename(columns={"ordered_at": "orderd_at"}).to_parquet(path, index=False, coerce_timestamps="us")


TABLES = {  # what is done to the file of orders: what the commands name
    cut: "orders.parquet",
    head: "orders.parquet",
    empty: "orders.parquet",
    text: "orders.parquet",
    bare_folder: "orders.parquet",
    folder_beside: "orders.parquet",
    damaged_part: "b.parquet",
    without_a_column: "'ordered_at'.*did you mean 'orderd_at'",
}


@pytest.mark.parametrize("damage", TABLES, ids=lambda f: f.__name__)
@pytest.mark.parametrize("period", [[], ["--period", "1404-05"]], ids=["last month", "given"])
def test_a_table_that_is_not_fit_is_told_before_anything_runs(company, capsys, damage, period):
    damage(company / "tables" / "orders.parquet")
    line = said(capsys, "run", "survey", "-w", company, "--out", company / "out", *period)
    assert re.search(TABLES[damage], line)
    assert ";" in line
    assert str(company) not in line
    assert not (company / "out").exists()


@pytest.mark.parametrize("damage", TABLES, ids=lambda f: f.__name__)
def test_check_and_open_tell_it_too(company, capsys, damage):
    damage(company / "tables" / "orders.parquet")
    assert "tables/orders" in said(capsys, "check", "-w", company)
    with pytest.raises(TableError, match=r"^[^\n]*orders[^\n]*$"):
        workspace.open(company)
    with pytest.raises(TableError, match="orders"):
        _ = workspace.open(company, "1404-05").orders


def test_a_folder_that_spark_wrote_under_a_files_name_is_a_table(company, capsys):
    path = company / "tables" / "orders.parquet"
    path.rename(company / "part.parquet")
    path.mkdir()
    (company / "part.parquet").rename(path / "part-0.parquet")
    assert workspace.open(company).until.orders.count().execute() > 1000
    assert cli.main(["check", "-w", str(company)]) == 0


def test_pages_that_do_not_decode_are_found_by_check_and_pointed_to_by_a_report(company, capsys):
    path = company / "tables" / "orders.parquet"
    whole = bytearray(path.read_bytes())
    pages = len(whole) - 8 - int.from_bytes(whole[-8:-4], "little")
    whole[4:pages] = bytes(pages - 4)
    path.write_bytes(whole)
    assert "orders.parquet: cannot be read to its end" in said(capsys, "check", "-w", company)
    line = said(capsys, "run", "survey", "-w", company, "--out", company / "out")
    assert "orders.parquet cannot be read to its end" in line
    table = engine.read(engine.connect(), "orders", path)  # looks at the end of the file only
    with pytest.raises(duckdb.Error) as caught:
        table.amount.nunique().execute()
    assert type(caught.value).__name__ in drive._ENGINE


def test_a_table_that_ingest_made_and_somebody_cut_can_be_made_again(company, capsys):
    path = company / "tables" / "orders.parquet"
    path.unlink()
    ORDERS.to_csv(company / "orders.csv", index=False)
    columns = "{order_id: order_id, customer_id: customer_id, ordered_at: ordered_at, amount: amount}"
    entry = f"sources: [{{system: table, path: orders.csv, table: orders, columns: {columns}}}]"
    (company / "workspace.yaml").write_text(f"name: Shop\n{entry}\n", "utf-8")
    assert cli.main(["ingest", "-w", str(company)]) == 0
    whole = path.read_bytes()
    for damage in (cut, empty, bare_folder):
        damage(path)
        line = said(capsys, "ingest", "-w", company)
        assert line.startswith("cx: tables/orders.parquet is ")
        path.rmdir() if path.is_dir() else path.unlink()
        assert cli.main(["ingest", "-w", str(company)]) == 0
        assert path.read_bytes() == whole


YAML = {
    "a tab": "name: x\n\tlocale: fa\n",
    "a list": "- a\n- b\n",
    "a text": "hello\n",
    "nothing": "",
    "open": "name: [\n",
    "a key twice": "name: x\nname: y\n",
    "a list as key": "? [a]\n: b\n",
    "another encoding": "name: شرکت".encode("cp1256"),
    "a null byte": "name: x\0",
    "code": "name: !!python/object/apply:os.system [ls]\n",
    "a name of lists": "name: {fa: [x]}\n",
    "touchpoints that are none": "name: x\nstages: {use: [yes, {a: b}]}\n",
    "a folder": None,
}


@pytest.mark.parametrize("file", ["workspace.yaml", "labels.yaml"])
@pytest.mark.parametrize("case", YAML)
def test_settings_that_are_none_are_told_in_one_line_by_every_command(company, capsys, file, case):
    path, content = company / file, YAML[case]
    if content is None:
        if file == "workspace.yaml":
            return  # then there is no workspace; test_workspace has that
        path.mkdir()
    elif isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content, "utf-8")
    if file == "labels.yaml" and content == "":
        assert workspace.open(company, "1404-05").settings.name["en"] == "Shop"
        return
    for command in (["check"], ["ingest"], ["run", "survey", "--out", company / "out"]):
        line = said(capsys, *command, "-w", company)
        assert file in line
        assert ";" in line
    with pytest.raises(WorkspaceError, match=file):
        workspace.open(company, "1404-05")


def test_an_error_names_the_line(company):
    (company / "labels.yaml").write_text("a: {fa: x}\nb: {fa: y}\na: {fa: z}\n", "utf-8")
    with pytest.raises(WorkspaceError, match="labels.yaml, line 3: the key 'a' stands twice"):
        workspace.labels(company)


def test_every_label_is_a_text(company):
    (company / "labels.yaml").write_text("no: {fa: نه, en: }\n1: {en: 1.0}\n", "utf-8")
    assert workspace.labels(company) == {"no": {"fa": "نه"}, "1": {"en": "1.0"}}


ENTRY = {
    "system": "table", "name": "a", "path": "x.csv", "table": "responses", "scale": [0, 10], "skip": "a = 1",
    "keep": ["a"], "split": {"column": "a", "by": "|"}, "when": "x", "empty": ["x"], "names": ["a"],
    "columns": {
        "response_id": {"generate": True}, "responded_at": {"from": "a", "format": "%Y", "calendar": "jalali"},
        "instrument": {"value": "nps"}, "score": {"expr": "1", "unit": "percent"},
        "channel": {"from": "c", "map": {"a": "b"}, "else": "other", "empty": ["y"]},
    },
}  # fmt: skip
STRANGE = [5, True, None, "x", [1], [[1]], {"a": 1}, {"a": {"b": [1]}}, {}]


def places(value, so_far=()):
    """The way to every value in a mapping's entry."""
    if so_far:
        yield so_far
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(inner, (*so_far, key))


def test_a_source_of_any_shape_is_read_or_refused_in_words(tmp_path):
    refused = 0
    for way in places(ENTRY):
        for value in STRANGE:
            entry = copy.deepcopy(ENTRY)
            inner = entry
            for key in way[:-1]:
                inner = inner[key]
            inner[way[-1]] = value
            try:
                read_sources(Settings(tmp_path, {"fa": "x", "en": "x"}, sources=[entry]))
            except WorkspaceError:
                refused += 1
    assert refused > 150
