"""Did it change, and who differs?  Two answers side by side, every look paid for.

Works on any answer that has `n`, a value, and `se` (NPS, CSAT, sentiment, retention …): pandas in, pandas out.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from cx_helpers import certainty
from cx_helpers.records import METRICS, SEVERITIES, Finding, clean, severity
from cx_helpers.wording import Words, join, name, say, sentences

# how large a difference must be for a manager to hear of it loudly, in the metric's own unit
LARGE = {"nps": 10.0, "csat": 0.05, "ces": 0.3, "sentiment": 0.1, "negative_share": 0.05}


def change(now: pd.DataFrame, before: pd.DataFrame, metric: str) -> pd.DataFrame:
    """How much did each group move since the period before, and is that more than chance?

    now, before   answers of the same measure with the same groups
    Returns, per group of `now`: n, n_before, `change` (now minus before, in the metric's unit), low, high, p_value,
    p_adjusted (Benjamini-Hochberg over the groups), `detectable` (the smallest change that this many answers would
    show in four of five cases).  Null where either side has no value.
    The two periods are taken as independent; customers who answer in both make the interval a little too wide.
    """
    past = before.reindex(now.index)
    se = np.hypot(now["se"], past["se"])
    return _difference(now, now[metric] - past[metric], se, past["n"].fillna(0).astype(int))


def gaps(now: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Which groups differ from all the others together?

    now   an answer split by one column.  Groups without a value are neither compared nor part of the others.
    Returns as `change`: n, n_before (the others' answers), `change` (group minus others), low, high, p_value,
    p_adjusted, detectable, and `others` (their value).
    """
    seen = now[now[metric].notna() & now["se"].notna()]
    n, value, se = seen["n"], seen[metric], seen["se"]
    rest_n = n.sum() - n
    rest = ((n * value).sum() - n * value) / rest_n.where(rest_n > 0)
    rest_se = np.sqrt(((n * se) ** 2).sum() - (n * se) ** 2) / rest_n.where(rest_n > 0)
    out = _difference(seen, value - rest, np.hypot(se, rest_se), rest_n).assign(others=rest)
    return out.reindex(now.index).assign(n=now["n"])


def _difference(now, step, se, n_before) -> pd.DataFrame:
    p = certainty.two_sided(step / se)
    out = {"n": now["n"], "n_before": n_before, "change": step}
    out |= {"low": step - certainty.Z95 * se, "high": step + certainty.Z95 * se}
    out |= {"p_value": p, "p_adjusted": certainty.adjust(p), "detectable": 2.8 * se}
    return pd.DataFrame(out, index=now.index)


def splits(
    measure, table, columns: list[str], periods: list, **settings
) -> dict[str, tuple[pd.DataFrame, pd.DataFrame]]:
    """One measure now and in the period before, as a whole (`all`) and split by each column: what `findings` searches.

    measure   a function (table, by=…, periods=…, **settings) -> answer, e.g. survey.nps
    table     its engine table, holding both periods and all `columns`;  periods  [the period before, this period]
    Returns {column: (answer now, answer before)}.
    """
    out = {}
    for column in [None, *dict.fromkeys(columns)]:
        both = measure(table, by=column, periods=periods, **settings)
        level = both.index.get_level_values("period") if column else both.index
        before, now = (both[level == period] for period in periods)
        if column:
            before, now = (part.droplevel("period") for part in (before, now))
        else:
            before, now = (part.set_axis([certainty.ALL]) for part in (before, now))
        out[column or certainty.ALL] = (now, before)
    return out


def findings(metric: str, groups: dict[str, tuple[pd.DataFrame, pd.DataFrame]]) -> tuple[list[Finding], int]:
    """What is worth telling a manager about one score: groups that differ from the rest, and groups that moved.

    groups   {column: (answer now, answer of the period before)}, each split by that column; the column `all` is the
             score as a whole
    All gaps and all changes are ONE family: p is Holm-adjusted over every look, so that on data with nothing in it a
    report rarely says anything (contract, section 6).  Returns (findings, number of looks).
    """
    looks = []
    for column, (now, before) in groups.items():
        steps = [("change", change(now, before, metric))]
        if column != certainty.ALL and now[metric].notna().sum() > 1:
            steps.append(("gap", gaps(now, metric)))
        for kind, frame in steps:
            frame = frame.assign(
                kind=kind, column=column, group=list(now.index), value=now[metric], total=now["n"].sum()
            )
            looks.append(frame.assign(base=now[metric] - frame["change"]).dropna(subset=["p_value"]))
    if not looks:
        return [], 0
    table = pd.concat(looks, ignore_index=True)
    table["p_adjusted"] = certainty.adjust(table["p_value"], "holm")
    return _one_each([found for row in table.itertuples() if (found := _finding(metric, row, len(table)))]), len(table)


def _one_each(found: list[Finding]) -> list[Finding]:
    """One claim a group: where it both moved and differs, the louder claim takes the other as its second proof."""
    out: dict[tuple, Finding] = {}
    for one in sorted(found, key=lambda f: (SEVERITIES.index(f.severity), f.kind != "change_point")):
        key = tuple(one.subject.items())
        if key not in out:
            out[key] = one
        elif (one.kind == "strength") == (out[key].kind == "strength") or one.kind == "change_point":
            out[key] = replace(out[key], detail=sentences(out[key].detail, _full_stop(one.text)))
    return list(out.values())


def _full_stop(text: Words) -> Words:
    return {locale: words.rstrip(".") + "." for locale, words in text.items()}


def _finding(metric: str, row, looks: int) -> Finding | None:
    loud = severity(row.p_adjusted, abs(row.change) >= LARGE.get(metric, np.inf))
    if loud is None:
        return None
    good = (row.change > 0) == (METRICS[metric].direction == "up")
    weight = row.n / row.total
    impact = {"value": -row.change * weight, "low": -row.high * weight, "high": -row.low * weight}
    kind = "change_point" if row.kind == "change" else "strength" if good else "weakness"
    return Finding(
        kind=kind,
        subject={} if row.column == certainty.ALL else {row.column: clean(row.group)},
        measure=metric,
        value=clean(row.value),
        baseline=clean(row.base),
        low=clean(row.base + row.low),
        high=clean(row.base + row.high),
        n=int(row.n),
        p_adjusted=clean(row.p_adjusted),
        impact=None if good else impact | {"unit": METRICS[metric].unit},
        severity=loud if not good else "low" if loud == "low" else "medium",
        text=_claim(metric, row, good),
        detail=_detail(metric, row, good, weight),
        looks=looks,
    )


def _amount(metric: str, x: float) -> Words:
    """A value of the metric in words: 31, 62.4%, 4.2."""
    if METRICS[metric].unit == "share":
        return say(fa="{x:.1%}", en="{x:.1%}", x=x)
    return say(fa=f"{{x:.{METRICS[metric].digits}f}}", en=f"{{x:.{METRICS[metric].digits}f}}", x=x)


def _step(metric: str, x: float, sign: str = "+") -> Words:
    """A difference of two values in words: −11 points, −17.0 percentage points."""
    if METRICS[metric].unit == "share":
        return say(fa=f"{{x:{sign}.1f}} واحد درصد", en=f"{{x:{sign}.1f}} percentage points", x=100 * x)
    digits = max(METRICS[metric].digits, 1)
    if METRICS[metric].unit == "points":
        return say(fa=f"{{x:{sign}.{digits}f}} واحد", en=f"{{x:{sign}.{digits}f}} points", x=x)
    return say(fa=f"{{x:{sign}.{digits}f}}", en=f"{{x:{sign}.{digits}f}}", x=x)


def _claim(metric: str, row, good: bool) -> Words:
    where = _where(row)
    values = {
        "metric": METRICS[metric].title,
        "where": where,
        "x": _amount(metric, row.value),
        "b": _amount(metric, row.base),
    }
    if row.kind == "change":
        way = (
            {"fa": "بالا رفته است", "en": "has risen"} if row.change > 0 else {"fa": "افت کرده است", "en": "has fallen"}
        )
        return say(
            fa="{metric} {where} از {b} در دورهٔ پیش به {x} رسیده و {way}",
            en="{metric} {where} {way}: from {b} in the period before to {x}",
            way=way,
            **values,
        )
    way = {"fa": "بالاتر", "en": "above"} if row.change > 0 else {"fa": "پایین‌تر", "en": "below"}
    return say(
        fa="{metric} {where} {x} است؛ {way} از دیگران ({b})",
        en="{metric} {where} is {x}, {way} the others ({b})",
        way=way,
        **values,
    )


def _where(row) -> Words:
    if row.column == certainty.ALL:
        return {"fa": "در کل", "en": "overall"}
    return say(fa="در {c} «{g}»", en="for {c} “{g}”", c=name(row.column), g=name(row.group))


def _detail(metric: str, row, good: bool, weight: float) -> Words:
    proof = say(
        fa="تفاوت {c} است (بازهٔ ۹۵٪: {low} تا {high})؛ از {n} پاسخ، برابر {w:.0%} همهٔ پاسخ‌ها.",
        en="The difference is {c} (95% interval {low} to {high}), from {n} answers, {w:.0%} of all.",
        c=_step(metric, row.change),
        low=_step(metric, row.low),
        high=_step(metric, row.high),
        n=row.n,
        w=weight,
    )
    if good:
        return proof
    gain = say(
        fa="اگر به {base} برگردد، امتیاز کل حدود {x} بهتر می‌شود.",
        en="Brought back to {base}, the overall score would gain about {x}.",
        base=_amount(metric, row.base),
        x=_step(metric, abs(row.change) * weight, ""),
    )
    return sentences(proof, gain)


def sentence(found: list[Finding], looks: int) -> Words:
    """What the search over groups brought, in one sentence."""
    if not looks:
        return say(fa="پاسخ کافی برای مقایسهٔ گروه‌ها نبود.", en="There were too few answers to compare groups.")
    bad = [f for f in found if f.severity == "high"] or [f for f in found if f.severity == "medium"]
    if not bad:
        return say(
            fa="از {k} مقایسه، هیچ‌کدام پس از تصحیح، تفاوت یا تغییری نشان نداد که بتوان به آن تکیه کرد.",
            en="Of {k} comparisons none shows, after correction, a difference or change that one could rely on.",
            k=looks,
        )
    groups = list(dict.fromkeys(next(iter(f.subject.values()), certainty.ALL) for f in bad))
    places = join([name(group) for group in groups[:3]])
    return say(
        fa="از {k} مقایسه، {m} یافته پس از تصحیح می‌ماند؛ مهم‌ترین‌ها: {places}.",
        en="Of {k} comparisons {m} stand after correction; first of all: {places}.",
        k=looks,
        m=len(bad),
        places=places,
    )
