"""How is it said in each language?  Numbers, money, dates and names set as a reader of Persian or English expects.

Persian: ۱٬۲۳۴٫۵ with U+066C and U+066B, minus U+2212 before the digits, ٪ after them; every number isolated
(U+2066…U+2069), so that signs stay in place inside right-to-left text.
"""

from __future__ import annotations

import datetime as dt
import math
import re
import string
from dataclasses import dataclass, field, replace

from cx_helpers import dates
from cx_helpers.errors import Refusal

Words = dict[str, str]  # {"fa": …, "en": …}
LOCALES = ("fa", "en")
_FA = str.maketrans("0123456789.,-", "۰۱۲۳۴۵۶۷۸۹٫٬−")
_MISSING = "—"
_LIKELY = re.compile(r"@|\d{4}")
_PERSONS = re.compile(  # a mobile with its 0 or country, in any digits; an e-mail
    r"(?<!\d)(?:(?:\+|00|[+۰٠]{1,2})?[9۹٩][8۸٨][ -]?|[0۰٠])[9۹٩]\d{2}[ -]?\d{3}[ -]?\d{4}(?!\d)"
    r"|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
)
_TURNING = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])  # marks that turn what stands around them


@dataclass(frozen=True)
class Reading:
    """How this session is read: language, calendar, period, currency, and what the data's values are called."""

    locale: str = "fa"
    calendar: str = "jalali"
    currency: str = "IRR"
    period: dates.Period | None = None
    labels: dict[str, Words] = field(default_factory=dict, repr=False)
    smallest_group: int = 10
    enough: int = 30  # from how many answers on a group is shown
    segment: str = ""  # column=value of the customers that are looked at; empty: everybody


_reading = Reading()


def use(**settings) -> None:
    """Set how this session is read: any field of Reading, e.g. `locale=`, `calendar=`, `period=`, `labels=`."""
    global _reading
    if settings.get("locale", "fa") not in LOCALES:
        raise Refusal(f"locale {settings['locale']!r} is not known; use 'fa' or 'en'")
    _reading = replace(_reading, **settings)


def current() -> Reading:
    """How this session is read now."""
    return _reading


def number(x, locale: str | None = None, digits: int = 0, sign: bool = False, percent: bool = False) -> str:
    """A number as a reader sees it; null is a dash.

    digits   after the decimal sign;  sign  also show a plus;  percent  x is a share (0.35 -> ۳۵٪)
    """
    locale = locale or _reading.locale
    if x is None or not math.isfinite(x):
        return _MISSING
    value = round(float(x) * (100 if percent else 1), digits) + 0.0  # + 0.0 turns −0 into 0
    text = f"{value:{'+' if sign and value else ''},.{digits}f}"
    if locale == "fa":
        return f"\u2066{text.translate(_FA)}\u2069" + ("٪" if percent else "")
    return text.replace("-", "−") + ("%" if percent else "")


def money(x, locale: str | None = None, currency: str | None = None, sign: bool = False, digits: int = 1) -> str:
    """An amount as a manager says it: 21_000_000_000 IRR is `۲٫۱ میلیارد تومان`; other currencies keep their code.

    digits  of less than a hundred millions, billions, …
    """
    if x is None or not math.isfinite(x):
        return _MISSING
    size, unit = money_scale(x, locale, currency)
    scaled = x / size
    return f"{number(scaled, locale, digits if unit.count(' ') and abs(scaled) < 100 else 0, sign)} {unit}"


_SIZES = ((1e12, "هزار میلیارد", "trillion"), (1e9, "میلیارد", "billion"), (1e6, "میلیون", "million"))


