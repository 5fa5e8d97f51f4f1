"""The `cx` command, a thin face: it reads options, calls what does the work, and says what went wrong in a sentence."""

from __future__ import annotations

import argparse
import difflib
import functools
import os
import sys
import traceback

from cx_helpers import __doc__ as PURPOSE
from cx_helpers import progress, sentiment_commands

OK, WRONG, SOME, INTERRUPTED = 0, 1, 2, 130
_CODES = """\
exit codes: 0 all published; 1 input or usage wrong, nothing changed; 2 some notebooks failed, the rest published with
a page that says what failed and why (ingest, pull: some files or systems could not be read, or only the smaller part
of a file, all others were);
3 another run holds the lock"""


class _Parser(argparse.ArgumentParser):
    """argparse, but wrong usage ends with 1 (contract) and names the nearest right option."""

    def error(self, message: str):
        commands = [p for a in self._actions if isinstance(a.choices, dict) for p in a.choices.values()]
        options = [option for parser in (self, *commands) for option in parser._option_string_actions]
        for word in message.split():
            word = word.strip("',:")
            near = difflib.get_close_matches(word, options, n=1, cutoff=0.7)
            if word.startswith("--") and near and near[0] != word:
                message += f"; did you mean {near[0]}?"
        if message.startswith("unrecognized arguments: -") and "run" in sys.argv[1:2]:
            message += "; a notebook's own parameter is given as -p NAME=VALUE (cx run --help)"
        self.exit(WRONG, f"cx: {message}\nTry: {self.prog} --help\n")


def entry() -> None:
    """The `cx` command: as `main`, and out at once (DuckDB lists its still open objects where Python unloads it)."""
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    asked = _parser().parse_args(arguments)
    try:
        return asked.do(asked)
    except KeyboardInterrupt:
        print("cx: interrupted; nothing was published", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return OK
    except (ValueError, OSError) as error:  # what was asked for is wrong; anything else is our own fault and shows
        print(f"cx: {_covered(_sentence(error))}", file=sys.stderr)
        return getattr(error, "exit_code", WRONG)  # an error may say its own, as `Busy` does
    except Exception:
        print(_covered(traceback.format_exc()), file=sys.stderr)
        return WRONG


def _covered(text: str) -> str:
    """A message without the phone numbers, e-mails and passwords that may have strayed into it."""
    from cx_helpers.intake import privacy

    return privacy.uncover(text)


def _sentence(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    return str(error) or type(error).__name__


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="cx", description=PURPOSE, epilog=_CODES)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True, parser_class=_Parser)

    init = commands.add_parser("init", help="make an empty, commented workspace")
    init.add_argument("folder", metavar="DIR")
    init.set_defaults(do=_init)

    for name, does, words in (
        ("ingest", _ingest, "sources -> tables and quarantine; running it twice changes nothing"),
        ("check", _check, "every table against the contract; exit 1 when something is broken"),
    ):
        command = commands.add_parser(name, help=words)
        _workspace(command)
        command.set_defaults(do=does)
        if name == "ingest":
            _progress(command, "file")

    watching = commands.add_parser("watch", help="new feedback as it arrives -> scored -> cases and alerts")
    _workspace(watching)
    watching.add_argument("--once", action="store_true", help="one round and out, for cron")
    watching.set_defaults(do=_watch)

    pull = commands.add_parser("pull", help="what is new at the vendors' APIs -> sources/; then: cx ingest")
    pull.add_argument("system", nargs="?", default="", metavar="SYSTEM", help="one entry of `pull` (default: all)")
    _workspace(pull)
    pull.set_defaults(do=_pull)

    why = commands.add_parser(
        "why", help="why are these records one customer? every link, field by field, with weights"
    )
    why.add_argument("customer", metavar="CUSTOMER", help="a customer_id, as tables or as its system has it")
    _workspace(why)
    why.set_defaults(do=_why)

    forget = commands.add_parser("forget", help="remove one person from tables, state and quarantine, for good")
    words = "an id, a pseudonym, a phone or an e-mail; - reads it from standard input, so that no shell remembers it"
    forget.add_argument("customer", metavar="CUSTOMER", help=words)
    _workspace(forget)
    forget.add_argument("--out", default="reports", metavar="DIR", help="where runs were published (default: reports)")
    forget.set_defaults(do=_forget)

    sentiment_commands.add(commands, _Parser, _workspace, _positive)

    run = commands.add_parser("run", help="run notebooks and publish their pages, all at once", epilog=_CODES)
    run.add_argument("notebooks", nargs="*", metavar="NOTEBOOK", help="names, with or without number; none: all")
    _workspace(run)
    run.add_argument("--plan", default="", metavar="FILE", help="a plan: notebooks, period, parameters (YAML)")
    when = run.add_argument_group("period (empty: the last complete month of the data)")
    when.add_argument("--period", default="", metavar="P", help="1404, 1404-Q2, 1404-06, 2025-09")
    when.add_argument("--from", dest="first", default="", metavar="D", help="first day, e.g. 1404-05-15")
    when.add_argument("--to", dest="last", default="", metavar="D", help="last day, included")
    run.add_argument("--locale", default="", choices=("fa", "en"), metavar="fa|en", help="language of the pages")
    run.add_argument("--out", default="reports", metavar="DIR", help="where to publish (default: reports)")
    run.add_argument("--jobs", type=_positive(int), metavar="N", help="notebooks at a time (default: cores)")
    run.add_argument("--timeout", type=_positive(float), metavar="S", help="seconds a notebook may take (default: 600)")
    run.add_argument("--for-each", default="", metavar="COLUMN", help="once for each value of a column of customers")
    over = "publish even where a run of another company, or about other customers, stands"
    run.add_argument("--replace", action="store_true", help=over)
    run.add_argument("-p", dest="given", action="append", default=[], metavar="NAME=VALUE", help="a parameter")
    _progress(run, "report")
    run.set_defaults(do=_run)

    schedule = commands.add_parser("schedule", help="print a ready file that runs a plan by cron, systemd or Airflow")
    schedule.add_argument("kind", choices=("cron", "systemd", "airflow"), help="who starts it")
    _workspace(schedule)
    schedule.add_argument("--plan", default="", metavar="FILE", help="the plan (default: the whole book)")
    schedule.add_argument("--out", default="reports", metavar="DIR", help="where to publish (default: reports)")
    schedule.add_argument("--at", default="06:30", metavar="HH:MM", help="time of day (default: 06:30)")
    often = "day, week (Saturday), month or jalali-month (default: day)"
    schedule.add_argument("--every", default="day", metavar="EVERY", help=often)
    schedule.set_defaults(do=_schedule)
    return parser


