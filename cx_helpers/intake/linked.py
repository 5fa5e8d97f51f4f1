"""When are customers linked anew?  As soon as records of people, or an analyst's answers, are others than before."""

from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path

from cx_helpers.intake import convert, identity, merge, store, visitors
from cx_helpers.intake.outcome import IngestReport
from cx_helpers.intake.values import literal


def relink(con, state: store.State, scratch: Path, report: IngestReport) -> bool:
    """Link the customers of a workspace where anything has changed; returns whether tables must be put together anew.

    Where nothing tells of people any more, links go, and every record is a customer by itself again.
    """
    links = identity.place(state.folder)
    logins = merge.rows(con, state, "visitors")[0] if state.of("visitors") else None
    visitors.settle(con, logins, state.folder)
    if not state.of("persons"):
        if links.is_file():
            identity.forget_links(state.folder)
        return _settle(state, "")
    if state.linked.get("basis") != _basis(state) or not links.is_file():
        rows, _ = merge.rows(con, state, "persons")
        file = scratch / "persons.parquet"
        con.execute(f"COPY (SELECT * FROM {rows}) TO {literal(file)} (FORMAT parquet)")
        with contextlib.closing(convert.connect(scratch)) as own:  # Splink leaves tables behind
            report.linked = identity.link_customers(own, f"read_parquet({literal(file)})", state.folder, report.locale)
        file.unlink()
    return _settle(state, _basis(state))


def carried(state: store.State) -> bool:
    """Do the tables carry the links that lie in state/?"""
    return state.linked.get("links", "") == _carried(state)


def remember(state: store.State) -> None:
    """Note that the tables carry the links that lie in state/ now."""
    if "links" in state.linked:
        state.linked["links"] = _carried(state)


def _basis(state: store.State) -> str:
    """What linking rests on, as a short name: how it is done, the records of people, the list with its answers."""
    pieces = [piece["file"] for table in ("persons", "staff") for piece in state.of(table)]
    return store.digest(identity.VERSION, pieces, _hash(state.folder / "state" / "review.csv"))


def _carried(state: store.State) -> str:
    """All that says who is who, as a short name; empty where nothing does."""
    return _hash(identity.place(state.folder)) + _hash(visitors.place(state.folder))


def _settle(state: store.State, basis: str) -> bool:
    """Remember what linking rested on; are the links others than those that tables carry?"""
    before = state.linked.get("links", "")
    state.linked = {"basis": basis, "links": _carried(state)}
    return state.linked["links"] != before


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
