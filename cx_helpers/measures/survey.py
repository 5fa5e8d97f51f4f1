"""How do customers rate us?  NPS, CSAT and CES, each with its sample size and its interval.

Every measure takes `responses` (contract table; one instrument's rows or all of them) and returns an answer: index =
the groups (or `all`), `n` answers of `customers`, the value, its 95 % interval `low`-`high`, `se` for comparisons.
Answers of one customer are counted as clustered: ten answers of one customer are not ten opinions.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from cx_helpers import certainty, disclosure
from cx_helpers.limits import no_nps
from cx_helpers.tables import TableError, groups, need
from cx_helpers.wording import raw, say


def nps(responses: ir.Table, by=None, periods=None, smallest: int = 1, instrument: str = "nps") -> pd.DataFrame:
    """How likely are customers to recommend us, and how sure are we?

    responses  `score` is a whole number 0-10, null = did not answer; other instruments than `instrument` are left out
    by         a column (or several) that splits the answers, e.g. "channel"; a null there is a group too
    periods    consecutive dates.Period: one row each, by responded_at
    smallest   groups with fewer answers, or of too few customers, get nulls (disclosure.Limit)
    instrument "enps": the employees' (would they recommend us as a place to work?); the value is then called so

    Returns n, customers, `nps` in points (-100..100), low, high, se, and promoters, passives, detractors (counts: all
    three null where one of them is fewer than a group may be).
    A group nobody answered for has n = 0 and nulls, never 0 points.
    Raises TableError when a column is missing, a score lies outside 0-10 or was given on another scale.
    Source: Reichheld, HBR, Dec 2003; interval: adjusted Wald, Rocks, Am. Stat. 70(4), 2016, on the effective number
    of answers (Kish) where customers answer more than once.
    """
    asked = _answers(responses, instrument, by, periods)
    vote = ibis.cases((asked.score >= 9, 1), (asked.score <= 6, -1), (asked.score.notnull(), 0))
    parts = {name: (vote == v).cast("int64") for name, v in (("promoters", 1), ("passives", 0), ("detractors", -1))}
    off = (asked.score < 0) | (asked.score > 10)
    if {"instrument", "scale_min", "scale_max"} <= set(asked.columns):
        off = off | no_nps(asked).fill_null(False)
    off = off.cast("int64")
    values = {"vote": vote} | disclosure.apart(parts, smallest)
    sums = certainty.sums(asked, values, groups(by), periods, "responded_at", **parts, off_scale=off)
    found = sums["vote"]
    _refuse_off_scale(found, "0-10")
    n, sure = found["n"], certainty.independent(found)
    up, down = found["promoters"] / n, found["detractors"] / n
    # three imaginary answers, 3/4 at each end and 3/2 between, keep the interval honest when n is small
    middle = sure * (up - down) / (sure + 3)
    se = np.sqrt(((sure * (up + down) + 1.5) / (sure + 3) - middle**2) / (sure + 3))
    points = {instrument: up - down, "low": middle - certainty.Z95 * se, "high": middle + certainty.Z95 * se}
    columns = {name: 100 * value.clip(-1, 1) for name, value in points.items()} | {"se": 100 * se}
    whole = certainty.answer(found, columns | {part: found[part] for part in parts})
    whole = disclosure.hide_parts(whole, list(parts), sums, smallest)
    return certainty.hide_small(whole, smallest)


def csat(responses: ir.Table, by=None, periods=None, smallest: int = 1) -> pd.DataFrame:
    """Which share of customers is satisfied (top box), and what is the mean?

    responses  rows of instrument `csat`; `score` between `scale_min` and `scale_max`, which may differ row by row
    Satisfied is one of the two best answers of a scale of 4 to 11 points (4 or 5 of 1-5), the best of a shorter scale
    (good of good and bad), and the upper quarter of a longer one (75 or more of 0-100).

    Returns n, customers, `csat` (share satisfied, 0..1), Wilson's low and high, se, and `csat_mean` with mean_low and
    mean_high in points of the scale (null where a group mixes scales: a mean of an ordinal scale is only a label).
    Source: Wilson 1927; top-two-box is the field's convention (ACSI, Qualtrics).
    """
    need(responses, "score", "scale_min", "scale_max")
    reach = responses.scale_max - responses.scale_min
    short, long = responses.scale_max - (reach > 2).cast("int64"), responses.scale_min + 0.75 * reach
    best = (reach <= 10).ifelse(short, long)
    found = _scaled(responses, "csat", responses.score >= best, by, periods)
    mean = certainty.average(found["score"], "csat_mean", _ends(found))[["csat_mean", "low", "high"]]
    mixed = found["top"]["sum_xx"] * found["top"]["n"] - found["top"]["sum_x"] ** 2 > 1e-6 * found["top"]["sum_xx"]
    mean = mean.where(~mixed, axis=0).set_axis(["csat_mean", "mean_low", "mean_high"], axis=1)
    return certainty.hide_small(certainty.share(found["good"], "csat").join(mean), smallest)


def ces(responses: ir.Table, by=None, periods=None, smallest: int = 1) -> pd.DataFrame:
    """How easy is it to get things done with us?

    responses  rows of instrument `ces`, scored so that MORE IS EASIER ("… made it easy", 1-7: CES 2.0); a source
               with the old wording (1 = very low effort) must be turned round in its mapping
    Returns n, customers, `ces` (mean in points of the scale) with its cluster-robust Student interval, se, and
    `easy` (share that agrees, i.e. in the upper three sevenths of the scale) with easy_low and easy_high (Wilson).
    Source: Dixon, Freeman, Toman, HBR 2010; CES 2.0: CEB 2013.
    """
    need(responses, "score", "scale_min", "scale_max")
    reach = responses.scale_max - responses.scale_min
    found = _scaled(responses, "ces", responses.score >= responses.scale_min + reach * (2 / 3 - 1e-9), by, periods)
    agree = certainty.share(found["good"], "easy")[["easy", "low", "high"]]
    agree = agree.set_axis(["easy", "easy_low", "easy_high"], axis=1)
    return certainty.hide_small(certainty.average(found["score"], "ces", _ends(found)).join(agree), smallest)


def response_rate(responses: ir.Table, by=None, period=None, smallest: int = 1) -> pd.DataFrame:
    """Which share of the invited answered?

    responses  with `invited_at`; rows without an invitation are left out; a null score is an invitation not answered
    period     a dates.Period of the INVITATION; None: all
    Returns n invitations, customers, `response_rate` (0..1), Wilson's low and high, se.
    The last days' invitations may still be answered: read the newest period with that in mind.
    """
    need(responses, "invited_at", "score", *groups(by))
    asked = responses.filter(_.invited_at.notnull())
    if period is not None:
        asked = asked.filter(_.invited_at >= period.start, _.invited_at < period.end)
    found = certainty.sums(asked, asked.score.notnull().cast("int64"), groups(by))
    return certainty.hide_small(certainty.share(found, "response_rate"), smallest)


def overall(responses: ir.Table, instrument: str = "csat") -> ir.Table:
    """The answers about the company as a whole: those tied to no touchpoint, where the instrument has any such.

    A survey after each delivery and a yearly one about everything are two questions; their mix moves with how many of
    each were sent.  Where every answer of the instrument is tied to a touchpoint, all of them are returned.
    """
    if "touchpoint" not in responses.columns:
        return responses
    free = responses.filter(_.touchpoint.isnull(), _.score.notnull(), _.instrument == instrument)
    return responses.filter(_.touchpoint.isnull()) if free.count().execute() else responses


def top(responses: ir.Table, instrument: str) -> float | None:
    """The best score that the instrument's scale has (5 of 1-5); None without answers, or with several scales."""
    need(responses, "instrument", "scale_max")
    asked = responses.filter(_.instrument == instrument)
    ends = asked.aggregate(n=_.scale_max.nunique(), top=_.scale_max.max()).execute().iloc[0]
    return float(ends["top"]) if ends["n"] == 1 else None


