"""What is to be said of how a rule would have done, and why it sometimes cannot be told?"""

from __future__ import annotations

import pandas as pd

from cx_helpers import disclosure, offpolicy
from cx_helpers.actions import Action
from cx_helpers.readings.next_action import fact
from cx_helpers.records import Finding, severity
from cx_helpers.wording import Words, join, raw, say, sentences

LARGE = 0.1  # of what a customer brings without it: a tenth more is large

GUARDS = [
    {
        "fa": "ارزش قاعده از آزمایشی با قرعه برآورد شده است: برآوردگر دوسویه‌استوار (doubly robust) با بخت‌ها و مدلی که "
        "هر پنجم مشتریان از چهار پنجم دیگر می‌آموزد؛ وزن‌دهی وارون (IPW) در کنارش. بازه‌ها از بازنمونه‌گیری مشتریان‌اند. "
        "آنچه در داده‌ها نیست دیده نمی‌شود.",
        "en": "The rule’s value is estimated from an experiment with a lot: doubly robust, with chances and a model "
        "that each fifth of the customers learns from the other four; inverse propensity weighting beside it. "
        "Intervals draw customers again. What is not in the data is not seen.",
    },
    {
        "fa": "قاعده را در روز آغاز آزمایش پرسیده‌ایم، با دانسته‌های همان روز؛ سقف، بودجه و استراحت در آن نیست. جایی که "
        "قرعه‌ای در کار نبوده یا هم‌پوشانی کم است، عددی گفته نمی‌شود.",
        "en": "The rule was asked on the day the experiment began, with what was known that day; caps, budget and rest "
        "are left aside. Where no lot decided, or overlap is poor, no number is told.",
    },
]
NAMES: dict[str, Words] = {
    "nobody": {"fa": "برای هیچ‌کس", "en": "for nobody"},
    "done": {"fa": "آنچه شد", "en": "as it was done"},
    "lot": {"fa": "به همان شمار، با قرعه", "en": "as many, by lot"},
    "everybody": {"fa": "برای همه", "en": "for everybody"},
    "rule": {"fa": "به این قاعده", "en": "by this rule"},
}
VALUES = {
    "columns": ["treated", "value_each", "low", "high", "snipw", "ess"],
    "titles": {
        "treated": {"fa": "به چه سهمی می‌رسد", "en": "share that gets it"},
        "value_each": {"fa": "سود هر مشتری", "en": "money a customer"},
        "snipw": {"fa": "با وزن وارون", "en": "weighted (SNIPW)"},
        "ess": {"fa": "اندازهٔ مؤثر", "en": "effective size"},
    },
    "formats": {"treated": "share", "ess": "count", **dict.fromkeys(("value_each", "low", "high", "snipw"), "money")},
    "rows_title": {"fa": "اگر می‌دادیم", "en": "had it been given"},
}
SIDES = {
    "columns": ["n", "each", "low", "high"],
    "titles": {
        "n": {"fa": "مشتریان", "en": "customers"},
        "each": {"fa": "سود افزوده برای هر یک", "en": "gain of each"},
    },
    "formats": {"n": "count", "each": "money", "low": "money", "high": "money"},
    "rows_title": {"fa": "گروه", "en": "group"},
}
_SIDES = {
    "picked": {"fa": "کسانی که قاعده برمی‌گزیند", "en": "picked by the rule"},
    "others": {"fa": "دیگران", "en": "others"},
}
_AGAINST = {
    "nobody": {"fa": "کاری نکردن", "en": "doing nothing"},
    "lot": {"fa": "دادن به همان شمار با قرعه", "en": "giving it to as many by lot"},
    "everybody": {"fa": "دادن به همه", "en": "giving it to everybody"},
}
_WHY = {
    "none": (
        "هیچ کاری در actions.yaml نمی‌گوید کجا با قرعه آزموده شده است (tried)؛ پس گفته نمی‌شود قاعده‌ها چه می‌کردند. "
        "سهمی که به قید قرعه کنار می‌ماند (holdout) همین آزمایش است: نتیجه‌اش را در جدول exposures بیاورید.",
        "No action in actions.yaml says where it was tried by lot (tried), so nothing is told of how the rules would "
        "have done. The share held back by lot (holdout) is such a trial: bring it into the table exposures.",
    ),
    "table": (
        "جدول exposures یا آزمایش «{experiment}» نیست؛ پس گفته نمی‌شود قاعده چه می‌کرد.",
        "There is no table exposures, or no experiment “{experiment}” in it, so nothing is told of how the rule would "
        "have done.",
    ),
    "untried": (
        "در آزمایش گروهی به این نام نیست، یا روزهای هیچ‌کس هنوز به سر نرسیده است.",
        "The experiment has no such variant, or nobody’s days are over yet.",
    ),
    "one_side": (
        "همه آن را گرفته‌اند و کسی بی‌آن نبوده است: قرعه‌ای در کار نبوده و چیزی برای مقایسه نیست.",
        "Everybody got it and nobody went without: no lot decided, and there is nothing to compare with.",
    ),
    "few": (
        "در یکی از دو گروه {n} مشتری هست و دست‌کم {needed} لازم است.",
        "One of the groups has {n} customers, and {needed} are needed.",
    ),
    "overlap": (
        "دربارهٔ {share:.0%} از مشتریان از پیش معلوم بود که می‌گیرند یا نه: قرعه‌ای در کار نبوده است، و از چنین داده‌ای "
        "نمی‌توان گفت قاعدهٔ دیگری چه می‌کرد.",
        "Of {share:.0%} of the customers it was settled beforehand whether they got it: no lot decided, and such data "
        "cannot tell how another rule would have done.",
    ),
    "nobody": (
        "قاعده در آن روز {n} مشتری را برمی‌گزید و دست‌کم {needed} لازم است.",
        "On that day the rule would have picked {n} customers, and {needed} are needed.",
    ),
    "everybody": (
        "قاعده در آن روز تقریباً همه را برمی‌گزید؛ پس با «برای همه» فرقی ندارد.",
        "On that day the rule would have picked nearly everybody, so it is no different from “for everybody”.",
    ),
    "thin": (
        "وزن‌ها چنان نابرابرند که اندازهٔ مؤثر تنها {share:.0%} است؛ هم‌پوشانی کم است.",
        "Weights are so uneven that the effective size is {share:.0%} only: overlap is poor.",
    ),
    "facts": (
        "قاعده چیزی می‌پرسد که برای روزی در گذشته گفته نمی‌شود: {facts}.",
        "The rule asks for what is not told of a past day: {facts}.",
    ),
}


