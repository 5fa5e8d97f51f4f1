"""How far revenue may fall short, as a manager hears it."""

from __future__ import annotations

import pandas as pd

from cx_helpers.wording import Words, current, name, say

NAMES = {
    "together": {"fa": "تکانه‌های مشترک", "en": "common shocks"},
    "apart": {"fa": "اگر هر بخش جدا می‌لرزید", "en": "if each area shook by itself"},
}
AREAS = {"other": {"fa": "بخش‌های دیگر", "en": "other areas"}, "all": {"fa": "همه", "en": "all"}}
SUMS = {
    "columns": ["expected", "low", "high", "var", "cvar", "last"],
    "titles": {
        "expected": {"fa": "فروش مورد انتظار", "en": "expected revenue"},
        "low": {"fa": "کران پایین ۹۵٪", "en": "95% lower end"},
        "high": {"fa": "کران بالای ۹۵٪", "en": "95% upper end"},
        "var": {"fa": "کسری در خطر (VaR ۹۵٪)", "en": "value at risk (VaR 95%)"},
        "cvar": {"fa": "کسری در بدترین‌ها (CVaR ۹۵٪)", "en": "shortfall of the worst (CVaR 95%)"},
        "last": {"fa": "همین‌قدر هفته پیش از آن", "en": "as many weeks before"},
    },
    "formats": dict.fromkeys(("expected", "low", "high", "var", "cvar", "last"), "money"),
    "rows_title": {"fa": "تکانه‌ها", "en": "shocks"},
}
PARTS = {
    "columns": ["expected", "low", "high", "cvar", "share"],
    "titles": SUMS["titles"]
    | {
        "cvar": {"fa": "سهم از کسری بدترین‌ها", "en": "part of the shortfall of the worst"},
        "share": {"fa": "سهم", "en": "share"},
    },
    "formats": dict.fromkeys(("expected", "low", "high", "cvar"), "money") | {"share": "share"},
    "rows_title": {"fa": "بخش", "en": "area"},
}
GUARD = say(
    fa="فروش در خطر: هزاران مسیر از خودِ غافلگیری‌های گذشته، در بلوک‌های چهارهفته‌ای و برای همهٔ بخش‌ها با هم. "
    "VaR فاصلهٔ انتظار "
    "تا حالتی است که تنها یک بار از بیست بار بدتر از آن می‌شود (ژوریون، ۲۰۰۶)؛ CVaR میانگین کسری در همان "
    "بدترین‌هاست (راکافلار و "
    "اوریاسف، ۲۰۰۲). آنچه در این تاریخچه هرگز رخ نداده در آن نیست. اینجا هر بخش جدا پیش‌بینی می‌شود تا تکانه‌ها "
    "مشترک باشند؛ گزارش روند "
    "مجموع را با روشی که بهتر آزموده شده پیش‌بینی می‌کند، و دو عدد ممکن است چند درصد، درون بازه‌ها، از هم دور باشند.",
    en="Revenue at risk: thousands of paths made of the past’s own surprises, in blocks of four weeks and for "
    "all areas at "
    "once. VaR is how far the outcome that is undercut once in twenty lies below what is expected (Jorion 2006); "
    "CVaR is "
    "the mean shortfall in those worst cases (Rockafellar, Uryasev 2002). What never happened in this history is "
    "not in it. Here each area is forecast by itself, so that shocks may be common; the trend report forecasts the sum "
    "by the method that did best, and the two may lie some per cent apart, within their intervals.",
)


def sentence(found: pd.DataFrame, weeks: int) -> Words:
    """What the next weeks bring, and how far they fall short in one case of twenty, and beyond."""
    if found.empty:
        return say(
            fa="فروش در خطر گفته نمی‌شود: دست‌کم ۴۰ هفته فروشِ پیوسته، از مشتریانِ کافی، لازم است.",
            en="Revenue at risk cannot be told: it takes at least 40 weeks with sales in each, to enough customers.",
        )
    row = found.iloc[0]
    return say(
        fa="فروش {weeks} هفتهٔ آینده {expected:money} برآورد می‌شود؛ یک بار از بیست بار دست‌کم {var:money} کمتر "
        "می‌شود و در "
        "آن بدترین‌ها به‌طور میانگین {cvar:money} کمتر.",
        en="Revenue of the next {weeks} weeks is expected at {expected:money}; once in twenty it falls at least "
        "{var:money} "
        "short, and in those worst cases {cvar:money} on average.",
        weeks=weeks, **{k: row[k] for k in ("expected", "var", "cvar")},
    )  # fmt: skip


