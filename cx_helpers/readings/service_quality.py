"""What is to be said of service quality: how far behind expectations, where most, and what is not asked yet?"""

from __future__ import annotations

import pandas as pd

from cx_helpers import disclosure, wording
from cx_helpers.readings.questions import LACKS, nobody
from cx_helpers.records import Finding, clean, severity
from cx_helpers.wording import Words, name, say, sentences

LARGE = {"service_gap": 0.5, "perceived": 0.5, "form_score": 10.0}  # from which on a difference is told loudly

GUARDS = [
    {
        "fa": "شکاف هر مشتری با انتظار خود او سنجیده شده است و هر بُعد با ابعاد دیگرِ همان مشتریان؛ چون "
        "انتظار تقریباً همیشه "
        "بالاست، شکافِ منفی به‌تنهایی چیزی نمی‌گوید (براون، چرچیل و پیتر ۱۹۹۳). برای شمار مقایسه‌ها تصحیح شده است (هولم).",
        "en": "A gap is each customer’s own, and a dimension is held against the same customers’ other dimensions: "
        "expectations are nearly always high, so a gap below zero alone says little (Brown, Churchill, Peter 1993). "
        "Corrected for the number of looks (Holm).",
    },
    {
        "fa": "تنها تازه‌ترین پاسخ هر مشتری به هر پرسش آمده است؛ مقیاس‌های دیگر به ۱ تا ۷ برده شده‌اند.",
        "en": "Only each customer’s newest answer to each question counts; other scales are set to 1–7.",
    },
]

GAPS = {  # how a page sets `service_quality.gaps`
    "columns": ["n", "expected", "perceived", "service_gap", "low", "high", "change", "p_adjusted"],
    "titles": {
        "n": {"fa": "مشتری", "en": "customers"},
        "expected": {"fa": "انتظار", "en": "expected"},
        "perceived": {"fa": "دریافت", "en": "perceived"},
        "service_gap": {"fa": "شکاف", "en": "gap"},
        "change": {"fa": "تفاوت با ابعاد دیگر", "en": "against the others"},
        "p_adjusted": {"fa": "p تصحیح‌شده", "en": "p, corrected"},
    },
    "formats": {"n": "count", "expected": "perceived"},
    "rows_title": {"fa": "بُعد", "en": "dimension"},
}
PERCEIVED = GAPS | {"columns": ["n", "perceived", "low", "high", "change", "p_adjusted"]}
PARTS = GAPS | {
    "columns": ["n", "form_score", "low", "high", "change", "p_adjusted"],
    "titles": GAPS["titles"]
    | {
        "form_score": {"fa": "از ۱۰۰", "en": "of 100"},
        "change": {"fa": "تفاوت با دیگرها", "en": "against the others"},
    },
    "formats": {"n": "count"},
    "rows_title": {"fa": "بخش", "en": "part"},
}
_REMEDIES: dict[str, Words] = {
    "tangibles": {
        "fa": "فروشگاه، اپلیکیشن و بسته‌بندی را با چشم مشتری ببینید",
        "en": "look at shop, app and box with a customer’s eyes",
    },
    "reliability": {
        "fa": "تنها قولی بدهید که نگه می‌دارید؛ دیرکرد و خطا را در گزارش سفر بجویید",
        "en": "promise only what is kept; look up delays and failures in the journey report",
    },
    "responsiveness": {
        "fa": "زمان پاسخ را در گزارش چرخهٔ بسته ببینید و به مشتری بگویید کی پاسخ می‌گیرد",
        "en": "see reply times in the closed-loop report, and tell customers when they will hear",
    },
    "assurance": {
        "fa": "به کارکنان دانش و اختیار پاسخ‌دادن بدهید",
        "en": "give staff the knowledge and the right to answer",
    },
    "empathy": {
        "fa": "آنچه مشتری پیش‌تر گفته جلوِ چشم کارکنان باشد",
        "en": "put what a customer said before in front of staff",
    },
    "functional": {
        "fa": "ببینید کالا و خدمت کجا کار نمی‌کند: گزارش‌های سفر و احساس",
        "en": "see where product and service do not work: journey and sentiment reports",
    },
    "mechanical": {
        "fa": "فضا، اپلیکیشن و بسته‌بندی را یک‌دست و خوشایند کنید",
        "en": "make place, app and packaging pleasant and of one piece",
    },
    "human": {
        "fa": "رفتار خوب را نام ببرید، آموزش دهید و پاداش دهید",
        "en": "name, train and reward good conduct",
    },
}


