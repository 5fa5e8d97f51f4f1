"""Pages: what they refuse, what they escape, how they stand in a real browser (Chromium, from disk and over http)."""

import http.server
import re
import threading
from pathlib import Path

import demo
import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from reading import CLIPPED, DRAWN, WIDTH, Visit, armed, watch

from cx_helpers import causes, records, wording
from cx_helpers.records import Finding
from cx_helpers.report import blocks, charts, page, safe, setting
from cx_helpers.report.drawable import PageError, refuse_undrawable
from cx_helpers.report.index import Report
from cx_helpers.report.rendering import PLOTLY, script_json
from cx_helpers.wording import say

COMPANY = {"fa": "فروشگاه نمونه", "en": "Sample shop"}


def executed(*outputs, source: str = "1", tags=()) -> object:
    return new_notebook(cells=[new_code_cell(source, outputs=list(outputs), metadata={"tags": list(tags)})])


def html_output(text: str):
    return new_output("display_data", data={"text/html": text, "text/plain": ""})


def build(notebook, locale: str = "en", **more) -> str:
    return page.build(notebook, locale=locale, **{"title": "t", "company": COMPANY, "period_label": "p", **more})


def in_english():
    wording.use(
        locale="en", calendar="jalali", currency="IRR", period=demo.PERIOD, labels=demo.NAMES, smallest_group=10
    )


# -- what a page takes from a notebook ---------------------------------------------------------------------------------


def test_a_page_keeps_one_language_and_no_exploration():
    cells = [
        new_markdown_cell("# عنوان\n\nپیش‌درآمد", metadata={"tags": ["fa"]}),
        new_markdown_cell("# Title\n\nAn introduction", metadata={"tags": ["en"]}),
        new_markdown_cell("neither"),
        new_code_cell("explore_me()", metadata={"tags": ["explore"]}, outputs=[html_output("widget")]),
        new_code_cell("x = 1"),
    ]
    made = page.build(new_notebook(cells=cells), locale="en", company=COMPANY)
    assert "<h1>Title</h1>" in made
    assert "An introduction" in made
    assert "neither" in made
    assert "x = 1" in made, "code is there, folded"
    for gone in ("عنوان", "explore_me", "widget"):
        assert gone not in made
    assert '<html lang="en" dir="ltr">' in made
    assert '<html lang="fa" dir="rtl">' in page.build(new_notebook(cells=cells), locale="fa")


def test_a_heading_under_which_nothing_stands_is_left_out():
    shown = new_output("display_data", {"text/plain": "42"})
    cells = [
        new_markdown_cell("# Title"),
        new_markdown_cell("## Contracts\n\nHow long do they last?"),
        new_code_cell("None"),
        new_markdown_cell("## Orders"),
        new_code_cell("42", outputs=[shown]),
        new_markdown_cell("## A word by itself"),
        new_markdown_cell("## The end"),
        new_code_cell("None"),
    ]
    made = page.build(new_notebook(cells=cells), locale="en", company=COMPANY)
    body = made[made.index("<h1") : made.index("<details") if "<details" in made[made.index("<h1") :] else None]
    assert "Contracts" not in body
    assert "The end" not in body
    assert "Orders" in body
    assert "42" in body
    assert "A word by itself" in body


def test_parameters_stand_at_the_end_and_a_data_card_before_them():
    in_english()
    card = demo.shown(blocks.data_card({"responses": {"n": 12}}))
    made = build(executed(card, html_output("<p>body</p>")), parameters={"period": "1404-06", "segment": ""})
    body, data, named = made.index("<p>body</p>"), made.index('class="data-card"'), made.index("<dt>period</dt>")
    assert body < data < named


def test_an_error_in_the_notebook_refuses_the_page():
    with pytest.raises(PageError, match="cell 1 ended in ValueError: no such column"):
        build(executed(new_output("error", ename="ValueError", evalue="no such column", traceback=[])))


def test_a_kind_that_no_page_can_show_is_refused():
    vega = new_output("display_data", data={"application/vnd.vega.v5+json": {}, "text/plain": ""})
    with pytest.raises(PageError, match="cell 1: an output of kind application/vnd.vega.v5"):
        build(executed(vega))


