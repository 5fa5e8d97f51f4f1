"""What goes with buying again, and with the score?  The levers' links as tables, and where no money may be promised."""

from __future__ import annotations

import pandas as pd

from cx_helpers.chain import Links
from cx_helpers.wording import Words, current, join, name, number, say, sentences

LINKS = {
    "columns": ["victims", "free", "effect", "low", "high", "p_adjusted"],
    "titles": {
        "victims": {"fa": "مشتریان گرفتار", "en": "customers hit"},
        "free": {"fa": "خرید دوبارهٔ دیگران", "en": "others who buy again"},
        "effect": {"fa": "تفاوت گرفتارها", "en": "difference of who was hit"},
    },
    "formats": {"victims": "count", "free": "share"}
    | dict.fromkeys(("effect", "low", "high"), lambda x: points(x)[current().locale]),
    "rows_title": {"fa": "اهرم", "en": "lever"},
}
FELT = {
    "columns": ["n", "share", "effect", "low", "high", "p_adjusted"],
    "titles": {
        "n": {"fa": "پاسخ‌ها", "en": "answers"},
        "share": {"fa": "سهم گرفتارها", "en": "of whom were hit"},
        "effect": {"fa": "تفاوت امتیاز", "en": "difference of the score"},
    },
    "formats": {"share": "share"} | dict.fromkeys(("effect", "low", "high"), lambda x: number(x, digits=1, sign=True)),
    "rows_title": {"fa": "اهرم", "en": "lever"},
}


def points(x: float) -> Words:
    """A difference of shares in points of a hundred."""
    return say(fa="{x:+.1f} واحد", en="{x:+.1f} points", x=100 * x)


def unsure(links: Links, felt: pd.DataFrame) -> Words | None:
    """For which levers no money may be promised, and which of these move the score all the same."""
    left = [lever for lever in links.table.index if lever not in links.sure]
    if not left:
        return None
    moving = [lever for lever in left if lever in felt.index and felt.loc[lever, "sure"]]
    table = links.table.loc[left]
    against = list(table.index[(table["p_adjusted"] < 0.05) & (table["effect"] > 0)])
    left = [lever for lever in left if lever not in against]
    odd = say(
        fa="گرفتاران {levers} حتی بیشتر برمی‌گردند: به احتمال زیاد چون پرخریدها بیشتر گرفتار می‌شوند؛ پولی به حساب "
        "نیامده است.",
        en="Those hit by {levers} even come back more often, most likely because who buys much is hit more: no money "
        "is counted for it.",
        levers=join([name(lever) for lever in against]),
    )  # fmt: skip
    plain = say(
        fa="پیوند {levers} با خرید دوباره قطعی نیست و پولی برایشان به حساب نیامده است.",
        en="The link of {levers} with buying again is not sure; no money is counted for it.",
        levers=join([name(lever) for lever in left]),
    )
    told = [plain if left else None, odd if against else None]
    if not moving:
        return sentences(*told)
    also = say(
        fa="اما {levers} با امتیاز پایین‌تر همراه است.", en="Yet {levers} goes with a lower score.",
        levers=join([name(lever) for lever in moving]),
    )  # fmt: skip
    return sentences(*told, also)


def levels(ranges: pd.DataFrame) -> Words:
    """The picture of the levers' months, titled with the one that stands highest."""
    if ranges.empty:
        return {"fa": "سهم گرفتارها", "en": "Share of who was hit"}
    top = ranges["base"].idxmax()
    return say(
        fa="بالاترین اهرم: {lever}، {x:.0%} در یک سال", en="The highest lever: {lever}, {x:.0%} in a year",
        lever=name(top), x=ranges.loc[top, "base"],
    )  # fmt: skip
