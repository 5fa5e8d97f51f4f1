"""What does the page of a model's proof say?  Sentences, tables and pictures of `judging`, in the reader's language."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cx_helpers import wording
from cx_helpers.intake import sentiment_evidence as evidence
from cx_helpers.report import blocks, charts
from cx_helpers.wording import say

WAYS = {
    "left_out": say(fa="حوزه‌ای که مدل هرگز ندیده بود", en="A domain it had never seen"),
    "folds": say(fa="نوشته‌های تازه از همان حوزه‌ها", en="New comments of domains it knows"),
    "test": say(fa="آزمون جداگانه", en="The separate test"),
}
HOW = {
    "left_out": say(
        fa="هر حوزه را مدلی خوانده که تنها با حوزه‌های دیگر آموخته است؛ نوشته‌های هر شرکت تازه برای مدل چنین است.",
        en="Each domain was read by a model taught from the other domains only: this is what a new company’s comments "
        "are to it.",
    ),
    "folds": say(
        fa="هر نوشته را مدلی خوانده که با بخش‌های دیگر همان داده‌ها آموخته است.",
        en="Each comment was read by a model taught from the other parts of the same data.",
    ),
    "test": say(
        fa="نوشته‌هایی که در هیچ گامی از ساخت مدل به کار نرفته‌اند.",
        en="Comments that no step of making the model has used.",
    ),
}
TITLES = {
    "accuracy": say(fa="درستی", en="accuracy"),
    "macro_f1": say(fa="F1 میانگین دو رده", en="macro-F1"),
    "ece": say(fa="خطای کالیبراسیون (ECE)", en="calibration error (ECE)"),
    "ece_even": say(fa="همان، با دو رده برابر", en="the same, classes even"),
    "sure_share": say(fa="سهم مطمئن‌ها", en="share it is sure of"),
    "sure_accuracy": say(fa="درستی مطمئن‌ها", en="accuracy when sure"),
    "negative": say(fa="ناخوشایند به گفتهٔ آدم‌ها", en="negative by people"),
    "n": say(fa="نوشته‌ها", en="comments"),
    "said": say(fa="احتمالی که مدل گفت", en="what the model said"),
    "was": say(fa="سهمی که خوشایند بود", en="share that was positive"),
    "covered": say(fa="سهم نوشته‌هایی که دربارهٔ آن‌ها نظر می‌دهد", en="share of comments it speaks of"),
    "domain": say(fa="حوزه", en="domain"),
    "hit": say(fa="ناخوشایند که چنین خوانده شد", en="negative, called so"),
    "false": say(fa="خوشایند که ناخوشایند خوانده شد", en="positive, called negative"),
    "change": say(fa="تغییر درستی", en="change of accuracy"),
}

OPENING = say(
    fa="# مدل احساس چقدر درست می‌خواند؟\n\nبرای کسی که می‌خواهد بداند به این عددها چقدر می‌توان تکیه کرد. هر عدد روی "
    "نوشته‌هایی سنجیده شده که مدل از آن‌ها نیاموخته است و بازهٔ ۹۵٪ خود را دارد.",
    en="# How rightly does the sentiment model read?\n\nFor whoever wants to know how far these numbers carry. Every "
    "figure was measured on comments that the model had not learnt from, and has its 95% interval.",
)


DOUBT = say(
    fa="برچسب‌ها را هم آدم‌ها زده‌اند، گاهی از روی ستاره‌ها. جدول زیر می‌گوید مدلی که این نوشته‌ها را ندیده است، چند درصد "
    "برچسب‌ها را تقریباً ناممکن می‌داند (بیش از ۹۰٪ از ردهٔ دیگر). جایی که این سهم بزرگ است، برچسب‌ها نادرست‌اند و F1 و "
    "کالیبراسیون آن حوزه بیش از آن‌که از مدل بگوید، از برچسب‌ها می‌گوید. این نوشته‌ها از هیچ عددی کنار گذاشته نشده‌اند.",
    en="Labels, too, were given by people, at times by stars. The table below tells how many of them a model that had "
    "not seen these comments finds next to impossible (more than 90% for the other class). Where they are many, the "
    "labels are wrong, and the domain’s F1 and calibration tell more of the labels than of the model. No figure leaves "
    "these comments out.",
)


def parts(judged) -> list:
    """The page in its order: {fa, en} prose, and blocks in the language set by `wording.use`."""
    found = judged.measures()
    past = judged.measures(before=True)
    out = [OPENING, blocks.bottom_line(*_bottom_line(judged, found))]
    for way, measured in found.items():
        out += [_heading(way), _table(judged.found[way], measured)]
        out.append(_ranges(measured, past.get(way)))
        if way == "test" and judged.change is not None:
            out.append(_changes(judged.change))
        if way != "folds":
            out += [_reliability(judged.found[way]), _coverage(judged.found[way])]
        out.append(_confusion(judged.found[way]))
        if way == "left_out":
            out += [DOUBT, _doubted(judged.found[way])]
    return [*out, _card(judged)]


def _heading(way: str) -> dict:
    return {locale: f"## {WAYS[way][locale]}\n\n{HOW[way][locale]}" for locale in wording.LOCALES}


def _row(measured: pd.DataFrame, measure: str, domain: str = "mean") -> dict:
    domain = domain if (domain, measure) in measured.index else measured.index[0][0]
    return dict(zip(("x", "low", "high"), measured.loc[(domain, measure), ["value", "low", "high"]], strict=True))


def _bottom_line(judged, found: dict) -> list:
    way = "left_out" if "left_out" in found else next(iter(found))
    right, fair, gap = (_row(found[way], measure) for measure in ("accuracy", "macro_f1", "ece"))
    sure, good = _row(found[way], "sure_share"), _row(found[way], "sure_accuracy")
    said = [
        say(
            fa="از هر صد نوشتهٔ حوزه‌ای که مدل ندیده است، {a:.0f} را درست می‌خواند (بازهٔ ۹۵٪: {low:.1f} تا {high:.1f}؛ "
            "میانگین حوزه‌ها).",
            en="Of a hundred comments from a domain it had never seen, it reads {a:.0f} rightly (95% interval "
            "{low:.1f} to {high:.1f}; mean over domains).",
            a=100 * right["x"],
            low=100 * right["low"],
            high=100 * right["high"],
        ),
        say(
            fa="F1 میانگین دو رده {f:.1%} و خطای کالیبراسیون {e:.1%} است. مدل از {s:.0%} نوشته‌ها مطمئن است و {g:.0%} "
            "آن‌ها را درست می‌خواند.",
            en="Macro-F1 is {f:.1%} and the calibration error {e:.1%}. It is sure of {s:.0%} of the comments and right "
            "about {g:.0%} of those.",
            f=fair["x"],
            e=gap["x"],
            s=sure["x"],
            g=good["x"],
        ),
    ]
    return said if way == "left_out" else said[1:]


def _table(found: pd.DataFrame, measured: pd.DataFrame):
    """Domains x measures, every value with its interval."""
    locale = wording.current().locale
    domains = list(dict.fromkeys(measured.index.get_level_values("domain")))
    total = found.groupby(level="domain", sort=False)[["negative", "positive"]].sum()
    rows = {"n": [int(measured.loc[d, "n"].iloc[0]) for d in domains]}
    rows["negative"] = [total.loc[d, "negative"] / total.loc[d].sum() if d in total.index else np.nan for d in domains]
    for name in evidence.MEASURES:
        rows[name] = [_cell(measured.loc[(d, name)], locale) for d in domains]
    frame = pd.DataFrame(rows, index=pd.Index([_domain(d) for d in domains], name="domain"))
    return blocks.table(frame, titles=TITLES, formats={"negative": "share"}, rows_title=TITLES["domain"])


def _domain(name: str) -> str:
    mean = say(fa="میانگین حوزه‌ها", en="mean of domains")
    return mean[wording.current().locale] if name == "mean" else name


def _cell(row, locale: str) -> str:
    if np.isnan(row["value"]):
        return "—"
    x = wording.number(row["value"], locale, 1, percent=True)
    low, high = (wording.number(100 * row[k], locale, 1) for k in ("low", "high"))
    return {"fa": f"{x} ({low} تا {high})", "en": f"{x} ({low}–{high})"}[locale]


def _ranges(measured: pd.DataFrame, past: pd.DataFrame | None):
    """Macro-F1 of each domain, with the model before as hollow dots."""

    def cut(frame: pd.DataFrame) -> pd.DataFrame:
        part = frame.xs("macro_f1", level="measure")
        return part.rename(columns={"value": "macro_f1"}).rename(index=_domain)

    return charts.ranges(
        cut(measured),
        "macro_f1",
        title=TITLES["macro_f1"],
        unit="share",
        digits=1,
        before=None if past is None else cut(past),
        hollow=say(fa="مدل پیشین", en="the model before"),
        sort=False,
    )


def _changes(change: pd.DataFrame):
    title = say(fa="نسبت به مدل پیشین، روی همان نوشته‌ها", en="Against the model before, on the same comments")
    formats = dict.fromkeys(("change", "low", "high"), "points_of_share")
    return blocks.table(change, title=title, titles=TITLES, formats=formats, rows_title=TITLES["domain"])


def _reliability(found: pd.DataFrame):
    return charts.against(
        evidence.reliability(found),
        "said",
        "was",
        title=say(fa="وقتی مدل می‌گوید ۷۰٪، در چند درصد چنین است؟", en="When it says 70%, how often is it so?"),
        caption=say(
            fa="روی خط‌چین، گفتهٔ مدل همان است که بود؛ میله‌ها بازهٔ ۹۵٪ ویلسون‌اند",
            en="On the dotted line, what it said is what was; bars are Wilson’s 95% intervals",
        ),
        titles=TITLES,
        diagonal=True,
    )


def _coverage(found: pd.DataFrame):
    return charts.against(
        evidence.coverage(found),
        "covered",
        "accuracy",
        title=say(fa="نگفتن هنگام تردید چه می‌ارزد؟", en="What does it bring to keep silent when in doubt?"),
        caption=say(
            fa="از راست به چپ، مدل دربارهٔ نوشته‌های کمتری نظر می‌دهد و کمتر اشتباه می‌کند",
            en="From right to left it speaks of fewer comments, and errs less",
        ),
        titles=TITLES,
    )


def _confusion(found: pd.DataFrame):
    told = evidence.confusion(found)[["n_negative", "negative_hit", "n_positive", "negative_false"]]
    titles = {
        "n_negative": say(fa="ناخوشایند", en="negative"),
        "n_positive": say(fa="خوشایند", en="positive"),
        "negative_hit": TITLES["hit"],
        "negative_false": TITLES["false"],
    }
    return blocks.table(
        told,
        title=say(
            fa="چه را با چه اشتباه می‌گیرد؟ (بیرون از بازهٔ خنثی)", en="What does it take for what? (outside the band)"
        ),
        titles=titles,
        formats={"negative_hit": "share", "negative_false": "share", "n_negative": "count", "n_positive": "count"},
        rows_title=TITLES["domain"],
    )


def _doubted(found: pd.DataFrame):
    told = evidence.doubted(found)
    cells = told.apply(_cell, axis=1, locale=wording.current().locale).unstack("label")
    titles = {
        "negative": say(fa="از ناخوشایندها، نزدیک به ناممکن", en="of the negative, next to impossible"),
        "positive": say(fa="از خوشایندها، نزدیک به ناممکن", en="of the positive, next to impossible"),
    }
    title = say(fa="کدام برچسب‌ها نادرست به نظر می‌رسند؟", en="Which labels look wrong?")
    return blocks.table(
        cells.reindex(told.index.unique("domain")), title=title, titles=titles, rows_title=TITLES["domain"]
    )


def _card(judged):
    guards = [
        say(
            fa="هر عدد روی نوشته‌هایی است که مدل از آن‌ها نیاموخته است، با همهٔ "
            "برچسب‌هایشان؛ تردید در برچسب‌ها تنها هنگام آموختن است.",
            en="Every figure is on comments it had not learnt from, with all their labels; labels are doubted "
            "in teaching only.",
        ),
        say(
            fa="بخشی از برچسب‌ها نادرست است؛ هیچ مدلی به صد نمی‌رسد.",
            en="Part of the labels is wrong: no model can reach a hundred.",
        ),
        say(
            fa="خطای کالیبراسیون در حوزه‌ای که سهم ناخوشایندش از نصف دور است بیشتر است: مدل دو رده را برابر می‌انگارد.",
            en="The calibration error is larger where the share of negative comments is far from half: the model takes "
            "both classes to be equally common.",
        ),
    ]
    return blocks.data_card({**judged.taught, "guards": guards})
