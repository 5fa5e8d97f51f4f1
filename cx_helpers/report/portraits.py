"""How is a group shown as one would tell of a person?  Persona cards: who, how many, worth what, on which way."""

from __future__ import annotations

import pandas as pd

from cx_helpers import wording
from cx_helpers.report.phrases import phrases
from cx_helpers.report.rendering import Block
from cx_helpers.report.setting import amount, group, interval, is_null, metric, words

_SHARE = metric("share", "share", 0)


def personas(cards: list[dict], *, title=None, formats: dict | None = None) -> Block:
    """Groups as cards that can be read like a person's description, side by side.

    cards    each {title, kicker: words; why: words where it must not be shown, else null; size: n, share, low, high;
             figures: (metric, value, low, high); apart: {trait, more, mean, all}; channels, loved, hated: rows of
             share, low, high; way: touchpoints; turns: words; loved_said, hated_said: customers' words, redacted}
    formats  {trait: metric name or unit} of what sets a group apart
    """
    locale = wording.current().locale
    if not cards:
        text = phrases(locale).nothing_here
        return Block({"kind": "note", "locale": locale, "sentences": [text], "tone": "nothing"}, text)
    shown = [_card(one, locale, formats or {}) for one in cards]
    plain = "\n".join(f"{one['title']}: {one['size'] or one['why']}" for one in shown)
    return Block({"kind": "persona", "locale": locale, "title": words(title, locale), "cards": shown}, plain)


def _card(one: dict, locale: str, formats: dict) -> dict:
    card = {key: words(one[key], locale) for key in ("title", "kicker", "why")}
    lists = ("figures", "apart", "channels", "way", "turns", "loved", "hated", "loved_said", "hated_said")
    empty = {"size": "", "people": "", "interval": "", "width": 0} | {key: [] for key in lists}
    if card["why"]:
        return card | empty
    size = one["size"]
    return card | empty | {
        "size": amount(size["share"], _SHARE, locale),
        "people": f"{wording.number(size['n'], locale)}\u00a0{phrases(locale).persona_customers}",
        "interval": interval(size["low"], size["high"], _SHARE, locale),
        "width": round(100 * float(size["share"]), 1),
        "figures": [_figure(row, locale) for row in one["figures"]],
        "apart": [_apart(row, locale, formats) for row in one["apart"]],
        "channels": [_bar(name, row, locale) for name, row in one["channels"].iterrows() if not is_null(row["share"])],
        "way": [group(place, locale) for place in one["way"]],
        "turns": [words(turn, locale) for turn in one.get("turns", ())],
        "loved": [_bar(name, row, locale) for name, row in one["loved"].iterrows()],
        "hated": [_bar(name, row, locale) for name, row in one["hated"].iterrows()],
        "loved_said": list(one["loved_said"]),
        "hated_said": list(one["hated_said"]),
    }  # fmt: skip


def _figure(row: tuple, locale: str) -> dict:
    name, value, low, high = row
    of = metric(name)
    title, between = words(of.title, locale), interval(low, high, of, locale, value=value)
    return {"title": title, "value": amount(value, of, locale), "interval": between}


def _apart(row: dict, locale: str, formats: dict) -> dict:
    form = formats.get(row["trait"], row["trait"])
    of = metric(row["trait"], form, 0) if form in ("share", "money", "count") else metric(form, digits=1)
    mean, every = amount(row["mean"], of, locale), amount(row["all"], of, locale)
    return {"title": wording.label(row["trait"], locale), "mean": mean, "all": every, "more": bool(row["more"])}


def _bar(name, row: pd.Series, locale: str) -> dict:
    ends = [round(100 * float(row[c]), 1) for c in ("low", "high")]
    return {
        "title": group(name, locale), "value": amount(row["share"], _SHARE, locale),
        "interval": interval(row["low"], row["high"], _SHARE, locale),
        "width": round(100 * float(row["share"]), 1), "low": ends[0], "high": ends[1],
    }  # fmt: skip
