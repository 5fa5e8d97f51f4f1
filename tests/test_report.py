"""Blocks, charts and theme: numbers worked by hand, words in both languages, and what every figure must keep."""

import base64
import hashlib
import json
import re

import demo
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cx_helpers import records, wording
from cx_helpers.dates import Period
from cx_helpers.records import Finding
from cx_helpers.report import blocks, charts, page, setting, theme
from cx_helpers.report.explore import picture
from cx_helpers.report.phrases import _PHRASES
from cx_helpers.report.placing import _box, place_labels, together
from cx_helpers.report.rendering import BLOCK, FINDINGS, METRICS, PLOTLY, block_html
from cx_helpers.report.setting import amount, interval, metric
from cx_helpers.report.tabulate import p_said, p_text
from cx_helpers.wording import say

DIGITS = "0123456789"


@pytest.fixture(autouse=True, params=["fa", "en"])
def locale(request):
    before = vars(wording.current()).copy()
    wording.use(
        locale=request.param,
        calendar="jalali",
        currency="IRR",
        period=demo.PERIOD,
        labels=demo.NAMES,
        smallest_group=10,
    )
    yield request.param
    wording.use(**before)


def bare(text: str) -> str:
    return re.sub("[\u2066-\u2069]", "", text).replace("\u00a0", " ")


def figure(chart) -> dict:
    return chart._repr_mimebundle_()[PLOTLY]


def strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from strings(one)


def all_charts():
    return [
        thing
        for things in demo.displays().values()
        for thing in things
        if isinstance(thing, charts.lines.__globals__["Chart"])
    ]


# -- KPI cards ---------------------------------------------------------------------------------------------------------


def test_a_kpi_says_value_interval_goal_and_change(locale):
    card = blocks.kpi(
        "csat", demo.one("csat", 2210, 0.624, 0.601, 0.647), demo.step(0.019, 0.002, 0.036), {"target": 0.6}
    )
    shown = card.payload["cards"][0]
    expected = {
        "fa": ("۶۲٫۴", "٪", "۶۰٫۱ تا ۶۴٫۷٪", "۶۰٪", "+۱٫۹ واحد درصد"),
        "en": ("62.4", "%", "60.1 to 64.7%", "60%", "+1.9 pp"),
    }[locale]
    assert tuple(bare(shown[k]) for k in ("value", "unit", "interval", "goal", "change")) == expected
    assert (shown["goal_state"], shown["change_tone"], shown["change_arrow"]) == ("met", "good", "up")
    assert bare(shown["change_interval"]) == {"fa": "+۰٫۲ تا +۳٫۶", "en": "+0.2 to +3.6"}[locale]


def test_a_kpi_records_its_metric_with_the_period(locale):
    card = blocks.kpi("nps", demo.one("nps", 1756, 31, 27.1, 34.9), dimensions={"channel": "app"})
    assert card._repr_mimebundle_()[METRICS] == [
        {
            "metric": "nps",
            "dimensions": {"channel": "app"},
            "value": 31.0,
            "low": 27.1,
            "high": 34.9,
            "n": 1756,
            "unit": "points",
            "period_start": "2025-08-22T20:30:00+00:00",  # 1 Shahrivar 1404, midnight in Tehran
            "period_end": "2025-09-22T20:30:00+00:00",
        }
    ]


def test_a_value_without_enough_data_is_a_dash_and_null_never_zero(locale):
    card = blocks.kpi("ces", demo.answer("ces", {"all": (4, np.nan, np.nan, np.nan)}, "all"), goal=5.5)
    shown, record = card.payload["cards"][0], card.metrics[0]
    assert shown["value"] == "—"
    assert bare(shown["reason"]) == {"fa": "کمتر از ۱۰ پاسخ", "en": "fewer than 10 answers"}[locale]
    assert (record["value"], record["low"], record["n"]) == (None, None, 4)
    assert shown["goal_state"] == "", "nothing is known about the goal"
    json.dumps(card.metrics, allow_nan=False)


def test_a_change_whose_interval_holds_zero_is_no_change(locale):
    card = blocks.kpi("nps", demo.one("nps", 900, 31, 25, 37), demo.step(-2, -6, 2)).payload["cards"][0]
    assert card["change"] == {"fa": "بدون تغییر معنادار", "en": "no significant change"}[locale]
    assert (card["change_tone"], card["change_arrow"]) == ("flat", "")
    assert bare(card["change_interval"]) == {"fa": "−۶٫۰ تا +۲٫۰", "en": "−6.0 to +2.0"}[locale]


def test_a_period_before_without_enough_data_is_said(locale):
    card = blocks.kpi("nps", demo.one("nps", 900, 31, 25, 37), demo.step(np.nan, np.nan, np.nan)).payload["cards"][0]
    assert card["change"] == {"fa": "دورهٔ پیش دادهٔ کافی ندارد", "en": "too little data in the last period"}[locale]
    assert card["change_tone"] == "flat"


@pytest.mark.parametrize(("change", "tone"), [((0.02, 0.01, 0.03), "bad"), ((-0.02, -0.03, -0.01), "good")])
def test_more_of_a_metric_that_should_be_low_is_bad(change, tone):
    card = blocks.kpi("late_delivery_rate", demo.one("late_delivery_rate", 900, 0.1, 0.09, 0.11), demo.step(*change))
    assert card.payload["cards"][0]["change_tone"] == tone


