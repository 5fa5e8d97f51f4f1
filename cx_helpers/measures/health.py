"""Can these data be trusted for the decisions on the other pages?  The few numbers behind the verdict."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from cx_helpers import disclosure, faults
from cx_helpers.dates import Period

FORMATS = {"faulty": "count", "faulty_share": faults.portion}  # how a table of `checks` is set


def freshness(dry: pd.DataFrame, unseen: frozenset = frozenset()) -> pd.DataFrame:
    """How old is the newest row of the table that is furthest behind, at the period's end?

    dry  of `arrivals.late`;  unseen  of `volume.unseen`: nothing is said of these tables
    Returns one row `all`: n (tables that are waited for), `data_age` in days, `table` (its name; None where there is
    none); nothing is estimated: no interval.
    """
    tables = dry[dry.index.get_level_values("source") == "all"].droplevel("source")
    ages = tables["data_age"][np.array([(table, "table", table) not in unseen for table in tables.index], bool)]
    return _one(n=len(ages), data_age=ages.max() if len(ages) else math.nan, table=ages.idxmax() if len(ages) else None)


def known_customers(rows: pd.DataFrame) -> pd.DataFrame:
    """Which share of all rows has a customer?  `rows` of `known`; one row `all`, counted and not estimated."""
    n, unknown = int(rows["n"].sum()), int(rows["unknown"].sum())
    return _one(n=n, known_customers=1 - unknown / n if n else math.nan)


def quarantined(memory: dict) -> pd.DataFrame:
    """How many rows wait in quarantine?

    memory  what ingest remembers (intake.memory.remembered)
    One row `all`: n rows that came (0 where the tables were not made by ingest), `quarantined`.
    """
    n = sum(source["rows_in"] for source in memory["sources"].values())
    return _one(n=n, quarantined=float(memory["waiting"]))


def _one(**numbers) -> pd.DataFrame:
    return pd.DataFrame({"low": np.nan, "high": np.nan} | numbers, index=["all"])


def days_of(arrived: pd.DataFrame, period: Period, smallest: int = 1) -> pd.DataFrame:
    """`arrivals` with first and last as days in the company's time zone; rows without a time are in no period.

    smallest  tables.smallest: sources of fewer customers are hidden, and so is so small a number of rows in the period
    """
    days = {end: arrived[end].dt.tz_convert(period.timezone).dt.date for end in ("first", "last")}
    inside, private = arrived["in_period"].astype(float), disclosure.few(arrived["customers"], smallest)
    of_people = arrived["customers"].notna()
    inside = inside.mask(arrived["last"].isna() | (of_people & disclosure.few(inside, smallest)))
    told = arrived.assign(**days, in_period=inside)
    return told.assign(hidden=np.where(private, disclosure.SMALL, None)) if private.any() else told


def ingested(memory: dict) -> pd.DataFrame:
    """What became of the rows of each source: rows_in = taken + quarantined + skipped; empty where nothing is known."""
    columns = ["rows_in", "taken", "quarantined", "skipped"]
    frame = pd.DataFrame(memory["sources"]).T.reindex(columns=columns).astype("int64")
    return frame.rename_axis("source")


def checks(*answered: tuple[pd.DataFrame, str], unseen: frozenset = frozenset()) -> pd.DataFrame:
    """All that was asked row by row, the worst first: index (`table`, `problem`), n, faulty, faulty_share.

    answered  (answer, its column of faulty rows), e.g. (of `impossible`, "bad"), (of `repeats`, "extra")
    unseen    of `volume.unseen`: nothing is said of these tables
    """
    parts = []
    for frame, faulty in answered:
        part = frame[["n", faulty, "faulty_share"]].rename(columns={faulty: "faulty"})
        parts.append(part.rename_axis(["table", "problem"]))
    whole = pd.concat(parts)
    whole = whole[np.array([(table, "table", table) not in unseen for table, _ in whole.index], bool)]
    return whole.sort_values(["faulty_share", "faulty"], ascending=False, kind="stable")
