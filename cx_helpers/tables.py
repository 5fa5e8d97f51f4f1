"""What does a table look like?  The canonical tables in code, and the errors that say a table is not fit."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import NamedTuple

from cx_helpers.errors import Refusal
from cx_helpers.wording import Words, raw, say


class TableError(Refusal):
    """A table cannot answer the question: the message says what is wrong, what is there, what to do."""


class MissingTable(TableError):
    """A report needs a table (or column) that this company does not have; the run goes on without the report."""


RATING_SCALES = ((1, 5), (0, 5), (0, 10), (0, 100))  # of stars and marks that come without their ends


def rating_scale(worst: float, best: float, least: float | None = None) -> tuple[int, int] | None:
    """Lowest and highest that one could give where `worst` to `best` was given: the first usual scale that holds both.

    least  the lowest at or above 0, where what is below 0 beside marks says that none was given
    None: no usual scale holds them.  Thumbs, up and down, are 0 and 1, or -1 and 1.
    """
    if (worst, best) in ((0, 1), (-1, 1)):
        return int(worst), int(best)
    worst = worst if least is None or best <= 1 else least
    return next(((low, high) for low, high in RATING_SCALES if low <= worst and best <= high), None)


SCALED = {"tickets": "csat", "comments": "rating"}  # marks that come without their ends
STRAY, SEEN = 0.02, 20  # of the marks may lie off the scale that the others show; marks that show one
_MOST, _SECOND, _MANY = 2 / 3, 0.25, 100  # shares of two scales' marks; marks from which on a hole is no chance

NPS = ("nps", "enps")  # asked on 0 to 10 (or 1 to 10): who promotes and who detracts is told by those marks alone


def no_nps(instrument: str, low: str, high: str) -> str:
    """SQL: is an answer to NPS on a scale on which it cannot be counted?"""
    return f"({instrument}::VARCHAR IN {NPS} AND NOT ({high} = 10 AND {low} IN (0, 1)))"


def scale_shown(marks: dict[float, int]) -> tuple[float, float] | None:
    """Lowest and highest that nearly all of these marks (mark: rows) lie within: the first usual scale, or thumbs.

    -1 and 0 beside a scale that begins at 1 say that none was given, and are no strays.  Of 100 marks and more a
    narrower scale is shown, and the others are off it, where nobody gave what lies just beyond its end: where it holds
    two thirds of them and nobody gave the best of the wider one (a 7 beside 1 to 5), or a quarter beside marks up to
    100 (1 to 5, some of them written times 20).  None: too few marks, or no usual scale holds most of them: then
    nothing can be said of a single one.
    """
    given = {mark: n for mark, n in marks.items() if mark > 0}
    whole, strays = sum(marks.values()), max(1, STRAY * sum(given.values()))
    for thumbs in ((0, 1), (-1, 1)):
        ends = [marks.get(end, 0) for end in thumbs]
        if whole >= SEEN and min(ends) > strays and whole - sum(ends) - marks.get(0, 0) * (thumbs[0] < 0) <= strays:
            return thumbs
    if sum(given.values()) < SEEN:
        return None
    held = [(s, sum(n for mark, n in given.items() if mark > s[1] or (s[0] == 1 > mark))) for s in RATING_SCALES]
    wide = next((scale for scale, off in held if off <= strays), None)
    narrow = (s for s, off in held if _stands_out(given, s, wide, 1 - off / sum(given.values())))
    return next(narrow, wide)


def _stands_out(given: dict[float, int], scale: tuple[int, int], wide: tuple[int, int] | None, share: float) -> bool:
    """Do marks show a narrower scale, most others being no part of the `wide` one that holds nearly all of them?"""
    top, best, whole = scale[1], wide[1] if wide else None, sum(given.values())
    kinds = sum(scale[0] <= mark <= top for mark in given)
    if whole < _MANY or kinds < 3 or best is not None and best <= top:
        return False
    beyond = 2 * top if best == 100 else top + 1
    if sum(n for mark, n in given.items() if top < mark < beyond or mark == beyond < 2 * top) > STRAY / 4 * whole:
        return False
    return share >= (_SECOND if best == 100 else _MOST) and (best != 10 or given.get(10, 0) <= STRAY * whole)


def off_scale(marks: dict[float, int], scale: tuple[float, float] | None) -> list[float]:
    """The marks that lie off a scale of `scale_shown`; none where there is no scale."""
    if scale is None:
        return []
    none_given = (-1, 0) if scale not in ((0, 1), (-1, 1)) else ()
    return sorted(mark for mark in marks if not scale[0] <= mark <= scale[1] and mark not in none_given)


class Column(NamedTuple):
    """One canonical column: its engine type and, where the values are a closed list, that list."""

    type: str
    values: tuple[str, ...] = ()
    meaning: str = ""


@dataclass(frozen=True)
class Table:
    """One canonical table: the columns of its key, those that must be there, and all that have a meaning."""

    key: tuple[str, ...]
    required: tuple[str, ...]
    columns: dict[str, Column] = field(repr=False)
    meaning: str = ""
    time: str | None = None  # the column that a period cuts


def _table(meaning: str, key: str, spec: str, time: str | None = None, **values: str) -> Table:
    """Build a Table from lines `name* type  meaning`; a star marks a required column."""
    columns, required = {}, []
    for line in spec.strip().splitlines():
        name, kind, *words = line.split(maxsplit=2)
        if name.endswith("*"):
            name = name[:-1]
            required.append(name)
        columns[name] = Column(kind, tuple(values.get(name, "").split()), words[0] if words else "")
    return Table(tuple(key.split()), tuple(required), columns, meaning, time)


TABLES: dict[str, Table] = {
    "customers": _table(
        "one row per customer",
        "customer_id",
        """
        customer_id* string          stable id, a pseudonym when privacy asks for it
        created_at timestamp         first contact
        acquisition_channel string   what brought the customer
        birth_year int64             Gregorian
        gender string
        province string
        city string
        segment string               the company's own grouping
        consent boolean              may be contacted
        """,
    ),
    "identities": _table(
        "which keys of which systems are one customer",
        "source kind value",
        """
        source* string               system
        kind* string
        value* string                normalised; hashed when privacy.pseudonyms
        customer_id* string
        """,
        kind="account email phone national_id card cookie",
    ),
    "touchpoints": _table(
        "one row per contact of a customer with the company, sorted by customer_id, occurred_at, event_id",
        "event_id",
        """
        event_id* string
        customer_id* string
        occurred_at* timestamp
        touchpoint* string           what the customer met, e.g. payment
        stage string                 of the journey, e.g. purchase
        channel string
        outcome string
        duration_s float64           seconds
        cost float64                 to the company, in the workspace's currency
        session_id string
        campaign string
        """,
        time="occurred_at",
        outcome="success failure abandoned",
    ),
    "orders": _table(
        "one row per order",
        "order_id",
        """
        order_id* string
        customer_id* string
        ordered_at* timestamp
        amount* float64              in the workspace's currency, after discount
        margin float64
        discount float64
        status string                cancelled: no sale, reports leave it out; returned: sold, and came back
        channel string
        promised_at timestamp
        delivered_at timestamp
        """,
        time="ordered_at",
    ),
    "order_items": _table(
        "one row per line of an order",
        "order_id line",
        """
        order_id* string
        line* int64
        product_id* string
        product_name string
        category string
        quantity float64
        unit_price float64
        """,
    ),
    "contracts": _table(
        "one row per contract or subscription",
        "contract_id",
        """
        contract_id* string
        customer_id* string
        started_at* timestamp
        ended_at timestamp           null = alive
        plan string
        monthly_fee float64
        """,
        time="started_at",
    ),
    "responses": _table(
        "one row per answer to a survey question; an invitation without answer has invited_at and no score",
        "response_id",
        """
        response_id* string
        customer_id string
        responded_at* timestamp      null only where an invitation was not answered
        invited_at timestamp
        instrument* string           nps, csat, ces, enps, servqual.tangibles, …
        score* float64               null only where an invitation was not answered
        scale_min* float64
        scale_max* float64
        touchpoint string
        channel string
        comment string
        """,
        time="responded_at",
    ),
    "tickets": _table(
        "one row per request to support",
        "ticket_id",
        """
        ticket_id* string
        customer_id string
        opened_at* timestamp
        first_reply_at timestamp
        solved_at timestamp
        status string
        priority string
        channel string
        topic string
        subject string
        description string
        reopens int64
        escalated boolean
        csat float64
        """,
        time="opened_at",
    ),
    "comments": _table(
        "one row per piece of text that a customer wrote",
        "comment_id",
        """
        comment_id* string
        customer_id string
        written_at* timestamp
        text* string
        origin string
        origin_id string
        touchpoint string
        channel string
        rating float64
        language string
        sentiment float64            derived: -1 to 1
        p_negative float64           derived: 0 to 1
        p_neutral float64            derived: 0 to 1
        p_positive float64           derived: 0 to 1
        how_read string              derived: how a comment was read (persian mixed finglish), or why not
        topics list                  derived: the aspects that it names (aspects.yaml), as a list of texts
        """,
        time="written_at",
        origin="response ticket review social chat call",
    ),
    "exposures": _table(
        "who saw which variant of an experiment, and when first",
        "experiment customer_id",
        """
        experiment* string
        customer_id* string
        variant* string
        exposed_at* timestamp
        """,
        time="exposed_at",
    ),
    "initiatives": _table(
        "what was done to make things better",
        "initiative_id",
        """
        initiative_id* string
        name string                  rows of one name are one initiative that began group by group
        touchpoint string            where it is to be felt
        started_at* timestamp
        cost float64                 once, in the workspace's currency
        owner string
        """,
    ),
    "aggregates": _table(
        "one row per sum that a system gives without the people behind it: no journey can be made of these",
        "source report segment period_start period_end dimension member metric",
        """
        source* string               system
        report* string               the table in the export, by its columns
        segment* string              of people, `all` where none is named
        period_start* timestamp      first day
        period_end* timestamp        last day
        dimension* string            what is counted by, e.g. Event name
        member* string               of the dimension, e.g. page_view
        metric* string               e.g. Total users
        value* float64
        """,
        time="period_start",
    ),
}


_SINCE = {"customers": "created_at", "initiatives": "started_at"}  # no period cuts them, yet their rows have a time


def instant(table, name: str):
    """When did what a row of the table `name` tells of happen?  A column; None where such rows have no time.

    table  an ibis table.  An invitation that nobody answered happened when it was sent.
    """
    when = TABLES[name].time or _SINCE.get(name)
    if when not in table.columns:
        return None
    return (
        table[when].coalesce(table.invited_at) if name == "responses" and "invited_at" in table.columns else table[when]
    )


def people(table):
    """How many customers stand behind an ibis table's rows, to be aggregated: a row without one is one of its own."""
    if "customer_id" not in table.columns:
        return table.count()
    return table.customer_id.nunique() + table.customer_id.isnull().cast("int64").sum().coalesce(0)


