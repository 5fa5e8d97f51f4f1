"""What does a whole run say in a few sentences?  Where the goals stand, what moved, what was found, what is missing."""

from __future__ import annotations

from cx_helpers import wording
from cx_helpers.causes import Cause
from cx_helpers.evidence import Evidence
from cx_helpers.records import OF_DATA
from cx_helpers.report.phrases import phrases
from cx_helpers.report.rendering import Block
from cx_helpers.wording import Words, join, say, sentences

_NAMED = 3  # of what moved, and of goals not reached: the first few, the rest counted


def said(cards: list[dict], causes: list[Cause], reports: list, locale: str) -> list[str]:
    """The first page's lead, the first sentence the one that matters most.

    cards    the run's numbers, as KPI blocks hold them;  causes  what its findings come down to (`causes.joined`)
    reports  index.Report of each, for what is missing
    """
    made = any(report.outcome == "published" for report in reports)
    stands = [one for one in (_goals(cards), _moved(cards)) if one]
    first = None if stands else _first(causes) or _level(cards)
    told = [*stands, first, _behind(causes) if made else None, *_missing(reports)]
    return [one[locale] for one in told if one]


def moved(found: Evidence) -> Words | None:
    """What got worse and what better since last period, beyond chance; None where nothing did."""
    return _moved(found.cards)


def in_short(found: Evidence, causes: list[Cause]) -> list[Words]:
    """The bottom line of the notebook that draws a run together: it names no number, `brief.block` stands beside it."""
    return [*filter(None, [_goals(found.cards, named=False) or _moved(found.cards)]), _behind(causes)]


def aims(found: Evidence) -> Block:
    """The cards of `aimed`, in full; where there are none, why."""
    locale, cards = wording.current().locale, aimed(found)
    if cards:
        return Block({"kind": "kpi", "locale": locale, "cards": cards}, "\n".join(card["title"] for card in cards))
    t = phrases(locale)
    said = t.no_aims if found.cards or not found.metrics else t.aims_elsewhere
    return Block({"kind": "note", "locale": locale, "sentences": [said], "tone": ""}, said)


def aimed(found: Evidence) -> list[dict]:
    """The numbers with a goal, as their reports show them; where the company has set no goals those that moved, and
    where none did the first that tell of customers."""
    once = list({(card["metric"], card["title"]): card for card in reversed(found.cards)}.values())[::-1]
    own = [card for card in once if not card["reason"] and not card.get("of_group")]
    aims = [card for card in own if card["goal_state"]] or [c for c in own if c.get("change_tone") in ("bad", "good")]
    return aims[:6] or [card for card in own if card["metric"] not in OF_DATA][:3]


def _goals(cards: list[dict], named: bool = True) -> Words | None:
    """Of four goals one is met; NPS is 14 (goal 40) and …: those that are surely missed, by name or by number."""
    aims = [card for card in cards if card["goal_state"]]
    if not aims:
        return None
    state = {one: [card for card in aims if card["goal_state"] == one] for one in ("met", "missed", "open")}
    met, missed, unsure = (state[name] for name in ("met", "missed", "open"))
    if len(aims) == 1:
        return _run([(_alone_in_numbers if named else _alone)(aims[0])])
    one, none = len(met) == 1, not met
    whole = say(
        fa="هیچ‌یک از {k} هدف هنوز به دست نیامده است" if none else "از {k} هدف، {met} به دست آمده است",
        en="None of the {k} goals is met yet" if none else "Of {k} goals {met} " + ("is met" if one else "are met"),
        k=len(aims), met={"fa": "یکی", "en": "one"} if one else len(met),
    )  # fmt: skip
    if not named:
        return _run([whole, *_counts(len(missed), len(unsure))])
    short = say(fa="نرسیده: {names}", en="missed: {names}", names=_few(missed, _aimed)) if missed else None
    open_ = (
        say(fa="هنوز روشن نیست: {names}", en="not yet clear: {names}", names=_few(unsure, _aimed)) if unsure else None
    )
    return _run([whole, short, open_])


