"""What is to be said of who leaves next, of how well that can be told, and why it sometimes is not told at all?"""

from __future__ import annotations

import datetime as dt

import pandas as pd

from cx_helpers import disclosure
from cx_helpers.foresight import FEWEST, LEAK, Trial
from cx_helpers.measures.at_risk import CERTAIN
from cx_helpers.measures.snapshots import LONGEST, PLAN, Schedule
from cx_helpers.wording import Words, current, join, name, number, raw, say

GUARDS = [
    {
        "fa": "در هر عکسِ لحظه‌ای (snapshot) تنها آنچه تا آن روز دانسته بود آمده است: درخواستی که فردایش حل شد، آن روز "
        "حل‌نشده است. میان عکس و پنجرهٔ رفتن فاصله‌ای هست.",
        "en": "A snapshot holds only what was known by that day: a request solved the day after is unsolved. Between "
        "it and the window of leaving lies a gap.",
    },
    {
        "fa": "مدل از عکس‌های پیشین آموخته، بر آخرینِ آن‌ها انتخاب و کالیبره شده و بر عکسی دیرتر آزموده شده است؛ دربارهٔ "
        "هر مشتری مدلی داوری کرده که آن مشتری را ندیده است.",
        "en": "The model learnt from earlier snapshots, was chosen and calibrated on the last of these and judged at a "
        "later one; each customer was judged by a model that had never seen that customer.",
    },
    {
        "fa": "ستونی، یا مدلی، که رفتن را لو بدهد (AUC بیش از ۰٫۹۵) کار را متوقف می‌کند؛ طرح قرارداد کنار می‌ماند اگر "
        "طرحی دیگر از آنِ هیچ‌کس نباشد، چون شاید پس از رفتن نوشته شده. جنسیت، سن و جای زندگی در مدل نیست.",
        "en": "A column, or a model, that gives leaving away (AUC above .95) stops the work; plans of contracts are "
        "left out where one is nobody's any more, for it may have been written after leaving. Gender, age and place "
        "are not in the model.",
    },
]

QUALITY = {
    "columns": ["n", "left", "auc", "low", "high", "top_lift", "brier", "skill", "ece", "ece_chance"],
    "titles": {
        "n": {"fa": "مشتریان", "en": "customers"},
        "left": {"fa": "رفتند", "en": "left"},
        "auc": {"fa": "توان تشخیص", "en": "AUC"},
        "top_lift": {"fa": "چند برابر در ده درصد بالا", "en": "lift in the top tenth"},
        "brier": {"fa": "خطای بریر", "en": "Brier score"},
        "skill": {"fa": "بهتر از یک عدد برای همه", "en": "better than one number for all"},
        "ece": {"fa": "خطای کالیبراسیون", "en": "calibration error (ECE)"},
        "ece_chance": {"fa": "تا این حد بخت است", "en": "ECE that is chance"},
    },
    "formats": {"n": "count", "left": "count", "skill": "share", "ece": "share", "ece_chance": "share"},
}
SIGNALS = {
    "columns": ["side", "auc"],
    "titles": {
        "side": {"fa": "رفتنی‌ها از آن دارند", "en": "those who leave have"},
        "auc": {"fa": "توان تشخیص به‌تنهایی", "en": "AUC by itself"},
    },
    "formats": {
        "side": lambda side: {"more": {"fa": "بیشتر", "en": "more"}, "less": {"fa": "کمتر", "en": "less"}}[side]
    },
    "rows_title": {"fa": "نشانه", "en": "sign"},
}
TRIED = {
    "columns": ["n", "loss"],
    "titles": {"n": {"fa": "ردیف‌های داوری", "en": "rows judged"}},
    "formats": {"n": "count", "loss": lambda x: say(fa="{x:.3f}", en="{x:.3f}", x=x)},
    "rows_title": {"fa": "روش", "en": "method"},
}
CURVE = {"looked": {"fa": "سهم مشتریان، پرخطرترین‌ها اول", "en": "share of customers, the likeliest first"},
         "seen": {"fa": "سهم از همهٔ رفتگان", "en": "share of all who left"}}  # fmt: skip
KEPT = {"foretold": {"fa": "احتمالی که گفته شد", "en": "chance that was told"},
        "happened": {"fa": "سهمی که رفت", "en": "share that left"}}  # fmt: skip

