"""What is to be said of whom to call: how many, what that brings, and on which assumptions?  Nobody is named."""

from __future__ import annotations

import pandas as pd

from cx_helpers.measures.calling import Assumed
from cx_helpers.valuation import Terms
from cx_helpers.wording import Words, current, join, number, raw, say

GUARDS = [
    {
        "fa": "اینکه تماس چند بار کارگر است (call_success) و هر تماس چقدر هزینه دارد (call_cost) فرض است، نه "
        "اندازه‌گیری؛ با آزمایشی کوچک (گزارش experiment) بسنجیدشان. اگر گفته نشوند از تماسِ نگه‌داشتن در actions.yaml "
        "می‌آیند، مانند گزارش personalisation که اجازه، استراحت و سقف تماس را هم می‌پرسد و از این رو کمتر تماس می‌گیرد. "
        "فهرست مشتریان در هیچ صفحه‌ای نیست.",
        "en": "How often a call succeeds (call_success) and what it costs (call_cost) are assumptions, not measured; "
        "try them in a small experiment (report experiment). Where they are not given they are those of the call to "
        "keep in actions.yaml, as in the report personalisation, which also asks for consent, rest and room and so "
        "calls fewer. No page holds the list of customers.",
    },
]
CURVE = {
    "columns": ["n", "net_gain", "low", "high", "saved", "spent"],
    "titles": {
        "n": {"fa": "تماس‌ها", "en": "calls"},
        "saved": {"fa": "مشتری نگه‌داشته", "en": "customers kept"},
        "spent": {"fa": "هزینهٔ تماس‌ها", "en": "cost of calls"},
    },
    "formats": {"n": "count", "net_gain": "money", "low": "money", "high": "money", "saved": "count", "spent": "money"},
}

_FROM = {
    "model": {
        "fa": "خریدهای پیش روی هر مشتری که بماند (همان مدلِ گزارش value) ضرب در حاشیهٔ سود",
        "en": "purchases to come of a customer who stays (the model of the report value) times the margin",
    },
    "pace": {
        "fa": "ادامهٔ آهنگِ خریدِ دو پنجرهٔ گذشته (مدل ارزش برازش نشد) ضرب در حاشیهٔ سود",
        "en": "the pace of spending of the last two windows going on (no model of value was fitted) times the margin",
    },
    "fees": {
        "fa": "حق اشتراک ماهانه ضرب در حاشیه، تا جایی که قراردادها می‌مانند",
        "en": "the monthly fee times its margin, for as long as contracts last",
    },
    "nothing": {"fa": "", "en": ""},
}


def taken(assumed: Assumed) -> Words:
    """Where the assumptions come from: parameters (money as it was given, with its unit), actions.yaml, or nowhere."""
    told = []
    if "call_success" in assumed.given:
        told.append(say(fa="call_success = {x:.0%}", en="call_success = {x:.0%}", x=assumed.success))
    if "call_cost" in assumed.given:
        currency = current().currency
        unit = {"fa": "ریال", "en": "rials"} if currency == "IRR" else raw(currency)
        told.append(say(fa="call_cost = {x:.0f} {u}", en="call_cost = {x:.0f} {u}", x=assumed.cost, u=unit))
    if len(told) < 2 and assumed.action is not None:
        own = {"fa": "actions.yaml", "en": "actions.yaml"}
        file = own if assumed.own else {"fa": "actions.yaml همراه برنامه", "en": "the actions.yaml that ships"}
        told.append(say(fa="«{a}» در {file}", en="“{a}” of {file}", a=assumed.action.name, file=file))
    elif len(told) < 2:
        told.append({"fa": "پیش‌فرض برنامه", "en": "the program’s own"})
    return say(fa="فرض: {x}", en="assumed: {x}", x=join(told))


