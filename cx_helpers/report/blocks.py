"""What stands on a page besides pictures?  Bottom line, findings, tables, personas, notes, quotes, the data card.

Each function returns a Block that a notebook shows by leaving it as the last line of a cell.  Texts are {"fa", "en"}
pairs (`wording.say`) or plain; the block takes the reader's language, its records keep both.
"""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from cx_helpers import records, wording
from cx_helpers.report import kpis as _kpis
from cx_helpers.report import portraits as _portraits
from cx_helpers.report import quadrants as _quadrants
from cx_helpers.report.phrases import phrases
from cx_helpers.report.rendering import Block, without
from cx_helpers.report.setting import (
    UNITS,
    amount,
    change_amount,
    change_interval,
    counted,
    group,
    interval,
    is_null,
    metric,
    scope,
    words,
)
from cx_helpers.report.tabulate import p_said, table_payload

kpi, kpis, metrics, together = _kpis.kpi, _kpis.kpis, _kpis.metrics, _kpis.together
personas = _portraits.personas
swot = _quadrants.swot


def bottom_line(sentence, *more) -> Block:
    """The answer before anything else, in one to three sentences: the first one is set larger.

    blocks.bottom_line(survey.sentence(now, change), say(fa="…", en="…"))
    """
    locale = wording.current().locale
    texts = [text for part in (sentence, *more) if (text := words(part, locale))]
    segment = scope(wording.current().segment, locale)
    only = phrases(locale).only.format(segment=segment) if segment else ""
    plain = " ".join(filter(None, [only, *texts]))
    return Block({"kind": "lead", "locale": locale, "sentences": texts, "scope": only}, plain)


def note(text, *more) -> Block:
    """A remark in small type: what was guarded against, how to read a picture; None says nothing."""
    locale = wording.current().locale
    texts = [one for part in (text, *more) if (one := words(part, locale))]
    return Block({"kind": "note", "locale": locale, "sentences": texts, "tone": ""}, " ".join(texts))


def findings(found: Iterable[records.Finding], looked_at: int | None = None, nothing=None) -> Block:
    """Claims that a measure tested, the most severe first; an empty list says honestly that nothing was found.

    found      records.Finding, each with its own looks, interval and n
    looked_at  how many comparisons were made in all, for the sentence when nothing was found
    nothing    that sentence in words, where it is not about comparisons
    Records every finding for findings.json.
    """
    reading = wording.current()
    locale, t = reading.locale, phrases(reading.locale)
    order = {severity: place for place, severity in enumerate(records.SEVERITIES)}
    ranked = sorted(found, key=lambda finding: order[finding.severity])  # stable: a measure's own order stays
    if not ranked:
        looks = wording.number(looked_at, locale) if looked_at is not None else ""
        empty = t.found_nothing if looked_at is None else t.nothing_compared
        several = t.looked_once_and_found_nothing if looked_at == 1 else t.looked_and_found_nothing
        empty = several.format(looks=looks) if looked_at else empty
        empty = words(nothing, locale) or empty
        return Block({"kind": "finding", "locale": locale, "items": [], "empty": empty}, empty)
    items = [finding_item(one, locale) for one in ranked]
    plain = "\n".join(f"[{item['label']}] {item['claim']}" for item in items)
    payload = {"kind": "finding", "locale": locale, "items": items, "empty": ""}
    return Block(payload, plain, findings=[one.record() | {"tone": one.tone} for one in ranked])


# kinds whose n counts cases, customers, whatever the measure; and measures that count customers, whatever the kind
_COUNTS = {"opportunity": "", "experiment": "retention", "value_each": "retention"}


def finding_item(one: records.Finding, locale: str) -> dict:
    """One finding as the page sets it: claim, proof, what mending it brings, small print, and the rest at the pointer.

    The proof already holds the interval of what was tested; the value's own interval and p stand in `more`.
    """
    t = phrases(locale)
    own = interval(one.low, one.high, metric(one.measure, one.unit or None), locale)
    own = own and f"{t.interval_colon} {own}"
    looks = t.looks.format(looks=wording.number(one.looks, locale)) if one.looks else ""
    looks = t.one_look if one.looks == 1 else looks
    count = sample(one.kind, one.measure, one.n, locale)
    small = [count, "" if one.detail else own, looks]
    return {
        "severity": one.severity,
        "tone": one.tone,
        "label": getattr(t, one.kind if one.kind in ("strength", "opportunity") else one.severity),
        "claim": one.text[locale],
        "proof": words(one.detail, locale),
        "impact": impact_text(one.impact, one.measure, locale, one.kind) or remedy_text(one.remedy, locale),
        "small": [part for part in small if part],
        "more": " · ".join(filter(None, [own if one.detail else "", p_said(one.p_adjusted, locale)])),
    }


def sample(kind: str, measure: str, n: int | None, locale: str) -> str:
    """What a finding rests on: 4,128 customers; empty where nothing is counted."""
    return "" if n is None else counted(n, _COUNTS.get(measure, _COUNTS.get(kind, measure)), locale)


def remedy_text(remedy, locale: str) -> str:
    """What to do about it: `What to do: load the export once`; empty where nothing is known."""
    return f"{phrases(locale).remedy}: {words(remedy, locale)}" if remedy else ""


_BRINGS = wording._names("""
friction | گرفتار نمی‌شوند | would not get stuck
funnel_drop | نمی‌روند | would not leave
moment_of_truth | بازمی‌گردند | would come back
cohort | بازمی‌گردند | would come back
churn_risk | بیش از دیگران | more than of the others
opportunity | به مقصد می‌رسند | would reach the goal
score | در کل | overall
""")  # what a number of customers, journeys … does, by the finding's kind

