"""How common is a name, a birth date, a place?  What a company's own records say, so that rare values weigh more."""

from __future__ import annotations

from pathlib import Path

import duckdb

from cx_helpers.intake.values import literal

# column: share of records that a value has which nobody has seen yet
FREQUENCIES = {"first": 1 / 250, "last": 1 / 2500, "born_jalali": 1 / 20000, "city": 1 / 30, "company": 1 / 100}
PRIOR = 2000  # records that this guess is worth


def count(con: duckdb.DuckDBPyConnection) -> None:
    """Make id_tf_COLUMN (value, seen, tf): how common each value is, drawn towards a plain guess where records are few.

    A name is as common as its sound, in whatever letters: Ali is no rare name because few write it in Latin.
    """
    for column, guess in FREQUENCIES.items():
        by = f"{column}_sound" if column in ("first", "last") else column
        # how often it was seen: a Persian text by itself, a Latin one by its sound, since Latin spellings are many
        seen = f"CASE WHEN cx_is_latin({column}) THEN any_value(n) ELSE count(*) END"
        con.execute(f"""
            CREATE OR REPLACE TEMP TABLE id_tf_{column} AS WITH
            heard AS (SELECT {by}, count(*) AS n FROM id_records WHERE {by} IS NOT NULL GROUP BY {by})
            SELECT {column}, {seen} AS seen,
                any_value((n + {PRIOR * guess:.6f}::DOUBLE) / ({PRIOR} + (SELECT sum(n) FROM heard))) AS tf_{column}
            FROM id_records JOIN heard USING ({by}) GROUP BY {column}
        """)


def kept(con: duckdb.DuckDBPyConnection, least: int):
    """The frequencies as an arrow table (kind, value, seen, tf), values seen fewer than `least` times left out."""
    parts = " UNION ALL ".join(
        f"SELECT '{c}' AS kind, {c} AS value, seen, tf_{c} AS tf FROM id_tf_{c} WHERE seen >= {least}"
        for c in FREQUENCIES
    )
    return con.sql(f"SELECT * FROM ({parts}) ORDER BY kind, value").to_arrow_table()


def recall(con: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Make id_tf_COLUMN of frequencies that were kept."""
    for c in FREQUENCIES:
        con.execute(
            f"CREATE OR REPLACE TEMP TABLE id_tf_{c} AS SELECT value AS {c}, seen, tf AS tf_{c} "
            f"FROM read_parquet({literal(path)}) WHERE kind = '{c}'"
        )


def complete(con: duckdb.DuckDBPyConnection, records: int) -> None:
    """Add to id_tf_COLUMN what is not in it as hardly seen, and to id_records how well known its names are.

    records  how many the frequencies were learnt from
    """
    for column, guess in FREQUENCIES.items():
        con.execute(
            f"INSERT INTO id_tf_{column} SELECT DISTINCT {column}, 1, "
            f"{PRIOR * guess:.6f}::DOUBLE / ({PRIOR} + {records}) FROM id_records "
            f"ANTI JOIN id_tf_{column} USING ({column}) WHERE {column} IS NOT NULL"
        )
    for column in ("first", "last"):
        con.execute(f"ALTER TABLE id_records ADD COLUMN IF NOT EXISTS {column}_n BIGINT")
        con.execute(
            f"UPDATE id_records SET {column}_n = seen FROM id_tf_{column} t WHERE t.{column} = id_records.{column}"
        )
