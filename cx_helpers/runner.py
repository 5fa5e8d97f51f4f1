"""What runs, when, and what came out?  A plan becomes a folder of pages: all of it, or nothing.

Everything that can be wrong is checked first (nothing changed, exit 1).  Then each notebook runs in a process of its
own, several at a time; one that fails becomes a page that says why, and the others are published (exit 2).  The run is
written beside its place and moved there in one step, under a lock (exit 3 where another run holds it).
"""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from cx_helpers import coverage, evidence, parameters, progress, whereabouts, wording, workspace
from cx_helpers.run import gather, manifest, publish, reach, shelves, standing
from cx_helpers.run import plan as plans
from cx_helpers.run.jobs import Job, draw, warmed, work
from cx_helpers.settings import company as company_folder
from cx_helpers.tables import nearest

PUBLISHED, FAILED = 0, 2
_MOST_GROUPS = 200


@dataclass(frozen=True)
class Request:
    """What was asked for: the options of `cx run`, by the same names; empty means not given."""

    notebooks: tuple[str, ...] = ()
    workspace: str = ""
    plan: str = ""
    period: str = ""
    locale: str = ""
    out: str = "reports"
    jobs: int | None = None
    timeout: float | None = None
    for_each: str = ""
    replace: bool = False
    progress: bool = False  # a line for each report, on no terminal, too
    parameters: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Result:
    """Where a run was published and what became of each notebook."""

    place: Path
    entries: list[dict]  # as in the manifest: report, group, outcome, reason, page, …
    latest: bool  # does `latest` say this run?
    left_out: tuple[str, ...]  # groups too small to be shown, and the one beside them
    differences: tuple[str, ...] = ()  # of this run from the one whose place it took
    aged: int = 0  # days since its period ended, where nobody named one and data were to come (0: no more than usual)

    @property
    def code(self) -> int:
        """The exit code."""
        return FAILED if any(entry["outcome"] == "failed" for entry in self.entries) else PUBLISHED


def run(asked: Request) -> Result:
    """Do what was asked.

    Raises a ValueError (PlanError, ParameterError, WorkspaceError, TableError, DateError) or an OSError before anything
    is changed, and publish.Busy when another run of the same plan and place holds the lock.
    """
    started = dt.datetime.now(dt.UTC)
    plan = _plan(asked, shelves.catalog(company_folder(asked.workspace)))
    with warmed([task.file for task in plan.tasks]) as environment:  # imports while this process checks
        with whereabouts.reading():
            context = _context(asked, plan, started)
        home = Path(asked.out) / plan.name
        place = home / context.period.name
        standing.admit(home, place, context, asked.replace)
        with publish.lock(home / ".lock"), _ending_politely():
            publish.sweep(home)
            if old := standing.admit(home, place, context, asked.replace):  # once more: others were here until now
                context = standing.over(old, place, context)
            with publish.staging(home) as staged:
                jobs = gather.prepare(context, staged)
                desk = staged / ".desk"
                desk.mkdir()
                at_once = min(asked.jobs or plan.jobs or os.cpu_count() or 1, len(jobs))
                with progress.shown(asked.progress) as shown:
                    jobs = _worked(context, jobs, at_once, environment, desk, _tick(shown, len(jobs)))
                entries = gather.finish(context, jobs, staged, lambda request: draw(request, environment, desk))
                publish.remove(desk)
                publish.publish(staged, place)
            latest, failed = home / standing.LATEST, any(entry["outcome"] == "failed" for entry in entries)
            if not failed or not latest.exists():
                publish.point(latest, place.name)
    differences = (context.replaced or {}).get("differences", ())
    aged = 0 if asked.parameters.get("period") or plan.period else _aged(context)
    return Result(place, entries, os.path.samefile(latest, place), context.left_out, tuple(differences), aged)


def _aged(context: gather.Context) -> int:
    """The days since the newest complete month of the data ended; 0 where that is how it should be, or where the
    workspace reads no sources, so that nothing new can come."""
    days = (context.started - context.period.end).days
    return days if days > coverage.OLD and (context.settings.sources or context.settings.pull) else 0


def check(asked: Request) -> tuple[workspace.Settings, plans.Plan]:
    """The company and the plan of a run that could begin now; nothing is written.  Raises what `run` raises."""
    plan = _plan(asked, shelves.catalog(company_folder(asked.workspace)))
    with whereabouts.reading():
        context = _context(asked, plan, dt.datetime.now(dt.UTC))
    home = Path(asked.out) / plan.name
    standing.admit(home, home / context.period.name, context, asked.replace)
    return context.settings, plan


