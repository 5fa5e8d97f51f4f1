"""How does it go, and what is coming?  The bottom line, and how the tables of a trend report are set."""

from __future__ import annotations

import pandas as pd

from cx_helpers.records import METRICS, Finding, amount, step
from cx_helpers.wording import Words, join, name, say, sentences

GUARDS = [  # what this report guards against, for its data card
    {
        "fa": "هیچ عددی از پس از پایان دوره در این گزارش نیست؛ و هر پیش‌بینیِ آزموده تنها از آنچه تا همان روز دانسته "
        "بود ساخته شده است.",
        "en": "No number from after the period is in this report, and every forecast that was tried rests only on "
        "what was known on its day.",
    },
    {
        "fa": "روش پیش‌بینی با مبدأهای غلتان برگزیده شده و تنها وقتی جای «مثل دورهٔ پیش» را گرفته که پس از تصحیح "
        "(هولم) به‌یقین از آن بهتر بوده است.",
        "en": "The method of forecasting was chosen by rolling origins; it replaces “as last time” only where it is "
        "surely better after correction (Holm).",
    },
    {
        "fa": "پهنای بازه‌ها از خطاهای پیش‌بینی‌های گذشته آمده است و این‌که چند بار درست درآمده‌اند در همین گزارش است.",
        "en": "The width of the intervals comes from errors of past forecasts; how often they held is in this report.",
    },
    {
        "fa": "نوروز، یلدا، رمضان، محرم، پایان ماه و روزهای هفته پیش از جست‌وجوی تغییر از جمع‌ها بیرون آمده‌اند؛ "
        "رمضان و محرم در سال شمسی جابه‌جا می‌شوند و به تقویم قمری قراردادی حساب شده‌اند (شاید یک روز پس و پیش).",
        "en": "Nowruz, Yalda, Ramadan, Muharram, the ends of months and weekdays were taken out of totals before "
        "changes were looked for; Ramadan and Muharram move through the year and follow the tabular lunar calendar (a "
        "day sooner or later).",
    },
    {
        "fa": "جریمهٔ هر نقطهٔ تغییر برای همهٔ سنجه‌ها یکی است (سه برابر لگاریتم شمار گام‌ها) و نوسانی که حافظه دارد "
        "از پیش کنار گذاشته شده؛ رشد هموار پله شمرده نمی‌شود.",
        "en": "One penalty for every change point (three times the logarithm of the number of steps), after the "
        "memory of the noise was taken out; smooth growth is no step.",
    },
    {
        "fa": "پیشرو بودن، علت بودن نیست: هر دو سری پیش از سنجش از گذشتهٔ خود پاک شده‌اند و p برای همهٔ جفت‌ها و همهٔ "
        "فاصله‌ها تصحیح شده است.",
        "en": "To run ahead is not to cause: both series were cleared of their own past, and p pays for all pairs and "
        "all lags.",
    },
]  # fmt: skip

TENDENCIES = {  # how a page sets `trend_levels.tendencies`
    "columns": ["level_said", "slope_said", "between", "p_value"],
    "titles": {
        "level_said": {"fa": "سطح این روزها", "en": "level now"},
        "slope_said": {"fa": "در یک سال", "en": "in a year"},
        "between": {"fa": "بازهٔ ۹۵٪", "en": "95% interval"},
    },
    "rows_title": {"fa": "سنجه", "en": "metric"},
}

