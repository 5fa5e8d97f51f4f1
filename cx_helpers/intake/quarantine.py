"""What happened to the rows that could not be read?  The reasons, their remedies, and where such rows wait.

`quarantine/SOURCE/FILE.jsonl` holds one JSON object a line, in UTF-8, readable in any editor:

    {"file": "sources/orders.csv", "line": 17, "table": "orders", "column": "amount", "value": "12k",
     "code": "bad_number", "reason": "…", "remedy": "…", "row": {"id": "9", "amount": "12k"}}

`row` is the row as it came: its columns, or `{"raw": "…"}` where the line has no columns that could be told apart.
`reason` and `remedy` are in the workspace's language, `code` is for machines.  The file is written anew whenever its
source file is read, and goes when nothing is wrong any more.  It may hold personal data: only its owner may read it.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterable
from pathlib import Path

from cx_helpers import wording
from cx_helpers.tables import TABLES

SHOWN, LONGEST = 3, 40  # values that a summary shows, and letters of each

# code: (reason fa, reason en, remedy fa, remedy en); {column} {value} {table} {line} stand for the row's own
REASONS: dict[str, tuple[str, str, str, str]] = {
    "too_few_columns": (
        "این سطر کمتر از سرستون‌ها ستون دارد",
        "the line has fewer columns than the header",
        "ستون‌های جاافتاده را در فایل کامل کنید",
        "complete the missing columns in the file",
    ),
    "too_many_columns": (
        "این سطر بیشتر از سرستون‌ها ستون دارد",
        "the line has more columns than the header",
        "متنی را که جداکننده دارد در گیومه بگذارید",
        "put quotes around the text that holds the separator",
    ),
    "broken_quote": (
        "گیومه‌ای باز شده و درست بسته نشده است",
        "a quote opens and is not closed as it should be",
        "گیومهٔ درون متن را دو بار بنویسید یا بردارید",
        "double the quote inside the text, or remove it",
    ),
    "bad_bytes": (
        "این سطر با رمزگذاری فایل خوانده نمی‌شود",
        "the line holds bytes that are not text in the file's encoding",
        "فایل را با UTF-8 ذخیره کنید یا encoding را در نگاشت بنویسید",
        "save the file as UTF-8, or give `encoding` in the mapping",
    ),
    "null_byte": (
        "این سطر نویسهٔ تهی (NUL) دارد",
        "the line holds a NUL character",
        "فایل را دوباره از سامانه بگیرید؛ این فایل آسیب دیده است",
        "export the file again; this one is damaged",
    ),
    "bad_json": (
        "این سطر JSON درستی نیست",
        "the line is not a JSON object",
        "هر سطر باید یک شیء کامل JSON باشد",
        "write one whole JSON object on each line",
    ),
    "cut_off": (
        "فایل در میانهٔ این سطر بریده شده است",
        "the file ends, or is damaged, in the middle of this row",
        "خروجی را دوباره بگیرید؛ سطرهای پیش از این خوانده شد",
        "export the file again; the rows before this one were read",
    ),
    "damaged": (
        "فایل در این سطر آسیب دیده است",
        "the file is damaged in this row",
        "خروجی را دوباره بگیرید؛ سطرهای پیش و پس از این خوانده شد",
        "export the file again; the rows before and after this one were read",
    ),
    "odd_record": (
        "این رکورد آن شکلی را ندارد که از این سامانه می‌آید",
        "the record does not have the shape that the system gives it",
        "خروجی را دوباره بگیرید",
        "export it again",
    ),
    "missing_value": (
        "مقدار {column} لازم است و خالی است",
        "{column} is required and empty",
        "مقدار را در فایل پر کنید یا در نگاشت `default` بگذارید؛ اگر چنین سطری نباید در این جدول بیاید، زیر همان جدول "
        "`needs: {column}` یا `when` بنویسید",
        "fill it in the file, or give a `default` in the mapping; where such a row should make none in this table, "
        "write `needs: {column}` or a `when` under that table",
    ),
    "bad_number": (
        "مقدار «{value}» برای {column} عدد نیست",
        "{value!r} in {column} is not a number",
        "عدد بنویسید (۱۲٬۵۰۰ یا 12500.5)؛ ممیز ویرگولی را با `decimal: ','` بگویید",
        "write a number (12500.5, ۱۲٬۵۰۰); say `decimal: ','` where a comma is the decimal sign",
    ),
    "totals_row": (
        "در {column} نوشته شده است «{value}»: این سطر جمع سطرهای دیگر است",
        "{column} says {value!r}: this row is the sum of the others",
        "سطر جمع را بردارید، یا در نگاشت با `skip` آگاهانه کنار بگذارید",
        "remove the row of totals, or leave it out on purpose with `skip` in the mapping",
    ),
    "shortened_number": (
        "عدد {column} شکل 9.17E+09 دارد: صفحه‌گسترده رقم‌هایش را دور ریخته است و معلوم نیست از کیست",
        "{column} looks like 9.17E+09: a spreadsheet has thrown digits away, and whose it is nobody can tell",
        "ستون را به شکل متن (Text) درآورید و خروجی را دوباره بگیرید",
        "format the column as text and export again",
    ),
    "not_whole": (
        "مقدار «{value}» برای {column} عدد صحیح نیست",
        "{value!r} in {column} is not a whole number",
        "عدد صحیح بنویسید",
        "write a whole number",
    ),
    "bad_time": (
        "مقدار «{value}» برای {column} تاریخ نیست",
        "{value!r} in {column} is not a date or time",
        "\u2066۱۴۰۴/۰۶/۳۱\u2069، \u2067۳۱ شهریور ۱۴۰۴\u2069 یا \u20662025-09-22 14:30\u2069 بنویسید "
        "یا `format` را در نگاشت بگویید",
        "write 1404-06-31, \u206731 شهریور 1404\u2069 or 2025-09-22 14:30, or give its `format` in the mapping",
    ),
    "ambiguous_date": (
        "در «{value}» ({column}) معلوم نیست روز کدام است و ماه کدام",
        "{value!r} in {column} does not tell the day from the month",
        "ترتیب را در نگاشت بگویید: `date_order: mdy` (ماه پیش از روز) یا `dmy`، یا `format: '%m/%d/%Y'`",
        "tell the order in the mapping: `date_order: mdy` (the month first) or `dmy`, or `format: '%m/%d/%Y'`",
    ),
    "time_out_of_range": (
        "تاریخ «{value}» ({column}) بیرون از سال‌های ۱۹۰۰ تا ۲۱۰۰ میلادی است",
        "{value!r} in {column} lies outside the years 1900 to 2100",
        "اگر به معنی «ندارد» است آن را در `empty` بنویسید",
        "where it stands for `none`, list it under `empty` in the mapping",
    ),
    "bad_boolean": (
        "مقدار «{value}» برای {column} بله یا خیر نیست",
        "{value!r} in {column} is neither yes nor no",
        "true/false، 1/0 یا بله/خیر بنویسید یا `map` بدهید",
        "write true/false, 1/0 or بله/خیر, or give a `map`",
    ),
    "bad_list": (
        "مقدار «{value}» فهرست درستی نیست",
        "{value!r} is not a whole list",
        "a|b|c یا ['a', 'b'] بنویسید",
        "write a|b|c or ['a', 'b']",
    ),
    "not_in_map": (
        "مقدار «{value}» در `map` ستون {column} نیست",
        "{value!r} is not in the `map` of {column}",
        "آن را به `map` بیفزایید یا `else` بدهید",
        "add it to the `map`, or give an `else`",
    ),
    "not_in_list": (
        "مقدار «{value}» برای {column} شناخته نیست",
        "{value!r} is not a known value of {column}",
        "با `map` آن را به یکی از اینها برگردانید: {allowed}",
        "turn it with a `map` into one of: {allowed}",
    ),
    "off_scale": (
        "امتیاز «{value}» بیرون از مقیاس است",
        "the score {value!r} lies outside its scale",
        "`scale: [کمینه، بیشینه]` را در نگاشت درست کنید یا امتیاز را",
        "correct `scale: [lowest, highest]` in the mapping, or the score",
    ),
    "no_nps": (
        "پاسخ NPS است و مقیاسش {value}: مروج و منتقد تنها با نمره‌های ۰ تا ۱۰ شناخته می‌شوند",
        "an answer to NPS on a scale of {value}: promoters and detractors are told by marks of 0 to 10 alone",
        "اگر از ۰ تا ۱۰ پرسیده شده است `scale: [0, 10]` بنویسید؛ وگرنه instrument را csat یا نام دیگری بگذارید",
        "where it was asked on 0 to 10 write `scale: [0, 10]`; else call the instrument csat, or another name",
    ),
    "repeated_key": (
        "کلید این سطر در سطر {value} همین فایل دوباره آمده و آن سطر جای این را گرفت",
        "the key of this row comes again on line {value}, which took its place",
        "سطر تکراری را بردارید یا کلید دیگری برگزینید؛ اگر چند سطر یکی را می‌سازند (مشتریِ چند سفارش)، per_key: last",
        "remove the repeated line, or choose another key; where several rows make one (the customer of many orders), "
        "write `per_key: last` under that table in the mapping",
    ),
    "no_table": (
        "هیچ جدولی این سطر را نپذیرفت (شرط‌های `when` و فهرست‌های `split`)",
        "no table took this row: every `when` says no, or its list is empty",
        "یک `when` را گسترده‌تر کنید یا سطر را با `skip` آگاهانه کنار بگذارید",
        "widen a `when`, or leave such rows out on purpose with `skip`",
    ),
}


def explain(code: str, locale: str, **about) -> tuple[str, str]:
    """Reason and remedy of a code in one language, with the row's own column and value in them."""
    fa_reason, en_reason, fa_remedy, en_remedy = REASONS[code]
    reason, remedy = (fa_reason, fa_remedy) if locale == "fa" else (en_reason, en_remedy)
    about = {"column": "", "value": "", "allowed": "", **{k: v for k, v in about.items() if v is not None}}
    return reason.format(**about), remedy.format(**about)


