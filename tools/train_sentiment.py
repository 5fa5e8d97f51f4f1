"""Train the shipped Persian sentiment model and write its weights (never a text) and its card's figures.

    python tools/train_sentiment.py [--features 40000] [--out FILE]     train, write, measure on the test set
    python tools/train_sentiment.py --check                             held-out folds and domains, nothing written

Reads CX_REAL_DATA/persian/train.parquet (default ../shared/data): `text`, `label`, `domain`. Only texts labelled
positive or negative are used; what "neutral" means differs too much between the sets to be taught.
Method: TF-IDF of words and pairs, and of parts of words; each feature scaled by its naive-Bayes log-ratio, then
logistic regression (Wang, Manning, ACL 2012); domains weigh as the square root of their size, classes equal;
features by the variance they bring; probabilities calibrated by one slope on held-out folds (Platt).
"""

from __future__ import annotations

import argparse
import os
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from scipy import sparse
from scipy.optimize import minimize
from scipy.special import expit

from cx_helpers import certainty
from cx_helpers.intake import sentiment_model as sm

DATA = Path(os.environ.get("CX_REAL_DATA", Path(__file__).parents[1] / "../shared/data")) / "persian"
FEWEST = {"word": 8, "pair": 8, "part": 20}  # documents a feature must stand in: nobody's own word becomes a weight
# Persian letters, emoji, ! and ? only: what has a digit, @ or a Latin letter (names, addresses, links) is dropped
PERSIAN = re.compile(r"[\u0620-\u064a\u066e-\u06d3\u06fa-\u06ff]+")


def allowed(feature: str) -> bool:
    """May this be shipped?  Persian letters, or one sign or emoji; a pair is two of those."""
    return all(PERSIAN.fullmatch(w) or (len(w) == 1 and not w.isalnum()) for w in feature.split())


class Features:
    """Texts to a matrix, in exactly the way `sentiment_model.Model.read` adds up."""

    def __init__(self, kinds: dict[str, dict[str, int]] | None = None):
        self.kinds, self.idf = kinds, {}

    def matrices(self, texts: list[str]) -> dict[str, sparse.csr_matrix]:
        """Counts of the features, per kind; learns the features when there are none yet."""
        flat = np.array(sm.tokens(texts), object)
        ends = flat == "\n"
        text = np.cumsum(ends) - ends
        names, number = np.unique(flat[~ends].astype(str), return_inverse=True)
        doc = text[~ends]
        words = _count(doc, number, (len(texts), len(names)))
        neighbours = ~ends[:-1] & ~ends[1:]
        pair_names, pair_number = np.unique((flat[:-1] + " " + flat[1:])[neighbours].astype(str), return_inverse=True)
        pairs = _count(text[:-1][neighbours], pair_number, (len(texts), len(pair_names)))
        spelled = [sm.parts(name) for name in names]
        part_names = sorted({p for s in spelled for p in s})
        at = {p: i for i, p in enumerate(part_names)}
        rows = np.repeat(np.arange(len(names)), [len(s) for s in spelled])
        inside = _count(rows, np.array([at[p] for s in spelled for p in s]), (len(names), len(part_names)))
        found = {"word": (names, words), "pair": (pair_names, pairs), "part": (part_names, words @ inside)}
        if self.kinds is None:
            self.kinds = {}
            for kind, (named, counts) in found.items():
                documents = np.asarray((counts > 0).sum(0)).ravel()
                keep = [n for n, d in zip(named, documents, strict=True) if d >= FEWEST[kind] and allowed(n)]
                self.kinds[kind] = {n: i for i, n in enumerate(keep)}
            known = self.kinds["word"]
            keep = [p for p in self.kinds["pair"] if all(w in known for w in p.split(" "))]
            self.kinds["pair"] = {n: i for i, n in enumerate(keep)}
        return {kind: _pick(counts, named, self.kinds[kind]) for kind, (named, counts) in found.items()}

    def transform(self, texts: list[str], learn: bool = False) -> sparse.csr_matrix:
        """TF-IDF: counts x idf, words and pairs over the root of their summed idf squared, parts over theirs."""
        counts = self.matrices(texts)
        if learn:
            for kind, m in counts.items():
                documents = np.asarray((m > 0).sum(0)).ravel()
                self.idf[kind] = np.float16(np.log((1 + m.shape[0]) / (1 + documents)) + 1).astype(float)
        norm = {kind: m @ self.idf[kind] ** 2 for kind, m in counts.items()}
        scale = {"word": sm._scale(norm["word"] + norm["pair"]), "part": sm._scale(norm["part"])}
        scale["pair"] = scale["word"]
        return sparse.hstack(
            [sparse.diags_array(scale[k]) @ m @ sparse.diags_array(self.idf[k]) for k, m in counts.items()]
        ).tocsr()

    def names(self) -> pd.DataFrame:
        """One row a column of the matrix: kind and feature."""
        return pd.DataFrame(
            [(k, f) for k, features in self.kinds.items() for f in features], columns=["kind", "feature"]
        )


