"""What does the manager open first?  The index of a run; and where it ran for each value of a column, the comparison.

Run in a process of its own as `python -m cx_helpers.run.front REQUEST`, so that the runner itself need not import what
draws.  The request is JSON: the run's settings and its groups, each with the reports that were made for it.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import os
import sys
from pathlib import Path

import nbformat
import pandas as pd

from cx_helpers import dates, records, wording
from cx_helpers.dates import Period
from cx_helpers.report import blocks, charts, page
from cx_helpers.report.index import Report
from cx_helpers.report.rendering import BLOCK, FINDINGS
from cx_helpers.report.setting import amount, sentence
from cx_helpers.run import alerts

COMPARISON = "comparison"


def main() -> None:
    """Write every index page that the request asks for."""
    request = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    read_as(request["reading"])
    root = Path(request["root"])
    page.write_assets(root / "assets")
    for group in request["groups"]:
        for entry in group["reports"]:
            _settle(entry, root, group["page"])
        reports = [_report(entry, root, group["folder"]) for entry in group["reports"]]
        html = page.index(reports, **group["page"])
        (root / group["folder"] / "index.html").write_text(html, "utf-8")
    if request["column"]:
        (root / "index.html").write_text(_comparison(request, root), "utf-8")
    _warn(request, root)


def _warn(request: dict, root: Path) -> None:
    """Put the faults of the data, where there are any of high importance, on every page of this run but their own."""
    about, elsewhere = request["reading"], None
    for group in request["groups"]:
        faults = group["faults"]
        if faults is None and request["ask"]:
            elsewhere = (
                alerts.asked(request["ask"], about["period"], about["locale"]) if elsewhere is None else elsewhere
            )
            faults = elsewhere
        faults = [*(faults or []), *([request["old"]] if request["old"] else [])]
        if not faults:
            continue
        folder, own = root / group["folder"], f"{alerts.HEALTH}.html"
        kept = {Path(entry["kept"]["page"]).name for entry in group["reports"] if entry.get("kept")}
        pages = [path for path in folder.glob("*.html") if path.name not in {own, *kept}]
        pages += [root / "index.html", root / f"{COMPARISON}.html"] if request["column"] else []
        for path in pages:
            href = Path(os.path.relpath(folder / own, path.parent)).as_posix() if (folder / own).is_file() else ""
            said = {
                "title": alerts.title(faults),
                "text": alerts.text(faults, bool(href)),
                "href": href,
                "link": alerts.LINK,
            }
            html = page.with_notice(path.read_text("utf-8"), locale=about["locale"], kind="data", **said)
            path.write_text(html, "utf-8")


def _settle(entry: dict, root: Path, about: dict) -> None:
    """See that a report has a page, and that the page of an earlier run says so."""
    path, kept, locale = root / entry["page"], entry.get("kept"), about["locale"]
    if not path.is_file():  # the process was ended before it could write one
        shared = about | {"title": entry["title"] or entry["report"], "home": "index.html"}
        told = {key: entry[key] for key in ("outcome", "reason")}
        path.write_text(page.failure(**told, details=entry["error"] or "", **shared), "utf-8")
    if kept:
        good = root / kept["page"]
        marked = page.with_notice(
            good.read_text("utf-8"),
            locale=locale,
            title=since(kept, here=True),
            text=why(entry),
            href=path.name,
            link=WHAT,
        )
        good.write_text(marked, "utf-8")
        told = page.with_notice(path.read_text("utf-8"), locale=locale, title=since(kept), href=good.name, link=READ)
        path.write_text(told, "utf-8")


WHAT = wording.say(fa="شرح آنچه رخ داد", en="What happened")
READ = wording.say(fa="خواندن صفحهٔ پیشین", en="Read the earlier page")


def since(kept: dict, here: bool = False) -> wording.Words:
    """Which run the page that stands is of.  here  said on the page itself, not of it"""
    made, reading = dt.datetime.fromisoformat(kept["end"]), wording.current()
    zone = reading.period.timezone
    when = {locale: dates.moment_label(made, locale, reading.calendar, zone) for locale in wording.LOCALES}
    return wording.say(
        fa="این صفحه و عددهایش از اجرای {when} به جا مانده‌اند." if here else "صفحهٔ اجرای {when} همچنان در دسترس است.",
        en="This page and its numbers are of the run of {when}."
        if here
        else "The page of the run of {when} still stands.",
        when=when,
    )


def why(entry: dict) -> wording.Words:
    """Why it stands: what became of the newer run."""
    return wording.say(
        fa="اجرای تازه نتوانست آن را از نو بسازد: {reason}",
        en="The newer run could not make it anew: {reason}",
        reason={locale: sentence(entry["reason"], locale) for locale in wording.LOCALES},
    )


def read_as(reading: dict) -> None:
    """Set the reader's language, calendar, currency, period and names, as `workspace.open` does in a notebook."""
    period = Period.parse(reading["period"], calendar=reading["calendar"], timezone=reading["timezone"])
    names = ("locale", "calendar", "currency", "labels", "smallest_group")
    wording.use(period=period, **{name: reading[name] for name in names})


