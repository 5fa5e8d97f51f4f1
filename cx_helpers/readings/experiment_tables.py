"""How does a page set an experiment's answers?  Each number in its metric's own unit, since a table mixes them."""

from __future__ import annotations

import pandas as pd

from cx_helpers.records import METRICS, amount, described, step
from cx_helpers.wording import Words, say

TITLES = {
    "n": {"fa": "شمار در این گروه", "en": "counted in this variant"},
    "n_control": {"fa": "شمار در گروه شاهد", "en": "counted in the control"},
    "control": {"fa": "گروه شاهد", "en": "control"},
    "value": {"fa": "این گروه", "en": "this variant"},
    "effect": {"fa": "اثر (بازهٔ ۹۵٪)", "en": "effect (95% interval)"},
    "plain": {"fa": "میانگین ساده (بازهٔ ۹۵٪)", "en": "plain mean (95% interval)"},
    "held": {"fa": "با سقف برای هر مشتری (بازهٔ ۹۵٪)", "en": "with the cap (95% interval)"},
    "cap": {"fa": "سقف هر مشتری", "en": "cap of a customer"},
    "cut": {"fa": "دقتی که رفتار پیشین افزود", "en": "precision gained from past behaviour"},
    "better": {"fa": "احتمال بهتر بودن", "en": "probability better"},
    "best": {"fa": "احتمال بهترین بودن", "en": "probability best"},
    "loss": {"fa": "زیان مورد انتظار اگر اجرا شود", "en": "expected loss if shipped"},
    "loss_kept": {"fa": "زیان مورد انتظار اگر نشود", "en": "expected loss if not"},
    "p_adjusted": {"fa": "تصادف چنین می‌سازد (p تصحیح‌شده)", "en": "chance does as much (p, corrected)"},
    "detectable": {"fa": "کوچک‌ترین اثری که دیده می‌شد", "en": "smallest effect that would show"},
    "scale": {"fa": "اثری که دنبالش هستیم", "en": "effect looked for"},
    "chance": {"fa": "احتمال دیدنش تا امروز", "en": "chance to see it by now"},
    "needed": {"fa": "مشتری لازم", "en": "customers needed"},
    "each": {"fa": "در هر گروه", "en": "in each variant"},
    "days": {"fa": "روز دیگر", "en": "more days"},
    "crossed": {"fa": "در دو گروه", "en": "in two variants"},
    "first": {"fa": "از", "en": "from"},
    "last": {"fa": "تا", "en": "to"},
    "variants": {"fa": "گروه‌ها", "en": "variants"},
    "group": {"fa": "گروه", "en": "group"},
}


def effects(found: pd.DataFrame) -> pd.DataFrame:
    """What each variant changes: index (metric, variant), counts and probabilities as numbers, the rest in words.

    found  of experiment_effects.effects
    """
    out = found[["n", "n_control", "p_adjusted", "better", "cut"]].copy()
    units = [_unit(row, metric) for (metric, _), row in found.iterrows()]
    rows = [row for _, row in found.iterrows()]
    out["better"] = [chance(row["better"]) for row in rows]
    for column in ("value", "control"):
        out[column] = [amount(of, row[column]) for of, row in zip(units, rows, strict=True)]
    for column in ("loss", "loss_kept", "detectable"):
        out[column] = [step(of, row[column]) for of, row in zip(units, rows, strict=True)]
    out["effect"] = [_between(of, row["effect"], row["low"], row["high"]) for of, row in zip(units, rows, strict=True)]
    return _dashes(out, found["effect"].isna())


def robust(found: pd.DataFrame) -> pd.DataFrame:
    """The plain mean's effect beside the one in which every customer is held down to the cap: index (metric, variant).

    found  of experiment_effects.robust
    """
    out = found[["n", "n_control"]].copy()
    units = [described(metric) for metric, _ in found.index]
    rows = [row for _, row in found.iterrows()]
    both = {"plain": ("plain", "plain_low", "plain_high"), "held": ("effect", "low", "high")}
    for column, names in both.items():
        out[column] = [_between(of, *row[list(names)]) for of, row in zip(units, rows, strict=True)]
    out["cap"] = [amount(of, row["cap"]) for of, row in zip(units, rows, strict=True)]
    return _dashes(out, found["effect"].isna())


def outlook(plan: pd.DataFrame, metric: str, share: bool) -> pd.DataFrame:
    """What the experiment can show and how long it would take: of experiment_plan.outlook, in words."""
    of, out = described(metric, share), plan.copy()
    for column in ("scale", "detectable"):
        out[column] = [step(of, x) for x in plan[column]]
    return out


def unit_of(metric: str, share: bool) -> str | None:
    """The unit of a metric that METRICS does not know; None where it does."""
    return None if metric in METRICS else described(metric, share).unit


def effect_unit(metric: str, share: bool) -> dict:
    """How a chart sets an effect in this metric: by how much it is multiplied, its unit, its digits, its name."""
    of = described(metric, share)
    if of.unit == "share":
        suffix = {"fa": " (واحد درصد)", "en": " (percentage points)"}
        return {"times": 100.0, "unit": "points", "digits": 1, "suffix": suffix}
    digits = max(of.digits, 1) if of.unit != "money" else 0
    return {"times": 1.0, "unit": of.unit, "digits": digits, "suffix": {"fa": "", "en": ""}}


def scaled(answer: pd.DataFrame, metric: str, share: bool) -> pd.DataFrame:
    """Effects and their ends in the unit that charts print them in."""
    times = effect_unit(metric, share)["times"]
    ends = [c for c in ("effect", "low", "high") if c in answer]
    return answer.assign(**{c: times * answer[c] for c in ends})


def beside(effects: pd.DataFrame, control: str) -> pd.DataFrame:
    """One metric's effects with the control among them, whose own is 0: what a picture measures them against."""
    if effects.empty or effects["effect"].isna().all():
        return effects
    own = pd.DataFrame({"n": effects["n_control"].iloc[0], "effect": 0.0}, index=pd.Index([control], name="variant"))
    return pd.concat([own, effects[["n", "effect", "low", "high"]]])


def _unit(row, metric: str):
    return described(metric, share=row["kind"] == "share")


def _between(of, x: float, low: float, high: float) -> Words:
    ends = {end: step(of, value, unit=False, sign="+") for end, value in (("x", x), ("low", low), ("high", high))}
    return say(fa="{x} ({low} تا {high})", en="{x} ({low} to {high})", **ends)


def _dashes(out: pd.DataFrame, missing: pd.Series) -> pd.DataFrame:
    """Words of rows without a value are a dash, not an interval of dashes."""
    for column in out:
        if out[column].dtype == object:
            out[column] = [None if lost else words for words, lost in zip(out[column], missing, strict=True)]
    return out


def chance(p: float) -> Words:
    """A probability, never said to be certain: above 99.9%, below 0.1%."""
    if p > 0.999:
        return say(fa="بیش از {e:.1%}", en="above {e:.1%}", e=0.999)
    if p < 0.001:
        return say(fa="کمتر از {e:.1%}", en="below {e:.1%}", e=0.001)
    return say(fa="{p:.0%}", en="{p:.0%}", p=p) if 0.01 < p < 0.99 else say(fa="{p:.1%}", en="{p:.1%}", p=p)
