"""Which days are unlike others?  Nowruz, Yalda, Ramadan, Muharram and the ends of months, wherever they fall.

Ramadan and Muharram walk backwards through the solar year, about eleven days a year: whoever compares a month with the
same month a year before compares fasting with feasting.  So they are columns of their own.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from cx_helpers.dates import numbered_day, to_jalali

ISLAMIC_EPOCH = dt.date(622, 7, 19).toordinal()  # 1 Muharram 1, civil reckoning, in the proleptic Gregorian calendar

IRANIAN = ("before_nowruz", "nowruz", "yalda", "ramadan", "muharram", "month_end")
WESTERN = ("before_christmas", "christmas", "month_end")


def to_islamic(day: dt.date) -> tuple[int, int, int]:
    """Year, month and day in the tabular Islamic calendar: 2025-03-01 -> (1446, 9, 1).

    The sighted moon may begin a month a day sooner or later, in Iran too: good enough for what a month does to trade,
    not for the date of a feast.  Source: Reingold, Dershowitz, Calendrical Calculations, 4th ed. 2018, ch. 7.
    """
    since = day.toordinal() - ISLAMIC_EPOCH
    year = (30 * since + 10_646) // 10_631
    start = 354 * (year - 1) + (3 + 11 * year) // 30
    month = min(12, (11 * (since - start) + 330) // 325)
    return year, month, since - start - (29 * (month - 1) + month // 2) + 1


def names(calendar: str) -> tuple[str, ...]:
    """The occasions that a company's calendar knows."""
    return IRANIAN if calendar == "jalali" else WESTERN


def occasions(days, calendar: str = "jalali") -> pd.DataFrame:
    """Which occasion is each day part of?  1.0 or 0.0.

    days  day numbers (dates.day_number), the index of what is returned;  calendar  `jalali` or `gregorian`
    before_nowruz   8 Esfand to the year's end: the year's great shopping
    nowruz          1 to 13 Farvardin;  yalda  20 to 30 Azar, up to the longest night
    ramadan         the month of fasting;  muharram  its first ten days, up to Ashura
    month_end       the 27th to the 3rd, when salaries come; not at Nowruz
    before_christmas, christmas   20 November to 23 December; 24 December to 1 January
    """
    found = [_of(numbered_day(day), calendar) for day in days]
    columns = names(calendar)
    table = np.array([[float(name in of) for name in columns] for of in found]).reshape(len(found), len(columns))
    return pd.DataFrame(table, index=pd.Index(days), columns=list(columns))


def _of(day: dt.date, calendar: str) -> set[str]:
    if calendar != "jalali":
        month, place = day.month, day.day
        late = (month == 11 and place >= 20) or (month == 12 and place < 24)
        feast = (month == 12 and place >= 24) or (month == 1 and place == 1)
        ends = not feast and (place >= 27 or place <= 3)
        return {n for n, is_so in (("before_christmas", late), ("christmas", feast), ("month_end", ends)) if is_so}
    (_, month, place), (_, moon, night) = to_jalali(day), to_islamic(day)
    holds = {
        "before_nowruz": month == 12 and place >= 8,
        "nowruz": month == 1 and place <= 13,
        "yalda": month == 9 and place >= 20,
        "ramadan": moon == 9,
        "muharram": moon == 1 and night <= 10,
        "month_end": month != 1 and (place >= 27 or place <= 3),
    }
    return {name for name, is_so in holds.items() if is_so}
