"""A reader's browser: what a page drew, complained of and asked for; and what a hostile customer may write."""

import http.server
import threading
from pathlib import Path


class Visit:
    """One page opened in one kind of reader's browser, with all that it complained of or asked for."""

    def __init__(self, browser, address: str, width: int = 1280, scheme: str = "light"):
        self.context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        self.page, self.errors, self.asked = self.context.new_page(), [], []
        self.page.on("console", lambda m: self.errors.append(m.text) if m.type in ("error", "warning") else None)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("requestfailed", lambda request: self.errors.append(f"failed: {request.url}"))
        self.page.goto(address)
        self.page.wait_for_selector("html[data-ready=yes]", state="attached", timeout=20_000)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.context.close()


MARKS = ".points path, .point path, .lines path, .bars path, .heatmaplayer image, .heatmaplayer rect, .sankey path"
DRAWN = """() => [...document.querySelectorAll('.plot')].map(plot => {
    const marks = plot.querySelectorAll('.main-svg :is(MARKS)');
    const box = plot.getBoundingClientRect();
    return {figure: plot.dataset.figure, marks: marks.length, width: box.width, height: box.height,
            svg: plot.querySelectorAll('svg.main-svg').length};
})""".replace("MARKS", MARKS)
CLIPPED = """() => [...document.querySelectorAll('.plot')].flatMap(plot => {
    const box = plot.getBoundingClientRect();
    return [...plot.querySelectorAll('.main-svg text')].filter(text => text.textContent.trim()).filter(text => {
        const b = text.getBoundingClientRect();
        const past = Math.max(box.left - b.left, b.right - box.right, box.top - b.top, b.bottom - box.bottom);
        return b.width && past > 1;
    }).map(text => plot.dataset.figure + ': ' + text.textContent);
})"""
WIDTH = "[document.documentElement.scrollWidth, innerWidth]"


# -- what a hostile customer may write --------------------------------------------------------------------------------

PROBES = [  # each marks its own number when it runs, or calls ELSEWHERE
    "<script>hit(N)</script>",
    "<img src=x onerror=hit(N)>",
    "<svg onload=hit(N)></svg>",
    "</script><script>hit(N)</script>",
    "--><script>hit(N)</script><!--",
    '"><script>hit(N)</script>',
    "' onmouseover='hit(N)' autofocus onfocus='hit(N)",
    '<a href="javascript:hit(N)" id="bait">bait</a>',
    "[bait](javascript:hit(N))",
    "{{ ''.__class__ }}{% raw %}<script>hit(N)</script>",
    "<iframe srcdoc='<script>parent.hit(N)</script>'></iframe>",
    "<style>body{background:url(ELSEWHERE)}</style>",
    "<meta http-equiv=refresh content='0;url=ELSEWHERE'>",
    "<details open ontoggle=hit(N)><summary>x</summary></details>",
    "<math><mtext><img src=x onerror=hit(N)></mtext></math>",
    "<link rel=stylesheet href=ELSEWHERE>",
    "<img src=ELSEWHERE>",
    "<object data=ELSEWHERE></object>",
    "<script src=assets/page.js onload=hit(N)></script>",
]


class Elsewhere:
    """A place outside that counts who calls it."""

    def __init__(self):
        asked = self.asked = []

        class Count(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append(self.path)
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Count)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def armed(elsewhere) -> list[str]:
    """The probes, each with its number and the place it may call."""
    return [p.replace("ELSEWHERE", f"{elsewhere.address}/{n}").replace("(N)", f"({n})") for n, p in enumerate(PROBES)]


def watch(browser, file: Path) -> list:
    """Open a page and touch everything in it: which probes ran?"""
    context = browser.new_context()
    shown = context.new_page()
    shown.add_init_script("window.hits=[];window.hit=n=>hits.push(n)")
    shown.goto(file.as_uri())
    if shown.locator("#cx-page").count():  # ours: wait until its charts are drawn
        shown.wait_for_selector("html[data-ready=yes]", state="attached", timeout=60_000)
    shown.wait_for_timeout(150)
    if shown.url == file.as_uri():
        touch = "e.dispatchEvent(new Event('mouseover'))"
        shown.evaluate(
            """() => {
                for (const e of document.querySelectorAll('a[href^="javascript"], #bait')) e.click();
                for (const e of document.querySelectorAll('[onmouseover]')) TOUCH;
                for (const e of document.querySelectorAll('details')) e.open = true;
            }""".replace("TOUCH", touch)
        )
        shown.wait_for_timeout(50)
        hits = shown.evaluate("window.hits")
    else:
        hits = ["left the page"]
    context.close()
    return hits
