"""What is to be said of the segments customers fall into, and of what each is worth?"""

from __future__ import annotations

import pandas as pd

from cx_helpers import disclosure
from cx_helpers.measures.segments import Segmentation
from cx_helpers.partition import SILHOUETTE, SMALLEST, STABLE
from cx_helpers.records import Finding, clean, severity
from cx_helpers.wording import Words, compared, join, name, number, raw, say

GUARDS = [
    {
        "fa": "خوشه تنها وقتی گفته می‌شود که از چهار آزمون بگذرد: فاصلهٔ خوشه‌ها (سیلوئت)، آمارهٔ شکاف، جمعیت‌های "
        "ساختگیِ بی‌خوشه با همین توزیع‌ها، و پایداری در نمونه‌گیری دوباره (ژاکار ۰٫۷۵ به بالا). «خوشه‌ای نیست» هم پاسخ است.",
        "en": "A cluster is told only where it stands four tests: silhouette, gap statistic, made-up crowds without "
        "clusters but of the same distributions, and bootstrap stability (Jaccard .75 or more). “No clusters” is an "
        "answer, too.",
    },
    {
        "fa": "گروه‌های خرید از پنجم‌های خود مشتریان همین شرکت است، نه از مرزهای ثابت؛ آن‌ها مشتریان را مرتب می‌کنند و "
        "ادعا نمی‌کنند که در طبیعت چنین گروه‌هایی هست.",
        "en": "Buying groups are fifths of this company's own customers, not fixed limits; they order customers and do "
        "not claim that such groups exist by nature.",
    },
    {
        "fa": "خریدِ تاکنون، ارزش آینده نیست؛ مشتریان قدیمی‌تر فرصت بیشتری برای خرید داشته‌اند. تفاوت گروه‌ها همراهی "
        "است، نه علت، و برای همهٔ مقایسه‌ها با هم تصحیح شده است (هولم).",
        "en": "What was bought so far is not what will be; older customers had more time to buy. A difference is an "
        "association, not a cause, and is corrected for all comparisons together (Holm).",
    },
]

GROUPS = {  # how a page sets `rfm.named`
    "columns": ["n", "share", "value_share", "each", "orders_each", "recency_days"],
    "titles": {
        "n": {"fa": "مشتریان", "en": "customers"},
        "value_share": {"fa": "سهم از خرید", "en": "share of sales"},
        "each": {"fa": "خرید هر نفر", "en": "bought by each"},
        "orders_each": {"fa": "سفارش هر نفر", "en": "orders of each"},
        "recency_days": {"fa": "روز از آخرین خرید", "en": "days since the last order"},
    },
    "formats": {"share": "share", "value_share": "share", "each": "money", "recency_days": "count",
                "orders_each": "lift"},
}  # fmt: skip

CLUSTERS = {  # how a page sets `segments.described` by cluster; its traits are named as labels name them
    "titles": {
        "n": GROUPS["titles"]["n"],
        "value_share": GROUPS["titles"]["value_share"],
        "each": GROUPS["titles"]["each"],
        "orders": GROUPS["titles"]["orders_each"],
        "recency_days": GROUPS["titles"]["recency_days"],
    },
    "formats": {"share": "share", "value_share": "share", "each": "money", "mean_order": "money",
                "satisfaction": "share", "orders": "lift", "recency_days": "count", "visits": "count"},
    "rows_title": {"fa": "خوشه", "en": "cluster"},
    "note": {"fa": "میانگین هر ویژگی در هر خوشه.", "en": "The mean of each trait in each cluster."},
}  # fmt: skip

TRIED = {  # how a page sets `partition.tried`
    "columns": ["silhouette", "chance_silhouette", "gap", "smallest", "stability"],
    "titles": {
        "silhouette": {"fa": "جدایی خوشه‌ها (سیلوئت)", "en": "how far apart (silhouette)"},
        "chance_silhouette": {"fa": "بیشترین جدایی از سر تصادف", "en": "farthest by chance"},
        "gap": {"fa": "فشرده‌تر از بی‌خوشه (شکاف)", "en": "tighter than without groups (gap)"},
        "smallest": {"fa": "سهم کوچک‌ترین خوشه", "en": "share of the smallest"},
        "stability": {"fa": "بازیافت در نمونهٔ دوباره (ژاکار)", "en": "found again in new samples (Jaccard)"},
    },
    "formats": {"smallest": "share", "silhouette": "sentiment", "chance_silhouette": "sentiment", "gap": "sentiment",
                "stability": "sentiment"},
    "rows_title": {"fa": "روش · شمار خوشه‌ها", "en": "method · clusters"},
}  # fmt: skip


