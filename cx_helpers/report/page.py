"""How does an executed notebook become a page that a manager reads?

`build` makes one report's page, `failure` the page of one that could not be made, `index` (report/index.py) the first
page of a run, and `write_assets` what they all share.  A page opens from disk, from a web server, from a phone; it asks
for nothing from anywhere.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import nbformat
from markupsafe import Markup

from cx_helpers.report import theme
from cx_helpers.report.drawable import PageError, refuse_undrawable
from cx_helpers.report.phrases import phrases
from cx_helpers.report.rendering import BLOCK, FINDINGS, METRICS, PLOTLY, block_html, environment
from cx_helpers.report.safe import clean_html, image_source, markdown, policy
from cx_helpers.report.setting import words

__all__ = ["build", "failure", "index", "heading", "write_assets", "PageError"]

_SILENT = {METRICS, FINDINGS, "text/plain"}
_SHARED = ("plotly.min.js", "page.js", "Vazirmatn.woff2", "Vazirmatn-OFL.txt", "plotly-LICENSE.txt")


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
    parameters     {name: value} shown folded at the end;  manifest_info  {name: value} or lines of the page's foot
    assets, home   relative addresses of the shared files and of the run's first page (None: no link)
    Raises PageError when a chart would not draw or an output has a kind that no page can show.
    """
    notebook = nbformat.read(notebook, as_version=4) if isinstance(notebook, (str, Path)) else notebook
    page = _Page(locale)
    for number, cell in enumerate(notebook.cells):
        page.add(cell, number)
    shown = words(title, locale) or page.heading or words(company, locale)
    return _render(
        "page.html.j2",
        locale,
        title=" · ".join(filter(None, [shown, period_label, words(company, locale)])),
        eyebrow=" · ".join(filter(None, [words(company, locale), period_label])),
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
        eyebrow=" · ".join(filter(None, [words(company, locale), period_label])),
        heading=words(title, locale),
        outcome=outcome,
        reason=words(reason, locale),
        remedy=words(remedy, locale),
        details=details,
        made=_lines(manifest_info),
        figures=[],
        assets=assets,
        home=home,
    )


def index(*args, **kwargs) -> str:
    """The run's first page; see report/index.py."""
    from cx_helpers.report.index import index as made

    return made(*args, **kwargs)


def write_assets(folder: str | Path) -> list[Path]:
    """Write what all pages share into `folder`: chart bundle, style, script, font, licences.  Returns the files."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name in _SHARED:
        shutil.copyfile(theme.ASSETS / name, folder / name)
    sheets = [(theme.ASSETS / name).read_text("utf-8") for name in ("blocks.css", "page.css")]
    (folder / "page.css").write_text("\n".join([theme.css_variables(), *sheets]), "utf-8")
    return sorted(folder / name for name in (*_SHARED, "page.css"))


def heading(notebook, locale: str) -> str:
    """A notebook's title: the first heading of its cells in this language."""
    for cell in notebook.cells:
        if (
            cell.cell_type == "markdown"
            and locale in _tags(cell)
            or cell.cell_type == "markdown"
            and not _foreign(cell, locale)
        ):
            found, _ = _split_heading(cell.source)
            if found:
                return found
    return ""


