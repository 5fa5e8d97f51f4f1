"""May the results be read at all?  What must hold before any difference means something.

Were customers spread over the variants as intended?  Did some see two of them?  Was something larger than a customer
drawn by lot?  A check that fails blocks: an effect measured on a broken draw is not small or unsure, it is not known.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cx_helpers import disclosure
from cx_helpers.measures import experiment_ratio
from cx_helpers.wording import Words, current, join, name, raw, say, sentences

BLOCKS, WARNS = 0.001, 0.01  # p of the sample ratio
CROSSED_BLOCKS, CROSSED_WARNS = 0.05, 0.01  # share of customers seen in two variants
FEWEST = 30


@dataclass(frozen=True)
class Check:
    """One thing that was looked at: `level` is blocks, warns, or notes (good to know)."""

    level: str
    text: Words


def checks(
    trial, found: pd.DataFrame, sizes: pd.DataFrame | None = None, drawn: list[str] = (), waiting: int = 0
) -> list[Check]:
    """Everything that must be said before the first difference, the gravest first.

    trial    experiment.Trial;  found  of `ratio`;  drawn  columns that seem to have been drawn by lot
             (experiment.drawn_by);  sizes  of experiment.unit_sizes;  waiting  customers whose window is not over
    """
    out = [_empty(trial), _ratio(found), _crossed(trial), _units(trial, sizes, drawn), _few_units(trial)]
    if waiting and trial.customers:
        out.append(Check("notes", _waiting(trial, waiting)))
    if trial.nobody:
        out.append(
            Check(
                "notes",
                say(
                    fa="{n} ردیف مشتری، گروه یا زمان ندارد و شمرده نشد.",
                    en="{n} rows have no customer, variant or time and were not counted.",
                    n=trial.nobody,
                ),
            )
        )
    order = ("blocks", "warns", "notes")
    return sorted((one for one in out if one), key=lambda one: order.index(one.level))


def blocked(found: list[Check]) -> bool:
    """Does any check forbid to read the results?"""
    return any(one.level == "blocks" for one in found)


def shown(sides: pd.DataFrame, trial, broken: bool) -> pd.DataFrame:
    """What each variant did by itself (experiment_effects.arms), withheld where a draw is broken, with the reason; a
    variant that stands alone is told of, since nothing is compared."""
    if not broken or not trial.variants:
        return sides
    why = say(fa="تا ایراد تقسیم روشن نشود نشان داده نمی‌شود", en="not shown until the draw is mended")
    return experiment_ratio.withheld(sides, True).assign(why=why[current().locale])


def sentence(found: list[Check]) -> Words:
    """All that was noticed, in a row; that nothing was, where so."""
    if not found:
        return say(
            fa="تقسیم مشتریان میان گروه‌ها همان است که باید باشد. این جدول از هر مشتری یک ردیف دارد؛ اگر کسی در گروه "
            "دیگری هم دیده شده باشد، ردیف دیگرش هنگام ورود داده‌ها کنار گذاشته شده است (repeated_key).",
            en="The variants got the customers that they should have. This table holds one row a customer: had "
            "somebody been seen in another variant, too, the other row would be among those set aside as the data "
            "came in (repeated_key).",
        )
    return sentences(*(one.text for one in found))


def _empty(trial) -> Check | None:
    if not trial.name:
        return Check(
            "blocks",
            say(
                fa="هیچ مشتری‌ای در آزمایشی دیده نشده است: جدول exposures خالی است، یا هیچ ردیفش هم مشتری و هم گروه و "
                "هم زمان ندارد، یا همه پس از پایان این دوره‌اند. تا حضور در آزمایش‌ها ثبت نشود چیزی برای سنجیدن نیست.",
                en="Nobody was seen in an experiment: the table of exposures is empty, none of its rows has a "
                "customer, "
                "a variant and a time, or all of them lie after this period. Until exposures are recorded there is "
                "nothing to compare.",
            ),
        )
    if not trial.customers:
        return Check(
            "blocks",
            say(
                fa="همهٔ مشتریان آزمایش «{e}» در بیش از یک گروه دیده شده‌اند؛ کسی برای مقایسه نمی‌ماند.",
                en="Everybody in experiment “{e}” was seen in more than one variant: nobody is left to compare.",
                e=name(trial.name),
            ),
        )
    if not trial.variants:
        return Check(
            "blocks",
            say(
                fa="در آزمایش «{e}» تنها گروه «{v}» دیده شده است ({n} مشتری). گروه شاهد نیست، پس اثری سنجیده "
                "نمی‌شود؛ آنچه "
                "می‌توان گفت تنها رفتار همین گروه است. حضور گروه شاهد را هم در exposures ثبت کنید.",
                en="In experiment “{e}” only variant “{v}” was seen ({n} customers). Without a control no "
                "effect can be "
                "told; what can be said is how this one variant did. Record the control’s exposures, too.",
                e=name(trial.name),
                v=name(trial.control),
                n=_count(trial.customers),
            ),
        )
    return None


def _ratio(found: pd.DataFrame) -> Check | None:
    p = float(found["p_value"].iloc[0]) if len(found) else np.nan
    if not p < WARNS:
        return None
    shares = join([say(fa="{v} {s:.1%}", en="{v} {s:.1%}", v=name(v), s=s) for v, s in found["share"].items()])
    wanted = join([say(fa="{v} {s:.1%}", en="{v} {s:.1%}", v=name(v), s=s) for v, s in found["expected"].items()])
    values = {"shares": shares, "wanted": wanted, "p": _small(p), "n": found["n"].sum()}
    if p < BLOCKS:
        return Check(
            "blocks",
            say(
                fa="سهم گروه‌ها از {n} مشتری با قرار آزمایش نمی‌خواند: {shares} به‌جای {wanted} (p = {p}). کسانی در راه "
                "گم، دوباره‌شمرده یا جابه‌جا شده‌اند و آنان مانند دیگران نیستند؛ نتیجه‌ها نشان داده نمی‌شوند تا "
                "علت پیدا شود.",
                en="The variants’ shares of {n} customers are not what the experiment meant: {shares} instead "
                "of {wanted} "
                "(p = {p}). Some were lost, doubled or redirected on the way, and those are not like the rest; results "
                "are not shown until the cause is found.",
                **values,
            ),
        )
    return Check(
        "warns",
        say(
            fa="سهم گروه‌ها از {n} مشتری اندکی با قرار آزمایش فرق دارد: {shares} به‌جای {wanted} (p = {p}). پیش "
            "از تصمیم، "
            "تقسیم مشتریان را وارسی کنید.",
            en="The variants’ shares of {n} customers are a little off: {shares} instead of {wanted} (p = {p}). "
            "Check how "
            "customers are assigned before deciding.",
            **values,
        ),
    )


def _small(p: float) -> Words:
    return (
        say(fa="{p:.4f}", en="{p:.4f}", p=p) if p >= 0.00005 else say(fa="کمتر از {p:.4f}", en="below {p:.4f}", p=1e-4)
    )


def _count(n: int):
    """A number of customers, or “fewer than 10” where that is too few to be told."""
    return disclosure.count(n, current().enough)


def _crossed(trial) -> Check | None:
    share = trial.crossed / max(trial.crossed + trial.customers, 1)
    if not trial.crossed or not trial.customers:
        return None
    few = disclosure.few(trial.crossed, current().enough)  # then their share would tell how many
    level = "blocks" if share > CROSSED_BLOCKS else "warns" if share > CROSSED_WARNS else "notes"
    why = {
        "blocks": {
            "fa": " این سهم چنان بزرگ است که ماندگان دیگر نمونهٔ درستی نیستند؛ نتیجه‌ها نشان داده نمی‌شوند.",
            "en": " That is so many that those who are left are no fair sample any more: results are not shown.",
        },
        "warns": {"fa": " علتش را پیدا کنید.", "en": " Find out why."},
        "notes": {"fa": "", "en": ""},
    }[level]
    return Check(
        level,
        say(
            fa="کنار گذاشته‌شده، چون در بیش از یک گروه دیده شده: {n} مشتری{part}.{why}",
            en="Left out, as seen in more than one variant: {n} customers{part}.{why}",
            n=_count(trial.crossed),
            part={"fa": "", "en": ""} if few else say(fa=" ({s:.1%})", en=" ({s:.1%})", s=share),
            why=why,
        ),
    )


def _units(trial, sizes: pd.DataFrame | None, drawn: list[str]) -> Check | None:
    """A larger thing than the customer that seems to have been drawn.

    It blocks, for intervals then are too narrow by nobody knows how much; a column with no more values than there are
    variants may be just another name of the variant, and only warns.
    """
    if trial.unit or not drawn or sizes is None or not trial.variants:
        return None
    column = sizes.loc[drawn, "n"].idxmax()
    many = sizes.loc[column, "n"] > len(trial.counts)
    seen = say(
        fa="هر یک از {n} مقدار «{c}» تنها در یک گروه آمده است: گویا «{c}» به قرعه تقسیم شده است، نه مشتری.",
        en="Each of the {n} values of “{c}” appears in one variant only: it seems that “{c}” was drawn by lot, not the "
        "customer.",
        n=sizes.loc[column, "n"],
        c=name(column),
    )
    narrow = say(
        fa="مشتریان یک «{c}» چند نمونهٔ جدا نیستند و بازه‌هایی که آنان را جدا بشمارد باریک‌تر از آن است که باید؛ "
        "{hidden}با {set} دوباره اجرا کنید.",
        en="Customers of one “{c}” are no separate draws, and intervals that count them so are narrower than they "
        "should be{hidden}; run again with {set}.",
        c=name(column),
        hidden={"fa": "نتیجه‌ها نشان داده نمی‌شوند. ", "en": ": results are not shown"} if many else {"fa": "", "en": ""},
        set=raw(f'unit="{column}"'),
    )
    return Check("blocks" if many else "warns", sentences(seen, narrow))


def _few_units(trial) -> Check | None:
    if not trial.unit or not trial.units or min(trial.units.values()) >= FEWEST:
        return None
    return Check(
        "warns",
        say(
            fa="آنچه به قرعه تقسیم شده «{c}» است و در کوچک‌ترین گروه تنها {n} تاست؛ زیر {k} تا آزمونی انجام "
            "نمی‌شود، هر قدر هم "
            "که مشتریانش پرشمار باشند.",
            en="What was drawn by lot is “{c}”, of which the smallest variant has {n}; below {k} nothing is "
            "tested, however "
            "many customers they have.",
            c=name(trial.unit),
            n=min(trial.units.values()),
            k=FEWEST,
        ),
    )


def _waiting(trial, waiting: int) -> Words:
    if waiting >= trial.customers:
        return say(
            fa="مهلت سنجش هیچ مشتری‌ای ({n} نفر) هنوز تمام نشده، یا داده‌ها پیش از آن پایان یافته‌اند؛ هنوز نتیجه‌ای نیست.",
            en="For none of these customers ({n}) is the time over in which an outcome counts, or the data end "
            "before it: there "
            "are no results yet.",
            n=_count(waiting),
        )
    return say(
        fa="{n} مشتری هنوز در مهلت سنجش‌اند و در نتیجه‌ها نیامده‌اند.",
        en="For {n} customers the time in which an outcome counts is not over; they are not in the results.",
        n=_count(waiting),
    )
