"""What shall run?  Notebooks, period, language and parameters: from the command line, or from a plan file.

title: {fa: گزارش ماهانه, en: Monthly report}   # every key may be left out
notebooks: [survey, {name: journey, parameters: {by: province}}]
period: 1404-06
locale: fa
jobs: 2
timeout: 900            # seconds a notebook may take
for_each: province      # the plan once per value of a column of customers
parameters: {by: channel}
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

import yaml

from cx_helpers import parameters as parameter
from cx_helpers import signature
from cx_helpers.errors import Refusal
from cx_helpers.tables import nearest
from cx_helpers.wording import LOCALES

TIMEOUT_S = 600
NUMBER = re.compile(r"^\d+[-_. ]")
_SAFE = re.compile(r"[^\w.+=-]+")  # \w holds Persian letters; what is replaced are separators, spaces, controls


class PlanError(Refusal):
    """What was asked for cannot be run: the message says what is there and what to write."""


@dataclass(frozen=True)
class Task:
    """One notebook of a plan: where it lies, what its page is called, what it was given."""

    name: str  # without its number; with `-2` behind it where a plan runs it a second time
    file: Path
    parameters: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """What runs, under which name."""

    name: str
    tasks: tuple[Task, ...]
    title: dict | None = None
    period: str = ""
    locale: str = ""
    jobs: int | None = None
    timeout: float = TIMEOUT_S
    for_each: str = ""
    parameters: dict = field(default_factory=dict)


def from_names(names: Iterable[str], there: dict[str, Path]) -> Plan:
    """The plan of a command line: these notebooks, or all of them (`book`)."""
    tasks = tuple(_task(name, there) for name in dict.fromkeys(names))
    if not tasks:
        return Plan("book", tuple(Task(name, file) for name, file in there.items()))
    tasks = tuple({task.name: task for task in tasks}.values())
    return Plan("+".join(task.name for task in tasks), tasks)


def from_file(path: Path, there: dict[str, Path]) -> Plan:
    """The plan that a YAML file holds; PlanError names the key that is wrong."""
    try:
        raw = yaml.load(path.read_text("utf-8-sig"), Loader=_Loader) or {}
    except OSError as error:
        raise PlanError(f"the plan {path} cannot be read: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise PlanError(f"the plan {path} is not YAML in UTF-8: {error}") from None
    if not isinstance(raw, dict):
        raise PlanError(f"the plan {path} holds no keys; write e.g. notebooks: [survey, journey]")
    known = ["notebooks" if f.name == "tasks" else f.name for f in fields(Plan) if f.name != "name"]
    _refuse_unknown(raw, known, path.name)
    given = {key: value for key, value in raw.items() if value is not None}
    _check(given, path.name)
    tasks = _tasks(given.pop("notebooks", None), there, path.name)
    name = safe(path.stem)
    if not name:
        raise PlanError(f"the plan's file name {path.name!r} makes no folder name; rename it, e.g. monthly.yaml")
    title = given.pop("title", None)
    title = dict.fromkeys(LOCALES, title) if isinstance(title, str) else title
    return Plan(name, tasks, title, **given)


def _tasks(listed, there: dict[str, Path], where: str) -> tuple[Task, ...]:
    tasks: list[Task] = []
    for item in there if listed is None else listed:
        item = {"name": item} if isinstance(item, str) else item
        if not isinstance(item, dict) or not isinstance(item.get("name"), str):
            raise PlanError(f"{where}: a notebook is a name or {{name: …, parameters: {{…}}}}, not {item!r}")
        _refuse_unknown(item, ["name", "parameters"], f"{where}, notebook {item['name']}")
        given = item.get("parameters") or {}
        if not isinstance(given, dict):
            raise PlanError(f"{where}: the parameters of {item['name']} must be name: value, not {given!r}")
        task = _task(item["name"], there)
        times = sum(other.file == task.file for other in tasks)
        tasks.append(replace(task, parameters=given, name=f"{task.name}-{times + 1}" if times else task.name))
    if not tasks:
        raise PlanError(f"{where}: no notebooks; there are {', '.join(there)}")
    return tuple(tasks)


def _task(name: str, there: dict[str, Path]) -> Task:
    """The notebook that a person calls `survey`, `01-survey` or `01-survey.ipynb`; only what is listed can be found."""
    asked = name.removesuffix(".ipynb").replace("_", "-")  # data_health is data-health
    for known, file in there.items():
        if asked in (known.replace("_", "-"), file.stem.replace("_", "-")):
            return Task(known, file)
    near = nearest(NUMBER.sub("", name.removesuffix(".ipynb")), there)
    raise PlanError(f"no notebook {name!r}{near}; there are: {', '.join(there)}")


def _check(given: dict, where: str) -> None:
    """Types of the plan's own keys."""
    forms = {
        "notebooks": (list, "a list of names"),
        "title": ((str, dict), "a text or {fa: …, en: …}"),
        "locale": (str, "fa or en"),
        "jobs": (int, "a whole number above 0"),
        "timeout": ((int, float), "seconds above 0"),
        "for_each": (str, "a column of customers"),
        "parameters": (dict, "name: value"),
    }
    if "period" in given:
        given["period"] = str(given["period"])
    for key, (kind, words) in forms.items():
        value = given.get(key)
        wrong = key in given and (not isinstance(value, kind) or isinstance(value, bool))
        if not wrong and key in given:
            wrong = (key in ("jobs", "timeout") and value <= 0) or (key == "locale" and value not in LOCALES)
            wrong = wrong or (key == "title" and isinstance(value, dict) and set(value) != set(LOCALES))
        if wrong:
            raise PlanError(f"{where}: {key} is {value!r}; {words} is needed")