def findings(worth: pd.DataFrame) -> tuple[list[Finding], int]:
    """The company's own groups that bring more, or less, than all others: (findings, looks).

    worth  of `segments.worth`
    """
    found = []
    for (column, group), row in worth.sort_values("p_adjusted", kind="stable").iterrows():
        loud = severity(row["p_adjusted"], bool(row["large"]))
        if loud is not None:
            found.append(_finding(column, group, row, loud, len(worth)))
    return found, len(worth)


def _finding(column: str, group, row, loud: str, looks: int) -> Finding:
    more = row["spent_each"] > row["rest"]
    text = say(
        fa="هر مشتریِ {column} «{group}» تاکنون {x:money} خریده است، در برابر {rest:money} دیگران",
        en="A customer of {column} “{group}” has spent {x:money} so far, against {rest:money} of the others",
        column=name(column), group=name(group), x=row["spent_each"], rest=row["rest"],
    )  # fmt: skip
    detail = say(
        fa="{ratio:.2f} برابر دیگران (میانگین {n} مشتری؛ بازهٔ ۹۵٪: {low:money} تا {high:money}).",
        en="{ratio:.2f} times the others (mean of {n} customers; 95% interval {low:money} to {high:money}).",
        ratio=row["ratio"], n=int(row["n"]), low=row["low"], high=row["high"],
    )  # fmt: skip
    return Finding(
        kind="segment", subject={column: clean(group)}, measure="spent_each", value=clean(row["spent_each"]),
        baseline=clean(row["rest"]), low=clean(row["low"]), high=clean(row["high"]), n=int(row["n"]),
        p_adjusted=clean(row["p_adjusted"]), severity=loud, text=text, detail=detail, looks=looks, good=bool(more),
    )  # fmt: skip


def sentence(groups: pd.DataFrame) -> Words:
    """The bottom line: which buying group brings how much of the sales, and what those who slip away brought."""
    told = groups.dropna(subset=["value_share"])
    if groups.empty:
        return say(fa="هنوز کسی نخریده است؛ گروه خریدی نیست.", en="Nobody has bought yet: there are no buying groups.")
    if "champions" not in told.index:
        return disclosure.unshown(next(iter(groups.get(disclosure.HIDDEN, ())), None)) if told.empty else _largest(told)
    best, lost = told.loc["champions"], told.reindex(["cannot_lose", "at_risk"])
    said = say(
        fa="«بهترین‌ها» {share:.0%} خریداران‌اند و {value:.0%} خریدها را آورده‌اند.",
        en="The champions are {share:.0%} of the buyers and brought {value:.0%} of all sales.",
        share=best["share"], value=best["value_share"],
    )  # fmt: skip
    if lost["value_share"].isna().any():
        return said
    more = say(
        fa="{n} خریدارِ پرخرید یا میانه که {value:.0%} خریدها از آنان بود مدتی است چیزی نخریده‌اند.",
        en="{n} buyers of much or of some, who brought {value:.0%} of sales, have not come for long.",
        n=int(lost["n"].sum()), value=lost["value_share"].sum(),
    )  # fmt: skip
    return {locale: f"{said[locale]} {more[locale]}" for locale in said}


def _largest(told: pd.DataFrame) -> Words:
    row = told.sort_values("value_share", kind="stable").iloc[-1]
    return say(
        fa="«{group}» {share:.0%} خریداران‌اند و {value:.0%} خریدها را آورده‌اند.",
        en="“{group}” are {share:.0%} of the buyers and brought {value:.0%} of all sales.",
        group=name(row.name), share=row["share"], value=row["value_share"],
    )  # fmt: skip


def clusters(made: Segmentation, smallest: int = 1) -> Words:
    """Are there clusters, and why (not)?  smallest  fewer customers are not counted aloud (disclosure.Limit)"""
    part, tried = made.partition, made.partition.tried
    if part.k:
        return say(
            fa="مشتریان در {k} خوشهٔ پایدار جدا می‌شوند (جداییِ خوشه‌ها، سیلوئت: {s:.2f} از ۱؛ پایداری در بازنمونه‌ها: "
            "{worst:.2f} تا {best:.2f} از ۱).",
            en="Customers fall into {k} stable clusters (how far apart they lie, silhouette: {s:.2f} of 1; found again "
            "in resamples: {worst:.2f} to {best:.2f} of 1).",
            k=part.k, s=tried.loc[(part.method, part.k), "silhouette"], best=max(part.stability),
            worst=min(part.stability),
        )  # fmt: skip
    if tried.empty:
        return say(
            fa="برای جستن خوشه‌ها مشتری یا تفاوت کافی نیست ({n} مشتری)؛ گروه‌های خرید همچنان گفتنی‌اند.",
            en="There are too few customers, or they are too much alike, to look for clusters (customers: {n}); buying "
            "groups can still be told.",
            n=disclosure.count(made.sampled, smallest),
        )  # fmt: skip
    said = say(
        fa="خوشهٔ جداشده‌ای میان مشتریان نیست: از {looks} خوشه‌بندی هیچ‌کدام از آزمون‌ها نگذشت",
        en="There are no clusters among the customers: none of {looks} clusterings stood the tests",
        looks=len(tried),
    )
    last = {"fa": ". مشتریان طیفی پیوسته‌اند و گروه‌های خرید آن را می‌بُرند.",
            "en": ". Customers are a continuum, which the buying groups cut."}  # fmt: skip
    why = _failed(tried)
    return {locale: f"{said[locale]} ({why[locale]}){last[locale]}" for locale in said}


