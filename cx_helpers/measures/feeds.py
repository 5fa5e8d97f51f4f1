"""Which feeds are watched, and what was usual?  Every table, its sources and channels: rows by day against before."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cx_helpers import certainty, rhythm
from cx_helpers.dates import Period, day_number, numbered_day, to_jalali
from cx_helpers.records import MEDIUM_P
from cx_helpers.rhythm import Watched

WEEKS = 52  # watched, up to the period's end
FEWEST = 60  # days of which the spread is taken as it was
_SPLITS = ("source", "channel")
_LISTS = ("customers",)  # filled in one go as often as not: no stream
_NOWRUZ = 13  # days that no Iranian feed is held to
Unseen = frozenset[tuple[str, str, str]]


def series(counts: pd.DataFrame, period: Period, unseen: Unseen = frozenset()) -> pd.DataFrame:
    """The feeds that are watched, a row each: every table, and each source and channel where a table has several.

    counts  of `volume.days`;  unseen  of `volume.unseen`: not watched
    Index (`table`, `by`, `value`; by "table": the whole), a column for each day number of the 60 weeks up to the
    period's end; 0 where no row came, NaN before a feed's first day.
    """
    past = day_number(period.past)
    span = range(past - 7 * (WEEKS + rhythm.BEFORE), past)
    seen, rows = counts[counts["day"].between(span[0], past - 1)], {}
    for table, part in seen[~seen["table"].isin(_LISTS)].groupby("table", sort=False):
        if (table, "table", table) in unseen:
            continue
        rows[table, "table", table] = part.groupby("day")["n"].sum()
        for by in _SPLITS:
            for value, mine in part.groupby(by, sort=True):
                if part[by].nunique(dropna=False) > 1 and (table, by, value) not in unseen:
                    rows[table, by, value] = mine.groupby("day")["n"].sum()
    names = ["table", "by", "value"]
    index = (
        pd.MultiIndex.from_tuples(rows, names=names) if rows else pd.MultiIndex.from_arrays([[], [], []], names=names)
    )
    frame = pd.DataFrame([one.reindex(span) for one in rows.values()], index=index, columns=list(span), dtype=float)
    begun = frame.notna().cummax(axis=1)
    return frame.fillna(0.0).where(begun)


def watch(
    counts: pd.DataFrame, period: Period, dry: pd.DataFrame | None = None, unseen: Unseen = frozenset()
) -> Watched:
    """The feeds, and what was to be expected of each on each day.

    counts  of `volume.days`;  period  the report's;  dry  of `arrivals.late`: what a feed lacks after it has run dry is
            told of there, and no break;  unseen  of `volume.unseen`
    1-13 Farvardin, where years are Jalali, are not judged.
    """
    feeds = series(counts, period, unseen)
    for (table, source), row in dry[dry["p_adjusted"] < MEDIUM_P].iterrows() if dry is not None else ():
        mine = feeds.index.get_level_values("table") == table
        mine &= (source == "all") | (feeds.index.get_level_values("value") == source)
        last = day_number(row["last"].tz_convert(period.timezone).date())
        feeds = feeds.mask(np.outer(mine, feeds.columns >= last))
    days = [to_jalali(numbered_day(day)) for day in feeds.columns] if period.calendar == "jalali" else []
    quiet = np.array([month == 1 and day <= _NOWRUZ for _, month, day in days] or [False] * feeds.shape[1], bool)
    whole = feeds.index.get_level_values("by") == "table"
    return Watched(feeds, rhythm.usual(feeds.to_numpy(float), whole, quiet))


def weekly(watched: Watched, period: Period, weeks: int = 26) -> pd.DataFrame:
    """How much came of each table in each of the last weeks, in parts of the usual?

    Returns index (`table`, `week`: the week's last day as a dates.Period): n rows, `expected`, `ratio` (1 is usual; NaN
    where nothing was to be expected).
    """
    y, m = rhythm.weeks(watched.feeds.to_numpy(float), watched.usual.expected)
    last = [watched.feeds.columns[7 * k + 6] for k in range(y.shape[1])][-weeks:]
    names = [period.on(numbered_day(day)) for day in last]
    parts = {
        index[0]: pd.DataFrame({"n": y[place, -weeks:], "expected": m[place, -weeks:]}, index=names)
        for place, index in enumerate(watched.feeds.index)
        if index[1] == "table"
    }
    empty = pd.DataFrame({"n": [], "expected": []}, index=pd.MultiIndex.from_arrays([[], []]), dtype=float)
    found = (pd.concat(parts) if parts else empty).rename_axis(["table", "week"])
    return found.assign(ratio=(found["n"] / found["expected"]).where(found["expected"] > 0))


def daily(watched: Watched, feed: tuple[str, str, str] | None, period: Period, days: int = 60) -> pd.DataFrame:
    """What came of one feed on each of the last days, and between which ends 95 of 100 usual days lie.

    feed  (table, by, value), an index of `breaks`; None: no feed, no rows
    Returns index dates.Period of a day: `rows`, low, high.
    """
    if feed is None:
        return pd.DataFrame({"rows": [], "low": [], "high": []}, dtype=float)
    place = watched.feeds.index.get_loc(feed)
    y, m = watched.feeds.iloc[place, -days:], watched.usual.expected[place, -days:]
    wide = np.sqrt(watched.usual.spread[place] * watched.usual.expected[place])
    off = np.abs(watched.feeds.iloc[place].to_numpy() - watched.usual.expected[place])[wide > 0] / wide[wide > 0]
    times = certainty.Z95 * np.sqrt(rhythm.MEDIAN_OF_EIGHT)
    if len(off) >= FEWEST:  # days swing more than chance alone makes them: as wide as they were
        times = max(times, float(np.quantile(off, 0.95)))
    half = times * np.sqrt(watched.usual.spread[place] * m)
    names = pd.Index([period.on(numbered_day(day)) for day in y.index], name="day", dtype=object)
    low = np.maximum(m - half, 0)
    return pd.DataFrame({"rows": y.to_numpy(), "low": low, "high": m + half}, index=names)
