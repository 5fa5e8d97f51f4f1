"""What is to be said of what to do next, for how many, and why each customer gets what they get?"""

from __future__ import annotations

import pandas as pd

from cx_helpers import disclosure
from cx_helpers.actions import Action, Condition, Policy
from cx_helpers.measures.next_action import Choice
from cx_helpers.wording import Words, join, name, say, sentences

GUARDS = [
    {
        "fa": "تنها کسی که اجازه‌اش آشکارا «بله» است در فهرست می‌آید؛ نامعلوم یعنی نه. به کسی که درخواست یا موردِ بازی "
        "دارد چیزی فروخته نمی‌شود. جنسیت، سن و جای زندگی در هیچ قاعده‌ای پذیرفته نیست.",
        "en": "Only a plain yes is consent; unknown means no. Nothing is sold to whoever has an open request or case. "
        "No rule may ask for gender, age or place.",
    },
    {
        "fa": "پول مورد انتظار: آنچه در میان است × اثر − هزینه. اثری که با قرعه آزموده نشده «فرض» است و "
        "عدم‌قطعیتش در بازه نیست؛ اثر آزموده با خطایش در بازه هست.",
        "en": "Expected money: what is at stake × effect − cost. An effect that no lot has tried is an assumption, and "
        "its uncertainty is not in the interval; that of a measured effect is.",
    },
    {
        "fa": "سهمی از مشتریان به قید قرعه کنار می‌مانند تا اثر سنجیدنی بماند. نام هیچ‌کس در صفحه نیست؛ فهرست‌ها تنها در "
        "آزمایشگاه ساخته می‌شوند.",
        "en": "A share drawn by lot gets nothing, so that the effect can be measured. Nobody is named on the page; "
        "lists are made in the lab only.",
    },
]
STEPS: dict[str, Words] = {
    "known": {"fa": "همهٔ مشتریان", "en": "all customers"},
    "rule": {"fa": "شرط کاری برقرار است", "en": "some action’s conditions hold"},
    "complaint": {"fa": "بی‌شکایت باز، یا کاری که فروش نیست", "en": "no open complaint, or no sale"},
    "consent": {"fa": "اجازه داده است", "en": "has consented"},
    "rest": {"fa": "تازه سراغش نرفته‌ایم", "en": "not contacted lately"},
    "worth": {"fa": "به هزینه‌اش می‌ارزد", "en": "worth its cost, or a duty"},
    "room": {"fa": "جا و بودجه هست", "en": "room and budget"},
    "lot": {"fa": "قرعه کنارش نگذاشته است", "en": "not held back by lot"},
}
FUNNEL = {
    "columns": ["n", "lost"],
    "titles": {
        "n": {"fa": "مانده", "en": "left"},
        "lost": {"fa": "در این گام کنار رفتند", "en": "fell out here"},
    },
    "formats": {"n": "count", "lost": "count"},
    "rows_title": {"fa": "گام", "en": "step"},
}
ACTIONS = {
    "columns": ["n", "expected_money", "low", "high", "each", "spent", "measured"],
    "titles": {
        "n": {"fa": "مشتریان", "en": "customers"},
        "expected_money": {"fa": "پول مورد انتظار", "en": "expected money"},
        "each": {"fa": "برای هر مشتری", "en": "a customer"},
        "spent": {"fa": "هزینه", "en": "cost"},
        "measured": {"fa": "اثر", "en": "effect"},
    },
    "formats": {
        "n": "count",
        **dict.fromkeys(("expected_money", "low", "high", "each", "spent"), "money"),
        "measured": lambda x: (
            {"fa": "سنجیده با قرعه", "en": "measured by lot"} if x == 1 else {"fa": "فرض", "en": "assumed"}
        ),
    },
    "rows_title": {"fa": "کار", "en": "action"},
}
RULES = {
    "columns": ["when", "channel", "stake", "effect", "cost"],
    "titles": {
        "when": {"fa": "برای چه کسی", "en": "for whom"},
        "channel": {"fa": "از راه", "en": "by"},
        "stake": {"fa": "در میان است", "en": "at stake"},
        "effect": {"fa": "اثر", "en": "effect"},
        "cost": {"fa": "هزینهٔ هر بار", "en": "cost each"},
    },
    "formats": {c: (lambda x: x) for c in ("when", "channel", "stake", "effect")} | {"cost": "money"},
    "rows_title": {"fa": "کار", "en": "action"},
}
_FACTS: dict[str, Words] = {
    "lifecycle": {"fa": "مرحلهٔ زندگی", "en": "stage of life"},
    "rfm": {"fa": "گروه خرید", "en": "buying group"},
    "orders": {"fa": "شمار سفارش‌ها", "en": "orders"},
    "value": {"fa": "خرید تاکنون", "en": "spent so far"},
    "mean_order": {"fa": "میانگین سفارش", "en": "mean order"},
    "recency_days": {"fa": "روز از آخرین خرید", "en": "days since the last order"},
    "silence_days": {"fa": "روز از آخرین رویداد", "en": "days since the last event"},
    "tenure_days": {"fa": "روز از نخستین خرید", "en": "days since the first order"},
    "contacts": {"fa": "شمار رویدادها", "en": "events"},
    "channels": {"fa": "شمار کانال‌ها", "en": "channels"},
    "last_nps": {"fa": "آخرین امتیاز NPS", "en": "last NPS score"},
    "last_csat": {"fa": "آخرین امتیاز رضایت", "en": "last CSAT score"},
    "last_ces": {"fa": "آخرین امتیاز سهولت", "en": "last CES score"},
    "last_feeling": {"fa": "احساس آخرین نوشته", "en": "feeling of the last comment"},
    "open_tickets": {"fa": "درخواست‌های باز", "en": "open requests"},
    "waiting_days": {"fa": "روزهای انتظار برای پاسخ", "en": "days of waiting for an answer"},
    "open_cases": {"fa": "موردهای باز", "en": "open cases"},
    "risk": {"fa": "احتمال رفتن", "en": "chance of leaving"},
    "kept": {"fa": "ارزش نگه‌داشتن", "en": "money kept"},
    "next_item": {"fa": "کالای بعدی", "en": "next item"},
    "next_chance": {"fa": "بخت کالای بعدی", "en": "chance of the next item"},
}
_STAKES: dict[str, Words] = {
    "kept": {"fa": "احتمال رفتن × ارزش نگه‌داشتن", "en": "chance of leaving × money kept"},
    "order": {"fa": "یک سفارش معمول مشتری", "en": "a usual order of the customer"},
    "item": {"fa": "کالای بعدی", "en": "the next item"},
}
_SIGNS = {">=": ("دست‌کم", "at least"), "<=": ("حداکثر", "at most"), ">": ("بیش از", "above"), "<": ("کمتر از", "below"),
          "!=": ("جز", "not")}  # fmt: skip


