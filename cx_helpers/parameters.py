"""What may a notebook be given?  Each value, checked by what its name says it is before anything runs.

`signature` reads the cell; here a period must exist, a segment hold customers, `by` be a column that can split, a step
have been met: what is refused names the nearest that is there.
"""

from __future__ import annotations

import re

from cx_helpers import dates, wording
from cx_helpers.records import OUTCOMES
from cx_helpers.signature import DIGITS, Parameter, ParameterError, typed, wrong
from cx_helpers.tables import TABLES, can_split, nearest


def settle(known: dict[str, Parameter], given: dict, company=None) -> dict:
    """What the notebook will run with: the `given` values, typed and checked by what they mean.

    known    of `signature.schema`;  given  {name: value}, texts from the command line or values from a plan
    company  a `workspace.Tables`, to check `segment`, `by`, `goal` against what is there; None checks form only
    Raises ParameterError (or the workspace's and dates' own errors) naming the nearest right answer.
    """
    for name in given:
        if name not in known:
            raise ParameterError(
                f"no parameter {name!r}{nearest(name, known)}; parameters: {', '.join(known) or 'none'}"
            )
    values = {name: typed(known[name], value) for name, value in given.items()}
    for name, value in values.items():
        if value not in (None, "") and value != known[name].default:
            values[name] = _meant(known[name], value, company)
    return values


def _meant(p: Parameter, value, company):
    """Check a value by what its name says it is; returns it in the form that a notebook reads."""
    if p.meaning == "period":
        return period(value).name
    if p.meaning == "date":
        _nearest_date(dates.parse_date, value)
        return value.strip().translate(DIGITS)
    if p.meaning == "locale" and value not in wording.LOCALES:
        raise wrong(p, value, f"use fa or en{nearest(value, wording.LOCALES)}")
    if p.meaning == "segment" and company is not None:
        from cx_helpers import workspace

        workspace.check_segment(company, value)
        return "=".join(workspace.split_segment(value))
    if p.meaning == "by" and company is not None:
        for column in value if isinstance(value, list) else [value]:
            _splitting(p, column, company)
    if p.meaning == "goal" and company is not None and company.has("touchpoints"):
        return company.destination(value)
    if p.meaning in _FOUND_IN and company is not None:
        _found(p, value, company, *_FOUND_IN[p.meaning])
    if p.meaning == "metrics" and company is not None and company.has("exposures"):
        _judged_by(p, value, company)
    if p.meaning == "item" and company is not None and company.has("order_items"):
        there = [c for c in company.columns("order_items") if c not in _NO_ITEMS]
        if value not in there:
            raise wrong(p, value, f"order_items have no such column of items{nearest(value, there)}; {_some(there)}")
    if value in p.choices and value in TABLES and company is not None and not company.has(value):
        there = [c for c in p.choices if c not in TABLES or company.has(c)]
        raise wrong(p, value, f"this company has no table {value}; it may be {', '.join(there)}")
    return value


_FOUND_IN = {
    "steps": ("touchpoints", "touchpoint"), "experiment": ("exposures", "experiment"),
    "control": ("exposures", "variant"),
}  # fmt: skip
_NO_ITEMS = ("order_id", "line", "quantity", "unit_price", "source")


def _found(p: Parameter, value, company, table: str, column: str) -> None:
    """Refuse a name that no row up to the period's end has in this column, naming the nearest that one has."""
    if not company.has(table):
        return  # the report will be skipped, and say for want of what
    rows = company.until.table(table)
    there = sorted(rows.select(column).distinct().execute()[column].dropna())
    for one in value if isinstance(value, list) else [value]:
        if one not in there:
            raise wrong(
                p, one, f"no row of {table} up to {company.period.name} has it{nearest(one, there)}; {_some(there)}"
            )


