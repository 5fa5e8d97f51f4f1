"""Who comes back: counted by hand, censored cells, months of both calendars, planted changes and empty companies."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from cx_helpers import disclosure, readings
from cx_helpers.dates import Period
from cx_helpers.measures import cohort, cohort_comparison, cohort_coverage, cohort_turning, comparison
from cx_helpers.tables import TableError

APRIL = Period.parse("2025-04", timezone="UTC")


def orders(*rows):
    """One order a (customer, day, amount, channel); the rest filled in."""
    frame = pd.DataFrame([(*row, *(10.0, "app")[len(row) - 2 :]) for row in rows])
    frame = frame.set_axis(["customer_id", "ordered_at", "amount", "channel"], axis=1)
    frame["ordered_at"] = pd.to_datetime(frame["ordered_at"], utc=True)
    return frame.assign(order_id=[f"o{i:05}" for i in range(len(frame))])


# Jan: a b c; of them b and c in Feb, c in Mar.  Feb: d, who comes back in Apr.  Mar: nobody.  Apr: e.
TINY = [("a", "2025-01-05"), ("a", "2025-01-20", 5.0), ("b", "2025-01-31"), ("b", "2025-02-01"), ("c", "2025-01-09")]
TINY += [("c", "2025-02-10", 7.0), ("c", "2025-03-01"), ("d", "2025-02-02"), ("d", "2025-04-02"), ("e", "2025-04-30")]


def cell(found, month, offset):
    return found.loc[(Period.parse(month, timezone="UTC"), offset)]


def test_a_triangle_counted_by_hand(lay):
    table = lay(orders(*TINY), "orders")
    found = cohort.retention(table, cohort.months(table, APRIL))
    wide = cohort.matrix(found, "customers")
    assert [p.name for p in wide.index] == ["2025-01", "2025-02", "2025-03", "2025-04"]
    nan = np.nan
    expected = [[3, 2, 1, 0], [1, 0, 1, nan], [nan] * 4, [1, nan, nan, nan]]
    np.testing.assert_array_equal(wide.to_numpy(), np.array(expected, float))
    row = cell(found, "2025-01", 1)
    assert (row["n"], row["retention"], row["money"], row["orders"]) == (3, pytest.approx(2 / 3), 17, 2)
    assert (row["low"], row["high"]) == pytest.approx((0.2077, 0.9385), abs=1e-4)  # Wilson of 2 in 3
    assert cell(found, "2025-01", 0)["money"] == 35  # a's second order in January too
    assert found["money"].sum() == 92


def test_a_month_without_new_customers_is_null_not_zero(lay):
    found = cohort.retention(lay(orders(*TINY), "orders"), APRIL.back(4))
    assert cell(found, "2025-03", 1)["n"] == 0
    assert np.isnan(cell(found, "2025-03", 1)["retention"])


def test_a_month_not_yet_over_is_null_and_part_of_no_mean(lay):
    table = lay(orders(*TINY), "orders")
    until = dt.datetime(2025, 4, 15, tzinfo=dt.UTC)
    found = cohort.retention(table, APRIL.back(4), until=until)
    row = cell(found, "2025-02", 2)  # d's order of 2 April is seen, but April is not over
    assert not row["observed"]
    assert row["so_far"] == 1
    assert np.isnan(row["retention"])
    assert np.isnan(row["money"])
    whole = cohort.curve(found)
    # two months on: January's three customers only, one of whom came
    assert (whole.loc[2, "n"], whole.loc[2, "customers"], whole.loc[2, "cohorts"]) == (3, 1, 1)
    assert 3 not in whole.index
    # e came after `until`: not seen at all
    assert cell(found, "2025-04", 0)["n"] == 0


def test_the_curve_weighs_cohorts_by_their_customers(lay):
    found = cohort.retention(lay(orders(*TINY), "orders"), APRIL.back(4))
    whole = cohort.curve(found)
    assert whole.loc[1, "retention"] == pytest.approx(2 / 4)  # (2 + 0) of (3 + 1), not the mean of 2/3 and 0
    assert whole.loc[2, "retention"] == pytest.approx(2 / 4)
    assert (whole.loc[3, "n"], whole.loc[3, "retention"]) == (3, 0)


def test_the_first_order_ever_decides_and_older_customers_are_left_out(lay):
    table = lay(orders(*TINY), "orders")
    found = cohort.retention(table, APRIL.back(3))  # from February on: a, b and c first bought before
    assert cell(found, "2025-02", 0)["n"] == 1
    seen = cohort_coverage.coverage(table, APRIL.back(3))
    assert (seen["customers"], seen["earlier"], seen["partial"]) == (5, 3, False)
    assert "3 customers first bought before February 2025" in readings.cohort_coverage.sentence(seen)["en"]


def test_customers_known_before_the_data_begins_are_told_of(lay):
    people = pd.DataFrame({"customer_id": list("abz"), "created_at": pd.to_datetime(["2019-01-01"] * 3, utc=True)})
    seen = cohort_coverage.coverage(lay(orders(*TINY), "orders"), APRIL.back(4), lay(people, "customers"))
    assert seen["known_before"] == 2
    assert "۲" in readings.cohort_coverage.sentence(seen)["fa"]


def test_months_are_jalali_where_the_period_is(lay):
    # 20 March 2025 is 30 Esfand 1403, 21 March 1 Farvardin 1404; 20:40 UTC is past midnight in Tehran
    rows = [("a", "2025-03-20 12:00"), ("a", "2025-03-20 20:40"), ("b", "2025-03-20 20:40")]
    found = cohort.matrix(cohort.retention(lay(orders(*rows), "orders"), Period.parse("1404-01").back(2)), "customers")
    np.testing.assert_array_equal(found.to_numpy(), [[1, 1], [1, np.nan]])


def test_a_customer_is_of_the_value_of_the_first_order(lay):
    rows = [("a", "2025-01-01", 1.0, "web"), ("a", "2025-02-01", 1.0, "app"), ("b", "2025-01-01", 1.0, "app")]
    rows += [("c", "2025-01-03", 1.0, "web"), ("c", "2025-01-03", 1.0, "app"), ("d", "2025-01-01", 1.0, None)]
    found = cohort.retention(lay(orders(*rows), "orders"), APRIL.back(4), by="channel")
    curve = cohort.curve(found, by="channel")
    assert curve.loc[("app", 0), "n"] == 2  # b, and c: of two orders at one instant the first in the alphabet
    assert curve.loc[("web", 1), "customers"] == 1
    assert curve["n"].xs(0, level="offset").sum() == 4  # the one without a channel counts too
    assert found.index.get_level_values("channel").isna().any()


def test_order_of_rows_does_not_matter(lay):
    frame = orders(*TINY)
    one = cohort.retention(lay(frame, "orders"), APRIL.back(4), by="channel")
    two = cohort.retention(lay(frame.sample(frac=1, random_state=3), "orders"), APRIL.back(4), by="channel")
    pd.testing.assert_frame_equal(one, two)


def test_orders_without_a_customer_are_left_out_and_counted(lay):
    table = lay(orders(*TINY, (None, "2025-01-01")), "orders")
    pd.testing.assert_frame_equal(
        cohort.retention(table, APRIL.back(4)), cohort.retention(lay(orders(*TINY), "orders"), APRIL.back(4))
    )
    assert cohort_coverage.coverage(table, APRIL.back(4))["without_customer"] == 1


def test_small_cohorts_are_hidden_but_keep_their_n(lay):
    found = cohort.retention(lay(orders(*TINY), "orders"), APRIL.back(4), smallest=2)
    assert cell(found, "2025-02", 2)["n"] == 1
    assert np.isnan(cell(found, "2025-02", 2)["retention"])
    assert cell(found, "2025-01", 1)["retention"] > 0


def test_nobody_at_all_is_an_answer_too(lay):
    table = lay(orders(*TINY).head(0), "orders")
    found = cohort.retention(table, cohort.months(table, APRIL))
    assert found["n"].sum() == 0
    assert cohort.retention_rate(table, APRIL)["n"].tolist() == [0]
    assert cohort.repeat_rate(table, APRIL)["n"].tolist() == [0]
    assert readings.cohort.findings(cohort_turning.turning_points(found), {}) == ([], 0)


def test_a_missing_column_names_the_nearest(lay):
    with pytest.raises(TableError, match="did you mean 'channel'"):
        cohort.retention(lay(orders(*TINY), "orders"), APRIL.back(4), by="chanel")


def test_retention_of_a_period_counts_those_due_in_it(lay):
    table = lay(orders(*TINY), "orders")
    february = cohort.retention_rate(table, APRIL.shift(-2), 1).loc["all"]
    assert (february["n"], february["customers"]) == (3, 2)
    april = cohort.retention_rate(table, APRIL, 3).loc["all"]
    assert (april["n"], april["retention_3"]) == (3, 0)
    quarter = cohort.retention_rate(table, Period.parse("2025-Q1", timezone="UTC"), 1).loc["all"]
    assert (quarter["n"], quarter["customers"]) == (4, 2)  # due in Feb: a b c; in Mar: d
    split = cohort.retention_rate(table, APRIL.shift(-2), 1, by="channel")
    assert split.loc["app", "n"] == 3
    step = comparison.change(split, split, "retention_1")
    assert step.loc["app", "change"] == 0


def test_repeat_rate_watches_everybody_for_the_same_time(lay):
    rows = [("a", "2025-01-01"), ("a", "2025-01-31"), ("b", "2025-01-02"), ("b", "2025-02-02"), ("c", "2025-03-20")]
    # 30 days: those of January ended in January or February; a came on day 30, b on day 31; c's window is not over
    found = cohort.repeat_rate(lay(orders(*rows), "orders"), Period.parse("2025-Q1", timezone="UTC"), window_days=30)
    assert (found.loc["all", "n"], found.loc["all", "customers"]) == (2, 1)
    twice = orders(("a", "2025-01-01"), ("a", "2025-01-01"))  # two orders at one instant are no return
    found = cohort.repeat_rate(lay(twice, "orders"), Period.parse("2025-Q1", timezone="UTC"), window_days=30)
    assert found.loc["all", "repeat_rate"] == 0


def company(seed, months=20, each=200, back=0.30, since=None, then=0.30, leaving=0.30):
    """Cohort answers of an invented company: `each` customers a month in four channels, shares that come back."""
    rng = np.random.default_rng(seed)
    last = Period.parse("1404-06")
    rows = []
    for i, start in enumerate(last.back(months)):
        for j in range(each):
            channel = "abcd"[j % 4]
            day = start.start + dt.timedelta(days=int(rng.integers(28)))
            rows.append((f"{i}-{j}", day, 10.0, channel))
            share = leaving if channel == "d" else then if since is not None and i >= since else back
            for k in (1, 3):
                if i + k < months and rng.random() < share:
                    rows.append((f"{i}-{j}", last.shift(i + k - months + 1).start, 10.0, channel))
    return orders(*rows), last.back(months)


def answers(lay, frame, periods):
    table = lay(frame, "orders")
    return cohort.retention(table, periods), cohort.retention(table, periods, by="channel")


def test_a_leaving_channel_and_the_cohort_of_change_are_found_and_nothing_else(lay):
    frame, periods = company(1, since=12, then=0.45, leaving=0.10)
    whole, split = answers(lay, frame, periods)
    found, looks = readings.cohort.findings(cohort_turning.turning_points(whole), {"channel": split})
    assert looks == 10  # a turning point and four channels, at month 1 and at month 3
    loud = {tuple(f.subject.items())[0]: f for f in found if f.severity == "high"}
    assert set(loud) == {("channel", "d"), ("cohort", periods[12].name)}
    gone = loud["channel", "d"]
    assert gone.low < gone.value < gone.high < gone.baseline
    assert gone.impact["value"] > 0
    assert "leave" in gone.text["en"]
    assert "«d»" in gone.text["fa"]
    assert not [f for f in found if f.subject.get("channel") in list("abc")]
    row = cohort_turning.turning_point(whole, 1).loc[1]
    assert row["since_low"].first <= periods[12].first <= row["since_high"].first
    assert row["low"] < row["change"] < row["high"]


def test_where_there_is_nothing_to_find_nothing_is_found(lay):
    loud = 0
    for seed in range(2, 12):
        whole, split = answers(lay, *company(seed, months=12, each=120))
        found, _ = readings.cohort.findings(cohort_turning.turning_points(whole), {"channel": split})
        loud += any(f.severity in ("high", "medium") for f in found)
    assert loud <= 1


def test_cohorts_that_scatter_do_not_pass_for_a_change():
    # monthly shares that jump about far more than customers by chance would, without any turn: p stays even
    p = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        n = np.full(20, 5000)
        came = rng.binomial(n, rng.uniform(0.2, 0.4, 20))
        index = pd.MultiIndex.from_arrays([Period.parse("1404-06").back(20), [1] * 20], names=["cohort", "offset"])
        p.append(
            cohort_turning.turning_point(pd.DataFrame({"n": n, "customers": came, "retention": came / n}, index=index))
        )
    assert (pd.concat(p)["p_value"] < 0.05).sum() <= 6


def test_too_few_cohorts_for_a_turning_point_are_null(lay):
    whole, _ = answers(lay, *company(1, months=6, each=40))
    row = cohort_turning.turning_point(whole, 1).loc[1]
    assert row["cohorts"] == 5
    assert np.isnan(row["p_value"])


def test_groups_are_compared_within_the_same_months(lay):
    # web came in January (half return), app in February (nobody returns): month alone, so nothing to compare
    rows = [(f"w{i}", "2025-01-10", 1.0, "web") for i in range(40)]
    rows += [(f"w{i}", "2025-02-10", 1.0, "web") for i in range(20)]
    rows += [(f"a{i}", "2025-02-10", 1.0, "app") for i in range(40)]
    found = cohort.retention(lay(orders(*rows), "orders"), APRIL.back(4), by="channel")
    gap = cohort_comparison.gaps(found, "channel", 1)
    assert gap["change"].isna().all()


def test_an_answer_that_nothing_splits_is_one_group_held_against_nobody(lay):
    whole = cohort.retention(lay(orders(*TINY), "orders"), APRIL.back(4))
    gaps = cohort_comparison.gaps(whole, "all", 1, smallest=1)
    assert gaps.index.tolist() == ["all"]
    assert gaps[["change", "p_value"]].isna().all(axis=None)
    one, split = cohort.curve(whole), cohort.curve(whole, "all").loc["all"]
    pd.testing.assert_frame_equal(one, split)
    assert gaps.loc["all", "n"] == 0, "nobody to compare with"


def test_a_gap_is_the_mantel_haenszel_difference(lay):
    # January: web 10 of 20, app 5 of 30; February: web 4 of 10, app 2 of 10
    index = [(c, m, 1) for m in APRIL.back(4)[:2] for c in ("web", "app")]
    frame = pd.DataFrame({"n": [20, 30, 10, 10], "customers": [10.0, 5, 4, 2]})
    frame.index = pd.MultiIndex.from_tuples(index, names=["channel", "cohort", "offset"])
    frame["retention"] = frame["customers"] / frame["n"]
    row = cohort_comparison.gaps(frame, "channel", 1, smallest=1).loc["web"]
    # weights 20·30/50 = 12 and 10·10/20 = 5: (12·1/3 + 5·1/5) / 17
    assert row["change"] == pytest.approx((12 / 3 + 5 / 5) / 17)
    # chi² = (sum(a) - sum(E))² / sum(V), E = 6, 3, V = 20·30·15·35/(2500·49), 10·10·6·14/(400·19)
    z = (14 - 9) / np.sqrt(20 * 30 * 15 * 35 / (2500 * 49) + 10 * 10 * 6 * 14 / (400 * 19))
    assert row["p_value"] == pytest.approx(2 * (1 - norm.cdf(z)))
    assert row["low"] < row["change"] < row["high"]


def test_two_cohorts_side_by_side(lay):
    found = cohort.retention(lay(orders(*TINY), "orders"), APRIL.back(4))
    january, february = APRIL.back(4)[:2]
    row = cohort_comparison.compare(found, january, february).loc[1]
    assert (row["n"], row["n_before"], row["change"]) == (3, 1, pytest.approx(2 / 3))
    assert list(cohort_comparison.compare(found, january, february).index) == [1, 2]
    with pytest.raises(ValueError, match="2025-04.*there are: 2025-01"):
        cohort_comparison.compare(found, APRIL, january)


def test_two_values_of_a_column_side_by_side(lay):
    _, split = answers(lay, *company(4, months=8, leaving=0.05))
    found = cohort_comparison.compare(split, "d", "a", by="channel")
    assert found.loc[1, "high"] < 0
    tested = found.dropna()
    assert list(tested.index) == [1, 3]  # in the other months nobody of either bought, so there is no test
    assert tested["p_adjusted"].ge(tested["p_value"]).all()


def test_the_sentence_says_what_stands_and_what_does_not(lay):
    frame, periods = company(1, since=12, then=0.45, leaving=0.10)
    whole, split = answers(lay, frame, periods)
    now = cohort.retention_rate(lay(frame, "orders"), periods[-1])
    found = readings.cohort.findings(cohort_turning.turning_points(whole), {"channel": split})
    words = readings.cohort.sentence(now, *found)
    assert "of the others." in words["en"]
    assert "مهر" in words["fa"] or "شهریور" in words["fa"] or "«d»" in words["fa"]
    nothing = readings.cohort.sentence(now.assign(retention_1=np.nan), [], 0)
    assert "cannot be told" in nothing["en"]


@pytest.mark.filterwarnings("ignore")
def test_spark_gives_the_same_triangle(lay, spark, tmp_path):
    path = tmp_path / "orders.parquet"
    frame = orders(*TINY, ("f", "2025-01-01", 1.0, None))
    frame.to_parquet(path, index=False, coerce_timestamps="us")
    there, here = spark.read_parquet(str(path)), lay(frame, "orders")
    for by in (None, "channel"):
        pd.testing.assert_frame_equal(
            cohort.retention(here, APRIL.back(4), by=by), cohort.retention(there, APRIL.back(4), by=by)
        )
    quarter = Period.parse("2025-Q1", timezone="UTC")
    for one in (here, there):
        pd.testing.assert_frame_equal(
            cohort.repeat_rate(one, quarter, by="channel", window_days=30),
            cohort.repeat_rate(here, quarter, by="channel", window_days=30),
        )
    pd.testing.assert_series_equal(
        cohort_coverage.coverage(here, APRIL.back(3)), cohort_coverage.coverage(there, APRIL.back(3))
    )


def test_who_stands_in_no_row_of_the_gaps_is_told():
    gaps = pd.DataFrame({"n": [100.0, 60.0, np.nan]}, index=["web", "shop", "app"])
    whole = pd.DataFrame({"n": [200]}, index=[1])
    words = readings.cohort.left_out(gaps, whole, 30)
    assert words["en"].startswith("40 of 200 customers are in no row")
    few = readings.cohort.left_out(gaps, whole.assign(n=164), disclosure.Limit(30, 10))
    assert few["en"].startswith("fewer than 10 of 164")
    assert readings.cohort.left_out(gaps, whole.assign(n=160), 30) is None
