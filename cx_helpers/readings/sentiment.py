"""What is to be said of how customers feel?"""

from __future__ import annotations

import pandas as pd

from cx_helpers import disclosure, wording
from cx_helpers.measures.sentiment import BAND
from cx_helpers.wording import Words, say, sentences

GUARDS = [  # what this report guards against, for its data card
    {
        "fa": "چند نوشتهٔ یک مشتری یک نظر است، نه چند نظر (خطای معیار خوشه‌ای).",
        "en": "Several comments of one customer count as one voice (clustered standard errors).",
    },
    {
        "fa": "نوشته‌ای که خواندنی نیست نمره نمی‌گیرد و خنثی شمرده نمی‌شود.",
        "en": "A comment that cannot be read gets no score; it is not counted as neutral.",
    },
    {
        "fa": "مدل بخشی از نوشته‌ها را نادرست می‌خواند: سهم‌ها برای این خطا تصحیح شده‌اند و بازه‌شان آن را در بر دارد؛ "
        "گروه‌ها و دوره‌ها را همان یک مدل می‌خواند، پس بازهٔ تغییرها و تفاوت‌ها خطای مدل را در بر ندارد و کوتاه‌تر است؛ "
        "جایی که دو گروه دربارهٔ چیزهای دیگر یا به سبکی دیگر می‌نویسند، بخشی از تفاوتشان می‌تواند از مدل باشد.",
        "en": "The model misreads some comments: shares are corrected for that and their intervals hold it; groups and "
        "periods are read by the same model, so the intervals of changes do not hold that error and are shorter. Where "
        "two groups write of other things, or in another style, part of their difference may be the model’s.",
    },
]


OVERLAP = {  # to be read beside impacts
    "fa": (
        "«اگر اصلاح شود» بیشترین بهبود ممکن در احساس کل است؛ یافته‌ها هم‌پوشانی دارند و جمع نمی‌شوند، و هیچ‌کدام علت را "
        "ثابت نمی‌کند. گام بعد: نقل‌قول‌های همین صفحه را بخوانید و مسیر این گروه‌ها را در گزارش سفر ببینید."
    ),
    "en": (
        "“If fixed” is the most that the feeling as a whole could gain; findings overlap and do not add up, and none "
        "proves a cause. Next: read the quotes on this page, and these groups’ path in the journey report."
    ),
}


def known(errors) -> Words | None:
    """From what is it known how the model misreads?  For the data card.

    errors  of intake.sentiment.errors
    """
    if errors is None:
        return None
    table = errors(BAND) if callable(errors) else errors
    if "unseen" in table:
        return say(
            fa="نوشته‌های همین شرکت که نویسنده‌شان امتیاز هم داده است ({n} نویسنده)",
            en="this company’s own comments whose writers also gave a number ({n} writers)",
            n=int(table[["n_negative", "n_not_negative"]].to_numpy().sum()),
        )
    return say(
        fa="نوشته‌های برچسب‌خوردهٔ {k} حوزهٔ دیگر: سطحِ این شرکت را تنها به‌تقریب می‌گوید",
        en="labelled comments of {k} other domains, which tell the level of this company roughly",
        k=len(table),
    )


def with_reason(negative: pd.DataFrame) -> pd.DataFrame:
    """The share with `why` it is not told, where comments were counted and only the model is at fault; for its tile."""
    mute = negative["negative_share"].isna() & negative.get("called", pd.Series(index=negative.index)).notna()
    why = {
        "fa": "مدل نوشته‌های خوب و بد این شرکت را بسنده از هم جدا نمی‌کند",
        "en": "the model does not tell this company’s good and bad comments apart well enough",
    }
    return negative.assign(why=pd.Series(why[wording.current().locale], negative.index, object).where(mute))


def sentence(now: pd.DataFrame, negative: pd.DataFrame, change: pd.DataFrame) -> Words:
    """The bottom line: how customers feel, how many are negative, and whether that moved.

    now, negative   answers of `mean` and `negative_share` as a whole;  change  comparison.change of `now`
    """
    row, bad = now.iloc[0], negative.iloc[0]
    if row.get("hidden"):
        return disclosure.sentence(row["hidden"])
    if pd.isna(row["sentiment"]):
        return say(
            fa="در این دوره تنها {n} نوشتهٔ خواندنی رسیده است؛ برای عددی که بتوان به آن تکیه کرد کم است.",
            en="Only {n} readable comments came in this period: too few for a number to rely on.",
            n=row["n"],
        )
    here = say(
        fa="میانگین احساس نوشته‌ها {x:+.2f} است (از −۱ تا +۱؛ بازهٔ ۹۵٪: {low:+.2f} تا {high:+.2f}، از {n} نوشته).",
        en="Comments feel {x:+.2f} on average (−1 to +1; 95% interval {low:+.2f} to {high:+.2f}, {n} comments).",
        x=row["sentiment"],
        low=row["low"],
        high=row["high"],
        n=row["n"],
    )
    return sentences(here, _negative(bad), _moved(change.iloc[0] if len(change) else None))


def _negative(bad: pd.Series) -> Words | None:
    """How many are negative, never without its interval."""
    if pd.isna(bad["negative_share"]):
        return None
    values = {"b": bad["negative_share"], "low": bad["low"], "high": bad["high"]}
    if pd.isna(bad.get("called")):
        return say(
            fa="{b:.0%} نوشته‌ها ناخوشایند خوانده شده‌اند (بازهٔ ۹۵٪: {low:.0%} تا {high:.0%}).",
            en="{b:.0%} of them are read as negative (95% interval {low:.0%} to {high:.0%}).",
            **values,
        )
    return say(
        fa="{b:.0%} نوشته‌ها ناخوشایندند (بازهٔ ۹۵٪ با خطای خود مدل: {low:.0%} تا {high:.0%}).",
        en="{b:.0%} of them are negative (95% interval with the model’s own error: {low:.0%} to {high:.0%}).",
        **values,
    )


def _moved(step) -> Words:
    if step is None or pd.isna(step["change"]):
        return say(fa="دورهٔ پیش برای مقایسه نوشتهٔ کافی ندارد.", en="The period before has too few comments to compare.")
    values = {"c": step["change"], "low": step["low"], "high": step["high"]}
    beside = min(abs(step["low"]), abs(step["high"])) < 0.005  # a bound near 0 shows on which side of it it lies
    ends = {
        "fa": "({c:+.2f}، بازهٔ ۹۵٪: {low:+.2f} تا {high:+.2f})",
        "en": "({c:+.2f}, 95% interval {low:+.2f} to {high:+.2f})",
    }
    values["ends"] = say(**{k: end.replace(".2f", ".3f" if beside else ".2f") for k, end in ends.items()}, **values)
    if step["low"] <= 0 <= step["high"]:
        return say(
            fa="نسبت به دورهٔ پیش تغییر معناداری دیده نمی‌شود {ends}.",
            en="Against the period before, no change beyond chance {ends}.",
            **values,
        )
    way = {"fa": "خوشایندتر", "en": "kinder"} if step["change"] > 0 else {"fa": "ناخوشایندتر", "en": "harsher"}
    return say(
        fa="نسبت به دورهٔ پیش {way} شده است {ends}.",
        en="They became {way} than in the period before {ends}.",
        way=way,
        **values,
    )
