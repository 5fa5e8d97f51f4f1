"""Whose customers leave, and what of it is worth telling?"""

from __future__ import annotations

import pandas as pd

from cx_helpers import certainty, disclosure
from cx_helpers.measures.cohort_comparison import gaps, is_large
from cx_helpers.records import HIGH_P, Finding, clean, severity
from cx_helpers.wording import Words, compared, name, say, sentences

OFFSETS = (1, 3)  # the months since that findings look at


def left_out(gaps: pd.DataFrame, whole: pd.DataFrame, smallest: int) -> Words | None:
    """How many customers stand in no row of `gaps`, and why: a sentence, or None where all are there.

    gaps  the answer of `gaps`;  whole  all customers at the same offset, one row (cohort.curve of the unsplit answer)
    """
    total = int(whole["n"].sum())
    gone = total - int(gaps["n"].sum())
    if gone <= 0:
        return None
    return say(
        fa="{k} نفر از {n} مشتری در این جدول نیستند: گروهشان در ماه ورود کوچک‌تر از آن بود که نشان داده شود، یا گروه "
        "دیگری در آن ماه برای مقایسه نبود.",
        en="{k} of {n} customers are in no row of this table: in the month they came their group was too small to be "
        "shown, or there was no other group to compare it with.",
        k=disclosure.count(gone, smallest),
        n=total,
    )


def findings(
    turning: pd.DataFrame, groups: dict[str, pd.DataFrame] | None = None, offsets=OFFSETS, smallest: int = 30
) -> tuple[list[Finding], int]:
    """What is worth telling a manager: groups whose customers leave or stay, and the cohort from which it changed.

    turning   the answer of cohort_turning.turning_points;  groups  {column: answer of `cohort.retention` split by it}
    Two questions, two families, each Holm-adjusted over all of its looks: "since when?" (turning points) and "who?"
    (gaps of every column at every offset).  Returns (findings, number of looks of both).
    A group, and a change for the better or worse, is named once, at the offset where it stands out most.
    """
    turns = turning.assign(kind="turn", column="cohort", group=None, k=turning.index)
    who = []
    for column, answer in (groups or {}).items():
        for k in offsets:
            frame = _told_apart(answer, column, k, smallest)
            who.append(frame.assign(kind="gap", column=column, group=list(frame.index), k=k))
    families = [_family([turns]), _family(who)]
    found = [_finding(row, len(table)) for table in families for row in _loudest(table).itertuples()]
    return [f for f in found if f is not None], sum(map(len, families))


def _family(looks: list[pd.DataFrame]) -> pd.DataFrame:
    """Every look of one question, with p adjusted for all of them."""
    looks = [frame.dropna(subset=["p_value"]).reset_index(drop=True).astype(object) for frame in looks]
    looks = [frame for frame in looks if len(frame)]
    if not looks:
        return pd.DataFrame()
    table = pd.concat(looks, ignore_index=True)
    table["p_adjusted"] = certainty.adjust(table["p_value"], "holm")
    return table


def _loudest(table: pd.DataFrame) -> pd.DataFrame:
    """One row for each group, and for each direction of a change: the surest."""
    if not len(table):
        return table
    thing = [f"{r.column} {r.group if r.kind == 'gap' else r.change > 0}" for r in table.itertuples()]
    return table.assign(thing=thing).sort_values("p_value", kind="stable").drop_duplicates("thing")


def _told_apart(answer: pd.DataFrame, column: str, offset: int, smallest: int) -> pd.DataFrame:
    """`gaps`, where a group that surely stands out is then no longer part of what the others are compared with.

    So one channel whose customers leave does not make all the other channels look loyal.  Of two groups left, whose
    gaps are one and the same test, only the worse is kept.
    """
    left, sure = answer, []
    while True:
        frame = gaps(left, column, offset, smallest)
        tested = frame.dropna(subset=["p_value"])
        if len(tested) == 2:
            tested = tested.sort_values("change").head(1)
        worst = tested["p_value"].min()
        if len(tested) < 3 or not worst * len(tested) < HIGH_P / 10:
            return pd.concat([*sure, tested])
        value = tested["p_value"].idxmin()
        sure.append(tested.loc[[value]])
        level = left.index.get_level_values(column)
        left = left[~(level.isna() if pd.isna(value) else level == value)]


def _finding(row, looks: int) -> Finding | None:
    loud = severity(row.p_adjusted, is_large(row.change, row.others))
    if loud is None:
        return None
    good = row.change > 0
    lost = {"value": -row.change * row.n, "low": -row.high * row.n, "high": -row.low * row.n, "unit": "customers"}
    subject = {"cohort": row.since.name} if row.kind == "turn" else {row.column: clean(row.group)}
    return Finding(
        kind="cohort",
        subject=subject,
        measure=f"retention_{row.k}",
        value=clean(row.retention),
        baseline=clean(row.others),
        low=clean(row.others + row.low),
        high=clean(row.others + row.high),
        n=int(row.n),
        p_adjusted=clean(row.p_adjusted),
        impact=None if good else lost,
        severity=loud if not good or row.kind == "turn" else "low" if loud == "low" else "medium",
        text=_claim(row),
        detail=_detail(row),
        looks=looks,
        good=good,
    )