def nearest(name: str, known) -> str:
    """`; did you mean 'x'?` where something near is known, else an empty string."""
    near = _near(name, known)
    return f"; did you mean {near!r}?" if near else ""


def hint(name: str, known) -> Words:
    """The same for a sentence in both languages."""
    near = _near(name, known)
    return {"fa": f"؛ شاید منظور «{near}» باشد" if near else "", "en": nearest(name, known)}


def _near(name: str, known) -> str:
    name, known = str(name), [str(k) for k in known]
    within = [k for k in known if set(k.split()) & set(name.split()) and (k in name or name in k)]
    close = difflib.get_close_matches(name, within or known, n=1, cutoff=0.3 if within else 0.5)
    return close[0] if close else ""


def need(table, *columns: str) -> None:
    """Refuse a table that lacks a column, naming the nearest one it has.

    table  an ibis table or a pandas frame.  Raises TableError.
    """
    have = list(table.columns)
    for column in columns:
        if column not in have:
            remedy = say(fa="؛ آن را در workspace.yaml نگاشت کنید", en="; map it in workspace.yaml")
            raise TableError(
                say(
                    fa="ستون {column} در داده‌ها نیست{hint}. ستون‌هایی که هست: {have}",
                    en="no column '{column}' among {have}{hint}",
                    column=raw(column),
                    have=raw(", ".join(sorted(have))),
                    hint=hint(column, have) if nearest(column, have) else remedy,
                )
            )


