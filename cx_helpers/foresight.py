"""To whom will it happen next?  A calibrated classifier, chosen on the past and proven on what came after it.

Rows are customers as they were at one of several instants (`when`), with what became of them after it.  Models learn
from earlier instants and are judged at the last one, each customer by a model that never saw that customer's own rows.
Nothing here knows what the columns mean.
"""

from __future__ import annotations

import contextlib
import warnings
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from cx_helpers import prediction, threads

METHODS = ("logistic", "boosting")
FEWEST = 30  # to whom it happened, and to whom not, below which nothing is learnt or proven
LEAK = 0.95  # AUC of a single column beyond which it is taken to know the outcome
SURE = 0.99  # AUC of the model beyond which it is; honest ones reach .98 (the telecom customers of the tests)
LOOKED = 20_000  # rows at most that a column is looked through for stretches that give the outcome away
FOLDS = 3  # parts of the customers, each judged by what was learnt of the others


@dataclass(frozen=True)
class Learner:
    """One fitted model: `chance` gives each row's probability, calibrated on instants after those it learnt from."""

    method: str
    columns: tuple[str, ...]
    model: object = field(repr=False)
    shift: float = 0.0  # of the log odds, and by how much they are stretched
    stretch: float = 1.0

    def chance(self, x: pd.DataFrame) -> np.ndarray:
        """0..1 for each row of x; without rows, nothing."""
        if not len(x):
            return np.zeros(0)
        with _quietly(), threads.one("sklearn.ensemble", "sklearn.linear_model"):
            plain = self.model.predict_proba(_bent(x[list(self.columns)]))[:, 1]
        return _moved(plain, self.shift, self.stretch)


@dataclass(frozen=True)
class Trial:
    """What was learnt, and how it did at the last instant.

    judged   customers of the last instant: who, y, p (0..1, told by a model of other customers' earlier rows)
    learner  the model for today, of all rows;  tried  log loss of each method on the past; index `method`
    alone    AUC of each column by itself, the furthest from 0.5 first: (column -> auc)
    refused  {reason: numbers}: few_left, few_stay, short, leak, too_good; then nothing is told
    n, left  rows learnt from, and of them those to whom it happened
    """

    judged: pd.DataFrame
    learner: Learner | None = None
    tried: pd.DataFrame | None = None
    alone: pd.Series | None = None
    refused: dict[str, dict] = field(default_factory=dict)
    n: int = 0
    left: int = 0


def trial(rows: pd.DataFrame, columns: list[str], method: str = "auto") -> Trial:
    """Learn from all instants but the last, choose on the last of those, and be judged at the last.

    rows    who (customer), when (the instant, sortable), y (0 or 1), and the `columns`, numbers that may be null
    method  logistic, boosting, or auto: whichever had the smaller log loss on the past
    Refuses: short (one instant only), few_left, few_stay (under 30 of a kind, in the past or at the end), leak (a
    column that tells the outcome by itself, AUC above .95, by more or less of it or by stretches: it holds what was
    only known afterwards), too_good (the model itself does so at the last instant, and so does a column there; or it
    is all but never wrong: what a row held before was written over; `columns`, the clearest there).
    """
    nobody = pd.DataFrame({"who": [], "y": [], "p": []})
    whens = sorted(rows["when"].unique())
    last = rows["when"] == whens[-1] if whens else np.zeros(len(rows), bool)
    past, now = rows[~last].reset_index(drop=True), rows[last].reset_index(drop=True)
    refused = {"short": {"instants": len(whens)}} if len(whens) < 2 else _too_few(past, now)
    if refused:
        return Trial(nobody, refused=refused)
    columns = [c for c in columns if past[c].nunique() > 1]
    alone = single(past, columns)
    known = leaks(past, columns, alone)
    if len(known):
        refused = {"leak": {"column": known.index[0], "auc": float(known.iloc[0])}}
        return Trial(nobody, alone=alone, refused=refused, n=len(past), left=int(past["y"].sum()))
    with threads.one("sklearn.ensemble", "sklearn.linear_model"):
        found = _proven(past, now, columns, method, alone)
    told = prediction.auc(found.judged["y"], found.judged["p"])[0]
    after = single(now, columns)  # at the last instant: what was written over since shows there the clearest
    known = leaks(now, columns, after)
    if not (told > SURE or (told > LEAK and len(known))):
        return found
    refused = {"too_good": {"columns": list(known.index[:3]) or list(after.index[:1]), "auc": told}}
    return Trial(nobody, tried=found.tried, alone=alone, refused=refused, n=len(past), left=int(past["y"].sum()))