_WHY = {
    "nobody": (
        "در {window} روزِ پیش از پایان دوره، و پیش از عکس‌های پیشین، هیچ مشتری شناخته‌شده‌ای خرید یا قرارداد جاری "
        "نداشته است که بتواند برود؛ پس گفته نمی‌شود چه کسی می‌رود. اگر مشتریان دیربه‌دیر می‌خرند window_days را بزرگ‌تر "
        "کنید؛ اگر نه، ببینید customer_id پر باشد و تاریخ‌ها از پایان دوره نگذشته باشند.",
        "In the {window} days before the period's end, and before the earlier snapshots, no known customer bought or "
        "had a contract that ran, so nobody could leave and nothing is told of who will. Where customers buy seldom, "
        "run again with a larger window_days; else see whether customer_id is filled, and whether dates lie after the "
        "period.",
    ),
    "none_left": (
        "در یکی از عکس‌ها هیچ‌کس نرفته است؛ از رفتنی که رخ نداده نمی‌توان آموخت. آنچه از ماندگاری گفته شد همچنان درست "
        "است.",
        "Nobody left at one of the snapshots: what did not happen teaches nothing. What is said of how long customers "
        "stay still holds.",
    ),
    "short": (
        "تاریخچه کوتاه است: برای آموختن و آزمودن، دو عکس لازم است که پنجرهٔ {window} روزه‌شان گذشته باشد و پیش از "
        "نخستین هم تاریخچه‌ای باشد؛ اینجا {instants} هست. با window_days کوچک‌تر، یا داده‌های بیشتر، دوباره اجرا کنید.",
        "The history is short: learning and judging need two snapshots whose window of {window} days is over, with "
        "history before the first; here it gives {instants}. Run again with a smaller window_days, or with more data.",
    ),
    "few_left": (
        "در یکی از عکس‌ها تنها {n} نفر رفته‌اند و دست‌کم {needed} لازم است؛ از رفتنِ چنین کسانی نمی‌توان آموخت. آنچه از "
        "ماندگاری گفته شد همچنان درست است.",
        "Only {n} left at one of the snapshots, and {needed} are needed: too few to learn from. What is said of how "
        "long customers stay still holds.",
    ),
    "few_stay": (
        "در یکی از عکس‌ها تنها {n} نفر مانده‌اند و دست‌کم {needed} لازم است: تقریباً همه رفته‌اند و کسی نیست که از او فرق "
        "را بتوان آموخت.",
        "Only {n} stayed at one of the snapshots, and {needed} are needed: nearly all have left, and nobody is there "
        "from whom the difference could be learnt.",
    ),
    "leak": (
        "ستون {column} به‌تنهایی می‌گوید چه کسی می‌رود (AUC {auc:.3f}، بیش از {limit:.2f})؛ گویا پس از رفتن پر شده است. "
        "پیش‌بینی متوقف شد؛ ببینید این ستون کی نوشته می‌شود.",
        "The column {column} tells by itself who leaves (AUC {auc:.3f}, above {limit:.2f}): it seems to be filled "
        "after they left. Nothing is foretold; find out when this column is written.",
    ),
    "too_good": (
        "مدل در آزمون بی‌خطاتر از آن است که بتوان باور کرد (AUC {auc:.3f})؛ گویا ستونی پس از رفتن "
        "بازنویسی شده است. پیش‌بینی متوقف شد؛ ببینید این‌ها کی نوشته می‌شود: {columns}.",
        "When tried, the model was better than can be believed (AUC {auc:.3f}): it seems that a column is "
        "written over after customers left. Nothing is foretold; find out when these are written: {columns}.",
    ),
}


def refusal(found: Trial, plan: Schedule, smallest: int = 1) -> Words | None:
    """Why nobody is told to be at risk, and what is missing; None where they are."""
    for reason, facts in found.refused.items():
        fa, en = _WHY["none_left" if reason == "few_left" and not facts["n"] else reason]
        known = {"window": plan.window_days, "limit": LEAK, "needed": FEWEST} | facts
        if "n" in facts:
            known["n"] = disclosure.count(facts["n"], smallest)
        if "column" in facts:
            known["column"] = raw(facts["column"])
        if "columns" in facts:
            known["columns"] = join([raw(column) for column in facts["columns"]])
        return say(fa=fa, en=en, **known)
    return None


