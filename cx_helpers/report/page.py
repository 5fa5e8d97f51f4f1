"""How does an executed notebook become a page that a manager reads?

`build` makes one report's page, `failure` the page of one that could not be made, `index` (report/index.py) the first
page of a run, and `write_assets` what they all share.  A page opens from disk, from a web server, from a phone; it asks
for nothing from anywhere.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import nbformat
from markupsafe import Markup

from cx_helpers.report import theme
from cx_helpers.report.drawable import PageError
from cx_helpers.report.gather import Gathered, foreign, split_heading
from cx_helpers.report.phrases import phrases
from cx_helpers.report.rendering import environment
from cx_helpers.report.safe import policy
from cx_helpers.report.setting import scope, sentence, words

__all__ = ["build", "failure", "index", "heading", "with_notice", "write_assets", "PageError"]

_SHARED = ("plotly.min.js", "page.js", "Vazirmatn.woff2", "Vazirmatn-OFL.txt", "plotly-LICENSE.txt")

_NOTICE = {  # customers' words are escaped: no such tag is theirs
    "": re.compile(r'\A<aside class="notice".*?</aside>\n', re.S),
    "data": re.compile(r'<aside class="notice data".*?</aside>\n', re.S),
}


def build(
    notebook,
    *,
    locale: str,
    title=None,
    company="",
    period_label: str = "",
    parameters: dict | None = None,
    manifest_info: dict | list | None = None,
    assets: str = "assets",
    home: str | None = "index.html",
) -> str:
    """One report's page from its executed notebook.

    notebook       nbformat node (or a path);  locale  which of the cells tagged `fa` and `en` stay
    title          default: the notebook's own first heading;  company, period_label  the line above it
    parameters     {name: value} shown folded at the end; a `segment` among them stands in the heading, too
    manifest_info  {name: value} or lines of the page's foot
    assets, home   relative addresses of the shared files and of the run's first page (None: no link)
    Raises PageError when a chart would not draw or an output has a kind that no page can show.
    """
    notebook = nbformat.read(notebook, as_version=4) if isinstance(notebook, (str, Path)) else notebook
    page = Gathered(locale)
    for number, cell in enumerate(notebook.cells):
        page.add(cell, number)
    page.settle()
    shown = words(title, locale) or page.heading or words(company, locale)
    segment = scope((parameters or {}).get("segment"), locale)
    segment = "" if segment in period_label else segment
    return _render(
        "page.html.j2",
        locale,
        title=" · ".join(filter(None, [shown, period_label, segment, words(company, locale)])),
        eyebrow=[words(company, locale), period_label],
        segment=segment,
        heading=shown,
        intro=page.intro,
        parts=page.parts,
        endings=page.endings,
        code=page.code,
        parameters=_pairs(parameters, locale),
        made=_lines(manifest_info),
        figures=page.figures,
        assets=assets,
        home=home,
    )


def failure(
    *,
    locale: str,
    title,
    reason,
    outcome: str = "failed",
    remedy=None,
    details: str = "",
    company="",
    period_label: str = "",
    manifest_info: dict | list | None = None,
    assets: str = "assets",
    home: str | None = "index.html",
) -> str:
    """The page of a report that failed or was skipped: what happened in words, what to do, the details folded away."""
    return _render(
        "failure.html.j2",
        locale,
        title=words(title, locale),
        eyebrow=[words(company, locale), period_label],
        segment="",
        heading=words(title, locale),
        outcome=outcome,
        reason=sentence(reason, locale),
        remedy=words(remedy, locale),
        details=details,
        made=_lines(manifest_info),
        figures=[],
        assets=assets,
        home=home,
    )


def with_notice(html: str, *, locale: str, title, text=None, href: str = "", link="", kind: str = "") -> str:
    """A page that was made before, with a notice at its head: a title, a sentence, a link.  One of its kind gives way.

    locale  of the notice; the page itself may be in the other language
    kind    empty: what the page itself is;  "data": what its data are
    """
    said = {"title": words(title, locale), "text": words(text, locale), "link": words(link, locale)}
    notice = environment().get_template("notice.html.j2").render(locale=locale, href=href, kind=kind, **said)
    head, main, rest = html.partition("<main>\n")
    return head + main + notice + "\n" + _NOTICE[kind].sub("", rest)


def index(*args, **kwargs) -> str:
    """The run's first page; see report/index.py."""
    from cx_helpers.report.index import index as made

    return made(*args, **kwargs)


def write_assets(folder: str | Path) -> list[Path]:
    """Write what all pages share into `folder`: chart bundle, script, font, licences.  Returns the files."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name in _SHARED:
        shutil.copyfile(theme.ASSETS / name, folder / name)
    return sorted(folder / name for name in _SHARED)


def heading(notebook, locale: str) -> str:
    """A notebook's title: the first heading of its cells in this language."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and not foreign(cell, locale):
            found, _ = split_heading(cell.source)
            if found:
                return found
    return ""


def _pairs(parameters: dict | None, locale: str) -> list[tuple[str, str]]:
    empty = phrases(locale).empty
    return [(name, str(value) if value not in ("", None) else empty) for name, value in (parameters or {}).items()]


def _lines(info) -> list[str]:
    if not info:
        return []
    return [f"{name}: {value}" for name, value in info.items()] if isinstance(info, dict) else list(info)


def _render(template: str, locale: str, *, figures: list, assets: str, **values) -> str:
    t = phrases(locale)
    loader, style = _loader(assets, bool(figures)), theme.style(assets)
    settings = {"dark": theme.dark_faces(), "config": theme.CONFIG, "sort": t.sort_hint, "failed": t.chart_failed}
    return (
        environment()
        .get_template(template)
        .render(
            locale=locale,
            t=t,
            figures=figures,
            assets=assets,
            loader=Markup(loader),
            style=Markup(style),
            csp=policy(loader, style),
            settings=settings | {"locale": locale},
            **values,
        )
    )


def _loader(assets: str, charts: bool) -> str:
    """The page's one inline script: it loads our files in order.  Its hash stands in the policy."""
    names = ["plotly.min.js", "page.js"] if charts else ["page.js"]
    sources = ",".join(f'"{assets}/{name}"' for name in names)
    load = "const e=document.createElement('script');e.src=s;e.async=false;document.head.append(e)"
    return f"for(const s of[{sources}]){{{load}}}"
