"""Customers' words without their numbers and addresses: what goes, what stays, and how surely."""

import random
import time

import duckdb
import pandas as pd
import personal
import pytest

from cx_helpers.intake import addresses, digits, privacy
from cx_helpers.intake.privacy import HINT, MARKS, find, redact, without

PHONE, NID, CARD, SHEBA, MAIL, LINK, NAME = (
    MARKS[k][0] for k in "phone national_id card sheba email link user_name".split()
)
TAKEN = [
    # mobiles: three scripts, parted in every way, glued, with the land's number, backwards
    ("زنگ بزنید 09121234567 لطفا", f"زنگ بزنید {PHONE} لطفا"),
    ("شماره من ۰۹۱۲ ۱۲۳ ۴۵ ۶۷ است", f"شماره من {PHONE} است"),
    ("شماره‌ام۰۹۱۲۱۲۳۴۵۶۷هست", f"شماره‌ام{PHONE}هست"),
    ("٠٩١٢-١٢٣-٤٥٦٧", PHONE),
    ("0912.123.45.67", PHONE),
    ("۰۹۱۲\u200c۳۴۵\u200c۶۷\u200c۸۹", PHONE),
    ("۰۹۱۲/۱۲۳۴۵۶۷", PHONE),
    ("09 12 345 67 89", PHONE),
    ("0 9 1 2 1 2 3 4 5 6 7", PHONE),
    ("+98(912)3456789", PHONE),
    ("0098 (0) 912 345 6789", PHONE),
    ("\u202a+98 912 345 6789\u202c", f"\u202a{PHONE}\u202c"),
    ("989121234567", PHONE),
    ("با ۹۱۲۱۲۳۴۵۶۷ تماس بگیرید", f"با {PHONE} تماس بگیرید"),
    ("۴۵۶۷۸۹۱-۰۹۱۲", PHONE),
    ("۰۹۱۲۱۱۱۱۱۱۱/۰۹۱۲۲۲۲۲۲۲۲", f"{PHONE}/{PHONE}"),
    ("سفارشم را با ۰۹۱۲۱۲۳۴۵۶۷ ثبت کردم", f"سفارشم را با {PHONE} ثبت کردم"),
    ("کد سفارش ۱۲۳۴۵۶۷ شماره تماس ۰۹۱۲۳۴۵۶۷۸۹", f"کد سفارش ۱۲۳۴۵۶۷ شماره تماس {PHONE}"),
    ("call09123456789now", "call[phone]now"),
    # in words, wholly or in part
    ("صفر نهصد و دوازده سیصد و چهل و پنج شصت و هفت هشتاد و نه", PHONE),
    ("شماره‌ام ۰۹۱۲ سه چهار پنج شش هفت هشت نه است", f"شماره‌ام {PHONE} است"),
    ("صفر، نه، یك، دو، سه، چهار، پنج، شيش، هفت، هشت، نه", PHONE),
    ("صفر بیست و یک هشتاد و هشت هفتاد و هفت شصت و شش پنجاه و پنج", PHONE),
    ("صفر نهصد دوازده صد و ده بیست سی رو بگیرید", f"{PHONE} رو بگیرید"),
    # other phones
    ("(021) 8877 6655", PHONE),
    ("۸۸۷۷۶۶۵۵-۰۲۱", PHONE),
    ("تلفن خانه مادرم ۸۸۷۷۶۶۵۵ و ۸۸۷۷۶۶۵۶", f"تلفن خانه مادرم {PHONE} و {PHONE}"),
    ("زنگ بزنید به ۸۸۷۷۶۶۵۵", f"زنگ بزنید به {PHONE}"),
    ("+49 170 1234567", PHONE),
    # national ids: a right check digit, or called one
    ("کد ملی‌ام: ۰۰۸-۴۵۷۵۹۴-۸", f"کد ملی‌ام: {NID}"),
    ("0084575948 ثبت نام نمی‌شود", f"{NID} ثبت نام نمی‌شود"),
    ("کدملیم ۱۲۳۴۵۶۷۸۹۰ است", f"کدملیم {NID} است"),
    ("کد ملی: ۸۴۵۷۵۹۴۸", f"کد ملی: {NID}"),
    ("سفارش با کدملی ۰۰۸۴۵۷۵۹۴۸ ثبت شد", f"سفارش با کدملی {NID} ثبت شد"),
    # banks
    ("کارت 6037-9918-1234-5678", f"کارت {CARD}"),
    ("وجه را بزنید به ۶۰۳۷ ۹۹۷۵ ۹۹۸۹ ۱۲۳۲", f"وجه را بزنید به {CARD}"),
    ("IR062960000000100324200001", SHEBA),
    ("ir-06-2960-0000-0010-0324-2000-01", SHEBA),
    ("شبام ۰۶۲۹۶۰۰۰۰۰۰۰۱۰۰۳۲۴۲۰۰۰۰۱", f"شبام {SHEBA}"),
    ("شماره حسابم ۱۲۳۴۵۶۷۸۹۰۱۲۳", f"شماره حسابم {MARKS['account'][0]}"),
    ("کد پستی: ۱۹۳۹۵-۴۶۳۵۱", f"کد پستی: {MARKS['postcode'][0]}"),
    # addresses
    ("ایمیل من ali.r@mail.ir", f"ایمیل من {MAIL}"),
    ("ایمیلمali_r@gmail.comهست", f"ایمیلم{MAIL}هست"),
    ("ali @ gmail.com", MAIL),
    ("ali[at]gmail[dot]com", MAIL),
    ("sara@gmail", MAIL),
    ("علی@مثال.ایران", MAIL),
    ("ببینید https://x.ir/a?token=1 را", f"ببینید {LINK} را"),
    ("https://user:pw@host/x", LINK),
    ("https://shop.ir/invoice/1234567.", f"{LINK}."),
    ("http://shop.ir/t/a8Fk29Qz", LINK),
    ("t.me/alireza", LINK),
    ("wa.me/989121234567", LINK),
    ("به @support_ali گفتم", f"به {NAME} گفتم"),
    ("آیدی تلگرامم ali_r98 است", f"آیدی تلگرامم {NAME} است"),
    ("اینستا: sara.hosseini", f"اینستا: {NAME}"),
    ("ایدیم SaraviRiika@", f"ایدیم {NAME}"),
    ("mail ali@x.ir or call 0912 123 4567", "mail [e-mail] or call [phone]"),
]
STAY = """
قیمت ۲٬۵۰۰٬۰۰۰ تومان بود
۱۲۵۰۰۰۰۰ تومن پول دادم
9.123.456.789 ریال
2 500 000 تومان
از حسابم ۱۲۵۰۰۰۰ کم شد
سفارش 12345 نرسید
شماره سفارش 0084575948
سفارش ۹۱۲۳۴۵۶۷۸۹ نرسید
شماره فاکتور من ۰۹۱۲۳۴۵۶۷۸۹ است
09121234567 شماره سفارشمه
سفارش #۱۲۳۴۵۶۷۸۹۰
کد پیگیری ۱۲۳۴۵۶۷۸
کد رهگیری 062960000000100324200001
DKP1234567890
مدل TDI9032314 .
IMEI گوشی من 356938035643809
IMEI: 35-209900-176148-1
بارکد 6260123456789
کارت هدیه 1234567812345670
۱۴۰۴/۰۶/۳۱ ۱۴:۳۰
1396 09 04 متوجه شدم
31-06-1404
20250922
رزولوشن 1920 1080
مدل های 7980 7990 5890 5850
امتیازها: 5 4 3 5 4 2 1
10000mAh
1.2.3.4.5.6.7.8
تماس گرفتم، گفتند ۸۷۶۵۴۳۲۱ لغو شده
https://shop.ir/help
سایت shop.ir/about خوب است
look at shop.ir
خوب بود :) @_@
۲ عدد @ ۵۰۰۰
تلگرام هم جواب نداد
دو سه چهار بار زنگ زدم
مبلغ نهصد و دوازده هزار و سیصد و چهل و پنج تومان
نه یک نه دو بار سه بار گفتم
سفارش صفر نهصد و دوازده سیصد
امتیازها صفر نه یک دو سه چهار پنج شش هفت هشت نه ده یازده
""".split("\n")


