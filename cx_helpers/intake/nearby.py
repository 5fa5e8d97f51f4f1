"""What do the words beside a number call it?  The label that decides whether digits are a person's or a parcel's.

Ten digits may be a national id, a mobile without its zero, a post code or an order.  Writers nearly always say which:
«کد ملی من …», «سفارش … نرسید», «… تومان».  The nearest such word wins; one that touches the number wins over all.
"""

from __future__ import annotations

import re
from typing import NamedTuple

BEFORE, AFTER = 48, 26  # letters looked at on either side

# in one writing: ی ک ا for ي ك آ, a space for a half-space, no vowel marks, lower case
_PLAIN = str.maketrans(
    {"ي": "ی", "ى": "ی", "ئ": "ی", "ك": "ک", "آ": "ا", "أ": "ا", "إ": "ا", "ة": "ه", "ۀ": "ه", "ؤ": "و"}
    | dict.fromkeys("\u00a0\u200c", " ")
    | dict.fromkeys("\u200b\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u0640", None)
    | dict.fromkeys(range(0x64B, 0x656))
)
_ODD = re.compile("[" + "".join(map(chr, _PLAIN)) + "]")

_MINE = "(?:ام|م|مو|مون|مان|ش|اش|شو|شون|شان|ت|تون|تان)(?![ا-ی])"
_WHOSE = (
    "(?:من|ما|خود|همسر|شوهر|خانم|پدر|مادر|بابا|مامان|برادر|خواهر|پسر|دختر|دوست|همکار|همسایه|راننده|پیک|مدیر|خونه|خانه"
    "|منزل|مغازه|شرکت|محل کار|دیگه|دیگر|جدید|قبلی|فعلی|ثابت|مستقیم|همراه)(?:ی|م|مون|مان|ش|شون|ت|ه)?(?![ا-ی])"
)
_NOT_DONE = "(?! ?(?:ک[نر]|ش[دو]|ب[کفش]|ن[کم]|می|فرما|دار|خواه|لازم))"  # پیگیری کنید is no code
# where two labels begin at one place the first stands for it
_WORDS = {
    "national_id": r"(?:کد|شماره|شناسه|ش|کارت)ی? ?ملی|کدملی|(?<!بانک )ملی(?=م|ش|ت|\W|$)|national ?(?:id|code)"
    r"|(?:code?|kode?) ?mell?i",
    "postcode": r"(?:کد|صندوق)ی? ?پستی|پستی|post(?:al)? ?code|zip ?code|kod ?posti",
    "sheba": r"شبا(?!هت|نه|ب)|sheba|shaba|iban",
    "account": r"شماره ?ی? ?(?:حساب|سپرده)|حساب (?:بانکی|سپرده|جاری|کوتاه ?مدت)|account ?n(?:o|umber)|shomare ?hesab",
    "code": r"(?:کارت|بن|کد) ?(?:هدیه|تخفیف|گارانتی|اشتراک|خرید)|گیفت ?کارت|gift ?card"
    r"|(?:پیامک|شماره|کد|ش)ی? ?(?:ی )?(?:سفارش|خرید|فاکتور|پیگیری|رهگیری|مرسوله|بارنامه|سریال|تراکنش|ارجاع|تیکت|پرونده)"
    rf"|سفارش|فاکتور|پیگیری{_NOT_DONE}|رهگیری{_NOT_DONE}|مرسوله|محموله|بارنامه|بار ?کد|سریال|تراکنش|ارجاع|تیکت|پرونده"
    r"|قرارداد|اشتراک|قبض|شناسه|کوپن|تخفیف|گارانتی|رزرو|بلی[تط](?![ا-ی])|رسید(?![ا-ی])|حواله|کد(?!ام|ور)"
    r"|(?:imei|ای ?ام ?ای ?ای|ایمی)(?:\W{1,2}گوشی[ا-ی]{0,2})?|#|№"
    r"|(?:order|tracking|track|invoice|receipt|ticket|serial|s/?n|code|sku|isbn|ref|reference|transaction|id|booking"
    r"|coupon|sefaresh\w*|peygiri|rahgiri|factor|faktor|kod)\b",
    "thing": r"مدل|محصول|بسته|کالا|پارت|model\b",
    "amount": r"قیمت|مبلغ|هزینه|پرداخت|موجودی|اعتبار|کیف ?پول|(?:price|amount|paid|cost|gheymat|mablagh)\b",
    "date": r"تاریخ|مورخ|ساعت|(?:date|tarikh)\b",
    "card": r"کارت(?!ن|خوان)|(?:card|kart|cart)\b",
    "phone": rf"تلفن|تلفکس|فکس|موبایل|مبایل|گوشی ?(?:{_MINE}|من)|همراه(?! ?اول)|واتس ?ا?پ|خط ?(?:ثابت|همراه|من)"
    rf"|منزل|محل ?کار|دفتر(?!چه)|شماره ?ی? ?(?:تماس|{_MINE}|{_WHOSE})"
    r"|(?:tel|telephone|phone|mobile|mob|cell|whats ?app|contact|mobayel|telefon|shomar[ae]m?)\b",
    "calling": r"تماس|زنگ|پیامک|پیام|(?:call|sms|tamas|zang)\b",
}  # fmt: skip
_LABELS = re.compile(
    "(?:(?<![ا-یa-z])|(?<=شماره))(?:" + "|".join(f"(?P<{label}>{words})" for label, words in _WORDS.items()) + ")"
)
# what may stand between a label and its number: endings of the word, whose it is, and signs
_FILLER = re.compile(
    rf"(?:[\W_]|(?:{_WHOSE}|م|ام|مو|مون|مان|ش|شو|شون|شان|ت|تو|تون|تان|ی|ه|ها|های|هام|این|اینه|هم|رو|را|است|هست|هستش|بود|میشه"
    r"|شماره|کد|عبارت|is|my|no|num|number|man|ine)(?=[\W_]|$))*"
)
_CLAUSE = re.compile(r"[\n.،؛,;!؟?()]| [-–—] | (?:و|ولی|اما) ")
_OTHER, _WITH = re.compile(rf"\d|{_CLAUSE.pattern}"), re.compile(r"(?<!\w)(?:با|روی|رو) (?:این )?(?:شماره ?ی? ?)?$")
_LED = re.compile(r"^\D{0,20}(?<!\w)(?:با|به|از|روی|رو) (?:این )?(?:شماره ?ی? ?)?$")
_AMOUNT = re.compile(
    r"\W{0,2}(?:هزار|میلیون|ملیون|میلیارد|تومان|تومن|تمن|توم|ریال|ت(?!\w)|دلار|یورو|درهم|عدد|گرم|کیلو|تن(?!\w)|لیتر|متر|سانت"
    r"|میلی|درصد|مگ|گیگ|بایت|نفر|[%٪$€£﷼]|(?:toman|rial|irr|irt|usd|eur|mah|mb|gb|kg|gr?|ml|km|cm|mm|hz|w)\b)"
)  # fmt: skip
# «09121234567 شماره سفارشمه»: only such words after it take a whole phone number back
_IS_CODE = re.compile(
    r"\W{0,2}(?:که )?(?:این )?(?:شماره|کد) ?(?:ی )?(?:سفارش|پیگیری|رهگیری|فاکتور|مرسوله)\w{0,4}(?:\W|$)"
)
_CODE_LETTERS = re.compile(r"[a-z]+[-_/]?$")
_CALLING = frozenset("tel phone mobile mob cell call no num number sms whatsapp to at on is be ba ir".split())


