"""Who answers a case, by when, and what cannot wait?  `watch.yaml` beside workspace.yaml, read, checked, with defaults.

Without the file every case belongs to nobody in particular, is due after a day (four hours where it is urgent), and no
alert leaves the house.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import yaml

from cx_helpers import dates
from cx_helpers.settings import Settings, WorkspaceError, _Once, _yaml
from cx_helpers.tables import nearest

FILE = "watch.yaml"
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
BY = ("touchpoint", "aspect", "channel", "province", "urgent")  # what a rule may ask of a case
_ALERTS = {"webhook": "", "mail": {}, "from_rank": 60, "most_per_hour": 20, "digest": "08:00"}
_KEYS = ("owners", "due_hours", "hours", "holidays", "feeling", "backlog_days", "alerts")


class _Plain(_Once, yaml.SafeLoader):
    """YAML in which a day is a text: 1404-06-31 is one in Jalali only."""


_Plain.yaml_implicit_resolvers = {
    letter: [(tag, how) for tag, how in resolvers if not tag.endswith(":timestamp")]
    for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@dataclass(frozen=True)
class Rules:
    """What watch.yaml says, with its defaults; one field a key."""

    timezone: str = "Asia/Tehran"
    owners: list = field(default_factory=list)
    due_hours: dict = field(default_factory=lambda: {"urgent": 4, "usual": 24})
    hours: dict = field(default_factory=dict)  # {days, from, to}: when people work; empty: always
    holidays: frozenset = frozenset()
    feeling: float = 0.6  # 0..1: from how bad a feeling on a case is made
    backlog_days: float = 7  # what happened longer ago becomes no case
    alerts: dict = field(default_factory=lambda: dict(_ALERTS))

    def owner(self, case: dict) -> str | None:
        """Whose case is it?  The first rule all of whose conditions hold; None where none does."""
        for rule in self.owners:
            if all(case.get(by) == wanted for by, wanted in rule.items() if by != "owner"):
                return rule["owner"]
        return None

    def due(self, opened: float, urgent: bool) -> float:
        """By when is a case opened at a time (seconds, UTC) to be closed?  In working hours where there are any."""
        left = float(self.due_hours["urgent" if urgent else "usual"]) * 3600
        if not self.hours:
            return opened + left
        zone = ZoneInfo(self.timezone)
        at = dt.datetime.fromtimestamp(opened, zone)
        for _ in range(4000):  # days: a company that never works was refused
            begin, end = (dt.datetime.combine(at.date(), _clock(self.hours[k]), zone) for k in ("from", "to"))
            if DAYS[at.weekday()] in self.hours["days"] and at.date() not in self.holidays and at < end:
                start = max(at, begin)
                there = end.timestamp() - start.timestamp()
                if left <= there:
                    return start.timestamp() + left
                left -= there
            at = dt.datetime.combine(at.date() + dt.timedelta(1), dt.time(), zone)
        return at.timestamp()


def load(settings: Settings) -> Rules:
    """The rules of a company; WorkspaceError names the key of watch.yaml, what is there and what to write."""
    path = settings.folder / FILE
    raw = _yaml(path, _Plain, "owners: […], as docs/closed-loop.md shows") if path.is_file() else {}
    for key in raw:
        if key not in _KEYS:
            _refuse(f"unknown key {key!r}{nearest(key, _KEYS)}; keys: {', '.join(_KEYS)}")
    given = {key: value for key, value in raw.items() if value is not None}
    given["owners"] = [_rule(rule) for rule in given.get("owners", [])]
    given["due_hours"] = {"urgent": 4, "usual": 24} | _section(given, "due_hours", ("urgent", "usual"))
    if not all(isinstance(h, (int, float)) and 0 < h < 10_000 for h in given["due_hours"].values()):
        _refuse(f"due_hours is {given['due_hours']}; write {{urgent: 4, usual: 24}}, hours above 0")
    given["hours"] = _hours(_section(given, "hours", ("days", "from", "to")))
    given["holidays"] = frozenset(_day(day) for day in given.get("holidays", []))
    for key, low, high in (("feeling", 0, 1), ("backlog_days", 0, 100_000)):
        if key in given and not (isinstance(given[key], (int, float)) and low < given[key] <= high):
            _refuse(f"{key} is {given[key]!r}; a number above {low}, at most {high}")
    given["alerts"] = _ALERTS | _section(given, "alerts", _ALERTS)
    _check_alerts(given["alerts"])
    return Rules(timezone=settings.timezone, **given)


def _refuse(what: str) -> None:
    raise WorkspaceError(f"{FILE}: {what}")


def _section(given: dict, key: str, known) -> dict:
    section = given.get(key, {})
    if not isinstance(section, dict):
        _refuse(f"`{key}` must hold keys and values, not {section!r}")
    for name in section:
        if name not in known:
            _refuse(f"unknown key {key}.{name}{nearest(str(name), known)}; keys: {', '.join(known)}")
    return section


def _rule(rule) -> dict:
    if not isinstance(rule, dict) or not isinstance(rule.get("owner"), str):
        _refuse(f"a rule of owners is {rule!r}; write {{touchpoint: payment, owner: …}}")
    for by in rule:
        if by not in (*BY, "owner"):
            _refuse(f"owners: unknown condition {by!r}{nearest(str(by), BY)}; conditions: {', '.join(BY)}")
    return rule


def _hours(hours: dict) -> dict:
    if not hours:
        return {}
    days = hours.get("days")
    if not isinstance(days, list) or not days or not set(days) <= set(DAYS):
        _refuse(f"hours.days is {days!r}; some of {', '.join(DAYS)}")
    if not _clock(hours.get("from")) < _clock(hours.get("to")):
        _refuse('hours.from comes before hours.to; write from: "08:00", to: "16:00", in quotes')
    return hours


def _clock(text) -> dt.time:
    try:
        return dt.time.fromisoformat(text)
    except (ValueError, TypeError):
        raise WorkspaceError(f'{FILE}: {text!r} is no time of day; write "08:00", in quotes') from None


def _day(day) -> dt.date:
    """A day as people write it: 1404-01-13 is Jalali, 2025-04-02 is not."""
    try:
        return dates.parse_date(str(day))
    except ValueError:
        raise WorkspaceError(f"{FILE}: {day!r} is no day; write 1404-01-13 or 2025-04-02") from None


def _check_alerts(alerts: dict) -> None:
    _clock(alerts["digest"])
    if alerts["webhook"] and "${" not in str(alerts["webhook"]):
        _refuse("alerts.webhook: its address is a secret; write ${CX_WEBHOOK} and set that in the environment")
    mail = alerts["mail"] or {}
    if not isinstance(mail, dict) or not set(mail) <= {"server", "from", "to"}:
        _refuse("alerts.mail: write {server: ${CX_SMTP}, from: cx@example.org, to: [manager@example.org]}")
    if mail and ("${" not in str(mail.get("server")) or not mail.get("from") or not isinstance(mail.get("to"), list)):
        _refuse("alerts.mail: server is a secret, ${CX_SMTP} (smtps://user:password@host:465); from, and a list `to`")
    for key in ("from_rank", "most_per_hour"):
        if not isinstance(alerts[key], (int, float)) or alerts[key] < 0:
            _refuse(f"alerts.{key} is {alerts[key]!r}; a number, 0 or more")