def fact(column: str) -> Words:
    """What a fact is called."""
    return _FACTS.get(column) or name(column)


def _number(column: str, x) -> Words:
    if isinstance(x, str):
        return name(x)
    if column in ("risk", "next_chance"):
        return say(fa="{x:.0%}", en="{x:.0%}", x=float(x))
    if column in ("value", "mean_order", "kept"):
        return say(fa="{x:money}", en="{x:money}", x=float(x))
    digits = 0 if float(x) == round(float(x)) or "days" in column else 1
    return say(fa=f"{{x:.{digits}f}}", en=f"{{x:.{digits}f}}", x=float(x))


def condition(c: Condition) -> Words:
    """A condition in words: “days since the last order: at least 30”."""
    if c.sign == "=":
        values = [_number(c.fact, v) for v in c.value]
        return say(fa="{f}: {v}", en="{f}: {v}", f=fact(c.fact),
                   v={k: " / ".join(v[k] for v in values) for k in ("fa", "en")})  # fmt: skip
    fa, en = _SIGNS[c.sign]
    return say(fa="{f}: " + fa + " {v}", en="{f}: " + en + " {v}", f=fact(c.fact), v=_number(c.fact, c.value))


def conditions(action: Action) -> list[Words]:
    """An action's conditions in words; from … to … where both ends of a fact are given."""
    out, ends = [], {}
    for c in action.when:
        ends.setdefault(c.fact, {})[c.sign] = c
    for f, signs in ends.items():
        if set(signs) == {">=", "<="}:
            low, high = (_number(f, signs[s].value) for s in (">=", "<="))
            out.append(say(fa="{f}: {a} تا {b}", en="{f}: {a} to {b}", f=fact(f), a=low, b=high))
        else:
            out += [condition(c) for c in action.when if c.fact == f]
    return out


