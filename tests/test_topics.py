"""What is new and what is always said: terms counted by hand, planted topics found, nothing found in nothing."""

import numpy as np
import pandas as pd
import pytest

from cx_helpers import disclosure, persian
from cx_helpers.dates import Period
from cx_helpers.measures import risen, terms, topic_shares, topics, turning, voices
from cx_helpers.readings import topics as reading

MONTHS = [Period.parse("1404-06").shift(step) for step in range(-3, 1)]
NOW = MONTHS[-1]


def comments(texts: list, month: Period = NOW, who=None, **columns) -> pd.DataFrame:
    n = len(texts)
    return pd.DataFrame(
        {
            "comment_id": [f"{month.name}-{i:05}" for i in range(n)],
            "customer_id": who or [f"{month.name}-k{i}" for i in range(n)],
            "written_at": pd.Timestamp(month.start).tz_convert("UTC") + pd.to_timedelta(np.arange(n), unit="min"),
            "text": texts,
            "sentiment": 0.0,
        }
        | columns
    )


@pytest.mark.parametrize(
    ("word", "lemma"),
    [
        ("کتاب‌ها", "کتاب"),
        ("می‌رسد", "رسید"),
        ("میرسد", "رسید"),  # hazm knows it with its half-space only
        ("نرسید", "نرسید"),  # hazm gives it the lemma of رسید: a denial must not be lost
        ("نمی‌رسد", "نرسید"),
        ("بندی", "بندی"),  # and takes it for "you tie"
        ("جعبه‌ش", "جعبه"),
        ("", ""),
    ],
)
def test_lemmas_and_their_traps(word, lemma):
    assert persian.lemma(word) == lemma


def test_a_lemma_is_asked_of_texts_only():
    with pytest.raises(TypeError):
        persian.lemma(None)


def test_hazm_is_built_once():
    persian.lemma("کتاب")
    before = persian._lemmatizer.cache_info().misses
    [persian.lemma(word) for word in ("کتاب", "سیب", "نان")]
    assert persian._lemmatizer.cache_info().misses == before == 1


def test_terms_of_a_few_sentences(lay):
    table = lay(comments(["جعبه پاره بود. خیلی بد! [تلفن] 0912", "جعبه‌ها پاره‌اند", "جعبه‌ش پاره"] * 3), "comments")
    found = terms.terms(table).execute()
    count = found.groupby("term")["comment_id"].nunique()
    assert count["جعبه"] == 9, "with their endings, one word"
    assert count["جعبهپاره"] >= 6, "neighbours are a phrase"
    assert "تلفن" not in count.index, "what redaction leaves is nobody's word"
    assert not {"بود", "خیلی", "پارهبود", "بودخیلی"} & set(count.index), "words that say nothing by themselves"
    assert found["term"].str.contains(r"\d").sum() == 0


def test_a_phrase_may_hold_a_denial_and_ends_with_its_sentence(lay):
    count = terms.terms(lay(comments(["کیفیت نداره. ارسال سریع بود"] * 3), "comments")).term.nunique().execute()
    found = set(terms.terms(lay(comments(["کیفیت نداره. ارسال سریع بود"] * 3), "comments")).term.execute())
    assert found == {"کیفیت", "کیفیتنداره", "ارسال", "سریع", "ارسالسریع"}
    assert count == 5


def test_spellings_come_together_and_are_shown_as_people_write_them(lay):
    said = ["بسته بندی خوب"] * 5 + ["بسته‌بندی خوب"] * 3 + ["بستهبندی خوب"] * 3 + ["بسته‌بندي عاااالی"] * 3
    found = terms.terms(lay(comments(said), "comments"))
    wrote = found.filter(found.term == "بستهبندی").comment_id.nunique().execute()
    assert wrote == 14
    assert terms.spelled(found, ["بستهبندی"]) == {"بستهبندی": "بسته‌بندی"}
    assert terms.spelled(found, []) == {}
    assert terms.comments(found) == 14


def test_without_customers_each_comment_stands_for_itself(lay):
    table = lay(comments(["جعبه"] * 4).drop(columns="customer_id"), "comments")
    assert terms.terms(table).who.nunique().execute() == 4


def four_months(now: list, before: list, who=None) -> pd.DataFrame:
    past = [comments(before, month) for month in MONTHS[:-1]]
    return pd.concat([*past, comments(now, who=who)], ignore_index=True)


