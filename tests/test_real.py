"""What the notebooks say of real companies, through their own mappings: held against pandas over the raw exports."""

import shutil
from pathlib import Path

import pandas as pd
import pytest
import yaml
from cells import run

from cx_helpers import wording
from cx_helpers.intake import sources
from cx_helpers.tables import MissingTable

COMPANIES = Path(__file__).parent.parent / "data" / "real"


@pytest.fixture(scope="session")
def told(real, tmp_path_factory):
    """told(company, notebook) -> what it records with the plan that is published; told(company) -> its folder."""
    made, runs = {}, {}

    def ingest(company: str) -> Path:
        if not (real / company).is_dir():
            pytest.skip(f"no real data {company}; set CX_REAL_DATA to the folder that holds it")
        if company not in made:
            folder = tmp_path_factory.mktemp("real") / company
            folder.mkdir()
            for file in (COMPANIES / company).glob("*.yaml"):
                shutil.copy(file, folder)
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("CX_REAL_DATA", str(real.resolve()))
                report = sources.load(folder)
            assert report.rows_in == report.taken, report.text("en")
            made[company] = folder
        return made[company]

    def tell(company: str, notebook: str = "", **given):
        folder = ingest(company)
        if not notebook:
            return folder
        key = (company, notebook, *given)
        if key not in runs:
            plan = folder / "book.yaml"
            period = yaml.safe_load(plan.read_text("utf-8"))["period"] if plan.is_file() else ""
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(wording, "_reading", wording.current())  # a company's own names stay with it
                runs[key] = run(notebook, workspace=str(folder), **{"period": period, "locale": "en"} | given)
        return runs[key]

    return tell


def drivers_plan() -> dict:
    """What Olist's plan gives to the notebook of drivers."""
    plan = yaml.safe_load((COMPANIES / "olist_sample" / "book.yaml").read_text("utf-8"))
    return next(n["parameters"] for n in plan["notebooks"] if isinstance(n, dict) and n["name"] == "drivers")


def reviews(real) -> pd.DataFrame:
    """Olist's reviews of orders that came, up to the end of August 2018, with whether they came late."""
    read = {
        name: pd.read_csv(real / "olist_sample" / f"olist_{name}_dataset.csv.gz")
        for name in ("orders", "order_reviews")
    }
    both = read["order_reviews"].merge(read["orders"], on="order_id")
    both = both[both["order_delivered_customer_date"].notna() & (both["review_answer_timestamp"] < "2018-09-01")]
    return both.assign(late=both["order_delivered_customer_date"] > both["order_estimated_delivery_date"])


def test_olist_lateness_is_the_top_driver_of_the_score(told, real):
    found = told("olist_sample", "drivers", **drivers_plan())["findings"]
    assert found[0]["kind"] == "driver"
    assert found[0]["subject"] == {"driver": "attr_late"}
    assert found[0]["severity"] == "high"
    assert found[0]["value"] == max(f["value"] for f in found)
    raw = reviews(real)
    assert found[0]["n"] == len(raw)
    means = raw.groupby("late")["review_score"].mean()
    assert means.round(2).to_dict() == {True: 2.50, False: 4.28}


def test_olist_the_drivers_page_says_how_much_lower_the_score_is_when_late(told):
    shown = told("olist_sample", "drivers", **drivers_plan())["shown"]
    text = " ".join(bundle.get("text/html", "") for bundle in shown)
    assert "The mean score is 2.50 with it and 4.28 without it." in text


def test_olist_satisfaction_is_that_of_orders_that_came(told, real):
    raw = reviews(real)
    raw = raw[raw["review_answer_timestamp"] >= "2018-01-01"]
    record = next(m for m in told("olist_sample", "survey")["metrics"] if m["metric"] == "csat" and not m["dimensions"])
    assert record["n"] == len(raw)
    assert record["value"] == pytest.approx((raw["review_score"] >= 4).mean())
    rate = next(m for m in told("olist_sample", "survey")["metrics"] if m["metric"] == "response_rate")
    assert (rate["value"], rate["n"]) == (None, 0), "the export holds answered reviews only"


