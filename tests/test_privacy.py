"""Customers' words without their numbers and addresses."""

import pytest

from cx_helpers.intake.privacy import redact


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("زنگ بزنید 09121234567 لطفا", "زنگ بزنید [شماره] لطفا"),
        ("شماره من ۰۹۱۲ ۱۲۳ ۴۵ ۶۷ است", "شماره من [شماره] است"),
        ("+98-912-123-4567", "[شماره]"),
        ("کارت 6037-9918-1234-5678", "کارت [شماره]"),
        ("IR062960000000100324200001", "[شماره]"),
        ("ایمیل من ali.r@mail.ir", "ایمیل من [ایمیل]"),
        ("ببینید https://x.ir/a?token=1 را", "ببینید [لینک] را"),
        ("به @support_ali گفتم", "به [نام کاربری] گفتم"),
    ],
)
def test_numbers_and_addresses_are_taken_out(text, left):
    assert redact(text) == left


@pytest.mark.parametrize("text", ["قیمت ۲٬۵۰۰٬۰۰۰ تومان بود", "سفارش 12345 نرسید", "۱۴۰۴/۰۶/۳۱ رسید", "خوب بود :)", ""])
def test_prices_order_numbers_and_dates_stay(text):
    assert redact(text) == text


def test_a_null_is_refused():
    with pytest.raises(TypeError, match="leave nulls out"):
        redact(None)
