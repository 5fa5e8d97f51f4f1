"""Sentiment: a model small enough to work out by hand, the shipped one, and real comments where they are at hand."""

import math
import subprocess
import sys
from pathlib import Path

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cx_helpers.intake import sentiment, sentiment_model
from cx_helpers.tables import TableError

ROOT = Path(__file__).parent.parent
WORDS = "غذا عالی بود سرد نبود خوب بد نه خیلی ممنون افتضاح دیر رسید پیک 👍 ! کیفیت".split()
TEXTS = st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join)


@pytest.fixture
def tiny(tmp_path):
    """Two words, their pair, and one part: intercept 0.5."""
    rows = [
        ("word", "خوب", 2.0, 3.0),
        ("word", "نبود", 1.0, -1.0),
        ("pair", "خوب نبود", 2.0, -4.0),
        ("part", "وب ", 4.0, 0.25),
    ]
    table = pa.Table.from_pandas(pd.DataFrame(rows, columns=["kind", "feature", "idf", "weight"]))
    path = tmp_path / "tiny.parquet"
    pq.write_table(table.replace_schema_metadata({"intercept": "0.5"}), path)
    return sentiment_model.load(path)


# ---- by hand ---------------------------------------------------------------------------------------------------------


def test_log_odds_of_a_model_worked_by_hand(tiny):
    # words 2*3 + 1*-1, pair 2*-4 over sqrt(4 + 1 + 4); the one part 4*0.25 over sqrt(16)
    assert tiny.read(["خوب نبود"]).logit[0] == pytest.approx(0.5 + (6 - 1 - 8) / 3 + 1 / 4)
    # the pair is not in the other order; a number between two words keeps them apart no more than a comma does
    assert tiny.read(["نبود خوب"]).logit[0] == pytest.approx(0.5 + 5 / math.sqrt(5) + 1 / 4)
    assert tiny.read(["خوب، 3 نبود"]).logit[0] == tiny.read(["خوب نبود"]).logit[0]
    # twice the word: twice the sum over the root of twice the norm; an unknown word adds nothing
    assert tiny.read(["خوب و خوب"]).logit[0] == pytest.approx(0.5 + 12 / math.sqrt(8) + 2 / math.sqrt(32))


def test_the_first_and_the_last_four_words_say_something_of_their_own(tmp_path):
    rows = [("word", "خوب", 1.0, 1.0), ("first", "خوب", 2.0, 0.5), ("last", "خوب", 1.0, -3.0)]
    table = pd.DataFrame(rows, columns=["kind", "feature", "idf", "weight"])
    sentiment_model.write(tmp_path / "edges.parquet", table, 0.0, {})
    model = sentiment_model.load(tmp_path / "edges.parquet")
    texts = ["خوب و و و و و", "و و و و خوب و و و و", "و و و و و خوب", "خوب و", "و و و و خوب و و و"]
    # first: (1 + 2 x 0.5) / sqrt(1 + 4); neither; last: (1 - 3) / sqrt(1 + 1); both: (1 + 1 - 3) / sqrt(6); 4th last
    wanted = [2 / math.sqrt(5), 1, -2 / math.sqrt(2), -1 / math.sqrt(6), -2 / math.sqrt(2)]
    assert model.read(texts).logit == pytest.approx(wanted)
    assert [model.read([text]).logit[0] for text in texts] == pytest.approx(wanted)


def test_a_pair_never_reaches_into_the_next_text(tiny):
    assert tiny.read(["خوب", "نبود"]).logit == pytest.approx([0.5 + 3 + 1 / 4, 0.5 - 1])


def test_the_score_is_the_logistic_of_the_log_odds(tiny):
    found = sentiment.score(["خوب"], tiny).iloc[0]
    p = 1 / (1 + math.exp(-3.75))
    assert (found["p_positive"], found["p_negative"]) == pytest.approx((p, 1 - p))
    assert found["sentiment"] == pytest.approx(2 * p - 1)
    assert found["n_known"] == 2  # the word and its part


def test_what_drove_a_score_is_named_as_it_was_written(tiny):
    why = sentiment.explain("خوووب نبود!", tiny)
    expected = {"خوووب نبود": -8 / 3, "خوووب": 6 / 3 + 1 / 4, "": 0.5, "نبود": -1 / 3}
    assert why["contribution"].to_dict() == pytest.approx(expected)
    assert why["kind"].tolist() == ["phrase", "word", "start", "word"]


