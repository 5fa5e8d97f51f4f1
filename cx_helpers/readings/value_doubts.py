"""What cannot be said of customers' value, why, what is missing, and what can be said all the same?"""

from __future__ import annotations

import pandas as pd

from cx_helpers import disclosure
from cx_helpers.measures.value import outsize as outsize_of
from cx_helpers.readings import value
from cx_helpers.valuation import CAME_BACK, DEPENDENT, FEWEST, SHORTEST, Model
from cx_helpers.wording import Words, current, say

_WHY: dict[str, tuple[str, str]] = {
    "nobody": (
        "ارزش مشتریان را نمی‌توان گفت: تا پایان این دوره هیچ خریدی از مشتری شناخته‌شده‌ای نیست. سفارشی خرید است که "
        "customer_id، ordered_at و amount (صفر یا بیشتر) دارد و لغو نشده است.",
        "Nothing can be said of customers' value: up to the end of this period no purchase of a known customer is "
        "there. An order is a purchase where it has customer_id, ordered_at and an amount of 0 or more, and was not "
        "cancelled.",
    ),
    "few": (
        "برای مدل ارزش دست‌کم {fewest} مشتری لازم است و اینجا {n} نفرند؛ پس پیش‌بینی نمی‌شود که چه خواهند خرید. آنچه "
        "تاکنون خریده‌اند همچنان گفته می‌شود.",
        "A model of value needs {fewest} customers or more and finds {n}: what they will buy is not foretold. "
        "What they have bought so far can still be said.",
    ),
    "all_once": (
        "هیچ‌یک از {n} مشتری در روز دیگری دوباره نخریده است؛ از چنین داده‌ای نمی‌توان گفت که چه کسی هنوز مشتری است. "
        "نخستین خریدها همچنان گفته می‌شود.",
        "None of {n} customers bought again on another day: such data do not tell who is still a customer. First "
        "purchases can still be said.",
    ),
    "few_back": (
        "تنها {back} مشتری دوباره خریده‌اند و برای مدل دست‌کم {back_needed} لازم است؛ سهم بازگشته‌ها همچنان گفته "
        "می‌شود.",
        "Only {back} customers bought again, and a model needs {back_needed}; the share who came back can still be "
        "said.",
    ),
    "short": (
        "از نخستین خرید تنها {days} روز گذشته است و برای مدل دست‌کم {shortest} روز لازم است؛ سکوت در این مدت چیزی "
        "نمی‌گوید.",
        "Only {days} days have passed since the first purchase, and a model needs {shortest}: silence tells nothing "
        "yet.",
    ),
    "untold": (
        "هیچ‌یک از مدل‌های خرید بر این داده‌ها جواب یکتایی ندارد؛ از ارزش آینده چیزی گفته نمی‌شود و آنچه تاکنون "
        "خریده شده همچنان گفته می‌شود.",
        "None of the models of buying has one answer on these data: nothing is said of the value to come. What was "
        "bought so far can still be said.",
    ),
    "unpriced": (
        "تنها {n} مشتریِ بازگشته خریدی با مبلغ بالای صفر دارند و برای مدل مبلغ دست‌کم {back_needed} لازم است؛ شمار "
        "خریدهای آینده گفته می‌شود، پول آن نه.",
        "Only {n} customers who came back have purchases above 0, and a model of amounts needs {back_needed}: how many "
        "purchases are to come can be said, their money cannot.",
    ),
    "heavy": (
        "مبلغ خرید مشتریان چنان پراکنده است که میانگینی ندارد (q = {q:.2f}، باید بیش از ۱ باشد)؛ هر عددی برای ارزش "
        "بی‌پایان یا منفی می‌شد. شمار خریدهای آینده همچنان گفته می‌شود.",
        "Amounts differ so much between customers that they have no mean (q = {q:.2f}, it must be above 1): any value "
        "would be endless or negative. How many purchases are to come can still be said.",
    ),
    "dependent": (
        "مبلغ هر خرید با دفعات خرید همراه است (همبستگی {r:.2f}، بازهٔ ۹۵٪: {low:.2f} تا {high:.2f}) و مدل مبلغ "
        "آن‌ها را "
        "مستقل می‌گیرد؛ ارزش پولی نادرست می‌شد. بخش‌هایی همگن‌تر را جدا ببینید (پارامتر segment)؛ شمار خریدهای آینده "
        "همچنان گفته می‌شود.",
        "How much customers spend goes with how often they buy (correlation {r:.2f}, 95% interval {low:.2f} to "
        "{high:.2f}), and the model of amounts takes it that it does not: money would be wrong. Look at more uniform "
        "parts by themselves (parameter segment); how many purchases are to come can still be said.",
    ),
    "untold_spend": (
        "مدل مبلغ بر این داده‌ها جواب یکتایی ندارد؛ شمار خریدهای آینده گفته می‌شود، پول آن نه.",
        "The model of amounts has no one answer on these data: how many purchases are to come can be said, their money "
        "cannot.",
    ),
}  # fmt: skip
_SHORT: dict[str, tuple[str, str]] = {  # of the same reasons, on a tile
    "nobody": ("در orders خریدی از مشتری شناخته‌شده‌ای نیست", "no purchase of a known customer in orders"),
    "few": ("برای مدل {fewest} مشتری لازم است", "a model needs {fewest} customers"),
    "all_once": ("هیچ‌کس دوباره نخریده است", "nobody bought again"),
    "few_back": ("برای مدل {back_needed} مشتریِ بازگشته لازم است", "a model needs {back_needed} who bought again"),
    "short": ("برای مدل {shortest} روز تاریخچه لازم است", "a model needs {shortest} days of history"),
}
_NO_MODEL = ("مدلی به این داده‌ها نمی‌خورد؛ دلیلش در متن آمده است", "no model fits these data: the text says why")
_NOTED: dict[str, tuple[str, str]] = {
    "margin": (
        "حاشیهٔ سود معلوم نیست؛ این عددها فروش‌اند، نه سود. پارامتر margin را بدهید یا orders.margin را پر کنید.",
        "The margin is not known: these are sales, not profit. Give the parameter margin, or fill orders.margin.",
    ),
    "depends": (
        "مبلغ هر خرید اندکی با دفعات خرید همراه است (همبستگی {r:.2f}، بازهٔ ۹۵٪: {low:.2f} تا {high:.2f})؛ ارزش "
        "پرخریدارها را کمی محتاطانه بخوانید.",
        "How much customers spend goes a little with how often they buy (correlation {r:.2f}, 95% interval "
        "{low:.2f} to {high:.2f}): read the value of frequent buyers with some care.",
    ),
    "near_one": (
        "از این داده‌ها نمی‌توان دانست که چند خریدار بزرگ میانگین مبلغ را نمی‌سازند (q = {q:.2f}، بازهٔ ۹۵٪ آن تا "
        "{low:.2f} پایین می‌آید و زیر ۱ میانگینی نیست)؛ مبلغ‌ها را با احتیاط بخوانید.",
        "These data do not rule out that a few large buyers make the mean amount (q = {q:.2f}, its 95% interval "
        "reaches down to {low:.2f}, and below 1 there is no mean): read amounts with care.",
    ),
}  # fmt: skip


