"""Clauses, words of aspects, and how a comment feels about each: small texts worked by hand, and people's labels."""

import json
import re
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from conftest import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st

from cx_helpers import cli
from cx_helpers.intake import aspect_table, aspects, check, clauses, sentiment, sources

TABLE = aspect_table.load()
DOCS = ROOT / "docs" / "workspace.md"


def said(text: str) -> list[str]:
    return [one.strip() for one in clauses.cut([text]).written]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("کیفیتش خوب نبود قیمتش هم بالا بود ولی زود رسید", ["کیفیتش خوب نبود", "قیمتش هم بالا بود", "ولی زود رسید"]),
        ("کیفیت عالی اما گران", ["کیفیت عالی", "اما گران"]),
        ("با اینکه دیر رسید، سالم بود", ["با اینکه دیر رسید ،", "سالم بود"]),
        ("دیر رسید در عوض ارزان است", ["دیر رسید", "در عوض ارزان است"]),
        ("خوب بود\nگران", ["خوب بود ؛", "گران"]),
        ("بسته بندی عالی 👍👍 پیک بد", ["بسته بندی عالی 👍👍", "پیک بد"]),
        ("کیفیت، قیمت و بسته‌بندی عالی", ["کیفیت ، قیمت و بستهبندی عالی"]),  # a list waits for its judgement
        ("نه خوبه نه بد", ["نه خوبه نه بد"]),
        ("راضیم از کیفیتش", ["راضیم از کیفیتش"]),
        ("ارسال نشده بود", ["ارسال نشده بود"]),
        ("قیمت 2.500 تومن", ["قیمت 2.500 تومن"]),
    ],
)
def test_a_clause_is_one_statement(text, parts):
    assert said(text) == parts


def test_clauses_belong_to_their_own_text():
    cut = clauses.cut(["خوب بود ولی گران", "", "عالی"])
    assert cut.text.tolist() == [0, 0, 1, 2]
    assert clauses.cut([]).written == []


def test_people_see_a_clause_as_its_writer_spelled_it():
    text = "بسته‌بندیِ ۲ تا  خوووب نبود، مي‌گم ولی پیک «عالی» 👍🏽 بود\nقیمت ۲٫۵ #بد"
    parts = ["بسته‌بندیِ ۲ تا  خوووب نبود،", "مي‌گم", "ولی پیک «", "عالی» 👍🏽", "بود", "قیمت ۲٫۵ #بد"]
    cut = clauses.cut(["", text, "\u200c", "½ می‌ره", "خوب"])  # ½ is three signs: left as machines spell it
    assert cut.spelled() == ["", *parts, "", "1 ⁄", "2 میره", "خوب"]
    found = aspects.read(["بسته‌بندی خوب بود"])
    assert found["written"].tolist() == ["بسته‌بندی خوب بود"]


def test_a_clause_read_aloud_knows_the_complaints_of_the_table():
    found = aspects.read(["کیفیت خوب بود ولی پیک خیلی دیر رسید"]).drop_duplicates("clause")
    assert found["sentiment"].iloc[0] > aspects.CLEAR
    assert found["sentiment"].iloc[1] < -0.2  # the words alone read as praise


def named(text: str) -> set[str]:
    found = aspects.feelings([text]).filter(like=aspects.PREFIX).iloc[0]
    return {name.removeprefix(aspects.PREFIX) for name in found[found.notna()].index}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("بسته‌بندی خوب بود", {"packaging"}),
        ("بسته بندي خوب بود", {"packaging"}),  # a space for the half-space, an Arabic letter
        ("بستهبندیش خوووووب بود", {"packaging"}),  # written in one, an ending, a stretched letter
        ("سفارش خیلی دیر به دستم رسید", {"delivery"}),
        ("پیکان خریدم", set()),  # no courier
        ("تازه به دستم رسیده", set()),  # not fresh: just now
        ("هزینهٔ ارسال زیاد است", {"price"}),  # not the delivery
        ("پولم هنوز برنگشته", {"payment"}),
        ("پشتیبانی جواب نمی‌ده", {"support"}),
        ("فروشنده بی‌ادب بود و مرجوع نکرد", {"staff", "return"}),
        ("اپلیکیشن هنگ می‌کنه", {"app", "taste"}),
        ("عکس با خود کالا فرق داشت، توضیحات ناقص", {"information"}),
        ("یادشون رفته بود سس بذارن", {"accuracy"}),
        ("سلام", set()),
    ],
)
def test_words_find_their_aspects(text, wanted):
    assert named(text) == wanted


def feels(text: str) -> dict[str, float]:
    found = aspects.feelings([text]).filter(like=aspects.PREFIX).iloc[0].dropna()
    return {name.removeprefix(aspects.PREFIX): value for name, value in found.items()}


