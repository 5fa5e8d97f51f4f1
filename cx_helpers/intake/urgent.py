"""Which comments cannot wait?  Threats to leave, legal threats, danger, fraud, and who had to call again and again.

Found by words, clause by clause, from a table that people can read and change (`urgent-fa.yaml`; a company's own is
`urgent.yaml` in its folder): who decides to call a customer must see why. How often it is right: tests/test_urgent.py.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from cx_helpers.intake import aspect_table, clauses, legible, own_words, sentiment
from cx_helpers.tables import need

SHIPPED = Path(__file__).parent / "urgent-fa.yaml"
OWN = own_words.URGENT  # in the company's folder
COLUMN = "urgent"  # of comments: a list of kinds, empty where nothing is urgent, null where nothing could be read
SETTLED = "settled"  # of the table: no kind, it takes others back
TAKEN_BACK = ("leaving", "legal", "fraud", "repeated")  # by what is settled


def load(folder: str | Path | None = None) -> aspect_table.Table:
    """The shipped table of what is urgent, changed by the company's `urgent.yaml` where its folder has one."""
    return aspect_table.load(folder, SHIPPED, OWN)


def kinds(table: aspect_table.Table | None = None) -> list[str]:
    """What can be urgent, the worst first, as the table has it."""
    return [kind for kind in (table or load()).aspects if kind != SETTLED]


def read(texts, table: aspect_table.Table | None = None) -> pd.DataFrame:
    """Why is a text urgent?  One row for each clause that says something urgent.

    texts  a Series or list of texts; nulls are allowed;  table  of `load(folder)`; None: the shipped one
    Returns text (the texts' own index), clause (0, 1, … in its text), kind, written (the clause as its writer
    spelled it).  What was settled in the same or a later clause is left out.
    """
    texts, table = sentiment._series(texts), table or load()
    there = np.flatnonzero(texts.notna().to_numpy())
    cut = clauses.cut(legible.in_persian(texts.iloc[there].tolist()))
    clause, kind, tone = table.mentions(cut)
    names = np.array(table.aspects, object)[kind] if len(kind) else np.zeros(0, object)
    over = pd.Series(clause[names == SETTLED]).groupby(cut.text[clause[names == SETTLED]]).max()  # the last one
    last = over.reindex(cut.text[clause]).to_numpy(float)
    back = np.isin(names, TAKEN_BACK) & (clause <= last)
    found = (names != SETTLED) & (tone <= 0) & ~back
    clause, names = clause[found], names[found]
    first, written = np.searchsorted(cut.text, cut.text), cut.spelled()
    return pd.DataFrame(
        {
            "text": texts.index[there[cut.text[clause]]],
            "clause": clause - first[clause],
            "kind": names,
            "written": [written[place] for place in clause.tolist()],
        }
    )


def kinds_of(texts, table: aspect_table.Table | None = None) -> pd.Series:
    """What is urgent in each text: a list of kinds in the table's order; empty for none, null without a text."""
    texts, table = sentiment._series(texts), table or load()
    made: list[list[str] | None] = [None] * len(texts)
    order = {kind: place for place, kind in enumerate(table.aspects)}
    for start in range(0, len(texts), sentiment.BATCH):
        batch = texts.iloc[start : start + sentiment.BATCH].reset_index(drop=True)
        for place in np.flatnonzero(batch.notna().to_numpy()):
            made[start + place] = []
        for place, found in read(batch, table).groupby("text")["kind"]:
            made[start + place] = sorted(set(found), key=order.__getitem__)
    return pd.Series(made, index=texts.index, dtype=object)


def mark_comments(comments, table: aspect_table.Table | None = None):
    """Add the column `urgent` (a list of kinds) to a comments table.

    comments  as for sentiment.score_comments, which this works like: a pandas frame gives a new frame; an engine
              (ibis) table, an Arrow table or reader gives an Arrow reader that works batch by batch while it is read
    """
    table = table or load()
    if isinstance(comments, pd.DataFrame):
        need(comments, "text")
        return comments.assign(**{COLUMN: kinds_of(comments["text"], table)})
    reader = sentiment._reader(comments)
    need(sentiment._Names(reader), "text")
    kept = [field for field in reader.schema if field.name != COLUMN]
    schema = pa.schema([*kept, pa.field(COLUMN, pa.list_(pa.string()))])

    def marked():
        for batch in reader:
            found = kinds_of(pd.Series(batch.column("text").to_pylist(), dtype=object), table)
            arrays = [batch.column(field.name) for field in kept]
            yield pa.RecordBatch.from_arrays(
                [*arrays, pa.array(found.tolist(), schema.field(COLUMN).type)], schema=schema
            )

    return pa.RecordBatchReader.from_batches(schema, marked())


def marked(comments, folder: str | Path | None = None):
    """The engine table of comments with what is urgent in them: as ingest marked it, else read here and now.

    comments  an ibis table with `text`: cut it to what is to be told, since all of it is then kept in memory
    folder    the company's, whose urgent.yaml counts
    """
    if COLUMN in comments.columns:
        return comments
    import ibis

    return ibis.memtable(mark_comments(comments, load(folder)).read_all())