def _judged_by(p: Parameter, value: list, company) -> None:
    """Refuse a metric by which this company's experiments cannot be judged, naming the nearest by which they can."""
    there = [name for name, table in OUTCOMES.items() if company.has(table)]
    there += [c for c in company.columns("exposures") if c not in TABLES["exposures"].columns]
    if company.has("touchpoints") and set(value) - set(there):
        met = company.until.table("touchpoints").select("touchpoint").distinct().execute()["touchpoint"]
        there += sorted(met.dropna())
    for one in value:
        if one not in there:
            raise wrong(p, one, f"no experiment can be judged by it{nearest(one, there)}; {_some(there)}")


def _some(names: list[str], most: int = 20) -> str:
    """What there is, as far as it can be read at a glance."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"there are: {', '.join(names[:most])}{more}"


def _splitting(p: Parameter, column: str, company) -> None:
    """Refuse a column that cannot split what this notebook reads, naming the nearest one that can.

    The notebook says what it reads in the parameter's comment: `any column of touchpoints or customers but outcome`.
    """
    said, _, but = p.help.partition(";")[0].partition("column of")[2].partition(" but ")
    named, but = [name for name in TABLES if re.search(rf"\b{name}\b", said)], re.findall(r"\w+", but)
    own = [name for name in named if name != "customers"]
    if own and not any(company.has(name) for name in own):
        return  # the report will be skipped, and say for want of what
    there = [other for other in columns(company, named) if other not in but]
    if column in there:
        return
    what = f"{' and '.join(named)} have no such column" if named else "no table of this company has such a column"
    if column in _columns(company) and not can_split(column):
        what = "answers use that name themselves; rename the column in the table"
    elif column in but:
        what = "this notebook has a row for each of its values anyway"
    elif column in _columns(company, named):
        what = "it holds keys, times, amounts or free text, by which nothing is split"
    raise wrong(p, column, f"{what}{nearest(column, there)}; columns: {', '.join(there)}")


def columns(company, tables: list[str] = ()) -> list[str]:
    """What `by` may name: columns of these tables (none: of all) but keys, times, amounts, prose and reserved names."""
    return sorted(c for c in _columns(company, tables) if can_split(c) and not _splits_nothing(c))


def _columns(company, tables: list[str] = ()) -> dict[str, None]:
    return dict.fromkeys(c for name in tables or TABLES if company.has(name) for c in company.columns(name))


def _splits_nothing(column: str) -> bool:
    """Is it a key, a time, free text, or an amount of the contract (a score, a price), so that groups mean nothing?"""
    amount = any(spec.columns[column].type == "float64" for spec in TABLES.values() if column in spec.columns)
    return amount or column.endswith(("_id", "_at")) or column in ("comment", "text", "subject", "description", "line")


def period(text: str, **settings) -> dates.Period:
    """`dates.Period.parse`, whose error also names the nearest period that exists."""
    return _nearest_date(lambda t: dates.Period.parse(t, **settings), text)


def _nearest_date(parse, text: str):
    try:
        return parse(text)
    except dates.DateError as error:
        near = _mend(str(text).strip().translate(DIGITS), parse)
        raise ParameterError(f"{error}" + (f"; did you mean {near!r}?" if near else "")) from None


def _mend(text: str, parse) -> str | None:
    """The text with month, day and quarter moved to the nearest that exist, where that makes it a date or period."""
    if quarter := re.fullmatch(r"(\d{4})-?[Qq](\d+)", text):
        return f"{quarter[1]}-Q{min(max(int(quarter[2]), 1), 4)}"
    if not (found := re.fullmatch(r"(\d{4})\D?(\d{1,2})(?:\D?(\d{1,2}))?", text)):
        return None
    year, month, day = int(found[1]), min(max(int(found[2]), 1), 12), found[3]
    for last in range(min(max(int(day), 1), 31), 0, -1) if day else [None]:
        near = f"{year:04}-{month:02}" + (f"-{last:02}" if last else "")
        try:
            parse(near)
        except dates.DateError:
            continue
        return near
    return None
