"""Were some answers given on another scale than the others?  0 to 5 where it says 0 to 10: no promoter, ever."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from cx_helpers import disclosure, faults
from cx_helpers.dates import Period
from cx_helpers.limits import NUMBERS

ALL = "all"  # sources: all of them
CHANNEL = "channel="  # how a channel's name begins in the place of a source
NARROWER = ((0, 5), (1, 5), (0, 7), (1, 7), (0, 10), (1, 10))  # scales that answers may have been given on instead
_MONTHS = 24
_OWN = 0.1  # share of a channel's answers that must not have been told of by their source
_FEW, _MANY = 40, 100  # answers that a group must have, and those that it is held against
_ABOVE = 0.3  # share of the others' answers above the narrower scale's end: where hardly any are, nothing is missed
_ALL, _LEAST = 0.97, 0.25  # share of answers on the other scale: from here on all of them; below it nobody can tell
_ALIKE = 0.1  # distance of two distributions above the scale's end, but for chance
_CLIFF = 0.2  # answers too many just above the scale's end, in parts of those too many at it
_SHAPE = 0.3  # of answers on the narrower scale from the others' squeezed into it


def scales(tables: dict[str, ir.Table], period: Period, smallest: int = 1) -> pd.DataFrame:
    """Were the answers of a month or a source given on another, narrower scale than it says?

    tables  every table of the company, uncut ({name: table});  period  the report's: the 24 months up to its end
    smallest  tables.smallest: groups of fewer answers are not judged
    The answers of each source, channel, month and month of a source are held against all others to the same question on
    the same scale.  A group is told where hardly one of its answers lies above the end of one of NARROWER, though
    many of the others do, and its answers are spread as the others' are, squeezed into that scale.  Of a source it may
    be a quarter and more of them: then answers above that end are rarer by one share, else as they are among the
    others, and too many lie at that end and hardly any beyond.  Customers who became less content answer lower at the
    top, too, without such a cliff, and are not told.  That answers lie outside their scale is asked by `impossible`.
    Returns index (`instrument`, `source` or "channel=" and its name, `month`; "all": whichever): n answers, top (the
    highest that the question allows), narrower_low and narrower_high (the other scale), share (given on it), metric,
    shown and mended (the period's, with this group and without it; null where it is not computed), moved (NaN where
    none is in the period; else the share of such answers where no number is computed), in_period; attrs["looks"] is how
    many were judged.
    """
    rows, looks = [], 0
    given = counts(tables["responses"], period) if "responses" in tables else pd.DataFrame(columns=_KEYS)
    for (instrument, top), mine in given.groupby(["instrument", "top"]):
        told: list[tuple[str, str]] = []
        known = pd.Series(False, index=mine.index)  # the rows that were told of
        for source, month, group in _groups(mine):
            inside, others = mine[group], mine[~group & _comparable(mine, source, month)]
            n = int(inside["n"].sum())
            if n < max(_FEW, disclosure.least(smallest)) or others["n"].sum() < _MANY:
                continue
            if source.startswith(CHANNEL) and mine.loc[group & ~known, "n"].sum() < _OWN * n:
                continue  # it is the source that was told of
            looks += 1
            part = month == ALL and n >= _MANY
            if (found := _narrower(_shares(inside), _shares(others), n, int(top), part)) is None:
                continue
            if (source, ALL) not in told and (ALL, month) not in told:
                told.append((source, month))
                known |= group
                rows.append(
                    (instrument, source, month, int(inside["n"].sum()), int(top), *found, *_effect(mine, group))
                )
    names = ["instrument", "source", "month", *_FACTS]
    frame = pd.DataFrame(rows, columns=names).set_index(names[:3])
    frame.attrs["looks"] = looks
    return frame


_KEYS = ["instrument", "top", "source", "channel", "month", "score", "n", "in_period"]
_FACTS = "n top narrower_low narrower_high share metric shown mended moved in_period".split()


def counts(table: ir.Table, period: Period) -> pd.DataFrame:
    """How many gave which whole score, by question, the top of its scale, source, channel and month?

    table  of responses;  period  the report's: the 24 months up to its end
    Returns rows: instrument, top, source and channel ("" where there is none), month (its name), score, in_period, n.
    """
    if not {"responded_at", "instrument", "score", "scale_max"} <= set(table.columns):
        return pd.DataFrame(columns=_KEYS)
    months = period.back(_MONTHS)
    when = table.responded_at
    month = ibis.cases(*(((when >= m.start) & (when < m.end), m.name) for m in months), else_=ibis.null("string"))
    whose = {c: table[c].cast("string") if c in table.columns else ibis.null("string") for c in ("source", "channel")}
    rows = table.select(
        instrument=table.instrument,
        top=table.scale_max.cast("float64"),
        **whose,
        month=month,
        score=table.score.cast("float64"),
        in_period=(when >= period.start) & (when < period.end),
    )
    rows = rows.filter(rows.month.notnull() & rows.top.notnull() & (rows.score == rows.score.round()).fill_null(False))
    keys = [key for key in _KEYS if key != "n"]
    found = rows.group_by(keys).aggregate(n=_.count()).execute()
    found = found[(found["score"] >= 0) & (found["score"] <= found["top"])]
    found = found.assign(**{c: found[c].astype(object).where(found[c].notna(), "") for c in whose})
    return found.sort_values(keys, ignore_index=True)


def _groups(mine: pd.DataFrame):
    """(source, month, which rows) of all that is judged: sources, channels, months of all sources, months of one."""
    sources, channels, months = (sorted(mine[column].unique()) for column in ("source", "channel", "month"))
    for source in sources if len(sources) > 1 else []:
        yield source, ALL, mine["source"] == source
    for channel in channels if len(channels) > 1 else []:
        yield f"{CHANNEL}{channel}", ALL, mine["channel"] == channel
    for month in months:
        yield ALL, month, mine["month"] == month
    for source in sources if len(sources) > 1 else []:
        for month in months:
            yield source, month, (mine["source"] == source) & (mine["month"] == month)


def _comparable(mine: pd.DataFrame, source: str, month: str) -> pd.Series:
    """A month of one source is held against that source's other months; all else against everything."""
    return (mine["source"] == source) if ALL not in (source, month) else pd.Series(True, index=mine.index)


