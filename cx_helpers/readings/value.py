"""What is a manager told of what customers are worth, and of whose customers are worth more?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cx_helpers import certainty, disclosure
from cx_helpers.measures.value import gaps, inside, outsize
from cx_helpers.records import HIGH_P, Finding, clean, severity
from cx_helpers.valuation import Model
from cx_helpers.wording import Words, current, name, number, say

LARGE = 0.25  # of what the others are worth: a difference that a manager would act on

GUARDS = [
    {
        "fa": "ارزش، سود مورد انتظار از مشتریان امروز در افق گفته‌شده است، نه قطعی و نه بی‌پایان؛ پول آینده تنزیل "
        "شده است.",
        "en": "Value is what today's customers are expected to bring within the horizon, not a certainty and not for "
        "ever; later money is discounted.",
    },
    {
        "fa": "خریداران یک‌باره کنار گذاشته نشده‌اند و احتمال رفتن آنان هم حساب شده است.",
        "en": "One-time buyers are kept in, and may have gone: leaving them out would make everybody look loyal.",
    },
    {
        "fa": "گروه‌ها با کسانی سنجیده شده‌اند که در همان فصل نخستین خرید را کرده‌اند؛ تفاوت باید هم در خود ارزش و "
        "هم در لگاریتم آن باشد تا یک خریدار بزرگ یافته نسازد؛ و برای شمار نگاه‌ها تصحیح شده است (هولم).",
        "en": "Groups are held against customers who first bought in the same quarter; a difference must show in the "
        "values and in their logs, so that one large buyer makes no finding; many looks are corrected for (Holm).",
    },
    {
        "fa": "بازه‌ها هم نمونه‌بودن مشتریان و هم برآوردی‌بودن پارامترها را در بر دارند؛ خطای خود مدل را آزمون "
        "بیرون از نمونه نشان می‌دهد.",
        "en": "Intervals hold both that customers are a sample and that parameters are estimated; how far the model "
        "itself may be off is shown by the hold-out.",
    },
    {
        "fa": "میانگین مبلغ تنها وقتی به کار رفته که q بزرگ‌تر از ۱ باشد و مبلغ با دفعات خرید همبسته نباشد.",
        "en": "Mean amounts are used only where q is above 1 and amounts do not go with how often customers buy.",
    },
]

COLUMNS = {  # how a page sets `clv`
    "columns": ["n", "clv", "low", "high", "so_far", "alive", "total"],
    "titles": {
        "n": {"fa": "مشتریان", "en": "customers"},
        "clv": {"fa": "ارزش پیش رو", "en": "value to come"},
        "so_far": {"fa": "ارزش تاکنون", "en": "value so far"},
        "lifetime": {"fa": "ارزش طول عمر", "en": "lifetime value"},
        "alive": {"fa": "احتمال ماندن", "en": "P(alive)"},
        "total": {"fa": "جمع ارزش پیش رو", "en": "all value to come"},
        "others": {"fa": "دیگرانِ همان فصل‌ها", "en": "others of the same quarters"},
        "change": {"fa": "تفاوت", "en": "difference"},
    },
    "formats": {**dict.fromkeys(("clv", "low", "high", "so_far", "lifetime", "total", "others", "change"), "money"),
                "alive": "share"},
    "unit_of": "clv",
}  # fmt: skip
GAPS = COLUMNS | {
    "columns": ["n", "lifetime", "so_far", "clv", "others", "change", "p_adjusted"],
    "rows_title": {"fa": "گروه", "en": "group"},
}
FITS = {  # how a page sets `fits`
    "columns": ["n", "loglik", "behind", "alive"],
    "titles": {
        "n": {"fa": "مشتریان", "en": "customers"},
        "loglik": {"fa": "لگاریتم درست‌نمایی", "en": "log-likelihood"},
        "behind": {"fa": "عقب‌تر از بهترین", "en": "behind the best"},
        "alive": {"fa": "احتمال ماندن", "en": "P(alive)"},
    },
    "formats": {"loglik": "count", "behind": "count", "alive": "share"},
    "rows_title": {"fa": "مدل", "en": "model"},
}  # fmt: skip


def _four_digits(x: float) -> str:
    """A parameter as the reader sets numbers: four digits that count."""
    return number(x, digits=int(np.clip(3 - np.floor(np.log10(abs(x))), 0, 6)) if x else 0)


PARAMETERS = {
    "columns": ["estimate", "se", "low", "high"],
    "titles": {"estimate": {"fa": "برآورد", "en": "estimate"}, "se": {"fa": "خطای معیار", "en": "standard error"}},
    "rows_title": {"fa": "مدل و پارامتر", "en": "model and parameter"},
    "formats": dict.fromkeys(("estimate", "se", "low", "high"), _four_digits),
}


MODELS = {
    "bgnbd": {"fa": "BG/NBD", "en": "BG/NBD"},
    "mbgnbd": {"fa": "MBG/NBD", "en": "MBG/NBD"},
    "paretonbd": {"fa": "پارتو/NBD", "en": "Pareto/NBD"},
    "gammagamma": {"fa": "گاما–گاما", "en": "Gamma–Gamma"},
}
GREEK = {"alpha": "α", "beta": "β"}


def named(answer: pd.DataFrame) -> pd.DataFrame:
    """An answer by model (and parameter) with the names that the reader's language has for them."""
    return answer.rename(index={k: v[current().locale] for k, v in MODELS.items()} | GREEK)


