"""What does the page itself say?  Its fixed words in both languages, from phrases.txt (name | Persian | English)."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

from cx_helpers.wording import LOCALES

_LINES = (line.split(" | ") for line in Path(__file__).with_suffix(".txt").read_text("utf-8").splitlines())
_PHRASES = {name: dict(zip(LOCALES, pair, strict=True)) for name, *pair in _LINES}


def phrases(locale: str) -> SimpleNamespace:
    """The page's words in one language: `phrases("fa").goal`."""
    return SimpleNamespace(**{name: pair[locale] for name, pair in _PHRASES.items()})
