"""Which sentiment model reads a company's comments?  Versions of its own beside the shipped one, kept and put to use.

A version is taught by the company's own labels (sentiment_adapting) and is a readable table as the shipped model is.
The shipped model can always be gone back to, and so can every version.  A folder with a model of the user's own (heavy)
can be chosen, too.
"""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from cx_helpers import whereabouts
from cx_helpers.intake import (
    sentiment,
    sentiment_adapting,
    sentiment_evidence,
    sentiment_misread,
    sentiment_model,
    sentiment_own,
    store,
)
from cx_helpers.intake.sentiment_adapting import Adapted
from cx_helpers.intake.sentiment_choice import SHIPPED, VersionError, by_ingest, choice, kept, note, place, weights
from cx_helpers.settings import Settings
from cx_helpers.tables import MissingTable, nearest

JUDGED = 3_000  # labelled comments, the latest, that a heavy model is held against


def chosen(folder: Path, which: str = "tables"):
    """The model that was chosen, loaded: what the `model` of intake.sentiment and intake.aspects takes.

    which  tables: what has read the comments that lie in tables/;  model: what reads those that come in
    """
    return named(folder, choice(folder)[which])


def named(folder: Path, name: str):
    """A version by its name, or by its folder (heavy); VersionError where there is none."""
    if name == SHIPPED:
        return sentiment_model.load()
    if name in kept(folder):
        return sentiment_model.load(place(folder) / f"{name}.parquet")
    if (at := Path(folder, name).expanduser()).is_dir():
        from cx_helpers.intake import heavy

        model = heavy.load(at)
        model.about = _judged(folder).get(str(at.resolve()), {})
        return model
    there = [SHIPPED, *kept(folder)]
    raise VersionError(
        f"no sentiment model called {name!r}{nearest(name, there)}; there are {', '.join(there)}; or give the folder "
        "of an ONNX or transformers model"
    )


def _judged(folder: Path) -> dict[str, dict[str, str]]:
    """How heavy models misread this company's comments, by their folder."""
    path = place(folder) / "heavy.json"
    return json.loads(path.read_text("utf-8")) if path.is_file() else {}


def _judge(settings: Settings, name: str, model) -> None:
    """Hold a heavy model against the company's own labels, none of which taught it, and remember how it errs.

    Where there are too few labels nothing is known of it, and shares by it are as it calls them.
    """
    try:
        labels = sentiment_own.labels(settings)
    except sentiment_own.OwnLabelsError:
        return
    unseen, labels = labels.attrs["unseen"], labels.tail(JUDGED)
    felt = sentiment.score(labels["text"], model)["sentiment"]
    labels, felt = labels[felt.notna()], felt.dropna().to_numpy()
    side = labels["label"].map(sentiment_misread.SIDES).to_numpy()
    if min((side == -1).sum(), (side == 1).sum()) < sentiment_adapting.LEAST:
        return
    proof = sentiment_misread.counted(felt, side, labels["origin"].to_numpy(), labels["customer"].to_numpy())
    said = _judged(settings.folder) | {name: {"own": sentiment_misread.written(proof), "unseen": repr(unseen)}}
    path = place(settings.folder) / "heavy.json"
    part = path.with_name("heavy.json.part")
    part.write_text(json.dumps(said, ensure_ascii=False) + "\n", "utf-8")
    part.replace(path)


def fingerprint(folder: Path) -> str:
    """What tells one model from another, for `cx ingest` to see that comments must be read anew."""
    name = choice(folder)["model"]
    path = weights(folder, name)
    if path is None:
        named(folder, name)  # says what is missing
    return store.fingerprint(path)["sha256"]


def card(folder: Path) -> dict[str, str]:
    """The model that has read the comments, as a page's data card names it: {fa, en}."""
    name = chosen(folder).name
    if choice(folder)["tables"] == SHIPPED:
        return {"fa": name, "en": name}
    return {"fa": f"{name} (مدل خود شرکت)", "en": f"{name} (the company’s own)"}


