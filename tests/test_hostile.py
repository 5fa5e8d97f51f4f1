"""Script in customers' words, through a whole run: read, counted, published, opened.  None runs, none calls out.

A small company in which every text that a customer or a clerk can write carries a probe: comments, answers, tickets,
names of touchpoints, channels, provinces and campaigns, the company's own name and its labels.  Parameter names that
would run and paths that would escape are in test_runner; broken rows in test_sources; single blocks in test_pages.
"""

import json
import re

import pytest
import yaml
from cells import NOTEBOOKS
from reading import PROBES, Visit, armed, watch

from cx_helpers import runner
from tools.sample import ALL
from tools.sample.__main__ import fill

COLUMNS = {  # table: what people write into it
    "customers": ["province", "city", "acquisition_channel", "segment"],
    "touchpoints": ["touchpoint", "channel", "stage", "campaign", "source"],
    "comments": ["text", "touchpoint", "channel", "origin"],
    "responses": ["comment", "touchpoint", "channel"],
    "orders": ["channel", "status"],
    "tickets": ["subject", "description", "topic", "channel"],
}
FREE = {"text", "comment", "subject", "description"}  # every value is another one; of the rest each value is renamed


def poison(folder, probes: list[str]) -> int:
    """Put the probes wherever a text stands; returns how many values carry one."""
    import pandas as pd

    count = 0
    for name, columns in COLUMNS.items():
        path = folder / "tables" / f"{name}.parquet"
        table = pd.read_parquet(path)
        for column in columns:
            there = table[column].notna()
            if column in FREE:
                new = [f"{text} {probes[i % len(probes)]}" for i, text in enumerate(table.loc[there, column])]
            else:
                # the same value is the same thing in all tables; what it was stays in front, so that it sorts as before
                names = {v: f"{v}{probes[len(v.encode()) % len(probes)]}" for v in table.loc[there, column].unique()}
                new = table.loc[there, column].map(names)
            table.loc[there, column] = new
            count += int(there.sum())
        table.to_parquet(path, index=False, coerce_timestamps="us")
    return count


def settle(folder, probes: list[str]) -> None:
    """The workspace's own words: its name, its stages and the labels of everything in it."""
    import pandas as pd

    together = " ".join(probes)
    steps = pd.read_parquet(folder / "tables" / "touchpoints.parquet", columns=["touchpoint"])["touchpoint"].unique()
    paying = [s for s in steps if s.startswith("payment")]
    settings = {"name": {"fa": together, "en": together}, "timezone": "Asia/Tehran"}
    settings["stages"] = {probes[0]: [s for s in steps if s not in paying], "purchase": paying}
    labels = {value: {"fa": f"ف{value}", "en": f"L{value}"} for value in steps}
    for name, content in (("workspace", settings), ("labels", labels)):
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    from reading import Elsewhere

    outside = Elsewhere()
    folder = tmp_path_factory.mktemp("hostile")
    fill(folder, 3, ALL, customers=700)
    probes = armed(outside)
    assert len(PROBES) >= 12
    assert poison(folder, probes) > 10_000
    settle(folder, probes)
    yield folder, outside, probes
    outside.server.shutdown()
    outside.server.server_close()


@pytest.fixture(scope="module")
def result(company, tmp_path_factory):
    asked = {"workspace": str(company[0]), "out": str(tmp_path_factory.mktemp("reports"))}
    return runner.run(runner.Request(**asked, locale="en", period="1404"))


def test_every_report_is_published(result):
    assert {e["report"]: e["outcome"] for e in result.entries} == dict.fromkeys(NOTEBOOKS, "published")


def test_the_probes_reached_the_pages(company, result):
    """Else the test proves nothing: quotes, groups, labels and the company's name carry them."""
    everything = "".join(p.read_text("utf-8") for p in result.place.glob("*.html"))
    shown = [n for n, probe in enumerate(PROBES) if re.search(rf"hit\({n}\)|{company[1].address}/{n}\b", everything)]
    assert len(shown) >= 12
    names = {str(v) for f in json.loads((result.place / "findings.json").read_text()) for v in f["subject"].values()}
    assert any("hit(" in name or "127.0.0.1" in name for name in names), "a finding's subject carries one"


@pytest.mark.parametrize("guarded", [True, False], ids=["as published", "escaping alone"])
def test_no_probe_runs_on_any_page_of_the_run(company, result, browser, guarded):
    _, outside, _ = company
    for path in sorted(result.place.glob("*.html")):
        opened = path
        if not guarded:
            text, count = re.subn(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", path.read_text("utf-8"))
            assert count == 1
            opened = path.with_name(f"unguarded-{path.stem}.htm")
            opened.write_text(text, "utf-8")
        assert watch(browser, opened) == [], path.stem
        assert outside.asked == [], path.stem


def test_nothing_is_complained_of_or_asked_for(company, result, browser):
    """A policy that had to block something would say so on the console: there is nothing to block."""
    for path in sorted(result.place.glob("*.html")):
        with Visit(browser, path.as_uri()) as visit:
            assert visit.errors == [], path.stem
            outside = [url for url in visit.asked if not url.startswith((result.place.as_uri(), "data:"))]
            assert outside == [], path.stem
