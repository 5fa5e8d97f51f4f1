"""How long do contracts last, who ends them sooner, and how many ended in this period?

Who is still with us counts as long as they were seen; who had a contract before ends were recorded counts from then on.
"""

from __future__ import annotations

import datetime as dt

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from cx_helpers import certainty, contrasts, disclosure, engine, survival
from cx_helpers.dates import Period
from cx_helpers.tables import groups, need

DAY, MONTH = 86_400, 30.4375  # seconds of a day; days of a month, on average
FEWEST = 30  # customers on either side, below which no difference is tested
LEAST = 10  # contracts at risk, below which a curve is not drawn on


def left_out(contracts: ir.Table, until: dt.datetime) -> dict[str, int]:
    """How many contracts cannot be counted, and why: {no_start, not_yet, backwards (ended before they began)}."""
    began, ended = contracts.started_at, contracts.ended_at
    asked = {"no_start": began.isnull(), "not_yet": began >= until, "backwards": ended < began}
    sums = {name: those.fill_null(False).cast("int64").sum() for name, those in asked.items()}
    found = contracts.aggregate(**sums).execute().astype(float).fillna(0).iloc[0]
    return {name: int(found[name]) for name in asked}


def spans(contracts: ir.Table, until: dt.datetime, since: dt.datetime | None = None) -> ir.Table:
    """How long was each contract watched?  An engine table, one row a contract that began before `until`.

    until  the end of what may be known (UTC): an end after it has not happened yet
    since  from when on ends were recorded (`recorded_since`); None: always.  Contracts that began earlier come in at
           the age they had then (left truncation), and those that ended before it are left out
    Returns the table's columns and: days (whole days from its beginning to its end or to `until`), ended (did it end
    by then?), entry (its age in days when watching began; -1: from its beginning).  What `left_out` counts is left out.
    """
    need(contracts, "contract_id", "customer_id", "started_at", "ended_at")
    kept = contracts.filter(_.started_at < until, (_.ended_at.isnull()) | (_.ended_at >= _.started_at))
    over = (kept.ended_at < until).fill_null(False)
    last = over.ifelse(engine.epoch(kept.ended_at), ibis.literal(_seconds(until)))
    began = engine.epoch(kept.started_at)
    entry = ibis.literal(-1, "int64")
    if since is not None:
        late = ((ibis.literal(_seconds(since)) - began) / DAY).floor().cast("int64")
        entry = (began < _seconds(since)).ifelse(ibis.greatest(late - 1, -1), entry)
    found = kept.mutate(ended=over, days=((last - began) / DAY).floor().cast("int64"), entry=entry)
    return found.filter(found.days > found.entry)


def recorded_since(contracts: ir.Table, until: dt.datetime) -> dt.datetime | None:
    """From when on were ends recorded?  The first end, where the contracts from before it cannot all have lasted.

    Records that begin late hold old contracts only if they were still alive then.  At the pace of contracts that began
    after the first end, some of the older ones should have ended before it: where five or more should have and none
    did (a chance of 0.7 %), the records began with the first end.  None: ends were recorded from the beginning.
    """
    all_of = spans(contracts, until)
    first = all_of.filter(all_of.ended).aggregate(first=_.ended_at.min()).execute()["first"].iloc[0]
    if pd.isna(first):
        return None
    mark = pd.Timestamp(first)
    mark = (mark if mark.tzinfo else mark.tz_localize("UTC")).floor("D")
    age = ((ibis.literal(_seconds(mark)) - engine.epoch(all_of.started_at)) / DAY).floor().cast("int64")
    older = all_of.select(age=age).filter(_.age > 0).group_by("age").aggregate(n=_.count()).execute()
    later = folded(all_of.filter(all_of.started_at >= mark), [])
    curve = survival.kaplan_meier(later["days"], later["ended"], later["n"])
    lasting = survival.at(curve, older["age"])["survival"].to_numpy()
    return mark.to_pydatetime() if float(older["n"] @ (1 - lasting)) >= 5 else None


def _seconds(instant: dt.datetime) -> int:
    stamp = pd.Timestamp(instant)
    return int((stamp if stamp.tzinfo else stamp.tz_localize("UTC")).timestamp())


def rate(
    contracts: ir.Table, period: Period, by=None, smallest: int = 1, since: dt.datetime | None = None
) -> pd.DataFrame:
    """Which share of the contracts alive as the period begins ends in it?

    contracts  all that began before the period's end;  by  columns that split the answer
    since      from when on ends were recorded: of a period that began earlier the rate is null, for ends are missing
    Returns, index the groups or the row `all`: n (alive as the period begins: contracts that begin in it are not at
    risk of the whole of it and do not count), customers, `churn_rate` (0..1) with Wilson's low and high, se.
    """
    by = groups(by)
    began, ended = contracts.started_at, contracts.ended_at
    alive = contracts.filter(began < period.start, ended.isnull() | (ended >= period.start))
    went = (alive.ended_at < period.end).fill_null(False).cast("int64")
    found = certainty.share(certainty.sums(alive, went, by), "churn_rate")
    if since is not None and period.start < since:
        found[["churn_rate", "low", "high", "se"]] = np.nan
    return certainty.hide_small(found, smallest)


