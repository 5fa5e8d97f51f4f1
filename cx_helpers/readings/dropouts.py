"""Which ways out of the journey are worth telling?"""

from __future__ import annotations

import pandas as pd

from cx_helpers.measures.dropouts import GONE
from cx_helpers.records import Finding, clean, severity
from cx_helpers.wording import Words, name, say

LARGE = 0.10  # ten points more than after a success


def findings(found: pd.DataFrame, of: str = "touchpoint", most: int = 6) -> tuple[list[Finding], int]:
    """What dropouts do more often than others: who leaves, who calls, who changes the channel.

    found  `dropouts`, with the same `of`.  Only an excess over what follows a success is told.  (findings, looks).
    """
    looks, out = int(found["compared"].sum()), []
    if not looks:
        return [], 0
    more = found[(found["change"] > 0) & (found["p_adjusted"] < 0.05)]
    key = [k for k in found.index.names if k != "next"]
    for index, row in more.assign(_x=more["change"] * more["n"]).sort_values("_x", ascending=False).iterrows():
        subject = dict(zip(key, index[:-1], strict=True))
        again = index[-1] == subject["touchpoint"]
        if index[-1] == subject.get(of) and not again:
            continue  # who stays in the channel has not changed it
        loud = severity(row["p_adjusted"], row["change"] >= LARGE)
        excess = row["customers"] / row["share"] if row["share"] else 0.0
        impact = {k: excess * row[c] for k, c in (("value", "change"), ("low", "change_low"), ("high", "change_high"))}
        out.append(
            Finding(
                kind="funnel_drop" if index[-1] == GONE else "friction",
                subject={k: clean(v) for k, v in subject.items()}
                | {"next" if of == "touchpoint" else f"next_{of}": index[-1]},
                measure="next_share",
                value=clean(row["share"]),
                baseline=clean(row["usual"]),
                low=clean(row["low"]),
                high=clean(row["high"]),
                n=int(row["n"]),
                p_adjusted=clean(row["p_adjusted"]),
                impact=impact | {"unit": "customers"},
                severity="medium" if again and loud == "high" else loud,
                text=_claim(subject, index[-1], of, row),
                looks=looks,
            )
        )
    return out[:most], looks


def _claim(subject: dict, to: str, of: str, row) -> Words:
    where = {"fa": "", "en": ""}
    if rest := [v for k, v in subject.items() if k != "touchpoint"]:
        where = say(fa=" در «{g}»", en=" ({g})", g=name(rest[0]))
    values = {"t": name(subject["touchpoint"]), "w": where, "x": row["share"], "b": row["usual"], "to": name(to)}
    if to == GONE:
        return say(
            fa="{x:.0%} از کسانی که در «{t}»{w} ناکام می‌مانند می‌روند و در این مهلت بازنمی‌گردند؛ پس از کامیابی {b:.0%}",
            en="{x:.0%} of those who fail at “{t}”{w} leave and do not return in time, against {b:.0%} after a success",
            **values,
        )
    if of == "channel":
        return say(
            fa="{x:.0%} از کسانی که در «{t}»{w} ناکام می‌مانند به «{to}» روی می‌آورند؛ پس از کامیابی {b:.0%}",
            en="{x:.0%} of those who fail at “{t}”{w} turn to the channel “{to}”, against {b:.0%} after a success",
            **values,
        )
    if to == subject["touchpoint"]:
        return say(
            fa="{x:.0%} از کسانی که در «{t}»{w} ناکام می‌مانند دوباره همان را می‌آزمایند؛ پس از کامیابی {b:.0%}",
            en="{x:.0%} of those who fail at “{t}”{w} try the same again, against {b:.0%} after a success",
            **values,
        )
    return say(
        fa="{x:.0%} از کسانی که در «{t}»{w} ناکام می‌مانند سپس به «{to}» می‌روند؛ پس از کامیابی {b:.0%}",
        en="{x:.0%} of those who fail at “{t}”{w} go to “{to}” next, against {b:.0%} after a success",
        **values,
    )
