"""Every measure gives the same numbers on DuckDB and on Spark: one company, two engines, equal answers.

A new measure adds one entry to ANSWERS: its name and how to ask it of a company's tables.
"""

import pandas as pd
import pytest

from cx_helpers import workspace
from cx_helpers.measures import survey

ANSWERS = {
    "survey.nps": lambda t: survey.nps(t.responses),
    "survey.nps by channel": lambda t: survey.nps(t.responses, by="channel"),
    "survey.nps by month": lambda t: survey.nps(t.until.responses, periods=t.months(6)),
    "survey.csat by two": lambda t: survey.csat(t.with_column("responses", "gender"), by=["gender", "channel"]),
    "survey.ces": lambda t: survey.ces(t.until.responses),
    "survey.response_rate": lambda t: survey.response_rate(t.until.responses, by="channel", period=t.period),
    "survey.moves": lambda t: survey.moves(t.until.responses, since=t.period.start),
}


@pytest.fixture(scope="session")
def companies(spark, tmp_path_factory):
    """{engine: the tables of one small company}; the files are the same, the engine is not."""
    from tools.sample import ALL, build, write

    folder = tmp_path_factory.mktemp("company")
    write(build(seed=7, effects=ALL, customers=400), folder)
    found = {}
    for engine in ("duckdb://", "pyspark://local[2]"):
        (folder / "workspace.yaml").write_text(f"name: small\nengine: {engine}\n", "utf-8")
        found[engine.split(":")[0]] = workspace.open(folder, period="1404-Q2")
    return found


@pytest.mark.parametrize("name", ANSWERS)
def test_both_engines_agree(companies, name):
    duckdb, spark = (ANSWERS[name](companies[engine]) for engine in ("duckdb", "pyspark"))
    assert len(duckdb), "an empty answer compares nothing"
    pd.testing.assert_frame_equal(duckdb, spark, check_exact=False, rtol=1e-9)