def _said(told: dict[str, tuple[str, str]], reason: str, facts: dict, smallest: int) -> Words:
    fa, en = told[reason]
    counts = {k: disclosure.count(facts[k], smallest) for k in ("n", "back") if k in facts}
    limits = {"fewest": FEWEST, "back_needed": CAME_BACK, "shortest": SHORTEST, "limit": DEPENDENT}
    return say(fa=fa, en=en, **(facts | counts | limits))


def refusals(model: Model, smallest: int = 1) -> list[Words]:
    """What is refused, a sentence each: what is missing, and what can be said all the same."""
    return [_said(_WHY, reason, facts, smallest) for reason, facts in model.refused.items()]


def notes(model: Model, smallest: int = 1) -> list[Words]:
    """Weaknesses of what is said all the same, a sentence each."""
    return [_said(_NOTED, reason, facts, smallest) for reason, facts in model.noted.items()]


def outsize(model: Model) -> Words | None:
    """That one customer, or very few, are most of the value to come, and what the others are worth; None: none is."""
    row = outsize_of(model).iloc[0]
    if not row["top"]:
        return None
    return say(
        fa="یک مشتری به‌تنهایی {s:.0%} از ارزش پیش روی همهٔ {n} مشتری است؛ بدون او هر مشتری به‌طور میانگین {rest:money} "
        "می‌ارزد. میانگین‌ها، جمع‌ها و سود ماندن بهتر بیش از هر چیز از همین یک نفر می‌گویند."
        if row["top"] == 1
        else "{top} مشتری با هم {s:.0%} از ارزش پیش روی همهٔ {n} مشتری‌اند؛ بدون آنان هر مشتری به‌طور میانگین "
        "{rest:money} می‌ارزد. میانگین‌ها، جمع‌ها و سود ماندن بهتر بیش از هر چیز از همین چند نفر می‌گویند.",
        en="One customer alone is {s:.0%} of the value to come of all {n} customers; without that one a customer is "
        "worth {rest:money} on average. Means, totals and the gain of better retention tell of that one more than of "
        "anybody else."
        if row["top"] == 1
        else "{top} customers together are {s:.0%} of the value to come of all {n}; without them a customer is worth "
        "{rest:money} on average. Means, totals and the gain of better retention tell of these few more than of "
        "anybody else.",
        top=int(row["top"]), n=int(row["n"]), s=min(row["top_share"], 0.99), rest=row["rest"],
    )  # fmt: skip


