"""Which version of the sentiment model did a company choose?  `state/sentiment/`: its versions, and `chosen.json`.

`model` is what reads comments that come in; `tables` is what has read those that lie in tables/ now.  They differ only
where a choice was cut off half way, or where a database holds feelings that cx cannot put anew.
"""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq

from cx_helpers.errors import Refusal

SHIPPED = "shipped"


class VersionError(Refusal):
    """There is no such version of the sentiment model: the message names those that are there."""


def place(folder: Path) -> Path:
    """Where a company keeps its versions."""
    return Path(folder) / "state" / "sentiment"


def kept(folder: Path) -> list[str]:
    """The versions of its own that a company keeps, the oldest first."""
    found = [p.stem for p in place(folder).glob("own-*.parquet") if p.stem[4:].isdecimal()]
    return sorted(found, key=lambda name: int(name[4:]))


def choice(folder: Path) -> dict[str, str]:
    """`model` and `tables` (see the module's text); `shipped` where nothing was chosen."""
    try:
        said = json.loads((place(folder) / "chosen.json").read_text("utf-8"))
        return {key: str(said[key]) for key in ("model", "tables")}
    except FileNotFoundError:
        return dict.fromkeys(("model", "tables"), SHIPPED)
    except (ValueError, KeyError, TypeError):
        raise VersionError(
            "state/sentiment/chosen.json is damaged; say which model reads: cx sentiment use shipped"
        ) from None


def weights(folder: Path, name: str) -> Path | None:
    """The file of a version's weights; None where there is none any more."""
    if name == SHIPPED:
        return Path(__file__).parent / "models" / "sentiment-fa.parquet"
    if name in kept(folder):
        return place(folder) / f"{name}.parquet"
    return next((p for p in (Path(name, "model.onnx"), Path(name, "model.safetensors")) if p.is_file()), None)


def note(folder: Path, model: str, tables: str) -> None:
    """Remember a choice, in one step."""
    place(folder).mkdir(parents=True, exist_ok=True)
    path = place(folder) / "chosen.json"
    part = path.with_name("chosen.json.part")
    part.write_text(json.dumps({"model": model, "tables": tables}, ensure_ascii=False) + "\n", "utf-8")
    part.replace(path)


def ingested(folder: Path) -> None:
    """After an ingest: its comments have been read by what reads now."""
    if not (place(folder) / "chosen.json").is_file():
        return
    said, comments = choice(folder), Path(folder) / "tables" / "comments.parquet"
    if said["model"] != said["tables"] and by_ingest(comments):
        note(folder, said["model"], said["model"])


def by_ingest(path: Path) -> bool:
    """Was this file made by cx ingest?"""
    return path.is_file() and (pq.read_metadata(path).metadata or {}).get(b"cx.made_by") == b"cx ingest"