def test_portuguese_is_not_read_as_if_it_were_persian(told):
    comments = pd.read_parquet(told("olist_sample") / "tables" / "comments.parquet")
    assert len(comments) > 4000
    assert "sentiment" not in comments or comments["sentiment"].isna().all()
    with pytest.raises(MissingTable, match="knows Persian only"):
        told("olist_sample", "sentiment")


def test_ecom_the_top_frictions_are_the_shipping_loop_and_the_payment_incident(told, real):
    found = told("ecom_stories", "journey")["findings"]
    top = [f for f in found if f["kind"] == "friction"][:3]
    incident = next(f for f in top if f["subject"]["touchpoint"] == "payment_error")
    loop = next(f for f in top if "loop" in f["subject"])
    assert {incident["severity"], loop["severity"]} == {"high"}
    assert "of the journeys run into “payment error”" in incident["text"]["en"]
    assert "shipping_details" in loop["subject"]["loop"].split(" → ")
    assert loop["subject"]["channel"] == "mobile"
    log = pd.read_csv(real / "ecom_stories" / "ecom.csv.gz", parse_dates=["timestamp"])
    errors = log.loc[log["event"] == "payment_error", "timestamp"]
    start, end = (pd.Timestamp(incident["subject"][side]) for side in ("from", "to"))
    assert errors.between(start, end).mean() > 0.95, "the days named hold the incident"
    assert (end - start).days <= 31, "and little else"


def test_ecom_the_loop_is_as_large_as_counted_by_hand(told, real):
    loop = next(f for f in told("ecom_stories", "journey")["findings"] if "loop" in f["subject"])
    log = pd.read_csv(real / "ecom_stories" / "ecom.csv.gz").sort_values(["session_id", "timestamp"], kind="stable")
    reload = (log["event"] == log["event"].shift()) & (log["session_id"] == log["session_id"].shift())
    at = log[(log["event"] == loop["subject"]["touchpoint"]) & ~reload]
    back = at.groupby(["platform", "session_id"]).size().gt(1).groupby("platform").mean()
    rest = at[at["platform"] != "mobile"].groupby("session_id").size().gt(1).mean()
    assert loop["value"] == pytest.approx(back["mobile"], abs=0.01)
    assert loop["baseline"] == pytest.approx(rest, abs=0.01)


def test_ecom_failures_are_told_of_all_visits(told, real):
    log = pd.read_csv(real / "ecom_stories" / "ecom.csv.gz")
    bad = log["event"].isin(["payment_error", "checkout_bug", "error_page"])
    record = next(m for m in told("ecom_stories", "journey")["metrics"] if m["metric"] == "failure_rate")
    assert record["value"] == pytest.approx(bad.mean(), rel=1e-3)


@pytest.mark.parametrize("company", ["snappfood_comments", "digikala_reviews"])
def test_reviews_without_customers_stand_alone(told, company):
    answers = pd.read_parquet(told(company) / "tables" / "responses.parquet")
    assert "customer_id" not in answers
    record = next(m for m in told(company, "survey")["metrics"] if m["metric"] == "csat" and not m["dimensions"])
    times = answers["responded_at"]
    mine = answers[
        (times >= pd.Timestamp(record["period_start"])) & (times < pd.Timestamp(record["period_end"]))
    ].dropna(subset=["score"])
    assert record["n"] == len(mine) >= 100
    assert record["value"] == pytest.approx((mine["score"] >= mine["scale_max"] - 1).mean())
    assert record["low"] < record["value"] < record["high"]
    for notebook, table in (("journey", "touchpoints"), ("cohort", "orders")):
        with pytest.raises(MissingTable, match=f"no table '{table}'"):
            told(company, notebook)
    with pytest.raises(MissingTable, match="nothing is known that could go with the score"):
        told(company, "drivers")


