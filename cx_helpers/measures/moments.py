"""Which touchpoints make or break a customer?  Good and bad experience set against what the customer does next.

An association, never a cause: customers are compared only with those who had bought as often before, and the answer
says where the crude and the adjusted comparison point in different directions.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from cx_helpers import certainty, engine
from cx_helpers.records import severity
from cx_helpers.tables import TableError, need
from cx_helpers.wording import say

LARGE = 0.10  # ten points fewer who come back
TICKET, PATIENCE_DAYS = "ticket", 7  # the touchpoint of a request to support, and how long solving it may take
STRATA = (0, 1, 2, 4)  # prior orders: none, one, two or three, four and more


def moments(
    touchpoints: ir.Table,
    orders: ir.Table | None,
    window_days: int = 60,
    settle_days: int = 1,
    responses: ir.Table | None = None,
    tickets: ir.Table | None = None,
    until=None,
    since=None,
    smallest: int = 30,
) -> pd.DataFrame:
    """After a bad experience at a touchpoint, do fewer customers order again than after a good one?

    touchpoints, orders   the whole history up to the period's end (`tables.until`), not only the period; orders None
                          (a company without): the answer is empty
    window_days           what comes next is watched for so long, from settle_days on: the purchase that the touchpoint
                          itself belongs to is neither "again" nor "before"
    responses             answers that name a touchpoint: adds the experience `score`
    tickets               requests to support: adds the experience `unsolved`, at the touchpoint `ticket`
    until                 the data's end (UTC; default: the last order or touchpoint); visits whose window is not fully
                          elapsed by then are left out, since the future of those is not known
    since                 only visits from then on (default: all)
    smallest              customers needed on either side

    Four experiences: `outcome` (bad: failure or abandoned; good: success), `duration` (bad: slower than three quarters
    of all visits to the same touchpoint), `score` (bad: at or below the middle of the scale), `unsolved` (bad: a week
    after it was opened the request is not solved; watched from then on, so that nothing later decides what is bad).
    Each customer counts once a touchpoint: with the first visit of the span that has the experience.

    Returns one row per touchpoint and experience, surest first: n customers, n_bad, `again_bad` and `again_good` (0..1
    who order again), `crude` (their difference), `change` (Mantel-Haenszel risk difference over strata of prior
    orders) with low, high (Greenland, Robins), p_value (Cochran-Mantel-Haenszel), p_adjusted (Holm), `flips` (strata,
    of enough customers, that point against the whole, plus 1 where crude and adjusted differ in sign), `loud`.
    Source: Mantel, Haenszel 1959; Greenland, Robins, Biometrics 41, 1985; safeguards: no censoring, no leakage.
    """
    need(touchpoints, "event_id", "customer_id", "occurred_at", "touchpoint")
    if orders is not None:
        need(orders, "order_id", "customer_id", "ordered_at")
    if window_days < 1 or settle_days < 0:
        raise TableError(
            say(
                fa="window_days باید ۱ یا بیشتر و settle_days صفر یا بیشتر باشد",
                en="window_days must be 1 or more and settle_days 0 or more",
            )
        )
    empty = pd.DataFrame(columns=["experience", "touchpoint", "stratum", "bad", "n", "again"])
    asked = (touchpoints, orders, responses, tickets, window_days, settle_days, until, since)
    counts = empty if orders is None else _counted(*asked)
    rows = [_compared(key, part, smallest) for key, part in counts.groupby(["experience", "touchpoint"], sort=True)]
    columns = "experience touchpoint n n_bad again_bad again_good crude change low high p_value flips".split()
    out = pd.DataFrame([r for r in rows if r], columns=columns)
    out["p_adjusted"] = certainty.adjust(out["p_value"], "holm")
    out["loud"] = [severity(p, abs(c) >= LARGE) for p, c in zip(out["p_adjusted"], out["change"], strict=True)]
    return out.sort_values(["p_value", "experience", "touchpoint"], ignore_index=True)


def _counted(touchpoints, orders, responses, tickets, window_days, settle_days, until, since) -> pd.DataFrame:
    """Customers by experience, touchpoint, stratum and experience's quality: n, and how many ordered again."""
    day = 86_400
    visits = _experiences(touchpoints, responses, tickets)
    end = [ibis.literal(until).cast("timestamp")] if until is not None else None
    if end is None:
        last = [x.execute() for x in (touchpoints.occurred_at.max(), orders.ordered_at.max())]
        last = [x for x in last if not pd.isna(x)]
        if not last:
            return pd.DataFrame(columns=["experience", "touchpoint", "stratum", "bad", "n", "again"])
        end = [ibis.literal(pd.Timestamp(max(last)).to_pydatetime()).cast("timestamp")]
    visits = visits.mutate(at_s=engine.epoch(visits.at), end_s=engine.epoch(end[0]))
    visits = visits.filter(_.at_s + (settle_days + window_days) * day <= _.end_s)
    if since is not None:
        visits = visits.filter(visits.at >= ibis.literal(since).cast("timestamp"))
    first = ibis.window(group_by=["experience", "touchpoint", "customer_id"], order_by=["at", "event_id"])
    visits = visits.mutate(rank=ibis.row_number().over(first)).filter(_.rank == 0)
    bought = orders.select("customer_id", order_s=engine.epoch(orders.ordered_at))
    met = visits.left_join(bought, "customer_id", rname="{name}_order")
    each = met.group_by(["experience", "touchpoint", "customer_id", "bad"]).aggregate(
        prior=(_.order_s < _.at_s - settle_days * day).fill_null(False).cast("int64").sum(),
        again=((_.order_s > _.at_s + settle_days * day) & (_.order_s <= _.at_s + (settle_days + window_days) * day))
        .fill_null(False)
        .cast("int64")
        .max(),
    )
    stratum = ibis.cases(*[(each.prior >= edge, i) for i, edge in reversed(list(enumerate(STRATA)))])
    each = each.mutate(stratum=stratum)
    found = each.group_by(["experience", "touchpoint", "stratum", "bad"]).aggregate(n=_.count(), again=_.again.sum())
    return found.execute()


