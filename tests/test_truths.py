"""Published answers that a correct implementation must hit; data from CX_REAL_DATA, or from statsmodels."""

import json

import numpy as np
import pandas as pd
import pytest

from cx_helpers import changepoints, folding, forecasting, ordinal, readings, regression
from cx_helpers.dates import Period
from cx_helpers.measures import cohort, cohort_coverage, drivers, experience, importance, priorities
from cx_helpers.tendency import tendency


@pytest.fixture(scope="session")
def truth(real):
    """The folder of small sets with published answers."""
    folder = real / "truth"
    if not folder.is_dir():
        pytest.skip("no truth/ in the real data")
    return folder


def test_cdnow_cohorts(truth, lay):
    # Fader and Hardie's purchase log of an online CD shop: 23,570 customers who first bought in January-March 1997
    log = pd.read_csv(
        truth / "cdnow" / "CDNOW_master.txt.gz",
        sep=r"\s+",
        skiprows=1,
        names=["customer_id", "day", "quantity", "amount"],
        dtype={"customer_id": str, "day": str},
    )
    log["ordered_at"] = pd.to_datetime(log["day"], format="%Y%m%d", utc=True)
    log["order_id"] = [f"{i:06}" for i in range(len(log))]
    orders = lay(log.drop(columns="day"), "orders")
    months = cohort.months(orders, Period.parse("1998-06", timezone="UTC"))
    found = cohort.retention(orders, months)
    assert len(log) == 69_659
    assert cohort_coverage.coverage(orders, months)["customers"] == 23_570
    buyers = cohort.matrix(found, "customers").iloc[:3, :7].astype(int)
    assert [p.name for p in buyers.index] == ["1997-01", "1997-02", "1997-03"]
    assert buyers.to_numpy().tolist() == [
        [7846, 1157, 964, 810, 679, 736, 720],
        [8476, 1312, 980, 783, 847, 786, 626],
        [7248, 1032, 752, 756, 674, 564, 561],
    ]
    assert round(found["money"].sum(), 2) == 2_500_315.63


def digits(found, certified) -> float:
    """How many leading digits are right, in the worst of the numbers (log relative error)."""
    found, certified = np.asarray(found, float), np.asarray(certified, float)
    return float(-np.log10(np.maximum(np.abs(found - certified) / np.abs(certified), 1e-16)).min())


def nist(truth, name):
    """A polynomial of NIST's Statistical Reference Datasets: its columns, y and the certified answers."""
    sets = json.loads((truth / "nist" / "nist_polyfits.json").read_text())
    given = sets[name]
    x = np.array(given["x"])
    return np.column_stack([x**power for power in range(1, len(given["coef"]))]), np.array(given["y"]), given


def test_norris(truth):
    x, y, given = nist(truth, "Norris")
    fit = regression.linear(x, y, robust=False)
    assert digits(fit.coef, [-0.262323073774029, 1.00211681802045]) > 12
    assert digits(fit.se, given["se"]) > 12
    assert digits(fit.residual_sd, 0.884796396144373) > 12
    assert digits(fit.r2, given["r2"]) > 12


def test_filip_to_eight_digits_and_more(truth):
    # a tenth-degree polynomial: normal equations and pseudo-inverses lose every digit
    x, y, given = nist(truth, "Filippelli")
    fit = regression.linear(x, y, robust=False)
    assert digits(fit.coef, given["coef"]) >= 8
    assert digits(fit.se, given["se"]) >= 7


@pytest.mark.parametrize("name", ["Pontius", "Wampler1", "Wampler2", "Wampler3", "Wampler4", "Wampler5"])
def test_further_nist_polynomials(truth, name):
    x, y, given = nist(truth, name)
    assert digits(regression.linear(x, y, robust=False).coef, given["coef"]) > 9


def test_longley():
    from statsmodels.datasets import longley

    data = longley.load_pandas()
    fit = regression.linear(data.exog, data.endog, robust=False)
    assert digits(fit.coef[0], -3482258.63459582) > 10
    assert digits(fit.residual_sd, 304.854073561965) > 10