def _report(entry: dict, root: Path, folder: str) -> Report:
    notebook = nbformat.read(root / entry["executed"], as_version=4) if entry["outcome"] == "published" else None
    kept = entry.get("kept")
    href = Path((kept or entry)["page"]).name
    segment = str((entry["parameters"] or {}).get("segment") or "")
    stands = since(kept) if kept else None
    return Report(entry["report"], entry["outcome"], notebook, href, entry["title"], entry["reason"], segment, stands)


def _comparison(request: dict, root: Path) -> str:
    """The first page of a run for each value: every number side by side, then each group with its own first page."""
    groups, column, shared = request["groups"], request["column"], request["page"]
    book, answers = nbformat.v4.new_notebook(), compare(request["metrics"], column)
    if answers:
        sure = [answer for answer in answers if len(answer.dropna()) > 1]  # a count has no interval to tell chance by
        book.cells.append(_shown(blocks.bottom_line(*map(spread, sure[:3]))))
    for answer in answers:
        name = answer.columns[1]
        book.cells.append(_shown(charts.ranges(answer, name, title=records.METRICS[name].title)))
    if request["left_out"]:
        text = wording.say(
            fa="برای حفظ حریم مشتریانِ گروه‌های کوچک نشان داده نشد: {names}",
            en="Not shown, to protect the customers of small groups: {names}",
            names=wording.join([wording.name(value) for value in request["left_out"]]),
        )
        book.cells.append(_shown(blocks.note(text)))
    title = wording.say(fa="مقایسهٔ {column}", en="Comparison by {column}", column=column)
    html = page.build(book, **shared | {"title": title})
    (root / f"{COMPARISON}.html").write_text(html, "utf-8")
    reports = [Report(COMPARISON, "published", book, f"{COMPARISON}.html", title)]
    for group in groups:
        reports.append(_as_one(group, root, answers, column))
    return page.index(reports, **shared)


def compare(metrics: list[dict], column: str) -> list[pd.DataFrame]:
    """For each metric an answer with one row a group: `n`, the value, `low`, `high`.

    metrics  records of metrics.json; those broken down by anything but `column` are left out, and so is a metric that
             fewer than two groups have, and what the report on the data's health says: it is the same for all.  Of one
             metric in several reports the first is taken.
    """
    own = [m for m in metrics if set(m["dimensions"]) == {column} and m.get("report") != alerts.HEALTH]
    rows = [m | {"group": m["dimensions"][column]} for m in own]
    frame = pd.DataFrame(rows, columns=["group", "metric", "n", "value", "low", "high"])
    frame = frame.drop_duplicates(["metric", "group"])
    answers = []
    for name, part in frame.groupby("metric", sort=False):
        answer = part.set_index("group")[["n", "value", "low", "high"]].rename(columns={"value": name})
        answer["n"] = answer["n"].where(answer[name].notna())  # of a group without a value not even how many they are
        answer.index.name = column
        if name in records.METRICS and answer[name].notna().sum() > 1:
            answers.append(answer)
    return answers