def refusal(refused: dict, smallest: int = 1) -> Words | None:
    """Why nothing is told; None where it is.  refused  of `policy_value.tested`, or {"none": {}}, {"table": {…}}"""
    for why, facts in refused.items():
        fa, en = _WHY[why]
        more = {"needed": offpolicy.FEWEST} | facts
        if "n" in facts:
            more["n"] = disclosure.count(facts["n"], smallest)
        if "facts" in facts:
            more["facts"] = join([fact(f) for f in facts["facts"]])
        if "experiment" in facts:
            more["experiment"] = raw(facts["experiment"])
        return say(fa=fa, en=en, **more)
    return None


def shown(found: pd.DataFrame, locale: str) -> pd.DataFrame:
    """`values` or `effect` with their rows in words."""
    names = NAMES | _SIDES
    return found.set_axis(pd.Index([names[k][locale] for k in found.index], name=found.index.name, dtype=object))


def sentence(gains: pd.DataFrame, action: Action | None, days: float) -> Words | None:
    """By how much the rule would have been better; None where nothing is told.  gains  of `policy_value.gains`"""
    if gains.empty or action is None:
        return None
    row, lot = gains.loc["nobody"], gains.loc["lot"]
    sure = {"fa": "", "en": ""}
    if not lot["p_adjusted"] < 0.05:
        sure = {"fa": " از قرعه بهتر بودنش ثابت نشد.", "en": " That it picks better than a lot is not shown."}
    return say(
        fa="آزموده بر گذشته: «{a}» به این قاعده در {d:.0f} روز {x:money} به سود هر مشتری می‌افزود (بازهٔ ۹۵٪: "
        "{low:money} تا {high:money})، و {y:money} بیش از همان شمار با قرعه.{sure}",
        en="Tried on the past: “{a}” by this rule would have added {x:money} a customer within {d:.0f} days (95% "
        "interval {low:money} to {high:money}), and {y:money} more than as many by lot.{sure}",
        a=action.name, d=days, x=row["change"], low=row["low"], high=row["high"], y=lot["change"], sure=sure,
    )  # fmt: skip


