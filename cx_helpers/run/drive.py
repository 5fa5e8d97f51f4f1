"""How does one notebook become a page?  Papermill runs it, the page is built, and the outcome is told in words.

Run in a process of its own as `python -m cx_helpers.run.drive JOB`, JOB being a JSON file (see `runner`).  Whatever
happens, the answer is a file: outcome `published`, `skipped` (this company lacks what the report needs) or `failed`,
with the reason in both languages, and what the notebook recorded.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import threading
import time
from pathlib import Path

import nbformat
import papermill
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.engines import NBClientEngine, papermill_engines
from papermill.exceptions import PapermillExecutionError
from traitlets.config import Config

from cx_helpers import errors, evidence, kernels, wording
from cx_helpers.report import page
from cx_helpers.run import front, manifest
from cx_helpers.wording import LOCALES, Words, say

_ENGINE = ("Error", "InvalidInputException", "IOException")  # DuckDB's, of pages that do not decode
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def main() -> None:
    """Read the job, do it, write the answer beside it."""
    if os.environ.pop(kernels.LEASH, None):
        threading.Thread(target=_leash, daemon=True).start()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # unwinds, so that the kernel is shut down
    path = Path(sys.argv[1])
    job = json.loads(path.read_text("utf-8"))
    answer = run(job)
    done = path.with_suffix(".tmp")
    manifest.write(done, answer)
    done.replace(path.with_suffix(".answer"))  # there whole, or not there


def _leash() -> None:
    """Go when the one who started this process is gone (its end of our standard input closes)."""
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(5)
    os._exit(143)


def run(job: dict) -> dict:
    """One notebook: executed, its page written; returns the outcome, the reason in words, and what was recorded."""
    executed = Path(job["executed"])
    front.read_as(job["reading"])
    answer = {"outcome": "published", "reason": None, "metrics": [], "findings": []}
    try:
        execute(job, executed)
    except Exception as error:
        answer |= explain(error, executed, job["timeout"])
    notebook = tidy(executed, job)
    answer["title"] = titles(notebook, job["name"])
    shared = job["page"] | {"title": answer["title"]}
    parameters = shared.pop("parameters")
    if answer["outcome"] == "published":
        try:
            html = page.build(notebook, parameters=parameters, **shared)
            answer["metrics"] = manifest.recorded(notebook.cells, manifest.METRICS_MIME)
            answer["findings"] = manifest.recorded(notebook.cells, manifest.FINDINGS_MIME)
        except Exception as error:  # a chart that cannot be drawn fails its report, not the run
            answer |= _failed(
                "دفترچه تا پایان اجرا شد، اما صفحه‌اش ساخته نشد.",
                "The notebook ran to its end, but its page could not be built.",
            ) | _technical(error)
    if answer["outcome"] != "published":
        details = answer.pop("details", "")
        html = page.failure(outcome=answer["outcome"], reason=answer["reason"], details=details, **shared)
    Path(job["html"]).write_text(html, "utf-8")
    return answer


def execute(job: dict, executed: Path) -> None:
    """Run the notebook by papermill, kernel warm where that can be, within its wall-clock limit."""
    kernels.provide()
    until = time.monotonic() + job["timeout"]
    papermill.execute_notebook(
        _literal(job["file"]),
        _literal(str(executed)),
        parameters=job["parameters"],
        engine_name=_Engine.__name__,
        kernel_name="python3",
        progress_bar=False,
        timeout_func=lambda cell: max(0.1, until - time.monotonic()),
        startup_timeout=max(1, min(60, job["timeout"])),
        config=_connection(),
    )


def _literal(path: str) -> str:
    """A path that papermill, which fills {parameters} into paths, takes as it is."""
    return path.replace("{", "{{").replace("}", "}}")


class _Engine(NBClientEngine):
    """Papermill's own engine, which writes the whole notebook before and after every cell, prose too: two thirds of a
    driver's time.  Here it is written when a cell of code begins, so that it tells where a run was that went astray."""

    @classmethod
    def execute_managed_notebook(cls, nb_man, kernel_name, **options):
        save, start = nb_man.save, nb_man.cell_start

        def begin(cell, *place, **more):
            start(cell, *place, **more)
            if cell.cell_type == "code":
                save()

        nb_man.save, nb_man.cell_start = lambda **_: None, begin
        try:
            super().execute_managed_notebook(nb_man, kernel_name, **options)
        finally:
            del nb_man.save, nb_man.cell_start  # what papermill writes at the end is written


papermill_engines.register(_Engine.__name__, _Engine)


def _connection() -> Config:
    """Kernels talk over sockets in the run's own folder: no ports, nothing that another user could reach."""
    if not hasattr(os, "fork"):
        return Config()
    file = Path(os.environ["JUPYTER_RUNTIME_DIR"]) / f"{os.getpid()}.json"
    return Config({"KernelManager": {"transport": "ipc", "connection_file": str(file)}})


