"""When do people shop?  The sample's 24 Jalali months and the rhythm of hours, weekdays and seasons in them.

Inside the generator a time is a number: days since 1402-07-01 00:00 in Tehran.  `stamps` turns it into UTC.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from cx_helpers import dates

MONTHS = [divmod(1402 * 12 + 6 + i, 12) for i in range(24)]
MONTHS = [(year, month + 1) for year, month in MONTHS]  # (1402, 7) … (1404, 6)
FIRST = dates.from_jalali(1402, 7, 1)
STARTS = np.array([(dates.from_jalali(y, m, 1) - FIRST).days for y, m in [*MONTHS, (1404, 7)]], dtype=float)
END = float(STARTS[-1])  # 731 days
_MIDNIGHT = pd.Timestamp(FIRST, tz="Asia/Tehran").tz_convert("UTC").tz_localize(None).to_datetime64()

# shares of a day by hour: quiet nights, a noon peak, a long evening; Ramadan moves it to after iftar
_HOURS = np.array([2, 1, 0.5, 0.3, 0.3, 0.4, 1, 2, 4, 5, 6, 6.5, 6, 5, 4, 4.5, 5.5, 6, 6.5, 7.5, 8, 8, 6.5, 4])
_RAMADAN_HOURS = np.array([6, 5, 4, 2, 1, 0.4, 0.4, 1, 2, 4, 5, 5, 4.5, 4, 4, 3.5, 3, 2, 2, 4.5, 7, 8.5, 9, 8])
_WEEKDAY = np.array([1.05, 1.0, 1.0, 1.1, 0.8, 1.0, 1.0])  # Monday … Sunday; Thursday high, Friday low


def day_of(year: int, month: int, day: int) -> float:
    """The sample's day number of a Jalali date."""
    return float((dates.from_jalali(year, month, day) - FIRST).days)


def month_of(days: np.ndarray) -> np.ndarray:
    """The sample's month number, 0 for 1402-07."""
    return np.searchsorted(STARTS, days, side="right") - 1


def stamps(days: np.ndarray) -> pd.Series:
    """Day numbers as UTC timestamps in microseconds, cut to whole seconds; NaN becomes null."""
    days = np.asarray(days, dtype=float)
    seconds = np.where(np.isnan(days), 0, np.floor(days * 86400 + 1e-6)).astype("int64")
    out = _MIDNIGHT.astype("datetime64[us]") + seconds.astype("timedelta64[s]").astype("timedelta64[us]")
    out[np.isnan(days)] = np.datetime64("NaT", "us")
    return pd.Series(out).dt.tz_localize("UTC")


def _season() -> np.ndarray:
    """How busy each day is (1 = usual): Yalda, Nowruz, end of month, the big autumn sale."""
    busy = np.ones(int(END))
    for i in range(len(busy)):
        _, month, day = dates.to_jalali(FIRST + dt.timedelta(i))
        if month == 9 and day >= 20:
            busy[i] = 1.7  # Yalda
        elif month == 12 and day >= 8:
            busy[i] = 1.7  # before Nowruz
        elif month == 1 and day <= 13:
            busy[i] = 0.45  # Nowruz holidays
        elif month == 8 and day >= 24:
            busy[i] = 1.35  # autumn sale
        if month != 1 and (day >= 27 or day <= 3):
            busy[i] *= 1.2  # salaries
    return busy


class Rhythm:
    """The shop's clock: how much usual time has passed at each hour, with or without seasons."""

    def __init__(self, seasonal: bool):
        days = int(END)
        profile = np.tile(_HOURS / _HOURS.sum(), (days, 1))
        if seasonal:
            for start, end in (((1402, 12, 22), (1403, 1, 22)), ((1403, 12, 11), (1404, 1, 11))):
                profile[int(day_of(*start)) : int(day_of(*end))] = _RAMADAN_HOURS / _RAMADAN_HOURS.sum()
        weekday = np.array([(FIRST + dt.timedelta(i)).weekday() for i in range(days)])
        weight = _WEEKDAY[weekday] / _WEEKDAY.mean()
        weight = weight * _season() if seasonal else weight
        self._edges = np.arange(days * 24 + 1) / 24
        self._passed = np.concatenate([[0], np.cumsum((profile * weight[:, None]).ravel())])

    def passed(self, days: np.ndarray) -> np.ndarray:
        """Usual days that have passed at a time of the clock."""
        return np.interp(days, self._edges, self._passed)

    def at(self, passed: np.ndarray) -> np.ndarray:
        """The time of the clock at which so many usual days have passed; beyond the end it is infinite."""
        return np.where(passed >= self._passed[-1], np.inf, np.interp(passed, self._passed, self._edges))

    def within(self, rng: np.random.Generator, low: np.ndarray, high: np.ndarray) -> np.ndarray:
        """A random time of each stretch `low`-`high`, at an hour when people are awake."""
        low, high = self.passed(np.clip(low, 0, END)), self.passed(np.clip(high, 0, END))
        return np.interp(low + (high - low) * rng.random(len(low)), self._passed, self._edges)
