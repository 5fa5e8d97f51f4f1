"""What can an experiment be judged by?  The metrics that a company's tables, or the exposures themselves, give."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from cx_helpers.casting import number
from cx_helpers.records import METRICS, OUTCOMES
from cx_helpers.tables import TABLES, MissingTable, TableError, hint
from cx_helpers.wording import OWN, raw, say

USUAL = ("conversion", "revenue_each", "order_value", "tickets_each", "nps")


@dataclass(frozen=True)
class Outcome:
    """One thing that an experiment may move.

    name    of the metric: `conversion`, a touchpoint's name, a column of the exposures; one that is called as a metric
            of the reports bears wording.OWN before its name, since it need not mean the same
    kind    share (did they?), mean (how much each?), ratio (how much for each of …: revenue per order)
    table   where it is found; empty: a column of the exposures themselves, measured already
    column  which of them;  unread  how many of its values are no numbers that can be (casting.finite)
    """

    name: str
    kind: str
    table: str = ""
    column: str = ""
    unread: int = 0


_KINDS = {"conversion": "share", "order_value": "ratio", "nps": "ratio", "csat": "ratio"}  # the others are means
KNOWN = {name: Outcome(name, _KINDS.get(name, "mean"), table) for name, table in OUTCOMES.items()}


def outcomes(asked: list[str], exposures: ir.Table, facts: dict[str, ir.Table]) -> list[Outcome]:
    """What is to be measured: the `asked` names, or what this company has.

    asked      names of KNOWN, of touchpoints (did they come there?), or of columns of exposures that hold numbers or
               yes and no (an outcome measured elsewhere, such as retention_7);  empty: the USUAL ones that the company
               has, then the exposures' own such columns
    facts      {table: engine table} of orders, tickets, responses, touchpoints, as far as there are
    The first one decides.  Raises TableError where a name is none of these, naming the nearest.
    """
    own = _own(exposures, asked)
    if not asked:
        usual = [*(KNOWN[name] for name in USUAL if KNOWN[name].table in facts), *own]
        if not usual:
            raise MissingTable(
                say(
                    fa="نتیجه‌ای برای سنجش آزمایش نیست: نه سفارشی، نه درخواستی، نه پاسخی، و نه ستونی از عدد یا "
                    "بله و خیر در جدول exposures",
                    en="nothing to judge an experiment by: no orders, tickets or responses, and no column of numbers "
                    "or yes and no among the exposures",
                )
            )
        return usual
    found, mine = [], {one.column: one for one in own}
    places = _touchpoints(facts) if set(asked) - mine.keys() - KNOWN.keys() else []
    for name in dict.fromkeys(asked):
        if name in mine:
            found.append(mine[name])
        elif name in KNOWN and KNOWN[name].table in facts:
            found.append(KNOWN[name])
        elif name in places:
            found.append(Outcome(name, "share", "touchpoints"))
        else:
            there = [*mine, *(k for k, v in KNOWN.items() if v.table in facts), *places]
            raise TableError(
                say(
                    fa="سنجهٔ {name} را نمی‌توان سنجید{hint}. آنچه هست: {have}",
                    en="nothing to measure {name} by{hint}; there are: {have}",
                    name=raw(name),
                    hint=hint(name, there),
                    have=raw(", ".join(there)),
                )
            )
    return found


def _own(exposures: ir.Table, asked: list[str]) -> list[Outcome]:
    """The exposures' own columns that hold numbers or yes and no: outcomes measured elsewhere."""
    spec = TABLES["exposures"].columns
    fit = {c: kind for c, kind in exposures.schema().items() if kind.is_numeric() or kind.is_boolean()}
    names = [c for c in fit if c not in spec and not c.startswith("_") and (not asked or c in asked)]
    if not names:
        return []
    ends = {}
    for i, c in enumerate(names):
        x = number(exposures[c])
        ends |= {f"n{i}": x.count(), f"odd{i}": ((x != 0) & (x != 1)).cast("int64").sum(), f"all{i}": exposures.count()}
        ends |= {f"there{i}": exposures[c].count()}
    seen = exposures.aggregate(**ends).execute().iloc[0]
    kinds = []
    for i, c in enumerate(names):
        whole = seen[f"n{i}"] == seen[f"all{i}"]
        kind = "ratio" if not whole else "mean" if seen[f"odd{i}"] > 0 else "share"
        unread = int(seen[f"there{i}"] - seen[f"n{i}"])
        kinds.append(Outcome(f"{OWN}{c}" if c in METRICS else c, kind, "", c, unread))
    return kinds


def _touchpoints(facts: dict[str, ir.Table]) -> list[str]:
    if "touchpoints" not in facts:
        return []
    return sorted(facts["touchpoints"].select("touchpoint").distinct().execute()["touchpoint"].dropna())
