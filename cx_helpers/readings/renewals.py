"""How long contracts last and what they are still worth: how a manager hears it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cx_helpers import certainty, disclosure
from cx_helpers.measures.renewals import ENDED, FEWEST
from cx_helpers.wording import Words, current, name, say, sentences

SERIES = {
    "seen": {"fa": "آنچه دیده شد", "en": "as seen"},
    "sbg": {"fa": "مدل sBG", "en": "sBG model"},
}
OUTSIZE = 0.25  # of all fees to come, in one contract

COLUMNS = {
    "columns": ["n", "running", "stays", "clv", "low", "high", "total"],
    "titles": {
        "n": {"fa": "قراردادها", "en": "contracts"},
        "running": {"fa": "جاری", "en": "running"},
        "stays": {"fa": "تا یک سال دیگر می‌ماند", "en": "still there in a year"},
        "clv": {"fa": "حق اشتراک پیش رو", "en": "fees to come, each"},
        "total": {"fa": "همه با هم", "en": "all together"},
    },
    "formats": {"running": "count", "stays": "share"} | dict.fromkeys(("clv", "low", "high", "total"), "money"),
    "unit_of": "clv",
}  # fmt: skip


def named(answer: pd.DataFrame) -> pd.DataFrame:
    """An answer by `series` with the names of the reader's language."""
    return answer.rename(index={k: v[current().locale] for k, v in SERIES.items()}, level="series")


def opening(worth: pd.DataFrame, months: int, unfit: dict[str, int] | None = None) -> Words | None:
    """The first sentence where there are contracts and no orders: what a running contract still brings; None: untold.

    worth  of `renewals.worth`: all plans that have a value, together, and the one that brings most in all
    unfit  of `renewals.unfit`: where fees are not known, the sum says what it takes for them
    """
    known = worth.dropna(subset=["clv"]).sort_values("total", ascending=False, kind="stable")
    if known.empty:
        return None
    row, plan = known.iloc[0], {"fa": "", "en": ""}
    if known.index.name is not None:
        plan = say(fa=" طرح «{p}»", en=" of the plan “{p}”", p=name(known.index[0]))
    first = _brings(row, months, plan)
    if len(known) > 1:
        of = say(fa=" در {k} طرح", en=" of {k} plans", k=len(known))
        first = sentences(_brings(_together(known), months, of), _most(row, known.index[0]))
    left = [] if len(known) == len(worth) else [_untold(len(worth) - len(known))]
    if unfit and unfit["fee"] + unfit["no_fee"]:
        left.append({
            "fa": "قراردادهایی که حق اشتراکشان معلوم نیست میانگینِ دیگران به حساب آمده‌اند.",
            "en": "Contracts whose fee is not known are taken at the average of the others.",
        })  # fmt: skip
    return sentences(first, *_outsize(known), *left)


def _together(known: pd.DataFrame) -> pd.Series:
    """Plans as one: their curves were fitted each by itself, so their errors have nothing to do with one another."""
    total, running = known["total"].sum(), known["running"].sum()
    half = np.sqrt(((known["total"] * np.log(known["high"] / known["clv"])) ** 2).sum()) / total
    each = total / running
    return pd.Series(
        {"clv": each, "low": each * np.exp(-half), "high": each * np.exp(half), "running": running, "total": total}
    )


def _most(row: pd.Series, plan) -> Words:
    return say(
        fa="بیشترین سهم از طرح «{p}» است: {x:money} برای هر قرارداد، با هم {total:money}.",
        en="The plan “{p}” brings most of it: {x:money} for each contract, {total:money} together.",
        p=name(plan), x=row["clv"], total=row["total"],
    )  # fmt: skip


def _untold(plans: int) -> Words:
    return say(
        fa="ارزش {k} طرح دیگر را نمی‌توان گفت و در این عددها نیست؛ دلیلش پایین‌تر آمده است.",
        en="The value of {k} more plans cannot be told; it is in none of these numbers, and the reason stands below."
        if plans > 1
        else "The value of one more plan cannot be told; it is in none of these numbers, and the reason stands below.",
        k=plans,
    )


def _outsize(known: pd.DataFrame) -> list[Words]:
    """One contract that is a quarter or more of all fees to come: told, for means then tell of that one."""
    top = float((known["top_share"] * known["total"]).max() / known["total"].sum())
    if not (top >= OUTSIZE and known["running"].sum() >= FEWEST):
        return []
    return [say(
        fa="یک قرارداد به‌تنهایی {s:.0%} از این پول است: میانگین و جمع بیش از هر چیز از همان یکی می‌گویند. ببینید حق "
        "اشتراکش درست ثبت شده باشد.",
        en="One contract alone is {s:.0%} of this money: mean and total tell of that one more than of anything else. "
        "See whether its fee was recorded rightly.",
        s=min(top, 0.99),
    )]  # fmt: skip


def _brings(row: pd.Series, months: int, plan: Words) -> Words:
    return say(
        fa="هر قرارداد جاری{plan} به‌طور میانگین {x:money} حق اشتراک در {months} ماه آینده پیش رو دارد (بازهٔ ۹۵٪: "
        "{low:money} تا {high:money}، {n} قرارداد جاری)؛ همهٔ آن‌ها با هم {total:money}.",
        en="A running contract{plan} still brings {x:money} of fees on average within {months} months (95% interval "
        "{low:money} to {high:money}, {n} running contracts); {total:money} all together.",
        plan=plan, x=row["clv"], low=row["low"], high=row["high"], n=int(row["running"]), total=row["total"],
        months=months,
    )  # fmt: skip


