"""Every notebook through papermill, as `cx run` does it: default, a segment with nobody this period, one customer.

The numbers that a run records are held against sums made another way: pandas over the Parquet files, no code of ours.
"""

import json
from pathlib import Path

import pandas as pd
import pytest
from cells import NOTEBOOKS

from cx_helpers import runner
from cx_helpers.dates import Period

ROOT = Path(__file__).parent.parent
SAMPLE = ROOT / "data" / "sample"
MONTH = Period.parse("1404-06")


@pytest.fixture(scope="session")
def published(tmp_path_factory):
    """published(workspace=…, segment=…) -> the folder of a run of all notebooks and its result; each run once."""
    runs = {}

    def publish(company=SAMPLE, **asked):
        key = (str(company), tuple(sorted(asked.items())))
        if key not in runs:
            out = tmp_path_factory.mktemp("reports")
            asked = runner.Request(workspace=str(company), out=str(out), **{"parameters": dict(asked)})
            runs[key] = runner.run(asked)
        return runs[key]

    return publish


def metrics(result, report: str) -> dict:
    """{(metric, dimensions as sorted pairs): row} of one report."""
    rows = json.loads((result.place / "metrics.json").read_text("utf-8"))
    mine = [row for row in rows if row["report"] == report]
    return {(row["metric"], tuple(sorted(row["dimensions"].items()))): row for row in mine}


def sample(name: str) -> pd.DataFrame:
    return pd.read_parquet(SAMPLE / "tables" / f"{name}.parquet")


def in_month(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    return frame[(frame[column] >= MONTH.start) & (frame[column] < MONTH.end)]


def test_every_notebook_is_published_by_default(published):
    result = published()
    assert {e["report"]: e["outcome"] for e in result.entries} == dict.fromkeys(NOTEBOOKS, "published")
    assert result.code == runner.PUBLISHED


def test_survey_records_what_pandas_counts(published):
    answers = in_month(sample("responses"), "responded_at")
    asked = answers[(answers["instrument"] == "nps") & answers["score"].notna()]
    votes = (asked["score"] >= 9).astype(int) - (asked["score"] <= 6).astype(int)
    found = metrics(published(), "survey")
    row = found["nps", ()]
    assert row["n"] == len(asked)
    assert row["value"] == pytest.approx(100 * votes.mean())
    assert row["low"] < row["value"] < row["high"]
    for channel, part in votes.groupby(asked["channel"]):
        assert found["nps", (("channel", channel),)]["value"] == pytest.approx(100 * part.mean())
    satisfied = answers[(answers["instrument"] == "csat") & answers["score"].notna() & answers["touchpoint"].isna()]
    assert found["csat", ()]["value"] == pytest.approx((satisfied["score"] >= 4).mean())
    ease = answers[(answers["instrument"] == "ces") & answers["score"].notna()]["score"]
    assert found["ces", ()]["value"] == pytest.approx(ease.mean())
    invited = in_month(sample("responses"), "invited_at")
    assert found["response_rate", ()]["value"] == pytest.approx(invited["score"].notna().mean())