@pytest.mark.parametrize(
    ("low", "high", "target", "direction", "state"),
    [
        (41, 45, 40, "up", "met"),
        (30, 39, 40, "up", "missed"),
        (38, 42, 40, "up", "open"),
        (1, 3, 4, "down", "met"),
        (5, 6, 4, "down", "missed"),
    ],
)
def test_a_goal_is_met_only_when_the_whole_interval_is_past_it(low, high, target, direction, state):
    answer = demo.one("nps", 900, (low + high) / 2, low, high)
    card = blocks.kpi("nps", answer, goal={"target": target, "direction": direction}).payload["cards"][0]
    assert card["goal_state"] == state


def test_marks_of_a_bar_keep_their_order_and_stay_on_it():
    bar = blocks.kpi("nps", demo.one("nps", 900, 31, 27, 35), goal=40).payload["cards"][0]["bar"]
    assert 0 <= bar["low"] < bar["value"] < bar["high"] < bar["goal"] <= 100


def test_a_kpi_of_many_groups_is_refused_with_the_way_out():
    with pytest.raises(ValueError, match=r"has 5 rows; choose one: answer.loc\[\['app'\]\]"):
        blocks.kpi("nps", demo.CHANNELS)
    with pytest.raises(ValueError, match="no column 'csat'; it has n, nps, low, high"):
        blocks.kpi("csat", demo.one("nps", 1, 1, 1, 1))


def test_a_metric_without_a_period_is_refused():
    wording.use(period=None)
    with pytest.raises(ValueError, match="needs its period"):
        blocks.kpi("nps", demo.one("nps", 900, 31, 27, 35))


def test_metrics_records_every_group_in_silence():
    bundle = blocks.metrics("nps", demo.CHANNELS)._repr_mimebundle_()
    assert set(bundle) == {METRICS, "text/plain"}
    assert [row["dimensions"] for row in bundle[METRICS]] == [{"channel": c} for c in demo.CHANNELS.index]
    assert bundle[METRICS][-1]["value"] is None


def test_metrics_of_a_trend_have_their_own_periods():
    rows = blocks.metrics("nps", demo.by_channel()).metrics
    assert rows[0]["dimensions"] == {"channel": "web"}
    assert rows[0]["period_end"] == rows[1]["period_start"] < rows[1]["period_end"]


# -- findings, tables, words -------------------------------------------------------------------------------------------


def test_findings_stand_by_severity_and_are_recorded_in_both_languages(locale):
    made = blocks.findings(demo.found())
    items = made.payload["items"]
    assert [item["severity"] for item in items] == ["high", "high", "medium", "medium", "low"]
    assert [item["tone"] for item in items].count("good") == 1
    assert items[3]["tone"] == "good"
    recorded = made._repr_mimebundle_()[FINDINGS]
    assert recorded[0]["subject"] == {"touchpoint": "payment", "channel": "app"}
    assert set(recorded[0]["text"]) == {"fa", "en"}


def test_a_finding_shows_its_small_print(locale):
    item = blocks.findings(demo.found()[1:2]).payload["items"][0]
    expected = {
        "fa": ["۱۸٬۴۰۲ مورد", "پس از تصحیح برای ۶۳ مقایسه"],
        "en": ["18,402 cases", "corrected for 63 comparisons"],
    }[locale]
    assert [bare(part).replace("\u00a0", " ") for part in item["small"]] == expected
    more = {"fa": "بازهٔ ۹۵٪: ۱۹٫۹ تا ۲۱٫۷٪ · p کمتر از ۰٫۰۰۱", "en": "95% interval: 19.9 to 21.7% · p < 0.001"}
    assert bare(item["more"]) == more[locale], "the proof above has its own interval: the value's stands at the pointer"
    assert (
        bare(item["impact"])
        == {
            "fa": "اگر اصلاح شود: حدود ۵۰۰ سفارش (۴۱۰ تا ۵۹۰)",
            "en": "If fixed: about 500 orders (410 to 590)",
        }[locale]
    )


def test_what_goes_with_leaving_is_not_said_to_be_mended(locale):
    said = bare(
        blocks.impact_text({"value": 290, "low": 253, "high": 329, "unit": "contracts"}, "x", locale, "churn_risk")
    )
    expected = {"fa": "همراه با آن: حدود ۲۹۰ قرارداد (۲۵۳ تا ۳۲۹) بیش از دیگران",
                "en": "Goes with it: about 290 contracts (253 to 329) more than of the others"}  # fmt: skip
    assert said == expected[locale]


def test_nothing_compared_is_not_nothing_found(locale):
    few = {"fa": "دادهٔ کافی برای مقایسه نبود", "en": "too little to compare"}[locale]
    assert few in blocks.findings([], looked_at=0).payload["empty"]
    assert few not in blocks.findings([], looked_at=9).payload["empty"]
    assert blocks.findings([], looked_at=1).payload["empty"].startswith(("One comparison was", "یک مقایسه"))


