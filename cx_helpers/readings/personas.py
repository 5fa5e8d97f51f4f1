"""Who is each group, as one would tell it of a person?  A name from what sets it apart, and its card."""

from __future__ import annotations

import pandas as pd

from cx_helpers import disclosure
from cx_helpers.wording import Words, name, say

APART = 0.5  # standard deviations off all customers: what is nearer does not make a name
TELLING = ("orders", "recency_days", "mean_order", "visits", "channels", "requests", "satisfaction", "feeling")

GUARDS = [
    {
        "fa": "نام هر چهره پیشنهادی است از ویژگی‌هایی که دست‌کم نیم انحراف معیار از میانگین همه دورند؛ خوشه‌ها از همین "
        "ویژگی‌ها ساخته شده‌اند، پس تفاوتشان آزمون نشده است. گفته‌ها نمونه‌اند، نه رأی گروه؛ نام و شماره از آن‌ها برداشته "
        "شده و از گروهی که کمتر از حد حریم نوشته‌اند چیزی نقل نشده است.",
        "en": "A persona's name is a suggestion, made of traits at least half a standard deviation off the mean of "
        "all; clusters are made of these traits, so their difference was not tested. Quotes are examples, not the "
        "group's vote; names and numbers are taken out, and of a group in which too few wrote nothing is quoted.",
    },
    {
        "fa": "مسیر هر چهره پرتکرارترین گام بعدی از هر گام است، نه راهِ یک مشتری؛ زیر آن گام‌هایی آمده که این گروه "
        "بی‌گمان بیش از دیگران برمی‌دارد (p تصحیح‌شده). کانال‌ها بر هم می‌افتند: هر مشتری در هر کانالی که به کار برده "
        "شمرده شده است.",
        "en": "The way of a persona is the commonest next step after each step, not the way of one customer; below it "
        "stand steps that the group surely takes more often than the others (p corrected for all steps). Channels "
        "overlap: a customer counts in each one used.",
    },
]

# what customers are called for a trait they have more (+) or less (-) of, and what they are besides something else
_CALLED = {
    key: words
    for key, *words in (
        line.split(" | ")
        for line in """\
orders+ | پرخرید | frequent buyers | frequently buying
orders- | کم‌خرید | occasional buyers | rarely buying
recency_days+ | دیرنیامده | customers gone quiet | quiet
recency_days- | پیگیر | recent buyers | recently seen
mean_order+ | پرخرج | big spenders | big-spending
mean_order- | کم‌خرج | small spenders | small-spending
visits+ | پررفت‌وآمد | frequent visitors | often visiting
visits- | کم‌رفت‌وآمد | rare visitors | rarely visiting
channels+ | چندکاناله | users of many channels | many-channel
channels- | تک‌کاناله | users of one channel | one-channel
requests+ | پرپرسش | customers who often ask for help | often asking
requests- | کم‌پرسش | customers who rarely ask for help | rarely asking
satisfaction+ | راضی | satisfied customers | satisfied
satisfaction- | ناراضی | dissatisfied customers | dissatisfied
feeling+ | خوش‌گفتار | customers who praise | praising
feeling- | گله‌مند | customers who complain | complaining""".splitlines()
    )
}
_FEELS = ("satisfaction", "feeling")  # stands behind what they do: frequent buyers, satisfied


def apart(row: pd.Series) -> list[str]:
    """The traits that set a group apart, the farthest first; of two that say nearly one thing the farther one.

    row  of `personas.portraits`
    """
    off = {t: row.get(f"apart_{t}") for t in TELLING}
    far = {t: abs(z) for t, z in off.items() if z is not None and abs(z) >= APART}
    return sorted(far, key=lambda t: (-far[t], TELLING.index(t)))


def called(row: pd.Series, words: int = 2) -> Words:
    """A name that suggests itself: `frequent buyers, satisfied`, «پرخریدهای راضی»; of `words` traits at the most."""
    told = apart(row)[:words]
    if not told:
        return {"fa": "مشتریان میانه", "en": "Average customers"}
    told = sorted(told, key=lambda t: t in _FEELS)
    parts = [_CALLED[t + ("+" if row[f"apart_{t}"] > 0 else "-")] for t in told]
    noun, more = parts[0], parts[1:]
    fa = _plural(noun[0], bool(more)) + "".join(" " + p[0] if i == 0 else f" و {p[0]}" for i, p in enumerate(more))
    en = ", ".join([*(p[2] for p in more), ""])[:-2]
    en = f"{en} {noun[1]}".strip()
    return {"fa": fa, "en": en[0].upper() + en[1:]}


def _plural(word: str, joined: bool) -> str:
    """پرخرید -> پرخریدها, and where something follows پرخریدهای; with a half space after a letter that would join."""
    return word + ("" if word[-1] in "ادذرزژو" else "\u200c") + ("های" if joined else "ها")


