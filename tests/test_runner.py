"""A run: all of it or nothing, what failed says why, and whatever is killed leaves the published pages whole."""

import contextlib
import hashlib
import html
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
import shop

from cx_helpers import cli, kernels, runner
from cx_helpers.report.setting import sentence
from cx_helpers.run import jobs, keeping, manifest, publish, standing
from cx_helpers.run import plan as plans


@pytest.fixture(scope="module")
def environment():
    """One warm process for all runs of this module (each run of the command starts its own)."""
    with jobs.warmed([]) as environment:
        yield environment


@pytest.fixture
def here(tmp_path, monkeypatch, environment):
    """A folder with a company and notebooks, that the test stands in."""
    shop.make(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(runner, "warmed", lambda files: contextlib.nullcontext(environment))
    return tmp_path


def cx(*arguments: str) -> int:
    try:
        return cli.main(["run", "-w", "shop", *arguments])
    except SystemExit as leave:  # argparse leaves by itself
        return leave.code


def read(path: Path):
    return json.loads(path.read_text("utf-8"))


def hashes(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


class TestBook:
    """One run of all four notebooks: one good, one with an error, one that lacks a table, one that only waits."""

    @pytest.fixture(scope="class")
    @classmethod
    def home(cls, tmp_path_factory, environment):
        root = shop.make(tmp_path_factory.mktemp("book"))
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(root)
            patch.setattr(runner, "warmed", lambda files: contextlib.nullcontext(environment))
            cls.code = cx("--locale", "en", "--jobs", "2")
        return root / "reports" / "book"

    @pytest.fixture
    def run(self, home):
        return home / "1404-06"

    def test_some_failed_and_the_rest_is_published(self, run):
        assert self.code == 2
        outcomes = {n["report"]: n["outcome"] for n in read(run / "manifest.json")["notebooks"]}
        assert outcomes == {"good": "published", "bad": "failed", "lacking": "skipped", "slow": "published"}

    def test_the_folder_is_what_the_contract_says(self, home, run):
        pages = {"index.html", "good.html", "bad.html", "lacking.html", "slow.html"}
        files = {"metrics.json", "findings.json", "manifest.json"}
        assert {p.name for p in run.iterdir()} == pages | files | {"assets", "notebooks"}
        notebooks = {f"{name}.ipynb" for name in ("good", "bad", "lacking", "slow")}
        assert {p.name for p in (run / "notebooks").iterdir()} == notebooks
        assert {p.name for p in home.iterdir()} == {"1404-06", "latest", ".lock"}
        assert os.readlink(home / "latest") == "1404-06"

    def test_metrics_are_those_of_the_data(self, run):
        (nps,) = [m for m in read(run / "metrics.json") if m["metric"] == "nps" and not m["dimensions"]]
        assert nps["report"] == "good"
        assert nps["n"] == 31 * 6  # Shahrivar has 31 days, six answers each
        assert nps["value"] == pytest.approx(0)  # as many promoters as detractors
        assert nps["period_start"].startswith("2025-08-22T20:30")

    def test_a_page_says_which_cell_failed_and_why(self, run):
        page = (run / "bad.html").read_text("utf-8")
        seen, folded = visible(page)
        assert "It ran into an error in the code of cell 6 and stopped." in seen
        assert "1 / 0\n\nZeroDivisionError: division by zero" in folded
        assert "orders" in (run / "lacking.html").read_text("utf-8")
        index = (run / "index.html").read_text("utf-8")
        assert all(f'href="{name}.html"' in index for name in ("good", "bad", "lacking", "slow"))

    def test_the_manifest_can_be_checked(self, home, run):
        made, root = read(run / "manifest.json"), home.parents[1]
        assert {i["path"] for i in made["inputs"]} == {
            "workspace.yaml", "tables/customers.parquet", "tables/responses.parquet",
        }  # fmt: skip
        for file in made["inputs"]:
            content = (root / "shop" / file["path"]).read_bytes()
            assert file["sha256"] == hashlib.sha256(content).hexdigest()
        for entry in made["notebooks"]:
            content = (root / "notebooks" / entry["notebook"]).read_bytes()
            assert entry["sha256"] == hashlib.sha256(content).hexdigest()
            assert entry["start"] < entry["end"]
            assert (run / entry["page"]).is_file()
            assert (entry["reason"] is None) == (entry["outcome"] == "published")
        assert made["period"]["name"] == "1404-06"
        assert made["versions"]["python"].startswith("3.1")
        good = next(e for e in made["notebooks"] if e["report"] == "good")
        assert good["parameters"] == {"workspace": "shop", "period": "1404-06", "locale": "en"}

    def test_nothing_tells_where_it_was_made(self, home, run):
        secret = str(home.parents[1]).encode()
        told = [p.name for p in run.rglob("*") if p.is_file() and secret in p.read_bytes()]
        assert not told

    def test_others_may_read_it(self, run):
        assert run.stat().st_mode & 0o555 == 0o555


def visible(page: str) -> tuple[str, str]:
    """What a reader sees of a page, and what is folded away."""
    body = re.sub(r"<head>.*?</head>|<script.*?</script>|<footer.*?</footer>", "", page, flags=re.S)
    folded = re.findall(r"<details.*?</details>", body, re.S)
    seen = re.sub(r"<details.*?</details>", "", body, flags=re.S)
    plain = [html.unescape(re.sub(r"<[^>]*>", "", text)) for text in (seen, "".join(folded))]
    return plain[0], plain[1]


ENDS = {  # what becomes of a notebook: its last cell, and what a reader of either language is told
    "no table": ("tables.orders", "این شرکت جدول «سفارش‌ها»", "this company has no table 'orders'"),
    "no column": ("survey.nps(tables.responses, by='chanel')", "شاید منظور «channel» باشد", "did you mean 'channel'?"),
    "segment": ("ws.open(workspace, segment='province=تهرآن')", "شاید منظور «تهران» باشد", "did you mean 'تهران'?"),
    "off scale": (
        "survey.nps(tables.responses.mutate(score=tables.responses.score + 5))",
        "پاسخ بیرون از", "answers lie outside",
    ),
    "own": ("raise ws.MissingTable(say(fa='کم است', en='too few'))", "کم است", "too few"),
    "fault": ("{}['no such key']", "در خانهٔ ۶ به خطایی در کد برخورد", "It ran into an error in the code of cell 6"),
}  # fmt: skip


@pytest.mark.parametrize("locale", ["fa", "en"])
def test_a_page_tells_its_reader_in_his_language_why_it_was_not_made(here, locale):
    (here / "notebooks" / "01-good.ipynb").unlink()
    for n, (name, (code, *_)) in enumerate(ENDS.items()):
        shop.notebook(
            here, f"{n:02}-{name.replace(' ', '-')}", [f"{shop.OPEN}\nfrom cx_helpers.wording import say", code]
        )
    names = [name.replace(" ", "-") for name in ENDS]
    assert cx(*names, "--locale", locale) == 2
    run = here / "reports" / "+".join(names) / "1404-06"
    entries = {e["report"]: e for e in read(run / "manifest.json")["notebooks"]}
    assert [e["outcome"] for e in entries.values()] == ["skipped", "failed", "failed", "failed", "skipped", "failed"]
    for name, (code, fa, en) in ENDS.items():
        entry = entries[name.replace(" ", "-")]
        assert fa in plain(entry["reason"]["fa"])
        assert en in entry["reason"]["en"]
        seen, folded = visible((run / entry["page"]).read_text("utf-8"))
        assert plain(sentence(entry["reason"], locale)) in plain(seen)
        if locale == "fa":
            assert not re.search(r"[A-Za-z]{2,} [A-Za-z]{2,}", plain(seen).replace("cx ingest", "")), name
        assert (code in folded) == (entry["outcome"] == "failed")
        assert ("KeyError: 'no such key'" in folded) == (name == "fault")
    index, _folded = visible((run / "index.html").read_text("utf-8"))
    assert all(plain(sentence(e["reason"], locale)) in plain(index) for e in entries.values())


def plain(text: str) -> str:
    """A text without the marks that set the direction of its parts."""
    return re.sub("[\u2066-\u2069]", "", text)


def test_a_run_replaces_the_one_of_its_period_and_latest_moves_when_nothing_failed(here):
    assert cx("good", "slow", "--period", "1404-05") == 0
    home = here / "reports" / "good+slow"
    before = hashes(home / "1404-05")
    (home / "1404-05" / "old.txt").write_text("of the older run")
    assert cx("good", "slow", "--period", "۱۴۰۴-۰۵", "-p", "by=province") == 0
    after = hashes(home / "1404-05")
    assert "old.txt" not in after
    assert after.keys() == before.keys()
    assert after["good.html"] != before["good.html"]
    assert os.readlink(home / "latest") == "1404-05"
    assert cx("01-good.ipynb", "slow", "--from", "1404-06-01", "--to", "1404-06-10") == 0
    assert os.readlink(home / "latest") == "1404-06-01_1404-06-10"
    shop.notebook(here, "01-good", ["raise RuntimeError('new')"])
    assert cx("good", "slow", "--period", "1404-06") == 2
    assert (home / "1404-06" / "good.html").is_file()
    assert os.readlink(home / "latest") == "1404-06-01_1404-06-10", "a run with a failure is not the newest whole one"


def another(root: Path, folder: str, name: str) -> str:
    """A second company, like the first in all but its folder or its name."""
    shutil.copytree(root / "shop", root / folder)
    (root / folder / "workspace.yaml").write_text(f"name: {name}\n", "utf-8")
    return folder


class TestWhosePlace:
    """reports/PLAN is one company's and about one kind of customers; who is another is refused, and changes nothing."""

    @pytest.fixture(scope="class")
    @classmethod
    def root(cls, tmp_path_factory, environment):
        root = shop.make(tmp_path_factory.mktemp("place"))
        another(root, "b/shop", "Other")
        another(root, "b2", "{fa: فروشگاه, en: Shop}")
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(root)
            patch.setattr(runner, "warmed", lambda files: contextlib.nullcontext(environment))
            assert cx("good") == 0
            yield root

    @pytest.mark.parametrize("period", ["1404-06", "1404-05"], ids=["its place", "what latest says"])
    @pytest.mark.parametrize(
        ("asked", "said"),
        [
            (("-w", "b/shop"), "of another company, Shop (workspace shop); this run is of Other (workspace shop)"),
            (("-w", "b2"), "of another company, Shop (workspace shop); this run is of Shop (workspace b2)"),
            (("-p", "segment=province=تهران"), "about all customers; this run is about province=تهران"),
            (("--for-each", "province"), "about all customers; this run is about each province"),
        ],
        ids=["other name", "other folder", "segment", "for each"],
    )
    def test_another_is_refused(self, root, capsys, asked, said, period):
        before = hashes(root / "reports")
        assert cx("good", "--period", period, *asked) == 1
        error = capsys.readouterr().err
        assert said in error
        assert "--out DIR" in error
        assert "--replace" in error
        assert hashes(root / "reports") == before
        assert os.readlink(root / "reports" / "good" / "latest") == "1404-06"

    def test_who_comes_while_the_lock_is_waited_for_is_refused_too(self, root, monkeypatch):
        """The place is free when the run is asked for and taken when the lock is: it is looked at again."""
        really, looked, before = standing.admit, [], hashes(root / "reports")

        def admit(*asked):
            looked.append(asked)
            return really(*asked) if len(looked) > 1 else None

        monkeypatch.setattr(standing, "admit", admit)
        assert cx("good", "-w", "b2") == 1
        assert len(looked) == 2
        assert hashes(root / "reports") == before
        assert not list((root / "reports" / "good").glob(".staging-*"))

    def test_a_company_is_the_same_from_wherever_it_is_asked_for(self, root, monkeypatch):
        monkeypatch.chdir(root / "shop")
        assert cx("good", "-w", ".", "--out", "../reports") == 0
        assert "<dd><bdi>shop</bdi></dd>" in (root / "reports/good/1404-06/good.html").read_text("utf-8")


def test_who_is_asked_to_replaces_another_company_and_is_replaced_by_none(here, capsys):
    assert cx("slow") == 0
    other = another(here, "b", "Other")
    assert cx("slow", "-w", other, "--replace") == 0
    assert "company Shop (workspace shop) -> Other (workspace b)" in capsys.readouterr().err
    assert read(here / "reports" / "slow" / "latest" / "manifest.json")["workspace"] == "b"
    assert cx("slow") == 1


def test_the_same_in_another_language_or_cut_otherwise_takes_its_place_and_is_told(here, capsys):
    place = here / "reports" / "good" / "1404-06"
    for _ in range(2):
        assert cx("good", "--locale", "fa") == 0
        assert "took the place" not in capsys.readouterr().err, "the same again is what a schedule does"
    assert read(place / "manifest.json")["replaced"]["differences"] == []
    assert cx("good", "--locale", "en", "-p", "by=province") == 0
    assert "(locale fa -> en; by of good as usual -> province); --out keeps both" in capsys.readouterr().err
    assert 'lang="en"' in (place / "good.html").read_text("utf-8")
    made = read(place / "manifest.json")
    assert made["replaced"]["differences"] == ["locale fa -> en", "by of good as usual -> province"]
    assert made["replaced"]["start"] < made["replaced"]["end"] < made["start"]


def test_a_report_that_a_plan_no_longer_has_is_told(here, capsys):
    plan = here / "monthly.yaml"
    plan.write_text("notebooks: [good, slow]")
    assert cx("--plan", "monthly.yaml") == 0
    plan.write_text("notebooks: [good]")
    assert "published" not in capsys.readouterr().err  # nobody asked, and this is no terminal
    assert cx("--plan", "monthly.yaml", "--progress") == 0
    said = capsys.readouterr().err
    assert "(slow left out)" in said
    assert re.search(r"^good: published, [\d.]+ s$", said, re.MULTILINE)


class TestLastGoodPage:
    """A run in which a report fails takes the place of a whole one: the report's last good page stays, and says so."""

    @pytest.fixture(scope="class")
    @classmethod
    def place(cls, tmp_path_factory, environment):
        """A whole run in Persian, then one in English in which the good notebook fails."""
        root = shop.make(tmp_path_factory.mktemp("kept"))
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(root)
            patch.setattr(runner, "warmed", lambda files: contextlib.nullcontext(environment))
            assert cx("good", "slow", "--locale", "fa") == 0
            place = root / "reports" / "good+slow" / "1404-06"
            cls.good, cls.first = (place / "good.html").read_text("utf-8"), read(place / "manifest.json")
            cls.executed = (place / "notebooks" / "good.ipynb").read_bytes()
            shop.notebook(root, "01-good", ["raise RuntimeError('not today')"])
            assert cx("good", "slow", "--locale", "en") == 2
            yield place

    def test_the_page_stands_with_a_notice_and_the_failure_beside_it(self, place):
        standing = (place / "good.html").read_text("utf-8")
        head, notice, rest = re.split(r'(<aside class="notice".*?</aside>\n)', standing, flags=re.S)
        assert head + rest == self.good, "all else is the page as it was"
        assert 'lang="en" dir="ltr"' in notice
        assert "could not make it anew" in notice
        assert 'href="good.failed.html"' in notice
        failed = (place / "good.failed.html").read_text("utf-8")
        assert "not today" in failed
        assert 'href="good.html"' in failed
        index = (place / "index.html").read_text("utf-8")
        assert "One report could not be made; the reason stands at the end of this page. Its earlier page" in index
        assert 'href="good.html"' in index
        assert "still stands.</p>" in index

    def test_what_machines_read_is_of_the_new_run_and_the_manifest_tells(self, place):
        made = read(place / "manifest.json")
        assert made["outcome"] == "failed"
        good, slow = made["notebooks"]
        assert (good["outcome"], good["page"], good["executed"]) == (
            "failed", "good.failed.html", "notebooks/good.failed.ipynb",
        )  # fmt: skip
        assert all((place / good[key]).is_file() for key in ("page", "executed"))
        (before, _slow), kept = self.first["notebooks"], good["kept"]
        assert {key: kept[key] for key in ("page", "executed", "start", "end", "sha256", "parameters")} == {
            key: before[key] for key in ("page", "executed", "start", "end", "sha256", "parameters")
        }
        assert (kept["locale"], kept["inputs"]) == ("fa", self.first["inputs"])
        assert (place / "notebooks" / "good.ipynb").read_bytes() == self.executed
        assert "kept" not in slow
        assert read(place / "metrics.json") == [], "numbers of the earlier run are not mixed with new ones"
        assert os.readlink(place.parent / "latest") == "1404-06"

    def test_it_stays_through_further_failures_until_the_report_is_made_again(self, place):
        first = read(place / "manifest.json")["notebooks"][0]["kept"]
        assert cx("good", "slow", "--locale", "fa") == 2
        again = read(place / "manifest.json")["notebooks"][0]["kept"]
        assert again == first
        standing = (place / "good.html").read_text("utf-8")
        assert standing.count('class="notice"') == 1
        assert "نتوانست" in standing
        shop.notebook(place.parents[2], "01-good", ["print('mended')"])
        assert cx("good", "slow", "--locale", "fa") == 0
        made = (place / "good.html").read_text("utf-8")
        assert "mended" in made
        assert 'class="notice' not in made
        assert not list(place.rglob("*.failed.*"))

    def test_a_report_that_is_skipped_now_keeps_its_page_too(self, here, capsys):
        assert cx("slow") == 0
        shop.notebook(here, "04-slow", [shop.OPEN, "tables.orders.count().execute()"])
        assert cx("slow") == 0
        place = here / "reports" / "slow" / "1404-06"
        assert 'href="slow.skipped.html"' in (place / "slow.html").read_text("utf-8")
        assert "orders" in (place / "slow.skipped.html").read_text("utf-8")
        assert "is kept)" in capsys.readouterr().err

    def test_nothing_is_kept_of_another_company(self, here):
        assert cx("slow") == 0
        shop.notebook(here, "04-slow", ["1 / 0"])
        assert cx("slow", "-w", another(here, "b", "Other"), "--replace") == 2
        (entry,) = read(here / "reports" / "slow" / "1404-06" / "manifest.json")["notebooks"]
        assert "kept" not in entry
        assert entry["page"] == "slow.html"

    def test_only_a_page_about_the_same_customers_can_stand_in(self):
        def entry(report, group, segment, outcome="published", **more):
            page = dict.fromkeys(("page", "executed", "start", "end", "notebook", "sha256"), f"{group}/{segment}")
            return (
                page | {"report": report, "group": group, "outcome": outcome, "parameters": {"segment": segment}} | more
            )

        made = {"locale": "fa", "inputs": [], "versions": {}}
        made["notebooks"] = [
            entry("a", "x", "c=x"), entry("a", "y", "c=y", "failed"), entry("b", None, "c=y"),
            entry("d", None, None, "failed", kept={"page": "d.html"}),
        ]  # fmt: skip

        def of(*asked):
            kept = keeping.last_good(made, entry(*asked))
            return kept and kept["page"]

        assert of("a", "x", "c=x") == "x/c=x"
        assert of("a", "y", "c=y") is None, "it failed before, too"
        assert of("a", "z", "c=z") is None
        assert of("b", None, "c=y") == "None/c=y"
        assert of("b", None, "") is None, "another segment"
        assert of("d", None, "") == "d.html", "kept once, kept again"
        assert keeping.last_good(None, entry("a", "x", "c=x")) is None


def test_who_holds_the_lock_is_not_disturbed(here, capsys):
    home = here / "reports" / "slow"
    with publish.lock(home / ".lock"):
        (home / ".staging-of-the-other").mkdir()
        assert cx("slow") == 3
        assert (home / ".staging-of-the-other").exists()
    assert "holds the lock" in capsys.readouterr().err
    assert cx("slow") == 0
    assert not (home / ".staging-of-the-other").exists(), "what a killed run left behind is cleared away"


WRONG = {
    ("god",): "did you mean 'good'",
    ("../notebooks/01-good",): "no notebook",
    ("good", "-p", "bye=channel"): "did you mean 'by'",
    ("good", "-p", "by=chanel"): "did you mean 'channel'",
    ("good", "-p", "segment=province=تهرآن"): "did you mean 'تهران'",
    ("good", "-p", "segment=provinse=تهران"): "did you mean 'province'",
    ("good", "-p", "segment=province=گیلان"): "fewer than 10 customers",
    ("good", "-p", "segment=province=یزد"): "held back beside",
    ("slow", "-p", "seconds=long"): "a number is needed",
    ("slow", "-p", "seconds=5000"): "the nearest is 1000",
    ("slow", "-p", "import os; os.abort()#=1"): "no notebook has a parameter",
    ("slow", "-p", "seconds"): "NAME=VALUE",
    ("good", "--period", "1404-13"): "did you mean '1404-12'",
    ("good", "--period", "../../x"): "is not a period",
    ("good", "--from", "1404-07-31", "--to", "1404-08-01"): "1404-07-31",
    ("good", "--from", "1404-07-01"): "go together",
    ("good", "--period", "1404", "--from", "1404-07-01", "--to", "1404-07-02"): "not both",
    ("good", "--locale", "de"): "invalid choice",
    ("good", "--jobs", "0"): "no whole number above 0",
    ("good", "--jbos", "2"): "did you mean --jobs",
    ("good", "-p", "workspace=elsewhere"): "given by -w DIR",
    ("good", "--for-each", "provinse"): "did you mean 'province'",
    ("good", "--for-each", "customer_id"): "no value is shared",
    ("good", "--plan", "plan.yaml"): "not both",
    ("--plan", "absent.yaml"): "absent.yaml",
    ("--out", "notebooks/01-good.ipynb"): "01-good.ipynb",
}


@pytest.mark.parametrize("arguments", WRONG, ids=" ".join)
def test_what_is_wrong_is_said_before_anything_changes(arguments, here, capsys):
    before = hashes(here)
    assert cx(*arguments) == 1
    said = capsys.readouterr().err
    assert WRONG[arguments] in said
    assert said.startswith("cx: ")
    assert "Traceback" not in said
    assert hashes(here) == before
    assert not (here / "reports").exists()


def test_a_company_that_is_not_there(here, capsys):
    assert cli.main(["run", "-w", "nowhere"]) == 1
    assert "nowhere" in capsys.readouterr().err


def test_nobody_of_a_segment_in_this_period_is_no_error(here):
    with (here / "shop" / "workspace.yaml").open("a", encoding="utf-8") as about:
        about.write("privacy: {smallest_group: 1}\n")
    assert cx("good", "-p", "segment=province=گیلان", "--from", "1404-05-10", "--to", "1404-05-12") == 0


EMPTY = {  # the shop's answers run from 1 Mordad to 31 Shahrivar 1404
    ("--period", "1404-07"): "1404-06",
    ("--period", "1404-04"): "1404-05",
    ("--period", "2026-01"): "2025-09",
    ("--period", "1405"): "1404",
    ("--period", "1403-Q4"): "1404-Q2",
    ("--period", "1404-07-01"): "1404-06-31",
    ("--from", "1404-04-20", "--to", "1404-04-29"): "1404-05-01_1404-05-10",
    ("--from", "1404-08-01", "--to", "1404-08-30"): "1404-06-02_1404-06-31",
}


@pytest.mark.parametrize("asked", EMPTY, ids=" ".join)
def test_a_period_of_which_nothing_is_known_is_refused(asked, here, capsys):
    assert cx("good", *asked) == 1
    said = capsys.readouterr().err
    assert said.strip().endswith(f"is {EMPTY[asked]}")
    assert "from 1 Mordad 1404 to 31 Shahrivar 1404" in said or "from 23 July 2025 to 22 September 2025" in said
    assert not (here / "reports").exists()


def test_a_gap_in_the_data_is_refused_and_a_period_that_one_table_reaches_is_not(here, capsys):
    path = here / "shop" / "tables" / "responses.parquet"
    answers = pd.read_parquet(path)
    month = answers["responded_at"] < "2025-08-22T20:30Z"
    far = answers[month].assign(responded_at=lambda t: t["responded_at"] - pd.DateOffset(years=1))
    far = far.assign(response_id="old" + far["response_id"])
    pd.concat([far, answers[~month]]).to_parquet(path, coerce_timestamps="us")
    assert cx("slow", "--period", "1404-05") == 1
    assert "from 2 Mordad 1403 to 31 Shahrivar 1404" in (said := capsys.readouterr().err)
    assert said.strip().endswith("1404-06")
    assert cx("slow", "--period", "1403-07") == 1
    assert capsys.readouterr().err.strip().endswith("1403-06"), "its last day was 1 Shahrivar"
    order = {"order_id": ["o"], "customer_id": ["c9"], "amount": [1.0]}
    order["ordered_at"] = pd.to_datetime(["2025-08-01T10:00Z"])
    pd.DataFrame(order).to_parquet(path.with_name("orders.parquet"), coerce_timestamps="us")
    assert cx("slow", "--period", "1404-05") == 0


def test_a_period_that_is_not_over_is_allowed(here):
    path = here / "shop" / "tables" / "responses.parquet"
    answers = pd.read_parquet(path)
    answers[answers["responded_at"] < "2025-09-05"].to_parquet(path, coerce_timestamps="us")
    assert cx("slow", "--period", "1404-06") == 0
    assert cx("slow", "--period", "1404") == 0


def test_a_folder_that_is_no_run_of_ours_is_left_alone(here, capsys):
    mine = here / "reports" / "slow" / "1404-06"
    mine.mkdir(parents=True)
    (mine / "diary.txt").write_text("precious")
    assert cx("slow") == 1
    assert "no run of ours" in capsys.readouterr().err
    assert (mine / "diary.txt").read_text() == "precious"


def test_too_slow_is_stopped_and_named(here):
    started = time.monotonic()
    assert cx("slow", "-p", "seconds=300", "--timeout", "2", "--locale", "en") == 2
    assert time.monotonic() - started < 60
    (entry,) = read(here / "reports" / "slow" / "1404-06" / "manifest.json")["notebooks"]
    assert entry["reason"]["en"].startswith("It took longer than 2 seconds and was stopped in cell 6. ")
    assert "--timeout" in entry["reason"]["en"]
    assert "time.sleep(seconds)" in (here / "reports" / "slow" / "1404-06" / "slow.html").read_text("utf-8")


def test_a_kernel_that_dies_is_a_failure_of_its_notebook_only(here):
    shop.notebook(here, "02-bad", ["import os, signal", "os.kill(os.getpid(), signal.SIGKILL)"])
    assert cx("bad", "slow", "--locale", "en") == 2
    bad, slow = read(here / "reports" / "bad+slow" / "1404-06" / "manifest.json")["notebooks"]
    assert "ended abruptly" in bad["reason"]["en"]
    assert slow["outcome"] == "published"


def test_a_driver_that_dies_still_leaves_a_page_that_says_so(here):
    driver = "int(Path(get_ipython().kernel.parent.connection_file).stem)"  # it is called by the driver's number
    shop.notebook(here, "02-bad", ["import os, signal\nfrom pathlib import Path", f"os.kill({driver}, signal.SIGKILL)"])
    assert cx("bad", "slow", "--locale", "en") == 2
    run = here / "reports" / "bad+slow" / "1404-06"
    bad, slow = read(run / "manifest.json")["notebooks"]
    assert (bad["outcome"], slow["outcome"]) == ("failed", "published")
    assert "ended without an answer" in (run / bad["page"]).read_text("utf-8")


def test_a_chart_that_no_page_can_draw_fails_its_report(here):
    code = "import plotly.graph_objects as go\ngo.Figure(go.Isosurface(x=[1], y=[1], z=[1], value=[1]))"
    shop.notebook(here, "02-bad", [code])
    assert cx("bad", "--locale", "en") == 2
    (entry,) = read(here / "reports" / "bad" / "1404-06" / "manifest.json")["notebooks"]
    assert "could not be built" in entry["reason"]["en"]
    assert "isosurface" in entry["error"]
    assert "isosurface" in (here / "reports" / "bad" / "1404-06" / "bad.html").read_text("utf-8")


class TestForEach:
    """The plan once for each province: Tehran and Fars are large, Gilan has four customers, Yazd twenty.

    The book tells of all customers together: with reports on every province but Gilan, Gilan would be the rest.
    """

    @pytest.fixture
    def run(self, here, capsys):
        assert cx("good", "--for-each", "province", "--locale", "en") == 0
        assert "too few customers: گیلان, یزد" in capsys.readouterr().err
        return here / "reports" / "good" / "1404-06"

    def test_each_group_has_its_pages_and_its_numbers(self, run):
        assert {p.name for p in run.iterdir() if "=" in p.name} == {"province=تهران", "province=فارس"}
        for name in ("تهران", "فارس"):
            folder = run / f"province={name}"
            assert {"index.html", "good.html", "metrics.json", "findings.json"} <= {p.name for p in folder.iterdir()}
            assert "../assets/" in (folder / "good.html").read_text("utf-8")
            assert not (folder / "assets").exists(), "assets are shared"
        rolled = [m for m in read(run / "metrics.json") if set(m["dimensions"]) == {"province"}]
        counts = {m["dimensions"]["province"]: m["n"] for m in rolled}
        data = __import__("pandas").read_parquet(run.parents[2] / "shop" / "tables" / "responses.parquet")
        month = data[data["responded_at"] >= "2025-08-22T20:30Z"]
        number = month["customer_id"].str[1:].astype(int)
        large = number >= 24
        wanted = {"تهران": (large & (number % 2 == 1)).sum(), "فارس": (large & (number % 2 == 0)).sum()}
        assert counts == wanted

    def test_the_first_page_compares_them(self, run):
        index = (run / "index.html").read_text("utf-8")
        assert 'href="province=تهران/index.html"' in index
        assert 'href="comparison.html"' in index
        comparison = (run / "comparison.html").read_text("utf-8")
        assert "Net Promoter Score" in comparison
        assert "تهران" in comparison
        assert "گیلان" in comparison
        assert "یزد" in comparison
        assert read(run / "manifest.json")["left_out"] == ["گیلان", "یزد"]


CLAIM = """\
from cx_helpers.records import Finding
from cx_helpers.wording import say
fell = say(fa="امتیاز افت کرد", en="the score fell")
blocks.findings([Finding("weakness", {"channel": "app"}, "nps", 1.0, fell, severity="high")])"""


def test_the_first_page_of_groups_says_of_whom_each_claim_is_and_what_each_group_lacks(here):
    shop.notebook(here, "01-good", [shop.OPEN, "print('first')", CLAIM])
    shop.notebook(here, "02-bad", [shop.OPEN, "1 / (segment != 'province=فارس')"])
    assert cx("good", "bad", "lacking", "--for-each", "province", "--locale", "en") == 2
    run = here / "reports" / "good+bad+lacking" / "1404-06"
    index = (run / "index.html").read_text("utf-8")
    assert re.findall(r"<p>(.*: the score fell)</p>", index) == ["تهران: the score fell", "فارس: the score fell"]
    assert '<p class="first">تهران: the score fell.</p>' in index, "not as if it were of all customers"
    links = re.findall(r'<a href="(province=[^"]*)#finding-1">(.*?)</a>', index)
    assert len(links) == 2
    for place, name in links:
        assert name == "Question 01-good"
        assert 'id="finding-1"' in (run / place).read_text("utf-8"), "the link leads to where the claim stands"
    assert [f["text"]["fa"] for f in read(run / "findings.json")] == ["تهران: امتیاز افت کرد", "فارس: امتیاز افت کرد"]
    assert read(run / "province=فارس" / "findings.json")[0]["text"]["en"] == "the score fell"
    assert "One report of a group could not be made; the group&#39;s page says why." in index
    cards = dict(
        re.findall(r'<h3><a href="province=(\w+)/index.html">province: \w+</a></h3>(.*?)</article>', index, re.S)
    )
    assert "Not made for this group: “Question 03-lacking”." in cards["تهران"]
    assert "Not made for this group: “Question 02-bad” and “Question 03-lacking”." in cards["فارس"]
    assert "Published." not in index
    first = (run / "province=فارس" / "index.html").read_text("utf-8")
    assert "<h1>province: فارس</h1>" in first
    assert first.count("province: فارس") == 2, "in the title and the heading, not on every card"
    assert '<nav class="top"><a href="../index.html">' in first
    assert '<nav class="top"><a href="index.html">' in (run / "province=فارس" / "bad.html").read_text("utf-8")


DRAWS = """\
from cx_helpers import evidence as findings_of
found = findings_of.read(evidence, tables)
print("told:", [f["text"]["en"] for f in found.findings], list(found.reports), len(found.cards))"""


class TestWhoDrawsTogether:
    """A notebook with the parameter `evidence` runs last and is given what the others of its run found."""

    @pytest.fixture
    def drawing(self, here):
        shop.notebook(here, "00-all", [shop.OPEN, DRAWS], 'evidence = ""  # of a run\n')
        shop.notebook(
            here, "01-good", [shop.OPEN, "blocks.kpis(blocks.kpi('nps', survey.nps(tables.responses)))", CLAIM]
        )
        return here / "reports"

    def test_it_runs_last_and_sees_what_they_found(self, drawing):
        assert cx("all", "good") == 0
        run = drawing / "all+good" / "1404-06"
        assert "told: [&#39;the score fell&#39;] [&#39;good&#39;] 1" in (run / "all.html").read_text("utf-8")
        made = read(run / "manifest.json")
        assert [entry["report"] for entry in made["notebooks"]] == ["all", "good"], "in the plan's order"
        assert made["notebooks"][0]["parameters"]["evidence"] == "", "where that lay is nobody's business"
        for path in run.rglob("*"):
            assert not path.is_file() or b".desk" not in path.read_bytes(), path

    def test_each_group_sees_its_own(self, drawing):
        assert cx("all", "good", "--for-each", "province") == 0
        for group in ("تهران", "فارس"):
            page = drawing / "all+good" / "1404-06" / f"province={group}" / "all.html"
            assert "told: [&#39;the score fell&#39;] [&#39;good&#39;] 1" in page.read_text("utf-8")

    def test_alone_it_reads_the_newest_run_or_says_that_there_is_none(self, drawing, capsys):
        assert cx("all") == 0
        assert "all skipped: there is no run of this period" in capsys.readouterr().err
        assert cx("good") == 0
        assert cx("all") == 0
        assert "the score fell" in (drawing / "all" / "1404-06" / "all.html").read_text("utf-8")
        assert cx("all", "-p", "evidence=reports/nowhere") == 2
        assert "evidence reports/nowhere holds no run to be read: there is no findings.json" in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("file", "text"),
        [
            ("findings.json", '[{"report": "good"}]'),
            ("findings.json", "{}"),
            ("metrics.json", '[{"report": "good", "metric": "nps", "value": "many", "dimensions": {}}]'),
            ("manifest.json", '{"workspace": "shop", "notebooks": [], "period": null}'),
            ("notebooks/good.ipynb", None),
        ],
    )
    def test_a_damaged_run_is_called_one(self, drawing, capsys, file, text):
        assert cx("good") == 0
        path = drawing / "good" / "1404-06" / file
        path.unlink() if text is None else path.write_text(text, "utf-8")
        assert cx("all", "-p", "evidence=reports/good/1404-06") == 2
        assert "holds no run to be read: its files are damaged" in capsys.readouterr().err

    def test_what_draws_together_is_no_finding_of_its_own(self, here, drawing):
        """A whole run read again, as in the lab, is what its other reports said: none is counted twice."""
        shop.notebook(here, "00-all", [shop.OPEN, DRAWS, CLAIM], 'evidence = ""  # of a run\n')
        assert cx("all", "good") == 0
        assert cx("all") == 0
        told = (drawing / "all" / "1404-06" / "all.html").read_text("utf-8")
        assert "told: [&#39;the score fell&#39;] [&#39;all&#39;, &#39;good&#39;] 1" in told


def test_a_group_cannot_lead_out_of_the_run():
    names = plans.apart(["../../etc", "a/b", "a\\b", "..", "", "تهران", "a-b"])
    assert len(set(names.values())) == len(names)
    for name in names.values():
        assert "/" not in name
        assert "\\" not in name
        assert not name.startswith(".")
        assert name


PLAN = """
title: {fa: ماهانه, en: Monthly}
notebooks: [slow, {name: good, parameters: {by: province}}, good]
period: 1404-05
locale: en
parameters: {seconds: 0.2}
"""


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (("--jobs", "0"), "'0' is no whole number above 0"),
        (("--timeout", "soon"), "'soon' is no number above 0"),
        (("--locale", "ar"), "(choose from 'fa', 'en')"),
    ],
)
def test_a_wrong_option_is_not_answered_with_itself(capsys, asked, says):
    assert cx(*asked) == 1
    told = capsys.readouterr().err
    assert says in told
    assert "did you mean" not in told