def _shares(rows: pd.DataFrame) -> pd.Series:
    counted = rows.groupby("score")["n"].sum()
    return counted / counted.sum()


def _narrower(mine: pd.Series, others: pd.Series, n: float, top: int, part: bool) -> tuple[int, int, float] | None:
    """(low, high, share of answers) of the narrower scale that some answers were given on; None where none were.

    part  may it be a part of them, or must it be all?
    """
    scores, fits = np.arange(top + 1), []
    h, g = (x.reindex(scores, fill_value=0.0).to_numpy() for x in (mine, others))
    for low, high in NARROWER:
        above = scores > high
        if high >= top or g[above].sum() < _ABOVE:
            continue
        share = 1 - h[above].sum() / g[above].sum()
        if share < _ALL and not (part and share >= _LEAST and _is_part(h, g, share, high, n)):
            continue
        extra = np.clip(h - (1 - share) * g, 0, None)[~above]
        shape = min(_apart(extra, one[~above]) for one in _squeezed(g, scores, low, high))
        if shape <= _SHAPE + 1.5 / np.sqrt(n):
            fits.append((shape, low, high, min(share, 1.0)))
    return min(fits)[1:] if fits else None


def _is_part(h: np.ndarray, g: np.ndarray, share: float, high: int, n: float) -> bool:
    """Are answers above the narrower scale's end fewer by one share only, and is there a cliff where it ends?"""
    extra = h - (1 - share) * g
    alike = _apart(h[high + 1 :], g[high + 1 :]) <= _ALIKE + 1.0 / np.sqrt(n * h[high + 1 :].sum())
    return bool(alike and extra[high + 1] <= _CLIFF * extra[high] and extra[high] >= 3 / np.sqrt(n))


def _squeezed(g: np.ndarray, scores: np.ndarray, low: int, high: int):
    """The others' answers as they would be on the narrower scale, however halves are rounded."""
    first = 1 if g[0] == 0 and low else 0
    exact = low + (scores - first) * (high - low) / (scores[-1] - first)
    for rounded in (np.floor(exact + 0.5), np.ceil(exact - 0.5), np.floor(exact), np.ceil(exact)):
        yield np.bincount(rounded.clip(low, high).astype(int), weights=g, minlength=len(scores))


def _apart(a: np.ndarray, b: np.ndarray) -> float:
    """Total variation between two shapes, each taken as a whole; 1 where one of them is empty."""
    return float(np.abs(a / a.sum() - b / b.sum()).sum() / 2) if a.sum() > 0 and b.sum() > 0 else 1.0


def _effect(mine: pd.DataFrame, group: pd.Series) -> tuple:
    """(metric, shown, mended, moved, in_period): NPS is computed, of all else the share of such answers is told."""
    now = mine["in_period"].astype(bool)
    hit = bool((now & group).any())
    instrument = mine["instrument"].iloc[0]
    if instrument != "nps":
        part = faults.share(mine.loc[now & group, "n"].sum(), mine.loc[now, "n"].sum())
        return instrument if instrument in NUMBERS else "scores", np.nan, np.nan, part if hit else np.nan, hit
    shown, mended = _nps(mine[now]), _nps(mine[now & ~group])
    moved = faults.move("nps", shown, mended) if hit else np.nan
    return "nps", shown, mended, 1.0 if hit and moved != moved else moved, hit


def _nps(rows: pd.DataFrame) -> float:
    votes = np.where(rows["score"] >= 9, 100.0, np.where(rows["score"] <= 6, -100.0, 0.0))
    return faults.share((votes * rows["n"]).sum(), rows["n"].sum())
