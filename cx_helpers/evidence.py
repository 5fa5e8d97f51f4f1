"""What have the other reports found?  The findings and numbers of a run, for the notebooks that draw them together.

A notebook with a parameter `evidence` runs after the others of its run and is given what they found.  In the lab, where
nothing is given, it reads the newest run of the same company, period and customers below a folder `reports`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from cx_helpers import causes
from cx_helpers.causes import Cause
from cx_helpers.errors import Refusal
from cx_helpers.records import Finding
from cx_helpers.tables import MissingTable
from cx_helpers.wording import raw, say

PARAMETER = "evidence"  # of a notebook: a folder with the three files of a run
_BLOCK = "application/vnd.cx.block+json"
_FINDINGS = "application/vnd.cx.findings+json"
_FILES = ("findings.json", "metrics.json", "manifest.json")


@dataclass(frozen=True)
class Evidence:
    """What a run found.

    findings, metrics  records as findings.json and metrics.json hold them
    reports            {name: {title, outcome, reason, page}} of every report of the run, in its order
    cards              the numbers as the reports' pages show them: with goal, change and trend, in the run's language
    """

    findings: list[dict]
    metrics: list[dict]
    reports: dict[str, dict]
    cards: list[dict]

    @property
    def clv(self) -> float | None:
        """What one customer is expected to bring (`causes.each`)."""
        return causes.each(self.metrics)

    def causes(self, *more: Finding) -> list[Cause]:
        """What the findings, and `more` of one's own, come down to, in the order in which they deserve to be read."""
        own = [{"report": "", "tone": one.tone} | one.record() for one in more]
        return causes.joined([*self.findings, *own], self.clv)

    def title(self, report: str, locale: str) -> str:
        """What a report is called on pages."""
        return ((self.reports.get(report) or {}).get("title") or {}).get(locale) or report


def read(folder: str, tables) -> Evidence:
    """What the run in `folder` found; where that is empty, the newest run about what `tables` is about.

    folder  of a run (reports/book/latest), looked for from here upward;  tables  as `workspace.open` gives them
    Raises MissingTable where no such run is there: the report is skipped and says why.  Refusal where the folder holds
    no run.
    """
    if not folder:
        found = newest(tables.settings.folder, tables.period.name, tables.segment)
        if found is None:
            raise MissingTable(
                say(
                    fa="هنوز اجرایی از این دوره و این مشتریان نیست که گزارش‌هایش را بتوان کنار هم گذاشت؛ نخست cx run را "
                    "اجرا کنید، یا پوشهٔ اجرایی را با -p evidence=پوشه بدهید",
                    en="there is no run of this period and these customers whose reports could be drawn together; "
                    "do cx run first, or name a run's folder by -p evidence=DIR",
                )
            )
        return _load(found, tables.locale)
    here = Path().resolve()
    place = next((base / folder for base in (here, *here.parents) if (base / folder).is_dir()), Path(folder))
    missing = [name for name in _FILES if not (place / name).is_file()]
    if missing:
        raise Refusal(
            say(
                fa="در {folder} اجرایی نیست: {file} را ندارد. پوشهٔ یک اجرا را بدهید، مانند {like}",
                en="evidence {folder} holds no run: there is no {file}; give e.g. {like}",
                folder=raw(folder), file=raw(missing[0]), like=raw("reports/book/latest"),
            )
        )  # fmt: skip
    return _load(place, tables.locale)


def newest(workspace: Path, period: str, segment: str = "") -> Path | None:
    """The run with most reports of a company's period, the newest among equals; None where there is none.

    It is looked for in the folder `reports` of the workspace and of every folder from here upward.
    """
    here, found = Path().resolve(), []
    for base in dict.fromkeys((workspace.resolve(), here, *here.parents)):
        for file in sorted((base / "reports").glob("*/*/manifest.json")):
            if file.parent.is_symlink() or file.parent.name != period:
                continue
            made = _json(file)
            segments = {(entry["parameters"] or {}).get("segment") or "" for entry in made["notebooks"]}
            if made["workspace"] == workspace.resolve().name and not made["for_each"] and segments <= {segment}:
                published = sum(entry["outcome"] == "published" for entry in made["notebooks"])
                found.append((published, made["end"], file.parent))
    return max(found)[-1] if found else None


def _load(place: Path, locale: str) -> Evidence:
    findings, metrics, manifest = (_json(place / name) for name in _FILES)
    entries, keys = manifest["notebooks"], ("title", "outcome", "reason", "page")
    reports = {entry["report"]: {key: entry.get(key) for key in keys} for entry in entries}
    made = {e["report"]: place / e["executed"] for e in entries if e["executed"] and e["outcome"] == "published"}
    books = {report: _json(path) for report, path in made.items() if path.is_file()}
    cards = [card for book in books.values() for card in _cards(book, locale)]
    shown = [one | {"report": report} for report, book in books.items() for one in _shown(book, _FINDINGS)]
    return Evidence([_toned(one, shown) for one in findings], metrics, reports, cards)


def _toned(record: dict, shown: list[dict]) -> dict:
    """The record with the tone that its report gave it, good news or bad, which findings.json does not hold."""
    same = (one for one in shown if one.get("tone") and all(one.get(key) == record[key] for key in _NAMES))
    return record | {"tone": tone["tone"]} if (tone := next(same, None)) else record


_NAMES = ("report", "kind", "subject", "measure", "text")


def _shown(notebook: dict, mime: str) -> list:
    outputs = (output for cell in notebook["cells"] for output in cell.get("outputs", ()))
    return [one for output in outputs for one in output.get("data", {}).get(mime, ())]


def _cards(notebook: dict, locale: str) -> list[dict]:
    outputs = (output for cell in notebook["cells"] for output in cell.get("outputs", ()))
    blocks = [output["data"][_BLOCK] for output in outputs if _BLOCK in output.get("data", ())]
    return [card for block in blocks if (block["kind"], block["locale"]) == ("kpi", locale) for card in block["cards"]]


def _json(path: Path):
    return json.loads(path.read_text("utf-8"))
