"""Who walks how far?  Ordered steps followed through the log, one row for each who entered.

Times that are not over are not failures: `over` tells whose are.
"""

from __future__ import annotations

import datetime as dt

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from cx_helpers import engine, lacking
from cx_helpers.dates import Period
from cx_helpers.tables import MissingTable, TableError, groups, need
from cx_helpers.wording import raw, say

_ORDERS = ("open", "strict")


def default_steps(touchpoints: ir.Table, stages: dict[str, list[str]], most: int = 4) -> list[str]:
    """The way to a purchase: what the workspace's stages tell, or else what the log looks like.

    stages  of workspace.yaml: the first touchpoint of `evaluation` that the log has, and all of `purchase`
    Where they name fewer than two: the `most` touchpoints that most customers meet, in the order in which they usually
    come in a journey: a guess, to be looked at.  Raises MissingTable where known customers met fewer than two.
    """
    there = touchpoints.group_by("touchpoint").aggregate(customers=_.customer_id.nunique()).execute()
    there = there[there["touchpoint"].notna() & (there["customers"] > 0)]
    names = set(there["touchpoint"])
    steps = [name for name in stages.get("evaluation") or [] if name in names][:1]
    steps += [name for name in stages.get("purchase") or [] if name in names]
    if len(steps) > 1:
        return steps
    common = there.sort_values(["customers", "touchpoint"], ascending=[False, True])["touchpoint"].head(most)
    met = engine.journeys(touchpoints.filter(touchpoints.customer_id.notnull()), "session")
    met = met.filter(met.touchpoint.isin(list(common))).group_by("touchpoint").aggregate(place=_.position.mean())
    found = list(met.execute().sort_values(["place", "touchpoint"])["touchpoint"])
    if len(found) < 2:
        raise MissingTable(
            say(
                fa="برای قیف باید مشتریان شناخته‌شده دست‌کم به دو نقطهٔ تماس گوناگون آمده باشند؛ اینجا {n} تاست. "
                "ببینید ستون customer_id در touchpoints پر باشد",
                en="a funnel needs two different touchpoints or more that known customers came to, and there are {n}; "
                "see whether customer_id is filled in touchpoints",
                n=len(found),
            )
        )
    return found


def walks(
    touchpoints: ir.Table,
    steps: list[str],
    start: dt.datetime,
    until: dt.datetime | None = None,
    by=None,
    optional: tuple = (),
    order: str = "open",
    within: str = "7d",
    at_least: str = "0s",
    at_most: str = "",
    journey: str = "customer",
) -> ir.Table:
    """How far did each who entered get?  One row a walk: the best attempt of a customer, or of a journey.

    steps     touchpoints in their order, at least two; those in `optional` (not the first or last) may be left out
    start     walks begin at or after it (UTC);  until  the log's end (default: its last touchpoint)
    by        columns of the touchpoint at which the walk begins, e.g. "channel"
    order     "open": other touchpoints may lie between; "strict": the next step follows directly (repeats aside)
    within    how long a walk may take in all;  at_least, at_most  how long from one step to the next
    journey   "customer": each customer's best attempt;  "session", "2h", …: of each journey (engine.journeys)
    The last step counts only where it did not fail (an outcome of success, or none).  An attempt begins at every visit
    of the first step and takes the next visit of each further one; of the attempts whose time is over, the one that
    gets furthest counts, the earliest of those; where none is over yet, of all.
    Returns customer_id, journey, `by`, `entered_at` and `t0`, `t1`, … (seconds since 1970; null where not reached),
    `deepest` (how many required steps were reached), `last_position` (where in the log), `over` (is its time up at the
    log's end?).
    """
    need(touchpoints, "event_id", "customer_id", "occurred_at", "touchpoint", *groups(by, "touchpoint"))
    _check(touchpoints, steps, optional, order)
    return _walks(touchpoints, steps, start, until, by, optional, order, within, at_least, at_most, journey)