def test_each_aspect_feels_as_its_own_clause_does():
    found = feels("کیفیت غذا عالی و بی‌نظیر بود ولی بسته‌بندی افتضاح و پاره بود")
    assert found["quality"] > 0.1
    assert found["packaging"] < -0.1
    turned = feels("بسته‌بندی عالی و بی‌نظیر بود ولی کیفیت غذا افتضاح بود")
    assert turned["packaging"] > 0.1
    assert turned["quality"] < -0.1


@pytest.mark.parametrize(
    ("good", "bad", "aspect"),
    [
        ("اصلاً گرون نیست", "خیلی گرونه", "price"),
        ("بدون تأخیر رسید", "با تأخیر رسید", "delivery"),
        ("زود به دستم رسید", "دیر به دستم رسید", "delivery"),
        ("حجمش زیاد بود", "حجمش کم بود", "quality"),
        ("ارزش خرید دارد", "ارزش خرید ندارد", "price"),
    ],
)
def test_a_denial_turns_its_own_clause_round(good, bad, aspect):
    assert feels(good)[aspect] > feels(bad)[aspect] + 0.3


def test_praise_that_is_wished_for_is_a_complaint():
    assert feels("کاش ارزون‌تر بود")["price"] < feels("خیلی ارزون‌تر بود")["price"] - 0.5


def test_mixed_feelings_are_those_of_both_kinds():
    texts = ["کیفیت عالی بود ولی پشتیبانی افتضاح بود", "کیفیت عالی بود و بسته‌بندی بی‌نظیر بود", None]
    assert aspects.feelings(texts)[aspects.MIXED].tolist() == [True, False, pd.NA]


def test_nothing_to_read_is_null_and_the_index_is_the_texts_own():
    texts = pd.Series(["قیمت مناسب بود", None, "", "ok"], index=[7, 3, 5, 1])
    found = aspects.feelings(texts)
    assert found.index.tolist() == [7, 3, 5, 1]
    assert found.notna().any(axis=1).tolist() == [True, False, False, False]
    assert aspects.feelings([]).empty


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.sampled_from(["خوب بود ولی گران", "دیر رسید", None, "", "پیک 👍 بد!", "قیمت"]), max_size=8),
    st.randoms(),
)
def test_order_and_company_do_not_matter(texts, random):
    order = list(range(len(texts)))
    random.shuffle(order)
    whole = aspects.feelings(texts)
    again = aspects.feelings([texts[i] for i in order])
    for place, i in enumerate(order):
        pd.testing.assert_series_equal(again.iloc[place], whole.iloc[i], check_names=False)


def test_each_clause_can_be_looked_at():
    found = aspects.read(pd.Series(["قیمت خوب ولی دیر رسید", "سلام"], index=["a", "b"]))
    assert found[["text", "clause", "aspect"]].fillna("").to_numpy().tolist() == [
        ["a", 0, "price"],
        ["a", 1, "delivery"],
        ["b", 0, ""],
    ]


# ---- tables ----------------------------------------------------------------------------------------------------------

FRAME = pd.DataFrame(
    {
        "comment_id": list("abcd"),
        "text": ["قیمت عالی بود ولی پیک افتضاح بود", None, "too expensive", "ارسال افتضاح و خیلی بد بود"],
        "language": ["fa", None, "en", None],
    }
)


def same(found: pd.DataFrame) -> None:
    wanted = aspects.mark_comments(FRAME)
    assert wanted["sentiment"].notna().tolist() == [True, False, False, True]
    for column in wanted.columns:
        if column.startswith(aspects.PREFIX):
            assert found[column].to_numpy(float) == pytest.approx(wanted[column].to_numpy(float), nan_ok=True)
    assert found[aspects.MIXED].tolist()[0] is True
    assert found["comment_id"].tolist() == FRAME["comment_id"].tolist()


def test_frames_arrow_and_both_engines_say_the_same(lay, spark, tmp_path):
    same(aspects.mark_comments(pa.Table.from_pandas(FRAME)).read_pandas())
    same(aspects.mark_comments(lay(FRAME, "comments").order_by("comment_id")).read_pandas())
    FRAME.to_parquet(tmp_path / "comments.parquet", index=False)
    same(aspects.mark_comments(spark.read_parquet(str(tmp_path / "comments.parquet"))).read_pandas())


def test_marked_leaves_the_texts_behind(lay):
    found = aspects.marked(lay(FRAME, "comments"))
    assert "text" not in found.columns
    assert found.aspect_delivery.notnull().sum().execute() == 1
    assert aspects.marked(lay(FRAME, "comments").filter(False)).count().execute() == 0