def write(path: Path, rows: Iterable[dict]) -> int:
    """Put rows into quarantine at once (temp file, then rename); no rows, no file.  Returns how many."""
    part, count = path.with_name(path.name + ".part"), 0
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as out:
        for row in rows:
            out.write(json.dumps(row, ensure_ascii=False, default=str) + "\n")
            count += 1
    if count:
        part.replace(path)
    else:
        part.unlink()
        path.unlink(missing_ok=True)
    return count


def place(part: Path, target: Path) -> None:
    """Put a file of rows in its place, in folders that only their owner may enter; no file, and the old one goes."""
    for folder in (target.parent.parent, target.parent):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if folder.stat().st_mode & 0o077:
            folder.chmod(0o700)
    part.replace(target) if part.is_file() else target.unlink(missing_ok=True)


def count(folder: Path) -> int:
    """How many rows wait in a workspace's quarantine."""
    return sum(sum(1 for _ in p.open("rb")) for p in (folder / "quarantine").rglob("*.jsonl"))


def groups(path: Path) -> dict[tuple, dict]:
    """The rows of a file of quarantine by what is wrong and where: (code, table, column), the first row of each.

    `n` counts them; `values` are those of the column, in the order of the file, up to SHOWN and one more, as a reason
    may quote them (messages.preview: what may be a person's is hidden).
    """
    found: dict[tuple, dict] = {}
    with path.open(encoding="utf-8") if path.is_file() else io.StringIO() as file:
        for row in map(json.loads, file):
            add(found, (row["code"], row["table"], row["column"]), row, 1, [row["value"]] if row["value"] else [])
    return found


