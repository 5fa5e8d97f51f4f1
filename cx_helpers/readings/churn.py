"""What is to be said of how long contracts last, and of who ends them sooner?"""

from __future__ import annotations

import pandas as pd

from cx_helpers import certainty, disclosure
from cx_helpers.measures.churn import FEWEST, LEAST
from cx_helpers.records import SEVERITIES, Finding, clean, severity
from cx_helpers.wording import Words, compared, current, join, name, say

LARGE = 0.10  # a share of contracts ended that differs by ten points is large

GUARDS = [
    {
        "fa": "قراردادی که تا ۳۱ روز پیش یا پس از پایان قرارداد دیگری از همان مشتری آغاز شود دنبالهٔ همان است، نه رفتن؛ "
        "اگر دیرتر آغاز شود، رفتن و بازگشتن به حساب می‌آید.",
        "en": "A contract that begins within 31 days of the end of another of the same customer carries it on: no "
        "leaving. One that begins later counts as leaving and coming back.",
    },
    {
        "fa": "قراردادِ زنده تا همان‌جا که دیده شده به حساب آمده است، نه به‌جای رفته و نه به‌جای مانده؛ آنچه پس از پایان "
        "دوره رخ داده در هیچ عددی نیست.",
        "en": "A living contract counts as long as it was seen, neither as ended nor as kept; nothing that came after "
        "the period is in any number.",
    },
    {
        "fa": "قراردادی که پیش از ثبتِ پایان‌ها آغاز شده، تنها از آغاز ثبت در معرض رفتن شمرده شده است (برش از چپ).",
        "en": "A contract that began before ends were recorded is at risk only from then on (left truncation).",
    },
    {
        "fa": "همهٔ مقایسهٔ گروه‌ها یک خانواده است و با هم تصحیح شده (هولم). آنچه با رفتن همراه است علت آن نیست.",
        "en": "All comparisons of groups are one family and corrected together (Holm). What goes with leaving is not "
        "its cause.",
    },
    {
        "fa": "نسبت خطر (کاکس) هر گروه را با پرشمارترین گروه، با برابر گرفتن ستون‌های دیگر، می‌سنجد؛ خطای آن برای "
        "مشتریانِ چندقراردادی درست است (ساندویچِ خوشه‌ای).",
        "en": "A hazard ratio (Cox) holds each group against the commonest one, the other columns being equal; its "
        "errors hold where one customer has several contracts (cluster sandwich).",
    },
]

LOOKS = {  # how a page sets `churn.looks`
    "columns": ["n", "churn_rate", "low", "high", "baseline", "median_months"],
    "titles": {
        "n": {"fa": "قرارداد", "en": "contracts"},
        "churn_rate": {"fa": "پایان‌یافته", "en": "ended"},
        "baseline": {"fa": "دیگران", "en": "the others"},
        "median_months": {"fa": "نیمی تا ماه", "en": "half by month"},
    },
    "formats": {"n": "count", "churn_rate": "share", "low": "share", "high": "share", "baseline": "share",
                "median_months": "count"},
    "rows_title": {"fa": "گروه", "en": "group"},
}  # fmt: skip

RATIOS = {  # how a page sets `churn_hazards.ratios`
    "columns": ["n", "against", "ratio", "low", "high", "p_adjusted", "uneven_p"],
    "titles": {
        "n": {"fa": "قرارداد", "en": "contracts"},
        "against": {"fa": "در برابر", "en": "against"},
        "ratio": {"fa": "نسبت خطر", "en": "hazard ratio"},
        "p_adjusted": {"fa": "p تصحیح‌شده", "en": "p, corrected"},
        "uneven_p": {"fa": "p تغییر با زمان", "en": "p of changing with age"},
    },
    "formats": {"n": "count"},
    "rows_title": {"fa": "ستون · گروه", "en": "column · group"},
}


def findings(looks: pd.DataFrame, months: float) -> tuple[list[Finding], int]:
    """Groups whose contracts end sooner than the others', loudest first: (findings, looks).  looks  of `churn.looks`"""
    asked = int(looks["p_value"].notna().sum())
    out = []
    for row in looks[looks["churn_rate"] > looks["baseline"]].itertuples():
        apart = row.low > row.baseline  # the whole curve may differ where this age does not
        loud = severity(row.p_adjusted, row.churn_rate - row.baseline >= LARGE) if apart else None
        if loud and not row.mixed and not row.after:
            out.append(_finding(row, months, asked, loud))
    out.sort(key=lambda f: (SEVERITIES.index(f.severity), f.p_adjusted))
    return out, asked


