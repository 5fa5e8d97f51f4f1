"""What is to be said of customers who never say that they leave: who is still there, and how many go next?"""

from __future__ import annotations

import pandas as pd

from cx_helpers import disclosure
from cx_helpers.readings.value import MODELS
from cx_helpers.valuation import CAME_BACK, FEWEST, SHORTEST, Model
from cx_helpers.wording import Words, current, join, say

GUARDS = [
    {
        "fa": "آنکه قراردادی ندارد رفتنش را نمی‌گوید؛ «هنوز مشتری است» احتمالی است از مدلِ خرید (P alive)، نه قاعده‌ای "
        "مثل «۹۰ روز سکوت». جدول قاعده‌ها نشان می‌دهد که نرخ ریزش چقدر به قاعده بسته است.",
        "en": "Who has no contract does not say that they leave; “still a customer” is a chance from the model of "
        "buying (P alive), not a rule such as “90 days of silence”. The table of rules shows how much churn hangs "
        "on the rule.",
    },
]

_WHY = {
    "nobody": (
        "تا پایان این دوره هیچ خریدی از مشتری شناخته‌شده‌ای نیست؛ برای احتمال ماندن جدول orders با customer_id، "
        "ordered_at و amount لازم است.",
        "Up to the end of this period no purchase of a known customer is there; P(alive) needs the table orders with "
        "customer_id, ordered_at and amount.",
    ),
    "few": (
        "برای مدل خرید دست‌کم {fewest} مشتری لازم است و اینجا {n} نفرند؛ پس گفته نمی‌شود چه کسی هنوز مشتری است.",
        "A model of buying needs {fewest} customers and finds {n}: who is still a customer is not told.",
    ),
    "all_once": (
        "هیچ‌یک از {n} مشتری دوباره نخریده است؛ از خریدهای یک‌باره نمی‌توان گفت چه کسی هنوز مشتری است. شمار مشتریان و "
        "زمان خریدشان همچنان در گزارش‌های دیگر هست.",
        "None of {n} customers bought again: single purchases do not tell who is still a customer. How many they are "
        "and when they bought still stands in other reports.",
    ),
    "few_back": (
        "تنها {back} مشتری دوباره خریده‌اند و برای مدل دست‌کم {back_needed} لازم است؛ پس گفته نمی‌شود چه کسی هنوز مشتری "
        "است.",
        "Only {back} customers bought again, and a model needs {back_needed}: who is still a customer is not told.",
    ),
    "short": (
        "از نخستین خرید تنها {days} روز گذشته است و دست‌کم {shortest} روز لازم است؛ سکوت هنوز چیزی نمی‌گوید.",
        "Only {days} days have passed since the first purchase, and {shortest} are needed: silence tells nothing yet.",
    ),
    "untold": (
        "هیچ‌یک از مدل‌های خرید بر این داده‌ها جواب یکتایی ندارد؛ پس گفته نمی‌شود چه کسی هنوز مشتری است.",
        "None of the models of buying has one answer on these data: who is still a customer is not told.",
    ),
}

APART = 0.05  # of P(alive): models that differ by more are told
NEARLY_ALL, OFTEN_BACK = 0.9, 0.5  # so many still there, so few who ever came back: told as resting on little

BANDS = {1: "تا ۲۵٪|0–25%", 2: "۲۵ تا ۵۰٪|25–50%", 3: "۵۰ تا ۷۵٪|50–75%", 4: "بیش از ۷۵٪|75–100%"}

GROUPS = {
    "columns": ["n", "alive", "low", "high"],
    "titles": {"n": {"fa": "مشتریان", "en": "customers"}, "alive": {"fa": "هنوز مشتری", "en": "still customers"}},
    "formats": {"n": "count", "alive": "share", "low": "share", "high": "share"},
}
LEAVERS = {
    "columns": ["n", "here", "leaving", "low", "high", "leaving_share"],
    "titles": {
        "n": {"fa": "مشتریان تاکنون", "en": "customers so far"},
        "here": {"fa": "هنوز مشتری", "en": "still customers"},
        "leaving": {"fa": "رفتنی", "en": "will leave"},
        "leaving_share": {"fa": "سهم از ماندگان", "en": "share of those still there"},
    },
    "formats": {"n": "count", "here": "count", "leaving": "count", "low": "count", "high": "count",
                "leaving_share": "share"},
}  # fmt: skip
RULES = {
    "columns": ["n", "lost", "low", "high", "still", "missed"],
    "titles": {
        "n": {"fa": "ساکت‌تر از این", "en": "silent for longer"},
        "lost": {"fa": "«ریزش» به این قاعده", "en": "“churn” by this rule"},
        "still": {"fa": "از اینان هنوز مشتری", "en": "of these still customers"},
        "missed": {"fa": "از دیگران رفته", "en": "of the others gone"},
    },
    "formats": {"n": "count", "lost": "share", "low": "share", "high": "share", "still": "count", "missed": "count"},
    "rows_title": {"fa": "روز سکوت", "en": "days of silence"},
}  # fmt: skip


