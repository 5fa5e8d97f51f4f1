"""One company's folder: settings, engine, period -> the tables that a notebook starts from."""

from __future__ import annotations

import datetime as dt
import functools
from dataclasses import dataclass, replace
from pathlib import Path
from zoneinfo import ZoneInfo

from cx_helpers import coverage, dates, lacking, parameters, sales, whereabouts, wording
from cx_helpers.settings import Settings, WorkspaceError, find, labels, load_settings
from cx_helpers.tables import TABLES, MissingTable, TableError, can_split, nearest, people

__all__ = ["Settings", "Tables", "WorkspaceError", "find", "labels", "last_complete_month", "load_settings", "open"]

# optional columns that measures may take for granted: where an export has none, nobody is known to stand behind a row
_NULL_WHERE_ABSENT = {
    "responses": ("customer_id", "invited_at", "touchpoint"),
    "comments": ("customer_id", "touchpoint"),
    "tickets": ("customer_id",),
    "touchpoints": ("channel",),
    "contracts": ("ended_at",),
}
# what customers did tells how far the data reach; where a company has nothing of the kind, what it holds tells
_DEEDS = {name: (TABLES[name].time,) for name in ("touchpoints", "orders", "responses", "comments", "tickets")}
_CONTRACTS = {"contracts": ("started_at", "ended_at")}
_EXPOSURES = {"exposures": ("exposed_at",)}
_NOT_SEGMENTS = {"comment", "text", "subject", "description", "value", "instrument", "source", "origin", "language"}


