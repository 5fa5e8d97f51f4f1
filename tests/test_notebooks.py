"""Every notebook through papermill, as `cx run` does it: default, a segment with nobody this period, one customer.

The numbers that a run records are held against sums made another way: pandas over the Parquet files, no code of ours.
"""

import contextlib
import datetime as dt
import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from cells import NOTEBOOKS
from conftest import ROOT, SAMPLE

from cx_helpers import kernels, runner
from cx_helpers.dates import Period
from cx_helpers.intake import check
from cx_helpers.run import jobs
from cx_helpers.tables import TABLES

MONTH = Period.parse("1404-06")
NOBODY = "segment=pilot"  # 24 customers, none of whom did anything in the period but answer one invitation
GOLDEN = ROOT / "tests" / "golden"
SCORES = ("nps", "csat", "ces", "response_rate", "sentiment", "negative_share", "retention_1", "retention_3")
SCORES += (
    "repeat_rate",
    "alive",
    "purchases",
    "clv",
    "spent_each",
    "basket_size",
    "several",
    "reached_goal",
    "conversion",
    "churn_rate",
    "leaving_share",
    "failure_rate",
    "late_delivery_rate",
    "active_customers",
    "quiet",
    "unhappy",
    "consent",
    "urgent_share",
    "loop_closed_rate",
    "hours_to_contact",
    "hours_to_close",
    "expected_money",
    "action_share",
    "experience_cost",
    "revenue_shortfall",
    "service_gap",
    "net_value",
    "enps",
)


def read(result, name: str) -> list[dict]:
    return json.loads((result.place / f"{name}.json").read_text("utf-8"))


def metrics(result, report: str) -> dict:
    """{(metric, dimensions as sorted pairs): row} of one report."""
    mine = [row for row in read(result, "metrics") if row["report"] == report]
    return {(row["metric"], tuple(sorted(row["dimensions"].items()))): row for row in mine}


def table(name: str, company=SAMPLE) -> pd.DataFrame:
    return pd.read_parquet(company / "tables" / f"{name}.parquet")


def within(frame: pd.DataFrame, column: str, period: Period = MONTH) -> pd.DataFrame:
    return frame[(frame[column] >= period.start) & (frame[column] < period.end)]


def holds(row: dict, n: int, value: float) -> None:
    """The recorded row is this number, on so many, with an interval around it."""
    assert row["n"] == n
    assert row["value"] == pytest.approx(value, abs=1e-9)
    assert row["low"] < row["value"] < row["high"]
    assert (row["period_start"], row["period_end"]) == (MONTH.start.isoformat(), MONTH.end.isoformat())


# -- the sample, as it comes -------------------------------------------------------------------------------------------


def test_every_notebook_is_published_by_default(published):
    result = published()
    assert {e["report"]: e["outcome"] for e in result.entries} == dict.fromkeys(NOTEBOOKS, "published")
    assert result.code == runner.PUBLISHED


def test_the_columns_that_the_contract_asks_for_are_enough(tmp_path):
    """Everything optional left out of every table: all reports are made, whatever they have to leave empty."""
    (tmp_path / "tables").mkdir()
    shutil.copy(SAMPLE / "workspace.yaml", tmp_path)
    for path in sorted((SAMPLE / "tables").glob("*.parquet")):
        asked = [*dict.fromkeys(TABLES[path.stem].key + TABLES[path.stem].required)]
        rows = pd.read_parquet(path, columns=asked).dropna()  # an invitation without an answer is none without its time
        rows.to_parquet(tmp_path / "tables" / path.name, coerce_timestamps="us", index=False)
    assert check.check(tmp_path) == []
    with contextlib.chdir(ROOT):
        result = runner.run(runner.Request(workspace=str(tmp_path), out=str(tmp_path / "out"), period="1404-06"))
    missing = {e["report"]: e for e in result.entries if e["outcome"] != "published"}
    assert missing.keys() == {"drivers"}, "which has nothing to explain scores with"
    assert missing["drivers"]["outcome"] == "skipped"