def _count(rows, columns, shape) -> sparse.csr_matrix:
    return sparse.csr_matrix((np.ones(len(rows)), (rows, columns)), shape=shape)


def _pick(counts, named, wanted: dict[str, int]) -> sparse.csr_matrix:
    at = {n: i for i, n in enumerate(named)}
    have = [(at[n], j) for n, j in wanted.items() if n in at]
    rows, columns = zip(*have, strict=True) if have else ((), ())
    return (counts @ _count(rows, columns, (counts.shape[1], len(wanted)))).tocsr()


def fit(x, positive, weight, strength: float) -> tuple[np.ndarray, float]:
    """Weights and intercept of the logistic regression on naive-Bayes-scaled features."""
    ratio = [x.T @ (weight * (positive == c)) + 1 for c in (1, 0)]
    ratio = np.log(ratio[0] / ratio[0].sum() / (ratio[1] / ratio[1].sum()))
    x = (x @ sparse.diags_array(ratio)).tocsr()
    xt, n = x.T.tocsr(), x.shape[1]

    def loss(v):
        s = x @ v[:n] + v[n]
        error = weight * (expit(s) - positive)
        value = np.sum(weight * (np.logaddexp(0, s) - positive * s)) + v[:n] @ v[:n] / (2 * strength)
        return value, np.append(xt @ error + v[:n] / strength, error.sum())

    v = minimize(loss, np.zeros(n + 1), jac=True, method="L-BFGS-B", options={"maxiter": 200}).x
    return v[:n] * ratio, v[n]


def balance(data: pd.DataFrame) -> np.ndarray:
    """Weights: a domain counts as the root of its size, half for each class; 1 on average."""
    size = data.groupby("domain")["label"].transform("size")
    cell = data.groupby(["domain", "label"])["label"].transform("size")
    weight = (np.sqrt(size) / cell / 2).to_numpy()
    return weight / weight.mean()


def choose(features: Features, x, weights, how_many: int) -> Features:
    """Keep the features that move scores most: |weight| x root mean square of the column; pairs need their words."""
    brings = np.abs(weights) * np.sqrt(np.asarray(x.multiply(x).mean(0)).ravel())
    names = features.names()
    kept = names.loc[np.sort(np.argsort(-brings, kind="stable")[:how_many])]
    words = set(kept.loc[kept["kind"] == "word", "feature"])
    readable = (kept["kind"] != "pair") | kept["feature"].map(lambda f: all(w in words for w in f.split(" ")))
    kept = kept[readable]
    return Features({k: {f: i for i, f in enumerate(kept.loc[kept["kind"] == k, "feature"])} for k in features.kinds})


def train(data: pd.DataFrame, how_many: int, strength: float) -> tuple[Features, np.ndarray, float]:
    """The whole way from texts to weights."""
    texts, positive, weight = data["text"].tolist(), (data["label"] == "positive").to_numpy(float), balance(data)
    wide = Features()
    x = wide.transform(texts, learn=True)
    features = choose(wide, x, fit(x, positive, weight, strength)[0], how_many)
    weights, intercept = fit(features.transform(texts, learn=True), positive, weight, strength)
    return features, weights, intercept


def held_out(data: pd.DataFrame, how_many: int, strength: float, folds: int = 5) -> np.ndarray:
    """Log-odds of every training text by a model that has not seen it."""
    fold = np.random.default_rng(0).integers(0, folds, len(data))
    logit = np.zeros(len(data))
    for k in range(folds):
        features, weights, intercept = train(data[fold != k], how_many, strength)
        logit[fold == k] = features.transform(data.loc[fold == k, "text"].tolist()) @ weights + intercept
    return logit


