"""Which numbers of an experiment are not to be taken at their word?  Values that cannot be, and one that is the sum."""

from __future__ import annotations

import pandas as pd

from cx_helpers import disclosure
from cx_helpers.records import amount, described, step
from cx_helpers.wording import Words, name, say, sentences

LARGE = 0.25  # of an outcome's sum: from so much of one customer on the means tell of that one


def doubts(wanted: list, owed: pd.DataFrame, robust: pd.DataFrame, smallest: int = 1, unit: str = "") -> list[Words]:
    """What to know before the means are believed, a sentence each; empty where nothing is odd.

    wanted  of experiment_metrics.outcomes;  owed  of experiment_effects.owed;  robust  of experiment_effects.robust
    unit    what was drawn by lot, where that was not the customer
    Averages of answers and of orders are not looked at: their sums mean nothing, or their buyers' revenue says it.
    """
    out = [_unread(one) for one in wanted if one.unread]
    sums = [one.name for one in wanted if one.kind == "mean" or one.column]
    large = owed[owed.index.isin(sums) & (owed["share"] >= LARGE) & ~disclosure.few(owed["n"], smallest)]
    for metric, row in large.iterrows():
        held = robust[robust.index.get_level_values("metric") == metric].dropna(subset=["effect"])
        out.append(_outsize(str(metric), row, held, unit))
    return out


def _unread(one) -> Words:
    title, many = described(one.name).title, one.unread > 1
    return say(
        fa="{n} مقدار «{m}» عددی نیست که بتوان اندازه گرفت (بی‌نهایت یا بیش از ۱۰ به توان ۱۰۰) و شمرده نشد.",
        en="{n} " + ("values" if many else "value") + " of “{m}” cannot be a measurement (infinite, or above 10 to the "
        "power of 100) and " + ("were" if many else "was") + " not counted.",
        n=one.unread, m=title,
    )  # fmt: skip


def _outsize(metric: str, row, held: pd.DataFrame, unit: str) -> Words:
    of = described(metric)
    said = say(
        fa="{s:.0%} از جمع «{m}» از یک {one} در «{v}» است: میانگین‌ها و بازه‌های آن بیش از هر چیز از همان یکی می‌گویند. "
        "ببینید آن عدد درست ثبت شده باشد.",
        en="{s:.0%} of all “{m}” is of one {one} in “{v}”: its means and intervals tell of that one more than of "
        "anything else. See whether that number was recorded rightly.",
        s=min(row["share"], 0.99), m=of.title, v=name(row["variant"]),
        one=name(unit) if unit else {"fa": "مشتری", "en": "customer"},
    )  # fmt: skip
    told = [
        say(
            fa="اگر هر مشتری تنها تا {cap} شمرده شود، اثر «{v}» {x} است (بازهٔ ۹۵٪: {low} تا {high}).",
            en="With every customer counted up to {cap} only, the effect of “{v}” is {x} (95% interval {low} to "
            "{high}).",
            cap=amount(of, one["cap"]), v=name(variant), x=step(of, one["effect"], sign="+"),
            low=step(of, one["low"], unit=False, sign="+"), high=step(of, one["high"], unit=False, sign="+"),
        )
        for (_, variant), one in held.iterrows()
    ]  # fmt: skip
    return sentences(said, *told)
