"""What aspects share, feel and cost: answers worked by hand, a planted cost found again, nothing found in nothing."""

import numpy as np
import pandas as pd
import pytest

from cx_helpers import certainty, disclosure, readings
from cx_helpers.dates import Period
from cx_helpers.intake import aspects as intake
from cx_helpers.measures import aspect_changes, aspects
from cx_helpers.tables import TableError

BEFORE, NOW = Period.parse("1404-05"), Period.parse("1404-06")
SMALL = disclosure.Limit(30, 10)


def comments(size: int, customers=None, month: Period = NOW, **columns):
    return pd.DataFrame(
        {
            "comment_id": [f"{month.name}-{i:04}" for i in range(size)],
            "customer_id": customers if customers is not None else [f"{month.name}-k{i}" for i in range(size)],
            "written_at": pd.Timestamp(month.start).tz_convert("UTC") + pd.to_timedelta(np.arange(size), unit="min"),
            "sentiment": 0.1,
        }
        | {name: pd.array(values, dtype="Float64") for name, values in columns.items()}
    )


def test_shares_and_feelings_of_a_hand_counted_sample(lay):
    felt = {"aspect_price": [-0.9, -0.5, 0.1, 0.8, None, None], "aspect_courier": [None] * 6}
    table = lay(comments(6, **felt).assign(sentiment=[0.1] * 5 + [None]), "comments")
    share = aspects.share(table)
    assert share.loc["price", ["n", "customers", "of", "aspect_share"]].tolist() == [4, 4, 5, 0.8]
    assert share.loc["price", ["low", "high"]].tolist() == pytest.approx([float(x) for x in certainty.wilson(4, 5)])
    assert share.loc["courier", ["n", "aspect_share"]].tolist() == [0, 0]  # nobody names it: 0 of 5, not unknown
    bad = aspects.negative_share(table)
    assert bad.loc["price", ["n", "aspect_negative", "negative", "neutral", "positive"]].tolist() == [4, 0.5, 2, 1, 1]
    assert bad.loc["courier"].drop(["n", "customers"]).isna().all()
    assert (aspects.PREFIX, aspects.BAND) == (intake.PREFIX, 0.2)


def test_whoever_feels_worse_than_nothing_is_unhappy_and_the_interval_holds_the_readers_error(lay):
    """-.1 is unhappy, and neutral among the counts.  People and reader were .1, -.1 and 0 apart: .0816, t(3) = 3.18."""
    table = lay(comments(100, aspect_price=[-0.9] * 20 + [-0.1] * 20 + [0.1] * 20 + [0.9] * 40), "comments")
    row = aspects.negative_share(table).loc["price"]
    assert row[["aspect_negative", "negative", "neutral", "positive"]].tolist() == [0.4, 20, 40, 40]
    seen = pd.DataFrame({"unhappy": [0.4, 0.4, 0.3], "read": [0.5, 0.3, 0.3]})
    wide = aspects.negative_share(table, errors=seen).loc["price"]
    assert (wide["aspect_negative"], wide["se"]) == (0.4, row["se"])
    off = 3.182 * np.sqrt(0.02 / 3)
    assert wide["high"] == pytest.approx(0.4 + np.hypot(row["high"] - 0.4, off), abs=1e-3)
    assert wide["low"] == pytest.approx(0.4 - np.hypot(0.4 - row["low"], off), abs=1e-3)
    none = aspects.negative_share(lay(comments(40, aspect_price=[0.9] * 40), "comments"), errors=seen).loc["price"]
    assert (none["aspect_negative"], none["low"]) == (0, 0)


def test_counts_of_many_months_tell_no_few_customers_apart(lay):
    counts = []
    for n in (50, 55):  # until this month, and until the one before
        felt = [-0.9] * (n - 30) + [0.0] * 10 + [0.9] * 20
        whole = aspects.negative_share(lay(comments(n, aspect_price=felt), "comments"), smallest=SMALL)
        row = aspects.rounded(whole, SMALL).loc["price"]
        assert (row[["n", "negative", "neutral", "positive"]] % 10 == 0).all()
        counts.append(row["negative"])
    assert counts == [20, 20]


def test_what_share_and_counts_give_away_together_is_hidden(lay):
    """Nine are mildly unhappy: of the 50 of the share 41 would be counted negative."""
    felt = [-0.9] * 41 + [-0.1] * 9 + [0.1] * 20 + [0.9] * 30
    row = aspects.negative_share(lay(comments(100, aspect_price=felt), "comments"), smallest=SMALL).loc["price"]
    assert row["aspect_negative"] == 0.5
    assert row[["negative", "neutral", "positive"]].isna().all()


