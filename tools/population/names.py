"""Iranian names with a plain Latin spelling, the commonest first: invented weights, real shapes."""

from __future__ import annotations

MALE = """محمد Mohammad|علی Ali|حسین Hossein|مهدی Mehdi|رضا Reza|حسن Hassan|امیرحسین Amir Hossein|
محمدرضا Mohammad Reza|ابوالفضل Abolfazl|امیر Amir|سعید Saeed|حمید Hamid|علیرضا Alireza|مجید Majid|
احمد Ahmad|محسن Mohsen|عباس Abbas|محمود Mahmoud|امیرعلی Amir Ali|مصطفی Mostafa|جواد Javad|
ابراهیم Ebrahim|مسعود Masoud|اکبر Akbar|محمدمهدی Mohammad Mehdi|مرتضی Morteza|اسماعیل Esmaeil|
علی‌اکبر Ali Akbar|حمیدرضا Hamid Reza|محمدحسین Mohammad Hossein|مجتبی Mojtaba|یوسف Yousef|
کریم Karim|جعفر Jafar|اصغر Asghar|بهروز Behrouz|محمدعلی Mohammad Ali|رسول Rasoul|ناصر Naser|
فرهاد Farhad|غلامرضا Gholamreza|نادر Nader|محمدجواد Mohammad Javad|رحیم Rahim|داوود Davoud|
قاسم Ghasem|پویا Pouya|آرش Arash|بهنام Behnam|امید Omid|وحید Vahid|کامران Kamran|یاسر Yaser|
میلاد Milad|سینا Sina|حامد Hamed|سجاد Sajjad|کیان Kian|آرمین Armin|پارسا Parsa|بابک Babak|
پیمان Peyman|شهرام Shahram|ایمان Iman|رامین Ramin|فرزاد Farzad|هادی Hadi|صادق Sadegh|
عبدالله Abdollah|نعمت‌الله Nematollah|غلامحسین Gholamhossein|خسرو Khosrow|سیاوش Siavash|
کوروش Kourosh|آریا Arya|منصور Mansour|یعقوب Yaghoub|حبیب Habib|سهراب Sohrab|پرویز Parviz|
هوشنگ Houshang|ایرج Iraj|فریدون Fereydoun|جمشید Jamshid|کیوان Keyvan|نوید Navid|شایان Shayan|
دانیال Danial|عرفان Erfan|ماهان Mahan|سامان Saman|بهزاد Behzad|روح‌الله Rouhollah|عیسی Isa|
موسی Mousa|یحیی Yahya|طاهر Taher|کاظم Kazem|مهران Mehran|مهرداد Mehrdad|شهاب Shahab|فرشاد Farshad|
پژمان Pejman|بیژن Bijan|سیروس Sirous|اردشیر Ardeshir|منوچهر Manouchehr"""

FEMALE = """فاطمه Fatemeh|زهرا Zahra|مریم Maryam|معصومه Masoumeh|زینب Zeinab|سکینه Sakineh|رقیه Roghayeh|
خدیجه Khadijeh|لیلا Leila|سمیه Somayeh|طاهره Tahereh|نرگس Narges|اعظم Azam|صدیقه Sedigheh|
ریحانه Reyhaneh|نازنین‌زهرا Nazanin Zahra|کبری Kobra|اکرم Akram|مهدیه Mahdieh|فرشته Fereshteh|
سارا Sara|الهام Elham|مینا Mina|نسرین Nasrin|شهناز Shahnaz|پروین Parvin|منیژه Manijeh|زهره Zohreh|
محبوبه Mahboubeh|مهناز Mahnaz|حدیث Hadis|هانیه Hanieh|ستایش Setayesh|یسنا Yasna|آیدا Aida|سحر Sahar|
شیما Shima|نگار Negar|ندا Neda|پریسا Parisa|سپیده Sepideh|مهسا Mahsa|غزل Ghazal|یگانه Yeganeh|
کوثر Kosar|راضیه Razieh|مرضیه Marzieh|حکیمه Hakimeh|عاطفه Atefeh|فریبا Fariba|ژاله Jaleh|
شیرین Shirin|فرزانه Farzaneh|آزاده Azadeh|بهاره Bahareh|نیلوفر Niloufar|الهه Elaheh|مونا Mona|
ثریا Soraya|سودابه Soudabeh|مهین Mahin|ناهید Nahid|گلناز Golnaz|هدیه Hedieh|یلدا Yalda|آتنا Atena|
پانته‌آ Pantea|شبنم Shabnam|نفیسه Nafiseh|حمیده Hamideh|وحیده Vahideh|سعیده Saeedeh|فهیمه Fahimeh|
مژگان Mojgan|ویدا Vida|آناهیتا Anahita|مهری Mehri|اشرف Ashraf|عفت Effat|ملیحه Maliheh|رویا Roya|
نازنین Nazanin|درسا Dorsa|باران Baran|هستی Hasti"""

