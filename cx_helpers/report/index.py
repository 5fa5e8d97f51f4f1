"""What does the manager see first?  A run on one page: where the numbers stand, what was found, where to read on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cx_helpers import advice, causes, records, wording
from cx_helpers.report import outline
from cx_helpers.report.deeds import arranged
from cx_helpers.report.phrases import phrases
from cx_helpers.report.rendering import BLOCK, FINDINGS, METRICS, block_html
from cx_helpers.report.setting import scope, sentence, words

_CARDS = 12  # numbers before the fold
_UNRECORDED = {"kind": "case", "subject": {}, "measure": ""}  # a claim that a notebook showed without its record


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
    cards, found, shown, faulty = [], [], [], False
    for report in reports:
        name = (
            words(report.title, locale)
            or (page.heading(report.notebook, locale) if report.notebook else "")
            or report.name
        )
        blocks = [b for b in _blocks(report.notebook) if b["locale"] == locale] if report.outcome == "published" else []
        cards += [card for b in blocks if b["kind"] == "kpi" for card in b["cards"]]
        claims = [item for b in blocks if b["kind"] == "finding" for item in b["items"]]
        told = _recorded(report.notebook) if claims else []
        told = told if len(told) == len(claims) else [_UNRECORDED | {"severity": item["severity"]} for item in claims]
        faulty |= any(one["kind"] == "data_quality" and one["severity"] != "low" for one in told)
        found += [
            one
            | {
                "report": report.name,
                "tone": item["tone"],
                "card": {"href": f"{report.href}#finding-{i}", "source": name, **item},
            }
            for i, (item, one) in enumerate(zip(claims, told, strict=True), 1)
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
    clv = causes.each(m for report in reports for part in _blocks(report.notebook, METRICS) for m in part)
    deeds, rest, items = arranged(found, clv, locale, fell=advice.fallen(cards))
    cards = [card for card in _once(cards) if not card["reason"]]  # a card without a number stands in its report
    of_data = [card for card in cards if card["metric"] in records.OF_DATA]
    cards = [card for card in cards if card not in of_data] + (of_data if faulty else [])
    everywhere = {item["segment"] for item in shown}
    segment = everywhere.pop() if len(everywhere) == 1 else ""
    said = period_label + words(title, locale)
    segment = "" if segment in said else segment
    for item in shown:  # what the heading says is not said again on every card
        item["segment"] = "" if item["segment"] == segment or item["segment"] in said else item["segment"]

    def claimed(some):
        return block_html({"kind": "finding", "locale": locale, "items": some, "empty": t.found_nothing})

    def numbers(some):
        return block_html({"kind": "kpi", "locale": locale, "cards": some})

    cards.sort(key=_before)
    return page._render(
        "index.html.j2",
        locale,
        title=" · ".join(filter(None, [words(title, locale) or words(company, locale), period_label, segment])),
        heading=words(title, locale) or words(company, locale),
        eyebrow=[words(company, locale) if title else "", period_label],
        segment=segment,
        summary=outline.said(cards, causes.joined(found, clv), reports, locale),
        kpis=numbers(cards[:_CARDS]) if cards else "",
        more_kpis=numbers(cards[_CARDS:]) if cards[_CARDS:] else "",
        more_kpis_label=t.more_numbers.format(k=wording.number(len(cards[_CARDS:]), locale)),
        deeds=block_html(deeds.payload) if deeds.payload["items"] else "",
        findings=claimed(rest) if rest else "",
        findings_label=(t.more_findings if deeds.payload["items"] else t.all_findings).format(
            k=wording.number(len(rest), locale)
        ),
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


__all__ = ["Report", "index"]