@pytest.mark.parametrize(("kind", "good", "tone"), [
    ("cohort", True, "good"), ("cohort", False, "bad"), ("friction", None, "bad"), ("strength", None, "good"),
    ("driver", None, "neutral"), ("opportunity", None, "good"),
])  # fmt: skip
def test_red_is_for_bad_news_only(kind, good, tone):
    words = {"fa": "ادعا", "en": "claim"}
    one = records.Finding(kind, {"channel": "app"}, "nps", 1.0, words, severity="high", good=good)
    assert blocks.findings([one]).payload["items"][0]["tone"] == tone
    assert "good" not in one.record(), "only for how it is shown"


def test_a_segment_stands_above_the_bottom_line(locale):
    wording.use(segment="province=ایلام")
    lead = blocks.bottom_line("یک جمله").payload
    assert "ایلام" in lead["scope"]
    assert {"fa": "استان", "en": "province"}[locale] in lead["scope"]
    wording.use(segment="")
    assert not blocks.bottom_line("یک جمله").payload["scope"]


def test_money_and_points_are_said_as_such(locale):
    money, points = (
        {"value": 21e9, "low": 14e9, "high": 29e9, "unit": "money"},
        {"value": 2.4, "low": 0.8, "high": 4, "unit": "points"},
    )
    assert (
        bare(blocks.impact_text(money, "nps", locale))
        == {
            "fa": "اگر اصلاح شود: حدود ۲٫۱ میلیارد تومان (۱٫۴ تا ۲٫۹ میلیارد تومان)",
            "en": "If fixed: about 2.1 billion toman (1.4 to 2.9 billion toman)",
        }[locale]
    )
    assert (
        bare(blocks.impact_text(points, "nps", locale))
        == {
            "fa": "اگر اصلاح شود: حدود +۲٫۴ واحد (+۰٫۸ تا +۴٫۰) در کل",
            "en": "If fixed: about +2.4 points (+0.8 to +4.0) overall",
        }[locale]
    )


def test_nothing_found_is_said_with_the_number_of_looks(locale):
    made = blocks.findings([], looked_at=63)
    assert ("۶۳" if locale == "fa" else "63") in made.plain
    assert FINDINGS not in made._repr_mimebundle_()


def test_a_table_speaks_the_readers_digits_and_hides_small_groups(locale):
    made = blocks.table(demo.CHANNELS).payload
    rows = {row["head"]: [bare(cell["text"]) for cell in row["cells"]] for row in made["rows"]}
    assert (
        rows[{"fa": "تماس تلفنی با پشتیبانی", "en": "support by telephone"}[locale]]
        == {
            "fa": ["۹۶", "−۸", "−۲۲", "۵"],
            "en": ["96", "−8", "−22", "5"],
        }[locale]
    )
    assert (
        rows[{"fa": "گفت‌وگو", "en": "chat"}[locale]]
        == {"fa": ["کمتر از ۱۰", "—", "—", "—"], "en": ["fewer than 10", "—", "—", "—"]}[locale]
    )


def test_the_small_number_itself_is_nowhere_in_a_suppressed_row():
    cells = blocks.table(demo.CHANNELS).payload["rows"][-1]["cells"]
    assert 7 not in [cell["sort"] for cell in cells], "sorting values are on the page too"


def test_table_columns_formats_and_titles(locale):
    made = blocks.table(
        demo.CHANNELS.iloc[:1],
        ["low", "n"],
        titles={"low": say(fa="کف", en="floor")},
        formats={"low": lambda x: f"<{x:.0f}>"},
    ).payload
    assert [column["title"] for column in made["columns"]] == [
        {"fa": "کف", "en": "floor"}[locale],
        {"fa": "پاسخ‌ها", "en": "answers"}[locale],
    ]
    assert made["rows"][0]["cells"][0]["text"] == "<7>"
    with pytest.raises(ValueError, match="no column 'npx'; it has n, nps, low, high"):
        blocks.table(demo.CHANNELS, ["npx"])


def test_blocks_pick_one_language_and_escape(locale):
    block = blocks.bottom_line(say(fa="<b>سلام</b>", en="<b>hello</b>"), "plain & simple")
    html = block_html(block.payload)
    assert {"fa": "&lt;b&gt;سلام", "en": "&lt;b&gt;hello"}[locale] in html
    assert "plain &amp; simple" in html
    assert "<b>" not in html


def test_the_lab_gets_the_same_block_with_its_own_direction(locale):
    html = blocks.note("x")._repr_mimebundle_()["text/html"]
    assert f'dir="{ {"fa": "rtl", "en": "ltr"}[locale] }"' in html
    assert "--accent:#0f6b74" in html


def test_a_data_card_names_tables_shares_days_and_guards(locale):
    rows = demo.displays()["words"][-1].payload["rows"]
    assert rows[0]["title"] == {"fa": "پاسخ‌ها", "en": "responses"}[locale]
    assert [bare(row["items"][0]) for row in rows[0]["rows"]][0] == {"fa": "۱٬۸۴۰", "en": "1,840"}[locale]
    assert bare(rows[1]["rows"][0]["items"][0]) == {"fa": "۳٫۴٪", "en": "3.4%"}[locale]
    assert len(rows[2]["items"]) == 2


def test_every_phrase_of_the_page_stands_in_both_languages():
    for name, pair in _PHRASES.items():
        assert set(pair) == {"fa", "en"}, name
        assert all(pair.values()), name
        fields = [set(re.findall(r"{(\w+)}", text)) for text in pair.values()]
        assert fields[0] == fields[1], name
        assert not set(DIGITS) & set(pair["fa"]), name