def folded(spanned: ir.Table, by: list[str]) -> pd.DataFrame:
    """Contracts of `spans`, equal ones as one row: by…, days, ended, entry, n, customers (groups in words)."""
    given = {f"_by_{i}": spanned[column].cast("string") for i, column in enumerate(by)}
    rows = spanned.select("customer_id", "days", "ended", "entry", **given)
    found = rows.group_by([*given, "days", "ended", "entry"]).aggregate(n=_.count()).execute()
    found = found.rename(columns={f"_by_{i}": column for i, column in enumerate(by)})
    return found.sort_values([*by, "days", "entry", "ended"], ignore_index=True).astype({"ended": bool})


def people(spanned: ir.Table, by: list[str]) -> pd.Series:
    """How many customers stand behind each group, where known; a contract of nobody known is one of its own."""
    given = {f"_by_{i}": spanned[column].cast("string") for i, column in enumerate(by)}
    rows = spanned.select(who=spanned.customer_id.cast("string"), **given)
    asked = {"known": rows.who.nunique(), "alone": rows.who.isnull().cast("int64").sum()}
    found = (rows.group_by(list(given)) if by else rows).aggregate(**asked).execute()
    count = found.astype({"known": float, "alone": float})[["known", "alone"]].sum(axis=1).astype(int)
    if not by:
        return count.set_axis([certainty.ALL])
    count = count.set_axis(pd.Index(found["_by_0"], name=by[0]))
    return count[count.index.notna()].sort_index()


def curves(spanned: ir.Table, by: str | None = None, months: int = 24, smallest: int = 1) -> pd.DataFrame:
    """Which share of contracts still lives, so many months after it began?  Kaplan-Meier, one curve a group.

    spanned  of `spans`;  by  one column that splits it;  months  how far
    Returns, index (group, `month`) or `month`: n (contracts of the group), ended (of them, at any age), at_risk (that
    old and alive), `survival` (0..1) with low and high (95 %, log-log).  A curve ends where fewer than 10 are at risk,
    or fewer customers than may be shown; groups of too few customers have no curve.
    """
    by, least = groups(by, "month"), max(LEAST, disclosure.least(smallest))
    rows, customers = folded(spanned, by), people(spanned, by)
    marks = np.arange(months + 1)
    shown, frames = customers[_shown(customers, smallest)], {}
    for group in shown.index:
        part = rows[rows[by[0]] == group] if by else rows
        curve = survival.kaplan_meier(part["days"], part["ended"], part["n"], part["entry"])
        found = survival.at(curve, marks * MONTH)
        found["at_risk"] = _at_risk(part, marks * MONTH)
        found.loc[found["at_risk"] < least, ["at_risk", "survival", "low", "high"]] = np.nan
        found.insert(0, "n", int(part["n"].sum()))
        found.insert(1, "ended", int(part.loc[part["ended"], "n"].sum()))
        frames[group] = found.set_axis(pd.Index(marks, name="month"))
    if not frames:
        index = pd.MultiIndex.from_arrays([[], []], names=[by[0], "month"]) if by else pd.Index([], name="month")
        return pd.DataFrame(columns=["n", "ended", "at_risk", "survival", "low", "high"], index=index, dtype=float)
    return pd.concat(frames, names=[by[0], "month"]) if by else frames[certainty.ALL]


def _at_risk(part: pd.DataFrame, days: np.ndarray) -> np.ndarray:
    """How many contracts of folded rows were watched when they were that old."""
    age = part["days"].to_numpy()[:, None] >= days
    came = part["entry"].to_numpy()[:, None] < np.maximum(days, 0)
    return (age & came).T.astype(float) @ part["n"].to_numpy(float)


def _shown(customers: pd.Series, smallest: int) -> np.ndarray:
    """Groups that may be shown: with enough customers, and not held back beside a small one."""
    counted = pd.DataFrame({"n": customers, "customers": customers}, index=customers.index)
    hidden = disclosure.hide(counted, smallest)
    back = hidden[disclosure.HIDDEN].notna() if disclosure.HIDDEN in hidden else customers < smallest
    return (~back & (customers > 0)).to_numpy()


