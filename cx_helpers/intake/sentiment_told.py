"""What would one's own labels bring, in a few lines for a terminal?  And which versions are there?"""

from __future__ import annotations

import json

import numpy as np

from cx_helpers.intake import sentiment_versions as versions
from cx_helpers.intake.sentiment_adapting import Adapted
from cx_helpers.settings import Settings

_WAYS = {"customers": "customers held out", "later": "later customers"}
_MEASURES = {"macro_f1": "macro-F1", "accuracy": "accuracy"}


def told(adapted: Adapted, accepted: bool = False) -> str:
    """Labels, gain by way and measure with its interval, and what to do now (unless it is done)."""
    total = adapted.labels.sum()
    said = [", ".join(f"{int(row.sum()):,} of {kind}s" for kind, row in adapted.labels.iterrows())]
    said[0] = f"labels: {said[0]}: {', '.join(f'{int(n):,} {side}' for side, n in total.items())}; "
    said[0] += f"{adapted.customers:,} customers"
    for (way, measure), row in adapted.gain.iterrows():
        before, after, gain, low, high = (100 * row[k] for k in ("before", "after", "gain", "low", "high"))
        said.append(
            f"{_WAYS[way]:19}{_MEASURES[measure]:9} shipped {before:.1f}, yours {after:.1f}: {gain:+.1f} "
            f"(95% {low:+.1f} to {high:+.1f}), {int(row['n']):,} comments"
        )
    said.append(_classes(adapted))
    said.append(f"{adapted.refit.moved:,} weights moved, {adapted.refit.new:,} words, pairs and parts came in")
    return "\n".join([*said, *([] if accepted else [verdict(adapted)])])


def _classes(adapted: Adapted) -> str:
    each = [f"{name} {100 * row['value']:.1f} ({100 * row['low']:.1f}-{100 * row['high']:.1f})"
            for name, row in adapted.classes.iterrows()]  # fmt: skip
    count = "three classes" if adapted.half is not None else "two classes, middling ones are too few or not told apart"
    return f"{count}; held-out F1: {', '.join(each)}"


def verdict(adapted: Adapted) -> str:
    """Is it worth it, and what next?"""
    if adapted.sure:
        return "better beyond chance; nothing has changed yet: cx sentiment adapt --accept lets it read"
    each = adapted.gain.loc["customers"]
    if (each["low"] > 0).all():
        return "not to be accepted: on later customers it is worse beyond chance; what is written has changed since"
    main = each.loc[each["low"].idxmin()]
    if main["gain"] <= 0:
        return "not to be accepted: it brings nothing on comments held out; the shipped model goes on reading"
    return (
        "not to be accepted: the gain may be chance, its interval holds a loss; were it as large as it seems, about "
        f"{_needed(main):,} labels would show it"
    )


def _needed(row) -> int:
    """Labels at which a gain of this size would be sure, since an interval narrows as the root of their number."""
    times = ((row["gain"] - row["low"]) / row["gain"]) ** 2
    return int(np.ceil(row["n"] * max(times, 1) / 100) * 100)


def listed(settings: Settings) -> str:
    """The versions that a company keeps, and which one reads."""
    folder, chosen = settings.folder, versions.choice(settings.folder)
    lines = []
    for name in dict.fromkeys([versions.SHIPPED, *versions.kept(folder), *chosen.values()]):
        about, said = versions.named(folder, name).about, ""
        if "gain" in about:
            row = json.loads(about["gain"])[0]
            said = f"  made {about['made']}, {int(about['customers']):,} customers, macro-F1 {100 * row['gain']:+.1f}"
            said += f" ({100 * row['low']:+.1f} to {100 * row['high']:+.1f})"
        lines.append(f"{'*' if name == chosen['model'] else ' '} {name}{said}")
    if chosen["model"] != chosen["tables"]:
        lines.append(f"tables/ were read by {chosen['tables']}; read them anew: cx ingest, or cx sentiment use")
    return "\n".join([*lines, "* reads; another: cx sentiment use VERSION (shipped goes back)"])
