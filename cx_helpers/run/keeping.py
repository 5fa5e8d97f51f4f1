"""What becomes of a report's last good page when the report fails?  It stays where it is, and says so.

A run takes the place of the run of its period whole.  For a report that it could not make it carries the last good page
over, with a notice of which run that page is of and why the newer one failed; the page that tells more lies beside it.
Its numbers and findings are not mixed with the new ones: metrics.json, findings.json and the first page's figures are
of the new run alone.
"""

from __future__ import annotations

import shutil
from pathlib import Path

_OF_A_PAGE = ("page", "executed", "start", "end", "notebook", "sha256", "parameters")
_OF_ITS_RUN = ("locale", "inputs", "versions")


def last_good(made: dict | None, entry: dict) -> dict | None:
    """What is known of the last good page of the same report about the same customers; None where none stands.

    made  the manifest of the run that stands there (None: there is none);  entry  the new run's, of the report
    """
    for old in made["notebooks"] if made else ():
        if all(_same(old, entry, key) for key in ("report", "group")) and _segment(old) == _segment(entry):
            if old["outcome"] == "published":
                return {key: old[key] for key in _OF_A_PAGE} | {key: made[key] for key in _OF_ITS_RUN}
            return old.get("kept")
    return None


def _same(old: dict, entry: dict, key: str) -> bool:
    return (old[key] or "") == (entry[key] or "")


def _segment(entry: dict) -> str:
    return (entry["parameters"] or {}).get("segment") or ""


def keep(kept: dict, entry: dict, place: Path, staged: Path) -> dict:
    """Carry the good page from `place` into the new run; returns the new run's entry, with what was `kept`.

    The page and the executed notebook keep their names; those of the failed attempt are called NAME.failed (or
    NAME.skipped) beside them.
    """
    stands = [place / kept[key] for key in ("page", "executed")]
    if not all(path.is_file() for path in stands):
        return entry
    home = Path(entry["page"]).parent
    names = {"page": home / f"{entry['report']}.html", "executed": home / "notebooks" / f"{entry['report']}.ipynb"}
    moved = {}
    for (key, name), path in zip(names.items(), stands, strict=True):
        aside = name.with_name(f"{name.stem}.{entry['outcome']}{name.suffix}")
        if (staged / name).is_file():
            (staged / name).rename(staged / aside)
            moved[key] = aside.as_posix()
        shutil.copyfile(path, staged / name)
    return entry | moved | {"kept": kept | {key: name.as_posix() for key, name in names.items()}}