def named(answer: pd.DataFrame) -> pd.DataFrame:
    """`alive.distribution` with its bands in words of the reader."""
    place = 0 if current().locale == "fa" else 1
    return answer.rename(index={band: text.split("|")[place] for band, text in BANDS.items()})


def sentence(model: Model, whole: pd.DataFrame, days: float, smallest: int = 1, beside: bool = False) -> Words:
    """How many customers are still there, and how many leave next; or why it is not told.

    whole   of `alive.leavers`
    beside  does it stand after who buys nothing for a while (`at_risk.sentence`)?  Then it says how the two differ
    """
    for reason, facts in model.refused.items():
        if reason in _WHY and model.buying is None:
            counts = {k: disclosure.count(facts[k], smallest) for k in ("n", "back") if k in facts}
            limits = {"fewest": FEWEST, "back_needed": CAME_BACK, "shortest": SHORTEST}
            fa, en = _WHY[reason]
            return say(fa=fa, en=en, **(facts | counts | limits))
    row = whole.iloc[0]
    if pd.isna(row["leaving"]):
        return disclosure.sentence(disclosure.SMALL)
    if row["here"] < 0.5:
        return say(
            fa="از {n} مشتری که تاکنون خریده‌اند، به برآورد مدلِ خرید هیچ‌یک دیگر مشتری نیست: سکوت همه از آنچه خریدهای "
            "پیشینشان نشان می‌داد درازتر شده است. شاید بتوان بازگرداندشان؛ نگه داشتنی نیستند.",
            en="Of {n} customers who ever bought, the model of buying expects none to be a customer still: all have "
            "been silent for longer than their purchases before would let one expect. They may be won back, not kept.",
            n=int(row["n"]),
        )  # fmt: skip
    return say(
        fa="{other}از {n} مشتری که تاکنون خریده‌اند، به برآورد مدلِ خرید {here:.0f} نفر هنوز "
        "مشتری‌اند{thin}؛ در {days:.0f} روز آینده {x:.0f} نفر دیگر بی‌صدا و برای همیشه می‌روند (بازهٔ ۹۵٪: {low:.0f} تا "
        "{high:.0f})، یعنی {share:.0%} ماندگان.",
        en="{other} {n} customers who ever bought, the model of buying expects {here:.0f} to be customers "
        "still{thin}; within {days:.0f} days another {x:.0f} leave for good, without a word (95% "
        "interval {low:.0f} to {high:.0f}), {share:.0%} of those still there.",
        n=int(row["n"]), here=row["here"], days=days, x=row["leaving"], low=row["low"], high=row["high"],
        share=row["leaving_share"], thin=_thin(model, row),
        other={"fa": "رفتنِ همیشگی چیز دیگری است: ", "en": "Leaving for good is another thing: of"} if beside
        else {"fa": "", "en": "Of"},
    )  # fmt: skip


def _thin(model: Model, row) -> Words:
    """That nearly all are taken to be there rests on few who came back; nothing where that is not so."""
    rows = model.rows
    back = float(rows.loc[rows["x"] > 0, "n"].sum()) / float(rows["n"].sum())
    if not row["here"] > NEARLY_ALL * row["n"] or back > OFTEN_BACK:
        return {"fa": "", "en": ""}
    return say(
        fa=" (این بر اندک استوار است: تنها {back:.0%} دوباره خریده‌اند و از آنکه یک بار خریده کمتر چیزی می‌توان دانست)",
        en=" (that rests on little: only {back:.0%} bought again, and of who bought once little can be known)",
        back=back,
    )


def model_of(model: Model, fits: pd.DataFrame | None = None) -> Words | None:
    """Which model tells it, of whom it cannot, and what the others would say; None where none was fitted.

    fits  of `value.fits`
    """
    if model.buying is None:
        return None
    once = (
        {
            "fa": " به این مدل، آنکه یک بار خریده هنوز نرفته است.",
            "en": " By this model nobody who bought once has left.",
        }
        if model.buying.model == "bgnbd"
        else {"fa": "", "en": ""}
    )
    return say(
        fa="مدل: {name}، محتمل‌ترین از سه مدل خرید.{once}{others}",
        en="Model: {name}, the likeliest of three models of buying.{once}{others}",
        name=MODELS[model.buying.model], once=once, others=_others(model.buying.model, fits),
    )  # fmt: skip


def _others(name: str, fits: pd.DataFrame | None) -> Words:
    known = fits.drop(index=name, errors="ignore").dropna(subset="alive") if fits is not None else pd.DataFrame()
    if not len(known) or not (known["alive"] - fits["alive"].get(name, float("nan"))).abs().max() > APART:
        return {"fa": "", "en": ""}
    each = [say(fa="{m} {x:.0%}", en="{m} {x:.0%}", m=MODELS[i], x=x) for i, x in known["alive"].items()]
    return say(
        fa=" مدل‌های دیگر، که با داده‌ها کمتر می‌خوانند، این سهم را {each} می‌دانند: عدد به مدل بسته است و بازه‌اش این را "
        "نمی‌پوشاند.",
        en=" The others, which fit the data less well, put this share at {each}: the number hangs on the model, and "
        "its interval does not cover that.",
        each=join(each),
    )