def slope(logit, positive, weight) -> float:
    """The factor on log-odds that makes held-out probabilities true (Platt scaling without a shift)."""
    found = minimize(lambda a: np.sum(weight * np.logaddexp(0, -a[0] * logit * (2 * positive - 1))), [1.0])
    return float(found.x[0])


def measures(p: np.ndarray, data: pd.DataFrame) -> pd.DataFrame:
    """Accuracy with Wilson's interval, macro-F1 and expected calibration error (15 bins), for each domain."""
    rows = {}
    for domain, part in data.assign(p=p).groupby("domain"):
        y, q = (part["label"] == "positive").to_numpy(), part["p"].to_numpy()
        said = q > 0.5
        f1 = [2 * (said == c)[y == c].sum() / ((said == c).sum() + (y == c).sum()) for c in (False, True)]
        bins = pd.Series(y - q).groupby(np.minimum((q * 15).astype(int), 14)).agg(["sum"])
        low, high = certainty.wilson((said == y).sum(), len(y))
        sure = (q < 0.2) | (q > 0.8)
        rows[domain] = {
            "n": len(y), "accuracy": 100 * (said == y).mean(), "low": 100 * float(low), "high": 100 * float(high),
            "macro_f1": 100 * np.mean(f1), "ece": bins["sum"].abs().sum() / len(y),
            "sure_share": 100 * sure.mean(), "sure_accuracy": 100 * (said == y)[sure].mean(),
            "negative": 100 * (1 - y.mean()), "called_negative": 100 * (1 - said.mean()),
        }  # fmt: skip
    return pd.DataFrame(rows).T


def write(path: Path, features: Features, weights: np.ndarray, intercept: float) -> None:
    """Parquet, sorted, so that anyone can read what the model knows and so that it compresses."""
    table = features.names()
    table["idf"] = np.concatenate([features.idf[k] for k in features.kinds]).astype(np.float16)
    table["weight"] = weights.astype(np.float16)
    table = table.sort_values(["kind", "feature"], ignore_index=True)
    arrow = pa.Table.from_pandas(table, preserve_index=False)
    arrow = arrow.replace_schema_metadata({"name": "sentiment-fa", "intercept": repr(float(intercept))})
    pq.write_table(
        arrow, path, compression="zstd", compression_level=22, use_dictionary=["kind", "idf"], write_statistics=False,
        column_encoding={"feature": "DELTA_BYTE_ARRAY", "weight": "BYTE_STREAM_SPLIT"},
    )  # fmt: skip


def main() -> None:
    """Command line; see the module's text."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--features", type=int, default=40_000)
    options.add_argument("--strength", type=float, default=1.0, help="inverse of the L2 penalty (C)")
    options.add_argument("--check", action="store_true", help="held-out folds, then each domain by the others")
    options.add_argument("--out", type=Path, default=sm.SHIPPED)
    given = options.parse_args()
    pd.set_option("display.float_format", "{:.3f}".format, "display.width", 160, "display.max_columns", 20)
    data = pd.read_parquet(DATA / "train.parquet")
    data = data[data["label"] != "neutral"].reset_index(drop=True)
    positive, weight = (data["label"] == "positive").to_numpy(float), balance(data)
    logit = held_out(data, given.features, given.strength)
    factor = slope(logit, positive, weight)
    print(f"five folds of the training set, slope {factor:.3f}\n{measures(expit(factor * logit), data)}")
    if given.check:
        for domain in sorted(set(data["domain"])):
            seen, strange = data[data["domain"] != domain], data[data["domain"] == domain]
            features, weights, intercept = train(seen, given.features, given.strength)
            logit = factor * (features.transform(strange["text"].tolist()) @ weights + intercept)
            print(f"taught by the other domains only\n{measures(expit(logit), strange)}", flush=True)
        return
    features, weights, intercept = train(data, given.features, given.strength)
    write(given.out, features, weights * factor, intercept * factor)
    counted = Counter(features.names()["kind"])
    print(f"{given.out.name}: {given.out.stat().st_size:,} bytes, {dict(counted)}")
    test = pd.read_parquet(DATA / "test.parquet")
    test = test[test["label"] != "neutral"]
    sm.load.cache_clear()
    print(f"test set\n{measures(expit(sm.load(given.out).read(test['text'].tolist()).logit), test)}")


if __name__ == "__main__":
    main()