def names(portraits: pd.DataFrame, own: bool = True) -> dict[str, Words]:
    """What each group is called: by `called` (own: they have no names yet), else by its label; no two alike."""
    if not own:
        return {group: name(group) for group in portraits.index}
    found = {}
    for group, row in portraits.iterrows():
        tries = [called(row, words) for words in (2, 3, 4)]
        taken = [one["fa"] for one in found.values()]
        fresh = next((one for one in tries if one["fa"] not in taken), None)
        found[group] = fresh or say(fa="{a} ({b})", en="{a} ({b})", a=tries[0], b=group)
    return found


def cards(
    portraits: pd.DataFrame, own: bool, channels=None, ways=None, tastes=None, quotes=None, scores=None, turns=None
) -> list:
    """The groups as `blocks.personas` sets them, the most valuable (else the largest) first.

    portraits, channels, ways, turns, tastes  of measures.personas;  own  have the groups no names yet (clusters)?
    quotes  {"loved" | "hated": frame with the group's column and `text`, redacted};  scores  {metric: answer by group}
    """
    titles, order = names(portraits, own), "value_share" if "value_share" in portraits else "share"
    out, by = [], portraits.index.name
    for group, row in portraits.sort_values(order, ascending=False, kind="stable").iterrows():
        card = {"title": titles[group], "kicker": _kicker(group, own), "why": _why(row)}
        if not card["why"]:
            card |= {
                "size": row[["n", "share", "low", "high"]],
                "figures": [*_figures(row), *_scored(group, scores or {})],
                "apart": [_line(t, row) for t in apart(row)[:3]],
                "channels": _rows(channels, group).head(4),
                "way": list(_rows(ways, group).get("touchpoint", ())),
                "turns": [_turn(row) for _, row in _rows(turns, group).iterrows()] or _alike(turns),
                "loved": _taste(tastes, group, "loved"),
                "hated": _taste(tastes, group, "hated"),
                "loved_said": _said(quotes, "loved", by, group),
                "hated_said": _said(quotes, "hated", by, group),
            }
        out.append(card)
    return out


def _kicker(group, own: bool) -> Words:
    if own:
        return say(fa="خوشهٔ {a} · نام پیشنهادی", en="Cluster {a} · suggested name", a=group)
    return {"fa": "گروه خرید", "en": "Buying group"}


def _why(row: pd.Series) -> Words | None:
    if not pd.isna(row["share"]):
        return None
    return disclosure.unshown(row.get(disclosure.HIDDEN))


def _figures(row: pd.Series) -> list[tuple]:
    """(metric, value, low, high): what a customer brought so far, and the group's share of all that was brought."""
    if "each" not in row or pd.isna(row["each"]):
        return []
    return [("spent_each", row["each"], row["each_low"], row["each_high"])]


def _scored(group, scores: dict) -> list[tuple]:
    told = [(metric, frame.loc[group]) for metric, frame in scores.items() if group in frame.index]
    return [(metric, row[metric], row["low"], row["high"]) for metric, row in told if not pd.isna(row[metric])]


def _line(trait: str, row: pd.Series) -> dict:
    """One trait that sets the group apart: its mean, and that of all customers."""
    return {"trait": trait, "more": row[f"apart_{trait}"] > 0, "mean": row[trait], "all": row[f"all_{trait}"]}


def _turn(row: pd.Series) -> Words:
    """One step that the group takes more often than the others."""
    nodes = {"(start)": {"fa": "آغاز", "en": "the start"}, "(end)": {"fa": "پایان", "en": "the end"}}
    begins, ends = (nodes.get(row[c]) or name(row[c]) for c in ("from", "to"))
    return say(
        fa="از «{begins}» به «{ends}»: {x:.0%}، دیگران {b:.0%}",
        en="From “{begins}” to “{ends}”: {x:.0%}, others {b:.0%}",
        begins=begins, ends=ends, x=row["share"], b=row["others"],
    )  # fmt: skip


def _alike(turns: pd.DataFrame | None) -> list[Words]:
    """That the group goes as the others do, where that was looked at."""
    return [] if turns is None else [{"fa": "هیچ؛ مانند دیگران می‌روند", "en": "None: they go as the others do"}]


def _rows(frame: pd.DataFrame | None, group) -> pd.DataFrame:
    if frame is None or frame.empty or group not in frame.index.get_level_values(0):
        return pd.DataFrame()
    return frame.xs(group, level=0)


def _taste(tastes, group, how: str, most: int = 2) -> pd.DataFrame:
    """What most of the group's comments praise (or complain of), as share, low, high."""
    found = _rows(tastes, group)
    if found.empty:
        return found
    found = found.dropna(subset=[how]).sort_values(how, ascending=False, kind="stable").head(most)
    return found[found[how] > 0].rename(columns={how: "share", f"{how}_low": "low", f"{how}_high": "high"})


def _said(quotes, how: str, by: str, group) -> list[str]:
    if not quotes or quotes[how].empty:
        return []
    frame = quotes[how]
    return list(frame.loc[frame[by] == group, "text"])
