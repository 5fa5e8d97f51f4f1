"""What is to be said of values that cannot be?"""

from __future__ import annotations

import pandas as pd

from cx_helpers import faults
from cx_helpers.limits import FUTURE, REMEDIES, REPORTS, RULES, SAYS, Rule
from cx_helpers.records import METRICS, Finding
from cx_helpers.wording import Words, raw, say


def findings(found: pd.DataFrame, unseen: frozenset = frozenset()) -> tuple[list[Finding], int]:
    """Every rule that rows break as a finding, what moves most first, and how many rules were held against the data.

    found  of `impossible`;  unseen  of `volume.unseen`: sources that are not named
    """
    wrong = found[found["bad"] > 0]
    order = wrong["moved"].astype(float).abs().fillna(0).sort_values(ascending=False, kind="stable").index
    return [_finding(index, wrong.loc[index], unseen) for index in order], len(found)


def _finding(index: tuple[str, str], row: pd.Series, unseen: frozenset) -> Finding:
    table, rule_name = index
    rule = next((r for r in RULES if (r.table, r.name) == index), None)
    rows = faults.ROWS[table]
    text = say(
        fa="در {bad} {rows} از {n} ({x}) {what}",
        en="In {bad} of {n} {rows} ({x}) {what}",
        bad=row["bad"], n=row["n"], rows=rows, x=faults.portion(row["faulty_share"]), what=SAYS[rule_name],
    )  # fmt: skip
    if not rule:
        one = row["first"] == row["last"]
        text = say(
            fa="{text}: {first}" if one else "{text}: از {first} تا {last}",
            en="{text}: {first}" if one else "{text}: from {first} to {last}",
            text=text, first=row["first"], last=row["last"],
        )  # fmt: skip
    subject = {}
    if row["source"] and row["source_bad"] > 0.5 * row["bad"] and (table, "source", row["source"]) not in unseen:
        subject = {"source": row["source"]}
        every = row["source_bad"] == row["bad"]
        text = say(
            fa="{text}؛ همه از منبع «{source}»" if every else "{text}؛ {k} تا از منبع «{source}»",
            en="{text}; all from “{source}”" if every else "{text}; {k} of them from “{source}”",
            text=text, source=raw(row["source"]), k=row["source_bad"],
        )  # fmt: skip
    said, loud = _judgement(rule, row)
    remedy = REMEDIES[rule.remedy if rule else FUTURE]
    return faults.finding(
        table, rule_name, loud, text, said, remedy, subject=subject, metric=row["suffers"],
        value=row["faulty_share"], baseline=0.0, low=row["low"], high=row["high"], n=int(row["n"]),
    )  # fmt: skip


def _judgement(rule: Rule | None, row: pd.Series) -> tuple[Words, str]:
    """(the consequence in words, how loud it is)."""
    if rule is None:
        return say(
            fa="پیامد: هیچ گزارشی این ردیف‌ها را در زمان درستشان نمی‌بیند: {x} از آنچه «{what}» بر آن استوار است کم "
            "شمرده می‌شود.",
            en="No report sees these rows at their right time: {x} of what “{what}” rests on is not counted.",
            x=faults.portion(row["moved"]), what=faults.title(row["suffers"]),
        ), faults.loudness(row["moved"])  # fmt: skip
    if rule.stops and row["bad_year"]:
        return say(
            fa="پیامد: گزارش {report} ساخته نمی‌شود تا این ردیف‌ها درست شوند.",
            en="The report on {report} is not made until these rows are mended.",
            report=REPORTS[rule.stops],
        ), "high"
    metric, in_period = row["suffers"], row["bad_period"] > 0
    computed = row["shown"] == row["shown"] and metric in METRICS
    moved = row["moved"] if in_period else row["moved_year"]
    loud = faults.loudness(moved, sure=in_period)
    if not in_period:
        return say(
            fa="پیامد: هیچ‌یک در این دوره نیست؛ عددهای دوره درست‌اند، ولی روند «{of}» نه.",
            en="None of them lies in this period: its numbers stand, the trend of “{of}” does not.",
            of=faults.title(metric),
        ), loud if row["bad_year"] else "low"
    if computed:
        return faults.consequence(metric, row["shown"], row["mended"]), loud
    return faults.at_most(metric, moved), loud
