"""What is there twice?  Rows that say the same of one customer at one time, copied comments, simultaneous contacts.

Two customers who write the same words are two customers: nothing is taken away here, it is counted and said.
"""

from __future__ import annotations

import math

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from cx_helpers import engine, faults
from cx_helpers.dates import Period
from cx_helpers.limits import NUMBERS, TOLD_BY
from cx_helpers.tables import TABLES, instant

# what one customer does not do twice at the same second; the columns that a table lacks are left out
SAME = {
    "touchpoints": ("customer_id", "occurred_at", "touchpoint", "channel", "outcome", "session_id", "duration_s"),
    "orders": ("customer_id", "ordered_at", "amount"),
    "responses": ("customer_id", "responded_at", "instrument", "touchpoint", "score"),
    "tickets": ("customer_id", "opened_at", "topic", "subject", "description"),
    "comments": ("customer_id", "written_at", "text"),
    "contracts": ("customer_id", "started_at", "plan"),
}
LONG, COPIES = 40, 5  # letters, and times within a week: a text that long is not written so often by chance
ROW, COPIED, TIED = "repeated_row", "copied_text", "tied_times"


def repeats(tables: dict[str, ir.Table], period: Period) -> pd.DataFrame:
    """What is there twice?

    tables  every table of the company, uncut ({name: table});  period  the report's
    Returns index (`table`, `problem`): n rows up to the period's end, extra (rows too many), `faulty_share`, and the
    same of the period (n_period, extra_period, moved), suffers (a metric), shown and mended (that number of the period
    with all rows and with one of each; null where it is not computed).
    `repeated_row`: one customer, one second, the same content under different keys (SAME); not asked where times are
    whole days.  `copied_text`: copies of a comment of 40 letters and more that was written five times within seven
    days; the first is none.  `tied_times`: touchpoints of one customer at one instant: not wrong, but their order is
    settled by their key.  That one key stands in two rows is no question here: such a table is refused when it is read.
    """
    rows = []
    for name, table in tables.items():
        when = instant(table, name) if TABLES[name].time else None
        inside = ibis.literal(True) if when is None else (when >= period.start).fill_null(False)
        past = ibis.literal(False) if when is None else (when >= period.end).fill_null(False)
        seen = table.mutate(_inside=inside).filter(~past)
        same = [c for c in SAME.get(name, ()) if c in table.columns]
        if same and same[:2] == list(SAME[name][:2]):
            known = seen.filter(*(seen[c].notnull() for c in same[:2]))
            twice = _again(known, name, same, same[1])
            rows += [(name, ROW, *twice)] if twice else []
        if name == "touchpoints":
            rows.append((name, TIED, *_tied(seen)))
        if name == "comments":
            rows.append((name, COPIED, *_copied(seen)))
    found = pd.DataFrame(rows, columns=["table", "problem", *_COLUMNS]).set_index(["table", "problem"])
    found.insert(2, "faulty_share", (found["extra"] / found["n"]).where(found["n"] > 0).astype(float))
    return found


_COLUMNS = "n extra n_period extra_period suffers shown mended moved".split()


def _again(rows: ir.Table, name: str, key: list[str], time: str) -> tuple | None:
    """Rows beyond the first of each key, and what they do to the table's number; None where times are whole days."""
    each = rows.group_by(key).aggregate(k=_.count(), p=_._inside.cast("int64").sum())
    facts = {
        "n": _.k.sum(),
        "extra": (_.k - 1).sum(),
        "n_period": _.p.sum(),
        "extra_period": (_.p - 1).sum(where=_.p > 0),
    }
    n, extra, n_period, extra_period, clock = _counts(
        each, **facts, clock=(engine.epoch(each[time]) % 86_400).nunique()
    )
    if clock <= 2 < n:
        return None
    counts = (n, extra, n_period, extra_period)
    for metric in TOLD_BY.get(name, ()) if extra_period else ():
        if NUMBERS[metric].fits(rows):
            shown, mended = _with_and_without(rows, metric, key)
            if (moved := faults.move(metric, shown, mended)) == moved:
                return *counts, metric, shown, mended, moved
    return *counts, faults.CARRIES.get(name, ""), math.nan, math.nan, faults.share(extra_period, n_period)


def _with_and_without(rows: ir.Table, metric: str, key: list[str]) -> tuple[float, float]:
    """A metric of the period: of all rows, and of one for each key."""
    number, inside = NUMBERS[metric], rows.filter(rows._inside)
    each = inside.mutate(_x=number.value(inside)).group_by(key).aggregate(s=_._x.sum(), k=_._x.count())
    one = each.s / each.k.nullif(0)
    row = each.aggregate(s=each.s.sum(), k=each.k.sum(), one=one.sum(), m=one.count()).execute().iloc[0].astype(float)
    if number.adds_up:
        return float(row["s"]), float(row["one"])
    return faults.share(row["s"], row["k"]), faults.share(row["one"], row["m"])


def _tied(rows: ir.Table) -> tuple:
    each = rows.group_by("customer_id", "occurred_at").aggregate(k=_.count(), p=_._inside.cast("int64").sum())
    facts = {
        "n": _.k.sum(),
        "extra": _.k.sum(where=_.k > 1),
        "n_period": _.p.sum(),
        "extra_period": _.p.sum(where=_.p > 1),
    }
    counts = _counts(each, **facts)
    return *counts, "", math.nan, math.nan, faults.share(counts[3], counts[2])


def _copied(rows: ir.Table) -> tuple:
    """Copies of a long text beyond the first, where it was written COPIES times within seven days."""
    long = rows.filter(rows.text.length() >= LONG).mutate(_week=(engine.epoch(rows.written_at) / 604_800).floor())
    each = long.group_by("text", "_week").aggregate(k=_.count(), p=_._inside.cast("int64").sum())
    each = each.filter(_.k >= COPIES)
    extra, extra_period = _counts(each, extra=(_.k - 1).sum(), extra_period=(_.p - 1).sum(where=_.p > 0))
    n, n_period = _counts(rows, n=_.count(), n_period=_._inside.cast("int64").sum())
    return n, extra, n_period, extra_period, "sentiment", math.nan, math.nan, faults.share(extra_period, n_period)


def _counts(table: ir.Table, **facts) -> list[int]:
    """Whole numbers of one query; a sum over nothing is 0."""
    return [0 if pd.isna(x) else int(x) for x in table.aggregate(**facts).execute().iloc[0]]


FEW, MANY_TIED = 0.001, 0.05  # of the rows: what is less is not worth a word; so many ties blur a path
