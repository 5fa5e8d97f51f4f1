"""What of an experiment is worth telling a manager?  Effects that hold after correction, and draws that broke."""

from __future__ import annotations

import pandas as pd

from cx_helpers import certainty, disclosure
from cx_helpers.records import Finding, amount, clean, described, severity, step
from cx_helpers.wording import Words, current, join, name, say, sentences

LARGE = 0.05  # of the control's value: an effect that a manager should hear of loudly

GUARDS = [  # what this report guards against, for its data card
    {
        "fa": "نگاه کردن پیش از پایان، خطر اشتباه را بالا نمی‌برد: بازه‌ها در همهٔ نگاه‌ها با هم درست می‌مانند "
        "(دنبالهٔ اطمینان).",
        "en": "Looking early does not raise the risk of error: intervals hold at all looks together (confidence "
        "sequence).",
    },
    {
        "fa": "اگر سهم گروه‌ها با قرار آزمایش نخواند (p کمتر از ۰٫۰۰۱) هیچ نتیجه‌ای نشان داده نمی‌شود.",
        "en": "Where the variants’ shares are not as intended (p below 0.001) no result is shown.",
    },
    {
        "fa": "واحد سنجش همان است که به قرعه تقسیم شده: چند سفارش یک مشتری چند مشتری نیست (روش دلتا، خطای معیار "
        "خوشه‌ای).",
        "en": "What was drawn by lot is what counts: several orders of a customer are not several customers "
        "(delta method, "
        "clustered standard errors).",
    },
    {
        "fa": "هر که در جدول exposures در دو گروه آمده کنار گذاشته و شمرده شده است (ورود داده‌ها از هر مشتری تنها یک "
        "ردیف را در آن نگه می‌دارد)؛ هر که مهلتش تمام نشده هنوز نیامده است.",
        "en": "Customers whom the exposures show in two variants are left out and counted (the intake keeps one row a "
        "customer there); those whose time is not over are not in yet.",
    },
    {
        "fa": "p برای همهٔ گروه‌ها و سنجه‌ها تصحیح شده است (هولم)؛ تفاوت میان بخش‌های مشتریان با آزمون برهم‌کنش.",
        "en": "p is corrected for all variants and metrics (Holm); differences between segments by interaction tests.",
    },
    {
        "fa": "کنار میانگین، میانگینی آمده که در آن یک مشتری بسیار بزرگ به جای همه سخن نمی‌گوید.",
        "en": "Beside the mean stands one in which a single very large customer does not speak for all.",
    },
]


def findings(
    found: pd.DataFrame,
    trial,
    ratio: pd.DataFrame,
    blocks: bool = False,
    window_days: int = 7,
    expected: float = 0.0,
    final: bool = False,
) -> tuple[list[Finding], int]:
    """Effects that stand after correction, and a sample ratio that does not.  (findings, looks).

    found   of experiment_effects.effects;  trial  experiment.Trial;  ratio  of experiment_ratio.ratio
    blocks  may no effect be read (experiment_checks.blocked)?  Then only the broken draw is told
    final   as in experiment_effects.effects: its intervals are those of a single look
    Loud are only effects of a twentieth of the control's value or more (of the effect looked for, where one was named).
    """
    out, looks = _broken(trial, ratio), int(found["looks"].max()) if len(found) else 0
    if blocks or found.empty:
        return out, looks
    for (metric, variant), row in found[found["p_adjusted"].notna()].iterrows():
        large = abs(row["effect"]) >= (expected or LARGE) * abs(row["control"])
        loud = severity(row["p_adjusted"], large)
        if loud is not None:
            out.append(_finding(metric, variant, row, trial, loud, looks, _detail(row, metric, window_days, final)))
    return out, looks


def _of(row, metric: str):
    return described(metric, share=row["kind"] == "share" if "kind" in row else True)


