"""A company of 300 customers and the notebooks that ask about it, small enough to be counted by hand."""

from pathlib import Path

import nbformat
import pandas as pd
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

OPEN = """\
from cx_helpers import workspace as ws
from cx_helpers.measures import survey
from cx_helpers.report import blocks, charts
tables = ws.open(workspace, period=period, segment=segment, locale=locale)"""

COMMON = """\
workspace = "shop"  # the company's folder
period = ""  # e.g. 1404-06
segment = ""  # column=value of customers
locale = "fa"  # fa or en
"""

# Two of three answers in web are 10, the third is 0; in app it is the other way round.
SCORES = {"web": [10.0, 10.0, 0.0], "app": [0.0, 0.0, 10.0]}


def make(root: Path) -> Path:
    """Write `shop/` and `notebooks/` into a folder."""
    tables = root / "shop" / "tables"
    tables.mkdir(parents=True)
    (root / "shop" / "workspace.yaml").write_text("name: {fa: فروشگاه, en: Shop}\n", "utf-8")
    customers = [f"c{i}" for i in range(300)]
    where = ["گیلان" if i < 4 else "یزد" if i < 24 else "تهران" if i % 2 else "فارس" for i in range(300)]
    pd.DataFrame({"customer_id": customers, "province": where}).to_parquet(tables / "customers.parquet")
    days = pd.date_range(
        "2025-07-23 09:00", "2025-09-22 09:00", freq="D", tz="UTC", unit="us"
    )  # Mordad and Shahrivar 1404
    rows = [
        (f"r{k}", customers[k % 300], day, "nps", score, 0.0, 10.0, channel)
        for k, (day, channel, score) in enumerate(
            (day, channel, score) for day in days for channel, scores in SCORES.items() for score in scores
        )
    ]
    names = "response_id customer_id responded_at instrument score scale_min scale_max channel".split()
    pd.DataFrame(rows, columns=names).to_parquet(tables / "responses.parquet", coerce_timestamps="us")
    (root / "notebooks").mkdir()
    channel = 'by = "channel"  # a column\n'
    kpi, chart = (
        "blocks.kpi('nps', survey.nps(tables.responses))",
        "charts.ranges(survey.nps(tables.with_column('responses', by), by=by))",
    )
    notebook(root, "01-good", [OPEN, kpi, chart], channel)
    notebook(root, "02-bad", [OPEN, "1 / 0"])
    notebook(root, "03-lacking", [OPEN, "tables.orders.count().execute()"])
    notebook(root, "04-slow", ["import time", "time.sleep(seconds)"], "seconds = 0.1  # 0..1000\n")
    return root


def notebook(root: Path, name: str, codes: list[str], parameters: str = "", common: str = COMMON) -> None:
    """Write one notebook: a heading in each language, the parameters, then a cell for each code."""
    cells = [new_markdown_cell(f"# {title} {name}", metadata={"tags": [at]}) for at, title in TITLES.items()]
    cells.append(new_code_cell(common + parameters, metadata={"tags": ["parameters"]}))
    cells += [new_code_cell(code) for code in codes]
    kernel = {"name": "python3", "language": "python", "display_name": "Python 3"}
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), root / "notebooks" / f"{name}.ipynb")


TITLES = {"fa": "پرسش", "en": "Question"}