def test_a_score_that_is_there_is_not_read_again(lay):
    scored = sentiment.score_comments(FRAME)
    forced = scored.assign(sentiment=scored["sentiment"].where(scored.index != 3))
    assert aspects.mark_comments(forced).loc[3].filter(like=aspects.PREFIX).isna().all()


# ---- the company's own table -----------------------------------------------------------------------------------------


def own(tmp_path, text: str) -> aspect_table.Table:
    (tmp_path / "aspects.yaml").write_text(text, "utf-8")
    return aspect_table.load(tmp_path)


def test_a_company_adds_replaces_and_takes_away(tmp_path):
    table = own(
        tmp_path,
        "price:\n  words: [کارمزد]\nبیمه:\n  words: [بیمه]\ncourier:\nstaff:\n  instead: true\n  words: [منشی]\n",
    )
    found = aspects.feelings(
        ["کارمزد و قیمت بالاست", "بیمه خوب است", "پیک بد بود", "منشی خوب بود", "برخورد بد بود"], table=table
    )
    assert found["aspect_price"].notna().tolist() == [True, False, False, False, False]
    assert found["aspect_بیمه"].notna().tolist() == [False, True, False, False, False]
    assert found["aspect_staff"].notna().tolist() == [False, False, False, True, False]
    assert "aspect_courier" not in found
    assert aspect_table.load(tmp_path / "elsewhere").aspects == TABLE.aspects


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("price:\n  word: [گران]\n", r"aspects.yaml, line 2: unknown key 'word'.*words"),
        ("price:\n  words: گران\n", "line 2: words is no list; write words:"),
        ("price:\n  words:\n    - گران\n    - '12'\n", "line 4: '12' is no phrase of words"),
        ("price:\n  words: ['گر*ان']\n", "line 2: .* is no phrase|line 2: .* stands at the end"),
        ("price:\n  words: [گران]\nprice:\n  words: [ارزان]\n", "line 3: 'price' stands twice"),
        ("prise:\n", "no aspect 'prise' to take away.*price"),
        ("price: [گران]\n", "line 1: keys and values are needed here"),
        ("price: {words: [گران]\n", "line 2: .*it must be YAML"),
        ("price: {instead: maybe, words: [گران]}\n", "line 1: instead is 'maybe'; write true or false"),
        ("price: {}\n", "line 1: 'price' has no words"),
    ],
)
def test_what_is_wrong_in_it_is_said_with_its_line(tmp_path, text, message):
    with pytest.raises(aspect_table.AspectsError, match=message):
        own(tmp_path, text)


def test_the_example_of_the_docs_is_one_and_cx_check_reads_it(tmp_path):
    example = re.search(r"## What customers write about.*?```yml\n(.*?)```", DOCS.read_text("utf-8"), re.S)[1]
    table = own(tmp_path, example)
    assert "warranty" in table.aspects
    assert "taste" not in table.aspects
    (tmp_path / "workspace.yaml").write_text("name: نمونه\n", "utf-8")
    assert check.check(tmp_path) == []
    (tmp_path / "aspects.yaml").write_text("price: {word: [گران]}\n", "utf-8")
    (problem,) = check.check(tmp_path)
    assert (problem.file, problem.remedy) == ("aspects.yaml, line 1", "use words, good, bad, never, instead")


# ---- topics: what cx ingest writes beside each comment ---------------------------------------------------------------


def ingested(folder: Path) -> pd.Series:
    """The topics of three comments, as cx ingest writes them, by comment."""
    if not (folder / "workspace.yaml").exists():
        (folder / "sources").mkdir(parents=True)
        rows = ["k,t,w", "c1,قیمتش بالا بود و ديـر رسيد,2025-09-01", "c2,سلام و خسته نباشید,2025-09-02",
                "c3,very good,2025-09-03"]  # fmt: skip
        (folder / "sources" / "c.csv").write_text("\n".join(rows), "utf-8")
        columns = {"comment_id": "k", "text": "t", "written_at": "w"}
        source = {"system": "table", "name": "c", "path": "sources/c.csv", "table": "comments", "columns": columns}
        said = {"name": "نمونه", "sources": [source]}
        (folder / "workspace.yaml").write_text(json.dumps(said, ensure_ascii=False), "utf-8")
    sources.load(folder)
    return pd.read_parquet(folder / "tables" / "comments.parquet").set_index("comment_id")["topics"]


