"""What cannot wait: found in invented sentences, near misses left alone, counted, ranked, and refused where unread."""

from pathlib import Path

import pandas as pd
import pytest

from cx_helpers import certainty, disclosure
from cx_helpers.dates import Period
from cx_helpers.intake import aspect_table, urgent
from cx_helpers.measures import urgency
from cx_helpers.readings import urgency as reading
from cx_helpers.tables import TableError

KINDS = ["safety", "legal", "fraud", "leaving", "repeated"]
BEFORE, NOW = Period.parse("1404-05"), Period.parse("1404-06")


@pytest.fixture(scope="module")
def judged() -> pd.DataFrame:
    """The half of the invented sentences that no rule was made from: labels and what was found."""
    lines = Path(__file__).with_name("urgent_sentences.txt").read_text("utf-8").splitlines()
    rows = [line.split(" | ", 1) for line in lines if line and not line.startswith("#")]
    half = pd.DataFrame(rows[1::2], columns=["labels", "text"])
    return half.assign(labels=half["labels"].str.split().map(set) - {"-"}, found=urgent.kinds_of(half["text"]).map(set))


@pytest.mark.parametrize(
    ("kind", "precision", "recall"),
    [("safety", 0.9, 0.9), ("legal", 0.9, 0.85), ("fraud", 0.9, 0.9), ("leaving", 0.9, 0.9), ("repeated", 0.9, 0.9)],
)
def test_each_kind_is_found_on_the_half_that_was_not_tuned_on(judged, kind, precision, recall):
    said, found = (judged[column].map(lambda those: kind in those) for column in ("labels", "found"))
    assert said.sum() >= 10
    assert (said & found).sum() / found.sum() >= precision
    assert (said & found).sum() / said.sum() >= recall


def test_near_misses_are_left_alone(judged):
    calm = judged[judged["labels"].map(len) == 0]
    assert len(calm) >= 35
    assert calm["found"].map(len).eq(0).mean() >= 0.95


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("شکایتی ندارم", []),
        ("قبلاً شکایت داشتم حل شد", []),
        ("ترک کردم سیگار", []),
        ("بار سوم تماس گرفتم", ["repeated"]),
        ("چند بار زنگ زدم ولی آخرش حل شد", []),  # settled
        ("آخرش حل شد ولی باز خراب شد و شکایت می‌کنم", ["legal"]),  # what came after is not
        ("مسموم شدیم ولی حل شد", ["safety"]),  # who was poisoned is called all the same
        ("سوسک نداشت", []),
        ("به تعزيرات شكايت مي‌كنم و دیگه ازتون نمی خرم", ["legal", "leaving"]),  # Arabic letters, no half-space
        ("", []),
        (None, None),
    ],
)
def test_sentences(text, kinds):
    assert urgent.kinds_of([text]).iloc[0] == kinds


def test_why_is_shown():
    said = urgent.read(["غذا خوب بود. ولی دیر رسید و به تعزیرات گزارش می‌دم"])
    assert said[["clause", "kind"]].to_numpy().tolist() == [[1, "legal"]] or said["clause"].iloc[0] > 0
    assert "تعزیرات" in said["written"].iloc[0]


def test_a_company_adds_its_own(tmp_path):
    (tmp_path / "urgent.yaml").write_text(
        "legal:\n  words: [بیمه مرکزی]\npress:\n  words: [خبرنگار*]\nfraud:\n", "utf-8"
    )
    table = urgent.load(tmp_path)
    assert urgent.kinds(table) == ["safety", "legal", "leaving", "repeated", "press"]
    assert urgent.kinds_of(["به بیمه مرکزی میگم"], table).iloc[0] == ["legal"]
    assert urgent.kinds_of(["به خبرنگارها میگم کلاهبردارید"], table).iloc[0] == ["press"]
    (tmp_path / "urgent.yaml").write_text("legal:\n  wrods: [بیمه]\n", "utf-8")
    with pytest.raises(aspect_table.AspectsError, match=r"urgent\.yaml, line 2: unknown key 'wrods'.*words"):
        urgent.load(tmp_path)


def comments(said: list, month: Period = NOW, who=None) -> pd.DataFrame:
    n = len(said)
    return pd.DataFrame(
        {
            "comment_id": [f"{month.name}-{i:04}" for i in range(n)],
            "customer_id": who or [f"{month.name}-k{i}" for i in range(n)],
            "written_at": pd.Timestamp(month.start).tz_convert("UTC") + pd.to_timedelta(range(n), unit="min"),
            "text": "…",
            "urgent": said,
        }
    )


def test_shares_of_a_hand_counted_sample(lay):
    table = lay(comments([["legal"], ["legal", "leaving"], [], [], None]), "comments")
    found = urgency.share(table, KINDS)
    assert found.loc["legal", ["n", "customers", "of", "urgent_share"]].tolist() == [2, 2, 4, 0.5]
    assert found.loc["any", ["n", "urgent_share"]].tolist() == [2, 0.5]  # counted once
    assert found.loc["safety", ["n", "urgent_share"]].tolist() == [0, 0]
    assert found.loc["legal", ["low", "high"]].tolist() == pytest.approx([float(x) for x in certainty.wilson(2, 4)])


