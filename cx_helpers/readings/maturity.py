"""What is to be said of the programme: how mature, what next, and what the company is capable of."""

from __future__ import annotations

import pandas as pd

from cx_helpers import wording
from cx_helpers.wording import Words, say, sentences

STEPS = wording._names("""
strategy | ۱. راهبرد | 1. Strategy
understanding | ۲. شناخت مشتری | 2. Understanding
design | ۳. طراحی مسیر | 3. Design
measurement | ۴. سنجش | 4. Measurement
loop | ۵. بستن چرخه | 5. Closing the loop
governance | ۶. راهبری و مسئولیت | 6. Governance
culture | ۷. فرهنگ | 7. Culture
returns | ۸. اثبات بازده | 8. Proof of return
""")
NEXT_DEEDS: dict[str, Words] = {
    "strategy": {
        "fa": "بنویسید مشتری باید چه تجربه‌ای داشته باشد و چه کاری دیگر نمی‌کنید",
        "en": "write down which experience customers should have, and what you will stop doing",
    },
    "understanding": {
        "fa": "با ده مشتری گفت‌وگو کنید و مسیرشان را بکشید",
        "en": "talk to ten customers and draw their journey",
    },
    "design": {
        "fa": "یک مسیر مهم را از نو طراحی و با مشتریان آزمایش کنید",
        "en": "redesign one journey that matters and try it with customers",
    },
    "measurement": {
        "fa": "در سه لحظهٔ مهم بپرسید و عددها را هر ماه به همه نشان دهید",
        "en": "ask at three moments that matter and show the numbers every month",
    },
    "loop": {
        "fa": "با هر ناراضی تا دو روز تماس بگیرید و علت‌های تکراری را به صاحبشان بسپارید",
        "en": "call everybody let down within two days, and give causes that return an owner",
    },
    "governance": {
        "fa": "یک مسئول با بودجه و یک نشست ماهانه بگذارید",
        "en": "name one owner with a budget, and a monthly meeting",
    },
    "culture": {
        "fa": "یک رفتار را نام ببرید، آموزش دهید و پاداش دهید",
        "en": "name one behaviour, train it and reward it",
    },
    "returns": {
        "fa": "اثر یک اقدام را با گروه شاهد بسنجید و به پول بگویید",
        "en": "measure one initiative against a control group and tell it in money",
    },
}
CORNERS = wording._names("""
mass | بازاریابی انبوه | mass marketing
niche | بازاریابی گوشه‌ای | niche marketing
database | بازاریابی داده‌محور | database marketing
learning | رابطهٔ یادگیرنده | learning relationship
""")
# a chart's corners are told by (customised up, interactive across)
FIELD = {
    "mend": CORNERS["niche"],
    "keep": CORNERS["learning"],
    "watch": CORNERS["mass"],
    "enough": CORNERS["database"],
}
AXES = {
    "interactive": {"fa": "گفت‌وگو با تک‌تک مشتریان (۱ تا ۵)", "en": "interacts with each customer (1–5)"},
    "customised": {"fa": "سازگاری با هر مشتری (۱ تا ۵)", "en": "customised to each (1–5)"},
}
MATURITY = {  # how a page sets `maturity.steps`
    "columns": ["n", "maturity", "lowest", "highest", "target", "gap"],
    "titles": {
        "n": {"fa": "پاسخ‌دهنده", "en": "people"},
        "maturity": {"fa": "سطح (۱ تا ۵)", "en": "level (1–5)"},
        "lowest": {"fa": "کم‌ترین", "en": "lowest"},
        "highest": {"fa": "بیش‌ترین", "en": "highest"},
        "target": {"fa": "هدف", "en": "target"},
        "gap": {"fa": "تا هدف", "en": "to target"},
    },
    "formats": {"n": "count"},
    "rows_title": {"fa": "گام", "en": "step"},
}
NEVER = {
    "fa": "تیم هنوز به هشت گام برنامه نمره نداده است: programme.yaml را پر کنید (هر نفر جداگانه؛ ده دقیقه).",
    "en": "The team has not rated the eight steps of the programme: fill in programme.yaml (each by "
    "themselves; ten minutes).",
}
PLACES = {"fa": "گفت‌وگو و سازگاری", "en": "Interactive and customised"}
NOWHERE = {
    "fa": "توان گفت‌وگو و سازگاری ارزیابی نشده است: بخش capability در programme.yaml.",
    "en": "How interactive and customised the company is was not rated: section capability of programme.yaml.",
}
GUARDS = [
    {
        "fa": "بلوغ و توان، داوری خود تیم است، نه نمونه‌ای از مشتریان: دامنهٔ پاسخ‌ها آمده است و بازهٔ "
        "اطمینان ندارد. هشت گام: "
        "شش رشتهٔ منینگ و بودین (۲۰۱۲) با بستن چرخه (مارکی و همکاران ۲۰۰۹) و اثبات بازده (راست و همکاران "
        "۱۹۹۵)؛ سطح‌ها از مدل "
        "بلوغ توانایی (CMM)؛ نقشهٔ توان از پپرز و راجرز (۱۹۹۷).",
        "en": "Maturity and capability are the team’s own judgement, no sample of customers: the range of "
        "answers is given, "
        "and there is no interval. The eight steps: six disciplines of Manning, Bodine (2012), with closing the loop "
        "(Markey et al. 2009) and proof of return (Rust et al. 1995); levels by the Capability Maturity "
        "Model; the map of "
        "capabilities by Peppers, Rogers (1997).",
    }
]
APART = 2.0  # levels between the lowest and the highest answer, from which on the team does not agree


