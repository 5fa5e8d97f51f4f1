"""Where does a number stand?  Cards with value, interval, goal, change and trend; and numbers recorded in silence."""

from __future__ import annotations

import pandas as pd

from cx_helpers import dates, disclosure, records, wording
from cx_helpers.certainty import ALL
from cx_helpers.report.phrases import phrases
from cx_helpers.report.rendering import Block
from cx_helpers.report.setting import (
    change_amount,
    change_interval,
    counted,
    group,
    interval,
    is_null,
    metric,
    short_amount,
    split_amount,
    words,
)


def kpi(
    name: str,
    answer: pd.DataFrame,
    change: pd.DataFrame | None = None,
    goal: dict | float | None = None,
    trend: pd.DataFrame | None = None,
    dimensions: dict | None = None,
    *,
    title=None,
    unit: str | None = None,
    digits: int | None = None,
    period: dates.Period | None = None,
    base=None,
) -> Block:
    """One number with all that a manager asks next: how sure, against what goal, which way, and is that real?

    name        the metric: a column of `answer`;  answer  one row: n, the value, low, high
    change      one row: change, low, high (against the previous period), told with its interval; where that holds 0 the
                card says “no significant change”
    goal        {"target": 40, "direction": "up"} as tables.goal gives it, or a number
    trend       the answer by period, oldest first: a small line
    dimensions  {column: group} when the number is one group's;  period  what it is about (default: the reading's)
    base        what n counts, where a share would be taken for one of all: {"fa": "خریدار", "en": "buyers"}
    Records the value for metrics.json, null when there is too little data: never 0.
    """
    reading = wording.current()
    locale, of = reading.locale, metric(name, unit, digits)
    row = _one_row(answer, name, "answer")
    step = _one_row(change, "change", "change") if change is not None and len(change) else None
    card = _card(name, of, row, step, goal, trend, locale, title, dimensions)
    counted_of = f"{wording.number(row.get('n'), locale)}\u00a0{words(base, locale)}"
    card["base"] = phrases(locale).of_n.format(n=counted_of) if base and not card["reason"] else ""
    plain = f"{card['title']}: {card['value']}{card['unit']} ({card['interval'] or card['reason']})"
    payload = {"kind": "kpi", "locale": locale, "cards": [card]}
    told = _told(row, dimensions or {})
    return Block(payload, plain, metrics=[_record(name, of, row, dimensions or {}, period or reading.period)][:told])


def kpis(*cards: Block) -> Block:
    """Cards side by side: `blocks.kpis(blocks.kpi("nps", …), blocks.kpi("csat", …))`."""
    together = [card for block in cards for card in block.payload["cards"]]
    locale = cards[0].payload["locale"] if cards else wording.current().locale
    rows = [row for block in cards for row in block.metrics]
    return Block({"kind": "kpi", "locale": locale, "cards": together}, "\n".join(map(repr, cards)), metrics=rows)


class Recorded(Block):
    """Metrics that are recorded but not shown."""

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        from cx_helpers.report.rendering import METRICS

        return {METRICS: self.metrics, "text/plain": self.plain}


def metrics(name: str, answer: pd.DataFrame, period: dates.Period | None = None, *, unit: str | None = None) -> Block:
    """Record every row of an answer for metrics.json without showing it; dimensions come from the index.

    An index level of periods becomes each row's own period.
    """
    reading, of, rows = wording.current(), metric(name, unit), []
    # a level that holds nothing but `all` splits nothing; a province of that name stands among others
    levels = enumerate(answer.index.names)
    whole = {"source", *(k for i, k in levels if set(answer.index.get_level_values(i)) == {ALL})}
    for index, row in answer.iterrows():
        values = dict(zip(answer.index.names, index if isinstance(index, tuple) else (index,), strict=True))
        when = next((v for v in values.values() if isinstance(v, dates.Period)), period or reading.period)
        dimensions = {
            str(k): records.clean(v)
            for k, v in values.items()
            if not isinstance(v, dates.Period) and not (v == ALL and k in whole)
        }
        if _told(row, dimensions):
            rows.append(_record(name, of, row, dimensions, when))
    return Recorded({}, f"{len(rows)} values of {name} recorded", metrics=rows)


def together(*parts: Recorded) -> Recorded:
    """Several such records as one: a cell's last line."""
    return Recorded(
        {}, "; ".join(part.plain for part in parts), metrics=[row for part in parts for row in part.metrics]
    )


def _told(row: pd.Series, dimensions: dict) -> bool:
    """May a row be recorded?  A hidden group is null with its n, a hidden cell of a cross-tab is not recorded."""
    return not row.get(disclosure.HIDDEN) or len(dimensions) + bool(wording.current().segment) < 2


def _one_row(answer: pd.DataFrame, column: str, what: str) -> pd.Series:
    if column not in answer.columns:
        raise ValueError(f"the {what} has no column {column!r}; it has {', '.join(map(str, answer.columns))}")
    if len(answer) != 1:
        raise ValueError(f"a KPI is one number and this {what} has {len(answer)} rows; choose one: {what}.loc[['app']]")
    return answer.iloc[0]


