"""What is to be said of what is there twice?"""

from __future__ import annotations

import pandas as pd

from cx_helpers import faults
from cx_helpers.measures.repeats import COPIED, FEW, MANY_TIED, ROW, TIED
from cx_helpers.records import Finding
from cx_helpers.wording import _names, say


def findings(found: pd.DataFrame) -> tuple[list[Finding], int]:
    """What is there twice, as findings, and how many questions were asked.

    Each where it is at least FEW of the rows (copies: a percent of the period's; ties: MANY_TIED).
    """
    least = {ROW: FEW, COPIED: faults.NOTABLE, TIED: MANY_TIED}
    told = []
    for (table, problem), row in found[found["extra"] > 0].iterrows():
        share = max(row["faulty_share"], row["moved"] if row["moved"] == row["moved"] else 0)
        if share >= least[problem] and (problem == ROW or row["extra_period"]):
            told.append(_finding(table, problem, row))
    return sorted(told, key=lambda one: -(one.value or 0)), len(found)


_SAYS = _names("""
repeated_row | تکرار ردیف دیگری است: همان مشتری، همان لحظه، همان محتوا | repeat another: same customer, time and content
copied_text | رونوشت نوشتهٔ دیگری است | are copies of another one
tied_times | با تماس دیگری از همان مشتری هم‌زمان است | share their instant with another of the same customer
""")


_REMEDIES = _names("""
repeated_row | ببینید منبع هر رویداد را دو بار می‌فرستد، یا فایلی با دو نام آمده است؛ یکی را بردارید. | see whether the source sends each event twice, or one file came under two names; remove one.
copied_text | ببینید پاسخ آماده، تبلیغ یا ربات نباشند؛ اگر هستند در نگاشت با «skip» کنارشان بگذارید. | see whether they are templates, advertising or a robot; if so, leave them out by “skip” in the mapping.
tied_times | زمان را با ثانیه یا کسر آن بگیرید؛ اکنون ترتیب این گام‌ها از شناسه می‌آید. | export times to the second or finer; the order of these steps now comes from their ids.
""")  # noqa: E501


def _finding(table: str, problem: str, row: pd.Series) -> Finding:
    text = say(
        fa="{extra} {rows} از {n} ({x}) {says}", en="{extra} of {n} {rows} ({x}) {says}",
        extra=row["extra"], rows=faults.ROWS[table], n=row["n"], x=faults.portion(row["faulty_share"]),
        says=_SAYS[problem],
    )  # fmt: skip
    moved, in_period = row["moved"], row["extra_period"] > 0
    if not in_period:
        said = say(
            fa="پیامد: هیچ‌یک در این دوره نیست؛ عددهای دوره درست‌اند.", en="None lies in this period: its numbers stand."
        )
    elif problem == TIED:
        said = say(
            fa="پیامد: در مسیرها و گام‌های بعد، ترتیب این تماس‌ها از شناسه می‌آید، نه از زمان.",
            en="In paths and next steps the order of these contacts comes from their ids, not from time.",
        )
    elif row["shown"] == row["shown"]:
        said = faults.consequence(row["suffers"], row["shown"], row["mended"])
    else:
        said = faults.at_most(row["suffers"], moved, twice=True)
    loud = faults.loudness(moved, sure=problem == ROW) if in_period else "low"
    return faults.finding(
        table, problem, loud, text, said, _REMEDIES[problem], metric=row["suffers"], value=row["faulty_share"],
        baseline=0.0, n=int(row["n"]),
    )  # fmt: skip
