"""What can be read of a comment, what cannot and why, and the same text again: by hand, on both engines."""

import pandas as pd
import pytest

from cx_helpers import disclosure, engine, readings
from cx_helpers.intake import aspects, legible, privacy, repeats, sentiment
from cx_helpers.measures import unread

LONG = "غذا عالی بود و خیلی خوشمزه، دست همه‌تان درد نکند که این‌قدر زود رسید"
TEXTS = {
    "persian": [
        "خوب",
        "كيفيت عالي بود خيلي ممنون",
        "گوشی Samsung A52 خوبه",
        "فوق العاده الان البته",
        "روغن خوبیە خیلے ممنون",
    ],
    "finglish": ["kheili bad bood", "Aliii", "awlii👌"],
    "mixed": ["کیفیتش very good بود", "عالی(very good)"],
    "empty": ["", "  \n", "\u200c"],
    "short": ["ب", "12", "👍👍👍", "!!!", "ب ۱۲"],
    "language": [
        "the food was cold when it arrived",
        "yemek cok soguk geldi",
        "الطعام بارد جدا والتوصيل متأخر",
        "الاكل كان لذيذ وشكرا لكم",
        "خواردنەکە زۆر خۆش بوو",
        "کھانا بہت ٹھنڈا تھا اور دیر سے آیا ہے",
        "все было холодное",
    ],
    "spam": [
        "به کانال ما بپیوندید t.me/abcde",
        "Y98TK9W2HQMY1 سی درصدی",
        "https://example.com/a?b=1",
        "کد تخفیف SB98XRG1YC3DC1",
    ],
}


@pytest.mark.parametrize(("how", "text"), [(how, text) for how, texts in TEXTS.items() for text in texts])
def test_each_text_is_read_or_told_why_not(how, text):
    found = sentiment.score([text]).iloc[0]
    assert found["how_read"] == how
    assert pd.isna(found["sentiment"]) == (how not in legible.READ)


def test_letters_without_a_word_that_is_known_are_unknown():
    assert sentiment.score(["ڃڄڇڃ", "ڄڃڇ 👍"])["how_read"].tolist() == ["unknown"] * 2
    assert sentiment.score([None])["how_read"].tolist() == ["empty"]


def test_many_texts_are_read_as_each_alone():
    texts = [text for texts in TEXTS.values() for text in texts]
    together, how = legible.read(texts)
    alone = [legible.read([text]) for text in texts]
    assert together == [one for (one,), _ in alone]
    assert how.tolist() == [one for _, (one,) in alone]


def test_a_review_that_names_a_link_or_a_model_is_no_advert():
    assert not legible.is_advert("گوشی SM-A528BZ عالیه و دوربینش خیلی خوبه")
    assert not legible.is_advert("در https://example.com هم نوشتم که غذا سرد بود و پیک دیر رسید")
    assert legible.is_advert("کسب درآمد در کانال https://t.me/abcdef")
    assert not legible.is_advert("کیفیتش خوب نبود، لینکش اینه https://t.me/abcdef")
    assert not legible.is_advert("در اینستا پیام دادم @my_shop ولی کسی جواب نداد")


@pytest.mark.parametrize("text", [*TEXTS["spam"], "تلگرام: @my_shop", "کسب درآمد در کانال https://t.me/abcdef"])
def test_an_advert_is_one_when_its_link_was_taken_out(text):
    assert legible.read([text])[1] == legible.read([privacy.redact(text)])[1] == "spam"


def test_aspects_are_read_from_finglish():
    found = aspects.feelings(["gheymatesh kheili bala bood vali keyfiatesh ali bood"]).iloc[0]
    assert found["aspect_price"] < 0 < found["aspect_quality"]
    assert found["mixed_feelings"]
    assert set(aspects.read(["peyk dir resid"])["aspect"]) & {"delivery", "courier"}


def test_what_drove_a_finglish_score_is_told_in_persian():
    assert {"خیلی", "بد"} <= set(sentiment.explain("kheili bad bood").index)


# ---- the same text again ---------------------------------------------------------------------------------------------


def comments(rows):
    """(customer, hour, text) -> comments c0, c1, …"""
    start = pd.Timestamp("2025-09-01", tz="UTC")
    frame = pd.DataFrame(rows, columns=["customer_id", "hour", "text"], dtype=object)
    return pd.DataFrame(
        {
            "comment_id": [f"c{i}" for i in range(len(frame))],
            "customer_id": frame["customer_id"],
            "written_at": start + pd.to_timedelta(frame["hour"].astype(float), unit="h"),
            "text": frame["text"],
        }
    )