def mixed(looks: pd.DataFrame, months: float) -> Words | None:
    """The largest difference that is none once like is held against like; None without one.  looks  of `churn.looks`"""
    odd = looks[looks["mixed"] & ~looks["after"].astype(bool) & (looks["churn_rate"] > looks["baseline"])]
    if odd.empty:
        return None
    row = odd.loc[(odd["churn_rate"] - odd["baseline"]).idxmax()]
    return say(
        fa="قراردادهای {c} «{g}» به‌ظاهر زودتر از دیگران پایان می‌یابند ({x:.0%} در برابر {b:.0%} تا ماه {m:.0f})، اما "
        "در برابر قراردادهای همسان خود چنین نیست ({inside:+.0f} واحد درصد): این از ترکیب قراردادهاست، نه از خودِ آن.",
        en="At first sight contracts of {c} “{g}” end sooner than the others ({x:.0%} against {b:.0%} by month "
        "{m:.0f}), but not against contracts of the same kind ({inside:+.0f} points): it is the mix of contracts, not "
        "the thing itself.",
        c=name(row["column"]), g=name(row["group"]), x=row["churn_rate"], b=row["baseline"], m=months,
        inside=100 * row["inside"],
    )  # fmt: skip


def written_after(looks: pd.DataFrame) -> Words | None:
    """Groups that are no finding, for they give the ending away; None without one.  looks  of `churn.looks`"""
    odd = looks[looks["after"].astype(bool) & (looks["p_adjusted"] < 0.05) & (looks["churn_rate"] > looks["baseline"])]
    if odd.empty:
        return None
    groups = join([say(fa="{c} «{g}»", en="{c} “{g}”", c=name(r.column), g=name(r.group)) for r in odd.itertuples()])
    return say(
        fa="{groups} یافته نیست: (تقریباً) همهٔ قراردادهایش پایان یافته‌اند یا از دیگران هیچ‌یک پایان نیافته است؛ گویا این "
        "را پس از رفتن می‌نویسند. ببینید این ستون کی نوشته می‌شود.",
        en="{groups}: no finding. (Nearly) all of its contracts have ended, or none of the others’ has: it seems to be "
        "written after customers left. Find out when this column is written.",
        groups=groups,
    )  # fmt: skip


def _finding(row, months: float, asked: int, loud: str) -> Finding:
    text = say(
        fa="{x:.0%} قراردادهای {c} «{g}» تا ماه {m:.0f} پایان می‌یابد، در برابر {b:.0%} دیگران",
        en="{x:.0%} of contracts of {c} “{g}” end by month {m:.0f}, against {b:.0%} of the others",
        x=row.churn_rate, c=name(row.column), g=name(row.group), m=months, b=row.baseline,
    )  # fmt: skip
    detail = say(
        fa="بازهٔ ۹۵٪: {low:.0%} تا {high:.0%}، {n} قرارداد؛ آزمون لگ‌رنک، که سراسر منحنی‌ها را با هم می‌سنجد.",
        en="95% interval {low:.0%} to {high:.0%}, {n} contracts; logrank test, which compares whole curves.",
        low=row.low, high=row.high, n=int(row.n),
    )  # fmt: skip
    more = float((row.churn_rate - row.baseline) * row.n)
    impact = {"low": (row.low - row.baseline) * row.n, "high": (row.high - row.baseline) * row.n}
    return Finding(
        kind="churn_risk", subject={row.column: clean(row.group)}, measure="churn_rate", value=clean(row.churn_rate),
        baseline=clean(row.baseline), low=clean(row.low), high=clean(row.high), n=int(row.n),
        p_adjusted=clean(row.p_adjusted),
        impact={"value": more} | impact | {"unit": "contracts"}, severity=loud, text=text, detail=detail,
        looks=asked, good=False,
    )  # fmt: skip


