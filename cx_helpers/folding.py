"""How does a long table of answers become few rows?  Equal answers are folded into one row with a weight.

Everything that grows with the data happens in the engine; what comes back is what models and draws are made from.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from cx_helpers import disclosure
from cx_helpers.casting import finite
from cx_helpers.tables import TableError, need
from cx_helpers.wording import Words, name, raw, say

FEWEST = 30  # answers without which nothing is claimed
STEPS = 11  # an outcome of up to so many different values is taken for a scale of ordered steps


@dataclass(frozen=True)
class Rows:
    """Equal answers folded into one row each: what `collapse` brings back from the engine.

    x, y       the drivers' columns and the outcome, complete rows only;  weight  answers behind each row
    cluster    the customer of a row whose customer answered more than once, else -1
    asked      rows with an outcome;  pairs  of them, with each driver too
    notes      what was left out and why, in words
    smallest   how many customers must stand behind what is told (disclosure.Limit)
    """

    outcome: str
    drivers: tuple[str, ...]
    x: np.ndarray
    y: np.ndarray
    weight: np.ndarray
    cluster: np.ndarray
    asked: int
    pairs: pd.Series
    notes: tuple[Words, ...] = ()
    smallest: int = 1

    @property
    def n(self) -> int:
        """Complete answers."""
        return int(self.weight.sum())

    @property
    def customers(self) -> int:
        """Customers behind them."""
        alone = self.cluster < 0
        return int(self.weight[alone].sum()) + len(np.unique(self.cluster[~alone]))

    @property
    def enough(self) -> bool:
        """Is there anything to go by: complete answers of 30 customers or more, and one driver or more?"""
        return self.customers >= FEWEST and len(self.drivers) > 0 and not disclosure.few(self.customers, self.smallest)

    def apart(self, column: int) -> int:
        """How many customers tell a driver's values apart: those who gave another than its commonest one."""
        values, code = np.unique(self.x[:, column], return_inverse=True)
        other = code != np.bincount(code, self.weight, len(values)).argmax()
        alone = self.cluster < 0
        return int(self.weight[alone & other].sum()) + len(np.unique(self.cluster[~alone & other]))

    @property
    def model(self) -> str:
        """Which model fits the outcome: `logit` for two values, `ordinal` for up to 11, else `linear`."""
        values = len(np.unique(self.y))
        return "logit" if values == 2 else "ordinal" if values <= STEPS else "linear"


def collapse(
    table: ir.Table, outcome: str = "score", drivers: list[str] | None = None, who="customer_id", smallest: int = 1
) -> Rows:
    """Fold a wide table (one row an answer) into rows with weights.

    outcome   a numeric column;  drivers  numeric or yes/no columns; None: every column called attr_…
    who       the customer's column, where there is one: several answers of one customer are kept together
    smallest  of a driver that fewer customers tell apart nothing is told, nor of fewer customers (disclosure.Limit)
    A driver that never varies, that has fewer than 30 answers, or that other drivers give exactly, is left out with a
    note.  Rows that lack any of the drivers left are left out (listwise); `pairs` says what each driver had by itself.
    Raises TableError where a column is missing or is not a number.
    """
    if drivers is None:
        drivers = [c for c in table.columns if c.startswith("attr_")]
        if not drivers:
            raise TableError(
                say(
                    fa="ستون پیشرانی نیست: نام هیچ ستونی با attr_ آغاز نمی‌شود؛ نامشان را بدهید، مثلاً {example}",
                    en="no driver columns: none is called attr_…; name them, e.g. {example}",
                    example=raw("drivers=['attr_delivery']"),
                )
            )
    drivers = list(dict.fromkeys(drivers))
    need(table, outcome, *drivers)
    for column in (outcome, *drivers):
        if not (table[column].type().is_numeric() or table[column].type().is_boolean()):
            kind = table[column].type()
            raise TableError(
                say(
                    fa="ستون {column} از نوع {kind} است؛ عدد یا بله و خیر لازم است: برای هر مقدار یک ستون "
                    "بله و خیر بسازید",
                    en="'{column}' holds {kind}; a number or yes/no is needed: make a yes/no column per value",
                    column=raw(column),
                    kind=raw(kind),
                )
            )
    keep = [who] if who in table.columns else []
    given = {c: table[c].cast("float64") for c in (outcome, *drivers)}
    given = {c: finite(value) for c, value in given.items()}
    wide = table.select(*keep, **given).filter(_[outcome].notnull())
    profile = {f"{c}|n": wide[c].count() for c in drivers}
    profile |= {f"{c}|{end}": getattr(wide[c], end)() for c in drivers for end in ("min", "max")}
    seen = wide.aggregate(asked=_.count(), **profile).execute().iloc[0]
    pairs = pd.Series({c: int(seen[f"{c}|n"]) for c in drivers}, dtype=int)
    flat = [c for c in drivers if not seen[f"{c}|min"] < seen[f"{c}|max"]]
    rare = [c for c in drivers if c not in flat and pairs[c] < FEWEST]
    notes = [
        *_note(flat, "همیشه یک مقدار دارد و با چیزی سنجیدنی نیست", "never varies, so it can go with nothing"),
        *_note(rare, "کمتر از ۳۰ پاسخ دارد", "has fewer than 30 answers"),
    ]
    used = [c for c in drivers if c not in flat + rare]
    frame = _fold(wide, outcome, used, keep)
    x, y, weight = frame[used].to_numpy(float), frame[outcome].to_numpy(float), frame["_weight"].to_numpy(float)
    lost = given_by_others(x, weight)
    notes += _note(
        [used[i] for i in lost],
        "را عوامل پیش از آن به‌طور کامل تعیین می‌کنند و جداگانه سنجیدنی نیست",
        "is given exactly by the drivers before it and cannot be told apart",
    )
    kept = [i for i in range(len(used)) if i not in lost]
    cluster = pd.factorize(frame["_who"])[0] if len(frame) else np.array([], int)
    out = Rows(outcome, tuple(used[i] for i in kept), x[:, kept], y, weight, cluster, int(seen["asked"]), pairs)
    out, private = _without_few(out, smallest)
    notes += _note(private, "را مشتریان کمی از هم جدا می‌کنند و برای حفظ حریم آنان گفته نمی‌شود", _FEW_MET)
    if disclosure.few(out.customers, smallest):
        notes = [disclosure.sentence(disclosure.SMALL)]
        out = replace(out, drivers=(), x=x[:, :0])
    elif out.n < FEWEST:
        few = "تنها {n} پاسخ کامل هست؛ برای سنجش عوامل دست‌کم ۳۰ پاسخ لازم است."
        notes.append(say(fa=few, en="Only {n} complete answers; at least 30 are needed to weigh drivers.", n=out.n))
    elif out.customers < FEWEST:
        few = "پاسخ‌های کامل تنها از {n} مشتری است؛ برای سنجش عوامل دست‌کم ۳۰ مشتری لازم است."
        en = "All complete answers come from {n} customers; at least 30 are needed to weigh drivers."
        notes.append(say(fa=few, en=en, n=out.customers))
    elif len(np.unique(y)) < 2:
        notes.append(say(fa="همهٔ پاسخ‌ها یکسان‌اند.", en="All answers are equal: there is nothing to explain."))
        out = replace(out, drivers=(), x=x[:, :0])
    return replace(out, notes=tuple(notes), smallest=smallest)


