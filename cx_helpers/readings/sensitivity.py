"""What does the yearly cost hang on?  A scenario's inputs in words, and the tables of the tornado, Sobol and Morris."""

from __future__ import annotations

import pandas as pd

from cx_helpers.chain import LEVERS
from cx_helpers.wording import Words, current, number, say

THINGS = {
    "late_delivery": {"fa": "دیرکرد", "en": "late delivery"},
    "failed_purchase": {"fa": "ناکامی", "en": "failure"},
    "slow_reply": {"fa": "پاسخ دیر", "en": "slow reply"},
    "unsolved_request": {"fa": "حل‌نشده", "en": "unsolved"},
}
INPUTS = {
    "worth": {"fa": "خرید هر بازگشت", "en": "spent by who comes back"},
    "volume": {"fa": "مشتریان در معرض", "en": "customers exposed"},
}
SPAN = {
    "fa": "نقطه هزینه‌ای است که انتظار می‌رود و نوار، هزینه در دو سرِ هر ورودی",
    "en": "The dot is the cost that is expected, the bar the cost at the two ends of each input",
}
SOBOL = {
    "columns": ["first", "first_low", "first_high", "total", "low", "high"],
    "titles": {
        "first": {"fa": "تنها (S₁)", "en": "alone (S₁)"},
        "first_low": {"fa": "کران پایین", "en": "lower end"},
        "first_high": {"fa": "کران بالا", "en": "upper end"},
        "total": {"fa": "با هم‌کنش‌ها (Sₜ)", "en": "with interactions (Sₜ)"},
        "low": {"fa": "کران پایین", "en": "lower end"},
        "high": {"fa": "کران بالا", "en": "upper end"},
    },
    "formats": dict.fromkeys(
        ("first", "first_low", "first_high", "total", "low", "high"), lambda x: number(x, digits=2)
    ),
    "rows_title": {"fa": "ورودی", "en": "input"},
}
MORRIS = {
    "columns": ["mu_star", "low", "high", "mu", "sigma"],
    "titles": {
        "mu_star": {"fa": "اندازهٔ اثر (μ*)", "en": "size of the effect (μ*)"},
        "low": {"fa": "کران پایین", "en": "lower end"},
        "high": {"fa": "کران بالا", "en": "upper end"},
        "mu": {"fa": "اثر با علامت (μ)", "en": "effect with its sign (μ)"},
        "sigma": {"fa": "وابستگی به دیگران (σ)", "en": "how far it hangs on others (σ)"},
    },
    "formats": dict.fromkeys(("mu_star", "low", "high", "mu", "sigma"), "money"),
    "rows_title": {"fa": "ورودی", "en": "input"},
}


def inputs(found: pd.DataFrame) -> pd.DataFrame:
    """An answer whose rows are inputs of the yearly cost, called in words."""
    locale, kinds = (
        current().locale,
        {"share": {"fa": "سهم", "en": "share of"}, "effect": {"fa": "اثر", "en": "effect of"}},
    )
    rename = {key: words[locale] for key, words in INPUTS.items()}
    for kind, words in kinds.items():
        rename |= {f"{kind}:{lever}": f"{words[locale]} {THINGS[lever][locale]}" for lever in LEVERS}
    return found.rename(index=rename)


def hangs_on(bars: pd.DataFrame) -> Words:
    """The tornado, titled with what the cost hangs on most."""
    if bars.empty:
        return {"fa": "هزینه به چه بستگی دارد", "en": "What the cost hangs on"}
    return say(
        fa="هزینهٔ سالانه بیش از همه به «{x}» بستگی دارد",
        en="The yearly cost hangs most on “{x}”",
        x=str(inputs(bars).index[0]),
    )