def _finding(metric: str, variant: str, row, trial, loud: str, looks: int, detail: Words) -> Finding:
    of, good = _of(row, metric), row["good"] * row["effect"] > 0
    values = {"v": name(variant), "e": name(trial.name), "m": of.title, "c": name(trial.control)}
    return Finding(
        kind="experiment",
        subject={"experiment": trial.name, "variant": str(variant)},
        measure=metric,
        value=clean(row["value"]),
        baseline=clean(row["control"]),
        low=clean(row["control"] + row["low"]),
        high=clean(row["control"] + row["high"]),
        n=int(row["n"] + row["n_control"]),
        p_adjusted=clean(row["p_adjusted"]),
        severity=loud,
        text=say(
            fa="آزمایش «{e}»: «{m}» با «{v}» {x} است؛ با «{c}» {b}",
            en="Experiment “{e}”: {m} is {x} with “{v}”, {b} with “{c}”",
            x=amount(of, row["value"]),
            b=amount(of, row["control"]),
            **values,
        ),
        detail=detail,
        looks=looks,
        good=good,
        unit=of.unit,
    )


ALWAYS = {"fa": "بازهٔ ۹۵٪ که در هر نگاهی درست می‌ماند", "en": "95% interval that holds at every look"}
ONCE = {"fa": "بازهٔ ۹۵٪ یک نگاه در پایانِ ازپیش‌تعیین‌شده", "en": "95% interval of one look at the planned end"}


def _detail(row, metric: str, window_days: int, final: bool) -> Words:
    of = _of(row, metric)
    proof = say(
        fa="اثر: {c} ({reading}: {low} تا {high})، تا {d} روز پس از حضور.",
        en="Effect: {c} ({reading}: {low} to {high}), within {d} days of exposure.",
        reading=ONCE if final else ALWAYS,
        c=step(of, row["effect"], sign="+"),
        low=step(of, row["low"], unit=False, sign="+"),
        high=step(of, row["high"], unit=False, sign="+"),
        d=window_days,
    )
    more = None
    if of.unit == "share":
        more = say(
            fa="از هر هزار مشتری: {k:+.0f} نفر ({low:+.0f} تا {high:+.0f}).",
            en="Of every thousand customers: {k:+.0f} ({low:+.0f} to {high:+.0f}).",
            **{key: 1000 * row[column] for key, column in (("k", "effect"), ("low", "low"), ("high", "high"))},
        )
    return sentences(proof, more)


def _broken(trial, ratio: pd.DataFrame) -> list[Finding]:
    """The sample ratio as a finding, where it is off by more than chance."""
    p = float(ratio["p_value"].iloc[0]) if len(ratio) else float("nan")
    if not p < 0.01:
        return []
    off = (ratio["share"] - ratio["expected"]).abs().idxmax()
    row = ratio.loc[off]
    return [
        Finding(
            kind="experiment",
            subject={"experiment": trial.name, "variant": str(off)},
            measure="variant_share",
            value=clean(row["share"]),
            baseline=clean(row["expected"]),
            low=clean(row["low"]),
            high=clean(row["high"]),
            n=int(ratio["n"].sum()),
            p_adjusted=clean(p),
            severity="high" if p < 0.001 else "low",
            text=say(
                fa="آزمایش «{e}»: سهم «{v}» از مشتریان {x:.1%} است، نه {b:.1%}"
                + ("؛ نتیجه‌ها را نمی‌توان خواند" if p < 0.001 else ""),
                en="Experiment “{e}”: “{v}” got {x:.1%} of the customers, not {b:.1%}"
                + ("; its results cannot be read" if p < 0.001 else ""),
                e=name(trial.name),
                v=name(off),
                x=row["share"],
                b=row["expected"],
            ),
            looks=1,
            good=False,
            unit="share",
        )
    ]