# stems of surnames; a surname is a stem with one of the endings below
STEMS = """محمد Mohammad|حسین Hossein|احمد Ahmad|رضا Reza|کریم Karim|مراد Morad|قاسم Ghasem|جعفر Jafar|
رحیم Rahim|صادق Sadegh|کاظم Kazem|هاشم Hashem|ابراهیم Ebrahim|اسماعیل Esmaeil|اکبر Akbar|عباس Abbas|
حسن Hassan|یوسف Yousef|امیر Amir|نور Nour|سلیمان Soleiman|علی Ali|شریف Sharif|صالح Saleh|طاهر Taher|
نظر Nazar|باقر Bagher|جلال Jalal|جمال Jamal|کمال Kamal|فتح Fath|قربان Ghorban|رستم Rostam|
بهرام Bahram|خسرو Khosrow|داوود Davoud|منصور Mansour|نادر Nader|یعقوب Yaghoub|حیدر Heydar|
غلام Gholam|رمضان Ramezan|شعبان Shaban|رجب Rajab|میرزا Mirza|سلطان Soltan|خلیل Khalil|جواد Javad|
نجف Najaf|توکل Tavakkol|عزیز Aziz|حبیب Habib|اسد Asad|بابا Baba|زمان Zaman|تقی Taghi|نقی Naghi|
پناه Panah|فرج Faraj|صفر Safar|شاه Shah|خان Khan|بیگ Beyg|قنبر Ghanbar|نبی Nabi|ولی Vali|نصیر Nasir|
اکرم Akram|عرب Arab|ملک Malek|شیخ Sheykh|پهلوان Pahlavan|گل Gol|آقا Agha|حاج Haj|کد Kad|
دهقان Dehghan|رنجبر Ranjbar|کشاورز Keshavarz|زارع Zare|نجار Najjar|حداد Haddad|عطار Attar|
صراف Sarraf"""
ENDINGS = "ی i 40|زاده zadeh 9|پور pour 8|نژاد nejad 4|ی‌نژاد inejad 2|فر far 3|نیا nia 4|ی‌پور ipour 1|یان ian 4|" \
          "لو lou 1|وند vand 1|ی‌فر ifar 1|خانی khani 2|ی‌زاده izadeh 2|دوست doust 1"  # fmt: skip
WHOLE = """موسوی Mousavi 9|حسینی Hosseini 14|رضایی Rezaei 9|مرادی Moradi 7|نوری Nouri 4|صادقی Sadeghi 5|
جعفری Jafari 6|کریمی Karimi 7|قاسمی Ghasemi 5|هاشمی Hashemi 4|رحیمی Rahimi 5|اکبری Akbari 5|
ابراهیمی Ebrahimi 5|شریفی Sharifi 4|میرزایی Mirzaei 3|نجفی Najafi 3|عبداللهی Abdollahi 2|
قربانی Ghorbani 4|حیدری Heydari 5|احمدی Ahmadi 9|محمدی Mohammadi 14|علوی Alavi 2|
طباطبایی Tabatabaei 1|شجاعی Shojaei 1|صفری Safari 2|رستمی Rostami 3|بهرامی Bahrami 2|
خسروی Khosravi 1|توکلی Tavakoli 2|سلطانی Soltani 2|فرهادی Farhadi 1|باقری Bagheri 3|
یزدانی Yazdani 1|کاظمی Kazemi 3|زارعی Zarei 2|امینی Amini 3|اسدی Asadi 3|طاهری Taheri 3|
نظری Nazari 3|عباسی Abbasi 4|خلیلی Khalili 1|ملکی Maleki 2|پیرمحمدی Pirmohammadi 1|فتحی Fathi 1|
ذاکری Zakeri 1|ضیایی Ziaei 1|غفاری Ghaffari 2|ثابتی Sabeti 1|وکیلی Vakili 1|خوانساری Khansari 1|
خواجه‌پور Khajehpour 1|مشهدی Mashhadi 1"""
PLACES = """تهرانی Tehrani|اصفهانی Esfahani|شیرازی Shirazi|تبریزی Tabrizi|یزدی Yazdi|کرمانی Kermani|قمی Ghomi|
رشتی Rashti|کاشانی Kashani|همدانی Hamedani|لاری Lari|مازندرانی Mazandarani|خراسانی Khorasani|
اردبیلی Ardabili|زنجانی Zanjani|بروجردی Boroujerdi|اراکی Araki|گیلانی Gilani|نیشابوری Neyshabouri|
سبزواری Sabzevari|مقدم Moghaddam|اصل Asl|راد Rad|کیا Kia|منش Manesh"""