def reason(row: pd.Series, action: Action) -> Words:
    """Why does this customer get this action: the facts that its rule asked for, as they are.  For the lab."""
    asked = list(dict.fromkeys(c.fact for c in action.when))
    told = [say(fa="{f}: {v}", en="{f}: {v}", f=fact(f), v=_number(f, row[f])) for f in asked if pd.notna(row.get(f))]
    if action.brings == "item" and isinstance(row.get("next_item"), str):
        told.append(say(fa="کالای بعدی: {x}", en="next item: {x}", x=name(row["next_item"])))
    return {"fa": "؛ ".join(t["fa"] for t in told), "en": "; ".join(t["en"] for t in told)}


def explained(choice: Choice, locale: str, action: str = "", most: int | None = 50) -> pd.DataFrame:
    """For the lab only: customer_id, action (its name), expected, offer (the next item, where that is it) and reason of
    those who get something, most expected money first.  No page shows it."""
    rows = choice.taken if not action else choice.taken[choice.taken["action"] == action]
    rows = rows.sort_values(["expected", "customer_id"], ascending=[False, True], kind="stable")
    rows = rows if most is None else rows.head(most)
    of = [choice.policy[key] for key in rows["action"]]
    why = [reason(row, a)[locale] for (_, row), a in zip(rows.iterrows(), of, strict=True)]
    offers = [row["next_item"] if a.brings == "item" else None for (_, row), a in zip(rows.iterrows(), of, strict=True)]
    out = rows[["customer_id", "action", "expected"]].assign(offer=offers, reason=why)
    return out.assign(action=[a.name[locale] for a in of]).reset_index(drop=True)


def named(found: pd.DataFrame, policy: Policy, locale: str) -> pd.DataFrame:
    """An answer by action with the actions' names in the reader's language."""
    names = {a.key: a.name[locale] for a in policy.actions}
    index = found.index
    if isinstance(index, pd.MultiIndex):
        return found.rename(index=names, level="action")
    return found.set_axis(pd.Index([names.get(k, k) for k in index], name=index.name, dtype=object))


def stepped(found: pd.DataFrame, locale: str) -> pd.DataFrame:
    """`next_action.funnel` with its steps in words."""
    return found.set_axis(pd.Index([STEPS[k][locale] for k in found.index], name="step", dtype=object))


def rules(choice: Choice, locale: str) -> pd.DataFrame:
    """The policy as a table: for whom, by which channel, what is at stake, which effect, at what cost."""
    rows = {}
    for a in choice.policy.actions:
        stake = _STAKES[a.brings] if isinstance(a.brings, str) else _number("value", a.brings)
        effect = say(fa="{x:.0%} (فرض)", en="{x:.0%} (assumed)", x=a.effect)
        if (tried := choice.measured.get(a.key)) is not None:
            stake, effect = {"fa": "سنجیده با قرعه", "en": "measured by lot"}, _number("value", tried.each)
        when = {"fa": "؛ ", "en": "; "}[locale].join(c[locale] for c in conditions(a))
        rows[a.name[locale]] = {
            "when": when, "channel": name(a.channel)[locale], "stake": stake[locale], "effect": effect[locale],
            "cost": choice.costs[a.key],
        }  # fmt: skip
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("action")


def sentence(total: pd.DataFrame, smallest: int = 1) -> Words:
    """For how many something is to be done, and what that is expected to bring.  total  of `next_action.total`"""
    row = total.iloc[0]
    if disclosure.few(row["n"], smallest):
        return say(
            fa="امروز برای {n} مشتری کاری هست.", en="Today there is something to do for {n} customers.",
            n=disclosure.count(row["n"], smallest),
        )  # fmt: skip
    if not row["n"]:
        return say(
            fa="امروز برای هیچ مشتری‌ای کاری نیست: هیچ‌کس از همهٔ گام‌ها (شرط، اجازه، استراحت، ارزش) نگذشت.",
            en="There is nothing to do for any customer today: nobody passed all steps (rule, consent, rest, worth).",
        )
    sure = {"fa": "", "en": ""}
    if not row["low"] > 0:
        sure = {"fa": " بازه صفر را هم دارد: سود قطعی نیست.", "en": " The interval holds 0: a gain is not sure."}
    return say(
        fa="برای {n} مشتری از {k} کاری هست که {x:money} می‌ارزد (پس از هزینه؛ بازهٔ ۹۵٪: {low:money} تا "
        "{high:money}).{sure}",
        en="There is something to do for {n} of {k} customers, worth {x:money} after costs (95% interval {low:money} "
        "to {high:money}).{sure}",
        n=int(row["n"]), k=int(row["known"]), x=row["expected_money"], low=row["low"], high=row["high"], sure=sure,
    )  # fmt: skip


