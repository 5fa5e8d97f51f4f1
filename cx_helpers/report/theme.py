"""Colours, fonts, right-to-left: how plotly, seaborn and the page come to look like one thing.

Every colour has a light and a dark face.  Figures are drawn with the light ones; a page swaps them, string by string,
when the reader's system is dark (`dark_faces`), so a figure is stored once.
"""

from __future__ import annotations

from pathlib import Path

ASSETS = Path(__file__).parent / "assets"
FONTS = Path(__file__).parent / "fonts"
FAMILY = "Vazirmatn, system-ui, sans-serif"

# name: (light, dark).  One accent; red and amber only for what asks for attention; text passes 4.5:1 on its ground.
COLOURS: dict[str, tuple[str, str]] = {
    "ink": ("#1b2430", "#e8edf2"),
    "soft": ("#566271", "#9fabb8"),
    "line": ("#e2e6eb", "#2b3440"),
    "rule": ("#b9c1ca", "#4a5665"),
    "paper": ("#ffffff", "#171d25"),
    "ground": ("#f5f7f9", "#10151b"),
    "accent": ("#0f6b74", "#56c2cb"),
    "band": ("rgba(15,107,116,0.16)", "rgba(86,194,203,0.22)"),
    "bad": ("#b3261e", "#ff8a80"),
    "mid": ("#a15c00", "#f0b35a"),
    "good": ("#1f7a45", "#6fd39b"),
    "mute": ("#8a95a2", "#77838f"),
    "ribbon": ("rgba(15,107,116,0.28)", "rgba(86,194,203,0.34)"),
    "ribbon_bad": ("rgba(179,38,30,0.28)", "rgba(255,138,128,0.36)"),
    "ribbon_mute": ("rgba(138,149,162,0.28)", "rgba(154,167,180,0.26)"),
}
# Series are told apart by lightness as well as hue (checked for red-green and blue-yellow blindness) and by dash.
SERIES: tuple[tuple[str, str], ...] = (
    COLOURS["accent"],
    ("#c26a00", "#f2b24e"),
    ("#6d4aa3", "#bda4ec"),
    ("#3f8fd2", "#8cc4f5"),
    ("#a8325f", "#f394b8"),
    ("#5b6570", "#aeb8c2"),
)
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
MARKERS = ("circle", "diamond", "square", "triangle-up", "cross", "x")
SEQUENTIAL = (("#eaf3f3", "#1d2b31"), ("#8fc1c5", "#2c6f78"), ("#0e6b75", "#74d9e2"))
DIVERGING = (("#b3362e", "#ff9d94"), ("#f1f2f4", "#232b35"), ("#0e6a73", "#62ccd5"))

CONFIG = {"displayModeBar": False, "responsive": True, "scrollZoom": False, "doubleClick": False}


def colour(name: str, dark: bool = False) -> str:
    """One named colour: `colour("accent")`."""
    return COLOURS[name][dark]


def series(position: int) -> str:
    """The colour of the nth series; after the last it starts again (the dash then differs)."""
    return SERIES[position % len(SERIES)][0]


def scale(steps) -> list[list]:
    """A plotly colour scale from (light, dark) steps."""
    return [[round(i / (len(steps) - 1), 4), light] for i, (light, _) in enumerate(steps)]


def dark_faces() -> dict[str, str]:
    """{light: dark} of every colour a figure may hold."""
    return dict([*COLOURS.values(), *SERIES, *SEQUENTIAL, *DIVERGING])


def css_variables() -> str:
    """The colours as CSS variables: light, dark by the reader's system, and either by JupyterLab's own theme."""
    faces = ["".join(f"--{name}:{pair[dark]};" for name, pair in COLOURS.items()) for dark in (0, 1)]
    return (
        f".cx{{{faces[0]}color-scheme:light}}"
        f"@media screen and (prefers-color-scheme:dark){{.cx{{{faces[1]}color-scheme:dark}}}}"
        f'[data-jp-theme-light="true"] .cx{{{faces[0]}color-scheme:light}}'
        f'[data-jp-theme-light="false"] .cx{{{faces[1]}color-scheme:dark}}'
    )


def style(assets: str) -> str:
    """All that a page needs to look as it should, written into it: a page sent alone by mail keeps its looks (without
    `assets` only the font gives way to the reader's own, and pictures to their tables)."""
    sheets = [(ASSETS / name).read_text("utf-8") for name in ("blocks.css", "page.css")]
    sheets[1] = sheets[1].replace("url(Vazirmatn.woff2)", f'url("{assets}/Vazirmatn.woff2")')
    return "\n".join([css_variables(), *sheets])


def layout(locale: str, **changes) -> dict:
    """The layout that every figure starts from; `changes` are laid over it."""
    axis = {
        "automargin": True,
        "fixedrange": True,
        "gridcolor": colour("line"),
        "linecolor": colour("line"),
        "zeroline": False,
        "ticks": "",
        "tickfont": {"color": colour("soft"), "size": 12.5},
        "title": {"font": {"color": colour("soft"), "size": 12.5}, "standoff": 10},
    }
    start = {
        "font": {"family": FAMILY, "size": 13, "color": colour("ink")},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 12, "r": 12, "t": 16, "b": 12, "pad": 4},
        "dragmode": False,
        "hovermode": "closest",
        "hoverlabel": {
            "font": {"family": FAMILY, "size": 13, "color": colour("ink")},
            "bgcolor": colour("paper"),
            "bordercolor": colour("rule"),
            "align": "right" if locale == "fa" else "left",
        },
        "showlegend": False,
        "legend": {
            "orientation": "h",
            "x": 1 if locale == "fa" else 0,
            "xanchor": "right" if locale == "fa" else "left",
            "y": 1.02,
            "yanchor": "bottom",
            "font": {"color": colour("ink"), "size": 12.5},
            "itemclick": "toggle",
            "traceorder": "normal",
        },
        "xaxis": axis,
        "yaxis": axis | {"side": "right" if locale == "fa" else "left"},
        "colorway": [light for light, _ in SERIES],
    }
    return merge(start, changes)


def merge(base: dict, changes: dict) -> dict:
    """A new dict: `changes` laid over `base`, nested ones inside each other."""
    out = dict(base)
    for key, value in changes.items():
        out[key] = merge(out[key], value) if isinstance(value, dict) and isinstance(out.get(key), dict) else value
    return out


def matplotlib_settings() -> dict:
    """rcParams for seaborn's prints: our font (matplotlib >= 3.11 shapes Persian by itself), our colours, few lines."""
    from matplotlib import font_manager

    if "Vazirmatn" not in {font.name for font in font_manager.fontManager.ttflist}:
        font_manager.fontManager.addfont(FONTS / "Vazirmatn-Regular.ttf")
    soft, line = colour("soft"), colour("line")
    return {
        "font.family": ["Vazirmatn"],
        "font.size": 10,
        "svg.fonttype": "path",
        "svg.hashsalt": "cx",  # the same picture gives the same bytes
        "figure.facecolor": "none",
        "axes.facecolor": "none",
        "savefig.facecolor": "none",
        "axes.edgecolor": line,
        "axes.labelcolor": soft,
        "axes.grid": True,
        "axes.grid.axis": "y",
        "axes.axisbelow": True,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.spines.left": False,
        "grid.color": line,
        "text.color": colour("ink"),
        "xtick.color": soft,
        "ytick.color": soft,
        "xtick.major.size": 0,
        "ytick.major.size": 0,
        "lines.linewidth": 2,
    }