def named(answer: pd.DataFrame, family: str, locale: str) -> pd.DataFrame:
    """The answer with its dimensions, clues, marks or parts as people call them, but those nobody answered about."""
    answer = answer[answer["n"] > 0]
    return answer.set_axis([wording.label(f"{family}.{part}", locale) for part in answer.index])


HOLLOW = {"fa": "انتظار است", "en": "what is expected"}


def dumbbell(gaps: pd.DataFrame, seen: pd.DataFrame, locale: str) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    """What a picture draws: what is perceived with its interval, and what was expected (None: nobody was asked)."""
    if gaps.empty:
        return named(seen, "servqual", locale), None
    shown = named(gaps, "servqual", locale).drop(columns=["low", "high"])
    shown = shown.rename(columns={"perceived_low": "low", "perceived_high": "high"})
    return shown, shown[["n"]].assign(perceived=shown["expected"])


def weighing(whole: pd.DataFrame, weighted: pd.DataFrame, importance: pd.DataFrame) -> Words | None:
    """What the customers' own weights change, and what matters to them most; None where they gave none."""
    known = importance[importance["importance"].notna()]
    if known.empty or weighted["service_gap"].isna().all():
        return None
    top = known["importance"].idxmax()
    return say(
        fa="با وزن‌های خود مشتریان شکاف {w:.1f} است (بی‌وزن {x:.1f}؛ بازهٔ ۹۵٪ با وزن: {low:.1f} تا "
        "{high:.1f}). مهم‌ترین بُعد برایشان "
        "«{a}» با {s:.0%} وزن است.",
        en="By the customers’ own weights the gap is {w:.1f} (unweighted {x:.1f}; 95% interval, weighted: {low:.1f} to "
        "{high:.1f}). What matters most to them is {a}, with {s:.0%} of the weight.",
        w=weighted["service_gap"].iloc[0], x=whole["service_gap"].iloc[0], low=weighted["low"].iloc[0],
        high=weighted["high"].iloc[0], a=_dimension(top), s=known.loc[top, "importance"],
    )  # fmt: skip


def sentence(whole: pd.DataFrame, gaps: pd.DataFrame, seen: pd.DataFrame, questions: pd.DataFrame) -> Words:
    """The answer in one or two sentences.

    whole  of `service_quality.overall`;  gaps, seen  of `gaps` and `perceived`;  questions  of `forms.asked`
    """
    row = whole.iloc[0] if len(whole) else None
    if row is not None and pd.notna(row["service_gap"]):
        worst = gaps[gaps["service_gap"].notna()].iloc[0]
        told = say(
            fa="تجربهٔ مشتریان روی‌هم {g:.1f} امتیاز (از مقیاس ۱ تا ۷) {way} از انتظارشان است (بازهٔ ۹۵٪: "
            "{low:.1f} تا {high:.1f}).",
            en="What customers get is {g:.1f} points (of a scale 1–7) {way} what they expect (95% interval "
            "{low:.1f} to "
            "{high:.1f}).",
            g=abs(row["service_gap"]),
            way={"fa": "پایین‌تر", "en": "below"} if row["service_gap"] < 0 else {"fa": "بالاتر", "en": "above"},
            low=min(abs(row["low"]), abs(row["high"])) if row["low"] * row["high"] > 0 else row["low"],
            high=max(abs(row["low"]), abs(row["high"])) if row["low"] * row["high"] > 0 else row["high"],
        )
        return sentences(told, _worst(gaps.index[gaps["service_gap"].notna()][0], worst, "service_gap"))
    known = seen[seen["perceived"].notna()]
    if len(known):
        told = say(
            fa="پایین‌ترین بُعد کیفیت خدمت «{a}» است: {x:.1f} از ۷ (بازهٔ ۹۵٪: {low:.1f} تا {high:.1f}).",
            en="The lowest dimension of service quality is {a}: {x:.1f} of 7 (95% interval {low:.1f} to {high:.1f}).",
            a=_dimension(known.index[0]), x=known["perceived"].iloc[0], low=known["low"].iloc[0],
            high=known["high"].iloc[0],
        )  # fmt: skip
        return sentences(told, _UNEXPECTED)
    if (seen["n"] > 0).any():
        return disclosure.sentence(disclosure.SMALL)
    return nobody(questions) or LACKS["servqual"]


_UNEXPECTED = {
    "fa": "انتظار پرسیده نشده است، پس تنها دریافت آمده (SERVPERF)؛ پرسش‌های expected در questionnaire.csv است.",
    "en": "Expectations were not asked, so perceptions alone are told (SERVPERF); questionnaire.csv has the questions.",
}