@pytest.mark.parametrize(("text", "left"), TAKEN)
def test_what_belongs_to_a_person_is_taken_out(text, left):
    assert redact(text) == left


@pytest.mark.parametrize("text", STAY)
def test_what_does_not_stays(text):
    assert redact(text) == text


@pytest.fixture(scope="module")
def crowd():
    return personal.comments(20_000, seed=7)


def test_nearly_all_keys_are_found_and_nearly_nothing_else(crowd):
    judged = personal.judge(crowd, find)
    assert judged.keys() == {"all", *(k for k in MARKS if k not in ("account", "postcode"))}
    for kind, of in judged.items():
        assert of["planted"] > 1000, kind
        assert of["recall"] >= 0.99, (kind, of["recall"], of["missed"][:5])
        assert of["precision"] >= 0.98, (kind, of["precision"], of["wrong"][:5])


def test_a_mobile_said_in_words_is_found_however_it_is_said():
    rng = random.Random(11)
    for _ in range(400):
        said = personal.spoken(rng)
        assert redact(f"به {said} زنگ بزنید") == f"به {PHONE} زنگ بزنید", said
        assert duckdb.execute(f"SELECT regexp_matches(?, '{HINT}')", [said]).fetchall() == [(True,)], said
        rest = said.split(" ", 1)[1]  # without its beginning it is nobody's phone
        assert redact(f"به {rest}") == f"به {rest}"