def _record(name: str, of: records.Metric, row: pd.Series, dimensions: dict, period: dates.Period | None) -> dict:
    if period is None:
        raise ValueError("a metric needs its period: open the workspace first, or give period=")
    n = records.clean(row.get("n"))
    return {
        "metric": name,
        "dimensions": {str(k): records.clean(v) for k, v in dimensions.items()},
        **{key: records.clean(row.get(column)) for key, column in (("value", name), ("low", "low"), ("high", "high"))},
        "n": None if n is None else int(n),
        "unit": of.unit,
        "period_start": period.start.isoformat(),
        "period_end": period.end.isoformat(),
    }


def _card(name, of, row, step, goal, trend, locale, title, dimensions) -> dict:
    value, unit = split_amount(row[name], of, locale)
    target, direction = _goal(goal, of)
    shown = words(title, locale) or of.title[locale]
    if dimensions and not title:
        shown += " · " + " · ".join(group(value, locale) for value in dimensions.values())
    return {
        "metric": name,
        "of_group": bool(dimensions),
        "title": shown,
        "value": value,
        "unit": unit,
        "interval": interval(row.get("low"), row.get("high"), of, locale),
        "reason": _reason(row, name, locale),
        "bar": _bar(row, name, target, of),
        "goal": "" if target is None else short_amount(target, of, locale),
        "goal_state": _goal_state(row, name, target, direction),
        **_step(step, of, direction, locale, is_null(row[name])),
        "spark": _spark(trend, name),
    }


def _reason(row, name: str, locale: str) -> str:
    if not is_null(row[name]):
        return ""
    if why := row.get(disclosure.HIDDEN):
        return disclosure.WHY[why][locale]
    if isinstance(why := row.get("why"), str):  # a reading's own reason, in the reader's language
        return why
    n, least = row.get("n"), wording.current().smallest_group
    if is_null(n) or n == 0:
        return {"fa": "در این دوره داده‌ای نیست", "en": "no data in this period"}[locale]
    few = {"fa": "تنها {n}؛ برای عددی مطمئن کم است", "en": "only {n}: too few for a number"}[locale]
    if n >= least:
        return few.format(n=counted(n, name, locale))
    return phrases(locale).fewer.format(n=counted(least, name, locale))


def _goal(goal, of: records.Metric) -> tuple[float | None, str]:
    if goal is None:
        return None, of.direction
    if isinstance(goal, dict):
        return float(goal["target"]), goal.get("direction") or of.direction
    return float(goal), of.direction


def _goal_state(row, name: str, target: float | None, direction: str) -> str:
    """met or missed when the whole interval lies on one side of the goal; open when it holds the goal."""
    if target is None or is_null(row[name]):
        return ""
    low = row[name] if is_null(row.get("low")) else row["low"]
    high = row[name] if is_null(row.get("high")) else row["high"]
    if direction == "down":
        low, high, target = -high, -low, -target
    return "met" if low >= target else "missed" if high < target else "open"


def _step(step, of: records.Metric, direction: str, locale: str, value_null: bool) -> dict:
    """The change in words, its interval, and whether it is good; without a value, nothing."""
    found = {"change": "", "change_interval": "", "change_tone": "", "change_arrow": ""}
    if step is None or value_null:
        return found
    if is_null(step["change"]):
        return found | {"change": phrases(locale).no_before, "change_tone": "flat"}
    low, high = step.get("low"), step.get("high")
    found["change_interval"] = change_interval(low, high, of, locale)
    if is_null(low) or is_null(high) or low <= 0 <= high:
        return found | {"change": phrases(locale).no_change, "change_tone": "flat"}
    up = step["change"] > 0
    return found | {
        "change": change_amount(step["change"], of, locale),
        "change_tone": "good" if up == (direction == "up") else "bad",
        "change_arrow": "up" if up else "down",
    }


def _bar(row, name: str, target: float | None, of: records.Metric) -> dict | None:
    """Places on a bar of 0..100: the interval, the value, the goal; on the metric's scale, zoomed where it is small."""
    if is_null(row[name]):
        return None
    known = [float(v) for v in (row[name], row.get("low"), row.get("high"), target) if not is_null(v)]
    if len(known) < 2:  # a value alone has nothing to be seen against
        return None
    low, high = min(known), max(known)
    room = max(high - low, 1e-9) * 0.35
    start = low - room if of.low is None else max(of.low, low - room)
    end = high + room if of.high is None else min(of.high, high + room)
    end = end if end > start else start + 1

    def place(x):
        return None if x is None or is_null(x) else round(100 * (float(x) - start) / (end - start), 2)

    return {
        "value": place(row[name]),
        "low": place(row.get("low")),
        "high": place(row.get("high")),
        "goal": place(target),
    }


def _spark(trend: pd.DataFrame | None, name: str) -> dict | None:
    """Points of a small line, 100 wide and 28 high, broken where a period has no value."""
    if trend is None or name not in trend.columns or trend[name].notna().sum() < 3:
        return None
    values = [None if is_null(v) else float(v) for v in trend[name]]
    seen = [v for v in values if v is not None]
    low, high = min(seen), max(seen)
    reach = (high - low) or 1
    points = [
        None if v is None else (round(4 + 92 * i / (len(values) - 1), 1), round(24 - 20 * (v - low) / reach, 1))
        for i, v in enumerate(values)
    ]
    lines, part = [], []
    for point in [*points, None]:
        if point is None:
            if part:
                lines.append(" ".join(f"{x},{y}" for x, y in part))
            part = []
        else:
            part.append(point)
    return {"lines": lines, "last": points[-1]}
