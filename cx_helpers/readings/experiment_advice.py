"""What should we do: ship it, stop it, or wait, and until when?  The decision that an experiment is made for.

One rule, fixed before anybody looks.  A variant is shipped where its effect on the first metric holds after correction
for all variants and metrics, and nothing else gets worse; it is stopped where it is worse, or where an effect worth
having is out of the question; else the experiment runs on to the day on which such an effect would show.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cx_helpers import versus
from cx_helpers.readings.experiment_tables import chance
from cx_helpers.records import Metric, described, step
from cx_helpers.wording import Words, join, name, say, sentences

IDLE_DAYS = 7  # without a new customer: the experiment has ended
LONGEST_DAYS = 366  # a wait that nobody takes


@dataclass(frozen=True)
class Advice:
    """What to do: `action` is ship, weigh, stop, settled, run, wait, undecided or blocked; `day` until when to run."""

    action: str
    text: Words
    variant: str = ""
    day: dt.date | None = None


def advice(
    found: pd.DataFrame,
    metric: str,
    trial,
    *,
    data_end: dt.date,
    window_days: int = 7,
    alpha: float = 0.05,
    planned: dt.date | None = None,
    blocked: bool = False,
    outlook: pd.DataFrame | None = None,
    expected: float = 0.0,
) -> Advice:
    """The decision on one experiment.

    found     of experiment_effects.effects;  metric  the one that decides;  trial  experiment.Trial
    data_end  the last day of the data;  planned  the end named beforehand, if any: before it nothing is decided
    blocked   experiment_checks.blocked: nothing is decided on a broken draw
    outlook   of experiment_plan.outlook: how many more days the effect that is looked for would take
    expected  as in experiment_effects.effects: 0 where nobody named the effect that is looked for
    """
    if blocked:
        return Advice("blocked", say(fa="فعلاً تصمیم نگیرید.", en="Do not decide yet."))
    mine = found.xs(metric, level="metric") if metric in found.index.get_level_values("metric") else found.iloc[:0]
    if planned and data_end < planned:
        return Advice("wait", _until_planned(planned), day=planned)
    known = mine[mine["p_adjusted"].notna()]
    if known.empty:
        running = (data_end - trial.last).days <= IDLE_DAYS
        return Advice("run" if running else "undecided", missing(mine, metric, window_days))
    if known.reindex(columns=["value", "control"]).eq(0).all(axis=None):
        return Advice("undecided", _nothing(metric, trial))
    of, days = _of(known, metric), outlook["days"] if outlook is not None else pd.Series(dtype=float)
    sure = known["p_adjusted"] < alpha
    wins, loses = (
        known[sure & (known["good"] * known["effect"] > 0)],
        known[sure & (known["good"] * known["effect"] < 0)],
    )
    if len(wins):
        best = (wins["good"] * wins["expects"]).idxmax()
        worse = found[(found["p_adjusted"] < alpha) & (found["good"] * found["effect"] < 0)]
        return _ship(best, wins.loc[best], of, worse[worse.index.get_level_values("variant") == best])
    if len(loses) == len(known):
        return _stop(loses, of, trial.control)
    if (np.where(known["good"] > 0, known["high"], -known["low"]) < known["scale"]).all():
        return _settled(known, of, trial.control, named=expected > 0)
    return _wait(known, of, trial, data_end, window_days, final=planned is not None, days=days)


def over(advice: Advice, trial, data_end: dt.date) -> Words | None:
    """That nothing is waited for any more, so that no days to come are told; None while the experiment runs on."""
    ended = trial.last is not None and (data_end - trial.last).days > IDLE_DAYS
    if advice.action == "wait" or not (ended or advice.action in ("ship", "weigh", "stop", "settled")):
        return None
    why = {"fa": "تصمیم گرفته شده است", "en": "The decision is made"}
    if ended:
        why = say(
            fa="آزمایش پایان یافته است (آخرین ورود: {day})", en="The experiment has ended (last entry: {day})",
            day=trial.last,
        )  # fmt: skip
    return say(
        fa="{why}؛ پس روزی برای صبرکردن گفته نمی‌شود. «مشتری لازم» برای آزمایش بعدی از همین گونه است.",
        en="{why}, so no days to wait are told. The customers needed are for the next experiment of this kind.",
        why=why,
    )


def missing(mine: pd.DataFrame, metric: str, window_days: int) -> Words:
    """Why there is no effect to speak of, and what still can be said."""
    title, row = described(metric, share=True).title, mine.iloc[0] if len(mine) else None
    if row is None or not row[["n", "n_control"]].min() > 0:
        return say(
            fa="«{m}» پس از حضور در آزمایش، در دست‌کم یکی از گروه‌ها هیچ‌بار دیده نشده است؛ هنوز چیزی برای مقایسه نیست.",
            en="After exposure there is nothing of “{m}” in at least one of the variants: nothing to compare yet.",
            m=title,
        )
    if row[["n", "n_control"]].min() < versus.FEWEST:
        return say(
            fa="در کوچک‌ترین گروه تنها {n} نفر شمرده می‌شوند؛ زیر {k} نفر هیچ تفاوتی آزموده نمی‌شود.",
            en="The smaller variant has only {n} to count by; below {k} no difference is tested.",
            n=row[["n", "n_control"]].min(),
            k=versus.FEWEST,
        )
    return say(
        fa="«{m}» نزد همهٔ مشتریان هر دو گروه تا {d} روز پس از حضور یکسان است؛ بی‌پراکندگی نمی‌توان چیزی را آزمود.",
        en="“{m}” is the same for every customer of both variants within {d} days of exposure: without spread "
        "nothing can "
        "be tested.",
        m=title,
        d=window_days,
    )


def _nothing(metric: str, trial) -> Words:
    """Nobody of any variant has the outcome: that tells of what was recorded, not of the variants."""
    return say(
        fa="پس از حضور در آزمایش برای هیچ مشتری‌ای، در هیچ گروهی، «{m}» ثبت نشده است. نمی‌توان گفت رخ نداده یا ثبت نشده "
        "است، پس چیزی برای تصمیم نیست: ببینید آیا رویدادهای پس از {first} در داده‌ها هست.",
        en="After exposure “{m}” is recorded for no customer of any variant. Whether it did not happen or was not "
        "recorded cannot be told, so there is nothing to decide on: see whether the data hold what happened after "
        "{first}.",
        m=described(metric, share=True).title, first=trial.first,
    )  # fmt: skip


def _until_planned(planned: dt.date) -> Words:
    return say(
        fa="تا {day} که پایان ازپیش‌تعیین‌شدهٔ آزمایش است صبر کنید؛ پیش از آن هیچ تفاوتی دلیل تصمیم نیست.",
        en="Wait until {day}, the end that was named beforehand; before it no difference is a reason to decide.",
        day=planned,
    )


def _effect(row, of) -> dict:
    """The effect's own numbers for a sentence, the direction in its sign."""
    ends = {end: step(of, row[end], unit=False, sign="+") for end in ("low", "high")}
    return {"m": of.title, "c": step(of, row["effect"], sign="+"), "sure": chance(row["better"]), **ends}


