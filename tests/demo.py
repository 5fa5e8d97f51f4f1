"""A notebook made in memory that holds every block and every chart, in either language; its numbers are invented."""

# ruff: noqa: E501  (sentences of the page stand on one line each)

from __future__ import annotations

import functools

import nbformat
import numpy as np
import pandas as pd
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from cx_helpers import dates, wording
from cx_helpers.records import Finding
from cx_helpers.report import blocks, charts
from cx_helpers.wording import say

PERIOD = dates.Period.parse("1404-06")
NAMES = wording._names("""
call | تماس تلفنی با پشتیبانی | support by telephone
payment | پرداخت | payment
delivery | تحویل | delivery
product_page | صفحهٔ کالا | product page
product_quality | کیفیت کالا | product quality
price | قیمت | price
first_reply | سرعت نخستین پاسخ | speed of the first reply
packaging | بسته‌بندی | packaging
variety | تنوع کالا | variety
refund | بازگشت وجه | refund
exit | خروج | exit
cart | سبد خرید | basket
search | جست‌وجو | search
performance | عملکرد | performance
importance | اهمیت | importance
from | از | from
n | پاسخ‌ها | answers
responses | پاسخ‌ها | responses
""")


def answer(metric: str, rows: dict, index_name: str = "channel", scale: float = 1) -> pd.DataFrame:
    """{group: (n, value, low, high)} as an answer frame."""
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=["n", metric, "low", "high"])
    frame[[metric, "low", "high"]] *= scale
    return frame.rename_axis(index_name)


_POINTS = np.linspace(-1, 3, 41)
HILLS = pd.concat(  # what is believed of two effects
    {
        name: pd.DataFrame(
            {"effect": _POINTS, "density": np.exp(-((_POINTS - middle) ** 2))}, pd.Index(range(41), name="point")
        )
        for name, middle in (("B", 0.5), ("C", 1.5))
    },
    names=["variant"],
)


def one(metric: str, n: int, value: float, low: float, high: float) -> pd.DataFrame:
    return answer(metric, {"all": (n, value, low, high)}, "all")


def step(change: float, low: float, high: float) -> pd.DataFrame:
    return pd.DataFrame(
        {"change": [change], "low": [low], "high": [high], "p_value": [0.01], "n": [1840]}, index=["all"]
    )


def trend(metric: str, start: float, drift: float, wave: float, half: float, months: int = 12) -> pd.DataFrame:
    periods = PERIOD.back(months)
    value = start + drift * np.arange(months) + wave * np.sin(np.arange(months) * 1.7)
    frame = pd.DataFrame({"n": 400 + 11 * np.arange(months), metric: value, "low": value - half, "high": value + half})
    return frame.set_axis(pd.Index(periods, name="period", dtype=object))


CHANNELS = answer(
    "nps",
    {
        "app": (612, 12.4, 6.9, 17.8),
        "web": (840, 38.2, 33.5, 42.9),
        "store": (201, 45.1, 36.0, 54.2),
        "call": (96, -8.3, -22.0, 5.4),
        "chat": (7, np.nan, np.nan, np.nan),
    },
)
PROMISED = pd.DataFrame(  # what was said against what was, of two groups
    [("app", 0, 40, 0.1, 0.15, 0.07, 0.29), ("app", 1, 60, 0.8, 0.7, 0.57, 0.8), ("web", 0, 50, 0.5, 0.52, 0.39, 0.65)],
    columns=["group", "step", "n", "said", "was", "low", "high"],
).set_index(["group", "step"])
BEFORE = answer(
    "nps",
    {"app": (580, 21.0, 15, 27), "web": (812, 37.0, 32, 42), "store": (188, 43.0, 33, 53), "call": (90, -4.0, -18, 10)},
)
STAGES = answer(
    "sentiment",
    {
        "awareness": (412, 0.34, 0.27, 0.41),
        "evaluation": (980, 0.22, 0.17, 0.27),
        "purchase": (1840, -0.28, -0.32, -0.24),
        "delivery": (1190, -0.41, -0.45, -0.37),
        "use": (988, 0.31, 0.26, 0.36),
        "support": (207, -0.12, -0.19, -0.05),
        "loyalty": (150, 0.46, 0.38, 0.54),
    },
    "stage",
)