def test_a_chart_that_lost_its_figure_is_refused():
    in_english()
    bundle = charts.ranges(demo.CHANNELS)._repr_mimebundle_()
    del bundle[PLOTLY]
    with pytest.raises(PageError, match="without its figure"):
        build(executed(new_output("display_data", data=bundle)))


@pytest.mark.parametrize(
    ("figure", "says"),
    [
        ({"data": [{"type": "scattergeo", "lon": [1], "lat": [1]}]}, "no 'scattergeo' traces; use one of bar, box"),
        ({"data": []}, "no point to draw"),
        ({"data": [{"type": "scatter", "x": [1, 2], "y": [None, None]}]}, "no point to draw"),
        ({"data": [{"type": "bar", "x": [], "y": []}]}, "no point to draw"),
        ({"data": [{"type": "heatmap", "z": [[None, None]]}]}, "no point to draw"),
        ({"data": [{"type": "sankey", "link": {"value": []}}]}, "no point to draw"),
        ({"data": [{"type": "scatter", "y": {"dtype": "f8", "bdata": "AAAAAAAA+H8="}}]}, "no point to draw"),  # a NaN
    ],
)
def test_a_figure_that_would_not_draw_is_refused(figure, says):
    with pytest.raises(PageError, match=says):
        refuse_undrawable(figure, "cell 3")


def test_a_figure_with_one_point_passes():
    refuse_undrawable({"data": [{"x": [1], "y": [None]}, {"x": [1], "y": [0]}]}, "cell 3")
    refuse_undrawable({"data": [{"y": {"dtype": "f8", "bdata": "AAAAAAAA8D8="}}]}, "cell 3")


def test_a_plotly_figure_of_the_notebooks_own_gets_our_page():
    data = {
        PLOTLY: {
            "data": [{"type": "pie", "values": [1, 2], "labels": ["a", "b"]}],
            "layout": {"title": {"text": "Mine"}},
        }
    }
    made = build(executed(new_output("display_data", data=data)))
    assert "<h3>Mine</h3>" in made
    assert 'data-figure="figure-1"' in made


def test_pictures_stay_inside_and_streams_of_errors_stay_out():
    png = new_output("display_data", data={"image/png": "iVBORw0KGgo=\n", "text/plain": "<Figure>"})
    out, err = (new_output("stream", name=n, text=f"said on {n}") for n in ("stdout", "stderr"))
    made = build(executed(png, out, err))
    assert 'src="data:image/png;base64,iVBORw0KGgo="' in made
    assert "said on stdout" in made
    assert "said on stderr" not in made


def test_pages_are_small():
    for locale in ("fa", "en"):
        assert len(build(demo.notebook(locale), locale).encode()) <= 400_000


# -- escaping ----------------------------------------------------------------------------------------------------------


def test_json_cannot_leave_its_script():
    made = script_json({"text": "</script><!--<script>&\u2028"})
    assert not set("<>&\u2028") & set(made)
    with pytest.raises(ValueError, match="not JSON compliant"):
        script_json({"x": float("nan")})


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("<table><tr><td colspan=2 onclick=hit()>a</td></tr></table>", '<td colspan="2">a</td>'),
        ("<style>td{}</style><p>words</p>", "<p>words</p>"),
        ('<a href="javascript:hit()">x</a>', "<a>x</a>"),
        ('<a href="https://example.org">x</a>', '<a href="https://example.org">x</a>'),
        ('<img src="https://example.org/x.png">seen', "seen"),
        ("<iframe srcdoc='x'></iframe>after", "after"),
        ("<b>fine</b> <unknown>text</unknown>", "<b>fine</b> text"),
    ],
)
def test_html_from_elsewhere_keeps_structure_and_words(given, kept):
    made = safe.clean_html(given)
    assert kept in made
    assert not re.search(r"on\w+=|javascript:|<(img|iframe|style|script)", made)