def sentence(rate: pd.DataFrame, since=None) -> Words:
    """The bottom line: of the contracts alive as the period began, how many ended in it.

    rate  of `churn.rate`;  since  when recording of ends began (`churn.recorded_since`)
    """
    row = rate.iloc[0] if len(rate) else None
    if row is None or not row["n"]:
        return say(
            fa="هنگام آغاز این دوره هیچ قرارداد زنده‌ای نبود؛ پس نرخ ریزشی نیست. آنچه از قراردادهای دیگر دیده شده در "
            "منحنی‌ها آمده است.",
            en="No contract was alive as this period began, so there is no churn rate; what was seen of others "
            "is in the curves.",
        )
    if pd.isna(row["churn_rate"]):
        if pd.notna(rate.get("hidden", pd.Series([None])).iloc[0]):
            return disclosure.sentence(disclosure.SMALL)
        if since is not None:
            return say(
                fa="پایان قراردادها گویا تنها از {day} ثبت شده، پس از آغاز این دوره: نرخ ریزش دوره گفتنی نیست.",
                en="Ends seem to be recorded from {day} on only, after this period began: its churn rate cannot be "
                "told.",
                day=since.date(),
            )
        return say(
            fa="تنها {n} قرارداد هنگام آغاز دوره زنده بود؛ برای نرخ ریزش کم است.",
            en="Only {n} contracts were alive as the period began: too few for a churn rate.",
            n=int(row["n"]),
        )
    return say(
        fa="از {n} قراردادِ زنده در آغاز دوره، {x:.1%} در آن پایان یافت (بازهٔ ۹۵٪: {low:.1%} تا {high:.1%}).",
        en="Of {n} contracts alive as the period began, {x:.1%} ended in it (95% interval {low:.1%} to {high:.1%}).",
        n=int(row["n"]), x=row["churn_rate"], low=row["low"], high=row["high"],
    )  # fmt: skip


def untold(curve: pd.DataFrame, customers: int, smallest: int = 1) -> Words | None:
    """Why it cannot be told how long contracts last; None where it can.

    curve  of all contracts, of `churn.curves`;  customers  behind them (`churn.people`)
    """
    if len(curve) and curve["survival"].notna().any():
        return None
    if not customers:
        return say(
            fa="تا پایان این دوره هیچ قراردادی آغاز نشده است که بتوان گفت چقدر می‌ماند.",
            en="No contract had begun by the end of this period, so nothing is seen of how long they last.",
        )
    if disclosure.few(customers, smallest):
        return disclosure.sentence(disclosure.SMALL)
    return say(
        fa="قراردادها کمتر از آن‌اند که بتوان گفت چقدر می‌مانند.",
        en="There are too few contracts to say how long they last.",
    )


def lasting(curve: pd.DataFrame, customers: int, smallest: int = 1) -> Words:
    """How long contracts last, of the whole's curve of `churn.curves`; or why that cannot be told (`untold`)."""
    if why := untold(curve, customers, smallest):
        return why
    known = curve["survival"].dropna()
    if not curve["ended"].iloc[0]:
        return say(
            fa="تاکنون هیچ قراردادی پایان نیافته است: از کسی که برود چیزی نمی‌توان آموخت، تنها از "
            "اینکه چه مدت دیده شده‌اند.",
            en="No contract has ended so far: nothing can be learnt of who leaves, only for how long they were seen.",
        )
    if curve["ended"].iloc[0] == curve["n"].iloc[0]:
        return say(
            fa="هر {n} قرارداد پایان یافته و کسی نمانده است که بتوان نگهش داشت؛ منحنی‌ها می‌گویند کی رفتند.",
            en="All {n} contracts have ended and nobody is left to keep; the curves say when they went.",
            n=int(curve["n"].iloc[0]),
        )
    over = known.index[known <= 0.5]
    if len(over):
        return _median(curve, int(over[0]))
    last = curve.loc[known.index[-1]]
    facts = {"x": last["survival"], "m": int(known.index[-1]), "low": last["low"], "high": last["high"]}
    facts |= {"ended": int(curve["ended"].iloc[0]), "n": int(curve["n"].iloc[0]), "least": LEAST}
    if len(known) == len(curve):
        return say(
            fa="{x:.0%} قراردادها پس از {m} ماه هنوز زنده‌اند (بازهٔ ۹۵٪: {low:.0%} تا {high:.0%})؛ نیمی هنوز نرفته‌اند و "
            "میانه‌ای نیست.",
            en="{x:.0%} of contracts still live after {m} months (95% interval {low:.0%} to {high:.0%}); fewer than "
            "half have ended, so there is no median.",
            **facts,
        )
    if not facts["m"]:
        return say(
            fa="{ended} قرارداد از {n} پایان یافته و کمتر از {least} قرارداد یک ماه یا بیشتر دیده شده است: "
            "منحنی‌ای نیست.",
            en="{ended} of {n} contracts have ended, and fewer than {least} were seen for a month or longer: there is "
            "no curve.",
            **facts,
        )
    return say(
        fa="{x:.0%} قراردادها پس از {m} ماه هنوز زنده‌اند (بازهٔ ۹۵٪: {low:.0%} تا {high:.0%})؛ کمتر از {least} "
        "قرارداد پیرتر از آن دیده شده است، پس میانه گفتنی نیست.",
        en="{x:.0%} of contracts still live after {m} months (95% interval {low:.0%} to {high:.0%}); fewer than "
        "{least} were seen beyond that age, so the median cannot be told.",
        **facts,
    )


