"""What is to be said of feeds that are late or have fallen silent?"""

from __future__ import annotations

import math

import pandas as pd

from cx_helpers import faults
from cx_helpers.dates import Period
from cx_helpers.measures.arrivals import ALL
from cx_helpers.records import HIGH_P, MEDIUM_P, Finding
from cx_helpers.wording import Words, name, raw, say


def findings(dry: pd.DataFrame, period: Period) -> tuple[list[Finding], int]:
    """The feeds that are late, worst first, and how many were looked at; all tables late is one finding.

    dry  of `late`
    """
    looks, sure = dry.attrs["looks"], dry[dry["p_adjusted"] < MEDIUM_P]
    tables, stopped = (frame[frame.index.get_level_values("source") == ALL] for frame in (dry, sure))
    if len(stopped) > 1 and len(stopped) == len(tables):
        newest = stopped.loc[stopped["data_age"].idxmin()]
        return [_finding(ALL, ALL, newest, period, looks)], looks
    told = [
        _finding(table, source, row, period, looks)
        for (table, source), row in sure.iterrows()
        if source == ALL or (table, ALL) not in stopped.index
    ]
    return sorted(told, key=lambda one: -one.value), looks


def _finding(table: str, source: str, row: pd.Series, period: Period, looks: int) -> Finding:
    what = {"fa": "همهٔ جدول‌ها", "en": "all tables"} if table == ALL else name(table)
    of = say(fa=" (منبع «{source}»)", en=" (source “{source}”)", source=raw(source))
    text = say(
        fa="{what}{of}: پس از {day} ردیفی نیامده است، {k} روز پیش از پایان دوره",
        en="{what}{of}: no rows after {day}, {k} days before the period's end",
        what={"fa": what["fa"], "en": what["en"][:1].upper() + what["en"][1:]},
        of={"fa": "", "en": ""} if source == ALL else of,
        day=row["last"].tz_convert(period.timezone).date(), k=math.floor(row["data_age"]),
    )  # fmt: skip
    metric = faults.CARRIES.get(table, "revenue")
    said = say(
        fa="پیامد: {lost:.0%} روزهای این دوره در «{metric}» و هر عدد دیگری که از این ردیف‌ها ساخته می‌شود نیست. {before}",
        en="{lost:.0%} of this period's days are missing from “{metric}” and every other number made of these rows. "
        "{before}",
        lost=row["lost"], metric=faults.title(metric), before=_before(row["usual"]),
    )  # fmt: skip
    remedy = say(
        fa="خروجی تازه را در پوشهٔ sources بگذارید و cx ingest را اجرا کنید، یا دوره‌ای را بخواهید که داده‌اش کامل است.",
        en="put a fresh export into sources/ and run cx ingest, or ask for a period whose data are complete.",
    )
    return faults.finding(
        table, "late", faults.loudness(row["lost"], row["p_adjusted"] < HIGH_P), text, said, remedy,
        subject={} if source == ALL else {"source": source}, metric=metric, measure="data_age",
        value=row["data_age"], baseline=row["usual"], n=int(row["n"]), p_adjusted=row["p_adjusted"], looks=looks,
    )  # fmt: skip


def _before(usual: float) -> Words:
    if not usual:
        return {"fa": "تا آن روز هر روز ردیفی آمده بود.", "en": "Until then rows came every day."}
    return say(fa="تا آن روز بلندترین سکوت {k} روز بود.", en="Until then the longest silence was {k} days.", k=usual)
