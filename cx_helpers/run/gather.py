"""What does a run leave behind?  The folder's layout before, and its index, metrics, findings and manifest after."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from zoneinfo import ZoneInfo

from cx_helpers import coverage, evidence, faults, wording
from cx_helpers.dates import Period
from cx_helpers.run import alerts, keeping, manifest, plan, shelves
from cx_helpers.run.jobs import Job
from cx_helpers.run.plan import Plan, Task
from cx_helpers.settings import Settings, labels

_MADE = {"fa": "ساخته‌شده در", "en": "Made on"}


@dataclass(frozen=True)
class Context:
    """What all pages and files of one run share."""

    plan: Plan
    settings: Settings
    period: Period
    locale: str
    started: dt.datetime
    tasks: dict[str, tuple[Task, ...]]  # by group; the one group "" where the plan runs once
    column: str = ""  # of customers, the plan runs for each of its values
    left_out: tuple[str, ...] = ()  # values too rare to be shown, and the one beside them
    inputs: tuple[dict, ...] = ()  # the files that the run reads, with their hashes as it began
    place: Path | None = None  # where it will be published
    replaced: dict | None = None  # the run that it takes the place of: start, end, and what differs from it
    named: bool = False  # somebody named the period
    newest: dt.date | None = None  # the last day of the company's data; None where no table tells
    before: dict | None = None  # the manifest of that run, where it is about the same customers of the same company

    @property
    def workspace(self) -> str:
        """The name of the company's folder, however it was asked for (`.` is one, too)."""
        return self.settings.folder.resolve().name

    @property
    def today(self) -> dt.date:
        """The day on which the run is made, in the company's time zone."""
        return self.started.astimezone(ZoneInfo(self.settings.timezone)).date()

    @property
    def reading(self) -> dict:
        """How pages are read: what `wording.use` takes, as JSON can hold it."""
        return {
            "locale": self.locale,
            "calendar": self.period.calendar,
            "timezone": self.period.timezone,
            "period": self.period.name,
            "currency": self.settings.currency,
            "labels": labels(self.settings.folder),
            "smallest_group": self.settings.privacy["smallest_group"],
        }

    @property
    def folders(self) -> dict[str, str]:
        """Where in the run each group's pages lie: `""`, or `COLUMN=VALUE` made safe for a path."""
        if not self.column:
            return {"": ""}
        return {group: f"{self.column}={name}" for group, name in plan.apart(self.tasks).items()}


def prepare(context: Context, staged: Path) -> list[Job]:
    """Make the folders of a run and say for each notebook and group what its driver shall do."""
    jobs = []
    for group, tasks in context.tasks.items():
        folder = staged / context.folders[group]
        (folder / "notebooks").mkdir(parents=True)
        for task in tasks:
            job = Job(
                name=task.name,
                file=str(task.file),
                parameters=task.parameters,
                html=str(folder / f"{task.name}.html"),
                executed=str(folder / "notebooks" / f"{task.name}.ipynb"),
                page=_page(context, group) | {"parameters": shown(task.parameters)},
                reading=context.reading,
                group=group,
                timeout=context.plan.timeout,
            )
            jobs.append(job)
    return jobs


def _page(context: Context, group: str) -> dict:
    """What a page says beside its content."""
    locale, label = context.locale, context.period.heading(context.locale)
    if group:
        label += f" · {_scope(context.column, group)[locale]}"
    when, age = wording.label(context.today, locale), coverage.age(context.newest, context.today)
    return {
        "locale": locale,
        "company": context.settings.name,
        "period_label": label,
        "manifest_info": [f"{_MADE[locale]} {when}", *([age[locale]] if age else []), f"cx-helpers {_version()}"],
        "assets": "../assets" if group else "assets",
    }


def _version() -> str:
    return metadata.version("cx-helpers")


def _scope(column: str, group: str) -> wording.Words:
    return wording.say(fa="{column}: {group}", en="{column}: {group}", column=column, group=group)


def _of_group(finding: dict, column: str, group: str) -> dict:
    """A finding among those of other groups: its subject and its text say which group it is about."""
    names, text = wording.name(group), finding["text"]
    text = {locale: f"{names[locale]}: {text[locale]}" for locale in text}
    return finding | {"subject": (finding.get("subject") or {}) | {column: group}, "text": text}


def shown(parameters: dict) -> dict:
    """Parameters as a page may print them: the workspace by its name, not by where it lies on this machine."""
    parameters = {k: v for k, v in parameters.items() if k != evidence.PARAMETER or v}
    return {k: Path(v).resolve().name if k == "workspace" else v for k, v in parameters.items()}


def drawing(jobs: list[Job]) -> list[Job]:
    """The jobs that draw together what the others find: those that must run after them."""
    return [job for job in jobs if job.parameters.get(evidence.PARAMETER) == ""]


def informed(context: Context, late: list[Job], early: list[Job], desk: Path) -> list[Job]:
    """The `late` jobs, each given a folder below `desk` that holds what the `early` ones of its group found; as
    they are where nothing was run before them."""
    told = {}
    for group, where in context.folders.items():
        mine = [job for job in early if job.group == group]
        if not mine or not any(job.group == group for job in late):
            continue
        folder = desk / evidence.PARAMETER / (where or "all")
        folder.mkdir(parents=True)
        metrics = [{"report": j.name} | m for j in mine for m in j.answer["metrics"]]
        findings = [{"report": j.name} | f for j in mine for f in j.answer["findings"]]
        manifest.write(folder / "metrics.json", metrics)
        manifest.write(folder / "findings.json", manifest.rank(findings, metrics))
        made = [_entry(job, "", context) | {"executed": os.path.relpath(job.executed, folder)} for job in mine]
        manifest.write(folder / "manifest.json", {"notebooks": made})
        told[group] = os.path.relpath(folder)
    given = {group: {evidence.PARAMETER: folder} for group, folder in told.items()}
    return [replace(job, parameters=job.parameters | given.get(job.group, {})) for job in late]


