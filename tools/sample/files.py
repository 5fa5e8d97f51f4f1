"""How is the company written to disk?  Parquet that both engines read, the same bytes from the same tables."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

_TYPES = {"datetime64[us, UTC]": pa.timestamp("us", tz="UTC"), "float64": pa.float64(), "int64": pa.int64()}
_TYPES |= {"Int64": pa.int64(), "bool": pa.bool_(), "object": pa.string()}
SORTED_BY = "customer_id,occurred_at,event_id"  # how touchpoints lie; engines that know it read them faster


def arrow(table: pd.DataFrame) -> pa.Table:
    """A frame as an Arrow table with plain types and no pandas metadata, also where a column is all null."""
    fields = [pa.field(name, _TYPES[str(kind)]) for name, kind in table.dtypes.items()]
    said = {"cx.sorted_by": SORTED_BY} if "occurred_at" in table.columns else None
    return pa.Table.from_pandas(table, schema=pa.schema(fields), preserve_index=False).replace_schema_metadata(said)


def write(tables: dict[str, pd.DataFrame], folder: str | Path) -> dict[str, int]:
    """Write NAME.parquet for each table into `folder`/tables (cases: state); returns the bytes of each."""
    target = Path(folder) / "tables"
    target.mkdir(parents=True, exist_ok=True)
    sizes = {}
    for name, table in tables.items():
        home = target if name != "cases" else Path(folder) / "state"  # where the closed loop keeps its book
        home.mkdir(exist_ok=True)
        path, filled = home / f"{name}.parquet", arrow(table)
        few = [c for c in filled.column_names if _few(filled[c])]
        other = {
            c: _ENCODING.get(str(filled.schema.field(c).type), "PLAIN") for c in filled.column_names if c not in few
        }
        pq.write_table(
            filled,
            path,
            compression="zstd",
            compression_level=12,
            use_dictionary=few,
            column_encoding=other,
            coerce_timestamps="us",
        )
        sizes[name] = path.stat().st_size
    return sizes


_ENCODING = {"timestamp[us, tz=UTC]": "DELTA_BINARY_PACKED", "int64": "DELTA_BINARY_PACKED"}


def _few(column: pa.ChunkedArray) -> bool:
    """Does a dictionary pay?  Where values repeat, except in times."""
    if pa.types.is_timestamp(column.type) or pa.types.is_boolean(column.type):
        return False
    return len(column.unique()) <= max(200, len(column) // 4)
