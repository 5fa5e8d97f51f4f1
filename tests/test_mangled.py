"""Text that was saved in the wrong letters is told; no true text is taken for it."""

import pytest

from cx_helpers.intake import mangled
from tests.test_cut import CSV, ingest

TRUE = ["عالی بود، خیلی ممنون", "Ü Ø Ù Û", "déjà vu à l’été, ça coûte 5 €", "Größe über 20 °C – schön",
        "عطر، طعم و غذا؟ «عالی»", "Smørrebrød på Øster Søgade", "طعم… عالی؛ غیر‌قابل؟", "ع، ط، غ؛ ظ"]  # fmt: skip


@pytest.mark.parametrize("wrong", ["cp1252", "latin-1", "cp1256"])
def test_persian_saved_in_wrong_letters_is_told_with_its_line(tmp_path, wrong):
    raw = "عالی بود و بسیار خوب".encode()
    text = "".join(bytes([b]).decode(wrong, "replace") if b else "" for b in raw).replace("\ufffd", "\x81")
    report = ingest(tmp_path, "o.csv", (CSV + f"3,c,2024-01-04,30,{text}\n").encode())
    (told,) = report.problems
    assert "first on line 5, 1 lines" in told["en"]
    assert told["en"].endswith("Export it again as UTF-8")


@pytest.mark.parametrize("text", TRUE)
def test_true_text_of_any_language_is_none(tmp_path, text):
    path = tmp_path / "a.csv"
    path.write_text(text * 3, "utf-8")
    assert mangled.told(path, "a.csv") == []