def test_spector_logit():
    from statsmodels.datasets import spector

    data = spector.load_pandas()
    fit = ordinal.proportional_odds(data.exog[["GPA", "TUCE", "PSI"]], data.endog, robust=False)
    assert np.round([-fit.cuts[0], *fit.coef], 6).tolist() == [-13.021347, 2.826113, 0.095158, 2.378688]
    assert round(fit.loglik, 5) == -12.88963


def test_housing_ordinal_logit(truth, lay):
    data = pd.read_csv(truth / "housing" / "housing.csv")
    columns = {"medium": data.Infl == "Medium", "high": data.Infl == "High"}
    columns |= {kind: data.Type == kind for kind in ("Apartment", "Atrium", "Terrace")} | {
        "contact": data.Cont == "High"
    }
    frame = pd.DataFrame(columns).assign(score=data.Sat.map({"Low": 1.0, "Medium": 2.0, "High": 3.0}))
    answers = frame.loc[frame.index.repeat(data.Freq)]  # 1,681 tenants, one row each, folded again by the engine
    rows = folding.collapse(lay(answers), drivers=list(columns))
    assert (rows.n, rows.model) == (1681, "ordinal")
    fit = ordinal.proportional_odds(rows.x, rows.y, rows.weight, robust=False)
    certified = [0.5663937, 1.2888191, -0.5723501, -0.3661866, -1.0910149, 0.3602841]
    np.testing.assert_allclose(fit.coef, certified, atol=5e-6)
    np.testing.assert_allclose(fit.cuts, [-0.4961353, 0.6907083], atol=5e-6)
    assert round(-2 * fit.loglik, 3) == 3479.149
    found = drivers.associations(rows)
    np.testing.assert_allclose(found["coef"], certified, atol=5e-6)
    # Brant's own covariances and the empirical ones of 1,681 customers who each answer once must tell the same
    own = ordinal.brant(rows.x, rows.y, rows.drivers, rows.weight)
    row = np.repeat(np.arange(len(rows.y)), rows.weight.astype(int))
    other = ordinal.brant(rows.x[row], rows.y[row], rows.drivers, cluster=np.arange(len(row)))
    np.testing.assert_allclose(own["chi2"], other["chi2"], rtol=0.03)
    assert own.loc["all", "df"] == 6


def test_swiss_relative_importance(truth):
    data = pd.read_csv(truth / "swiss" / "swiss.csv", index_col=0)
    names = ["Agriculture", "Examination", "Education", "Catholic", "Infant.Mortality", "Fertility"]
    shares = importance.lmg(regression.correlation(data[names]))
    assert np.round(shares, 7).tolist() == [0.0570912, 0.1711730, 0.2601347, 0.1055702, 0.1127659]
    assert round(shares.sum(), 6) == 0.706735


@pytest.fixture(scope="session")
def olist(real):
    """Orders with their reviews as the contract's tables have them, and what else is known of each order."""
    folder = real / "olist_sample"
    if not folder.is_dir():
        pytest.skip("no olist_sample/ in the real data")
    read = {
        name: pd.read_csv(folder / f"olist_{name}_dataset.csv.gz")
        for name in ("orders", "order_reviews", "order_items")
    }
    orders, reviews, items = read.values()
    times = {"ordered_at": "order_purchase_timestamp", "promised_at": "order_estimated_delivery_date"}
    times |= {"delivered_at": "order_delivered_customer_date"}
    for name, column in times.items():
        orders[name] = pd.to_datetime(orders[column], utc=True)
    sums = items.groupby("order_id").agg(
        items=("price", "size"), amount=("price", "sum"), freight=("freight_value", "sum")
    )
    reviews["responded_at"] = pd.to_datetime(reviews["review_answer_timestamp"], utc=True)
    reviews["response_id"] = [f"{i:05}" for i in range(len(reviews))]
    wide = reviews.merge(orders, on="order_id").merge(sums, on="order_id", how="left")
    return wide.rename(columns={"review_score": "score"})