def _experiences(touchpoints: ir.Table, responses: ir.Table | None, tickets: ir.Table | None) -> ir.Table:
    """One row a judged visit: experience, touchpoint, customer_id, at, event_id, bad (0 or 1)."""
    columns = ["experience", "touchpoint", "customer_id", "at", "event_id", "bad"]
    parts = []
    base = touchpoints.mutate(at=touchpoints.occurred_at)
    if "outcome" in base.columns:
        part = base.filter(base.outcome.notnull()).mutate(experience=ibis.literal("outcome"))
        parts.append(part.mutate(bad=(part.outcome != "success").cast("int64")).select(columns))
    if "duration_s" in base.columns:
        stay = base.duration_s.cast("float64")
        usual = base.group_by("touchpoint").aggregate(p75=stay.quantile(0.75))
        part = base.inner_join(usual, "touchpoint").mutate(experience=ibis.literal("duration"))
        part = part.filter(part.duration_s.notnull())
        parts.append(part.mutate(bad=(part.duration_s > part.p75).cast("int64")).select(columns))
    if responses is not None:
        need(responses, "response_id", "customer_id", "responded_at", "touchpoint", "score", "scale_min", "scale_max")
        part = responses.filter(_.touchpoint.notnull(), _.score.notnull(), _.customer_id.notnull())
        part = part.mutate(experience=ibis.literal("score"), at=part.responded_at, event_id=part.response_id)
        bad = part.score <= (part.scale_min + part.scale_max) / 2
        parts.append(part.mutate(bad=bad.cast("int64")).select(columns))
    if tickets is not None and "solved_at" in tickets.columns:
        need(tickets, "ticket_id", "customer_id", "opened_at")
        part = tickets.filter(_.customer_id.notnull()).mutate(experience=ibis.literal("unsolved"))
        part = part.mutate(touchpoint=ibis.literal(TICKET), event_id=part.ticket_id)
        part = part.mutate(at=part.opened_at + ibis.interval(days=PATIENCE_DAYS))
        bad = (part.solved_at > part.at).fill_null(True)  # never solved
        parts.append(part.mutate(bad=bad.cast("int64")).select(columns))
    if not parts:  # nothing says which visit was good
        none = base.filter(ibis.literal(False)).mutate(experience=ibis.literal("outcome"), bad=ibis.literal(0, "int64"))
        return none.select(columns)
    return ibis.union(*parts) if len(parts) > 1 else parts[0]


def _compared(key: tuple, part: pd.DataFrame, smallest: int) -> dict | None:
    """The Mantel-Haenszel comparison of one touchpoint's bad and good experiences."""
    table = part.pivot_table(index="stratum", columns="bad", values=["n", "again"], fill_value=0, aggfunc="sum")
    table = table.reindex(columns=pd.MultiIndex.from_product([["n", "again"], [0, 1]]), fill_value=0).astype(float)
    n0, n1 = table["n", 0].to_numpy(), table["n", 1].to_numpy()
    a, c = table["again", 1].to_numpy(), table["again", 0].to_numpy()
    if min(n0.sum(), n1.sum()) < smallest:
        return None
    both = (n0 > 0) & (n1 > 0)
    total, m = (n0 + n1)[both], (a + c)[both]
    n0b, n1b, ab, cb = n0[both], n1[both], a[both], c[both]
    weight = n1b * n0b / total
    if not both.any() or not 0 < m.sum() < total.sum():
        return None
    change = float((weight * (ab / n1b - cb / n0b)).sum() / weight.sum())
    noise = (ab * (n1b - ab) * n0b**3 + cb * (n0b - cb) * n1b**3) / (n1b * n0b * total**2)
    se = float(np.sqrt(noise.sum()) / weight.sum())
    with np.errstate(invalid="ignore", divide="ignore"):
        chance = np.where(total > 1, n1b * n0b * m * (total - m) / (total**2 * (total - 1)), 0).sum()
        z = (ab - n1b * m / total).sum() / np.sqrt(chance) if chance > 0 else np.nan
        each = ab / n1b - cb / n0b
    crude = float(a.sum() / n1.sum() - c.sum() / n0.sum())
    enough = np.minimum(n0b, n1b) >= smallest
    flips = int((np.sign(each[enough]) == -np.sign(change)).sum()) + int(np.sign(crude) == -np.sign(change))
    low, high = change - certainty.Z95 * se, change + certainty.Z95 * se
    row = {"experience": key[0], "touchpoint": key[1], "n": int(n0.sum() + n1.sum()), "n_bad": int(n1.sum())}
    row |= {"again_bad": a.sum() / n1.sum(), "again_good": c.sum() / n0.sum(), "crude": crude, "change": change}
    return row | {"low": low, "high": high, "p_value": float(certainty.two_sided(z)), "flips": flips}
