"""Comments with personal keys planted in them, and with look-alikes that must stay: what redaction is measured on.

`comments(count, seed)` writes as customers do: keys in several formats and digits, labelled or not, glued or spaced,
one or two a comment, beside order numbers of 6-12 digits, parcels, prices, dates, weights, serial numbers and IMEIs.
Nothing here is anybody's: keys are drawn, their check digits worked out.
"""

import random
from typing import NamedTuple

FA, AR = "۰۱۲۳۴۵۶۷۸۹", "٠١٢٣٤٥٦٧٨٩"
ZWNJ = "\u200c"


class Planted(NamedTuple):
    """A key in a comment: its kind and where it stands."""

    kind: str
    start: int
    end: int


class Comment(NamedTuple):
    """What was written, and the keys in it; `stays` are the look-alikes."""

    text: str
    planted: list[Planted]
    stays: list[str]


def digits(rng, n: int) -> str:
    return "".join(rng.choice("0123456789") for _ in range(n))


def mobile(rng) -> str:
    code = rng.choice("912 913 914 919 910 990 991 901 902 903 930 933 935 936 937 938 939 920 921 922".split())
    number = code + digits(rng, 7)
    form = rng.choice(["0{}"] * 8 + ["+98{}", "0098{}", "98{}", "+98 {}", "+98-{}", "{}"]).replace("{}", "{0}")
    parted = rng.choice(
        [number] * 6
        + [f"{number[:3]}{s}{number[3:6]}{s}{number[6:]}" for s in (" ", "-", ".", ZWNJ)]
        + [f"{number[:3]}{s}{number[3:6]}{s}{number[6:8]}{s}{number[8:]}" for s in (" ", "-")]
        + [f"{number[:3]}{s}{number[3:]}" for s in (" ", "-", "_", "/")]
    )
    whole = form.format(parted)
    return " ".join(whole) if rng.random() < 0.02 and whole.isdigit() and whole[0] == "0" else whole


