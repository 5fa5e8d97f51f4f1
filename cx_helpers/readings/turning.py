"""Since when is it different, and how is it said?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cx_helpers.dates import Period
from cx_helpers.records import METRICS, Finding, clean, counted, severity
from cx_helpers.wording import Words, say

# how large a lasting shift must be for a manager to hear of it loudly, in the metric's own unit
LARGE = {"nps": 10.0, "csat": 0.05, "ces": 0.3, "sentiment": 0.1, "negative_share": 0.05}


def finding(turn: pd.DataFrame, metric: str) -> list[Finding]:
    """The turn that `since` found as a finding, where it is more than chance."""
    loud = (
        None
        if turn.empty
        else severity(turn["p_adjusted"].iloc[0], abs(turn["change"].iloc[0]) >= LARGE.get(metric, np.inf))
    )
    if loud is None:
        return []
    row, month = turn.iloc[0], turn.index[0]
    good = (row["change"] > 0) == (METRICS[metric].direction == "up")
    unit, digits = METRICS[metric].unit, METRICS[metric].digits
    spec = ".1%" if unit == "share" else f"+.{digits}f"
    text = say(
        fa=f"{{metric}} از {{month}} سطح دیگری دارد: پیش از آن {{b:{spec}}} بود و از آن پس {{x:{spec}}} است",
        en=f"{{metric}} has had another level since {{month}}: {{x:{spec}}}, before that {{b:{spec}}}",
        metric=METRICS[metric].title,
        month=month,
        b=row["before"],
        x=row["before"] + row["change"],
    )
    detail = say(
        fa="این تغییر با احتمال ۹۵٪ {when} رخ داده است؛ {n} {what} پس از آن، {m} پیش از آن.",
        en="The turn lies {when} (95%); {n} {what} since, {m} before.",
        when=_between(row["earliest"], row["latest"]),
        what=counted(metric),
        n=row["n"],
        m=row["n_before"],
    )
    value = {k: clean(row["before"] + row[k]) for k in ("change", "low", "high")}
    return [
        Finding(
            kind="change_point",
            subject={"month": month.name},
            measure=metric,
            value=value["change"],
            baseline=clean(row["before"]),
            low=value["low"],
            high=value["high"],
            n=int(row["n"]),
            p_adjusted=clean(row["p_adjusted"]),
            severity=("low" if loud == "low" else "medium") if good else loud,
            text=text,
            detail=detail,
            looks=1,
            good=good,
        )
    ]


def _between(earliest, latest) -> Words:
    if earliest == latest:
        return say(fa="در {a}", en="in {a}", a=earliest)
    return say(fa="میان {a} و {z}", en="between {a} and {z}", a=earliest, z=latest)


def beside(found: list[Finding], turn: pd.DataFrame, metric: str, period: Period) -> list[Finding]:
    """Findings on a score with that of its turn, and nothing told twice.

    Where the score turned in this very period, its change since the one before is the same news and is left out.
    """
    since = finding(turn, metric)
    same = bool(since) and turn.index[0] == period
    return [
        f for f in found if not (same and f.kind == "change_point" and f.measure == metric and not f.subject)
    ] + since
