"""What is to be said of names that are new?"""

from __future__ import annotations

import pandas as pd

from cx_helpers import faults
from cx_helpers.records import HIGH_P, MEDIUM_P, Finding
from cx_helpers.wording import name, say

# numbers are made of these; the others only split numbers, which stand as a whole
CARRYING = {"touchpoint": "conversion", "stage": "conversion", "outcome": "failure_rate", "instrument": "scores"}


def findings(found: pd.DataFrame) -> tuple[list[Finding], int]:
    """The novelties that are more than chance as findings, and how many values were looked at.

    A new name is no fault by itself: high is only one that many rows carry, that looks like a misspelt old one and that
    numbers are made of (CARRYING); one that resembles nothing is at most medium, and low where few rows carry it.
    """
    sure = found[found["p_adjusted"] < MEDIUM_P]
    looks = found.attrs["looks"]
    return [_finding(index, row, looks) for index, row in sure.iterrows()], looks


def _finding(index: tuple[str, str, str], row: pd.Series, looks: int) -> Finding:
    table, column, value = index
    near = row["resembles"]
    text = say(
        fa="«{value}» در ستون {column} از «{table}» تازه است: {n} ردیف، {x:.1%} این دوره",
        en="“{value}” is new in {column} of {table}: {n} rows, {x:.1%} of this period",
        value=value, column=column, table=name(table), n=row["n"], x=row["share"],
    )  # fmt: skip
    said = say(
        fa="پیامد: شاید همان «{near}» باشد؛ آنگاه عددهای این دو گروه هر کدام تنها بخشی از کل‌اند.",
        en="It may be “{near}” written otherwise; then each of the two holds only a part.",
        near=near,
    ) if near else say(
        fa="پیامد: با دورهٔ پیش سنجیدنی نیست، و گروه‌هایی که جای خود را به آن داده‌اند کوچک‌تر دیده می‌شوند.",
        en="It has no past to be compared with, and groups that gave way to it look smaller.",
    )  # fmt: skip
    remedy = say(
        fa="در نگاشت با «map» آن را به نام درستش برگردانید؛ اگر درست است نامش را در labels.yaml بنویسید.",
        en="turn it into its right name by “map” in the mapping; if it is right, name it in labels.yaml.",
    )
    metric = CARRYING.get(column) if table in ("touchpoints", "responses") else None
    loud = faults.loudness(row["share"], sure=bool(near and metric) and row["p_adjusted"] < HIGH_P)
    loud = loud if near is not None or row["share"] >= faults.LARGE else "low"
    return faults.finding(
        table, "new_value", loud, text, said, remedy, subject={"column": column, "value": value}, metric=metric,
        value=row["share"], baseline=0.0, n=int(row["rows"]), p_adjusted=row["p_adjusted"], looks=looks,
    )  # fmt: skip