def looks(spanned: ir.Table, columns: list[str], months: float = 6, smallest: int = 1) -> pd.DataFrame:
    """Whose contracts end sooner than the others'?  Every group of every column; p values pay for all of them (Holm).

    months  the age at which the shares are read
    Returns one row a look: column, group, n, customers, `churn_rate` (share ended by that age, Kaplan-Meier) with low
    and high, baseline (the others' share), median_months (null where fewer than half have ended), p_value (logrank
    over the whole curve; null where either side has fewer than 30 customers) and p_adjusted, `after` (of
    `_written_after`) and of sure ones `inside` (the difference among contracts that are alike in another of the
    columns) and `mixed` (it is none there).
    """
    found = []
    for column in columns:
        rows, customers = folded(spanned, [column]), people(spanned, [column])
        shown = customers[_shown(customers, smallest)]
        for group in shown.index:
            mine = rows[column] == group
            one, other = (_by_age(rows[side], months) for side in (mine, ~mine & rows[column].isin(shown.index)))
            rest = int(shown.sum() - shown[group])
            p = np.nan
            if min(shown[group], rest) >= FEWEST:
                inside = rows[rows[column].isin(shown.index)]
                side = inside[column] == group
                p = survival.logrank(side, inside["days"], inside["ended"], inside["n"], inside["entry"])[1]
            row = {"column": column, "group": group, "n": int(rows.loc[mine, "n"].sum())}
            row["after"] = _written_after(rows[mine], rows[~mine & rows[column].isin(shown.index)])
            row |= {"customers": int(shown[group])} | one | {"baseline": other["churn_rate"], "p_value": p}
            found.append(row)
    names = "column group n customers churn_rate low high median_months baseline p_value after".split()
    out = pd.DataFrame(found, columns=names)
    out = out.assign(p_adjusted=certainty.adjust(out["p_value"], "holm"))
    return out.join(_inside(spanned, columns, out, months))


def _written_after(mine: pd.DataFrame, others: pd.DataFrame) -> bool:
    """Does a group give the ending away, as «closed» does, written on leaving?  (Folded rows of `folded`.)

    All but 1 % of its contracts ended and fewer of the others', or some ended and none of the others'; 30 on each side.
    """
    n, rest = mine["n"].sum(), others["n"].sum()
    ended, went = (int(side.loc[side["ended"], "n"].sum()) for side in (mine, others))
    if min(n, rest) < FEWEST:
        return False
    return bool((ended >= 0.99 * n and went < 0.99 * rest) or (ended > 0 and went == 0))


def _inside(spanned: ir.Table, columns: list[str], looked: pd.DataFrame, months: float) -> pd.DataFrame:
    """Of each sure look: `inside`, the difference within the values of the other column where it is least, and `mixed`.

    Held against the others of the same value of each other column in turn (contrasts.within, of the shares that ended
    by the age): what turns round there, or is less than half and may be chance, is who they are (Simpson's paradox).
    """
    out = pd.DataFrame({"inside": np.nan, "mixed": False}, index=looked.index)
    for column in columns:
        sure = looked[(looked["column"] == column) & (looked["p_adjusted"] < 0.05)]
        for other in [c for c in columns if c != column] if len(sure) else []:
            crossed = folded(spanned, [column, other]).dropna()
            for at, row in sure.iterrows():
                mine, shown = crossed[column] == row["group"], crossed[column].isin(looked["group"])
                sides = (_strata(crossed[side], other, months) for side in (mine, ~mine & shown))
                change, p = contrasts.within(*sides)
                whole = row["churn_rate"] - row["baseline"]
                if change == change and not np.sign(whole) * (out.loc[at, "inside"] - change) < 0:
                    out.loc[at] = [change, contrasts.mixed(whole, change, p)]
    return out


def _strata(rows: pd.DataFrame, other: str, months: float) -> pd.DataFrame:
    """The share of folded rows that ended by an age, by the other column: n, value, se (of the interval)."""
    found = {}
    for value, part in rows.groupby(other):
        one = _by_age(part, months)
        se = (one["high"] - one["low"]) / (2 * certainty.Z95)
        found[value] = {"n": part["n"].sum(), "value": one["churn_rate"], "se": se}
    return pd.DataFrame.from_dict(found, orient="index", columns=["n", "value", "se"]).astype(float)


def _by_age(rows: pd.DataFrame, months: float) -> dict:
    """The share of folded rows that ended by an age, and by when half had; null where nobody was watched so long."""
    curve = survival.kaplan_meier(rows["days"], rows["ended"], rows["n"], rows["entry"])
    row = survival.at(curve, [months * MONTH]).iloc[0].copy()
    if not len(rows) or rows["days"].max() < months * MONTH:
        row[:] = np.nan
    median = survival.quantile(curve) / MONTH
    return {"churn_rate": 1 - row["survival"], "low": 1 - row["high"], "high": 1 - row["low"], "median_months": median}


def monthly(spanned: ir.Table, months: int = 24, smallest: int = 1) -> pd.DataFrame:
    """In which month of their life do contracts end?  Index `month` (1 is the first): n at risk as it begins, `hazard`
    (share of them that ended in it), low, high (Wilson); null where too few are at risk."""
    rows = folded(spanned, [])
    start = np.arange(months) * MONTH
    n = _at_risk(rows, start)
    ended = [rows.loc[rows["ended"] & (rows["days"] >= a) & (rows["days"] < a + MONTH), "n"].sum() for a in start]
    low, high = certainty.wilson(np.minimum(ended, n), n)
    with np.errstate(invalid="ignore", divide="ignore"):
        found = pd.DataFrame({"n": n.astype(int), "customers": n.astype(int), "hazard": np.array(ended) / n})
    found = found.assign(low=low, high=high).set_axis(pd.Index(np.arange(1, months + 1), name="month"))
    return found.where(found["n"] >= max(LEAST, disclosure.least(smallest)))
