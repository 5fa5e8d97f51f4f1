"""Who starts a plan, and when?  `cx schedule`: a file for cron, systemd or Airflow that fetches, reads and publishes.

The file holds absolute paths, asks nothing of the shell it is started from, and holds no secret.  Before it is printed
the plan is checked as `cx run` would check it: what is scheduled can run today.
"""

from __future__ import annotations

import hashlib
import re
import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import jinja2

from cx_helpers.errors import Refusal
from cx_helpers.run.plan import Plan
from cx_helpers.settings import Settings

KINDS = ("cron", "systemd", "airflow")
TEMPLATES = Path(__file__).parent.parent / "templates" / "schedule"
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True)
class Rhythm:
    """How often: the day fields of a crontab line, and of systemd's OnCalendar."""

    cron: str
    systemd: str
    words: str


EVERY = {
    "day": Rhythm("* * *", "*-*-*", "every day"),
    "week": Rhythm("* * 6", "Sat *-*-*", "every Saturday"),
    "month": Rhythm("1 * *", "*-*-01", "on the first of a Gregorian month"),
    # The first of a Jalali month falls on the 19th to 23rd; a run before it publishes the month before once more.
    "jalali-month": Rhythm("19-23 * *", "*-*-19..23", "on the days that a Jalali month can begin on"),
}


@dataclass(frozen=True)
class Schedule:
    """A plan of a company, and when it runs.

    plan   from the file `file`, or the whole book where that is None
    out    where it publishes;  here  the folder it runs in;  at  HH:MM;  every  a key of EVERY
    """

    settings: Settings
    plan: Plan
    file: Path | None
    out: Path
    here: Path
    at: str = "06:30"
    every: str = "day"

    @property
    def name(self) -> str:
        """What the unit, the DAG and the log are called, in letters that systemd takes: one name for each company's
        folder and plan's file, told apart by six letters of the hash of their paths."""
        own = f"{self.settings.folder.resolve().name}-{self.plan.name}"
        kept = re.sub(r"[^A-Za-z0-9_.]+", "-", own).strip("-.")
        paths = f"{self.settings.folder.resolve()}\n{self.file and self.file.resolve()}"
        return "-".join(filter(None, ("cx", kept, hashlib.sha256(paths.encode()).hexdigest()[:6])))

    @property
    def notes(self) -> list[str]:
        """What the person who sets this up should know."""
        said = []
        if self.plan.period:
            words = "left out, each run takes the last complete month of the data"
            said.append(f"the plan names the period {self.plan.period}, so every run publishes that one; {words}")
        if not self._sources and not self.settings.database:
            said.append("the workspace names no sources, so the tables stay as they are; name some in workspace.yaml")
        return said

    @property
    def _sources(self) -> bool:
        return bool(self.settings.sources or self.settings.pull)

    def steps(self) -> dict[str, list[str]]:
        """{step: its command}: what is new at the vendors, what lies in the sources, the pages."""
        folder = ["-w", str(self.settings.folder.resolve())]
        steps = {}
        if self.settings.pull:
            steps["pull"] = [*command(), "pull", *folder]
        if self._sources:
            steps["ingest"] = [*command(), "ingest", *folder]
        plan = ["--plan", str(self.file.resolve())] if self.file else []
        return steps | {"run": [*command(), "run", *plan, *folder, "--out", str(self.out.resolve())]}

    def line(self) -> str:
        """All steps as one line of sh: a source or system that failed (2) is told at the end and stops nothing, any
        other failure ends the line; it ends with the last code that was not 0."""
        steps = [shlex.join(step) for step in self.steps().values()]
        *before, last = steps
        made = "".join(f"{step} || s=$?; [ $s -eq 0 ] || [ $s -eq 2 ] || exit $s; " for step in before)
        return f"s=0; cd {shlex.quote(str(self.here.resolve()))} || exit 1; {made}{last} || s=$?; exit $s"


def command() -> list[str]:
    """`cx` by its whole path, as it lies beside this Python."""
    script = Path(sys.executable).parent / "cx"
    return [str(script)] if script.is_file() else [sys.executable, "-m", "cx_helpers.cli"]


def written(kind: str, schedule: Schedule) -> str:
    """The file for one of KINDS.  Raises Refusal where `at`, `every` or a path cannot be written into it."""
    if schedule.every not in EVERY:
        raise Refusal(f"--every {schedule.every}: give one of {', '.join(EVERY)}")
    clock = _CLOCK.fullmatch(schedule.at)
    if not clock:
        raise Refusal(f"--at {schedule.at!r} is no time of day; write e.g. --at 06:30")
    paths = [str(schedule.here.resolve()), *(part for step in schedule.steps().values() for part in step)]
    if wrong := next((path for path in paths if set(path) & set("\n\r") or "{% endraw %}" in path), None):
        raise Refusal(f"the path {wrong!r} cannot be written into a {kind} file; rename the folder")
    if schedule.out.exists() and not schedule.out.is_dir():
        raise Refusal(f"--out {schedule.out} is a file; give a folder to publish to")
    hour, minute = (int(part) for part in clock.groups())
    shell = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        autoescape=False,
    )
    return shell.get_template(f"{kind}.j2").render(
        schedule=schedule,
        rhythm=EVERY[schedule.every],
        hour=hour,
        minute=minute,
        quoted=shlex.quote,
        escaped=_ESCAPED[kind],
        literal=repr,
        airflow=_airflow,
        log=schedule.out.resolve() / f"{schedule.name}.log",
    )


def _airflow(step: str, line: list[str]) -> str:
    """A step as Airflow's bash command: what failed in part (2) of pull and ingest is logged and goes on."""
    text = shlex.join(line)
    if step != "run":
        text = f"{text} || [ $? -eq 2 ]"
    return repr("{% raw %}" + text + "{% endraw %}")


_ESCAPED: dict[str, Callable[[str], str]] = {
    "cron": lambda line: line.replace("%", r"\%"),  # an unescaped % ends the command
    # systemd: % begins a specifier, $ a variable; inside double quotes \ and " are escaped
    "systemd": lambda line: line.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$"),
    "airflow": str,
}
