"""What was taken out of a workspace, and what is left for people to do?  Counts, and the same in words."""

from __future__ import annotations

from dataclasses import dataclass, field

from cx_helpers import wording
from cx_helpers.intake import privacy
from cx_helpers.wording import Words, say


@dataclass
class Place:
    """A source that still holds the person: its name, how many rows, and the numbers of the first ones."""

    file: str
    rows: int
    lines: list[int]


@dataclass
class Forgotten:
    """What forgetting one person did.  Counts are rows by file, as paths in the workspace."""

    removed: dict[str, int] = field(default_factory=dict)
    covered: dict[str, int] = field(default_factory=dict)  # texts of others that named the person
    masked: bool = False  # the person's name in texts of others
    namesakes: dict[str, int] = field(default_factory=dict)  # table: texts of others that name somebody so called
    sources: list[Place] = field(default_factory=list)  # that still hold the person
    unread: list[Words] = field(default_factory=list)  # sources that could not be looked into
    elsewhere: list[str] = field(default_factory=list)  # files that are none of ours and hold the person
    cleared: list[str] = field(default_factory=list)  # audiences of the workspace that have lost the person
    lists: list[str] = field(default_factory=list)  # audiences that left and hold the person
    gone: list[str] = field(default_factory=list)  # folders of audiences that are there no more
    quoted: list[str] = field(default_factory=list)  # published runs that quote the person
    runs: int = 0  # published runs that were looked into
    locale: str = "fa"

    def __str__(self) -> str:
        return self.text()

    def text(self, locale: str | None = None) -> str:
        """The report in words, for people."""
        locale = locale or self.locale
        lines = [*self._taken(), *self._left(), *self._audiences(), *self._published(), _STAYS]
        return "\n".join(line[locale] for line in lines)

    def _taken(self) -> list[Words]:
        if not (self.removed or self.covered):
            return [say(fa="از این شخص چیزی در جدول‌ها، state و قرنطینه نمانده است.",
                        en="nothing of this person is left in tables, state or quarantine.")]  # fmt: skip
        lines = [say(fa="این شخص فراموش شد. سطرهای برداشته‌شده:", en="this person is forgotten. Rows removed:")]
        kept = {file: n for file, n in self.removed.items() if file.startswith("state/")}
        lines += [_line(file, n) for file, n in sorted(self.removed.items()) if file not in kept]
        if kept:
            lines.append(say(fa="  {file}: {n} (در {k} فایل)", en="  {file}: {n} (in {k} files)",
                             file=_Name("state/"), n=sum(kept.values()), k=len(kept)))  # fmt: skip
        for file, count in sorted(self.covered.items()):
            if not file.startswith("state/"):
                lines.append(say(fa="  {file}: در {n} متنِ دیگران شماره، نشانی یا نام او پوشیده شد",
                                 en="  {file}: a number, address or name of theirs covered in {n} texts of others",
                                 file=_Name(file), n=count))  # fmt: skip
        if self.masked:
            lines.append(_MASKED)
        lines += [
            {x: words.format(table=_Name(table)[x], n=wording.number(n, x)) for x, words in _NAMESAKES.items()}
            for table, n in sorted(self.namesakes.items())
        ]
        return lines

    def _left(self) -> list[Words]:
        lines = []
        if self.sources or self.elsewhere:
            lines.append(say(
                fa="هنوز در این فایل‌ها هست. cx آن‌ها را عوض نمی‌کند؛ این سطرها را پاک کنید:",
                en="still in these files, which cx never changes; have these rows cleaned:"))  # fmt: skip
        for place in self.sources:
            more = ("، …", ", …") if place.rows > len(place.lines) else ("", "")
            numbers = [say(fa="{n}", en="{n}", n=line) for line in place.lines]
            fa, en = ("، ".join(n["fa"] for n in numbers) + more[0], ", ".join(n["en"] for n in numbers) + more[1])
            lines.append(say(fa="  {file}: {n} سطر، شمارهٔ {lines}", en="  {file}: {n} at line {lines}",
                             file=_Name(place.file), n=place.rows, lines={"fa": fa, "en": en}))  # fmt: skip
        lines += [say(fa="  {file}", en="  {file}", file=_Name(file)) for file in self.elsewhere]
        if self.unread:
            lines.append(say(fa="در این منبع‌ها نگاه نشد:", en="these sources could not be looked into:"))
            lines += [{x: f"  {words[x]}" for x in wording.LOCALES} for words in self.unread]
        return lines

    def _audiences(self) -> list[Words]:
        lines = []
        if self.cleared:
            lines.append(say(
                fa="سطر او از این فهرست‌های مخاطبان پاک شد؛ هر کدام که در سامانه‌ای بار شده، او را آن‌جا هم پاک کنید:",
                en="these audiences have lost the person; where one was uploaded, take the person out there, too:",
            ))  # fmt: skip
            lines += [say(fa="  {file}", en="  {file}", file=_Name(file)) for file in self.cleared]
        if self.lists:
            lines.append(say(
                fa="این فهرست‌های مخاطبان او را نام می‌برند؛ سطرش را پاک کنید، و اگر در سامانه‌ای بار شده است، آن‌جا هم:",
                en="these audiences name the person; take the row out, and where the list was uploaded, there, too:",
            ))  # fmt: skip
            lines += [say(fa="  {file}", en="  {file}", file=_Name(file)) for file in self.lists]
        if self.gone:
            lines.append(say(
                fa="فهرست‌های مخاطبان به این پوشه‌ها هم نوشته شد و دیگر آن‌جا نیست؛ ببینید به کجا رفته است:",
                en="audiences were written to these folders, too, and are there no more; see where they went:",
            ))  # fmt: skip
            lines += [say(fa="  {folder}", en="  {folder}", folder=_Name(folder)) for folder in self.gone]
        return lines

    def _published(self) -> list[Words]:
        if not self.runs:
            return [say(fa="گزارش منتشرشده‌ای پیدا نشد که در آن نگاه شود.",
                        en="no published run was found to look into.")]  # fmt: skip
        if not self.quoted:
            return [say(
                fa="هیچ‌یک از {n} اجرای منتشرشده نوشته‌ای از او نقل نمی‌کند؛ بقیهٔ صفحه‌ها و دفترچه‌ها جمع‌اند.",
                en="none of {n} published runs quotes the person; all else on pages and in notebooks are sums.",
                n=self.runs)]  # fmt: skip
        lines = [say(fa="این اجراهای منتشرشده نوشته‌ای از او را نقل می‌کنند؛ دوباره اجرا کنید یا پوشه را بردارید:",
                     en="these published runs quote the person; run them again, or remove the folder:")]  # fmt: skip
        return lines + [say(fa="  {run}", en="  {run}", run=_Name(run)) for run in self.quoted]


