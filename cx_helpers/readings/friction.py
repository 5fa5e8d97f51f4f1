"""Which frictions should a manager hear of first, and in which words?"""

from __future__ import annotations

import datetime as dt

import pandas as pd

from cx_helpers.records import SEVERITIES, Finding, clean
from cx_helpers.wording import Words, join, name, say, sentences


def findings(looks: pd.DataFrame, most: int = 12) -> tuple[list[Finding], int]:
    """The frictions that stand, each told once: loudest first, then by customers x harm.

    looks   what `friction` returned;  most  how many are told
    Of several looks at one touchpoint the surest is told (the channel in which it breaks, not the province that uses
    that channel); touchpoints of one and the same loop are one finding.  Returns (findings, number of looks).
    """
    chosen = looks[looks["loud"].notna()].sort_values(["p_value", "lost"], ascending=[True, False], kind="stable")
    chosen = chosen.drop_duplicates(["signal", "touchpoint"])
    told, loops = [], []
    for row in chosen.itertuples():
        around = set(row.loop) if isinstance(row.loop, tuple) else set()
        if any(
            row.touchpoint in other or around & other and len(around) > 1 for other in loops if row.signal == "return"
        ):
            continue
        if row.signal == "return":
            loops.append(around | {row.touchpoint})
        told.append(row)
    told.sort(key=lambda r: (SEVERITIES.index(r.loud), -r.lost, r.p_value))
    return [_finding(row, len(looks)) for row in told[:most]], len(looks)


def sentence(found: list[Finding], looks: int) -> Words:
    """What the search for frictions brought, in one sentence."""
    if not looks:
        return say(fa="دادهٔ کافی برای سنجش نقطه‌های تماس نبود.", en="There was too little data to compare touchpoints.")
    loud = [f for f in found if f.severity in ("high", "medium")]
    if not loud:
        return say(
            fa="هیچ نقطهٔ تماسی بدتر از معمول خود نبود (از {k} مقایسه، پس از تصحیح).",
            en="No touchpoint was worse than it usually is (of {k} comparisons, after correction).",
            k=looks,
        )
    places = join([_place(f.subject) for f in loud[:3]])
    return say(
        fa="{m} گره در سفر مشتری تأیید شد (از {k} مقایسه، پس از تصحیح)؛ پیش از همه: {places}.",
        en="{m} frictions hold (of {k} comparisons, after correction); first of all: {places}."
        if len(loud) > 1
        else "One friction holds (of {k} comparisons, after correction): {places}.",
        k=looks,
        m=len(loud),
        places=places,
    )


def _place(subject: dict) -> Words:
    where = [v for k, v in subject.items() if k not in ("touchpoint", "loop", "from", "to")]
    if not where:
        return say(fa="«{t}»", en="“{t}”", t=name(subject["touchpoint"]))
    return say(fa="«{t}» در «{g}»", en="“{t}” ({g})", t=name(subject["touchpoint"]), g=name(where[0]))


def _finding(row, looks: int) -> Finding:
    subject = {"touchpoint": row.touchpoint}
    if row.column:
        subject[row.column] = clean(row.group)
    if row.start:
        subject |= {"from": str(row.start), "to": str(row.end)}
    if row.signal == "return" and isinstance(row.loop, tuple) and len(row.loop) > 1:
        subject["loop"] = " → ".join(row.loop)
    return Finding(
        kind="friction",
        subject=subject,
        measure="failure_rate" if row.signal == "failure" else "return_rate",
        value=clean(row.value),
        baseline=clean(row.baseline),
        low=clean(row.low),
        high=clean(row.high),
        n=int(row.n),
        p_adjusted=clean(row.p_adjusted),
        impact={"value": row.excess, "low": row.excess_low, "high": row.excess_high, "unit": "customers"},
        severity=row.loud,
        text=_claim(row),
        detail=_detail(row),
        looks=looks,
    )


def _claim(row) -> Words:
    values = {"t": name(row.touchpoint), "x": row.value, "b": row.baseline, "where": _where(row), "base": _base(row)}
    if row.signal == "return":
        loop = row.loop if isinstance(row.loop, tuple) and len(row.loop) > 1 else None
        round_ = {"fa": "", "en": ""}
        if loop:
            round_ = say(fa="؛ حلقه: {l}", en="; the loop: {l}", l=join([name(t) for t in loop]))
        return say(
            fa="{where}{x:.0%} از سفرهایی که به «{t}» می‌رسند دوباره به آن برمی‌گردند؛ {base} {b:.0%}{loop}",
            en="{where}{x:.0%} of the journeys that reach “{t}” have to come back to it, against {b:.0%} {base}{loop}",
            loop=round_,
            **values,
        )
    if row.error:
        return say(
            fa="{where}{x:.0%} سفرها به «{t}» برمی‌خورند؛ {base} {b:.0%}",
            en="{where}{x:.0%} of the journeys run into “{t}”, against {b:.0%} {base}",
            **values,
        )
    return say(
        fa="{where}«{t}» در {x:.0%} موارد ناکام می‌ماند یا رها می‌شود؛ {base} {b:.0%}",
        en="{where}“{t}” fails or is abandoned in {x:.0%} of cases, against {b:.0%} {base}",
        **values,
    )


def _where(row) -> Words:
    parts = []
    if row.column:
        parts.append(say(fa="در {c} «{g}»", en="For {c} “{g}”", c=name(row.column), g=name(row.group)))
    if row.start:
        last = row.end - dt.timedelta(days=1)
        two = {"s": row.start, "e": last}
        parts.append(say(fa="از {s} تا {e}", en="from {s} to {e}", **two))
    if not parts:
        return {"fa": "", "en": ""}
    both = {locale: "، ".join(p[locale] for p in parts) for locale in ("fa",)} | {
        "en": ", ".join(p["en"] for p in parts)
    }
    return {"fa": both["fa"] + "، ", "en": both["en"][0].upper() + both["en"][1:] + ", "}


def _base(row) -> Words:
    return {
        "others": _elsewhere(row.column),
        "before": {"fa": "در دورهٔ پیش", "en": "in the period before"},
        "time": {"fa": "در بقیهٔ زمان", "en": "in the rest of the time"},
    }[row.against]


def _elsewhere(column: str) -> Words:
    """In the other channels, in the other provinces; of most columns, in the other groups."""
    fa = {"channel": "کانال‌های", "province": "استان‌های", "city": "شهرهای"}.get(column, "گروه‌های")
    en = {"channel": "channels", "province": "provinces", "city": "cities"}.get(column, "groups")
    return {"fa": f"در {fa} دیگر", "en": f"in the other {en}"}


def _detail(row) -> Words:
    hit = say(
        fa="{h} مشتری گرفتار شدند، حدود {x} نفر بیش از معمول (بازهٔ ۹۵٪: {low} تا {high}).",
        en="It hit {h} customers, about {x} more than usual (95% interval {low} to {high}).",
        h=row.hit,
        x=row.excess,
        low=row.excess_low,
        high=row.excess_high,
    )
    harm = say(
        fa="سفرهایی که به این گره خوردند {d:.0%} کمتر به مقصد رسیدند.",
        en="Journeys that met it reached the goal {d:.0%} less often.",
        d=row.harm,
    )
    money = say(fa="برآورد فروشی که از دست می‌رود: {m:money}.", en="Estimated sales lost: {m:money}.", m=row.money)
    # the least harm is set, not seen: no money is claimed on it
    return sentences(hit, *([harm, money if row.money == row.money else None] if row.harm > 0.05 else []))