def found() -> list[Finding]:
    return [
        Finding(
            "moment_of_truth",
            {"touchpoint": "support"},
            "repeat_rate",
            0.41,
            say(fa="پاسخ نخستِ پشتیبانی لحظهٔ حقیقت است", en="The first reply of support is a moment of truth"),
            baseline=0.27, low=0.366, high=0.453, n=2076, p_adjusted=0.0213, severity="medium", looks=63,
            detail=say(
                fa="مشتریانی که در کمتر از یک ساعت پاسخ گرفته‌اند {x:.0f} واحد درصد بیشتر دوباره خرید کرده‌اند (با سابقهٔ خرید یکسان). این همراهی است، نه لزوماً علت.",
                en="Customers answered within an hour came back {x:.0f} points more often (equal history). It is an association, not necessarily a cause.",
                x=14,
            ),
        ),
        Finding(
            "friction",
            {"touchpoint": "payment", "channel": "app"},
            "failure_rate",
            0.208,
            say(
                fa="پرداخت در اپلیکیشن از هر پنج تلاش یکی را ناکام می‌گذارد ({x:.1%})",
                en="Payment in the app fails one attempt in five ({x:.1%})",
                x=0.208,
            ),
            baseline=0.079, low=0.199, high=0.217, n=18402, p_adjusted=0.0000004, severity="high", looks=63,
            impact={"value": 500, "low": 410, "high": 590, "unit": "orders"},
            detail=say(
                fa="نرخ ناکامی در وب {x:.1%} است. این شکاف از ۳ مرداد آغاز شده است.",
                en="The failure rate on the web is {x:.1%}. The gap began on 3 Mordad.",
                x=0.079,
            ),
        ),
        Finding(
            "strength",
            {"channel": "store"},
            "nps",
            45.1,
            say(fa="شاخص خالص مروجان (NPS) در کانال «فروشگاه» {x:+.0f} است؛ بالاتر از دیگران", en="NPS in the store is {x:+.0f}, above the others", x=45.1),
            low=36.0, high=54.2, n=201, p_adjusted=0.003, severity="medium", looks=12,
        ),
        Finding(
            "weakness",
            {"channel": "call"},
            "nps",
            -8.3,
            say(fa="شاخص خالص مروجان در «تماس تلفنی» {x:+.1f} است", en="NPS on the telephone is {x:+.1f}", x=-8.3),
            low=-22.0, high=5.4, n=96, p_adjusted=0.031, severity="low", looks=12,
            impact={"value": 2.4, "low": 0.8, "high": 4.0, "unit": "points"},
        ),
        Finding(
            "churn_risk",
            {"segment": "new"},
            "retention_1",
            0.31,
            say(fa="مشتریان تازهٔ این ماه کمتر برمی‌گردند", en="This month’s new customers return less often"),
            low=0.28, high=0.34, n=940, p_adjusted=0.0012, severity="high", looks=24,
            impact={"value": 21e9, "low": 14e9, "high": 29e9, "unit": "money"},
        ),
    ]  # fmt: skip


def triangle() -> pd.DataFrame:
    cohorts = PERIOD.back(8)
    cells = [[1.0, *(0.42 * 0.86**k + 0.01 * i for k in range(7 - i))] + [np.nan] * i for i in range(8)]
    return pd.DataFrame(cells, index=pd.Index(cohorts, name="cohort", dtype=object), columns=range(8))


def edges() -> pd.DataFrame:
    rows = [
        ("search", "product_page", 4200), ("product_page", "cart", 1900), ("product_page", "exit", 2300),
        ("cart", "payment", 1400), ("cart", "exit", 500), ("payment", "delivery", 1120), ("payment", "support", 110),
        ("payment", "exit", 170), ("support", "exit", 60), ("support", "delivery", 50),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["from", "to", "n"])


def drivers() -> pd.DataFrame:
    names = ["product_quality", "price", "first_reply", "packaging", "variety", "refund", "delivery", "payment"]
    return pd.DataFrame(
        {
            "importance": [0.24, 0.08, 0.17, 0.03, 0.06, 0.11, 0.21, 0.10],
            "performance": [0.81, 0.62, 0.48, 0.84, 0.77, 0.55, 0.52, 0.66],
        },
        index=pd.Index(names, name="touchpoint"),
    )


def by_channel() -> pd.DataFrame:
    parts = {name: trend("nps", 30 - 9 * i, (-1) ** i * 0.9, 4, 7) for i, name in enumerate(["web", "app", "store"])}
    return pd.concat(parts, names=["channel"])