def test_a_plan_says_what_runs(here):
    (here / "monthly report.yaml").write_text(PLAN, "utf-8")
    assert cx("--plan", "monthly report.yaml") == 0
    run = here / "reports" / "monthly-report" / "1404-05"
    made = read(run / "manifest.json")
    assert [n["report"] for n in made["notebooks"]] == ["slow", "good", "good-2"]
    slow, good, again = made["notebooks"]
    assert slow["parameters"]["seconds"] == 0.2
    assert good["parameters"]["by"] == "province"
    assert "by" not in again["parameters"]
    assert (run / again["page"]).is_file()
    assert "Monthly" in (run / "index.html").read_text("utf-8")
    assert "monthly report.yaml" in {i["path"] for i in made["inputs"]}


BROKEN = {
    "notebook: [good]": "did you mean 'notebooks'",
    "notebooks: [god]": "did you mean 'good'",
    "notebooks: []": "no notebooks",
    "notebooks: [{name: good, parameter: {}}]": "did you mean 'parameters'",
    "notebooks: [{name: good, parameters: {bye: x}}]": "did you mean 'by'",
    "notebooks: [3]": "a name or",
    "jobs: many": "a whole number above 0",
    "timeout: -1": "seconds above 0",
    "locale: de": "fa or en",
    "title: {de: Monat}": "a text or",
    "parameters: {bye: x}": "did you mean 'by'",
    "period: 1404-02-32": "did you mean '1404-02-31'",
    "- good": "holds no keys",
    "a: [": "is not YAML",
    "!!python/object/apply:os.abort []": "is not YAML",
}