def money_scale(x, locale: str | None = None, currency: str | None = None, thousands: bool = False):
    """(by what an amount like x is divided, what that unit is called): (10_000_000, `میلیون تومان`).

    thousands  thousands are a unit, too: for cells that have no room
    """
    locale, currency = locale or _reading.locale, currency or _reading.currency
    one, unit = (10, {"fa": "تومان", "en": "toman"}[locale]) if currency == "IRR" else (1, currency)
    for size, fa, en in (*_SIZES, (1e3, "هزار", "thousand")) if thousands else _SIZES:
        if abs(x) / one >= size:
            return one * size, f"{fa if locale == 'fa' else en} {unit}"
    return one, unit


OWN = "exposures."  # before the name of a test's own outcome that is called as a metric of the reports is


def label(value, locale: str | None = None) -> str:
    """What a value of the data (a channel, a stage, a column) is called; without a name, the value itself."""
    locale = locale or _reading.locale
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return {"fa": "نامعلوم", "en": "unknown"}[locale]
    if isinstance(value, dates.Period):
        return value.label(locale)
    if isinstance(value, dt.date):
        return dates.day_label(value, locale, _reading.calendar)
    if isinstance(value, bool):
        return {"fa": {True: "بله", False: "خیر"}, "en": {True: "yes", False: "no"}}[locale][value]
    if str(value).startswith(OWN):  # the company's word for it, not ours
        own = str(value).removeprefix(OWN)
        return _reading.labels.get(own, {}).get(locale) or straight(own)
    plain = str(value).removeprefix("attr_")  # a line of a form: what it asks about
    for key in (str(value), plain):
        names = _reading.labels.get(key) or STANDARD.get(key)
        if names and locale in names:
            return names[locale]
    if (
        "." in plain and plain.split(".")[0] in _FORMS
    ):  # servqual.empathy.18.expected: of a form's line, what it is about
        return label(plain.rpartition(".")[0], locale)
    return straight(plain)


_FORMS = ("servqual", "clue", "effortless", "value")


class _Setter(string.Formatter):
    """Formats fields for one language; see `say`."""

    def __init__(self, locale: str):
        self.locale = locale

    def format_field(self, value, spec: str) -> str:
        if isinstance(value, dict) and value.keys() >= {"fa", "en"}:
            return value[self.locale]
        if isinstance(value, (str, dates.Period, dt.date, bool)) or value is None:
            return label(value, self.locale)
        if spec in ("money", "+money"):
            return money(value, self.locale, sign=spec[0] == "+")
        if value != value:
            return _MISSING
        percent, sign = spec.endswith("%"), spec.startswith("+")
        digits = int(spec.split(".")[1].rstrip("%f")) if "." in spec else 0
        return number(value, self.locale, digits, sign, percent)


def say(fa: str, en: str, **values) -> Words:
    """One sentence in both languages, made from the numbers.

    fa, en   templates with the same fields: `{x}` whole number, `{x:.1f}`, `{x:+.1f}`, `{x:.0%}`, `{x:money}`;
             a text is replaced by its name (`label`), a Period or a date is printed as a day of the reader's calendar,
             a {"fa", "en"} pair by its own half
    say(fa="شاخص {x:+.1f} شد", en="the score became {x:+.1f}", x=-3.25) -> {"fa": "شاخص ⁦−۳٫۲⁩ شد", …}
    Where a number is 1, the English noun that is counted (and its verb, right after it) is made singular.
    """
    return {"fa": _Setter("fa").format(fa, **values), "en": singular(_Setter("en").format(en, **values))}


_COUNTED = (
    "actions answers baskets buyers calls cases checks clusterings columns comments comparisons complaints contracts "
    "customers days deeds drivers experiences faults files findings groups hours initiatives intervals items journeys "
    "levers lines metrics minutes moments months names orders others pairs places points purchases quarters questions "
    "ratings responses rows rules seconds steps times topics touchpoints units values variants walks ways weeks words"
).split()
_VERBS = {"were": "was", "are": "is", "have": "has", "do": "does"}
_VERBS |= {verb: f"{verb}s" for verb in ("hold", "spend", "count")} | {"go": "goes"}
_BETWEEN = "living|new|other|more|whole|such"
_ONE = re.compile(
    rf"(?<![\w.,−–%-])1([ \u00a0])((?:(?:{_BETWEEN}) )?)({'|'.join(_COUNTED)})\b( (?:{'|'.join(_VERBS)})\b)?"
)