_FEW_MET = "is told apart by too few customers to be shown: their privacy comes first"


def _without_few(rows: Rows, smallest: int) -> tuple[Rows, list[str]]:
    """The rows without the drivers that too few customers tell apart, and the names of those."""
    kept = [i for i in range(len(rows.drivers)) if not disclosure.few(rows.apart(i), smallest)]
    lost = [name for i, name in enumerate(rows.drivers) if i not in kept]
    return replace(rows, drivers=tuple(rows.drivers[i] for i in kept), x=rows.x[:, kept]), lost


def _fold(wide: ir.Table, outcome: str, used: list[str], keep: list[str]) -> pd.DataFrame:
    """Complete rows, equal ones counted once with their number; a customer's several answers keep the customer."""
    columns = [outcome, *used]
    full = wide.filter(*[wide[c].notnull() for c in used]) if used else wide
    if keep:
        who = keep[0]
        full = full.mutate(_who=full[who].cast("string"))
        often = full.group_by("_who").aggregate(_m=_.count()).filter(_._m > 1, _._who.notnull()).select(_often="_who")
        full = full.left_join(often, full._who == often._often).select(*columns, _who="_often")
    else:
        full = full.mutate(_who=ibis.null("string"))
    frame = full.group_by([*columns, "_who"]).aggregate(_weight=_.count()).execute()
    # the engine may return groups in any order; sums and draws below must not depend on it
    return frame.sort_values([*columns, "_who"], ignore_index=True)


def given_by_others(x: np.ndarray, weight: np.ndarray) -> list[int]:
    """Columns that are constant in the complete rows, or that those before them give exactly."""
    if not len(x):
        return []
    z = (x - weight @ x / weight.sum()) * np.sqrt(weight)[:, None]
    size = np.linalg.norm(z, axis=0)
    kept, lost = np.zeros((len(z), 0)), []
    for i in range(z.shape[1]):
        left = z[:, i] - kept @ (kept.T @ z[:, i])
        left = left - kept @ (kept.T @ left)
        if np.linalg.norm(left) <= 1e-7 * max(size[i], 1e-300) or size[i] == 0:
            lost.append(i)
        else:
            kept = np.column_stack([kept, left / np.linalg.norm(left)])
    return lost


def _note(names: list[str], fa: str, en: str) -> list[Words]:
    return [say(fa=f"«{{c}}» {fa}.", en=f"“{{c}}” {en}.", c=name(c)) for c in names]
