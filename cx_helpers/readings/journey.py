"""What is to be said of the paths that customers take?"""

from __future__ import annotations

import pandas as pd

from cx_helpers import disclosure
from cx_helpers.wording import Words, join, name, say, sentences


def left_out(smallest: int) -> Words | None:
    """What a table of `variants` does not hold, for its caption; None where nothing is left out."""
    if (k := disclosure.least(smallest)) == 1:
        return None
    return say(
        fa="مسیرهای کمتر از {k} مشتری برای حفظ حریم مشتریان نیامده‌اند",
        en="Paths of fewer than {k} customers are left out, to protect customers’ privacy",
        k=k,
    )


def sentence(points: pd.DataFrame, paths: pd.DataFrame, tied: pd.DataFrame) -> Words:
    """The journeys of a period in a few words: how many, by which paths, how far their order is sure."""
    row = tied.iloc[0]
    if not row["n"]:
        return say(fa="در این دوره هیچ نقطهٔ تماسی ثبت نشده است.", en="No touchpoint was recorded in this period.")
    if row.get("hidden"):
        return disclosure.sentence(row["hidden"])
    size = say(
        fa="{c} مشتری در این دوره {n} بار با {k} نقطهٔ تماس روبه‌رو شدند.",
        en="In this period {c} customers met {k} touchpoints {n} times.",
        c=row["customers"],
        n=row["n"],
        k=points.index.get_level_values("touchpoint").nunique(),
    )
    covered = say(
        fa="{k} مسیر پرتکرار {x:.0%} سفرها را می‌پوشانند.",
        en="The {k} commonest paths cover {x:.0%} of journeys.",
        k=len(paths),
        x=paths["cumulative"].max(),
    )
    seen = points[points["hidden"].isna()] if "hidden" in points else points
    busy = join([name(v) for v in seen.groupby(level="touchpoint")["n"].sum().nlargest(3).index])
    most = say(fa="پررفت‌وآمدترین‌ها: {b}.", en="The busiest: {b}.", b=busy)
    order = say(
        fa="زمان {t:.1%} رویدادها با رویداد دیگری از همان مشتری یکی است؛ ترتیب آن‌ها قراردادی است.",
        en="{t:.1%} of events share their time with another of the same customer; their order is a convention.",
        t=row["share"],
    )
    return sentences(size, covered if len(paths) else None, most if len(seen) else None, order if row["tied"] else None)


GUARDS = [  # what a journey report guards against, for its data card
    {
        "fa": "ترتیب ردیف‌های فایل اثری ندارد؛ تماس‌های هم‌زمان به ترتیب شناسه آمده‌اند و سهمشان این‌جاست.",
        "en": "The order of rows does not matter; contacts at one instant follow their ids, and their share is given.",
    },
    {
        "fa": "چند بازدید یک مشتری یک مشاهده شمرده شده است (خطای معیار خوشه‌ای).",
        "en": "Several visits of one customer count as one observation (clustered standard errors).",
    },
    {
        "fa": "پنجره‌هایی که هنوز تمام نشده‌اند کنار گذاشته شده‌اند، و «لحظهٔ سرنوشت‌ساز» همراهی است، نه علت.",
        "en": "Windows that are not over yet are left out, and a moment of truth is an association, not a cause.",
    },
]
