"""What may be done for a customer, for whom, at what cost?  `actions.yaml` beside workspace.yaml, read and checked.

Without the file the actions that `cx init` writes count.  A condition asks for a fact about a customer; what is not
known fulfils none.  Who a customer is (gender, age, place) is no fact here and decides nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

import yaml

from cx_helpers.settings import WorkspaceError, _Once
from cx_helpers.tables import nearest

FILE = "actions.yaml"
# what may be asked of a customer: name -> is it a number?  Any text column of `customers` may be asked for, too
FACTS = {
    "lifecycle": False, "rfm": False, "orders": True, "value": True, "mean_order": True, "recency_days": True,
    "silence_days": True, "tenure_days": True, "contacts": True, "channels": True, "last_nps": True, "last_csat": True,
    "last_ces": True, "last_feeling": True, "open_tickets": True, "waiting_days": True, "open_cases": True,
    "risk": True, "kept": True, "next_item": False, "next_chance": True,
}  # fmt: skip
TOLD_NOW = ("risk", "kept", "next_item", "next_chance", "rfm", "open_cases")  # not reckoned again for a day in the past
SENSITIVE = ("gender", "sex", "birth_year", "birth_date", "age", "province", "city", "nationality", "religion",
             "ethnicity", "race", "health", "disability", "marital_status", "income", "national_id")  # fmt: skip
BRINGS = ("kept", "order", "item")
_KEYS = ("name", "when", "channel", "consent", "offer", "duty", "priority", "brings", "effect", "cost", "most", "tried")
_TOP = ("rest_days", "budget", "holdout", "actions")
_SIGN = re.compile(r"^(>=|<=|!=|>|<)\s*(.+)$")


@dataclass(frozen=True)
class Condition:
    """`fact` compared with `value`: >=, <=, >, <, !=, or = (any of the values of a tuple)."""

    fact: str
    sign: str
    value: object

    def holds(self, facts):
        """Of which rows of a frame does it hold?  What is not known fulfils nothing."""
        known = facts[self.fact]
        if self.sign == "=":
            return known.isin(self.value).to_numpy(bool)
        if isinstance(self.value, str):
            return (known.notna() & (known != self.value)).to_numpy(bool)
        compare = {">=": "ge", "<=": "le", ">": "gt", "<": "lt", "!=": "ne"}[self.sign]
        return (known.notna() & getattr(known.astype(float), compare)(self.value)).to_numpy(bool)


@dataclass(frozen=True)
class Action:
    """One thing that may be done for a customer; one field a key of the file.

    name      {fa, en};  when  all of these must hold;  channel  by which it reaches the customer
    consent   the column of `customers` that must be true (unknown is no)
    offer     does it sell?  Then it is kept from whoever waits for an answer to a complaint
    duty      is it done although it brings less than it costs?
    priority  1 comes before 2; among equals what brings most
    brings    kept (chance of leaving x what is kept), order (a usual order of the customer), item (the next item), or
              an amount;  effect  the share of it that the action brings about: an assumption
    cost      an amount, or a share of the company's mean order (`cost_share`)
    most      customers at most;  tried  (experiment, variant): where it was tried by lot
    """

    key: str
    name: dict
    when: tuple[Condition, ...]
    channel: str = ""
    consent: str = "consent"
    offer: bool = False
    duty: bool = False
    priority: int = 5
    brings: str | float = "order"
    effect: float = 0.05
    cost: float | None = None
    cost_share: float | None = 0.1
    most: int | None = None
    tried: tuple[str, str] | None = None

    def asks(self, *facts: str) -> list[str]:
        """Which of these facts does it ask for?"""
        return [c.fact for c in self.when if c.fact in facts]


@dataclass(frozen=True)
class Policy:
    """What actions.yaml says.

    rest_days  whoever was contacted within so many days is left in peace;  budget  money at most; None: no limit
    holdout    share that is drawn by lot and gets nothing, so that the effect can be measured
    own        is it the company's own file (or the one that ships)?
    """

    actions: tuple[Action, ...] = field(default_factory=tuple)
    rest_days: float = 14
    budget: float | None = None
    holdout: float = 0.1
    own: bool = False

    def __getitem__(self, key: str) -> Action:
        return next(a for a in self.actions if a.key == key)

    @property
    def facts(self) -> list[str]:
        """Every fact that some action asks for, each once."""
        return list(dict.fromkeys(c.fact for a in self.actions for c in a.when))


def template() -> str:
    """The file as `cx init` writes it."""
    return files("cx_helpers").joinpath("templates", FILE).read_text("utf-8")


def load(folder: Path) -> Policy:
    """The policy of a company; WorkspaceError names the file's line, the key, what is there and what to write."""
    path = Path(folder) / FILE
    own = path.is_file()
    try:
        text = path.read_text("utf-8-sig") if own else template()
        return read(text, own)
    except UnicodeDecodeError:
        raise WorkspaceError(f"{FILE}: it is no UTF-8; save it as YAML in UTF-8") from None