@pytest.mark.parametrize("text", BROKEN)
def test_a_broken_plan_is_refused_with_its_remedy(text, here, capsys):
    (here / "plan.yaml").write_text(text, "utf-8")
    assert cx("--plan", "plan.yaml") == 1
    assert BROKEN[text] in capsys.readouterr().err
    assert not (here / "reports").exists()


@pytest.mark.parametrize("warm", ["1", "0"])
def test_a_notebook_cannot_read_the_secret_of_pseudonyms(warm, here, monkeypatch):
    monkeypatch.undo()
    monkeypatch.chdir(here)
    monkeypatch.setenv("CX_WARM", warm)
    monkeypatch.setenv("CX_KEY", "a secret of sixteen letters and more")
    monkeypatch.setenv("REGION", "north")
    shop.notebook(here, "02-bad", ['import os\nprint(os.environ.get("CX_KEY"), os.environ["REGION"])'])
    assert cx("bad") == 0
    run = here / "reports" / "bad" / "1404-06"
    assert "None north" in (run / read(run / "manifest.json")["notebooks"][0]["executed"]).read_text("utf-8")


def test_it_runs_without_forks_too(here, monkeypatch):
    monkeypatch.undo()
    monkeypatch.chdir(here)
    monkeypatch.setenv("CX_WARM", "0")
    assert cx("slow") == 0
    assert (here / "reports" / "slow" / "1404-06" / "slow.html").is_file()


