"""What does a notebook's cell of parameters say?  Names, types, ranges and help; and is a value of that form?

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

from cx_helpers.errors import Refusal
from cx_helpers.tables import nearest

DIGITS = str.maketrans("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩٫", "01234567890123456789.", "٬")
_RANGE = re.compile(r"(-?\d+(?:\.\d+)?)\s*\.\.\s*(-?\d+(?:\.\d+)?(?:e\d+)?)")  # 0..1e15, too
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
        """period, date, segment, by, goal, steps, experiment, control, metrics, item, locale, workspace, or empty: what
        the value is checked against."""
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
        if (self.name in ("experiment", "control", "item") and self.type is str) or (
            self.name == "metrics" and self.type is list
        ):
            return self.name
        a_day = isinstance(self.default, str) and _DAY.fullmatch(self.default.translate(DIGITS))
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
    ends = _RANGE.search(comment.translate(DIGITS)) if kind in (int, float) else None
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


def read(notebook: Path) -> dict[str, Parameter]:
    """The parameters of a notebook file; ParameterError names the file."""
    import json

    try:
        return schema(json.loads(notebook.read_text("utf-8"))["cells"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ParameterError(f"{notebook.name}: {error}") from None


def typed(p: Parameter, value):
    """The value in the parameter's own type; ParameterError where it is of another."""
    if value is None or (p.optional and isinstance(value, str) and value.strip().lower() in ("none", "null", "")):
        if p.optional:
            return None
        raise wrong(p, value, "it needs a value")
    kind = p.type or type(value)
    try:
        typed = _cast(kind, value)
    except (ValueError, TypeError):
        raise wrong(p, value, f"{_WORDS.get(kind, kind.__name__)} is needed, e.g. {p.default!r}") from None
    if p.choices and typed not in p.choices:
        raise wrong(p, value, f"one of {', '.join(map(str, p.choices))} is needed{nearest(typed, p.choices)}")
    if p.low is not None and not p.low <= typed <= p.high:
        end = p.low if typed < p.low else p.high
        near = f"the nearest is {end:g}"
        if (p.low, p.high, p.type) == (0, 1, float) and 1 < typed <= 100 and "share" in p.help:
            near += f"; a share is meant, {typed:g}% is {typed / 100:g}"
        raise wrong(p, value, f"it lies outside {p.low:g}..{p.high:g}; {near}")
    return typed


def _cast(kind: type, value):
    if isinstance(value, str) and kind is not str:
        text = value.strip().translate(DIGITS)
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


def wrong(p: Parameter, value, remedy: str) -> ParameterError:
    """The error of a value that cannot be: what it is, what to do, and the parameter's own help."""
    return ParameterError(f"parameter {p.name} = {value!r}: {remedy}" + (f" ({p.help})" if p.help else ""))