def everybody(gains: pd.DataFrame, values: pd.DataFrame, effect: pd.DataFrame) -> Words | None:
    """Where giving to everybody is not surely worse than the rule: how the two compare, and what those bring whom the
    rule leaves out.  None where the rule is surely better, or nothing is told.

    gains, values, effect  of `policy_value`
    """
    if gains.empty or gains.loc["everybody", "p_adjusted"] < 0.05:
        return None
    rule, whole = values["value_each"].get("rule"), values["value_each"].get("everybody")
    if pd.isna(rule) or pd.isna(whole):
        return None
    more = whole > rule
    parts = [say(
        fa="«برای همه» از هر مشتری {y:money} سود می‌داد و این قاعده {x:money}: "
        + ("قاعده کمتر، " if more else "قاعده بیشتر، ") + "ولی تفاوت قطعی نیست."
        + (" آنچه به سود قاعده است بودجه است." if more else ""),
        en="“For everybody” gives {y:money} a customer and this rule {x:money}: the rule is "
        + ("lower" if more else "higher") + ", but the difference is not sure."
        + (" What speaks for the rule is the budget." if more else ""),
        x=rule, y=whole,
    )]  # fmt: skip
    others = effect.loc["others"]
    if others["low"] > 0:
        parts.append(say(
            fa="دیگران هم، هر یک، {x:money} می‌افزایند، پیش از هزینه (بازهٔ ۹۵٪: {low:money} تا {high:money}).",
            en="The others add {x:money} each, too, before its cost (95% interval {low:money} to {high:money}).",
            x=others["each"], low=others["low"], high=others["high"],
        ))  # fmt: skip
    return sentences(*parts)


def findings(gains: pd.DataFrame, values: pd.DataFrame, action: Action | None) -> tuple[list[Finding], int]:
    """Against what the rule is better, or worse, and how many comparisons were made.

    That it is better than giving to everybody is told in the table only: what gives to fewer saves their cost, which is
    so of any rule where what is given brings nothing.
    """
    out = []
    base = values["value_each"].get("nobody", float("nan")) if len(values) else float("nan")
    for against, row in gains[gains["p_adjusted"].notna()].iterrows():
        loud = severity(row["p_adjusted"], bool(abs(row["change"]) >= LARGE * abs(base)))
        good = row["change"] > 0
        if loud is None or (good and against == "everybody"):
            continue
        text = say(
            fa="دادن «{a}» به این قاعده از {b} {x:money} برای هر مشتری " + ("بهتر" if good else "بدتر") + " است",
            en="Giving “{a}” by this rule is " + ("better" if good else "worse") + " than {b} by {x:money} a customer",
            a=action.name, b=_AGAINST[against], x=abs(row["change"]),
        )  # fmt: skip
        out.append(Finding(
            kind="opportunity" if good else "risk", subject={"action": action.key, "against": against},
            measure="value_each", value=row["change"], baseline=0.0, low=row["low"], high=row["high"], n=int(row["n"]),
            p_adjusted=row["p_adjusted"], looks=len(gains), severity=loud, text=text, good=bool(good),
        ))  # fmt: skip
    return out, len(gains)