def accept(settings: Settings, adapted: Adapted, today: dt.date) -> str:
    """Keep a version that was taught by the company's own labels; returns its name.  `use` lets it read.

    Raises OwnLabelsError where it is not better beyond chance.
    """
    if not adapted.sure:
        raise sentiment_own.OwnLabelsError(
            "nothing was kept: what was taught is not better beyond chance on comments held out"
        )
    folder = settings.folder
    with store.lock(folder):
        place(folder).mkdir(parents=True, exist_ok=True)
        have = kept(folder)
        name = f"own-{int(have[-1][4:]) + 1 if have else 1}"
        path = place(folder) / f"{name}.parquet"
        sentiment_model.write(path, adapted.refit.table, adapted.refit.intercept, _about(name, adapted, today))
    return name


def _about(name: str, adapted: Adapted, today: dt.date) -> dict[str, str]:
    """What a version's file says of itself: counts and figures, of nobody in particular."""
    about = {
        "name": name,
        sentiment_model.DENIAL: repr(sentiment_model.TURN),
        "made": today.isoformat(),
        "prior": sentiment_model.load().name,
        "taught": json.dumps(adapted.labels.sum(axis=1).to_dict()),
        "customers": str(adapted.customers),
        "gain": json.dumps(adapted.gain.round(4).reset_index().to_dict("records")),
        "unseen": repr(round(adapted.unseen, 6)),
        "own": sentiment_misread.written(adapted.proof),
        "evidence": sentiment_evidence.written({"folds": adapted.folds}),
    }
    return about if adapted.half is None else about | {"half": repr(adapted.half)}


def use(settings: Settings, name: str) -> str:
    """Let a version read: of all comments that come in, and of those that lie in tables/, at once.

    name  shipped, one of `kept`, or the folder of a heavy model
    Returns in one sentence what was read anew.  Raises VersionError where there is no such version.
    """
    folder = settings.folder
    model = named(folder, name)
    name = name if name == SHIPPED or name in kept(folder) else str(Path(folder, name).expanduser().resolve())
    try:
        before = choice(folder)["tables"]
    except VersionError:  # damaged: this mends it
        before = SHIPPED
    note(folder, model=name, tables=before)
    if not isinstance(model, sentiment_model.Model):
        _judge(settings, name, model)
    said = _read_anew(settings, model)
    if said is None:
        held = settings.database.name
        return f"{model.name} reads what comes in; the feelings that {held} holds stay, since cx only reads it"
    note(folder, model=name, tables=name)
    return f"{model.name} reads from now on; {said}"


def _read_anew(settings: Settings, model) -> str | None:
    """Read the comments that are there with the model; None where a database holds their feelings."""
    try:
        comments = whereabouts.read(settings, "comments")
    except MissingTable:
        return "there are no comments yet"
    if "sentiment" not in comments.columns:
        return "its reports read the comments when they run"
    if settings.database:
        return None
    path = whereabouts.table_path(settings.folder, "comments")
    if by_ingest(path):
        from cx_helpers.intake import sources

        sources.load(settings.folder)
        return f"cx ingest has read {pq.read_metadata(path).num_rows:,} comments with it"
    files = sorted(path.rglob("*.parquet")) if path.is_dir() else [path]
    return (
        f"{sum(_reread(f, model) for f in files):,} comments in {path.relative_to(settings.folder)} were read with it"
    )


def _reread(path: Path, model) -> int:
    """Put a file's feelings anew, its other columns, rows and their order as they are; returns how many rows.

    A file with feelings of somebody else's (no p_positive) keeps them.
    """
    with pq.ParquetFile(path) as there:
        schema = there.schema_arrow
        if not {"sentiment", "p_positive"} <= set(schema.names):
            return 0
        batches = pa.RecordBatchReader.from_batches(schema, there.iter_batches(sentiment.BATCH))
        scored = sentiment.score_comments(batches, model)
        part, rows = path.with_name(path.name + ".part"), 0
        order = [*schema.names, *(name for name in scored.schema.names if name not in schema.names)]
        as_was = pa.schema([scored.schema.field(name) for name in order], schema.metadata)
        with pq.ParquetWriter(part, as_was) as out:
            for batch in scored:
                out.write_batch(batch.select(order).cast(as_was))
                rows += batch.num_rows
    part.replace(path)
    return rows
