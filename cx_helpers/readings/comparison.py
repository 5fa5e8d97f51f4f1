"""Which groups differ, what moved, and what of it should a manager hear?  Every look paid for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from cx_helpers import certainty
from cx_helpers.measures.comparison import change, gaps
from cx_helpers.records import METRICS, SEVERITIES, Finding, amount, clean, counted, severity, step
from cx_helpers.wording import Words, compared, join, name, say, sentences

# how large a difference must be for a manager to hear of it loudly, in the metric's own unit
LARGE = {"nps": 10.0, "csat": 0.05, "ces": 0.3, "sentiment": 0.1, "negative_share": 0.05}


def findings(metric: str, groups: dict[str, tuple[pd.DataFrame, pd.DataFrame]]) -> tuple[list[Finding], int]:
    """What is worth telling a manager about one score: groups that differ from the rest, and groups that moved.

    groups   {column: (answer now, answer of the period before)}, each split by that column; the column `all` is the
             score as a whole.  A null group counts among the others but is never a finding itself.
    All gaps and all changes are ONE family: p is Holm-adjusted over every look, so that on data with nothing in it a
    report rarely says anything (contract, section 6).  Loud are only effects that are large in their group and move
    the whole score by at least a tenth of that.  Returns (findings, number of looks).
    """
    looks = []
    for column, (now, before) in groups.items():
        if column != certainty.ALL and (now["n"] > 0).sum() == 1 and (before["n"] > 0).sum() <= 1:
            continue  # a single group is the whole, told already
        steps = [("change", change(now, before, metric), before[metric].reindex(now.index))]
        if column != certainty.ALL and now[metric].notna().sum() > 1:
            then = gaps(before, metric)["change"].reindex(now.index)
            steps.append(("gap", _once(gaps(now, metric), now, metric), then))
        for kind, frame, then in steps:
            own = {"value": now[metric], "own_low": now["low"], "own_high": now["high"], "then": then}
            frame = frame.assign(**own, kind=kind, column=column, group=list(now.index), total=now["n"].sum())
            frame = frame.assign(base=now[metric] - frame["change"])
            looks.append(frame[frame["p_value"].notna() & frame["group"].notna()])
    if not looks or not sum(map(len, looks)):
        return [], 0
    table = pd.concat([frame for frame in looks if len(frame)], ignore_index=True)
    table["p_adjusted"] = certainty.adjust(table["p_value"], "holm")
    return _one_each([found for row in table.itertuples() if (found := _finding(metric, row, len(table)))]), len(table)


def _once(apart: pd.DataFrame, now: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Gaps, each once: of two groups that are all there is, only how the worse one stands against the better.

    The other way round is the same comparison: told twice, it would be paid for twice and read as two things.
    """
    if (now["n"] > 0).sum() != 2 or now[metric].notna().sum() != 2:
        return apart
    better = apart["change"] > 0 if METRICS[metric].direction == "up" else apart["change"] < 0
    return apart.assign(p_value=apart["p_value"].mask(better))


def search(families: dict[str, dict]) -> tuple[list[Finding], int]:
    """`findings` of several scores, each a family of its own, the loudest and weightiest first: (findings, looks)."""
    every = [findings(metric, groups) for metric, groups in families.items()]
    found = sorted((f for part, _ in every for f in part), key=lambda f: SEVERITIES.index(f.severity))
    return found, sum(looks for _, looks in every)


def _one_each(found: list[Finding]) -> list[Finding]:
    """One claim a group: where it both moved and differs, the louder claim takes the other as its second proof."""
    out: dict[tuple, Finding] = {}
    for one in sorted(found, key=lambda f: (SEVERITIES.index(f.severity), f.kind != "change_point")):
        key = tuple(one.subject.items())
        if key not in out:
            out[key] = one
        elif (one.kind == "strength") == (out[key].kind == "strength"):
            out[key] = replace(out[key], detail=sentences(out[key].detail, _others(one)))
    return list(out.values())


