"""Text that was saved in the wrong letters is read mended, or told; no true text is taken for it."""

import json

import pytest
import yaml

from cx_helpers.intake import encodings, mangled, sources
from tests.test_cut import ingest
from tests.test_sources import table

ASCII = "id,who,day,sum,note\n1,a,2024-01-02,10,fine\n"

TRUE = ["عالی بود، خیلی ممنون", "Ü Ø Ù Û", "déjà vu à l’été, ça coûte 5 €", "Größe über 20 °C – schön",
        "عطر، طعم و غذا؟ «عالی»", "Smørrebrød på Øster Søgade", "طعم… عالی؛ غیر‌قابل؟", "ع، ط، غ؛ ظ"]  # fmt: skip


WORDS = "عالی بود و بسیار خوب؛ ف‌ف ۵"


def garbled(text: str, wrong: str) -> str:
    """A text whose UTF-8 was read by another code; what Windows-1252 leaves open stays a control sign."""
    return "".join(bytes([b]).decode(wrong, "ignore") or chr(b) for b in text.encode())


@pytest.mark.parametrize("wrong", ["cp1252", "latin-1", "cp1256"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["", "BOM"])
def test_persian_saved_in_wrong_letters_is_read_mended_and_told(tmp_path, wrong, mark):
    rows = [f"{i},c,2024-01-04,30,{garbled(WORDS, wrong)}\n" for i in (3, 4)]
    report = ingest(tmp_path, "o.csv", mark + (ASCII + "".join(rows)).encode())
    assert list(table(tmp_path, "orders").note) == ["fine", WORDS, WORDS]
    (told,) = report.problems
    assert "first on line 3, 2 lines in all; nothing of them was lost, so they were mended" in told["en"]
    assert "\u2066۳\u2069" in told["fa"]


@pytest.mark.parametrize("wrong", ["cp1252", "cp1256"])
def test_json_lines_are_mended_too(tmp_path, wrong):
    one = {"id": "1", "who": "a", "day": "2024-01-02", "sum": 3, "note": garbled(WORDS, wrong)}
    for content in (json.dumps(one, ensure_ascii=False) + "\n", json.dumps([one], ensure_ascii=False)):
        report = ingest(tmp_path, "o.jsonl", content.encode())
        assert list(table(tmp_path, "orders").note) == [WORDS]
        assert ["mended as they were read" in said["en"] for said in report.problems] == [True]


def test_known_systems_json_and_csv_are_mended_too(tmp_path):
    (tmp_path / "sources").mkdir()
    ticket = {"id": 1, "requester_id": 7, "status": "open", "created_at": "2024-01-02T10:00:00Z",
              "subject": garbled(WORDS, "cp1252")}  # fmt: skip
    page = {"tickets": [ticket], "count": 1, "next_page": None}
    (tmp_path / "sources" / "t.json").write_text(json.dumps(page, ensure_ascii=False), "utf-8")
    about = {"name": "T", "locale": "en", "sources": [{"system": "zendesk", "path": "sources"}]}
    (tmp_path / "workspace.yaml").write_text(yaml.safe_dump(about), "utf-8")
    report = sources.load(tmp_path)
    assert list(table(tmp_path, "tickets").subject) == [WORDS]
    assert ["mended as they were read" in said["en"] for said in report.problems] == [True]


@pytest.mark.parametrize("wrong", ["cp1252", "cp1256"])
@pytest.mark.parametrize(
    "beside", ["عالی", "Größe", "déjà vu", garbled(WORDS, "cp1252")[:-1], garbled(WORDS, "cp1252")[1:], "\ufffd"]
)
def test_where_one_text_is_no_such_text_all_stay_as_they_are_and_are_told(tmp_path, wrong, beside):
    rows = f"3,c,2024-01-04,30,{garbled(WORDS, wrong)}\n4,d,2024-01-05,40,{beside}\n"
    report = ingest(tmp_path, "o.csv", (ASCII + rows).encode())
    assert list(table(tmp_path, "orders").note) == ["fine", garbled(WORDS, wrong), beside]
    assert [said["en"].endswith("Export it again as UTF-8") for said in report.problems] == [True]


@pytest.mark.parametrize("text", TRUE)
def test_true_text_of_any_language_is_none(tmp_path, text):
    path = tmp_path / "a.csv"
    path.write_text(text * 3, "utf-8")
    assert mangled.told(path, "a.csv") == []
    text = encodings.Text(path, "utf-8")
    assert mangled.mended(text, "a.csv", tmp_path) == (text, [])
