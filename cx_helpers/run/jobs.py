"""Who does the work?  A process for each notebook, several at a time, each within its limit, none left behind."""

from __future__ import annotations

import ast
import contextlib
import datetime as dt
import errno
import json
import os
import re
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from cx_helpers import kernels
from cx_helpers.run import manifest
from cx_helpers.wording import say

DRIVER, FRONT, REHEARSAL = "cx_helpers.run.drive", "cx_helpers.run.front", "cx_helpers.run.rehearse"
_PATIENCE_S = 300  # the longest that an index may take
_ROOM = 1_000_000  # bytes; on a disk that has fewer left nothing can be written
_GRACE_S = 20  # what a driver may need beyond its notebook's limit: starting the kernel, building the page

# What the libraries import only when they are used; imported before the fork it is paid for once.
LATE = """
pandas pandas.core.methods.to_dict pyarrow.pandas_compat pyarrow.parquet ibis ibis.backends.duckdb
ibis.backends.duckdb.converter ibis.formats.pandas ibis.formats.numpy plotly.graph_objects plotly.graph_objs.layout
plotly.graph_objs.scatter plotly.graph_objs.bar plotly.graph_objs.layout.template.data plotly.io._renderers plotly.tools
plotly.offline narwhals._pandas_like.dataframe ibis.expr.types.groupby
""".split()
PRINTED = "matplotlib.pyplot matplotlib.backends.backend_agg PIL.PngImagePlugin IPython.core.pylabtools".split()
_PRINTS = re.compile("matplotlib|seaborn|small_multiples")  # what a notebook says that needs those, too


@dataclass(frozen=True)
class Job:
    """One notebook to run: what the driver reads (paths as text, so that it can be written as JSON)."""

    name: str
    file: str
    parameters: dict
    html: str  # where the page goes
    executed: str  # where the executed notebook goes
    page: dict  # what the page says beside the notebook
    reading: dict  # in which language and calendar (run/front.py)
    group: str = ""
    timeout: float = 600
    answer: dict = field(default_factory=dict, compare=False)  # outcome, reason, metrics, findings, start, end


def imports(files: list[Path]) -> list[str]:
    """The modules that the notebooks import, as their cells say (those skipped in a headless run left out)."""
    found: dict[str, None] = {}
    for file in files:
        for cell in json.loads(file.read_text("utf-8")).get("cells", []):
            if cell.get("cell_type") != "code" or "skip-execution" in cell.get("metadata", {}).get("tags", []):
                continue
            source = cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])
            try:
                nodes = ast.walk(ast.parse(source))
            except SyntaxError:  # a magic, or an error that the notebook itself will report
                continue
            for node in nodes:
                if isinstance(node, ast.Import):
                    found |= dict.fromkeys(alias.name for alias in node.names)
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    found |= dict.fromkeys([node.module, *(f"{node.module}.{alias.name}" for alias in node.names)])
    return list(found)


def late(files: list[Path]) -> list[str]:
    """What the libraries of these notebooks import only when they are used."""
    return LATE + PRINTED * any(_PRINTS.search(file.read_text("utf-8")) is not None for file in files)


@contextlib.contextmanager
def warmed(files: list[Path]) -> Iterator[dict[str, str]]:
    """The environment in which jobs start: warm where that can be, and nothing of the user's own Jupyter settings."""
    with contextlib.ExitStack() as stack:
        own = {"PLOTLY_RENDERER": "plotly_mimetype"}
        if kernels.available():
            warm = stack.enter_context(kernels.Warm([*imports(files), *late(files), DRIVER, FRONT, REHEARSAL]))
            folder = str(warm.folder)  # the warm process clears it away should this one be killed
            own |= warm.environment
        else:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="cx-", ignore_cleanup_errors=True))
        yield kernels.surroundings() | own | {"JUPYTER_RUNTIME_DIR": folder, "IPYTHONDIR": folder}


