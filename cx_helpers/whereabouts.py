"""Where do a company's tables lie, and are they fit to be read?  From a workspace's settings to one engine table."""

from __future__ import annotations

import contextlib
import functools
from pathlib import Path

from cx_helpers import lacking
from cx_helpers.settings import Settings
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
    """The whole engine table `name` in the contract's types.

    MissingTable where this company has none;  TableError, which names the file, where it is there and not fit.
    """
    from cx_helpers import engine

    if settings.database:
        where = f"{settings.database.name}, table {name}"
        table = engine.held(_connection(settings.engine, settings.folder.resolve()), name, where, settings.timezone)
        if table is None:
            raise MissingTable(lacking.a_table_of(settings.database.name, name))
    else:
        path = table_path(settings.folder, name)
        if path is None:
            raise MissingTable(lacking.a_table(name))
        where = f"tables/{path.name}"
        table = _view(settings.engine, str(path), name, settings.timezone, path.stat().st_mtime_ns)
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
    return table


def examine(settings: Settings) -> None:
    """Open every table that is there, so that one that is not fit is told before anything runs; raises TableError."""
    for name in TABLES:
        try:
            read(settings, name)
        except MissingTable:
            continue


@contextlib.contextmanager
def reading():
    """Within it, an engine that stumbles over damaged pages says so in a TableError; its own error names no file."""
    try:
        yield
    except Exception as error:
        if type(error).__module__ not in ("duckdb", "_duckdb"):
            raise
        said = str(error).strip().splitlines()[0].replace(str(Path.cwd()) + "/", "")
        raise TableError(
            say(
                fa="جدولی تا آخر خوانده نشد ({said})؛ cx check می‌گوید کدام فایل آسیب دیده است",
                en="a table cannot be read to its end ({said}); cx check says which file is damaged",
                said=raw(said),
            )
        ) from None


@functools.lru_cache(maxsize=8)
def _connection(url: str, folder: Path | None = None):
    from cx_helpers import engine

    return engine.connect(url, folder or "")


@functools.lru_cache(maxsize=64)
def _view(url: str, path: str, name: str, timezone: str, _written: int):
    from cx_helpers import engine

    return engine.read(_connection(url), name, Path(path), timezone)
