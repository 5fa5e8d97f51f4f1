"""How does it look cut another way?  Dropdowns in the lab that call a measure again and redraw its picture.

Only for cells tagged `explore` and `skip-execution`: a headless run leaves them out, and pages never hold them.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable

import pandas as pd

from cx_helpers import dates, wording
from cx_helpers.report.phrases import phrases
from cx_helpers.report.setting import group


def explore(
    function: Callable,
    table,
    *,
    by: Iterable[str] = (),
    periods: Iterable[dates.Period] = (),
    segment: str | Iterable[str] = (),
    time: str | None = None,
    thresholds: dict[str, tuple] | None = None,
    draw: Callable | None = None,
    **fixed,
):
    """Look for yourself: choose the group column, the period, the segment, the threshold; the picture follows.

    function    a measure, called as function(table, by=…, **thresholds, **fixed);  table  an engine table
    by          columns to split by;  segment  one or more columns whose values narrow the table down
    periods     to choose from, cut on the column `time` (default: the table's first column named …_at)
    thresholds  {parameter of function: (low, high, step)}, a slider each;  draw  answer -> picture (default:
                charts.ranges for groups, charts.lines for periods, else the answer itself)
    explore(survey.nps, answers, by=["channel"], periods=tables.months(12), segment="province",
            thresholds={"smallest": (1, 100, 1)})
    """
    import ipywidgets as widgets
    from IPython.display import clear_output, display

    known, by = inspect.signature(function).parameters, list(by)
    if unknown := set(thresholds or {}) - set(known):
        raise ValueError(f"{function.__name__} has no parameter {min(unknown)!r}; it has {', '.join(known)}")
    segments = [segment] if isinstance(segment, str) else list(segment)
    if missing := [c for c in [*by, *segments, *([time] if time else [])] if c not in table.columns]:
        raise ValueError(f"the table has no column {missing[0]!r}; it has {', '.join(table.columns)}")
    time = time or next((column for column in table.columns if column.endswith("_at")), None)
    chosen = _choices(table, known, by, list(periods), segments, thresholds or {})
    screen = widgets.Output()

    def redraw(_=None) -> None:
        picked = {key: widget.value for key, widget in chosen.items()}
        part = cut(table, time, picked.pop("period", None), picked.pop("segment", None))
        with screen:
            clear_output(wait=True)
            try:
                answer = function(part, **picked, **fixed)
                shown = picture(answer) if draw is None else draw(answer)
            except ValueError as error:  # a choice that the measure refuses says why; the dropdowns stay
                print(error)
            else:
                display(shown)

    for widget in chosen.values():
        widget.observe(redraw, names="value")
    redraw()
    return widgets.VBox([widgets.HBox(list(chosen.values()), layout={"flex_flow": "row wrap"}), screen])


def _choices(table, known, by: list[str], periods: list, segments: list[str], thresholds: dict) -> dict:
    """A widget for each thing to choose, in the reader's words."""
    import ipywidgets as widgets

    reading = wording.current()
    locale, t, chosen = reading.locale, phrases(reading.locale), {}
    style = {"style": {"description_width": "initial"}, "layout": {"width": "max-content", "min_width": "14rem"}}
    if by:
        options = [(group(column, locale).replace("_", " "), column) for column in by]
        chosen["by"] = widgets.Dropdown(options=options, description=t.group, **style)
    if periods:
        options = [(t.all_periods, None), *((period.label(locale), period) for period in reversed(periods))]
        now = reading.period if reading.period in periods else None
        chosen["period"] = widgets.Dropdown(options=options, value=now, description=t.period, **style)
    if segments:
        options = [(t.everybody, None)]
        for column in segments:
            title = group(column, locale).replace("_", " ")
            options += [(f"{title}: {group(value, locale)}", (column, value)) for value in _values(table, column)]
        chosen["segment"] = widgets.Dropdown(options=options, description=t.segment, **style)
    for name, (low, high, pace) in thresholds.items():
        start = known[name].default
        start = low if start in (inspect.Parameter.empty, None) else min(max(start, low), high)
        kind = widgets.IntSlider if all(isinstance(x, int) for x in (low, high, pace)) else widgets.FloatSlider
        limits = {"value": start, "min": low, "max": high, "step": pace}
        chosen[name] = kind(**limits, description=name.replace("_", " "), continuous_update=False, **style)
    return chosen


def cut(table, time: str | None, period, segment):
    """The part of an engine table that a reader chose: a dates.Period, a (column, value); None is no choice."""
    if period is not None and time is not None:
        table = table.filter(table[time] >= period.start, table[time] < period.end)
    return table if segment is None else table.filter(table[segment[0]] == segment[1])


def picture(answer):
    """The natural picture of an answer: dots and intervals for groups, lines for periods, else the answer itself."""
    from cx_helpers.report.intervals import ranges
    from cx_helpers.report.trends import lines

    if not isinstance(answer, pd.DataFrame) or len(answer) < 2 or not {"low", "high"} <= set(answer.columns):
        return answer
    last = answer.index.get_level_values(answer.index.nlevels - 1)
    return lines(answer) if isinstance(last[0], dates.Period) else ranges(answer)


def _values(table, column: str, most: int = 30) -> list:
    """The commonest values of a column."""
    known = table.filter(table[column].notnull())
    counted = known.group_by(column).aggregate(rows=known.count())
    return list(counted.order_by([counted.rows.desc(), counted[column]]).limit(most).execute()[column])
