"""Where do labelled comments come from?  Read for teaching and judging; refused with the remedy where they cannot be.

A folder holds `train.parquet` and `test.parquet`; a file is itself.  Columns: `text`, `label` (negative, positive;
others are left out), `domain`.
"""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd

from cx_helpers.errors import Refusal
from cx_helpers.intake import aspect_table
from cx_helpers.intake.sentiment_training import CLASSES, PHRASES
from cx_helpers.tables import need


class LabelledError(Refusal):
    """There are no labelled comments: the message says what was looked for, and what to do."""


def place(given: str = "") -> Path:
    """The folder or file as given; else CX_REAL_DATA/persian, else ../shared/data/persian."""
    return Path(given) if given else Path(os.environ.get("CX_REAL_DATA", "../shared/data")) / "persian"


def read(given: str = "", part: str = "train") -> pd.DataFrame:
    """The comments labelled negative or positive of one part (train or test), with `domain`."""
    found = place(given)
    file = found / f"{part}.parquet" if found.is_dir() or not found.suffix else found
    if not file.is_file():
        raise LabelledError(
            f"no labelled comments at {file}: give --data a Parquet file with text, label ({' or '.join(CLASSES)}) and "
            "domain, or a folder that holds train.parquet and test.parquet"
        )
    frame = pd.read_parquet(file)
    need(frame, "text", "label")
    frame = frame if "domain" in frame.columns else frame.assign(domain="all")
    return frame[frame["label"].isin(CLASSES) & frame["text"].notna()].reset_index(drop=True)


def with_phrases(comments: pd.DataFrame) -> pd.DataFrame:
    """Labelled comments, and beside them what the shipped table of aspects holds to be praise and complaint.

    Who rates an order forgives «دیر رسید» for a good meal, so stars teach that being late is nothing bad. The table
    (`aspects-fa.yaml`, good and bad) says what it is; its phrases teach as comments of a domain of their own, and are
    asked in no test.
    """
    said = aspect_table.praise_and_complaint()
    return pd.concat([comments[["text", "label", "domain"]], said.assign(domain=PHRASES)], ignore_index=True)