def explain(error: Exception, executed: Path, timeout: float) -> dict:
    """Outcome and reason, in words, of a notebook that did not run to its end; `error` and `details` are the analyst's.

    An error of ours that speaks both languages is the reason itself.  Any other is a fault in code: the reason says
    where, and what a programmer reads stands folded beneath.
    """
    if isinstance(error, PapermillExecutionError):
        message = _ANSI.sub("", f"{error.evalue}").strip()
        told = errors.heard(error.ename, f"{error.evalue}", list(error.traceback))
        technical = f"{error.ename}: {message}" if message else error.ename
        if error.ename == "MissingTable":
            return {"outcome": "skipped", "reason": told or wording.name(message)}
        if told:
            return {"outcome": "failed", "reason": told, "details": _account(error.source, technical)}
        if error.ename in _ENGINE:
            return _failed(
                "در {where} جدولی تا آخر خوانده نشد. اگر فایلی آسیب دیده باشد، cx check نامش را می‌گوید.",
                "In {where} a table could not be read to its end. If a file is damaged, cx check names it.",
                where=_cell(error.cell_index),
            ) | {"error": technical, "details": _account(error.source, technical)}  # fmt: skip
        return _failed(
            "در {where} به خطایی در کد برخورد و ناتمام ماند.",
            "It ran into an error in the code of {where} and stopped.",
            where=_cell(error.cell_index),
        ) | {"error": technical, "details": _account(error.source, technical)}  # fmt: skip
    where, source = _running(executed)
    if isinstance(error, CellTimeoutError):
        return _failed(
            "اجرای آن از {s} ثانیه بیشتر طول کشید و در {where} متوقف شد. شاید رایانه سرگرم کار دیگری بود؛ "
            "cx run --timeout زمان بیشتری می‌دهد.",
            "It took longer than {s} seconds and was stopped in {where}. The machine may have been busy; "
            "cx run --timeout gives more time.",
            s=timeout, where=where,
        ) | {"details": source}  # fmt: skip
    if isinstance(error, DeadKernelError):
        return _failed(
            "فرایند دفترچه در {where} ناگهان پایان یافت؛ شاید حافظه کم آمد.",
            "The notebook's process ended abruptly in {where}; perhaps memory ran out.",
            where=where,
        ) | {"details": source}  # fmt: skip
    return _failed("دفترچه اجرا نشد.", "The notebook could not be run.") | _technical(error)


def _failed(fa: str, en: str, **values) -> dict:
    return {"outcome": "failed", "reason": say(fa=fa, en=en, **values)}


def _technical(error: Exception) -> dict:
    """An error as a programmer reads it."""
    said = f"{error}" if isinstance(error, page.PageError) else f"{type(error).__name__}: {error}"
    return {"error": said, "details": said}


def _account(source: str, technical: str) -> str:
    return f"{source.strip()}\n\n{technical}"


def _cell(index: int | None) -> Words:
    return say(fa="خانهٔ {n}", en="cell {n}", n=(index or 0) + 1)


def _running(executed: Path) -> tuple[Words, str]:
    """The cell that was running when the notebook was last saved, and its code."""
    try:
        cells = nbformat.read(executed, as_version=4).cells
    except Exception:
        cells = []
    reached = [(i, c) for i, c in enumerate(cells) if c.cell_type == "code" and c.metadata.papermill["start_time"]]
    if not reached:
        return say(fa="آغاز کار", en="its start"), ""
    return _cell(reached[-1][0]), reached[-1][1].source


def tidy(executed: Path, job: dict):
    """Take this machine's paths out of what papermill noted; returns the executed notebook, or the one to be run."""
    if not executed.is_file():
        return nbformat.read(job["file"], as_version=4)
    notebook = nbformat.read(executed, as_version=4)
    noted = notebook.metadata.get("papermill", {})
    if job["parameters"].get(evidence.PARAMETER):
        _forget(notebook, noted, job["parameters"][evidence.PARAMETER])
    noted["input_path"], noted["output_path"] = Path(job["file"]).name, executed.name
    nbformat.write(notebook, executed)
    return notebook


def _forget(notebook, noted: dict, folder: str) -> None:
    """Where the findings lay that a notebook drew together is gone when it is read: whoever runs it again reads the
    newest run's."""
    noted.get("parameters", {}).pop(evidence.PARAMETER, None)
    for cell in notebook.cells:
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell.source = cell.source.replace(json.dumps(folder), '""')


def titles(notebook, name: str) -> Words:
    """The notebook's own heading in both languages; its name where it has none."""
    return {locale: page.heading(notebook, locale) or name for locale in LOCALES}


if __name__ == "__main__":
    main()