@dataclass(frozen=True)
class Tables:
    """A company's tables as one report sees them: one period, one segment, one language.

    `tables.responses` (or any other contract table) is an engine table cut to the period;  `tables.before` sees the
    previous period, `tables.until` everything up to the period's end (a report never sees what came after).
    A table that is not there raises MissingTable.
    """

    settings: Settings
    period: dates.Period
    segment: str = ""
    locale: str = "fa"
    scope: str = "period"  # period, or until (no beginning)
    now: dt.datetime | None = None  # when the report is made; None: by this machine's clock

    @property
    def calendar(self) -> str:
        return self.period.calendar

    @property
    def before(self) -> Tables:
        """The same tables in the previous period of equal kind."""
        return replace(self, period=self.period.previous(), scope="period")

    @property
    def until(self) -> Tables:
        """The same tables from their beginning to the end of the period."""
        return replace(self, scope="until")

    @property
    def today(self) -> dt.date:
        """The day on which the report is made, in the company's time zone: nothing recorded can lie beyond it."""
        return _clock(self.now).astimezone(ZoneInfo(self.period.timezone)).date()

    @property
    def newest(self) -> dt.date | None:
        """The last day of the company's data, a few stray rows aside (coverage.ends); None where no table tells."""
        return max(self._ends.values()) - dt.timedelta(1) if self._ends else None

    @property
    def ends(self) -> dict[str, dt.date]:
        """The day after the last of each table's data: {table: day} (coverage.ends)."""
        return dict(self._ends)

    @functools.cached_property
    def is_newest(self) -> bool:
        """Is this the newest period that the data cover, or a later one: the one of a report nobody named one for?"""
        if self.newest is None:
            return False
        last = last_complete_month(self.settings, self.now)
        return self.period.past >= dates.Period.parse(last, calendar=self.calendar, timezone=self.period.timezone).past

    @property
    def reach(self) -> dates.Period:
        """The newest period, through the last day of the data; an earlier one as it is.

        A report that nobody named a period for may be of a month long past, since a main table has broken off after it
        (coverage.covered): whether a feed has stopped is then to be asked of the last day, not of that month's."""
        if not self.is_newest or self.newest < self.period.past:
            return self.period
        return self.period.on(self.period.first).through(self.period.on(self.newest))

    @property
    def awaited(self) -> bool:
        """Are new rows to come: does the workspace name sources of them?"""
        return bool(self.settings.sources or self.settings.pull)

    def months(self, count: int = 12) -> list[dates.Period]:
        """The last `count` calendar months up to the period's end, oldest first."""
        return self.period.back(count)

    def goal(self, metric: str) -> dict | None:
        """`{target, direction}` from the workspace, or None."""
        return self.settings.goals.get(metric)

    def has(self, name: str) -> bool:
        """Is there such a table?"""
        try:
            self._raw(name)
        except MissingTable:
            return False
        return True

    def maybe(self, name: str):
        """The table `name`, or None where this company has none: for what a report can also do without."""
        return self.table(name) if self.has(name) else None

    @property
    def cases(self):
        """The closed loop's cases that were opened before the period's end, of the segment's customers; None where
        this company keeps no book of cases, or the book has none of that time."""
        table = whereabouts.cases(self.settings, self.period.end)
        if table is None:
            return None
        table = self._of_segment("cases", table) if self.segment else table
        return table.filter(table.opened_at < self.period.end)

    @property
    def questions(self) -> int:
        """Pairs of customers who may be one person, and nobody has said yet (state/review.csv)."""
        return whereabouts.questions(self.settings.folder)

    @property
    def requests(self):
        """Requests to support up to the period's end: what the closed loop is read by where the book of cases has none
        of that time; MissingTable, which tells of both, where there is no such table either."""
        if self.has("tickets"):
            return self.until.tickets
        first = whereabouts.begun(self.settings)
        raise MissingTable(lacking.a_loop(first and first.astimezone(ZoneInfo(self.period.timezone)).date()))

    @property
    def whole(self) -> dict:
        """Every table that this company has, as it is: uncut, of everybody, whatever the period and the segment."""
        return {name: whereabouts.read(self.settings, name) for name in TABLES if self.has(name)}

    def destination(self, goal: str = "") -> str:
        """The touchpoint that journeys should reach: `goal`, or the last that the workspace names in stage `purchase`.

        Raises TableError where no customer was ever at `goal`: a mistyped one would give a conversion of 0.
        """
        if not goal:
            return next(iter(reversed(self.settings.stages.get("purchase") or [])), "")
        there = sorted(self.until.touchpoints.select("touchpoint").distinct().execute()["touchpoint"].dropna())
        if goal not in there:
            raise TableError(lacking.a_visitor(goal, there))
        return goal

    @property
    def mean_order(self) -> float | None:
        """The mean amount of the period's orders, in the workspace's currency: what a lost customer costs at least;
        None where there are no orders, or orders of too few customers."""
        from cx_helpers.disclosure import few

        if not self.has("orders"):
            return None
        orders = self.orders
        found = orders.aggregate(mean=orders.amount.mean(), customers=people(orders)).execute().iloc[0]
        mean = found["mean"]
        return None if mean is None or mean != mean or few(found["customers"], self.smallest) else float(mean)

    @property
    def outsize(self) -> wording.Words | None:
        """A sentence when one order is a quarter or more of all sales up to the period's end, so that whatever is in
        money tells of that one; else None, as where there are fewer than 30 orders."""
        if not self.has("orders"):
            return None
        amount = self.until.orders.amount
        found = self.until.orders.aggregate(n=amount.count(), whole=amount.sum(), top=amount.max()).execute().iloc[0]
        if not (found["n"] >= 30 and found["whole"] > 0 and found["top"] >= 0.25 * found["whole"]):
            return None
        return wording.say(
            fa="یک سفارش به‌تنهایی {s:.0%} از همهٔ فروش تا پایان این دوره است: میانگین‌ها، ارزش و سود بیش از هر چیز از "
            "همان یکی می‌گویند. ببینید مبلغش درست ثبت شده باشد.",
            en="One order alone is {s:.0%} of all sales up to the end of this period: means, values and profits tell "
            "of that one more than of anything else. See whether its amount was recorded rightly.",
            s=min(found["top"] / found["whole"], 0.99),
        )

    @functools.cached_property
    def smallest(self):
        """Smaller groups are not shown: a `disclosure.Limit` of 30 answers, for the statistics, and as many customers
        as privacy asks for (`privacy.smallest_group`)."""
        from cx_helpers.disclosure import Limit

        customers = self.settings.privacy["smallest_group"]
        return Limit(max(30, customers), customers, functools.cache(lambda column: frozenset(self.rare(column)[1])))

    def rare(self, column: str) -> tuple[tuple, tuple]:
        """The values of a column of customers that too few customers of the company have, and the one held back beside
        them, so that they are not what is left of a total; two empty tuples where there is no such column."""
        from cx_helpers import disclosure

        if not self.has("customers") or column not in (customers := self._raw("customers")).columns:
            return (), ()
        counted = customers.group_by(value=customers[column].cast("string")).agg(n=customers.count()).execute()
        counted = counted.sort_values(["n", "value"], na_position="first", ignore_index=True)
        limit = disclosure.Limit(1, self.settings.privacy["smallest_group"])
        small, unknown = disclosure.few(counted["n"], limit), counted["value"].isna().to_numpy()
        # who is of no known group has no report of their own: nothing is lost by holding those back
        size = counted["n"].where(small | ~unknown, disclosure.least(limit))
        values = counted["value"].astype(object).where(~unknown, None)
        return tuple(values[small]), tuple(values[disclosure.beside(size, small & False, limit)])

    def segments(self, name: str, most: int = 40) -> list[str]:
        """The columns that can split the table `name`: texts of its own and of its customers with 2 to `most` values.

        Keys, free text, columns with a single value and names that answers use themselves (tables.RESERVED) are left
        out.  Order: the table's own columns first.
        """
        found = []
        for owner in dict.fromkeys((name, "customers")):
            if not self.has(owner):
                continue
            # a contract or an exposure of an earlier month is still in force: a month without a new one has them all
            table = (self.until if owner in (*_CONTRACTS, *_EXPOSURES) else self).table(owner)
            own = [c for c, kind in table.schema().items() if kind.is_string() and c not in _NOT_SEGMENTS]
            own = [c for c in own if not c.endswith("_id") and c not in found and can_split(c)]
            if own:
                counts = table.aggregate(**{c: table[c].nunique() for c in own}).execute().iloc[0]
                found += [c for c in own if 2 <= counts[c] <= most]
        return found

    def splits(self, name: str, by: str = "", usual: str = "", most: int = 40) -> list[str]:
        """What splits the table `name`, the column that a report splits by first: `by` or, where none is asked for,
        `usual` where there is such a column.  The others are as in `segments`; empty where nothing can split it."""
        found = self.segments(name, most)
        first = [by] if by else [usual] if usual in found else []
        return list(dict.fromkeys([*first, *found]))

    def within(self, name: str, column: str) -> str:
        """`column` where the table `name` or its customers have it, else empty: for a report on several tables."""
        own = [c for table in (name, "customers") if self.has(table) for c in self.columns(table)]
        return column if column in own else ""

    def or_empty(self, name: str, *columns: str):
        """`with_column` where this company has the table; else one without rows: for what a report can do without."""
        if self.has(name):
            return self.with_column(name, *columns)
        import ibis

        return ibis.memtable(
            [],
            schema=dict.fromkeys(columns, "string")
            | {c: spec.type.replace("list", "array<string>") for c, spec in TABLES[name].columns.items()},
        )

    def columns(self, name: str) -> list[str]:
        """The columns that this company's table `name` really has."""
        return list(whereabouts.read(self.settings, name).columns)

    @property
    def caution(self) -> wording.Words | None:
        """A sentence when the data end before the period does, so that nobody reads a part as the whole; else None."""
        past, bought = max(self._ends.values(), default=self.period.past), self._ends.get("orders", self.period.past)
        if min(past, bought) >= self.period.past or self.period.kind == "day":
            return None
        if bought < past:
            return wording.say(
                fa="سفارش‌ها پس از {day} دیگر نیامده‌اند، هرچند داده‌های دیگر ادامه دارند: این‌که چه کسی رفته و هر مشتری "
                "چقدر می‌ارزد، تا همان روز گفته می‌شود.",
                en="Orders break off after {day}, though other data go on: who left, and what customers are worth, is "
                "told as of that day.",
                day=bought - dt.timedelta(1),
            )
        return wording.say(
            fa="این دوره هنوز کامل نیست: داده‌ها تا {day} رسیده‌اند.",
            en="This period is incomplete: data reach {day}.",
            day=past - dt.timedelta(1),
        )

    @property
    def known(self) -> Tables:
        """The same tables with a period that ends where the data do, for whoever looks at customers as of its end: what
        has not been recorded yet is no silence, and nobody has left by it.

        The end is that of what customers did; of orders, whose silence is leaving, their own where they have broken off
        (coverage.ends).  Quiet last days after which something came were quiet: the period stays as it is, as does one
        that began after the data ended.
        """
        ends = self._ends
        past = min(ends.get("orders", self.period.past), max(ends.values(), default=self.period.past))
        if not self.period.first < past < self.period.past:
            return self
        return replace(self, period=self.period.on(self.period.first).through(self.period.on(past - dt.timedelta(1))))

    @functools.cached_property
    def _ends(self) -> dict[str, dt.date]:
        """Where the company's data end, the day after the last; empty where no table tells."""
        soon = _clock(self.now) + dt.timedelta(days=1)
        ask = functools.partial(coverage.ends, self.settings, period=self.period, until=soon)
        return ask(times=_DEEDS) or ask(times=_CONTRACTS)

    def card(self, *names: str) -> dict:
        """What a report stands on: for each table its rows, customers, first and last instant and unknown customers;
        of a table with too few customers only that."""
        from cx_helpers import disclosure

        out = {"period": self.period, "segment": self.segment or wording.name("all")}
        for name in names:
            if not self.has(name):
                continue
            table, when = self.table(name), TABLES[name].time
            facts = {"n": table.count()}
            if "customer_id" in table.columns:
                facts |= {"customers": table.customer_id.nunique(), "unknown": table.customer_id.isnull().mean()}
                facts |= {"people": people(table)}
            if when:
                facts |= {"from": table[when].min(), "to": table[when].max()}
            row = table.aggregate(**facts).execute().iloc[0]
            out[name] = {"rows": int(row["n"])}
            if "customers" in facts and disclosure.few(row["people"], self.smallest):
                out[name] = {"customers": disclosure.count(row["people"], self.smallest)}
                continue
            if "customers" in facts:
                out[name]["customers"] = int(row["customers"])
                out[name]["without_customer"] = (float(row["unknown"]) if row["n"] else 0.0,)
            if when and row["n"]:
                zone = ZoneInfo(self.period.timezone)
                local = (row[end].tz_localize("UTC") if row[end].tz is None else row[end] for end in ("from", "to"))
                out[name] |= {k: t.tz_convert(zone).date() for k, t in zip(("from", "to"), local, strict=True)}
        return out

    def __getattr__(self, name: str):
        if name.startswith("_") or name not in TABLES:
            raise AttributeError(f"no table {name!r}{nearest(name, TABLES)}; tables: {', '.join(TABLES)}")
        return self.table(name)

    def table(self, name: str):
        """The engine table `name`, cut to the period and to the segment's customers; of orders those that are sales."""
        table, when = self._raw(name), TABLES[name].time
        if name == "orders":
            table = sales.sold(table)
        elif name == "order_items" and self.has("orders"):
            table = sales.lines_of(table, self._raw("orders"))
        if self.segment:
            table = self._of_segment(name, table)
        if when:
            time = table[when].coalesce(table.invited_at) if "invited_at" in table.columns else table[when]
            table = table.filter(time < self.period.end)
            if self.scope == "period":
                table = table.filter(time >= self.period.start)
        return table

    def with_column(self, name: str, *columns: str):
        """The table `name` with `columns` of its own or of its customers; TableError where neither has one."""
        table, own = self.table(name), self.columns(name)
        absent = [c for c in dict.fromkeys(columns) if c not in own]
        if not absent:
            return table
        customers = self._raw("customers") if self.has("customers") and "customer_id" in table.columns else None
        for column in absent:
            if customers is None or column not in customers.columns:
                known = [*own, *(customers.columns if customers is not None else [])]
                raise TableError(lacking.a_column(name, column, known))
        table = table.drop(*(c for c in absent if c in table.columns))
        mine = customers.select(*absent, _id=customers.customer_id)
        from cx_helpers import engine

        return engine.named(table.left_join(mine, table.customer_id == mine._id).drop("_id"))

    def _raw(self, name: str):
        table = whereabouts.read(self.settings, name)
        absent = [c for c in _NULL_WHERE_ABSENT.get(name, ()) if c not in table.columns]
        if not absent:
            return table
        import ibis

        return table.mutate(**{c: ibis.null(TABLES[name].columns[c].type) for c in absent})

    def _of_segment(self, name: str, table):
        column, value = split_segment(self.segment)
        members = self._raw("customers")
        if column not in members.columns:
            raise TableError(lacking.a_column_of_customers(column, members.columns))
        members = members.filter(members[column].cast("string") == value)
        if name == "order_items":
            members = self._raw("orders").semi_join(members, "customer_id")
            return table.semi_join(members, "order_id")
        return table.semi_join(members, "customer_id") if "customer_id" in table.columns else table