@pytest.mark.parametrize(
    ("given", "made"),
    [
        ("**bold** <b>raw</b>", "<strong>bold</strong> &lt;b&gt;raw&lt;/b&gt;"),
        ("[x](javascript:hit())", "x"),
        ("[x](data:text/html,hit)", "x"),
        ("[x](//example.org)", "x"),
        ("[x](cohort.html)", '<a href="cohort.html">x</a>'),
        ("![picture](https://example.org/x.png)", "picture"),
    ],
)
def test_markdown_is_words_and_safe_links(given, made):
    assert safe.markdown(given).strip() == f"<p>{made}</p>"


def test_the_policy_names_the_one_script_by_its_hash():
    made = build(demo.notebook("en"))
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', made)[1].replace("&#39;", "'")
    inline = re.findall(r"<script>(.*?)</script>", made, re.S)
    assert len(inline) == 1
    assert f"'{safe._hash(inline[0])}'" in policy
    assert policy.startswith("default-src 'none'; script-src 'strict-dynamic' 'sha256-")
    assert "unsafe" not in policy
    assert made.index("Content-Security-Policy") < made.index("<link"), "the policy stands before what it rules"
    assert not re.search(r"\sstyle=|\son\w+=", re.sub(r"<script.*?</script>", "", made, flags=re.S))


def test_nothing_on_a_page_points_to_another_place():
    made = build(demo.notebook("fa"), "fa")
    assert not re.findall(r'(?:src|href|action)="(?!assets/|#|data:|index\.html|[\w-]+\.html)[^"]*"', made)


# -- the first page and the page of a failure --------------------------------------------------------------------------


def reports(locale: str) -> list[Report]:
    lost = {"fa": "جدول سفارش‌ها نیست.", "en": "There is no table of orders."}
    return [
        Report("journey", notebook=demo.notebook(locale), href="journey.html"),
        Report("cohort", "skipped", title=say(fa="ماندگاری", en="Retention"), reason=lost),
        Report(
            "drivers", "failed", href="drivers.html", title=say(fa="محرک‌ها", en="Drivers"), reason="no column <score>"
        ),
    ]


@pytest.mark.parametrize("locale", ["fa", "en"])
def test_the_first_page_gathers_numbers_findings_and_outcomes(locale):
    made = page.index(reports(locale), locale=locale, company=COMPANY, period_label=demo.PERIOD.label(locale))
    assert made.count('class="kpi"') == 4  # one of five has no number
    assert made.count('class="finding ') + made.count('class="deed ') + made.count("<li>") == 5
    for kind in ("deed", "finding"):
        order = re.findall(rf'class="{kind} (?:bad|good|neutral) (\w+)"', made)
        assert order == sorted(order, key=["high", "medium", "low"].index)
    assert set(re.findall(r'class="(?:deed|finding) \w+ (\w+)"', made)) == {"high", "medium", "low"}
    assert 'href="journey.html#finding-1"' in made, "the first finding of the first page stands first in its report too"
    assert {"fa": "جدول سفارش‌ها نیست.", "en": "There is no table of orders."}[locale] in made
    assert "No column &lt;score&gt;" in made
    assert {"fa": "یافتهٔ مهم", "en": "of high importance"}[locale] in made
    assert {"fa": "یک گزارش ساخته نشد", "en": "One report could not be made"}[locale] in made


@pytest.mark.parametrize("locale", ["fa", "en"])
def test_a_segment_is_part_of_every_heading(locale):
    scope = {"fa": "استان: ایلام", "en": "province: ایلام"}[locale]
    report = page.build(demo.notebook(locale), locale=locale, company=COMPANY, parameters={"segment": "province=ایلام"})
    part = {"notebook": demo.notebook(locale), "segment": "province=ایلام"}
    first = page.index([Report("a", **part), Report("b", **part)], locale=locale, company=COMPANY)
    for made in (report, first):
        assert scope in re.search("<title>(.*?)</title>", made)[1]
        assert re.search(f'<p class="eyebrow">.*<span class="scope">{scope}</span>', made)
    assert first.count(scope) == 2, "said once for all, not on every card"
    mixed = page.index([Report("a", **part), Report("b", notebook=part["notebook"])], locale=locale, company=COMPANY)
    assert mixed.count(scope) == 1
    assert scope not in re.search("<title>(.*?)</title>", mixed)[1]


