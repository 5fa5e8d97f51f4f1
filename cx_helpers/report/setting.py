"""How is a value set?  Amounts in their unit, groups under their names, ticks and lines for a reader's language."""

from __future__ import annotations

import datetime as dt
import html
import math
import re
import textwrap
from dataclasses import replace

import pandas as pd

from cx_helpers import dates, records, wording

RLI, LRI, PDI = "\u2067", "\u2066", "\u2069"
POINTS = "points_of_share"  # the unit of a difference of two shares: .122 is 12.2 points of a hundred
STEP = " → "  # between the touchpoints of a path
_PERIOD = re.compile(r"\d{4}(-(Q[1-4]|\d{2}(-\d{2})?))?", re.IGNORECASE)
UNITS = {
    POINTS: {"fa": "واحد درصد", "en": "points"},
    "hours": {"fa": "ساعت", "en": "hours"},
    "minutes": {"fa": "دقیقه", "en": "minutes"},
    "days": {"fa": "روز", "en": "days"},
    "years": {"fa": "سال", "en": "years"},
    "customers": {"fa": "مشتری", "en": "customers"},
    "contracts": {"fa": "قرارداد", "en": "contracts"},
    "orders": {"fa": "سفارش", "en": "orders"},
    "responses": {"fa": "پاسخ", "en": "answers"},
    "invitations": {"fa": "دعوت", "en": "invitations"},
    "comments": {"fa": "نوشته", "en": "comments"},
    "complaints": {"fa": "گله", "en": "complaints"},
    "cases": {"fa": "مورد", "en": "cases"},
    "journeys": {"fa": "سفر", "en": "journeys"},
    "tickets": {"fa": "درخواست", "en": "tickets"},
    "visits": {"fa": "بازدید", "en": "visits"},
    "rows": {"fa": "ردیف", "en": "rows"},
    "baskets": {"fa": "سبد", "en": "baskets"},
}
# what the n of a metric counts; where nothing is said: cases
COUNTED = {
    **dict.fromkeys(("nps", "csat", "csat_mean", "ces", "importance"), "responses"),
    **dict.fromkeys(("sentiment", "negative_share", "agreement"), "comments"),
    **dict.fromkeys(("retention", "retention_1", "retention_3", "repeat_rate", "active_customers"), "customers"),
    **dict.fromkeys(("rows", "faulty_share", "completeness", "data_age"), "rows"),
    **dict.fromkeys(("basket_size", "several", "lift", "confidence"), "baskets"),
    "rating_cost": "complaints",
    "response_rate": "invitations",
    "conversion": "journeys",
    **dict.fromkeys(("reached_goal", "passed"), "customers"),
    **dict.fromkeys(("service_gap", "perceived", "form_score", "net_value", "adds", "losing"), "customers"),
    "enps": "responses",
}
COUNT_TITLES = {
    "responses": {"fa": "پاسخ‌ها", "en": "answers"},
    "comments": {"fa": "نوشته‌ها", "en": "comments"},
    "complaints": {"fa": "گله‌ها", "en": "complaints"},
    "customers": {"fa": "مشتریان", "en": "customers"},
    "invitations": {"fa": "دعوت‌ها", "en": "invitations"},
    "journeys": {"fa": "سفرها", "en": "journeys"},
    "rows": {"fa": "ردیف‌ها", "en": "rows"},
    "baskets": {"fa": "سبدها", "en": "baskets"},
}
_YEAR, _LONG = 365.25, 730  # days from which on a reader thinks in years
_CHANGE_UNITS = {
    "share": {"fa": "واحد درصد", "en": "pp"},
    "points": {"fa": "واحد", "en": "points"},
}


def words(text, locale: str) -> str:
    """One language of a {"fa", "en"} pair; a plain text is itself; None is nothing."""
    return text[locale] if isinstance(text, dict) else "" if text is None else str(text)


def sentence(text, locale: str) -> str:
    """The same as a whole sentence: what a terminal says in passing (`no column x`) begins and ends on a page."""
    said = words(text, locale)
    if re.match(r"[a-z]+ ", said):
        said = said[0].upper() + said[1:]
    return said + "." if said and re.sub("[\u2066-\u2069]", "", said)[-1] not in ".?!؟…:" else said