def split_segment(segment: str) -> tuple[str, str]:
    """`province=فارس` -> ("province", "فارس"); WorkspaceError where it has another form."""
    column, equals, value = segment.partition("=")
    if not equals or not column.strip() or not value.strip():
        raise WorkspaceError(lacking.a_segment(segment))
    return column.strip(), value.strip()


def data_range(settings: Settings, until: dt.datetime) -> tuple[dt.datetime, dt.datetime] | None:
    """First and last instant (UTC) before `until` at which customers did anything; None where no table tells.

    A company of contracts alone is told by their starts and ends.
    """
    return _range(settings, until, _DEEDS) or _range(settings, until, _CONTRACTS)


def _range(settings: Settings, until: dt.datetime, times: dict[str, tuple[str, ...]]):
    import pandas as pd

    ends = []
    for name, columns in times.items():
        try:
            table = whereabouts.read(settings, name)
        except MissingTable:
            continue
        for when in (c for c in columns if c in table.columns):
            seen = table[when] < until
            row = table.aggregate(first=table[when].min(where=seen), last=table[when].max(where=seen)).execute().iloc[0]
            ends += [pd.Timestamp(t).tz_localize(None) for t in row if not pd.isna(t) and pd.Timestamp(t).tz is None]
            ends += [pd.Timestamp(t).tz_convert(None) for t in row if not pd.isna(t) and pd.Timestamp(t).tz]
    return (min(ends).to_pydatetime(), max(ends).to_pydatetime()) if ends else None