def _single(found: re.Match) -> str:
    """`1 comparisons were` -> `1 comparison was`."""
    blank, between, noun, verb = found.groups()
    verb = f" {_VERBS[verb.strip()]}" if verb else ""
    return f"1{blank}{between}{noun.removesuffix('s')}{verb}"


def singular(english: str) -> str:
    """An English text in which what is counted as 1 is no plural: `1 answers` -> `1 answer`."""
    return _ONE.sub(_single, english)


def compared(looks: int) -> Words:
    """How many comparisons were made, as a sentence begins: `In 12 comparisons`, `In the only comparison`."""
    if looks == 1:
        return {"fa": "در تنها مقایسه‌ای که شد", "en": "In the only comparison that was made"}
    return say(fa="در {k} مقایسه", en="In {k} comparisons", k=looks)


def raw(value) -> Words:
    """A name as it stands in the data or in a file, by no label; in a Persian sentence it keeps its own direction."""
    return {"fa": f"\u2068{value}\u2069", "en": str(value)}


def straight(text: str) -> str:
    """A name without marks that would turn the direction of what stands around it, and without a person's number."""
    return anonymous(text.translate(_TURNING))


def anonymous(text: str) -> str:
    """A name of the data without the mobile numbers and e-mails in it.

    Whoever typed them there (into a touchpoint, a variant, an initiative) meant no page to show them.  Exports are
    cleaned as they come in (intake.privacy); this is for tables that were made by hand.
    """
    return _PERSONS.sub("•••", text) if _LIKELY.search(text) else text


def join(parts: list[Words]) -> Words:
    """`الف، ب و پ` / `a, b and c`."""
    out = {}
    for locale, comma, last in (("fa", "، ", " و "), ("en", ", ", " and ")):
        names = [p[locale] for p in parts]
        out[locale] = last.join(filter(None, [comma.join(names[:-1]), names[-1] if names else ""]))
    return out


def name(value) -> Words:
    """A value's names in both languages."""
    return {locale: label(value, locale) for locale in LOCALES}


def sentences(*parts: Words | None) -> Words:
    """Several sentences one after another; None is left out."""
    return {locale: " ".join(p[locale] for p in parts if p) for locale in LOCALES}


def _names(text: str) -> dict[str, Words]:
    rows = (line.split(" | ") for line in text.strip().splitlines())
    return {key.strip(): {"fa": fa.strip(), "en": en.strip()} for key, fa, en in rows}