EFFECTS = {  # how a chart names the rows of `trend_levels.effects`
    "monday": ("دوشنبه", "Monday"), "tuesday": ("سه‌شنبه", "Tuesday"), "wednesday": ("چهارشنبه", "Wednesday"),
    "thursday": ("پنجشنبه", "Thursday"), "friday": ("جمعه", "Friday"), "saturday": ("شنبه", "Saturday"),
    "sunday": ("یکشنبه", "Sunday"), "before_nowruz": ("پیش از نوروز", "before Nowruz"),
    "nowruz": ("تعطیلات نوروز", "Nowruz holidays"), "yalda": ("تا شب یلدا", "up to Yalda night"),
    "ramadan": ("ماه رمضان", "Ramadan"), "muharram": ("دههٔ اول محرم", "first ten days of Muharram"),
    "month_end": ("پایان و آغاز ماه", "turn of the month"), "before_christmas": ("پیش از کریسمس", "before Christmas"),
    "christmas": ("کریسمس تا آغاز سال", "Christmas to New Year"),
}  # fmt: skip

METHODS: dict[str, Words] = {
    "naive": {"fa": "مثل دورهٔ پیش", "en": "as last time (seasonal naive)"},
    "ets": {"fa": "هموارسازی نمایی (ETS)", "en": "exponential smoothing (ETS)"},
    "theta": {"fa": "روش تتا", "en": "Theta"},
    "calendar": {"fa": "تقویم و تتا", "en": "calendar regression and Theta"},
    "sarima": {"fa": "مدل خطوط هوایی (SARIMA)", "en": "airline model (SARIMA)"},
}
TOO_LITTLE = {
    "fa": "برای سنجیدن روند هنوز گذشته‌ای کافی نیست: دست‌کم ۲۶ هفته یا ۸ ماه داده لازم است که در هر یک از آن‌ها "
    "مشتریان کافی باشند.",
    "en": "There is too little history to tell a trend: at least 26 weeks or 8 months with enough customers in each "
    "are needed.",
}  # fmt: skip


def sentence(coming: dict[str, pd.DataFrame], found: list[Finding], looked_at: int) -> Words:
    """The bottom line: what is expected next of the first metric, and what has changed.

    coming  {metric: answer of trend_forecast.forecast};  looked_at  how many series were searched for steps
    """
    if not coming:
        return TOO_LITTLE
    known = [metric for metric, one in coming.items() if one[metric].notna().any()]
    ahead = [expected(coming[metric], metric) for metric in known[:1]]
    if not known:
        ahead = [say(fa="برای پیش‌بینی هنوز گذشته‌ای کافی نیست.", en="There is too little history yet to forecast.")]
    return sentences(*ahead, _changed(found, looked_at))


def expected(one: pd.DataFrame, metric: str) -> Words:
    """What is expected of a metric in the time that comes, in one sentence."""
    row, when = _month(one)
    against = "" if pd.isna(row["p_value"]) or row["p_value"] >= 0.05 else _against(row, metric)
    return say(
        fa="{title} {when} {x} پیش‌بینی می‌شود (با احتمال ۸۰٪ میان {low} و {high}){against}.",
        en="{title} {when} is expected at {x} (80%: {low} to {high}){against}.",
        when=during(when), title=METRICS[metric].title, x=told(metric, row[metric]), low=told(metric, row["low_80"]),
        high=told(metric, row["high_80"]), against=against or {"fa": "", "en": ""},
    )  # fmt: skip


def told(metric: str, x: float) -> Words:
    """A value of a metric with its unit, hours too."""
    bare = amount(metric, x)
    if METRICS[metric].unit != "hours":
        return bare
    return {"fa": f"{bare['fa']} ساعت", "en": f"{bare['en']} hours"}


def gap(metric: str, x: float) -> Words:
    """A difference of two values of a metric, with its direction and unit, hours too."""
    bare = step(metric, x, sign="+")
    if METRICS[metric].unit != "hours":
        return bare
    return {"fa": f"{bare['fa']} ساعت", "en": f"{bare['en']} hours"}


def during(when) -> Words:
    """A month, or other stretch of time, as part of a sentence: `in Mehr 1404`, `from 1 Mehr 1404 to 28 Mehr 1404`."""
    if when.kind == "range":
        return say(fa="از {when}", en="from {when}", when=when)
    return say(fa="در {when}", en="in {when}", when=when)


