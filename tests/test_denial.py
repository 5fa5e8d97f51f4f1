"""Denied words: which they are, by hand; what a model makes of them; and how the shipped one reads them."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cx_helpers.intake import aspects, denial, sentiment, sentiment_model, sentiment_training

SENTENCES = Path(__file__).with_name("felt_sentences.tsv")
CLAUSES = Path(__file__).with_name("felt_clauses.tsv")


def denied(text: str) -> list[str]:
    """The words that a text denies, without those that deny."""
    tokens = sentiment_model.tokens([text])
    roles = np.array([denial.STOPS if token == "\n" else denial.role(token) for token in tokens])
    return [t for t, how, role in zip(tokens, denial.read(roles), roles, strict=True)
            if how == denial.DENIED and role < denial.DENIES_BACK]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("بد نبود", ["بد"]),
        ("غذا عالی نبود", ["غذا", "عالی"]),
        ("خوب هم نبود", ["خوب"]),  # «هم» is passed over
        ("زود رسید سرد نبود", ["سرد"]),  # a verb ends what is said before
        ("خوب بود ولی گرم نبود", ["گرم"]),
        ("عالی! نبود", []),  # so does a mark, and nothing is denied then
        ("نه خوب نه بد", ["خوب", "بد"]),
        ("بدون مشکل رسید", ["مشکل"]),
        ("چیزی جز خوبی ندیدم", []),  # denied twice
        ("بی کیفیت نیست", ["بیکیفیت"]),  # one word, however it is typed
        ("بی‌کیفیت نیست", ["بیکیفیت"]),
        ("توصیه نمی کنم", ["توصیه"]),
        ("نمیشه گفت تازه و خوب بود", ["تازه", "خوب"]),  # what cannot be said is not so
        ("نمی‌تونم بگم خوب نبود", []),  # what cannot be denied is so
        ("محاله خوب نباشه", []),
        ("کسی نیست که جواب بده. راضی نیستم", ["راضی"]),  # two statements
        ("پرداخت نمیشه. راضی نیستم", ["پرداخت", "راضی"]),
        ("چیزی نمی‌تونم بگم سفارش نمیدم", ["چیزی", "سفارش"]),
        ("بهتر از این محاله", []),  # no denial follows
        ("ازش استفاده نمیشه", ["استفاده"]),
        ("نمیشه خورد! خوب نبود", ["خوب"]),  # of another statement
        ("نبود", []),
        ("", []),
    ],
)
def test_what_a_text_denies(text, words):
    assert denied(text) == words


def test_nothing_is_denied_across_two_texts():
    tokens = sentiment_model.tokens(["خوب", "نبود بد", "نه", "عالی"])
    roles = np.array([denial.STOPS if token == "\n" else denial.role(token) for token in tokens])
    assert not denial.read(roles).any()


def test_a_denied_word_says_the_opposite_of_itself(tmp_path):
    """One weight by hand: خوب 2 and its denial -.5; no pair, no part; the norm of a word alone is its idf."""
    rows = [("word", "خوب", 1.0, 2.0), ("word", "نبود", 1.0, 5.0), ("denied", "نبود", 1.0, -0.5)]
    table = pd.DataFrame(rows, columns=["kind", "feature", "idf", "weight"])
    sentiment_model.write(tmp_path / "m.parquet", table, 0.0, {"denial": "yes"})
    model = sentiment_model.load(tmp_path / "m.parquet")
    said, not_so, alone, *twice = model.read(["خوب", "خوب نبود", "نبود", "نمیشه گفت خوب نبود", "نمیشه گفت خوب"]).logit
    assert (said, alone) == (2, 5)
    assert twice == pytest.approx([2, -sentiment_model.TURN * 2])  # who denies a denial is silent, and so is it
    assert not_so == pytest.approx((-sentiment_model.TURN * 2 - 0.5) / np.sqrt(2))  # نبود denies, and says no more
    sentiment_model.write(tmp_path / "old.parquet", table, 0.0, {})  # a model that was taught without
    assert sentiment_model.load(tmp_path / "old.parquet").read(["خوب نبود"]).logit == pytest.approx([7 / np.sqrt(2)])


def test_counting_and_reading_agree_and_a_denial_is_learnt_from_what_is_said_plainly():
    """«بد نبود» stands in no comment that teaches: that it is no blame follows from «بد» and from other denials."""
    said = {"positive": ["خیلی خوب", "واقعا خوب", "سرد نبود", "تلخ نبود"], "negative": ["خیلی بد", "بد", "سرد", "تلخ"]}
    rows = [(text, label, "all") for label, texts in said.items() for text in texts for _ in range(10)]
    of = sentiment_training.lesson(
        pd.DataFrame([*rows, ("بد نبود", "negative", "all")], columns=["text", "label", "domain"])
    )
    taught = sentiment_training.teach(of, np.arange(len(rows)), sentiment_training.Recipe(doubt=0))
    odds = taught.log_odds(of, np.arange(len(rows) + 1))
    assert odds[-1] > 0.5 > -0.5 > odds[rows.index(("بد", "negative", "all"))]


@pytest.fixture(scope="module")
def felt() -> pd.DataFrame:
    """The house's own sentences as the shipped model reads them."""
    found = pd.read_csv(SENTENCES, sep="\t")
    score = sentiment.score(found["text"])["sentiment"]
    right = {"positive": score > 0, "negative": score < 0, "neither": score.abs() < 0.6}
    return found.assign(right=np.select([found["felt"] == name for name in right], [*right.values()], False))


@pytest.mark.parametrize(("half", "least"), [("develop", 0.84), ("once", 0.8), ("elsewhere", 0.88)])
def test_sentences_with_an_obvious_feeling_are_read_so(felt, half, least):
    asked = felt[felt["half"] == half]
    assert len(asked) >= 60
    assert asked["right"].mean() >= least


def test_lateness_is_a_complaint_and_what_is_denied_is_not_said(felt):
    by = felt[felt["half"] != "elsewhere"].groupby("kind")["right"].mean()
    assert by["late"] >= 0.9
    assert by["denied_bad"] >= 0.7
    assert by["denied_good"] >= 0.9


def test_the_last_clause_says_what_stars_forgive():
    """A complaint after «ولی», too little of something, a denial denied: half to develop with, half asked once."""
    asked = pd.read_csv(CLAUSES, sep="\t")
    read = aspects.read(asked["text"])
    last = read[read["clause"] == read.groupby("text")["clause"].transform("max")].groupby("text")["sentiment"].mean()
    whole = sentiment.score(asked["text"])["sentiment"]
    side = np.where(asked["felt"] == "positive", 1, -1)
    by = asked.assign(clause=last * side > 0, whole=whole * side > 0).groupby("half")
    assert by["clause"].mean().to_dict() == pytest.approx({"develop": 30 / 35, "once": 30 / 37})
    double = asked["kind"] == "double"
    assert (whole * side > 0)[double].groupby(asked["half"]).sum().tolist() == [8, 7]  # of ten each; 2 and 3 before