class _Loader(_Once, yaml.SafeLoader):
    """A key stands once."""


def read(text: str, own: bool = True) -> Policy:
    """The policy that a text of YAML holds."""
    try:
        raw, lines = yaml.load(text, _Loader) or {}, _lines(yaml.compose(text, yaml.SafeLoader))
    except yaml.MarkedYAMLError as error:
        where = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise WorkspaceError(f"{FILE}{where}: {error.problem}; correct it: it must be YAML") from None
    except yaml.YAMLError as error:
        raise WorkspaceError(f"{FILE}: {str(error).splitlines()[0]}; it must be YAML") from None
    at = _Place(lines)
    if not isinstance(raw, dict):
        at.refuse("it holds no keys and values; write actions: {apology_call: {when: …}}")
    at.known(raw, _TOP)
    given = {k: v for k, v in raw.items() if v is not None}
    rest = at.inside(("rest_days",)).number(given.get("rest_days", 14), 0, 3650)
    budget = given.get("budget")
    budget = None if budget is None else at.inside(("budget",)).number(budget, 0, 1e18)
    holdout = at.inside(("holdout",)).number(given.get("holdout", 0.1), 0, 0.5)
    actions = given.get("actions", {})
    if not isinstance(actions, dict) or not actions:
        at.inside(("actions",)).refuse("`actions` must hold actions by their keys: apology_call: {when: …}")
    made = tuple(_action(str(key), one, at.inside(("actions", key))) for key, one in actions.items())
    return Policy(made, rest, budget, holdout, own)


class _Place:
    """Where in the file one is: so that an error can say so."""

    def __init__(self, lines: dict, path: tuple = ()):
        self.lines, self.path = lines, path

    def inside(self, keys: tuple) -> _Place:
        return _Place(self.lines, (*self.path, *keys))

    def refuse(self, what: str) -> None:
        line = next((self.lines[p] for n in range(len(self.path), 0, -1) if (p := self.path[:n]) in self.lines), 1)
        raise WorkspaceError(f"{FILE}, line {line}: {what}")

    def known(self, section: dict, keys) -> None:
        for key in section:
            if key not in keys:
                self.inside((key,)).refuse(f"unknown key {key!r}{nearest(str(key), keys)}; keys: {', '.join(keys)}")

    def number(self, x, low: float, high: float, whole: bool = False) -> float:
        good = isinstance(x, (int, float)) and not isinstance(x, bool) and low <= x <= high
        if not good or (whole and x != int(x)):
            kind = "a whole number" if whole else "a number"
            self.refuse(f"{self.path[-1]} is {x!r}; {kind} from {low:,g} to {high:,g} is needed")
        return x

    def truth(self, x) -> bool:
        if not isinstance(x, bool):
            self.refuse(f"{self.path[-1]} is {x!r}; write true or false")
        return x


def _lines(node, path: tuple = ()) -> dict[tuple, int]:
    """The line of every key."""
    out = {}
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            place = (*path, key.value)
            out |= {place: key.start_mark.line + 1} | _lines(value, place)
    return out


def _action(key: str, raw, at: _Place) -> Action:
    if not isinstance(raw, dict):
        at.refuse(f"{key} is {raw!r}; write {key}: {{name: {{fa: …, en: …}}, when: {{…}}}}")
    at.known(raw, _KEYS)
    given = {k: v for k, v in raw.items() if v is not None}
    name = given.get("name", key)
    names = name if isinstance(name, dict) else {"fa": name, "en": name}
    if not names or not set(names) <= {"fa", "en"} or not all(isinstance(n, str) and n for n in names.values()):
        at.inside(("name",)).refuse(f"name is {name!r}; write {{fa: تماس دلجویی, en: apology call}}")
    either = next(iter(names.values()))
    out = {"key": key, "name": {locale: names.get(locale, either) for locale in ("fa", "en")}}
    out["when"] = _conditions(given.get("when"), at.inside(("when",)))
    for text in ("channel", "consent"):
        if text in given:
            if not isinstance(given[text], str) or not given[text].strip():
                at.inside((text,)).refuse(f"{text} is {given[text]!r}; a name is needed: nobody is contacted without")
            out[text] = given[text]
    out |= {k: at.inside((k,)).truth(given[k]) for k in ("offer", "duty") if k in given}
    if "priority" in given:
        out["priority"] = int(at.inside(("priority",)).number(given["priority"], 1, 1000, whole=True))
    if "most" in given:
        out["most"] = int(at.inside(("most",)).number(given["most"], 0, 10**9, whole=True))
    if "effect" in given:
        out["effect"] = at.inside(("effect",)).number(given["effect"], 0, 1)
    return Action(**out, **_money(given, at), **_tried(given.get("tried"), at.inside(("tried",))))