# ---- nulls, bands, refusals ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [None, float("nan"), pd.NA, "", "   ", "ب", "12", "!!", "👍", "very good", "\n", "ـ‌"])
def test_nothing_to_read_is_null_and_never_a_score(text):
    found = sentiment.score([text]).iloc[0]
    assert found[["p_negative", "p_neutral", "p_positive", "sentiment", "feeling", "unsure"]].isna().all()
    if isinstance(text, str):
        assert sentiment.explain(text).empty


def test_no_texts_at_all_is_an_answer_too():
    assert len(sentiment.score([])) == 0
    assert sentiment.score([None, None])["sentiment"].isna().all()


def test_feeling_follows_the_neutral_band_and_unsure_its_own(tiny):
    texts = ["خوب", "خوب نبود", "نبود"]  # sentiment 0.954, -0.124, -0.245
    assert sentiment.score(texts, tiny)["sentiment"].round(3).tolist() == [0.954, -0.124, -0.245]
    assert sentiment.score(texts, tiny)["feeling"].tolist() == ["positive", "neutral", "negative"]
    assert sentiment.score(texts, tiny, band=0.0)["feeling"].tolist() == ["positive", "negative", "negative"]
    assert sentiment.score(texts, tiny, band=0.3)["feeling"].tolist() == ["positive", "neutral", "neutral"]
    assert sentiment.score(texts, tiny)["unsure"].tolist() == [False, True, True]
    assert sentiment.score(texts, tiny, sure=0.2)["unsure"].tolist() == [False, True, False]


def test_p_neutral_is_null_because_no_neutral_class_was_trained():
    found = sentiment.score(["غذا خوب بود", "معمولی بود"])
    assert found["p_neutral"].isna().all()
    assert (found["p_positive"] + found["p_negative"]).tolist() == pytest.approx([1, 1])


@pytest.mark.parametrize("bands", [{"band": -0.1}, {"band": 0.7}, {"sure": 1.1}, {"band": float("nan")}])
def test_bands_off_their_scale_are_refused(bands):
    with pytest.raises(ValueError, match=r"both lie in 0\.\.1"):
        sentiment.score(["خوب"], **bands)


def test_wrong_kinds_are_refused_with_what_to_do():
    with pytest.raises(TypeError, match=r"write score\(\[text\]\)"):
        sentiment.score("خوب")
    with pytest.raises(TypeError, match="not int: 3; give the text column"):
        sentiment.score(["خوب", 3])
    with pytest.raises(TypeError, match=r"use score\(\) for many"):
        sentiment.explain(["خوب"])


def test_a_file_that_is_no_model_is_refused_with_what_it_holds(tmp_path):
    with pytest.raises(sentiment_model.SentimentModelError, match="no sentiment model at .*cx sentiment train"):
        sentiment_model.load(tmp_path / "none.parquet")
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "other.parquet")
    with pytest.raises(sentiment_model.SentimentModelError, match=r"columns \['a'\], and needs kind"):
        sentiment.score(["خوب"], tmp_path / "other.parquet")


# ---- properties of the shipped model ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("کیفیت عالی بود", "كيفيت عالي بود"),  # Arabic letters
        ("خیلی عالی بود", "خیلی عاااااالی بود"),  # stretched
        ("نمی‌خوام دیگه", "نمیخوام دیگه"),  # half-space
        ("اصلا خوب نبود", "اصلاً خوب نَبود"),  # marks
        ("عالی بود ۲", "عالی بود 1402/05/12"),  # numbers say nothing
        ("عالی بود", "عالی   بود…"),
        ("عالی بود 👍", "عالی بود 👍🏽"),  # skin tone
    ],
)
def test_one_text_in_many_spellings_has_one_score(one, other):
    found = sentiment.score([one, other])["sentiment"]
    assert found[0] == pytest.approx(found[1])
    assert not math.isnan(found[0])


