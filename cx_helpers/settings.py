"""What is this company?  workspace.yaml and labels.yaml, read, checked, with their defaults."""

from __future__ import annotations

import difflib
import math
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml

from cx_helpers import wording
from cx_helpers.errors import Refusal
from cx_helpers.records import METRICS
from cx_helpers.tables import nearest

STAGES = {stage: [] for stage in ("awareness", "evaluation", "purchase", "use", "support", "loyalty")}
ENGINES = ("duckdb", "pyspark")
_SAFE = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml where it is: two to ten times as fast
_BASE = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
PRIVACY = {"pseudonyms": True, "smallest_group": 10, "redact_text": True}
# what a point of each part counts in value = benefit - effort - risk - price ± treatment: one of benefit weighs up one
# of effort, risk and price together
VALUE_WEIGHTS = {"benefit": 3.0, "effort": 1.0, "risk": 1.0, "price": 1.0, "treatment": 1.0}


class WorkspaceError(Refusal):
    """workspace.yaml, or what a run asks of it, is wrong: the message names the key, what is there, what to do."""


@dataclass(frozen=True)
class Settings:
    """What workspace.yaml says, with its defaults; one field a key (contract, section 1)."""

    folder: Path
    name: dict
    locale: str = "fa"
    calendar: str = "jalali"
    timezone: str = "Asia/Tehran"
    currency: str = "IRR"
    engine: str = "duckdb://"
    sources: list = field(default_factory=list)
    pull: list = field(default_factory=list)
    stages: dict = field(default_factory=lambda: dict(STAGES))
    goals: dict = field(default_factory=dict)
    privacy: dict = field(default_factory=lambda: dict(PRIVACY))
    value_weights: dict = field(default_factory=lambda: dict(VALUE_WEIGHTS))

    @property
    def database(self) -> Path | None:
        """The DuckDB file that holds the tables; None where the engine reads the Parquet of tables/."""
        return database(self.engine, self.folder)


def database(engine: str, folder: Path) -> Path | None:
    """The file that an `engine` URL names: `duckdb:///company.db` lies in the workspace's folder,
    `duckdb:////srv/company.db` says its whole path;  None for `duckdb://` and for engines that hold no tables."""
    name = engine.removeprefix("duckdb://").removeprefix("/")
    return folder / name if engine.startswith("duckdb://") and name not in ("", ":memory:") else None


def find(folder: str | Path) -> Path:
    """The workspace folder, looked for from here upward, so that a notebook finds `data/sample` from where it lies."""
    asked = Path(folder).expanduser()
    for base in (Path(), *Path.cwd().parents):
        if (base / asked / "workspace.yaml").is_file():
            return base / asked
    raise WorkspaceError(
        f"no workspace.yaml in {str(folder)!r}, here or in a folder above; give the company's folder, "
        "or make one with: cx init DIR"
    )


def company(folder: str = "") -> Path:
    """The workspace to work on: the folder given, else the one we are in, else the sample."""
    here = Path().resolve()
    around = next((str(base) for base in (here, *here.parents) if (base / "workspace.yaml").is_file()), "data/sample")
    return find(folder or around)


def load_settings(folder: str | Path) -> Settings:
    """Read and check workspace.yaml; an unknown key is refused naming the nearest known one."""
    folder = find(folder)
    raw = _yaml(folder / "workspace.yaml", _Settings, "name: …, locale: …, as cx init writes it")
    known = [f for f in Settings.__dataclass_fields__ if f != "folder"]
    for key in raw:
        if key not in known:
            raise WorkspaceError(f"workspace.yaml: unknown key {key!r}{nearest(key, known)}; keys: {', '.join(known)}")
    given = {key: value for key, value in raw.items() if value is not None}
    given["name"] = _names(given.get("name"))
    given["privacy"] = PRIVACY | _section(given, "privacy", PRIVACY)
    given["value_weights"] = VALUE_WEIGHTS | _weights(given.get("value_weights", {}))
    settings = Settings(folder=folder, **given)
    _check(settings)
    _check_goals(settings.goals, labels(folder))
    return settings


class _Once:
    """YAML in which a key stands once: of two, one would be lost without a word."""

    def construct_mapping(self, node, deep=False):
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                raise yaml.MarkedYAMLError(problem=f"the key {key.value!r} stands twice", problem_mark=key.start_mark)
            seen.add(key.value if isinstance(key, yaml.ScalarNode) else None)
        return super().construct_mapping(node, deep)