def ran(trial, main: str, window_days: int) -> Words | None:
    """Which experiment this is, when customers came in, and what its main metric counts; None where there is none."""
    if not trial.name or trial.first is None:
        return None
    when = say(fa="از {first} تا {last}", en="from {first} to {last}", first=trial.first, last=trial.last)
    if trial.first == trial.last:
        when = say(fa="همه در یک روز، {day}،", en="on one day, {day}", day=trial.first)
    said = say(
        fa="آزمایش «{e}»: {n} مشتری {when} در {k} گروه وارد شدند.",
        en="Experiment “{e}”: {n} customers came in {when}, in {k} variants.",
        e=name(trial.name), n=disclosure.count(trial.customers, current().enough), when=when,
        k=len(trial.counts),
    )  # fmt: skip
    if main != "conversion":
        return said
    within = {"fa": "تا پایان داده‌ها", "en": "up to the end of the data"}
    if window_days:
        within = say(fa="تا {d} روز پس از ورود", en="within {d} days of coming in", d=window_days)
    more = say(
        fa="«{m}» در این گزارش سهم مشتریانی است که {within} سفارش دادند (نه سهم سفرها یا بازدیدها).",
        en="“{m}” is here the share of customers who ordered {within} (not of journeys or visits).",
        m=described(main).title, within=within,
    )  # fmt: skip
    return sentences(said, more)


def two_measures(found: pd.DataFrame, alpha: float = 0.05) -> Words | None:
    """Why an interval may leave out 0 while its p, corrected, is not small; None where no row seems to disagree."""
    known = found[found["p_adjusted"].notna()]
    clear = (known["low"] > 0) | (known["high"] < 0)
    odd = [described(metric).title for metric, _ in known[clear & ~(known["p_adjusted"] < alpha)].index]
    if not odd:
        return None
    return say(
        fa="بازهٔ {m} صفر را در بر ندارد و با این حال p تصحیح‌شده‌اش کوچک نیست: بازه از همان یک سنجه می‌گوید و p برای همهٔ "
        "{k} مقایسه تصحیح شده است. آن را نشانه بدانید، نه نتیجه.",
        en="The interval of {m} leaves out 0, yet its corrected p is not small: an interval tells of one metric alone, "
        "p is corrected for all {k} comparisons. Take it as a hint, not a result.",
        m=join(list({one["fa"]: one for one in odd}.values())), k=int(found["looks"].max()),
    )  # fmt: skip


def titled(metric: str, share: bool, pattern: Words) -> Words:
    """A picture's title with the metric's own in it and what its effect is counted in: {m} of the pattern."""
    of = described(metric, share)
    unit = {"fa": " (واحد درصد)", "en": " (percentage points)"} if of.unit == "share" else {"fa": "", "en": ""}
    return {locale: pattern[locale].format(m=of.title[locale]) + unit[locale] for locale in pattern}


def silent(sums: pd.DataFrame) -> Words | None:
    """Which outcomes did nobody have after exposure, and how often at most can they be?  None where all are there."""
    seen = sums.groupby(level="metric", sort=False)[["y", "yy", "n"]].sum()
    none, told = seen[seen["yy"] == 0], []
    for metric, row in none.iterrows():
        of = described(metric, share=True)
        high = float(certainty.wilson(0, row["n"])[1])
        told.append(
            say(
                fa="پس از حضور در آزمایش هیچ «{m}»ی دیده نشده است ({n} شمارش؛ اگر ثبت می‌شده است، با اطمینان ۹۵٪ سهمشان "
                "از {h:.1%} بیشتر نیست)؛ "
                "آنچه پیش از حضور بوده به حساب آزمایش نمی‌آید.",
                en="After exposure there is nothing of “{m}” (of {n}; if it was recorded at all, it happens with "
                "95% confidence to no more than {h:.1%}); "
                "what came before exposure does not count.",
                m=of.title,
                n=row["n"],
                h=high,
            )
            if row["n"] > 0
            else say(
                fa="برای «{m}» پس از حضور هنوز هیچ داده‌ای نیست.",
                en="For “{m}” there are no data after exposure yet.",
                m=of.title,
            )
        )
    return sentences(*told) if told else None
