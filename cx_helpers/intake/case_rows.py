"""Which answers, comments and requests are new, and how does each feel?  One voice is one row, however many tell it.

A comment that came with an answer or a request (`origin`, `origin_id`) is the same voice as that: both have one key.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from cx_helpers.intake import aspect_table, aspects, sentiment, sentiment_versions, urgent
from cx_helpers.intake.values import literal, name

# table: its key, its time, and what else is taken from it where it is there
READ = {
    "responses": ("response_id", "responded_at", "customer_id instrument score scale_min scale_max touchpoint channel "
                  "comment source"),
    "comments": ("comment_id", "written_at", "customer_id text origin origin_id touchpoint channel sentiment source"),
    "tickets": ("ticket_id", "opened_at", "customer_id subject description priority escalated channel topic csat "
                "source"),
}  # fmt: skip
ORIGIN = {"responses": "response", "comments": "comment", "tickets": "ticket"}
_WORDS = {"responses": "comment", "comments": "text", "tickets": "description"}
NO_CUSTOMER = ("enps", "servqual")  # instruments that employees answer, or that are part of one form


def too_old(con, folder: Path, since: float) -> int:
    """How many rows of a workspace's tables are of before a time (seconds): too long ago to become cases."""
    rows = 0
    for table, (_, time, _) in READ.items():
        path = folder / "tables" / f"{table}.parquet"
        if path.is_file():
            place = f"read_parquet({literal(path)})"
            if time in {column for column, *_ in con.execute(f"DESCRIBE SELECT * FROM {place}").fetchall()}:
                old = f"SELECT count(*) FROM {place} WHERE epoch({name(time)}) < {since}"
                rows += con.execute(old).fetchall()[0][0]
    return rows


def fresh(con, folder: Path, book, since: float, until: float) -> tuple[pd.DataFrame, list[tuple[str, str, float]]]:
    """The rows of a workspace's tables that nobody looked at, of between two times (seconds); and the keys of all of
    them, to be noted as seen.

    Returns, one row a row of a table: table, key, at, origin, origin_id (of the voice), customer_id, text, score (0 the
    worst … 1 the best, null), sentiment, touchpoint, channel, topic, pressing (a request of high priority), source.
    """
    frames, keys = [], []
    for table, (key, time, more) in READ.items():
        path = folder / "tables" / f"{table}.parquet"
        if not path.is_file():
            continue
        place = f"read_parquet({literal(path)})"
        have = {column for column, *_ in con.execute(f"DESCRIBE SELECT * FROM {place}").fetchall()}
        if time not in have:
            continue
        when = f"epoch({name(time)})"
        within = f"{when} >= {since} AND {when} < {until} AND {name(key)} IS NOT NULL"
        there = con.execute(f"SELECT {name(key)}::VARCHAR FROM {place} WHERE {within}").fetchnumpy()
        known = book.seen(ORIGIN[table])
        new = pd.DataFrame({"_new": [k for k in next(iter(there.values())) if k not in known]}, dtype=object)
        if new.empty:
            continue
        columns = [f"{name(c)} AS {name(c)}" if c in have else f"NULL AS {name(c)}" for c in more.split()]
        con.register("_fresh", new)
        rows = con.execute(
            f'SELECT {name(key)}::VARCHAR AS key, {when} AS "at", {", ".join(columns)} FROM {place} '
            f"WHERE {within} AND {name(key)}::VARCHAR IN (SELECT _new FROM _fresh) ORDER BY 2, 1"
        ).df()
        con.unregister("_fresh")
        keys += [(ORIGIN[table], k, at) for k, at in zip(rows["key"], rows["at"], strict=True)]
        frames.append(_voice(table, rows))
    return (pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()), keys