def _workspace(command: argparse.ArgumentParser) -> None:
    words = "the company's folder (default: the one we are in, else data/sample)"
    command.add_argument("-w", "--workspace", default="", metavar="DIR", help=words)


def _progress(command: argparse.ArgumentParser, of: str) -> None:
    words = f"a line on standard error as each {of} is done, where that is no terminal, too"
    command.add_argument("--progress", action="store_true", help=words)


def _positive(kind: type):
    words = "whole number above 0" if kind is int else "number above 0"

    def read(text: str):
        try:
            number = kind(text)
        except ValueError:
            number = 0
        if not 0 < number < 1e9:
            raise argparse.ArgumentTypeError(f"{text!r} is no {words}")
        return number

    return read


def _init(asked: argparse.Namespace) -> int:
    from cx_helpers.intake import sources

    sources.init(asked.folder)
    print(
        f"made {asked.folder}/workspace.yaml; name the company and its sources there, then: cx ingest -w {asked.folder}"
    )
    return OK


def _ingest(asked: argparse.Namespace) -> int:
    from cx_helpers import settings
    from cx_helpers.intake import sources

    with progress.shown(asked.progress) as shown:

        def told(file: str, outcome: str, rows: int, seconds: float) -> None:
            what = {"read": f"{rows:,} rows, {seconds:.1f} s", "failed": "could not be read"}.get(outcome, outcome)
            shown.line(_covered(f"{file}: {what}"))

        report = sources.load(settings.company(asked.workspace), progress=shown.at, told=told)
    print(report.text("en"))
    return SOME if report.problems else OK


def _watch(asked: argparse.Namespace) -> int:
    from cx_helpers import settings
    from cx_helpers.run import watching

    return watching.watch(settings.company(asked.workspace), asked.once, functools.partial(print, flush=True))


