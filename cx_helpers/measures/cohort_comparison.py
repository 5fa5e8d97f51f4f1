"""Whose customers leave, and what of it is worth telling?

Works on answers of `cohort.retention` (pandas in, pandas out).  Groups are compared within the same cohort months
(stratified), so that a channel that brought its customers in a bad month is not blamed for the month.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cx_helpers import certainty, disclosure
from cx_helpers.records import HIGH_P, Finding, clean, severity
from cx_helpers.wording import Words, name, say, sentences

OFFSETS = (1, 3)  # the months since that findings look at


def compare(found: pd.DataFrame, a, b, by: str | None = None) -> pd.DataFrame:
    """Do two cohorts, or two values of a column, come back differently, month by month?

    a, b   two cohorts (dates.Period) of an answer of `retention`; or, with `by`, two values of that index level,
           compared within the cohorts they share
    Returns per offset that both were observed for: n, n_before (customers of a and of b), retention (of a), others
    (of b), `change` (a minus b, 0..1), low, high, p_value, p_adjusted (Benjamini-Hochberg over the offsets).
    """
    flat = found[found["retention"].notna() & (found["n"] > 0)].reset_index()
    flat = flat[flat["offset"] > 0]
    key = flat[by] if by else flat["cohort"]
    for wanted in (a, b):
        if not (key == wanted).any():
            seen = ", ".join(str(getattr(v, "name", v)) for v in key.drop_duplicates())
            asked = getattr(wanted, "name", wanted)
            raise ValueError(f"{asked!r} has no observed month to compare; there are: {seen}")
    here, there = flat[key == a], flat[key == b]
    if by:
        both = here.merge(there, on=["cohort", "offset"], suffixes=("", "_other"))
    else:
        both = here.merge(there, on="offset", suffixes=("", "_other"))
    rows = {
        k: _stratified(g["customers"], g["n"], g["customers_other"], g["n_other"]) for k, g in both.groupby("offset")
    }
    out = pd.DataFrame.from_dict(rows, orient="index", columns=_COLUMNS).rename_axis("offset")
    return out.assign(p_adjusted=certainty.adjust(out["p_value"])).astype({"n": int, "n_before": int})


def gaps(found: pd.DataFrame, by: str, offset: int = 1, smallest: int = 30) -> pd.DataFrame:
    """Which groups' customers come back less (or more) often than those of all other groups of the same months?

    found  an answer of `retention` split by `by` (one that is not split is one group, `all`, held against nobody)
    smallest  groups with fewer customers are not compared; where `found` says what is hidden for privacy, a group of
              which nothing is shown is a row of nulls, and `hidden` says why
    Returns per group: n, n_before (the others), retention (standardised to the months compared), others, `change`
    (group minus others), low, high, p_value, p_adjusted (Benjamini-Hochberg over the groups).
    Source: Mantel-Haenszel risk difference, Greenland, Robins, Biometrics 41, 1985; p: Cochran-Mantel-Haenszel.
    """
    found = found if by in found.index.names else pd.concat({certainty.ALL: found}, names=[by])
    flat = found[found["retention"].notna() & (found["n"] > 0)].reset_index()
    flat = flat[flat["offset"] == offset]
    cell = flat.groupby(["cohort", by], dropna=False, sort=False)[["customers", "n"]].sum()
    whole = cell.groupby(level="cohort", sort=False).transform("sum")
    rows = {}
    for value, mine in cell.groupby(level=by, dropna=False):
        rest = whole.loc[mine.index] - mine
        rows[value] = _stratified(mine["customers"], mine["n"], rest["customers"], rest["n"])
    out = pd.DataFrame(list(rows.values()), columns=_COLUMNS, index=pd.Index(list(rows), name=by, dtype=object))
    out[["n", "n_before"]] = out[["n", "n_before"]].astype(int)
    out.loc[out["n"] < smallest, _COLUMNS[2:]] = np.nan
    out = out.assign(p_adjusted=certainty.adjust(out["p_value"]))
    seen = found[found["observed"] & (found.index.get_level_values("offset") == offset)] if "hidden" in found else None
    return out if seen is None else disclosure.with_hidden(out, seen)


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


_COLUMNS = ["n", "n_before", "retention", "others", "change", "low", "high", "p_value"]


def _stratified(came, n, other_came, other_n) -> list[float]:
    """The Mantel-Haenszel difference of two shares over strata, with its interval and test."""
    a, m1, b, m0 = (np.asarray(x, float) for x in (came, n, other_came, other_n))
    both = (m1 > 0) & (m0 > 0)
    a, m1, b, m0 = a[both], m1[both], b[both], m0[both]
    total = m1 + m0
    weight = m1 * m0 / total
    if not weight.sum() > 0:
        return [m1.sum(), m0.sum(), *[np.nan] * 6]
    here, there = (weight * a / m1).sum() / weight.sum(), (weight * b / m0).sum() / weight.sum()
    # one imaginary buyer and one non-buyer spread over both sides keep the interval honest where a share is 0 or 1
    share1 = (a + 0.5 / len(a)) / (m1 + 1 / len(a))
    share0 = (b + 0.5 / len(b)) / (m0 + 1 / len(b))
    spread = weight**2 * (share1 * (1 - share1) / m1 + share0 * (1 - share0) / m0)
    half = certainty.Z95 * np.sqrt(spread.sum()) / weight.sum()
    came_all = a + b
    # under "no difference" the number who came is drawn from all of the stratum (hypergeometric)
    variance = (m1 * m0 * came_all * (total - came_all) / (total**2 * np.maximum(total - 1, 1))).sum()
    surplus = (a - m1 * came_all / total).sum()
    p = float(certainty.two_sided(surplus / np.sqrt(variance))) if variance > 0 else np.nan
    step = here - there
    return [m1.sum(), m0.sum(), here, there, step, max(step - half, -1), min(step + half, 1), p]


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


def is_large(change: float, base: float) -> bool:
    """Five points, or two points that are three tenths of what it was."""
    return abs(change) >= 0.05 or abs(change) >= max(0.02, 0.3 * base)


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
            fa="از {k} مقایسه هیچ‌کدام پس از تصحیح تفاوتی نشان نداد که بتوان به آن تکیه کرد.",
            en="Of {k} comparisons none shows, after correction, a difference that one could rely on.",
            k=looks,
        )
    first = sorted(sure, key=lambda f: (f.severity != "high", f.p_adjusted))[:2]
    return sentences(*({locale: f"{text}." for locale, text in f.text.items()} for f in first))