def _walks(
    touchpoints, steps, start, until=None, by=None, optional=(), order="open", within="7d", at_least="0s", at_most="",
    journey="customer",
) -> ir.Table:  # fmt: skip
    by = groups(by, "touchpoint")
    names = dict.fromkeys(["event_id", "customer_id", "occurred_at", "touchpoint", *by])
    names |= dict.fromkeys(c for c in ("outcome", "session_id") if c in touchpoints.columns)
    t = touchpoints.select(*names)
    if order == "strict":
        before = engine.journeys(t.filter(t.customer_id.notnull()), journey, _then="touchpoint")
        t = before.filter((before._then != before.touchpoint).fill_null(True)).drop(
            "_then", "journey", "position", "first", "last"
        )
    e = engine.named(engine.journeys(t.filter(t.customer_id.notnull()), journey))
    e = e.mutate(_at=engine.epoch(e.occurred_at))
    e = engine.named(_with_next(e, steps, order))
    last = until if until is not None else touchpoints.occurred_at.max().execute()
    end = engine.epoch(
        ibis.literal(pd.Timestamp(last).to_pydatetime() if not pd.isna(last) else start).cast("timestamp")
    )
    found = e.filter(e.touchpoint == steps[0], e.occurred_at >= start)
    found = found.select("customer_id", "journey", *by, _p0="position", t0="_at", _n="position")
    limits = {"within": engine.seconds(within), "least": engine.seconds(at_least)}
    limits["most"] = engine.seconds(at_most) if at_most else limits["within"]
    found = _followed(found, e, steps, optional, limits)
    required = [k for k, name in enumerate(steps) if name not in optional]
    deepest = sum(found[f"t{k}"].notnull().cast("int64") for k in required)
    found = found.mutate(deepest=deepest, entered_at=found.t0)
    found = found.mutate(over=found.t0 + limits["within"] <= end)
    best = [ibis.desc("over"), ibis.desc("deepest"), "t0", "_p0"]
    first = ibis.row_number().over(ibis.window(group_by=["customer_id", "journey"], order_by=best))
    found = found.mutate(_best=first).filter(_._best == 0)
    times = [f"t{k}" for k in range(len(steps))]
    return found.select("customer_id", "journey", *by, "entered_at", *times, "deepest", "over", last_position="_n")


def both(log: ir.Table, steps: list[str], period: Period, **way) -> tuple[ir.Table, ir.Table]:
    """`walks` of this period, and of the one before as it stood at its own end.

    log  everything up to the period's end;  way  as `walks` takes it
    """
    earlier = period.previous()
    past = log.filter(log.occurred_at < earlier.end)
    here = walks(log, steps, period.start, period.end, **way)
    return here, _walks(past, steps, earlier.start, earlier.end, **way)  # a step may be new


def _check(touchpoints: ir.Table, steps: list[str], optional, order: str) -> None:
    there = sorted(touchpoints.select("touchpoint").distinct().execute()["touchpoint"].dropna())
    for step in steps:
        if step not in there:
            raise TableError(lacking.a_step(step, there))
    if len(steps) < 2 or len(set(steps)) < len(steps):
        raise TableError(
            say(
                fa="قیف دست‌کم دو گام گوناگون می‌خواهد؛ داده شده: {have}. در steps یا در stages (workspace.yaml) بنویسید",
                en="a funnel needs two or more different steps; given: {have}. Name them in `steps`, or in the stages "
                "of workspace.yaml",
                have=raw(", ".join(steps) or "-"),
            )
        )
    wrong = [name for name in optional if name not in steps[1:-1]]
    if wrong:
        raise TableError(
            say(
                fa="گام اختیاری باید میان نخستین و آخرین گام باشد؛ {wrong} نیست: {steps}",
                en="an optional step lies between the first and the last; {wrong} does not: {steps}",
                wrong=raw(", ".join(wrong)),
                steps=raw(", ".join(steps)),
            )
        )
    if order not in _ORDERS:
        raise TableError(
            say(
                fa="ترتیب {order} شناخته نیست: open یا strict",
                en="no order '{order}': open or strict",
                order=raw(order),
            )
        )


