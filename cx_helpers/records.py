"""What does a run record?  Metrics that others rely on, and findings: claims that a manager can act on."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from cx_helpers.wording import Words, anonymous, name, say

KINDS = (
    "friction moment_of_truth driver change_point cohort funnel_drop churn_risk segment basket experiment topic "
    "leading_indicator forecast risk strength weakness opportunity threat case data_quality"
).split()
SEVERITIES = ("high", "medium", "low")
GOOD = ("strength", "opportunity")
NEUTRAL = ("driver", "segment", "basket", "experiment", "topic", "leading_indicator", "forecast")


@dataclass(frozen=True)
class Metric:
    """A number with a name: how it is titled, in which unit it is, and whether more of it is better."""

    title: Words
    unit: str  # points, share, scale, score, hours, minutes, count, money
    direction: str = "up"
    digits: int = 0
    low: float | None = None  # ends of the scale, where it has any
    high: float | None = None


def _metric(fa: str, en: str, unit: str, direction: str = "up", digits: int = 0, low=None, high=None) -> Metric:
    return Metric({"fa": fa, "en": en}, unit, direction, digits, low, high)


OUTCOMES = {  # by what an experiment can be judged, and the table that tells it; beside touchpoints and its own columns
    "conversion": "orders", "orders_each": "orders", "revenue_each": "orders", "order_value": "orders",
    "tickets_each": "tickets", "nps": "responses", "csat": "responses",
}  # fmt: skip

METRICS: dict[str, Metric] = {
    "nps": _metric("شاخص خالص مروجان (NPS)", "Net Promoter Score (NPS)", "points", low=-100, high=100),
    "csat": _metric("رضایت (CSAT)", "Satisfaction (CSAT)", "share", digits=1, low=0, high=1),
    "csat_mean": _metric("میانگین رضایت", "Mean satisfaction", "scale", digits=2),
    "ces": _metric("سهولت (CES)", "Ease (CES)", "scale", digits=2),
    "response_rate": _metric("نرخ پاسخ", "Response rate", "share", digits=1, low=0, high=1),
    "sentiment": _metric("احساس نوشته‌ها", "Sentiment of comments", "score", digits=2, low=-1, high=1),
    "negative_share": _metric(
        "سهم نوشته‌های ناخوشایند", "Share of negative comments", "share", "down", 1, low=0, high=1
    ),
    "aspect_share": _metric("سهم نوشته‌های دربارهٔ آن", "Share of comments about it", "share", digits=1, low=0, high=1),
    "aspect_negative": _metric("سهم ناراضی‌ها", "Unhappy with it", "share", "down", 1, low=0, high=1),
    "topic_share": _metric("سهم نوشته‌های دربارهٔ آن", "Share of comments about it", "share", digits=1, low=0, high=1),
    "urgent_share": _metric("سهم نوشته‌های فوری", "Share of urgent comments", "share", "down", 1, low=0, high=1),
    "rating_cost": _metric("تفاوت امتیاز با گله", "Rating with a complaint", "scale", digits=2),
    "retention_1": _metric("ماندگاری ماه اول", "Retention, month 1", "share", digits=1, low=0, high=1),
    "retention_3": _metric("ماندگاری ماه سوم", "Retention, month 3", "share", digits=1, low=0, high=1),
    "repeat_rate": _metric("نرخ خرید دوباره", "Repeat purchase rate", "share", digits=1, low=0, high=1),
    "conversion": _metric("نرخ تبدیل", "Conversion", "share", digits=1, low=0, high=1),
    "revenue": _metric("فروش", "Revenue", "money", low=0),
    "orders": _metric("سفارش‌ها", "Orders", "count", low=0),
    "tickets": _metric("درخواست‌های پشتیبانی", "Requests to support", "count", "down", low=0),
    "complaint_share": _metric(
        "سهم نوشته‌های گلایه‌آمیز", "Share of comments that complain", "share", "down", 1, low=0, high=1
    ),
    "revenue_each": _metric("خرید هر مشتری", "Revenue per customer", "money"),
    "order_value": _metric("ارزش هر سفارش", "Revenue per order", "money"),
    "orders_each": _metric("سفارش هر مشتری", "Orders per customer", "score", digits=3, low=0),
    "tickets_each": _metric("درخواست هر مشتری", "Requests per customer", "score", "down", 3, low=0),
    "variant_share": _metric("سهم از شرکت‌کنندگان", "Share of participants", "share", digits=1, low=0, high=1),
    "spent_each": _metric("خرید هر مشتری تاکنون", "Spent per customer so far", "money", low=0),
    "fallen": _metric("سهم افت‌کرده‌ها", "Share that fell to a lower group", "share", "down", 1, low=0, high=1),
    "active_customers": _metric(
        "مشتریان دارای رویداد در این دوره", "Customers with an event this period", "count", low=0
    ),
    "clv": _metric("ارزش پیش روی هر مشتری", "Value to come of a customer", "money", low=0),
    "lifetime_value": _metric("ارزش طول عمر هر مشتری", "Lifetime value of a customer", "money", low=0),
    "purchases": _metric("خریدهای پیش روی هر مشتری", "Purchases to come of a customer", "count", digits=2, low=0),
    "alive": _metric(
        "احتمال ماندن مشتری (P alive)", "Customers still there, P(alive)", "share", digits=1, low=0, high=1
    ),
    "unhappy": _metric("سهم ناراضی‌ها", "Share of unhappy customers", "share", "down", 0, low=0, high=1),
    "quiet": _metric("سهم ساکت‌شده‌ها", "Share gone quiet", "share", "down", 0, low=0, high=1),
    "consent": _metric("اجازهٔ تماس", "Consent to contact", "share", digits=0, low=0, high=1),
    "late_delivery_rate": _metric("نرخ دیرکرد تحویل", "Late delivery rate", "share", "down", 1, low=0, high=1),
    "failure_rate": _metric("نرخ ناکامی", "Failure rate", "share", "down", 1, low=0, high=1),
    "return_rate": _metric("نرخ بازگشت به همان نقطه", "Rate of coming back to it", "share", "down", 1, low=0, high=1),
    "next_share": _metric("سهم گام بعد", "Share of the next step", "share", "down", 1, low=0, high=1),
    "feeling": _metric("احساس", "Feeling", "score", digits=2, low=-1, high=1),
    "first_reply_minutes": _metric("زمان نخستین پاسخ", "Time to first reply", "minutes", "down", 1, low=0),
    "loop_closed_rate": _metric("موردهای بسته‌شده در مهلت", "Cases closed in time", "share", digits=1, low=0, high=1),
    "hours_to_contact": _metric("زمان تا نخستین تماس", "Time to first contact", "hours", "down", 1, low=0),
    "hours_to_close": _metric("زمان تا بستن مورد", "Time to close a case", "hours", "down", 1, low=0),
    "recovered": _metric("سهم بازگشته‌ها", "Share that bought again", "share", digits=1, low=0, high=1),
    "case_share": _metric("سهم دارندگان مورد", "Share of customers with a case", "share", "down", 1, low=0, high=1),
    "expected_money": _metric("پول مورد انتظار", "Expected money", "money"),
    "action_share": _metric("مشتریان دارای کار بعدی", "Customers with a next action", "share", digits=1, low=0, high=1),
    "value_each": _metric("سود هر مشتری", "Money a customer", "money"),
    "resolution_hours": _metric("زمان حل درخواست", "Time to resolution", "hours", "down", 1, low=0),
    "delivery_days": _metric("زمان تحویل", "Time to delivery", "days", "down", 1, low=0),
    "churn_rate": _metric("نرخ ریزش", "Churn rate", "share", "down", 1, low=0, high=1),
    "leaving_share": _metric(
        "سهم رفتنی‌ها در پنجرهٔ پیش رو", "Expected to leave next", "share", "down", 1, low=0, high=1
    ),
    "data_age": _metric("سن داده", "Age of data", "days", "down", 1, low=0),
    "service_gap": _metric("شکاف دریافت و انتظار", "Gap: perceived less expected", "scale", digits=1, low=-6, high=6),
    "perceived": _metric("کیفیت دریافت‌شده (۱ تا ۷)", "Perceived quality (1–7)", "scale", digits=1, low=1, high=7),
    "form_score": _metric("امتیاز از ۱۰۰", "Points of 100", "score", digits=0, low=0, high=100),
    "enps": _metric(
        "شاخص خالص مروجان کارکنان (eNPS)", "Employee Net Promoter Score (eNPS)", "points", low=-100, high=100
    ),
    "net_value": _metric("ارزش خالص (از ۱۰۰)", "Net value (of 100)", "score", digits=0),
    "adds": _metric("سهم در ارزش", "Adds to value", "score", digits=0),
    "maturity": _metric("سطح بلوغ (۱ تا ۵)", "Maturity level (1–5)", "scale", digits=1, low=1, high=5),
    "completeness": _metric("خانه‌های پر", "Cells that are filled", "share", digits=1, low=0, high=1),
    "quarantined": _metric("ردیف‌های در قرنطینه", "Rows in quarantine", "count", "down", low=0),
    "known_customers": _metric(
        "ردیف‌های دارای مشتری شناخته", "Rows with a known customer", "share", digits=1, low=0, high=1
    ),
    "faulty_share": _metric("سهم ردیف‌های نادرست", "Share of faulty rows", "share", "down", 1, low=0, high=1),
    "rows": _metric("ردیف‌ها", "Rows", "count", low=0),
    "reached_goal": _metric(
        "سهم کسانی که به مقصد رسیدند", "Share that got to the destination", "share", digits=1, low=0, high=1
    ),
    "converted": _metric("رسیده به مقصد", "Got to the destination", "share", digits=1, low=0, high=1),
    "passed": _metric("گذر از گام پیش", "Got on from the step before", "share", digits=1, low=0, high=1),
    "basket_size": _metric("کالاهای هر سبد", "Items in a basket", "count", digits=1, low=0),
    "several": _metric("سبدهای بیش از یک کالا", "Baskets with several items", "share", digits=0, low=0, high=1),
    "lift": _metric("چند برابر معمول", "Times the usual", "number", digits=1, low=0),
    "forecast_coverage": _metric("پیش‌بینی‌های درست", "Forecast intervals that held", "share", digits=1, low=0, high=1),
    "experience_cost": _metric("هزینهٔ سالانهٔ تجربهٔ بد", "Yearly cost of bad experience", "money", "down"),
    "revenue_shortfall": _metric("کسری فروش در خطر (VaR ۹۵٪)", "Revenue at risk (VaR 95%)", "money", "down"),
    "importance": _metric("سهم از توضیح", "Relative importance", "share", digits=0, low=0, high=1),
}
# how sound the data is, not how customers fare
OF_DATA = frozenset("data_age completeness quarantined known_customers faulty_share rows".split())


def described(metric: str, share: bool = False) -> Metric:
    """What is known of a metric by this name; one of a company's own is named as its label says.

    share  is it one of 0..1?  Only asked of metrics that are not in METRICS
    """
    own = Metric(name(metric), "share" if share else "score", digits=1 if share else 2)
    return METRICS.get(metric, own)


def amount(metric: str | Metric, x: float) -> Words:
    """A value of the metric in words: 31, 62.4%, 4.20, 12 million toman."""
    of = METRICS[metric] if isinstance(metric, str) else metric
    if of.unit == "share":
        return say(fa="{x:.1%}", en="{x:.1%}", x=x)
    if of.unit == "money":
        return say(fa="{x:money}", en="{x:money}", x=x)
    return say(fa=f"{{x:.{of.digits}f}}", en=f"{{x:.{of.digits}f}}", x=x)


def counted(metric: str) -> Words:
    """What stands behind a score: answers, or comments."""
    of_comments = metric in ("sentiment", "negative_share")
    return {"fa": "نوشته", "en": "comments"} if of_comments else {"fa": "پاسخ", "en": "answers"}


def step(metric: str | Metric, x: float, unit: bool = True, sign: str = "") -> Words:
    """A difference of two values in words: 11.4 points, 17.0 percentage points; `sign="+"` shows its direction."""
    of = METRICS[metric] if isinstance(metric, str) else metric
    if of.unit == "money":
        return say(fa=f"{{x:{sign}money}}", en=f"{{x:{sign}money}}", x=x)
    share, digits = of.unit == "share", max(of.digits, 1)
    bare = say(fa=f"{{x:{sign}.{digits}f}}", en=f"{{x:{sign}.{digits}f}}", x=100 * x if share else x)
    names = {"share": (" واحد درصد", " percentage points"), "points": (" واحد", " points")}
    fa, en = names.get(of.unit, ("", "")) if unit else ("", "")
    return {"fa": bare["fa"] + fa, "en": bare["en"] + en}


def clean(value):
    """A number fit for JSON: NaN and infinities become null, numpy scalars become Python's; a name without the numbers
    of persons that strayed into it."""
    if isinstance(value, str):
        return anonymous(value)
    if value is None or isinstance(value, bool):
        return value
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and not math.isfinite(value) else value


@dataclass(frozen=True)
class Finding:
    """One claim made by a measure that tested it.

    kind        one of KINDS;  subject  {column: value} the claim is about;  measure  the metric or quantity
    value       what was seen;  baseline  against what;  low, high  95 % interval of value
    p_adjusted  corrected for all that the measure looked at;  impact  {value, low, high, unit} of mending it
    text        the claim in both languages;  detail  shown under it, not part of the record
    looks       how many comparisons p_adjusted was corrected for
    good        is it good news (True), bad news (False), or as its kind says (None)?  Only for how it is shown
    remedy      what to do about it, shown under it where nothing is known of what mending would bring
    unit        of value, low and high, where METRICS does not know the measure; not part of the record
    """

    kind: str
    subject: dict
    measure: str
    value: float
    text: Words
    baseline: float | None = None
    low: float | None = None
    high: float | None = None
    n: int | None = None
    p_adjusted: float | None = None
    impact: dict | None = None
    severity: str = "low"
    detail: Words | None = field(default=None, compare=False)
    looks: int | None = field(default=None, compare=False)
    good: bool | None = field(default=None, compare=False)
    remedy: Words | None = field(default=None, compare=False)
    unit: str = field(default="", compare=False)

    def __post_init__(self):
        if self.kind not in KINDS:
            raise ValueError(f"finding kind {self.kind!r} is not one of {', '.join(KINDS)}")
        if self.severity not in SEVERITIES:
            raise ValueError(f"severity {self.severity!r} is not one of high, medium, low")

    @property
    def tone(self) -> str:
        """`good`, `bad` or `neutral` news: what the measure said, else what its kind means."""
        if self.good is not None:
            return "good" if self.good else "bad"
        return "good" if self.kind in GOOD else "neutral" if self.kind in NEUTRAL else "bad"

    def record(self) -> dict:
        """The finding as findings.json holds it (the runner adds `report`)."""
        names = "kind subject measure value baseline low high n p_adjusted impact severity text".split()
        out = {name: getattr(self, name) for name in names}
        out["subject"] = {k: clean(v) for k, v in self.subject.items()}
        if self.impact:
            out["impact"] = {k: clean(self.impact.get(k)) for k in ("value", "low", "high", "unit")}
        return {k: clean(v) if not isinstance(v, dict) else v for k, v in out.items()}


# A run asks about ten questions, each a family corrected by itself; for one run in twenty to hold a false "high",
# each family may err once in two hundred.
HIGH_P, MEDIUM_P = 0.005, 0.05


def severity(p_adjusted: float, large: bool) -> str | None:
    """How loud a tested claim may be: None = say nothing, `high` only when it is both sure and large.

    p_adjusted  corrected within its family;  large  does the effect pass the size that the measure calls large?
    """
    if not p_adjusted < MEDIUM_P:  # also null
        return None
    return "high" if p_adjusted < HIGH_P and large else "medium" if large or p_adjusted < HIGH_P else "low"
