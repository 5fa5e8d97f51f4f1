"""Where did lists of customers go?  The folders that audiences were written to, so that `cx forget` can look there.

`state/audiences.json` holds folders and the day of the last list, no customer; only its owner may read it.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

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
