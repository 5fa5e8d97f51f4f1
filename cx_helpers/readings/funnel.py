"""What is to be said of how many get from step to step, and where they are lost?"""

from __future__ import annotations

import pandas as pd

from cx_helpers import disclosure, wording
from cx_helpers.measures.funnel_drops import FAILED, GONE
from cx_helpers.records import SEVERITIES, Finding, clean
from cx_helpers.wording import Words, compared, join, name, say

GUARDS = [
    {
        "fa": "کسی که مهلتش هنوز تمام نشده ریزش شمرده نشده است؛ در زمانِ رسیدن به مقصد هم تا همان‌جا که دیده شده به حساب "
        "آمده است.",
        "en": "Whoever still has time is not counted as lost; in times to convert they count as long as they were "
        "seen.",
    },
    {
        "fa": "هر مشتری یک بار شمرده شده است، با بهترین کوشش خود؛ گام آخر تنها وقتی شمرده می‌شود که ناکام نباشد.",
        "en": "Each customer counts once, with their best attempt; the last step counts only where it did not fail.",
    },
    {
        "fa": "همهٔ مقایسهٔ گام‌ها و گروه‌ها یک خانواده است و با هم تصحیح شده (هولم).",
        "en": "All comparisons of steps and groups are one family and corrected together (Holm).",
    },
    {
        "fa": "«هزینه» بیشترین چیزی است که درست‌کردن یک گام می‌آورد: شاید آن‌که می‌رود با آن‌که می‌ماند فرق داشته باشد. بازهٔ "
        "پول از سهم‌هاست و میانگین سفارش را دانسته می‌گیرد.",
        "en": "A cost is the most that mending a step can bring: who leaves may differ from who stays. Intervals of "
        "money are of the shares; the mean order is taken as known.",
    },
]

STEPS = {  # how a page sets `funnel.conversion`
    "columns": ["reached", "conversion", "passed", "low", "high", "lost"],
    "titles": {
        "reached": {"fa": "رسیدند", "en": "got there"},
        "conversion": {"fa": "از همهٔ واردشدگان", "en": "of all who entered"},
        "passed": {"fa": "از گام پیش", "en": "of the step before"},
        "lost": {"fa": "پیش از آن رفتند", "en": "lost before it"},
    },
    "formats": {"reached": "count", "conversion": "share", "passed": "share", "low": "share", "high": "share",
                "lost": "count"},
    "rows_title": {"fa": "گام", "en": "step"},
}  # fmt: skip

COSTS = {  # how a page sets `funnel_drops.costs`
    "columns": ["lost", "onward", "would_convert", "money", "money_low", "money_high"],
    "titles": {
        "lost": {"fa": "پیش از آن رفتند", "en": "lost before it"},
        "onward": {"fa": "از رسیدگان، تا مقصد می‌روند", "en": "of those there, reach the destination"},
        "would_convert": {"fa": "خرید از دست‌رفته، حداکثر", "en": "purchases lost, at most"},
        "money": {"fa": "به پول", "en": "in money"},
        "money_low": {"fa": "کران پایین پول", "en": "money, low"},
        "money_high": {"fa": "کران بالای پول", "en": "money, high"},
    },
    "formats": {
        "lost": "count",
        "onward": "share",
        "would_convert": "count",
        "money": "money",
        "money_low": "money",
        "money_high": "money",
    },
    "rows_title": {"fa": "گام", "en": "step"},
}

AFTERWARDS = {  # how a page sets `funnel_drops.afterwards`
    "columns": ["n", "share", "low", "high"],
    "titles": {
        "n": {"fa": "مشتریان", "en": "customers"},
        "share": {"fa": "از ماندگان در این گام", "en": "of those who stopped"},
    },
    "formats": {"share": "share", "low": "share", "high": "share"},
    "rows_title": {"fa": "از گام آخر به کجا", "en": "from the last step to"},
}  # fmt: skip


_ONWARD = {  # how a way of `funnel_drops.afterwards` is told: by where it leads, and anywhere else
    GONE: {"fa": "پس از {a} رفتند", "en": "left after {a}"},
    FAILED: {"fa": "از {a} به {goal} (ناموفق)", "en": "from {a} to {goal} (failed)"},
}
_ELSEWHERE = {"fa": "از {a} به {b}", "en": "from {a} to {b}"}


def onward(after: pd.DataFrame, goal: str) -> pd.DataFrame:
    """`funnel_drops.afterwards` with its rows in words: from checkout to search, left after checkout.

    goal  the last step: who got there and failed did not reach it, and is told so
    """
    told = [
        say(**_ONWARD.get(ahead, _ELSEWHERE), a=name(step), b=name(ahead), goal=name(goal))
        for step, ahead in after.index
    ]
    return after.set_axis([words[wording.current().locale] for words in told])


