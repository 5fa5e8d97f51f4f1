"""Did what was done pay?  Initiatives with what they changed, what that is worth, and against what cost."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cx_helpers.readings.relations import points
from cx_helpers.readings.scenario import sure
from cx_helpers.wording import Words, current, join, name, number, say, sentences

WHY = {
    "touchpoint": {
        "fa": "نقطهٔ تماسی که نتیجهٔ دیدارها را ثبت کند نام نبرده", "en": "it names no touchpoint that notes outcomes",
    },
    "early": {"fa": "هنوز زود است: کمتر از ۳۰ روز گذشته", "en": "too early: less than 30 days have passed"},
    "before": {"fa": "پیش از آغاز چیزی برای سنجیدن نبود", "en": "there was nothing to compare with before it began"},
    "control": {"fa": "گروهی برای مقایسه نمانده", "en": "nobody is left to compare with"},
    "few": {"fa": "مشتریان کمی در یک سوی مقایسه‌اند", "en": "too few customers on one side"},
    "beside": {
        "fa": "کار دیگری هم در همان روزها در همین نقطه آغاز شد؛ از هم جدا نمی‌شوند",
        "en": "another was begun there in the same days; they cannot be told apart",
    },
    "orders": {"fa": "سفارش یا دیداری ثبت نشده", "en": "no orders or visits are known"},
    "link": {
        "fa": "پیوند ناکامی در آنجا با خرید دوباره قطعی نیست؛ پولی وعده داده نمی‌شود",
        "en": "failing there does not surely go with buying again; no money is told",
    },
    "several": {"fa": "ردیف‌هایش چند ستون از مشتریان را نام می‌برند", "en": "its rows name several columns of customers"},
    "cost": {"fa": "هزینه‌ای بیش از صفر داده نشده", "en": "no cost above zero is given"},
}  # fmt: skip
TABLE = {
    "columns": ["cost", "change", "placebo", "monthly", "payback", "chance", "said"],
    "titles": {
        "cost": {"fa": "هزینه", "en": "cost"},
        "change": {"fa": "تغییر ناکامی", "en": "change of failures"},
        "placebo": {"fa": "دارونما", "en": "placebo"},
        "monthly": {"fa": "سود ماهانه", "en": "gain a month"},
        "payback": {"fa": "بازگشت هزینه", "en": "payback"},
        "chance": {"fa": "احتمال صرفه", "en": "chance it pays"},
        "said": {"fa": "آنچه نمی‌توان گفت", "en": "what cannot be told"},
    },
    "rows_title": {"fa": "کار", "en": "initiative"},
}
GROUPS = TABLE | {
    "columns": ["cost", "effect", "trend", "monthly", "payback", "chance", "said"],
    "titles": TABLE["titles"]
    | {
        "effect": {"fa": "اثر بر هر مشتری در ماه", "en": "effect a customer and month"},
        "trend": {"fa": "روند پیش از آغاز", "en": "trend before"},
    },
}
GROUPWISE = say(
    fa="هیچ کاری گروه به گروه آغاز نشده است. اگر کاری در هر استان (یا هر گروه دیگرِ مشتریان) زمانی جدا آغاز شد، "
    "برای هر گروه یک ردیف "
    "با همان نام و ستونی مانند province در جدول initiatives بگذارید تا با گروه‌هایی که نوبتشان نشده سنجیده شود.",
    en="No initiative began group by group. Where one began in each province (or other group of customers) at a "
    "time of its "
    "own, give the table initiatives a row a group, of one name, with a column such as province: it is then "
    "compared with "
    "the groups whose turn had not come.",
)
GUARDS = [
    say(
        fa="بازده هر کار: تغییر ناکامی در نقطهٔ تماس آن، فزون بر تغییر دیگر نقطه‌ها (تفاوتِ تفاوت‌ها)، ضرب در "
        "آنچه هر ناکامی از خرید "
        "دوباره می‌کاهد. سودی که از راهی جز کم شدن ناکامی برسد در آن نیست؛ دارونما همین مقایسه پیش از آغاز است و "
        "باید نزدیک صفر باشد. روزها در بخش‌های کامل سی‌روزه شمرده می‌شوند؛ برای همین عددها "
        "چند دهم با گزارش نخست فرق دارند.",
        en="Return: the change of failures at its touchpoint beyond that of all others (difference in "
        "differences), times "
        "what a failure takes from buying again. What it brings by another way than fewer failures is not in it; the "
        "placebo is the same comparison before it began, and should lie near zero. Days are counted in whole slices of "
        "thirty, so the numbers differ by some tenths from those of the first report.",
    ),
    say(
        fa="کارهایی که گروه به گروه آغاز شده‌اند: هر گروه با گروه‌هایی که هنوز نوبتشان نشده (کالاوی و سنت‌آنا، "
        "۲۰۲۱)؛ مشتریان از "
        "هم مستقل گرفته شده‌اند، پس رخدادی که همهٔ یک گروه را بگیرد از اثر کار جدا نمی‌شود.",
        en="Initiatives that began group by group: each group against those whose turn had not come (Callaway, "
        "Sant’Anna "
        "2021); customers are taken as independent, so what hits a whole group cannot be told from the effect.",
    ),
]


def called(row) -> Words:
    """An initiative by its name, else its key."""
    own = row.get("name")
    return name(own if isinstance(own, str) and own else row.name)


def months(x: float) -> Words:
    """A time until the cost is back."""
    if pd.isna(x):
        return {"fa": "—", "en": "—"}
    if np.isinf(x) or x > 1200:
        return {"fa": "برنمی‌گردد", "en": "never"}
    return say(fa="{x:.0f} ماه", en="{x:.0f} months", x=max(1, x))


def _ends(row, value: str, low: str, high: str) -> Words:
    if pd.isna(row[value]):
        return {"fa": "—", "en": "—"}
    return say(fa="{x:money} ({low:money} تا {high:money})", en="{x:money} ({low:money} to {high:money})", x=row[value],
               low=row[low], high=row[high])  # fmt: skip


def spoken(found: pd.DataFrame) -> pd.DataFrame:
    """The answer of `returns.returns` (or `rollouts.rollouts`) in words, a row an initiative."""
    locale, rows = current().locale, {}
    for _, row in found.iterrows():
        said = {"cost": _money(row["cost"]), "monthly": _ends(row, "monthly", "monthly_low", "monthly_high")}
        said |= {"payback": months(row["payback"]), "chance": sure(row["chance"])}
        said["said"] = WHY[row["why"]] if isinstance(row["why"], str) else _doubt(row)
        if "effect" in found:
            said |= {"effect": _ends(row, "effect", "low", "high"), "trend": _money(row["trend"])}
        else:
            said |= {
                "change": _step(row),
                "placebo": points(row["placebo"]) if pd.notna(row["placebo"]) else _money(np.nan),
            }
        rows[called(row)[locale]] = {key: words[locale] for key, words in said.items()}
    return pd.DataFrame.from_dict(rows, orient="index", columns=(GROUPS if "effect" in found else TABLE)["columns"])


def _money(x: float) -> Words:
    return say(fa="{x:money}", en="{x:money}", x=x) if pd.notna(x) else {"fa": "—", "en": "—"}


def _step(row) -> Words:
    if pd.isna(row["change"]):
        return {"fa": "—", "en": "—"}
    ends = {k: number(100 * row[k], None, 1) for k in ("change", "low", "high")}
    return {
        "fa": "{change} واحد ({low} تا {high})".format(**ends),
        "en": "{change} points ({low} to {high})".format(**ends),
    }


def _doubt(row) -> Words:
    p = row["placebo_p"] if "placebo_p" in row else row["trend_p"]
    if p < 0.05:
        return {"fa": "پیش از آغاز هم همسان نمی‌رفت", "en": "things did not go alike before it began"}
    return {"fa": "—", "en": "—"}


def sentence(found: pd.DataFrame, groups: pd.DataFrame) -> Words:
    """Which initiatives pay, which do not, and of how many that cannot be told."""
    every = [row for part in (found, groups) for _, row in part.iterrows()]
    if not every:
        return say(
            fa="کاری ثبت نشده است؛ جدول initiatives با آغاز، نقطهٔ تماس و هزینهٔ هر کار لازم است.",
            en="No initiative is recorded; it takes the table initiatives with each one’s start, touchpoint and cost.",
        )
    known = [row for row in every if pd.notna(row["chance"])]
    said = [
        say(
            fa="احتمال این‌که «{title}» هزینه‌اش را در مهلت برگرداند {chance} است.",
            en="The chance that “{title}” brings its cost back in time is {chance}.",
            title=called(row),
            chance=sure(row["chance"]),
        )
        for row in known[:3]
    ]
    left = len(every) - len(known)
    rest = say(
        fa="از {k} کار {other}نمی‌توان گفت صرفه کرده است یا نه.",
        en="Of {k} {other}initiatives it cannot be told whether they pay.",
        k=left, other={"fa": "دیگر ", "en": "other "} if known else {"fa": "", "en": ""},
    )  # fmt: skip
    return sentences(*said, rest if left else None, _failures(found))


def _failures(found: pd.DataFrame) -> Words | None:
    """After how many did failures surely rise or fall, whatever that is worth?"""
    known = found[found["p_adjusted"] < 0.05]
    up, down = int((known["change"] > 0).sum()), int((known["change"] < 0).sum())
    counts = (
        (up, {"fa": "پس از {k} کار بیشتر شد", "en": "rose after {k}"}),
        (down, {"fa": "پس از {k} کار کمتر شد", "en": "fell after {k}"}),
    )
    parts = [say(**words, k=k) for k, words in counts if k]
    if not parts:
        return None
    return say(fa="ناکامی، فزون بر دیگر نقطه‌ها، {parts}.", en="Failures, beyond the other touchpoints’, {parts}.",
               parts=join(parts))  # fmt: skip


def worse(found: pd.DataFrame) -> Words:
    """The picture of the changes of failures, titled with the largest sure one."""
    known = found[found["p_adjusted"] < 0.05]
    if known.empty:
        return {"fa": "ناکامی پس از هیچ کاری به‌یقین عوض نشد", "en": "After no initiative did failures surely change"}
    row = known.loc[known["change"].abs().idxmax()]
    way = {"fa": "بیشتر", "en": "rose"} if row["change"] > 0 else {"fa": "کمتر", "en": "fell"}
    return say(
        fa="پس از «{title}» ناکامی {x:.0f} واحد {way} شد", en="After “{title}” failures {way} by {x:.0f} points",
        title=called(row), x=100 * abs(row["change"]), way=way,
    )  # fmt: skip


def named(found: pd.DataFrame) -> pd.DataFrame:
    """The answer of `returns.returns`, its rows called in words."""
    return found.set_axis([called(row)[current().locale] for _, row in found.iterrows()])


def curves(found: pd.DataFrame, curve) -> pd.DataFrame:
    """What is left after each month of each initiative whose money is known: index (initiative, month).

    curve  measures.returns.curve
    """
    parts = {called(row)[current().locale]: curve(row) for _, row in found.iterrows()}
    parts = {key: part for key, part in parts.items() if len(part)}
    if not parts:
        return pd.DataFrame(columns=["n", "balance", "low", "high"], index=pd.Index([], name="month"), dtype=float)
    return pd.concat(parts, names=["initiative", "month"])


def back(found: pd.DataFrame) -> Words:
    """The picture of the balances, titled with the soonest payback."""
    known = found.dropna(subset="payback")
    if known.empty:
        return {"fa": "هزینه‌ای که بازگشتش را بتوان گفت نیست", "en": "There is no cost whose payback can be told"}
    row = known.loc[known["payback"].idxmin()]
    if months(row["payback"])["en"] == "never":
        fa, en = "هزینهٔ «{title}» برنمی‌گردد", "The cost of “{title}” does not come back"
        return say(fa=fa, en=en, title=called(row))
    return say(
        fa="زودتر از همه «{title}»: {x}", en="Soonest back: “{title}”, {x}", title=called(row), x=months(row["payback"])
    )