def counted(model: Model) -> Words | None:
    """What the customers behind the mean are, where one or few of them make it: the base of a tile; else None."""
    row = outsize_of(model).iloc[0]
    if not row["top"]:
        return None
    one = row["top"] == 1
    return say(
        fa="مشتری که یکی از آنان {s:.0%} آن است" if one else "مشتری که {top} نفر از آنان {s:.0%} آن‌اند",
        en="customers, one of whom is {s:.0%} of it" if one else "customers, {top} of whom are {s:.0%} of it",
        top=int(row["top"]), s=min(row["top_share"], 0.99),
    )  # fmt: skip


def still(model: Model, standing: pd.DataFrame) -> Words | None:
    """What stands without a model: how many customers, who came back, what they brought; None where nobody bought."""
    row = standing.iloc[0]
    if not row["n"] or pd.isna(row["again"]):
        return None
    return say(
        fa="آنچه می‌توان گفت: {n} مشتری خریده‌اند، {again:.0%} آنان دوباره (بازهٔ ۹۵٪: {low:.0%} تا {high:.0%}) و "
        "هر یک به‌طور میانگین {so_far:money} ارزیده است.",
        en="What can be said: {n} customers bought, {again:.0%} of them again (95% interval {low:.0%} to "
        "{high:.0%}), and each has been worth {so_far:money} on average.",
        n=row["n"], again=row["again"], low=row["low"], high=row["high"], so_far=row["so_far"],
    )  # fmt: skip


def left_out(counts: pd.Series, smallest: int = 1) -> Words | None:
    """Which orders are no purchases, and what of the money came back; None where all are and none did."""
    gone = {k: int(counts[k]) for k in ("without_customer", "cancelled", "below")}
    if not any(gone.values()) and not counts["returned"]:
        return None
    share = counts["returned"] / counts["sold"] if counts["sold"] else 0.0
    return say(
        fa="از {orders} سفارش، {bought} خرید به حساب آمد؛ بقیه: {without_customer} بی‌نام مشتری، {cancelled} "
        "لغوشده، {below} "
        "بی‌مبلغ یا منفی. {share:.1%} پول فروش برگشته و از ارزش کم شده است.",
        en="Of {orders} orders {bought} count as purchases; the others: {without_customer} without a customer, "
        "{cancelled} cancelled, {below} without an amount or below 0. {share:.1%} of the money of sales came back "
        "and is "
        "taken off.",
        orders=int(counts["orders"]), bought=int(counts["bought"]), share=share, **gone,
    )  # fmt: skip


def opening(
    model: Model, whole: pd.DataFrame, ahead: pd.DataFrame, standing: pd.DataFrame, smallest: int = 1
) -> list[Words]:
    """The first sentences of the page: the value; or why there is none, and what can be said all the same.

    whole, ahead  of `value.clv`, of clv and of purchases;  standing  of `value.standing`
    """
    told = value.sentence(model, whole)
    if told is not None:
        return [told]
    more = (value.purchases(model, ahead), still(model, standing))
    return [*refusals(model, smallest), *(one for one in more if one is not None)]


def reasoned(model: Model, answer: pd.DataFrame) -> pd.DataFrame:
    """One row of `value.clv` with `why`, in the reader's language, where no model gives the number, however many there
    are; rows that are hidden, and those with a number, as they were."""
    number, told = next(c for c in answer if c not in ("n", "customers")), model.refused
    hidden = disclosure.HIDDEN in answer and answer[disclosure.HIDDEN].notna().iloc[0]
    if not told or hidden or not pd.isna(answer[number].iloc[0]):
        return answer
    reason = next((k for k in told if k in _SHORT), None)
    fa, en = _SHORT.get(reason, _NO_MODEL)
    why = say(fa=fa, en=en, fewest=FEWEST, back_needed=CAME_BACK, shortest=SHORTEST)
    return answer.assign(why=why[current().locale])


def terms(model: Model) -> Words:
    """On which terms values are counted: margin, discount rate, horizon, returns."""
    t = model.terms
    margin = say(fa="حاشیهٔ سود {x:.1%}", en="margin {x:.1%}", x=t.margin)
    sales = {"fa": "حاشیهٔ سود نامعلوم (فروش)", "en": "margin not known (sales)"}
    return say(
        fa="شرط‌های این ارزش: {margin}، نرخ تنزیل {discount:.0%} در سال، افق {months} ماه، {back:.1%} از پول فروش "
        "برمی‌گردد. "
        "با پارامترهای margin، discount_rate و horizon_months عوض می‌شوند. قیمت‌ها همان قیمت‌های تاریخچه‌اند؛ تورم "
        "در آن‌ها "
        "نیست.",
        en="Terms of these values: {margin}, discount rate {discount:.0%} a year, horizon {months} months, "
        "{back:.1%} of the "
        "money of sales comes back. The parameters margin, discount_rate and horizon_months change them. Prices are "
        "those "
        "of the history, without inflation.",
        margin=margin if t.margin_known else sales, discount=t.discount, months=t.months, back=1 - t.kept,
    )  # fmt: skip
