"""What cannot wait, said to a manager: how much of it there is, of which kind, and what became more."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cx_helpers import certainty
from cx_helpers.measures.urgency import ANY
from cx_helpers.records import Finding, clean, severity
from cx_helpers.wording import Words, join, name, say, sentences

FEWEST = 30  # customers who wrote, in each period, below which no difference is tested
LARGE = 0.01  # of all comments: a step that a manager hears of loudly


def findings(now: pd.DataFrame, before: pd.DataFrame) -> tuple[list[Finding], int]:
    """Which kinds of urgent comments became more than in the period before?

    now, before  answers of `urgency.share` of one period each, index `kind`.  The kinds are one family (Holm); `any` is
                 their sum and no look of its own.  Returns (findings, number of looks).
    """
    told, past = now.drop(index=ANY), before.reindex(now.index.drop(ANY))
    sides = [{"n": side["of"], "se": side["se"], "customers": side["readers"]} for side in (told, past)]
    enough = np.minimum(*(side["customers"].fillna(0) for side in sides)) >= FEWEST
    move = told["urgent_share"] - past["urgent_share"]
    p = np.where(enough, certainty.difference(move, *sides), np.nan)
    adjusted, looks = certainty.adjust(p, "holm"), int((~np.isnan(p)).sum())
    out = []
    for place in np.argsort(p, kind="stable"):
        kind, row, old = told.index[place], told.iloc[place], past.iloc[place]
        loud = severity(adjusted[place], move.iloc[place] >= LARGE)
        if loud is None or move.iloc[place] <= 0:
            continue
        text = say(
            fa="«{k}» در نوشته‌ها بیشتر شد: {x:.1%} نوشته‌ها، پیش‌تر {b:.1%}",
            en="More comments of “{k}”: {x:.1%} of them, {b:.1%} before",
            k=name(kind), x=row["urgent_share"], b=old["urgent_share"],
        )  # fmt: skip
        out.append(
            Finding(
                kind="risk",
                subject={"urgent": kind},
                measure="urgent_share",
                value=clean(row["urgent_share"]),
                baseline=clean(old["urgent_share"]),
                low=clean(row["low"]),
                high=clean(row["high"]),
                n=int(row["n"]),
                p_adjusted=clean(adjusted[place]),
                severity=loud,
                text=text,
                looks=looks,
                good=False,
            )
        )
    return out, looks


def sentence(now: pd.DataFrame, year: pd.DataFrame | None = None) -> Words:
    """How much cannot wait: the whole and its kinds.

    now, year  of `urgency.share`, without by and periods: the period's, and that of a longer time, told where the
               period has too few
    """
    whole = now.loc[ANY]
    if not whole["of"]:
        return say(fa="نوشته‌ای برای خواندن نیست.", en="There are no comments to read.")
    if pd.isna(whole["urgent_share"]):
        few = say(
            fa="نوشته‌های فوری این دوره کمتر از آن‌اند که بی افشای افراد شمرده شوند.",
            en="Too few comments of this period are urgent to be counted without telling of persons.",
        )
        longer = None if year is None or pd.isna(year.loc[ANY, "urgent_share"]) else _whole(year, TWELVE)
        return sentences(few, longer)
    return _whole(now, HERE)


HERE = {"fa": "{x:.1%} نوشته‌ها فوری‌اند", "en": "{x:.1%} of the comments cannot wait"}
TWELVE = {"fa": "در دوازده ماه {x:.1%} نوشته‌ها فوری بوده‌اند", "en": "Over twelve months {x:.1%} could not wait"}


def _whole(found: pd.DataFrame, claim: Words) -> Words:
    whole = found.loc[ANY]
    first = say(
        fa=claim["fa"] + " (بازهٔ ۹۵٪: {low:.1%} تا {high:.1%}؛ {n} نوشته).",
        en=claim["en"] + " (95% interval {low:.1%} to {high:.1%}; {n} comments).",
        x=whole["urgent_share"],
        low=whole["low"],
        high=whole["high"],
        n=whole["n"],
    )
    told = found.drop(index=ANY)
    told = told[told["urgent_share"].notna() & (told["n"] > 0)].sort_values("n", ascending=False, kind="stable")
    if told.empty:
        return first
    if told["n"].iloc[0] == whole["n"]:  # the others say something else besides
        every = name(told.index[0])
        return sentences(first, say(fa="همهٔ آن‌ها: «{k}».", en="All of them: “{k}”.", k=every), *_besides(told.iloc[1:]))
    return sentences(first, *_besides(told))


def _besides(told: pd.DataFrame) -> list[Words]:
    """How many say each kind; nothing where there is none."""
    if told.empty:
        return []
    each = [say(fa="«{k}» {n} نوشته", en="“{k}” {n}", k=name(kind), n=row["n"]) for kind, row in told.iterrows()]
    return [say(fa="از آن میان: {each}.", en="Among them: {each}.", each=join(each))]