@pytest.mark.parametrize("company", ["snappfood_comments", "digikala_reviews"])
def test_feelings_of_persian_reviews_follow_their_ratings(told, company):
    found = {m["metric"]: m for m in told(company, "sentiment")["metrics"] if not m["dimensions"]}
    assert found["sentiment"]["n"] >= 100
    assert -1 < found["sentiment"]["low"] < found["sentiment"]["value"] < found["sentiment"]["high"] < 1
    comments = pd.read_parquet(told(company) / "tables" / "comments.parquet")
    if "sentiment" in comments:
        both = comments[["sentiment", "rating"]].dropna()
        assert both["sentiment"].corr(both["rating"], "spearman") > 0.35


def test_a_star_not_given_is_no_star(told, real):
    raw = pd.read_csv(real / "snappfood_comments" / "comments.csv.gz")
    month = raw[raw["written_at"].between("2022-04-21", "2022-05-22")]  # Ordibehesht 1401, Tehran
    given = month[month["rating"] > 0]
    found = told("snappfood_comments", "survey")["metrics"]
    record = next(m for m in found if m["metric"] == "csat" and not m["dimensions"])
    assert record["n"] == len(given)
    assert record["value"] == pytest.approx((given["rating"] >= 8).mean())
    answers = pd.read_parquet(told("snappfood_comments") / "tables" / "responses.parquet")
    assert len(answers) == (raw["rating"] > 0).sum() < len(raw)


@pytest.mark.parametrize("company", ["snappfood_comments", "digikala_reviews"])
def test_nobody_is_split_by_the_verdict_itself(told, company):
    records = [r for name in ("survey", "sentiment") for r in told(company, name)["findings"]]
    split = {column for r in records for column in r["subject"]}
    assert split <= {"vendor", "channel", "buyer", "seller_kind", "month"}


def test_olist_claims_no_money_and_no_leaving_for_late_deliveries(told):
    found = told("olist_sample", "journey")["findings"]
    late = next(f for f in found if f["subject"].get("touchpoint") == "delivered")
    assert late["kind"] == "friction"
    assert late["value"] == pytest.approx(0.1048, abs=1e-4)
    assert late["baseline"] == pytest.approx(0.0501, abs=1e-4)
    text = " ".join(bundle.get("text/html", "") for bundle in told("olist_sample", "journey")["shown"])
    assert "Estimated sales lost" not in text
    assert not [f for f in found if f["kind"] == "funnel_drop"]


def old(found: list[dict]) -> list[dict]:
    """What says that the newest row is years old: true of every collection that was published once."""
    (aged,) = [f for f in found if f["measure"] == "data_age"]
    assert aged["value"] > 365
    return [aged]


def test_olist_orders_thin_out_before_the_export_ends(told, real):
    """The one fault worth a word: in the last days of August 2018 a third of the usual orders came.  (Old they are.)"""
    found = told("olist_sample", "data-health")["findings"]
    (fall,) = [f for f in found if f["severity"] != "low" and f not in old(found)]
    assert fall["subject"] == {"table": "orders", "problem": "break", "metric": "revenue"}
    orders = pd.read_csv(
        real / "olist_sample" / "olist_orders_dataset.csv.gz", parse_dates=["order_purchase_timestamp"]
    )
    last = orders["order_purchase_timestamp"].between("2018-08-25", "2018-09-01")
    assert "from 25 August 2018 to 31 August 2018" in fall["text"]["en"]
    assert fall["value"] == last.sum() < 0.5 * fall["baseline"]


@pytest.mark.parametrize("company", ["digikala_reviews", "snappfood_comments", "ecom_stories"])
def test_real_data_that_are_sound_are_not_cried_over(told, company):
    found = told(company, "data-health")["findings"]
    assert [f["text"]["en"] for f in found if f["severity"] == "high"] == []
    assert len(found) - len(old(found)) <= 2
