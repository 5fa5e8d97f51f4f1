"""What does the manager see first?  A run on one page: where the numbers stand, what was found, where to read on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cx_helpers import records, wording
from cx_helpers.report.phrases import phrases
from cx_helpers.report.rendering import BLOCK, FINDINGS, block_html
from cx_helpers.report.setting import scope, sentence, words

_FIRST = 8  # findings before the fold
_CARDS = 12  # numbers before the fold


@dataclass(frozen=True)
class Report:
    """One notebook of a run, as the first page needs it.

    name      the notebook's name;  outcome  published, skipped or failed;  reason  why, in words ({"fa", "en"} or text)
    notebook  the executed notebook (None when there is none);  href  its page;  title  default: its first heading
    segment   `column=value` of the customers it looks at; empty: everybody
    failed_inside  of a report that stands for a group: how many of the group's reports failed
    kept      of a report that was not made: which run the page that stands is of ({"fa", "en"}); None: none stands
    """

    name: str
    outcome: str = "published"
    notebook: object = None
    href: str = ""
    title: object = None
    reason: object = None
    segment: str = ""
    kept: object = None
    failed_inside: int = 0


def index(
    reports: Iterable[Report],
    *,
    locale: str,
    title=None,
    company="",
    period_label: str = "",
    parameters: dict | None = None,
    manifest_info: dict | list | None = None,
    assets: str = "assets",
    home: str | None = None,
) -> str:
    """The run's first page: a summary in sentences, KPI cards, findings by severity, and every report with its outcome.

    Of the cards those without a number are left out, and those on the data's health where nothing is wrong with them.

    home     where it leads back to, when it is the first page of one group;  title  names the group then
    reports  Report for each notebook, in the run's order.  Findings stand in the order of findings.json and link to
             where they stand in their report.
    """
    from cx_helpers.report import page

    reports, t = list(reports), phrases(locale)
    cards, items, shown, faulty = [], [], [], False
    for report in reports:
        name = (
            words(report.title, locale)
            or (page.heading(report.notebook, locale) if report.notebook else "")
            or report.name
        )
        blocks = [b for b in _blocks(report.notebook) if b["locale"] == locale] if report.outcome == "published" else []
        cards += [card for b in blocks if b["kind"] == "kpi" for card in b["cards"]]
        claims = [item for b in blocks if b["kind"] == "finding" for item in b["items"]]
        found = _recorded(report.notebook) if len(_recorded(report.notebook)) == len(claims) else claims
        faulty |= any(one.get("kind") == "data_quality" and one["severity"] != "low" for one in found)
        items += [
            {"href": f"{report.href}#finding-{i + 1}", "source": name, **item, "rank": records.rank_key(of)}
            for i, (item, one) in enumerate(zip(claims, found, strict=True))
            for of in [{**one, "report": report.name}]
        ]
        lead = next((b["sentences"] for b in blocks if b["kind"] == "lead"), [])
        shown.append(
            {
                "title": name,
                "href": report.href,
                "outcome": report.outcome,
                "outcome_label": getattr(t, report.outcome),
                "sentence": lead[0] if lead else "",
                "segment": scope(report.segment, locale),
                "reason": sentence(report.reason, locale),
                "kept": words(report.kept, locale),
            }
        )
    items.sort(key=lambda item: item["rank"])
    cards = [card for card in _once(cards) if not card["reason"]]  # a card without a number stands in its report
    of_data = [card for card in cards if card["metric"] in records.OF_DATA]
    cards = [card for card in cards if card not in of_data] + (of_data if faulty else [])
    everywhere = {item["segment"] for item in shown}
    segment = everywhere.pop() if len(everywhere) == 1 else ""
    said = period_label + words(title, locale)
    segment = "" if segment in said else segment
    for item in shown:  # what the heading says is not said again on every card
        item["segment"] = "" if item["segment"] == segment or item["segment"] in said else item["segment"]

    def found(some):
        return block_html({"kind": "finding", "locale": locale, "items": some, "empty": t.found_nothing})

    def numbers(some):
        return block_html({"kind": "kpi", "locale": locale, "cards": some})

    cards.sort(key=_before)
    rest = items[_FIRST:]
    return page._render(
        "index.html.j2",
        locale,
        title=" · ".join(filter(None, [words(title, locale) or words(company, locale), period_label, segment])),
        heading=words(title, locale) or words(company, locale),
        eyebrow=[words(company, locale) if title else "", period_label],
        segment=segment,
        summary=summary(cards, items, reports, locale),
        kpis=numbers(cards[:_CARDS]) if cards else "",
        more_kpis=numbers(cards[_CARDS:]) if cards[_CARDS:] else "",
        more_kpis_label=t.more_numbers.format(k=wording.number(len(cards[_CARDS:]), locale)),
        findings=found(items[:_FIRST]) if any(r.outcome == "published" for r in reports) else "",
        more_findings=found(rest) if rest else "",
        more_label=t.more_findings.format(k=wording.number(len(rest), locale)),
        reports=shown,
        parameters=page._pairs(parameters, locale),
        made=page._lines(manifest_info),
        figures=[],
        assets=assets,
        home=home,
    )


def _blocks(notebook, mime: str = BLOCK) -> list:
    if notebook is None:
        return []
    outputs = (output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs)
    return [output.data[mime] for output in outputs if output.get("data") and mime in output.data]


def _recorded(notebook) -> list[dict]:
    """The findings of a notebook as findings.json holds them, in the order of its cards."""
    return [record for part in _blocks(notebook, FINDINGS) for record in part]


def _once(cards: list[dict]) -> list[dict]:
    """Two notebooks may show one number; the first page shows it once."""
    return list({(card["metric"], card["title"]): card for card in reversed(cards)}.values())[::-1]


def _before(card: dict) -> tuple:
    """What stands first among the numbers: those with a goal, then those that moved, then the rest as they come; the
    numbers of one group of an experiment last."""
    return bool(card.get("of_group")), not card["goal_state"], card.get("change_tone") not in ("good", "bad")


def summary(cards: list[dict], items: list[dict], reports: list[Report], locale: str) -> list[str]:
    """The run in two or three sentences: what asks for attention, where the goals stand, what is missing."""
    loud = [item for item in items if item["severity"] == "high"]
    first = next((item for item in loud if item["tone"] == "bad"), loud[0] if loud else None)
    missed = [card["title"] for card in cards if card["goal_state"] == "missed"]
    met = [card["title"] for card in cards if card["goal_state"] == "met"]
    said = []
    if first:
        claim = first["claim"].rstrip(".")
        several = len(loud) > 2
        more = wording.say(
            fa="{k} یافتهٔ مهم دیگر در ادامه آمده است." if several else "یک یافتهٔ مهم دیگر هم در ادامه آمده است.",
            en="{k} more findings of high importance follow." if several else "One more of high importance follows.",
            k=len(loud) - 1,
        )
        said.append(wording.say(fa="{claim}.", en="{claim}.", claim={"fa": claim, "en": claim}))
        said += [more] if len(loud) > 1 else []
    elif any(report.outcome == "published" for report in reports):
        said.append(
            wording.say(
                fa="در این دوره یافتهٔ مهمی نیست؛ {k} یافتهٔ کم‌اهمیت‌تر در ادامه آمده است."
                if items
                else "در این دوره تفاوت یا تغییری دیده نشد که بتوان به آن تکیه کرد.",
                en="Nothing of high importance was found; {k} smaller findings follow."
                if items
                else "No difference or change was found that one could rely on.",
                k=len(items),
            )
        )
    if missed or met:
        said.append(
            wording.sentences(
                wording.say(fa="به هدف نرسیده: {names}.", en="Goal missed: {names}.", names=_list(missed))
                if missed
                else None,
                wording.say(fa="به هدف رسیده: {names}.", en="Goal met: {names}.", names=_list(met)) if met else None,
            )
        )
    failed = [report for report in reports if report.outcome == "failed"]
    if failed:
        several, stand = len(failed) > 1, sum(bool(report.kept) for report in failed)
        said.append(
            wording.say(
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
            said[-1] = wording.sentences(said[-1], _kept(stand, stand == len(failed)))
    if inside := sum(report.failed_inside for report in reports):
        said.append(
            wording.say(
                fa="در گروه‌ها {k} گزارش ساخته نشد؛ صفحهٔ هر گروه دلیلش را می‌گوید.",
                en="{k} reports of the groups could not be made; each group's page says why."
                if inside > 1
                else "One report of a group could not be made; the group's page says why.",
                k=inside,
            )
        )
    return [one[locale] for one in said]


def _kept(stand: int, all_of_them: bool) -> wording.Words:
    one = stand == 1
    if all_of_them:
        return wording.say(
            fa="صفحهٔ پیشین آن هنوز هست." if one else "صفحه‌های پیشین آن‌ها هنوز هستند.",
            en="Its earlier page still stands." if one else "Their earlier pages still stand.",
        )
    return wording.say(
        fa="از {k} گزارش، صفحهٔ پیشین هنوز هست.",
        en="The earlier page of one of them still stands." if one else "The earlier pages of {k} of them still stand.",
        k=stand,
    )


def _list(names: list[str]) -> wording.Words:
    return wording.join([{"fa": name, "en": name} for name in names])


__all__ = ["Report", "index", "summary"]
