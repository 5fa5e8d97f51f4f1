"""The picture of one life: `timeline`, what happened when, a lane for each kind of thing.  For the lab only."""

from __future__ import annotations

import pandas as pd

from cx_helpers import wording
from cx_helpers.report import theme
from cx_helpers.report.figure import Chart, chart, hover, nothing
from cx_helpers.report.rendering import Block
from cx_helpers.report.setting import isolate, words

_LANE = 46  # pixels


def timeline(events: pd.DataFrame, *, lanes: list[str] | None = None, title=None, caption=None) -> Chart | Block:
    """What happened, when, and in which system?  A dot an event, a lane a kind, time from left to right.

    events  rows in time: `at` (UTC), `kind` (the lane), `what`, and where known `channel`, `outcome` (failure and
            abandoned are red, success is green), `number`, `source` (all at the pointer)
    lanes   kinds in the order of the lanes, from above;  default: by their first event
    """
    locale = wording.current().locale
    if events.empty:
        return nothing(title)
    lanes = [lane for lane in (lanes or list(events["kind"].unique())) if (events["kind"] == lane).any()]
    zone = wording.current().period.timezone if wording.current().period else "UTC"
    at = (
        events["at"].dt.tz_convert(zone)
        if events["at"].dt.tz
        else events["at"].dt.tz_localize("UTC").dt.tz_convert(zone)
    )
    days = [wording.label(moment.date(), locale) for moment in at]
    traces = []
    for place, lane in enumerate(lanes):
        rows = (events["kind"] == lane).to_numpy()
        mine = events[rows]
        traces.append({
            "type": "scatter", "mode": "markers", "x": [t.isoformat() for t in at[rows]], "y": [-place] * len(mine),
            "marker": {"size": 11, "color": [_colour(o) for o in mine["outcome"]], "opacity": 0.75,
                       "line": {"width": 1, "color": theme.colour("paper")}},
            "text": [_said(row, day, locale) for row, day in zip(mine.itertuples(), _of(days, rows), strict=True)],
            "hoverinfo": "text", "showlegend": False,
        })  # fmt: skip
    first, last = at.min(), at.max()
    ticks = (
        pd.date_range(first.normalize(), last.normalize(), periods=5) if last - first > pd.Timedelta("5D") else [first]
    )
    layout = {
        "height": _LANE * len(lanes) + 90,
        "margin": {"l": 20 if locale == "fa" else 130, "r": 130 if locale == "fa" else 20, "t": 16, "b": 46},
        "xaxis": {"tickvals": [t.isoformat() for t in ticks], "showgrid": True, "gridcolor": theme.colour("line"),
                  "ticktext": [isolate(wording.label(t.date(), locale), locale) for t in ticks]},
        "yaxis": {"tickvals": [-i for i in range(len(lanes))], "zeroline": False, "gridcolor": theme.colour("line"),
                  "ticktext": [isolate(wording.label(lane, locale), locale) for lane in lanes],
                  "side": "right" if locale == "fa" else "left", "range": [-len(lanes) + 0.5, 0.5]},
    }  # fmt: skip
    counts = events["kind"].value_counts()
    alt = "، ".join(f"{wording.label(lane, locale)} {wording.number(int(counts[lane]), locale)}" for lane in lanes)
    return chart(traces, layout, title=title, caption=words(caption, locale), alt=alt, table=None)


def _of(texts: list[str], rows) -> list[str]:
    return [text for text, wanted in zip(texts, rows, strict=True) if wanted]


def _colour(outcome) -> str:
    name = {"failure": "bad", "abandoned": "bad", "success": "good"}.get(outcome, "accent")
    return theme.colour(name)


def _said(row, day: str, locale: str) -> str:
    known = [wording.label(value, locale) for value in (row.what, row.channel, row.outcome) if isinstance(value, str)]
    number = "" if row.number != row.number or row.number is None else wording.number(float(row.number), locale)
    return hover(day, " · ".join(known), number, str(row.source or ""), locale=locale)