def findings(looks: pd.DataFrame) -> tuple[list[Finding], int]:
    """The drops that stand, loudest and costliest first: (findings, looks).  looks  of `funnel_drops.looks`."""
    loud = looks[looks["loud"].notna()]
    loud = loud.drop_duplicates(["step", "column", "group"])
    rank = loud["loud"].map(SEVERITIES.index)
    loud = loud.assign(rank=rank).sort_values(["rank", "lost"], ascending=[True, False], kind="stable")
    return [_finding(row, len(looks)) for row in loud.itertuples()], len(looks)


def mixed(looks: pd.DataFrame) -> Words | None:
    """The largest drop that is no drop once like is held against like; None without one."""
    odd = looks[looks["mixed"]]
    if odd.empty:
        return None
    row = odd.iloc[0]
    return say(
        fa="{c} «{g}» در رسیدن به «{step}» به‌ظاهر پایین‌تر از دیگران است ({x:.0%} در برابر {b:.0%})، اما در برابر "
        "مشتریان همسان خود چنین نیست ({inside:+.0f} واحد درصد): این از ترکیب مشتریان است، نه از خودِ آن.",
        en="At first sight {c} “{g}” gets to “{step}” less often than the others ({x:.0%} against {b:.0%}), but not "
        "against customers of the same kind ({inside:+.0f} points): it is the mix of customers, not the thing itself.",
        c=name(row["column"]), g=name(row["group"]), step=name(row["step"]), x=row["value"], b=row["baseline"],
        inside=100 * row["inside"],
    )  # fmt: skip


def _finding(row, looks: int) -> Finding:
    where = {"fa": "", "en": ""}
    if row.column:
        where = say(fa=" در {c} «{g}»", en=" for {c} “{g}”", c=name(row.column), g=name(row.group))
    values = {"step": name(row.step), "where": where, "x": row.value, "b": row.baseline}
    if row.against == "before":
        text = say(
            fa="رسیدن به «{step}»{where} از {b:.0%} به {x:.0%} افت کرد",
            en="Getting to “{step}”{where} fell from {b:.0%} to {x:.0%}",
            **values,
        )
    else:
        text = say(
            fa="از واردشدگان{where} {x:.0%} به «{step}» می‌رسند، در برابر {b:.0%} دیگران",
            en="{x:.0%} get to “{step}”{where}, against {b:.0%} of the others",
            **values,
        )
    detail = say(
        fa="از کسانی که در گام پیش بودند (بازهٔ ۹۵٪: {low:.0%} تا {high:.0%}، {n} نفر).",
        en="Of those at the step before (95% interval {low:.0%} to {high:.0%}, {n} walks).",
        low=row.low, high=row.high, n=int(row.n),
    )  # fmt: skip
    money = pd.notna(row.money)
    ends = (row.money, row.money_low, row.money_high) if money else (row.lost, row.lost_low, row.lost_high)
    impact = dict(zip(("value", "low", "high"), map(clean, ends), strict=True))
    return Finding(
        kind="funnel_drop", subject={"step": row.step} | ({row.column: clean(row.group)} if row.column else {}),
        measure="passed", value=clean(row.value), baseline=clean(row.baseline), low=clean(row.low),
        high=clean(row.high), n=int(row.n), p_adjusted=clean(row.p_adjusted),
        impact=impact | {"unit": "money" if money else "orders"}, severity=row.loud, text=text, detail=detail,
        looks=looks, good=False,
    )  # fmt: skip


def sentence(whole: pd.DataFrame, steps: list[str]) -> Words:
    """The bottom line: of those who entered, how many got to the destination."""
    first, last = whole.iloc[0], whole.iloc[-1]
    if pd.isna(first["conversion"]):
        if first["n"]:
            return disclosure.sentence(disclosure.SMALL)
        return say(
            fa="در این دوره کسی از «{step}» آغاز نکرد که مهلتش تمام شده باشد.",
            en="Nobody whose time is over began at “{step}” in this period.",
            step=name(steps[0]),
        )
    if pd.isna(last["conversion"]):
        return say(
            fa="از {n} نفری که از «{a}» آغاز کردند آن‌قدر کم به نزدیکی «{b}» رسیدند که برای حفظ حریم مشتریان گفته "
            "نمی‌شود.",
            en="Of {n} who began at “{a}”, so few came near “{b}” that they are not told of, to protect customers’ "
            "privacy.",
            n=int(first["reached"]), a=name(steps[0]), b=name(steps[-1]),
        )  # fmt: skip
    digits = 1 if last["conversion_high"] < 0.02 else 0  # of so small a share the decimals tell
    x, low, high = (f"{{{key}:.{digits}%}}" for key in ("x", "low", "high"))
    return say(
        fa=f"از {{n}} نفری که از «{{a}}» آغاز کردند {x} به «{{b}}» رسیدند (بازهٔ ۹۵٪: {low} تا {high}).",
        en=f"Of {{n}} who began at “{{a}}”, {x} got to “{{b}}” (95% interval {low} to {high}).",
        n=int(first["reached"]), a=name(steps[0]), b=name(steps[-1]), x=last["conversion"], low=last["conversion_low"],
        high=last["conversion_high"],
    )  # fmt: skip


