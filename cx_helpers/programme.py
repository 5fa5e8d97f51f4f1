"""What does the team say of its own programme?  programme.yaml: maturity in eight steps, and what it is capable of.

The eight steps are the six disciplines of Manning, Bodine, Outside In, 2012 (strategy, customer understanding, design,
measurement, governance, culture), with two that other standard works hold apart: closing the loop (Markey, Reichheld,
Dullweber, HBR, Dec 2009) and proving the return (Rust, Zahorik, Keiningham, J. Marketing 59, 1995).  Levels 1-5 are
those of the Capability Maturity Model (Paulk et al., IEEE Software 10(4), 1993).
Interactive x customised is the enterprise strategy map of Peppers, Rogers, Enterprise One to One, 1997.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from cx_helpers.settings import WorkspaceError, read_yaml
from cx_helpers.tables import nearest

FILE = "programme.yaml"
STEPS = ("strategy", "understanding", "design", "measurement", "loop", "governance", "culture", "returns")
AXES = ("interactive", "customised")
STATEMENTS = 4  # to each axis
LEVELS = (1, 5)


@dataclass(frozen=True)
class Programme:
    """levels  {step: answers of the team, one a person};  targets  {step: level to reach};  places  {name: {axis: the
    answers to its four statements}}.  All empty where nobody answered."""

    levels: dict = field(default_factory=dict)
    targets: dict = field(default_factory=dict)
    places: dict = field(default_factory=dict)


def load(folder: str | Path) -> Programme:
    """programme.yaml of a workspace; an empty Programme where there is none.

    WorkspaceError says what is wrong where.
    """
    path = Path(folder) / FILE
    if not path.is_file():
        return Programme()
    given = read_yaml(path, "maturity: {strategy: {levels: [3, 4], target: 4}}, as cx init writes it")
    _known(given, ("maturity", "capability"), "")
    steps, places = (_section(given, name) for name in ("maturity", "capability"))
    _known(steps, STEPS, "maturity.")
    levels, targets = {}, {}
    for step, said in steps.items():
        where = f"maturity.{step}"
        said = said if isinstance(said, dict) else {"levels": said}
        _known(said, ("levels", "target"), where + ".")
        if answers := _answers(said.get("levels"), f"{where}.levels"):
            levels[step] = answers
        if said.get("target") is not None:
            (targets[step],) = _answers([said["target"]], f"{where}.target")
    return Programme(levels, targets, {str(name): _place(str(name), said) for name, said in places.items() if said})


def _place(name: str, said) -> dict:
    where = f"capability.{name}"
    if not isinstance(said, dict):
        _refuse(where, said, "write {interactive: [3, 2, 4, 3], customised: [2, 2, 3, 1]}")
    _known(said, AXES, where + ".")
    out = {}
    for axis in AXES:
        out[axis] = _answers(said.get(axis), f"{where}.{axis}")
        if len(out[axis]) != STATEMENTS:
            _refuse(f"{where}.{axis}", said.get(axis), f"give one number (1-5) to each of its {STATEMENTS} statements")
    return out


def _section(given: dict, name: str) -> dict:
    section = given.get(name)
    if section is not None and not isinstance(section, dict):
        _refuse(name, section, "it must hold keys and values, as cx init writes them")
    return section or {}


def _answers(said, where: str) -> list[float]:
    """One number or a list of them, each 1-5; nothing is nothing."""
    every = said if isinstance(said, list) else [] if said is None else [said]
    low, high = LEVELS
    for one in every:
        if isinstance(one, bool) or not isinstance(one, (int, float)) or not low <= one <= high:
            _refuse(where, one, f"an answer is a number from {low} to {high}, one for each person asked: [3, 4]")
    return [float(one) for one in every]


def _known(given: dict, names, where: str) -> None:
    for key in given:
        if key not in names:
            raise WorkspaceError(
                f"{FILE}: unknown key {where}{key}{nearest(str(key), names)}; keys here: {', '.join(names)}"
            )


def _refuse(where: str, what, remedy: str) -> None:
    raise WorkspaceError(f"{FILE}: {where} is {what!r}; {remedy}")
