"""How does a comment feel?  Persian text in; probability, feeling and the words that drove it out.

The shipped model knows two classes, negative and positive: what "neutral" means differs so much between the sets that
people labelled (F1 of a trained neutral class: 0.09-0.67) that teaching it would be pretending. Neutral is therefore a
band around the middle that the reader may widen or narrow, and `p_neutral` is null; a model that a company taught by
its own stars and scores (sentiment_adapting) may have three classes. How well it does: `models/sentiment-fa.md`.
"""

from __future__ import annotations

import functools
import itertools
import uuid
from collections.abc import Callable

import numpy as np
import pandas as pd
import pyarrow as pa

from cx_helpers import persian
from cx_helpers.intake import legible, repeats, sentiment_model
from cx_helpers.intake.sentiment_model import Model
from cx_helpers.tables import need

FEELINGS = ("negative", "neutral", "positive")
DERIVED = ("sentiment", "p_negative", "p_neutral", "p_positive")  # the contract's columns of `comments`
HOW_READ = "how_read"  # and how each was read, or why not (legible)
KINDS = dict.fromkeys(DERIVED, pa.float64()) | {HOW_READ: pa.string()}
BATCH = 5_000  # texts looked up at once


def score(texts, model: Model | str | None = None, band: float = 0.2, sure: float = 0.6) -> pd.DataFrame:
    """How does each text feel, and how sure is that?

    texts   a Series or list of texts; nulls are allowed
    model   a model file or one already loaded (sentiment_versions.chosen: the company's); None: the shipped Persian one
    band    half width of the neutral band on the scale of `sentiment`: 0.2 calls p(positive) from 0.4 to 0.6 neutral
    sure    sentiment nearer to 0 than this is flagged unsure: 0.6 is p(positive) between 0.2 and 0.8

    Returns one row a text, with the texts' own index:
      p_negative, p_positive   0..1, together (with p_neutral, where there is one) 1; calibrated on held-out texts
      p_neutral                null, but for models taught by a company's own labels (see the module's text)
      sentiment                p_positive - p_negative, -1..1
      feeling                  negative, neutral or positive, by the band
      unsure                   the model would rather not say; among the others it is right about nine times in ten
      n_known                  words, pairs and parts of words that the model recognised
      how_read                 how it was read (persian, mixed, finglish) or why not (empty, short, language, spam,
                               unknown): see `legible`
    Persian in Latin letters (Finglish) is read, too. Null where there is nothing to read, as `how_read` says.
    """
    if not 0 <= band <= 1 or not band <= sure <= 1:
        raise ValueError(f"band is {band!r} and sure is {sure!r}; both lie in 0..1, and sure is not below band")
    texts = _series(texts)
    model = _loaded(model)
    p, known = np.full((len(texts), 3), np.nan), np.zeros(len(texts), int)
    how_read = np.full(len(texts), "empty", object)
    for start in range(0, len(texts), BATCH):
        batch = texts.iloc[start : start + BATCH]
        there = np.flatnonzero(batch.notna().to_numpy())
        if len(there):
            written, how = legible.read(batch.iloc[there].tolist())
            felt = model.feel(written)
            legibly = np.array([one in legible.READ for one in how], bool)
            for place in np.flatnonzero(legibly & (felt.letters < 2)):
                how[place] = legible.unknown(written[place])
            classes = np.stack([felt.negative, felt.neutral, felt.positive], axis=1)
            p[start + there] = np.where((legibly & (felt.letters >= 2))[:, None], classes, np.nan)
            known[start + there], how_read[start + there] = felt.known, how
    negative, neutral, positive = p.T
    sentiment = positive - negative
    found = ~np.isnan(sentiment)
    feeling = np.select([~found, sentiment > band, sentiment < -band], [-1, 2, 0], 1)
    return pd.DataFrame(
        {
            "p_negative": negative,
            "p_neutral": neutral,
            "p_positive": positive,
            "sentiment": sentiment,
            "feeling": pd.Categorical.from_codes(feeling, FEELINGS, ordered=True),
            "unsure": pd.array(np.abs(sentiment) < sure, dtype="boolean"),
            "n_known": known,
            HOW_READ: how_read,
        },
        index=texts.index,
    ).assign(unsure=lambda frame: frame["unsure"].mask(~found))


def _loaded(model) -> Model:
    """The model given, or the one in its file, or the shipped one; any that can `feel` will do."""
    return model if hasattr(model, "feel") else sentiment_model.load(*([model] if model else []))