def _alone(card: dict) -> Words:
    """Where the company stands with its only goal: met, missed, or not yet clear."""
    fa, en = {
        "met": ("هدفِ {only} به دست آمده است", "The goal of {only} is met"),
        "missed": ("{only} به هدف نرسیده است", "{only} misses its goal"),
        "open": ("هنوز روشن نیست که {only} به هدف رسیده باشد", "Whether {only} reaches its goal is not clear yet"),
    }[card["goal_state"]]
    return say(fa=fa, en=en, only=dict.fromkeys(wording.LOCALES, card["title"]))


def _alone_in_numbers(card: dict) -> Words:
    """The same with its number and its goal: NPS is −14 and misses its goal of 40."""
    fa, en = {
        "met": ("{title} {x} است و به هدف {goal} رسیده است", "{title} is {x} and meets its goal of {goal}"),
        "missed": ("{title} {x} است و به هدف {goal} نرسیده است", "{title} is {x} and misses its goal of {goal}"),
        "open": (
            "{title} {x} است و هنوز روشن نیست که به هدف {goal} رسیده باشد",
            "{title} is {x}; whether it reaches its goal of {goal} is not clear yet",
        ),
    }[card["goal_state"]]
    values = {"title": card["title"], "x": _amount(card), "goal": card["goal"]}
    return say(fa=fa, en=en, **{key: dict.fromkeys(wording.LOCALES, value) for key, value in values.items()})


def _counts(missed: int, unsure: int) -> list[Words | None]:
    """How many are surely missed, how many the interval leaves open."""
    one = {"fa": "یکی", "en": "one"}
    return [
        say(fa="{k} نرسیده", en="{k} missed", k=one if missed == 1 else missed) if missed else None,
        say(fa="{k} هنوز روشن نیست", en="{k} not yet clear", k=one if unsure == 1 else unsure) if unsure else None,
    ]


def _moved(cards: list[dict]) -> Words | None:
    """Since last period: what got worse and what got better, beyond chance."""
    worse, better = ([card for card in cards if card.get("change_tone") == tone] for tone in ("bad", "good"))
    if not worse and not better:
        return None
    down = say(fa="بدتر شد: {names}", en="worse: {names}", names=_few(worse, _step)) if worse else None
    up = say(fa="بهتر شد: {names}", en="better: {names}", names=_few(better, _step)) if better else None
    return _run([down, up], say(fa="نسبت به دورهٔ پیش ", en="Since last period, "))


def _first(causes: list[Cause]) -> Words | None:
    """Where no number says how the company stands: the first claim of high importance, bad news before good."""
    loud = [cause.head["card"] for cause in causes if cause.head["severity"] == "high"]
    claims = [card["claim"] for card in sorted(loud, key=lambda card: card["tone"] != "bad")]
    return dict.fromkeys(wording.LOCALES, claims[0].rstrip(".") + ".") if claims else None


def _level(cards: list[dict]) -> Words | None:
    """Where there are no goals, nothing moved and nothing was found: where the first number of customers stands."""
    own = [card for card in cards if not card["reason"] and card["metric"] not in OF_DATA and not card.get("of_group")]
    if not own:
        return None
    card = own[0]
    told = {"title": card["title"], "x": _amount(card), "ends": card.get("interval") or ""}
    told = {key: dict.fromkeys(wording.LOCALES, value) for key, value in told.items()}
    if not card.get("interval"):
        return say(fa="{title}: {x}.", en="{title}: {x}.", **told)
    return say(fa="{title}: {x} (بازهٔ ۹۵٪: {ends}).", en="{title}: {x} (95% interval {ends}).", **told)