def _of(rows: pd.DataFrame, metric: str) -> Metric:
    return described(metric, share=bool((rows["kind"] == "share").all()))


def _ship(variant: str, row, of, worse: pd.DataFrame) -> Advice:
    proof = say(
        fa="«{m}» {c} (بازهٔ ۹۵٪: {low} تا {high})؛ احتمال بهتر بودن {sure}.",
        en="{m} {c} (95% interval {low} to {high}); probability that it is better {sure}.",
        **_effect(row, of),
    )
    if len(worse):
        told = join([described(m).title for m, _ in worse.index])
        return Advice(
            "weigh",
            sentences(
                say(
                    fa="گروه «{v}» در سنجهٔ اصلی بهتر است اما «{w}» را بدتر می‌کند: این دو را با هم بسنجید.",
                    en="Variant “{v}” is better in the first metric but makes {w} worse: weigh the one against "
                    "the other.",
                    v=name(variant),
                    w=told,
                ),
                proof,
            ),
            variant,
        )
    head = say(fa="گروه «{v}» را برای همه اجرا کنید.", en="Ship variant “{v}”.", v=name(variant))
    return Advice("ship", sentences(head, proof), variant)


def _stop(loses: pd.DataFrame, of, control: str) -> Advice:
    worst = (loses["good"] * loses["effect"]).idxmin()
    return Advice(
        "stop",
        sentences(
            say(
                fa="آزمایش را متوقف کنید و «{c}» را نگه دارید.",
                en="Stop, and keep “{c}”.",
                c=name(control),
            ),
            say(
                fa="با «{v}»، «{m}» {c} تغییر می‌کند (بازهٔ ۹۵٪: {low} تا {high})؛ احتمال بهتر بودن {sure}.",
                en="With “{v}”, {m} changes by {c} (95% interval {low} to {high}); probability that it is better "
                "{sure}.",
                v=name(worst),
                **_effect(loses.loc[worst], of),
            ),
        ),
        str(worst),
    )


