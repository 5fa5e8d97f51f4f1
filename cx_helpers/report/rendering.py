"""How does a block become HTML?  One set of templates for the lab and the page; every value is escaped by them."""

from __future__ import annotations

import functools
import json
from pathlib import Path

import jinja2
from markupsafe import Markup

from cx_helpers import wording
from cx_helpers.report import theme
from cx_helpers.report.phrases import phrases

TEMPLATES = Path(__file__).parent / "templates"
BLOCK = "application/vnd.cx.block+json"
METRICS = "application/vnd.cx.metrics+json"
FINDINGS = "application/vnd.cx.findings+json"
PLOTLY = "application/vnd.plotly.v1+json"


def script_json(value) -> Markup:
    """JSON that may stand inside a <script>: no `<`, `>`, `&` or line separator can end it or start another."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)


@functools.cache
def environment() -> jinja2.Environment:
    """The templates: everything escaped, a misspelt name is an error."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["script_json"] = script_json
    made.globals["number"] = wording.number
    return made


def block_html(block: dict) -> Markup:
    """One block as HTML, from its payload."""
    template = environment().get_template(f"blocks/{block['kind']}.html.j2")
    return Markup(template.render(block=block, locale=block["locale"], t=phrases(block["locale"])))


def lab_html(block: dict) -> str:
    """The same for JupyterLab, which knows none of our styles: with them, and with its own direction."""
    locale = block["locale"]
    style = theme.css_variables() + (theme.ASSETS / "blocks.css").read_text("utf-8")
    direction = "rtl" if locale == "fa" else "ltr"
    return f'<div class="cx lab" lang="{locale}" dir="{direction}"><style>{style}</style>{block_html(block)}</div>'


class Block:
    """What a notebook cell shows: a payload that the page sets, the same as HTML for the lab, and what it records.

    payload   {"kind", "locale", …}, all texts in the reader's language
    plain     the same in a line or two
    metrics   rows for metrics.json;  findings  rows for findings.json (the runner adds `report`)
    """

    def __init__(self, payload: dict, plain: str, metrics: list[dict] = (), findings: list[dict] = ()):
        self.payload, self.plain = payload, plain
        self.metrics, self.findings = list(metrics), list(findings)

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        bundle = {BLOCK: self.payload, "text/html": lab_html(self.payload), "text/plain": self.plain}
        if self.metrics:
            bundle[METRICS] = self.metrics
        if self.findings:
            bundle[FINDINGS] = self.findings
        return bundle

    def __repr__(self) -> str:
        return self.plain


def without(title: str, why: str, locale: str) -> Block:
    """What stands in place of a picture or table without rows.  A page names those without data together: `absent`."""
    text = ": ".join(filter(None, [title, why]))
    said = {"absent": title} if why == phrases(locale).nothing_here else {}
    return Block({"kind": "note", "locale": locale, "sentences": [text], "tone": "nothing"} | said, text)