def sentence(worth: pd.DataFrame, off: dict[str, dict], unfit: dict[str, int]) -> Words | None:
    """Which plans have no value, and why; which contracts were left out.

    worth  of `renewals.worth` by plan;  off  {plan: `renewals.misfit`};  unfit  of `renewals.unfit`
    """
    told = [_refuted(plan, facts) for plan, facts in off.items() if facts and facts["p_value"] < 0.001]
    none = worth["clv"].isna() & ~worth.index.isin([p for p, f in off.items() if f and f["p_value"] < 0.001])
    if disclosure.HIDDEN in worth:
        none &= worth[disclosure.HIDDEN].isna()  # the table says why
    told += [_untellable(plan, row) for plan, row in worth[none].iterrows()]
    if unfit["fee"]:
        told.append(say(
            fa="حق اشتراک {fee} قرارداد منفی یا از هر پولی بیشتر است؛ بدون آن به حساب آمده‌اند. آن را در منبع درست "
            "کنید.",
            en="The fee of {fee} contracts is negative or beyond any sum of money: they count without it. Correct it "
            "in its source."
            if unfit["fee"] > 1
            else "The fee of one contract is negative or beyond any sum of money: it counts without it. Correct it in "
            "its source.",
            fee=unfit["fee"],
        ))  # fmt: skip
    unknown = unfit["fee"] + unfit["no_fee"]
    if unfit["no_fee"]:
        told.append(say(
            fa="برای {n} قرارداد حق اشتراکی نوشته نشده است (ستون monthly_fee).",
            en="{n} contracts have no fee written (the column monthly_fee).",
            n=unfit["no_fee"],
        ))  # fmt: skip
    if unknown and worth["clv"].notna().any():
        told.append(say(
            fa="ارزش {n} قراردادی که حق اشتراکش معلوم نیست، در جمع هم، میانگین دیگران گرفته شده است: جمع تخمین است.",
            en="{n} contracts whose fee is not known are taken at the average of the others, in the total too, which "
            "is an estimate for that.",
            n=unknown,
        ))  # fmt: skip
    if unfit["late"] or unfit["backward"]:
        told.append(say(
            fa="{late} قرارداد پس از پایان دوره آغاز می‌شود و {backward} قرارداد پیش از آغازش پایان یافته یا آغازی "
            "ندارد؛ در عددها نیستند.",
            en="{late} contracts start after the period and {backward} end before they start or have no start: they "
            "are in "
            "no number.", late=unfit["late"], backward=unfit["backward"],
        ))  # fmt: skip
    return sentences(*told) if told else None


def _of(plan) -> Words:
    whole = {"fa": "قراردادها", "en": "contracts"}
    return whole if plan == certainty.ALL else say(fa="طرح «{p}»", en="the plan “{p}”", p=name(plan))


def _refuted(plan, facts: dict) -> Words:
    return say(
        fa="ارزش {plan} را نمی‌توان گفت: در ماه {month}، {seen:.0%} از مانده‌ها رفتند و مدل {said:.0%} می‌گفت؛ این جهش را "
        "هیچ منحنی همواری نمی‌گوید. سهم‌های دیده‌شده را بخوانید.",
        en="No value can be told for {plan}: in month {month} {seen:.0%} of those there left where the model says "
        "{said:.0%}; no smooth curve has such a cliff. Read the shares as seen.",
        plan=_of(plan), month=facts["month"], seen=facts["seen"], said=facts["said"],
    )  # fmt: skip


def _untellable(plan, row: pd.Series) -> Words:
    """Why a plan whose curve nothing speaks against, and that may be shown, has no value."""
    if row["n"] < FEWEST or row["n"] - row["running"] < ENDED:
        fa = "ارزش {plan} گفته نمی‌شود: دست‌کم {n} قرارداد و {ended} پایان‌یافته لازم است."
        en = "No value is told for {plan}: that needs {n} contracts and {ended} that ended."
    elif not row["running"]:
        fa, en = "هیچ قراردادی از {plan} جاری نیست.", "No contract of {plan} runs any more."
        if plan == certainty.ALL:
            fa, en = "هیچ قراردادی جاری نیست.", "No contract runs any more."
    elif pd.notna(row["stays"]):
        fa = "حق اشتراک {plan} معلوم نیست (ستون monthly_fee)؛ ارزش آن گفته نمی‌شود."
        en = "The fees of {plan} are not known (the column monthly_fee): no value is told."
    else:
        fa = "مدل بر {plan} جواب یکتایی ندارد؛ ارزش آن گفته نمی‌شود."
        en = "The model has no one answer for {plan}: no value is told."
    return say(fa=fa, en=en, plan=_of(plan), n=FEWEST, ended=ENDED)


def title(plan: str | None) -> Words:
    """The title of the curve: of one plan, or of all contracts."""
    if plan is None:
        return {"fa": "قراردادهای جاری پس از هر ماه", "en": "Contracts still running after each month"}
    return say(
        fa="قراردادهای جاری «{plan}» پس از هر ماه", en="Contracts of “{plan}” still running after each month",
        plan=name(plan),
    )  # fmt: skip