def _money(given: dict, at: _Place) -> dict:
    out, brings = {}, given.get("brings", "order")
    if isinstance(brings, str) and brings not in BRINGS:
        at.inside(("brings",)).refuse(
            f"brings is {brings!r}{nearest(brings, BRINGS)}; {', '.join(BRINGS)} or an amount"
        )
    out["brings"] = brings if isinstance(brings, str) else float(at.inside(("brings",)).number(brings, 0, 1e15))
    cost = given.get("cost")
    if isinstance(cost, str) and (share := re.fullmatch(r"\s*([\d.]+)\s*%\s*", cost)):
        return out | {"cost": None, "cost_share": float(share[1]) / 100}
    if isinstance(cost, str):
        at.inside(("cost",)).refuse(f"cost is {cost!r}; an amount, or a share of a mean order such as 5%")
    if cost is not None:
        out |= {"cost": float(at.inside(("cost",)).number(cost, 0, 1e15)), "cost_share": None}
    return out


def _tried(raw, at: _Place) -> dict:
    if raw is None:
        return {}
    good = isinstance(raw, dict) and set(raw) == {"experiment", "variant"}
    if not good or not all(isinstance(v, (str, int)) for v in raw.values()):
        at.refuse(f"tried is {raw!r}; write {{experiment: …, variant: …}} as in the table exposures")
    return {"tried": (str(raw["experiment"]), str(raw["variant"]))}


def _conditions(raw, at: _Place) -> tuple[Condition, ...]:
    if not isinstance(raw, dict) or not raw:
        at.refuse("when must hold one condition at least: {open_tickets: '>= 1', lifecycle: [cooling, lapsed]}")
    out = []
    for fact, wanted in raw.items():  # several signs in a list: all must hold
        each = wanted if isinstance(wanted, list) and wanted and all(map(_signed, wanted)) else [wanted]
        out += [_condition(str(fact), one, at.inside((fact,))) for one in each]
    return tuple(out)


def _signed(wanted) -> bool:
    return isinstance(wanted, str) and _SIGN.match(wanted.strip()) is not None


def _condition(fact: str, wanted, at: _Place) -> Condition:
    if fact in SENSITIVE:
        at.refuse(
            f"{fact}: who a customer is decides no action; ask for what they did ({', '.join(list(FACTS)[:8])}, …)"
        )
    number = FACTS.get(fact)
    if isinstance(wanted, str) and (told := _SIGN.match(wanted.strip())):
        sign, value = told.groups()
        try:
            return Condition(fact, sign, float(value))
        except ValueError:
            if number or sign != "!=":
                at.refuse(f"{fact}: {wanted!r} compares with no number; write such as '>= 1'")
            return Condition(fact, sign, value.strip())
    values = wanted if isinstance(wanted, list) else [wanted]
    if not values or not all(isinstance(v, (str, int, float)) for v in values):
        at.refuse(f"{fact} is {wanted!r}; write a value, a list of values, or such as '>= 1'")
    if number and not all(isinstance(v, (int, float)) for v in values):
        at.refuse(f"{fact} is {wanted!r}; it is a number: write 1, [1, 2] or '>= 1'")
    return Condition(fact, "=", tuple(values if number else map(str, values)))


def check(policy: Policy, columns) -> None:
    """Refuse an action that asks for a fact that is none: `columns` are those of this company's customers."""
    known = [*FACTS, *(c for c in columns if c not in SENSITIVE)]
    for action in policy.actions:
        for c in action.when:
            if c.fact not in known:
                raise WorkspaceError(
                    f"{FILE}: {action.key} asks for {c.fact!r}{nearest(c.fact, known)}; facts: {', '.join(FACTS)}, and "
                    "columns of customers"
                )