class _Settings(_Once, _SAFE):
    """Numbers, yes and no are what they look like."""


class _Texts(_Once, _BASE):
    """Everything is a text: a value called `no` or `1` is a value like any other."""


def _yaml(path: Path, loader: type, form: str) -> dict:
    """The keys and values of a YAML file; WorkspaceError says in one line what is wrong where."""
    try:
        raw = yaml.load(path.read_text("utf-8-sig"), Loader=loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        tab = "a tab stands where YAML wants spaces" if "'\\t'" in str(error.problem) else str(error.problem)
        raise WorkspaceError(f"{path.name}, line {line}: {tab}; correct it: it must be YAML") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise WorkspaceError(f"{path.name}: {str(error).splitlines()[0]}; save it as YAML in UTF-8") from None
    except OSError as error:
        raise WorkspaceError(f"{path.name} cannot be read: {error.strerror}; it must be a file of YAML") from None
    if raw is not None and not isinstance(raw, dict):
        raise WorkspaceError(f"{path.name} holds {type(raw).__name__}, not keys and values; write {form}")
    return raw or {}


def read_yaml(path: Path, form: str) -> dict:
    """A further file of a workspace: its keys and values, or a WorkspaceError in one line: what is wrong where.

    form  what it should look like
    """
    return _yaml(path, _Settings, form)


def _names(name) -> dict:
    if isinstance(name, str) and name.strip():
        return dict.fromkeys(("fa", "en"), wording.straight(name))
    if isinstance(name, dict) and name and set(name) <= {"fa", "en"} and all(map(_scalar, name.values())):
        either = next(iter(name.values()))
        return {locale: wording.straight(str(name.get(locale) or either)) for locale in wording.LOCALES}
    raise WorkspaceError("workspace.yaml: `name` is required; write name: {fa: فروشگاه نمونه, en: Sample Shop}")


def _scalar(value) -> bool:
    """Can it stand in a sentence: a text or a number, or nothing?"""
    return value is None or (isinstance(value, (str, int, float)) and not isinstance(value, bool))


def _section(given: dict, key: str, known: dict) -> dict:
    section = given.get(key, {})
    if not isinstance(section, dict):
        raise WorkspaceError(f"workspace.yaml: `{key}` must hold keys and values, not {section!r}")
    for name, value in section.items():
        if name not in known:
            raise WorkspaceError(f"workspace.yaml: unknown key {key}.{name}{nearest(name, known)}")
        if type(value) is not type(known[name]):
            raise WorkspaceError(f"workspace.yaml: {key}.{name} is {value!r}; a value like {known[name]!r} is needed")
    return section


def _weights(given) -> dict:
    """The weights of the value equation that are given, as numbers; benefit above 0, the others not below it."""
    if not isinstance(given, dict):
        raise WorkspaceError(f"workspace.yaml: value_weights is {given!r}; write {{benefit: 3, effort: 1, …}}")
    for name, value in given.items():
        if name not in VALUE_WEIGHTS:
            raise WorkspaceError(f"workspace.yaml: unknown key value_weights.{name}{nearest(name, VALUE_WEIGHTS)}")
        number = isinstance(value, (int, float)) and not isinstance(value, bool) and value < float("inf")
        if not number or value < 0 or (name == "benefit" and value == 0):
            raise WorkspaceError(
                f"workspace.yaml: value_weights.{name} is {value!r}; a weight is a number of 0 or more, that "
                f"of benefit "
                "above 0 (signs are the equation's: effort, risk and price are taken off)"
            )
    return {name: float(value) for name, value in given.items()}


def _check(s: Settings) -> None:
    def refuse(key, remedy):
        raise WorkspaceError(f"workspace.yaml: {key} is {getattr(s, key)!r}; {remedy}")

    if s.locale not in wording.LOCALES:
        refuse("locale", "use fa or en")
    if s.calendar not in ("jalali", "gregorian"):
        refuse("calendar", "use jalali or gregorian")
    try:
        ZoneInfo(str(s.timezone))
    except (ZoneInfoNotFoundError, ValueError):
        refuse("timezone", "use an IANA name such as Asia/Tehran")
    if not (isinstance(s.currency, str) and len(s.currency) == 3 and s.currency.isupper()):
        refuse("currency", "use an ISO code such as IRR")
    _check_engine(s.engine)
    if not isinstance(s.sources, list) or not all(isinstance(x, dict) and "system" in x for x in s.sources):
        refuse("sources", "use a list of {system: …, path: …}")
    if not isinstance(s.pull, list) or not all(isinstance(x, dict) and "system" in x for x in s.pull):
        raise WorkspaceError("workspace.yaml: pull must be a list of {system: …, url: …, token: ${NAME}}")
    if not isinstance(s.stages, dict) or not all(isinstance(v, list) for v in s.stages.values()):
        refuse("stages", "use {stage: [touchpoint, …], …}")
    for stage, touchpoints in s.stages.items():
        if not isinstance(stage, str) or not all(isinstance(t, str) for t in touchpoints):
            refuse("stages", "stages and touchpoints are texts: put names such as 'no' or '1' in quotes")
    if not isinstance(s.goals, dict):
        refuse("goals", "use {metric: {target: 40, direction: up}}")
    if s.privacy["smallest_group"] < 1:
        refuse("privacy", "smallest_group must be 1 or more")


def _check_goals(goals: dict, own: dict) -> None:
    """Refuse a goal that no number could ever meet: of a metric that looks mistyped, or off its scale.

    own  labels.yaml: what it names may be a metric of a notebook of the company's own.  Any other name may be one, too;
         the summary tells of goals that no report measured
    """
    for key, goal in goals.items():
        where = f"workspace.yaml: goals: {key}"
        target = goal.get("target") if isinstance(goal, dict) else None
        if not isinstance(key, str):
            raise WorkspaceError(f"{where}: a metric is a name, such as nps; put names such as 'no' or '1' in quotes")
        if not isinstance(target, (int, float)) or isinstance(target, bool) or not math.isfinite(target):
            raise WorkspaceError(
                f"{where} is {goal!r}, without a target; use {{metric: {{target: 40, direction: up}}}}"
            )
        if goal.get("direction", "up") not in ("up", "down"):
            raise WorkspaceError(f"{where}: direction is {goal['direction']!r}; a direction is up or down")
        if wrong := goal.keys() - {"target", "direction"}:
            raise WorkspaceError(f"{where}: unknown key {min(map(str, wrong))!r}; a goal has target and direction")
        known = key in METRICS or key in own
        if not known and (near := difflib.get_close_matches(key.strip().lower(), METRICS, n=1, cutoff=0.8)):
            remedy = "or name this one in labels.yaml, if a notebook of your own measures it"
            raise WorkspaceError(f"{where} is no metric of the book; did you mean {near[0]!r}? {remedy}")
        of = METRICS.get(key)
        low, high = (of.low, of.high) if of else (None, None)
        if (low is not None and target < low) or (high is not None and target > high):
            share = f"; {target} percent is {target / 100:g}" if high == 1 and 1 < target <= 100 else ""
            ends = f"{low:g} to {high:g}" if high is not None else f"{low:g} and above"
            raise WorkspaceError(f"{where}: the target {target} lies off its scale, {ends}{share}")


def _check_engine(engine) -> None:
    """Refuse an engine that no measure was tried on; a URL is named by its kind only: it may hold a password."""
    kind, mark, _ = engine.partition("://") if isinstance(engine, str) else (repr(engine), "", "")
    if kind not in ENGINES or not mark:
        raise WorkspaceError(
            f"workspace.yaml: engine is {kind}{mark and mark + '…'}, on which no report runs; use duckdb:// (reads "
            "tables/), duckdb:///company.db (holds the tables) or pyspark://local[2]; tables of another database come "
            "in by a source with url and query"
        )


def labels(folder: Path) -> dict[str, wording.Words]:
    """What the company calls the values of its data: labels.yaml, `{value: {fa: …, en: …}}`, where there is one."""
    path = folder / "labels.yaml"
    if not path.exists():
        return {}
    raw = _yaml(path, _Texts, "payment: {fa: پرداخت, en: payment}")
    for value, names in raw.items():
        if not isinstance(names, dict) or not set(names) <= {"fa", "en"} or not any(names.values()):
            raise WorkspaceError(f"labels.yaml: {value!r} has {names!r}; use {{fa: …, en: …}}")
        if not all(isinstance(name, str) for name in names.values()):
            raise WorkspaceError(f"labels.yaml: a name of {value!r} is no text; use {{fa: …, en: …}}")
    return {value: {locale: name for locale, name in names.items() if name} for value, names in raw.items()}