def test_a_warm_process_that_is_killed_does_not_stop_the_run(here, monkeypatch):
    started = []

    class Watched(kernels.Warm):
        def __init__(self, modules):
            super().__init__(modules)
            started.append(self)

    monkeypatch.undo()
    monkeypatch.chdir(here)
    monkeypatch.setattr(kernels, "Warm", Watched)
    shop.notebook(here, "04-slow", [f"import os, signal; {KILL_PARENT}", "print('through')"])
    assert cx("slow") == 0
    assert started[0].process.poll() == -signal.SIGKILL
    notebook = (here / "reports" / "slow" / "1404-06" / "notebooks" / "slow.ipynb").read_text()
    assert "through" in notebook


# The kernel kills the process that it was forked from; started plainly (again) it has another parent and spares it.
KILL_PARENT = (
    "warm = 'cx_helpers.run.warm' in open(f'/proc/{os.getppid()}/cmdline').read(); "
    "warm and os.kill(os.getppid(), signal.SIGKILL)"
)


def test_severity_then_impact_then_certainty_rank_findings():
    listed = [
        {"report": "a", "severity": "low", "impact": {"value": 900, "unit": "customers"}, "p_adjusted": 0.001},
        {"report": "b", "severity": "high", "impact": None, "p_adjusted": 0.001},
        {"report": "c", "severity": "high", "impact": {"value": -50, "unit": "customers"}, "p_adjusted": 0.01},
        {"report": "d", "severity": "high", "impact": {"value": 50, "unit": "customers"}, "p_adjusted": 0.001},
        {"report": "e", "severity": "medium"},
    ]
    assert [f["report"] for f in manifest.rank(listed, [])] == ["d", "c", "b", "e", "a"]