def part(word: str, share: float, size: int = 400, rest: str = "ارسال خوب") -> list[str]:
    n = round(share * size)
    return [f"{rest} {word}"] * n + [rest] * (size - n)


def test_the_log_odds_ratio_by_hand(lay):
    found = risen.risen(terms.terms(lay(four_months(part("جعبه", 0.2), part("جعبه", 0.05)), "comments")), MONTHS)
    row = found.loc["جعبه"]
    assert row[["customers", "customers_before", "of", "of_before"]].tolist() == [80, 60, 400, 1200]
    prior = 50 * 140 / 1600
    one, other = (80 + prior, 400 + 50 - 80 - prior), (60 + prior, 1200 + 50 - 60 - prior)
    ratio = np.log(one[0] / one[1]) - np.log(other[0] / other[1])
    assert row["log_odds"] == pytest.approx(ratio)
    assert row["z"] == pytest.approx(ratio / np.sqrt(sum(1 / x for x in one + other)))
    assert found.index[0] in ("جعبه", "خوبجعبه")
    assert risen.news(found).index.tolist()[:2] in (["جعبه", "خوبجعبه"], ["خوبجعبه", "جعبه"])


def test_one_shouting_customer_counts_once(lay):
    loud = part("جعبه", 0.2)
    who = ["k"] * 80 + [f"o{i}" for i in range(320)]
    found = risen.risen(terms.terms(lay(four_months(loud, part("جعبه", 0.05), who), "comments")), MONTHS)
    assert found.loc["جعبه", ["customers", "of"]].tolist() == [1, 321]
    assert risen.news(found).empty


def test_a_few_customers_are_not_told_of(lay):
    table = terms.terms(lay(four_months(part("جعبه", 0.02), part("جعبه", 0.005)), "comments"))
    assert "جعبه" in risen.risen(table, MONTHS).index
    assert "جعبه" not in risen.risen(table, MONTHS, disclosure.Limit(30, 10)).index


def test_nothing_rose_where_nothing_did(lay):
    rng, words = np.random.default_rng(3), [f"{a}{b}ون" for a in "بتدرس" for b in "کگلمن"]
    loud = 0
    for _ in range(4):
        draw = [[" ".join(rng.choice(words, 4)) for _ in range(300)] for _ in range(2)]
        found = risen.risen(terms.terms(lay(four_months(*draw), "comments")), MONTHS)
        assert found.attrs["looks"] > 25
        loud += len(risen.news(found))
    assert loud <= 1


def test_one_period_has_nothing_to_be_compared_with(lay):
    with pytest.raises(ValueError, match="two or more"):
        risen.risen(terms.terms(lay(comments(["جعبه"]), "comments")), MONTHS[-1:])
    none = risen.risen(terms.terms(lay(comments(["جعبه خوب"] * 30), "comments")), MONTHS)
    assert none["p_value"].isna().all()
    assert risen.news(none).empty
    assert "Too few comments" in reading.sentence([], none)["en"]


TWO = ["جعبه پاره رسید", "جعبه شکسته رسید", "پاره شکسته جعبه"] * 20 + ["درگاه خطا داد", "خطا پرداخت درگاه"] * 25


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """Two topics that broke out together in a company that writes of other things: its tables and all that is made."""
    from cx_helpers import engine

    usual = ["ارسال سریع خوب", "قیمت مناسب خوب", "کیفیت عالی"] * 130
    frame = four_months(TWO + usual[:280], usual)
    frame["sentiment"] = np.where(frame["text"].str.contains("جعبه"), -0.9, 0.5)
    path = tmp_path_factory.mktemp("topics") / "comments.parquet"
    frame.to_parquet(path, index=False, coerce_timestamps="us")
    table = engine.conform(engine.connect().read_parquet(path, table_name="planted"), "comments")
    said = terms.terms(table)
    news = risen.risen(said, MONTHS)
    rose = risen.news(news)
    new = topics.group(rose, topics.together(said, list(rose.index)), terms.comments(said))
    heads = topics.phrases(said, new)
    named = reading.names(new, terms.spelled(said, [*new["term"], *heads.values()]), heads)
    return {"table": table, "said": said, "news": news, "new": new, "named": named}