def scope(segment, locale: str) -> str:
    """A segment `province=ایلام` as a reader says it: `استان: ایلام`; empty stays empty."""
    column, equals, value = str(segment or "").partition("=")
    if not equals:
        return str(segment or "")
    return f"{wording.label(column.strip(), locale)}: {wording.label(value.strip(), locale)}"


def metric(name: str, unit: str | None = None, digits: int | None = None) -> records.Metric:
    """What is known of a value column: its title, unit, digits, direction; an unknown one is a plain number.

    unit, digits  say otherwise, e.g. metric("failure_rate", "share", 0)
    """
    plain = 1 if unit in ("share", POINTS) else 2  # as in tables: 7.5%
    known = records.METRICS.get(name) or records.Metric(wording.name(name), unit or "number", digits=plain)
    changes = {key: value for key, value in (("unit", unit), ("digits", digits)) if value is not None}
    return replace(known, **changes) if changes else known


def is_null(value) -> bool:
    """None, NaN, NaT or pandas' NA."""
    return value is None or (not isinstance(value, (str, dict, list, tuple)) and bool(pd.isna(value)))


def amount(value, of: records.Metric, locale: str, *, sign: bool = False, unit: bool = True) -> str:
    """A value with its unit: 0.624 share -> ۶۲٫۴٪, 34 hours -> ۳۴ ساعت, money as wording.money says it."""
    if of.unit == "duration" and not is_null(value):
        return duration(value, locale)
    number, after = split_amount(value, of, locale, sign=sign)
    glue = "" if after in ("٪", "%", "") else "\u00a0"
    return number + (glue + after if unit or after in ("٪", "%") else "")


def split_amount(value, of: records.Metric, locale: str, *, sign: bool = False) -> tuple[str, str]:
    """(number, what stands behind it in small type)."""
    if is_null(value) or not math.isfinite(value):
        return "—", ""
    if of.unit == "share":
        return wording.number(100 * value, locale, of.digits, sign), "٪" if locale == "fa" else "%"
    if of.unit == POINTS:
        return wording.number(100 * value, locale, of.digits, sign), words(UNITS[POINTS], locale)
    if of.unit == "money":
        number, _, unit = wording.money(value, locale, sign=sign).partition(" ")
        return number, unit
    if of.unit == "days" and abs(value) >= _LONG:
        return wording.number(value / _YEAR, locale, 1, sign), words(UNITS["years"], locale)
    return wording.number(value, locale, of.digits, sign), words(UNITS.get(of.unit, ""), locale)


def counted(n, name: str, locale: str) -> str:
    """How many stand behind a value of the metric `name`: `۱۰۷ پاسخ`, `107 answers`, `537 cases`."""
    return wording.singular(f"{wording.number(n, locale)}\u00a0{UNITS[COUNTED.get(name, 'cases')][locale]}")


_DURATIONS = ((86_400, "days", 36 * 3600), (3600, "hours", 5400), (60, "minutes", 90), (1, "seconds", 0))
UNITS["seconds"] = {"fa": "ثانیه", "en": "seconds"}


def duration(seconds, locale: str) -> str:
    """A time that something took, in the unit a reader would take: ۴۵ ثانیه, ۲٫۵ دقیقه, ۳ hours."""
    size, unit, _ = next(step for step in _DURATIONS if abs(seconds) >= step[2])
    shown = seconds / size
    digits = int(size > 1 and abs(shown) < 10 and round(shown, 1) != round(shown))
    return wording.singular(f"{wording.number(shown, locale, digits)}\u00a0{UNITS[unit][locale]}")


def short_amount(value, of: records.Metric, locale: str) -> str:
    """A target or a round number with no digits that say nothing: a goal of 60%, not 60.0%."""
    shown = value * (100 if of.unit == "share" else 1)
    digits = next((d for d in range(of.digits) if abs(round(shown, d) - shown) < 1e-9), of.digits)
    return amount(value, replace(of, digits=digits), locale)


def _change_number(value, of: records.Metric, locale: str, sign: bool = True) -> str:
    shown = value * (100 if of.unit == "share" else 1)
    return wording.number(shown, locale, max(of.digits, int(abs(shown) < 10)), sign)