def test_of_too_few_comments_no_share_is_told(lay):
    few = aspects.share(lay(comments(12, aspect_price=[None] * 12), "comments"), smallest=SMALL)
    assert few.loc["price", ["aspect_share", "low", "high"]].isna().all()
    enough = aspects.share(lay(comments(40, aspect_price=[None] * 40), "comments"), smallest=SMALL)
    assert enough.loc["price", "aspect_share"] == 0


def test_one_customer_is_one_voice(lay):
    many = lay(comments(40, customers=["k"] * 40, aspect_price=[-0.9, 0.9] * 20), "comments")
    row = aspects.negative_share(many).loc["price"]
    alone = aspects.negative_share(lay(comments(40, aspect_price=[-0.9, 0.9] * 20), "comments")).loc["price"]
    assert row["high"] - row["low"] > alone["high"] - alone["low"] + 0.2


def test_a_few_customers_are_not_told_of(lay):
    nine = [-0.9] * 9 + [None] * 91
    table = lay(comments(100, aspect_price=nine, aspect_quality=[-0.9] * 50 + [0.9] * 8 + [0.0] * 42), "comments")
    for answer in (aspects.share(table, smallest=SMALL), aspects.negative_share(table, smallest=SMALL)):
        assert answer.loc["price", "hidden"] == disclosure.SMALL
        assert answer.loc["price", ["low", "high", "customers"]].isna().all()
    parts = aspects.negative_share(table, smallest=SMALL).loc["quality"]
    assert parts["aspect_negative"] == 0.5
    assert parts[["negative", "neutral", "positive"]].isna().all()  # eight were pleased


def two_months(lay, now: dict, before: dict, size: int = 400):
    frames = [comments(size, month=month, **felt) for month, felt in ((BEFORE, before), (NOW, now))]
    return lay(pd.concat(frames, ignore_index=True), "comments")


def both(table, smallest=1):
    named = aspect_changes.now_and_before(aspects.share, table, [BEFORE, NOW], smallest=smallest)
    felt = aspect_changes.now_and_before(aspects.negative_share, table, [BEFORE, NOW], smallest=smallest)
    return named, felt


def part(share: float, negative: float, size: int = 400) -> list:
    """The first `share` of the comments name it; of those the first `negative` are unhappy."""
    n = round(share * size)
    bad = round(negative * n)
    return [-0.8] * bad + [0.8] * (n - bad) + [None] * (size - n)


def test_a_topic_that_broke_out_is_found_and_nothing_else(lay):
    same = part(0.4, 0.5)
    table = two_months(
        lay,
        {"aspect_packaging": part(0.25, 0.9), "aspect_quality": same},
        {"aspect_packaging": part(0.05, 0.5), "aspect_quality": same},
    )
    (found,), looks = readings.aspects.findings(*both(table))
    assert (found.kind, found.subject, found.measure) == ("topic", {"aspect": "packaging"}, "aspect_share")
    assert (found.value, found.baseline, found.severity, found.tone) == (0.25, 0.05, "high", "bad")
    assert found.low < 0.25 < found.high
    assert looks == 3  # twenty wrote of the packaging before: how they felt is not compared
    assert "از ⁦۵٫۰⁩٪ به ⁦۲۵٫۰⁩٪ رسید" in found.text["fa"]
    assert "90% of them" in found.detail["en"]


def test_a_feeling_that_turned_is_found_and_good_news_is_not_loud(lay):
    table = two_months(lay, {"aspect_price": part(0.5, 0.2)}, {"aspect_price": part(0.5, 0.7)})
    (found,), _ = readings.aspects.findings(*both(table))
    assert (found.kind, found.measure, found.tone, found.severity) == (
        "change_point",
        "aspect_negative",
        "good",
        "medium",
    )


def test_nothing_is_found_where_nothing_is(lay):
    rng, loud = np.random.default_rng(5), 0
    for _ in range(8):
        felt = [
            {f"aspect_a{k}": np.where(rng.random(400) < 0.2, rng.choice([-0.8, 0.8], 400), np.nan) for k in range(6)}
            for _ in range(2)
        ]
        loud += len(readings.aspects.findings(*both(two_months(lay, *felt)))[0])
    assert loud <= 1
    assert (
        readings.aspects.findings(*both(two_months(lay, {"aspect_a": [None] * 400}, {"aspect_a": [None] * 400})))[0]
        == []
    )


