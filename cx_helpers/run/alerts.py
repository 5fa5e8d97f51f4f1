"""May the numbers of this run be relied on?  Where not, every page says so above all else: the one seam for it.

What is said are the findings of kind `data_quality` and severity `high`.  They come from the report HEALTH where the
run holds it; a run without it asks the same measures of the company itself.
"""

from __future__ import annotations

from cx_helpers import workspace
from cx_helpers.records import Finding
from cx_helpers.wording import Words, say, sentences

HEALTH = "data-health"  # the report that says all of it


def loud(findings: list[dict]) -> list[Words]:
    """The claims, in both languages, of the findings that no page may be silent about.

    findings  as `Finding.record` makes them
    """
    return [one["text"] for one in findings if (one["kind"], one["severity"]) == ("data_quality", "high")]


def examine(tables: workspace.Tables) -> tuple[list[Finding], int]:
    """All faults of a company's data, the loudest first, and how much was looked at: what the report HEALTH finds."""
    from cx_helpers.intake.memory import remembered
    from cx_helpers.measures import (
        arrivals,
        breaks,
        completeness,
        feeds,
        health,
        impossible,
        linkage,
        novelties,
        repeats,
        volume,
    )

    whole, period = tables.whole, tables.period
    arrived, counts = arrivals.arrivals(whole, period), volume.days(whole, period)
    dry, end = arrivals.late(arrived, counts, period), volume.end(counts)
    unseen = volume.unseen(whole, period, tables.smallest)
    return health.verdict(
        arrivals.findings(dry, period),
        health.quarantine_findings(remembered(tables.settings.folder)),
        breaks.findings(breaks.breaks(feeds.watch(counts, period, dry, unseen), period)),
        impossible.findings(impossible.impossible(whole, period, end), unseen),
        repeats.findings(repeats.repeats(whole, period)),
        completeness.findings(completeness.completeness(whole, period, end)),
        linkage.findings(linkage.overlap(whole, period), linkage.known(arrived)),
        novelties.findings(novelties.novelties(whole, period, tables.smallest)),
        unseen=unseen,
    )


def asked(folder: str, period: str, locale: str) -> list[Words]:
    """`loud` of a run that does not hold the report HEALTH; that nobody could tell is said, too.

    folder, period, locale  of the workspace, as `workspace.open` takes them
    """
    try:
        found, _ = examine(workspace.open(folder, period=period, locale=locale))
    except Exception as error:  # the pages are made and stand, whatever this check meets
        return [
            say(
                fa="سلامت داده‌ها سنجیده نشد ({error}).",
                en="The health of the data could not be judged ({error}).",
                error=type(error).__name__,
            )
        ]
    return loud([one.record() for one in found])


TITLE = {"fa": "داده‌های این گزارش اشکال مهمی دارند", "en": "The data behind this report have a serious fault"}
LINK = {"fa": "سلامت داده‌ها: هر اشکال، پیامد و چاره‌اش", "en": "Data health: each fault, what follows, what to do"}


def text(faults: list[Words], linked: bool) -> Words:
    """What a page says of the faults: the first, how many more there are, and where all of it is told."""
    k = len(faults) - 1
    more = say(
        fa="{k} اشکال مهم دیگر هم هست." if k > 1 else "یک اشکال مهم دیگر هم هست.",
        en="There are {k} more of high importance." if k > 1 else "There is one more of high importance.",
        k=k,
    )
    where = {"fa": "گزارش data-health همه را می‌گوید.", "en": "The report data-health tells all of it."}
    first = {locale: faults[0][locale].rstrip(".") + "." for locale in more}
    return sentences(first, more if k else None, None if linked else where)