def _said(number: int) -> str:
    """A number below a thousand in words."""
    small = ("صفر یک دو سه چهار پنج شش هفت هشت نه ده یازده دوازده سیزده چهارده پانزده شانزده هفده هجده نوزده").split()
    tens = "بیست سی چهل پنجاه شصت هفتاد هشتاد نود".split()
    hundreds = "صد دویست سیصد چهارصد پانصد ششصد هفتصد هشتصد نهصد".split()
    if number < 20:
        return small[number]
    if number < 100:
        return tens[number // 10 - 2] + (f" و {small[number % 10]}" if number % 10 else "")
    return hundreds[number // 100 - 1] + (f" و {_said(number % 100)}" if number % 100 else "")


def spoken(rng) -> str:
    """A mobile as it is said: 0 912 345 67 89 in words, or some of its parts in digits."""
    parts = [rng.choice(["912", "935", "901", "939"]), *(str(rng.randint(*ends)) for ends in ((111, 999), (21, 99)))]
    parts = ["0", *parts, *rng.choice([[str(rng.randint(21, 99))], ["5", "7"]])]
    words = [_said(int(part)) for part in parts]
    if rng.random() < 0.4:
        words[:2] = [
            "0" + parts[1] if rng.random() < 0.5 else "۰" + parts[1].translate(str.maketrans("0123456789", FA))
        ]
    return " ".join(words)


def landline(rng) -> str:
    area = rng.choice("21 31 51 71 41 26 25 13 11 17 28 34 44 61 81 86".split())
    number = rng.choice("2345678") + digits(rng, 7)
    number = rng.choice([number, number, f"{number[:4]} {number[4:]}", f"{number[:4]}-{number[4:]}"])
    return rng.choice(
        ["0{a}{n}", "0{a}-{n}", "0{a} {n}", "(0{a}) {n}", "+98{a}{n}", "0098 {a} {n}", "0{a}{z}{n}"]
    ).format(a=area, n=number, z=ZWNJ)


def short_landline(rng) -> str:
    number = rng.choice("2345678") + digits(rng, 7)
    return rng.choice([number, f"{number[:4]}-{number[4:]}", f"{number[:4]} {number[4:]}"])


def national_id(rng) -> str:
    nine = rng.choice(["00", "12", "22", "44", "51", "07", "18", "36"]) + digits(rng, 7)
    rest = sum(int(d) * (10 - i) for i, d in enumerate(nine)) % 11
    check = rest if rest < 2 else 11 - rest
    return rng.choice([f"{nine}{check}"] * 4 + [f"{nine[:3]}-{nine[3:]}-{check}"])


def card(rng) -> str:
    fifteen = rng.choice("603799 589210 627961 610433 621986 636214 502229 639347 622106 505785".split()) + digits(
        rng, 9
    )
    doubled = [int(d) * (2 - i % 2) for i, d in enumerate(fifteen)]
    number = fifteen + str(-sum(d - 9 * (d > 9) for d in doubled) % 10)
    parts = [number[i : i + 4] for i in range(0, 16, 4)]
    return rng.choice(
        [number, number, " ".join(parts), "-".join(parts), "  ".join(parts), ZWNJ.join(parts), ".".join(parts)]
    )


def sheba(rng) -> str:
    account = rng.choice("017 012 055 062 018 019".split()) + digits(rng, 19)
    check = 98 - int(account + "182700") % 97
    whole = f"{check:02d}{account}"
    fours = [whole[:2], *[whole[i : i + 4] for i in range(2, 22, 4)], whole[22:]]
    return rng.choice(
        [f"IR{whole}"] * 3 + [f"ir{whole}", f"IR {whole}", "IR" + " ".join(fours), "IR-" + "-".join(fours)]
    )


def email(rng) -> str:
    name = rng.choice("ali sara reza.k m_hosseini zahra1370 amir-r nima.t fatemeh mr.karimi hamid65".split()) + digits(
        rng, rng.choice([0, 2, 3])
    )
    place = rng.choice("gmail.com yahoo.com chmail.ir outlook.com mail.sharif.ac.ir hotmail.com company.co".split())
    return rng.choice([f"{name}@{place}"] * 8 + [f"{name.upper()}@{place}", f"{name} @ {place}", f"{name}@ {place}"])


def link(rng) -> str:
    code = digits(rng, 6)
    return rng.choice(
        [
            f"https://shop.ir/track?order={code}",
            f"http://pay.bank.ir/r/{digits(rng, 9)}",
            f"www.shop.ir/login?token=a{code}f",
            f"https://t.me/ali_{code}",
            f"t.me/joinchat/AAAA{code}",
            f"https://instagram.com/sara.{code[:3]}",
            f"https://user:pw{code}@shop.ir/",
            f"shop.ir/u/{code[:2]}ali",
            f"https://panel.shop.ir/reset/9f8e7d6c5b4a{code}",
            f"wa.me/98912{digits(rng, 7)}",
        ]
    )


def user_name(rng) -> str:
    name = rng.choice("ali_r sara.h reza_karimi nima98 zahra_ghasemi mrkarimi hosein.1370 m_r_t".split())
    return f"@{name}{digits(rng, rng.choice([0, 2]))}"


def _frames(text: str) -> list[str]:
    return text.split(" | ")


KEYS = {
    "phone": (mobile, _frames(
        "شماره من {} لطفا تماس بگیرید | با {} هرچی زنگ میزنم جواب نمیدن | موبایلم {} هست | "
        "پیک گفت به {} زنگ بزن | به شماره {} پیامک نیومد | {} تماس بگیرید توضیح میدم | "
        "شماره‌م{}منتظرم | سفارشم رو با {} ثبت کردم ولی نیومد | "
        "لطفا با این شماره هماهنگ کنید: {} | تلفن:{} | شماره همسرم {} و در دسترسه | واتساپ {} | "
        "{} | call me {} | با شمارهٔ {} ثبت‌نام کرده بودم | رمز یکبار مصرف روی {} نمیاد | "
        "دو بار از {} زنگ زدن و قطع کردن"
    )),
    "landline": (landline, _frames(
        "تلفن منزل {} | به {} زنگ زدم کسی برنداشت | شماره ثابت من {} است | از {} تماس گرفتن | "
        "{} داخلی ۱۲ | تلفن دفتر: {} | لطفا با {} تماس بگیرید | "
        "شماره {} رو هر وقت میگیری اشغاله"
    )),
    "short_landline": (short_landline, _frames(
        "تلفن ثابت {} | شماره تماس {} | به تلفن {} زنگ بزنید | تلفن منزل ما {} هست | "
        "شماره تلفنم: {}"
    )),
    "national_id": (national_id, _frames(
        "کد ملی من {} است | کدملی: {} | با کد ملی {} ثبت نام نمیشه | "
        "شماره ملی {} رو قبول نمیکنه | کد ملیم{} | کدِ ملی {} مال خواهرمه | "
        "{} کد ملی منه چرا خطا میده | احراز هویت با {} انجام نشد | "
        "بنده {} هستم، پیگیری بفرمایید | ش ملی {} | national id {}"
    )),
    "card": (card, _frames(
        "به کارت {} واریز کنید | شماره کارت: {} | پول به {} برنگشت | کارتم {} بانک ملی | "
        "کارت به کارت کردم به {} | لطفا وجه رو بزنید به {} | شماره کارتم{}به نام خودم"
    )),
    "sheba": (sheba, _frames(
        "شماره شبا {} | شبا: {} | وجه را به {} برگردانید | شبام {} هست | به شبای {} واریز نشد | "
        "{}"
    )),
    "email": (email, _frames(
        "ایمیل من {} است | به {} جواب بدید | فاکتور رو به {} بفرستید | ایمیلم:{} | email: {} | "
        "{} | روی {} چیزی نیومد"
    )),
    "link": (link, _frames("لینکش اینه {} | {} باز نمیشه | اینجا ببینید: {} | از {} رفتم خطا داد | ({})")),
    "user_name": (user_name, _frames(
        "تلگرام {} پیام بدید | آیدی {} | به {} گفتم | اینستام {} هست | آیدیم{} | {} جواب نداد | "
        "ID: {}"
    )),
}  # fmt: skip


def money(rng) -> str:
    amount = rng.choice([25000, 480000, 1250000, 32000000, 2500000000, 750000]) * rng.randint(1, 9)
    return rng.choice([f"{amount:,}", f"{amount:,}".replace(",", "٬"), str(amount), f"{amount:,}".replace(",", ".")])


def order(rng) -> str:
    return rng.choice("123456789") + digits(rng, rng.randint(5, 11))


def phone_like(rng) -> str:
    return rng.choice(["0912", "0935", "9121", "9350", "0910"]) + digits(rng, rng.choice([3, 4, 5]))


def imei(rng) -> str:
    return rng.choice(["35", "86"]) + digits(rng, 13)


def date(rng) -> str:
    y, m, d = rng.choice([1402, 1403, 1404, 2024, 2025]), rng.randint(1, 12), rng.randint(1, 29)
    form = rng.choice(["{0}/{1:02}/{2:02}", "{0}-{1:02}-{2:02}", "{2}/{1}/{0}", "{0} {1:02} {2:02}", "{0}{1:02}{2:02}",
                       "{0}/{1:02}/{2:02} 14:{3}"])  # fmt: skip
    return form.format(y, m, d, d + 20)


def clock(rng) -> str:
    return f"{rng.randint(8, 21)}:{rng.randint(10, 59)}"


def weight(rng) -> str:
    return rng.choice(["250", "900", "1500", "10000", "20000"])


def model(rng) -> str:
    return rng.choice("TDI SM- RTX A- LG".split()) + digits(rng, rng.randint(4, 8))


def row(rng) -> str:
    return rng.choice(["1920 1080", "7980 7990 5890", "3 4 5 6 7 8 9", "1-2-3-4-5-6-7"])


def page(rng) -> str:
    return rng.choice(["https://shop.ir/help", "www.shop.ir", "shop.ir", "https://fa.shop.ir/blog/rahnama"])


def face(rng) -> str:
    return rng.choice(["@_@", ":@", "2 @ 5000", "a@", "@"])


def parcel(rng) -> str:
    return digits(rng, 24)


def parted_money(rng) -> str:
    return rng.choice(["9.123.456.789", "9 123 456 789", "2 500 000"])


LOOKALIKES = [
    (order, _frames(
        "شماره سفارش {} | سفارش {} هنوز نرسیده | سفارشم {} بود | کد سفارش: {} | "
        "فاکتور {} اشتباه صادر شده | سفارش شماره {} ناقص بود | order {} late | "
        "سفارش به شماره {} کنسل شد | {} شماره سفارشمه | سفارش #{} رو پیگیری کنید | "
        "تیکت {} بی‌جواب مانده | شماره پیگیری {} رو زدم چیزی نیاورد | کد پیگیری {} | "
        "کد رهگیری پست {} | مرسوله {} گم شده | سریال دستگاه {} | شناسه قبض {} | "
        "تراکنش {} ناموفق بود | قرارداد {} تمدید نشد | بارکد {} نمیخونه | کد تخفیف {} | "
        "سفارشم رو دو هفته پیش ثبت کردم به شماره {} | شماره مرسوله: {} | کد کالا {} | "
        "invoice no. {} | {} رو پیگیری کنید"
    )),
    (phone_like, _frames("شماره سفارش {} | کد سفارش من {} است | کد پیگیری {} | فاکتور {} | سفارش {} نرسید")),
    (imei, _frames("IMEI {} رجیستر نیست | کد IMEI گوشی {} | ایمی {} | شماره سریال {}")),
    (money, _frames(
        "قیمت {} تومان بود | {} تومن گرفتن | مبلغ {} ریال کم شد | {} ریال پس ندادن | "
        "با هزینه {} تومان گرونه | {} تومان از حسابم کم شد | پول {} تومنی من چی شد"
    )),
    (date, _frames(
        "تاریخ {} سفارش دادم | از {} منتظرم | {} قرار بود برسه | در تاریخ {} تماس گرفتم | "
        "تحویل {}"
    )),
    (clock, _frames("ساعت {} اومد | بین {} تا ۲۲ نیومدن")),
    (weight, _frames("وزن {} گرم | {} گرم کمتر بود | {} میلی‌آمپر | {}mAh | {} عدد")),
    (model, _frames("مدل {} | گوشی {} خریدم")),
    (row, _frames("رزولوشن {} | مدل‌های {} بهترن | {}")),
    (page, _frames("در {} دیدم | {}")),
    (face, _frames("خراب بود {} | {}")),
    (parcel, _frames("کد رهگیری مرسوله {} | بارنامه {}")),
    (parted_money, _frames("{} ریال | مبلغ {} تومان")),
]  # fmt: skip
OPENINGS = [
    "سلام. ",
    "با سلام و خسته نباشید، ",
    "واقعا متاسفم. ",
    "کیفیتش خوب بود ولی ",
    "",
    "",
    "ببخشید ",
    "سه بار گفتم! ",
    "خیلی بد بود\n",
]
JOINS = ["، ", ". ", " ولی ", "\n", " و ", "؛ ", " - "]
ENDINGS = ["", "", " ممنون", ".", " لطفا رسیدگی کنید.", " چرا کسی جوابگو نیست؟!", " 🙏", " خواهشمندم پیگیری شود"]


def comments(count: int, seed: int) -> list[Comment]:
    """Comments, two thirds of them with keys; the same seed writes the same ones."""
    rng = random.Random(seed)
    return [_comment(rng) for _ in range(count)]


def _comment(rng) -> Comment:
    parts = []
    if rng.random() < 0.66:
        kind = rng.choice(list(KEYS))
        make, frames = KEYS[kind]
        parts.append((kind, rng.choice(frames), make(rng)))
    for _ in range(rng.choice([0, 1, 1, 2]) if parts else rng.choice([1, 2])):
        make, frames = rng.choice(LOOKALIKES)
        parts.append(("", rng.choice(frames), make(rng)))
    rng.shuffle(parts)
    text, planted, stays = rng.choice(OPENINGS), [], []
    for number, (kind, frame, value) in enumerate(parts):
        if number:
            text += rng.choice(JOINS)
        written = value.translate(str.maketrans("0123456789", rng.choice(["0123456789", FA, FA, AR])))
        if kind in ("link", "email", "user_name") and rng.random() < 0.9:
            written = value
        before, after = frame.split("{}")
        text += before
        if kind:
            planted.append(
                Planted(kind.removeprefix("short_").replace("landline", "phone"), len(text), len(text + written))
            )
        else:
            stays.append(written)
        text += written + after
    return Comment(text + rng.choice(ENDINGS), planted, stays)


def judge(written: list[Comment], find) -> dict[str, dict]:
    """Recall and precision of each kind and of `all`: a key counts as found where nothing of it is left."""
    counts = {}

    def count(name: str, key: str, right: bool, text: str, wrong: str) -> None:
        of = counts.setdefault(name, {"planted": 0, "hit": 0, "found": 0, "right": 0, "missed": [], "wrong": []})
        of[key] += 1
        of["hit" if key == "planted" else "right"] += right
        if not right:
            of[wrong].append(text)

    for text, planted, _ in written:
        found = find(text)
        for p in planted:
            whole = [f.kind for f in found if f.start <= p.start and p.end <= f.end]
            count(p.kind, "planted", p.kind in whole, text, "missed")
            count("all", "planted", bool(whole), text, "missed")
        for f in found:
            touched = [p.kind for p in planted if p.start < f.end and f.start < p.end]
            count(f.kind, "found", f.kind in touched, text, "wrong")
            count("all", "found", bool(touched), text, "wrong")
    for of in counts.values():
        of["recall"], of["precision"] = of["hit"] / max(of["planted"], 1), of["right"] / max(of["found"], 1)
    return counts