def sentence(best: pd.DataFrame, assumed: Assumed) -> Words | None:
    """How many to call and what it brings, or that no call is worth it; None: nothing is told.  best  `calling.best`"""
    row, of = best.iloc[0], {"s": assumed.success, "c": assumed.cost, "taken": taken(assumed)}
    if pd.isna(row["net_gain"]):
        return None
    if not row["n"]:
        return say(
            fa="اگر {s:.0%} تماس‌ها کارگر باشد و هر تماس {c:money} هزینه بردارد ({taken}) تماس با هیچ مشتری‌ای به "
            "هزینه‌اش نمی‌ارزد.",
            en="If {s:.0%} of calls succeed and each costs {c:money} ({taken}) no customer is worth a call.",
            **of,
        )  # fmt: skip
    surely = {"fa": "", "en": ""}
    if row["low"] <= 0:
        surely = {"fa": " بازه صفر را هم دارد: سود قطعی نیست.", "en": " The interval holds 0: a gain is not sure."}
    return say(
        fa="اگر {s:.0%} تماس‌ها کارگر باشد و هر تماس {c:money} هزینه بردارد ({taken})، تماس با {n} مشتری می‌ارزد: "
        "{x:money} سود خالص (بازهٔ ۹۵٪: {low:money} تا {high:money}) و {saved:.0f} مشتری نگه‌داشته.{surely}",
        en="If {s:.0%} of calls succeed and each costs {c:money} ({taken}), {n} customers are worth a call: "
        "{x:money} net gain (95% interval {low:money} to {high:money}) and {saved:.0f} customers kept.{surely}",
        n=int(row["n"]), x=row["net_gain"], low=row["low"], high=row["high"], saved=row["saved"], surely=surely, **of,
    )  # fmt: skip


def basis(source: str, terms: Terms) -> Words | None:
    """What is kept with a customer, and where that number comes from."""
    if source == "nothing":
        return say(
            fa="ارزشِ نگه‌داشتن معلوم نیست: نه سفارشی هست و نه حق اشتراکی (contracts.monthly_fee). کسانی که می‌روند "
            "همچنان گفته می‌شود.",
            en="What is kept with a customer is not known: there are neither orders nor fees "
            "(contracts.monthly_fee). Who leaves is told all the same.",
        )
    known = {
        True: say(fa="حاشیهٔ سود {m:.1%}", en="margin {m:.1%}", m=terms.margin),
        False: {
            "fa": "حاشیهٔ سود نامعلوم، پس فروش است نه سود (پارامتر margin)",
            "en": "margin not known, so sales and not profit (parameter margin)",
        },
    }[bool(terms.margin_known)]
    return say(
        fa="ارزش نگه‌داشته: {source}، در {months} ماه، با تنزیل سالانهٔ {d:.0%}؛ {known}.",
        en="Value kept: {source}, over {months} months, discounted by {d:.0%} a year; {known}.",
        source=_FROM[source], months=terms.months, d=terms.discount, known=known,
    )  # fmt: skip


def checked(check: pd.DataFrame) -> Words | None:
    """How the same rule did at the last snapshot; None where it would have called nobody.  check  of `calling.check`"""
    row = check.iloc[0]
    if pd.isna(row["ratio"]):
        return None
    return say(
        fa="آزمون پول: اگر در آخرین عکس چنین تماس می‌گرفتیم، {x:.0%} پولی که رفتنی خوانده شده بود رفت (بازهٔ ۹۵٪: "
        "{low:.0%} تا {high:.0%})؛ این خطا در بازه‌های بالا هست.",
        en="Money tried: had one called so at the last snapshot, {x:.0%} of the money told to leave did (95% interval "
        "{low:.0%} to {high:.0%}); this error is in the intervals above.",
        x=row["ratio"], low=row["low"], high=row["high"],
    )  # fmt: skip


def drawn(curve: pd.DataFrame) -> pd.DataFrame:
    """`calling.curve` with its shares as the reader writes them; of two that read alike the better one."""
    names = pd.Series([number(x, percent=True) for x in curve.index], index=curve.index, dtype=object)
    best = curve["net_gain"].groupby(names, sort=False).idxmax()
    return curve.loc[list(best)].set_axis(list(best.index), axis=0).rename_axis("share_called")


def peak(drawn: pd.DataFrame) -> Words | None:
    """Where the curve is highest, for its caption; None where no call is worth its cost.  drawn  of `drawn`"""
    if not len(drawn) or not drawn["net_gain"].max() > 0:
        return None
    at = drawn["net_gain"].idxmax()
    return say(
        fa="بیشترین سود با {n} تماس است، {share} مشتریان",
        en="The gain is highest at {n} calls, {share} of the customers",
        n=int(drawn.loc[at, "n"]), share=raw(at),
    )  # fmt: skip
