"""How does a comment feel to a model of the user's own?  A folder with a classifier, read on this machine alone.

    model.onnx  tokenizer.json  config.json              by onnxruntime and tokenizers: cx-helpers[heavy]
    model.safetensors  tokenizer.json  config.json …     by transformers, where that is installed

`config.json` says which class is which (`id2label`: negative, neutral, positive, or a word that begins so; LABEL_0 and
the like do not say it).  A heavy model takes the place of the linear one: `sentiment.score(texts,
model=heavy.load(folder))`, `cx sentiment use FOLDER`.  It names no words of its own: `explain` leaves each word out and
tells what that changes.  Nothing is downloaded.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from cx_helpers import persian
from cx_helpers.errors import Refusal
from cx_helpers.intake import sentiment_model
from cx_helpers.intake.sentiment_classes import Felt

AT_ONCE = 32  # texts in one call of the model, those of like length together
LONGEST = 256  # tokens of a text that are read
SIDES = {"negative": ("neg", "منفی"), "neutral": ("neu", "خنثی"), "positive": ("pos", "مثبت")}


class HeavyError(Refusal):
    """A folder holds no model that can be run here: the message names what is missing, and what to do."""


@dataclass
class Heavy:
    """A model of the user's own; made by `load`.  Workers of Spark open the folder themselves."""

    name: str
    folder: Path
    weights: Path
    places: dict[str, int]  # which of the model's outputs is which class
    about: dict[str, str] = field(default_factory=dict)
    _run: object = field(default=None, repr=False)

    def feel(self, texts: list[str]) -> Felt:
        """How each text of a batch feels: p of its classes, and how much of it was read."""
        plain = [persian.simplify(text) for text in texts]
        letters = np.array([sum(token.isalpha() * len(token) for token in _words(text)) for text in texts], int)
        known = np.array([len(_words(text)) for text in texts], int)
        p = np.full((len(texts), 3), np.nan)
        order = sorted(np.flatnonzero(letters >= 2), key=lambda i: len(plain[i]))
        for start in range(0, len(order), AT_ONCE):
            some = order[start : start + AT_ONCE]
            scores = self.run([plain[i] for i in some]).astype(float)
            scores = np.exp(scores - scores.max(axis=1, keepdims=True))
            chances = scores / scores.sum(axis=1, keepdims=True)
            for column, side in enumerate(SIDES):
                if side in self.places:
                    p[some, column] = chances[:, self.places[side]]
        return Felt(p[:, 0], p[:, 1], p[:, 2], letters, known)

    def run(self, texts: list[str]) -> np.ndarray:
        """The model's raw outputs (logits), one row a text."""
        if self._run is None:
            self._run = _onnx(self.weights) if self.weights.suffix == ".onnx" else _transformers(self.folder)
        return self._run(texts)

    def explain(self, text: str) -> pd.DataFrame:
        """What does each word change?  As `sentiment.explain`: the log-odds of positive against negative with it, less
        those without it; the strongest first."""
        words = text.split()
        without = [" ".join(words[:i] + words[i + 1 :]) for i in range(len(words))]
        felt = self.feel([text, *without])
        with np.errstate(divide="ignore"):
            odds = np.nan_to_num(np.log(felt.positive) - np.log(felt.negative))
        frame = pd.DataFrame({"kind": "word", "words": words, "contribution": odds[0] - odds[1:]})
        frame = frame.groupby(["kind", "words"], as_index=False).agg(
            n=("contribution", "size"), contribution=("contribution", "sum")
        )
        strongest = frame["contribution"].abs().sort_values(ascending=False, kind="stable").index
        return frame.loc[strongest].set_index("words")

    def __getstate__(self) -> dict:
        return self.__dict__ | {"_run": None}


def _words(text: str) -> list[str]:
    """The words of a text: what the linear model calls so, too."""
    return [token for token in sentiment_model.tokens([text]) if token != "\n"]