def what(model: Model) -> Words:
    """What the money is: profit, or sales where the margin is not known."""
    known = model.terms.margin_known
    return {"fa": "سود", "en": "profit"} if known else {"fa": "فروش", "en": "sales"}


def sentence(model: Model, whole: pd.DataFrame) -> Words | None:
    """The bottom line: what one customer of today is still worth, how sure, and of all of them; None without a "
    "value."""
    row = whole.iloc[0]
    if model.buying is None:
        return None
    if row.get("hidden"):
        return disclosure.sentence(row["hidden"])
    if pd.isna(row["clv"]):
        return None
    return say(
        fa="هر مشتری امروز به‌طور میانگین {x:money} {what} در {months} ماه آینده پیش رو دارد (بازهٔ ۹۵٪: "
        "{low:money} تا {high:money}، {n} مشتری)؛ همهٔ آنان با هم {total:money}.",
        en="A customer of today is on average still worth {x:money} of {what} in the next {months} months (95% "
        "interval {low:money} to {high:money}, {n} customers); all of them together {total:money}.",
        x=row["clv"], low=row["low"], high=row["high"], n=row["n"], total=row["total"], months=model.terms.months,
        what=what(model),
    )  # fmt: skip


def purchases(model: Model, ahead: pd.DataFrame) -> Words | None:
    """What can be said where money cannot: purchases to come; None where even these are refused."""
    row = ahead.iloc[0]
    if model.buying is None or pd.isna(row["purchases"]):
        return None
    return say(
        fa="هر مشتری در {months} ماه آینده به‌طور میانگین {x:.2f} خرید پیش رو دارد (بازهٔ ۹۵٪: {low:.2f} تا "
        "{high:.2f}، {n} مشتری؛ خریدهای دورتر کمتر می‌ارزند).",
        en="In the next {months} months a customer is expected to make {x:.2f} purchases (95% interval {low:.2f} to "
        "{high:.2f}, {n} customers; later ones count less).",
        x=row["purchases"], low=row["low"], high=row["high"], n=row["n"], months=model.terms.months,
    )  # fmt: skip


def compared(model: Model, columns: list[str], smallest: int) -> pd.DataFrame:
    """Every look at a group of every column: the rows of `value.gaps` with column, group and p adjusted for all (Holm),
    and `value.inside`: is it so among customers of the same kind, too?

    A group that surely stands out is then no longer among those that the others are held against, so one bad channel
    does not make all the others look good.  Of two groups left, whose gaps are one test, only the larger is kept.
    """
    looks = [frame for column in columns for frame in _told_apart(model, column, smallest)]
    if not looks:
        return pd.DataFrame(columns=["column", "group", "p_value", *GAPS["columns"], "inside", "mixed"])
    table = pd.concat(looks, ignore_index=True)
    table = table.assign(p_adjusted=certainty.adjust(table["p_value"], "holm"))
    return table.join(inside(model, table, columns))