def first(found: pd.DataFrame, policy: Policy) -> Words | None:
    """Which action first: the one that is expected to bring most; None where none is told.  found  of `by_action`"""
    some = found[found["expected_money"].notna() & (found["expected_money"] > 0)]
    if some.empty:
        return None
    key, row = some["expected_money"].idxmax(), some.loc[some["expected_money"].idxmax()]
    how = {
        True: {"fa": "اثرش با قرعه سنجیده شده است", "en": "its effect was measured by lot"},
        False: {"fa": "اثرش فرض است، پس نخست با قرعه بیازمایید", "en": "its effect is assumed: try it by lot first"},
    }[bool(row["measured"] == 1)]
    return say(
        fa="نخست «{a}»: {n} مشتری، {x:money}؛ {how}.", en="First “{a}”: {n} customers, {x:money}; {how}.",
        a=policy[key].name, n=int(row["n"]), x=row["expected_money"], how=how,
    )  # fmt: skip


def duties(found: pd.DataFrame, policy: Policy) -> Words | None:
    """Which actions are done although they bring less than they cost, because actions.yaml calls them a duty; None
    where none is.  found  of `by_action`"""
    kept = found[[policy[key].duty for key in found.index]] if len(found) else found
    kept = kept[kept["expected_money"] < 0]
    if kept.empty:
        return None
    told = [
        say(fa="«{a}» ({n} مشتری، {x:money})", en="“{a}” ({n} customers, {x:money})", a=policy[key].name,
            n=int(row["n"]), x=row["expected_money"]) for key, row in kept.iterrows()
    ]  # fmt: skip
    return say(
        fa="وظیفه است، هرچند سودی ندارد: {x} (duty در actions.yaml).",
        en="Done as a duty although it brings less than it costs: {x} (duty in actions.yaml).",
        x=join(told),
    )


def unforetold(doubt: Words | None, today: pd.DataFrame) -> Words | None:
    """That one chance to leave was taken for all, since those told one by one did worse; None where they did not.

    doubt  of `at_risk.doubt`;  today  customers with the chance that was taken
    """
    if doubt is None or not len(today):
        return None
    return say(
        fa="اینکه چه کسی می‌رود از این داده‌ها گفتنی نیست؛ برای همه یک احتمال به کار رفت: {p:.0%}، سهم رفتگانِ آخرین "
        "پنجره. قاعده‌ای که احتمال بیشتری می‌خواهد به کسی نمی‌رسد.",
        en="Who leaves cannot be told from these data; one chance was taken for all: {p:.0%}, the share that left in "
        "the last window. A rule that asks for more picks nobody by it.",
        p=float(today["p"].iloc[0]),
    )


def assumed(choice: Choice, error: float) -> Words:
    """What the money rests on: which effects were measured, which are assumed, and how far off leaving is foretold."""
    free = [a.name for a in choice.policy.actions if a.key not in choice.measured]
    tried = [a.name for a in choice.policy.actions if a.key in choice.measured]
    return sentences(
        say(fa="سنجیده با قرعه: {x}.", en="Measured by lot: {x}.", x=join(tried)) if tried else None,
        say(fa="فرض شرکت، نه اندازه‌گیری: {x}.", en="Assumed by the company, not measured: {x}.", x=join(free))
        if free else None,
        say(fa="خطای پیش‌بینی رفتن ({e:.0%}) در بازه هست.", en="The error of foretelling who leaves ({e:.0%}) is in "
            "the interval.", e=error) if error else None,
        None if choice.policy.own else say(
            fa="این شرکت actions.yaml ندارد؛ قاعده‌های همراه برنامه به کار رفت.",
            en="This company has no actions.yaml; the rules that come with the program were used."),
    )  # fmt: skip
