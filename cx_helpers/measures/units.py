"""Were amounts of some time written in another unit?  A month of rials among toman: all of it ten times over."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from cx_helpers import engine, faults
from cx_helpers.dates import Period, day_number, numbered_day
from cx_helpers.tables import instant

COLUMNS = {"orders": "amount", "contracts": "monthly_fee", "touchpoints": "cost"}  # money of a time
ALL = "all"  # sources: the whole table
_WEEKS = 104  # before the period's end
_STEPS = 20  # cells of a power of ten: amounts of one cell differ by an eighth at most
_BLOCK, _LEAST = 30, 20  # amounts that are compared at once; that a stretch must have
_VARIED = 10  # different amounts that a feed must have: of few prices another price is no other unit
_SHARES = (0.1, 0.25, 0.5, 0.75, 0.9)  # quantiles that must all have moved
_BEFORE = 8  # blocks that tell what is usual
_NEAR, _WIDE = 0.2, 0.4  # of a power of ten: how far from a whole one the middle move may lie, and each quantile's
_ALIKE, _UNLIKE = 0.1, 0.5  # distance of two distributions: the same but for chance; clearly another
_SURE = 100  # amounts of a source that is held against another one
_POWERS = (-3, -2, -1, 1, 2, 3)  # of ten, by which units differ
_MEMORY = 120  # days on either side of a stretch that tell what amounts are like


class _Run(NamedTuple):
    """Days from `first` up to `past`, whose amounts are 10 ** power times the others'."""

    first: int
    past: int
    power: int


def units(tables: dict[str, ir.Table], period: Period) -> pd.DataFrame:
    """Were the amounts of some time written in another unit than the others?

    tables  every table of the company, uncut ({name: table});  period  the report's: the two years up to its end
    Looked at are the logarithms of all amounts above 0 of COLUMNS, of the whole table and of each source: a unit moves
    all of them by a whole power of ten, from one day to the next, and leaves their shape as it is.  So a stretch of
    days (20 amounts and more) is told when each quantile has moved so, and its amounts, divided by that power, are
    spread as those of the four months around it (Kolmogorov-Smirnov distance within chance of 0.1) while undivided they
    are not.  Seasons, sales, growth and another mix of products move some quantiles, and none by a power of ten.
    Feeds of fewer than ten different amounts are not judged.  A source all of whose amounts are a whole power of ten
    times those of the largest source, of the same shape in the days that both have, is told as well: `beside` names the
    other one (None of a stretch), since nobody can tell which of them is right, or whether its customers buy so.
    Returns index (`table`, `column`, `source`; "all": the whole table): first_day, last_day, factor (10: ten times the
    others), n rows at fault, n_all, shown and mended (the period's sum as it is, and in the others' unit), moved (see
    faults.move; NaN where none of them is in the period), distance, beside; attrs["looks"]: how many feeds were judged.
    """
    rows, looks = [], 0
    for name, column in COLUMNS.items():
        if name not in tables or column not in tables[name].columns:
            continue
        counted = cells(tables[name], name, column, period)
        found = {}
        for source, mine in _feeds(counted):
            looks += 1
            found[source] = [(run, *_facts(mine, run, period)) for run in _runs(mine)]
        stretches = _once(found, counted)
        told = {source for source, *_ in stretches}
        always = [] if ALL in told else [one for one in _always(_feeds(counted), period) if one[0] not in told]
        rows += [(name, column, *one) for one in [*stretches, *always]]
    frame = pd.DataFrame(rows, columns=["table", "column", "source", *_FACTS]).set_index(["table", "column", "source"])
    frame.attrs["looks"] = looks
    return frame


_FACTS = "first_day last_day factor n n_all shown mended moved distance beside".split()


def cells(table: ir.Table, name: str, column: str, period: Period) -> pd.DataFrame:
    """How large are amounts, by source and day?

    table  of `name`;  column  of money;  period  the report's: the two years up to its end
    Returns rows: source (None where there is none), day (since 1970, in the company's time zone), cell (twentieths of a
    power of ten), n amounts above 0, their total, kinds (how many differ).
    """
    offset = int((dt.datetime.combine(period.past, dt.time()) - period.end.replace(tzinfo=None)).total_seconds())
    rows = table.select(
        source=table.source.cast("string") if "source" in table.columns else ibis.null("string"),
        _at=instant(table, name),
        _x=table[column].cast("float64"),
    )
    since = period.end - dt.timedelta(weeks=_WEEKS)
    rows = rows.filter((rows._x > 0) & (rows._x < 1e18) & (rows._at >= since) & (rows._at < period.end))
    day = ((engine.epoch(rows._at) + offset) / 86_400).floor().cast("int64")
    cell = (rows._x.log10() * _STEPS + 1e-9).floor().cast("int64")
    counted = rows.group_by("source", day=day, cell=cell).aggregate(n=_.count(), total=_._x.sum(), kinds=_._x.nunique())
    found = counted.execute().sort_values(["source", "day", "cell"], ignore_index=True)
    return found.assign(source=found["source"].astype(object).where(found["source"].notna(), None))