def spread(answer: pd.DataFrame) -> wording.Words:
    """One sentence: which groups lie furthest apart, and may that be chance (every pair counted as a look)?"""
    name, answer = answer.columns[1], answer.dropna()
    of, top, bottom = records.METRICS[name], answer[answer.columns[1]].idxmax(), answer[answer.columns[1]].idxmin()
    error = ((answer["high"] - answer["low"]) / 3.92).loc[[top, bottom]]
    gap, pairs = answer.loc[top, name] - answer.loc[bottom, name], len(answer) * (len(answer) - 1) // 2
    noise = math.hypot(*error)
    p = min(1.0, pairs * math.erfc(gap / noise / math.sqrt(2))) if noise else 1.0
    low, high = (_amounts(answer.loc[group, name], name) for group in (bottom, top))
    sure = wording.say(
        fa="این فاصله پس از تصحیح {pairs} مقایسه می‌ماند." if p < 0.05 else "این فاصله شاید تصادفی باشد.",
        en="The gap holds after correction for {pairs} comparisons." if p < 0.05 else "The gap may be chance.",
        pairs=pairs,
    )
    said = wording.say(
        fa="{title}: از {low} ({bottom}) تا {high} ({top}).", en="{title}: from {low} ({bottom}) to {high} ({top}).",
        title=of.title, low=low, high=high, bottom=bottom, top=top,
    )  # fmt: skip
    return wording.sentences(said, sure)


def _as_one(group: dict, root: Path, answers: list[pd.DataFrame], column: str) -> Report:
    """A group as one report: the findings of all its notebooks, and its first numbers in a sentence."""
    book = nbformat.v4.new_notebook()
    made = [entry for entry in group["reports"] if entry["outcome"] == "published"]
    for entry in made:
        cells = nbformat.read(root / entry["executed"], as_version=4).cells
        book.cells += _claims([cell for cell in cells if cell.cell_type == "code"], entry, column, group["name"])
    numbers = [
        wording.say(fa="{title}: {value}", en="{title}: {value}", title=records.METRICS[name].title, value=value)
        for answer in answers[:4]
        if group["name"] in answer.index
        for name in [answer.columns[1]]
        for value in [_amounts(answer.loc[group["name"], name], name)]
    ]
    if numbers:
        book.cells.insert(0, _shown(blocks.bottom_line(wording.join(numbers))))
    failed = [entry for entry in group["reports"] if entry["outcome"] == "failed"]
    outcome = "published" if made else "failed" if failed else "skipped"
    title = wording.say(fa="{column}: {group}", en="{column}: {group}", column=column, group=group["name"])
    reason, href = _not_made(group["reports"]), f"{group['folder']}/index.html"
    return Report(group["name"], outcome, book, href, title, reason, failed_inside=len(failed) if made else 0)


def _claims(cells: list, entry: dict, column: str, group: str) -> list:
    """The cells with findings; each claim says of which group it is, and links to where it stands in its report."""
    kept, number, named = [], 0, wording.name(group)
    for cell in cells:
        cell.outputs = _findings(cell)
        for output in cell.outputs:
            block = output["data"][BLOCK]
            for item in block["items"]:
                number += 1
                item["claim"] = f"{named[block['locale']]}: {item['claim']}"
                item["href"] = f"{entry['page']}#finding-{number}"
                item["source"] = (entry["title"] or {}).get(block["locale"]) or entry["report"]
            for record in output["data"].get(FINDINGS, ()):
                record["subject"] = {**(record["subject"] or {}), column: group}
        kept += [cell] if cell.outputs else []
    return kept


def _not_made(reports: list[dict]) -> wording.Words | None:
    """Which reports of a group are missing; where none was made the reason of the first, None where none is missing."""
    missing = [entry for entry in reports if entry["outcome"] != "published"]
    if len(missing) == len(reports):
        return missing[0]["reason"]
    titles = [entry["title"] or wording.name(entry["report"]) for entry in missing]
    names = wording.join([wording.say(fa="«{title}»", en="“{title}”", title=title) for title in titles])
    return (
        wording.say(fa="برای این گروه ساخته نشد: {names}", en="Not made for this group: {names}", names=names)
        if missing
        else None
    )


def _amounts(value, metric: str) -> wording.Words:
    return {locale: amount(value, records.METRICS[metric], locale) for locale in wording.LOCALES}


def _findings(cell) -> list:
    return [o for o in cell.outputs if o.get("data", {}).get(BLOCK, {}).get("kind") == "finding"]


def _shown(block):
    """A block or chart as the cell that shows it."""
    output = nbformat.v4.new_output("display_data", data=block._repr_mimebundle_())
    return nbformat.v4.new_code_cell("", outputs=[output])


if __name__ == "__main__":
    main()