def change_amount(value, of: records.Metric, locale: str) -> str:
    """A difference with its sign: +1.9 percentage points, −4.2 points."""
    if of.unit == "money" or is_null(value):
        return amount(value, of, locale, sign=True)
    unit = words(_CHANGE_UNITS.get(of.unit) or UNITS.get(of.unit), locale)
    return _change_number(value, of, locale) + (unit and "\u00a0" + unit)


def change_interval(low, high, of: records.Metric, locale: str) -> str:
    """The two ends of a difference's interval, signed; the unit stands before them, that of money with each."""
    if is_null(low) or is_null(high):
        return ""
    told = amount if of.unit == "money" else _change_number
    ends = [told(end, of, locale, sign=True) for end in (low, high)]
    return {"fa": " تا ", "en": " to "}[locale].join(ends)


def interval(low, high, of: records.Metric, locale: str, *, unit: bool = True, value=None) -> str:
    """`۲۷ تا ۳۵`, `60.1 to 64.7%`; empty where an end is null.  unit=False keeps a percent sign, but no words.

    value  that stands before it: an end of money that would read just as it does is told with one digit more
    """
    if is_null(low) or is_null(high):
        return ""
    ends = [split_amount(end, of, locale) for end in (low, high)]
    if of.unit == "money" and value is not None:
        told, finer = split_amount(value, of, locale), [wording.money(end, locale, digits=2) for end in (low, high)]
        ends = [tuple(fine.split(" ", 1)) if end == told else end for end, fine in zip(ends, finer, strict=True)]
    after = ends[1][1]
    if ends[0][1] != after:
        ends[0] = (amount(low, of, locale), "")
    joined = ends[0][0] + {"fa": " تا ", "en": " to "}[locale] + ends[1][0]
    if after in ("٪", "%"):
        return joined + after
    return joined + ("\u00a0" + after if after and unit else "")


def period_of(value) -> dates.Period | None:
    """The period that an index value names: a Period, or text such as 1404-06."""
    if isinstance(value, dates.Period):
        return value
    if isinstance(value, str) and _PERIOD.fullmatch(value):
        return dates.Period.parse(value)
    return None


def group(value, locale: str) -> str:
    """What a group is called: names of one column, or of several joined by a dot; periods and days as a reader says."""
    if isinstance(value, tuple):
        return " · ".join(group(part, locale) for part in value)
    # four digits alone may be a branch or a province as well as a year: only a Period is a year for sure
    a_code = isinstance(value, str) and value.isdigit()
    if not a_code and (period := period_of(value)):
        return period.label(locale)
    if isinstance(value, dt.datetime):  # a timestamp stands for its day
        value = value.date() if not is_null(value) else None
    if isinstance(value, (int, float)) and not isinstance(value, bool) and not is_null(value):
        return wording.number(value, locale, 0 if float(value).is_integer() else 2)
    if isinstance(value, str) and STEP in value:  # a way through touchpoints, in the reader's direction
        way = {"fa": " ← ", "en": STEP}[locale].join(wording.label(part, locale) for part in value.split(STEP))
        return f"{RLI}{way}{PDI}" if locale == "fa" else way
    return wording.label(None if is_null(value) else value, locale)


def groups(index: pd.Index, locale: str) -> list[str]:
    """The names of all rows of an answer; a source is called as the company's files call it, whatever labels say."""
    if "source" not in index.names:
        return [group(value, locale) for value in index]
    return [
        " · ".join(
            wording.straight(part) if level == "source" and isinstance(part, str) else group(part, locale)
            for level, part in zip(index.names, value if isinstance(value, tuple) else (value,), strict=True)
        )
        for value in index
    ]


def isolate(text, locale: str) -> str:
    """Text for plotly: markup made harmless; Persian in a right-to-left isolate (plotly's base is left-to-right).

    A name in Latin letters only (`../../up`) keeps its own direction among Persian ones.
    """
    plain = html.escape(str(text), quote=False)
    if locale != "fa" or (re.search("[A-Za-z]", plain) and not re.search("[\u0590-\u08ff]", plain)):
        return plain
    return f"{RLI}{plain}{PDI}"


