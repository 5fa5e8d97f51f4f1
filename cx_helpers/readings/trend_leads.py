"""Which score runs ahead of money or of those who leave, and what of it is worth telling?"""

from __future__ import annotations

import pandas as pd

from cx_helpers.records import METRICS, Finding, clean, severity
from cx_helpers.wording import Words, say

LARGE = 0.3  # a correlation of news that foretells a tenth of the unrest


def findings(found: pd.DataFrame) -> list[Finding]:
    """Pairs whose correlation is more than chance after correction for all pairs and lags, each at its surest lag.

    found  of trend_leads.leads
    """
    if found.empty:
        return []
    best = found.loc[found.groupby(level=["leader", "follower"], sort=False)["p_value"].idxmin()]
    return [one for one in (_finding(index, row, len(found)) for index, row in best.iterrows()) if one is not None]


def _finding(index: tuple, row: pd.Series, looks: int) -> Finding | None:
    leader, follower, lag = index
    loud = severity(row["p_adjusted"], abs(row["correlation"]) >= LARGE)
    if loud is None:
        return None
    text = say(
        fa="{leader} پیشروِ {follower} است: وقتی از آنچه انتظار می‌رفت بالاتر می‌رود، {k} هفته بعد {follower} {way}",
        en="{leader} runs ahead of {follower}: when it is higher than expected, {follower} is {way} {k} weeks later",
        leader=METRICS[leader].title, follower=METRICS[follower].title, k=lag, way=_way(row["correlation"]),
    )  # fmt: skip
    detail = say(
        fa="همبستگیِ آنچه در هر دو تازه است: {r:+.2f} (بازهٔ ۹۵٪: {low:+.2f} تا {high:+.2f}؛ {n} هفته). پیشرو بودن، "
        "علت بودن نیست.",
        en="Correlation of what is new in both: {r:+.2f} (95% interval {low:+.2f} to {high:+.2f}; {n} weeks). To run "
        "ahead is not to cause.",
        r=row["correlation"], low=row["low"], high=row["high"], n=row["n"],
    )  # fmt: skip
    return Finding(
        kind="leading_indicator", subject={"leader": leader, "lag_weeks": int(lag)}, measure=follower,
        value=clean(row["correlation"]), baseline=0.0, low=clean(row["low"]), high=clean(row["high"]),
        n=int(row["n"]), p_adjusted=clean(row["p_adjusted"]), severity=loud, text=text, detail=detail, looks=looks,
    )  # fmt: skip


def _way(r: float) -> Words:
    return {"fa": "بالاتر", "en": "higher"} if r > 0 else {"fa": "پایین‌تر", "en": "lower"}


def sentence(found: pd.DataFrame, told: list[Finding]) -> Words | None:
    """What was looked at and what came of it; None where there is nothing to compare."""
    if found.empty:
        return say(
            fa="برای سنجیدن پیشروها دست‌کم ۴۰ هفتهٔ مشترک از یک امتیاز و از فروش یا ریزش لازم است.",
            en="To look for leading indicators at least 40 weeks of a score and of revenue or churn are needed.",
        )
    pairs = len(found.groupby(level=["leader", "follower"]))
    if told:
        return say(
            fa="از {pairs} جفت و {looks} مقایسه، {k} جفت پس از تصحیح مانده است.",
            en="Of {pairs} pairs and {looks} comparisons {k} {hold} after correction.",
            pairs=pairs, looks=len(found), k=len(told),
            hold={"fa": "", "en": "pair holds" if len(told) == 1 else "pairs hold"},
        )  # fmt: skip
    return say(
        fa="از {pairs} جفت و {looks} مقایسه هیچ‌کدام پس از تصحیح نماند: در اینجا هیچ امتیازی پیشاپیش از فروش یا ریزش "
        "خبر نمی‌دهد.",
        en="Of {pairs} pairs and {looks} comparisons none holds after correction: no score announces revenue or churn "
        "here.",
        pairs=pairs, looks=len(found),
    )  # fmt: skip


def grid(found: pd.DataFrame, locale: str) -> pd.DataFrame:
    """Correlations as a grid: a row a pair, a column a lag."""
    if found.empty:
        return pd.DataFrame()
    table = found["correlation"].unstack("lag")
    arrow = {"fa": "{a} ← {b}", "en": "{a} → {b}"}[locale]
    names = [arrow.format(a=METRICS[a].title[locale], b=METRICS[b].title[locale]) for a, b in table.index]
    return table.set_axis(pd.Index(names, name="pair"))


def surest(found: pd.DataFrame) -> tuple[pd.DataFrame, Words]:
    """The pair nearest to proof, lag by lag (index `lag`), and how its picture is called."""
    if found.empty:
        return pd.DataFrame(columns=["correlation", "low", "high", "n"]), {"fa": "پیشروها", "en": "Leading indicators"}
    leader, follower, _ = found["p_value"].idxmin()
    title = say(
        fa="{a} و {b}، هفته‌ها پس از آن",
        en="{a} and {b}, weeks later",
        a=METRICS[leader].title,
        b=METRICS[follower].title,
    )
    mine = found.index.get_level_values("leader") == leader
    mine &= found.index.get_level_values("follower") == follower
    return found[mine].droplevel(["leader", "follower"]), title
