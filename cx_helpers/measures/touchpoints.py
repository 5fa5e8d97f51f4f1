"""How is each touchpoint: who comes, does it work, how long does it take, and what do customers say of it?"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from cx_helpers import certainty, disclosure, engine
from cx_helpers.tables import TableError, groups, need
from cx_helpers.wording import raw, say

_SUMS = "n customers sum_x sum_xx cluster_xx cluster_xn cluster_nn".split()


def visits(
    touchpoints: ir.Table,
    by=None,
    comments: ir.Table | None = None,
    responses: ir.Table | None = None,
    window: str = "7d",
    smallest: int = 1,
) -> pd.DataFrame:
    """How is each touchpoint, in one table?

    by         a column (or several) that splits it, e.g. "channel" (comments and responses must have it too)
    comments   with `sentiment` (-1..1);  responses  with score, scale_min, scale_max: those that name a touchpoint
               count for it, the others for the customer's last touchpoint within `window` before
    smallest   touchpoints with fewer visits, or of too few customers, lose their values (disclosure.Limit)

    Returns, index (`touchpoint`, by…), most customers first: n visits, customers, `failure` and `abandonment` (0..1 of
    the visits whose outcome is known; of all, where the log never says success) each with _low and _high (Wilson on the
    effective number of visits: those of one customer are clustered), `median_s` and `p95_s` of duration_s (exact), and
    `sentiment` and `score` (-1..1, a scale's end to end) each with _n, _low and _high (Student, clustered).
    What nobody measured is null.
    """
    by = ["touchpoint", *groups(by, "touchpoint")]
    need(touchpoints, "event_id", "customer_id", "occurred_at", *by)
    out = _walked(touchpoints, by, smallest).join(_durations(touchpoints, by, smallest))
    out = disclosure.hide(out, smallest)
    for name, said in (("sentiment", comments), ("score", responses)):
        if said is not None:
            found = certainty.hide_small(_said(said, name, touchpoints, by, window), smallest)
            kept = {"n": f"{name}_n", name: name, "low": f"{name}_low", "high": f"{name}_high"}
            out = out.join(found[list(kept)].rename(columns=kept))
            out[f"{name}_n"] = out[f"{name}_n"].fillna(0).astype(int)
        else:
            out = out.assign(**{f"{name}_n": 0} | dict.fromkeys([name, f"{name}_low", f"{name}_high"], float("nan")))
    order = out.reset_index().sort_values(["customers", *by], ascending=[False, *[True] * len(by)])  # hidden ones last
    return order.set_index(by)


def _walked(touchpoints: ir.Table, by: list[str], smallest: int) -> pd.DataFrame:
    """Visits, customers, failure and abandonment: two aggregations for all of it."""
    if "outcome" not in touchpoints.columns:
        touchpoints = touchpoints.mutate(outcome=ibis.null("string"))
    o = touchpoints.outcome.fill_null("")  # Spark counts nothing as null, not 0, where a condition is never known
    each = touchpoints.group_by([*by, "customer_id"]).aggregate(
        v=_.count(),
        ok=_.count(where=o == "success"),
        f=_.count(where=o == "failure"),
        a=_.count(where=o == "abandoned"),
    )
    each = each.mutate(k=each.ok + each.f + each.a)
    sums = {"n": each.v.sum(), "customers": each.count(), "ok": each.ok.sum()}
    for base in ("v", "k"):
        m = each[base]
        sums |= {f"{base}n": m.sum(), f"{base}c": (m > 0).cast("int64").sum(), f"{base}nn": (m * m).sum()}
        for x in ("f", "a"):
            sums |= {f"{base}{x}x": each[x].sum(), f"{base}{x}xx": (each[x] * each[x]).sum()}
            sums |= {f"{base}{x}xn": (each[x] * m).sum()}
    found = each.group_by(by).aggregate(**sums).execute()
    found[by] = found[by].astype(object).where(found[by].notna(), None)
    found = found.set_index(by).astype(float)
    base = "k" if found["ok"].sum() else "v"  # where success is never said, a null is one
    out = found[["n", "customers"]].round().astype(int)
    said = (found["kf" + "x"] + found["ka" + "x"] + found["ok"]).sum() > 0
    for name, x in (("failure", "f"), ("abandonment", "a")):
        n, hits = found[f"{base}n"], found[f"{base}{x}x"]
        parts = [n, found[f"{base}c"], hits, hits, found[f"{base}{x}xx"], found[f"{base}{x}xn"], found[f"{base}nn"]]
        share = certainty.share(pd.DataFrame(dict(zip(_SUMS, parts, strict=True))), name)
        share = disclosure.hide(share, smallest)  # of the visits whose outcome is known, which may be few of many
        out[[name, f"{name}_low", f"{name}_high"]] = share[[name, "low", "high"]] if said else float("nan")
    return out


def _durations(touchpoints: ir.Table, by: list[str], smallest: int) -> pd.DataFrame:
    if "duration_s" not in touchpoints.columns:
        touchpoints = touchpoints.mutate(duration_s=ibis.null("float64"))
    stay = touchpoints.duration_s.cast("float64")
    people = touchpoints.customer_id.nunique(where=stay.notnull())
    quantiles = {"median_s": stay.quantile(0.5), "p95_s": stay.quantile(0.95)}
    found = touchpoints.group_by(by).aggregate(n=stay.count(), customers=people, **quantiles).execute()
    found[by] = found[by].astype(object).where(found[by].notna(), None)
    return disclosure.hide(found.set_index(by).astype(float), smallest, total=False)[["median_s", "p95_s"]]


def _said(said: ir.Table, name: str, touchpoints: ir.Table, by: list[str], window: str) -> pd.DataFrame:
    """What customers said of each touchpoint, by its name or by what they had last met."""
    value, when, key = _value(said, name)
    said = said.mutate(_said=value, _when=when, _key=key).filter(_._said.notnull())
    if "touchpoint" not in said.columns:
        said = said.mutate(touchpoint=ibis.null("string"))
    missing = [c for c in by if c not in said.columns]
    if missing:
        raise TableError(
            say(
                fa="در آنچه مشتریان گفته‌اند ستون {column} نیست (ستون‌ها: {have})؛ آن را از by بردارید",
                en="no column '{column}' in what customers said ({have}); leave it out of by",
                column=raw(missing[0]),
                have=raw(", ".join(sorted(said.columns))),
            )
        )
    named = said.filter(said.touchpoint.notnull()).select("customer_id", "_said", *by)
    loose = said.filter(said.touchpoint.isnull(), said.customer_id.notnull()).select(
        "customer_id", "_said", "_when", "_key"
    )
    met = touchpoints.select("customer_id", "occurred_at", "event_id", *by)
    near = loose.join(met, "customer_id").filter(
        _.occurred_at <= _._when, _.occurred_at > _._when - ibis.interval(seconds=engine.seconds(window))
    )
    newest = ibis.window(group_by="_key", order_by=[_.occurred_at.desc(), _.event_id.desc()])
    near = near.mutate(_rank=ibis.row_number().over(newest)).filter(_._rank == 0).select("customer_id", "_said", *by)
    rows = ibis.union(named, near)
    found = certainty.average(certainty.sums(rows, rows._said, by), name, (-1, 1))
    frame = found.reset_index()
    frame[by] = frame[by].astype(object).where(frame[by].notna(), None)
    return frame.set_index(by)


def _value(said: ir.Table, name: str):
    """The feeling (-1..1), the time and the key of a comment or of an answer."""
    if name == "sentiment":
        need(said, "comment_id", "customer_id", "written_at", "sentiment")
        return said.sentiment.cast("float64"), said.written_at, said.comment_id
    need(said, "response_id", "customer_id", "responded_at", "score", "scale_min", "scale_max")
    reach = (said.scale_max - said.scale_min).nullif(0)
    return (2 * (said.score - said.scale_min) / reach - 1).cast("float64"), said.responded_at, said.response_id
