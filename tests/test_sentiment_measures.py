"""Feelings counted by hand: mean, shares, coverage, agreement with ratings, and the sentences about them."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cx_helpers import certainty, engine, misread, readings
from cx_helpers.dates import Period
from cx_helpers.intake import sentiment as intake
from cx_helpers.intake import sentiment_evidence
from cx_helpers.measures import comparison, sentiment
from cx_helpers.tables import TableError


def comments(*values, customers=None, **columns):
    n = len(values)
    return pd.DataFrame(
        {
            "comment_id": [f"c{i:03}" for i in range(n)],
            "customer_id": customers if customers is not None else [f"k{i}" for i in range(n)],
            "written_at": pd.Timestamp("2025-08-23 08:00", tz="UTC") + pd.to_timedelta(range(n), unit="D"),
            "text": "…",
            "sentiment": pd.array(values, dtype="Float64"),
        }
        | columns
    )


def test_mean_and_shares_of_a_hand_counted_sample(lay):
    table = lay(comments(0.9, 0.5, 0.1, -0.3, -0.7, None), "comments")
    row = sentiment.mean(table).loc["all"]
    assert (row["n"], row["customers"], row["sentiment"]) == (5, 5, pytest.approx(0.1))
    # spread sqrt(1.6 / 4), standard error over sqrt(5), Student's t with 4 degrees of freedom 2.776
    assert (row["low"], row["high"]) == pytest.approx((0.1 - 2.776 * 0.28284, 0.1 + 2.776 * 0.28284), abs=1e-3)
    bad = sentiment.negative_share(table).loc["all"]
    assert (bad["negative_share"], bad["negative"], bad["neutral"], bad["positive"]) == (0.4, 2, 1, 2)
    assert (bad["low"], bad["high"]) == pytest.approx([float(x) for x in certainty.wilson(2, 5)])
    assert sentiment.positive_share(table).loc["all", "positive_share"] == 0.4


def test_a_model_that_tells_nothing_is_the_reason_on_the_tile(lay):
    blind = CONFUSION.assign(negative_hit=0.5, negative_false=0.4)
    table = lay(comments(*[-0.9] * 38, *[0.9] * 62), "comments")
    why = {}
    for errors in (blind, CONFUSION):
        why[len(why)] = readings.sentiment.with_reason(sentiment.negative_share(table, errors=errors)).loc["all", "why"]
    assert "apart" in why[0] or "جدا" in why[0]
    assert pd.isna(why[1])
    few = sentiment.negative_share(table, errors=blind, smallest=500)
    assert pd.isna(readings.sentiment.with_reason(few).loc["all", "why"]), "too few is another reason"


def test_the_band_moves_comments_between_neutral_and_the_rest(lay):
    table = lay(comments(0.9, 0.15, -0.15, -0.9), "comments")
    counts = [
        sentiment.negative_share(table, band=b).loc["all", ["negative", "neutral", "positive"]].tolist()
        for b in (0, 0.2, 0.95)
    ]
    assert counts == [[2, 0, 2], [1, 2, 1], [0, 4, 0]]
    with pytest.raises(ValueError, match="band 2.00 is not between 0 and 1"):
        sentiment.negative_share(table, band=2)
    assert intake.score.__defaults__[1] == sentiment.BAND  # one band everywhere


CONFUSION = pd.DataFrame(
    {
        "n_negative": [200],
        "n_positive": [200],
        "negative_hit": [0.8],
        "negative_false": [0.1],
        "positive_hit": [0.7],
        "positive_false": [0.2],
    },
    index=["shop"],
)


def test_a_share_is_corrected_for_misreading_and_its_interval_holds_it(lay):
    table = lay(comments(*[-0.9] * 38, *[0.9] * 62), "comments")
    raw, row = (sentiment.negative_share(table, errors=e).loc["all"] for e in (None, CONFUSION))
    assert "called" not in raw
    assert (raw["negative_share"], row["called"], row["negative"]) == (0.38, 0.38, 38)
    assert row["negative_share"] == pytest.approx((0.38 - 0.1) / 0.7)
    assert row["low"] < 0.4 - (0.38 - raw["low"]) / 0.7  # wider than the draw alone
    assert row["high"] > 0.4 + (raw["high"] - 0.38) / 0.7
    good = sentiment.positive_share(table, errors=CONFUSION).loc["all"]
    assert good["called"] == 0.62
    assert 0.8 < good["positive_share"] < (0.62 - 0.2) / 0.5, "a little less: its interval would leave the scale"


def test_a_share_is_corrected_by_the_mean_of_p_where_that_is_known(lay):
    """38 of p(negative) .95 and 62 of .05 have a mean of .392; (.392 - .2) / (.8 - .2) are negative, .38 called so."""
    known = CONFUSION.assign(negative_p_hit=0.8, negative_p_false=0.2, positive_p_hit=0.8, positive_p_false=0.2)
    table = lay(comments(*[-0.9] * 38, *[0.9] * 62), "comments")
    row = sentiment.negative_share(table, errors=known).loc["all"]
    assert (row["negative_share"], row["called"], row["negative"]) == (pytest.approx(0.32), 0.38, 38)
    assert row["low"] < 0.32 < row["high"]
    assert row["se"] == pytest.approx(0.9 * np.sqrt(0.38 * 0.62 / 99) / 0.6)  # of p, which is .9 apart; Student's
    assert sentiment.positive_share(table, errors=known).loc["all", "positive_share"] == pytest.approx(0.68)
    wide = sentiment.negative_share(table, errors=known, band=0.95).loc["all"]
    assert (wide["negative_share"], wide["called"], wide["neutral"]) == (pytest.approx(0.32), 0, 100)
    one = sentiment.negative_share(lay(comments(-0.9), "comments"), errors=known).loc["all"]
    assert (one["low"], one["high"]) == (0, 1)  # of one customer next to nothing is known


def test_the_mean_of_p_errs_less_from_domain_to_domain_than_calls_do():
    of = sentiment_evidence.confusion(sentiment_evidence.kept(intake.sentiment_model.load())["left_out"])
    for label in ("negative", "positive"):
        calls = misread.rates(of.drop(columns=[name for name in of if "_p_" in name]), label)
        assert misread.rates(of, label).error < calls.error
    assert misread.rates(of, "negative").error < 0.1  # by calls: .137


def test_the_confusion_is_asked_for_with_the_band(lay):
    asked = []
    table = lay(comments(-0.9, 0.1, 0.9), "comments")
    sentiment.negative_share(table, band=0.4, errors=lambda band: asked.append(band) or CONFUSION)
    assert asked == [0.4]


def test_groups_are_compared_by_the_draw_alone(lay):
    frame = comments(*[-0.9] * 40, *[0.9] * 60, *[-0.9] * 70, *[0.9] * 30, channel=["app"] * 100 + ["web"] * 100)
    found = sentiment.negative_share(lay(frame, "comments"), by="channel", errors=CONFUSION)
    raw = sentiment.negative_share(lay(frame, "comments"), by="channel")
    assert (found["se"] / raw["se"]).tolist() == pytest.approx([1 / 0.7] * 2)


def test_the_bottom_line_never_says_a_share_without_its_interval(lay):
    table = lay(comments(*[-0.9] * 38, *[0.9] * 62), "comments")
    now = sentiment.mean(table)
    said = readings.sentiment.sentence(now, sentiment.negative_share(table, errors=CONFUSION), now.head(0))
    assert "40% of them are negative (95% interval with the model’s own error: " in said["en"]
    assert "خطای خود مدل" in said["fa"]
    plain = readings.sentiment.sentence(now, sentiment.negative_share(table), now.head(0))
    assert "38% of them are read as negative (95% interval 29% to 48%)" in plain["en"]


def test_who_reads_is_asked_how_it_errs(lay, tmp_path):
    model = intake.sentiment_model.load()
    bare = dataclasses.replace(model, about={})
    own = lay(comments(0.5), "comments")  # sentiment came with the comments: another's model
    assert intake.errors(own, model) is None
    ours = lay(comments(0.5, p_positive=[0.75]), "comments")
    assert intake.errors(ours, bare) is None


def test_unread_comments_are_null_and_not_neutral(lay):
    row = sentiment.negative_share(lay(comments(None, None, channel="app"), "comments"), by="channel").loc["app"]
    assert row["n"] == 0
    assert row[["negative_share", "low", "high", "neutral"]].isna().all()
    seen = sentiment.coverage(lay(comments(0.9, 0.1, None, None), "comments"))
    assert seen.to_dict() == {"comments": 4, "read": 2, "read_share": 0.5, "unsure_share": 0.5}
    nothing = sentiment.coverage(lay(comments(0.9).head(0), "comments"))
    assert nothing["comments"] == 0
    assert np.isnan(nothing["read_share"])


def test_many_comments_of_one_customer_are_one_voice(lay):
    values = [0.9] * 10 + [-0.9] * 10
    one_each = sentiment.negative_share(lay(comments(*values), "comments")).loc["all"]
    two = sentiment.negative_share(lay(comments(*values, customers=["a"] * 10 + ["b"] * 10), "comments")).loc["all"]
    assert two["high"] - two["low"] > 1.5 * (one_each["high"] - one_each["low"])
    assert two["customers"] == 2


def test_periods_groups_and_small_groups(lay):
    months = Period.parse("1404-07").back(2)
    frame = comments(*[0.5] * 31, *[-0.5] * 30, channel=["app"] * 31 + ["web"] * 30)
    found = sentiment.mean(lay(frame, "comments"), periods=months)
    assert found.index.tolist() == months
    # 1404-06 has days from the 1st (23 August) to the 31st: 31 comments, then Mehr's 30
    assert found["n"].tolist() == [31, 30]
    assert found["sentiment"].tolist() == pytest.approx([0.5, -0.5])
    hidden = sentiment.mean(lay(frame, "comments"), by="channel", smallest=31)
    assert hidden["sentiment"].isna().to_dict() == {"app": False, "web": True}


def test_words_and_ratings_agree_or_part(lay):
    frame = comments(0.8, 0.7, -0.9, 0.9, -0.6, 0.1, 0.8, -0.8, rating=[5.0, 4, 1, 1, 5, 5, 3, np.nan])
    row = sentiment.agreement(lay(frame, "comments")).loc["all"]
    # sides in both: 5+ 4+ 1- agree; 1 with kind words and 5 with harsh words part; neutral, middle and unrated are out
    assert (row["n"], row["agreement"], row["kind_words"], row["harsh_words"]) == (5, 0.6, 1, 1)
    ten = sentiment.agreement(lay(frame, "comments"), scale=(0, 10)).loc["all"]
    assert (ten["n"], ten["harsh_words"]) == (4, 0)  # on 0-10 a 5 is the middle, 4, 3 and 1 are low
    nothing = sentiment.agreement(lay(comments(0.5, rating=np.nan), "comments")).loc["all"]
    assert nothing["n"] == 0
    assert np.isnan(nothing["agreement"])
    strange = sentiment.agreement(lay(comments(0.5, 0.5, rating=[3.0, 200.0]), "comments")).loc["all"]
    assert strange["n"] == 0, "of no usual scale nothing is said"
    assert np.isnan(strange["agreement"])
    none = comments(0.9, -0.9, 0.9, rating=[5.0, 1.0, -1.0])
    assert sentiment.agreement(lay(none, "comments")).loc["all", ["n", "agreement"]].tolist() == [2, 1.0]
    thumbs = comments(0.9, -0.9, rating=[1.0, 0.0])
    assert sentiment.agreement(lay(thumbs, "comments")).loc["all", ["n", "agreement"]].tolist() == [2, 1.0]


def test_comments_that_nobody_has_scored_are_refused_with_the_remedy(lay):
    with pytest.raises(TableError, match="score the comments first"):
        sentiment.mean(lay(comments(0.5).drop(columns="sentiment"), "comments"))
    with pytest.raises(TableError, match="did you mean 'customer_id'"):
        sentiment.mean(lay(comments(0.5), "comments"), by="custmer_id")


def test_comparison_reads_its_answers(lay):
    frame = comments(*[0.6] * 60, *[-0.6] * 60, *[0.0] * 60, channel=["app"] * 60 + ["web"] * 60 + ["shop"] * 60)
    frame["sentiment"] += pd.Series(np.tile([0.1, -0.1], 90))
    months = Period.parse("1404-06").back(2)
    frame["written_at"] = pd.Timestamp("2025-09-01", tz="UTC")
    groups = comparison.splits(sentiment.mean, lay(frame, "comments"), ["channel"], months)
    found, looks = readings.comparison.findings("sentiment", groups)
    assert looks == 3
    assert {(f.kind, f.subject["channel"]) for f in found} == {("strength", "app"), ("weakness", "web")}


def test_a_bound_beside_nothing_shows_its_side(lay):
    now = sentiment.mean(lay(comments(*[0.2, 0.3] * 40), "comments"))
    step = pd.DataFrame([{"change": -0.094, "low": -0.187, "high": -0.0012}])
    said = readings.sentiment.sentence(now, sentiment.negative_share(lay(comments(0.1), "comments")), step)
    assert "harsher than in the period before (−0.094, 95% interval −0.187 to −0.001)" in said["en"]
    said = readings.sentiment.sentence(now, sentiment.negative_share(lay(comments(0.1), "comments")), step * 10)
    assert "(−0.94, 95% interval −1.87 to −0.01)" in said["en"]


def test_the_bottom_line_says_where_it_stands_and_whether_it_moved(lay):
    good, bad = (lay(comments(*[x, x + 0.1] * 40), "comments") for x in (0.5, -0.4))
    now, negative = sentiment.mean(bad), sentiment.negative_share(bad)
    fell = readings.sentiment.sentence(now, negative, comparison.change(now, sentiment.mean(good), "sentiment"))
    assert "−0.35 on average" in fell["en"]
    assert "harsher" in fell["en"]
    assert "100%" in fell["en"]
    assert "ناخوشایندتر" in fell["fa"]
    still = readings.sentiment.sentence(now, negative, comparison.change(now, now, "sentiment"))
    assert "no change beyond chance" in still["en"]
    none = sentiment.mean(lay(comments(None), "comments"))
    assert (
        "too few"
        in readings.sentiment.sentence(none, sentiment.negative_share(lay(comments(None), "comments")), none.head(0))[
            "en"
        ]
    )


def test_spark_gives_the_same_answers(lay, spark, tmp_path):
    frame = comments(
        *[0.9, None, -0.4, 0.1, -0.8, 0.6] * 5,
        customers=[f"k{i % 7}" for i in range(30)],
        rating=[5.0, 1, 2, 3, 1, 4] * 5,
    )
    frame.to_parquet(tmp_path / "comments.parquet", index=False, coerce_timestamps="us")
    other = engine.conform(spark.read_parquet(str(tmp_path / "comments.parquet")), "comments")
    months = Period.parse("1404-07").back(2)
    for ask in (
        lambda t: sentiment.mean(t, periods=months),
        lambda t: sentiment.negative_share(t, by="rating", periods=months),
        sentiment.agreement,
        lambda t: sentiment.coverage(t).astype(float).to_frame(),
    ):
        pd.testing.assert_frame_equal(ask(lay(frame, "comments")), ask(other), check_exact=False, rtol=1e-9)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=25)
@given(st.lists(st.floats(-1, 1), min_size=1, max_size=20))
def test_answers_stay_on_their_scale_and_ignore_order(lay, values):
    rows = [sentiment.mean(lay(comments(*v), "comments")).loc["all"] for v in (values, values[::-1])]
    pd.testing.assert_series_equal(*rows)
    assert -1 - 1e-9 <= rows[0]["sentiment"] <= 1 + 1e-9
    assert len(values) == 1 or -1 <= rows[0]["low"] <= rows[0]["high"] <= 1 or rows[0]["customers"] == 1
    share = sentiment.negative_share(lay(comments(*values), "comments")).loc["all"]
    assert 0 <= share["low"] <= share["negative_share"] + 1e-12
    assert share["negative_share"] <= share["high"] + 1e-12


def test_comments_without_a_rating_have_nothing_to_agree_with(lay):
    found = sentiment.agreement(lay(comments(0.8, -0.7), "comments")).loc["all"]
    assert found["n"] == 0
    assert np.isnan(found["agreement"])