def _failed(tried: pd.DataFrame) -> Words:
    """At which test the clustering failed that came farthest."""
    asked = tried[["gap", "chance_silhouette", "stability"]].notna().sum(axis=1)
    row = tried.assign(asked=asked).sort_values(["asked", "silhouette"], kind="stable").iloc[-1]
    if row["asked"] == 3:
        return say(
            fa="بهترین آن‌ها پایدار نبود: بازیافت در نمونه‌های دوباره {x:.2f} از ۱ است و دست‌کم {least:.2f} لازم است",
            en="the best of them was not stable: found again in resamples {x:.2f} of 1, at least {least:.2f} is needed",
            x=row["stability"], least=STABLE,
        )  # fmt: skip
    if row["asked"] == 2:
        return say(
            fa="جدایی بهترین آن‌ها، سیلوئت {s:.2f} از ۱، از آنچه در جمعیت‌های ساختگیِ بی‌خوشه هم پیش می‌آید ({x:.2f}) بیشتر "
            "نبود",
            en="the best of them lies no farther apart, silhouette {s:.2f} of 1, than made-up crowds without clusters "
            "come to: {x:.2f}",
            s=row["silhouette"], x=row["chance_silhouette"],
        )  # fmt: skip
    if row["asked"] == 1:
        return say(
            fa="بهترین آن‌ها فشرده‌تر از داده‌های بی‌خوشه نبود: شکاف {x:.2f}، که باید از {least:.2f} بیشتر باشد",
            en="the best of them was no tighter than data without clusters: gap {x:.2f}, which must be above "
            "{least:.2f}",
            x=row["gap"], least=row["gap_se"],
        )  # fmt: skip
    if row["silhouette"] >= SILHOUETTE:
        return say(
            fa="خوشه‌های جدا بسیار کوچک بودند: کوچک‌ترین {x:.1%} مشتریان است و دست‌کم {least:.0%} لازم است",
            en="those far enough apart hold too small a cluster: {x:.1%} of the customers, at least {least:.0%} is "
            "needed",
            x=row["smallest"], least=SMALLEST,
        )  # fmt: skip
    return say(
        fa="بیشترین جدایی، سیلوئت: {s:.2f} از ۱؛ دست‌کم {least:.2f} لازم است",
        en="how far apart, silhouette: at most {s:.2f} of 1, at least {least:.2f} is needed",
        s=tried["silhouette"].max(), least=SILHOUETTE,
    )  # fmt: skip


def found(findings: list[Finding], looks: int) -> Words:
    """What the comparison of the company's own groups brought, in one sentence."""
    if not looks:
        return say(fa="گروهی برای مقایسه نبود.", en="There were no groups to compare.")
    if not findings:
        return say(
            fa="{compared}، خریدِ هیچ گروهی پس از تصحیح تفاوت روشنی با دیگران نداشت.",
            en="{compared} no group spends clearly more or less than the others, after correction.",
            compared=compared(looks),
        )
    named = [name(next(iter(f.subject.values()))) for f in findings[:4]]
    return say(
        fa="{compared}، خریدِ {m} گروه پس از تصحیح با دیگران فرق دارد، از جمله {names}.",
        en="{compared} {m} groups spend more or less than the others, after correction, among them {names}.",
        compared=compared(looks), m=len(findings), names=join(named),
    )  # fmt: skip


def ties(counts: pd.DataFrame) -> Words | None:
    """Why a fifth of how often customers buy is empty: equal ones stay together; None where none is.

    counts  n of `rfm.grid`, frequency x recency
    """
    none = [number(int(fifth)) for fifth, row in counts.iterrows() if (row == 0).all()]
    if not none:
        return None
    return say(
        fa="در پنجمِ {those} شمار خرید کسی نیست: مشتریانی که به یک اندازه خریده‌اند (مانند همهٔ کسانی که یک بار خریده‌اند) "
        "با هم در یک پنجم می‌مانند",
        en="Nobody is in fifth {those} of frequency: customers who bought equally often, such as all who bought once, "
        "stay together in one fifth",
        those=join([raw(one) for one in none]),
    )  # fmt: skip