def _feeds(cells: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """The whole table, and each source where there are several; those of few different amounts are left out."""
    named = list(cells.groupby("source")) if cells["source"].nunique(dropna=False) > 1 else []
    feeds = [(ALL, cells), *named]
    varied = [mine.groupby("cell")["kinds"].max().sum() >= _VARIED for _, mine in feeds]
    return [feed for feed, enough in zip(feeds, varied, strict=True) if enough]


def _runs(mine: pd.DataFrame) -> list[_Run]:
    """The stretches of one feed that stand out by a power of ten; what most amounts are is never one."""
    table = mine.pivot_table(index="day", columns="cell", values="n", aggfunc="sum", fill_value=0)
    table = table.reindex(columns=range(table.columns.min(), table.columns.max() + 1), fill_value=0)
    starts = _blocks(table.sum(axis=1))
    blocks = np.add.reduceat(table.to_numpy(float), starts, axis=0)
    power = _powers(np.array([_quantiles(block, table.columns[0]) for block in blocks]))
    rows = blocks.sum(axis=1)
    usual = max(set(power), key=lambda k: rows[power == k].sum())
    days = [*table.index[starts], table.index[-1] + 1]
    found = []
    for run in _stretches(power - usual):
        first, past = _edges(table, days, run.start, run.stop, int(power[run.start] - usual))
        one = _Run(first, past, int(power[run.start] - usual))
        if past > first and _distance(table, one) is not None:
            found.append(one)
    return found


def _blocks(n: pd.Series) -> np.ndarray:
    """Where each block of days begins that holds enough amounts; what is left over belongs to the last."""
    starts, held = [0], 0
    for place, rows in enumerate(n):
        if held >= _BLOCK:
            starts, held = [*starts, place], 0
        held += rows
    return np.array(starts[:-1] if held < _LEAST and len(starts) > 1 else starts)


def _quantiles(counts: np.ndarray, first: int) -> np.ndarray:
    """Quantiles of a block, in powers of ten."""
    share = np.cumsum(counts) / counts.sum()
    return (np.searchsorted(share, _SHARES) + first) / _STEPS


def _powers(quantiles: np.ndarray) -> np.ndarray:
    """By which power of ten each block differs from the first, told by what the blocks before it were like."""
    usual, powers = [quantiles[0]], [0]
    for now in quantiles[1:]:
        move = now - np.median(usual[-_BEFORE:], axis=0)
        middle = float(np.median(move))
        k = round(middle)
        is_unit = k and abs(middle - k) <= _NEAR and np.abs(move - k).max() <= _WIDE
        powers.append(k if is_unit else 0)
        usual.append(now - powers[-1])
    return np.array(powers)


def _stretches(powers: np.ndarray) -> list[slice]:
    """Neighbouring blocks of one power that is not 0; a single block between two of them, of both units, is inside."""
    filled = powers.copy()
    for place in range(1, len(powers) - 1):
        if powers[place] == 0 and powers[place - 1] == powers[place + 1]:
            filled[place] = powers[place - 1]
    cuts = [0, *(np.flatnonzero(np.diff(filled)) + 1), len(filled)]
    return [slice(a, b) for a, b in zip(cuts, cuts[1:], strict=False) if filled[a] != 0]


def _edges(table: pd.DataFrame, days: list[int], start: int, stop: int, power: int) -> tuple[int, int]:
    """The first day of a stretch and the day after its last: the days that put fewest amounts on the wrong side."""
    inside = table.loc[days[start] : days[stop] - 1]
    centre = _quantiles(inside.sum().to_numpy(float), table.columns[0])[2] - power / 2
    odd = (table.columns.to_numpy() + 0.5 > centre * _STEPS) == (power > 0)
    wrong = pd.Series(table.loc[:, odd].sum(axis=1) - table.loc[:, ~odd].sum(axis=1), index=table.index)

    def best(near: pd.Series, before: bool) -> int:
        if near.empty:
            return days[start] if before else days[stop]
        summed = np.concatenate([[0], np.cumsum(near.to_numpy())])
        place = int(np.argmin(summed) if before else np.argmax(summed))
        return int(near.index[place]) if place < len(near) else int(near.index[-1]) + 1

    middle = inside.index[len(inside) // 2]
    first = best(wrong.loc[days[max(start - 2, 0)] : middle], before=True) if start else days[start]
    last = days[min(stop + 2, len(days) - 1)] - 1
    return first, best(wrong.loc[middle:last], before=False) if stop < len(days) - 1 else days[stop]


def _distance(table: pd.DataFrame, run: _Run) -> float | None:
    """How far the stretch's amounts, in the others' unit, are from those around; None where they are no such ones."""
    inside = (table.index >= run.first) & (table.index < run.past)
    near = (table.index >= run.first - _MEMORY) & (table.index < run.past + _MEMORY)
    mine, others = (table[rows].sum().to_numpy(float) for rows in (inside, near & ~inside))
    n, m = mine.sum(), others.sum()
    if n < _LEAST or m < 2 * _LEAST:
        return None
    far = abs(run.power) * _STEPS
    pad = np.zeros(far)
    mine, others = (np.cumsum(np.concatenate([pad, x, pad])) / x.sum() for x in (mine, others))
    moved = np.roll(mine, -run.power * _STEPS)
    moved = np.concatenate([moved[:-far], np.ones(far)]) if run.power > 0 else np.concatenate([pad, moved[far:]])
    chance = 1.63 * np.sqrt(1 / n + 1 / m)
    alike, unlike = np.abs(moved - others).max(), np.abs(mine - others).max()
    return float(alike) if alike <= _ALIKE + chance and unlike >= max(_UNLIKE, 2 * alike) else None


def _always(feeds: list[tuple[str, pd.DataFrame]], period: Period) -> list[tuple]:
    """The sources whose amounts are always a power of ten times those of the largest source."""
    cells, named = (feeds[0][1] if feeds else None), dict(feeds[1:])
    sizes = {source: int(mine["n"].sum()) for source, mine in named.items()}
    largest = max(sizes, key=lambda source: sizes[source], default=None)
    found = []
    for source in (one for one in named if one != largest):
        mine, others = named[source], named[largest]
        first, last = max(mine["day"].min(), others["day"].min()), min(mine["day"].max(), others["day"].max())
        a, b = (rows[rows["day"].between(first, last)].groupby("cell")["n"].sum() for rows in (mine, others))
        fits = [(x, k) for k in _POWERS if (x := _alike(a, b, k)) is not None]
        if fits:
            distance, power = min(fits)
            run = _Run(int(mine["day"].min()), int(mine["day"].max()) + 1, power)
            found.append((source, *_sums(cells, cells["source"] == source, run, period), distance, largest))
    return found


def _alike(mine: pd.Series, others: pd.Series, power: int) -> float | None:
    """The distance of one source's amounts, in the other's unit, from the other's; None where they are not alike."""
    n, m = mine.sum(), others.sum()
    if min(n, m) < _SURE:
        return None
    ends = [*mine.index, *others.index]
    every = range(min(ends) - 4 * _STEPS, max(ends) + 4 * _STEPS)
    moved = mine.set_axis(mine.index - power * _STEPS).reindex(every, fill_value=0).cumsum() / n
    mine, others = (x.reindex(every, fill_value=0).cumsum() / x.sum() for x in (mine, others))
    alike, unlike = (moved - others).abs().max(), (mine - others).abs().max()
    is_one = alike <= _ALIKE + 1.63 * np.sqrt(1 / n + 1 / m) and unlike > _UNLIKE
    return float(alike) if is_one else None


def _facts(mine: pd.DataFrame, run: _Run, period: Period) -> tuple:
    """All of _FACTS of one stretch."""
    table = mine.pivot_table(index="day", columns="cell", values="n", aggfunc="sum", fill_value=0)
    table = table.reindex(columns=range(table.columns.min(), table.columns.max() + 1), fill_value=0)
    return *_sums(mine, True, run, period), _distance(table, run), None


def _sums(mine: pd.DataFrame, of: pd.Series | bool, run: _Run, period: Period) -> tuple:
    """(first_day, last_day, factor, n, n_all, shown, mended, moved) of such rows in a stretch."""
    inside = of & (mine["day"] >= run.first) & (mine["day"] < run.past)
    now = mine["day"] >= day_number(period.first)
    factor = 10.0**run.power
    shown, wrong = mine.loc[now, "total"].sum(), mine.loc[now & inside, "total"].sum()
    mended = shown - wrong + wrong / factor
    moved = faults.move("revenue", shown, mended) if (now & inside).any() else np.nan
    days = numbered_day(run.first), numbered_day(run.past - 1)
    counts = int(mine.loc[inside, "n"].sum()), int(mine["n"].sum())
    return *days, factor, *counts, float(shown), float(mended), moved


def _once(found: dict[str, list], cells: pd.DataFrame) -> list[tuple]:
    """Each stretch once: of the whole table where every source has it, else of its sources."""
    rows, sources = [], [source for source in found if source != ALL]
    told = [(source, run, facts) for source in sources for run, *facts in found[source]]
    for run, *facts in found.get(ALL, []):
        days = cells[(cells["day"] >= run.first) & (cells["day"] < run.past)]
        have = days.groupby("source")["n"].sum()
        have = {source for source in sources if have.get(source, 0) >= _LEAST}
        same = [one for one in told if one[1].power == run.power and _overlap(one[1], run)]
        if have <= {one[0] for one in same} or not same:
            rows.append((ALL, *facts))
            told = [one for one in told if one not in same]
    return rows + [(source, *facts) for source, _, facts in told]


def _overlap(one: _Run, other: _Run) -> bool:
    return one.first < other.past and other.first < one.past