def test_olist_lateness_is_the_top_driver(olist, lay):
    seen = olist[olist["delivered_at"].notna()].copy()
    seen["late_delivery"] = seen["delivered_at"] > seen["promised_at"]
    means = seen.groupby("late_delivery")["score"].mean()
    assert (round(means[True], 2), round(means[False], 2)) == (2.50, 4.28)
    seen["waiting_days"] = (seen["delivered_at"] - seen["ordered_at"]).dt.total_seconds() / 86400
    names = ["late_delivery", "waiting_days", "items", "amount", "freight"]
    rows = folding.collapse(lay(seen[[*names, "score", "customer_id"]]), drivers=names)
    weights, links = importance.importance(rows), drivers.associations(rows)
    assert weights.index[0] == "late_delivery"
    assert weights.loc["late_delivery", "low"] > 0.35
    assert weights.loc["late_delivery", "stable"] > 0.8
    assert links.loc["late_delivery", "slope_high"] < -0.9
    found, looks = readings.priorities.findings(weights, links, priorities.priorities(rows, weights, links))
    assert looks == 5
    assert (found[0].subject, found[0].severity) == ({"driver": "late_delivery"}, "high")


def test_olist_lateness_from_the_contracts_tables(olist, lay):
    responses = olist[["response_id", "customer_id", "responded_at", "score"]].assign(
        instrument="csat", scale_min=1.0, scale_max=5.0
    )
    orders = olist.drop_duplicates("order_id")[["order_id", "customer_id", "ordered_at", "promised_at", "delivered_at"]]
    wide = experience.beside_answers(
        lay(responses), "csat", orders=lay(orders.assign(amount=1.0), "orders"), within_days=60
    )
    rows = folding.collapse(wide, drivers=["late_delivery"])
    assert rows.n == len(responses)
    links = drivers.associations(rows)
    assert links.loc["late_delivery", "high"] < -1  # log odds of a better score


def test_nile():
    # annual flow at Aswan 1871-1970: the dam, or the rains, after 1898
    from statsmodels.datasets import nile

    y = nile.load_pandas().data["volume"].to_numpy(float)
    (place,) = changepoints.changes(y).index
    row = changepoints.changes(y).iloc[0]
    assert 1871 + place - 1 == 1898
    assert (round(row["before"], 2), round(row["after"], 2)) == (1097.75, 849.97)
    assert row["earliest"] <= place <= row["latest"]
    assert row["p_value"] < 0.001
    found = tendency(y)
    assert (found.s, round(found.plain_z, 3), round(found.slope, 2)) == (-1387, -4.128, -2.6)
    assert found.plain_p == pytest.approx(3.66e-5, abs=5e-8)
    assert found.p_value > found.plain_p, "the flow remembers"


# Box and Jenkins' series G: airline passengers a month, in thousands, 1949-1960
PASSENGERS = """
112 118 132 129 121 135 148 148 136 119 104 118 115 126 141 135 125 149 170 170 158 133 114 140
145 150 178 163 172 178 199 199 184 162 146 166 171 180 193 181 183 218 230 242 209 191 172 194
196 196 236 235 229 243 264 272 237 211 180 201 204 188 235 227 234 264 302 293 259 229 203 229
242 233 267 269 270 315 364 347 312 274 237 278 284 277 317 313 318 374 413 405 355 306 271 306
315 301 356 348 355 422 465 467 404 347 305 336 340 318 362 348 363 435 491 505 404 359 310 337
360 342 406 396 420 472 548 559 463 407 362 405 417 391 419 461 472 535 622 606 508 461 390 432
"""


def test_airline():
    y = np.log(np.array(PASSENGERS.split(), float))
    fit = forecasting.airline(y, simple=True)
    assert [round(float(x), 4) for x in fit.params[:2]] == [-0.4018, -0.5569]
    assert round(float(fit.llf), 2) == 244.70
    told = forecasting.sarima(y, [132], 12, forecasting.Shape(1, 12))[0]
    assert np.abs(told - y[132:]).mean() < 0.05, "a year ahead within a few percent"
    assert (
        np.abs(told - y[132:]).mean()
        < np.abs(forecasting.naive(y, [132], 12, forecasting.Shape(1, 12))[0] - y[132:]).mean()
    )
