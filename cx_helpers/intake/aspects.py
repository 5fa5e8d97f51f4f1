"""What is a comment about, and how does it feel about that?  Aspects found by words, feelings read clause by clause.

`clauses` cuts, `aspect_table` finds what each clause speaks of, the sentiment model reads it.  How an aspect feels in
one comment is half what the clauses that name it say and half what the whole comment says: a clause alone is short and
often unclear, a comment alone calls everything in it good or bad alike. Finglish is read as the Persian it stands for.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from cx_helpers.intake import aspect_table, clauses, legible, sentiment, sentiment_model
from cx_helpers.intake.sentiment_model import Model
from cx_helpers.tables import need

ERRORS = sentiment_model.SHIPPED.with_name("aspects-fa.csv")
PREFIX = "aspect_"  # of the columns that `mark_comments` adds
MIXED = "mixed_feelings"
TOPICS = "topics"  # the contract's column of `comments`
CLEAR = 0.4  # a clause whose sentiment is farther from 0 than this takes a side
OWN_SHARE = 0.75  # of the clauses in the feeling of an aspect; the rest is the comment's
TONE_SHARE = 0.6  # of the table's praise or complaint in the feeling of a clause that has one; the rest is the model's


def read(texts, table: aspect_table.Table | None = None, model: Model | str | None = None) -> pd.DataFrame:
    """Which clauses speak of which aspect, and how does each feel?

    texts  a Series or list of texts; nulls are allowed;  table  aspect_table.load(folder); None: the shipped one
    Returns one row for each aspect that a clause names (aspect null: it names none), in order: `text` (the texts' own
    index), `clause` (0, 1, … in its text), `aspect`, `written` (the clause as its writer spelled it), and `sentiment`
    of the clause (-1..1, null: nothing to read in it): where the table knows praise or complaint in it («دیر رسید»),
    that counts as it does in `feelings`.
    """
    texts, table = sentiment._series(texts), table or aspect_table.load()
    there = np.flatnonzero(texts.notna().to_numpy())
    cut = clauses.cut(legible.in_persian(texts.iloc[there].tolist()))
    written = cut.written
    clause, aspect, tone = table.mentions(cut)
    feeling = _with_tone(sentiment.score(written, model)["sentiment"].to_numpy(), clause, tone)
    none = np.setdiff1d(np.arange(len(written)), clause)
    clause, aspect = np.concatenate([clause, none]), np.concatenate([aspect, np.full(len(none), -1)])
    order = np.argsort(clause, kind="stable")
    clause, aspect = clause[order], aspect[order]
    first = np.searchsorted(cut.text, cut.text)  # of each clause: the first of its text
    names = np.array([*table.aspects, None], object)
    return pd.DataFrame(
        {
            "text": texts.index[there[cut.text[clause]]],
            "clause": (np.arange(len(written)) - first)[clause],
            "aspect": names[aspect],
            "written": np.array(cut.spelled(), object)[clause],
            "sentiment": feeling[clause],
        }
    )


def _with_tone(feeling: np.ndarray, clause: np.ndarray, tone: np.ndarray) -> np.ndarray:
    """The sentiment of each clause with the praise and complaint that the table found in it."""
    known, size = tone != 0, len(feeling)
    n = np.bincount(clause[known], minlength=size)
    mean = np.bincount(clause[known], tone[known], minlength=size) / np.maximum(n, 1)
    return np.where(n > 0, TONE_SHARE * mean + (1 - TONE_SHARE) * feeling, feeling)


def feelings(
    texts, overall=None, table: aspect_table.Table | None = None, model: Model | str | None = None
) -> pd.DataFrame:
    """How does each text feel about each aspect that it names?

    overall  the texts' own sentiment (-1..1), where it is known already: the contract's column of `comments`
    Returns one row a text, with the texts' own index: aspect_NAME for every aspect of the table (-1..1, null: not
    named, or nothing to read), and `mixed_feelings`: one clause is clearly pleased and another clearly not (null
    where there is nothing to read).
    """
    texts, table = sentiment._series(texts), table or aspect_table.load()
    whole = sentiment.score(texts, model)["sentiment"] if overall is None else overall
    whole = np.asarray(whole, float)
    out = np.full((len(texts), len(table.aspects)), np.nan)
    mixed = np.full(len(texts), np.nan)
    for start in range(0, len(texts), sentiment.BATCH):
        batch = slice(start, start + sentiment.BATCH)
        there = start + np.flatnonzero(texts.iloc[batch].notna().to_numpy() & ~np.isnan(whole[batch]))
        cut = clauses.cut(legible.in_persian(texts.iloc[there].tolist()))
        clause, aspect, tone = table.mentions(cut)
        feeling = _of_clauses(cut, whole[there], model)
        said = np.where(tone == 0, feeling[clause], TONE_SHARE * tone + (1 - TONE_SHARE) * feeling[clause])
        cell = cut.text[clause] * out.shape[1] + aspect
        out[there] = _of_aspects(cell, said, whole[there], out.shape[1])
        mixed[there] = _both(np.append(cut.text, cut.text[clause]), np.append(feeling, said), len(there))
    columns = {f"{PREFIX}{name}": out[:, place] for place, name in enumerate(table.aspects)}
    return pd.DataFrame(columns, index=texts.index).assign(**{MIXED: pd.array(mixed).astype("boolean")})


def topics(texts, table: aspect_table.Table | None = None) -> pa.ListArray:
    """Which aspects does each text name?  Found as `feelings` finds them, without asking how each feels.

    texts  a Series or list of texts; nulls are allowed;  table  aspect_table.load(folder); None: the shipped one
    Returns for each text a list of aspects in the table's order; empty where it names none, null without a text.
    """
    texts, table = sentiment._series(texts), table or aspect_table.load()
    there = np.flatnonzero(texts.notna().to_numpy())
    cut = clauses.cut(legible.in_persian(texts.iloc[there].tolist()))
    clause, aspect, _ = table.mentions(cut)
    named = np.unique(there[cut.text[clause]] * len(table.aspects) + aspect)  # once each, text by text
    text, aspect = np.divmod(named, len(table.aspects))
    ends = np.cumsum(np.bincount(text, minlength=len(texts)))
    values = pa.DictionaryArray.from_arrays(pa.array(aspect), pa.array(table.aspects, pa.string())).cast(pa.string())
    return pa.ListArray.from_arrays(
        pa.array([0, *ends.tolist()], pa.int32()), values, mask=pa.array(texts.isna().to_numpy())
    )


def errors() -> pd.DataFrame:
    """How far off is the share that is unhappy with an aspect, in people's eyes?  For measures.aspects to widen by.

    Returns index domain (other companies' aspects): n labels, unhappy (share by people), read (share as read), as
    `python -m tools.aspects` counts them with the shipped model.  Another's errors are not known; they are hardly
    smaller, so its shares are no surer.
    """
    return pd.read_csv(ERRORS, index_col="domain")


def name_topics(comments: pa.RecordBatchReader, table: aspect_table.Table | None = None) -> pa.RecordBatchReader:
    """Add the column `topics` to scored comments, batch by batch while they are read: null where nothing was read.

    comments  Arrow batches with `text` and `sentiment`;  table  as in `topics`
    """
    table = table or aspect_table.load()
    kept = [field for field in comments.schema if field.name != TOPICS]
    schema = pa.schema([*kept, pa.field(TOPICS, pa.list_(pa.string()))])

    def named():
        for batch in comments:
            read = batch.column("text").to_pandas().where(batch.column("sentiment").is_valid().to_pandas())
            arrays = [batch.column(field.name) for field in kept]
            yield pa.RecordBatch.from_arrays([*arrays, topics(read, table)], schema=schema)

    return pa.RecordBatchReader.from_batches(schema, named())


def _of_clauses(cut: clauses.Clauses, whole: np.ndarray, model) -> np.ndarray:
    """The sentiment of each clause; of a text that is one clause: its own."""
    feeling = whole[cut.text]
    several = np.flatnonzero(np.bincount(cut.text, minlength=len(whole))[cut.text] > 1)
    if len(several):
        written = cut.written
        feeling[several] = sentiment.score([written[i] for i in several.tolist()], model)["sentiment"].to_numpy()
    return feeling


def _of_aspects(cell: np.ndarray, said: np.ndarray, whole: np.ndarray, width: int) -> np.ndarray:
    """Texts x aspects: mostly the mean of the clauses that name it, partly the text's own; null where not named."""
    size, own, there = len(whole) * width, np.repeat(whole, width), ~np.isnan(said)
    n, total = np.bincount(cell[there], minlength=size), np.bincount(cell[there], said[there], minlength=size)
    named = np.bincount(cell, minlength=size) > 0
    mean = np.where(n > 0, total / np.maximum(n, 1), own)
    return np.where(named, OWN_SHARE * mean + (1 - OWN_SHARE) * own, np.nan).reshape(len(whole), width)


def _both(text: np.ndarray, feeling: np.ndarray, size: int) -> np.ndarray:
    good, bad = (np.bincount(text[side], minlength=size) > 0 for side in (feeling > CLEAR, feeling < -CLEAR))
    return good & bad


def mark_comments(comments, table: aspect_table.Table | None = None, model: Model | str | None = None):
    """Add the columns aspect_NAME and mixed_feelings of `feelings` to a comments table.

    comments  as for sentiment.score_comments, which this works like: a pandas frame gives a new frame, an engine
              (ibis) table, an Arrow table or reader gives an Arrow reader that works batch by batch while it is read
    Where `sentiment` is there it is taken as it is, else it is read now (and added). Columns of these names that are
    already there are replaced; a comment whose `language` is not Persian is left null.
    """
    table = table or aspect_table.load()
    if isinstance(comments, pd.DataFrame):
        need(comments, "text")
        scored = comments if "sentiment" in comments.columns else sentiment.score_comments(comments, model)
        return scored.assign(**_derived(scored, table, model))
    reader = sentiment._reader(comments)
    if "sentiment" not in reader.schema.names:
        reader = sentiment.score_comments(reader, model)
    else:
        need(sentiment._Names(reader), "text")
    kinds = {f"{PREFIX}{name}": pa.float64() for name in table.aspects} | {MIXED: pa.bool_()}
    kept = [field for field in reader.schema if field.name not in kinds]
    schema = pa.schema(kept + [pa.field(name, kind) for name, kind in kinds.items()])

    def marked():
        for batch in reader:
            wanted = [name for name in ("text", "language", "sentiment") if name in batch.schema.names]
            derived = _derived(batch.select(wanted).to_pandas(), table, model)
            arrays = [batch.column(field.name) for field in kept]
            arrays += [pa.array(derived[name], kind, from_pandas=True) for name, kind in kinds.items()]
            yield pa.RecordBatch.from_arrays(arrays, schema=schema)

    return pa.RecordBatchReader.from_batches(schema, marked())


def _derived(frame: pd.DataFrame, table: aspect_table.Table, model) -> dict[str, pd.Series]:
    overall = pd.to_numeric(frame["sentiment"]).to_numpy(float, na_value=np.nan)
    found = feelings(frame["text"].mask(np.isnan(overall)), overall, table, model)
    return dict(found.items())


def marked(comments, folder: str | Path | None = None, model: Model | str | None = None):
    """The engine table of comments with its aspects, read here and now by the company's table.

    comments  an ibis table with `text`: cut it to what is to be told about first, since all of it is kept in memory
    folder    the company's, whose aspects.yaml counts
    Returns an ibis table with the columns of `mark_comments`, without the texts, which nothing needs any more.
    """
    import ibis

    batches = (batch.drop_columns("text") for batch in mark_comments(comments, aspect_table.load(folder), model))
    first = next(batches, None)
    if first is None:
        return ibis.memtable(mark_comments(comments, aspect_table.load(folder), model).read_all().drop_columns("text"))
    return ibis.memtable(pa.Table.from_batches([first, *batches]))