def _clock(now: dt.datetime | None) -> dt.datetime:
    """The instant at which something is made: as it was said, else by this machine's clock."""
    return now or dt.datetime.now(dt.UTC)


def last_complete_month(folder: str | Path, now: dt.datetime | None = None) -> str:
    """The newest calendar month that the data covers to its last day: the period of a report nobody named one for.

    A company in its first month has no such one: that month, as far as it goes.  Months without a row are passed over,
    and those where a main table has broken off (coverage.covered).
    A row of a day that has not come yet is wrong, and one such row would make every report one of an empty month: what
    lies beyond tomorrow by this machine's clock (or by `now`) does not count.  Contracts or a test's exposures alone do
    not tell whether their last month is over: that month, lest those who left in it be left out.
    """
    settings = folder if isinstance(folder, Settings) else load_settings(folder)
    soon = _clock(now) + dt.timedelta(days=1)
    deeds = _range(settings, soon, _DEEDS)
    found = deeds or _range(settings, soon, _CONTRACTS) or _range(settings, soon, _EXPOSURES)
    if found is None:
        raise MissingTable(lacking.any_data())
    first, last = (at.replace(tzinfo=dt.UTC).astimezone(ZoneInfo(settings.timezone)).date() for at in found)
    month = dates.Period.month_of(last, calendar=settings.calendar, timezone=settings.timezone)
    if not deeds:
        return month.name
    if last != month.past - dt.timedelta(1) and first < month.first:
        last = data_range(settings, month.start)[1].replace(tzinfo=dt.UTC).astimezone(ZoneInfo(settings.timezone))
        month = dates.Period.month_of(last.date(), calendar=settings.calendar, timezone=settings.timezone)
    return coverage.covered(settings, month).name