def test_the_first_page_has_the_order_of_findings_json():
    texts = {"fa": "ادعا", "en": "claim"}
    sizes = {"a": [3, None, 40], "b": [20, 7]}
    books, every = [], []
    for name, impacts in sizes.items():
        found = [
            Finding("friction", {"touchpoint": f"{name}{size}"}, "nps", 1.0, texts | {"en": f"claim {name} {size}"},
                    impact=size and {"value": size, "unit": "customers"}, severity="high" if size != 7 else "medium")
            for size in impacts
        ]  # fmt: skip
        wording.use(locale="en")
        shown = blocks.findings(found)._repr_mimebundle_()
        cell = new_code_cell("", outputs=[new_output("display_data", data=shown)])
        books.append(Report(name, notebook=new_notebook(cells=[cell]), href=f"{name}.html"))
        every += [{"report": name} | one.record() for one in found]
    made = page.index(books, locale="en", company=COMPANY)
    wanted = [one["text"]["en"] for one in causes.rank(every)]
    assert re.findall(r"<(?:p|h3)>(claim .*?)</(?:p|h3)>", made) == wanted
    assert wanted == ["claim a 40", "claim b 20", "claim a 3", "claim a None", "claim b 7"]


def test_every_finding_links_to_an_anchor_that_is_there():
    notebook = demo.notebook("en")
    first = page.index([Report("journey", notebook=notebook, href="journey.html")], locale="en", company=COMPANY)
    report = build(notebook)
    wanted = re.findall(r'href="journey\.html#([\w-]+)"', first)
    assert len(wanted) == 5
    for anchor in wanted:
        claim = re.search(rf'href="journey\.html#{anchor}"', first).start()
        title = re.findall(r"<(?:h3|p|li)>([^<]+?) ?(?:</h3>|</p>|$)", first[:claim].removesuffix("<a "))[-1]
        assert re.search(rf'id="{anchor}">\s*<p class="tag"[^>]*>[^<]*</p>\s*<h3>{re.escape(title)}</h3>', report)


def test_one_number_of_two_reports_stands_once_on_the_first_page():
    twice = [Report(name, notebook=demo.notebook("en"), href=f"{name}.html") for name in ("a", "b")]
    assert page.index(twice, locale="en", company=COMPANY).count('class="kpi"') == 4


def test_many_numbers_stand_behind_a_fold_those_with_a_goal_first():
    in_english()
    names = [f"number_{k:02d}" for k in range(14)]
    row = pd.DataFrame({"n": [99], **dict.fromkeys(names, 5.0), "low": [4.0], "high": [6.0]})
    goals = {"number_13": {"target": 4, "direction": "up"}}
    cards = [blocks.kpi(name, row, goal=goals.get(name)) for name in names]
    one = blocks.kpi("number_00", row, dimensions={"variant": "B"}, title={"fa": "ب", "en": "of B"})
    made = page.index(
        [Report("a", notebook=executed(demo.shown(blocks.kpis(one, *cards))), href="a.html")], locale="en"
    )
    shown, rest = made.split("3 more numbers")
    assert [text.count('class="kpi"') for text in (shown, rest)] == [12, 3]
    assert shown.index("number_13") < shown.index("number_00")
    assert rest.index("number_12") < rest.index("of B")


def test_what_customers_say_stands_before_how_sound_the_data_is():
    in_english()
    row = pd.DataFrame({"n": [9], "data_age": [1.0], "nps": [5.0], "ces": [None], "low": [1.0], "high": [8.0]})
    cards = [demo.shown(blocks.kpis(blocks.kpi(name, row))) for name in ("data_age", "nps", "ces")]

    def first(severity: str) -> str:
        text = {"fa": "عیب", "en": "a fault"}
        fault = records.Finding("data_quality", {}, "rows", 1.0, text, severity=severity)
        books = [executed(cell) for cell in (*cards, demo.shown(blocks.findings([fault])))]
        reports = [Report(name, notebook=book, href=f"{name}.html") for name, book in zip("abcd", books, strict=True)]
        return page.index(reports, locale="en", company=COMPANY)

    for loud in ("high", "medium"):
        made = first(loud)
        assert made.index("Net Promoter Score") < made.index("Age of data")
        assert "Ease (CES)" not in made  # a card without a number says nothing here
    assert "Age of data" not in first("low")  # nor does one on the data's health where nothing is wrong with them