# what answers call their own columns and levels: a table's column of such a name cannot split one
RESERVED = frozenset(
    """
    abandonment abandonment_high abandonment_low again agreement all asked at bad begun bin ces change change_high
    change_low cohort cohorts compared conversion csat csat_mean cumulative customer_share customers detractors end
    failure failure_high failure_low failure_rate first from good harsh_words high how_read index journey kind_words
    last late_delivery_rate level low mean_high mean_low median_s money money_each n n_before negative negative_share
    neutral next nps observed off_scale offset orders p95_s p_adjusted p_value passives path people period position
    positive positive_share promoters rank reached repeat_rate response_rate retention score_high score_low score_n se
    sentiment_high sentiment_low sentiment_n share signal so_far start steps to topics usual value x
    """.split()
)


def can_split(column: str) -> bool:
    """May a column of this name split an answer?  Not where answers, or measures on their way, call something so."""
    return column not in RESERVED and not column.startswith("_")


def groups(by: str | list[str] | None, *taken: str) -> list[str]:
    """The columns that split an answer, as a list.

    by  none, one or several;  taken  columns that the answer has a row for anyway, such as its touchpoint
    Raises TableError where a column bears a name that the answer needs for itself.
    """
    asked = [] if by is None else [by] if isinstance(by, str) else list(dict.fromkeys(by))
    for column in asked:
        if column in taken:
            raise TableError(
                say(
                    fa="این پاسخ برای هر {column} سطری جدا دارد؛ ستون دیگری برای تقسیم بدهید",
                    en="this answer has a row for each {column} anyway; give another column to split it by",
                    column=raw(column),
                )
            )
        if not can_split(column):
            raise TableError(
                say(
                    fa="پاسخ‌ها خودشان ستونی به نام {column} دارند و نمی‌توان آن‌ها را با ستونی به این نام تقسیم کرد؛ "
                    "نام آن ستون را در جدول عوض کنید، مثلاً به {other}",
                    en="answers use the name '{column}' themselves, so no column of that name can split them; "
                    "rename it in the table, e.g. {other}",
                    column=raw(column),
                    other=raw(f"my_{column.lstrip('_')}"),
                )
            )
    return asked