_MASKED = {
    "fa": "نام او در نوشتهٔ دیگران پوشیده شد، و ورودهای بعدی هم آن را می‌پوشانند تا وقتی مشتری دیگری با همین نام بیاید؛ "
    "در فایل‌های sources/ هنوز هست. آن‌جا هم بپوشانیدش.",
    "en": "the name was masked in what others wrote, and later ingests mask it, too, until another customer comes who "
    "is called so; the files in sources/ still hold it. Mask it there, too.",
}
_NAMESAKES = {
    "fa": "  {table}: {n} متنِ دیگران کسی با همین نام را نام می‌برد؛ مشتری دیگری هم همین نام را دارد و معلوم نیست کدام "
    "است، پس ماند. اگر همین شخص است، نام را در منبع بپوشانید و cx ingest را اجرا کنید.",
    "en": "  {table}: {n} texts of others name somebody who is called so; another customer is, too, so nobody can tell "
    "who is meant, and they stay. Where it is this person, mask the name in the source and run cx ingest.",
}
_STAYS = say(
    fa="ورودهای بعدی همین شخص را کنار می‌گذارند: تنها چکیده‌هایی کلیددار در state/forgotten.json مانده است.",
    en="later ingests leave this person out: only keyed hashes are kept, in state/forgotten.json.",
)


class _Name(dict):
    """A name of a file in both languages, as it is but for a person's number in it."""

    def __init__(self, name: str):
        name = privacy.uncover_path(name)
        super().__init__(fa=f"\u2066{name}\u2069", en=name)


def _line(file: str, count: int) -> Words:
    return say(fa="  {file}: {n}", en="  {file}: {n}", file=_Name(file), n=count)