def dearest(costs: pd.DataFrame) -> Words | None:
    """Which drop costs most; None where nobody is lost."""
    known = costs[costs["would_convert"] > 0]
    if known.empty:
        return None
    step, row = known.index[0], known.iloc[0]
    said = say(
        fa="گران‌ترین ریزش پیش از «{step}» است: {lost} نفر رفتند که اگر مانند دیگران می‌ماندند {k:.0f} خرید می‌شد",
        en="The dearest drop is before “{step}”: {lost} were lost, {k:.0f} purchases if they went on as the others do",
        step=name(step), lost=int(row["lost"]), k=row["would_convert"],
    )  # fmt: skip
    if pd.isna(row["money"]):
        more = say(
            fa=" (بازهٔ ۹۵٪: {low:.0f} تا {high:.0f}).", en=" (95% interval {low:.0f} to {high:.0f}).",
            low=row["would_low"], high=row["would_high"],
        )  # fmt: skip
    else:
        more = say(
            fa="، حدود {m:money} (بازهٔ ۹۵٪: {low:money} تا {high:money}).",
            en=", about {m:money} (95% interval {low:money} to {high:money}).",
            m=row["money"], low=row["money_low"], high=row["money_high"],
        )  # fmt: skip
    return {locale: said[locale] + more[locale] for locale in said}


def found(findings: list[Finding], looks: int, answers: dict | None = None) -> Words:
    """What the search over steps and groups brought, in one sentence.  answers  as `funnel_drops.looks` takes them"""
    if not looks:
        return _why_none(answers or {})
    if not findings:
        return say(
            fa="{compared}، هیچ گامی پس از تصحیح بدتر از دورهٔ پیش یا از گروه‌های دیگر نبود.",
            en="{compared} no step is worse than before or than in other groups, after correction.",
            compared=compared(looks),
        )
    steps = join([name(step) for step in dict.fromkeys(f.subject["step"] for f in findings)])
    return say(
        fa="{compared}، {m} مورد پس از تصحیح تأیید شد: {steps}.",
        en="{compared} {m} {hold} after correction: {steps}.",
        compared=compared(looks), m=len(findings), steps=steps,
        hold={"fa": "", "en": "holds" if len(findings) == 1 else "hold"},
    )  # fmt: skip


def _why_none(answers: dict) -> Words:
    """Why no groups were compared."""
    split = [now.groupby(level=column)["hidden"].first() for column, (now, _) in answers.items() if column]
    if split and all(len(groups) < 2 for groups in split):
        return say(
            fa="تنها یک گروه هست، پس چیزی برای مقایسه نبود.",
            en="There is only one group: there was nothing to compare.",
        )
    if any(groups.notna().any() for groups in split):
        return say(
            fa="گروه‌ها مقایسه نشدند: برای حفظ حریم مشتریان، گروه کوچک و آنچه آن را با تفریق لو می‌داد نشان "
            "داده نشده است.",
            en="Groups were not compared: to protect customers’ privacy a small group, and what would give it away by "
            "subtraction, are not shown.",
        )
    return say(fa="مشتری کافی برای مقایسهٔ گروه‌ها نبود.", en="There were too few customers to compare groups.")


def time_to_convert(curve: pd.DataFrame) -> Words:
    """How long it takes, as a caption of the curve of `funnel.durations`."""
    median = curve.attrs.get("median")
    if curve.empty:
        return say(
            fa="مشتری برای گفتن زمان رسیدن کافی نیست.", en="There are too few customers to tell how long it takes."
        )
    if pd.isna(curve["converted"].iloc[-1]):
        return say(fa="هنوز کسی به مقصد نرسیده است.", en="Nobody got to the destination yet.")
    if pd.isna(median):
        return say(
            fa="کمتر از نیمی در مهلت به مقصد می‌رسند؛ پس میانه‌ای نیست.",
            en="Fewer than half get to the destination in the time: there is no median.",
        )
    return say(
        fa="نیمی از واردشدگان ظرف {h:.0f} {unit} به مقصد می‌رسند.",
        en="Half of those who enter get to the destination within {h:.0f} {unit}.",
        h=median, unit=_UNITS[curve.index.name],
    )  # fmt: skip


_UNITS = {"hours": {"fa": "ساعت", "en": "hours"}, "minutes": {"fa": "دقیقه", "en": "minutes"}}


def curve_title(curve: pd.DataFrame) -> Words:
    """The title of the curve of `funnel.durations`."""
    return say(
        fa="سهم کسانی که به مقصد رسیدند، چند {unit} پس از آغاز",
        en="Share that got to the destination, {unit} after the beginning",
        unit=_UNITS[curve.index.name],
    )


def waiting(walked_n: int, over_n: int) -> Words | None:
    """How many still have time, so that they count in no rate; None where there is none."""
    if walked_n == over_n:
        return None
    return say(
        fa="{k} نفر از {n} نفر هنوز مهلت دارند و در سهم‌ها نیامده‌اند.",
        en="{k} of {n} still have time and are in no rate.",
        k=walked_n - over_n, n=walked_n,
    )  # fmt: skip
