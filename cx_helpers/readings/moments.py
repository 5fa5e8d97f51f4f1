"""Which touchpoints make or break a customer, and how is it said?"""

from __future__ import annotations

import pandas as pd

from cx_helpers.records import Finding, clean
from cx_helpers.wording import Words, compared, join, name, say, sentences

_EXPERIENCE = {  # of those …
    "outcome": {"fa": "در آن ناکام ماندند", "en": "who failed there"},
    "duration": {"fa": "در آن کند پیش رفتند", "en": "who were slow there"},
    "score": {"fa": "به آن نمرهٔ پایین دادند", "en": "who gave it a low score"},
    "unsolved": {"fa": "یک هفته بی‌نتیجه ماندند", "en": "who waited a week without a solution"},
}


def findings(found: pd.DataFrame, window_days: int = 60, order_value: float | None = None) -> tuple[list[Finding], int]:
    """The moments of truth that stand after correction: fewer come back after a bad experience.  (findings, looks).

    Impact: customers who would order again if bad went with what good goes with; an association, not a promise.
    """
    out = []
    for row in found[found["loud"].notna() & (found["change"] < 0)].itertuples():
        lost = {"value": -row.change * row.n_bad, "low": -row.high * row.n_bad, "high": -row.low * row.n_bad}
        money = None
        if order_value:
            money = say(
                fa="فروشی که در خطر است: حدود {m:money}.",
                en="Sales at risk: about {m:money}.",
                m=lost["value"] * order_value,
            )
        out.append(
            Finding(
                kind="moment_of_truth",
                subject={"touchpoint": row.touchpoint, "experience": row.experience},
                measure="repeat_rate",
                value=clean(row.again_good + row.change),
                baseline=clean(row.again_good),
                low=clean(row.again_good + row.low),
                high=clean(row.again_good + row.high),
                n=int(row.n),
                p_adjusted=clean(row.p_adjusted),
                impact=lost | {"unit": "customers"},
                severity=row.loud,
                text=say(
                    fa="«{t}» سرنوشت‌ساز است: از کسانی که {e} {x:.0%} تا {d} روز بعد دوباره خریدند؛ از دیگران {b:.0%}",
                    en="“{t}” is a moment of truth: of those {e}, {x:.0%} ordered again within {d} days; "
                    "of the others, {b:.0%}",
                    t=name(row.touchpoint),
                    e=_EXPERIENCE[row.experience],
                    x=row.again_good + row.change,
                    b=row.again_good,
                    d=window_days,
                ),
                detail=_detail(row, money),
                looks=len(found),
            )
        )
    return out, len(found)


def _detail(row, money: Words | None) -> Words:
    proof = say(
        fa="تفاوت: {c:+.1f} واحد درصد (بازهٔ ۹۵٪: {low:+.1f} تا {high:+.1f})، میان مشتریانی که پیش‌تر به یک اندازه خرید "
        "کرده بودند؛ {k} نفر تجربهٔ بد داشتند. این دو با هم دیده شده‌اند؛ لزوماً یکی علت دیگری نیست.",
        en="Difference: {c:+.1f} percentage points (95% interval {low:+.1f} to {high:+.1f}) among customers who had "
        "bought as often before; {k} had a bad experience. An association, not a cause.",
        c=100 * row.change,
        low=100 * row.low,
        high=100 * row.high,
        k=row.n_bad,
    )
    flip = say(
        fa="در یکی از گروه‌ها جهت تفاوت وارونه است؛ با احتیاط بخوانید."
        if row.flips == 1
        else "در {k} گروه جهت تفاوت وارونه است؛ با احتیاط بخوانید.",
        en="In one of the groups the difference points the other way: read with care."
        if row.flips == 1
        else "In {k} groups the difference points the other way: read with care.",
        k=row.flips,
    )
    return sentences(proof, money, flip if row.flips else None)


def sentence(found: list[Finding], looks: int) -> Words:
    """What the search for moments of truth brought, in one sentence."""
    if not looks:
        return say(
            fa="برای یافتن لحظه‌های سرنوشت‌ساز، هنوز مشتری کافی نیست که مهلت بازگشتش تمام شده باشد.",
            en="There are not yet enough customers whose time to return is over, so moments of truth cannot be told.",
        )
    if not found:
        return say(
            fa="{compared}، هیچ تجربه‌ای پس از تصحیح با بازگشت مشتری همراه نبود.",
            en="{compared} no experience goes, after correction, with whether customers come back.",
            compared=compared(looks),
        )
    return say(
        fa="{m} لحظهٔ سرنوشت‌ساز پیدا شد (از {k} مقایسه): {p}.",
        en="{m} moments of truth were found (of {k} comparisons): {p}.",
        k=looks,
        m=len(found),
        p=join([name(t) for t in dict.fromkeys(f.subject["touchpoint"] for f in found[:4])]),
    )
