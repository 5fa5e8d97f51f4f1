"""Who stays forgotten?  Keyed hashes of the keys of people who were forgotten, and who is found again by them.

`state/forgotten.json` holds, for each forgotten person, hashes of the ids and keys by which tables know them, and of
their orders, requests and answers: HMAC-SHA256 under the company's secret of what the tables hold, so that neither a
key nor a pseudonym can be read from it or found in it.  `cx ingest` leaves out every row that one of them tells.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from cx_helpers.intake import pseudonyms
from cx_helpers.intake.pseudonyms import KeyFault
from cx_helpers.intake.values import literal

VERSION = 1
CUSTOMER, KEY = "customer", "key"  # kinds: an id, and a phone or the like; others are tables of things: orders, …


@dataclass
class Tombstones:
    """What is remembered of the forgotten.  settled: every file of the workspace has been cleared by them."""

    folder: Path
    secret: str
    hashes: set[str] = field(default_factory=set)
    people: int = 0
    settled: bool = True

    @property
    def path(self) -> Path:
        return self.folder / "state" / "forgotten.json"

    def add(self, kind: str, names: Iterable[str]) -> bool:
        """Remember ids (CUSTOMER), keys (KEY) or things (the table's name); did any of them come new?"""
        before = len(self.hashes)
        self.hashes |= {_hash(self.secret, kind, name) for name in names}
        return len(self.hashes) > before

    def holds(self, kind: str, name: str) -> bool:
        """Is this one remembered?"""
        return _hash(self.secret, kind, name) in self.hashes

    def drop(self, kind: str, names: Iterable[str]) -> None:
        """Remember these no more."""
        self.hashes -= {_hash(self.secret, kind, name) for name in names}

    def add_names(self, ids: Iterable[str], keys: Iterable[str]) -> None:
        """Remember a person's ids and keys."""
        self.add(CUSTOMER, ids)
        self.add(KEY, keys)

    def write(self) -> None:
        """Put the file in place at once; only its owner may read it."""
        about = {
            "version": VERSION, "under": _under(self.secret), "people": self.people, "settled": self.settled,
            "hashes": sorted(self.hashes),
        }  # fmt: skip
        self.path.parent.mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(prefix="forgotten-", dir=self.path.parent)
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            json.dump(about, out, indent=1)
        os.replace(part, self.path)

    def load(self, con) -> None:
        """Give a prepared connection the table `forgotten`, which `told` asks."""
        con.execute("CREATE OR REPLACE TEMP TABLE forgotten (h VARCHAR)")
        if self.hashes:
            con.execute("INSERT INTO forgotten SELECT unnest(?::VARCHAR[])", [sorted(self.hashes)])


def read(folder: Path) -> Tombstones | None:
    """The tombstones of a workspace; None where nobody was forgotten.

    Raises KeyFault where they were made under another secret: by this one they would be found no more.
    """
    path = folder / "state" / "forgotten.json"
    if not path.is_file():
        return None
    kept, secret = json.loads(path.read_text("utf-8")), pseudonyms.secret(folder)
    if kept["under"] != _under(secret):
        raise KeyFault(
            f"state/forgotten.json was made under another secret, so the {kept['people']} people in it would come "
            "back; bring the old state/key (or CX_KEY) back, or remove the file and forget them anew (cx forget)"
        )
    return Tombstones(folder, secret, set(kept["hashes"]), kept["people"], kept["settled"])


def told(kind: str, name: str) -> str:
    """SQL: is the thing with this name (a text, as the tables hold it) one of a forgotten person?"""
    hashed = pseudonyms.sql(f"{literal(f'forgotten:{kind}:')} || {name}")
    return f"{hashed} IN (FROM forgotten)"


def _hash(secret: str, kind: str, name: str) -> str:
    return pseudonyms.pseudonym(f"forgotten:{kind}:{name}", secret)


def _under(secret: str) -> str:
    """A sign by which a secret is known again."""
    return hmac.new(secret.encode(), b"state/forgotten.json", hashlib.sha256).hexdigest()[:16]
