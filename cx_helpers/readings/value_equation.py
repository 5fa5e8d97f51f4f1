"""What is to be said of value: what customers get for what they give, by the company's own weights."""

from __future__ import annotations

import pandas as pd

from cx_helpers.wording import Words, join, name, say, sentences

VALUE = {  # how a page sets `value_equation.value`
    "columns": ["n", "level", "weight", "adds", "low", "high"],
    "titles": {
        "n": {"fa": "مشتری", "en": "customers"},
        "level": {"fa": "سطح از ۱۰۰", "en": "level of 100"},
        "weight": {"fa": "وزن", "en": "weight"},
        "adds": {"fa": "سهم در ارزش", "en": "adds"},
    },
    "formats": {"n": "count", "level": "form_score", "weight": "scale"},
    "rows_title": {"fa": "بخش", "en": "part"},
}


def sentence(value: pd.DataFrame, losing: pd.DataFrame) -> Words | None:
    """What is left to customers, how many lose, and what costs most; None where nobody was asked."""
    whole = value.loc["value"]
    if pd.isna(whole["adds"]):
        return None
    told = say(
        fa="برای مشتریان روی‌هم {x:+.0f} امتیاز از ۱۰۰ ارزش می‌ماند (بازهٔ ۹۵٪: {low:+.0f} تا {high:+.0f}).",
        en="Customers are left with {x:+.0f} points of 100 of value (95% interval {low:+.0f} to {high:+.0f}).",
        x=whole["adds"], low=whole["low"], high=whole["high"],
    )  # fmt: skip
    lost = losing.iloc[0]
    lost = pd.notna(lost["losing"]) and say(
        fa="{x:.0%} بیش از آنچه می‌گیرند می‌دهند (بازهٔ ۹۵٪: {low:.0%} تا {high:.0%}).",
        en="{x:.0%} give more than they get (95% interval {low:.0%} to {high:.0%}).",
        x=lost["losing"], low=lost["low"], high=lost["high"],
    )  # fmt: skip
    costs = value.loc[["effort", "risk", "price"], "adds"]
    dear = say(
        fa="گران‌ترین: «{a}» با {x:.0f} امتیاز.", en="What costs most: {a}, {x:.0f} points.",
        a=name(f"value.{costs.idxmin()}"), x=-costs.min(),
    )  # fmt: skip
    return sentences(told, lost or None, dear)


def title(value: pd.DataFrame) -> Words:
    """The picture's title, with what is left."""
    x = value.loc["value", "adds"]
    plain = {"fa": "از سود تا ارزش خالص", "en": "From benefit to net value"}
    return plain if pd.isna(x) else say(fa="{p}: {x:+.0f}", en="{p}: {x:+.0f}", p=plain, x=x)


def guards(weights: dict) -> list[Words]:
    """By which weights, and what they do."""
    said = join([say(fa="{a} {w:.1f}", en="{a} {w:.1f}", a=name(f"value.{p}"), w=w) for p, w in weights.items()])
    return [
        say(
            fa="ارزش = سود − زحمت − نگرانی − قیمت ± رفتار، با وزن‌های خود شرکت (workspace.yaml، "
            "‏value_weights): {said}؛ به "
            "واحد امتیازِ سود. وزن‌ها داوری شرکت‌اند، نه اندازه‌گیری؛ بازه‌ها تنها از کشیدن دوبارهٔ مشتریان است (بوت‌استرپ).",
            en="Value = benefit − effort − risk − price ± treatment, by the company’s own weights (value_weights of "
            "workspace.yaml): {said}; in points of benefit. Weights are the company’s judgement, not "
            "measured; intervals "
            "are of customers drawn again (bootstrap) and of nothing else.",
            said=said,
        )
    ]
