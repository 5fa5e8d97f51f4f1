"""What those who wrote said in numbers, counted by hand; how a model misreads them; what tells nothing is not used."""

import numpy as np
import pandas as pd
import pytest

from cx_helpers import misread, readings
from cx_helpers.intake import sentiment, sentiment_rates, sentiment_stars
from cx_helpers.measures import sentiment as measure
from cx_helpers.tables import rating_scale

AT = pd.Timestamp("2025-01-01", tz="UTC")
HALF = pd.to_timedelta(180, "D")
ELSEWHERE = sentiment.errors_elsewhere(0.2)


def written(*groups, days=300, **columns):
    """Groups of (n, rating, p(negative)), dealt evenly over the days, of as many customers."""
    rows = [(rating, p, (i + 0.5) / n) for n, rating, p in groups for i in range(n)]
    frame = pd.DataFrame(rows, columns=["rating", "p", "place"])
    frame["comment_id"] = [f"m{i:04}" for i in range(len(frame))]
    frame["customer_id"] = [f"c{i:04}" for i in range(len(frame))]
    frame["written_at"] = AT + pd.to_timedelta((frame["place"].astype(float) * days * 86_400).round(), "s")
    return frame.assign(
        sentiment=1 - 2 * frame["p"], p_positive=1 - frame["p"], text="…", **{"origin": "review"} | columns
    )


def test_the_first_usual_scale_that_holds_all_numbers():
    assert [rating_scale(1, 5), rating_scale(0.5, 5), rating_scale(0, 9), rating_scale(3, 80)] == [
        (1, 5), (0, 5), (0, 10), (0, 100),
    ]  # fmt: skip
    assert rating_scale(-1, 5) is rating_scale(0, 500) is None
    assert (rating_scale(0, 1), rating_scale(-1, 1)) == ((0, 1), (-1, 1)), "thumbs"


def test_labels_lie_where_the_number_is_on_its_scale(lay):
    """Two of five is negative where stars begin with one, and where they begin with nought; three is not."""
    stars = written((1, 1.0, 0.5), (1, 2.0, 0.5), (1, 3.0, 0.5), (1, 4.0, 0.5), (1, 5.0, 0.5), (1, np.nan, 0.5))
    for lowest in (1.0, 0.0):
        frame = stars.assign(rating=[lowest, *stars["rating"][1:]])
        found = sentiment_stars.labelled(lay(frame, "comments")).execute().sort_values("comment_id")
        assert found["label"].fillna("-").tolist() == ["negative"] * 2 + ["neutral"] + ["positive"] * 2 + ["-"]
        assert found["of"].fillna("-").tolist() == ["rating"] * 5 + ["-"]
    ten = pd.concat([stars, stars.head(1).assign(comment_id="x", rating=9.0)])
    found = sentiment_stars.labelled(lay(ten, "comments")).execute().set_index("rating")["label"]
    assert (found[4.0], found[5.0], found[9.0]) == ("negative", "neutral", "positive"), "of ten, four is not much"


def test_thumbs_are_labels_and_a_minus_beside_marks_is_none(lay):
    thumbs = written((2, 0.0, 0.5), (2, 1.0, 0.5))
    found = sentiment_stars.labelled(lay(thumbs, "comments")).execute().sort_values("comment_id")
    assert found["label"].tolist() == ["negative"] * 2 + ["positive"] * 2
    marks = written((1, -1.0, 0.5), (1, 1.0, 0.5), (1, 5.0, 0.5))
    found = sentiment_stars.labelled(lay(marks, "comments")).execute().sort_values("comment_id")
    assert found["label"].fillna("-").tolist() == ["-", "negative", "positive"]


def test_numbers_of_others_than_those_who_gave_none_tell_nothing_of_them(lay):
    """All 100 unhappy ones rate, and one in four happy ones; or only those who say clearly what they feel."""
    rated, silent = written((100, 1.0, 0.9), (100, 5.0, 0.1)), {"comment_id": lambda f: "s" + f["comment_id"]}
    for p in (0.1, 0.45):
        mute = written((300, np.nan, p)).assign(**silent, customer_id=lambda f: "s" + f["customer_id"])
        assert sentiment_rates.misread_here(lay(pd.concat([rated, mute]), "comments"), ELSEWHERE) is None
        few = sentiment_rates.misread_here(lay(pd.concat([rated, mute.head(15)]), "comments"), ELSEWHERE)
        assert few is not None, "a few change nothing"
        share = sentiment_rates.unseen(lay(pd.concat([rated, mute]), "comments"))
        assert share == pytest.approx(300 / 500), "an own model's labels tell nothing of these either"
    alike = written((100, np.nan, 0.9), (100, np.nan, 0.1)).assign(**silent)
    table = lay(pd.concat([rated, alike]), "comments")
    assert sentiment_rates.misread_here(table, ELSEWHERE) is not None
    assert sentiment_rates.unseen(table) == 0
    assert sentiment_rates.unseen(lay(written((40, 1.0, 0.9)), "comments")) == 1