def _median(curve: pd.DataFrame, month: int) -> Words:
    """By when half have ended; the interval ends where those of the curve cross a half (Brookmeyer, Crowley, 1982)."""
    low = next(iter(curve.index[curve["low"] <= 0.5]), month)
    high = next(iter(curve.index[curve["high"] <= 0.5]), None)
    between = say(fa="از ماه {a}، پایانش هنوز دیده نشده", en="from month {a}, its end not seen yet", a=int(low))
    if high is not None:
        between = say(fa="ماه {a} تا {b}", en="month {a} to {b}", a=int(low), b=int(high))
    return say(
        fa="نیمی از قراردادها تا ماه {m} پایان می‌یابد (بازهٔ ۹۵٪: {between}).",
        en="Half of contracts end by month {m} (95% interval: {between}).",
        m=month, between=between,
    )  # fmt: skip


def steepest(monthly: pd.DataFrame) -> Words | None:
    """In which month of their life most contracts end; None where nothing is known.  monthly  of `churn.monthly`"""
    known = monthly[monthly["hazard"] > 0]
    if len(known) < 2:
        return None
    top = known["hazard"].idxmax()
    rest = known["hazard"].drop(top)
    if not known.loc[top, "low"] > rest.max():
        return None
    return say(
        fa="ماه {m} عمر قرارداد از همه پرخطرتر است: {x:.0%} قراردادهای زنده در آن پایان می‌یابد (بازهٔ ۹۵٪: {low:.0%} تا "
        "{high:.0%}).",
        en="Month {m} of a contract’s life is its most dangerous: {x:.0%} of those alive end in it (95% interval "
        "{low:.0%} to {high:.0%}).",
        m=int(top), x=known.loc[top, "hazard"], low=known.loc[top, "low"], high=known.loc[top, "high"],
    )  # fmt: skip


def reasoned(rate: pd.DataFrame, since=None) -> pd.DataFrame:
    """The row of `churn.rate` with `why`, in the reader's language, where nobody could leave or ends are missing."""
    if not len(rate) or pd.notna(rate["churn_rate"].iloc[0]) or (rate["n"].iloc[0] and since is None):
        return rate
    why = say(fa="هنگام آغاز دوره قراردادی زنده نبود", en="no contract was alive as the period began")
    if rate["n"].iloc[0]:
        why = say(fa="پایان‌ها از میانهٔ دوره به بعد ثبت شده است", en="ends are recorded only from within the period on")
    return rate.assign(why=why[current().locale])


def found(findings: list[Finding], looks: int, columns: list[str], shown: int, customers: int) -> Words:
    """What the search over groups brought, in one sentence; or why no group was compared.

    columns  that split the contracts;  shown  groups of them that may be shown;  customers  of all contracts
    """
    if not customers:
        return say(fa="قراردادی نبود که گروه‌هایش سنجیده شود.", en="There were no contracts whose groups to compare.")
    if not looks and not columns:
        return say(
            fa="هیچ ستونی (مانند طرح) قراردادها را به گروه‌هایی بخش نمی‌کند؛ پس چیزی با چیزی سنجیده نشد.",
            en="No column, such as the plan, splits contracts into groups: nothing was compared.",
        )
    if not looks and not shown:
        return say(
            fa="گروه‌ها کوچک‌اند و برای حفظ حریم مشتریان نشان داده نمی‌شوند؛ پس گروهی سنجیده نشد.",
            en="All groups are small and not shown, to protect customers’ privacy: none was compared.",
        )
    if not looks:
        return say(
            fa="قرارداد کافی برای مقایسهٔ گروه‌ها نبود: در هر سو دست‌کم {n} مشتری لازم است.",
            en="There were too few contracts to compare groups: {n} customers are needed on either side.",
            n=FEWEST,
        )
    if not findings:
        return say(
            fa="{compared}، قراردادهای هیچ گروهی پس از تصحیح زودتر از دیگران پایان نمی‌یابد.",
            en="{compared} no group’s contracts end sooner than the others’, after correction.",
            compared=compared(looks),
        )
    groups = join([name(next(iter(f.subject.values()))) for f in findings])
    return say(
        fa="{compared}، پس از تصحیح این‌ها زودتر می‌روند: {groups}.",
        en="{compared}, after correction, these leave sooner: {groups}.",
        compared=compared(looks), groups=groups,
    )  # fmt: skip


