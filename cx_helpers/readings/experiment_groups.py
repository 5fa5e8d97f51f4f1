"""Does the experiment work alike for everybody?  One sentence, and a finding where groups truly differ."""

from __future__ import annotations

import pandas as pd

from cx_helpers.records import Finding, clean, described, severity, step
from cx_helpers.wording import Words, join, name, say


def unlike(
    tests: pd.DataFrame, groups: pd.DataFrame, trial, main: str, share: bool, alpha: float = 0.05
) -> list[Finding]:
    """Findings: the ways to split the customers by which the effect is not the same, corrected for all of them.

    tests  of experiment_groups.interactions;  groups  of experiment_groups.groups.  Loud only where groups that are
    sure of their sign point in both directions
    """
    of, out = described(main, share), []
    for (variant, column), test in tests[tests["p_adjusted"] < alpha].iterrows():
        part = groups.xs((variant, column), level=["variant", "column"]).dropna(subset=["effect"])
        best, worst = (part.loc[part["effect"].idxmax()], part.loc[part["effect"].idxmin()])
        text = say(
            fa="آزمایش «{e}»: اثر «{v}» بر «{m}» برای گروه‌های {c} یکسان نیست: {x} برای «{a}»، {y} برای «{b}»",
            en="Experiment “{e}”: the effect of “{v}” on {m} is not the same by {c}: {x} for “{a}”, {y} for “{b}”",
            e=name(trial.name), v=name(variant), m=of.title, c=name(column), a=name(best.name), b=name(worst.name),
            x=step(of, best["effect"], sign="+"), y=step(of, worst["effect"], sign="+"),
        )  # fmt: skip
        detail = say(
            fa="آزمون برهم‌کنش {k} گروه (کوکران، تصحیح‌شده). بازهٔ ۹۵٪ «{a}»: {low} تا {high}. پیش از تصمیم برای همه، "
            "گروه‌ها را جدا ببینید.",
            en="Interaction test of {k} groups (Cochran, corrected). 95% interval of “{a}”: {low} to {high}. Look at "
            "the groups before deciding for all.",
            k=int(test["n"]), a=name(best.name), low=step(of, best["low"], unit=False, sign="+"),
            high=step(of, best["high"], unit=False, sign="+"),
        )  # fmt: skip
        out.append(Finding(
            kind="experiment", subject={"experiment": trial.name, "variant": str(variant), column: clean(best.name)},
            measure=main, value=clean(best["value"]), baseline=clean(best["control"]),
            low=clean(best["control"] + best["low"]), high=clean(best["control"] + best["high"]),
            n=int(best["n"] + best["n_control"]), p_adjusted=clean(test["p_adjusted"]),
            severity=severity(test["p_adjusted"], bool(test["flips"])) or "low", text=text, detail=detail,
            looks=int(tests["p_value"].notna().sum()), good=None,
        ))  # fmt: skip
    return out


def alike(tests: pd.DataFrame, alpha: float = 0.05) -> Words:
    """Whether the effect differs between groups, in one sentence."""
    looked = tests["p_value"].notna() if len(tests) else pd.Series(dtype=bool)
    if not looked.any():
        return say(
            fa="گروهی از مشتریان که در هر دو سو به‌اندازه باشد نیست؛ نمی‌توان گفت اثر میان گروه‌ها فرق دارد یا نه.",
            en="No way to split the customers leaves enough on either side: whether groups differ cannot be told.",
        )
    sure = tests[tests["p_adjusted"] < alpha]
    if not len(sure):
        return say(
            fa="با {k} شیوهٔ تقسیم مشتریان، اثر میان گروه‌ها بیش از تصادف فرق ندارد: تفاوت‌هایی که می‌بینید دلیلی برای "
            "تصمیم جدا برای یک گروه نیست.",
            en="Split in {k} ways, customers show no effects that differ by more than chance: the differences that you "
            "see are no reason to decide otherwise for one group.",
            k=int(looked.sum()),
        )
    return say(
        fa="اثر میان گروه‌های {c} یکسان نیست (از {k} شیوهٔ تقسیم، پس از تصحیح)؛ پیش از تصمیم برای همه، گروه‌ها "
        "را جدا ببینید.",
        en="The effect is not the same for the groups of {c} (of {k} ways to split, corrected): look at the "
        "groups before "
        "deciding for all.",
        c=join([name(column) for column in dict.fromkeys(sure.index.get_level_values("column"))]),
        k=int(looked.sum()),
    )
