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
