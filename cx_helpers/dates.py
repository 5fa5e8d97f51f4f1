"""Which day, which period?  Jalali and Gregorian dates as people write them, cut into UTC instants.

A year below 1700 is Jalali.  Conversion is jdatetime's (the Iranian calendar with its true leap years).
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

import jdatetime

from cx_helpers.errors import Refusal

JALALI_MONTHS = ("فروردین اردیبهشت خرداد تیر مرداد شهریور مهر آبان آذر دی بهمن اسفند").split()
JALALI_MONTHS_EN = "Farvardin Ordibehesht Khordad Tir Mordad Shahrivar Mehr Aban Azar Dey Bahman Esfand".split()
GREGORIAN_MONTHS = "January February March April May June July August September October November December".split()
GREGORIAN_MONTHS_FA = "ژانویه فوریه مارس آوریل مه ژوئن ژوئیه اوت سپتامبر اکتبر نوامبر دسامبر".split()
SEASONS = "بهار تابستان پاییز زمستان".split()

_DATE = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_WORDS = re.compile(r"(\d{1,2})\s+(\D+?)\s+(\d{4})")
_PERIOD = re.compile(r"(\d{4})(?:-(?:Q([1-4])|(\d{2})(?:-(\d{2}))?))?", re.IGNORECASE)
_DIGITS_FA = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
_DIGITS_EN = str.maketrans("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩", "01234567890123456789")


class DateError(Refusal):
    """A date or period that is none; the message shows forms that are."""


def to_jalali(day: dt.date) -> tuple[int, int, int]:
    """Year, month and day of a Gregorian date in the Jalali calendar: 2025-09-22 -> (1404, 6, 31)."""
    jalali = jdatetime.date.fromgregorian(date=day)
    return jalali.year, jalali.month, jalali.day


def from_jalali(year: int, month: int, day: int) -> dt.date:
    """The Gregorian date of a Jalali one: (1403, 12, 30) -> 2025-03-20.  Raises DateError for a day that is none."""
    try:
        return jdatetime.date(year, month, day).togregorian()
    except ValueError as error:
        raise DateError(f"{year}-{month:02}-{day:02} is not a Jalali date: {error}") from None


def parse_date(text: str, calendar: str | None = None) -> dt.date:
    """The day that a person wrote: `1404-06-31`, `۱۴۰۲/۰۶/۱۱`, `11 شهریور 1402`, `2025-09-22`, `22 September 2025`.

    calendar  force "jalali" or "gregorian"; None lets the year decide (below 1700 is Jalali).
    Raises DateError that shows the forms understood.
    """
    plain = str(text).strip().translate(_DIGITS_EN).replace("ي", "ی").replace("ك", "ک")
    if found := _DATE.fullmatch(plain):
        year, month, day = map(int, found.groups())
    elif (found := _WORDS.fullmatch(plain)) and (month := _month_number(found[2])):
        year, day = int(found[3]), int(found[1])
    else:
        raise DateError(f"{text!r} is not a date; write 1404-06-31, ۱۴۰۴/۰۶/۳۱, 31 شهریور 1404 or 2025-09-22")
    if (calendar or ("jalali" if year < 1700 else "gregorian")) == "jalali":
        return from_jalali(year, month, day)
    try:
        return dt.date(year, month, day)
    except ValueError as error:
        raise DateError(f"{text!r} is not a date: {error}") from None


def _month_number(name: str) -> int | None:
    for names in (JALALI_MONTHS, JALALI_MONTHS_EN, GREGORIAN_MONTHS, GREGORIAN_MONTHS_FA):
        if name.strip().lower() in (lower := [n.lower() for n in names]):
            return lower.index(name.strip().lower()) + 1
    return None


@dataclass(frozen=True)
class Period:
    """A stretch of whole days in one calendar and time zone.

    name      as given: `1404`, `1404-Q2`, `1404-06`, `1404-06-31`, `2025-09`, or `FROM_TO` (both days included)
    first     first day (Gregorian date)
    past      the day after the last
    kind      year, quarter, month, day or range
    """

    name: str
    first: dt.date
    past: dt.date
    kind: str
    calendar: str = "jalali"
    timezone: str = "Asia/Tehran"

    @classmethod
    def parse(cls, text: str, *, calendar: str = "jalali", timezone: str = "Asia/Tehran") -> Period:
        """Read a period's name; the year decides the calendar, `calendar` is only what labels fall back on."""
        plain = str(text).strip().translate(_DIGITS_EN)
        if "_" in plain:
            return cls.between(*plain.split("_", 1), timezone=timezone)
        found = _PERIOD.fullmatch(plain)
        if not found:
            raise DateError(f"{text!r} is not a period; write 1404, 1404-Q2, 1404-06, 1404-06-31, 2025-09 or FROM_TO")
        year, quarter, month, day = (int(g) if g else None for g in found.groups())
        calendar = "jalali" if year < 1700 else "gregorian"
        if day:
            first = parse_date(plain)
            return cls(plain, first, first + dt.timedelta(1), "day", calendar, timezone)
        if quarter:
            kind, start, months = "quarter", 3 * quarter - 2, 3
        else:
            kind, start, months = ("year", 1, 12) if month is None else ("month", month, 1)
        if not 1 <= start <= 12:
            raise DateError(f"{text!r} is not a period: month {month} is not one of 1-12")
        name = plain.upper() if quarter else plain
        return cls(name, *_span(year, start, months, calendar), kind, calendar, timezone)

    @classmethod
    def between(cls, first: str, last: str, *, timezone: str = "Asia/Tehran") -> Period:
        """The days from `first` to `last`, both included."""
        start, end = parse_date(first), parse_date(last)
        if end < start:
            raise DateError(f"the range {first} to {last} ends before it starts; swap the two days")
        calendar = "jalali" if int(str(first).translate(_DIGITS_EN)[:4]) < 1700 else "gregorian"
        iso = [_iso(day, calendar) for day in (start, end)]
        return cls("_".join(iso), start, end + dt.timedelta(1), "range", calendar, timezone)

    @classmethod
    def month_of(cls, day: dt.date, *, calendar: str = "jalali", timezone: str = "Asia/Tehran") -> Period:
        """The calendar month that holds a day."""
        year, month = to_jalali(day)[:2] if calendar == "jalali" else (day.year, day.month)
        return cls(f"{year:04}-{month:02}", *_span(year, month, 1, calendar), "month", calendar, timezone)

    @property
    def start(self) -> dt.datetime:
        """The first instant, in UTC."""
        return _midnight(self.first, self.timezone)

    @property
    def end(self) -> dt.datetime:
        """The first instant that is past the period, in UTC."""
        return _midnight(self.past, self.timezone)

    @property
    def days(self) -> int:
        return (self.past - self.first).days

    def previous(self) -> Period:
        """The period of the same kind just before; for a range, as many days before it."""
        return self.shift(-1)

    def on(self, day: dt.date) -> Period:
        """One day as a period of the same calendar and time zone."""
        return Period(_iso(day, self.calendar), day, day + dt.timedelta(1), "day", self.calendar, self.timezone)

    def shift(self, steps: int) -> Period:
        """The period `steps` of its own kind later (negative: earlier)."""
        if self.kind in ("day", "range"):
            first = self.first + dt.timedelta(steps * self.days)
            last = first + dt.timedelta(self.days - 1)
            name = "_".join(_iso(d, self.calendar) for d in ([first] if self.kind == "day" else [first, last]))
            return Period(name, first, last + dt.timedelta(1), self.kind, self.calendar, self.timezone)
        year, month = to_jalali(self.first)[:2] if self.calendar == "jalali" else (self.first.year, self.first.month)
        width = {"year": 12, "quarter": 3, "month": 1}[self.kind]
        year, month = divmod(year * 12 + month - 1 + steps * width, 12)
        name = {"year": f"{year:04}", "quarter": f"{year:04}-Q{month // 3 + 1}", "month": f"{year:04}-{month + 1:02}"}
        return Period.parse(name[self.kind], timezone=self.timezone)

    def moved_to(self, day: dt.date) -> Period:
        """The period of the same kind that holds a day; a range ends on an earlier day, starts on a later one."""
        if self.kind in ("day", "range"):
            first = day if day >= self.first else day - dt.timedelta(self.days - 1)
            return replace(self, first=first, past=first + dt.timedelta(self.days)).shift(0)
        month = Period.month_of(day, calendar=self.calendar, timezone=self.timezone)
        year, number = month.name.split("-")
        name = {"year": year, "quarter": f"{year}-Q{(int(number) + 2) // 3}", "month": month.name}
        return Period.parse(name[self.kind], timezone=self.timezone)

    def back(self, count: int, kind: str = "month") -> list[Period]:
        """The last `count` months up to this period's end, oldest first: the x axis of a trend."""
        if count < 1:
            raise DateError(f"{count} months back is no stretch of time; ask for 1 or more")
        last = Period.month_of(self.past - dt.timedelta(1), calendar=self.calendar, timezone=self.timezone)
        return [last.shift(step - count + 1) for step in range(count)]

    def through(self, last: Period) -> Period:
        """The stretch from this period's first day to the last of a later one."""
        name = f"{_iso(self.first, self.calendar)}_{_iso(last.past - dt.timedelta(1), self.calendar)}"
        return replace(self, name=name, past=last.past, kind="range")

    def weeks(self, count: int) -> list[Period]:
        """The last `count` stretches of seven days up to this period's end, oldest first."""
        days = [self.past - dt.timedelta(7 * step) for step in range(count, 0, -1)]
        name = "{}_{}".format
        ends = [day + dt.timedelta(6) for day in days]
        return [
            replace(self, name=name(_iso(a, self.calendar), _iso(z, self.calendar)), first=a,
                    past=z + dt.timedelta(1), kind="range")
            for a, z in zip(days, ends, strict=True)
        ]  # fmt: skip

    def label(self, locale: str = "fa") -> str:
        """As a reader says it: `شهریور ۱۴۰۴`, `Shahrivar 1404`, `تابستان ۱۴۰۴`, `1-15 September 2025`."""
        last = self.past - dt.timedelta(1)
        if self.kind == "range":
            to = " تا " if locale == "fa" else " to "
            return day_label(self.first, locale, self.calendar) + to + day_label(last, locale, self.calendar)
        if self.kind == "day":
            return day_label(self.first, locale, self.calendar)
        year, month = (to_jalali(self.first) if self.calendar == "jalali" else (self.first.year, self.first.month))[:2]
        if self.kind == "quarter":
            quarter = (month - 1) // 3
            if locale == "fa":
                text = f"{SEASONS[quarter]} {year}" if self.calendar == "jalali" else f"فصل {quarter + 1} سال {year}"
                return text.translate(_DIGITS_FA)
            return f"Q{quarter + 1} {year}"
        text = f"{_month_name(month, locale, self.calendar)} {year}" if self.kind == "month" else str(year)
        if locale == "fa":
            text = text if self.kind == "month" else f"سال {text}"
        return text.translate(_DIGITS_FA) if locale == "fa" else text

    def heading(self, locale: str = "fa") -> str:
        """The label; for an English reader of a Jalali period also its days: `Mehr 1404 (23 Sep – 22 Oct 2025)`."""
        label, last = self.label(locale), self.past - dt.timedelta(1)
        if locale != "en" or self.calendar != "jalali":
            return label
        first = f"{self.first.day} {GREGORIAN_MONTHS[self.first.month - 1][:3]}"
        if self.first == last:
            return f"{label} ({first} {last.year})"
        first += f" {self.first.year}" if self.first.year != last.year else ""
        return f"{label} ({first} – {last.day} {GREGORIAN_MONTHS[last.month - 1][:3]} {last.year})"


