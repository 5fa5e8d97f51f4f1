"""How far is it?  On a terminal a bar, and a line for each thing that is done; elsewhere nothing, unless asked.

All of it goes to standard error: what a command answers stands alone on standard output, for whoever reads it on.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Shown:
    """What a long work may say: `at(done, total, what)` is at work now, `line(text)` is done."""

    at: Callable[[int, int, str], None]
    line: Callable[[str], None]


@contextlib.contextmanager
def shown(asked: bool = False) -> Iterator[Shown]:
    """Say how far a work is.  asked  lines are wanted though standard error is no terminal (a log)"""
    from tqdm import tqdm

    terminal = sys.stderr.isatty()
    with tqdm(file=sys.stderr, disable=not terminal, leave=False) as bar:

        def at(done: int, total: int, what: str) -> None:
            bar.total, bar.n = total, done
            bar.set_postfix_str(what)

        def line(text: str) -> None:
            if terminal:
                bar.write(text, file=sys.stderr)  # above the bar
            elif asked:
                print(text, file=sys.stderr, flush=True)

        yield Shown(at, line)
