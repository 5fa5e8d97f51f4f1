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

_EVERYBODY = ""


def explore(
    function: Callable,
    table,
    *,
    by: Iterable[str] = (),
    draw: Callable | None = None,
    periods: Iterable[dates.Period] = (),
    time: str | None = None,
    segment: str | None = None,
    thresholds: dict[str, tuple] | None = None,
    **fixed,
):
    """Look for yourself: choose the group column, the period, the segment, the threshold; the picture follows.

    function    a measure, called as function(table, by=…, **thresholds, **fixed);  table  an engine table
    by          the columns to choose from;  periods  the periods to choose from (cut on the column `time`; default: the
                table's own time column)
    segment     a column whose values narrow the table down ("province")
    thresholds  {parameter of function: (low, high, step)}: one slider each; it starts at the function's default
    draw        answer -> picture (default: charts.ranges for a split answer, the bare answer otherwise)
    charts.explore(survey.nps, tables.all.responses, by=["channel", "province"], periods=tables.months(12))
    """
    import ipywidgets as widgets
    from IPython.display import clear_output, display

    reading = wording.current()
    locale, t = reading.locale, phrases(reading.locale)
    known = inspect.signature(function).parameters
    if unknown := set(thresholds or {}) - set(known):
        raise ValueError(f"{function.__name__} has no parameter {min(unknown)!r}; it has {', '.join(known)}")
    if missing := [c for c in [*by, *([segment] if segment else [])] if c not in table.columns]:
        raise ValueError(f"the table has no column {missing[0]!r}; it has {', '.join(table.columns)}")
    time = time or next((c for c in table.columns if c.endswith("_at")), None)
    style = {"style": {"description_width": "initial"}, "layout": {"width": "max-content", "min_width": "14rem"}}
    chosen: dict[str, widgets.Widget] = {}
    if by := list(by):
        options = [(group(c, locale).replace("_", " "), c) for c in by]
        chosen["by"] = widgets.Dropdown(options=options, description=t.group, **style)
    if periods := list(periods):
        options = [(t.all_periods, None), *((p.label(locale), p) for p in reversed(periods))]
        current = reading.period if reading.period in periods else None
        chosen["period"] = widgets.Dropdown(options=options, value=current, description=t.period, **style)
    if segment:
        options = [(t.everybody, _EVERYBODY), *((group(v, locale), v) for v in _values(table, segment))]
        chosen["segment"] = widgets.Dropdown(options=options, description=group(segment, locale), **style)
    for name, (low, high, pace) in (thresholds or {}).items():
        start = known[name].default
        start = low if start is inspect.Parameter.empty or start is None else min(max(start, low), high)
        kind = widgets.IntSlider if all(isinstance(x, int) for x in (low, high, pace)) else widgets.FloatSlider
        title = name.replace("_", " ")
        chosen[name] = kind(
            value=start, min=low, max=high, step=pace, description=title, continuous_update=False, **style
        )
    screen = widgets.Output()

    def redraw(_=None) -> None:
        picked = {name: widget.value for name, widget in chosen.items()}
        part = cut(table, time, picked.pop("period", None), segment, picked.pop("segment", _EVERYBODY))
        with screen:
            clear_output(wait=True)
            try:
                answer = function(part, **picked, **fixed)
            except ValueError as error:  # a choice that the measure refuses says why, the widgets stay
                print(error)
                return
            display(picture(answer) if draw is None else draw(answer))

    for widget in chosen.values():
        widget.observe(redraw, names="value")
    redraw()
    controls = widgets.HBox(list(chosen.values()), layout={"flex_flow": "row wrap"})
    controls.layout.flex_flow = "row wrap"
    return widgets.VBox([controls, screen])


def cut(table, time: str | None, period, segment: str | None, value):
    """The part of an engine table that a reader chose; nothing chosen is the whole table."""
    if period is not None and time is not None:
        table = table.filter(table[time] >= period.start, table[time] < period.end)
    return table if not segment or value == _EVERYBODY else table.filter(table[segment] == value)


def picture(answer):
    """The natural picture of an answer: dots and intervals for groups, lines for periods, else the answer itself."""
    from cx_helpers.report.intervals import ranges
    from cx_helpers.report.trends import lines

    if not isinstance(answer, pd.DataFrame) or len(answer) < 2 or not {"low", "high"} <= set(answer.columns):
        return answer
    last = answer.index.get_level_values(answer.index.nlevels - 1)
    return lines(answer) if isinstance(last[0], dates.Period) else ranges(answer)


def _values(table, column: str, most: int = 50) -> list:
    """The commonest values of a column."""
    counted = table.filter(table[column].notnull()).group_by(column).aggregate(rows=table.count())
    return list(counted.order_by([counted.rows.desc(), counted[column]]).limit(most).execute()[column])
