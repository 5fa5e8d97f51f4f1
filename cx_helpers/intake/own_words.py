"""Are the tables of words that a company wrote fit to be read?  Asked at every ingest, before anything else.

`aspects.yaml` decides what `comments.topics` holds, so a broken one stops an ingest as a broken mapping does;
`urgent.yaml` is read by reports alone, so it is told of and stops nothing.  Without either, nothing is imported here.
"""

from __future__ import annotations

from pathlib import Path

ASPECTS, URGENT = "aspects.yaml", "urgent.yaml"


def faults(folder: Path) -> list[dict[str, str]]:
    """What is wrong with urgent.yaml, in both languages.  Raises AspectsError where aspects.yaml is broken."""
    if not any((folder / name).exists() for name in (ASPECTS, URGENT)):
        return []
    from cx_helpers.intake import aspect_table, urgent

    aspect_table.load(folder)
    try:
        urgent.load(folder)
    except aspect_table.AspectsError as error:
        return [error.words or {"fa": str(error), "en": str(error)}]
    return []