def defined(plan: Schedule, both: bool) -> Words:
    """What counts as leaving here, from which table, and where the window's length comes from."""
    more = {"fa": "", "en": ""}
    if both:
        more = {
            "fa": " این شرکت هم قرارداد دارد و هم سفارش؛ پارامتر leaving دیگری را نشان می‌دهد.",
            "en": " This company has contracts and orders; the parameter leaving shows the other.",
        }
    if plan.leaving == "contracts":
        return say(
            fa="رفتن یعنی پایان قرارداد (جدول contracts): قراردادی که جاری بود در {w} روزِ پس از فاصله‌ای {g} روزه "
            "پایان یابد و قرارداد دیگری جاری نماند.{more}",
            en="Leaving means the end of a contract (table contracts): one that ran ends within {w} days, after a "
            "gap of {g}, and none runs then.{more}",
            w=plan.window_days, g=plan.gap_days, more=more,
        )  # fmt: skip
    rare = {"fa": "", "en": ""}
    if plan.gaps and not plan.given and plan.window_days >= LONGEST:
        rare = say(
            fa=" (یک‌دهمِ بازخریدها یا بیشتر دیرتر از {w} روز بوده، بلندترین پنجره‌ای که این گزارش به‌خودی‌خود می‌گیرد: آنکه "
            "دیربه‌دیر می‌خرد تنها رفته می‌نماید؛ احتمال ماندن را ببینید، یا با window_days تا ۱۰۹۵ روز دوباره اجرا کنید)",
            en=" (a tenth of them or more took longer than {w} days, the longest window that this report takes by "
            "itself: who buys seldom only looks as if leaving; see P(alive), or run again with a window_days of up to "
            "1,095)",
            w=plan.window_days,
        )
    source = {
        "fa": "بلندترین؛ کسی دو بار نخریده است که از او بتوان آموخت",
        "en": "the longest; nobody bought twice, so that it could be learnt",
    }
    if plan.given:
        source = {"fa": "پارامتر window_days", "en": "the parameter window_days"}
    elif plan.gaps:
        source = say(
            fa="از {n} فاصلهٔ میان خریدهای همین شرکت{usual}",
            en="from {n} waits between purchases of this very company{usual}",
            n=plan.gaps,
            usual=rare
            if rare["en"]
            else {
                "fa": ": نه‌دهمِ بازخریدها در این مدت بوده",
                "en": ": nine of ten who bought again did so within it",
            },
        )
    return say(
        fa="رفتن یعنی نخریدن (جدول orders): کسی که در {w} روزِ پیش خریده بود، در {w} روزِ پس از فاصله‌ای {g} روزه هیچ "
        "نخرد. طول پنجره: {source}.{more}",
        en="Leaving means not buying (table orders): who bought within the last {w} days buys nothing within {w} days, "
        "after a gap of {g}. The window's length: {source}.{more}",
        w=plan.window_days, g=plan.gap_days, source=source, more=more,
    )  # fmt: skip


def sentence(outlook: pd.DataFrame, plan: Schedule, today: dt.date | None = None) -> Words | None:
    """How many of today's customers will leave next; None where nothing was learnt.

    outlook  of `at_risk.outlook`;  today  the first day that is not known, in the company's time zone
    Where orders tell, leaving is said as what it is: buying nothing for so long.
    """
    row = outlook.iloc[0]
    if pd.isna(row["leaving"]):
        return None
    begins = (today or plan.today.date()) + dt.timedelta(plan.gap_days)
    facts = {"n": int(row["n"]), "x": row["leaving"], "share": row["leaving_share"], "w": plan.window_days}
    facts |= {"low": row["low"] * row["n"], "high": row["high"] * row["n"]}
    facts |= {"from_": begins, "to": begins + dt.timedelta(plan.window_days - 1)}
    if plan.leaving == "orders":
        return say(
            fa="از {n} مشتری که در {w} روزِ گذشته خریده‌اند انتظار می‌رود {x:.0f} نفر ({share:.0%}) از {from_} تا {to} "
            "هیچ نخرند (بازهٔ ۹۵٪: {low:.0f} تا {high:.0f} نفر)؛ در این گزارش، رفتن یعنی همین.",
            en="Of {n} customers who bought in the last {w} days {x:.0f} ({share:.0%}) are expected to buy nothing "
            "from {from_} to {to} (95% interval {low:.0f} to {high:.0f}): that is what leaving means here.",
            **facts,
        )
    return say(
        fa="از {n} مشتریِ امروز انتظار می‌رود {x:.0f} نفر ({share:.0%}) از {from_} تا {to} بروند (بازهٔ ۹۵٪: {low:.0f} تا "
        "{high:.0f} نفر).",
        en="Of {n} customers of today {x:.0f} ({share:.0%}) are expected to leave from {from_} to {to} (95% interval "
        "{low:.0f} to {high:.0f}).",
        **facts,
    )