def _worked(context: gather.Context, jobs: list[Job], at_once: int, environment: dict, desk: Path, tick) -> list[Job]:
    """All jobs done, in their order: first those that look at tables, then those that draw together what was found."""
    late = gather.drawing(jobs)
    done = work([job for job in jobs if job not in late], at_once, environment, desk, tick)
    if late:
        last = desk / "last"
        last.mkdir()
        told = gather.informed(context, late, done, desk)
        done += [
            replace(job, parameters=asked.parameters)  # where the findings lay meanwhile is nobody's business
            for job, asked in zip(work(told, at_once, environment, last, tick), late, strict=True)
        ]
    by = {(job.name, job.group): job for job in done}
    return [by[job.name, job.group] for job in jobs]


def _plan(asked: Request, there: dict[str, Path]) -> plans.Plan:
    """The plan, with what the command line says over it.  there  the notebooks, by name"""
    if asked.plan and asked.notebooks:
        raise plans.PlanError("give notebooks or a plan, not both: a plan lists its own")
    plan = plans.from_file(Path(asked.plan), there) if asked.plan else plans.from_names(asked.notebooks, there)
    for_each = asked.for_each or plan.for_each
    taken = {"workspace": "-w DIR"} | ({"segment": "--for-each COLUMN"} if for_each else {})
    for name, option in taken.items():
        if name in asked.parameters or name in plan.parameters or any(name in t.parameters for t in plan.tasks):
            raise plans.PlanError(f"{name} is given by {option} here, not as a parameter")
    return plans.over(plan, asked.period, asked.locale, for_each, asked.timeout)


def _context(asked: Request, plan: plans.Plan, started: dt.datetime) -> gather.Context:
    """Check all that can be wrong: workspace, period, groups, and every parameter of every notebook."""
    settings = workspace.load_settings(company_folder(asked.workspace))
    whereabouts.examine(settings)
    given = asked.parameters.get("period") or plan.period or workspace.last_complete_month(settings, started)
    period = parameters.period(given, calendar=settings.calendar, timezone=settings.timezone)
    locale = asked.parameters.get("locale") or plan.locale or settings.locale
    company = workspace.Tables(settings, period, "", locale, now=started)
    reach.refuse_empty(company)
    groups, left_out = _groups(company, plan.for_each) if plan.for_each else ([""], [])
    wording.use(locale=locale, calendar=period.calendar, labels=workspace.labels(settings.folder))
    common = {"workspace": os.path.relpath(settings.folder), "period": period.name, "locale": locale}
    common |= {evidence.PARAMETER: ""}  # given when the others are through (gather.informed)
    tasks = {}
    for group in groups:
        segment = {"segment": f"{plan.for_each}={group}"} if plan.for_each else {}
        tasks[group] = plans.settle(plan, common | segment, asked.parameters, company, tuple(segment))
    inputs = manifest.inputs(settings, [Path(asked.plan)] if asked.plan else [])
    about = {"column": plan.for_each, "left_out": tuple(left_out), "inputs": tuple(inputs), "newest": company.newest}
    about["named"] = bool(asked.parameters.get("period") or plan.period)
    return gather.Context(plan, settings, period, locale, started, tasks, **about)


def _groups(company: workspace.Tables, column: str) -> tuple[list[str], list[str]]:
    """The values of a column of customers that enough customers have, and those left out: the ones that too few have,
    and the one beside them, without which they would be what is left of the whole company's numbers."""
    customers = company.until.customers
    if column not in customers.columns:
        there = ", ".join(customers.columns)
        raise plans.PlanError(
            f"--for-each {column}: customers has no such column{nearest(column, there.split(', '))}; columns: {there}"
        )
    counted = customers.group_by(value=customers[column].cast("string")).agg(n=customers.count()).order_by("value")
    counts = counted.execute().dropna()
    smallest = company.settings.privacy["smallest_group"]
    small, beside = (set(values) - {None} for values in company.rare(column))
    large = [value for value in counts["value"] if value not in small | beside]
    if not large:
        one = ", but for one, which would show what the others are by subtraction" if beside else ""
        raise plans.PlanError(f"--for-each {column}: no value is shared by {smallest} customers or more{one}")
    if len(large) > _MOST_GROUPS:
        raise plans.PlanError(
            f"--for-each {column}: {len(large)} values are too many to compare; the most is {_MOST_GROUPS}"
        )
    return large, [*sorted(small), *sorted(beside)]


def _tick(shown: progress.Shown, total: int) -> Callable[[Job], None]:
    """What is said when a report is through: its name, what became of it, and how long it took."""
    done = itertools.count(1)
    shown.at(0, total, "")

    def tick(job: Job) -> None:
        name = f"{job.name} ({job.group})" if job.group else job.name
        begun, ended = (dt.datetime.fromisoformat(job.answer[key]) for key in ("start", "end"))
        shown.at(next(done), total, name)
        shown.line(f"{name}: {job.answer['outcome']}, {(ended - begun).total_seconds():.1f} s")

    return tick


@contextlib.contextmanager
def _ending_politely() -> Iterator[None]:
    """A request to end (SIGTERM) unwinds as Ctrl-C does, so that processes and staging are cleared away."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
