"""What does the manager see first?  A run on one page: where the numbers stand, what was found, where to read on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cx_helpers import wording
from cx_helpers.report.phrases import phrases
from cx_helpers.report.rendering import BLOCK, block_html
from cx_helpers.report.setting import words

_FIRST = 8  # findings before the fold
_ORDER = {"high": 0, "medium": 1, "good": 2, "low": 3}


@dataclass(frozen=True)
class Report:
    """One notebook of a run, as the first page needs it.

    name      the notebook's name;  outcome  published, skipped or failed;  reason  why, in words ({"fa", "en"} or text)
    notebook  the executed notebook (None when there is none);  href  its page;  title  default: its first heading
    """

    name: str
    outcome: str = "published"
    notebook: object = None
    href: str = ""
    title: object = None
    reason: object = None


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
) -> str:
    """The run's first page: a summary in sentences, KPI cards, findings by severity, and every report with its outcome.

    reports  Report for each notebook, in the run's order.  Findings link to where they stand in their report.
    """
    from cx_helpers.report import page

    reports, t = list(reports), phrases(locale)
    cards, items, shown = [], [], []
    for report in reports:
        name = (
            words(report.title, locale)
            or (page.heading(report.notebook, locale) if report.notebook else "")
            or report.name
        )
        blocks = [b for b in _blocks(report.notebook) if b["locale"] == locale] if report.outcome == "published" else []
        cards += [card for b in blocks if b["kind"] == "kpi" for card in b["cards"]]
        claims = [item for b in blocks if b["kind"] == "finding" for item in b["items"]]
        items += [{**item, "href": f"{report.href}#finding-{i + 1}", "source": name} for i, item in enumerate(claims)]
        lead = next((b["sentences"] for b in blocks if b["kind"] == "lead"), [])
        shown.append(
            {
                "title": name,
                "href": report.href,
                "outcome": report.outcome,
                "outcome_label": getattr(t, report.outcome),
                "sentence": lead[0] if lead else "",
                "reason": words(report.reason, locale),
            }
        )
    items.sort(key=lambda item: _ORDER[item["severity"]])
    cards = _once(cards)

    def found(some):
        return block_html({"kind": "finding", "locale": locale, "items": some, "empty": t.found_nothing})

    rest = items[_FIRST:]
    return page._render(
        "index.html.j2",
        locale,
        title=" · ".join(filter(None, [words(title, locale) or words(company, locale), period_label])),
        heading=words(title, locale) or words(company, locale),
        period_label=period_label,
        summary=summary(cards, items, reports, locale),
        kpis=block_html({"kind": "kpi", "locale": locale, "cards": cards}) if cards else "",
        findings=found(items[:_FIRST]) if any(r.outcome == "published" for r in reports) else "",
        more_findings=found(rest) if rest else "",
        more_label=t.more_findings.format(k=wording.number(len(rest), locale)),
        reports=shown,
        parameters=page._pairs(parameters, locale),
        made=page._lines(manifest_info),
        figures=[],
        assets=assets,
        home=None,
    )


def _blocks(notebook) -> list[dict]:
    if notebook is None:
        return []
    outputs = (output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs)
    return [output.data[BLOCK] for output in outputs if output.get("data") and BLOCK in output.data]


def _once(cards: list[dict]) -> list[dict]:
    """Two notebooks may show one number; the first page shows it once."""
    return list({(card["metric"], card["title"]): card for card in reversed(cards)}.values())[::-1]


def summary(cards: list[dict], items: list[dict], reports: list[Report], locale: str) -> list[str]:
    """The run in two or three sentences: what asks for attention, where the goals stand, what is missing."""
    urgent = [item for item in items if item["severity"] == "high"]
    missed = [card["title"] for card in cards if card["goal_state"] == "missed"]
    met = [card["title"] for card in cards if card["goal_state"] == "met"]
    said = []
    if urgent:
        said.append(
            wording.say(
                fa="{k} یافتهٔ فوری هست؛ نخست: {claim}." if len(urgent) > 1 else "یک یافتهٔ فوری هست: {claim}.",
                en="{k} findings ask for action now; first: {claim}."
                if len(urgent) > 1
                else "One finding asks for action now: {claim}.",
                k=len(urgent),
                claim={"fa": urgent[0]["claim"].rstrip("."), "en": urgent[0]["claim"].rstrip(".")},
            )
        )
    elif any(report.outcome == "published" for report in reports):
        said.append(
            wording.say(
                fa="در این دوره یافتهٔ فوری نیست؛ {k} نکتهٔ دیگر پایین‌تر آمده است."
                if items
                else "در این دوره چیزی که از تصحیح بگذرد یافت نشد.",
                en="Nothing asks for action now; {k} other points stand below."
                if items
                else "Nothing was found that survives correction.",
                k=len(items),
            )
        )
    if missed or met:
        said.append(
            wording.sentences(
                wording.say(fa="دور از هدف: {names}.", en="Short of goal: {names}.", names=_list(missed))
                if missed
                else None,
                wording.say(fa="به هدف رسیده: {names}.", en="At goal: {names}.", names=_list(met)) if met else None,
            )
        )
    failed = [report for report in reports if report.outcome == "failed"]
    if failed:
        said.append(
            wording.say(
                fa="{k} گزارش ساخته نشد؛ دلیل هر کدام در پایان این صفحه است."
                if len(failed) > 1
                else "یک گزارش ساخته نشد؛ دلیل آن در پایان این صفحه است.",
                en="{k} reports could not be made; the reasons stand at the end of this page."
                if len(failed) > 1
                else "One report could not be made; the reason stands at the end of this page.",
                k=len(failed),
            )
        )
    return [one[locale] for one in said]


def _list(names: list[str]) -> wording.Words:
    return wording.join([{"fa": name, "en": name} for name in names])


__all__ = ["Report", "index", "summary"]
