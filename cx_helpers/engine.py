"""Who holds the tables?  One seam over the engines: DuckDB on a laptop, Spark on a cluster, through ibis.

Everything that differs between engines lives here; measures see ibis tables only.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import sys
import zlib
from pathlib import Path

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir
from ibis.common.exceptions import TableNotFound

from cx_helpers.casting import conform, spark_micros
from cx_helpers.settings import database
from cx_helpers.tables import TableError
from cx_helpers.wording import raw, say

# Engines merge a query's steps by themselves; that ibis does it, too, took half of the time of every small query.
ibis.options.sql.fuse_selects = False

SORTED = "_in_order"  # suffix of a view whose file is known to lie in the touchpoints' order
_NUMBERS = itertools.count()
ORDER = ("customer_id", "occurred_at", "event_id")


def connect(url: str = "duckdb://", folder: str | Path = ""):
    """An ibis connection for a workspace's `engine` URL.

    url     `duckdb://` (in memory, reads the workspace's Parquet), `duckdb:///company.db` (holds the tables; opened to
            be read only), `pyspark://`, `pyspark://local[2]` or `pyspark://spark://host:7077` (reads the Parquet)
    folder  the workspace's, in which the file of a relative `duckdb:///` lies
    Raises TableError where it cannot be opened.
    """
    if url.startswith("pyspark://"):
        return _spark(url.removeprefix("pyspark://") or "local[*]")
    if not url.startswith("duckdb://"):  # the address may hold a password
        raise TableError(
            say(
                fa="موتور {kind} را نمی‌شناسیم؛ بنویسید duckdb:// یا pyspark://",
                en="no engine {kind}; use duckdb:// or pyspark://",
                kind=raw(f"{url.split('://', 1)[0]}://…"),
            )
        )
    file = database(url, Path(folder))
    return ibis.duckdb.connect() if file is None else _held(file)


def _held(file: Path):
    """A DuckDB file, opened so that nothing in it can be changed and others may read it, too."""
    if not file.is_file():
        raise TableError(
            say(
                fa="فایل پایگاه داده {file} در {folder} نیست. در duckdb:///NAME نام نسبت به پوشهٔ شرکت است؛ نشانی کامل "
                "چهار خط مورب دارد: {example}",
                en="the engine's file {file} is not in '{folder}'; in duckdb:///NAME the name is relative to the "
                "workspace's folder, a whole path has four slashes: {example}",
                file=raw(file.name),
                folder=raw(file.parent),
                example=raw("duckdb:////srv/company.db"),
            )
        )
    try:
        return ibis.duckdb.connect(file, read_only=True)
    except Exception as error:
        remedy = say(
            fa="باید پایگاه داده‌ای از همین نسخهٔ DuckDB یا نسخه‌ای کهنه‌تر باشد",
            en="it must be a database of this DuckDB's version or an older one",
        )
        if "lock" in str(error):
            remedy = say(
                fa="برنامهٔ دیگری آن را برای نوشتن باز کرده است؛ پس از پایان کار آن دوباره اجرا کنید",
                en="another program has it open to write; run again when that has finished",
            )
        raise TableError(
            say(
                fa="فایل پایگاه داده {file} باز نشد ({kind})؛ {remedy}",
                en="cannot open the engine's file {file} ({kind}); {remedy}",
                file=raw(file.name),
                kind=raw(type(error).__name__),
                remedy=remedy,
            )
        ) from None


def held(connection, name: str, where: str, timezone: str = "UTC") -> ir.Table | None:
    """The table `name` of an engine that holds the tables, in the contract's types; None where it has none.

    where  what errors call it;  timezone  in which a day without a time begins
    """
    try:
        table = connection.table(name)
    except TableNotFound:
        return None
    return conform(table, name, where, timezone)


def _spark(master: str):
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise TableError(
            say(
                fa="موتور این شرکت Spark است اما pyspark نصب نیست؛ {package} را نصب کنید",
                en="the engine is Spark but pyspark is not installed; install {package}",
                package=raw("cx-helpers[spark]"),
            )
        ) from None
    if master.startswith("local"):  # what runs in Python there (sentiment) runs in this one, not in the system's
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    session = (
        SparkSession.builder.master(master)
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.legacy.parquet.nanosAsLong", "true")
        .config("spark.sql.shuffle.partitions", "4")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("FATAL")  # what goes wrong is raised here, too, and told in a sentence
    return ibis.pyspark.connect(session)


def read(connection, name: str, path: Path, timezone: str = "UTC") -> ir.Table:
    """The Parquet file, or folder of them, as a named table of the engine with the contract's types.

    timezone  in which a day without a time begins.  Raises TableError where it cannot be read, saying what to do.
    """
    where = f"tables/{path.name}"
    duck = connection.name == "duckdb"
    view = f"{name}_{zlib.crc32(str(path.absolute()).encode()):08x}"  # two companies may share one connection
    many = {"hive_partitioning": True, "union_by_name": True} if duck else {"mergeSchema": True}
    place = str(path / "**" / "*.parquet") if path.is_dir() and duck else str(path)
    try:
        if name == "touchpoints" and path.is_file() and duck and _lies_sorted(path):
            view += SORTED
        table = connection.read_parquet(place, table_name=view, **(many if path.is_dir() else {}))
        table = table if duck else _micros(table, path)
    except Exception as error:  # each engine raises its own kinds
        reason = _differing(path) or _first_line(error, path)
        raise TableError(
            say(
                fa="{where} به‌عنوان Parquet خوانده نشد ({reason})؛ آن را از نو بنویسید، یا داده‌اش را در پوشهٔ "
                "sources بگذارید و برای cx ingest نگاشت کنید",
                en="{where} cannot be read as Parquet: {reason}; write it anew, or put its data into sources/ and map "
                "it for cx ingest",
                where=raw(where),
                reason=raw(reason),
            )
        ) from None
    return conform(table, name, where, timezone)


def _first_line(error: Exception, path: Path) -> str:
    """What an engine says, without where on this machine the file lies."""
    text = (str(error).strip() or type(error).__name__).splitlines()[0][:300]
    for whole in (path.resolve(), path.absolute(), path):
        text = text.replace(str(whole), path.name)
    return text


def _differing(folder: Path) -> str:
    """Which column holds different types in the files of a folder, which Spark cannot read together; or empty."""
    import pyarrow.parquet as pq

    kinds: dict = {}
    with contextlib.suppress(Exception):  # what is no Parquet has its own message
        for file in sorted(folder.rglob("*.parquet")):
            for field in pq.read_schema(file):
                other, kind = kinds.setdefault(field.name, (file.name, field.type))
                if kind != field.type:
                    return f"column {field.name!r} is {kind} in {other} and {field.type} in {file.name}"
    return ""


def _micros(table: ir.Table, path: Path) -> ir.Table:
    """Spark knows no nanoseconds and gives them as whole numbers: times again, in microseconds."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = pq.read_schema(path if path.is_file() else next(path.rglob("*.parquet")))
    nanos = [f.name for f in kinds if pa.types.is_timestamp(f.type) and f.type.unit == "ns" and f.name in table.columns]
    whole = [c for c in nanos if table[c].type().is_integer()]  # the old kind (INT96) it can read by itself
    # an exact quotient, rounded: its halves of a microsecond are below what a double can tell
    micros = {c: spark_micros(((table[c] - table[c] % 1000) / 1000).round().cast("int64")) for c in whole}
    return table.mutate(**micros) if micros else table