def _against(row: pd.Series, metric: str) -> Words:
    return say(
        fa="؛ در مدتی برابر پیش از آن {last} بود",
        en="; it was {last} in the same time before",
        last=told(metric, row["last"]),
    )


def _month(one: pd.DataFrame) -> tuple[pd.Series, object]:
    place = int((one["target"] == "month").to_numpy().argmax())
    return one.iloc[place], one.index[place]


def _plain(metric: str) -> Words:
    title = METRICS[metric].title
    en = title["en"]
    return {"fa": title["fa"], "en": en if en.isupper() or en.startswith("Net ") else en[0].lower() + en[1:]}


def _changed(found: list[Finding], looked_at: int) -> Words:
    steps = [f for f in found if f.kind == "change_point" and "month" in f.subject]
    if steps:
        first = sorted(steps, key=lambda f: ("high", "medium", "low").index(f.severity))[0]
        return {locale: f"{text}." for locale, text in first.text.items()}
    return say(
        fa="{k} سنجه دیده شد و در یک سال گذشته سطح هیچ‌یک تغییر ناگهانی نکرده است.",
        en="{k} metrics were looked at; none has leapt to another level in the last year.",
        k=looked_at,
    )


def goals(coming: dict[str, pd.DataFrame]) -> Words | None:
    """With which chance are the workspace's goals reached?  None where no metric has one."""
    said = []
    for metric, one in coming.items():
        row, when = _month(one)
        if pd.notna(row["chance"]):
            said.append(
                say(
                    fa="احتمال رسیدن {title} به هدف {goal} {when}: {chance}",
                    en="Chance that {title} reaches its goal of {goal} {when}: {chance}",
                    title=_plain(metric), goal=told(metric, row["goal"]), when=during(when),
                    chance=chance(row["chance"]),
                )
            )  # fmt: skip
    return sentences(*({locale: f"{text}." for locale, text in one.items()} for one in said)) if said else None


def chance(x: float) -> Words:
    """A chance as people read it: no forecast is so sure that it could say 0 % or 100 %."""
    if x < 0.01:
        return say(fa="کمتر از {x:.0%}", en="below {x:.0%}", x=0.01)
    if x > 0.99:
        return say(fa="بیش از {x:.0%}", en="above {x:.0%}", x=0.99)
    return say(fa="{x:.0%}", en="{x:.0%}", x=x)


def spoken(found: pd.DataFrame, locale: str) -> pd.DataFrame:
    """The answer of trend_levels.tendencies with amounts in words, as metrics of several units stand in one table."""
    rows = {}
    for metric, row in found.iterrows():
        known = pd.notna(row["slope"])
        between = join([gap(metric, row[end]) for end in ("low", "high")]) if known else None
        rows[METRICS[metric].title[locale]] = {
            "level_said": told(metric, row["level"])[locale] if pd.notna(row["level"]) else "—",
            "slope_said": gap(metric, row["slope"])[locale] if known else "—",
            "between": {"fa": between["fa"].replace(" و ", " تا "), "en": between["en"].replace(" and ", " to ")}[
                locale
            ]
            if known
            else "—",
            "p_value": row["p_value"],
        }
    columns = ["level_said", "slope_said", "between", "p_value"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


def named(effects: pd.DataFrame, locale: str) -> pd.DataFrame:
    """The answer of trend_levels.effects with weekdays and occasions by their names."""
    place = 0 if locale == "fa" else 1
    names = [EFFECTS[key][place] if key in EFFECTS else name(key)[locale] for key in effects.index]
    return effects.set_axis(pd.Index(names, name="occasion"))


def season_title(metric: str) -> Words:
    """How the picture of `trend_levels.effects` is called."""
    if not metric:
        return {"fa": "فصل و تقویم", "en": "Season and calendar"}
    return say(
        fa="{title}: تفاوت با روزی معمولی",
        en="{title}: difference from a usual day",
        title=METRICS[metric].title,
    )