def _others(one: Finding) -> Words:
    base = amount(one.measure, one.baseline)
    if one.kind == "change_point":
        return say(fa="در دورهٔ پیش {b} بود.", en="In the period before it was {b}.", b=base)
    return say(fa="دیگران: {b}.", en="The others: {b}.", b=base)


def _finding(metric: str, row, looks: int) -> Finding | None:
    size, weight = LARGE.get(metric, np.inf), row.n / row.total
    loud = severity(row.p_adjusted, abs(row.change) >= size and abs(row.change) * weight >= size / 10)
    if loud is None:
        return None
    good = (row.change > 0) == (METRICS[metric].direction == "up")
    impact = {"value": -row.change * weight, "low": -row.high * weight, "high": -row.low * weight}
    return Finding(
        kind="change_point" if row.kind == "change" else "strength" if good else "weakness",
        subject={} if row.column == certainty.ALL else {row.column: clean(row.group)},
        measure=metric,
        value=clean(row.value),
        baseline=clean(row.base),
        low=clean(row.own_low),
        high=clean(row.own_high),
        n=int(row.n),
        p_adjusted=clean(row.p_adjusted),
        impact=None if good or row.column == certainty.ALL else impact | {"unit": METRICS[metric].unit},
        severity=loud if not good else "low" if loud == "low" else "medium",
        text=_claim(metric, row),
        detail=_detail(metric, row, weight),
        looks=looks,
        good=good,
    )


_WAYS = {True: {"fa": "بالاتر", "en": "above"}, False: {"fa": "پایین‌تر", "en": "below"}}


def _claim(metric: str, row) -> Words:
    title = METRICS[metric].title
    where = {"fa": "", "en": ""}
    if row.column != certainty.ALL:
        where = say(fa=" در {c} «{g}»", en=" for {c} “{g}”", c=name(row.column), g=name(row.group))
    values = {"metric": title, "where": where, "x": amount(metric, row.value), "b": amount(metric, row.base)}
    up = row.change > 0
    if row.kind == "change":
        way = {"fa": "رسید", "en": "rose"} if up else {"fa": "افت کرد", "en": "fell"}
        return say(
            fa="{metric}{where} از {b} به {x} {way}", en="{metric}{where} {way} from {b} to {x}", way=way, **values
        )
    return say(
        fa="{metric}{where} {x} است، {way} از دیگران ({b})",
        en="{metric}{where} is {x}, {way} the others ({b})",
        way=_WAYS[up],
        **values,
    )


def _detail(metric: str, row, weight: float) -> Words:
    ends = sorted([abs(row.low), abs(row.high)])
    where = say(fa="{way} از دیگران", en="{way} the others", way=_WAYS[row.change > 0]) if row.kind == "gap" else None
    proof = say(
        fa="تفاوت: {c}{where} (بازهٔ ۹۵٪: {low} تا {high}){of}.",
        en="Difference: {c}{where} (95% interval {low} to {high}){of}.",
        of=say(
            fa="؛ {w:.0%} {what}‌ها از این گروه است",
            en="; {w:.0%} of the {what} come from this group",
            w=weight,
            what=counted(metric),
        )
        if row.column != certainty.ALL
        else {"fa": "", "en": ""},
        where={"fa": f" {where['fa']}", "en": f" {where['en']}"} if where else {"fa": "", "en": ""},
        c=step(metric, abs(row.change)),
        low=step(metric, ends[0], unit=False),
        high=step(metric, ends[1], unit=False),
    )
    return proof if row.kind != "gap" or pd.isna(row.then) else sentences(proof, _before(metric, row))


def _before(metric: str, row) -> Words:
    """How a gap stood in the period before: sizes without a sign, the direction in words."""
    values = {"t": step(metric, abs(row.then)), "way": _WAYS[row.then > 0]}
    if abs(row.then) < abs(row.change) / 10:
        return say(fa="دورهٔ پیش فاصله‌اش با دیگران ناچیز بود.", en="In the period before there was hardly any gap.")
    if (row.then > 0) != (row.change > 0):
        return say(
            fa="دورهٔ پیش برعکس بود: {t} {way} از دیگران.",
            en="In the period before it was the other way round: {t} {way} the others.",
            **values,
        )
    if abs(row.then) > abs(row.change) / 2:
        return say(
            fa="تازه نیست: دورهٔ پیش هم {t} {way} از دیگران بود.",
            en="Not new: in the period before, too, it was {t} {way} the others.",
            **values,
        )
    return say(
        fa="دورهٔ پیش تنها {t} {way} از دیگران بود.",
        en="In the period before it was only {t} {way} the others.",
        **values,
    )


