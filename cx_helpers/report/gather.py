"""What of a notebook reaches the page?  Cells of one language, blocks, charts; what it cannot show is refused."""

from __future__ import annotations

import itertools

from markupsafe import Markup

from cx_helpers.report import theme
from cx_helpers.report.drawable import PageError, refuse_undrawable
from cx_helpers.report.phrases import phrases
from cx_helpers.report.rendering import BLOCK, FINDINGS, METRICS, PLOTLY, block_html
from cx_helpers.report.safe import clean_html, image_source, markdown

MANY_ABSENT = 3  # from so many pictures without data on, a page names them in one sentence
_SILENT = {METRICS, FINDINGS, "text/plain"}


class Gathered:
    """What is gathered cell by cell: head, body, endings, code, figures."""

    def __init__(self, locale: str):
        self.locale, self.heading, self.intro = locale, "", None
        self.parts: list[Markup] = []
        self.endings: list[Markup] = []
        self.code: list[str] = []
        self.figures: list[tuple[str, dict]] = []
        self.claims = 0
        self._section: int | None = None  # where the section's heading stands, as long as only code followed it
        self._heads: dict[int, str] = {}  # where each section begins: its heading
        self._absent: dict[int, str] = {}  # where a picture would stand that has no data: its title
        self._asked = False

    def add(self, cell, number: int) -> None:
        if foreign(cell, self.locale) or "explore" in tags_of(cell):
            return
        if cell.cell_type == "markdown":
            self.close()
            self._prose(cell.source)
        elif cell.cell_type == "code":
            self._asked = True
            if cell.source.strip() and "injected-parameters" not in tags_of(cell):
                self.code.append(cell.source.strip())
            for output in cell.outputs:
                self._output(output, f"cell {number + 1}")

    def close(self) -> None:
        """The end of a section: a heading whose cells had nothing to show is left out."""
        if self._section is not None and self._asked and len(self.parts) == self._section + 1:
            self.parts.pop()
            self._heads.pop(self._section)
        self._section = None

    def settle(self) -> None:
        """The end of the page: where many pictures have no data, one sentence names them, and sections that hold
        nothing else are left out."""
        self.close()
        if len(self._absent) < MANY_ABSENT:
            return
        named, gone = [], set(self._absent)
        for start, end in itertools.pairwise([*sorted({0, *self._heads}), len(self.parts)]):
            empty = [at for at in range(start, end) if at in self._absent]
            named += [self._absent[at] or self._heads.get(start, "") for at in empty]
            if start in self._heads and len(empty) == end - start - 1 > 0:
                gone.add(start)
        names = [f"«{name}»" if self.locale == "fa" else f"“{name}”" for name in dict.fromkeys(named) if name]
        self.parts = [part for at, part in enumerate(self.parts) if at not in gone]
        said = phrases(self.locale).nothing_for.format(names={"fa": "، ", "en": ", "}[self.locale].join(names))
        note = {"kind": "note", "locale": self.locale, "sentences": [said], "tone": "nothing"}
        self.parts.append(block_html(note))

    def _prose(self, source: str) -> None:
        if not self.heading:
            self.heading, rest = split_heading(source)
            if self.heading:
                self.intro = markdown(rest) if rest.strip() else None
                return
        self.parts.append(Markup('<section class="prose">{}</section>').format(markdown(source)))
        self._section, self._asked = None, False
        if source.lstrip().startswith("## "):
            self._section = len(self.parts) - 1
            self._heads[self._section] = source.strip().partition("\n")[0].removeprefix("## ").strip()

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
        if block["kind"] == "note" and "absent" in block:
            self._absent[len(self.parts)] = block["absent"]
        html = block_html(block)
        if html.strip():  # a remark that has nothing to say is no part of the page
            home.append(html)

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


def tags_of(cell) -> list[str]:
    """The tags of a cell; none where it has none."""
    return cell.metadata.get("tags", [])


def foreign(cell, locale: str) -> bool:
    """Is the cell in a language that this page is not in?"""
    spoken = {"fa", "en"} & set(tags_of(cell))
    return bool(spoken) and locale not in spoken


def split_heading(source: str) -> tuple[str, str]:
    """A Markdown text's first-level heading (empty where it has none) and what follows it."""
    first, _, rest = source.strip().partition("\n")
    return (first[2:].strip(), rest) if first.startswith("# ") else ("", source)