def _settled(known: pd.DataFrame, of, control: str, named: bool) -> Advice:
    row, nobody = known.iloc[0], {"fa": "", "en": ""}
    if not named:
        nobody = {
            "fa": " (یک‌دهمِ پراکندگی مشتریان؛ اثری را که برایتان می‌ارزد با expected_effect بگویید)",
            "en": " (a tenth of the spread among customers; name the effect that is worth having by expected_effect)",
        }
    return Advice(
        "settled",
        say(
            fa="«{k}» را نگه دارید: «{m}» با «{v}» {x} تغییر می‌کند (بازهٔ ۹۵٪: {low} تا {high})، که بهبودی به بزرگی "
            "{s}{nobody} را رد می‌کند.",
            en="Keep “{k}”: with “{v}”, {m} changes by {x} (95% interval {low} to {high}), which rules out an "
            "improvement of {s}{nobody}.",
            k=name(control),
            v=name(known.index[0]),
            x=step(of, row["effect"], sign="+"),
            s=step(of, row["scale"]),
            nobody=nobody,
            m=of.title,
            **{end: step(of, row[end], unit=False, sign="+") for end in ("low", "high")},
        ),
    )


def _wait(known: pd.DataFrame, of, trial, data_end: dt.date, window_days: int, final: bool, days: pd.Series) -> Advice:
    """Not shown yet: until which day to run, or, where it has ended, what it could have shown."""
    best = (known["good"] * known["expects"]).idxmax()
    row = known.loc[best]
    seen = say(
        fa="«{m}» در «{v}» {c} (بازهٔ ۹۵٪: {low} تا {high})؛ احتمال بهتر بودن {sure}.",
        en="{m} of “{v}” {c} (95% interval {low} to {high}); probability that it is better {sure}.",
        v=name(best),
        **_effect(row, of),
    )
    if (data_end - trial.last).days > IDLE_DAYS or final:
        short = say(
            fa="آزمایش پایان یافته و تفاوتی که پس از تصحیح بماند نشان نداده است؛ «{c}» را نگه دارید. آزمایشی به "
            "این اندازه اثرهای "
            "{d} و بزرگ‌تر را (در چهار بار از پنج بار) نشان می‌دهد.",
            en="The experiment has ended without a difference that holds after correction: keep “{c}”. One of "
            "this size shows "
            "effects of {d} or more (in four of five cases).",
            c=name(trial.control),
            d=step(of, row["detectable"]),
        )
        return Advice("undecided", sentences(short, seen), str(best))
    more = float(days.get((best, "always"), np.nan))
    if not more <= LONGEST_DAYS:
        long = say(
            fa="با این شتاب، دیدن اثری به بزرگی {s} بیش از یک سال می‌خواهد: یا دنبال اثر بزرگ‌تری باشید یا "
            "آزمایش را بس کنید.",
            en="At this pace it takes more than a year to show an effect of {s}: look for a larger one, or end it.",
            s=step(of, row["scale"]),
        )
        return Advice("run", sentences(long, seen), str(best))
    day = data_end + dt.timedelta(int(more) + window_days)
    head = say(
        fa="آزمایش را تا {day} ادامه دهید: تا آن روز اثری به بزرگی {s} (در چهار بار از پنج بار) دیده می‌شود.",
        en="Keep running until {day}: by then an effect of {s} shows (in four of five cases).",
        day=day,
        s=step(of, row["scale"]),
    )
    return Advice("run", sentences(head, seen), str(best), day)