def test_a_planted_cost_in_rating_is_found_all_else_equal(lay):
    rng = np.random.default_rng(2)
    size = 3000
    late, dear = rng.random(size) < 0.2, rng.random(size) < 0.3
    dear |= late & (rng.random(size) < 0.5)  # who is late is often dear, too: by itself, dear looks worse than it is
    mood = np.repeat(rng.normal(0, 0.5, size // 3), 3)  # three comments of each customer
    rating = 4.2 - 1.5 * late - 0.3 * dear + mood + rng.normal(0, 0.3, size)
    frame = comments(
        size,
        customers=np.repeat(np.arange(size // 3), 3).astype(str),
        rating=np.round(rating, 3),
        aspect_delivery=np.where(late, -0.8, np.nan),
        aspect_price=np.where(dear, -0.8, np.nan),
        aspect_courier=[None] * size,
    )
    found = aspects.cost(lay(frame, "comments"))
    for aspect, true, share in (("delivery", -1.5, late.mean()), ("price", -0.3, dear.mean())):
        row = found.loc[aspect]
        assert row["low"] < true < row["high"] < 0
        assert row["high"] - row["low"] < 0.2
        assert row["lost"] == pytest.approx(row["rating_cost"] * share)
        assert row["complaints"] == round(share * size)
    assert found.loc["courier"].isna().all()
    assert found.attrs["why"] is None


@pytest.mark.parametrize("ratings", [None, [None] * 40, [3.0] * 20 + [None] * 20])
def test_without_ratings_a_cost_is_refused_with_its_reason(lay, ratings):
    frame = comments(40, aspect_price=[-0.9, 0.9] * 20)
    frame = frame if ratings is None else frame.assign(rating=pd.array(ratings, dtype="Float64"))
    found = aspects.cost(lay(frame, "comments"))
    assert found["rating_cost"].isna().all()
    assert "at least 30" in found.attrs["why"]["en"]
    assert found.attrs["why"]["fa"].startswith("تنها" if 3.0 in (ratings or []) else "هیچ نوشته‌ای امتیاز ندارد")
    named, felt = both(two_months(lay, {"aspect_price": part(0.5, 0.2)}, {"aspect_price": part(0.5, 0.2)}))
    assert "at least 30" in readings.aspects.sentence(named[0], felt[0], found)["en"]


def test_the_sentence_names_what_is_most_and_what_is_worst(lay):
    felt = {"aspect_price": part(0.5, 0.2), "aspect_delivery": part(0.2, 0.8)}
    table = two_months(lay, felt, felt)
    named, felt = both(table)
    said = readings.aspects.sentence(named[0], felt[0], aspects.cost(table))
    assert "most about price and delivery" in said["en"]
    assert "least happy are about “delivery”: 80% negative" in said["en"]
    assert "«تحویل»" in said["fa"]
    whole = aspect_changes.together(named[0], *felt)
    assert whole.index.tolist() == ["price", "delivery"]
    assert whole["change"].tolist() == [0, 0]


def test_mixed_feelings_are_counted(lay):
    frame = comments(4, aspect_price=[None] * 4).assign(mixed_feelings=[True, False, False, None])
    found = aspects.mixed_share(lay(frame, "comments"))
    row = found.loc["all"]
    assert (row["n"], row["mixed_share"]) == (3, pytest.approx(1 / 3))
    named = pd.DataFrame({"n": [3], "aspect_share": [0.1]}, index=["price"])
    felt, costs = pd.DataFrame({"low": [np.nan]}), pd.DataFrame({"high": [], "p_adjusted": []})
    said = readings.aspects.sentence(named, felt, costs, found)
    assert "33.3% of the comments are pleased" in said["en"]
    assert "(95% interval 6.1 to 79.2%)" in said["en"].replace("% to", " to"), "no share without its interval"
    none = readings.aspects.sentence(named, felt, costs, found.assign(mixed_share=0.0))
    assert "No comment is pleased" in none["en"]


def test_comments_that_were_not_marked_are_refused(lay):
    with pytest.raises(TableError, match="mark the comments first"):
        aspects.share(lay(comments(3), "comments"))


def test_one_row_and_none(lay):
    one = lay(comments(1, aspect_price=[-0.9], rating=[1.0]), "comments")
    assert aspects.negative_share(one).loc["price", "aspect_negative"] == 1
    assert aspects.cost(one)["rating_cost"].isna().all()
    empty = lay(comments(1, aspect_price=[-0.9]), "comments").filter(False)
    assert aspects.share(empty).loc["price", "n"] == 0
    assert np.isnan(aspects.share(empty).loc["price", "aspect_share"])


def test_ratings_of_few_customers_or_all_alike_are_told_as_such(lay):
    felt = {"aspect_price": [-0.9, 0.9] * 20}
    for frame in (
        comments(40, customers=[f"k{i % 12}" for i in range(40)], **felt).assign(rating=[1.0, 5.0] * 20),
        comments(40, **felt).assign(rating=5.0),
    ):
        why = aspects.cost(lay(frame, "comments"), smallest=SMALL).attrs["why"]["en"]
        assert why.startswith("40 comments carry a rating, but of fewer than 30 customers, or all the same one")