def test_survey_records_what_pandas_counts(published):
    answers = within(table("responses"), "responded_at")
    asked = answers[(answers["instrument"] == "nps") & answers["score"].notna()]
    votes = (asked["score"] >= 9).astype(int) - (asked["score"] <= 6).astype(int)
    found = metrics(published(), "survey")
    holds(found["nps", ()], len(asked), 100 * votes.mean())
    for channel, part in votes.groupby(asked["channel"]):
        holds(found["nps", (("channel", channel),)], len(part), 100 * part.mean())
    whole = answers[(answers["instrument"] == "csat") & answers["score"].notna() & answers["touchpoint"].isna()]
    holds(found["csat", ()], len(whole), (whole["score"] >= 4).mean())
    ease = answers[(answers["instrument"] == "ces") & answers["score"].notna()]["score"]
    holds(found["ces", ()], len(ease), ease.mean())
    invited = within(table("responses"), "invited_at")
    holds(found["response_rate", ()], len(invited), invited["score"].notna().mean())


def own_labels():
    """The comments until the month's end whose writers gave a number: origin, customer_id, p(negative), negative."""
    written = table("comments")
    written = written[written["sentiment"].notna() & (written["written_at"] < MONTH.end)].sort_values("written_at")
    before = written.dropna(subset="customer_id").groupby(["customer_id", "text"])["written_at"].diff()
    soon, again = before.reindex(written.index).dt.total_seconds() <= 86_400, before.reindex(written.index).notna()
    written = written[~(soon | again & (written["text"].str.len() >= 25))]  # the same again: no second opinion
    answers = table("responses").set_index("response_id")[["score", "scale_min", "scale_max", "instrument"]]
    answers = answers[~answers["instrument"].str.endswith((".expected", ".importance"))]  # wished, not lived
    told = written["origin_id"].where(written["origin"] == "response")
    beside = answers.reindex(told).set_axis(written.index)
    marks = table("tickets").set_index("ticket_id")["csat"]
    marks = marks.reindex(written["origin_id"].where(written["origin"] == "ticket")).set_axis(written.index)
    at = (beside["score"] - beside["scale_min"]) / (beside["scale_max"] - beside["scale_min"])
    of_nps = beside["instrument"].isin(["nps", "enps"]) & written["rating"].isna()
    at = ((written["rating"] - 1) / 4).fillna(at).fillna((marks - 1) / 4)  # stars and marks are of one to five here
    negative = at <= np.where(of_nps, 0.6, 0.4)
    found = written.assign(p=(1 - written["sentiment"]) / 2, negative=negative, labelled=at.notna())
    newest = found.loc[found["labelled"], "written_at"].max()
    return found[found["labelled"] & (found["written_at"] >= newest - pd.DateOffset(days=365))]


def truly(p, told):
    """The share of negative comments behind the mean of p, by what that was where this company's writers gave numbers.

    told  of `own_labels`; an origin weighs by its customers on each side
    """
    sides = told.groupby([~told["negative"], "origin"]).agg(mean=("p", "mean"), people=("customer_id", people))
    hit, false = (np.average(sides.loc[other, "mean"], weights=sides.loc[other, "people"]) for other in (False, True))
    return (p.mean() - false) / (hit - false)


def people(customers):
    return customers.nunique() + customers.isna().sum()


def test_sentiment_records_what_pandas_counts(published):
    written = within(table("comments"), "written_at")
    written = written[written["sentiment"].notna()]
    found = metrics(published(), "sentiment")
    holds(found["sentiment", ()], len(written), written["sentiment"].mean())
    told = own_labels()
    holds(found["negative_share", ()], len(written), truly((1 - written["sentiment"]) / 2, told))
    groups = written.groupby(
        written["touchpoint"].astype(object).where(written["touchpoint"].notna(), None), dropna=False
    )
    seen = 0
    for name, part in groups["sentiment"]:
        name = None if pd.isna(name) else name
        row, bad = (found[metric, (("touchpoint", name),)] for metric in ("sentiment", "negative_share"))
        if len(part) < 30:
            assert (row["value"], row["n"], bad["value"]) == (None, len(part), None), "too few to be shown"
            continue
        holds(row, len(part), part.mean())
        if bad["low"] > 0 and bad["high"] < 1:  # else it is the mean of what is left of its interval
            holds(bad, len(part), truly((1 - part) / 2, told))
        seen += 1
    assert seen > 5


