"""What is wrong with a whole file?  The faults by name, each with its remedy, in both languages.

A file with a fault is told of and left; all others are read.  Rows that are wrong go to quarantine instead.
"""

from __future__ import annotations

from cx_helpers import wording
from cx_helpers.intake import privacy
from cx_helpers.intake.fields import SourceError

# code: (what is wrong fa, en, what to do fa, en); {…} are the fault's own
FAULTS: dict[str, tuple[str, str, str, str]] = {
    "unknown_shape": (
        "هیچ‌یک از خروجی‌های شناخته‌شدهٔ {system} نیست؛ ستون‌هایش: {columns}. "
        "نزدیک‌ترین: {nearest} که {missing} هم می‌خواهد",
        "is none of the known exports of {system}; its columns: {columns}. "
        "The nearest is {nearest}, which also needs {missing}",
        "خروجی را دوباره با آن ستون‌ها بگیرید، آن را با `system: table` نگاشت کنید یا نامش را زیر `except` بنویسید",
        "export it again with these columns, map it with `system: table`, or list it under `except`",
    ),
    "empty": (
        "خالی است", "is empty", "خروجی را دوباره بگیرید", "export it again",
    ),
    "wrong_kind": (
        "{kind} است، نه یک خروجی", "is {kind}, not an export",
        "خروجی را به شکل CSV، JSON، Excel یا Parquet بگیرید یا نامش را زیر `except` بنویسید",
        "export it as CSV, JSON, Excel or Parquet, or list it under `except`",
    ),
    "not_json": (
        "JSON درستی نیست", "is not JSON", "خروجی را دوباره بگیرید", "export it again",
    ),
    "needs_extra": (
        "با آنچه نصب است خوانده نمی‌شود", "cannot be read with what is installed",
        "cx-helpers[{extra}] را نصب کنید یا خروجی را به شکل CSV بگیرید",
        "install cx-helpers[{extra}], or export it as CSV",
    ),
    "bad_zip": (
        "فایل فشرده کامل نیست یا رمز دارد ({why})", "the zipped file is not whole, or locked ({why})",
        "آن را دوباره بگیرید و بی‌رمز بگذارید", "fetch it again, without a password",
    ),
    "cannot_read": (
        "خوانده نشد: {why}", "could not be read: {why}",
        "بررسی کنید که باز می‌شود؛ اگر نشد، خروجی را دوباره بگیرید", "see whether it opens; if not, export it again",
    ),
    "cannot_unpack": (
        "بازکردن آن ({dialect}) نشد: {why}", "could not be unpacked ({dialect}): {why}",
        "خروجی را دوباره بگیرید؛ اگر باز هم نشد، نام فایل و این پیام را گزارش کنید",
        "export it again; if that does not help, report this message",
    ),
}  # fmt: skip


CUT = (
    "{file}: فایل فشرده بریده شده است؛ سطرهای پیش از بریدگی خوانده شد؛ آن را دوباره بگیرید",
    "{file}: the zipped file is cut; the rows before the cut were read; fetch it again",
)


SHORT = (
    "{file}: فایل پیش از پایان بریده شده است؛ سطرهای پیش از آن خوانده شد؛ خروجی را دوباره بگیرید",
    "{file}: the file ends before it should; the rows up to there were read; export it again",
)


MIDWAY = (
    "{file}: فایل در میانهٔ سطر {line} پایان می‌یابد و بریده شده است؛ سطرهای پیش از آن خوانده شد؛ خروجی را دوباره بگیرید",
    "{file}: the file ends in the middle of row {line}: it was cut; the rows before it were read; export it again",
)


class FileFault(SourceError):
    """One file cannot be read; the others are."""

    def __init__(self, file: str, code: str, **about):
        fa, en, fa_remedy, en_remedy = FAULTS[code]
        fa, en = f"{{file}}: {fa}؛ {fa_remedy}", f"{{file}}: {en}; {en_remedy}"
        super().__init__(said(fa, en, file=file, **about))


def said(fa: str, en: str, **about) -> dict[str, str]:
    """One sentence about a file in both languages; names of files and columns stay as they are."""
    return {"fa": privacy.uncover(fa.format(**about)), "en": privacy.uncover(en.format(**about))}


def midway(file: str, line: int) -> dict[str, str]:
    """That a file ends in the middle of a row: of which, as quarantine numbers them."""
    fa, en = MIDWAY
    return {"fa": said(fa, en, file=file, line=wording.number(line, "fa"))["fa"],
            "en": said(fa, en, file=file, line=line)["en"]}  # fmt: skip


def words(error: SourceError) -> dict[str, str]:
    """What an error says, in both languages where it has them."""
    return error.words or {"fa": str(error), "en": str(error)}