def many() -> pd.DataFrame:
    names = ["تهران", "خراسان رضوی", "اصفهان", "فارس", "آذربایجان شرقی", "سیستان و بلوچستان"]
    return pd.concat(
        {n: trend("csat", 0.7 - 0.04 * i, 0.004 * (-1) ** i, 0.03, 0.05) for i, n in enumerate(names)},
        names=["province"],
    )


def votes() -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "promoters": [0.44, 0.58, 0.61, 0.28],
            "passives": [0.24, 0.22, 0.23, 0.36],
            "detractors": [0.32, 0.20, 0.16, 0.36],
        },
        index=pd.Index(["app", "web", "store", "call"], name="channel"),
    )
    return frame.assign(n=[612, 840, 201, 96])


def displays() -> dict:
    """Every block and chart: {heading or "": [objects]}."""
    goal = {"target": 40, "direction": "up"}
    cards = [
        blocks.kpi("nps", one("nps", 1756, 31, 27.1, 34.9), step(-4.2, -7.9, -0.5), goal, trend("nps", 36, -0.4, 2, 4)),
        blocks.kpi("csat", one("csat", 2210, 0.624, 0.601, 0.647), step(0.019, 0.002, 0.036), {"target": 0.60, "direction": "up"}, trend("csat", 0.6, 0.002, 0.01, 0.02)),
        blocks.kpi("late_delivery_rate", one("late_delivery_rate", 3118, 0.112, 0.101, 0.124), step(0.004, -0.006, 0.014), {"target": 0.11, "direction": "down"}),
        blocks.kpi("revenue", one("revenue", 5120, 21.4e9, 20.1e9, 22.6e9), step(1.9e9, 0.4e9, 3.4e9)),
        blocks.kpi("ces", answer("ces", {"all": (4, np.nan, np.nan, np.nan)}, "all"), goal={"target": 5.5, "direction": "up"}),
    ]  # fmt: skip
    month = PERIOD.back(4)[1]
    return {
        "": [
            blocks.bottom_line(
                say(
                    fa="این ماه سفر مشتری در پرداخت و تحویل می‌شکند؛ شاخص خالص مروجان (NPS) {x:+.0f} است و نسبت به دورهٔ پیش {c:+.1f} واحد جابه‌جا شده است.",
                    en="This month the journey breaks at payment and delivery; the Net Promoter Score is {x:+.0f}, a move of {c:+.1f} points.",
                    x=31, c=-4.2,
                ),
                say(
                    fa="رفع خطای پرداخت در اپلیکیشن بیشترین بازگشت را دارد: ماهانه حدود {n} خرید بیشتر ({m:money}).",
                    en="Mending payment in the app brings most: about {n} more orders a month ({m:money}).",
                    n=500, m=21e9,
                ),
            ),
            blocks.kpis(*cards),
            blocks.metrics("nps", CHANNELS),
        ],
        "findings": [blocks.findings(found()), blocks.findings([], looked_at=63)],
        "channels": [
            charts.ranges(CHANNELS, goal=goal, before=BEFORE),
            blocks.table(CHANNELS, title=say(fa="امتیاز هر کانال", en="Each channel’s score"), tone={"nps": lambda x: "bad" if x < 0 else None}),
            charts.bars(votes(), ["promoters", "passives", "detractors"], unit="share", digits=0, stacked=True,
                        title=say(fa="مروجان، بی‌تفاوت‌ها و بدگوها", en="Promoters, passives, detractors"),
                        tones={"promoters": "accent", "passives": "mute", "detractors": "bad"},
                        titles={"promoters": wording.name("promoter"), "passives": wording.name("passive"), "detractors": wording.name("detractor")}),
            charts.bars(answer("failure_rate", {"payment": (18402, .141, .136, .146), "delivery": (11902, .176, .169, .183), "product_page": (44171, .02, .019, .021)}, "touchpoint"), sort=True),
        ],
        "time": [
            charts.lines(trend("nps", 36, -0.4, 3, 5), goal=goal, events=[(month, say(fa="نسخهٔ تازهٔ اپلیکیشن", en="new app release"))]),
            charts.lines(by_channel(), title=say(fa="روند هر کانال", en="Each channel over time")),
            charts.heat(triangle(), "retention_1", digits=0, title=say(fa="ماندگاری هر گروه ورودی", en="Retention of each cohort"),
                        columns_title=say(fa="ماه پس از نخستین خرید", en="months since first order"), rows_title=say(fa="نخستین خرید", en="first order")),
        ],
        "journey": [
            charts.curve(STAGES),
            charts.flow(edges(), title=say(fa="از جست‌وجو تا تحویل", en="From search to delivery"), bad=["exit"], end=[]),
            charts.against(PROMISED, "said", "was", diagonal=True, title=say(fa="گفته و بوده", en="Said and done")),
            charts.quadrant(drivers(), x_unit="share", y_unit="share", digits=0, title=say(fa="اهمیت در برابر عملکرد", en="Importance against performance")),
            charts.small_multiples(many(), title=say(fa="رضایت در هر استان", en="Satisfaction by province")),
            charts.ranges(CHANNELS.iloc[:0], "nps", title=say(fa="کانال‌ها", en="Channels")),
        ],
        "words": [
            blocks.quotes(
                [
                    {"text": "بسته دو روز دیر رسید و کسی پاسخگو نبود!", "source": say(fa="تحویل · وب", en="delivery · web"), "tone": "bad"},
                    "The app crashed twice at payment :(",
                ],
                title=say(fa="از زبان مشتریان", en="In customers’ words"),
            ),
            blocks.note(say(fa="پاسخ‌های یک مشتری مستقل شمرده نشده‌اند.", en="Answers of one customer are counted as clustered.")),
            blocks.data_card(
                {
                    "responses": {"n": 1840, "customers": 1602, "from": PERIOD.first, "to": PERIOD.past},
                    "touchpoint": {"share_null": (0.034,)},
                    "guards": [say(fa="گروه‌های کوچک پنهان‌اند", en="small groups are hidden"), say(fa="تصحیح برای ۶۳ نگاه", en="63 looks corrected for")],
                }
            ),
        ],
    }  # fmt: skip


