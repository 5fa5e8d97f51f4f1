"""What if, as a manager hears it: what each scenario brings, how sure that is, and for which nothing may be
promised."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cx_helpers.chain import LEVERS, MARKET, Links
from cx_helpers.measures.scenario import FALL
from cx_helpers.records import Finding, clean, severity
from cx_helpers.valuation import Terms
from cx_helpers.wording import Words, current, label, number, say

LARGE = 0.1  # ten points of a hundred customers who do not come back are many
HALVED = {
    "late_delivery": {"fa": "نصف شدن دیرکرد تحویل", "en": "Half the late deliveries"},
    "failed_purchase": {"fa": "نصف شدن ناکامی هنگام خرید", "en": "Half the failures while buying"},
    "slow_reply": {"fa": "نصف شدن پاسخ‌های دیرهنگام", "en": "Half the slow replies"},
    "unsolved_request": {"fa": "نصف شدن درخواست‌های حل‌نشده", "en": "Half the unsolved requests"},
}
NAMES = {f"half:{lever}": words for lever, words in HALVED.items()} | {
    "own": {"fa": "سناریوی شما", "en": "Your scenario"},
    "best": {"fa": "هر ماه مانند ماه‌های خوب", "en": "Every month like the good ones"},
    "worst": {"fa": "هر ماه مانند بدترین ماه", "en": "Every month like the worst"},
    "volume": say(fa="{x:.0%} سفارش کمتر", en="{x:.0%} fewer orders", x=FALL),
    "price": say(fa="{x:.0%} قیمت پایین‌تر", en="{x:.0%} lower prices", x=FALL),
}
SHORT = {  # the same in as few words as a picture has room for
    "half:late_delivery": {"fa": "نصف دیرکردها", "en": "half the lateness"},
    "half:failed_purchase": {"fa": "نصف ناکامی‌ها", "en": "half the failures"},
    "half:slow_reply": {"fa": "نصف پاسخ‌های دیر", "en": "half the slow replies"},
    "half:unsolved_request": {"fa": "نصف حل‌نشده‌ها", "en": "half the unsolved"},
    "own": {"fa": "سناریوی شما", "en": "yours"},
    "best": {"fa": "مانند ماه‌های خوب", "en": "like good months"},
    "worst": {"fa": "مانند بدترین ماه", "en": "like the worst month"},
}
HIT = {  # who was hit, as the subject of a sentence
    "late_delivery": {"fa": "مشتریانی که سفارششان دیر رسید", "en": "Customers whose order came late"},
    "failed_purchase": {"fa": "مشتریانی که هنگام خرید ناکام ماندند", "en": "Customers who failed while buying"},
    "slow_reply": {
        "fa": "مشتریانی که بیش از یک ساعت منتظر پاسخ پشتیبانی ماندند",
        "en": "Customers who waited more than an hour for support",
    },
    "unsolved_request": {
        "fa": "مشتریانی که درخواستشان تا یک هفته حل نشد",
        "en": "Customers whose request was not solved in a week",
    },
}
OUTCOMES = {
    "columns": ["returning", "money", "low", "high", "chance", "score"],
    "titles": {
        "returning": {"fa": "بازگشت بیشتر", "en": "more who come back"},
        "money": {"fa": "پول در سال", "en": "money a year"},
        "low": {"fa": "کران پایین ۹۵٪", "en": "95% lower end"},
        "high": {"fa": "کران بالای ۹۵٪", "en": "95% upper end"},
        "chance": {"fa": "احتمال سود", "en": "chance of a gain"},
        "score": {"fa": "امتیاز (واحد)", "en": "score (points)"},
    },
    "formats": {
        "returning": lambda x: number(x, sign=True), "money": "money", "low": "money", "high": "money",
        "chance": lambda x: sure(x)[current().locale], "score": lambda x: number(x, digits=1, sign=True),
    },
    "rows_title": {"fa": "سناریو", "en": "scenario"},
}  # fmt: skip
GUARDS = [
    say(
        fa="پیوندها همبستگی‌اند، نه اثبات علت: گرفتارها با دیگر مشتریانِ همان ماه که همان‌قدر خرید کرده و "
        "همان‌قدر در معرض بوده‌اند "
        "سنجیده شده‌اند، اما شاید در چیزی که ثبت نشده فرق داشته باشند.",
        en="Links are associations, no proof of a cause: who was hit is compared with others of the same month "
        "with as many "
        "orders before and the same chances of being hit, but may differ in what nobody wrote down.",
    ),
    say(
        fa="خطای پیوندها با شمار اهرم‌ها تصحیح شده (هولم) و مشتریان خوشه‌اند؛ از پیوندی که قطعی نیست پولی به "
        "حساب نمی‌آید.",
        en="Links are corrected for the number of levers (Holm), clustered by customer; what is not sure moves "
        "no money.",
    ),
    say(
        fa="پول تنها خرید روزهای پیگیری را در بر دارد؛ ارزش ماندن در درازمدت بیشتر است. «کاهش قیمت» واکنش "
        "خریداران را در بر ندارد.",
        en="Money counts only what is spent in the days of the follow-up; staying for longer is worth more. "
        "“Lower prices” "
        "leaves out how buyers would answer.",
    ),
]


def sure(chance: float) -> Words:
    """A chance in words: never 0 or 100 %, for a simulation cannot know that."""
    if pd.isna(chance):
        return {"fa": "—", "en": "—"}
    if chance > 0.99:
        return say(fa="بیش از {x:.0%}", en="over {x:.0%}", x=0.99)
    if chance < 0.01:
        return say(fa="کمتر از {x:.0%}", en="under {x:.0%}", x=0.01)
    return say(fa="{x:.0%}", en="{x:.0%}", x=chance)


def what(terms: Terms) -> Words:
    """What money is here: profit where the margin is known, else sales."""
    return {"fa": "سود", "en": "profit"} if terms.margin_known else {"fa": "فروش", "en": "sales"}


def named(found: pd.DataFrame) -> pd.DataFrame:
    """An answer whose rows (or first level) are scenarios, levers or inputs, called in words."""
    rename = {key: words[current().locale] for key, words in (NAMES | SHORT).items()}
    rename |= {lever: label(lever) for lever in LEVERS}
    return found.rename(index=rename)


def costed(found: pd.DataFrame) -> pd.DataFrame:
    """The answer of `scenario.loss` with a column `why`: what keeps it from being told is no lack of customers."""
    unsure = {"fa": "هیچ پیوندی با خرید دوباره قطعی نیست", "en": "no link with buying again is sure"}[current().locale]
    lacking = found["experience_cost"].isna() & (found["n"] > 0)
    return found.assign(why=lacking.map({True: unsure, False: None}))


def gains(found: pd.DataFrame) -> pd.DataFrame:
    """`named`, for a picture of what each would bring (its money is profit of a year, no sales): those that a sure link
    stands behind."""
    return named(found[found["money"].notna()]).rename(columns={"money": "yearly_profit"})


def exact(found: pd.DataFrame) -> pd.DataFrame:
    """`named`, without ends where no link stands between: a tenth off the prices costs what it costs."""
    same = found["low"] == found["high"]
    return named(found.assign(low=found["low"].mask(same), high=found["high"].mask(same)))


def sentence(found: pd.DataFrame, links: Links, terms: Terms) -> Words:
    """Which move brings most, with its interval; where none is sure, that nothing is promised."""
    ready = found.loc[[one for one in found.index if one.startswith("half:") or one == "own"]]
    told = ready[ready["money"].notna()]
    if links.table.empty:
        return say(
            fa="هنوز نمی‌توان گفت چه تغییری چه می‌آورد: دست‌کم ۳۰ مشتریِ گرفتار (سفارشِ دیررسیده، خرید ناکام، "
            "درخواستِ دیر پاسخ‌داده "
            "یا حل‌نشده) و خریدهای روزهای پس از آن لازم است.",
            en="What a change would bring cannot be told yet: it takes at least 30 customers who were hit (an "
            "order that came "
            "late, a failed purchase, a request answered late or not solved) and the orders of the days after.",
        )
    if told.empty and len(links.table) == 1:
        return say(
            fa="تنها اهرمی که سنجیده شد با خرید دوباره پیوندی ندارد که بتوان به آن تکیه کرد؛ پس برای تغییرش پولی وعده "
            "داده نمی‌شود.",
            en="The only lever looked at does not go with buying again in a way to rely on, so no money is promised "
            "for moving it.",
        )
    if told.empty:
        return say(
            fa="هیچ‌یک از {k} اهرمِ سنجیده با خرید دوباره پیوندی ندارد که بتوان به آن تکیه کرد؛ پس برای تغییرشان "
            "پولی وعده داده "
            "نمی‌شود.",
            en="None of the {k} levers looked at goes with buying again in a way to rely on, so no money is "
            "promised for moving "
            "them.",
            k=len(links.table),
        )  # fmt: skip
    best = told["money"].idxmax() if "own" not in told.index else "own"
    return _brought(best, told.loc[best], terms)


def _brought(key: str, row: pd.Series, terms: Terms) -> Words:
    if row["low"] == row["high"]:
        plain = {"fa": "{name}: {money:money} {what} در سال.", "en": "{name}: {money:money} of {what} a year."}
        return say(**plain, name=NAMES[key], what=what(terms), money=row["money"])
    return say(
        fa="{name}: {money:money} {what} در سال (بازهٔ ۹۵٪: {low:money} تا {high:money})؛ احتمال سود: {chance}.",
        en="{name}: {money:money} of {what} a year (95% interval {low:money} to {high:money}); "
        "chance of a gain: {chance}.",
        name=NAMES[key],
        what=what(terms),
        chance=sure(row["chance"]),
        **{k: row[k] for k in ("money", "low", "high")},
    )


def findings(found: pd.DataFrame, links: Links, terms: Terms) -> list[Finding]:
    """A risk for each lever whose link is sure: who was hit buys again less; its impact is what half as many would
    bring."""
    out = []
    for lever, row in links.table.iterrows():
        loud = severity(row["p_adjusted"], abs(row["effect"]) >= LARGE)
        if loud is None or row["effect"] >= 0 or f"half:{lever}" not in found.index:
            continue
        gain, rate = found.loc[f"half:{lever}"], {k: _share(row["free"] + row[k]) for k in ("effect", "low", "high")}
        out.append(
            Finding(
                kind="risk", subject={"driver": lever}, measure="repeat_rate", value=clean(rate["effect"]),
                low=clean(rate["low"]), high=clean(rate["high"]), baseline=clean(row["free"]), n=int(row["victims"]),
                p_adjusted=clean(row["p_adjusted"]), severity=loud, looks=len(links.table),
                impact={k: clean(gain[c]) for k, c in (("value", "money"), ("low", "low"), ("high", "high"))}
                | {"unit": "money"},
                text=say(
                    fa="{who} کمتر برمی‌گردند: {x:.0%} به‌جای {base:.0%}",
                    en="{who} come back less often: {x:.0%} instead of {base:.0%}",
                    who=HIT[lever], x=rate["effect"], base=row["free"],
                ),
                detail=_worth(gain, terms),
            )
        )  # fmt: skip
    return out


def _share(x: float) -> float:
    return float(np.clip(x, 0, 1))


def _worth(gain: pd.Series, terms: Terms) -> Words | None:
    if pd.isna(gain["money"]):
        return None
    return say(
        fa="آنچه اصلاح می‌آورد، {what}ِ نصف شدن گرفتارها در یک سال است.",
        en="What mending brings is the {what} of half as many being hit, over a year.",
        what=what(terms),
    )


def slid(blocks, found: pd.DataFrame, terms: Terms):
    """What the sliders bring, as a note and a table.  blocks  report.blocks"""
    row = found.iloc[0]
    if pd.isna(row["money"]):
        nothing = "برای آنچه جابه‌جا شده پیوندِ قطعی نیست؛ پولی وعده داده نمی‌شود."
        return blocks.note(say(fa=nothing, en="What is moved has no sure link; no money is promised."))
    return blocks.note(_brought("own", row, terms))


def title(found: pd.DataFrame) -> Words:
    """The picture of the scenarios, titled with its answer."""
    levers = found.drop(index=list(MARKET), errors="ignore").dropna(subset="money")
    if levers.empty:
        return {"fa": "هیچ سناریویی پول قطعی نمی‌آورد", "en": "No scenario brings money for sure"}
    best = levers["money"].idxmax()
    return say(
        fa="بیشترین سود: {name}، {x:money} در سال", en="Brings most: {name}, {x:money} a year", name=NAMES[best],
        x=levers.loc[best, "money"],
    )  # fmt: skip


def likely(hills: pd.DataFrame) -> Words:
    """The picture of how likely outcomes are, titled with its answer."""
    if hills.empty:
        return {"fa": "پیامد سناریوها", "en": "Outcomes of the scenarios"}
    heights = hills.assign(gain=hills["density"].where(hills["money"] > 0, 0.0)).groupby(level=0, sort=False)
    chance = heights["gain"].sum() / heights["density"].sum()
    return say(
        fa="تقریباً قطعی است: سود در {a} سناریو و زیان در {b} سناریو",
        en="Almost sure: a gain in {a} of these scenarios, a loss in {b}",
        a=int((chance > 0.99).sum()), b=int((chance < 0.01).sum()),
    )  # fmt: skip
