"""What is to be said of clues that comments tell of."""

from __future__ import annotations

import pandas as pd

from cx_helpers.wording import Words, name, say

WRITTEN = {  # how a page sets `clues.written`
    "columns": ["n", "aspect_negative", "low", "high", "positive"],
    "titles": {
        "n": {"fa": "نوشته", "en": "comments"},
        "aspect_negative": {"fa": "ناخوشایند", "en": "unhappy"},
        "positive": {"fa": "خوشایند", "en": "pleased"},
    },
    "formats": {"n": "count"} | dict.fromkeys(("aspect_negative", "low", "high", "positive"), "share"),
    "rows_title": {"fa": "نشانه", "en": "clue"},
}
SOURCE = {
    "fa": "از جنبه‌های نوشته‌های مشتریان در این دوره: کارکنان و پیک نشانهٔ انسانی، بسته‌بندی، اپلیکیشن و اطلاع‌رسانی نشانهٔ "
    "محیطی، و تحویل، کیفیت، پرداخت و مانند آن نشانهٔ کارکردی است. کسی که می‌نویسد دلیلی داشته است: این سهم‌ها از "
    "نوشته‌هاست، نه از مشتریان.",
    "en": "By the aspects of what customers wrote in this period: staff and courier are human clues; "
    "packaging, app and "
    "information mechanical; delivery, quality, payment and the like functional. Whoever writes had a reason "
    "to: shares "
    "are of comments, not of customers.",
}


def sentence(written: pd.DataFrame) -> Words | None:
    """Which clue do comments complain of most?  None where no comment tells."""
    known = written[written["aspect_negative"].notna()]
    if known.empty:
        return None
    worst = known["aspect_negative"].idxmax()
    row = known.loc[worst]
    return say(
        fa="از نوشته‌ها: {x:.0%} آنچه دربارهٔ «{a}» نوشته‌اند ناخوشایند است (بازهٔ ۹۵٪: {low:.0%} تا "
        "{high:.0%}؛ {n} نوشته).",
        en="From comments: {x:.0%} of what is written about {a} is unhappy (95% interval {low:.0%} to {high:.0%}; {n} "
        "comments).",
        x=row["aspect_negative"], a=name(f"clue.{worst}"), low=row["low"], high=row["high"], n=int(row["n"]),
    )  # fmt: skip
