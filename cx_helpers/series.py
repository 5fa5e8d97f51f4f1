"""How does time become a row of numbers?  Days, weeks and months of a company's calendar, one after another."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from cx_helpers import occasions
from cx_helpers.dates import Period, day_number, month_number

GRAINS = ("day", "week", "month")
WIDTH = {"day": 1, "week": 7}
YEARLY_DAYS = 35 * 30  # days of history (nearly three years), from which on a yearly season is no one-time thing


@dataclass(frozen=True)
class Series:
    """One metric, step by step of one grain.

    metric  its name in records.METRICS;  grain  day, week or month;  total  is it a sum of what happened (orders), or
            an average of it (a score)?  Only a total can be added up over days
    frame   index: consecutive dates.Period, oldest first; n, the metric's value (NaN: nothing known, or of too few
            customers to be told)
    """

    metric: str
    grain: str
    total: bool
    frame: pd.DataFrame

    @property
    def values(self) -> np.ndarray:
        return self.frame[self.metric].to_numpy(float)

    @property
    def last(self) -> Period:
        """The last step that is known."""
        return self.frame.index[-1]

    def __len__(self) -> int:
        return len(self.frame)

    def ahead(self, steps: int) -> list[Period]:
        """The steps that come next."""
        return [self.last.shift(k) for k in range(1, steps + 1)]

    def before(self, instant: dt.datetime) -> Series:
        """The same series as it was known at an instant."""
        return replace(self, frame=self.frame[[p.end <= instant for p in self.frame.index]])


def steps(last: Period, past: dt.date, grain: str, days: int) -> list[Period]:
    """The steps of a grain that end by the day `past`, oldest first, at most `days` back.

    last  the report's period, for its calendar and time zone
    """
    cut = replace(last, past=past, first=past - dt.timedelta(1), kind="range")
    if grain == "week":
        return cut.weeks(max(1, days // 7))
    if grain == "month":
        months = cut.back(max(1, round(days / 30.44)))
        return months if months[-1].past <= past else months[:-1]
    return [last.on(past - dt.timedelta(k)) for k in range(days, 0, -1)]


def place(column, periods: list[Period], grain: str):
    """Which of consecutive `periods` does each instant of an engine column (UTC) fall in?  Null: in none.

    Days are those of the company's clock: where it was put forward or back in between, from that hour on.
    """
    import ibis

    from cx_helpers import engine

    if grain not in WIDTH:
        inside = (column >= periods[0].start) & (column < periods[-1].end)
        return ibis.cases((inside, month_number(column, periods).cast("int64")), else_=ibis.null("int64"))
    first, (offset, *later) = day_number(periods[0].first), _offsets(periods[0], periods[-1])
    ahead = ibis.literal(offset[1], "int64")
    for instant, seconds in later:
        ahead = (column >= instant).ifelse(ibis.literal(seconds, "int64"), ahead)
    day = ((engine.epoch(column) + ahead) / 86_400).floor().cast("int64") - first
    inside = (column >= periods[0].start) & (column < periods[-1].end)
    return inside.ifelse((day / WIDTH[grain]).floor().cast("int64"), ibis.null("int64"))


def _offsets(first: Period, last: Period) -> list[tuple[dt.datetime, int]]:
    """[(from which instant, seconds ahead of UTC), …] of a company's clock between two periods."""
    zone = ZoneInfo(first.timezone)

    def ahead(instant: dt.datetime) -> int:
        return int(instant.astimezone(zone).utcoffset().total_seconds())

    found, now = [(first.start, ahead(first.start))], first.start
    while now < last.end:
        after = min(now + dt.timedelta(days=7), last.end)
        if ahead(after) != found[-1][1]:
            low, high = now, after
            while high - low > dt.timedelta(seconds=1):  # changes fall on whole minutes
                middle = low + (high - low) / 2
                low, high = (middle, high) if ahead(middle) == found[-1][1] else (low, middle)
            found.append((high.replace(microsecond=0), ahead(after)))
        now = after
    return found


def calendar(series: Series, horizon: int) -> pd.DataFrame | None:
    """What the calendar says of every step of a series and of those to come: columns for regression; None for scores.

    Days: weekdays (against the mean of all seven), occasions, and a yearly wave (two harmonics) where the history is
    nearly three years or more.  Weeks: which part of each the occasions take, and the wave.  An occasion that the
    history never saw has no column.
    """
    if not series.total or series.grain == "month":
        return None
    periods = [*series.frame.index, *series.ahead(horizon)]
    first = day_number(periods[0].first)
    width = WIDTH[series.grain]
    days = np.arange(first, first + width * len(periods))
    found = occasions.occasions(days, series.last.calendar)
    if series.grain == "day":
        week = np.eye(7)[(days + 3) % 7][:, :6] - np.eye(7)[(days + 3) % 7][:, 6:]  # day 0 of 1970 was a Thursday
        named = pd.DataFrame(week, index=found.index, columns=WEEKDAYS[:6])
        found = pd.concat([named, found], axis=1)
    if width * len(series) >= YEARLY_DAYS:
        turn = 2 * np.pi * days / 365.2425
        waves = {f"year_{k}{name}": wave(k * turn) for k in (1, 2) for name, wave in (("s", np.sin), ("c", np.cos))}
        found = found.assign(**waves)
    if series.grain != "day":
        found = found.groupby((days - first) // width).mean()
    seen = found.iloc[: len(series)].abs().sum() > 0
    return found.loc[:, seen].set_axis(periods)


WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
