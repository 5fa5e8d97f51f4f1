"""Which values cannot be?  One entry for each, with the number that suffers and what to do: data, not code."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import ibis
import ibis.expr.types as ir

from cx_helpers import engine, wording
from cx_helpers.tables import NPS, off_scale, scale_shown

FAR_DAYS = 60  # a delivery so long before its promise has a wrong date
YOUNGEST, OLDEST = 5, 110  # years of a customer
MOST_MONEY = 1e18  # in any currency: no fee and no amount is as large


class Rule(NamedTuple):
    """One thing that cannot be.

    table, name  where, and what it is called (SAYS);  columns  that must be there and not null for a row to be judged
    bad          which rows break it: a function of the table and of the year (Gregorian) that the report ends in
    suffers      the metric, or what else reports show, that rests on such values; those in NUMBERS are computed
    remedy       which of REMEDIES;  stops  the report that is not made while such rows are there
    """

    table: str
    name: str
    columns: tuple[str, ...]
    bad: Callable
    suffers: tuple[str, ...]
    remedy: str
    stops: str = ""


def _minutes(table: ir.Table, start: str, end: str):
    return (engine.epoch(table[end]) - engine.epoch(table[start])) / 60


def _vote(t: ir.Table):
    votes = ((t.score >= 9, 100.0), (t.score <= 6, -100.0), (t.score.notnull(), 0.0))
    return ibis.cases(*((answer & (t.instrument == "nps"), value) for answer, value in votes))


def _satisfied(t: ir.Table):
    top = (t.scale_max - t.scale_min <= 10).ifelse(t.scale_max - 1, t.scale_min + 0.75 * (t.scale_max - t.scale_min))
    return ibis.cases(((t.instrument == "csat") & t.score.notnull(), (t.score >= top).cast("float64")))


class Number(NamedTuple):
    """A metric that can be computed with and without faulty rows: of which rows of which table."""

    table: str
    columns: tuple[str, ...]  # which it needs
    value: Callable  # of one row; null where the row has no say
    adds_up: bool = False  # a sum; else a mean

    def fits(self, table: ir.Table) -> bool:
        """Has the table the columns that it needs?"""
        return set(self.columns) <= set(table.columns)


NUMBERS: dict[str, Number] = {
    "late_delivery_rate": Number(
        "orders", ("promised_at", "delivered_at"), lambda t: (t.delivered_at > t.promised_at).cast("float64")
    ),
    "delivery_days": Number(
        "orders", ("ordered_at", "delivered_at"), lambda t: _minutes(t, "ordered_at", "delivered_at") / 1440
    ),
    "revenue": Number("orders", ("amount",), lambda t: t.amount.cast("float64"), adds_up=True),
    "first_reply_minutes": Number(
        "tickets", ("opened_at", "first_reply_at"), lambda t: _minutes(t, "opened_at", "first_reply_at")
    ),
    "resolution_hours": Number(
        "tickets", ("opened_at", "solved_at"), lambda t: _minutes(t, "opened_at", "solved_at") / 60
    ),
    "sentiment": Number("comments", ("sentiment",), lambda t: t.sentiment.cast("float64")),
    "nps": Number("responses", ("instrument", "score"), _vote),
    "csat": Number("responses", ("instrument", "score", "scale_min", "scale_max"), _satisfied),
}
# which of them, the first that the company has, tells what rows that are there twice do
TOLD_BY = {"orders": ("revenue",), "tickets": ("resolution_hours",), "comments": ("sentiment",)}
TOLD_BY |= {"responses": ("nps", "csat")}


def no_nps(t: ir.Table):
    """Answers to NPS that were given on another scale: 4 of 1-5 is no detractor's, and 5 no passive's."""
    whole = (t.scale_max == 10) & t.scale_min.isin([0, 1])
    return t.instrument.isin(NPS) & t.score.notnull() & ~whole


def _off_scale(t: ir.Table, year: int):
    off = (t.score < t.scale_min) | (t.score > t.scale_max) | ((t.instrument == "nps") & ~t.score.between(0, 10))
    return off | no_nps(t)


def _off_usual(column: str) -> Callable:
    """Rows whose mark lies off its scale: the one that the table says (scale_min, scale_max), else the one that nearly
    all marks of the same source show."""

    def bad(t: ir.Table, year: int):
        mark = t[column].cast("float64")
        if {"scale_min", "scale_max"} <= set(t.columns):
            return (mark < t.scale_min) | (mark > t.scale_max)
        source = t.source if "source" in t.columns else ibis.literal("")
        counted = t.select(source=source.fill_null(""), mark=mark).filter(lambda x: x.mark.notnull())
        counted = counted.group_by("source", "mark").aggregate(n=lambda x: x.count()).execute()
        found = ibis.literal(False)
        for name, part in counted.groupby("source"):
            marks = dict(zip(part["mark"].astype(float), part["n"].astype(int), strict=True))
            if off := off_scale(marks, scale_shown(marks)):
                found = found | ((source.fill_null("") == name) & mark.isin(off))
        return found

    return bad


def _before(column: str, other: str, days: int = 0) -> Callable:
    """Rows in which `column` lies more than so many days before `other`."""
    return lambda t, year: engine.epoch(t[column]) < engine.epoch(t[other]) - days * 86_400


def _negative(column: str) -> Callable:
    return lambda t, year: t[column] < 0


def _beyond_money(column: str) -> Callable:
    return lambda t, year: t[column].abs() >= MOST_MONEY


def fee(contracts: ir.Table):
    """The monthly fee of contracts where it can be one: null below 0, at MOST_MONEY and beyond, and without such a
    column."""
    if "monthly_fee" not in contracts.columns:
        return ibis.null("float64")
    said = contracts.monthly_fee.cast("float64")
    return ((said >= 0) & (said < MOST_MONEY)).fill_null(False).ifelse(said, ibis.null("float64"))


RULES = (
    Rule("orders", "delivered_before_ordered", ("ordered_at", "delivered_at"), _before("delivered_at", "ordered_at"),
         ("late_delivery_rate", "delivery_days"), "clock"),
    # a promise is often a day without an hour: up to a day before the order it is none
    Rule("orders", "promised_before_ordered", ("ordered_at", "promised_at"), _before("promised_at", "ordered_at", 1),
         ("late_delivery_rate",), "clock"),
    Rule("orders", "promised_far_off", ("promised_at", "delivered_at"),
         _before("delivered_at", "promised_at", FAR_DAYS), ("late_delivery_rate",), "promise"),
    Rule("orders", "negative_amount", ("amount",), _negative("amount"), ("revenue",), "sign"),
    Rule("orders", "amount_beyond_money", ("amount",), _beyond_money("amount"), ("revenue",), "unit_of_money"),
    Rule("orders", "negative_discount", ("discount",), _negative("discount"), ("discount",), "sign"),
    Rule("order_items", "negative_quantity", ("quantity",), _negative("quantity"), ("basket",), "sign"),
    Rule("order_items", "negative_price", ("unit_price",), _negative("unit_price"), ("basket",), "sign"),
    Rule("tickets", "reply_before_opened", ("opened_at", "first_reply_at"), _before("first_reply_at", "opened_at"),
         ("first_reply_minutes",), "clock"),
    Rule("tickets", "solved_before_opened", ("opened_at", "solved_at"), _before("solved_at", "opened_at"),
         ("resolution_hours",), "clock"),
    Rule("responses", "off_scale", ("score", "scale_min", "scale_max", "instrument"), _off_scale, ("scores",), "scale",
         stops="scores"),
    Rule("responses", "scale_upside_down", ("scale_min", "scale_max"), lambda t, year: t.scale_min >= t.scale_max,
         ("scores",), "scale"),
    Rule("responses", "answered_before_invited", ("invited_at", "responded_at"),
         _before("responded_at", "invited_at"), ("response_rate",), "clock"),
    Rule("touchpoints", "negative_duration", ("duration_s",), _negative("duration_s"), ("duration_s",), "unit"),
    Rule("touchpoints", "negative_cost", ("cost",), _negative("cost"), ("cost",), "sign"),
    Rule("customers", "birth_year", ("birth_year",),
         lambda t, year: ~t.birth_year.between(year - OLDEST, year - YOUNGEST), ("birth_year",), "year"),
    Rule("contracts", "ended_before_started", ("started_at", "ended_at"), _before("ended_at", "started_at"),
         ("churn_rate",), "clock"),
    Rule("contracts", "negative_fee", ("monthly_fee",), _negative("monthly_fee"), ("monthly_fee",), "sign"),
    Rule("contracts", "fee_beyond_money", ("monthly_fee",), _beyond_money("monthly_fee"), ("monthly_fee",),
         "unit_of_money"),
    Rule("tickets", "csat_off_scale", ("csat",), _off_usual("csat"), ("csat",), "marks"),
    Rule("comments", "rating_off_scale", ("rating",), _off_usual("rating"), ("rating_cost",), "marks"),
    Rule("comments", "sentiment_off_scale", ("sentiment",), lambda t, year: t.sentiment.abs() > 1, ("sentiment",),
         "score"),
)  # fmt: skip

# columns that tell of what has happened: none of them can lie beyond the data's own end
FACTS = {
    "customers": ("created_at",),
    "touchpoints": ("occurred_at",),
    "orders": ("ordered_at", "delivered_at"),
    "responses": ("invited_at", "responded_at"),
    "tickets": ("opened_at", "first_reply_at", "solved_at"),
    "comments": ("written_at",),
}
FUTURE = "from_the_future"

# after “in 12 of 300 orders (4.0%) …”
SAYS = wording._names("""
delivered_before_ordered | تحویل پیش از ثبت سفارش آمده است | delivery comes before the order
promised_before_ordered | موعد تحویل پیش از ثبت سفارش است | the promised time comes before the order
promised_far_off | تحویل بیش از ۶۰ روز پیش از موعد است | delivery comes over 60 days before its promise
negative_amount | مبلغ منفی است | the amount is negative
amount_beyond_money | مبلغ از هر پولی بیشتر است | the amount is beyond any sum of money
negative_discount | تخفیف منفی است | the discount is negative
negative_quantity | تعداد منفی است | the quantity is negative
negative_price | قیمت منفی است | the price is negative
reply_before_opened | نخستین پاسخ پیش از ثبت درخواست آمده است | the first reply comes before the request
solved_before_opened | حل درخواست پیش از ثبت آن آمده است | the solution comes before the request
off_scale | امتیاز بیرون از مقیاس است | the score lies outside its scale
scale_upside_down | مقیاس پیش از آغازش پایان می‌یابد | the scale ends before it begins
answered_before_invited | پاسخ پیش از دعوت آمده است | the answer comes before the invitation
negative_duration | مدت منفی است | the duration is negative
negative_cost | هزینه منفی است | the cost is negative
birth_year | سال تولد ناممکن است | the year of birth is impossible
ended_before_started | پایان قرارداد پیش از آغاز آن است | the contract ends before it starts
negative_fee | حق اشتراک منفی است | the fee is negative
fee_beyond_money | حق اشتراک از هر پولی بیشتر است | the fee is beyond any sum of money
csat_off_scale | امتیاز رضایت بیرون از مقیاس است | the satisfaction score lies outside its scale
rating_off_scale | امتیاز نوشته بیرون از مقیاس است | the rating lies outside its scale
sentiment_off_scale | احساس بیرون از بازهٔ −۱ تا ۱ است | the feeling lies outside −1 to 1
from_the_future | تاریخ از پایان داده‌ها جلوتر است | a date lies beyond the end of the data
""")
REMEDIES = wording._names("""
clock | «timezone» و «format» این دو ستون را در نگاشت درست کنید. | give both columns the right “timezone” and “format” in the mapping.
promise | ببینید روز و ماهِ موعد جابه‌جا خوانده نشده باشد («format» را در نگاشت بگویید) یا دستی اشتباه ثبت نشده باشد. | see whether day and month of the promise were swapped (say its “format” in the mapping), or it was entered wrongly.
sign | اگر بازگشت یا اصلاح است، در «status» بگویید و مبلغ را مثبت نگه دارید. | where it is a return or a correction, say so in “status” and keep the amount positive.
unit_of_money | عدد را در منبع درست کنید؛ اگر واحدش دیگر است، «unit» را در نگاشت بگویید. | correct the number in its source; where its unit is another, say “unit” in the mapping.
scale | کمینه و بیشینهٔ «scale» را در نگاشت نظرسنجی درست کنید، یا امتیاز را. | correct “scale: [lowest, highest]” in the survey's mapping, or the score.
marks | امتیاز را در منبع درست کنید؛ آنچه به معنی «بی‌امتیاز» است را در نگاشت زیر «empty» بنویسید، و اگر مقیاس دیگر است «scale: [کمینه، بیشینه]» را. | correct the score in its source; list what stands for “none” under “empty” in the mapping, and where the scale is another, say “scale: [lowest, highest]” there.
unit | «unit»، و اینکه کدام ستون آغاز است و کدام پایان، را در نگاشت ببینید. | check “unit”, and which column is start and which end, in the mapping.
year | سال تولد به میلادی نوشته می‌شود؛ در نگاشت به سال شمسی ۶۲۱ بیفزایید. | years of birth are Gregorian; add 621 to Jalali ones in the mapping.
score | نوشته‌ها را با cx ingest دوباره نمره دهید. | score the comments anew with cx ingest.
from_the_future | «format» یا «calendar» این تاریخ را در نگاشت بگویید، یا سالِ نادرست را در منبع درست کنید؛ سپس cx ingest را اجرا کنید. | say the date's “format” or “calendar” in the mapping, or correct the year in its source; then run cx ingest.
""")  # noqa: E501
REPORTS = {"scores": {"fa": "امتیازها", "en": "scores"}}
