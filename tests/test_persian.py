import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cx_helpers import persian


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("كيفيت عالى", "کیفیت عالی"),  # Arabic letters
        ("هدیۀ مدرسة", "هدیه مدرسه"),
        ("می‌خوام", "میخوام"),  # half-space
        ("عاااااالی", "عالی"),  # stretched
        ("ممنون الله", "ممنون الله"),  # two of a letter are spelling
        ("کتـــاب مُهِمّ", "کتاب مهم"),  # tatweel and vowel marks
        ("۱۲۳ ٤٥٦", "123 456"),
        ("ﻋﺎﻟﯽ", "عالی"),  # presentation forms from old exports
        ("OK ＯＫ", "ok ok"),
        ("👍🏽 ❤️", "👍 ❤"),
        ("1000000", "1000000"),  # digits are no stretched letters
        ("بد\nخوب", "بد\nخوب"),
        ("", ""),
    ],
)
def test_simplify_writes_one_spelling(written, seen):
    assert persian.simplify(written) == seen


@settings(deadline=None)
@given(st.text())
def test_simplify_twice_changes_nothing(text):
    once = persian.simplify(text)
    assert persian.simplify(once) == once


@settings(deadline=None)
@given(st.text(alphabet="اآبپتکكيیىةه‌ُـ 12۳٤!😊\n", max_size=40))
def test_simplify_keeps_line_breaks_so_that_texts_may_be_joined(text):
    joined = persian.simplify(f"{text}\n{text}")
    assert joined == f"{persian.simplify(text)}\n{persian.simplify(text)}"


def test_a_long_text_is_written_as_its_lines_are():
    lines = [
        "كيفيت عالى",
        "می‌خوام",
        "عاااااالی",
        "ﻋﺎﻟﯽ",
        "👍🏽 ❤️",
        "۱۲۳ ٤٥٦",
        "کتـــاب مُهِمّ",
        "OK ＯＫ",
        "\ud800 بد",
    ] * 30
    assert persian.simplify("\n".join(lines)) == "\n".join(map(persian.simplify, lines))


@pytest.mark.parametrize("value", [None, float("nan"), 3])
def test_simplify_refuses_what_is_no_text(value):
    with pytest.raises(TypeError, match="leave nulls out"):
        persian.simplify(value)


def test_a_verb_that_denies_is_a_word_of_its_own():
    assert persian.simplify("خوب\u200cنبود، راضی\u200cنيستم") == "خوب نبود، راضی نیستم"
    assert persian.simplify("می\u200cخوام") == "میخوام"