def test_json_holds_null_where_there_is_no_number(tmp_path):
    manifest.write(tmp_path / "x.json", [{"value": float("nan"), "high": float("inf"), "n": 0}])
    assert read(tmp_path / "x.json") == [{"value": None, "high": None, "n": 0}]


def test_publishing_is_whole_whenever_it_is_killed(tmp_path):
    """A loop that publishes folder after folder is killed at random; what stands there is always one whole folder."""
    code = """
import os, sys
from pathlib import Path
from cx_helpers.run import publish
home = Path(sys.argv[1])
for n in range(10**6):
    publish.sweep(home)
    with publish.staging(home) as staged:
        for part in range(100):
            (staged / str(part)).write_text(f"{os.getpid()} {n}")
        publish.publish(staged, home / "1404-06")
        publish.point(home / "latest", "1404-06")
        print(n, flush=True)
"""
    chance = random.Random(7)
    for exchange in (True, False):
        home = tmp_path / f"exchange-{exchange}"
        home.mkdir()
        script = code if exchange else code.replace("home = Path", "publish._exchange = lambda *_: False\nhome = Path")
        seen = set()
        for _ in range(12):
            process = subprocess.Popen([sys.executable, "-c", script, str(home)], stdout=subprocess.PIPE)
            process.stdout.readline()  # it has published once
            time.sleep(chance.uniform(0.01, 0.1))
            process.kill()
            process.communicate()
            if not exchange:
                publish.sweep(home)  # two renames: the next run puts back what stood aside
            parts = {(home / "latest" / part).read_text() for part in map(str, range(100))}
            assert len(parts) == 1
            seen |= parts
        assert len(seen) == 12, "each of the killed published something"


