"""Where did lists of customers go?  The folders that audiences were written to, so that `cx forget` can look there.

What lies in the workspace is cleared as any file of it; what left it is named only.

`state/audiences.json` holds folders and the day of the last list, no customer; only its owner may read it.
"""

from __future__ import annotations

import csv
import json
import os
import re
from pathlib import Path

from cx_helpers import spreadsheet

_OURS = re.compile(r"cx[ _]action(__c)?|exposed_at", re.I)  # a column that each list of ours has
PLACE = Path("state") / "audiences.json"


def remember(company: Path, out: Path, day: str) -> None:
    """Note that lists of customers were written into the folder `out`, as of a day (ISO)."""
    known = folders(company) | {out.resolve(): day}
    path = company / PLACE
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump({str(folder): last for folder, last in known.items()}, file, ensure_ascii=False, indent=1)
    part.replace(path)


def folders(company: Path) -> dict[Path, str]:
    """The folders that lists were written to, each with the day of its last list."""
    path = company / PLACE
    return {Path(f): day for f, day in json.loads(path.read_text("utf-8")).items()} if path.is_file() else {}


def inside(company: Path) -> list[Path]:
    """The lists of ours that lie in the workspace itself; not those in sources/, which is never changed."""
    home, found = company.resolve(), set()
    for place in [company / "state" / "audiences", *folders(company)]:
        at = place.resolve()
        if at.is_relative_to(home) and not at.is_relative_to(home / "sources") and at.is_dir():
            found |= {company / path.relative_to(home) for path in at.glob("*.csv") if _is_ours(path)}
    return sorted(found)


def _is_ours(path: Path) -> bool:
    """Is it a list that was written here?  One that cannot be read any more is not changed."""
    try:
        rows = spreadsheet.read(path)
    except (UnicodeError, csv.Error, OSError):
        return False
    return bool(rows) and any(_OURS.fullmatch(column.strip()) for column in rows[0])
