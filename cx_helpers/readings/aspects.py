"""Which aspects are told of otherwise than before, and what is to be said of them?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cx_helpers import certainty
from cx_helpers.measures.aspect_changes import changes
from cx_helpers.records import Finding, amount, clean, severity, step
from cx_helpers.wording import Words, join, name, say, sentences

LARGE = {"aspect_share": 0.05, "aspect_negative": 0.10}  # a step that a manager hears of loudly
WEIGHT = 0.05  # of all comments: of an aspect that fewer name, a change of feeling is not told loudly


def findings(
    named: tuple[pd.DataFrame, pd.DataFrame], felt: tuple[pd.DataFrame, pd.DataFrame], costs: pd.DataFrame | None = None
) -> tuple[list[Finding], int]:
    """Which aspects are written about more or less than before, and which feel otherwise?

    named, felt  (answer now, answer of the period before) of `share` and of `negative_share`;  costs  of `cost`: what
                 complaints go with in ratings is told beside a finding that has it
    All aspects in both measures are one family (Holm). One finding an aspect: a topic that broke out says in its detail
    how it feels. Returns (findings, number of looks).
    """
    looks = []
    for metric, (now, before) in (("aspect_share", named), ("aspect_negative", felt)):
        frame = changes(now, before, metric).assign(metric=metric, own_low=now["low"], own_high=now["high"])
        frame = frame.assign(weight=named[0]["aspect_share"].reindex(frame.index))
        looks.append(frame[frame["p_value"].notna()])
    table = pd.concat([frame for frame in looks if len(frame)]) if any(map(len, looks)) else looks[0]
    table = table.assign(p_adjusted=certainty.adjust(table["p_value"], "holm"))
    made: dict[str, Finding] = {}
    for aspect, row in table.sort_values("p_adjusted", kind="stable").iterrows():
        one = _finding(aspect, row, len(table), felt[0], costs)
        if one is not None and aspect not in made:
            made[aspect] = one
    return list(made.values()), len(table)


def _finding(aspect, row, looks: int, felt: pd.DataFrame, costs: pd.DataFrame | None) -> Finding | None:
    metric, up = row["metric"], row["change"] > 0
    large = abs(row["change"]) >= LARGE[metric] and (metric == "aspect_share" or row["weight"] >= WEIGHT)
    loud = severity(row["p_adjusted"], large)
    if loud is None:
        return None
    bad = felt["aspect_negative"].get(aspect, np.nan)
    troubled = bool(up and (metric == "aspect_negative" or bad >= 0.5))
    way = {"fa": "رسید", "en": "rose"} if up else {"fa": "کاهش یافت", "en": "fell"}
    claim = {
        "aspect_share": {
            "fa": "سهم نوشته‌های دربارهٔ «{a}» از {b} به {x} {way}",
            "en": "The share of comments about “{a}” {way} from {b} to {x}",
        },
        "aspect_negative": {
            "fa": "سهم ناراضی‌ها در نوشته‌های دربارهٔ «{a}» از {b} به {x} {way}",
            "en": "Among comments about “{a}”, the negative share {way} from {b} to {x}",
        },
    }[metric]
    x, b = (amount(metric, row[c]) for c in ("value", "before"))
    return Finding(
        kind="topic" if metric == "aspect_share" else "change_point",
        subject={"aspect": aspect},
        measure=metric,
        value=clean(row["value"]),
        baseline=clean(row["before"]),
        low=clean(row["own_low"]),
        high=clean(row["own_high"]),
        n=int(row["n"]),
        p_adjusted=clean(row["p_adjusted"]),
        severity=loud if troubled else "low" if loud == "low" else "medium",
        text=say(**claim, a=name(aspect), x=x, b=b, way=way),
        detail=_detail(aspect, row, felt, costs),
        looks=looks,
        good=None if metric == "aspect_share" and not troubled else not up,
    )


def _detail(aspect, row, felt: pd.DataFrame, costs: pd.DataFrame | None) -> Words:
    ends = [step(row["metric"], row[c], unit=False, sign="+") for c in ("low", "high")]
    parts = [
        say(
            fa="تغییر: {c} (بازهٔ ۹۵٪: {low} تا {high}).",
            en="Change: {c} (95% interval {low} to {high}).",
            c=step(row["metric"], row["change"], sign="+"),
            low=ends[0],
            high=ends[1],
        )
    ]
    bad = felt.loc[aspect] if aspect in felt.index else None
    if row["metric"] == "aspect_share" and bad is not None and bad["aspect_negative"] == bad["aspect_negative"]:
        parts.append(
            say(
                fa="{x:.0%} آن‌ها ناراضی‌اند (بازهٔ ۹۵٪ با خطای مدل: {low:.0%} تا {high:.0%}).",
                en="{x:.0%} of them are unhappy with it (95% interval with the model’s error {low:.0%} to {high:.0%}).",
                x=bad["aspect_negative"],
                low=bad["low"],
                high=bad["high"],
            )
        )
    price = None if costs is None or aspect not in costs.index else costs.loc[aspect]
    if price is not None and price["high"] < 0:
        parts.append(_price(price))
    return sentences(*parts)


def _price(price: pd.Series) -> Words:
    return say(
        fa="نوشته‌ای که از آن گله دارد {c:.2f} امتیاز پایین‌تر است (بازهٔ ۹۵٪: {low:.2f} تا {high:.2f}).",
        en="A comment that complains of it rates {c:.2f} points lower (95% interval {low:.2f} to {high:.2f}).",
        c=-price["rating_cost"],
        low=-price["high"],
        high=-price["low"],
    )


def sentence(named: pd.DataFrame, felt: pd.DataFrame, costs: pd.DataFrame, mixed: pd.DataFrame | None = None) -> Words:
    """What customers write about most, what they are least happy with, and what that goes with in ratings.

    named, felt, costs, mixed  answers of aspects.share, negative_share, cost and mixed_share
    """
    shown = named[named["aspect_share"].notna() & (named["n"] > 0)].sort_values("n", ascending=False, kind="stable")
    if shown.empty:
        return say(
            fa="در این دوره نوشته‌های کافی دربارهٔ هیچ جنبه‌ای نیست.",
            en="No aspect is named by enough comments in this period.",
        )
    first = join([name(aspect) for aspect in shown.index[:3]])
    parts = [say(fa="بیش از همه دربارهٔ {first} می‌نویسند.", en="They write most about {first}.", first=first)]
    sure = felt[felt["low"].notna()]
    if len(sure):
        surest = sure["aspect_negative"] - certainty.Z95 * sure["se"]  # that it is worse than others: misread alike
        worst = surest.fillna(sure["low"]).idxmax()
        row = sure.loc[worst]
        parts.append(
            say(
                fa="ناراضی‌ترین نوشته‌ها دربارهٔ «{a}» است: {x:.0%} ناخوشایند (بازهٔ ۹۵٪ با خطای مدل: {low:.0%} تا "
                "{high:.0%}، {n} نوشته).",
                en="The least happy are about “{a}”: {x:.0%} negative (95% interval with the model’s error {low:.0%} "
                "to {high:.0%}, {n} comments).",
                a=name(worst),
                x=row["aspect_negative"],
                low=row["low"],
                high=row["high"],
                n=row["n"],
            )
        )
    if costs.attrs.get("why"):
        parts.append(costs.attrs["why"])
    elif (dear := costs[(costs["high"] < 0) & (costs["p_adjusted"] < 0.05)]).size:
        top = dear["lost"].idxmin()
        parts.append(
            say(
                fa="بیشترین افت امتیاز با گله از «{a}» همراه است: میانگین امتیاز بی آن {x:.2f} بالاتر می‌بود (بازهٔ ۹۵٪: "
                "{low:.2f} تا {high:.2f}).",
                en="Complaints about “{a}” go with the greatest loss: without them the mean rating would be {x:.2f} "
                "points higher (95% interval {low:.2f} to {high:.2f}).",
                a=name(top),
                x=-dear.at[top, "lost"],
                low=-dear.at[top, "lost_high"],
                high=-dear.at[top, "lost_low"],
            )
        )
    if mixed is not None and mixed["mixed_share"].notna().iloc[0]:
        parts.append(_mixed(mixed.iloc[0]))
    return sentences(*parts)


def _mixed(row: pd.Series) -> Words:
    if not row["mixed_share"]:
        return say(
            fa="در هیچ نوشته‌ای چیزی پسندیده و از چیزی دیگر گله نشده است.",
            en="No comment is pleased with one thing and displeased with another.",
        )
    return say(
        fa="در {x:.1%} نوشته‌ها چیزی پسندیده و از چیزی دیگر گله شده است (بازهٔ ۹۵٪: {low:.1%} تا {high:.1%}).",
        en="{x:.1%} of the comments are pleased with one thing and displeased with another (95% interval {low:.1%} to "
        "{high:.1%}).",
        x=row["mixed_share"],
        low=row["low"],
        high=row["high"],
    )


READ_NOTE = {
    "fa": "شمارها همان است که مدل خوانده است؛ خنثی یعنی احساسی نزدیک به صفر. سهم جدول زیر خنثی ندارد: هر احساسِ "
    "پایین‌تر از صفر ناراضی شمرده شده است.",
    "en": "Counts as the model reads; neutral is near 0. The share in the table below has no neutral: every feeling "
    "below 0 counts as unhappy",
}


COST_NOTE = {
    "fa": (
        "نوشته‌ای که از این جنبه گله دارد چند امتیاز پایین‌تر است، اگر دربارهٔ جنبه‌های دیگر یکسان باشد؛ امتیازهای "
        "دوازده ماه. این همراهی است، نه علت."
    ),
    "en": (
        "How many points lower a comment rates that complains of the aspect, all else that it says being equal; "
        "ratings of twelve months. An association, not a cause"
    ),
}


def cost_note(stars) -> Words:
    """What the cost of a complaint is, and where its ratings come from.  stars: of intake.sentiment_stars.rated"""
    if stars.scale is None:
        return COST_NOTE
    low, high = stars.scale
    whose = say(
        fa="امتیازها از پاسخ یا درخواستی است که نوشته با آن آمده است، در مقیاس {low:g} تا {high:g}.",
        en="The ratings are those of the answer or ticket that a comment came with, on a scale from {low:g} to "
        "{high:g}.",
        low=low,
        high=high,
    )
    left = say(
        fa="{n} امتیاز در مقیاس‌های دیگر کنار مانده است.",
        en="Left aside: {n} ratings of other scales.",
        n=stars.left,
    )
    return sentences({"fa": COST_NOTE["fa"], "en": COST_NOTE["en"] + "."}, whose, left if stars.left else None)


GUARDS = [
    {
        "fa": "جنبه‌ها با واژه یافته می‌شوند و احساس هر کدام از همان بند نوشته خوانده می‌شود، نه از کل آن.",
        "en": "Aspects are found by words; each one’s feeling is read from its own clause, not from the whole comment.",
    },
    {
        "fa": "بازهٔ سهم ناراضی‌های هر جنبه خطای مدل را در بر دارد: فاصلهٔ خوانش آن با نظر آدم‌ها در نوشته‌های برچسب‌خوردهٔ "
        "شرکت‌های دیگر. همهٔ جنبه‌ها و دوره‌ها را یک مدل یکسان می‌خواند، پس تغییرها روشن‌تر از سطح‌هاست.",
        "en": "The interval of an aspect’s unhappy share holds the model’s error: how far its readings were from "
        "people’s in labelled comments of other companies. Aspects and periods are misread alike: changes are surer "
        "than levels.",
    },
    {
        "fa": "برای همهٔ جنبه‌ها، هم در سهم و هم در احساس، تصحیح شده است (هولم).",
        "en": "Corrected for every aspect looked at, in share and in feeling alike (Holm).",
    },
]