def _voice(table: str, rows: pd.DataFrame) -> pd.DataFrame:
    out = rows[["key", "at", "customer_id", "channel", "source"]].assign(table=table, origin=ORIGIN[table])
    out["origin_id"], out["text"] = rows["key"], rows[_WORDS[table]]
    out["touchpoint"], out["topic"] = rows.get("touchpoint"), rows.get("topic")
    out["sentiment"] = pd.to_numeric(rows["sentiment"]) if "sentiment" in rows else np.nan
    out["score"], out["pressing"] = np.nan, False
    if table == "responses":
        out["score"] = _share(rows)
        out = out[out["score"].notna()]
    elif table == "comments":
        told = rows["origin"].isin(["response", "ticket"]) & rows["origin_id"].notna()
        out["origin"], out["origin_id"] = (
            rows["origin"].where(told, "comment"),
            rows["origin_id"].where(told, rows["key"]),
        )
    else:
        out["text"] = rows["description"].fillna(rows["subject"])
        out["score"] = (pd.to_numeric(rows["csat"]) - 1) / 4
        high = rows["priority"].astype("string").str.lower().isin(["urgent", "critical", "فوری", "بحرانی"])
        out["pressing"] = high.to_numpy(bool) | rows["escalated"].eq(True).to_numpy()
    return out


def _share(rows: pd.DataFrame) -> pd.Series:
    """Answers on 0 (the worst) … 1 (the best); of NPS the detractors (0..6) lie below .4; null where no customer's."""
    score, low, high = (pd.to_numeric(rows[c]).astype(float) for c in ("score", "scale_min", "scale_max"))
    share = (score - low) / (high - low)
    kind = rows["instrument"].astype("string").str.lower().fillna("")
    share = share.where(kind != "nps", np.where(score <= 6, 0.4 * score / 6, score / 10))
    return share.mask(kind.str.startswith(NO_CUSTOMER))


@dataclass(frozen=True)
class Words:
    """The company's tables of what is urgent and what is written about, read once."""

    urgent: aspect_table.Table
    aspects: aspect_table.Table

    @classmethod
    def of(cls, folder: Path) -> Words:
        """Those of a workspace."""
        return cls(urgent.load(folder), aspect_table.load(folder))


def felt(rows: pd.DataFrame, folder: Path, words: Words) -> pd.DataFrame:
    """The rows of `fresh` with `feeling` (0 well … 1 as bad as can be), and `urgent` (the worst kind, or null)."""
    texts, model = rows["text"], sentiment_versions.chosen(folder, "model")
    feeling = rows["sentiment"].astype(float)
    unread = feeling.isna() & texts.notna() & (rows["table"] != "comments")
    if unread.any():
        feeling[unread] = sentiment.score(texts[unread], model)["sentiment"].to_numpy(float)
    kinds = urgent.kinds_of(texts, words.urgent)
    both = pd.concat([1 - rows["score"].astype(float), (1 - feeling) / 2], axis=1).max(axis=1)
    return rows.assign(sentiment=feeling, feeling=both, urgent=[found[0] if found else None for found in kinds])


def about(rows: pd.DataFrame, folder: Path, words: Words) -> pd.DataFrame:
    """The rows of `felt` with `aspect`: what is complained about most, or null."""
    texts = rows["text"].mask(rows["sentiment"].isna())
    found = aspects.feelings(texts, rows["sentiment"], words.aspects, sentiment_versions.chosen(folder, "model"))
    bad = found[[c for c in found if c.startswith(aspects.PREFIX)]].astype(float)
    bad = bad.where(bad < 0)
    worst = [row.idxmin() if row.notna().any() else None for _, row in bad.iterrows()]
    return rows.assign(aspect=[None if a is None else a.removeprefix(aspects.PREFIX) for a in worst])


def case_id(origin: str, origin_id: str, secret: str) -> str:
    """The name of a case: of the voice it came from, which it does not give away."""
    return hmac.new(secret.encode(), f"case:{origin}:{origin_id}".encode(), hashlib.sha256).hexdigest()[:12]
