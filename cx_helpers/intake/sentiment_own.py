"""Which comments did customers label themselves?  What a company's own model is taught by (sentiment_stars)."""

from __future__ import annotations

import contextlib

import pandas as pd
from ibis import _

from cx_helpers import whereabouts
from cx_helpers.errors import Refusal
from cx_helpers.intake import sentiment_stars
from cx_helpers.settings import Settings
from cx_helpers.tables import MissingTable

COLUMNS = ("comment_id", "text", "customer", "written_at", "label", "of", "origin")


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
        comments = whereabouts.read(settings, "comments")
    except MissingTable as error:
        raise OwnLabelsError(error.words or str(error)) from None
    if "language" in comments.columns:
        comments = comments.filter(_.language.isnull() | _.language.re_search("^(fa|per)"))
    comments = comments.filter(_.text.notnull())
    rows = sentiment_stars.labelled(comments, _maybe(settings, "responses"), _maybe(settings, "tickets"))
    kept = ["comment_id", "text", "customer_id", "written_at", "origin", "label", "of"]
    found = rows.select([c for c in kept if c in rows.columns]).execute().reindex(columns=kept)
    own = found.dropna(subset="label")
    if own.empty:
        raise OwnLabelsError(
            f"none of the {len(found):,} Persian comments has a label of its writer: no comments.rating, no score "
            "of responses or csat of tickets that origin and origin_id lead to; map one of them and run cx ingest"
        )
    alone = own["customer_id"].isna()
    who = own["customer_id"].astype("string").mask(alone, "\0" + own.index.astype("string"))
    own = own.assign(customer=pd.factorize(who)[0], origin=own["origin"].astype("string").fillna("?"))
    known = own["origin"].value_counts()
    known = known.index[known >= sentiment_stars.FEW]
    own["origin"] = own["origin"].where(own["origin"].isin(known), known[0] if len(known) else "?")
    own.attrs["unseen"] = float(1 - found["origin"].astype("string").fillna("?").isin(known).mean())
    return own.sort_values(["written_at", "comment_id"], ignore_index=True)[[*COLUMNS]]


def _maybe(settings: Settings, table: str):
    with contextlib.suppress(MissingTable):
        return whereabouts.read(settings, table)
    return None