def test_journey_records_what_pandas_counts(published):
    steps = within(table("touchpoints"), "occurred_at")
    steps = steps.sort_values(["customer_id", "occurred_at", "event_id"])
    begins = (steps[["customer_id", "session_id"]] != steps[["customer_id", "session_id"]].shift()).any(axis=1)
    bad = steps["outcome"].isin(["failure", "abandoned"])
    paid = ((steps["touchpoint"] == "payment") & ~bad).groupby(begins.cumsum()).any()
    found = metrics(published(), "journey")
    holds(found["conversion", ()], len(paid), paid.mean())
    known = steps["outcome"].notna()
    holds(found["failure_rate", ()], int(known.sum()), bad[known].mean())
    orders = within(table("orders").dropna(subset=["promised_at"]), "ordered_at")
    due = orders[(orders["promised_at"] < MONTH.end) & (orders["status"] != "cancelled")]
    late = due["delivered_at"].isna() | (due["delivered_at"] > due["promised_at"])
    holds(found["late_delivery_rate", ()], len(due), late.mean())


def test_cohort_records_what_pandas_counts(published):
    orders = table("orders").dropna(subset=["customer_id"])
    first = orders.groupby("customer_id")["ordered_at"].min().rename("first")
    orders = orders.join(first, on="customer_id")
    found = metrics(published(), "cohort")
    came = set(within(orders, "ordered_at")["customer_id"])
    for months in (1, 3):
        cohort = MONTH
        for _ in range(months):
            cohort = cohort.previous()
        new = first[(first >= cohort.start) & (first < cohort.end)].index
        holds(found[f"retention_{months}", ()], len(new), new.isin(came).mean())
    days = dt.timedelta(days=90)
    due = first[(first + days >= MONTH.start) & (first + days < MONTH.end)].index
    later = orders[(orders["ordered_at"] > orders["first"]) & (orders["ordered_at"] <= orders["first"] + days)]
    holds(found["repeat_rate", ()], len(due), due.isin(set(later["customer_id"])).mean())


def test_customer_records_what_pandas_counts(published):
    orders, people = table("orders"), table("customers")
    orders = orders[orders["ordered_at"] < MONTH.end].sort_values(["customer_id", "ordered_at"])
    found = metrics(published(), "customer")
    gaps = orders.drop_duplicates(["customer_id", "ordered_at"]).groupby("customer_id")["ordered_at"].diff().dropna()
    limit = MONTH.end - dt.timedelta(days=float((gaps.dt.total_seconds() / 86_400).quantile(0.9)))
    last = orders.groupby("customer_id")["ordered_at"].max()
    holds(found["quiet", ()], len(last), (last < limit).mean())
    said = people["consent"].dropna().astype(bool)
    holds(found["consent", ()], len(said), said.mean())
    when = {"touchpoints": "occurred_at", "orders": "ordered_at", "responses": "responded_at", "comments": "written_at"}
    met = [within(table(name), column)["customer_id"] for name, column in (when | {"tickets": "opened_at"}).items()]
    row = found["active_customers", ()]
    assert row["value"] == pd.concat(met).nunique()
    assert (row["n"], row["low"]) == (len(people), None)


def test_drivers_count_the_answers_of_six_months(published):
    answers = table("responses")
    since = MONTH.back(6)[0].start
    whole = answers[(answers["instrument"] == "csat") & answers["score"].notna() & answers["touchpoint"].isna()]
    whole = whole[(whole["responded_at"] >= since) & (whole["responded_at"] < MONTH.end)]
    parts = [name for name in whole if name.startswith("attr_")]
    complete = whole.dropna(subset=parts)
    found = {f["subject"]["driver"]: f for f in read(published(), "findings") if f["report"] == "drivers"}
    assert found
    assert {f["n"] for f in found.values()} == {len(complete)}
    correlation = complete[[*parts, "score"]].corr()["score"].drop("score").sort_values(ascending=False)
    ranked = sorted((f for f in found if f in parts), key=lambda name: -found[name]["value"])
    assert ranked[:2] == list(correlation.index[:2]), "the two weightiest correlate most, too"
    assert sum(f["value"] for f in found.values()) <= 1


# -- where there is little or nothing ----------------------------------------------------------------------------------


