"""What does a column of a hand-made table hold?  Its contract columns in their contract types, or what is wrong.

Tables that `cx ingest` wrote are left as they are.  Others come from pandas, from a warehouse, from Excel by way of
somebody's script: whole-number keys, decimal amounts, nanoseconds, days without a time, yes and no as text.
"""

from __future__ import annotations

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from cx_helpers.tables import TABLES, TableError
from cx_helpers.wording import raw, say

_WANTED = {
    "string": {"fa": "متن", "en": "a text"},
    "timestamp": {"fa": "زمان", "en": "a time"},
    "float64": {"fa": "عدد", "en": "a number"},
    "int64": {"fa": "عدد صحیح", "en": "a whole number"},
    "boolean": {"fa": "بله یا خیر", "en": "yes or no"},
    "list": {"fa": "فهرستی از متن‌ها", "en": "a list of texts"},
}
_NUMBER = {"float64": r"^-?[0-9]+(\.[0-9]+)?$", "int64": r"^-?[0-9]{1,18}$"}
_YES, _NO = ("true", "t", "yes", "y", "1", "بله", "بلی"), ("false", "f", "no", "n", "0", "خیر", "نه")


@ibis.udf.scalar.builtin(name="timezone")
def _duckdb_instant(zone: str, local: dt.Timestamp()) -> dt.Timestamp("UTC", 6):
    """DuckDB's instant of a wall clock's time in a zone."""


@ibis.udf.scalar.builtin(name="to_utc_timestamp")
def _spark_instant(local: dt.Timestamp(), zone: str) -> dt.Timestamp():
    """Spark's instant of a wall clock's time in a zone."""


@ibis.udf.scalar.builtin(name="timestamp_micros")
def spark_micros(micros: int) -> dt.Timestamp():
    """Spark's time of microseconds since 1970."""


def conform(table: ir.Table, name: str, where: str = "", timezone: str = "UTC") -> ir.Table:
    """The table with its contract columns in their contract types.

    name      of the contract's table;  where  what errors call this one, such as tables/orders.parquet
    timezone  in which a day without a time begins; a time without a zone is UTC
    Columns that fit are left alone, so that nothing is copied and an order in the file is kept.  In numbers, what is no
    number (NaN, infinities, beyond TOO_LARGE) is null.  Raises TableError where a column holds what cannot be told
    with certainty.
    """
    fitted = {}
    for column, (kind, *_) in TABLES[name].columns.items():
        if column not in table.columns:
            continue
        value = _fit(table[column], kind, timezone)
        if value is None:
            raise TableError(
                say(
                    fa="ستون {column} در {where} از نوع {type} است و باید {wanted} باشد. آن را چنین ذخیره کنید، "
                    "یا فایل را در پوشهٔ sources بگذارید و نگاشت کنید: cx ingest رقم‌ها، تاریخ‌ها و منطقه‌های زمانی "
                    "گوناگون را می‌خواند",
                    en="{where}: column '{column}' holds {type}, where {wanted} is needed; store it so, or put the "
                    "file into sources/ and map it: cx ingest reads digits, dates and zones of many kinds",
                    where=raw(where or name),
                    column=raw(column),
                    type=raw(table[column].type()),
                    wanted=_WANTED[kind],
                )
            )
        if value is not table[column] and not value.equals(table[column]):
            fitted[column] = value
    return table.mutate(**fitted) if fitted else table


TOO_LARGE = 1e100  # no measurement: squares of such numbers, and their sums, are no numbers any more


def finite(value: ir.NumericValue) -> ir.NumericValue:
    """The number, null where it is none: NaN, infinite, or so large that nobody measured it (TOO_LARGE)."""
    return (value.isnan() | (value.abs() > TOO_LARGE)).ifelse(None, value)


def number(column: ir.Value) -> ir.NumericValue:
    """A column of numbers, or of yes and no (1 and 0), as a number; null where it is none (`finite`)."""
    return column.cast("int64").cast("float64") if column.type().is_boolean() else finite(column.cast("float64"))


def _fit(value: ir.Value, kind: str, timezone: str) -> ir.Value | None:
    """The value as the contract wants it; None where that cannot be told."""
    have = value.type()
    if kind == "list":
        return value if have.is_array() or have.is_null() else None
    if have.is_null():
        return value.cast(_time(value) if kind == "timestamp" else kind)
    fitted = {"timestamp": _instant, "string": _text, "boolean": _yes_no}.get(kind, _number)(value, kind, timezone)
    if fitted is None and value.count().execute() == 0:  # an all-null column has whatever type its writer chose
        return ibis.null(_time(value) if kind == "timestamp" else kind)
    return fitted


def _time(value: ir.Value) -> dt.DataType:
    """How this engine holds an instant."""
    return dt.Timestamp("UTC", 6) if _engine(value) == "duckdb" else dt.Timestamp()


def _engine(value: ir.Value) -> str:
    return value.get_backend().name


def _instant(value: ir.Value, kind: str, timezone: str) -> ir.Value | None:
    have = value.type()
    if have.is_date():
        local = value.cast(dt.Timestamp())
        return _duckdb_instant(timezone, local) if _engine(value) == "duckdb" else _spark_instant(local, timezone)
    if have.is_timestamp() or "TIMESTAMP" in str(have):  # ibis has no name for DuckDB's zoned nanoseconds
        return value if have == _time(value) else value.cast(_time(value))
    return None


def _number(value: ir.Value, kind: str, timezone: str) -> ir.Value | None:
    have, want = value.type(), ibis.dtype(kind)
    if have.is_string():
        text = value.strip().nullif("")
        return text.cast(want) if _all(text.re_search(_NUMBER[kind])) else None
    if have.is_floating():
        value = finite(value)
    elif not (have.is_integer() or have.is_decimal() or have.is_boolean()):
        return None
    same = have == want or (have.is_integer() and want.is_integer())
    return value if same else value.cast(want)


def _text(value: ir.Value, kind: str, timezone: str) -> ir.Value | None:
    have = value.type()
    if have.is_string():
        return value
    if have.is_floating():  # pandas makes 1.0 of the key 1 where another key of the column is null
        value = finite(value)
    if have.is_floating() or (have.is_decimal() and have.scale):
        whole = (value.abs() < 9e18).ifelse(value, None).cast("int64")
        return (whole == value).ifelse(whole.cast("string"), value.cast("string"))
    return None if have.is_binary() or have.is_nested() or have.is_unknown() else value.cast("string")


def _yes_no(value: ir.Value, kind: str, timezone: str) -> ir.Value | None:
    have = value.type()
    if have.is_boolean():
        return value
    if not (have.is_string() or have.is_numeric()):
        return None
    text = _text(value, kind, timezone).strip().lower().nullif("")
    if not _all(text.isin(_YES + _NO)):
        return None
    return text.isin(_YES)


def _all(holds: ir.BooleanValue) -> bool:
    """Does it hold in every row that has a value?"""
    return not (~holds).sum().execute() > 0
