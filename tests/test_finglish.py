"""Persian in Latin letters: recognised, told from other languages, written in Persian; real and invented writers."""

import random

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cx_helpers import finglish, finglish_spelling
from cx_helpers.intake import sentiment
from tools.robust import __main__ as robust
from tools.robust import spoil, writers

SENTENCES = {  # as people type, and what they mean
    "kheili bad bood": "خیلی بد بود",
    "ghaza sard bood va dir resid": "غذا سرد بود و دیر رسید",
    "Keyfiate mahsool aliye, mamnoon az shoma": "کیفیت محصول عالیه, ممنون از شما",
    "aslan razi naboodam": "اصلا راضی نبودم",
    "peyk kheyli dir umad vali ghaza garm bud": "پیک خیلی دیر اومد ولی غذا گرم بود",
    "mrc kheili khub bud": "مرسی خیلی خوب بود",
    "dg azatun kharid nemikonam": "دیگه ازتون خرید نمیکنم",
    "qeymatesh nesbat be keyfiatesh balast": "قیمتش نسبت به کیفیتش بالاست",
    "baste bandi eftezah bood": "بسته بندی افتضاح بود",
    "xeyli xub bud dastetun dard nakone": "خیلی خوب بود دستتون درد نکنه",
    "mn hamishe az inja sefaresh midam": "من همیشه از اینجا سفارش میدم",
    "goshi zood dagh mikone": "گوشی زود داغ میکنه",
    "poshtibani javab nemide": "پشتیبانی جواب نمیده",
    "Kheiliiii aaaaali bood!!!": "خیلی عالی بود!!!",
    "perfect bood": "عالی بود",
    "2ta pizza sefaresh dadam": "2 تا پیتزا سفارش دادم",
    "na khoob bood na bad 😐": "نه خوب بود نه بد 😐",
}
OTHERS = [
    "the food was cold when it arrived",
    "very good",
    "perfect",
    "Thank you so much for your generous service",
    "I would not recommend this phone to anyone",
    "yemek cok soguk geldi memnun kalmadim",
    "çok güzel teşekkürler",
    "xwarin gelek xweş bû spas",
    "das Essen war leider kalt und die Lieferung sehr spät",
    "la livraison était en retard",
    "Samsung Galaxy A52",
    "Y986STYXCWS2R",
    "خیلی خوب بود",
    "",
    "12 !!",
]


@pytest.mark.parametrize(("typed", "meant"), SENTENCES.items())
def test_what_people_type_is_recognised_and_written_in_persian(typed, meant):
    assert finglish.is_finglish(typed)
    assert finglish.to_persian(typed) == meant


@pytest.mark.parametrize("text", OTHERS)
def test_other_languages_and_what_tells_nothing_are_not_taken_for_finglish(text):
    assert not finglish.is_finglish(text)
    assert finglish.read([text]) == ([text], [None])


def test_one_word_in_many_spellings_is_one_word():
    for spellings, meant in (("khoob khub khoub xub khooob", "خوب"), ("mamnoon mamnun mamnoun", "ممنون")):
        for word in spellings.split():
            assert finglish.to_persian(word) == meant


def test_the_words_around_a_word_decide_what_it_is():
    assert finglish.to_persian("bad az yek saat resid").startswith("بعد از")
    assert finglish.to_persian("kheili bad bod") == "خیلی بد بود"


def test_a_walk_costs_what_its_steps_cost():
    words = ["خوب", "خواب", "بد"]
    tree = finglish_spelling.tree(words)
    prices = finglish_spelling.walks("khoob", tree)
    assert prices[0] == pytest.approx(0.1 + 0.2 + 0.1)  # kh, oo, b
    assert finglish_spelling.walks("zzz", tree) == {}
    assert 0 in finglish_spelling.walks("khoosb", tree, typos=True)
    assert 0 not in finglish_spelling.walks("khoosb", tree)


def test_mixed_texts_keep_their_persian_and_their_brands():
    texts = ["کیفیتش very good بود", "گوشی Samsung خوبه", "غذای این رستوران kheili bad bood", "عالی بود"]
    found, how = finglish.read(texts)
    assert found == ["کیفیتش خیلی خوب بود", "گوشی Samsung خوبه", "غذای این رستوران خیلی بد بود", "عالی بود"]
    assert how == ["mixed", None, "mixed", None]


def test_the_table_is_small_and_holds_words_only():
    assert finglish.SHIPPED.stat().st_size <= 1_000_000
    table = pd.read_parquet(finglish.SHIPPED)
    persian = table[table["kind"].isin(["word", "pair"])]
    assert persian["text"].str.fullmatch(r"[\u0620-\u06d3]+( [\u0620-\u06d3]+)?").all()
    assert (table.loc[table["kind"] == "pair", "value"] >= 8).all()


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=40))
def test_any_text_can_be_read(text):
    (found,), (how,) = finglish.read([text])
    assert isinstance(found, str)
    assert how is not None or found == text


# ---- real comments ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def labelled(real):
    path = real / "persian" / "test.parquet"
    if not path.exists():
        pytest.skip("no persian/test.parquet in the real data")
    frame = pd.read_parquet(path)
    return frame[frame["label"].isin(["negative", "positive"])]


def right(texts, labels) -> float:
    return float(((sentiment.score(texts)["p_positive"].fillna(0.5) > 0.5).to_numpy() == (labels == "positive")).mean())


def test_transliterated_comments_lose_at_most_six_points(labelled):
    rows = labelled[labelled["domain"] == "snappfood"].sample(250, random_state=3)
    rng = random.Random(3)
    typed = [writers.finglish(text, rng) for text in rows["text"]]
    found, how = finglish.read(typed)
    assert sum(one == "finglish" for one in how) >= 0.97 * len(rows)
    assert right(found, rows["label"]) >= right(rows["text"].tolist(), rows["label"]) - 0.06


def test_every_way_of_writing_badly_loses_at_most_three_points(labelled):
    rows = labelled[labelled["domain"] == "snappfood"].sample(1200, random_state=4)
    for name in set(spoil.WAYS) - {"finglish", "mixed"}:
        found = robust.lost(rows["text"], rows["label"], spoil.WAYS[name])
        assert found["lost"] <= 3, (name, found)
        assert found["unread"] <= 0.5, (name, found)
