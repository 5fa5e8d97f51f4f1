"""Where do a company's tables lie, and are they fit to be read?  From a workspace's settings to one engine table."""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import zlib
from pathlib import Path

from cx_helpers import lacking, spreadsheet
from cx_helpers.settings import Settings, database
from cx_helpers.tables import TABLES, MissingTable, TableError, hint
from cx_helpers.wording import raw, say


def table_path(folder: Path, name: str) -> Path | None:
    """Where a canonical table lies: tables/NAME.parquet, or the folder tables/NAME; None where it is not.

    Spark writes a folder called NAME.parquet: that is one, too.  TableError where both are there, or a folder is empty.
    """
    there = [p for p in (folder / "tables" / f"{name}.parquet", folder / "tables" / name) if p.exists()]
    if len(there) > 1:
        raise TableError(
            say(
                fa="هم {file} هست و هم {folder}؛ یکی را بردارید تا معلوم شود جدول کدام است",
                en="{file} and {folder} are both there; remove one: which is the table?",
                file=raw(f"tables/{name}.parquet"),
                folder=raw(f"tables/{name}/"),
            )
        )
    if there and there[0].is_dir() and not any(there[0].rglob("*.parquet")):
        raise TableError(
            say(
                fa="{folder} پوشه‌ای بدون فایل Parquet است؛ فایل‌ها را در آن بگذارید، یا پوشه را بردارید",
                en="{folder} is a folder without Parquet files; put them into it, or remove it",
                folder=raw(f"tables/{there[0].name}"),
            )
        )
    return there[0] if there else None


def read(settings: Settings, name: str):
    """The whole engine table `name` in the contract's types, each key in one row.

    MissingTable where this company has none;  TableError, which names the file, where it is there and not fit.
    """
    path = settings.database or table_path(settings.folder, name)
    if path is None:
        if name == "comments" and _have_words(settings):
            raise MissingTable(lacking.comments_beside_answers())
        raise MissingTable(lacking.a_table(name))
    written = path.stat().st_mtime_ns if path.exists() else 0
    table = _fit(settings.engine, str(settings.folder.resolve()), str(path), name, settings.timezone, written)
    if table is None:
        raise MissingTable(lacking.a_table_of(path.name, name))
    return table


def _have_words(settings: Settings) -> bool:
    """Do answers to surveys hold words, though nobody mapped those as comments?"""
    with contextlib.suppress(TableError):
        return "comment" in read(settings, "responses").columns
    return False


def begun(settings: Settings) -> dt.datetime | None:
    """When the first case of the book was opened; None: no book, or an empty one."""
    path = settings.folder / "state" / "cases.parquet"
    if not path.is_file():
        return None
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    return pc.min(pq.read_table(path, columns=["opened_at"])["opened_at"]).as_py()


def cases(settings: Settings, until: dt.datetime):
    """The book of cases as an engine table, as `cx watch` left it in state/cases.parquet; None: no book, or one with no
    case opened before `until`: it would say of an earlier time that nobody was let down."""
    first = begun(settings)
    if first is None or first >= until:
        return None
    path = settings.folder / "state" / "cases.parquet"
    connection = _connection("duckdb://" if settings.database else settings.engine)
    view = f"cases_{zlib.crc32(str(path.absolute()).encode()):08x}_{path.stat().st_mtime_ns}"
    return connection.read_parquet(str(path), table_name=view)


@functools.lru_cache(maxsize=64)
def _fit(url: str, folder: str, path: str, name: str, timezone: str, _written: int):
    """What `read` returns, looked at once in a session; None where a database holds no such table."""
    from cx_helpers import engine

    file = Path(path)
    if database(url, Path(folder)):
        where = f"{file.name}, table {name}"
        table = engine.held(_connection(url, folder), name, where, timezone)
        if table is None:
            return None
    else:
        where = f"tables/{file.name}"
        table = engine.read(_connection(url), name, file, timezone)
    for column in TABLES[name].required:
        if column not in table.columns:
            raise TableError(
                say(
                    fa="{where} ستون {column} را ندارد{hint}. هر سطر این جدول به آن نیاز دارد؛ cx check همهٔ کاستی‌ها را "
                    "می‌گوید",
                    en="{where} has no column '{column}'{hint}; every row of it needs one: cx check tells all",
                    where=raw(where),
                    column=raw(column),
                    hint=hint(column, table.columns),
                )
            )
    if not made_by_ingest(file):
        _refuse_repeated(table, TABLES[name].key, where)
    return table


def _refuse_repeated(table, key: tuple[str, ...], where: str) -> None:
    """Refuse a table in which a key stands in several rows: counted or joined, what they say would count double."""
    whole = table.filter(*(table[column].notnull() for column in key))
    often = whole.group_by(list(key)).aggregate(_rows=whole.count())
    often = often.filter(often._rows > 1)
    with reading(where):
        found = often.aggregate(keys=often.count(), rows=often._rows.sum()).execute().iloc[0]
    if not found["keys"]:
        return
    raise TableError(
        say(
            fa="{where}: کلید {key} تکراری است (سطرها: {rows}، کلیدها: {keys}) و دوبار شمرده می‌شد. برای هر کلید یک سطر "
            "نگه دارید (cx check می‌گوید از کدام سطر)، یا فایل را در پوشهٔ sources بگذارید و نگاشت کنید: cx ingest سطر "
            "آخر هر کلید را می‌گیرد",
            en="{where}: the key {key} is repeated (rows: {rows}, keys: {keys}) and would count double; keep one row a "
            "key (cx check tells from which row on), or put the file into sources/ and map it: cx ingest takes the "
            "last row of each key",
            where=raw(where),
            key=raw(", ".join(key)),
            rows=int(found["rows"]),
            keys=int(found["keys"]),
        )
    )


def made_by_ingest(path: Path) -> bool:
    """Did `cx ingest` write this file?  Then each key is in one row."""
    import pyarrow.parquet as pq

    return (
        path.suffix == ".parquet"
        and path.is_file()
        and pq.read_metadata(path).metadata.get(b"cx.made_by") == b"cx ingest"
    )


def examine(settings: Settings) -> None:
    """Open every table that is there, so that one that is not fit is told before anything runs; raises TableError."""
    for name in TABLES:
        try:
            read(settings, name)
        except MissingTable:
            continue


@contextlib.contextmanager
def reading(where: str = ""):
    """Within it, an engine that stumbles over damaged pages says so in a TableError, with the file where known."""
    try:
        yield
    except Exception as error:
        if type(error).__module__ not in ("duckdb", "_duckdb"):
            raise
        raise TableError(
            say(
                fa="{where} تا آخر خوانده نشد ({kind})؛ آن را از نو بنویسید، یا cx check را اجرا کنید",
                en="{where} cannot be read to its end ({kind}); write it anew, or run cx check",
                where=raw(where) if where else {"fa": "جدولی", "en": "a table"},
                kind=raw(type(error).__name__),
            )
        ) from None


@functools.lru_cache(maxsize=8)
def _connection(url: str, folder: str = ""):
    from cx_helpers import engine

    return engine.connect(url, folder)


def questions(folder: Path) -> int:
    """How many pairs of customers wait in state/review.csv for somebody to say whether they are one person?"""
    path = folder / "state" / "review.csv"
    return sum(not (row.get("answer") or "").strip() for row in spreadsheet.read(path)) if path.is_file() else 0