def _refuse_unknown(given: dict, known: list[str], where: str) -> None:
    for key in given:
        if key not in known:
            raise PlanError(f"{where}: unknown key {key!r}{nearest(key, known)}; keys: {', '.join(known)}")


def over(plan: Plan, period: str, locale: str, for_each: str, timeout: float | None) -> Plan:
    """The plan, with what a command line gives in place of what the plan says."""
    given = {"period": period, "locale": locale, "for_each": for_each, "timeout": timeout}
    return replace(plan, **{name: value for name, value in given.items() if value})


def safe(name: str) -> str:
    """A text as one folder name: no separators, no controls, never `.` or `..`, nothing hidden."""
    return _SAFE.sub("-", name).strip("-.")[:100]


def apart(values: Iterable[str]) -> dict[str, str]:
    """Different folder names for different values: {value: name}."""
    names: dict[str, str] = {}
    for value in values:
        name, count = safe(value) or "-", 1
        while name in names.values():
            count += 1
            name = f"{safe(value) or '-'}-{count}"
        names[value] = name
    return names


def settle(plan: Plan, common: dict, anywhere: dict[str, str], company, each: tuple[str, ...] = ()) -> tuple[Task, ...]:
    """The tasks with all that their notebooks will be given, typed and checked.

    common    workspace, period, locale and such: given where a notebook has them
    anywhere  from `-p`, stronger than the plan: at least one notebook must know each
    each      further parameters that every notebook must have beside `workspace` and `period` (`segment`, when the plan
              runs for each value of a column): without them its page would not be about what its heading says
    """
    known = {task.file: signature.read(task.file) for task in plan.tasks}
    names = list(dict.fromkeys(name for found in known.values() for name in found))
    for name in plan.parameters | anywhere:
        if name not in names:
            raise PlanError(
                f"no notebook has a parameter {name!r}{nearest(name, names)}; there are: {', '.join(names)}"
            )
    settled = []
    for task in plan.tasks:
        its = known[task.file]
        for name in ("workspace", "period", *each):
            if name not in its:
                why = "so it cannot run for each value" if name in each else "so it would not follow the run"
                raise PlanError(
                    f'{task.file.name} has no parameter {name!r}, {why}; write {name} = "" into its cell tagged '
                    "`parameters` and give it to workspace.open"
                )
        wide = {name: value for name, value in (common | plan.parameters).items() if name in its}
        typed = {name: value for name, value in anywhere.items() if name in its}
        try:
            settled.append(replace(task, parameters=parameter.settle(its, wide | task.parameters | typed, company)))
        except ValueError as error:
            raise PlanError(f"{task.name}: {error}") from None
    return tuple(settled)


class _Loader(yaml.SafeLoader):
    """YAML in which 1404-06-31 stays a text: it is a date of ours, but none of YAML's."""


_Loader.yaml_implicit_resolvers = {
    first: [pair for pair in pairs if pair[0] != "tag:yaml.org,2002:timestamp"]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