def test_ingest_names_the_aspects_of_each_comment_and_anew_when_the_table_changes(tmp_path):
    found = ingested(tmp_path / "x")
    assert list(found["c1"]) == ["delivery", "price"]
    assert list(found["c2"]) == []
    assert found["c3"] is None  # English: not read, so nothing is known
    assert check.check(tmp_path / "x") == []
    assert not sources.load(tmp_path / "x").changed
    (tmp_path / "x" / "aspects.yaml").write_text("greeting: {words: [سلام]}\nprice:\n", "utf-8")
    found = ingested(tmp_path / "x")
    assert (list(found["c1"]), list(found["c2"])) == (["delivery"], ["greeting"])


def test_broken_tables_of_words_are_told_at_ingest_even_when_nothing_changed(tmp_path, capsys):
    folder = tmp_path / "x"
    ingested(folder)
    held = (folder / "tables" / "comments.parquet").read_bytes()
    (folder / "urgent.yaml").write_text("legal: {word: [بیمه]}\n", "utf-8")
    assert cli.main(["ingest", "-w", str(folder)]) == 2
    assert "urgent.yaml, line 1: unknown key 'word'" in capsys.readouterr().out
    (folder / "aspects.yaml").write_text("price: {word: [گران]}\n", "utf-8")
    assert cli.main(["ingest", "-w", str(folder)]) == 1
    assert "aspects.yaml, line 1: unknown key 'word'" in capsys.readouterr().err
    assert (folder / "tables" / "comments.parquet").read_bytes() == held


def test_topics_of_a_batch_are_those_of_each_text_alone():
    texts = ["پیک مودب بود", None, "", "قیمت و کیفیت", "peyk dir resid"]
    assert aspects.topics(texts).to_pylist() == [aspects.topics([text]).to_pylist()[0] for text in texts]
    assert aspects.topics([]).to_pylist() == []
    (felt,) = (aspects.feelings(texts[3:4]).dropna(axis=1).columns.tolist(),)
    assert [f"aspect_{name}" for name in aspects.topics(texts[3:4]).to_pylist()[0]] == felt[:-1]


@pytest.mark.parametrize("name", ["Price", "a|negative", "3x", "گارانتی ما"])
def test_a_name_that_would_be_taken_for_another_is_refused(tmp_path, name):
    (tmp_path / "aspects.yaml").write_text(f'"{name}":\n  words: [گارانتی]\n', "utf-8")
    with pytest.raises(aspect_table.AspectsError, match="line 1: .* is no name; write small letters"):
        aspect_table.load(tmp_path)


def test_a_table_without_any_aspect_is_refused(tmp_path):
    (tmp_path / "aspects.yaml").write_text("".join(f"{name}:\n" for name in TABLE.aspects), "utf-8")
    with pytest.raises(aspect_table.AspectsError, match="nothing is left"):
        aspect_table.load(tmp_path)


# ---- people's labels, and speed --------------------------------------------------------------------------------------


def test_the_half_left_out_is_found_and_felt_better_than_by_plain_keywords(real):
    from tools.aspects import __main__ as tool

    halves, marked = [tool.labelled(real, half, TABLE) for half in (0, 1)], tool.by_target(real, TABLE)
    found = tool.summary(halves[1])
    assert found["macro_f1"] >= 0.80  # plain keywords on other food reviews: 0.685
    assert found["polarity"] >= 0.86
    targets = tool.judged(marked.query("source == 'pars_absa'"))
    assert (targets.loc[["quality", "price", "taste"], "recall"] >= 0.95).all()
    assert tool.summary(tool.lists(real, TABLE))["polarity"] >= 0.84
    misread = tool.misreading(pd.concat([*halves, marked], ignore_index=True))
    pd.testing.assert_frame_equal(misread, aspects.errors(), rtol=1e-3)  # what ships is what is measured


def test_the_lookup_is_fast(real):
    texts = (
        pd.read_csv(real / "snappfood_comments/comments.csv.gz", usecols=["text"])["text"]
        .dropna()
        .head(10_000)
        .tolist()
    )
    TABLE.mentions(clauses.cut(texts[:500]))
    start = time.process_time()
    for place in range(0, len(texts), sentiment.BATCH):
        TABLE.mentions(clauses.cut(texts[place : place + sentiment.BATCH]))
    assert len(texts) / (time.process_time() - start) > 12_000  # 33,000 a CPU second when nothing else runs


def test_the_labels_name_aspects_that_there_are():
    from tools.aspects.__main__ import HERE

    for path in sorted(HERE.glob("*.csv")):
        marks = pd.read_csv(path, keep_default_na=False)["aspects"].str.split().explode().dropna()
        assert set(marks.str[:-1]) <= set(TABLE.aspects)
        assert set(marks.str[-1]) <= set("+-0")
        assert np.isin(["quality-", "price+"], marks).all()
