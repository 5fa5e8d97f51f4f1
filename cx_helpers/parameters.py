"""What may a notebook be given?  Its cell tagged `parameters` says it; everything is checked before anything runs.

    workspace = "data/sample"  # folder of the company
    by: Literal["channel", "province"] = "channel"  # what splits the answers
    threshold = 0.8  # of probability, 0..1

A name, a default (its type is the parameter's type, unless annotated), and a comment that helps, and that may hold a
range or say of which tables `by` may name a column.
Only names that stand there can be given, and values are data: nothing of either is ever run.
"""

from __future__ import annotations

import ast
import datetime as dt
import io
import re
import tokenize
from dataclasses import dataclass
from pathlib import Path

from cx_helpers import dates, wording
from cx_helpers.errors import Refusal
from cx_helpers.tables import TABLES, can_split, nearest

_DIGITS = str.maketrans("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩٫", "01234567890123456789.", "٬")
_RANGE = re.compile(r"(-?\d+(?:\.\d+)?)\s*\.\.\s*(-?\d+(?:\.\d+)?)")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_TYPES = {"str": str, "int": int, "float": float, "bool": bool, "list": list}
_WORDS = {str: "text", int: "a whole number", float: "a number", bool: "true or false", list: "a list: a,b,c"}
_YES_NO = {"true": True, "yes": True, "1": True, "بله": True, "false": False, "no": False, "0": False, "خیر": False}


class ParameterError(Refusal):
    """A parameter that cannot be: the message names it, what it may be, and the nearest right answer."""


@dataclass(frozen=True)
class Parameter:
    """One line of a notebook's parameters cell."""

    name: str
    default: object
    type: type | None = None  # None: anything
    choices: tuple = ()
    low: float | None = None
    high: float | None = None
    optional: bool = False  # may be None
    help: str = ""

    @property
    def meaning(self) -> str:
        """period, date, segment, by, goal, steps, experiment, item, locale, workspace, or empty: what the value is
        checked against."""
        if self.name in ("period", "segment", "locale", "workspace"):
            return self.name
        if self.name.endswith("_period"):
            return "period"
        if self.name == "by" or self.name.endswith("_by"):
            return "by"
        if self.name == "goal" and self.type is str:
            return "goal"
        if self.name in ("steps", "optional") and self.type is list:
            return "steps"
        if self.name in ("experiment", "item") and self.type is str:
            return self.name
        a_day = isinstance(self.default, str) and _DAY.fullmatch(self.default.translate(_DIGITS))
        return "date" if a_day or self.name in ("since", "until", "date") or self.name.endswith("_date") else ""


def schema(cells: list) -> dict[str, Parameter]:
    """The parameters of a notebook, from its cells; ParameterError where the cell is not made of plain assignments."""
    tagged = [c for c in cells if c["cell_type"] == "code" and "parameters" in c["metadata"].get("tags", [])]
    if len(tagged) > 1:
        raise ParameterError(f"{len(tagged)} cells are tagged `parameters`; one may be")
    found = {}
    for cell in tagged:
        source = cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])
        found |= _read_cell(source)
    return found


def _read_cell(source: str) -> dict[str, Parameter]:
    try:
        tree = ast.parse(source)
        tokens = tokenize.generate_tokens(io.StringIO(source).readline)
        comments = {t.start[0]: t.string.lstrip("# ") for t in tokens if t.type == tokenize.COMMENT}
    except (SyntaxError, tokenize.TokenError) as error:
        raise ParameterError(f"the parameters cell is not Python: {error}") from None
    found = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target, annotation = node.targets[0], None
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            target, annotation = node.target, node.annotation
        elif isinstance(node, (ast.Import, ast.ImportFrom)):  # `from typing import Literal`
            continue
        else:
            target = annotation = None
        if not isinstance(target, ast.Name):
            raise ParameterError(f"line {node.lineno} of the parameters cell is not `name = value`")
        try:
            default = ast.literal_eval(node.value)
        except ValueError:
            raise ParameterError(
                f"the default of {target.id!r} is not a plain value such as 3, 'text' or [1, 2]"
            ) from None
        found[target.id] = _parameter(target.id, default, annotation, comments.get(node.end_lineno, ""))
    return found


def _parameter(name: str, default, annotation, comment: str) -> Parameter:
    kind, choices, optional = _annotated(annotation) if annotation else (None, (), default is None)
    if kind is None and default is not None:
        kind = type(choices[0]) if choices else type(default)
    ends = _RANGE.search(comment.translate(_DIGITS)) if kind in (int, float) else None
    low, high = map(float, ends.groups()) if ends else (None, None)
    return Parameter(name, default, kind, choices, low, high, optional or default is None, comment)


