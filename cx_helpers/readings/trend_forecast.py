"""What is coming, how sure is that, and which of it is worth telling?"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from cx_helpers import certainty, occasions
from cx_helpers.dates import Period, day_number
from cx_helpers.readings import trend
from cx_helpers.readings.trend_changes import is_large
from cx_helpers.records import METRICS, Finding, clean, severity
from cx_helpers.wording import Words, name, say, sentences

_UNIT = re.compile(r"(?:[%٪]|[ \u00a0][^\d۰-۹]+)$")  # what follows a number
UNLIKELY = 0.05  # a goal that is reached with less chance than this is told as a risk

COMING = {  # how a page sets the expected values
    "titles": {
        "expected": {"fa": "پیش‌بینی", "en": "expected"},
        "sure_80": {"fa": "بازهٔ ۸۰٪", "en": "80% interval"},
        "sure_95": {"fa": "بازهٔ ۹۵٪", "en": "95% interval"},
        "before": {"fa": "در مدتی برابر پیش از آن", "en": "same time before"},
        "goal": {"fa": "احتمال رسیدن به هدف", "en": "chance of the goal"},
        "by": {"fa": "روش", "en": "method"},
    },
    "rows_title": {"fa": "سنجه", "en": "metric"},
}

COVERAGE = {  # how a page sets `trend_forecast.coverages`
    "titles": {
        "held_80": {"fa": "بازه‌های ۸۰٪ که درست درآمد", "en": "80% intervals that held"},
        "held_95": {"fa": "بازه‌های ۹۵٪ که درست درآمد", "en": "95% intervals that held"},
        "n": {"fa": "آزموده", "en": "tried"},
    },
    "formats": {"n": "count"},
    "rows_title": {"fa": "سنجه", "en": "metric"},
}


def findings(coming: dict[str, pd.DataFrame]) -> tuple[list[Finding], int]:
    """What will surely be otherwise than it was, and which goals are out of reach.  (findings, number of looks)

    coming  {metric: answer of trend_forecast.forecast}
    The next month of every metric is one family, Holm-adjusted.
    """
    rows = {metric: one[one["target"] == "month"] for metric, one in coming.items()}
    adjusted = certainty.adjust([one["p_value"].iloc[0] for one in rows.values()], "holm") if rows else np.array([])
    told = [_other(metric, one, p) for (metric, one), p in zip(rows.items(), adjusted, strict=True)]
    told += [_goal(metric, one) for metric, one in rows.items()]
    looks = int((~np.isnan(adjusted)).sum())
    return [one for one in told if one is not None], looks


def _other(metric: str, one: pd.DataFrame, p: float) -> Finding | None:
    row, when = one.iloc[0], one.index[0]
    loud = severity(p, is_large(metric, row["last"], row[metric]))
    if loud is None:
        return None
    other = _other_days(when)
    loud = "low" if other else loud
    good = (row[metric] > row["last"]) == (METRICS[metric].direction == "up")
    text = say(
        fa="{title} {when} {x} پیش‌بینی می‌شود؛ در مدتی برابر پیش از آن {last} بود",
        en="{title} is expected at {x} {when}; it was {last} in the same time before",
        when=trend.during(when), title=METRICS[metric].title, x=trend.told(metric, row[metric]),
        last=trend.told(metric, row["last"]),
    )  # fmt: skip
    return Finding(
        kind="forecast", subject={"period": when.name}, measure=metric, value=clean(row[metric]),
        baseline=clean(row["last"]), low=clean(row["low"]), high=clean(row["high"]), n=None,
        p_adjusted=clean(float(p)),
        severity=("low" if loud == "low" else "medium") if good else loud, text=text,
        detail=sentences(_between(metric, row), OTHER_DAYS if other else None),
        looks=None, good=good,
    )  # fmt: skip


OTHER_DAYS = {
    "fa": "مناسبت‌ها (نوروز، رمضان و مانند آن) در این دو مدت یکسان نیست؛ تفاوت شاید تنها از همین باشد.",
    "en": "Holidays and occasions (Nowruz, Ramadan …) are not the same in the two; the difference may be that alone.",
}


def _other_days(when: Period) -> bool:
    """Do occasions take another part (a quarter more or less) of a period than of as many days before it?"""
    first, days = day_number(when.first), (when.past - when.first).days
    now, then = (occasions.occasions(range(a, a + days), when.calendar).mean() for a in (first, first - days))
    return bool(((now - then).abs().drop("month_end") > 0.25).any())


def _goal(metric: str, one: pd.DataFrame) -> Finding | None:
    row, when = one.iloc[0], one.index[0]
    if not row["chance"] < UNLIKELY:
        return None
    text = say(
        fa="{title} {when} به هدف {goal} نمی‌رسد: احتمال رسیدن {chance} است",
        en="{title} will not reach its goal of {goal} {when}: the chance is {chance}",
        title=METRICS[metric].title, when=trend.during(when), goal=trend.told(metric, row["goal"]),
        chance=trend.chance(row["chance"]),
    )  # fmt: skip
    return Finding(
        kind="risk", subject={"period": when.name}, measure=metric, value=clean(row[metric]),
        baseline=clean(row["goal"]), low=clean(row["low"]), high=clean(row["high"]), n=None,
        severity="medium", text=text,
        detail=_between(metric, row),
    )  # fmt: skip


def _between(metric: str, row: pd.Series) -> Words:
    return say(
        fa="بازهٔ ۸۰٪: {a} تا {b}؛ بازهٔ ۹۵٪: {low} تا {high}؛ روش: {method}.",
        en="80% interval {a} to {b}; 95% interval {low} to {high}; method: {method}.",
        a=trend.told(metric, row["low_80"]), b=trend.told(metric, row["high_80"]), low=trend.told(metric, row["low"]),
        high=trend.told(metric, row["high"]), method=trend.METHODS[row["method"]],
    )  # fmt: skip


def spoken(coming: dict[str, pd.DataFrame], locale: str) -> pd.DataFrame:
    """The next month of every metric in words: metrics of several units stand in one table."""
    rows = {}
    for metric, one in coming.items():
        row = one[one["target"] == "month"].iloc[0]
        if pd.isna(row[metric]):
            continue
        rows[METRICS[metric].title[locale]] = {
            "expected": trend.told(metric, row[metric])[locale],
            "sure_80": _to(metric, row["low_80"], row["high_80"])[locale],
            "sure_95": _to(metric, row["low"], row["high"])[locale],
            "before": trend.told(metric, row["last"])[locale] if pd.notna(row["last"]) else "—",
            "goal": trend.chance(row["chance"])[locale] if pd.notna(row["chance"]) else "—",
            "by": trend.METHODS[row["method"]][locale],
        }
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(COMING["titles"]))


def _to(metric: str, low: float, high: float) -> Words:
    if pd.isna(low):
        return {"fa": "—", "en": "—"}
    first, last = trend.told(metric, low), trend.told(metric, high)
    return say(fa="{low} تا {high}", en="{low} to {high}", low=_bare(first, last), high=last)


def _bare(one: Words, other: Words) -> Words:
    """The first of two ends without the unit that both bear: 1.4 to 2.1 billion toman."""
    parts = {locale: (_UNIT.search(one[locale]), _UNIT.search(other[locale])) for locale in one}
    alike = {locale: bool(a and b and a[0] == b[0]) for locale, (a, b) in parts.items()}
    return {x: one[x][: parts[x][0].start()] if alike[x] else one[x] for x in one}


def sentence(skills: pd.DataFrame, coverages: pd.DataFrame) -> Words | None:
    """Which forecasts beat “as last time”, and how often the intervals held; None where nothing could be tried."""
    if skills.empty:
        return None
    used = skills[skills["chosen"]].reset_index()
    beaten = used[used["method"] != "naive"]
    plain = used[used["method"] == "naive"]
    parts = []
    if len(beaten):
        best = beaten.loc[beaten["skill"].idxmax()]
        parts.append(
            say(
                fa="پیش‌بینیِ {k} سنجه به‌یقین بهتر از «مثل دورهٔ پیش» است، بیش از همه {title}: خطا {skill:.0%} کمتر "
                "(بازهٔ ۹۵٪: {low:.0%} تا {high:.0%}).",
                en="For {k} of the metrics the forecast surely beats “as last time”, most for {title}: its error is "
                "{skill:.0%} smaller (95% interval {low:.0%} to {high:.0%}).",
                k=len(beaten), title=METRICS[best["metric"]].title, skill=best["skill"], low=best["low"],
                high=best["high"],
            )
        )  # fmt: skip
    if len(plain):
        parts.append(
            say(
                fa="برای {what} هیچ روشی به‌یقین بهتر نبود، پس «مثل دورهٔ پیش» پیش‌بینی است.",
                en="For {what} no method is surely better, so “as last time” is the forecast.",
                what=_all([METRICS[metric].title for metric in plain["metric"]]),
            )
        )
    return sentences(*parts, _held(coverages))


def _all(titles: list[Words]) -> Words:
    from cx_helpers.wording import join

    return join(titles)


def _held(coverages: pd.DataFrame) -> Words | None:
    if coverages.empty or pd.isna(coverages["covered"].iloc[-1]):
        return None
    whole = coverages.loc[certainty.ALL]
    return say(
        fa="از {n} بازهٔ ۸۰٪ که تا کنون می‌شد سنجید {a:.0%} درست درآمد و از بازه‌های ۹۵٪، {b:.0%}.",
        en="Of {n} 80% intervals that can be checked by now {a:.0%} held, of the 95% ones {b:.0%}.",
        n=whole.loc[0.80, "n"], a=whole.loc[0.80, "covered"], b=whole.loc[0.95, "covered"],
    )  # fmt: skip


def named(found: pd.DataFrame, locale: str) -> pd.DataFrame:
    """The answer of trend_forecast.skills, of one method a metric, its rows called in words."""
    return found.droplevel("method").rename(index=lambda metric: METRICS[metric].title[locale])


def held(found: pd.DataFrame, locale: str) -> pd.DataFrame:
    """The answer of trend_forecast.coverages, a row a metric, shares with their intervals in words."""
    rows = {}
    for metric, part in found.droplevel("level").groupby(level="metric", sort=False):
        title = METRICS[metric].title if metric in METRICS else name(metric)
        said = [
            say(fa="{x:.0%} ({low:.0%} تا {high:.0%})", en="{x:.0%} ({low:.0%} to {high:.0%})",
                x=row["covered"], low=row["low"], high=row["high"])[locale] if row["n"] else "—"
            for _, row in part.iterrows()
        ]  # fmt: skip
        rows[title[locale]] = (*said, int(part["n"].iloc[0]))
    return pd.DataFrame.from_dict(rows, orient="index", columns=["held_80", "held_95", "n"])


def card(metric: str, one: pd.DataFrame, kpi):
    """The card of what is expected of a metric: its name ends in `_expected`, so that nobody takes it for what was.

    one  the row of the next month;  kpi  report.blocks.kpi
    """
    when = one.index[0]
    title = say(fa="{title}، پیش‌بینی {when}", en="{title}, expected {when}", title=METRICS[metric].title, when=when)
    name_of, of = f"{metric}_expected", METRICS[metric]
    row = one.rename(columns={metric: name_of}).set_axis(["all"])
    return kpi(name_of, row, unit=of.unit, digits=of.digits, title=title, period=when)


def picture(fan, metric: str, levels: dict, coming: dict, changes: pd.DataFrame, goal=None):
    """The picture of one metric: what was, its trend, its changes of level, and what is coming.

    fan  report.charts.fan
    """
    from cx_helpers.readings import trend_changes

    seen, one = levels[metric], coming[metric]
    steps = one[(one["target"] != "month") & one[metric].notna()]
    marks = trend_changes.marks(changes, metric)
    return fan(seen, steps, metric, trend="trend", events=marks, goal=goal, title=METRICS[metric].title)
