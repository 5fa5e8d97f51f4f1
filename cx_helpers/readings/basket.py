"""What is to be said of what is bought together, and what to offer next?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cx_helpers.records import Finding, clean, severity
from cx_helpers.wording import Words, join, name, say, sentences

LARGE = 2.0  # at least twice as often as chance, by the lower end of the interval
COMMON = 0.01  # of the baskets hold what the rule begins with

GUARDS = [
    {
        "fa": "قاعده‌ها در سبدهای نیمی از مشتریان جست‌وجو و با سبدهای نیمهٔ دیگر سنجیده شده‌اند؛ همهٔ عددها "
        "از نیمهٔ دوم است.",
        "en": "Rules were looked for in the baskets of one half of the customers and tested in the other half's; all "
        "numbers are the second half's.",
    },
    {
        "fa": "چند سبد یک مشتری، چند رأی جدا شمرده نشده است؛ برای شمار قاعده‌ها تصحیح شده است (هولم).",
        "en": "Several baskets of one customer do not count as independent; corrected for the number of rules (Holm).",
    },
    {
        "fa": "قاعده‌ای که شرط بیشتری دارد تنها وقتی آمده که از همان قاعده بدون آن شرط مطمئن‌تر باشد.",
        "en": "A rule that asks for more is told only where it is surer than the same rule without it.",
    },
    {
        "fa": "قاعده باید درون هر کانال و در سبدهای هم‌زمان هم برقرار باشد؛ پس دو کالا که تنها در یک فروشگاه یا یک جشن "
        "فروخته می‌شوند، تنها به همین دلیل همراه شمرده نمی‌شوند.",
        "en": "A rule must hold within channels and among baskets of about the same time, too: two things that only "
        "one shop or one feast sells are no pair for that.",
    },
    {
        "fa": "با هم خریدن، علت نیست: اینکه پیشنهاد چه می‌افزاید با آزمایش معلوم می‌شود.",
        "en": "Bought together is no cause: what an offer adds is for an experiment to say.",
    },
]

COLUMNS = {  # how a page sets the rules
    "columns": ["n", "confidence", "low", "high", "usual", "lift", "p_adjusted"],
    "titles": {
        "n": {"fa": "سبدهای دارای آن", "en": "baskets with it"},
        "confidence": {"fa": "همراهش را هم دارند", "en": "hold the other, too"},
        "usual": {"fa": "در همهٔ سبدها", "en": "of all baskets"},
        "lift": {"fa": "چند برابر معمول", "en": "times the usual"},
    },
    "formats": {"confidence": "share", "usual": "share", "low": "share", "high": "share", "lift": "lift"},
    "rows_title": {"fa": "قاعده", "en": "rule"},
}

OFFERS = {  # how a page sets what to offer next
    "titles": {
        "n": {"fa": "سبدها", "en": "baskets"},
        "confidence": {"fa": "همراهش را هم دارند", "en": "hold the other, too"},
        "price": {"fa": "بهای میانگین", "en": "mean price"},
        "worth": {"fa": "فروش بیش از معمول در هر سبد", "en": "sales beyond the usual, a basket"},
        "worth_low": {"fa": "کران پایین فروش", "en": "sales, low"},
        "worth_high": {"fa": "کران بالای فروش", "en": "sales, high"},
        "lift": {"fa": "چند برابر معمول", "en": "times the usual"},
    },
    "formats": {"confidence": "share", "low": "share", "high": "share", "lift": "lift", "price": "money",
                "worth": "money", "worth_low": "money", "worth_high": "money"},
    "rows_title": {"fa": "در سبد · پیشنهاد", "en": "in the basket · offer"},
}  # fmt: skip

GROUPS = {  # how a page sets a rule in each group
    "columns": ["n", "confidence", "low", "high", "baseline", "p_adjusted"],
    "titles": {
        "n": {"fa": "سبدهای دارای آن", "en": "baskets with it"},
        "confidence": {"fa": "همراهش را هم دارند", "en": "hold the other, too"},
        "baseline": {"fa": "گروه‌های دیگر", "en": "the other groups"},
    },
    "formats": {"confidence": "share", "low": "share", "high": "share", "baseline": "share"},
    "rows_title": {"fa": "قاعده · گروه", "en": "rule · group"},
}


def findings(rules: pd.DataFrame) -> tuple[list[Finding], int]:
    """The rules that hold, strongest first: (findings, number of rules tested).  rules  of `basket_rules.confirmed`."""
    looks = int(rules["p_value"].notna().sum())
    held = rules[rules["p_adjusted"] < 0.05].sort_values("lift_low", ascending=False, kind="stable")
    return [_finding(row, looks) for row in held.itertuples()], looks


def _finding(row, looks: int) -> Finding:
    given, offer = join([name(one) for one in row.given]), name(row.offer)
    text = say(
        fa="سبدهایی که «{given}» دارند {x:.1f} برابر معمول «{offer}» هم دارند",
        en="“{offer}” is in the basket {x:.1f} times as often as usual where “{given}” is",
        given=given, offer=offer, x=row.lift,
    )  # fmt: skip
    detail = say(
        fa="{c:.0%} در برابر {u:.0%} همهٔ سبدها؛ نسبت با اطمینان ۹۵٪ میان {low:.1f} و {high:.1f}؛ {n} سبد.",
        en="{c:.0%} against {u:.0%} of all baskets; 95% interval of the ratio {low:.1f} to {high:.1f}; {n} baskets.",
        c=row.confidence, u=row.usual, low=row.lift_low, high=row.lift_high, n=int(row.n),
    )  # fmt: skip
    if np.isfinite(getattr(row, "within", np.nan)):
        inner = say(
            fa="درون هر گروه به‌تنهایی هم {x:.1f} برابر انتظار.",
            en="Within each group alone {x:.1f} times what is expected.",
            x=row.within,
        )  # fmt: skip
        detail = sentences(detail, inner)
    remedy = say(
        fa="کنار «{given}» پیشنهادش دهید و با آزمایش بسنجید چه می‌افزاید.",
        en="Offer it beside “{given}”, and let an experiment tell what that adds.",
        given=given,
    )
    large = row.lift_low >= LARGE and row.n >= COMMON * row.baskets
    return Finding(
        kind="basket", subject={"given": " + ".join(row.given), "offer": row.offer}, measure="lift",
        value=clean(row.lift), baseline=1.0, low=clean(row.lift_low), high=clean(row.lift_high), n=int(row.n),
        p_adjusted=clean(row.p_adjusted), severity=severity(row.p_adjusted, large) or "low", text=text, detail=detail,
        looks=looks, remedy=remedy,
    )  # fmt: skip


def sentence(size: pd.DataFrame, rules: pd.DataFrame, months: int) -> Words:
    """The bottom line: how large a basket of this period is, and how many rules hold in those of so many months."""
    row = size.iloc[0]
    if pd.isna(row["basket_size"]):
        return say(fa="سبد کافی برای گفتن چیزی نیست.", en="There are too few baskets to say anything.")
    said = say(
        fa="در این دوره در هر سبد به‌طور میانگین {x:.1f} کالای گوناگون است ({n} سبد) و {s:.0%} سبدها بیش از یک کالا "
        "دارند.",
        en="A basket of this period holds {x:.1f} different items on average ({n} baskets); {s:.0%} hold more than "
        "one.",
        x=row["basket_size"], n=int(row["n"]), s=row["several"],
    )  # fmt: skip
    looks, held = int(rules["p_value"].notna().sum()), int((rules["p_adjusted"] < 0.05).sum())
    more = say(
        fa="از {k} قاعده‌ای که در سبدهای {ago} ماه گذشته سنجیده شد، {m} قاعده در مشتریان دیگر هم برقرار ماند.",
        en="Of {k} rules that were tested in the baskets of the last {ago} months {m} hold among other customers, too.",
        k=looks, m=held, ago=months,
    )  # fmt: skip
    if not looks:
        more = say(fa="هیچ قاعده‌ای برای سنجیدن پیدا نشد.", en="No rule was found that could be tested.")
    elif not held:
        more = say(
            fa="{k} قاعده سنجیده شد و هیچ‌یک در مشتریان دیگر برقرار نماند.",
            en="{k} rules were tested; none holds among other customers.",
            k=looks,
        )
    return {locale: f"{said[locale]} {more[locale]}" for locale in said}


def best(offers: pd.DataFrame) -> Words | None:
    """What to offer first: what brings most beyond the usual; None where nothing holds or no price is known."""
    known = offers[offers["worth"].notna()] if len(offers) else offers
    if not len(known):
        return None
    given, offer = best_pair = known["worth"].idxmax()
    row = known.loc[best_pair]
    return say(
        fa="بیشترین فروشِ همراه از «{offer}» کنار «{given}» است: {x:money} در هر سبد بیش از معمول (بازهٔ ۹۵٪: "
        "{low:money} تا {high:money}).",
        en="Most, {x:money} a basket beyond the usual (95% interval {low:money} to {high:money}), goes with “{offer}” "
        "beside “{given}”.",
        offer=name(offer), given=name(given), x=row["worth"], low=row["worth_low"], high=row["worth_high"],
    )  # fmt: skip


def left_out(counts: dict[str, int]) -> Words | None:
    """Which lines are in no basket, counted; None where all are.  counts  of `basket.left_out`."""
    said = {
        "nameless": say(fa="{n} ردیف بی‌نام", en="{n} without an item", n=counts["nameless"]),
        "returned": say(fa="{n} مرجوعی یا بی‌بها", en="{n} returned or without a price", n=counts["returned"]),
        "strange": say(
            fa="{n} از سفارشی بیرون از این ماه‌ها، لغوشده یا ناشناخته",
            en="{n} of an order outside these months, not sold or unknown",
            n=counts["strange"],
        ),
    }
    parts = [said[key] for key in said if counts[key]]
    if not parts:
        return None
    return say(
        fa="از {lines} ردیف، اینها در هیچ سبدی نیستند: {parts}.",
        en="Of {lines} lines these are in no basket: {parts}.",
        lines=counts["lines"], parts=join(parts),
    )  # fmt: skip