def _month(k: int) -> Words:
    fa = {1: "یک ماه", 2: "دو ماه", 3: "سه ماه", 6: "شش ماه"}.get(k) or say(fa="{k} ماه", en="", k=k)["fa"]
    en = {1: "one month", 2: "two months", 3: "three months", 6: "six months"}.get(k, f"{k} months")
    return {"fa": fa, "en": en}


def _claim(row) -> Words:
    values = {"k": _month(row.k), "x": row.retention, "b": row.others}
    if row.kind == "turn":
        return say(
            fa="مشتریانی که از {since} به بعد آمده‌اند {way}: سهم خریداران {k} بعد از {b:.1%} به {x:.1%} رسیده است",
            en="Customers who came from {since} on {way}: buyers {k} later went from {b:.1%} to {x:.1%}",
            since=row.since,
            way=_way(row),
            **values,
        )
    came = row.column == "acquisition_channel"  # a way, not a kind of people
    who = "مشتریانی که از راه «{g}» آمده‌اند" if came else "مشتریان «{g}» ({c})"
    return say(
        fa=f"{who} {{way}}: {{k}} پس از نخستین خرید {{x:.1%}} آنان دوباره خریده‌اند، در برابر {{b:.1%}} دیگران",
        en="Customers of “{g}” ({c}) {way}: {k} after the first order {x:.1%} bought again, "
        "against {b:.1%} of the others",
        g=name(row.group),
        c=name(row.column),
        way=_way(row),
        **values,
    )


def _way(row) -> Words:
    if row.change > 0:
        return {"fa": "بیشتر برمی‌گردند", "en": "return more often"}
    if row.retention < row.others / 2:
        return {"fa": "می‌روند و برنمی‌گردند", "en": "leave and do not return"}
    return {"fa": "کمتر برمی‌گردند", "en": "return less often"}


def _detail(row) -> Words:
    values = {"c": 100 * row.change, "low": 100 * row.low, "high": 100 * row.high, "n": row.n, "m": row.n_before}
    if row.kind == "turn":
        proof = say(
            fa="تفاوت: {c:+.1f} واحد درصد (بازهٔ ۹۵٪: {low:+.1f} تا {high:+.1f})؛ {n} مشتری پس از آن و {m} پیش از آن.",
            en="Difference: {c:+.1f} percentage points (95% interval {low:+.1f} to {high:+.1f}); {n} customers "
            "since and {m} before.",
            **values,
        )
        if row.since_low == row.since_high:
            return proof
        span = say(
            fa="آغاز تغییر جایی از {a} تا {b} است.",
            en="It began somewhere from {a} to {b}.",
            a=row.since_low,
            b=row.since_high,
        )
        return sentences(proof, span)
    return say(
        fa="تفاوت: {c:+.1f} واحد درصد (بازهٔ ۹۵٪: {low:+.1f} تا {high:+.1f})؛ {n} مشتری در برابر {m} مشتری دیگر که در "
        "همان ماه‌ها آمده‌اند.",
        en="Difference: {c:+.1f} percentage points (95% interval {low:+.1f} to {high:+.1f}); {n} customers against {m} "
        "others who came in the same months.",
        **values,
    )


def sentence(now: pd.DataFrame, found: list[Finding], looks: int, metric: str = "retention_1") -> Words:
    """The bottom line: how many come back, and what stands out.

    now  an answer with one row of `metric` (cohort.retention_rate)
    """
    row = now.iloc[0]
    if row.get("hidden"):
        here = disclosure.sentence(row["hidden"])
    elif pd.isna(row[metric]):
        here = say(
            fa="در این دوره نوبت بازگشت مشتری تازه‌ای نبود که بتوان ماندگاری را سنجید.",
            en="No new customers were due in this period, so retention cannot be told.",
        )
    else:
        here = say(
            fa="از {n} مشتری تازه‌ای که نوبت بازگشتشان در این دوره بود {x:.1%} دوباره خریدند "
            "(بازهٔ ۹۵٪: {low:.1%} تا {high:.1%}).",
            en="Of {n} new customers due back in this period {x:.1%} bought again "
            "(95% interval {low:.1%} to {high:.1%}).",
            n=row["n"],
            x=row[metric],
            low=row["low"],
            high=row["high"],
        )
    return sentences(here, _told(found, looks))


def _told(found: list[Finding], looks: int) -> Words:
    if not looks:
        return say(
            fa="برای مقایسهٔ گروه‌ها هنوز مشتری کافی نیست.", en="There are too few customers yet to compare groups."
        )
    sure = [f for f in found if f.severity in ("high", "medium")]
    if not sure:
        return say(
            fa="{compared}، پس از تصحیح تفاوتی نماند که بتوان به آن تکیه کرد.",
            en="{compared} no difference holds, after correction, that one could rely on.",
            compared=compared(looks),
        )
    first = sorted(sure, key=lambda f: (f.severity != "high", f.p_adjusted))[:2]
    return sentences(*({locale: f"{text}." for locale, text in f.text.items()} for f in first))