def moves(responses: ir.Table, since, smallest: int = 1) -> pd.DataFrame:
    """How did the same customers move between promoter, passive and detractor?

    responses  NPS answers up to the period's end;  since  the period's first instant (UTC)
    smallest   rows with fewer customers get nulls, and so do cells that would tell of too few (disclosure.Limit)
    A customer's last answer since then is set against the same customer's last answer before it (ties: the larger
    response_id is the later); customers who answered only once do not count.
    Returns one row for each pair, index (`before`, `now`): n customers, `stood` (all who stood there before), `share`
    of those, with Wilson's low and high; all nine pairs are there.
    """
    asked = _answers(responses, "nps", None, None).filter(_.customer_id.notnull(), _.score.notnull())
    asked = asked.mutate(
        late=(_.responded_at >= since).cast("int8"),
        place=ibis.cases((_.score >= 9, "promoter"), (_.score <= 6, "detractor"), else_="passive"),
    )
    newest = ibis.window(group_by=["customer_id", "late"], order_by=[_.responded_at.desc(), _.response_id.desc()])
    last = asked.mutate(rank=ibis.row_number().over(newest)).filter(_.rank == 0)
    before, now = (last.filter(_.late == late).select("customer_id", "place") for late in (0, 1))
    pairs = before.join(now, "customer_id").select(before=before.place, now=now.place)
    counted = pairs.group_by(["before", "now"]).aggregate(n=_.count()).execute().set_index(["before", "now"])["n"]
    order = ["promoter", "passive", "detractor"]
    n = counted.reindex(pd.MultiIndex.from_product([order, order], names=["before", "now"]), fill_value=0).astype(int)
    stood = n.groupby(level="before").transform("sum")
    low, high = certainty.wilson(n, stood)
    found = pd.DataFrame({"n": n, "stood": stood, "share": (n / stood).where(stood > 0), "low": low, "high": high})
    found = found.mask(stood < smallest)
    if not isinstance(smallest, disclosure.Limit):
        return found
    seen = disclosure.hide_cells(found.assign(n=n, customers=n), smallest)
    return found.mask(seen["hidden"].notna()).assign(hidden=seen["hidden"])


