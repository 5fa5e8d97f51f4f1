"""Which notebooks are there?  The book that comes with the package, and the company's own in WORKSPACE/notebooks.

An analyst adds a notebook by putting it into the company's folder; nothing of the package is touched.  One that bears
the name of a notebook of the book stands in its place for this company.
"""

from __future__ import annotations

import re
from pathlib import Path

from cx_helpers.run.plan import NUMBER, PlanError, safe

SHELF = "notebooks"
_TAKEN = re.compile(r"index|comparison|.*\.(failed|skipped)")  # pages that the run itself makes


def catalog(company: Path, here: Path | None = None) -> dict[str, Path]:
    """Every notebook for this company by its name without number, in the order of the file names.

    company  its folder;  here  where to look for the book: in notebooks/ from here upward, else beside this package
    Raises PlanError where two files of one folder bear one name, or a name makes no page.
    """
    found = (_on(_book(here)) if _book(here) else {}) | _on(company / SHELF)
    if not found:
        raise PlanError(f"no notebooks: put .ipynb files into {company / SHELF}, or go to where the book's are")
    return dict(sorted(found.items(), key=lambda item: item[1].name))


def own(file: Path, company: Path) -> bool:
    """Is the notebook the company's, not the book's?"""
    return file.resolve().parent == (company / SHELF).resolve()


def _book(here: Path | None) -> Path | None:
    here = (here or Path()).resolve()
    for base in (here, *here.parents, Path(__file__).resolve().parents[2]):
        of_a_company = (base / "workspace.yaml").is_file()
        if not of_a_company and any((base / SHELF).glob("*.ipynb")):
            return base / SHELF
    return None


def _on(shelf: Path) -> dict[str, Path]:
    """The notebooks of one folder; hidden ones and those that begin with _ are nobody's."""
    found: dict[str, Path] = {}
    for file in sorted(shelf.glob("*.ipynb")):
        name = NUMBER.sub("", file.stem)
        if file.name.startswith((".", "_")):
            continue
        if name in found or name != safe(name):
            other = f"{found[name].name} and {file.name}" if name in found else file.name
            raise PlanError(f"{other} cannot be told apart or named in a path; rename one to letters, digits and -")
        if _TAKEN.fullmatch(name):
            raise PlanError(
                f"{file.name}: a run makes a page called {name}.html itself; give the notebook another name"
            )
        found[name] = file
    return found
