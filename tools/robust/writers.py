"""Persian comments as several writers would type them in Latin letters: what reading Finglish is tried on.

Written apart from the reader and sharing nothing with it.  SOUNDS tells how the commonest words are spoken; any other
word is spoken by guess, its short vowels drawn by chance: harder than life, where writers know them.  Each comment has
one writer (WRITERS: how sounds are typed), who leaves vowels out, doubles letters and mistypes now and then.
"""

import random
import re

# spoken words: A â, a e o short, i u long, X kh, G gh, S sh, C ch, J zh, ' a catch that is hardly ever typed
SOUNDS = dict(
    pair.split(":")
    for pair in """
غذا:GazA خیلی:Xeyli بود:bud خوب:Xub عالی:Ali بد:bad سرد:sard گرم:garm نبود:nabud است:ast هست:hast نیست:nist و:va
که:ke از:az به:be با:bA در:dar رو:ro را:rA این:in اون:un آن:An هم:ham ولی:vali اما:ammA اصلا:aslan واقعا:vAGe'an
کیفیت:keyfiyat کیفیتش:keyfiyateS قیمت:Geymat قیمتش:GeymateS سفارش:sefAreS ارسال:ersAl پیک:peyk ممنون:mamnun
مرسی:mersi سلام:salAm خوشمزه:XoSmaze داشت:dASt نداشت:nadASt دارد:dArad داره:dAre ندارد:nadArad نداره:nadAre
برای:barAye یک:yek یه:ye من:man ما:mA شما:SomA هر:har همه:hame همیشه:hamiSe بسیار:besyAr کم:kam زیاد:ziyAd
دیر:dir زود:zud رسید:resid شده:Sode شد:Sod نشد:naSod کرد:kard کردم:kardam نکرد:nakard کردن:kardan میشه:miSe
نمیشه:nemiSe میکنه:mikone می:mi نمی:nemi کنم:konam میکنم:mikonam کنید:konid دادم:dAdam داد:dAd داده:dAde
راضی:rAzi بودم:budam بودن:budan بوده:bude گوشی:guSi کتاب:ketAb خرید:Xarid خریدم:Xaridam محصول:mahsul
مناسب:monAseb نسبت:nesbat بسته:baste بندی:bandi طعم:ta'm مزه:maze نان:nAn نون:nun مرغ:morG گوشت:guSt پیتزا:pitzA
سس:sos برنج:berenj سالاد:sAlAd کباب:kabAb حجم:hajm مقدار:meGdAr تازه:tAze تمیز:tamiz افتضاح:eftezAh
متاسفانه:mote'assefAne لطفا:lotfan دیگه:dige اگه:age اگر:agar چرا:cerA چون:con فقط:faGat حتی:hattA بعد:ba'd
قبل:Gabl بار:bAr دفعه:daf'e روز:ruz ساعت:sA'at دقیقه:daGiGe زمان:zamAn تخفیف:taXfif پشتیبانی:poStibAni پول:pul
ارزش:arzeS پیشنهاد:piSnahAd میدم:midam خراب:XarAb مشکل:moSkel جنس:jens جنسش:jenseS رنگ:rang دست:dast کار:kAr
دوست:dust خواندم:XAndam خوندم:Xundam داستان:dAstAn نویسنده:nevisande ترجمه:tarjome صدا:sedA باتری:bAtri
شارژ:SArJ نظر:nazar عکس:aks سایز:sAyz تحویل:tahvil تشکر:taSakkor فوق:foG العاده:olAde بی:bi نظیر:nazir ها:hA
های:hAye تر:tar ترین:tarin اینکه:inke انقدر:enGadr خیلیا:XeyliyA خوبی:Xubi خوبه:Xube بهتر:behtar بهترین:behtarin
کامل:kAmel کاملا:kAmelan باز:bAz باید:bAyad نه:na تا:tA تو:to توی:tuye روی:ruye خود:Xod خودم:Xodam آب:Ab سیب:sib
زمینی:zamini نوشابه:nuSAbe پنیر:panir ساندویچ:sAndevic شیرینی:Sirini کیک:keyk بستنی:bastani ماست:mAst چرب:carb
شور:Sur خام:XAm پخته:poXte سوخته:suXte مونده:munde کهنه:kohne نداد:nadAd نیومد:nayumad اومد:umad آورد:Avord
آوردن:Avordan گفتم:goftam گفت:goft زنگ:zang زدم:zadam حرف:harf عدم:adam چی:ci هیچ:hic چیز:ciz پس:pas بگم:begam
بدم:bedam خواستم:XAstam میخوام:miXAm خواهش:XAheS بیشتر:biStar کمتر:kamtar
""".split()
)
LETTERS = {
    "ب": "b", "پ": "p", "ت": "t", "ث": "s", "ج": "j", "چ": "c", "ح": "h", "خ": "X", "د": "d", "ذ": "z", "ر": "r",
    "ز": "z", "ژ": "J", "س": "s", "ش": "S", "ص": "s", "ض": "z", "ط": "t", "ظ": "z", "غ": "G", "ف": "f", "ق": "G",
    "ک": "k", "گ": "g", "ل": "l", "م": "m", "ن": "n", "ه": "h", "ا": "A", "آ": "A", "ع": "'", "و": "u", "ی": "i",
}  # fmt: skip
WRITERS = [  # how each writes the sounds A u i X G S c J, the e and y of ey, v and the catch
    dict(zip(("A", "u", "i", "X", "G", "S", "c", "J", "ey", "v", "'"), how.replace("-", "").split(" "), strict=True))
    for how in (
        "a oo i kh gh sh ch zh ei v -",
        "a u i kh gh sh ch zh ey v -",
        "aa oo i kh gh sh ch zh ey v '",
        "a o i kh gh sh ch j ei v -",
        "a u i x q sh ch zh ey v -",
        "a oo ee kh q sh ch zh ey w a",
        "a ou i kh gh sh ch zh ei v -",
    )
]
ENDINGS = {"ها": "hA", "های": "hAye", "هاش": "hAS", "ش": "eS", "م": "am", "تون": "etun", "ه": "e"}
SAME = str.maketrans("يىئكةۀأإؤ", "یییکههااو")
WORD = re.compile(r"[\u0621-\u06d3\u200c]+|[^\u0621-\u06d3\u200c]+")