AGAIN = [
    ("a", 0, LONG),
    ("a", 900, LONG),  # the same customer, weeks later, too long to be chance
    ("b", 1, LONG),  # another customer: another voice
    (None, 2, LONG),
    (None, 3, LONG),  # nobody known is nobody's double
    ("a", 4, "عالی بود"),
    ("a", 5, "عالی بود"),  # sent twice
    ("a", 200, "عالی بود"),  # a new order, the same two words: a new opinion
    ("b", 5, "عالی بود"),
    ("c", 6, ""),
    ("c", 7, ""),
]


def test_one_customers_double_is_marked_and_other_customers_are_not_merged(lay):
    found = repeats.marks(lay(comments(AGAIN), "comments"))
    assert dict(zip(found["comment_id"], found["how_read"], strict=True)) == {"c1": "repeated", "c6": "repeated"}
    shuffled = repeats.marks(lay(comments(AGAIN).sample(frac=1, random_state=2), "comments"))
    assert set(shuffled["comment_id"]) == {"c1", "c6"}


def test_what_many_paste_within_days_is_spam_and_what_many_write_over_time_is_not(lay):
    burst = [(f"k{i}", 20 * i, LONG) for i in range(5)]
    slow = [(f"k{i}", 200 * i, LONG + " ممنون") for i in range(9)]
    short = [(f"k{i}", i, "خیلی خوب بود") for i in range(9)]
    found = repeats.marks(lay(comments(burst + slow + short), "comments"))
    assert dict(zip(found["comment_id"], found["how_read"], strict=True)) == {f"c{i}": "spam" for i in range(5)}
    assert repeats.marks(lay(comments(burst[:4]), "comments")).empty
    assert repeats.marks(lay(comments([]).astype({"customer_id": str, "text": str}), "comments")).empty


def test_comments_keep_their_rows_and_lose_only_the_scores_of_doubles(lay):
    table = lay(sentiment.score_comments(comments(AGAIN)), "comments")
    found = sentiment.scored(table).execute().set_index("comment_id").sort_index()
    assert len(found) == len(AGAIN)
    assert found.index[found["sentiment"].isna()].tolist() == ["c1", "c10", "c6", "c9"]
    assert found.loc[["c1", "c6", "c9"], "how_read"].tolist() == ["repeated", "repeated", "empty"]
    assert found.loc["c1", "text"] == LONG
    left = repeats.once(sentiment.scored(table)).comment_id.execute()
    assert sorted({*found.index} - {*left}) == ["c1", "c6"], "an empty one is no double"


# ---- what the page says ----------------------------------------------------------------------------------------------


def test_counts_add_up_and_are_told_with_their_reasons(lay):
    rows = [*AGAIN, ("d", 1, "kheili bad bood"), ("e", 1, "the food was very cold"), ("f", 1, None)]
    found = unread.counts(sentiment.scored(lay(comments(rows), "comments")))
    assert found["n"].sum() == len(rows)
    assert found["n"].to_dict() == {"persian": 7, "empty": 3, "repeated": 2, "finglish": 1, "language": 1}
    assert found.loc["empty", "customers"] == 2
    said = readings.unread.sentence(found)
    assert (
        "6 comments were not scored, because they are empty (3), the same customer’s same text again (2)" in said["en"]
    )
    assert "Finglish comments (Persian in Latin letters), turned into Persian and read: 1." in said["en"]
    few = readings.unread.sentence(found, disclosure.Limit(30, 10, None))
    assert "fewer than 10" in few["en"]
    assert "(3)" not in few["en"]


def test_scores_that_came_with_the_comments_are_counted_too(lay):
    found = unread.counts(lay(comments(AGAIN).assign(sentiment=[0.5] * 9 + [None, None]), "comments"))
    assert found["n"].to_dict() == {"persian": 9, "unscored": 2}
    one = readings.unread.sentence(found, disclosure.Limit(30, 10, None))["en"]
    assert one == "fewer than 10 comments were not scored, because they are without a score of the system that they " \
        "came from."  # fmt: skip
    whole = unread.counts(lay(comments(AGAIN).assign(sentiment=0.5), "comments"))
    assert readings.unread.sentence(whole)["en"] == "No comment was left without a score."


def test_spark_marks_and_counts_the_same(lay, spark, tmp_path):
    rows = [*AGAIN, *((f"k{i}", 20 * i, LONG + " سپاس") for i in range(5)), ("z", 3, "kheili bad bood")]
    comments(rows).to_parquet(tmp_path / "comments.parquet", index=False, coerce_timestamps="us")
    other = sentiment.scored(engine.conform(spark.read_parquet(str(tmp_path / "comments.parquet")), "comments"))
    here = sentiment.scored(lay(comments(rows), "comments"))
    pd.testing.assert_frame_equal(unread.counts(here), unread.counts(other))
    columns = ["comment_id", "how_read", "sentiment"]
    one, two = (t.execute()[columns].sort_values("comment_id", ignore_index=True) for t in (here, other))
    pd.testing.assert_frame_equal(one, two, check_dtype=False, rtol=1e-9)
