"""What is to be said of cases: how soon they are answered and closed, whose lie, and what keeps causing them?"""

from __future__ import annotations

import pandas as pd

from cx_helpers.records import Finding, clean, severity
from cx_helpers.wording import Words, join, name, say

LARGE = 0.15  # a share closed in time that differs by fifteen points is large
TWICE = 2.0  # a cause that takes twice its old share is large

GUARDS = [
    {
        "fa": "موردی که هنوز باز است تا همان‌جا که دیده شده به حساب آمده، نه به‌جای بسته و نه کنار گذاشته (کاپلان–مایر).",
        "en": "A case that is still open counts as long as it was seen, neither as closed nor left out (Kaplan–Meier).",
    },
    {
        "fa": "«در مهلت» تنها از موردهایی گفته می‌شود که مهلتشان در این دوره سر رسیده است؛ چند مورد یک مشتری با هم به "
        "حساب آمده است.",
        "en": "“In time” is said only of cases that fell due in this period; several cases of one customer are kept "
        "together.",
    },
    {
        "fa": "مسئول‌ها با هم و علت‌ها با هم برای شمار مقایسه‌ها تصحیح شده‌اند (هولم).",
        "en": "Owners among themselves, and causes among themselves, are corrected for the number of looks (Holm).",
    },
]

SPEED = {  # how a page sets `closed_loop.speed`
    "columns": ["n", "happened", "median_hours", "median_low", "median_high", "by_24", "by_72"],
    "titles": {
        "n": {"fa": "مورد", "en": "cases"},
        "happened": {"fa": "انجام‌شده", "en": "done"},
        "median_hours": {"fa": "نیمی تا", "en": "half within"},
        "median_low": {"fa": "از", "en": "from"},
        "median_high": {"fa": "تا", "en": "to"},
        "by_24": {"fa": "تا یک روز", "en": "within a day"},
        "by_72": {"fa": "تا سه روز", "en": "within three days"},
    },
    "formats": {"n": "count", "happened": "count", "by_24": "share", "by_72": "share"}
    | dict.fromkeys(("median_hours", "median_low", "median_high"), "hours"),
    "rows_title": {"fa": "گام", "en": "step"},
}

OWNERS = {  # how a page sets `closed_loop.in_time` by owner
    "columns": ["n", "loop_closed_rate", "low", "high"],
    "titles": {
        "n": {"fa": "سررسیدشده", "en": "fell due"},
        "loop_closed_rate": {"fa": "بسته‌شده در مهلت", "en": "closed in time"},
    },
    "formats": {"n": "count", "loop_closed_rate": "share", "low": "share", "high": "share"},
    "rows_title": {"fa": "مسئول", "en": "owner"},
}

WAITING = {  # how a page sets `closed_loop.waiting`
    "columns": ["n", "overdue", "under_1", "under_3", "under_7", "under_30", "older"],
    "titles": {
        "n": {"fa": "باز", "en": "open"},
        "overdue": {"fa": "مهلت‌گذشته", "en": "overdue"},
        "under_1": {"fa": "کمتر از یک روز", "en": "under a day"},
        "under_3": {"fa": "۱ تا ۳ روز", "en": "1 to 3 days"},
        "under_7": {"fa": "۳ تا ۷ روز", "en": "3 to 7 days"},
        "under_30": {"fa": "۷ تا ۳۰ روز", "en": "7 to 30 days"},
        "older": {"fa": "بیش از ۳۰ روز", "en": "over 30 days"},
    },
    "rows_title": {"fa": "مسئول", "en": "owner"},
}
WAITING["formats"] = dict.fromkeys(WAITING["columns"], "count")

CAUSES = {  # how a page sets `causes`
    "columns": ["customers", "share", "share_before", "low", "high", "p_adjusted"],
    "titles": {
        "customers": {"fa": "مشتریان این دوره", "en": "customers this period"},
        "share": {"fa": "سهم از دارندگان مورد", "en": "of customers with a case"},
        "share_before": {"fa": "پیش از این", "en": "before"},
        "p_adjusted": {"fa": "p تصحیح‌شده", "en": "p, corrected"},
    },
    "formats": {"customers": "count"} | dict.fromkeys(("share", "share_before", "low", "high"), "share"),
    "rows_title": {"fa": "علت", "en": "cause"},
}


def cause(term) -> Words:
    """A cause as people call it: what it is about and, where that is known, at which touchpoint."""
    about, _, place = str(term).partition(" · ")
    if not place:
        return name(about)
    return say(fa="{about}، در {place}", en="{about}, at {place}", about=name(about), place=name(place))


def named(causes: pd.DataFrame, locale: str, most: int = 12) -> pd.DataFrame:
    """`risen.risen` of causes as a page shows it: the commonest, under their names in a language."""
    shown = causes.sort_values(["customers", "share"], ascending=False, kind="stable").head(most)
    return shown.set_axis(pd.Index([cause(term)[locale] for term in shown.index], name="cause"))


def findings(slower: pd.DataFrame, causes: pd.DataFrame) -> list[Finding]:
    """Owners whose cases lie, and causes that come more often.  slower  of `closed_loop.slower`; causes  of `risen`."""
    found = [_owner(owner, row, len(slower)) for owner, row in slower.iterrows()]
    looks = causes.attrs.get("looks", len(causes))
    return [one for one in [*found, *(_risen(term, row, looks) for term, row in causes.iterrows())] if one]


