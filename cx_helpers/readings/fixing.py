"""Which repair would bring most, and how is it said?"""

from __future__ import annotations

import pandas as pd

from cx_helpers import certainty
from cx_helpers.records import Finding, clean
from cx_helpers.wording import Words, name, say, sentences


def findings(found: pd.DataFrame, journey: str = "customer", most: int = 3) -> tuple[list[Finding], int]:
    """The mendings that would bring most, as opportunities; never of severity high, since nothing is tested but a sum.

    Told are gains whose interval, widened for the number of touchpoints looked at (Bonferroni), stays above zero.
    """
    looks, out = len(found) if found["gain"].notna().any() else 0, []
    for touchpoint, row in found[found["gain"] > 0].head(most).iterrows():
        se = (row["high"] - row["low"]) / (2 * certainty.Z95)
        p = min(1.0, float(certainty.two_sided(row["gain"] / se)) * looks) if se > 0 else 1.0
        if p >= 0.05:
            continue
        unit = "customers" if journey == "customer" else "journeys"
        out.append(
            Finding(
                kind="opportunity",
                subject={"touchpoint": touchpoint},
                measure="conversion",
                value=clean(row["fixed"]),
                baseline=clean(row["converting"]),
                low=clean(row["converting"] + row["low"]),
                high=clean(row["converting"] + row["high"]),
                n=int(row["n"]),
                p_adjusted=p,
                impact={"value": row["gained"], "low": row["gained_low"], "high": row["gained_high"], "unit": unit},
                severity="medium" if row["gain"] >= 0.01 else "low",
                text=_claim(touchpoint, row, journey),
                detail=_detail(row),
                looks=looks,
            )
        )
    return out, looks


def _claim(touchpoint: str, row, journey: str) -> Words:
    who = {"fa": "مشتری", "en": "customers"} if journey == "customer" else {"fa": "سفر", "en": "journeys"}
    return say(
        fa="اگر ناکامی‌های «{t}» رفع می‌شد، تا {x} {who} بیشتر به مقصد می‌رسیدند",
        en="Without the failures of “{t}”, up to {x} more {who} would have reached the goal",
        t=name(touchpoint),
        x=row["gained"],
        who=who,
    )


def _detail(row) -> Words:
    share = say(
        fa="سهم مشتریانی که در این دوره به مقصد می‌رسند از {a:.1%} به {b:.1%} می‌رسید (زنجیرهٔ مارکوف)؛ با شمارش "
        "ساده {c:+.1f} واحد درصد. {t:.0%} آنان از این نقطه گذشته‌اند. هر دو عدد سقف‌اند: کسانی که ناکام می‌مانند "
        "شاید با دیگران فرق داشته باشند.",
        en="The share of customers who reach the goal in this period would go from {a:.1%} to {b:.1%} (Markov chain); "
        "by plain counting {c:+.1f} percentage points. {t:.0%} of them passed this touchpoint. Both are upper bounds: "
        "those who fail may differ from the others.",
        a=row["converting"],
        b=row["fixed"],
        c=100 * row["counted_gain"],
        t=row["touched"],
    )
    money = say(fa="فروشی که به دست می‌آمد: تا {m:money}.", en="Sales to be gained: up to {m:money}.", m=row["money"])
    return sentences(share, money if row["money"] == row["money"] else None)
