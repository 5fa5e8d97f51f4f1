"""What did those who wrote say with a number?  Their stars and scores, joined to the words they wrote beside them.

A label is where on its scale the number lies: negative in the lower two fifths (1-2 of 5, 0-4 of 10), positive from
seven tenths on (4-5 of 5, 7-10 of 10), neutral between; an NPS answer by its own groups (0-6, 7-8, 9-10).
The labels teach a company's own model (sentiment_own), and tell how the shipped one misreads it (sentiment_rates).
"""

from __future__ import annotations

from typing import NamedTuple

import ibis
import ibis.expr.types as ir
from ibis import _

from cx_helpers.tables import rating_scale

BAD, GOOD = 0.4, 0.7
NPS_BAD, NPS_GOOD = 0.6, 0.9
FEW = 100  # labels that make a source of comments (review, ticket, …) one that is known
FEWEST = 30  # comments with a rating of their own, below which that of what they came with stands in


def labelled(comments: ir.Table, responses: ir.Table | None = None, tickets: ir.Table | None = None) -> ir.Table:
    """The comments with what their writers said in numbers: `label` (negative, neutral, positive; null: nothing) and
    `of` (whose number: rating, response or ticket).

    comments  with rating, origin and origin_id, as far as they are known;  responses, tickets  that origin_id leads to
    A comment's own rating counts before the score of the answer, or the ticket's csat, that it came with.
    """
    rows = _with_numbers(comments, responses, tickets)
    score = (rows._score - rows._scale_min) / (rows._scale_max - rows._scale_min).nullif(0)
    at = {
        "rating": _place(rows, rows._number, "_from"),
        "response": ibis.ifelse(rows._lived, score, ibis.null("float64")),
        "ticket": _place(rows, rows._csat),
    }
    of = ibis.cases(*((where.notnull(), whose) for whose, where in at.items()), else_=ibis.null("string"))
    rows = rows.select(*comments.columns, _at=ibis.coalesce(*at.values()), of=of, _nps=rows._nps & (of == "response"))
    bad, good = (ibis.ifelse(rows._nps, *edges) for edges in ((NPS_BAD, BAD), (NPS_GOOD, GOOD)))
    label = ibis.cases((rows._at <= bad, "negative"), (rows._at >= good, "positive"), (rows._at.notnull(), "neutral"))
    return rows.mutate(label=label).drop("_at", "_nps")


class Rated(NamedTuple):
    """Comments with `rating`, all of one `scale` (lowest, highest); None: their own, whose scale is seen from them.

    n     comments that have a rating of what they came with;  left  that had one of another scale, and were given none
    """

    comments: ir.Table
    scale: tuple[float, float] | None = None
    n: int = 0
    left: int = 0


def rated(comments: ir.Table, responses: ir.Table | None = None, tickets: ir.Table | None = None) -> Rated:
    """The comments with a `rating` each: their own, or that of the answer (score) or ticket (csat) they came with.

    As for `labelled`.  Own ratings are what is asked for: only where fewer than FEWEST comments have one do the others
    stand in for them, and of these the commonest scale alone, since points of 5 and of 10 make no mean.
    """
    own = comments.filter(_float(comments, "rating").notnull()).count().execute()
    if own >= FEWEST:
        return Rated(comments)
    rows = _with_numbers(comments, responses, tickets)
    worst, best = _spans(rows, rows._csat).get("", (None, None))
    rows = rows.mutate(
        _rating=ibis.ifelse(rows._lived, rows._score, rows._csat),
        _low=ibis.ifelse(rows._lived, rows._scale_min, ibis.literal(worst, "float64")),
        _high=ibis.ifelse(rows._lived, rows._scale_max, ibis.literal(best, "float64")),
    )
    rows = rows.mutate(_rating=ibis.ifelse(_._rating.between(_._low, _._high), _._rating, ibis.null("float64")))
    counts = rows.filter(_._rating.notnull()).group_by(["_low", "_high"]).aggregate(n=_.count())
    counts = counts.execute().sort_values(["n", "_low", "_high"], ascending=[False, True, True], ignore_index=True)
    if counts["n"].sum() <= own:
        return Rated(comments)
    low, high, n = counts.iloc[0]
    rating = ibis.ifelse((rows._low == low) & (rows._high == high), rows._rating, ibis.null("float64"))
    given = rows.mutate(rating=rating).select(*{**dict.fromkeys(comments.columns), "rating": None})
    return Rated(given, (float(low), float(high)), int(n), int(counts["n"].sum() - n))


