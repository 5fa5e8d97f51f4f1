"""How complete are the columns that reports use, and which became emptier in this period?"""

from __future__ import annotations

import datetime as dt

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from cx_helpers import certainty, faults
from cx_helpers.dates import Period, month_number
from cx_helpers.tables import instant

# what reports use; where null has a meaning of its own (about no touchpoint, not solved, alive) a column is not asked
USED = {
    "customers": ("acquisition_channel", "birth_year", "gender", "province", "segment"),
    "touchpoints": ("channel", "outcome", "duration_s", "session_id"),
    "orders": ("customer_id", "channel", "status", "margin", "promised_at", "delivered_at"),
    "contracts": ("plan", "monthly_fee"),
    "responses": ("customer_id", "channel", "invited_at"),
    "tickets": ("customer_id", "channel", "topic", "first_reply_at"),
    "comments": ("customer_id", "channel", "sentiment"),
}
WAIT_DAYS = 7  # after which a reply or a delivery should be there
BEFORE = 6  # periods that tell what is usual
_ENOUGH = 30  # rows


def completeness(tables: dict[str, ir.Table], period: Period, horizon: dt.date | None = None) -> pd.DataFrame:
    """How complete are the columns that reports use?

    tables   every table of the company, uncut ({name: table});  period  the report's
    horizon  the last day on which data came (`volume.end`), where that is before the period's end
    A column of USED that the company has; of `delivered_at` and `first_reply_at` only rows that were due a week before
    the end.  Rows without a time (customers, in exports that lack it) are not asked.
    Returns index (`table`, `column`, `source`; None where rows do not say): n rows of the period, filled,
    `completeness` (0..1) with Wilson's low and high, usual (of the same source over the six periods before), n_before,
    change, p_value (two shares; null where the period is no emptier than the emptiest before), p_adjusted (Holm over
    all; attrs["looks"] says how many).
    """
    periods = [*(period.shift(-k) for k in range(BEFORE, 0, -1)), period]
    end = min(period.end, dt.datetime.combine(horizon, dt.time(), dt.UTC)) if horizon else period.end
    due = end - dt.timedelta(days=WAIT_DAYS)
    parts = [_filled(tables[one], one, columns, periods, due) for one, columns in USED.items() if one in tables]
    rows = []
    for index, part in (group for whole in parts for group in whole.groupby(_KEYS, sort=False, dropna=False)):
        by_period = part.set_index("place")[["n", "filled"]].reindex(range(BEFORE + 1), fill_value=0)
        n, filled = by_period["n"].to_numpy(float), by_period["filled"].to_numpy(float)
        rows.append((*index, n[-1], filled[-1], n[:-1].sum(), filled[:-1].sum(), _emptiest(n[:-1], filled[:-1])))
    found = pd.DataFrame(rows, columns=[*_KEYS, "n", "filled", "n_before", "filled_before", "worst"])
    found = found[found["n"] > 0].set_index(_KEYS)
    now, usual = found["filled"] / found["n"], (found["filled_before"] / found["n_before"]).where(found["n_before"] > 0)
    low, high = certainty.wilson(found["filled"], found["n"])
    enough = found[["n", "n_before"]].min(axis=1) >= _ENOUGH
    p = pd.Series(_two_shares(found), found.index).where(enough & (now < found["worst"]))
    looks = int(enough.sum())
    adjusted = certainty.adjust([*p, *[1.0] * (looks - int(p.notna().sum()))], "holm")[: len(p)]
    columns = {"completeness": now, "low": low, "high": high, "usual": usual, "change": now - usual, "p_value": p}
    found = found[["n", "filled", "n_before"]].astype(int).assign(**columns, p_adjusted=adjusted)
    found.attrs["looks"] = looks
    return found


_KEYS = ["table", "column", "source"]