def _annotated(node: ast.expr) -> tuple[type | None, tuple, bool]:
    """Type, choices, may it be None: of `int`, `list[str]`, `Literal["a", "b"]`, `float | None`, `Optional[int]`."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        sides = [_annotated(side) for side in (node.left, node.right)]
        return sides[0][0] or sides[1][0], sides[0][1] or sides[1][1], True
    if isinstance(node, ast.Subscript):
        outer = ast.unparse(node.value).rpartition(".")[2]
        if outer == "Literal":
            values = ast.literal_eval(node.slice)
            values = values if isinstance(values, tuple) else (values,)
            return type(values[0]), values, None in values
        if outer == "Optional":
            return *_annotated(node.slice)[:2], True
        return _TYPES.get(outer), (), False
    return _TYPES.get(ast.unparse(node)), (), ast.unparse(node) == "None"


def settle(known: dict[str, Parameter], given: dict, company=None) -> dict:
    """What the notebook will run with: the `given` values, typed and checked by what they mean.

    known    from `schema`;  given  {name: value}, texts from the command line or values from a plan
    company  a `workspace.Tables`, to check `segment`, `by`, `goal` against what is there; None checks form only
    Raises ParameterError (or the workspace's and dates' own errors) naming the nearest right answer.
    """
    for name in given:
        if name not in known:
            raise ParameterError(
                f"no parameter {name!r}{nearest(name, known)}; parameters: {', '.join(known) or 'none'}"
            )
    values = {name: _typed(known[name], value) for name, value in given.items()}
    for name, value in values.items():
        if value not in (None, "") and value != known[name].default:
            values[name] = _meant(known[name], value, company)
    return values


def _typed(p: Parameter, value):
    """The value in the parameter's own type; ParameterError where it is of another."""
    if value is None or (p.optional and isinstance(value, str) and value.strip().lower() in ("none", "null", "")):
        if p.optional:
            return None
        raise _wrong(p, value, "it needs a value")
    kind = p.type or type(value)
    try:
        typed = _cast(kind, value)
    except (ValueError, TypeError):
        raise _wrong(p, value, f"{_WORDS.get(kind, kind.__name__)} is needed, e.g. {p.default!r}") from None
    if p.choices and typed not in p.choices:
        raise _wrong(p, value, f"one of {', '.join(map(str, p.choices))} is needed{nearest(typed, p.choices)}")
    if p.low is not None and not p.low <= typed <= p.high:
        end = p.low if typed < p.low else p.high
        near = f"the nearest is {end:g}"
        if (p.low, p.high, p.type) == (0, 1, float) and 1 < typed <= 100:
            near += f"; a share is meant, {typed:g}% is {typed / 100:g}"
        raise _wrong(p, value, f"it lies outside {p.low:g}..{p.high:g}; {near}")
    return typed


def _cast(kind: type, value):
    if isinstance(value, str) and kind is not str:
        text = value.strip().translate(_DIGITS)
        if kind is bool:
            if text.lower() not in _YES_NO:
                raise ValueError
            return _YES_NO[text.lower()]
        if kind is list:
            return [part.strip() for part in re.split("[,،]", value) if part.strip()]
        if kind not in (int, float):
            return value
        number = kind(text)
        if number != number or number in (float("inf"), float("-inf")):
            raise ValueError
        return number
    if kind is float and type(value) is int:
        return float(value)
    if kind is str and type(value) in (int, float):  # YAML reads `period: 1404` as a number
        return str(value)
    if kind is str and isinstance(value, dt.date):
        return value.isoformat()
    if kind is list and isinstance(value, tuple):
        return list(value)
    if type(value) is not kind:
        raise TypeError
    return value


def _wrong(p: Parameter, value, remedy: str) -> ParameterError:
    return ParameterError(f"parameter {p.name} = {value!r}: {remedy}" + (f" ({p.help})" if p.help else ""))


def _meant(p: Parameter, value, company):
    """Check a value by what its name says it is; returns it in the form that a notebook reads."""
    if p.meaning == "period":
        return period(value).name
    if p.meaning == "date":
        _nearest_date(dates.parse_date, value)
        return value.strip().translate(_DIGITS)
    if p.meaning == "locale" and value not in wording.LOCALES:
        raise _wrong(p, value, f"use fa or en{nearest(value, wording.LOCALES)}")
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
    if p.meaning == "item" and company is not None and company.has("order_items"):
        there = [c for c in company.columns("order_items") if c not in _NO_ITEMS]
        if value not in there:
            raise _wrong(p, value, f"order_items have no such column of items{nearest(value, there)}; {_some(there)}")
    if value in p.choices and value in TABLES and company is not None and not company.has(value):
        there = [c for c in p.choices if c not in TABLES or company.has(c)]
        raise _wrong(p, value, f"this company has no table {value}; it may be {', '.join(there)}")
    return value


_FOUND_IN = {"steps": ("touchpoints", "touchpoint"), "experiment": ("exposures", "experiment")}
_NO_ITEMS = ("order_id", "line", "quantity", "unit_price", "source")


def _found(p: Parameter, value, company, table: str, column: str) -> None:
    """Refuse a name that no row up to the period's end has in this column, naming the nearest that one has."""
    if not company.has(table):
        return  # the report will be skipped, and say for want of what
    rows = company.until.table(table)
    there = sorted(rows.select(column).distinct().execute()[column].dropna())
    for one in value if isinstance(value, list) else [value]:
        if one not in there:
            raise _wrong(
                p, one, f"no row of {table} up to {company.period.name} has it{nearest(one, there)}; {_some(there)}"
            )


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
    raise _wrong(p, column, f"{what}{nearest(column, there)}; columns: {', '.join(there)}")


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
        near = _mend(str(text).strip().translate(_DIGITS), parse)
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


def read(notebook: Path) -> dict[str, Parameter]:
    """The parameters of a notebook file; ParameterError names the file."""
    import json

    try:
        return schema(json.loads(notebook.read_text("utf-8"))["cells"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ParameterError(f"{notebook.name}: {error}") from None
