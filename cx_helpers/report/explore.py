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
    thresholds  {parameter of function: (low, high, step)}, a slider each, which starts at what `fixed` says of it, else
                at the function's default;  draw  answer -> picture (default: see `picture`)
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
    starts = {name: fixed.pop(name, known[name].default) for name in thresholds or {}}
    chosen = _choices(table, by, list(periods), segments, thresholds or {}, starts)
    screen = widgets.Output()

    def redraw(_=None) -> None:
        picked = {key: widget.value for key, widget in chosen.items()}
        part = cut(table, time, picked.pop("period", "") or None, picked.pop("segment", "") or None)
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
    choices = widgets.HBox(list(chosen.values()), layout={"flex_flow": "row wrap"})
    choices.add_class(f"cx-choices-{wording.current().locale}")  # .jupyter/custom/custom.css gives them their direction
    return widgets.VBox([choices, screen])


def _choices(table, by: list[str], periods: list, segments: list[str], thresholds: dict, starts: dict) -> dict:
    """A widget for each thing to choose, in the reader's words."""
    import ipywidgets as widgets

    reading = wording.current()  # below "" is no choice: a dropdown whose value is None shows nothing at all
    locale, t, chosen = reading.locale, phrases(reading.locale), {}
    style = {"style": {"description_width": "initial"}, "layout": {"width": "max-content", "min_width": "14rem"}}
    if by:
        options = [(group(column, locale).replace("_", " "), column) for column in by]
        chosen["by"] = widgets.Dropdown(options=options, description=t.group, **style)
    if periods:
        listed = dict.fromkeys([*filter(None, [reading.period]), *reversed(periods)])  # the report's own first
        options = [(t.all_periods, ""), *((period.label(locale), period) for period in listed)]
        chosen["period"] = widgets.Dropdown(options=options, value=reading.period or "", description=t.period, **style)
    if segments:
        options = [(t.everybody, "")]
        for column in segments:
            title = group(column, locale).replace("_", " ")
            options += [(f"{title}: {group(value, locale)}", (column, value)) for value in _values(table, column)]
        chosen["segment"] = widgets.Dropdown(options=options, description=t.segment, **style)
    for name, limits in thresholds.items():
        options = _steps(*limits, locale)
        start = limits[0] if starts[name] in (inspect.Parameter.empty, None) else starts[name]
        nearest = min((value for _, value in options), key=lambda value: abs(value - start))
        said = {"description": group(name, locale).replace("_", " "), "continuous_update": False}
        chosen[name] = widgets.SelectionSlider(options=options, value=nearest, **said, **style)
    return chosen


def _steps(low, high, pace, locale: str) -> list[tuple[str, float]]:
    """The places of a slider, each with its number as a reader writes it; whole numbers stay whole."""
    digits = len(f"{pace:g}".partition(".")[2])
    values = [round(low + place * pace, digits) for place in range(round((high - low) / pace) + 1)]
    return [(wording.number(value, locale, digits), value) for value in values]


def cut(table, time: str | None, period, segment):
    """The part of an engine table that a reader chose: a dates.Period, a (column, value); None is no choice."""
    if period is not None and time is not None:
        table = table.filter(table[time] >= period.start, table[time] < period.end)
    return table if segment is None else table.filter(table[segment[0]] == segment[1])


def picture(answer):
    """The natural picture of an answer: dots and intervals for groups, lines for periods, else a table."""
    from cx_helpers.report.blocks import table
    from cx_helpers.report.figure import nothing
    from cx_helpers.report.intervals import ranges
    from cx_helpers.report.trends import lines

    if not isinstance(answer, pd.DataFrame):
        return answer
    if not {"low", "high"} <= set(answer.columns):
        return nothing() if answer.empty else table(answer)
    over_time = len(answer) > 1 and isinstance(answer.index[-1], dates.Period)
    return lines(answer) if over_time else ranges(answer)


def _values(table, column: str, most: int = 30) -> list:
    """The commonest values of a column."""
    known = table.filter(table[column].notnull())
    counted = known.group_by(column).aggregate(rows=known.count())
    return list(counted.order_by([counted.rows.desc(), counted[column]]).limit(most).execute()[column])


def choose(values: Iterable, draw: Callable, label: str = "customer_id"):
    """Look at one of many: choose a value, see its picture.

    values  what to choose from, in order;  draw  value -> a chart or block;  label  what a value is
    """
    import ipywidgets as widgets
    from IPython.display import clear_output, display

    locale, screen = wording.current().locale, widgets.Output()
    options = [str(value) for value in values]
    if not options:
        return widgets.HTML(phrases(locale).nothing_here)
    chosen = widgets.Dropdown(options=options, description=wording.label(label, locale))

    def redraw(_=None) -> None:
        with screen:
            clear_output(wait=True)
            display(draw(chosen.value))

    chosen.observe(redraw, names="value")
    redraw()
    return widgets.VBox([chosen, screen])


def sliders(limits: dict[str, tuple], draw: Callable):
    """What if?  A slider for each number; the picture follows.

    limits  {name: (low, high, step, start)}; a name is called as the reader calls it
    draw    {name: value} -> a chart or block; a choice that is refused says why, and the sliders stay
    """
    import ipywidgets as widgets
    from IPython.display import clear_output, display

    locale, screen, chosen = wording.current().locale, widgets.Output(), {}
    style = {"style": {"description_width": "initial"}, "layout": {"width": "24rem"}}
    for name, (low, high, pace, start) in limits.items():
        options = _steps(low, high, pace, locale)
        nearest = min((value for _, value in options), key=lambda value, start=start: abs(value - start))
        said = {"description": wording.label(name, locale), "continuous_update": False}
        chosen[name] = widgets.SelectionSlider(options=options, value=nearest, **said, **style)

    def redraw(_=None) -> None:
        with screen:
            clear_output(wait=True)
            try:
                display(draw({name: widget.value for name, widget in chosen.items()}))
            except ValueError as error:
                print(error)

    for widget in chosen.values():
        widget.observe(redraw, names="value")
    redraw()
    choices = widgets.VBox(list(chosen.values()))
    choices.add_class(f"cx-choices-{locale}")
    return widgets.VBox([choices, screen])