def test_what_is_written_together_is_one_topic(planted):
    words = planted["new"].groupby("topic")["term"].agg(set)
    assert len(words) == 2
    assert any({"جعبه", "پاره", "شکسته"} <= those and "درگاه" not in those for those in words)
    assert any({"درگاه", "خطا"} <= those and "جعبه" not in those for those in words)


def test_a_topic_is_called_by_its_phrase(planted):
    assert all(" " in name for name in planted["named"]["name"])
    assert planted["named"]["name"].is_unique


def test_shares_changes_and_claims(planted):
    new, table = planted["new"], planted["table"]
    box = int(new.loc[new["term"] == "جعبه", "topic"].iloc[0])
    spoken = topic_shares.members(planted["said"], new)
    now, before = topic_shares.now_and_before(table, spoken, 2, MONTHS)
    assert now.loc[box, ["n", "of"]].tolist() == [60, 390]
    assert before.loc[box, ["n", "of", "topic_share"]].tolist() == [0, 1170, 0]
    moved = topic_shares.changes(now, before)
    assert moved.loc[box, "change"] == pytest.approx(60 / 390)
    assert moved.loc[box, "p_adjusted"] < 0.001
    felt = pd.DataFrame(
        {"negative_share": [0.9, 0.1], "low": 0.0, "high": 1.0}, planted["named"].loc[[box, 1 - box], "name"]
    )
    found = reading.findings(planted["news"], new, moved, planted["named"], felt)
    tones = {f.subject["topic"]: (f.kind, f.severity, f.tone) for f in found}
    assert tones[planted["named"].at[box, "name"]] == ("topic", "high", "bad")
    assert tones[planted["named"].at[1 - box, "name"]][1] == "medium", "what pleases is not told loudly"
    assert found[0].looks == planted["news"].attrs["looks"]
    rose, names = len(risen.news(planted["news"])), [f.subject["topic"] for f in found]
    said = [reading.sentence(found[:k], planted["news"])["en"] for k in (1, 2)]
    assert f"{rose} are written more than before; new topic: “{names[0]}”." in said[0]
    assert f"new topics: “{names[0]}” and “{names[1]}”." in said[1]
    assert "15.4%" in next(f for f in found if f.tone == "bad").text["en"]


def test_the_week_in_which_a_topic_broke_out(planted):
    table, new = planted["table"], planted["new"]
    spoken = topic_shares.members(planted["said"], new)
    shares = topic_shares.share(table, spoken, 2, MONTHS[0].back(1)[0].shift(0).weeks(1) or MONTHS)
    assert list(shares.columns[:3]) == ["n", "customers", "topic_share"]
    weekly = pd.DataFrame(
        {"n": 50, "topic_share": [0.02] * 20 + [0.2] * 4, "se": 0.02},
        pd.Index(NOW.weeks(24), dtype=object, name="period"),
    )
    turn = turning.since(weekly, "topic_share")
    assert turn.index[0] == NOW.weeks(24)[20]
    assert "4 Shahrivar 1404" in reading.since(turn)["en"]
    assert "۴ شهریور ۱۴۰۴" in reading.since(turn)["fa"]


def test_no_topic_at_all_is_an_answer(planted):
    none = topics.group(planted["news"].head(0), pd.DataFrame(), 0)
    spoken = topic_shares.members(planted["said"], none)
    named = reading.names(none, {}, topics.phrases(planted["said"], none))
    moved = topic_shares.changes(*topic_shares.now_and_before(planted["table"], spoken, 0, MONTHS))
    assert len(moved) == len(named) == 0
    assert reading.findings(planted["news"], none, moved, named) == []
    assert voices.of_each(topic_shares.about(planted["table"], spoken, []), "topic").empty


def test_too_few_customers_of_a_topic_are_hidden(planted):
    spoken = topic_shares.members(planted["said"], planted["new"])
    now, _before = topic_shares.now_and_before(planted["table"], spoken, 2, MONTHS, disclosure.Limit(30, 55))
    shown = now["topic_share"].notna()
    assert shown.sum() == 1, "60 customers write of the box, 50 of the payment"
    assert now.loc[~shown, "hidden"].tolist() == [disclosure.SMALL]