def known(people: pd.DataFrame, end, company=SAMPLE) -> dict:
    """How many of these customers each number of the customer report is about."""
    orders, answers = table("orders", company), table("responses", company)
    bought = orders.loc[orders["ordered_at"] < end, "customer_id"]
    answers = answers[answers["instrument"].isin(["nps", "csat"]) & answers["score"].notna()]
    said = answers.loc[answers["responded_at"] < end, "customer_id"]
    of = people["customer_id"]
    counts = {"active_customers": len(of), "quiet": of.isin(bought).sum(), "unhappy": of.isin(said).sum()}
    counts |= dict.fromkeys(("alive", "purchases", "clv", "spent_each"), counts["quiet"])
    counts["action_share"] = len(of)
    return {name: int(n) for name, n in (counts | {"consent": people["consent"].notna().sum()}).items()}


def alive(contracts: pd.DataFrame, period) -> int:
    """How many contracts were alive as the period began."""
    ended = contracts["ended_at"] < period.start
    return int(((contracts["started_at"] < period.start) & ~ended).sum())


def of_cases(company, people, period) -> dict[str, int]:
    """How many cases of these people fell due in the period, and how many were opened in it."""
    book = pd.read_parquet(company / "state" / "cases.parquet")
    book = book[book["customer_id"].isin(people)]
    opened = len(within(book, "opened_at", period))
    due = within(book, "due_at", period)
    return {"loop_closed_rate": len(due), "hours_to_contact": opened, "hours_to_close": opened}


def nothing_but(result, counts: dict) -> None:
    """All reports are published, no metric has a value, no finding is claimed, and the counts are these.

    The report on the data's health is not asked: its numbers are of files, and of everybody whatever the segment.
    """
    reasons = {e["report"]: (e["outcome"], (e["reason"] or {}).get("en")) for e in result.entries}
    assert reasons == dict.fromkeys(NOTEBOOKS, ("published", None))
    rows = [row for row in read(result, "metrics") if row["report"] != "data-health"]
    assert {row["metric"] for row in rows} == {*SCORES, "aspect_share", "aspect_negative"}
    for row in rows:
        counted = row["metric"] == "active_customers" and row["value"] == 0  # a count: of so many known none came
        assert row["low"] is row["high"] is None
        assert row["value"] is None or counted, "no data is null, never 0"
        assert type(row["n"]) is int
    assert {row["metric"]: row["n"] for row in rows if not row["dimensions"]} == counts
    assert read(result, "findings") == []


def test_a_segment_with_nobody_in_this_period_is_said_to_be_empty(published):
    pilots = table("customers").query("segment == 'pilot'")
    people = pilots["customer_id"]
    assert len(people) == 24
    result = published(segment=NOBODY)
    here = {n: table(n)[lambda f: f["customer_id"].isin(people)] for n in ("responses", "comments", "touchpoints")}
    answers = within(here["responses"], "responded_at").dropna(subset=["score"])
    counts = dict.fromkeys(SCORES, 0) | answers["instrument"].value_counts().to_dict()
    counts["response_rate"] = len(within(here["responses"], "invited_at"))
    counts["sentiment"] = counts["negative_share"] = len(within(here["comments"], "written_at"))
    counts["urgent_share"] = counts["sentiment"]
    counts["churn_rate"] = alive(table("contracts")[lambda f: f["customer_id"].isin(people)], MONTH)
    counts |= of_cases(SAMPLE, people, MONTH)
    assert len(within(here["touchpoints"], "occurred_at")) == 0
    assert max(counts.values()) <= 3, "the sample says of this segment that it is silent"
    nothing_but(result, counts | known(pilots, MONTH.end))


def test_a_segment_that_is_not_there_is_refused(published):
    with pytest.raises(ValueError, match="did you mean 'pilot'"):
        published(segment="segment=pilott")


@pytest.fixture(scope="session")
def one_customer(tmp_path_factory):
    """A workspace whose shop has met one person."""
    from tools.sample.__main__ import fill

    folder = tmp_path_factory.mktemp("one")
    fill(folder, 1404, customers=1)
    return folder


