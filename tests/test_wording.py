"""Numbers, money, names and sentences as a reader of each language expects them."""

import math

import pytest

from cx_helpers import records, wording
from cx_helpers.dates import Period

LRI, PDI = "\u2066", "\u2069"


@pytest.fixture(autouse=True)
def _reading():
    before, wording._reading = wording.current(), wording.Reading()  # whatever another test file has read
    yield
    wording._reading = before


def test_one_is_singular_and_only_one():
    said = wording.say(fa="", en="{n} comparisons were made of {m} living contracts; {x:.1f} days", n=1, m=1, x=1.0)[
        "en"
    ]
    assert said == "1 comparison was made of 1 living contract; 1.0 days"
    for many in (0, 2, 11, 21, 1001):
        assert "comparisons were" in wording.say(fa="", en="{n} comparisons were made", n=many)["en"]
    assert wording.singular("only 1\u00a0cases") == "only 1\u00a0case"
    assert wording.compared(1)["en"] == "In the only comparison that was made"
    assert "۱۲" in wording.compared(12)["fa"]


@pytest.mark.parametrize(
    ("args", "fa", "en"),
    [
        ((1234.5, {"digits": 1}), f"{LRI}۱٬۲۳۴٫۵{PDI}", "1,234.5"),
        ((-3.5, {"digits": 1}), f"{LRI}−۳٫۵{PDI}", "−3.5"),
        ((4, {"sign": True}), f"{LRI}+۴{PDI}", "+4"),
        ((0.624, {"digits": 1, "percent": True}), f"{LRI}۶۲٫۴{PDI}٪", "62.4%"),
        ((-0.0004, {"digits": 1, "percent": True}), f"{LRI}۰٫۰{PDI}٪", "0.0%"),  # never −0
        ((math.nan, {}), "—", "—"),
        ((None, {}), "—", "—"),
    ],
)
def test_numbers(args, fa, en):
    x, how = args
    assert wording.number(x, "fa", **how) == fa
    assert wording.number(x, "en", **how) == en


def test_rials_are_read_in_toman_and_other_currencies_keep_their_code():
    assert wording.money(21_000_000_000, "fa", "IRR") == f"{LRI}۲٫۱{PDI} میلیارد تومان"
    assert wording.money(21_000_000_000, "en", "IRR") == "2.1 billion toman"
    assert wording.money(-1_500, "en", "BRL") == "−1,500 BRL"


def test_a_sentence_is_made_in_both_languages_from_the_same_numbers():
    wording.use(labels={"app": {"fa": "اپ", "en": "App"}})
    words = wording.say(
        fa="در {c} {p}: {x:+.1f}، {s:.1%}، {w}",
        en="in {c} {p}: {x:+.1f}, {s:.1%}, {w}",
        c="app",
        p=Period.parse("1404-06"),
        x=-3.21,
        s=0.5,
        w={"fa": "پایین", "en": "down"},
    )
    assert words["en"] == "in App Shahrivar 1404: −3.2, 50.0%, down"
    assert words["fa"] == f"در اپ شهریور ۱۴۰۴: {LRI}−۳٫۲{PDI}، {LRI}۵۰٫۰{PDI}٪، پایین"


def test_lists_are_joined_as_each_language_does():
    assert wording.join([wording.name(x) for x in ("app", "web", "phone")]) == {
        "fa": "اپلیکیشن، وب و تلفن",
        "en": "app, web and phone",
    }
    assert wording.join([wording.name("app")])["en"] == "app"


def test_a_null_has_a_name_and_an_unknown_value_is_itself():
    assert wording.label(None, "fa") == "نامعلوم"
    assert wording.label(float("nan"), "en") == "unknown"
    assert wording.label("<b>", "en") == "<b>"
    assert wording.label("(none)", "fa") == "نامشخص", "a case without an owner"


def test_an_unknown_language_is_refused():
    with pytest.raises(ValueError, match="use 'fa' or 'en'"):
        wording.use(locale="de")


@pytest.mark.parametrize(
    ("typed", "shown"),
    [("تماس 09121234567", "تماس •••"), ("call +98 912 123 4567", "call •••"), ("۰۹۱۲-۱۲۳-۴۵۶۷", "•••"),
     ("sms_00989121234567", "sms_•••"), ("offer for a.b@c.ir", "offer for •••"), ("sms_2025-09-12", "sms_2025-09-12"),
     ("plan 10912123456789", "plan 10912123456789")],
)  # fmt: skip
def test_a_name_typed_by_hand_shows_nobodys_number(typed, shown):
    """On pages, in charts, and in what is recorded of them."""
    assert (wording.label(typed, "en"), wording.say(fa="{x}", en="{x}", x=typed)["en"]) == (shown, shown)
    assert records.clean(typed) == shown