class _Page:
    """What is gathered cell by cell: head, body, endings, code, figures."""

    def __init__(self, locale: str):
        self.locale, self.heading, self.intro = locale, "", None
        self.parts: list[Markup] = []
        self.endings: list[Markup] = []
        self.code: list[str] = []
        self.figures: list[tuple[str, dict]] = []
        self.claims = 0

    def add(self, cell, number: int) -> None:
        if _foreign(cell, self.locale) or "explore" in _tags(cell):
            return
        if cell.cell_type == "markdown":
            self._prose(cell.source)
        elif cell.cell_type == "code":
            if cell.source.strip() and "injected-parameters" not in _tags(cell):
                self.code.append(cell.source.strip())
            for output in cell.outputs:
                self._output(output, f"cell {number + 1}")

    def _prose(self, source: str) -> None:
        if not self.heading:
            self.heading, rest = _split_heading(source)
            if self.heading:
                self.intro = markdown(rest) if rest.strip() else None
                return
        self.parts.append(Markup('<section class="prose">{}</section>').format(markdown(source)))

    def _output(self, output, where: str) -> None:
        kind = output.output_type
        if kind == "error":
            raise PageError(f"{where} ended in {output.ename}: {output.evalue}")
        if kind == "stream":
            if output.name == "stdout" and "".join(output.text).strip():
                self._raw(Markup("<pre>{}</pre>").format("".join(output.text).rstrip()))
            return  # what libraries warn about is the analyst's, and stays in the notebook
        data = output.data
        if BLOCK in data:
            self._block(data, where)
        elif PLOTLY in data:
            self._figure_alone(data[PLOTLY], where)
        elif source := next((s for mime, part in data.items() if (s := image_source(mime, part))), None):
            self._raw(Markup('<img src="{}" alt="{}">').format(source, "".join(data.get("text/plain", ""))[:200]))
        elif "text/markdown" in data:
            self._raw(markdown("".join(data["text/markdown"])))
        elif "text/html" in data:
            self._raw(clean_html("".join(data["text/html"])))
        elif unknown := [
            mime for mime in data if mime not in _SILENT and not mime.startswith("application/vnd.jupyter.widget")
        ]:
            raise PageError(f"{where}: an output of kind {unknown[0]} reaches the page and cannot be shown there")
        elif set(data) == {"text/plain"}:
            self._raw(Markup("<pre>{}</pre>").format("".join(data["text/plain"])))

    def _raw(self, content: Markup) -> None:
        self.parts.append(Markup('<div class="raw">{}</div>').format(content))

    def _block(self, data, where: str) -> None:
        block = dict(data[BLOCK])
        if block["kind"] == "chart" and not block.get("images"):
            if PLOTLY not in data:
                raise PageError(f"{where}: a chart without its figure reaches the page")
            block["figure_id"] = self._figure(data[PLOTLY], where, block)
        if block["kind"] == "finding":
            block["items"] = [{**item, "anchor": self._anchor()} for item in block["items"]]
        home = self.endings if block["kind"] == "data_card" else self.parts
        home.append(block_html(block))

    def _anchor(self) -> str:
        self.claims += 1
        return f"finding-{self.claims}"

    def _figure(self, figure: dict, where: str, block: dict) -> str:
        refuse_undrawable(figure, where)
        layout = {key: value for key, value in figure["layout"].items() if key not in ("title", "template")}
        layout["height"] = block["height"]
        layout["margin"] = {**layout.get("margin", {}), "t": block["top"]}
        return self._keep({"data": figure["data"], "layout": layout})

    def _figure_alone(self, figure: dict, where: str) -> None:
        """A plotly figure that a notebook drew by itself: it gets our fonts and colours where it names none."""
        refuse_undrawable(figure, where)
        own = figure.get("layout", {})
        title = own.get("title")
        title = title.get("text", "") if isinstance(title, dict) else title or ""
        layout = theme.merge(
            theme.layout(self.locale), {k: v for k, v in own.items() if k not in ("title", "template")}
        )
        layout["height"] = own.get("height") or 420
        block = {
            "kind": "chart",
            "locale": self.locale,
            "title": clean_html(title).striptags(),
            "caption": "",
            "alt": clean_html(title).striptags(),
            "table": None,
            "images": [],
            "key": [],
            "height": layout["height"],
            "figure_id": self._keep({"data": figure["data"], "layout": layout}),
        }
        self.parts.append(block_html(block))

    def _keep(self, figure: dict) -> str:
        name = f"figure-{len(self.figures) + 1}"
        self.figures.append((name, figure))
        return name


def _tags(cell) -> list[str]:
    return cell.metadata.get("tags", [])


def _foreign(cell, locale: str) -> bool:
    """Is the cell in a language that this page is not in?"""
    spoken = {"fa", "en"} & set(_tags(cell))
    return bool(spoken) and locale not in spoken


def _split_heading(source: str) -> tuple[str, str]:
    first, _, rest = source.strip().partition("\n")
    return (first[2:].strip(), rest) if first.startswith("# ") else ("", source)


def _pairs(parameters: dict | None, locale: str) -> list[tuple[str, str]]:
    empty = phrases(locale).empty
    return [(name, str(value) if value not in ("", None) else empty) for name, value in (parameters or {}).items()]


def _lines(info) -> list[str]:
    if not info:
        return []
    return [f"{name}: {value}" for name, value in info.items()] if isinstance(info, dict) else list(info)


def _render(template: str, locale: str, *, figures: list, assets: str, **values) -> str:
    t = phrases(locale)
    loader = _loader(assets, bool(figures))
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
            csp=policy(loader),
            settings=settings | {"locale": locale},
            **values,
        )
    )


def _loader(assets: str, charts: bool) -> str:
    """The page's one inline script: it loads our files in order.  Its hash stands in the policy."""
    names = ["plotly.min.js", "page.js"] if charts else ["page.js"]
    sources = ",".join(f'"{assets}/{name}"' for name in names)
    return f"for(const s of[{sources}]){{const e=document.createElement('script');e.src=s;e.async=false;document.head.append(e)}}"