def _told_apart(model: Model, column: str, smallest: int) -> list[pd.DataFrame]:
    sure, out = (), []
    while True:
        frame = gaps(model, column, smallest, sure)
        frame = frame.assign(column=column, group=list(frame.index))
        tested = frame[frame["p_value"].notna()]
        if len(tested) == 2:
            tested = tested.sort_values("n", kind="stable").head(1)
        if len(tested) < 3 or not tested["p_value"].min() * len(tested) < HIGH_P / 10:
            return [*out, tested]
        first = tested["p_value"].idxmin()
        out.append(tested.loc[[first]])
        sure = (*sure, first)


def findings(model: Model, looks: pd.DataFrame) -> list[Finding]:
    """Groups whose customers are worth more, or less, over their lifetime: sure after correction, and not by their mix
    of other kinds alone; loud when also large, and when no one customer, and no few, are most of all value.

    looks  of `compared`
    """
    few = bool(outsize(model)["top"].iloc[0])
    found = [_finding(model, row, len(looks), few) for row in looks.itertuples() if not row.mixed]
    return [one for one in found if one is not None]


def mixed(looks: pd.DataFrame) -> Words | None:
    """The largest lead that is none once like is held against like; None without one.  looks  of `compared`"""
    odd = looks[looks["mixed"].astype(bool)]
    if odd.empty:
        return None
    row = odd.loc[odd["change"].abs().idxmax()]
    way = {"fa": "بیشتر", "en": "more"} if row["change"] > 0 else {"fa": "کمتر", "en": "less"}
    return say(
        fa="مشتریان «{g}» ({c}) به‌ظاهر {x:money} {way} از دیگرانِ همان فصل‌ها می‌ارزند، اما در برابر مشتریان همسان خود "
        "چنین نیست: این از ترکیب آنان است، نه از خودِ آن.",
        en="At first sight customers of “{g}” ({c}) are worth {x:money} {way} than others of the same quarters, but "
        "not against customers of the same kind: it is their mix, not the thing itself.",
        g=name(row["group"]), c=name(row["column"]), x=abs(row["change"]), way=way,
    )  # fmt: skip


def _finding(model: Model, row, looks: int, few: bool) -> Finding | None:
    loud = severity(row.p_adjusted, abs(row.change) >= LARGE * abs(row.others) and not few)
    if loud is None:
        return None
    more = row.change > 0
    text = say(
        fa="هر مشتری «{group}» ({column}) در طول عمرش {x:money} {what} می‌ارزد، در برابر {others:money} دیگرانی که در "
        "همان فصل‌ها آمده‌اند",
        en="A customer of “{group}” ({column}) is worth {x:money} of {what} over a lifetime, against {others:money} of "
        "others who came in the same quarters",
        group=name(row.group), column=name(row.column), x=row.lifetime, others=row.others, what=what(model),
    )  # fmt: skip
    detail = say(
        fa="{so_far:money} تاکنون و {clv:money} در {months} ماه آینده. همراهی است، نه علت.",
        en="{so_far:money} so far and {clv:money} in the next {months} months. An association, not a cause.",
        so_far=row.so_far, clv=row.clv, months=model.terms.months,
    )  # fmt: skip
    return Finding(
        kind="segment", subject={row.column: clean(row.group)}, measure="lifetime_value", value=clean(row.lifetime),
        baseline=clean(row.others), low=clean(row.low), high=clean(row.high), n=int(row.n),
        p_adjusted=clean(row.p_adjusted), severity=loud, text=text, detail=detail, looks=looks, good=bool(more),
    )  # fmt: skip