class Nearby(NamedTuple):
    """What stands beside a number: its label (or ""), does that touch it, does an amount's unit follow."""

    label: str = ""
    touching: bool = False
    amount: bool = False
    is_code: bool = False  # said so plainly that even a whole phone number is believed to be one
    after: int = 0  # letters after the number that its label takes
    led: bool = False  # زنگ زدم به …: a short word leads from the label to the number

    def says(self, *labels: str) -> bool:
        """Is the label one of these?"""
        return self.label in labels


def look(text: str, start: int, end: int, since: int = 0) -> Nearby:
    """The label of the number at text[start:end]; words before `since` belong to another number."""
    before = plain(text[max(since, start - BEFORE) : start])
    after = plain(text[end : end + AFTER])
    amount = bool(_AMOUNT.match(after))
    glued = _CODE_LETTERS.search(before)
    if glued and len(glued[0]) > 1 and glued[0].strip("-_/") not in _CALLING:
        return Nearby("code", True, amount, text[start - 2 : start].strip("-_/")[-1:].isupper())
    label, gap = _last(before)
    if label and _FILLER.fullmatch(gap):
        return Nearby(label, True, amount, label == "code")
    clause = _CLAUSE.split(after, 1)[0]
    follows = _LABELS.search(clause)
    if follows and follows.start() <= (min(12, len(gap)) if label else 12):
        touching = bool(_FILLER.fullmatch(clause, 0, follows.start()))
        return Nearby(follows.lastgroup, touching, amount, bool(_IS_CODE.match(after)), follows.end())
    if label in ("date", "amount", "thing") and _OTHER.search(gap) or label == "code" and _WITH.search(gap):
        label = ""  # it is another number's; «سفارشم را با …» tells of who ordered
    return Nearby(label, False, amount, led=bool(_LED.search(gap)))


def _last(before: str) -> tuple[str, str]:
    """The label nearest before a number, and what stands between."""
    last = None
    for found in _LABELS.finditer(before):
        last = found
    return (last.lastgroup, before[last.end() :]) if last else ("", "")


def plain(text: str) -> str:
    """The text in the writing that labels are looked up in."""
    return (text.translate(_PLAIN) if _ODD.search(text) else text).lower()
