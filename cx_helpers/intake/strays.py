"""Which marks lie off their scale?  Ratings of comments and requests come without its ends: the other marks show it."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq

from cx_helpers import wording
from cx_helpers.intake.faults import said
from cx_helpers.intake.values import literal, name
from cx_helpers.tables import SCALED, off_scale, scale_shown

_LONGEST = 5  # marks that a message names


def told(con, piece: Path, table: str, file: str) -> list[dict]:
    """What is to be said of the marks in a piece of a table that lie off the scale that the others show."""
    column = SCALED.get(table)
    names = set(pq.read_schema(piece).names) if column else set()
    if column not in names or {"scale_min", "scale_max"} <= names:  # of a scale that is said, strays are in quarantine
        return []
    marks = counted(con, f"read_parquet({literal(piece)})", column)
    scale = scale_shown(marks)
    if not (off := off_scale(marks, scale)):
        return []
    shown = ", ".join(f"{mark:g}" for mark in off[:_LONGEST]) + ", …" * (len(off) > _LONGEST)
    n, whole = sum(marks[mark] for mark in off), sum(marks.values())
    about = {"file": file, "column": f"{table}.{column}", "off": shown, "low": scale[0], "high": scale[1]}
    numbers = {x: {"n": wording.number(n, x), "whole": wording.number(whole, x)} for x in wording.LOCALES}
    return [{x: said(*_OFF, **about, **numbers[x])[x] for x in wording.LOCALES}]


def counted(con, relation: str, column: str) -> dict[float, int]:
    """How many rows of a relation in SQL bear each mark."""
    mark = f"{name(column)}::DOUBLE"
    return dict(
        con.execute(f"SELECT {mark} AS m, count(*) FROM {relation} WHERE isfinite({mark}) GROUP BY m").fetchall()
    )


_OFF = (
    "{file}: در {column} امتیاز {n} سطر از {whole} سطر ({off}) بیرون از {low} تا {high} است، مقیاسی که بقیه نشان "
    "می‌دهند؛ میانگین‌ها را جابه‌جا می‌کند. امتیاز را درست کنید، آنچه به معنی «بی‌امتیاز» است را زیر empty بنویسید، یا "
    "مقیاس را در نگاشت بگویید: scale: [کمینه، بیشینه]",
    "{file}: {n} of {whole} rows of {column} ({off}) lie outside {low} to {high}, the scale that the others show; they "
    "distort averages. Correct the score, list what stands for `none` under `empty`, or say the scale in the mapping: "
    "scale: [lowest, highest]",
)
