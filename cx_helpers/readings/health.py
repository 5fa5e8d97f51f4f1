"""Can these data be trusted for the decisions on the other pages?  The verdict in words."""

from __future__ import annotations

import pandas as pd

from cx_helpers import certainty, faults
from cx_helpers.readings.arrivals import AGED, STOPPED
from cx_helpers.readings.units import ASKED
from cx_helpers.records import METRICS, SEVERITIES, Finding
from cx_helpers.wording import Words, join, raw, say, sentences

GUARDS = [  # what this report guards against, for its data card
    {
        "fa": "هر اشکال با اندازهٔ جابه‌جاییِ عددی که گزارش‌ها نشان می‌دهند سنجیده شده است، نه با شمار ردیف‌ها.",
        "en": "A fault is judged by how far it moves a number that reports show, not by how many rows have it.",
    },
    {
        "fa": "روز هفته، نوروز، روز شلوغ یا خلوتِ کل شرکت و آنچه هر ماه رخ می‌دهد افت یا جهش شمرده نشده است.",
        "en": "Weekdays, Nowruz, days busy or calm for the whole company, and what comes each month are no breaks.",
    },
    {
        "fa": "هر چه می‌تواند تصادفی باشد برای شمار وارسی‌ها تصحیح شده است (هولم).",
        "en": "Whatever may be chance is corrected for the number of looks (Holm).",
    },
    {
        "fa": "دو مشتری که یک جمله را نوشته‌اند دو نفرند: چیزی حذف نشده، تنها شمرده شده است.",
        "en": "Two customers who wrote one sentence are two: nothing was taken away, only counted.",
    },
]


SOUND = {  # what stands in the place of findings where there are none
    "fa": "هیچ اشکالی یافت نشد که به گفتن بیرزد.",
    "en": "No fault was found that is worth telling.",
}


def furthest(fresh: pd.DataFrame) -> Words:
    """The title of the age's card, with the table that `freshness` found."""
    title, table = METRICS["data_age"].title, fresh["table"].iloc[0]
    if table is None:
        return title
    return say(
        fa="{t} در پایان دوره (عقب‌ترینِ جدول‌های همیشگی: {x})",
        en="{t} at the period’s end (of regular tables the one furthest behind: {x})",
        t=title, x=table,
    )  # fmt: skip


def quarantine_findings(memory: dict) -> tuple[list[Finding], int]:
    """Sources with rows in quarantine as findings, and how many sources were looked at."""
    told = []
    for name, of in memory["sources"].items():
        if of["quarantined"]:
            told.append(_quarantine(name, of, [why for why in memory["reasons"] if why["source"] == name]))
    return sorted(told, key=lambda one: -one.value), len(memory["sources"])


def _quarantine(source: str, of: dict, reasons: list[dict]) -> Finding:
    share, first = faults.share(of["quarantined"], of["rows_in"]), reasons[0]
    low, high = (float(end) for end in certainty.wilson(of["quarantined"], of["rows_in"]))
    text = say(
        fa="{k} ردیف از {n} ({x:.1%}) منبع «{source}» در قرنطینه است",
        en="{k} of {n} rows ({x:.1%}) of source “{source}” are in quarantine",
        k=of["quarantined"], n=of["rows_in"], x=share, source=raw(source),
    )  # fmt: skip
    alone = len(reasons) == 1 or first["n"] > reasons[1]["n"]
    most = {"fa": "پرشمارترین دلیل", "en": "The commonest reason"}
    which = most if alone else {"fa": "یکی از دلیل‌ها", "en": "One of the reasons"}
    said = say(
        fa="پیامد: هیچ گزارشی این ردیف‌ها را نمی‌بیند. {which}: {why}.",
        en="No report sees them. {which}: {why}.",
        which=which, why={"fa": first["fa"], "en": first["en"]},
    )  # fmt: skip
    remedy = say(fa="{how}؛ سپس cx ingest را اجرا کنید.", en="{how}; then run cx ingest.", how=first["remedy"])
    return faults.finding(
        "quarantine", "quarantined", faults.loudness(share), text, said, remedy, subject={"source": source},
        measure="faulty_share", value=share, baseline=0.0, low=low, high=high, n=of["rows_in"],
    )  # fmt: skip


def verdict(*answers: tuple[list[Finding], int], unseen: frozenset = frozenset()) -> tuple[list[Finding], int]:
    """The findings of all questions, the loudest first (each question keeps its order), and all that was looked at.

    unseen  of `volume.unseen`: nothing is said of these tables, sources and channels
    """
    told = [one for found, _ in answers for one in found if not _is_of(one, unseen)]
    found = sorted(told, key=lambda one: SEVERITIES.index(one.severity))
    return found, sum(looks for _, looks in answers)


