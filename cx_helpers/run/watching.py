"""What is new, and who must hear of it now?  `cx watch`: the intake of `cx ingest` again and again, then cases, alerts.

Each round reads what has come (sources.load, the one reader there is), looks at the rows nobody has looked at, and
sends what waits.  One watch a workspace; a round holds the lock of `cx ingest` while it reads and writes.
"""

from __future__ import annotations

import contextlib
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from cx_helpers import wording
from cx_helpers.intake import case_alerts, case_rows, case_rules, casebook, cases, convert, sources, store, units
from cx_helpers.intake.mapping import SourceError, read_sources
from cx_helpers.run import sending
from cx_helpers.settings import Settings, labels, load_settings

EVERY = 0.25  # seconds between two looks at the files
ASK = 30.0  # seconds between two questions to a database, which has no file to look at
SOME = 2  # the exit code where some files could not be read
LIST = 20.0  # seconds between two writings of the list of cases, while rows keep coming


class Watch:
    """A watch over one workspace; `round` is one look, `stopping` is set by a signal."""

    def __init__(self, folder: str | Path):
        self.settings: Settings = load_settings(folder)
        wording.use(labels=labels(self.settings.folder))  # letters call places as the company does
        self.rules = case_rules.load(self.settings)
        self.sources = read_sources(self.settings)
        self.words = case_rows.Words.of(self.settings.folder)
        self.stopping = False
        self.faults: set[str] = set()  # of the last reading: files that could not be read, and why
        self._before: object = None
        self._listed = self._asked = 0.0
        self._stale = False

    def round(self, book: casebook.Book, force: bool = False) -> cases.Looked:
        """Read what is new and make cases of it; then send what waits.  Raises store.Busy during an ingest."""
        found, now = cases.Looked(), self._signs()
        if force or now != self._before:
            self.faults = {words["en"] for words in sources.load(self.settings.folder).problems}
            found = self._look(book)
            self._before = now
            self._stale = self._stale or bool(found.cases or found.moved)
        case_alerts.digest(book, self.settings, self.rules, casebook.now())
        sending.send(book, self.rules, casebook.now(), lambda: self.stopping)
        if self._stale and (force or time.monotonic() - self._listed > LIST):
            self.tell(book)
        return found

    def _look(self, book: casebook.Book) -> cases.Looked:
        folder = self.settings.folder
        with (
            store.lock(folder),
            store.scratch(folder) as scratch,
            contextlib.closing(convert.connect(scratch)) as con,
        ):
            found = cases.look(con, self.settings, self.rules, book, self.words)
            found.moved = cases.settle(con, self.settings, store.State.read(folder), book)
        return found

    def tell(self, book: casebook.Book) -> None:
        """Write the list of cases and what reports read."""
        cases.told(self.settings, book)
        self._stale, self._listed = False, time.monotonic()
        self._before = None if self._before is None else self._signs()

    def _signs(self) -> tuple:
        """By what it is seen that something came: names, sizes and times of all files that sources name."""
        folder, signs = self.settings.folder, []
        for source in self.sources:
            if source.url:
                if time.monotonic() - self._asked > ASK:
                    self._asked = time.monotonic()
                signs.append(self._asked)
                continue
            with contextlib.suppress(SourceError):
                signs += [path for unit in units.find(source, self.settings) for path in unit.files.values()]
        if not signs:  # tables that others write
            signs += sorted((folder / "tables").glob("*.parquet"))
        signs.append(folder / "state" / "cases.csv")
        return tuple(_sign(one) if isinstance(one, Path) else one for one in signs)


def _sign(path: Path) -> tuple:
    try:
        stat = path.stat()
    except OSError:
        return (str(path),)
    return str(path), stat.st_size, stat.st_mtime_ns


def watch(folder: str | Path, once: bool = False, say=print) -> int:
    """Watch a workspace until SIGTERM or SIGINT; `once`: a single round.  Returns the exit code: 0, or 2 where a single
    round could not read all files.  What could not be read is told on standard error, once.

    Raises store.Busy (exit 3) where another watch, or an ingest as it begins, holds the workspace.
    """
    guard = Watch(folder)
    with store.lock(guard.settings.folder, "watch"), _ending(guard), casebook.opened(guard.settings.folder) as book:
        unsure = sending.recover(book)
        if unsure:
            say(f"{unsure} alerts may or may not have left before a stop; they are in the next digest")
        say(_told(guard.round(book, force=True), guard.rules))
        told = _faults(guard, set())
        while not (once or guard.stopping):
            _pause(guard)
            try:
                found = guard.round(book)
            except store.Busy:
                continue
            except (SourceError, OSError) as error:  # a file half written, a database away: the next round sees
                print(f"cx watch: {error}", file=sys.stderr)
                continue
            if found.rows or found.moved:
                say(_told(found, guard.rules))
            told = _faults(guard, told)
        guard.tell(book)
    return SOME if once and told else 0


def _faults(guard: Watch, told: set[str]) -> set[str]:
    """Say which files could not be read, those `told` already aside; returns those there are."""
    for fault in sorted(guard.faults - told):
        print(f"cx watch: {fault}", file=sys.stderr)
    return set(guard.faults)


def _pause(guard: Watch) -> None:
    end = time.monotonic() + EVERY
    while not guard.stopping and time.monotonic() < end:
        time.sleep(0.05)


def _told(found: cases.Looked, rules: case_rules.Rules) -> str:
    """One line a round: what was read, what became of it, and what happened too long ago to become a case."""
    rows, opened, alerts = (
        f"{n:,} {one}{'' if n == 1 else 's'}"
        for n, one in ((found.rows, "new row"), (found.cases, "new case"), (found.alerts, "alert"))
    )
    line = f"{rows} read: {opened}, {alerts}; {found.moved:,} went on"
    if found.old:
        days = f"{rules.backlog_days:g} days"
        line += f"; {found.old:,} rows left out, older than {days} (backlog_days in {case_rules.FILE})"
    if found.cases:
        line += "; cases: state/cases.csv"
    if found.cases and not case_alerts.ways(rules):
        line += f"; no alert can leave: {case_rules.FILE} names no webhook and no mail"
    return line


@contextlib.contextmanager
def _ending(guard: Watch) -> Iterator[None]:
    """SIGTERM and SIGINT end a watch after the round that is under way."""

    def stop(*_):
        guard.stopping = True

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