def test_quotes_are_typical_of_their_topic(lay):
    frame = comments(["آ" * 90, "ب" * 90, "پ" * 90, "ت" * 90, "ث" * 90], who=["k", "k", "l", "m", "n"])
    frame = frame.assign(sentiment=[-0.5, -0.45, -0.99, -0.4, 0.1], topic="جعبه")
    table = lay(frame, "comments")
    found = voices.of_each(table, "topic", most=3)
    assert found["text"].str[0].tolist() == ["ب", "ت", "پ"], "nearest to the mean feeling, each customer once"
    assert voices.of_each(table, "topic", smallest=disclosure.Limit(1, 10)).empty
    assert [voices.tone(x) for x in (-0.9, 0, 0.9)] == ["bad", "mid", "good"]


def test_a_word_of_other_phrases_makes_no_member_alone(lay):
    texts = ["جعبه پاره"] * 6 + ["جعبه"] * 3 + ["پاره ریخت"] * 3 + ["برنامه ریخت"] * 4
    said = terms.terms(lay(comments(texts), "comments"))
    made = pd.DataFrame({"topic": [0, 0, 0, 1], "term": ["جعبه", "پاره", "ریخت", "ریخت"]})
    found = topic_shares.members(said, made).execute().set_index(["topic", "comment_id"])["held"].sort_index()
    assert found.loc[0].tolist() == [2] * 6 + [1] * 3 + [2] * 3, "the box stands in 6 of 9 with another word"
    assert len(found.loc[1]) == 7, "the only word of its topic is its own, «ریخت» of the other in 3 of 7 only"


def test_quotes_hold_two_words_of_their_topic_where_any_does(lay):
    frame = comments(["آ" * 90, "ب" * 90, "پ" * 90]).assign(held=[1, 2, 1], topic=["جعبه", "جعبه", "درگاه"])
    found = voices.of_each(lay(frame, "comments"), "topic")
    assert found["text"].str[0].tolist() == ["ب", "پ"]


def themes(rng, sets, size: int) -> list[str]:
    return [" ".join(rng.choice(sets[rng.integers(len(sets))], 4, replace=False)) for _ in range(size)]


def test_standing_topics_are_those_that_were_planted(lay):
    rng = np.random.default_rng(1)
    letters = ["باغ", "چمن", "گلدان", "شاخه", "ریشه", "برگک"], ["تار", "سنتور", "نوازن", "کمانچه", "آواز", "دهل"]
    letters += ["قایق", "دریا", "موج", "ساحل", "لنگر", "بادبان"], ["کوه", "قله", "صخره", "دامنه", "غار", "پناهگاه"]
    found = topics.standing(terms.terms(lay(comments(themes(rng, letters, 900)), "comments")))
    assert found.attrs["topics"] == 4
    assert found.attrs["stability"] > 0.9
    made = found.groupby("topic")["term"].agg(set)
    assert all(any(len(those & {persian.lemma(w) for w in own}) >= 5 for own in letters) for those in made)


def test_words_at_random_are_no_topics(lay):
    rng, words = np.random.default_rng(2), [f"{a}{b}ان" for a in "بتدرسش" for b in "کگلمنف"]
    found = topics.standing(
        terms.terms(lay(comments([" ".join(rng.choice(words, 5)) for _ in range(900)]), "comments"))
    )
    assert found.attrs["topics"] <= 1
    few = topics.standing(terms.terms(lay(comments(["جعبه پاره"] * 20), "comments")))
    assert few.empty
    assert "No stable standing topic" in reading.stability(few)["en"]


def test_shuffled_rows_say_the_same(lay):
    frame = four_months(part("جعبه", 0.2, 200), part("جعبه", 0.05, 200))
    one, other = (
        risen.risen(terms.terms(lay(rows, "comments")), MONTHS).sort_index()
        for rows in (frame, frame.sample(frac=1, random_state=1))
    )
    pd.testing.assert_frame_equal(one, other)


@pytest.mark.parametrize("texts", [[], [None, None], ["سلام"], ["👍"], ["!!!"]])
def test_nothing_to_read(lay, texts):
    frame = comments(texts).astype({"text": "object"})
    if not texts:
        frame = comments(["x"]).head(0)
    said = terms.terms(lay(frame.astype({"text": "string"}), "comments"))
    assert risen.news(risen.risen(said, MONTHS)).empty
    assert topics.standing(said).empty


def test_weeks_end_with_the_period():
    weeks = NOW.weeks(3)
    assert [week.days for week in weeks] == [7, 7, 7]
    assert weeks[-1].past == NOW.past
    assert weeks[0].past == weeks[1].first
    assert MONTHS[0].through(MONTHS[2]).past == MONTHS[3].first