def _is_of(one: Finding, unseen: frozenset) -> bool:
    return any((one.subject["table"], by, one.subject.get(by)) in unseen for by in ("table", "source", "channel"))


def sentence(found: list[Finding], age: Words | None = None) -> Words:
    """The bottom line: are the data enough to decide on, and if not, which numbers not to lean on?

    age  how old the data are, where that is to be said (readings.arrivals.old) and no finding says it
    """
    high = [one for one in found if one.severity == "high"]
    old = next((one.text for one in found if one.subject["problem"] == AGED), None)
    if old and not high:
        return sentences(old, _OLD)
    if not high:
        k = sum(one.severity == "medium" for one in found)
        if asked := next((one.text for one in found if one.subject["problem"] == ASKED), None):
            return sentences(age, _FIRST, asked)
        return sentences(age, _THEN, _beside(k)) if age else _reliable(k)
    stale = next((one for one in high if one.subject["problem"] == STOPPED), None)
    said = {locale: text.rstrip(".") + "." for locale, text in stale.text.items()} if stale else None
    touched = list(dict.fromkeys(one.subject["metric"] for one in high if one.subject.get("metric")))
    have = _have(len(high))
    doubt = say(
        fa="به این عددها فعلاً نمی‌توان تکیه کرد: {names}. {have}."
        if touched else "{have}؛ پیش از هر تصمیم برطرفش کنید.",
        en="These numbers cannot be relied on for now: {names}. {have}."
        if touched else "{have}: mend it before you decide.",
        names=join([faults.title(one) for one in touched[:4]]) if touched else None, have=have,
    )  # fmt: skip
    return sentences(old, said, doubt)


def _reliable(k: int) -> Words:
    """That one may decide on these data, with so many reservations."""
    if k == 1:
        return {
            "fa": "به این داده‌ها می‌توان تکیه کرد، با یک ملاحظه که عددی را اندکی جابه‌جا می‌کند.",
            "en": "These data can be relied on, with one reservation that moves a number a little.",
        }
    if k:
        return say(
            fa="به این داده‌ها می‌توان تکیه کرد، با {k} ملاحظه که هر یک عددی را اندکی جابه‌جا می‌کند.",
            en="These data can be relied on, with {k} reservations that each move a number a little.",
            k=k,
        )
    return {
        "fa": "به این داده‌ها می‌توان تکیه کرد: اشکالی یافت نشد که عددهای گزارش‌ها را جابه‌جا کند.",
        "en": "These data can be relied on: no fault was found that moves the numbers of the reports.",
    }


_FIRST = {
    "fa": "پیش از تکیه بر این داده‌ها یک پرسش را باید پاسخ داد.",
    "en": "One question must be answered before these data are relied on.",
}
_THEN = {
    "fa": "عددها از همان زمان می‌گویند، نه از امروز.",
    "en": "The numbers tell of that time, not of today.",
}


def _beside(k: int) -> Words:
    """What was found beside the age of the data."""
    if not k:
        return {"fa": "جز این اشکالی یافت نشد.", "en": "No fault was found beside that."}
    return say(
        fa="جز این {k} ملاحظه هست که عددی را اندکی جابه‌جا می‌کند.",
        en="Beside that there is 1 reservation that moves a number a little."
        if k == 1 else "Beside that there are {k} reservations that each move a number a little.",
        k=k,
    )  # fmt: skip


_OLD = {
    "fa": "آنچه پس از آن رخ داده در این عددها نیست: پیش از هر تصمیم داده‌های تازه بیاورید.",
    "en": "What has happened since is not in these numbers: bring in fresh data before you decide.",
}


def _have(k: int) -> Words:
    if k == 1:
        return {"fa": "یک اشکال مهم در داده‌هاست", "en": "The data have one fault of high importance"}
    return say(fa="{k} اشکال مهم در داده‌هاست", en="The data have {k} faults of high importance", k=k)


def looked(looks: int, arrived: pd.DataFrame) -> Words:
    """How much was looked at, for the second sentence; `arrived` of `arrivals`."""
    return say(
        fa="{k} وارسی روی {n} ردیف انجام شد: تازگی، جاهای خالی، تکرار، مقدارهای ناممکن، افت و جهش حجم، پیوند مشتریان.",
        en="{k} checks were made on {n} rows: age, gaps, repeats, impossible values, breaks, links of customers.",
        k=looks, n=int(arrived["n"].sum()),
    )  # fmt: skip


def unfailed(asked: pd.DataFrame) -> Words:
    """How many of the questions in `checks` found nothing."""
    fine = int((asked["faulty"] == 0).sum())
    return say(
        fa="از {n} وارسیِ ردیف‌به‌ردیف، {k} وارسی هیچ ردیف نادرستی نیافت.",
        en="{k} of the {n} checks made row by row found no row at fault.",
        k=fine,
        n=len(asked),
    )