def spoken(word: str, rng: random.Random) -> str:
    """How a Persian word may sound: by SOUNDS and ENDINGS; else letter by letter, its vowels by chance."""
    if word in SOUNDS:
        return SOUNDS[word]
    for ending, sound in ENDINGS.items():
        if word.endswith(ending) and word[: -len(ending)] in SOUNDS:
            return SOUNDS[word[: -len(ending)]] + sound
    for beginning, sound in (("نمی", "nemi"), ("می", "mi"), ("ن", "na"), ("ب", "be")):
        if word.startswith(beginning) and word[len(beginning) :] in SOUNDS:
            return sound + SOUNDS[word[len(beginning) :]]
    out = ""
    for place, letter in enumerate(word):
        sound = LETTERS.get(letter, "")
        if place == 0:
            sound = {"ا": rng.choice("aeo"), "و": "v", "ی": "y", "ع": rng.choice("aeo")}.get(letter, sound)
        elif letter == "و" and out[-1:] in ("A", "u", "i", "a", "e", "o"):
            sound = "v"
        elif letter == "ی" and out[-1:] in ("A", "u", "a", "e", "o"):
            sound = "y"
        elif letter == "ه" and place == len(word) - 1 and out[-1:] not in ("A", "u", "i"):
            sound = "e"
        vowel = sound[:1] in ("a", "e", "o", "A", "i", "u", "")
        close = bool(out) and out[-1] not in "aeoAiu'"
        if close and not vowel and place != len(word) - 1 or (close and not vowel and len(word) == 2):
            out += rng.choice("aaeeo") if place == 1 or rng.random() < 0.4 else ""
        elif close and not vowel and rng.random() < 0.35:
            out += rng.choice("aeo")
        out += sound
    return out


def typed(sound: str, writer: dict, rng: random.Random, haste: float) -> str:
    """A spoken word in one writer's letters; in haste short vowels fall out."""
    out = ""
    for place, letter in enumerate(sound):
        if letter == "e" and sound[place : place + 2] == "ey" and rng.random() < 0.9:
            out += writer["ey"][0]
        elif letter == "y" and sound[place - 1 : place] == "e" and sound[place + 1 : place + 2] not in tuple("aeoAiu"):
            out += writer["ey"][1]
        elif letter in "aeo" and 0 < place < len(sound) - 1 and rng.random() < haste:
            continue
        else:
            out += writer.get(letter, letter)
    if sound.endswith("e") and rng.random() < 0.1:
        out += "h"
    return out


def misspelt(word: str, rng: random.Random) -> str:
    """One letter left out, doubled, swapped with the next or replaced by any."""
    if len(word) < 3:
        return word
    at = rng.randrange(len(word) - 1)
    return rng.choice(
        [
            word[:at] + word[at + 1 :],
            word[: at + 1] + word[at:],
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
            word[:at] + rng.choice("abcdefghijklmnopqrstuvwxyz") + word[at + 1 :],
        ]
    )


def finglish(text: str, rng: random.Random, typos: float = 0.02, ezafe: float = 0.1) -> str:
    """A Persian comment typed in Latin letters by a writer drawn by chance; digits, marks and emoji stay."""
    writer = rng.choice(WRITERS)
    haste = rng.choice([0, 0, 0.1, 0.3])
    out = []
    for piece in WORD.findall(text.translate(SAME)):
        if not "\u0621" <= piece[0] <= "\u06d3":
            out.append(piece)
            continue
        word = piece.replace("\u200c", "")
        latin = typed(spoken(word, rng), writer, rng, haste)
        if latin and latin[-1] not in "aeiou" and len(word) > 3 and rng.random() < ezafe:
            latin += "e"  # the link to the next word, which Persian does not write
        out.append(misspelt(latin, rng) if rng.random() < typos else latin)
    said = "".join(out)
    return said.capitalize() if rng.random() < 0.3 else said