@pytest.mark.skipif(not os.path.isdir("/proc"), reason="looks for processes in /proc")
def test_a_run_killed_at_any_moment_leaves_the_published_one_whole_and_nothing_running(here, monkeypatch):
    monkeypatch.undo()
    monkeypatch.chdir(here)
    mark = f"CX_TEST_MARK={random.random()}"
    command = [sys.executable, "-m", "cx_helpers.cli", "run", "-w", "shop", "good", "slow"]
    environment = os.environ | dict([mark.split("=")])
    started = time.monotonic()
    subprocess.run(command, env=environment, check=True, capture_output=True)
    took = time.monotonic() - started
    home = here / "reports" / "good+slow"
    whole = home / "1404-06"
    assert not marked(mark)
    chance = random.Random(3)
    for sign in (signal.SIGKILL, signal.SIGKILL, signal.SIGKILL, signal.SIGTERM):
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(chance.uniform(0.3, 0.95) * took)
        process.send_signal(sign)
        process.wait(30)
        made = read(whole / "manifest.json")
        assert [n["outcome"] for n in made["notebooks"]] == ["published", "published"]
        assert all((whole / n["page"]).read_text("utf-8").rstrip().endswith("</html>") for n in made["notebooks"])
        assert os.readlink(home / "latest") == "1404-06"
        until = time.monotonic() + 10
        while left := marked(mark):
            assert time.monotonic() < until, f"still running: {left}"
            time.sleep(0.1)
        if sign == signal.SIGTERM:
            assert not list(home.glob(".staging-*"))
    subprocess.run(command, env=environment, check=True, capture_output=True)
    assert {p.name for p in home.iterdir()} == {"1404-06", "latest", ".lock"}


def marked(mark: str) -> list[str]:
    """Processes that carry our mark in their environment, zombies aside."""
    found = []
    for folder in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if folder.name.isdigit() and mark.encode() in (folder / "environ").read_bytes():
                found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode())
    return found


def test_the_command_is_quick_to_answer():
    for code, limit in (
        ("import cx_helpers", 0.25),
        ("import cx_helpers.cli; cx_helpers.cli._parser().format_help()", 0.6),
    ):
        took = []
        for _ in range(5):
            started = time.monotonic()
            subprocess.run([sys.executable, "-c", code], check=True)
            took.append(time.monotonic() - started)
        assert min(took) < limit


def test_help_lists_the_commands_and_codes(capsys):
    with pytest.raises(SystemExit) as leave:
        cli.main(["--help"])
    assert leave.value.code == 0
    said = capsys.readouterr().out
    assert all(re.search(rf"^\s+{name}\b", said, re.MULTILINE) for name in ("init", "check", "ingest", "run"))
    assert "exit codes" in said