def test_a_quiet_run_says_so():
    in_english()
    quiet = executed(demo.shown(blocks.findings([], looked_at=12)))
    made = page.index([Report("a", notebook=quiet, href="a.html", title="A")], locale="en", company=COMPANY)
    assert "No difference or change was found that one could rely on." in made


@pytest.mark.parametrize(
    ("said", "set"),
    [
        ("no column x", "No column x."),
        ("did you mean 'x'?", "Did you mean 'x'?"),
        ("tables/x: no time.", "tables/x: no time."),
        ({"en": "attr_x", "fa": ""}, "attr_x."),
        (None, ""),
        ("put x into tables/", "Put x into tables/."),
        ("write \u20682025-09\u2069", "Write \u20682025-09\u2069."),
    ],
)
def test_a_reason_is_a_whole_sentence_on_a_page(said, set):
    assert setting.sentence(said, "en") == set


def test_a_failure_says_what_happened_and_escapes_it():
    made = page.failure(
        locale="en", title="Drivers", reason="no column <score>", details="Traceback <b>", company=COMPANY
    )
    assert "No column &lt;score&gt;" in made
    assert "Traceback &lt;b&gt;" in made
    assert "What to do" in made


# -- in a browser ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """A run's folder in both languages: first page, report, failure, shared files."""
    folder = tmp_path_factory.mktemp("site")
    for locale in ("fa", "en"):
        here = folder / locale
        page.write_assets(here / "assets")
        (here / "journey.html").write_text(build(demo.notebook(locale), locale), "utf-8")
        made = page.index(reports(locale), locale=locale, company=COMPANY, period_label=demo.PERIOD.label(locale))
        (here / "index.html").write_text(made, "utf-8")
        (here / "drivers.html").write_text(page.failure(locale=locale, title="t", reason="r", details="d"), "utf-8")
    return folder


@pytest.fixture(scope="module")
def server(site):
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, directory=str(site), **kwargs)

        def log_message(self, *_):
            pass

    running = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()
    running.server_close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("locale", ["fa", "en"])
def test_pages_stand_in_a_browser(browser, site, locale, width, scheme):
    for name in ("journey", "index", "drivers"):
        with Visit(browser, (site / locale / f"{name}.html").as_uri(), width, scheme) as visit:
            assert visit.errors == [], name
            assert all(url.startswith((site / locale).as_uri()) or url.startswith("data:") for url in visit.asked)
            content, window = visit.page.evaluate(WIDTH)
            assert content <= window, f"{name} scrolls sideways at {width}: {content} > {window}"
            family = visit.page.evaluate("[...document.fonts].filter(f => f.status === 'loaded').map(f => f.family)")
            assert family == ["Vazirmatn"]
            plots = visit.page.evaluate(DRAWN)
            assert len(plots) == (10 if name == "journey" else 0)
            for plot in plots:
                assert plot["marks"] > 0, plot
                assert plot["svg"] > 0, plot
                assert plot["width"] > 250, plot
                assert plot["height"] > 100, plot
            assert visit.page.evaluate(CLIPPED) == []


def test_the_same_pages_stand_over_http(browser, server):
    with Visit(browser, f"{server}/fa/journey.html") as visit:
        assert visit.errors == []
        assert all(url.startswith(server) or url.startswith("data:") for url in visit.asked)
        assert all(plot["marks"] for plot in visit.page.evaluate(DRAWN))


def test_charts_follow_the_readers_light_and_dark(browser, site):
    ink = "() => getComputedStyle(document.querySelector('.plot .ytick text')).fill"
    with Visit(browser, (site / "fa/journey.html").as_uri()) as visit:
        light = visit.page.evaluate(ink)
        visit.page.emulate_media(color_scheme="dark")
        for _ in range(50):  # redrawing takes a moment
            if (deep := visit.page.evaluate(ink)) != light:
                break
            visit.page.wait_for_timeout(100)
        assert (light, deep) == ("rgb(27, 36, 48)", "rgb(232, 237, 242)")