def load(folder: str | Path) -> Heavy:
    """A folder of the user's own as a model; opened when it is first asked.

    Raises HeavyError that names the file, the class or the package which is missing.
    """
    folder = Path(folder).expanduser()
    weights = next((p for p in (folder / "model.onnx", folder / "model.safetensors") if p.is_file()), None)
    missing = [] if weights else ["model.onnx (or model.safetensors)"]
    missing += [name for name in ("tokenizer.json", "config.json") if not (folder / name).is_file()]
    if missing:
        there = ", ".join(sorted(p.name for p in folder.glob("*"))[:8]) if folder.is_dir() else "no such folder"
        raise HeavyError(
            f"{folder.name} is no model that can be run: it lacks {', '.join(missing)} (there: {there or 'nothing'}); "
            "nothing is downloaded: put them there, e.g. by optimum-cli export onnx on a machine that has the model"
        )
    return Heavy(f"{folder.name} ({weights.name})", folder, weights, _places(folder / "config.json"))


def _places(config: Path) -> dict[str, int]:
    """Which output is which class, as config.json says."""
    try:
        labels = {int(place): str(name) for place, name in json.loads(config.read_text("utf-8"))["id2label"].items()}
    except (ValueError, KeyError, AttributeError, TypeError):
        labels = {}
    found = {}
    for side, begins in SIDES.items():
        for place, name in labels.items():
            if name.strip().lower().startswith(begins):
                found[side] = place
    if not {"negative", "positive"} <= set(found) or len(found) != len(labels):
        raise HeavyError(
            f"{config.parent.name}/config.json does not say which class is which: id2label is {labels or 'not there'}; "
            'write "id2label": {"0": "negative", "1": "positive"} (and "neutral", where the model has it)'
        )
    return found


def _onnx(weights: Path):
    """What turns texts into logits by onnxruntime, on the processor."""
    try:
        import onnxruntime
        from tokenizers import Tokenizer
    except ImportError as error:
        raise HeavyError(f"{error.name} is not installed; pip install 'cx-helpers[heavy]' runs ONNX models") from None
    tokenizer = Tokenizer.from_file(str(weights.parent / "tokenizer.json"))
    tokenizer.enable_truncation(LONGEST)
    padding = tokenizer.padding or {}
    tokenizer.enable_padding(pad_id=padding.get("pad_id", 0), pad_token=padding.get("pad_token", "[PAD]"))
    session = onnxruntime.InferenceSession(str(weights), providers=["CPUExecutionProvider"])
    wanted = [each.name for each in session.get_inputs()]
    columns = {"input_ids": "ids", "attention_mask": "attention_mask", "token_type_ids": "type_ids"}
    if strange := [name for name in wanted if name not in columns]:
        raise HeavyError(
            f"{weights.name} asks for {', '.join(strange)}; a classifier of texts takes {', '.join(columns)}"
        )

    def run(texts: list[str]) -> np.ndarray:
        read = tokenizer.encode_batch(texts)
        given = {name: np.array([getattr(one, columns[name]) for one in read], np.int64) for name in wanted}
        return session.run(None, given)[0]

    return run


def _transformers(folder: Path):
    """The same by transformers and torch, where they are installed."""
    try:
        import torch
        from transformers import AutoModelForSequenceClassification, AutoTokenizer
        from transformers.utils import logging
    except ImportError as error:
        raise HeavyError(
            f"{error.name} is not installed: it reads model.safetensors; install torch and transformers, or export the "
            "model as model.onnx (optimum-cli export onnx), which cx-helpers[heavy] reads"
        ) from None
    logging.disable_progress_bar()
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    model = AutoModelForSequenceClassification.from_pretrained(folder, local_files_only=True).eval()
    longest = min(LONGEST, getattr(model.config, "max_position_embeddings", None) or LONGEST)

    def run(texts: list[str]) -> np.ndarray:
        given = tokenizer(texts, padding=True, truncation=True, max_length=longest, return_tensors="pt")
        with torch.no_grad():
            return model(**given).logits.numpy()

    return run