def _with_numbers(comments: ir.Table, responses: ir.Table | None, tickets: ir.Table | None) -> ir.Table:
    """The comments with the numbers beside them: _number (their own), _score on _scale_min.._scale_max with _nps and
    _lived (it lies on its scale, and is no wish), and _csat."""
    rows = comments.mutate(
        _number=_float(comments, "rating"),
        _from=_text(comments, "origin").fill_null(""),
        _response=_led(comments, "response"),
        _ticket=_led(comments, "ticket"),
    )
    rows = _beside(rows, responses, "_response", "response_id", ("score", "scale_min", "scale_max", "instrument"))
    rows = _beside(rows, tickets, "_ticket", "ticket_id", ("csat",))
    rows = rows.mutate(**{column: _float(rows, column) for column in ("_score", "_scale_min", "_scale_max", "_csat")})
    asked = _text(rows, "_instrument")
    wished = asked.re_search(r"\.(expected|importance)$").fill_null(False)
    inside = (rows._scale_max > rows._scale_min) & rows._score.between(rows._scale_min, rows._scale_max)
    nps = asked.isin(["nps", "enps"]).fill_null(False)
    return rows.mutate(_nps=nps, _lived=(inside & ~wished).fill_null(False))


def _float(rows: ir.Table, column: str):
    """A column of numbers, NaN being null; all null where there is none."""
    value = rows[column].cast("float64") if column in rows.columns else ibis.null("float64")
    return ibis.ifelse(value.isnan(), ibis.null("float64"), value)


def _text(rows: ir.Table, column: str):
    return rows[column].cast("string") if column in rows.columns else ibis.null("string")


def _led(comments: ir.Table, origin: str):
    """The key of the row that a comment of this origin came with."""
    here = _text(comments, "origin") == ibis.literal(origin)
    return ibis.ifelse(here, _text(comments, "origin_id"), ibis.null("string"))


def _beside(rows: ir.Table, there: ir.Table | None, key: str, of: str, columns: tuple[str, ...]) -> ir.Table:
    """The rows with the `columns`, under `_`, of the row that each came with."""
    if there is None:
        return rows.mutate(**{f"_{c}": ibis.null("float64") for c in columns})
    said = {f"_{c}": there[c] if c in there.columns else ibis.null("float64") for c in columns}
    beside = there.select(_id=there[of].cast("string"), **said)
    return rows.left_join(beside, rows[key] == beside._id).drop("_id")


def _place(rows: ir.Table, number, source: str = ""):
    """Where on its scale does each number lie?  0..1; the scale is the first that holds all numbers of its source."""
    places = []
    for name, (low, high) in _spans(rows, number, source).items():
        here = number.between(low, high) & ((rows[source] == name) if source else ibis.literal(True))
        places.append((here, (number - low) / (high - low)))
    return ibis.cases(*places) if places else ibis.null("float64")


def _spans(rows: ir.Table, number, source: str = "") -> dict[str, tuple[int, int]]:
    """The usual scale of each source's numbers; a source whose numbers no usual scale holds is left out."""
    asked = rows.select(number=number, source=rows[source] if source else ibis.literal(""))
    given = asked.filter(asked.number.notnull()).group_by("source")
    ends = given.aggregate(worst=_.number.min(), best=_.number.max(), least=_.number.min(where=_.number >= 0))
    spans = {name: rating_scale(*span) for name, *span in ends.execute().itertuples(index=False)}
    return {name: span for name, span in spans.items() if span}
