"""Where along the way do feelings dip, and how is it said?"""

from __future__ import annotations

import pandas as pd

from cx_helpers.records import Finding, clean, severity
from cx_helpers.wording import Words, name, say, sentences

LARGE = 0.15  # of the scale -1..1: a dip that a manager should hear of loudly


def findings(found: pd.DataFrame) -> tuple[list[Finding], int]:
    """The stages at which customers feel worse than at the others (weakness) or better (strength), surest first."""
    looks = int(found["p_value"].notna().sum())
    out = []
    for stage, row in found.sort_values("p_value").iterrows():
        loud = severity(row["p_adjusted"], abs(row["change"]) >= LARGE)
        if loud is None:
            continue
        bad = row["change"] < 0
        weight = row["n"] / found["n"].sum()
        gain = {"value": -row["change"] * weight, "unit": "score"}
        gain |= {"low": -row["change_high"] * weight, "high": -row["change_low"] * weight}
        out.append(
            Finding(
                kind="weakness" if bad else "strength",
                subject={"stage": stage},
                measure="feeling",
                value=clean(row["feeling"]),
                baseline=clean(row["feeling"] - row["change"]),
                low=clean(row["low"]),
                high=clean(row["high"]),
                n=int(row["n"]),
                p_adjusted=clean(row["p_adjusted"]),
                impact=gain if bad else None,
                severity=loud if bad else "low" if loud == "low" else "medium",
                text=_claim(stage, row, bad),
                detail=say(
                    fa="فاصله: {c:+.2f} در مقیاس −۱ تا +۱ (بازهٔ ۹۵٪: {low:+.2f} تا {high:+.2f})؛ {n} نوشته و نمره از "
                    "{k} مشتری.",
                    en="Gap: {c:+.2f}, where feeling runs from −1 to +1 (95% interval {low:+.2f} to {high:+.2f}); "
                    "{n} comments and scores of {k} customers.",
                    c=row["change"],
                    low=row["change_low"],
                    high=row["change_high"],
                    n=row["n"],
                    k=row["customers"],
                ),
                looks=looks,
            )
        )
    return out, looks


def _claim(stage: str, row, bad: bool) -> Words:
    return say(
        fa="احساس مشتریان در مرحلهٔ «{s}» {x:+.2f} است؛ {way} از مرحله‌های دیگر ({b:+.2f})",
        en="Customers’ feeling at the stage “{s}” is {x:+.2f}, {way} the other stages ({b:+.2f})",
        s=name(stage),
        x=row["feeling"],
        b=row["feeling"] - row["change"],
        way={"fa": "پایین‌تر", "en": "below"} if bad else {"fa": "بالاتر", "en": "above"},
    )


def sentence(found: pd.DataFrame) -> Words:
    """The curve in words: its lowest stage and whether that is more than chance."""
    known = found.dropna(subset=["feeling"])
    if len(known) < 2:
        return say(
            fa="برای کشیدن منحنی احساس، صدای کافی از دست‌کم دو مرحله نرسیده است.",
            en="Too few voices from at least two stages to draw an emotion curve.",
        )
    low, high = known["feeling"].idxmin(), known["feeling"].idxmax()
    line = say(
        fa="احساس مشتریان در «{a}» از همه بدتر ({x:+.2f}) و در «{b}» از همه بهتر است ({y:+.2f}).",
        en="Customers feel worst at “{a}” ({x:+.2f}) and best at “{b}” ({y:+.2f}).",
        a=name(low),
        b=name(high),
        x=known.loc[low, "feeling"],
        y=known.loc[high, "feeling"],
    )
    sure = known.loc[low, "p_adjusted"] < 0.05
    verdict = (
        say(fa="این افت تصادفی نیست.", en="That dip is more than chance.")
        if sure
        else say(fa="این افت می‌تواند تصادفی باشد.", en="That dip may be chance.")
    )
    return sentences(line, verdict)
