"""What is to be said of those who fell to a lower segment?"""

from __future__ import annotations

import pandas as pd

from cx_helpers.certainty import ALL
from cx_helpers.records import Finding, clean, severity
from cx_helpers.wording import Words, compared, name, say

GUARDS = [
    {
        "fa": "جابه‌جایی با مرزهای ثابت سنجیده شده است (مرزهای امروز برای هر سه تاریخ)، تا آمدن مشتریان تازه کسی را "
        "پایین نبرد؛ «افت» یعنی رفتن به گروهی که دیرتر آمده است. تفاوت با دورهٔ پیش برای همهٔ گروه‌ها تصحیح شده است "
        "(هولم).",
        "en": "Moves are measured by fixed limits (today's, on all three dates), so that newcomers push nobody down; "
        "to fall is to go to a group that came less lately. The difference from the period before is corrected for all "
        "groups (Holm).",
    }
]

BUYERS = {"fa": "خریداران", "en": "buyers"}  # of the groups from which one can fall

TABLE = {  # how a page sets `migration.falls`
    "columns": ["n", "fallen", "low", "high", "fallen_before", "change"],
    "titles": {
        "n": {"fa": "مشتریان در آغاز دوره", "en": "customers as the period began"},
        "fallen": {"fa": "افت کردند", "en": "fell"},
        "fallen_before": {"fa": "افت در دورهٔ پیش", "en": "fell in the period before"},
        "change": {"fa": "تغییر (واحد درصد)", "en": "change (points)"},
    },
    "formats": dict.fromkeys(("fallen", "fallen_before", "low", "high"), "share") | {"change": "points_of_share"},
    "rows_title": {"fa": "از گروه", "en": "from the group"},
}  # fmt: skip


def findings(falls: pd.DataFrame, titles: dict[str, Words] | None = None) -> tuple[list[Finding], int]:
    """The groups out of which more customers fell than before, or fewer: (findings, looks).

    falls   of `migration.falls`;  titles  what the groups are called, where they have no names of their own (clusters)
    """
    looked, found = falls[falls["p_adjusted"].notna()], []
    for group, row in looked.sort_values("p_adjusted", kind="stable").iterrows():
        loud = severity(row["p_adjusted"], bool(row["large"]))
        if loud is not None:
            found.append(_finding(falls.index.name, group, row, loud, len(looked), titles or {}))
    return found, len(looked)


def _finding(by: str, group, row, loud: str, looks: int, titles: dict) -> Finding:
    more, whole = row["change"] > 0, group == ALL
    text = say(
        fa="{x:.1%} {whom} در این دوره به گروه پایین‌تری رفتند؛ در دورهٔ پیش {rest:.1%}",
        en="{x:.1%} of {whom} fell to a lower group in this period; in the one before {rest:.1%}",
        x=row["fallen"], rest=row["fallen_before"], whom=BUYERS if whole else _quoted(titles.get(group) or name(group)),
    )  # fmt: skip
    detail = say(
        fa="{n} مشتری؛ بازهٔ ۹۵٪: {low:.1%} تا {high:.1%}. تغییر {change:+.1f} واحد درصد ({a:+.1f} تا {b:+.1f}).",
        en="{n} customers; 95% interval {low:.1%} to {high:.1%}. Change {change:+.1f} percentage points ({a:+.1f} to "
        "{b:+.1f}).",
        n=int(row["n"]), low=row["low"], high=row["high"], change=100 * row["change"], a=100 * row["change_low"],
        b=100 * row["change_high"],
    )  # fmt: skip
    ends = [row["n"] * row[c] for c in ("change", "change_low", "change_high")]
    impact = {"value": ends[0], "low": ends[1], "high": ends[2], "unit": "customers"} if more and not whole else None
    return Finding(
        kind="segment", subject={} if whole else {by: clean(group)}, measure="fallen",
        value=clean(row["fallen"]), baseline=clean(row["fallen_before"]), low=clean(row["low"]),
        high=clean(row["high"]), n=int(row["n"]), p_adjusted=clean(row["p_adjusted"]), severity=loud, text=text,
        detail=detail, impact=impact, looks=looks, good=not more,
    )  # fmt: skip


def _quoted(called: Words) -> Words:
    return say(fa="«{x}»", en="“{x}”", x=called)


def sentence(falls: pd.DataFrame, found: list[Finding], looks: int) -> Words:
    """How many fell, against the period before, and whether any group fell more."""
    row = falls.loc[ALL] if ALL in falls.index else None
    if row is None or pd.isna(row["fallen"]) or pd.isna(row["fallen_before"]):
        return say(
            fa="برای سنجش جابه‌جایی با دورهٔ پیش مشتری کافی نیست.",
            en="There are too few customers to compare who moved with the period before.",
        )
    said = say(
        fa="{x:.1%} از {n} خریداری که می‌توانستند افت کنند به گروه پایین‌تری رفتند (بازهٔ ۹۵٪: {low:.1%} تا {high:.1%})؛ "
        "در دورهٔ پیش {rest:.1%}.",
        en="{x:.1%} of {n} buyers who could fall went to a lower group (95% interval {low:.1%} to {high:.1%}); in the "
        "period before {rest:.1%}.",
        x=row["fallen"], n=int(row["n"]), low=row["low"], high=row["high"], rest=row["fallen_before"],
    )  # fmt: skip
    if found:
        return said
    more = say(
        fa="{compared} با دورهٔ پیش، پس از تصحیح هیچ تفاوت روشنی نماند.",
        en="{compared} with the period before nothing holds after correction.",
        compared=compared(looks),
    )
    return {locale: f"{said[locale]} {more[locale]}" for locale in said}