def test_a_comment_is_rated_by_the_answer_or_ticket_it_came_with(lay):
    frame = written((36, np.nan, 0.5), origin="response").assign(origin_id=[f"r{i}" for i in range(36)])
    frame.loc[30:32, "origin"] = "ticket"
    answers = pd.DataFrame({"response_id": frame["origin_id"], "score": 2.0, "scale_min": 1.0, "scale_max": 5.0})
    answers["instrument"] = ["csat"] * 34 + ["servqual.1.expected", "nps"]
    answers.loc[35, ["scale_min", "scale_max"]] = [0.0, 10.0]
    tickets = pd.DataFrame({"ticket_id": ["r30", "r31", "r32"], "csat": [1.0, 5.0, -1.0]})
    beside = lay(answers, "responses"), lay(tickets, "tickets")
    found = sentiment_stars.rated(lay(frame, "comments"), *beside)
    assert found[1:] == ((1, 5), 33, 1), "31 answers and 2 tickets of five, one answer of ten"
    rating = found.comments.execute().sort_values("comment_id")["rating"].tolist()
    assert rating[:30] == [2.0] * 30
    assert rating[30:32] == [1.0, 5.0]
    assert np.isnan(rating[32:]).tolist() == [True, False, True, True], "wishes and points of ten are no such rating"
    said = readings.aspects.cost_note(found)
    assert "from 1 to 5. Left aside: 1 rating of other scales." in said["en"]
    own = lay(frame.assign(rating=3.0), "comments")
    assert sentiment_stars.rated(own, *beside) == (own, None, 0, 0)
    assert readings.aspects.cost_note(sentiment_stars.rated(own)) == readings.aspects.COST_NOTE
    assert sentiment_stars.rated(lay(frame, "comments")).scale is None


def test_the_rates_of_a_company_by_hand(lay):
    """60 unhappy with p .9, 90 happy with .2, 30 in the middle with .5: .9 of the first, .275 of the others."""
    reviews = written((60, 1.0, 0.9), (90, 5.0, 0.2), (30, 3.0, 0.5))
    chats = written((60, np.nan, 0.5), origin="chat").assign(comment_id=lambda f: "c" + f["comment_id"])
    table = sentiment_rates.misread_here(lay(pd.concat([reviews, chats]), "comments"), ELSEWHERE)
    row = table.loc["review"]
    assert (row["n_negative"], row["n_not_negative"], row["n_positive"], row["unseen"]) == (60, 120, 90, 60 / 240)
    assert (row["negative_p_hit"], row["negative_p_false"]) == pytest.approx((0.9, (90 * 0.2 + 30 * 0.5) / 120))
    assert (row["positive_p_hit"], row["positive_p_false"]) == pytest.approx((0.8, (60 * 0.1 + 30 * 0.5) / 90))
    assert row["negative_hit_var"] == pytest.approx(0, abs=1e-12)
    assert row["negative_false_var"] == pytest.approx((0.25 * 0.75 * 0.3**2) / 120)  # .2 of 90 and .5 of 30
    assert row["negative_drift"] == pytest.approx(0, abs=1e-6)
    of = misread.rates(table, "negative")
    assert (of.hit, of.false, of.unseen) == pytest.approx((0.9, 0.275, 0.25))
    assert of.spread == pytest.approx((0, row["negative_false_var"]), abs=1e-12)


def test_what_drifts_within_the_year_is_told(lay):
    """In two quarters the happy ones read .1, in two .3: a share of .4 is .6 x .1 / (.9 - .2) off."""
    early = written((80, 1.0, 0.9), (120, 5.0, 0.1), days=180)
    late = written((80, 1.0, 0.9), (120, 5.0, 0.3), days=180)
    late = late.assign(comment_id="x" + late["comment_id"], written_at=late["written_at"] + HALF)
    late["customer_id"] = "x" + late["customer_id"]
    table = sentiment_rates.misread_here(lay(pd.concat([early, late]), "comments"), ELSEWHERE)
    assert table.loc["review", "negative_drift"] == pytest.approx(0.6 * 0.1 / 0.7, rel=0.02)
    of = misread.rates(table, "negative")
    assert of.drift == pytest.approx(table.loc["review", "negative_drift"])
    steady = sentiment_rates.misread_here(lay(early, "comments"), ELSEWHERE)
    share = pd.DataFrame([{"s": 0.5, "low": 0.5, "high": 0.5, "se": 0.0}])
    wide, narrow = (misread.corrected(share, "s", misread.rates(one, "negative")).iloc[0] for one in (table, steady))
    assert wide["high"] - wide["low"] > 0.2 > 0.01 > narrow["high"] - narrow["low"]