def add(found: dict[tuple, dict], key: tuple, row: dict, n: int, values: list[str]) -> None:
    """Count `n` more rows of a group, which begins with `row` where it is new, and remember their first values."""
    one = found.setdefault(key, row | {"n": 0, "values": []})
    one["n"] += n
    for value in values:
        if value not in one["values"] and len(one["values"]) <= SHOWN:
            one["values"].append(value)


def _about(row: dict, locale: str) -> dict[str, str]:
    """What a reason says of many rows: their column, and the values that came in it."""
    about = {"column": "…", "value": "…", "allowed": "…"}
    if row["code"] == "repeated_key":
        return about
    values = [value if len(value) <= LONGEST else value[:LONGEST] + "…" for value in row["values"]]
    if values:
        about["value"] = ("»، «" if locale == "fa" else ", ").join(values[:SHOWN]) + "…" * (len(values) > SHOWN)
    if row["column"]:
        about["column"] = row["column"]
        known = TABLES[row["table"]].columns.get(row["column"]) if row["table"] in TABLES else None
        about["allowed"] = ", ".join(known.values if known else ()) or "…"
    return about


def summary(found: dict[tuple, dict], locale: str) -> list[str]:
    """One line for each thing that is wrong at one place, the most frequent first (see `groups`)."""
    lines, fa = [], locale == "fa"
    for row in sorted(found.values(), key=lambda one: -one["n"]):
        reason, remedy = explain(row["code"], locale, **_about(row, locale))
        column = ".".join(filter(None, [row["table"], row["column"]]))
        line = wording.number(int(row["line"] or 0), locale)
        places = [row["file"], f"سطر {line}" if fa else f"line {line}", column]
        first = ("نخستین: " if fa else "the first: ") if row["n"] > 1 else ""
        where = f" ({first}{('، ' if fa else ', ').join(filter(None, places))})"
        lines.append(f"{wording.number(row['n'], locale)} × {reason}{where}; {remedy}")
    return lines
