"""What are the keys called?  labels.yaml: a Persian and an English name for every value that a report may print."""

from __future__ import annotations

from .people import PROVINCES

_KEYS = """
app | اپلیکیشن | app
web | وب‌سایت | website
phone | تلفن | phone
store | فروشگاه حضوری | store
email | ایمیل | email
ad | تبلیغ | advertisement
search | جست‌وجو | search
product_page | صفحهٔ کالا | product page
reviews | نظر خریداران | customer reviews
consult | مشاورهٔ خرید | sales advice
cart | سبد خرید | cart
checkout | ثبت سفارش | checkout
payment | پرداخت | payment
delivery | تحویل | delivery
unboxing | باز کردن بسته | unboxing
support_chat | گفت‌وگوی پشتیبانی | support chat
support_call | تماس پشتیبانی | support call
return | مرجوعی | return
club | باشگاه مشتریان | loyalty club
warehouse | انبار و ارسال | warehouse and delivery
technical | تیم فنی | technical team
care | پشتیبانی مشتریان | customer care
review | نوشتن نظر | writing a review
digital | خریداران آنلاین | online shoppers
shop | خریداران حضوری | store shoppers
omni | خریداران چندکاناله | omnichannel shoppers
business | خریداران سازمانی | business customers
pilot | گروه آزمایشی آغاز کار | launch pilot group
instagram | اینستاگرام | Instagram
influencer | اینفلوئنسرها | influencers
referral | معرفی دوستان | referral
marketplace | بازارهای آنلاین | marketplaces
passerby | رهگذران فروشگاه | passers-by
female | زن | female
male | مرد | male
quality | کیفیت کالا | product quality
price | قیمت | price
support | پشتیبانی | support
packaging | بسته‌بندی | packaging
info | اطلاعات کالا | product information
attr_delivery | تحویل به‌موقع | on-time delivery
attr_support | پشتیبانی | support
attr_quality | کیفیت کالا | product quality
attr_price | قیمت | price
attr_packaging | بسته‌بندی | packaging
attr_app | اپلیکیشن و سایت | app and website
servqual.tangibles | ظاهر و امکانات | tangibles
servqual.reliability | قابلیت اعتماد | reliability
servqual.responsiveness | پاسخ‌گویی | responsiveness
servqual.assurance | اطمینان خاطر | assurance
servqual.empathy | همدلی | empathy
solved | حل‌شده | solved
closed | بسته‌شدهٔ حل‌نشده | closed unsolved
open | باز | open
low | کم | low
normal | عادی | normal
high | زیاد | high
urgent | فوری | urgent
delivered | تحویل‌شده | delivered
shipped | در راه | on its way
returned | مرجوع‌شده | returned
response | پاسخ نظرسنجی | survey answer
ticket | درخواست پشتیبانی | ticket
social | شبکهٔ اجتماعی | social media
chat | گفت‌وگو | chat
call | تماس | call
club_basic | باشگاه پایه | basic club
club_plus | باشگاه ویژه | club plus
club_trial | باشگاه آزمایشی سه‌ماهه | three-month trial club
checkout_v2 | صفحهٔ پرداخت تازه | new checkout page
free_gift | هدیهٔ رایگان | free gift
voucher | کد تخفیف بازگشت | win-back voucher
nuts_sweets | آجیل و شیرینی | nuts and sweets
tea_saffron | چای و زعفران | tea and saffron
kitchen | آشپزخانه | kitchen
coffee | قهوه | coffee
clothes | پوشاک | clothes
home | خانه | home
beauty | آرایشی و بهداشتی | beauty
books_toys | کتاب و بازی | books and toys
always_on | تبلیغ همیشگی | always-on advertising
brand | تبلیغ برند | brand campaign
retargeting | بازگرداندن بازدیدکنندگان | retargeting
crm | سامانهٔ مشتریان | CRM
survey | نظرسنجی | survey
helpdesk | میز پشتیبانی | help desk
pos | صندوق فروشگاه | point of sale
phone_log | دفتر تماس‌ها | phone log
consent | رضایت به تماس | may be contacted
topic | موضوع | topic
plan | طرح | plan
variant | نسخه | variant
category | دستهٔ کالا | category
origin | خاستگاه | origin
باشگاه خوشامد برای مشتریان تازه | باشگاه خوشامد برای مشتریان تازه | Welcome club for new customers
پشتیبانی در دو شیفت | پشتیبانی در دو شیفت | Support in two shifts
صفحهٔ پرداخت تازه (آزمایش) | صفحهٔ پرداخت تازه (آزمایش) | New checkout page (test)
درگاه پرداخت تازهٔ اپلیکیشن | درگاه پرداخت تازهٔ اپلیکیشن | New payment gateway of the app
جعبهٔ مقوایی ارزان‌تر | جعبهٔ مقوایی ارزان‌تر | Cheaper cardboard box
"""
# the cities of each province, in the order of people.PROVINCES; a city named like its province has the province's name
_CITIES = """
Tehran, Shahriar, Eslamshahr, Varamin; Mashhad, Neyshabur, Sabzevar, Torbat-e Heydarieh; Isfahan, Kashan, Najafabad;
Shiraz, Marvdasht, Jahrom; Tabriz, Maragheh, Marand; Karaj, Nazarabad, Hashtgerd; Ahvaz, Dezful, Abadan;
Sari, Babol, Amol; Rasht, Lahijan, Bandar-e Anzali; Kerman, Rafsanjan, Sirjan; Urmia, Khoy, Mahabad; Qom;
Arak, Saveh; Hamadan, Malayer; Yazd, Meybod; Kermanshah, Eslamabad-e Gharb; Gorgan, Gonbad-e Kavus; Qazvin, Takestan;
Bandar Abbas, Qeshm; Khorramabad, Borujerd; Ardabil, Parsabad; Zanjan, Abhar; Bushehr, Borazjan; Zahedan, Chabahar;
Semnan, Shahrud; Sanandaj, Saqqez; Shahrekord; Bojnurd; Birjand; Yasuj; Ilam
"""


def labels() -> dict[str, dict[str, str]]:
    """Every key with its names: {key: {fa, en}}."""
    rows = (line.split(" | ") for line in _KEYS.strip().splitlines())
    names = {key: {"fa": fa, "en": en} for key, fa, en in rows}
    for (province, (english, _, cities)), spelled in zip(PROVINCES.items(), _CITIES.split(";"), strict=True):
        for city, name in zip(cities, spelled.split(","), strict=True):
            names[city] = {"fa": city, "en": name.strip()}
        names[province] = {"fa": province, "en": english}
    return names
