"""What goes with leaving, and which share of it goes with bad experience?  Associations, and called so."""

from __future__ import annotations

import pandas as pd

from cx_helpers.records import SEVERITIES, Finding, clean, severity
from cx_helpers.wording import Words, name, say

LARGE = 0.10  # ten points more who leave

GUARDS = [
    {
        "fa": "آنکه تجربهٔ بدی داشته با کسی سنجیده شده که به همان تازگی، همان‌قدر و به همان مبلغ خریده و همان‌قدر تماس "
        "داشته است؛ خطاها برای تکرار مشتریان درست است و همهٔ تجربه‌ها با هم تصحیح شده‌اند (هولم). همراهی است، نه علت.",
        "en": "Who had a bad experience is held against others who bought as lately, as often and as much and were "
        "in touch as much; errors hold for repeated customers, all experiences are corrected together (Holm). An "
        "association, not "
        "a cause.",
    },
]
EFFECTS = {
    "columns": ["n", "left", "expected", "change", "low", "high", "p_adjusted"],
    "titles": {
        "n": {"fa": "بار تجربه‌شده", "en": "times lived through"},
        "left": {"fa": "رفتند", "en": "left"},
        "expected": {"fa": "دیگرانِ مانند آنان", "en": "others like them"},
        "change": {"fa": "تفاوت، واحد درصد", "en": "difference, points"},
        "p_adjusted": {"fa": "p تصحیح‌شده", "en": "p, corrected"},
    },
    "formats": {"n": "count", "left": "share", "expected": "share", "change": "points_of_share",
                "low": "points_of_share", "high": "points_of_share"},
    "rows_title": {"fa": "پیش از آن", "en": "before that"},
}  # fmt: skip


def findings(effects: pd.DataFrame) -> tuple[list[Finding], int]:
    """Experiences after which more leave than of others alike, loudest first: (findings, looks).  Silence, a sign of
    leaving, is none of them.  effects  of `leaving_with.effects`"""
    looks = int(effects["p_value"].notna().sum())
    out = []
    for row in effects[effects["change"] > 0].itertuples():
        loud = None if row.sign else severity(row.p_adjusted, row.change >= LARGE)
        if loud:
            out.append(_finding(row, looks, loud))
    out.sort(key=lambda one: (SEVERITIES.index(one.severity), one.p_adjusted))
    return out, looks


def _finding(row, looks: int, loud: str) -> Finding:
    text = say(
        fa="پس از «{e}» {x:.1%} می‌روند، در برابر {b:.1%} دیگرانِ مانند آنان",
        en="After “{e}” {x:.1%} leave, against {b:.1%} of others like them",
        e=name(row.Index), x=row.left, b=row.expected,
    )  # fmt: skip
    detail = say(
        fa="تفاوت {x:.1f} واحد درصد (بازهٔ ۹۵٪: {low:.1f} تا {high:.1f})، {n} بار؛ با برابر گرفتن تازگی، شمار و مبلغ "
        "خرید، سابقه و تماس‌ها.",
        en="Difference {x:.1f} points (95% interval {low:.1f} to {high:.1f}), {n} times; recency, number and amount "
        "of purchases, tenure and contacts being equal.",
        x=round(100 * row.left, 1) - round(100 * row.expected, 1),  # of the shares as they are shown
        low=100 * row.low, high=100 * row.high, n=int(row.n),
    )  # fmt: skip
    impact = {k: v * row.n for k, v in (("value", row.change), ("low", row.low), ("high", row.high))}
    return Finding(
        kind="churn_risk", subject={"experience": row.Index}, measure="churn_rate", value=clean(row.left),
        baseline=clean(row.expected), low=clean(row.expected + row.low), high=clean(row.expected + row.high),
        n=int(row.n), p_adjusted=clean(row.p_adjusted), impact=impact | {"unit": "customers"}, severity=loud, text=text,
        detail=detail, looks=looks, good=False,
    )  # fmt: skip


def share(told: pd.DataFrame) -> Words:
    """This company's own share of leaving that goes with bad experience, beside the 85 % that is said of all."""
    row = told.iloc[0] if len(told) else None
    if row is None or pd.isna(row["share"]):
        return say(
            fa="می‌گویند ۸۵٪ رفتن‌ها از تجربهٔ بد است؛ برای این شرکت نمی‌توان گفت: دست‌کم ۳۰ مشتری با تجربهٔ بد و ۳۰ بی "
            "آن، که کسانی از هر دو رفته و مانده باشند، و جدول‌هایی از تجربه (tickets، touchpoints، comments، "
            "responses) لازم است.",
            en="85% of leaving is said to come from bad experience; of this company it cannot be told: 30 customers "
            "with a bad experience and 30 without are needed, some of whom left and some stayed, and tables of "
            "experience (tickets, touchpoints, comments, responses).",
        )
    low, high = max(row["low"], 0.0), max(row["high"], 0.0)
    if row["low"] <= 0:
        return say(
            fa="می‌گویند ۸۵٪ رفتن‌ها از تجربهٔ بد است. در این شرکت سهمی که با تجربهٔ بد همراه باشد از صفر بازشناختنی نیست "
            "(برآورد {x:.0%}، حداکثر {high:.0%})؛ همراهی است، نه علت.",
            en="85% of leaving is said to come from bad experience. Here the share that goes with it cannot be told "
            "from none (estimate {x:.0%}, at most {high:.0%}); an association, not a cause.",
            x=max(row["share"], 0.0), high=high,
        )  # fmt: skip
    return say(
        fa="می‌گویند ۸۵٪ رفتن‌ها از تجربهٔ بد است. در این شرکت {x:.0%} رفتن‌ها با تجربهٔ بد همراه است (بازهٔ ۹۵٪: "
        "{low:.0%} تا {high:.0%}): اگر اینان چون دیگرانِ مانند خود می‌رفتند، رفتن همین‌قدر کمتر بود. {touched:.0%} "
        "رفتگان تجربهٔ بدی داشته‌اند، اما "
        "بیشترشان بی آن هم می‌رفتند. همراهی است، نه علت.",
        en="85% of leaving is said to come from bad experience. Here {x:.0%} of leaving goes with it (95% interval "
        "{low:.0%} to {high:.0%}): so much less there would be, had these left as others like them. {touched:.0%} of "
        "those who left had a bad experience, but most would have left without it, too. An association, not a cause.",
        x=row["share"], low=low, high=high, touched=row["touched"],
    )  # fmt: skip