def test_paper_is_white_and_wide_enough(browser, site):
    with Visit(browser, (site / "fa/journey.html").as_uri(), 760, "dark") as visit:
        visit.page.emulate_media(media="print", color_scheme="dark")
        assert visit.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert visit.page.evaluate("getComputedStyle(document.querySelector('h1')).color") == "rgb(27, 36, 48)"
        assert not visit.page.locator(".numbers").first.is_visible()
        visit.page.set_viewport_size({"width": 688, "height": 900})  # A4 within its margins
        visit.page.evaluate("dispatchEvent(new Event('beforeprint'))")
        content, window = visit.page.evaluate(WIDTH)
        assert content <= window
        ink = visit.page.evaluate("getComputedStyle(document.querySelector('.plot .ytick text')).fill")
        assert ink == "rgb(27, 36, 48)", "drawn for white paper, though the reader's system is dark"
        assert visit.page.evaluate(CLIPPED) == []


def test_a_press_sorts_a_table_by_value_with_nothing_last(browser, site):
    with Visit(browser, (site / "fa/journey.html").as_uri()) as visit:
        table = visit.page.locator(".tabled table").first
        column = (
            "[...document.querySelector('.tabled table').tBodies[0].rows].map(r => r.cells[2].dataset.sort ?? null)"
        )
        table.locator("thead th").nth(2).locator("button").click()
        assert visit.page.evaluate(column) == ["45.1", "38.2", "12.4", "-8.3", None]
        assert table.locator("thead th").nth(2).get_attribute("aria-sort") == "descending"
        table.locator("thead th").nth(2).locator("button").click()
        assert visit.page.evaluate(column) == ["-8.3", "12.4", "38.2", "45.1", None]


def test_pages_can_be_read_without_scripts(browser, site):
    context = browser.new_context(java_script_enabled=False)
    shown = context.new_page()
    shown.goto((site / "fa/journey.html").as_uri())
    shown.locator(".numbers summary").first.click()
    assert shown.locator(".numbers table").first.is_visible(), "the numbers behind each picture are there"
    context.close()


# -- what a hostile customer may write ---------------------------------------------------------------------------------


def hostile(probe: str):
    """A notebook in which a customer's words have come everywhere that words can come."""
    in_english()
    answer = demo.answer("nps", {probe: (50, 1.0, 0.5, 1.5), "b" + probe: (60, 2.0, 1.5, 2.5)})
    both = {"fa": probe, "en": probe}
    one = Finding("friction", {"touchpoint": probe}, "nps", 1.0, both, severity="high", detail=both)
    shown = [
        blocks.bottom_line(both),
        blocks.kpi("nps", demo.one("nps", 9, 1, 0, 2), title=both),
        blocks.findings([one]),
        blocks.quotes([probe, {"text": probe, "source": both}]),
        blocks.table(answer, title=both, titles={"n": both}, note=both),
        blocks.note(both),
        blocks.data_card({probe: probe, "g": [both]}),
        charts.ranges(answer, title=both, caption=both),
        charts.bars(answer, ["nps", "low"], titles={"low": both}, stacked=True),
        charts.quadrant(answer, "nps", "low", corners={"mend": both}),
        charts.flow(demo.edges().assign(**{"from": probe})),
        charts.heat(answer[["nps"]].T),
    ]
    own = {"data": [{"y": [1], "text": [probe], "name": probe}], "layout": {"title": {"text": probe}}}
    cells = [
        new_markdown_cell(f"# {probe}"),
        new_markdown_cell(probe),
        new_code_cell(f"# {probe}"),
        *(new_code_cell("x", outputs=[demo.shown(thing)]) for thing in shown),
        new_code_cell("x", outputs=[html_output(f"<div>{probe}</div>"), new_output("stream", text=probe)]),
        new_code_cell("x", outputs=[new_output("display_data", data={"text/markdown": probe})]),
        new_code_cell("x", outputs=[new_output("display_data", data={PLOTLY: own})]),
    ]
    return new_notebook(cells=cells)