def test_the_judge_sees_what_is_missed_and_what_is_wrong(crowd):
    """A finder of nothing has no recall; one that takes every long number, as was done before, no precision."""
    import re

    assert personal.judge(crowd[:500], lambda text: [])["all"]["recall"] == 0
    greedy = re.compile(r"\d(?:[\s\-–_.()]{0,2}\d){6,}")
    taken = personal.judge(crowd[:2000], lambda text: [digits.Key("phone", *m.span()) for m in greedy.finditer(text)])
    assert taken["all"]["precision"] < 0.7


def test_redacting_twice_changes_nothing_and_the_words_are_the_same_without_both(crowd):
    for comment in crowd[:4000]:
        once = redact(comment.text)
        assert redact(once) == once
        assert without(once).split() == without(comment.text).split()


def test_a_comment_feels_the_same_before_and_after(crowd):
    from cx_helpers.intake import sentiment

    before = sentiment.score([c.text for c in crowd[:3000]])
    after = sentiment.score([redact(c.text) for c in crowd[:3000]])
    assert before["sentiment"].nunique() > 500
    pd.testing.assert_frame_equal(before, after)


def test_order_numbers_with_a_right_check_digit_are_not_national_ids():
    right = [f"{n}" for n in range(2_345_678_000, 2_345_679_000) if digits.national(str(n))]
    assert 80 < len(right) <= 101  # one in eleven
    assert all(redact(f"سفارش من {n} هنوز نرسیده") == f"سفارش من {n} هنوز نرسیده" for n in right)
    assert all(NID in redact(f"کد ملی من {n} را نمی‌پذیرد") for n in right)


def test_check_digits():
    assert digits.national("0084575948")
    assert not digits.national("0084575949")
    assert not digits.national("1111111111")
    assert digits.luhn("4111111111111111")
    assert not digits.luhn("4111111111111112")


def test_what_strayed_into_a_name_or_a_message_is_covered_and_links_stay():
    assert privacy.uncover("کانال ۰۹۱۲۱۲۳۴۵۶۷") == f"کانال {PHONE}"
    assert privacy.uncover("0084575948") == NID
    assert privacy.uncover("order 2345678003 of 2025-09-22") == "order 2345678003 of 2025-09-22"
    assert privacy.uncover("https://shop.ir/?mail=a@x.ir&p=09121234567") == "https://shop.ir/?mail=[e-mail]&p=[phone]"
    assert privacy.uncover("cannot open postgresql://me:secret@host/db") == "cannot open postgresql://…@host/db"


def test_the_engine_asks_about_every_text_in_which_there_is_something(crowd):
    some = [c.text for c in crowd if find(c.text)] + [text for text, _ in TAKEN]
    asked = duckdb.execute(f"SELECT count(*) FROM unnest(?) AS t(x) WHERE regexp_matches(x, '{HINT}')", [some])
    assert asked.fetchall()[0][0] == len(some) > 10_000


def test_a_link_is_personal_by_what_it_carries():
    assert not addresses.personal("https://shop.ir/products/mobile-phones")
    assert addresses.personal("https://shop.ir/users/ali")
    assert addresses.personal("https://shop.ir/#access_token=a")
    assert addresses.personal("https://bit.ly/x")


def test_a_null_is_refused_alone_and_kept_among_many():
    with pytest.raises(TypeError, match="leave nulls out"):
        redact(None)
    assert privacy.redact_all(["09121234567", None]) == [PHONE, None]


@pytest.mark.parametrize("piece", ["1 ", "0912 ", "a.", "a@", "1 - ", "a at ", "آیدی "])
def test_no_text_takes_forever(piece):
    """Four times the text takes about four times as long; where a pattern looks back over all of it, sixteen times."""
    short, long = (min(cpu(piece * (letters // len(piece))) for _ in range(3)) for letters in (20_000, 80_000))
    assert long < 10 * short


def cpu(text: str) -> float:
    start = time.process_time()
    redact(text)
    return time.process_time() - start
