"""What better retention is worth here, and what that hangs on: how a manager hears it."""

from __future__ import annotations

import pandas as pd

from cx_helpers.measures.value_retention import LIFT
from cx_helpers.readings.value import what
from cx_helpers.records import Finding, clean
from cx_helpers.valuation import Model
from cx_helpers.wording import Words, current, number, say

ASSUMPTIONS = {
    "error": {"fa": "خطای برآورد", "en": "error of the estimate"},
    "margin": {"fa": "حاشیهٔ سود: یک‌پنجم کمتر و بیشتر", "en": "margin: a fifth less, a fifth more"},
    "discount": {"fa": "نرخ تنزیل: دو برابر و نصف", "en": "discount rate: double, half"},
    "horizon": {"fa": "افق: یک‌سوم کوتاه‌تر و بلندتر", "en": "horizon: a third shorter, longer"},
    "lift": {"fa": "بهبود ماندن: سه‌پنجم و هفت‌پنجم آن", "en": "lift: three fifths, seven fifths of it"},
    "model": {"fa": "مدل دیگر خرید", "en": "another model of buying"},
}


def named(bars: pd.DataFrame) -> pd.DataFrame:
    """The answer of `tornado` with each assumption as the reader calls it."""
    bars = bars.rename(columns={"gain": "value_gain"})
    return bars.rename(index={k: v[current().locale] for k, v in ASSUMPTIONS.items()})


def _up(row, lift: float, short: bool = False) -> Words:
    """By how much retention is better: what was asked, or what is left to 100 % where that is less."""
    left = 1 / row["retention"] - 1
    if left >= lift or short:
        digits = 0 if left >= lift else 1
        better = "" if short else " better"
        return say(fa=f"{{x:.{digits}%}}", en=f"{{x:.{digits}%}}{better}", x=min(lift, left))
    return say(fa="{x:.1%} (بیشترین اندازهٔ ممکن)", en="{x:.1%} better, the most there can be", x=left)


def sentence(model: Model, gain: pd.DataFrame, lift: float = LIFT) -> Words | None:
    """What the lift brings, from this company's own numbers, with its interval; None where nothing can be said."""
    row = gain.iloc[0]
    if pd.isna(row["gain"]):
        return None
    ends = {k: row[k] for k in ("retention", "better", "share", "share_low", "share_high")} | {"lift": _up(row, lift)}
    if model.spending is None:
        return say(
            fa="اگر ماندن مشتریان {lift} بهتر شود (از {retention:.1%} به {better:.1%} در سال)، خریدهای پیش رو "
            "{share:.1%} بیشتر می‌شود (بازهٔ ۹۵٪: {share_low:.1%} تا {share_high:.1%}).",
            en="Were retention {lift} (from {retention:.1%} to {better:.1%} a year), purchases to come "
            "would be {share:.1%} more (95% interval {share_low:.1%} to {share_high:.1%}).",
            **ends,
        )  # fmt: skip
    if row["gain"] < 0:
        return say(
            fa="هر فروش زیان می‌دهد (حاشیهٔ سود {margin:.1%})؛ اگر ماندن مشتریان {lift} بهتر شود (از {retention:.1%} به "
            "{better:.1%} در سال)، زیان مشتریان امروز {loss:money} بیشتر می‌شود (بازهٔ ۹۵٪: {low:money} تا "
            "{high:money}). نخست حاشیهٔ سود را درست کنید.",
            en="Each sale loses money (margin {margin:.1%}): were retention {lift} (from {retention:.1%} to "
            "{better:.1%} a year), today's customers would bring {loss:money} more loss (95% interval {low:money} to "
            "{high:money}). Mend the margin first.",
            margin=model.terms.margin, loss=-row["gain"], low=-row["high"], high=-row["low"], **ends,
        )  # fmt: skip
    return say(
        fa="اگر ماندن مشتریان {lift} بهتر شود (از {retention:.1%} به {better:.1%} در سال)، مشتریان امروز "
        "{gain:money} "
        "{what} بیشتر می‌آورند (بازهٔ ۹۵٪: {low:money} تا {high:money})، یعنی {share:.1%} بیش از ارزش پیش رو "
        "({share_low:.1%} تا {share_high:.1%}).",
        en="Were retention {lift} (from {retention:.1%} to {better:.1%} a year), today's customers would "
        "bring {gain:money} more {what} (95% interval {low:money} to {high:money}): {share:.1%} of the value to come "
        "({share_low:.1%} to {share_high:.1%}).",
        gain=row["gain"], low=row["low"], high=row["high"], what=what(model), **ends,
    )  # fmt: skip


def findings(model: Model, gain: pd.DataFrame, lift: float = LIFT) -> list[Finding]:
    """One opportunity: an estimate and no test, so never loud; nothing where money cannot be said, or is lost.

    Its value is the gain of one customer, in money as the metric is; intervals stand in the sentence and the impact.
    """
    row, text = gain.iloc[0], sentence(model, gain, lift)
    if text is None or not row["gain"] > 0 or model.spending is None or "hidden" in gain and row["hidden"]:
        return []
    impact = {"value": clean(row["gain"]), "low": clean(row["low"]), "high": clean(row["high"]), "unit": "money"}
    title = say(
        fa="{lift} ماندن بهتر در سال، ارزش مشتریان امروز را {share:.1%} بالا می‌برد",
        en="{lift} better retention a year lifts the value of today's customers by {share:.1%}",
        lift=_up(row, lift, short=True), share=row["share"],
    )  # fmt: skip
    return [
        Finding(
            kind="opportunity", subject={"retention_lift": number(lift, "en", 0, percent=True)}, measure="clv",
            value=clean(row["gain"] / row["n"]), n=int(row["n"]), impact=impact, severity="low", text=title,
            detail=text,
        )
    ]  # fmt: skip