def _worst(dimension, row, measure: str) -> Words | None:
    if not (row["p_adjusted"] < 0.05 and row["change"] < 0):
        return {
            "fa": "هیچ بُعدی به‌یقین از دیگر ابعاد عقب‌تر نیست.",
            "en": "No dimension is surely farther behind than the others.",
        }
    return say(
        fa="بیش از همه در «{a}»: شکاف {x:.1f}، در ابعاد دیگر {o:.1f}.",
        en="Most of all in {a}: a gap of {x:.1f}, in the other dimensions {o:.1f}.",
        a=_dimension(dimension), x=row[measure], o=row["others"],
    )  # fmt: skip


def _dimension(dimension) -> Words:
    return name(f"servqual.{dimension}")


def findings(found: pd.DataFrame, family: str, measure: str) -> list[Finding]:
    """Which part stands out among the same customers' others?

    found  of `service_quality.gaps`, `perceived` or `parts`;  family  of forms.PARTS;  measure  its value column
    A part far below pulls the others' comparison up, so only what differs as the largest difference does is told.
    """
    looked = found[found["p_adjusted"].notna() & found["change"].notna()]
    if looked.empty:
        return []
    side = looked["change"].loc[looked["change"].abs().idxmax()] > 0
    told = looked[(looked["change"] > 0) == side].sort_values("p_adjusted", kind="stable")
    each = [_finding(part, row, family, measure, len(looked)) for part, row in told.iterrows()]
    return [one for one in each if one is not None]


_CLAIMS = {  # measure: (behind, ahead)
    "service_gap": (
        {
            "fa": "«{a}» {x:.1f} امتیاز از انتظار مشتریان پایین‌تر است؛ ابعاد دیگر {o:.1f}",
            "en": "{a} falls {x:.1f} points short of what customers expect; the other dimensions {o:.1f}",
        },
        {
            "fa": "«{a}» کمتر از ابعاد دیگر از انتظار عقب است: شکاف {x:.1f} در برابر {o:.1f}",
            "en": "{a} is less behind expectations than the other dimensions: a shortfall of {x:.1f} against {o:.1f}",
        },
    ),
    "perceived": (
        {
            "fa": "«{a}» {x:.1f} از ۷ است؛ ابعاد دیگر {o:.1f}",
            "en": "{a} is at {x:.1f} of 7; the other dimensions at {o:.1f}",
        },
    )
    * 2,
    "form_score": (
        {"fa": "«{a}» {x:.0f} از ۱۰۰ است؛ دیگرها {o:.0f}", "en": "{a} scores {x:.0f} of 100; the others {o:.0f}"},
    )
    * 2,
}  # fmt: skip
_SUBJECTS = {"servqual": "dimension", "clue": "clue", "effortless": "mark"}


def _finding(part, row, family: str, measure: str, looks: int) -> Finding | None:
    loud = severity(row["p_adjusted"], abs(row["change"]) >= LARGE[measure])
    if loud is None:
        return None
    good, sign = bool(row["change"] > 0), -1 if measure == "service_gap" else 1
    claim = _CLAIMS[measure][good]
    detail = say(
        fa="تفاوت با دیگرها نزد همان مشتریان: {c:+.1f} (بازهٔ ۹۵٪: {low:+.1f} تا {high:+.1f}).",
        en="Difference from the same customers’ others: {c:+.1f} (95% interval {low:+.1f} to {high:+.1f}).",
        c=row["change"], low=row["change_low"], high=row["change_high"],
    )  # fmt: skip
    return Finding(
        kind="strength" if good else "weakness",
        subject={_SUBJECTS[family]: part},
        measure=measure,
        value=clean(row[measure]),
        baseline=clean(row["others"]),
        low=clean(row["low"]),
        high=clean(row["high"]),
        n=int(row["n"]),
        p_adjusted=clean(row["p_adjusted"]),
        severity=loud if not good else "low" if loud == "low" else "medium",
        text=_begun(say(**claim, a=name(f"{family}.{part}"), x=sign * row[measure], o=sign * row["others"])),
        detail=detail,
        looks=looks,
        good=good,
        remedy=None if good else _REMEDIES.get(part),
    )


def _begun(text: Words) -> Words:
    return text | {"en": text["en"][:1].upper() + text["en"][1:]}


def title(found: pd.DataFrame, family: str, column: str, plain: Words) -> Words:
    """A picture's title that says the answer: which part is lowest; `plain` where none is surely so."""
    known = found[found[column].notna() & (found["p_adjusted"] < 0.05) & (found["change"] < 0)]
    if known.empty:
        return plain
    worst = known.index[known["change"].argmin()]
    return say(fa="{plain}: کم‌ترین در «{a}»", en="{plain}: lowest in {a}", plain=plain, a=name(f"{family}.{worst}"))