def _owner(owner, row, looks: int) -> Finding | None:
    loud = severity(row["p_adjusted"], abs(row["change"]) >= LARGE)
    if not loud or row["change"] >= 0:  # who is quicker than a slow one is no news of their own
        return None
    text = say(
        fa="موردهای «{owner}» کمتر از دیگران در مهلت بسته می‌شوند: {x:.0%} در برابر {b:.0%}",
        en="Cases of “{owner}” are closed in time less often than the others’: {x:.0%} against {b:.0%}",
        owner=name(owner), x=row["value"], b=row["baseline"],
    )  # fmt: skip
    detail = say(
        fa="از {n} موردی که در این دوره سررسید (بازهٔ ۹۵٪: {low:.0%} تا {high:.0%}).",
        en="Of {n} cases that fell due in this period (95% interval {low:.0%} to {high:.0%}).",
        n=int(row["n"]), low=row["low"], high=row["high"],
    )  # fmt: skip
    remedy = {
        "fa": "ببینید کار کجا می‌ماند: نفر، اختیار، یا مهلتی که شدنی نیست؛ ماه بعد همین عدد را بسنجید.",
        "en": "See where the work waits: hands, authority, or a due time nobody can keep; measure again next month.",
    }
    return _finding("loop_closed_rate", {"owner": owner}, row, row["baseline"], loud, text, detail, looks, remedy)


def _risen(term, row, looks: int) -> Finding | None:
    ratio = row["share"] / row["share_before"] if row["share_before"] > 0 else float("inf")
    loud = severity(row["p_adjusted"], ratio >= TWICE)
    if not loud or row["share"] <= row["share_before"]:
        return None
    text = say(
        fa="«{cause}» بیش از پیش مشتری را ناراضی می‌کند: {x:.0%} دارندگان مورد، پیش‌تر {b:.0%}",
        en="“{cause}” lets customers down more than before: {x:.0%} of those with a case, {b:.0%} earlier",
        cause=cause(term), x=row["share"], b=row["share_before"],
    )  # fmt: skip
    detail = say(
        fa="{n} مشتری در این دوره (بازهٔ ۹۵٪ سهم: {low:.0%} تا {high:.0%}).",
        en="{n} customers in this period (95% interval of the share {low:.0%} to {high:.0%}).",
        n=int(row["customers"]), low=row["low"], high=row["high"],
    )  # fmt: skip
    row = row.rename({"customers": "n", "share": "value"})
    return _finding("case_share", {"cause": term}, row, row["share_before"], loud, text, detail, looks, None)


def _finding(measure, subject, row, baseline, loud, text, detail, looks, remedy) -> Finding:
    return Finding(
        kind="case", subject={k: clean(v) for k, v in subject.items()}, measure=measure, value=clean(row["value"]),
        baseline=clean(baseline), low=clean(row["low"]), high=clean(row["high"]), n=int(row["n"]),
        p_adjusted=clean(row["p_adjusted"]), severity=loud, text=text, detail=detail, looks=looks, good=False,
        remedy=remedy,
    )  # fmt: skip


def sentence(rate: pd.DataFrame, waiting: pd.DataFrame) -> Words:
    """The share closed in time, and what is open.  rate  of `closed_loop.in_time`; waiting  of `closed_loop.waiting`"""
    row = rate.iloc[0] if len(rate) else pd.Series({"n": 0, "loop_closed_rate": None})
    if pd.isna(row["loop_closed_rate"]):
        told = say(
            fa="در این دوره مهلت موردهای اندکی سررسید و سهم بسته‌شده در مهلت گفتنی نیست.",
            en="Too few cases fell due in this period to tell which share was closed in time.",
        )
    else:
        told = say(
            fa="{x:.0%} موردهایی که در این دوره سررسید در مهلت بسته شد (بازهٔ ۹۵٪: {low:.0%} تا {high:.0%}).",
            en="{x:.0%} of the cases that fell due in this period were closed in time (95% interval "
            "{low:.0%} to {high:.0%}).",
            x=row["loop_closed_rate"], low=row["low"], high=row["high"],
        )  # fmt: skip
    shown = waiting[waiting["n"].notna()] if len(waiting) else waiting
    if shown.empty:
        return told
    rest = say(
        fa="{n} مورد باز است که مهلت {late} از آن‌ها گذشته.",
        en="{n} cases are open, {late} of them overdue.",
        n=int(shown["n"].sum()), late=int(shown["overdue"].fillna(0).sum()),
    )  # fmt: skip
    return {locale: f"{told[locale]} {rest[locale]}" for locale in told}


def lasting(speed: pd.DataFrame) -> Words | None:
    """How soon half are contacted, and closed.  speed  of `closed_loop.speed`; None where that is not known"""
    parts = []
    for step, fa, en in (
        ("contact", "تماس با نیمی از آن‌ها تا {h:.0f} ساعت", "half are contacted within {h:.0f} hours"),
        ("close", "بستن نیمی تا {h:.0f} ساعت", "half are closed within {h:.0f} hours"),
    ):
        hours = speed.loc[step, "median_hours"] if step in speed.index else None
        if not pd.isna(hours):
            parts.append(say(fa=fa, en=en, h=hours))
    if not parts:
        return None
    told = join(parts)
    return say(fa="از موردهای این دوره: {told}.", en="Of the cases of this period {told}.", told=told)


def source(book: bool, due_hours: float) -> Words:
    """Where the cases come from: the book of cases, or the requests to support."""
    if book:
        return {"fa": "موردها از دفتر cx watch است.", "en": "Cases are those of the book that cx watch keeps."}
    return say(
        fa="این شرکت دفتر مورد ندارد؛ درخواست‌های پشتیبانی به‌جای مورد خوانده شده و مهلت هرکدام {h:.0f} ساعت است.",
        en="This company keeps no book of cases; its requests to support are read as cases, each due within "
        "{h:.0f} hours.",
        h=due_hours,
    )