_SCORES = ("points", "share", "scale", "score")  # units in which the metric itself would move


def impact_text(impact: dict | None, measure: str, locale: str, kind: str = "") -> str:
    """What mending it would bring: `if fixed: about 500 customers (410 to 590) more come back`."""
    if not impact or is_null(impact.get("value")):
        return ""
    unit, t = impact.get("unit") or "number", phrases(locale)
    ends = impact.get("low"), impact.get("high")
    if unit in _SCORES:  # the metric itself would move
        of = metric(measure) if metric(measure).unit == unit else metric(unit, unit=unit)
        value, between = change_amount(impact["value"], of, locale), change_interval(*ends, of, locale)
    else:
        of = metric(unit, unit=unit, digits=0)
        value, between = amount(impact["value"], of, locale), interval(*ends, of, locale, unit=unit == "money")
        if unit not in UNITS and unit not in ("money", "count", "number"):
            value += "\u00a0" + wording.label(unit, locale)
    key = (
        kind
        if unit in ("customers", "journeys", "contracts")
        else "score"
        if unit in _SCORES and kind != "driver"
        else ""
    )
    does = _BRINGS[key][locale] if key in _BRINGS else ""
    mended = t.goes_with if kind == "churn_risk" else t.impact  # who leaves more was compared, not mended
    if kind == "risk" and unit == "money":  # a lever of `scenario`: half as many hit, for a year
        mended, does = t.halved, t.a_year
    return " ".join(filter(None, [f"{mended}: {t.about} {value}", between and f"({between})", does]))


def table(
    answer: pd.DataFrame,
    columns: list[str] | None = None,
    *,
    title=None,
    titles: dict | None = None,
    formats: dict | None = None,
    unit_of: str | None = None,
    rows_title=None,
    tone: dict | None = None,
    most: int | None = None,
    note=None,
) -> Block:
    """An answer as a small table that sorts at a press and scrolls inside its box on a phone.

    columns  which and in what order;  titles {column: words};  formats {column: "share" | "count" | "money" | "hours" |
    metric name | function};  unit_of  the metric whose unit low and high take;  tone {column: value -> "bad" | …}
    Groups hidden for being small say so in words; null is a dash.  Without rows it is a sentence.
    """
    locale = wording.current().locale
    made = table_payload(
        answer, locale, columns=columns, titles=titles, formats=formats, unit_of=unit_of, rows_title=rows_title,
        tone=tone, most=most, caption=note,
    )  # fmt: skip
    if not made["rows"]:
        return without(words(title, locale), made["caption"] or phrases(locale).nothing_here, locale)
    payload = {"kind": "table", "locale": locale, "title": words(title, locale), **made}
    rows = [[row["head"], *([cell["text"] for cell in row["cells"]] or [row["why"]])] for row in made["rows"]]
    lines = [[made["rows_title"], *(column["title"] for column in made["columns"])], *rows]
    return Block(payload, "\n".join(" | ".join(line) for line in lines))  # what the table shows, and no more


def quotes(texts: Iterable, *, title=None) -> Block:
    """Customers' own words, always escaped; where there are none, a sentence on why.

    texts  strings, or {"text": …, "source": …, "tone": "bad" | "good" | "mid"} with words on where it was said
    """
    locale = wording.current().locale
    items = [{"text": one} if isinstance(one, str) else dict(one) for one in texts]
    shown = [
        {"text": str(one["text"]), "source": words(one.get("source"), locale), "tone": one.get("tone") or ""}
        for one in items
    ]
    if not shown:
        return note(phrases(locale).no_quotes)
    payload = {"kind": "quotes", "locale": locale, "title": words(title, locale), "items": shown}
    return Block(payload, f"{len(shown)} quotes")


def data_card(rows: dict) -> Block:
    """What the page's numbers stand on, row by row, folded at the page's end.

    rows  {title: value}; a title is a {"fa", "en"} pair's `fa`, a table or column name, or plain words; a value is a
          number, text, {"fa", "en"}, a date or period, a list of these, or (share,) for a percentage.  A dict as value
          is a nested card (one table each, say).
    blocks.data_card({"responses": {"n": 1840, "customers": 1602, "from": day, "to": day}, "guards": [say(…), say(…)]})
    """
    locale = wording.current().locale
    shown = [_card_row(key, value, locale) for key, value in _pairs(rows)]
    return Block({"kind": "data_card", "locale": locale, "rows": shown}, f"{len(shown)} rows on the data")


def _pairs(rows) -> list:
    return list(rows.items() if isinstance(rows, dict) else rows)


def _card_row(key, value, locale: str) -> dict:
    t = phrases(locale)
    own = {"from": t.__dict__["from"], "to": t.to, "customers": t.card_customers}  # each table counts its own customers
    if key == "customers" and isinstance(value, dict):  # the table of customers itself
        own = {}
    title = words(key, locale) if isinstance(key, dict) else own.get(key) or _said(key, locale)
    if isinstance(value, dict) and not value.keys() >= {"fa", "en"}:
        return {"title": title, "items": [], "rows": [_card_row(k, v, locale) for k, v in value.items()]}
    values = value if isinstance(value, list) else [value]
    return {"title": title, "items": [_card_value(one, locale) for one in values], "rows": []}


def _said(key, locale: str) -> str:
    said = wording.label(key, locale)
    return said.replace("_", " ") if said == key else said


def _card_value(value, locale: str) -> str:
    if isinstance(value, dict):
        return value[locale]
    if isinstance(value, tuple) and len(value) == 1:
        return wording.number(value[0], locale, 1, percent=True)
    if is_null(value):
        return "—"
    return group(value, locale)