def published(probes: list[str]) -> dict[str, str]:
    """All three kinds of page with every probe in every place."""
    notebooks, together = [hostile(probe) for probe in probes], " ".join(probes)
    reports = [
        report
        for number, (probe, notebook) in enumerate(zip(probes, notebooks, strict=True))
        for report in (
            Report(f"x{number}", notebook=notebook, href="report.html", title=probe),
            Report(f"y{number}", "failed", title=probe, reason=probe),
        )
    ]
    whole = new_notebook(cells=[cell for notebook in notebooks for cell in notebook.cells])
    more = {"locale": "en", "company": together, "period_label": together}
    named = {probe: probe for probe in probes}
    return {
        "report": page.build(whole, title=together, parameters=named, manifest_info=named, **more),
        "index": page.index(reports, parameters=named, manifest_info=named, **more),
        "failure": page.failure(title=together, reason=together, remedy=together, details=together, **more),
    }


@pytest.mark.parametrize("guarded", [True, False], ids=["as published", "escaping alone"])
def test_no_probe_runs_wherever_a_customers_words_come(browser, tmp_path, elsewhere, guarded):
    page.write_assets(tmp_path / "assets")
    for name, text in published(armed(elsewhere)).items():
        if not guarded:
            text, count = re.subn(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text)
            assert count == 1
        (tmp_path / f"{name}.html").write_text(text, "utf-8")
        assert watch(browser, tmp_path / f"{name}.html") == [], name
        assert elsewhere.asked == [], name


def test_the_probes_do_run_where_nothing_guards(browser, tmp_path, elsewhere):
    page.write_assets(tmp_path / "assets")
    quiet = {6, 8}  # an attribute and Markdown: harmful only where one of these is made of them
    for number, probe in enumerate(armed(elsewhere)):
        elsewhere.asked.clear()
        (tmp_path / "raw.html").write_text(f"<!doctype html><body>{probe}", "utf-8")
        ran = watch(browser, tmp_path / "raw.html")
        assert ran or elsewhere.asked or number in quiet, f"{probe} never runs and proves nothing"


def test_the_policy_stops_what_would_slip_through(browser, tmp_path, elsewhere):
    """Raw probes written into a finished page: none runs, none calls out.  (A policy cannot forbid a meta refresh.)"""
    page.write_assets(tmp_path / "assets")
    finished = page.failure(locale="en", title="t", reason="r")
    for probe in armed(elsewhere):
        if "refresh" not in probe:
            (tmp_path / "x.html").write_text(finished.replace("</header>", f"</header>{probe}", 1), "utf-8")
            assert watch(browser, tmp_path / "x.html") == [], probe
            assert elsewhere.asked == [], probe


def test_pictures_without_data_are_named_together_and_their_empty_sections_left_out():
    """Seven times the same sentence tells a reader no more than once."""
    wording.use(locale="en")
    none = pd.DataFrame({"n": [], "nps": []}, dtype=float)
    some = pd.DataFrame({"n": [90], "nps": [12.0]}, index=pd.Index(["app"], name="channel"))

    def made(*shown) -> str:
        cells = [new_markdown_cell("# Report")]
        for heading, answer in shown:
            output = new_output("display_data", blocks.table(answer)._repr_mimebundle_())
            cells += [
                new_markdown_cell(f"## {heading}"),
                new_code_cell("1", outputs=[output]),
            ]
        return page.build(new_notebook(cells=cells), locale="en")

    lonely = made(("First", none), ("Second", some), ("Third", none))
    assert lonely.count("There is no data for this picture") == 2
    assert "<h2>First</h2>" in lonely
    many = made(("First", none), ("Second", some), ("Third", none), ("Fourth", none))
    assert "There is no data for this picture" not in many
    assert many.count("There is no data in this period and segment for: “First”, “Third”, “Fourth”.") == 1
    assert "Second</h2>" in many
    assert not any(f"{one}</h2>" in many for one in ("First", "Third", "Fourth"))