def day_label(day: dt.date, locale: str = "fa", calendar: str = "jalali") -> str:
    """A day as a reader says it: `۳۱ شهریور ۱۴۰۴`, `31 Shahrivar 1404`, `22 September 2025`."""
    year, month, number = to_jalali(day) if calendar == "jalali" else (day.year, day.month, day.day)
    text = f"{number} {_month_name(month, locale, calendar)} {year}"
    return text.translate(_DIGITS_FA) if locale == "fa" else text


def moment_label(
    moment: dt.datetime, locale: str = "fa", calendar: str = "jalali", timezone: str = "Asia/Tehran"
) -> str:
    """An instant as a reader says it: `۳۱ شهریور ۱۴۰۴، ساعت ۱۴:۳۰`, `31 Shahrivar 1404, 14:30`."""
    local = moment.astimezone(ZoneInfo(timezone))
    day, clock = day_label(local.date(), locale, calendar), f"{local:%H:%M}"
    return f"{day}، ساعت {clock.translate(_DIGITS_FA)}" if locale == "fa" else f"{day}, {clock}"


_EPOCH = dt.date(1970, 1, 1).toordinal()


def day_number(day: dt.date) -> int:
    """Days from 1970-01-01 to a calendar day: what an engine counts days by."""
    return day.toordinal() - _EPOCH


