"""Since when is a number's level another?  The steps of each series, dated, with what they are worth and how sure."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cx_helpers import certainty, changepoints
from cx_helpers.backtesting import scale_of
from cx_helpers.series import Series


def changes(one: Series, levels: pd.DataFrame) -> pd.DataFrame:
    """When did the level of a metric change, and by how much?

    one     its series;  levels  of `trend_levels.levels`: calendar effects are out of them, so that Nowruz is no step
    Returns one row a step, index `since` (the first period of the new level): metric, `before`, `after` (levels), n and
    n_before (steps on each side), low, high (95 % of `after`, the level before taken as it was), `earliest`, `latest`
    (periods: 95 % interval of the date), `part` (change in parts of the level before; of totals and times), `p_value`
    (pays for every date at which the step might have been).
    Totals and times are looked at as logarithms: what grows, grows by percent.
    """
    y = levels["usual"].to_numpy(float)
    scale = scale_of(y, one.total or one.metric.endswith("_hours"))
    found = changepoints.changes(scale.to(y))
    line, periods = found.attrs["line"], list(levels.index)
    rows = []
    for at, row in found.iterrows():
        lift = line[at]  # where growth has a line of its own, both levels are as of the day of the step
        before, after, low, high = (
            float(scale.back(x + lift))
            for x in (row["before"], row["after"], row["before"] + row["low"], row["before"] + row["high"])
        )
        ends = np.clip([row["earliest"], row["latest"]], 0, len(periods) - 1).astype(int)
        rows.append({
            "since": periods[at], "metric": one.metric, "before": before, "after": after, "low": low, "high": high,
            "earliest": periods[ends[0]], "latest": periods[ends[1]], "n": int(row["n"]),
            "n_before": int(row["n_before"]), "part": after / before - 1 if before > 0 else np.nan,
            "p_value": float(row["p_value"]),
        })  # fmt: skip
    columns = "since metric before after low high earliest latest n n_before part p_value".split()
    return pd.DataFrame(rows, columns=columns).set_index("since")


def all_changes(found: dict[str, Series], levels: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """The steps of every metric, newest first; `p_adjusted` (Holm) pays for all metrics, also those without any.

    attrs: `looks`, how many series were looked at.
    """
    parts = [changes(found[metric], levels[metric]) for metric in found]
    parts = [part for part in parts if len(part)]
    whole = pd.concat(parts) if parts else pd.DataFrame(columns=["metric", "p_value"])
    silent = len(found) - whole["metric"].nunique()
    adjusted = certainty.adjust([*whole["p_value"], *[1.0] * silent], "holm")[: len(whole)]
    whole = whole.assign(p_adjusted=adjusted)
    whole = whole.iloc[np.argsort([-p.first.toordinal() for p in whole.index], kind="stable")] if len(whole) else whole
    whole.attrs["looks"] = len(found)
    return whole