def test_a_few_customers_are_not_told_of(lay):
    table = lay(comments([["legal"]] * 4 + [["leaving"]] * 20 + [[]] * 60), "comments")
    found = urgency.share(table, KINDS, smallest=disclosure.Limit(30, 10))
    assert found.loc["legal", "hidden"] == disclosure.RARE
    assert pd.isna(found.loc["legal", "urgent_share"])
    assert found.loc["leaving", "n"] == 20


def test_a_place_is_hidden_for_what_is_few_there(lay):
    said = comments([["legal"]] * 4 + [[]] * 60 + [["legal"]] * 4).assign(channel=["web"] * 64 + ["app"] * 4)
    found = urgency.share(lay(said, "comments"), [], by=["channel"], smallest=disclosure.Limit(3, 10))
    assert found.loc["any", "hidden"].to_dict() == {"web": disclosure.RARE, "app": disclosure.SMALL}


def test_one_customer_is_one_voice(lay):
    many = urgency.share(
        lay(comments([["legal"]] * 20 + [[]] * 20, who=["k"] * 20 + [f"o{i}" for i in range(20)]), "comments"), KINDS
    )
    alone = urgency.share(lay(comments([["legal"]] * 20 + [[]] * 20), "comments"), KINDS)
    assert many.loc["legal", "high"] - many.loc["legal", "low"] > alone.loc["legal", "high"] - alone.loc["legal", "low"]


def test_cases_come_worst_first_then_newest(lay):
    table = lay(comments([["leaving"], ["safety"], [], ["leaving", "repeated"], ["safety"]]), "comments")
    found = urgency.cases(table, KINDS)
    assert found["comment_id"].str[-1].tolist() == ["4", "1", "3", "0"]
    assert found["worst"].tolist() == ["safety", "safety", "leaving", "leaving"]
    assert found.loc[3, "kinds"] == ["leaving", "repeated"]
    assert urgency.cases(lay(comments([["other"], []]), "comments"), KINDS).empty


def test_unmarked_comments_are_refused(lay):
    with pytest.raises(TableError, match=r"intake\.urgent\.marked"):
        urgency.share(lay(comments([[]]).drop(columns="urgent"), "comments"), KINDS)


def test_what_became_more_is_found_and_nothing_else(lay):
    before, now = ([[kind]] * n + [["repeated"]] * 10 + [[]] * (390 - n) for kind, n in (("legal", 2), ("legal", 40)))
    answers = [
        urgency.share(lay(comments(said, month), "comments"), KINDS) for said, month in ((now, NOW), (before, BEFORE))
    ]
    (found,), looks = reading.findings(*answers)
    assert (found.kind, found.subject, found.severity, looks) == ("risk", {"urgent": "legal"}, "high", 5)
    assert (found.value, found.baseline, found.n) == (0.1, 0.005, 40)
    assert reading.findings(answers[1], answers[0])[0] == [], "fewer of them is no risk"
    said = reading.sentence(answers[0])
    assert "12.5%" in said["en"]
    assert "Among them: “legal threat” 40" in said["en"]
    alone = reading.sentence(urgency.share(lay(comments([["legal"]] * 30 + [[]] * 60), "comments"), KINDS))
    assert alone["en"].endswith("All of them: “legal threat”.")
    assert "تهدید به شکایت" in said["fa"]


def test_marking_a_frame_and_a_table_is_the_same(lay):
    frame = comments([None] * 3).drop(columns="urgent").assign(text=["شکایت می‌کنم", "خوب بود", None])
    marked = urgent.mark_comments(frame)["urgent"].tolist()
    assert marked == [["legal"], [], None]
    table = urgent.marked(lay(frame, "comments")).execute()
    assert [None if x is None else list(x) for x in table.sort_values("comment_id")["urgent"]] == marked


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("az shoma shekayat mikonam", ["legal"]),
        ("masmoom shodam raftam bimarestan", ["safety"]),
        ("تو غذا شیشه بود", ["safety"]),
        ("گاز نشت کرده", ["safety"]),
        ("دیگه اینجا نمیام", ["leaving"]),
        ("قصد ندارم شکایت کنم", []),
        ("به پلیس زنگ نزدم", []),
        ("گفتند کلاهبرداری ولی عالی بود", []),
        ("اشتراکم را لغو نمی‌کنم", []),
        ("هیچ وقت از جای دیگه سفارش نمیدم", []),
        ("تصادفی پیدا کردم عالی بود", []),
    ],
)
def test_what_is_typed_in_latin_letters_denied_or_praise(text, wanted):
    assert urgent.kinds_of([text])[0] == wanted