def work(jobs: list[Job], at_once: int, environment: dict, folder: Path, done: Callable[[Job], None]) -> list[Job]:
    """Run the jobs, `at_once` at a time; returns them in their order with their answers.

    folder  where requests, answers and logs lie meanwhile;  done  called with each job when it is through
    """
    # the longest text first: what takes longest would otherwise run alone at the end
    waiting = sorted(enumerate(jobs), key=lambda one: -os.path.getsize(one[1].file))
    running: dict[int, _Running] = {}
    finished: dict[int, Job] = {}
    try:
        while waiting or running:
            while waiting and len(running) < at_once:
                number, job = waiting.pop(0)
                running[number] = _Running(job, folder / f"{number}.json", environment)
            time.sleep(0.02)
            for number, one in list(running.items()):
                if (answer := one.ended()) is not None:
                    del running[number]
                    finished[number] = replace(one.job, answer=answer)
                    done(finished[number])
    finally:
        for one in running.values():
            one.stop()
    return [finished[number] for number in range(len(jobs))]


def draw(request: dict, environment: dict, folder: Path) -> None:
    """Make the index pages that a request asks for (run/front.py); RuntimeError with its last words when it fails."""
    path = folder / "front.json"
    manifest.write(path, request)
    with open(path.with_suffix(".log"), "wb") as log:
        process = kernels.start(["-m", FRONT, str(path)], env=environment, stdout=log, stderr=log)
    if process.wait(_PATIENCE_S) and getattr(process, "lost", False):
        return draw(request, {k: v for k, v in environment.items() if k != kernels.ADDRESS}, folder)
    if process.wait():
        said = path.with_suffix(".log").read_text("utf-8", "replace").strip()
        if not said and shutil.disk_usage(folder).free < _ROOM:  # no room even to say why
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder.parent.parent))
        raise RuntimeError(f"the index could not be made:\n{said}")


class _Running:
    """A driver at work."""

    def __init__(self, job: Job, request: Path, environment: dict):
        self.job, self.request, self.environment = job, request, environment
        manifest.write(request, asdict(job))
        self._launch()
        self.start = dt.datetime.now(dt.UTC)

    def _launch(self) -> None:
        self.until = time.monotonic() + self.job.timeout + _GRACE_S
        with open(self.request.with_suffix(".log"), "ab") as log:
            self.process = kernels.start(
                ["-m", DRIVER, str(self.request)], env=self.environment, stdout=log, stderr=log
            )

    def ended(self) -> dict | None:
        """The answer, when there is one; a driver that cannot give one is answered for."""
        if self.process.poll() is None:
            if time.monotonic() < self.until:
                return None
            self.stop()
        answer = self.request.with_suffix(".answer")
        if answer.exists():
            told = json.loads(answer.read_text("utf-8"))
        elif getattr(self.process, "lost", False):  # the warm process died, not the notebook: once more, plainly
            self.environment = {k: v for k, v in self.environment.items() if k != kernels.ADDRESS}
            self._launch()
            return None
        else:
            told = {"outcome": "failed", "metrics": [], "findings": [], "title": None} | self._silence()
        return told | {"start": self.start.isoformat(), "end": dt.datetime.now(dt.UTC).isoformat()}

    def _silence(self) -> dict:
        """The reason of a driver that gave none; its last words are the analyst's."""
        log = self.request.with_suffix(".log").read_text("utf-8", "replace").strip().splitlines()
        if time.monotonic() >= self.until:
            reason = say(
                fa="اجرای آن از {s} ثانیه بیشتر طول کشید و به‌زور پایان داده شد؛ cx run --timeout زمان بیشتری می‌دهد.",
                en="It took longer than {s} seconds and was ended by force; cx run --timeout gives more time.",
                s=self.job.timeout,
            )
        else:
            reason = say(
                fa="فرایند آن بی هیچ پاسخی پایان یافت (کد {code}).",
                en="Its process ended without an answer (code {code}).",
                code=self.process.poll(),
            )
        return {"reason": reason, "error": log[-1] if log else None}

    def stop(self) -> None:
        """End the driver and all that it started."""
        if self.process.stdin:  # plain: the driver shuts its kernel down when its leash is let go
            self.process.stdin.close()
            with contextlib.suppress(Exception):
                self.process.wait(6)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        with contextlib.suppress(Exception):
            self.process.wait(5)
