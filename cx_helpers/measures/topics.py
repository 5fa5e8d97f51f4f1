"""What do customers talk about?  Terms that are written together, grouped into topics that a person can name.

`group` makes topics of a few terms that rose, by which of them stand in the same comments.  `standing` makes those of
all comments: a factorisation of how the most used words go together, with as many topics as come out alike when it is
done again on half of the customers.  Either way a topic is its terms, and a comment that holds one speaks of it.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _
from scipy.optimize import linear_sum_assignment

from cx_helpers import certainty, disclosure
from cx_helpers.tables import need

LIFT = 3.0  # two terms belong together when they meet this many times as often as by chance,
SURE = 1e-4  # and by chance would meet so often with less than this probability
SAME = 0.6  # two terms whose comments are the same to this part say one thing: one is told
TOLD = 10  # customers who use a phrase, or it names no topic
PART = 0.4  # of the customers who use a word: a phrase of so many may stand for it
VOCABULARY = 250  # words that standing topics are made of
LEAST = 30  # customers who use a word
COMMON = 0.2  # of the customers: a word that more use says nothing of what they write about
WEIGHT = 0.35  # of the weight of its first word: a word with less does not make the topic
PER_TOPIC = 8  # words that make a topic
COUNTS = (4, 6, 8, 10, 12)  # of topics that are tried
DRAWS = 6  # halves of the customers, for stability
ENOUGH = 15  # words that met so often count for half: those that met once or twice for little
STABLE = 0.4  # mean overlap (Jaccard) of a topic's words with those found on half of the customers: less is no topic


def together(terms: ir.Table, chosen: list[str]) -> pd.DataFrame:
    """In how many comments do two terms meet?  A symmetric frame of counts; on the diagonal those of one term.

    terms  of `terms.terms`;  chosen  the terms
    """
    need(terms, "comment_id", "term")
    once = terms.filter(_.term.isin(list(chosen))).select("comment_id", "term").distinct()
    pairs = once.inner_join(once.view(), "comment_id").group_by(["term", "term_right"]).aggregate(n=_.count()).execute()
    return pairs.pivot(index="term", columns="term_right", values="n").reindex(chosen, axis=0).reindex(
        chosen, axis=1
    ).fillna(0.0)  # fmt: skip


def group(news: pd.DataFrame, meet: pd.DataFrame, comments: int) -> pd.DataFrame:
    """Which terms that rose are one topic?

    news  of `risen.news`: index term, z;  meet  of `together`;  comments  of how many comments in all
    Two terms are linked where they meet LIFT times as often as by chance, surely; a topic is whatever is linked, by
    others too.  Returns one row a term, the most risen topic first: topic (0, 1, …), term, z, and `told`: it says
    something that the terms told before it do not (the longer of two that say the same is told).
    """
    chosen = [term for term in news.index if term in meet.index]
    if not chosen:
        return pd.DataFrame({"topic": [], "term": [], "z": [], "told": []}).astype({"topic": int, "told": bool})
    n = meet.loc[chosen, chosen].to_numpy(float)
    own = np.diag(n)
    chance = np.outer(own, own) / max(comments, 1)
    link = (n >= LIFT * chance) & (certainty.rare_count(n, chance) / 2 < SURE) & (n > chance)
    label = _components(link)
    rows = pd.DataFrame({"topic": label, "term": chosen, "z": news.loc[chosen, "z"].to_numpy()})
    first = rows.groupby("topic")["z"].transform("max")
    order = {
        old: new
        for new, old in enumerate(rows.assign(first=first).sort_values("first", ascending=False)["topic"].unique())
    }
    rows["topic"] = rows["topic"].map(order).astype(int)
    either = own[:, None] + own[None, :] - n
    rows["told"] = _told(rows, np.divide(n, either, out=np.zeros_like(n), where=either > 0))
    return rows.sort_values(["topic", "z"], ascending=[True, False], kind="stable", ignore_index=True)


def _components(link: np.ndarray) -> np.ndarray:
    label = np.arange(len(link))
    for one in range(len(link)):
        for other in np.flatnonzero(link[one]):
            label[label == label[other]] = label[one]
    return label


def _told(rows: pd.DataFrame, same: np.ndarray) -> np.ndarray:
    told = np.zeros(len(rows), bool)
    # longer ones first among equals: a phrase says more than its word
    order = rows.assign(length=rows["term"].str.len()).sort_values(["z", "length"], ascending=False).index
    for place in order:
        rivals = np.flatnonzero(told & (same[place] >= SAME))
        if not len(rivals):
            told[place] = True
            continue
        word = rows["term"]
        shorter = [r for r in rivals if word[r] in word[place] and same[place, r] >= 0.8]
        if shorter:
            told[shorter], told[place] = False, True
    return told


def phrases(terms: ir.Table, made: pd.DataFrame, smallest: int = 1) -> dict[int, str]:
    """The phrase that tells most of each topic: of two of its words, else of its first word with another.

    terms  of `terms.terms`;  made  of `group` or `standing`
    Returns {topic: key of the phrase}, where one is used by TOLD customers or more (a topic of one word: in most of
    what holds it, PART).
    """
    words = made["term"].unique().tolist()
    either = terms.filter(terms.one.isin(words) | terms.two.isin(words))
    used = either.group_by(["term", "one", "two"]).aggregate(n=_.who.nunique()).execute()
    pairs = used[used["two"].notna() & (used["n"] >= max(TOLD, disclosure.least(smallest)))]
    pairs = pairs.sort_values(["n", "term"], ascending=[False, True], kind="stable")
    size = used.groupby("term")["n"].max()
    out = {}
    for topic, own in made.groupby("topic")["term"]:
        inner = pairs[pairs["one"].isin(own) & pairs["two"].isin(own) & (pairs["one"] != pairs["two"])]
        head = own.iloc[0]
        near = pairs[((pairs["one"] == head) | (pairs["two"] == head)) & (pairs["n"] >= PART * size.get(head, np.inf))]
        found = inner if len(inner) else near
        if len(found):
            out[int(topic)] = found["term"].iloc[0]
    return out


def standing(terms: ir.Table, least: int = LEAST, seed: int = 1) -> pd.DataFrame:
    """What are customers' standing topics, and how many are there?

    terms  of `terms.terms`, of a long time;  least  customers who use a word, or it makes no topic
    Returns one row a term: topic (0, 1, …: the most written about first), term, weight (largest first), stability
    (0..1, of its topic); attrs: topics (their number), stability (its mean), tried {number: stability}.  Empty where
    nothing is stable.

    The words' positive pointwise mutual information is factorised (symmetric, non-negative), for several numbers of
    topics; each again on DRAWS halves of the customers; a topic's words are compared with those of its like there
    (Jaccard), and the number that is most stable is taken.  Only sums by sixteenths of the customers leave the engine.
    Source: Kuang, Ding, Park, SDM 2012; Greene, O'Callaghan, Cunningham, How many topics?, ECML 2014.
    """
    meet, words = _by_fold(terms, least)
    empty = pd.DataFrame({"topic": [], "term": [], "weight": [], "stability": []})
    if len(words) < COUNTS[0] * PER_TOPIC // 2:
        return _with(empty, 0, np.nan, {})
    rng = np.random.default_rng(seed)
    halves = [np.isin(np.arange(16), rng.choice(16, 8, replace=False)) for _draw in range(DRAWS)]
    whole, parts = _pmi(meet.sum(0)), [_pmi(meet[half].sum(0)) for half in halves]
    best = None
    tried = {}
    for count in COUNTS:
        if count * PER_TOPIC // 2 > len(words):
            break
        found = _top(_factors(whole, count, seed))
        again = np.mean([_alike(found, _top(_factors(part, count, seed + 1))) for part in parts], axis=0)
        tried[count] = float(again.mean())
        if best is None or tried[count] > best[0]:
            best = (tried[count], count, again)
    stability, count, each = best
    weights = _factors(whole, count, seed)
    mine = weights.argmax(1)
    rows = [
        (topic, words[w], weights[w, topic], each[topic])
        for topic in range(count)
        for w in _top(weights)[topic]
        if mine[w] == topic and each[topic] >= STABLE
    ]
    made = pd.DataFrame(rows, columns=list(empty))
    size = pd.Series(np.diagonal(meet.sum(0)), index=words)
    heard = made.groupby("topic")["term"].agg(lambda those: size[list(those)].sum()).sort_values(ascending=False)
    made["topic"] = made["topic"].map({old: new for new, old in enumerate(heard.index)})
    made = made.sort_values(["topic", "weight"], ascending=[True, False], kind="stable", ignore_index=True)
    return _with(made, made["topic"].nunique(), stability, tried)


def _with(frame: pd.DataFrame, count: int, stability: float, tried: dict) -> pd.DataFrame:
    frame.attrs |= {"topics": int(count), "stability": stability, "tried": tried}
    return frame


def _by_fold(terms: ir.Table, least: int) -> tuple[np.ndarray, list[str]]:
    """Sixteenths of the customers x words x words: in how many comments two words meet."""
    need(terms, "comment_id", "who", "term", "two")
    single = terms.filter(_.two.isnull())
    writers = int(terms.who.nunique().execute() or 0)
    used = single.group_by("term").aggregate(n=_.who.nunique()).filter(_.n >= least, _.n <= COMMON * writers)
    words = used.order_by(ibis.desc("n"), "term").limit(VOCABULARY).execute()["term"].tolist()
    fold = _.who.hexdigest("md5").substr(0, 1)  # the same on every engine
    once = single.filter(_.term.isin(words)).select("comment_id", "term", fold=fold).distinct()
    pairs = once.inner_join(once.view().select("comment_id", other="term"), "comment_id")
    sums = pairs.filter(_.term <= _.other).group_by(["fold", "term", "other"]).aggregate(n=_.count()).execute()
    place = {word: i for i, word in enumerate(words)}
    meet = np.zeros((16, len(words), len(words)))
    one, other = sums["term"].map(place).to_numpy(int), sums["other"].map(place).to_numpy(int)
    part = sums["fold"].map(lambda digit: int(digit, 16)).to_numpy(int)
    meet[part, one, other] = meet[part, other, one] = sums["n"].to_numpy(float)
    return meet, words


def _pmi(meet: np.ndarray) -> np.ndarray:
    """How much oftener than by chance two words meet: log2, nothing below 0, none with itself."""
    off = meet - np.diag(np.diagonal(meet))
    row = off.sum(1)
    chance = np.outer(row, row) / max(row.sum(), 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        pmi = np.log2(off / chance) * (off / (off + ENOUGH))
    return np.where(np.isfinite(pmi) & (pmi > 0), pmi, 0)


def _factors(matrix: np.ndarray, count: int, seed: int, steps: int = 120) -> np.ndarray:
    """W >= 0 with W W' near the matrix."""
    start = np.random.default_rng(seed).random((len(matrix), count))
    w = start * np.sqrt(matrix.mean() / count)
    for _step in range(steps):
        w *= 0.5 + 0.5 * (matrix @ w) / np.maximum(w @ (w.T @ w), 1e-12)
    return w


def _top(weights: np.ndarray) -> list[list[int]]:
    """Of each topic: its words, the heaviest first, without those that weigh little."""
    return [
        [word for word in np.argsort(-one, kind="stable")[:PER_TOPIC].tolist() if one[word] >= WEIGHT * one.max()]
        for one in weights.T
    ]


def _alike(found: list[list[int]], other: list[list[int]]) -> np.ndarray:
    """Of each topic: the overlap of its words with those of its like."""
    shared = np.array([[len({*a} & {*b}) / len({*a} | {*b}) for b in other] for a in found])
    mine, its = linear_sum_assignment(-shared)
    return shared[mine, its]
