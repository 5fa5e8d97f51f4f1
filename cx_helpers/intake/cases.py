"""Whom must somebody call?  New rows become cases: scored, ranked, with an owner, a due time and a state; each once.

`look` is the one way in: what `cx ingest` has put into tables/ and nobody has looked at.  What people did with a case
comes back by `settle`: from the list `state/cases.csv`, from requests that were answered and solved, and from exports
that are mapped to `cases`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from cx_helpers.intake import (
    case_alerts,
    case_answers,
    case_ranking,
    case_rows,
    case_rules,
    casebook,
    pseudonyms,
    store,
)
from cx_helpers.settings import Settings

DAY = 86_400


@dataclass
class Looked:
    """What came of one look: rows looked at, cases made, alerts that wait to be sent, states that people changed, and
    rows of too long ago to become cases."""

    rows: int = 0
    cases: int = 0
    alerts: int = 0
    moved: int = 0
    old: int = 0


def look(con, settings: Settings, rules: case_rules.Rules, book: casebook.Book, words=None) -> Looked:
    """Look at all rows that are new in tables/: in one transaction they are seen, and cases and alerts stand.

    words  `case_rows.Words` of the workspace; None: read now
    """
    folder, now = settings.folder, casebook.now()
    since = now - rules.backlog_days * DAY
    rows, keys = case_rows.fresh(con, folder, book, since, now + DAY)
    found = Looked(rows=len(keys), old=case_rows.too_old(con, folder, since))
    if not keys:
        return found
    words = words or case_rows.Words.of(folder)
    made = _cases(con, settings, rules, book, rows, now, words) if len(rows) else []
    with book.writing():
        book.note(keys, since - DAY)
        for case in made:
            if book.add(case):
                found.cases += 1
                found.alerts += case_alerts.enlist(book, settings, rules, case, now)
    return found


def _cases(con, settings: Settings, rules, book, rows: pd.DataFrame, now: float, words) -> list[dict]:
    """One case for each voice that is unhappy enough, or urgent."""
    rows = case_rows.felt(rows, settings.folder, words)
    pressing = rows["pressing"].astype(bool) & (rows["table"] == "tickets")
    rows = rows[(rows["feeling"] >= rules.feeling) | rows["urgent"].notna() | pressing]
    if rows.empty:
        return []
    rows = case_rows.about(rows, settings.folder, words)
    known = case_ranking.customers(con, settings.folder, rows["customer_id"].dropna().tolist(), now)
    before = "SELECT DISTINCT customer_id FROM cases WHERE opened_at >= ?"
    again = {who for (who,) in book.db.execute(before, [now - 90 * DAY]) if who}
    secret = pseudonyms.secret(settings.folder)
    return [
        _case(voice, settings, rules, known, again, secret)
        for _, voice in rows.groupby(["origin", "origin_id"], sort=False)
    ]


def _case(voice: pd.DataFrame, settings: Settings, rules, known: pd.DataFrame, again: set, secret: str) -> dict:
    first = {c: next((v for v in voice[c] if not pd.isna(v)), None) for c in voice}
    customer = first["customer_id"]
    of = known.loc[customer] if customer in known.index else None
    feeling = float(voice["feeling"].max()) if voice["feeling"].notna().any() else 0.5
    value = 1.5 if of is None or pd.isna(of["spent_less"]) else 1 + float(of["spent_less"])
    risk = 1 + 0.25 * (customer in again)
    risk += 0 if of is None else 0.25 * bool(of["unsolved"]) + 0.5 * bool(of["quiet"])
    case = {
        "case_id": case_rows.case_id(first["origin"], first["origin_id"], secret), "origin": first["origin"],
        "origin_id": first["origin_id"], "customer_id": customer, "touchpoint": first["touchpoint"],
        "channel": first["channel"], "province": None if of is None or pd.isna(of["province"]) else of["province"],
        "aspect": first["aspect"] or first["topic"], "urgent": first["urgent"], "source": first["source"],
        "feeling": round(feeling, 3), "value": round(value, 3), "risk": risk,
        "urgency": case_ranking.urgency(first["urgent"], bool(voice["pressing"].any())),
        "state": "open", "opened_at": float(voice["at"].min()), "words": first["text"],
    }  # fmt: skip
    case["rank"] = case_ranking.rank(case)
    case["owner"] = rules.owner(case)
    case["due_at"] = rules.due(case["opened_at"], case["urgency"] > 1)
    return case


def settle(con, settings: Settings, state: store.State, book: casebook.Book | None = None) -> int:
    """Bring back what was done with cases: the list's answers, requests, mapped exports; returns how many changed.

    Called by every ingest, under its lock; does nothing where there is no book and no export of cases.
    """
    folder = settings.folder
    if book is None:
        if not casebook.place(folder).is_file() and not state.of("cases"):
            return 0
        with casebook.opened(folder) as own:
            return settle(con, settings, state, own)
    with book.writing():
        moved = case_answers.from_export(con, settings, state, book)
        moved += case_answers.from_tickets(con, folder, book)
    moved += case_answers.from_list(settings, book)
    if moved or not (folder / "state" / "cases.parquet").is_file():
        book.export()
    return moved


def told(settings: Settings, book: casebook.Book) -> Path:
    """Write the list of open cases and what reports read."""
    book.export()
    return case_answers.write(settings, book)