def _too_few(*parts: pd.DataFrame) -> dict[str, dict]:
    """Why rows teach or prove nothing; empty where they do."""
    counts = [(int(part["y"].sum()), int((part["y"] == 0).sum())) for part in parts]
    for name, at in (("few_left", 0), ("few_stay", 1)):
        least = min(counts, key=lambda pair: pair[at])
        if least[at] < FEWEST:
            return {name: {"n": least[at], "needed": FEWEST, "of": sum(least)}}
    return {}


def _proven(past: pd.DataFrame, now: pd.DataFrame, columns: list[str], method: str, alone: pd.Series) -> Trial:
    fold = {who: place % FOLDS for place, who in enumerate(_shuffled(pd.concat([past["who"], now["who"]])))}
    whens = sorted(past["when"].unique())
    later = past["when"] == whens[-1] if len(whens) > 1 else pd.Series(True, index=past.index)
    early = ~later if len(whens) > 1 else later
    told = {}
    for name in METHODS if method == "auto" else (method,):
        told[name] = _crossed(past[early], past[later], columns, name, fold)
    loss = {name: _loss(past.loc[later, "y"], p) for name, p in told.items()}
    best = min(loss, key=loss.get)
    shift, stretch = _calibration(past.loc[later, "y"].to_numpy(float), told[best])
    tried = pd.DataFrame({"n": int(later.sum()), "loss": loss}).rename_axis("method").sort_values("loss")
    p = _moved(_crossed(past, now, columns, best, fold), shift, stretch)
    whole = pd.concat([past, now])
    learner = Learner(best, tuple(columns), _fitted(whole, columns, best), shift, stretch)
    judged = pd.DataFrame({"who": now["who"], "y": now["y"].astype(float), "p": p})
    return Trial(judged, learner, tried, alone, n=len(past), left=int(past["y"].sum()))


def _shuffled(who: pd.Series, seed: int = 1) -> np.ndarray:
    """Every customer once, in an order of chance that hangs on nothing but the ids."""
    return np.random.default_rng(seed).permutation(np.sort(who.astype(str).unique()))


def _crossed(learnt: pd.DataFrame, told: pd.DataFrame, columns: list[str], method: str, fold: dict) -> np.ndarray:
    """The chance of each row of `told`, by a model of the rows of `learnt` that are of other customers."""
    part, mine = (frame["who"].astype(str).map(fold).to_numpy() for frame in (told, learnt))
    out = np.empty(len(told))
    for k in range(FOLDS):
        others, these = learnt[mine != k], part == k
        if not these.any():
            continue
        if others["y"].nunique() < 2:
            out[these] = others["y"].mean() if len(others) else learnt["y"].mean()
            continue
        out[these] = Learner(method, tuple(columns), _fitted(others, columns, method)).chance(told[these])
    return out