def explain(text: str, model: Model | str | None = None) -> pd.DataFrame:
    """Which words and phrases drove the score of one text?

    Returns one row a word or phrase of two words, the strongest first, index `words` as the writer spelled them
    (Finglish: as it was read, in Persian):
      kind           word (with all its parts), phrase (what two neighbours say beyond themselves), or start (what a
                     text starts from before it is read)
      n              how often it stands there
      contribution   what it adds to the log-odds of being positive; all of them add up to the text's log-odds
    Empty where `score` gives null.
    """
    if not isinstance(text, str):
        raise TypeError(f"explain() takes one text, not {type(text).__name__}; use score() for many")
    model = _loaded(model)
    (text,), _ = legible.read([text])
    if not isinstance(model, Model):
        return model.explain(text)
    read = model.read([text])
    rows = []
    if read.letters[0] >= 2:
        written = _as_written(text, read.tokens[:-1])
        words = read.word * read.word_scale[0] + read.part * read.part_scale[0]
        rows += [("word", token, by) for token, by in zip(written, words, strict=False)]
        pairs = [" ".join(pair) for pair in zip(written, written[1:], strict=False)]
        rows += [("phrase", pair, by) for pair, by in zip(pairs, read.pair * read.word_scale[0], strict=False)]
        rows.append(("start", "", model.intercept))
    frame = pd.DataFrame(rows, columns=["kind", "words", "contribution"]).astype({"contribution": float})
    frame = frame[(frame["contribution"] != 0) | (frame["kind"] == "start")]
    frame = frame.groupby(["kind", "words"], as_index=False).agg(
        n=("contribution", "size"), contribution=("contribution", "sum")
    )
    strongest = frame["contribution"].abs().sort_values(ascending=False, kind="stable").index
    return frame.loc[strongest].set_index("words")


def score_comments(comments, model: Model | str | None = None):
    """Add the contract's columns sentiment, p_negative, p_neutral and p_positive, and `how_read`, to a comments table.

    comments  a table with `text`, of any size: a pandas frame gives a new frame; an engine (ibis) table, an Arrow
              table or reader gives an Arrow reader that scores batch by batch while it is read, so that memory does
              not grow with the table (write it with pyarrow.parquet.ParquetWriter, or hand it to DuckDB)
    Columns of these names that are already there are replaced, all others and the order of rows are kept. A comment
    whose `language` says that it is not Persian is left null. p_neutral is null: see `score`; `how_read` says how each
    was read, or why it was not.
    """
    need(comments if hasattr(comments, "columns") and not isinstance(comments, pa.Table) else _Names(comments), "text")
    if isinstance(comments, pd.DataFrame):
        return comments.assign(**_derived(comments, model))
    reader = _reader(comments)
    kept = [field for field in reader.schema if field.name not in KINDS]
    schema = pa.schema(kept + [pa.field(name, kind) for name, kind in KINDS.items()])

    def scored():
        for batch in reader:
            read = [name for name in ("text", "language") if name in batch.schema.names]
            derived = _derived(batch.select(read).to_pandas(), model)
            arrays = [batch.column(field.name) for field in kept]
            arrays += [pa.array(derived[name], kind, from_pandas=True) for name, kind in KINDS.items()]
            yield pa.RecordBatch.from_arrays(arrays, schema=schema)

    return pa.RecordBatchReader.from_batches(schema, scored())


def _reader(comments) -> pa.RecordBatchReader:
    """Batches of at most BATCH rows, in order, taken from the engine as they are asked for."""
    if isinstance(comments, pa.Table):
        return comments.to_reader(max_chunksize=BATCH)
    if not hasattr(comments, "get_backend"):
        return comments
    engine = comments.get_backend()
    if engine.name == "duckdb":  # DuckDB 2 renamed what ibis 12's own to_pyarrow_batches calls
        return engine._to_duckdb_relation(comments).to_arrow_reader(BATCH)
    return comments.to_pyarrow_batches(chunk_size=BATCH)


class _Names:
    """What `need` looks at, for Arrow things, whose `columns` are not names."""

    def __init__(self, arrow):
        self.columns = arrow.schema.names


def _derived(frame: pd.DataFrame, model) -> dict[str, pd.Series]:
    texts = frame["text"]
    if "language" not in frame.columns:
        return dict(score(texts, model)[[*KINDS]].items())
    other = frame["language"].notna() & ~frame["language"].astype("string").str.match("fa|per", na=True)
    found = score(texts.mask(other), model)[[*KINDS]]
    return dict(found.assign(**{HOW_READ: found[HOW_READ].mask(other, "language")}).items())


def _series(texts) -> pd.Series:
    if isinstance(texts, str):
        raise TypeError("score() takes many texts, not one; write score([text])")
    series = texts if isinstance(texts, pd.Series) else pd.Series(list(texts), dtype=object)
    plain = pd.api.types.infer_dtype(series, skipna=True) in ("string", "empty")  # all at once; else one by one
    wrong = None if plain else next((x for x in series if not isinstance(x, str) and not pd.isna(x)), None)
    if wrong is not None:
        raise TypeError(f"score() takes texts and nulls, not {type(wrong).__name__}: {wrong!r}; give the text column")
    return series