def test_plain_cases_are_read_rightly():
    good = ["غذا عالی بود ممنون", "خیلی خوشمزه و گرم بود", "بسیار راضی هستم، پیشنهاد می‌کنم", "کیفیتش حرف نداره"]
    bad = ["افتضاح بود، پولم رو پس بدید", "خیلی بد و بی کیفیت بود", "غذا سرد و دیر رسید، اصلا خوب نبود", "راضی نبودم"]
    assert sentiment.score(good)["feeling"].tolist() == ["positive"] * 4
    assert sentiment.score(bad)["feeling"].tolist() == ["negative"] * 4
    doubled = sentiment.score(["خوب بود", "خوب نبود"])["sentiment"]
    assert doubled[0] > 0 > doubled[1]


@settings(deadline=None, max_examples=40)
@given(st.lists(TEXTS, max_size=12))
def test_neighbours_and_batches_do_not_change_a_score(texts):
    together = sentiment.score(texts)["sentiment"].tolist()
    alone = [sentiment.score([text])["sentiment"].iloc[0] for text in texts]
    np.testing.assert_allclose(together, alone)


@settings(deadline=None, max_examples=40)
@given(st.text(max_size=60))
def test_any_text_gets_a_probability_or_null(text):
    found = sentiment.score([text]).iloc[0]
    assert pd.isna(found["p_positive"]) or 0 <= found["p_positive"] <= 1


@settings(deadline=None, max_examples=40)
@given(TEXTS)
def test_contributions_add_up_to_the_log_odds(text):
    why, read = sentiment.explain(text), sentiment_model.load().read([text])
    if len(why):
        assert why["contribution"].sum() == pytest.approx(read.logit[0])
        assert set(why.loc[why["kind"] == "word"].index) <= set(text.split())


def test_memory_of_words_is_bounded_and_forgetting_changes_nothing(tiny, monkeypatch):
    monkeypatch.setattr(sentiment_model, "_REMEMBERED", 20)
    odd = [f"ا{chr(0x628 + i % 17)}{chr(0x628 + i // 17)}" for i in range(200)]
    texts = [f"خوب {word}" if i % 7 else f"{word} نبود" for i, word in enumerate(odd)]
    first = [tiny.read([text]).logit[0] for text in texts]
    assert len(tiny._seen) <= 23
    monkeypatch.setattr(sentiment_model, "_REMEMBERED", 10**6)
    assert tiny.read(texts).logit == pytest.approx(first)


def test_the_index_of_a_series_is_kept():
    found = sentiment.score(pd.Series(["خوب بود", None], index=["x", "y"]))
    assert found.index.tolist() == ["x", "y"]
    assert found.loc["x", "sentiment"] > 0


# ---- what ships ------------------------------------------------------------------------------------------------------


def test_the_shipped_model_is_small_and_holds_nobody():
    assert sentiment_model.SHIPPED.stat().st_size <= 1_000_000
    table = pd.read_parquet(sentiment_model.SHIPPED)
    assert set(table["kind"]) <= set(sentiment_model.KINDS)
    assert not table.duplicated(["kind", "feature"]).any()
    telling = table["feature"].str.contains(r"[\d@_/.:A-Za-z]")  # numbers, addresses, links, handles, Latin names
    assert not telling.any(), table.loc[telling, "feature"].tolist()[:5]
    assert table.loc[table["kind"] == "part", "feature"].str.len().between(2, 5).all()
    assert table.loc[table["kind"] != "part", "feature"].str.split(" ").str.len().max() == 2
    assert np.isfinite(table[["idf", "weight"]].astype(float)).all(axis=None)


def test_the_card_tells_the_size_of_what_ships():
    card = sentiment_model.SHIPPED.with_suffix(".md").read_text("utf-8")
    kinds = pd.read_parquet(sentiment_model.SHIPPED)["kind"].value_counts()
    for kind in sorted(kinds.index):
        assert f"{kinds[kind]:,}" in card


