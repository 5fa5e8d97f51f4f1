"""What does ingest remember of the rows that came?  Its counts as plain data, for a report to read aloud."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from cx_helpers import wording
from cx_helpers.intake import quarantine
from cx_helpers.intake.store import State


def remembered(folder: Path) -> dict:
    """What became of the rows of each source; no sources where the tables were not made by ingest.

    folder  the workspace's
    Returns {"sources": {name: {rows_in, taken, skipped, quarantined}}, "waiting": rows in quarantine/ now,
    "reasons": [{source, code, n, fa, en, remedy: {fa, en}}], the commonest first}; for every source
    rows_in = taken + skipped + quarantined.
    """
    sources: dict[str, Counter] = {}
    reasons: Counter = Counter()
    for unit in State.read(folder).units.values():
        of = sources.setdefault(
            unit["source"], Counter(dict.fromkeys(("rows_in", "taken", "skipped", "quarantined"), 0))
        )
        of.update({count: unit[count] for count in ("rows_in", "taken", "skipped")})
        of["quarantined"] += sum(unit["quarantined"].values())
        reasons.update({(unit["source"], code): n for code, n in unit["quarantined"].items()})
    told = [{"source": of, "code": code, "n": n, **_explained(code)} for (of, code), n in reasons.most_common()]
    return {
        "sources": {name: dict(of) for name, of in sources.items()},
        "reasons": told,
        "waiting": quarantine.count(folder),
    }


def _explained(code: str) -> dict:
    """A reason and its remedy in both languages, without any row's own values."""
    blank = {"column": "…", "value": "…", "allowed": "…"}
    said = {locale: quarantine.explain(code, locale, **blank) for locale in wording.LOCALES}
    return {locale: reason for locale, (reason, _) in said.items()} | {
        "remedy": {locale: remedy for locale, (_, remedy) in said.items()}
    }