def _fitted(rows: pd.DataFrame, columns: list[str], method: str):
    """The model of one method: penalised logistic regression on logs, or gradient boosting of small trees."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if method == "logistic":
        filled = SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)
        made = make_pipeline(filled, StandardScaler(), LogisticRegression(C=0.3, max_iter=400))
    else:
        made = HistGradientBoostingClassifier(
            max_iter=80, learning_rate=0.08, max_leaf_nodes=8, min_samples_leaf=40, l2_regularization=1.0,
            early_stopping=False, random_state=1,
        )  # fmt: skip
    with _quietly():
        return made.fit(_bent(rows[columns]), rows["y"].to_numpy(int))


def _bent(x: pd.DataFrame) -> np.ndarray:
    """Numbers as models see them: counts, amounts and waits by their logarithm, signs kept, nulls left null."""
    x = x.to_numpy(float)
    return np.sign(x) * np.log1p(np.abs(x))


@contextlib.contextmanager
def _quietly():
    """Without scikit-learn's remarks on columns that are null for one part of the customers."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _moved(p: np.ndarray, shift: float, stretch: float) -> np.ndarray:
    inside = np.clip(p, 1e-6, 1 - 1e-6)
    return 1 / (1 + np.exp(-(shift + stretch * np.log(inside / (1 - inside)))))


def _loss(y, p) -> float:
    y, p = np.asarray(y, float), np.clip(np.asarray(p, float), 1e-6, 1 - 1e-6)
    return float(-(y * np.log(p) + (1 - y) * np.log(1 - p)).mean())


def _calibration(y: np.ndarray, p: np.ndarray) -> tuple[float, float]:
    """Shift and stretch of the log odds by which chances told at a later instant become honest (Platt 1999), held near
    no change by a faint prior."""
    inside = np.clip(p, 1e-6, 1 - 1e-6)
    z = np.column_stack([np.ones(len(p)), np.log(inside / (1 - inside))])
    at, hold = np.array([0.0, 1.0]), np.array([1.0, 10.0])  # as surely as a prior of sd 1 and .3 holds it
    for _ in range(25):
        q = 1 / (1 + np.exp(-z @ at))
        slope = z.T @ (y - q) - hold * (at - [0.0, 1.0])
        step = np.linalg.solve((z * (q * (1 - q))[:, None]).T @ z + np.diag(hold), slope)
        at = at + step
        if np.abs(step).max() < 1e-10:
            break
    return float(at[0]), float(at[1])


def leaks(rows: pd.DataFrame, columns: list[str], alone: pd.Series) -> pd.Series:
    """Columns that tell the outcome by themselves, with the AUC of each (above LEAK), the clearest first.

    alone  of `single`: more of it or less of it tells.  A column may also give the outcome away by stretches (a code, a
    middle range): a tree of at most eight leaves on that column alone finds those.
    """
    from sklearn.tree import DecisionTreeClassifier

    found = np.maximum(alone, 1 - alone)
    part = rows.iloc[:: -(-len(rows) // LOOKED)]
    y = part["y"].to_numpy(int)
    for column in columns if len(np.unique(y)) > 1 else ():
        x = part[[column]].to_numpy(float)
        tree = DecisionTreeClassifier(max_leaf_nodes=8, min_samples_leaf=max(10, len(x) // 100), random_state=1)
        found[column] = max(found[column], prediction.auc(y, tree.fit(x, y).predict_proba(x)[:, 1])[0])
    return found[found > LEAK].sort_values(ascending=False, kind="stable")


def single(rows: pd.DataFrame, columns: list[str]) -> pd.Series:
    """How well does each column alone tell to whom it happens?  AUC (0.5 not at all; below: the lower the likelier),
    the furthest from 0.5 first.  Nulls are a value of their own, on whichever side tells more."""
    found = {}
    for column in columns:
        x = rows[column].to_numpy(float)
        gone = np.isnan(x)
        ends = (np.nanmin(x, initial=np.inf) - 1, np.nanmax(x, initial=-np.inf) + 1)
        sides = [prediction.auc(rows["y"], np.where(gone, end, x))[0] for end in (ends if gone.any() else ends[:1])]
        found[column] = max(sides, key=lambda a: abs(a - 0.5))
    out = pd.Series(found, dtype=float)
    return out.reindex((out - 0.5).abs().sort_values(ascending=False, kind="stable").index)
