"""What did an ingest do?  Counts that add up, and the same in words."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from cx_helpers import wording
from cx_helpers.intake import privacy, quarantine
from cx_helpers.intake.identity import Linked, questions


@dataclass
class IngestReport:
    """What an ingest did.  For every source and in all:  rows_in = taken + quarantined + skipped."""

    changed: bool = False
    rows_in: int = 0
    taken: int = 0
    skipped: int = 0
    forgotten: int = 0  # rows of forgotten people, taken out again of tables and quarantine
    left: dict[str, dict] = field(default_factory=dict)  # table: rows read and not in it, by why (merge.Left)
    quarantined: Counter = field(default_factory=Counter)  # by code
    wrong: dict[tuple, dict] = field(default_factory=dict)  # what is in quarantine, by source and place (_sum)
    tables: dict[str, int] = field(default_factory=dict)  # rows in each table now
    files: dict[str, str] = field(default_factory=dict)  # file: read, as before, gone, failed
    sources: dict[str, dict] = field(default_factory=dict)  # name: rows_in, taken, skipped, quarantined, out
    warnings: list[dict] = field(default_factory=list)  # sentences in fa and en
    problems: list[dict] = field(default_factory=list)  # files and tables in them that could not be read, likewise
    linked: Linked | None = None  # who is one person; None where linking had nothing new to do
    questions: int = 0  # that wait in state/review.csv for the analyst
    nothing: bool = False  # workspace.yaml names no source
    locale: str = "fa"

    @property
    def replaced(self) -> int:
        """Rows whose key came again in a later file."""
        return sum(left["replaced"] for left in self.left.values())

    @property
    def waiting(self) -> dict[str, int]:
        """Rows by table that wait for what they belong to."""
        return {table: sum(n for *_, n in left["waiting"]) for table, left in self.left.items() if left["waiting"]}

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
        apart = [f"{name} {number(of['skipped'])}" for name, of in self.sources.items() if of["skipped"]]
        if apart and len(self.sources) > 1:
            lines.append(("  کنار گذاشته: " if fa else "  skipped: ") + ("، " if fa else ", ").join(apart))
        lines += [said["fa" if fa else "en"] for said in self.warnings]
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
            lines += [f"  {line}" for line in quarantine.summary(self.wrong, locale)]
        lines += self._apart(number, fa)
        if self.linked:
            lines += [said["fa" if fa else "en"] for said in self.linked.said()]
        elif self.questions:
            lines.append(questions(self.questions)["fa" if fa else "en"])
        if self.forgotten:
            what = "سطر از فراموش‌شدگان کنار ماند" if fa else "rows of people who were forgotten were left out"
            lines.append(f"  {number(self.forgotten)} {what}")
        if self.problems:
            lines.append("خوانده نشد:" if fa else "could not be read:")
            lines += [f"  {said['fa' if fa else 'en']}" for said in self.problems]
        if self.nothing:
            lines.append("در workspace.yaml هنوز منبعی (sources) نوشته نشده است" if fa else
                         "workspace.yaml names no source yet; list your exports under `sources`")  # fmt: skip
        elif not self.changed:
            lines.append("چیزی عوض نشده بود" if fa else "nothing had changed")
        return privacy.uncover("\n".join(lines))

    def _apart(self, number, fa: bool) -> list[str]:
        """What was read and stands in no table, by table and reason."""
        lines = []
        reasons = {
            "deleted": ("در سامانه‌اش پاک شده است", "gone in their system"),
            "yielded": ("خروجی دیگری همین را با جزئیات بیشتر می‌گوید", "another export tells the same in more detail"),
            "staff": ("از کارکنان خود شرکت است، نه مشتریان", "the company's own people, no customers"),
        }
        for table, left in self.left.items():
            for key, (of, why) in reasons.items():
                if left[key]:
                    lines.append(f"  {table}: {number(left[key])} سطر کنار گذاشته شد ({of})" if fa else
                                 f"  {table}: {number(left[key])} left out ({why})")  # fmt: skip
            for kind, lacks, rows in left["waiting"]:
                lines.append(f"  {table}: {number(rows)} سطر از {kind} در انتظار {lacks} است" if fa else
                             f"  {table}: {number(rows)} of {kind} waiting for {lacks}")  # fmt: skip
        return lines