# -- how values are set ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("metric", "value", "fa", "en"),
    [
        ("nps", -3.4, "−۳", "−3"),
        ("csat", 0.62449, "۶۲٫۴٪", "62.4%"),
        ("revenue", 2.1e10, "۲٫۱ میلیارد تومان", "2.1 billion toman"),
        ("sentiment", 0.5, "۰٫۵۰", "0.50"),
        ("nps", None, "—", "—"),
        ("csat", float("nan"), "—", "—"),
    ],
)
def test_amounts_have_their_unit(locale, metric, value, fa, en):
    assert bare(setting.amount(value, setting.metric(metric), locale)) == {"fa": fa, "en": en}[locale]


@given(low=st.floats(-1e6, 1e6), width=st.floats(1e-3, 1e6), count=st.integers(2, 9))
def test_ticks_are_even_round_and_inside(low, width, count):
    at = setting.ticks(low, low + width, count)
    steps = np.diff(at)
    assert all(low - 1e-6 * width <= tick <= low + width * (1 + 1e-6) for tick in at)
    assert len(at) <= count + 2
    if len(steps) > 1:
        assert np.allclose(steps, steps[0], rtol=1e-6, atol=1e-9)


def test_markup_in_a_name_is_text_for_plotly(locale):
    assert "<a" not in setting.isolate('<a href="x">', locale)
    assert setting.wrap("یک دو سه چهار پنج", locale, 8).count("<br>") == 1


def test_months_carry_their_year_once(locale):
    made = setting.time_ticks(demo.PERIOD.back(12), locale)
    years = [text for text in made["ticktext"] if "<br>" in text]
    assert len(years) == 2, "Mehr 1403, the first, and Farvardin 1404, a new year"
    assert len(setting.time_ticks(demo.PERIOD.back(24), locale, 6)["tickvals"]) <= 6
    assert setting.time_ticks(demo.PERIOD.back(24), locale, 6)["tickvals"][-1] == 23, "the newest month has its tick"


# -- what every chart keeps --------------------------------------------------------------------------------------------


def test_every_persian_string_in_a_figure_is_isolated_and_has_persian_digits(locale):
    for chart in all_charts():
        for text in strings(figure(chart)):
            if re.search("[؀-ۿ]", text):
                assert locale == "fa", f"Persian in an English figure: {text!r}"
                for line in re.sub("</?b>", "", text).split("<br>"):
                    assert line.startswith("\u2067"), line
                    assert line.endswith("\u2069"), line
                    assert not set(DIGITS) & set(line), line


def test_ticks_are_given_as_text_in_the_readers_digits():
    for chart in all_charts():
        layout = figure(chart)["layout"]
        for axis in ("xaxis", "yaxis"):
            if figure(chart)["data"][0]["type"] != "sankey":
                assert layout[axis]["ticktext"], chart
                assert len(layout[axis]["ticktext"]) == len(layout[axis]["tickvals"])


def test_every_colour_in_a_figure_has_a_dark_face():
    faces = {**theme.dark_faces(), "rgba(0,0,0,0)": "rgba(0,0,0,0)"}
    for chart in all_charts():
        drawn = {text for text in strings(figure(chart)) if re.fullmatch(r"#[0-9a-f]{3,8}|rgba?\(.*\)", text)}
        assert drawn <= set(faces), drawn - set(faces)


def test_no_light_colour_has_two_dark_faces():
    pairs = [*theme.COLOURS.values(), *theme.SERIES, *theme.SEQUENTIAL, *theme.DIVERGING]
    assert len(dict(pairs)) == len(set(pairs))


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("name", ["ink", "soft", "accent", "bad", "mid", "good"])
def test_text_can_be_read_on_paper_and_ground(name, dark):
    for ground in ("paper", "ground"):
        light, deep = sorted((luminance(theme.colour(name, dark)), luminance(theme.colour(ground, dark))), reverse=True)
        assert (light + 0.05) / (deep + 0.05) >= 4.5, (name, ground, dark)


def test_charts_draw_the_answer_and_change_nothing():
    before = demo.CHANNELS.copy(deep=True)
    drawn = figure(charts.ranges(demo.CHANNELS, sort=False))["data"][-1]["x"]
    assert drawn == [12.4, 38.2, 45.1, -8.3], "chat has no value and is not drawn"
    pd.testing.assert_frame_equal(demo.CHANNELS, before)


def test_a_group_that_misses_the_goal_with_its_whole_interval_is_red():
    made = figure(charts.ranges(demo.CHANNELS, goal=40, sort=False))
    assert made["data"][-1]["marker"]["color"] == [
        theme.colour("bad"),  # 6.9 to 17.8
        theme.colour("accent"),  # 33.5 to 42.9 holds 40
        theme.colour("accent"),
        theme.colour("bad"),
    ]


def test_a_missing_period_breaks_the_line_and_its_band():
    answer = demo.trend("nps", 30, 0, 2, 4)
    answer.iloc[5, 1:] = np.nan
    traces = figure(charts.lines(answer))["data"]
    assert len(traces) == 3, "two pieces of band and one line"
    assert traces[-1]["y"][5] is None


