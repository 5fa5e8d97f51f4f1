"""`make lab` as an analyst meets it: JupyterLab in a browser, Persian in its font, a widget that is really clicked."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from conftest import ROOT, SAMPLE

from cx_helpers import dates
from cx_helpers import workspace as ws
from cx_helpers.intake import sentiment
from cx_helpers.measures import survey
from cx_helpers.report.explore import cut

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="there is no make here")
TOKEN = "only-for-this-test"
COMPLAINT = ".jp-RenderedText[data-mime-type='application/vnd.jupyter.stderr']"
WRONG = 'ws.open(workspace, period="1404-13")'


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """A copy of one notebook, a cell with a mistake at its end, so that no analyst's own is touched."""
    desk = tmp_path_factory.mktemp("desk")
    (desk / "notebooks").mkdir()
    (desk / "data").symlink_to(SAMPLE.parent)
    book = json.loads((ROOT / "notebooks" / "01-survey.ipynb").read_text("utf-8"))
    empty = {"cell_type": "code", "metadata": {}, "execution_count": None, "outputs": []}
    book["cells"].append(empty | {"id": "wrong", "source": WRONG})
    (desk / "notebooks" / "survey.ipynb").write_text(json.dumps(book), "utf-8")
    book = json.loads((ROOT / "notebooks" / "02-sentiment.ipynb").read_text("utf-8"))
    asked = ("sentiment-02", "sentiment-03", "sentiment-42")  # parameters, tables and model, the box to paste into
    book["cells"] = [cell for cell in book["cells"] if cell["id"] in asked]
    (desk / "notebooks" / "pasting.ipynb").write_text(json.dumps(book), "utf-8")
    return desk