def wrap(text, locale: str, width: int = 22, lines: int = 3) -> str:
    """Text for plotly in lines of about `width` letters, each isolated; what is longer ends in an ellipsis.

    A word that is a letter or two too long is not broken for that.
    """
    longest = max(map(len, str(text).split()), default=0)
    width = longest if width < longest <= width + 2 else width
    parts = textwrap.wrap(str(text), width, break_long_words=True, max_lines=lines, placeholder=" …") or [""]
    return "<br>".join(isolate(part, locale) for part in parts)


def ticks(low: float, high: float, count: int = 5) -> list[float]:
    """About `count` round numbers from `low` to `high`: steps of 1, 2, 2.5 or 5 times a power of ten."""
    if not (math.isfinite(low) and math.isfinite(high)) or high - low <= 1e-9 * max(abs(low), abs(high)):
        return [low]
    raw = (high - low) / max(count, 1)
    power = 10 ** math.floor(math.log10(raw))
    step = next(s * power for s in (1, 2, 2.5, 5, 10) if s * power >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [round(i * step, 10) for i in range(first, math.floor(high / step + 1e-9) + 1)]


def value_axis(low: float, high: float, of: records.Metric, locale: str, *, count: int = 5, pad: float = 0.06) -> dict:
    """An axis for values from `low` to `high`: range, and round ticks written in the reader's digits."""
    if high - low <= 1e-9 * max(abs(low), abs(high)):
        low, high = low - max(abs(low) * 0.1, 0.5), high + max(abs(high) * 0.1, 0.5)
    room = (high - low) * pad
    start, end = low - room, high + room
    at = next((found for k in range(count, 13) if len(found := ticks(start, end, k)) > 2), ticks(start, end, count))
    step = abs(at[1] - at[0]) if len(at) > 1 else abs(at[0]) or 1
    shown = step * (100 if of.unit in ("share", POINTS) else 1)
    digits = next((d for d in range(12) if abs(round(shown, d) - shown) < 1e-3 * shown), 12)  # .25 takes two
    fine = replace(of, digits=digits)
    texts = [isolate(amount(v, fine, locale, unit=of.unit != POINTS), locale) for v in at]
    return {"range": [start, end], "tickvals": at, "ticktext": texts}


def long_axis(low: float, high: float, of: records.Metric, locale: str, *, count: int = 5, pad: float = 0.06) -> dict:
    """`value_axis` along the width of a picture: amounts of money bear their unit once, beside the axis, so that ticks
    stand upright on a phone, too.  With room at the ends for a label where the picture is narrow (count < 5)."""
    if of.unit != "money":
        return value_axis(low, high, of, locale, count=count, pad=pad)
    axis = value_axis(low, high, of, locale, count=count, pad=pad if count >= 5 else max(pad, 0.3))
    at = axis["tickvals"]
    size, unit = wording.money_scale(max(map(abs, at)), locale)
    step = abs(at[1] - at[0]) / size if len(at) > 1 else 1
    digits = 0 if step % 1 < 1e-6 else 1 if step * 10 % 1 < 1e-6 else 2
    text = [isolate(wording.number(x / size, locale, digits), locale) for x in at]
    title = {"text": isolate(unit, locale), "font": {"size": 12}, "standoff": 8}
    return axis | {"ticktext": text, "tickangle": 0, "title": title, "automargin": True}


def time_ticks(index, locale: str, most: int = 12) -> dict:
    """Ticks of consecutive periods at 0, 1, 2 …, upright: the month (the quarter), and under the first one and each new
    year, the year."""
    step = max(1, math.ceil(len(index) / most))
    at = list(range(len(index)))[(len(index) - 1) % step :: step]  # the newest period always has its tick
    text, year_before = [], None
    for position in at:
        period = period_of(index[position])
        label = group(index[position], locale)
        if period is not None and period.kind in ("month", "quarter") and " " in label:
            month, year = label.rsplit(" ", 1)
            label = isolate(month, locale) + ("" if year == year_before else f"<br>{isolate(year, locale)}")
            year_before = year
        else:
            label = wrap(label, locale, 12)
        text.append(label)
    return {"tickvals": at, "ticktext": text, "tickangle": 0}