def open(folder: str | Path, period: str = "", segment: str = "", locale: str = "") -> Tables:
    """Open a company for one report: its tables cut to a period and a segment, read in one language.

    folder   of the workspace, looked for from here upward
    period   `1404`, `1404-Q2`, `1404-06`, `2025-09`, `FROM_TO`; empty: the last complete month of the data
    segment  `column=value` of customers (`province=فارس`); empty: everybody
    locale   `fa` or `en`; empty: the workspace's
    Raises WorkspaceError, ParameterError or TableError that say what is wrong and what to write instead.
    """
    settings = load_settings(folder)
    period = period or last_complete_month(settings)
    when = parameters.period(period, calendar=settings.calendar, timezone=settings.timezone)
    tables = Tables(settings, when, segment, locale or settings.locale)
    if segment:
        check_segment(tables, segment)
    wording.use(
        locale=tables.locale,
        calendar=when.calendar,
        currency=settings.currency,
        period=when,
        labels=labels(settings.folder),
        smallest_group=settings.privacy["smallest_group"],
        enough=tables.smallest,
        segment=segment,
    )
    return tables


def check_segment(tables: Tables, segment: str) -> None:
    """Refuse a segment whose column or value no customer has, naming the nearest; nobody this period is no error.

    Refused are, too, values that too few customers have, and the one held back beside them: with the whole company's
    numbers at hand, what all the other values leave is theirs.
    """
    column, value = split_segment(segment)
    customers = tables._raw("customers")
    if column not in customers.columns:
        raise WorkspaceError(lacking.a_column_of_customers(column, customers.columns))
    values = customers.select(v=customers[column].cast("string")).distinct().limit(2000).execute()["v"].dropna()
    if value not in set(values):
        raise WorkspaceError(lacking.a_customer(column, value, values))
    small, beside = tables.rare(column)
    if value in small:
        raise WorkspaceError(lacking.enough_customers(column, value, tables.settings.privacy["smallest_group"]))
    if value in beside:
        raise WorkspaceError(lacking.cover(column, value))