def reasoned(outlook: pd.DataFrame, found: Trial) -> pd.DataFrame:
    """The row of `at_risk.outlook` with `why`, in the reader's language, where nothing was learnt."""
    if not found.refused or pd.notna(outlook["leaving"].iloc[0]):
        return outlook
    why = say(fa="نمی‌توان آن را آموخت؛ دلیلش در متن آمده است", en="it cannot be learnt: the text says why")
    return outlook.assign(why=why[current().locale])


def doubt(quality: pd.DataFrame) -> Words | None:
    """That the chances did worse than one number for all when they were tried: then nobody is called by them.

    quality  of `at_risk.quality`.  None where they did not, or where nothing was tried
    """
    row = quality.iloc[0]
    if not (row["skill"] < 0 and row["ece"] > row["ece_chance"]):
        return None
    return say(
        fa="اینکه چه کسی می‌رود از این داده‌ها گفتنی نیست: در آزمون، احتمال‌ها {ece:.0%} با آنچه شد فاصله داشتند و از "
        "«یک عدد برای همه» هم نادرست‌تر بودند (گویا سهم رفتگان از فصلی به فصلی دیگر است). با آن‌ها به کسی زنگ نزنید.",
        en="Who leaves next cannot be told from these data: when tried, the chances were {ece:.0%} from what came, "
        "worse than one number for all (it seems that the share who leave differs from season to season). Call nobody "
        "by them.",
        ece=row["ece"],
    )


def judged(found: Trial, quality: pd.DataFrame) -> Words | None:
    """How well it was told at the last snapshot: order, honesty, in words; None where nothing was learnt."""
    row = quality.iloc[0]
    if pd.isna(row["auc"]):
        return None
    honest = row["ece"] <= row["ece_chance"]
    words = {
        True: {"fa": "در حد بخت؛ می‌توان با آن حساب کرد", "en": "no more than chance; they can be reckoned with"},
        False: {
            "fa": "بیش از بخت؛ احتمال‌ها را با احتیاط بخوانید",
            "en": "more than chance; read the chances with care",
        },
    }[bool(honest)]
    return say(
        fa="در آخرین عکسی که آینده‌اش معلوم شده ({n} مشتری، {left:.0f} رفته) AUC برابر {auc:.2f} شد (بازهٔ ۹۵٪: "
        "{low:.2f} تا {high:.2f})؛ در ده درصد پرخطرتر {lift:.1f} برابرِ انتخاب به قید قرعه رفتند. احتمال‌ها به‌طور "
        "میانگین {ece:.1%} با آنچه شد "
        "فاصله داشت: {words}. روش: {method}.",
        en="At the last snapshot whose future is known ({n} customers, {left:.0f} left) the AUC was {auc:.2f} (95% "
        "interval {low:.2f} to {high:.2f}); of the tenth told the likeliest {lift:.1f} times as many left as of a "
        "tenth drawn by "
        "lot. Chances were {ece:.1%} from what came, on average: {words}. Method: {method}.",
        n=int(row["n"]), left=row["left"], auc=row["auc"], low=row["low"], high=row["high"], lift=row["top_lift"],
        ece=row["ece"], words=words, method=name(found.learner.method),
    )  # fmt: skip


def banded(bands: pd.DataFrame) -> pd.DataFrame:
    """`at_risk.bands` with its bands in words of the reader."""
    return bands.rename(index={first: _between(first, last) for first, last in bands["upto"].items()})


def _between(first: int, last: int) -> str:
    """A row of `at_risk.bands` in words of the reader: 70–90%, or 70–100% where two bands are one."""
    least, most = (number(edge, percent=True) for edge in ((0.0, *CERTAIN, 1.0)[k] for k in (first - 1, last)))
    if first == 1 and last <= len(CERTAIN):
        said = say(fa="تا {b}", en="up to {b}", b=raw(most))
    elif last > len(CERTAIN) and first > 1:
        said = say(fa="بیش از {a}", en="over {a}", a=raw(least))
    else:
        said = say(fa="{a} تا {b}", en="{a} to {b}", a=raw(least), b=raw(most))
    return said[current().locale]


def signed(signals: pd.DataFrame) -> pd.DataFrame:
    """`at_risk.signals` with plans of contracts in words of the reader."""
    plans = {
        trait: say(fa="طرح «{p}»", en="plan “{p}”", p=name(trait.removeprefix(PLAN)))[current().locale]
        for trait in signals.index
        if trait.startswith(PLAN)
    }
    return signals.rename(index=plans)


def gained(gain: pd.DataFrame) -> pd.DataFrame:
    """`at_risk.gain` as a picture against the diagonal wants it: its share as a column."""
    return gain.assign(looked=gain.index.to_numpy(float)) if len(gain) else gain.assign(looked=pd.Series(dtype=float))