@pytest.fixture(scope="module")
def lab(desk):
    """The address of a lab started by the very line of `make lab`; it ends with the file, whatever happens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = f"--no-browser --allow-root --ServerApp.port_retries=0 --port={port} --IdentityProvider.token={TOKEN}"
    asked = ["make", "-C", str(ROOT), "-n", "-o", ".venv/.stamps/reports", "--no-print-directory", "lab"]
    asked += [f"BIN={Path(sys.executable).parent}", f"ARGS={options}"]
    line = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    own = {f"JUPYTER{what}_DIR": str(desk / what) for what in ("_DATA", "_RUNTIME", "LAB_SETTINGS", "LAB_WORKSPACES")}
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "PYTEST", "CX_"))}
    with open(desk / "log", "wb") as log:
        process = subprocess.Popen(
            line, shell=True, cwd=desk, env=plain | own, stdout=log, stderr=log, start_new_session=True
        )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{address}/api/status?token={TOKEN}", process, desk / "log")
        yield address
    finally:
        for number, patience in ((signal.SIGTERM, 15), (signal.SIGKILL, 5)):
            with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
                os.killpg(process.pid, number)
                process.wait(patience)


def _wait_for(address: str, process: subprocess.Popen, log: Path) -> None:
    until = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < until:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(address, timeout=5).close()
            return
        time.sleep(0.1)
    pytest.fail(f"the lab did not start:\n{log.read_text('utf-8', 'replace')[-3000:]}")


@pytest.fixture(scope="module")
def page(lab, browser):
    """The notebook in the lab, all its cells run; what it complained of and asked for is noted."""
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    page = context.new_page()
    page.errors, page.asked = [], []
    page.on("console", lambda said: page.errors.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.on("request", lambda request: page.asked.append(request.url))
    page.goto(f"{lab}/lab/tree/survey.ipynb?token={TOKEN}")
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=120_000)  # or it would ask which kernel to use
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.locator(".lm-Menu-item[data-command='runmenu:run-all']").click()
    page.locator(COMPLAINT).wait_for(timeout=120_000)  # the last cell's mistake
    yield page
    context.close()


@pytest.fixture
def choices(page):
    """The dropdowns to look for oneself with: group, period, segment."""
    box = page.locator(".jp-OutputArea .cx-choices-fa").last
    box.scroll_into_view_if_needed()
    return box.locator("select")


PLACED = """e => {
    const range = document.createRange(), style = getComputedStyle(e), box = e.getBoundingClientRect();
    range.selectNodeContents(e);
    const text = range.getClientRects()[0];
    return {right: box.right - text.right, left: text.left - box.left,
            font: style.fontFamily, bidi: style.unicodeBidi, direction: style.direction};
}"""


def test_persian_reads_right_to_left_in_the_font_of_the_pages_and_code_left_to_right(page):
    page.locator(".jp-WindowedPanel-outer").evaluate("panel => panel.scrollTop = 0")
    heading = page.locator(".jp-RenderedMarkdown h1:visible", has_text="مشتریان").evaluate(PLACED)
    assert heading["bidi"] == "plaintext"
    assert heading["right"] < 10 < heading["left"], "it begins at the right edge"
    assert heading["font"].startswith("Vazirmatn")
    loaded = page.evaluate("[...document.fonts].filter(f => f.status == 'loaded').map(f => f.family)")
    assert {"Vazirmatn", "Vazirmatn Persian"} <= {name.strip('"') for name in loaded}, "served, not only named"
    assert page.evaluate("document.fonts.check('16px Vazirmatn', 'سلام')")
    code = page.locator(".jp-CodeCell .cm-line:visible", has_text="workspace =").evaluate(PLACED)
    assert code["direction"] == "ltr"
    assert code["left"] < 10 < code["right"]


def test_a_choice_shows_the_numbers_of_the_measure(page, choices):
    tables = ws.open(SAMPLE)
    answers = tables.until.with_column("responses", "segment")
    part = cut(answers, "responded_at", dates.Period.parse("1404-02"), ("channel", "app"))
    want = survey.nps(part, by="channel", smallest=tables.smallest)["nps"].to_list()
    assert choices.evaluate_all("all => all.map(e => e.selectedOptions[0].textContent.trim())")[2] == "همه"
    for place, name in ((1, "اردیبهشت ۱۴۰۴"), (2, "کانال: اپلیکیشن")):
        texts = [text.replace("\u00a0", " ") for text in choices.nth(place).locator("option").all_inner_texts()]
        choices.nth(place).select_option(index=texts.index(name))
    drawn = "[...document.querySelectorAll('.widget-vbox .js-plotly-plot')].pop()?.data.at(-1).x"
    page.wait_for_function(f"(want) => JSON.stringify({drawn}) == JSON.stringify(want)", arg=want, timeout=30_000)
    everybody = choices.nth(2)
    everybody.select_option(index=0)
    page.wait_for_function(f"{drawn}?.length > 1", timeout=30_000)
    assert everybody.evaluate("e => e.selectedOptions[0].textContent.trim()") == "همه", "it still says what is chosen"


def test_a_mistake_is_told_in_one_sentence(page):
    told = page.locator(COMPLAINT).inner_text().strip().splitlines()
    assert told == [f"line 1: {WRONG}", "ParameterError: '1404-13' is not a period: month 13 is not one of 1-12; "
                    "did you mean '1404-12'?"]  # fmt: skip


def test_pasted_comments_are_read_right_to_left_with_the_words_behind_their_score(lab, browser):
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    page = context.new_page()
    page.goto(f"{lab}/lab/workspaces/pasting/tree/pasting.ipynb?token={TOKEN}")
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=120_000)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.locator(".lm-Menu-item[data-command='runmenu:run-all']").click()
    box = page.locator(".cx-paste textarea")
    box.wait_for(timeout=120_000)
    box.fill("غذا سرد و بدمزه بود\n\nپیک <i>مؤدب</i> و خوش‌برخورد بود، عالی\nhello there")
    page.locator(".cx-paste button").click()
    answers = page.locator(".cx-paste section")
    page.wait_for_function("document.querySelectorAll('.cx-paste section p i').length == 0 &&"
                           "document.querySelector('.cx-paste section p').textContent.includes('سرد')")  # fmt: skip
    assert answers.count() == 3, "an empty line is no comment"
    assert "<i>مؤدب</i>" in answers.nth(1).inner_text(), "shown as it was typed, not obeyed"
    assert answers.locator("p > b").all_inner_texts() == ["ناخوشایند", "خوشایند"]
    assert "خوانده نشد" in answers.nth(2).inner_text()
    want = sentiment.explain("غذا سرد و بدمزه بود").query("kind != 'start'")
    chips = answers.nth(0).locator("span bdi:first-child").all_inner_texts()
    assert chips == want.index[:8].tolist()
    placed = answers.nth(0).locator("p").first.evaluate(PLACED)
    assert placed["right"] < 10 < placed["left"], "it begins at the right edge"
    assert placed["font"].startswith("Vazirmatn")
    assert box.evaluate("e => getComputedStyle(e).unicodeBidi") == "plaintext"
    page.locator(".cx-paste").screenshot(path=os.environ["CX_SHOT"]) if "CX_SHOT" in os.environ else None
    context.close()


def test_nothing_else_went_wrong_and_nobody_outside_was_asked(page, lab):
    assert page.errors == []
    assert [url for url in page.asked if not url.startswith((lab, "data:", "blob:"))] == []
    assert page.locator(".jp-toast-message, .Toastify__toast").count() == 0, "no question about news"
