"""How long do contracts last, and what is one still worth?  By months, from the table `contracts`.

A contract that ended after k months (rounded) left at its k-th renewal; one that runs came through each whole month.
The shifted beta-geometric model (cx_helpers.renewal) is held against the shares that were seen.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _
from scipy.special import gammaincc

from cx_helpers import certainty, disclosure, engine, limits, renewal
from cx_helpers.dates import Period
from cx_helpers.likelihood import Fit
from cx_helpers.tables import groups, need

MONTH_DAYS = 365.25 / 12
FEWEST = 100  # contracts, and 30 that ended, below which nothing is fitted
ENDED = 30
NUMBERS = ("n", "customers", "fee", "fee_squared", "fee_top")


def lives(contracts: ir.Table | None, period: Period, by: str | None = None) -> pd.DataFrame:
    """Contracts of equal lives as one row: [by,] survived (renewals), ended, n contracts, customers, fee (their
    mean), fee_squared (the mean of their squares), fee_top (the highest).

    contracts  from the beginning; what starts after the period is not seen, what ends after it runs still
    Contracts without a start, or that end before they start, are left out, and fees that cannot be are null (see
    `unfit`).  None: no row.
    """
    if contracts is None:
        return pd.DataFrame(columns=["survived", "ended", *NUMBERS], dtype=float).astype({"ended": bool})
    need(contracts, "customer_id", "started_at", *groups(by))
    by = groups(by, "survived", "ended")
    contracts = _with_end(contracts)
    known = contracts.filter(_fits(contracts, period))
    over = (known.ended_at < period.end).fill_null(False)
    until = over.ifelse(known.ended_at, ibis.literal(period.end).cast("timestamp('UTC')"))
    months = (engine.epoch(until) - engine.epoch(known.started_at)) / (86_400 * MONTH_DAYS)
    each = known.select(
        *by, "customer_id",
        survived=over.ifelse(ibis.greatest(months.round(), 1) - 1, months.floor()).cast("int64"),
        ended=over.cast("int8"), fee=limits.fee(known),
    )  # fmt: skip
    found = each.group_by(*by, "survived", "ended").aggregate(
        n=_.count(), customers=_.customer_id.nunique(), fee=_.fee.mean(), fee_squared=(_.fee**2).mean(),
        fee_top=_.fee.max(),
    )  # fmt: skip
    found = found.execute().astype(dict.fromkeys(("survived", *NUMBERS), float))
    return found.assign(ended=found["ended"] > 0).sort_values([*by, "survived", "ended"], ignore_index=True)


def _with_end(contracts: ir.Table) -> ir.Table:
    """A table without `ended_at` tells of no end: all run still."""
    if "ended_at" in contracts.columns:
        return contracts
    return contracts.mutate(ended_at=ibis.null("timestamp('UTC')"))


def _fits(contracts: ir.Table, period: Period):
    started = contracts.started_at.notnull() & (contracts.started_at < period.end)
    return started & ((contracts.ended_at >= contracts.started_at) | contracts.ended_at.isnull())


def unfit(contracts: ir.Table | None, period: Period) -> dict[str, int]:
    """How many contracts are left out: `late` (they start after the period), `backward` (they end before they start, or
    have no start)?  And `fee`: how many count without their fee, which cannot be one (limits.fee);
    `no_fee`: of how many none is written, where others have one."""
    if contracts is None:
        return {"late": 0, "backward": 0, "fee": 0, "no_fee": 0}
    contracts = _with_end(contracts)
    late = (contracts.started_at >= period.end).fill_null(False)
    there = "monthly_fee" in contracts.columns
    said = contracts.monthly_fee.notnull() if there else ibis.literal(False)
    fits = _fits(contracts, period).fill_null(False)
    row = contracts.aggregate(
        late=late.cast("int64").sum(), backward=(~fits & ~late).cast("int64").sum(),
        fee=(fits & said & limits.fee(contracts).isnull()).cast("int64").sum(),
        no_fee=(fits & ~said & there).cast("int64").sum(),
    )  # fmt: skip
    return {k: int(v or 0) for k, v in row.execute().iloc[0].items()}


def fit(rows: pd.DataFrame) -> Fit | None:
    """The model of rows of `lives`; None where fewer than 100 contracts, or 30 that ended, or no finite answer."""
    if rows["n"].sum() < FEWEST or rows.loc[rows["ended"], "n"].sum() < ENDED:
        return None
    found = renewal.fit(rows["survived"], rows["ended"], rows["n"])
    return found if found.converged else None


def curve(rows: pd.DataFrame, smallest: int = 1) -> pd.DataFrame:
    """Which share of contracts is still there after each month: as seen, and as the model says?

    Returns, index (`series`: seen, sbg; `month`): n (contracts that came to that renewal), share (0..1), low, high
    (95 %; seen: Kaplan-Meier, Greenwood's error on the log-log scale; sbg: delta method).  Months with fewer contracts
    than `smallest` end the curve; the model goes half as far again.
    """
    seen = _kaplan_meier(rows)
    seen = seen[seen["n"] >= max(smallest, disclosure.least(smallest), 1)]
    fitted = fit(rows)
    parts = {"seen": seen}
    if fitted is not None and len(seen):
        ahead = np.arange(0, int(np.ceil(seen.index.max() * 1.5)) + 1)
        low, share, high = renewal.band(fitted, ahead)
        columns = {"n": int(rows["n"].sum()), "share": share, "low": low, "high": high}
        parts["seen"] = seen.reindex(ahead).rename_axis("month")  # both have every month: a picture's axis needs it
        parts["sbg"] = pd.DataFrame(columns, index=pd.Index(ahead, name="month"))
    return pd.concat(parts, names=["series"])


def _kaplan_meier(rows: pd.DataFrame) -> pd.DataFrame:
    last = int(rows["survived"].max()) if len(rows) else -1
    months = np.arange(1, last + 2)
    left = np.array([rows.loc[rows["ended"] & (rows["survived"] == m - 1), "n"].sum() for m in months])
    risk = np.array([rows.loc[(rows["survived"] >= m) | (rows["ended"] & (rows["survived"] == m - 1)), "n"].sum()
                     for m in months])  # fmt: skip
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.cumprod(1 - left / risk)
        green = np.sqrt(np.cumsum(left / (risk * (risk - left)))) / np.abs(np.log(share))
        low, high = share ** np.exp(certainty.Z95 * green), share ** np.exp(-certainty.Z95 * green)
    index = pd.Index(np.r_[0, months], name="month")
    n = np.r_[rows["n"].sum(), risk]
    whole = {"n": n, "share": np.r_[1, share], "low": np.r_[1, low], "high": np.r_[1, high]}
    return pd.DataFrame(whole, index=index).loc[lambda f: f["n"] > 0]


def largest(rows: pd.DataFrame, by: str | None) -> tuple[str | None, pd.DataFrame]:
    """The value of `by` with most contracts among those whose curve holds (see `misfit`), and its rows; all rows where
    there is none, or no `by`."""
    if by is None or rows.empty:
        return None, rows
    sizes = rows.groupby(by)["n"].sum().sort_values(ascending=False)
    for key in sizes.index:
        part = rows[rows[by] == key]
        if fit(part) is not None and misfit(part).get("p_value", 1) >= 0.001:
            return key, part
    return None, rows


def misfit(rows: pd.DataFrame) -> dict:
    """Does the model's curve hold against what was seen?  chi-square over the months, its p value, and the month in
    which it is furthest off: {p_value, month, seen, said} (shares of those there who left in it); {} without a fit."""
    fitted = fit(rows)
    if fitted is None:
        return {}
    months = np.arange(1, int(rows["survived"].max()) + 2)
    risk = np.array([rows.loc[(rows["survived"] >= m) | (rows["ended"] & (rows["survived"] == m - 1)), "n"].sum()
                     for m in months])  # fmt: skip
    left = np.array([rows.loc[rows["ended"] & (rows["survived"] == m - 1), "n"].sum() for m in months])
    said = fitted["alpha"] / (fitted["alpha"] + fitted["beta"] + months - 1)
    enough = risk * said >= 5
    if enough.sum() < 4:
        return {}
    z = (left - risk * said)[enough] / np.sqrt((risk * said * (1 - said))[enough])
    worst = int(np.abs(z).argmax())
    share = (left[enough] / risk[enough])[worst]
    p = float(gammaincc((enough.sum() - 2) / 2, (z**2).sum() / 2))
    return {"p_value": p, "month": int(months[enough][worst]), "seen": float(share), "said": float(said[enough][worst])}


def misfits(rows: pd.DataFrame, by: str | None) -> dict[str, dict]:
    """`misfit` of each value of `by`; of all rows together, under `all`, where there is none."""
    if by is None:
        return {certainty.ALL: misfit(rows)}
    return {key: misfit(rows[rows[by] == key]) for key in pd.unique(rows[by].dropna())}


def worth(rows: pd.DataFrame, by: str | None, months: int, discount: float, margin: float = 1.0, smallest: int = 1):
    """What is a running contract still worth?  A row for each value of `by` that has a model, else of nulls.

    rows  of `lives`;  months  how far ahead;  discount  a year;  margin  what is left of a fee
    Returns: n contracts, customers, running, stays (share expected to be there in a year, of those running), `clv` of
    each running contract, low, high (95 %: the error of the parameters, and that contracts differ in what they bring),
    total, top_share (of the one contract that brings most), p_value (of `misfit`), month (furthest off).  A plan whose
    curve is refuted (p < 0.001) keeps its numbers of today and has no value: it would be wrong.
    """
    keys = [certainty.ALL] if by is None else list(pd.unique(rows[by]))
    monthly = (1 + discount) ** (1 / 12) - 1
    out = {}
    for key in keys:
        part = rows if by is None else rows[rows[by].isna() if pd.isna(key) else rows[by] == key]
        out[key] = _worth(part, months, monthly, margin)
    columns = ["n", "customers", "running", "stays", "clv", "low", "high", "total", "top_share", "p_value", "month"]
    found = pd.DataFrame.from_dict(out, orient="index", columns=columns).rename_axis(by)
    return certainty.hide_small(found.astype({"n": int, "customers": int}), smallest)


def _worth(rows: pd.DataFrame, months: int, monthly: float, margin: float) -> list:
    here = rows[~rows["ended"]]
    n, running = rows["n"].sum(), here["n"].sum()
    head, off, fitted = [n, rows["customers"].sum(), running], misfit(rows), fit(rows)
    tail = [off.get("p_value", np.nan), off.get("month", np.nan)]
    if fitted is None or running == 0 or off.get("p_value", 1) < 0.001:
        return [*head, *[np.nan] * 6, *tail]

    paid = here[here["fee"].notna()]

    def times(one: Fit) -> np.ndarray:
        return margin * renewal.renewals_to_come(one, paid["survived"], months, monthly)

    def value(one: Fit) -> np.ndarray:
        there = renewal.survival(one, here["survived"] + 12) / renewal.survival(one, here["survived"])
        money = (paid["n"] * paid["fee"] * times(one)).sum() / paid["n"].sum() if len(paid) else 0.0
        return np.array([money, (here["n"] * there).sum() / running])

    from cx_helpers.likelihood import jacobian

    each, stays = value(fitted)
    slope = jacobian(value, fitted)[0]
    moved = fitted.influence / fitted.n
    spread = (moved * rows["n"].to_numpy()[:, None]).T @ moved
    if not len(paid):
        return [*head, stays, *[np.nan] * 5, *tail]
    squares = (paid["n"] * paid["fee_squared"] * times(fitted) ** 2).sum() / paid["n"].sum()
    error = np.sqrt(slope @ spread @ slope + max(squares - each**2, 0.0) / paid["n"].sum())
    half, share = 0.0, np.nan
    if each:
        half, share = certainty.Z95 * error / each, (paid["fee_top"] * times(fitted)).max() / (each * running)
    return [*head, stays, each, each * np.exp(-half), each * np.exp(half), each * running, share, *tail]
