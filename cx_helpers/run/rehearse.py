"""What is slow the first time only?  Done once by the warm process, as it imports this, so that no fork waits for it.

Libraries put off what they may never need: plotly the classes of a figure, jinja2 its templates, nbformat its schema.
So one of each kind is made here, of made-up numbers: no query runs, no thread starts, nothing is kept.
"""

import nbformat
import pandas as pd

from cx_helpers import dates, wording
from cx_helpers.report import blocks, charts, page


def _shown() -> list[dict]:
    """What a few cells would show: one of each common kind."""
    ends = {"n": [40, 50], "nps": [1.0, 2.0], "low": [0.0, 1.0], "high": [2.0, 3.0]}
    groups = pd.DataFrame(ends, index=pd.Index(["a", "b"], name="channel"))
    made = [
        charts.ranges(groups),
        charts.lines(groups),
        charts.bars(groups),
        charts.heat(groups[["low", "high"]], "nps"),
    ]
    made += [
        blocks.bottom_line("…"),
        blocks.kpis(blocks.kpi("nps", groups.head(1), period=dates.Period.parse("1404-01"))),
        blocks.table(groups),
    ]
    return [one._repr_mimebundle_() for one in made]


def _rehearse() -> None:
    outputs = [nbformat.v4.new_output("display_data", data=data) for data in _shown()]
    cells = [nbformat.v4.new_markdown_cell("# …"), nbformat.v4.new_code_cell("", outputs=outputs)]
    book = nbformat.reads(nbformat.writes(nbformat.v4.new_notebook(cells=cells)), as_version=4)
    page.build(book, locale=wording.current().locale)


_rehearse()