def _as_written(text: str, tokens: list[str]) -> list[str]:
    """The tokens in the writer's own spelling (half-spaces, stretched letters), where each can be told apart."""
    written = []
    for chunk in text.split():
        seen = sentiment_model.tokens([chunk])[:-1]
        alone = len(seen) == 1 and persian.simplify(chunk).strip(".,:;،؛()«»\"'…") == seen[0]
        written += [chunk.strip(".,:;،؛()«»\"'…")] if alone else seen
    return written if len(written) == len(tokens) else tokens


def errors(comments, model: Model | str | None = None, tables=None) -> Callable[[float], pd.DataFrame] | None:
    """How does the model misread comments of a domain it had never seen, or of the company whose labels taught it?

    For `measures.sentiment` to correct by.

    comments  an engine table with its feelings
    tables    the company's (workspace.open): where enough of its comments carry a number that their writers gave, these
              say how it misreads this company (sentiment_rates.misread_here)
    Returns a function of the neutral band that gives `sentiment_evidence.confusion` (or `sentiment_misread.confusion`);
    None where nothing is known: the feelings came with the comments (no p_positive: another's model read them), or the
    model brings no held-out proof.
    """
    from cx_helpers.intake import sentiment_evidence, sentiment_misread, sentiment_rates

    if "p_positive" not in comments.columns:
        return None
    model = _loaded(model)
    beside = (None, None) if tables is None else (tables.until.maybe("responses"), tables.until.maybe("tickets"))
    if (own := sentiment_misread.kept(model.about)) is not None:
        unseen = float(model.about["unseen"])
        if tables is not None:
            unseen = max(unseen, sentiment_rates.unseen(comments, *beside))
        return functools.partial(_own_errors, own, unseen)
    if "evidence" not in model.about:
        return None
    proof = sentiment_evidence.kept(model)
    elsewhere = functools.partial(sentiment_evidence.confusion, proof.get("left_out", proof["folds"]))
    if tables is not None:
        here = sentiment_rates.misread_here(comments, elsewhere(0.2), *beside)
        if here is not None:
            return lambda band: here
    return elsewhere


def _own_errors(proof: pd.DataFrame, unseen: float, band: float) -> pd.DataFrame:
    from cx_helpers.intake import sentiment_misread

    return sentiment_misread.confusion(proof, unseen, errors_elsewhere(band), band)


@functools.cache
def errors_elsewhere(band: float) -> pd.DataFrame:
    """How the shipped model misreads a domain it has never seen."""
    from cx_helpers.intake import sentiment_evidence

    return sentiment_evidence.confusion(sentiment_evidence.kept(sentiment_model.load())["left_out"], band)


def scored(comments, model: Model | str | None = None):
    """The engine table of comments with its feelings: as it is where ingest has scored it, else read here and now.

    comments  an ibis table with `text`.  Returns an ibis table with sentiment, p_negative, p_neutral and p_positive;
    null, too, where a text is the same again (`repeats`), as `how_read` says.
    On Spark its workers read, each its part, when the result is asked for.  Elsewhere reading here keeps all rows in
    memory: score a large company once, by cx ingest.
    """
    again = repeats.marks(comments)  # asked of the comments as they lie, so that nothing is read twice
    return repeats.unscored(comments if "sentiment" in comments.columns else _here(comments, model), again)


def _here(comments, model: Model | str | None):
    import ibis

    if hasattr(comments, "get_backend") and comments.get_backend().name == "pyspark":
        return _on_spark(comments, model)
    schema = dict(comments.schema().items()) | dict.fromkeys(DERIVED, "float64") | {HOW_READ: "string"}
    return ibis.memtable(score_comments(comments.execute(), model), schema=ibis.schema(schema))


def _on_spark(comments, model: Model | str | None):
    """The same on Spark's workers: a view that scores batch by batch, so that no process holds the table."""
    from pyspark.sql.types import DoubleType, StringType, StructField, StructType

    engine = comments.get_backend()
    frame = engine._session.sql(engine.compile(comments))
    kept = [field for field in frame.schema.fields if field.name not in KINDS]
    added = [StructField(name, StringType() if name == HOW_READ else DoubleType()) for name in KINDS]
    schema = StructType([*kept, *added])

    def read(batches):
        first = next(batches, None)
        if first is not None:
            every = pa.RecordBatchReader.from_batches(first.schema, itertools.chain([first], batches))
            yield from score_comments(every, model)

    name = f"scored_{uuid.uuid4().hex}"
    frame.mapInArrow(read, schema).createOrReplaceTempView(name)
    return engine.table(name)