def test_scoring_needs_no_scikit_learn():
    code = (
        "import sys; from cx_helpers.intake import sentiment; sentiment.score(['خوب']); print('sklearn' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "False"


# ---- the comments table ----------------------------------------------------------------------------------------------


def comments(count=3, **columns):
    texts = ["غذا عالی بود", None, "افتضاح و سرد بود"] * (count // 3)
    return pd.DataFrame({"comment_id": [f"c{i}" for i in range(count)], "text": texts} | columns)


def test_a_frame_gets_the_contract_columns_and_is_not_touched():
    frame = comments(sentiment=[9.0, 9.0, 9.0])
    found = sentiment.score_comments(frame)
    assert frame["sentiment"].tolist() == [9, 9, 9]
    assert set(found.columns) == {"comment_id", "text", *sentiment.DERIVED, "how_read"}
    assert found["how_read"].tolist() == ["persian", "empty", "persian"]
    assert found["sentiment"].tolist()[0] > 0.5 > -0.5 > found["sentiment"].tolist()[2]
    assert pd.isna(found["sentiment"].tolist()[1])


@pytest.mark.parametrize("kind", ["ibis", "table", "reader"])
def test_large_tables_are_scored_batch_by_batch_in_their_order(kind, monkeypatch):
    monkeypatch.setattr(sentiment, "BATCH", 4)
    frame = comments(30, sentiment=9.0)
    arrow = pa.Table.from_pandas(frame, preserve_index=False)
    given = {"ibis": ibis.memtable(frame), "table": arrow, "reader": arrow.to_reader(max_chunksize=4)}[kind]
    found = sentiment.score_comments(given)
    assert isinstance(found, pa.RecordBatchReader)
    pd.testing.assert_frame_equal(found.read_pandas(), sentiment.score_comments(frame), check_dtype=False)


def test_spark_tables_are_scored_too(spark, tmp_path):
    comments(6).to_parquet(tmp_path / "comments.parquet", index=False)
    found = sentiment.score_comments(spark.read_parquet(str(tmp_path / "comments.parquet"))).read_pandas()
    wanted = sentiment.score_comments(comments(6))
    pd.testing.assert_frame_equal(
        found.sort_values("comment_id", ignore_index=True), wanted, check_dtype=False, check_like=True
    )


def test_spark_reads_on_its_workers_what_is_read_here(spark, tmp_path):
    frame = comments(30, sentiment_note="x", written_at=pd.Timestamp("2025-09-01", tz="UTC"))
    frame["text"] = [f"{text} {'خوب' * (i % 3)}" if text else None for i, text in enumerate(frame["text"])]
    frame.to_parquet(tmp_path / "comments.parquet", index=False, coerce_timestamps="us")
    view = sentiment.scored(spark.read_parquet(str(tmp_path / "comments.parquet")))
    found = view.execute().sort_values("comment_id", ignore_index=True)
    wanted = sentiment.score_comments(frame).sort_values("comment_id", ignore_index=True)
    for name in sentiment.DERIVED:
        np.testing.assert_allclose(found[name].astype(float), wanted[name].astype(float), rtol=0, atol=1e-9)
    assert found["comment_id"].tolist() == wanted["comment_id"].tolist()


def test_a_reader_is_read_only_as_fast_as_the_result():
    taken = []

    def batches():
        for i in range(50):
            taken.append(i)
            yield pa.RecordBatch.from_pandas(comments(3), preserve_index=False)

    schema = pa.RecordBatch.from_pandas(comments(3), preserve_index=False).schema
    found = sentiment.score_comments(pa.RecordBatchReader.from_batches(schema, batches()))
    found.read_next_batch()
    assert len(taken) <= 2


def test_a_comment_marked_as_another_language_is_left_null():
    found = sentiment.score_comments(comments(language=["en", "fa", None]))
    assert found["sentiment"].isna().tolist() == [True, True, False]


def test_comments_without_text_are_refused_naming_what_is_there():
    with pytest.raises(TableError, match="no column 'text' among"):
        sentiment.score_comments(pd.DataFrame({"txt": ["خوب"]}))
    with pytest.raises(TableError, match="no column 'text' among"):
        sentiment.score_comments(pa.table({"txt": ["خوب"]}))


# ---- real comments ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def test_set(real):
    path = real / "persian" / "test.parquet"
    if not path.exists():
        pytest.skip("no persian/test.parquet in the real data")
    return pd.read_parquet(path)


def test_accuracy_on_the_official_snappfood_test(test_set):
    rows = test_set[test_set["domain"] == "snappfood"]
    found = sentiment.score(rows["text"])
    right = ((found["p_positive"] > 0.5) == (rows["label"] == "positive")) & found[
        "p_positive"
    ].notna()  # null is wrong
    assert len(rows) == 6989
    assert right.mean() >= 0.855
    assert right[~found["unsure"].fillna(True).astype(bool)].mean() >= 0.93