def test_directions_of_reading(locale):
    fa = locale == "fa"
    stages = figure(charts.curve(demo.STAGES))["layout"]["xaxis"]["range"]
    assert (stages[0] > stages[1]) is fa, "a journey is read in the reader's direction"
    assert figure(charts.flow(demo.edges()))["data"][0]["direction"] == ("reversed" if fa else "forward")
    amounts = figure(charts.bars(demo.votes(), "promoters", unit="share"))["layout"]["xaxis"]["range"]
    assert (amounts[0] > amounts[1]) is fa
    time = figure(charts.lines(demo.trend("nps", 30, 0, 2, 4)))["layout"]["xaxis"]["range"]
    assert time[0] < time[1], "time runs left to right in both"
    assert figure(charts.lines(demo.trend("nps", 30, 0, 2, 4)))["layout"]["yaxis"]["side"] == (
        "right" if fa else "left"
    )


def test_a_cell_not_yet_elapsed_is_empty_not_zero():
    cells = figure(charts.heat(demo.triangle(), "retention_1"))["data"][0]
    assert cells["z"][7] == [1.0] + [None] * 7
    assert cells["text"][7][1:] == [""] * 7


@pytest.mark.parametrize(
    "draw",
    [
        lambda: charts.ranges(demo.CHANNELS.iloc[:0], "nps"),
        lambda: charts.lines(demo.trend("nps", 1, 1, 1, 1).iloc[:0]),
        lambda: charts.bars(demo.votes().iloc[:0], ["promoters"]),
        lambda: charts.heat(pd.DataFrame()),
        lambda: charts.flow(demo.edges().iloc[:0]),
        lambda: charts.curve(demo.STAGES.iloc[:0]),
        lambda: charts.quadrant(demo.drivers().iloc[:0]),
        lambda: charts.against(demo.PROMISED.iloc[:0], "said", "was"),
        lambda: charts.density(demo.HILLS.iloc[:0], "effect"),
        lambda: charts.fan(demo.trend("nps", 1, 1, 1, 1).iloc[:0], pd.DataFrame(), "nps"),
        lambda: charts.small_multiples(demo.many().iloc[:0], "csat"),
    ],
)
def test_an_empty_answer_is_a_sentence(draw, locale):
    bundle = draw()._repr_mimebundle_()
    assert PLOTLY not in bundle
    assert {"fa": "داده‌ای", "en": "no data"}[locale] in bundle[BLOCK]["sentences"][0]


def test_where_every_group_is_small_the_page_says_so(locale):
    sentence = charts.ranges(demo.CHANNELS.iloc[-1:], "nps").payload["sentences"][0]
    small = {"fa": "هیچ گروهی به ۳۰ پاسخ نمی‌رسد", "en": "No group reaches 30 answers"}
    assert small[locale] in bare(sentence).replace("\u00a0", " ")


def test_a_line_opens_into_what_may_be(locale):
    values = {"nps": [30.0, 31.0, 29.0, 32.0, 34.0, 33.0], "n": 40, "trend": 31.0}
    seen = pd.DataFrame(values, index=demo.PERIOD.back(6))
    months = list(seen.index)
    coming = pd.DataFrame(
        {
            "nps": [35.0, 36.0],
            "low_80": [31.0, 30.0],
            "high_80": [39.0, 42.0],
            "low": [28.0, 26.0],
            "high": [42.0, 46.0],
        },
        index=[months[-1].shift(1), months[-1].shift(2)],
    )
    events = [(months[2], {"fa": "سطح دیگر", "en": "another level"}, months[1], months[4]), (months[0].shift(-9), "x")]
    drawn = figure(charts.fan(seen, coming, "nps", trend="trend", events=events, goal=40))
    wide, narrow = drawn["data"][:2]
    assert wide["x"] == narrow["x"] == [5, 6, 7, 7, 6, 5], "from where the line ends, out and back"
    assert wide["y"] == [33, 42, 46, 26, 28, 33]
    assert narrow["y"] == [33, 39, 42, 30, 31, 33]
    assert drawn["data"][-1]["y"] == [35, 36]
    band = [shape for shape in drawn["layout"]["shapes"] if shape["type"] == "rect"]
    assert [(shape["x0"], shape["x1"]) for shape in band] == [(1, 4)], "an event outside the picture is not drawn"
    alone = figure(charts.fan(seen, coming.iloc[:0], "nps"))
    assert len(alone["data"]) == 1


def test_a_hill_is_red_where_it_is_on_the_wrong_side_of_nothing(locale):
    for good, wrong in (("up", lambda x: x <= 0), ("down", lambda x: x >= 0)):
        drawn = figure(charts.density(demo.HILLS, "effect", good=good))
        sides = [drawn["data"][i : i + 2] for i in range(0, len(drawn["data"]), 2)]
        assert len(sides) == 2, "a group each"
        for right, left in sides:
            assert all(wrong(x) for x in left["x"][1:-1])
            assert not any(wrong(x) for x in right["x"][1:-1] if abs(x) > 0.1)
    assert drawn["layout"]["xaxis"]["range"][0] <= 0 <= drawn["layout"]["xaxis"]["range"][1]


