"""Since when is a level another, and which days were a surprise?  What of it is worth telling."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from cx_helpers.dates import Period
from cx_helpers.readings.trend import gap, told
from cx_helpers.readings.turning import LARGE
from cx_helpers.records import METRICS, Finding, clean, severity
from cx_helpers.wording import Words, say

RECENT_DAYS = 366  # what changed earlier is history: it stands in the table
_PART = 0.10  # of totals, times and rates: a tenth more or less is large
_DAY_PART = 0.4  # of a single day or week

CHANGES = {  # how a page sets `trend_changes.all_changes`
    "titles": {
        "title": {"fa": "سنجه", "en": "metric"},
        "was": {"fa": "پیش از آن", "en": "before"},
        "is": {"fa": "از آن پس", "en": "since"},
        "between": {"fa": "تاریخ، بازهٔ ۹۵٪", "en": "date, 95% interval"},
    },
    "rows_title": {"fa": "از", "en": "since"},
}


def findings(found: pd.DataFrame, period: Period) -> list[Finding]:
    """The steps of the last year that are more than chance after correction, one finding each.

    found  of trend_changes.all_changes;  period  the report's
    """
    since = period.past - dt.timedelta(RECENT_DAYS)
    recent = [(when, row) for when, row in found.iterrows() if when.first >= since]
    return [one for one in (_step(when, row, found.attrs["looks"]) for when, row in recent) if one is not None]


def is_large(metric: str, before: float, after: float) -> bool:
    """Is a step of a level so large that a manager should hear of it loudly?"""
    if METRICS[metric].unit in ("points", "score") or metric in LARGE:
        return abs(after - before) >= LARGE.get(metric, 0.1)
    if METRICS[metric].unit == "share" and metric != "churn_rate":
        return abs(after - before) >= 0.05
    return before > 0 and abs(after / before - 1) >= _PART


def _step(when: Period, row: pd.Series, looks: int) -> Finding | None:
    metric = row["metric"]
    loud = severity(row["p_adjusted"], is_large(metric, row["before"], row["after"]))
    if loud is None:
        return None
    good = (row["after"] > row["before"]) == (METRICS[metric].direction == "up")
    text = say(
        fa="{title} از {when} سطح دیگری دارد: پیش از آن {before} بود و از آن پس {after} است",
        en="{title} has had another level since {when}: {after}, before that {before}",
        title=METRICS[metric].title, when=_day(when), before=told(metric, row["before"]),
        after=told(metric, row["after"]),
    )  # fmt: skip
    month = Period.month_of(when.first, calendar=when.calendar, timezone=when.timezone)
    ends = sorted([row["low"], row["high"]])
    return Finding(
        kind="change_point", subject={"month": month.name, "since": when.first.isoformat()}, measure=metric,
        value=clean(row["after"]), baseline=clean(row["before"]), low=clean(ends[0]), high=clean(ends[1]),
        n=int(row["n"] + row["n_before"]), p_adjusted=clean(row["p_adjusted"]),
        severity=("low" if loud == "low" else "medium") if good else loud, text=text, detail=_detail(row),
        looks=looks, good=good,
    )  # fmt: skip


def _detail(row: pd.Series) -> Words:
    return say(
        fa="تفاوت: {change}؛ تغییر با احتمال ۹۵٪ میان {a} و {z} رخ داده است (PELT، اثر تقویم کنار گذاشته شده).",
        en="Difference: {change}; the change lies between {a} and {z} (95%; PELT, calendar effects taken out).",
        change=gap(row["metric"], row["after"] - row["before"]), **_ends(row),
    )  # fmt: skip


def _ends(row: pd.Series) -> dict:
    """The days between which a step lies."""
    return {"a": row["earliest"].first, "z": row["latest"].past - dt.timedelta(1)}


def _day(when: Period):
    """A month by its name, a week by its first day."""
    return when if when.kind == "month" else when.first


def spoken(found: pd.DataFrame, locale: str) -> pd.DataFrame:
    """The steps with amounts in words: metrics of several units stand in one table."""
    rows = [
        {
            "title": METRICS[row["metric"]].title[locale],
            "was": told(row["metric"], row["before"])[locale],
            "is": told(row["metric"], row["after"])[locale],
            "between": say(fa="{a} تا {z}", en="{a} to {z}", **_ends(row))[locale],
            "p_adjusted": row["p_adjusted"],
        }
        for _, row in found.iterrows()
    ]  # fmt: skip
    columns = ["title", "was", "is", "between", "p_adjusted"]
    index = pd.Index([_day(when) for when in found.index], name="since", dtype=object)
    return pd.DataFrame(rows, columns=columns, index=index)


def marks(found: pd.DataFrame, metric: str) -> list[tuple]:
    """The steps of one metric as events of its picture: [(period, words, earliest, latest), …]."""
    return [
        (when, say(fa="سطح دیگر از {d}", en="another level since {d}", d=_day(when)), row["earliest"], row["latest"])
        for when, row in found.iterrows()
        if row["metric"] == metric and row["p_adjusted"] < 0.05
    ]


def surprises(found: pd.DataFrame, most: int = 5) -> list[Finding]:
    """The days and weeks of the period that were unlike what was to be expected, the surest first.

    found  of trend_surprises.all_surprises
    """
    looks = int(found["p_value"].notna().sum())
    worst = found.sort_values("p_value", kind="stable").head(most) if len(found) else found
    out = []
    for when, row in worst.iterrows():
        metric, ratio = row["metric"], row["ratio"]
        large = abs(ratio - 1) >= _DAY_PART if pd.notna(ratio) else is_large(metric, row["expected"], row["value"])
        loud = severity(row["p_adjusted"], bool(large))
        if loud is None:
            continue
        good = (row["value"] > row["expected"]) == (METRICS[metric].direction == "up")
        text = say(
            fa="{when}: {title} {x} بود؛ از آنچه تا آن روز دانسته بود {expected} انتظار می‌رفت",
            en="{when}: {title} came to {x}; from what was known by then {expected} was to be expected",
            when=when, title=METRICS[metric].title, x=told(metric, row["value"]),
            expected=told(metric, row["expected"]),
        )  # fmt: skip
        out.append(
            Finding(
                kind="change_point", subject={"day": when.name}, measure=metric, value=clean(row["value"]),
                baseline=clean(row["expected"]), n=1, p_adjusted=clean(row["p_adjusted"]), text=text, looks=looks,
                severity=("low" if loud == "low" else "medium") if good else loud, good=good,
                detail=say(
                    fa="بازهٔ ۹۵٪ آن روز: {low} تا {high}.", en="95% interval for it: {low} to {high}.",
                    low=told(metric, row["low"]), high=told(metric, row["high"]),
                ),
            )
        )  # fmt: skip
    return out