def finish(context: Context, jobs: list[Job], staged: Path, draw: Callable[[dict], None]) -> list[dict]:
    """Write index, metrics, findings and manifest (for each group and for the whole); returns the manifest's entries.

    draw  makes the index pages of a request (run/front.py), in a process that has what draws
    """
    entries, groups = [], []
    everything: tuple[list, list] = ([], [])
    for group, where in context.folders.items():
        mine = [job for job in jobs if job.group == group]
        metrics = [{"report": j.name} | m for j in mine for m in j.answer["metrics"]]
        findings = manifest.rank([{"report": j.name} | f for j in mine for f in j.answer["findings"]], metrics)
        own = [_stand(_entry(job, where, context), context, staged) for job in mine]
        folder = staged / where
        if group:
            manifest.write(folder / "metrics.json", metrics)
            manifest.write(folder / "findings.json", manifest.told(findings))
            metrics = [m | {"dimensions": (m.get("dimensions") or {}) | {context.column: group}} for m in metrics]
            findings = [_of_group(f, context.column, group) for f in findings]
        everything[0].extend(metrics)
        everything[1].extend(findings)
        entries += own
        about = _page(context, group) | {"title": context.plan.title}
        if group and not context.plan.title:  # the heading names the group, so the line above it need not
            about |= {"title": _scope(context.column, group), "period_label": context.period.heading(context.locale)}
        about |= {"home": "../index.html"} if group else {}
        groups.append({"name": group, "folder": where, "reports": own, "page": about, "faults": _faults(mine)})
    findings = manifest.rank(everything[1], everything[0])
    request = {
        "root": str(staged),
        "column": context.column,
        "groups": groups,
        "page": _page(context, "") | {"title": context.plan.title},
        "metrics": everything[0] if context.column else [],
        "left_out": list(context.left_out),
        "reading": context.reading,
        "ask": _whom_to_ask(context),
        "old": _old(context),
    }
    draw(request)
    manifest.write(staged / "metrics.json", everything[0])
    manifest.write(staged / "findings.json", manifest.told(findings))
    manifest.write(staged / "manifest.json", _manifest(context, entries))
    return entries


def _faults(jobs: list[Job]) -> list[dict] | None:
    """What every page must say of its data, as the report on their health found; None where no such report was made."""
    made = [job for job in jobs if job.name == alerts.HEALTH and job.answer["outcome"] == "published"]
    return [one for job in made for one in alerts.loud(job.answer["findings"])] if made else None


def _old(context: Context) -> dict | None:
    """That all data are old, as every page says it of a company whose exports were to come; None where they are not,
    or where somebody named the period."""
    days = (context.today - context.newest).days if context.newest else 0
    if context.named or days <= coverage.OLD or not (context.settings.sources or context.settings.pull):
        return None
    return {"text": coverage.age(context.newest, context.today), "metric": None, "remedy": faults.STALE["aged"]}


def _whom_to_ask(context: Context) -> str:
    """The company whose data are to be judged without that report; empty where its book holds no such report."""
    folder = context.settings.folder
    return str(folder) if alerts.HEALTH in shelves.catalog(folder) else ""


def _stand(entry: dict, context: Context, staged: Path) -> dict:
    """The entry; of a report that was not made with the last good page, where one stands."""
    kept = None if entry["outcome"] == "published" else keeping.last_good(context.before, entry)
    return keeping.keep(kept, entry, context.place, staged) if kept else entry


def _entry(job: Job, where: str, context: Context) -> dict:
    answer, file = job.answer, Path(job.file)
    prefix = f"{where}/" if where else ""
    entry = {
        "report": job.name,
        "group": job.group or None,
        "title": answer.get("title"),
        "outcome": answer["outcome"],
        "reason": answer["reason"],
        "error": answer.get("error"),
        "notebook": file.name,
        "own": shelves.own(file, context.settings.folder),
        "sha256": manifest.sha256(file),
        "parameters": job.parameters,
        "page": f"{prefix}{job.name}.html",
        "executed": f"{prefix}notebooks/{job.name}.ipynb" if Path(job.executed).is_file() else None,
        "start": answer["start"],
        "end": answer["end"],
    }
    return entry


def _newest(context: Context) -> dict | None:
    """The last day of the data, and how old it was as the run was made; None where no table tells."""
    if context.newest is None:
        return None
    return {"day": context.newest.isoformat(), "days_before_run": (context.today - context.newest).days}


def _manifest(context: Context, entries: list[dict]) -> dict:
    period, settings = context.period, context.settings
    outcomes = [entry["outcome"] for entry in entries]
    return {
        "plan": context.plan.name,
        "title": context.plan.title,
        "workspace": context.workspace,
        "company": settings.name,
        "period": {"name": period.name, "start": period.start.isoformat(), "end": period.end.isoformat()},
        "locale": context.locale,
        "for_each": context.column or None,
        "left_out": list(context.left_out),
        "parameters": context.plan.parameters,
        "replaced": context.replaced,
        "engine": settings.engine.partition("://")[0],
        "inputs": context.inputs,
        "versions": manifest.versions(),
        "sentiment": manifest.sentiment(settings),
        "newest_row": _newest(context),
        "start": context.started.isoformat(),
        "end": dt.datetime.now(dt.UTC).isoformat(),
        "outcome": "failed" if "failed" in outcomes else "published",
        "notebooks": entries,
    }
