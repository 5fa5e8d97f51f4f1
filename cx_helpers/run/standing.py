"""What stands already where a run wants to go?  Whose it is, and what changes when this run takes its place.

A folder reports/PLAN is one company's, and of one kind of customers: its address is what people keep.  A run of another
company, or of other customers, is refused there before anything changes; the same report in another language or with
other parameters takes its place, and what differs is told.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

from cx_helpers.run.gather import Context
from cx_helpers.run.plan import PlanError

LATEST = "latest"
_NOT_COMPARED = {"workspace", "period", "locale", "segment"}  # told otherwise, or the same by the place's own name


@dataclass(frozen=True)
class About:
    """Whom a run is about: its company, and which of its customers."""

    workspace: str  # the folder's name: two companies may still have the name that `cx init` gave them
    company: tuple[str, ...]
    for_each: str
    segments: tuple[str, ...]  # of its notebooks, each once; "" is everybody

    @property
    def owner(self) -> str:
        return f"{self.company[-1]} (workspace {self.workspace})"

    @property
    def customers(self) -> str:
        if self.for_each:
            return f"each {self.for_each}"
        return " and ".join(segment or "all customers" for segment in self.segments)


def about(context: Context) -> About:
    """Whom the run that is asked for is about."""
    segments = [task.parameters.get("segment") for tasks in context.tasks.values() for task in tasks]
    return _about(context.workspace, context.settings.name, context.column, segments)


def _about(workspace: str, company: dict, for_each: str, segments: list) -> About:
    segments = () if for_each else tuple(sorted({segment or "" for segment in segments}))
    return About(workspace, tuple(company[locale] for locale in sorted(company, reverse=True)), for_each, segments)


def read(place: Path) -> dict | None:
    """The manifest of the run that is published there; None where nothing is.  PlanError where something else is."""
    if not place.exists():
        return None
    try:
        made = json.loads((place / "manifest.json").read_text("utf-8"))
        _told(made)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise PlanError(f"{place} is there and is no run of ours; move it away, or give another --out") from None
    return made


def _told(made: dict) -> About:
    segments = [(entry["parameters"] or {}).get("segment") for entry in made["notebooks"]]
    return _about(made["workspace"], made["company"], made["for_each"] or "", segments)


def admit(home: Path, place: Path, context: Context, force: bool) -> dict | None:
    """May this run be published at `place` and be what `latest` says?  Returns the manifest of what stands at `place`.

    force  it may, whoever it is about.  Raises PlanError with the remedy where it may not.
    """
    wanted = about(context)
    for there in (place, home / LATEST):
        made = read(there)
        if made is None or force:
            continue
        old = _told(made)
        remedy = "give --out DIR to publish it elsewhere, or --replace to put it there in place of the other"
        if (old.workspace, old.company) != (wanted.workspace, wanted.company):
            raise PlanError(f"{there} is of another company, {old.owner}; this run is of {wanted.owner}: {remedy}")
        if old.customers != wanted.customers:
            raise PlanError(f"{there} is about {old.customers}; this run is about {wanted.customers}: {remedy}")
    return read(place)


def over(made: dict, place: Path, context: Context) -> Context:
    """What a run knows that takes the place of another: when that one was made, what differs, and its pages, which
    stand in for those that fail where both are about the same."""
    told = {"start": made["start"], "end": made["end"], "differences": differences(made, context)}
    same = _told(made) == about(context)
    return replace(context, place=place, replaced=told, before=made if same else None)


def differences(made: dict, context: Context) -> list[str]:
    """What of the run that stands there will read otherwise, apart from the data: language, parameters, reports."""
    old, new = _told(made), about(context)
    pairs = [("company", old.owner, new.owner), ("customers", old.customers, new.customers)]
    pairs.append(("locale", made["locale"], context.locale))
    before, after = {}, {}
    for entry in made["notebooks"]:
        before.setdefault(entry["report"], entry["parameters"] or {})
    for task in next(iter(context.tasks.values())):
        after[task.name] = task.parameters
    for report in (name for name in before if name in after):
        names = sorted((before[report].keys() | after[report].keys()) - _NOT_COMPARED)
        for name in names:
            pairs.append((f"{name} of {report}", *(of[report].get(name, "as usual") for of in (before, after))))
    said = [f"{what} {one} -> {other}" for what, one, other in pairs if one != other]
    return said + [f"{report} left out" for report in before if report not in after]
