"""The house rules that code can hold: who may import whom, how a notebook is written, what is exported where."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "cx_helpers"
GROUND = {
    "actions",
    "advice",
    "backtesting",
    "casting",
    "causes",
    "certainty",
    "chain",
    "changepoints",
    "contrasts",
    "coverage",
    "dates",
    "disclosure",
    "engine",
    "errors",
    "evidence",
    "factors",
    "faults",
    "finglish",
    "finglish_spelling",
    "folding",
    "forecasting",
    "foresight",
    "forms",
    "hazards",
    "histories",
    "lacking",
    "leading",
    "likelihood",
    "limits",
    "losses",
    "misread",
    "occasions",
    "offpolicy",
    "ordinal",
    "panels",
    "partition",
    "payback",
    "persian",
    "posterior",
    "prediction",
    "progress",
    "programme",
    "purchasing",
    "records",
    "regression",
    "renewal",
    "rhythm",
    "rings",
    "sales",
    "sensitivity",
    "sequential",
    "series",
    "settings",
    "shocks",
    "spending",
    "spreadsheet",
    "staggered",
    "survival",
    "tenures",
    "tables",
    "threads",
    "tendency",
    "valuation",
    "versus",
    "whereabouts",
    "wording",
}
STAGES = {"intake", "measures", "readings", "report"}
MODULES = sorted(p for p in PACKAGE.rglob("*.py") if p.name != "__init__.py")
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def imports(path: Path) -> set[str]:
    """The modules of ours that a file imports, as `stage.module` or `module`."""
    out = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "cx_helpers":
            base = node.module.removeprefix("cx_helpers").lstrip(".")
            names = [a.name for a in node.names]
            inside = base and not (PACKAGE / base.replace(".", "/")).is_dir()
            out |= {base} if inside else {f"{base}.{n}".lstrip(".") for n in names}
        elif isinstance(node, ast.Import):
            ours = [a.name for a in node.names if a.name.startswith("cx_helpers.")]
            out |= {name.removeprefix("cx_helpers.") for name in ours}
    return out


def place(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts)


@pytest.mark.parametrize("path", [m for m in MODULES if place(m).split(".")[0] in STAGES], ids=place)
def test_a_module_imports_only_the_ground_floor_and_its_own_stage(path):
    stage = place(path).split(".")[0]
    for name in imports(path):
        root = name.split(".")[0]
        reads = stage == "readings" and root == "measures"  # the answers that it reads aloud
        assert root in GROUND or root == stage or reads, f"{place(path)} imports {name}"
        if stage == "measures":
            assert root != "measures", f"measures import no measure: {place(path)} imports {name}"


@pytest.mark.parametrize("path", [m for m in MODULES if place(m).split(".")[0] == "measures"], ids=place)
def test_a_measure_counts_and_leaves_claims_to_its_reading(path):
    spoken = {"Finding", "Words"}
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("cx_helpers"):
            assert not spoken & {a.name for a in node.names}, f"{place(path)}: findings and sentences live in readings"


@pytest.mark.parametrize("path", [m for m in MODULES if place(m) in GROUND], ids=place)
def test_the_ground_floor_imports_nothing_but_itself(path):
    assert {name.split(".")[0] for name in imports(path)} <= GROUND


def test_the_ground_floor_has_no_circles():
    needs = {name: {n.split(".")[0] for n in imports(PACKAGE / f"{name}.py")} for name in GROUND}
    while needs:
        free = {name for name, of in needs.items() if not of & needs.keys() - {name}}
        assert free, f"these import each other in a circle: {sorted(needs)}"
        needs = {k: v for k, v in needs.items() if k not in free}


@pytest.mark.parametrize("path", MODULES, ids=place)
def test_a_module_says_which_question_it_answers(path):
    assert ast.get_docstring(ast.parse(path.read_text("utf-8"))), f"{place(path)} has no docstring"


@pytest.mark.parametrize("path", MODULES, ids=place)
def test_public_functions_teach(path):
    tree = ast.parse(path.read_text("utf-8"))
    bare = [
        node.name
        for node in tree.body
        if isinstance(node, (ast.FunctionDef, ast.ClassDef))
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert not bare, f"{place(path)}: without docstring: {bare}"


@pytest.mark.parametrize("path", MODULES, ids=place)
def test_what_a_page_may_have_to_say_is_said_in_both_languages(path):
    """An error of a table ends on the page of the report that it stops."""
    calls = [n.exc for n in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(n, ast.Raise)]
    calls = [c for c in calls if isinstance(c, ast.Call) and ast.unparse(c.func) in ("TableError", "MissingTable")]
    alone = [c.lineno for c in calls if not isinstance(c.args[0], ast.Call)]
    assert not alone, f"{place(path)}: a text instead of say(fa=…, en=…) in lines {alone}"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_notebook_is_a_story(path):
    cells = json.loads(path.read_text("utf-8"))["cells"]
    tags = [set(c["metadata"].get("tags", [])) for c in cells]
    assert sum("parameters" in t for t in tags) == 1
    assert cells[0]["cell_type"] == "markdown", "a notebook opens with its question"
    assert sum("fa" in t for t in tags) == sum("en" in t for t in tags), "prose stands twice, in fa and in en"
    for cell, tag in zip(cells, tags, strict=True):
        text = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            assert len(tag & {"fa", "en"}) == 1, f"a prose cell without its language: {text[:60]}"
            continue
        assert len(text.splitlines()) <= 15, f"a cell past 15 lines: {text[:60]}"
        assert not any(isinstance(n, (ast.FunctionDef, ast.ClassDef)) for n in ast.walk(ast.parse(text)))
        assert not cell["outputs"], "no stored outputs"
        assert ("explore" in tag) == ("skip-execution" in tag), "explore cells are skipped by a headless run"


def test_importing_the_package_brings_nothing_heavy():
    heavy = {"pandas", "numpy", "duckdb", "ibis", "plotly", "seaborn", "sklearn", "hazm", "papermill", "nbconvert"}
    code = f"import sys, cx_helpers, cx_helpers.cli; print(sorted(set(sys.modules) & {heavy}))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_lists_for_spreadsheets_are_written_in_one_place():
    """Any other way to CSV or Excel would let a customer's text run as a formula."""
    ways = re.compile(
        r"\.to_csv\(|\.to_excel\(|csv\.writer|csv\.DictWriter|write_csv\(|FORMAT csv|openpyxl|xlsxwriter", re.I
    )
    texts = {p.name: p.read_text("utf-8") for p in MODULES + NOTEBOOKS}
    assert [name for name, text in texts.items() if ways.search(text)] == ["spreadsheet.py"]
