"""Does the model keep its word?  How a manager hears the hold-out."""

from __future__ import annotations

import pandas as pd

from cx_helpers.measures.value_holdout import Trial
from cx_helpers.wording import Words, say

FAR = 0.2  # a miss that is told as one

SERIES = {
    "actual": {"fa": "آنچه شد", "en": "what came"},
    "expected": {"fa": "پیش‌بینی", "en": "what was foretold"},
}


def sentence(trial: Trial) -> Words:
    """How far off the model was on the last days, which it had not seen."""
    row, days = trial.total.iloc[0], trial.days
    if pd.isna(row["miss"]) and not row.get("n", 0):
        return say(
            fa="خریدی از مشتری شناخته‌شده‌ای نیست که مدلی بر آن آزموده شود.",
            en="There is no purchase of a known customer on which a model could be tried.",
        )
    if pd.isna(row["miss"]):
        return say(
            fa="تاریخچه برای آزمون بیرون از نمونه کافی نیست؛ پیش‌بینی‌ها آزموده نشده‌اند.",
            en="There is too little history for a hold-out: what is foretold was not tried out.",
        )
    far = abs(row["miss"]) > FAR and (row["low"] > 0 or row["high"] < 0)
    told = say(
        fa="مدلی که {days} روز آخر را ندیده بود برای آن {expected:.0f} خرید پیش‌بینی کرد و {actual:.0f} خرید رخ "
        "داد: خطا {miss:+.0%} (بازهٔ ۹۵٪: {low:+.0%} تا {high:+.0%}، {n} مشتری).",
        en="Without having seen the last {days} days, the model foretold {expected:.0f} purchases for them, and "
        "{actual:.0f} came: off by {miss:+.0%} (95% interval {low:+.0%} to {high:+.0%}, {n} customers).",
        days=days, **{k: row[k] for k in ("expected", "actual", "miss", "low", "high", "n")},
    )  # fmt: skip
    if not far:
        return told
    more = {
        "fa": "این خطا بزرگ است: ارزش‌های این صفحه را به همین نسبت نادقیق بدانید.",
        "en": "That is far off: take the values on this page to be as far off.",
    }
    return {locale: f"{told[locale]} {more[locale]}" for locale in told}


def named(answer: pd.DataFrame) -> pd.DataFrame:
    """An answer by `series` with their names in both languages as labels of the reader's language."""
    from cx_helpers.wording import current

    answer = answer.rename(
        columns={"purchases": "repeat_purchases"}
    )  # of all or of each, and no forecast of a customer
    return answer.rename(index={k: v[current().locale] for k, v in SERIES.items()}, level="series")


def begins(trial: Trial) -> list[tuple]:
    """Where the hold-out begins, as an event of a picture over its weeks; nothing without weeks."""
    if trial.weeks.empty:
        return []
    held = trial.weeks.loc["actual"].query("held_out")
    words = {"fa": "از این‌جا مدل ندیده بود", "en": "from here on unseen"}
    return [(held.index[0], words)] if len(held) else []
