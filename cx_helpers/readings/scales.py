"""What is to be said of answers that were given on another scale?"""

from __future__ import annotations

import pandas as pd

from cx_helpers import faults
from cx_helpers.dates import Period
from cx_helpers.measures.scales import ALL, CHANNEL
from cx_helpers.records import METRICS, Finding
from cx_helpers.wording import Words, name, raw, say


def findings(found: pd.DataFrame, period: Period) -> tuple[list[Finding], int]:
    """The sources and months on another scale, the months of one source as one, and how many were looked at.

    found  of `scales`;  period  the report's
    """
    told = []
    for (instrument, source), part in found.groupby(level=["instrument", "source"], sort=False):
        now = part[part["in_period"].astype(bool)]
        row = (now if len(now) else part).iloc[0]
        months = [month for month in part.index.get_level_values("month") if month != ALL]
        told.append(_finding(instrument, source, sorted(months), part, row, period))
    return sorted(told, key=lambda one: one.severity != "high"), found.attrs["looks"]


def _finding(instrument: str, source: str, months: list[str], part: pd.DataFrame, row: pd.Series, period: Period):
    channel = source.removeprefix(CHANNEL) if source.startswith(CHANNEL) else ""
    of = (
        say(fa=" (کانال «{channel}»)", en=" (channel “{channel}”)", channel=name(channel))
        if channel
        else say(fa=" (منبع «{source}»)", en=" (source “{source}”)", source=raw(source))
    )
    ends = [Period.parse(month, calendar=period.calendar, timezone=period.timezone) for month in months]
    when = _when(ends) if ends else {"fa": "", "en": ""}
    text = say(
        fa="{what}{of}{when}: {x:.0%} از {n} پاسخ گویا در مقیاس {low} تا {high} داده شده، نه تا {top}",
        en="{what}{of}{when}: {x:.0%} of {n} answers seem to be on a scale of {low} to {high}, not up to {top}",
        what=_heading(instrument), of={"fa": "", "en": ""} if source == ALL else of, when=when,
        x=row["share"], n=int(part["n"].sum()), low=int(row["narrower_low"]), high=int(row["narrower_high"]),
        top=int(row["top"]),
    )  # fmt: skip
    now, metric = bool(row["in_period"]), row["metric"]
    whose = {"channel": channel} if channel else {} if source == ALL else {"source": source}
    subject = {"instrument": instrument} | whose
    return faults.finding(
        "responses", "narrower_scale", faults.loudness(row["moved"]) if now else "medium", text,
        _consequence(metric, row, now), _REMEDY, subject=subject | ({"month": months[0]} if months else {}),
        metric=metric, value=row["share"], baseline=0.0, n=int(part["n"].sum()),
    )  # fmt: skip


def _heading(instrument: str) -> Words:
    said = METRICS[instrument].title if instrument in METRICS else name(instrument)
    return {locale: words[:1].upper() + words[1:] for locale, words in said.items()}


def _when(ends: list[Period]) -> Words:
    if len(ends) == 1:
        return say(fa="، {month}", en=", {month}", month=ends[0])
    return say(
        fa="، {k} ماه از {first} تا {last}", en=", {k} months from {first} to {last}",
        k=len(ends), first=ends[0], last=ends[-1],
    )  # fmt: skip


def _consequence(metric: str, row: pd.Series, now: bool) -> Words:
    if not now:
        return say(
            fa="پیامد: هیچ‌یک در این دوره نیست؛ اما روند «{of}» و هر مقایسه با آن ماه نادرست است.",
            en="None of them lies in this period; but the trend of “{of}” and comparisons with that month are wrong.",
            of=faults.title(metric),
        )  # fmt: skip
    if row["mended"] == row["mended"]:
        return faults.consequence(metric, row["shown"], row["mended"])
    return faults.at_most(metric, row["share"])


_REMEDY: Words = {
    "fa": "مقیاس آن پرسش‌نامه را در نگاشت با «scale: [کمینه، بیشینه]» بگویید و cx ingest را اجرا کنید؛ NPS تنها در "
    "۰ تا ۱۰ معنا دارد.",
    "en": "say that survey's “scale: [lowest, highest]” in the mapping and run cx ingest; NPS has a meaning on 0 to 10 "
    "only.",
}
