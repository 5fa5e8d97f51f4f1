"""Notebooks of one's own: found in the company's folder, in place of one of the book, never taken for the book."""

import json
import re
import shutil
from pathlib import Path

import nbformat
import pytest
import shop
from conftest import ROOT, SAMPLE
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from cx_helpers import cli
from cx_helpers.run import shelves
from cx_helpers.run.plan import PlanError


@pytest.fixture
def here(tmp_path, monkeypatch):
    shop.make(tmp_path)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop" / "notebooks").mkdir()
    return tmp_path


def mine(here: Path, name: str, *codes: str, **more) -> Path:
    shop.notebook(here / "shop", name, [shop.OPEN, *codes], **more)
    return here / "shop" / "notebooks" / f"{name}.ipynb"


def found(here: Path, company: str = "shop") -> dict[str, str]:
    return {name: f.relative_to(here).as_posix() for name, f in shelves.catalog(here / company, here).items()}


def test_the_companys_own_stand_among_the_books_in_the_order_of_their_files(here):
    mine(here, "03-visits")
    assert list(found(here)) == ["good", "bad", "lacking", "visits", "slow"]
    assert found(here)["visits"] == "shop/notebooks/03-visits.ipynb"


def test_one_that_bears_a_name_of_the_book_takes_its_place(here):
    mine(here, "07-good")
    there = found(here)
    assert list(there) == ["bad", "lacking", "slow", "good"]
    assert there["good"] == "shop/notebooks/07-good.ipynb"


def test_another_company_sees_none_of_it(here):
    mine(here, "05-visits")
    (here / "other").mkdir()
    assert "visits" not in found(here, "other")


@pytest.mark.parametrize("inside", ["shop", "shop/notebooks", "shop/tables"])
def test_the_book_is_found_from_inside_a_company_too(here, inside):
    mine(here, "05-visits")
    there = shelves.catalog(here / "shop", here / inside)
    assert list(there) == ["good", "bad", "lacking", "slow", "visits"]


def test_without_a_book_the_companys_own_are_enough(here, monkeypatch):
    monkeypatch.setattr(shelves, "_book", lambda _: None)
    with pytest.raises(PlanError, match="no notebooks: put .ipynb files into"):
        found(here)
    mine(here, "05-visits")
    assert list(found(here)) == ["visits"]


@pytest.mark.parametrize("name", ["01-index", "comparison", "05-survey.failed", "survey.skipped"])
def test_a_name_that_the_run_needs_for_a_page_of_its_own_is_refused(here, name):
    mine(here, name)
    with pytest.raises(PlanError, match="give the notebook another name"):
        found(here)


def test_two_files_of_one_name_are_refused(here):
    mine(here, "05-visits")
    mine(here, "06-visits")
    with pytest.raises(PlanError, match="05-visits.ipynb and 06-visits.ipynb cannot be told apart"):
        found(here)


def test_a_run_publishes_it_and_says_whose_it_is(here, capsys):
    mine(here, "05-visits", "print(len(tables.responses.execute()), 'answers')")
    assert cli.main(["run", "visits", "slow", "-w", "shop", "--period", "1404-06"]) == 0
    run = here / "reports" / "visits+slow" / "1404-06"
    entries = json.loads((run / "manifest.json").read_text("utf-8"))["notebooks"]
    assert {e["report"]: e["own"] for e in entries} == {"visits": True, "slow": False}
    assert "186 answers" in (run / "visits.html").read_text("utf-8"), "31 days, six answers each"
    assert cli.main(["run", "vists", "-w", "shop"]) == 1
    assert "did you mean 'visits'" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["workspace", "period"])
def test_one_that_would_not_follow_the_run_is_refused(here, capsys, name):
    common = "".join(line for line in shop.COMMON.splitlines(True) if not line.startswith(name))
    mine(here, "05-visits", common=common)
    assert cli.main(["run", "visits", "-w", "shop"]) == 1
    said = capsys.readouterr().err
    assert f"05-visits.ipynb has no parameter '{name}', so it would not follow the run" in said
    assert f'write {name} = ""' in said
    assert not (here / "reports").exists()


@pytest.fixture(scope="module")
def told():
    """The notebook that docs/notebook.md tells cell by cell."""
    part = (ROOT / "docs" / "notebook.md").read_text("utf-8").split("## A whole one")[1].split("\n## ")[0]
    make = {"python": new_code_cell, "markdown": new_markdown_cell}
    fences = re.findall(r"^```(python|markdown)(?: (\w+))?\n(.*?)^```$", part, re.S | re.M)
    cells = [make[kind](body.rstrip(), metadata={"tags": [tag] if tag else []}) for kind, tag, body in fences]
    kernel = {"name": "python3", "language": "python", "display_name": "Python 3"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


def test_the_notebook_that_is_told_finds_what_was_planted(told, tmp_path, monkeypatch):
    """An analyst who follows docs/notebook.md outside of this folder: the warehouse of Khorasan Razavi broke down."""
    shutil.copytree(SAMPLE, tmp_path / "mycompany")
    (tmp_path / "mycompany" / "notebooks").mkdir()
    nbformat.write(told, tmp_path / "mycompany" / "notebooks" / "07-lateness.ipynb")
    monkeypatch.chdir(tmp_path)
    assert cli.main(["run", "lateness", "-w", "mycompany", "--period", "1404-06"]) == 0
    run = tmp_path / "reports" / "lateness" / "1404-06"
    findings = json.loads((run / "findings.json").read_text("utf-8"))
    assert [(f["subject"], f["severity"]) for f in findings] == [({"province": "خراسان رضوی"}, "high")]
    (rate,) = json.loads((run / "metrics.json").read_text("utf-8"))
    assert rate["metric"] == "late_delivery_rate"
    assert rate["low"] < rate["value"] < rate["high"]
    assert len(re.findall('data-figure="', (run / "lateness.html").read_text("utf-8"))) == 2


def test_the_notebook_that_is_told_keeps_the_rules_of_the_house(told):
    code = [cell for cell in told.cells if cell.cell_type == "code"]
    assert [cell.metadata.tags for cell in told.cells[:3]] == [["fa"], ["en"], ["parameters"]]
    assert max(len(cell.source.splitlines()) for cell in code) <= 15
