"""Will this figure draw?  What a page refuses: trace types that its bundle lacks, and figures without a point."""

from __future__ import annotations

import base64
import functools
import json

import numpy as np

from cx_helpers.report.theme import ASSETS

_VALUES = {
    "pie": "values labels",
    "sankey": "link.value",
    "heatmap": "z",
    "indicator": "value",
    "treemap": "labels",
    "sunburst": "labels",
}


class PageError(RuntimeError):
    """A page that would not show what its notebook made; the run fails that notebook."""


@functools.cache
def bundled_traces() -> frozenset[str]:
    """The trace types in the chart bundle."""
    return frozenset(json.loads((ASSETS / "traces.json").read_text("utf-8"))["traces"])


def refuse_undrawable(figure: dict, where: str) -> None:
    """Raise PageError when plotly.js would show an empty picture: an unknown trace type, or no trace with a point."""
    traces = figure.get("data") or []
    for trace in traces:
        kind = trace.get("type", "scatter")
        if kind not in bundled_traces():
            have = ", ".join(sorted(bundled_traces() - {"calendars"}))
            raise PageError(
                f"{where}: the chart bundle has no {kind!r} traces; use one of {have}, "
                "or add it in tools/chart_bundle/build.mjs and build again"
            )
    if not any(_points(trace) for trace in traces):
        raise PageError(f"{where}: the chart has no point to draw; show a sentence when the answer is empty")


def _points(trace: dict) -> int:
    """How many points with a value does a trace hold?"""
    kind = trace.get("type", "scatter")
    if trace.get("visible") is False:
        return 0
    if kind in _VALUES:
        return max(_count(_reach(trace, path)) for path in _VALUES[kind].split())
    sides = [_count(trace[side]) for side in ("x", "y") if side in trace]
    if kind in ("scatter", "bar") and len(sides) == 2:
        return min(sides)
    return max(sides, default=0)


def _reach(trace: dict, path: str):
    for key in path.split("."):
        trace = trace.get(key) if isinstance(trace, dict) else None
    return trace


def _count(values) -> int:
    if isinstance(values, dict) and "bdata" in values:  # plotly's binary form of a numpy array
        array = np.frombuffer(base64.b64decode(values["bdata"]), dtype=np.dtype(values["dtype"]))
        return int(np.isfinite(array).sum()) if array.dtype.kind == "f" else array.size
    if isinstance(values, (list, tuple)):
        return sum(_count(one) if isinstance(one, (list, tuple)) else one is not None and one == one for one in values)
    return int(values is not None)