def test_the_newest_year_tells_and_the_others_only_where_it_is_too_short(lay):
    old = written((100, 1.0, 0.6), (100, 5.0, 0.1)).assign(comment_id=lambda f: "o" + f["comment_id"])
    old["written_at"] -= 4 * HALF
    for n, hit in ((100, 0.9), (20, (100 * 0.6 + 20 * 0.9) / 120)):
        new = written((n, 1.0, 0.9), (n, 5.0, 0.1))
        table = sentiment_rates.misread_here(lay(pd.concat([old, new]), "comments"), ELSEWHERE)
        assert table.loc["review", "negative_p_hit"] == pytest.approx(hit)


@pytest.mark.parametrize(
    "frame",
    [
        written((20, 1.0, 0.9), (200, 5.0, 0.1)),  # few unhappy ones
        written((60, 1.0, 0.9), (100, 5.0, 0.1)).assign(customer_id="one"),
        written((100, 1.0, 0.5), (100, 5.0, 0.4)),  # words say little of the number
        written((40, 1.0, 0.9), (40, 5.0, 0.1)),  # fewer than a source needs to be known
        written((200, np.nan, 0.9)),
        written((1, 1.0, 0.9)),
        written((100, 1.0, 0.9), (100, 5.0, 0.1)).drop(columns="rating"),
        written((0, 1.0, 0.9)),
    ],
)
def test_what_tells_nothing_is_not_used(lay, frame):
    assert sentiment_rates.misread_here(lay(frame, "comments"), ELSEWHERE) is None


def test_shuffled_rows_and_one_customers_many_comments_change_no_rate(lay):
    frame = written((60, 1.0, 0.9), (90, 5.0, 0.2))
    table = sentiment_rates.misread_here(lay(frame, "comments"), ELSEWHERE)
    again = sentiment_rates.misread_here(lay(frame.sample(frac=1, random_state=3), "comments"), ELSEWHERE)
    pd.testing.assert_frame_equal(table, again)
    more = pd.concat(
        [
            frame,
            *(frame[frame["rating"] == 1].assign(comment_id=lambda f, k=k: f"{k}" + f["comment_id"]) for k in range(3)),
        ]
    )
    more = sentiment_rates.misread_here(lay(more, "comments"), ELSEWHERE)
    assert more.loc["review", "n_negative"] == 60, "people are counted, not what they wrote"


def test_a_company_is_found_again_and_far_more_surely(lay):
    """Half of 3,000 comments carry a star; the share of all whose writers are unhappy is found within few points."""
    rng, inside, widths = np.random.default_rng(4), 0, []
    for _ in range(12):
        true = rng.uniform(0.05, 0.5)
        bad = rng.random(3000) < true
        p = np.where(bad, rng.beta(6, 2, 3000), rng.beta(1.5, 6, 3000))  # means .75 and .2
        star = np.where(rng.random(3000) < 0.5, np.where(bad, 1.0, 5.0), np.nan)
        frame = written((3000, 1.0, 0.5)).assign(rating=star, sentiment=1 - 2 * p)
        table = lay(frame, "comments")
        errors = sentiment_rates.misread_here(table, ELSEWHERE)
        found = measure.negative_share(table, errors=errors).loc["all"]
        strange = measure.negative_share(table, errors=ELSEWHERE).loc["all"]
        inside += found["low"] <= bad.mean() <= found["high"]
        widths.append((found["high"] - found["low"]) / (strange["high"] - strange["low"]))
    assert inside >= 10
    assert np.mean(widths) < 0.3


def test_answers_and_tickets_without_a_number_give_none(lay):
    """A company of required columns only: no rating, no csat, no scale."""
    frame = written((4, np.nan, 0.5)).drop(columns="rating").assign(origin_id="r1")
    tickets = pd.DataFrame({"ticket_id": ["r1"], "opened_at": [AT]})
    for origin in ("ticket", "response"):
        table = lay(frame.assign(origin=origin), "comments")
        found = sentiment_stars.rated(table, None, lay(tickets, "tickets"))
        assert sentiment_stars.labelled(table, None, lay(tickets, "tickets")).execute()["label"].isna().all()
        assert found.comments.columns == table.columns
