"""Which comments did customers label themselves?  Their stars and scores, joined to the words they wrote beside them.

A label is where on its scale the number lies: negative in the lower two fifths (1-2 of 5, 0-4 of 10), positive from
seven tenths on (4-5 of 5, 7-10 of 10), neutral between; an NPS answer by its own groups (0-6, 7-8, 9-10).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cx_helpers import whereabouts
from cx_helpers.errors import Refusal
from cx_helpers.settings import Settings
from cx_helpers.tables import MissingTable

SCALES = ((1, 5), (0, 10), (0, 100))  # of numbers that come without one: the first that holds all of a source's
_OF_COMMENTS = "comment_id customer_id written_at text origin origin_id rating language"
BAD, GOOD = 0.4, 0.7
CLASSES = ("negative", "neutral", "positive")
COLUMNS = ("comment_id", "text", "customer", "written_at", "label", "of", "origin")
FEW = 100  # labels that make a source of comments (review, ticket, …) one that is known


class OwnLabelsError(Refusal):
    """A company's comments cannot teach: the message says what is wrong, what is there, what to do."""


def labels(settings: Settings) -> pd.DataFrame:
    """The comments of a company that carry a label of their own writer.

    Returns one row a comment, the oldest first: comment_id, text, customer (a number; a comment of nobody known is a
    customer of its own), written_at, label (negative, neutral, positive), of (whose number: rating, response or
    ticket), origin (where it comes from: review, chat, …).  attrs["unseen"]: the share of all Persian
    comments whose origin has less than FEW labels.
    A comment's own rating counts before the score of the answer, or the ticket's csat, that it came with.
    Raises OwnLabelsError where no comment has any.
    """
    try:
        comments = _rows(settings, "comments", _OF_COMMENTS)
    except MissingTable as error:
        raise OwnLabelsError(error.words or str(error)) from None
    comments = comments[comments["text"].notna() & _persian(comments["language"])].reset_index(drop=True)
    parts = [_rated(comments), _answered(comments, settings), _solved(comments, settings)]
    parts = [part for part in (part.dropna(subset="at") for part in parts if part is not None) if len(part)]
    if not parts:
        raise OwnLabelsError(
            f"none of the {len(comments):,} Persian comments has a label of its writer: no comments.rating, no score "
            "of responses or csat of tickets that origin and origin_id lead to; map one of them and run cx ingest"
        )
    found = pd.concat(parts).drop_duplicates("row").set_index("row").sort_index()
    own = comments.loc[found.index].assign(label=_label(found), of=found["of"])
    alone = own["customer_id"].isna()
    who = own["customer_id"].astype("string").mask(alone, "\0" + own.index.astype("string"))
    own = own.assign(customer=pd.factorize(who)[0], origin=own["origin"].astype("string").fillna("?"))
    known = own["origin"].value_counts()
    known = known.index[known >= FEW]
    own["origin"] = own["origin"].where(own["origin"].isin(known), known[0] if len(known) else "?")
    own.attrs["unseen"] = float(1 - comments["origin"].astype("string").fillna("?").isin(known).mean())
    return own.sort_values(["written_at", "comment_id"], ignore_index=True)[[*COLUMNS]]


def _rows(settings: Settings, table: str, columns: str) -> pd.DataFrame:
    """Some columns of a whole table; those that it lacks are null."""
    found = whereabouts.read(settings, table)
    frame = found.select([c for c in columns.split() if c in found.columns]).execute()
    return frame.reindex(columns=columns.split())


def _persian(language: pd.Series) -> pd.Series:
    return language.isna() | language.astype("string").str.match("fa|per", na=True)


def _rated(comments: pd.DataFrame) -> pd.DataFrame:
    return _placed(comments, pd.to_numeric(comments["rating"]), comments["origin"].astype("string"), "rating")


def _placed(rows: pd.DataFrame, number: pd.Series, source: pd.Series, of: str) -> pd.DataFrame:
    """Where on its scale does each number lie?  0..1; the scale is the first that holds all numbers of its source."""
    at = pd.Series(np.nan, rows.index)
    for _, group in number.groupby(source.fillna("")):
        span = next(((a, b) for a, b in SCALES if a <= group.min() and group.max() <= b), None)
        if span:
            at[group.index] = (group - span[0]) / (span[1] - span[0])
    return pd.DataFrame({"row": rows.index, "at": at, "nps": False, "of": of})


def _answered(comments: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """By the score of the answer that a comment came with."""
    columns = "response_id score scale_min scale_max instrument"
    joined = _joined(comments, "response", "responses", "response_id", columns, settings)
    if joined is None:
        return None
    low, high = pd.to_numeric(joined["scale_min"]), pd.to_numeric(joined["scale_max"])
    at = (pd.to_numeric(joined["score"]) - low) / (high - low).where(high > low)
    nps = joined["instrument"].isin(["nps", "enps"])
    return pd.DataFrame({"row": joined.index, "at": at.where(at.between(0, 1)), "nps": nps, "of": "response"})


def _solved(comments: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """By the csat of the ticket that a comment opened."""
    joined = _joined(comments, "ticket", "tickets", "ticket_id", "ticket_id csat", settings)
    if joined is None:
        return None
    return _placed(joined, pd.to_numeric(joined["csat"]), pd.Series("csat", joined.index), "ticket")


def _joined(comments: pd.DataFrame, origin: str, table: str, key: str, columns: str, settings: Settings):
    """The comments of one origin with the row that they came with; None where there is no such table."""
    of = comments[(comments["origin"] == origin) & comments["origin_id"].notna()]
    try:
        there = _rows(settings, table, columns).set_index(key) if len(of) else None
    except MissingTable:
        return None
    if there is None:
        return None
    return there[~there.index.duplicated()].reindex(of["origin_id"]).set_axis(of.index)


def _label(found: pd.DataFrame) -> np.ndarray:
    at, nps = found["at"].to_numpy(float), found["nps"].to_numpy(bool)
    bad = np.where(nps, at <= 0.6, at <= BAD)
    good = np.where(nps, at >= 0.9, at >= GOOD)
    return np.select([bad, good], ["negative", "positive"], "neutral")
