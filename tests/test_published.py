"""The sample's own pages, as `cx run` published them, in a reader's browser: fa and en, desk and telephone."""

import re

import pytest
from cells import NOTEBOOKS
from reading import CLIPPED, DRAWN, WIDTH, Visit

PAGES = ("index", *NOTEBOOKS)
KB, MB = 1000, 1_000_000


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("locale", ["fa", "en"])
def test_every_page_of_the_sample_stands(published, browser, locale, width):
    """0 console errors, nothing asked of anybody, every chart drawn, nothing wider than the window."""
    folder = published(locale=locale).place
    for name in PAGES:
        source = (folder / f"{name}.html").read_text("utf-8")
        with Visit(browser, (folder / f"{name}.html").as_uri(), width) as visit:
            assert visit.errors == [], name
            outside = [url for url in visit.asked if not url.startswith((folder.as_uri(), "data:"))]
            assert outside == [], name
            content, window = visit.page.evaluate(WIDTH)
            assert content <= window, f"{name} scrolls sideways at {width}: {content} > {window}"
            plots = visit.page.evaluate(DRAWN)
            assert len(plots) == len(re.findall(r'data-figure="', source)), name
            blank = [plot["figure"] for plot in plots if not plot["marks"] or not plot["svg"] or plot["height"] < 100]
            assert blank == [], f"{name}: not drawn"
            assert visit.page.evaluate(CLIPPED) == [], name


@pytest.mark.parametrize("locale", ["fa", "en"])
def test_the_summary_begins_with_all_of_it_on_one_screen_of_a_phone(published, browser, locale):
    """Goals, deeds, what came of the last ones and where data are weak: all above the fold of a phone of 844."""
    page = (published(locale=locale).place / "summary.html").as_uri()
    with Visit(browser, page, 390) as visit:
        box = visit.page.evaluate(
            """() => {
                const brief = document.querySelector('.brief'), around = brief.getBoundingClientRect()
                const all = (what) => [...brief.querySelectorAll(what)]
                const out = (one) => one.right > around.right || one.left < around.left
                return {
                    bottom: around.bottom,
                    counts: ['.aims li', '.todo li', 'p'].map((what) => all(what).length),
                    lost: all('.todo a').filter((a) => !document.querySelector(a.hash)).length,
                    outside: all('.step bdi').filter((s) => out(s.getBoundingClientRect())).length,
                }
            }"""
        )
    assert box.pop("bottom") <= 844
    assert box == {"counts": [6, 5, 2], "lost": 0, "outside": 0}


def test_each_report_has_pictures(published):
    for locale in ("fa", "en"):
        for name in NOTEBOOKS:
            page = (published(locale=locale).place / f"{name}.html").read_text("utf-8")
            assert len(re.findall(r'data-figure="', page)) >= 2, f"{name}: a report without pictures proves nothing"


def test_pages_and_what_they_share_are_small(published):
    for locale in ("fa", "en"):
        folder = published(locale=locale).place
        shared = sum(path.stat().st_size for path in (folder / "assets").rglob("*") if path.is_file())
        assert shared <= 2.2 * MB
        for name in PAGES:
            assert (folder / f"{name}.html").stat().st_size <= 400 * KB, name


def test_every_link_of_the_first_page_leads_somewhere(published):
    folder = published(locale="en").place
    for page, _, anchor in (
        link.partition("#") for link in re.findall(r'href="([\w-]+\.html[^"]*)"', (folder / "index.html").read_text())
    ):
        there = (folder / page).read_text("utf-8")
        assert not anchor or f'id="{anchor}"' in there, f"{page}#{anchor}"


KNOWN = (
    "NPS",
    "eNPS",
    "CVaR",
    "S",
    "VaR",
    "CSAT",
    "CES",
    "VIF",
    "KMO",
    "p",
    "BG",
    "MBG",
    "sBG",
    "NBD",
    "r",
    "a",
    "b",
    "s",
    "q",
    "v",
    "k",
    "A",
    "B",
)


SOURCES = ("shop", "crm", "helpdesk", "phone_log", "pos", "survey", "form")  # of the sample


def test_no_table_of_a_persian_page_has_an_english_head(published):
    folder = published(locale="fa").place
    for name in PAGES:
        page = (folder / f"{name}.html").read_text("utf-8")
        heads = [re.sub("<[^>]+>", "", head) for head in re.findall(r"<th\b[^>]*>(.*?)</th>", page, re.S)]
        own = [head for head in heads if head.rpartition(" · ")[2] in SOURCES]  # a source is named as the user named it
        named = [head.rpartition(" · ")[0] if head in own else head for head in heads]
        foreign = [head for head in named if set(re.findall("[A-Za-z]+", head)) - set(KNOWN)]
        assert foreign == [], name


@pytest.mark.parametrize("width", [1280, 390])
def test_a_table_wider_than_its_box_says_so_and_a_percent_sign_stands_at_the_left(published, browser, width):
    with Visit(browser, (published(locale="fa").place / "drivers.html").as_uri(), width) as visit:
        visit.page.wait_for_function("document.documentElement.dataset.ready")
        seen = visit.page.evaluate(
            "[...document.querySelectorAll('.tabled .scroll')].map(b => [b.scrollWidth > b.clientWidth + 1, "
            "b.classList.contains('wide')])"
        )
        assert seen
        assert all(wide == said for wide, said in seen)
        assert any(wide for wide, _ in seen) == (width == 390)
    with Visit(browser, (published(locale="fa").place / "index.html").as_uri(), width) as visit:
        turned = visit.page.evaluate(
            "[...document.querySelectorAll('.goal bdi')].map(b => getComputedStyle(b).direction)"
        )
        assert turned
        assert set(turned) == {"rtl"}