STANDARD: dict[str, Words] = _names("""
all | همه | all
period | دوره | period
rows | ردیف‌ها | rows
without_customer | بدون مشتری شناخته | without a known customer
guards | مراقبت‌های آماری | guarded against
awareness | آگاهی | awareness
evaluation | ارزیابی | evaluation
purchase | خرید | purchase
use | استفاده | use
support | پشتیبانی | support
loyalty | وفاداری | loyalty
success | موفق | success
failure | ناکام | failed
abandoned | رهاشده | abandoned
nps | شاخص خالص مروجان (NPS) | Net Promoter Score (NPS)
csat | رضایت (CSAT) | satisfaction (CSAT)
ces | سهولت (CES) | ease (CES)
promoter | مروج | promoter
passive | بی‌تفاوت | passive
detractor | بدگو | detractor
channel | کانال | channel
province | استان | province
city | شهر | city
segment | بخش | segment
gender | جنسیت | gender
touchpoint | نقطهٔ تماس | touchpoint
stage | مرحله | stage
instrument | پرسش | question
acquisition_channel | راه آشنایی | acquisition channel
month | ماه | month
n | تعداد | n
skill | خطای کمتر از «مثل دورهٔ پیش» | smaller error than “as last time”
effect | تفاوت با روزی معمولی | difference from a usual day
occasion | روز یا مناسبت | day or occasion
lag | هفته پس از آن | weeks later
correlation | همبستگی | correlation
metric | سنجه | metric
share | سهم | share
customers | مشتریان | customers
responses | پاسخ‌ها و دعوت‌ها | answers and invitations
touchpoints | تماس‌ها | touchpoints
orders | سفارش‌ها | orders
order_items | اقلام سفارش | order items
comments | نوشته‌ها | comments
tickets | درخواست‌ها | tickets
ticket | درخواست پشتیبانی | request to support
ticket_assigned | سپردن درخواست به کارشناس | request assigned
ticket_reassigned | سپردن درخواست به کارشناسی دیگر | request reassigned
ticket_reply | نخستین پاسخ پشتیبانی | first reply of support
ticket_in_work | درخواست در دست بررسی | request in work
ticket_pending | درخواست در انتظار مشتری | request waits for the customer
ticket_on_hold | درخواست معلق | request on hold
ticket_priority_raised | بالا رفتن اولویت درخواست | priority of request raised
ticket_priority_lowered | پایین آمدن اولویت درخواست | priority of request lowered
ticket_escalated | ارجاع درخواست به سطح بالاتر | request escalated
ticket_solved | حل درخواست | request solved
ticket_reopened | بازشدن دوبارهٔ درخواست | request reopened
ticket_closed | بستن درخواست | request closed
contact | نخستین تماس | first contact
close | بستن مورد | closing
owner | مسئول | owner
done | انجام‌شده | done
side | گروه | group
support_chat | گفت‌وگو با پشتیبانی | chat with support
support_call | تماس با پشتیبانی | call to support
contracts | قراردادها | contracts
aggregates | جمع‌ها | sums
lifecycle | مرحلهٔ مشتری | stage of the customer
prospect | هنوز نخریده | not bought yet
assumption | فرض | assumption
x | محور افقی | x
series | خط | series
value_share | سهم از خرید | share of sales
ratio | نسبت خطر | hazard ratio
group | گروه | group
hazard | خطر رفتن در هر ماه | hazard
survival | ماندگاری | survival
at_risk | هنوز در انتظار | still waiting
rule | قاعده | rule
minutes | دقیقه | minutes
hours | ساعت | hours
step | گام | step
new | تازه | new
active | فعال | active
cooling | رو به سردی | cooling
lapsed | ازدست‌رفته | lapsed
fifth | پنجم | fifth
rfm | گروه خرید | buying group
cluster | خوشه | cluster
kmeans | k میانگین | k-means
mixture | آمیختهٔ گاوسی | Gaussian mixture
density | چگالی (HDBSCAN) | density (HDBSCAN)
champions | بهترین‌ها | champions
loyal | وفادارها | loyal
promising | نویددهنده‌ها | promising
needs_care | نیازمند توجه | need care
about_to_sleep | در آستانهٔ سردی | about to go quiet
cannot_lose | نباید از دست بروند | must not be lost
at_risk | در خطر | at risk
hibernating | خاموش‌ها | hibernating
recency | تازگی خرید | recency
frequency | شمار خرید | frequency
mean_order | مبلغ هر سفارش | amount of an order
recency_days | روز از آخرین خرید | days since the last order
visits | تماس‌ها | contacts
requests | درخواست‌ها | requests
satisfaction | رضایت | satisfaction
enps | شاخص خالص مروجان کارکنان (eNPS) | Employee Net Promoter Score (eNPS)
dimension | بُعد | dimension
clue | نشانه | clue
mark | نشان | mark
functional | کارکردی | functional
mechanical | محیطی | mechanical
human | انسانی | human
tangibles | ظاهر و امکانات | tangibles
reliability | قابلیت اعتماد | reliability
responsiveness | پاسخ‌گویی | responsiveness
assurance | اطمینان خاطر | assurance
empathy | همدلی | empathy
servqual.tangibles | ظاهر و امکانات | tangibles
servqual.reliability | قابلیت اعتماد | reliability
servqual.responsiveness | پاسخ‌گویی | responsiveness
servqual.assurance | اطمینان خاطر | assurance
servqual.empathy | همدلی | empathy
servqual | کیفیت خدمت (SERVQUAL) | service quality (SERVQUAL)
clue.functional | کارکرد (کالا و خدمت) | function (product and service)
clue.mechanical | محیط (فضا، اپلیکیشن، بسته‌بندی) | place (shop, app, packaging)
clue.human | آدم‌ها (رفتار و گفتار) | people (conduct and words)
effortless | تجربهٔ بی‌دردسر | effortless experience
effortless.trustable | درخور اعتماد | trustable
effortless.reliable | هر بار همان | reliable
effortless.worth | باارزش | worth it
effortless.relevant | به‌کارآمدنی | relevant
value.benefit | سود | benefit
value.effort | زحمت | effort
value.risk | نگرانی | risk
value.price | قیمت | price
value.treatment | رفتار | treatment
value.value | ارزش خالص | net value
item | پرسش | item
trait | ویژگی | trait
identities | شناسه‌ها | identities
exposures | گروه‌های آزمایش | exposures to experiments
initiatives | اقدام‌ها | initiatives
positive | خوشایند | positive
neutral | خنثی | neutral
negative | ناخوشایند | negative
web | وب | web
app | اپلیکیشن | app
phone | تلفن | phone
store | فروشگاه | store
email | ایمیل | email
sms | پیامک | SMS
chat | گفت‌وگو | chat
desktop | رایانه | desktop
mobile | همراه | mobile
late_delivery | دیرکرد تحویل | late delivery
failures | ناکامی‌ها | failures
failed_purchase | ناکامی هنگام خرید | failure while buying
support_requests | درخواست از پشتیبانی | requests to support
slow_reply | پاسخ دیرهنگام پشتیبانی | slow reply of support
unsolved_request | درخواست حل‌نشده | unsolved request
delivery | تحویل | delivery
quality | کیفیت | quality
price | قیمت | price
packaging | بسته‌بندی | packaging
deed | کار | deed
initiative | اقدام | initiative
worth | ارزش | worth
aspect | جنبه | aspect
courier | پیک | courier
taste | طعم و کارکرد | taste or function
payment | پرداخت | payment
return | مرجوعی | return
staff | رفتار کارکنان | staff behaviour
information | اطلاع‌رسانی | information
accuracy | درستی سفارش | order accuracy
kind | گونه | kind
any | همهٔ فوری‌ها | all that is urgent
leaving | تهدید به رفتن | threat to leave
legal | تهدید به شکایت | legal threat
safety | خطر سلامت و ایمنی | danger to health or safety
fraud | کلاهبرداری | fraud
repeated | تماس چندباره | repeated contact
worst | فوری‌ترین | most urgent
since | از هفتهٔ | since the week of
share_before | سهم پیشین | share before
term | واژه یا عبارت | word or phrase
of | از | of
(start) | آغاز | start
(end) | پایان | end
(gone) | رفتند | left
(unknown) | نامعلوم | unknown
(none) | نامشخص | not named
from | از | from
to | به | to
now | اکنون | now
next | گام بعد | next step
path | مسیر | path
rank | رتبه | rank
steps | گام‌ها | steps
variant | گروه آزمایش | variant
experiment | آزمایش | experiment
metric | سنجه | metric
reading | چگونه نگاه می‌کنید | how you look
once | یک نگاه در پایان | one look at the end
always | هر وقت بخواهید | whenever you like
effect | اثر | effect
chance | توان (احتمال دیدن اثر) | power (chance to see it)
variants | شمار گروه‌ها | number of variants
alpha | خطای مجاز | allowed error
conversion | نرخ تبدیل | conversion
revenue_each | خرید هر مشتری | revenue per customer
order_value | ارزش هر سفارش | revenue per order
orders_each | سفارش هر مشتری | orders per customer
tickets_each | درخواست هر مشتری | requests per customer
cohort | گروه ورودی | cohort
offset | ماه پس از ورود | months since
driver | عامل | driver
word | واژه | word
experience | تجربه | experience
topic | موضوع | topic
invitations | دعوت‌ها | invitations
abandonment | رهاکردن | abandonment
failure_rate | نرخ ناکامی | failure rate
failure_change | تغییر نرخ ناکامی | change of failure rate
median_s | زمان معمول (میانه) | usual time (median)
p95_s | زمان ۹۵٪ (صدک) | time (95th percentile)
sentiment | احساس نوشته‌ها | sentiment of comments
score | نمره (از −۱ تا +۱) | score (−1 to +1)
feeling | احساس | feeling
cumulative | سهم انباشته | cumulative share
customer_share | سهم مشتریان | share of customers
usual | معمول | usual
retention | ماندگاری | retention
others | دیگران | the others
money | فروش | sales
yearly_profit | سود در سال | profit a year
scenario | سناریو | scenario
lever | اهرم | lever
input | ورودی | input
shocks | تکانه‌ها | shocks
area | حوزه | area
cvar | کسری در بدترین حالت‌ها (CVaR) | shortfall of the worst (CVaR)
balance | ماندهٔ سود پس از هزینه | profit left after costs
money_each | خرید هر مشتری | purchases per customer
converting | تبدیل امروز | conversion now
fixed | تبدیل پس از رفع | conversion if fixed
gain | افزایش تبدیل | gain in conversion
value_gain | سود ماندن بهتر | gain of better retention
repeat_purchases | خریدهای دوباره | repeat purchases
gained | مشتریان بیشتر | more customers
touched | خریدارانی که گذشته‌اند | buyers who passed it
counted_gain | افزایش با شمارش ساده (واحد درصد) | gain by plain counting (points)
importance | اهمیت | importance
performance | عملکرد | performance
mean | میانگین | mean
room | جای بهبود | room to improve
room_low | جای بهبود: کران پایین | room to improve: lower end
room_high | جای بهبود: کران بالا | room to improve: upper end
with_it | با آن | with it
without_it | بدون آن | without it
before | پیش‌تر | before
words | واژه‌ها | words
place | جایگاه | place
coef | ضریب | coefficient
slope | شیب | slope
odds | نسبت بخت | odds ratio
vif | هم‌خطی (VIF) | collinearity (VIF)
pearson | همبستگی پیرسون | Pearson correlation
spearman | همبستگی اسپیرمن | Spearman correlation
contribution | وزن | weight
agreement | همخوانی | agreement
read | خوانده‌شده | read
sentiment_model | مدلی که احساس را خواند | read by the model
sentiment_errors | خطای مدل از چه سنجیده شد | its errors are known from
ties | سهم رویدادهای هم‌زمان | share of simultaneous events
identities | شناسه‌ها | identities
exposures | حضور در آزمایش‌ها | exposures
initiatives | اقدام‌ها | initiatives
source | منبع | source
scores | امتیازها | scores
problem | وارسی | check
table | جدول | table
column | ستون | column
week | هفته | week
day | روز | day
in_period | در این دوره | in this period
first | نخستین | first
last | تازه‌ترین | newest
rows_in | رسیده | came in
taken | پذیرفته | taken
quarantined | در قرنطینه | in quarantine
skipped | آگاهانه کنار گذاشته‌شده | skipped on purpose
faulty | نادرست | at fault
faulty_share | سهم | share
delivered_before_ordered | تحویل پیش از سفارش | delivered before ordered
promised_before_ordered | موعد پیش از سفارش | promised before ordered
promised_far_off | موعد بسیار دور | promised far off
negative_amount | مبلغ منفی | negative amount
negative_discount | تخفیف منفی | negative discount
negative_quantity | تعداد منفی | negative quantity
negative_price | قیمت منفی | negative price
reply_before_opened | پاسخ پیش از درخواست | reply before the request
solved_before_opened | حل پیش از درخواست | solved before the request
off_scale | امتیاز بیرون از مقیاس | score off its scale
scale_upside_down | مقیاس وارونه | scale upside down
answered_before_invited | پاسخ پیش از دعوت | answered before invited
negative_duration | مدت منفی | negative duration
negative_cost | هزینهٔ منفی | negative cost
ended_before_started | پایان پیش از آغاز | ended before it started
negative_fee | حق اشتراک منفی | negative fee
sentiment_off_scale | احساس بیرون از بازه | feeling off its scale
from_the_future | تاریخ از آینده | date in the future
repeated_row | ردیف دوباره | row said twice
copied_text | متن رونوشت | copied text
tied_times | تماس‌های هم‌زمان | contacts at one instant
customer_id | مشتری | customer
session_id | نشست | session
outcome | نتیجه | outcome
status | وضعیت | status
margin | سود | margin
plan | طرح | plan
birth_year | سال تولد | year of birth
promised_at | موعد تحویل | promised time
delivered_at | زمان تحویل | time of delivery
invited_at | زمان دعوت | time of invitation
first_reply_at | زمان نخستین پاسخ | time of first reply
discount | تخفیف | discount
basket | ارزش سبد خرید | value of baskets
duration_s | مدت تماس | duration of contacts
cost | هزینه | cost
monthly_fee | حق اشتراک | fee
improve | اول درست کنید | fix first
keep | مهم، نه بدتر از دیگران | weighs much, no worse than others
watch | زیر نظر | watch
fine | کم‌وزن، نه بدتر از دیگران | weighs little, no worse than others
unsure | نامطمئن | unsure
status | وضعیت | status
band | پهنای خنثی | neutral band
chance_band | بازهٔ احتمال | range of the chance
net_gain | سود خالص | net gain
voucher | کد تخفیف | voucher
against | در برابر | against
policy | شیوه | way
action | کار | action
share_called | سهم تماس‌گرفته | share called
window_days | مهلت (روز) | window (days)
smallest | کوچک‌ترین گروه | smallest group
orders_recent | سفارش‌های تازه | recent orders
orders_before | سفارش‌های پیش از آن | orders before that
spend_recent | خرید تازه | recent spend
spend_before | خرید پیش از آن | spend before that
overdue | دیرکرد نسبت به عادت خودش | overdue against own habit
tenure_days | روز از نخستین خرید | days since the first order
visits_recent | تماس‌های تازه | recent contacts
visits_before | تماس‌های پیش از آن | contacts before that
bad_moments | لحظه‌های بد (ناکام یا رهاشده) | bad moments (failed or abandoned)
silence_days | روزهای بی‌تماس | days without contact
last_score | آخرین امتیاز | last score
score_change | تغییر امتیاز | change of score
answers_recent | پاسخ‌های تازه | recent answers
negative_comments | نوشتهٔ ناخوشایند | negative comment
requests_recent | درخواست‌های تازه | recent requests
unsolved_requests | درخواست حل‌نشده | unsolved request
reply_hours | ساعت تا نخستین پاسخ | hours to the first reply
contract_days | روز از آغاز قرارداد | days since the contract began
billing_days | روز از آخرین سررسید ماهانه | days since the fee was last due
ended_before | قراردادهای پایان‌یافته | contracts that ended
low_score | آخرین امتیاز پایین | low last score
silence | سکوت (نشانه است، نه تجربه) | silence (a sign, no experience)
foretold | پیش‌بینی‌شده | foretold
happened | رفته | left
seen | از رفتگان | of those who left
gain_of_calls | سود تماس‌ها | gain of calls
logistic | رگرسیون لجستیک | logistic regression
boosting | درخت‌های تقویتی | gradient boosting
method | روش | method
loss | خطای پیش‌بینی | error (log loss)
""")