# city, Latin, province, area code, weight
CITIES = """تهران Tehran تهران 021 30|مشهد Mashhad خراسان‌رضوی 051 9|اصفهان Isfahan اصفهان 031 7|
کرج Karaj البرز 026 6|شیراز Shiraz فارس 071 6|تبریز Tabriz آذربایجان‌شرقی 041 5|قم Qom قم 025 4|
اهواز Ahvaz خوزستان 061 4|کرمانشاه Kermanshah کرمانشاه 083 3|ارومیه Urmia آذربایجان‌غربی 044 2|
رشت Rasht گیلان 013 3|زاهدان Zahedan سیستان‌وبلوچستان 054 2|همدان Hamedan همدان 081 2|
کرمان Kerman کرمان 034 2|یزد Yazd یزد 035 2|اردبیل Ardabil اردبیل 045 2|
بندرعباس Bandar_Abbas هرمزگان 076 2|اراک Arak مرکزی 086 1|زنجان Zanjan زنجان 024 1|
سنندج Sanandaj کردستان 087 1|قزوین Qazvin قزوین 028 1|گرگان Gorgan گلستان 017 1|
ساری Sari مازندران 011 2|کاشان Kashan اصفهان 031 1|بوشهر Bushehr بوشهر 077 1|
بجنورد Bojnord خراسان‌شمالی 058 1|خرم‌آباد Khorramabad لرستان 066 1|سمنان Semnan سمنان 023 1"""
STREETS = """ولیعصر آزادی انقلاب شریعتی بهشتی مطهری امام‌خمینی طالقانی کارگر گلستان بهار سعدی حافظ فردوسی مولوی
نیایش هنگام پیروزی دماوند جمهوری ملاصدرا میرداماد پاسداران شهید‌رجایی شهید‌چمران معلم دانشگاه کشاورز
صنعت لاله نرگس یاس سروستان گلها نسترن بوستان""".split()
COMPANIES = """پارس نوین آریا فردا سپهر کیمیا زاگرس البرز خلیج‌فارس کویر ایران‌تک پیشرو راهکار دانا توسعه صدف
مهرگان آفتاب""".split()


def _pairs(text: str) -> list[tuple[str, str]]:
    """«محمد Mohammad|…» as [(Persian, Latin), …]."""
    return [tuple(entry.split(maxsplit=1)) for entry in text.replace("\n", " ").split("|") if entry.strip()]


def given_names(sex: str) -> tuple[list[tuple[str, str]], list[float]]:
    """First names of one sex and their weights, falling with the rank as real ones roughly do."""
    names = [(fa.strip(), la.strip()) for fa, la in _pairs(MALE if sex == "m" else FEMALE)]
    return names, [1 / (rank + 3) ** 0.95 for rank in range(len(names))]


def surnames() -> tuple[list[tuple[str, str]], list[float]]:
    """Some thousand surnames: the common ones, stems with endings, and both with a place behind."""
    found: dict[str, tuple[str, float]] = {}
    for entry in WHOLE.replace("\n", " ").split("|"):
        fa, la, weight = entry.split()
        found[fa] = (la, 3.0 * float(weight))
    endings = [e.split() for e in ENDINGS.split("|")]
    stems = _pairs(STEMS)
    for rank, (stem, latin) in enumerate(stems):
        for fa, la, weight in endings:
            linked = "ی" if stem.strip()[-1] in "اآ" and fa.startswith("ی") else ""
            found.setdefault(stem.strip() + linked + fa, (latin.strip() + la, float(weight) / (1 + rank / 25)))
    places = _pairs(PLACES)
    for rank, (fa, la) in enumerate(places):
        found.setdefault(fa, (la, 3.0))
        for stem, latin in stems[rank % 3 :: 3]:
            found.setdefault(f"{stem.strip()}ی {fa}", (f"{latin.strip()}i {la}", 0.25))
    return [(fa, la) for fa, (la, _) in found.items()], [w for _, w in found.values()]


def cities() -> tuple[list[tuple[str, str, str, str]], list[float]]:
    """Cities as (Persian, Latin, province, area code), and their weights."""
    rows = [entry.split() for entry in CITIES.replace("\n", " ").split("|")]
    plain = [(fa, la.replace("_", " "), province.replace("‌", " "), code) for fa, la, province, code, _ in rows]
    return plain, [float(row[4]) for row in rows]
