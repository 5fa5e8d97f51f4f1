"""How does an answer stand in a table?  Titles, digits and units of each column, and rows too small to show."""

from __future__ import annotations

import pandas as pd

from cx_helpers import disclosure, records, wording
from cx_helpers.report.phrases import phrases
from cx_helpers.report.setting import (
    COUNT_TITLES,
    COUNTED,
    LRI,
    PDI,
    POINTS,
    RLI,
    amount,
    change_amount,
    group,
    groups,
    is_null,
    metric,
    words,
)

_COUNTS = ("n", "n_before", "customers", "promoters", "passives", "detractors", "orders", "visits", "stood", "gained")
_MONEY = ("money", "money_each", "revenue", "amount")
_SHARES = ("share", "cumulative", "customer_share", "usual", "touched", "retention", "agreement")
_CHANGES = ("change", "change_low", "change_high", "detectable")
_HELPERS = ("se", disclosure.HIDDEN)
_P_VALUES = ("p_value", "p_adjusted", "uneven_p")
_TITLES = wording._names("""
low | کران پایین | lower end
high | کران بالا | upper end
interval | بازهٔ ۹۵٪ | 95% interval
change | تغییر | change
p_value | p | p
p_adjusted | تصادف چنین می‌سازد (p تصحیح‌شده) | chance does as much (p, corrected)
n_before | در دورهٔ پیش | period before
detectable | کوچک‌ترین تغییر دیدنی | smallest visible change
others | دیگران | the others
share | سهم | share
""")


def table_payload(
    answer: pd.DataFrame,
    locale: str,
    *,
    columns: list[str] | None = None,
    titles: dict | None = None,
    formats: dict | None = None,
    unit_of: str | None = None,
    caption=None,
    rows_title=None,
    tone=None,
    most: int | None = None,
    texts: bool = False,
) -> dict:
    """The frame as a table's payload: every cell already text, numbers with the value they sort by.

    columns    which, in this order (default: all but helpers);  titles {column: {"fa", "en"} or text}
    formats    {column: "share" | "points_of_share" | "count" | "money" | "hours" | "duration" (from seconds) |
               a metric's name | a function of the value}
    unit_of    the metric whose unit low, high, baseline and the like take (default: the first column that is a metric)
    tone       {column: function of the value -> "good" | "bad" | "mid" | None};  most  rows shown at most
    texts      the cells are set already; they stand as numbers do
    A row that privacy hides says so in words instead of numbers; in an answer by several columns it is left out.
    """
    t = phrases(locale)
    unit_of = unit_of or next((c for c in answer.columns if c in records.METRICS and c not in _COUNTS), None)
    columns = [c for c in answer.columns if c not in _HELPERS] if columns is None else list(columns)
    if missing := [c for c in columns if c not in answer.columns]:
        raise ValueError(f"the answer has no column {missing[0]!r}; it has {', '.join(map(str, answer.columns))}")
    unit_of = unit_of or next((c for c in columns if c in _SHARES), None)
    beside = next((c for n, c in zip(columns, columns[1:], strict=False) if n == "n"), None)  # what n counts
    named = {**_TITLES, **({"n": counted_title(beside, locale)} if beside in COUNTED else {}), **(titles or {})}
    head = [
        {"title": _title(c, named, locale), "numeric": texts or pd.api.types.is_numeric_dtype(answer[c])}
        for c in columns
    ]
    private = answer.get(disclosure.HIDDEN, pd.Series(None, answer.index, dtype=object)).notna()
    shown = answer[~private] if most is None else answer[~private].head(most)
    body, remarks = [], []
    heads = groups(shown.index, locale)
    for head_of, index, row in zip(heads, shown.index, shown[columns].itertuples(index=False), strict=True):
        small = "n" in answer.columns and _too_small(shown.at[index, "n"] if shown.index.is_unique else None, row)
        cells = []
        for column, value in zip(columns, row, strict=True):
            cell = _cell(column, value, unit_of, (formats or {}).get(column), locale)
            if is_null(value) and small and column not in _COUNTS:
                cell["text"], cell["tone"] = "—", "mute"
            if column == "n" and small:
                limit = wording.current().smallest_group
                if not is_null(value) and value < limit:
                    cell["text"], cell["sort"] = t.fewer.format(n=wording.number(limit, locale)), 0.0
            if tone and column in tone and not is_null(value) and (mood := tone[column](value)):
                cell["tone"] = mood
            cells.append(cell)
        body.append({"head": head_of, "cells": cells, "why": ""})
    if private.any() and answer.index.nlevels > 1:
        remarks.append(t.private_rows.format(n=wording.number(wording.current().smallest_group, locale)))
    elif private.any():
        hidden = answer.loc[private.to_numpy(), disclosure.HIDDEN]
        body += [
            {"head": name, "cells": [], "why": disclosure.WHY[why][locale]}
            for name, why in zip(groups(hidden.index, locale), hidden, strict=True)
        ]
    if (
        disclosure.HIDDEN in answer
        and wording.current().smallest_group > 1
        and any(cell["text"] == "—" for row in body for cell in row["cells"])
    ):
        remarks.append(t.dash_note)
    single = list(answer.index) == ["all"] and answer.index.name in (None, "all")
    return {
        "columns": head,
        "rows": body,
        "rows_title": "" if single else words(rows_title, locale) or index_title(answer.index, locale),
        "caption": ". ".join(filter(None, [words(caption, locale).rstrip("."), *remarks])),
        "show_heads": not single,
    }


