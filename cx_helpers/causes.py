"""Which findings tell of one thing, and which comes first?  A run's claims ranked by what is at stake, and joined.

One broken thing is seen by many reports: courier trouble in a province shows as failed deliveries, a fallen NPS, angry
comments.  Such findings share a group of customers (`province=…`), or a theme: the touchpoint, aspect, topic or driver
that they are about.  They are joined under the one that ranks first, so that a manager reads one thing to do, once.

All functions take findings as findings.json holds them (`Finding.record`, with `report`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

from cx_helpers import records
from cx_helpers.records import METRICS, SEVERITIES

# What names a theme: words of a key, and Persian words with at most a short ending; the first line that fits counts.
_THEMES = """
packaging | packaging package packages unboxing unbox wrapping box | بسته‌بندی جعبه کارتن پلمپ
payment | payment payments pay checkout | پرداخت درگاه
returns | return returns refund refunds | مرجوع مرجوعی عودت
support | support helpdesk ticket tickets call chat help unsolved reply | پشتیبانی گفت‌وگو
staff | staff behaviour behavior attitude | رفتار برخورد کارکنان
delivery | delivery deliveries courier couriers shipping shipment dispatch late | تحویل ارسال پیک مرسوله دیرکرد
price | price prices pricing discount discounts cost | قیمت گرانی تخفیف
app | app site web website login | اپلیکیشن سایت وب‌سایت
quality | quality taste | کیفیت طعم مزه
info | info information description | اطلاعات توضیحات
"""
_HALF_SPACE = "\u200c"
_ENDING = 3  # letters that a Persian word may bear behind: های، ی، ش
_STEMS = [
    (theme.strip(), frozenset(keys.split()), tuple(words.split()))
    for theme, keys, words in (line.split("|") for line in _THEMES.strip().splitlines())
]
THEMED = ("aspect", "topic", "driver", "touchpoint", "step", "stage", "term")  # of a subject: what it is about
_ASIDE = (
    "initiative experience next month variant metric value_fifth retention_lift offer given contact_hours period since "
    "day lag_weeks leader"
).split()
_MEASURED = {"resolution_hours": "support", "tickets": "support", "late_delivery_rate": "delivery"}  # themes of numbers
_SPLIT = re.compile(r"[\s_\-،,.()«»]+")
_NEWS_OF_ALL = ("change_point", "forecast", "risk", "threat")  # what moved, where nothing tells for whom or in what
_STAY = ("repeat_rate", "retention_1", "retention_3", "churn_rate", "next_share")  # of who stays: each is worth `clv`
_NEWS_OF_NONE = ("driver", "topic", "basket", "leading_indicator")
_EITHER_WAY = ("change_point", "cohort", "segment", "experiment", "forecast")
_LEAVE = ("moment_of_truth", "cohort", "churn_risk", "funnel_drop")


@dataclass(frozen=True)
class Cause:
    """One thing behind one or more findings.

    head    the finding that ranks first;  others  those that tell of the same, in their order
    theme   what it is about (packaging, delivery …), empty where none is known
    groups  {column: value} of the customers that its head is about
    money   the most that any of its findings puts at stake, in the workspace's currency (None: it cannot be said)
    """

    head: dict
    others: tuple[dict, ...]
    theme: str
    groups: dict
    money: float | None

    @property
    def all(self) -> tuple[dict, ...]:
        """The head, then the others."""
        return (self.head, *self.others)


def each(metrics: Iterable[dict]) -> float | None:
    """What a customer who stays is expected to bring: the run's `clv` of the whole company, None where none was made.

    metrics  records of metrics.json
    """
    whole = [m["value"] for m in metrics if m["metric"] == "clv" and not m.get("dimensions")]
    return next((value for value in whole if _number(value)), None)


def money(record: dict, clv: float | None = None) -> float | None:
    """What mending it is expected to bring, in money; None where that cannot be said.

    An impact in money counts as it is.  One in customers who would stay or come back counts by what a customer is
    expected to bring (`each`); customers who would only have had it easier are not money.
    """
    impact = record.get("impact") or {}
    value, unit = impact.get("value"), impact.get("unit")
    if not _number(value):
        return None
    if unit == "money":
        return abs(value)
    stays = record.get("measure") in _STAY and record.get("kind") in _LEAVE
    return abs(value) * clv if unit in ("customers", "contracts") and stays and clv else None


def harm(record: dict) -> float:
    """Customers × harm: how many are touched, times how much of the whole way between best and worst it costs each.

    An impact in customers is that number already.  Else n × |value − baseline| over the width of the metric's scale; 0
    where one of these is unknown.
    """
    impact = record.get("impact") or {}
    if impact.get("unit") in ("customers", "contracts", "journeys") and _number(impact.get("value")):
        return abs(impact["value"])
    value, baseline, n = (record.get(name) for name in ("value", "baseline", "n"))
    of = None if record.get("kind") in _NEWS_OF_NONE else METRICS.get(record.get("measure"))
    if not (of and all(map(_number, (value, baseline, n)))):
        return 0.0
    width = of.high - of.low if of.low is not None and of.high is not None else None
    return n * min(1.0, abs(value - baseline) / width) if width else 0.0


def size(record: dict, clv: float | None = None) -> float:
    """How much is at stake, in customers: expected money over what one customer is expected to bring, else `harm`."""
    worth = money(record, clv)
    return worth / clv if worth is not None and clv else harm(record)


def rank_key(record: dict, clv: float | None = None) -> tuple:
    """The order of a run's findings: severity, then what is at stake (money first where no customer has a price), then
    how sure it is."""
    severity, p, worth = record.get("severity"), record.get("p_adjusted"), money(record, clv)
    return (
        SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES),
        0.0 if clv or worth is None else -worth,
        -size(record, clv),
        p if _number(p) else 1.0,
        str(record.get("report")),
    )


def rank(findings: Iterable[dict], clv: float | None = None) -> list[dict]:
    """Findings in the order in which they deserve to be read (`rank_key`)."""
    return sorted(findings, key=lambda record: rank_key(record, clv))


def tone(record: dict) -> str:
    """`good`, `bad` or `neutral` news: as its measure said (`tone`), else by its kind or which way its metric went."""
    if record.get("tone"):
        return record["tone"]
    kind, of = record["kind"], METRICS.get(record.get("measure"))
    if kind in records.GOOD or kind in _NEWS_OF_NONE:
        return "good" if kind in records.GOOD else "neutral"
    value, baseline = record.get("value"), record.get("baseline")
    if kind in _EITHER_WAY and of and _number(value) and _number(baseline) and value != baseline:
        return "good" if (value > baseline) == (of.direction == "up") else "bad"
    return "neutral" if kind in records.NEUTRAL else "bad"


def theme(record: dict) -> str:
    """What a finding is about: packaging, delivery, support …; empty where its subject names none of these."""
    subject = record.get("subject") or {}
    for column in (*THEMED, "experience"):
        parts = [part for part in _SPLIT.split(str(subject.get(column) or "").lower()) if part]
        for name, keys, words in _STEMS:
            if any(part in keys or _ends(part, words) for part in parts):
                return name
    return _MEASURED.get(record.get("measure"), "")


def _ends(part: str, words: tuple[str, ...]) -> bool:
    part = part.replace(_HALF_SPACE, "")
    bare = (word.replace(_HALF_SPACE, "") for word in words)
    return any(part.startswith(word) and len(part) <= len(word) + _ENDING for word in bare)


def groups(record: dict) -> dict:
    """Which customers a finding is about: the part of its subject that names a group."""
    subject = record.get("subject") or {}
    return {column: value for column, value in subject.items() if column not in THEMED and column not in _ASIDE}


def joined(findings: Iterable[dict], clv: float | None = None) -> list[Cause]:
    """Findings of one cause brought together; the causes in the order of `rank`, each with all that is at stake in it.

    A finding joins the first cause of another tone than its opposite with which it shares theme or group, and
    contradicts neither: delivery in one province joins the whole company's delivery, but not another province's.  News
    of one metric that several reports have of the whole company is one cause, too.
    """
    causes: list[_Open] = []
    for record in rank(findings, clv):
        one = _Open([record], theme(record), groups(record), tone(record))
        into = next((cause for cause in causes if cause.tells_of(one)), None)
        if into:
            into.take(one)
        else:
            causes.append(one)
    made = [
        Cause(
            head=cause.found[0],
            others=tuple(cause.found[1:]),
            theme=cause.theme,
            groups=groups(cause.found[0]),
            money=max((m for record in cause.found if (m := money(record, clv)) is not None), default=None),
        )
        for cause in causes
    ]
    return sorted(made, key=lambda cause: _cause_key(cause, clv))  # stable: equals keep their findings' order


def _cause_key(cause: Cause, clv: float | None) -> tuple:
    """As `rank_key`: a cause is worth what its dearest finding is, else what its largest one touches."""
    severity, worth = rank_key(cause.head, clv)[0], cause.money
    stake = worth / clv if worth is not None and clv else max(map(harm, cause.all))
    return severity, 0.0 if clv or worth is None else -worth, -stake


@dataclass
class _Open:
    """A cause that may still grow: what is known of it is what all its findings say together."""

    found: list[dict]
    theme: str
    groups: dict
    tone: str

    @property
    def of_all(self) -> str:
        """The metric that moved for the whole company, nothing more being known; empty where more is."""
        head = self.found[0]
        bare = not (self.theme or self.groups or any(column in (head.get("subject") or {}) for column in THEMED))
        return str(head.get("measure") or "") if bare and head["kind"] in _NEWS_OF_ALL else ""

    def tells_of(self, other: _Open) -> bool:
        if {self.tone, other.tone} == {"good", "bad"} or (self.theme and other.theme and self.theme != other.theme):
            return False
        if self.of_all and self.of_all == other.of_all:
            return self.tone == other.tone
        shared = self.groups.keys() & other.groups.keys()
        if any(self.groups[column] != other.groups[column] for column in shared):
            return False
        apart = self.groups and other.groups and not shared  # one province's and one channel's: nobody looked at both
        return bool(shared) or bool(not apart and self.theme and self.theme == other.theme)

    def take(self, other: _Open) -> None:
        self.found += other.found
        self.theme, self.groups = self.theme or other.theme, other.groups | self.groups
        self.tone = self.tone if self.tone != "neutral" else other.tone


def _number(x) -> bool:
    return isinstance(x, (int, float)) and not isinstance(x, bool) and math.isfinite(x)