_SCORE = {"sentiment": {"fa": "میانگین احساس", "en": "the mean feeling"}}  # what else a score is called
_WHOLE = {"sentiment": {"fa": "احساس کل نوشته‌ها", "en": "the feeling as a whole"}}


def without(metric: str, groups: dict, found: list[Finding]) -> Words | None:
    """How the whole score would stand without the group that moved it most: a sentence, or None where none did.

    groups, found   as given to and by `findings`; works for scores that are means over answers (NPS, CSAT, CES,
    sentiment): the whole is the groups' mean weighted by n.
    """
    moved = [f for f in found if f.measure == metric and f.kind == "change_point" and f.subject and f.impact]
    if not moved:
        return None
    worst = max(moved, key=lambda f: abs(f.impact["value"]))
    (column, group), values = next(iter(worst.subject.items())), {}
    for when, part in zip(("now", "before"), groups[column], strict=True):
        whole = groups[certainty.ALL][0 if when == "now" else 1].iloc[0]
        n, value = part.loc[group, "n"], part.loc[group, metric]
        values[when] = amount(metric, (whole["n"] * whole[metric] - n * value) / (whole["n"] - n))
    return say(
        fa="بدون {c} «{g}»، {score} {now} می‌بود (دورهٔ پیش: {before}).",
        en="Without {c} “{g}” {score} would have been {now} (period before: {before}).",
        score=_SCORE.get(metric, {"fa": "امتیاز", "en": "the score"}),
        c=name(column),
        g=name(group),
        **values,
    )


def sentence(found: list[Finding], looks: int) -> Words:
    """What the search over groups brought, in one sentence."""
    if not looks:
        return say(fa="پاسخ کافی برای مقایسهٔ گروه‌ها نبود.", en="There were too few answers to compare groups.")
    bad = [f for f in found if f.kind != "strength" and f.severity != "low"]
    if not bad:
        return say(
            fa="{compared}، پس از تصحیح تفاوت یا تغییری نماند که بتوان به آن تکیه کرد.",
            en="{compared} no difference or change holds, after correction, that one could rely on.",
            compared=compared(looks),
        )
    whole = _WHOLE.get(bad[0].measure, {"fa": "امتیاز کل", "en": "the score as a whole"})
    groups = list(dict.fromkeys(next(iter(f.subject.values()), certainty.ALL) for f in bad))
    places = join([whole if group == certainty.ALL else name(group) for group in groups[:3]])
    if len(bad) == 1:
        return say(
            fa="{compared}، یک مشکل پس از تصحیح تأیید شد: {places}.",
            en="{compared} one problem holds after correction: {places}.",
            compared=compared(looks),
            places=places,
        )
    return say(
        fa="{compared}، {m} مشکل پس از تصحیح تأیید شد؛ مهم‌ترین‌ها: {places}.",
        en="{compared} {m} problems hold after correction; first of all: {places}.",
        compared=compared(looks),
        m=len(bad),
        places=places,
    )


OVERLAP = {  # to be read beside impacts
    "fa": (
        "«اگر اصلاح شود» بیشترین بهبود ممکن در امتیاز کل است؛ یافته‌ها هم‌پوشانی دارند و جمع نمی‌شوند، و هیچ‌کدام علت را "
        "ثابت نمی‌کند. گام بعد: نوشته‌های این گروه‌ها را در گزارش احساس و مسیرشان را در گزارش سفر ببینید."
    ),
    "en": (
        "“If fixed” is the most that the overall score could gain; findings overlap and do not add up, and none proves "
        "a cause. Next: read what these groups write in the sentiment report, and their path in the journey report."
    ),
}