def twin(answer: pd.DataFrame, value: str, unit: str | None, locale: str) -> dict:
    """The table behind a picture of one value and its interval: of money and shares, in the unit the picture names."""
    columns = [column for column in ("n", value, "low", "high") if column in answer.columns]
    formats = dict.fromkeys((value, "low", "high"), unit) if unit in ("money", "share", POINTS) else None
    return table_payload(answer, locale, columns=columns, unit_of=value, formats=formats)


def _too_small(n, row) -> bool:
    return any(is_null(value) for value in row) and n is not None and not is_null(n)


def _title(column, named: dict, locale: str) -> str:
    if column in named:
        return words(named[column], locale)
    if column in records.METRICS:
        return records.METRICS[column].title[locale]
    return group(column, locale).replace("_", " ")


def index_title(index: pd.Index, locale: str) -> str:
    """What the rows are: the names of the index's levels."""
    names = [name for name in index.names if name not in (None, "all")]
    return " · ".join(wording.label(name, locale).replace("_", " ") for name in names) or phrases(locale).group


def counted_title(name: str | None, locale: str) -> str:
    """What the column n of this metric counts: answers, invitations, comments, customers."""
    return COUNT_TITLES[COUNTED[name]][locale] if name in COUNTED else wording.label("n", locale)


def _cell(column: str, value, unit_of: str | None, how, locale: str) -> dict:
    if callable(how):
        return {"text": words(how(value), locale), "sort": _sortable(value), "tone": ""}
    if how is None and column in (*_MONEY, *_SHARES):
        how = "money" if column in _MONEY else "share"
    if is_null(value):
        text = "—"
    elif isinstance(value, (bool, str)) or not isinstance(value, (int, float)) and not hasattr(value, "dtype"):
        return {
            "text": words(value, locale) if isinstance(value, dict) else group(value, locale),
            "sort": "",
            "tone": "",
        }
    elif how == POINTS:
        text = wording.number(100 * value, locale, 1, sign=True)
    elif how == "count" or (how is None and column in _COUNTS):
        text = wording.number(value, locale)
    elif how is not None:
        text = amount(
            value,
            metric(how) if how in records.METRICS else metric("", unit=how, digits=1 if how == "share" else 0),
            locale,
        )
    elif column in _P_VALUES:
        text = p_text(value, locale)
    elif column in _CHANGES or (column in ("low", "high") and unit_of == "change"):
        text = change_amount(value, metric(unit_of or column), locale)
    elif column in records.METRICS:
        text = amount(value, metric(column), locale)
    elif column in ("low", "high", "baseline", "others", "before") and unit_of in _SHARES:
        text = wording.number(value, locale, 1, percent=True)
    elif column in ("low", "high", "baseline", "others", "before") and unit_of:
        text = amount(value, metric(unit_of), locale)
    else:
        text = wording.number(value, locale, 0 if float(value).is_integer() else 2)
    return {"text": text, "sort": _sortable(value), "tone": ""}


def _sortable(value):
    if is_null(value):
        return ""
    return float(value) if isinstance(value, (int, float)) or hasattr(value, "dtype") else str(value)


def p_text(p, locale: str) -> str:
    """A p value: three digits, and never 0; Persian says `less than` in words."""
    if is_null(p):
        return "—"
    number = wording.number(max(float(p), 0.001), locale, 3)
    if p >= 0.001:
        return number
    return {"fa": "کمتر از ", "en": "< "}[locale] + number


def p_said(p, locale: str) -> str:
    """The same in a line of text: `p = 0.012`, `p < 0.001`; null is nothing."""
    if is_null(p):
        return ""
    said = f"p {p_text(p, locale)}" if p < 0.001 else f"p = {p_text(p, locale)}"
    return f"{RLI if locale == 'fa' and p < 0.001 else LRI}{said}{PDI}"
