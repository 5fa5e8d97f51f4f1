"""What did an ingest do?  Counts that add up, and the same in words."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from cx_helpers import wording
from cx_helpers.intake import quarantine


@dataclass
class IngestReport:
    """What an ingest did.  For every source and in all:  rows_in = taken + quarantined + skipped."""

    changed: bool = False
    rows_in: int = 0
    taken: int = 0
    skipped: int = 0
    replaced: int = 0  # rows whose key came again in a later file
    quarantined: Counter = field(default_factory=Counter)  # by code
    tables: dict[str, int] = field(default_factory=dict)  # rows in each table now
    files: dict[str, str] = field(default_factory=dict)  # file: read, as before, gone
    sources: dict[str, dict] = field(default_factory=dict)  # name: rows_in, taken, skipped, quarantined, out
    warnings: list[str] = field(default_factory=list)
    locale: str = "fa"

    def __str__(self) -> str:
        return self.text()

    def text(self, locale: str | None = None) -> str:
        """The report in words, for people."""
        locale = locale or self.locale

        def number(value):
            return wording.number(value, locale)

        fa = locale == "fa"
        bad = sum(self.quarantined.values())
        lines = [
            (f"{number(self.rows_in)} سطر خوانده شد: {number(self.taken)} پذیرفته، {number(bad)} در قرنطینه، "
             f"{number(self.skipped)} آگاهانه کنار گذاشته" if fa else
             f"{number(self.rows_in)} rows in: {number(self.taken)} taken, {number(bad)} in quarantine, "
             f"{number(self.skipped)} skipped on purpose")
        ]  # fmt: skip
        lines += [f"  {table}: {number(rows)}" for table, rows in self.tables.items()]
        if self.replaced:
            what = "سطر با نسخهٔ تازه‌تر همان کلید جایگزین شد" if fa else "rows gave way to newer ones with the same key"
            lines.append(f"  {number(self.replaced)} {what}")
        gone = [file for file, what in self.files.items() if what == "gone"]
        if gone:
            lines.append(("این فایل‌ها دیگر نیستند و سطرهایشان برداشته شد: " if fa else
                          "these files are gone, and their rows with them: ") + ", ".join(gone))  # fmt: skip
        if bad:
            lines.append("قرنطینه (quarantine/):" if fa else "quarantine (quarantine/):")
            lines += [f"  {line}" for line in quarantine.summary(self.quarantined, locale)]
        lines += self.warnings
        if not self.changed:
            lines.append("چیزی عوض نشده بود" if fa else "nothing had changed")
        return "\n".join(lines)