def test_values_run_from_the_names_on_and_time_from_left_to_right(locale):
    """Persian reads ranges, bars and the quadrant from the right; time runs left to right in both languages."""
    for made in (charts.ranges(demo.CHANNELS, "nps"), charts.quadrant(demo.drivers())):
        start, end = figure(made)["layout"]["xaxis"]["range"]
        assert (start > end) == (locale == "fa")
    for made in (charts.lines(demo.by_channel()), charts.heat(demo.triangle(), "retention_1")):
        assert "range" not in (axis := figure(made)["layout"]["xaxis"]) or axis["range"][0] < axis["range"][1]


def test_one_number_is_drawn_against_the_other_with_its_interval(locale):
    drawn = figure(charts.against(demo.PROMISED, "said", "was", diagonal=True))
    equal, app, web = drawn["data"]
    assert equal["x"] == equal["y"] == [0.1, 0.8]
    assert (app["x"], app["y"]) == ([0.1, 0.8], [0.15, 0.7])
    assert app["error_y"]["array"] == pytest.approx([0.14, 0.1])
    assert app["error_y"]["arrayminus"] == pytest.approx([0.08, 0.13])
    assert (web["x"], web["y"]) == ([0.5], [0.52])
    for side in ("xaxis", "yaxis"):
        low, high = drawn["layout"][side]["range"]
        assert low < high  # left to right, and upwards, in both languages
    assert drawn["layout"]["yaxis"]["range"][1] > 0.8  # the whole interval is on the picture
    alone = charts.against(demo.PROMISED.loc["app"], "said", "was", diagonal=False)
    assert len(figure(alone)["data"]) == 1


def test_a_picture_is_named_by_what_it_splits(locale):
    titles = [charts.ranges(demo.CHANNELS, "nps").payload["title"], charts.lines(demo.by_channel()).payload["title"]]
    split = {"fa": "به تفکیک کانال", "en": "by channel"}[locale]
    assert all(split in title for title in titles)
    assert titles[0] != titles[1]


def test_red_is_explained_where_there_is_red(locale):
    red = {"fa": "قرمز", "en": "Red"}[locale]
    assert red in charts.ranges(demo.CHANNELS, "nps", goal=99).payload["caption"]
    assert red not in charts.ranges(demo.CHANNELS, "nps", goal=-99).payload["caption"]


def test_every_axis_has_three_ticks_or_more_on_a_phone():
    axis = figure(charts.ranges(demo.CHANNELS, "nps"))["layout"]["meta"]["narrow"]["layout"]["xaxis"]
    assert len(axis["tickvals"]) >= 3


def test_a_path_is_read_in_the_readers_direction(locale):
    wording.use(labels={"ad": {"fa": "تبلیغ", "en": "advertisement"}})
    paths = pd.DataFrame({"path": ["ad → store"], "n": [9], "median_s": [149.0]}, index=pd.Index([1], name="rank"))
    cells = blocks.table(paths, formats={"median_s": "duration"}).payload["rows"][0]["cells"]
    expected = {"fa": ["تبلیغ ← فروشگاه", "۹", "۲٫۵ دقیقه"], "en": ["advertisement → store", "9", "2.5 minutes"]}[
        locale
    ]
    assert [bare(cell["text"]).replace("\u00a0", " ") for cell in cells] == expected


def test_low_and_high_of_a_plain_number_are_plain_numbers():
    cells = blocks.table(pd.DataFrame({"coef": [0.5], "low": [-0.1], "high": [1.0]})).payload["rows"][0]["cells"]
    assert not any("%" in cell["text"] for cell in cells)


def test_columns_of_money_and_shares_are_set_as_such(locale):
    frame = pd.DataFrame({"money": [21e9], "cumulative": [0.351]})
    cells = [bare(cell["text"]) for cell in blocks.table(frame).payload["rows"][0]["cells"]]
    assert cells == {"fa": ["۲٫۱ میلیارد تومان", "۳۵٫۱٪"], "en": ["2.1 billion toman", "35.1%"]}[locale]


def test_what_n_counts_stands_over_its_column(locale):
    columns = charts.bars(demo.answer("response_rate", {"app": (90, 0.4, 0.3, 0.5), "web": (80, 0.5, 0.4, 0.6)}))
    assert columns.payload["table"]["columns"][0]["title"] == {"fa": "دعوت‌ها", "en": "invitations"}[locale]
    visits = pd.DataFrame({"n": [9], "failure": [0.1], "sentiment": [0.2]})
    title = blocks.table(visits).payload["columns"][0]["title"]
    assert title == wording.label("n", locale) != setting.COUNT_TITLES["comments"][locale]


def test_a_column_that_is_not_there_is_named():
    with pytest.raises(ValueError, match="no column 'ces' to draw; the answer has n, nps, low, high"):
        charts.ranges(demo.CHANNELS, "ces")


def test_a_picture_can_be_read_without_seeing_it(locale):
    for chart in all_charts():
        assert chart.payload["alt"], chart
        assert chart.payload["table"]["rows"], chart


