"""How many were to be expected on such a day?  Counts by day against the same weekdays before, week after week."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from cx_helpers import certainty

BEFORE = 8  # weeks that tell what is usual
FALL, JUMP = 0.5, 2.5  # what lies beyond these parts of the usual is broken, if it is no chance
SPECIAL = 4 / 3  # a day busier or calmer than usual by this factor for the company as a whole
FAINT = 1  # rows on such a day: of a feed that mostly has none a median tells nothing
_LEAST = 4  # of eight such weekdays must be known
MEDIAN_OF_EIGHT = 1.2  # by how much the error of the expectation itself widens the spread: 1 + pi / 2 / 8


class Usual(NamedTuple):
    """What was to be expected of each feed, and how surprising was what came; rows are feeds.

    expected  of each day, NaN where too little was before;  p  of each day, weekly_p  of each whole week (two-sided)
    spread    variance of a day in parts of what is expected, 1 or above
    """

    expected: np.ndarray
    p: np.ndarray
    weekly_p: np.ndarray
    spread: np.ndarray


class Watched(NamedTuple):
    """Feeds and what was to be expected of them: rows are feeds, columns are days, in both the same."""

    feeds: pd.DataFrame
    usual: Usual


def usual(y: np.ndarray, whole: np.ndarray, quiet: np.ndarray) -> Usual:
    """What is usual for each feed on each day?

    y      counts, feeds x days, whole weeks, oldest first; NaN before a feed's first day
    whole  which feeds are whole tables;  quiet  which days are known to be unlike others: neither judged nor remembered
    Usual is the median of the last eight such weekdays (none where that is below FAINT), broken days left out, times
    how busy the day was for the company (the median over its tables, where it has three), so that a holiday or a sale
    is no break.  p comes from a negative binomial whose spread is that of the feed's own days (by the median absolute
    deviation, so that a broken stretch does not hide itself).
    """
    expected, _ = _walk(y, quiet, whole, np.ones(len(y)))
    spread = _spread(y, expected)
    expected, p = _walk(y, quiet, whole, spread)
    weekly = weeks(y, expected)
    weekly_p = certainty.rare_count(*weekly, MEDIAN_OF_EIGHT * _spread(*weekly)[:, None])
    return Usual(expected, p, weekly_p, spread)


def weeks(y: np.ndarray, expected: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What came and what was expected in each whole week, over the days of which an expectation is known."""
    known = ~np.isnan(expected) & ~np.isnan(y)
    came, usually = (np.where(known, x, 0.0).reshape(len(y), y.shape[1] // 7, 7).sum(axis=2) for x in (y, expected))
    return came, usually


def _walk(y: np.ndarray, quiet: np.ndarray, whole: np.ndarray, spread: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Week by week: what eight weeks before make usual, and which days join them (those that are no break)."""
    expected, p = np.full(y.shape, np.nan), np.full(y.shape, np.nan)
    memory = np.full((len(y), 7, BEFORE), np.nan)
    for start in range(0, y.shape[1], 7):
        week = slice(start, start + 7)
        now, still = y[:, week], quiet[week]
        m = _with_the_company(now, _median(memory), _busy(now, memory, whole))
        expected[:, week] = np.where(still, np.nan, m)
        p[:, week] = np.where(still, np.nan, certainty.rare_count(now, m, MEDIAN_OF_EIGHT * spread[:, None]))
        broken = (p[:, week] < 1e-6) & ((now < FALL * m) | (now > JUMP * m))
        taken = ~broken & ~np.isnan(now) & ~still
        memory[taken] = np.column_stack([memory[taken][:, 1:], now[taken]])
    return expected, p


def _median(memory: np.ndarray) -> np.ndarray:
    out = np.full(memory.shape[:2], np.nan)
    known = (~np.isnan(memory)).sum(axis=2) >= _LEAST
    if known.any():
        out[known] = np.nanmedian(memory[known], axis=1)
    return np.where(out >= FAINT, out, np.nan)


def _busy(now: np.ndarray, memory: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """How busy each day of a week was for the company: the median over its tables of what came against usual."""
    m = _median(memory[whole])
    ratio = np.where(m >= 5, now[whole] / np.where(m >= 5, m, 1), np.nan)
    known = (~np.isnan(ratio)).sum(axis=0) >= 3
    out = np.ones(7)
    if known.any():
        out[known] = np.clip(np.nanmedian(ratio[:, known], axis=0), 0.4, 2.5)
    return out


def _with_the_company(now: np.ndarray, m: np.ndarray, busy: np.ndarray) -> np.ndarray:
    """What was to be expected of each feed on days so busy; on special days it follows the company as far as it does.

    Not every feed takes part in a holiday or a sale: between its own usual and that of the company nothing is odd.
    """
    ratio = np.divide(now, m, out=np.full(m.shape, np.nan), where=m > 0)
    follows = np.clip(ratio, np.minimum(busy, 1), np.maximum(busy, 1))
    special = (np.abs(np.log(busy)) > np.log(SPECIAL)) & ~np.isnan(follows)
    return m * np.where(special, follows, busy)


def _spread(y: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """How much more than chance each feed's days vary: 1 or above; a broken stretch does not count."""
    known = expected > 0
    z = np.where(known, (y - expected) / np.sqrt(np.where(known, expected, 1)), np.nan)
    out = np.ones(len(y))
    several = known.sum(axis=1) >= 20
    if several.any():
        middle = np.nanmedian(np.abs(z[several]), axis=1)
        out[several] = np.maximum(1, (1.4826 * middle) ** 2)
    return out