def _pull(asked: argparse.Namespace) -> int:
    from cx_helpers import settings
    from cx_helpers.intake import pulling

    with progress.shown() as shown:
        pulled = pulling.pull(settings.company(asked.workspace), asked.system, progress=shown.at)
    print(pulled.text("en"))
    return SOME if pulled.problems else OK


def _check(asked: argparse.Namespace) -> int:
    from cx_helpers import settings
    from cx_helpers.intake import check

    folder = settings.company(asked.workspace)
    problems = check.check(folder)
    there = settings.load_settings(folder).database if not problems else None
    tables = 1 if there else sum(1 for _ in (folder / "tables").glob("*"))
    print(check.summary(problems, tables), file=sys.stderr if problems else sys.stdout)
    for hint in check.hints(folder) if not problems else ():
        print(hint, file=sys.stderr)
    return WRONG if problems else OK


def _why(asked: argparse.Namespace) -> int:
    from cx_helpers import settings
    from cx_helpers.intake import explaining

    company = settings.load_settings(settings.company(asked.workspace))
    print(explaining.told(company.folder, asked.customer.strip(), company.locale))
    return OK


def _forget(asked: argparse.Namespace) -> int:
    from pathlib import Path

    from cx_helpers import settings
    from cx_helpers.intake import forgetting

    customer = sys.stdin.readline() if asked.customer == "-" else asked.customer
    if not customer.strip():
        raise ValueError("give the customer's id, pseudonym, phone or e-mail")
    print(forgetting.forget(settings.company(asked.workspace), customer, [Path(asked.out)]).text())
    return OK


def _run(asked: argparse.Namespace) -> int:
    from cx_helpers import runner

    request = runner.Request(
        notebooks=tuple(asked.notebooks),
        workspace=asked.workspace,
        plan=asked.plan,
        period=_period(asked),
        locale=asked.locale,
        out=asked.out,
        jobs=asked.jobs,
        timeout=asked.timeout,
        for_each=asked.for_each,
        replace=asked.replace,
        progress=asked.progress,
        parameters=_pairs(asked.given),
    )
    result = runner.run(request)
    for entry in result.entries:
        if entry["outcome"] != "published":
            where = f"{entry['report']} ({entry['group']})" if entry["group"] else entry["report"]
            kept = f" (the page of {entry['kept']['end'][:16]} UTC is kept)" if "kept" in entry else ""
            error = f" {entry['error']}" if entry["error"] else ""
            print(f"{where} {entry['outcome']}: {entry['reason']['en']}{error}{kept}", file=sys.stderr)
    if result.left_out:
        print(f"left out, to protect groups of too few customers: {', '.join(result.left_out)}", file=sys.stderr)
    if result.differences:
        print(f"took the place of another run ({'; '.join(result.differences)}); --out keeps both", file=sys.stderr)
    if result.aged:
        said = f"the newest month that the data cover ended {result.aged} days ago"
        print(f"cx: {said}; are the exports still coming? (--period names one on purpose)", file=sys.stderr)
    print(result.place / "index.html")
    return result.code


def _schedule(asked: argparse.Namespace) -> int:
    from pathlib import Path

    from cx_helpers import runner
    from cx_helpers.run import scheduling

    settings, plan = runner.check(runner.Request(workspace=asked.workspace, plan=asked.plan, out=asked.out))
    file = Path(asked.plan) if asked.plan else None
    schedule = scheduling.Schedule(settings, plan, file, Path(asked.out), Path(), asked.at, asked.every)
    print(scheduling.written(asked.kind, schedule), end="")
    for note in schedule.notes:
        print(f"cx: {note}", file=sys.stderr)
    return OK


def _period(asked: argparse.Namespace) -> str:
    if asked.period and (asked.first or asked.last):
        raise ValueError("give --period, or --from and --to, not both")
    if bool(asked.first) != bool(asked.last):
        raise ValueError("--from and --to go together: the first and the last day of the range")
    return f"{asked.first}_{asked.last}" if asked.first else asked.period


def _pairs(given: list[str]) -> dict[str, str]:
    pairs = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals:
            raise ValueError(f"-p {text}: a parameter is NAME=VALUE, e.g. -p by=channel")
        pairs[name.strip()] = value
    return pairs


if __name__ == "__main__":
    entry()