def _scaled(responses: ir.Table, instrument: str, good, by, periods) -> dict[str, pd.DataFrame]:
    """The sums behind a score on its own scale: `good` (0 or 1), the `score` itself, its scale's `bottom` and `top`."""
    asked = _answers(responses.mutate(_good=good), instrument, by, periods)
    known = asked.score.notnull()
    values = {
        "good": asked._good.cast("int64"),
        "score": asked.score,
        "bottom": known.ifelse(asked.scale_min, ibis.null()),
        "top": known.ifelse(asked.scale_max, ibis.null()),
    }
    off = ((asked.score < asked.scale_min) | (asked.score > asked.scale_max)).cast("int64")
    found = certainty.sums(asked, values, groups(by), periods, "responded_at", off_scale=off)
    _refuse_off_scale(found["good"], "scale_min..scale_max")
    return found


def _ends(found: dict[str, pd.DataFrame]) -> tuple[pd.Series, pd.Series]:
    """Between which values the mean score of each group must lie: the mean ends of its answers' scales."""
    return tuple(found[end]["sum_x"] / found[end]["n"].where(found[end]["n"] > 0) for end in ("bottom", "top"))


def _answers(responses: ir.Table, instrument: str, by, periods) -> ir.Table:
    need(responses, "score", *groups(by), *(["responded_at"] if periods else []))
    if "instrument" in responses.columns:
        responses = responses.filter(_.instrument == instrument)
    return responses.mutate(score=_.score.cast("float64"))


def _refuse_off_scale(found: pd.DataFrame, words: str) -> None:
    if (n := int(found["off_scale"].sum())) > 0:
        raise TableError(
            say(
                fa="{n} پاسخ بیرون از {words} است: امتیاز NPS از ۰ تا ۱۰ و امتیازهای دیگر میان scale_min و scale_max "
                "است. scale_min و scale_max را در نگاشت منبع بنویسید",
                en="{n} answers lie outside {words}: score must be 0-10 for NPS and within scale_min and scale_max "
                "elsewhere; give scale_min and scale_max in the source mapping",
                n=n,
                words=raw(words),
            )
        )
