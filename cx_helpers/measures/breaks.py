"""Did a feed suddenly shrink or swell?  Days on which far fewer or far more rows came than on such days before.

A break of the data and a break of the business look alike: this finds the days, people tell which it was.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cx_helpers import certainty, faults, rhythm
from cx_helpers.dates import Period, day_number, numbered_day
from cx_helpers.records import MEDIUM_P
from cx_helpers.rhythm import Watched

OFTEN = 3  # times in the weeks watched: a rhythm
_LAX_P = 0.001  # enough to see that such a thing has happened before


def breaks(watched: Watched, period: Period) -> pd.DataFrame:
    """When did a feed suddenly shrink or swell?

    watched  of `feeds.watch`;  period  the report's
    Days and whole weeks under half or over two and a half times the usual, where that is more than chance after
    correction (Holm) for every day and week of every feed; days within a week of each other are one break.  What a feed
    does three times or more in the time watched is its rhythm (the lull after each wave of a survey): then only what is
    far from the middle one of these is a break.  A break of a whole table hides those of its parts, and one that a part
    explains is said of the part.
    Returns index (`table`, `by`, `value`), worst first: first_day, last_day, n (rows that came), expected, ratio,
    missing (rows; negative: too many), lost (those of the period, in parts of what the table should have had then),
    of_year (missing in parts of what the table should have had in all these weeks), p_adjusted; attrs["looks"] is how
    many days and weeks were judged.
    """
    feeds, y, m = watched.feeds, watched.feeds.to_numpy(float), watched.usual.expected
    way, adjusted, looks = _flags(y, watched.usual)
    lax = _way(y, m, watched.usual.p, _LAX_P)
    inside = feeds.columns >= day_number(period.first)
    should = np.where(np.isnan(m), np.nan_to_num(y), m)
    of_table = {index[0]: should[place] for place, index in enumerate(feeds.index) if index[1] == "table"}
    rows = []
    for place, index in enumerate(feeds.index):
        known = np.where(np.isnan(m[place]), 0, 1)
        came, usual = np.nan_to_num(y[place]) * known, np.nan_to_num(m[place])
        before = [(sign, *_sums(came, usual, run)) for sign in (-1, 1) for run in _runs(lax[place] == sign)]
        for sign in (-1, 1):
            for run in _runs(way[place] == sign):
                n, expected = _sums(came, usual, run)
                again = _is_rhythm(n / expected, [x / z for other, x, z in before if other == sign])
                gap = (usual - came)[run]
                days = numbered_day(feeds.columns[run.start]), numbered_day(feeds.columns[run.stop - 1])
                lost = faults.share(gap[inside[run]].sum(), of_table[index[0]][inside].sum())
                parts = lost, faults.share(gap.sum(), of_table[index[0]].sum()), np.nanmin(adjusted[place, run])
                rows.append((*index, *days, n, expected, n / expected, gap.sum(), *parts, again))
    names = ["table", "by", "value"]
    found = _roots(pd.DataFrame(rows, columns=[*names, *_COLUMNS, "rhythm"]))
    found = found[~found.pop("rhythm").astype(bool)]
    worst = np.lexsort([-found["missing"].abs(), -found["lost"].abs()])
    found = found.iloc[worst].set_index(names)
    found.attrs["looks"] = looks
    return found


_COLUMNS = "first_day last_day n expected ratio missing lost of_year p_adjusted".split()


def _flags(y: np.ndarray, usual: rhythm.Usual) -> tuple[np.ndarray, np.ndarray, int]:
    """(-1 fall, 1 jump, 0 neither; p corrected) for each feed and day, and how many looks that was."""
    m, weekly = usual.expected, rhythm.weeks(y, usual.expected)
    looked = np.concatenate([usual.p.ravel(), usual.weekly_p.ravel()])
    adjusted = certainty.adjust(looked, "holm")
    daily, by_week = adjusted[: y.size].reshape(y.shape), adjusted[y.size :].reshape(usual.weekly_p.shape)
    way, weeks = _way(y, m, daily), np.repeat(_way(*weekly, by_week), 7, axis=1)
    part_of = np.where(np.sign(np.nan_to_num(y - m)) == weeks, weeks, 0)
    by_week = np.where(part_of != 0, np.repeat(by_week, 7, axis=1), np.nan)
    return np.where(way == 0, part_of, way), np.fmin(daily, by_week), int((~np.isnan(looked)).sum())


def _way(y: np.ndarray, m: np.ndarray, p: np.ndarray, least: float = MEDIUM_P) -> np.ndarray:
    sure = np.nan_to_num(p, nan=1.0) < least
    return np.where(sure & (y < rhythm.FALL * m), -1, np.where(sure & (y > rhythm.JUMP * m), 1, 0))


def _runs(flagged: np.ndarray) -> list[slice]:
    """The days of each break: flagged ones within a week of each other, and what lies between them."""
    days = np.flatnonzero(flagged)
    parts = np.split(days, np.flatnonzero(np.diff(days) > 7) + 1) if len(days) else []
    return [slice(int(part[0]), int(part[-1]) + 1) for part in parts]


def _sums(came: np.ndarray, usual: np.ndarray, run: slice) -> tuple[float, float]:
    return float(came[run].sum()), float(usual[run].sum())


def _is_rhythm(ratio: float, alike: list[float]) -> bool:
    """Is this like what the feed has done again and again?  `alike`: its breaks of this direction, this one too."""
    if len(alike) < OFTEN:
        return False
    far = (ratio + 0.02) / (np.median(alike) + 0.02)
    return bool(rhythm.FALL <= far <= rhythm.JUMP)


_LEVELS = {"table": 0, "source": 1, "channel": 2}


def _roots(found: pd.DataFrame) -> pd.DataFrame:
    """Each break once, where it belongs: not of a whole that one part explains, not of a part of a broken whole."""
    level, size = found["by"].map(_LEVELS), found["missing"].abs()

    def beside(row) -> pd.Series:
        same = (found["table"] == row["table"]) & (np.sign(found["missing"]) == np.sign(row["missing"]))
        return same & (found["first_day"] <= row["last_day"]) & (found["last_day"] >= row["first_day"])

    def is_explained(row) -> bool:
        farther = np.sign(row["missing"]) * (row["ratio"] - found["ratio"]) > 0.05
        inside = (level > _LEVELS[row["by"]]) & (size >= 0.8 * abs(row["missing"]))
        return bool((beside(row) & inside & farther).any())

    explained = np.array([is_explained(row) for _, row in found.iterrows()], bool)

    def is_echo(row) -> bool:
        wider = (level < _LEVELS[row["by"]]) & (size >= 0.9 * abs(row["missing"])) & ~explained
        return bool((beside(row) & wider).any())

    echo = np.array([is_echo(row) for _, row in found.iterrows()], bool)
    return found[~explained & ~echo]


def worst(found: pd.DataFrame, watched: Watched) -> tuple[str, str, str] | None:
    """The feed whose days are worth a picture: of the period's worst break, else the largest table; None of none."""
    if watched.feeds.empty:
        return None
    now = found[found["lost"] != 0]
    return now.index[0] if len(now) else watched.feeds.iloc[:, -31:].sum(axis=1).idxmax()


def marks(found: pd.DataFrame, feed: tuple[str, str, str], period: Period) -> list[tuple]:
    """The breaks of one feed as events of its picture: [(day, words), …]."""
    of = found[np.array([index == feed for index in found.index], bool)]
    fall, jump = {"fa": "افت", "en": "fall"}, {"fa": "جهش", "en": "jump"}
    days = zip(of["first_day"], of["missing"], strict=True)
    return [(period.on(day), fall if gone > 0 else jump) for day, gone in days]