def _lies_sorted(path: Path) -> bool:
    """Did the writer of this file say that its rows lie in the order of customer, time and event?"""
    import pyarrow.parquet as pq

    said = (pq.read_metadata(path).metadata or {}).get(b"cx.sorted_by", b"").decode()
    return tuple(part.strip() for part in said.split(",")) == ORDER


def keeps_order(table: ir.Table) -> bool:
    """Are this table's rows known to come out in the touchpoints' order?

    True only for a DuckDB view over a file that says so, with nothing but filters and projections above it.
    """
    node = table.op()
    while isinstance(node, (ops.Filter, ops.Project, ops.DropColumns)):
        node = node.parent
    return isinstance(node, ops.DatabaseTable) and node.name.endswith(SORTED) and node.source.name == "duckdb"


def named(table: ir.Table) -> ir.Table:
    """The same table under a name of its own, for what many queries begin with.

    A temporary view on DuckDB: nothing is computed or copied, and each query is put together from the name on, which
    takes a quarter off a report's time.  Other engines: the table as it is.
    """
    connection = table.get_backend()
    if connection.name != "duckdb":
        return table
    query = connection.compile(table)
    name = f"_{zlib.crc32(query.encode()):08x}{SORTED if keeps_order(table) else ''}"
    connection.raw_sql(f'CREATE OR REPLACE TEMPORARY VIEW "{name}" AS {query}')
    return connection.table(name)


@contextlib.contextmanager
def keeping(table: ir.Table):
    """`with keeping(table) as keep:` keep(expression) is computed once and held by the engine until the block ends.

    For what several queries, each made from the answers of the one before, begin with.
    """
    connection, held = table.get_backend(), []

    def keep(expression: ir.Table) -> ir.Table:
        connection._run_pre_execute_hooks(expression)  # tables in memory that it begins with
        if connection.name != "duckdb":
            held.append(expression.cache())
            return held[-1]
        held.append(f"_kept_{next(_NUMBERS)}")
        connection.raw_sql(f'CREATE TEMPORARY TABLE "{held[-1]}" AS {connection.compile(expression)}')
        return connection.table(held[-1])

    try:
        yield keep
    finally:
        for one in held:
            connection.raw_sql(f'DROP TABLE "{one}"') if connection.name == "duckdb" else one.release()