def common(found: pd.DataFrame) -> Words | None:
    """How much more is at risk because all areas are hit at once."""
    if len(found) < 2 or not found.loc["apart", "cvar"] > 0:
        return None
    more = found.loc["together", "cvar"] / found.loc["apart", "cvar"] - 1
    if more <= 0:
        return None
    return say(
        fa="چون بخش‌ها با هم می‌لرزند، کسریِ بدترین‌ها {x:.0%} بیش از آن است که اگر جداگانه می‌لرزیدند.",
        en="Because areas are hit together, the shortfall of the worst cases is {x:.0%} more than of shocks one "
        "by one.",
        x=more,
    )


def held(found: pd.DataFrame) -> Words | None:
    """Would it have held, at past weeks?"""
    row = found.iloc[0]
    if pd.isna(row["under"]):
        return None
    return say(
        fa="اگر در {n} هفتهٔ گذشته همین را می‌گفتیم، {under:.0%} بار فروش از حد VaR پایین‌تر می‌آمد (۵٪ درست "
        "است؛ بازهٔ ۹۵٪: "
        "{low:.0%} تا {high:.0%}) و {inside:.0%} بار در بازهٔ ۹۵٪ می‌افتاد.",
        en="Had we said so at {n} past weeks, revenue would have passed below the VaR limit in {under:.0%} of "
        "them (5% is "
        "right; 95% interval {low:.0%} to {high:.0%}), and lain within the 95% interval in {inside:.0%}.",
        **{k: row[k] for k in ("n", "under", "low", "high", "inside")},
    )


def named(found: pd.DataFrame) -> pd.DataFrame:
    """An answer whose rows (or first level) are kinds of shocks or areas, called in words."""
    locale = current().locale
    return found.rename(index={key: words[locale] for key, words in (NAMES | AREAS).items()})


def title(found: pd.DataFrame, weeks: int) -> Words:
    """The picture of the sum of the weeks, titled with its answer."""
    if found.empty:
        return {"fa": "فروش در خطر", "en": "Revenue at risk"}
    return say(
        fa="یک بار از بیست بار دست‌کم {x:money} کسری در {weeks} هفته",
        en="Once in twenty, {x:money} short in {weeks} weeks",
        x=found.iloc[0]["var"], weeks=weeks,
    )  # fmt: skip


def limit(found: pd.DataFrame) -> float:
    """Below what the worst case of twenty lies: what that picture paints red."""
    return float(found.iloc[0]["expected"] - found.iloc[0]["var"]) if len(found) else 0.0


def marks(found: pd.DataFrame) -> list[tuple]:
    """Upright lines of that picture: what is expected, VaR, CVaR."""
    if found.empty:
        return []
    row = found.iloc[0]
    said = {
        "expected": {"fa": "انتظار", "en": "expected"},
        "var": {"fa": "VaR ۹۵٪", "en": "VaR 95%"},
        "cvar": {"fa": "CVaR ۹۵٪", "en": "CVaR 95%"},
    }
    return [(row["expected"] - (row[k] if k != "expected" else 0), words) for k, words in said.items()]


def whose(found: pd.DataFrame) -> Words:
    """The picture of the areas, titled with the one that falls short most."""
    if found.empty or pd.isna(found["share"].iloc[0]):
        return {"fa": "کسری بدترین‌ها از کجاست", "en": "Where the worst shortfall comes from"}
    return say(
        fa="بیشترین کسریِ بدترین‌ها از «{area}» است: {x:.0%}", en="Most of the worst shortfall is “{area}”: {x:.0%}",
        area=AREAS.get(found.index[0], name(found.index[0])), x=found["share"].iloc[0],
    )  # fmt: skip
