"""What does the manager open first?  The index of a run; and where it ran for each value of a column, the comparison.

Run in a process of its own as `python -m cx_helpers.run.front REQUEST`, so that the runner itself need not import what
draws.  The request is JSON: the run's settings and its groups, each with the reports that were made for it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import nbformat
import pandas as pd

from cx_helpers import records, wording
from cx_helpers.dates import Period
from cx_helpers.report import blocks, charts, page
from cx_helpers.report.index import Report
from cx_helpers.report.rendering import BLOCK

COMPARISON = "comparison"


def main() -> None:
    """Write every index page that the request asks for."""
    request = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    read_as(request["reading"])
    root = Path(request["root"])
    page.write_assets(root / "assets")
    for group in request["groups"]:
        reports = [_report(entry, root, group["folder"]) for entry in group["reports"]]
        html = page.index(reports, **group["page"])
        (root / group["folder"] / "index.html").write_text(html, "utf-8")
    if request["column"]:
        (root / "index.html").write_text(_comparison(request, root), "utf-8")


def read_as(reading: dict) -> None:
    """Set the reader's language, calendar, currency, period and names, as `workspace.open` does in a notebook."""
    period = Period.parse(reading["period"], calendar=reading["calendar"], timezone=reading["timezone"])
    names = ("locale", "calendar", "currency", "labels", "smallest_group")
    wording.use(period=period, **{name: reading[name] for name in names})


def _report(entry: dict, root: Path, folder: str) -> Report:
    notebook = nbformat.read(root / entry["executed"], as_version=4) if entry["outcome"] == "published" else None
    href = Path(entry["page"]).name
    return Report(entry["report"], entry["outcome"], notebook, href, entry["title"], entry["reason"])


def _comparison(request: dict, root: Path) -> str:
    """The first page of a run for each value: every number side by side, then each group with its own first page."""
    groups, column, shared = request["groups"], request["column"], request["page"]
    book = nbformat.v4.new_notebook()
    for answer in compare(request["metrics"], column):
        name = answer.columns[1]
        book.cells.append(_shown(charts.ranges(answer, name, title=records.METRICS[name].title)))
    if request["left_out"]:
        text = wording.say(
            fa="برای شمار کم مشتریان نشان داده نشد: {names}",
            en="Not shown, for they have too few customers: {names}",
            names=wording.join([wording.name(value) for value in request["left_out"]]),
        )
        book.cells.append(_shown(blocks.note(text)))
    title = wording.say(fa="مقایسهٔ {column}", en="Comparison by {column}", column=column)
    html = page.build(book, title=title, **shared)
    (root / f"{COMPARISON}.html").write_text(html, "utf-8")
    reports = [Report(COMPARISON, "published", book, f"{COMPARISON}.html", title)]
    for group in groups:
        reports.append(_as_one(group, root))
    return page.index(reports, **shared)


def compare(metrics: list[dict], column: str) -> list[pd.DataFrame]:
    """For each metric an answer with one row a group: `n`, the value, `low`, `high`.

    metrics  records of metrics.json; those broken down by anything but `column` are left out, and so is a metric that
             fewer than two groups have.  Of one metric in several reports the first is taken.
    """
    rows = [m | {"group": m["dimensions"][column]} for m in metrics if set(m["dimensions"]) == {column}]
    frame = pd.DataFrame(rows, columns=["group", "metric", "n", "value", "low", "high"])
    frame = frame.drop_duplicates(["metric", "group"])
    answers = []
    for name, part in frame.groupby("metric", sort=False):
        answer = part.set_index("group")[["n", "value", "low", "high"]].rename(columns={"value": name})
        answer.index.name = column
        if name in records.METRICS and answer[name].notna().sum() > 1:
            answers.append(answer)
    return answers


def _as_one(group: dict, root: Path) -> Report:
    """A group as one report: the findings of all its notebooks, and what became of them in a sentence."""
    book = nbformat.v4.new_notebook()
    made = [entry for entry in group["reports"] if entry["outcome"] == "published"]
    for entry in made:
        cells = nbformat.read(root / entry["executed"], as_version=4).cells
        book.cells += [cell for cell in cells if cell.cell_type == "code" and _findings(cell)]
    for cell in book.cells:
        cell.outputs = _findings(cell)
    reports = len(group["reports"])
    sentence = wording.say(fa="{made} گزارش از {all}.", en="{made} of {all} reports.", made=len(made), all=reports)
    book.cells.insert(0, _shown(blocks.bottom_line(sentence)))
    failed = next((entry for entry in group["reports"] if entry["outcome"] == "failed"), None)
    outcome = "published" if made or not failed else "failed"
    href = f"{group['folder']}/index.html"
    return Report(group["name"], outcome, book, href, wording.name(group["name"]), failed and failed["reason"])


def _findings(cell) -> list:
    return [o for o in cell.outputs if o.get("data", {}).get(BLOCK, {}).get("kind") == "finding"]


def _shown(block):
    """A block or chart as the cell that shows it."""
    output = nbformat.v4.new_output("display_data", data=block._repr_mimebundle_())
    return nbformat.v4.new_code_cell("", outputs=[output])


if __name__ == "__main__":
    main()
