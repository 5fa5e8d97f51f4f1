"""What may a page hold that others wrote?  Markdown and HTML made harmless, and the policy that forbids the rest.

Escape first, policy second: were something to slip through the first, the second stops it from running or calling home.
"""

from __future__ import annotations

import base64
import hashlib
import re

import bleach
import mistune
from markupsafe import Markup, escape

_TAGS = set(
    "p br hr span div b strong i em u s small sub sup code pre blockquote ul ol li dl dt dd h3 h4 h5 h6 a bdi "
    "table caption colgroup col thead tbody tfoot tr th td".split()
)
_ATTRIBUTES = {"*": ["dir", "lang"], "a": ["href"], "td": ["colspan", "rowspan"], "th": ["colspan", "rowspan", "scope"]}
_PROTOCOLS = {"http", "https", "mailto"}
# not for safety (bleach sees to that) but so that a style sheet's text does not stand on the page as words
_SILENT = re.compile(r"<(style|script|template|iframe|noscript|title|svg|math)\b.*?(</\1\s*>|\Z)", re.I | re.S)


def clean_html(text: str) -> Markup:
    """HTML from an output that is none of our blocks: structure and words stay; scripts, styles, pictures, forms go."""
    plain = _SILENT.sub("", text)
    return Markup(bleach.clean(plain, _TAGS, _ATTRIBUTES, _PROTOCOLS, strip=True, strip_comments=True))


class _Renderer(mistune.HTMLRenderer):
    """Markdown without HTML, without pictures from anywhere, and with links only to where a reader may go."""

    def image(self, text: str, url: str, title: str | None = None) -> str:
        return str(escape(text))

    def link(self, text: str, url: str, title: str | None = None) -> str:
        target = url.strip()
        if not re.match(r"(https?://|mailto:|#|[\w.-]+\.html(#[\w.-]*)?$)", target, re.I):
            return text
        return f'<a href="{escape(target)}">{text}</a>'


_markdown = mistune.create_markdown(renderer=_Renderer(escape=True), plugins=["table", "strikethrough"])


def markdown(text: str) -> Markup:
    """A Markdown cell as HTML; what is HTML in it is shown as text."""
    return Markup(_markdown(text))


def policy(loader: str, style: str) -> str:
    """The page's content-security policy.

    Only the one inline script whose hash is named may run, and what it loads ('strict-dynamic'): not even a script of
    our own folder, were somebody to write its tag into the page.  Measured: file:// and http:// alike; hashes of the
    files by `integrity` work on http only.  The empty style's hash is plotly's, which fills it by CSSOM; the
    other is the page's own style.
    Nothing else may be asked for from anywhere: no connection, frame, form, base, object; pictures only inline.
    """
    rules = {
        "default-src": "'none'",
        "script-src": f"'strict-dynamic' '{_hash(loader)}'",
        "style-src": f"'{_hash(style)}' '{_hash('')}'",
        "font-src": "'self' file:",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def image_source(mime: str, data) -> str | None:
    """A picture from an output as a data: address (an SVG in an <img> runs nothing); other kinds are None."""
    if not mime.startswith("image/"):
        return None
    text = "".join(data) if isinstance(data, list) else data
    if mime == "image/svg+xml":
        return f"data:{mime};base64,{base64.b64encode(text.encode()).decode()}"
    if mime in ("image/png", "image/jpeg"):
        return f"data:{mime};base64,{''.join(text.split())}"
    return None