def _behind(causes: list[Cause]) -> Words:
    """How many things stand behind all the findings, and what the first of them is."""
    loud = [cause for cause in causes if cause.head["severity"] == "high"]
    found = sum(len(cause.all) for cause in causes)
    if not loud:
        return say(
            fa="در این دوره یافتهٔ مهمی نیست؛ {k} یافتهٔ کم‌اهمیت‌تر در گزارش‌ها آمده است." if found else
            "در این دوره تفاوت یا تغییری دیده نشد که بتوان به آن تکیه کرد.",
            en="Nothing of high importance was found; the reports hold {k} smaller findings." if found > 1 else
            "Nothing of high importance was found; the reports hold one smaller finding." if found else
            "No difference or change was found that one could rely on.",
            k={"fa": "یک", "en": "one"} if found == 1 else found,
        )  # fmt: skip
    telling = sum(record["severity"] == "high" for cause in loud for record in cause.all)
    return say(
        fa="یک یافتهٔ مهم هست." if telling == 1 else "{n} یافتهٔ مهم به یک موضوع برمی‌گردد." if len(loud) == 1 else
        "{n} یافتهٔ مهم به {k} موضوع برمی‌گردد." if telling > len(loud) else "{n} یافتهٔ مهم هست.",
        en="There is one finding of high importance." if telling == 1 else
        "{n} findings of high importance come down to one thing." if len(loud) == 1 else
        "{n} findings of high importance come down to {k} things." if telling > len(loud) else
        "There are {n} findings of high importance.",
        n=telling, k=len(loud),
    )  # fmt: skip


def _missing(reports: list) -> list[Words]:
    """Reports that could not be made, and what stands in their place."""
    said: list[Words] = []
    failed = [report for report in reports if report.outcome == "failed"]
    if failed:
        several, stand = len(failed) > 1, sum(bool(report.kept) for report in failed)
        said.append(
            say(
                fa="{k} گزارش ساخته نشد؛ دلیل هر کدام در پایان این صفحه است."
                if several
                else "یک گزارش ساخته نشد؛ دلیل آن در پایان این صفحه است.",
                en="{k} reports could not be made; the reasons stand at the end of this page."
                if several
                else "One report could not be made; the reason stands at the end of this page.",
                k=len(failed),
            )
        )
        if stand:
            said[-1] = sentences(said[-1], _kept(stand, stand == len(failed)))
    if inside := sum(report.failed_inside for report in reports):
        said.append(
            say(
                fa="در گروه‌ها {k} گزارش ساخته نشد؛ صفحهٔ هر گروه دلیلش را می‌گوید.",
                en="{k} reports of the groups could not be made; each group's page says why."
                if inside > 1
                else "One report of a group could not be made; the group's page says why.",
                k=inside,
            )
        )
    return said


def _kept(stand: int, all_of_them: bool) -> Words:
    one = stand == 1
    if all_of_them:
        return say(
            fa="صفحهٔ پیشین آن هنوز هست." if one else "صفحه‌های پیشین آن‌ها هنوز هستند.",
            en="Its earlier page still stands." if one else "Their earlier pages still stand.",
        )
    return say(
        fa="از {k} گزارش، صفحهٔ پیشین هنوز هست.",
        en="The earlier page of one of them still stands." if one else "The earlier pages of {k} of them still stand.",
        k=stand,
    )


def _few(cards: list[dict], each) -> Words:
    names = [each(card) for card in cards[:_NAMED]]
    left = len(cards) - _NAMED
    more = {"fa": "یک", "en": "one"} if left == 1 else left
    return join([*names, say(fa="{k} عدد دیگر", en="{k} more", k=more)] if left > 0 else names)


def _aimed(card: dict) -> Words:
    """A number and its goal, as the page sets them: NPS 14 (goal 40)."""
    values = {"title": card["title"], "x": _amount(card), "goal": card["goal"]}
    values = {key: dict.fromkeys(wording.LOCALES, value) for key, value in values.items()}
    return say(fa="{title} {x} (هدف {goal})", en="{title} {x} (goal {goal})", **values)


def _amount(card: dict) -> str:
    """A card's number with its unit: 68%, 4 hours."""
    return f"{card['value']}{' ' if card['unit'][:1].isalpha() else ''}{card['unit']}"


def _step(card: dict) -> Words:
    values = {key: dict.fromkeys(wording.LOCALES, card[key]) for key in ("title", "change")}
    return say(fa="{title} ({change})", en="{title} ({change})", **values)


def _run(parts: list[Words | None], start: Words | None = None) -> Words:
    """Clauses as one sentence."""
    given = [part for part in parts if part]
    begun = start or dict.fromkeys(wording.LOCALES, "")
    return {
        locale: begun[locale] + {"fa": "؛ ", "en": "; "}[locale].join(part[locale] for part in given) + "."
        for locale in wording.LOCALES
    }