def kept(expression: ir.Table) -> ir.Table:
    """The same rows, computed once and held by the engine until its session ends: for a small table, such as who
    belongs to which group, that a whole notebook asks of again and again."""
    connection = expression.get_backend()
    connection._run_pre_execute_hooks(expression)
    if connection.name != "duckdb":
        return expression.cache()
    name = f"_kept_{next(_NUMBERS)}"
    connection.raw_sql(f'CREATE TEMPORARY TABLE "{name}" AS {connection.compile(expression)}')
    return connection.table(name)


def next_row(table: ir.Table, **columns: str) -> ir.Table:
    """Add to each touchpoint what the same customer's next one holds; null after the last.

    columns  new name = column to take, e.g. next_touchpoint="touchpoint"
    A file known to lie sorted streams through an unpartitioned lead (several times faster on long logs); everything
    else goes through a window by customer, ordered by time and then event id.  Both give the same rows.
    """
    if keeps_order(table):
        leads = {name: table[column].lead() for name, column in columns.items()}
        after = table.mutate(_next_customer=table.customer_id.lead(), **leads)
        same = after._next_customer == after.customer_id
        return after.mutate(**{k: same.ifelse(after[k], ibis.null(after[k].type())) for k in columns}).drop(
            "_next_customer"
        )
    window = ibis.window(group_by="customer_id", order_by=list(ORDER[1:]))
    return table.mutate(**{k: table[v].lead().over(window) for k, v in columns.items()})


# ---- journeys: where one begins, what comes next in it ---------------------------------------------------------------

INACTIVITY = "30min"  # a pause that ends a visit where the log has no sessions (the web's convention)


def journeys(touchpoints: ir.Table, journey: str = "session", **columns: str) -> ir.Table:
    """Split each customer's touchpoints into journeys and say where in its journey each one stands.

    journey  "session": a new journey where `session_id` changes (a pause of 30 minutes where it is null or absent);
             "customer": all that a customer did;  "2h", "7d", …: a new journey after such a pause
    columns  new name = column to take from the next touchpoint of the same journey; null after the last
    Adds `journey` (a number, unique within the customer), `position` (0, 1, …), `first` and `last` (is it the journey's
    beginning, its end?).
    Order is customer_id, occurred_at, event_id, whatever the order of the rows.  A file known to lie sorted streams.
    """
    pause = seconds(INACTIVITY if journey in ("session", "customer") else journey)
    if keeps_order(touchpoints):
        own, running = (lambda x: x), (lambda x: x.cummax())
        t = touchpoints.mutate(_row=ibis.row_number(), _customer=touchpoints.customer_id.lag())
        first = t._customer.isnull() | (t._customer != t.customer_id)
    else:
        window = ibis.window(group_by="customer_id", order_by=list(ORDER[1:]))
        so_far = ibis.cumulative_window(group_by="customer_id", order_by=list(ORDER[1:]))
        own, running = (lambda x: x.over(window)), (lambda x: x.max().over(so_far))
        t = touchpoints.mutate(_row=ibis.row_number().over(window))
        first = t._row == 0
    if journey != "customer":
        paused = t.occurred_at > own(t.occurred_at.lag()) + ibis.interval(seconds=pause)
        if journey == "session" and "session_id" in t.columns:
            paused = (t.session_id != own(t.session_id.lag())).fill_null(paused)
        first = first | paused
    t = t.mutate(first=first, **{f"_next_{k}": own(t[v].lead()) for k, v in columns.items()})
    t = t.mutate(_begin=t.first.ifelse(t._row, ibis.null("int64")), last=own(t.first.lead()).fill_null(True))
    t = t.mutate(journey=running(t._begin))
    t = t.mutate(
        position=t._row - t.journey,
        **{k: t.last.ifelse(ibis.null(t[v].type()), t[f"_next_{k}"]) for k, v in columns.items()},
    )
    return t.drop("_row", "_begin", *(f"_next_{k}" for k in columns), *(["_customer"] * ("_customer" in t.columns)))


def epoch(time: ir.TimestampValue) -> ir.IntegerValue:
    """Whole seconds since 1970, rounded down alike on every engine (DuckDB's own epoch has a fraction)."""
    return time.epoch_seconds().cast("float64").floor().cast("int64")


_UNITS = {"s": 1, "min": 60, "h": 3600, "d": 86_400, "w": 604_800}


def seconds(duration: str) -> int:
    """`45s`, `30min`, `12h`, `7d`, `2w` in whole seconds; TableError where it is no duration."""
    number = str(duration).rstrip("abcdefghijklmnopqrstuvwxyz")
    unit = _UNITS.get(str(duration)[len(number) :])
    if unit is None or not number.strip().isdigit():
        raise TableError(
            say(
                fa="{duration} مدت زمان نیست؛ بنویسید 30min یا 12h یا 7d (journey می‌تواند session یا customer هم باشد)",
                en="'{duration}' is not a duration; write 30min, 12h or 7d (a journey may be session or customer)",
                duration=raw(duration),
            )
        )
    return int(number) * unit
