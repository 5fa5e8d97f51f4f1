"""What is to be said of amounts that were written in another unit?"""

from __future__ import annotations

import pandas as pd

from cx_helpers import faults
from cx_helpers.measures.units import ALL
from cx_helpers.records import Finding
from cx_helpers.wording import Words, name, raw, say

ASKED = "unit_of_source"  # nobody can tell it from the data
_METRICS = {"orders": "revenue", "contracts": "monthly_fee", "touchpoints": "cost"}


def findings(found: pd.DataFrame) -> tuple[list[Finding], int]:
    """Each stretch in another unit, what moves most first, and how many feeds were looked at.

    found  of `units`
    """
    order = found["moved"].astype(float).abs().fillna(0).to_numpy().argsort(kind="stable")[::-1]
    told = [_finding(*found.index[place], found.iloc[place]) for place in order]
    return told, found.attrs["looks"]


def _finding(table: str, column: str, source: str, row: pd.Series) -> Finding:
    of = say(fa=" (منبع «{source}»)", en=" (source “{source}”)", source=raw(source))
    over = row["factor"] > 1
    text = say(
        fa="{table}{of}: «{column}» از {first} تا {last} {k} برابرِ همیشه است؛ گویا در واحد دیگری نوشته شده ({n} ردیف)"
        if over
        else "{table}{of}: «{column}» از {first} تا {last} یک‌{k}مِ همیشه است؛ گویا در واحد دیگری نوشته شده ({n} ردیف)",
        en="{table}{of}: “{column}” is {k} times the usual from {first} to {last}, as if in another unit ({n} rows)"
        if over
        else "{table}{of}: “{column}” is 1/{k} of the usual from {first} to {last}, as if in another unit ({n} rows)",
        table={locale: words[:1].upper() + words[1:] for locale, words in name(table).items()},
        of={"fa": "", "en": ""} if source == ALL else of, column=raw(column),
        first=row["first_day"], last=row["last_day"], n=int(row["n"]),
        k=round(row["factor"] if over else 1 / row["factor"]),
    )  # fmt: skip
    always = isinstance(row["beside"], str)
    if always:
        text = _always(table, column, source, row)
    metric, now = _METRICS[table], row["moved"] == row["moved"]
    loud = faults.loudness(row["moved"]) if now and not always else "medium"
    return faults.finding(
        table, ASKED if always else "unit", loud, text, _consequence(metric, row, now), _ASK if always else _REMEDY,
        subject={"column": column} | ({} if source == ALL else {"source": source}), metric=metric,
        value=faults.share(row["n"], row["n_all"]), baseline=0.0, n=int(row["n_all"]),
    )  # fmt: skip


def _always(table: str, column: str, source: str, row: pd.Series) -> Words:
    """That all amounts of a source are a power of ten times another one's."""
    over = row["factor"] > 1
    return say(
        fa="{table}: «{column}» در منبع «{source}» همیشه {k} برابرِ منبع «{other}» است و پراکندگی هر دو "
        "یکی است ({n} ردیف)؛ آیا در واحد دیگری نوشته شده؟"
        if over
        else "{table}: «{column}» در منبع «{source}» همیشه یک‌{k}مِ منبع «{other}» است و پراکندگی هر دو "
        "یکی است ({n} ردیف)؛ آیا در واحد دیگری نوشته شده؟",
        en="{table}: the values of “{column}” of source “{source}” are always {k} times those of “{other}”, and "
        "spread alike ({n} rows); is it another unit?"
        if over
        else "{table}: the values of “{column}” of source “{source}” are always 1/{k} of those of “{other}”, and "
        "spread alike ({n} rows); is it another unit?",
        table={locale: words[:1].upper() + words[1:] for locale, words in name(table).items()},
        column=raw(column), source=raw(source), other=raw(row["beside"]), n=int(row["n"]),
        k=round(row["factor"] if over else 1 / row["factor"]),
    )  # fmt: skip


_ASK: Words = {
    "fa": "بپرسید این منبع به ریال است یا تومان؛ اگر واحدش دیگر است «currency» را در نگاشت همان منبع بگویید و "
    "cx ingest را اجرا کنید؛ اگر مشتریانش به‌راستی چنین می‌خرند، کاری نکنید.",
    "en": "ask whether that source is in rials or in toman; if its unit is another one, say “currency” in its mapping "
    "and run cx ingest; if its customers do buy so, leave it.",
}


def _consequence(metric: str, row: pd.Series, now: bool) -> Words:
    if now and metric == "revenue":
        return faults.consequence(metric, row["shown"], row["mended"])
    if now:
        return say(
            fa="پیامد: جمع «{what}» در این دوره {x} جابه‌جاست.",
            en="The sum of “{what}” in this period is off by {x}.",
            what=faults.title(metric), x=faults.portion(abs(row["moved"])),
        )  # fmt: skip
    return say(
        fa="پیامد: هیچ‌یک در این دوره نیست؛ اما روند «{what}»، ارزش مشتریان و هر مقایسه با آن روزها نادرست است.",
        en="None of them lies in this period; but the trend of “{what}”, what customers are worth and every comparison "
        "with those days are wrong.",
        what=faults.title(metric),
    )  # fmt: skip


_REMEDY: Words = {
    "fa": "ببینید خروجی آن روزها به ریال است یا تومان؛ برای آن فایل «currency» یا «unit» را در نگاشت بگویید و "
    "cx ingest را اجرا کنید.",
    "en": "see whether the export of those days is in rials or in toman; say “currency” or “unit” of that file in the "
    "mapping and run cx ingest.",
}