def _with_next(e: ir.Table, steps: list[str], order: str) -> ir.Table:
    """Beside each touchpoint, where and when the next visit of each further step lies."""
    done = (e.outcome.isnull() | (e.outcome == "success")) if "outcome" in e.columns else ibis.literal(True)
    columns = {}
    after = ibis.window(group_by=["customer_id", "journey"], order_by="position", rows=(1, None))
    for k, name in list(enumerate(steps))[1:]:
        here = (e.touchpoint == name) & (done if k == len(steps) - 1 else ibis.literal(True))
        columns[f"_n{k}"] = here.ifelse(e.position, ibis.null("int64")).min().over(after)
        columns[f"_t{k}"] = here.ifelse(e._at, ibis.null("int64")).min().over(after)
    out = e.mutate(**columns)
    if order == "strict":  # only where nothing lies between
        near = {f"_t{k}": (out[f"_n{k}"] == out.position + 1).ifelse(out[f"_t{k}"], ibis.null("int64")) for k in
                range(1, len(steps))}  # fmt: skip
        out = out.mutate(**near)
    return out


def _followed(found: ir.Table, e: ir.Table, steps: list[str], optional, limits: dict) -> ir.Table:
    """The attempts with the time of each step; `_n` is the place of the last required step that was reached."""
    nothing = ibis.null("int64")
    waiting = []  # optional steps since the last required one
    for k in range(1, len(steps)):
        if steps[k] in optional:
            waiting.append(k)
            continue
        further = [*waiting, k]
        here = e.select(
            _customer="customer_id", _journey="journey", _position="position",
            **{f"_{kind}{j}": f"_{kind}{j}" for j in further for kind in "nt"}, _from="_at",
        )  # fmt: skip
        met = found.left_join(
            here, [found.customer_id == here._customer, found.journey == here._journey, found._n == here._position]
        ).drop("_customer", "_journey", "_position")
        begun = met._from.notnull() & (met[f"t{_previous(k, steps, optional)}"].notnull())
        wait, whole = met[f"_t{k}"] - met._from, met[f"_t{k}"] - met.t0
        passed = begun & (wait >= limits["least"]) & (wait <= limits["most"]) & (whole <= limits["within"])
        passed = passed.fill_null(False)
        new = {f"t{k}": passed.ifelse(met[f"_t{k}"], nothing)}
        for j in waiting:
            inside = (met[f"_t{j}"] - met.t0 <= limits["within"]) & begun
            inside &= (~passed) | (met[f"_n{j}"] < met[f"_n{k}"])
            new[f"t{j}"] = inside.fill_null(False).ifelse(met[f"_t{j}"], nothing)
        met = met.mutate(**new, _then=passed.ifelse(met[f"_n{k}"], met._n))
        found = met.drop("_n", "_from", *(f"_{kind}{j}" for j in further for kind in "nt")).rename(_n="_then")
        waiting = []
    return found


def _previous(k: int, steps: list[str], optional) -> int:
    return max(j for j in range(k) if steps[j] not in optional)


def sizes(walked: ir.Table) -> tuple[int, int]:
    """How many walks there are, and how many of them had their whole time."""
    row = walked.aggregate(n=_.count(), over=_.over.sum()).execute().astype(float).fillna(0).iloc[0]
    return int(row["n"]), int(row["over"])


def people(walked: ir.Table, steps: list[str], step: str, reached: bool = False, slower_than: str = "") -> ir.Table:
    """The customers behind a number: who was lost before `step` (or, `reached`, who got there), for the lab only.

    slower_than  of those who got there, who took longer from the first step, e.g. "1d"
    Returns customer_id, `entered_at` (a time), `waited_s` from the first step (null where not reached).
    """
    k = steps.index(step)
    here = walked[f"t{k}"].notnull()
    rows = walked.filter(here if reached or slower_than else ~here)
    rows = rows.mutate(waited_s=rows[f"t{k}"] - rows.t0, entered_at=rows.t0.as_timestamp("s"))
    if slower_than:
        rows = rows.filter(rows.waited_s > engine.seconds(slower_than))
    return rows.select("customer_id", "entered_at", "waited_s").order_by("entered_at", "customer_id")