def test_a_company_of_one_customer_has_counts_and_no_claims(published, one_customer):
    result = published(company=one_customer)
    period = Period.parse(result.place.name)
    answers, steps = table("responses", one_customer), table("touchpoints", one_customer)
    assert table("customers", one_customer)["customer_id"].nunique() == 1
    given = within(answers, "responded_at", period).dropna(subset=["score"])
    given = given[(given["instrument"] != "csat") | given["touchpoint"].isna()]
    given = given[given["instrument"].isin(SCORES)]
    counts = dict.fromkeys(SCORES, 0) | given["instrument"].value_counts().to_dict()
    form = answers[(answers["responded_at"] >= period.back(12)[0].start) & (answers["responded_at"] < period.end)]
    both = form.loc[form["instrument"].str.endswith(".expected"), "customer_id"]  # who fills in the form answers it all
    counts["service_gap"] = counts["net_value"] = both.nunique()
    counts["response_rate"] = len(within(answers, "invited_at", period))
    written = within(table("comments", one_customer), "written_at", period)["sentiment"].notna()
    counts["sentiment"] = counts["negative_share"] = counts["urgent_share"] = int(written.sum())
    steps = within(steps, "occurred_at", period)
    counts["conversion"], counts["failure_rate"] = steps["session_id"].nunique(), int(steps["outcome"].notna().sum())
    pages = steps.loc[steps["touchpoint"] == "product_page", "occurred_at"]
    counts["reached_goal"] = int((pages <= period.end - dt.timedelta(days=7)).any())
    lines = set(table("order_items", one_customer)["order_id"])
    own = within(table("orders", one_customer), "ordered_at", period)
    bought = own["order_id"]
    counts["late_delivery_rate"] = int((own["promised_at"] < period.end).sum())
    counts["basket_size"] = counts["several"] = int(bought.isin(lines).sum())
    first = table("orders", one_customer)["ordered_at"].min()
    for months in (1, 3):
        cohort = period
        for _ in range(months):
            cohort = cohort.previous()
        counts[f"retention_{months}"] = int(cohort.start <= first < cohort.end)
    counts["churn_rate"] = alive(table("contracts", one_customer), period)
    counts |= of_cases(one_customer, table("customers", one_customer)["customer_id"], period)
    due = first + dt.timedelta(days=90)
    counts["repeat_rate"] = int(period.start <= due < period.end)
    assert sum(counts.values()) > 5, "the one customer did something"
    nothing_but(result, counts | known(table("customers", one_customer), period.end, one_customer))


# -- nbval: the cells as an analyst runs them, explore cells too -------------------------------------------------------


def nbval(*arguments: str, **more: str) -> subprocess.CompletedProcess:
    """A pytest of its own with a kernel of its own, as `pytest --nbval` on the command line."""
    command = [sys.executable, "-m", "pytest", "-q", "-c", os.devnull, "--rootdir", str(ROOT), "-p", "no:cacheprovider"]
    plain = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "CX_", "COV"))}
    return subprocess.run([*command, *arguments], cwd=ROOT, env=plain | more, capture_output=True, text=True)


def test_every_cell_of_every_notebook_runs_in_the_lab(published, tmp_path):
    """Each cell in a kernel, those to explore with too; beside a run, for those that draw reports together.

    The kernels are forks, as in a run; the golden notebook below is read in a plain one.
    """
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks")
    (tmp_path / "data").symlink_to(SAMPLE.parent)
    (tmp_path / "reports").symlink_to(published().place.parents[1])
    places = [tmp_path / "notebooks" / path.name for path in NOTEBOOKS.values()]
    with jobs.warmed(places) as run:
        forks = {kernels.ADDRESS: run[kernels.ADDRESS], "JUPYTER_DEFAULT_PROVISIONER_NAME": kernels.PROVISIONER}
        told = nbval("--nbval-lax", *map(str, places), **forks)
    assert told.returncode == 0, told.stdout[-4000:]
    cells = sum(c["cell_type"] == "code" for p in NOTEBOOKS.values() for c in json.loads(p.read_text("utf-8"))["cells"])
    assert f"{cells} passed" in told.stdout


def test_the_golden_notebook_shows_what_it_showed(published):
    """Every output, to the letter.  Meant to change?  python tests/golden/renew.py, and look at the difference."""
    cells = [c for c in json.loads((GOLDEN / "survey.ipynb").read_text("utf-8"))["cells"] if c["cell_type"] == "code"]
    assert sum(bool(cell["outputs"]) for cell in cells) >= 6, "a golden notebook holds its outputs"
    told = nbval("--nbval", "--nbval-sanitize-with", str(GOLDEN / "nbval.cfg"), str(GOLDEN / "survey.ipynb"))
    assert told.returncode == 0, told.stdout[-4000:]
    assert f"{len(cells)} passed" in told.stdout
