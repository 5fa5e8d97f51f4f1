"""Who took part in an experiment, in which variant, since when?  What every other question about it stands on.

`exposures` (contract table) says who saw what and when first.  A customer counts in one variant or not at all: whoever
was seen in two is left out and counted, since nobody can tell which of the two worked.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from cx_helpers import disclosure, engine
from cx_helpers.tables import TableError, hint, need
from cx_helpers.wording import raw, say

CONTROLS = ("control", "شاهد", "گروه شاهد", "کنترل", "baseline", "off", "0", "old", "original", "default", "a")
DAY = 86_400


@dataclass(frozen=True)
class Trial:
    """One experiment's customers: what `trial` brings together.

    name      of the experiment; empty: there is none
    table     engine table, one row a customer of one variant: customer_id, variant, seen_s (seconds since 1970), day
              (0 = the experiment's first), unit (who or what was drawn by lot), and the columns asked for
    control   the variant that the others are held against;  variants  those others
    counts    {variant: customers};  units  {variant: units}
    first, last   the days of the first and the last exposure
    unit      the column of what was drawn by lot; empty: the customer
    crossed   customers seen in two variants;  nobody  rows without customer, variant or time
    """

    name: str
    table: ir.Table
    control: str = ""
    counts: dict[str, int] | None = None
    units: dict[str, int] | None = None
    first: dt.date | None = None
    last: dt.date | None = None
    unit: str = ""
    crossed: int = 0
    nobody: int = 0
    columns: tuple[str, ...] = ()

    @property
    def variants(self) -> list[str]:
        """All but the control, in order."""
        return [v for v in self.counts or {} if v != self.control]

    @property
    def customers(self) -> int:
        """Everybody who counts."""
        return sum((self.counts or {}).values())


def experiments(exposures: ir.Table, timezone: str = "UTC", smallest: int = 1) -> pd.DataFrame:
    """Which experiments are there?  One row each, the one that ran most lately first.

    exposures  contract table; rows without experiment, customer, variant or time do not count
    timezone   in which a day begins;  smallest  experiments of fewer customers lose their numbers (disclosure.Limit)
    Returns index experiment: n (customers), customers, variants, crossed (customers seen in two), first, last (days).
    """
    need(exposures, "experiment", "customer_id", "variant", "exposed_at")
    each = _whole(exposures).group_by(["experiment", "customer_id"]).aggregate(**_facts())
    found = each.group_by("experiment").aggregate(
        n=_.count(), crossed=(_.kinds > 1).cast("int64").sum(), first=_.seen_s.min(), last=_.newest_s.max()
    )
    kinds = _whole(exposures).group_by("experiment").aggregate(variants=_.variant.nunique())
    both = found.execute().merge(kinds.execute(), on="experiment").sort_values(["last", "experiment"])
    both = both.iloc[::-1].set_index("experiment")
    days = {end: [day_of(s, timezone) for s in both[end]] for end in ("first", "last")}
    found = both.assign(customers=both["n"], **days)[["n", "customers", "variants", "crossed", "first", "last"]]
    few = disclosure.few(found["crossed"], smallest)
    hidden = disclosure.hide(found, disclosure.customers_only(smallest), total=False)
    return hidden.assign(crossed=hidden["crossed"].mask(few))


def trial(
    exposures: ir.Table,
    experiment: str = "",
    control: str = "",
    unit: str = "",
    columns: list[str] = (),
    timezone: str = "UTC",
) -> Trial:
    """The customers of one experiment, each in one variant.

    experiment  its name; empty: the one that ran most lately
    control     the variant that the others are held against; empty: one called control, A, off, …, else the first
    unit        a column of what was drawn by lot where that was not the customer (a shop, a city): everything is then
                summed up by it, so that its customers count as what they are, one lot;  null: the customer
    columns     further columns to keep, as segments or as outcomes
    A customer exposed twice to one variant counts from the first time on.
    Raises TableError where a name is not there, with the nearest.  No experiment: a Trial without name and rows.
    """
    need(exposures, "experiment", "customer_id", "variant", "exposed_at", *columns, *([unit] if unit else []))
    known = experiments(exposures, timezone)
    name = experiment or next(iter(known.index), "")
    if experiment and experiment not in known.index:
        raise TableError(_unknown(name, list(known.index), "آزمایش", "experiment"))
    rows = exposures.filter(exposures.experiment == name) if name else exposures
    kept = {f"_c{i}": (c,) for i, c in enumerate(columns)}
    whole = _whole(rows).mutate(
        _unit=(rows[unit].cast("string") if unit else ibis.null("string")).coalesce(
            ibis.literal("customer:") + rows.customer_id if unit else rows.customer_id
        ),
        **{place: rows[column] for place, (column,) in kept.items()},
    )
    each = whole.group_by("customer_id").aggregate(
        **_facts(), unit=_._unit.min(), **{place: whole[place].min() for place in kept}
    )
    if unit:
        mixed = each.group_by("unit").aggregate(kinds_of_unit=(_.variant.nunique() > 1) | (_.kinds.max() > 1))
        each = each.inner_join(mixed, "unit").mutate(kinds=_.kinds_of_unit.ifelse(2, _.kinds))
    alone = each.filter(_.kinds == 1)
    first, last = (known.loc[name, end] if name else None for end in ("first", "last"))
    start = _midnight(first, timezone) if name else 0
    table = alone.select(
        "customer_id",
        "variant",
        "seen_s",
        "unit",
        day=((alone.seen_s - start) / DAY).floor().cast("int64"),
        **{column: alone[place] for place, (column,) in kept.items()},
    )
    counted = table.group_by("variant").aggregate(n=_.count(), units=_.unit.nunique()).execute()
    counted = counted.sort_values("variant").set_index("variant")
    crossed = int(each.filter(each.kinds > 1).count().execute())
    held = rows.count().execute() - _whole(rows).count().execute()
    if control and control not in counted.index:
        raise TableError(_unknown(control, list(counted.index), "گروه", "variant"))
    return Trial(
        name,
        engine.named(table),
        control or _control(list(counted.index)),
        {v: int(k) for v, k in counted["n"].items()},
        {v: int(k) for v, k in counted["units"].items()},
        first,
        last,
        unit,
        crossed,
        int(held),
        tuple(columns),
    )


def unit_sizes(customers: ir.Table, columns: list[str], least: int = 10) -> pd.DataFrame:
    """Was perhaps something larger than a customer drawn by lot?  How each column's values fall to the variants.

    customers  the table of `trial`;  columns  of it (province, shop, …);  least  customers that a value needs to tell
               anything
    Returns index column: n values of so many customers, `whole` of them with customers of one variant only.  Where all
    of several are whole, that column was drawn: customers of one value then are no independent customers.
    """
    rows = []
    for column in columns:
        held = customers.filter(customers[column].notnull()).group_by(customers[column].name("_value"))
        held = held.aggregate(n=_.count(), kinds=_.variant.nunique()).filter(_.n >= least)
        counted = held.group_by(kind=held.kinds).aggregate(n=held.count()).execute()
        rows.append((column, int(counted["n"].sum()), int(counted.loc[counted["kind"] == 1, "n"].sum())))
    return pd.DataFrame(rows, columns=["column", "n", "whole"]).set_index("column")


def drawn_by(sizes: pd.DataFrame) -> list[str]:
    """The columns of `unit_sizes` that were drawn by lot, it seems: four values or more, each in one variant only."""
    return list(sizes.index[(sizes["n"] >= 4) & (sizes["whole"] == sizes["n"])])


def _whole(exposures: ir.Table) -> ir.Table:
    return exposures.filter(
        _.experiment.notnull(), _.customer_id.notnull(), _.variant.notnull(), _.exposed_at.notnull()
    )


def _facts() -> dict:
    """What a customer's rows of one experiment come to."""
    return {
        "variant": _.variant.min(),
        "kinds": _.variant.nunique(),
        "seen_s": engine.epoch(_.exposed_at.min()),
        "newest_s": engine.epoch(_.exposed_at.max()),
    }


def _control(variants: list[str]) -> str:
    plain = {v.strip().lower(): v for v in variants}
    return next((plain[name] for name in CONTROLS if name in plain), variants[0] if variants else "")


def day_of(second, timezone: str) -> dt.date:
    """The company's day of an instant in seconds since 1970."""
    return dt.datetime.fromtimestamp(int(second), ZoneInfo(timezone)).date()


def _midnight(day: dt.date, timezone: str) -> int:
    return int(dt.datetime.combine(day, dt.time(), ZoneInfo(timezone)).timestamp())


def _unknown(name: str, known: list[str], fa: str, en: str):
    return say(
        fa=f"{fa} {{name}} در داده‌ها نیست{{hint}}. آنچه هست: {{have}}",
        en=f"no {en} {{name}} in the exposures{{hint}}; there are: {{have}}",
        name=raw(name),
        hint=hint(name, known),
        have=raw(", ".join(known)),
    )
