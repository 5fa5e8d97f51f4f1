"""May the numbers of this run be relied on?  Where not, every page says so above all else: the one seam for it.

What is said are the findings of kind `data_quality` and severity `high`.  They come from the report HEALTH where the
run holds it; a run without it asks the same measures of the company itself.
"""

from __future__ import annotations

from cx_helpers import faults, workspace
from cx_helpers.records import Finding
from cx_helpers.wording import Words, join, say, sentences

HEALTH = "data-health"  # the report that says all of it
_MOST = 4  # feeds that have stopped, each of which every page names


def loud(findings: list[dict]) -> list[dict]:
    """What no page may be silent about: {"text": the claim in both languages, "metric": the number it moves, or None,
    "remedy": what to do, of data that have stopped; else None}.

    findings  as `Finding.record` makes them
    """
    found = [one for one in findings if (one["kind"], one["severity"]) == ("data_quality", "high")]
    return [
        {
            "text": one["text"],
            "metric": one["subject"].get("metric"),
            "remedy": faults.STALE.get(one["subject"].get("problem")),
        }
        for one in found
    ]


def examine(tables: workspace.Tables) -> tuple[list[Finding], int]:
    """All faults of a company's data, the loudest first, and how much was looked at: what the report HEALTH finds."""
    from cx_helpers import readings
    from cx_helpers.intake.memory import remembered
    from cx_helpers.measures import (
        arrivals,
        breaks,
        completeness,
        feeds,
        impossible,
        linkage,
        novelties,
        repeats,
        scales,
        units,
        volume,
    )

    whole, period = tables.whole, tables.period
    arrived, counts, reach = arrivals.arrivals(whole, period), volume.days(whole, period), tables.reach
    dry, end = arrivals.late(arrived, counts, period), volume.end(counts, tables.today)
    ceased = arrivals.late(arrivals.arrivals(whole, reach), counts, reach, tables.ends)
    unseen = volume.unseen(whole, period, tables.smallest)
    return readings.health.verdict(
        readings.arrivals.aged(tables.newest, tables.today, tables.is_newest and tables.awaited),
        readings.arrivals.findings(dry, period, ceased, reach),
        readings.health.quarantine_findings(remembered(tables.settings.folder)),
        readings.breaks.findings(breaks.breaks(feeds.watch(counts, period, dry, unseen), period)),
        readings.impossible.findings(impossible.impossible(whole, period, end), unseen),
        readings.units.findings(units.units(whole, period)),
        readings.scales.findings(scales.scales(whole, period, tables.smallest), period),
        readings.repeats.findings(repeats.repeats(whole, period)),
        readings.completeness.findings(completeness.completeness(whole, period, end)),
        readings.linkage.findings(linkage.overlap(whole, period), linkage.known(arrived)),
        readings.novelties.findings(novelties.novelties(whole, period, tables.smallest)),
        unseen=unseen,
    )


def asked(folder: str, period: str, locale: str) -> list[dict]:
    """`loud` of a run that does not hold the report HEALTH; that nobody could tell is said, too.

    folder, period, locale  of the workspace, as `workspace.open` takes them
    """
    try:
        found, _ = examine(workspace.open(folder, period=period, locale=locale))
    except Exception as error:  # the pages are made and stand, whatever this check meets
        what = type(error).__name__
        said = say(fa="سلامت داده‌ها سنجیده نشد ({e}).", en="The health of the data could not be judged ({e}).", e=what)
        return [{"text": said, "metric": None, "remedy": None}]
    return loud([one.record() for one in found])


_SERIOUS = {"fa": "داده‌های این گزارش اشکال مهمی دارند", "en": "The data behind this report have a serious fault"}
_OLD = {"fa": "داده‌های این گزارش کهنه‌اند", "en": "The data behind this report are old"}
LINK = {"fa": "سلامت داده‌ها: هر اشکال، پیامد و چاره‌اش", "en": "Data health: each fault, what follows, what to do"}


def title(found: list[dict]) -> Words:
    """What stands over a page's notice: data whose only fault is their age are called old.  `found` as for `text`."""
    return _OLD if all(one["remedy"] == faults.STALE["aged"] for one in found) else _SERIOUS


def text(found: list[dict], linked: bool) -> Words:
    """What a page says of the faults: which numbers they move, the first and all that is stale with what to do, how
    many more, and where all of it is told.

    found  of `loud`;  linked  the page has a link to the report HEALTH
    """
    stale = [one for one in found if one["remedy"]][:_MOST]
    first = [*([] if found[0] in stale else found[:1]), *stale]
    k, moved = len(found) - len(first), list(dict.fromkeys(one["metric"] for one in found if one["metric"]))
    names = say(
        fa="به این عددها فعلاً نمی‌توان تکیه کرد: {names}.",
        en="These numbers cannot be relied on for now: {names}.",
        names=join([faults.title(one) for one in moved[:4]]),
    )  # fmt: skip
    more = say(
        fa="{k} اشکال مهم دیگر هم هست." if k > 1 else "یک اشکال مهم دیگر هم هست.",
        en="There are {k} more of high importance." if k > 1 else "There is one more of high importance.",
        k=k,
    )
    where = {"fa": "گزارش سلامت داده‌ها همه را می‌گوید.", "en": "The report on the data’s health tells all of it."}
    said = [{locale: one["text"][locale].rstrip(".") + "." for locale in more} for one in first]
    remedy = say(fa="چاره: {how}", en="What to do: {how}", how=stale[0]["remedy"]) if stale else None
    return sentences(names if moved else None, *said, remedy, more if k else None, None if linked else where)
