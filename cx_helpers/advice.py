"""What should be done first?  The causes that a run found, each with what to do about it in one sentence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cx_helpers import causes
from cx_helpers.causes import Cause
from cx_helpers.dates import Period
from cx_helpers.records import METRICS, described
from cx_helpers.wording import LOCALES, Words, join, name, say

# Of the findings of one cause the one that says best what to do: what breaks, before what is felt because of it.
_PLAINEST = (
    "friction funnel_drop moment_of_truth experiment churn_risk cohort segment topic basket weakness change_point risk "
    "threat case leading_indicator forecast driver opportunity data_quality strength"
).split()
_TO_WIN = ("experiment", "opportunity", "basket")  # good news that asks for a deed


def first(found: Iterable[Cause], most: int = 5, fell: Iterable[str] = ()) -> list[Cause]:
    """The causes to act on: what is bad, and what is good and waits for a deed; data faults aside.

    fell  metrics with a goal that fell since last period: the cause that tells where (one for each) comes before all
          others, for it is what is asked first.  Then what was done lately and surely made things worse (two at most:
          it costs least to undo), then those that are both sure and large, then the rest, in their order
    """
    asks = [one for one in found if any(map(_asks, one.all))]
    asked: list[Cause] = []
    for metric in fell:
        telling = next((one for one in asks if _tells(one, metric)), None)
        asked += [telling] if telling and telling not in asked else []
    undone = [one for one in asks if (deed := _regretted(one)) and deed["severity"] == "high"]
    asked += [one for one in undone if one not in asked][:2]
    sure = [one for one in asks if one.head["severity"] == "high" and one not in asked]
    return (asked + sure + [one for one in asks if one not in sure and one not in asked])[:most]


def _regretted(cause: Cause) -> dict | None:
    """The finding of a deed of the company's own that made things worse; None without one, or where it may not be its
    doing (`low`)."""
    told = (one for one in cause.all if "initiative" in (one.get("subject") or {}) and one["severity"] != "low")
    return next((one for one in told if causes.tone(one) == "bad"), None)


def _tells(cause: Cause, metric: str) -> bool:
    changed = (one for one in cause.all if one["kind"] == "change_point" and one["measure"] == metric)
    changed = (one for one in changed if causes.groups(one))
    return any(one["severity"] == "high" and causes.tone(one) == "bad" for one in changed)


def fallen(cards: Iterable[dict]) -> list[str]:
    """The metrics with a goal that got worse since last period.  cards  as KPI blocks hold them"""
    return [c["metric"] for c in cards if c["goal_state"] in ("missed", "open") and c.get("change_tone") == "bad"]


def _asks(record: dict) -> bool:
    if record["kind"] == "data_quality" or record["severity"] == "low":
        return False
    return record["kind"] in (*_TO_WIN, "topic") or causes.tone(record) == "bad"


def said(cause: Cause) -> Words:
    """What to do about a cause, as one would ask a colleague to: `Fix “payment” in channel “app”`."""
    plainest = min(cause.all, key=lambda record: _PLAINEST.index(record["kind"]))
    subject = plainest.get("subject") or {}
    thing = next((name(subject[column]) for column in causes.THEMED if column in subject), None)
    about = _About(plainest, subject, thing, _who(causes.groups(plainest)))
    if regretted := _regretted(cause):
        return _regret(regretted["subject"])
    lever = cause.head["subject"].get("driver") if cause.head["kind"] == "risk" and not cause.groups else None
    if lever in _LEVERS:  # what its head tells of is nearer to a deed than the touchpoint where it is felt
        return _LEVERS[lever]
    deed = _DEEDS.get(plainest["kind"])
    return (deed and deed(about)) or _look(about)


def title(cause: Cause, measured: bool = False) -> Words:
    """What a cause is about, in as few words as a picture has room for: `payment · app`.

    measured  with what was measured where no thing is named: two lines about one group differ by it
    """
    subject = cause.head.get("subject") or {}
    things = [subject[column] for column in (*causes.THEMED, "experience") if column in subject][:1]
    named = [name(value) for value in dict.fromkeys([*things, *cause.groups.values()])]
    if cohort := cause.groups.get("cohort"):
        fa, en = "مشتریان از {since} به بعد", "customers since {since}"
        since = Period.parse(str(cohort))
        since = {locale: since.label(locale) for locale in LOCALES}
        named = [*(name(value) for value in things), say(fa=fa, en=en, since=since)]
    if not named or (measured and not things):
        named.append(described(cause.head["measure"]).title)
    return {locale: " · ".join(one[locale] for one in named) for locale in named[0]}


@dataclass(frozen=True)
class _About:
    """What a deed is about.  who  `channel “app”`, None where everybody is meant;  at  the same as ` in …`"""

    record: dict
    subject: dict
    thing: Words | None
    who: Words | None

    @property
    def at(self) -> Words:
        return say(fa="در {who} ", en=" in {who}", who=self.who) if self.who else {"fa": "", "en": ""}


def _who(groups: dict) -> Words | None:
    parts = [
        say(fa="{column} «{value}»", en="{column} “{value}”", column=name(column), value=name(value))
        for column, value in groups.items()
        if column not in ("experiment", "plan", "cohort", "metric")
    ]
    return join(parts) if parts else None


def _regret(subject: dict) -> Words:
    fa = "دربارهٔ «{deed}» دوباره تصمیم بگیرید: پس از آن «{thing}» بدتر شد"
    en = "Decide anew on “{deed}”: “{thing}” got worse after it"
    return say(fa=fa, en=en, deed=name(subject["initiative"]), thing=name(subject["touchpoint"]))


def _mend(of: _About) -> Words | None:
    return of.thing and say(fa="{at}«{thing}» را درست کنید", en="Fix “{thing}”{at}", at=of.at, thing=of.thing)


def _smooth(of: _About) -> Words | None:
    if of.record.get("measure") == "next_share":
        return _mend(of)
    fa, en = "{at}راه رسیدن به «{thing}» را هموار کنید", "Smooth the way to “{thing}”{at}"
    return of.thing and say(fa=fa, en=en, at=of.at, thing=of.thing)


def _hold(of: _About) -> Words | None:
    fa, en = "{at}نگذارید کسی در «{thing}» ناکام بماند", "Let nobody fail at “{thing}”{at}"
    if of.subject.get("experience") == "unsolved":
        fa, en = "{at}نگذارید «{thing}» کسی بی‌نتیجه بماند", "Leave no “{thing}” without a solution{at}"
    return of.thing and say(fa=fa, en=en, at=of.at, thing=of.thing)


def _decide(of: _About) -> Words | None:
    if "variant" not in of.subject:
        return None
    fa, en = "{at}نسخهٔ «{variant}» از «{test}» را کنار بگذارید", "Drop variant “{variant}” of “{test}”{at}"
    if causes.tone(of.record) == "good":
        fa, en = (
            "{at}نسخهٔ «{variant}» از «{test}» را برای همه بگذارید",
            "Give variant “{variant}” of “{test}” to everybody{at}",
        )
    test = name(of.subject.get("experiment", ""))
    return say(fa=fa, en=en, at=of.at, variant=name(of.subject["variant"]), test=test)


def _keep(of: _About) -> Words | None:
    if "experience" in of.subject:
        fa, en = "نگذارید «{met}» پیش بیاید: پس از آن بیشتر می‌روند", "Prevent “{met}”: more leave after it"
        return say(fa=fa, en=en, met=name(of.subject["experience"]))
    if "plan" in of.subject:
        fa, en = "طرح «{plan}» را بازبینی کنید: چرا زود می‌روند؟", "Revise plan “{plan}”: why do they leave early?"
        return say(fa=fa, en=en, plan=name(of.subject["plan"]))
    fa, en = "برای ماندن مشتریانِ {who} کاری کنید", "Do something for customers of {who} to stay"
    return of.who and say(fa=fa, en=en, who=of.who)


def _group(of: _About) -> Words | None:
    if causes.tone(of.record) == "good" or of.who is None:
        return None
    if way := of.subject.get("acquisition_channel"):
        fa = "هزینهٔ جذب مشتری از راه «{way}» را بازبینی کنید"
        return say(fa=fa, en="Review what is spent on winning customers through “{way}”", way=name(way))
    fa, en = "ببینید مشتریانِ {who} چرا کمتر می‌مانند یا می‌خرند", "Find out why customers of {who} stay or buy less"
    return say(fa=fa, en=en, who=of.who)


def _ask(of: _About) -> Words | None:
    fa, en = "{at}ببینید چرا از «{thing}» بیشتر می‌نویسند", "See why more is written about “{thing}”{at}"
    return of.thing and say(fa=fa, en=en, at=of.at, thing=of.thing)


def _offer(of: _About) -> Words | None:
    if not {"given", "offer"} <= of.subject.keys():
        return None
    given, offer = name(of.subject["given"]), name(of.subject["offer"])
    return say(
        fa="کنار «{given}»، «{offer}» را پیشنهاد دهید", en="Offer “{offer}” with “{given}”", given=given, offer=offer
    )


_LEVERS: dict[str, Words] = {
    "slow_reply": {"fa": "کاری کنید که پشتیبانی در یک ساعت پاسخ دهد", "en": "Answer support requests within an hour"},
    "unsolved_request": {"fa": "درخواست‌ها را در یک هفته حل کنید", "en": "Solve requests within a week"},
    "late_delivery": {"fa": "سفارش‌ها را سر وعده برسانید", "en": "Deliver orders when they are promised"},
    "failed_purchase": {"fa": "نگذارید خرید کسی ناکام بماند", "en": "Let nobody fail while buying"},
}

_DEEDS = {
    "friction": _mend, "funnel_drop": _smooth, "moment_of_truth": _hold, "experiment": _decide, "churn_risk": _keep,
    "cohort": _group, "segment": _group, "topic": _ask, "basket": _offer,
}  # fmt: skip


def _look(of: _About) -> Words:
    """What is left to do where no report says what breaks: look for the reason."""
    measure, value, baseline = (of.record.get(key) for key in ("measure", "value", "baseline"))
    title = METRICS[measure].title if measure in METRICS else name(measure)
    if of.thing:
        title = say(fa="{title}، دربارهٔ «{thing}»", en="{title}, about “{thing}”,", title=title, thing=of.thing)
    fa, en = "{at}ببینید چرا {title} از دیگران بدتر است", "Find out why {title} is worse than elsewhere{at}"
    if of.record["kind"] != "weakness":
        rose = value is not None and baseline is not None and value > baseline
        fa, en = "{at}ببینید چرا {title} افت کرده است", "Find out why {title} fell{at}"
        if rose:
            fa, en = "{at}ببینید چرا {title} بالا رفته است", "Find out why {title} rose{at}"
    return say(fa=fa, en=en, at=of.at, title=title)