def numbered_day(number) -> dt.date:
    """The calendar day of a day number."""
    return dt.date.fromordinal(int(number) + _EPOCH)


def month_number(column, periods: list[Period]):
    """Which of consecutive `periods` does each instant of an engine column fall in?  0 is the first, null is none.

    column  an ibis timestamp column, UTC;  periods  ascending, each starting where the one before ends.
    One CASE expression, so that DuckDB and Spark cut months, Jalali ones too, in the same way.
    """
    import ibis

    inside = [(column < period.end, ibis.literal(i, "int32")) for i, period in enumerate(periods)]
    return ibis.cases((column < periods[0].start, ibis.null("int32")), *inside)


def _span(year: int, month: int, months: int, calendar: str) -> tuple[dt.date, dt.date]:
    make = from_jalali if calendar == "jalali" else dt.date
    after, past = divmod(year * 12 + month - 1 + months, 12)
    return make(year, month, 1), make(after, past + 1, 1)


def _midnight(day: dt.date, timezone: str) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), ZoneInfo(timezone)).astimezone(dt.UTC)


def _iso(day: dt.date, calendar: str) -> str:
    return "{:04}-{:02}-{:02}".format(*to_jalali(day)) if calendar == "jalali" else day.isoformat()


def _month_name(month: int, locale: str, calendar: str) -> str:
    if calendar == "jalali":
        return (JALALI_MONTHS if locale == "fa" else JALALI_MONTHS_EN)[month - 1]
    return (GREGORIAN_MONTHS_FA if locale == "fa" else GREGORIAN_MONTHS)[month - 1]