HEADINGS = {
    "findings": say(fa="یافته‌ها، به ترتیب اثر", en="Findings, by effect"),
    "channels": say(fa="امتیاز هر کانال", en="Each channel’s score"),
    "time": say(fa="در گذر زمان", en="Over time"),
    "journey": say(fa="احساس مشتری در مسیر", en="How customers feel along the way"),
    "words": say(fa="از زبان مشتریان", en="In customers’ words"),
}


def shown(thing) -> nbformat.NotebookNode:
    """A display as a kernel would store it."""
    return new_output("execute_result", data=thing._repr_mimebundle_(), execution_count=1)


@functools.cache
def notebook(locale: str) -> nbformat.NotebookNode:
    """The whole demo, as if executed in this language."""
    wording.use(locale=locale, calendar="jalali", currency="IRR", period=PERIOD, labels=NAMES, smallest_group=10)
    cells = [
        new_markdown_cell("# سفر مشتری: کجا می‌رنجند و چرا؟\n\nبرای مدیر تجربهٔ مشتری: پاسخ نخست، سپس عددها و بازهٔ اطمینان هر کدام.", metadata={"tags": ["fa"]}),
        new_markdown_cell("# The journey: where does it hurt, and why?\n\nFor the head of customer experience: the answer first, then each number and its interval.", metadata={"tags": ["en"]}),
        new_code_cell('period = "1404-06"', metadata={"tags": ["parameters"]}),
    ]  # fmt: skip
    for name, things in displays().items():
        if name:
            for language in ("fa", "en"):
                text = {"fa": "نقطه امتیاز است و خط، بازهٔ ۹۵٪. دو کانال که بازه‌هایشان روی هم می‌افتد شاید فرقی نداشته باشند.",
                        "en": "The dot is the score, the line its 95 % interval; lines that overlap may not differ."}[language]  # fmt: skip
                extra = f"\n\n{text}" if name == "channels" else ""
                cells.append(new_markdown_cell(f"## {HEADINGS[name][language]}{extra}", metadata={"tags": [language]}))
        for thing in things:
            cells.append(new_code_cell(f"show({type(thing).__name__})", outputs=[shown(thing)], execution_count=1))
    cells.append(new_code_cell("charts.explore(survey.nps)", metadata={"tags": ["explore", "skip-execution"]}))
    return new_notebook(cells=cells)