def test_names_find_places_that_do_not_overlap():
    names = ["کیفیت کالا", "قیمت", "سرعت نخستین پاسخ", "بسته‌بندی", "تنوع کالا", "بازگشت وجه", "تحویل", "پرداخت"]
    xs, ys = [0.81, 0.62, 0.48, 0.84, 0.77, 0.55, 0.52, 0.80], [0.24, 0.08, 0.17, 0.03, 0.06, 0.11, 0.21, 0.235]
    ranges_ = (0.4, 0.9), (0.0, 0.27)
    sides = place_labels(xs, ys, [[name] for name in names], *ranges_)
    boxes = []
    for x, y, name, side in zip(xs, ys, names, sides, strict=True):
        spot = (900 * (x - 0.4) / 0.5, 380 * (1 - y / 0.27))
        boxes.append(_box(spot, side, [name]))
    for i, a in enumerate(boxes):
        for b in boxes[i + 1 :]:
            assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1], (a, b)


def test_small_multiples_are_one_picture_a_group_and_the_same_bytes_each_time():
    first, again = (charts.small_multiples(demo.many()).payload["images"] for _ in range(2))
    assert len(first) == 6
    assert first == again
    assert all(image["src"].startswith("data:image/svg+xml;base64,") for image in first)


def test_explore_calls_the_measure_with_what_is_chosen(monkeypatch):
    import ibis
    from IPython.display import display  # noqa: F401

    seen = []

    def measure(table, by, smallest: int = 1):
        seen.append((by, smallest, int(table.count().execute())))
        return pd.DataFrame({"n": [3, 4]})

    table = ibis.memtable(
        pd.DataFrame({"channel": ["app", "app", "web"], "province": ["یزد", "قم", "قم"], "score": [1, 2, 3]})
    )
    box = charts.explore(
        measure, table, by=["channel", "province"], segment="channel", thresholds={"smallest": (0, 50, 1)}
    )
    by, segment, smallest = box.children[0].children
    by.value = "province"
    segment.value = ("channel", "app")
    smallest.value = 30
    segment.value = ""
    assert seen == [("channel", 1, 3), ("province", 1, 3), ("province", 1, 2), ("province", 30, 2), ("province", 30, 3)]
    assert segment.index == 0, "everybody again, and the dropdown says so"
    with pytest.raises(ValueError, match="measure has no parameter 'least'; it has table, by, smallest"):
        charts.explore(measure, table, thresholds={"least": (0, 1, 1)})
    with pytest.raises(ValueError, match="no column 'city'; it has channel, province, score"):
        charts.explore(measure, table, by=["city"])


def test_explore_starts_where_the_report_stands():
    import ibis

    def measure(table, band: float = 0.2):
        return pd.DataFrame({"n": [3]})

    table = ibis.memtable(pd.DataFrame({"written_at": pd.to_datetime(["2025-08-01"], utc=True)}))
    quarter = Period.parse("1404-Q2")
    wording.use(locale="fa", period=quarter)
    box = charts.explore(measure, table, periods=quarter.back(3), thresholds={"band": (0.0, 0.9, 0.05)}, band=0.35)
    period, band = box.children[0].children
    assert period.value == quarter, "no month of the three, but what the report is about"
    assert [label for label, _ in period.options[:3]] == ["همهٔ دوره‌ها", "تابستان ۱۴۰۴", "شهریور ۱۴۰۴"]
    assert band.value == 0.35
    assert (band.options[0][0], len(band.options)) == ("\u2066۰٫۰۰\u2069", 19)


@pytest.mark.parametrize(("rows", "kind"), [(2, "chart"), (1, "chart"), (0, "note")])
def test_explore_draws_one_group_and_says_so_where_there_is_none(rows, kind):
    groups = pd.Index(["app", "web"][:rows], name="channel")
    answer = pd.DataFrame({"n": 40, "nps": 5.0, "low": 1.0, "high": 9.0}, index=groups)
    assert picture(answer).payload["kind"] == kind
    plain = answer[["n"]]
    assert picture(plain).payload["kind"] == ("table" if rows else "note")


# -- what pages share --------------------------------------------------------------------------------------------------


def test_shared_files_are_small_licensed_and_complete(tmp_path):
    files = page.write_assets(tmp_path / "assets")
    assert sum(file.stat().st_size for file in files) <= 2.2e6
    names = {file.name for file in files}
    assert names == {
        "plotly.min.js",
        "page.js",
        "Vazirmatn.woff2",
        "Vazirmatn-OFL.txt",
        "plotly-LICENSE.txt",
    }
    assert "SIL Open Font License" in (tmp_path / "assets/Vazirmatn-OFL.txt").read_text("utf-8").replace(
        "SIL OPEN FONT LICENSE", "SIL Open Font License"
    )


def test_a_page_sent_alone_keeps_its_looks():
    made = page.index([], locale="fa")
    style = made.partition("<style>")[2].partition("</style>")[0]
    assert "--accent:#56c2cb" in style, "dark colours are there"
    assert 'url("assets/Vazirmatn.woff2")' in style
    assert len(style) < 40_000
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in made.replace("&#39;", "'"), "the policy lets the page's own style in"
    assert 'rel="stylesheet"' not in made


def test_the_bundle_is_the_plotly_js_that_plotly_py_writes_for():
    import plotly.offline

    ours = json.loads((theme.ASSETS / "traces.json").read_text("utf-8"))["plotly.js"]
    assert plotly.offline.get_plotlyjs_version() == ours
    assert f"plotly.js {ours} " in (theme.ASSETS / "plotly.min.js").read_text("utf-8")[:200]