def left_out(counts: dict[str, int]) -> Words | None:
    """Which contracts could not be counted; None where all could.  counts  of `churn.left_out`"""
    said = {
        "no_start": {"fa": "{n} قرارداد آغازی ندارد", "en": "{n} contracts have no beginning"},
        "not_yet": {"fa": "{n} قرارداد هنوز آغاز نشده", "en": "{n} contracts have not begun yet"},
        "backwards": {"fa": "{n} قرارداد پیش از آغازش پایان یافته", "en": "{n} contracts end before they begin"},
    }
    parts = [say(**said[why], n=n) for why, n in counts.items() if n]
    if not parts:
        return None
    return say(fa="شمرده نشد: {those}.", en="Not counted: {those}.", those=join(parts))


def since(when) -> Words | None:
    """That ends were recorded from a day on only; None where they always were.  when  of `churn.recorded_since`"""
    if when is None:
        return None
    return say(
        fa="پایان قراردادها گویا تنها از {day} ثبت شده است: قراردادهای کهنه‌تر از آن روز به بعد شمرده شده‌اند.",
        en="Ends seem to be recorded from {day} on only: older contracts count from that day on.",
        day=when.date(),
    )


def waited(days: int) -> Words | None:
    """That customers usually renew late, so an end is a leaving only then.  days  of `tenures.usual_wait`; 0: None"""
    if not days:
        return None
    return say(
        fa="مشتریان این شرکت معمولاً دیر تمدید می‌کنند (۹۹٪ دیرکنندگان تا {n} روز): پس پایان قرارداد تنها {n} روز بعد "
        "رفتن شمرده می‌شود و تا آن روز مشتری هنوز مشتری است.",
        en="Customers here usually renew late (99% of the late ones within {n} days): so an end counts as leaving "
        "only {n} days after it, and until then a customer is still a customer.",
        n=days,
    )


def at_risk(curves: pd.DataFrame, every: int = 3) -> pd.DataFrame:
    """How many contracts stand behind each curve at each age, as a table under the picture: groups x months."""
    if curves.empty:
        return pd.DataFrame()
    wide = curves["at_risk"].unstack("month") if curves.index.nlevels > 1 else curves[["at_risk"]].T
    wide = wide[[month for month in wide.columns if month % every == 0]]
    wide = wide.set_axis([str(month) for month in wide.columns], axis=1)
    return wide if curves.index.nlevels > 1 else wide.set_axis([certainty.ALL], axis=0)


def at_risk_words(months: pd.DataFrame) -> dict:
    """How a page sets `at_risk`."""
    return {
        "columns": list(months.columns),
        "titles": {c: say(fa="ماه {m}", en="month {m}", m=int(c)) for c in months.columns},
        "formats": dict.fromkeys(months.columns, "count"),
        "rows_title": {"fa": "در معرض رفتن", "en": "at risk"},
    }


def groups(looks: pd.DataFrame) -> pd.DataFrame:
    """`churn.looks` as a picture and a table want it: index (column, group)."""
    return looks.set_index(["column", "group"])


def uneven(ratios: pd.DataFrame) -> Words | None:
    """Which ratios change with the age of the contract; None where none does, or none is known."""
    those = ratios[ratios["uneven_p"] < 0.05]
    if those.empty:
        return None
    names = join([name(group or column) for column, group in those.index])
    return say(
        fa="نسبت خطر {names} با عمر قرارداد عوض می‌شود (آزمون شونفلد): عدد آن میانگین عمرهاست، منحنی‌ها را ببینید.",
        en="The hazard ratio of {names} changes with the age of the contract (Schoenfeld’s test): its number is an "
        "average over ages; see the curves.",
        names=names,
    )  # fmt: skip


def unknown(ratios: pd.DataFrame, columns: list[str]) -> Words | None:
    """Why there are no hazard ratios; None where there are.  columns  that split the contracts"""
    if len(ratios) and ratios["ratio"].notna().any():
        return None
    if not columns:
        return say(
            fa="نسبت خطری نیست: هیچ ستونی قراردادها را به گروه‌هایی بخش نمی‌کند.",
            en="There are no hazard ratios: no column splits contracts into groups.",
        )
    return say(
        fa="نسبت خطر را نمی‌توان سنجید: دست‌کم دو گروه با ۱۰ قراردادِ پایان‌یافته لازم است، و ستونی که رفتن را بی‌خطا لو "
        "ندهد.",
        en="Hazard ratios cannot be told: two groups with 10 ended contracts each are needed, and no column that gives "
        "the ending away.",
    )
