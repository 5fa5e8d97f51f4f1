"""Which names are new?  A channel or touchpoint that appeared in this period, and which known one it resembles."""

from __future__ import annotations

import difflib

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from cx_helpers import certainty, disclosure
from cx_helpers.dates import Period
from cx_helpers.tables import instant, people

# columns whose values reports split by; not asked: free text, topics and campaigns, which are new each month, and an
# order's status, which moves on
NAMED = {
    "touchpoints": ("touchpoint", "stage", "channel", "outcome", "source"),
    "orders": ("channel", "source"),
    "contracts": ("plan", "source"),
    "responses": ("instrument", "touchpoint", "channel", "source"),
    "tickets": ("priority", "channel", "source"),
    "comments": ("origin", "touchpoint", "channel", "source"),
    "customers": ("acquisition_channel", "gender", "province", "segment"),
}
_MOST, _COMBINATIONS = 500, 20_000  # values a column, and combinations of them: more are no names
_ALIKE = 0.75


def novelties(tables: dict[str, ir.Table], period: Period, smallest: int = 1) -> pd.DataFrame:
    """Which values came up in this period for the first time?

    tables    every table of the company, uncut ({name: table});  period  the report's
    smallest  tables.smallest: of a value that fewer customers have nothing is told
    p_value is the chance that all k rows of a value fall into the period, when each row of the table is as likely to
    carry it: (rows of the period / all rows up to its end)^k; so that a rare value is no novelty.
    Returns index (`table`, `column`, `value`), most rows first: n (its rows), rows (those of the period), `share`,
    resembles (a value known before that it may be a spelling of, or None), p_value, p_adjusted (Holm over every value
    looked at); attrs["looks"] says how many those were.  A table whose data begin in the period has nothing new.
    """
    found, looks = [], 0
    for table_name, columns in NAMED.items():
        table = tables.get(table_name)
        when = None if table is None else instant(table, table_name)
        columns = [] if when is None else [c for c in columns if c in table.columns]
        if not columns:
            continue
        for column, values in _values(table, when, columns, period).groupby("column", sort=False):
            before, now = (int(values[c].sum()) for c in ("before", "now"))
            if not before or len(values) > _MOST:
                continue
            looks += len(values)
            old = list(values.loc[values["before"] > 0, "value"])
            fresh = values[values["before"] == 0]
            fresh = fresh[~_few(table, when, column, fresh["value"], period, smallest)]
            for row in fresh.itertuples():
                p = (now / (now + before)) ** row.now
                found.append((table_name, column, row.value, int(row.now), now, _near(row.value, old), p))
    names = ["table", "column", "value"]
    whole = pd.DataFrame(found, columns=[*names, "n", "rows", "resembles", "p_value"])
    whole["p_adjusted"] = certainty.adjust([*whole["p_value"], *[1.0] * (looks - len(whole))], "holm")[: len(whole)]
    whole = whole.assign(share=(whole["n"] / whole["rows"]).astype(float))
    whole = whole.sort_values(["n", *names], ascending=[False, True, True, True])
    whole = whole.astype({"resembles": object}).set_index(names)
    whole.attrs["looks"] = looks
    return whole


def _values(table: ir.Table, when, columns: list[str], period: Period) -> pd.DataFrame:
    """column, value, and its rows before the period and in it; one query, folded to the combinations there are."""
    seen = table.select(*columns, _at=when).filter(_._at < period.end).mutate(_inside=_._at >= period.start)
    counted = seen.group_by(columns).aggregate(
        before=(~_._inside).cast("int64").sum(), now=_._inside.cast("int64").sum()
    )
    counted = counted.order_by(ibis.desc(_.before + _.now), *columns).limit(_COMBINATIONS + 1).execute()
    if len(counted) > _COMBINATIONS:  # no names but texts
        return pd.DataFrame(columns=["column", "value", "before", "now"])
    parts = []
    for column in columns:
        part = counted[counted[column].notna()].groupby(column)[["before", "now"]].sum()
        parts.append(part.rename_axis("value").reset_index().astype({"value": str}).assign(column=column))
    return pd.concat(parts)


def _few(table: ir.Table, when, column: str, fresh: pd.Series, period: Period, smallest: int) -> np.ndarray:
    """Which of the values that are new in the period have too few customers?"""
    if disclosure.least(smallest) <= 1 or fresh.empty:
        return np.zeros(len(fresh), bool)
    inside = table.mutate(_value=table[column].cast("string"), _at=when).filter(
        _._at >= period.start, _._at < period.end
    )
    inside = inside.filter(inside._value.isin(list(fresh)))
    counted = inside.group_by("_value").aggregate(k=people(inside)).execute().set_index("_value")["k"]
    return disclosure.few(fresh.map(counted), smallest)


def _near(value: str, old: list[str]) -> str | None:
    near = difflib.get_close_matches(value.casefold(), [one.casefold() for one in old], n=1, cutoff=_ALIKE)
    return next((one for one in old if near and one.casefold() == near[0]), None)