def test_every_metric_and_severity_can_be_shown(locale):
    for name, of in records.METRICS.items():
        assert blocks.kpi(name, demo.one(name, 50, 0.5, 0.4, 0.6)).payload["cards"][0]["title"] == of.title[locale]
    for severity in records.SEVERITIES:
        one = Finding("segment", {}, "nps", 1.0, say(fa="الف", en="a"), severity=severity)
        assert blocks.findings([one]).payload["items"][0]["label"]


def test_a_latin_name_keeps_its_direction_on_a_persian_axis():
    assert setting.isolate("../../up", "fa") == "../../up"
    assert setting.isolate("وب", "fa") == "\u2067وب\u2069"
    assert setting.isolate("app وب", "fa") == "\u2067app وب\u2069"
    assert setting.isolate("<b>", "en") == "&lt;b&gt;"


def test_marks_that_cover_each_other_have_their_names_at_one_of_them():
    xs, ys = [0.900, 0.905, 0.50, 0.910], [0.01, 0.01, 0.2, 0.01]  # in 900 pixels for 0..1: 4.5 from one to the next
    assert together(xs, ys, list("abcd"), (0, 1), (0, 1)) == [["a", "b", "d"], [], ["c"], []]


def test_a_p_value_below_the_last_digit_is_said_in_words_in_persian():
    assert p_text(0.0001, "fa") == "کمتر از \u2066۰٫۰۰۱\u2069"
    assert p_text(0.0001, "en") == "< 0.001"
    assert (p_said(0.0001, "en"), p_said(0.012, "en")) == ("\u2066p < 0.001\u2069", "\u2066p = 0.012\u2069")


def test_a_share_has_the_same_digits_in_a_picture_as_in_a_table():
    assert amount(0.0752, metric("stage_share", "share"), "en") == "7.5%"


def test_a_long_time_is_said_in_years():
    of = metric("data_age")
    assert [amount(x, of, "en") for x in (12.0, 729.0, 1461.0)] == [
        "12.0\u00a0days",
        "729.0\u00a0days",
        "4.0\u00a0years",
    ]
    assert interval(365.0, 1461.0, of, "en") == "365.0\u00a0days to 4.0\u00a0years"
    ends = 9_867_450.0, 11_300_000.0  # rials: beside 1.1 million toman its upper end would read 1.1 million, too
    assert interval(*ends, metric("spent_each"), "en", value=10_700_000.0).endswith("to 1.13\u00a0million toman")
    assert interval(*ends, metric("spent_each"), "en").endswith("to 1.1\u00a0million toman")


def test_a_card_says_of_whom_its_share_is():
    one = pd.DataFrame({"n": [5549], "quiet": [0.72], "low": [0.71], "high": [0.74]}, index=["all"])
    card = blocks.kpi("quiet", one, base={"fa": "خریدار", "en": "buyers"}, period=demo.PERIOD).payload["cards"][0]
    assert card["base"] in ("from 5,549\u00a0buyers", "از \u2066۵٬۵۴۹\u2069\u00a0خریدار")


def test_a_group_may_be_called_all_or_by_four_digits():
    branches = demo.answer("nps", {"1404": (90, 10, 1, 19), "all": (80, 20, 11, 29)}, "branch")
    assert [row["dimensions"] for row in blocks.metrics("nps", branches).metrics] == [
        {"branch": "1404"}, {"branch": "all"},
    ]  # fmt: skip
    assert setting.group("1404", "en") == "1404"
    assert setting.group("1404-06", "en") == Period.parse("1404-06").label("en")
    unsplit = demo.one("nps", 90, 10, 1, 19)
    assert [row["dimensions"] for row in blocks.metrics("nps", unsplit).metrics] == [{}]
    assert [row["dimensions"] for row in blocks.metrics("nps", unsplit.rename_axis(None)).metrics] == [{}]


def test_a_difference_of_shares_is_drawn_in_points_of_a_hundred():
    of = metric("change", "points_of_share", 0)
    assert amount(0.174, of, "en") == "17\u00a0points"
    assert amount(0.174, of, "fa").endswith("\u00a0واحد درصد")
    assert interval(0.02, 0.26, of, "en").endswith("26\u00a0points")
    axis = setting.value_axis(0, 0.3, of, "en")
    assert axis["ticktext"][-1] == wording.number(30, "en"), "ticks bear the number alone"
    found = pd.DataFrame({"n": [80], "change": [0.174], "low": [0.09], "high": [0.26]}, index=["late"])
    picture = charts.ranges(found, "change", unit="points_of_share", digits=0)
    assert amount(0.174, of, wording.current().locale) in picture.payload["alt"]


def test_ticks_bear_the_digits_that_they_need():
    axis = setting.value_axis(-0.5, 0.25, metric("sentiment"), "en", count=3)
    assert [text.strip("\u2066\u2069") for text in axis["ticktext"]] == ["−0.50", "−0.25", "0.00", "0.25"]


def test_a_word_a_letter_too_long_is_not_broken():
    assert setting.wrap("responsiveness", "en", 13).count("<br>") == 0
    assert setting.wrap("responsiveness of all", "en", 13).count("<br>") == 1
    assert setting.wrap("antidisestablishment", "en", 13).count("<br>") == 1