def named(steps: pd.DataFrame, locale: str) -> pd.DataFrame:
    """The rated steps as people call them."""
    steps = steps[steps["n"] > 0]
    return steps.set_axis([STEPS[step][locale] for step in steps.index])


def drawn(steps: pd.DataFrame, locale: str) -> pd.DataFrame:
    """The rated steps for a picture: the level and, where there are any, the target beside it."""
    return named(steps, locale)[["maturity", *(["target"] if steps["target"].notna().any() else [])]]


def bare(step: str) -> Words:
    """A step without its number, for sentences."""
    return {locale: text.split(". ", 1)[1] for locale, text in STEPS[step].items()}


def sentence(steps: pd.DataFrame) -> Words:
    """How mature the programme is, what to work on now, and where the team does not agree."""
    known = steps[steps["maturity"].notna()]
    if known.empty:
        return NEVER
    told = say(
        fa="بلوغ برنامه به گفتهٔ تیم میانگین {x:.1f} از ۵ است ({k} گام از هشت گام).",
        en="By its own account the programme stands at {x:.1f} of 5 on average ({k} of eight steps rated).",
        x=known["maturity"].mean(), k=len(known),
    )  # fmt: skip
    ahead = known.index[known["next"].to_numpy(bool)]
    now = len(ahead) and say(
        fa="گام بعد: «{a}» (سطح {x:.1f}): {deed}.", en="Next: {a} (level {x:.1f}): {deed}.",
        a=bare(ahead[0]), x=known.loc[ahead[0], "maturity"], deed=NEXT_DEEDS[ahead[0]],
    )  # fmt: skip
    apart = known.index[(known["highest"] - known["lowest"]) >= APART]
    split = len(apart) and say(
        fa="تیم دربارهٔ {names} هم‌نظر نیست؛ نخست دربارهٔ آن گفت‌وگو کنید.",
        en="The team does not agree on {names}: talk about that first.",
        names=wording.join([bare(step) for step in apart]),
    )
    return sentences(told, now or None, split or None)


def title(steps: pd.DataFrame) -> Words:
    """The picture's title: what to work on now."""
    ahead = steps.index[steps["next"].to_numpy(bool)]
    plain = {"fa": "بلوغ در هشت گام", "en": "Maturity in eight steps"}
    return say(fa="{p}؛ گام بعد: {a}", en="{p}; next: {a}", p=plain, a=bare(ahead[0])) if len(ahead) else plain


def capable(places: pd.DataFrame) -> Words:
    """Where each place stands on the map."""
    if places.empty:
        return NOWHERE
    each = []
    for corner in ("learning", "database", "niche", "mass"):
        mine = [wording.name(place) for place in places.index[places["corner"] == corner]]
        if mine:
            each.append(say(fa="{c}: {names}", en="{c}: {names}", c=CORNERS[corner], names=wording.join(mine)))
    return {locale: mark.join(e[locale] for e in each) + "." for locale, mark in (("fa", "؛ "), ("en", "; "))}