def _filled(table: ir.Table, table_name: str, columns, periods: list[Period], due: dt.datetime) -> pd.DataFrame:
    """n and filled by table, column, source and place (the number of the period)."""
    when, columns = instant(table, table_name), [c for c in columns if c in table.columns]
    if when is None or not columns:
        return pd.DataFrame(columns=[*_KEYS, "place", "n", "filled"])
    inside = table.filter((when >= periods[0].start) & (when < periods[-1].end))
    source = inside.source.cast("string") if "source" in table.columns else ibis.null("string")
    facts = {}
    for column in columns:
        asked = _due(inside, column, due)
        facts |= {f"n_{column}": inside.count(where=asked), f"f_{column}": inside[column].count(where=asked)}
    place = month_number(instant(inside, table_name), periods)
    counted = inside.group_by(_source=source, _place=place).aggregate(**facts).order_by("_source", "_place").execute()
    parts = [
        pd.DataFrame(
            {"table": table_name, "column": column, "source": counted["_source"], "place": counted["_place"],
             "n": counted[f"n_{column}"], "filled": counted[f"f_{column}"]}
        )
        for column in columns
    ]  # fmt: skip
    return pd.concat(parts)


def _due(table: ir.Table, column: str, limit: dt.datetime) -> ir.BooleanColumn | None:
    """Which rows should have a value by now?  None: all."""
    if column == "delivered_at" and "promised_at" in table.columns:
        return (table.promised_at < limit).fill_null(False)
    since = {"delivered_at": "ordered_at", "first_reply_at": "opened_at"}.get(column)
    return table[since] < limit if since else None


def _emptiest(n: np.ndarray, filled: np.ndarray) -> float:
    known = n > 0
    return float((filled[known] / n[known]).min()) if known.any() else np.nan


def _two_shares(found: pd.DataFrame) -> np.ndarray:
    """Two-sided p of the period's share against the share before (score test)."""
    n, m = found["n"].to_numpy(float), found["n_before"].to_numpy(float)
    x, y = found["filled"].to_numpy(float), found["filled_before"].to_numpy(float)
    with np.errstate(invalid="ignore", divide="ignore"):
        together = (x + y) / (n + m)
        return certainty.two_sided((x / n - y / m) / np.sqrt(together * (1 - together) * (1 / n + 1 / m)))


def share(table: ir.Table, column: str, by=None) -> pd.DataFrame:
    """Which share of a table's rows has a value in `column`, by the groups of another one?

    Returns index = the groups (or `all`): n rows, filled, `completeness` (0..1) with Wilson's low and high.
    """
    keys = [] if by is None else [by] if isinstance(by, str) else list(by)
    rows = table.group_by(keys) if keys else table
    found = rows.aggregate(n=table.count(), filled=table[column].count()).execute()
    found = found.set_index(keys).sort_index() if keys else found.set_axis(["all"])
    return _shares(found)


def overall(found: pd.DataFrame) -> pd.DataFrame:
    """Which share of all cells that reports use is filled in this period?  One row `all`: n cells, completeness."""
    n, filled = int(found["n"].sum()), int(found["filled"].sum())
    row = {"n": n, "completeness": faults.share(filled, n), "low": np.nan, "high": np.nan}
    return pd.DataFrame(row, index=["all"])


def emptiest(found: pd.DataFrame, unseen: frozenset = frozenset()) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Which columns lack values?  (now, before): the columns that are not full, whatever the source, emptiest first.

    unseen  of `volume.unseen`: tables that are left out
    Returns twice index (`table`, `column`): n rows, filled, `completeness` with Wilson's low and high; of the period,
    and of the six periods before.
    """
    seen = [(table, "table", table) not in unseen for table, *_ in found.index]
    found = found[np.array(seen, bool)]  # a company of exposures alone has no rows here, and keeps its columns
    counts = ["n", "filled", "n_before"]
    before = (found["usual"] * found["n_before"]).fillna(0)
    whole = found[counts].assign(filled_before=before).groupby(level=["table", "column"], sort=False).sum()
    gaps = whole[(whole["filled"] < whole["n"])]
    order = (gaps["filled"] / gaps["n"]).sort_values(kind="stable").index
    now, then = gaps.loc[order, ["n", "filled"]], gaps.loc[order, ["n_before", "filled_before"]]
    return _shares(now), _shares(then.set_axis(["n", "filled"], axis=1))


def _shares(frame: pd.DataFrame) -> pd.DataFrame:
    low, high = certainty.wilson(frame["filled"], frame["n"])
    part = (frame["filled"] / frame["n"]).where(frame["n"] > 0)
    return frame.assign(completeness=part, low=low, high=high)
